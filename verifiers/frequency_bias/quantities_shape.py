"""Quantities of sizes: sites, taps, layers, band."""

from __future__ import annotations

from constructions.frequency_bias.bands import consecutive_start, is_symmetric
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


@_measures("sites", "number of sites of the circle", name="N")
def sites(subject: Subject) -> Enclosure:
    return enclose(subject.sites)


@_measures("taps", "number of taps of a filter", name="K")
def kernel(subject: Subject) -> Enclosure:
    return enclose(subject.kernel)


@_measures("frequencies", "number of frequencies of the band", name="M")
def band_size(subject: Subject) -> Enclosure:
    return enclose(len(subject.band))


@_measures("layers", "number of layers of the composition", name="L")
def layers(subject: Subject) -> Enclosure:
    return enclose(subject.instance.layers)


@_measures("1", "1 if the band is symmetric, B = -B, 0 if not")
def symmetric_band(subject: Subject) -> Enclosure:
    subject.band  # noqa: B018 - raises where there is none
    return enclose(int(is_symmetric(subject.sites, subject.instance.band)))


@_measures("1", "1 if the band consists of consecutive residues, 0 if not")
def consecutive(subject: Subject) -> Enclosure:
    subject.band  # noqa: B018 - raises where there is none
    return enclose(int(consecutive_start(subject.sites, subject.instance.band) is not None))


@_measures("1", "1 if the number of taps of a layer is odd")
def odd_taps(subject: Subject) -> Enclosure:
    return enclose(subject.kernel % 2)


@_measures("1", "1 if the number of frequencies of the band is odd")
def odd_band(subject: Subject) -> Enclosure:
    return enclose(len(subject.band) % 2)
