"""What statements of ntk_features speak about: kernels on data with a predictor, exact spectra, angles, counts.

Every number is exact as stored (floats are dyadic rationals, texts rationals), so that verifiers can enclose kernels in
balls and decide what is rational exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, InvalidInstance, floats_of, fractions_of
from constructions.ntk_features.predictor import Architecture, KernelPredictor, early_stopped, ridge

KINDS = ("nngp", "ntk")
"""Kernels by their code: 0 NNGP, 1 NTK."""


class NtkInstance(Instance):
    """Base of the instances of this slug."""

    slug: ClassVar[str] = "ntk_features"

    def number(self, name: str) -> Fraction:
        """A scalar field as the rational it is."""
        value: Any = fractions_of(getattr(self, name))[()]
        return Fraction(value)

    def require(self, name: str, *shape: int | None) -> None:
        """Raise `InvalidInstance` unless the field has this shape; None stands for any positive length."""
        found = getattr(self, name).shape
        fits = len(found) == len(shape) and all(
            a > 0 and b in (None, a) for a, b in zip(found, shape, strict=True)
        )
        if not fits:
            said = ", ".join("any" if entry is None else str(entry) for entry in shape)
            raise InvalidInstance(f"{name} has shape {found}; need ({said})")


@dataclass(frozen=True, eq=False)
class KernelInstance(NtkInstance):
    """Data, a kernel of a network of infinite width, and a predictor f = sum_j alpha_j k(., x_j).

    points X (n, d), labels y (n,). depth: hidden layers. weight_variance, bias_variance, divisor D: the
    parametrisation. kind: 0 NNGP, 1 NTK. The predictor is given by coefficients alpha (n,) if they are there; else it
    is (K + ridge I)^(-1) y, or gradient flow stopped at eta t = time. queries (m, d): points at which it is looked at.
    """

    points: Any
    labels: Any
    depth: Any = 1
    weight_variance: Any = 2
    bias_variance: Any = 0
    divisor: Any = 1
    kind: Any = 1
    ridge: Any = 0
    time: Any = None
    coefficients: Any = None
    queries: Any = None

    def validate(self) -> None:
        self.require("points", None, None)
        n, d = self.points.shape
        self.require("labels", n)
        if self.depth.dtype.kind != "i" or self.depth.ndim or not 0 <= int(self.depth) <= 100:
            raise InvalidInstance(f"depth is {self.depth}; give a whole number of hidden layers from 0 to 100")
        if self.kind.ndim or self.kind.dtype.kind != "i" or int(self.kind) not in (0, 1):
            raise InvalidInstance(f"kind is {self.kind}; 0 is the NNGP kernel, 1 the NTK")
        for name, strict in (("weight_variance", True), ("bias_variance", False), ("divisor", True), ("ridge", False)):
            if getattr(self, name).ndim or self.number(name) < 0 or (strict and self.number(name) == 0):
                said = "a positive number" if strict else "a number that is not negative"
                raise InvalidInstance(f"{name} is {getattr(self, name)}; give {said}")
        if self.time is not None and not (self.time.ndim == 0 and self.number("time") > 0):
            raise InvalidInstance(f"time is {self.time}; give a positive number, eta t of gradient flow")
        if self.coefficients is not None:
            self.require("coefficients", n)
        if self.queries is not None:
            self.require("queries", None, d)

    @property
    def architecture(self) -> Architecture:
        """The kernel in float64."""
        return Architecture(
            int(self.depth), float(self.number("divisor")), float(self.number("weight_variance")),
            float(self.number("bias_variance")), "ntk" if int(self.kind) else "nngp",
        )  # fmt: skip

    def kernel(self) -> np.ndarray:
        """The kernel of the points, float64 (n, n)."""
        return self.architecture.kernel(floats_of(self.points))

    def predictor(self) -> KernelPredictor:
        """The predictor in float64. Raises `LinAlgError` where the kernel plus ridge is singular."""
        points, labels = floats_of(self.points), floats_of(self.labels)
        if self.coefficients is not None:
            alpha = floats_of(self.coefficients)
        elif self.time is not None:
            alpha = early_stopped(self.kernel(), labels, float(self.number("time")))
        else:
            alpha = ridge(self.kernel(), labels, float(self.number("ridge")))
        return KernelPredictor(points, alpha, self.architecture)


@dataclass(frozen=True, eq=False)
class SpectralInstance(NtkInstance):
    """A kernel matrix V diag(lam) V^T given by its spectrum: any kernel, any labels, all exact.

    vectors V (n, n), columns orthonormal rationals; eigenvalues lam (n,), the largest first; labels y (n,). ridge, and
    time eta t of gradient flow. cross (n,): k(x, X) at one more point x, and own k(x, x).
    """

    vectors: Any
    eigenvalues: Any
    labels: Any
    ridge: Any = 0
    time: Any = 1
    cross: Any = None
    own: Any = None

    def validate(self) -> None:
        self.require("eigenvalues", None)
        n = self.eigenvalues.size
        self.require("vectors", n, n)
        self.require("labels", n)
        found = fractions_of(self.eigenvalues).tolist()
        if found[-1] <= 0 or any(a < b for a, b in zip(found, found[1:], strict=False)):
            raise InvalidInstance("eigenvalues must be positive, the largest first")
        if self.number("ridge") < 0 or self.number("time") < 0:
            raise InvalidInstance("ridge and time must not be negative")
        if (self.cross is None) != (self.own is None):
            raise InvalidInstance("cross and own describe one more point; give both or neither")
        if self.cross is not None:
            self.require("cross", n)


@dataclass(frozen=True, eq=False)
class MatrixPair(NtkInstance):
    """Two symmetric positive semidefinite matrices A A^T and B B^T, given by factors A (n, k) and B (n, l)."""

    first: Any
    second: Any

    def validate(self) -> None:
        self.require("first", None, None)
        self.require("second", len(self.first), None)
        if not (any(fractions_of(self.first).flat) and any(fractions_of(self.second).flat)):
            raise InvalidInstance("a kernel must not be zero")


@dataclass(frozen=True, eq=False)
class DistillInstance(NtkInstance):
    """Data off which a student learns mislabelled, moved points: X (n, d), y (n,), normal (d,), step eps, ridge, query.

    The student sees (x_j - eps y_j normal, -y_j) with the linear kernel.
    """

    points: Any
    labels: Any
    normal: Any
    step: Any
    ridge: Any
    query: Any

    def validate(self) -> None:
        self.require("points", None, None)
        n, d = self.points.shape
        self.require("labels", n)
        self.require("normal", d)
        self.require("query", d)
        if not self.number("ridge") > 0:
            raise InvalidInstance(f"ridge is {self.ridge}; a linear kernel needs a positive one")


@dataclass(frozen=True, eq=False)
class AngleInstance(NtkInstance):
    """Angles between unit vectors from `low` to `high`, numbers with 0 <= low <= high; those beyond pi are left out."""

    low: Any
    high: Any

    def validate(self) -> None:
        if self.low.ndim or self.high.ndim or not 0 <= self.number("low") <= self.number("high"):
            raise InvalidInstance(f"angles from {self.low} to {self.high}; give 0 <= low <= high")
        if self.number("low") > 3 or self.number("high") > 4 or self.number("high") == 0:
            raise InvalidInstance(f"angles from {self.low} to {self.high}; low is at most 3, high positive, at most 4")


@dataclass(frozen=True, eq=False)
class TransferInstance(NtkInstance):
    """Values on attacked points of a network and of a kernel predictor: y f (m,) each, and the same on clean points.

    level: the share q of the quantile of the discrepancy |net - kernel|.
    """

    network: Any
    kernel: Any
    clean_network: Any
    clean_kernel: Any
    level: Any

    def validate(self) -> None:
        self.require("network", None)
        for name in ("kernel", "clean_network", "clean_kernel"):
            self.require(name, self.network.size)
        if not 0 < self.number("level") <= 1:
            raise InvalidInstance(f"level is {self.level}; the share of a quantile is in (0, 1]")


@dataclass(frozen=True, eq=False)
class WidthInstance(NtkInstance):
    """Hidden-layer eNTK of a two-layer network of m neurons at two points: counts of neurons that are on at both.

    first x, second x' (d,): the points. width m. count: neurons on at both, or directions W (m, d) to count them by.
    error: a deviation t >= 0 of count/m.
    """

    first: Any
    second: Any
    width: Any
    error: Any
    directions: Any = None

    def validate(self) -> None:
        self.require("first", None)
        self.require("second", self.first.size)
        if self.width.ndim or self.width.dtype.kind != "i" or not 1 <= int(self.width) <= 10**6:
            raise InvalidInstance(f"width is {self.width}; give a whole number from 1 to 1000000")
        if not (any(fractions_of(self.first)) and any(fractions_of(self.second))):
            raise InvalidInstance("points must not be 0: the angle to 0 is not defined")
        if not self.number("error") >= 0:
            raise InvalidInstance(f"error is {self.error}; give a number that is not negative")
        if self.directions is not None:
            self.require("directions", int(self.width), self.first.size)


@dataclass(frozen=True, eq=False)
class StepInstance(NtkInstance):
    """A gradient g (d,), a radius, a label +-1, and other perturbations delta (k, d) to compare the best step with."""

    gradient: Any
    radius: Any
    label: Any
    others: Any

    def validate(self) -> None:
        self.require("gradient", None)
        self.require("others", None, self.gradient.size)
        if self.gradient.size > 12:
            raise InvalidInstance(f"a gradient of {self.gradient.size} entries; all sign vectors are tried, up to 12")
        if not self.number("radius") >= 0 or abs(self.number("label")) != 1:
            raise InvalidInstance("the radius must not be negative, and the label is +1 or -1")


@dataclass(frozen=True, eq=False)
class CircleInstance(NtkInstance):
    """n equispaced points on the unit circle: the kernel matrix is circulant, its eigenvalues a discrete transform.

    depth, and bias_variance, as in `KernelInstance`; sigma_w^2 = 2, D = 1, the NTK.
    """

    count: Any
    depth: Any = 1
    bias_variance: Any = 0

    def validate(self) -> None:
        for name, low, high in (("count", 1, 256), ("depth", 1, 20)):
            value = getattr(self, name)
            if value.ndim or value.dtype.kind != "i" or not low <= int(value) <= high:
                raise InvalidInstance(f"{name} is {value}; give a whole number from {low} to {high}")
        if self.bias_variance.ndim or self.number("bias_variance") < 0:
            raise InvalidInstance(f"bias_variance is {self.bias_variance}; give a number that is not negative")
