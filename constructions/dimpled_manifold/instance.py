"""Instances of dimpled_manifold: a two-layer ReLU network trained on a linear subspace P, and what P hides of it.

    N(x) = sum_i u_i relu(<w_i, x> + b_i),   w_i = a_i + (part orthogonal to P)

`PlaneInstance` holds everything that training on P can depend on, and has no place for the orthogonal part: a function
of it decides before that part is drawn. `NetworkInstance` is the whole network, in coordinates of R^d.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, InvalidInstance, exact_array, floats_of, fractions_of


@dataclass(frozen=True, eq=False)
class PlaneInstance(Instance):
    """What P sees of a network, in coordinates of P, and the declared law of what it does not see.

    Shapes: weights (m, p), biases (m,) (zero where absent), outputs (m,), points (n, p), labels (n,) of +-1.
    codimension l >= 0. At the start the orthogonal parts of the weights have i.i.d. normal entries of deviation
    beta > 0; training on P has multiplied them by `decay` (1 without weight decay). delta in (0, 1): the probability
    given away in each of the three bounds of the flip theorem.
    """

    slug: ClassVar[str] = "dimpled_manifold"

    weights: Any
    outputs: Any
    points: Any
    labels: Any
    codimension: Any
    beta: Any = 1
    biases: Any = None
    decay: Any = 1
    delta: Any = "1/10"

    def validate(self) -> None:
        _network_shapes(self)
        codimension = _whole(self.codimension, "codimension")
        if codimension < 0:
            raise InvalidInstance(f"codimension is {codimension}; it must be at least 0")
        if not _number(self.beta, "beta") > 0:
            raise InvalidInstance("beta, the deviation of the weights at the start, must be positive")
        _number(self.decay, "decay")
        if not 0 < _number(self.delta, "delta") < 1:
            raise InvalidInstance("delta is a probability between 0 and 1, both excluded")

    @property
    def width(self) -> int:
        """m, the number of neurons."""
        return int(self.weights.shape[0])

    def extended(self, normals: Any) -> NetworkInstance:
        """The network in R^(p + l), P its first p coordinates, with orthogonal parts `normals` (m, l)."""
        normals = np.asarray(normals)
        if normals.shape != (self.width, int(self.codimension)):
            raise InvalidInstance(f"normals have shape {normals.shape}; need {(self.width, int(self.codimension))}")
        zeros = np.zeros((len(self.points), int(self.codimension)))
        return NetworkInstance(
            weights=_beside(self.weights, normals), outputs=self.outputs, points=_beside(self.points, zeros),
            labels=self.labels, biases=self.biases, codimension=self.codimension, beta=self.beta, decay=self.decay,
            delta=self.delta,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class NetworkInstance(Instance):
    """A two-layer ReLU network in R^d, points of a subspace P, and P itself.

    Shapes: weights W (m, d), biases (m,) (zero where absent), outputs u (m,), points X (n, d), labels (n,) of +-1.
    P is one of: the row space of `basis` (p, d), exactly as stored; all but the last `codimension` coordinates; or,
    where neither is given, the linear span of the points. beta, decay, delta as in `PlaneInstance`, beta None where no
    law is declared. initial (m, d): the weights at the start, where they are known.
    """

    slug: ClassVar[str] = "dimpled_manifold"

    weights: Any
    outputs: Any
    points: Any
    labels: Any
    biases: Any = None
    basis: Any = None
    codimension: Any = None
    beta: Any = None
    decay: Any = 1
    delta: Any = "1/10"
    initial: Any = None

    def validate(self) -> None:
        _network_shapes(self)
        d = self.dimension
        if self.basis is not None:
            if self.codimension is not None:
                raise InvalidInstance("give the subspace once: by a basis or by a codimension (the last coordinates)")
            if self.basis.ndim != 2 or self.basis.shape[1] != d or not 0 < self.basis.shape[0] <= d:
                raise InvalidInstance(f"basis has shape {self.basis.shape}; need (p, {d}) with 1 <= p <= {d}")
        if self.codimension is not None and not 0 <= _whole(self.codimension, "codimension") <= d:
            raise InvalidInstance(f"codimension is {int(self.codimension)}; it must be in 0..{d}")
        if self.beta is not None and not _number(self.beta, "beta") > 0:
            raise InvalidInstance("beta, the deviation of the weights at the start, must be positive")
        _number(self.decay, "decay")
        if not 0 < _number(self.delta, "delta") < 1:
            raise InvalidInstance("delta is a probability between 0 and 1, both excluded")
        if self.initial is not None and self.initial.shape != self.weights.shape:
            raise InvalidInstance(f"initial weights have shape {self.initial.shape}; need {self.weights.shape}")

    @property
    def width(self) -> int:
        """m, the number of neurons."""
        return int(self.weights.shape[0])

    @property
    def dimension(self) -> int:
        """d, the dimension of the inputs."""
        return int(self.weights.shape[1])

    def plane(self) -> PlaneInstance:
        """What P sees. Raises `InvalidInstance` unless P is given by a codimension and a law is declared."""
        if self.codimension is None or self.beta is None:
            raise InvalidInstance("only a network with a codimension and beta has a part that P sees and a law beyond")
        p = self.dimension - int(self.codimension)
        return PlaneInstance(
            weights=self.weights[:, :p], outputs=self.outputs, points=self.points[:, :p], labels=self.labels,
            codimension=self.codimension, beta=self.beta, biases=self.biases, decay=self.decay, delta=self.delta,
        )  # fmt: skip


def number_of(array: Any) -> Fraction:
    """One stored number exactly."""
    value: Any = fractions_of(array)[()]
    return Fraction(value)


def _beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two tables side by side, exactly as stored."""
    if left.dtype.kind == right.dtype.kind == "f":
        return np.hstack([left, right])
    if "U" not in (left.dtype.kind, right.dtype.kind) and np.all(np.abs(floats_of(left)) < 2.0**53):
        return np.hstack([floats_of(left), floats_of(right)])
    return exact_array(np.hstack([fractions_of(left), fractions_of(right)]))


