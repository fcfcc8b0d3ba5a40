"""What runs of training say of a law: how likely an event of one run is, enclosed from independent seeds.

The seeds of a panel were fixed before it was made. Rigor is statistical: the radii behind an event are those that the
attack of the experiment finds, so the event, and its probability, are about that attack.
"""

from __future__ import annotations

import numpy as np

from constructions.dimpled_manifold.runs import EVENTS, Panel
from verifiers.dimpled_manifold.subject import RunsSubject, measures_on
from verifiers.errors import MissingPart
from verifiers.quantity import Enclosure, enclose
from verifiers.tally import probability_bounds
from verifiers.verdict import Rigor

_measures = measures_on(RunsSubject)


@_measures("runs", "independent runs of a panel, fixed before it was made")
def seeds(subject: RunsSubject) -> Enclosure:
    return enclose(subject.panel.seeds)


def event_probability(panel: Panel, name: str) -> Enclosure:
    """Enclosure of the probability of an event, by the exact binomial bounds for the number of seeds that meet it."""
    kind, _, decide = EVENTS[name]
    if not isinstance(panel, kind):
        raise MissingPart(f"{name} is read off runs of another experiment, {kind.__name__.lower()}")
    with np.errstate(all="ignore"):
        met = int(np.asarray(decide(panel), dtype=bool).sum())
    lower, upper = probability_bounds(met, 0, panel.seeds, fixed=True)
    bounds = np.array([lower, met / panel.seeds, upper])
    return Enclosure((), bounds[0, ...], bounds[1, ...], bounds[2, ...], Rigor.STATISTICAL)


def _declare(name: str, text: str) -> None:
    @_measures("1", f"probability over seeds that {text}", name=f"probability_{name}")
    def measured(subject: RunsSubject) -> Enclosure:
        return event_probability(subject.panel, name)


for _name, (_kind, _text, _decide) in EVENTS.items():
    _declare(_name, _text)
