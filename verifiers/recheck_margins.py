"""Checker of certificates about costs of two-layer convolutional nets on a circle; `recheck.py` loads it.

A net has filters u_c of K taps and dense readouts v_c on Z_N; it computes <beta, x>, beta_m = sum_{c,k} u_{c,k}
v_{c,m-k}, and costs 1/2 (|u|^2 + |v|^2). For any z, <beta, z> is at most the cost times the largest singular value of
C_{n,k} = z_{n+k}; that is below t if t^2 I - C^T C has positive pivots, C^T C being the Toeplitz matrix of circular
correlations of z.

* ``cost_above``: every net of the kernel that computes <w, x> costs at least <w, z>/t = floor.
* ``cost_below``: the net given, beside one that carries what it misses of w with one tap, computes <w, x> and costs
  at most the ceiling: 1/2 (|u|^2 + |v|^2) + |w - beta| <= ceiling.
* ``margin_above``: every net with y_n <beta, x_n> >= 1 for all n costs at least sum(alpha)/t = floor, alpha >= 0,
  z = sum_n alpha_n y_n x_n.
* ``margin_below``: the net given, scaled, has that margin and costs at most the ceiling.

Standard library only; shares no code with what finds certificates.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

MOST = 512  # sites, and taps


def _short(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]


def _definite(work: list[list[int]]) -> bool:
    """All leading minors of a symmetric matrix of integers are positive, by fraction-free elimination."""
    before = 1
    for k, row in enumerate(work):
        pivot = row[k]
        if pivot <= 0:
            return False
        for i in range(k + 1, len(work)):
            first, other = work[i][k], work[i]
            rest = zip(other[k + 1 :], row[k + 1 :], strict=True)
            work[i] = [0] * (k + 1) + [(a * pivot - first * b) // before for a, b in rest]
        before = pivot
    return True


class _Net:
    """Filters and readouts, read; the predictor they compose to, over one denominator."""

    def __init__(self, read: SimpleNamespace, filters: Any, readouts: Any, kernel: int, sites: int) -> None:
        u, u_den = read._array(filters, "filters", None, kernel)
        v, v_den = read._array(readouts, "readouts", len(u), sites)
        pairs = list(zip(u, v, strict=True))
        self.beta = [sum(f[k] * r[m - k] for f, r in pairs for k in range(kernel)) for m in range(sites)]
        self.den = u_den * v_den
        squares = [Fraction(sum(x * x for row in part for x in row), den**2) for part, den in ((u, u_den), (v, v_den))]
        self.cost = sum(squares, Fraction(0)) / 2


def _kernel(read: SimpleNamespace, kernel: Any, sites: int) -> int:
    read._need(0 < sites <= MOST, "there are no sites, or too many")
    return read._choice(kernel, "kernel", range(1, sites + 1))


def _below(read: SimpleNamespace, z: list[int], den: int, kernel: int, threshold: Fraction) -> None:
    """Prove that the dual norm of z/den is below the threshold."""
    sites = len(z)
    read._prove(threshold > 0, "the threshold is not positive")
    lags = [sum(z[n] * z[(n + j) % sites] for n in range(sites)) for j in range(kernel)]
    square = (threshold * den) ** 2
    matrix = [[square.numerator * (i == j) - square.denominator * lags[abs(i - j)] for j in range(kernel)]
              for i in range(kernel)]
    read._prove(_definite(matrix), "t^2 I - C^T C has a pivot that is not positive: no dual norm below t is proved")


def _data(read: SimpleNamespace, points: Any, labels: Any) -> tuple[list[list[int]], int, str]:
    """(y_n x_n, denominator, name)."""
    rows, den = read._array(points, "points", None, None)
    read._need(len(rows) > 0, "there are no points")
    signs = read._choices(labels, "labels", len(rows), (1, -1))
    name = f"the {len(rows)} points {_short([points, labels])} on {len(rows[0])} sites"
    return [[y * x for x in row] for y, row in zip(signs, rows, strict=True)], den, name


def _cost_above(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    predictor, kernel, dual, threshold, floor = read._open(payload, "payload", "predictor kernel dual threshold floor")
    w, w_den = read._array(predictor, "predictor", None)
    taps = _kernel(read, kernel, len(w))
    z, z_den = read._array(dual, "dual", len(w))
    t, bound = read._rational(threshold, "threshold"), read._rational(floor, "floor")
    _below(read, z, z_den, taps, t)
    product = Fraction(read._dot(w, z), w_den * z_den)
    read._prove(product / t >= bound, "<w, z>/t is below the floor")
    return (f"every two-layer convolutional net with {taps} taps on {len(w)} sites that computes <w, x> for the "
            f"predictor {_short(predictor)} costs at least {read._show(bound)}")


def _cost_below(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    predictor, kernel, filters, readouts, ceiling = read._open(
        payload, "payload", "predictor kernel filters readouts ceiling")
    w, w_den = read._array(predictor, "predictor", None)
    taps = _kernel(read, kernel, len(w))
    net, bound = _Net(read, filters, readouts, taps, len(w)), read._rational(ceiling, "ceiling")
    missed = (Fraction(a, w_den) - Fraction(b, net.den) for a, b in zip(w, net.beta, strict=True))
    rest = sum((entry**2 for entry in missed), Fraction(0))
    read._prove(bound >= net.cost and (bound - net.cost) ** 2 >= rest, "cost and what is missed exceed the ceiling")
    return (f"some two-layer convolutional net with {taps} taps on {len(w)} sites computes <w, x> for the predictor "
            f"{_short(predictor)} and costs at most {read._show(bound)}")


def _margin_above(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    points, labels, kernel, multipliers, threshold, floor = read._open(
        payload, "payload", "points labels kernel multipliers threshold floor")
    rows, den, name = _data(read, points, labels)
    taps = _kernel(read, kernel, len(rows[0]))
    alpha, alpha_den = read._array(multipliers, "multipliers", len(rows))
    read._prove(all(a >= 0 for a in alpha), "a multiplier is negative")
    t, bound = read._rational(threshold, "threshold"), read._rational(floor, "floor")
    combined = [sum(a * row[m] for a, row in zip(alpha, rows, strict=True)) for m in range(len(rows[0]))]
    _below(read, combined, den * alpha_den, taps, t)
    read._prove(Fraction(sum(alpha), alpha_den) / t >= bound, "sum(alpha)/t is below the floor")
    return (f"every two-layer convolutional net with {taps} taps that has margin 1 on {name} costs at least "
            f"{read._show(bound)}")


def _margin_below(read: SimpleNamespace, payload: Any, claim: Any) -> str:
    points, labels, kernel, filters, readouts, ceiling = read._open(
        payload, "payload", "points labels kernel filters readouts ceiling")
    rows, den, name = _data(read, points, labels)
    taps = _kernel(read, kernel, len(rows[0]))
    net, bound = _Net(read, filters, readouts, taps, len(rows[0])), read._rational(ceiling, "ceiling")
    margin = Fraction(min(read._dot(net.beta, row) for row in rows), net.den * den)
    read._prove(margin > 0, "the net has no positive margin")
    read._prove(net.cost <= bound * margin, "the cost over the margin exceeds the ceiling")
    return (f"some two-layer convolutional net with {taps} taps has margin 1 on {name} and costs at most "
            f"{read._show(bound)}")


def checks(namespace: dict[str, Any]) -> dict[str, Callable[[Any, Any], str]]:
    """Checker by type of claim, on the readers of `recheck.py`."""
    read = SimpleNamespace(**namespace)
    kinds = {"cost_above": _cost_above, "cost_below": _cost_below, "margin_above": _margin_above,
             "margin_below": _margin_below}
    return {kind: partial(check, read) for kind, check in kinds.items()}
