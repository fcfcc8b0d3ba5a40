"""The symbols in which the statements of kkt_margin are written, and the expressions they share.

Notation of Vardi, Yehudai, Shamir 2022 with uneven norms: samples x_i with labels y_i, lifted samples x~ = (x, 1) with
bias (b = 1) and x without (b = 0), u = sum_l y_l x_l. Quantities are documented where they are measured,
`verifiers.kkt_margin`; A^own and A^cross are the class sums of a_k P_ki over neurons of the sample's own and of the
opposite sign.
"""

from __future__ import annotations

from sympy import Abs, Eq, Max, Min, Rational

from theorems.claim import Claim, constant, quantity

n, d, b, c, p, q = (quantity(name) for name in "ndbcpq")
L, U = quantity("L"), quantity("U")
Delta = quantity("Delta")
m = quantity("opposite", "m_i")
norm_sq = quantity("norm_sq", "|x_i|^2")
lifted_norm_sq = quantity("lifted_norm_sq", "G_ii")
square_norm = quantity("square_norm", "D")
direction_norm_sq = quantity("direction_norm_sq", "|u|^2")
direction_product = quantity("direction_product", "h_i")
class_distance_sq = quantity("class_distance_sq", "dist_+-^2")

kkt_residual = quantity("kkt_residual", "residual")
multiplier = quantity("multiplier", "lambda_i")
multiplier_sq = quantity("multiplier_sq", "lambda_i^2")
multiplier_sum = quantity("multiplier_sum", "Sum(lambda)")
mass_sum = quantity("mass_sum", "Sum(v^2)")
margin = quantity("margin", "y_i N(x_i)")
own, cross = quantity("own", "A_i^own"), quantity("cross", "A_i^cross")
own_pull, own_push = quantity("own_pull", "R A^own"), quantity("own_push", "R_+ A^own")
cross_pull, cross_pressure = quantity("cross_pull", "R A^cross"), quantity("cross_pressure", "(-R)_+ A^cross")
cross_attraction = quantity("cross_attraction", "R_+ A^cross")
own_pull_unsigned = quantity("own_pull_unsigned", "G A^own")
own_push_reversed = quantity("own_push_reversed", "(-R)_+ A^own")

t = quantity("flip_time", "t")
flip_value = quantity("flip_value", "y_i N(x_i - t y_i u)")
late_time, late_value = quantity("late_time", "t"), quantity("late_value", "y_i N(x_i - t y_i u)")
bound_time_value = quantity("bound_time_value", "y_i N(x_i - t y_i u)")
linear_bound = quantity("linear_bound", "F_i(t)")
final_slope = quantity("final_slope", "slope_i")
flip_threshold = quantity("flip_threshold", "t_0i")
level_threshold = quantity("level_threshold", "t_1i")
neuron_speed, neuron_weight = quantity("neuron_speed", "w_k.u/v_k"), quantity("neuron_weight", "Lambda_k")
own_part, opposite_part = quantity("own_part", "N^own(t)"), quantity("opposite_part", "N^cross(t)")
unseen_value, unseen_slope = quantity("unseen_value", "sup y N(x - t y u)"), quantity("unseen_slope", "slope")
label_opposite = quantity("label_opposite", "n_-y")
radius_sq = quantity("radius_sq", "rho_i^2")
theta = quantity("theta")

r = q * (n - 1) / L
"""Near-orthogonality of the lifted samples: r = q (n - 1) / L."""

S = 1 / (L * (1 - r - r**2))
"""Upper bound of every A^own."""

A = (1 - 2 * r - r**2) / ((1 - r - r**2) * U)
"""Lower bound of every A^own, positive for r < sqrt(2) - 1."""

support_limit = constant("support_limit", 2, "derived", "C_s")
"""r < sqrt(support_limit) - 1 is the range of the main theorem; 2 gives sqrt(2) - 1."""

flip_factor = constant("flip_factor", 1, "derived", "C_t")
"""Factor on the flip threshold of the main theorem; 1 is attained by orthogonal data."""

C = constant("C", 7, "derived", "C")
"""Constant of the universal flip at level -1; the paper's order O(sqrt(d / (c^2 n)))."""

C_sign = constant("C_sign", "9/2", "derived", "C_sign")
"""The same constant when only the sign has to change."""

is_kkt_point = Claim("the network is a KKT point of the max-margin problem", kkt_residual <= Rational(1, 10**6))
both_classes = Claim("both classes are present", c > 0)
positive_delta = Claim("the direction u moves every sample against its class", Delta > 0)
nonzero_samples = Claim("no sample is zero", L > 0)
nearly_orthogonal = Claim("nearly orthogonal samples, r < sqrt(2) - 1", (1 + r) ** 2 < support_limit)

__all__ = ["A", "Abs", "C", "C_sign", "Claim", "Delta", "Eq", "L", "Max", "Min", "Rational", "S", "U"]
