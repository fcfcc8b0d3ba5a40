"""Tallies: how the i.i.d. draws of a declared law came out, counted so that runs merge exactly.

A tally says of which law and which question (`about`), which draws were made (`ranges`), and how many of them met the
event, failed it, were left open, or did not meet the condition. Equal draws give equal tallies, however a run was cut
into pieces: ranges are kept sorted and joined, counts are whole numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, InvalidInstance

COUNTS = ("successes", "failures", "undecided", "rejected")


@dataclass(frozen=True, eq=False)
class Tally(Instance):
    """Counts of independent draws from one law.

    about: the law, the event and the condition, a text, stored as code points (length,). ranges (k, 3): seed and
    half-open interval start, stop of draw numbers, disjoint. successes, failures: draws that meet the condition, on
    which the event certainly holds or certainly fails. rejected: draws on which there is no instance or the condition
    certainly fails. undecided: all others; nobody may count them as what they wish.
    """

    slug: ClassVar[str] = "tally"

    about: Any
    ranges: Any
    successes: Any = 0
    failures: Any = 0
    undecided: Any = 0
    rejected: Any = 0

    def __post_init__(self) -> None:
        if isinstance(self.about, str):
            object.__setattr__(self, "about", np.array([ord(letter) for letter in self.about], dtype=np.int64))
        super().__post_init__()

    def validate(self) -> None:
        parts = [getattr(self, name) for name in ("about", "ranges", *COUNTS)]
        whole = all(part is not None and part.dtype.kind == "i" for part in parts)
        if not whole or self.ranges.ndim != 2 or self.ranges.shape[1] != 3 or self.about.size == 0:
            raise InvalidInstance("a tally needs a text, ranges (seed, start, stop) and four counts, all whole numbers")
        rows = sorted(tuple(row) for row in self.ranges.tolist())
        if any(seed < 0 or not 0 <= start < stop for seed, start, stop in rows):
            raise InvalidInstance("every range of draws needs a seed >= 0 and 0 <= start < stop")
        twice = overlap(rows, ())
        if twice is not None:
            raise InvalidInstance(f"draws {twice[1]}..{twice[2] - 1} of seed {twice[0]} are listed twice")
        joined = np.array(_joined(rows), dtype=np.int64)
        joined.setflags(write=False)
        object.__setattr__(self, "ranges", joined)
        counts = [int(getattr(self, name)) for name in COUNTS]
        if min(counts) < 0 or sum(counts) != self.draws:
            raise InvalidInstance(f"counts {counts} do not add up to the {self.draws} draws of the ranges")

    @property
    def law(self) -> str:
        """The text of `about`."""
        return "".join(map(chr, self.about.tolist()))

    @property
    def draws(self) -> int:
        """How many draws were made."""
        return int((self.ranges[:, 2] - self.ranges[:, 1]).sum())

    @property
    def trials(self) -> int:
        """Draws that meet the condition or may meet it: the sample size of every bound."""
        return self.draws - int(self.rejected)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: about, ranges, and the four counts."""
        content = {"about": self.law, "ranges": self.ranges.tolist()}
        return content | {name: int(getattr(self, name)) for name in COUNTS}

    @classmethod
    def from_json(cls, content: dict[str, Any] | str) -> Tally:
        """Inverse of `to_json`, from the object or its text. Raises `InvalidInstance` on anything else."""
        try:
            found = json.loads(content) if isinstance(content, str) else content
            return cls(found["about"], found["ranges"], *[found[name] for name in COUNTS])
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidInstance(f"not a tally: {error}") from None


def overlap(first: Iterable[Iterable[int]], second: Iterable[Iterable[int]]) -> tuple[int, int, int] | None:
    """Some draws (seed, start, stop) that occur twice among the ranges of both, or None."""
    rows = sorted((*map(tuple, first), *map(tuple, second)))
    for (seed, _, stop), (other, start, end) in zip(rows, rows[1:], strict=False):
        if seed == other and start < stop:
            return seed, start, min(stop, end)
    return None


def _joined(rows: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Sorted disjoint ranges with neighbours joined."""
    joined = rows[:1]
    for seed, start, stop in rows[1:]:
        if (seed, start) == (joined[-1][0], joined[-1][2]):
            joined[-1] = (seed, joined[-1][1], stop)
        else:
            joined.append((seed, start, stop))
    return joined
