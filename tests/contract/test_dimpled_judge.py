"""`judge` on the user's own data and network on a subspace; bad input in one line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from constructions.dimpled_manifold import closed_forms, data, spaces
from constructions.dimpled_manifold.user_file import EXAMPLE, parse
from constructions.instance import InvalidInstance
from reports import command_line
from theorems.engine import judge as engine

HEAD = {"format": 1, "slug": "dimpled_manifold"}
NETWORK = {"W": [[1, 1, 0], [0, -2, 1]], "u": [1, -1]}
SOUND = HEAD | {"X": [[1, 0, 0], [2, 0, 0]], "y": [1, 1], "network": NETWORK}


def judged(tmp_path: Path, content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    """(result, verdict by statement, quantity by name) of a file."""
    path = tmp_path / "file.json"
    path.write_text(json.dumps(content))
    result = dict(engine.judge("dimpled_manifold", path))
    verdicts = {entry["id"].split(".")[1]: entry["verdict"]["verdict"] for entry in result["statements"]}
    return result, verdicts, {entry["name"]: entry for entry in result["quantities"]}


def test_the_example_of_the_schema(tmp_path) -> None:
    assert engine.schema("dimpled_manifold")["example"] == EXAMPLE
    result, verdicts, quantities = judged(tmp_path, EXAMPLE)
    assert quantities["codimension"]["exact"] == "2" and quantities["off_closeness"]["value"] == [0.64, 0.16]
    assert quantities["off_attack"]["value"] == pytest.approx([1.25, 2.5])
    assert verdicts["off_radius"] == verdicts["along_the_ray"] == verdicts["scaling"] == "Holds"
    assert verdicts["seen_window"] == "HypothesisFailed" and verdicts["gradient_law"] == "Unsupported"
    assert result["findings"][0].startswith("P has dimension 1, and leaves 2 of 3; every point lies in P exactly")
    theorems = [entry for entry in result["statements"] if entry["kind"] != "conjecture"]
    assert all(entry["verdict"]["verdict"] != "Refuted" for entry in theorems)


def test_the_span_of_the_points_is_the_subspace_where_none_is_given(tmp_path) -> None:
    _, _, found = judged(tmp_path, SOUND)
    _, _, given = judged(tmp_path, SOUND | {"codimension": 2})
    _, _, spanned = judged(tmp_path, SOUND | {"basis": [["-3/2", 0, 0]]})
    for name in ("codimension", "off_closeness", "normal_gradient_sq"):
        assert found[name]["value"] == given[name]["value"] == spanned[name]["value"]


def test_points_off_the_subspace_are_said_to_be(tmp_path) -> None:
    result, verdicts, quantities = judged(tmp_path, SOUND | {"X": [[1, 0, "1/2"], [2, 0, 0]], "codimension": 2,
                                                             "initial": NETWORK["W"]})  # fmt: skip
    assert quantities["off_plane"]["exact"] == "1/4" and "0.5 away from P" in result["findings"][0]
    assert verdicts["kept"] == "HypothesisFailed"


def test_orthogonal_weights_that_moved_refute_that_they_stayed(tmp_path) -> None:
    moved = [[1, 2, 0], [0, -2, 1]]
    _, verdicts, quantities = judged(tmp_path, SOUND | {"codimension": 2, "initial": moved})
    assert quantities["normal_drift"]["exact"] == "1" and verdicts["kept"] == "Refuted"
    _, verdicts, _ = judged(tmp_path, SOUND | {"codimension": 2, "initial": [[5, 2, 0], [0, -4, 2]], "decay": "1/2"})
    assert verdicts["kept"] == "Holds"


def test_hypotheses_are_listed_with_their_evidence(tmp_path) -> None:
    def said(content: dict[str, Any]) -> str:
        return str(next(text for text in judged(tmp_path, content)[0]["findings"] if text.startswith("hypotheses")))

    plain = said(SOUND | {"codimension": 2})
    assert "H1 (the points lie in P): holds, exactly" in plain and "H5" in plain and "give beta" in plain
    moved = said(SOUND | {"X": [[1, 0, "1/2"], [2, 0, 0]], "codimension": 2, "initial": [[1, 3, 0], [0, -2, 1]]})
    assert "H1 (the points lie in P): fails, distance 0.5" in moved and "moved by 2" in moved
    unlikely = said(SOUND | {"codimension": 2, "beta": "1/10000"})
    assert "deviation beta): unlikely, least p-value" in unlikely


def test_a_declared_law_that_is_far_off_has_a_small_p_value(tmp_path) -> None:
    network = spaces.drawn_networks.build(p=2, l=100, m=8, n=2, steps=2, plane=4, normal=6, delta="1/10", decay=1)
    content = HEAD | {"X": network.points.tolist(), "y": network.labels.tolist(), "codimension": 100,
                      "network": {"W": network.weights.tolist(), "u": network.outputs.tolist()}}  # fmt: skip
    result, verdicts, quantities = judged(tmp_path, content | {"beta": float(network.beta)})
    assert min(quantities["law_p_value"]["value"]) > 1e-3
    assert verdicts["seen_window"] == "Holds" and any("promises a flip within" in text for text in result["findings"])
    assert quantities["flip_value"]["value"] <= 0
    _, _, quantities = judged(tmp_path, content | {"beta": 2 * float(network.beta)})
    assert max(quantities["law_p_value"]["value"]) < 1e-6


def test_the_centred_chessboard_is_judged_and_the_affine_one_is_refused(tmp_path) -> None:
    def content(board: data.PlaneData) -> dict[str, Any]:
        return HEAD | {"X": board.points.tolist(), "y": board.labels.tolist(), "network": NETWORK}

    _, _, quantities = judged(tmp_path, content(data.chess25_centred()))
    assert quantities["codimension"]["exact"] == "1"
    with pytest.raises(InvalidInstance, match="span all 3 dimensions, codimension 0"):
        judged(tmp_path, content(data.chess25()))


def test_npz_files_hold_the_same_keys_or_an_instance(tmp_path) -> None:
    path = tmp_path / "file.npz"
    np.savez(path, **HEAD, X=np.eye(3)[:1], y=[1], codimension=2,
             **{"network.W": np.array(NETWORK["W"], dtype=float), "network.u": [1.0, -1.0]})  # fmt: skip
    assert engine.judge("dimpled_manifold", path)["quantities"][0]["exact"] == "2"
    own = closed_forms.two_neurons()
    own.save(path)
    assert engine.judge("dimpled_manifold", path)["instance"] == own.digest


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("no network", {"network": None}, "network must be an object"),
    ("weights missing", {"network": {"u": [1]}}, "no network.W"),
    ("NaN as text", {"X": [["nan", 0, 0], [1, 0, 0]]}, "X[0][0] is the text 'nan'"),
    ("ragged points", {"X": [[1, 0, 0], [1, 0]]}, "X is ragged"),
    ("wrong dimension", {"X": [[1, 0], [2, 0]]}, "X has rows of 2 numbers; network.W has rows of 3"),
    ("wrong count", {"y": [1]}, "y has 1 entries"),
    ("a label of zero", {"y": [1, 0]}, "y[1] is 0"),
    ("outputs too short", {"network": {"W": NETWORK["W"], "u": [1]}}, "network.u has 1 entries"),
    ("codimension zero", {"codimension": 0}, "codimension is 0"),
    ("codimension too large", {"codimension": 4}, "codimension is 4; it must be in 0..3"),
    ("half a dimension", {"codimension": "1/2"}, "must be a whole number"),
    ("two subspaces", {"codimension": 1, "basis": [[1, 0, 0]]}, "both basis and codimension"),
    ("dependent basis", {"basis": [[1, 0, 0], [2, 0, 0]]}, "span only 1 dimensions"),
    ("full basis", {"basis": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}, "codimension 0"),
    ("points at the origin", {"X": [[0, 0, 0], [0, 0, 0]]}, "span no subspace"),
    ("negative beta", {"beta": -1}, "beta, the deviation of the weights at the start, must be positive"),
    ("a certainty", {"delta": 1}, "delta is a probability between 0 and 1"),
    ("an unknown key", {"weights": 1}, "unknown key weights"),
    ("another slug", {"slug": "kkt_margin"}, "slug is 'kkt_margin'"),
    ("another format", {"format": 2}, "this version reads format 1"),
    ("initial of another shape", {"initial": [[1, 2, 3]]}, "initial weights have shape"),
)


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input_is_said_in_one_line(change, message) -> None:
    with pytest.raises(InvalidInstance) as caught:
        parse(SOUND | change)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_command_ends_with_two_on_nan(tmp_path, capsys) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(SOUND | {"X": [[math.nan, 0, 0], [1, 0, 0]]}))
    assert command_line.main(["judge", "dimpled_manifold", str(path)]) == 2
    said = capsys.readouterr().err
    assert "NaN" in said and said.count("\n") == 1
