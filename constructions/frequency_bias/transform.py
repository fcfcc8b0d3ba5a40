"""The one Fourier convention of this subject, and measures of spectra; everything else uses these functions.

Signals live on Z_N (or Z_N1 x Z_N2), indices from 0, modulo N. The transform of a signal is unitary,

    x^_d = N^(-1/2) sum_n x_n e^(-2 pi i d n/N),

that of a filter u_0 ... u_(K-1) is not: u~_d = sum_k u_k e^(-2 pi i d k/N), which is sqrt(N) times the unitary one of
the filter filled up with zeros. So (u * v)^_d = u~_d v^_d for circular convolution. In two dimensions N is N1 N2. The
size |d| of a frequency is min(d, N - d), and sqrt(|d1|^2 + |d2|^2) in two dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Floats = np.ndarray
Grid = tuple[int, ...]


def _axes(grid: Grid) -> tuple[int, ...]:
    return tuple(range(-len(grid), 0))


def unitary(signals: Floats, dimensions: int = 1) -> np.ndarray:
    """Unitary transform over the last one or two axes, complex128 of the same shape; it keeps the sum of squares."""
    return np.fft.fftn(signals, axes=tuple(range(-dimensions, 0)), norm="ortho")


def filter_transform(taps: Floats, grid: Grid) -> np.ndarray:
    """u~ of filters (..., *kernel) at every frequency of the grid, complex128 (..., *grid); not normalised."""
    return np.fft.fftn(taps, s=grid, axes=_axes(grid))


def convolve(taps: Floats, signals: Floats, dimensions: int = 1) -> Floats:
    """Circular convolution (u * v)_m = sum_k u_k v_(m-k) over the last axes, float64."""
    grid = tuple(signals.shape[-dimensions:])
    product = filter_transform(taps, grid) * np.fft.fftn(signals, axes=_axes(grid))
    return np.real(np.fft.ifftn(product, axes=_axes(grid)))


def frequency_sizes(grid: Grid) -> Floats:
    """|d| of every frequency, float64 of the shape of the grid: integers in one dimension, radial in two."""
    single = [np.minimum(np.arange(size), size - np.arange(size)) for size in grid]
    squares = sum(part.astype(np.float64) ** 2 for part in np.meshgrid(*single, indexing="ij"))
    return np.sqrt(squares)


def energies(signals: Floats, dimensions: int = 1) -> Floats:
    """|x^_d|^2 over |x|^2, float64 of the same shape; the zero signal gives NaN."""
    spectrum = np.abs(unitary(signals, dimensions)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return spectrum / spectrum.sum(axis=tuple(range(-dimensions, 0)), keepdims=True)


def high_weights(grid: Grid) -> Floats:
    """Weights of the high-frequency share: 1 where |d| > N/4, 1/2 at |d| = N/4, 0 below; N is the first side."""
    return np.heaviside(4 * frequency_sizes(grid) - grid[0], 0.5)


def high_share(signals: Floats, dimensions: int = 1) -> Floats:
    """HF of each signal (...), in 0..1; in two dimensions the high frequencies are more than half of the grid."""
    grid = tuple(signals.shape[-dimensions:])
    return np.sum(energies(signals, dimensions) * high_weights(grid), axis=tuple(range(-dimensions, 0)))


def centroid(signals: Floats, dimensions: int = 1) -> Floats:
    """Mean |d| under the energy, over N/2: in 0..1 in one dimension."""
    grid = tuple(signals.shape[-dimensions:])
    sizes = frequency_sizes(grid) / (grid[0] / 2)
    return np.sum(energies(signals, dimensions) * sizes, axis=tuple(range(-dimensions, 0)))


def band_share(signals: Floats, band: Sequence[int] | np.ndarray) -> Floats:
    """E_B: the share of the energy of signals (..., N) at the residues of the band, in 0..1."""
    return energies(signals)[..., np.asarray(band)].sum(axis=-1)


def mirrored(signals: Floats) -> Floats:
    """(S x)_n = (-1)^n x_n, the shift of every spectrum by N/2; N must be even."""
    length = signals.shape[-1]
    if length % 2:
        raise ValueError(f"the mirror needs an even length, got {length}")
    return signals * np.where(np.arange(length) % 2, -1.0, 1.0)
