"""The steps of the proofs of ntk_features: scalar ones for all values, argued ones with a text in `arguments.md`.

Letters: t an angle, c = cos t, kappa = kappa_1(t), P stands for pi, lam an eigenvalue, v an inner product with an
eigenvector, N a squared norm.
"""

from __future__ import annotations

from functools import partial

from sympy import Eq, symbols

from theorems.proof import argued, checked, cited, scalar
from verifiers.ntk_features.certify import angle_certificates

t, c, kappa, P, N, D, g, s, q, lam, v, e = symbols("t c kappa P N D g s q lam v e", real=True)
f, f2, k, n, size, big, share, sine_sq, cosine, w, both, beyond, bad = symbols(
    "f f2 k n size big share sine_sq cosine w both beyond bad", real=True
)

# ------------------------------------------------------------------ N1, N2, N3

DECOMPOSITION = argued(
    "N1", "f^(i)(X) = (v_i^T y) v_i, and a_i^T K a_k vanishes for i != k", "FEATURES",
    checks=["decomposition", "features_on_data"],
)  # fmt: skip
ENERGY = scalar(
    "N1.energy",
    "the squared norm of a feature is (v^T y)^2/lam",
    [lam > 0, Eq(g * lam, v), Eq(N, g * lam * g)],
    [Eq(N * lam, v**2)],
    uses=["N1"],
)
REPRODUCING = argued(
    "N2", "f(x) - f(x') = <f, k_x - k_x'>, and |k_x - k_x'|^2 = d_K^2 (Cauchy and Schwarz)", "REPRODUCING",
    checks=["rkhs_certificate", "feature_radius"],
)  # fmt: skip
SIGN = scalar(
    "N2.sign",
    "a move that is smaller than the value leaves its sign",
    [N >= 0, D >= 0, (f - f2) ** 2 <= N * D, N * D < f**2],
    [f * f2 > 0],
    uses=["N2"],
)
RADIUS = scalar(
    "N3",
    "f^(i)(x_j)^2/|f^(i)|^2 = lam v_ij^2",
    [lam > 0, v**2 > 0, Eq(f, v * g), Eq(N * lam, v**2)],
    [Eq(f**2, N * lam * g**2)],
    uses=["N1"],
)
TWO_POINTS = scalar(
    "G7",
    "with values 1 and -1 the move is 2",
    [Eq(f, 1), Eq(f2, -1), (f - f2) ** 2 <= N * D],
    [N * D >= 4],
    uses=["N2"],
)

# ------------------------------------------------------------------ N4, N5

