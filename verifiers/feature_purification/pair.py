"""What is proved about the two trainings of a pair on its fresh points: certified points, broken points, ceilings."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt
from typing import Any

import numpy as np

from constructions.feature_purification.pairs import PairInstance
from constructions.instance import floats_of
from verifiers.feature_purification.attack import Network, attack
from verifiers.feature_purification.certificate import height_errors, lower_bounds
from verifiers.probability import clopper_pearson
from verifiers.spectrum import Spectrum, spectral_bound

DIRECTION_BITS = 40
"""The dense perturbation has this many fractional bits, rounded into the ball."""

ATTACKED = 40
"""Most points of one network that are attacked by projected gradients; the others count as unbroken."""


def upper_values(network: Network, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """At least y f(x), (n,): float64 values and all their rounding; exactly 0 where every gate is certainly closed."""
    m, d = network.weights.shape
    lengths = np.sqrt((network.weights**2).sum(axis=1)) * (1 + 1e-12)
    errors = (d + 4) * 2.0**-51 * np.sqrt((points**2).sum(axis=1))[:, None] * lengths
    heights = labels[:, None] * (points @ network.weights.T) + errors  # phi is nondecreasing
    opened = np.maximum(heights - network.biases, 0) - np.maximum(-heights - network.biases, 0)
    return np.asarray(opened @ network.outputs + (m + 8) * 2.0**-51 * (np.abs(opened) @ network.outputs))


@dataclass(frozen=True)
class Counted:
    """Of the fresh points: certified ones with their multipliers (0 for the others), and those that are broken."""

    certified: np.ndarray
    multipliers: np.ndarray
    broken: np.ndarray


class TrainedNetwork:
    """One network of a pair on the fresh points of the pair."""

    def __init__(self, pair: PairInstance, weights: Any, biases: Any, shares: Any = None) -> None:
        self.pair, self.weights, self.biases = pair, weights, biases
        self.shares = np.ones(len(biases), dtype=np.int64) if shares is None else shares
        self.network = Network(floats_of(weights), floats_of(biases), np.ones(len(biases)))

    @cached_property
    def spectrum(self) -> Spectrum:
        """t with V^T V <= t I, V the weights with rows multiplied by the shares."""
        return spectral_bound(self.weights, self.shares)

    @property
    def dense(self) -> np.ndarray:
        """The dense perturbation, (1, ..., 1) times a number with which it lies in the ball, (d,)."""
        pair = self.pair
        square = pair.tau**2 / int(pair.dimension)
        step = Fraction(isqrt(int(square * 4**DIRECTION_BITS)), 2**DIRECTION_BITS)
        return np.full(int(pair.dimension), float(step))

    @cached_property
    def right(self) -> int:
        """Points on the right side without a perturbation, for certain."""
        sample = self.pair.sample
        return int(np.sum(upper_values(self.network, sample.points, -sample.labels) < 0))

    def certificates(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Theorem C at some of the points: lower bounds and multipliers."""
        sample, net = self.pair.sample, self.network
        points, labels = sample.points[chosen], sample.labels[chosen]
        errors = 4 * height_errors(points, net.weights, net.outputs)
        energy = float(self.spectrum.bound * self.pair.tau**2) * (1 + 1e-12)
        heights = labels[:, None] * (points @ net.weights.T)
        return lower_bounds(heights, net.biases, net.outputs, energy, floats_of(self.shares), errors=errors)

    @cached_property
    def dense_broken(self) -> np.ndarray:
        """Points that the dense perturbation turns or brings to 0, for certain, (n,) bool."""
        sample = self.pair.sample
        moved = sample.points - sample.labels[:, None] * self.dense
        return upper_values(self.network, moved, sample.labels) <= 0

    @cached_property
    def counted(self) -> Counted:
        """Certified and broken points. Of those that neither decides the least certain ones are attacked further."""
        sample = self.pair.sample
        broken = self.dense_broken.copy()
        certified, multipliers = np.zeros(len(broken), dtype=bool), np.zeros(len(broken))
        standing = np.flatnonzero(~broken)
        if not standing.size:
            return Counted(certified, multipliers, broken)
        bounds, found = self.certificates(standing)
        good = standing[bounds > 0]
        certified[good], multipliers[good] = True, found[bounds > 0]
        order = np.argsort(bounds)
        rest = standing[order][: min(ATTACKED, int(np.sum(~(bounds > 0))))]
        if rest.size:
            points, labels = sample.points[rest], sample.labels[rest]
            generator = np.random.default_rng(int(self.pair.digest[:15], 16))
            deltas = attack(self.network, points, labels, float(self.pair.tau), 2, generator).deltas
            broken[rest] = upper_values(self.network, points + deltas, labels) <= 0
        return Counted(certified, multipliers, broken)


class PairSubject:
    """A pair: its clean network and its adversarially trained ones."""

    def __init__(self, instance: PairInstance) -> None:
        self.instance = instance

    @cached_property
    def clean(self) -> TrainedNetwork:
        pair = self.instance
        return TrainedNetwork(pair, pair.clean_weights, pair.clean_biases)

    @cached_property
    def adversarial(self) -> list[TrainedNetwork]:
        """One per start."""
        pair = self.instance
        shares = [None] * pair.starts if pair.shares is None else list(pair.shares)
        rows = zip(pair.adversarial_weights, pair.adversarial_biases, shares, strict=True)
        return [TrainedNetwork(pair, weights, biases, own) for weights, biases, own in rows]


def certifies_all(instance: Any) -> dict[str, Any]:
    """What is proved about a pair with 97.5 % confidence each: accuracies "adversarial" (one per start, at least),
    "clean" (at most), and "linear", what no linear classifier exceeds. All rounded outward.
    """
    from verifiers.low_complexity.ceilings import linear_bound_of

    subject, count = PairSubject(instance), int(instance.count)
    certified = [int(np.sum(network.certificates(np.arange(count))[0] > 0)) for network in subject.adversarial]
    unbroken = count - int(subject.clean.dense_broken.sum())
    return {
        "adversarial": [clopper_pearson(seen, count, 0.95)[0] for seen in certified],
        "clean": clopper_pearson(unbroken, count, 0.95)[1],
        "linear": float(linear_bound_of(instance.law, instance.tau).upper),
    }
