"""Proof steps of the statements on costs, margins and gains; the argued ones stand in ``arguments.md``."""

from __future__ import annotations

from sympy import Eq, symbols

from theorems.proof import ProofStep, argued, cited, scalar

a, b, c, d, s, t, lam, rho, x, y = symbols("a b c d s t lam rho x y", real=True)
u1, u2, h1, h2, q, w, p, K = symbols("u1 u2 h1 h2 q w p K", real=True)
r00, r10, r01, r11, across = symbols("r00 r10 r01 r11 across", real=True)

MEANS = scalar("R1", "twice a product is at most the sum of squares", [], [2 * a * b <= a**2 + b**2])
READOUT = argued(
    "R2", "for given filters the readouts of least norm have transforms conj(u~) w^/q", "READOUT", uses=["R1"]
)
FEJER = cited(
    "R3", "a nonnegative trigonometric polynomial is the square of one real filter of its length", "Fejer, Riesz 1916"
)
CONVEX = argued("R4", "R_K is the value of a convex program in Q >= 0, whatever the number of filters", "CONVEX",
                checks=["norm_duality"], uses=["R2", "R3"])  # fmt: skip
DUAL = argued("R5", "R_K is a norm; its dual norm is the largest singular value of z_(n+k)", "DUAL",
              checks=["norm_duality", "norm_axioms"], uses=["R2"])  # fmt: skip
ENDS = argued("R6", "one tap gives |w|, N taps give |w^|_1/sqrt(N), and more taps never cost more", "ENDS",
              checks=["norm_ends"], uses=["R4"])  # fmt: skip
FEW = argued("R7", "|w| <= sqrt(K) R_K(w), since q_d <= K tr Q", "FEW", checks=["norm_ends"], uses=["R4"])
BEST = scalar(
    "R7.best",
    "1/2 (t + s/(K t)) is least at t^2 = s/K: K (1/2 (t + s/(K t)))^2 >= s",
    [t > 0, K > 0, s >= 0],
    [(K * t**2 + s) ** 2 >= 4 * K * s * t**2],
    uses=["R7"],
)
TONE = argued("R8", "the cost of a tone is attained at the top eigenvector of a 2 x 2 problem", "TONE",
              checks=["tone_costs"], uses=["R5"])  # fmt: skip
SQUARES = scalar(
    "T1",
    "the correlations of one filter of 2 x 2 taps obey a polynomial relation",
    [Eq(r00, a**2 + b**2 + c**2 + d**2), Eq(r10, a * c + b * d), Eq(r01, a * b + c * d), Eq(r11, a * d),
     Eq(across, b * c)],
    [Eq((r10 * r01 - r11 * r00) * (across * r00 - r10 * r01)
        + (4 * r11 * across - r10**2 - r01**2) * (across - r11) ** 2, 0)],
)  # fmt: skip
BOX = argued("T2", "outside of a box around the minimiser every point costs more", "BOX", uses=["T1"])
CHANNELS = argued("R9", "with R input channels Q has size R K, and R filters are enough", "CHANNELS",
                  checks=["input_channels"], uses=["R4"])  # fmt: skip
WEAK = argued("M1", "multipliers bound every net from below, and every net bounds R* from above", "WEAK",
              checks=["margin_duality"], uses=["R5"])  # fmt: skip
STEP = scalar("M2", "a sum of margins of at least one, weighted, is at most cost times dual norm",
              [s <= x, x <= rho * t, t > 0], [s <= rho * t], uses=["M1"])  # fmt: skip
SHARE = argued("M3", "every Q >= 0 has at most the share lambda of its gain in M consecutive frequencies", "MIXTURE",
               checks=["margin_leakage"])  # fmt: skip
OUT = scalar("M4", "so the rest is outside", [Eq(x + y, 1), x <= lam], [y >= 1 - lam], uses=["M3"])
INSIDE = argued("M5", "|b^_d|^2 <= q_d sum_c |v^_(c,d)|^2 and q_d <= K |u|^2", "INSIDE", checks=["margin_leakage"])
PRODUCT = scalar("M6", "|u|^2 |v|^2 is at most the squared cost", [x >= 0, y >= 0, Eq(2 * s, x + y)], [x * y <= s**2],
                 uses=["M5"])  # fmt: skip
LEAK = argued("M7", "Cauchy and Schwarz on sum q = sum (q |g^|)(1/|g^|), and b^ = q g^ up to the gap", "LEAK",
              checks=["margin_leakage", "optimal_nets"], uses=["M3", "O3"])  # fmt: skip
SQUARE_OF_GAP = scalar("O1", "a cost minus a product, completed to squares, in one dimension", [],
                       [Eq(u1**2 + h1**2 - 2 * h1 * a * u1, (h1 - a * u1) ** 2 + (1 - a**2) * u1**2)])  # fmt: skip
