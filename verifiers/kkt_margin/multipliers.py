"""Least squares for the multipliers of a network given by its weights: lambda >= 0, and 0 <= mu <= lambda at kinks.

Everything is in units where samples have length one: lambda and mu are scaled by |x~_i|. A unit is a neuron, or several
that share their subgradients; w / v of its neurons, averaged with weights v^2, is to equal sum_i mu_i y_i x~_i. Given
the active sets, the kinks of each unit are eliminated by projection, and one least-squares problem for lambda remains.
Solutions are feasible; how good they are is for the caller to evaluate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

ROUNDS = 12
"""Active sets tried in a row; each round drops what the last solution made negative and ties what exceeded lambda."""

BOUND = 1e-6
"""An interior-point solution this close to a bound, relative to the largest multiplier, is read as lying on it."""

PROGRAM = 20_000
"""Kinks up to which the quadratic program is set up; beyond it, active sets alone must do."""

Solution = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Problem:
    """samples y_i x~_i / |x~_i| (n, r), lengths |x~_i| (n,); per unit: targets (u, r), roots of the weights (u,), gates
    (u, n) and kinks (u, n); side (s, n) and right (s,) hold the equations that involve lambda alone."""

    samples: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray
    roots: np.ndarray
    gates: np.ndarray
    kinks: np.ndarray
    side: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, network: Any, gates: np.ndarray, kinks: np.ndarray, members: np.ndarray) -> Problem:
        """The problem of a `verifiers.kkt_margin.residual.Network` in float64; members (m,) are units of neurons."""
        lengths = np.sqrt(network.point_squares)
        points, weights = network.points / lengths[:, None], network.weights
        if points.shape[1] > points.shape[0]:
            basis, triangle = np.linalg.qr(points.T)
            points, weights = triangle.T, weights @ basis
        units = int(members.max(initial=-1)) + 1
        outputs = network.outputs
        mass = np.bincount(members, weights=outputs**2, minlength=units)
        targets = np.zeros((units, weights.shape[1]))
        np.add.at(targets, members, outputs[:, None] * weights)
        first = np.unique(members, return_index=True)[1]
        live = mass > 1e-24 * mass.max(initial=0.0)
        targets[live] /= mass[live, None]
        pull = np.maximum(network.activations, 0.0) * (network.labels / lengths)
        pull, right = _reduced(pull, outputs)
        size = np.sqrt(network.neuron_squares.sum())
        slack = np.diag(size * (network.margins - 1.0))
        return cls(
            points * network.labels[:, None],
            lengths,
            targets,
            np.where(live, np.sqrt(mass), 0.0),
            gates[first],
            kinks[first] & live[:, None],
            np.concatenate([pull, slack]),
            np.concatenate([right, np.zeros(len(slack))]),
        )

    def solutions(self, multipliers: np.ndarray | None = None) -> Iterator[Solution]:
        """Feasible (lambda (n,), mu (u, n)); mu counts at kinks only. With `multipliers` lambda is not moved."""
        if multipliers is not None:
            lam = multipliers * self.lengths
            yield self._scaled(lam, self._bounded(lam))
            return
        close = False
        for lam, mu, settled in self._active_sets(self.gates, self.kinks, np.ones(len(self.lengths), dtype=bool)):
            yield self._scaled(lam, mu)
            close = settled and self._misfit(lam, mu) <= 1e-10 * float(np.linalg.norm(self.right))
        if close or self.kinks.sum() > PROGRAM:
            return
        program = self._program()
        if program is not None:
            lam, mu = program
            yield self._scaled(lam, mu)
            low, top = BOUND * lam.max(initial=0.0), lam - BOUND * lam.max(initial=0.0)
            tied = self.kinks & (mu >= top)
            free = self.kinks & (mu > low) & ~tied
            for again in self._active_sets(np.where(tied, 1.0, self.gates), free, lam > low):
                yield self._scaled(*again[:2])

    def _scaled(self, lam: np.ndarray, mu: np.ndarray) -> Solution:
        lam = np.maximum(lam, 0.0)
        return lam / self.lengths, np.clip(mu, 0.0, lam) / self.lengths

    def _misfit(self, lam: np.ndarray, mu: np.ndarray) -> float:
        rows = np.where(self.kinks, mu, self.gates * lam)
        missing = self.roots[:, None] * (self.targets - rows @ self.samples)
        return float(np.sqrt((missing**2).sum() + ((self.side @ lam - self.right) ** 2).sum()))

    def _active_sets(
        self, gates: np.ndarray, free: np.ndarray, support: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
        """Least-squares solutions on a sequence of active sets; the last one may be feasible as it stands."""
        gates = np.where(self.kinks & ~free & (gates != 1.0), 0.0, gates)
        for _ in range(ROUNDS):
            lam, mu = self._solve(gates, free, support)
            noise = 1e-12 * np.abs(lam).max(initial=0.0)
            negative, low, high = lam < -noise, free & (mu < -noise), free & (mu > lam + noise)
            settled = not (negative.any() or low.any() or high.any())
            yield lam, mu, settled
            if settled:
                return
            support = support & ~negative
            gates = np.where(high & ~low, 1.0, np.where(low, 0.0, gates))
            free = free & ~low & ~high

    def _solve(self, gates: np.ndarray, free: np.ndarray, support: np.ndarray) -> Solution:
        """lambda and mu of least misfit with these gates fixed and these kinks free, signs ignored."""
        blocks, rights = [self.side[:, support]], [self.right]
        for unit in np.flatnonzero(self.roots > 0).tolist():
            block = (self.samples * gates[unit][:, None])[support].T
            right = self.targets[unit]
            if free[unit].any():
                basis = _range(self.samples[free[unit]].T)
                block, right = block - basis @ (basis.T @ block), right - basis @ (basis.T @ right)
            blocks.append(self.roots[unit] * block)
            rights.append(self.roots[unit] * right)
        lam, mu = np.zeros(len(self.lengths)), np.zeros(gates.shape)
        lam[support] = np.linalg.lstsq(np.concatenate(blocks), np.concatenate(rights), rcond=1e-13)[0]
        for unit in range(len(gates)):
            inside = free[unit]
            rest = self.targets[unit] - (gates[unit] * lam * ~inside) @ self.samples
            if inside.any():
                mu[unit, inside] = np.linalg.lstsq(self.samples[inside].T, rest, rcond=1e-13)[0]
        return lam, np.where(free, mu, gates * lam)

    def _bounded(self, lam: np.ndarray) -> np.ndarray:
        """mu of least misfit in [0, lambda] for fixed lambda, unit by unit."""
        from scipy.optimize import lsq_linear

        mu = np.zeros(self.kinks.shape)
        for unit in range(len(mu)):
            inside = self.kinks[unit] & (lam > 0)
            if inside.any():
                rest = self.targets[unit] - (self.gates[unit] * lam * ~self.kinks[unit]) @ self.samples
                mu[unit, inside] = lsq_linear(self.samples[inside].T, rest, (0.0, lam[inside]), tol=1e-14).x
        return mu

    def _program(self) -> Solution | None:
        """The same minimum as a quadratic program with all bounds, by an interior-point method."""
        import clarabel
        from scipy import sparse

        n, (units, rank) = len(self.lengths), self.targets.shape
        unit, sample = np.nonzero(self.kinks)
        kinks, side = len(unit), len(self.right)
        columns = np.arange(n + kinks)
        fixed = np.where(self.kinks, 0.0, self.gates) * self.roots[:, None]
        blocks = [sparse.csc_matrix(self.side)]
        blocks += [sparse.csc_matrix((self.samples * fixed[k][:, None]).T) for k in range(units)]
        entries = (self.roots[unit, None] * self.samples[sample]).reshape(-1)
        equation = (side + unit[:, None] * rank + np.arange(rank)).reshape(-1)
        moving = sparse.csc_matrix((entries, (equation, np.repeat(np.arange(kinks), rank))),
                                   shape=(side + units * rank, kinks))  # fmt: skip
        equations = sparse.hstack([sparse.vstack(blocks), moving])
        right = np.concatenate([self.right, (self.roots[:, None] * self.targets).reshape(-1)])
        rows, size = len(right), n + kinks
        signs = np.concatenate([np.ones(kinks), -np.ones(kinks)])
        places = (np.tile(np.arange(kinks), 2), np.concatenate([n + np.arange(kinks), sample]))
        below = sparse.csc_matrix((signs, places), shape=(kinks, size))
        positive = sparse.csc_matrix((-np.ones(size), (columns, columns)), shape=(size, size))
        bounds = sparse.hstack([sparse.vstack([positive, below]), sparse.csc_matrix((size + kinks, rows))])
        matrix = sparse.vstack([sparse.hstack([equations, -sparse.identity(rows)]), bounds]).tocsc()
        cost = sparse.diags(np.concatenate([np.zeros(size), np.ones(rows)])).tocsc()
        settings = clarabel.DefaultSettings()
        settings.verbose, settings.max_threads = False, 1
        solver = clarabel.DefaultSolver(
            cost, np.zeros(size + rows), matrix, np.concatenate([right, np.zeros(size + kinks)]),
            [clarabel.ZeroConeT(rows), clarabel.NonnegativeConeT(size + kinks)], settings)  # fmt: skip
        found = np.array(solver.solve().x)
        if found.shape != (size + rows,) or not np.all(np.isfinite(found)):
            return None
        lam, mu = np.maximum(found[:n], 0.0), np.zeros(self.kinks.shape)
        mu[unit, sample] = np.clip(found[n:size], 0.0, lam[sample])
        return lam, mu


def _reduced(matrix: np.ndarray, right: np.ndarray) -> Solution:
    """An equivalent least-squares system with at most n + 1 rows."""
    if len(matrix) <= matrix.shape[1] + 1:
        return matrix, right
    triangle: np.ndarray = np.linalg.qr(np.column_stack([matrix, right]), mode="r")  # type: ignore[assignment]
    return triangle[:, :-1], triangle[:, -1]


def _range(matrix: np.ndarray) -> np.ndarray:
    """Orthonormal basis of the column space (r, rank)."""
    left, singular, _ = np.linalg.svd(matrix, full_matrices=False)
    return left[:, singular > 1e-12 * singular.max(initial=0.0)]
