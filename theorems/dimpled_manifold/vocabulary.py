"""The symbols in which the statements of dimpled_manifold are written; quantities are documented where measured.

P is the subspace of the data, l its codimension, G the part of the first-layer weights orthogonal to P. Radii enter by
their inverse squares, which are 0 where no perturbation changes the sign.
"""

from __future__ import annotations

from functools import partial

from sympy import Eq

from theorems.claim import Claim, constant, quantities, quantity
from theorems.statement import Source

DM = "Shamir, Melamed, BenShmuel 2021 (arXiv 2106.10151)"
MYV = "Melamed, Yehudai, Vardi 2023 (arXiv 2303.00783)"
"""The two papers; of the second only abstract, introduction, figures and code could be read."""

derived = partial(Source, f"derived for this library, after {MYV}", provenance="derived")
recalled = partial(Source, MYV, provenance="recalled")

l = quantity("codimension", "l")  # noqa: E741 - the letter of the papers
off_plane, training_off_plane, step_off_plane = (
    quantity(name, r"\max_j|\Pi x_j|^2") for name in ("off_plane", "training_off_plane", "step_off_plane")
)
confidence, ties = quantity("confidence", r"\nu"), quantity("ties", r"\mathrm{ties}")
normal_gradient_sq, outputs_sq = quantity("normal_gradient_sq", r"\rho^2"), quantity("outputs_sq", "|u|^2")
operator_sq = quantity("operator_sq", r"|G|_\mathrm{op}^2")
off, on, full = (quantity(f"{kind}_closeness", rf"r_\mathrm{{{kind}}}^{{-2}}") for kind in ("off", "on", "full"))
ray, linear = quantity("ray_closeness", "a^{-2}"), quantity("linear_closeness", r"(\nu/\rho)^{-2}")
kink = quantity("kink_closeness", r"r_\mathrm{kink}^{-2}")
stretch = quantity("stretch", "s")
stretched_ray = quantity("stretched_ray_closeness", "a_s^{-2}")
stretched_off = quantity("stretched_off_closeness", r"r_{\mathrm{off},s}^{-2}")
stretched_full = quantity("stretched_full_closeness", r"r_{\mathrm{full},s}^{-2}")
stretch_defect = quantity("stretch_defect", "N_{sG}(x+z)-N_G(x+sz)")
ray_defect = quantity("ray_defect", r"yN(x-tg)-(\nu-t\rho^2+R(t))")
normal_drift = quantity("normal_drift", r"\max|G(t)-s_tG(0)|")

decay_factor = quantity("decay_factor", "s_t")
frozen_defect = quantity("frozen_defect", r"\max|G(t)-s_tG(0)|")
unscaled_defect = quantity("unscaled_defect", r"\max|G(t)-G(0)|")
blind_defect = quantity("blind_defect", r"\max|a_i(t)-a'_i(t)|")
starts_differ = quantity("starts_differ", r"\max|a_i(0)-a'_i(0)|")
starts_apart = quantity("starts_apart", r"\max|w_i(0)-w'_i(0)|")
run_margin = quantity("run_margin", "y_jN_t(x_j)")
run_confidence = quantity("run_confidence", "|N_t(x_j)|")
run_closeness = quantity("run_closeness", r"r_\mathrm{off}(x_j,t)^{-2}")
start_slope_sq = quantity("start_slope_sq", r"|u|^2|G(0)|_\mathrm{op}^2")
depth_change = quantity("depth_change", r"(r_\mathrm{off}(x_j,0)/r_\mathrm{off}(x_j,T))^2")
clinging = quantity("clinging", r"\mathrm{least median depth}^2")

stationarity, multiplier = quantity("stationarity", r"|y\nabla N+\mu z|^2"), quantity("multiplier", r"\mu_j")
misplaced_gates, strays = quantities("misplaced_gates strays")
attack_product = quantity("attack_product", r"y(\Pi\nabla N,\Pi z)")
energy_rate = quantity("energy_rate", r"d/dt|G|^2/2")
predicted_rate = quantity("predicted_rate", r"-(1/n)\sum_j|\ell'_j|\mu_j|\Pi z_j|^2")
worst_in_cube = quantity("worst_in_cube", r"[z\mathrm{ worst in the cube}]")

student, clean = quantity("student_value", "f'(x)"), quantity("clean_value", "f(x)")
reversal = quantity("reversal", r"1+\epsilon^2y^TA^{-1}y")
agreements, test_count = quantities("agreements test_count")

