"""`train`: trained polynomials and frozen-gate networks beside what is proved, as the frontier of degree and radius."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from constructions.feature_purification import SparseLaw
from constructions.instance import Draw, InvalidInstance, exact_array
from constructions.low_complexity import LowInstance, quintic, septic, simulated
from constructions.trained.kkt_margin.networks import resolve_device
from constructions.trained.kkt_margin.run import Checkpoint, TrainingResult, one_torch_thread
from constructions.trained.low_complexity.models import SoftGates, SymmetricPolynomial, attacked, fit

Json = dict[str, Any]
Progress = Callable[[int, int, str], None]
Certified = Callable[[LowInstance], dict[str, float]]

RADII = ("1/20", "1/10", "3/20", "1/5", "1/4", "3/10")
"""Radii at which trained models are attacked; proofs are also given halfway between."""

RIGHT = 0.9
"""Robust accuracy that counts as success on the map of degrees."""


@dataclass(frozen=True)
class Scale:
    """Sizes of one scale: dimension, training steps, fresh points, attack steps, neurons of the frozen network."""

    dimension: int
    steps: int
    points: int
    attack: int
    width: int


SCALES = {"small": Scale(128, 80, 200, 12, 128), "paper": Scale(256, 600, 1000, 40, 2048)}

LAWS: dict[str, tuple[str, dict[str, Any]]] = {
    "light": ("one magnitude", {"k": 5, "gap": "99/100"}),
    "two": ("two magnitudes", {"k": 16, "gap": "99/100", "heavy": 1}),
}


def law_of(name: str, dimension: int) -> SparseLaw:
    """The noise-free law of the frontier in a dimension."""
    return SparseLaw.of(name, dimension, noise=0, **LAWS[name][1])  # type: ignore[arg-type]


def explicit(name: str, degree: int) -> tuple[Fraction, ...] | None:
    """Coefficients of the polynomial by hand that is certified at a degree, if there is one."""
    k = LAWS[name][1]["k"]
    if degree == 3:
        return Fraction(0), Fraction(1)
    if degree == 5:
        return (Fraction(0), Fraction(1), Fraction(-2)) if name == "light" else quintic(k)
    return septic(k) if degree == 7 else None


def train(
    scale: str = "small", device: str = "cpu", seed: int = 0, progress: Progress | None = None,
    budget: float | None = None, *, certified: Certified | None = None, state: str | os.PathLike[str] | None = None,
) -> TrainingResult:  # fmt: skip
    """Train at "small" scale (a minute on one core) or "paper" scale (a GPU).

    `certified(instance)` gives what is proved at a law and radius; without it only measured rows are there. `state`
    names a checkpoint file from which an interrupted run goes on. Raises `InvalidInstance` on an unknown scale.
    """
    if scale not in SCALES:
        raise InvalidInstance(f"scale {scale!r} is unknown; use {' or '.join(SCALES)}")
    place, start, sizes = resolve_device(device), time.monotonic(), SCALES[scale]
    deadline = float("inf") if budget is None else start + budget
    checkpoint = Checkpoint(Path(state) if state else None, f"low {scale} {device} {seed}", deadline)
    tables: list[Json] = []
    draws: list[Draw] = []
    with one_torch_thread():
        for position, name in enumerate(LAWS):
            if progress:
                progress(position, len(LAWS), LAWS[name][0])
            rows = _proved(name, sizes, certified) if certified else []
            for title, degree, additive in _TRAINED:
                unit = partial(_measured, name, degree, additive, sizes, place, seed)
                found = checkpoint.recall(f"{name} {title}", unit) or {"accuracies": []}
                rows += [[title, degree, float(Fraction(t)), a] for t, a in found["accuracies"]]
                if degree == 1 and found["accuracies"]:
                    draws.append(_linear_draw(name, sizes, found["parameters"], seed, len(draws)))
            tables += _tables(name, sizes, rows)
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": str(place)}  # fmt: skip
    return TrainingResult(draws, tables, environment, time.monotonic() - start, {"not fitted": 0}, checkpoint.skipped)


_TRAINED = (
    ("degree 1, trained, under attack", 1, False),
    ("degree 3, all symmetric, trained, under attack", 3, False),
    ("degree 5, all symmetric, trained, under attack", 5, False),
    ("degree 7, additive, trained, under attack", 7, True),
    ("frozen soft gates, trained, under attack", 0, False),
)


def _proved(name: str, sizes: Scale, certified: Certified) -> list[list[Any]]:
    rows = []
    ends = [Fraction(radius) for radius in RADII]
    for exact in sorted({*ends, *((a + b) / 2 for a, b in zip(ends, ends[1:], strict=False))}):
        law, tau, radius = law_of(name, sizes.dimension), float(exact), str(exact)
        ceilings = certified(LowInstance.under(law, radius))
        rows += [["degree 1: proved ceiling", 1, tau, ceilings["linear"]],
                 ["degree 2: proved ceiling", 2, tau, ceilings["degree_two"]]]  # fmt: skip
        for degree in (3, 5, 7):
            coefficients = explicit(name, degree)
            assert coefficients is not None
            found = certified(LowInstance.under(law, radius, coefficients=exact_array(coefficients)))
            rows.append([f"degree {degree}, by hand: proved floor", degree, tau, found["floor"]])
    return sorted(rows, key=lambda row: (row[1], row[2]))


def _measured(name: str, degree: int, additive: bool, sizes: Scale, place: torch.device, seed: int) -> Json:
    """Robust accuracies under attack of one trained model, on fresh points; degree 0 is the frozen-gate network."""
    law = law_of(name, sizes.dimension)
    own = np.random.default_rng(np.random.SeedSequence([seed, degree, int(additive), len(name)]))
    generator = torch.Generator().manual_seed(int(own.integers(2**62)))

    def sample(count: int = 128) -> tuple[torch.Tensor, torch.Tensor]:
        drawn = law.sample(count, own)
        points = torch.tensor(drawn.points, dtype=torch.float32, device=place)
        return points, torch.tensor(drawn.labels, dtype=torch.float32, device=place)

    model: SymmetricPolynomial | SoftGates
    if degree:
        model = SymmetricPolynomial(degree, float(law.k), additive)
    else:
        model = SoftGates(sizes.dimension, sizes.width, generator)
    model.to(place)
    fit(model, sample, 0.15, sizes.steps, 0.05, generator)
    points, labels = sample(sizes.points)
    accuracies = []
    for radius in RADII:
        delta = attacked(model, points, labels, float(Fraction(radius)), sizes.attack, generator, restarts=3)
        with torch.no_grad():
            accuracies.append([radius, float((labels * model(points + delta) > 0).float().mean())])
    return {"accuracies": accuracies, "parameters": model.parameters.reshape(-1)[:64].tolist()}


def _linear_draw(name: str, sizes: Scale, parameters: list[float], seed: int, index: int) -> Draw:
    """The trained linear classifier, a multiple of w*, with fresh draws of its own."""
    weights = np.full(sizes.dimension, float(np.sign(parameters[0])))
    instance = LowInstance.under(law_of(name, sizes.dimension), "3/20", weights=weights)
    law = f"linear classifier trained on {law_of(name, sizes.dimension).text}"
    own = np.random.default_rng(np.random.SeedSequence([seed, index, 2]))
    return Draw(simulated(instance, 20_000, own), "trained", law, seed, index)


def _tables(name: str, sizes: Scale, rows: list[list[Any]]) -> list[Json]:
    """The frontier by radius, and the map of degrees: what is proved is told apart from what was only measured."""
    law = law_of(name, sizes.dimension).text
    units = {"model": "", "degree": "1", "tau": "length", "accuracy": "1"}
    note = (
        f"{law}. Proved: ceilings hold for every model of the class, floors for one polynomial by hand. Measured: "
        "accuracies under attack on fresh points, which only bound one trained model from above."
    )
    common = {"columns": list(units), "units": units, "x": "tau", "y": "accuracy", "series": "model", "note": note}
    proved = [row for row in rows if "proved" in row[0]]
    frontier = [
        {"name": f"low_complexity_{kind}_{name}", "title": f"{title}, {LAWS[name][0]}", "rows": chosen, **common}
        for kind, title, chosen in (
            ("proved", "Proved: robust accuracy by degree and radius", proved),
            ("measured", "Measured: robust accuracy by degree and radius", [row for row in rows if row not in proved]),
        )
        if chosen
    ]
    attacked_at = {float(Fraction(radius)) for radius in RADII}
    places = sorted({(row[1], row[2]) for row in rows if row[1] and row[2] in attacked_at})
    cells = [[degree, tau, _level([r for r in rows if r[2] == tau], degree)] for degree, tau in places]
    chart = {
        "name": f"low_complexity_map_{name}", "title": f"Which degrees (at most) are robust, {LAWS[name][0]}",
        "columns": ["degree", "tau", "level"], "units": {"degree": "1", "tau": "length", "level": ""}, "rows": cells,
        "kind": "heatmap", "x": "tau", "y": "degree", "value": "level",
        "levels": {
            "3": f"proved: a polynomial by hand is right on {RIGHT:g}",
            "2": f"measured: a trained one is right on {RIGHT:g}",
            "1": "measured: none found is",
            "0": "proved: none is",
        },
        "note": note,
    }  # fmt: skip
    return [chart, *frontier]


def _level(rows: list[list[Any]], degree: int) -> int:
    """What is known of polynomials of degree at most `degree`: what one of lower degree does counts."""
    ceilings = [row[3] for row in rows if row[0].endswith("proved ceiling") and row[1] == degree]
    below = [row for row in rows if 0 < row[1] <= degree]
    if any(row[3] >= RIGHT for row in below if row[0].endswith("proved floor")):
        return 3
    if any(value < RIGHT for value in ceilings):
        return 0
    return 2 if any(row[3] >= RIGHT for row in below if row[0].endswith("under attack")) else 1
