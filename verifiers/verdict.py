"""Rigor, and the five answers a statement can give on one instance. Different truths are different types."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Literal


class Rigor(IntEnum):
    """How much a number may be trusted, ordered from least to most.

    exact: rational arithmetic. certified: ball arithmetic or a checked dual bound. statistical: an exact probability
    bound on an i.i.d. sample. numerical: float64 with an error estimate. empirical: what runs happened to show.
    """

    EMPIRICAL = 0
    NUMERICAL = 1
    STATISTICAL = 2
    CERTIFIED = 3
    EXACT = 4

    def __str__(self) -> str:
        return self.name.lower()


Basis = Literal["all_parameters", "dataset", "instance", "law", "runs"]


class Verdict:
    """Base of the five verdicts. A verdict has no truth value: match on its type instead."""

    def __bool__(self) -> bool:
        raise TypeError(
            "a verdict has no truth value; match on Holds, Refuted, HypothesisFailed, Undecided, Unsupported"
        )

    def to_json(self) -> dict[str, Any]:
        content = asdict(self)  # type: ignore[call-overload]
        for key, value in content.items():
            if isinstance(value, Rigor):
                content[key] = str(value)
        return {"verdict": type(self).__name__} | content


@dataclass(frozen=True)
class Holds(Verdict):
    """All conclusions hold on their whole enclosures. Slack is right minus left as written, least over all entries."""

    slack: float
    relative_slack: float
    rigor: Rigor


@dataclass(frozen=True)
class Refuted(Verdict):
    """A conclusion fails on its whole enclosure in ball or rational arithmetic while every hypothesis holds.

    A statement about a law is also refuted, at statistical rigor, by an exact bound on a probability.
    """

    conclusion: str
    violation: float
    where: str
    rigor: Rigor


@dataclass(frozen=True)
class HypothesisFailed(Verdict):
    """A hypothesis does not hold, so the instance says nothing about the statement.

    It needs ``measured relation required`` at every entry; the worst one is given.
    """

    name: str
    measured: float
    required: float
    where: str = ""
    relation: str = "<="


@dataclass(frozen=True)
class Undecided(Verdict):
    """The enclosure does not decide, or only floats say no."""

    reason: str


@dataclass(frozen=True)
class Unsupported(Verdict):
    """The instance lacks a part the statement speaks about."""

    reason: str


_TYPES = {kind.__name__: kind for kind in (Holds, Refuted, HypothesisFailed, Undecided, Unsupported)}


def verdict_from_json(content: dict[str, Any]) -> Verdict:
    """Inverse of `Verdict.to_json`."""
    fields = dict(content)
    kind = _TYPES[fields.pop("verdict")]
    if "rigor" in fields:
        fields["rigor"] = Rigor[fields["rigor"].upper()]
    return kind(**fields)
