"""What is measured: a network, what P sees of one, a run of descent, an attacked step, a student, a tail bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import wraps
from typing import Any

import numpy as np

from constructions.dimpled_manifold import (
    AttackedStep,
    DeepInstance,
    DescentRun,
    MislabelledInstance,
    NetworkInstance,
    PlaneInstance,
    TailInstance,
    number_of,
)
from constructions.dimpled_manifold.runs import Panel
from verifiers import arithmetic
from verifiers.dimpled_manifold.attacked import AttackedSubject
from verifiers.dimpled_manifold.deep import DeepSubject
from verifiers.dimpled_manifold.descent import DescentSubject
from verifiers.dimpled_manifold.flip import Seen
from verifiers.dimpled_manifold.network import NetworkSubject
from verifiers.dimpled_manifold.student import StudentSubject
from verifiers.errors import MissingPart
from verifiers.quantity import Catalogue, Enclosure, Measurements, enclose


class TailSubject:
    """A chi-square variable and an exponent."""

    def __init__(self, instance: TailInstance) -> None:
        self.freedom = int(instance.codimension)
        self.exponent = number_of(instance.exponent)


class RunsSubject:
    """A panel of runs."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel


KINDS: dict[type, tuple[Callable[[Any], Any], str]] = {
    NetworkInstance: (NetworkSubject, "a network with its subspace"),
    PlaneInstance: (Seen, "what P sees of a network"),
    DescentRun: (DescentSubject, "a run of descent"),
    AttackedStep: (AttackedSubject, "a step of adversarial training"),
    MislabelledInstance: (StudentSubject, "a student of mislabelled points"),
    TailInstance: (TailSubject, "a tail bound"),
    Panel: (RunsSubject, "a panel of runs"),
    DeepInstance: (DeepSubject, "a network with two hidden layers"),
}
"""Subject and name by type of instance."""


def _subject(instance: Any) -> Any:
    for kind, (make, _) in KINDS.items():
        if isinstance(instance, kind):
            return make(instance)
    raise MissingPart("this statement is about networks trained on a subspace, which this instance is not")


CATALOGUE = Catalogue(_subject)
"""Every quantity of dimpled_manifold, filled by the modules `quantities_*` of this folder."""

_NAMES = {make: name for make, name in KINDS.values()}


def measures_on(kind: Any) -> Callable[..., Callable]:
    """`CATALOGUE.measures` for one kind of subject; the others lack the part."""

    def declare(unit: str, doc: str, axes: tuple[str, ...] = (), name: str | None = None) -> Callable:
        def register(function: Callable[[Any], Enclosure]) -> Callable[[Any], Enclosure]:
            @wraps(function)
            def checked(subject: Any) -> Enclosure:
                if not isinstance(subject, kind):
                    raise MissingPart(f"this is measured on {_NAMES[kind]}, not on {_NAMES[type(subject)]}")
                return function(subject)

            return CATALOGUE.measures(unit, doc, axes, name or function.__name__)(checked)

        return register

    return declare


def measure(instance: Any, constants: Mapping[str, Fraction] | None = None) -> Measurements:
    """Lazy measurements of an instance of dimpled_manifold, kept per digest; no quantity depends on a constant."""
    return CATALOGUE.measure(instance)


def enclosed(bounds: Any, axes: tuple[str, ...]) -> Enclosure:
    """Enclosure of rational bounds [(lower, upper), ...] along one axis: exact where all of them meet."""
    lower, upper = (np.array([pair[i] for pair in bounds], dtype=object) for i in range(2))
    if all(a == b for a, b in bounds):
        return enclose(lower, axes)
    return enclose(arithmetic.ball_between(lower, upper), axes)
