"""How correlated random samples are: one setting of the law of near-orthogonality, with independent draws from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constructions.instance import Instance, InvalidInstance
from constructions.kkt_margin.data import bartlett_sphere_data


@dataclass(frozen=True, eq=False)
class SphereLaw(Instance):
    """Setting: `size` n uniform points on the sqrt(d)-sphere, failure probability `failure`, correlation `reach` s.

    maxima (trials,) are the largest |<x_i, x_l>| of independent data sets drawn from the law.
    """

    slug: ClassVar[str] = "kkt_margin"

    dimension: Any
    size: Any
    failure: Any
    reach: Any
    maxima: Any

    def validate(self) -> None:
        if not (int(self.dimension) >= 2 and int(self.size) >= 2 and self.maxima.ndim == 1 and self.maxima.size > 0):
            raise InvalidInstance("a sphere law needs dimension >= 2, size >= 2 and at least one trial")


def draw_sphere_law(dimension: int, size: int, reach: int, trials: int, generator: np.random.Generator, *,
                    failure: str = "1/10") -> SphereLaw:
    """Independent data sets from the uniform law on the sphere, drawn as n x n Gram factors whatever the dimension."""
    maxima = []
    for _ in range(trials):
        gram = bartlett_sphere_data(size, dimension, generator).float_gram()
        np.fill_diagonal(gram, 0.0)
        maxima.append(np.abs(gram).max())
    return SphereLaw(dimension=dimension, size=size, failure=failure, reach=reach, maxima=np.array(maxima))
