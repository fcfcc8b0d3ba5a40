"""What a statement about models of low complexity speaks about: a law of data, a radius, and a model or sample.

Every parameter is exact as stored, so that accuracies of linear models are rational numbers where the noise is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from constructions.feature_purification import FAMILIES, SparseLaw
from constructions.instance import Instance, InvalidInstance, fractions_of

EUCLIDEAN, MAXIMUM = 2, 0
"""Codes of the norm of the perturbation: l2, and l_inf written as 0."""


@dataclass(frozen=True, eq=False)
class LowInstance(Instance):
    """A law, a radius and a model.

    The law: family (position in `FAMILIES`), dimension d, sparsity k, gap, noise, heavy as in `SparseLaw`; absent if
    the instance is a labelled sample alone. radius of the perturbation and its norm, 2 or 0 for l_inf. The model, if
    any: weights w (d,), intercept w_0, quadratic Q (d, d) symmetric, f = w_0 + <w, x> + x^T Q x; or coefficients
    (c_1, c_3, c_5, ...) of an odd polynomial p, f = sum_j p(x_j). cosine c: a direction is looked at only through
    c = <w, u>, u = (1, ..., 1)/sqrt(d). squares (s,): magnitudes a at which the polynomial is looked at, as a^2, the
    smallest first. points X (n, d), labels y (n,) of +-1: a sample. draws, right: independent
    draws from the law, and how many of them the linear model classifies robustly.
    """

    slug: ClassVar[str] = "low_complexity"

    radius: Any
    norm: Any = EUCLIDEAN
    family: Any = None
    dimension: Any = None
    sparsity: Any = None
    gap: Any = 0
    noise: Any = 0
    heavy: Any = None
    weights: Any = None
    intercept: Any = None
    quadratic: Any = None
    coefficients: Any = None
    cosine: Any = None
    squares: Any = None
    points: Any = None
    labels: Any = None
    draws: Any = None
    right: Any = None

    def validate(self) -> None:
        if self.tau < 0:
            raise InvalidInstance(f"radius {self.tau} must not be negative")
        if int(self.norm) not in (EUCLIDEAN, MAXIMUM):
            raise InvalidInstance(f"norm {self.norm} is neither 2 nor 0, which stands for the maximum norm")
        if self.family is not None:
            self._check_law()
        elif self.heavy is None and self.points is None and self.squares is None:
            raise InvalidInstance("give a law (family, dimension, sparsity), a sample (points, labels), or heavy alone")
        width = self.points.shape[1] if self.points is not None and self.points.ndim == 2 else self.dimension
        if self.weights is not None and self.weights.shape != (int(width),):
            raise InvalidInstance(f"weights have shape {self.weights.shape}; need ({int(width)},)")
        if self.quadratic is not None:
            matrix = self.quadratic
            if matrix.shape != (int(width), int(width)) or not np.array_equal(matrix, matrix.T):
                raise InvalidInstance(f"the quadratic part needs a symmetric ({int(width)}, {int(width)}) matrix")
        if self.coefficients is not None and not (self.coefficients.ndim == 1 and self.coefficients.size):
            raise InvalidInstance("coefficients are one number per odd degree: 1, 3, 5, ...")
        if self.cosine is not None and abs(self.number("cosine")) > 1:
            raise InvalidInstance(f"cosine {self.number('cosine')} is outside [-1, 1]")
        if self.squares is not None:
            own = fractions_of(self.squares).reshape(-1).tolist()
            if not own or own[0] <= 0 or any(a >= b for a, b in zip(own, own[1:], strict=False)):
                raise InvalidInstance("squares of magnitudes are positive and rise")
        if self.points is not None:
            labels = self.labels
            if self.points.ndim != 2 or labels is None or labels.shape != self.points.shape[:1]:
                raise InvalidInstance("a sample needs points (n, d) and labels (n,)")
            if not self.points.size or not np.all(np.abs(labels) == 1):
                raise InvalidInstance("a sample needs at least one point, and labels +1 or -1")
        if self.draws is not None and not (self.right is not None and 0 <= int(self.right) <= int(self.draws) > 0):
            raise InvalidInstance(f"{self.right} right of {self.draws} draws")

    def _check_law(self) -> None:
        law = self.law
        if law.name in ("light", "fixed"):
            most = law.d if law.name == "light" else int(law.k)
            if law.least_count > most:
                raise InvalidInstance(
                    f"no draw has |<w*, z>| >= {law.exact('gap')}: {most} signs over sqrt({law.k}) add up to less"
                )

    def number(self, name: str) -> Fraction:
        """A scalar field as the rational it is."""
        value: Any = fractions_of(getattr(self, name))[()]
        return Fraction(value)

    @property
    def tau(self) -> Fraction:
        """The radius."""
        return self.number("radius")

    @cached_property
    def law(self) -> SparseLaw:
        """The law of the data. Raises `InvalidInstance` where there is none."""
        if self.family is None:
            raise InvalidInstance("this instance holds a sample, not a law")
        return SparseLaw(
            family=self.family,
            dimension=self.dimension,
            sparsity=self.sparsity,
            gap=self.gap,
            noise=self.noise,
            heavy=self.heavy,
        )

    @classmethod
    def under(cls, law: SparseLaw, radius: Any, **model: Any) -> LowInstance:
        """A model under a law with the identity as dictionary and all ones as direction."""
        if law.dictionary is not None or law.direction is not None:
            raise InvalidInstance("turn the data first: these instances have M = I and w* = (1, ..., 1)")
        own = {name: getattr(law, name) for name in ("family", "dimension", "sparsity", "gap", "noise", "heavy")}
        return cls(radius=radius, **own, **model)


def light(d: int, k: int, radius: Any, gap: Any = "99/100", noise: Any = "1/10", **model: Any) -> LowInstance:
    """A model under the light law, by default with the gap and noise of the reference experiments."""
    return LowInstance(
        radius=radius, family=FAMILIES.index("light"), dimension=d, sparsity=k, gap=gap, noise=noise, **model
    )


def indicator(d: int, size: int) -> np.ndarray:
    """Weights 1_T of the first `size` coordinates, int64 (d,). Raises `InvalidInstance` unless 1 <= size <= d."""
    if not 1 <= size <= d:
        raise InvalidInstance(f"size {size} of a set of {d} coordinates")
    return (np.arange(d) < size).astype(np.int64)


def simulated(instance: LowInstance, draws: int, generator: np.random.Generator) -> LowInstance:
    """The instance with fresh independent draws from its law, counted by its linear model in float64.

    A point is right if y (<w, x> + w_0) > tau |w|_*, strictly.
    """
    sample = instance.law.sample(draws, generator)
    weights = fractions_of(instance.weights).astype(np.float64)
    offset = 0.0 if instance.intercept is None else float(instance.number("intercept"))
    length = np.abs(weights).sum() if int(instance.norm) == MAXIMUM else np.sqrt(np.sum(weights**2))
    right = sample.labels * (sample.points @ weights + offset) > float(instance.tau) * length
    own = instance.arrays() | {"draws": draws, "right": int(np.sum(right))}
    return LowInstance(**own)
