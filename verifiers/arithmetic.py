"""One set of formulas, three arithmetics: numpy arrays of float64, of flint balls (`arb`), of flint rationals (`fmpq`).

Arrays of balls and of rationals are numpy object arrays, so ``+ - * / @`` and ``sum`` work alike on all three. The few
operations that need a decision (maximum, sign, square root) live here and never guess: the maximum of two overlapping
balls is a ball that contains both outcomes, and a comparison is true only when it is certain.
flint is imported on first use, so training machines without it can still import this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from verifiers import tolerances


class NotRational(ArithmeticError):
    """The expression leaves the rational numbers; evaluate it on balls instead."""


@cache
def _flint() -> Any:
    import flint

    flint.ctx.prec = tolerances.BALL_PRECISION
    return flint


def _elementwise(function: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """numpy ufunc of a Python function that also returns arrays (not scalars) for zero-dimensional input."""

    def apply(*arrays: Any) -> np.ndarray:
        count = len(arrays)
        return np.asarray(np.frompyfunc(function, count, 1)(*[np.asarray(a) for a in arrays]), dtype=object)

    return apply


def kind_of(array: Any) -> str:
    """"float", "ball" or "rational", from the type of the entries."""
    array = np.asarray(array)
    if array.dtype.kind in "fiub":
        return "float"
    first = next(iter(array.reshape(-1)), None)
    return "ball" if isinstance(first, _flint().arb) else "rational"


def rational(value: Any) -> Any:
    """Exact value of a number or of a text such as ``"1/3"`` as `fmpq`."""
    fmpq = _flint().fmpq
    if isinstance(value, fmpq):
        return value
    if isinstance(value, (bool, np.bool_)):
        return fmpq(int(value))
    if isinstance(value, (int, np.integer)):
        return fmpq(int(value))
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


def to_fraction(value: Any) -> Fraction:
    """`fmpq`, `fmpz`, int or Fraction as `fractions.Fraction`."""
    if hasattr(value, "numerator") and hasattr(value, "denominator"):
        return Fraction(int(value.numerator), int(value.denominator))
    return Fraction(int(value.p), int(value.q))


rationals = _elementwise(rational)
fractions = _elementwise(to_fraction)


def _ball(value: Any) -> Any:
    arb = _flint().arb
    if isinstance(value, arb):
        return value
    if isinstance(value, (float, np.floating)):
        return arb(float(value))
    return arb(rational(value))


balls = _elementwise(_ball)


def ball_between(lower: Any, upper: Any) -> np.ndarray:
    """Balls that contain the intervals [lower, upper]; entries may be floats or rationals."""

    def make(a: Any, b: Any) -> Any:
        return _ball(a).union(_ball(b))

    return _elementwise(make)(lower, upper)


def _decided(function: str) -> Callable[..., np.ndarray]:
    def choose(a: Any, b: Any) -> Any:
        if isinstance(a, _flint().arb) or isinstance(b, _flint().arb):
            return getattr(_ball(a), function)(_ball(b))
        return max(a, b) if function == "max" else min(a, b)

    return _elementwise(choose)


_object_maximum, _object_minimum = _decided("max"), _decided("min")


def maximum(a: Any, b: Any) -> np.ndarray:
    """Entrywise maximum in any of the three arithmetics."""
    if kind_of(a) == "float" and kind_of(b) == "float":
        return np.maximum(a, b)
    return _object_maximum(a, b)


def minimum(a: Any, b: Any) -> np.ndarray:
    """Entrywise minimum in any of the three arithmetics."""
    if kind_of(a) == "float" and kind_of(b) == "float":
        return np.minimum(a, b)
    return _object_minimum(a, b)


def relu(a: Any) -> np.ndarray:
    """max(a, 0) entrywise."""
    return maximum(a, np.zeros_like(np.asarray(a)) if kind_of(a) == "float" else _zero(a))


def _zero(a: Any) -> Any:
    return _flint().arb(0) if kind_of(a) == "ball" else _flint().fmpq(0)


def reduce_maximum(a: Any, axis: int = -1) -> np.ndarray:
    """Maximum along one axis in any arithmetic."""
    array = np.asarray(a)
    if kind_of(array) == "float":
        return array.max(axis=axis)
    array = np.moveaxis(array, axis, 0)
    best = array[0]
    for row in array[1:]:
        best = _object_maximum(best, row)
    return np.asarray(best, dtype=object)


def absolute(a: Any) -> np.ndarray:
    """|a| entrywise."""
    return np.abs(a) if kind_of(a) == "float" else _elementwise(abs)(a)


def _square_root(value: Any) -> Any:
    flint = _flint()
    if isinstance(value, flint.arb):
        return value.sqrt()
    numerator, denominator = int(value.p), int(value.q)
    if numerator < 0:
        raise NotRational("square root of a negative number")
    roots = math.isqrt(numerator), math.isqrt(denominator)
    if roots[0] ** 2 != numerator or roots[1] ** 2 != denominator:
        raise NotRational(f"the square root of {value} is irrational")
    return flint.fmpq(roots[0], roots[1])


def square_root(a: Any) -> np.ndarray:
    """Square root entrywise. Rationals raise `NotRational` unless the root is rational."""
    if kind_of(a) == "float":
        with np.errstate(invalid="ignore"):
            return np.sqrt(a)
    return _elementwise(_square_root)(a)


def _power(value: Any, exponent: int) -> Any:
    if not isinstance(value, _flint().arb) or value > 0 or value < 0:
        return value**exponent
    base = value if exponent % 2 else abs(value)
    return math.prod([base] * exponent, start=_flint().arb(1))


def power(a: Any, exponent: int) -> np.ndarray:
    """a to a whole exponent >= 0, entrywise; around 0, where flint's own power of a ball is not finite, by products."""
    if kind_of(a) == "float":
        return np.asarray(a) ** exponent
    return _elementwise(lambda value: _power(value, exponent))(a)


