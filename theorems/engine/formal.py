"""Rocq theorems generated from the claims of a statement: what the kernel proves is what is measured.

A slug binds its quantities to definitions of the library in a table, ``theorems.<slug>.formal.FORMAL``. Hypotheses and
conclusions themselves are never written there: `theorems.engine.rocq_printer` prints the very relations that are
measured, with their abbreviations and named constants, so a changed number in a claim is a changed goal for the kernel.
There is one theorem per conclusion, closed by a script that applies theorems of the library.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import sympy

from theorems.claim import Claim, plain_text
from theorems.engine.rocq_printer import Unprintable, relation_text, text
from theorems.statement import Statement

_NAME = re.compile(r"[A-Za-z_][\w']*")


@dataclass(frozen=True)
class Term:
    """What a quantity is in the library's terms. `over` names the binders it depends on; a constant of the data is
    introduced by ``let`` under the quantity's name where `named`, and may use other such names.
    """

    text: str
    over: tuple[str, ...] = ()
    named: bool = False


@dataclass(frozen=True)
class Formal:
    """How one statement is formalised.

    `objects` are the binders of the theorem and `assumptions` what its objects satisfy by their nature. `binders` say
    what an index or a time ranges over: everything from "forall" to "->". `read_as` gives the proposition meant by a
    hypothesis on one measured residual or flag, by the whole relation in plain text: a residual is measured, the
    definition is assumed, and a hypothesis with another threshold is not formalised. No conclusion is read so.
    `scripts` close the goals by name of the conclusion, after ``intros``.
    """

    statement: str
    modules: tuple[str, ...]
    objects: str
    quantities: Mapping[str, Term]
    scripts: Mapping[str, str]
    assumptions: tuple[str, ...] = ()
    binders: Mapping[str, str] = field(default_factory=dict)
    read_as: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Goal:
    """One generated theorem: the conclusion it formalises, its Rocq name, its statement and its proof."""

    claim: str
    name: str
    statement: str
    script: str

    @property
    def source(self) -> str:
        return f"Theorem {self.name} :\n{self.statement}.\nProof.\nintros.\n{self.script}\nQed.\n"


def table(slug: str) -> dict[str, Formal]:
    """The formalised statements of a slug by their id; empty where it has none."""
    name = f"theorems.{slug}.formal"
    if importlib.util.find_spec(f"theorems.{slug}") is None or importlib.util.find_spec(name) is None:
        return {}
    return {entry.statement: entry for entry in importlib.import_module(name).FORMAL}


def goals(statement: Statement, formal: Formal) -> list[Goal]:
    """The theorems of a statement, one for every conclusion that has a script, in order.

    Raises `Unprintable` if a claim names a quantity that has no term, `KeyError` for a script without a conclusion.
    """
    names = [claim.name for claim in statement.then]
    if unknown := sorted(set(formal.scripts) - set(names)):
        raise KeyError(f"{statement.id} has no conclusion {unknown}; it has {names}")
    stem = statement.id.split("~")[0].replace(".", "_")
    return [
        Goal(claim.name, f"{stem}_{number}", _theorem(statement, formal, claim), formal.scripts[claim.name])
        for number, claim in enumerate(statement.then, start=1)
        if claim.name in formal.scripts
    ]


def source(formal: Formal, chosen: Iterable[Goal]) -> str:
    """The Rocq file of some of the theorems of one statement."""
    modules = " ".join(f"Thinmargin.{name}" for name in formal.modules)
    head = f"Require Import Reals Lra Psatz Lia Arith.\nRequire Import {modules}.\nOpen Scope R_scope.\n"
    return "\n".join([head, *(goal.source for goal in chosen)])


def _theorem(statement: Statement, formal: Formal, conclusion: Claim) -> str:
    """``forall objects, assumptions -> let constants in hypotheses -> conclusion``."""
    claims = (*statement.given, conclusion)
    own = {f"constant_{declared.name}": value for declared, value in _constants(statement, claims)}
    abbreviations = {name: e for claim in claims for name, e in claim.abbreviations.items()}
    names = _rocq_names(formal, claims, own, abbreviations)
    lines = [f"  forall {formal.objects},"]
    lines += [f"  {assumption} ->" for assumption in formal.assumptions]
    relations = [claim.relation for claim in claims if _reading(formal, claim) is None]
    used = {s.name for part in (*relations, *abbreviations.values()) for s in part.free_symbols}
    lines += [f"  let {name} := {term} in" for name, term in _named_terms(formal, used)]
    lines += [f"  let {names[symbol]} := {text(sympy.Rational(*own[symbol].as_integer_ratio()), {})} in"
              for symbol in own if symbol in used]  # fmt: skip
    lines += [f"  let {names[name]} := {text(e, names)} in" for name, e in _in_order(abbreviations)]
    lines += [f"  ({_proposition(formal, claim, names)}) ->" for claim in statement.given]
    if _reading(formal, conclusion) is not None:
        raise Unprintable(f"{plain_text(conclusion.relation)} is read as a definition: it cannot be a conclusion")
    return "\n".join([*lines, f"  {_proposition(formal, conclusion, names)}"])


def _constants(statement: Statement, claims: Iterable[Claim]) -> list[tuple]:
    """The declared constants of the claims, with the values this statement gives them."""
    declared = {c.name: c for claim in claims for c in claim.constant_symbols.values()}
    return [(c, Fraction(statement.constants.get(c.name, c.value))) for c in declared.values()]


def _rocq_names(
    formal: Formal, claims: Iterable[Claim], own: Mapping[str, Fraction], abbreviations: Mapping[str, sympy.Expr]
) -> dict[str, str]:
    """The Rocq term of every symbol: a name where it is introduced by ``let``, otherwise the term in parentheses."""
    names = {}
    for quantity, term in formal.quantities.items():
        names[quantity] = quantity if term.named else term.text if _NAME.fullmatch(term.text) else f"({term.text})"
    for symbol in own:
        names[symbol] = symbol.replace("constant_", "C_")
    for symbol in abbreviations:
        names[symbol] = symbol.removeprefix("where_")
    return names


def _named_terms(formal: Formal, used: set[str]) -> list[tuple[str, str]]:
    """The quantities introduced by ``let`` that the claims need, directly or through others, in the table's order."""
    needed, waiting = set(), set(used)
    while waiting:
        name = waiting.pop()
        if name in formal.quantities and name not in needed:
            needed.add(name)
            waiting |= set(_NAME.findall(formal.quantities[name].text))
            waiting |= {w for b in formal.quantities[name].over for w in _NAME.findall(formal.binders[b])}
    return [(name, term.text) for name, term in formal.quantities.items() if term.named and name in needed]


def _in_order(abbreviations: Mapping[str, sympy.Expr]) -> list[tuple[str, sympy.Expr]]:
    """Abbreviations, each after those it uses."""
    ordered: dict[str, sympy.Expr] = {}

    def place(name: str) -> None:
        for symbol in sorted(abbreviations[name].free_symbols, key=lambda s: s.name):
            if symbol.name in abbreviations and symbol.name not in ordered:
                place(symbol.name)
        ordered.setdefault(name, abbreviations[name])

    for name in abbreviations:
        place(name)
    return list(ordered.items())


def _reading(formal: Formal, claim: Claim) -> str | None:
    """The proposition that a hypothesis about one measured residual or flag stands for."""
    return formal.read_as.get(plain_text(claim.relation))


def _proposition(formal: Formal, claim: Claim, names: Mapping[str, str]) -> str:
    """The relation of a claim under the binders of its quantities."""
    if (reading := _reading(formal, claim)) is not None:
        return reading
    over = {binder for name in claim.quantities if name in formal.quantities for binder in formal.quantities[name].over}
    ranges = [f"{text} " for binder, text in formal.binders.items() if binder in over]
    return "".join(ranges) + relation_text(claim.relation, names)
