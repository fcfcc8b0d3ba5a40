"""Hypothesis strategies for kernels of wide networks: valid by construction, degenerate geometry first."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from constructions.instance import exact_array
from constructions.ntk_features import KernelInstance, SpectralInstance, spaces


def _entries(low: int, high: int) -> st.SearchStrategy[Fraction]:
    """Fractions of small denominator, whole numbers first: equal, parallel and opposite points are then common."""
    return st.fractions(low, high, max_denominator=4)


@st.composite
def kernel_instances(
    draw: st.DrawFn, *, max_points: int = 4, max_dimension: int = 3, max_depth: int = 3,
    min_ridge: Fraction = Fraction(0),
) -> KernelInstance:  # fmt: skip
    """Points, perhaps repeated, opposite, on one ray or 0, with queries, any parametrisation, a ridge."""
    n, d = draw(st.integers(1, max_points)), draw(st.integers(1, max_dimension))
    row = st.lists(_entries(-2, 2), min_size=d, max_size=d)
    points = [draw(row) for _ in range(n)]
    if n > 1 and draw(st.booleans()):
        factor = draw(st.sampled_from([Fraction(1), Fraction(-1), Fraction(2), Fraction(0)]))
        points[-1] = [factor * value for value in points[0]]
    labels = draw(st.lists(st.sampled_from([1, -1]), min_size=n, max_size=n))
    return KernelInstance(
        points=exact_array(points), labels=labels, depth=draw(st.integers(0, max_depth)),
        weight_variance=str(draw(st.sampled_from([Fraction(2), Fraction(1), Fraction(3, 2)]))),
        bias_variance=str(draw(st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(1)]))),
        divisor=draw(st.sampled_from([1, d])), kind=draw(st.sampled_from([1, 0])),
        ridge=str(min_ridge + draw(_entries(0, 1))), queries=exact_array([draw(row), draw(row)]),
    )  # fmt: skip


@st.composite
def spectral_instances(draw: st.DrawFn, *, max_points: int = 4) -> SpectralInstance:
    """Rational spectra with orthonormal eigenvectors: degenerate eigenvalues, labels along few of them."""
    n = draw(st.integers(1, max_points))
    mirrors = [draw(st.lists(st.integers(-3, 3).map(Fraction), min_size=n, max_size=n)) for _ in range(2)]
    values = sorted(draw(st.lists(st.integers(1, 6).map(Fraction), min_size=n, max_size=n)), reverse=True)
    vectors = spaces.reflected(mirrors, n)
    along = draw(st.lists(st.integers(-2, 2).map(Fraction), min_size=n, max_size=n))
    labels = vectors @ np.array(along, dtype=object)
    return SpectralInstance(vectors=exact_array(vectors), eigenvalues=exact_array(values), labels=exact_array(labels),
                            ridge="1/2", time=str(draw(_entries(0, 2))))  # fmt: skip
