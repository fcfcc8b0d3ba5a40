"""The inequalities of the proof neuron by neuron: one number per (sample, neuron) pair, 0 where a pair is not meant.

Rows P_k and directions g_k enter times the mass a_k, as in the class sums: how a neuron is scaled must not matter.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.arithmetic import relu
from verifiers.kkt_margin.path import in_arithmetic_of
from verifiers.kkt_margin.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure

_measures = CATALOGUE.measures
_PAIR = ("sample", "neuron")


def _same(subject: Subject) -> np.ndarray:
    """True where neuron k has the sign of sample i (n, K)."""
    return subject.point.signs[None, :] == subject.data.labels[:, None]


def _where(subject: Subject, mask: np.ndarray, values: Any) -> np.ndarray:
    return np.where(mask, values, in_arithmetic_of(subject.point, 0)[()])


def _without_diagonal(matrix: np.ndarray) -> np.ndarray:
    matrix = matrix.copy()
    np.fill_diagonal(matrix, arithmetic.rational(0))
    return matrix


def _weighted(subject: Subject) -> np.ndarray:
    """a_k P_ki (n, K)."""
    return subject.point.rows.T * subject.point.masses


def _summed(subject: Subject, matrix: np.ndarray) -> np.ndarray:
    """sum_l M_il a_k P_kl (n, K)."""
    return in_arithmetic_of(subject.point, matrix) @ _weighted(subject)


@_measures("1", "a_k G_ii P_ki for neurons of the other class: what sample i adds to their pre-activation there", _PAIR)
def cross_pair(subject: Subject) -> Enclosure:
    point = subject.point
    diagonal = in_arithmetic_of(point, subject.data.gram.diagonal())
    return point.enclosure(_where(subject, ~_same(subject), diagonal[:, None] * _weighted(subject)), _PAIR)


@_measures("1", "sum over l != i of (-R_il)_+ a_k P_kl for neurons of the other class", _PAIR)
def cross_pair_pressure(subject: Subject) -> Enclosure:
    pressure = _without_diagonal(relu(-subject.data.correlation))
    return subject.point.enclosure(_where(subject, ~_same(subject), _summed(subject, pressure)), _PAIR)


@_measures("1", "a_k S_k <g_k, x~_i> for neurons of the other class", _PAIR)
def cross_activation(subject: Subject) -> Enclosure:
    point = subject.point
    return point.enclosure(_where(subject, ~_same(subject), point.pre_activations.T * point.masses), _PAIR)


@_measures("1/squared length", "sum over l != i of a_k P_kl for neurons of the other class", _PAIR)
def cross_weight(subject: Subject) -> Enclosure:
    others = _without_diagonal(arithmetic.rationals(np.ones((subject.data.n, subject.data.n), dtype=int)))
    return subject.point.enclosure(_where(subject, ~_same(subject), _summed(subject, others)), _PAIR)


@_measures("1/squared length", "a_k P_ki for neurons of the own class", _PAIR)
def own_pair(subject: Subject) -> Enclosure:
    return subject.point.enclosure(_where(subject, _same(subject), _weighted(subject)), _PAIR)


@_measures("1", "a_k S_k <g_k, x~_i - t y_i u> for neurons of the own class, at `flip_tau`", (*_PAIR, "breakpoint"))
def own_activation(subject: Subject) -> Enclosure:
    path = subject.main_path[0]
    values = _where(subject, path.same_class[:, :, None], path.activations * subject.point.masses[None, :, None])
    return subject.point.enclosure(values, (*_PAIR, "breakpoint"))
