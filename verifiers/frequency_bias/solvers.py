"""Representation cost of two-layer convolutional nets: the induced norm R_K, its dual, and bounds on both sides.

A predictor w of R input channels on a grid (Z_N, or Z_N1 x Z_N2) is written as w_r = sum_c u_{c,r} * v_c by circular
convolution, with filters u_{c,r} supported on the first K sites (the first K1 x K2) and dense readouts v_c. Then

    R(w) = min 1/2 (|u|^2 + |v|^2),    dual norm R^o(z) = largest singular value of  C(z)_{n,(r,k)} = z_{r,n+k},

a norm if there are enough channels c. Arrays: w, z (R, *grid); u (C, R, *kernel); v (C, *grid). Where there is one
input channel its axis may be left out. w^ is unitary, u~ of a filter is not, so w^_d = sum_c u~_{c,d} v^_{c,d}.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from scipy.optimize import minimize

from constructions.frequency_bias.transform import filter_transform
from constructions.instance import InvalidInstance
from verifiers import tolerances

Floats = np.ndarray


@dataclass(frozen=True)
class Shape:
    """Grid and kernel of a two-layer net: sizes per dimension. Raises `InvalidInstance` unless 1 <= K <= N in each."""

    grid: tuple[int, ...]
    kernel: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.grid) != len(self.kernel) or not self.grid:
            raise InvalidInstance(f"kernel {self.kernel} and grid {self.grid} have different numbers of dimensions")
        for size, taps in zip(self.grid, self.kernel, strict=True):
            if not 1 <= taps <= size:
                raise InvalidInstance(f"a kernel of {taps} taps on {size} sites: need 1 <= K <= N")

    @classmethod
    def of(cls, grid: int | Sequence[int], kernel: int | Sequence[int]) -> Shape:
        """A shape from numbers or sequences; one number of taps serves all dimensions of the grid."""
        sizes = (grid,) if isinstance(grid, int) else tuple(grid)
        taps = (kernel,) * len(sizes) if isinstance(kernel, int) else tuple(kernel)
        return cls(sizes, taps)

    @property
    def axes(self) -> tuple[int, ...]:
        """The grid's axes, counted from the end."""
        return tuple(range(-len(self.grid), 0))

    @property
    def sites(self) -> int:
        return prod(self.grid)

    @property
    def window(self) -> Any:
        """Index of the sites a filter may occupy, in the last dimensions."""
        return (..., *(slice(0, taps) for taps in self.kernel))

    def signals(self, array: Floats) -> Floats:
        """An array of signals as (R, *grid) float64; one without a channel axis gets one. NaN is refused."""
        array = np.asarray(array, dtype=np.float64)
        if array.shape == self.grid:
            array = array[None]
        if array.shape[1:] != self.grid:
            raise InvalidInstance(f"a signal of shape {array.shape} does not fit the grid {self.grid}")
        if not np.all(np.isfinite(array)):
            raise InvalidInstance("a signal has a NaN or infinite entry; every entry must be finite")
        return array

    def transform(self, filters: Floats) -> Floats:
        """Unnormalised transform (..., *grid) of filters (..., *kernel)."""
        return filter_transform(filters, self.grid)

    def compose(self, filters: Floats, readouts: Floats) -> Floats:
        """End-to-end predictor (R, *grid) of filters (C, R, *kernel) and readouts (C, *grid)."""
        spectrum = np.sum(self.transform(filters) * np.fft.fftn(readouts, axes=self.axes)[:, None], axis=0)
        return np.fft.ifftn(spectrum, axes=self.axes).real

    def lags(self) -> list[Floats]:
        """Per dimension the matrix of differences k - j over all pairs (j, k) of taps, modulo the grid."""
        taps = np.stack(np.meshgrid(*(np.arange(size) for size in self.kernel), indexing="ij")).reshape(
            len(self.kernel), -1
        )
        return [(row[None, :] - row[:, None]) % size for row, size in zip(taps, self.grid, strict=True)]


