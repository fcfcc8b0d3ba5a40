"""Every tolerance of the verifiers, with its reason. No comparison elsewhere carries a literal tolerance.

All are relative to the natural scale of what is compared (margins are 1, |g_k| is 1, multipliers are scaled by L).
"""

from __future__ import annotations

KKT_RESIDUAL = 1e-6
"""Largest KKT residual at which a float network counts as a KKT point, at numerical rigor only.

Plain gradient methods stop near 1e-5; points polished by Newton reach 1e-14, so 1e-6 separates the two.
"""

ON_PATTERN = 1e-3
"""A pre-activation above this share of |v_j||x_i| is read as "on" when patterns are read off a trained network.

Gradient methods leave kinks at about 1e-4; strictly active pre-activations of KKT points found so far exceed 1e-2.
"""

POINT_PATTERN = 1e-9
"""The same reading for a point that has been polished: kinks are then at rounding level, 1e-14."""

ROUNDING = 64 * 2.0**-52
"""Relative error allowed for a float64 evaluation of a short formula (sums of at most a few hundred terms)."""

RESIDUAL_AMPLIFICATION = 1e3
"""Numerical enclosures of point quantities are +- this factor times the KKT residual.

Condition numbers of the KKT system on polished points are below 1e3 in the regimes the statements cover.
"""

BALL_PRECISION = 128
"""First working precision, in bits, of ball arithmetic."""

BALL_PRECISION_LIMIT = 4096
"""Doubling stops here; what is still open is reported undecided."""

SINGULAR_PIVOT = 2.0**-48
"""A Cholesky pivot below this share of its diagonal entry is rounding: the cuts combined are dependent."""

UNREACHABLE = 1e-12
"""Residual of the least-distance problem, relative to 1, at which a cell of activations is read as empty.

The residual at distance r is (s / r)^2 with s the scale of the search, so this is a million times that scale.
"""

LOST_DIGITS = 1e-3
"""A float64 point whose length has a larger relative error than this, through cancellation, is no witness."""

KINK_READINGS = (1e-2, ON_PATTERN, 1e-5, POINT_PATTERN)
"""The residual of a raw network tries pairs below each of these relative pre-activations as kinks and keeps the best.

The residual charges for the distance of a pair from being a kink, so a generous reading cannot make it too small.
"""

NEARBY = 1e-2
"""Largest relative distance in parameter space at which a KKT point is said to be near a network, and speaks for it.

Kinks are read off at `ON_PATTERN`; a network ten times farther than that from a point has patterns of its own.
"""

PRESENT = (1e-9, 1e-3, 3e-2)
"""Neurons with |v_j| below one of these shares of the largest are left out when a KKT point nearby is looked for.

What is left out is charged to the distance. Neurons that a gradient method never used, or had not yet emptied when it
stopped, keep weights of this order.
"""

REPRESENTATION_GAP = 1e-9
"""upper/lower - 1 at which a search for the least-norm factors of a predictor stops; both bounds hold at any gap."""

MARGIN_GAP = 1e-6
"""The same for max-margin problems: the multiplier method reaches it in seconds, and the gap is reported."""

SEPARATED = 1e-9
"""Margin, relative to the largest entry, up to which a linear program says that no predictor separates the data."""

SUPPORTED = 1e-6
"""Share of the largest |b^_d| below which a frequency counts as absent from a reweighted solution.

Reweighting drives absent ones below 1e-8 of the largest, and present ones found so far exceed 1e-3.
"""

ACTIVE_MARGIN = 1e-7
"""Samples whose margin exceeds the smallest by at most this share may carry a multiplier."""

SAME_POINT = 1e-5
"""Relative distance below which two stationary points of a bridge problem are counted as one."""

TONE = 1e-12
"""Share of the largest |w^_d| that other frequencies of a predictor stored in float64 may have if it is a cosine."""

PREDICTOR = 1e-3
"""Relative error allowed for numbers read off a max-margin predictor found at a gap of 1e-9.

The cost is flat at the optimum: a relative gap of 1e-9 leaves about its square root, 3e-5, in the predictor.
"""

ACTIVE = 1e-4
"""Samples whose margin exceeds the smallest by at most this share may carry a multiplier of a net that descent left.

Descent on a penalty stops with active margins spread by about its step; a polished point has them equal to 1e-7.
"""

FEATURE = 1e-9
"""Relative error allowed where two enclosures of one number are compared: parts of a predictor along eigenspaces.

A decomposition in float64 is enclosed to about 1e-14 times the condition number of the kernel.
"""

IDENTITY = 2.0**-80
"""Difference, relative to 1, of two balls of one number at 192 bits that were computed along different ways."""
