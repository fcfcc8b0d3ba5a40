"""The steps of the proofs of frequency_bias: scalar ones for all values, argued ones with a text in `arguments.md`.

Letters of the identities of T and A: s_a, c_a stand for sin and cos of an angle a; a product-to-sum formula is then an
identity of polynomials. w = 1_B - lambda, x = cos of a frequency, c a level between the band and what lies outside.
"""

from __future__ import annotations

from sympy import Eq, symbols

from theorems.proof import ProofStep, argued, cited, scalar

a, b, n, S, x0, level, x, lam = symbols("a b n S x0 c x lambda", real=True)

# Supports

RUNS = argued("U1.run", "the transform has no |supp x| consecutive zeros, so each run is broken", "VANDERMONDE",
              checks=["donoho_stark"])  # fmt: skip
SUM = scalar("U1.sum", "the sum follows from the product", [a * b >= n], [(a + b) ** 2 >= 4 * n], uses=["U1.run"])
EQUALITY = cited("U1.eq", "equality means cosets", "Donoho, Stark 1989; Smith 1990")
CHEBOTAREV = cited("U4.minors", "no minor of the Fourier matrix of prime order vanishes",
                   "Chebotarev 1926; Tao 2005, Lemma 1.3")  # fmt: skip
TAO = argued("U4.sum", "a signal with smaller supports would make a minor vanish", "TAO", checks=["tao"])
KERNEL = argued("U4.kernel", "one unknown more than equations, and no zero to spare", "KERNEL", checks=["tao_attained"])
SHIFTS = argued("U4.shifts", "shifts and complements reduce the minors, a prime modulus decides them", "SHIFTS",
                checks=["chebotarev"])  # fmt: skip
MESHULAM = cited("U5", "the bound for groups of any order", "Meshulam 2006")
RANKS = argued("U5.ranks", "ranks modulo a prime bound zeros from above, exact null vectors from below", "RANKS",
               checks=["sparsest_pairs"])  # fmt: skip

# Energies

PROJECTIONS = argued("U2", "|P_B P_T| is at most its Frobenius norm and at least 1 - e_T - e_B", "PROJECTIONS",
                     checks=["concentration"])  # fmt: skip
ANGLES = argued("U3", "angles between a signal and two subspaces add up", "ANGLES", checks=["slepian"])
MAASSEN = cited("U6", "entropic uncertainty for a unitary matrix with entries of one modulus", "Maassen, Uffink 1988")
FLAT = argued("U6.eq", "on cosets both energies are constant on their supports", "FLAT", checks=["entropy_of_cosets"])

# One filter

FORM = argued("F1", "the share is a quotient of quadratic forms", "FORM", checks=["filter_bound", "real_bands"])
BLOCK = argued("F1.a", "A is F F^* for a block F of the Fourier matrix", "BLOCK", checks=["exchange"])
COUNT = argued("F1.b", "a polynomial of degree K - 1 may vanish at N - M roots of unity iff K + M > N", "COUNT",
               checks=["below_one", "limited"])  # fmt: skip
SPECTRUM = argued("F1.c", "A has trace K M/N and min(K, M) positive eigenvalues", "TRACE", checks=["size_bounds"])
ROW = argued("F1.c.zeros", "K - 1 zeros in a row leave a unimodal spectrum on the other frequencies", "ROW",
             checks=["size_bounds"])  # fmt: skip
INSIDE = scalar("F1.d.inside", "in the band (1 - lambda)(x - c) is positive", [lam > 0, lam < 1, x > level],
                [(1 - lam) * (x - level) > 0])  # fmt: skip
OUTSIDE = scalar("F1.d.outside", "outside of it -lambda (x - c) is positive as well", [lam > 0, lam < 1, x < level],
                 [-lam * (x - level) > 0])  # fmt: skip
SIMPLE = argued("F1.d", "so lambda is simple and grows strictly", "SIMPLE", checks=["monotone"],
                uses=["F1.d.inside", "F1.d.outside"])  # fmt: skip
