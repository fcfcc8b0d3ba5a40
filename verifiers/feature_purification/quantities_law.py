"""Quantities of laws: one gradient step of a pure neuron on `light` data, and the lottery sets of an initialisation."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from operator import ge, le

from verifiers import arithmetic
from verifiers.feature_purification import walk
from verifiers.feature_purification.subject import InitialSubject, LawSubject, measures_on
from verifiers.quantity import Enclosure, enclose

_measures = measures_on(LawSubject)
_initial = measures_on(InitialSubject)


@_measures("coordinates", "dimension d of the codes z", name="law_dimension")
def dimension(subject: LawSubject) -> Enclosure:
    return enclose(subject.law.codes)


@_measures("1", "k/d, the probability p that a coordinate of z is not zero before conditioning")
def density(subject: LawSubject) -> Enclosure:
    return enclose(subject.law.probability)


@_measures("signs", "least t >= 1 with t^2 >= gap^2 k: a draw is kept if |sum of its signs| >= t")
def least_count(subject: LawSubject) -> Enclosure:
    return enclose(walk.require_light(subject.law).least_count)


@_measures("1", "P(|S_d| >= t), the share of draws that the condition on the margin keeps")
def acceptance(subject: LawSubject) -> Enclosure:
    return enclose(walk.acceptance(subject.law))


def _signed(subject: LawSubject, rest: int, seen: int) -> Fraction:
    """E[y s_last; every one of `seen` coordinates is not zero] from the definition, over the signs of those seen."""
    law, t, p = walk.require_light(subject.law), subject.law.least_count, subject.law.probability
    if rest < 0:
        return Fraction(0)
    total = Fraction(0)
    for code in range(2**seen):
        signs = [1 if code >> bit & 1 else -1 for bit in range(seen)]
        shift = sum(signs)
        above = walk.chance(rest, p, partial(le, t - shift))
        below = walk.chance(rest, p, partial(ge, -t - shift))
        total += signs[-1] * (above - below)
    return total * (p / 2) ** seen / walk.acceptance(law)


@_measures("1", "sqrt(k) E[y z_1; z_1 != 0] from the definition: the pure part of minus twice the gradient")
def gradient_pure(subject: LawSubject) -> Enclosure:
    return enclose(_signed(subject, subject.law.d - 1, 1))


@_measures("1", "sqrt(k) E[y z_2; z_1 != 0] from the definition: the same on every coordinate but the first")
def gradient_dense(subject: LawSubject) -> Enclosure:
    return enclose(_signed(subject, subject.law.d - 2, 2))


@_measures("1", "p [P(S_{d-1} = t-1) + P(S_{d-1} = t)] / P(|S_d| >= t)")
def closed_pure(subject: LawSubject) -> Enclosure:
    return enclose(walk.gradient_parts(subject.law)[0])


@_measures("1", "p^2/2 [P(S_{d-2} = t-2) + ... + P(S_{d-2} = t+1)] / P(|S_d| >= t)")
def closed_dense(subject: LawSubject) -> Enclosure:
    return enclose(walk.gradient_parts(subject.law)[1])


@_measures("1", "sqrt(k) E |<w*, z>| under the condition: mean number of signs in favour of the label")
def mean_margin(subject: LawSubject) -> Enclosure:
    return enclose(walk.margin_moment(subject.law, 1))


@_measures("coordinates", "expected number of nonzero coordinates under the condition")
def mean_support(subject: LawSubject) -> Enclosure:
    return enclose(walk.support_mean(subject.law))


@_initial("1", "P(a given neuron is sure for a given feature) = Q(t1) (1 - 2 Q(t2))^(d-1)")
def sure_chance(subject: InitialSubject) -> Enclosure:
    return enclose(subject.sure)


@_initial("1", "P(a given neuron is potential for a given feature) = 2 Q(t2)")
def potential_chance(subject: InitialSubject) -> Enclosure:
    return enclose(subject.potential)


@_initial("neurons", "m P(sure): expected number of sure neurons of one feature")
def sure_expected(subject: InitialSubject) -> Enclosure:
    return enclose(subject.law.m * subject.sure)


@_initial("1", "(1 - P(sure))^m: the probability that a feature has no sure neuron")
def sure_empty(subject: InitialSubject) -> Enclosure:
    return enclose((1 - subject.sure) ** subject.law.m)


@_initial("features", "d P(potential): expected number of features for which one neuron is potential")
def features_per_neuron(subject: InitialSubject) -> Enclosure:
    return enclose(subject.law.d * subject.potential)


@_initial("1", "d times P(sure): probability that a given neuron is sure for some feature, as the events exclude")
def sure_somewhere(subject: InitialSubject) -> Enclosure:
    return enclose(subject.law.d * subject.sure)


@_initial("neurons", "number m of neurons")
def initial_width(subject: InitialSubject) -> Enclosure:
    return enclose(arithmetic.rational(subject.law.m))
