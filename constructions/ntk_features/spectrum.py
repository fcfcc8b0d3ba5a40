"""The kernel side of the experiment: what each feature is good for, truncation, ridge, depth, other architectures.

Nothing here is trained. Every unit returns plain JSON with the seeds of its splits. Perturbations are not clipped to
[0, 1] unless a column says so, because the one-step optimum of the theory is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from constructions.ntk_features import (
    Architecture,
    KernelPredictor,
    features,
    one_step,
    projected,
    ridge,
)
from constructions.ntk_features.run_statistics import slope
from constructions.ntk_features.runs import FeatureRuns
from constructions.ntk_features.tasks import Task, load

Json = dict[str, Any]

RADIUS = 0.1
"""l_inf radius of attacks on features and truncated predictors, in units of the pixel range."""
RADIUS_L2 = 0.6
PROJECTED = 20
"""Steps of projected gradient descent."""
LEADING = 40
"""Features from the largest eigenvalue down that are all looked at."""
BLOCK = 2**24
"""Perturbed pixels that are held at once."""
RANKS = (2, 5, 10, 20, 50, 100, 250)
RIDGES = (0.01, 0.1, 1.0, 10.0)
PICTURED = (1, 2, 3, 5, 10, 30, 100)
"""Features, by rank from one, whose perturbations are shown."""


def kernel_of(points: np.ndarray, depth: int, kind: Any = "ntk") -> Architecture:
    """The convention of the authors' code for points (n, d): s_w^2 = 2, s_b = 0.1, inputs divided by their number d."""
    return Architecture(depth, float(points.shape[1]), 2.0, 0.01, kind)


def accuracy(values: np.ndarray, labels: np.ndarray) -> float:
    """Share of points with y f > 0; zero counts as wrong."""
    return float(np.mean(values * labels > 0))


def looked_at(count: int) -> np.ndarray:
    """Indices of the features whose attacks are computed: the first `LEADING`, and further ones at equal ratios."""
    if count <= LEADING:
        return np.arange(count)
    return np.unique(np.concatenate([np.arange(LEADING), np.geomspace(LEADING, count, 24).astype(int) - 1]))


