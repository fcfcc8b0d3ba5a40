"""Conjectures about kernel size and high frequencies in random data, in the linear case that has a closed form.

What trained ReLU nets do is in the published record of training (`reports/published`), with paired tests: on tones in
1/f noise and on photographs smaller kernels had higher-frequency gradients; on white data and on digits no difference
was resolved. Without a law of the data the claims fail: `conjecture_share_falls`, `conjecture_spread_grows`.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sympy import Rational

from constructions.frequency_bias import FrequencyInstance, networks
from theorems.claim import Claim, constant
from theorems.frequency_bias.margin_families import gaussian_data, pink_samples, single_samples
from theorems.frequency_bias.margin_vocabulary import derived, single_high_one, single_high_two
from theorems.frequency_bias.vocabulary import PAPER
from theorems.statement import Conjecture, Family, Mutant, Statement
from theorems.statistical import Chance, Law
from verifiers.frequency_bias import measure

_source = derived(PAPER, "raised in this library")


def noise(sites: int, exponent: float) -> Law:
    """One Gaussian sample with spectrum (1 + |d|)^-a."""
    draw = partial(gaussian_data, sites, 2, 1, 1, exponent)
    text = f"one Gaussian sample on {sites} sites, spectrum (1 + |d|)^-{exponent:g}, rounded to multiples of 2^-12"
    return Law(f"noise_{sites}_{exponent:g}", text, draw)


further = Claim("further from 1/2 with two taps", (2 * single_high_two - 1) ** 2 >= (2 * single_high_one - 1) ** 2)
lower = Claim("lower with two taps", single_high_two <= single_high_one)

spread = Chance("spread_white", (noise(8, 0.0), noise(12, 0.0)), (further,), measure, draws=200, shown="P(spread)")
falling = Chance("falling_pink", (noise(12, 1.0), noise(16, 1.0)), (lower,), measure, draws=200, shown="P(lower)")
spread_level = constant("spread_level", "9/10", "derived", r"p_\mathrm{spread}")
falling_level = constant("falling_level", "4/5", "derived", r"p_\mathrm{lower}")

white_spread = spread.statement(
    "frequency_bias.conjecture_white_spread",
    title="On white data a second tap moves the high-frequency share away from 1/2 in nine of ten samples",
    source=_source,
    kind="conjecture",
    then=(Claim("nine in ten samples", spread.probability >= spread_level),),
    mutants=(Mutant("half of them", then=(Claim("at most half", spread.probability <= Rational(1, 2)),)),),
    does_not_claim="By symmetry the mean share is 1/2 for every kernel; nothing is proved about its variance.",
)

pink_falls = falling.statement(
    "frequency_bias.conjecture_pink_falls",
    title="On 1/f data a second tap lowers the high-frequency share in four of five samples",
    source=_source,
    kind="conjecture",
    then=(Claim("four in five samples", falling.probability >= falling_level),),
    mutants=(Mutant("half of them", then=(Claim("at most half", falling.probability <= Rational(1, 2)),)),),
    does_not_claim="Nothing about ReLU nets, nor about other data: on digits no fall was resolved in training.",
)


def just_above(sites: int, frequency: int, amplitude: float) -> FrequencyInstance:
    """A constant of size one, and a stronger tone just above N/4: neighbours still agree."""
    tone = amplitude * np.cos(2 * np.pi * frequency * np.arange(sites) / sites)
    return networks.labelled((1.0 + tone)[None], [1], 2)


ABOVE = ((32, 9, 2.8), (64, 17, 3.0), (32, 9, 2.6))
tones_above = Family(
    "tones_above", "structured", "a constant and a stronger tone just above a quarter of the sampling rate",
    lambda _, index: just_above(*ABOVE[index]), quick=len(ABOVE), full=len(ABOVE),
)  # fmt: skip

spread_grows = Conjecture(
    "frequency_bias.conjecture_spread_grows",
    title="Whatever the sample, a second tap moves the high-frequency share away from 1/2",
    source=_source,
    given=(Claim("a single sample with energy", single_high_one >= 0),),
    then=(further,),
    measure=measure,
    instances=(tones_above, pink_samples, single_samples),
    spaces=(networks.single_samples,),
    expected="refuted",
    does_not_claim="Refuted by a constant and a stronger tone just above N/4, whose share falls from 0.80 to 0.39.",
)

STATEMENTS: tuple[Statement, ...] = (white_spread, pink_falls, spread_grows)
