"""Laws of sparse data x = M z + noise, y = sign <w*, z>, after Allen-Zhu and Li, Feature Purification (2020).

Coordinates z_j are independent and symmetric before conditioning; a draw is kept if |<w*, z>| >= gap, and never if
<w*, z> = 0. Conditioning is a deliberate departure from the paper: with independent coordinates a fraction of order eps
of the points lies within eps of the boundary, so that accuracy near one is reached only at astronomical dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np

from constructions.instance import Instance, InvalidInstance, NoInstance, floats_of, fractions_of

FamilyName = Literal["light", "two", "scale", "fixed", "unif"]
FAMILIES: tuple[FamilyName, ...] = get_args(FamilyName)

ROUNDS = 10_000
"""Batches of proposals after which a condition is taken for impossible."""


class Sample(NamedTuple):
    """Points X (n, d) float64, labels y (n,) of +-1, codes Z (n, D) float64 with X = Z M^T + noise."""

    points: np.ndarray
    labels: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True, eq=False)
class SparseLaw(Instance):
    """A law of data; every parameter exact.

    family: position in `FAMILIES`; with p = sparsity / codes,
      light  z_j = +-1/sqrt(k) with probability p;
      two    the same, and +-1 with probability heavy / codes;
      scale  nonzero with probability p, P(|z_j| > t | nonzero) = (t^-2 - 1)/(k - 1) on [1/sqrt(k), 1]: scale-free;
      fixed  exactly k (odd) nonzero coordinates +-1/sqrt(k);
      unif   +-r/sqrt(k) with probability p, r uniform on [1, 2].
    dimension d; sparsity k, the expected number of nonzeros; gap >= 0; noise sigma_x, the standard deviation of the
    noise is sigma_x/sqrt(d) per coordinate; heavy h for `two`; dictionary M (d, D) and direction w* (D,) of +-1 are the
    identity and ones where absent.
    """

    slug: ClassVar[str] = "feature_purification"

    family: Any
    dimension: Any
    sparsity: Any
    gap: Any = 0
    noise: Any = 0
    heavy: Any = None
    dictionary: Any = None
    direction: Any = None

    def validate(self) -> None:
        if not 0 <= int(self.family) < len(FAMILIES):
            raise InvalidInstance(f"family {self.family} is none of 0..{len(FAMILIES) - 1}, {', '.join(FAMILIES)}")
        d, k = int(self.dimension), self.k
        if d < 1 or not 0 < k <= self.codes:
            raise InvalidInstance(f"need d >= 1 and 0 < k <= {self.codes} codes, got d = {d}, k = {k}")
        if self.exact("gap") < 0 or self.exact("noise") < 0:
            raise InvalidInstance(f"gap {self.gap} and noise {self.noise} must not be negative")
        if self.name == "fixed" and (k.denominator != 1 or int(k) % 2 == 0):
            raise InvalidInstance(f"fixed support needs an odd whole k, so that no sum is 0; got {k}")
        if self.name == "scale" and k <= 1:
            raise InvalidInstance(f"the scale-free law lives on [1/sqrt(k), 1] and needs k > 1, got {k}")
        if (self.name == "two") != (self.heavy is not None):
            raise InvalidInstance("`heavy` belongs to the family two, and only there")
        if self.heavy is not None and not 0 <= self.exact("heavy") <= self.codes - k:
            raise InvalidInstance(f"heavy = {self.heavy} leaves no probability; need 0 <= heavy <= D - k")
        if self.dictionary is not None and (self.dictionary.ndim != 2 or self.dictionary.shape[0] != d):
            raise InvalidInstance(f"dictionary has shape {self.dictionary.shape}; need ({d}, D)")
        if self.direction is not None:
            if self.direction.shape != (self.codes,) or not np.all(np.abs(fractions_of(self.direction)) == 1):
                raise InvalidInstance(f"direction needs {self.codes} entries +-1")

    @classmethod
    def of(cls, name: FamilyName, d: int, k: int, gap: Any = "99/100", noise: Any = "1/10", **more: Any) -> SparseLaw:
        """A law by its name; the defaults are those of the reference experiments."""
        return cls(family=FAMILIES.index(name), dimension=d, sparsity=k, gap=gap, noise=noise, **more)

    @property
    def name(self) -> FamilyName:
        return FAMILIES[int(self.family)]

    @property
    def d(self) -> int:
        return int(self.dimension)

    @property
    def codes(self) -> int:
        """Number D of coordinates of z."""
        return int(self.dimension) if self.dictionary is None else int(self.dictionary.shape[1])

    @property
    def k(self) -> Fraction:
        return self.exact("sparsity")

    def exact(self, name: str) -> Fraction:
        """A scalar parameter as the rational it is."""
        value: Any = fractions_of(getattr(self, name))[()]
        return Fraction(value)

    @property
    def probability(self) -> Fraction:
        """p = k / D, the probability that a light coordinate is not zero."""
        return self.k / self.codes

    @property
    def least_count(self) -> int:
        """Smallest t >= 1 with t^2 >= gap^2 k: `light` and `fixed` draws are kept when |sum of signs| >= t."""
        target, t = self.exact("gap") ** 2 * self.k, 1
        while t * t < target:
            t += 1
        return t

    @property
    def text(self) -> str:
        """The law in words."""
        heavy = f", heavy {self.exact('heavy')}" if self.heavy is not None else ""
        return (
            f"{self.name}(d = {self.d}, k = {self.k}{heavy}), |<w*, z>| >= {self.exact('gap')}, "
            f"noise {self.exact('noise')}/sqrt(d) per coordinate"
        )

    def sample(self, count: int, generator: np.random.Generator) -> Sample:
        """Independent draws. Raises `NoInstance` if the condition is next to impossible."""
        parts: list[np.ndarray] = []
        kept = 0
        for _ in range(ROUNDS):
            codes = self._codes(max(count - kept, 64), generator)
            parts.append(codes)
            kept += len(codes)
            if kept >= count:
                break
        else:
            raise NoInstance(f"no {count} draws with |<w*, z>| >= {self.exact('gap')} in {ROUNDS} rounds: {self.text}")
        z = np.concatenate(parts)[:count]
        signs = np.ones(self.codes) if self.direction is None else floats_of(self.direction)
        labels = np.where(z.sum(axis=1) > 0, 1, -1)
        z = z * signs
        matrix = None if self.dictionary is None else floats_of(self.dictionary)
        points = z.copy() if matrix is None else z @ matrix.T
        sigma = float(self.exact("noise"))
        if sigma:
            points += generator.normal(scale=sigma / np.sqrt(self.d), size=points.shape)
        return Sample(points, labels, z)

    def _codes(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Accepted codes w* z among `count` proposals: sums are decided before anything is scattered."""
        values, sizes = self._values(count, generator)
        used = np.arange(values.shape[1]) < sizes[:, None]
        sums = np.where(used, values, 0.0).sum(axis=1)
        if self.name in ("light", "fixed"):
            kept = np.abs(np.where(used, np.sign(values), 0).sum(axis=1)) >= self.least_count
        elif self.name == "two":
            kept = self._kept_of_two(np.where(used, values, 0.0))
        else:
            kept = (np.abs(sums) >= float(self.exact("gap"))) & (sums != 0)
        values, used = values[kept], used[kept]
        places = _distinct(len(values), values.shape[1], self.codes, generator)
        z = np.zeros((len(values), self.codes))
        rows = np.broadcast_to(np.arange(len(values))[:, None], places.shape)
        z[rows[used], places[used]] = values[used]
        return z

    def _kept_of_two(self, values: np.ndarray) -> np.ndarray:
        """Decided on the whole numbers of heavy and light signs: a float sum of both misses its ties."""
        heavy = np.where(np.abs(values) == 1.0, values, 0.0).sum(axis=1)
        light = np.where(np.abs(values) == 1.0, 0.0, np.sign(values)).sum(axis=1)
        root = isqrt(int(self.k)) if self.k.denominator == 1 else 0
        tie = heavy * root + light == 0 if root * root == self.k else (heavy == 0) & (light == 0)
        return np.asarray((np.abs(heavy + light / np.sqrt(float(self.k))) >= float(self.exact("gap"))) & ~tie)

    def _values(self, count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Signed values of the nonzero coordinates (count, most) and how many of them each row uses (count,)."""
        k, most_codes = float(self.k), self.codes
        light = 1 / np.sqrt(k)
        if self.name == "fixed":
            sizes = np.full(count, int(self.k))
        elif self.name == "two":
            heavy = float(self.exact("heavy"))
            sizes = generator.binomial(most_codes, float(self.probability) + heavy / most_codes, count)
        else:
            sizes = generator.binomial(most_codes, float(self.probability), count)
        shape = (count, max(int(sizes.max(initial=0)), 1))
        signs = np.where(generator.random(shape) < 0.5, -1.0, 1.0)
        if self.name in ("light", "fixed"):
            return signs * light, sizes
        uniform = generator.random(shape)
        if self.name == "two":
            share = heavy / (heavy + k) if heavy + k > 0 else 0.0
            return signs * np.where(uniform < share, 1.0, light), sizes
        if self.name == "scale":
            return signs / np.sqrt(1 + uniform * (k - 1)), sizes
        return signs * light * (1 + uniform), sizes


def _distinct(rows: int, width: int, bound: int, generator: np.random.Generator) -> np.ndarray:
    """Rows of `width` distinct numbers below `bound`, uniform over ordered choices; rejection where that is cheap."""
    if rows == 0 or width == 0:
        return np.zeros((rows, width), dtype=np.int64)
    if width * width > bound:
        return np.argsort(generator.random((rows, bound)), axis=1)[:, :width]
    places = generator.integers(0, bound, (rows, width))
    bad = np.arange(rows)
    while bad.size:
        ordered = np.sort(places[bad], axis=1)
        bad = bad[np.any(ordered[:, 1:] == ordered[:, :-1], axis=1)]
        places[bad] = generator.integers(0, bound, (bad.size, width))
    return places
