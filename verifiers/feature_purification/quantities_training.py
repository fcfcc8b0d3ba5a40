"""What is asked of trained networks as a whole: medians over neurons, shares over points, exact like what they sum up,
and the numbers of a run's recipe, which a network alone does not have.

The median of an even number is the lower of the two in the middle, so that it is one of the measured numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from constructions.feature_purification import PurificationInstance, TrainedRun, relative_biases
from constructions.instance import fractions_of
from verifiers.errors import MissingPart
from verifiers.feature_purification.quantities_purity import top_square
from verifiers.feature_purification.subject import NetworkSubject, measures_on
from verifiers.quantity import Enclosure, enclose

_measures = measures_on(NetworkSubject)


def median(values: Sequence[Fraction]) -> Fraction:
    """The lower median of at least one number."""
    return sorted(values)[(len(values) - 1) // 2]


def mixture_of(row: Sequence[Fraction]) -> Fraction:
    """|mean of the other coordinates| over the largest |w_ij| of a row that is not zero."""
    top = max(row, key=abs)
    rest = sum(row, Fraction(0)) - top
    return abs(rest) / (len(row) - 1) / abs(top) if len(row) > 1 else Fraction(0)


def _rows(weights: Any, subject: NetworkSubject) -> list[list[Fraction]]:
    """Nonzero rows in coordinates in which the dense direction is 1."""
    if any(abs(v) != 1 for v in subject.direction):
        raise MissingPart("purity is measured in coordinates of the features: the direction needs entries +-1")
    rows = [[w * v for w, v in zip(row, subject.direction, strict=True)] for row in weights if any(row)]
    if not rows:
        raise MissingPart("every neuron is zero")
    return rows


def _clean(subject: NetworkSubject) -> Any:
    if subject.instance.clean is None:
        raise MissingPart("the instance holds no clean weights beside its own")
    return fractions_of(subject.instance.clean)


def _recipe(subject: NetworkSubject, name: str) -> Enclosure:
    if not isinstance(subject.instance, TrainedRun):
        raise MissingPart("this is about a training run, and a network alone does not say how it was trained")
    return enclose(_number(subject.instance, name))


def _number(run: TrainedRun, name: str) -> Fraction:
    value: Any = fractions_of(getattr(run, name))[()]
    return Fraction(value)


@_measures("coordinates", "k, the expected number of nonzero codes in the data of a run")
def sparsity(subject: NetworkSubject) -> Enclosure:
    return _recipe(subject, "sparsity")


@_measures("1", "kappa of the biases kappa |w_i| / sqrt(k) during a run")
def kappa(subject: NetworkSubject) -> Enclosure:
    return _recipe(subject, "kappa")


@_measures("length", "radius of adversarial training, 0 for clean training")
def trained_radius(subject: NetworkSubject) -> Enclosure:
    return _recipe(subject, "trained_radius")


@_measures("1", "share of the steps of a run over which the radius grew to its full size")
def ramp(subject: NetworkSubject) -> Enclosure:
    return _recipe(subject, "ramp")


@_measures("1", "median over neurons of the mixture: |mean of the other coordinates| over the largest")
def mixture(subject: NetworkSubject) -> Enclosure:
    return enclose(median([mixture_of(row) for row in _rows(subject.weights, subject)]))


@_measures("1", "the same median for the clean weights")
def clean_mixture(subject: NetworkSubject) -> Enclosure:
    return enclose(median([mixture_of(row) for row in _rows(_clean(subject), subject)]))


@_measures("1", "median over neurons of the squared share of the largest coordinate")
def median_top_sq(subject: NetworkSubject) -> Enclosure:
    return enclose(median([top_square(row) for row in _rows(subject.weights, subject)]))


@_measures("1", "share of sum_i |w_i|^2 of the clean weights that lies along the network's own, sum_i |beta_i w'_i|^2")
def along_share(subject: NetworkSubject) -> Enclosure:
    along, total = Fraction(0), Fraction(0)
    for w, v in zip(_clean(subject), subject.weights, strict=True):
        square = sum((b * b for b in v), Fraction(0))
        product = sum((a * b for a, b in zip(w, v, strict=True)), Fraction(0))
        along += product * product / square if square else Fraction(0)
        total += sum((a * a for a in w), Fraction(0))
    if total == 0:
        raise MissingPart("every clean weight is zero")
    return enclose(along / total)


@_measures("1", "share of points with y f(x) > 0")
def unperturbed_accuracy(subject: NetworkSubject) -> Enclosure:
    return _share([subject.value(row) for row in subject.heights])


@_measures("1", "share of points with y f(x - y eta v) > 0, under the dense perturbation")
def dense_accuracy(subject: NetworkSubject) -> Enclosure:
    from verifiers.feature_purification.quantities_dense import dense_value

    return _share(_entries(dense_value(subject)))


@_measures("1", "share of points that no attack tried breaks")
def attack_accuracy(subject: NetworkSubject) -> Enclosure:
    return _share(subject.attack_values)


@_measures("1", "the same share for the rival of a run, with biases of its own by the same rule")
def rival_attack_accuracy(subject: NetworkSubject) -> Enclosure:
    run = subject.instance
    if not isinstance(run, TrainedRun) or run.rival is None:
        raise MissingPart("the instance holds no rival")
    kappa, sparsity = (float(_number(run, name)) for name in ("kappa", "sparsity"))
    biases = relative_biases(fractions_of(run.rival).astype(float), kappa, sparsity)
    other = PurificationInstance(
        weights=run.rival, biases=biases, points=run.points, labels=run.labels, radius=run.radius, norm=run.norm
    )
    return _share(NetworkSubject(other).attack_values)


@_measures("1", "mean of best attack minus certificate, over the mean margin")
def certificate_gap(subject: NetworkSubject) -> Enclosure:
    margins = sum((subject.value(row) for row in subject.heights), Fraction(0))
    if not margins > 0:
        raise MissingPart("the mean margin is not positive")
    gaps = zip(subject.attack_values, subject.dual_bounds, strict=True)
    return enclose(sum((a - c for a, c in gaps), Fraction(0)) / margins)


def _entries(enclosure: Enclosure) -> list[Fraction]:
    entries: Any = enclosure.entries
    return list(entries.reshape(-1))


def _share(values: Sequence[Any]) -> Enclosure:
    return enclose(Fraction(sum(bool(v > 0) for v in values), len(values)))
