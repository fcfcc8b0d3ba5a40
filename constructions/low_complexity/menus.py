"""A sample with a menu of perturbations, against which every polynomial of a degree has to be right.

`cutting_planes` finds a menu that hurts all odd symmetric polynomials of a degree at once: it minimises the hinge risk
over their few coefficients, attacks the minimiser, adds what was found to the menu, and starts again.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from constructions.instance import Instance, InvalidInstance, NoInstance, fractions_of
from constructions.low_complexity.instance import EUCLIDEAN, MAXIMUM
from constructions.low_complexity.polynomials import odd_monomials

GRID = 2**24
"""Points and perturbations are rounded to multiples of 1/GRID, so that they are exact in few digits."""

STEPS = 24
"""Steps of one attack, from each of its starts."""


@dataclass(frozen=True, eq=False)
class MenuInstance(Instance):
    """Points X (n, d), labels y (n,) of +-1, and a menu: perturbed points (m, d), each with its owner (m,) in 0..n-1.

    degree bounds the polynomials that are spoken about. The polynomial looked at, if any, is f = sum_t factors_t
    prod_j x_j^exponents_tj, exponents (t, d) >= 0 of total at most `degree`; or it has one coefficient per odd product
    of power sums, in the order of `odd_monomials(degree)`. radius and norm (2, or 0 for l_inf) are those of the ball;
    sparsity k is that of the law the points are drawn from, if any.
    """

    slug: ClassVar[str] = "low_complexity"

    degree: Any
    radius: Any
    points: Any
    labels: Any
    attacked: Any
    owners: Any
    norm: Any = EUCLIDEAN
    coefficients: Any = None
    exponents: Any = None
    factors: Any = None
    sparsity: Any = None

    def validate(self) -> None:
        points, labels, attacked, owners = self.points, self.labels, self.attacked, self.owners
        if int(self.degree) < 1 or self.tau < 0 or int(self.norm) not in (EUCLIDEAN, MAXIMUM):
            raise InvalidInstance("need a degree of at least 1, a radius of at least 0, and the norm 2 or 0")
        if points.ndim != 2 or not points.size or labels.shape != points.shape[:1] or not np.all(np.abs(labels) == 1):
            raise InvalidInstance("a sample needs points (n, d) and labels (n,) of +1 or -1")
        if attacked.ndim != 2 or attacked.shape[1] != points.shape[1] or owners.shape != attacked.shape[:1]:
            raise InvalidInstance("a menu needs perturbed points (m, d) and their owners (m,)")
        if owners.size and not (0 <= owners.min() and owners.max() < len(points)):
            raise InvalidInstance(f"owners are numbers of points, 0..{len(points) - 1}")
        monomials = len(odd_monomials(int(self.degree)))
        if self.coefficients is not None and self.coefficients.shape != (monomials,):
            raise InvalidInstance(f"an odd symmetric polynomial of this degree has {monomials} coefficients")
        if self.exponents is not None:
            if self.factors is None or self.exponents.shape != (len(self.factors), points.shape[1]):
                raise InvalidInstance("a polynomial needs exponents (t, d) and factors (t,)")
            if self.exponents.min() < 0 or self.exponents.sum(axis=1).max() > int(self.degree):
                raise InvalidInstance(f"exponents are not negative and add up to at most the degree {self.degree}")

    @property
    def tau(self) -> Fraction:
        """The radius."""
        value: Any = fractions_of(self.radius)[()]
        return Fraction(value)


class Form(Protocol):
    """A model in floats that can be attacked."""

    def values(self, points: np.ndarray) -> np.ndarray: ...

    def slopes(self, points: np.ndarray) -> np.ndarray: ...


class SymmetricForm:
    """An odd symmetric polynomial in floats: values and slopes at points. Coordinates are in units of 1/sqrt(k)."""

    def __init__(self, degree: int, scale: float, coefficients: np.ndarray, weights: np.ndarray | None = None) -> None:
        self.degree, self.scale = degree, scale
        self.monomials = odd_monomials(degree)
        self.coefficients = coefficients
        self.weights = np.ones(len(self.monomials)) if weights is None else weights
        """What features are divided by."""

    def features(self, points: np.ndarray) -> np.ndarray:
        """Products of power sums (n, p), each power sum divided by scale^2, the number of nonzeros expected."""
        sums = self._sums(points * self.scale)
        return np.stack([np.prod([sums[part] for part in parts], axis=0) for parts in self.monomials], 1) / self.weights

    def values(self, points: np.ndarray) -> np.ndarray:
        """The polynomial (n,)."""
        return self.features(points) @ self.coefficients

    def _sums(self, scaled: np.ndarray) -> dict[int, np.ndarray]:
        power, sums = np.ones_like(scaled), {}
        for part in range(1, self.degree + 1):
            power = power * scaled
            sums[part] = power.sum(axis=1) / self.scale**2
        return sums

    def slopes(self, points: np.ndarray) -> np.ndarray:
        """Gradients (n, d)."""
        scaled = points * self.scale
        sums, inner = self._sums(scaled), np.zeros((self.degree + 1, len(points)))
        for own, weight, parts in zip(self.coefficients, self.weights, self.monomials, strict=True):
            for part in set(parts):
                rest = list(parts)
                rest.remove(part)
                inner[part] += parts.count(part) * own / weight * np.prod([sums[p] for p in rest], axis=0)
        total, power = np.zeros_like(points), np.ones_like(points)
        for part in range(1, self.degree + 1):
            total += part / self.scale * inner[part][:, None] * power
            power = power * scaled
        return total


def simple_moves(points: np.ndarray, labels: np.ndarray, tau: float) -> list[np.ndarray]:
    """Moves (n, d) that need no model: none, along the dense direction, against the support, against one spike."""
    away = -labels[:, None] * np.ones_like(points)
    support = -np.sign(points) * (np.sign(points) == labels[:, None])
    spike = np.zeros_like(points)
    rows = np.arange(len(points))
    spike[rows, (points * labels[:, None]).argmax(axis=1)] = -labels
    moves = [away, support, spike]
    return [np.zeros_like(points), *(tau * m / np.maximum(np.linalg.norm(m, axis=1), 1e-12)[:, None] for m in moves)]


def attack_form(form: Form, points: np.ndarray, labels: np.ndarray, tau: float,
                starts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """(moves (n, d), least y f found (n,)): projected gradient with normalised steps, best iterate kept."""
    best, least = np.zeros_like(points), np.full(len(points), np.inf)
    for start in starts:
        move = start.copy()
        for step in range(STEPS + 1):
            value = labels * form.values(points + move)
            lower = value < least
            best[lower], least = move[lower], np.minimum(least, value)
            slope = labels[:, None] * form.slopes(points + move)
            length = tau / 3 if step < STEPS // 2 else tau / 12
            move = move - length * slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-300)
            move *= np.minimum(1, tau / np.maximum(np.linalg.norm(move, axis=1, keepdims=True), 1e-300))
    return best, least


class Cuts(NamedTuple):
    """A menu, and what its last round found: the least menu risk in floats, and the minimiser's risk under attack."""

    instance: MenuInstance
    least: float
    attacked: float
    form: SymmetricForm


