"""Hypothesis strategies for feature purification: networks and points valid by construction, degenerate ones first."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from constructions.feature_purification import PurificationInstance, SparseLaw, spaces
from constructions.instance import exact_array


def _entries(low: int, high: int) -> st.SearchStrategy[Fraction]:
    """Fractions of small denominator, whole numbers first: ties and kinks are then common."""
    return st.fractions(low, high, max_denominator=8)


@st.composite
def small_networks(
    draw: st.DrawFn, *, max_dimension: int = 2, max_width: int = 6, max_radius: int = 50, norm: int = 2
) -> PurificationInstance:
    """Small rational networks at one point: zero rows, b = 0, points on a gate and radii far beyond the weights."""
    d, m = draw(st.integers(1, max_dimension)), draw(st.integers(1, max_width))
    weights = [draw(st.lists(_entries(-3, 3), min_size=d, max_size=d)) for _ in range(m)]
    if draw(st.booleans()):
        weights[0] = [Fraction(0)] * d
    biases = [Fraction(0)] * m if draw(st.booleans()) else draw(st.lists(_entries(0, 2), min_size=m, max_size=m))
    outputs = draw(st.lists(st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(3)]), min_size=m, max_size=m))
    x = draw(st.lists(_entries(-3, 3), min_size=d, max_size=d))
    radius = draw(st.one_of(_entries(0, 2), _entries(2, max_radius)))
    return spaces.small_network(
        d, m, tuple(w for row in weights for w in row), tuple(biases), tuple(outputs), tuple(x), radius, norm,
        draw(st.sampled_from([1, -1])),
    )  # fmt: skip


@st.composite
def pure_points(draw: st.DrawFn, *, max_dimension: int = 4, norm: int = 2) -> PurificationInstance:
    """Pure networks at points with active, closed and borderline coordinates of both signs."""
    bias = draw(_entries(0, 1))
    d = draw(st.integers(1, max_dimension))
    heights = draw(st.lists(st.fractions(Fraction(1, 8), 2, max_denominator=8), min_size=1, max_size=d))
    rest = d - len(heights)
    shares = draw(st.lists(_entries(-1, 1), min_size=rest, max_size=rest))
    tau = draw(st.fractions(Fraction(1, 16), 4, max_denominator=16))
    return spaces.pure_point(bias, heights, [share * bias for share in shares], tau, draw(st.integers(1, 2)), norm)


@st.composite
def light_laws(draw: st.DrawFn, *, max_dimension: int = 6) -> SparseLaw:
    """Light laws small enough to be enumerated, with margins at and between the attainable ones."""
    d = draw(st.integers(2, max_dimension))
    k = draw(st.integers(1, d))
    gap = draw(st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(99, 100), Fraction(1), Fraction(6, 5)]))
    law = SparseLaw.of("light", d, k, exact_array(gap), 0)
    return law if law.least_count <= d else SparseLaw.of("light", d, k, 0, 0)
