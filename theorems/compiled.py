"""Formulas as Python functions: one source per expression, run in floats, in balls and in rationals.

Rational numbers are emitted exactly (`lambdify` would turn them into floats), and the operations that differ between
the arithmetics (maximum, absolute value, square root) come from `verifiers.arithmetic`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import sympy

from verifiers import arithmetic


class _Printer:
    """sympy expression -> Python source over the operations `_ratio _sqrt _power _max _min _abs _exp _log`."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __call__(self, e: Any) -> str:
        if isinstance(e, sympy.Symbol):
            self.names.add(e.name)
            return e.name
        if isinstance(e, sympy.Integer):
            return f"_ratio({int(e)}, 1)"
        if isinstance(e, sympy.Rational):
            return f"_ratio({int(e.p)}, {int(e.q)})"
        if isinstance(e, sympy.Add):
            return "(" + " + ".join(self(a) for a in e.args) + ")"
        if isinstance(e, sympy.Mul):
            above, below = e.as_numer_denom()
            if below != 1:
                return f"({self(above)} / {self(below)})"
            return "(" + " * ".join(self(a) for a in e.args) + ")"
        if isinstance(e, sympy.Pow):
            return self._power(*e.as_base_exp())
        for kind, operation in ((sympy.Max, "_max"), (sympy.Min, "_min")):
            if isinstance(e, kind):
                first, *rest = [self(a) for a in sorted(e.args, key=sympy.default_sort_key)]
                for other in rest:
                    first = f"{operation}({first}, {other})"
                return first
        for kind, operation in ((sympy.Abs, "_abs"), (sympy.exp, "_exp"), (sympy.log, "_log")):
            if isinstance(e, kind):
                return f"{operation}({self(e.args[0])})"
        raise TypeError(
            f"a claim cannot contain {e!r} ({type(e).__name__}); write rationals exactly, "
            "and leave sums over axes to the verifier"
        )

    def _power(self, base: Any, exponent: Any) -> str:
        if base is sympy.E:
            return f"_exp({self(exponent)})"
        if isinstance(exponent, sympy.Integer):
            power = int(exponent)
            raised = f"_power({self(base)}, {abs(power)})"
            return raised if power > 0 else f"(_ratio(1, 1) / {raised})"
        if isinstance(exponent, sympy.Rational) and exponent.q == 2:
            power = int(exponent.p)
            raised = f"_power(_sqrt({self(base)}), {abs(power)})"
            return raised if power > 0 else f"(_ratio(1, 1) / {raised})"
        raise TypeError(f"a claim cannot contain the power {base}**{exponent}; use integers and square roots")


def _not_rational(_: Any) -> Any:
    raise arithmetic.NotRational("exp and log leave the rational numbers")


def _ball_function(name: str) -> Callable[[Any], Any]:
    return lambda a: np.asarray(np.frompyfunc(lambda value: getattr(value, name)(), 1, 1)(np.asarray(a)), dtype=object)


def _operations(kind: str) -> dict[str, Any]:
    shared = {
        "_max": arithmetic.maximum,
        "_min": arithmetic.minimum,
        "_abs": arithmetic.absolute,
        "_sqrt": arithmetic.square_root,
        "_power": arithmetic.power,
    }
    if kind == "float":
        return shared | {"_ratio": lambda p, q: p / q, "_exp": np.exp, "_log": np.log}
    if kind == "rational":
        return shared | {
            "_ratio": lambda p, q: arithmetic.rational(Fraction(p, q)),
            "_exp": _not_rational,
            "_log": _not_rational,
        }
    return shared | {
        "_ratio": lambda p, q: arithmetic.balls(Fraction(p, q))[()],
        "_exp": _ball_function("exp"),
        "_log": _ball_function("log"),
    }


@cache
def compile_expression(expression: sympy.Expr) -> tuple[tuple[str, ...], dict[str, Callable[..., Any]]]:
    """Names of the quantities in `expression`, and one function of them per arithmetic (float, ball, rational)."""
    printer = _Printer()
    source = printer(expression)
    names = tuple(sorted(printer.names))
    code = compile(f"lambda {', '.join(names)}: {source}", "<claim>", "eval")
    return names, {kind: eval(code, _operations(kind)) for kind in ("float", "ball", "rational")}
