"""Odd polynomials, on which the lower bound stops: degrees five and seven are robust where degree two fails."""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from constructions.low_complexity import spaces
from theorems.claim import Claim
from theorems.low_complexity import families
from theorems.low_complexity import proof_steps as steps
from theorems.low_complexity.vocabulary import (
    a_radius,
    accuracy,
    c1,
    c3,
    c5,
    c7,
    degree,
    degree_two_bound,
    euclidean,
    heavy,
    heavy_agreement,
    heavy_slope,
    heavy_value,
    hinge_bound,
    hinge_risk,
    inner_slope,
    k,
    light_ratio,
    light_slope,
    node_count,
    node_error,
    noise,
    outer_slope,
    reference_law,
    tau,
)
from theorems.statement import Mutant, Proposition, Source, Theorem
from verifiers.low_complexity import measure

PAPER = "Allen-Zhu, Li 2020 (arXiv 2005.10190)"
source = partial(Source, PAPER, provenance="derived")

quintic_survives = Theorem(
    "low_complexity.quintic_survives",
    title="On one magnitude a polynomial of degree five is robust where no polynomial of degree two is",
    source=source(item="where the claim about low degrees ends; derived here"),
    given=(
        euclidean,
        *reference_law,
        Claim("no noise", Eq(noise, 0)),
        Claim("f = sum_j x_j^3 - 2 x_j^5: no linear term", Eq(c1, 0)),
        Claim("cubic term", Eq(c3, 1)),
        Claim("quintic term", Eq(c5, -2)),
        Claim("no term of degree seven", Eq(c7, 0)),
        Claim("radius at least 3/20", tau >= Rational(3, 20)),
        Claim("radius at most 1/5", tau <= Rational(1, 5)),
    ),
    then=(
        Claim("the polynomial is right almost surely", accuracy >= Rational(9999, 10000)),
        Claim("degree two is wrong on a third", degree_two_bound <= Rational(2, 3)),
    ),
    measure=measure,
    instances=(families.reference_quintics,),
    spaces=(spaces.reference_quintic, spaces.near_quintic),
    proof=steps.POLYNOMIAL_PROOF,
    promised=2,
    mutants=(
        Mutant("right surely", then=(Claim("accuracy 1", accuracy >= 1 - Rational(1, 10**15)),)),
        Mutant("degree two is as bad as a coin", then=(Claim("one half", degree_two_bound <= Rational(1, 2)),)),
    ),
    does_not_claim="Nothing about noise, nor about laws with many magnitudes.",
)

_two = (Claim("two magnitudes", k >= 2), Claim("no linear term", Eq(c1, 0)))

hermite_quintic = Theorem(
    "low_complexity.hermite_quintic",
    title="Degree five interpolates two magnitudes, but overshoots at the larger one",
    source=source(item="Hermite interpolation of the identity; derived"),
    given=(*_two, Claim("(k + 1) t^3", Eq(c3, k + 1)), Claim("- k t^5", Eq(c5, -k)), Claim("degree five", Eq(c7, 0))),
    then=(
        Claim("p(a) = a", Eq(light_ratio, 1)),
        Claim("p(1) = 1", Eq(heavy_value, 1)),
        Claim("slope at 1", Eq(heavy_slope, 3 - 2 * k)),
    ),
    measure=measure,
    instances=(families.hermites,),
    spaces=(spaces.hermite,),
    proof=steps.QUINTIC_PROOF,
    expected="proved",
    promised=10,
    mutants=(Mutant("flat at 1", then=(Claim("slope 0", Eq(heavy_slope, 0)),)),),
    does_not_claim="Nothing about robust accuracies.",
)

