"""Two-class tasks: scikit-learn's 8 x 8 digits, and CIFAR-10 or MNIST from files that the user has.

Pixels are in [0, 1], labels +-1; every seed has a split of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from constructions.image_files import CIFAR_FOLDER, MNIST_FOLDER, cifar10, mnist
from constructions.instance import InvalidInstance


@dataclass(frozen=True)
class Task:
    """Training and test points (n, d) with labels (n,)."""

    name: str
    points: np.ndarray
    labels: np.ndarray
    test_points: np.ndarray
    test_labels: np.ndarray

    @property
    def majority(self) -> float:
        """Accuracy of the better constant prediction on the test points."""
        share = float(np.mean(self.test_labels > 0))
        return max(share, 1 - share)


THREES, HALVES, PARITY = "3 v 8", "0-4 v 5-9", "even v odd"
CARS, LARGE_THREES = "aeroplane v car (CIFAR-10)", "3 v 8 (MNIST)"
RULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    THREES: lambda digit: np.where(digit == 3, 1.0, np.where(digit == 8, -1.0, 0.0)),
    HALVES: lambda digit: np.where(digit <= 4, 1.0, -1.0),
    PARITY: lambda digit: np.where(digit % 2 == 0, 1.0, -1.0),
}
"""Label of every digit, 0 for those that the task leaves out."""




def load(name: str, seed: int, train: int, test: int | None = None) -> Task:
    """A task by name, split by the seed; all points that are not trained on are test points unless `test` says how
    many, and files of the user keep their own test part.

    Raises `InvalidInstance` for an unknown task, missing files, or if there are not enough points.
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, len(name)]))
    if name in (CARS, LARGE_THREES):
        parts = [_of_files(name, part) for part in ("train", "test")]
        chosen = [generator.permutation(len(labels))[:count] for (_, labels), count in zip(
            parts, (train, test), strict=True)]  # fmt: skip
        (points, labels), (test_points, test_labels) = [
            (points[own], labels[own]) for (points, labels), own in zip(parts, chosen, strict=True)]
        return Task(name, points, labels, test_points, test_labels)
    points, labels = _of_digits(name)
    if not 0 < train < len(points):
        raise InvalidInstance(f"{name} has {len(points)} digits; train on fewer, not on {train}")
    order = generator.permutation(len(points))
    own, rest = order[:train], order[train : None if test is None else train + test]
    return Task(name, points[own], labels[own], points[rest], labels[rest])


def _of_digits(name: str) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    if name not in RULES:
        raise InvalidInstance(f"no task {name!r}; there are {', '.join((*RULES, CARS, LARGE_THREES))}")
    images, digit = load_digits(return_X_y=True)
    labels = RULES[name](digit)
    return images[labels != 0] / 16, labels[labels != 0]


def _of_files(name: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Points and labels of one part of the user's files."""
    variable = CIFAR_FOLDER if name == CARS else MNIST_FOLDER
    folder = os.environ.get(variable)
    if not folder:
        raise InvalidInstance(f"{name} needs your own files: set {variable} to their folder")
    images, kinds = cifar10(folder, part) if name == CARS else mnist(folder, part)
    positive, negative = (0, 1) if name == CARS else (3, 8)
    chosen = (kinds == positive) | (kinds == negative)
    labels = np.where(kinds[chosen] == positive, 1.0, -1.0)
    return images[chosen].reshape(len(labels), -1) / 255, labels
