"""What is measured by the thousand in floats is what is measured exactly, one by one, at every point of every space."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from constructions.kkt_margin import spaces
from constructions.kkt_margin.batch import partition_points
from constructions.kkt_margin.merged import class_blocks
from theorems.engine.library import statements
from verifiers.errors import MissingPart, NoCertificate
from verifiers.kkt_margin import CATALOGUE, measure
from verifiers.kkt_margin.batch import measure_batch, measured

STACKED = [space for space in spaces.SPACES if space.stack is not None]
LARGEST = 9  # samples: exact radii of one neuron per sample take seconds beyond
named = pytest.mark.parametrize("space", STACKED, ids=lambda space: space.name)
AXES = {name: quantity.axes for name, quantity in CATALOGUE.items()}


def size_of(point):
    return point.get("n", 2 * point.get("half", 0) or sum(point.get(name, 0) for name in ("positives", "negatives")))


def points_of(space, draws, corners):
    """Drawn points, and corners evenly from small to large."""
    generator = np.random.default_rng(11)
    every = list(space.corners())
    found = [space.draw(generator) for _ in range(draws)] + every[:: max(1, len(every) // corners)]
    return [point for point in found if size_of(point) <= LARGEST]


def stacked(space, point, copies=1):
    sizes = {name: point[name] for name in space.whole}
    return space.stack(**space.batch(sizes, np.tile(space.vector(point), (copies, 1))))


def exactly(instance, name):
    """The exactly measured value as floats, None where measuring raises."""
    try:
        return np.asarray(measure(instance)[name].value)
    except (MissingPart, NoCertificate):
        return None


def agrees(exact, found, name):
    if exact is None:
        return bool(np.all(np.isnan(found)))
    if name == "kkt_residual" and exact == 0:
        return bool(found <= 1e-10)
    size = np.abs(exact[np.isfinite(exact)]).max(initial=0.0) if exact.ndim else 1.0
    return found.shape == exact.shape and np.allclose(found, exact, rtol=1e-9, atol=1e-11 * max(size, 1.0))


def compare(space, draws, corners):
    names = sorted(measured("robust" if space in spaces.ROBUST else "point"))
    instances = 0
    for point in points_of(space, draws, corners):
        arrays, instance = stacked(space, point), space.instance(point)
        assert bool(arrays["ok"][0]) == (instance is not None), point
        found = measure_batch(arrays)
        if instance is None:
            assert all(np.all(np.isnan(found[name])) for name in names)
            continue
        instances += 1
        wrong = [name for name in names if not agrees(exactly(instance, name), found[name][0], name)]
        assert not wrong, f"{wrong} at {point}"
    return instances


@named
def test_batches_agree_with_exact_measurements(space):
    assert compare(space, 24, 12) >= 10


@pytest.mark.slow
@pytest.mark.timeout(1500)
@named
def test_batches_agree_with_exact_measurements_on_hundreds_of_points(space):
    assert compare(space, 300, 150) >= 100


@named
def test_places_of_a_batch_do_not_influence_each_other(space):
    """Shuffled rows give shuffled measurements, whatever stands in the other rows."""
    generator = np.random.default_rng(5)
    point = next(p for p in points_of(space, 40, 1) if space.instance(p) is not None)
    sizes = {name: point[name] for name in space.whole}
    low, high = space.bounds(sizes)
    vectors = generator.uniform(low, high, (12, len(low)))
    vectors[0] = space.vector(point)
    order = generator.permutation(12)
    names = sorted(measured("robust" if space in spaces.ROBUST else "point"))
    first, second = (measure_batch(space.stack(**space.batch(sizes, rows))) for rows in (vectors, vectors[order]))
    for name in names:
        np.testing.assert_array_equal(first[name][order], second[name])
    assert first.ok[0]


@named
def test_slacks_of_claims_have_the_sign_that_is_decided_exactly(space):
    users = [s for s in statements() if space in s.spaces and s.measure_batch is not None]
    assert users
    compared = 0
    for point in points_of(space, 3, 4):
        instance = space.instance(point)
        if instance is None:
            continue
        found = measure_batch(stacked(space, point, copies=2))
        for claim in {c.name: c for s in users for c in (*s.given, *s.then)}.values():
            try:
                outcome = claim.decide(measure(instance))
            except (MissingPart, NoCertificate, ZeroDivisionError):
                continue
            slack = claim.batch_slack(found, AXES)
            np.testing.assert_array_equal(slack[:1], slack[1:])
            if outcome.state != "undecided":
                assert (slack[0] if outcome.state == "holds" else -slack[0]) >= -1e-9, (claim.name, point)
                compared += 1
    assert compared >= 10


def test_what_is_no_point_is_never_measured_as_one():
    """A partition that carries no KKT point, an indefinite Gram matrix, and NaN give neither rows nor measurements."""
    labels = np.array([1, 1, -1])
    positive = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    indefinite = np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    gram = np.stack([positive, indefinite, np.full((3, 3), np.nan), np.eye(3)])
    singles = partition_points(gram, labels, [[0], [1], [2]])
    merged = partition_points(gram, labels, class_blocks(labels))
    assert singles["ok"].tolist() == [False, False, False, True]
    assert merged["ok"].tolist() == [True, False, False, True]
    assert np.all(np.isnan(singles["rows"][~singles["ok"]]))
    data = {"gram": gram, "labels": np.tile(labels, (4, 1)).astype(float), "bias": np.zeros(4), "dimension": np.ones(4)}
    found = measure_batch(data | singles)
    for name in measured("point"):
        assert np.all(np.isnan(found[name][:3])), name
    assert found["kkt_residual"][3] <= 1e-12


def test_the_residual_of_networks_that_are_no_points_is_positive():
    space = spaces.rescaled_points
    for point in islice(space.corners(), 0, None, 37):
        arrays = stacked(space, point)
        if arrays["ok"][0] and (point["zero"] or any(f != 1 for f in (*point["masses"], *point["rows"]))):
            assert measure_batch(arrays)["kkt_residual"][0] > 1e-3


def test_every_statement_that_is_searched_in_batches_is_measured_somewhere():
    """Each claim of a statement with `measure_batch` gets a number on some instance of its spaces."""
    generator = np.random.default_rng(2)
    for statement in statements():
        if statement.measure_batch is None or not statement.spaces:
            continue
        waiting = {claim.name: claim for claim in (*statement.given, *statement.then)}
        axes = {name: quantity.axes for name, quantity in (statement.catalogue or CATALOGUE).items()}
        for space in [s for s in statement.spaces if s.stack is not None]:
            for _ in range(4):
                arrays = stacked(space, space.draw(generator))
                found = statement.measure_batch(arrays)
                waiting = {n: c for n, c in waiting.items() if np.isnan(c.batch_slack(found, axes)[0])}
        assert not waiting, f"{statement.id}: {list(waiting)} was never measured"
