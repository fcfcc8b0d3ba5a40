"""Conjectures about filters and their compositions. A refuted one ships with instances on which it fails in balls."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sympy import Rational, sqrt

from constructions.frequency_bias import spaces
from theorems.claim import Claim
from theorems.conjectures import frequency_bias_laws, frequency_bias_margin
from theorems.frequency_bias import families
from theorems.frequency_bias.vocabulary import (
    K,
    M,
    N,
    band_share,
    band_sum,
    binomial_share,
    box_share,
    consecutive_band,
    full_sum,
    kernel_bound,
    lam,
    lam_layer,
    meshulam_least,
    not_zero,
    odd_number,
    reach,
    real_band,
    real_bound,
    room,
    sparsest,
)
from theorems.statement import Conjecture, Source, Statement
from verifiers.frequency_bias import CATALOGUE, measure

_conjecture = partial(
    Conjecture,
    source=Source("posed for this library, after Ortega Caro et al. 2020", "conjecture", "derived"),
    measure=measure,
    catalogue=CATALOGUE,
)

layers_obey_one = _conjecture(
    "frequency_bias.conjecture_layers_obey_one",
    title="A composition has no more of its energy in the band than one layer could have",
    given=(consecutive_band, not_zero),
    then=(Claim("the bound of one layer", band_share <= lam_layer),),
    instances=(families.named_compositions, families.compositions),
    spaces=(spaces.compositions,),
    expected="refuted",
    promised=20,
    does_not_claim="Refuted by four layers of three taps: 0.8826 of their energy against 0.4044.",
)

binomial = _conjecture(
    "frequency_bias.conjecture_binomial",
    title="With two real taps the best composition for a low band is (1 + z)^L",
    given=(real_band, consecutive_band, odd_number, not_zero, room, Claim("two taps per layer", K <= 2)),
    then=(Claim("no composition has more", band_share <= binomial_share),),
    instances=(families.two_taps, families.compositions),
    spaces=(spaces.two_taps,),
    promised=12,
    does_not_claim="Open; a band around N/2 has (1 - z)^L instead and is not drawn here.",
)

full_width_early = _conjecture(
    "frequency_bias.conjecture_full_width_early",
    title="From K = N/2 + 1 on a kernel is as good as one of full width: the price is the full-width norm",
    given=(real_band, Claim("more than half of the sites", 2 * K >= N + 2), Claim("not all of them", K < N)),
    then=(
        Claim("the least cost in the band is no more", band_sum / sqrt(N * kernel_bound) <= full_sum / sqrt(N)),
    ),
    instances=(families.constant_predictors,),
    spaces=(spaces.constants,),
    expected="refuted",
    promised=2,
    does_not_claim="Refuted by the constant predictor, which costs K^(-1/2) times its length at every K.",
)  # fmt: skip

box_is_close = _conjecture(
    "frequency_bias.conjecture_box_is_close",
    title="Where lambda < 9/10 the box filter loses at most 3.5 percent",
    given=(consecutive_band, room, Claim("far from one", lam <= Rational(9, 10))),
    then=(Claim("relative loss", box_share >= lam * (1 - Rational(35, 1000))),),
    instances=(families.named_sizes, families.sizes),
    spaces=(spaces.sizes,),
    promised=10,
    does_not_claim="Open; the largest loss seen is 3.3 percent, at N = 4096.",
)

sum_bound = _conjecture(
    "frequency_bias.conjecture_sum_bound",
    title="lambda is at least (K + M - 1)/N",
    given=(consecutive_band, room),
    then=(Claim("taps and frequencies together", lam >= (reach + M - 1) / N),),
    instances=(families.named_sizes, families.sizes),
    spaces=(spaces.sizes,),
    promised=30,
    does_not_claim="Open; equality for one tap or one frequency, and at the boundary K + M = N + 1.",
)

consecutive_is_best = _conjecture(
    "frequency_bias.conjecture_consecutive_is_best",
    title="Of all bands with M frequencies consecutive ones have the largest share",
    given=(not_zero,),
    then=(Claim("below lambda(N, K, M)", real_bound <= lam),),
    instances=(families.best_real_filters, families.any_bands, families.pairs),
    spaces=(spaces.any_bands, spaces.pairs),
    promised=30,
    does_not_claim="Open; no set of frequencies does better for any N up to 12.",
)

meshulam_is_attained = _conjecture(
    "frequency_bias.conjecture_meshulam_is_attained",
    title="Meshulam's bound, rounded up, is attained for every number of sites",
    given=(Claim("small N", N <= 12),),
    then=(Claim("attained", sparsest <= meshulam_least),),
    instances=(families.support_tables,),
    spaces=(spaces.supports,),
    expected="refuted",
    promised=20,
    does_not_claim="Refuted at (N, k) = (8, 3), (10, 3) and (10, 4), and at no other pair with N in 6, 8, 9, 10.",
)

STATEMENTS: tuple[Statement, ...] = (
    layers_obey_one, binomial, full_width_early, box_is_close, sum_bound, consecutive_is_best, meshulam_is_attained,
    *(replace(statement, catalogue=CATALOGUE) for statement in frequency_bias_margin.STATEMENTS),
    *(
        statement if statement.basis == "law" else replace(statement, catalogue=CATALOGUE)
        for statement in frequency_bias_laws.STATEMENTS
    ),
)  # fmt: skip
