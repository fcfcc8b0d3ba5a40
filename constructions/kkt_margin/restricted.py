"""From an optimum over activation patterns to a KKT point: the mu test, repair of patterns, Newton's polish."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from constructions.kkt_margin.algebra import ACCEPT, MergedPoint, NoPoint, violations
from constructions.kkt_margin.cone import ZERO, Optimum, coordinates, solve_program
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.newton import patterned, settle

READ = 1e-5  # relative pre-activation below which an interior-point solution is read as a kink
SLACK = 1e-4  # how far mu may leave [0, lambda], relative to the largest lambda, before the pattern is repaired

Neurons = tuple[np.ndarray, np.ndarray]


def neurons_of(on: Iterable[tuple[int, Iterable[int]]], size: int) -> Neurons:
    """(signs, patterns) from (sign, samples that are on) pairs: ``[(1, [0, 2]), (-1, [1, 3])]``."""
    on = list(on)
    patterns = np.zeros((len(on), size))
    for k, (_, samples) in enumerate(on):
        patterns[k, list(samples)] = 1.0
    return np.array([sign for sign, _ in on]), patterns


def random_neurons(labels: np.ndarray, generator: np.random.Generator, *, each: int = 2, cross: float = 0.0) -> Neurons:
    """`each` random patterns per sign: own-class samples on with probability 1/2, opposite ones with `cross`.

    Every sample is on in at least one neuron of its sign, and no neuron is empty. Different families lead to different
    KKT points of the same data.
    """
    signs, patterns = [], []
    for sign in (1, -1):
        own = labels == sign
        block = generator.random((each, labels.size)) < np.where(own, 0.5, cross)
        for sample in np.flatnonzero(own & ~block.any(axis=0)):
            block[generator.integers(each), sample] = True
        signs += [sign] * int(block.any(axis=1).sum())
        patterns.append(block[block.any(axis=1)])
    return distinct(np.array(signs), np.vstack(patterns).astype(np.float64))


def sampled_neurons(gram: np.ndarray, generator: np.random.Generator, count: int) -> Neurons:
    """Patterns of `count` random hyperplanes through the lifted samples, each with both signs."""
    samples = coordinates(gram)
    patterns = (generator.standard_normal((count, samples.shape[1])) @ samples.T > 0).astype(np.float64)
    return distinct(np.repeat([1, -1], count), np.vstack([patterns, patterns]))


def distinct(signs: np.ndarray, patterns: np.ndarray) -> Neurons:
    """The neurons without repetition and without empty patterns, in a fixed order."""
    both = np.unique(np.column_stack([signs, patterns]), axis=0)
    both = both[both[:, 1:].any(axis=1)]
    return both[:, 0].astype(np.int64), both[:, 1:]


def restricted_point(
    instance: MarginInstance, neurons: Neurons, *, repairs: int = 16, tolerance: float = ACCEPT
) -> MergedPoint:
    """KKT point from the program over these neurons, repaired at most `repairs` times.

    Raises `NoPoint` with the violating (neuron, sample, mu, lambda) if the restricted optimum is not a KKT point and
    the repairs do not make it one, or if the program has no solution.
    """
    gram, labels = instance.float_lifted_gram(), instance.labels
    samples = coordinates(gram)
    signs, patterns = distinct(*neurons)
    for _ in range(repairs + 1):
        optimum = solve_program(samples, labels, signs, patterns)
        point, source = read_point(optimum, samples, labels, signs, patterns)
        bad = violations(point, SLACK)
        if not bad:
            draft, first = joined(point)
            point = settle(draft, gram, labels, tolerance=tolerance)
            if point.residual <= tolerance:
                return point
            bad = violations(point, tolerance) if len(point.signs) == len(first) else []
            if not bad:
                break
            source = source[first]
        signs, patterns = signs[source], patterns[source]
        flipped = patterns.copy()
        for k, i, _, _ in bad:
            flipped[k, i] = 1.0 - flipped[k, i]
        enlarged = distinct(np.tile(signs, 2), np.vstack([patterns, flipped]))
        if len(enlarged[0]) == len(distinct(signs, patterns)[0]):
            # Both sides of the wall are there already and the solver left a trace of mass on the wrong one.
            enlarged = distinct(signs, flipped)
        signs, patterns = enlarged
    raise NoPoint(f"the program over these patterns and {repairs} repairs did not reach a KKT point, "
                  f"relative residual {point.residual:.3g}", bad)


def read_point(
    optimum: Optimum, samples: np.ndarray, labels: np.ndarray, signs: np.ndarray, patterns: np.ndarray
) -> tuple[MergedPoint, np.ndarray]:
    """Merged point of the nonzero neurons with mu from the multipliers, and which neurons these are."""
    lengths = np.linalg.norm(optimum.vectors, axis=1)
    source = np.flatnonzero(lengths > ZERO * lengths.max())
    values = optimum.vectors[source] @ samples.T
    relative = values / (lengths[source, None] * np.linalg.norm(samples, axis=1))
    pattern = np.where(np.abs(relative) <= READ, 0, np.sign(relative)).astype(np.int8)
    gate, sign = patterns[source], signs[source][:, None]
    mu = optimum.multipliers * gate + sign * labels * optimum.cone_multipliers[source] * (2.0 * gate - 1.0)
    return patterned(signs[source], pattern, optimum.multipliers, mu, lengths[source]), source


def joined(point: MergedPoint) -> tuple[MergedPoint, np.ndarray]:
    """Neurons of equal sign and equal on / kink / off pattern become one: masses add, mu is the weighted mean.

    Also returns the position of one original neuron for each joined one.
    """
    keys = np.column_stack([point.signs, point.pattern])
    unique, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    masses = np.bincount(group, weights=point.masses)
    rows = np.zeros((len(unique), point.rows.shape[1]))
    np.add.at(rows, group, point.rows * point.masses[:, None])
    return patterned(unique[:, 0], unique[:, 1:], point.multipliers, rows / masses[:, None], masses), first
