"""A reference for robust radii, and random networks for its tests.

The reference solver knows nothing of half-spaces or branch and bound: the nearest point of a piecewise-linear
sublevel set is the least-norm solution of some set of equations (kinks, and one linear piece being zero), so all of
them are tried.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import strategies as st

from constructions.instance import fractions_of
from constructions.kkt_margin.instance import MarginInstance
from verifiers import arithmetic, certificates
from verifiers.relu_certificate import CertifiedRadius, activation_cells, certify_radius
from verifiers.relu_radius import robust_radii

rationals = arithmetic.rationals


def value(outputs, weights, pre, delta, offset=0):
    return offset + np.maximum(pre + weights @ delta, 0) @ outputs


def reference_radius(outputs, weights, pre, label, offset=0.0):
    """Least |delta| with label * N <= 0 by trying every face, in float64 from the weight vectors themselves."""
    outputs, offset = label * np.asarray(outputs, float), label * offset
    if value(outputs, weights, pre, np.zeros(weights.shape[1]), offset) <= 0:
        return 0.0
    best, neurons = math.inf, range(len(pre))
    for size in range(len(pre) + 1):
        for kinks in itertools.combinations(neurons, size):
            systems = [(weights[list(kinks)], -pre[list(kinks)])]
            for states in itertools.product((0, 1), repeat=len(pre)):
                slope = np.array(states) * outputs
                systems.append((np.vstack([weights[list(kinks)], slope @ weights]),
                                np.append(-pre[list(kinks)], -offset - slope @ pre)))
            for matrix, right in systems:
                delta = np.linalg.pinv(matrix, rcond=1e-10) @ right
                if np.abs(matrix @ delta - right).max(initial=0) > 1e-9:
                    continue
                if value(outputs, weights, pre, delta, offset) <= 1e-9:
                    best = min(best, float(np.linalg.norm(delta)))
    return best


def neurons_of(instance: MarginInstance):
    """Exact outputs, Gram of the raw weights, pre-activations (n, K), combinations (K, n) of a merged point."""
    signs = instance.signs.astype(int)
    combinations = signs[:, None] * rationals(fractions_of(instance.rows)) * instance.labels
    raw = rationals(instance.exact_gram())
    pre = combinations @ (raw + int(bool(instance.bias)))
    outputs = signs * rationals(fractions_of(instance.masses))
    return outputs, combinations @ raw @ combinations.T, pre.T, combinations


def radii_of(instance: MarginInstance):
    outputs, gram, pre, _ = neurons_of(instance)
    return robust_radii(*map(arithmetic.nearest, (outputs, gram, pre)), instance.labels)


def certificate_of(instance: MarginInstance, sample: int) -> tuple[CertifiedRadius, dict]:
    outputs, gram, pre, combinations = neurons_of(instance)
    label = int(instance.labels[sample])
    radius = certify_radius(outputs, gram, pre[sample], label)
    witness = rationals(np.array(radius.displacement, dtype=object)) @ combinations
    network = certificates.merged_network(
        certificates.data_block(instance.labels, instance.bias, gram=instance.exact_gram()), instance.signs,
        fractions_of(instance.rows), fractions_of(instance.masses))
    return radius, certificates.robust_radius(
        network, sample=sample, lower_squared=radius.lower_squared, upper_squared=radius.upper_squared,
        cells=activation_cells(radius, outputs, label), combination=witness, statement="kkt_margin.radius")


@st.composite
def networks(draw, max_neurons=4, max_dimension=3, bound=4):
    """Small integer networks: duplicated, parallel, opposite, zero and dead neurons are all frequent."""
    neurons, dimension = draw(st.integers(1, max_neurons)), draw(st.integers(1, max_dimension))
    entries = st.integers(-bound, bound)
    weights = draw(st.lists(st.lists(entries, min_size=dimension, max_size=dimension), min_size=neurons,
                            max_size=neurons))
    rest = draw(st.lists(entries, min_size=2 * neurons + 1, max_size=2 * neurons + 1))
    offset = draw(st.sampled_from([0, 0, 0, rest[-1]]))
    label = draw(st.sampled_from([1, -1]))
    return np.array(rest[:neurons]), np.array(weights), np.array(rest[neurons:-1]), label, offset
