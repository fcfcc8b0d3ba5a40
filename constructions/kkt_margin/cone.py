"""The max-margin problem over a given list of activation patterns: a convex program, and the KKT points it yields.

A neuron is a sign S and a pattern D in {0,1}^n; its vector u has  (2 D_i - 1) <u, x~_i> >= 0  and contributes
S D_i <u, x~_i> to N(x_i). The program minimises the sum of |u| subject to margins >= 1. In coordinates F with
F F^T = G (`coordinates`, at most n columns) its size does not depend on the dimension of the data.

A restricted optimum is a KKT point of the max-margin problem if 0 <= mu <= lambda at every active cone row of every
nonzero neuron, where  mu = lambda D + S y alpha (2 D - 1)  from the multipliers lambda, alpha. The module `restricted`
tests this, adds the pattern with the offending bit flipped where it fails, and solves again.

`reference_program` is the same program in cvxpy, readable, in whatever coordinates it is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from constructions.kkt_margin.algebra import NoPoint

ZERO = 1e-6  # neurons shorter than this fraction of the longest are read as absent
PRICE = 1e-8  # a neuron whose price exceeds 1 by more than this may still improve the optimum
ROUNDS = 60  # of generating neurons
DIRECT = 24  # neurons that are solved in one program; more are generated as needed


@dataclass(frozen=True)
class Optimum:
    """Solution of the program: objective, vectors u (P, k), multipliers lambda (n,), cone multipliers alpha (P, n)."""

    objective: float
    vectors: np.ndarray
    multipliers: np.ndarray
    cone_multipliers: np.ndarray


def coordinates(gram: np.ndarray) -> np.ndarray:
    """F (n, k) with F F^T = G by eigendecomposition, k the numerical rank: singular G (simplex, n > d) is welcome."""
    values, vectors = np.linalg.eigh(gram)
    keep = values > 1e-12 * max(float(values[-1]), 0.0)
    return vectors[:, keep] * np.sqrt(values[keep])


def reference_program(samples: np.ndarray, labels: np.ndarray, signs: np.ndarray, patterns: np.ndarray) -> Optimum:
    """The program in cvxpy, in the given coordinates (n, d) of the lifted samples: one matrix variable."""
    import cvxpy

    vectors = cvxpy.Variable((len(signs), samples.shape[1]))
    values = vectors @ samples.T
    outputs = cvxpy.sum(cvxpy.multiply(signs[:, None] * patterns, values), axis=0)
    margins = cvxpy.multiply(labels, outputs) >= 1
    cones = cvxpy.multiply(2 * patterns - 1, values) >= 0
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum(cvxpy.norm(vectors, 2, axis=1))), [margins, cones])
    problem.solve(solver=cvxpy.CLARABEL)
    if vectors.value is None:
        raise NoPoint(f"the program over {len(signs)} neurons has no solution ({problem.status})")
    return Optimum(float(problem.value), vectors.value, margins.dual_value, cones.dual_value)


def solve_program(
    samples: np.ndarray, labels: np.ndarray, signs: np.ndarray, patterns: np.ndarray, *, direct: int = DIRECT
) -> Optimum:
    """The program in coordinates (n, k), handed to the conic solver without a modelling layer.

    Beyond `direct` neurons, those that matter are generated: neuron p can improve the optimum of a subset only if the
    projection of  S sum_l lambda_l y_l D_l x~_l  onto its cone is longer than 1, which is a least-squares question.
    Its multipliers alpha come from the same projection. Stops when no neuron exceeds 1 by more than `PRICE`.
    """
    scale = float(np.sqrt((samples**2).sum() / len(samples)))
    unit = samples / scale
    if len(signs) <= direct:
        used = np.arange(len(signs))
        found = _conic(unit, labels, signs, patterns, None)
        alphas = found.cone_multipliers
    else:
        used, found, alphas = _generated(unit, labels, signs, patterns, direct)
    vectors = np.zeros((len(signs), samples.shape[1]))
    vectors[used] = found.vectors / scale
    return Optimum(found.objective / scale, vectors, found.multipliers / scale, alphas / scale)


def _generated(unit, labels, signs, patterns, batch):
    """Column generation with an elastic margin, whose price grows until no slack is used."""
    from constructions.kkt_margin.cone_pricing import prices

    penalty = 1e2
    lengths, _ = prices(unit, labels, signs, patterns, np.ones(len(labels)))
    used = np.sort(np.argsort(-lengths)[:batch])
    for attempt in range(ROUNDS):
        found = _conic(unit, labels, signs[used], patterns[used], penalty)
        lengths, alphas = prices(unit, labels, signs, patterns, found.multipliers)
        fresh = np.setdiff1d(np.flatnonzero(lengths > 1 + PRICE), used)
        if not fresh.size:
            slack = labels * (signs[used] @ (patterns[used] * (found.vectors @ unit.T))) < 1 - 1e-6
            if not slack.any():
                alphas[used] = found.cone_multipliers
                return used, found, alphas
            if penalty > 1e6:
                raise NoPoint(f"the program over {len(signs)} neurons has no solution (margin of sample "
                              f"{int(np.argmax(slack))} cannot be reached)")
            penalty *= 100
        if attempt < ROUNDS // 2:  # neurons at zero whose price is clearly below 1 leave
            longest = np.linalg.norm(found.vectors, axis=1)
            used = used[(longest > ZERO * longest.max()) | (lengths[used] > 0.999)]
        used = np.sort(np.concatenate([used, fresh[np.argsort(-lengths[fresh])[:batch]]]))
    raise NoPoint(f"the program over {len(signs)} neurons was not solved in {ROUNDS} rounds of generating neurons")


def _conic(unit, labels, signs, patterns, penalty: float | None) -> Optimum:
    """One interior-point solve; with a penalty, margins may be missed at that price per unit."""
    import clarabel
    from scipy import sparse

    (n, k), p = unit.shape, len(signs)
    row, column = np.repeat(np.arange(n), k), np.tile(np.arange(k), n)
    neuron = np.repeat(np.arange(p), n * k)
    entries = np.broadcast_to(unit, (p, n, k))
    gates = -(labels * signs[:, None] * patterns)[:, :, None] * entries
    walls = -(2.0 * patterns - 1.0)[:, :, None] * entries
    place, every = neuron * k + np.tile(column, p), np.tile(row, p)
    slack = n if penalty is not None else 0
    walls_end = n + p * n + slack
    heads = walls_end + np.arange(p) * (k + 1)
    tails = (heads[:, None] + 1 + np.arange(k)).ravel()
    extra = p * k + p + np.arange(slack)
    parts = [
        (gates.ravel(), every, place),
        (walls.ravel(), n + neuron * n + every, place),
        (-np.ones(p), heads, p * k + np.arange(p)),
        (-np.ones(p * k), tails, np.arange(p * k)),
        (-np.ones(slack), np.arange(slack), extra),
        (-np.ones(slack), n + p * n + np.arange(slack), extra),
    ]
    values, rows, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    filled = values != 0
    shape = (walls_end + p * (k + 1), p * k + p + slack)
    matrix = sparse.csc_matrix((values[filled], (rows[filled], columns[filled])), shape=shape)
    bound = np.zeros(shape[0])
    bound[:n] = -1.0
    cost = np.concatenate([np.zeros(p * k), np.ones(p), np.full(slack, penalty or 0.0)])
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-10
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix((shape[1], shape[1])), cost, matrix, bound,
        [clarabel.NonnegativeConeT(walls_end)] + [clarabel.SecondOrderConeT(k + 1)] * p, settings,
    )
    solution = solver.solve()
    if str(solution.status) not in ("Solved", "AlmostSolved", "InsufficientProgress"):
        raise NoPoint(f"the program over {p} neurons has no solution ({solution.status})")
    found, dual = np.array(solution.x), np.array(solution.z)
    return Optimum(float(found[p * k:p * k + p].sum()), found[:p * k].reshape(p, k), dual[:n],
                   dual[n:n + p * n].reshape(p, n))
