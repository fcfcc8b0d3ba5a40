"""Independent checker of certificates: ``python -S -I verifiers/recheck.py DIR``. Standard library only.

A certificate is a JSON object whose digest covers everything else in it. The checker rebuilds the claim from the
data in the certificate, verifies the proof with integers and fractions, and prints the sentence it proved.
Answers: ``accepted``; ``altered`` (bytes and digest disagree); ``false`` (the claim is not proved, with the reason);
``malformed`` (not a certificate of a known kind). No input raises an exception. Payloads and formulas are described in
`certificates.py`, with which this file shares no code; the `recheck_*.py` beside it are loaded for further kinds.
Words: K0 raw Gram matrix, G = K0 + 1 with bias and K0 without, R_il = y_i y_l G_il, h_l = y_l <x_l, u>.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import isqrt, prod
from operator import eq, ge, gt, le, lt
from pathlib import Path
from typing import Any

MAX_EXPONENT, SQRT_BITS = 512, 192  # in expressions; relative precision of square roots
_HEX, _NAME = re.compile(r"-?0x[0-9a-f]+", re.ASCII), re.compile(r"[A-Za-z_][A-Za-z_0-9]*", re.ASCII)
_HOLDS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}
_zip: Any = partial(zip, strict=True)
_canonical = partial(json.dumps, sort_keys=True, separators=(",", ":"), allow_nan=False)
Interval = tuple[Fraction, Fraction]
Polynomial = dict[tuple[int, ...], Fraction]


class Rejected(ValueError):
    """Status (false or malformed) and reason: the inequality that is missing, or where the input is no certificate."""


@dataclass(frozen=True)
class Outcome:
    """Answer for one certificate: status in accepted, altered, false, malformed; the sentence proved or the reason."""
    status: str
    sentence: str
    kind: str = ""


def _need(condition: bool, reason: str, status: str = "malformed") -> None:
    if not condition:
        raise Rejected(status, reason)


_prove = partial(_need, status="false")


def _open(block: Any, name: str, required: str, optional: str = "") -> list[Any]:
    """Values of an object with the required entries, perhaps the optional ones (None if absent), and no others."""
    _need(isinstance(block, dict), f"{name} is not an object")
    wanted, known = required.split(), required.split() + optional.split()
    wrong = [key for key in wanted if key not in block] + sorted(block.keys() - set(known))
    _need(not wrong, f"{name} lacks or should not have {', '.join(wrong)!a}"[:160])
    return [block.get(key) for key in known]


def _list(value: Any, name: str, length: int | None = None) -> list[Any]:
    _need(isinstance(value, list) and length in (None, len(value)), f"{name} is not a list, or has a wrong length")
    return value


def _choice(value: Any, name: str, allowed: Iterable[Any]) -> Any:
    _need(type(value) in map(type, allowed) and value in allowed, f"{name} has no admissible value")
    return value


def _choices(value: Any, name: str, length: int | None, allowed: Iterable[Any]) -> list[Any]:
    return [_choice(entry, f"an entry of {name}", allowed) for entry in _list(value, name, length)]


def _indices(value: Any, name: str, bound: int) -> list[int]:
    found = _choices(value, name, None, range(bound))
    _need(found == sorted(set(found)), f"{name} are not in increasing order")
    return found


def _samples(value: Any, n: int) -> list[int]:
    _need(value != [], "samples is empty: nothing is claimed")
    return list(range(n)) if value == "all" else _indices(value, "samples", n)


def _hex(value: Any, name: str, positive: bool = False) -> int:
    _need(isinstance(value, str) and _HEX.fullmatch(value) is not None, f"{name} is not an integer in hex")
    _need(int(value, 16) > 0 or not positive, f"{name} has a denominator that is not positive")
    return int(value, 16)


def _rational(value: Any, name: str) -> Fraction:
    num, den = _list(value, name, 2)
    return Fraction(_hex(num, name), _hex(den, name, True))


def _array(value: Any, name: str, *shape: int | None) -> tuple[list[Any], int]:
    """Vector or matrix of integers and their denominator; None is any number of rows or of columns."""
    (den, num), width = _open(value, name, "den num"), shape[-1]
    rows = _list(num, name, shape[0])
    if len(shape) == 1:
        return [_hex(entry, name) for entry in rows], _hex(den, name, True)
    width = len(_list(rows[0], name)) if width is None else width
    return [[_hex(entry, name) for entry in _list(row, name, width)] for row in rows], _hex(den, name, True)


def _dot(left: Iterable[Any], right: Iterable[Any]) -> Any:
    return sum(map(lambda a, b: a * b, left, right))


def _show(value: Any) -> str:
    short = value.numerator.bit_length() + value.denominator.bit_length() <= 72
    return str(value) if short else f"~{float(value):.14g}" if abs(value) < 10**300 else "a number beyond 1e300"


class _Data:
    """Samples by their raw Gram matrix, labels and bias; integers over one denominator. Positive semidefinite."""

    def __init__(self, block: dict[str, Any]) -> None:
        _need(("points" in block) != ("gram" in block), "give exactly one of points and gram")
        self.labels = _choices(block["labels"], "labels", None, (1, -1))
        self.n = n = len(self.labels)
        self.bias = int(_choice(block["bias"], "bias", (True, False)))
        self.points, self.points_den = _array(block["points"], "points", n, None) if "points" in block else ([], 1)
        if "points" in block:
            half = [[_dot(row, other) for other in self.points[:i + 1]] for i, row in enumerate(self.points)]
            self.raw, self.den = [[half[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)], self.points_den**2
        else:
            self.raw, self.den = _array(block["gram"], "gram", n, n)
            _need(self.raw == [list(column) for column in _zip(*self.raw)], "gram is not symmetric")
            _prove(_semidefinite(self.raw), "the Gram matrix is not positive semidefinite: no data have it")
        self.lifted = [[entry + self.bias * self.den for entry in row] for row in self.raw]
        signs = "".join("+" if y > 0 else "-" for y in self.labels[:24]) + "..."[:3 * (n > 24)]
        part = {key: block[key] for key in ("points", "gram", "labels", "bias") if key in block}
        self.name = (f"the data (n = {n}, labels {signs}, {'with' if self.bias else 'without'} bias, "
                     f"data {hashlib.sha256(_canonical(part).encode()).hexdigest()[:12]})")


def _semidefinite(matrix: list[list[int]]) -> bool:
    """Exact LDL^T without fractions (Bareiss): every pivot is positive, or zero with its whole row."""
    previous = 1
    while matrix:
        pivot, *top = matrix[0]
        if pivot < 0 or (pivot == 0 and any(top)):
            return False
        matrix = [[(pivot * a - row[0] * b) // previous for a, b in _zip(row[1:], top)] if pivot else row[1:]
                  for row in matrix[1:]]
        previous = pivot or previous
    return True


def _flip(block: dict[str, Any], data: _Data) -> tuple[list[int], list[int], int, Fraction, Callable[..., None], str]:
    """A flip (N = 0 is none) along u = sum_l e_l y_l x_l: samples, h, its denominator beside the Gram one, t, level."""
    t, level = _rational(block["t"], "t"), _rational(block["level"], "level")
    relation = _choice(block["relation"], "the relation of a flip", ("<", "<="))
    _need(t >= 0 and (level < 0 or (level == 0 and relation == "<")), "a flip has t >= 0 and makes y N negative")
    plain, samples = block["direction"] == "label_sum", _samples(block["samples"], data.n)
    e, den = ([1] * data.n, 1) if plain else _array(block["direction"], "direction", data.n)
    heights = [y * _dot(row, [a * z for a, z in _zip(e, data.labels)]) for y, row in _zip(data.labels, data.raw)]
    def compare(sample: int, value: Fraction) -> None:
        _prove(_HOLDS[relation](value, level), f"sample {sample}: y N(x - t y u) is only bounded by {_show(value)}, "
               f"not {relation} {_show(level)}, at t = {_show(t)}")
    return samples, heights, den, t, compare, (
        f"y_i N(x_i - t y_i u) {relation} {_show(level)} for "
        f"{f'samples {samples}' if len(samples) < data.n else 'every sample'}, t = {_show(t)}, "
        f"u = sum_l {'' if plain else 'e_l '}y_l x_l")


@dataclass
class _Net:
    """N(x) = sum_k o_k relu(q_k . b(x)): rows q over den, out o over out_den, each entry a pair of ends of an interval.
    Merged: b(x)_l = <x_l, x> + bias over the samples; raw: b(x) = (x, 1). A rational network has equal ends."""
    data: Any
    rows: list[list[tuple[int, int]]]
    den: int
    out: list[tuple[int, int]]
    out_den: int
    raw: bool = False

    def response(self, k: int, b: Sequence[int]) -> tuple[int, int]:
        """Interval of q_k . b times the denominators of q and b."""
        ends = [(low * c, high * c) for (low, high), c in _zip(self.rows[k], b)]
        return sum(map(min, ends)), sum(map(max, ends))

    def value(self, b: Sequence[int], den: int) -> Interval:
        """Interval of N where b(x) = b / den."""
        inner = [[max(end, 0) for end in self.response(k, b)] for k in range(len(self.rows))]
        low, high = (sum(pick(o * e for o in out for e in ends) for out, ends in _zip(self.out, inner))
                     for pick in (min, max))
        return Fraction(low, self.den * self.out_den * den), Fraction(high, self.den * self.out_den * den)

    def place(self, vector: tuple[list[int], int], combination: bool, shift: bool = False) -> tuple[list[int], int]:
        """b of a point given by coordinates, or as sum_l e_l x_l (merged only); for a shift, its linear part."""
        (entries, den), data = vector, self.data
        if self.raw:
            _need(not combination and len(entries) == len(self.rows[0]) - 1, "a point does not fit the weights")
            return [*entries, 0 if shift else den], den
        rows, unit = (data.raw, data.den) if combination else (data.points, data.points_den)
        _need(len(rows) > 0 and len(entries) == len(rows[0]), "a point does not fit the samples")
        return [_dot(row, entries) + (0 if shift else data.bias * unit * den) for row in rows], unit * den


def _merged(data: _Data, signs: Any, rows: Any, masses: Any) -> _Net:
    signs = _choices(signs, "signs", None, (1, -1))
    (rows, den), (masses, out_den) = _array(rows, "rows", len(signs), data.n), _array(masses, "masses", len(signs))
    table = [[(s * p * y,) * 2 for p, y in _zip(row, data.labels)] for s, row in _zip(signs, rows)]
    return _Net(data, table, den, [(s * a, s * a) for s, a in _zip(signs, masses)], out_den)


def _network(block: Any) -> tuple[_Net, str]:
    if isinstance(block, dict) and block.get("form") == "merged":
        _, signs, rows, masses, *_ = _open(block, "network", "form signs rows masses labels bias", "points gram")
        net = _merged(_Data(block), signs, rows, masses)
    else:
        form, weights, biases, out, *_ = _open(block, "network", "form weights biases outputs", "points labels bias")
        _need(form == "raw", "the form of a network is not merged or raw")
        weights, den = _array(weights, "weights", None, None)
        out, out_den = _array(out, "outputs", len(weights))
        biases, unit = ([0] * len(weights), 1) if biases is None else _array(biases, "biases", len(weights))
        table = [[(e, e) for e in (*(entry * unit for entry in row), b * den)] for row, b in _zip(weights, biases)]
        net = _Net(_Data(block) if "labels" in block else None, table, den * unit, [(o, o) for o in out], out_den, True)
    return net, f"the {block['form']} network with {len(net.rows)} neurons{' on ' + net.data.name if net.data else ''}"


def _check_values(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    network, points, combinations = _open(payload, "payload", "network", "points combinations")
    (_, bounds), (net, name), said = _open(claim, "claim", "type bounds"), _network(network), []
    _need((points is None) != (combinations is None), "give exactly one of points and combinations")
    places, den = _array(points or combinations, "points", None, None)
    for bound in _list(bounds, "bounds"):
        index, relation, level = _list(bound, "a bound", 3)
        place = places[_choice(index, "the point number of a bound", range(len(places)))]
        said.append(_enclosed(net.value(*net.place((place, den), points is None)), f"N(p_{index})", relation, level))
    _need(len(said) > 0, "bounds is empty: nothing is claimed")
    return f"{name} satisfies {', '.join(said)} at the points listed"


def _enclosed(value: Any, name: str, relation: Any, level: Any) -> str:
    relation, level = _choice(relation, "a relation", _HOLDS), _rational(level, "the level of a bound")
    _prove(all(_HOLDS[relation](end, level) for end in value), f"{name} lies in [{_show(value[0])}, "
           f"{_show(value[1])}], which does not prove {relation} {_show(level)}")
    return f"{name} {relation} {_show(level)}"


def _check_radius(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    network, witness, method, cells = _open(payload, "payload", "network witness method cells")
    _, i, lower, upper = _open(claim, "claim", "type sample lower_squared upper_squared")
    (net, name), lower, said = _network(network), _rational(lower, "lower_squared"), []
    _need(net.data is not None, "the network has no samples")
    data, y = net.data, net.data.labels[_choice(i, "sample", range(net.data.n))]
    start = (data.points[i], data.points_den) if net.raw else ([int(i == j) for j in range(data.n)], 1)
    base, den = net.place(start, not net.raw)
    _need(lower > 0 or (lower == 0 and upper is not None), "nothing is claimed, or lower_squared is negative")
    _need((_choice(method, "method", ("cells", "lipschitz")) == "cells" and lower > 0) or cells == [], "unused cells")
    if lower > 0:
        margin, out = y * net.value(base, den)[0], [Fraction(y * o, net.out_den) for o, _ in net.out]
        _prove(margin > 0, f"sample {i} is not on its side: y N = {_show(margin)}, so its radius is 0")
        inputs, scale = [[q for q, _ in row][:-1 if net.raw else None] for row in net.rows], 1 if net.raw else data.den
        images = inputs if net.raw else [[_dot(r, row) for r in data.raw] for row in inputs]
        gram = [[Fraction(_dot(row, image), net.den**2 * scale) for image in images] for row in inputs]
        slope = sum(max(a * b * g, Fraction(0)) for a, row in _zip(out, gram) for b, g in _zip(out, row))
        if method == "cells":
            pre = [Fraction(net.response(k, base)[0], net.den * den) for k in range(len(out))]
            _cells(cells, out, pre, gram, lower)
        _prove(method == "cells" or lower * slope <= margin**2, "the Lipschitz bound does not give lower_squared")
        said.append(f"at least {_show(lower)}")
    _need((upper is None) == (witness is None), "a witness and upper_squared come together")
    if upper is not None:
        upper, (combination, vector) = _rational(upper, "upper"), _open(witness, "witness", "", "combination vector")
        _need((combination is None) != (vector is None) and lower <= upper, "not one witness, or bounds in wrong order")
        entries, e_den = _array(combination or vector, "witness", None)
        shift, s_den = net.place((entries, e_den), vector is None, True)
        value = y * net.value([a * s_den + b * den for a, b in _zip(base, shift)], den * s_den)[0]
        dual, d_den = (shift, s_den) if vector is None else (entries, e_den)
        square = Fraction(_dot(entries, dual), e_den * d_den)
        _prove(value <= 0, f"the witness does not flip sample {i}: y N = {_show(value)} there")
        _prove(square <= upper, f"the witness has squared length {_show(square)}, above {_show(upper)}")
        said.append(f"at most {_show(upper)}")
    return (f"for {name}, the squared robust radius min |delta|^2 over y N(x + delta) <= 0 "
            f"at sample {i} is {' and '.join(said)}")


def _cells(cells: Any, out: list[Fraction], pre: list[Fraction], gram: list[list[Fraction]], lower: Fraction) -> None:
    """Every activation cell, cut with y N <= 0, stays at squared distance at least `lower`; `out` is y times outputs.

    In a cell, B delta <= e lists the signs of the pre-activations and y N(x + delta) <= 0. With multipliers nu >= 0,
    nu^T B = sum_k t_k omega_k and nu . e = - t . pre, hence |delta|^2 >= (t . pre)^2 / (t gram t) when t . pre > 0.
    """
    width, seen = len(pre), set()
    for cell in _list(cells, "cells"):
        active, dual = _open(cell, "a cell", "active dual")
        (nu, den), active = _array(dual, "a dual", width + 1), _indices(active, "active neurons", width)
        _prove(min(nu) >= 0, f"the multipliers of cell {active} are not all nonnegative")
        tilt = [(nu[width] * out[k] - nu[k] if k in active else Fraction(nu[k])) / den for k in range(width)]
        gain, square = _dot(tilt, pre), _dot(tilt, [_dot(row, tilt) for row in gram])
        _prove(gain > 0 and lower * square <= gain**2, f"cell {active}: no proof of squared distance {_show(lower)}")
        seen.add(tuple(active))
    _prove(len(seen) == 2**width, f"{2**width - len(seen)} of {2**width} activation cells are not covered")


def _check_signs(net: _Net, pattern: list[list[int]], exact: bool) -> None:
    for k, i in ((k, i) for k in range(len(pattern)) for i in range(net.data.n)):
        low, high = net.response(k, net.data.lifted[i])
        fits = {1: low > 0, -1: high < 0, 0: not exact or low == high == 0}[pattern[k][i]]
        _prove(fits, f"neuron {k} at sample {i} is not {('a kink', 'strictly on', 'strictly off')[pattern[k][i]]}")


def _exact_point(block: Any, data: _Data, signs: list[int], pattern: list[list[int]], support: list[bool]) -> Any:
    """Rational rows and masses; lambda_l^2 = P_kl^2 / |g_k|^2 is compared in squares. The multipliers in intervals."""
    net, multipliers = _merged(data, signs, *_open(block, "exact", "rows masses")), []
    _prove(all(s * a > 0 for s, (a, _) in _zip(signs, net.out)), "a mass is not positive")
    rows = [[s * y * q for y, (q, _) in _zip(data.labels, row)] for s, row in _zip(signs, net.rows)]
    _prove(min(map(min, rows)) >= 0, "a row has a negative entry")
    _check_signs(net, pattern, True)
    norms = [sum(q * net.response(k, g)[0] for (q, _), g in _zip(row, data.lifted)) for k, row in enumerate(net.rows)]
    _prove(min(norms) > 0, "a neuron has weight zero")
    for i in range(data.n):
        squares = [Fraction(row[i] ** 2 * data.den, norm) for row, norm in _zip(rows, norms)]
        on = [square for square, row in _zip(squares, pattern) if row[i] == 1]
        top = max([Fraction(0), *on]) if support[i] else Fraction(0)
        _prove(not support[i] or top > 0, f"the multiplier of support sample {i} is 0")
        _prove(all(square == top for square in on), f"a neuron is on at sample {i} but lambda sigma' is not lambda")
        for k, square in enumerate(squares):
            _prove(square <= (0 if pattern[k][i] < 0 else top), f"sigma' of neuron {k} at sample {i} is no subgradient")
        value = data.labels[i] * net.value(data.lifted[i], data.den)[0]
        fits = value == 1 if support[i] else value >= 1
        _prove(fits, f"y N = {_show(value)} at sample {i}, {'in' if support[i] else 'outside'} the support")
        multipliers.append(_sqrt(top))
    return net, multipliers, "with the rational rows listed"


def _box_point(block: Any, data: _Data, signs: list[int], pattern: list[list[int]], support: list[bool]) -> Any:
    """Newton-Kantorovich on the square quadratic system in (lambda on the support, masses c, mu at the kinks).

    F1_k = C_k G C_k - 1, F2_i = y_i sum_{k on at i} c_k (C G)_ki - 1 (support), F3_ki = (C G)_ki (kinks), where
    C_kl = y_l (lambda_l if on, mu_kl at a kink, 0 if off). With |h| = max |h_j| / w_j and the approximate inverse Y:
    eta = |Y F|, delta = |I - Y J|, beta >= |Y B|; delta + beta rho < 1 and eta + delta rho + beta rho^2 / 2 <= rho
    give exactly one zero with |x - x0| <= rho, and then |x - x0| <= eta / (1 - delta - beta rho / 2).
    """
    weights, radius, inverse, *_ = _open(block, "box", "weights radius inverse lambda masses mu")
    n, y, gram, den, neurons = data.n, data.labels, data.lifted, data.den, range(len(signs))
    held, kinks = [i for i in range(n) if support[i]], [(k, i) for k in neurons for i in range(n) if pattern[k][i] == 0]
    _prove(all(support[i] for _, i in kinks), "the box form has no kinks outside the support")
    size, mass = len(held) + len(signs) + len(kinks), [len(held) + k for k in neurons]
    lengths = {"lambda": len(held), "masses": len(signs), "mu": len(kinks)}
    parts = [_array(block[name], name, length) for name, length in lengths.items()]
    unit = prod(part_den for _, part_den in parts)
    x = [entry * (unit // part_den) for entries, part_den in parts for entry in entries]
    (w, w_den), rho = _array(weights, "weights", size), _rational(radius, "radius")
    _need(min(w) > 0 and rho >= 0, "a weight of the norm is not positive, or the radius is negative")
    inverse, inverse_den = _array(inverse, "inverse", size, size)
    # every equation is a list of (coefficient, s, r) meaning coefficient x_s x_r; position `size` stands for 1
    slot = {(k, i): s for s, i in enumerate(held) for k in neurons if pattern[k][i] == 1}
    slot |= {kink: s for s, kink in enumerate(kinks, len(held) + len(signs))}
    used = [[(i, slot[k, i]) for i in range(n) if (k, i) in slot] for k in neurons]
    table = [[y[i] * y[j] * gram[i][j] for j in range(n)] for i in range(n)]
    system = [[(table[i][j], s, r) for i, s in used[k] for j, r in used[k]] for k in neurons]
    system += [[(table[i][j], s, mass[k]) for k in neurons if pattern[k][j] == 1 for i, s in used[k]] for j in held]
    system += [[(y[i] * gram[i][j], s, size) for i, s in used[k]] for k, j in kinks]
    x, w, one = [*x, unit], [*w, 0], unit * unit * den
    residual = [-one if number < size - len(kinks) else 0 for number in range(size)]  # over one
    jacobian, bend = [[0] * (size + 1) for _ in system], [0] * size  # over unit den, over w_den^2 den
    for j, a, s, r in ((j, *term) for j, equation in enumerate(system) for term in equation):
        residual[j] += a * x[s] * x[r]
        jacobian[j][s] += a * x[r]
        jacobian[j][r] += a * x[s]
        bend[j] += 2 * abs(a) * w[s] * w[r]
    columns, eta, delta, beta = list(_zip(*jacobian))[:size], Fraction(0), Fraction(0), Fraction(0)
    for j, row in enumerate(inverse):
        defect = sum(abs((inverse_den * unit * den if j == m else 0) - _dot(row, column)) * w[m]
                     for m, column in enumerate(columns))
        eta = max(eta, Fraction(abs(_dot(row, residual)) * w_den, w[j] * inverse_den * one))
        delta = max(delta, Fraction(defect, w[j] * inverse_den * unit * den))
        beta = max(beta, Fraction(_dot(map(abs, row), bend), w[j] * inverse_den * w_den * den))
    _prove(delta + beta * rho < 1, f"Newton-Kantorovich: no contraction, {_show(delta)} + {_show(beta * rho)} >= 1")
    _prove(eta + delta * rho + beta * rho * rho / 2 <= rho,
           f"Newton-Kantorovich: the box of radius {_show(rho)} is not mapped into itself (eta {_show(eta)})")
    rho = min(rho, eta / (1 - delta - beta * rho / 2))
    scale = unit * w_den * rho.denominator
    low, high = ([a * (scale // unit) + z * rho.numerator * b * unit for a, b in _zip(x, w)] for z in (-1, 1))
    _prove(min(low[:len(held) + len(signs)]) > 0, "a multiplier of the support or a mass is not positive on the box")
    for k, i in kinks:
        inside = 0 <= low[slot[k, i]] and high[slot[k, i]] <= low[held.index(i)]
        _prove(inside, f"sigma' of neuron {k} at sample {i} is not in [0, 1]")
    rows = [[(0, 0)] * n for _ in signs]
    for (k, i), s in slot.items():
        rows[k][i] = (low[s], high[s]) if signs[k] * y[i] > 0 else (-high[s], -low[s])
    net = _Net(data, rows, scale, [(s * low[m], s * high[m]) for s, m in _zip(signs, mass)], scale)
    _check_signs(net, pattern, False)
    for i in range(n):
        value = min(y[i] * end for end in net.value(gram[i], den))
        _prove(support[i] or value >= 1, f"y N >= 1 is not proved at sample {i}, outside the support")
    known = [tuple(Fraction(side[held.index(i)] if support[i] else 0, scale) for side in (low, high)) for i in range(n)]
    return net, known, f"within {float(rho * max(w) / w_den):.2g} of the listed multipliers, masses and subgradients"


def _check_kkt(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    _, _, signs, pattern, support, _, _, exact, box = _open(
        payload, "payload", "labels bias signs pattern support", "points gram exact box")
    conclusions = _list(_open(claim, "claim", "type conclusions")[1], "conclusions")
    _need((exact is None) != (box is None), "give exactly one of exact and box")
    data, signs = _Data(payload), _choices(signs, "signs", None, (1, -1))
    pattern = [_choices(row, "pattern", data.n, (1, 0, -1)) for row in _list(pattern, "pattern", len(signs))]
    support = _choices(support, "support", data.n, (True, False))
    find, block = (_exact_point, exact) if box is None else (_box_point, box)
    net, multipliers, where = find(block, data, signs, pattern, support)
    said = [_conclude(part, net, support, multipliers) for part in conclusions]
    return (f"{data.name} have an exact KKT point of the max-margin problem {where}, with {len(signs)} merged neurons "
            f"and {sum(support)} support samples{'; at it ' if said else ''}{'; '.join(said)}")


def _conclude(part: Any, net: _Net, support: list[bool], multipliers: list[Interval]) -> str:
    data, kind = net.data, part.get("type") if isinstance(part, dict) else None
    if kind == "flipped":
        _open(part, "a conclusion", "type t level relation samples direction")
        samples, heights, h_den, t, compare, said = _flip(part, data)
        for i in samples:
            b = [g * h_den * t.denominator - data.labels[i] * y * t.numerator * h
                 for g, y, h in _zip(data.lifted[i], data.labels, heights)]
            compare(i, max(data.labels[i] * end for end in net.value(b, data.den * h_den * t.denominator)))
        return said
    if kind == "bound":
        _, of, level, relation = _open(part, "a conclusion", "type quantity level relation")
        if of == "multiplier_sum":
            return _enclosed(tuple(map(sum, _zip(*multipliers))), "sum_i lambda_i", relation, level)
        if isinstance(of, dict):
            value = net.value(*net.place(_array(of, "quantity", data.n), True))
            return _enclosed(value, "N(sum_l e_l x_l), e as listed,", relation, level)
        return _enclosed(multipliers[_choice(of, "quantity", range(data.n))], f"lambda_{of}", relation, level)
    _open(part, "a conclusion", "type")
    _need(kind == "margin_one", "a conclusion has an unknown type")
    _prove(all(support), "not every sample is in the support")
    return "every sample is a support vector with y_i N(x_i) = 1"


def _check_all(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    """Bounds own_i = A_i^{y_i}, cross_i = A_i^{-y_i} for every KKT point, then linear programming duality."""
    kind = claim["type"].removeprefix("all_kkt_points_")
    _open(payload, "payload", "labels bias upper" + " support_proved duals" * (kind == "flipped"), "points gram")
    data = _Data(payload)
    n, den, labels, zero = data.n, data.den, data.labels, [0] * data.n
    upper, upper_den = _array(payload["upper"], "upper", 2 * n)
    _prove(min(upper) > 0, "an entry of upper is not positive")
    def spread(i: int, same: list[int], other: list[int]) -> list[int]:
        """Coefficients of (own, cross) from those of A_l^{y_i} and of A_l^{-y_i}."""
        pairs = [(s, o) if y == labels[i] else (o, s) for y, s, o in _zip(labels, same, other)]
        return [own for own, _ in pairs] + [cross for _, cross in pairs]
    families: dict[str, tuple[int, list[list[int]]]] = {"U": (1, []), "L": (-1, []), "L'": (-1, []), "X": (0, [])}
    rows, proved = [[labels[i] * y * g for y, g in _zip(labels, data.lifted[i])] for i in range(n)], []
    for i, row in enumerate(rows):
        _prove(row[i] > 0, f"sample {i} is zero")
        minus, loss = [min(r, 0) for r in row], [-max(r, 0) for r in row]
        full, rest = [*minus[:i], row[i], *minus[i + 1:]], [*loss[:i], 0, *loss[i + 1:]]
        pairs = (row, minus), (loss, zero), (loss, [-r for r in row]), (zero, full)
        for (_, table), pair in _zip(families.values(), pairs):
            table.append(spread(i, *pair))  # row . A <= right-hand side
        _prove(_dot(spread(i, full, minus), upper) >= den * upper_den, f"upper is no supersolution in own row {i}")
        _prove(_dot(families["X"][1][i], upper) > 0, f"upper is no strict supersolution in cross row {i}")
        proved.append(den * upper_den + _dot(spread(i, rest, zero), upper) > 0)
    every = f"every KKT point, of every width, of {data.name}"
    if kind == "support":
        samples = _samples(_open(claim, "claim", "type samples")[1], n)
        _prove(all(proved[i] for i in samples), "the lower bound on some multiplier is not positive")
        return f"{every} has the samples {samples} as support vectors with y_i N(x_i) = 1"
    if kind == "radius":
        lower = _rational(_open(claim, "claim", "type lower_squared")[1], "lower_squared")
        beta = [y * (a + b) for y, a, b in _zip(labels, upper[:n], upper[n:])]
        slope = sum(max(a * b * g, 0) for a, row in _zip(beta, data.raw) for b, g in _zip(beta, row))
        _prove(0 < lower * slope <= den * upper_den**2, "the gradient bound does not give lower_squared")
        return f"{every} has squared robust radius at least {_show(lower)} at every sample"
    _open(claim, "claim", "type t level relation samples direction every_larger_t")
    samples, heights, h_den, t, compare, said = _flip(claim, data)
    later = _choice(claim["every_larger_t"], "every_larger_t", (True, False))
    _prove(not later or min(heights) >= 0, "some h_l is negative: nothing follows for larger t")
    flags = _choices(payload["support_proved"], "support_proved", n, (True, False))
    _prove(all(proved[i] or not flags[i] for i in range(n)), "the lower bound on some multiplier is not positive")
    duals = [_array(entries, "a dual", len(samples), n) for entries in _open(payload["duals"], "duals", "U L L' X")]
    unit, shift = prod(part_den for _, part_den in duals), h_den * t.denominator
    for position, i in enumerate(samples):
        gain = [r * shift - t.numerator * h for r, h in _zip(rows[i], heights)]
        excess = [unit * g for g in spread(i, [max(g, 0) for g in gain], gain)]  # over den shift unit
        constant = 0
        for (key, (right, table)), (entries, part_den) in _zip(families.items(), duals):
            _prove(min(entries[position]) >= 0, f"dual {key} of sample {i} has a negative entry")
            for j, entry in ((j, entry) for j, entry in enumerate(entries[position]) if entry > 0):
                _prove(key != "U" or flags[j], f"(U) is used at sample {j}, which is not proved support")
                weight = entry * (unit // part_den)
                constant += right * weight
                excess = [e - weight * shift * r for e, r in _zip(excess, table[j])]
        rest = sum(e * bound for e, bound in _zip(excess, upper) if e > 0)
        compare(i, Fraction(constant, unit) + Fraction(rest, den * shift * unit * upper_den))
    return f"{every} is flipped: {said}{', and at every larger t' if later else ''}"


def _sqrt(value: Fraction) -> Interval:
    """Rational bounds of the square root, to SQRT_BITS relative bits; exact on squares of rationals."""
    num, den = value.numerator, value.denominator
    if isqrt(num) ** 2 == num and isqrt(den) ** 2 == den:
        return (Fraction(isqrt(num), isqrt(den)),) * 2
    half = max(0, 2 * SQRT_BITS - num.bit_length() + den.bit_length()) // 2 + 1
    root = isqrt((num << (2 * half)) // den)
    return Fraction(root, 1 << half), Fraction(root + 1, 1 << half)


def _evaluate(node: Any, known: dict[str, Interval]) -> tuple[Interval, str]:
    """Interval of an expression in prefix form, and its text."""
    op, *rest = _list(node, "an expression")
    if op == "num":
        value = _rational(_list(rest, "a number", 1)[0], "a number")
        return (value, value), _show(value)
    if op == "var":
        name = _choice(_list(rest, "a variable", 1)[0], "a variable", known)
        return known[name], name
    exponent = _choice(rest.pop(), "an exponent", range(-MAX_EXPONENT, MAX_EXPONENT + 1)) if op == "**" else 1
    values, texts = _zip(*(_evaluate(part, known) for part in rest))
    lows, highs = _zip(*values)
    low, high, count = lows[0], highs[0], len(values)
    text = f"({f' {op} '.join(texts)})" if count > 1 and op in ("+", "-", "*", "/") else f"{op}({', '.join(texts)})"
    if op == "+":
        low, high = sum(lows), sum(highs)
    elif op in ("max", "min"):
        low, high = (max(lows), max(highs)) if op == "max" else (min(lows), min(highs))
    elif op == "-" and count <= 2:
        low, high = (-high, -low) if count == 1 else (low - highs[1], high - lows[1])
    elif op == "*" or (op == "/" and count == 2):
        for (left, right), name in _zip(values[1:], texts[1:]):
            _prove(op == "*" or left > 0 or right < 0, f"the denominator {name} may be 0")
            low, *_, high = sorted(a * (b if op == "*" else 1 / b) for a in (low, high) for b in (left, right))
    elif op == "**" and count == 1:
        text, size = f"{texts[0]}**{exponent}", max(len(hex(end.numerator * end.denominator)) for end in values[0])
        _need(size * abs(exponent) < 2**20, "a power has too many digits")
        _prove(exponent >= 0 or low > 0 or high < 0, f"the base of {text} may be 0")
        low, *_, high = sorted([low**exponent, high**exponent, *([0] if low < 0 < high and exponent > 0 else [])])
    elif op == "abs" and count == 1:
        low, high = max(low, -high, 0), max(-low, high)
    else:
        _need(op == "sqrt" and count == 1, "an expression has an unknown operator or a wrong number of operands")
        _prove(low >= 0, f"the argument {texts[0]} of a square root may be negative")
        low, high = _sqrt(low)[0], _sqrt(high)[1]
    return (Fraction(low), Fraction(high)), text


def _check_interval(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    expression, enclosures = _open(payload, "payload", "expression enclosures")
    _open(claim, "claim", "type")
    _need(isinstance(enclosures, dict) and all(map(_NAME.fullmatch, enclosures)), "a variable has no proper name")
    known: dict[str, Any] = {}
    for name, ends in enclosures.items():
        known[name] = tuple(_rational(end, f"the enclosure of {name}") for end in _list(ends, "an enclosure", 2))
        _need(known[name][0] <= known[name][1], f"the enclosure of {name} has its ends in the wrong order")
    (low, _), text, relation = *_evaluate(expression, known), ">" if claim["type"] == "positive" else ">="
    _prove(_HOLDS[relation](low, 0), f"the enclosures prove only a value of at least {_show(low)}")
    ranges = ", ".join(f"{name} in [{_show(a)}, {_show(z)}]" for name, (a, z) in sorted(known.items()))
    return f"{text[:2000]}{'...' * (len(text) > 2000)} {relation} 0{' whenever ' * bool(ranges)}{ranges}"


def _polynomial(value: Any, name: str, variables: int) -> Polynomial:
    (den, terms), out = _open(value, name, "den terms"), {}
    for powers, num in (_list(term, name, 2) for term in _list(terms, name)):
        powers = tuple(_choices(powers, f"the exponents of {name}", variables, range(MAX_EXPONENT + 1)))
        _need(powers not in out, f"{name} lists a monomial twice")
        out[powers] = Fraction(_hex(num, name), _hex(den, name, True))
    return {powers: factor for powers, factor in out.items() if factor}


def _add(total: Polynomial, factor: Fraction, left: Polynomial, right: Polynomial) -> Polynomial:
    for (p, a), (q, b) in ((x, z) for x in left.items() for z in right.items()):
        powers = tuple(map(int.__add__, p, q))
        total[powers] = total.get(powers, Fraction(0)) + factor * a * b
    return total


def _write(polynomial: Polynomial, variables: list[str]) -> str:
    parts = []
    for powers, factor in sorted((term for term in polynomial.items() if term[1]), reverse=True):
        names = [v if p == 1 else f"{v}**{p}" for v, p in _zip(variables, powers) if p]
        parts.append("*".join(names if factor == 1 and names else [_show(factor), *names]))
    return " + ".join(parts).replace("+ -", "- ") or "0"


def _check_polynomial(payload: dict[str, Any], claim: dict[str, Any]) -> str:
    """Hypotheses, negated conclusion, and a sum of products that is identically 0 although one term is positive."""
    variables, hypotheses, goal, multipliers = _open(payload, "payload", "variables hypotheses conclusion multipliers")
    relation, count = _choice(_open(claim, "claim", "type relation")[1], "relation", (">", ">=")), len(variables)
    _need(all(map(_NAME.fullmatch, variables)) and len(set(variables)) == count > 0, "variables are not names")
    facts = [(_polynomial(polynomial, "a hypothesis", count), _choice(sign, "a relation", (">", ">=", "==")))
             for polynomial, sign in (_open(part, "a hypothesis", "polynomial relation") for part in hypotheses)]
    goal = _polynomial(goal, "conclusion", count)
    facts.append(({powers: -factor for powers, factor in goal.items()}, ">" if relation == ">=" else ">="))
    total, one, positive, used = Polynomial(), {(0,) * count: Fraction(1)}, False, False
    for product, squares, free in (_open(m, "a multiplier", "product", "squares polynomial") for m in multipliers):
        chosen = _choices(product, "product", None, range(len(facts)))
        _need((squares is None) != (free is None), "give exactly one of squares and polynomial")
        term, solid = {} if free is None else _polynomial(free, "a multiplier", count), False
        _prove(free is None or any(facts[f][1] == "==" for f in chosen), "a free multiplier stands at no equation")
        for factor, base in [] if squares is None else squares:
            factor, base = _rational(factor, "a square"), _polynomial(base, "a square", count)
            _prove(factor >= 0, "a square has a negative coefficient")
            solid |= factor > 0 and base.keys() == one.keys()
            _add(term, factor, base, base)
        used |= len(facts) - 1 in chosen and any(term.values())
        positive |= solid and all(facts[f][1] == ">" for f in chosen)
        for f in chosen:
            term = _add({}, Fraction(1), term, facts[f][0])
        _add(total, Fraction(1), term, one)
    _prove(not any(total.values()), f"the identity fails: {_write(total, variables)[:200]} is left over")
    _prove(positive, "no term of the identity is strictly positive, so there is no contradiction")
    _prove(used, "the identity does not use the conclusion: it only shows that the hypotheses contradict each other")
    given = ", ".join(f"{_write(p, variables)} {r} 0" for p, r in facts[:-1])
    return (f"for all real {', '.join(variables)}{': ' + given + ' imply ' if given else ': '}"
            f"{_write(goal, variables)} {relation} 0")


def _beside(name: str) -> Any:
    path = Path(__file__).with_name(f"recheck_{name}.py")
    _need(path.is_file(), f"{path.name}, which checks certificates of this kind, is not beside the checker")
    spec: Any = importlib.util.spec_from_file_location(path.stem, path)
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    return module


_CHECKS: dict[str, tuple[tuple[str, ...], Callable[..., str]]] = {  # claim types and checker by kind
    "network_values": (("values",), _check_values), "robust_radius": (("robust_radius",), _check_radius),
    "kkt_point": (("kkt_point",), _check_kkt), "interval_positivity": (("positive", "nonnegative"), _check_interval),
    "all_kkt_points": (("all_kkt_points_flipped", "all_kkt_points_support", "all_kkt_points_radius"), _check_all),
    "polynomial_implication": (("polynomial_implication",), _check_polynomial)}
_FILES = map(str.split, ("networks ball_margin ball_broken", "laws law_robust law_broken linear_ceiling",  # file, kinds
             "frequency band_bound band_share supports", "margins cost_above cost_below margin_above margin_below",
             "dimpled off_radius", "ntk kernel_ball kernel_cap kernel_fit kernel_spectrum angle_bound"))
_CHECKS |= {k: ((k,), lambda p, c, n=n: _beside(n).checks(globals())[c["type"]](p, c)) for n, *s in _FILES for k in s}


def check(certificate: Any) -> Outcome:
    """Answer for one certificate already read from JSON. Never raises."""
    kind = ""
    try:
        _need(isinstance(certificate, dict) and isinstance(certificate.get("digest"), str), "there is no digest")
        content = _canonical({key: value for key, value in certificate.items() if key != "digest"})
        if hashlib.sha256(content.encode()).hexdigest() != certificate["digest"]:
            return Outcome("altered", "the content does not have the digest it states")
        body = json.loads(content, parse_float=lambda text: ...)  # no reader accepts what floats become here
        form, name, statement, version, instance, claim, payload = _open(
            body, "the certificate", "format kind statement version instance claim payload")
        _choice(form, "format", (1,))
        _choice(version, "version", range(10**6))
        _need(isinstance(instance, str) and isinstance(statement, str) and statement != "", "a name is not a text")
        kind = _choice(name, "kind", _CHECKS)
        _choice(claim.get("type"), "the type of the claim", _CHECKS[kind][0])
        return Outcome("accepted", _CHECKS[kind][1](payload, claim), kind)
    except Rejected as rejected:
        return Outcome(rejected.args[0], rejected.args[1], kind)
    except Exception as error:  # hostile input must never escape as an exception
        return Outcome("malformed", f"unreadable content ({type(error).__name__})", kind)


def check_file(path: str | Path) -> Outcome:
    """Answer for one file. Its bytes must be the canonical form of what they say, with at most one final newline."""
    try:
        certificate = json.loads(content := Path(path).read_bytes().decode())
        outcome, canonical = check(certificate), _canonical(certificate)
    except Exception as error:
        return Outcome("malformed", f"not a readable JSON file ({type(error).__name__})")
    same = outcome.status not in ("accepted", "false") or content.removesuffix("\n") == canonical
    return outcome if same else Outcome("altered", "the bytes are not in canonical form", outcome.kind)


def main(argv: list[str] | None = None) -> int:
    """Check every certificate of a directory. Exit 0: all accepted; 1: some not; 2: nothing to check."""
    parser = argparse.ArgumentParser(prog="recheck", description="Re-verify certificates with exact arithmetic.")
    parser.add_argument("directory", help="a folder of certificates, or one with them in certificates/, or a file")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    options = parser.parse_args(argv)
    root, rows, counts = Path(options.directory), [], dict.fromkeys(("accepted", "altered", "false", "malformed"), 0)
    try:
        root = root / "certificates" if (root / "certificates").is_dir() else root
        files = [root] if root.is_file() else sorted(path for path in root.iterdir() if path.suffix == ".json")
    except (OSError, ValueError):
        files = []
    if not files:
        print(f"recheck: no certificate can be read in {root}; give a folder that verify has written", file=sys.stderr)
        return 2
    for path in files:
        outcome = check_file(path)
        counts[outcome.status] += 1
        rows.append({"file": ascii(path.name)[1:-1], **vars(outcome)})  # no control characters, whoever named it
        if not options.json:
            print(f"{outcome.status:9}  {rows[-1]['file']}  {outcome.sentence}")
    ok = counts["accepted"] == len(files)
    said = f"{len(files)} certificates: " + ", ".join(f"{count} {status}" for status, count in counts.items())
    print(json.dumps({"ok": ok, **counts, "certificates": rows}, indent=1) if options.json else said)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
