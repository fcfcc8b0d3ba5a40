"""What training runs showed, as recorded: the objects that propositions about runs speak about.

Entries are outcomes of float64 evaluations (which point a net got wrong, how far a kernel had moved). What is claimed
of a table of outcomes is decided in rational arithmetic on the table; that its entries are what a run would show again
is what seeds, stored in the origin of the draw, are for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance
from constructions.ntk_features.instance import NtkInstance


def _require(array: np.ndarray | None, name: str, kind: str, shape: tuple[int | None, ...]) -> None:
    """Raise `InvalidInstance` unless the array has this kind of entries and shape; None fits any size."""
    words = {"b": "booleans", "i": "integers", "f": "floats"}[kind]
    if array is None or array.dtype.kind != kind or array.ndim != len(shape):
        raise InvalidInstance(f"{name} must hold {words} in {len(shape)} dimensions")
    if any(want is not None and have != want for have, want in zip(array.shape, shape, strict=True)):
        raise InvalidInstance(f"{name} has shape {array.shape}; it needs {shape}")


@dataclass(frozen=True, eq=False)
class TransferRuns(NtkInstance):
    """Perturbations made from a kernel alone, tried on nets of growing width, trained from several seeds.

    widths (W,): powers of two, ascending. kernel_fooled (P,): whether the kernel predictor is wrong at its own
    perturbation of a test point. net_fooled (W, S, P): whether the net is wrong there. noise_fooled (W, S, P): whether
    it is wrong at random signs of the same size.
    """

    widths: Any
    kernel_fooled: Any
    net_fooled: Any
    noise_fooled: Any

    def validate(self) -> None:
        _require(self.widths, "widths", "i", (None,))
        _require(self.kernel_fooled, "kernel_fooled", "b", (None,))
        shape = (len(self.widths), None, len(self.kernel_fooled))
        _require(self.net_fooled, "net_fooled", "b", shape)
        _require(self.noise_fooled, "noise_fooled", "b", self.net_fooled.shape)
        widths = self.widths.tolist()
        if any(w < 1 or w & (w - 1) for w in widths) or widths != sorted(set(widths)) or self.net_fooled.size == 0:
            raise InvalidInstance("widths must be ascending powers of two, with at least one run and one point each")


@dataclass(frozen=True, eq=False)
class FeatureRuns(NtkInstance):
    """Features of a kernel predictor on test points, clean and attacked, one eigenvector each.

    eigenvalues (F,): descending. right (F, T), robust (F, T): whether the sign of a feature is the label at the point,
    and still is at the perturbation found for this feature. labels (T,): +-1. random_labels: whether all labels, in
    training as well, are coins that know nothing of the points.
    """

    eigenvalues: Any
    right: Any
    robust: Any
    labels: Any
    random_labels: Any = False

    def validate(self) -> None:
        _require(self.eigenvalues, "eigenvalues", "f", (None,))
        _require(self.labels, "labels", "i", (None,))
        _require(self.right, "right", "b", (len(self.eigenvalues), len(self.labels)))
        _require(self.robust, "robust", "b", self.right.shape)
        _require(self.random_labels, "random_labels", "b", ())
        falls = bool(np.all(np.diff(self.eigenvalues) <= 0)) and self.right.size > 0
        if not falls or not np.isin(self.labels, (-1, 1)).all():
            raise InvalidInstance("eigenvalues must descend, labels be -1 or 1, with at least one feature and point")


@dataclass(frozen=True, eq=False)
class EigenspacePair(NtkInstance):
    """Leading eigenvectors of two kernels on the same points, (n, K) each, from the largest eigenvalue down."""

    first_vectors: Any
    second_vectors: Any

    def validate(self) -> None:
        _require(self.first_vectors, "first_vectors", "f", (None, None))
        _require(self.second_vectors, "second_vectors", "f", self.first_vectors.shape)
        if not 0 < self.first_vectors.shape[1] <= self.first_vectors.shape[0]:
            raise InvalidInstance("eigenvectors are columns: at least one, and at most as many as there are points")


@dataclass(frozen=True, eq=False)
class EarlyRuns(NtkInstance):
    """How much of every feature nets have still to learn along training, beside the law of the linearised net.

    width: units per hidden layer. energies (n,): |v_i.y|^2/|y|^2, from the largest eigenvalue down. law (E, n):
    remaining share of feature i at each time. measured (E, S, n): v_i.(y - f_t)/v_i.y of the nets.
    """

    width: Any
    energies: Any
    law: Any
    measured: Any

    def validate(self) -> None:
        _require(self.width, "width", "i", ())
        _require(self.energies, "energies", "f", (None,))
        _require(self.law, "law", "f", (None, len(self.energies)))
        _require(self.measured, "measured", "f", (len(self.law), None, len(self.energies)))
        if self.measured.size == 0 or (self.energies < 0).any():
            raise InvalidInstance("energies are squares, and there must be at least one time, run and feature")


@dataclass(frozen=True, eq=False)
class KernelPaths(NtkInstance):
    """Empirical kernels followed through standard and adversarial training from the same starts.

    attack_radius: of adversarial training, l_inf. steps (E,): ascending. standard_*, adversarial_*: `distance` (E, S)
    to the kernel at the start, `concentration` (E, S), c_20, `trace_share` (E, S) of the top ten eigenvalues,
    `accuracy` (S,) on clean test points at the end.
    """

    attack_radius: Any
    steps: Any
    standard_distance: Any
    adversarial_distance: Any
    standard_concentration: Any
    adversarial_concentration: Any
    standard_trace_share: Any
    adversarial_trace_share: Any
    standard_accuracy: Any
    adversarial_accuracy: Any

    def validate(self) -> None:
        _require(self.steps, "steps", "i", (None,))
        _require(self.standard_distance, "standard_distance", "f", (len(self.steps), None))
        shape = self.standard_distance.shape
        for kind in ("standard", "adversarial"):
            for name in ("distance", "concentration", "trace_share"):
                _require(getattr(self, f"{kind}_{name}"), f"{kind}_{name}", "f", shape)
            _require(getattr(self, f"{kind}_accuracy"), f"{kind}_accuracy", "f", shape[1:])
        steps = self.steps.tolist()
        if len(steps) < 2 or steps != sorted(set(steps)) or shape[1] == 0:
            raise InvalidInstance("steps must ascend, at least two of them, with at least one pair of runs")
        if self.attack_radius is None or self.attack_radius.shape != ():
            raise InvalidInstance("attack_radius must be one number")
