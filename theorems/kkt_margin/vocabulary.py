"""The symbols in which the statements of kkt_margin are written, and the expressions they share.

Notation of Vardi, Yehudai, Shamir 2022 with uneven norms: samples x_i with labels y_i, lifted samples x~ = (x, 1) with
bias (b = 1) and x without (b = 0), u = sum_l y_l x_l. Quantities are documented where they are measured,
`verifiers.kkt_margin`; A^own and A^cross are the class sums of a_k P_ki over neurons of the sample's own and of the
opposite sign.
"""

from __future__ import annotations

from sympy import Rational

from theorems.claim import Claim, abbreviation, constant, quantity

n, d, b, c, p, q = (quantity(name) for name in "ndbcpq")
L, U = quantity("L"), quantity("U")
Delta = quantity("Delta", r"\Delta")
m = quantity("opposite", "m_i")
norm_sq = quantity("norm_sq", "|x_i|^2")
lifted_norm_sq = quantity("lifted_norm_sq", "G_{ii}")
square_norm = quantity("square_norm", "D")
direction_norm_sq = quantity("direction_norm_sq", "|u|^2")
direction_product = quantity("direction_product", "h_i")
class_distance_sq = quantity("class_distance_sq", r"\mathrm{dist}^2")

kkt_residual = quantity("kkt_residual", r"\mathrm{residual}")
network_residual = quantity("network_residual", r"\mathrm{residual}_W")
balance_defect = quantity("balance_defect", r"\mathrm{E1}_j")
unit_defect = quantity("unit_defect", r"\mathrm{E3}_j")
gradient_norm = quantity("gradient_norm", r"|\mathrm{grad}_i|")
merge_defect = quantity("merge_defect", r"\mathrm{E5}_i")
multiplier = quantity("multiplier", r"\lambda_i")
multiplier_sq = quantity("multiplier_sq", r"\lambda_i^2")
multiplier_sum = quantity("multiplier_sum", r"\sum\lambda")
mass_sum = quantity("mass_sum", r"\sum v^2")
margin = quantity("margin", "y_i N(x_i)")
own, cross = quantity("own", r"A_i^\mathrm{own}"), quantity("cross", r"A_i^\mathrm{cross}")
own_pull, own_push = quantity("own_pull", r"(R A^\mathrm{own})_i"), quantity("own_push", r"(R_+ A^\mathrm{own})_i")
cross_pull = quantity("cross_pull", r"(R A^\mathrm{cross})_i")
cross_pressure = quantity("cross_pressure", r"((-R)_+ A^\mathrm{cross})_i")
cross_attraction = quantity("cross_attraction", r"(R_+ A^\mathrm{cross})_i")
own_pull_unsigned = quantity("own_pull_unsigned", r"(G A^\mathrm{own})_i")
own_push_reversed = quantity("own_push_reversed", r"((-R)_+ A^\mathrm{own})_i")

tau = quantity("flip_tau", r"\tau")
"""tau = t Delta: time along the flip path in units of squared length."""
flip_value = quantity("flip_value", "y_i N(x_i - t y_i u)")
late_tau, late_value = quantity("late_tau", r"\tau"), quantity("late_value", "y_i N(x_i - t y_i u)")
bound_time_value = quantity("bound_time_value", "y_i N(x_i - t y_i u)")
linear_bound = quantity("linear_bound", "F_i(t)")
final_slope = quantity("final_slope", r"\mathrm{slope}_i")
flip_threshold = quantity("flip_threshold", "t_{0,i}")
level_threshold = quantity("level_threshold", "t_{1,i}")
neuron_speed, neuron_weight = quantity("neuron_speed", r"v_k w_k\cdot u"), quantity("neuron_weight", r"v_k^2 \Lambda_k")
own_part = quantity("own_part", r"N_i^\mathrm{own}(t)")
opposite_part = quantity("opposite_part", r"N_i^\mathrm{cross}(t)")
cross_pair, own_pair = quantity("cross_pair", "a_k G_{ii} P_{ki}"), quantity("own_pair", "a_k P_{ki}")
cross_pair_pressure = quantity("cross_pair_pressure", r"a_k ((-R)_+ P_k)_i")
cross_activation = quantity("cross_activation", r"|v_k| (w_k\cdot x_i + b_k)")
cross_weight = quantity("cross_weight", r"a_k \sum_{l\ne i} P_{kl}")
own_activation = quantity("own_activation", r"|v_k| (w_k\cdot(x_i - t y_i u) + b_k)")
unseen_value, unseen_slope = (
    quantity("unseen_value", r"\sup_x y N(x - t y u)"),
    quantity("unseen_slope", r"\mathrm{slope}_y"),
)
label_opposite = quantity("label_opposite", "n_{-y}")
radius_sq = quantity("radius_sq", r"\rho_i^2")
theta = quantity("theta", r"\theta")

r = abbreviation("r", q * (n - 1) / L)
"""Near-orthogonality of the lifted samples: r = q (n - 1) / L."""

S = abbreviation("S", 1 / (L * (1 - r - r**2)))
"""Upper bound of every A^own."""

A = abbreviation("A", (1 - 2 * r - r**2) / ((1 - r - r**2) * U))
"""Lower bound of every A^own, positive for r < sqrt(2) - 1."""

support_limit = constant("support_limit", 2, "derived", "C_s")
"""r < sqrt(support_limit) - 1 is the range of the main theorem; 2 gives sqrt(2) - 1."""

flip_factor = constant("flip_factor", 1, "derived", "C_t")
"""Factor on the flip threshold of the main theorem; 1 is attained by orthogonal data."""

C = constant("C", 7, "derived", "C")
"""Constant of the universal flip at level -1; the paper's order O(sqrt(d / (c^2 n)))."""

C_sign = constant("C_sign", "9/2", "derived", r"C_\mathrm{sign}")
"""The same constant when only the sign has to change."""

orthogonality_factor = constant("orthogonality_factor", 3, "derived", "C_o")
"""n (p + b) <= d / orthogonality_factor is the paper's hypothesis."""

is_kkt_point = Claim("the network is a KKT point of the max-margin problem", kkt_residual <= Rational(1, 10**6))
both_classes = Claim("both classes are present", c > 0)
positive_delta = Claim("the direction u moves every sample against its class", Delta > 0)
nonzero_samples = Claim("no sample is zero", L > 0)
nearly_orthogonal = Claim("nearly orthogonal samples, r < sqrt(2) - 1", (1 + r) ** 2 < support_limit)
