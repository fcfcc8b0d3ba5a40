"""Proof steps: what each step of a proof says, and what it rests on.

A step is one of five kinds.

* scalar: real numbers related by ``given`` satisfy ``conclude``. A machine proves it for all values in the stated
  range (`theorems.engine.prover`); ranges of parameters are ordinary ``given`` relations.
* checked: a finite computation for all values, such as a bisection. It writes certificates, and the independent checker
  must accept each of them; a text at the anchor says why their sentences give the step.
* argued: a short written proof, found by its anchor, whose inequalities are also checked on every instance under the
  names in ``checks``.
* cited: a named result of the literature.
* open: nobody has proved it here; the reason says what is missing.

Relations are sympy relations over plain real symbols with exact constants. Floats are refused: 0.1 is not 1/10.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import sympy
from sympy.core.relational import (
    Equality,
    GreaterThan,
    LessThan,
    Relational,
    StrictGreaterThan,
    StrictLessThan,
    Unequality,
)

from theorems import notation

Kind = Literal["scalar", "checked", "argued", "cited", "open"]
StepStatus = Literal["proved", "cited", "argued", "open"]
Support = Literal["z3", "sympy", "certificate", "rocq", "paper", "text", ""]

RELATIONS = (LessThan, GreaterThan, StrictLessThan, StrictGreaterThan, Equality, Unequality)


class InexactConstant(ValueError):
    """A float, NaN or infinity stands in a relation that is to be proved exactly."""


def exact_relation(relation: Any, where: str) -> Relational:
    """`relation` itself if it is a relation over plain real symbols with exact constants.

    Raises `InexactConstant` for floats, NaN and infinities, `ValueError` for relations without symbols and for symbols
    with assumptions beyond "real" (sympy would use them silently; a range belongs among the given relations).
    """
    if not isinstance(relation, RELATIONS):
        raise ValueError(f"step {where}: {relation!r} is not a relation between symbols; "
                         "it may have been evaluated to true or false when it was written")
    for atom in sympy.preorder_traversal(relation):
        if isinstance(atom, sympy.Float) or atom in (sympy.nan, sympy.oo, -sympy.oo, sympy.zoo):
            raise InexactConstant(f"step {where}: {atom} in {relation} is not an exact rational; write Rational(p, q)")
        if isinstance(atom, sympy.Symbol) and atom.assumptions0 != sympy.Symbol(atom.name, real=True).assumptions0:
            raise ValueError(f"step {where}: symbol {atom} must be a plain real symbol; put its range among the given")
    return relation


@dataclass(frozen=True)
class ProofStep:
    """One step of a proof. Build it with `scalar`, `checked`, `argued`, `cited` or `unproved`.

    ``uses`` names the steps, earlier in the same proof, that supply the given relations; two proofs may feed one step
    differently, so it takes no part in equality.
    """

    id: str
    title: str
    kind: Kind
    given: tuple[Relational, ...] = ()
    conclude: tuple[Relational, ...] = ()
    uses: tuple[str, ...] = field(default=(), compare=False)
    anchor: str = ""
    checks: tuple[str, ...] = ()
    reference: str = ""
    reason: str = ""
    find: Callable[[], Iterable[Mapping[str, Any]]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "given", tuple(exact_relation(r, self.id) for r in self.given))
        object.__setattr__(self, "conclude", tuple(exact_relation(r, self.id) for r in self.conclude))
        needed = {"scalar": self.conclude, "checked": self.find and self.anchor, "argued": self.anchor,
                  "cited": self.reference, "open": self.reason}
        if not needed[self.kind]:
            raise ValueError(f"step {self.id} is {self.kind} but does not say what that rests on")

    def after(self, *uses: str) -> ProofStep:
        """The same step in a proof where other steps supply what is given."""
        return replace(self, uses=uses)

    def latex(self) -> str:
        """Given and concluded relations as one LaTeX line; empty for steps that are not scalar."""
        if self.kind != "scalar":
            return ""
        given, conclude = (r",\; ".join(sympy.latex(r) for r in side) for side in (self.given, self.conclude))
        return rf"{given} \;\vdash\; {conclude}"

    def mathml(self) -> str:
        """Given and concluded relations as one MathML formula; empty for steps that are not scalar."""
        if self.kind != "scalar":
            return ""
        given, conclude = ("<mo>,</mo>".join(notation.presentation(r, {}) for r in side)
                           for side in (self.given, self.conclude))
        return notation.formula(f"{given}<mo>⊢</mo>{conclude}")


def scalar(id: str, title: str, given: Iterable[Any], conclude: Iterable[Any], uses: Iterable[str] = ()) -> ProofStep:
    """A step between real numbers, to be proved by machine for all values that satisfy the given relations."""
    return ProofStep(id, title, "scalar", given=tuple(given), conclude=tuple(conclude), uses=tuple(uses))


def argued(id: str, title: str, anchor: str, checks: Iterable[str] = (), uses: Iterable[str] = ()) -> ProofStep:
    """A step with a written proof at `anchor`; `checks` are the inequalities decided on every instance.

    Outside the library, where no ``arguments.md`` has such a section, `anchor` is the argument itself.
    """
    return ProofStep(id, title, "argued", anchor=anchor, checks=tuple(checks), uses=tuple(uses))


def checked(id: str, title: str, anchor: str, find: Callable[[], Iterable[Mapping[str, Any]]],
            checks: Iterable[str] = (), uses: Iterable[str] = ()) -> ProofStep:  # fmt: skip
    """A step that sealed certificates prove: those that `find()` yields, all accepted by the independent checker."""
    return ProofStep(id, title, "checked", anchor=anchor, find=find, checks=tuple(checks), uses=tuple(uses))


def cited(id: str, title: str, reference: str, uses: Iterable[str] = ()) -> ProofStep:
    """A step that is a named result of the literature."""
    return ProofStep(id, title, "cited", reference=reference, uses=tuple(uses))


def unproved(id: str, title: str, reason: str) -> ProofStep:
    """A step without proof; `reason` says what is missing."""
    return ProofStep(id, title, "open", reason=reason)


@dataclass(frozen=True)
class StepResult:
    """What became of one step.

    ``model`` are values that satisfy what is given and violate the conclusion; ``confirmed`` says whether replaying
    them in rational arithmetic showed exactly that (None without a model). ``vacuous`` means no values satisfy what is
    given. ``certificates`` are for the independent checker, which verifies them by expanding polynomials; a conclusion
    may need several (one per case of a maximum, one per denominator), and ``certified`` says that every conclusion has
    all of its own.
    """

    id: str
    status: StepStatus
    by: Support
    detail: str
    seconds: float = 0.0
    model: Mapping[str, Fraction] | None = None
    confirmed: bool | None = None
    vacuous: bool = False
    certified: bool = False
    certificates: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    def to_json(self) -> dict[str, Any]:
        """The entry of a verification record: step, status, by, and what a reader needs beside them."""
        entry: dict[str, Any] = {"step": self.id, "status": self.status, "by": self.by, "detail": self.detail,
                                 "seconds": self.seconds, "vacuous": self.vacuous, "certified": self.certified}
        if self.model is not None:
            entry |= {"model": {name: str(value) for name, value in self.model.items()}, "confirmed": self.confirmed}
        return entry


@cache
def arguments(slug: str) -> dict[str, str]:
    """The written arguments of a slug by anchor: sections ``## ANCHOR. Title`` of its ``arguments.md``, if any."""
    try:
        text = files(f"theorems.{slug}").joinpath("arguments.md").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return {}
    return {part.split(".", 1)[0]: part.strip() for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]}
