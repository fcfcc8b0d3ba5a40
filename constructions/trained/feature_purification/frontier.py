"""Where a pair is proved, by dimension, bias and radius: certified on one side, broken by one vector on the other."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import torch

from constructions.feature_purification import SparseLaw
from constructions.feature_purification.pairs import PairInstance
from constructions.instance import Draw, InvalidInstance, NoInstance
from constructions.trained.feature_purification.descent import Recipe
from constructions.trained.feature_purification.pair import PairRecipe, train_pair
from constructions.trained.kkt_margin.run import Checkpoint, TrainingResult, one_torch_thread

Json = dict[str, Any]
Certified = Callable[[PairInstance], dict[str, Any]]

RADII = ("1/20", "1/10", "3/20", "7/40", "1/5", "9/40", "1/4", "11/40", "3/10")
ROBUST, BROKEN = 0.95, 0.05
"""Robust accuracies that count as robust and as broken."""

FRESH = 5000
"""Fresh points per pair."""

SERIES = (
    "adversarially trained, proved at least",
    "clean-trained, proved at most",
    "every linear classifier, proved at most",
)


@dataclass(frozen=True)
class Size:
    """A dimension and a relative bias with the steps of the trainings, k = 5, training radius 1/4."""

    d: int
    clean: int = 1500
    adversarial: int = 2500
    kappa: float = 0.2

    @property
    def name(self) -> str:
        """What its unit of work is called."""
        return f"d = {self.d}" if self.kappa == 0.2 else f"d = {self.d}, kappa = {self.kappa:g}"

    @property
    def recipe(self) -> PairRecipe:
        law = SparseLaw.of("light", self.d, 5)
        hard = Recipe(self.adversarial, radius=0.25, kappa=self.kappa)
        return PairRecipe(law, "1/5", Recipe(self.clean, kappa=self.kappa), hard)


REFERENCE_DIMENSION = 256
SIZES = (
    Size(64), Size(128), Size(REFERENCE_DIMENSION), Size(512, adversarial=5000),
    *(Size(REFERENCE_DIMENSION, kappa=kappa) for kappa in (0.1, 0.15, 0.25, 0.3, 0.4)),
    Size(64, kappa=0.15), Size(128, kappa=0.15), Size(512, adversarial=5000, kappa=0.15),
)  # fmt: skip
BY_DIMENSION = (0.2, 0.15)
"""Relative biases at which all dimensions are trained."""


def run_size(size: Size, seed: int, certified: Certified, report: Callable[[str], None]) -> Json | None:
    """Proved accuracies of one pair at every radius, and the pair itself; None if a run collapsed."""
    try:
        pair = train_pair(size.recipe, seed, lambda what, done, total: report(f"{size.name}, {what} {done}/{total}"),
                          count=FRESH)  # fmt: skip
    except NoInstance:
        return None
    rows = []
    for radius in RADII:
        found = certified(replace(pair, radius=radius))
        rows.append([radius, max(found["adversarial"]), found["clean"], found["linear"]])
    arrays = {name: [str(array.dtype), array.tolist()] for name, array in pair.arrays().items()}
    return {"rows": rows, "arrays": arrays}


def tables(found: dict[Size, Json], seed: int) -> list[Json]:
    """Maps of what is proved by dimension or bias and radius, and accuracies by radius."""
    note = (
        f"light(d, 5), |<w*, z>| >= 99/100, noise 1/10; one seed ({seed}) per row, {FRESH} fresh points, each number a "
        "Clopper-Pearson bound of 97.5 % confidence on certified or broken points; the better of the two adversarial "
        "starts. Not claimed: that other seeds or longer training would not reach farther."
    )
    by_dimension = {
        kappa: {size.d: entry for size, entry in sorted(found.items(), key=lambda item: item[0].d)
                if size.kappa == kappa}
        for kappa in BY_DIMENSION
    }  # fmt: skip
    by_bias = {size.kappa: entry for size, entry in found.items() if size.d == REFERENCE_DIMENSION}
    return [
        *(_map("d", "coordinates", f"dimension (kappa = {kappa:g})", entries, note, f"_{round(100 * kappa)}")
          for kappa, entries in by_dimension.items() if entries),
        _map("kappa", "1", f"relative bias (d = {REFERENCE_DIMENSION})", dict(sorted(by_bias.items())), note),
        *(_by_radius(d, kappa, entry, note) for kappa in BY_DIMENSION for d, entry in by_dimension[kappa].items()),
    ]  # fmt: skip


def _map(axis: str, unit: str, words: str, found: dict[Any, Json], note: str, suffix: str = "") -> Json:
    """What is proved by one parameter and the radius."""
    cells = [
        [value, float(Fraction(radius)), 2 * (robust >= ROBUST) + (clean <= BROKEN)]
        for value, entry in found.items()
        for radius, robust, clean, _ in entry["rows"]
    ]
    return {
        "name": f"purification_frontier_map_{axis}{suffix}", "title": f"Where a pair is proved, by {words} and radius",
        "columns": [axis, "tau", "level"], "units": {axis: unit, "tau": "length", "level": ""},
        "rows": cells, "kind": "heatmap", "x": "tau", "y": axis, "value": "level",
        "levels": {
            "3": f"proved: adversarially trained at least {ROBUST:g}, clean-trained at most {BROKEN:g}",
            "2": f"adversarially trained at least {ROBUST:g}, the clean one not yet broken",
            "1": f"clean-trained at most {BROKEN:g}, the adversarially trained one not certified",
            "0": "neither",
        },
        "note": note,
    }  # fmt: skip


def _by_radius(d: int, kappa: float, entry: Json, note: str) -> Json:
    """Accuracies of one pair against the radius."""
    units = {"what": "", "tau": "length", "accuracy": "probability"}
    rows = [
        [text, float(Fraction(radius)), value]
        for radius, *values in entry["rows"]
        for text, value in zip(SERIES, values, strict=True)
    ]
    return {
        "name": f"purification_frontier_{d}_{round(100 * kappa)}",
        "title": f"Proved robust accuracies of a pair, d = {d}, kappa = {kappa:g}",
        "columns": list(units), "units": units, "rows": rows, "x": "tau", "y": "accuracy", "series": "what",
        "note": note,
    }  # fmt: skip


def train_frontier(
    checkpoint: Checkpoint, seed: int, certified: Certified | None, report: Callable[[int, int, str], None]
) -> TrainingResult:
    """Pairs of all sizes with their tables; on the processor, whose floats the shipped pairs were trained with.

    Raises `InvalidInstance` without a verifier: nothing would be proved.
    """
    if certified is None:
        raise InvalidInstance("the frontier says what is proved, so it needs the verifier; use `thinmargin train`")
    begun, found = time.monotonic(), {}
    with one_torch_thread():
        for number, size in enumerate(SIZES):
            work = partial(run_size, size, seed, certified, partial(report, number, len(SIZES)))
            entry = checkpoint.recall(size.name, work)
            if entry:
                found[size] = entry
    draws = [
        Draw(_pair_of(entry), "trained", f"a pair on light(d, 5), {size.name}", seed, index)
        for index, (size, entry) in enumerate(found.items())
    ]
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": "cpu"}  # fmt: skip
    failed = {"not fitted": len(SIZES) - len(found) - len(checkpoint.skipped)}
    return TrainingResult(draws, tables(found, seed), environment, time.monotonic() - begun, failed,  # type: ignore[arg-type]
                          checkpoint.skipped)  # fmt: skip


def _pair_of(entry: Json) -> PairInstance:
    """The pair of a stored unit of work."""
    return PairInstance(**{name: np.array(content, dtype=kind) for name, (kind, content) in entry["arrays"].items()})
