"""The language: a statement is hypotheses and conclusions over measured quantities, with source, proof and limits.

``statement.variant(...)`` and ``evaluate(statement, draws)`` are the two operations from which verification, mutants,
necessity and sharpening are built.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy as np

from constructions.instance import Draw, Instance
from constructions.instance import Source as Origin
from constructions.space import Space
from theorems.claim import Claim, Constant, Outcome
from theorems.proof import ProofStep
from verifiers.errors import MissingPart, NoCertificate
from verifiers.quantity import Measurements, Quantity
from verifiers.verdict import (
    Basis,
    Holds,
    HypothesisFailed,
    Refuted,
    Rigor,
    Undecided,
    Unsupported,
    Verdict,
)

Kind = Literal["theorem", "lemma", "proposition", "conjecture"]
Status = Literal["proved", "supported", "refuted", "undecided", "vacuous"]
Provenance = Literal["seen", "recalled", "derived"]


@dataclass(frozen=True)
class Source:
    """Where a statement comes from, and whether its text was seen, recalled from memory, or derived here."""

    paper: str
    item: str
    provenance: Provenance
    version: int = 1


@dataclass(frozen=True)
class Family:
    """A named stream of instances: `draw(generator, index)` its law, and how many each profile takes.

    `simpler(instance)` yields smaller and plainer instances of the same construction, simplest first; a search uses it
    to shrink what it found.
    """

    name: str
    source: Origin
    law: str
    draw: Callable[[np.random.Generator, int], Instance | None]
    quick: int
    full: int
    simpler: Callable[[Any], Iterator[Instance]] | None = field(default=None, repr=False)

    def count(self, profile: str) -> int:
        return self.quick if profile == "quick" else self.full

    @classmethod
    def of(cls, space: Space, quick: int, full: int, name: str | None = None) -> Family:
        """Independent draws from the law of a space, named like it."""
        return cls(name or space.name, "random", space.law, partial(_draw_from, space), quick, full)


def _draw_from(space: Space, generator: np.random.Generator, index: int) -> Instance | None:
    return space.instance(space.draw(generator))


@dataclass(frozen=True)
class Mutant:
    """A change that should turn the statement false (`known_false`) or whose truth is open.

    `then` replaces the conclusions, `given` the hypotheses, `constants` moves named constants, `without` drops a
    hypothesis.
    """

    name: str
    then: tuple[Claim, ...] | None = None
    constants: Mapping[str, Fraction] = field(default_factory=dict)
    without: str | None = None
    known_false: bool = True
    given: tuple[Claim, ...] | None = None


@dataclass(frozen=True)
class Statement:
    """A theorem, lemma, proposition or conjecture; see `theorems/_template.py` for how one is written.

    `measure(instance, constants)` returns the quantities. `basis` says what a conclusion decided on one instance
    speaks about. `expected` is the status this library ships it with; `promised` the least number of instances on
    which the quick profile must have checked it. `certify(instance)` yields sealed certificates of what was decided.
    `spaces` is where searches and campaigns look beyond `instances`; `measure_batch(arrays)` measures what
    `Space.stack` returns as float64 arrays with leading axis B, by quantity name: fast, and trusted for proposals only.
    """

    id: str
    title: str
    source: Source
    given: tuple[Claim, ...]
    then: tuple[Claim, ...]
    measure: Callable[[Any, Mapping[str, Fraction]], Measurements]
    does_not_claim: str
    catalogue: Mapping[str, Quantity] = field(default_factory=dict, repr=False)
    kind: Kind = "theorem"
    instances: tuple[Family, ...] = ()
    proof: tuple[ProofStep, ...] = ()
    mutants: tuple[Mutant, ...] = ()
    expected: Status = "supported"
    basis: Basis = "instance"
    promised: int = 1
    constants: Mapping[str, Fraction] = field(default_factory=dict)
    certify: Callable[[Any], Iterable[dict[str, Any]]] | None = None
    spaces: tuple[Space, ...] = ()
    measure_batch: Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]] | None = field(
        default=None, repr=False
    )

    def __post_init__(self) -> None:
        if not self.then:
            raise ValueError(f"{self.id} concludes nothing; give at least one claim in `then`")
        for part in (self.given, self.then, self.mutants):
            names = [item.name for item in part]
            if len(set(names)) < len(names):
                raise ValueError(f"{self.id} uses one name twice among {names}; records count by name")

    @property
    def slug(self) -> str:
        return self.id.split(".")[0]

    @property
    def refuting_rigor(self) -> Rigor:
        """Least rigor at which a failing conclusion refutes: certified, or statistical for what is said of a law."""
        return Rigor.STATISTICAL if self.basis == "law" else Rigor.CERTIFIED

    @property
    def declared_constants(self) -> dict[str, Constant]:
        """The named constants of all claims with the values the statement gives them."""
        return {name: declared for claim in (*self.given, *self.then) for name, declared in claim.constants.items()}

    @property
    def abbreviations(self) -> dict[str, Any]:
        """What the abbreviations in its claims stand for, in order of first use."""
        return {name: e for claim in (*self.given, *self.then) for name, e in claim.abbreviations.items()}

    def quantities(self) -> tuple[Quantity, ...]:
        """Declarations of the quantities its claims name."""
        names = {name for claim in (*self.given, *self.then) for name in claim.quantities}
        return tuple(self.catalogue[name] for name in sorted(names) if name in self.catalogue)

    def mathml(self) -> str:
        """Hypotheses and conclusions as MathML, one element per claim."""
        return "".join(claim.mathml() for claim in (*self.given, *self.then))

    def latex(self) -> str:
        """Hypotheses and conclusions as one LaTeX line."""
        conclusion = r",\; ".join(claim.latex() for claim in self.then)
        return r",\; ".join(claim.latex() for claim in self.given) + r" \;\Longrightarrow\; " + conclusion

    def variant(
        self,
        *,
        name: str = "variant",
        constants: Mapping[str, Any] | None = None,
        without: str | None = None,
        then: tuple[Claim, ...] | None = None,
        given: tuple[Claim, ...] | None = None,
    ) -> Statement:
        """The same statement with constants moved, one hypothesis dropped, or conclusions or hypotheses replaced.

        Raises `KeyError` if a named constant or hypothesis does not exist.
        """
        moved = {key: Fraction(value) for key, value in (constants or {}).items()}
        for key in moved:
            if key not in self.declared_constants:
                raise KeyError(f"{self.id} has no constant {key}; it has {sorted(self.declared_constants) or 'none'}")
        if without is not None and without not in [claim.name for claim in self.given]:
            raise KeyError(f"{self.id} has no hypothesis {without!r}; it has {[claim.name for claim in self.given]}")
        return replace(
            self,
            id=f"{self.id}~{name}",
            constants=dict(self.constants) | moved,
            proof=(),
            mutants=(),
            given=tuple(claim for claim in (self.given if given is None else given) if claim.name != without),
            then=then or self.then,
        )

    def mutated(self, mutant: Mutant) -> Statement:
        """The statement that a mutant makes."""
        return self.variant(
            name=mutant.name, constants=mutant.constants, without=mutant.without, then=mutant.then, given=mutant.given
        )

    def mutations(self) -> Iterator[tuple[Mutant, Statement]]:
        """Each declared mutant with the statement it makes."""
        for mutant in self.mutants:
            yield mutant, self.mutated(mutant)


Theorem = partial(Statement, kind="theorem")
Lemma = partial(Statement, kind="lemma")
Proposition = partial(Statement, kind="proposition")
Conjecture = partial(Statement, kind="conjecture")


@dataclass(frozen=True)
class Row:
    """One statement on one instance: the verdict, and what every claim said."""

    statement: str
    instance: str
    source: Origin
    verdict: Verdict
    hypotheses: tuple[Outcome, ...]
    conclusions: tuple[Outcome, ...]
    seconds: float


def judge(statement: Statement, draw: Draw) -> Row:
    """Decide one statement on one instance."""
    start = time.perf_counter()
    hypotheses: list[Outcome] = []
    conclusions: list[Outcome] = []
    try:
        measured = statement.measure(draw.instance, statement.constants)
        verdict = _hypotheses(statement, measured, hypotheses)
        if verdict is None:
            found, failure = _decide(statement, measured, hypotheses)
            if failure is not None and all(outcome.state != "fails" for outcome in found):
                raise failure
            conclusions += found
            verdict = _conclusions(hypotheses, conclusions)
    except MissingPart as missing:
        verdict = Unsupported(str(missing))
    except (NoCertificate, np.linalg.LinAlgError) as failure:
        verdict = Undecided(str(failure))
    return Row(
        statement.id,
        draw.instance.digest,
        draw.source,
        verdict,
        tuple(hypotheses),
        tuple(conclusions),
        time.perf_counter() - start,
    )


def _hypotheses(statement: Statement, measured: Measurements, outcomes: list[Outcome]) -> Verdict | None:
    for claim in statement.given:
        outcome = claim.decide(measured, statement.constants)
        outcomes.append(outcome)
        if outcome.state == "fails" or (outcome.state == "undecided" and outcome.note.startswith("numerical")):
            return HypothesisFailed(claim.name, outcome.left, outcome.right, outcome.where, claim.relation.rel_op)
        if outcome.state == "undecided":
            return Undecided(f"hypothesis {claim.name!r}: {outcome.note}")
    return None


def _decide(
    statement: Statement, measured: Measurements, hypotheses: list[Outcome]
) -> tuple[list[Outcome], Exception | None]:
    """What every conclusion says, and the first failure to measure one: it must not hide that another one fails.

    A conclusion fails only if it and every hypothesis are decided in balls or rationals, or, where the statement is
    about a law, by an exact probability bound.
    """
    given = min((outcome.rigor for outcome in hypotheses), default=Rigor.EXACT)
    outcomes: list[Outcome] = []
    failure: Exception | None = None
    for claim in statement.then:
        try:
            outcome = claim.decide(measured, statement.constants, statement.refuting_rigor)
        except (MissingPart, NoCertificate, np.linalg.LinAlgError) as error:
            failure = failure or error
            continue
        if outcome.state == "fails" and given < statement.refuting_rigor:
            note = f"numerical violation: the hypotheses hold at {given} rigor only"
            outcome = replace(outcome, state="undecided", note=note)
        outcomes.append(outcome)
    return outcomes, failure


def _conclusions(hypotheses: list[Outcome], conclusions: list[Outcome]) -> Verdict:
    """One failing conclusion refutes; all must hold for the statement to hold."""
    given = min((outcome.rigor for outcome in hypotheses), default=Rigor.EXACT)
    refuted = [outcome for outcome in conclusions if outcome.state == "fails"]
    if refuted:
        worst = min(refuted, key=lambda outcome: outcome.slack)
        return Refuted(worst.name, -worst.slack, worst.where, min(worst.rigor, given))
    open_ones = [outcome for outcome in conclusions if outcome.state != "holds"]
    if open_ones:
        return Undecided(f"{open_ones[0].name}: {open_ones[0].note}")
    rigor = min((outcome.rigor for outcome in conclusions), default=Rigor.EXACT)
    least = min(conclusions, key=lambda outcome: outcome.slack)
    return Holds(least.slack, min(outcome.relative_slack for outcome in conclusions), min(rigor, given))


def evaluate(statement: Statement, draws: Iterable[Draw]) -> list[Row]:
    """Decide one statement on a batch of instances, in order."""
    return [judge(statement, draw) for draw in draws]
