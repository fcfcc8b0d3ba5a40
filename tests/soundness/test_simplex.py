"""The shared-constraint simplex method against another solver, on random and on degenerate polytopes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from verifiers.simplex import SharedPolytope


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 6), st.integers(1, 10), st.integers(0, 10**6))
def test_simplex_agrees_with_another_solver(columns, rows, seed):
    generator = np.random.default_rng(seed)
    matrix = generator.integers(-3, 4, (rows, columns)).astype(float)
    limits, upper = generator.integers(-2, 4, rows).astype(float), generator.integers(1, 4, columns).astype(float)
    polytope = SharedPolytope(matrix, limits, upper)
    box = [(0, value) for value in upper]
    assert polytope.feasible == (linprog(np.zeros(columns), matrix, limits, bounds=box).status == 0)
    for objective in generator.integers(-3, 4, (5, columns)).astype(float):
        if polytope.feasible:
            found = polytope.maximise(objective)
            best = -linprog(-objective, matrix, limits, bounds=box).fun
            assert found.value == pytest.approx(best, abs=1e-6)
            slack = np.maximum(objective - found.duals @ matrix, 0)
            assert found.duals.min() >= 0 and found.duals @ limits + upper @ slack == pytest.approx(best, abs=1e-6)
