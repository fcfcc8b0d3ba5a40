"""Quantities of filters on a torus: shares in a band of frequencies, and the largest ones."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from verifiers.errors import MissingPart
from verifiers.frequency_bias.eigenvalues import ball
from verifiers.frequency_bias.shares import plane_share_bound, plane_weights, prolate_share, value_of
from verifiers.frequency_bias.spectra import accurate
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures
Pairs = tuple[tuple[int, int], ...]


def _plane(subject: Subject) -> tuple[tuple[int, int], tuple[int, int], Pairs]:
    """(grid, kernel, band) of two dimensions."""
    instance = subject.instance
    if len(subject.grid) != 2 or instance.kernel_shape is None or instance.band is None:
        raise MissingPart("this is measured on a torus, with a filter and a band")
    grid, kernel = subject.grid, instance.kernel_shape
    return (grid[0], grid[1]), (kernel[0], kernel[1]), tuple((int(a), int(b)) for a, b in instance.band)


def _sides(subject: Subject) -> tuple[int, int]:
    """(W1, W2) of the smallest symmetric rectangle |d1| <= W1, |d2| <= W2 around the band."""
    grid, _, band = _plane(subject)
    sides = [max(min(pair[i], grid[i] - pair[i]) for pair in band) for i in range(2)]
    return sides[0], sides[1]


def _product(grid: tuple[int, int], kernel: tuple[int, int], sides: tuple[int, int]) -> Any:
    shares = [value_of(prolate_share(n, k, min(2 * w + 1, n))) for n, k, w in zip(grid, kernel, sides, strict=True)]
    if all(isinstance(share, Fraction) for share in shares):
        return shares[0] * shares[1]
    first, second = (ball(share) for share in shares)
    return first * second


@_measures("1", "share of the energy of the filter in the band, on a torus")
def plane_share(subject: Subject) -> Enclosure:
    grid, kernel, band = _plane(subject)
    taps = subject.part("taps")
    if taps.ndim != 2:
        raise MissingPart("this is measured on one filter")
    total = sum((x * x for x in taps.reshape(-1)), Fraction(0))
    if total == 0:
        raise MissingPart("the filter is zero: it has no shares of energy")
    lags: dict[tuple[int, int], Fraction] = {}
    for (a, b), x in _entries(taps):
        for (c, d), z in _entries(taps):
            lags[a - c, b - d] = lags.get((a - c, b - d), Fraction(0)) + x * z

    def compute() -> Any:
        weights = plane_weights(grid, kernel, band)
        return sum((ball(r) * weights[m] for m, r in lags.items()), ball(0))

    energy = accurate(compute, lambda: False)
    return enclose(energy / ball(total))


def _entries(taps: Any) -> list[tuple[tuple[int, int], Fraction]]:
    return [((a, b), x) for a, row in enumerate(taps) for b, x in enumerate(row) if x]


@_measures("1", "lambda(N1, K1, M1) lambda(N2, K2, M2) of the smallest symmetric rectangle around the band")
def rectangle_bound(subject: Subject) -> Enclosure:
    grid, kernel, _ = _plane(subject)
    return enclose(_product(grid, kernel, _sides(subject)))


@_measures("1", "the largest share of real filters in this very band of the torus", name="plane_bound")
def _plane_bound(subject: Subject) -> Enclosure:
    return enclose(value_of(plane_share_bound(*_plane(subject))))


@_measures("frequencies", "frequencies of that rectangle that are not in the band")
def missing_corners(subject: Subject) -> Enclosure:
    grid, _, band = _plane(subject)
    sizes = [min(2 * w + 1, n) for w, n in zip(_sides(subject), grid, strict=True)]
    return enclose(sizes[0] * sizes[1] - len(band))


@_measures("1", "1 if the band is symmetric, B = -B, on the torus")
def plane_symmetric(subject: Subject) -> Enclosure:
    grid, _, band = _plane(subject)
    return enclose(int(all(((-a) % grid[0], (-b) % grid[1]) in set(band) for a, b in band)))