def filter_gram(signal: Floats, shape: Shape) -> Floats:
    """C(z)^T C(z), the (block) Toeplitz matrix of circular correlations: (R K, R K) for z (R, *grid)."""
    signal = shape.signals(signal)
    spectrum = np.fft.fftn(signal, axes=shape.axes)
    correlations = np.fft.ifftn(spectrum.conj()[:, None] * spectrum[None], axes=shape.axes).real
    channels, lags = len(signal), shape.lags()
    index: Any = (slice(None), slice(None), *lags)
    blocks = correlations[index]
    size = channels * prod(shape.kernel)
    return blocks.transpose(0, 2, 1, 3).reshape(size, size)


def dual_norm(signal: Floats, shape: Shape) -> float:
    """R^o(z): square root of the top eigenvalue of the matrix of correlations, in float64."""
    return float(np.sqrt(max(np.linalg.eigvalsh(filter_gram(signal, shape))[-1], 0.0)))


@dataclass(frozen=True, eq=False)
class Representation:
    """A predictor as a two-layer net of least norm: lower <= R(w) <= upper in float64, with what shows both.

    upper is 1/2 (|u|^2 + |v|^2) of `filters` and `readouts`; lower is <w, z> for `dual` z of dual norm one.
    """

    lower: float
    upper: float
    filters: Floats
    readouts: Floats
    dual: Floats

    @property
    def gap(self) -> float:
        """upper/lower - 1."""
        return self.upper / self.lower - 1.0 if self.lower > 0 else (0.0 if self.upper == 0 else np.inf)


def channels_enough(shape: Shape, inputs: int) -> int:
    """Output channels with which the factorised problem is used: two on a cycle, R + 1 with R inputs, more in 2-D."""
    return inputs + 1 if len(shape.grid) == 1 else inputs + 2


def represent(
    predictor: Floats,
    shape: Shape,
    channels: int | None = None,
    tolerance: float = tolerances.REPRESENTATION_GAP,
    generator: np.random.Generator | None = None,
    starts: int = 6,
) -> Representation:
    """Least-norm factors of a predictor w, with bounds on R(w); several random starts until they meet `tolerance`.

    For given filters the readouts of least norm are v^_{c,d} = conj(u~_{c,d}) P_d^{-1} w^_d, P_d = sum_c u~_c u~_c^*,
    so 1/2 (|u|^2 + sum_d w^_d^* P_d^{-1} w^_d) is minimised over the filters; g^_d = P_d^{-1} w^_d is the dual vector.
    The bounds are what they are whether or not the tolerance was met: look at `gap`. Channels below `channels_enough`
    give the cost with that many channels as `upper`, which may exceed R.
    """
    signal = shape.signals(predictor)
    scale = float(np.sqrt(np.sum(signal**2)))
    inputs, generator = len(signal), generator or np.random.default_rng(0)
    count = channels_enough(shape, inputs) if channels is None else channels
    if scale == 0:
        zero = np.zeros((count, inputs, *shape.kernel))
        return Representation(0.0, 0.0, zero, np.zeros((count, *shape.grid)), np.zeros_like(signal))
    if count < inputs:
        raise InvalidInstance(f"{count} output channels cannot carry {inputs} input channels here: use at least those")
    target = np.fft.fftn(signal / scale, axes=shape.axes, norm="ortho")
    best: Representation | None = None
    lower, dual = _full_width_dual(signal, shape)
    for _ in range(starts):
        start = generator.standard_normal((count, inputs, *shape.kernel)) / np.sqrt(count)
        found = _descended(start, target, shape)
        if found is None:
            continue
        filters, readouts, certificate = found
        value = 0.5 * float(np.sum(filters**2) + np.sum(readouts**2)) * scale
        norm = dual_norm(certificate, shape)
        bound = float(np.sum(signal * certificate)) / norm if norm > 0 else 0.0
        if bound > lower:
            lower, dual = bound, certificate / norm
        if best is None or value < best.upper:
            root = np.sqrt(scale)
            best = Representation(lower, value, root * filters, root * readouts, dual)
        best = Representation(lower, best.upper, best.filters, best.readouts, dual)
        if best.gap <= tolerance:
            break
    if best is None:
        raise InvalidInstance("no filters were found that can represent this predictor; use more channels or taps")
    return best