def cutting_planes(points: np.ndarray, labels: np.ndarray, degree: int, radius: Any, scale: float, rounds: int = 12,
                   gap: float = 0.01, sparsity: Any = None) -> Cuts:  # fmt: skip
    """A menu for a sample, l2. Stops after `rounds`, or once the minimiser's risk under attack exceeds the least menu
    risk by at most `gap`. `scale` is sqrt(k). The instance carries the best polynomial found.

    Raises `NoInstance` if the linear program fails. Only rows that the last dual solution uses are kept.
    """
    tau = float(Fraction(radius)) * (1 - 1e-5)  # room for rounding
    points = np.round(points * GRID) / GRID
    n = len(points)
    menu = [np.round((points + move) * GRID) / GRID for move in simple_moves(points, labels, tau)]
    form = SymmetricForm(degree, scale, np.zeros(len(odd_monomials(degree))))
    form.weights = np.abs(np.concatenate([form.features(rows) for rows in menu])).max(axis=0)
    best = (np.inf, form.coefficients)
    for _ in range(rounds):
        rows, owners = np.concatenate(menu), np.tile(np.arange(n), len(menu))
        signed = form.features(rows) * labels[owners][:, None]
        form.coefficients, dual, least = _least_hinge(signed, owners, n)
        moves, values = attack_form(form, points, labels, tau, simple_moves(points, labels, tau)[:3])
        np.minimum.at(values, owners, signed @ form.coefficients)  # the menu is part of the attack
        risk = float(np.maximum(1 - values, 0).mean())
        best = min(best, (risk, form.coefficients), key=lambda pair: pair[0])
        if best[0] - least < gap:
            break
        menu.append(np.round((points + moves) * GRID) / GRID)
    used = dual > 1e-9
    form.coefficients = best[1]
    powers = [scale ** sum(part - 2 for part in parts) for parts in form.monomials]
    instance = MenuInstance(
        degree=degree, radius=str(Fraction(radius)), points=points, labels=labels, attacked=rows[used],
        owners=owners[used], sparsity=sparsity, coefficients=form.coefficients * powers / form.weights,
    )  # fmt: skip
    return Cuts(instance, least, best[0], form)


def _least_hinge(signed: np.ndarray, owners: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, float]:
    """min over c of the mean over owners of max_a (1 - <c, row_a>)_+: (c, multipliers of the rows, least value)."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, hstack

    m, p = signed.shape
    slack = coo_array((np.ones(m), (np.arange(m), owners)), shape=(m, n))
    cost = np.concatenate([np.zeros(p), np.full(n, 1 / n)])
    solved = linprog(
        cost, A_ub=-hstack([coo_array(signed), slack]).tocsr(), b_ub=-np.ones(m),
        bounds=[(None, None)] * p + [(0, None)] * n, method="highs",
    )  # fmt: skip
    if solved.x is None or not np.all(np.isfinite(solved.x)):
        raise NoInstance(f"the linear program of the least hinge risk failed: {solved.message}")
    return solved.x[:p], -solved.ineqlin.marginals * n, float(solved.fun)
