"""Beyond the paper: radii from below, clusters, and bounds for all KKT points of one dataset at once."""

from __future__ import annotations

from sympy import Eq, Max, Rational

from theorems.claim import Claim, abbreviation, constant, quantity
from theorems.kkt_margin import exact_families as exact
from theorems.kkt_margin import families
from theorems.kkt_margin import proof_steps as steps
from theorems.kkt_margin.vocabulary import (
    Delta,
    L,
    U,
    both_classes,
    cross,
    direction_product,
    flip_threshold,
    is_kkt_point,
    m,
    multiplier_sum,
    n,
    nearly_orthogonal,
    nonzero_samples,
    own,
    positive_delta,
    q,
    r,
    radius_sq,
)
from theorems.statement import Lemma, Mutant, Proposition, Source, Theorem
from verifiers.kkt_margin import measure

DERIVED = "derived for this library, after Vardi, Yehudai, Shamir 2022"

radius_factor = constant("radius_factor", 1, "derived", "C_5")
radius_limit = constant("radius_limit", 1, "derived", "C_r")

radius_lower_bound = Theorem(
    "kkt_margin.radius_lower_bound",
    title="No KKT point is less robust than about sqrt(L/n), so the radius is of order sqrt(d/n)",
    source=Source(DERIVED, "matching lower bound, uneven norms", "derived"),
    given=(is_kkt_point, nonzero_samples, Claim("r < (sqrt(5) - 1)/2", r**2 + r < radius_limit)),
    then=(
        Claim(
            "radius^2 >= L^2 (1 - r - r^2)^2 / ((U + q (n - 1)) n (1 + r)^2)",
            radius_sq >= radius_factor * (L * (1 - r - r**2)) ** 2 / ((U + q * (n - 1)) * n * (1 + r) ** 2),
        ),
    ),
    measure=measure,
    instances=families.RADIUS_POINTS,
    proof=steps.T5_PROOF,
    promised=50,
    mutants=(Mutant("squared radius five percent larger", constants={"radius_factor": Rational(21, 20)}),),
    does_not_claim="Nothing about the margin of networks that are not KKT points.",
)

radius_by_multipliers = Lemma(
    "kkt_margin.radius_by_multipliers",
    title="The sum of the multipliers bounds the Lipschitz constant of every KKT point",
    source=Source(DERIVED, "radius >= 1 / sum lambda, no hypothesis on the data", "derived"),
    given=(is_kkt_point,),
    then=(Claim("radius * sum lambda >= 1", radius_sq * multiplier_sum**2 >= 1),),
    measure=measure,
    instances=(*families.RADIUS_POINTS, exact.correlated_points, families.loose_sign),
    proof=steps.RADIUS_BY_MULTIPLIERS_PROOF,
    promised=50,
    mutants=(Mutant("twice the radius", then=(Claim("radius * sum >= 2", radius_sq * multiplier_sum**2 >= 4),)),),
    does_not_claim="Nothing about sharpness: sums over both classes count neurons that are never active together.",
)

flip_rate = Theorem(
    "kkt_margin.flip_rate",
    title="For equal norms the flip threshold is about 1/(1 + m) as r tends to 0",
    source=Source(DERIVED, "corollary of the main theorem", "derived"),
    given=(
        is_kkt_point,
        nonzero_samples,
        both_classes,
        nearly_orthogonal,
        positive_delta,
        Claim("equal norms", Eq(L, U)),
        Claim("at least two samples", n >= 2),
    ),
    then=(
        Claim(
            "t0 <= (1/(1 - 2r - r^2) + r m/(n - 1)) U / ((1 + m) Delta)",
            flip_threshold <= (1 / (1 - 2 * r - r**2) + r * m / (n - 1)) * U / ((1 + m) * Delta),
        ),
    ),
    measure=measure,
    instances=(exact.closed_forms, families.sign_merged, families.sign_blocks, exact.sharp_points),
    proof=steps.THRESHOLD_PROOF,
    promised=50,
    mutants=(
        Mutant(
            "correction forgotten", then=(Claim("t0 <= U / ((2 + m) Delta)", flip_threshold <= U / ((2 + m) * Delta)),)
        ),
    ),
    does_not_claim="The constant in the correction of order r is not known to be sharp.",
)

