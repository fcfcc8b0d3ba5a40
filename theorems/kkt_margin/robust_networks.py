"""Robust networks exist for the same data: N(x) = sum_l y_l relu(<x_l, x>/D - theta), width n."""

from __future__ import annotations

from sympy import Eq, Min, Rational

from theorems.claim import Claim, constant, quantity
from theorems.kkt_margin import exact_families as exact
from theorems.kkt_margin import families
from theorems.kkt_margin import proof_steps as steps
from theorems.kkt_margin.vocabulary import both_classes, class_distance_sq, norm_sq, p, radius_sq, square_norm, theta
from theorems.statement import Mutant, Source, Theorem
from verifiers.kkt_margin import measure

D = square_norm
k = quantity("critical_count", "k")
defect = quantity("robust_network_defect", r"\mathrm{defect}")
half_factor = constant("half_factor", "1/2", "derived", "C_1")
neighbour_factor = constant("neighbour_factor", 1, "derived", "C_2")
theta_floor = constant("theta_floor", 1, "derived", r"C_\mathrm{min}")
theta_ceiling = constant("theta_ceiling", 1, "derived", r"C_\mathrm{max}")

is_robust_network = Claim("the network is sum_l y_l relu(<x_l, x>/D - theta)", Eq(defect, 0))
equal_norms = Claim("all samples have squared norm D", Eq(norm_sq, D))
bounded_correlation = Claim("correlations below D", p < D)
SOURCE = "Vardi, Yehudai, Shamir 2022 (arXiv 2202.04347)"

half_gap = Theorem(
    "kkt_margin.robust_half_gap",
    title="With theta halfway between the largest correlation and 1 the radius is (1 - c)/2 sqrt(D)",
    source=Source(
        SOURCE,
        "existence of robust networks; the constant is derived, the paper's was recalled as (1 - c)/4",
        "derived",
    ),
    given=(
        is_robust_network,
        equal_norms,
        bounded_correlation,
        Claim("theta = (1 + p/D)/2", Eq(theta, (1 + p / D) / 2)),
    ),
    then=(Claim("radius >= (1 - p/D)/2 sqrt(D)", radius_sq >= (half_factor * (1 - p / D)) ** 2 * D),),
    measure=measure,
    instances=(families.robust_half, exact.robust_orthogonal_half),
    proof=steps.R1_PROOF,
    promised=20,
    mutants=(Mutant("factor 1/2 replaced by 0.51", constants={"half_factor": Rational(51, 100)}),),
    does_not_claim="Nothing about how such a network could be found by training.",
)

any_threshold = Theorem(
    "kkt_margin.robust_any_threshold",
    title="A radius for every threshold theta between the largest correlation and 1",
    source=Source(SOURCE, "existence of robust networks, sharpened", "derived"),
    given=(
        is_robust_network,
        equal_norms,
        bounded_correlation,
        both_classes,
        Claim("theta above p/D", theta > theta_floor * p / D),
        Claim("theta below 1", theta < theta_ceiling),
    ),
    then=(
        Claim(
            "radius >= sqrt(D) min(1 - theta, worst k opposite neurons)",
            radius_sq
            >= D
            * Min(
                neighbour_factor * (1 + (k - 1) * theta - k * p / D) ** 2 / ((k + 1) * (1 + k * p / D)),
                (1 - theta) ** 2,
            ),
        ),
    ),
    measure=measure,
    instances=(families.robust_random, exact.robust_orthogonal),
    proof=steps.R2_PROOF,
    promised=20,
    mutants=(
        Mutant("two percent more", constants={"neighbour_factor": Rational(51, 50)}),
        Mutant("only the first term", then=(Claim("radius >= (1 - theta)^2 D", radius_sq >= D * (1 - theta) ** 2),)),
    ),
    does_not_claim="Nothing about the best possible radius when samples are correlated.",
)

orthogonal_optimum = Theorem(
    "kkt_margin.robust_orthogonal_optimum",
    title="On orthogonal samples theta = 1/4 reaches sqrt(D/2), the best radius of any classifier",
    source=Source(SOURCE, "existence of robust networks, optimal case", "derived"),
    given=(
        is_robust_network,
        equal_norms,
        Claim("orthogonal samples", Eq(p, 0)),
        both_classes,
        Claim("theta = 1/4", Eq(theta, Rational(1, 4))),
    ),
    then=(
        Claim("radius >= sqrt(D/2)", radius_sq >= D / 2),
        Claim("radius <= sqrt(D/2)", radius_sq <= D / 2),
        Claim("that is half the least distance between the classes", Eq(class_distance_sq / 4, D / 2)),
    ),
    measure=measure,
    instances=(exact.robust_orthogonal,),
    proof=steps.R3_PROOF,
    promised=8,
    mutants=(
        Mutant("theta left free", without="theta = 1/4"),
        Mutant("radius one percent larger", then=(Claim("more", radius_sq >= D / 2 * Rational(101, 100)),)),
    ),
    does_not_claim="Nothing about data that are only nearly orthogonal.",
)

quarter_threshold = Theorem(
    "kkt_margin.robust_quarter_threshold",
    title="theta = 1/4 is nearly optimal for small correlations, whatever the number of samples",
    source=Source(SOURCE, "corollary of the radius for every threshold", "derived"),
    given=(
        is_robust_network,
        equal_norms,
        both_classes,
        Claim("theta = 1/4", Eq(theta, Rational(1, 4))),
        Claim("p <= 0.018 D", p <= Rational(18, 1000) * D),
    ),
    then=(Claim("radius^2 >= D (1 - p/D)^2 / (2 (1 + p/D))", radius_sq >= D * (1 - p / D) ** 2 / (2 * (1 + p / D))),),
    measure=measure,
    instances=(exact.robust_small_correlation, exact.robust_orthogonal),
    proof=steps.NEAR_OPTIMAL_PROOF,
    promised=15,
    mutants=(
        Mutant("theta left free", without="theta = 1/4"),
        Mutant("one percent more", then=(Claim("more", radius_sq >= D * Rational(101, 200)),)),
    ),
    does_not_claim="Nothing for correlations above 0.018 D, where more than one opposite neuron may matter.",
)
