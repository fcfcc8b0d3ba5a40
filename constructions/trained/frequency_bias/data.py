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

from constructions.image_files import cifar10
from constructions.instance import InvalidInstance

SITES = 32
LOW_TONES, HIGH_TONES = (2, 3), (13, 14)
AMPLITUDE = 0.55
"""Energy of a tone over that of the noise at its frequency is SITES * AMPLITUDE^2 / 2."""


@dataclass(frozen=True)
class Task:
    """Train and test sets of B nets: points and labels each."""

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


def own_generators(nets: int, seed: int, word: int) -> list[np.random.Generator]:
    """One generator per net, so that net b has the same data whatever else is trained beside it."""
    return [np.random.default_rng(np.random.SeedSequence([seed, word, net])) for net in range(nets)]


def tones(exponent: float, nets: int, seed: int, train: int = 128, test: int = 200, sites: int = SITES) -> Task:
    """x = y s + noise: s has two low and two high tones, random phases, each at the same ratio to the noise."""
    sigma, place = noise_profile(exponent, sites), np.arange(sites)
    points, labels = np.empty((nets, train + test, 1, sites)), np.empty((nets, train + test))
    for net, generator in enumerate(own_generators(nets, seed, round(100 * exponent))):
        template = np.zeros(sites)
        for tone in (*LOW_TONES, *HIGH_TONES):
            phase = generator.uniform(0, 2 * np.pi)
            template += AMPLITUDE * np.sqrt(2) * sigma[tone] * np.cos(2 * np.pi * tone * place / sites + phase)
        labels[net] = generator.choice([-1.0, 1.0], size=train + test)
        spectrum = np.fft.fft(generator.standard_normal((train + test, sites)), norm="ortho") * sigma
        points[net, :, 0] = labels[net][:, None] * template + np.fft.ifft(spectrum, norm="ortho").real
    parts = [(_tensor(points[:, own]), _tensor(labels[:, own])) for own in (slice(0, train), slice(train, None))]
    return Task(f"tones, noise 1/f^{exponent:g}", parts[0], parts[1], 1)


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float32)


def digits(nets: int, seed: int, train: int = 1200) -> Task:
    """The 8 x 8 digits of scikit-learn less the mean image, unit mean square; each net has a split of its own."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.stack([generator.permutation(len(images)) for generator in own_generators(nets, seed, 8)])
    images = images.reshape(-1, 1, 8, 8)[order]
    images -= images[:, :train].mean(axis=1, keepdims=True)
    images /= np.sqrt(np.mean(images[:, :train] ** 2, axis=(1, 2, 3, 4), keepdims=True))
    marks = torch.tensor(labels[order])
    parts = [(_tensor(images[:, own]), marks[:, own]) for own in (slice(0, train), slice(train, None))]
    return Task("digits 8 x 8", parts[0], parts[1], 10)


STRIPE = 64
"""Width in pixels of the vertical stripes of a photograph that serve training and testing in turn."""


def photographs(nets: int, seed: int, train: int = 1000, test: int = 400, size: int = 16) -> Task:
    """Which of two photographs a grey patch is from, less its mean; train and test are from disjoint stripes."""
    from sklearn.datasets import load_sample_images

    pictures = [np.asarray(image, dtype=np.float64).mean(axis=2) / 255 for image in load_sample_images().images]
    points, which = np.empty((nets, train + test, 1, size, size)), np.empty((nets, train + test), dtype=np.int64)
    for net, generator in enumerate(own_generators(nets, seed, 16)):
        which[net] = generator.integers(0, 2, size=train + test)
        for sample, picture in enumerate(pictures[chosen] for chosen in which[net]):
            stripes = range(0, picture.shape[1] - STRIPE + 1, STRIPE)[int(sample >= train) :: 2]
            row = generator.integers(0, picture.shape[0] - size + 1)
            column = generator.choice(stripes) + generator.integers(0, STRIPE - size + 1)
            points[net, sample, 0] = picture[row : row + size, column : column + size]
    points -= points.mean(axis=(3, 4), keepdims=True)
    points /= np.sqrt(np.mean(points[:, :train] ** 2, axis=(1, 2, 3, 4), keepdims=True))
    labels = 2.0 * which - 1.0
    parts = [(_tensor(points[:, own]), _tensor(labels[:, own])) for own in (slice(0, train), slice(train, None))]
    return Task("photographs 16 x 16", parts[0], parts[1], 1)


def cifar(folder: str | Path, nets: int, seed: int, train: int = 20000, test: int = 1000) -> Task:
    """CIFAR-10 from the user's files, channel means removed, unit mean square; each net sees a sample of its own."""
    sets = []
    for part, count in (("train", train), ("test", test)):
        images, labels = cifar10(folder, part)
        if len(images) < 2:
            raise InvalidInstance(f"{folder}: {len(images)} images in the {part} part are not enough")
        chosen = [own.permutation(len(images))[:count] for own in own_generators(nets, seed, 32)]
        sets.append([np.stack([array[c] for c in chosen]) for array in (images, labels)])
    mean = sets[0][0].mean(axis=(0, 1, 3, 4), keepdims=True)
    scale = np.sqrt(np.mean((sets[0][0] - mean) ** 2))
    parts = [(_tensor((images - mean) / scale), torch.tensor(labels)) for images, labels in sets]
    return Task("CIFAR-10", parts[0], parts[1], 10)