COSINE = cited("C1", "cos t >= 1 - t^2/2, sin t >= t cos t on [0, pi]", "Taylor's formula with the integral remainder")
KAPPA = scalar(
    "N4.kappa",
    "kappa_1 = (sin t + (pi - t) cos t)/pi is at least cos t, hence at least 1 - t^2/2",
    [P > 0, t >= 0, t <= P, s >= t * c, Eq(P * kappa, s + (P - t) * c), 2 * c >= 2 - t**2],
    [kappa >= c, 2 * kappa >= 2 - t**2],
    uses=["C1"],
)
PRODUCT = scalar(
    "N4.product",
    "(1 - t/pi) cos t >= 1 - t/pi - t^2/2",
    [P > 0, t >= 0, t <= P, 2 * c >= 2 - t**2],
    [(1 - t / P) * c >= 1 - t / P - t**2 / 2],
    uses=["C1"],
)
NTK_DISTANCE = scalar(
    "N4",
    "so d^2 = 4 (1 - kappa_1) + 4 (1 - (1 - t/pi) cos t) <= (4/pi) t + 4 t^2",
    [P > 0, 2 * kappa >= 2 - t**2, w >= 1 - t / P - t**2 / 2, Eq(D, 4 * (1 - kappa) + 4 * (1 - w))],
    [P * D <= 4 * t + 4 * P * t**2],
    uses=["N4.kappa", "N4.product"],
)
NNGP_DISTANCE = scalar(
    "N4.nngp",
    "and d^2 = 4 (1 - kappa_1) <= 2 t^2 for the NNGP",
    [2 * kappa >= 2 - t**2, Eq(D, 4 * (1 - kappa))],
    [D <= 2 * t**2],
    uses=["N4.kappa"],
)
LAYER_MOVE = argued(
    "N4.layer", "|phi - phi'|^2 becomes (sigma_w^2/2) (|phi - phi'|^2 + 2 |phi| |phi'| (cos t - kappa_1(t)))", "LAYER",
    checks=["input_distance"],
)  # fmt: skip
move, length = symbols("move length", real=True)
CONTRACTION = scalar(
    "N4.contraction",
    "so a layer of an NNGP multiplies squared distances by sigma_w^2/2 at most, as kappa_1 >= cos t",
    [w > 0, kappa >= c, length >= 0, Eq(D, w / 2 * (move + 2 * length * (c - kappa)))],
    [D <= w / 2 * move],
    uses=["N4.layer"],
)
NTK_MOVE = argued(
    "N4.ntk", "and an NTK's becomes that plus sigma_w^2 (kappa d^2 + t/(2 pi) (T + T'))", "TANGENT", uses=["N4.layer"],
    checks=["input_distance"],
)  # fmt: skip
SLOPE = checked(
    "N5", "|dTheta/dt| = (2/pi) |2 (pi - t) sin t + cos t| <= 2.6406737065982 on [0, pi]: interval bisection", "SLOPE",
    partial(angle_certificates, "slope"), checks=["steepest_angle"],
)  # fmt: skip
BISECTED = checked(
    "N4.bisection", "the three suprema are at most 4, 4 and 2 on [0, pi]: the same by bisection", "SUPREMA",
    partial(angle_certificates, "cone", "square", "nngp"), checks=["distance_by_angle"],
)  # fmt: skip
PATH = argued(
    "N5.path", "along a great circle every angle to x_j changes at most by its length", "PATH",
    checks=["angle_certificate"], uses=["N5"],
)  # fmt: skip

# ------------------------------------------------------------------ N6, N11

FLOW = argued("N6", "the residual along v_i is multiplied by e^(-eta lam_i t), by 1 - eta lam_i per step", "FLOW",
              checks=["spectral_order"])  # fmt: skip
STABLE = argued("N6.stable", "0 <= 1 - z <= e^(-z) for 0 <= z <= 1", "STABLE", checks=["spectral_order"])
ORDER = argued("N6.order", "e^(-z) falls with z", "ORDER", checks=["spectral_order"])
mu, small = symbols("mu small", real=True)
RIDGE_ORDER = scalar(
    "N6.ridge",
    "mu/(lam + mu) falls with lam",
    [mu > 0, small > 0, lam >= small],
    [mu / (lam + mu) <= mu / (small + mu)],
)
TAIL = scalar(
    "N11",
    "the norm of f_k adds up positive parts",
    [lam > 0, Eq(N * lam, v**2)],
    [N >= 0],
    uses=["N1"],
)

# ------------------------------------------------------------------ N9, N10

TRACE = argued("N9.trace", "the trace of a product of two positive semidefinite matrices is not negative", "TRACE",
               checks=["kernel_rotation"])  # fmt: skip
