"""The least hinge risk of all polynomials of a degree on a symmetrised sample, from below: multipliers in rationals.

For alpha >= 0 on the pairs of a point and one of its perturbations, sum_a alpha_ia <= 1 for every point, with
sum alpha_ia y_i phi(x_ia) = 0 for every odd product phi of power sums: every odd symmetric f of the degree has
(1/n) sum_i max_a (1 - y_i f(x_ia))_+ >= (1/n) sum alpha, as f drops out. A solver proposes alpha; the linear equations
are then solved exactly for as many of its entries as there are products.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from constructions.instance import fractions_of
from constructions.low_complexity import MAXIMUM, GateInstance, odd_monomials
from constructions.low_complexity.menus import MenuInstance
from verifiers.errors import MissingPart

DENOMINATOR = 2**60
"""Proposed multipliers are rounded to multiples of 1/DENOMINATOR before the equations are met exactly."""

LARGEST_ORBIT = 30_000
"""Most arrangements of the coordinates, times monomials, over which averages are taken one by one."""


class Attacked:
    """A sample with a menu of perturbations."""

    def __init__(self, instance: MenuInstance | GateInstance) -> None:
        self.tau, self.maximum = instance.tau, int(instance.norm) == MAXIMUM
        self.points, self.labels = instance.points, instance.labels
        self.attacked, self.owners = instance.attacked, instance.owners
        self.size, self.width = instance.points.shape

    def excess(self) -> Fraction:
        """Largest squared length of a move, in the norm of the ball, minus tau^2: at most 0 for a menu inside it."""
        if not len(self.owners):
            return -self.tau**2
        moves = fractions_of(self.attacked) - fractions_of(self.points)[self.owners]
        squares = [[v * v for v in row] for row in moves.tolist()]
        longest: Fraction = max(max(row) if self.maximum else sum(row, Fraction(0)) for row in squares)
        return longest - self.tau**2

    def risk(self, values: list[Fraction], sign: int = 1) -> Fraction:
        """Mean over the points of the largest hinge loss on the menu, from values (m,); `sign` turns the labels."""
        worst = [Fraction(0)] * self.size
        for owner, value in zip(self.owners.tolist(), values, strict=True):
            worst[owner] = max(worst[owner], 1 - sign * int(self.labels[owner]) * value)
        return sum(worst, Fraction(0)) / self.size

    def free_bound(self, whole: list[list[int]]) -> tuple[Fraction, list[Fraction]]:
        """(lower bound on the menu risk of every combination of features (m, p), multipliers (m,)); none prove 0."""
        owners, n = self.owners, self.size
        none = [Fraction(0)] * len(owners)
        if not len(owners):
            return Fraction(0), none
        labels = self.labels[owners].tolist()
        signed = [[int(y) * v for v in row] for y, row in zip(labels, whole, strict=True)]
        sizes = [max((abs(row[j]) for row in signed), default=1) or 1 for j in range(len(signed[0]))]
        scaled = np.array([[float(Fraction(v, s)) for v, s in zip(row, sizes, strict=True)] for row in signed])
        proposed = _solve(scaled, owners, n)
        if proposed is None:
            return Fraction(0), none
        alpha = balanced(signed, scaled, proposed)
        if alpha is None:
            return Fraction(0), none
        totals = [Fraction(0)] * n
        for owner, own in zip(owners.tolist(), alpha, strict=True):
            totals[owner] += own
        most = max(Fraction(1), *totals)
        alpha = [own / most for own in alpha]
        if not self.balances(alpha, whole):
            return Fraction(0), none
        return sum(alpha, Fraction(0)) / n, alpha

    def balances(self, alpha: list[Fraction], whole: list[list[int]]) -> bool:
        """Whether multipliers (m,) are feasible and balance all features (m, p), decided from these alone."""
        owners = self.owners.tolist()
        if len(alpha) != len(owners) or not all(isinstance(a, Fraction) and a >= 0 for a in alpha):
            return False
        totals = [Fraction(0)] * self.size
        for owner, own in zip(owners, alpha, strict=True):
            totals[owner] += own
        if max(totals) > 1:
            return False
        labels = self.labels.tolist()
        weights = [own * int(labels[owner]) for owner, own in zip(owners, alpha, strict=True)]
        columns = zip(*whole, strict=True)
        return all(sum(w * v for w, v in zip(weights, column, strict=True) if w) == 0 for column in columns)


class MenuSubject(Attacked):
    """A sample with a menu of perturbations, and a polynomial."""

    def __init__(self, instance: MenuInstance) -> None:
        super().__init__(instance)
        self.instance, self.degree = instance, int(instance.degree)

    def features(self, points: np.ndarray) -> list[list[int]]:
        """Odd products of power sums at points (m, d) in whole numbers: entry (m, p) times D^(weight of p)."""
        whole, _ = _whole(points)
        sums = {part: [sum(v**part for v in row if v) for row in whole] for part in range(1, self.degree + 1)}
        monomials = odd_monomials(self.degree)
        return [[math.prod(sums[part][i] for part in parts) for parts in monomials] for i in range(len(whole))]

    def bound(self) -> tuple[Fraction, list[Fraction]]:
        """(lower bound on the menu risk of every odd symmetric polynomial, multipliers (m,)); none at all prove 0."""
        return self.free_bound(self.features(self.attacked))

    def proves(self, alpha: list[Fraction]) -> bool:
        """Whether multipliers (m,) are feasible, decided from the features alone."""
        return self.balances(alpha, self.features(self.attacked))

    def values(self, points: np.ndarray) -> list[Fraction]:
        """The polynomial at points (m, d), exactly."""
        if self.instance.coefficients is not None:
            _, unit = _whole(points)
            weights = [sum(parts) for parts in odd_monomials(self.degree)]
            own = [c / Fraction(unit) ** w for c, w in
                   zip(fractions_of(self.instance.coefficients).tolist(), weights, strict=True)]  # fmt: skip
            return [sum((c * v for c, v in zip(own, row, strict=True)), Fraction(0)) for row in self.features(points)]
        if self.instance.exponents is None:
            raise MissingPart("this instance has no polynomial")
        factors = fractions_of(self.instance.factors).tolist()
        return [sum((f * math.prod((v**e for v, e in zip(row, powers, strict=True) if e), start=Fraction(1))
                     for f, powers in zip(factors, self.instance.exponents.tolist(), strict=True)), Fraction(0))
                for row in fractions_of(points).tolist()]  # fmt: skip

    def symmetrised_risk(self) -> Fraction:
        """Mean of the risk over all arrangements of the coordinates and both mirror images of the sample."""
        if self.instance.coefficients is not None:
            return self.risk(self.values(self.instance.attacked))
        orders = list(itertools.permutations(range(self.width))) if self.width <= 6 else []
        if not orders or len(orders) * max(len(self.instance.owners), 1) > LARGEST_ORBIT:
            raise MissingPart("too many arrangements of the coordinates; take fewer coordinates or points")
        total = Fraction(0)
        for order in orders:
            moved = fractions_of(self.instance.attacked)[:, order]
            total += self.risk(self.values(moved)) + self.risk(self.values(-moved), -1)
        return total / (2 * len(orders))

    def averages(self, points: np.ndarray) -> list[list[int]]:
        """For every monomial of the polynomial the sum over its arrangements, less its mirror image (m, t), whole."""
        whole, _ = _whole(points)
        table = []
        for powers in self.instance.exponents.tolist():
            arranged = list(arrangements(powers))
            if len(arranged) * len(whole) > LARGEST_ORBIT * 20:
                raise MissingPart("too many arrangements of a monomial; take fewer coordinates")
            odd = 1 - (-1) ** sum(powers)
            table.append([odd * sum(math.prod(v**e for v, e in zip(row, own, strict=True) if e) for own in arranged)
                          for row in whole])  # fmt: skip
        return [list(row) for row in zip(*table, strict=True)]

    def dimensions(self) -> tuple[int, int]:
        """Ranks at the points: of the odd products of power sums, and with the averages of all monomials added."""
        points = self.instance.points
        own = self.features(points)
        if self.instance.exponents is None:
            raise MissingPart("this instance has no monomials to average")
        both = [[*row, *more] for row, more in zip(own, self.averages(points), strict=True)]
        return _rank(own), _rank(both)


def _whole(points: np.ndarray) -> tuple[list[list[int]], int]:
    """Points times a common denominator D, and D."""
    exact = fractions_of(points)
    unit = math.lcm(*{v.denominator for v in exact.reshape(-1).tolist()}) if exact.size else 1
    return [[int(v * unit) for v in row] for row in exact.tolist()], unit


def arrangements(powers: list[int]) -> Iterator[tuple[int, ...]]:
    """Distinct orders of a list, each once."""
    if not powers:
        yield ()
        return
    for first in sorted(set(powers)):
        rest = list(powers)
        rest.remove(first)
        for tail in arrangements(rest):
            yield first, *tail


def count_partitions(total: int, most_parts: int) -> int:
    """Partitions of a number into at most so many parts: p(n, k) = p(n, k - 1) + p(n - k, k)."""
    if total == 0:
        return 1
    if total < 0 or most_parts == 0:
        return 0
    return count_partitions(total, most_parts - 1) + count_partitions(total - most_parts, most_parts)


def _rank(rows: list[list[int]]) -> int:
    from flint import fmpz_mat

    return int(fmpz_mat(rows).rank())


def _solve(signed: np.ndarray, owners: np.ndarray, n: int) -> np.ndarray | None:
    """Multipliers (m,) from the linear program's dual, or None if the solver fails."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    m = len(owners)
    caps = coo_array((np.ones(m), (owners, np.arange(m))), shape=(n, m)).tocsr()
    solved = linprog(-np.ones(m), A_ub=caps, b_ub=np.ones(n), A_eq=signed.T, b_eq=np.zeros(signed.shape[1]),
                     bounds=(0, None), method="highs")  # fmt: skip
    if solved.x is None or not np.all(np.isfinite(solved.x)):
        return None
    return np.asarray(solved.x)


