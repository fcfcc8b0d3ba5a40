"""KKT residual of a network given by its weights, in its own coordinates, with free subgradients at kinks.

With lifted neurons w~_j = (w_j, b_j) and samples x~_i, pre-activations a_ji = <w~_j, x~_i>, multipliers lambda >= 0 and
mu_ji = lambda_i sigma'_ji, the KKT conditions of min |theta|^2 / 2 s.t. y_i N(x_i) >= 1 are

    w~_j = v_j sum_i mu_ji y_i x~_i,    v_j = sum_i lambda_i y_i relu(a_ji)                         (stationarity)
    mu_ji = lambda_i where a_ji > 0, 0 where a_ji < 0, in [0, lambda_i] where a_ji = 0              (subgradients)
    y_i N(x_i) >= 1    (margins)          lambda_i (y_i N(x_i) - 1) = 0                             (complementarity)

and the residual is the largest of four violations, each a pure number:

* stationarity: length of all the differences together, as a share of |theta|;
* subgradients: the least of |a_ji| / (|w~_j| |x~_i|) and |mu_ji - its only value| |x~_i|, times |theta_j| over the
  largest |theta_j|: a pair is excused only as far as it is a kink;
* margins: 1 - y_i N(x_i);  complementarity: lambda_i / max lambda times |y_i N(x_i) - 1|.

So a relative perturbation eps of a KKT point has a residual of order eps, as `exact.merged_residual` has. The
multipliers are found by least squares on active sets and by a quadratic program; whatever either returned is clipped to
lambda >= 0, 0 <= mu <= lambda and then evaluated by these formulas, so a residual is an upper bound of the best one
whatever a solver says. sigma' := 1[a > 0] is not enough: kinks with fractional sigma' are generic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from constructions.instance import floats_of, fractions_of
from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic, tolerances
from verifiers.errors import MissingPart
from verifiers.kkt_margin.multipliers import Problem
from verifiers.quantity import Enclosure, enclose, estimate

CONDITIONS = ("stationarity", "subgradients", "margins", "complementarity")

EXACT_COST = 40_000
"""Rational multiplications (neurons x samples x coordinates) up to which a raw network is evaluated exactly."""

MERGE_ABOVE = 4000
"""Kinks beyond which neurons of one sign and pattern share their subgradients, as they do at every KKT point."""


class Network:
    """N(x) = sum_j v_j relu(<w~_j, x~>) on lifted samples: points (n, k), weights (m, k), outputs (m,), labels (n,).

    Entries are float64 or flint rationals throughout.
    """

    def __init__(self, points: np.ndarray, weights: np.ndarray, outputs: np.ndarray, labels: np.ndarray) -> None:
        self.points, self.weights, self.outputs, self.labels = points, weights, outputs, labels

    @classmethod
    def of(cls, instance: MarginInstance, exact: bool = False) -> Network:
        """The raw network of an instance. Raises `MissingPart` if it has none."""
        if instance.weights is None:
            raise MissingPart("the instance has no network given by its weights")
        biases = np.zeros(instance.outputs.shape, dtype=np.int64) if instance.biases is None else instance.biases
        stored = [instance.points, instance.weights, biases, instance.outputs]
        points, weights, biases, outputs = (
            arithmetic.rationals(fractions_of(part)) if exact else floats_of(part) for part in stored
        )
        if bool(instance.bias):
            one = arithmetic.rational(1) if exact else 1.0
            points = np.concatenate([points, np.full((len(points), 1), one)], axis=1)
            weights = np.concatenate([weights, biases[:, None]], axis=1)
        return cls(points, weights, outputs, instance.labels)

    @property
    def exact(self) -> bool:
        return arithmetic.kind_of(self.outputs) == "rational"

    @cached_property
    def activations(self) -> np.ndarray:
        """a_ji (m, n)."""
        return self.weights @ self.points.T

    @cached_property
    def margins(self) -> np.ndarray:
        """y_i N(x_i) (n,)."""
        return (self.outputs @ arithmetic.relu(self.activations)) * self.labels

    @cached_property
    def point_squares(self) -> np.ndarray:
        """|x~_i|^2 (n,)."""
        return (self.points * self.points).sum(axis=1)

    @cached_property
    def weight_squares(self) -> np.ndarray:
        """|w~_j|^2 (m,)."""
        return (self.weights * self.weights).sum(axis=1)

    @cached_property
    def neuron_squares(self) -> np.ndarray:
        """|theta_j|^2 = |w~_j|^2 + v_j^2 (m,)."""
        return self.weight_squares + self.outputs * self.outputs

    @cached_property
    def relative_activations(self) -> np.ndarray:
        """a_ji / (|w~_j| |x~_i|) in float64 (m, n), 0 where a length vanishes."""
        scale = np.sqrt(np.outer(self.weight_squares, self.point_squares))
        return np.divide(self.activations, scale, out=np.zeros_like(scale), where=scale > 0)

    def combinations(self, rows: np.ndarray) -> np.ndarray:
        """g_j = sum_i mu_ji y_i x~_i (m, k)."""
        return (rows * self.labels) @ self.points


def cost(instance: MarginInstance) -> int:
    """Multiplications needed for the pre-activations of a raw network."""
    return int(instance.points.size) * int(instance.outputs.size) if instance.weights is not None else 0


def exactly(instance: MarginInstance) -> bool:
    """Whether a raw network is small enough to be evaluated in rationals."""
    return cost(instance) <= EXACT_COST


@dataclass(frozen=True, eq=False)
class Residual:
    """Multipliers lambda (n,), rows mu (m, n), and the square of each violation, in one arithmetic."""

    multipliers: np.ndarray
    rows: np.ndarray
    squares: dict[str, Any]

    @cached_property
    def parts(self) -> dict[str, float]:
        """Each violation in float64; NaN counts as infinite."""
        found = {}
        for name, square in self.squares.items():
            value = float(np.sqrt(arithmetic.nearest(square)[()]))
            found[name] = value if np.isfinite(value) else np.inf
        return found

    @property
    def value(self) -> float:
        """The residual in float64."""
        return max(self.parts.values())

    def enclosure(self) -> Enclosure:
        """The residual as a quantity: exact arithmetic gives an exact or a certified one."""
        squares = list(self.squares.values())
        if arithmetic.kind_of(np.array(squares)) == "float":
            found = estimate(self.value, tolerances.ROUNDING * (1.0 + self.value))
            return replace(found, lower=np.maximum(found.lower, 0.0))
        worst = max(squares)
        return enclose(worst if worst == 0 else arithmetic.square_root(arithmetic.balls(worst)))


def evaluate(network: Network, multipliers: np.ndarray, rows: np.ndarray) -> Residual:
    """The four violations for given lambda >= 0 and 0 <= mu <= lambda, in the arithmetic of the network."""
    relu, minimum = arithmetic.relu, arithmetic.minimum
    with np.errstate(all="ignore"):
        missing = network.weights - network.outputs[:, None] * network.combinations(rows)
        pull = network.outputs - relu(network.activations) @ (multipliers * network.labels)
        size = network.neuron_squares.sum()
        a = network.activations
        wanted = np.where(a > 0, multipliers, 0 * multipliers)
        stray = np.where(a == 0, relu(-rows) + relu(rows - multipliers), rows - wanted)
        lengths = np.where(network.weight_squares == 0, network.weight_squares + 1, network.weight_squares)
        kink = a * a / lengths[:, None] / network.point_squares
        share = network.neuron_squares / network.neuron_squares.max()
        graph = minimum(kink, stray * stray * network.point_squares) * share[:, None]
        graph = np.where(a == 0, stray * stray * network.point_squares * share[:, None], graph)
        excess = network.margins - 1
        top = multipliers.max()
        weight = multipliers / top if top > 0 else multipliers
        squares = {
            "stationarity": ((missing * missing).sum() + (pull * pull).sum()) / size,
            "subgradients": graph.max(),
            "margins": relu(-excess).max() ** 2,
            "complementarity": (weight * weight * excess * excess).max(),
        }
    return Residual(multipliers, rows, squares)


Gates = Literal["free", "strict"]


def residual(
    network: Network, *, multipliers: np.ndarray | None = None, subgradients: Gates | np.ndarray = "free"
) -> Residual:
    """Residual of a float64 network: the least found over multipliers and subgradients, or over what is left open.

    `subgradients` is "free", "strict" (sigma' := 1[a > 0], refused by theory at kinks) or an array (m, n);
    `multipliers` (n,) fixes lambda. NaN anywhere gives an infinite residual.
    """
    n, m = len(network.labels), len(network.outputs)
    stored = (network.points, network.weights, network.outputs)
    if not all(np.all(np.isfinite(part)) for part in stored) or not np.all(network.point_squares > 0):
        return Residual(np.full(n, np.nan), np.full((m, n), np.nan), dict.fromkeys(CONDITIONS, np.nan))
    best: Residual | None = None
    for gates, kinks in _readings(network, subgradients):
        for found in _candidates(network, gates, kinks, multipliers):
            if best is None or found.value < best.value:
                best = found
    assert best is not None  # every reading has at least one solution
    return best


def _readings(network: Network, subgradients: Gates | np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Fixed gates (m, n) and mask of kinks (m, n), for each way to tell them apart that makes a difference."""
    relative = network.relative_activations
    if isinstance(subgradients, str) and subgradients == "free":
        last = None
        for tolerance in tolerances.KINK_READINGS:
            kinks = np.abs(relative) <= tolerance
            if last is None or not np.array_equal(kinks, last):
                yield (relative > tolerance).astype(np.float64), kinks
            last = kinks
    else:
        gates = (relative > 0).astype(np.float64) if isinstance(subgradients, str) else np.asarray(subgradients)
        yield gates, np.zeros(gates.shape, dtype=bool)


def _candidates(
    network: Network, gates: np.ndarray, kinks: np.ndarray, multipliers: np.ndarray | None
) -> Iterator[Residual]:
    """Feasible multipliers and rows, evaluated."""
    members = _members(network, gates, kinks)
    problem = Problem.of(network, gates, kinks, members)
    for lam, mu in problem.solutions(multipliers):
        rows = np.where(kinks, mu[members], gates * lam)
        yield evaluate(network, lam, rows)


def _members(network: Network, gates: np.ndarray, kinks: np.ndarray) -> np.ndarray:
    """Unit of each neuron (m,): its own, or that of all neurons with its sign and pattern in wide networks."""
    if kinks.sum() <= MERGE_ABOVE:
        return np.arange(len(network.outputs))
    keys = np.column_stack([np.sign(network.outputs), np.where(kinks, -1.0, gates)])
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def given_residual(instance: MarginInstance) -> Residual:
    """Residual with the instance's own multipliers, subgradients or both; exact if both are given and it is cheap."""
    own, sigma = instance.multipliers, instance.subgradients
    if own is None and sigma is None:
        raise MissingPart("the file gives no multipliers and no subgradients of its own")
    if own is not None and sigma is not None and exactly(instance):
        lam = arithmetic.rationals(fractions_of(own))
        return evaluate(Network.of(instance, exact=True), lam, arithmetic.rationals(fractions_of(sigma)) * lam)
    return residual(
        Network.of(instance),
        multipliers=None if own is None else floats_of(own),
        subgradients="free" if sigma is None else floats_of(sigma),
    )
