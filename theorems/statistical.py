"""Statements about laws: P(event | condition) >= level, or <= level, from independent draws.

    wide = Chance("wide_signs", laws=(Law.of(space, n=4),), event=(claim,), measure=measure, draws=1000)
    statement = wide.statement("kkt_margin.name", then=(Claim("almost always", wide.probability >= level),), ...)

Event and condition are claims about one draw, decided like the conclusions and hypotheses of any statement. What comes
out is an ordinary `Statement` of basis "law": its instances are tallies (`constructions.tally`), its quantity is the
probability enclosed at statistical rigor (`verifiers.tally`), so it is verified, reported and refuted like all others.
A run may be cut into pieces, watched and stopped: `count` any ranges of draws, `merge` them, judge the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

import numpy as np
import sympy

from constructions.instance import Draw, Instance
from constructions.space import Space, Value, format_value
from constructions.tally import COUNTS, Tally, overlap
from theorems.claim import Claim, expanded, quantity
from theorems.engine.work import generator
from theorems.statement import Family, Row, Source, Statement, judge
from verifiers.errors import MissingPart, UsageError
from verifiers.quantity import Catalogue, Measurements, enclose
from verifiers.tally import probability
from verifiers.verdict import Holds, HypothesisFailed, Refuted, Rigor

trials = quantity("trials", r"\mathrm{trials}")
"""Draws that meet the condition, or may."""


@dataclass(frozen=True)
class Law:
    """A declared law of instances: `sample(generator)` is one draw from it, or None where it gives no instance.

    Draws are independent because each has a generator of its own; they have one law because `sample` is told nothing
    else. A None counts as not meeting the condition: the law is the conditional one, given that there is an instance.
    """

    name: str
    text: str
    sample: Callable[[np.random.Generator], Instance | None] = field(repr=False)

    @classmethod
    def of(cls, source: Space | Family, **fixed: Value) -> Law:
        """The law of a space with some parameters fixed, or of a random family's first draw (index 0).

        Raises `UsageError` for a family that is not random, and for parameters that the space does not have.
        """
        if isinstance(source, Family):
            if source.source != "random" or fixed:
                raise UsageError(f"{source.name} is a {source.source} family; a law needs a random one, nothing fixed")
            return cls(source.name, source.law, partial(_of_family, source))
        unknown = set(fixed) - set(source.parameters)
        if unknown:
            raise UsageError(f"{source.name} has no parameter {min(unknown)}; it has {', '.join(source.parameters)}")
        chosen = ", ".join(f"{name} = {format_value(value)}" for name, value in fixed.items())
        free = {name: parameter for name, parameter in source.parameters.items() if name not in fixed}
        text = "; ".join(part for part in (chosen, replace(source, parameters=free).law) if part)
        return cls(f"{source.name}({chosen})" if chosen else source.name, text, partial(_of_space, source, fixed))


def _of_family(family: Family, own: np.random.Generator) -> Instance | None:
    return family.draw(own, 0)


def _of_space(space: Space, fixed: Mapping[str, Value], own: np.random.Generator) -> Instance | None:
    return space.instance(space.draw(own, fixed))


@dataclass(frozen=True)
class Chance:
    """The probability of an event under each of several laws, and how it is measured.

    `event` and `given` (the condition) are claims about the quantities that `measure(instance, constants)` returns for
    one draw, with the constants' own values. `draws` is the number of draws fixed in advance: a tally of exactly that
    many is bounded by Clopper and Pearson, any other by the sequence that is valid at every stopping time. `shown` is
    the LaTeX text of the probability; by default it names the claims.
    """

    name: str
    laws: tuple[Law, ...]
    event: tuple[Claim, ...]
    measure: Callable[[Any, Mapping[str, Fraction]], Measurements] = field(repr=False)
    given: tuple[Claim, ...] = ()
    draws: int = 1000
    shown: str | None = None

    def __post_init__(self) -> None:
        if not (self.laws and self.event and self.draws > 0 and self.name.isidentifier()):
            raise ValueError(f"{self.name} needs an identifier as name, a law, an event and at least one draw")
        if len({law.name for law in self.laws}) < len(self.laws):
            raise ValueError(f"{self.name} has two laws of one name; their draws would be the same")

    @cached_property
    def probability(self) -> sympy.Symbol:
        """The symbol for P(event | condition) in claims."""
        sides = [", ".join(claim.name for claim in claims) for claims in (self.event, self.given) if claims]
        text = " | ".join(sides).replace("{", "(").replace("}", ")")
        return quantity(f"probability_{self.name}", self.shown or rf"P(\mathrm{{{text}}})")

    @cached_property
    def catalogue(self) -> Catalogue:
        """Declarations of `probability` and `trials`, measured on a tally."""
        catalogue = Catalogue()
        formula = _question(self.event, self.given)
        catalogue.measures("probability", f"P({formula}), undecided draws against", name=self.probability.name)(
            lambda tally: probability(tally, self.draws)
        )
        catalogue.measures("draws", "draws that meet the condition, or may", name=trials.name)(
            lambda tally: enclose(tally.trials)
        )
        return catalogue

    @cached_property
    def _decided(self) -> Statement:
        """Event and condition as a statement about one draw."""
        source = Source("an event", self.name, "derived")
        return Statement(self.name, self.name, source, self.given, self.event, self.measure, "Nothing.")

    def about(self, law: Law) -> str:
        """What a tally counts: law, event and condition as text. Tallies merge only if it is the same."""
        return f"{law.name}: {law.text}: {_question(self.event, self.given)}"

    def count(self, law: Law, seed: int, start: int, stop: int) -> Tally:
        """The tally of draws start..stop-1 of a law. The generator of a draw comes from seed, law and number alone.

        Only what is decided in exact or ball arithmetic counts as success, failure or rejection.
        """
        counts = dict.fromkeys(COUNTS, 0)
        for number in range(start, stop):
            instance = law.sample(generator(seed, law.name, number))
            if instance is None:
                counts["rejected"] += 1
            else:
                counts[_answer(judge(self._decided, Draw(instance, "random", law.text, seed, number)))] += 1
        return Tally(self.about(law), [[seed, start, stop]], **counts)

    def draw(self, own: np.random.Generator, index: int) -> Tally:
        """The planned number of draws from one of the laws in turn, from a seed that the generator gives."""
        return self.count(self.laws[index % len(self.laws)], int(own.integers(2**62)), 0, self.draws)

    def measured(self, tally: Tally, constants: Mapping[str, Fraction] | None = None) -> Measurements:
        """Lazy measurements of a tally. Raises `MissingPart` for anything but a tally of this event under its laws."""
        if not isinstance(tally, Tally) or tally.law not in map(self.about, self.laws):
            raise MissingPart("this statement is about a random law, not about one instance")
        return Measurements(self.catalogue, tally)

    def statement(
        self, id: str, *, title: str, source: Source, then: tuple[Claim, ...], does_not_claim: str, **more: Any
    ) -> Statement:
        """The statement with these conclusions about `probability`, one tally per law in the quick profile.

        `more` are further fields of `Statement`, such as mutants and kind (default "proposition").
        """
        text = f"{self.draws} independent draws each: " + " | ".join(f"{law.name}: {law.text}" for law in self.laws)
        tallies = Family(self.name, "random", text, self.draw, quick=len(self.laws), full=4 * len(self.laws))
        fields: dict[str, Any] = {
            "kind": "proposition",
            "given": (Claim("a draw meets the condition", trials >= 1),),
            "measure": self.measured,
            "catalogue": self.catalogue,
            "instances": (tallies,),
            "basis": "law",
            "promised": len(self.laws),
        }
        return Statement(id, title, source, then=then, does_not_claim=does_not_claim, **(fields | more))


def chance_of(statement: Statement) -> Chance:
    """The chance that a statement is about. Raises `UsageError` if it is about none."""
    chance = getattr(statement.measure, "__self__", None)
    if not isinstance(chance, Chance):
        raise UsageError(f"{statement.id} is not about the probability of an event, so it has no draws to count")
    return chance


def merge(first: Tally, second: Tally) -> Tally:
    """The tally of both runs together: exact, associative, commutative.

    Raises `UsageError` if they are about different laws or events, or if a draw would be counted twice.
    """
    if first.law != second.law:
        raise UsageError(f"tallies of different laws or events do not merge: {first.law!r} and {second.law!r}")
    twice = overlap(first.ranges.tolist(), second.ranges.tolist())
    if twice is not None:
        seed, start, stop = twice
        raise UsageError(
            f"draws {start}..{stop - 1} of seed {seed} are in both tallies and would count twice; draw another range"
        )
    counts = {name: getattr(first, name) + getattr(second, name) for name in COUNTS}
    return Tally(first.law, np.concatenate([first.ranges, second.ranges]), **counts)


def _answer(row: Row) -> str:
    """Which of the four counts a draw belongs to."""
    if isinstance(row.verdict, Holds) and row.verdict.rigor >= Rigor.CERTIFIED:
        return "successes"
    if isinstance(row.verdict, Refuted):
        return "failures"
    if isinstance(row.verdict, HypothesisFailed) and row.hypotheses[-1].state == "fails":
        return "rejected"
    return "undecided"


def _question(event: tuple[Claim, ...], given: tuple[Claim, ...]) -> str:
    """Event and condition as formulas in the quantities, with abbreviations and constants written out."""
    sides = [", ".join(map(_formula, claims)) for claims in (event, given) if claims]
    return " | ".join(sides)


def _formula(claim: Claim) -> str:
    values = {
        sympy.Symbol(own, real=True): sympy.Rational(c.value.numerator, c.value.denominator)
        for own, c in claim.constant_symbols.items()
    }
    left, right = (sympy.sstr(expanded(side).xreplace(values)) for side in (claim.relation.lhs, claim.relation.rhs))
    return f"{left} {claim.relation.rel_op} {right}"
