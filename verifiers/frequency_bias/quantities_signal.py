"""Quantities of a signal on a circle: supports counted exactly, shares of energy on sites and in a band, entropies."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from constructions.frequency_bias.cyclotomic import null_vector
from constructions.instance import NoInstance, fractions_of
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias.cyclotomic import (
    coefficient_table,
    folded,
    is_prime,
    longest_run,
    nonzero_frequencies,
    nonzero_sites,
)
from verifiers.frequency_bias.eigenvalues import ball
from verifiers.frequency_bias.minors import minors_to_check, proved_minors
from verifiers.frequency_bias.minors import sparsest as sparsest_pair
from verifiers.frequency_bias.quantities_filter import ratio
from verifiers.frequency_bias.shares import pair_share_bound, value_of
from verifiers.frequency_bias.spectra import band_energy, complement, table_energies
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures
LARGEST_TABLE = 64
"""Sites up to which a signal is looked at over the cyclotomic field."""

LARGEST_PAIRS, LARGEST_MINORS = 12, 13
"""Sites up to which all pairs of supports, and all minors, are gone through."""


def _small(subject: Subject, most: int) -> int:
    if subject.sites > most:
        raise MissingPart(f"all choices of sites and frequencies are gone through for N up to {most}")
    return subject.sites


@lru_cache(maxsize=512)
def _supports(instance: Any, sites: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = coefficient_table(fractions_of(instance.signal))
    return table, nonzero_sites(table), nonzero_frequencies(table)


def supports(subject: Subject) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(table, nonzero sites, nonzero frequencies) of the signal; `MissingPart` for large N."""
    if subject.sites > LARGEST_TABLE:
        raise MissingPart(f"supports are counted exactly for up to {LARGEST_TABLE} sites")
    subject.part("signal")
    return _supports(subject.instance, subject.sites)


