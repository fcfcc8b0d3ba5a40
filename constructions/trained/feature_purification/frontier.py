"""Up to which dimension and radius a pair is proved: certified on one side, broken by one perturbation on the other."""

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
    """A dimension with the steps of its trainings, k = 5, kappa = 0.2, training radius 1/4."""

    d: int
    clean: int = 1500
    adversarial: int = 2500

    @property
    def recipe(self) -> PairRecipe:
        law = SparseLaw.of("light", self.d, 5)
        hard = Recipe(self.adversarial, radius=0.25, kappa=0.2)
        return PairRecipe(law, "1/5", Recipe(self.clean, kappa=0.2), hard)


SIZES = (Size(64), Size(128), Size(256), Size(512, adversarial=5000))


def run_size(size: Size, seed: int, certified: Certified, report: Callable[[str], None]) -> Json | None:
    """Proved accuracies of one pair at every radius, and the pair itself; None if a run collapsed."""
    try:
        pair = train_pair(size.recipe, seed, lambda what, done, total: report(f"d = {size.d}, {what} {done}/{total}"),
                          count=FRESH)  # fmt: skip
    except NoInstance:
        return None
    rows = []
    for radius in RADII:
        found = certified(replace(pair, radius=radius))
        rows.append([radius, max(found["adversarial"]), found["clean"], found["linear"]])
    arrays = {name: [str(array.dtype), array.tolist()] for name, array in pair.arrays().items()}
    return {"rows": rows, "arrays": arrays}


def tables(found: dict[int, Json], seed: int) -> list[Json]:
    """Accuracies by radius, and the map of what is proved by dimension and radius."""
    cells = []
    for d, entry in found.items():
        for radius, robust, clean, _ in entry["rows"]:
            cells.append([d, float(Fraction(radius)), 2 * (robust >= ROBUST) + (clean <= BROKEN)])
    note = (
        f"light(d, 5), |<w*, z>| >= 99/100, noise 1/10; one seed ({seed}) per dimension, {FRESH} fresh points, each "
        "number a Clopper-Pearson bound of 97.5 % confidence on certified or broken points; the better of the two "
        "adversarial starts. Not claimed: that other seeds or longer training would not reach farther."
    )
    return [
        {
            "name": "purification_frontier_map", "title": "Where a pair is proved, by dimension and radius",
            "columns": ["d", "tau", "level"], "units": {"d": "coordinates", "tau": "length", "level": ""},
            "rows": cells, "kind": "heatmap", "x": "tau", "y": "d", "value": "level",
            "levels": {
                "3": f"proved: adversarially trained at least {ROBUST:g}, clean-trained at most {BROKEN:g}",
                "2": f"adversarially trained at least {ROBUST:g}, the clean one not yet broken",
                "1": f"clean-trained at most {BROKEN:g}, the adversarially trained one not certified",
                "0": "neither",
            },
            "note": note,
        },
        *(_by_radius(d, entry, note) for d, entry in found.items()),
    ]  # fmt: skip


def _by_radius(d: int, entry: Json, note: str) -> Json:
    """Accuracies of one pair against the radius."""
    units = {"what": "", "tau": "length", "accuracy": "probability"}
    rows = [
        [text, float(Fraction(radius)), value]
        for radius, *values in entry["rows"]
        for text, value in zip(SERIES, values, strict=True)
    ]
    return {
        "name": f"purification_frontier_{d}", "title": f"Proved robust accuracies of a pair, d = {d}",
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
            entry = checkpoint.recall(f"d = {size.d}", work)
            if entry:
                found[size.d] = entry
    draws = [
        Draw(_pair_of(entry), "trained", f"a pair on light(d = {d}, k = 5)", seed, index)
        for index, (d, entry) in enumerate(found.items())
    ]
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": "cpu"}  # fmt: skip
    failed = {"not fitted": len(SIZES) - len(found) - len(checkpoint.skipped)}
    return TrainingResult(draws, tables(found, seed), environment, time.monotonic() - begun, failed,  # type: ignore[arg-type]
                          checkpoint.skipped)  # fmt: skip


def _pair_of(entry: Json) -> PairInstance:
    """The pair of a stored unit of work."""
    return PairInstance(**{name: np.array(content, dtype=kind) for name, (kind, content) in entry["arrays"].items()})
