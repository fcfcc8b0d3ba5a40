"""`thinmargin judge low_complexity FILE`: what it says of a model, and which files it refuses in one line."""

import json

import numpy as np
import pytest

from constructions.low_complexity import light
from reports import command_line
from theorems.engine.judge import judge, schema

LAW = {"family": "light", "d": 3, "k": 2, "gap": 1, "noise": 0}
FILE = {"format": 1, "slug": "low_complexity", "radius": "17/20", "law": LAW, "w": [1, 1, 2]}
SAMPLE = {"format": 1, "slug": "low_complexity", "radius": "1/4", "X": [[1, 0], [0, 1], [-1, 0]], "y": [1, -1, -1]}


def written(tmp_path, content):
    path = tmp_path / "file.json"
    path.write_text(json.dumps(content))
    return path


def numbers(found) -> dict[str, dict]:
    return {entry["name"]: entry for entry in found["quantities"]}


def test_a_linear_classifier_under_its_law(tmp_path) -> None:
    """Weights 1, 1, 2 are right on three of the four points up to sign; see the oracles."""
    found = judge("low_complexity", written(tmp_path, FILE))
    known = numbers(found)
    assert known["accuracy"]["exact"] == "3/4"
    low, high = known["sampled_accuracy"]["lower"], known["sampled_accuracy"]["upper"]
    assert low < 0.75 < high and high - low < 0.05
    assert any("every linear classifier" in said for said in found["findings"])
    verdicts = {s["id"]: s["verdict"] for s in found["statements"]}
    assert verdicts["low_complexity.every_linear"]["verdict"] == "Holds"
    assert verdicts["low_complexity.conjecture_set_is_best"]["verdict"] == "Refuted"


def test_a_sample_and_all_polynomials_of_a_degree(tmp_path) -> None:
    """(1, 0) and (0, 1) have opposite labels: whatever is symmetric has risk (1 + 1 + 0)/3 at least, by hand."""
    found = judge("low_complexity", written(tmp_path, SAMPLE | {"radius": 0, "degree": 3, "w": [3, -4]}))
    known = numbers(found)
    assert known["robust_share"]["exact"] == "1" and known["hinge_risk"]["exact"] == "0"
    assert known["menu_bound"]["value"] == pytest.approx(2 / 3, abs=1e-9)
    assert "3 of 3 points are classified robustly" in found["findings"]


def test_quadratics_and_polynomials_on_a_sample(tmp_path) -> None:
    cubic = judge("low_complexity", written(tmp_path, SAMPLE | {"y": [1, 1, -1], "coefficients": [0, 1]}))
    assert numbers(cubic)["robust_share"]["exact"] == "1"
    wide = judge("low_complexity", written(tmp_path, SAMPLE | {"y": [1, 1, -1], "coefficients": [0, 1], "radius": 2}))
    assert numbers(wide)["robust_share"]["exact"] == "0"
    saddle = SAMPLE | {"w": [0, 0], "w0": 0, "Q": [[1, 0], [0, -1]], "y": [1, -1, 1]}
    assert numbers(judge("low_complexity", written(tmp_path, saddle)))["robust_share"]["exact"] == "1"
    fallen = judge("low_complexity", written(tmp_path, saddle | {"radius": "3/4"}))
    assert numbers(fallen)["robust_share"]["exact"] == "0"


def test_a_law_without_exact_sums(tmp_path) -> None:
    law = {"family": "fixed", "d": 16, "k": 3, "gap": 0, "noise": "1/10"}
    known = numbers(judge("low_complexity", written(tmp_path, FILE | {"law": law, "w": [1] * 16})))
    assert "exact sums" in known["accuracy"]["reason"]
    assert known["linear_bound"]["upper"] <= 1 and known["sampled_accuracy"]["rigor"] == "statistical"


