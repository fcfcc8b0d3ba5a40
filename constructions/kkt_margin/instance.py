"""Instances of kkt_margin: labelled data, and optionally a network with multipliers.

Source: Vardi, Yehudai, Shamir 2022, max-margin problem of a depth-2 ReLU network.

Data are points (n, k), or a raw Gram matrix when the points do not matter. A network comes in one of two forms:

* *merged*: ``signs`` S (K,), ``rows`` P (K, n) >= 0, ``masses`` a (K,) > 0 with
  ``g_k = sum_l P_kl y_l x~_l`` and ``N(x) = sum_k S_k a_k relu(S_k <g_k, x~>)``. All KKT points have this form
  (neurons of one sign and one pattern merge). Scaling ``(P_k, a_k) -> (P_k s, a_k / s)`` changes nothing, which keeps
  closed forms rational: the multipliers are ``lambda_l sigma'_kl = P_kl / |g_k|`` and ``v_k^2 = a_k |g_k|``.
* *raw*: ``weights`` (m, k), ``biases`` (m,), ``outputs`` (m,) with ``N(x) = sum_j v_j relu(<w_j, x> + b_j)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from constructions.instance import Instance, InvalidInstance, floats_of, fractions_of


def gram_of(points: np.ndarray) -> np.ndarray:
    """Exact raw Gram matrix of stored points as an object array of integers or fractions (n, n)."""
    if points.dtype.kind == "i" and points.size and int(np.abs(points).max()) ** 2 * points.shape[1] < 2**53:
        floats = points.astype(np.float64)  # every partial sum is an integer below 2^53: BLAS makes no rounding error
        return (floats @ floats.T).astype(np.int64).astype(object)
    exact = fractions_of(points)
    denominator = int(np.lcm.reduce([entry.denominator for entry in exact.reshape(-1)] or [1], dtype=object))
    scaled = np.array([int(entry * denominator) for entry in exact.reshape(-1)], dtype=object).reshape(exact.shape)
    product = scaled @ scaled.T
    return np.array([fraction(entry, denominator) for entry in product.reshape(-1)], dtype=object).reshape(
        product.shape
    )


def fraction(numerator: int, denominator: int) -> Any:
    """numerator / denominator**2 as a Fraction."""
    from fractions import Fraction

    return Fraction(int(numerator), denominator * denominator)


@dataclass(frozen=True, eq=False)
class MarginInstance(Instance):
    """Labelled data with an optional network; see the module text for the two network forms.

    Shapes: labels (n,) of +-1; points (n, k) or gram (n, n); dimension d >= k, the ambient dimension when the points
    are a rotated factor; signs (K,), rows (K, n), masses (K,); weights (m, k), biases (m,), outputs (m,);
    multipliers (n,); subgradients (m, n); clusters (n,), one cluster number per sample.
    """

    slug: ClassVar[str] = "kkt_margin"

    labels: Any
    bias: Any
    points: Any = None
    gram: Any = None
    dimension: Any = None
    signs: Any = None
    rows: Any = None
    masses: Any = None
    weights: Any = None
    biases: Any = None
    outputs: Any = None
    multipliers: Any = None
    subgradients: Any = None
    clusters: Any = None

    def validate(self) -> None:
        if (self.points is None) == (self.gram is None):
            raise InvalidInstance("give exactly one of points X (n, d) and gram (n, n)")
        labels = self.labels
        if labels.ndim != 1 or labels.size == 0:
            raise InvalidInstance(f"labels have shape {labels.shape}; they must be a vector of n >= 1 entries")
        values = floats_of(labels)
        if not np.all(np.abs(values) == 1.0):
            first = int(np.argmax(np.abs(values) != 1.0))
            raise InvalidInstance(f"label {first} is {labels[first]}; every label must be +1 or -1")
        object.__setattr__(self, "labels", values.astype(np.int64))
        n = labels.size
        if self.points is not None:
            if self.points.ndim != 2 or self.points.shape[0] != n or self.points.shape[1] == 0:
                raise InvalidInstance(f"points have shape {self.points.shape}; {n} labels need ({n}, d) with d >= 1")
        elif self.gram.shape != (n, n):
            raise InvalidInstance(f"gram has shape {self.gram.shape}; {n} labels need ({n}, {n})")
        elif not np.all(self.gram == self.gram.T):
            raise InvalidInstance("gram is not symmetric")
        columns = self.points.shape[1] if self.points is not None else n
        dimension = columns if self.dimension is None else int(self.dimension)
        if self.points is not None and dimension < columns:
            raise InvalidInstance(f"dimension {dimension} is smaller than the {columns} stored coordinates")
        object.__setattr__(self, "dimension", np.asarray(dimension, dtype=np.int64))
        object.__setattr__(self, "bias", np.asarray(bool(self.bias)))
        self._validate_network(n, columns)
        if self.clusters is not None and self.clusters.shape != (n,):
            raise InvalidInstance(f"clusters have shape {self.clusters.shape}; {n} labels need ({n},)")

    def _validate_network(self, n: int, columns: int) -> None:
        merged = [self.signs, self.rows, self.masses]
        if any(part is not None for part in merged):
            if any(part is None for part in merged):
                raise InvalidInstance("a merged network needs signs, rows and masses together")
            k = self.signs.size
            if k == 0:
                raise InvalidInstance("the merged network has no neuron; give at least one, or data alone")
            if self.signs.shape != (k,) or self.rows.shape != (k, n) or self.masses.shape != (k,):
                raise InvalidInstance(
                    f"signs {self.signs.shape}, rows {self.rows.shape}, masses {self.masses.shape} do not fit; "
                    f"they must be (K,), (K, {n}), (K,)"
                )
            if not np.all(np.abs(floats_of(self.signs)) == 1.0):
                raise InvalidInstance("every sign of a merged network must be +1 or -1")
        raw = [self.weights, self.outputs]
        if any(part is not None for part in raw):
            if self.points is None:
                raise InvalidInstance("a network given by its weights needs the points, not only their gram matrix")
            if any(part is None for part in raw) or self.weights.ndim != 2 or self.weights.shape[1] != columns:
                raise InvalidInstance(f"a network needs weights (m, {columns}) and outputs (m,) together")
            m = self.weights.shape[0]
            if self.outputs.shape != (m,) or (self.biases is not None and self.biases.shape != (m,)):
                raise InvalidInstance(f"{m} weight rows need {m} outputs, and {m} biases if any")
            if self.biases is not None and not bool(self.bias) and np.any(floats_of(self.biases) != 0):
                raise InvalidInstance("the instance is bias-free but the network has a nonzero bias")
        if self.multipliers is not None and self.multipliers.shape != (n,):
            raise InvalidInstance(f"multipliers have shape {self.multipliers.shape}; {n} labels need ({n},)")
        if self.subgradients is not None:
            width = None if self.weights is None else self.weights.shape[0]
            if self.subgradients.shape != (width, n):
                raise InvalidInstance(f"subgradients have shape {self.subgradients.shape}; need ({width}, {n})")

    @property
    def size(self) -> int:
        """Number of samples n."""
        return int(self.labels.size)

    @property
    def has_network(self) -> bool:
        return self.signs is not None or self.weights is not None

    def exact_gram(self) -> np.ndarray:
        """Raw Gram matrix K0 as an object array of exact numbers (n, n)."""
        return fractions_of(self.gram) if self.points is None else gram_of(self.points)

    def float_gram(self) -> np.ndarray:
        """Raw Gram matrix in float64 (n, n)."""
        if self.points is None:
            return floats_of(self.gram)
        points = floats_of(self.points)
        return points @ points.T

    def float_lifted_gram(self) -> np.ndarray:
        """Gram matrix of the lifted samples (x, 1), or of x without bias, in float64 (n, n)."""
        return self.float_gram() + float(bool(self.bias))

    def with_point(self, signs: Any, rows: Any, masses: Any) -> Self:
        """The same data with this merged network."""
        return replace(
            self,
            signs=signs,
            rows=rows,
            masses=masses,
            weights=None,
            biases=None,
            outputs=None,
            multipliers=None,
            subgradients=None,
        )

    def without_network(self) -> Self:
        """The data alone."""
        return replace(
            self,
            signs=None,
            rows=None,
            masses=None,
            weights=None,
            biases=None,
            outputs=None,
            multipliers=None,
            subgradients=None,
        )
