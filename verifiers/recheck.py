"""Independent checker of certificates: ``python -S -I verifiers/recheck.py DIR``. Standard library only.

A certificate is a JSON object whose digest covers everything else in it. The checker rebuilds the claim from the
data in the certificate, verifies the proof with integers and fractions, and prints the sentence it proved.

Answers: ``accepted``; ``altered`` (bytes and digest disagree); ``false`` (the claim is not proved, with the reason);
``malformed`` (not a certificate of a known kind). No input raises an exception. The payload of each kind is described
in `certificates.py`, with which this file shares no code.

Words: K0 raw Gram matrix of the samples, G = K0 + 1 with bias and K0 without (lifted samples x~ = (x, 1) or x),
R_il = y_i y_l G_il, h_l = y_l <x_l, u>. A merged network is N(x) = sum_k S_k a_k relu(S_k <g_k, x~>) with
g_k = sum_l P_kl y_l x~_l.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from pathlib import Path
from typing import Any

FORMAT = 1
MAX_DEPTH = 120
MAX_EXPONENT = 512
SQRT_BITS = 192
_HEX = re.compile(r"-?0x[0-9a-f]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*", re.ASCII)
_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b,
}
Polynomial = dict[tuple[int, ...], Fraction]
Interval = tuple[Fraction, Fraction]


class Malformed(ValueError):
    """The input is not a certificate of a known kind; the text says where."""


class NotProved(ValueError):
    """The proof does not establish the claim; the text says which inequality is missing."""


@dataclass(frozen=True)
class Outcome:
    """Answer for one certificate: status in accepted, altered, false, malformed; the sentence proved or the reason."""

    status: str
    sentence: str
    kind: str = ""


def _need(condition: bool, reason: str) -> None:
    if not condition:
        raise Malformed(reason)


def _prove(condition: bool, reason: str) -> None:
    if not condition:
        raise NotProved(reason)


# ---------------------------------------------------------------------------------------------------- reading


def _keys(block: Any, name: str, required: Iterable[str], optional: Iterable[str] = ()) -> None:
    _need(isinstance(block, dict), f"{name} is not an object")
    required = set(required)
    missing, extra = required - block.keys(), block.keys() - required - set(optional)
    _need(not missing, f"{name} lacks {', '.join(sorted(missing))}")
    _need(not extra, f"{name} has unknown entries {', '.join(sorted(extra))[:80]}")


def _list(value: Any, name: str, length: int | None = None) -> list[Any]:
    _need(isinstance(value, list), f"{name} is not a list")
    _need(length is None or len(value) == length, f"{name} has {len(value)} entries, not {length}")
    return value


def _integer(value: Any, name: str, low: int, high: int) -> int:
    _need(type(value) is int, f"{name} is not an integer")
    _need(low <= value <= high, f"{name} is outside {low}..{high}")
    return value


def _hex(value: Any, name: str) -> int:
    _need(isinstance(value, str) and _HEX.fullmatch(value) is not None, f"{name} is not an integer in hex")
    return int(value, 16)


def _denominator(value: Any, name: str) -> int:
    den = _hex(value, name)
    _need(den > 0, f"{name} has a denominator that is not positive")
    return den


def _rational(value: Any, name: str) -> Fraction:
    _list(value, name, 2)
    return Fraction(_hex(value[0], name), _denominator(value[1], name))


def _vector(value: Any, name: str, length: int | None = None) -> tuple[list[int], int]:
    _keys(value, name, ("den", "num"))
    entries = _list(value["num"], name, length)
    return [_hex(entry, name) for entry in entries], _denominator(value["den"], name)


def _matrix(value: Any, name: str, rows: int | None = None, columns: int | None = None) -> tuple[list[list[int]], int]:
    _keys(value, name, ("den", "num"))
    table = _list(value["num"], name, rows)
    _need(len(table) > 0, f"{name} is empty")
    width = len(_list(table[0], name)) if columns is None else columns
    return [[_hex(entry, name) for entry in _list(row, name, width)] for row in table], _denominator(value["den"], name)


def _signs(value: Any, name: str, length: int | None = None) -> list[int]:
    for entry in _list(value, name, length):
        _need(type(entry) is int and entry in (1, -1), f"{name} has an entry that is not +1 or -1")
    _need(len(value) > 0, f"{name} is empty")
    return value


def _flags(value: Any, name: str, length: int) -> list[bool]:
    for entry in _list(value, name, length):
        _need(isinstance(entry, bool), f"{name} has an entry that is not true or false")
    return value


def _samples(value: Any, n: int) -> list[int]:
    if value == "all":
        return list(range(n))
    chosen = [_integer(entry, "a sample number", 0, n - 1) for entry in _list(value, "samples")]
    _need(len(chosen) > 0, "samples is empty: nothing is claimed")
    _need(all(a < b for a, b in zip(chosen, chosen[1:], strict=False)), "samples are not in increasing order")
    return chosen


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return sum(map(lambda a, b: a * b, left, right))


def _show(value: Fraction | int) -> str:
    value = Fraction(value)
    if value.numerator.bit_length() + value.denominator.bit_length() <= 72:
        return str(value)
    try:
        return f"~{float(value):.10g}"
    except OverflowError:
        return "a number beyond 1e308"


class _Data:
    """Samples by their raw Gram matrix, labels and bias; integers over one denominator. Positive semidefinite."""

    def __init__(self, block: dict[str, Any]) -> None:
        _need(("points" in block) != ("gram" in block), "give exactly one of points and gram")
        self.labels = _signs(block.get("labels"), "labels")
        self.n = n = len(self.labels)
        _need(isinstance(block.get("bias"), bool), "bias is not true or false")
        self.bias = int(block["bias"])
        self.points: list[list[int]] | None = None
        if "points" in block:
            self.points, self.points_den = _matrix(block["points"], "points", n)
            self.raw = [[0] * n for _ in range(n)]
            for i, row in enumerate(self.points):
                for j in range(i + 1):
                    self.raw[i][j] = self.raw[j][i] = _dot(row, self.points[j])
            self.den = self.points_den**2
        else:
            self.raw, self.den = _matrix(block["gram"], "gram", n, n)
            _need(all(self.raw[i][j] == self.raw[j][i] for i in range(n) for j in range(i)), "gram is not symmetric")
            _prove(_semidefinite(self.raw), "the Gram matrix is not positive semidefinite: no data have it")
        self.lifted = [[entry + self.bias * self.den for entry in row] for row in self.raw]
        part = {key: block[key] for key in ("points", "gram", "labels", "bias") if key in block}
        signs = "".join("+" if y > 0 else "-" for y in self.labels)
        self.name = (f"the data (n = {n}, labels {signs if n <= 24 else str(signs.count('+')) + ' of them +'}, "
                     f"{'with' if self.bias else 'without'} bias, data {_digest(part)[:12]})")

    def heights(self, coefficients: list[int]) -> list[int]:
        """h_l = y_l <x_l, u> for u = sum_m e_m y_m x_m, times the Gram denominator and that of e."""
        signed = [e * y for e, y in zip(coefficients, self.labels, strict=True)]
        return [y * _dot(row, signed) for y, row in zip(self.labels, self.raw, strict=True)]

    def direction(self, value: Any) -> tuple[list[int], int, str]:
        """Coefficients e of the direction u = sum_l e_l y_l x_l, their denominator, and how it is called."""
        if value == "label_sum":
            return [1] * self.n, 1, "u = sum_l y_l x_l"
        return *_vector(value, "direction", self.n), "u = sum_l e_l y_l x_l with the e of the claim"


def _semidefinite(matrix: list[list[int]]) -> bool:
    """Exact LDL^T without fractions (Bareiss): every pivot is positive, or zero with its whole row."""
    work, previous = [row[:] for row in matrix], 1
    n = len(work)
    for k in range(n):
        pivot = work[k][k]
        if pivot < 0 or (pivot == 0 and any(work[k][j] for j in range(k, n))):
            return False
        if pivot > 0:
            for i in range(k + 1, n):
                factor, row, top = work[i][k], work[i], work[k]
                for j in range(k + 1, n):
                    row[j] = (pivot * row[j] - factor * top[j]) // previous
            previous = pivot
    return True


# ---------------------------------------------------------------------------------------------------- networks


class _Network:
    """A network with rational parameters: N(x) = sum_k outputs_k relu(directions_k . b(x) + offsets_k).

    Merged: b(x)_l = <x_l, x>, directions_k = S_k P_k * y. Raw: b(x) = x, directions_k = w_k.
    """

    def __init__(self, block: Any) -> None:
        _need(isinstance(block, dict) and block.get("form") in ("merged", "raw"), "network has no form merged or raw")
        data_keys = ("points", "gram", "labels", "bias")
        self.data: _Data | None = None
        self.merged = block["form"] == "merged"
        if self.merged:
            _keys(block, "network", ("form", "signs", "rows", "masses", "labels", "bias"), ("points", "gram"))
            data = self.data = _Data(block)
            signs = _signs(block["signs"], "signs")
            rows, rows_den = _matrix(block["rows"], "rows", len(signs), data.n)
            masses, masses_den = _vector(block["masses"], "masses", len(signs))
            self.directions = [[s * p * y for p, y in zip(row, data.labels, strict=True)]
                               for s, row in zip(signs, rows, strict=True)]
            self.den = rows_den
            self.offsets = [Fraction(data.bias * sum(row), rows_den) for row in self.directions]
            self.outputs = [Fraction(s * a, masses_den) for s, a in zip(signs, masses, strict=True)]
        else:
            _keys(block, "network", ("form", "weights", "biases", "outputs"), data_keys)
            if any(key in block for key in data_keys):
                self.data = _Data(block)
            self.directions, self.den = _matrix(block["weights"], "weights")
            width = len(self.directions)
            outputs, outputs_den = _vector(block["outputs"], "outputs", width)
            self.outputs = [Fraction(entry, outputs_den) for entry in outputs]
            offsets, offsets_den = ([0] * width, 1) if block["biases"] is None else _vector(
                block["biases"], "biases", width)
            self.offsets = [Fraction(entry, offsets_den) for entry in offsets]
        self.name = f"the {block['form']} network with {len(self.outputs)} neurons"
        if self.data is not None:
            self.name += f" on {self.data.name}"

    def products(self, vector: tuple[list[int], int], combination: bool) -> tuple[list[int], int, Fraction]:
        """b of a point (or displacement) and its squared norm; given by coordinates or as sum_l e_l x_l."""
        entries, den = vector
        data = self.data
        if combination:
            _need(data is not None, "a combination of samples needs samples")
            assert data is not None
            _need(len(entries) == data.n, f"a combination has {len(entries)} entries for {data.n} samples")
            inner = [_dot(row, entries) for row in data.raw]
            square = Fraction(_dot(inner, entries), data.den * den * den)
            if self.merged:
                return inner, data.den * den, square
            _need(data.points is not None, "a raw network needs points, not only their Gram matrix")
            assert data.points is not None
            point = [_dot(column, entries) for column in zip(*data.points, strict=True)]
            _need(len(point) == len(self.directions[0]), "points and weights have different lengths")
            return point, data.points_den * den, square
        square = Fraction(_dot(entries, entries), den * den)
        if not self.merged:
            _need(len(entries) == len(self.directions[0]), "a point and the weights have different lengths")
            return entries, den, square
        _need(data is not None and data.points is not None, "coordinates need points, not only a Gram matrix")
        assert data is not None and data.points is not None
        _need(len(entries) == len(data.points[0]), "a point has the wrong number of coordinates")
        return [_dot(row, entries) for row in data.points], data.points_den * den, square

    def linear(self, products: list[int], den: int) -> list[Fraction]:
        """directions_k . b per neuron."""
        return [Fraction(_dot(row, products), self.den * den) for row in self.directions]

    def value(self, products: list[int], den: int) -> Fraction:
        parts = zip(self.outputs, self.linear(products, den), self.offsets, strict=True)
        return sum((o * max(z + b, Fraction(0)) for o, z, b in parts), Fraction(0))

    def inner_products(self) -> list[list[Fraction]]:
        """<omega_k, omega_m> of the raw input directions of the neurons."""
        rows, den = self.directions, self.den * self.den
        if self.merged:
            assert self.data is not None
            images, den = [[_dot(r, row) for r in self.data.raw] for row in rows], den * self.data.den
        else:
            images = rows
        return [[Fraction(_dot(row, image), den) for image in images] for row in rows]


def _check_values(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    _keys(payload, "payload", ("network",), ("points", "combinations"))
    _need(("points" in payload) != ("combinations" in payload), "give exactly one of points and combinations")
    _keys(claim, "claim", ("type", "bounds"))
    network = _Network(payload["network"])
    combination = "combinations" in payload
    places, den = _matrix(payload["combinations" if combination else "points"], "points")
    _need(len(_list(claim["bounds"], "bounds")) > 0, "bounds is empty: nothing is claimed")
    said, known = [], {}
    for bound in claim["bounds"]:
        _list(bound, "a bound", 3)
        index = _integer(bound[0], "the point number of a bound", 0, len(places) - 1)
        _need(isinstance(bound[1], str) and bound[1] in _HOLDS, "a bound has no relation")
        level = _rational(bound[2], "the value of a bound")
        if index not in known:
            known[index] = network.value(*network.products((places[index], den), combination)[:2])
        _prove(_HOLDS[bound[1]](known[index], level),
               f"the network takes the value {_show(known[index])} at point {index}, not {bound[1]} {_show(level)}")
        said.append(f"N(p_{index}) {bound[1]} {_show(level)}")
    return f"{network.name} satisfies {', '.join(said)} at the points listed"


def _check_radius(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    _keys(payload, "payload", ("network", "witness", "method", "cells"))
    _keys(claim, "claim", ("type", "sample", "lower_squared", "upper_squared"))
    network = _Network(payload["network"])
    _need(network.data is not None, "network has no samples")
    assert network.data is not None
    data = network.data
    sample = _integer(claim["sample"], "sample", 0, data.n - 1)
    y = data.labels[sample]
    lower = _rational(claim["lower_squared"], "lower_squared")
    _need(lower >= 0, "lower_squared is negative")
    unit = [int(i == sample) for i in range(data.n)]
    base, base_den, _ = network.products((unit, 1), True)
    gram = network.inner_products()
    pre = [z + b for z, b in zip(network.linear(base, base_den), network.offsets, strict=True)]
    neurons = range(len(pre))
    margin = y * sum((network.outputs[k] * max(pre[k], Fraction(0)) for k in neurons), Fraction(0))
    _need(payload["method"] in ("cells", "lipschitz"), "method is not cells or lipschitz")
    said = []
    if lower > 0:
        _prove(margin > 0, f"sample {sample} is not on its side: y N = {_show(margin)}, so its radius is 0")
        if payload["method"] == "lipschitz":
            _need(payload["cells"] == [], "the Lipschitz bound uses no cells")
            out = network.outputs
            slope = sum((max(out[k] * out[m] * gram[k][m], Fraction(0)) for k in neurons for m in neurons), Fraction(0))
            _prove(lower * slope <= margin**2, f"the Lipschitz bound gives only {_show(margin**2 / max(slope, 1))}"
                   if slope >= 1 else "the Lipschitz bound is smaller than lower_squared")
        else:
            _cells(payload["cells"], network, y, pre, gram, lower)
        said.append(f"at least {_show(lower)}")
    else:
        _need(payload["cells"] == [], "cells are given but lower_squared is 0")
    if claim["upper_squared"] is None:
        _need(payload["witness"] is None, "a witness is given but no upper_squared")
    else:
        upper = _rational(claim["upper_squared"], "upper_squared")
        _need(upper >= lower, "upper_squared is below lower_squared")
        _keys(payload["witness"], "witness", (), ("combination", "vector"))
        _need(len(payload["witness"]) == 1, "give exactly one of combination and vector as witness")
        (kind, entries), = payload["witness"].items()
        shift, shift_den, square = network.products(_vector(entries, "witness"), kind == "combination")
        moved = [a * shift_den + b * base_den for a, b in zip(base, shift, strict=True)]
        value = y * network.value(moved, base_den * shift_den)
        _prove(value <= 0, f"the witness does not flip sample {sample}: y N = {_show(value)} there")
        _prove(square <= upper, f"the witness has squared length {_show(square)}, above {_show(upper)}")
        said.append(f"at most {_show(upper)}")
    _need(len(said) > 0, "nothing is claimed: lower_squared is 0 and upper_squared is null")
    return (f"for {network.name}, the squared robust radius min |delta|^2 over y N(x + delta) <= 0 "
            f"at sample {sample} is {' and '.join(said)}")


def _cells(cells: Any, network: _Network, y: int, pre: list[Fraction], gram: list[list[Fraction]],
           lower: Fraction) -> None:
    """Every activation cell, cut with y N <= 0, stays at squared distance at least `lower`.

    In a cell, B delta <= e lists the signs of the pre-activations and y N(x + delta) <= 0. With multipliers nu >= 0,
    nu^T B = sum_k t_k omega_k and nu . e = - t . pre, hence |delta|^2 >= (t . pre)^2 / (t gram t) when t . pre > 0.
    """
    width = len(pre)
    _need(width <= 20, "more than 20 neurons have too many cells")
    seen = set()
    for cell in _list(cells, "cells"):
        _keys(cell, "a cell", ("active", "dual"))
        active = [_integer(k, "an active neuron", 0, width - 1) for k in _list(cell["active"], "active")]
        _need(all(a < b for a, b in zip(active, active[1:], strict=False)), "active neurons are not increasing")
        dual, den = _vector(cell["dual"], "a dual", width + 1)
        _prove(min(dual) >= 0, f"the multipliers of cell {active} are not all nonnegative")
        tilt = [Fraction(-dual[k] if k in active else dual[k], den) for k in range(width)]
        for k in active:
            tilt[k] += Fraction(dual[width], den) * y * network.outputs[k]
        gain = _dot(tilt, pre)
        square = _dot(tilt, [_dot(row, tilt) for row in gram])
        _prove(gain > 0 and lower * square <= gain * gain, f"cell {active}: the multipliers prove no squared distance "
               f"{_show(lower)}, only {_show(gain * gain / square) if gain > 0 and square > 0 else 'nothing'}")
        seen.add(tuple(active))
    _prove(len(seen) == 2**width, f"{2**width - len(seen)} of {2**width} activation cells are not covered")


# ---------------------------------------------------------------------------------------------------- KKT points


@dataclass
class _Point:
    """A KKT point known in intervals: coefficients C_kl of g_k = sum_l C_kl x~_l, masses, multipliers."""

    data: _Data
    signs: list[int]
    low: list[list[int]]
    high: list[list[int]]
    den: int
    mass_low: list[int]
    mass_high: list[int]
    mass_den: int
    multipliers: list[Interval]

    def response(self, k: int, products: list[int]) -> tuple[int, int]:
        """Interval of <g_k, x~> times den and the denominator of the products <x~_l, x~>."""
        low, high = self.low[k], self.high[k]
        return (sum(map(lambda a, z, b: (a if b >= 0 else z) * b, low, high, products)),
                sum(map(lambda a, z, b: (z if b >= 0 else a) * b, low, high, products)))

    def value(self, products: list[int], den: int, neurons: Iterable[int] | None = None) -> Interval:
        """Interval of N at the point with these products; only the given neurons, if any are named."""
        least = most = 0
        for k in range(len(self.signs)) if neurons is None else neurons:
            a, z = self.response(k, products)
            if self.signs[k] > 0:
                least, most = least + self.mass_low[k] * max(a, 0), most + self.mass_high[k] * max(z, 0)
            else:
                least, most = least - self.mass_high[k] * max(-a, 0), most - self.mass_low[k] * max(-z, 0)
        scale = self.den * self.mass_den * den
        return Fraction(least, scale), Fraction(most, scale)


def _pattern(payload: dict[str, Any], data: _Data) -> tuple[list[int], list[list[int]], list[bool]]:
    signs = _signs(payload["signs"], "signs")
    pattern = _list(payload["pattern"], "pattern", len(signs))
    for row in pattern:
        for entry in _list(row, "pattern", data.n):
            _need(type(entry) is int and entry in (-1, 0, 1), "pattern has an entry that is not 1, 0 or -1")
    return signs, pattern, _flags(payload["support"], "support", data.n)


def _check_signs(point: _Point, pattern: list[list[int]], kinks_exact: bool) -> None:
    for k, row in enumerate(pattern):
        for i, expected in enumerate(row):
            a, z = point.response(k, point.data.lifted[i])
            if point.signs[k] < 0:
                a, z = -z, -a
            name = f"neuron {k} at sample {i}"
            if expected == 1:
                _prove(a > 0, f"{name} is not strictly on")
            elif expected == -1:
                _prove(z < 0, f"{name} is not strictly off")
            else:
                _prove(not kinks_exact or a == z == 0, f"{name} is not a kink: its pre-activation is not 0")


def _exact_point(block: Any, data: _Data, signs: list[int], pattern: list[list[int]], support: list[bool]) -> _Point:
    """Rational rows and masses; lambda_l^2 = P_kl^2 / |g_k|^2 is compared in squares."""
    _keys(block, "exact", ("rows", "masses"))
    rows, rows_den = _matrix(block["rows"], "rows", len(signs), data.n)
    masses, masses_den = _vector(block["masses"], "masses", len(signs))
    _prove(min(masses) > 0, "a mass is not positive")
    _prove(min(map(min, rows)) >= 0, "a row has a negative entry")
    coefficients = [[p * y for p, y in zip(row, data.labels, strict=True)] for row in rows]
    point = _Point(data, signs, coefficients, coefficients, rows_den, masses, masses, masses_den, [])
    _check_signs(point, pattern, True)
    norms = [_dot(row, [_dot(row, g) for g in data.lifted]) for row in coefficients]
    _prove(min(norms) > 0, "a neuron has weight zero")
    for i in range(data.n):
        squares = [Fraction(rows[k][i] ** 2 * data.den, norms[k]) for k in range(len(signs))]
        on = [k for k in range(len(signs)) if pattern[k][i] == 1]
        _prove(not support[i] or len(on) > 0, f"no neuron is on at the support sample {i}")
        top = squares[on[0]] if support[i] else Fraction(0)
        _prove(not support[i] or top > 0, f"the multiplier of support sample {i} is 0")
        for k, square in enumerate(squares):
            name = f"neuron {k} at sample {i}"
            if pattern[k][i] == 1:
                _prove(square == top, f"{name} is on but lambda sigma' differs from lambda")
            else:
                _prove(square <= (top if pattern[k][i] == 0 else 0), f"{name}: sigma' is not in its subdifferential")
        value = data.labels[i] * point.value(data.lifted[i], data.den)[0]
        _prove(value >= 1, f"y N = {_show(value)} < 1 at sample {i}")
        _prove(value == 1 or not support[i], f"y N = {_show(value)} is not 1 at the support sample {i}")
        point.multipliers.append((_sqrt_down(top), _sqrt_up(top)))
    return point


def _box_point(block: Any, data: _Data, signs: list[int], pattern: list[list[int]],
               support: list[bool]) -> tuple[_Point, Fraction]:
    """Newton-Kantorovich on the square quadratic system in (lambda on the support, masses c, mu at the kinks).

    F1_k = C_k G C_k - 1, F2_i = y_i sum_{k on at i} c_k (C G)_ki - 1 (support), F3_ki = (C G)_ki (kinks), where
    C_kl = y_l (lambda_l if on, mu_kl at a kink, 0 if off). With |h| = max |h_j| / w_j and the approximate inverse Y:
    eta = |Y F|, delta = |I - Y J|, beta >= |Y B|; delta + beta rho < 1 and eta + delta rho + beta rho^2 / 2 <= rho
    give exactly one zero with |x - x0| <= rho.
    """
    _keys(block, "box", ("lambda", "masses", "mu", "weights", "radius", "inverse"))
    neurons, n, y, gram, den = range(len(signs)), data.n, data.labels, data.lifted, data.den
    held = [i for i in range(n) if support[i]]
    kinks = [(k, i) for k in neurons for i in range(n) if pattern[k][i] == 0]
    _prove(all(support[i] for _, i in kinks), "the box form has no kinks outside the support")
    size = len(held) + len(signs) + len(kinks)
    parts = [_vector(block["lambda"], "lambda", len(held)), _vector(block["masses"], "masses", len(signs)),
             _vector(block["mu"], "mu", len(kinks))]
    unit = parts[0][1] * parts[1][1] * parts[2][1]
    x = [entry * (unit // part_den) for entries, part_den in parts for entry in entries]
    w, w_den = _vector(block["weights"], "weights", size)
    _need(min(w) > 0, "a weight of the norm is not positive")
    rho = _rational(block["radius"], "radius")
    _need(rho >= 0, "radius is negative")
    inverse, inverse_den = _matrix(block["inverse"], "inverse", size, size)

    slot: list[list[int | None]] = [[None] * n for _ in neurons]
    for k in neurons:
        for position, i in enumerate(held):
            if pattern[k][i] == 1:
                slot[k][i] = position
    for position, (k, i) in enumerate(kinks):
        slot[k][i] = len(held) + len(signs) + position
    mass = [len(held) + k for k in neurons]
    used = [[(i, s) for i, s in enumerate(row) if s is not None] for row in slot]
    image = [[sum(y[i] * x[s] * gram[i][j] for i, s in used[k]) for j in range(n)] for k in neurons]

    residual, jacobian, bend = [], [], []  # over unit^2 den, unit den, w_den^2 den
    for k in neurons:
        row = [0] * size
        for i, s in used[k]:
            row[s] += 2 * y[i] * image[k][i]
        residual.append(sum(y[i] * x[s] * image[k][i] for i, s in used[k]) - unit * unit * den)
        jacobian.append(row)
        bend.append(2 * sum(w[s] * w[r] * abs(gram[i][j]) for i, s in used[k] for j, r in used[k]))
    for j in held:
        row, total, curve = [0] * size, 0, 0
        for k in neurons:
            if pattern[k][j] == 1:
                total += x[mass[k]] * image[k][j]
                row[mass[k]] += y[j] * image[k][j]
                for i, s in used[k]:
                    row[s] += y[j] * x[mass[k]] * y[i] * gram[i][j]
                    curve += w[mass[k]] * w[s] * abs(gram[i][j])
        residual.append(y[j] * total - unit * unit * den)
        jacobian.append(row)
        bend.append(2 * curve)
    for k, j in kinks:
        row = [0] * size
        for i, s in used[k]:
            row[s] += y[i] * gram[i][j] * unit
        residual.append(image[k][j] * unit)
        jacobian.append(row)
        bend.append(0)

    columns = list(zip(*jacobian, strict=True))
    eta = delta = beta = Fraction(0)
    for j, row in enumerate(inverse):
        eta = max(eta, Fraction(abs(_dot(row, residual)) * w_den, w[j] * inverse_den * unit * unit * den))
        defect = sum(abs((inverse_den * unit * den if j == m else 0) - _dot(row, column)) * w[m]
                     for m, column in enumerate(columns))
        delta = max(delta, Fraction(defect, w[j] * inverse_den * unit * den))
        beta = max(beta, Fraction(_dot(map(abs, row), bend), w[j] * inverse_den * w_den * den))
    _prove(delta + beta * rho < 1, f"Newton-Kantorovich: the map is no contraction (delta {_show(delta)}, "
           f"beta rho {_show(beta * rho)})")
    _prove(eta + delta * rho + beta * rho * rho / 2 <= rho,
           f"Newton-Kantorovich: the box of radius {_show(rho)} is not mapped into itself (eta {_show(eta)})")

    spread = [rho.numerator * entry * unit for entry in w]  # half-widths over scale
    scale = unit * w_den * rho.denominator
    low = [entry * (scale // unit) - s for entry, s in zip(x, spread, strict=True)]
    high = [entry * (scale // unit) + s for entry, s in zip(x, spread, strict=True)]
    lower, upper = [[0] * n for _ in neurons], [[0] * n for _ in neurons]
    for k in neurons:
        for i, s in used[k]:
            lower[k][i], upper[k][i] = (low[s], high[s]) if y[i] > 0 else (-high[s], -low[s])
    _prove(min(low[: len(held)], default=0) > 0, "a multiplier lambda of the support is not positive on the box")
    _prove(min(low[m] for m in mass) > 0, "a mass is not positive on the box")
    for k, i in kinks:
        s = slot[k][i]
        assert s is not None
        _prove(low[s] >= 0 and high[s] <= low[held.index(i)], f"neuron {k} at sample {i}: sigma' is not in [0, 1]")
    multipliers = [(Fraction(0), Fraction(0))] * n
    for position, i in enumerate(held):
        multipliers[i] = (Fraction(low[position], scale), Fraction(high[position], scale))
    point = _Point(data, signs, lower, upper, scale, [low[m] for m in mass], [high[m] for m in mass], scale,
                   multipliers)
    _check_signs(point, pattern, False)
    for i in range(n):
        if not support[i]:
            least, most = point.value(gram[i], den, [k for k in neurons if pattern[k][i] == 1])
            _prove((least if y[i] > 0 else -most) >= 1, f"y N >= 1 is not proved at sample {i}, outside the support")
    return point, Fraction(max(spread), scale)


def _check_kkt(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    _keys(payload, "payload", ("labels", "bias", "signs", "pattern", "support"), ("points", "gram", "exact", "box"))
    _need(("exact" in payload) != ("box" in payload), "give exactly one of exact and box")
    _keys(claim, "claim", ("type", "conclusions"))
    data = _Data(payload)
    signs, pattern, support = _pattern(payload, data)
    if "exact" in payload:
        point, where = _exact_point(payload["exact"], data, signs, pattern, support), "with the rational rows listed"
    else:
        point, spread = _box_point(payload["box"], data, signs, pattern, support)
        where = f"within {float(spread):.2g} of the listed multipliers, masses and subgradients"
    said = [_conclude(part, point, support) for part in _list(claim["conclusions"], "conclusions")]
    return (f"{data.name} have an exact KKT point of the max-margin problem {where}, with {len(signs)} merged neurons "
            f"and {sum(support)} support samples{'; at it ' if said else ''}{'; '.join(said)}")


def _level(block: dict[str, Any]) -> tuple[Fraction, str, Fraction]:
    """t >= 0, relation and level of a flip; N = 0 is not a flip."""
    t, level = _rational(block["t"], "t"), _rational(block["level"], "level")
    _need(t >= 0, "t is negative")
    _need(block["relation"] in ("<", "<="), "the relation of a flip is not < or <=")
    _need(level < 0 or (level == 0 and block["relation"] == "<"), "the level of a flip must make y N negative")
    return t, block["relation"], level


def _conclude(part: Any, point: _Point, support: list[bool]) -> str:
    data = point.data
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "flipped":
        _keys(part, "a conclusion", ("type", "t", "level", "relation", "samples", "direction"))
        t, relation, level = _level(part)
        coefficients, den, name = data.direction(part["direction"])
        heights, scale = data.heights(coefficients), den * t.denominator
        for i in _samples(part["samples"], data.n):
            yi = data.labels[i]
            products = [g * scale - yi * y * t.numerator * h
                        for g, y, h in zip(data.lifted[i], data.labels, heights, strict=True)]
            least, most = point.value(products, data.den * scale)
            most = most if yi > 0 else -least
            _prove(_HOLDS[relation](most, level),
                   f"sample {i}: y N(x - t y u) reaches {_show(most)}, not {relation} {_show(level)}, t = {_show(t)}")
        which = "every sample" if part["samples"] == "all" else f"samples {part['samples']}"
        return f"y_i N(x_i - t y_i u) {relation} {_show(level)} for {which}, t = {_show(t)}, {name}"
    if kind == "value":
        _keys(part, "a conclusion", ("type", "combination", "level", "relation"))
        entries, den = _vector(part["combination"], "combination", data.n)
        products = [_dot(row, entries) + data.bias * data.den * den for row in data.raw]
        return _enclosed(point.value(products, data.den * den), part, "N(sum_l e_l x_l), e as listed,")
    if kind == "multiplier_sum":
        _keys(part, "a conclusion", ("type", "level", "relation"))
        total = (sum(low for low, _ in point.multipliers), sum(high for _, high in point.multipliers))
        return _enclosed((Fraction(total[0]), Fraction(total[1])), part, "sum_i lambda_i")
    if kind == "multiplier":
        _keys(part, "a conclusion", ("type", "sample", "level", "relation"))
        i = _integer(part["sample"], "sample", 0, data.n - 1)
        return _enclosed(point.multipliers[i], part, f"lambda_{i}")
    _keys(part, "a conclusion", ("type",))
    _need(kind == "margin_one", "a conclusion has an unknown type")
    _prove(all(support), f"sample {support.index(False) if not all(support) else 0} is not in the support")
    return "every sample is a support vector with y_i N(x_i) = 1"


def _enclosed(value: Interval, part: dict[str, Any], name: str) -> str:
    level = _rational(part["level"], "level")
    relation = part["relation"]
    _need(isinstance(relation, str) and relation in _HOLDS, "a conclusion has no relation")
    _prove(all(_HOLDS[relation](end, level) for end in value), f"{name} is only known in [{_show(value[0])}, "
           f"{_show(value[1])}], which does not prove {relation} {_show(level)}")
    return f"{name} {relation} {_show(level)}"


# ---------------------------------------------------------------------------------------------------- all KKT points


def _check_all(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    """Bounds own_i = A_i^{y_i}, cross_i = A_i^{-y_i} for every KKT point, then linear programming duality."""
    kind = claim["type"]
    flips = kind == "all_kkt_points_flipped"
    extra = ("support_proved", "duals") if flips else ()
    _keys(payload, "payload", ("labels", "bias", "upper", *extra), ("points", "gram"))
    data = _Data(payload)
    n, gram, den, labels = data.n, data.lifted, data.den, data.labels
    upper, upper_den = _vector(payload["upper"], "upper", 2 * n)
    _prove(min(upper) > 0, "an entry of upper is not positive")
    _prove(all(gram[i][i] > 0 for i in range(n)), "a sample is zero")
    rows = [[labels[i] * labels[j] * gram[i][j] for j in range(n)] for i in range(n)]

    def place(i: int, j: int, own: bool) -> int:
        """Position of A_j^{y_i} (own) or A_j^{-y_i} in (own, cross)."""
        return j if (labels[i] == labels[j]) == own else n + j

    for i in range(n):
        others = [(j, -rows[i][j]) for j in range(n) if j != i and rows[i][j] < 0]
        own = gram[i][i] * upper[i] - sum(r * (upper[j] + upper[n + j]) for j, r in others)
        cross = gram[i][i] * upper[n + i] - sum(r * upper[place(i, j, False)] for j, r in others)
        _prove(own >= den * upper_den, f"upper is no supersolution in own row {i}")
        _prove(cross > 0, f"upper is no strict supersolution in cross row {i}")
    proved = [den * upper_den > sum(rows[i][j] * upper[place(i, j, True)]
                                    for j in range(n) if j != i and rows[i][j] > 0) for i in range(n)]
    every = f"every KKT point, of every width, of {data.name}"
    if kind == "all_kkt_points_support":
        _keys(claim, "claim", ("type", "samples"))
        for i in _samples(claim["samples"], n):
            _prove(proved[i], f"the lower bound on the multiplier of sample {i} is not positive")
        which = "all samples" if claim["samples"] == "all" else f"samples {claim['samples']}"
        return f"{every} has {which} as support vectors with y_i N(x_i) = 1"
    if kind == "all_kkt_points_radius":
        _keys(claim, "claim", ("type", "lower_squared"))
        lower = _rational(claim["lower_squared"], "lower_squared")
        _need(lower > 0, "lower_squared is not positive")
        beta = [upper[i] + upper[n + i] for i in range(n)]
        slope = sum(beta[i] * beta[j] * max(labels[i] * labels[j] * data.raw[i][j], 0)
                    for i in range(n) for j in range(n))
        _prove(lower * Fraction(slope, den * upper_den**2) <= 1, "the gradient bound does not give lower_squared")
        return f"{every} has squared robust radius at least {_show(lower)} at every sample"

    _keys(claim, "claim", ("type", "t", "level", "relation", "samples", "direction", "every_larger_t"))
    t, relation, level = _level(claim)
    samples = _samples(claim["samples"], n)
    coefficients, e_den, name = data.direction(claim["direction"])
    heights = data.heights(coefficients)
    _need(isinstance(claim["every_larger_t"], bool), "every_larger_t is not true or false")
    if claim["every_larger_t"]:
        _prove(min(heights) >= 0, f"h_{heights.index(min(heights))} < 0: nothing follows for larger t")
    for i, flag in enumerate(_flags(payload["support_proved"], "support_proved", n)):
        _prove(proved[i] or not flag, f"the lower bound on the multiplier of sample {i} is not positive")
    _keys(payload["duals"], "duals", ("U", "L", "L'", "X"))
    duals = {key: _matrix(payload["duals"][key], f"dual {key}", len(samples), n) for key in payload["duals"]}
    unit = 1
    for _, part_den in duals.values():
        unit *= part_den
    shift = e_den * t.denominator  # objective over den * shift, duals over unit
    for position, i in enumerate(samples):
        excess = [0] * (2 * n)
        for j in range(n):
            gain = rows[i][j] * shift - t.numerator * heights[j]
            excess[place(i, j, True)] += max(gain, 0) * unit
            excess[place(i, j, False)] += gain * unit
        constant = 0
        for key, (table, part_den) in duals.items():
            for row, entry in enumerate(table[position]):
                _prove(entry >= 0, f"dual {key} of sample {i} has a negative entry at row {row}")
                if entry == 0:
                    continue
                _prove(key != "U" or payload["support_proved"][row], f"(U) is used at sample {row}, not proved support")
                weight = entry * (unit // part_den)
                constant += {"U": weight, "X": 0}.get(key, -weight)
                weight *= shift
                for j, r in enumerate(rows[row]):
                    same, other = place(row, j, True), place(row, j, False)
                    if key == "U":
                        excess[same] -= weight * r
                        excess[other] -= weight * min(r, 0) if j != row else 0
                    elif key == "X":
                        excess[other] -= weight * (r if j == row else min(r, 0))
                    else:
                        excess[same] += weight * max(r, 0)
                        excess[other] += weight * r if key == "L'" else 0
        rest = sum(over * bound for over, bound in zip(excess, upper, strict=True) if over > 0)
        value = Fraction(constant, unit) + Fraction(rest, den * shift * unit * upper_den)
        _prove(_HOLDS[relation](value, level), f"sample {i}: the dual bound on y N(x - t y u) is {_show(value)}, "
               f"not {relation} {_show(level)}")
    which = "every sample" if claim["samples"] == "all" else f"samples {claim['samples']}"
    later = " and at every larger t" if claim["every_larger_t"] else ""
    return (f"{every} is flipped at t = {_show(t)}{later}: y_i N(x_i - t y_i u) {relation} {_show(level)} "
            f"for {which}, {name}")


# ---------------------------------------------------------------------------------------------------- expressions


def _sqrt_down(value: Fraction, bits: int = SQRT_BITS) -> Fraction:
    """A rational at most sqrt(value), to `bits` relative bits."""
    shift = max(0, 2 * bits - value.numerator.bit_length() + value.denominator.bit_length())
    shift += shift % 2
    return Fraction(isqrt((value.numerator << shift) // value.denominator), 1 << (shift // 2))


def _sqrt_up(value: Fraction, bits: int = SQRT_BITS) -> Fraction:
    """A rational at least sqrt(value), to `bits` relative bits."""
    low = _sqrt_down(value, bits)
    if low * low == value:
        return low
    shift = max(0, 2 * bits - value.numerator.bit_length() + value.denominator.bit_length())
    shift += shift % 2
    return Fraction(isqrt((value.numerator << shift) // value.denominator) + 1, 1 << (shift // 2))


def _evaluate(node: Any, known: dict[str, Interval]) -> tuple[Interval, str]:
    """Interval of an expression in prefix form, and its text."""
    _list(node, "an expression")
    _need(len(node) >= 2 and isinstance(node[0], str), "an expression has no operator or no operand")
    op, rest = node[0], node[1:]
    if op == "num":
        _list(node, "a number", 2)
        value = _rational(rest[0], "a number")
        return (value, value), _show(value)
    if op == "var":
        _list(node, "a variable", 2)
        _need(isinstance(rest[0], str) and rest[0] in known, "an expression has a variable without an enclosure")
        return known[rest[0]], rest[0]
    if op == "**":
        _list(node, "a power", 3)
        exponent = _integer(rest[1], "an exponent", -MAX_EXPONENT, MAX_EXPONENT)
        (low, high), text = _evaluate(rest[0], known)
        _prove(exponent >= 0 or low > 0 or high < 0, f"the base of {text}**{exponent} may be 0")
        ends = sorted((low**exponent, high**exponent))
        if low < 0 < high and exponent % 2 == 0:
            ends = [Fraction(0 if exponent else 1), ends[1]]
        return (ends[0], ends[1]), f"({text})**{exponent}"
    parts = [_evaluate(part, known) for part in rest]
    values, texts = [value for value, _ in parts], [text for _, text in parts]
    (low, high), count = values[0], len(values)
    if op in ("max", "min") and count >= 2:
        pick = max if op == "max" else min
        return (pick(v[0] for v in values), pick(v[1] for v in values)), f"{op}({', '.join(texts)})"
    if op == "+" and count >= 2:
        return (sum((v[0] for v in values), Fraction(0)), sum((v[1] for v in values), Fraction(0))), \
            f"({' + '.join(texts)})"
    if op == "-" and count == 1:
        return (-high, -low), f"(-{texts[0]})"
    if op == "-" and count == 2:
        return (low - values[1][1], high - values[1][0]), f"({texts[0]} - {texts[1]})"
    if op in ("*", "/") and (count == 2 or (op == "*" and count > 2)):
        for right, text in zip(values[1:], texts[1:], strict=True):
            if op == "/":
                _prove(right[0] > 0 or right[1] < 0, f"the denominator {text} may be 0")
                right = (1 / right[1], 1 / right[0])
            ends = [low * right[0], low * right[1], high * right[0], high * right[1]]
            low, high = min(ends), max(ends)
        return (low, high), f"({f' {op} '.join(texts)})"
    if op == "abs" and count == 1:
        return (max(low, -high, Fraction(0)), max(-low, high)), f"|{texts[0]}|"
    _need(op == "sqrt" and count == 1, "an expression has an unknown operator or a wrong number of operands")
    _prove(low >= 0, f"the argument {texts[0]} of a square root may be negative")
    return (_sqrt_down(low), _sqrt_up(high)), f"sqrt({texts[0]})"


def _check_interval(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    _keys(payload, "payload", ("expression", "enclosures"))
    _keys(claim, "claim", ("type",))
    _need(isinstance(payload["enclosures"], dict), "enclosures is not an object")
    known: dict[str, Interval] = {}
    for name, ends in payload["enclosures"].items():
        _need(_NAME.fullmatch(name) is not None, "a variable has no proper name")
        _list(ends, "an enclosure", 2)
        known[name] = (_rational(ends[0], f"enclosure of {name}"), _rational(ends[1], f"enclosure of {name}"))
        _need(known[name][0] <= known[name][1], f"the enclosure of {name} has its ends in the wrong order")
    (low, _), text = _evaluate(payload["expression"], known)
    relation = ">" if claim["type"] == "positive" else ">="
    _prove(_HOLDS[relation](low, 0), f"the enclosures prove only a value of at least {_show(low)}")
    ranges = ", ".join(f"{name} in [{_show(a)}, {_show(z)}]" for name, (a, z) in sorted(known.items()))
    return f"{text if len(text) <= 2000 else text[:2000] + '...'} {relation} 0{' whenever ' if ranges else ''}{ranges}"


def _polynomial(value: Any, name: str, variables: int) -> Polynomial:
    _keys(value, name, ("den", "terms"))
    den, out = _denominator(value["den"], name), {}
    for term in _list(value["terms"], name):
        _list(term, name, 2)
        powers = tuple(_integer(p, f"an exponent of {name}", 0, MAX_EXPONENT) for p in _list(term[0], name, variables))
        _need(powers not in out, f"{name} lists a monomial twice")
        out[powers] = Fraction(_hex(term[1], name), den)
    return {powers: factor for powers, factor in out.items() if factor}


def _times(left: Polynomial, right: Polynomial) -> Polynomial:
    out: Polynomial = {}
    for p, a in left.items():
        for q, b in right.items():
            key = tuple(map(int.__add__, p, q))
            out[key] = out.get(key, Fraction(0)) + a * b
    return {powers: factor for powers, factor in out.items() if factor}


def _write(polynomial: Polynomial, variables: list[str]) -> str:
    parts = []
    for powers, factor in sorted(polynomial.items(), reverse=True):
        names = [v if p == 1 else f"{v}**{p}" for v, p in zip(variables, powers, strict=True) if p]
        parts.append("*".join(names if factor == 1 and names else [_show(factor), *names]))
    return " + ".join(parts).replace("+ -", "- ") or "0"


def _check_polynomial(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    """Hypotheses, negated conclusion, and a sum of products that is identically 0 although one term is positive."""
    _keys(payload, "payload", ("variables", "hypotheses", "conclusion", "multipliers"))
    _keys(claim, "claim", ("type", "relation"))
    variables = _list(payload["variables"], "variables")
    _need(all(isinstance(v, str) and _NAME.fullmatch(v) for v in variables), "a variable has no proper name")
    _need(len(set(variables)) == len(variables) > 0, "variables are repeated or missing")
    count, relation = len(variables), claim["relation"]
    _need(relation in (">", ">="), "the relation of the conclusion is not > or >=")
    facts: list[tuple[Polynomial, str]] = []
    for part in _list(payload["hypotheses"], "hypotheses"):
        _keys(part, "a hypothesis", ("polynomial", "relation"))
        _need(part["relation"] in (">", ">=", "=="), "the relation of a hypothesis is not >, >= or ==")
        facts.append((_polynomial(part["polynomial"], "a hypothesis", count), part["relation"]))
    goal = _polynomial(payload["conclusion"], "conclusion", count)
    facts.append(({powers: -factor for powers, factor in goal.items()}, ">" if relation == ">=" else ">="))
    constant = (0,) * count
    total: Polynomial = {}
    positive = used = False
    for part in _list(payload["multipliers"], "multipliers"):
        _keys(part, "a multiplier", ("product",), ("squares", "polynomial"))
        _need(("squares" in part) != ("polynomial" in part), "give exactly one of squares and polynomial")
        chosen = [_integer(f, "a factor", 0, len(facts) - 1) for f in _list(part["product"], "product")]
        term: Polynomial = {}
        solid = False
        if "polynomial" in part:
            _prove(any(facts[f][1] == "==" for f in chosen), "a free multiplier stands at no equation")
            term = _polynomial(part["polynomial"], "a multiplier", count)
        else:
            for square in _list(part["squares"], "squares"):
                _list(square, "a square", 2)
                factor, base = _rational(square[0], "a square"), _polynomial(square[1], "a square", count)
                _prove(factor >= 0, "a square has a negative coefficient")
                solid |= factor > 0 and base.keys() == {constant}
                for powers, value in _times(base, base).items():
                    term[powers] = term.get(powers, Fraction(0)) + factor * value
        used |= len(facts) - 1 in chosen and bool(term)
        positive |= solid and all(facts[f][1] == ">" for f in chosen)
        for f in chosen:
            term = _times(term, facts[f][0])
        for powers, value in term.items():
            total[powers] = total.get(powers, Fraction(0)) + value
    rest = {powers: value for powers, value in total.items() if value}
    _prove(not rest, f"the identity fails: {_write(rest, variables)[:200]} is left over")
    _prove(positive, "no term of the identity is strictly positive, so there is no contradiction")
    _prove(used, "the identity does not use the conclusion: it only shows that the hypotheses contradict each other")
    given = ", ".join(f"{_write(p, variables)} {r} 0" for p, r in facts[:-1])
    return (f"for all real {', '.join(variables)}{': ' + given + ' imply ' if given else ': '}"
            f"{_write(goal, variables)} {relation} 0")


# ---------------------------------------------------------------------------------------------------- certificates

_CHECKS: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Any], dict[str, Any]], str]]] = {
    "network_values": (("values",), _check_values),
    "robust_radius": (("robust_radius",), _check_radius),
    "kkt_point": (("kkt_point",), _check_kkt),
    "all_kkt_points": (("all_kkt_points_flipped", "all_kkt_points_support", "all_kkt_points_radius"), _check_all),
    "interval_positivity": (("positive", "nonnegative"), _check_interval),
    "polynomial_implication": (("polynomial_implication",), _check_polynomial),
}


def _plain(value: Any) -> None:
    """Only objects, lists, texts, integers, booleans and null, nested to a bounded depth."""
    stack = [(value, 0)]
    while stack:
        node, depth = stack.pop()
        _need(depth <= MAX_DEPTH, "the nesting is too deep")
        if isinstance(node, dict):
            _need(all(isinstance(key, str) for key in node), "an object has a key that is not a text")
            stack.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list):
            stack.extend((child, depth + 1) for child in node)
        else:
            _need(node is None or type(node) in (str, int, bool), "numbers must be integers or rationals in hex")


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _digest(value: Any) -> str:
    return hashlib.sha256(_canonical(value)).hexdigest()


def check(certificate: Any) -> Outcome:
    """Answer for one certificate already read from JSON. Never raises."""
    kind = ""
    try:
        _need(isinstance(certificate, dict), "a certificate is an object")
        _plain(certificate)
        _need(isinstance(certificate.get("digest"), str), "there is no digest")
        body = {key: value for key, value in certificate.items() if key != "digest"}
        if _digest(body) != certificate["digest"]:
            return Outcome("altered", "the content does not have the digest it states")
        _keys(body, "the certificate", ("format", "kind", "statement", "version", "instance", "claim", "payload"))
        _need(type(body["format"]) is int and body["format"] == FORMAT, f"the format is not {FORMAT}")
        _need(isinstance(body["statement"], str) and body["statement"] != "", "statement is not a name")
        _integer(body["version"], "version", 0, 10**6)
        _need(isinstance(body["instance"], str), "instance is not a text")
        _need(isinstance(body["kind"], str) and body["kind"] in _CHECKS, "the kind is unknown")
        kind = body["kind"]
        types, checker = _CHECKS[kind]
        claim, payload = body["claim"], body["payload"]
        _need(isinstance(claim, dict) and isinstance(payload, dict), "claim or payload is not an object")
        _need(isinstance(claim.get("type"), str) and claim["type"] in types, f"the claim does not fit the kind {kind}")
        return Outcome("accepted", checker(payload, claim), kind)
    except NotProved as reason:
        return Outcome("false", str(reason), kind)
    except Malformed as reason:
        return Outcome("malformed", str(reason), kind)
    except Exception as error:  # noqa: BLE001 - hostile input must never escape as an exception
        return Outcome("malformed", f"unreadable content ({type(error).__name__})", kind)


def _refuse(text: str) -> Any:
    raise Malformed(f"the number {text[:20]} is not an integer")


def check_file(path: str | Path) -> Outcome:
    """Answer for one file. Its bytes must be the canonical form of what they say, with at most one final newline."""
    try:
        content = Path(path).read_bytes()
        certificate = json.loads(content.decode(), parse_float=_refuse, parse_constant=_refuse)
        outcome = check(certificate)
        if outcome.status in ("accepted", "false") and content.removesuffix(b"\n") != _canonical(certificate):
            return Outcome("altered", "the bytes are not in canonical form", outcome.kind)
        return outcome
    except Malformed as reason:
        return Outcome("malformed", str(reason))
    except Exception as error:  # noqa: BLE001 - hostile input must never escape as an exception
        return Outcome("malformed", f"not a readable JSON file ({type(error).__name__})")


def main(argv: list[str] | None = None) -> int:
    """Check every certificate of a directory. Exit 0: all accepted; 1: some not; 2: nothing to check."""
    parser = argparse.ArgumentParser(prog="recheck", description="Re-verify certificates with exact arithmetic.")
    parser.add_argument("directory", help="a folder of certificates, or one with them in certificates/, or a file")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    options = parser.parse_args(argv)
    root = Path(options.directory)
    try:
        folder = root / "certificates" if (root / "certificates").is_dir() else root
        files = [root] if root.is_file() else sorted(p for p in folder.iterdir() if p.suffix == ".json")
    except (OSError, ValueError) as error:
        print(f"recheck: cannot read {options.directory} ({error}); give a folder of certificates", file=sys.stderr)
        return 2
    if not files:
        print(f"recheck: there is no certificate in {folder}; give a folder written by verify", file=sys.stderr)
        return 2
    counts = dict.fromkeys(("accepted", "altered", "false", "malformed"), 0)
    rows = []
    for path in files:
        outcome = check_file(path)
        counts[outcome.status] += 1
        rows.append({"file": path.name, "kind": outcome.kind, "status": outcome.status, "sentence": outcome.sentence})
        if not options.json:
            print(f"{outcome.status:9}  {path.name}  {outcome.sentence}")
    ok = counts["accepted"] == len(files)
    if options.json:
        print(json.dumps({"ok": ok, **counts, "certificates": rows}, indent=1))
    else:
        print(f"{len(files)} certificates: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