PAIR = argued("O2", "the gap is half the sum of |v - C u|^2 and |u|^2 - |C u|^2", "OPTIMAL", checks=["optimal_nets"],
              uses=["O1", "R5"])  # fmt: skip
NEAR_GAIN = argued("O3", "|w^_d - q_d g^_d|^2 <= q_d sum_c |(v_c - C u_c)^_d|^2 and q_d <= K |U|^2", "NEARGAIN",
                   checks=["optimal_nets"], uses=["O2"])  # fmt: skip
TWO_TAPS = argued("F1", "for one sample and two taps the optimal gain is 1 + sign(r_1) cos", "TWOTAPS",
                  checks=["two_taps_follow"])  # fmt: skip
CHEBYSHEV = argued("F2", "a falling gain lowers the mean of a rising weight", "CHEBYSHEV", checks=["two_taps_follow"],
                   uses=["F1"])  # fmt: skip
MODES = argued("E1", "after k steps the component at sigma has grown by E_k(sigma^2), increasing in sigma", "MODES",
               checks=["early_alignment"])  # fmt: skip
GROWTH = argued("E2", "E_(k+1)/E_k increases in sigma too, so that every step shifts weight to larger sigma", "GROWTH",
                checks=["early_alignment"], uses=["E1"])  # fmt: skip
RATE = argued("E3", "the shortfall falls as (E_k(sigma_2^2)/E_k(sigma_1^2))^2", "RATE", checks=["early_alignment"],
              uses=["E1"])  # fmt: skip
CAUCHY = scalar("G1", "Cauchy and Schwarz for two filters", [],
                [(u1 * h1 + u2 * h2) ** 2 <= (u1**2 + u2**2) * (h1**2 + h2**2)])  # fmt: skip
GAIN = argued("G2", "a gradient is sum_c u_c * h_c, and no such h has less energy than sum |g^|^2/q", "SOURCES",
              checks=["relu_gain"], uses=["G1"])  # fmt: skip
OPEN = argued("G3", "h is the readout where units are open and 0 elsewhere", "OPEN", checks=["relu_gain", "open_gates"])
EXACT = argued("G4", "with one filter whose gains do not vanish, h is determined by the gradient", "EXACT",
               checks=["open_gates"], uses=["G2"])  # fmt: skip
SQUARE_WAVE = argued("A1", "signs of an even period P have the share 8/(P sin(pi/P))^2 at its frequency", "SQUARE",
                     checks=["sign_attack"])  # fmt: skip
SINE = cited("A2", "0 < sin x <= x for 0 < x <= pi/2", "elementary calculus", uses=["A1"])
SHARE_OF_SIGNS = scalar("A3", "so the share is at least 8/pi^2", [x > 0, y > 0, x <= y],
                        [8 / (x**2) >= 8 / (y**2)], uses=["A2"])  # fmt: skip

DUALITY_PROOF: tuple[ProofStep, ...] = (MEANS, READOUT, FEJER, CONVEX, DUAL)
AXIOMS_PROOF: tuple[ProofStep, ...] = (MEANS, READOUT, DUAL)
ENDS_PROOF: tuple[ProofStep, ...] = (MEANS, READOUT, FEJER, CONVEX, ENDS, FEW, BEST)
TONE_PROOF: tuple[ProofStep, ...] = (MEANS, READOUT, DUAL, TONE)
CHANNELS_PROOF: tuple[ProofStep, ...] = (MEANS, READOUT, FEJER, CONVEX, CHANNELS)
MARGIN_PROOF: tuple[ProofStep, ...] = (MEANS, READOUT, DUAL, WEAK, STEP)
OPTIMAL_PROOF: tuple[ProofStep, ...] = (MEANS, READOUT, DUAL, SQUARE_OF_GAP, PAIR, NEAR_GAIN)
LEAK_PROOF: tuple[ProofStep, ...] = (SHARE, OUT, INSIDE, PRODUCT, *OPTIMAL_PROOF, LEAK)
FOLLOW_PROOF: tuple[ProofStep, ...] = (TWO_TAPS, CHEBYSHEV)
EARLY_PROOF: tuple[ProofStep, ...] = (MODES, GROWTH, RATE)
GAIN_PROOF: tuple[ProofStep, ...] = (CAUCHY, GAIN, OPEN)
OPEN_PROOF: tuple[ProofStep, ...] = (CAUCHY, GAIN, OPEN, EXACT)
SIGN_PROOF: tuple[ProofStep, ...] = (SQUARE_WAVE, SINE, SHARE_OF_SIGNS)
