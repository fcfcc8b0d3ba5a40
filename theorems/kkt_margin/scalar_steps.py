"""The scalar steps of the kkt_margin proofs: real numbers only, for all values in the stated ranges.

Letters as in the statements: L <= G_ii <= U bound the lifted squared norms, q the lifted correlations, r = q (n-1)/L;
S and C are the largest own and cross class sums, A is a lower bound of every own class sum; tau = t Delta; m counts the
samples of the opposite class; b is 1 with bias and 0 without. Inserting one bound into another is a step too.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Max, Rational, sqrt, symbols

from theorems.proof import scalar

L, U, S, C, A, r, q, n, m, tau, b = symbols("L U S C A r q n m tau b", real=True)
own, cross, value, total, part, other = symbols("own cross value total part other", real=True)
lam, weight, margin, theta, T, G, B = symbols("lam weight margin theta T G B", real=True)
d, p, c, t, D, Delta, L0, u_sq, slope = symbols("d p c t D Delta L0 u_sq slope", real=True)
s, k, x, w, M, rho, delta, grad, rest = symbols("s k x w M rho delta grad rest", real=True)
K, X = symbols("K X", real=True)
corr, inner, inner_K, w_sq, dist_sq, tau0, lip = symbols("corr inner inner_K w_sq dist_sq tau0 lip", real=True)

THIRD = Rational(1, 3)
E = 1 - r - r**2
norms = (L > 0, U >= L)
in_range = (r >= 0, r**2 + 2 * r < 1)
bound = S * Max(U - tau, 0) - (tau - q) * m * A

# ------------------------------------------------------------------ class sums

S4 = scalar("S4", "cross class sums are at most r times the largest own class sum",
            [L > 0, r >= 0, r < 1, S >= 0, L * C <= r * L * Max(S, C)], [C <= r * S], uses=["S1"])
S5 = scalar("S5", "own class sums are at most 1/(L (1 - r - r^2)), for r^2 + r < 1",
            [L > 0, r >= 0, r**2 + r < 1, S >= 0, C <= r * S, L * S <= 1 + r * L * (S + C)], [L * S * E <= 1],
            uses=["S2", "S4"])
S5_THIRD = scalar("S5.third", "for r <= 1/3, own class sums are at most 9/(5 L)",
                  [L > 0, r >= 0, r <= THIRD, S >= 0, C <= r * S, L * S <= 1 + r * L * (S + C)],
                  [L * S * E <= 1, 5 * L * S <= 9], uses=["S2", "S4"])
S6_RANGE = scalar("S6.range", "r < sqrt(2) - 1 lies in the ranges of S4 and S5", in_range, [r < 1, r**2 + r < 1])
S6 = scalar("S6", "own class sums are at least (1 - 2r - r^2)/(U (1 - r - r^2)) > 0, for r < sqrt(2) - 1",
            [*norms, *in_range, S >= 0, L * S * E <= 1, U * A >= 1 - r * L * S],
            [U * A * E >= 1 - 2 * r - r**2, A > 0], uses=["S3", "S5"])
S6_THIRD = scalar("S6.third", "for r <= 1/3, own class sums are at least 2/(5 U)",
                  [*norms, r >= 0, r <= THIRD, S >= 0, L * S * E <= 1, U * A >= 1 - r * L * S],
                  [U * A * E >= 1 - 2 * r - r**2, 5 * U * A >= 2], uses=["S3"])
S6_SUPPORT = scalar("S6.support", "a positive own class sum makes a support vector, and then the margin is one",
                    [lam >= 0, weight >= 0, Eq(own, lam * weight), own > 0, Eq(lam * (margin - 1), 0)],
                    [lam > 0, Eq(margin, 1)])
S6_BOUNDS = scalar("S6.bounds", "the bounds of S4 to S6 in the form of the statement",
                   [*norms, *in_range, own <= S, cross <= C, C <= r * S, L * S * E <= 1,
                    U * own * E >= 1 - 2 * r - r**2],
                   [own <= 1 / (L * E), cross <= r / (L * E), own >= (1 - 2 * r - r**2) / (E * U)],
                   uses=["S4", "S5", "S6"])
S6_SIGNS = scalar("S6.signs", "both bounds of own class sums are positive", [*norms, *in_range],
                  [1 / (L * E) > 0, (1 - 2 * r - r**2) / (E * U) > 0])

# ------------------------------------------------------------------ the flip

S8_BOUND = scalar("S8.bound", "the own part with the bound on own class sums",
                  [own <= S, part <= own * Max(U - tau, 0)], [part <= S * Max(U - tau, 0)], uses=["S8"])
S9_BOUND = scalar("S9.bound", "the opposite part with the bound on own class sums of the opposite class",
                  [tau >= q, total >= m * A, other >= (tau - q) * total], [other >= (tau - q) * m * A], uses=["S9"])
T1_SUM = scalar("T1.sum", "the value along the flip path stays below the bound",
                [value <= part - other, part <= S * Max(U - tau, 0), other >= (tau - q) * m * A], [value <= bound],
                uses=["S8.bound", "S9.bound"])
T1_SLOPE = scalar("T1.slope", "the final slope with the bound on own class sums",
                  [Delta > 0, total >= m * A, slope <= -Delta * total], [slope <= -Delta * m * A], uses=["S9"])
T1_Q = scalar("T1.q", "with two samples and r < 1, correlations are below the least squared norm",
              [n >= 2, q >= 0, *norms, Eq(r, q * (n - 1) / L), r < 1], [q < U])
_positive = (S > 0, A > 0, m > 0, q <= U)
T1_THRESHOLD = scalar("T1.threshold", "the threshold tau0 lies between q and U",
                      [*_positive, Eq(tau0, (S * U + q * m * A) / (S + m * A))], [q <= tau0, tau0 <= U],
                      uses=["T1.q", "S6.signs"])
T1_SIGN = scalar("T1.sign", "beyond tau0 the bound is negative",
                 [*_positive, tau > (S * U + q * m * A) / (S + m * A)], [tau > q, bound < 0],
                 uses=["T1.threshold", "T1.sum"])
T1_LEVEL = scalar("T1.level", "from tau1 on the bound is at most -1, if tau1 <= U",
                  [*_positive, (S * U + 1 + q * m * A) / (S + m * A) <= U,
                   tau >= (S * U + 1 + q * m * A) / (S + m * A)], [tau >= q, bound <= -1], uses=["T1.q", "T1.sum"])
T1_LATE = scalar("T1.late", "if tau1 > U, the bound is at most -1 from q + 1/(m A) on",
                 [*_positive, (S * U + 1 + q * m * A) / (S + m * A) > U, tau >= q + 1 / (m * A)],
                 [tau >= q, bound <= -1], uses=["T1.q", "T1.sum"])
T1W_Q = scalar("T1W.q", "Delta > 0 forces q < U",
               [n >= 2, p >= 0, b >= 0, b <= 1, q <= p + b, U >= L0 + b, Eq(Delta, L0 - p * (n - 1)), Delta > 0],
               [q < U])
T1W_VALUE = scalar("T1W.value", "at tau >= U the value is at most -(tau - q)/U",
                   [U > 0, q < U, tau >= U, U * total >= 1, own >= 0, part <= own * Max(U - tau, 0),
                    other >= (tau - q) * total, value <= part - other],
                   [value <= -(tau - q) / U, value < 0], uses=["T1W.q", "T1W", "S8", "S9"])
T1W_SLOPE = scalar("T1W.slope", "and falls at least at the rate Delta/U",
                   [U > 0, Delta > 0, U * total >= 1, slope <= -Delta * total], [slope <= -Delta / U],
                   uses=["T1W", "S9"])

# ------------------------------------------------------------------ the paper's hypothesis


def level(constant: Rational | int, target: int, strict: bool) -> tuple[list[Any], list[Any]]:
    """S10 with another constant: tau m = q m + constant D and the bound against `target`."""
    given = [D > 0, S >= 0, 5 * D * S <= 9, 5 * D * A >= 2, m >= 1, q >= 0, Eq(tau * m, q * m + constant * D)]
    reached = S * Max(D - tau, 0) - (tau - q) * m * A
    return given, [reached < target if strict else reached <= target]


S10_LEVEL = scalar("S10.level", "tau = q + 7 D/m reaches level -1", *level(7, -1, False),
                   uses=["S5.third", "S6.third"])
S10_SIGN = scalar("S10.sign", "tau = q + 4.5 D/m flips the sign", *level(Rational(9, 2), 0, True),
                  uses=["S5.third", "S6.third"])
T2_COUNT = scalar("T2.count", "a larger opposite class only lowers the bound",
                  [tau >= q, A > 0, m >= M, value <= rest - (tau - q) * m * A], [value <= rest - (tau - q) * M * A],
                  uses=["T2"])
S11_SCALES = scalar("S11.scales", "3 n (p + b) <= d puts every scale in range: r < 1/3, Delta >= 2d/3, |u|^2 <= 4nd/3",
                    [n >= 2, d > 0, p >= 0, b >= 0, b <= 1, q >= 0, q <= p + b, 3 * n * (p + b) <= d,
                     Eq(r, q * (n - 1) / (d + b)), Eq(Delta, d - p * (n - 1)), u_sq <= n * d + n * (n - 1) * p],
                    [r >= 0, r < THIRD, Delta >= 2 * d / 3, u_sq <= 4 * n * d / 3, 3 * q * n <= d], uses=["T2"])
S11_RANGE = scalar("S11.range", "r < 1/3 lies in the range of the main theorem", [r >= 0, r < THIRD],
                   [r**2 + 2 * r < 1], uses=["S11.scales"])
S11_CONSTANTS = scalar("S11.constants", "for r <= 1/3 the factors of both bounds are at most 9/5 and at least 2/5",
                       [r >= 0, r <= THIRD], [1 / E <= Rational(9, 5), (1 - 2 * r - r**2) / E >= Rational(2, 5)],
                       uses=["S11.scales"])
S11_STEP = scalar("S11.step", "2 t n is at most 3 (1/3 + 7 (1 + b/d)/c)",
                  [n >= 2, d > 0, b >= 0, b <= 1, c > 0, c <= Rational(1, 2), q >= 0, 3 * q * n <= d,
                   Delta >= 2 * d / 3, Eq(t, (q + 7 * (d + b) / (c * n)) / Delta)],
                  [t > 0, 2 * t * n <= 3 * (THIRD + 7 * (1 + b / d) / c)], uses=["S11.scales"])
S11_NORM = scalar("S11.norm", "so t^2 |u|^2 is at most 3 B^2 d/n",
                  [n > 0, d > 0, t > 0, B >= 0, 2 * t * n <= 3 * B, u_sq >= 0, u_sq <= 4 * n * d / 3],
                  [t**2 * u_sq <= 3 * B**2 * d / n], uses=["S11.scales", "S11.step"])
S11_WIDER = scalar("S11.wider", "with bias, 3 n (p + 1) <= d + 1 gives the same scales",
                   [n >= 2, p >= 0, q >= 0, q <= p + 1, 3 * n * (p + 1) <= d + 1, Eq(r, q * (n - 1) / (d + 1)),
                    Eq(Delta, d - p * (n - 1)), u_sq <= n * d + n * (n - 1) * p],
                   [d > 0, r >= 0, r < THIRD, Delta >= 2 * d / 3, u_sq <= 4 * n * d / 3, 3 * q * n <= d + 1],
                   uses=["T2"])
S11_WIDER_STEP = scalar("S11.wider.step", "and 2 t n is at most 3 (1 + 1/d) (1/3 + 7/c)",
                        [n >= 2, d > 0, c > 0, c <= Rational(1, 2), q >= 0, 3 * q * n <= d + 1, Delta >= 2 * d / 3,
                         Eq(t, (q + 7 * (d + 1) / (c * n)) / Delta)],
                        [t > 0, 2 * t * n <= 3 * (1 + 1 / d) * (THIRD + 7 / c)], uses=["S11.wider"])
T3_VALUE = scalar("T3.value", "at an unseen point the value is below -(t Delta - s - b) m A < 0",
                  [tau > s + b, A > 0, m > 0, total >= m * A, value <= -(tau - s - b) * total],
                  [value <= -(tau - s - b) * m * A, value < 0], uses=["S12"])
T4_HYPOTHESIS = scalar("T4.hypothesis", "a bound on p that meets the hypothesis makes p meet it",
                       [n > 0, p <= s, 3 * n * (s + b) <= d], [3 * n * (p + b) <= d], uses=["T4"])
F = 1 - 2 * r - r**2
_S, _A, _q = 1 / (U * E), F / (U * E), r * U / (n - 1)
C9_FORM = scalar("C9.form", "with equal norms, tau0 = U (1 + m F r/(n - 1))/(1 + m F), F = 1 - 2r - r^2",
                 [U > 0, *in_range, m >= 1, n >= 2],
                 [Eq((_S * U + _q * m * _A) / (_S + m * _A), U * (1 + m * F * r / (n - 1)) / (1 + m * F))],
                 uses=["T1.threshold"])
C9 = scalar("C9", "tau0/U is at most (1/(1 + m)) (1/F + m r/(n - 1))",
            [F > 0, r >= 0, m >= 1, n >= 2],
            [(1 + m * F * r / (n - 1)) / (1 + m * F) <= (1 / F + m * r / (n - 1)) / (1 + m)], uses=["C9.form"])
C9_SCALE = scalar("C9.scale", "U/Delta is 1/(1 - r) without bias, at most (1 + 1/d)/(1 - n (p + 1)/d) with",
                  [d > 0, n >= 2, p >= 0, n * (p + 1) < d, Eq(r, p * (n - 1) / d)],
                  [Eq(d / (d - p * (n - 1)), 1 / (1 - r)),
                   (d + 1) / (d - p * (n - 1)) <= (1 + 1 / d) / (1 - n * (p + 1) / d)])

# ------------------------------------------------------------------ radii from below

LIPSCHITZ = scalar("T5.lipschitz", "losing a margin of at least one costs at least the inverse Lipschitz constant",
                   [margin >= 1, value <= 0, lip >= 0, delta >= 0, margin - value <= lip * delta], [lip * delta >= 1])
T5_RANGE = scalar("T5.range", "r < (sqrt(5) - 1)/2 lies in the range of S4", [r >= 0, r**2 + r < 1], [r < 1])
_reached = (U + q * (n - 1)) * n * (1 + r) ** 2
T5_COMPARE = scalar("T5.compare", "with K = (U + q (n-1)) n (1 + r)^2 and X = L (1 - r - r^2): radius^2 K >= X^2",
                    [K >= 0, X > 0, S >= 0, X * S <= 1, rho >= 0, grad <= K * S**2, rho * grad >= 1],
                    [rho * K * S**2 >= 1, rho * K >= X**2], uses=["S5", "T5", "T5.lipschitz"])
T5_RADIUS = scalar("T5.radius", "radius^2 >= L^2 (1 - r - r^2)^2/((U + q (n-1)) n (1 + r)^2), for r^2 + r < 1",
                   [*norms, n >= 2, q >= 0, r >= 0, rho * _reached >= (L * E) ** 2], [rho >= (L * E) ** 2 / _reached],
                   uses=["T5.compare"])
T5_EQUAL = scalar("T5.equal", "with equal norms this is L (1 - r - r^2)^2/(n (1 + r)^3)",
                  [L > 0, n > 0, r >= 0], [Eq((L * E) ** 2 / ((L + r * L) * n * (1 + r) ** 2),
                                              L * E**2 / (n * (1 + r) ** 3))], uses=["T5.radius"])
T5_THIRD = scalar("T5.third", "which is at least (0.36)^2 L/n for r <= 1/3",
                  [L > 0, n > 0, r >= 0, r <= THIRD],
                  [L * E**2 / (n * (1 + r) ** 3) >= Rational(36, 100) ** 2 * L / n], uses=["T5.equal"])

# ------------------------------------------------------------------ clusters

T6_NEURON = scalar("T6.neuron", "within-cluster correlations of an opposite neuron cost at most q U/L times the others",
                   [*norms, q >= 0, w >= 0, L * x <= q * w], [U * x + q * w <= q * (1 + U / L) * w], uses=["T6X"])
T6_SUM = scalar("T6.sum", "the value along the flip path stays below the bound",
                [*norms, q >= 0, tau >= q * (1 + U / L), own <= S, total >= m * A, part <= own * Max(U - tau, 0),
                 other >= (tau - q * (1 + U / L)) * total, value <= part - other],
                [value <= S * Max(U - tau, 0) - (tau - q * (1 + U / L)) * m * A], uses=["T6F", "T6.neuron"])

# ------------------------------------------------------------------ robust networks

R1_SIGNS = scalar("R1.signs", "inside radius (1 - c)/2 the own neuron is on and the others are off",
                  [c >= 0, c < 1, Eq(theta, (1 + c) / 2), rho >= 0, rho < (1 - c) / 2, own >= 1 - theta - rho,
                   other <= c + rho - theta], [own > 0, other <= 0], uses=["R1"])
_between = (c >= 0, theta > c, theta < 1, k >= 1)
_reach = 1 + (k - 1) * theta - k * c
R2_POSITIVE = scalar("R2.positive", "the numerator is positive", _between, [_reach > 0])
R2_REACH = scalar("R2.reach", "how far the perturbation must reach along sum_K x_l - x_i",
                  [D > 0, *_between, corr <= k * c * D, corr + inner_K - k * D * theta >= D * (1 - theta) + inner],
                  [inner_K - inner >= D * _reach], uses=["R2"])
R2_NORM = scalar("R2.norm", "the squared length of sum_K x_l - x_i", [D > 0, *_between],
                 [Eq(k * D + k * (k - 1) * c * D + D + 2 * k * c * D, D * (k + 1) * (1 + k * c))], uses=["R2"])
R2_RADIUS = scalar("R2.radius", "by Cauchy-Schwarz |delta|^2 is at least D (1 + (k-1) theta - k c)^2/((k+1)(1 + k c))",
                   [D > 0, *_between, inner >= D * _reach, w_sq >= 0, w_sq <= D * (k + 1) * (1 + k * c), delta >= 0,
                    inner**2 <= delta * w_sq], [delta >= D * _reach**2 / ((k + 1) * (1 + k * c))],
                   uses=["R2.positive", "R2.reach", "R2.norm"])
_half = [2 * (1 + (k - 1) * theta) ** 2 >= k + 1, 2 * (1 - theta) ** 2 >= 1]
R3_RADIUS = scalar("R3.radius", "at c = 0 and theta = 1/4 every term of the minimum is at least 1/2",
                   [k >= 1, Eq(theta, Rational(1, 4))], _half, uses=["R2.radius"])
R3_DISTANCE = scalar("R3.distance", "half the distance of two orthogonal samples is sqrt(D/2)",
                     [Eq(inner, 0), Eq(dist_sq, D + D - 2 * inner)], [Eq(dist_sq / 4, D / 2)])
R3_WINDOW = scalar("R3.window", "the same for sqrt(3/2) - 1 <= theta <= 1 - sqrt(1/2), at k >= 2",
                   [k >= 2, theta >= sqrt(Rational(3, 2)) - 1, theta <= 1 - sqrt(Rational(1, 2))], _half)
C10 = scalar("C10", "for c <= 0.018 and theta = 1/4 the minimum over k is attained at k = 1, for every n",
             [c >= 0, c <= Rational(18, 1000), k >= 2],
             [((k + 3) / 4 - k * c) ** 2 / ((k + 1) * (1 + k * c)) >= (1 - c) ** 2 / (2 * (1 + c)),
              Rational(9, 16) >= (1 - c) ** 2 / (2 * (1 + c))], uses=["R2.radius"])
C10_OPTIMAL = scalar("C10.optimal", "that radius is at least (1 - c)/(1 + c) of half the least distance of two classes",
                     [D > 0, c >= 0, c < 1, dist_sq >= 0, dist_sq <= 2 * D * (1 + c),
                      rho >= D * (1 - c) ** 2 / (2 * (1 + c))],
                     [rho >= ((1 - c) / (1 + c)) ** 2 * dist_sq / 4], uses=["C10"])

# ------------------------------------------------------------------ all KKT points of one dataset

MM_OWN = scalar("MM.own", "the largest ratio is at most one if it is attained at an own class sum",
                [theta * (G * B - T) <= 1, G * B - T >= 1], [theta <= 1], uses=["MM"])
MM_CROSS = scalar("MM.cross", "the largest ratio is at most zero if it is attained at a cross class sum",
                  [theta * (G * B - T) <= 0, G * B - T > 0], [theta <= 0], uses=["MM"])
