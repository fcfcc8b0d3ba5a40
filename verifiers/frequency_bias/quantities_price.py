"""Quantities of nets: what a predictor costs and what band-limitation must cost, the mirror, gradients of ReLU nets."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verifiers.errors import MissingPart
from verifiers.frequency_bias.eigenvalues import ball
from verifiers.frequency_bias.quantities_filter import ratio
from verifiers.frequency_bias.shares import band_share_bound, value_of
from verifiers.frequency_bias.spectra import absolute_sum, band_energy, circular, wrapped
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


def predictor_of(subject: Subject) -> list[Fraction]:
    """beta, given or composed from filters and readouts, exactly (N,)."""
    subject.sites  # noqa: B018 - raises on a torus
    if subject.instance.filters is not None and subject.instance.readouts is not None:
        return wrapped(subject.part("filters"), subject.part("readouts"))
    return list(subject.part("predictor"))


@_measures("norm", "1/2 (|U|^2 + |V|^2) of the two-layer net")
def net_cost(subject: Subject) -> Enclosure:
    entries = [*subject.part("filters").reshape(-1), *subject.part("readouts").reshape(-1)]
    return enclose(sum((x * x for x in entries), Fraction(0)) / 2)


@_measures("norm", "sum_B |beta^_d| of the predictor, unitary transform")
def band_sum(subject: Subject) -> Enclosure:
    return enclose(absolute_sum(predictor_of(subject), subject.band))


@_measures("norm", "sum_d |beta^_d| over all frequencies")
def full_sum(subject: Subject) -> Enclosure:
    return enclose(absolute_sum(predictor_of(subject), range(subject.sites)))


@_measures("1", "the largest share of real filters with K taps in the band of the predictor")
def kernel_bound(subject: Subject) -> Enclosure:
    return enclose(value_of(band_share_bound(subject.sites, subject.kernel, subject.band)))


@_measures("1", "HF: share of the energy of the predictor at |d| > N/4, half of it at |d| = N/4")
def high_frequency(subject: Subject) -> Enclosure:
    return enclose(_high(predictor_of(subject)))


@_measures("1", "HF of the mirrored predictor (-1)^n beta_n")
def mirrored_high_frequency(subject: Subject) -> Enclosure:
    return enclose(_high(_mirror(predictor_of(subject))))


def _mirror(signal: list[Fraction]) -> list[Fraction]:
    return [-x if n % 2 else x for n, x in enumerate(signal)]


def _high(signal: list[Fraction]) -> object:
    sites, total = len(signal), sum((x * x for x in signal), Fraction(0))
    sizes = [min(d, sites - d) for d in range(sites)]
    parts = [ratio(band_energy(signal, sites, [d for d, s in enumerate(sizes) if keep(4 * s)]), total)
             for keep in (lambda s: s > sites, lambda s: s == sites)]  # fmt: skip
    if all(isinstance(part, Fraction) for part in parts):
        return parts[0] + parts[1] / 2
    above, at = (ball(part) for part in parts)
    return above + at / 2


@_measures("energy", "r_m of the mirrored predictor minus (-1)^m r_m of the predictor, all lags", axes=("lag",))
def mirror_defect(subject: Subject) -> Enclosure:
    predictor = predictor_of(subject)
    own, other = circular(predictor), circular(_mirror(predictor))
    return enclose(np.array([b - (-a if m % 2 else a) for m, (a, b) in enumerate(zip(own, other, strict=True))]),
                   ("lag",))  # fmt: skip


@_measures("1", "1 if N is even")
def even_sites(subject: Subject) -> Enclosure:
    return enclose(int(subject.sites % 2 == 0))


# Gradients of ReLU nets


def input_gradient(subject: Subject) -> list[Fraction]:
    """Gradient of the unit with respect to the signal, exactly (N,); a pre-activation of 0 has slope 0."""
    weights, signal = subject.part("weights"), subject.part("signal")
    if signal.ndim != 1:
        raise MissingPart("networks take rational signals")
    depth, channels, _, taps = weights.shape
    sites = subject.sites
    state, gates = [list(signal)] + [[Fraction(0)] * sites for _ in range(channels - 1)], []
    for layer in range(depth):
        state = [
            [
                sum((weights[layer, c, b, k] * state[b][(m + k) % sites] for b in range(channels) for k in range(taps)),
                    Fraction(0))
                for m in range(sites)
            ]
            for c in range(channels)
        ]  # fmt: skip
        gates.append([[z > 0 for z in row] for row in state])
        if layer < depth - 1:
            state = [[max(z, Fraction(0)) for z in row] for row in state]
    back = [[Fraction(int(c == 0 and m == 0)) for m in range(sites)] for c in range(channels)]
    for layer in range(depth - 1, -1, -1):
        moved = [[Fraction(0)] * sites for _ in range(channels)]
        for c in range(channels):
            for m in range(sites):
                if back[c][m] and (layer == depth - 1 or gates[layer][c][m]):
                    for b in range(channels):
                        for k in range(taps):
                            moved[b][(m + k) % sites] += weights[layer, c, b, k] * back[c][m]
        back = moved
    return back[0]


@_measures("1", "share of the energy of the input gradient of the unit in the band")
def gradient_share(subject: Subject) -> Enclosure:
    gradient = input_gradient(subject)
    total = sum((g * g for g in gradient), Fraction(0))
    if total == 0:
        raise MissingPart("the gradient of the unit is zero here: it has no spectrum")
    return enclose(ratio(band_energy(gradient, subject.sites, subject.band), total))


@_measures("sites", "sites at which the input gradient of the unit is not zero")
def gradient_sites(subject: Subject) -> Enclosure:
    return enclose(sum(g != 0 for g in input_gradient(subject)))
