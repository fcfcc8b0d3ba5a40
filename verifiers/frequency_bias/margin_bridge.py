"""Max margin under the bridge penalty sum_d |b^_d|^(2/L) of full-width linear nets of depth L, by reweighting.

Depth one is the hard-margin classifier of least Euclidean norm. From depth three on the penalty is not convex and a run
ends at a stationary point: `stationary_points` says how many different ones its starts found, each with the residual of
the first-order conditions, and calls none of them the minimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from constructions.instance import InvalidInstance
from verifiers import tolerances
from verifiers.frequency_bias.margin import signed
from verifiers.frequency_bias.solvers import Shape

Floats = np.ndarray


def euclidean_margin(data: Floats) -> tuple[Floats, Floats]:
    """(b, alpha): the b of least norm with Z b >= 1, b = Z^T alpha, alpha >= 0, for Z (n, N).

    Least squares under alpha >= 0 on [Z^T; 1^T] a = [0; 1]; its residual r gives b = r_{1:N} / -r_{N+1}. Raises
    `InvalidInstance` if the residual vanishes: then 0 is a convex combination of the rows.
    """
    count, size = data.shape
    scale = np.sqrt(np.mean(np.sum(data**2, axis=1)))
    if scale == 0:
        raise InvalidInstance("all points are zero, so no predictor has a positive margin")
    factor = np.linalg.qr(data.T / scale, mode="r") if size > count else data.T / scale
    system = np.vstack([factor, np.ones(count)])
    weights, residual = nnls(system, np.r_[np.zeros(len(factor)), 1.0], maxiter=50 * count)
    rest = system @ weights - np.r_[np.zeros(len(factor)), 1.0]
    if not residual > tolerances.SEPARATED or not rest[-1] < 0:
        raise InvalidInstance("no linear predictor has a positive margin on these data; remove contradicting samples")
    alpha = weights / -rest[-1] / scale**2
    return data.T @ alpha, alpha


@dataclass(frozen=True, eq=False)
class StationaryPoint:
    """A predictor (N,) of margin one, its penalty, and how well it meets the first-order conditions.

    residual: largest relative error of g^_d = c |b^_d|^(2/L-2) b^_d over the supported frequencies, with the best
    alpha >= 0 on the active samples. support counts frequencies of Z_N, both signs; found: starts that ended here.
    """

    predictor: Floats
    penalty: float
    residual: float
    support: int
    active: int
    found: int = 1


def bridge_penalty(predictor: Floats, depth: int) -> float:
    """sum_d |b^_d|^(2/L), unitary transform."""
    return float(np.sum(np.abs(np.fft.fft(predictor, norm="ortho")) ** (2 / depth)))


def polished(
    predictor: Floats, data: Floats, depth: int, smoothing: float = 1.0, rounds: int = 400
) -> StationaryPoint:  # fmt: skip
    """The stationary point that reweighting reaches from a predictor, Z (n, N): smoothing falls to 1e-8, then none.

    A first smoothing of one, relative to the largest |b^_d|, forgets the start; a small one keeps its support.
    """
    spectra = np.fft.fft(data, norm="ortho")
    spectrum = np.fft.fft(predictor, norm="ortho")
    spectrum = spectrum / np.min((spectra @ spectrum.conj()).real) if np.any(spectrum) else spectrum
    largest = float(np.max(np.abs(spectrum)))
    smoothing, floor = smoothing * largest, 1e-8 * largest
    alpha = np.zeros(len(data))
    while smoothing > floor:
        spectrum, alpha = _reweighted(spectra, np.sqrt(np.abs(spectrum) ** 2 + smoothing**2), depth)
        smoothing *= 0.85
    support = np.abs(spectrum) > tolerances.SUPPORTED * np.max(np.abs(spectrum))
    for _ in range(rounds):
        before = spectrum
        spectrum, alpha = _reweighted(spectra, np.where(support, np.abs(spectrum), 0.0), depth)
        if np.max(np.abs(spectrum - before)) <= tolerances.ROUNDING * np.max(np.abs(spectrum)):
            break
    return _described(spectrum, alpha, data, depth)


def full_width_margin(data: Floats, decay: float) -> tuple[Floats, Floats, Floats]:
    """(filter (1, 1, N), readout (1, N), multipliers (n,)) of the max margin with filters of full width, Z (n, N).

    Depth two, a convex problem: reweighting gives b^ and alpha, and |u~_d|^2 in proportion to |b^_d| is optimal. The
    smoothing falls by `decay` per step; the best predictor and the best multipliers on the way are returned.
    """
    spectra = np.fft.fft(data, norm="ortho")
    spectrum = best = np.fft.fft(euclidean_margin(data)[0], norm="ortho")
    smoothing = largest = float(np.max(np.abs(spectrum)))
    alpha, least, most = np.zeros(len(data)), np.inf, 0.0
    while smoothing > 1e-12 * largest:
        spectrum, multipliers = _reweighted(spectra, np.sqrt(np.abs(spectrum) ** 2 + smoothing**2), 2)
        upper = np.sum(np.abs(spectrum)) / np.min((spectra @ spectrum.conj()).real)
        lower = multipliers.sum() / np.max(np.abs(multipliers @ spectra))
        best, least = (spectrum, upper) if 0 < upper < least else (best, least)
        alpha, most = (multipliers, lower) if lower > most else (alpha, most)
        smoothing *= decay
    spectrum = best
    roots = np.sqrt(np.abs(spectrum))
    gains = roots * float(len(roots)) ** 0.25
    phases = np.where(roots > 0, spectrum / np.maximum(np.abs(spectrum), 1e-300), 0.0)
    readout = np.fft.ifft(phases * roots / float(len(roots)) ** 0.25, norm="ortho").real
    return np.fft.ifft(gains).real[None, None], readout[None], alpha


def _reweighted(spectra: Floats, sizes: Floats, depth: int) -> tuple[Floats, Floats]:
    """One step: min sum_d s_d^(2/L-2) |b^_d|^2 with unit margins, as a Euclidean problem on filtered data."""
    filters = sizes ** (1 - 1 / depth)
    filtered = np.fft.ifft(spectra * filters, norm="ortho").real
    b, alpha = euclidean_margin(filtered)
    return np.fft.fft(b, norm="ortho") * filters, alpha


def _described(spectrum: Floats, alpha: Floats, data: Floats, depth: int) -> StationaryPoint:
    predictor = np.fft.ifft(spectrum, norm="ortho").real
    margins = data @ predictor
    predictor = predictor / margins.min()
    spectrum = np.fft.fft(predictor, norm="ortho")
    residual, active = first_order_residual(predictor, data, depth)
    support = int(np.sum(np.abs(spectrum) > tolerances.SUPPORTED * np.max(np.abs(spectrum))))
    return StationaryPoint(predictor, bridge_penalty(predictor, depth), residual, support, active)


def first_order_residual(predictor: Floats, data: Floats, depth: int) -> tuple[float, int]:
    """(relative residual of stationarity at the supported frequencies, number of samples with alpha > 0).

    Only samples within `ACTIVE_MARGIN` of the smallest margin may carry a multiplier.
    """
    margins = data @ predictor
    spectrum = np.fft.fft(predictor / margins.min(), norm="ortho")
    support = np.abs(spectrum) > tolerances.SUPPORTED * np.max(np.abs(spectrum))
    goal = np.abs(spectrum[support]) ** (2 / depth - 2) * spectrum[support]
    near = margins <= margins.min() * (1 + tolerances.ACTIVE_MARGIN)
    columns = np.fft.fft(data[near], norm="ortho")[:, support].T / goal[:, None]
    system, aim = np.vstack([columns.real, columns.imag]), np.r_[np.ones(len(goal)), np.zeros(len(goal))]
    alpha, _ = nnls(system, aim, maxiter=50 * max(system.shape))
    return float(np.max(np.abs(columns @ alpha - 1.0))), int(np.sum(alpha > 0))


def stationary_points(
    points: Floats,
    labels: Floats,
    depth: int,
    generator: np.random.Generator,
    starts: int = 8,
    from_predictors: tuple[Floats, ...] = (),
) -> list[StationaryPoint]:
    """Distinct stationary points by rising penalty, from the Euclidean solution, random starts and given predictors.

    `from_predictors`: end points of training, for instance. Two points are one if they differ by less than
    `SAME_POINT` relative to their length. At depth two the problem is convex and all starts should agree.
    """
    sites = np.shape(points)[1]
    data = signed(points, labels, Shape.of(sites, sites))[:, 0]
    euclidean, _ = euclidean_margin(data)
    begin = [(euclidean, 1.0), *((predictor, 1e-3) for predictor in from_predictors)]
    while len(begin) < starts:
        weights = np.exp(generator.standard_normal(sites // 2 + 1))
        filtered = np.fft.irfft(np.fft.rfft(data) * weights, sites)
        begin.append((np.fft.irfft(np.fft.rfft(euclidean_margin(filtered)[0]) * weights, sites), 1e-2))
    distinct: list[StationaryPoint] = []
    for predictor, smoothing in begin:
        found = polished(np.asarray(predictor, dtype=np.float64), data, depth, smoothing)
        for position, known in enumerate(distinct):
            if np.linalg.norm(known.predictor - found.predictor) <= tolerances.SAME_POINT * np.linalg.norm(
                known.predictor
            ):
                better = min(known, found, key=lambda point: point.residual)
                distinct[position] = StationaryPoint(
                    better.predictor, better.penalty, better.residual, better.support, better.active, known.found + 1
                )
                break
        else:
            distinct.append(found)
    return sorted(distinct, key=lambda point: point.penalty)