def _full_width_dual(signal: Floats, shape: Shape) -> tuple[float, Floats]:
    """(bound, z) of the vector with z^_d = w^_d/|w^_d|, which is the right one for filters of full width."""
    spectrum = np.fft.fftn(signal, axes=shape.axes)
    sizes = np.sqrt(np.sum(np.abs(spectrum) ** 2, axis=0))
    unit = np.fft.ifftn(spectrum / np.maximum(sizes, 1e-300), axes=shape.axes).real
    norm = dual_norm(unit, shape)
    return float(np.sum(signal * unit)) / norm, unit / norm


def _descended(start: Floats, target: Floats, shape: Shape) -> tuple[Floats, Floats, Floats] | None:
    """(filters, readouts, dual vector) at the end of one descent over the filters, or None where it broke down."""

    def parts(flat: Floats) -> tuple[float, Floats, Floats, Floats]:
        filters = flat.reshape(start.shape)
        gains = np.moveaxis(shape.transform(filters), (0, 1), (-1, -2))  # (*grid, R, C)
        gram = gains @ gains.conj().swapaxes(-1, -2)
        goal = np.moveaxis(target, 0, -1)[..., None]
        dual = goal / gram if gram.shape[-1] == 1 else np.linalg.solve(gram, goal)
        value = 0.5 * (float(np.sum(filters**2)) + float(np.sum((goal.conj() * dual).real)))
        return value, filters, gains, dual

    def objective(flat: Floats) -> tuple[float, Floats]:
        try:
            value, filters, gains, dual = parts(flat)
        except np.linalg.LinAlgError:
            return np.inf, np.zeros_like(flat)
        back = gains.conj().swapaxes(-1, -2) @ dual  # v^: (*grid, C, 1)
        product = np.moveaxis((back * dual.conj().swapaxes(-1, -2)), (-2, -1), (0, 1))  # (C, R, *grid)
        slope = np.fft.fftn(product, axes=shape.axes).real[shape.window]
        return value, (filters - slope).reshape(-1)

    with np.errstate(all="ignore"):
        flat = start.reshape(-1)
        for _ in range(3):  # a fresh memory finishes what a stale one leaves
            found = minimize(
                objective, flat, jac=True, method="L-BFGS-B",
                options={"maxiter": 5000, "maxfun": 20000, "ftol": 0.0, "gtol": 1e-13, "maxcor": 30},
            )  # fmt: skip
            flat = found.x
        try:
            value, filters, gains, dual = parts(flat)
        except np.linalg.LinAlgError:
            return None
        back = np.moveaxis((gains.conj().swapaxes(-1, -2) @ dual)[..., 0], -1, 0)
        readouts = np.fft.ifftn(back, axes=shape.axes, norm="ortho").real
        certificate = np.fft.ifftn(np.moveaxis(dual[..., 0], -1, 0), axes=shape.axes, norm="ortho").real
    if not (np.isfinite(value) and np.all(np.isfinite(readouts)) and np.all(np.isfinite(certificate))):
        return None
    return filters, readouts, certificate


def full_width_norm(predictor: Floats) -> float:
    """R_N(w) = |w^|_1 / sqrt(N), the unitary transform; with input channels the sum of their lengths per frequency."""
    signal = np.asarray(predictor, dtype=np.float64)
    if signal.ndim == 1:
        return float(np.sum(np.abs(np.fft.fft(signal))) / len(signal))
    lengths = np.sqrt(np.sum(np.abs(np.fft.fft(signal, axis=-1)) ** 2, axis=0))
    return float(np.sum(lengths) / signal.shape[-1])


def tone_norm(taps: int, sites: int, frequency: int) -> float:
    """R_K of a real cosine of unit length at a frequency d: sqrt(2/(K + |sin(K w)/sin w|)), w = 2 pi d/N."""
    angle = 2 * np.pi * frequency / sites
    ratio = taps if frequency * 2 % sites == 0 else abs(np.sin(taps * angle) / np.sin(angle))
    return float(np.sqrt(2 / (taps + ratio)) if frequency * 2 % sites else np.sqrt(1 / taps))
