"""Linear classifiers: their exact robust accuracy, and a bound that none of them exceeds."""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from constructions.low_complexity import spaces
from theorems.claim import Claim
from theorems.low_complexity import families
from theorems.low_complexity import proof_steps as steps
from theorems.low_complexity.vocabulary import (
    a_radius,
    acceptance,
    accuracy,
    across,
    best_set_accuracy,
    cantelli_factor,
    cosine_bound,
    degree_two_bound,
    direction_accuracy,
    direction_bound,
    enumerated_accuracy,
    euclidean,
    in_maximum_norm,
    linear_bound,
    maximum_bound,
    mean_sq,
    mirror_factor,
    noise,
    odd_accuracy,
    product_bound,
    reference_law,
    sampled_accuracy,
    scale_free_law,
    spread,
    tau,
    unconditional_accuracy,
    unscaled_accuracy,
    variance_bound,
)
from theorems.statement import Mutant, Proposition, Source, Theorem
from verifiers.low_complexity import measure

PAPER = "Allen-Zhu, Li 2020 (arXiv 2005.10190)"
source = partial(Source, PAPER, provenance="derived")

linear_formula = Proposition(
    "low_complexity.linear_formula",
    title="Accuracies of affine classifiers by convolution are those of all points together",
    source=source(item="linear models; finite dimension, exact"),
    given=(Claim("no noise", Eq(noise, 0)),),
    then=(Claim("both sums agree", Eq(accuracy, enumerated_accuracy)),),
    measure=measure,
    instances=(families.small_sets, families.intercepts, families.affines, families.maxima),
    spaces=(spaces.affine, spaces.maximum),
    proof=steps.FORMULA_PROOF,
    promised=40,
    mutants=(
        Mutant(
            "radius tau sqrt(d) replaced by tau", then=(Claim("|w| is 1", Eq(unscaled_accuracy, enumerated_accuracy)),)
        ),
        Mutant("condition forgotten", then=(Claim("gap 0", Eq(unconditional_accuracy, enumerated_accuracy)),)),
    ),
    does_not_claim="Nothing about data with noise, where accuracies are balls; `linear_draws` compares those.",
)

linear_draws = Proposition(
    "low_complexity.linear_draws",
    title="Accuracies of affine classifiers by convolution are those of independent draws",
    source=source(item="linear models; finite dimension, exact"),
    given=(a_radius,),
    then=(
        Claim("draws are not right more often", sampled_accuracy <= accuracy + Rational(1, 20)),
        Claim("draws are not right less often", sampled_accuracy >= accuracy - Rational(1, 20)),
    ),
    measure=measure,
    instances=(families.simulations,),
    spaces=(spaces.drawn_sets,),
    basis="law",
    promised=7,
    mutants=(
        Mutant(
            "radius tau sqrt(d) replaced by tau",
            then=(Claim("|w| is 1", sampled_accuracy >= unscaled_accuracy - Rational(1, 20)),),
        ),
        Mutant(
            "condition forgotten", then=(Claim("gap 0", sampled_accuracy <= unconditional_accuracy + Rational(1, 20)),)
        ),
    ),
    does_not_claim="Only deviations beyond 1/20 are told apart, each at confidence 1 - 1e-6.",
)

every_linear = Theorem(
    "low_complexity.every_linear",
    title="No linear classifier has more robust accuracy than the largest of Cantelli's bounds",
    source=source(item="lower bound for linear models; finite dimension, constants derived"),
    given=(a_radius,),
    then=(Claim("accuracy of every linear classifier", odd_accuracy <= cantelli_factor * linear_bound),),
    measure=measure,
    instances=(families.small_sets, families.reference_sets, families.linears, families.sets),
    spaces=(spaces.linear, spaces.sets, spaces.maximum),
    proof=steps.LINEAR_PROOF,
    promised=80,
    mutants=(
        Mutant("moments of independent coordinates", then=(Claim("product moments", odd_accuracy <= product_bound),)),
        Mutant("variance with k/d", then=(Claim("E z_j^2 = 1/d", odd_accuracy <= variance_bound),)),
        Mutant("w* is the worst case", then=(Claim("cosine 1 alone", odd_accuracy <= direction_bound),)),
        Mutant("nine tenths of the bound", constants={"cantelli_factor": Rational(9, 10)}),
    ),
    does_not_claim="Nothing about intercepts, see `intercept`; in the maximum norm `maximum_norm` says more.",
)

