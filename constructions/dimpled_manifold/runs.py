"""Panels: what runs of training showed, one row per seed, and the events that claims about runs speak of.

A panel holds numbers measured on independent seeds of one experiment. An event is decided seed by seed, and written so
that NaN decides against it. Radii are those an attack found (upper bounds), medians over the points of a net.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, InvalidInstance

FITTED = 0.9
"""Accuracy from which a net counts as having learned its classes: the end of the first phase."""


@dataclass(frozen=True, eq=False)
class Panel(Instance):
    """Base of the panels: every field is an array with one row per seed, but for those named in `shared`."""

    slug: ClassVar[str] = "dimpled_manifold"
    shared: ClassVar[tuple[str, ...]] = ()

    def validate(self) -> None:
        arrays = self.arrays()
        rows = {name: array for name, array in arrays.items() if name not in self.shared}
        if any(array.dtype.kind not in "fi" for array in arrays.values()) or not rows:
            raise InvalidInstance("a panel of runs holds numbers")
        width = arrays[self.shared[0]].shape if self.shared else ()
        for name, array in rows.items():
            if array.shape != (self.seeds, *width) or not self.seeds:
                raise InvalidInstance(f"{name} has shape {array.shape}; {self.seeds} seeds need {(self.seeds, *width)}")

    @property
    def seeds(self) -> int:
        """Number of independent runs."""
        first = next(name for name in self.arrays() if name not in self.shared)
        return int(self.arrays()[first].shape[0])


@dataclass(frozen=True, eq=False)
class Phases(Panel):
    """Training watched at T increasing `steps`, from 0: accuracy on the training points, off-manifold radii, signed
    depths, and the normal share of the energy of the least free perturbation (B, T). codimension_share: l/d.
    """

    shared: ClassVar[tuple[str, ...]] = ("steps", "codimension_share")

    steps: Any
    accuracy: Any
    off: Any
    depth: Any
    energy: Any
    codimension_share: Any = 0.5

    def validate(self) -> None:
        super().validate()
        if self.steps.ndim != 1 or len(self.steps) < 2 or self.steps[0] != 0 or np.any(np.diff(self.steps) <= 0):
            raise InvalidInstance("steps must increase from 0")


@dataclass(frozen=True, eq=False)
class Codimensions(Panel):
    """Ratios of median radii off over on the manifold (B, L) at increasing codimensions (L,), and the median relative
    error of 1/full^2 = 1/on^2 + 1/off^2 (B, L)."""

    shared: ClassVar[tuple[str, ...]] = ("codimension",)

    codimension: Any
    ratio: Any
    harmonic: Any

    def validate(self) -> None:
        super().validate()
        if len(self.codimension) < 2 or np.any(np.diff(self.codimension) <= 0) or self.codimension[0] < 1:
            raise InvalidInstance("codimensions must increase, from at least 1")


@dataclass(frozen=True, eq=False)
class Deepened(Panel):
    """Median radii off and on the manifold (B,) after clean and after adversarial training from one start."""

    clean_off: Any
    off: Any
    clean_on: Any
    on: Any


@dataclass(frozen=True, eq=False)
class Mislabelled(Panel):
    """Test accuracies (B,) of the teacher, and of students of wrong labels on points moved on, off or freely."""

    teacher: Any
    on: Any
    off: Any
    full: Any


@dataclass(frozen=True, eq=False)
class Late(Panel):
    """Long training: medians of |N| and of the off-manifold radius (B, T) at increasing `steps`, at least three."""

    shared: ClassVar[tuple[str, ...]] = ("steps",)

    steps: Any
    output: Any
    off: Any

    def validate(self) -> None:
        super().validate()
        if len(self.steps) < 3 or np.any(np.diff(self.steps) <= 0) or self.steps[0] < 1:
            raise InvalidInstance("steps must increase, from at least 1, and there must be three of them")


def clinging(panel: Phases) -> np.ndarray:
    """min over t <= t_1 of r_off(t)/r_off(0) (B,); t_1: the first step with accuracy >= 0.9, else the last."""
    learned = panel.accuracy >= FITTED
    first = np.where(learned.any(axis=1), learned.argmax(axis=1), panel.accuracy.shape[1] - 1)
    early = np.arange(panel.accuracy.shape[1]) <= first[:, None]
    return np.where(early, panel.off, np.inf).min(axis=1) / panel.off[:, 0]


def growth(panel: Phases) -> np.ndarray:
    """Spearman's correlation of depth and time from the step with the least radius on (B,), NaN below three steps."""
    found = np.full(panel.seeds, np.nan)
    for b in range(panel.seeds):
        rest = panel.depth[b, int(panel.off[b].argmin()) :]
        if len(rest) >= 3:
            found[b] = rank_correlation(rest)
    return found


