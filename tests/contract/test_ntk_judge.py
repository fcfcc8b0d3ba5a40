"""`thinmargin judge ntk_features FILE`: what it says of data and predictor, and which files it refuses in one line."""

import json

import numpy as np
import pytest

from constructions.ntk_features import KernelInstance
from reports import command_line
from theorems.engine.judge import judge, schema

X = [["3/5", "4/5"], [1, 0], [0, 1], ["-5/13", "12/13"]]
FILE = {"format": 1, "slug": "ntk_features", "X": X, "y": [1, -1, 1, -1], "depth": 1, "divisor": 1,
        "queries": [["12/13", "5/13"]]}  # fmt: skip


def written(tmp_path, content):
    path = tmp_path / "file.json"
    path.write_text(json.dumps(content))
    return path


def numbers(found) -> dict[str, dict]:
    return {entry["name"]: entry for entry in found["quantities"]}


def verdicts(found) -> dict[str, str]:
    return {entry["id"].split(".")[1]: entry["verdict"]["verdict"] for entry in found["statements"]}


def test_four_points_of_the_sphere(tmp_path) -> None:
    """The norm is that of the oracle, solved here with numpy; radii lie below every flip."""
    found = judge("ntk_features", written(tmp_path, FILE))
    known, said = numbers(found), verdicts(found)
    points = np.array([[0.6, 0.8], [1, 0], [0, 1], [-5 / 13, 12 / 13]])
    angle = np.arccos(np.clip(points @ points.T, -1, 1))
    np.fill_diagonal(angle, 0)
    kappa = (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi
    kernel = 2 * kappa + 2 * (1 - angle / np.pi) * np.cos(angle)
    y = np.array([1, -1, 1, -1])
    assert known["function_norm_sq"]["value"] == pytest.approx(y @ np.linalg.solve(kernel, y), rel=1e-9)
    assert known["ntk_diagonal"]["value"] == [4, 4, 4, 4] and known["ntk_diagonal"]["rigor"] == "exact"
    assert known["cluster_low"]["value"] == pytest.approx(np.linalg.eigvalsh(kernel)[::-1], rel=1e-9)
    certified, flips = known["certified_input_radius"]["lower"], known["flip_length"]["upper"]
    assert all(0 < a < b < 1 for a, b in zip(certified, flips, strict=True))
    assert said["rkhs_certificate"] == said["angle_certificate"] == said["opposite_labels"] == "Holds"
    assert said["nngp_certificate"] == "HypothesisFailed" and said["wide_transfer"] == "Unsupported"
    assert any("certified from" in finding for finding in found["findings"])


def test_given_coefficients_ridges_and_early_stopping(tmp_path) -> None:
    alpha = numbers(judge("ntk_features", written(tmp_path, FILE | {"alpha": [1, 0, 0, 0]})))
    assert alpha["function_norm_sq"]["value"] == pytest.approx(4, abs=1e-12)
    assert alpha["coefficient_sum"]["value"] == pytest.approx(1, abs=1e-12)
    ridge = numbers(judge("ntk_features", written(tmp_path, FILE | {"ridge": "1/2"})))
    stopped = numbers(judge("ntk_features", written(tmp_path, FILE | {"time": 1})))
    plain = numbers(judge("ntk_features", written(tmp_path, FILE)))
    norms = [part["function_norm_sq"]["value"] for part in (ridge, stopped, plain)]
    assert norms[0] < norms[2] and norms[1] < norms[2]
    biased = FILE | {"kernel": "nngp", "bias_variance": "1/10", "depth": 3, "divisor": "d"}
    found = numbers(judge("ntk_features", written(tmp_path, biased)))
    assert found["divisor"]["exact"] == "2" and min(found["certified_input_radius"]["lower"]) > 0
    assert "certified_angle" not in found


def test_a_repeated_point_with_a_ridge_is_measured_and_its_features_are_not(tmp_path) -> None:
    twice = FILE | {"X": [[1, 0], [1, 0], [0, 1]], "y": [1, 1, -1], "ridge": 1}
    found = judge("ntk_features", written(tmp_path, twice))
    assert numbers(found)["least_sine_sq"]["exact"] == "0"
    assert verdicts(found)["definite"] == verdicts(found)["features_on_data"] == "HypothesisFailed"
    assert verdicts(found)["rkhs_certificate"] == "Holds"


def test_the_example_of_the_schema_and_stored_instances_can_be_judged(tmp_path) -> None:
    shown = schema("ntk_features")
    assert {field["name"] for field in shown["fields"]} >= set(shown["example"])
    assert judge("ntk_features", written(tmp_path, shown["example"]))["quantities"]
    stored = KernelInstance(points=[[1, 0], [0, 1]], labels=[1, -1]).save(tmp_path / "instance.npz")
    assert numbers(judge("ntk_features", stored))["function_norm_sq"]["value"] == pytest.approx(0.594639875553963)
    packed = tmp_path / "packed.npz"
    np.savez(packed, format=1, slug="ntk_features", X=np.eye(2), y=[1, -1], divisor=1)
    assert numbers(judge("ntk_features", packed))["function_norm_sq"]["value"] == pytest.approx(0.594639875553963)


BAD = {
    "no points": ({k: v for k, v in FILE.items() if k != "X"}, "no X"),
    "no labels": ({k: v for k, v in FILE.items() if k != "y"}, "no y"),
    "NaN as text": (FILE | {"X": [["nan", 1], [1, 0], [0, 1], [1, 1]]}, "X"),
    "ragged rows": (FILE | {"X": [[1, 0], [0], [1, 1], [2, 2]]}, "X"),
    "label 0": (FILE | {"y": [1, 0, 1, -1]}, "y[1] is 0"),
    "too few labels": (FILE | {"y": [1, -1]}, "y has 2 entries"),
    "opposite labels": (FILE | {"X": [[1, 0], [1, 0], [0, 1], [1, 1]]}, "same point with opposite labels"),
    "repeated": (FILE | {"X": [[1, 0], [0, 1], [1, 0], [1, 1]]}, "the kernel is singular; remove one"),
    "parallel": (FILE | {"X": [[1, 0], [0, 1], [2, 0], [1, 1]]}, "points 0 and 2 are parallel"),
    "a point 0": (FILE | {"X": [[1, 0], [0, 1], [0, 0], [1, 1]]}, "point 2 is 0"),
    "odd frequencies": (FILE | {"X": [[1, 0], ["1/2", 1], ["-1/2", 1], [-1, 0], ["-1/2", -1], ["1/2", -1]],
                                "y": [1, -1, 1, -1, 1, -1]}, "parallel"),
    "negative ridge": (FILE | {"ridge": -1}, "ridge is -1"),
    "two predictors": (FILE | {"ridge": 1, "time": 1}, "give one way"),
    "no weights": (FILE | {"weight_variance": 0}, "weight_variance is 0"),
    "negative bias": (FILE | {"bias_variance": -1}, "bias_variance is -1"),
    "divisor 0": (FILE | {"divisor": 0}, "divisor is 0"),
    "half a layer": (FILE | {"depth": "3/2"}, "whole number of hidden layers"),
    "other kernel": (FILE | {"kernel": "rbf"}, "kernel is 'rbf'"),
    "queries of another width": (FILE | {"queries": [[1, 2, 3]]}, "queries have rows of 3 numbers"),
    "short coefficients": (FILE | {"alpha": [1, 2]}, "alpha has 2 entries"),
    "unknown key": (FILE | {"points": X}, "unknown key points"),
    "other slug": (FILE | {"slug": "kkt_margin"}, "slug is"),
    "too many": (FILE | {"X": [[i, 1] for i in range(161)], "y": [1] * 161}, "at most 160"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(name, tmp_path, capsys) -> None:
    content, said = BAD[name]
    assert command_line.main(["judge", "ntk_features", str(written(tmp_path, content))]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and said in shown.err, shown.err


def test_truncated_files_are_refused_in_one_line(tmp_path, capsys) -> None:
    whole = json.dumps(FILE)
    (tmp_path / "cut.json").write_text(whole[: len(whole) // 2])
    stored = KernelInstance(points=[[1, 0], [0, 1]], labels=[1, -1]).save(tmp_path / "instance.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(stored[: len(stored) // 2])
    for name in ("cut.json", "cut.npz", "missing.json"):
        assert command_line.main(["judge", "ntk_features", str(tmp_path / name)]) == 2
        shown = capsys.readouterr()
        assert shown.out == "" and shown.err.count("\n") == 1 and name in shown.err
