"""Symbols of costs, margins and nets; quantities are documented where measured.

R_K(w) is the least 1/2 (|u|^2 + |v|^2) over two-layer nets with K-tap filters that realise w, R* the least R_K of a
predictor with margin one on the data.
"""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from theorems.claim import Claim, abbreviation, constant, quantity
from theorems.statement import Source

cost, cost_fewer = quantity("cost", "R_K(w)"), quantity("cost_fewer", r"R_{K-1}(w)")
cost_signal, cost_sum = quantity("cost_signal", "R_K(z)"), quantity("cost_sum", "R_K(w+z)")
cost_floor, cost_ceiling = quantity("cost_floor", r"\mathrm{dual}(w)"), quantity("cost_ceiling", r"\mathrm{net}(w)")
one_filter_cost = quantity("one_filter_cost", r"R_{K,1}(w)")
two_filter_cost = quantity("two_filter_cost", r"R_{K,2}(w)")
cost_mirrored = quantity("cost_mirrored", "R_K(Sw)")
length, full_cost, tone_cost = quantity("length", "|w|"), quantity("full_cost", "R_N(w)"), quantity("tone_cost", "T_K")
pairing, dual_signal = quantity("pairing", r"w \cdot z"), quantity("dual_signal", "R_K^o(z)")
dual_signal_fewer = quantity("dual_signal_fewer", r"R_{K-1}^o(z)")
dimensions = quantity("dimensions", "D")
inputs_cost, inputs_nuclear = quantity("inputs_cost", "R_K(W)"), quantity("inputs_nuclear", "R_1(W)")
inputs_full, inputs_apart = quantity("inputs_full", "R_N(W)"), quantity("inputs_apart", r"R_K(w_1) + R_K(w_2)")

margin_cost, margin_cost_fewer = quantity("margin_cost", "R^*_K"), quantity("margin_cost_fewer", r"R^*_{K-1}")
margin_floor = quantity("margin_floor", r"\mathrm{dual}^*")
margin_ceiling = quantity("margin_ceiling", r"\mathrm{net}^*")
plain_floor = quantity("plain_floor", r"\sum\alpha/|g|")
own_cost, own_residual = quantity("own_cost", r"\mathrm{net}(U,V)"), quantity("own_residual", r"\mathrm{residual}")
gain_bound, gain_outside = quantity("lam_layer", r"\lambda(N,K,M)"), quantity("gain_outside", r"q_\mathrm{out}/q")
energy_inside = quantity("energy_inside", r"E_\mathrm{in}")
energy_outside = quantity("energy_outside", r"E_\mathrm{out}")
leak_floor = quantity("leak_floor", r"E_\mathrm{leak}")

gain_used, gain_used_unitary = quantity("gain_used", r"G_i"), quantity("gain_used_unitary", r"N G_i")
open_energy, readout_energy = quantity("open_energy", "H_i"), quantity("readout_energy", "|V|^2")
closed_units, filter_count = quantity("closed_units", r"\mathrm{closed}_i"), quantity("C")
least_gain, gain_inside = quantity("least_gain", r"\min q"), quantity("gain_inside", r"q_B/q")
predictor_high = quantity("high_frequency", r"\mathrm{HF}(w)")
sign_high = quantity("sign_high", r"\mathrm{HF}(\mathrm{sign} w)")
sign_fundamental, period = quantity("sign_fundamental", "F"), quantity("period", "P")
square_wave = quantity("square_wave", "S_P")
single_high_one = quantity("single_high_one", r"\mathrm{HF}_1")
single_high_two = quantity("single_high_two", r"\mathrm{HF}_2")
data_high, neighbours = quantity("data_high", r"\mathrm{HF}(x)"), quantity("neighbours", "r_1(x)")

dual_feasible = quantity("dual_feasible", r"\mathrm{feasible}(g)")
dual_gap, gain_defect = quantity("dual_gap", r"\mathrm{gap}"), quantity("gain_defect", r"|w^-q g^|^2")
readout_defect, kernel_defect = quantity("readout_defect", "D_v"), quantity("kernel_defect", "D_u")
filter_energy = quantity("filter_energy", "|U|^2")
single_floor = quantity("single_floor", r"\mathrm{box}_1(w)")
single_ceiling = quantity("single_ceiling", r"\mathrm{net}_1(w)")
quotient_growth = quantity("quotient_growth", r"\rho_{j+1}-\rho_j")
early_gap, growth_ratio = quantity("early_gap", r"\sigma_1^2-\sigma_2^2"), quantity("growth_ratio", "E_k")
shortfall_before = quantity("shortfall_before", r"\sigma_1^2-\rho_0")
shortfall_after = quantity("shortfall_after", r"\sigma_1^2-\rho_k")

met = abbreviation("met", 1 + Rational(1, 10**7), r"1^+")
"""One and a ten-millionth: what equalities between costs enclosed to a billionth are checked with."""

leak_factor = constant("leak_factor", 1, "derived", "C_q")
energy_factor = constant("energy_factor", 1, "derived", "C_E")
gain_factor = constant("gain_factor", 1, "derived", "C_g")
length_factor = constant("length_factor", 1, "derived", "C_K")
sum_factor = constant("sum_factor", 1, "derived", "C_s")
defect_factor = constant("defect_factor", 2, "derived", "C_d")

on_a_circle = Claim("on a circle", Eq(dimensions, 1))

JAGADEESAN = "Jagadeesan, Razenshteyn, Gunasekar 2022 (arXiv 2102.12238)"
GUNASEKAR = "Gunasekar, Lee, Soudry, Srebro 2018 (arXiv 1806.00468)"
derived = partial(Source, provenance="derived")
