"""How symbols look: one short LaTeX text per symbol, rendered to LaTeX as it is and to MathML by a small reader.

It knows letters, digits, words in ``\\mathrm{...}``, Greek letters, subscripts, superscripts and plain operators:
what the names of measured quantities need, such as ``y_i N(x_i - t y_i u)``.
"""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

import sympy
from sympy.core.relational import Relational
from sympy.printing.mathml import MathMLPresentationPrinter

_GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "rho": "ρ",
    "sigma": "σ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "tau": "τ",
    "Delta": "Δ",
    "Lambda": "Λ",
    "Pi": "Π",
    "nabla": "∇",
    "ln": "ln",
    "sum": "∑",
    "sup": "sup",
    "max": "max",
    "min": "min",
    "cdot": "·",
    "ell": "ℓ",
    "ne": "≠",
    "le": "≤",
    "ge": "≥",
    "in": "∈",
}
_TOKEN = re.compile(r"\\mathrm\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]|\d+|[_^{}]|[^\s]")


def _atom(tokens: list[str]) -> str:
    token = tokens.pop(0)
    if token == "{":
        inner = _row(tokens, stop="}")
        tokens.pop(0)
        return f"<mrow>{inner}</mrow>"
    if token.startswith("\\mathrm"):
        return f"<mtext>{escape(token[8:-1])}</mtext>"
    if token.startswith("\\"):
        name = _GREEK[token[1:]]
        return f"<mo>{name}</mo>" if token[1:] in ("sum", "cdot", "ne", "le", "ge", "in") else f"<mi>{name}</mi>"
    if token.isalpha():
        return f"<mi>{token}</mi>"
    if token.isdigit():
        return f"<mn>{token}</mn>"
    return f"<mo>{escape({'-': '−'}.get(token, token))}</mo>"


def _row(tokens: list[str], stop: str | None = None) -> str:
    parts = []
    while tokens and tokens[0] != stop:
        base = _atom(tokens)
        scripts: dict[str, str] = {}
        while tokens and tokens[0] in ("_", "^"):
            kind = tokens.pop(0)
            scripts[kind] = _atom(tokens)
        if len(scripts) == 2:
            base = f"<msubsup>{base}{scripts['_']}{scripts['^']}</msubsup>"
        elif scripts:
            ((kind, script),) = scripts.items()
            tag = "msub" if kind == "_" else "msup"
            base = f"<{tag}>{base}{script}</{tag}>"
        parts.append(base)
    return "".join(parts)


def symbol_mathml(text: str) -> str:
    """MathML of a symbol's LaTeX text. Raises `KeyError` for a command the reader does not know."""
    return f"<mrow>{_row(_TOKEN.findall(text))}</mrow>"


class _Printer(MathMLPresentationPrinter):
    """Presentation MathML in which symbols with a text of their own are left as marked identifiers."""

    def __init__(self, shown: dict[str, str]) -> None:
        super().__init__({"mul_symbol": "&#x2062;"})
        self.shown = shown

    def _print_Symbol(self, sym: Any, style: str = "plain") -> Any:
        if sym.name in self.shown:
            node = self.dom.createElement("mi")
            node.appendChild(self.dom.createTextNode(f"@{sym.name}@"))
            return node
        return super()._print_Symbol(sym, style)


def formula(content: str) -> str:
    """One `math` element around presentation markup."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{content}</math>'


def mathml(relation: sympy.Basic, shown: dict[str, str]) -> str:
    """One `math` element; `shown` maps symbol names to their LaTeX texts."""
    return formula(presentation(relation, shown))


def presentation(relation: sympy.Basic, shown: dict[str, str]) -> str:
    """Presentation markup of a relation without the `math` element around it."""
    text = _Printer(shown).doprint(relation)
    for name in sorted({s.name for s in relation.free_symbols} & shown.keys()):
        text = text.replace(f"<mi>@{name}@</mi>", symbol_mathml(shown[name]))
    return text


def latex(relation: sympy.Basic, shown: dict[str, str]) -> str:
    """LaTeX of a relation with the symbols' own texts."""
    names = {symbol: shown[symbol.name] for symbol in relation.free_symbols if symbol.name in shown}
    return str(sympy.latex(relation, symbol_names=names))


def plain(expression: Any, names: dict[str, str]) -> str:
    """An expression or a relation in plain characters: ``a^2 <= 3*b``; `names` maps symbol names to shown ones."""
    if isinstance(expression, Relational):
        left, right = (plain(side, names) for side in expression.args)
        return f"{left} {'=' if expression.rel_op == '==' else expression.rel_op} {right}"
    symbols = {s: sympy.Symbol(names.get(s.name, s.name), real=True) for s in expression.free_symbols}
    return str(sympy.sstr(expression.xreplace(symbols))).replace("**", "^")
