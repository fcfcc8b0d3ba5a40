"""Conjectures about KKT points of the max-margin problem, open, supported and refuted.

A refuted conjecture ships with data on which it fails in rational arithmetic (in balls where the point was trained);
every run replays the failure.
"""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from theorems.claim import Claim, constant, quantity
from theorems.kkt_margin import exact_families as exact
from theorems.kkt_margin import families
from theorems.kkt_margin.grounds import searchable
from theorems.kkt_margin.robust_networks import equal_norms, is_robust_network
from theorems.kkt_margin.vocabulary import (
    L,
    U,
    b,
    both_classes,
    c,
    d,
    direction_norm_sq,
    flip_threshold,
    is_kkt_point,
    multiplier_sq,
    multiplier_sum,
    n,
    nonzero_samples,
    norm_sq,
    p,
    positive_delta,
    r,
    radius_sq,
    square_norm,
    theta,
)
from theorems.statement import Conjecture, Source
from verifiers.kkt_margin import CATALOGUE, measure
from verifiers.kkt_margin.certify import certify

merged_sum = quantity("merged_multiplier_sum", r"\sum\lambda_\mathrm{merged}")
merged_radius_sq = quantity("merged_radius_sq", r"\rho_\mathrm{merged}^2")
fractional = quantity("fractional_pairs", r"\mathrm{kinks}")
flipped_along_u = quantity("flipped_along_u", r"\mathrm{flipped}_i")
strict_cross = quantity("strict_cross_pairs", r"\mathrm{cross}")
absolute = constant("absolute_constant", 3, "conjectured", "C_a")
blow_up = constant("blow_up_constant", 2, "conjectured", "C_b")

_conjecture = partial(
    Conjecture,
    source=Source("posed for this library, after Vardi, Yehudai, Shamir 2022", "conjecture", "derived"),
    measure=measure,
    catalogue=CATALOGUE,
    certify=certify,
)
_paper_hypothesis = (
    Claim("samples on the sphere of radius sqrt(d)", Eq(norm_sq, d)),
    Claim("near-orthogonal data", 3 * n * (p + b) <= d),
    Claim("at least two samples", n >= 2),
    both_classes,
)

global_optimum = _conjecture(
    "kkt_margin.conjecture_global_optimum",
    title="In the paper's regime a narrow network trained from small weights ends at the global max-margin network",
    given=(is_kkt_point, *_paper_hypothesis),
    then=(
        Claim(
            "no larger multiplier sum than the class-merged point",
            multiplier_sum <= merged_sum * (1 + Rational(1, 10**6)),
        ),
    ),
    instances=(families.narrow_gradient_points, exact.exact_sphere_points),
    expected="refuted",
    basis="runs",
    does_not_claim="Nothing about wide networks; see conjecture_wide_global_optimum.",
)

wide_global_optimum = _conjecture(
    "kkt_margin.conjecture_wide_global_optimum",
    title="In the paper's regime wide networks trained from small weights end at the class-merged point",
    given=(is_kkt_point, *_paper_hypothesis),
    then=(
        Claim(
            "no larger multiplier sum than the class-merged point",
            multiplier_sum <= merged_sum * (1 + Rational(1, 10**6)),
        ),
    ),
    instances=(families.wide_gradient_points,),
    expected="supported",
    basis="runs",
    promised=2,
    does_not_claim="A handful of runs at width 64 says little about probability one in the limit.",
)

larger_margin_larger_radius = _conjecture(
    "kkt_margin.conjecture_larger_margin_larger_radius",
    title="A KKT point with a smaller margin than the class-merged point is no more robust",
    given=(is_kkt_point, both_classes, Claim("smaller margin", multiplier_sum > merged_sum)),
    then=(Claim("smaller radius at every sample", radius_sq <= merged_radius_sq),),
    instances=(exact.closed_forms, exact.sharp_points),
    expected="refuted",
    does_not_claim="Nothing about average robustness over a population.",
)

