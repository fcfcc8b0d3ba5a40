"""Training on P, watched: accuracy, outputs and radii over log-spaced steps, over codimensions, and at late times.

Only the block on P is trained. The normal block never influences it and is scaled by a known factor (`checks` tests
both bit by bit on whole weights), so it is drawn at the start and appended where a net is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from constructions.trained.dimpled_manifold.data import Images, generators, samples
from constructions.trained.dimpled_manifold.descent import Recipe, fit, normal_factor
from constructions.trained.dimpled_manifold.nets import Architecture, Parameters, input_slopes, padded, scores, started
from constructions.trained.dimpled_manifold.radii import broken

Json = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """Nets trained on n images in p dimensions inside R^(p + l), points of length sqrt(p + l); `measured` of the points
    of each net are attacked."""

    images: Images
    codimension: int
    count: int
    net: Architecture
    recipe: Recipe
    measured: int = 48

    @property
    def p(self) -> int:
        return int(self.images.points.shape[1])

    @property
    def d(self) -> int:
        return self.p + self.codimension


@dataclass(frozen=True)
class Start:
    """Nets at the start: points (B, n, p), labels, whole parameters and those with the block on P alone."""

    points: torch.Tensor
    labels: torch.Tensor
    whole: Parameters
    plane: Parameters


def start(task: Task, seed: int, word: int, nets: int, first: int, place: torch.device) -> Start:
    """Data and initial parameters of nets first, first + 1, ... of an experiment."""
    own = generators(seed, word, nets, first)
    points, labels = samples(task.images, task.count, own, math.sqrt(task.d), place)
    whole = started(task.net, task.p, task.d, own, place)
    return Start(points, labels, whole, {**whole, "W": whole["W"][:, :, : task.p].contiguous()})


def completed(plane: Parameters, begun: Start, factor: float) -> Parameters:
    """The whole nets: the trained block on P beside `factor` times the normal block of the start."""
    normal = factor * begun.whole["W"][:, :, plane["W"].shape[2] :]
    return {**plane, "W": torch.cat([plane["W"], normal], dim=2)}


def off_radius(parameters: Parameters, points: torch.Tensor, p: int) -> torch.Tensor:
    """Off-manifold radii (B, n) at points (B, n, d)."""
    return broken(parameters, points, slice(p, points.shape[2])).radii


def radii_of(
    parameters: Parameters, points: torch.Tensor, p: int, starts: Sequence[torch.Tensor] = ()
) -> dict[str, torch.Tensor]:
    """off, on, full (B, n), and the share of the full perturbation's energy that is normal to P.

    Off-manifold attacks also begin from `starts` (see `broken`). A perturbation inside either subspace is one of R^d,
    so the full one is the shortest of the three found.
    """
    d = points.shape[2]
    normal = broken(parameters, points, slice(p, d), starts)
    plane, free = (broken(parameters, points, part) for part in (slice(0, p), slice(0, d)))
    share = free.perturbations[..., p:].square().sum(-1) / free.radii.square()
    full = torch.minimum(free.radii, torch.minimum(normal.radii, plane.radii))
    share = torch.where(normal.radii == full, 1.0, torch.where(plane.radii == full, 0.0, share))
    return {"off": normal.radii, "on": plane.radii, "full": full, "energy": share}


def medians(values: torch.Tensor) -> list[float]:
    """Median over the points of each net."""
    return [float(value) for value in values.median(dim=1).values]


def looked_at(parameters: Parameters, begun: Start, measured: int) -> Json:
    """Numbers of each net, lists over nets: accuracy, least margin, medians of |N|, of the radii and of the normal
    shares of energy of the full perturbation and of the gradient, and the signed depth y sign(N) r_off."""
    d, p = parameters["W"].shape[2], begun.points.shape[2]
    points = padded(begun.points, d)
    margins = begun.labels * scores(parameters, points)
    some = points[:, :measured]
    values, slopes = input_slopes(parameters, some)
    found = radii_of(parameters, some, p)
    total = slopes.square().sum(-1).clamp_min(torch.finfo(slopes.dtype).tiny)
    correct = margins[:, :measured] > 0
    deep = torch.where(correct, found["off"], torch.nan).nanmedian(dim=1).values
    return {
        "accuracy": (margins > 0).double().mean(1).tolist(), "least": margins.amin(1).tolist(),
        "output": medians(values.abs()), "gradient energy": medians(slopes[..., p:].square().sum(-1) / total),
        "depth": medians(torch.where(correct, found["off"], -found["off"])), "correct": deep.tolist(),
        "offset": (values.mean(1) / values.std(1)).abs().tolist(),
    } | {name: medians(value) for name, value in found.items()}  # fmt: skip


def log_spaced(last: int, per_decade: int) -> tuple[int, ...]:
    """0, 1, 2, ... and then about `per_decade` whole numbers in each decade, up to `last`."""
    count = round(per_decade * math.log10(last)) + 1
    steps = {round(10 ** (k * math.log10(last) / (count - 1))) for k in range(count)}
    return (0, *sorted(steps))


def phases(
    task: Task, seed: int, word: int, nets: int, first: int, place: torch.device, per_decade: int = 4
) -> Json:
    """`looked_at` at log-spaced steps of one training: {"steps": (T,), name: (B, T)}."""
    begun, steps = start(task, seed, word, nets, first, place), log_spaced(task.recipe.steps, per_decade)
    seen: list[Json] = []

    def watch(step: int, plane: Parameters) -> None:
        factor = normal_factor(replace(task.recipe, steps=step))
        seen.append(looked_at(completed(plane, begun, factor), begun, task.measured))

    fit(begun.plane, begun.points, begun.labels, task.recipe, watch, steps)
    return {"steps": list(steps)} | {name: np.transpose([look[name] for look in seen]).tolist() for name in seen[0]}


def off_phases(task: Task, seed: int, word: int, nets: int, place: torch.device, per_decade: int) -> Json:
    """The same with off-manifold radii alone, and the normal share of a free perturbation at the end: a third of the
    time. {"steps": (T,), name: (B, T)}, "energy" (B, T) with the share at the end in every column."""
    begun, steps = start(task, seed, word, nets, 0, place), log_spaced(task.recipe.steps, per_decade)
    points = padded(begun.points, task.d)
    seen: list[Json] = []

    def watch(step: int, plane: Parameters) -> None:
        whole = completed(plane, begun, normal_factor(replace(task.recipe, steps=step)))
        right = begun.labels * scores(whole, points) > 0
        off = off_radius(whole, points[:, : task.measured], task.p)
        seen.append({"accuracy": right.double().mean(1).tolist(), "off": medians(off),
                     "depth": medians(torch.where(right[:, : task.measured], off, -off))})  # fmt: skip

    plane = fit(begun.plane, begun.points, begun.labels, task.recipe, watch, steps)
    last = radii_of(completed(plane, begun, normal_factor(task.recipe)), points[:, : task.measured], task.p)["energy"]
    found = {name: np.transpose([look[name] for look in seen]).tolist() for name in seen[0]}
    return {"steps": list(steps), "energy": np.tile(medians(last), (len(steps), 1)).T.tolist()} | found


def until_margin(task: Task, begun: Start, margin: float, stride: int) -> tuple[Parameters, list[int]]:
    """Train each net until its least margin has reached `margin`, looked at every `stride` steps; a net that never does
    keeps its last parameters, and has -1 as its number of steps."""
    kept: Parameters = {name: value.clone() for name, value in begun.plane.items()}
    stopped = [-1] * len(begun.points)
    plane, taken = begun.plane, 0
    while taken < task.recipe.steps and min(stopped) < 0:  # plain gradient descent, so that it may be cut into pieces
        plane = fit(plane, begun.points, begun.labels, replace(task.recipe, steps=stride))
        taken += stride
        least = (begun.labels * scores(plane, begun.points)).amin(1)
        for b in [own for own, steps in enumerate(stopped) if steps < 0]:
            stopped[b] = taken if float(least[b]) >= margin else -1
            for name, value in kept.items():
                value[b] = plane[name][b]
    return kept, stopped


def by_codimension(
    task: Task, codimensions: tuple[int, ...], margin: float, seed: int, word: int, nets: int, place: torch.device
) -> Json:
    """Median radii of nets stopped at one margin, for each codimension: {"codimension": (L,), name: (B, L)}.

    Lengths are relative to |x| = sqrt(d). `harmonic` is the median relative error of 1/full^2 = 1/on^2 + 1/off^2.
    """
    found: Json = {"codimension": list(codimensions), "p": task.p}
    for codimension in codimensions:
        own = replace(task, codimension=codimension)
        begun = start(own, seed, word + codimension, nets, 0, place)
        plane, stopped = until_margin(own, begun, margin, 10)
        whole = completed(plane, begun, 1.0)
        points = padded(begun.points, own.d)[:, : own.measured]
        radii = radii_of(whole, points, own.p)
        law = (radii["on"].pow(-2) + radii["off"].pow(-2)).rsqrt()
        rows: Json = {name: [v / math.sqrt(own.d) for v in medians(radii[name])] for name in ("off", "on", "full")}
        rows |= {"ratio": medians(radii["off"] / radii["on"]), "harmonic": medians((radii["full"] / law - 1).abs()),
                 "energy": medians(radii["energy"]), "stopped": stopped}  # fmt: skip
        for name, values in rows.items():
            found.setdefault(name, []).append(values)
    return {name: np.transpose(v).tolist() if name not in ("codimension", "p") else v for name, v in found.items()}


def late(task: Task, seed: int, word: int, nets: int, place: torch.device, first: int = 10) -> Json:
    """Outputs, radii and |N| / (|u| |G|) at log-spaced steps from `first` on: {"steps": (T,), name: (B, T)}."""
    begun = start(task, seed, word, nets, 0, place)
    steps = tuple(step for step in log_spaced(task.recipe.steps, 4) if step >= first)
    norm = torch.linalg.matrix_norm(begun.whole["W"][:, :, task.p :], ord=2) * begun.whole["u"].norm(dim=1)
    seen: list[Json] = []

    def watch(step: int, plane: Parameters) -> None:
        margins = begun.labels * scores(plane, begun.points)
        points = padded(begun.points, task.d)[:, : task.measured]
        off = off_radius(completed(plane, begun, 1.0), points, task.p)
        loss = torch.nn.functional.softplus(-margins).sum(1)
        least = (margins.abs() / norm[:, None])[:, : task.measured]
        seen.append({
            "least": margins.amin(1).tolist(), "output": medians(margins.abs()), "off": medians(off),
            "bound": medians(margins.abs() / norm[:, None]), "summed": loss.tolist(),
            "violations": [float(count) for count in (off < least * (1 - 1e-9)).sum(1)],
        })  # fmt: skip

    fit(begun.plane, begun.points, begun.labels, task.recipe, watch, steps)
    return {"steps": list(steps)} | {name: np.transpose([look[name] for look in seen]).tolist() for name in seen[0]}
