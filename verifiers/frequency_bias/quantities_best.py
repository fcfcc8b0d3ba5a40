"""Quantities of N, K, M and L alone: the best filter, the tridiagonal, exact filters near it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.frequency_bias import top_filter as best
from verifiers.frequency_bias.quantities_filter import needs_consecutive, ratio
from verifiers.frequency_bias.spectra import band_energy
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


def _sizes(subject: Subject) -> tuple[int, int, int]:
    needs_consecutive(subject)
    return subject.sites, subject.reach, len(subject.band)


def _centred(sites: int, size: int) -> list[int]:
    return sorted((d - (size - 1) // 2) % sites for d in range(size))


def _share(subject: Subject, taps: list[Fraction]) -> Enclosure:
    sites, _, size = _sizes(subject)
    if size % 2 == 0:
        raise MissingPart("real filters are compared on bands with an odd number of frequencies around 0")
    total = sum((u * u for u in taps), Fraction(0))
    return enclose(ratio(band_energy(taps, sites, _centred(sites, size)), total))


@_measures("1", "share of a short rational filter found next to the best one, in the centred band")
def best_share(subject: Subject) -> Enclosure:
    return _share(subject, best.short_filter(*_sizes(subject)))


@_measures("1", "share of a composition of L rational layers with K taps, found next to the best filter")
def composition_share(subject: Subject) -> Enclosure:
    sites, _, size = _sizes(subject)
    return _share(subject, best.short_composition(sites, subject.kernel, subject.instance.layers, size))


@_measures("taps", "taps of the best filter that are proved to be positive")
def positive_taps(subject: Subject) -> Enclosure:
    found = best.top_filter(*_sizes(subject)).taps
    return enclose(sum(bool(x > 0) for x in found))


@_measures("zeros", "zeros of the best filter that are proved to lie on the unit circle")
def circle_zeros(subject: Subject) -> Enclosure:
    return enclose(best.top_filter(*_sizes(subject)).zeros)


@_measures("zeros", "those of them that are proved to lie beyond the first frequency outside of the band")
def zeros_beyond(subject: Subject) -> Enclosure:
    return enclose(best.top_filter(*_sizes(subject)).beyond)


@_measures("1", "u_j - u_(K-1-j) of the best filter, largest tap about 1", axes=("tap",))
def asymmetry(subject: Subject) -> Enclosure:
    taps = best.top_filter(*_sizes(subject)).taps
    with arithmetic.precision(best.BITS):
        return enclose(np.array([a - b for a, b in zip(taps, taps[::-1], strict=True)], dtype=object), ("tap",))


@_measures("1", "entries of T A - A T", axes=("row", "tap"))
def commutator(subject: Subject) -> Enclosure:
    return _commutator(subject, -1)


@_measures("1", "the same with + cos(pi M/N) in the diagonal of T: it does not commute", axes=("row", "tap"))
def commutator_plus(subject: Subject) -> Enclosure:
    return _commutator(subject, 1)


def _commutator(subject: Subject, sign: int) -> Enclosure:
    sites, taps, size = _sizes(subject)
    rows = best.commutator(sites, taps, size, sign)
    entries = np.empty((taps, taps), dtype=object)
    for i, row in enumerate(rows):
        entries[i] = row
    return enclose(entries, ("row", "tap"))