def _whole(value: np.ndarray, name: str) -> int:
    if value.shape != () or value.dtype.kind != "i":
        raise InvalidInstance(f"{name} is {value.tolist()}; it must be one whole number")
    return int(value)


def _number(value: np.ndarray, name: str) -> float:
    if value.shape != () or value.dtype.kind == "b":
        raise InvalidInstance(f"{name} has shape {value.shape}; it must be one number")
    return float(floats_of(value))


def _network_shapes(instance: PlaneInstance | NetworkInstance) -> None:
    """Shapes of weights, biases, outputs, points, labels; labels become integers."""
    weights, points, labels = instance.weights, instance.points, instance.labels
    if weights.ndim != 2 or 0 in weights.shape:
        raise InvalidInstance(f"weights have shape {weights.shape}; need (m, d) with m, d >= 1")
    m, d = weights.shape
    for name in ("outputs", "biases"):
        part = getattr(instance, name)
        if part is not None and part.shape != (m,):
            raise InvalidInstance(f"{name} have shape {part.shape}; {m} neurons need ({m},)")
    if labels.ndim != 1 or not labels.size or points.shape != (labels.size, d):
        raise InvalidInstance(f"points {points.shape} and labels {labels.shape} need (n, {d}) and (n,), n >= 1")
    for name in ("weights", "outputs", "biases", "points", "labels"):
        part = getattr(instance, name)
        if part is not None and part.dtype.kind == "b":
            raise InvalidInstance(f"{name} are booleans; give numbers")
    if not np.all(np.abs(floats_of(labels)) == 1.0):
        raise InvalidInstance("every label must be +1 or -1")
    object.__setattr__(instance, "labels", floats_of(labels).astype(np.int64))
