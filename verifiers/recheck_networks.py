"""Checker of certificates about symmetric-ReLU networks over a ball; `recheck.py` loads it when it meets one.

    f(x) = sum_i a_i phi_i(<w_i, x>),   phi_i(t) = max(t - b_i, 0) - max(-t - b_i, 0),   a_i > 0, b_i >= 0

* ``ball_margin``: y f(x + delta) > 0 for every delta in the ball and every listed point. One matrix proof serves all
  points: t I - W^T W - L L^T is symmetric and diagonally dominant, so |W delta|^2 <= t |delta|^2. With the energy E, an
  upper bound of |W delta|^2 over the ball, and h_i = y <w_i, x>, any q > 0 gives y f(x + delta) >= sum_i psi_i - q E,
  psi_i the least a_i phi_i(h_i + u) + q u^2 over u in {0, -a_i/(2q), b_i - h_i, -b_i - h_i}.
* ``ball_broken``: y f(x + delta) <= 0 for the listed delta, each in the ball.

Standard library only; shares no code with what finds certificates. Integers throughout. Products of matrices are sums
of one integer times one packed row: entries of B bits each stand side by side in a single long integer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

Row = list[int]


def _pack(entries: Row, bits: int) -> int:
    """sum_k entries[k] 2^(bits k), signs included; built by halves."""
    if len(entries) <= 8:
        return sum(entry << (bits * k) for k, entry in enumerate(entries))
    half = len(entries) // 2
    return _pack(entries[:half], bits) + (_pack(entries[half:], bits) << (bits * half))


def _unpack(packed: int, bits: int, count: int) -> Row:
    """Inverse of `_pack` for entries below 2^(bits-1) in size; bits is a multiple of 8."""
    half, width = 1 << (bits - 1), bits // 8
    offset = int.from_bytes((half.to_bytes(width, "little")) * count, "little")
    content = (packed + offset).to_bytes(width * count, "little")
    return [int.from_bytes(content[i * width:(i + 1) * width], "little") - half for i in range(count)]


def _room(left: list[Row], right: list[Row], terms: int) -> int:
    """Bits, a multiple of 8, in which any sum of `terms` products of entries fits with its sign."""
    sizes = [max((abs(entry) for row in table for entry in row), default=0).bit_length() for table in (left, right)]
    return (sum(sizes) + terms.bit_length() + 10) // 8 * 8


def _product(left: list[Row], right: list[Row]) -> list[Row]:
    """left (a, c) times right (c, b), integers."""
    bits, width = _room(left, right, len(right)), len(right[0])
    packed = [_pack(row, bits) for row in right]
    return [_unpack(sum(entry * long for entry, long in zip(row, packed, strict=True) if entry), bits, width)
            for row in left]


def _transposed(table: list[Row]) -> list[Row]:
    return [list(column) for column in zip(*table, strict=True)]


def _answer(height: int, bias: int) -> int:
    """phi in the units of both."""
    return max(height - bias, 0) - max(-height - bias, 0)


class _Ball:
    """The network, its points and the ball, read and checked for shape and sign."""

    def __init__(self, read: SimpleNamespace, payload: dict[str, Any], more: str) -> None:
        self.read = read
        names = "weights biases outputs points labels norm radius"
        weights, biases, outputs, points, labels, norm, radius, *self.more = read._open(
            payload, "payload", f"{names} {more}")
        self.weights, self.weights_den = read._array(weights, "weights", None, None)
        self.m, self.d = len(self.weights), len(self.weights[0])
        self.biases, self.biases_den = read._array(biases, "biases", self.m)
        self.outputs, self.outputs_den = read._array(outputs, "outputs", self.m)
        self.labels = read._choices(labels, "labels", None, (1, -1))
        self.n = len(self.labels)
        read._need(self.n > 0 and self.d > 0, "no point is listed, or the weights are empty: nothing is claimed")
        self.points, self.points_den = read._array(points, "points", self.n, self.d)
        self.norm = read._choice(norm, "norm", (0, 2))
        self.radius = read._rational(radius, "radius")
        read._need(self.radius >= 0, "the radius is negative")
        read._need(all(entry >= 0 for entry in self.biases), "a bias is negative")
        read._need(all(entry > 0 for entry in self.outputs), "an output weight is not positive")
        self.name = self._name(payload)

    def _name(self, payload: dict[str, Any]) -> str:
        def short(*keys: str) -> str:
            content = json.dumps({key: payload[key] for key in keys}, sort_keys=True, separators=(",", ":"))
            return hashlib.sha256(content.encode()).hexdigest()[:12]

        count = f"{self.n} point{'s' if self.n > 1 else ''}"
        return (f"{count} (data {short('points', 'labels')}) and the symmetric-ReLU network "
                f"{short('weights', 'biases', 'outputs')} with {self.m} pairs in {self.d} dimensions")

    @property
    def ball(self) -> str:
        return f"|delta|_{'2' if self.norm == 2 else 'inf'} <= {self.read._show(self.radius)}"

    def heights(self, points: list[Row]) -> list[Row]:
        """y <w_i, x> times the denominators of weights and points."""
        table = _product(points, _transposed(self.weights))
        return [row if y > 0 else [-entry for entry in row] for row, y in zip(table, self.labels, strict=True)]

    def gram(self) -> list[Row]:
        """W^T W times the squared denominator of the weights."""
        return _product(_transposed(self.weights), self.weights)


def _proved_energy(ball: _Ball, bound: Fraction, factor: Any) -> Fraction:
    """E, at least |W delta|^2 over the ball, from t I - W^T W - L L^T being diagonally dominant."""
    read, d = ball.read, ball.d
    den, num = read._open(factor, "factor", "den num")
    unit = read._hex(den, "factor", True)
    rows = read._list(num, "factor", d)
    lower = [[read._hex(entry, "factor") for entry in read._list(row, "a row of the factor", j + 1)] + [0] * (d - j - 1)
             for j, row in enumerate(rows)]
    gram, square = ball.gram(), _product(lower, _transposed(lower))
    own, other = bound.denominator * unit * unit, bound.denominator * ball.weights_den**2
    top = bound.numerator * unit * unit * ball.weights_den**2
    for j in range(d):
        row = [-own * g - other * s for g, s in zip(gram[j], square[j], strict=True)]
        row[j] += top
        rest = sum(map(abs, row)) - abs(row[j])
        read._prove(row[j] >= rest, f"t I - W^T W - L L^T is not diagonally dominant in row {j}: the spectral bound "
                    f"t = {read._show(bound)} is not proved")
    if ball.norm == 2:
        return bound * ball.radius**2
    entries = Fraction(sum(abs(g) for row in gram for g in row), ball.weights_den**2)
    return min(bound * d, entries) * ball.radius**2


def _least_sum(ball: _Ball, heights: Row, q: Fraction) -> Fraction:
    """sum_i psi_i of one point, in integers over one denominator."""
    p, r = q.numerator, q.denominator
    out_den, unit = ball.outputs_den, ball.weights_den * ball.points_den
    den, total = unit * ball.biases_den, 0
    twice = 2 * p * out_den
    for height, bias, a in zip(heights, ball.biases, ball.outputs, strict=True):
        h, b = height * ball.biases_den, bias * unit
        stay = 2 * twice * a * _answer(h, b) * den * r
        vertex = 2 * a * _answer(h * twice - a * r * den, b * twice) * den * r + a * a * r * r * den * den
        kink = twice * twice * min((b - h)**2, (b + h)**2)
        total += min(stay, vertex, kink)
    return Fraction(total, 2 * twice * out_den * den * den * r)


def _check_margin(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    ball = _Ball(read, payload, "bound factor multipliers")
    read._open(claim, "claim", "type")
    bound, factor, multipliers = ball.more
    bound = read._rational(bound, "bound")
    read._need(bound > 0, "the spectral bound is not positive")
    (multipliers, den) = read._array(multipliers, "multipliers", ball.n)
    read._need(all(entry > 0 for entry in multipliers), "a multiplier is not positive")
    energy = _proved_energy(ball, bound, factor)
    for point, (row, entry) in enumerate(zip(ball.heights(ball.points), multipliers, strict=True)):
        q = Fraction(entry, den)
        value = _least_sum(ball, row, q) - q * energy
        read._prove(value > 0, f"point {point}: y f(x + delta) is only proved to be at least {read._show(value)}")
    return f"y f(x + delta) > 0 for all {ball.ball} at {ball.name}"


def _check_broken(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    ball = _Ball(read, payload, "deltas")
    read._open(claim, "claim", "type")
    deltas, den = read._array(ball.more[0], "deltas", ball.n, ball.d)
    limit = (ball.radius * den)**2
    for point, row in enumerate(deltas):
        size = sum(entry * entry for entry in row) if ball.norm == 2 else max(entry * entry for entry in row)
        read._prove(size <= limit, f"the perturbation of point {point} is not in the ball")
    moved = [[x * den + s * ball.points_den for x, s in zip(point, row, strict=True)]
             for point, row in zip(ball.points, deltas, strict=True)]
    unit = ball.weights_den * ball.points_den * den
    for point, row in enumerate(ball.heights(moved)):
        value = sum(a * _answer(h * ball.biases_den, b * unit) for h, b, a in
                    zip(row, ball.biases, ball.outputs, strict=True))
        read._prove(value <= 0, f"point {point} keeps its sign under its perturbation")
    return f"y f(x + delta) <= 0 for some {ball.ball} at each of {ball.name}"


def checks(base: dict[str, Any]) -> dict[str, Callable[[dict[str, Any], dict[str, Any]], str]]:
    """Checker by kind; `base` holds the reading functions of `recheck.py`."""
    read = SimpleNamespace(**base)
    return {"ball_margin": partial(_check_margin, read), "ball_broken": partial(_check_broken, read)}
