"""Builders of certificates: exact numbers in, plain JSON out. `recheck.py` reads what these write and shares no code.

Numbers are ints, Fractions, finite floats (each the dyadic rational it is), flint integers and rationals, or texts
"p/q"; vectors and matrices are lists or arrays of them. Written form: integers as hex text, a rational as
``[num, den]``, a vector or matrix as ``{"den", "num"}``, a polynomial as ``{"den", "terms": [[exponents, num]]}``.

Data: ``labels`` of +-1, ``bias``, and ``points`` (n, k) or raw ``gram`` (n, n). A network is merged (``signs``,
``rows``, ``masses`` on data: N(x) = sum_k S_k a_k relu(S_k <g_k, x~>), g_k = sum_l P_kl y_l x~_l) or raw (``weights``,
``biases``, ``outputs``). A direction is ``"label_sum"`` (u = sum_l y_l x_l) or coefficients e, u = sum_l e_l y_l x_l.

Payloads and claims by kind:

* ``network_values``: network; points (m, k), or combinations (m, n) of the samples; bounds [index, relation, value].
* ``kkt_point``: data, signs, pattern (1 on, 0 kink, -1 off), support flags, and one of
  ``exact`` rows and masses (lambda_l sigma'_kl = P_kl / |g_k|, c_k = a_k |g_k|), or
  ``box`` lambda (support), masses c, mu (kinks, by neuron then sample) with |g_k| = 1, the weights of the sup norm, the
  radius, and an approximate inverse of the Jacobian: rows by unknown (lambda, c, mu), columns by equation
  (|g_k|^2 = 1 per neuron, y_i N(x_i) = 1 per support sample, <g_k, x~_i> = 0 per kink). Conclusions: see `flipped`,
  `margin_one`, `multiplier_sum`, `multiplier`, `value`.
* ``all_kkt_points``: data, ``upper`` (bounds on own then cross, a strict supersolution of the M-matrix system), and
  for the claim "flipped" the samples proved support and dual vectors of the rows (U), (L), (L'), (X), one row per
  sample of the claim; claims "support" and "radius" need ``upper`` alone.
* ``robust_radius``: network with samples; witness (``combination`` of samples or ``vector``); method ``cells`` (for
  all 2^K sets of active neurons, multipliers of the K sign constraints and of y N <= 0) or ``lipschitz`` (no more).
* ``interval_positivity``: expression in prefix form, enclosures of its variables.
* ``polynomial_implication``: hypotheses, conclusion, and terms (product of hypotheses times a sum of squares, or times
  any polynomial where an equation is among them) that add up to zero with one term positive; the number of hypotheses
  is the index of the negated conclusion.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any

from constructions.files import write_whole

FORMAT = 1
Json = dict[str, Any]


def exact(value: Any) -> Fraction:
    """The rational that `value` is; refuses booleans, NaN and infinities."""
    if isinstance(value, bool):
        raise TypeError("a boolean is not a number")
    if hasattr(value, "numerator"):  # int, Fraction, numpy integers, flint.fmpq
        return Fraction(int(value.numerator), int(value.denominator))
    if type(value).__name__ == "fmpz":
        return Fraction(int(value))
    return Fraction(value)


def _plain(values: Any) -> Any:
    return values.tolist() if hasattr(values, "tolist") else values


def rational_to_json(value: Any) -> list[str]:
    """``[num, den]`` in hex."""
    number = exact(value)
    return [hex(number.numerator), hex(number.denominator)]


def vector_to_json(values: Iterable[Any]) -> Json:
    """``{"den", "num": [...]}`` over the least common denominator."""
    numbers = [exact(value) for value in _plain(values)]
    den = lcm(*(number.denominator for number in numbers))
    return {"den": hex(den), "num": [hex(number.numerator * (den // number.denominator)) for number in numbers]}


def matrix_to_json(rows: Iterable[Iterable[Any]]) -> Json:
    """``{"den", "num": [[...], ...]}`` over the least common denominator."""
    numbers = [[exact(value) for value in _plain(row)] for row in _plain(rows)]
    den = lcm(*(number.denominator for row in numbers for number in row))
    return {"den": hex(den), "num": [[hex(v.numerator * (den // v.denominator)) for v in row] for row in numbers]}


def polynomial_to_json(polynomial: Mapping[tuple[int, ...], Any]) -> Json:
    """Coefficients by exponent tuple; the zero polynomial has no terms."""
    terms = {tuple(int(p) for p in powers): exact(value) for powers, value in polynomial.items()}
    den = lcm(*(value.denominator for value in terms.values()))
    listed = [[list(powers), hex(v.numerator * (den // v.denominator))] for powers, v in sorted(terms.items()) if v]
    return {"den": hex(den), "terms": listed}


def _integers(values: Iterable[Any]) -> list[int]:
    numbers = [exact(value) for value in _plain(values)]
    if any(number.denominator != 1 for number in numbers):
        raise ValueError("a label, sign or index is not an integer")
    return [int(number) for number in numbers]


def _samples(samples: str | Iterable[int]) -> str | list[int]:
    return samples if isinstance(samples, str) else _integers(samples)


def _direction(direction: Any) -> Any:
    return direction if isinstance(direction, str) else vector_to_json(direction)


# Sealing and storing


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def seal(body: Mapping[str, Any]) -> Json:
    """The certificate with its digest, computed anew over everything else."""
    content = {key: value for key, value in body.items() if key != "digest"}
    return {**content, "digest": hashlib.sha256(canonical(content)).hexdigest()}


def file_name(certificate: Mapping[str, Any]) -> str:
    """``<kind>-<first 12 digits of the digest>.json``."""
    return f"{certificate['kind']}-{certificate['digest'][:12]}.json"


def save(certificate: Mapping[str, Any], directory: str | os.PathLike[str]) -> Path:
    """Write a sealed certificate in canonical form, complete or not at all; returns its path."""
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    return write_whole(folder / file_name(certificate), canonical(dict(certificate)) + b"\n")


def load(path: str | os.PathLike[str]) -> Json:
    """Read what `save` wrote, unchecked."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _certificate(kind: str, claim: Json, payload: Json, statement: str, version: int, instance: str) -> Json:
    return seal({"format": FORMAT, "kind": kind, "statement": statement, "version": int(version), "instance": instance,
                 "claim": claim, "payload": payload})