def feature_outcomes(
    predictor: KernelPredictor, task: Task, radius: float, clip: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(right, robust), each (features, test points): signs on clean points, and also after the one-step attack on each
    feature by itself. Zero counts as wrong."""
    points, labels = task.test_points, task.test_labels
    right = predictor(points).T * labels > 0
    robust = np.zeros_like(right)
    block = max(1, BLOCK // points.size)
    for begin in range(0, len(right), block):
        columns = predictor.coefficients[:, begin : begin + block]
        moved = one_step(KernelPredictor(predictor.points, columns, predictor.architecture), points, labels, radius)
        for index in range(columns.shape[1]):
            own = KernelPredictor(predictor.points, columns[:, index], predictor.architecture)
            at = np.ascontiguousarray(moved[:, index])
            robust[begin + index] = own(np.clip(at, 0, 1) if clip else at) * labels > 0
    return right, robust & right


def spectrum(
    name: str, train: int, test: int | None, depth: int, seed: int, *, shuffled: bool = False,
    radius: float = RADIUS, clip: bool = False,
) -> Json:  # fmt: skip
    """Usefulness and robustness of the features of one task; `shuffled` replaces all labels by random ones."""
    task = load(name, seed, train, test)
    if shuffled:
        generator = np.random.default_rng(np.random.SeedSequence([seed, 99]))
        marks, test_marks = (generator.choice([-1.0, 1.0], len(e)) for e in (task.labels, task.test_labels))
        task = replace(task, labels=marks, test_labels=test_marks)
    architecture = kernel_of(task.points, depth)
    found = features(architecture.kernel(task.points), task.labels)
    chosen = looked_at(len(found.eigenvalues))
    predictor = KernelPredictor(task.points, np.ascontiguousarray(found.coefficients[:, chosen]), architecture)
    right, robust = feature_outcomes(predictor, task, radius, clip)
    whole = KernelPredictor(task.points, found.coefficients.sum(axis=1), architecture)
    points, labels = task.test_points, task.test_labels
    values, gradients = whole.gradient(points)
    sizes = np.sqrt(np.mean((architecture.kernel(points, task.points) @ found.coefficients) ** 2, axis=0))
    return {
        "task": name, "train": train, "test": len(labels), "depth": depth, "seed": seed, "majority": task.majority,
        "radius": radius, "shuffled": shuffled, "clean": accuracy(values, labels),
        "one step": accuracy(whole(one_step(whole, points, labels, radius)), labels),
        "projected": accuracy(whole(projected(whole, points, labels, radius, steps=PROJECTED)), labels),
        "projected in the box": accuracy(
            whole(projected(whole, points, labels, radius, steps=PROJECTED, clip=(0.0, 1.0))), labels),
        "linear radius": float(np.median(np.abs(values) / np.abs(gradients).sum(axis=1))),
        "ranks": (chosen + 1).tolist(), "eigenvalues": found.eigenvalues[chosen].tolist(),
        "shares": found.shares[chosen].tolist(), "labels": labels.astype(int).tolist(),
        "right": right.astype(int).tolist(), "robust": robust.astype(int).tolist(),
        "slope": slope(np.log(found.eigenvalues), np.log(sizes / np.sqrt(found.norms_sq))),
        "condition": float(found.eigenvalues[0] / found.eigenvalues[-1]),
        "norm": float(np.sqrt(found.norms_sq.sum())),
    }  # fmt: skip


def feature_instance(entry: Json) -> FeatureRuns:
    """The outcomes of the features of one kernel."""
    return FeatureRuns(
        eigenvalues=np.array(entry["eigenvalues"]), right=np.array(entry["right"], dtype=bool),
        robust=np.array(entry["robust"], dtype=bool), labels=np.array(entry["labels"]),
        random_labels=bool(entry["shuffled"]),
    )  # fmt: skip


def truncation(name: str, train: int, test: int | None, depth: int, seed: int) -> list[list[Any]]:
    """Rows [filter, amount, clean, l_inf, l2, l_inf in the box, norm]: sums of the first k features, and ridges."""
    task = load(name, seed, train, test)
    architecture = kernel_of(task.points, depth)
    kernel = architecture.kernel(task.points)
    found = features(kernel, task.labels)
    rows: list[list[Any]] = []
    for rank in [r for r in RANKS if r < train] + [train]:
        rows.append(["first k features", rank, *_measured(task, architecture, kernel, found.truncated(rank))])
    for amount in RIDGES:
        rows.append(["ridge", amount, *_measured(task, architecture, kernel, ridge(kernel, task.labels, amount))])
    return rows


def _measured(task: Task, architecture: Architecture, kernel: np.ndarray, alpha: np.ndarray) -> list[float]:
    model, points, labels = KernelPredictor(task.points, alpha, architecture), task.test_points, task.test_labels
    cube = projected(model, points, labels, RADIUS, steps=PROJECTED)
    boxed = projected(model, points, labels, RADIUS, steps=PROJECTED, clip=(0.0, 1.0))
    ball = projected(model, points, labels, RADIUS_L2, "l2", steps=PROJECTED)
    found = [accuracy(model(at), labels) for at in (points, cube, ball, boxed)]
    return [*found, float(np.sqrt(alpha @ kernel @ alpha))]


def depths(name: str, train: int, test: int | None, seed: int, chosen: tuple[int, ...] = (1, 2, 3)) -> list[list[Any]]:
    """Rows [depth, clean, l_inf] of the interpolant."""
    task = load(name, seed, train, test)
    rows: list[list[Any]] = []
    for depth in chosen:
        architecture = kernel_of(task.points, depth)
        model = KernelPredictor(task.points, ridge(architecture.kernel(task.points), task.labels), architecture)
        moved = projected(model, task.test_points, task.test_labels, RADIUS, steps=PROJECTED // 2)
        rows.append([depth, accuracy(model(task.test_points), task.test_labels),
                     accuracy(model(moved), task.test_labels)])  # fmt: skip
    return rows


OTHERS: tuple[tuple[int, str], ...] = ((2, "ntk"), (3, "ntk"), (1, "nngp"), (3, "nngp"))


def leading_vectors(architecture: Architecture, points: np.ndarray, count: int) -> np.ndarray:
    """The eigenvectors (n, count) of the largest eigenvalues, in descending order."""
    return np.ascontiguousarray(np.linalg.eigh(architecture.kernel(points))[1][:, ::-1][:, :count])


def pictures(name: str, train: int, seed: int, depth: int = 1, each: int = 4) -> Json:
    """What to change at a digit to turn a feature: its input gradient, towards the other sign, at the first test points
    of each class; radii are the l_inf distances at which the linearised feature changes sign."""
    task = load(name, seed, train)
    architecture = kernel_of(task.points, depth)
    found = features(architecture.kernel(task.points), task.labels)
    own = [rank - 1 for rank in PICTURED if rank <= train]
    predictor = KernelPredictor(task.points, np.ascontiguousarray(found.coefficients[:, own]), architecture)
    shown = np.concatenate([np.flatnonzero(task.test_labels == label)[:each] for label in (1.0, -1.0)])
    values, slopes = predictor.gradient(task.test_points[shown])
    turning = -np.sign(values)[..., None] * slopes
    return {
        "ranks": [index + 1 for index in own], "eigenvalues": found.eigenvalues[own].tolist(),
        "labels": [name.split(" v ")[int(task.test_labels[point] < 0)] for point in shown],
        "digits": (task.test_points[shown] - 0.5).tolist(), "images": turning.transpose(1, 0, 2).tolist(),
        "radii": (np.abs(values) / np.abs(slopes).sum(axis=2)).T.tolist(),
    }  # fmt: skip
