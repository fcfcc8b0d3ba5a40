"""Quantities of a pair of trainings: robust accuracies under the law, from fresh points, and ceilings of linear models.

Accuracies are enclosed by Clopper-Pearson bounds: certified points from below, points not broken from above.
"""

from __future__ import annotations

import numpy as np

from verifiers.feature_purification.pair import PairSubject, TrainedNetwork
from verifiers.feature_purification.subject import measures_on
from verifiers.low_complexity.ceilings import linear_bound_of
from verifiers.probability import clopper_pearson
from verifiers.quantity import Enclosure, enclose
from verifiers.verdict import Rigor

_measures = measures_on(PairSubject)


def _shares(rows: list[tuple[int, int]], count: int, axes: tuple[str, ...]) -> Enclosure:
    """Enclosure of probabilities of which `low` to `high` of `count` independent draws are known to meet the event."""
    lower = [clopper_pearson(seen, count)[0] for seen, _ in rows]
    upper = [clopper_pearson(seen, count)[1] for _, seen in rows]
    values = [np.clip(seen / count, a, b) for (seen, _), a, b in zip(rows, lower, upper, strict=True)]
    low, value, high = (np.array(part).reshape((len(rows),) if axes else ()) for part in (lower, values, upper))
    return Enclosure(axes, low, value, high, Rigor.STATISTICAL)


def _robust(networks: list[TrainedNetwork], count: int, axes: tuple[str, ...] = ()) -> Enclosure:
    found = [network.counted for network in networks]
    rows = [(int(entry.certified.sum()), count - int(entry.broken.sum())) for entry in found]
    return _shares(rows, count, axes)


@_measures("coordinates", "dimension of the points of a pair")
def pair_dimension(subject: PairSubject) -> Enclosure:
    return enclose(subject.instance.law.d)


@_measures("coordinates", "expected number of nonzero coordinates, before conditioning")
def pair_sparsity(subject: PairSubject) -> Enclosure:
    return enclose(subject.instance.law.k)


@_measures("1", "0 for light data, 2 for the scale-free law: position among the families of laws")
def pair_family(subject: PairSubject) -> Enclosure:
    return enclose(int(subject.instance.family))


@_measures("length", "least |<w*, z>| of a draw that is kept")
def pair_gap(subject: PairSubject) -> Enclosure:
    return enclose(subject.instance.law.exact("gap"))


@_measures("length", "sigma_x: noise has standard deviation sigma_x/sqrt(d) per coordinate")
def pair_noise(subject: PairSubject) -> Enclosure:
    return enclose(subject.instance.law.exact("noise"))


@_measures("length", "radius of the Euclidean ball in which points are perturbed")
def pair_radius(subject: PairSubject) -> Enclosure:
    return enclose(subject.instance.tau)


@_measures("points", "fresh points on which the networks of a pair are judged")
def fresh_points(subject: PairSubject) -> Enclosure:
    return enclose(int(subject.instance.count))


@_measures("probability", "robust accuracy of the adversarially trained networks", ("start",))
def adversarial_accuracy(subject: PairSubject) -> Enclosure:
    return _robust(subject.adversarial, int(subject.instance.count), ("start",))


@_measures("probability", "robust accuracy of the clean-trained network")
def clean_accuracy(subject: PairSubject) -> Enclosure:
    return _robust([subject.clean], int(subject.instance.count))


@_measures("probability", "accuracy of the clean-trained network without perturbations")
def plain_accuracy(subject: PairSubject) -> Enclosure:
    right, count = subject.clean.right, int(subject.instance.count)
    return _shares([(right, count)], count, ())


@_measures("probability", "no linear classifier has more robust accuracy under the law, at the radius of the pair")
def linear_ceiling(subject: PairSubject) -> Enclosure:
    return linear_bound_of(subject.instance.law, subject.instance.tau)
