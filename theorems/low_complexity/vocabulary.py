"""The symbols in which the statements of low_complexity are written; quantities are documented where measured.

u = (1, ..., 1)/sqrt(d), c = <w, u>; y <w, x> has mean c m and variance A - s c^2 for every unit w.
"""

from __future__ import annotations

from sympy import Eq, Rational

from theorems.claim import Claim, abbreviation, constant, quantity

d, k = quantity("d"), quantity("k")
tau, gap = quantity("tau", r"\tau"), quantity("margin_gap", r"\gamma")
noise, heavy = quantity("noise", r"\sigma_x"), quantity("heavy", "h")
scale_free = quantity("scale_free", r"\mathrm{scale}")
maximum_norm = quantity("maximum_norm", r"\mathrm{maximum}")
mean_sq, across, spread = quantity("mean_sq", "m^2"), quantity("across", "A"), quantity("variance_fall", "s")
acceptance = quantity("acceptance", r"P(\mathrm{kept})")
cosine, cosine_bound = quantity("cosine", "c"), quantity("cosine_bound", r"\mathrm{Cantelli}(c)")

accuracy = quantity("accuracy", r"\mathrm{RA}(f)")
odd_accuracy = quantity("odd_accuracy", r"\mathrm{RA}(f_\mathrm{odd})")
enumerated_accuracy = quantity("enumerated_accuracy", r"\mathrm{RA}_\mathrm{points}(f)")
sampled_accuracy = quantity("sampled_accuracy", r"\mathrm{RA}_\mathrm{draws}(f)")
unscaled_accuracy = quantity("unscaled_accuracy", r"\mathrm{RA}_{|w|=1}(f)")
unconditional_accuracy = quantity("unconditional_accuracy", r"\mathrm{RA}_{\gamma=0}(f)")
direction_accuracy = quantity("direction_accuracy", r"\mathrm{RA}(w^*)")
best_set_accuracy = quantity("best_set_accuracy", r"\max_T \mathrm{RA}(1_T)")

linear_bound = quantity("linear_bound", r"\Lambda(\tau)")
maximum_bound = quantity("maximum_bound", r"\Lambda_\mathrm{max}(\tau)")
product_bound = quantity("product_bound", r"\Lambda_\mathrm{product}(\tau)")
variance_bound = quantity("variance_bound", r"\Lambda_\mathrm{k/d}(\tau)")
direction_bound = quantity("direction_bound", r"\mathrm{Cantelli}(1)")

c1, c3, c5, c7 = (quantity(f"c{power}", f"c_{power}") for power in (1, 3, 5, 7))
degree = quantity("degree", r"\mathrm{deg}(p)")
light_ratio, heavy_value = quantity("light_ratio", "p(a)/a"), quantity("heavy_value", "p(1)")
light_slope, heavy_slope = quantity("light_slope", "p'(a)"), quantity("heavy_slope", "p'(1)")
node_count, node_error = quantity("node_count", "s"), quantity("node_error", r"\max|p(a)/a-1|")
outer_slope, inner_slope = quantity("outer_slope", r"\max|p'(a_i)|"), quantity("inner_slope", "p'(a_1)")
heavy_agreement = quantity("heavy_agreement", r"P(\mathrm{sign} = y)")
hinge_risk, hinge_bound = quantity("hinge_risk", r"R(w)"), quantity("hinge_bound", r"\sum\alpha_i/n")

class_degree, coordinates = quantity("class_degree", "q"), quantity("coordinates", "d")
menu_sparsity, log_sparsity = quantity("menu_sparsity", "k"), quantity("log_sparsity", r"\mathrm{octaves}")
menu_radius, excess = quantity("menu_radius", r"\tau"), quantity("excess", r"\max|\delta|^2-\tau^2")
menu_bound, menu_risk = quantity("menu_bound", r"\sum\alpha/n"), quantity("menu_risk", r"R_n(f)")
symmetrised_risk = quantity("symmetrised_risk", r"R_G(f)")
least_risk, frozen_least_risk = quantity("least_risk", r"\min R_G"), quantity("frozen_least_risk", r"\min R_n(f_v)")
class_rank = quantity("class_rank", r"\mathrm{dim}")
averaged_rank = quantity("averaged_rank", r"\mathrm{dim}_\mathrm{averaged}")
odd_partitions, free_partitions = quantity("odd_partitions", "P_d(q)"), quantity("free_partitions", "P(q)")

gate_count, frozen_limit = quantity("gate_count", "r"), quantity("frozen_limit", "B")
least_multiplier = quantity("least_multiplier", r"\min\alpha")
smallest_total = quantity("smallest_total", r"\min_i\sum_a\alpha_{ia}")
largest_total = quantity("largest_total", r"\max_i\sum_a\alpha_{ia}")
frozen_mass, frozen_bound = quantity("frozen_mass", r"\sum\alpha/n"), quantity("frozen_bound", "R_B")
frozen_risk, worst_margin = quantity("frozen_risk", "R_n(f_v)"), quantity("worst_margin", r"\mathrm{margin}_n(f_v)")
frozen_norm_sq, moment_sq = quantity("frozen_norm_sq", "|v|^2"), quantity("moment_sq", "|z|^2")
still_moment_sq = quantity("still_moment_sq", r"|z_{\delta=0}|^2")
any_norm_bound = quantity("any_norm_bound", r"R_\mathrm{any}")

moment_factor = constant("moment_factor", 1, "derived", "C_z")
"""Factor on |v|^2 |z|^2 in the bounds over all models with the same frozen gates."""

menu_factor = constant("menu_factor", 1, "derived", "C_S")
"""Factor on the least hinge risk of the polynomials of a degree."""

octave_factor = constant("octave_factor", "4/5", "guessed", "C_6")
"""Octaves of the law, counted as log_2 k, that a polynomial needs per degree to be lost."""

cantelli_factor = constant("cantelli_factor", 1, "derived", "C_V")
"""Factor on the bound over all linear classifiers."""

mirror_factor = constant("mirror_factor", "1/2", "derived", "C_m")
"""What the even part of a model can be worth: the accuracy of a constant."""

degree_two_bound = abbreviation("degree_two_bound", mirror_factor * (1 + linear_bound), r"\Lambda_2(\tau)")

euclidean = Claim("perturbations in l2", Eq(maximum_norm, 0))
in_maximum_norm = Claim("perturbations in the maximum norm", Eq(maximum_norm, 1))
a_radius = Claim("a radius", tau >= 0)
reference_law = (
    Claim("d = 256", Eq(d, 256)),
    Claim("k = 5", Eq(k, 5)),
    Claim("draws with |<w*, z>| >= 99/100", Eq(gap, Rational(99, 100))),
)
scale_free_law = (
    Claim("d = 256", Eq(d, 256)),
    Claim("k = 20", Eq(k, 20)),
    Claim("draws with |<w*, z>| >= 4/5", Eq(gap, Rational(4, 5))),
    Claim("magnitudes of equal energy per octave", Eq(scale_free, 1)),
)
