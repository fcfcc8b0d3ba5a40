"""What is measured: a network with points, a law of sparse data, or a law of initialisations; parts computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property, wraps
from typing import Any

import numpy as np

from constructions.feature_purification import InitialLaw, PurificationInstance, SparseLaw
from constructions.feature_purification.pairs import PairInstance
from constructions.instance import fractions_of
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.feature_purification.attack import Attacked, Network, attack
from verifiers.feature_purification.certificate import energy, exact_bound, exact_heights, height_errors, lower_bounds
from verifiers.feature_purification.pair import PairSubject
from verifiers.quantity import Catalogue, Enclosure, Measurements
from verifiers.spectrum import Spectrum, spectral_bound

EXACT = 20_000
"""Points times neurons up to which everything is evaluated in rational arithmetic."""

FACTORS = (Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(2), Fraction(4))
"""Multipliers of the certificate, relative to the best one, at which its exact form is measured."""


def response(height: Any, bias: Any) -> Any:
    """phi_b of one exact number."""
    return max(height - bias, Fraction(0)) - max(-height - bias, Fraction(0))


class NetworkSubject:
    """A network, its points and the ball around them. `MissingPart` where the instance lacks what is asked for."""

    def __init__(self, instance: PurificationInstance) -> None:
        self.instance = instance

    @cached_property
    def weights(self) -> np.ndarray:
        return fractions_of(self.instance.weights)

    @cached_property
    def biases(self) -> list[Fraction]:
        return list(fractions_of(self.instance.biases))

    @cached_property
    def outputs(self) -> list[Fraction]:
        stored = self.instance.outputs
        return [Fraction(1)] * self.instance.width if stored is None else list(fractions_of(stored))

    @cached_property
    def points(self) -> np.ndarray:
        if self.instance.points is None:
            raise MissingPart("this is measured at labelled points, which the instance does not hold")
        return fractions_of(self.instance.points)

    @cached_property
    def labels(self) -> np.ndarray:
        self.points  # noqa: B018 - raises where there are none
        return np.asarray(self.instance.labels)

    @cached_property
    def radius(self) -> Fraction:
        if self.instance.radius is None:
            raise MissingPart("this is measured over a ball, and the instance gives no radius")
        value: Any = fractions_of(self.instance.radius)[()]
        return Fraction(value)

    @property
    def norm(self) -> int:
        return int(self.instance.norm)

    @cached_property
    def direction(self) -> list[Fraction]:
        """The dense direction M w*, not normalised; ones where the instance names none."""
        stored = self.instance.direction
        return [Fraction(1)] * self.instance.dimension if stored is None else list(fractions_of(stored))

    @property
    def exact(self) -> bool:
        """Whether rational arithmetic is affordable here."""
        return len(self.labels) * self.instance.width <= EXACT

    def require_exact(self) -> None:
        if not self.exact:
            raise MissingPart(f"measured in rational arithmetic, for at most {EXACT} pairs of a point and a neuron")

    @cached_property
    def heights(self) -> np.ndarray:
        """y <w_i, x>, fractions (n, m)."""
        self.require_exact()
        return exact_heights(self.points, self.weights, self.labels)

    def value(self, heights: Any) -> Fraction:
        """y f where the neurons have these exact heights."""
        rows = zip(heights, self.biases, self.outputs, strict=True)
        return sum((a * response(h, b) for h, b, a in rows), Fraction(0))

    def value_at(self, point: int, delta: Any) -> Fraction:
        """y f(x + delta) exactly, delta exact of any kind (d,)."""
        moved = self.points[point] + fractions_of(delta)
        return self.value(exact_heights(moved[None], self.weights, self.labels[point : point + 1])[0])

    @cached_property
    def network(self) -> Network:
        floats = (self.weights, self.biases, self.outputs)
        return Network(*(np.asarray(part, dtype=object).astype(np.float64) for part in floats))

    @cached_property
    def float_points(self) -> np.ndarray:
        return self.points.astype(np.float64)

    @cached_property
    def attacked(self) -> Attacked:
        """The best perturbations found; random starts come from the digest, so that a measurement can be repeated."""
        generator = np.random.default_rng(int(self.instance.digest[:15], 16))
        along = np.asarray(self.direction, dtype=object).astype(np.float64)
        return attack(
            self.network, self.float_points, self.labels, float(self.radius), self.norm, generator, along
        )

    @cached_property
    def attack_values(self) -> list[Fraction]:
        """y f(x + delta) at the best perturbation found, exactly."""
        self.require_exact()
        moved = self.points + fractions_of(self.attacked.deltas)
        return [self.value(row) for row in exact_heights(moved, self.weights, self.labels)]

    @cached_property
    def spectrum(self) -> Spectrum:
        return spectral_bound(self.weights)

    @cached_property
    def energy(self) -> Fraction:
        return energy(self.spectrum, self.radius, self.norm)

    @cached_property
    def float_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Theorem C in floats, rounded down, and its multipliers, each (n,)."""
        net, points = self.network, self.float_points
        exact_errors = height_errors(points, net.weights, net.outputs)
        heights = self.labels[:, None] * (points @ net.weights.T)
        least_above = float(self.energy) * (1 + 1e-12)
        return lower_bounds(heights, net.biases, net.outputs, least_above, errors=4 * exact_errors)

    @cached_property
    def multipliers(self) -> np.ndarray:
        """The multipliers at which the certificate is evaluated exactly, fractions (n, len(FACTORS))."""
        best = [Fraction(float(np.float32(q))) if np.isfinite(q) and q > 0 else Fraction(1) for q in
                self.float_bounds[1]]  # fmt: skip
        return np.array([[q * factor if q > 0 else factor for factor in FACTORS] for q in best], dtype=object)

    @cached_property
    def dual_bounds(self) -> list[Fraction]:
        """The bound of Theorem C at the best of the multipliers, exactly, for every point."""
        return [
            max(exact_bound(row, self.biases, self.outputs, self.energy, q) for q in chosen)
            for row, chosen in zip(self.heights, self.multipliers, strict=True)
        ]


