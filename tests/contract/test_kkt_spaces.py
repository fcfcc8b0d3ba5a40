"""What every space of kkt_margin promises: exact instances of the stated kind, found again from their point."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from constructions.kkt_margin import spaces
from theorems.engine.library import statements
from verifiers.kkt_margin import measure
from verifiers.verdict import Rigor

named = pytest.mark.parametrize("space", spaces.SPACES, ids=lambda space: space.name)
SMALL = {"n": 6, "d": 600, "satellites": 12, "negatives": 8}


def drawn(space, count):
    """Instances of the space, of moderate size, with the points they come from."""
    generator = np.random.default_rng(7)
    fixed = {} if space in spaces.ROBUST else {name: s for name, s in SMALL.items() if name in space.parameters}
    for index in range(count):
        point = space.draw(generator, fixed if index % 2 else None)
        space.check(point)
        instance = space.instance(point)
        if instance is not None and instance.size <= 24:
            yield point, instance


def corners(space):
    for point in islice(space.corners(), 60):
        space.check(point)
        instance = space.instance(point)
        if instance is not None and instance.size <= 24:
            yield point, instance


def test_names_are_unique_and_laws_say_what_is_built():
    assert len({space.name for space in spaces.SPACES}) == len(spaces.SPACES)
    for space in spaces.SPACES:
        assert space.note and space.name.isidentifier() and all(name.isidentifier() for name in space.parameters)


@named
def test_instances_are_exact_and_come_again_from_their_point(space):
    found = [*drawn(space, 12), *corners(space)]
    assert len(found) >= 5
    for point, instance in found:
        assert space.instance(point).digest == instance.digest
        if space not in spaces.RAW:
            assert all(array.dtype.kind in "biU" for array in instance.arrays().values()), "no rounding anywhere"


@pytest.mark.parametrize("space", [*spaces.POINTS, *spaces.CLUSTERS], ids=lambda space: space.name)
def test_points_are_kkt_points_decided_in_rationals(space):
    found = [*drawn(space, 12), *corners(space)]
    for _, instance in found:
        residual = measure(instance)["kkt_residual"]
        assert residual.rigor == Rigor.EXACT and residual.value == 0


def test_rescaled_points_are_no_kkt_points_unless_nothing_was_rescaled():
    space, seen = spaces.rescaled_points, set()
    for point, instance in [*drawn(space, 30), *corners(space)]:
        unchanged = not point["zero"] and all(factor == 1 for factor in (*point["masses"], *point["rows"]))
        residual = measure(instance)["kkt_residual"].value
        assert residual == 0 if unchanged else residual > 1e-6
        seen.add(unchanged)
    assert seen == {True, False}


@pytest.mark.parametrize("space", spaces.ROBUST, ids=lambda space: space.name)
def test_robust_spaces_hold_robust_networks_on_equal_norms(space):
    for point, instance in [*drawn(space, 12), *corners(space)]:
        measured = measure(instance)
        assert measured["robust_network_defect"].value == 0
        assert np.ptp(measured["norm_sq"].value) == 0
        if "theta" in point:
            assert measured["theta"].value == float(point["theta"])
        elif "quarter" in space.name:
            assert measured["theta"].value == 0.25


def test_sphere_and_sign_points_lie_exactly_on_their_sphere():
    for space in (spaces.sphere_points, spaces.sign_points):
        for point, instance in drawn(space, 10):
            gram = instance.exact_gram()
            assert all(entry == point["d"] for entry in gram.diagonal())
            assert {int(y) for y in instance.labels} == {1, -1}


def test_rational_sphere_data_have_the_law_of_the_sphere():
    """<x, x'>^2 / d has mean 1 for independent samples: 1 +- 4 standard errors over independent pairs."""
    squares = []
    for seed in range(300):
        instance = spaces.sphere_points.instance({"n": 2, "d": 9, "bias": 0, "seed": seed})
        if instance is not None:
            squares.append(float(instance.exact_gram()[0, 1]) ** 2 / 9)
    assert len(squares) == 300
    assert abs(np.mean(squares) - 1) < 4 * np.std(squares) / np.sqrt(len(squares))


def test_every_statement_about_points_or_robust_networks_is_given_spaces_that_hold_them():
    for statement in statements("kkt_margin"):
        names = {name for claim in statement.given for name in claim.quantities}
        if statement.basis in ("runs", "law"):
            assert statement.spaces == ()
        else:
            assert statement.spaces
        if "kkt_residual" in names and "mixed_clusters" not in names and statement.spaces:
            assert spaces.correlated in statement.spaces and spaces.sign_points in statement.spaces
            assert statement.spaces[-1] is spaces.rescaled_points
