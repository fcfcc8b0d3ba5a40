"""A KKT point in one of three arithmetics, and everything that is read off it.

The formulas are written once and run on rationals (closed forms, decided exactly, and networks that are decided to be
no KKT points), on balls (an exact KKT point known to lie in a box), and on float64 (then every number carries an error
estimate).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from verifiers import arithmetic, tolerances
from verifiers.arithmetic import relu
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.data import Data
from verifiers.quantity import Enclosure, enclose, estimate


class Point:
    """Merged network S, P, a on given data; see `constructions.kkt_margin.instance` for the form.

    Arrays share one arithmetic: signs int (K,), rows (K, n), masses (K,). `residual` is 0 when the point is known to be
    an exact KKT point (`proved`); a rational network may be none, its numbers are then exact all the same. `kinks`
    (K, n) marks pre-activations known to vanish exactly.
    """

    def __init__(
        self,
        data: Data,
        signs: np.ndarray,
        rows: np.ndarray,
        masses: np.ndarray,
        residual: float,
        kinks: np.ndarray | None = None,
        supports: np.ndarray | None = None,
        distance: float = 0.0,
    ) -> None:
        self.data = data
        self.signs = signs
        self.rows = rows
        self.masses = masses
        self.residual = residual
        self.kind = arithmetic.kind_of(rows)
        self.distance = distance
        self.proof: Any = None
        """How a box was proved (`verifiers.kkt_margin.box.BoxProof`), None for other points."""
        self._kinks = kinks
        self._supports = supports

    @property
    def proved(self) -> bool:
        """True if this is an exact KKT point, or balls that contain one."""
        return self.kind != "float" and self.residual == 0

    @cached_property
    def gram(self) -> np.ndarray:
        return self.data.float_gram if self.kind == "float" else self.data.gram

    @cached_property
    def raw_gram(self) -> np.ndarray:
        return arithmetic.nearest(self.data.raw_gram) if self.kind == "float" else self.data.raw_gram

    @cached_property
    def direction_products(self) -> np.ndarray:
        products = self.data.direction_products
        return arithmetic.nearest(products) if self.kind == "float" else products

    @cached_property
    def coefficients(self) -> np.ndarray:
        """g_k = sum_l coefficients_kl x~_l (K, n)."""
        return self.rows * self.data.labels

    @cached_property
    def pre_activations(self) -> np.ndarray:
        """S_k <g_k, x~_i> (K, n)."""
        values = self.signs[:, None] * (self.coefficients @ self.gram)
        if self._kinks is not None:
            values = values.copy()
            values[self._kinks] = arithmetic.rational(0) if self.kind == "rational" else arithmetic.balls(0)[()]
        return values

    @cached_property
    def square_norms(self) -> np.ndarray:
        """|g_k|^2 (K,)."""
        return (self.coefficients * (self.coefficients @ self.gram)).sum(axis=1)

    @cached_property
    def outputs(self) -> np.ndarray:
        """S_k a_k (K,)."""
        return self.signs * self.masses

    @cached_property
    def margins(self) -> np.ndarray:
        """y_i N(x_i) (n,). On support samples of a proved KKT point this is exactly 1."""
        values = (self.outputs @ relu(self.pre_activations)) * self.data.labels
        if self._supports is not None:
            values = np.array(values, dtype=object)
            values[self._supports] = arithmetic.balls(1)[()]
        return values

    @cached_property
    def square_multipliers(self) -> np.ndarray:
        """lambda_l^2 = max_k P_kl^2 / |g_k|^2 (n,)."""
        return arithmetic.reduce_maximum(self.rows * self.rows / self.square_norms[:, None], axis=0)

    @cached_property
    def multipliers(self) -> np.ndarray:
        """lambda (n,), as balls when the squares are rational."""
        squares = self.square_multipliers
        return arithmetic.square_root(arithmetic.balls(squares) if self.kind == "rational" else squares)

    @cached_property
    def class_sums(self) -> tuple[np.ndarray, np.ndarray]:
        """A^+ and A^- (n,), the sums over positive and negative neurons of a_k P_kl."""
        weighted = self.masses[:, None] * self.rows
        zero = weighted[:0].sum(axis=0) if self.kind == "float" else arithmetic.rationals(np.zeros(self.data.n, int))
        positive, negative = weighted[self.signs > 0], weighted[self.signs < 0]
        return (positive.sum(axis=0) if len(positive) else zero), (negative.sum(axis=0) if len(negative) else zero)

    @cached_property
    def own(self) -> np.ndarray:
        """A_i of the own class (n,)."""
        plus, minus = self.class_sums
        return np.where(self.data.labels > 0, plus, minus)

    @cached_property
    def cross(self) -> np.ndarray:
        """A_i of the opposite class (n,)."""
        plus, minus = self.class_sums
        return np.where(self.data.labels > 0, minus, plus)

    @cached_property
    def slopes(self) -> np.ndarray:
        """S_k <g_k, u> on the raw parts (K,): how fast neuron k falls when a sample moves along -u."""
        return self.signs * (self.rows @ self.direction_products)

    @cached_property
    def breakpoints(self) -> np.ndarray:
        """The t >= 0 at which some neuron switches along the flip path, one row per sample (n, K)."""
        crossing = self.pre_activations.T * self.data.labels[:, None] / self.slopes[None, :]
        return relu(crossing)

    def threshold(self, level: int) -> np.ndarray:
        """Largest t >= 0 with y_i N(x_i - t y_i u) >= level, per sample (n,); the curves are nonincreasing.

        Raises `NoCertificate` if a curve is not decided or never falls to the level: then u flips nothing.
        """
        if not np.all(arithmetic.certainly_positive(self.signs * self.slopes)):
            raise NoCertificate(
                "the curves t -> y_i N(x_i - t y_i u) are not known to be monotone: some neuron does "
                "not move against its class along u"
            )
        return np.array(
            [self._threshold(i, level) for i in range(self.data.n)],
            dtype=np.float64 if self.kind == "float" else object,
        )

    def _threshold(self, i: int, level: int) -> object:
        y = self.data.labels[i]
        times = self.breakpoints[i]
        exact = self.kind == "rational"
        order = np.argsort(times if exact else arithmetic.nearest(times), kind="stable")
        column, fall = self.pre_activations[:, i], y * self.slopes
        values = np.array([(self.outputs * relu(column - t * fall)).sum() * y for t in times[order]])
        above = np.flatnonzero((values if exact else arithmetic.nearest(values)) >= level)
        if not above.size or above[0] != 0:
            raise NoCertificate(f"sample {i} is already below level {level} at the first breakpoint")
        last = int(above[-1])
        start, height = times[order][last], values[last]
        if last + 1 < len(times):
            slope = (height - values[last + 1]) / (times[order][last + 1] - start)
        else:
            slope = height - (self.outputs * relu(column - (start + 1) * fall)).sum() * y
        if not arithmetic.certainly_positive(np.asarray([slope], dtype=object if self.kind != "float" else None))[0]:
            raise NoCertificate(f"sample {i} is not certainly flipped along u: the last slope is not positive")
        crossing = start + (height - level) / slope
        return self._confirmed(i, crossing, level) if self.kind == "ball" else crossing

    def _confirmed(self, i: int, crossing: object, level: int) -> object:
        """A ball at whose ends the curve is certainly above and certainly below the level: it contains the threshold.

        The crossing itself was computed on a segment chosen by midpoints, which proves nothing.
        """
        low, high = crossing.lower(), crossing.upper()  # type: ignore[attr-defined]
        width = (high - low) + abs(high) * arithmetic.balls(2.0**-60)[()]
        y = self.data.labels[i]
        column, fall = self.pre_activations[:, i], y * self.slopes
        before = (self.outputs * relu(column - (low - width) * fall)).sum() * y - level
        after = (self.outputs * relu(column - (high + width) * fall)).sum() * y - level
        if not (before > 0 and after < 0):
            raise NoCertificate(f"sample {i}: the flip threshold is not enclosed at level {level}")
        return (low - width).union(high + width)

    def enclosure(self, values: np.ndarray, axes: tuple[str, ...], scale: float | np.ndarray = 1.0) -> Enclosure:
        """Exact or ball values as they are; float values with the error estimate of this point times `scale`."""
        if self.kind != "float":
            return enclose(values, axes)
        error = tolerances.RESIDUAL_AMPLIFICATION * max(self.residual, tolerances.ROUNDING) * scale
        return estimate(values, error, axes)