declared_l, delta = quantity("declared_codimension", "l"), quantity("delta", r"\delta")
least_l = quantity("least_codimension", r"4\ln(1/\delta)")
seen_confidence = quantity("seen_confidence", r"\nu")
seen_combination_sq = quantity("seen_combination_sq", "|c|^2")
kappa, sharp_kappa = quantity("kappa", r"\kappa"), quantity("sharp_kappa", r"\kappa")
bend, sharp_bend = (quantity(name, r"M(a,\rho_+)") for name in ("bend", "sharp_bend"))
active_bend = quantity("active_bend", r"M_\mathrm{on}(a,\rho_+)")
least_bend, no_bend = quantity("least_bend", r"M_\mathrm{on}(a,\rho_-)"), quantity("no_bend", r"M_\mathrm{on}(a,0)")
rise, sharp_rise = (quantity(name, r"a\beta|u|(2\ln(1/\delta))^{1/2}") for name in ("rise", "sharp_rise"))
naive_bend = quantity("naive_bend", r"a|u|_1\max_i|h_i|")
lower_miss, upper_miss = quantity("lower_miss", r"P(\rho<\rho_-)"), quantity("upper_miss", r"P(\rho>\rho_+)")
sharp_lower_miss, sharp_upper_miss = (quantity(f"sharp_{side}_miss", text) for side, text in (
    ("lower", r"P(\rho<\rho_-)"), ("upper", r"P(\rho>\rho_+)")))  # fmt: skip
flip_value, sharp_flip_value = (quantity(name, r"yN(x-ag/\rho)") for name in ("flip_value", "sharp_flip_value"))
chi_ratio = quantity("chi_ratio", r"\rho^2/(s_t\beta|c|)^2")
chi_level = quantity("chi_level", r"F_l(\rho^2/(s_t\beta|c|)^2)")
wrong_chi_level = quantity("wrong_chi_level", r"F_{l+1}(\rho^2/(s_t\beta|c|)^2)")
late_chi_level = quantity("late_chi_level", r"\max_jF_l(\rho_j^2/(s_t\beta|c_j|)^2)")

gradient_cosine = quantity("gradient_cosine", r"\mathrm{cos}(\Pi\nabla N(x_1),\Pi\nabla N(x_2))")
inactive_points = quantity("inactive_points")
seen_cosine = quantity("seen_cosine", r"\mathrm{cos}(c_1,c_2)")
deep_active = quantity("deep_active", r"\mathrm{active}")
deep_chi_level = quantity("deep_chi_level", r"F_l(\rho^2/(\beta|c|)^2)")

freedom, exponent = quantity("freedom", "l"), quantity("exponent", "t")
lower_tail = quantity("lower_tail", r"P(\chi^2_l\le l-2(lt)^{1/2})")
upper_tail = quantity("upper_tail", r"P(\chi^2_l>l+2(lt)^{1/2}+2t)")
upper_tail_short = quantity("upper_tail_short", r"P(\chi^2_l>l+2(lt)^{1/2})")
half_tail, double_tail = quantity("half_tail", r"P(\chi^2_l\le l/2)"), quantity("double_tail", r"P(\chi^2_l>2l)")
student_median = quantity("student_median", r"\mathrm{med}|t_l|")
normal_median = quantity("normal_median", r"\mathrm{med}|Z|")

lipschitz = constant("lipschitz", 1, "derived", r"C_G")
"""Factor on nu^2/r_off^2 in the bound by the operator norm."""

tail_rate = constant("tail_rate", 1, "Laurent and Massart 2000", r"C_t")
"""Factor on the exponent of the chi-square tail bounds."""

rate_share = constant("rate_share", "1/16", "recalled", r"C_l")
"""Exponent per degree of freedom in the bounds at l/2 and 2 l."""

budget = constant("budget", 3, "derived", r"C_\delta")
"""How many times delta the flip theorem gives away."""

rise_factor = constant("rise_factor", 1, "derived", r"C_R")
"""Factor on what the kinks may add beyond their mean, in the hypothesis of the flip theorem."""

student_gap = constant("student_gap", "1/2", "derived", r"C_s")
"""Relative gap between the medians of |t_l| and |Z|, times l."""

not_on_the_boundary = Claim("N is not 0 at the point", confidence > 0)
training_in_plane = Claim("training points lie in P", Eq(training_off_plane, 0))
in_plane = Claim("points lie in P", Eq(off_plane, 0))
seen_not_zero = Claim("N is not 0 at the first point", seen_confidence > 0)
seen_active = Claim("some neuron is active there", seen_combination_sq > 0)
enough_dimensions = Claim("enough dimensions off P", declared_l > least_l)
