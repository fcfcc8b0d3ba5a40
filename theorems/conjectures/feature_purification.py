"""Conjectures about feature purification that can be decided without training; refuted ones fail in exact arithmetic.

Those about how training ends are decided on trained networks.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from sympy import Eq, Rational

from constructions.feature_purification import spaces
from theorems.claim import Claim, constant
from theorems.feature_purification import families
from theorems.feature_purification.vocabulary import (
    PAPER,
    attack_value,
    d,
    dense_value,
    density,
    drift,
    dual_bound,
    features,
    gradient_dense,
    gradient_pure,
    law_dimension,
    least_count,
    naive_residual_sq,
    on_the_euclidean_ball,
    schur_dual_bound,
    tau,
    top_sq,
)
from theorems.statement import Conjecture, Family, Source, Statement
from verifiers.feature_purification import CATALOGUE, measure

_SOURCE = Source(PAPER, "raised in this library", "derived")
_conjecture = partial(Conjecture, source=_SOURCE, measure=measure, catalogue=CATALOGUE)

purity_needed = constant("purity_needed", "81/100", "derived", "C_p")
ratio_bound = constant("ratio_bound", 2, "derived", "C_r")


def _impure() -> Any:
    """The rows e_1 + e_2 and e_1 - e_2, certified at x = (1, 1), a point with both features."""
    weights = tuple(map(Fraction, (1, 1, 1, -1)))
    b, a = (Fraction(1, 5),) * 2, (Fraction(1),) * 2
    return spaces.small_network(2, 2, weights, b, a, (Fraction(1), Fraction(1)), Fraction(1, 5))


impure_networks = Family("impure_networks", "structured", "orthogonal rows, each of two features", lambda _, index:
                         _impure(), quick=1, full=1)  # fmt: skip
one_neuron = Family(
    "one_neuron", "structured", "one neuron in one dimension, x = 1, b = 1/5",
    lambda _, index: spaces.pure_point("1/5", ["4/5"], [], ("9/10", "1", "11/10")[index]), quick=3, full=3,
)  # fmt: skip

ratio_at_most_density = _conjecture(
    "feature_purification.conjecture_ratio_at_most_density",
    title="The dense part of one gradient step is at most k/d times the pure one",
    given=(Claim("the margin can be reached", gradient_pure > 0),),
    then=(Claim("g_beta <= (k/d) g_alpha", gradient_dense <= density * gradient_pure),),
    instances=(families.light_oracles,),
    spaces=(spaces.light_laws,),
    expected="refuted",
    does_not_claim="The ratio tends to k/d as k grows and k/d vanishes.",
)

ratio_at_least_density = _conjecture(
    "feature_purification.conjecture_ratio_at_least_density",
    title="The dense part of one gradient step is at least k/d times the pure one",
    given=(Claim("the margin can be reached", gradient_pure > 0),),
    then=(Claim("g_beta >= (k/d) g_alpha", gradient_dense >= density * gradient_pure),),
    instances=(families.light_oracles,),
    spaces=(spaces.light_laws,),
    expected="refuted",
    does_not_claim="The ratio tends to k/d as k grows and k/d vanishes.",
)

ratio_near_density = _conjecture(
    "feature_purification.conjecture_ratio_near_density",
    title="For d >= 20 k and margins up to 2 the ratio of dense to pure part lies within a factor 2 of k/d",
    given=(
        Claim("the margin can be reached", gradient_pure > 0),
        Claim("sparse", density <= Rational(1, 20)),
        Claim("t <= 2 sqrt(k)", least_count**2 <= 4 * density * law_dimension),
    ),
    then=(
        Claim("at most twice", gradient_dense <= ratio_bound * density * gradient_pure),
        Claim("at least half", ratio_bound * gradient_dense >= density * gradient_pure),
    ),
    instances=(families.light_oracles,),
    spaces=(spaces.light_laws,),
    expected="supported",
    promised=4,
    does_not_claim="Nothing about margins that grow with k.",
)

certified_means_pure = _conjecture(
    "feature_purification.conjecture_certified_means_pure",
    title="Certified robustness needs neurons with a top cosine of at least 0.9",
    given=(Claim("certified at radius 1/5", dual_bound > 0), Claim("the radius", tau >= Rational(1, 5))),
    then=(Claim("top cosine 0.9", top_sq >= purity_needed),),
    instances=(impure_networks,),
    expected="refuted",
    does_not_claim="What the certificate needs is a flat spectrum, not pure neurons.",
)

dense_is_best = _conjecture(
    "feature_purification.conjecture_dense_is_best",
    title="On mixtures no attack does better than the universal dense direction",
    given=(on_the_euclidean_ball, Claim("every neuron is pushed against the label", drift >= 0)),
    then=(Claim("no better attack", attack_value >= dense_value - Rational(1, 10**6)),),
    instances=(families.mixture_oracles,),
    spaces=(spaces.mixtures,),
    expected="refuted",
    does_not_claim="Nothing about averages over points, where the dense direction may be near the best one.",
)

no_gap = _conjecture(
    "feature_purification.conjecture_no_gap",
    title="On pure networks the certificate with its best multiplier is exact",
    given=(on_the_euclidean_ball, Claim("one dimension, where the least value is that at an end", Eq(d, 1))),
    then=(Claim("gap below 1/100", attack_value <= dual_bound + Rational(1, 100)),),
    instances=(one_neuron, families.pure_oracles),
    expected="refuted",
    does_not_claim="The gap is 0 where the best spread is a whole number of coordinates.",
)

naive_residual = _conjecture(
    "feature_purification.conjecture_naive_residual",
    title="1 - top^2 - dense^2 is a squared residual",
    given=(Claim("features", features >= 1),),
    then=(Claim("not negative", naive_residual_sq >= 0),),
    instances=(families.purified_pairs,),
    spaces=(spaces.purified_pairs,),
    expected="refuted",
    does_not_claim="The formula used in reports takes the angle between the two into account.",
)

schur_is_weaker = _conjecture(
    "feature_purification.conjecture_schur_is_weaker",
    title="Equal multipliers always certify at least as much as Schur's",
    given=(Claim("positive radius", tau > 0),),
    then=(Claim("equal multipliers are better", dual_bound >= schur_dual_bound - Rational(1, 1000)),),
    instances=(families.small_networks,),
    spaces=(spaces.small_networks,),
    expected="refuted",
    does_not_claim="Nor are Schur's shares always better.",
)

_ALL: tuple[Statement, ...] = (
    ratio_at_most_density,
    ratio_at_least_density,
    ratio_near_density,
    certified_means_pure,
    dense_is_best,
    no_gap,
    naive_residual,
    schur_is_weaker,
)
STATEMENTS = tuple(replace(statement, catalogue=CATALOGUE) for statement in _ALL)