hermite_septic = Theorem(
    "low_complexity.hermite_septic",
    title="Degree seven interpolates two magnitudes, flat at the larger and with slope below 3 at the smaller one",
    source=source(item="Hermite interpolation of the identity; derived"),
    given=(
        *_two,
        Claim("p(a) = a", Eq(light_ratio, 1)),
        Claim("p(1) = 1", Eq(heavy_value, 1)),
        Claim("p'(1) = 0", Eq(heavy_slope, 0)),
    ),
    then=(
        Claim("slope at a", Eq(light_slope, 3 - 4 / k + 3 / k**2)),
        Claim("at least 5/3", light_slope >= Rational(5, 3)),
        Claim("below 3", light_slope < 3),
    ),
    measure=measure,
    instances=(families.hermites,),
    spaces=(spaces.hermite,),
    proof=steps.SEPTIC_PROOF,
    expected="proved",
    promised=10,
    mutants=(Mutant("slope 3 at a", then=(Claim("slope 3", Eq(light_slope, 3)),)),),
    does_not_claim="Nothing about polynomials of higher degree, which could be flat at both magnitudes.",
)

hermite_scales = Theorem(
    "low_complexity.hermite_scales",
    title="Degree 4s - 1 keeps s magnitudes and is flat at all but the smallest; degree 4s - 5 never is",
    source=source(item="Hermite interpolation of the identity, any number of magnitudes; derived"),
    given=(
        Claim("at least one magnitude", node_count >= 1),
        Claim("no linear term", Eq(c1, 0)),
        Claim("p(a) = a at every magnitude", Eq(node_error, 0)),
        Claim("flat at all but the smallest", Eq(outer_slope, 0)),
        Claim("degree at most 4s - 1", degree <= 4 * node_count - 1),
    ),
    then=(Claim("degree at least 4s - 3", degree >= 4 * node_count - 3),),
    measure=measure,
    instances=(families.octaves, families.nodes),
    spaces=(spaces.nodes,),
    proof=steps.SCALES_PROOF,
    promised=20,
    mutants=(
        Mutant("flat at the smallest as well", then=(Claim("slope 0", Eq(inner_slope, 0)),)),
        Mutant("slope below 3, as for two magnitudes", then=(Claim("3", inner_slope <= 3),)),
        Mutant("degree at least 4s + 1", then=(Claim("4s + 1", degree >= 4 * node_count + 1),)),
    ),
    does_not_claim="Nothing about robust accuracies, nor whether degree 4s - 3 is ever enough.",
)

heavy_sign = Proposition(
    "low_complexity.heavy_sign",
    title="On two magnitudes the cubic errs on one point in twenty, however large k is",
    source=source(item="low-degree polynomials on two magnitudes, k to infinity; closed form derived"),
    given=(Claim("heavy mass at least 1/2", heavy >= Rational(1, 2)), Claim("heavy mass at most 4", heavy <= 4)),
    then=(
        Claim("agreement with the label is below 19/20", heavy_agreement <= Rational(19, 20)),
        Claim("and above 9/10", heavy_agreement >= Rational(9, 10)),
    ),
    measure=measure,
    instances=(families.heavies,),
    spaces=(spaces.heavy,),
    promised=5,
    mutants=(Mutant("below 93/100", then=(Claim("93/100", heavy_agreement <= Rational(93, 100)),)),),
    does_not_claim="Nothing about other cubics than sum_j x_j^3, and nothing uniform in h is proved.",
)

hinge = Theorem(
    "low_complexity.hinge",
    title="Multipliers bound the robust hinge risk of every linear classifier on a sample from below",
    source=source(item="robust hinge loss of linear models; duality of a second-order cone program, derived"),
    given=(a_radius,),
    then=(Claim("risk of every linear classifier", hinge_risk >= hinge_bound),),
    measure=measure,
    instances=(families.solved_samples, families.samples),
    spaces=(spaces.samples,),
    proof=steps.HINGE_PROOF,
    promised=15,
    mutants=(
        Mutant("one in ten thousand more", then=(Claim("1.0001", hinge_risk >= hinge_bound * Rational(10001, 10000)),)),
    ),
    does_not_claim="Risk is a surrogate; nothing follows for the share of errors.",
)