class LawSubject:
    """A law of sparse data."""

    def __init__(self, law: SparseLaw) -> None:
        self.law = law


class InitialSubject:
    """A law of initialisations, with the normal tails of its thresholds in balls."""

    def __init__(self, law: InitialLaw) -> None:
        self.law = law

    def tail(self, level: Fraction) -> Any:
        """P(N(0, 1) >= sqrt(level log d)) as a ball."""
        scaled: Any = arithmetic.balls(level)[()]
        dimension: Any = arithmetic.balls(self.law.d)[()]
        argument = (scaled * dimension.log() / 2).sqrt()
        return argument.erfc() / 2

    @cached_property
    def sure(self) -> Any:
        """P(a given neuron is sure for a given feature)."""
        high, low = self.law.levels
        return self.tail(high) * (1 - 2 * self.tail(low)) ** (self.law.d - 1)

    @cached_property
    def potential(self) -> Any:
        return 2 * self.tail(self.law.levels[1])


Subject = NetworkSubject | LawSubject | InitialSubject | PairSubject


def _subject(instance: Any) -> Subject:
    if isinstance(instance, PurificationInstance):
        return NetworkSubject(instance)
    if isinstance(instance, SparseLaw):
        return LawSubject(instance)
    if isinstance(instance, InitialLaw):
        return InitialSubject(instance)
    if isinstance(instance, PairInstance):
        return PairSubject(instance)
    raise MissingPart("this statement is about symmetric-ReLU networks or laws of sparse data")


CATALOGUE = Catalogue(_subject)
"""Every quantity of feature_purification, filled by the modules `quantities_*` of this folder."""

NAMES = {NetworkSubject: "a network", LawSubject: "a law of sparse data", InitialSubject: "a law of initialisations",
         PairSubject: "a pair of trainings"}  # fmt: skip


KINDS: dict[str, type] = {}
"""The kind of subject on which each quantity is measured."""


def measures_on(kind: type) -> Callable[..., Callable]:
    """`CATALOGUE.measures` for one kind of subject; the others lack the part."""

    def declare(unit: str, doc: str, axes: tuple[str, ...] = (), name: str | None = None) -> Callable:
        def register(function: Callable[[Any], Enclosure]) -> Callable[[Any], Enclosure]:
            KINDS[name or function.__name__] = kind

            @wraps(function)
            def checked(subject: Any) -> Enclosure:
                if not isinstance(subject, kind):
                    raise MissingPart(f"this is measured on {NAMES[kind]}, not on {NAMES[type(subject)]}")
                return function(subject)

            return CATALOGUE.measures(unit, doc, axes, name or function.__name__)(checked)

        return register

    return declare


def measure(instance: Any, constants: Mapping[str, Fraction] | None = None) -> Measurements:
    """Lazy measurements of an instance of feature_purification, kept per digest; no quantity depends on a constant."""
    return CATALOGUE.measure(instance)