CIRCLE = argued("F1.e", "all zeros of the top filter lie on the unit circle", "CIRCLE", checks=["best_filter"],
                uses=["F1.d"])  # fmt: skip
BEYOND = scalar(
    "F1.zeros", "a zero x0 of the top filter lies below every level c: S = sum w Q^2 (x - c) > 0 is (x0 - c) sum w Q^2",
    [S > 0, n <= 0, Eq(S, (x0 - level) * n)], [x0 < level], uses=["F1.e"],
)  # fmt: skip
TOP = argued("F1.top", "so the top filter is positive, and the top eigenvector of T", "TOP", checks=["best_filter"],
             uses=["F1.zeros"])  # fmt: skip
BOX = argued("F1.box", "the box filter is no eigenvector", "FLATFILTER", checks=["box_filter"])
TWO, D1, D2, root, top = symbols("M D1 D2 r y", real=True)
CLOSED = scalar(
    "F1.f", "the even filters with three taps have the larger root of a quadratic",
    [Eq(root**2, D2**2 + 8 * D1**2), Eq(top, TWO + (D2 + root) / 2)],
    [Eq((top - TWO - D2) * (top - TWO), 2 * D1**2)],
)  # fmt: skip
SYMMETRY = argued("F1.f.even", "the best filter is symmetric, which leaves a matrix of one or two rows", "EVEN",
                  checks=["closed_forms"])  # fmt: skip
NEAR = argued("F1.near", "a rational filter close to the top eigenvector loses the square of its distance", "NEAR",
              checks=["attained"])  # fmt: skip

# The tridiagonal

sp, cp, sq, cq, plus, minus = symbols("s_p c_p s_q c_q c_qp c_qm", real=True)
PRODUCT = scalar(
    "F2.product", "half the difference of cos(q + p) and cos(q - p) is -sin q sin p",
    [Eq(plus, cq * cp - sq * sp), Eq(minus, cq * cp + sq * sp)], [Eq((plus - minus) / 2, -sq * sp)],
)  # fmt: skip
sM, cM, sm, cm, s, u1, u2, r1, r2, r0, oj, ok, oj1, ok1, dj, dk, entry, N_, sM1, sM2, s0 = symbols(
    "s_M c_M s_m c_m s u_1 u_2 r_1 r_2 r_0 o_j o_k o_j1 o_k1 d_j d_k e N s_M1 s_M2 s_0", real=True
)
SUMS = scalar(
    "F2.sums", "sin of M(m - 1) and M(m + 1) add up to twice cos of M times sin of M m",
    [Eq(sM1, sm * cM - cm * sM), Eq(sM2, sm * cM + cm * sM)],
    [Eq(2 * cM * sm - sM1 - sM2, 0)],
)  # fmt: skip
ENTRY = scalar(
    "F2.entry", "so every entry of T A - A T is zero: r_1, r_0, r_2 are rho(m - 1), rho(m), rho(m + 1)",
    [
        Eq(oj - ok1, -s * u1), Eq(oj1 - ok, -s * u2), Eq(dj - dk, 2 * cM * s * s0),
        Eq(N_ * r1 * u1, sM1), Eq(N_ * r2 * u2, sM2), Eq(N_ * r0 * s0, sm), N_ > 0,
        Eq(2 * cM * sm - sM1 - sM2, 0), Eq(entry, r1 * (oj - ok1) + r2 * (oj1 - ok) + r0 * (dj - dk)),
    ],
    [Eq(entry, 0)], uses=["F2.product", "F2.sums"],
)  # fmt: skip
RIESZ = cited("F3.riesz", "a trigonometric polynomial of degree n and norm 1 stays above cos(n t) next to its peak",
              "M. Riesz 1914, interpolation lemma")  # fmt: skip
HALF = argued("F3", "applied to 2 q - q_max it gives q >= q_max cos^2(n t/2)", "LOBE", checks=["half_power"],
              uses=["F3.riesz"])  # fmt: skip

# Depth, dimension, nets

