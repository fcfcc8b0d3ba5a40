"""Newton's method on the square quadratic system of a KKT point with a known pattern.

Unknowns, in this order: lambda_l on the support, c_k, mu_ki at kinks (row by row). With C_k[l] = y_l (lambda_l where
on, mu_kl at kinks, 0 where off) and A = C G the equations, in this order, are

    F1_k  = C_k . A_k - 1,
    F2_i  = y_i sum_{k on at i} c_k A_ki - 1      (i in the support),
    F3_ki = A_ki                                  (kinks).

The Jacobian is analytic and vectorised. Internally G is scaled to mean diagonal one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from constructions.kkt_margin.algebra import ACCEPT, SUPPORT, MergedPoint, NoPoint, outputs, patterns_of, residual

STEPS = 30


def system(
    unknowns: np.ndarray, pattern: np.ndarray, support: np.ndarray, gram: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(F, J) at the unknowns in the documented order; `support` holds sample indices."""
    neurons, size = pattern.shape
    on, kinks = pattern == 1, np.argwhere(pattern == 0)
    s, z = len(support), len(kinks)
    coefficients, masses = _coefficients(unknowns, pattern, support, kinks, labels)
    values = coefficients @ gram
    gate = on[:, support]
    value = np.concatenate([
        (coefficients * values).sum(axis=1) - 1.0,
        labels[support] * ((masses[:, None] * values[:, support] * gate).sum(axis=0)) - 1.0,
        values[kinks[:, 0], kinks[:, 1]],
    ])
    jacobian = np.zeros((neurons + s + z, s + neurons + z))
    signed = gram * labels  # column l carries y_l
    k, i = kinks[:, 0], kinks[:, 1]
    jacobian[:neurons, :s] = 2.0 * values[:, support] * labels[support] * gate
    jacobian[np.arange(z) * 0 + k, s + neurons + np.arange(z)] = 2.0 * labels[i] * values[k, i]
    weight = (gate * masses[:, None]).T @ gate
    jacobian[neurons:neurons + s, :s] = labels[support, None] * signed[np.ix_(support, support)] * weight
    jacobian[neurons:neurons + s, s:s + neurons] = (labels[support] * values[:, support] * gate).T
    if z:
        jacobian[neurons:neurons + s, s + neurons:] = (
            labels[support, None] * signed[np.ix_(support, i)] * (gate[k].T * masses[k])
        )
        jacobian[neurons + s:, :s] = signed[np.ix_(i, support)] * gate[k]
        jacobian[neurons + s:, s + neurons:] = signed[np.ix_(i, i)] * (k[:, None] == k[None, :])
    return value, jacobian


def _coefficients(unknowns, pattern, support, kinks, labels, dtype=np.float64):
    neurons, size = pattern.shape
    s = len(support)
    multipliers = np.zeros(size, dtype=dtype)
    multipliers[support] = unknowns[:s]
    rows = (pattern == 1) * multipliers
    rows[kinks[:, 0], kinks[:, 1]] = unknowns[s + neurons:]
    return rows * labels, unknowns[s:s + neurons]


def polish(
    point: MergedPoint, gram: np.ndarray, labels: np.ndarray, *, support: np.ndarray | None = None, refine: bool = False
) -> MergedPoint:
    """Bring a point to full float64 accuracy on its own pattern, with residual and inverse Jacobian.

    `support` is a mask of the samples held at margin one (default: positive multipliers). `refine` adds steps whose
    residual is evaluated in extended precision. The result is a KKT point only if its residual says so: the pattern's
    inequalities are measured there, not enforced. Raises `NoPoint` when the iteration does not converge.
    """
    scale = float(np.trace(gram)) / len(gram)
    unit, root = gram / scale, np.sqrt(scale)
    point = replace(point, multipliers=point.multipliers * root, rows=point.rows * root, masses=point.masses * root)
    mask = point.multipliers > max(SUPPORT, 1e-7) * point.multipliers.max() if support is None else support
    point = _independent(point, unit, labels, mask)
    chosen, pattern = np.flatnonzero(mask), point.pattern
    kinks = np.argwhere(pattern == 0)
    unknowns = np.concatenate([point.multipliers[chosen], point.masses, point.rows[kinks[:, 0], kinks[:, 1]]])
    size, best = len(labels), np.inf
    for _ in range(STEPS):
        value, jacobian = system(unknowns, pattern, chosen, unit, labels)
        worst = np.abs(value).max()
        if not np.isfinite(worst) or worst > 1e6:
            raise NoPoint("Newton's iteration diverged from this pattern")
        if worst < 1e-14 or (worst < 1e-11 and worst >= 0.5 * best):
            break
        best = min(best, worst)
        unknowns = unknowns - _solve(jacobian, value)
    else:
        if worst > 1e-10:
            raise NoPoint(f"Newton's iteration stalled at |F| = {worst:.3g} on this pattern")
    if refine:
        unknowns = _refined(unknowns, jacobian, pattern, chosen, kinks, unit, labels)
    coefficients, masses = _coefficients(unknowns, pattern, chosen, kinks, labels)
    multipliers = np.zeros(size)
    multipliers[chosen] = unknowns[:len(chosen)]
    result = MergedPoint(
        signs=point.signs, pattern=pattern, multipliers=multipliers / root, rows=coefficients * labels / root,
        masses=masses / root,
    )
    return replace(
        result, residual=residual(result, gram, labels), inverse=_inverse(jacobian, root, len(chosen) + len(masses))
    )


