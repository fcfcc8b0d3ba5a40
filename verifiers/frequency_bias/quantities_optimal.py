"""Quantities of a net beside a dual vector g: how far the pair is from optimal, and where the distance lies.

For filters u_c and readouts v_c of a predictor w, and C = C(g) with C_{n,k} = g_{n+k},

    1/2 (|u|^2 + |v|^2) - <w, g>  =  1/2 sum_c |v_c - C u_c|^2 + 1/2 sum_c (|u_c|^2 - |C u_c|^2),

so that a pair without a gap has v_c = C u_c, which makes w^ = q g^, and filters in the kernel of I - C^T C. All numbers
are rational. One input channel, on a circle.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verifiers.frequency_bias.margin_parts import shape_of
from verifiers.frequency_bias.solvers_exact import compose_exact, gram_exact
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


def _sum(values: np.ndarray) -> Fraction:
    return sum((Fraction(entry) for entry in values.reshape(-1)), Fraction(0))


def images(filters: np.ndarray, dual: np.ndarray) -> np.ndarray:
    """C(g) u_c, (C, N): entry n is sum_k g_{n+k} u_{c,k}."""
    return filters @ np.stack([np.roll(dual, -k) for k in range(filters.shape[1])])


def semidefinite(matrix: np.ndarray) -> bool:
    """Whether a symmetric matrix of fractions has no negative eigenvalue: pivots >= 0, zero rows at zero pivots."""
    work = np.array([[Fraction(entry) for entry in row] for row in matrix], dtype=object)
    for k in range(len(work)):
        pivot = work[k, k]
        if pivot < 0 or (pivot == 0 and any(entry != 0 for entry in work[k, k:])):
            return False
        if pivot > 0:
            for i in range(k + 1, len(work)):
                work[i, k:] = work[i, k:] - work[k, k:] * (work[i, k] / pivot)
    return True


def _parts(subject: Subject) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    subject.sites  # noqa: B018 - raises on a torus
    return subject.part("filters"), subject.part("readouts"), subject.part("signal")


@_measures("1", "1 if C(g)^T C(g) <= I for the signal g, by exact elimination: its dual norm is at most one")
def dual_feasible(subject: Subject) -> Enclosure:
    shape = shape_of(subject)
    gram = gram_exact(subject.part("signal").reshape(1, -1), shape)
    return enclose(int(semidefinite(np.eye(len(gram), dtype=object) * Fraction(1) - gram)))


@_measures("norm", "cost of the net minus <w, g>: duality gap of the pair")
def dual_gap(subject: Subject) -> Enclosure:
    filters, readouts, dual = _parts(subject)
    predictor = compose_exact(filters[:, None], readouts, shape_of(subject))[0]
    return enclose((_sum(filters**2) + _sum(readouts**2)) / 2 - _sum(predictor * dual))


@_measures("norm", "sum_c |v_c - C(g) u_c|^2")
def readout_defect(subject: Subject) -> Enclosure:
    filters, readouts, dual = _parts(subject)
    return enclose(_sum((readouts - images(filters, dual)) ** 2))


@_measures("norm", "sum_c (|u_c|^2 - |C(g) u_c|^2): tr Q (I - T(r_g)), Q = sum_c u_c u_c^T")
def kernel_defect(subject: Subject) -> Enclosure:
    filters, _, dual = _parts(subject)
    return enclose(_sum(filters**2) - _sum(images(filters, dual) ** 2))


@_measures("norm^2", "sum_d |w^_d - q_d g^_d|^2, unitary: |w - sum_c u_c * C(g) u_c|^2")
def gain_defect(subject: Subject) -> Enclosure:
    filters, readouts, dual = _parts(subject)
    missing = compose_exact(filters[:, None], readouts - images(filters, dual), shape_of(subject))
    return enclose(_sum(missing**2))


@_measures("norm", "|U|^2, the energy of the filters")
def filter_energy(subject: Subject) -> Enclosure:
    return enclose(_sum(subject.part("filters") ** 2))