def balanced(signed: list[list[int]], scaled: np.ndarray, proposed: np.ndarray) -> list[Fraction] | None:
    """Multipliers near the proposed ones with sum alpha_i signed_i = 0 exactly, or None where rounding is too coarse.

    The equations are solved for as many multipliers as there are independent columns, the largest ones preferred.
    """
    from flint import fmpq, fmpq_mat
    from scipy.linalg import qr

    alpha = [Fraction(round(max(float(a), 0.0) * DENOMINATOR), DENOMINATOR) for a in proposed]
    used = [i for i, a in enumerate(alpha) if a > 0]
    if not used:
        return None
    weighted = scaled[used] * np.array([float(alpha[i]) for i in used])[:, None]
    _, triangle, order = qr(weighted.T, mode="economic", pivoting=True)
    rank = int(np.sum(np.abs(np.diag(triangle)) > 1e-13 * max(abs(triangle[0, 0]), 1e-300)))
    chosen = [used[i] for i in order[:rank]]
    columns = range(len(signed[0]))
    residual = [sum((alpha[i] * signed[i][j] for i in used), Fraction(0)) for j in columns]
    if rank < len(signed[0]):
        rows = _independent([[signed[i][j] for i in chosen] for j in columns], rank)
        if rows is None:
            return None
    else:
        rows = list(columns)
    system = fmpq_mat([[fmpq(signed[i][j]) for i in chosen] for j in rows])
    right = fmpq_mat([[fmpq(-residual[j].numerator, residual[j].denominator)] for j in rows])
    try:
        moved = system.solve(right)
    except ZeroDivisionError:
        return None
    for position, i in enumerate(chosen):
        entry = moved[position, 0]
        alpha[i] += Fraction(int(entry.p), int(entry.q))
    return alpha if all(a >= 0 for a in alpha) else None


def _independent(rows: list[list[int]], rank: int) -> list[int] | None:
    """Positions of `rank` independent rows, or None."""
    kept: list[int] = []
    for position in range(len(rows)):
        if _rank([rows[i] for i in (*kept, position)]) > len(kept):
            kept.append(position)
        if len(kept) == rank:
            return kept
    return None
