"""Conjectures about costs, margins and trained nets; refuted ones ship with instances on which they fail."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from sympy import Eq, Rational

from constructions.frequency_bias import FrequencyInstance, networks
from theorems.claim import Claim, constant
from theorems.frequency_bias import margin_families as families
from theorems.frequency_bias import margin_steps as steps
from theorems.frequency_bias.margin_vocabulary import (
    cost,
    cost_mirrored,
    data_high,
    derived,
    dimensions,
    margin_ceiling,
    margin_cost,
    margin_floor,
    met,
    one_filter_cost,
    own_cost,
    own_residual,
    single_high_one,
    single_high_two,
    two_filter_cost,
)
from theorems.frequency_bias.vocabulary import PAPER
from theorems.statement import Conjecture, Family, Statement
from verifiers.frequency_bias import measure

_conjecture = partial(Conjecture, source=derived(PAPER, "raised in this library"), measure=measure)

on_a_torus = Claim("on a torus", Eq(dimensions, 2))
surcharge = constant("surcharge", "1/100", "derived", "C_+")

low_costs_more = _conjecture(
    "frequency_bias.conjecture_low_costs_more",
    title="Local nets charge low frequencies at least one percent more than their mirror images",
    given=(Claim("not alternating", cost > 0),),
    then=(Claim("more than the mirror image", cost >= (1 + surcharge) * cost_mirrored),),
    instances=(families.pure_cosines,),
    spaces=(networks.even_predictors,),
    expected="refuted",
    does_not_claim="The cost of a predictor and of its mirror image are equal, for every kernel.",
)

share_falls = _conjecture(
    "frequency_bias.conjecture_share_falls",
    title="The high-frequency share of the max-margin predictor does not rise with the kernel size",
    given=(Claim("some energy", data_high >= 0),),
    then=(Claim("two taps against one", single_high_two <= single_high_one),),
    instances=(families.rough_samples, families.single_samples),
    spaces=(networks.single_samples,),
    expected="refuted",
    does_not_claim="On data with more energy at low frequencies the share does fall from one tap to two.",
)

local_is_higher = _conjecture(
    "frequency_bias.conjecture_local_is_higher",
    title="On low-frequency data local linear nets have higher-frequency predictors than fully connected ones",
    given=(Claim("low-frequency data", data_high <= Rational(1, 4)),),
    then=(Claim("two taps against one", single_high_two >= single_high_one),),
    instances=(families.pink_samples, families.single_samples),
    spaces=(networks.single_samples,),
    expected="refuted",
    does_not_claim="A fully connected linear net is the local one with a single tap.",
)

torus_one_filter = _conjecture(
    "frequency_bias.conjecture_torus_one_filter",
    title="On a torus too, one filter realises every predictor at the least cost",
    given=(on_a_torus,),
    then=(Claim("one filter is enough", one_filter_cost <= met * cost),),
    instances=(families.torus_oracle, families.torus),
    spaces=(networks.torus_predictors,),
    expected="refuted",
    proof=(steps.SQUARES, steps.BOX),
    does_not_claim="On a circle one filter is enough.",
)

torus_two_filters = _conjecture(
    "frequency_bias.conjecture_torus_two_filters",
    title="On a torus two filters realise every predictor of one input channel at the least cost",
    given=(on_a_torus,),
    then=(Claim("two filters are enough", two_filter_cost <= met * cost),),
    instances=(families.torus_oracle, families.torus),
    spaces=(networks.torus_predictors,),
    expected="supported",
    promised=8,
    does_not_claim="Nothing is proved: an explicit Gram matrix of rank above two may be needed for larger kernels.",
)

TRAPS = ((12, 3, 8, 7), (16, 3, 8, 7), (12, 3, 8, 0))
"""(sites, taps, samples, seed) of data on which one filter gets trapped, found by trying seeds."""


@lru_cache(maxsize=8)
def trapped(sites: int, taps: int, samples: int, seed: int) -> FrequencyInstance:
    """Integer data, and the worst net that the method of multipliers with one filter ended at, from three starts."""
    from verifiers.frequency_bias.margin import max_margin
    from verifiers.frequency_bias.solvers import Shape

    own = np.random.default_rng(seed)
    points, labels = own.integers(-9, 10, (samples, sites)), own.choice([-1, 1], samples)
    runs = [
        max_margin(points, labels, Shape.of(sites, taps), 1, 1e-9, np.random.default_rng(start), starts=1)
        for start in range(3)
    ]
    worst = max(runs, key=lambda run: run.upper)
    filters, readouts = (np.round(part * 2.0**40) / 2.0**40 for part in (worst.filters[:, 0], worst.readouts))
    return networks.labelled(points, labels.tolist(), taps, filters=filters, readouts=readouts)


_makes: list[Callable[[], FrequencyInstance]] = [partial(trapped, *entry) for entry in TRAPS]
trapped_nets = Family(
    "trapped_nets", "searched", "one-filter nets at which a local method stops, on integer data",
    lambda _, index: _makes[index](), quick=len(TRAPS), full=len(TRAPS),
)  # fmt: skip

one_filter_descends = _conjecture(
    "frequency_bias.conjecture_one_filter_descends",
    title="Every stationary net with one filter separates the data at the least cost",
    given=(Claim("stationary to a hundred-thousandth", own_residual <= Rational(1, 10**5)),),
    then=(Claim("within a thousandth of the least cost", own_cost <= Rational(1001, 1000) * margin_cost),),
    instances=(trapped_nets,),
    expected="refuted",
    does_not_claim="A net with one filter that attains the least cost exists; descent need not find it.",
)

two_filters_descend = _conjecture(
    "frequency_bias.conjecture_two_filters_descend",
    title="With two filters a local method reaches the least cost from any start",
    given=(Claim("a positive cost", margin_floor > 0),),
    then=(Claim("gap of a millionth", margin_ceiling <= (1 + Rational(1, 10**6)) * margin_floor),),
    instances=(families.oracle_data, families.gaussians),
    spaces=(networks.margin_data,),
    expected="supported",
    promised=10,
    does_not_claim="Up to four starts are tried, and no proof that the landscape has no spurious minima is known here.",
)

STATEMENTS: tuple[Statement, ...] = (
    low_costs_more,
    share_falls,
    local_is_higher,
    torus_one_filter,
    torus_two_filters,
    one_filter_descends,
    two_filters_descend,
)
