"""Where an instance comes from, as one line of text that replays it.

    TARGET?set.C=1/2&drop=HYPOTHESIS&then=MUTANT&space=NAME&x.n=4&x.r=1/3#DIGEST
    TARGET?family=NAME&seed=0&index=17&step=2.0#DIGEST

The part before the question mark names a statement (`theorems.engine.library`), `set`, `drop` and `then` the variant of
it that was questioned, the rest the instance; `step` is the path of choices through `Family.simpler`. The digest of the
instance guards against a construction that has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from constructions.instance import Draw, Instance
from constructions.space import Point, Space, format_value, parse_value
from theorems.engine import library, work
from theorems.statement import Family, Row, Statement, judge
from verifiers.errors import UsageError
from verifiers.verdict import Refuted

DIGITS = 12
"""Hex digits of the instance's digest in a replay string."""


@dataclass(frozen=True)
class Variation:
    """What is questioned: a statement, perhaps with constants moved, hypotheses dropped, or one of its mutants."""

    target: str
    constants: Mapping[str, Fraction] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    mutant: str | None = None

    def statement(self) -> Statement:
        """The statement varied. Raises `UsageError` naming what exists if a name does not."""
        found = library.statements(self.target)
        if len(found) != 1:
            names = ", ".join(statement.id for statement in found)
            raise UsageError(f"{self.target} holds {len(found)} statements; name one of {names}")
        return self.of(found[0])

    def of(self, statement: Statement) -> Statement:
        """The variation of a given statement."""
        from theorems.engine.mutate import mutants

        varied = statement
        if self.mutant is not None:
            known = {mutant.name: mutant for mutant in mutants(statement)}
            if self.mutant not in known:
                raise UsageError(f"{statement.id} has no mutant {self.mutant!r}; it has {', '.join(known) or 'none'}")
            varied = varied.mutated(known[self.mutant])
        try:
            for name in self.drop:
                varied = varied.variant(without=name)
            if self.constants:
                varied = varied.variant(constants=self.constants)
        except KeyError as error:
            raise UsageError(str(error.args[0])) from None
        if varied is statement:
            return statement
        return replace(varied, id=f"{statement.id}~{self.text}" if self.text else statement.id)

    @property
    def text(self) -> str:
        """What was changed, for people: ``C = 1/2, without r < 1``."""
        parts = [f"{name} = {value}" for name, value in self.constants.items()]
        parts += [f"without {name!r}" for name in self.drop]
        return ", ".join([*([self.mutant] if self.mutant else []), *parts])


@dataclass(frozen=True)
class Origin:
    """A point of a space, or a draw of a family followed by steps of simplification."""

    space: str | None = None
    point: Mapping[str, Any] | None = None
    family: str | None = None
    seed: int = 0
    index: int = 0
    steps: tuple[int, ...] = ()

    def draw(self, statement: Statement) -> Draw | None:
        """The instance again, or None where the construction has none. Raises `UsageError` on unknown names."""
        if self.space is not None:
            space = space_of(statement, self.space)
            instance = space.instance(self.point or {})
            return None if instance is None else Draw(instance, "searched", space.law)
        family = family_of(statement, self.family)
        generator = work.generator(self.seed, family.name, self.index)
        instance = family.draw(generator, self.index)
        for step in self.steps:
            instance = _simpler(family, instance, step)
        if instance is None:
            return None
        source = "searched" if self.steps else family.source
        return Draw(instance, source, family.law, self.seed, self.index)  # type: ignore[arg-type]

    def pairs(self) -> list[tuple[str, str]]:
        """The part of a replay string that names the instance."""
        if self.space is not None:
            return [("space", self.space), *((f"x.{k}", format_value(v)) for k, v in (self.point or {}).items())]
        steps = [("step", ".".join(map(str, self.steps)))] if self.steps else []
        return [("family", self.family or ""), ("seed", str(self.seed)), ("index", str(self.index)), *steps]


def _simpler(family: Family, instance: Instance | None, step: int) -> Instance | None:
    if instance is None or family.simpler is None:
        return None
    return next(islice(family.simpler(instance), step, None), None)


