"""Pairs of trainings: how they are made, what is proved about them, their shares, and the maps of where they exist."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from constructions.feature_purification import SparseLaw
from constructions.feature_purification.pairs import PUBLISHED, PairInstance
from constructions.feature_purification.streams import stream
from constructions.instance import InvalidInstance
from constructions.trained.feature_purification import Recipe, frontier
from constructions.trained.feature_purification.pair import REFERENCE, PairRecipe, train_pair
from constructions.trained.feature_purification.run import train
from constructions.trained.kkt_margin.run import Checkpoint
from reports.training import measurement
from verifiers.feature_purification import certifies_all
from verifiers.feature_purification.certificate import lower_bounds
from verifiers.feature_purification.shares import balanced, tuned_shares

LAW = SparseLaw.of("light", 32, 3)
TINY = PairRecipe(LAW, "1/10", Recipe(60, kappa=0.2), Recipe(80, radius=0.1, kappa=0.2))


@pytest.fixture(scope="module")
def tiny():
    return train_pair(TINY, 0, count=200)


def test_a_pair_is_made_of_three_runs_with_short_weights(tiny):
    assert tiny.clean_weights.shape == (64, 32) and tiny.adversarial_weights.shape == (2, 64, 32)
    assert np.array_equal(np.rint(tiny.clean_weights * 2**12), tiny.clean_weights * 2**12)
    lengths = np.sqrt((tiny.clean_weights**2).sum(axis=1))
    assert np.allclose(tiny.clean_biases, 0.2 * lengths / 3**0.5, atol=2.0**-20)
    assert not np.array_equal(*tiny.adversarial_weights), "the two starts lead to different networks"
    assert tiny == train_pair(TINY, 0, count=200) and tiny != train_pair(TINY, 1, count=200)


def test_a_pair_travels_through_a_file(tiny, tmp_path: Path):
    assert PairInstance.load(tiny.save(tmp_path / "pair.npz")) == tiny


@pytest.mark.parametrize(("change", "words"), [
    ({"adversarial_biases": np.full((2, 64), -0.1)}, "negative"),
    ({"adversarial_weights": np.zeros((2, 64, 31))}, "shape"),
    ({"clean_biases": np.zeros(63)}, "shape"),
    ({"count": 0}, "at least one point"),
    ({"clean_weights": np.full((64, 32), np.nan)}, "NaN"),
])  # fmt: skip
def test_what_is_no_pair_is_refused_in_one_line(tiny, change, words):
    with pytest.raises(InvalidInstance, match=words) as refused:
        replace(tiny, **change)
    assert "\n" not in str(refused.value)


def test_more_is_proved_at_smaller_radii(tiny):
    near, far = (certifies_all(replace(tiny, radius=radius)) for radius in ("1/100", "6"))
    assert min(near["adversarial"]) >= max(far["adversarial"]) and near["clean"] >= far["clean"]
    assert near["linear"] >= far["linear"]
    assert max(far["adversarial"]) == 0, "every ball reaches the origin, where f = 0"


def test_shares_flatten_the_spectrum_and_never_harm_much():
    generator = np.random.default_rng(2)
    weights = np.vstack([np.eye(12)] * 2 + [np.eye(12)[:4]] * 6) + generator.normal(scale=0.02, size=(48, 12))
    biases = np.full(48, 0.1)

    def spread(q):
        values = np.linalg.eigvalsh(weights.T @ (q[:, None] * weights))
        return values[-1] / values[0]

    assert spread(balanced(weights)) < 1.5 < 3 < spread(np.ones(48))
    points = np.where(generator.random((200, 12)) < 0.3, 0.6, 0.0) + generator.normal(scale=0.02, size=(200, 12))
    labels = np.ones(200)
    shares = tuned_shares(weights, biases, points[:100], labels[:100], 0.5, rounds=15)
    assert np.all((shares > 0) & (shares <= 1)) and np.array_equal(shares * 2**10, np.rint(shares * 2**10))

    def certified(s):
        top = np.linalg.eigvalsh((weights * s[:, None]).T @ (weights * s[:, None]))[-1]
        return (lower_bounds(points[100:] @ weights.T, biases, np.ones(48), 0.25 * top, s)[0] > 0).sum()

    assert certified(shares) > certified(np.ones(48))


def test_the_shipped_recipes_are_those_of_the_shipped_pairs():
    for name, recipe in REFERENCE.items():
        pair = PairInstance.load(PUBLISHED / f"{name}.npz")
        assert pair.law == recipe.law and str(pair.tau) == recipe.radius
        assert np.allclose(pair.clean_biases, recipe.clean.kappa * np.sqrt(
            (pair.clean_weights**2).sum(axis=1) / float(pair.law.k)), atol=2.0**-20)  # fmt: skip


def test_tuning_points_are_not_those_that_are_counted():
    from theorems.feature_purification.ship import TUNING_SEED

    for name in REFERENCE:
        pair = PairInstance.load(PUBLISHED / f"{name}.npz")
        assert int(pair.seed) != TUNING_SEED
        first = stream(pair.law, TUNING_SEED, 50).points
        assert not np.any(np.all(pair.sample.points[:50] == first, axis=1))


def _entry(robust, clean):
    return {"rows": [[radius, r, c, 1.0] for radius, r, c in zip(frontier.RADII, robust, clean, strict=True)]}


def test_the_maps_tell_proved_pairs_from_halves():
    n = len(frontier.RADII)
    whole, half, none = _entry([0.96] * n, [0.04] * n), _entry([0.96] * n, [0.5] * n), _entry([0.5] * n, [0.5] * n)
    sizes = (frontier.Size(64), frontier.Size(256), frontier.Size(256, kappa=0.4))
    by_dimension, by_bias, *curves = frontier.tables(dict(zip(sizes, (half, whole, none), strict=True)), 0)
    assert [by_dimension["name"], by_bias["name"]] == [f"purification_frontier_map_{end}" for end in ("d_20", "kappa")]
    assert {(d, level) for d, _, level in by_dimension["rows"]} == {(64, 2), (256, 3)}
    assert {(kappa, level) for kappa, _, level in by_bias["rows"]} == {(0.2, 3), (0.4, 0)}
    assert len(curves) == 2 and all(measurement(t)["figure"] for t in (by_dimension, by_bias, *curves))


def test_a_frontier_needs_a_verifier():
    with pytest.raises(InvalidInstance, match="needs the verifier"):
        train("frontier")


def test_a_finished_frontier_is_recalled(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(frontier, "SIZES", (frontier.Size(32),))
    monkeypatch.setattr(frontier.Size, "recipe", property(lambda size: TINY))
    monkeypatch.setattr(frontier, "FRESH", 100)
    runs = [frontier.train_frontier(Checkpoint(tmp_path / "state.json", "key", float("inf")), 0, certifies_all,
                                    lambda *_: None) for _ in range(2)]  # fmt: skip
    assert [draw.instance for draw in runs[0].draws] == [draw.instance for draw in runs[1].draws]
    assert runs[0].tables == runs[1].tables and runs[1].seconds < runs[0].seconds
