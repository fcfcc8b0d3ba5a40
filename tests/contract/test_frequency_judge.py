"""`judge` on the user's own filter, signal, predictor or net; bad input in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from constructions.frequency_bias import FrequencyInstance, filters, low_band, signals
from constructions.frequency_bias.user_file import EXAMPLE, parse
from constructions.instance import InvalidInstance
from theorems.engine import judge as engine

HEAD = {"format": 1, "slug": "frequency_bias"}


def judged(tmp_path: Path, content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    """(result, verdict by statement, quantity by name) of a file."""
    path = tmp_path / "file.json"
    path.write_text(json.dumps(content))
    result = dict(engine.judge("frequency_bias", path))
    verdicts = {entry["id"].split(".")[1]: entry["verdict"]["verdict"] for entry in result["statements"]}
    return result, verdicts, {entry["name"]: entry for entry in result["quantities"]}


def test_the_example_of_the_schema(tmp_path) -> None:
    assert engine.schema("frequency_bias")["example"] == EXAMPLE
    result, verdicts, quantities = judged(tmp_path, EXAMPLE)
    assert quantities["energy"]["exact"] == "49/4" and quantities["support"]["exact"] == "8"
    assert verdicts["filter_bound"] == verdicts["donoho_stark"] == verdicts["donoho_stark_equality"] == "Holds"
    assert "0.921854" in result["findings"][0] and "with equality" in result["findings"][1]
    theorems = [entry for entry in result["statements"] if entry["kind"] != "conjecture"]
    assert all(entry["verdict"]["verdict"] != "Refuted" for entry in theorems)


def test_a_composition_refutes_what_one_layer_obeys(tmp_path) -> None:
    layers = filters.layers_of(filters.prolate_taps(64, 9, 9), 4)
    _, verdicts, quantities = judged(tmp_path, HEAD | {"N": 64, "u": layers.tolist(), "half_width": 4})
    assert verdicts["composition"] in ("Holds", "Undecided")
    assert verdicts["conjecture_layers_obey_one"] == "Refuted"
    assert quantities["band_share"]["value"] == pytest.approx(0.8825948116, abs=5e-11)


def test_a_net_pays_for_its_band(tmp_path) -> None:
    own, readouts = filters.cheapest_net(filters.prolate_taps(16, 3, 5), 16, low_band(16, 2))
    content = HEAD | {"N": 16, "U": np.round(own, 6).tolist(), "V": np.round(readouts, 6).tolist(), "half_width": 2}
    _, verdicts, quantities = judged(tmp_path, content)
    assert verdicts["band_price"] == "Holds" == verdicts["mirror"]
    assert quantities["net_cost"]["value"] == pytest.approx(1, abs=1e-5)
    paid = quantities["band_sum"]["value"] / np.sqrt(16 * quantities["kernel_bound"]["value"])
    assert paid == pytest.approx(1, abs=1e-5)
    assert quantities["high_frequency"]["value"] + quantities["mirrored_high_frequency"]["value"] == pytest.approx(1)


def test_npz_files_hold_the_same_keys_or_an_instance(tmp_path) -> None:
    path = tmp_path / "file.npz"
    np.savez(path, format=1, slug="frequency_bias", N=12, x=signals.comb(12, 3))
    assert engine.judge("frequency_bias", path)["findings"][0].startswith("the signal has 4 nonzero values and 3")
    instance = FrequencyInstance(length=12, taps=[1, 1], band=[0])
    instance.save(tmp_path / "own.npz")
    assert engine.judge("frequency_bias", tmp_path / "own.npz")["instance"] == instance.digest


@pytest.mark.parametrize(("content", "text"), [
    ({"N": 4, "u": [1, 2, 3, 4, 5]}, "a filter with K = 5 taps on N = 4 sites: need K <= N"),
    ({"N": 8, "u": [1, 2], "band": []}, "the band is empty"),
    ({"N": 8, "u": [1, 2], "band": [3, 2]}, "must increase within 0..7"),
    ({"N": 8, "u": [1, 2], "band": [0.5]}, "band\\[0\\] is 1/2; it must be an integer"),
    ({"N": 8, "u": [1, 2], "band": [0], "half_width": 1}, "both band and half_width"),
    ({"N": 8, "u": [1, 2], "half_width": 4}, "does not fit 8 frequencies"),
    ({"N": 8, "u": [[1, 2], [3]]}, "ragged"),
    ({"N": 8, "u": ["nan"]}, "u\\[0\\] is the text 'nan'"),
    ({"N": 8, "u": [{"re": 1}]}, "u\\[0\\] is an object"),
    ({"N": 8, "x": [1, 2]}, "x has 2 entries; 8 sites need 8"),
    ({"N": 8, "X": [[1] * 8], "y": [2]}, "every label must be \\+1 or -1"),
    ({"N": 8, "X": [[1] * 8]}, "X and y belong together"),
    ({"N": 8, "U": [[1]], "V": [[1] * 7]}, "V has rows of 7 numbers"),
    ({"N": 8, "u": [1, 2, 3], "U": [[1, 2]], "V": [[1] * 8]}, "3,\\) taps and the filters of the net"),
    ({"N": 8, "u": [1, 2, 3], "K": 2}, "leave K out"),
    ({"N": 8}, "nothing to judge"),
    ({"u": [1]}, "has no N"),
    ({"N": 0, "u": [1]}, "N is 0; it must be at least 1"),
    ({"N": 8, "taps": [1]}, "unknown key taps"),
])  # fmt: skip
def test_bad_files_are_refused_in_one_line(content, text) -> None:
    with pytest.raises(InvalidInstance, match=text) as refusal:
        parse(HEAD | content)
    assert "\n" not in str(refusal.value)


def test_complex_arrays_are_refused(tmp_path) -> None:
    np.savez(tmp_path / "file.npz", format=1, slug="frequency_bias", N=4, u=np.array([1, 1j]))
    with pytest.raises(InvalidInstance, match="complex"):
        engine.judge("frequency_bias", tmp_path / "file.npz")


@pytest.mark.parametrize("rows", [
    [[1, 0, 0, 0], [1, 0, 0, 0]], [[1, 0, 0, 0], [2, 0, 0, 0]], [[0, 0, 0, 0], [1, 0, 0, 0]],
])  # fmt: skip
def test_data_that_no_linear_predictor_separates_are_refused(tmp_path, rows) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(HEAD | {"N": 4, "K": 2, "X": rows, "y": [1, -1]}))
    with pytest.raises(InvalidInstance, match="no linear predictor separates X by y"):
        engine.judge("frequency_bias", path)


PARTS: dict[str, dict[str, Any]] = {
    "filter": {"u": [1, 2]}, "band": {"half_width": 1}, "signal": {"x": [1, 0, 2, 0, 0, -1], "sites": [0, 2]},
    "predictor": {"beta": [1, 0, 0, 1, 2, -1], "K": 2}, "net": {"U": [[1, 1]], "V": [[1, 0, 0, 0, 1, 2]]},
    "data": {"X": [[1, 0, 0, 0, 0, 2], [0, 1, 1, 0, 3, 0]], "y": [1, -1], "K": 2},
}  # fmt: skip


@pytest.mark.parametrize("names", [
    ("filter",), ("signal",), ("predictor",), ("net",), ("data",), ("predictor", "band"), ("net", "data"),
    ("filter", "band", "signal"), ("predictor", "data"), ("filter", "predictor", "net", "data", "signal", "band"),
])  # fmt: skip
def test_any_parts_together_are_judged_and_no_theorem_is_refuted(tmp_path, names) -> None:
    content = HEAD | {"N": 6} | {key: value for name in names for key, value in PARTS[name].items()}
    result, _, _ = judged(tmp_path, content)
    theorems = [entry for entry in result["statements"] if entry["kind"] != "conjecture"]
    assert any(entry["verdict"]["verdict"] == "Holds" for entry in theorems)
    assert all(entry["verdict"]["verdict"] != "Refuted" for entry in theorems)
