"""The empirical claims about NTK features, decided on recorded runs: which points fooled which nets, which feature is
right where, how far kernels had moved.

What is claimed is about the record, in rational arithmetic; its entries are float64 evaluations of the runs. Signed
squares z |z| stand for statistics with a root. Claims about adversarial training, which did not hold as they were put,
are conjectures: `thinmargin train ntk_features` gives all with effect sizes, radii and the accuracies beside them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from sympy import Eq, Rational

from theorems.claim import Claim, constant, quantity
from theorems.ntk_features import run_families
from theorems.statement import Mutant, Proposition, Source
from verifiers.ntk_features import CATALOGUE, measure
from verifiers.ntk_features.quantities_runs import WIDE

PAPER = "Tsilivis, Kempe 2022 (arXiv 2210.05577)"

transfer_rate = quantity("transfer_rate", r"P_m(\mathrm{net fooled} | \mathrm{kernel fooled})")
wide_transfer_rate = quantity("wide_transfer_rate", r"\min_m P_m(\mathrm{net fooled} | \mathrm{kernel fooled})")
wide_noise_rate = quantity("wide_noise_rate", r"\max_m P_m(\mathrm{net fooled by signs} | \mathrm{kernel fooled})")
transfer_trend = quantity("transfer_trend", r"z_\mathrm{CA} |z_\mathrm{CA}|")
transfer_points_p = quantity("transfer_points_p", r"p_\mathrm{points}")
fooled_points = quantity("fooled_points", r"n_\mathrm{fooled}")
robustness_order = quantity("robustness_order", r"\rho |\rho|")
robustness_order_p = quantity("robustness_order_p", r"p_\rho")
test_points, random_labels = quantity("test_points", "T"), quantity("random_labels", r"\mathrm{coins}")
ranked_features = quantity("ranked_features", r"n_\mathrm{features}")
non_robust_useful_p = quantity("non_robust_useful_p", r"p_\mathrm{Bonferroni}")
eigenspace_overlap = quantity("eigenspace_overlap", r"|V_k^T V'_k|^2/k")
eigenspace_p = quantity("eigenspace_p", r"p_\mathrm{permutations}")
kernel_points = quantity("kernel_points", "n")
learning_order = quantity("learning_order", r"\rho |\rho|")
followed_features = quantity("followed_features", r"n_\mathrm{features}")
early_width = quantity("early_width", "m")

rate = constant("rate", "9/10", "recalled", r"C_\mathrm{rate}")
"""Share of nets fooled where the kernel is."""
order = constant("order", "49/100", "derived", r"C_\rho")
"""Signed square of the least rank correlation, 0.7^2."""
overlap = constant("overlap", "9/10", "derived", r"C_V")
"""Least overlap of leading eigenspaces."""
learning = constant("learning", "49/100", "measured", r"C_t")
"""Signed square of the least rank correlation with the law of learning, 0.7^2."""

_source = partial(Source, PAPER, provenance="recalled")
_proposition = partial(Proposition, measure=measure, catalogue=CATALOGUE, basis="runs")

perturbations_transfer = _proposition(
    "ntk_features.perturbations_transfer",
    title="Nets of width 1024 are fooled by nine tenths of the perturbations that fool the kernel, and wider ones more",
    source=_source(item="claim Q1, perturbations made from the NTK alone transfer"),
    given=(Claim("enough points", fooled_points >= 100),),
    then=(
        Claim("wide nets are fooled", wide_transfer_rate >= rate),
        Claim("more than by random signs", 2 * wide_noise_rate <= wide_transfer_rate),
        Claim("a trend in the width, z = 2", transfer_trend >= 4),
        Claim("point by point", transfer_points_p <= Rational(1, 100)),
    ),
    instances=(run_families.transfer_runs,),
    mutants=(
        Mutant("random signs do as well", then=(Claim("as well", wide_noise_rate >= rate),)),
        Mutant("nets of every width", then=(Claim("all of them", transfer_rate >= Rational(99, 100)),)),
    ),
    does_not_claim="Nothing about nets that are not taken less their start, about other data, or about stronger "
    "attacks; fooled means wrong in float64.",
)

robust_features_first = _proposition(
    "ntk_features.robust_features_first",
    title="Among the leading features, those of larger eigenvalues keep their sign under attack at more test points",
    source=_source(item="claim Q2, robust features have the top eigenvalues"),
    given=(Claim("enough features", ranked_features >= 30),),
    then=(
        Claim("rank correlation at least 0.7", robustness_order >= order),
        Claim("not by chance", robustness_order_p <= Rational(1, 1000000)),
    ),
    instances=(run_families.feature_runs, run_families.random_label_features),
    mutants=(
        Mutant("counted from the least eigenvalue", then=(Claim("the other way", robustness_order <= -order),)),
        Mutant("in exactly this order", then=(Claim("rank correlation one", robustness_order >= 1),)),
    ),
    promised=5,
    does_not_claim="Nothing about usefulness: random labels are among the instances, and order their features alike.",
)

non_robust_features_are_useful = _proposition(
    "ntk_features.non_robust_features_are_useful",
    title="Some feature that loses its sign at nineteen points of twenty is right more often than the majority label",
    source=_source(item="claim Q3, useful non-robust features exist"),
    given=(Claim("labels of the task", Eq(random_labels, 0)), Claim("enough points", test_points >= 1000)),
    then=(Claim("not by chance, corrected for all features", non_robust_useful_p <= Rational(1, 20)),),
    instances=(run_families.many_point_features,),
    mutants=(Mutant("far beyond chance", then=(Claim("p below 10^-30", non_robust_useful_p <= Rational(1, 10**30)),)),),
    does_not_claim="Nothing about single features beyond the first ones, most of which are at chance, nor about fewer "
    "than a thousand test points, where this is not resolved.",
)

random_labels_have_no_useful_feature = _proposition(
    "ntk_features.random_labels_have_no_useful_feature",
    title="Features of random labels, which are as robust, are of no use",
    source=Source(PAPER, "negative control of Q2 and Q3", "derived"),
    given=(Claim("labels are coins", Eq(random_labels, 1)),),
    then=(Claim("no feature beyond chance", non_robust_useful_p >= Rational(1, 1000)),),
    instances=(run_families.random_label_features,),
    mutants=(Mutant("nor ordered by robustness", then=(Claim("no order", robustness_order <= Rational(1, 10)),)),),
    promised=2,
    does_not_claim="Nothing for certain: one record in a thousand fails by the chance of its labels.",
)

features_agree = _proposition(
    "ntk_features.features_agree",
    title="Kernels of different architectures share their twenty leading eigenvectors up to a tenth",
    source=_source(item="claim Q4, features agree between architectures"),
    given=(Claim("enough points", kernel_points >= 100),),
    then=(
        Claim("overlap", eigenspace_overlap >= overlap),
        Claim("not by chance", eigenspace_p <= Rational(1, 100)),
    ),
    instances=(run_families.eigenspace_pairs,),
    mutants=(Mutant("the same eigenspaces", constants={"overlap": Fraction(1)}),),
    promised=4,
    does_not_claim="Nothing about single eigenvectors, whose eigenvalues may be close, nor about later ones.",
)

learned_in_order = _proposition(
    "ntk_features.learned_in_order",
    title="Wide nets learn features in the order of the eigenvalues of the kernel",
    source=_source(item="claim Q5, robust features are learned early"),
    given=(Claim("wide", early_width >= WIDE), Claim("enough features", followed_features >= 50)),
    then=(Claim("rank correlation with the law at least 0.7", learning_order >= learning),),
    instances=(run_families.early_runs,),
    mutants=(Mutant("as the law says", constants={"learning": Fraction(1)}),),
    does_not_claim="Nothing about single features: ratios of those with little energy in the labels scatter widely.",
)

STATEMENTS = (perturbations_transfer, robust_features_first, non_robust_features_are_useful,
              random_labels_have_no_useful_feature, features_agree, learned_in_order)  # fmt: skip
