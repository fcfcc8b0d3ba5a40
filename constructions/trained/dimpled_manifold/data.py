"""Labelled images of two classes in coordinates of a subspace P: projected on leading directions, never centred.

Centring would change the subspace: the mean image is part of the span of the data. Points are (B, n, p) with labels
(B, n) of +-1, a sample of its own for each net, scaled to a common length, so that P is the span of the first p axes
once zeros are appended (`constructions.trained.dimpled_manifold.nets.padded`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from constructions.image_files import CIFAR_FOLDER, MNIST_FOLDER, cifar10, mnist
from constructions.instance import InvalidInstance, NoInstance


@dataclass(frozen=True)
class Images:
    """Two classes of images as points: coordinates (N, p) on the leading p directions, and labels (N,) of +-1."""

    name: str
    points: np.ndarray
    labels: np.ndarray

    def sample(self, count: int, generator: np.random.Generator, length: float) -> tuple[np.ndarray, np.ndarray]:
        """`count` images without replacement, each of the given length.

        Raises `NoInstance` where there are not as many.
        """
        if count > len(self.points):
            raise NoInstance(f"{self.name} has {len(self.points)} images of the two classes; asked for {count}")
        chosen = generator.permutation(len(self.points))[:count]
        points = self.points[chosen]
        return points * (length / np.linalg.norm(points, axis=1, keepdims=True)), self.labels[chosen]


def leading(images: np.ndarray, p: int) -> np.ndarray:
    """Coordinates (N, p) of images (N, pixels) on their first p right singular directions.

    Raises `NoInstance` unless 1 <= p <= pixels.
    """
    if not 1 <= p <= images.shape[1]:
        raise NoInstance(f"p is {p}; the images have {images.shape[1]} pixels")
    _, directions = np.linalg.eigh(images.T @ images)
    return images @ directions[:, ::-1][:, :p]


@lru_cache(maxsize=8)
def digits(classes: tuple[int, int], p: int) -> Images:
    """The 8 x 8 digits of scikit-learn of two classes; the first has label +1."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return _two(f"digits {classes[0]} v {classes[1]}", found.data, found.target, classes, p)


def _two(name: str, images: np.ndarray, targets: np.ndarray, classes: tuple[int, int], p: int) -> Images:
    kept = np.isin(targets, classes)
    points = images[kept].reshape(int(kept.sum()), -1).astype(np.float64)
    return Images(f"{name}, p = {p}", leading(points, p), np.where(targets[kept] == classes[0], 1.0, -1.0))


STRIPE, PATCH = 64, 8


@lru_cache(maxsize=2)
def patches(p: int, count: int = 2000) -> Images:
    """Grey 8 x 8 patches of two photographs that scikit-learn brings; the label says which photograph."""
    from sklearn.datasets import load_sample_images

    own, found, labels = np.random.default_rng(8), [], []
    for label, image in zip((1.0, -1.0), load_sample_images().images, strict=True):
        grey = np.asarray(image, dtype=np.float64).mean(axis=2)
        for _ in range(count // 2):
            row, column = (int(own.integers(0, size - PATCH + 1)) for size in grey.shape)
            found.append(grey[row : row + PATCH, column : column + PATCH].reshape(-1))
            labels.append(label)
    return Images(f"patches of two photographs, p = {p}", leading(np.array(found), p), np.array(labels))


def user_images(p: int) -> list[Images]:
    """Two classes each of MNIST and of CIFAR-10 where environment variables name folders with the user's files."""
    found = []
    sources: tuple[tuple[str, str, Callable[..., tuple[np.ndarray, np.ndarray]], tuple[int, int]], ...] = (
        ("MNIST", MNIST_FOLDER, mnist, (3, 8)), ("CIFAR-10", CIFAR_FOLDER, cifar10, (0, 1)),
    )  # fmt: skip
    for name, variable, read, classes in sources:
        folder = os.environ.get(variable)
        if folder:
            images, targets = read(folder, "train")
            if not np.isin(targets, classes).any():
                raise InvalidInstance(f"{folder}: no image of the classes {classes[0]} and {classes[1]}")
            found.append(_two(f"{name} {classes[0]} v {classes[1]}", images / 255.0, targets, classes, p))
    return found


def generators(seed: int, word: int, nets: int, first: int = 0) -> list[np.random.Generator]:
    """One generator per net, so that net b is the same whatever is trained beside it; `word` names the experiment."""
    return [np.random.default_rng(np.random.SeedSequence([seed, word, b])) for b in range(first, first + nets)]


def samples(
    images: Images, count: int, own: list[np.random.Generator], length: float, place: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Points (B, count, p) of the given length and labels (B, count), net b from its own generator."""
    drawn = [images.sample(count, generator, length) for generator in own]
    return tuple(torch.tensor(np.stack(arrays), device=place) for arrays in zip(*drawn, strict=True))  # type: ignore[return-value]