def _lower(value: Any) -> float:
    if isinstance(value, _flint().arb):
        if not value.is_finite():
            return -math.inf
        value = value.lower()
        nearest = float(value)
        return nearest if _flint().arb(nearest) <= value else math.nextafter(nearest, -math.inf)
    exact = to_fraction(value)
    nearest = _nearest(exact)
    return nearest if nearest == -math.inf or nearest <= exact else math.nextafter(nearest, -math.inf)


def _nearest(exact: Fraction) -> float:
    """Nearest float64, infinite beyond its range."""
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


_lower_array, _negated = _elementwise(_lower), _elementwise(lambda value: -value)


def lower_bounds(a: Any) -> np.ndarray:
    """float64 lower bounds, rounded outward; NaN and non-finite balls give -inf."""
    array = np.asarray(a)
    if kind_of(array) == "float":
        return np.where(np.isnan(array), -np.inf, array)
    return _lower_array(array).astype(np.float64)


def upper_bounds(a: Any) -> np.ndarray:
    """float64 upper bounds, rounded outward; NaN and non-finite balls give +inf."""
    array = np.asarray(a)
    if kind_of(array) == "float":
        return np.where(np.isnan(array), np.inf, array)
    return 0.0 - _lower_array(_negated(array)).astype(np.float64)


def nearest(a: Any) -> np.ndarray:
    """float64 values nearest to the entries (midpoints of balls)."""
    array = np.asarray(a)
    if kind_of(array) == "float":
        return array.astype(np.float64)

    def convert(value: Any) -> float:
        return float(value.mid()) if isinstance(value, _flint().arb) else _nearest(to_fraction(value))

    return _elementwise(convert)(array).astype(np.float64)


def certainly_positive(a: Any) -> np.ndarray:
    """True where the whole enclosure is > 0. NaN is never positive."""
    array = np.asarray(a)
    if kind_of(array) == "float":
        return array > 0
    return np.asarray(np.frompyfunc(lambda value: bool(value > 0), 1, 1)(array)).astype(bool)


def certainly_nonnegative(a: Any) -> np.ndarray:
    """True where the whole enclosure is >= 0. NaN never qualifies."""
    array = np.asarray(a)
    if kind_of(array) == "float":
        return array >= 0
    return np.asarray(np.frompyfunc(lambda value: bool(value >= 0), 1, 1)(array)).astype(bool)


class precision:
    """Context manager: ball arithmetic at the given number of bits."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __enter__(self) -> None:
        self.before = _flint().ctx.prec
        _flint().ctx.prec = self.bits

    def __exit__(self, *_: object) -> None:
        _flint().ctx.prec = self.before
