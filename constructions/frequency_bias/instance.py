"""What a statement of this subject speaks about: signals, filters, bands and labelled data on a circle or a torus."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from math import prod
from typing import Any, ClassVar

import numpy as np

from constructions.frequency_bias.bands import require_symmetric
from constructions.instance import Instance, InvalidInstance


@dataclass(frozen=True, eq=False)
class FrequencyInstance(Instance):
    """A grid, and what lives on it; every part but the grid is optional. Sizes: N sites, K taps, M residues, L layers.

    length: N. width: N2, in two dimensions only (then N1 = length). kernel: K, or (K1, K2), where no filter is given.
    taps: one filter (K,), layers of a composition (L, K), or one filter (K1, K2) with `width`.
    band: residues, sorted (M,); in two dimensions frequencies as rows (M, 2), sorted.
    signal: (*grid), real; or (N, N), row n the coefficients of x_n = sum_k c_nk e^(2 pi i k/N).
    sites: a set of sites, sorted (T,). depth: L; channels: C, where no filters say so.
    points X (n, *grid), labels y (n,) of +-1; predictor beta (*grid).
    weights (L, C, C, K): filters of a ReLU net from channel to channel; the signal enters channel 0, and the unit
    looked at is channel 0 of the last layer at site 0.
    filters U (C, *kernel), readouts V (C, *grid): the two-layer net beta = sum_c U_c * V_c (circular convolution).
    inputs (R, *grid): a predictor of R input channels.
    """

    slug: ClassVar[str] = "frequency_bias"

    length: Any
    width: Any = None
    kernel: Any = None
    taps: Any = None
    band: Any = None
    signal: Any = None
    sites: Any = None
    depth: Any = None
    channels: Any = None
    points: Any = None
    labels: Any = None
    predictor: Any = None
    filters: Any = None
    readouts: Any = None
    inputs: Any = None
    weights: Any = None

    def __post_init__(self) -> None:
        for field in fields(self):
            if np.iscomplexobj(getattr(self, field.name)):
                raise InvalidInstance(f"{field.name} has complex entries; signals and filters are real here")
        super().__post_init__()

    def validate(self) -> None:
        for name in ("length", "width", "kernel", "depth", "channels"):
            value = getattr(self, name)
            if value is not None and not (
                value.dtype.kind == "i" and value.ndim <= (name == "kernel") and value.min() >= 1
            ):
                raise InvalidInstance(f"{name} is {value.tolist()}; it must be a positive integer")
        self._check_filters()
        self._check_band()
        for name in ("signal", "predictor", "points", "readouts", "inputs"):
            self._check_shape(name)
        if self.sites is not None:
            self._sorted("sites", self.sites, self.grid[:1])
        self._check_data()
        if self.filters is not None and self.readouts is not None and len(self.filters) != len(self.readouts):
            raise InvalidInstance(f"{len(self.filters)} filters and {len(self.readouts)} readouts; channels must agree")

    @cached_property
    def grid(self) -> tuple[int, ...]:
        """(N,) or (N1, N2)."""
        return (int(self.length),) if self.width is None else (int(self.length), int(self.width))

    @property
    def sites_count(self) -> int:
        """N, the number of sites of the grid."""
        return prod(self.grid)

    @cached_property
    def kernel_shape(self) -> tuple[int, ...] | None:
        """(K,) or (K1, K2) of the filter, the layers, the channels, or of `kernel`; None where nothing says."""
        dimensions = len(self.grid)
        for part in (self.taps, self.filters, self.weights):
            if part is not None:
                return tuple(part.shape[-dimensions:])
        if self.kernel is None:
            return None
        return tuple(self.kernel.tolist()) if self.kernel.ndim else (int(self.kernel),) * dimensions

    @property
    def layers(self) -> int:
        """L: rows of `taps`, layers of `weights`, or `depth`, or 1."""
        if self.weights is not None:
            return len(self.weights)
        if self.taps is not None and self.taps.ndim > len(self.grid):
            return len(self.taps)
        return 1 if self.depth is None else int(self.depth)

    def require_real_band(self) -> None:
        """Raise `InvalidInstance` unless there is a band with B = -B, as every statement over the reals needs."""
        if self.band is None:
            raise InvalidInstance("this needs a band; give at least one residue")
        require_symmetric(self.grid[0], self.band)

    def _check_filters(self) -> None:
        dimensions = len(self.grid)
        if self.taps is not None and not (self.taps.size and self.taps.ndim in (dimensions, 2)):
            raise InvalidInstance(f"taps have shape {self.taps.shape}; give one filter or, in one dimension, rows")
        if self.filters is not None and not (self.filters.size and self.filters.ndim == dimensions + 1):
            raise InvalidInstance(f"filters have shape {self.filters.shape}; need (C, K), or (C, K1, K2) with a width")
        if self.weights is not None and (self.weights.ndim != 4 or self.weights.shape[1] != self.weights.shape[2]):
            raise InvalidInstance(f"weights have shape {self.weights.shape}; need (L, C, C, K)")
        shape = self.kernel_shape
        if shape is None:
            return
        self._check_sizes_agree(shape)
        if len(shape) != dimensions:
            raise InvalidInstance(f"kernel {shape} on a grid {self.grid}: their dimensions differ")
        for taps, size in zip(shape, self.grid, strict=True):
            if taps > size:
                raise InvalidInstance(f"a filter with K = {taps} taps on N = {size} sites: need K <= N")

    def _check_sizes_agree(self, shape: tuple[int, ...]) -> None:
        """All filters have one size: nets that a predictor or data are judged for have as many taps as the filter."""
        dimensions = len(self.grid)
        for part, name in ((self.filters, "filters of the net"), (self.weights, "filters of the ReLU net")):
            if part is not None and tuple(part.shape[-dimensions:]) != shape:
                own = part.shape[-dimensions:]
                raise InvalidInstance(f"the filter has {shape} taps and the {name} {own}: one size is looked at")
        if self.kernel is not None and np.any(np.broadcast_to(self.kernel, dimensions) != shape):
            raise InvalidInstance(f"filters have {shape} taps and K is {self.kernel.tolist()}: leave K out")

    def _check_band(self) -> None:
        if self.band is None:
            return
        if self.band.size == 0:
            raise InvalidInstance("the band is empty; give at least one residue")
        if len(self.grid) == 1:
            self._sorted("band", self.band, self.grid)
            return
        rows = self.band.tolist()
        if self.band.dtype.kind != "i" or self.band.ndim != 2 or self.band.shape[1] != 2 or rows != sorted(rows):
            raise InvalidInstance("a band in two dimensions is a sorted list of pairs of residues")
        if any(not 0 <= d < size for row in rows for d, size in zip(row, self.grid, strict=True)):
            raise InvalidInstance(f"a frequency of the band is outside the grid {self.grid}")
        if len({tuple(row) for row in rows}) < len(rows):
            raise InvalidInstance("the band lists a frequency twice")

    def _sorted(self, name: str, array: np.ndarray, bounds: tuple[int, ...]) -> None:
        if array.ndim != 1 or array.dtype.kind != "i" or not array.size:
            raise InvalidInstance(f"{name} must be a nonempty list of integers in 0..{bounds[0] - 1}")
        if array.min() < 0 or array.max() >= bounds[0] or np.any(np.diff(array) <= 0):
            raise InvalidInstance(f"{name} {array.tolist()} must increase within 0..{bounds[0] - 1}")

    def _check_shape(self, name: str) -> None:
        value = getattr(self, name)
        if value is None:
            return
        many = name in ("points", "readouts", "inputs")
        cyclotomic = name == "signal" and len(self.grid) == 1 and value.shape == self.grid * 2
        if not cyclotomic and (value.ndim != many + len(self.grid) or value.shape[many:] != self.grid):
            raise InvalidInstance(f"{name} has shape {value.shape}; need {'(n, *grid)' if many else 'the grid'}, grid "
                                  f"{self.grid}")  # fmt: skip
        if many and not len(value):
            raise InvalidInstance(f"{name} is empty; give at least one row")

    def _check_data(self) -> None:
        if self.labels is None:
            return
        if self.points is None or self.labels.shape != self.points.shape[:1]:
            raise InvalidInstance("labels need one point each: points (n, *grid) and labels (n,)")
        if self.labels.dtype.kind == "b" or not np.all(np.abs(self.labels.astype(np.float64)) == 1):
            raise InvalidInstance("every label must be +1 or -1")
