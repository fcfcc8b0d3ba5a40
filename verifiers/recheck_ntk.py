"""Checker of certificates about kernels of infinitely wide networks; `recheck.py` loads it.

A ``kernel`` block has ``points`` (n, d), ``depth`` L, ``weight`` sigma_w^2, ``bias`` sigma_b^2, ``divisor`` D and
``kind`` ("nngp" or "ntk"). K_0 = sigma_w^2 x.x'/D + sigma_b^2, then L times, with n = sqrt(q q'), c = K/n,
K <- sigma_w^2 n/(2 pi) [sqrt(1 - c^2) + (pi - arccos c) c] + sigma_b^2, T <- K + sigma_w^2 (pi - arccos c)/(2 pi) T.

* ``kernel_ball``: f = sum_j alpha_j k(., x_j) has the sign of f(x) wherever the kernel distance to x is at most rho,
  as f(x)^2 > rho^2 |f|^2 (Cauchy and Schwarz).
* ``kernel_cap``: one hidden layer, sigma_w^2 = 2, no bias, D = 1, unit points: the same within an angle t of x on the
  sphere, as (method norm) f(x)^2 > |f|^2 ((4/pi) t + 4 t^2), for the NNGP 2 t^2, or (slope) |f(x)| > B |alpha|_1 t.
* ``kernel_fit``: the solution of (K + ridge I) alpha = ``targets`` lies within ``radius`` of ``coefficients`` in every
  entry: with B ``inverse``, R = I - B M and M = K + ridge I, the error is at most |B r|/(1 - |R|) in the maximum norm.
* ``kernel_spectrum``: the eigenvalues of the kernel matrix, in order, lie within rho of d, as for the V given
  |K V - V D|_F + |V^T V - I|_F (|K|_F + max |d|) <= rho and |V^T V - I|_F < 1/2 (Weyl, for V's orthogonal factor).
* ``angle_bound``: a supremum over angles is at most ``value``: on each interval between consecutive ``ends``.
  C = (1 - cos t)/t^2, S = (sin t - t cos t)/t^3 and H = (t^2/2 - 1 + cos t)/t^4 are positive and fall on [0, 22/7];
  pi (d^2 - 4 t^2)/t = 4 - 8 pi H t^3 - 4 (S + C) t^2 (cone), (d^2 - 4 t/pi)/t^2 = 4 - 8 H t^2 - 4 (S + C) t/pi
  (square), and d^2/t^2 = 2 - 4 H t^2 - 4 S t/pi (nngp). The slope g = (2/pi) (2 (pi - t) sin t + cos t) by Taylor's
  formula about the middle, |g''| <= (2/pi) (5 + 2 pi).

Standard library only; shares no code with what finds certificates.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from math import factorial, isqrt
from types import SimpleNamespace
from typing import Any

BITS, MOST, DEEPEST = 200, 24, 16  # of a fixed point; points; layers
SLOPE = Fraction("2.6406737065982")
Interval = tuple[Fraction, Fraction]


def _out(low: Fraction, high: Fraction) -> Interval:
    """The interval with ends on the grid of 2^-BITS, rounded outward."""
    return (Fraction((low.numerator << BITS) // low.denominator, 1 << BITS),
            Fraction(-((-high.numerator << BITS) // high.denominator), 1 << BITS))


def _add(*terms: Interval) -> Interval:
    return sum((t[0] for t in terms), Fraction(0)), sum((t[1] for t in terms), Fraction(0))


def _mul(a: Interval, b: Interval) -> Interval:
    ends = [x * y for x in a for y in b]
    return _out(min(ends), max(ends))


def _neg(a: Interval) -> Interval:
    return -a[1], -a[0]


def _times(factor: Fraction, a: Interval) -> Interval:
    return _mul((factor, factor), a)


def _square(a: Interval) -> Interval:
    low = Fraction(0) if a[0] <= 0 <= a[1] else min(a[0] ** 2, a[1] ** 2)
    return _out(low, max(a[0] ** 2, a[1] ** 2))


def _root(value: Fraction, up: bool) -> Fraction:
    """A bound on the square root of a number that is not negative."""
    root = isqrt((max(value, Fraction(0)).numerator << (2 * BITS)) // max(value, Fraction(0)).denominator)
    return Fraction(root + up, 1 << BITS)


def _sqrt(a: Interval) -> Interval:
    return _root(a[0], False), _root(a[1], True)


def _over(a: Interval, b: Interval) -> Interval:
    """a/b for b > 0."""
    return _mul(a, _out(1 / b[1], 1 / b[0]))


def _small_arctan(x: Fraction) -> Interval:
    """arctan of 0 <= x <= 1/4 by its alternating series."""
    total, power, sign, last = Fraction(0), x, 1, Fraction(0)
    for k in range(60):
        last = Fraction(sign, 2 * k + 1) * power
        total += last
        power, sign = Fraction(((power * x * x).numerator << BITS) // (power * x * x).denominator, 1 << BITS), -sign
    slack = abs(last) + Fraction(240, 1 << BITS)
    return total - slack, total + slack


@cache
def _pi() -> Interval:
    """Machin: pi = 16 arctan(1/5) - 4 arctan(1/239)."""
    a, b = _small_arctan(Fraction(1, 5)), _small_arctan(Fraction(1, 239))
    return _out(16 * a[0] - 4 * b[1], 16 * a[1] - 4 * b[0])


def _arctan(x: Fraction, up: bool) -> Fraction:
    """A bound on arctan x, x >= 0: halved until it is small."""
    if x > 1:
        rest = _arctan(1 / x, not up)
        return _pi()[up] / 2 - rest
    factor = 1
    while x > Fraction(1, 4):
        root = _root(1 + x * x, not up)
        x, factor = x / (1 + root), factor * 2
        x = _out(x, x)[up]
    return factor * _small_arctan(x)[up]


def _arccos(c: Interval) -> Interval:
    """arccos = 2 arctan sqrt((1 - c)/(1 + c)), which falls."""
    ends = []
    for value, up in ((c[1], False), (c[0], True)):
        value = min(max(value, Fraction(-1)), Fraction(1))
        if value == -1:
            ends.append(_pi()[up])
        else:
            ends.append(2 * _arctan(_root((1 - value) / (1 + value), up), up))
    return ends[0], ends[1]


class _Kernel:
    """A kernel block, read: exact points and parameters, kernels as intervals."""

    def __init__(self, read: SimpleNamespace, block: Any) -> None:
        points, depth, weight, bias, divisor, kind = read._open(
            block, "kernel", "points depth weight bias divisor kind")
        rows, den = read._array(points, "points", None, None)
        read._need(0 < len(rows) <= MOST, f"there are no points, or more than {MOST}")
        self.points = [[Fraction(entry, den) for entry in row] for row in rows]
        self.depth = read._choice(depth, "depth", range(1, DEEPEST + 1))
        self.weight, self.bias = read._rational(weight, "weight"), read._rational(bias, "bias")
        self.divisor = read._rational(divisor, "divisor")
        read._need(self.weight > 0 and self.bias >= 0 and self.divisor > 0, "a variance or the divisor is not positive")
        self.tangent = read._choice(kind, "kind", ("nngp", "ntk")) == "ntk"
        self.name = f"{hashlib.sha256(json.dumps(block, sort_keys=True).encode()).hexdigest()[:12]}"

    def unit(self) -> bool:
        """One hidden layer, sigma_w^2 = 2, no bias, D = 1, and all points on the unit sphere."""
        return ((self.depth, self.weight, self.bias, self.divisor) == (1, 2, 0, 1)
                and all(_inner(x, x) == 1 for x in self.points))

    def __call__(self, x: list[Fraction], other: list[Fraction]) -> Interval:
        """k(x, x') as an interval."""
        scale = self.weight / self.divisor
        k, q, p = (scale * _inner(a, b) + self.bias for a, b in ((x, other), (x, x), (other, other)))
        if q * p == 0:
            return Fraction(0), Fraction(0)
        value, pi = (k, k), _pi()
        tangent, n, exact = value, _sqrt(_out(q * p, q * p)), k * k == q * p
        for layer in range(self.depth):
            if exact and (k > 0 or layer):
                theta, sine, cosine = (Fraction(0),) * 2, (Fraction(0),) * 2, (Fraction(1),) * 2
            elif exact:
                theta, sine, cosine, exact = pi, (Fraction(0),) * 2, (Fraction(-1),) * 2, False
            else:
                cosine = _over(value, n)
                cosine = max(cosine[0], Fraction(-1)), min(cosine[1], Fraction(1))
                theta = _arccos(cosine)
                sine = _sqrt(_add((Fraction(1),) * 2, _neg(_square(cosine))))
            rest = _add(pi, _neg(theta))
            rest = max(rest[0], Fraction(0)), rest[1]
            value = _add(_over(_times(self.weight / 2, _mul(n, _add(sine, _mul(rest, cosine)))), pi), (self.bias,) * 2)
            tangent = _add(value, _over(_times(self.weight / 2, _mul(rest, tangent)), pi))
            q, p = (self.weight * entry / 2 + self.bias for entry in (q, p))
            n = _sqrt(_out(q * p, q * p))
        return tangent if self.tangent else value


def _inner(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _predictor(read: SimpleNamespace, payload: Any, more: str) -> tuple[Any, ...]:
    """(kernel, |f(x)| from below, |f|^2 from above, |alpha|_1, further entries) of a predictor at a point."""
    block, coefficients, point, *rest = read._open(payload, "payload", f"kernel coefficients point {more}")
    kernel = _Kernel(read, block)
    own, den = read._array(coefficients, "coefficients", len(kernel.points))
    alpha = [Fraction(entry, den) for entry in own]
    at, den = read._array(point, "point", len(kernel.points[0]))
    x = [Fraction(entry, den) for entry in at]
    value = _add(*(_times(a, kernel(x, other)) for a, other in zip(alpha, kernel.points, strict=True)))
    pairs = ((i, j) for i in range(len(alpha)) for j in range(i + 1))
    norm = _add(*(_times((2 - (i == j)) * alpha[i] * alpha[j], kernel(kernel.points[i], kernel.points[j]))
                  for i, j in pairs))
    least = max(value[0], -value[1], Fraction(0))
    read._prove(least > 0, "the sign of f at the point is not proved")
    return kernel, x, least, norm[1], sum(map(abs, alpha)), rest


def _sentence(kernel: _Kernel, x: list[Fraction]) -> str:
    kind = "NTK" if kernel.tangent else "NNGP"
    return (f"the {kind} predictor with kernel {kernel.name} (n = {len(kernel.points)}, depth {kernel.depth}) has the "
            f"sign of its value at ({', '.join(f'{float(v):.6g}' for v in x[:6])}{', ...' if len(x) > 6 else ''})")


def _ball(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    read._open(claim, "claim", "type")
    kernel, x, least, norm, _, (radius,) = _predictor(read, payload, "radius")
    rho = read._rational(radius, "radius")
    read._prove(rho >= 0 and least**2 > rho**2 * norm, "f(x)^2 is not above rho^2 |f|^2")
    return f"{_sentence(kernel, x)} wherever the kernel distance to it is at most {read._show(rho)}"


def _cap(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    read._open(claim, "claim", "type")
    kernel, x, least, norm, total, (radius, method) = _predictor(read, payload, "angle method")
    t = read._rational(radius, "angle")
    read._choice(method, "method", ("norm", "slope"))
    read._prove(kernel.unit() and _inner(x, x) == 1, "not L = 1, sigma_w^2 = 2, no bias, D = 1 on the sphere")
    read._prove(t >= 0, "the angle is negative")
    if method == "slope":
        read._prove(kernel.tangent and least > SLOPE * total * t, "|f(x)| is not above B |alpha|_1 t")
    else:
        distance = 4 * t / _pi()[0] + 4 * t**2 if kernel.tangent else 2 * t**2
        read._prove(least**2 > norm * distance, "f(x)^2 is not above |f|^2 times the squared distance at the angle")
    return f"{_sentence(kernel, x)} at every unit vector within the angle {read._show(t)}"


def _fit(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    read._open(claim, "claim", "type")
    block, targets, amount, coefficients, inverse, radius = read._open(
        payload, "payload", "kernel targets ridge coefficients inverse radius")
    kernel = _Kernel(read, block)
    n, ridge, rho = len(kernel.points), read._rational(amount, "ridge"), read._rational(radius, "radius")
    read._need(ridge >= 0, "the ridge is negative")
    (y, y_den), (a, a_den) = (read._array(part, "a vector", n) for part in (targets, coefficients))
    raw, den = read._array(inverse, "inverse", n, n)
    m = _matrix(kernel)
    m = [[_add(entry, (ridge * (i == j),) * 2) for j, entry in enumerate(row)] for i, row in enumerate(m)]
    b = [[Fraction(entry, den) for entry in row] for row in raw]
    rest = [_add((Fraction(y[i], y_den),) * 2, *(_times(Fraction(-a[j], a_den), m[i][j]) for j in range(n)))
            for i in range(n)]
    defect = max(sum(_size(_add((Fraction(int(i == j)),) * 2, *(_times(-b[i][k], m[k][j]) for k in range(n))))
                     for j in range(n)) for i in range(n))
    read._prove(defect < 1, "I - B M is not a contraction: the matrix is not proved invertible")
    error = max(_size(_add(*(_times(b[i][k], rest[k]) for k in range(n)))) for i in range(n)) / (1 - defect)
    read._prove(error <= rho, f"the error is only bounded by {float(error):.3g}")
    kind = "NTK" if kernel.tangent else "NNGP"
    return (f"the {kind} predictor of kernel {kernel.name} (n = {n}, depth {kernel.depth}) with ridge "
            f"{read._show(ridge)} has coefficients within {float(rho):.3g} of those given")


def _size(a: Interval) -> Fraction:
    return max(abs(a[0]), abs(a[1]))


def _matrix(kernel: _Kernel) -> list[list[Interval]]:
    n = len(kernel.points)
    half = [[kernel(kernel.points[i], kernel.points[j]) for j in range(i + 1)] for i in range(n)]
    return [[half[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]


def _norm(matrix: list[list[Interval]]) -> Fraction:
    """Upper bound on the Frobenius norm."""
    total = _add(*(_square(entry) for row in matrix for entry in row))
    return _root(total[1], True)


def _spectrum(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    read._open(claim, "claim", "type")
    block, vectors, values, radius = read._open(payload, "payload", "kernel vectors values radius")
    kernel = _Kernel(read, block)
    n = len(kernel.points)
    (raw, den), (own, unit) = read._array(vectors, "vectors", n, n), read._array(values, "values", n)
    v = [[Fraction(entry, den) for entry in row] for row in raw]
    d, rho = [Fraction(entry, unit) for entry in own], read._rational(radius, "radius")
    read._prove(all(a >= b for a, b in zip(d, d[1:], strict=False)), "the values are not in falling order")
    k = _matrix(kernel)
    residual = [[_add(*(_times(v[a][j], k[i][a]) for a in range(n)), (-v[i][j] * d[j],) * 2) for j in range(n)]
                for i in range(n)]
    gram = [[_out(*(_inner([row[i] for row in v], [row[j] for row in v]) - (i == j),) * 2) for j in range(n)]
            for i in range(n)]
    e = _norm(gram)
    read._prove(2 * e < 1, "the vectors are not nearly orthonormal")
    bound = _norm(residual) + e * (_norm(k) + max(map(abs, d)))
    read._prove(bound <= rho, f"the residual is only bounded by {float(bound):.3g}")
    shown = ", ".join(f"{float(value):.12g}" for value in d[:6]) + (", ..." if n > 6 else "")
    return (f"the eigenvalues of the {'NTK' if kernel.tangent else 'NNGP'} matrix {kernel.name} (n = {n}, depth "
            f"{kernel.depth}) are within {float(rho):.3g} of {shown}, in order")


def _series(t: Fraction, first: int, weight: Callable[[int], Fraction]) -> Interval:
    """sum_k (-1)^k weight(first + k) t^(2k), 0 <= t <= 22/7, with the last of 40 terms as remainder."""
    total, square, last = Fraction(0), t * t, Fraction(0)
    power = Fraction(1)
    for k in range(40):
        last = weight(first + k) * power
        total += last if k % 2 == 0 else -last
        power *= square
    return _out(total - last, total + last)


def _shapes(t: Fraction) -> tuple[Interval, Interval, Interval]:
    """C, S and H at t."""
    even = partial(_series, t, weight=lambda k: Fraction(1, factorial(2 * k)))
    return even(1), _series(t, 1, lambda k: Fraction(2 * k, factorial(2 * k + 1))), even(2)


def _largest(name: str, low: Fraction, high: Fraction) -> Fraction:
    """An upper bound on the interval of angles from low to high."""
    pi = _pi()
    if name == "slope":
        t, r = (low + high) / 2, (high - low) / 2
        cosine = _series(t, 0, lambda k: Fraction(1, factorial(2 * k)))
        sine = _times(t, _series(t, 0, lambda k: Fraction(1, factorial(2 * k + 1))))
        left = _times(Fraction(2), _add(pi, (-t, -t)))
        value = _add(_mul(left, sine), cosine)
        first = _add(_mul(left, cosine), _times(Fraction(-3), sine))
        total = max(map(abs, value)) + max(map(abs, first)) * r + (5 + 2 * pi[1]) * r * r / 2
        return 2 * total / pi[0]
    c, s, h = (shape[0] for shape in _shapes(high))
    if min(c, s, h) < 0:
        return Fraction(10**9)
    if name == "cone":
        return 4 - 8 * pi[0] * h * low**3 - 4 * (s + c) * low**2
    if name == "square":
        return 4 - 8 * h * low**2 - 4 * (s + c) * low / pi[1]
    return 2 - 4 * h * low**2 - 4 * s * low / pi[1]


_SUPREMA = {
    "cone": "pi (d^2 - 4 t^2)/t for the NTK distance d", "square": "(d^2 - 4 t/pi)/t^2 for the NTK distance d",
    "nngp": "d^2/t^2 for the NNGP distance d", "slope": "|d NTK/dt|",
}


def _angle(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    read._open(claim, "claim", "type")
    name, ends, value = read._open(payload, "payload", "bound ends value")
    read._choice(name, "bound", _SUPREMA)
    raw, den = read._array(ends, "ends", None)
    t, bound = [Fraction(entry, den) for entry in raw], read._rational(value, "value")
    read._need(2 <= len(t) <= 10**4, "there are no intervals, or too many")
    read._prove(0 <= t[0] and t[-1] <= Fraction(22, 7), "angles are not between 0 and 22/7")
    for low, high in zip(t, t[1:], strict=False):
        read._prove(low < high, "the ends do not rise")
        read._prove(_largest(name, low, high) <= bound, f"not proved on the angles from {float(low):.9g} to "
                    f"{float(high):.9g}")
    reach = "pi" if t[-1] >= _pi()[1] else read._show(t[-1])
    return (f"at one hidden layer, sigma_w^2 = 2, no bias, D = 1, {_SUPREMA[name]} is at most {read._show(bound)} "
            f"at all angles t from {read._show(t[0])} to {reach}")


def checks(namespace: dict[str, Any]) -> dict[str, Callable[[Any, Any], str]]:
    """Checker by type of claim, on the readers of `recheck.py`."""
    read = SimpleNamespace(**namespace)
    kinds = {"kernel_ball": _ball, "kernel_cap": _cap, "kernel_fit": _fit, "kernel_spectrum": _spectrum,
             "angle_bound": _angle}
    return {kind: partial(check, read) for kind, check in kinds.items()}
