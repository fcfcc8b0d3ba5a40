"""The scalar steps of the feature_purification proofs: real numbers only, for all values in the stated ranges.

phi(t) = max(t - b, 0) - max(-t - b, 0) is written out; r is a square root of a number of coordinates, r_A and r_d those
of A and d; g stands for b', T for a drift t_i, E for the energy.
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, Eq, Max, Min, Rational, symbols

from theorems.proof import scalar

h, u, b, a, q, s, t, x, y, g = symbols("h u b a q s t x y g", real=True)
tau, r, r_A, r_d, F, E, S, P, total, value = symbols("tau r r_A r_d F E S P total value", real=True)
step, size, c, e, w, p = symbols("step size c e w p", real=True)


def phi(argument: Any) -> Any:
    """The symmetric ReLU of an expression."""
    return Max(argument - b, 0) - Max(-argument - b, 0)


# ------------------------------------------------------------------ the symmetric ReLU

PHI_ODD = scalar("phi.odd", "phi is odd", [b >= 0, Eq(s, phi(h)), Eq(t, phi(-h))], [Eq(s, -t)])
PHI_MONOTONE = scalar("phi.monotone", "phi is nondecreasing", [b >= 0, u >= 0], [phi(h + u) >= phi(h)])
PHI_LIPSCHITZ = scalar("phi.lipschitz", "phi has slope at most one", [b >= 0, u >= 0], [phi(h + u) <= phi(h) + u])

# ------------------------------------------------------------------ Theorem P

P_ACTIVE = scalar("P.active", "a shift s lowers an active coordinate by at most s",
                  [b >= 0, s >= 0], [phi(x - s) >= phi(x) - s])
P_INACTIVE = scalar("P.inactive", "an inactive coordinate falls only by what exceeds its distance from the gate",
                    [b >= 0, s >= 0, x >= -b, x <= b, g <= b + x], [phi(x - s) >= phi(x) - Max(s - g, 0)])
P_DISTANCE = scalar("P.distance", "b - |x| is at most b + x, so that b' may stand for either",
                    [b >= 0, x >= -b, x <= b, g <= b - Abs(x)], [g <= b + x])
P_FIRST = scalar("P.first", "in the first range spreading over more than A coordinates gains nothing",
                 [g >= 0, tau >= 0, r_A >= 0, r >= r_A, tau <= 2 * g * r_A],
                 [tau * r - (r**2 - r_A**2) * g <= tau * r_A])
P_MIDDLE = scalar("P.middle", "arithmetic and geometric mean: the middle branch bounds every spread",
                  [g > 0, tau >= 0, r >= 0], [tau * r - (r**2 - r_A**2) * g <= tau**2 / (4 * g) + r_A**2 * g])
P_LAST = scalar("P.last", "in the last range spreading over all d coordinates is best",
                [g >= 0, r >= 0, r_d >= r, tau >= 2 * g * r_d],
                [tau * r - (r**2 - r_A**2) * g <= tau * r_d - (r_d**2 - r_A**2) * g])
P_RADIUS = scalar("P.radius", "tau < F/sqrt(A) and F <= 2 A b' lie in the first range, and D(tau) < F",
                  [r_A > 0, tau >= 0, F > 0, F <= 2 * r_A**2 * g, tau * r_A < F],
                  [tau <= 2 * g * r_A, F - tau * r_A > 0])
P_BEYOND = scalar("P.beyond", "below 2 sqrt(b' (F - A b')) the middle branch stays below F",
                  [g > 0, r_A > 0, tau >= 0, F > 2 * r_A**2 * g, tau**2 < 4 * g * (F - r_A**2 * g)],
                  [tau**2 / (4 * g) + r_A**2 * g < F])
P_BEYOND_LAST = scalar("P.beyond_last", "and below the last branch's radius so does that",
                       [tau * r_d < F + (r_d**2 - r_A**2) * g], [tau * r_d - (r_d**2 - r_A**2) * g < F])
P_SHIFT = scalar("P.shift", "where no gate closes a common shift lowers an active coordinate by all of it",
                 [b >= 0, x > b, s >= 0, s <= x - b], [Eq(phi(x - s), phi(x) - s)])
P_QUIET = scalar("P.quiet", "and an inactive coordinate does not move below its distance from the gate",
                 [b >= 0, x >= -b, x <= b, s >= 0, s <= b + x], [Eq(phi(x - s), 0)])
P_DUAL = scalar("P.dual", "at q = r/(2 tau) an active coordinate pays 1/(4q), and the multiplier as much as all",
                [tau > 0, r > 0, Eq(2 * tau * q, r), Eq(4 * q * s, 1)],
                [Eq(r**2 * s + q * tau**2, r * tau)])

# ------------------------------------------------------------------ Theorem N

N_ACTIVE = scalar("N.active", "an open gate loses t, or what is left above its bias",
                  [b >= 0, t >= 0, h > b], [phi(h - t) <= phi(h) - Min(t, h - b)])
N_BELOW = scalar("N.below", "a gate open on the wrong side loses exactly t", [b >= 0, t >= 0, h < -b],
                 [Eq(phi(h - t), phi(h) - t)])
N_CLOSED = scalar("N.closed", "a closed gate loses something or nothing", [b >= 0, t >= 0], [phi(h - t) <= phi(h)])
N_AGAINST = scalar("N.against", "a neuron that drifts the other way gains at most |t|", [b >= 0, t < 0],
                   [phi(h - t) <= phi(h) - t])

# ------------------------------------------------------------------ Theorem C

C_ENERGY = scalar("C.energy", "adding q (sum s_i^2 <w_i, delta>^2 - E) <= 0 only lowers the value",
                  [q > 0, S <= E, value + q * S >= P], [value >= P - q * E])
C_VERTEX = scalar("C.vertex", "right of the gate a parabola is at least its vertex",
                  [a > 0, q > 0, h + u >= b, Eq(2 * q * w, -a)],
                  [a * (h + w - b) + q * w**2 <= a * (h + u - b) + q * u**2])
C_BEND = scalar("C.bend", "and if the vertex lies left of the gate, at least the value at the bend",
                [a > 0, q > 0, h + u >= b, Eq(2 * q * w, -a), h + w <= b],
                [q * (b - h)**2 <= a * (h + u - b) + q * u**2])
C_FLAT_ABOVE = scalar("C.flat_above", "within the dead zone q u^2 is least at the nearer bend, if h is above it",
                      [b >= 0, q > 0, h >= b, h + u <= b], [q * u**2 >= q * (b - h)**2])
C_FLAT_BELOW = scalar("C.flat_below", "likewise if h is below it",
                      [b >= 0, q > 0, h <= -b, h + u >= -b], [q * u**2 >= q * (b + h)**2])
C_FLAT_INSIDE = scalar("C.flat_inside", "and at u = 0 if h lies in it", [q > 0], [q * u**2 >= 0])
C_BELOW = scalar("C.below", "left of the dead zone a parabola is at least its vertex",
                 [a > 0, q > 0, h + u <= -b, Eq(2 * q * w, -a)],
                 [a * (h + w + b) + q * w**2 <= a * (h + u + b) + q * u**2])
C_BELOW_BEND = scalar("C.below_bend", "and if the vertex lies right of -b, at least the value at that bend",
                      [a > 0, q > 0, h + u <= -b, Eq(2 * q * w, -a), h + w >= -b],
                      [q * (b + h)**2 <= a * (h + u + b) + q * u**2])
C_MARGIN = scalar("C.margin", "the certificate is at most the margin: u = 0 is a candidate",
                  [P <= value, q > 0, E >= 0], [P - q * E <= value])

# ------------------------------------------------------------------ measures

RESIDUAL = scalar("R.residual", "a mean square is at least the square of the mean",
                  [size > 0, size * S >= P**2], [S - P**2 / size >= 0])
MOSTLY = scalar("R.mostly", "a squared cosine above 1/2 leaves less than half", [Eq(x + y, w), Eq(x, c * w), w > 0,
                                                                            c > Rational(1, 2)], [x > y])
LOTTERY = scalar("I.half", "a tail of one sign and a smaller threshold", [s >= 0, t >= s, p >= 0, p <= 1],
                 [s * p <= 2 * t / 2])
G_POSITIVE = scalar("G.positive", "p in (0, 1], a positive mass and a positive acceptance give a positive dense part",
                    [p > 0, p <= 1, S > 0, P > 0], [p**2 / 2 * S / P > 0])
