"""Kernels of infinitely wide ReLU networks: NNGP and NTK of any depth, by one fused pass over the pairs of points.

Parametrisation: z^1 = sigma_w/sqrt(D) W^1 x + sigma_b b^1, z^(l+1) = sigma_w/sqrt(m_l) W relu(z^l) + sigma_b b, all W
and b standard normal; D is the divisor (d in the usual convention, 1 for formulas on the unit sphere). With depth L,

    K_0 = sigma_w^2 x.x'/D + sigma_b^2,   q_0(x) = K_0(x, x),   T_0 = K_0,
    n = sqrt(q q'),   theta = arccos(K/n),   K <- sigma_w^2 n/(2 pi) [sin theta + (pi - theta) cos theta] + sigma_b^2,
    T <- K + sigma_w^2 (pi - theta)/(2 pi) T,   q <- sigma_w^2 q/2 + sigma_b^2,       L times.

K/n loses half of all digits where points are nearly parallel: arccos is steep there, and T has a cone. So angles are
carried by their defects n - K, which are sums of terms of one sign, and the first angle of nearly parallel points
comes from the part of one point orthogonal to the other. The diagonal is exact as a consequence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

NEAR = 1e-3
"""Relative distance of |cos theta| from 1 below which the first angle is computed from the points themselves."""

TILE = 1024
"""Rows and columns of a tile: 8 MiB of inner products, in double precision."""

CONE = 1e-7
"""sin theta below which an NTK has no derivative in the angle: the tip of its cone, where it is taken as 0."""


@dataclass(frozen=True)
class Kernels:
    """Both kernels of one pair of point sets, float64 (n, k)."""

    nngp: np.ndarray
    ntk: np.ndarray

    def of(self, kind: str) -> np.ndarray:
        """The kernel called "nngp" or "ntk"."""
        return {"nngp": self.nngp, "ntk": self.ntk}[kind]


def kernels(
    first: np.ndarray, second: np.ndarray | None = None, *, depth: int, weight_variance: float = 2.0,
    bias_variance: float = 0.0, divisor: float,
) -> Kernels:  # fmt: skip
    """NNGP and NTK (n, k) between the rows of `first` (n, d) and `second` (k, d), in float64.

    Without `second` the kernels of `first` with itself, computed once per pair. Raises `ValueError` on shapes that do
    not fit, depth < 0, variances that are negative, and a divisor that is not positive.
    """
    rows, columns = _checked(first, first if second is None else second, depth, weight_variance, bias_variance, divisor)
    scale, shift, symmetric = weight_variance / divisor, float(bias_variance), second is None
    nngp, ntk = np.empty((len(rows), len(columns))), np.empty((len(rows), len(columns)))
    squares = np.einsum("id,id->i", rows, rows), np.einsum("id,id->i", columns, columns)
    roots = [_roots(square, depth, weight_variance, shift, scale) for square in squares]
    for i in range(0, len(rows), TILE):
        for j in range(0, i + 1 if symmetric else len(columns), TILE):
            a, b = slice(i, i + TILE), slice(j, j + TILE)
            _tile(rows[a], columns[b], rows[a] @ columns[b].T, roots[0][:, a], roots[1][:, b], squares[0][a],
                  float(weight_variance), shift, scale, symmetric and i == j, nngp[a, b], ntk[a, b])  # fmt: skip
            if symmetric and i != j:
                nngp[b, a], ntk[b, a] = nngp[a, b].T, ntk[a, b].T
    return Kernels(nngp, ntk)


def diagonal(
    points: np.ndarray, *, depth: int, weight_variance: float = 2.0, bias_variance: float = 0.0, divisor: float
) -> Kernels:
    """K(x, x) and T(x, x) of every row (n,), by the recursion at angle 0."""
    rows, _ = _checked(points, points, depth, weight_variance, bias_variance, divisor)
    q = weight_variance * np.einsum("id,id->i", rows, rows) / divisor + bias_variance
    t = q.copy()
    for _ in range(depth):
        q = weight_variance * q / 2 + bias_variance
        t = q + weight_variance * t / 2
    return Kernels(q, t)


def kernels_numpy(
    first: np.ndarray, second: np.ndarray | None = None, *, depth: int, weight_variance: float = 2.0,
    bias_variance: float = 0.0, divisor: float,
) -> Kernels:  # fmt: skip
    """The recursion as it is written, array by array: the reference. Nearly parallel points lose half of all digits;
    the diagonal of a kernel of points with themselves is put in exactly.
    """
    rows, columns = _checked(first, first if second is None else second, depth, weight_variance, bias_variance, divisor)
    q, p = (weight_variance * np.einsum("id,id->i", part, part) / divisor + bias_variance for part in (rows, columns))
    k = weight_variance * (rows @ columns.T) / divisor + bias_variance
    t = k.copy()
    for _ in range(depth):
        n = np.sqrt(np.outer(q, p))
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = np.clip(np.where(n > 0, k / n, 0.0), -1.0, 1.0)
        theta = np.arccos(cosine)
        k = weight_variance * n / (2 * np.pi) * (np.sqrt(1 - cosine**2) + (np.pi - theta) * cosine) + bias_variance
        t = k + weight_variance * (np.pi - theta) / (2 * np.pi) * t
        q, p = weight_variance * q / 2 + bias_variance, weight_variance * p / 2 + bias_variance
    if second is None:
        exact = diagonal(
            first, depth=depth, weight_variance=weight_variance, bias_variance=bias_variance, divisor=divisor
        )
        np.fill_diagonal(k, exact.nngp)
        np.fill_diagonal(t, exact.ntk)
    return Kernels(k, t)


def derivatives(
    queries: np.ndarray, points: np.ndarray, *, depth: int, weight_variance: float = 2.0, bias_variance: float = 0.0,
    divisor: float, kind: str = "ntk",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """A kernel (m, n) between queries x and points x_j, and its derivatives in s = x.x_j and r = |x|^2, (m, n) each.

    The gradient of sum_j alpha_j k(x, x_j) in x is (dk/ds * alpha) X + 2 x (dk/dr . alpha). On the tip of a cone
    (sin theta < `CONE`) the derivative in the angle is taken as 0.
    """
    rows, columns = _checked(queries, points, depth, weight_variance, bias_variance, divisor)
    squares = np.einsum("id,id->i", rows, rows), np.einsum("id,id->i", columns, columns)
    k, by_s, by_r = (np.empty((len(rows), len(columns))) for _ in range(3))
    for i in range(0, len(rows), TILE):
        for j in range(0, len(columns), TILE):
            a, b = slice(i, i + TILE), slice(j, j + TILE)
            _derive(rows[a] @ columns[b].T, squares[0][a], squares[1][b], depth, float(weight_variance),
                    float(bias_variance), weight_variance / divisor, kind == "ntk",
                    k[a, b], by_s[a, b], by_r[a, b])  # fmt: skip
    return k, by_s, by_r


def _checked(
    first: np.ndarray, second: np.ndarray, depth: int, weight_variance: float, bias_variance: float, divisor: float
) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = (np.ascontiguousarray(part, dtype=np.float64) for part in (first, second))
    if rows.ndim != 2 or columns.ndim != 2 or rows.shape[1] != columns.shape[1]:
        raise ValueError(f"points of shapes {rows.shape} and {columns.shape}; need (n, d) and (k, d) with one d")
    if depth < 0 or not (weight_variance >= 0 and bias_variance >= 0 and divisor > 0):
        raise ValueError(
            f"depth {depth}, variances {weight_variance} and {bias_variance}, divisor {divisor}: "
            "depth and variances must not be negative, the divisor positive"
        )
    return rows, columns


def _roots(squares: np.ndarray, depth: int, variance: float, shift: float, scale: float) -> np.ndarray:
    """sqrt(q_l(x)) for l = 0 .. depth, (depth + 1, n)."""
    q = scale * squares + shift
    out = [np.sqrt(q)]
    for _ in range(depth):
        q = variance * q / 2 + shift
        out.append(np.sqrt(q))
    return np.array(out)


@njit(cache=True, nogil=True)
def _first_angle(row, column, square, k, scale, shift):  # type: ignore[no-untyped-def]
    """Angle of two nearly parallel or antiparallel points with the bias as a coordinate: no term cancels."""
    product = 0.0
    same = True
    for c in range(row.size):
        product += row[c] * column[c]
        same = same and row[c] == column[c]
    if same:
        return 0.0
    orthogonal, distance = 0.0, 0.0
    along = product / square if square > 0 else 0.0
    for c in range(row.size):
        part = column[c] - along * row[c]
        orthogonal += part * part
        apart = row[c] - column[c]
        distance += apart * apart
    return math.atan2(math.sqrt(scale * scale * square * orthogonal + shift * scale * distance), k)


@njit(cache=True, nogil=True, inline="always")
def _arc(delta):  # type: ignore[no-untyped-def]
    """arccos(1 - delta) for 0 <= delta <= 2, to two units in the last place and without a branch: loops vectorise.

    arcsin(x) = x + x z R(z), z = x^2 <= 1/4, R the rational function of fdlibm's asin; the angle is 2 arcsin
    sqrt(delta/2), pi/2 - arcsin(1 - delta) or pi - 2 arcsin sqrt(1 - delta/2), whichever has z <= 1/4.
    """
    low, high = delta < 0.5, delta > 1.5
    cosine = 1.0 - delta
    z = 0.5 * delta if low else (1.0 - 0.5 * delta if high else cosine * cosine)
    x = math.sqrt(z)
    above = z * (0.16666666666666666 + z * (-0.3255658186224009 + z * (0.20121253213486293 + z * (
        -0.04005553450067941 + z * (0.0007915349942898145 + z * 3.479331075960212e-05)))))
    below = 1.0 + z * (-2.403394911734414 + z * (2.0209457602335057 + z * (
        -0.6882839716054533 + z * 0.07703815055590194)))
    arc = x + x * above / below
    if low:
        return 2.0 * arc
    if high:
        return math.pi - 2.0 * arc
    return 0.5 * math.pi - (arc if cosine > 0 else -arc)


@njit(cache=True, nogil=True, error_model="numpy")
def _tile(rows, columns, products, left, right, squares, variance, shift, scale, lower, nngp, ntk):  # type: ignore[no-untyped-def]
    """Both kernels of a tile, row by row and layer by layer; `lower` computes one half and mirrors it."""
    depth, half = left.shape[0] - 1, variance / 2
    width = products.shape[1]
    n, delta, theta, sine = np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    for i in range(products.shape[0]):
        count = i + 1 if lower else width
        k, t = nngp[i], ntk[i]
        for j in range(count):
            n[j] = left[0, i] * right[0, j]
            k[j] = scale * products[i, j] + shift
            t[j] = k[j]
            delta[j] = min(max((n[j] - k[j]) / n[j], 0.0), 2.0)
        for j in range(count):
            theta[j] = _arc(delta[j])
            sine[j] = math.sqrt(delta[j] * (2 - delta[j]))
        if depth > 0:
            for j in range(count):
                if delta[j] < NEAR or delta[j] > 2 - NEAR:
                    theta[j] = _first_angle(rows[i], columns[j], squares[i], k[j], scale, shift)
                    delta[j] = 2 * math.sin(theta[j] / 2) ** 2
                    sine[j] = math.sin(theta[j])
        for layer in range(1, depth + 1):
            if layer > 1:
                for j in range(count):
                    theta[j] = _arc(delta[j])
                    sine[j] = math.sqrt(delta[j] * (2 - delta[j]))
            last, own = left[layer - 1, i], left[layer, i]
            for j in range(count):
                beyond = own * right[layer, j]
                square = theta[j] * theta[j]
                series = theta[j] * square * (1 / 3 - square * (1 / 30 - square / 840))
                exact = sine[j] - theta[j] * (1 - delta[j])
                bend = series if theta[j] < 1e-2 else exact
                apart = last - right[layer - 1, j]
                defect = half * n[j] * (delta[j] - bend / math.pi)
                defect += half * shift * apart * apart / (beyond + half * n[j] + shift)
                k[j] = beyond - defect
                t[j] = k[j] + variance * (math.pi - theta[j]) / (2 * math.pi) * t[j]
                n[j] = beyond
                delta[j] = min(max(defect / beyond, 0.0), 2.0)
        for j in range(count):
            if left[0, i] * right[0, j] == 0.0:
                k[j] = t[j] = 0.0
        if lower:
            for j in range(count):
                nngp[j, i], ntk[j, i] = k[j], t[j]


@njit(cache=True, nogil=True)
def _derive(products, squares, others, depth, variance, shift, scale, tangent, out, by_s, by_r):  # type: ignore[no-untyped-def]
    """Kernel and derivatives in s and r of a tile, by the recursion differentiated."""
    for i in range(products.shape[0]):
        for j in range(products.shape[1]):
            k = scale * products[i, j] + shift
            q, p = scale * squares[i] + shift, scale * others[j] + shift
            k_s, k_r, q_r = scale, 0.0, scale
            t, t_s, t_r = k, k_s, k_r
            if q * p == 0.0:
                k = t = k_s = t_s = k_r = t_r = 0.0
            else:
                for _ in range(depth):
                    n = math.sqrt(q * p)
                    cosine = min(max(k / n, -1.0), 1.0)
                    theta = math.acos(cosine)
                    sine = math.sqrt((1 - cosine) * (1 + cosine))
                    kappa = (math.pi - theta) / (2 * math.pi)
                    cosine_s, cosine_r = k_s / n, k_r / n - k * q_r / (2 * n * q)
                    if sine < CONE:
                        kappa_s = kappa_r = 0.0
                    else:
                        kappa_s, kappa_r = cosine_s / (2 * math.pi * sine), cosine_r / (2 * math.pi * sine)
                    k = variance * n * (sine / (2 * math.pi) + kappa * cosine) + shift
                    k_r = variance * (kappa * k_r + sine * p / (4 * math.pi * n) * q_r)
                    k_s = variance * kappa * k_s
                    t_s = k_s + variance * (kappa_s * t + kappa * t_s)
                    t_r = k_r + variance * (kappa_r * t + kappa * t_r)
                    t = k + variance * kappa * t
                    q, p, q_r = variance * q / 2 + shift, variance * p / 2 + shift, variance * q_r / 2
            if tangent:
                out[i, j], by_s[i, j], by_r[i, j] = t, t_s, t_r
            else:
                out[i, j], by_s[i, j], by_r[i, j] = k, k_s, k_r
