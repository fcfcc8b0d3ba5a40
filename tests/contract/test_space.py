"""Spaces: laws, corners, vectors, texts, and strategies that follow from one declaration."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import parabola
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions.instance import InvalidInstance
from constructions.space import Integer, Real, Reals, Seed, Space, format_value, parse_value
from constructions.strategies import points_of

MIXED = Space(
    "mixed",
    {
        "n": Integer(1, 4),
        "d": Integer(2, 64, log=True),
        "seed": Seed(),
        "r": Real("1/3", 2),
        "c": Reals(-1, 1, lambda p: p["n"]),
    },
    lambda **point: None,
)


@settings(max_examples=50)
@given(points_of(MIXED))
def test_points_are_inside_and_survive_their_text(point) -> None:
    MIXED.check(point)
    assert {name: parse_value(MIXED, name, format_value(value)) for name, value in point.items()} == point


@settings(max_examples=50)
@given(points_of(MIXED))
def test_vectors_carry_the_real_parameters(point) -> None:
    vector = MIXED.vector(point)
    assert vector.tolist() == [float(point["r"]), *map(float, point["c"])]
    low, high = MIXED.bounds(point)
    assert low.tolist() == [1 / 3, *[-1.0] * point["n"]] and high.tolist() == [2.0, *[1.0] * point["n"]]
    again = MIXED.point(point, vector)
    MIXED.check(again)
    assert again["n"] == point["n"] and abs(again["r"] - point["r"]) < Fraction(1, 10**15)
    batch = MIXED.batch(point, np.vstack([vector, vector]))
    assert batch["c"].shape == (2, point["n"]) and batch["r"].tolist() == [float(point["r"])] * 2


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_draws_are_inside_and_repeat_with_their_generator(seed) -> None:
    point = MIXED.draw(np.random.default_rng(seed))
    MIXED.check(point)
    assert MIXED.draw(np.random.default_rng(seed)) == point
    assert MIXED.draw(np.random.default_rng(seed), fixed={"n": 3, "r": Fraction(1)})["n"] == 3


def test_logarithmic_sizes_are_uniform_on_their_scale() -> None:
    generator, size = np.random.default_rng(0), Integer(1, 1023, log=True)
    octaves = np.bincount([int(np.log2(size.draw(generator))) for _ in range(5000)], minlength=10)
    assert octaves.min() > 400 and octaves.max() < 600


def test_corners_go_from_small_to_large_and_include_the_ends() -> None:
    corners = list(MIXED.corners())
    for point in corners:
        MIXED.check(point)
    assert corners[0]["n"] == 1 and corners[-1]["n"] == 4
    assert {point["r"] for point in corners} == {Fraction(1, 3), Fraction(7, 6), Fraction(2)}


@pytest.mark.parametrize(
    ("name", "text", "needle"),
    [("m", "1", "no parameter m"), ("n", "1.5", "whole number"), ("r", "x", "like 1/3"), ("c", "1/0", "like 1/3")],
)
def test_unreadable_parameters_are_refused_in_one_line(name, text, needle) -> None:
    with pytest.raises(InvalidInstance, match=needle):
        parse_value(MIXED, name, text)


@pytest.mark.parametrize(
    ("change", "needle"), [({"n": 9}, "outside"), ({"r": Fraction(3)}, "outside"), ({"c": ()}, "entries")]
)
def test_points_outside_the_space_are_refused(change, needle) -> None:
    point = MIXED.draw(np.random.default_rng(0), fixed={"n": 2}) | change
    with pytest.raises(InvalidInstance, match=needle):
        MIXED.check(point)


def test_the_law_names_every_parameter() -> None:
    assert MIXED.law == (
        "n uniform on 1..4; d log-uniform on 2..64; seed uniform on the 32-bit integers; r uniform on [1/3, 2]; "
        "c independent, uniform on [-1, 1]"
    )
    assert parabola.line.instance({"x": Fraction(1, 2)}) == parabola.Place(["1/2"])
