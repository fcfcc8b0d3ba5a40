"""What trained networks show: how small a universal perturbation flips them, against dimension, width and sample size.

Panels of Vardi, Yehudai, Shamir: data uniform on the sphere of radius sqrt(d), fair labels, m samples. The margin set
M holds the samples within 1.1 times the least margin; u_M = sum over M of y x; the size reported is the least |t u_M|
such that moving every sample of M by t u_M against its label flips all of them, in units sqrt(d/m).
The phase diagram takes balanced labels and u over all samples, as the theorems do.

Every panel returns tables {name, title, columns, units, rows, x, y, series, log, note}: rows are what is drawn.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from constructions.kkt_margin.data import bartlett_sphere_data, random_labels, uniform_sphere_data
from constructions.kkt_margin.instance import MarginInstance
from constructions.trained.kkt_margin.networks import Batch, Networks, Progress, Recipe, train_networks
from constructions.trained.kkt_margin.points import POLISH_SIZE, Trained, polish_networks

Table = dict[str, Any]
Recall = Callable[[str, Callable[[], Any]], Any]  # (name of a unit of work, how to do it) -> its JSON-able result

MARGIN_SET = 1.1  # samples within this factor of the least margin
SMALLEST, LARGEST, GROWTH = 0.05, 100.0, 1.1  # sizes tried, in units sqrt(d/m), before bisection
HALVINGS = 30
# Long enough that most samples enter the margin set; a short run has few of them there, and they may not flip at all.
PANEL = Recipe(betas=(1.0, 3.0, 10.0, 30.0, 100.0, 300.0), steps=(400, 500, 600, 700, 700, 700))
EXPONENTS = (0.5, 0.8, 1.0, 1.2, 1.5)


@dataclass(frozen=True)
class Scale:
    """What a panel runs over."""

    dimensions: tuple[int, ...]
    width: int
    dimension: int
    widths: tuple[int, ...]
    seeds: int
    sizes: tuple[int, ...]
    phase_dimensions: tuple[int, ...]
    draws: int
    proof_draws: int  # of these, handed to the caller's proof about all KKT points
    phase_width: int
    note: str


SCALES = {
    "small": Scale((16, 24, 32, 48, 64), 64, 48, (16, 32, 64, 128, 256), 5, (2, 4, 8, 16, 32, 64),
                   (16, 64, 256, 1024, 4096, 16384), 12, 4, 64,
                   "reduced scale: d <= 64, width 64; the paper-sized run takes d <= 1000, width 1000"),
    "paper": Scale((100, 200, 400, 700, 1000), 1000, 500, (50, 100, 200, 500, 1000, 2000), 5, (2, 4, 8, 16, 32, 64),
                   (16, 64, 256, 1024, 4096, 16384, 65536), 256, 32, 256, ""),
}


def generators(seed: int, name: str) -> tuple[np.random.Generator, torch.Generator]:
    """Independent streams for a named unit of work: the same whatever ran before it."""
    first, second = np.random.SeedSequence([seed, zlib.crc32(name.encode())]).spawn(2)
    return np.random.default_rng(first), torch.Generator().manual_seed(int(second.generate_state(1, np.uint64)[0]) >> 1)


def flip_size(
    hidden: np.ndarray, outputs: np.ndarray, tilt: np.ndarray, labels: np.ndarray, smallest: float, largest: float
) -> float:
    """Least t in [smallest, largest] at which y_i N(x_i - t y_i u) < 0 for all i at once; nan if there is none.

    hidden (n, W) pre-activations of the samples, outputs (W,), tilt_j = <w_j, u>. Located on a geometric grid, then by
    bisection: a window of flips narrower than the grid can be missed.
    """
    shift = labels[:, None] * tilt

    def flipped(t: float) -> bool:
        return bool(np.all(labels * (np.maximum(hidden - t * shift, 0.0) @ outputs) < 0.0))

    above = smallest
    while not flipped(above):
        above *= GROWTH
        if above > largest:
            return float("nan")
    below = above / GROWTH if above > smallest else 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (below + above)
        below, above = (below, middle) if flipped(middle) else (middle, above)
    return above


def network_flip(batch: Batch, networks: Networks, b: int, unit: float) -> tuple[float, int]:
    """(size in the given unit of length, members of the margin set) for the network as trained."""
    labels, hidden, outputs = batch.labels[b], networks.hidden[b], networks.outputs[b]
    margins = labels * (np.maximum(hidden, 0.0) @ outputs)
    chosen = margins <= MARGIN_SET * margins.min()
    lifted = (labels * chosen) @ batch.coordinates[b]
    total = (labels * chosen).sum() / np.sqrt(batch.units[b]) if batch.biased else 0.0
    tilt = lifted @ networks.weights[b] - total * networks.bias_weights(batch, b)
    length = np.sqrt(max(lifted @ lifted - total**2, 0.0) * batch.units[b]) / unit
    if not length > 0.0:
        return float("nan"), int(chosen.sum())
    t = flip_size(hidden[chosen], outputs, tilt, labels[chosen], SMALLEST / length, LARGEST / length)
    return t * length, int(chosen.sum())


def point_flip(instance: MarginInstance, unit: float) -> float:
    """Size of the flip of all samples of a merged point along u = sum y x, in the given unit of length."""
    labels, raw = instance.labels.astype(np.float64), instance.float_gram()
    signed = instance.rows * labels * instance.signs[:, None]
    length = float(np.sqrt(max(labels @ raw @ labels, 0.0))) / unit
    if not length > 0.0:
        return float("nan")
    hidden = (signed @ instance.float_lifted_gram()).T
    t = flip_size(hidden, instance.signs * instance.masses, signed @ raw @ labels, labels, SMALLEST / length,
                  LARGEST / length)
    return t * length


def panels(
    scale: str = "small", device: str = "cpu", seed: int = 0, progress: Progress | None = None, *,
    certified: Callable[[MarginInstance], bool] | None = None, recall: Recall | None = None, workers: int = 1,
) -> list[Table]:
    """All tables: flips against dimension and against width with their slopes, and the phase diagram.

    `certified` says of bare data whether every KKT point is proved to be flipped; without it that column stays empty.
    """
    run = Run(SCALES[scale], device, seed, progress, certified, recall or (lambda _, work: work()), workers)
    by_dimension, by_width, phase = run.against_dimension(), run.against_width(), run.phase()
    return [by_dimension, by_width, slopes(by_dimension, by_width), *phase]


@dataclass(frozen=True)
class Run:
    """One pass over the panels; `recall` may answer a unit of work from an earlier, interrupted pass."""

    scale: Scale
    device: str
    seed: int
    progress: Progress | None
    certified: Callable[[MarginInstance], bool] | None
    recall: Recall
    workers: int

    def _units(self, names: Sequence[str], what: str) -> Iterator[int]:
        for index in range(len(names)):
            if self.progress:
                self.progress(index, len(names), what)
            yield index

    def _flips(self, name: str, size: int, dimension: int, width: int) -> dict[str, Any]:
        """Train `seeds` networks on one kind of data and measure their flips."""
        generator, torch_generator = generators(self.seed, name)
        instances = [
            uniform_sphere_data(size, dimension, generator, labels=random_labels(size, generator), bias=True)
            for _ in range(self.scale.seeds)
        ]
        batch = Batch.of(instances)
        recipe = replace(PANEL, width=width)
        networks = train_networks(batch, recipe, torch_generator, device=self.device, workers=self.workers)
        unit = float(np.sqrt(dimension / size))
        flips = [network_flip(batch, networks, b, unit) for b in range(len(batch)) if networks.steps[b] >= 0]
        sizes = [value for value, _ in flips]
        found = polish_networks(instances, batch, networks, workers=self.workers, measure=False)
        polished = [point_flip(result.instance, unit) for result in found if result.status == "polished"]
        return {"fitted": len(flips), "sizes": sizes, "members": [count for _, count in flips], "polished": polished}

    def _panel(self, kind: str, cells: Sequence[tuple[Any, int, int, int]]) -> list[list[Any]]:
        rows = []
        names = [f"{kind} {series} m={size} d={d} W={width}" for series, size, d, width in cells]
        for index in self._units(names, f"panel: flips against {kind}"):
            (series, size, dimension, width), name = cells[index], names[index]
            result = self.recall(name, partial(self._flips, name, size, dimension, width))
            if result is None:
                continue
            sizes, polished = _finite(result["sizes"]), _finite(result["polished"])
            rows.append([
                series, dimension, size, width, _mean(sizes), min(sizes, default=None), max(sizes, default=None),
                _mean(polished), self.scale.seeds, result["fitted"], len(result["polished"]), len(sizes),
                _mean(result["members"]),
            ])
        return rows

    def against_dimension(self) -> Table:
        """Size of the flip against d, one series per exponent alpha of m = d^alpha."""
        cells = [
            (f"m = d^{alpha:g}", max(2, round(d**alpha)), d, self.scale.width)
            for alpha in EXPONENTS for d in self.scale.dimensions
        ]
        title = "Universal perturbation that flips the margin set, against the dimension"
        return self._table("flip_against_dimension", title, self._panel("dimension", cells), "dimension", "samples")

    def against_width(self) -> Table:
        """Size of the flip against the width at m = d."""
        d = self.scale.dimension
        title = f"Universal perturbation that flips the margin set, against the width (m = d = {d})"
        rows = self._panel("width", [("m = d", d, d, width) for width in self.scale.widths])
        return self._table("flip_against_width", title, rows, "width", None)

    def _table(self, name: str, title: str, rows: list[list[Any]], x: str, series: str | None) -> Table:
        length = "sqrt(d/m)"
        units = {
            "samples": "", "dimension": "1", "size": "1", "width": "neurons", "flip": length, "flip_least": length,
            "flip_greatest": length, "flip_polished": length, "networks": "networks", "fitted": "networks",
            "polished": "networks", "flipped": "networks", "margin_set": "samples",
        }
        return {
            "name": f"kkt_margin_{name}", "title": self._titled(title), "columns": list(units), "units": units,
            "rows": rows, "x": x, "y": "flip", "series": series, "log": ["x", "y"], "low": "flip_least",
            "high": "flip_greatest",
            "note": "flip: mean over the networks whose margin set is flipped (column flipped), band from least to "
            "greatest; flip_polished: all samples of the polished KKT points along the sum of all y x; networks that "
            "did not fit (networks minus fitted) do not meet the hypothesis and are not measured; data sets of more "
            f"than {POLISH_SIZE} samples are not polished.",
        }

    def _titled(self, title: str) -> str:
        return f"{title} ({self.scale.note})" if self.scale.note else title

    def phase(self) -> list[Table]:
        """Fractions of draws that meet each hypothesis, and what trained KKT points do, over n and d."""
        cells = [(n, d) for n in self.scale.sizes for d in self.scale.phase_dimensions]
        names, rows = [f"phase n={n} d={d}" for n, d in cells], []
        for index in self._units(names, "phase diagram"):
            row = self.recall(names[index], partial(self._phase_cell, names[index], *cells[index]))
            if row is not None:
                rows.append(row)
        units = {
            "n": "samples", "d": "1", "draws": "draws", "paper_hypothesis": "fraction", "main_hypothesis": "fraction",
            "all_points_certified": "fraction", "fitted": "fraction of draws", "polished": "fraction of fitted",
            "flipped": "fraction of polished", "flip": "sqrt(d/n)", "flip_greatest": "sqrt(d/n)",
            "support": "fraction of samples", "neurons": "merged neurons", "regime": "",
        }
        size = f"{self.scale.draws} draws per cell, width {self.scale.phase_width}"
        note = (
            "Balanced labels, points uniform on the sphere, biases. paper_hypothesis: 3n(p+1) <= d; main_hypothesis: "
            "r < sqrt(2) - 1 and Delta > 0; all_points_certified: every KKT point of the data proved flipped, on the "
            f"first {self.scale.proof_draws} draws of a cell; regime: the strongest of these that holds in at least "
            "90 % of draws (3, 2, 1), 0 if only the trained points flip, in at least 90 % of the polished ones, -1 "
            "otherwise. Sizes are over polished points that flip."
        )
        if self.certified is None:
            note += " all_points_certified was not measured in this run."
        common = {"columns": list(units), "units": units, "rows": rows, "note": note}
        return [
            {"name": "kkt_margin_phase", "title": f"Phase diagram: which hypothesis holds where ({size})", **common,
             "kind": "heatmap", "x": "d", "y": "n", "value": "regime", "log": ["x", "y"], "levels": {
                 "3": "the paper's hypothesis holds", "2": "the main theorem's hypothesis holds",
                 "1": "every KKT point of the data is proved flipped", "0": "every trained point flips",
                 "-1": "some trained point does not flip"}},
            {"name": "kkt_margin_phase_flip",
             "title": f"Phase diagram: universal perturbation that flips all samples of trained points ({size})",
             **common, "x": "d", "y": "flip", "series": "n", "log": ["x", "y"]},
        ]

    def _phase_cell(self, name: str, size: int, dimension: int) -> list[Any]:
        generator, torch_generator = generators(self.seed, name)
        sample = bartlett_sphere_data if size <= dimension else uniform_sphere_data
        instances = [sample(size, dimension, generator, bias=True) for _ in range(self.scale.draws)]
        batch, recipe = Batch.of(instances), Recipe(width=self.scale.phase_width)
        networks = train_networks(batch, recipe, torch_generator, device=self.device, workers=self.workers)
        found = polish_networks(instances, batch, networks, workers=self.workers, measure=False)
        fitted = [result for result in found if result.status != "not fitted"]
        polished = [result for result in fitted if result.status == "polished"]
        unit = float(np.sqrt(dimension / size))
        flips = _finite([point_flip(result.instance, unit) for result in polished])
        paper, main = (np.mean(part) for part in zip(*(_hypotheses(instance) for instance in instances), strict=True))
        chosen = instances[:self.scale.proof_draws]
        proved = float(np.mean([self.certified(instance) for instance in chosen])) if self.certified else None
        flipped = len(flips) / len(polished) if polished else None
        reached = [value is not None and value >= 0.9 for value in (flipped, proved, main, paper)]
        return [
            size, dimension, len(instances), float(paper), float(main), proved, len(fitted) / len(instances),
            len(polished) / len(fitted) if fitted else None, flipped, _mean(flips), max(flips, default=None),
            _mean([_support(result) for result in polished]),
            _mean([float(result.instance.signs.size) for result in polished]),
            max((rank for rank, holds in enumerate(reached) if holds), default=-1),
        ]


def _hypotheses(instance: MarginInstance) -> tuple[bool, bool]:
    """Float readings of 3n(p+1) <= d and of r < sqrt(2) - 1 with Delta > 0, over all samples."""
    raw, lifted, n = instance.float_gram(), instance.float_lifted_gram(), instance.size
    off = ~np.eye(n, dtype=bool)
    p, q = np.abs(raw[off]).max(initial=0.0), np.abs(lifted[off]).max(initial=0.0)
    r, gain = q * (n - 1) / np.diag(lifted).min(), np.diag(raw).min() - p * (n - 1)
    return bool(3 * n * (p + bool(instance.bias)) <= instance.dimension), bool(r * r + 2 * r < 1 and gain > 0)


def _support(result: Trained) -> float:
    return float(np.mean(result.instance.rows.max(axis=0) > 0))


def _finite(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values if value is not None and np.isfinite(value)]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def slopes(*tables: Table) -> Table:
    """Least-squares slope of log flip in log of the table's x, per series, with its standard error."""
    rows = []
    for table in tables:
        columns = table["columns"]
        x, flip, series = (columns.index(name) for name in (table["x"], "flip", "samples"))
        for name in dict.fromkeys(row[series] for row in table["rows"]):
            pairs = [(row[x], row[flip]) for row in table["rows"] if row[series] == name and row[flip]]
            if len(pairs) < 3:
                continue
            (slope, _), residual = _line(np.log(np.array(pairs, dtype=np.float64)))
            rows.append([table["x"], name, len(pairs), slope, residual])
    columns = {"against": "", "samples": "", "cells": "cells", "slope": "1", "standard_error": "1"}
    return {
        "name": "kkt_margin_flip_slopes", "title": "Exponents of the flip size in units sqrt(d/m)",
        "columns": list(columns), "units": columns, "rows": rows,
        "note": "slope of log flip against log of the quantity named; 0 is flat, which is the theorem's rate.",
    }


def _line(points: np.ndarray) -> tuple[tuple[float, float], float]:
    """((slope, intercept), standard error of the slope) of a least-squares line through (x, y) rows."""
    x, y = points[:, 0] - points[:, 0].mean(), points[:, 1]
    slope = float(x @ y / (x @ x))
    rest = y - y.mean() - slope * x
    return (slope, float(y.mean())), float(np.sqrt(rest @ rest / (len(x) - 2) / (x @ x)))
