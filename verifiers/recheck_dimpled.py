"""Checker of certificates about off-manifold radii; `recheck.py` loads it when it meets one.

    N(x) = sum_k u_k relu(<w_k, x> + b_k);   r_off^2 = min |z|^2 over z orthogonal to the plane with y N(x + z) <= 0

y is the sign of N at the point, o_k = y u_k, p_k the pre-activations, K the Gram matrix of the parts g_k of the w_k
that are orthogonal to the plane, f(z) = sum_k o_k relu(p_k + <g_k, z>). Lower bounds R^2:

* ``cells``: on each cell of activation patterns sum_k w_k (p_k + <g_k, z>) <= f(z), which needs w_k >= 0 where the cell
  allows neuron k to be off, and w_k <= o_k where it allows it to be on; or the cell lies beyond a kink. Either way its
  points with f <= 0 lie in a half-space at distance A/sqrt(w K w). The cells must cover all patterns.
* ``chord``: with h_k^2 >= R^2 K_kk, f >= A + <v, z> on |z| <= R: shares of own neurons, chords of the opposite ones.
* ``operator``: t I - K - L L^T is symmetric and diagonally dominant, so f falls at most at the rate sqrt(t) |u|.

Upper bounds: a witness orthogonal to the plane with f <= 0. Standard library only; shares no code with the finders.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

Vector = list[Fraction]


def _dot(left: Vector, right: Vector) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


class _Net:
    """The network, its plane and its point, in fractions."""

    def __init__(self, read: SimpleNamespace, payload: dict[str, Any]) -> None:
        self.read = read
        weights, biases, outputs, plane, point, self.proof, self.witness = read._open(
            payload, "payload", "weights biases outputs plane point proof witness")
        table, den = read._array(weights, "weights", None, None)
        self.m, self.d = len(table), len(table[0])
        self.weights = [[Fraction(entry, den) for entry in row] for row in table]
        self.biases, self.outputs = self.vector(biases, "biases", self.m), self.vector(outputs, "outputs", self.m)
        self.point = self.vector(point, "point", self.d)
        self.leading, rows = read._open(plane, "plane", "", "leading rows")
        read._need((self.leading is None) != (rows is None), "give the plane by leading coordinates or by rows")
        if rows is None:
            read._choice(self.leading, "leading", range(self.d + 1))
            self.rows: list[Vector] = []
        else:
            entries, den = read._array(rows, "rows", None, self.d)
            self.rows = [[Fraction(entry, den) for entry in row] for row in entries]
        self.pre = [_dot(row, self.point) + b for row, b in zip(self.weights, self.biases, strict=True)]
        value = self.value(self.pre, self.outputs)
        read._prove(value != 0, "N is 0 at the point: its radius is 0")
        self.sign = 1 if value > 0 else -1
        self.own = [self.sign * u for u in self.outputs]
        self.margin = abs(value)
        text = json.dumps({key: payload[key] for key in ("weights", "biases", "outputs", "plane", "point")},
                          sort_keys=True, separators=(",", ":"))  # fmt: skip
        where = f"the first {self.leading} coordinates" if rows is None else f"{len(self.rows)} listed vectors"
        self.name = (f"the network and point {hashlib.sha256(text.encode()).hexdigest()[:12]} ({self.m} neurons in "
                     f"{self.d} dimensions), for perturbations orthogonal to {where}")

    def vector(self, block: Any, name: str, size: int) -> Vector:
        entries, den = self.read._array(block, name, size)
        return [Fraction(entry, den) for entry in entries]

    @staticmethod
    def value(pre: Vector, outputs: Vector) -> Fraction:
        return sum((o * z for o, z in zip(outputs, pre, strict=True) if z > 0), Fraction(0))

    def gram(self) -> list[Vector]:
        """K, from weight vectors freed of their parts in the plane."""
        if self.leading is not None:
            parts = [row[self.leading:] for row in self.weights]
        else:
            parts = [list(row) for row in self.weights]
            basis: list[Vector] = []
            for row in self.rows:
                rest = _freed(row, basis)
                if any(rest):
                    basis.append(rest)
            parts = [_freed(row, basis) for row in parts]
        return [[_dot(a, b) for b in parts] for a in parts]


def _freed(row: Vector, basis: list[Vector]) -> Vector:
    """A vector minus its projections onto orthogonal vectors."""
    rest = list(row)
    for other in basis:
        share = _dot(rest, other) / _dot(other, other)
        rest = [a - share * b for a, b in zip(rest, other, strict=True)]
    return rest


def _square(gram: list[Vector], weights: Vector) -> Fraction:
    return _dot(weights, [_dot(row, weights) for row in gram])


def _cells(net: _Net, gram: list[Vector], lower: Fraction, cells: Any) -> None:
    read, patterns = net.read, []
    for number, cell in enumerate(read._list(cells, "cells")):
        active, kink, shares = read._open(cell, "a cell", "active kink shares")
        active = read._choices(active, "active", net.m, (1, 0, -1))
        read._need((kink is None) != (shares is None), "a cell has either a kink or shares")
        if kink is None:
            given = net.vector(shares, "shares", net.m)
            weights = [s * o for s, o in zip(given, net.own, strict=True)]
            limits = net.own
        else:
            read._choice(kink, "kink", range(net.m))
            weights = [Fraction(0)] * net.m
            weights[kink] = Fraction(1 if active[kink] == 0 else -1)
            read._prove(active[kink] != -1, f"cell {number} does not say on which side of its kink it lies")
            limits = [Fraction(0)] * net.m
        for k, state in enumerate(active):
            fits = (state == 1 or weights[k] >= 0) and (state == 0 or weights[k] <= limits[k])
            read._prove(fits, f"cell {number} weighs neuron {k} in a way that its states do not allow")
        advance, square = _dot(weights, net.pre), _square(gram, weights)
        read._prove(advance > 0 and lower * square <= advance**2,
                    f"cell {number}: no proof of squared distance {read._show(lower)}")
        patterns.append(active)
    read._prove(_covers(patterns, net.m), "the cells do not cover all activation patterns")


def _covers(patterns: list[list[int]], size: int) -> bool:
    """Whether every pattern of on and off agrees with one of the listed ones, -1 agreeing with both."""
    if any(all(state == -1 for state in pattern) for pattern in patterns):
        return True
    if not patterns:
        return False
    counts = [sum(pattern[k] != -1 for pattern in patterns) for k in range(size)]
    k = counts.index(max(counts))
    for state in (0, 1):
        rest = [[*pattern[:k], -1, *pattern[k + 1:]] for pattern in patterns if pattern[k] in (-1, state)]
        if not _covers(rest, size):
            return False
    return True


def _chord(net: _Net, gram: list[Vector], lower: Fraction, heights: Any, shares: Any) -> None:
    read = net.read
    reach, given = net.vector(heights, "heights", net.m), net.vector(shares, "shares", net.m)
    constant, weights = Fraction(0), []
    for k, (o, p, h, s) in enumerate(zip(net.own, net.pre, reach, given, strict=True)):
        read._prove(h >= 0 and h * h >= lower * gram[k][k], f"neuron {k} may move by more than its height")
        if o > 0:
            read._prove(0 <= s <= 1, f"the share of neuron {k} is not in [0, 1]")
            slope, offset = s, s * p
        elif p - h >= 0:
            slope, offset = Fraction(1), p
        elif p + h <= 0:
            slope, offset = Fraction(0), Fraction(0)
        else:
            slope = (p + h) / (2 * h)
            offset = slope * h
        constant += o * offset
        weights.append(o * slope)
    read._prove(constant > 0 and constant**2 >= lower * _square(gram, weights),
                f"the half-space does not stay at squared distance {read._show(lower)}")


def _operator(net: _Net, gram: list[Vector], lower: Fraction, bound: Any, factor: Any) -> None:
    read = net.read
    bound = read._rational(bound, "bound")
    den, num = read._open(factor, "factor", "den num")
    unit = read._hex(den, "factor", True)
    lower_rows = [[read._hex(entry, "factor") for entry in read._list(row, "a row of the factor", j + 1)]
                  for j, row in enumerate(read._list(num, "factor", net.m))]
    rows = [[*row, *[0] * (net.m - len(row))] for row in lower_rows]
    for j, row in enumerate(rows):
        rest = [(bound if j == k else 0) - gram[j][k] - Fraction(sum(map(int.__mul__, row, other)), unit**2)
                for k, other in enumerate(rows)]
        off = sum((abs(entry) for k, entry in enumerate(rest) if k != j), Fraction(0))
        read._prove(rest[j] >= off, f"t I - K - L L^T is not diagonally dominant in row {j}: the norm is not proved")
    size = _dot(net.outputs, net.outputs)
    read._prove(lower * size * bound <= net.margin**2, "the operator norm does not give the squared radius")


def _lower(net: _Net, lower: Fraction) -> None:
    read, proof = net.read, net.proof
    read._need(isinstance(proof, dict), "a lower bound needs a proof")
    method = read._choice(proof.get("method"), "method", ("cells", "chord", "operator"))
    names = {"cells": "cells", "chord": "heights shares", "operator": "bound factor"}[method]
    _, *parts = read._open(proof, "proof", f"method {names}")
    checkers: dict[str, Callable[..., None]] = {"cells": _cells, "chord": _chord, "operator": _operator}
    checkers[method](net, net.gram(), lower, *parts)


def _upper(net: _Net, upper: Fraction) -> None:
    read, z = net.read, net.vector(net.witness, "witness", net.d)
    if net.leading is not None:
        read._prove(not any(z[:net.leading]), "the witness has a part within the plane")
    for row in net.rows:
        read._prove(_dot(row, z) == 0, "the witness is not orthogonal to the plane")
    moved = [p + _dot(row, z) for p, row in zip(net.pre, net.weights, strict=True)]
    value = net.value(moved, net.own)
    read._prove(value <= 0, f"the witness does not change the sign: y N = {read._show(value)} there")
    read._prove(_dot(z, z) <= upper, f"the witness has squared length {read._show(_dot(z, z))}")


def _check_off_radius(read: SimpleNamespace, payload: dict[str, Any], claim: dict[str, Any]) -> str:
    _, lower, upper = read._open(claim, "claim", "type lower_squared upper_squared")
    net, lower, said = _Net(read, payload), read._rational(lower, "lower_squared"), []
    read._need(lower > 0 or (lower == 0 and upper is not None), "nothing is claimed, or lower_squared is negative")
    read._need(lower > 0 or net.proof is None, "a proof without a lower bound")
    if lower > 0:
        _lower(net, lower)
        said.append(f"at least {read._show(lower)}")
    read._need((upper is None) == (net.witness is None), "a witness and upper_squared come together")
    if upper is not None:
        upper = read._rational(upper, "upper_squared")
        read._need(lower <= upper, "the bounds are in the wrong order")
        _upper(net, upper)
        said.append(f"at most {read._show(upper)}")
    return f"the squared off-manifold radius of {net.name}, is {' and '.join(said)}"


def checks(base: dict[str, Any]) -> dict[str, Callable[[dict[str, Any], dict[str, Any]], str]]:
    """Checker by kind; `base` holds the reading functions of `recheck.py`."""
    return {"off_radius": partial(_check_off_radius, SimpleNamespace(**base))}
