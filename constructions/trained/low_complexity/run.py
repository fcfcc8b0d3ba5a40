"""`train`: trained polynomials and frozen-gate networks beside what is proved, as the frontier of degree and radius."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from constructions.feature_purification import SparseLaw
from constructions.feature_purification.laws import Sample
from constructions.instance import Draw, InvalidInstance, exact_array
from constructions.low_complexity import (
    GateInstance,
    LowInstance,
    MenuInstance,
    cutting_planes,
    frozen_cutting_planes,
    frozen_directions,
    quintic,
    septic,
    simulated,
)
from constructions.low_complexity.gates import BIAS, RAMP
from constructions.low_complexity.menus import simple_moves
from constructions.trained.kkt_margin.networks import resolve_device
from constructions.trained.kkt_margin.run import Checkpoint, TrainingResult, one_torch_thread
from constructions.trained.low_complexity.frontier import Row, frozen_table, law_tables, overview, surrogate_table
from constructions.trained.low_complexity.models import (
    RandomFeatures,
    SoftGates,
    SymmetricPolynomial,
    Trainable,
    attacked,
    fit,
)

Json = dict[str, Any]
Progress = Callable[[int, int, str], None]
Certified = Callable[[LowInstance | MenuInstance | GateInstance], dict[str, float]]

RADII = ("1/20", "1/10", "3/20", "1/5", "1/4", "3/10")
"""Radii at which trained models are attacked; proofs are also given halfway between."""

@dataclass(frozen=True)
class Scale:
    """Sizes of one scale: dimension, training steps, batch, fresh points, attack steps, neurons of frozen networks; the
    draws on which hinge risks are bounded, up to which degree, and at how many radii."""

    dimension: int
    steps: int
    batch: int
    points: int
    attack: int
    width: int
    draws: int
    degree: int
    radii: int


SCALES = {
    "small": Scale(128, 50, 128, 200, 12, 128, 60, 5, 2),
    "paper": Scale(256, 600, 256, 1000, 40, 512, 400, 9, 4),
}

LAWS: dict[str, tuple[str, dict[str, Any]]] = {
    "light": ("one magnitude", {"k": 5, "gap": "99/100"}),
    "two": ("two magnitudes", {"k": 16, "gap": "99/100", "heavy": 1}),
    "scale": ("magnitudes of all sizes", {"k": 20, "gap": "4/5"}),
}
MAGNITUDES = {"light": 1, "two": 2, "scale": 3}


def law_of(name: str, dimension: int) -> SparseLaw:
    """The noise-free law of the frontier in a dimension."""
    return SparseLaw.of(name, dimension, noise=0, **LAWS[name][1])  # type: ignore[arg-type]


def explicit(name: str, degree: int) -> tuple[Fraction, ...] | None:
    """Coefficients of the polynomial by hand that is certified at a degree, if there is one."""
    if name == "scale":
        return None
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
    """Train at "small" scale (about a minute on one core) or "paper" scale (a GPU).

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
    rows_of: dict[int, list[Row]] = {}
    radii = [float(Fraction(radius)) for radius in RADII]
    with one_torch_thread():
        for position, (name, (title, _)) in enumerate(LAWS.items()):
            if progress:
                progress(position, len(LAWS), title)
            law = law_of(name, sizes.dimension)
            rows = _proved(name, sizes, certified) if certified else []
            risks: list[Row] = []
            for model in _TRAINED:
                unit = partial(_measured, name, model, sizes, place, seed)
                found = checkpoint.recall(f"{name} {model[0]}", unit) or {"accuracies": [], "risks": []}
                rows += [[model[0], model[1], float(Fraction(t)), a] for t, a in found["accuracies"]]
                risks += [[f"degree {model[1]}, trained, under attack", model[1], float(Fraction(t)), risk]
                          for t, risk in found["risks"]]  # fmt: skip
                if model[1] == 1 and found["accuracies"]:
                    draws.append(_linear_draw(name, sizes, found["parameters"], seed, len(draws)))
            for degree, radius in product(range(1, sizes.degree + 1, 2), _surrogate_radii(sizes)):
                unit = partial(_surrogate, name, degree, radius, sizes, seed, certified)
                risks += (checkpoint.recall(f"{name} risk {degree} {radius}", unit) or {"rows": []})["rows"]
            rows_of[MAGNITUDES[name]] = rows
            tables += law_tables(name, title, law.text, rows, radii)
            risks.sort(key=lambda row: (row[1], row[2]))
            tables.append(surrogate_table(name, title, law.text, risks, sizes.draws))
            frozen: list[Row] = []
            for limit, radius in product(NORMS, ("0", *_surrogate_radii(sizes))):
                unit = partial(_frozen, name, limit, radius, sizes, seed, certified)
                frozen += (checkpoint.recall(f"{name} gates {limit} {radius}", unit) or {"rows": []})["rows"]
            tables.append(frozen_table(name, title, law.text, frozen, sizes.draws, sizes.width))
    tables = [overview(rows_of, radii), *tables]
    environment = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                   "device": str(place)}  # fmt: skip
    return TrainingResult(draws, tables, environment, time.monotonic() - start, {"not fitted": 0}, checkpoint.skipped)