def rank_correlation(values: np.ndarray) -> float:
    """Spearman's correlation of values with their order; equal values share the mean of their ranks."""
    order = np.arange(len(values), dtype=np.float64)
    ranks = (values[:, None] > values).sum(axis=1) + ((values[:, None] == values).sum(axis=1) - 1) / 2
    ranks, order = ranks - ranks.mean(), order - order.mean()
    size = np.sqrt((ranks**2).sum() * (order**2).sum())
    return float(ranks @ order / size) if size > 0 else float("nan")


def log_slope(sizes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least-squares slope of log values (B, K) against log sizes (K,)."""
    across = np.log(sizes) - np.log(sizes).mean()
    with np.errstate(divide="ignore", invalid="ignore"):  # a radius of 0 has no slope
        return np.log(values) @ across / (across @ across)


def rate(steps: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least-squares slope of values (B, T) against log steps (T,)."""
    across = np.log(steps) - np.log(steps).mean()
    return values @ across / (across @ across)


EVENTS: dict[str, tuple[type[Panel], str, Callable[[Any], np.ndarray]]] = {
    "clings": (
        Phases, "the median off-manifold radius falls below half of its start before accuracy is 9/10",
        lambda panel: clinging(panel) < 0.5,
    ),
    "dimples": (
        Phases, "after its least median radius the median depth grows: Spearman above 9/10 over log-spaced steps",
        lambda panel: growth(panel) > 0.9,
    ),
    "noise_like": (
        Phases, "at the end the normal share of a least perturbation's energy is at least half of l/d",
        lambda panel: panel.energy[:, -1] >= panel.codimension_share / 2,
    ),
    "nearer_off": (
        Codimensions, "off-manifold radii are below those on it at the largest codimension, and their ratio falls",
        lambda panel: (panel.ratio[:, -1] < 1) & (log_slope(panel.codimension, panel.ratio) < 0),
    ),
    "harmonic": (
        Codimensions, "1/full^2 = 1/on^2 + 1/off^2 up to 5 % in the median, at every codimension",
        lambda panel: (panel.harmonic <= 0.05).all(axis=1),
    ),
    "deepens": (
        Deepened, "adversarial training enlarges the median off-manifold radius and moves that on it by at most 10 %",
        lambda panel: (panel.off > panel.clean_off) & (np.abs(panel.on - panel.clean_on) <= 0.1 * panel.clean_on),
    ),
    "doubles": (
        Deepened, "adversarial training doubles the median off-manifold radius and moves that on it by at most 10 %",
        lambda panel: (panel.off >= 2 * panel.clean_off) & (np.abs(panel.on - panel.clean_on) <= 0.1 * panel.clean_on),
    ),
    "learns_on": (Mislabelled, "the student of wrong labels at points moved on P is right on most test points",
                  lambda panel: panel.on > 0.5),
    "learns_full": (Mislabelled, "the student of wrong labels at points moved freely is right on most test points",
                    lambda panel: panel.full > 0.5),
    "learns_off": (Mislabelled, "the student of wrong labels at points moved off P is right on most test points",
                   lambda panel: panel.off > 0.5),
    "deepens_late": (
        Late, "median outputs and off-manifold radii both grow with the logarithm of time, with Spearman above 9/10",
        lambda panel: (rate(panel.steps, panel.output) > 0) & _ordered(panel.output) & _ordered(panel.off),
    ),
}  # fmt: skip
"""Events of one run by name: the panel they are read off, what they say, and which rows meet them."""


def _ordered(values: np.ndarray) -> np.ndarray:
    return np.array([rank_correlation(row) > 0.9 for row in values])
