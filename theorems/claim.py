"""Claims: one sympy relation between quantities, rendered, evaluated and decided from that single object.

A relation is compiled once into a Python function of its quantities (`theorems.compiled`), which runs on float64
arrays, on arrays of flint balls and on arrays of flint rationals alike.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
import sympy
from sympy.core.relational import Equality, GreaterThan, LessThan, Relational, StrictGreaterThan, StrictLessThan

from theorems import notation
from theorems.compiled import compile_expression
from verifiers import arithmetic, tolerances
from verifiers.quantity import Enclosure
from verifiers.verdict import Rigor

_SHOWN: dict[str, str] = {}
_DEFINITIONS: dict[str, sympy.Expr] = {}


@dataclass(frozen=True)
class Constant:
    """A named number of a claim that may be sharpened, with the value the statement gives it and its source."""

    name: str
    value: Fraction
    source: str


_CONSTANTS: dict[str, Constant] = {}


def quantity(name: str, show: str | None = None) -> sympy.Symbol:
    """The symbol of a measured quantity; `show` is the LaTeX text by which formulas display it, such as ``"t_0"``."""
    if show is not None:
        _SHOWN[name] = show
    return sympy.Symbol(name, real=True)


def quantities(names: str) -> tuple[sympy.Symbol, ...]:
    """Symbols of several quantities: ``n, d = quantities("n d")``."""
    return tuple(quantity(name) for name in names.split())


def _own_name(name: str, table: Mapping[str, Any], value: Any) -> str:
    """A symbol name apart from those of quantities, numbered if another file uses `name` for another value."""
    names = itertools.chain([name], (f"{name}_{count}" for count in itertools.count(2)))
    return next(own for own in names if table.get(own, value) == value)


def abbreviation(name: str, expression: sympy.Expr, show: str | None = None) -> sympy.Symbol:
    """A symbol that stands for an expression: formulas show the symbol with "where ...", evaluation expands it."""
    own = _own_name(f"where_{name}", _DEFINITIONS, expression)
    _DEFINITIONS[own] = expression
    return quantity(own, show or name)


@cache
def expanded(expression: Any) -> Any:
    """The expression with every abbreviation replaced by what it stands for."""
    while found := {s: _DEFINITIONS[s.name] for s in expression.free_symbols if s.name in _DEFINITIONS}:
        expression = expression.xreplace(found)
    return expression


def constant(name: str, value: int | str | Fraction, source: str = "derived", show: str | None = None) -> sympy.Symbol:
    """The symbol of a named constant. Its value may be varied by the engine; literals never are."""
    declared = Constant(name, Fraction(value), source)
    own = _own_name(f"constant_{name}", _CONSTANTS, declared)
    _CONSTANTS[own] = declared
    return quantity(own, show or rf"\mathrm{{{name.replace('_', ' ')}}}")


def definition_formula(name: str, expression: sympy.Expr) -> dict[str, str]:
    """An abbreviation and what it stands for, rendered: name, latex, mathml."""
    symbol = sympy.Symbol(name, real=True)
    relation = sympy.Eq(symbol, expression, evaluate=False)
    latex, mathml = (render(relation, _SHOWN) for render in (notation.latex, notation.mathml))
    return {"name": _SHOWN[name], "latex": latex, "mathml": mathml}


def plain_text(expression: Any) -> str:
    """An expression or a relation in plain characters: quantities, constants and abbreviations by their names."""
    names = {own: declared.name for own, declared in _CONSTANTS.items()}
    return notation.plain(expression, names | {own: own.removeprefix("where_") for own in _DEFINITIONS})


State = Literal["holds", "fails", "undecided"]


@dataclass(frozen=True)
class Outcome:
    """What a claim says on one instance: the least slack over all entries, where, and both sides there."""

    name: str
    state: State
    slack: float
    relative_slack: float
    where: str
    rigor: Rigor
    note: str = ""
    left: float = math.nan
    right: float = math.nan


_STRICT = (StrictLessThan, StrictGreaterThan)

BLOCK = 8192
"""Instances of a batch whose slacks are computed at once."""


@dataclass(frozen=True)
class Claim:
    """One named relation between quantities, meant for every entry of every axis."""

    name: str
    relation: Relational

    def __post_init__(self) -> None:
        if not isinstance(self.relation, (LessThan, GreaterThan, Equality, *_STRICT)):
            raise TypeError(
                f"claim {self.name!r} needs a relation <=, <, >=, >, Eq between quantities, got {self.relation!r}"
            )

    @cached_property
    def slack_expression(self) -> sympy.Expr:
        """Right minus left of ``<=``, left minus right of ``>=``, minus the distance for an equality."""
        left, right = expanded(self.relation.lhs), expanded(self.relation.rhs)
        if isinstance(self.relation, Equality):
            return -sympy.Abs(left - right)
        if isinstance(self.relation, (GreaterThan, StrictGreaterThan)):
            return left - right
        return right - left

    @property
    def strict(self) -> bool:
        return isinstance(self.relation, _STRICT)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Names of the quantities in the relation, then of the symbols of its constants."""
        sides = expanded(self.relation.lhs).free_symbols | expanded(self.relation.rhs).free_symbols
        return tuple(sorted((symbol.name for symbol in sides), key=lambda name: (name in _CONSTANTS, name)))

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of the quantities in the relation."""
        return tuple(name for name in self.symbols if name not in _CONSTANTS)

    @property
    def abbreviations(self) -> dict[str, sympy.Expr]:
        """What the relation's abbreviations stand for, those used by others included, each by one expression."""
        found: dict[str, sympy.Expr] = {}
        waiting = sorted(symbol.name for symbol in self.relation.free_symbols if symbol.name in _DEFINITIONS)
        while waiting:
            name = waiting.pop(0)
            found.setdefault(name, _DEFINITIONS[name])
            waiting += sorted(
                s.name for s in _DEFINITIONS[name].free_symbols if s.name in _DEFINITIONS and s.name not in found
            )
        return found

    @cached_property
    def constants(self) -> dict[str, Constant]:
        """The named constants in the relation, by the name they were declared with."""
        return {declared.name: declared for declared in self.constant_symbols.values()}

    @property
    def constant_symbols(self) -> dict[str, Constant]:
        """The same by the name of their symbols, which sets them apart from quantities and from other files'."""
        return {symbol: _CONSTANTS[symbol] for symbol in self.symbols if symbol in _CONSTANTS}

    def latex(self) -> str:
        return notation.latex(self.relation, _SHOWN)

    def mathml(self) -> str:
        """Presentation MathML of the relation, one `math` element."""
        return notation.mathml(self.relation, _SHOWN)

    def slack(self, arrays: Mapping[str, Any]) -> np.ndarray:
        """Slack on float64 arrays already aligned for broadcasting; the vectorised form used by searches."""
        names, functions = compile_expression(self.slack_expression)
        with np.errstate(all="ignore"):
            return np.asarray(functions["float"](*[arrays[name] for name in names]))

    def batch_slack(
        self, arrays: Mapping[str, Any], axes: Mapping[str, tuple[str, ...]], constants: Mapping[str, Any] | None = None
    ) -> np.ndarray:
        """Slack over the larger side, or s / (1 + |s|) against a 0, least over all entries of a batch (B,), or NaN.

        Large batches are taken in blocks that stay in the cache.
        """
        held = {name: np.asarray(arrays[name], dtype=np.float64) for name in self.quantities}
        moved = {name: np.asarray(value, dtype=np.float64) for name, value in (constants or {}).items()}
        count = max((len(array) for array in (*held.values(), *moved.values()) if array.ndim), default=1)
        least = []
        for start in range(0, count, BLOCK):
            block = [
                {k: v[start : start + BLOCK] if v.ndim and len(v) == count else v for k, v in part.items()}
                for part in (held, moved)
            ]
            slack, scale = self.batch_entries(block[0], axes, block[1])
            with np.errstate(all="ignore"):
                least.append((slack / scale).min(axis=1, initial=np.inf))
        return np.concatenate(least)

    def batch_entries(
        self, arrays: Mapping[str, Any], axes: Mapping[str, tuple[str, ...]], constants: Mapping[str, Any] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Slack in float64 by entry (B, E), and its scale. `arrays` hold the quantities with leading axis B, `axes` the
        names of their other axes; a constant may be one number or an array (B,).
        """
        moved = constants or {}
        names = tuple(dict.fromkeys(axis for name in self.quantities for axis in axes[name]))
        inputs = {}
        for name in self.quantities:
            array, own = np.asarray(arrays[name], dtype=np.float64), axes[name]
            order = [0, *(1 + own.index(axis) for axis in names if axis in own)]
            shape = [array.shape[0], *(array.shape[1 + own.index(axis)] if axis in own else 1 for axis in names)]
            inputs[name] = np.transpose(array, order).reshape(shape)
        for own_name, declared in self.constant_symbols.items():
            value = np.asarray(moved.get(declared.name, declared.value), dtype=np.float64)
            inputs[own_name] = value.reshape(value.shape + (1,) * len(names)) if value.ndim else value
        with np.errstate(all="ignore"):
            left, right = (self._floats(side, inputs) for side in self._sides)
            slack = left - right if isinstance(self.relation, (GreaterThan, StrictGreaterThan)) else right - left
            slack = -np.abs(slack) if isinstance(self.relation, Equality) else slack
            one_sided = any(side == 0 for side in self._sides)
            scale = 1.0 + np.abs(slack) if one_sided else np.maximum(np.abs(left), np.abs(right))
        count = max((len(a) for a in inputs.values() if np.ndim(a)), default=1)
        whole = np.broadcast_shapes(slack.shape, (count, *(1,) * len(names)))
        scale = np.where(scale == 0, 1.0, scale)
        return np.broadcast_to(slack, whole).reshape(count, -1), np.broadcast_to(scale, whole).reshape(count, -1)

    @property
    def _sides(self) -> tuple[sympy.Expr, sympy.Expr]:
        return expanded(self.relation.lhs), expanded(self.relation.rhs)

    @staticmethod
    def _floats(expression: sympy.Expr, inputs: Mapping[str, Any]) -> np.ndarray:
        names, functions = compile_expression(expression)
        return np.asarray(functions["float"](*[inputs[name] for name in names]), dtype=np.float64)

    def decide(
        self,
        measured: Mapping[str, Enclosure],
        constants: Mapping[str, Fraction] | None = None,
        refutes: Rigor = Rigor.CERTIFIED,
    ) -> Outcome:
        """Decide the claim on enclosures: it holds only if it holds on all of them, entry by entry.

        It fails only where it fails on all of them and their rigor is at least `refutes`; otherwise it is undecided.
        Raises whatever measuring a quantity raises (`MissingPart`).
        """
        moved = constants or {}
        values = {own: moved.get(c.name, c.value) for own, c in self.constant_symbols.items()}
        enclosures = {name: measured[name] for name in self.quantities}
        axes = tuple(dict.fromkeys(axis for e in enclosures.values() for axis in e.axes))
        rigor = min((e.rigor for e in enclosures.values()), default=Rigor.EXACT)
        if rigor == Rigor.EXACT:
            try:
                inputs = _aligned({name: e.entries for name, e in enclosures.items()}, enclosures, axes)
                inputs |= {name: arithmetic.rational(value) for name, value in values.items()}
                return self._read(inputs, "rational", axes, rigor, refutes)
            except (arithmetic.NotRational, ZeroDivisionError):
                pass
        bits = tolerances.BALL_PRECISION
        while True:
            with arithmetic.precision(bits):
                inputs = _aligned({name: e.balls() for name, e in enclosures.items()}, enclosures, axes)
                inputs |= {name: arithmetic.balls(value)[()] for name, value in values.items()}
                outcome = self._read(inputs, "ball", axes, min(rigor, Rigor.CERTIFIED), refutes)
            if outcome.state != "undecided" or rigor < Rigor.EXACT or bits >= tolerances.BALL_PRECISION_LIMIT:
                return outcome
            bits *= 2

    def _read(
        self, inputs: Mapping[str, Any], kind: str, axes: tuple[str, ...], rigor: Rigor, refutes: Rigor
    ) -> Outcome:
        names, functions = compile_expression(self.slack_expression)
        slack = np.asarray(functions[kind](*[inputs[name] for name in names]), dtype=object)
        if slack.size == 0:
            return Outcome(self.name, "holds", math.inf, math.inf, "", rigor, "no entry to check")
        lower, upper = arithmetic.lower_bounds(slack), arithmetic.upper_bounds(slack)
        passes = arithmetic.certainly_positive if self.strict else arithmetic.certainly_nonnegative
        misses = arithmetic.certainly_nonnegative if self.strict else arithmetic.certainly_positive
        holds, fails = passes(slack), misses(-slack)
        worst = np.unravel_index(int(np.argmin(lower)), slack.shape)
        if np.any(fails):
            worst = np.unravel_index(int(np.argmin(np.where(fails, upper, np.inf))), slack.shape)
        sides = []
        for expression in (self.relation.lhs, self.relation.rhs):
            side_names, side = compile_expression(expanded(expression))
            entry = np.asarray(side[kind](*[inputs[name] for name in side_names]), dtype=object)
            sides.append(float(arithmetic.nearest(np.broadcast_to(entry, slack.shape)[worst])[()]))
        scale = max(abs(value) for value in sides)
        state: State = "holds" if bool(np.all(holds)) else "fails" if bool(np.any(fails)) else "undecided"
        note = ""
        if state == "fails" and rigor < refutes:
            state, note = "undecided", "numerical violation: floats say no, but no ball or rational replay is possible"
        elif state == "undecided":
            note = "the enclosure does not decide"
        least = float(upper[worst] if state == "fails" else lower[worst])
        where = ", ".join(f"{axis} {index}" for axis, index in zip(axes, worst, strict=True))
        relative = least / scale if scale > 0 else least
        return Outcome(self.name, state, least, relative, where, rigor, note, *sides)


def _aligned(arrays: Mapping[str, Any], enclosures: Mapping[str, Enclosure], axes: tuple[str, ...]) -> dict[str, Any]:
    """Insert singleton dimensions so that arrays meet by axis name."""
    aligned = {}
    for name, array in arrays.items():
        own = enclosures[name].axes
        order = [own.index(axis) for axis in axes if axis in own]
        shape = [array.shape[own.index(axis)] if axis in own else 1 for axis in axes]
        aligned[name] = np.transpose(array, order).reshape(shape) if axes else array[()]
    return aligned
