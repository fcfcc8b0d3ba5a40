"""The KKT residual of networks given by their weights, against conditions K1-K5 written out here in plain loops."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from constructions import kkt_margin as build
from constructions.instance import floats_of
from constructions.kkt_margin.cone import coordinates
from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.kkt_margin.data import Data
from verifiers.kkt_margin.exact import float_point
from verifiers.kkt_margin.multipliers import Problem
from verifiers.kkt_margin.residual import CONDITIONS, Network, evaluate, given_residual, residual
from verifiers.verdict import Rigor


def raw_network(merged, copies=1, seed=0):
    """The network of a merged instance by its weights, |w~_j| = |v_j|, each neuron split into `copies`."""
    points = coordinates(merged.float_gram()) if merged.points is None else floats_of(merged.points)
    bias, signs = bool(merged.bias), floats_of(merged.signs)
    lifted = np.hstack([points, np.ones((len(points), 1))]) if bias else points
    directions = (floats_of(merged.rows) * merged.labels) @ lifted
    lengths = np.linalg.norm(directions, axis=1)
    shares = np.random.default_rng(seed).dirichlet(np.ones(copies), len(signs))
    sizes = np.sqrt(floats_of(merged.masses)[:, None] * lengths[:, None] * shares)
    weights = sizes[:, :, None] * (signs[:, None] * directions / lengths[:, None])[:, None, :]
    weights, outputs = weights.reshape(-1, lifted.shape[1]), (sizes * signs[:, None]).reshape(-1)
    return MarginInstance(
        labels=merged.labels,
        bias=bias,
        points=points,
        weights=weights[:, :-1] if bias else weights,
        biases=weights[:, -1] if bias else None,
        outputs=outputs,
    )


def on(data, **options):
    return build.merged_point(data, **options).on(data)


O3 = build.orthogonal_biased(build.split_labels(5, 5), 100)
POINTS = {
    "orthogonal, merged": build.orthogonal_merged(build.split_labels(3, 2), 9),
    "orthogonal, singles": build.orthogonal_singles(build.split_labels(3, 2), 9),
    "orthogonal with bias": O3,
    "two points with a kink": build.two_points("1/2", 4),
    "simplex": build.simplex_merged(build.split_labels(4, 2), 12),
    "signs with bias": on(build.linear_congruential_sign_data(6, 1024, bias=True)),
    "one sample does not support": build.support_threshold(6, "103/900"),
    "star": build.rational_star(6, 6, "3/40"),
}


def defects(instance, multipliers, rows):
    """K1-K5 in plain loops: the length of the defect of (K1)-(K3) over |theta|, and the worst of (K4) and of (K5)."""
    points, weights, outputs = (
        floats_of(part).tolist() for part in (instance.points, instance.weights, instance.outputs)
    )
    labels, bias = instance.labels.tolist(), bool(instance.bias)
    biases = floats_of(instance.biases).tolist() if bias else [0.0] * len(outputs)
    total, size = 0.0, 0.0
    values = [0.0] * len(labels)
    for w, b, v, mu in zip(weights, biases, outputs, rows.tolist(), strict=True):
        active = [sum(a * x for a, x in zip(w, point, strict=True)) + b for point in points]
        for c, entry in enumerate(w):
            pull = sum(m * y * point[c] for m, y, point in zip(mu, labels, points, strict=True))
            total += (entry - v * pull) ** 2  # K1
        if bias:
            total += (b - v * sum(m * y for m, y in zip(mu, labels, strict=True))) ** 2  # K2
        total += (v - sum(g * y * max(a, 0.0) for g, y, a in zip(multipliers, labels, active, strict=True))) ** 2  # K3
        size += sum(entry**2 for entry in w) + b**2 + v**2
        values = [value + v * max(a, 0.0) for value, a in zip(values, active, strict=True)]
    margins = [y * value for y, value in zip(labels, values, strict=True)]
    return (
        (total / size) ** 0.5,
        max(max(1 - margin, 0.0) for margin in margins),  # K4
        max(g / max(multipliers) * abs(margin - 1) for g, margin in zip(multipliers, margins, strict=True)),  # K5
    )


@pytest.mark.parametrize("name", POINTS)
def test_exact_points_written_with_weights_have_no_residual(name):
    instance = raw_network(POINTS[name], copies=3)
    found = residual(Network.of(instance))
    assert found.value <= 1e-12
    assert np.all(found.multipliers >= 0)
    assert np.all(found.rows >= 0) and np.all(found.rows <= found.multipliers)
    assert max(defects(instance, found.multipliers, found.rows)) <= 1e-12


def test_strict_subgradients_are_rejected_where_kinks_carry_fractions():
    network = Network.of(raw_network(O3))
    assert residual(network).value <= 1e-12
    assert residual(network, subgradients="strict").value > 1e-2
    gates = (network.relative_activations > 1e-9).astype(float)
    assert residual(network, subgradients=gates).value > 1e-2


def test_the_multipliers_of_a_published_point_are_found():
    found = residual(Network.of(raw_network(O3)))
    assert found.multipliers.sum() == pytest.approx(0.436931448753, rel=1e-10)
    kinks = found.rows / found.multipliers
    assert np.sort(kinks.reshape(-1))[:10] == pytest.approx([1 / 21] * 10, rel=1e-8)


@pytest.mark.parametrize("name", POINTS)
def test_parts_agree_with_conditions_written_out(name):
    generator = np.random.default_rng(3)
    instance = raw_network(POINTS[name], copies=2)
    instance = replace(instance, weights=instance.weights + 0.1 * generator.standard_normal(instance.weights.shape))
    network = Network.of(instance)
    multipliers = generator.random(instance.size)
    rows = generator.random(network.activations.shape) * multipliers
    parts = evaluate(network, multipliers, rows).parts
    stationarity, margins, complementarity = defects(instance, multipliers.tolist(), rows)
    assert parts["stationarity"] == pytest.approx(stationarity, rel=1e-9)
    assert parts["margins"] == pytest.approx(margins, rel=1e-9, abs=1e-12)
    assert parts["complementarity"] == pytest.approx(complementarity, rel=1e-9, abs=1e-12)


def test_the_subgradient_part_is_the_distance_from_the_graph():
    instance = MarginInstance(
        labels=[1, -1], bias=False, points=[[2.0, 0.0], [0.0, 1.0]], weights=[[1.0, 0.0]], outputs=[1.0]
    )
    network = Network.of(instance)  # on at sample 0 with relative activation 1, a kink at sample 1
    cases = [([0.5, 0.5], [0.5, 0.2], 0.0), ([0.5, 0.5], [0.3, 0.2], 0.4), ([0.5, 0.5], [0.5, 0.7], 0.2)]
    for multipliers, row, expected in cases:
        found = evaluate(network, np.array(multipliers), np.array([row])).parts["subgradients"]
        assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("size", [1e-8, 1e-5, 1e-3])
def test_a_perturbation_is_seen_at_its_size(name, size):
    instance = raw_network(POINTS[name], copies=2)
    noise = 1 + size * np.random.default_rng(1).standard_normal(instance.weights.shape)
    found = residual(Network.of(replace(instance, weights=instance.weights * noise))).value
    assert size / 30 <= found <= 30 * size


@pytest.mark.parametrize("name", ["signs with bias", "orthogonal with bias", "star"])
def test_comparable_with_the_residual_of_merged_networks(name):
    merged = POINTS[name]
    for size in (1e-7, 1e-5):
        masses = floats_of(merged.masses) * (
            1 + size * np.array([1.0, -1.0] * len(merged.masses))[: len(merged.masses)]
        )
        moved = merged.with_point(merged.signs, floats_of(merged.rows), masses)
        other = float_point(Data(moved)).residual
        own = residual(Network.of(raw_network(moved))).value
        assert other / 30 <= own <= 30 * other


def test_dead_neurons_are_harmless_only_if_they_are_zero():
    instance = raw_network(POINTS["signs with bias"])
    dimension = instance.points.shape[1]

    def with_neuron(weight, output):
        return replace(
            instance,
            weights=np.vstack([instance.weights, weight]),
            biases=np.append(instance.biases, 0.0),
            outputs=np.append(instance.outputs, output),
        )

    assert residual(Network.of(with_neuron(np.zeros(dimension), 0.0))).value <= 1e-12
    off = -0.01 * floats_of(instance.points).sum(axis=0) / dimension
    assert residual(Network.of(with_neuron(off, 0.0))).value > 1e-4  # weight decay would empty it
    assert residual(Network.of(with_neuron(np.zeros(dimension), 0.1))).value > 1e-2


def test_a_neuron_of_the_wrong_balance_is_seen():
    instance = raw_network(O3)
    unbalanced = replace(
        instance, weights=instance.weights * 2, biases=instance.biases * 2, outputs=instance.outputs / 2
    )
    assert Network.of(unbalanced).margins == pytest.approx(Network.of(instance).margins)
    assert residual(Network.of(unbalanced)).value > 0.5


def test_not_separating_is_a_violation():
    instance = raw_network(O3)
    found = residual(Network.of(replace(instance, outputs=-instance.outputs)))
    assert found.parts["margins"] == pytest.approx(2.0)


@pytest.mark.parametrize("part", ["points", "weights", "outputs"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_lose(part, value):
    network = Network.of(raw_network(O3))
    getattr(network, part).reshape(-1)[0] = value
    assert residual(network).value == np.inf
    fresh = Network.of(raw_network(O3))
    bad = np.full(10, value)
    assert evaluate(fresh, bad, np.zeros((2, 10))).value == np.inf


def test_a_solver_cannot_talk_the_residual_down(monkeypatch):
    network = Network.of(raw_network(O3))
    nonsense = [np.zeros(10), np.full(10, 1e6), np.full(10, np.nan)]

    def solutions(self, multipliers=None):
        for lam in nonsense:
            yield lam, np.zeros(self.kinks.shape)

    monkeypatch.setattr(Problem, "solutions", solutions)
    assert residual(network).value > 0.1


@pytest.mark.parametrize("seed", range(6))
def test_as_small_as_a_general_solver_finds_it(seed):
    """Far from KKT points the best multipliers are not obvious; a modelling layer solves the same problem."""
    import cvxpy

    generator = np.random.default_rng(seed)
    data = build.sign_data(5, 12, generator, labels=build.alternating_labels(5))
    weights, outputs = generator.standard_normal((4, 12)), generator.standard_normal(4)
    points = floats_of(data.points)
    for j in range(3):  # an exact kink each, so that there is something to choose
        weights[j] -= points[j] * (weights[j] @ points[j]) / 12
    network = Network.of(replace(data, weights=weights, outputs=outputs))
    kinks = np.abs(network.relative_activations) <= 1e-9
    lam, mu = cvxpy.Variable(5), cvxpy.Variable((4, 5))
    signed = points * data.labels[:, None]
    terms = [cvxpy.sum_squares(weights - cvxpy.diag(outputs) @ mu @ signed)]
    terms.append(cvxpy.sum_squares(outputs - np.maximum(network.activations, 0.0) @ cvxpy.multiply(data.labels, lam)))
    gates = (network.relative_activations > 1e-9).astype(float)
    limits = [lam >= 0, mu >= 0]
    for j, i in np.ndindex(4, 5):
        limits.append(mu[j, i] <= lam[i] if kinks[j, i] else mu[j, i] == gates[j, i] * lam[i])
    slack = np.sqrt(12) * (network.margins - 1) * np.sqrt(network.neuron_squares.sum())
    cvxpy.Problem(cvxpy.Minimize(sum(terms) + cvxpy.sum_squares(cvxpy.multiply(slack, lam))), limits).solve(
        solver=cvxpy.CLARABEL
    )
    multipliers = np.maximum(lam.value, 0.0)
    rows = np.clip(np.where(kinks, mu.value, gates * multipliers), 0.0, multipliers)
    reference, found = evaluate(network, multipliers, rows), residual(network)
    assert found.value <= reference.value * (1 + 1e-6)


EXACT = MarginInstance(
    labels=[1, -1],
    bias=False,
    points=[[1, 0], [0, 1]],
    weights=[[1, 0], [0, 1]],
    outputs=[1, -1],
    multipliers=[1, 1],
    subgradients=[[1, 0], [0, 1]],
)


def test_rational_multipliers_are_judged_exactly():
    found = given_residual(EXACT).enclosure()
    assert found.rigor == Rigor.EXACT and found.value == 0
    off = given_residual(replace(EXACT, multipliers=["1", "1000000001/1000000000"])).enclosure()
    assert off.rigor == Rigor.CERTIFIED and 0 < float(off.lower) <= float(off.upper) < 1e-8
    stationarity = evaluate(
        Network.of(EXACT, exact=True),
        arithmetic.rationals(np.array([1, 2])),
        arithmetic.rationals(np.eye(2, dtype=int)),
    ).squares["stationarity"]
    assert arithmetic.to_fraction(stationarity) == Fraction(1, 4)  # v_2 is missed by 1, |theta|^2 = 4


def test_own_multipliers_alone_leave_the_subgradients_free():
    raw = raw_network(O3)
    lam = residual(Network.of(raw)).multipliers
    assert given_residual(replace(raw, multipliers=lam)).value <= 1e-9
    assert given_residual(replace(raw, multipliers=1.01 * lam)).value > 1e-3
    sigma = residual(Network.of(raw)).rows / lam
    assert given_residual(replace(raw, subgradients=np.clip(sigma, 0, 1))).value <= 1e-12
    assert given_residual(replace(raw, subgradients=np.round(sigma))).value > 1e-2


def test_parts_that_are_missing_are_named():
    with pytest.raises(MissingPart, match="no network"):
        Network.of(O3)
    with pytest.raises(MissingPart, match="no multipliers"):
        given_residual(raw_network(O3))
    assert CONDITIONS == tuple(residual(Network.of(raw_network(O3))).parts)


def test_wide_networks_share_subgradients(monkeypatch):
    from verifiers.kkt_margin import residual as module

    network = Network.of(raw_network(O3, copies=40))
    apart = residual(network)
    monkeypatch.setattr(module, "MERGE_ABOVE", 0)
    together = residual(network)
    assert apart.value <= 1e-12 and together.value <= 1e-12
    assert together.multipliers == pytest.approx(apart.multipliers, rel=1e-9)
