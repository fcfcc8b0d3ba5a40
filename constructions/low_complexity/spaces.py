"""Spaces of laws and models of low complexity: every point is an exact rational instance."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from constructions.feature_purification import FAMILIES, SparseLaw
from constructions.instance import exact_array, fractions_of
from constructions.low_complexity.gates import drawn_gates, gates_of
from constructions.low_complexity.instance import MAXIMUM, LowInstance, indicator, light, simulated
from constructions.low_complexity.menus import MenuInstance, cutting_planes
from constructions.low_complexity.polynomials import interpolating, septic
from constructions.space import Integer, Parameter, Real, Reals, Seed, Space

Numbers = tuple[Fraction, ...]

SWITCH = Integer(0, 1)
_GAP, _TAU = Real(0, "3/2"), Real(0, 1)


def two_scales(d: int, k: int, heavy: Any, radius: Any, gap: Any = "3/10", noise: Any = 0, **model: Any) -> LowInstance:
    """A model under the law of two magnitudes."""
    return LowInstance(radius=radius, family=FAMILIES.index("two"), dimension=d, sparsity=k, gap=gap, noise=noise,
                       heavy=heavy, **model)  # fmt: skip


def _linear(d: int, k: int, noisy: int, gap: Fraction, tau: Fraction, w: Numbers) -> LowInstance:
    return light(d, min(k, d), tau, gap, Fraction(noisy, 10), weights=exact_array(w))


def _maximum(d: int, k: int, gap: Fraction, tau: Fraction, w: Numbers) -> LowInstance:
    return light(d, min(k, d), tau, gap, 0, weights=exact_array(w), norm=MAXIMUM)


def _affine(d: int, k: int, gap: Fraction, tau: Fraction, w: Numbers, w0: Fraction) -> LowInstance:
    return light(d, min(k, d), tau, gap, 0, weights=exact_array(w), intercept=str(w0))


def _quadratic(d: int, root: int, gap: Fraction, tau: Fraction, w: Numbers, w0: Fraction, q: Numbers) -> LowInstance:
    matrix = np.full((d, d), Fraction(0), dtype=object)
    below = np.tril_indices(d)
    matrix[below] = q
    matrix[below[::-1]] = q
    return light(
        d, min(root**2, d), tau, gap, 0, weights=exact_array(w), intercept=str(w0), quadratic=exact_array(matrix)
    )


def _set(d: int, k: int, size: int, gap: Fraction, noise: Fraction, tau: Fraction) -> LowInstance:
    return light(d, min(k, d), tau, gap, noise, weights=indicator(d, min(size, d)))


def _drawn(
    d: int, k: int, size: int, seed: int, gap: Fraction, noise: Fraction, tau: Fraction, step: Fraction
) -> LowInstance:
    """The generator of the draws comes from all parameters: a search that moves one of them gets new draws."""
    weights = exact_array([1 + step * j / size if j < min(size, d) else 0 for j in range(d)])
    instance = light(d, min(k, d), tau, gap, noise, weights=weights)
    return simulated(instance, 20_000, np.random.default_rng([seed, int(instance.digest[:15], 16)]))


def _law(d: int, k: int, gap: Fraction, noise: Fraction, tau: Fraction) -> LowInstance:
    return light(d, min(k, d), tau, gap, noise)


def _cosine(d: int, k: int, gap: Fraction, noise: Fraction, tau: Fraction, c: Fraction) -> LowInstance:
    return light(d, min(k, d), tau, gap, noise, cosine=str(c))


def _odd(d: int, k: int, gap: Fraction, tau: Fraction, c: Numbers) -> LowInstance:
    return light(d, min(k, d), tau, gap, 0, coefficients=exact_array(c))


def _hermite(k: int, quintic: int) -> LowInstance:
    coefficients = (Fraction(0), Fraction(k + 1), Fraction(-k)) if quintic else septic(k)
    return two_scales(4 * k, k, 1, "1/10", coefficients=exact_array(coefficients))


def _nodes(s: int, conditions: int, steps: Numbers) -> LowInstance:
    squares = list(itertools.accumulate(Fraction(1, 50) + step for step in steps))
    own = (interpolating(squares), interpolating(squares, flat=False), (Fraction(0),) * 2)[conditions]
    return LowInstance(radius=0, squares=exact_array(squares), coefficients=exact_array(own))


def octaves(s: int) -> LowInstance:
    """The polynomial of degree 4s - 1 at magnitudes 1, 1/2, ..., 2^(1 - s)."""
    squares = [Fraction(1, 4**power) for power in range(s - 1, -1, -1)]
    return LowInstance(radius=0, squares=exact_array(squares), coefficients=exact_array(interpolating(squares)))


def _reference(tau: Fraction) -> LowInstance:
    return light(256, 5, tau)


def scale_free(tau: Any, **model: Any) -> LowInstance:
    """A model under the scale-free law of the reference experiments: d = 256, k = 20, gap 4/5, noise 1/10."""
    return LowInstance.under(SparseLaw.of("scale", 256, 20, gap="4/5"), tau, **model)


def _reference_quintic(tau: Fraction) -> LowInstance:
    return light(256, 5, tau, noise=0, coefficients=[0, 1, -2])


def _near_quintic(
    d: int, k: int, gap: Fraction, tau: Fraction, c1: Fraction, c3: Fraction, c5: Fraction, c7: Fraction
) -> LowInstance:
    return light(d, k, tau, gap, 0, coefficients=exact_array((c1, c3, c5, c7)))


def _heavy(h: Fraction) -> LowInstance:
    return LowInstance(radius=0, heavy=str(h))


def sample(n: int, d: int, seed: int, maximum: int, tau: Fraction, w: Numbers) -> LowInstance:
    """A labelled sample with entries -2..2, a tenth of the labels of sign sum_j x_j turned, and a linear classifier."""
    generator = np.random.default_rng(np.random.SeedSequence([seed, n, d]))
    points = generator.integers(-2, 3, (n, d))
    labels = np.where(points.sum(axis=1) > 0, 1, -1) * np.where(generator.random(n) < 0.1, -1, 1)
    return LowInstance(
        radius=str(tau), norm=MAXIMUM if maximum else 2, points=points, labels=labels, weights=exact_array(w)
    )


def _dimension(p: Any) -> int:
    return p["d"]


def menu_of(points: np.ndarray, labels: np.ndarray, tau: Fraction, **more: Any) -> MenuInstance:
    """A sample with the moves that need no model and keep rationals: none, and by tau against one coordinate each."""
    exact = fractions_of(points)
    n, d = exact.shape
    moved = [exact]
    for j in range(d):
        step = np.full((n, d), Fraction(0), dtype=object)
        step[:, j] = [-int(y) * tau for y in labels]
        moved.append(exact + step)
    return MenuInstance(
        radius=str(tau), points=points, labels=labels, attacked=exact_array(np.concatenate(moved)),
        owners=np.tile(np.arange(n), d + 1), **more,
    )  # fmt: skip


def all_exponents(d: int, degree: int) -> np.ndarray:
    """Exponents (t, d) of all monomials of total degree at most `degree`."""
    ranges = itertools.product(range(degree + 1), repeat=d)
    return np.array([powers for powers in ranges if sum(powers) <= degree], dtype=np.int64)


def _menu(n: int, d: int, degree: int, seed: int, tau: Fraction, f: Numbers) -> MenuInstance:
    own = sample(n, d, seed, 0, tau, (Fraction(0),) * d)
    model = {"exponents": all_exponents(d, degree), "factors": exact_array(f)}
    return menu_of(own.points, own.labels, tau, degree=degree, **model)


def monomials(d: int, degree: int, seed: int) -> MenuInstance:
    """Whole points on which odd products of power sums are as independent as they can be, and three monomials."""
    generator = np.random.default_rng(np.random.SeedSequence([seed, d, degree]))
    points = generator.integers(-20, 21, (64, d))
    totals = generator.integers(1, degree + 1, 3)
    exponents = np.array([generator.multinomial(total, np.ones(d) / d) for total in totals])
    return MenuInstance(degree=degree, radius=0, points=points, labels=np.ones(64, dtype=np.int64), attacked=points[:0],
                        owners=np.zeros(0, dtype=np.int64), exponents=exponents, factors=[1, 1, 1])  # fmt: skip


def drawn_menu(law: SparseLaw, count: int, degree: int, seed: int, tau: Any) -> MenuInstance:
    """Fresh draws of a noise-free law, and the menu on which odd symmetric polynomials of a degree do worst."""
    drawn = law.sample(count, np.random.default_rng(np.random.SeedSequence([seed, count])))
    root = float(law.k) ** 0.5
    return cutting_planes(drawn.points, drawn.labels, degree, tau, root, sparsity=str(law.k)).instance


GATE_LAW = SparseLaw.of("light", 64, 5, gap="99/100")
SCALE_FREE = SparseLaw.of("scale", 256, 20, gap="4/5", noise=0)


def _scale_menu(half: int, seed: int, tau: Fraction) -> MenuInstance:
    return drawn_menu(SCALE_FREE, 120, 2 * half + 1, seed, tau)


def wide_menu(log_k: int, half: int, seed: int) -> MenuInstance:
    """k = 2^log_k, d = 4k, at the radius 2/3 of the light magnitude, rounded down."""
    k = 2**log_k
    tau = Fraction(math.isqrt(2**20 * 4 * k // 9), 2**10 * k)
    law = SparseLaw.of("scale", 4 * k, k, gap="4/5", noise=0)
    return drawn_menu(law, 100, 2 * half + 1, seed, tau)


_SMALL = {"d": Integer(1, 5), "k": Integer(1, 5)}
_WEIGHTS = Reals(-1, 1, _dimension)
_LARGE = {"d": Integer(1, 300, log=True), "k": Integer(1, 40, log=True)}

linear = Space(
    "linear",
    {**_SMALL, "noisy": SWITCH, "gap": _GAP, "tau": _TAU, "w": _WEIGHTS},
    _linear,
    note="light data in up to 5 dimensions, k at most d, noise 0 or 1/10, any linear classifier, l2",
)
maximum = Space(
    "maximum",
    {**_SMALL, "gap": _GAP, "tau": _TAU, "w": _WEIGHTS},
    _maximum,
    note="noise-free light data in up to 5 dimensions, any linear classifier, maximum norm",
)
affine = Space(
    "affine",
    {**_SMALL, "gap": _GAP, "tau": _TAU, "w": _WEIGHTS, "w0": Real(-1, 1)},
    _affine,
    note="noise-free light data in up to 5 dimensions, any affine classifier, l2",
)
quadratic = Space(
    "quadratic",
    {
        "d": Integer(1, 4),
        "root": Integer(1, 2),
        "gap": _GAP,
        "tau": _TAU,
        "w": _WEIGHTS,
        "w0": Real(-1, 1),
        "q": Reals(-1, 1, lambda p: p["d"] * (p["d"] + 1) // 2),
    },
    _quadratic,
    note="noise-free light data in up to 4 dimensions, k = root^2, any polynomial of degree two, l2",
)
sets = Space(
    "sets",
    {**_LARGE, "size": Integer(1, 300, log=True), "gap": _GAP, "noise": Real(0, "1/4"), "tau": Real(0, "1/2")},
    _set,
    note="light data, the classifier 1_T of a set T of up to `size` coordinates",
)
_DRAWN: dict[str, Parameter] = {
    "d": Integer(2, 64, log=True),
    "k": Integer(1, 8),
    "size": Integer(1, 64, log=True),
    "seed": Seed(),
    "gap": Real(0, 1),
    "noise": Real(0, "1/4"),
    "tau": Real(0, "1/2"),
}
drawn_sets = Space(
    "drawn_sets",
    _DRAWN,
    partial(_drawn, step=Fraction(0)),
    note="light data, the classifier 1_T of a set T of up to `size` coordinates, counted on 20000 draws",
)
drawn_ramps = Space(
    "drawn_ramps",
    {**_DRAWN, "step": Real(-2, 2)},
    _drawn,
    note="light data, weights 1 + step j/size for j < size and 0 beyond, counted on 20000 draws",
)
laws = Space(
    "laws",
    {**_LARGE, "gap": _GAP, "noise": Real(0, "1/4"), "tau": Real(0, "1/2")},
    _law,
    note="light data and a radius",
)
cosines = Space(
    "cosines",
    {**_LARGE, "gap": _GAP, "noise": Real(0, "1/4"), "tau": Real(0, "1/2"), "c": Real(-1, 1)},
    _cosine,
    note="light data, a radius and a cosine",
)
odd = Space(
    "odd",
    {
        "d": Integer(1, 300, log=True),
        "k": Integer(1, 12),
        "gap": _GAP,
        "tau": Real(0, "1/2"),
        "c": Reals(-2, 2, lambda p: 3),
    },
    _odd,
    note="noise-free light data and the odd polynomial c_1 p_1 + c_3 p_3 + c_5 p_5 of its power sums",
)
hermite = Space(
    "hermite",
    {"k": Integer(2, 1000, log=True), "quintic": SWITCH},
    _hermite,
    note="two magnitudes 1/sqrt(k) and 1; the polynomial of degree 5 or 7 that interpolates the identity there",
)
nodes = Space(
    "nodes",
    {"s": Integer(1, 6), "conditions": Integer(0, 2), "steps": Reals(0, 1, lambda p: p["s"])},
    _nodes,
    note="up to six magnitudes; an odd polynomial with their values and slopes 0, their values alone, or the zero one",
)
reference = Space(
    "reference",
    {"tau": Real("1/10", "3/10")},
    _reference,
    note="light data with d = 256, k = 5, gap 99/100, noise 1/10",
)
reference_quintic = Space(
    "reference_quintic",
    {"tau": Real("1/10", "3/10")},
    _reference_quintic,
    note="noise-free light data with d = 256, k = 5, gap 99/100, and sum_j x_j^3 - 2 x_j^5",
)
scale_reference = Space(
    "scale_reference",
    {"tau": Real("1/10", "3/10")},
    scale_free,
    note="scale-free data with d = 256, k = 20, gap 4/5, noise 1/10",
)
near_reference = Space(
    "near_reference",
    {
        "d": Integer(128, 256),
        "k": Integer(4, 5),
        "gap": Real("1/2", "99/100"),
        "noise": Real(0, "1/10"),
        "tau": Real("1/10", "3/10"),
    },
    _law,
    note="light data up to the corner d = 256, k = 5, gap 99/100, noise 1/10",
)
near_quintic = Space(
    "near_quintic",
    {
        "d": Integer(128, 256),
        "k": Integer(4, 5),
        "gap": Real("1/2", "99/100"),
        "tau": Real("1/10", "3/10"),
        "c1": Real(-1, 0),
        "c3": Real(0, 1),
        "c5": Real(-2, 0),
        "c7": Real(0, 1),
    },
    _near_quintic,
    note="noise-free light data and polynomials up to the corner d = 256, k = 5, gap 99/100, sum_j x_j^3 - 2 x_j^5",
)
heavy = Space("heavy", {"h": Real(0, 8)}, _heavy, note="heavy mass h, infinitely many light coordinates")
samples = Space(
    "samples",
    {"n": Integer(1, 12), "d": Integer(1, 4), "seed": Seed(), "maximum": SWITCH, "tau": _TAU, "w": _WEIGHTS},
    sample,
    note="n points with entries -2..2, a tenth of the labels turned, and a linear classifier",
)

menus = Space(
    "menus",
    {
        "n": Integer(1, 6), "d": Integer(1, 3), "degree": Integer(1, 3), "seed": Seed(), "tau": _TAU,
        "f": Reals(-1, 1, lambda p: math.comb(p["d"] + p["degree"], p["degree"])),
    },
    _menu,
    note="n points with entries -2..2, moves by tau against one coordinate, and any polynomial of the degree",
)  # fmt: skip
classes = Space(
    "classes",
    {"d": Integer(1, 6), "degree": Integer(1, 9), "seed": Seed()},
    monomials,
    note="64 points with entries -20..20 and three monomials",
)
scale_menus = Space(
    "scale_menus",
    {"half": Integer(0, 2), "seed": Seed(), "tau": Real("3/20", "1/5")},
    _scale_menu,
    note="120 draws of noise-free scale-free data with d = 256, k = 20, gap 4/5, and a menu found by cutting planes",
)

wide_menus = Space(
    "wide_menus",
    {"log_k": Integer(2, 6), "half": Integer(0, 3), "seed": Seed()},
    wide_menu,
    note="100 draws of noise-free scale-free data with k = 2^log_k, d = 4k, radius 2/3 of the light magnitude",
)
gates = Space(
    "gates",
    {
        "n": Integer(1, 6), "d": Integer(1, 3), "width": Integer(1, 3), "seed": Seed(), "tau": _TAU,
        "bias": Real(0, 2), "ramp": Real(0, 2), "v": Reals(-1, 1, lambda p: p["d"] * p["width"]),
    },
    gates_of,
    note="n points with entries -2..2, moves by tau against one coordinate, drawn multipliers, any model of the gates",
)  # fmt: skip
gate_pairs = Space(
    "gate_pairs",
    {"seed": Seed(), "tau": Real("1/4", "3/10")},
    lambda seed, tau: drawn_gates(GATE_LAW, 100, 64, seed, tau, 1).instance,
    note="100 draws of light data with d = 64, k = 5, gap 99/100, noise 1/10, 64 gates, a menu found by cutting planes",
)

SPACES: tuple[Space, ...] = (
    linear, maximum, affine, quadratic, sets, laws, cosines, odd, hermite, reference, reference_quintic,
    scale_reference, near_reference, near_quintic, heavy, samples, drawn_sets,
    drawn_ramps, nodes, menus, classes, scale_menus, wide_menus, gates, gate_pairs,
)  # fmt: skip