larger_margin_smaller_radius = _conjecture(
    "kkt_margin.conjecture_larger_margin_smaller_radius",
    title="A KKT point with a larger margin than the class-merged point is no more robust",
    given=(is_kkt_point, both_classes, Claim("larger margin", multiplier_sum < merged_sum)),
    then=(Claim("smaller radius at every sample", radius_sq <= merged_radius_sq),),
    instances=(exact.correlated_points,),
    expected="refuted",
    does_not_claim="Nothing about average robustness over a population.",
)

no_fractional_subgradients = _conjecture(
    "kkt_margin.conjecture_no_fractional_subgradients",
    title="At KKT points of random data every subgradient is 0 or 1",
    given=(is_kkt_point, both_classes),
    then=(Claim("no pair with 0 < sigma' < 1", fractional <= 0),),
    instances=(families.sign_merged,),
    expected="refuted",
    does_not_claim="Nothing about how often kinks occur.",
)

always_support = _conjecture(
    "kkt_margin.conjecture_always_support",
    title="r < 1 makes every sample a support vector",
    given=(is_kkt_point, nonzero_samples, Claim("r < 1", r < 1)),
    then=(Claim("every sample is a support vector", multiplier_sq > 0),),
    instances=(exact.support_thresholds,),
    expected="refuted",
    does_not_claim="Nothing about random data, where r < 1 has not been seen to leave a sample out.",
)

support_up_to_half = _conjecture(
    "kkt_margin.conjecture_support_up_to_half",
    title="r < 1/2 makes every sample a support vector",
    given=(is_kkt_point, nonzero_samples, Claim("r < 1/2", r < Rational(1, 2))),
    then=(Claim("every sample is a support vector", multiplier_sq > 0),),
    instances=(exact.support_thresholds, families.sign_merged, families.sign_blocks),
    expected="supported",
    promised=20,
    does_not_claim="Proved up to sqrt(2) - 1; between that and 1/2 nothing is known.",
)

absolute_constant = _conjecture(
    "kkt_margin.conjecture_absolute_constant",
    title="r < 1 suffices for a flip of size 3 sqrt(U/n) on balanced data",
    given=(
        is_kkt_point,
        nonzero_samples,
        Claim("balanced classes", Eq(c, Rational(1, 2))),
        Claim("r < 1", r < 1),
        positive_delta,
    ),
    then=(Claim("|z| <= 3 sqrt(U/n)", flip_threshold**2 * direction_norm_sq * n <= absolute**2 * U),),
    instances=(exact.correlated_points,),
    expected="refuted",
    does_not_claim="The constant 3 is refuted here; every constant fails as r tends to 1.",
)

inverse_root_constant = _conjecture(
    "kkt_margin.conjecture_inverse_root_constant",
    title="The flip along u has size of order sqrt(U / (n (1 - r))) / c for all r < 1",
    given=(is_kkt_point, nonzero_samples, both_classes, Claim("r < 1", r < 1), positive_delta),
    then=(
        Claim(
            "c |z| sqrt(n (1 - r)) <= 2 sqrt(U)",
            c**2 * flip_threshold**2 * direction_norm_sq * n * (1 - r) <= blow_up**2 * U,
        ),
    ),
    instances=(exact.correlated_points, families.loose_sign, exact.sharp_points, families.sign_merged),
    expected="supported",
    promised=50,
    does_not_claim="Nothing is proved for r between sqrt(2) - 1 and 1.",
)

half_threshold_is_best = _conjecture(
    "kkt_margin.conjecture_half_threshold_is_best",
    title="theta = 1/2 gives the most robust network on orthogonal samples",
    given=(
        is_robust_network,
        equal_norms,
        Claim("orthogonal samples", Eq(p, 0)),
        both_classes,
        Claim("theta = 1/2", Eq(theta, Rational(1, 2))),
    ),
    then=(Claim("radius >= sqrt(D/2), what theta = 1/4 reaches", radius_sq >= square_norm / 2),),
    instances=(exact.robust_orthogonal,),
    expected="refuted",
    does_not_claim="Nothing about correlated samples.",
)

