"""What trained linear nets are compared with: a certified optimum at depth two, a polished stationary point deeper."""

from __future__ import annotations

from typing import Any

import numpy as np

from verifiers.frequency_bias.margin import max_margin, signed
from verifiers.frequency_bias.margin_bridge import polished
from verifiers.frequency_bias.solvers import Shape


def certifies_all(
    points: np.ndarray, labels: np.ndarray, taps: int, depth: int, predictor: np.ndarray
) -> dict[str, Any]:  # fmt: skip
    """{"cost", "predictor" of unit length, and "gap" or "residual" and "support"} for points (n, N), labels +-1.

    Depth two: cost is the certified lower bound on R*, so a ratio to it is never too small; gap is upper/lower - 1.
    Deeper, full width: the stationary point that reweighting reaches from `predictor`, with cost
    N^(1/L - 1) sum_d |b^_d|^(2/L) and the residual of its first-order conditions.
    """
    sites = points.shape[1]
    if depth == 2:
        found = max_margin(points, labels, Shape.of(sites, taps))
        optimum = found.predictor[0]
        own: dict[str, Any] = {"cost": found.lower, "gap": found.gap}
    else:
        data = signed(points, labels, Shape.of(sites, sites))[:, 0]
        point = polished(predictor, data, depth, smoothing=1e-3)
        optimum = point.predictor
        own = {"cost": point.penalty * sites ** (1 / depth - 1), "residual": point.residual, "support": point.support}
    return own | {"predictor": (optimum / np.linalg.norm(optimum)).tolist()}
