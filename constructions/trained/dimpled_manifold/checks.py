"""What training on P cannot do to the normal block, checked on whole weights: bit by bit where P is axis-aligned.

Products with the zero coordinates of the data are zeros, and sums with zeros do not round, so equality is exact.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from constructions.trained.dimpled_manifold.data import generators
from constructions.trained.dimpled_manifold.descent import Recipe, fit, normal_factor
from constructions.trained.dimpled_manifold.nets import Parameters, head_slopes, padded, preactivations
from constructions.trained.dimpled_manifold.phases import Task, start

Json = dict[str, Any]


def variants(recipe: Recipe) -> dict[str, Recipe]:
    """The methods that keep their updates in the span of the inputs, with and without decay."""
    found = {name: replace(recipe, method=name) for name in ("gd", "heavy ball", "nesterov")}  # type: ignore[arg-type]
    return found | {f"{name}, decay": replace(own, decay=1e-2) for name, own in found.items()}


def drift(whole: Parameters, trained: Parameters, p: int, factor: float) -> float:
    """Largest relative change of a normal block beyond its factor."""
    before, after = (net["W"][:, :, p:] for net in (whole, trained))
    return float(((after - factor * before).norm(dim=(1, 2)) / before.norm(dim=(1, 2))).max())


def invariance(task: Task, seed: int, word: int, nets: int, place: torch.device) -> list[list[Any]]:
    """Rows [method, axes of P, depth, drift, scaled drift, blind]: relative change of G, change beyond the factor of
    the method, and whether a second run from a normal block ten times as large agrees on P to the last bit."""
    rows: list[list[Any]] = []
    for depth in (2, 3):
        own = replace(task, net=replace(task.net, depth=depth))
        begun = start(own, seed, word, nets, 0, place)
        points = padded(begun.points, own.d)
        louder = begun.whole["W"].clone()
        louder[:, :, own.p :] *= -10
        other = {**begun.whole, "W": louder}
        for name, recipe in variants(own.recipe).items():
            first, second = (fit(net, points, begun.labels, recipe) for net in (begun.whole, other))
            same = all(torch.equal(*(net[key][..., : own.p] if key == "W" else net[key] for net in (first, second)))
                       for key in first)  # fmt: skip
            rows.append([name, "aligned", depth, drift(begun.whole, first, own.p, 1.0),
                         drift(begun.whole, first, own.p, normal_factor(recipe)), same])  # fmt: skip
    turn = torch.tensor(rotation(own.d, generators(seed, word + 1, 1)[0]), device=place)
    turned = {**begun.whole, "W": begun.whole["W"] @ turn.T}
    for name in ("gd", "heavy ball", "adam"):
        recipe = replace(own.recipe, method=name, rate=own.recipe.rate if name != "adam" else 1e-2)  # type: ignore[arg-type]
        for axes, net, data in (("aligned", begun.whole, points), ("rotated", turned, points @ turn.T)):
            if axes == "aligned" and name != "adam":
                continue
            found = fit(net, data, begun.labels, recipe)
            if axes == "rotated":
                found = {**found, "W": found["W"] @ turn}
            rows.append([name, axes, 3, drift(begun.whole, found, own.p, 1.0), float("nan"), None])
    return rows


def rotation(d: int, generator: np.random.Generator) -> np.ndarray:
    """A random rotation (d, d)."""
    turn, triangle = np.linalg.qr(generator.standard_normal((d, d)))
    return turn * np.sign(np.diagonal(triangle))


def universality(task: Task, codimensions: tuple[int, ...], seed: int, word: int, place: torch.device) -> Json:
    """Cosines of normal gradients of pairs of points against what gates alone predict, before and after training.

    {"rows": [time, codimension, mean cosine, mean predicted, largest deviation, 1/sqrt(l), share flipped]}: the last
    is the share of points that one direction for all, the mean normal gradient, flips at 1.3 times their own distance
    |N| / |normal gradient| to the boundary of the linear model.
    """
    rows = []
    begun = start(task, seed, word, 1, 0, place)
    after = fit(begun.plane, begun.points, begun.labels, task.recipe)
    own = generators(seed, word + 1, 1)[0]
    for time, plane in (("start", begun.plane), ("trained", after)):
        first = preactivations(plane, begun.points)
        values, gates = head_slopes(plane, first)
        predicted = _cosines(gates[0])
        for codimension in codimensions:
            block = own.standard_normal((task.net.width, codimension)) / math.sqrt(task.p + codimension)
            normal = torch.tensor(block, device=place)
            slopes = gates[0] @ normal
            found, pairs = _cosines(slopes), ~torch.eye(len(slopes), dtype=torch.bool)
            common = (slopes / slopes.norm(dim=1, keepdim=True)).mean(0)
            common /= common.norm()
            reach = 1.3 * values[0].abs() / slopes.norm(dim=1)
            sign = values[0].sign()
            moved = first[0] - (sign * reach)[:, None] * (normal @ common)[None]
            flipped = sign * head_slopes(plane, moved[None])[0][0] <= 0
            rows.append([time, codimension, float(found[pairs].mean()), float(predicted[pairs].mean()),
                         float((found - predicted)[pairs].abs().max()), codimension**-0.5,
                         float(flipped.double().mean())])  # fmt: skip
    return {"rows": rows}


def _cosines(rows: torch.Tensor) -> torch.Tensor:
    unit = rows / rows.norm(dim=1, keepdim=True)
    return unit @ unit.T