# Data and networks


def data_block(labels: Iterable[Any], bias: Any, *, points: Any = None, gram: Any = None) -> Json:
    """Labelled data with exactly one of points and raw Gram matrix, shared by several certificates of one instance."""
    if (points is None) == (gram is None):
        raise ValueError("give exactly one of points and gram")
    block: Json = {"labels": _integers(labels), "bias": bool(bias)}
    if points is not None:
        return {**block, "points": matrix_to_json(points)}
    return {**block, "gram": matrix_to_json(gram)}


def merged_network(data: Json, signs: Iterable[Any], rows: Any, masses: Iterable[Any]) -> Json:
    """A merged network on a data block."""
    return {"form": "merged", "signs": _integers(signs), "rows": matrix_to_json(rows), "masses": vector_to_json(masses),
            **data}


def raw_network(weights: Any, biases: Any, outputs: Iterable[Any], data: Json | None = None) -> Json:
    """N(x) = sum_j v_j relu(<w_j, x> + b_j); `biases` None means zero; samples are needed for a robust radius."""
    return {"form": "raw", "weights": matrix_to_json(weights), "outputs": vector_to_json(outputs),
            "biases": None if biases is None else vector_to_json(biases), **(data or {})}


# Conclusions about a KKT point


def flipped(t: Any, level: Any = 0, relation: str = "<", samples: str | Iterable[int] = "all",
            direction: Any = "label_sum") -> Json:
    """y_i N(x_i - t y_i u) < level (or <= a negative level) for the samples."""
    return {"type": "flipped", "t": rational_to_json(t), "level": rational_to_json(level), "relation": relation,
            "samples": _samples(samples), "direction": _direction(direction)}


def margin_one() -> Json:
    """Every sample is a support vector, y_i N(x_i) = 1."""
    return {"type": "margin_one"}


def _bound(quantity: Any, relation: str, level: Any) -> Json:
    return {"type": "bound", "quantity": quantity, "relation": relation, "level": rational_to_json(level)}


def multiplier_sum(relation: str, level: Any) -> Json:
    """sum_i lambda_i, which is half the squared parameter norm, compared with `level`."""
    return _bound("multiplier_sum", relation, level)


def multiplier(sample: int, relation: str, level: Any) -> Json:
    """lambda_i compared with `level`."""
    return _bound(int(sample), relation, level)


def value(combination: Iterable[Any], relation: str, level: Any) -> Json:
    """N at the point sum_l e_l x_l compared with `level`."""
    return _bound(vector_to_json(combination), relation, level)


# Builders, one per kind


def network_values(network: Json, bounds: Iterable[tuple[int, str, Any]], *, points: Any = None,
                   combinations: Any = None, statement: str, version: int = 1, instance: str = "") -> Json:
    """Values of a network at rational points (m, k) or combinations of samples (m, n): (index, relation, number)."""
    if (points is None) == (combinations is None):
        raise ValueError("give exactly one of points and combinations")
    places = {"points": matrix_to_json(points)} if points is not None else {
        "combinations": matrix_to_json(combinations)}
    claim = {"type": "values", "bounds": [[int(i), relation, rational_to_json(v)] for i, relation, v in bounds]}
    return _certificate("network_values", claim, {"network": network, **places}, statement, version, instance)