every_linear_draws = Proposition(
    "low_complexity.every_linear_draws",
    title="Nor has any linear classifier with arbitrary weights, counted on independent draws",
    source=source(item="lower bound for linear models; finite dimension, constants derived"),
    given=(a_radius,),
    then=(Claim("draws classified robustly", sampled_accuracy <= cantelli_factor * linear_bound),),
    measure=measure,
    instances=(families.dense_draws, families.simulations, families.scale_draws),
    spaces=(spaces.drawn_ramps,),
    proof=steps.LINEAR_PROOF,
    basis="law",
    promised=6,
    mutants=(Mutant("a quarter of the bound", constants={"cantelli_factor": Rational(1, 4)}),),
    does_not_claim="Exact accuracies of such weights are not computed; each count holds at confidence 1 - 1e-6.",
)

largest_cantelli = Theorem(
    "low_complexity.largest_cantelli",
    title="The largest of Cantelli's bounds is a rational number in closed form",
    source=source(item="lower bound for linear models; the maximum over all directions, derived here"),
    given=(
        Claim("a radius beyond the mean", tau**2 > mean_sq),
        Claim("the variance falls with the cosine", spread > 0),
        Claim("fast enough", spread**2 * tau**2 > across**2 * mean_sq),
    ),
    then=(
        Claim(
            "bound in closed form", Eq(linear_bound, across * spread / (spread * (across + tau**2) - across * mean_sq))
        ),
        Claim("no direction has a larger one", cosine_bound <= linear_bound),
    ),
    measure=measure,
    instances=(families.cosines,),
    spaces=(spaces.cosines,),
    proof=steps.MAXIMUM_OF_CANTELLI_PROOF,
    expected="proved",
    promised=20,
    mutants=(
        Mutant("largest at the cosine 1", then=(Claim("cosine 1 alone", cosine_bound <= direction_bound),)),
        Mutant("mean forgotten", then=(Claim("A/(A + tau^2)", cosine_bound <= across / (across + tau**2)),)),
    ),
    does_not_claim="The bound need not be attained: Cantelli's inequality is tight for two-point laws only.",
)

maximum_norm = Theorem(
    "low_complexity.maximum_norm",
    title="The same bound for perturbations in the maximum norm, over cosines up to 1/sqrt(d)",
    source=source(item="lower bound for linear models, maximum norm; derived"),
    given=(in_maximum_norm,),
    then=(Claim("accuracy of every linear classifier", odd_accuracy <= cantelli_factor * maximum_bound),),
    measure=measure,
    instances=(families.small_maximum, families.maxima, families.small_sets),
    spaces=(spaces.maximum, spaces.linear),
    proof=steps.NORM_PROOF,
    promised=20,
    mutants=(
        Mutant("half of the bound", constants={"cantelli_factor": Rational(1, 2)}),
        Mutant("l2 radius", given=(euclidean,), then=(Claim("the bound in l2", odd_accuracy <= maximum_bound),)),
    ),
    does_not_claim="Nothing about classifiers with an intercept.",
)

intercept = Theorem(
    "low_complexity.intercept",
    title="An intercept adds at most half of what is missing",
    source=source(item="mirror symmetry of the law; derived"),
    given=(a_radius,),
    then=(
        Claim("mirror bound", accuracy <= mirror_factor * (1 + odd_accuracy)),
        Claim("bound over all affine classifiers", accuracy <= degree_two_bound),
    ),
    measure=measure,
    instances=(families.intercepts, families.affines),
    spaces=(spaces.affine,),
    proof=steps.MIRROR_PROOF,
    promised=20,
    mutants=(
        Mutant("without the half", then=(Claim("as if there were no intercept", accuracy <= linear_bound),)),
        Mutant("two fifths", constants={"mirror_factor": Rational(2, 5)}),
    ),
    does_not_claim="Nothing about laws that the mirror (x, y) -> (-x, -y) changes.",
)

