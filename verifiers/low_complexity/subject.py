"""What is measured: one instance, with its law, the moments and its model brought into the form that is exact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.low_complexity import MAXIMUM, GateInstance, LowInstance, MenuInstance
from verifiers.errors import MissingPart
from verifiers.low_complexity.additive import Additive
from verifiers.low_complexity.bounds import Moments, moments
from verifiers.low_complexity.ceilings import MomentSpan, moments_of
from verifiers.low_complexity.kernel import GateSubject
from verifiers.low_complexity.lattice import Lattice, lattice_of
from verifiers.low_complexity.linear import Groups, affine_accuracy, groups_of
from verifiers.low_complexity.menu import Attacked, MenuSubject
from verifiers.low_complexity.quadratic import quadratic_accuracy
from verifiers.quantity import Catalogue, Enclosure, Measurements


class Subject:
    """One instance with what the quantities share; every part is computed on first use."""

    def __init__(self, instance: LowInstance) -> None:
        self.instance = instance
        self.tau = instance.tau
        self.maximum = int(instance.norm) == MAXIMUM

    @property
    def law(self) -> Any:
        """The law. Raises `MissingPart` for an instance that is a sample alone."""
        if self.instance.family is None:
            raise MissingPart("this statement is about a law; the instance holds a sample alone")
        return self.instance.law

    @cached_property
    def lattice(self) -> Lattice:
        """The law as sums of whole steps; raises `MissingPart` for laws that have no such form."""
        return lattice_of(self.law)

    @cached_property
    def moments(self) -> Moments:
        """Moments under the condition on the margin, for laws on a lattice."""
        return moments(self.lattice)

    @cached_property
    def moment_span(self) -> MomentSpan:
        """The same for every law, from below and above."""
        return moments_of(self.law)

    def part(self, name: str) -> Any:
        """A part of the model as fractions. Raises `MissingPart` if the instance lacks it."""
        value = getattr(self.instance, name)
        if value is None:
            raise MissingPart(f"this instance has no {name}")
        return fractions_of(value)

    @cached_property
    def groups(self) -> Groups:
        """The weights, up to the order of their entries."""
        return groups_of(self.part("weights").tolist())

    @property
    def offset(self) -> Fraction:
        """The intercept w_0, 0 where there is none."""
        return Fraction(0) if self.instance.intercept is None else self.instance.number("intercept")

    def accuracy(self, odd: bool = False) -> tuple[Any, Any]:
        """(lower, upper) on the robust accuracy of the model: the two are one object where it is known exactly.

        `odd` takes its odd part: the linear one.
        """
        if self.instance.coefficients is not None:
            return self.additive.accuracy()
        if self.instance.quadratic is not None and not odd:
            if self.maximum:
                raise MissingPart("quadratics are enclosed in l2 only")
            linear = self.part("weights").tolist()
            return quadratic_accuracy(self.lattice, self.offset, linear, self.part("quadratic"), self.tau)
        offset = Fraction(0) if odd else self.offset
        exact = affine_accuracy(self.lattice, self.groups, self.tau, self.maximum, offset)
        return exact, exact

    @cached_property
    def additive(self) -> Additive:
        """The odd additive polynomial on the law."""
        if self.maximum:
            raise MissingPart("polynomials are enclosed in l2 only")
        return Additive(self.lattice, self.part("coefficients").tolist(), self.tau)

    def nodes(self) -> list[tuple[Fraction, Fraction]]:
        """(p(a)/a, p'(a)) at the magnitudes a of the instance, the smallest first."""
        own = self.part("coefficients").tolist()
        found = []
        for square in self.part("squares").tolist():
            terms = [c * square**n for n, c in enumerate(own)]
            slope = sum((t * (2 * n + 1) for n, t in enumerate(terms)), Fraction(0))
            found.append((sum(terms, Fraction(0)), slope))
        return found

    def scaled_value(self, slope: bool, heavy: bool) -> Fraction:
        """p(1), p'(1), p(a)/a or p'(a) of the odd polynomial at a = 1/sqrt(k): rational for every k."""
        square = Fraction(1) if heavy else 1 / self.law.k
        own = self.part("coefficients").tolist()
        return sum((c * square**n * (2 * n + 1 if slope else 1) for n, c in enumerate(own)), Fraction(0))


def _subject(instance: LowInstance | MenuInstance | GateInstance) -> Subject | Attacked:
    if isinstance(instance, MenuInstance):
        return MenuSubject(instance)
    if isinstance(instance, GateInstance):
        return GateSubject(instance)
    if not isinstance(instance, LowInstance):
        raise MissingPart("this statement is about laws of sparse data and simple models, which this instance is not")
    return Subject(instance)


CATALOGUE = Catalogue(_subject)
"""Every quantity of low_complexity, filled by the modules `quantities_*` of this folder; `extended()` adds your own."""


NAMES: dict[type, str] = {
    Subject: "a law or a simple model", Attacked: "a sample with a menu of perturbations",
    MenuSubject: "polynomials on a sample with a menu", GateSubject: "frozen gates on a sample with a menu",
}  # fmt: skip

KINDS: dict[str, type] = {}
"""The kind of subject on which each quantity is measured."""


def measures_on(kind: type) -> Callable[..., Callable]:
    """`CATALOGUE.measures` for one kind of subject; the other lacks the part."""

    def declare(unit: str, doc: str, axes: tuple[str, ...] = (), name: str | None = None) -> Callable:
        def register(function: Callable[[Any], Enclosure]) -> Callable[[Any], Enclosure]:
            own = name or function.__name__
            KINDS[own] = kind

            def checked(subject: Any) -> Enclosure:
                if not isinstance(subject, kind):
                    raise MissingPart(f"this is measured on {NAMES[kind]}, not on {NAMES[type(subject)]}")
                return function(subject)

            CATALOGUE.measures(unit, doc, axes, own)(checked)
            return function

        return register

    return declare


def measure(
    instance: LowInstance | MenuInstance | GateInstance, constants: Mapping[str, Fraction] | None = None
) -> Measurements:
    """Lazy measurements of a low_complexity instance; no quantity depends on a constant of a claim."""
    return CATALOGUE.measure(instance, constants)


def enumerated(subject: Subject) -> tuple[Fraction, Any]:
    """(accuracy, probability of acceptance) of the affine classifier by going through all points: the slow way.

    It shares nothing with the convolutions but the comparison of a score with a radius. Noise is not allowed.
    """
    from itertools import product

    from verifiers.low_complexity.linear import exceeds

    if subject.instance.quadratic is not None or subject.instance.coefficients is not None:
        raise MissingPart("enumeration takes affine classifiers only")
    lattice, weights = subject.lattice, subject.part("weights").tolist()
    steps = [(step, chance) for step, chance in lattice.steps if chance]
    if lattice.noise or len(steps) ** lattice.count > 10_000:
        raise MissingPart("enumeration takes no noise and at most 10000 points")
    length_sq = sum((abs(w) for w in weights), Fraction(0)) ** 2 if subject.maximum else sum(w**2 for w in weights)
    right = accepted = Fraction(0)
    for point in product(steps, repeat=lattice.count):
        total = sum(step for step, _ in point)
        if abs(total) < lattice.least:
            continue
        weight = Fraction(int(np.sign(total)) ** 2)
        for _, chance in point:
            weight *= chance
        accepted += weight
        label = 1 if total > 0 else -1
        score = label * sum((w * step for w, (step, _) in zip(weights, point, strict=True)), Fraction(0))
        if exceeds(score, lattice.unit_sq, label * subject.offset, subject.tau**2 * length_sq):
            right += weight
    if accepted == 0:
        raise MissingPart("no draw meets the condition on the margin; lower the gap")
    return right / accepted, accepted
