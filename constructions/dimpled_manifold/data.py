"""Labelled points on a linear subspace, and near misses: affine planes, whose span is larger, and curved patches.

Every generator returns `PlaneData` in coordinates of its own subspace or, where the picture lives there, in R^d with
the codimension that the linear span leaves. `embedded` and `rotated` place points of a subspace in R^d.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from constructions.instance import NoInstance


@dataclass(frozen=True)
class PlaneData:
    """points (n, d), labels (n,) of +-1, and how many dimensions of R^d the linear span of the points leaves."""

    points: np.ndarray
    labels: np.ndarray
    codimension: int = 0

    def embedded(self, codimension: int) -> PlaneData:
        """The points in R^(d + codimension), all further coordinates zero."""
        zeros = np.zeros((len(self.points), codimension))
        return PlaneData(np.hstack([self.points, zeros]), self.labels, self.codimension + codimension)

    def rotated(self, generator: np.random.Generator) -> tuple[PlaneData, np.ndarray]:
        """The points turned by a random rotation Q (d, d), x -> Q x, and Q."""
        d = self.points.shape[1]
        turn, triangle = np.linalg.qr(generator.standard_normal((d, d)))
        turn = turn * np.sign(np.diagonal(triangle))
        return PlaneData(self.points @ turn.T, self.labels, self.codimension), turn


def random_sphere(generator: np.random.Generator, n: int, p: int, radius: float | None = None) -> PlaneData:
    """n points uniform on the sphere of R^p, of radius sqrt(p) unless given, with independent random labels."""
    points = generator.standard_normal((n, p))
    points *= (math.sqrt(p) if radius is None else radius) / np.linalg.norm(points, axis=1, keepdims=True)
    return PlaneData(points, generator.choice([-1, 1], n))


def separated(generator: np.random.Generator, n: int, p: int, gamma: float) -> PlaneData:
    """Points of the sphere of radius sqrt(p) with |x_1| >= gamma |x|; the label is the sign of x_1.

    Raises `NoInstance` unless 0 <= gamma < 1.
    """
    if not 0 <= gamma < 1:
        raise NoInstance(f"gamma is {gamma}; a share of the length lies in [0, 1)")
    found = np.zeros((0, p))
    while len(found) < n:
        drawn = random_sphere(generator, 4 * n, p).points
        found = np.vstack([found, drawn[np.abs(drawn[:, 0]) >= gamma * math.sqrt(p)]])
    return PlaneData(found[:n], np.where(found[:n, 0] > 0, 1, -1))


@lru_cache(maxsize=8)
def _components(classes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    found = load_digits()
    kept = np.isin(found.target, classes)
    images = found.data[kept] / 16.0
    images = images - images.mean(axis=0)
    return images, found.target[kept], np.linalg.svd(images, full_matrices=False)[2]


def digits(generator: np.random.Generator, n: int, p: int, classes: tuple[int, int] = (3, 8)) -> PlaneData:
    """Handwritten digits of two classes in coordinates of their first p principal components, mean length sqrt(p).

    Centred first; label +1 for the first class. Raises `NoInstance` where there are not as many.
    """
    images, targets, components = _components(tuple(sorted(classes)))
    if n > len(images) or not 1 <= p <= components.shape[0]:
        raise NoInstance(f"{len(images)} images of classes {classes} in 64 dimensions; asked for n = {n}, p = {p}")
    chosen = generator.choice(len(images), n, replace=False)
    points = images[chosen] @ components[:p].T
    points = points * (math.sqrt(p) / np.linalg.norm(points, axis=1).mean())
    return PlaneData(points, np.where(targets[chosen] == classes[0], 1, -1))


def diagonal7() -> PlaneData:
    """Seven points (t, t), t = -1, -2/3, ..., 1, with alternating labels: one dimension of the plane."""
    t = np.arange(-3, 4) / 3.0
    return PlaneData(np.stack([t, t], axis=1), np.where(np.arange(7) % 2 == 0, 1, -1), 1)


def chess25(height: float = 0.5) -> PlaneData:
    """A 5 x 5 chessboard (i/4, j/4, height) in R^3. At a height that is not 0 the linear span is all of R^3."""
    i, j = (axis.reshape(-1) for axis in np.meshgrid(np.arange(5), np.arange(5), indexing="ij"))
    points = np.stack([i / 4.0, j / 4.0, np.full(25, height)], axis=1)
    return PlaneData(points, np.where((i + j) % 2 == 0, 1, -1), int(height == 0))


def chess25_centred() -> PlaneData:
    """The same in the plane z = 0, which is linear."""
    return chess25(0.0)


def two_class_cones(generator: np.random.Generator, n: int, p: int, phi: float, width: float = 0.1) -> PlaneData:
    """Two narrow cones in R^p whose axes include the angle phi (radians); lengths uniform in [1, 2] sqrt(p).

    A nearest-cone classifier has on-manifold radius |x| sin(phi/2) on an axis. Raises `NoInstance` for p < 2.
    """
    if p < 2:
        raise NoInstance("two cones at an angle need p >= 2")
    labels = generator.choice([-1, 1], n)
    axes = np.zeros((n, p))
    axes[:, 0], axes[:, 1] = math.cos(phi / 2), labels * math.sin(phi / 2)
    points = axes + width * math.sin(phi / 2) * generator.uniform(-1, 1, (n, p)) / math.sqrt(p)
    lengths = generator.uniform(1.0, 2.0, (n, 1)) * math.sqrt(p)
    return PlaneData(points / np.linalg.norm(points, axis=1, keepdims=True) * lengths, labels)


def spiral(n: int, turns: float = 1.5) -> PlaneData:
    """Two interleaved spirals in the plane, n points each class in turn, lengths from 1/4 to 1."""
    share = np.linspace(0.0, 1.0, n)
    labels = np.where(np.arange(n) % 2 == 0, 1, -1)
    angle = 2 * math.pi * turns * share + np.where(labels > 0, 0.0, math.pi)
    length = 0.25 + 0.75 * share
    return PlaneData(np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1), labels)


def circle_patch(generator: np.random.Generator, n: int, reach: float, arc: float = 1.0) -> PlaneData:
    """Points of a circle of radius `reach` in R^2 within `arc` radians of (reach, 0), labelled by the side of it."""
    angle = generator.uniform(-arc, arc, n)
    points = reach * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return PlaneData(points, np.where(angle > 0, 1, -1))


def sphere_patch(generator: np.random.Generator, n: int, reach: float, arc: float = 1.0) -> PlaneData:
    """Points of a sphere of radius `reach` in R^3 within `arc` radians of a pole, labelled by the sign of x_2."""
    height = np.cos(arc) + (1 - np.cos(arc)) * generator.uniform(0, 1, n)
    angle = generator.uniform(-math.pi, math.pi, n)
    flat = np.sqrt(1 - height**2)
    points = reach * np.stack([height, flat * np.cos(angle), flat * np.sin(angle)], axis=1)
    return PlaneData(points, np.where(points[:, 1] > 0, 1, -1))


def torus_patch(generator: np.random.Generator, n: int, reach: float, arc: float = 1.0) -> PlaneData:
    """Points of a flat torus of two circles of radius `reach` in R^4, both angles within `arc`; labels by the first."""
    angles = generator.uniform(-arc, arc, (n, 2))
    points = reach * np.stack([np.cos(angles[:, 0]), np.sin(angles[:, 0]), np.cos(angles[:, 1]), np.sin(angles[:, 1])],
                              axis=1)  # fmt: skip
    return PlaneData(points, np.where(angles[:, 0] > 0, 1, -1))


CURVED = {"circle": circle_patch, "sphere": sphere_patch, "torus": torus_patch}
"""Curved patches by name; the reach of each is its radius."""


def photographs(generator: np.random.Generator, n: int, p: int, side: int = 8) -> PlaneData:
    """Square patches of two photographs in coordinates of their first p principal components, mean length sqrt(p).

    Grey patches of `side` pixels of scikit-learn's two sample images; the label is the image. Raises `NoInstance` for
    p outside 1..side^2.
    """
    if not 1 <= p <= side * side:
        raise NoInstance(f"patches of {side} x {side} pixels have {side * side} components; asked for p = {p}")
    from sklearn.datasets import load_sample_images

    labels = generator.choice([-1, 1], n)
    patches = np.empty((n, side * side))
    images = [image.mean(axis=2) / 255.0 for image in load_sample_images().images]
    for row, label in enumerate(labels):
        image = images[int(label > 0)]
        top, left = (int(generator.integers(0, size - side + 1)) for size in image.shape)
        patches[row] = image[top : top + side, left : left + side].reshape(-1)
    patches -= patches.mean(axis=0)
    points = patches @ np.linalg.svd(patches, full_matrices=False)[2][:p].T
    if points.shape[1] < p or not np.linalg.norm(points, axis=1).mean() > 0:
        raise NoInstance(f"{n} patches span fewer than {p} dimensions; draw more")
    return PlaneData(points * (math.sqrt(p) / np.linalg.norm(points, axis=1).mean()), labels)