Model = tuple[str, int, str]
"""(title, degree or 0, kind)."""

_TRAINED: tuple[Model, ...] = (
    ("degree 1, trained, under attack", 1, "symmetric"),
    ("degree 3, all symmetric, trained, under attack", 3, "symmetric"),
    ("degree 5, all symmetric, trained, under attack", 5, "symmetric"),
    ("degree 7, additive, trained, under attack", 7, "additive"),
    ("degree 9, additive, trained, under attack", 9, "additive"),
    ("tangent kernel, frozen soft gates, trained, under attack", 0, "gates"),
    ("random features, trained, under attack", 0, "features"),
)
KAPPA = 0.2
"""Bias of frozen neurons of unit length, relative to the light magnitude."""


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
            if coefficients is None:
                continue
            found = certified(LowInstance.under(law, radius, coefficients=exact_array(coefficients)))
            rows.append([f"degree {degree}, by hand: proved floor", degree, tau, found["floor"]])
    return sorted(rows, key=lambda row: (row[1], row[2]))


def _measured(name: str, model: Model, sizes: Scale, place: torch.device, seed: int) -> Json:
    """Robust accuracies under attack of one trained model on fresh points, and hinge risks on the common draws."""
    law, (_, degree, kind) = law_of(name, sizes.dimension), model
    own = np.random.default_rng(np.random.SeedSequence([seed, degree, _KINDS.index(kind), len(name)]))
    generator = torch.Generator().manual_seed(int(own.integers(2**62)))
    precision = torch.float64 if degree else torch.float32

    def sample(count: int = sizes.batch) -> tuple[torch.Tensor, torch.Tensor]:
        drawn = law.sample(count, own)
        return _tensors(drawn.points, drawn.labels, precision, place)

    trained: Trainable
    if degree:
        trained = SymmetricPolynomial(degree, float(law.k), kind == "additive")
        trained.to(place)
        trained.calibrate(_moved(law.sample(600, own), own, precision, place))
    else:
        bias, frozen = KAPPA / float(law.k) ** 0.5, SoftGates if kind == "gates" else RandomFeatures
        trained = frozen(sizes.dimension, sizes.width, generator, bias)
        trained.to(place)
    inner, restarts = (6, 2 if degree > 1 else 1) if degree else (2, 1)
    fit(trained, sample, _TRAINED_AT, sizes.steps, 0.05, generator, inner, restarts)
    points, labels = sample(sizes.points)
    accuracies = []
    for radius in RADII:
        delta = attacked(trained, points, labels, float(Fraction(radius)), sizes.attack, generator, restarts=4)
        with torch.no_grad():
            accuracies.append([radius, float((labels * trained(points + delta) > 0).double().mean())])
    risks = []
    if degree:
        points, labels = _tensors(*_common_draws(name, sizes, seed), precision, place)
        for radius in _surrogate_radii(sizes):
            delta = attacked(trained, points, labels, float(Fraction(radius)), sizes.attack, generator, restarts=4)
            with torch.no_grad():
                risks.append([radius, _best_hinge((labels * trained(points + delta)).cpu().numpy())])
    return {"accuracies": accuracies, "risks": risks, "parameters": trained.parameters.reshape(-1)[:64].tolist()}