k = quantity("clusters", "k")
q_c, L_c, U_c = quantity("cluster_cross", "q"), quantity("cluster_least", "L"), quantity("cluster_greatest", "U")
Delta_c, k_opposite = quantity("cluster_delta", r"\Delta"), quantity("opposite_clusters", "k_i")
tau = abbreviation("tau_clusters", quantity("cluster_time", "t") * Delta_c, r"\tau")
r_c = abbreviation("r_clusters", q_c * (k - 1) / L_c, "r")
S_c = abbreviation("S_clusters", 1 / (L_c * (1 - r_c - r_c**2)), "S")
A_c = abbreviation("A_clusters", (1 - 2 * r_c - r_c**2) / ((1 - r_c - r_c**2) * U_c), "A")

clusters = Theorem(
    "kkt_margin.clusters",
    title="For clustered data the number of clusters takes the place of the number of samples",
    source=Source("after Frei, Vardi, Bartlett, Srebro 2023 (arXiv 2303.01456)", "cluster version", "derived"),
    given=(
        is_kkt_point,
        Claim("every cluster has one label", quantity("mixed_clusters", r"\mathrm{mixed}") <= 0),
        both_classes,
        Claim("samples of a cluster are positively correlated", L_c > 0),
        Claim("nearly orthogonal clusters, r < sqrt(2) - 1", (1 + r_c) ** 2 < 2),
        Claim("the cluster means move every sample against its class", Delta_c > 0),
    ),
    then=(
        Claim("own class sums of a cluster <= S", quantity("cluster_own", r"A_s^\mathrm{own}") <= S_c),
        Claim(
            "cross class sums of a cluster <= r S", quantity("cluster_cross_sum", r"A_s^\mathrm{cross}") <= r_c * S_c
        ),
        Claim("own class sums of a cluster >= A", quantity("cluster_own", r"A_s^\mathrm{own}") >= A_c),
        Claim(
            "the value along the flip path stays below the bound",
            quantity("cluster_value", "y_i N(x_i - t y_i u)")
            <= S_c * Max(U_c - tau, 0) - (tau - q_c * (1 + U_c / L_c)) * k_opposite * A_c,
        ),
    ),
    measure=measure,
    instances=(families.cluster_points,),
    proof=steps.T6_PROOF,
    promised=15,
    mutants=(
        Mutant(
            "opposite clusters counted tenfold",
            then=(
                Claim(
                    "bound with 10 k",
                    quantity("cluster_value")
                    <= S_c * Max(U_c - tau, 0) - (tau - q_c * (1 + U_c / L_c)) * 10 * k_opposite * A_c,
                ),
            ),
        ),
        Mutant(
            "own sums at most 1/U", then=(Claim("own <= 1/U", quantity("cluster_own", r"A_s^\mathrm{own}") <= 1 / U_c),)
        ),
    ),
    does_not_claim="Nothing about the population of clusters; only the given samples are spoken about.",
)

all_points = Proposition(
    "kkt_margin.all_points",
    title="One certificate for every KKT point of a dataset, of every width",
    source=Source(DERIVED, "M-matrix bound and linear programs", "derived"),
    given=(
        is_kkt_point,
        Claim("the transfer matrix has spectral radius below one", quantity("transfer_proved", r"[\rho(T) < 1]") >= 1),
        Claim("every sample is proved to support every KKT point", quantity("own_lower", r"\mathrm{lower}_i") > 0),
        both_classes,
        Claim("u moves every sample with its class, h_i > 0", direction_product > 0),
    ),
    then=(
        Claim(
            "the linear programs prove a flip at t",
            quantity("all_points_value", r"\max_\mathrm{KKT} y_i N(x_i - t y_i u)") < 0,
        ),
        Claim("this point is flipped before that t", flip_threshold < quantity("all_points_flip", r"t_\mathrm{LP}")),
        Claim("own class sums below their bound", own <= quantity("own_upper", r"\mathrm{upper}_i")),
        Claim("own class sums above their bound", own >= quantity("own_lower", r"\mathrm{lower}_i")),
        Claim(
            "cross class sums below their bound", cross <= quantity("cross_upper", r"\mathrm{upper}_i^\mathrm{cross}")
        ),
    ),
    measure=measure,
    instances=families.DATASET_POINTS,
    proof=steps.ALL_POINTS_PROOF,
    basis="dataset",
    promised=30,
    mutants=(
        Mutant(
            "a fifth of the t",
            then=(Claim("flip at t/5", flip_threshold < quantity("all_points_flip", r"t_\mathrm{LP}") / 5),),
        ),
        Mutant("no cross sums", then=(Claim("cross <= 0", cross <= 0),)),
    ),
    does_not_claim="Nothing about other datasets; the certificate speaks about all KKT points of this one.",
)
