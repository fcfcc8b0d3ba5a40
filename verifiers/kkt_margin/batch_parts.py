"""What the quantities of a batch share, each computed on first use: the float twin of `data`, `point` and `path`.

The input is a batch of `constructions.kkt_margin.batch`. Every array has leading axis B; NaN means not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from constructions.kkt_margin.batch import partition_points
from constructions.kkt_margin.merged import class_blocks
from verifiers.kkt_margin import batch_kernels as kernels
from verifiers.kkt_margin.batch_kernels import NEGLIGIBLE


def snapped(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values with what is rounding at this scale set to 0, so that strict comparisons read an exact 0 as such."""
    return np.where(np.abs(values) <= NEGLIGIBLE * scale, 0.0, values)


def row_maximum(values: np.ndarray) -> np.ndarray:
    """Largest entry per instance (B,); 0 if there is none."""
    flat = values.reshape(len(values), -1)
    return flat.max(axis=1) if flat.shape[1] else np.zeros(len(values))


class DataParts:
    """Labelled data: Gram matrices and the numbers the theorems are stated in."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.gram = arrays["gram"]
        self.labels = arrays["labels"]
        self.bias = arrays["bias"]
        self.count, self.n = self.labels.shape
        self.identity = np.eye(self.n)

    @cached_property
    def raw(self) -> np.ndarray:
        return self.gram - self.bias[:, None, None]

    @cached_property
    def diagonal(self) -> np.ndarray:
        return np.diagonal(self.gram, axis1=1, axis2=2)

    @cached_property
    def raw_diagonal(self) -> np.ndarray:
        return np.diagonal(self.raw, axis1=1, axis2=2)

    @cached_property
    def correlation(self) -> np.ndarray:
        """R_il = y_i y_l G_il (B, n, n)."""
        return self.gram * self.labels[:, :, None] * self.labels[:, None, :]

    @cached_property
    def products(self) -> np.ndarray:
        """h_l = y_l <x_l, u> (B, n)."""
        values = np.matmul(self.raw, self.labels[:, :, None])[:, :, 0] * self.labels
        return snapped(values, np.abs(self.raw).sum(axis=2))

    def _off_diagonal(self, gram: np.ndarray) -> np.ndarray:
        first, second = np.triu_indices(self.n, 1)
        return row_maximum(np.abs(gram[:, first, second])) + 0.0 * gram[:, 0, 0]

    @cached_property
    def p(self) -> np.ndarray:
        return self._off_diagonal(self.raw)

    @cached_property
    def q(self) -> np.ndarray:
        return self._off_diagonal(self.gram)

    @cached_property
    def least(self) -> np.ndarray:
        return self.diagonal.min(axis=1)

    @cached_property
    def greatest(self) -> np.ndarray:
        return self.diagonal.max(axis=1)

    @cached_property
    def delta(self) -> np.ndarray:
        least = self.raw_diagonal.min(axis=1)
        return snapped(least - self.p * (self.n - 1), np.abs(least))

    @cached_property
    def positives(self) -> np.ndarray:
        return (self.labels > 0).sum(axis=1)

    @cached_property
    def opposite(self) -> np.ndarray:
        positives = self.positives[:, None]
        return np.where(self.labels > 0, self.n - positives, positives).astype(np.float64)


class PointParts(DataParts):
    """A merged network on the data, and its flip path."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__(arrays)
        self.signs, self.rows, self.masses = arrays["signs"], arrays["rows"], arrays["masses"]
        self.neurons = self.signs.shape[1]

    @cached_property
    def coefficients(self) -> np.ndarray:
        return self.rows * self.labels[:, None, :]

    @cached_property
    def images(self) -> np.ndarray:
        """<g_k, x~_i> (B, K, n)."""
        return np.matmul(self.coefficients, self.gram)

    @cached_property
    def square_norms(self) -> np.ndarray:
        return (self.coefficients * self.images).sum(axis=2)

    @cached_property
    def pre(self) -> np.ndarray:
        """S_k <g_k, x~_i> (B, K, n), what is rounding relative to |g_k||x~_i| set to 0."""
        values = self.signs[:, :, None] * self.images
        return snapped(values, np.sqrt(np.maximum(self.square_norms, 0.0)[:, :, None] * self.diagonal[:, None, :]))

    @cached_property
    def outputs(self) -> np.ndarray:
        return self.signs * self.masses

    @cached_property
    def margins(self) -> np.ndarray:
        return np.matmul(self.outputs[:, None, :], np.maximum(self.pre, 0.0))[:, 0, :] * self.labels

    @cached_property
    def squares(self) -> np.ndarray:
        """P_kl^2 / |g_k|^2 (B, K, n)."""
        return self.rows * self.rows / self.square_norms[:, :, None]

    @cached_property
    def square_multipliers(self) -> np.ndarray:
        return self.squares.max(axis=1)

    @cached_property
    def multipliers(self) -> np.ndarray:
        return np.sqrt(self.square_multipliers)

    @cached_property
    def weighted(self) -> np.ndarray:
        """a_k P_kl (B, K, n)."""
        return self.masses[:, :, None] * self.rows

    @cached_property
    def class_sums(self) -> tuple[np.ndarray, np.ndarray]:
        positive = (self.signs > 0)[:, :, None]
        return np.where(positive, self.weighted, 0.0).sum(axis=1), np.where(positive, 0.0, self.weighted).sum(axis=1)

    @cached_property
    def own(self) -> np.ndarray:
        plus, minus = self.class_sums
        return np.where(self.labels > 0, plus, minus)

    @cached_property
    def cross(self) -> np.ndarray:
        plus, minus = self.class_sums
        return np.where(self.labels > 0, minus, plus)

    def pulled(self, matrix: np.ndarray, same_class: bool) -> np.ndarray:
        """sum_l M_il A_l of the class of sample i, or of the other one (B, n)."""
        plus, minus = (np.matmul(matrix, part[:, :, None])[:, :, 0] for part in self.class_sums)
        return np.where((self.labels > 0) == same_class, plus, minus)

    @cached_property
    def slopes(self) -> np.ndarray:
        """S_k <g_k, u> (B, K)."""
        values = self.signs * np.matmul(self.rows, self.products[:, :, None])[:, :, 0]
        return snapped(values, np.matmul(np.abs(self.rows), np.abs(self.raw).sum(axis=2)[:, :, None])[:, :, 0])

    @cached_property
    def falling(self) -> np.ndarray:
        """True where every neuron moves against its class along u (B,)."""
        return np.all(self.signs * self.slopes > 0, axis=1)

    @cached_property
    def same(self) -> np.ndarray:
        """True where neuron k has the sign of sample i (B, n, K)."""
        return self.labels[:, :, None] == self.signs[:, None, :]

    @cached_property
    def residual(self) -> np.ndarray:
        """KKT residual (B,), the formula of `exact.merged_residual`; infinite where it has no value."""
        norms, length = np.sqrt(self.square_norms), np.sqrt(self.diagonal)
        mu = self.rows / norms[:, :, None] * length[:, None, :]
        largest = mu.max(axis=1)
        activation = self.pre / norms[:, :, None] / length[:, None, :]
        graph = row_maximum(np.abs(mu - np.clip(mu + activation, 0.0, largest[:, None, :])))
        primal = row_maximum(np.maximum(1.0 - self.margins, 0.0))
        slack = row_maximum(largest / row_maximum(largest)[:, None] * np.abs(self.margins - 1.0))
        worst = np.maximum(np.maximum(graph, primal), np.maximum(slack, row_maximum(np.maximum(-mu, 0.0))))
        valid = np.all(norms > 0, axis=1) & np.all(self.masses > 0, axis=1) & np.all(length > 0, axis=1)
        return np.where(valid & np.isfinite(worst), worst, np.inf)

    @cached_property
    def main_times(self) -> tuple[np.ndarray, np.ndarray]:
        """Times t of the main path, and tau = t Delta there (B, n, K + 2); NaN unless Delta > 0."""
        delta = np.where(self.delta > 0, self.delta, np.nan)[:, None, None]
        start, switch = self.q[:, None, None] / delta, self.greatest[:, None, None] / delta
        bends = np.swapaxes(self.pre, 1, 2) * self.labels[:, :, None] / self.slopes[:, None, :]
        late = np.abs(bends - switch) <= NEGLIGIBLE * switch
        bends = np.where(late, switch, np.maximum(bends, start))
        fixed = np.stack([self.q, self.greatest], axis=1)[:, None, :] * np.ones((1, self.n, 1))
        tau = np.where(late, fixed[:, :, 1:], bends * delta)
        return np.concatenate([fixed / delta, bends], axis=2), np.concatenate([fixed + 0.0 * delta, tau], axis=2)

    @cached_property
    def main_parts(self) -> tuple[np.ndarray, np.ndarray]:
        return kernels.path_parts(self.pre, self.signs, self.masses, self.slopes, self.labels, self.main_times[0])

    @cached_property
    def late_times(self) -> np.ndarray:
        """tau = t Delta >= U (B, n, K + 2)."""
        return np.maximum(self.main_times[1], self.greatest[:, None, None])

    @cached_property
    def both_sides(self) -> tuple[np.ndarray, np.ndarray]:
        """(F) at its bends: values and bounds (B, n, 1 + n + K)."""
        return kernels.bound_path(
            self.pre, self.signs, self.masses, self.slopes, self.labels, self.correlation, self.products,
            self.own, self.cross,
        )  # fmt: skip

    @cached_property
    def unseen(self) -> tuple[np.ndarray, np.ndarray]:
        """Value and slope per label (B, 2), NaN where a neuron's state on the box is open; see `quantities_point`."""
        start, reach = (self.p + self.bias) / self.delta, self.p
        constant = self.coefficients.sum(axis=2) * self.bias[:, None] * self.signs
        spread = self.rows.sum(axis=2) * reach[:, None]
        size = NEGLIGIBLE * (np.abs(constant) + np.abs(self.slopes * start[:, None]) + spread)
        values, slopes = [], []
        for y in (1.0, -1.0):
            centre = constant - y * self.slopes * start[:, None]
            same = self.signs == y
            lowest = centre - spread
            known = np.all(np.where(same, centre + spread <= size, lowest >= -size), axis=1) & (self.delta > 0)
            weight = np.where(same, 0.0, self.masses)
            values.append(np.where(known, -(snapped(lowest, size / NEGLIGIBLE) * weight).sum(axis=1), np.nan))
            slopes.append(np.where(known, (y * self.slopes * weight).sum(axis=1), np.nan))
        both = ~np.any(np.isnan(np.array(values)), axis=0)
        return tuple(np.where(both[:, None], np.stack(part, axis=1), np.nan) for part in (values, slopes))  # type: ignore[return-value]

    @cached_property
    def network(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Outputs (B, K), Gram matrices of the raw weights (B, K, K), pre-activations (B, K, n)."""
        weights = self.signs[:, :, None] * self.coefficients
        return self.outputs, np.matmul(np.matmul(weights, self.raw), np.swapaxes(weights, 1, 2)), self.pre

    @cached_property
    def class_merged(self) -> PointParts:
        """The class-merged points of the same data; not measured unless the whole batch shares its labels."""
        shared = np.all(self.labels == self.labels[:1], axis=0)
        labels = self.labels[0].astype(np.int64)
        found = partition_points(self.gram, labels, class_blocks(labels), self.arrays["ok"] & np.all(shared))
        return PointParts({**self.arrays, **found})


class RobustParts(DataParts):
    """The robust network N(x) = sum_l y_l relu(<x_l, x>/D - theta) on the data."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__(arrays)
        self.theta = arrays["theta"]

    @cached_property
    def square(self) -> np.ndarray:
        """D = |x_0|^2."""
        return self.raw[:, 0, 0]

    @cached_property
    def network(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Outputs (B, n), Gram matrices of the weights (B, n, n), pre-activations (B, n, n)."""
        pre = self.raw - (self.theta * self.square)[:, None, None]
        return self.labels / self.square[:, None], self.raw, snapped(pre, self.square[:, None, None])