def _moved(drawn: Sample, own: np.random.Generator, precision: torch.dtype, place: torch.device) -> torch.Tensor:
    """Draws with moves that need no model, and random ones: without noise the power sums of draws alone coincide."""
    labels = drawn.labels.astype(np.float64)
    random = own.normal(size=drawn.points.shape)
    moves = [*simple_moves(drawn.points, labels, _TRAINED_AT),
             _TRAINED_AT * random / np.linalg.norm(random, axis=1, keepdims=True)]  # fmt: skip
    return _tensors(np.concatenate([drawn.points + move for move in moves]), labels, precision, place)[0]


_TRAINED_AT = 0.15
"""Radius at which models are trained."""

_KINDS = ("symmetric", "additive", "gates", "features")


def _tensors(points: np.ndarray, labels: np.ndarray, precision: torch.dtype, place: torch.device) -> tuple[Any, Any]:
    return (torch.tensor(points, dtype=precision, device=place), torch.tensor(labels, dtype=precision, device=place))


def _surrogate_radii(sizes: Scale) -> tuple[str, ...]:
    return RADII[1 : 1 + sizes.radii]


def _common_draws(name: str, sizes: Scale, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The draws on which hinge risks are bounded, the same for all degrees and radii."""
    drawn = law_of(name, sizes.dimension).sample(
        sizes.draws, np.random.default_rng(np.random.SeedSequence([seed, 7, len(name)]))
    )
    return drawn.points, drawn.labels


def _best_hinge(values: np.ndarray) -> float:
    """Least mean of (1 - s v)_+ over s >= 0: convex in s, its least value is at a kink."""
    scales = np.concatenate([[0.0], 1 / values[values > 0]])
    return float(np.maximum(1 - scales[:, None] * values, 0).mean(axis=1).min())


def _surrogate(name: str, degree: int, radius: str, sizes: Scale, seed: int, certified: Certified | None) -> Json:
    """What is proved of all polynomials of a degree, and what the best one that was found suffers under attack."""
    points, labels = _common_draws(name, sizes, seed)
    cuts = cutting_planes(points, labels, degree, radius, float(law_of(name, sizes.dimension).k) ** 0.5)
    tau = float(Fraction(radius))
    rows: list[Row] = [[f"degree {degree}, cutting planes, under attack", degree, tau, cuts.attacked]]
    if certified:
        rows.append([f"degree {degree}: proved bound", degree, tau, certified(cuts.instance)["risk_bound"]])
    return {"rows": rows}


NORMS = ("1/2", "1", "2")
"""Norms of models on frozen gates whose hinge risk is bounded."""


def _frozen(name: str, limit: str, radius: str, sizes: Scale, seed: int, certified: Certified | None) -> Json:
    """What is proved of all models of a norm on random frozen gates, and what the best one that was found suffers."""
    points, labels = _common_draws(name, sizes, seed)
    own = np.random.default_rng(np.random.SeedSequence([seed, 11, len(name)]))
    directions = frozen_directions(sizes.width, sizes.dimension, own)
    cuts = frozen_cutting_planes(points, labels, directions, BIAS, RAMP, radius, limit, rounds=4, epochs=60)
    norm, tau = float(Fraction(limit)), float(Fraction(radius))
    rows: list[Row] = [[f"norm {limit}, cutting planes, under attack", norm, tau, cuts.attacked]]
    if certified:
        rows.append([f"norm {limit}: proved bound", norm, tau, certified(cuts.instance)["risk_bound"]])
    return {"rows": rows}


def _linear_draw(name: str, sizes: Scale, parameters: list[float], seed: int, index: int) -> Draw:
    """The trained linear classifier, a multiple of w*, with fresh draws of its own."""
    weights = np.full(sizes.dimension, float(np.sign(parameters[0])))
    instance = LowInstance.under(law_of(name, sizes.dimension), "3/20", weights=weights)
    law = f"linear classifier trained on {law_of(name, sizes.dimension).text}"
    own = np.random.default_rng(np.random.SeedSequence([seed, index, 2]))
    return Draw(simulated(instance, 20_000, own), "trained", law, seed, index)
