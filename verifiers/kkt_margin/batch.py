"""Quantities of thousands of instances at once in float64: what searches and campaigns propose with.

Names and axes are those of `CATALOGUE`; every array has leading axis B. Nothing here decides a claim: a candidate is
built again in rationals and measured by `measure`. NaN stands wherever `measure` would raise, for a place of the batch
without an instance, and for quantities that are not measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import numpy as np

from verifiers.kkt_margin import batch_kernels as kernels
from verifiers.kkt_margin.batch_parts import DataParts, PointParts, RobustParts, snapped
from verifiers.kkt_margin.subject import CATALOGUE

BUDGET = 2000
"""Convex problems per sample for a robust radius; some microseconds each."""

_DATA: dict[str, Callable[[Any], np.ndarray]] = {}
_POINT: dict[str, Callable[[Any], np.ndarray]] = {}
_ROBUST: dict[str, Callable[[Any], np.ndarray]] = {}


class Batch(Mapping[str, np.ndarray]):
    """Measurements of a batch by quantity name, computed on first access and kept."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.ok = np.asarray(arrays["ok"], dtype=bool)
        self.count = len(self.ok)
        self._known: dict[str, np.ndarray] = {}
        self._parts: DataParts | None = None
        self._functions: dict[str, Callable[[Any], np.ndarray]] = {}
        if "gram" in arrays and np.any(self.ok):
            kinds: dict[str, tuple[type[DataParts], dict[str, Callable[[Any], np.ndarray]]]] = {
                "theta": (RobustParts, _ROBUST),
                "rows": (PointParts, _POINT),
            }
            parts, own = next((kinds[name] for name in kinds if name in arrays), (DataParts, {}))
            self._parts, self._functions = parts(arrays), _DATA | own

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._known:
            axes = CATALOGUE[name].axes
            if self._parts is None or name not in self._functions:
                self._known[name] = np.full((self.count,) + (1,) * len(axes), np.nan)
            else:
                with np.errstate(all="ignore"):
                    values = np.asarray(self._functions[name](self._parts), dtype=np.float64)
                shape = (self.count,) + (1,) * len(axes)
                self._known[name] = np.where(self.ok.reshape(shape), values, np.nan)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(CATALOGUE)

    def __len__(self) -> int:
        return len(CATALOGUE)


