"""A real dictionary: sparse codes of grey patches of two photographs, whose columns then carry a `SparseLaw`.

The photographs are those scikit-learn ships (china and flower), so nothing is downloaded. Every photograph is cut once,
into a left part for learning and a right part for testing; a patch lies wholly in one of them. Patches lose their mean;
the half with the least contrast, mostly sky and blur, is dropped; the rest are whitened by the moments of the learning
part and scaled to length 1, so that a code of stated energy means the same for each of them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from constructions.feature_purification.laws import FamilyName, SparseLaw
from constructions.instance import InvalidInstance

PHOTOGRAPHS = ("china.jpg", "flower.jpg")
GREY = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in a grey value (ITU-R BT.601)."""

LEARNING = 0.7
"""Share of the width of each photograph, from the left, from which a dictionary is learned."""

RIDGE = 0.1
"""Added to the eigenvalues of the covariance before whitening, in units of their mean: the finest waves are mostly the
noise of the camera, and whitening them fully would give them the weight of edges."""

PENALTY, PASSES = 0.2, 12
"""Weight of the l1 norm while learning, for patches of length 1, and the number of passes over them."""

ENERGY = 0.8
"""Share of the energy of a patch that its code has to reproduce."""


class Patches(NamedTuple):
    """Whitened patches of length 1, one per row (n, size^2), and the corner of each as photograph, row, column (n, 3);
    `cuts` are the first columns, one per photograph, of the testing part."""

    learning: np.ndarray
    testing: np.ndarray
    learning_corners: np.ndarray
    testing_corners: np.ndarray
    cuts: np.ndarray


@dataclass(frozen=True, eq=False)
class PatchDictionary:
    """Unit columns `matrix` (size^2, D), learned from `patches.learning` alone."""

    matrix: np.ndarray
    patches: Patches
    size: int
    seed: int

    @property
    def codes(self) -> int:
        return int(self.matrix.shape[1])


@lru_cache(maxsize=4)
def photograph(name: str) -> np.ndarray:
    """Grey values in [0, 1] (height, width) of a photograph that scikit-learn ships; needs pillow, no download."""
    from sklearn.datasets import load_sample_image

    return np.asarray(load_sample_image(name) / 255.0 @ GREY)


