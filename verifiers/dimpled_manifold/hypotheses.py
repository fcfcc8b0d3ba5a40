"""What every theorem about training on P rests on, one line each, with the evidence that a stored network gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from verifiers.errors import MissingPart
from verifiers.quantity import Enclosure, Measurements

State = Literal["holds", "fails", "consistent", "unlikely", "not in the file"]

UNLIKELY = 1e-6
"""A p-value below this is called unlikely; it is evidence, never a proof."""


@dataclass(frozen=True)
class Hypothesis:
    """Name, what it says, whether it holds, and the number that shows it."""

    name: str
    says: str
    state: State
    evidence: str


def _known(measured: Measurements, name: str) -> Enclosure | None:
    try:
        return measured[name]
    except MissingPart:
        return None


def hypotheses(measured: Measurements) -> tuple[Hypothesis, ...]:
    """H1 to H6 for a network with its points, subspace and, where they are given, start and law."""
    off, drift, law = measured["off_plane"], _known(measured, "normal_drift"), _known(measured, "law_p_value")
    inside = float(off.value) == 0
    found = [
        Hypothesis("H1", "the points lie in P", "holds" if inside else "fails",
                   "exactly" if inside else f"distance {float(off.value) ** 0.5:.3g}"),
        Hypothesis("H2", "the first layer is dense and shares no weights", "holds", "by the format"),
    ]  # fmt: skip
    if drift is None:
        still: tuple[State, str] = ("not in the file", "give the weights at the start")
    elif float(drift.value) == 0:
        still = ("consistent", "the orthogonal weights are those of the start times the decay, exactly")
    else:
        still = ("fails", f"an orthogonal weight moved by {float(drift.value):.3g}")
    found.append(Hypothesis("H3, H4", "updates combine gradients at points of P, without noise off it", *still))
    if law is None:
        start: tuple[State, str] = ("not in the file", "give beta")
    else:
        least = float(np.min(law.value))
        start = ("unlikely" if least < UNLIKELY else "consistent", f"least p-value {least:.3g} of {law.value.size}")
    found.append(Hypothesis("H5", "orthogonal weights started i.i.d. normal with deviation beta", *start))
    found.append(Hypothesis("H6", "points were chosen without looking at them", "not in the file", "your word"))
    return tuple(found)
