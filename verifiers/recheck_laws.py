"""Checker of certificates about laws of sparse data; `recheck.py` loads it when it meets one.

    x = z + noise in R^d, y = sign sum_j z_j,   f(x) = sum_i phi_i(<w_i, x>),
    phi_i(t) = max(t - b_i, 0) - max(-t - b_i, 0)

* ``law_robust``: at least so many of the first n points of the law are robust over the ball of the radius, hence so
  much robust accuracy. The points are made here from law and seed. With shares s_i > 0 and t I - V^T V - L L^T
  diagonally dominant, V = diag(s) W, any q > 0 gives with h_i = y <w_i, x> that y f(x + delta) is at least
  sum_i min_u [phi_i(h_i + u) + q s_i^2 u^2] - q t radius^2, u in {0, -1/(2 q s_i^2), b_i - h_i, -b_i - h_i}. A point
  without a multiplier (0) counts as not robust.
* ``law_broken``: one vector v in the ball makes y f(x - y v) <= 0 at so many of them, hence so little robust accuracy.
* ``linear_ceiling``: no sign <w, x> has more robust accuracy, for any w in R^d. For unit w with c = <w, 1>/sqrt(d),
  y <w, x> has mean c m and variance A - s c^2; by Cantelli the accuracy is at most V/(V + (radius - c m)^2). That is at
  most L for every c in [-1, 1] if L (radius - c m)^2 - (1 - L)(A - s c^2) >= 0 for every real c and m < radius.

Accuracies: with confidence C the probability p of an event seen k times in n independent draws is at least p_0 if
P(Bin(n, p_0) >= k) <= 1 - C, and at most p_0 if P(Bin(n, p_0) <= k) <= 1 - C (Clopper and Pearson).
Standard library only; shares no code with what finds certificates.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from math import comb, sqrt
from random import Random
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any

Row = list[int]
GRID = 24  # bits: coordinates of points are multiples of 2^-24
FINE = 60  # bits of the sums over neurons, which are rounded down
MOST = 20_000  # points of one certificate


class _Law:
    """Law, seed and number of points, read; the points themselves."""

    def __init__(self, read: SimpleNamespace, block: Any) -> None:
        self.read = read
        family, d, k, gap, noise = read._open(block, "law", "family dimension sparsity gap noise")
        self.family = read._choice(family, "family", ("light", "scale"))
        self.d = read._choice(d, "dimension", range(1, 2**14))
        self.k = read._choice(k, "sparsity", range(1, self.d + 1))
        self.gap, self.noise = read._rational(gap, "gap"), read._rational(noise, "noise")
        read._need(self.gap >= 0 and self.noise >= 0, "gap or noise is negative")
        read._need(self.family == "light" or self.k > 1, "the scale-free law needs k > 1")

    @property
    def least(self) -> int:
        """t: light points have at least so large a sum of signs."""
        t = 1
        while t * t < self.gap**2 * self.k:
            t += 1
        return t

    def points(self, seed: int, count: int) -> Iterator[tuple[Row, int]]:
        """(coordinates as multiples of 2^-24, label), as `constructions/feature_purification/streams.py` says."""
        codes, noise = Random(2 * seed).random, Random(2 * seed + 1).random
        p, k, d, unit = self.k / self.d, self.k, self.d, 2**GRID
        half, light = p / 2, round(unit / sqrt(k))
        quantile, deviation = NormalDist().inv_cdf, float(self.noise) / sqrt(d) * unit
        made = tried = 0
        while made < count:
            tried += 1
            self.read._need(tried < 300 * (count + 100), "the condition on the margin is met by next to no draw")
            row = [0] * d
            for j, u in enumerate([codes() for _ in range(d)]):
                if u < p:
                    size = light
                    if self.family == "scale":
                        size = round(unit / sqrt(1 + (2 * u / p - (u >= half)) * (k - 1)))
                    row[j] = size if u < half else -size
            total = sum(row)
            signs = abs(sum((entry > 0) - (entry < 0) for entry in row))
            if (signs < self.least) if self.family == "light" else (total == 0 or abs(total) < self.gap * unit):
                continue
            made += 1
            if deviation:
                row = [round(entry + deviation * quantile(noise() or 2.0**-54)) for entry in row]
            yield row, 1 if total > 0 else -1

    @property
    def name(self) -> str:
        show = self.read._show
        return (f"{self.family}(d = {self.d}, k = {self.k}), |sum z| >= {show(self.gap)}, noise {show(self.noise)}"
                "/sqrt(d) per coordinate")


class _Case:
    """Network, law, seed, count, radius and the accuracy that is claimed."""

    def __init__(self, read: SimpleNamespace, payload: dict[str, Any], more: str) -> None:
        self.read, self.matrices = read, read._beside("networks")
        names = "weights biases law seed count radius accuracy confidence"
        weights, biases, law, seed, count, radius, accuracy, confidence, *self.more = read._open(
            payload, "payload", f"{names} {more}")
        self.law = _Law(read, law)
        self.weights, self.weights_den = read._array(weights, "weights", None, self.law.d)
        self.m = len(self.weights)
        self.biases, self.biases_den = read._array(biases, "biases", self.m)
        read._need(all(entry >= 0 for entry in self.biases), "a bias is negative")
        read._need(type(seed) is int and 0 <= seed < 2**62, "the seed is not a whole number in [0, 2^62)")
        self.seed = seed
        self.count = read._choice(count, "count", range(1, MOST + 1))
        self.radius = read._rational(radius, "radius")
        self.accuracy, self.confidence = read._rational(accuracy, "accuracy"), read._rational(confidence, "confidence")
        read._need(self.radius >= 0, "the radius is negative")
        read._need(0 <= self.accuracy <= 1 and 0 < self.confidence < 1, "accuracy or confidence is no probability")
        content = json.dumps([weights, biases], sort_keys=True, separators=(",", ":"))
        short = hashlib.sha256(content.encode()).hexdigest()[:12]
        self.name = f"the symmetric-ReLU network {short} with {self.m} pairs in {self.law.d} dimensions"

    def heights(self, shift: tuple[Row, int] | None = None) -> Iterator[Row]:
        """y <w_i, x - y v> times the product of all denominators, in the order of the points; v = shift."""
        columns = self.matrices._transposed(self.weights)
        block: list[Row] = []
        vector, den = shift or ([0] * self.law.d, 1)
        for number, (row, label) in enumerate(self.law.points(self.seed, self.count), 1):
            block.append([label * entry * den - (v << GRID) for entry, v in zip(row, vector, strict=True)])
            if len(block) == 250 or number == self.count:
                yield from self.matrices._product(block, columns)
                block = []

    def tail(self, seen: int, above: bool) -> None:
        """Prove that `seen` of `count` bound the probability by `accuracy`, from below or from above."""
        p, n = self.accuracy, self.count
        a, b, den = p.numerator, p.denominator - p.numerator, p.denominator
        terms = range(seen, n + 1) if above else range(seen + 1)
        tail = sum(comb(n, k) * a**k * b**(n - k) for k in terms)
        side = "at least" if above else "at most"
        self.read._prove(tail * self.confidence.denominator <= (self.confidence.denominator - self.confidence.numerator)
                         * den**n, f"{seen} of {n} do not prove an accuracy of {side} {self.read._show(p)}")

    def sentence(self, seen: int, what: str, side: str) -> str:
        show = self.read._show
        return (f"{what} at {seen} of the {self.count} points that seed {self.seed} gives under {self.law.name}; if "
                f"they are independent draws, the robust accuracy of {self.name} at radius {show(self.radius)} is "
                f"{side} {show(self.accuracy)} with confidence {show(self.confidence)}")


def _proved_bound(case: _Case, shares: Row, shares_den: int, bound: Fraction, factor: Any) -> None:
    """t I - V^T V - L L^T is diagonally dominant, V = diag(s) W."""
    read, d, multiply = case.read, case.law.d, case.matrices._product
    den, num = read._open(factor, "factor", "den num")
    unit = read._hex(den, "factor", True)
    lower = [[read._hex(entry, "factor") for entry in read._list(row, "a row of the factor", j + 1)] + [0] * (d - j - 1)
             for j, row in enumerate(read._list(num, "factor", d))]
    scaled = [[s * entry for entry in row] for s, row in zip(shares, case.weights, strict=True)]
    gram = multiply(case.matrices._transposed(scaled), scaled)
    square, scale = multiply(lower, case.matrices._transposed(lower)), (case.weights_den * shares_den)**2
    for j in range(d):
        row = [-bound.denominator * (unit * unit * g + scale * s) for g, s in zip(gram[j], square[j], strict=True)]
        row[j] += bound.numerator * unit * unit * scale
        read._prove(row[j] >= sum(map(abs, row)) - abs(row[j]), "t I - V^T V - L L^T is not diagonally dominant in row "
                    f"{j}: the spectral bound t = {read._show(bound)} is not proved")


def _margin(heights: Row, biases: Row, squares: Row, den: int, q: Fraction) -> int:
    """A lower bound of 2^FINE sum_i psi_i; heights and biases in units of 2^-FINE, s_i^2 = squares[i] / den."""
    total, one = 0, 1 << FINE
    above, below = q.numerator, q.denominator * den
    for h, b, square in zip(heights, biases, squares, strict=True):
        weight = above * square
        best = h - b if h > b else h + b if h < -b else 0
        step = below * one // (2 * weight)  # 1/(2 q s^2), rounded down
        u = h - step - 1
        best = min(best, (u - b if u > b else u + b if u < -b else 0) + step // 2)
        size = h - b if h > 0 else h + b
        total += min(best, weight * size * size // (below * one))
    return total


def _check_robust(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    case = _Case(read, payload, "shares bound factor multipliers")
    read._open(claim, "claim", "type")
    shares, bound, factor, multipliers = case.more
    shares, shares_den = read._array(shares, "shares", case.m)
    read._need(all(entry > 0 for entry in shares), "a share is not positive")
    bound = read._rational(bound, "bound")
    read._need(bound > 0, "the spectral bound is not positive")
    multipliers, den = read._array(multipliers, "multipliers", case.count)
    read._need(all(entry >= 0 for entry in multipliers) and any(multipliers), "a multiplier is negative, or all are 0")
    _proved_bound(case, shares, shares_den, bound, factor)
    unit = case.weights_den << GRID
    biases = [-(-(entry << FINE) // case.biases_den) for entry in case.biases]  # up: see below
    squares, robust = [entry * entry for entry in shares], 0
    for point, (row, entry) in enumerate(zip(case.heights(), multipliers, strict=True)):
        if entry:
            q = Fraction(entry, den)
            # phi_b(t) falls by at most the rounding of t and b, one unit each: two units per neuron are taken off
            value = _margin([(h << FINE) // unit for h in row], biases, squares, shares_den**2, q) - 4 * case.m
            read._prove(value > q * bound * case.radius**2 * (1 << FINE), f"point {point} is not proved to be robust")
            robust += 1
    case.tail(robust, above=True)
    ball = f"|delta|_2 <= {read._show(case.radius)}"
    return case.sentence(robust, f"y f(x + delta) > 0 for all {ball}", "at least")


def _check_broken(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    case = _Case(read, payload, "direction broken")
    read._open(claim, "claim", "type")
    direction, den = read._array(case.more[0], "direction", case.law.d)
    broken = read._choice(case.more[1], "broken", range(1, case.count + 1))
    read._prove(sum(entry * entry for entry in direction) <= (case.radius * den)**2, "the direction is not in the ball")
    unit, found = case.weights_den * den << GRID, 0
    for row in case.heights((direction, den)):
        value = 0
        for h, b in zip(row, case.biases, strict=True):
            h, b = h * case.biases_den, b * unit
            value += h - b if h > b else h + b if h < -b else 0
        found += value <= 0
    read._prove(found >= broken, f"the direction breaks {found} points, not {broken}")
    case.tail(case.count - broken, above=False)
    return case.sentence(broken, "one perturbation per class makes y f(x + delta) <= 0", "at most")


def _sums(p: Fraction, d: int) -> tuple[Row, int]:
    """P(sum of d signs = s) for s = -d..d, p the probability of a sign, as integers over one denominator."""
    step, power = [p.numerator, 2 * (p.denominator - p.numerator), p.numerator], [1]
    for _ in range(d):
        length = len(power)
        power = [sum(power[i - j] * step[j] for j in range(3) if 0 <= i - j < length) for i in range(length + 2)]
    return power, (2 * p.denominator)**d


def _check_ceiling(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    block, radius, ceiling = read._open(payload, "payload", "law radius ceiling")
    read._open(claim, "claim", "type")
    law, tau, ceiling = _Law(read, block), read._rational(radius, "radius"), read._rational(ceiling, "ceiling")
    read._need(law.family == "light" and law.d > 1, "moments are known for light data in d > 1 dimensions")
    read._need(tau > 0 and 0 <= ceiling < 1, "radius or ceiling is out of range")
    d, k, t, p = law.d, law.k, law.least, Fraction(law.k, law.d)
    all_sums, den = _sums(p, d)
    pairs = [(abs(s), v) for s, v in enumerate(all_sums, -d) if abs(s) >= t]
    kept = sum(v for _, v in pairs)
    read._need(kept > 0, "no draw meets the condition on the margin")
    first, second = (Fraction(sum(s**power * v for s, v in pairs), kept) for power in (1, 2))
    rest, rest_den = _sums(p, d - 1)
    own = p * Fraction(sum(v for s, v in enumerate(rest, -(d - 1)) if abs(s + 1) >= t), rest_den)
    each = own * Fraction(den, kept) / k  # E z_1^2
    noise, along = law.noise**2 / d, second / k / d
    mean_sq, across = first**2 / k / d, each - (along - each) / (d - 1) + noise
    fall = mean_sq + across - along - noise
    square = ceiling * mean_sq + (1 - ceiling) * fall
    rest_term = ceiling * tau**2 - (1 - ceiling) * across
    read._prove(mean_sq < tau**2, "the mean of y <w, x> reaches the radius: linear classifiers may be robust")
    read._prove(square >= 0 and rest_term >= 0 and ceiling**2 * tau**2 * mean_sq <= square * rest_term,
                f"Cantelli's bound exceeds {read._show(ceiling)} at some cosine")
    show = read._show
    return (f"under {law.name} no classifier sign <w, x> has robust accuracy above {show(ceiling)} at radius "
            f"{show(tau)}, and no polynomial of degree at most 2 above {show((1 + ceiling) / 2)}")


def checks(base: dict[str, Any]) -> dict[str, Callable[[dict[str, Any], dict[str, Any]], str]]:
    """Checker by kind; `base` holds the reading functions of `recheck.py`."""
    read = SimpleNamespace(**base)
    return {"law_robust": partial(_check_robust, read), "law_broken": partial(_check_broken, read),
            "linear_ceiling": partial(_check_ceiling, read)}
