"""Quantities: what a verifier measures, declared once with unit and axes, measured as enclosures.

A `Quantity` is the declaration. An `Enclosure` is its value on one instance: ``lower <= value <= upper`` with a rigor.
`Measurements` computes enclosures lazily, so a statement pays only for what it names, and keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.verdict import Rigor


@dataclass(frozen=True)
class Quantity:
    """Declaration of a measurement: name, unit, axes (such as "sample" or "neuron") and one sentence of meaning."""

    name: str
    unit: str
    axes: tuple[str, ...]
    doc: str


@dataclass(frozen=True, eq=False)
class Enclosure:
    """lower <= value <= upper, float64 arrays with one dimension per axis.

    `entries` are the same numbers as flint rationals (then the enclosure is a point, rigor exact) or flint balls
    (rigor certified); None for numerical and weaker rigor.
    """

    axes: tuple[str, ...]
    lower: np.ndarray
    value: np.ndarray
    upper: np.ndarray
    rigor: Rigor
    entries: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not (self.lower.shape == self.value.shape == self.upper.shape) or self.value.ndim != len(self.axes):
            raise ValueError(f"axes {self.axes} do not fit an array of shape {self.value.shape}")

    def balls(self) -> np.ndarray:
        """Balls that contain the enclosure; NaN in any bound gives a non-finite ball."""
        if self.entries is not None:
            return arithmetic.balls(self.entries)
        return arithmetic.ball_between(self.lower, self.upper)


def enclose(entries: Any, axes: tuple[str, ...] = (), rigor: Rigor | None = None) -> Enclosure:
    """Enclosure of exact numbers (ints, fractions, rationals), balls or certified floats-as-rationals."""
    array = np.asarray(entries)
    if array.dtype.kind in "iub":
        array = arithmetic.rationals(array)
    if array.dtype.kind == "f":
        raise TypeError("float64 values need an error estimate: use `estimate`")
    if array.size and arithmetic.kind_of(array) == "rational":
        array = arithmetic.rationals(array)
        natural = Rigor.EXACT
    else:
        natural = Rigor.CERTIFIED if array.size else Rigor.EXACT
    rigor = natural if rigor is None else min(rigor, natural)
    return Enclosure(
        axes, arithmetic.lower_bounds(array), arithmetic.nearest(array), arithmetic.upper_bounds(array), rigor, array
    )


def estimate(value: Any, error: Any, axes: tuple[str, ...] = (), rigor: Rigor = Rigor.NUMERICAL) -> Enclosure:
    """Enclosure value -+ error of a float64 computation; `error` is a named tolerance times a scale."""
    value = np.asarray(value, dtype=np.float64)
    return Enclosure(axes, value - error, value, value + error, rigor)


def between(lower: Any, upper: Any, axes: tuple[str, ...] = (), rigor: Rigor = Rigor.CERTIFIED) -> Enclosure:
    """Enclosure from two float64 bounds already rounded outward."""
    lower, upper = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        middle = np.where(
            np.isfinite(lower) & np.isfinite(upper), 0.5 * (lower + upper), np.where(np.isfinite(lower), lower, upper)
        )
    return Enclosure(axes, lower, middle, upper, rigor)


Batch = Mapping[str, np.ndarray]
"""Quantities of many instances as float64 arrays with leading axis B, by name."""

Formulas = Mapping[str, Callable[[Batch], np.ndarray]]
"""For each quantity its values (B, ...) from those of others."""


class Catalogue(dict[str, Quantity]):
    """The quantities of one slug, each with the function that measures it on a subject.

    `subject(instance)` is what the functions get; without it they get the instance itself.
    """

    def __init__(self, subject: Callable[[Any], Any] | None = None) -> None:
        super().__init__()
        self.functions: dict[str, Callable[[Any], Enclosure]] = {}
        self.batches: dict[str, Callable[[Batch], np.ndarray]] = {}
        self._subject = subject or (lambda instance: instance)
        self._extends: Catalogue | None = None
        self._measured = lru_cache(maxsize=256)(self._measurements)

    def extended(self) -> Catalogue:
        """A catalogue of one's own: the quantities of this one, and those that `measures` adds to it.

        This one stays as it is, and what it measures on an instance serves both.
        """
        own = Catalogue(self._subject)
        own.update(self)
        own._extends = self
        return own

    def measure(self, instance: Any, constants: Mapping[str, Any] | None = None) -> Measurements:
        """Lazy measurements of a hashable instance, kept for the last ones: the `measure` of a statement whose
        quantities depend on no constant.
        """
        return self._measured(instance)

    def _measurements(self, instance: Any) -> Measurements:
        if self._extends is None:
            return Measurements(self, self._subject(instance))
        known = self._extends.measure(instance)
        return Measurements(self, known.subject, known)

    def in_batches(self, measure_batch: Callable[[Batch], Batch]) -> Callable[[Batch], Batch]:
        """`measure_batch` of what this catalogue extends, with the quantities that are declared here with a `batch`."""
        return partial(_WithOwn, self.batches, measure_batch)

    def measures(
        self,
        unit: str,
        doc: str,
        axes: tuple[str, ...] = (),
        name: str | None = None,
        batch: Callable[[Batch], np.ndarray] | None = None,
    ) -> Callable:
        """Decorator: the function ``subject -> Enclosure`` measures the quantity called like it.

        `batch` computes it for many instances at once from other quantities, (B, ...) float64 arrays by name; searches
        that have it look at far more instances.
        """

        def register(function: Callable[[Any], Enclosure]) -> Callable[[Any], Enclosure]:
            key = name or function.__name__
            if key in self:
                raise ValueError(f"quantity {key} is declared twice")
            self[key] = Quantity(key, unit, axes, doc)
            self.functions[key] = function
            if batch is not None:
                self.batches[key] = batch
            return function

        return register


class _WithOwn(Mapping[str, np.ndarray]):
    """Measurements of a batch, some of them by formulas of the others, computed on first access and kept."""

    def __init__(self, formulas: Formulas, measure_batch: Callable[[Batch], Batch], arrays: Batch) -> None:
        self._formulas, self._others = formulas, measure_batch(arrays)
        self._known: dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._formulas:
            return self._others[name]
        if name not in self._known:
            with np.errstate(all="ignore"):
                self._known[name] = np.asarray(self._formulas[name](self), dtype=np.float64)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._others, *self._formulas))

    def __len__(self) -> int:
        return len(self._others) + len(self._formulas)


class Measurements(Mapping[str, Enclosure]):
    """Lazy mapping from quantity names to enclosures on one subject; raises what the measuring function raises.

    What `known` holds is read there, not measured again.
    """

    def __init__(self, catalogue: Catalogue, subject: Any, known: Mapping[str, Enclosure] | None = None) -> None:
        self.catalogue = catalogue
        self.subject = subject
        self._elsewhere = known or {}
        self._known: dict[str, Enclosure | MissingPart] = {}

    def __getitem__(self, name: str) -> Enclosure:
        if name not in self.catalogue.functions and self._elsewhere:
            return self._elsewhere[name]
        if name not in self._known:
            try:
                with np.errstate(all="ignore"):  # what overflows or is undefined in floats is NaN, which never holds
                    measured = self.catalogue.functions[name](self.subject)
                if measured.axes != self.catalogue[name].axes:
                    raise ValueError(f"{name} was declared on {self.catalogue[name].axes}, measured on {measured.axes}")
                self._known[name] = measured
            except MissingPart as missing:
                self._known[name] = missing
        known = self._known[name]
        if isinstance(known, MissingPart):
            raise known
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self.catalogue)

    def __len__(self) -> int:
        return len(self.catalogue)