radius_twice = _conjecture(
    "kkt_margin.conjecture_radius_twice",
    title="Balanced classes with n <= d/4: every KKT point found has radius at most 2 sqrt(d/n)",
    given=(
        is_kkt_point,
        Claim("balanced classes", Eq(c, Rational(1, 2))),
        Claim("n <= d/4", 4 * n <= d),
        Claim("samples on the sphere of radius sqrt(d)", Eq(norm_sq, d)),
    ),
    then=(Claim("radius <= 2 sqrt(d/n)", radius_sq * n <= 4 * d),),
    instances=(families.loose_sign, families.sign_merged, families.sign_blocks),
    expected="supported",
    promised=20,
    does_not_claim="Only points reached by the constructions listed are spoken about.",
)

universal_is_near_optimal = _conjecture(
    "kkt_margin.conjecture_universal_is_near_optimal",
    title="The universal flip is at most 1.5 times as long as the best attack",
    given=(is_kkt_point, nonzero_samples, both_classes, Claim("r < sqrt(2) - 1", (1 + r) ** 2 < 2), positive_delta),
    then=(Claim("|z| <= 1.5 radius", 4 * flip_threshold**2 * direction_norm_sq <= 9 * radius_sq),),
    instances=(exact.unbalanced_singles,),
    expected="refuted",
    does_not_claim="Refuted by unbalanced classes, and by uneven norms; see the version with balance and equal norms.",
)

universal_is_near_optimal_balanced = _conjecture(
    "kkt_margin.conjecture_universal_is_near_optimal_balanced",
    title="For balanced classes and equal norms the universal flip is at most 1.5 times as long as the best attack",
    given=(
        *universal_is_near_optimal.given,
        Claim("balanced classes", Eq(c, Rational(1, 2))),
        Claim("equal norms", Eq(L, U)),
    ),
    then=universal_is_near_optimal.then,
    instances=(families.sign_merged, exact.sharp_points, exact.closed_forms),
    expected="supported",
    promised=10,
    does_not_claim="Nothing beyond the range of the main theorem.",
)

no_cross_activation = _conjecture(
    "kkt_margin.conjecture_no_cross_activation",
    title="For r < 1/3 no neuron is strictly active on a sample of the other class",
    given=(is_kkt_point, nonzero_samples, Claim("r < 1/3", r < Rational(1, 3)), Claim("positive norms", L > 0)),
    then=(Claim("no strict activation across classes", strict_cross <= 0),),
    instances=(exact.star_points, families.sign_merged),
    expected="refuted",
    does_not_claim="True when the multipliers differ by a factor below 1/r.",
)

always_flips = _conjecture(
    "kkt_margin.conjecture_always_flips",
    title="As long as the direction u is not zero, it flips every sample of every KKT point",
    given=(is_kkt_point, nonzero_samples, both_classes, Claim("u is not zero", direction_norm_sq > 0)),
    then=(Claim("some step along u flips the sample", flipped_along_u >= 1),),
    instances=(exact.stretched_xor, families.loose_sign),
    expected="refuted",
    does_not_claim="Nothing about how far one has to go along u.",
)

STATEMENTS = tuple(
    searchable(statement)
    for statement in (
        global_optimum,
        wide_global_optimum,
        larger_margin_larger_radius,
        larger_margin_smaller_radius,
        no_fractional_subgradients,
        always_support,
        support_up_to_half,
        absolute_constant,
        inverse_root_constant,
        half_threshold_is_best,
        radius_twice,
        universal_is_near_optimal,
        universal_is_near_optimal_balanced,
        no_cross_activation,
        always_flips,
    )
)
