"""Robust accuracy of given affine classifiers sign(<w, x> + w_0): exact without noise, in balls with Gaussian noise.

A point counts as right when y (<w, x> + w_0) > tau |w|_* strictly, |.|_* the dual norm of the perturbation's, so a tie
is wrong and w = 0 is never right. Source: finite-dimensional statements derived for this library, after Allen-Zhu and
Li 2020, lower bound for linear models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from constructions.feature_purification import SparseLaw
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.low_complexity.lattice import Lattice, lattice_of

CELLS = 60_000
"""Most combinations of group sums that are enumerated for one classifier."""

NEGLIGIBLE = Fraction(1, 10**30)
"""Sums whose probability is below this are bounded by 0 and 1 instead of being evaluated, where there is noise."""

Groups = tuple[tuple[Fraction, int], ...]
"""A weight vector up to the order of its entries: (value, how many coordinates have it)."""


def groups_of(weights: Sequence[Fraction]) -> Groups:
    """The distinct values of a weight vector with their counts, in rising order."""
    return tuple((value, sum(w == value for w in weights)) for value in sorted(set(weights)))


def ball(value: Any) -> Any:
    """One ball around a rational."""
    return arithmetic.balls(value)[()]


def normal(argument: Any) -> Any:
    """Phi of a ball: erfc(-x / sqrt 2) / 2."""
    return (-argument / ball(2).sqrt()).erfc() / 2


def root_sign(first: Fraction, square: Fraction, second: Fraction) -> int:
    """The sign of first sqrt(square) + second, exactly."""
    if square == 0 or first == 0:
        return (second > 0) - (second < 0)
    one, two = (first > 0) - (first < 0), (second > 0) - (second < 0)
    if one == two or two == 0:
        return one
    difference = first**2 * square - second**2
    return one * ((difference > 0) - (difference < 0))


def exceeds(score: Fraction, unit_sq: Fraction, offset: Fraction, limit_sq: Fraction) -> bool:
    """score sqrt(unit_sq) + offset > sqrt(limit_sq), exactly."""
    if root_sign(score, unit_sq, offset) <= 0:
        return False
    rest = limit_sq - score**2 * unit_sq - offset**2
    return root_sign(2 * score * offset, unit_sq, -rest) > 0


def _cells(lattice: Lattice, groups: Groups) -> Iterator[tuple[Fraction, int, int]]:
    """(score, sum, numerator of the probability) over the sums of the groups with nonzero weight."""
    tables = []
    cells = 1
    for value, count in groups:
        _, numerators = lattice.sums(count)
        middle = len(numerators) // 2
        tables.append([(value * s, s, v) for s, v in zip(range(-middle, middle + 1), numerators, strict=True) if v])
        cells *= len(tables[-1])
    if cells > CELLS:
        raise MissingPart(f"{cells} combinations of sums; exact accuracy takes weights with few distinct values")
    for combination in product(*tables):
        weight = 1
        for _, _, numerator in combination:
            weight *= numerator
        yield sum((c[0] for c in combination), Fraction(0)), sum(c[1] for c in combination), weight


class Affine:
    """One affine classifier on one law: its accuracy is a sum over the sums of coordinates of equal weight."""

    def __init__(
        self, lattice: Lattice, groups: Groups, tau: Fraction, maximum: bool = False, offset: Fraction = Fraction(0)
    ) -> None:
        self.lattice, self.offset = lattice, offset
        self.rest = sum(count for value, count in groups if value == 0)
        self.groups = tuple((value, count) for value, count in groups if value != 0)
        self.square = sum((value**2 * count for value, count in self.groups), Fraction(0))
        length_sq = sum((abs(value) * count for value, count in self.groups), Fraction(0)) ** 2
        self.limit_sq = tau**2 * (length_sq if maximum else self.square)

    def unscaled(self, tau: Fraction) -> Any:
        """The accuracy if the margin had to exceed tau, whatever the length of w."""
        self.limit_sq = tau**2
        return self.accuracy()

    def accuracy(self) -> Any:
        """A Fraction where nothing is irrational, a ball with noise."""
        lattice = self.lattice
        if self.square == 0:
            # a constant is right on the points of its label, at every radius
            return Fraction(1, 2) if self.offset != 0 else Fraction(0)
        tail, scale = self._tail()
        exact, noisy, skipped = 0, ball(0), 0
        deviation = None
        if lattice.noise:
            deviation = (ball(lattice.noise**2 * self.square / lattice.count)).sqrt()
            root, limit = ball(lattice.unit_sq).sqrt(), ball(self.limit_sq).sqrt()
        for score, total, numerator in _cells(lattice, self.groups):
            for label in (1, -1) if self.offset else (1,):
                weight = numerator * tail(lattice.least - label * total)
                if weight == 0:
                    continue
                own, shift = label * score, label * self.offset
                if deviation is None:
                    exact += weight if exceeds(own, lattice.unit_sq, shift, self.limit_sq) else 0
                elif weight * NEGLIGIBLE.denominator < scale:
                    skipped += weight
                else:
                    noisy += normal((ball(own) * root + ball(shift) - limit) / deviation) * ball(weight)
        accepted = lattice.acceptance() / (1 if self.offset else 2)
        if deviation is None:
            return Fraction(exact, scale) / accepted
        return noisy.union(noisy + ball(skipped)) / ball(scale * accepted)

    def _tail(self) -> tuple[Any, int]:
        """n -> numerators of P(sum over coordinates of weight zero >= n), and the common denominator of all cells."""
        denominator, numerators = self.lattice.sums(self.rest)
        middle = len(numerators) // 2
        tails = [0] * (len(numerators) + 1)
        for j in range(len(numerators) - 1, -1, -1):
            tails[j] = tails[j + 1] + numerators[j]
        for _, count in self.groups:
            denominator *= self.lattice.sums(count)[0]
        return (lambda need: tails[min(max(need + middle, 0), len(numerators))]), denominator


@lru_cache(maxsize=4096)
def affine_accuracy(
    lattice: Lattice, groups: Groups, tau: Fraction, maximum: bool = False, offset: Fraction = Fraction(0)
) -> Any:
    """Robust accuracy of sign(<w, x> + w_0): a Fraction, or a ball where the noise is positive."""
    if tau < 0:
        raise ValueError(f"radius {tau} is negative")
    return Affine(lattice, groups, tau, maximum, offset).accuracy()


def sparse_accuracy(law: SparseLaw, size: int, tau: Fraction) -> Any:
    """Robust accuracy of w = 1_T with |T| = size under l2 perturbations, as a ball.

    Sums over (S_size, S_{d - size}): the first decides the score, both the label and the acceptance.
    """
    if not 1 <= size <= law.d:
        raise ValueError(f"size {size} of a set of {law.d} coordinates")
    groups = ((Fraction(1), size), (Fraction(0), law.d - size))
    return ball(affine_accuracy(lattice_of(law), groups, Fraction(tau)))


def direction_accuracy(law: SparseLaw, tau: Fraction) -> Any:
    """Robust accuracy of w = w*, the direction of the labels, as a ball."""
    return sparse_accuracy(law, law.d, tau)


def best_set(law: SparseLaw, tau: Fraction) -> tuple[int, Any]:
    """The most accurate 1_T: |T| and its accuracy, a ball. Floats propose the size; only the ball is to be trusted."""
    size = int(np.argmax(set_accuracies(lattice_of(law), float(tau)))) + 1
    return size, sparse_accuracy(law, size, tau)


def set_accuracies(lattice: Lattice, tau: float) -> np.ndarray:
    """float64 accuracies of 1_T for |T| = 1..d, (d,): proposals, to be computed again in balls."""
    from scipy.special import ndtr

    d, reach = lattice.count, lattice.reach
    step = np.zeros(2 * reach + 1)
    for value, chance in lattice.steps:
        step[value + reach] = float(chance)
    laws = [np.ones(1)]
    for _ in range(d):
        laws.append(np.convolve(laws[-1], step))
    unit, sigma = np.sqrt(float(lattice.unit_sq)), float(lattice.noise)
    accuracies = np.zeros(d)
    for size in range(1, d + 1):
        inside, outside = laws[size], laws[d - size]
        sums = np.arange(inside.size) - size * reach
        tails = np.append(np.cumsum(outside[::-1])[::-1], 0.0)
        place = np.clip(lattice.least - sums + (d - size) * reach, 0, outside.size)
        over = sums * unit / np.sqrt(size) - tau
        right = ndtr(over * np.sqrt(d) / sigma) if sigma else (over > 0).astype(float)
        accuracies[size - 1] = np.sum(inside * tails[place] * right)
    return accuracies / float(lattice.acceptance() / 2)
