"""Data of the frequency experiment: tones in noise of a given spectrum, digits, patches of photographs, CIFAR-10.

All are tensors (B, n, I, *grid) with labels (B, n): +-1 where there are two classes, else class numbers. B sets are
drawn at once, one per net. "Mirrored" data are multiplied by (-1)^(sum of the site's indices).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from constructions.instance import InvalidInstance
from constructions.trained.frequency_bias.cifar import cifar10

SITES = 32
LOW_TONES, HIGH_TONES = (2, 3), (13, 14)
AMPLITUDE = 0.55
"""Energy of a tone over that of the noise at its frequency is SITES * AMPLITUDE^2 / 2."""


@dataclass(frozen=True)
class Task:
    """Train and test sets of B nets, and the radius at which an l2 attack starts its search."""

    name: str
    train: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]
    outputs: int

    @property
    def grid(self) -> tuple[int, ...]:
        return tuple(self.train[0].shape[3:])

    @property
    def inputs(self) -> int:
        return int(self.train[0].shape[2])

    @property
    def nets(self) -> int:
        return int(self.train[0].shape[0])


Load = Callable[[int, int], Task]
"""(number of nets, seed) -> task."""


def noise_profile(exponent: float, sites: int = SITES) -> np.ndarray:
    """Standard deviations sigma_d ~ (1 + |d|)^-a of the unitary transform, mean square one."""
    frequency = np.minimum(np.arange(sites), sites - np.arange(sites))
    sigma = (1.0 + frequency) ** -exponent
    return sigma / np.sqrt(np.mean(sigma**2))


def tones(
    exponent: float, nets: int, seed: int, train: int = 128, test: int = 200, sites: int = SITES
) -> Task:  # fmt: skip
    """x = y s + noise: s has two low and two high tones with random phases of each net, equal to noise per frequency."""
    generator = np.random.default_rng(np.random.SeedSequence([seed, round(100 * exponent)]))
    sigma, place = noise_profile(exponent, sites), np.arange(sites)
    template = np.zeros((nets, sites))
    for tone in (*LOW_TONES, *HIGH_TONES):
        phase = generator.uniform(0, 2 * np.pi, size=(nets, 1))
        template += AMPLITUDE * np.sqrt(2) * sigma[tone] * np.cos(2 * np.pi * tone * place / sites + phase)

    def sample(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = generator.choice([-1.0, 1.0], size=(nets, count))
        spectrum = np.fft.fft(generator.standard_normal((nets, count, sites)), norm="ortho") * sigma
        points = labels[..., None] * template[:, None] + np.fft.ifft(spectrum, norm="ortho").real
        return _tensor(points[:, :, None]), _tensor(labels)

    return Task(f"tones, noise 1/f^{exponent:g}", sample(train), sample(test), 1)


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float32)


def digits(nets: int, seed: int, train: int = 1200) -> Task:
    """The 8 x 8 digits of scikit-learn, every image less its mean, unit mean square; each net has a split of its own."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8)
    images = images - images.mean(axis=(1, 2), keepdims=True)
    images /= np.sqrt(np.mean(images**2))
    generator = np.random.default_rng(np.random.SeedSequence([seed, 8]))
    order = np.stack([generator.permutation(len(images)) for _ in range(nets)])
    parts = [(_tensor(images[chosen][:, :, None]), torch.tensor(labels[chosen])) for chosen in
             (order[:, :train], order[:, train:])]  # fmt: skip
    return Task("digits 8 x 8", parts[0], parts[1], 10)


STRIPE = 64
"""Width in pixels of the vertical stripes of a photograph that serve training and testing in turn."""


def photographs(nets: int, seed: int, train: int = 1000, test: int = 400, size: int = 16) -> Task:
    """Which of two photographs a grey patch is from, less its mean; train and test patches are from disjoint stripes."""
    from sklearn.datasets import load_sample_images

    pictures = [np.asarray(image, dtype=np.float64).mean(axis=2) / 255 for image in load_sample_images().images]
    generator = np.random.default_rng(np.random.SeedSequence([seed, 16]))
    sets = []
    for parity, count in ((0, train), (1, test)):
        which = generator.integers(0, 2, size=(nets, count))
        points = np.empty((nets, count, 1, size, size))
        for position in np.ndindex(nets, count):
            picture = pictures[which[position]]
            stripes = [start for start in range(0, picture.shape[1] - STRIPE + 1, STRIPE)][parity::2]
            row = generator.integers(0, picture.shape[0] - size + 1)
            column = generator.choice(stripes) + generator.integers(0, STRIPE - size + 1)
            points[position] = picture[row : row + size, column : column + size]
        points -= points.mean(axis=(3, 4), keepdims=True)
        sets.append((points, 2.0 * which - 1.0))
    scale = np.sqrt(np.mean(sets[0][0] ** 2))
    (points, labels), (fresh, own) = sets
    return Task("photographs 16 x 16", (_tensor(points / scale), _tensor(labels)), (_tensor(fresh / scale), _tensor(own)), 1)


def cifar(folder: str | Path, nets: int, seed: int, train: int = 20000, test: int = 1000) -> Task:
    """CIFAR-10 from the user's files, channel means removed, unit mean square; each net sees a sample of its own."""
    generator = np.random.default_rng(np.random.SeedSequence([seed, 32]))
    sets = []
    for part, count in (("train", train), ("test", test)):
        images, labels = cifar10(folder, part)
        if len(images) < 2:
            raise InvalidInstance(f"{folder}: {len(images)} images in the {part} part are not enough")
        chosen = [generator.permutation(len(images))[: min(count, len(images))] for _ in range(nets)]
        sets.append([np.stack([array[c] for c in chosen]) for array in (images, labels)])
    mean = sets[0][0].mean(axis=(0, 1, 3, 4), keepdims=True)
    scale = np.sqrt(np.mean((sets[0][0] - mean) ** 2))
    parts = [(_tensor((images - mean) / scale), torch.tensor(labels)) for images, labels in sets]
    return Task("CIFAR-10", parts[0], parts[1], 10)
