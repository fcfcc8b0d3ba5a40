"""Searches in the spaces of feature purification: what is found, shrunk and kept is an instance of its space."""

from __future__ import annotations

from fractions import Fraction

from constructions.feature_purification import SparseLaw, spaces
from theorems.engine.falsify import Decided
from theorems.engine.necessity import drop
from theorems.engine.objective import Falsify
from theorems.engine.origin import Origin, Variation, replay, replay_text
from theorems.engine.sharpen import stronger
from theorems.engine.shrink import shrink
from verifiers.feature_purification import measure
from verifiers.verdict import Refuted


def test_shrinking_keeps_the_number_of_active_and_inactive_coordinates_apart() -> None:
    """d = 4 with three active coordinates has as many reals as d = 4 with one: they are not the same reals."""
    variation = Variation("feature_purification.pure_radius", drop=("F <= 2 A b'",))
    half, point = Fraction(1, 2), {"d": 4, "active": 3, "copies": 1, "flat": 0, "b": Fraction(1, 20)}
    origin = Origin("pure_points", point | {"tau": Fraction(17, 20), "h": (half,) * 3, "z": (Fraction(0),)})
    decided, seen = Decided(variation.statement()), []

    def keep(candidate: Origin) -> bool:
        spaces.pure_points.check(candidate.point or {})
        seen.append(candidate)
        return decided.refuted(candidate)

    assert decided.refuted(origin)
    smallest = shrink(Falsify(variation.statement()), origin, keep, 3.0)
    assert any(candidate.point["active"] < 3 for candidate in seen)
    draw, _ = decided(smallest)
    assert isinstance(replay(replay_text(variation, smallest, draw.instance.digest))[2].verdict, Refuted)


def test_a_larger_energy_never_claims_more() -> None:
    """Also where both sides have opposite signs, so that the slack divided by the larger of them falls."""
    statement = Variation("feature_purification.certificate").statement()
    assert [stronger(statement, "energy_factor", seed) for seed in range(3)] == [(-1,)] * 3


def test_two_coordinates_are_needed_for_a_dense_part() -> None:
    """Theorem G in one dimension: both forms of the dense part are 0, which is not positive, and nothing breaks."""
    found = drop(Variation("feature_purification.one_step_gradient"), "two coordinates at least", 2.0, 0)
    assert found["finding"]["witness"]["point"]["d"] == "1"
    measured = measure(SparseLaw.of("light", 1, 1, 0, 0))
    assert measured["closed_pure"].value == measured["gradient_pure"].value == 1
    assert measured["closed_dense"].value == measured["gradient_dense"].value == 0
