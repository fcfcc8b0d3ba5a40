"""Quantities of many small networks at one point each, in floats: what searches propose from. `build` decides.

Input (`constructions.dimpled_manifold.spaces`): plane (B, m, p) and normal (B, m, l) parts of the weights, outputs
(B, m) and pre (B, m). Every quantity of an axis "sample" is (B, 1). Radii come from `relu_radius`, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from verifiers.dimpled_manifold.quantities_network import STRETCH
from verifiers.relu_attack import first_crossing
from verifiers.relu_radius import robust_radii

Arrays = Mapping[str, np.ndarray]


class NetworkBatch(Mapping[str, np.ndarray]):
    """Quantities by name, computed when asked for and kept."""

    def __init__(self, arrays: Arrays) -> None:
        self.plane, self.normal, self.outputs, self.pre = (
            np.asarray(arrays[name], dtype=np.float64) for name in ("plane", "normal", "outputs", "pre")
        )
        self._known: dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._known:
            with np.errstate(all="ignore"):
                self._known[name] = np.asarray(QUANTITIES[name](self), dtype=np.float64)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(QUANTITIES)

    def __len__(self) -> int:
        return len(QUANTITIES)

    @property
    def values(self) -> np.ndarray:  # type: ignore[override]
        """N at the points (B,)."""
        return (self.outputs * np.maximum(self.pre, 0.0)).sum(axis=1)

    @property
    def signs(self) -> np.ndarray:
        return np.where(self.values >= 0, 1.0, -1.0)

    @property
    def combination(self) -> np.ndarray:
        return self.signs[:, None] * self.outputs * (self.pre > 0)

    @property
    def gradient(self) -> np.ndarray:
        """sign(N) times the orthogonal gradient (B, l)."""
        return np.einsum("bm,bml->bl", self.combination, self.normal)

    def closeness(self, stretch: float, plane: bool, normal: bool) -> np.ndarray:
        """1/r^2 (B, 1) for perturbations within P, orthogonal to it, or both."""
        found = np.full(len(self.pre), np.nan)
        for i, value in enumerate(self.values):
            if value == 0 or not np.isfinite(value):
                continue
            gram = np.zeros((self.pre.shape[1],) * 2)
            if plane:
                gram += self.plane[i] @ self.plane[i].T
            if normal:
                gram += stretch**2 * self.normal[i] @ self.normal[i].T
            radii = robust_radii(self.outputs[i], 0.5 * (gram + gram.T), self.pre[i : i + 1], self.signs[i : i + 1])
            found[i] = radii.upper[0] ** -2.0
        return found[:, None]

    def ray(self, stretch: float) -> np.ndarray:
        gradient = self.gradient
        square = (gradient * gradient).sum(axis=1)
        slopes = -stretch**2 * np.einsum("bml,bl->bm", self.normal, gradient)
        times = np.array([first_crossing(s * o, z, v, 0.0) for s, o, z, v in
                          zip(self.signs, self.outputs, self.pre, slopes, strict=True)])  # fmt: skip
        return np.where(square > 0, 1.0 / (times * times * square * stretch**2), 0.0)[:, None]

    def linear(self) -> np.ndarray:
        square = (self.gradient**2).sum(axis=1)
        return np.where(square > 0, square / self.values**2, 0.0)[:, None]

    def kinks(self) -> np.ndarray:
        squares = (self.plane**2).sum(axis=2) + (self.normal**2).sum(axis=2)
        return np.where(squares > 0, squares / self.pre**2, 0.0).max(axis=1)[:, None]


_S = float(STRETCH)
QUANTITIES: dict[str, Callable[[NetworkBatch], np.ndarray]] = {
    "confidence": lambda b: np.abs(b.values)[:, None],
    "outputs_sq": lambda b: (b.outputs**2).sum(axis=1),
    "operator_sq": lambda b: np.linalg.svd(b.normal, compute_uv=False)[:, 0] ** 2,
    "normal_gradient_sq": lambda b: (b.gradient**2).sum(axis=1)[:, None],
    "ties": lambda b: ((b.pre == 0) & ((b.plane != 0).any(axis=2) | (b.normal != 0).any(axis=2))).sum(axis=1)[:, None],
    "off_closeness": lambda b: b.closeness(1.0, False, True),
    "on_closeness": lambda b: b.closeness(1.0, True, False),
    "full_closeness": lambda b: b.closeness(1.0, True, True),
    "ray_closeness": lambda b: b.ray(1.0),
    "linear_closeness": lambda b: b.linear(),
    "kink_closeness": lambda b: b.kinks(),
    "stretch": lambda b: np.full(len(b.pre), _S),
    "stretched_ray_closeness": lambda b: b.ray(_S),
    "stretched_off_closeness": lambda b: b.closeness(_S, False, True),
    "stretched_full_closeness": lambda b: b.closeness(_S, True, True),
    "stretch_defect": lambda b: np.zeros((len(b.pre), 1)),
    "ray_defect": lambda b: np.zeros((len(b.pre), 1)),
}
"""Values by quantity. The two defects are identities, which floats could only blur."""


def measure_batch(arrays: Arrays) -> NetworkBatch:
    """Lazy quantities of a stack of networks."""
    return NetworkBatch(arrays)
