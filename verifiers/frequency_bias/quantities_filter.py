"""Quantities of a filter and a band: its share of energy, and the largest share any filter of its size has."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.frequency_bias.bands import consecutive_start
from verifiers.errors import MissingPart
from verifiers.frequency_bias.eigenvalues import ball
from verifiers.frequency_bias.gain import count_real_roots, lobe
from verifiers.frequency_bias.prolate import lags, prolate
from verifiers.frequency_bias.shares import band_share_bound, prolate_share, shortfall_of, value_of
from verifiers.frequency_bias.spectra import band_energy, complement, correlations, lag_weights, weighted
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


def ratio(energy: Any, total: Fraction) -> Any:
    """Energy over a positive rational, exactly or as a ball."""
    if total == 0:
        raise MissingPart("the filter or signal is zero: it has no shares of energy")
    return energy / total if isinstance(energy, Fraction) else energy / ball(total)


def needs_consecutive(subject: Subject) -> None:
    """Raise `MissingPart` where the band is not consecutive, so that lambda(N, K, M) is not about it."""
    if consecutive_start(subject.sites, np.array(subject.band)) is None:
        raise MissingPart("lambda(N, K, M) is about consecutive frequencies, and the band has gaps")


@_measures("taps", "K_eff = L (K - 1) + 1: taps of a composition of L filters with K taps")
def reach(subject: Subject) -> Enclosure:
    return enclose(subject.reach)


@_measures("energy", "|u|^2: sum of the squares of the taps, of a composition as a whole")
def energy(subject: Subject) -> Enclosure:
    return enclose(sum((u * u for u in subject.composed), Fraction(0)))


@_measures("1", "E_B(u): share of the energy of the filter, or the composition, in the band")
def band_share(subject: Subject) -> Enclosure:
    total = sum((u * u for u in subject.composed), Fraction(0))
    return enclose(ratio(band_energy(subject.composed, subject.sites, subject.band), total))


@_measures("1", "share of its energy outside of the band, summed there")
def outside_share(subject: Subject) -> Enclosure:
    total = sum((u * u for u in subject.composed), Fraction(0))
    outside = complement(subject.sites, subject.band)
    return enclose(ratio(band_energy(subject.composed, subject.sites, outside), total))


@_measures("energy", "sum_B |u~_d|^2 without the factor 1/N, over |u|^2")
def raw_share(subject: Subject) -> Enclosure:
    total = sum((u * u for u in subject.composed), Fraction(0)) / subject.sites
    return enclose(ratio(band_energy(subject.composed, subject.sites, subject.band), total))


@_measures("1", "lambda(N, K_eff, M): the largest share of K_eff taps in M consecutive frequencies", name="lam")
def _lam(subject: Subject) -> Enclosure:
    return enclose(value_of(prolate_share(subject.sites, subject.reach, len(subject.band))))


@_measures("1", "1 - lambda(N, K_eff, M)", name="lam_short")
def _lam_short(subject: Subject) -> Enclosure:
    return enclose(shortfall_of(prolate_share(subject.sites, subject.reach, len(subject.band))))


@_measures("1", "lambda(N, K, M) of one layer of the composition")
def lam_layer(subject: Subject) -> Enclosure:
    return enclose(value_of(prolate_share(subject.sites, subject.kernel, len(subject.band))))


@_measures("1", "the largest share of real filters with K_eff taps in this very band")
def real_bound(subject: Subject) -> Enclosure:
    return enclose(value_of(band_share_bound(subject.sites, subject.reach, subject.band)))


def _neighbour(taps: int, size: int) -> Callable[[Subject], Enclosure]:
    def measured(subject: Subject) -> Enclosure:
        one, other = subject.reach + taps, len(subject.band) + size
        if not (1 <= one <= subject.sites and 1 <= other <= subject.sites):
            raise MissingPart("the neighbouring size is outside 1..N")
        return enclose(value_of(prolate_share(subject.sites, one, other)))

    return measured


_measures("1", "lambda(N, K_eff - 1, M)", name="lam_fewer_taps")(_neighbour(-1, 0))
_measures("1", "lambda(N, K_eff, M - 1)", name="lam_narrower")(_neighbour(0, -1))


@_measures("1", "1 - lambda(N, K_eff - 1, M)")
def short_fewer_taps(subject: Subject) -> Enclosure:
    if subject.reach < 2:
        raise MissingPart("one tap has no neighbour with fewer")
    return enclose(shortfall_of(prolate_share(subject.sites, subject.reach - 1, len(subject.band))))


@_measures("1", "1 - lambda(N, K_eff, M - 1)")
def short_narrower(subject: Subject) -> Enclosure:
    if len(subject.band) < 2:
        raise MissingPart("one frequency has no narrower band")
    return enclose(shortfall_of(prolate_share(subject.sites, subject.reach, len(subject.band) - 1)))


@_measures("1", "lambda(N, M, K_eff) from the larger of the two matrices, where `lam` comes from the smaller one")
def lam_swapped(subject: Subject) -> Enclosure:
    sizes = subject.reach, len(subject.band)
    if sum(sizes) > subject.sites:
        return enclose(Fraction(1))
    return enclose(prolate(subject.sites, max(sizes), min(sizes)).value)


@_measures("1", "|A|_F^2 = sum rho(j - k)^2")
def frobenius_sq(subject: Subject) -> Enclosure:
    if min(subject.reach, len(subject.band)) == 1:
        return enclose(Fraction(max(subject.reach, len(subject.band)), subject.sites) ** 2)
    column = lags(subject.sites, subject.reach, len(subject.band))
    counts = [subject.reach, *(subject.reach - m for m in range(1, subject.reach))]
    total = counts[0] * column[0] * column[0]
    for count, entry in zip(counts[1:], column[1:], strict=True):
        total = total + 2 * count * entry * entry
    return enclose(total)


@_measures("1", "share of the box filter (1, ..., 1) in the centred band")
def box_share(subject: Subject) -> Enclosure:
    needs_consecutive(subject)
    column = lags(subject.sites, subject.reach, len(subject.band))
    return enclose(weighted(column, [subject.reach - m for m in range(subject.reach)]) / subject.reach)


@_measures("1", "closed form of lambda(N, K, M) for K_eff at most 3")
def closed_form(subject: Subject) -> Enclosure:
    sites, size = subject.sites, len(subject.band)
    if subject.reach > 3 or subject.reach > sites - size:
        raise MissingPart("the closed form is for at most three taps, and K + M <= N")
    own = [entry * sites for entry in lags(sites, 3, size)] if sites > 2 else []
    if subject.reach == 1:
        return enclose(Fraction(size, sites))
    if subject.reach == 2:
        return enclose((size + own[1]) / sites)
    return enclose((size + (own[2] + (own[2] * own[2] + 8 * own[1] * own[1]).sqrt()) / 2) / sites)


@_measures("taps", "real projective roots of the polynomial of the composition, with multiplicity")
def real_roots(subject: Subject) -> Enclosure:
    ratio(Fraction(0), sum((u * u for u in subject.composed), Fraction(0)))
    return enclose(count_real_roots(subject.composed))


@_measures("turns", "least distance from a peak of the gain |u~(w)|^2 to half of it; 1/2 if it never falls there")
def half_width(subject: Subject) -> Enclosure:
    ratio(Fraction(0), sum((u * u for u in subject.composed), Fraction(0)))
    found = lobe(subject.composed)
    return enclose(found.lower.union(found.upper))


@_measures("1", "share of (1 + z)^(K_eff - 1) in the band")
def binomial_share(subject: Subject) -> Enclosure:
    from math import comb

    taps = [Fraction(comb(subject.reach - 1, k)) for k in range(subject.reach)]
    column = lag_weights(subject.sites, subject.band, subject.reach)
    own = [ball(r) for r in correlations(taps)]
    return enclose(weighted(column, own) / own[0])
