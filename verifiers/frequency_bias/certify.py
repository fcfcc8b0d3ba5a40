"""Certificates of one instance for the independent checker: bounds on shares, shares of filters, counted supports."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from constructions.frequency_bias import FrequencyInstance
from verifiers import arithmetic
from verifiers import certificates_frequency as build
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias.cyclotomic import modular_transform, nonzero_frequencies, prime_with_root
from verifiers.frequency_bias.eigenvalues import ball, rounded_factor
from verifiers.frequency_bias.gain import dyadic
from verifiers.frequency_bias.quantities_signal import nonzero_supports
from verifiers.frequency_bias.shares import band_share_bound
from verifiers.frequency_bias.spectra import band_energy, lag_weights
from verifiers.frequency_bias.subject import Subject, measure
from verifiers.frequency_bias.top_filter import short_filter

Json = dict[str, Any]
LARGEST_FACTOR = 40
"""Taps up to which a factor is written."""

SPARE = 40
"""The bound that is written lies above the largest share by about 2^-SPARE of the least share outside."""


def certify(instance: Any) -> Iterator[Json]:
    """Sealed certificates of what is proved about a filter, a band or a signal; none where nothing is."""
    if not isinstance(instance, FrequencyInstance) or len(instance.grid) != 1:
        return
    subject = measure(instance).subject
    for found in (_bounds, _shares, _supports):
        try:
            yield from found(subject)
        except (MissingPart, NoCertificate):
            continue


def _bounds(subject: Subject) -> Iterator[Json]:
    """The largest share of real filters of this size in this band, from above, and one filter close to it."""
    sites, taps, band = subject.sites, subject.reach, subject.band
    best = band_share_bound(sites, taps, band)
    if isinstance(best, Fraction) or taps > LARGEST_FACTOR:
        return
    options: Json = {"statement": "frequency_bias.filter_bound", "instance": subject.instance.digest}
    spare = _power_below(dyadic(best.short.lower())) / 2**SPARE
    steps = -((-dyadic(best.upper)) // spare) + 2
    bound = steps * spare
    yield band_bound(sites, taps, band, bound, spare, **options)
    centred = len(band) % 2 and band == _centred(sites, len(band)) and taps + len(band) <= sites
    if subject.instance.taps is None and centred:
        own = short_filter(sites, taps, len(band))
        yield build.band_share(sites, band, own, ">=", bound - 4 * spare, **options)


def band_bound(sites: int, taps: int, band: tuple[int, ...], bound: Fraction, spare: Fraction, **options: Any) -> Json:
    """A factor for `bound`, computed with half of `spare` left over. Raises `NoCertificate` where there is none."""
    bits = 64 + 2 * (spare.denominator.bit_length())
    with arithmetic.precision(bits):
        column = lag_weights(sites, band, taps)
        level = ball(bound - spare / 2)
        rows = [[level - column[0] if i == j else -column[abs(i - j)] for j in range(taps)] for i in range(taps)]
        factor = rounded_factor(rows)
    if factor is None:
        raise NoCertificate("the bound is not above the largest share")
    unit = 2**bits
    integers = [[round(dyadic(entry) * unit) for entry in row] for row in factor]
    return build.band_bound(sites, band, integers, unit, bound, **options)


def _centred(sites: int, size: int) -> tuple[int, ...]:
    return tuple(sorted((d - (size - 1) // 2) % sites for d in range(size)))


def _power_below(value: Fraction) -> Fraction:
    """A power of two at most `value` > 0 and more than a quarter of it."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length() - 1
    return Fraction(2) ** exponent


def _shares(subject: Subject) -> Iterator[Json]:
    """The share of the filter of the instance, to ten digits from above and below."""
    if subject.instance.taps is None:
        return
    own, total = subject.composed, sum((u * u for u in subject.composed), Fraction(0))
    if total == 0:
        return
    energy = band_energy(own, subject.sites, subject.band)
    if isinstance(energy, Fraction):
        return
    share = dyadic((energy / ball(total)).mid())
    options: Json = {"statement": "frequency_bias.filter_bound", "instance": subject.instance.digest}
    step = Fraction(1, 10**10)
    for relation, level in (("<=", (share // step + 2) * step), (">=", (share // step - 1) * step)):
        yield build.band_share(subject.sites, subject.band, own, relation, level, **options)


def _supports(subject: Subject) -> Iterator[Json]:
    """The counted supports of the signal of the instance, with a prime that decides every nonzero coefficient."""
    if subject.instance.signal is None:
        return
    table, sites, frequencies = nonzero_supports(subject)
    for skip in range(6):
        if (modular_transform(table, skip) != 0).sum() == nonzero_frequencies(table).sum():
            prime, root = prime_with_root(subject.sites, skip)
            options: Json = {"statement": "frequency_bias.donoho_stark", "instance": subject.instance.digest}
            yield build.supports(table, prime, root, (int(sites.sum()), int(frequencies.sum())), **options)
            return
