"""Optimal nets, forced energy, the torus, first steps of training: against closed forms and plain floats."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from constructions.frequency_bias import networks, pairs
from constructions.frequency_bias.bands import low_band
from theorems.frequency_bias import margin_families, pair_families
from theorems.testing import exact
from verifiers.errors import MissingPart
from verifiers.frequency_bias import measure
from verifiers.frequency_bias.margin_bridge import euclidean_margin
from verifiers.frequency_bias.quantities_optimal import semidefinite
from verifiers.verdict import Rigor

RELAXED = [[0, 0, 1, 2], [-2, 2, 0, -1], [1, 0, -1, -1]]
"""A predictor whose program, with gains positive on the grid only, has a lower value than every net."""


def drawn(seed):
    own = np.random.default_rng(seed)
    sites, taps, channels = int(own.integers(3, 9)), int(own.integers(1, 4)), int(own.integers(1, 4))
    filters, readouts = networks.dyadic(own, (channels, taps)), networks.dyadic(own, (channels, sites))
    return pairs.pair(filters, readouts, networks.dyadic(own, (sites,)) / 4), filters, readouts


@pytest.mark.parametrize("seed", range(8))
def test_defects_are_what_transforms_give(seed):
    instance, filters, readouts = drawn(seed)
    dual = np.array([float(Fraction(entry)) for entry in instance.signal.tolist()])
    sites = len(dual)
    gains = np.fft.fft(filters, sites, axis=1)
    w = np.sum(gains * np.fft.fft(readouts, norm="ortho", axis=1), axis=0)
    g = np.fft.fft(dual, norm="ortho")
    matrix = np.array([[dual[(n + k) % sites] for k in range(filters.shape[1])] for n in range(sites)])
    found = measure(instance)
    q = np.sum(np.abs(gains) ** 2, axis=0)
    assert float(exact(found["gain_defect"])) == pytest.approx(np.sum(np.abs(w - q * g) ** 2), rel=1e-9)
    gap = (np.sum(filters**2) + np.sum(readouts**2)) / 2 - np.real(np.vdot(g, w))
    assert float(exact(found["dual_gap"])) == pytest.approx(gap, rel=1e-9)
    assert float(exact(found["kernel_defect"])) == pytest.approx(
        np.sum(filters**2) - np.sum((filters @ matrix.T) ** 2), rel=1e-9
    )
    top = np.linalg.norm(matrix, 2)
    assert abs(top - 1) > 1e-6 and exact(found["dual_feasible"]) == (top < 1)


@pytest.mark.parametrize("index", range(8))
def test_rational_optima_have_no_gap(index):
    found = measure(pair_families.optimal_pairs.draw(np.random.default_rng(0), index))
    assert exact(found["dual_feasible"]) == 1
    assert exact(found["dual_gap"]) == exact(found["gain_defect"]) == exact(found["kernel_defect"]) == 0
    assert exact(found["filter_energy"]) in (2, 10)


def test_the_flat_pair_is_an_equality():
    size = Fraction(2, 3)
    found = measure(pair_families.flat_pair(size))
    assert exact(found["gain_defect"]) == 32 * (size - Fraction(1, 2)) ** 2 == 2 * 2 * 2 * exact(found["dual_gap"])


@pytest.mark.parametrize(("matrix", "answer"), [
    ([[0, 0], [0, 0]], True), ([[0, 1], [1, 5]], False), ([[1, 2], [2, 4]], True), ([[1, 2], [2, 3]], False),
    ([[-1]], False), ([[4, 2, 0], [2, 1, 0], [0, 0, 0]], True), ([[1, 1, 1], [1, 1, 2], [1, 2, 9]], False),
])  # fmt: skip
def test_semidefinite_matrices_are_told_apart(matrix, answer):
    assert semidefinite(np.array(matrix, dtype=object)) is answer


@pytest.mark.parametrize(("sites", "half"), [(8, 1), (9, 3), (12, 0)])
def test_the_forced_energy_of_a_unit_sample(sites, half):
    """One tap, x = e_0: the predictor is e_0 itself, and (N - M)/N of its energy is outside."""
    band = low_band(sites, half)
    found = measure(networks.labelled(np.eye(1, sites, dtype=int), [1], 1, band=band))
    floor = found["leak_floor"]
    assert floor.rigor == Rigor.CERTIFIED
    assert float(floor.value) == pytest.approx(1 - len(band) / sites, rel=1e-4)
    assert floor.upper <= found["energy_outside"].lower + 1e-12


def test_the_forced_energy_with_one_tap_is_that_of_the_euclidean_margin():
    """K = 1: q_d = R*, g = b/R*, with b from the quadratic program."""
    instance = margin_families.oracle_data.draw(np.random.default_rng(0), 0)
    points, labels = np.array(margin_families.MARGIN_POINTS, dtype=float), np.array([1.0, -1.0, 1.0])
    predictor = euclidean_margin(points * labels[:, None])[0]
    length = np.linalg.norm(predictor)
    power = np.abs(np.fft.fft(predictor / length, norm="ortho")) ** 2
    outside = [d for d in range(8) if d not in low_band(8, 1)]
    expected = (5 * length) ** 2 / np.sum(1 / power[outside])
    assert float(measure(instance)["leak_floor"].value) == pytest.approx(expected, rel=1e-3)


def test_a_wide_gap_proves_less():
    """The floor is at most what the net of the solver has outside, for every kernel, and never negative."""
    for index in range(6):
        found = measure(margin_families.oracle_data.draw(np.random.default_rng(0), index))
        assert 0 <= found["leak_floor"].lower and found["leak_floor"].upper < found["energy_outside"].lower


def test_the_torus_example():
    found = measure(networks.predictor(np.array(margin_families.TORUS), 2))
    assert 5.880836538 < found["single_floor"].lower <= found["single_floor"].upper < 5.895318043
    assert float(found["single_ceiling"].value) == pytest.approx(5.895318043, abs=1e-6)


def test_the_floor_of_single_filters_may_be_below_the_least_cost():
    """Gains positive on the grid need not be gains of filters: here the relaxed optimum is below R."""
    found = measure(networks.predictor(np.array(RELAXED), 2))
    assert found["single_floor"].upper < found["cost"].lower


def first(seed=3, sites=8, taps=3, count=5, steps=6):
    own = np.random.default_rng(seed)
    points, labels = own.integers(-5, 6, (count, sites)), own.choice([-1, 1], count)
    filter = [Fraction(int(entry), 8) for entry in own.integers(1, 9, taps)]
    return points, labels, filter, pairs.starting(points, labels.tolist(), filter, steps)


def correlations(points, labels, taps):
    mean = (points * labels[:, None]).mean(0)
    matrix = np.array([[mean[(n + k) % len(mean)] for k in range(taps)] for n in range(len(mean))])
    return matrix, matrix.T @ matrix


def test_first_steps_are_those_of_the_eigenvectors():
    points, labels, filter, instance = first()
    matrix, gram = correlations(points, labels, 3)
    values, vectors = np.linalg.eigh(gram)
    step = 2.0 ** np.floor(-np.log2(np.abs(gram).sum(1).max()) / 2)
    sigma = np.sqrt(values)
    growth = ((1 + step * sigma) ** 6 + (1 - step * sigma) ** 6) / 2
    start = vectors.T @ np.array([float(entry) for entry in filter])
    last = growth * start
    found = measure(instance)
    assert float(found["shortfall_before"].value) == pytest.approx(values[-1] - start**2 @ values / (start @ start))
    assert float(found["shortfall_after"].value) == pytest.approx(values[-1] - last**2 @ values / (last @ last))
    assert float(found["growth_ratio"].value) == pytest.approx(growth[-2] / growth[-1])
    assert float(found["early_gap"].value) == pytest.approx(values[-1] - values[-2])
    assert len(found["quotient_growth"].value) == 6


def test_training_from_a_small_start_takes_these_steps():
    """Gradient descent on the logistic loss: its slope at zero is a half, so the rate is twice the step."""
    points, labels, filter, instance = first()
    matrix, gram = correlations(points, labels, 3)
    rate = 2 * 2.0 ** np.floor(-np.log2(np.abs(gram).sum(1).max()) / 2)
    u, v = 1e-5 * np.array([float(entry) for entry in filter]), np.zeros(8)
    for _ in range(6):
        beta = np.fft.ifft(np.fft.fft(u, 8) * np.fft.fft(v)).real
        slopes = labels / (1 + np.exp(labels * (points @ beta))) / len(labels)
        pulled = slopes @ points
        shifted = np.array([[pulled[(n + k) % 8] for k in range(3)] for n in range(8)])
        u, v = u + rate * (shifted.T @ v), v + rate * (shifted @ u)
    quotient = u @ gram @ u / (u @ u)
    after = float(measure(instance)["shortfall_after"].value)
    assert np.linalg.eigvalsh(gram)[-1] - quotient == pytest.approx(after, rel=1e-4)


def test_first_steps_need_a_class_mean_and_one_filter():
    still = pairs.starting(np.array([[1, 2, 3], [1, 2, 3]]), [1, -1], [Fraction(1), Fraction(0)], 2)
    with pytest.raises(MissingPart, match="does not move"):
        measure(still)["quotient_growth"]
    lone = pairs.starting(np.array([[1, 2, 3]]), [1], [Fraction(1)], 2)
    with pytest.raises(MissingPart, match="nothing to align"):
        measure(lone)["early_gap"]


def test_neighbours_of_a_sample():
    found = measure(networks.labelled(np.array([[4, -2, 1, 0]]), [-1], 2))
    assert exact(found["neighbours"]) == -10