def nonzero_supports(subject: Subject) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same; `MissingPart` for the zero signal, which has no shares, divisors or entropies."""
    found = supports(subject)
    if not found[1].any():
        raise MissingPart("the signal is zero: the uncertainty principles are about others")
    return found


@_measures("sites", "sites at which the signal is not zero")
def support(subject: Subject) -> Enclosure:
    return enclose(int(supports(subject)[1].sum()))


@_measures("frequencies", "frequencies at which its transform is not zero")
def spectrum(subject: Subject) -> Enclosure:
    return enclose(int(supports(subject)[2].sum()))


@_measures("frequencies", "length of the longest circular run of zeros of the transform")
def zero_run(subject: Subject) -> Enclosure:
    return enclose(longest_run(~supports(subject)[2]))


@_measures("1", "1 if N is a prime")
def prime(subject: Subject) -> Enclosure:
    return enclose(int(is_prime(subject.sites)))


def divisors_around(sites: int, count: int) -> tuple[int, int]:
    """Consecutive divisors d1 <= count <= d2 of N; the same one twice where `count` is a divisor."""
    below = max(d for d in range(1, count + 1) if sites % d == 0)
    above = min(d for d in range(count, sites + 1) if sites % d == 0)
    return below, above


def meshulam(sites: int, count: int) -> Fraction:
    """N (d1 + d2 - k)/(d1 d2) for the divisors d1 <= k <= d2 of N around k."""
    below, above = divisors_around(sites, count)
    return Fraction(sites * (below + above - count), below * above)


@_measures("frequencies", "Meshulam's bound on the number of nonzero frequencies")
def meshulam_bound(subject: Subject) -> Enclosure:
    return enclose(meshulam(subject.sites, int(nonzero_supports(subject)[1].sum())))


@_measures("frequencies", "the same with the divisors forgotten: N/k rounded up to the next divisor of N, not a bound")
def divisor_bound(subject: Subject) -> Enclosure:
    sites, count = subject.sites, int(nonzero_supports(subject)[1].sum())
    return enclose(min(d for d in range(1, sites + 1) if sites % d == 0 and d * count >= sites))


@_measures("frequencies", "least number of nonzero frequencies of a signal on at most K sites, a proved lower bound")
def sparsest(subject: Subject) -> Enclosure:
    return enclose(sparsest_pair(_small(subject, LARGEST_PAIRS), subject.kernel)[0])


@_measures("frequencies", "nonzero frequencies of a signal on at most K sites that was found and counted exactly")
def sparsest_found(subject: Subject) -> Enclosure:
    least, sites, zeros = sparsest_pair(_small(subject, LARGEST_PAIRS), subject.kernel)
    table = coefficient_table(fractions_of(null_vector(subject.sites, sites, zeros)))
    found = int(nonzero_frequencies(table).sum())
    if found != least or nonzero_sites(table).sum() > subject.kernel:
        raise NoCertificate("the signal found modulo a prime is not as sparse exactly; the bound may not be attained")
    return enclose(found)


@_measures("frequencies", "Meshulam's bound for K sites, the least over all smaller supports, rounded up")
def meshulam_least(subject: Subject) -> Enclosure:
    least = min(meshulam(subject.sites, k) for k in range(1, subject.kernel + 1))
    return enclose(-(-least.numerator // least.denominator))


@_measures("minors", "minors of the Fourier matrix of order p, up to shifts and complements")
def minors(subject: Subject) -> Enclosure:
    return enclose(minors_to_check(_small(subject, LARGEST_MINORS)))


@_measures("minors", "those of them that are proved not to vanish; fewer than all only where one vanishes exactly")
def nonzero_minors(subject: Subject) -> Enclosure:
    order = _small(subject, LARGEST_MINORS)
    proved, suspect = proved_minors(order)
    if suspect is not None and not _is_singular(order, *suspect):
        raise NoCertificate(f"the minor {suspect} vanishes modulo every prime tried, and is not zero")
    return enclose(proved)


def _is_singular(order: int, rows: tuple[int, ...], columns: tuple[int, ...]) -> bool:
    try:
        table = coefficient_table(fractions_of(null_vector(order, columns, rows)))
    except NoInstance:
        return False
    return bool(nonzero_sites(table).any()) and not nonzero_frequencies(table)[list(rows)].any()


def _is_coset(flags: np.ndarray) -> bool:
    """Whether the flagged residues are a coset of a subgroup of Z_N."""
    places = np.flatnonzero(flags)
    step = len(flags) // len(places)
    return len(flags) % len(places) == 0 and bool(np.all((places - places[0]) % step == 0))


@_measures("1", "1 if the support of the signal is a coset of a subgroup")
def coset_support(subject: Subject) -> Enclosure:
    return enclose(int(_is_coset(nonzero_supports(subject)[1])))


@_measures("1", "1 if the nonzero frequencies are a coset of a subgroup")
def coset_spectrum(subject: Subject) -> Enclosure:
    return enclose(int(_is_coset(nonzero_supports(subject)[2])))


# Energy on sites and in a band


def _signal(subject: Subject) -> list[Fraction]:
    signal = subject.part("signal")
    if signal.ndim != 1:
        raise MissingPart("this is measured on rational signals")
    return list(signal)


@_measures("sites", "number of sites of the set T")
def site_count(subject: Subject) -> Enclosure:
    return enclose(len(subject.part("sites")))


def _site_energy(subject: Subject, inside: bool) -> Enclosure:
    signal = _signal(subject)
    chosen = {int(n) for n in subject.part("sites")}
    own = sum((x * x for n, x in enumerate(signal) if (n in chosen) == inside), Fraction(0))
    return enclose(ratio(own, sum((x * x for x in signal), Fraction(0))))


@_measures("1", "share of the energy of the signal on T")
def site_share(subject: Subject) -> Enclosure:
    return _site_energy(subject, True)


@_measures("1", "share of its energy outside of T")
def off_sites(subject: Subject) -> Enclosure:
    return _site_energy(subject, False)


@_measures("1", "share of the energy of the signal in the band B")
def signal_share(subject: Subject) -> Enclosure:
    signal = _signal(subject)
    return enclose(ratio(band_energy(signal, subject.sites, subject.band), sum((x * x for x in signal), Fraction(0))))


@_measures("1", "share of its energy outside of B")
def off_band(subject: Subject) -> Enclosure:
    signal = _signal(subject)
    outside = complement(subject.sites, subject.band)
    return enclose(ratio(band_energy(signal, subject.sites, outside), sum((x * x for x in signal), Fraction(0))))


@_measures("1", "|P_B P_T|^2: the largest share in B of signals on T", name="pair_bound")
def _pair_bound(subject: Subject) -> Enclosure:
    places = tuple(int(n) for n in subject.part("sites"))
    return enclose(value_of(pair_share_bound(subject.sites, places, subject.band)))


# Entropies


def _entropy(energies: list[Any]) -> Any:
    """-sum p log p of energies, as a ball; exact zeros contribute nothing."""
    positive = [ball(e) for e in energies if not (isinstance(e, Fraction) and e == 0)]
    total = sum(positive, ball(0))
    return -sum((e / total * (e / total).log() for e in positive), ball(0))


@_measures("nats", "entropy of |x|^2 over the sites")
def site_entropy(subject: Subject) -> Enclosure:
    table, _, _ = nonzero_supports(subject)
    return enclose(_entropy(table_energies([[int(c) for c in row] for row in table])))


@_measures("nats", "entropy of |x^|^2 over the frequencies")
def spectrum_entropy(subject: Subject) -> Enclosure:
    table, _, _ = nonzero_supports(subject)
    return enclose(_entropy(table_energies([folded(table, d) for d in range(subject.sites)])))


@_measures("nats", "log N, the least sum of the two entropies")
def log_sites(subject: Subject) -> Enclosure:
    return enclose(ball(subject.sites).log())


# A filter on K sites that lives in a band


@_measures("frequencies", "nonzero frequencies of the signal outside of the band, counted exactly")
def spectrum_outside(subject: Subject) -> Enclosure:
    outside = complement(subject.sites, subject.band)
    return enclose(int(supports(subject)[2][outside].sum()))


@_measures("sites", "nonzero sites of the signal outside of T, counted exactly")
def sites_off(subject: Subject) -> Enclosure:
    chosen = [int(n) for n in subject.part("sites")]
    return enclose(int(np.delete(supports(subject)[1], chosen).sum()))


@_measures("sites", "nonzero sites of the signal beyond the first K, counted exactly")
def sites_outside(subject: Subject) -> Enclosure:
    return enclose(int(supports(subject)[1][subject.kernel :].sum()))