def _exact_pattern(data: Json, signs: Sequence[int], rows: Any) -> list[list[int]]:
    """Signs of S_k <g_k, x~_i>, the pattern of a rational KKT point."""
    labels, bias = data["labels"], int(data["bias"])
    table = [[int(entry, 16) for entry in row] for row in data["gram" if "gram" in data else "points"]["num"]]
    den = int(data["gram" if "gram" in data else "points"]["den"], 16)
    pattern = []
    for sign, row in zip(signs, _plain(rows), strict=True):
        signed = [exact(p) * y for p, y in zip(_plain(row), labels, strict=True)]
        shift = bias * sum(signed)
        if "gram" in data:
            raw = [Fraction(sum(g * c for g, c in zip(column, signed, strict=True)), den) for column in table]
        else:
            weight = [sum(c * point[a] for c, point in zip(signed, table, strict=True)) for a in range(len(table[0]))]
            raw = [Fraction(sum(w * x for w, x in zip(weight, point, strict=True)), den * den) for point in table]
        pattern.append([0 if z + shift == 0 else 1 if (z + shift > 0) == (sign > 0) else -1 for z in raw])
    return pattern


def kkt_point_exact(data: Json, *, signs: Iterable[Any], rows: Any, masses: Iterable[Any],
                    conclusions: Iterable[Json] = (), pattern: Any = None, support: Iterable[Any] | None = None,
                    statement: str, version: int = 1, instance: str = "") -> Json:
    """A rational merged point, checked in squares; pattern and support are read off the rows unless given."""
    signs = _integers(signs)
    table = [[exact(entry) for entry in _plain(row)] for row in _plain(rows)]
    pattern = _exact_pattern(data, signs, table) if pattern is None else [_integers(row) for row in _plain(pattern)]
    flags = [any(row[i] for row in table) for i in range(len(data["labels"]))] if support is None else support
    payload = {**data, "signs": signs, "pattern": pattern, "support": [bool(flag) for flag in flags],
               "exact": {"rows": matrix_to_json(table), "masses": vector_to_json(masses)}}
    claim = {"type": "kkt_point", "conclusions": list(conclusions)}
    return _certificate("kkt_point", claim, payload, statement, version, instance)


def kkt_point_box(data: Json, *, signs: Iterable[Any], pattern: Any, support: Iterable[Any], multipliers: Iterable[Any],
                  masses: Iterable[Any], kinks: Iterable[Any], radius: Any, inverse: Any,
                  weights: Iterable[Any] | None = None, conclusions: Iterable[Json] = (),
                  statement: str, version: int = 1, instance: str = "") -> Json:
    """An exact KKT point near rational values: `multipliers` on the support, `masses`, `kinks` (mu by neuron, sample).

    `radius` is in units of `weights`, which are the values themselves unless given: then it is a relative radius.
    """
    parts = [[exact(v) for v in _plain(part)] for part in (multipliers, masses, kinks)]
    box = {"lambda": vector_to_json(parts[0]), "masses": vector_to_json(parts[1]), "mu": vector_to_json(parts[2]),
           "weights": vector_to_json([v for part in parts for v in part] if weights is None else weights),
           "radius": rational_to_json(radius), "inverse": matrix_to_json(inverse)}
    payload = {**data, "signs": _integers(signs), "pattern": [_integers(row) for row in _plain(pattern)],
               "support": [bool(flag) for flag in _plain(support)], "box": box}
    claim = {"type": "kkt_point", "conclusions": list(conclusions)}
    return _certificate("kkt_point", claim, payload, statement, version, instance)


def all_kkt_points_flipped(data: Json, *, upper: Iterable[Any], support_proved: Iterable[Any], duals: Mapping[str, Any],
                           t: Any, level: Any = 0, relation: str = "<", samples: str | Iterable[int] = "all",
                           direction: Any = "label_sum", every_larger_t: bool = False, statement: str,
                           version: int = 1, instance: str = "") -> Json:
    """Every KKT point of the data is flipped at t. `duals`: "U", "L", "L'", "X", each (samples, n), nonnegative."""
    claim = {"type": "all_kkt_points_flipped", "t": rational_to_json(t), "level": rational_to_json(level),
             "relation": relation, "samples": _samples(samples), "direction": _direction(direction),
             "every_larger_t": bool(every_larger_t)}
    payload = {**data, "upper": vector_to_json(upper), "support_proved": [bool(f) for f in _plain(support_proved)],
               "duals": {key: matrix_to_json(duals[key]) for key in ("U", "L", "L'", "X")}}
    return _certificate("all_kkt_points", claim, payload, statement, version, instance)