PRODUCTS = argued("F4", "a composition is a filter with L (K - 1) + 1 taps", "PRODUCTS", checks=["composition"])
FACTORS = argued("F4.odd", "a palindromic filter of even degree is a product of real quadratics", "FACTORS",
                 checks=["odd_layers"])  # fmt: skip
ROOTS = argued("F4.even", "odd degrees leave real roots, of which the best filter has at most one", "ROOTS",
               checks=["even_layers"])  # fmt: skip
ROWS = argued("F4.rows", "gates do not enlarge the support of a gradient", "ROWS", checks=["gradient_rows"])
KRONECKER = argued("F5", "the form of a rectangle is a Kronecker product, that of a smaller band is smaller",
                   "KRONECKER", checks=["plane_filters", "rectangles"])  # fmt: skip
GAIN = argued("F8", "1/2 (t + s^2/(r^2 t)) bounds the cost, t the energy of the filters, r^2 = N lambda_B", "PAYS",
              checks=["band_price"])  # fmt: skip
t, r, sigma = symbols("t r s", real=True)
MEANS = scalar(
    "F8.means", "and is at least s/r",
    [t > 0, r > 0, sigma >= 0], [(t + sigma**2 / (r**2 * t)) / 2 >= sigma / r], uses=["F8"],
)  # fmt: skip
SIGNS = argued("F7", "the mirror multiplies taps and readouts by signs", "SIGNS", checks=["mirror"])

Proof = tuple[ProofStep, ...]
SUPPORT_PROOF: Proof = (RUNS, SUM)
EQUALITY_PROOF: Proof = (EQUALITY,)
TAO_PROOF: Proof = (CHEBOTAREV, TAO)
ATTAINED_SUPPORTS_PROOF: Proof = (CHEBOTAREV, TAO, KERNEL)
MINORS_PROOF: Proof = (CHEBOTAREV, SHIFTS)
MESHULAM_PROOF: Proof = (MESHULAM,)
PAIRS_PROOF: Proof = (RANKS, MESHULAM)
CONCENTRATION_PROOF: Proof = (PROJECTIONS,)
SLEPIAN_PROOF: Proof = (ANGLES,)
ENTROPY_PROOF: Proof = (MAASSEN,)
COSET_ENTROPY_PROOF: Proof = (FLAT,)
SHARE_PROOF: Proof = (FORM,)
REAL_BAND_PROOF: Proof = (FORM,)
BELOW_ONE_PROOF: Proof = (FORM, COUNT)
LIMITED_PROOF: Proof = (COUNT,)
EXCHANGE_PROOF: Proof = (BLOCK,)
SIZE_PROOF: Proof = (FORM, BLOCK, SPECTRUM, ROW)
MONOTONE_PROOF: Proof = (FORM, COUNT, INSIDE, OUTSIDE, SIMPLE)
TOP_PROOF: Proof = (*MONOTONE_PROOF, CIRCLE, BEYOND, PRODUCT, SUMS, ENTRY, TOP)
ATTAINED_PROOF: Proof = (FORM, NEAR)
BOX_PROOF: Proof = (FORM, BOX)
CLOSED_PROOF: Proof = (FORM, SYMMETRY, CLOSED)
COMMUTING_PROOF: Proof = (PRODUCT, SUMS, ENTRY)
LOBE_PROOF: Proof = (RIESZ, HALF)
COMPOSITION_PROOF: Proof = (FORM, PRODUCTS)
ODD_PROOF: Proof = (*MONOTONE_PROOF, CIRCLE, PRODUCTS, FACTORS)
EVEN_PROOF: Proof = (*MONOTONE_PROOF, CIRCLE, PRODUCTS, ROOTS)
GRADIENT_PROOF: Proof = (FORM, ROWS)
PLANE_PROOF: Proof = (FORM, KRONECKER)
KRONECKER_PROOF: Proof = (KRONECKER,)
PRICE_PROOF: Proof = (FORM, GAIN, MEANS)
MIRROR_PROOF: Proof = (SIGNS,)
