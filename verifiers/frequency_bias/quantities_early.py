"""Quantities of the first steps of training a two-layer net from a small start, while the loss is still linear.

With s = mean of y_n x_n and C = C(s), C_{n,k} = s_{n+k}, one step of gradient descent on the linearised loss is
(u, v) -> (u + h C^T v, v + h C u). From v = 0 the filter after k steps is E_k(T) u, T = C^T C, with

    E_k(sigma^2) = ((1 + h sigma)^k + (1 - h sigma)^k)/2:

a rational vector. The step h is the largest power of two with h^2 times the largest row sum of |T| at most one, so that
h sigma <= 1 for every sigma.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias.margin_parts import shape_of
from verifiers.frequency_bias.solvers_exact import gram_exact
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


def class_mean(subject: Subject) -> np.ndarray:
    """s = mean of y_n x_n, (N,) fractions."""
    subject.sites  # noqa: B018 - raises on a torus
    points, labels = subject.part("points"), subject.part("labels")
    return np.sum(points * labels[:, None], axis=0) / Fraction(len(labels))


def _gram(subject: Subject) -> np.ndarray:
    gram = gram_exact(class_mean(subject).reshape(1, -1), shape_of(subject))
    if not np.any(gram):
        raise MissingPart("the mean of y x is zero: the linearised loss does not move")
    return gram


def _step(gram: np.ndarray) -> Fraction:
    largest, step = max(sum(abs(entry) for entry in row) for row in gram), Fraction(1)
    while step**2 * largest > 1:
        step /= 2
    while 4 * step**2 * largest <= 1:
        step *= 2
    return step


def _filters(subject: Subject) -> tuple[np.ndarray, list[np.ndarray]]:
    """T and the filters u_0, ..., u_k."""
    filters, gram = subject.part("filters"), _gram(subject)
    if len(filters) != 1 or not np.any(filters):
        raise MissingPart("early alignment is measured for one filter that is not zero")
    step, mean = _step(gram), class_mean(subject)
    matrix = np.stack([np.roll(mean, -k) for k in range(filters.shape[1])], axis=1)
    u, v = filters[0], matrix[:, 0] * Fraction(0)
    found = [u]
    for _ in range(_steps(subject)):
        u, v = u + step * (matrix.T @ v), v + step * (matrix @ u)
        found.append(u)
    return gram, found


def _steps(subject: Subject) -> int:
    if subject.instance.depth is None:
        raise MissingPart("this instance has no depth, the number of steps here")
    return int(subject.instance.depth)


def _quotients(subject: Subject) -> list[Fraction]:
    gram, filters = _filters(subject)
    return [Fraction(u @ gram @ u) / Fraction(u @ u) for u in filters]


@_measures("norm^2", "u^T T u/|u|^2 after each step minus before it, T = T(r_s)", axes=("step",))
def quotient_growth(subject: Subject) -> Enclosure:
    found = _quotients(subject)
    return enclose(np.array([b - a for a, b in zip(found, found[1:], strict=False)], dtype=object), ("step",))


def _squares(subject: Subject) -> tuple[Any, Any]:
    """Balls around the two largest eigenvalues of T. Raises `NoCertificate` if any two of all are not told apart."""
    import flint

    gram = _gram(subject)
    if len(gram) == 1:
        raise MissingPart("with one tap there is nothing to align")
    exact = flint.acb_mat([[flint.arb(arithmetic.rational(entry)) for entry in row] for row in gram.tolist()])
    try:
        with arithmetic.precision(192):
            found = sorted((value.real for value in exact.eig()), key=lambda ball: -float(ball.mid()))
    except ValueError:
        raise NoCertificate("the eigenvalues of T could not be told apart") from None
    return found[0], found[1]


def _shortfalls(subject: Subject) -> tuple[Any, Any]:
    """Balls around sigma_1^2 minus the quotient, before the first and after the last step."""
    top, found = _squares(subject)[0], _quotients(subject)
    with arithmetic.precision(192):
        return top - arithmetic.rational(found[0]), top - arithmetic.rational(found[-1])


@_measures("norm^2", "sigma_1^2 - sigma_2^2, the gap of T")
def early_gap(subject: Subject) -> Enclosure:
    top, second = _squares(subject)
    with arithmetic.precision(192):
        return enclose(top - second)


@_measures("norm^2", "sigma_1^2 - u^T T u/|u|^2 of the first filter")
def shortfall_before(subject: Subject) -> Enclosure:
    return enclose(_shortfalls(subject)[0])


@_measures("norm^2", "sigma_1^2 - u^T T u/|u|^2 of the filter after the last step")
def shortfall_after(subject: Subject) -> Enclosure:
    return enclose(_shortfalls(subject)[1])


@_measures("1", "E_k(sigma_2^2)/E_k(sigma_1^2), k the number of steps")
def growth_ratio(subject: Subject) -> Enclosure:
    step, count = arithmetic.rational(_step(_gram(subject))), _steps(subject)
    squares = _squares(subject)
    with arithmetic.precision(192):
        roots = [square.nonnegative_part().sqrt() for square in squares]
        first, second = (((1 + step * root) ** count + (1 - step * root) ** count) / 2 for root in roots)
        return enclose(second / first)
