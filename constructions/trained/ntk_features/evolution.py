"""How a kernel moves through training: similarity to its start, polar coordinates, spectral concentration.

A `Follower` keeps the first, the previous and the current kernel of every seed; what is needed of all others are their
inner products, which are taken as the kernels come. Distances are 1 - <K, K'>_F / (|K|_F |K'|_F), for kernels as they
are ("raw"), for H K H with H = I - 11'/n ("centred"), and for kernels cut to their top eigenpairs ("top").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

Json = dict[str, Any]

TOP = 20
"""Eigenpairs that a truncated kernel keeps, and the larger k of the concentrations c_k."""
FEW = 10
REACHED = 0.8
"""Share of the final distance to the first kernel at which it counts as arrived."""


def centred(kernels: torch.Tensor) -> torch.Tensor:
    """H K H of kernels (..., n, n)."""
    return kernels - kernels.mean(-1, keepdim=True) - kernels.mean(-2, keepdim=True) + kernels.mean((-2, -1), True)


def cut(values: torch.Tensor, vectors: torch.Tensor, count: int = TOP) -> torch.Tensor:
    """Kernels rebuilt from their largest eigenpairs; values (..., n) ascending, vectors (..., n, n)."""
    kept = vectors[..., -count:]
    return (kept * values[..., None, -count:]) @ kept.transpose(-1, -2)


def inner(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Frobenius inner products of kernels (..., n, n)."""
    return (one * other).sum((-2, -1))


def similarity(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """<K, K'> / (|K| |K'|)."""
    return inner(one, other) / torch.sqrt(inner(one, one) * inner(other, other))


def concentration(values: torch.Tensor, count: int) -> torch.Tensor:
    """c_k, the share of the k largest eigenvalues in the sum of squares; values (..., n) ascending."""
    return (values[..., -count:] ** 2).sum(-1) / (values**2).sum(-1)


def trace_share(values: torch.Tensor, count: int) -> torch.Tensor:
    """The share of the k largest eigenvalues in the trace."""
    return values[..., -count:].sum(-1) / values.sum(-1)


@dataclass
class Follower:
    """What was measured of the kernels (S, n, n) given to `see`, in order; `columns` has lists (times, S).

    Without `top` there are no distances of truncated kernels, which take the eigenvectors and most of the time.
    """

    top: bool = True
    steps: list[int] = field(default_factory=list)
    columns: dict[str, list[torch.Tensor]] = field(default_factory=dict)
    _first: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)
    _last: torch.Tensor | None = field(default=None, repr=False)

    def see(self, step: int, kernels: torch.Tensor) -> None:
        """Measure the kernels of one time."""
        kinds = {"raw": kernels, "centred": centred(kernels)}
        if self.top:
            values, vectors = torch.linalg.eigh(kernels)
            kinds["top"] = cut(values, vectors)
        else:
            values = torch.linalg.eigvalsh(kernels)
        if not self._first:
            self._first = kinds
        found = {"norm": inner(kernels, kernels), "trace": values.sum(-1)}
        for kind, kernel in kinds.items():
            found[f"distance {kind}"] = 1 - similarity(kernel, self._first[kind])
        found["product"] = inner(kernels, self._first["raw"])
        found["moved"] = torch.zeros_like(values[..., 0])
        if self._last is not None:
            found["moved"] = 1 - similarity(kernels, self._last)
        for count in (FEW, TOP):
            found[f"concentration {count}"] = concentration(values, count)
            found[f"trace share {count}"] = trace_share(values, count)
        self._last = kernels
        self.steps.append(step)
        for name, entry in found.items():
            self.columns.setdefault(name, []).append(entry.double().cpu())

    def table(self) -> Json:
        """Columns as lists (times, S), polar coordinates among them: the radius |K_t - K_0| over its final value, and
        the angle between K_t and K_0 in radians."""
        found = {name: torch.stack(column).numpy() for name, column in self.columns.items()}
        start = found["norm"][0]
        gap = np.sqrt(np.maximum(found["norm"] - 2 * found["product"] + start, 0.0))
        final = np.where(gap[-1] > 0, gap[-1], 1.0)
        found["radius"] = gap / final
        found["angle"] = np.arccos(np.clip(found["product"] / np.sqrt(found["norm"] * start), -1.0, 1.0))
        found["growth"] = np.sqrt(found["norm"] / start)
        kept = {name: column.tolist() for name, column in found.items() if name not in ("norm", "product")}
        return {"steps": self.steps, "columns": kept}


def arrival(steps: list[int], distances: np.ndarray, share: float = REACHED) -> np.ndarray:
    """t80 of each seed: the first recorded step from which on the distance (times, S) to the first kernel has reached
    this share of its last value. Zero where nothing ever moved."""
    reached = distances >= share * distances[-1]
    return np.array(steps)[np.argmax(reached, axis=0)]
