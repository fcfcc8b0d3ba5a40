"""Quantities of the data alone: norms, correlations, the flip direction."""

from __future__ import annotations

from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


@_measures("samples", "number of samples")
def n(subject: Subject) -> Enclosure:
    return enclose(subject.data.n)


@_measures("coordinates", "ambient dimension of the data")
def d(subject: Subject) -> Enclosure:
    return enclose(subject.data.dimension)


@_measures("1", "1 if neurons have biases, 0 if not", name="b")
def b(subject: Subject) -> Enclosure:
    return enclose(int(subject.data.bias))


@_measures("1", "share of the smaller class, min(n_+, n_-) / n")
def c(subject: Subject) -> Enclosure:
    return enclose(subject.data.class_balance)


@_measures("squared length", "largest |<x_i, x_l>| over pairs of different samples")
def p(subject: Subject) -> Enclosure:
    return enclose(subject.data.p)


@_measures("squared length", "largest |<x~_i, x~_l>| over pairs of different lifted samples")
def q(subject: Subject) -> Enclosure:
    return enclose(subject.data.q)


@_measures("squared length", "least |x~_i|^2", name="L")
def least_square_norm(subject: Subject) -> Enclosure:
    return enclose(subject.data.least_square_norm)


@_measures("squared length", "greatest |x~_i|^2", name="U")
def greatest_square_norm(subject: Subject) -> Enclosure:
    return enclose(subject.data.greatest_square_norm)


@_measures("squared length", "Delta = min |x_i|^2 - p (n - 1)", name="Delta")
def delta(subject: Subject) -> Enclosure:
    return enclose(subject.data.delta)


@_measures("squared length", "|x_i|^2 of each sample", ("sample",))
def norm_sq(subject: Subject) -> Enclosure:
    return enclose(subject.data.raw_gram.diagonal(), ("sample",))


@_measures("squared length", "|x~_i|^2 of each lifted sample", ("sample",))
def lifted_norm_sq(subject: Subject) -> Enclosure:
    return enclose(subject.data.gram.diagonal(), ("sample",))


@_measures("squared length", "|x_0|^2, the common squared norm when all samples have one")
def square_norm(subject: Subject) -> Enclosure:
    return enclose(subject.data.raw_gram[0, 0])


@_measures("samples", "number of samples of the opposite class, per sample", ("sample",))
def opposite(subject: Subject) -> Enclosure:
    return enclose(subject.data.opposite_counts, ("sample",))


@_measures("squared length", "|u|^2 of the flip direction u = sum_l y_l x_l")
def direction_norm_sq(subject: Subject) -> Enclosure:
    return enclose(subject.data.direction_products.sum())


@_measures("squared length", "h_l = y_l <x_l, u>, how far each sample moves along u", ("sample",))
def direction_product(subject: Subject) -> Enclosure:
    return enclose(subject.data.direction_products, ("sample",))


@_measures("squared length", "least squared distance of two samples with different labels")
def class_distance_sq(subject: Subject) -> Enclosure:
    gram, labels = subject.data.raw_gram, subject.data.labels
    pairs = [
        gram[i, i] + gram[j, j] - 2 * gram[i, j] for i in np.flatnonzero(labels > 0) for j in np.flatnonzero(labels < 0)
    ]
    return enclose(min(pairs)) if pairs else enclose(arithmetic.balls(np.inf)[()])


@_measures("clusters", "number of clusters of the data")
def clusters(subject: Subject) -> Enclosure:
    return enclose(len(np.unique(subject.data.clusters())))


def _cluster_masks(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    members = subject.data.clusters()
    same = members[:, None] == members[None, :]
    return same, ~same


def _masked(values: np.ndarray, mask: np.ndarray, default: int) -> list[Any]:
    return list(values[mask]) or [arithmetic.rational(default)]


@_measures("samples", "most samples of different labels in one cluster; 0 when clusters are pure")
def mixed_clusters(subject: Subject) -> Enclosure:
    same, _ = _cluster_masks(subject)
    labels = subject.data.labels
    return enclose(int(np.sum(same & (labels[:, None] != labels[None, :]))))


@_measures("squared length", "least <x~_i, x~_l> within a cluster, the diagonal included")
def cluster_least(subject: Subject) -> Enclosure:
    return enclose(min(subject.data.gram[_cluster_masks(subject)[0]]))


@_measures("squared length", "greatest <x~_i, x~_l> within a cluster, the diagonal included")
def cluster_greatest(subject: Subject) -> Enclosure:
    return enclose(max(subject.data.gram[_cluster_masks(subject)[0]]))


@_measures("squared length", "largest |<x~_i, x~_l>| between clusters")
def cluster_cross(subject: Subject) -> Enclosure:
    return enclose(max(abs(v) for v in _masked(subject.data.gram, _cluster_masks(subject)[1], 0)))


@_measures("clusters", "number of clusters of the opposite class, per sample", ("sample",))
def opposite_clusters(subject: Subject) -> Enclosure:
    members, labels = subject.data.clusters(), subject.data.labels
    counts = {int(label): len(np.unique(members[labels == label])) for label in (-1, 1)}
    return enclose(np.array([counts[-int(label)] for label in labels]), ("sample",))


def cluster_means(subject: Subject) -> np.ndarray:
    """<x_i, nu_s> for every sample and every cluster mean nu_s, exactly (n, k)."""
    members = subject.data.clusters()
    columns = [
        subject.data.raw_gram[:, members == s].sum(axis=1) / int(np.sum(members == s)) for s in np.unique(members)
    ]
    return np.stack(columns, axis=1)


@_measures(
    "squared length",
    "least <x_i, nu_s> with the mean of a sample's own cluster, minus (k - 1) times the largest "
    "|<x_i, nu_s>| with another",
)
def cluster_delta(subject: Subject) -> Enclosure:
    members = subject.data.clusters()
    products = cluster_means(subject)
    own = members[:, None] == np.unique(members)[None, :]
    other: Any = max(abs(v) for v in _masked(products, ~own, 0))
    return enclose(min(products[own]) - other * (own.shape[1] - 1))