def measure_batch(arrays: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """Lazy measurements of a batch of `constructions.kkt_margin.batch`; see the module text for NaN."""
    return Batch(arrays)


def measured(kind: Literal["point", "robust"]) -> frozenset[str]:
    """Names of the quantities that are measured on batches of KKT points, or of robust networks."""
    return frozenset(_DATA) | frozenset(_POINT if kind == "point" else _ROBUST)


def _each(parts: DataParts, value: float) -> np.ndarray:
    return np.full(parts.count, float(value))


def _labels_of_both(parts: DataParts) -> np.ndarray:
    return np.stack([parts.n - parts.positives, parts.positives], axis=1)


def _class_distance(parts: DataParts) -> np.ndarray:
    squares = parts.raw_diagonal[:, :, None] + parts.raw_diagonal[:, None, :] - 2.0 * parts.raw
    apart = parts.labels[:, :, None] != parts.labels[:, None, :]
    return np.where(apart, squares, np.inf).min(axis=(1, 2))


_DATA |= {
    "n": lambda s: _each(s, s.n),
    "d": lambda s: s.arrays["dimension"],
    "b": lambda s: s.bias,
    "c": lambda s: np.minimum(s.positives, s.n - s.positives) / s.n,
    "p": lambda s: s.p,
    "q": lambda s: s.q,
    "L": lambda s: s.least,
    "U": lambda s: s.greatest,
    "Delta": lambda s: s.delta,
    "r": lambda s: np.where(s.least > 0, s.q * (s.n - 1) / s.least, np.nan),
    "norm_sq": lambda s: s.raw_diagonal,
    "lifted_norm_sq": lambda s: s.diagonal,
    "square_norm": lambda s: s.raw[:, 0, 0],
    "opposite": lambda s: s.opposite,
    "label_opposite": _labels_of_both,
    "direction_norm_sq": lambda s: snapped(s.products.sum(axis=1), np.abs(s.raw).sum(axis=(1, 2))),
    "direction_product": lambda s: s.products,
    "class_distance_sq": _class_distance,
}


def _positive_off_diagonal(parts: PointParts, sign: float) -> np.ndarray:
    return np.maximum(sign * parts.correlation, 0.0) * (1.0 - parts.identity)


def _final_slope(parts: PointParts) -> np.ndarray:
    fall = parts.labels[:, :, None] * parts.slopes[:, None, :]
    values = (np.maximum(-fall, 0.0) * parts.outputs[:, None, :]).sum(axis=2) * parts.labels
    return np.where(parts.falling[:, None], values, np.nan)


def _threshold(level: float) -> Callable[[PointParts], np.ndarray]:
    def function(parts: PointParts) -> np.ndarray:
        found = kernels.thresholds(parts.pre, parts.outputs, parts.slopes, parts.labels, level)
        return np.where(np.any(np.isnan(found), axis=1)[:, None], np.nan, found)

    return function


def _late_value(parts: PointParts) -> np.ndarray:
    times = parts.late_times / parts.delta[:, None, None]
    own, opposite = kernels.path_parts(parts.pre, parts.signs, parts.masses, parts.slopes, parts.labels, times)
    return own - opposite


def _radius_sq(parts: Any) -> np.ndarray:
    outputs, gram, pre = parts.network
    pre = np.ascontiguousarray(pre)
    return kernels.radii(np.ascontiguousarray(outputs), np.ascontiguousarray(gram), pre, parts.labels, BUDGET) ** 2


def _fractional_pairs(parts: PointParts) -> np.ndarray:
    greatest = parts.square_multipliers[:, None, :]
    below = parts.squares < greatest * (1.0 - 1e-10)
    return ((parts.rows > 0) & below & (parts.pre == 0)).sum(axis=(1, 2))


def _strict_cross_pairs(parts: PointParts) -> np.ndarray:
    return ((parts.pre > 0) & (parts.signs[:, :, None] != parts.labels[:, None, :])).sum(axis=(1, 2))


def _pairs(own: bool, values: Callable[[PointParts], np.ndarray]) -> Callable[[PointParts], np.ndarray]:
    """A quantity per (sample, neuron), from (B, K, n), 0 where the pair is not meant."""
    return lambda parts: np.where(parts.same == own, np.swapaxes(values(parts), 1, 2), 0.0)


def _summed(parts: PointParts, matrix: np.ndarray) -> np.ndarray:
    """sum_l M_il a_k P_kl (B, K, n) for symmetric M."""
    return np.matmul(parts.weighted, matrix)


def _own_activation(parts: PointParts) -> np.ndarray:
    times = parts.main_times[0]
    fall = parts.labels[:, :, None] * parts.slopes[:, None, :]
    pre = np.swapaxes(parts.pre, 1, 2)
    values = pre[:, :, :, None] - fall[:, :, :, None] * times[:, :, None, :]
    scale = np.abs(pre)[:, :, :, None] + np.abs(fall)[:, :, :, None] * times[:, :, None, :]
    values = np.where(parts.same[:, :, :, None], snapped(values, scale) * parts.masses[:, None, :, None], 0.0)
    return values + 0.0 * times[:, :, None, :]


_POINT |= {
    "kkt_residual": lambda s: s.residual,
    "multiplier": lambda s: s.multipliers,
    "multiplier_sq": lambda s: s.square_multipliers,
    "multiplier_sum": lambda s: s.multipliers.sum(axis=1),
    "mass_sum": lambda s: (s.masses * np.sqrt(s.square_norms)).sum(axis=1),
    "margin": lambda s: s.margins,
    "own": lambda s: s.own,
    "cross": lambda s: s.cross,
    "own_pull": lambda s: s.pulled(s.correlation, True),
    "own_push": lambda s: s.pulled(np.maximum(s.correlation, 0.0), True),
    "own_pull_unsigned": lambda s: s.pulled(s.gram, True),
    "own_push_reversed": lambda s: s.pulled(np.maximum(-s.correlation, 0.0), True),
    "cross_pull": lambda s: s.pulled(s.correlation, False),
    "cross_pressure": lambda s: s.pulled(_positive_off_diagonal(s, -1.0), False),
    "cross_attraction": lambda s: s.pulled(_positive_off_diagonal(s, 1.0), False),
    "flip_tau": lambda s: s.main_times[1],
    "flip_value": lambda s: s.main_parts[0] - s.main_parts[1] + 0.0 * s.main_times[1],
    "own_part": lambda s: s.main_parts[0] + 0.0 * s.main_times[1],
    "opposite_part": lambda s: s.main_parts[1] + 0.0 * s.main_times[1],
    "late_tau": lambda s: s.late_times,
    "late_value": lambda s: _late_value(s) + 0.0 * s.main_times[1],
    "final_slope": _final_slope,
    "flip_threshold": _threshold(0.0),
    "level_threshold": _threshold(-1.0),
    "flipped_along_u": lambda s: kernels.flipped(s.pre, s.outputs, s.slopes, s.labels),
    "neuron_speed": lambda s: s.signs * s.slopes * s.masses,
    "neuron_weight": lambda s: s.weighted.sum(axis=2),
    "bound_time_value": lambda s: s.both_sides[0],
    "linear_bound": lambda s: s.both_sides[1],
    "unseen_value": lambda s: s.unseen[0],
    "unseen_slope": lambda s: s.unseen[1],
    "radius_sq": _radius_sq,
    "fractional_pairs": _fractional_pairs,
    "strict_cross_pairs": _strict_cross_pairs,
    "merged_multiplier_sum": lambda s: s.class_merged.multipliers.sum(axis=1),
    "merged_radius_sq": lambda s: _radius_sq(s.class_merged),
    "cross_pair": _pairs(False, lambda s: s.weighted * s.diagonal[:, None, :]),
    "cross_pair_pressure": _pairs(False, lambda s: _summed(s, _positive_off_diagonal(s, -1.0))),
    "cross_activation": _pairs(False, lambda s: s.pre * s.masses[:, :, None]),
    "cross_weight": _pairs(False, lambda s: s.weighted.sum(axis=2, keepdims=True) - s.weighted),
    "own_pair": _pairs(True, lambda s: s.weighted),
    "own_activation": _own_activation,
}


def _critical_count(parts: Any) -> np.ndarray:
    """The k in 1..n_opposite at which the bound of the robust network is least (B, n); 1 if there is no opposite."""
    level, bound = parts.theta[:, None], (parts.p / parts.square)[:, None]
    k = np.arange(1.0, parts.n + 1.0)[None, :]
    values = (1.0 + (k - 1.0) * level - k * bound) ** 2 / ((k + 1.0) * (1.0 + k * bound))
    least = np.stack([np.argmin(values[:, : max(m, 1)], axis=1) + 1.0 for m in range(parts.n + 1)], axis=1)
    return np.take_along_axis(least, parts.opposite.astype(np.int64), axis=1)


_ROBUST |= {
    "theta": lambda s: s.theta,
    "robust_network_defect": lambda s: _each(s, 0.0),
    "critical_count": _critical_count,
    "radius_sq": _radius_sq,
}
