"""Prices of absent neurons in the cone program: lengths of projections onto polyhedral cones."""

from __future__ import annotations

import numpy as np


def prices(
    unit: np.ndarray, labels: np.ndarray, signs: np.ndarray, patterns: np.ndarray, multipliers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Upper bounds (P,) on  max <w_p, u> over the unit vectors of cone p, exact where they exceed 1; alpha (P, n).

    w_p = S_p sum_l lambda_l y_l D_p(l) x_l. The maximum is the distance from -w_p to the dual cone:
    min over alpha >= 0 of |w_p + sum_i alpha_i (2 D_p(i) - 1) x_i|.
    """
    from scipy.optimize import nnls

    targets = (signs[:, None] * (multipliers * labels) * patterns) @ unit
    lengths = np.linalg.norm(targets, axis=1)
    alphas = np.zeros((len(signs), len(labels)))
    walls = 2.0 * patterns - 1.0
    for p in np.flatnonzero(lengths > 1.0):
        alphas[p], lengths[p] = nnls((unit * walls[p][:, None]).T, -targets[p])
    return lengths, alphas