first, second, inner, change = symbols("first second inner change", real=True)
ROTATION = scalar(
    "N9",
    "the distance of K from the line of K' is at most |K' - K|: its square is |K|^2 - <K, K'>^2/|K'|^2",
    [second > 0, Eq(change, first + second - 2 * inner)],
    [first * second - inner**2 <= change * second],
)
VERSED = argued("N9.versed", "1 - cos a <= a^2/2", "VERSED", checks=["kernel_rotation"])
top, other, rest, rest2, r1, r2 = symbols("top other rest rest2 r1 r2", real=True)
COMMON = scalar(
    "N9.common",
    "with a common part of rank one <K, K'> >= lam lam', and |K|^2 = lam^2 (1 + r^2)",
    [top > 0, other > 0, rest >= 0, Eq(inner, top * other + rest), r1 >= 0, r2 >= 0,
     Eq(first, top**2 * (1 + r1)), Eq(second, other**2 * (1 + r2))],
    [inner**2 * (1 + r1) * (1 + r2) >= first * second],
    uses=["N9.trace"],
)  # fmt: skip
GRAM = argued("N10.gram", "the student's kernel matrix is A + eps^2 |n|^2 y y^T, its values at x those of the data",
              "GRAM", checks=["distillation"])  # fmt: skip
energy, clean, student = symbols("energy clean student", real=True)
RANK_ONE = scalar(
    "N10",
    "with (A + e y y^T) b = -y and y^T A^(-1) y = energy, b = -A^(-1) y/(1 + e energy)",
    [e >= 0, energy >= 0, Eq(share * (1 + e * energy), 1), Eq(student, -share * clean)],
    [Eq(student * (1 + e * energy), -clean)],
    uses=["N10.gram"],
)

# ------------------------------------------------------------------ N7, N8, one step

gap = symbols("gap", real=True)
FOOLED = scalar(
    "N7.point",
    "a kernel value below minus the discrepancy leaves a network value below 0",
    [f2 - f <= gap, f < -gap],
    [f2 < 0],
)
QUANTILE = scalar(
    "N7",
    "at most a share 1 - q has a larger discrepancy",
    [both >= beyond - bad, bad <= 1 - q],
    [both >= beyond - (1 - q)],
    uses=["N7.point"],
)
HALFSPACES = argued("N8", "a Gaussian direction lies in both half spaces with probability (pi - angle)/(2 pi)", "WEDGE",
                    checks=["finite_width", "neuron_law"])  # fmt: skip
HOEFFDING = cited("N8.tail", "P(|B/m - p| >= t) <= 2 exp(-2 m t^2)", "Hoeffding 1963, theorem 1", uses=["N8"])
HOELDER = argued("A1", "|<g, delta>| <= |g|_1 |delta|_inf, entry by entry", "HOELDER", checks=["one_step"])
ENTRY = scalar(
    "A2",
    "an entry of the form is at least -eps |g_k|",
    [e >= 0, v <= e, v >= -e, Eq(size**2, g**2), size >= 0],
    [g * v >= -e * size],
    uses=["A1"],
)

# ------------------------------------------------------------------ the recursion

DIAGONAL = argued("K0", "at angle 0 kappa = 1/2 and K = q: the recursion is affine in q", "DIAGONAL",
                  checks=["exact_diagonal"])  # fmt: skip
total, before = symbols("total before", real=True)
LAYER = scalar(
    "K0.layer",
    "a layer maps sum_l h^(L-l) q_l to h times it, plus q_(L+1)",
    [Eq(total, q + 2 * size * before / 2)],
    [Eq(total, q + size * before)],
    uses=["K0"],
)
HOMOGENEOUS = argued("K1", "without a bias q scales with |x|^2 and angles do not change: k(c x, x') = c k(x, x')",
                     "HOMOGENEOUS", checks=["homogeneous"])  # fmt: skip
DEFINITE = argued("K2", "ReLUs of vectors of which no two are parallel have kinks apart: they are independent", "KINKS",
                  checks=["definite"])  # fmt: skip
CIRCULANT = argued("G1", "a function of the angle gives a circulant matrix; an NTK is a kernel", "CIRCULANT",
                   checks=["circle_spectrum"])  # fmt: skip
PARITY = argued("G2", "at depth one the odd part of the kernel in the angle is a multiple of cos t", "PARITY",
                uses=["G1"], checks=["odd_frequencies"])  # fmt: skip