degree_two = Theorem(
    "low_complexity.degree_two",
    title="No polynomial of degree two is right on more than half of one plus the linear bound",
    source=source(item="low-degree polynomials, degree two; derived"),
    given=(a_radius,),
    then=(
        Claim("mirror bound", accuracy <= mirror_factor * (1 + odd_accuracy)),
        Claim("bound over all polynomials of degree two", accuracy <= degree_two_bound),
    ),
    measure=measure,
    instances=(families.quadratics, families.forms),
    spaces=(spaces.quadratic,),
    proof=steps.MIRROR_PROOF,
    promised=15,
    mutants=(
        Mutant("without the half", then=(Claim("as if it were linear", accuracy <= linear_bound),)),
        Mutant("two fifths", constants={"mirror_factor": Rational(2, 5)}),
    ),
    does_not_claim="Nothing about degree three and more: see `quintic_survives`.",
)

reference_numbers = Theorem(
    "low_complexity.reference_numbers",
    title="At d = 256, k = 5 and radius 1/5 linear classifiers stay below 0.147 and degree two below 0.574",
    source=source(item="finite instance of the lower bound; derived"),
    given=(
        *reference_law,
        Claim("noise 1/10", Eq(noise, Rational(1, 10))),
        Claim("radius at least 1/5", tau >= Rational(1, 5)),
    ),
    then=(
        Claim("every linear classifier", linear_bound <= Rational(147, 1000)),
        Claim("every polynomial of degree two", degree_two_bound <= Rational(574, 1000)),
        Claim("w* is right on less than one in a hundred", direction_accuracy <= Rational(1, 100)),
        Claim("and some set of coordinates on more often", best_set_accuracy >= direction_accuracy),
    ),
    measure=measure,
    instances=(families.references,),
    spaces=(spaces.reference, spaces.near_reference),
    proof=steps.REFERENCE_PROOF,
    promised=2,
    mutants=(
        Mutant("linear below 0.146", then=(Claim("0.146", linear_bound <= Rational(146, 1000)),)),
        Mutant("w* is best", then=(Claim("no set is better", best_set_accuracy <= direction_accuracy),)),
    ),
    does_not_claim="Nothing about other laws, nor that any classifier attains the bounds.",
)

scale_free_numbers = Theorem(
    "low_complexity.scale_free_numbers",
    title="On scale-free data (d = 256, k = 20) at radius 1/5 linear models stay below 0.403, degree two below 0.702",
    source=source(item="finite instance of the lower bound on magnitudes of all sizes; derived"),
    given=(
        *scale_free_law,
        Claim("noise 1/10", Eq(noise, Rational(1, 10))),
        Claim("radius at least 1/5", tau >= Rational(1, 5)),
    ),
    then=(
        Claim("every linear classifier", linear_bound <= Rational(403, 1000)),
        Claim("every polynomial of degree two", degree_two_bound <= Rational(702, 1000)),
        Claim("two draws of three are kept at most", acceptance <= Rational(2, 3)),
    ),
    measure=measure,
    instances=(families.scale_references,),
    spaces=(spaces.scale_reference,),
    proof=steps.SCALE_PROOF,
    promised=2,
    mutants=(
        Mutant("linear below 0.39", then=(Claim("0.39", linear_bound <= Rational(39, 100)),)),
        Mutant("degree two below 0.69", then=(Claim("0.69", degree_two_bound <= Rational(69, 100)),)),
    ),
    does_not_claim="Moments of this law are enclosed on a grid, so the bounds are known to two percent of themselves.",
)
