"""Hypothesis strategies for dimpled manifolds: networks, runs and students valid by construction, degenerate first."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from constructions.dimpled_manifold import MislabelledInstance, NetworkInstance, spaces
from constructions.instance import exact_array


def _entries(low: int, high: int) -> st.SearchStrategy[Fraction]:
    """Fractions of small denominator, whole numbers first: ties and kinks are then common."""
    return st.fractions(low, high, max_denominator=8)


@st.composite
def flat_networks(draw: st.DrawFn, *, max_width: int = 4, max_codimension: int = 3) -> NetworkInstance:
    """Rational networks at one point of P: dead neurons, ties, codimension 1, and reflected subspaces."""
    m, p, codimension = draw(st.integers(1, max_width)), draw(st.integers(1, 2)), draw(st.integers(1, max_codimension))
    size = p + codimension
    rows = [draw(st.lists(_entries(-3, 3), min_size=size, max_size=size)) for _ in range(m)]
    outputs = draw(st.lists(_entries(-2, 2), min_size=m, max_size=m))
    point = draw(st.lists(_entries(-2, 2), min_size=p, max_size=p))
    biases = draw(st.one_of(st.none(), st.lists(_entries(-1, 1), min_size=m, max_size=m)))
    return spaces.flat_network(p, codimension, rows, outputs, [point], biases, draw(st.integers(0, 1)))


@st.composite
def students(draw: st.DrawFn, *, max_size: int = 4) -> MislabelledInstance:
    """Students of up to four points with positive ridge, duplicates and zero points included."""
    n, p = draw(st.integers(1, max_size)), draw(st.integers(1, 3))
    points = [draw(st.lists(_entries(-2, 2), min_size=p, max_size=p)) for _ in range(n)]
    labels = draw(st.lists(st.sampled_from([1, -1]), min_size=n, max_size=n))
    tests = [draw(st.lists(_entries(-2, 2), min_size=p, max_size=p)) for _ in range(2)]
    ridge = draw(st.fractions(Fraction(1, 8), 2, max_denominator=8))
    return MislabelledInstance(points=exact_array(points), labels=labels, tests=exact_array(tests),
                               ridge=exact_array(ridge), epsilon=exact_array(draw(_entries(0, 8))))  # fmt: skip