def photograph_patches(size: int, count: int, seed: int) -> Patches:
    """About `count` patches of the learning part and half as many of the testing part.

    Twice as many are drawn, with equal shares per photograph, and those above the median contrast are kept.
    Raises `InvalidInstance` for sizes that do not fit.
    """
    images = [photograph(name) for name in PHOTOGRAPHS]
    cuts = np.array([int(LEARNING * image.shape[1]) for image in images])
    room = min(min(image.shape[0], image.shape[1] - cut) for image, cut in zip(images, cuts, strict=True))
    if not 2 <= size <= room or count < 2:
        raise InvalidInstance(f"patches of side {size}, {count} of them: need 2 <= side <= {room} and at least 2")
    generator = np.random.default_rng(np.random.SeedSequence([seed, size, count]))
    learning, learning_corners = _drawn(images, np.zeros_like(cuts), cuts, size, count, generator)
    ends = np.array([image.shape[1] for image in images])
    testing, testing_corners = _drawn(images, cuts, ends, size, max(count // 2, 1), generator)
    whitener = _whitener(learning)
    return Patches(_unit(learning @ whitener), _unit(testing @ whitener), learning_corners, testing_corners, cuts)


def _drawn(
    images: list[np.ndarray], begins: np.ndarray, ends: np.ndarray, size: int, count: int,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Patches without their mean between two columns of each photograph, the half with more contrast, and corners."""
    patches, corners = [], []
    for position, (image, begin, end) in enumerate(zip(images, begins, ends, strict=True)):
        views = np.lib.stride_tricks.sliding_window_view(image[:, begin:end], (size, size))
        rows, columns = (generator.integers(0, bound, count) for bound in views.shape[:2])
        patches.append(views[rows, columns].reshape(count, -1))
        corners.append(np.stack([np.full(count, position), rows, columns + begin], axis=1))
    found, places = np.concatenate(patches), np.concatenate(corners)
    found = found - found.mean(axis=1, keepdims=True)
    contrast = np.sqrt((found**2).sum(axis=1))
    kept = contrast > np.median(contrast)
    return found[kept], places[kept]


def _whitener(patches: np.ndarray) -> np.ndarray:
    """Symmetric V diag((lambda + ridge)^(-1/2)) V^T of the covariance; the constant direction stays at 0."""
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    present = values > 1e-9 * values[-1]
    scale = np.where(present, 1 / np.sqrt(np.where(present, values, 1.0) + RIDGE * values[present].mean()), 0.0)
    return np.asarray((vectors * scale) @ vectors.T)


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.sqrt((rows**2).sum(axis=1, keepdims=True)))


@lru_cache(maxsize=8)
def learned_dictionary(size: int = 8, codes: int | None = None, seed: int = 0, count: int = 4000) -> PatchDictionary:
    """A dictionary of `codes` (size^2 where absent) unit columns for patches of side `size`, by online learning."""
    from sklearn.decomposition import MiniBatchDictionaryLearning
    from sklearn.exceptions import ConvergenceWarning

    patches = photograph_patches(size, count, seed)
    codes = size * size if codes is None else codes
    if not 1 <= codes <= len(patches.learning):
        raise InvalidInstance(f"{codes} codes from {len(patches.learning)} patches: need 1 <= codes <= patches")
    learner = MiniBatchDictionaryLearning(
        codes, alpha=PENALTY, max_iter=PASSES, batch_size=256, fit_algorithm="cd", random_state=seed
    )
    with warnings.catch_warnings():  # inexact codes only slow the learning; what was learned is measured afterwards
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(patches.learning)
    columns = learner.components_
    used = (columns**2).sum(axis=1) > 0
    columns = np.where(used[:, None], columns, patches.learning[:codes])  # a column nobody used is a patch again
    matrix = np.ascontiguousarray(_unit(columns).T)
    matrix.setflags(write=False)
    return PatchDictionary(matrix, patches, size, seed)


def sparse_codes(matrix: np.ndarray, patches: np.ndarray, energy: float = ENERGY) -> np.ndarray:
    """Codes Z (n, D) by orthogonal matching pursuit, as long as |x - M z|^2 > (1 - energy) |x|^2 for its row x.

    A row stops earlier only where further columns of M add nothing.
    """
    from sklearn.linear_model import orthogonal_mp_gram

    if not 0 < energy < 1:
        raise InvalidInstance(f"energy {energy} is a share: give a number between 0 and 1")
    squared = (patches**2).sum(axis=1)
    if not np.all(squared > 0):
        raise InvalidInstance("a patch is 0: it has no direction to encode")
    scaled = patches / np.sqrt(squared)[:, None]
    gram, norms = matrix.T @ matrix, np.ones(len(scaled))
    found = orthogonal_mp_gram(gram, matrix.T @ scaled.T, tol=1 - energy, norms_squared=norms)
    return np.asarray(found).reshape(matrix.shape[1], -1).T * np.sqrt(squared)[:, None]


def inner_products(matrix: np.ndarray) -> np.ndarray:
    """|<M_i, M_j>| over pairs i < j, sorted; the last is the mutual coherence."""
    above = np.triu_indices(matrix.shape[1], 1)
    return np.sort(np.abs(matrix.T @ matrix)[above])


def coherence_floor(dimension: int, codes: int) -> float:
    """sqrt((D - d) / (d (D - 1))), 0 at D <= d: no D unit vectors have a smaller mutual coherence (Welch 1974)."""
    return float(np.sqrt(max(codes - dimension, 0) / (dimension * max(codes - 1, 1))))


def gaussian_twin(patches: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Rows of length 1 from a normal law with the second moments of `patches`: what those alone make compressible."""
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return _unit(generator.normal(size=patches.shape) @ root)


def random_twin(matrix: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Random unit columns of mean 0, as patches are: what a dictionary is worth without learning."""
    columns = generator.normal(size=matrix.shape)
    columns = columns - columns.mean(axis=0)
    return np.asarray(columns / np.sqrt((columns**2).sum(axis=0)))


def random_signs(codes: int, seed: int) -> np.ndarray:
    """w* (D,) of +-1."""
    return np.where(np.random.default_rng(np.random.SeedSequence([seed, codes, 1])).random(codes) < 0.5, -1, 1)


def labelled(codes: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels sign <w*, z> of +-1 and which rows have one: a row with <w*, z> = 0 has none."""
    sums = codes @ direction
    return np.where(sums > 0, 1, -1), sums != 0


def dictionary_law(dictionary: PatchDictionary, k: int = 5, family: FamilyName = "light", **more: Any) -> SparseLaw:
    """x = M z + noise with the learned M and a random sign vector w*: real features, codes of a known law."""
    return SparseLaw.of(
        family, dictionary.size**2, k, dictionary=dictionary.matrix,
        direction=random_signs(dictionary.codes, dictionary.seed), **more,
    )  # fmt: skip