def all_kkt_points_support(data: Json, *, upper: Iterable[Any], samples: str | Iterable[int] = "all", statement: str,
                           version: int = 1, instance: str = "") -> Json:
    """The samples are support vectors of every KKT point of the data."""
    claim = {"type": "all_kkt_points_support", "samples": _samples(samples)}
    return _certificate("all_kkt_points", claim, {**data, "upper": vector_to_json(upper)}, statement, version, instance)


def all_kkt_points_radius(data: Json, *, upper: Iterable[Any], lower_squared: Any, statement: str, version: int = 1,
                          instance: str = "") -> Json:
    """Every KKT point has squared robust radius at least 1 / (beta max(y y^T * K0, 0) beta), beta = own + cross."""
    claim = {"type": "all_kkt_points_radius", "lower_squared": rational_to_json(lower_squared)}
    return _certificate("all_kkt_points", claim, {**data, "upper": vector_to_json(upper)}, statement, version, instance)


def robust_radius(network: Json, *, sample: int, lower_squared: Any = 0, upper_squared: Any = None,
                  cells: Iterable[tuple[Iterable[int], Iterable[Any]]] = (), method: str = "cells",
                  combination: Iterable[Any] | None = None, vector: Iterable[Any] | None = None,
                  statement: str, version: int = 1, instance: str = "") -> Json:
    """Bounds on min |delta|^2 over y N(x_i + delta) <= 0.

    `cells`: (active neurons, K + 1 multipliers) for every subset of neurons; the last multiplier is that of y N <= 0.
    The witness delta is a combination of samples or a vector; without one there is no upper bound.
    """
    witness = None
    if combination is not None:
        witness = {"combination": vector_to_json(combination)}
    elif vector is not None:
        witness = {"vector": vector_to_json(vector)}
    claim = {"type": "robust_radius", "sample": int(sample), "lower_squared": rational_to_json(lower_squared),
             "upper_squared": None if upper_squared is None else rational_to_json(upper_squared)}
    payload = {"network": network, "witness": witness, "method": method,
               "cells": [{"active": _integers(active), "dual": vector_to_json(dual)} for active, dual in cells]}
    return _certificate("robust_radius", claim, payload, statement, version, instance)


def _expression(node: Any) -> list[Any]:
    """Prefix form: a text is a variable, a number is itself, a tuple is (operator, operands...)."""
    if isinstance(node, str):
        return ["var", node]
    if not isinstance(node, tuple | list):
        return ["num", rational_to_json(node)]
    if node[0] == "**":
        return ["**", _expression(node[1]), int(node[2])]
    return [node[0], *(_expression(part) for part in node[1:])]


def interval_positivity(expression: Any, enclosures: Mapping[str, tuple[Any, Any]], *, strict: bool = True,
                        statement: str, version: int = 1, instance: str = "") -> Json:
    """The expression is positive (nonnegative if not strict) on the enclosures.

    Prefix tuples over + - * / ** sqrt max min abs: ``("-", ("sqrt", "d"), 1)``; texts are variables.
    """
    payload = {"expression": _expression(expression),
               "enclosures": {name: [rational_to_json(a), rational_to_json(z)] for name, (a, z) in enclosures.items()}}
    claim = {"type": "positive" if strict else "nonnegative"}
    return _certificate("interval_positivity", claim, payload, statement, version, instance)


def polynomial_implication(variables: Sequence[str], hypotheses: Iterable[tuple[Mapping[tuple[int, ...], Any], str]],
                           conclusion: Mapping[tuple[int, ...], Any], multipliers: Iterable[tuple[Iterable[int], Any]],
                           *, relation: str = ">=", statement: str, version: int = 1, instance: str = "") -> Json:
    """Hypotheses (polynomial, ">" or ">=" or "==" zero) imply conclusion >= 0 (or > 0), for all real values.

    `multipliers`: (indices of hypotheses, factor); index len(hypotheses) is the negated conclusion; the factor is a
    list of (coefficient >= 0, polynomial to be squared), or a polynomial where an equation is among the indices.
    """
    terms: list[Json] = []
    for product, factor in multipliers:
        term: Json = {"product": _integers(product)}
        if isinstance(factor, Mapping):
            term["polynomial"] = polynomial_to_json(factor)
        else:
            term["squares"] = [[rational_to_json(c), polynomial_to_json(base)] for c, base in factor]
        terms.append(term)
    payload = {"variables": list(variables), "conclusion": polynomial_to_json(conclusion), "multipliers": terms,
               "hypotheses": [{"polynomial": polynomial_to_json(p), "relation": r} for p, r in hypotheses]}
    claim = {"type": "polynomial_implication", "relation": relation}
    return _certificate("polynomial_implication", claim, payload, statement, version, instance)
