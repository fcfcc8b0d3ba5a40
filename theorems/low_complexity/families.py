"""Streams of laws and models: small ones with rational numbers, sets of coordinates, solved ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

import numpy as np

from constructions.feature_purification import SparseLaw
from constructions.instance import Instance, exact_array
from constructions.low_complexity import (
    GateInstance,
    LowInstance,
    cutting_planes,
    drawn_gates,
    indicator,
    light,
    septic,
    simulated,
    spaces,
)
from constructions.low_complexity.spaces import two_scales
from theorems.statement import Family

Make = Callable[[], Instance]


def _family(name: str, law: str, points: Sequence[Make]) -> Family:
    def draw(_: np.random.Generator, index: int) -> Instance:
        return points[index]()

    return Family(name, "structured", law, draw, quick=len(points), full=len(points))


def _set(d: int, k: int, size: int, tau: str, gap: str = "99/100", noise: str = "1/10", **more: object) -> LowInstance:
    return light(d, k, tau, gap, noise, weights=indicator(d, size), **more)


def _weighted(d: int, k: int, weights: Sequence[object], tau: str, gap: str = "0", **more: object) -> LowInstance:
    return light(d, k, tau, gap, 0, weights=exact_array(weights), **more)


small_sets = _family(
    "small_sets",
    "noise-free light data in 5 and 6 dimensions, classifiers 1_T near the bounds",
    [
        partial(_set, 5, 5, 5, "39/40", "3/2", "0"),
        partial(_set, 6, 1, 1, "39/40", "0", "0"),
        partial(_set, 5, 5, 4, "7/8", "1/2", "0"),
        partial(_set, 6, 1, 3, "17/40", "0", "0"),
        partial(_set, 1, 1, 1, "1/2", "0", "0"),
        partial(_set, 2, 2, 2, "0", "0", "0"),
        partial(_set, 3, 2, 2, "1/2", "1", "0"),
    ],
)
reference_sets = _family(
    "reference_sets",
    "light data, d = 256, k = 5, gap 99/100, noise 1/10: the best 1_T and w* at four radii",
    [
        *[partial(_set, 256, 5, size, tau) for size, tau in ((256, "1/10"), (8, "3/20"), (4, "1/5"), (3, "1/4"))],
        *[partial(_set, 256, 5, 256, tau) for tau in ("3/20", "1/5", "1/4")],
    ],
)
intercepts = _family(
    "intercepts",
    "noise-free light data: linear classifiers with an intercept that alone is right half of the time",
    [
        partial(_weighted, 3, 1, ["1/10", 0, 0], "1/2", intercept="1"),
        partial(_weighted, 4, 2, [1, 1, 1, 1], "3/2", "1/2", intercept="10"),
        partial(_weighted, 2, 1, [0, 0], "1/2", intercept="1"),
        partial(_weighted, 1, 1, [1], "1/2", intercept="-3/4"),
    ],
)
quadratics = _family(
    "quadratics",
    "noise-free light data: quadratics that are nearly a constant, and an indefinite one",
    [
        partial(_weighted, 2, 1, [1, 1], "3/2", intercept="20", quadratic=[[1, 0], [0, 1]]),
        partial(_weighted, 3, 1, [1, 1, 1], "1/4", "1/2", intercept="0", quadratic=[[0, 1, 0], [1, 0, 0], [0, 0, -1]]),
        partial(_weighted, 1, 1, [0], "1/4", intercept="1/2", quadratic=[[1]]),
    ],
)
doubled_weights = _family(
    "doubled_weights",
    "noise-free light data in 3 and 5 dimensions, classifiers with weights 1 and 2 (or 2 and 3)",
    [
        partial(_weighted, 3, 2, [1, 1, 2], "17/20", "1"),
        partial(_weighted, 3, 1, [1, 1, 2], "3/4"),
        partial(_weighted, 5, 4, [1, 1, 1, 2, 2], "3/4", "3/2"),
        partial(_weighted, 5, 2, [2, 2, 3, 3, 3], "19/20", "3/2"),
    ],
)
small_maximum = _family(
    "small_maximum",
    "noise-free light data, maximum norm, classifiers 1_T",
    [
        partial(_set, 5, 5, 5, "2/5", "3/2", "0", norm=0),
        partial(_set, 6, 1, 1, "39/40", "0", "0", norm=0),
        partial(_set, 6, 1, 6, "1/8", "0", "0", norm=0),
        partial(_set, 4, 2, 2, "1/4", "1/2", "0", norm=0),
    ],
)
references = _family(
    "references",
    "light data, d = 256, k = 5, gap 99/100, noise 1/10, at radii 1/5 and 1/4",
    [partial(light, 256, 5, tau) for tau in ("1/5", "1/4")],
)
reference_quintics = _family(
    "reference_quintics",
    "noise-free light data, d = 256, k = 5, gap 99/100; f = sum_j x_j^3 - 2 x_j^5",
    [partial(light, 256, 5, tau, noise=0, coefficients=[0, 1, -2]) for tau in ("3/20", "1/5")],
)


def _septic(k: int, radius: str, d: int, gap: str) -> LowInstance:
    return two_scales(d, k, 1, radius, gap, coefficients=exact_array(septic(k)))


low_degrees = _family(
    "low_degrees",
    "noise-free laws: degree 5 on one magnitude, degree 7 on two (d = 1024, k = 16, h = 1)",
    [
        partial(light, 256, 5, "1/5", noise=0, coefficients=[0, 1, -2]),
        partial(_septic, 16, "1/10", 1024, "99/100"),
    ],
)


def _direction(d: int, k: int, tau: str, gap: str, noise: str) -> LowInstance:
    return light(d, k, tau, gap, noise)


directions = _family(
    "directions",
    "light data at radii where few coordinates do better than all",
    [
        partial(_direction, 256, 5, "3/20", "99/100", "1/10"),
        partial(_direction, 6, 1, "17/40", "0", "0"),
    ],
)


def _solved(generator: np.random.Generator, index: int) -> LowInstance:
    from verifiers.low_complexity.hinge import best_weights

    size, d, maximum = 4 + 4 * (index % 3), 1 + index % 3, index % 2
    instance = spaces.sample(size, d, int(generator.integers(2**32)), maximum, "1/2", (0,) * d)  # type: ignore[arg-type]
    return LowInstance(**(instance.arrays() | {"weights": best_weights(instance)}))


solved_samples = Family(
    "solved_samples",
    "solved",
    "labelled samples of 4 to 12 points; the classifier of least robust hinge risk that a "
    "conic solver finds, in l2 and the maximum norm in turn",
    _solved,
    quick=6,
    full=60,
)

DRAWS = 20_000
_SIMULATED: tuple[Callable[[], LowInstance], ...] = (
    partial(_set, 64, 5, 64, "3/20"),
    partial(_set, 64, 5, 64, "1/5"),
    partial(_set, 64, 5, 4, "1/5"),
    partial(_set, 40, 3, 40, "1/5", "1/2", "1/4"),
    partial(_weighted, 5, 3, [1, "1/2", -1, 2, 0], "1/5", "1/2"),
    partial(_weighted, 4, 2, [1, 1, 1, 1], "1/5", intercept="1/3"),
    partial(_weighted, 4, 2, [1, 2, 1, 0], "1/8", "1", norm=0),
)


def _simulated(generator: np.random.Generator, index: int) -> LowInstance:
    return simulated(_SIMULATED[index % len(_SIMULATED)](), DRAWS, generator)


simulations = Family(
    "simulations",
    "random",
    f"{DRAWS} independent draws from light laws, counted by a linear classifier",
    _simulated,
    quick=len(_SIMULATED),
    full=5 * len(_SIMULATED),
)


def _dense(generator: np.random.Generator, index: int) -> LowInstance:
    """A classifier without two equal weights: w* disturbed, or a Gaussian direction leaning towards it."""
    d, tau = (64, "3/10") if index % 2 else (128, "1/4")
    lean = (0.0, 0.5, 2.0)[index % 3]
    weights = generator.normal(size=d) / np.sqrt(d) * np.exp(generator.normal(size=d)) + lean / np.sqrt(d)
    return simulated(light(d, 5, tau, weights=weights), DRAWS, generator)


dense_draws = Family(
    "dense_draws",
    "random",
    f"{DRAWS} independent draws from light data, d = 64 or 128, counted by classifiers with no two equal weights",
    _dense,
    quick=6,
    full=60,
)
scale_references = _family(
    "scale_references",
    "scale-free data, d = 256, k = 20, gap 4/5, noise 1/10, at radii 1/5 and 1/4",
    [partial(spaces.scale_free, tau) for tau in ("1/5", "1/4")],
)


def _scale_drawn(generator: np.random.Generator, index: int) -> LowInstance:
    """w*, sets of coordinates, and weights without two equal ones, at three radii in turn."""
    size = (256, 16, 4)[index % 3]
    weights = indicator(256, size) if index % 4 else np.exp(generator.normal(size=256) / 2)
    return simulated(spaces.scale_free(("1/5", "1/4", "3/10")[index // 3 % 3], weights=weights), DRAWS, generator)


scale_draws = Family(
    "scale_draws",
    "random",
    f"{DRAWS} independent draws from scale-free data, d = 256, k = 20, gap 4/5, counted by a linear classifier",
    _scale_drawn,
    quick=9,
    full=36,
)

linears = Family.of(spaces.linear, quick=60, full=2000)
affines = Family.of(spaces.affine, quick=40, full=2000)
maxima = Family.of(spaces.maximum, quick=40, full=2000)
forms = Family.of(spaces.quadratic, quick=20, full=1000)
sets = Family.of(spaces.sets, quick=30, full=1000)
cosines = Family.of(spaces.cosines, quick=150, full=4000)
laws = Family.of(spaces.laws, quick=20, full=500)
hermites = Family.of(spaces.hermite, quick=40, full=400)
nodes = Family.of(spaces.nodes, quick=60, full=600)
octaves = _family(
    "octaves", "one to eight magnitudes 1, 1/2, 1/4, ...", [partial(spaces.octaves, s) for s in range(1, 9)]
)
heavies = Family.of(spaces.heavy, quick=20, full=200)
samples = Family.of(spaces.samples, quick=20, full=300)

symmetric_classes = _family(
    "symmetric_classes",
    "as many coordinates as the degree, 1 to 9: whole points and three monomials",
    [partial(spaces.monomials, degree, degree, 0) for degree in (1, 3, 5, 7, 9)],
)


def _overfitted() -> Instance:
    """x_1 - x_2 is right on (1, 0) and (0, 1) with opposite labels, where every symmetric polynomial has one value."""
    points, labels = np.array([[1, 0], [0, 1]]), np.array([1, -1])
    own = {"degree": 1, "exponents": [[1, 0], [0, 1]], "factors": [2, -2]}
    return spaces.menu_of(points, labels, Fraction(1, 4), **own)


def _solved_menu(count: int, d: int, degree: int) -> Instance:
    own = spaces.sample(count, d, count, 0, "1/2", (0,) * d)  # type: ignore[arg-type]
    return cutting_planes(own.points.astype(np.float64), own.labels, degree, "1/2", 1.0).instance


overfitted = _family("overfitted", "two points with opposite labels that trade coordinates", [_overfitted])
solved_menus = Family(
    "solved_menus",
    "solved",
    "12 points in 3 dimensions, menus by cutting planes, the symmetric polynomial of degree 1 or 3 that does best",
    lambda generator, index: _solved_menu(12 + index, 3, 1 + 2 * (index % 2)),
    quick=6,
    full=40,
)


def _wide_menu(generator: np.random.Generator, index: int) -> Instance:
    log_k, half = ((3, 0), (3, 1), (4, 1), (5, 1), (4, 2), (5, 2), (6, 2), (6, 3))[index % 8]
    return spaces.wide_menu(log_k, half, int(generator.integers(2**32)))


wide_menus = Family(
    "wide_menus",
    "random",
    "100 draws of noise-free scale-free data, k = 2^log_k, d = 4k, radius 2/3 of the light magnitude",
    _wide_menu,
    quick=6,
    full=24,
)
menus = Family.of(spaces.menus, quick=40, full=1000)
classes = Family.of(spaces.classes, quick=20, full=300)


def _scale_menu(generator: np.random.Generator, index: int) -> Instance:
    degree, tau = (5, 3, 1)[index % 3], ("3/20", "1/5")[index // 3 % 2]
    return spaces.drawn_menu(spaces.SCALE_FREE, 120, degree, int(generator.integers(2**32)), tau)


scale_menus = Family(
    "scale_menus",
    "random",
    "120 draws of noise-free scale-free data, d = 256, k = 20, gap 4/5, radius 3/20 or 1/5; degree 5, 3, 1 in turn",
    _scale_menu,
    quick=3,
    full=18,
)


def _line(point: int, menu: Sequence[str], multipliers: Sequence[str], value: str) -> GateInstance:
    """One point on the line with label 1 and one gate in unit direction, open beyond 1/8; a menu in [0, 2]."""
    return GateInstance(
        radius=1, points=[[point]], labels=[1], attacked=exact_array([[own] for own in menu]), owners=[0] * len(menu),
        directions=[[1]], bias=0, ramp="1/8", multipliers=exact_array(multipliers), values=exact_array([[value]]),
    )  # fmt: skip


gate_lines = _family(
    "gate_lines",
    "one point on the line, one gate: where the bound is attained, and multipliers that are not allowed",
    [
        partial(_line, 1, ["1/2"], ["1"], "1"),
        partial(_line, 0, ["1/4"], ["1"], "1"),
        partial(_line, 1, ["1"], ["1"], "0"),
        partial(_line, 1, ["1"], ["2"], "0"),
        partial(_line, 1, ["1", "2"], ["2", "-1"], "1"),
    ],
)
crowded_gates = Family(
    "crowded_gates",
    "solved",
    "100 draws of light data in 4 dimensions, two gates, radius 2/5: the best model of norm 2 on a menu",
    lambda generator, index: drawn_gates(
        SparseLaw.of("light", 4, 2, gap="1/2"), 100, 2, int(generator.integers(2**32)), "2/5", 2, rounds=2
    ).instance,
    quick=3,
    full=20,
)
gates = Family.of(spaces.gates, quick=60, full=1000)


def _solved_gates(generator: np.random.Generator, index: int) -> GateInstance:
    """Full multipliers at the even places: those of the least moment."""
    small = SparseLaw.of("light", 8, 3, gap="1/2")
    return drawn_gates(small, 12, 6, int(generator.integers(2**32)), "1/4", "1/2", full=not index % 2).instance


solved_gates = Family(
    "solved_gates",
    "solved",
    "12 draws of light data in 8 dimensions, 6 gates, radius 1/4: a menu by cutting planes, the best model of norm 1/2",
    _solved_gates,
    quick=4,
    full=40,
)
gate_pairs = Family(
    "gate_pairs",
    "random",
    "100 draws of light data, d = 64, k = 5, gap 99/100, noise 1/10, 64 random gates, radius 1/4, norm 1",
    lambda generator, index: drawn_gates(spaces.GATE_LAW, 100, 64, int(generator.integers(2**32)), "1/4", 1).instance,
    quick=2,
    full=12,
)