def space_of(statement: Statement, name: str | None) -> Space:
    """The space of that name. Raises `UsageError` naming what exists if there is none."""
    for space in statement.spaces:
        if space.name == name:
            return space
    known = ", ".join(space.name for space in statement.spaces) or "none"
    raise UsageError(f"{statement.id} has no space {name}; it has {known}")


def family_of(statement: Statement, name: str | None) -> Family:
    """The family of that name. Raises `UsageError` naming what exists if there is none."""
    for family in statement.instances:
        if family.name == name:
            return family
    known = ", ".join(family.name for family in statement.instances) or "none"
    raise UsageError(f"{statement.id} has no family {name}; it has {known}")


def replay_text(variation: Variation, origin: Origin, digest: str) -> str:
    """The string by which `thinmargin replay` finds the instance again."""
    pairs = [(f"set.{name}", str(value)) for name, value in variation.constants.items()]
    pairs += [("drop", name) for name in variation.drop]
    pairs += [("then", variation.mutant)] if variation.mutant else []
    query = urlencode([*pairs, *origin.pairs()], safe="/,:=<>()|^*", quote_via=quote)
    return f"{quote(variation.target, safe='/:.')}?{query}#{digest[:DIGITS]}"


def parse(text: str) -> tuple[Variation, Origin, str]:
    """Variation, origin and digest of a replay string. Raises `UsageError` on a string that is none."""
    head, separator, rest = text.strip().partition("?")
    query, _, digest = rest.rpartition("#")
    if not separator or not query or not digest:
        raise UsageError("a replay string looks like STATEMENT?space=NAME&x.n=4#DIGEST; quote it in the shell")
    constants: dict[str, Fraction] = {}
    drop: list[str] = []
    point: dict[str, str] = {}
    plain: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key.startswith("set."):
            constants[key[4:]] = _fraction(key, value)
        elif key == "drop":
            drop.append(value)
        elif key.startswith("x."):
            point[key[2:]] = value
        elif key in ("then", "space", "family", "seed", "index", "step"):
            plain[key] = value
        else:
            known = "set, drop, then, space, x, family, seed, index, step"
            raise UsageError(f"a replay string has no part {key!r}; its parts are {known}")
    variation = Variation(unquote(head), constants, tuple(drop), plain.get("then"))
    if "space" in plain:
        space = space_of(variation.statement(), plain["space"])
        values: Point = {name: parse_value(space, name, value) for name, value in point.items()}
        space.check(values)
        return variation, Origin(space=space.name, point={n: values[n] for n in space.parameters}), digest
    try:
        steps = tuple(int(step) for step in plain.get("step", "").split(".") if step)
        origin = Origin(family=plain["family"], seed=int(plain["seed"]), index=int(plain["index"]), steps=steps)
    except (KeyError, ValueError):
        text = "a replay string names space=NAME with x.PARAMETER=VALUE, or family=NAME, seed and index"
        raise UsageError(text) from None
    return variation, origin, digest


def _fraction(key: str, value: str) -> Fraction:
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{key}={value!r} is not a number such as 1/3") from None


def replay(text: str) -> tuple[Statement, Draw, Row]:
    """The statement, the instance and the row it is judged to, again.

    Raises `UsageError` if the instance no longer exists or is not the one the string was made from.
    """
    variation, origin, digest = parse(text)
    statement = variation.statement()
    draw = origin.draw(statement)
    if draw is None:
        raise UsageError("the construction gives no instance there any more; search again with `thinmargin falsify`")
    if not draw.instance.digest.startswith(digest):
        raise UsageError(
            f"the instance is now {draw.instance.short_digest}, not {digest}: its construction has changed since; "
            "search again with `thinmargin falsify`"
        )
    return statement, draw, judge(statement, draw)


def refutes(row: Row) -> bool:
    """True if the row is a refutation in exact or ball arithmetic (at law level, by an exact probability bound)."""
    return isinstance(row.verdict, Refuted)