def test_the_example_of_the_schema_and_stored_instances_are_read(tmp_path) -> None:
    shown = schema("low_complexity")
    assert {field["name"] for field in shown["fields"]} >= set(shown["example"])
    assert judge("low_complexity", written(tmp_path, shown["example"]))["quantities"]
    stored = light(3, 2, "17/20", "1", 0, weights=[1, 1, 2]).save(tmp_path / "instance.npz")
    assert numbers(judge("low_complexity", stored))["accuracy"]["exact"] == "3/4"
    packed = tmp_path / "own.npz"
    np.savez(packed, format=1, slug="low_complexity", radius=0.25, X=np.eye(2), y=[1, 1], w=np.ones(2))
    assert numbers(judge("low_complexity", packed))["robust_share"]["exact"] == "1"


BAD = {
    "no radius": ({k: v for k, v in FILE.items() if k != "radius"}, "no radius"),
    "negative radius": (FILE | {"radius": -1}, "must not be negative"),
    "NaN as text": (FILE | {"w": [1, "nan", 1]}, "w[1]"),
    "wrong length": (FILE | {"w": [1, 1]}, "w has 2 numbers, elsewhere d is 3"),
    "ragged rows": (SAMPLE | {"X": [[1, 0], [0], [1, 1]]}, "X"),
    "mislabelled": (SAMPLE | {"y": [1, 0, -1]}, "y[1] is 0"),
    "label against the law": (FILE | {"X": [[1, 1, 0]], "y": [-1]}, "under the law of the file X[0] has label +1"),
    "no label under the law": (FILE | {"X": [[1, -1, 0]], "y": [-1]}, "add up to 0"),
    "one point, two labels": (SAMPLE | {"X": [[1, 0], [1, 0], [0, 1]]}, "X[0] and X[1] are the same point"),
    "too few labels": (SAMPLE | {"y": [1, -1]}, "y has 2 entries"),
    "labels alone": ({k: v for k, v in SAMPLE.items() if k != "X"}, "belong together"),
    "two models": (FILE | {"coefficients": [1]}, "give one model"),
    "quadratic alone": (SAMPLE | {"Q": [[1, 0], [0, 1]]}, "give w as well"),
    "not symmetric": (SAMPLE | {"w": [1, 1], "Q": [[1, 2], [3, 4]]}, "symmetric"),
    "unknown family": (FILE | {"law": LAW | {"family": "dark"}}, "law.family is 'dark'"),
    "law without d": (FILE | {"law": {"family": "light", "k": 1}}, "law has no d"),
    "half a dimension": (FILE | {"law": LAW | {"d": "5/2"}}, "whole number"),
    "impossible gap": (FILE | {"law": LAW | {"gap": 9}}, "no draw"),
    "even degree": (SAMPLE | {"degree": 2}, "give 1, 3, 5, 7 or 9"),
    "degree without a sample": (FILE | {"degree": 3}, "give X and y"),
    "unknown key": (FILE | {"weights": [1]}, "unknown key weights"),
    "norm": (FILE | {"norm": 3}, "norm is 3"),
    "nothing": ({"format": 1, "slug": "low_complexity", "radius": 1}, "give a law"),
    "other slug": (FILE | {"slug": "kkt_margin"}, "slug is"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(name, tmp_path, capsys) -> None:
    content, said = BAD[name]
    assert command_line.main(["judge", "low_complexity", str(written(tmp_path, content))]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and said in shown.err, shown.err


def test_truncated_files_are_refused_in_one_line(tmp_path, capsys) -> None:
    whole = json.dumps(FILE)
    (tmp_path / "cut.json").write_text(whole[: len(whole) // 2])
    stored = light(3, 2, "1/2", "1", 0, weights=[1, 1, 2]).save(tmp_path / "instance.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(stored[: len(stored) // 2])
    for name in ("cut.json", "cut.npz", "missing.json"):
        assert command_line.main(["judge", "low_complexity", str(tmp_path / name)]) == 2
        shown = capsys.readouterr()
        assert shown.out == "" and shown.err.count("\n") == 1 and name in shown.err
