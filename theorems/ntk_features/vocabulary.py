"""The symbols in which the statements of ntk_features are written; quantities are documented where measured."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from sympy import Eq, Rational

from theorems.claim import Claim, constant, quantity
from theorems.statement import Source
from verifiers import tolerances

PAPER = "Tsilivis, Kempe 2022 (arXiv 2210.05577)"
source = partial(Source, PAPER, provenance="derived")


def _rational(value: float) -> Rational:
    exact = Fraction(value).limit_denominator(10**30)
    return Rational(exact.numerator, exact.denominator)


FEATURE, IDENTITY = _rational(tolerances.FEATURE), _rational(tolerances.IDENTITY)

# kernels on data
depth, weight_sq = quantity("depth", "L"), quantity("weight_sq", r"\sigma_w^2")
bias_sq, divisor = quantity("bias_sq", r"\sigma_b^2"), quantity("divisor", "D")
tangent, samples, pi = quantity("tangent", r"\mathrm{NTK}"), quantity("samples", "n"), quantity("pi", r"\mathrm{pi}")
interpolates = quantity("interpolates", r"\mathrm{interpolates}")
label_error, sphere_error = quantity("label_error", r"\max||y|-1|"), quantity("sphere_error", r"\max||x|^2-1|")
least_sine_sq, least_pivot = quantity("least_sine_sq", r"\min\mathrm{sin}^2"), quantity("least_pivot", r"\min d_j")
ntk_diagonal, closed_diagonal = quantity("ntk_diagonal", "T(x_j,x_j)"), quantity("closed_diagonal", r"\sum_l q_l")
plain_diagonal = quantity("plain_diagonal", r"\mathrm{float}(T(x_j,x_j))")
undivided_diagonal = quantity("undivided_diagonal", r"T_{D=1}(x_j,x_j)")
euler_error = quantity("euler_error", r"|Df\cdot x-f|")
scaling_error = quantity("scaling_error", "|k(2x,x')-2k(x,x')|")
function_norm_sq = quantity("function_norm_sq", "|f|_H^2")
coefficient_norm_sq = quantity("coefficient_norm_sq", r"|\alpha|_2^2")
coefficient_sum = quantity("coefficient_sum", r"|\alpha|_1")
value_gap_sq, value_gap = quantity("value_gap_sq", "(f(x)-f(x_j))^2"), quantity("value_gap", "|f(x)-f(x_j)|")
distance_sq, angle = quantity("distance_sq", "d_K(x,x_j)^2"), quantity("angle", r"\theta(x,x_j)")
certified_angle = quantity("certified_angle", r"\theta_\mathrm{cert}")
flip_angle = quantity("flip_angle", r"\theta_\mathrm{flip}")
nngp_lipschitz_sq = quantity("nngp_lipschitz_sq", r"\sigma_w^2/D(\sigma_w^2/2)^L")
input_distance_sq, nngp_distance_sq = quantity("input_distance_sq", "|x-x_j|^2"), quantity("nngp_distance_sq", "d_N^2")
moved_bound_sq = quantity("moved_bound_sq", r"\mathrm{bound}(d_K^2)")
certified_input_radius = quantity("certified_input_radius", r"\rho_\mathrm{cert}")
flip_length = quantity("flip_length", r"|\delta_\mathrm{flip}|")
opposite_distance_sq = quantity("opposite_distance_sq", "d_K(x_i,x_j)^2")
cluster_low, cluster_high = quantity("cluster_low", r"\lambda_c^-"), quantity("cluster_high", r"\lambda_c^+")
feature_norm_sq = quantity("feature_norm_sq", "|f_c|_H^2")
feature_gap_sq = quantity("feature_gap_sq", "(f_c(x)-f_c(x_j))^2")
mean_radius_sq = quantity("mean_radius_sq", "R_c^2")
feature_sum_error = quantity("feature_sum_error", r"|\sum P_c y-y|")
feature_overlap = quantity("feature_overlap", r"\max|\mathrm{cos}(f_c,f_e)|")

# exact spectra
orthonormality, least_energy = quantity("orthonormality", "|V^TV-I|"), quantity("least_energy", r"\min|v_i^Ty|")
eigenvalue, spectral_samples = quantity("eigenvalue", r"\lambda_i"), quantity("spectral_samples", "n")
part_error, sum_error = quantity("part_error", "|f_i(X)-v_i^Ty v_i|"), quantity("sum_error", r"|\sum f_i(X)-y|")
part_overlap = quantity("part_overlap", r"\max|\mathrm{inner}(f_i,f_k)|")
part_norm_sq, part_energy = quantity("part_norm_sq", "|f_i|_H^2"), quantity("part_energy", r"(v_i^Ty)^2/\lambda_i")
reversed_energy = quantity("reversed_energy", r"(v_i^Ty)^2/\lambda_{n+1-i}")
interpolant_norm_sq = quantity("interpolant_norm_sq", "y^TK^{-1}y")
part_norm_sum = quantity("part_norm_sum", r"\sum|f_i|_H^2")
schur_complement = quantity("schur_complement", "k(x,x)-k^TK^{-1}k")
part_gap_sq = quantity("part_gap_sq", "(f_i(x)-f_i(x_j))^2")
part_distance_sq = quantity("part_distance_sq", "d_K(x,x_j)^2")
part_radius_sq, step_ratio = quantity("part_radius_sq", "R_i^2"), quantity("step_ratio", r"\eta\lambda_1")
descent_share, descent_factor = quantity("descent_share", "r_i"), quantity("descent_factor", r"(1-\eta\lambda_i)^8")
flow_factor, flow_order = quantity("flow_factor", r"e^{-8\eta\lambda_i}"), quantity("flow_order", "e_{i+1}/e_i")
ridge_share, ridge_factor = quantity("ridge_share", r"r_i^\mu"), quantity("ridge_factor", r"\mu/(\lambda_i+\mu)")
norm_growth = quantity("norm_growth", "|f_k|_H^2-|f_{k-1}|_H^2")
truncated_residual_sq = quantity("truncated_residual_sq", "|y-f_k(X)|^2")
tail_energy = quantity("tail_energy", r"\sum_{i>k}(v_i^Ty)^2")
truncated_value = quantity("truncated_value", "|f_k(x)|")
circle_count, circle_depth = quantity("circle_count", "n"), quantity("circle_depth", "L")
circle_bias, circle_eigenvalue = quantity("circle_bias", r"\sigma_b^2"), quantity("circle_eigenvalue", r"\lambda_k")
odd_eigenvalue = quantity("odd_eigenvalue", r"|\lambda_{odd}|")
transform_error = quantity("transform_error", r"|Ku-\lambda u|")
kept_margin, kept_norm_sq = quantity("kept_margin", r"\min y_jf_k(x_j)"), quantity("kept_norm_sq", "|f_k|_H^2")
label_margin, kept_value = quantity("label_margin", r"\min y_j^2"), quantity("kept_value", "yf_k(x)")
further_value, further_ratio_sq = quantity("further_value", "yf(x)"), quantity("further_ratio_sq", r"f_i(x)^2/|f_i|^2")
further_square, largest_square = quantity("further_square", "k(x,x)"), quantity("largest_square", r"\max k(x_j,x_j)")
relative_radius_sq = quantity("relative_radius_sq", "R_L^2")
deeper_radius_sq = quantity("deeper_radius_sq", "R_{L+1}^2")

# matrices
inner_product = quantity("inner_product", r"\mathrm{tr}KK'")
first_sq = quantity("first_sq", "|K|^2")
second_sq = quantity("second_sq", "|K'|^2")
difference_sq = quantity("difference_sq", "|K'-K|^2")
kernel_distance = quantity("kernel_distance", r"1-\mathrm{sim}")
kernel_angle = quantity("kernel_angle", r"\theta(K,K')")
centred_distance = quantity("centred_distance", r"1-\mathrm{sim}_H")
leading_angle = quantity("leading_angle", r"\mathrm{apart}(a_1,b_1)")
first_leading, second_leading = quantity("first_leading", r"\lambda_1"), quantity("second_leading", r"\lambda_1'")
ridge_value, mislabelled_value = quantity("ridge_value", "f(x)"), quantity("mislabelled_value", "f'(x)")
label_energy, student_step = quantity("label_energy", "y^TA^{-1}y"), quantity("student_step", r"\epsilon")
normal_overlap = quantity("normal_overlap", r"\max|x_j\cdot n|")
query_overlap = quantity("query_overlap", r"|x\cdot n|")
normal_sq = quantity("normal_sq", "|n|^2")

# angles, steps, transfer, width
cone_ratio = quantity("cone_ratio", r"\sup\mathrm{cone}")
square_ratio = quantity("square_ratio", r"\sup\mathrm{square}")
nngp_ratio, largest_slope = quantity("nngp_ratio", "sup(d/t)^2"), quantity("largest_slope", "sup|T'(t)|")
best_change, dual_drop = quantity("best_change", r"\min_s y g\cdot s"), quantity("dual_drop", r"\epsilon|g|_1")
sign_change, other_change = quantity("sign_change", r"y g\cdot\delta"), quantity("other_change", r"y g\cdot\delta_k")
other_size = quantity("other_size", r"|\delta_k|_\mathrm{max}")
other_length_sq = quantity("other_length_sq", r"|\delta_k|^2")
gradient_sq, l2_change_sq = quantity("gradient_sq", "|g|^2"), quantity("l2_change_sq", r"(y g\cdot\delta)^2")
step_radius, level = quantity("step_radius", r"\epsilon"), quantity("level", "q")
network_fooled = quantity("network_fooled", r"P(\mathrm{net})")
kernel_fooled = quantity("kernel_fooled", r"P(\mathrm{kernel})")
both_fooled, kernel_beyond = quantity("both_fooled", r"P(\mathrm{both})"), quantity("kernel_beyond", r"P(-yf>\tau_q)")
kernel_beyond_clean = quantity("kernel_beyond_clean", r"P(-yf>\tau_q^\mathrm{clean})")
net_width, deviation, both_chance = quantity("net_width", "m"), quantity("deviation", "t"), quantity("both_chance", "p")
binomial_tail, mean_kernel = quantity("binomial_tail", "P(|B/m-p|>=t)"), quantity("mean_kernel", "E(K_m)")
mean_error = quantity("mean_error", r"|4E(K_m)-(T_1-K_1)|")
hidden_part, both_on = quantity("hidden_part", "T_1-K_1"), quantity("both_on", "B")

cone = constant("cone", 4, "derived", "C_1")
"""pi times the factor of the angle in d_K^2 of the NTK: the leading constant 4/pi is exact."""

square = constant("square", 4, "derived", "C_2")
"""Factor of the squared angle in d_K^2 of the NTK."""

nngp = constant("nngp", 2, "derived", "C_3")
"""Factor of the squared angle in d_K^2 of the NNGP."""

slope = constant("slope", "2.6406737065982", "derived", "B")
"""Largest slope of the NTK in the angle."""

norm_factor = constant("norm_factor", 1, "derived", "C_H")
"""Factor on |f|_H^2 d_K^2 in the certificate."""

lipschitz = constant("lipschitz", 1, "derived", "C_L")
"""Factor on the squared Lipschitz constant of the NNGP distance."""

hoeffding = constant("hoeffding", 2, "derived", "C_m")
"""Factor of m t^2 in the exponent of Hoeffding's bound."""

rotation = constant("rotation", 1, "derived", "C_E")
"""Factor of |E|_F^2/|K|_F^2 in the bound on the squared sine."""

unit_kernel = (
    Claim("one hidden layer", Eq(depth, 1)),
    Claim("sigma_w^2 = 2", Eq(weight_sq, 2)),
    Claim("no bias", Eq(bias_sq, 0)),
    Claim("divisor 1", Eq(divisor, 1)),
    Claim("unit sphere", Eq(sphere_error, 0)),
)
an_ntk, an_nngp = Claim("the NTK", Eq(tangent, 1)), Claim("the NNGP kernel", Eq(tangent, 0))
a_basis = Claim("orthonormal eigenvectors", Eq(orthonormality, 0))
all_present = Claim("no feature is absent", least_energy > 0)
a_kernel = Claim("the further point belongs to a kernel", schur_complement >= 0)
