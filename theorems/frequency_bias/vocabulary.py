"""The symbols in which the statements of frequency_bias are written; quantities are documented where measured.

Signals live on Z_N; F x, elsewhere x^, is the unitary transform, u~ that of a filter without a factor.
lambda(N, K, M) is the largest share of energy that K consecutive sites leave in M consecutive frequencies.
"""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from theorems.claim import Claim, constant, quantities, quantity
from theorems.statement import Source

PAPER = "Ortega Caro, Ju, Pyle, Dey, Brendel, Anselmi, Patel 2020 (arXiv 2006.11440)"
"""The paper this subject is about; only its abstract could be read."""

derived = partial(Source, f"derived for this library, after {PAPER}", provenance="derived")

N, K, M, L = quantities("N K M L")
reach = quantity("reach", r"K_\mathrm{eff}")
symmetric_band, consecutive = quantity("symmetric_band", "[B=-B]"), quantity("consecutive", r"\mathrm{consecutive}(B)")
odd_taps, odd_band = quantity("odd_taps", r"[K\mathrm{ odd}]"), quantity("odd_band", r"[M\mathrm{ odd}]")
energy = quantity("energy", "|u|^2")
band_share, outside_share = quantity("band_share", "E_B(u)"), quantity("outside_share", "E_{B^c}(u)")
raw_share = quantity("raw_share", r"N E_B(u)")
lam, lam_short = quantity("lam", r"\lambda"), quantity("lam_short", r"1-\lambda")
lam_layer, real_bound = quantity("lam_layer", r"\lambda(N,K,M)"), quantity("real_bound", r"\lambda_B")
lam_fewer_taps = quantity("lam_fewer_taps", r"\lambda(N,K-1,M)")
lam_narrower = quantity("lam_narrower", r"\lambda(N,K,M-1)")
short_fewer_taps = quantity("short_fewer_taps", r"1-\lambda(N,K-1,M)")
short_narrower = quantity("short_narrower", r"1-\lambda(N,K,M-1)")
lam_swapped = quantity("lam_swapped", r"\lambda(N,M,K)")
frobenius_sq, box_share = quantity("frobenius_sq", r"|A|_F^2"), quantity("box_share", r"E_B(\mathrm{box})")
closed_form = quantity("closed_form", r"\lambda_\mathrm{closed}")
real_roots, half_width = quantity("real_roots"), quantity("half_width", r"\delta_{1/2}")
binomial_share = quantity("binomial_share", r"E_B((1+z)^{K_\mathrm{eff}-1})")
best_share = quantity("best_share", r"E_B(u^*)")
composition_share = quantity("composition_share", r"E_B(\mathrm{layers})")
positive_taps, circle_zeros, zeros_beyond = quantities("positive_taps circle_zeros zeros_beyond")
asymmetry = quantity("asymmetry", r"u^*_j-u^*_{K-1-j}")
commutator, commutator_plus = quantity("commutator", "(TA-AT)_{jk}"), quantity("commutator_plus", "(T_+A-AT_+)_{jk}")

support, spectrum = quantity("support", r"|\mathrm{supp}(x)|"), quantity("spectrum", r"|\mathrm{supp}(Fx)|")
zero_run, prime = quantity("zero_run"), quantity("prime", r"[N\mathrm{ prime}]")
coset_support, coset_spectrum = quantities("coset_support coset_spectrum")
meshulam_bound, divisor_bound = quantities("meshulam_bound divisor_bound")
sparsest, sparsest_found, meshulam_least = quantities("sparsest sparsest_found meshulam_least")
minors, nonzero_minors = quantities("minors nonzero_minors")
site_count = quantity("site_count", "|T|")
site_share, off_sites = quantity("site_share", "a^2"), quantity("off_sites", r"\epsilon_T^2")
signal_share, off_band = quantity("signal_share", "b^2"), quantity("off_band", r"\epsilon_B^2")
pair_bound = quantity("pair_bound", r"|P_B P_T|^2")
site_entropy, spectrum_entropy = quantity("site_entropy", "H(|x|^2)"), quantity("spectrum_entropy", r"H(|Fx|^2)")
log_sites = quantity("log_sites", r"\mathrm{log} N")
spectrum_outside, sites_outside, sites_off = quantities("spectrum_outside sites_outside sites_off")

net_cost = quantity("net_cost", r"(|U|^2+|V|^2)/2")
band_sum, full_sum = quantity("band_sum", r"\sum_B|(F\beta)_d|"), quantity("full_sum", r"\sum|(F\beta)_d|")
kernel_bound = quantity("kernel_bound", r"\lambda_B")
high_frequency = quantity("high_frequency", r"\mathrm{HF}(\beta)")
mirrored_high_frequency = quantity("mirrored_high_frequency", r"\mathrm{HF}(S\beta)")
mirror_defect = quantity("mirror_defect", r"r_m(S\beta)-(-1)^m r_m(\beta)")
even_sites = quantity("even_sites", r"[N\mathrm{ even}]")
gradient_share = quantity("gradient_share", r"E_B(\mathrm{grad})")
gradient_sites = quantity("gradient_sites", r"|\mathrm{supp}(\mathrm{grad})|")
plane_share, plane_bound = quantity("plane_share", "E_B(u)"), quantity("plane_bound", r"\lambda_B")
rectangle_bound = quantity("rectangle_bound", r"\lambda_1\lambda_2")
missing_corners, plane_symmetric = quantities("missing_corners plane_symmetric")

uncertainty = constant("uncertainty", 1, "Donoho and Stark 1989", "C_U")
"""Factor on N in the principle of Donoho and Stark."""

prime_extra = constant("prime_extra", 1, "Tao 2005", "C_p")
"""What the sum of two supports exceeds a prime N by."""

divisor_factor = constant("divisor_factor", 1, "Meshulam 2006", "C_d")
"""Factor on Meshulam's bound."""

size_factor = constant("size_factor", 1, "Donoho and Stark 1989", "C_s")
"""Factor on N (1 - e_T - e_B)^2."""

angle_factor = constant("angle_factor", 1, "Landau and Pollak 1961", "C_L")
"""Factor on |P_B P_T|."""

entropy_factor = constant("entropy_factor", 1, "Maassen and Uffink 1988", "C_H")
"""Factor on log N below the sum of the entropies."""

share_factor = constant("share_factor", 1, "derived", r"C_\lambda")
"""Factor on lambda in the bound on the share of a filter."""

trace_factor = constant("trace_factor", 1, "derived", r"C_\mathrm{tr}")
"""Factor on K M/N, the trace of A, above lambda."""

lobe = constant("lobe", "1/4", "derived", r"C_\mathrm{lobe}")
"""Half width of a gain in turns, times K - 1."""

price = constant("price", 1, "derived", r"C_p")
"""Factor on the price of band-limitation."""

real_band = Claim("a band with B = -B", Eq(symmetric_band, 1))
consecutive_band = Claim("a band of consecutive frequencies", Eq(consecutive, 1))
odd_number = Claim("an odd number of frequencies", Eq(odd_band, 1))
room = Claim("K + M <= N", reach + M <= N)
not_zero = Claim("the filter is not zero", energy > 0)
prime_order = Claim("N is a prime", Eq(prime, 1))

TINY = Rational(1, 10**15)
"""Two balls that are the same number up to this are read as equal; they agree to far more digits."""
