"""Filters: box, delta, binomial, two ends, discrete prolate; compositions that multiply up to a given filter; nets.

The discrete prolate filter is the top eigenvector of a tridiagonal matrix (Gruenbaum; Xu and Chamzas); here it is a
float64 proposal like any other filter.
"""

from __future__ import annotations

from math import comb

import numpy as np
from scipy.linalg import eigh_tridiagonal

from constructions.frequency_bias.bands import consecutive_start
from constructions.frequency_bias.transform import filter_transform
from constructions.instance import InvalidInstance, NoInstance


def box(taps: int) -> np.ndarray:
    """(1, ..., 1), int64 (K,)."""
    return np.ones(taps, dtype=np.int64)


def delta(taps: int, place: int = 0) -> np.ndarray:
    """1 at one place, int64 (K,)."""
    return (np.arange(taps) == place).astype(np.int64)


def binomial(taps: int) -> np.ndarray:
    """The coefficients of (1 + z)^(K-1), int64 (K,); K at most 60."""
    if taps > 60:
        raise InvalidInstance(f"binomial coefficients of {taps} taps do not fit 64 bits")
    return np.array([comb(taps - 1, k) for k in range(taps)], dtype=np.int64)


def two_ends(taps: int) -> np.ndarray:
    """(1, 0, ..., 0, 1), int64 (K,), whose gain is 2 + 2 cos((K - 1) w)."""
    return delta(taps) + delta(taps, taps - 1) if taps > 1 else box(1)


def prolate_taps(sites: int, taps: int, size: int) -> np.ndarray:
    """The filter with the largest share in a centred band of `size` consecutive frequencies, unit length, float64 (K,).

    Needs K + M <= N: beyond that many filters have all of their energy in the band.
    """
    if taps + size > sites:
        raise NoInstance(f"K + M = {taps + size} > N = {sites}: the best share is 1 and its filter is not unique")
    if taps == 1:
        return np.ones(1)
    j = np.arange(taps)
    diagonal = -np.cos(np.pi * size / sites) * np.cos(np.pi * (2 * j - taps + 1) / sites)
    off = np.sin(np.pi * j[1:] / sites) * np.sin(np.pi * (taps - j[1:]) / sites)
    _, vectors = eigh_tridiagonal(diagonal, off, select="i", select_range=(taps - 1, taps - 1))
    vector = vectors[:, 0] * np.sign(vectors[:, 0].sum())
    return (vector + vector[::-1]) / 2


def modulated(taps: np.ndarray, sites: int, band: np.ndarray) -> np.ndarray:
    """Real taps moved from a band around 0 to a symmetric consecutive band around N/2, by signs; else as they are."""
    start = consecutive_start(sites, band)
    centre = None if start is None else (2 * start + len(band) - 1) % (2 * sites)
    if centre == sites:
        return taps * np.where(np.arange(len(taps)) % 2, -1, 1)
    return taps


def rounded(taps: np.ndarray, bits: int) -> np.ndarray:
    """The nearest multiples of 2^-bits of the largest entry: short exact filters, float64."""
    scale = 2.0**bits / np.max(np.abs(taps))
    return np.round(taps * scale)


def layers_of(taps: np.ndarray, depth: int) -> np.ndarray:
    """Layers (L, K), K odd, whose composition is a palindromic real filter with L (K - 1) + 1 taps; float64.

    The zeros come in conjugate pairs on the unit circle; they are dealt out by angle, so that every layer gets near and
    far ones. Raises `NoInstance` where K would not be odd: then some layer has a real zero.
    """
    degree = len(taps) - 1
    if degree % (2 * depth):
        raise NoInstance(f"{degree} zeros do not make {depth} layers with an odd number of real taps each")
    zeros = np.roots(taps[::-1])
    upper = sorted((z for z in zeros if z.imag > 0), key=np.angle)
    if 2 * len(upper) != degree:
        raise NoInstance("a zero is real: the filter is no product of real quadratic factors")
    layers = []
    for layer in range(depth):
        own = np.ones(1)
        for z in upper[layer::depth]:
            own = np.convolve(own, [1.0, -2 * z.real, abs(z) ** 2])
        layers.append(own)
    return np.array(layers)


def cheapest_net(taps: np.ndarray, sites: int, band: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(filters (1, K), readouts (1, N)) of the net of least cost for the predictor |beta^| = |u~|^2 on B, 0 elsewhere.

    The readout is the part of the filter in the band, so that beta^_d = |u~_d|^2 on B; both carry the same energy.
    """
    spectrum = filter_transform(taps.astype(np.float64), (sites,))
    inside = np.zeros(sites)
    inside[band] = 1.0
    readout = np.real(np.fft.ifft(np.conj(spectrum) * inside))
    readout *= np.linalg.norm(taps) / np.linalg.norm(readout)
    return taps[None, :].astype(np.float64), readout[None, :]


def circulant(taps: np.ndarray, sites: int) -> np.ndarray:
    """The matrix of circular convolution with a filter, (N, N): column m is the filter shifted by m."""
    padded = np.zeros(sites, dtype=taps.dtype)
    padded[: len(taps)] = taps
    return np.stack([np.roll(padded, m) for m in range(sites)], axis=1)
