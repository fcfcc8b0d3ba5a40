"""The streams of instances that feed the statements of feature_purification: closed forms first, then random ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from constructions.feature_purification import InitialLaw, SparseLaw, spaces
from constructions.feature_purification.pairs import PUBLISHED, PairInstance
from constructions.instance import Instance
from constructions.space import Space
from theorems.statement import Family

Make = Callable[[], Any]


def _listed(name: str, law: str, makers: Sequence[Make]) -> Family:
    def draw(_: np.random.Generator, index: int) -> Instance:
        made: Instance = makers[index]()
        return made

    return Family(name, "structured", law, draw, quick=len(makers), full=len(makers))


def _ball(space: Space, name: str, law: str, quick: int, full: int, **fixed: Any) -> Family:
    """Draws from a space with some parameters fixed."""

    def draw(generator: np.random.Generator, _: int) -> Instance | None:
        return space.instance(space.draw(generator, fixed))

    return Family(name, "random", f"{law}; {space.law}", draw, quick, full)



def _exact(numbers: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(number) for number in numbers.split())


pure_oracles = _listed(
    "pure_oracles",
    "noise-free points of pure networks, at and around the radii where the branches of D meet",
    [
        *[partial(spaces.pure_point, "1/5", ["4/5"] * 3, [0] * 6, t) for t in ("1/2", "6/5", "601/500", "3/2", "3")],
        *[partial(spaces.pure_point, "1/5", ["4/5"] * 3, [0] * 3, tau) for tau in ("6/5", "2/5")],
        *[partial(spaces.pure_point, "1/5", ["4/5"], [], tau) for tau in ("2/5", "4/5", "1", "6/5", "3")],
        *[partial(spaces.pure_point, "1/4", [1] * 4, [0] * 5, tau) for tau in ("1/2", "1", "3/2", "2")],
        partial(spaces.pure_point, "1/10", [1, "1/20"], [], "1/2"),
        partial(spaces.pure_point, "1/5", [1] * 2, ["1/5", "-1/5"], "1/2"),
        partial(spaces.pure_point, 0, [1] * 2, [0] * 2, "1/2"),
        partial(spaces.pure_point, "1/5", [1] * 4, ["1/10", "-1/10", 0], "1", 3),
    ],
)
shallow_pure = _listed(
    "shallow_pure",
    "noise-free points of pure networks within the first branch; the last one closes a gate",
    [partial(spaces.pure_point, b, [1] * a, [0] * rest, tau) for b, a, rest, tau in (
        ("1/5", 1, 0, "2/5"), ("1/5", 1, 3, "1/3"), ("1/5", 4, 5, "4/5"), ("1/4", 4, 12, "1"), ("1/2", 9, 3, "2"),
        ("1/5", 3, 6, "1/2"), ("1/3", 2, 2, "7/8"), ("1/10", 5, 5, "2/5"),
        ("1/5", 1, 0, "3/2"))],
)  # fmt: skip
cube_oracles = _listed(
    "cube_oracles",
    "pure networks under perturbations of the largest coordinate, below and above the dead zone",
    [partial(spaces.pure_point, b, [1] * a, noise, tau, 1, 0) for b, a, noise, tau in (
        ("1/5", 3, [0] * 3, "1/10"), ("1/5", 3, [0] * 3, "1/5"), ("1/5", 3, ["1/10", "-1/10", 0], "1/10"),
        ("1/5", 3, [0] * 3, "1/2"), ("1/5", 2, ["1/10", "-1/5"], "3/2"), (0, 2, [0], "1/2"))],
)  # fmt: skip
shallow_cube = _listed(
    "shallow_cube",
    "the same while no inactive gate opens and no active one closes",
    [partial(spaces.pure_point, b, [1] * a, noise, tau, 1, 0) for b, a, noise, tau in (
        ("1/5", 3, [0] * 3, "1/10"), ("1/5", 3, [0] * 3, "1/5"), ("1/5", 3, ["1/10", "-1/10", 0], "1/10"),
        ("1/2", 1, [0], "1/2"))],
)  # fmt: skip
mixture_oracles = _listed(
    "mixture_oracles",
    "alpha e_j + beta 1 in every neuron: dense enough to be broken along 1, or hardly dense",
    [partial(spaces.mixture_point, d, plus, minus, alpha, beta, b, tau) for d, plus, minus, alpha, beta, b, tau in (
        (4, 2, 1, 1, "1/10", "1/5", "1/2"), (4, 2, 1, 1, "1/4", "1/5", "1/2"), (9, 2, 1, 1, "1/9", "1/5", "1/3"),
        (9, 3, 2, 1, "1/5", "1/5", "1/2"), (9, 2, 1, 1, "1/100", "1/5", "1/10"), (4, 1, 0, 1, "-1/10", "1/5", "1/2"),
        (4, 1, 2, 1, "1/4", "1/10", "1/3"), (16, 2, 1, 1, "1/10", "1/5", "3/4"), (16, 3, 2, 1, "1/16", 0, "1/4"),
        (4, 2, 1, 1, 1, "1/10", 2))],
)  # fmt: skip
dense_mixtures = _listed(
    "dense_mixtures",
    "the same with mixtures and radii at which the bound along 1 is not positive",
    [partial(spaces.mixture_point, d, plus, minus, 1, beta, b, tau) for d, plus, minus, beta, b, tau in (
        (9, 2, 1, "1/4", "1/5", "1/2"), (16, 2, 1, "1/5", "1/5", "1/2"), (16, 3, 2, "1/5", "1/5", "1/3"),
        (25, 2, 1, "1/5", "1/10", "2/5"), (25, 1, 2, "1/5", "1/10", "2/5"))],
)  # fmt: skip
kink_networks = _listed(
    "kink_networks",
    "one neuron and radii at which the least value is at a closed gate",
    [partial(spaces.small_network, 1, 1, (Fraction(1),), (Fraction(1, 5),), (Fraction(1),), (Fraction(1),),
             Fraction(tau)) for tau in ("4/5", "17/20", "9/10", "1")],
)  # fmt: skip
dead_networks = _listed(
    "dead_networks",
    "networks that are 0 around the point: all gates closed, or every weight zero",
    [
        partial(spaces.small_network, 2, 2, (Fraction(1), Fraction(0), Fraction(0), Fraction(1)),
                (Fraction(9),) * 2, (Fraction(1),) * 2, (Fraction(1), Fraction(1)), Fraction(1)),
        partial(spaces.small_network, 2, 1, (Fraction(0), Fraction(0)), (Fraction(0),), (Fraction(1),),
                (Fraction(1), Fraction(1)), Fraction(1)),
    ],
)  # fmt: skip
light_oracles = _listed(
    "light_oracles",
    "light data of the reference experiments, with and without a margin",
    [partial(SparseLaw.of, "light", d, k, gap, 0) for d, k, gap in (
        (2, 1, 0), (3, 1, "99/100"), (5, 2, "1/2"), (8, 3, 0), (20, 5, "99/100"), (256, 5, "99/100"), (256, 5, 0),
        (256, 8, "99/100"), (512, 5, "99/100"))],
)  # fmt: skip
lotteries = _listed(
    "lotteries",
    "m = 2d neurons in up to 1000 dimensions",
    [partial(InitialLaw, d, 2 * d, c0, "1/2") for d in (64, 128, 256, 512, 1000) for c0 in ("1/100", "1/10")],
)

SHIPPED = ("light_256_5", "scale_256_20")


def _pair(generator: np.random.Generator, index: int) -> Instance:
    if index < len(SHIPPED):
        return PairInstance.load(PUBLISHED / f"{SHIPPED[index]}.npz")
    from constructions.trained.feature_purification.pair import REFERENCE, train_pair

    return train_pair(REFERENCE["light_256_5"], int(generator.integers(2**31)))


trained_pairs = Family(
    "trained_pairs",
    "trained",
    "the pairs of trainings that ship with the library, then pairs trained anew (d = 256, k = 5); each is judged on "
    "5000 fresh points",
    _pair,
    quick=len(SHIPPED),
    full=len(SHIPPED) + 1,
)

program_networks = _listed(
    "program_networks",
    "a few small networks for which the semidefinite program is solved",
    [
        *[partial(spaces.mixture_point, d, 2, 1, 1, beta, "1/5", "1/4") for d, beta in ((3, "1/10"), (4, "1/4"))],
        *[partial(spaces.pure_point, "1/5", [1] * 3, [0] * 3, tau) for tau in ("1/2", "6/5")],
        *[partial(spaces.small_network, 2, 3, _exact(w), _exact("1/5 1/10 0"), _exact("1 1/2 2"), _exact("1 1/2"),
                  Fraction(1, 3))
          for w in ("3 0 0 1/4 1 1", "1 1 1 -1 1/10 0", "2 1 0 0 1 -2", "1 0 0 1 4 4")],
    ],
)  # fmt: skip

pure_points = _ball(spaces.pure_points, "pure_ball", "Euclidean ball", 60, 600, flat=0)
pure_cubes = _ball(spaces.pure_points, "pure_cube", "largest coordinate", 40, 400, flat=1)
light_points = _ball(spaces.light_points, "light_ball", "Euclidean ball", 40, 400, flat=0)
mixtures = Family.of(spaces.mixtures, quick=60, full=600)
small_networks = Family.of(spaces.small_networks, quick=120, full=2000)
weight_pairs = Family.of(spaces.weight_pairs, quick=40, full=400)
purified_pairs = Family.of(spaces.purified_pairs, quick=30, full=200)
light_laws = Family.of(spaces.light_laws, quick=40, full=400)
initial_laws = Family.of(spaces.initial_laws, quick=40, full=400)
