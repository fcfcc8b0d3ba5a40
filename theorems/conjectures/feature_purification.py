"""Conjectures about feature purification; refuted ones fail in exact arithmetic.

Those about how training ends are decided on trained networks, whose rounded weights are rational. How the gap between
clean and adversarial training goes on with the dimension compares networks of several sizes and is left to the tables
of `thinmargin train`; attacks only bound robust accuracies from above, so that it would not be decided here.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from sympy import Eq, Rational

from constructions.feature_purification import spaces
from theorems.claim import Claim, constant, quantity
from theorems.feature_purification import families, runs
from theorems.feature_purification.vocabulary import (
    PAPER,
    adversarial_recipe,
    attack_value,
    clean_recipe,
    d,
    dense_sq,
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
    ramp,
    robust_accuracy,
    schur_dual_bound,
    sparsity,
    tau,
    top_sq,
    trained_radius,
)
from theorems.statement import Conjecture, Family, Source, Statement
from verifiers.feature_purification import CATALOGUE, measure

_SOURCE = Source(PAPER, "raised in this library", "derived")
_conjecture = partial(Conjecture, source=_SOURCE, measure=measure, catalogue=CATALOGUE)

purity_needed = constant("purity_needed", "81/100", "derived", "C_p")
ratio_bound = constant("ratio_bound", 2, "derived", "C_r")
path_bound = constant("path_bound", 16, "conjectured", "C_8")

unperturbed_accuracy, dense_accuracy = quantity("unperturbed_accuracy"), quantity("dense_accuracy")
attack_accuracy = quantity("attack_accuracy", r"\mathrm{RA}_\mathrm{attack}")
rival_attack_accuracy = quantity("rival_attack_accuracy", r"\mathrm{RA}_\mathrm{attack, clean start}")
mixture, median_top_sq = quantity("mixture"), quantity("median_top_sq", r"\mathrm{median\ top}^2")
along_share, certificate_gap = quantity("along_share", r"\beta w'\mathrm{\ share}"), quantity("certificate_gap")


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
    spaces=(spaces.small_networks,),
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
    spaces=(spaces.pure_points, spaces.light_points),
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

projection_purifies = _conjecture(
    "feature_purification.conjecture_projection_purifies",
    title="Clean networks break along one direction only: without it they are robust",
    given=(
        Claim("clean training", Eq(trained_radius, 0)),
        Claim("no dense part", Eq(dense_sq, 0)),
        Claim("the dense direction does nothing", dense_accuracy >= Rational(9, 10)),
    ),
    then=(Claim("no attack breaks more than a quarter", attack_accuracy >= Rational(3, 4)),),
    instances=(runs.projected_runs,),
    expected="refuted",
    basis="runs",
    does_not_claim="What is left is the start and mixtures of several features, added up over all neurons.",
)

always_purifies = _conjecture(
    "feature_purification.conjecture_always_purifies",
    title="FGM training from scratch at a constant radius always ends at a robust network",
    given=(Claim("adversarial training", trained_radius >= tau), Claim("constant radius", Eq(ramp, 0))),
    then=(Claim("no attack breaks more than a quarter", attack_accuracy >= Rational(3, 4)),),
    instances=(runs.runs_at_once,),
    expected="refuted",
    basis="runs",
    does_not_claim="With a ramp of the radius the same recipe does not collapse.",
)

certified_means_mostly_pure = _conjecture(
    "feature_purification.conjecture_certified_means_mostly_pure",
    title="Certified robust accuracy needs a median neuron with top cosine at least 0.9",
    given=(
        *adversarial_recipe,
        Claim("certified", robust_accuracy >= Rational(3, 4)),
        Claim("the radius", tau >= Rational(1, 5)),
    ),
    then=(Claim("top cosine 0.9", median_top_sq >= purity_needed),),
    instances=(runs.purified_runs,),
    expected="refuted",
    basis="runs",
    does_not_claim="What the certificate needs is a flat spectrum, not pure neurons.",
)

mixture_along_training = _conjecture(
    "feature_purification.conjecture_mixture_along_training",
    title="Along clean training the median mixture lies between k/d and 16 k/d",
    given=clean_recipe,
    then=(
        Claim("at least k/d", mixture * features >= sparsity),
        Claim("at most 16 k/d", mixture * features <= path_bound * sparsity),
    ),
    instances=(runs.clean_paths,),
    expected="supported",
    basis="runs",
    does_not_claim="The neurons of these runs are far from pure, so that the constant of pure ones is left open.",
)

small_gap = _conjecture(
    "feature_purification.conjecture_small_gap",
    title="At the end of adversarial training certificate and attack differ by a tenth of the mean margin at most",
    given=(*adversarial_recipe, Claim("certified", robust_accuracy >= Rational(3, 4))),
    then=(Claim("a tenth of the mean margin", certificate_gap <= Rational(1, 10)),),
    instances=(runs.purified_runs,),
    expected="refuted",
    basis="runs",
    does_not_claim="How the gap goes on with longer training, other multipliers and larger dimension is open.",
)

dense_is_best_on_clean = _conjecture(
    "feature_purification.conjecture_dense_is_best_on_clean",
    title="For kappa = 1/5 the dense direction breaks nearly every point that any attack breaks",
    given=(*clean_recipe, Claim("right without a perturbation", unperturbed_accuracy >= Rational(19, 20))),
    then=(Claim("within a twentieth", dense_accuracy <= attack_accuracy + Rational(1, 20)),),
    instances=(runs.clean_runs,),
    expected="supported",
    basis="runs",
    does_not_claim="Nothing about attacks that were not tried, nor about larger kappa, where it fails.",
)

dense_is_best_on_purer = _conjecture(
    "feature_purification.conjecture_dense_is_best_on_purer",
    title="The same for kappa = 1/2, where clean neurons are purer",
    given=(
        Claim("clean training", Eq(trained_radius, 0)),
        Claim("right without a perturbation", unperturbed_accuracy >= Rational(19, 20)),
    ),
    then=(Claim("within a twentieth", dense_accuracy <= attack_accuracy + Rational(1, 20)),),
    instances=(runs.purer_clean_runs,),
    expected="refuted",
    basis="runs",
    does_not_claim="Another universal direction might do as well as attacks made for each point.",
)

clean_start_is_no_better = _conjecture(
    "feature_purification.conjecture_clean_start_is_no_better",
    title="Adversarial training from the clean network ends no better than from scratch",
    given=adversarial_recipe,
    then=(
        Claim("by more than a twentieth", rival_attack_accuracy <= attack_accuracy + Rational(1, 20)),
    ),
    instances=(runs.purified_runs,),
    expected="supported",
    basis="runs",
    does_not_claim="Accuracies under attack are compared, and at these sizes both are near one.",
)

mostly_purified = _conjecture(
    "feature_purification.conjecture_mostly_purified",
    title="Clean weights are mostly purified ones: beta w' carries half of their energy at least",
    source=Source(PAPER, "the authors' talk: |beta_i w'_i| > |v_i|", "seen"),
    given=(*adversarial_recipe, Claim("certified", robust_accuracy >= Rational(3, 4))),
    then=(Claim("half of the energy", along_share >= Rational(1, 2)),),
    instances=(runs.purified_runs,),
    expected="refuted",
    basis="runs",
    does_not_claim="Nothing against the paper, whose dimensions are out of reach: the share grows with d.",
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
    projection_purifies,
    always_purifies,
    certified_means_mostly_pure,
    mixture_along_training,
    small_gap,
    dense_is_best_on_clean,
    dense_is_best_on_purer,
    clean_start_is_no_better,
    mostly_purified,
)
STATEMENTS = tuple(replace(statement, catalogue=CATALOGUE) for statement in _ALL)
