"""A dense simplex method for many linear programs that share their constraints: maximise c.x over one bounded polytope.

``P = {x : M x <= b, 0 <= x <= upper}``, upper finite. Only the objective changes from one program to the next, so each
program starts at the optimal vertex of the one before; neighbouring objectives then cost a few pivots each.

Nothing here is rigorous and nothing has to be: whoever uses the row duals y >= 0 recomputes the bound
``b.y + upper.(c - M^T y)_+`` in exact arithmetic. The right-hand sides are shifted outward by about 1e-9 with fixed
pseudorandom weights, which rules out cycling on degenerate data and costs the bound about as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHIFT = 1e-9
"""Outward shift of the right-hand sides against degeneracy; constraints are expected with entries near 1."""
PIVOT = 1e-9
"""Entries below this size are not pivoted on."""
OPTIMAL = 1e-11
"""Reduced costs and violations below this size count as zero."""
REFRESH = 1000
"""The tableau is recomputed from its basis after so many pivots, before rounding accumulates."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """Vertex and row duals of one program; `value` is c.x. Both are float approximations."""

    value: float
    point: np.ndarray
    duals: np.ndarray


class SharedPolytope:
    """Tableau of the polytope ``{x : M x <= b, 0 <= x <= upper}``; `maximise` moves it from vertex to vertex.

    A variable at its upper bound is replaced by its distance from that bound (`flipped`), so every nonbasic variable
    is 0. `feasible` is False when no point of the polytope was found.
    """

    def __init__(self, matrix: np.ndarray, limits: np.ndarray, upper: np.ndarray) -> None:
        rows, columns = matrix.shape
        self.rows, self.columns = rows, columns
        self.matrix = np.hstack([matrix, np.eye(rows)])
        self.limits = limits + SHIFT * (1 + np.random.default_rng(0).random(rows))
        self.upper = np.concatenate([upper * (1 + SHIFT), np.full(rows, np.inf)])
        self.basis, self.nonbasis = np.arange(columns, columns + rows), np.arange(columns)
        self.flipped = np.zeros(rows + columns, dtype=bool)
        self.tableau = np.zeros((rows + 1, columns + 1))  # last column: basic values; last row: reduced costs
        self.pivots = 0
        self.refreshed = 0
        self._refresh()
        self.feasible = self._find_vertex()

    def maximise(self, objective: np.ndarray) -> Optimum:
        """Optimum of one objective, from the vertex where the previous program ended.

        Stops at an iteration limit on numerically hopeless data; the duals are then merely less good.
        """
        if self.pivots - self.refreshed > REFRESH:
            self._refresh()
        self._price(objective)
        table = self.tableau
        for _ in range(50 * (self.rows + self.columns)):
            q = int(np.argmax(table[-1, :-1]))
            if not table[-1, q] > OPTIMAL:
                break
            column, values = table[:-1, q], table[:-1, -1]
            room = np.where(column > 0, values, values - self.upper[self.basis])
            steps = np.full(self.rows, np.inf)
            np.divide(room, column, out=steps, where=np.abs(column) > PIVOT)
            r = int(np.argmin(steps))
            if steps[r] >= self.upper[self.nonbasis[q]]:
                self._flip_column(q)
            else:
                if column[r] < 0:
                    self._flip_row(r)
                self._pivot(r, q)
        return self._optimum(objective)

    def _optimum(self, objective: np.ndarray) -> Optimum:
        slack = self.nonbasis >= self.columns
        duals = np.zeros(self.rows)
        duals[self.nonbasis[slack] - self.columns] = np.maximum(-self.tableau[-1, :-1][slack], 0.0)
        point = np.zeros(self.rows + self.columns)
        point[self.basis] = self.tableau[:-1, -1]
        point = point[: self.columns]
        point = np.where(self.flipped[: self.columns], self.upper[: self.columns] - point, point)
        return Optimum(float(objective @ point), point, duals)

    def _find_vertex(self) -> bool:
        """Dual simplex from the slack basis, minimising a generic positive combination of the variables."""
        self._price(np.random.default_rng(1).uniform(-2.0, -1.0, size=(self.columns,)))
        table = self.tableau
        for _ in range(50 * (self.rows + self.columns)):
            values = table[:-1, -1]
            violation = np.maximum(-values, values - self.upper[self.basis])
            r = int(np.argmax(violation))
            if violation[r] <= OPTIMAL:
                return True
            if values[r] > 0:
                self._flip_row(r)
            entries = table[r, :-1]
            ratios = np.full(self.columns, np.inf)
            np.divide(table[-1, :-1], entries, out=ratios, where=entries < -PIVOT)
            q = int(np.argmin(ratios))
            if not np.isfinite(ratios[q]):
                return False
            self._pivot(r, q)
        return False

    def _price(self, objective: np.ndarray) -> None:
        costs = np.zeros(self.rows + self.columns)
        costs[: self.columns] = np.where(self.flipped[: self.columns], -objective, objective)
        self.tableau[-1] = -costs[self.basis] @ self.tableau[:-1]
        self.tableau[-1, :-1] += costs[self.nonbasis]

    def _pivot(self, r: int, q: int) -> None:
        table = self.tableau
        row = table[r] / table[r, q]
        column = table[:, q].copy()
        inverse = 1.0 / column[r]
        column[r] = 0.0
        table -= np.multiply.outer(column, row)
        table[:, q] = -inverse * column
        row[q] = inverse
        table[r] = row
        self.basis[r], self.nonbasis[q] = self.nonbasis[q], self.basis[r]
        self.pivots += 1

    def _flip_row(self, r: int) -> None:
        variable = self.basis[r]
        self.tableau[r] *= -1.0
        self.tableau[r, -1] += self.upper[variable]
        self.flipped[variable] ^= True

    def _flip_column(self, q: int) -> None:
        variable = self.nonbasis[q]
        self.tableau[:, -1] -= self.upper[variable] * self.tableau[:, q]
        self.tableau[:, q] *= -1.0
        self.flipped[variable] ^= True
        self.pivots += 1

    def _refresh(self) -> None:
        at_upper = np.flatnonzero(self.flipped)
        signed = np.where(self.flipped, -self.matrix, self.matrix)
        values = self.limits - self.matrix[:, at_upper] @ self.upper[at_upper]
        right = np.hstack([signed[:, self.nonbasis], values[:, None]])
        self.tableau[:-1] = np.linalg.solve(signed[:, self.basis], right)
        self.refreshed = self.pivots
