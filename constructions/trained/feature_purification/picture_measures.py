"""What adversarial training does to neurons, in numbers: nearness to the columns of a dictionary, spread, roughness."""

from __future__ import annotations

import numpy as np


def dictionary_measures(weights: np.ndarray, matrix: np.ndarray, direction: np.ndarray) -> dict[str, float]:
    """Purity of neurons (m, d) against unit columns M (d, D) and the dense direction u = M w* / |M w*|.

    Per neuron: `top` = max_j |cos(w_i, M_j)| with its column j(i), and `distance` = sqrt(1 - top^2); `dense` =
    cos(w_i, u), signed; `residual`, the distance of w_i / |w_i| from span(M_j(i), u); `dual` = the same as top for the
    columns of M (M^T M)^+, the directions that read a code off a point; `kurtosis` of cos(w_i, M_j) over j, 3 for a
    normal law. Neurons that are 0 are left out and counted as dead. `coverage` is the share of columns that are the
    nearest one of a neuron with top > .5; `spike` is the share of u in the leading right singular vector, |<v_1, u>|.
    """
    norms = np.sqrt((weights**2).sum(axis=1))
    alive = norms > 0
    units = weights[alive] / norms[alive, None]
    dense_direction = matrix @ direction
    dense_direction = dense_direction / np.sqrt((dense_direction**2).sum())
    cosines = units @ matrix
    nearest = np.abs(cosines).argmax(axis=1)
    pure = np.take_along_axis(cosines, nearest[:, None], axis=1)[:, 0]
    top, dense = np.abs(pure), units @ dense_direction
    overlap = (dense_direction @ matrix)[nearest]
    inside = (pure**2 + dense**2 - 2 * pure * dense * overlap) / np.maximum(1 - overlap**2, 1e-12)
    dual = np.linalg.pinv(matrix).T
    lengths = np.sqrt((dual**2).sum(axis=0))
    readers = np.abs(units @ (dual[:, lengths > 0] / lengths[lengths > 0]))
    _, singular, right = np.linalg.svd(weights, full_matrices=False)
    return {
        "top_median": float(np.median(top)),
        "top_mean": float(top.mean()),
        "top_weighted": float((top * norms[alive]).sum() / norms[alive].sum()),
        "distance_median": float(np.median(np.sqrt(np.clip(1 - top**2, 0, None)))),
        "dual_median": float(np.median(readers.max(axis=1))),
        "dense_mean": float(dense.mean()),
        "residual_median": float(np.median(np.sqrt(np.clip(1 - inside, 0, None)))),
        "kurtosis_median": float(np.median(kurtosis(cosines))),
        "coverage": len(np.unique(nearest[top > 0.5])) / matrix.shape[1],
        "operator_norm": float(singular[0]),
        "spike": float(abs(right[0] @ dense_direction)),
        "dead": float((~alive).sum()),
    }


def kurtosis(rows: np.ndarray) -> np.ndarray:
    """Mean fourth power over squared mean square of each row: 3 for a normal law, the row's length for one spike."""
    squares = (rows**2).mean(axis=1)
    return np.asarray((rows**4).mean(axis=1) / np.where(squares > 0, squares, np.nan) ** 2)


def roughness(rows: np.ndarray, side: int) -> np.ndarray:
    """Mean squared difference of neighbouring pixels over twice the mean square of each picture: 1 for white noise."""
    images = rows.reshape(len(rows), side, side)
    across, down = np.diff(images, axis=2) ** 2, np.diff(images, axis=1) ** 2
    differences = (across.sum(axis=(1, 2)) + down.sum(axis=(1, 2))) / (2 * side * (side - 1))
    squares = (images**2).mean(axis=(1, 2))
    return np.asarray(differences / np.where(squares > 0, 2 * squares, np.nan))


def turned(direction: np.ndarray) -> np.ndarray:
    """The symmetric orthogonal matrix (d, d) that exchanges the line of `direction` with that of the vector of ones.

    Attacks of an l2 ball do not depend on an orthogonal change of coordinates, so one written for the dense direction 1
    serves any other.
    """
    unit = direction / np.sqrt((direction**2).sum())
    mirror = unit - 1 / np.sqrt(len(unit))
    square = mirror @ mirror
    return np.asarray(np.eye(len(unit)) - (2 / square * np.outer(mirror, mirror) if square > 1e-24 else 0.0))
