"""`judge` on the user's own symmetric-ReLU network: certificates, confidence, purity, laws, bad input in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from constructions.feature_purification import PurificationInstance, SparseLaw
from constructions.feature_purification.user_file import EXAMPLE, parse
from constructions.instance import InvalidInstance
from theorems.engine import judge as engine


def judged(tmp_path: Path, content: dict[str, Any]) -> dict[str, Any]:
    path = tmp_path / "network.json"
    path.write_text(json.dumps(content))
    return dict(engine.judge("feature_purification", path))


def test_the_example_of_the_schema_is_certified(tmp_path) -> None:
    assert engine.schema("feature_purification")["example"] == EXAMPLE
    result = judged(tmp_path, EXAMPLE)
    assert result["findings"][0].startswith("2 of 2 points are certified, 0 are broken")
    quantities = {(entry["of"], entry["name"]): entry for entry in result["quantities"]}
    assert quantities["points", "margin"]["value"] == [1.6, 0.8]
    assert quantities["network", "spectral_bound"]["exact"] == "1"
    verdicts = {entry["id"]: entry["verdict"]["verdict"] for entry in result["statements"]}
    assert verdicts["feature_purification.certificate"] == "Holds"
    assert verdicts["feature_purification.one_step_gradient"] == "Holds"
    assert verdicts["feature_purification.decomposition"] == "Unsupported"
    theorems = [entry for entry in result["statements"] if entry["kind"] != "conjecture"]
    assert all(entry["verdict"]["verdict"] not in ("Refuted", "Undecided") for entry in theorems)


def test_a_network_beyond_rational_arithmetic_is_certified_with_confidence(tmp_path) -> None:
    """light(64, 3), 128 neurons, 300 fresh points: 38 400 pairs of a point and a neuron."""
    sample = SparseLaw.of("light", 64, 3).sample(300, np.random.default_rng(0))
    weights = np.vstack([np.eye(64)] * 2)
    instance = PurificationInstance(weights=weights, biases=np.full(128, 0.15), points=sample.points,
                                    labels=sample.labels, radius=0.125)  # fmt: skip
    path = tmp_path / "network.npz"
    instance.save(path)
    result = engine.judge("feature_purification", path)
    certified = int(result["findings"][0].split()[0])
    assert certified >= 290 and "with confidence 97.5%" in result["findings"][1]
    found = next(entry for entry in result["quantities"] if entry["name"] == "robust_margin")
    assert found["rigor"] == "certified"
    assert np.all(np.array(found["lower"]) <= np.array(found["upper"]))


def test_a_clean_network_is_said_to_be_broken(tmp_path) -> None:
    mixture = [[1.25 if i == j else 0.25 for j in range(9)] for i in range(9)]
    content = {"format": 1, "slug": "feature_purification", "W": mixture, "b": [0.2] * 9, "radius": 0.5,
               "X": [[1, 1, -1, 0, 0, 0, 0, 0, 0]], "y": [1], "clean": mixture}  # fmt: skip
    result = judged(tmp_path, content)
    assert "1 are broken by an attack" in result["findings"][0]
    verdicts = {entry["id"]: entry["verdict"]["verdict"] for entry in result["statements"]}
    assert verdicts["feature_purification.dense_breaks"] == "Holds"
    assert verdicts["feature_purification.pure_bound"] == "Unsupported"


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in EXAMPLE.items() if key != name}


@pytest.mark.parametrize(("content", "said"), [
    (without("W"), "has no W"), (without("b"), "has no b"), (without("y"), "X and y belong together"),
    (EXAMPLE | {"b": [1]}, "b has 1 entries"), (EXAMPLE | {"b": [-1, 0, 0, 0]}, "negative"),
    (EXAMPLE | {"a": [0, 1, 1, 1]}, "positive"), (EXAMPLE | {"y": [0, 1]}, "y[0]"),
    (EXAMPLE | {"X": [[1, 2], [3, 4]]}, "X has rows of 2"), (EXAMPLE | {"radius": -1}, "radius"),
    (EXAMPLE | {"radius": "x"}, "radius"), (EXAMPLE | {"norm": 3}, "norm is 3"), (EXAMPLE | {"slug": "x"}, "slug"),
    (EXAMPLE | {"format": 2}, "format is 2"), (EXAMPLE | {"weights": 1}, "unknown key weights"),
    (EXAMPLE | {"W": [[1, None]] * 4}, "W[0][1]"), (EXAMPLE | {"W": [[float("inf")] * 4] * 4}, "infinite"),
    (EXAMPLE | {"law": {"family": "normal", "k": 1}}, "law.family"), (EXAMPLE | {"law": {"k": 1}}, "no family"),
    (EXAMPLE | {"law": {"family": "light", "k": 9}}, "k = 9"), (EXAMPLE | {"clean": [[1, 2]]}, "clean"),
    (EXAMPLE | {"direction": [1]}, "direction has 1"), (EXAMPLE | {"law": 3}, "law is 3"),
])  # fmt: skip
def test_bad_input_is_named_in_one_line(content, said) -> None:
    with pytest.raises(InvalidInstance) as caught:
        parse(content)
    assert said in str(caught.value) and "\n" not in str(caught.value)