def _solve(jacobian: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Newton step; the least-norm one where the system is not square or not regular."""
    if jacobian.shape[0] == jacobian.shape[1]:
        try:
            step = np.linalg.solve(jacobian, value)
            if np.abs(step).max() < 1e6:
                return step
        except np.linalg.LinAlgError:
            pass
    return np.linalg.lstsq(jacobian, value, rcond=1e-12)[0]


def _inverse(jacobian: np.ndarray, root: float, plain: int) -> np.ndarray | None:
    """Inverse in the unscaled variables: unknowns shrink by `root`, and the kink equations F3 grow by it."""
    try:
        inverse = np.linalg.inv(jacobian) / root
    except np.linalg.LinAlgError:
        return None
    inverse[:, plain:] /= root
    return inverse if np.all(np.isfinite(inverse)) and np.abs(inverse).max() < 1e12 else None


def _refined(unknowns, jacobian, pattern, support, kinks, gram, labels):
    """Three steps with the residual in extended precision, so that the stored doubles are the nearest ones."""
    wide = unknowns.astype(np.longdouble)
    gate, gram = (pattern == 1)[:, support], gram.astype(np.longdouble)
    for _ in range(3):
        coefficients, masses = _coefficients(wide, pattern, support, kinks, labels, np.longdouble)
        values = coefficients @ gram
        value = np.concatenate([
            (coefficients * values).sum(axis=1) - 1,
            labels[support] * ((masses[:, None] * values[:, support] * gate).sum(axis=0)) - 1,
            values[kinks[:, 0], kinks[:, 1]],
        ])
        wide = wide - _solve(jacobian, value.astype(np.float64))
    return wide.astype(np.float64)


def _independent(point: MergedPoint, gram: np.ndarray, labels: np.ndarray, support: np.ndarray) -> MergedPoint:
    """Delete neurons until the masses are determined by the margins (Caratheodory): all margins on the support stay.

    Along a null direction of the margin matrix the masses move until one vanishes; its neuron goes.
    """
    while True:
        values = (point.rows * labels) @ gram
        margins = (labels * values * (point.pattern == 1))[:, support].T
        left, singular, right = np.linalg.svd(margins, full_matrices=True)
        rank = int((singular > 1e-9 * max(singular.max(initial=0.0), 1e-300)).sum())
        if rank == len(point.signs) or len(point.signs) <= 1:
            return point
        direction = right[-1]
        if not np.any(direction > 0):
            direction = -direction
        ratios = np.full(len(direction), np.inf)
        np.divide(point.masses, direction, out=ratios, where=direction > 1e-14)
        gone = int(np.argmin(ratios))
        masses = point.masses - ratios[gone] * direction
        kept = np.arange(len(masses)) != gone
        point = replace(point, signs=point.signs[kept], pattern=point.pattern[kept], rows=point.rows[kept],
                        masses=masses[kept])


def patterned(
    signs: np.ndarray, pattern: np.ndarray, multipliers: np.ndarray, rows: np.ndarray, masses: np.ndarray
) -> MergedPoint:
    """A starting point for `polish` from parts, with on-entries set to lambda and off-entries to 0."""
    pattern = np.asarray(pattern, dtype=np.int8)
    multipliers = np.asarray(multipliers, dtype=np.float64)
    full = np.where(pattern == 1, multipliers, np.where(pattern == 0, rows, 0.0))
    return MergedPoint(
        signs=np.asarray(signs, dtype=np.int64), pattern=pattern, multipliers=multipliers, rows=full,
        masses=np.asarray(masses, dtype=np.float64),
    )


def settle(
    point: MergedPoint, gram: np.ndarray, labels: np.ndarray, *, tolerance: float = ACCEPT, rounds: int = 8
) -> MergedPoint:
    """`polish`, then correct the pattern where its inequalities fail, and polish again, at most `rounds` times.

    A kink with mu > lambda is switched on, with mu < 0 off; a pair whose pre-activation has the wrong sign becomes a
    kink; a sample with lambda < 0 leaves the support and one with margin < 1 enters. The residual of the result says
    whether this arrived at a KKT point.
    """
    support, seen = None, set()
    for _ in range(rounds):
        point = polish(point, gram, labels, support=support)
        if point.residual <= tolerance:
            break
        scale, lam, mu = point.multipliers.max(), point.multipliers, point.rows
        actual = patterns_of(point.signs, mu, gram, labels)
        kink = point.pattern == 0
        pattern = np.where(kink, 0, np.where(actual == point.pattern, point.pattern, 0))
        pattern[kink & (mu > lam + tolerance * scale)] = 1
        pattern[kink & (mu < -tolerance * scale)] = -1
        margins = labels * outputs(point.signs, mu, point.masses, gram, labels)
        support = ((lam != 0) & (lam > -tolerance * scale)) | (margins < 1 - tolerance)
        key = (pattern.tobytes(), support.tobytes())
        if key in seen or np.any(point.masses <= 0):
            break
        seen.add(key)
        point = patterned(point.signs, pattern, np.maximum(lam, 0.0), np.maximum(mu, 0.0), point.masses)
    return point
