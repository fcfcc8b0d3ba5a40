"""KKT points of the max-margin problem of depth-2 ReLU networks are non-robust (Vardi, Yehudai, Shamir 2022).

**Statement.** Every network that satisfies the KKT conditions of min |theta|^2/2 s.t. y_i N(x_i) >= 1 is flipped at
every sample by one direction, u = sum_l y_l x_l, of size O(sqrt(d/(c^2 n))), although robust networks exist for the
same data (`robust_networks`).
**Hypotheses.** Nearly orthogonal samples: r = q (n - 1)/L < sqrt(2) - 1 (`main_theorem`); none for the per-point lemmas
(`lemmas`); a spectral radius below one for the certificate that covers all KKT points of a dataset (`beyond`).
**Conclusions.** Upper bounds on flip thresholds, matching lower bounds on robust radii, both with explicit constants.
**Constants.** All derived here; what the paper states but could not be read is reported, never asserted.
**What is checked.** Closed forms and +-1 data in rational arithmetic; other points in a box proved to contain an exact
KKT point; trained networks likewise after Newton's polish, numerically otherwise.
**What is not.** That gradient flow converges to a KKT point (Lyu and Li 2019, Ji and Telgarsky 2020) is cited.
"""

from dataclasses import replace

from theorems.kkt_margin import beyond, lemmas, main_theorem, random_signs, robust_networks, sphere
from theorems.kkt_margin.grounds import searchable
from theorems.statement import Statement
from verifiers.kkt_margin import CATALOGUE
from verifiers.kkt_margin.certify import certify


def _complete(statement: Statement) -> Statement:
    return searchable(replace(statement, catalogue=CATALOGUE, certify=certify))


STATEMENTS: tuple[Statement, ...] = (
    *(
        _complete(statement)
        for statement in (
            robust_networks.half_gap,
            robust_networks.any_threshold,
            robust_networks.orthogonal_optimum,
            robust_networks.quarter_threshold,
            main_theorem.main,
            main_theorem.weak,
            main_theorem.universal_flip,
            main_theorem.unseen,
            beyond.radius_lower_bound,
            beyond.radius_by_multipliers,
            beyond.flip_rate,
            beyond.clusters,
            beyond.all_points,
            lemmas.multiplier_identity,
            lemmas.cross_bound,
            lemmas.upper_bound,
            lemmas.lower_bound,
            lemmas.mixed_lower_bound,
            lemmas.flip_bound,
            lemmas.direction_monotone,
            lemmas.class_sums,
            lemmas.parts,
            lemmas.pairs,
            lemmas.balance,
            lemmas.unit_neurons,
            lemmas.gradient_form,
            lemmas.merging,
        )
    ),
    sphere.sphere_correlations,
    random_signs.wide_signs,
    random_signs.narrow_signs,
)
