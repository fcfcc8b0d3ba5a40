"""Max-margin predictors under the induced norm R_K, by a factorised augmented Lagrangian, with a certified gap.

    R* = min R(beta)  subject to  y_n <beta, x_n> >= 1

is solved over the factors: min 1/2 (|u|^2 + |v|^2), two output channels for one input channel on a cycle (one channel
has stationary points that are not the optimum), gradients by FFT, L-BFGS inside. The problem in (u, v) is not convex,
and the method's word counts for nothing; the two bounds do:

    sum(alpha) / |C(Z^T alpha)|  <=  R*  <=  sum_c |u_c| |v_c| / (smallest margin)     for any alpha >= 0 and any net.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog, minimize

from constructions.instance import InvalidInstance
from verifiers import tolerances
from verifiers.errors import NoCertificate
from verifiers.frequency_bias.solvers import Shape, channels_enough, dual_norm

Floats = np.ndarray


@dataclass(frozen=True, eq=False)
class MarginSolution:
    """A net of two layers and multipliers that enclose R*: lower <= R* <= upper, both recomputed in float64.

    predictor (R, *grid) has smallest margin one; filters (C, R, *kernel) and readouts (C, *grid) compose to it.
    multipliers (n,) are scaled so that their sum is `lower`: then T(r_g) <= I for g = Z^T alpha.
    """

    lower: float
    upper: float
    predictor: Floats
    filters: Floats
    readouts: Floats
    multipliers: Floats
    evaluations: int

    @property
    def gap(self) -> float:
        """upper/lower - 1, infinite without a positive lower bound."""
        return self.upper / self.lower - 1.0 if self.lower > 0 else np.inf


def signed(points: Floats, labels: Floats, shape: Shape) -> Floats:
    """y_n x_n as (n, R, *grid). Raises `InvalidInstance` for shapes that do not fit and labels other than +-1."""
    points, labels = np.asarray(points, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if labels.ndim != 1 or not labels.size or not np.all(np.abs(labels) == 1):
        raise InvalidInstance("labels must be a nonempty list of +1 and -1")
    if points.shape[:1] != labels.shape or points.shape[-len(shape.grid) :] != shape.grid:
        raise InvalidInstance(
            f"points of shape {points.shape} and {len(labels)} labels do not fit the grid {shape.grid}"
        )
    if not np.all(np.isfinite(points)):
        raise InvalidInstance("a data point has a NaN or infinite entry; every entry must be finite")
    points = points.reshape(len(labels), -1, *shape.grid)
    return points * labels.reshape(-1, *(1,) * (points.ndim - 1))


def lower_bound(multipliers: Floats, data: Floats, shape: Shape) -> float:
    """sum(alpha) / |C(Z^T alpha)| for multipliers alpha >= 0 (negative ones count as 0) and data Z (n, R, *grid)."""
    alpha = np.maximum(multipliers, 0.0)
    total = float(alpha.sum())
    norm = dual_norm(np.tensordot(alpha, data, 1), shape)
    return total / norm if norm > 0 else 0.0


def upper_bound(filters: Floats, readouts: Floats, data: Floats, shape: Shape) -> float:
    """Cost over margin of a two-layer net, each channel balanced; infinite without a positive margin."""
    margin = float(np.min(data.reshape(len(data), -1) @ shape.compose(filters, readouts).reshape(-1)))
    lengths = np.sqrt(np.sum(filters.reshape(len(filters), -1) ** 2, axis=1))
    cost = float(lengths @ np.sqrt(np.sum(readouts.reshape(len(readouts), -1) ** 2, axis=1)))
    return cost / margin if margin > 0 else np.inf


def separable(data: Floats) -> bool:
    """Whether some predictor has positive margin on all of Z (n, ...), by a linear program in float64.

    A program that a solver could not settle counts as separable: it only serves to say why a search failed.
    """
    flat = data.reshape(len(data), -1)
    flat = flat / max(float(np.abs(flat).max()), 1e-300)
    count, size = flat.shape
    found = linprog(
        np.r_[np.zeros(size), -1.0], A_ub=np.c_[-flat, np.ones(count)], b_ub=np.zeros(count),
        bounds=[(-1, 1)] * size + [(None, 1)], method="highs",
    )  # fmt: skip
    return not (found.status == 0 and -found.fun <= tolerances.SEPARATED)


def separates(points: np.ndarray, labels: np.ndarray) -> bool:
    """Whether some linear predictor separates points (n, *grid), as far as the program of `separable` can tell."""
    signs = np.asarray(labels, dtype=np.float64)
    return separable(np.asarray(points, dtype=np.float64).reshape(len(signs), -1) * signs[:, None])


def max_margin(
    points: Floats,
    labels: Floats,
    shape: Shape,
    channels: int | None = None,
    tolerance: float = tolerances.MARGIN_GAP,
    generator: np.random.Generator | None = None,
    starts: int = 4,
) -> MarginSolution:
    """The max-margin predictor under R on labelled points (n, *grid) or (n, R, *grid), with its certified gap.

    Stops when the gap meets `tolerance`; the best bounds of all starts otherwise, so look at `gap`. Raises
    `InvalidInstance` if the data cannot be separated, `NoCertificate` if no net with a positive margin was found.
    """
    data = signed(points, labels, shape)
    generator = generator or np.random.default_rng(0)
    count = channels_enough(shape, data.shape[1]) if channels is None else channels
    scale = float(np.sqrt(np.mean(data**2)))
    if scale == 0:
        raise InvalidInstance("all points are zero, so no predictor has a positive margin")
    best: MarginSolution | None = None
    if shape.kernel == shape.grid and len(shape.grid) == data.shape[1] == 1 and channels is None:
        best = _full_width(data / scale, shape, tolerance)
    for attempt in range(starts):
        if best is not None and best.gap <= tolerance:
            break
        found = _search(data / scale, shape, count, tolerance, generator)
        best = found if best is None else _better(best, found)
        if attempt == 0 and not np.isfinite(best.upper) and not separable(data):
            raise InvalidInstance(
                "no linear predictor has a positive margin on these data; remove contradicting samples"
            )
    assert best is not None
    if not np.isfinite(best.upper):
        raise NoCertificate("the search found no predictor of positive margin; the data may be barely separable")
    return _scaled(best, scale)


def _full_width(data: Floats, shape: Shape, tolerance: float) -> MarginSolution:
    """The convex problem of full-width filters on a cycle, by reweighting, in slower and slower steps."""
    from verifiers.frequency_bias.margin_bridge import full_width_margin

    best: MarginSolution | None = None
    for decay in (0.9, 0.97, 0.99):
        filters, readouts, alpha = full_width_margin(data[:, 0], decay)
        predictor = shape.compose(filters, readouts)
        margin = max(float(np.min(data.reshape(len(data), -1) @ predictor.reshape(-1))), 1e-300)
        lower, total = lower_bound(alpha, data, shape), max(float(alpha.sum()), 1e-300)
        found = MarginSolution(
            lower, upper_bound(filters, readouts, data, shape), predictor / margin, filters / np.sqrt(margin),
            readouts / np.sqrt(margin), alpha * (lower / total), 0,
        )  # fmt: skip
        best = found if best is None else _better(best, found)
        if best.gap <= tolerance:
            break
    assert best is not None
    return best


def _better(a: MarginSolution, b: MarginSolution) -> MarginSolution:
    """The net of the one, the multipliers of the other: whichever is better."""
    net, dual = (a if a.upper <= b.upper else b), (a if a.lower >= b.lower else b)
    return MarginSolution(
        dual.lower, net.upper, net.predictor, net.filters, net.readouts, dual.multipliers,
        a.evaluations + b.evaluations,
    )  # fmt: skip


def _scaled(solution: MarginSolution, scale: float) -> MarginSolution:
    """The solution on data multiplied by `scale`."""
    root = np.sqrt(scale)
    return MarginSolution(
        solution.lower / scale, solution.upper / scale, solution.predictor / scale, solution.filters / root,
        solution.readouts / root, solution.multipliers / scale, solution.evaluations,
    )  # fmt: skip


def _objective(
    data: Floats, shape: Shape, parts: tuple[tuple[int, ...], tuple[int, ...]]
) -> Callable[[Floats, Floats, float], tuple[float, Floats]]:
    """Augmented Lagrangian and its gradient in the flat parameters (u, v)."""
    flat = np.ascontiguousarray(data.reshape(len(data), -1))
    axes, grid = shape.axes, shape.grid
    split = int(np.prod(parts[0]))

    def evaluate(parameters: Floats, alpha: Floats, weight: float) -> tuple[float, Floats]:
        filters, readouts = parameters[:split].reshape(parts[0]), parameters[split:].reshape(parts[1])
        gains, outs = np.fft.rfftn(filters, grid, axes), np.fft.rfftn(readouts, axes=axes)
        predictor = np.fft.irfftn(np.sum(gains * outs[:, None], axis=0), grid, axes)
        violation = np.maximum(0.0, 1.0 - flat @ predictor.reshape(-1) + alpha / weight)
        pull = np.fft.rfftn((violation @ flat).reshape(predictor.shape), axes=axes)
        by_filters = np.fft.irfftn(outs.conj()[:, None] * pull[None], grid, axes)[shape.window]
        by_readouts = np.fft.irfftn(np.sum(gains.conj() * pull[None], axis=1), grid, axes)
        value = 0.5 * float(parameters @ parameters) + 0.5 * weight * float(violation @ violation)
        return value, parameters - weight * np.concatenate([by_filters.reshape(-1), by_readouts.reshape(-1)])

    return evaluate


def _search(
    data: Floats, shape: Shape, channels: int, tolerance: float, generator: np.random.Generator
) -> MarginSolution:
    """One run of the method of multipliers from a random start."""
    inputs, count = data.shape[1], len(data)
    parts = (channels, inputs, *shape.kernel), (channels, *shape.grid)
    split = int(np.prod(parts[0]))
    evaluate = _objective(data, shape, parts)
    flat = data.reshape(count, -1)
    parameters = generator.standard_normal(split + int(np.prod(parts[1])))
    parameters *= 1.0 / np.linalg.norm(parameters)
    alpha, weight, before = np.zeros(count), 1.0 / count, np.inf
    best: MarginSolution | None = None
    evaluations = 0
    for outer in range(60):
        result = minimize(
            evaluate, parameters, args=(alpha, weight), jac=True, method="L-BFGS-B",
            options={"maxiter": 60 if outer < 4 else 500, "maxcor": 20, "ftol": 0.0,
                     "gtol": 1e-12 if outer > 8 else 1e-9},
        )  # fmt: skip
        parameters, evaluations = result.x, evaluations + int(result.nfev)
        filters, readouts = parameters[:split].reshape(parts[0]), parameters[split:].reshape(parts[1])
        predictor = shape.compose(filters, readouts)
        margins = flat @ predictor.reshape(-1)
        alpha = np.maximum(0.0, alpha + weight * (1.0 - margins))
        violation = float(np.max(np.maximum(1.0 - margins, -alpha / weight)))
        upper, lower = upper_bound(filters, readouts, data, shape), lower_bound(alpha, data, shape)
        margin = max(float(margins.min()), 1e-300)
        total = max(float(alpha.sum()), 1e-300)
        found = MarginSolution(
            lower, upper, predictor / margin, filters / np.sqrt(margin), readouts / np.sqrt(margin),
            alpha * (lower / total), evaluations,
        )  # fmt: skip
        if best is None:
            best = found
        else:
            best = _better(best, found)
        if best.gap <= tolerance:
            break
        if not violation <= 0.5 * before:
            weight *= 3.0
        before = violation
    assert best is not None
    return MarginSolution(
        best.lower, best.upper, best.predictor, best.filters, best.readouts, best.multipliers, evaluations
    )
