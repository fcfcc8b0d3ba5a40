"""A pair of trainings of one architecture on one law, with numbered fresh points on which both are judged."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from constructions.feature_purification.laws import Sample, SparseLaw
from constructions.feature_purification.streams import stream
from constructions.instance import Instance, InvalidInstance, floats_of, fractions_of

PUBLISHED = Path(__file__).resolve().parents[2] / "reports" / "published" / "finite_pair"
"""Where the pairs that ship with the library lie, with their certificates."""


@dataclass(frozen=True, eq=False)
class PairInstance(Instance):
    """A clean network and adversarially trained ones, with biases, on a light or scale-free law with M = I, w* = 1.

    family, dimension d, sparsity k, gap, noise as in `SparseLaw`; radius of the Euclidean ball; seed and count of the
    fresh points (`streams.stream`), which no training has seen. clean_weights (m, d), clean_biases (m,);
    adversarial_weights (s, m, d) and adversarial_biases (s, m), one network per start: the start of the clean run, then
    the clean network. shares (s, m) > 0 say how certificates weigh the neurons of each, ones where absent.
    """

    slug: ClassVar[str] = "feature_purification"

    family: Any
    dimension: Any
    sparsity: Any
    gap: Any
    noise: Any
    radius: Any
    seed: Any
    count: Any
    clean_weights: Any
    clean_biases: Any
    adversarial_weights: Any
    adversarial_biases: Any
    shares: Any = None

    def validate(self) -> None:
        m, d = self.clean_weights.shape if self.clean_weights.ndim == 2 else (0, 0)
        if m == 0 or d != int(self.dimension):
            raise InvalidInstance(f"clean_weights have shape {self.clean_weights.shape}; need (m, {self.dimension})")
        shape = self.adversarial_weights.shape
        if len(shape) != 3 or shape[0] == 0 or shape[1:] != (m, d):
            raise InvalidInstance(f"adversarial_weights have shape {shape}; need (starts, {m}, {d})")
        for name, wanted in (("clean_biases", (m,)), ("adversarial_biases", shape[:2]), ("shares", shape[:2])):
            part = getattr(self, name)
            if part is not None and part.shape != wanted:
                raise InvalidInstance(f"{name} have shape {part.shape}; need {wanted}")
        if np.any(floats_of(self.clean_biases) < 0) or np.any(floats_of(self.adversarial_biases) < 0):
            raise InvalidInstance("a bias is negative; phi_b needs b >= 0")
        if self.shares is not None and not np.all(floats_of(self.shares) > 0):
            raise InvalidInstance("a share is not positive")
        if self.tau < 0 or int(self.count) < 1 or int(self.seed) < 0:
            raise InvalidInstance("radius and seed must not be negative, and at least one point is needed")

    @property
    def tau(self) -> Fraction:
        """The radius, exactly."""
        value: Any = fractions_of(self.radius)[()]
        return Fraction(value)

    @property
    def starts(self) -> int:
        """Number of adversarially trained networks."""
        return int(self.adversarial_weights.shape[0])

    @cached_property
    def law(self) -> SparseLaw:
        """The law of the points."""
        return SparseLaw(
            family=self.family, dimension=self.dimension, sparsity=self.sparsity, gap=self.gap, noise=self.noise
        )

    @cached_property
    def sample(self) -> Sample:
        """The fresh points."""
        return stream(self.law, int(self.seed), int(self.count))


def published_pairs() -> list[Path]:
    """Files of the pairs that ship with the library, by name."""
    return sorted(PUBLISHED.glob("*.npz"))
