"""The symbols in which the statements of feature_purification are written, and the constants that may move.

Notation of Allen-Zhu and Li 2020 in finite dimension: f(x) = sum_i a_i phi_{b_i}(<w_i, x>) with the symmetric ReLU
phi_b(t) = (t - b)_+ - (-t - b)_+, h_i = y <w_i, x>, radius tau. Quantities are documented where they are measured,
`verifiers.feature_purification`.
"""

from __future__ import annotations

from sympy import Eq, Rational, sqrt

from theorems.claim import Claim, abbreviation, constant, quantity

PAPER = "Allen-Zhu, Li 2020 (arXiv 2005.10190)"

d, tau, norm = quantity("d"), quantity("tau", r"\tau"), quantity("norm", "p")
width = quantity("width", "m")
margin = quantity("margin", "y f(x)")
attack_value = quantity("attack_value", r"y f(x + \delta)")
robust_accuracy = quantity("robust_accuracy", r"\mathrm{RA}")
energy = quantity("energy", "E")
multiplier = quantity("multiplier", "q")
psi_sum = quantity("psi_sum", r"\sum_i \psi_i(q)")
psi_sum_smooth = quantity("psi_sum_smooth", r"\sum_i \psi_i^0(q)")
dual_bound = quantity("dual_bound", r"\max_q[\sum_i \psi_i(q) - q E]")
schur_dual_bound = quantity("schur_dual_bound", r"B_\mathrm{Schur}")
program_dual_bound = quantity("program_dual_bound", r"B_\mathrm{SDP}")
spectral_bound, rayleigh = quantity("spectral_bound", "t"), quantity("rayleigh", "|W v|^2/|v|^2")
activation = quantity("activation", r"\phi(h_i)")
mirrored_activation = quantity("mirrored_activation", r"\phi(-h_i)")
shifted_activation, shift = quantity("shifted_activation", r"\phi(h_i + u)"), quantity("shift", "u")

F, A = quantity("pure_value", "F"), quantity("active", "A")
gap, sharp_gap = quantity("gap", "b'"), quantity("sharp_gap", r"b'_+")
spread, sharp_spread = quantity("spread", r"N_0"), quantity("sharp_spread", r"N_+")
pure_least = quantity("pure_least", r"\sum_j \phi_b(y x_j + y \delta_j)")
pure_dual = quantity("pure_dual", r"B(q_N)")
least_active_height = quantity("least_active_height", r"\min_{x_j > b}(x_j - b)")
largest_noise = quantity("largest_noise", r"\max_{|x_j| \le b}|x_j|")
N = quantity("coordinates", "N")

D = abbreviation("D", tau * sqrt(spread) - (spread - A) * gap)
"""What a pure network can lose: N_0 = (tau/(2 b'))^2, brought into [A, d], coordinates are best attacked."""

D_sharp = abbreviation("D_sharp", tau * sqrt(sharp_spread) - (sharp_spread - A) * sharp_gap, "D_+")

dense_step = quantity("dense_step", r"\eta")
dense_direction_sq = quantity("dense_direction_sq", "|v|^2")
drift = quantity("drift", "t_i")
dense_value = quantity("dense_value", r"y f(x - y \eta v)")
dense_bound = quantity("dense_bound", r"B_v(x)")
dense_bound_open = quantity("dense_bound_open", r"B_v^0(x)")
gate_changes = quantity("gate_changes", r"\mathrm{gates changed}")

law_dimension, density = quantity("law_dimension", "d"), quantity("density", "p")
least_count, acceptance = quantity("least_count", "t"), quantity("acceptance", r"P(|S_d| \ge t)")
gradient_pure = quantity("gradient_pure", r"k^{1/2} g_\alpha")
gradient_dense = quantity("gradient_dense", r"k^{1/2} g_\beta")
closed_pure = quantity("closed_pure", r"p P(t-1 \le S_{d-1} \le t)/P(|S_d| \ge t)")
closed_dense = quantity("closed_dense", r"p^2 P(t-2 \le S_{d-2} \le t+1)/(2 P(|S_d| \ge t))")
mean_margin, mean_support = quantity("mean_margin", r"E|S_d|"), quantity("mean_support", r"E N_z")

sure_chance, potential_chance = quantity("sure_chance", r"P(\mathrm{sure})"), quantity("potential_chance",
                                                                                       r"P(\mathrm{pot})")
sure_expected, sure_empty = quantity("sure_expected", r"E|S_\mathrm{sure}|"), quantity(
    "sure_empty", r"P(|S_\mathrm{sure}| = 0)")
sure_somewhere = quantity("sure_somewhere", r"d P(\mathrm{sure})")
initial_width = quantity("initial_width", "m")

top_sq, dense_sq = quantity("top_sq", r"\mathrm{top}_i^2"), quantity("dense_sq", r"\mathrm{dense}_i^2")
residual_sq = quantity("residual_sq", r"\mathrm{res}_i^2")
naive_residual_sq = quantity("naive_residual_sq", r"1 - \mathrm{top}_i^2 - \mathrm{dense}_i^2")
projected_residual_sq = quantity("projected_residual_sq", r"\mathrm{dist}(w_i, \mathrm{span}(e_j, u))^2/|w_i|^2")
features = quantity("features", "d")
clean_sq, along_sq, rest_sq = (
    quantity("clean_sq", "|w_i|^2"),
    quantity("along_sq", r"|\beta_i w'_i|^2"),
    quantity("rest_sq", "|v_i|^2"),
)
clean_cosine_sq = quantity("clean_cosine_sq", r"\mathrm{cos}(w_i, w'_i)^2")

energy_factor = constant("energy_factor", 1, "derived", "C_E")
"""Factor on the energy in Theorem C."""

drop_factor = constant("drop_factor", 1, "derived", "C_D")
"""Factor on D(tau) in Theorem P; 1 is attained by noise-free points."""

drift_factor = constant("drift_factor", 1, "derived", "C_N")
"""Factor on the fall along the dense direction in Theorem N; 1 is attained while no gate changes."""

dense_factor = constant("dense_factor", 1, "derived", r"C_\beta")
"""Factor on the closed form of the dense part of one gradient step."""

lipschitz = constant("lipschitz", 1, "derived", r"C_\phi")
"""Slope of the symmetric ReLU."""

rounding = constant("rounding", "1/1000000000", "derived", r"\epsilon")
"""What a rational radius or multiplier may lose against an irrational one."""

sparsity, kappa = quantity("sparsity", "k"), quantity("kappa", r"\kappa")
trained_radius, ramp = quantity("trained_radius", r"\tau_\mathrm{train}"), quantity("ramp", r"\mathrm{ramp}")
clean_recipe = (
    Claim("clean training", Eq(trained_radius, 0)),
    Claim("five nonzero codes", Eq(sparsity, 5)),
    Claim("kappa at most 1/5", kappa <= Rational(1, 5)),
)
adversarial_recipe = (
    Claim("trained at radius 1/4", trained_radius >= Rational(1, 4)),
    Claim("with a ramp", ramp >= Rational(1, 4)),
    Claim("five nonzero codes", Eq(sparsity, 5)),
    Claim("kappa 1/5", Eq(kappa, Rational(1, 5))),
)
"""Recipes of the runs that propositions speak about; a network without a recipe is none of them."""

on_the_euclidean_ball = Claim("Euclidean ball", Eq(norm, 2))
on_the_cube = Claim("ball of the largest coordinate", Eq(norm, 0))
right_side = Claim("the point is on its side, F > 0", F > 0)
positive_radius = Claim("positive radius", tau > 0)
