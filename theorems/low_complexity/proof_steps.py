"""The steps of the proofs of low_complexity: scalar ones for all values, argued ones with a text in `arguments.md`.

Letters: m mean of y <u, x>, A - s c^2 the variance of y <w, x> at cosine c, tau the radius, V and G numerator and
denominator of Cantelli's bound.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Rational, symbols

from theorems.proof import ProofStep, argued, scalar

A, s, m, tau, c, C, V, g, x, t, bound = symbols("A s m tau c C V g x t bound", real=True)
k, odd, both, accuracy = symbols("k odd both accuracy", real=True)
c3, c5, c7 = symbols("c3 c5 c7", real=True)


def variance(cosine: Any) -> Any:
    """A - s c^2."""
    return A - s * cosine**2


def below(cosine: Any) -> Any:
    """V + (tau - c m)^2."""
    return variance(cosine) + (tau - cosine * m) ** 2


MOMENTS = argued(
    "L1", "y <w, x> has mean c m and variance A - s c^2 for every unit w", "MOMENTS", checks=["every_linear"]
)
MARKOV = argued("L2", "the tail is at most E (t - c m + x)^2/(g + x)^2 for every x >= 0", "MARKOV", uses=["L1"])
POINTWISE = scalar(
    "L2.point",
    "on the tail the quadratic is at least one",
    [g > 0, x >= 0, t >= g],
    [(t + x) ** 2 >= (g + x) ** 2],
    uses=["L2"],
)
CANTELLI = scalar(
    "L3",
    "the best x gives Cantelli's bound V/(V + g^2)",
    [g > 0, V >= 0, Eq(x * g, V)],
    [x >= 0, Eq((V + x**2) * (V + g**2), V * (g + x) ** 2)],
    uses=["L2.point"],
)
INTERIOR = scalar(
    "L4",
    "the bound at any cosine is at most the one at c = A m/(s tau): the difference is a square",
    [s > 0, A > 0],
    [
        Eq(s * A * below(c) - variance(c) * (s * (A + tau**2) - A * m**2), (s * tau * c - A * m) ** 2),
        variance(c) * (s * (A + tau**2) - A * m**2) <= s * A * below(c),
    ],
    uses=["L3"],
)
FACTORED = scalar(
    "L5.factor",
    "beyond it two bounds differ by a product",
    [],
    [
        Eq(
            variance(C) * below(c) - variance(c) * below(C),
            (C - c) * (2 * A * m * tau + 2 * C * c * m * s * tau - (A * m**2 + s * tau**2) * (C + c)),
        )
    ],
    uses=["L3"],
)
LAST = scalar(
    "L5",
    "if s tau C <= A m, the bound increases up to the largest cosine C",
    [C > 0, c >= -C, c <= C, m >= 0, tau > m * C, s * tau * C <= A * m, A - s * C**2 >= 0],
    [2 * A * m * tau + 2 * C * c * m * s * tau - (A * m**2 + s * tau**2) * (C + c) >= 0],
    uses=["L5.factor"],
)
Q = symbols("Q", real=True)
LARGEST = scalar(
    "L5.max",
    "so no bound at a smaller cosine is larger",
    [c <= C, Q >= 0, Eq(variance(C) * below(c) - variance(c) * below(C), (C - c) * Q)],
    [variance(c) * below(C) <= variance(C) * below(c)],
    uses=["L5.factor", "L5"],
)
NORMS = argued("L6", "in the maximum norm only cosines up to 1/sqrt(d) matter", "NORMS", checks=["maximum_norm"])
DECREASE = scalar(
    "L6.beyond",
    "beyond C = 1/sqrt(d) the radius grows with the cosine, and the bound falls",
    [C > 0, c >= C, A >= 0, tau > m * C, m >= 0],
    [variance(c) * C**2 <= variance(C) * c**2],
    uses=["L6"],
)
MIRROR = argued(
    "M1",
    "a point and its mirror image are both right only if the odd part is",
    "MIRROR",
    checks=["intercept", "degree_two"],
)
HALF = scalar(
    "M2",
    "so the accuracy is at most half of one plus that of the odd part",
    [2 * accuracy <= 1 + both, both <= odd],
    [accuracy <= (1 + odd) / 2],
    uses=["M1"],
)
INSERT = scalar(
    "M3",
    "and at most half of one plus the bound over linear models",
    [accuracy <= (1 + odd) / 2, odd <= bound],
    [accuracy <= (1 + bound) / 2],
    uses=["M2"],
)
GRID = argued(
    "G1",
    "moments of sums of rounded magnitudes enclose those of the true sums",
    "GRID",
    checks=["scale_free_numbers", "every_linear_draws"],
)
CONVOLUTION = argued(
    "F1", "the accuracy is a sum over the sums of coordinates of equal weight", "SUMS", checks=["linear_formula"]
)
LAGRANGE = argued("P1", "a point is robust if some multiplier makes the sum of the parts positive", "PARTS")
MONOTONE = argued("P2", "accuracies fall as the radius grows", "MONOTONE")
_quintic = (k > 1, Eq(c3, k + 1), Eq(c5, -k))
QUINTIC = scalar(
    "H1",
    "(k + 1) t^3 - k t^5 keeps both magnitudes, and has slope 3 - 2k at 1",
    _quintic,
    [Eq(c3 / k + c5 / k**2, 1), Eq(c3 + c5, 1), Eq(3 * c3 + 5 * c5, 3 - 2 * k)],
)
_septic = (k > 1, Eq(c3 / k + c5 / k**2 + c7 / k**3, 1), Eq(c3 + c5 + c7, 1), Eq(3 * c3 + 5 * c5 + 7 * c7, 0))
SEPTIC = scalar(
    "H2",
    "the polynomial of degree 7 with slope 0 at 1 has slope 3 - 4/k + 3/k^2 at 1/sqrt(k)",
    _septic,
    [Eq(3 * c3 / k + 5 * c5 / k**2 + 7 * c7 / k**3, 3 - 4 / k + 3 / k**2)],
)
SLOPES = scalar(
    "H3",
    "which lies between 5/3 and 3",
    [k > 1],
    [3 - 4 / k + 3 / k**2 >= Rational(5, 3), 3 - 4 / k + 3 / k**2 < 3],
    uses=["H2"],
)
INTERPOLATION = argued(
    "H4",
    "2s - 1 conditions are independent, and p' - 1/2 changes its sign 4s - 4 times",
    "INTERPOLATION",
    checks=["hermite_scales"],
)
DUALITY = argued(
    "D1", "multipliers bound the robust hinge risk of every classifier from below", "DUALITY", checks=["hinge"]
)
TERM = scalar(
    "D2",
    "a hinge is at least its multiplier times its argument",
    [x >= 0, x <= 1, g >= t, g >= 0],
    [g >= x * t],
    uses=["D1"],
)

CLASS = argued(
    "S1", "odd symmetric polynomials are spanned by odd products of power sums", "CLASS", checks=["symmetric_class"]
)
SYMMETRY = argued(
    "S2", "averaging over the group does not raise the risk on a symmetrised sample", "SYMMETRY", uses=["S1"],
    checks=["every_polynomial"],
)  # fmt: skip
MENU = argued("S3", "multipliers that are orthogonal to all products bound the risk on the menu", "MENU", uses=["S2"])
FROZEN = argued(
    "K1", "multipliers see every model with the same gates through one vector z", "FROZEN",
    checks=["every_frozen", "frozen_margins", "frozen_of_any_norm"],
)  # fmt: skip
risk, mass, seen, norm_sq, moment_sq = symbols("risk mass seen norm_sq moment_sq", real=True)
SQUARED = scalar(
    "K2",
    "so what the risk lacks of the mass is at most |v| |z|",
    [seen**2 <= norm_sq * moment_sq, risk >= mass - seen, mass >= risk],
    [(mass - risk) ** 2 <= norm_sq * moment_sq],
    uses=["K1"],
)
MARGIN = scalar(
    "K3",
    "and a positive mean of the worst margins is at most |v| |z|",
    [seen**2 <= norm_sq * moment_sq, t <= seen, t >= 0],
    [t**2 <= norm_sq * moment_sq],
    uses=["K1"],
)
FROZEN_RISK_PROOF: tuple[ProofStep, ...] = (FROZEN, TERM.after("K1"), SQUARED)
FROZEN_MARGIN_PROOF: tuple[ProofStep, ...] = (FROZEN, MARGIN)
SYMMETRY_PROOF: tuple[ProofStep, ...] = (CLASS, SYMMETRY, MENU, TERM.after("S3"))
FORMULA_PROOF: tuple[ProofStep, ...] = (CONVOLUTION,)
MAXIMUM_OF_CANTELLI_PROOF: tuple[ProofStep, ...] = (INTERIOR.after(), FACTORED.after(), LAST, LARGEST)
LINEAR_PROOF: tuple[ProofStep, ...] = (MOMENTS, MARKOV, POINTWISE, CANTELLI, INTERIOR, FACTORED, LAST, LARGEST)
NORM_PROOF: tuple[ProofStep, ...] = (*LINEAR_PROOF, NORMS, DECREASE)
ODD_PROOF: tuple[ProofStep, ...] = (MIRROR, HALF)
MIRROR_PROOF: tuple[ProofStep, ...] = (*LINEAR_PROOF, MIRROR, HALF, INSERT)
REFERENCE_PROOF: tuple[ProofStep, ...] = (*MIRROR_PROOF, MONOTONE)
SCALE_PROOF: tuple[ProofStep, ...] = (*REFERENCE_PROOF, GRID)
POLYNOMIAL_PROOF: tuple[ProofStep, ...] = (*MIRROR_PROOF, LAGRANGE, MONOTONE)
QUINTIC_PROOF: tuple[ProofStep, ...] = (QUINTIC,)
SEPTIC_PROOF: tuple[ProofStep, ...] = (SEPTIC, SLOPES)
SCALES_PROOF: tuple[ProofStep, ...] = (INTERPOLATION,)
HINGE_PROOF: tuple[ProofStep, ...] = (DUALITY, TERM)
