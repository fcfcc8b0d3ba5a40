"""The boundary over a two-dimensional manifold in R^3 through training: chessboard, spirals, sphere; and a line in R^2.

Over each point of the manifold the boundary is looked for along the normal; the height nearest to the manifold is kept.
Planes and the line are linear subspaces, so that what training cannot see is the normal coordinate; the sphere is
curved and spans R^3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from constructions.dimpled_manifold.data import chess25_centred, diagonal7, spiral
from constructions.trained.dimpled_manifold.data import generators
from constructions.trained.dimpled_manifold.descent import Recipe, fit
from constructions.trained.dimpled_manifold.nets import Architecture, Parameters, scores, started

Json = dict[str, Any]

REACH, SAMPLES = 0.8, 129
"""Heights looked at: so many, evenly from -REACH to REACH, in units of half the side of the manifold."""


@dataclass(frozen=True)
class Sheet:
    """A manifold as a mesh (lines, per line, D) with its unit normals, and labelled points on it."""

    name: str
    mesh: np.ndarray
    normals: np.ndarray
    points: np.ndarray
    labels: np.ndarray
    p: int


def _plane(name: str, points: np.ndarray, labels: np.ndarray, side: int) -> Sheet:
    axis = np.linspace(-1.15, 1.15, side)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    mesh = np.stack([x, y, np.zeros_like(x)], axis=2)
    return Sheet(name, mesh, np.broadcast_to([0.0, 0.0, 1.0], mesh.shape), points, labels, 2)


def chessboard(side: int) -> Sheet:
    """The 25 points of a chessboard in the plane z = 0, stretched to [-1, 1]^2."""
    board = chess25_centred()
    points = 2 * board.points - np.array([1.0, 1.0, 0.0])
    return _plane("chessboard", points, board.labels, side)


def spirals(side: int) -> Sheet:
    """Two interleaved spirals of 20 points each in the plane z = 0."""
    found = spiral(40, 1.0)
    return _plane("spirals", np.hstack([found.points, np.zeros((40, 1))]), found.labels, side)


def sphere(side: int) -> Sheet:
    """40 points spread evenly over the unit sphere, +1 on opposite pairs of the eight octants."""
    heights = 1 - (2 * np.arange(40) + 1) / 40
    angles = np.arange(40) * math.pi * (3 - math.sqrt(5))
    flat = np.sqrt(1 - heights**2)
    points = np.stack([flat * np.cos(angles), flat * np.sin(angles), heights], axis=1)
    labels = np.where(points.prod(axis=1) > 0, 1, -1)
    around, down = np.linspace(0, 2 * math.pi, 2 * side), np.linspace(0.02, math.pi - 0.02, side)
    mesh = np.stack([np.sin(down)[:, None] * np.cos(around), np.sin(down)[:, None] * np.sin(around),
                     np.broadcast_to(np.cos(down)[:, None], (side, 2 * side))], axis=2)  # fmt: skip
    return Sheet("sphere", mesh, mesh, points, labels, 3)


def line(side: int) -> Sheet:
    """Seven points with alternating labels on the diagonal of R^2, in coordinates along and across it."""
    found = diagonal7()
    along = found.points.sum(axis=1) / math.sqrt(2)
    ticks = np.linspace(-1.15 * math.sqrt(2), 1.15 * math.sqrt(2), 4 * side)
    mesh = np.stack([ticks, np.zeros_like(ticks)], axis=1)[None]
    return Sheet("diagonal", mesh, np.broadcast_to([0.0, 1.0], mesh.shape), np.stack([along, 0 * along], axis=1),
                 found.labels, 1)  # fmt: skip


SHEETS: dict[str, Callable[[int], Sheet]] = {
    "chessboard": chessboard, "spirals": spirals, "sphere": sphere, "diagonal": line,
}  # fmt: skip


def heights(parameters: Parameters, sheet: Sheet) -> np.ndarray:
    """Signed height (lines, per line) of the boundary nearest to each mesh point along its normal; NaN where there is
    none within `REACH`. Linear interpolation between the heights looked at."""
    grid = np.linspace(-REACH, REACH, SAMPLES)
    found = np.full(sheet.mesh.shape[:2], np.nan)
    for row in range(len(found)):
        places = sheet.mesh[row][:, None] + grid[:, None] * sheet.normals[row][:, None]
        own = torch.tensor(places.reshape(1, -1, places.shape[-1]))
        values = scores(parameters, own.to(parameters["W"])).cpu().numpy().reshape(len(places), SAMPLES)
        change = (values[:, 1:] > 0) != (values[:, :-1] > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = values[:, :-1] / (values[:, :-1] - values[:, 1:])
        crossing = np.where(change, grid[:-1] + share * (grid[1] - grid[0]), np.inf)
        nearest = np.abs(crossing).argmin(axis=1)
        best = crossing[np.arange(len(places)), nearest]
        found[row] = np.where(np.isfinite(best), best, np.nan)
    return found


def watched(
    sheet: Sheet, net: Architecture, recipe: Recipe, times: tuple[int, ...], seed: int, word: int, place: torch.device
) -> Json:
    """{"panels": [{"steps", "accuracy", "heights", "at points"}]} of one net through training.

    "at points" are the heights over the labelled points: their distances off the manifold, with the side.
    """
    own = generators(seed, word, 1)
    d = sheet.points.shape[1]
    begun = started(net, sheet.p, d, own, place)
    points = torch.tensor(sheet.points, device=place)[None]
    labels = torch.tensor(sheet.labels, dtype=torch.float64, device=place)[None]
    centre = Sheet(sheet.name, sheet.points[None], _normals_at(sheet), sheet.points, sheet.labels, sheet.p)
    panels: list[Json] = []

    def watch(step: int, found: Parameters) -> None:
        right = (labels * scores(found, points) > 0).double().mean()
        panels.append({"steps": step, "accuracy": float(right), "heights": heights(found, sheet).tolist(),
                       "at points": heights(found, centre)[0].tolist()})  # fmt: skip

    fit(begun, points, labels, recipe, watch, times)
    return {"panels": panels}


def _normals_at(sheet: Sheet) -> np.ndarray:
    """Unit normals (1, n, D) at the labelled points."""
    if sheet.p == sheet.points.shape[1]:  # the sphere about the origin
        return (sheet.points / np.linalg.norm(sheet.points, axis=1, keepdims=True))[None]
    normal = np.zeros(sheet.points.shape[1])
    normal[-1] = 1.0
    return np.broadcast_to(normal, (1, *sheet.points.shape))
