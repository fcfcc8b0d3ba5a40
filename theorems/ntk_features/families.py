"""Streams of kernels, spectra and networks: oracles in closed form, points of spaces, and the sharp cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from constructions.instance import Instance, exact_array
from constructions.ntk_features import (
    AngleInstance,
    CircleInstance,
    DistillInstance,
    KernelInstance,
    MatrixPair,
    SpectralInstance,
    StepInstance,
    TransferInstance,
    WidthInstance,
    spaces,
)
from theorems.statement import Family

Make = Callable[[], Instance]


def _family(name: str, law: str, points: Sequence[Make]) -> Family:
    def draw(_: np.random.Generator, index: int) -> Instance:
        return points[index]()

    return Family(name, "structured", law, draw, quick=len(points), full=len(points))


def _unit(points: Sequence[Any], labels: Sequence[int], **more: Any) -> KernelInstance:
    return KernelInstance(points=exact_array(points), labels=list(labels), **more)


# ------------------------------------------------------------------ kernels on data

_CROSS = [[1, 0], [0, 1], [-1, 0], [0, -1]]
_OFF = [["3/5", "4/5"], ["-5/13", "12/13"]]

kernel_oracles = _family(
    "ntk_oracles",
    "two orthogonal points, four points of a square, points with a bias and divisor 3; depths 1 to 3",
    [
        partial(_unit, [[1, 0], [0, 1]], [1, -1], queries=exact_array(_OFF[:1])),
        partial(_unit, _CROSS, [1, -1, 1, 1], queries=exact_array(_OFF)),
        partial(_unit, _CROSS, [1, 1, -1, -1], depth=2, queries=exact_array(_OFF)),
        partial(_unit, [[1, 2, 3], [-1, 0, 2], [1, 1, 1]], [1, -1, 1], depth=2, divisor=3, bias_variance="1/100",
                queries=exact_array([[0, 1, 0]])),
        partial(_unit, [[1, 0], ["3/5", "4/5"], [0, 1]], [1, -1, 1], depth=3, kind=0, queries=exact_array(_OFF[1:])),
        partial(_unit, [["3/5", "4/5"], ["5/13", "12/13"], ["8/17", "15/17"], ["-7/25", "24/25"]], [1, -1, 1, -1],
                depth=3, queries=exact_array([[1, 0], ["-4/5", "3/5"]])),
    ],
)  # fmt: skip
rounded_points = _family(
    "ntk_rounded",
    "points whose cosine with themselves is rounded: the plain recursion drifts there; divisors 2 and 3",
    [
        partial(_unit, [["1/3", "2/3"], ["-1/7", "3/7"], ["5/11", "1/11"]], [1, -1, 1], divisor=2, depth=depth,
                bias_variance=bias, queries=exact_array([[1, 1]]))
        for depth, bias in ((1, 0), (2, "1/100"), (4, "1/3"))
    ]
    + [partial(_unit, [["1/3", "1/7", "1/5"], [1, "2/7", "1/9"]], [1, -1], divisor=3,
               queries=exact_array([[1, 1, 0]]))],
)
sphere_points = Family.of(spaces.sphere, quick=60, full=600)
data_points = Family.of(spaces.data, quick=60, full=600)
circle_points = Family.of(spaces.circle, quick=60, full=1000)
nngp_points = Family.of(spaces.nngp_circle, quick=60, full=1000)


def _sharp(tangent: int, gap: str) -> KernelInstance:
    """f = k(., x_1) - k(., x_2) between two points at a small angle, looked at from one to the other."""
    return _unit([spaces.at_angle(0), spaces.at_angle(gap)], [1, -1], kind=tangent, coefficients=[1, -1],
                 queries=exact_array([spaces.at_angle(gap)]))  # fmt: skip


def _steep(apart: str) -> KernelInstance:
    """f = k(., x_2) where its slope is largest, 0.967 rad from x_2: t = tan(0.4835)."""
    return _unit([spaces.at_angle("21/40"), spaces.at_angle(0)], [1, -1], coefficients=[0, 1],
                 queries=exact_array([spaces.at_angle(Fraction("21/40") + Fraction(apart))]))  # fmt: skip


sharp_angles = _family(
    "ntk_sharp_angles",
    "differences of kernels at two points 1/1000 to 1/8 apart, and one kernel where it is steepest",
    [partial(_sharp, 1, gap) for gap in ("1/2000", "1/200", "1/16")] + [partial(_steep, a) for a in ("1/1000", "1/50")],
)
sharp_nngp = _family(
    "nngp_sharp_angles",
    "differences of NNGP kernels at two points 1/1000 to 1/8 apart",
    [partial(_sharp, 0, gap) for gap in ("1/2000", "1/200", "1/16")],
)


def _nearly(tilt: str, tangent: int) -> KernelInstance:
    """Nearly the direction in which Cauchy and Schwarz is an equation: f close to k(., x_1) - k(., x)."""
    return _unit([spaces.at_angle(0), spaces.at_angle("1/3"), spaces.at_angle(-2)], [1, -1, 1], kind=tangent,
                 coefficients=exact_array([1, -1, Fraction(tilt)]),
                 queries=exact_array([spaces.at_angle("1/3")]))  # fmt: skip


nearly_equal = _family(
    "ntk_nearly_equal",
    "predictors that nearly are a difference of two kernels",
    [partial(_nearly, tilt, tangent) for tilt in ("1/100", "1/10") for tangent in (0, 1)],
)


def _close(gap: str, **more: Any) -> KernelInstance:
    """A query very near a point, off its ray."""
    return _unit([[1, 0], [0, 1]], [1, -1], queries=exact_array([[1, gap]]), **more)


near_queries = _family(
    "ntk_near_queries",
    "queries 1/1000 and 1/50 from a point, across its ray; depths 1 to 3, with and without a bias",
    [partial(_close, gap, depth=depth, bias_variance=bias)
     for gap in ("1/1000", "1/50") for depth, bias in ((1, 0), (2, 0), (3, "1/10"))],
)  # fmt: skip


def _opposite(gap: str, depth: int) -> KernelInstance:
    """Two near points of opposite labels among others."""
    return _unit([spaces.at_angle(0), spaces.at_angle(gap), spaces.at_angle("3/2"), spaces.at_angle(-3)],
                 [1, -1, 1, -1], depth=depth, queries=exact_array([spaces.at_angle("1/2")]))  # fmt: skip


near_opposites = _family(
    "ntk_near_opposites",
    "two points of opposite labels 1/500 to 1/2 apart, among others, depths 1 and 2",
    [partial(_opposite, gap, depth) for gap in ("1/1000", "1/50", "1/4") for depth in (1, 2)],
)

two_angles = _family(
    "ntk_two_angles",
    "two points of opposite labels at 90, 53 and 11 degrees, depth 1",
    [partial(_unit, [spaces.at_angle(0), spaces.at_angle(gap)], [1, -1]) for gap in (1, "1/2", "1/10")],
)
constant_shifts = _family(
    "ntk_constant_shifts",
    "kernels that differ by a multiple of the matrix of ones",
    [partial(MatrixPair, first=exact_array([[1, 0], [-1, 1]]), second=exact_array([[1, 0, c], [-1, 1, c]]))
     for c in (1, 3)],
)  # fmt: skip

# ------------------------------------------------------------------ spectra and matrices


def _spectrum(values: Sequence[Any], labels: Sequence[Any], *, mirror: Sequence[Any], weights: Sequence[Any],
              extra: Any, time: Any = 1) -> SpectralInstance:  # fmt: skip
    rising = [Fraction(value) for value in reversed(values)]
    return spaces.spectral_instance(
        n=len(values), h=[Fraction(v) for v in mirror] + [Fraction(0)] * len(values),
        steps=[b - a - Fraction(1, 20) for a, b in zip([Fraction(0), *rising], rising, strict=False)],
        y=[Fraction(v) for v in labels], ridge=Fraction(1, 10), time=Fraction(time),
        b=[Fraction(v) for v in weights], extra=Fraction(extra),
    )  # fmt: skip


spectrum_oracles = _family(
    "ntk_spectrum_oracles",
    "eigenvalues in ratios up to 160, one degenerate pair, one point; the further point near or on a training point",
    [
        partial(_spectrum, [8, 2, "1/20"], [1, -1, 1], mirror=[1, 2, 2], weights=[1, 0, 0], extra="1/100", time="1/10"),
        partial(_spectrum, [4, 3, 3, 1], [1, -1, "1/2", -1], mirror=[1, 1, 1, 3], weights=["1/2", "1/2", 0, 0],
                extra=0),
        partial(_spectrum, [2], [1], mirror=[0], weights=["1/2"], extra="1/2"),
        partial(_spectrum, [5, 1], [1, -1], mirror=[1, 2], weights=[1, -1], extra=0, time="1/2"),
    ],
)  # fmt: skip
rounded_labels = _family(
    "ntk_truncated_radius",
    "two and three features of like eigenvalues, labels along all of them",
    [
        partial(_spectrum, [1, "9/10"], [1, 1], mirror=[1, 2], weights=[1, 0], extra="1/10"),
        partial(_spectrum, [3, 2, "3/2"], [1, 1, -1], mirror=[1, 2, 2], weights=[1, 0, "1/4"], extra="1/10"),
    ],
)
tail_queries = _family(
    "ntk_tail_queries",
    "a further point between the points, closest to one, at which the tail feature decides; one beyond a tail feature",
    [
        partial(_spectrum, [1, "1/2"], [1, "1/10"], mirror=[1, 2], weights=["-1/2", 1], extra="1/10"),
        partial(_spectrum, [3, "1/10"], [1, -1], mirror=[1, 2], weights=["6/5", "-9/10"], extra=0),
        partial(_spectrum, [3, "1/10"], [1, "-1/2"], mirror=[1, 3], weights=["9/10", "6/5"], extra=0),
    ],
)
spectral_points = Family.of(spaces.spectra, quick=80, full=1000)
circles = _family(
    "ntk_circle_oracles",
    "4 to 16 equispaced points, depths 1 to 3, with and without a bias",
    [partial(CircleInstance, count=n, depth=depth, bias_variance=bias)
     for n, depth, bias in ((4, 1, 0), (4, 2, 0), (6, 1, 0), (8, 1, 0), (12, 1, 0), (16, 1, 0), (8, 2, 0), (9, 1, 0),
                            (12, 1, "1/10"), (12, 3, "1/10"))],
)  # fmt: skip
circle_draws = Family.of(spaces.circles, quick=20, full=200)
kernel_pair_oracles = _family(
    "ntk_pair_oracles",
    "orthogonal and nearby matrices, and pairs with a common leading vector",
    [
        partial(MatrixPair, first=[[1], [0]], second=[[0], [1]]),
        partial(MatrixPair, first=[[1], [0]], second=exact_array([["1"], ["1/20"]])),
        partial(MatrixPair, first=exact_array([[3, 0], [0, 1]]), second=exact_array([[3, 0], ["1/10", 1]])),
        partial(MatrixPair, first=[[2, 1], [2, -1]], second=[[1, 1], [1, -1]]),
    ],
)
kernel_pairs = Family.of(spaces.pairs, quick=80, full=1000)
aligned_pairs = Family.of(spaces.aligned, quick=80, full=1000)
saturated = _family(
    "ntk_saturated",
    "a common leading vector and orthogonal rests",
    [partial(MatrixPair, first=exact_array([[2, 0], [0, a], [0, 0]]), second=exact_array([[1, 0], [0, 0], [0, b]]))
     for a, b in (("1/10", "1/5"), ("1/2", "1/2"), (2, 1))],
)  # fmt: skip
mislabelled = _family(
    "ntk_mislabelled",
    "three points in a plane in R^3, steps 1/2 and 2",
    [partial(DistillInstance, points=[[1, 2, 0], [-1, 1, 0], [0, -1, 0]], labels=[1, -1, 1], normal=[0, 0, 1],
             step=step, ridge="1/10", query=[1, 1, 0]) for step in ("1/2", 2)],
)  # fmt: skip
mislabelled_draws = Family.of(spaces.distilled, quick=60, full=600)

# ------------------------------------------------------------------ angles, steps, transfer, width

all_angles = _family(
    "ntk_all_angles",
    "every angle from 0 to pi, and parts of that interval",
    [partial(AngleInstance, low=low, high=high) for low, high in ((0, 4), (0, "1/1000"), ("9/10", "11/10"), (2, 4))],
)
angle_draws = Family.of(spaces.angles, quick=12, full=200)
step_oracles = _family(
    "ntk_step_oracles",
    "gradients with entries 0, of one sign and of both, and the best step itself among the others",
    [
        partial(StepInstance, gradient=[1, -2, "1/3"], radius="1/2", label=1,
                others=exact_array([["-1/2", "1/2", "-1/2"]])),
        partial(StepInstance, gradient=[3, 0], radius=1, label=-1, others=exact_array([[1, 0], ["3/5", "4/5"]])),
        partial(StepInstance, gradient=[1] * 10, radius="1/10", label=1, others=exact_array([["-1/10"] * 10])),
        partial(StepInstance, gradient=[2, 1], radius=1, label=1, others=exact_array([["-2", "-1"]])),
    ],
)  # fmt: skip
step_draws = Family.of(spaces.steps, quick=60, full=600)


def _values(kernel: Sequence[Any], gap: Sequence[Any], level: Any) -> TransferInstance:
    exact = [Fraction(value) for value in kernel]
    return spaces.transfer_instance(m=len(exact), kernel=exact, gap=[Fraction(value) for value in gap],
                                  clean=[Fraction(0)] * len(exact), level=Fraction(level))  # fmt: skip


transfer_oracles = _family(
    "ntk_transfer_oracles",
    "networks that agree, and networks that are off on attacked points and nowhere else",
    [
        partial(_values, ["-1", "-1/2", "1/2"], [0, 0, 0], "2/3"),
        partial(_values, ["-1/2", "-1/2", "-1/2", "-1/2"], [1, 1, 1, 1], 1),
        partial(_values, ["-1", "-1/3", "-1/4", "1/5"], ["1/2", "1/8", "1/2", 0], "3/4"),
    ],
)
transfer_draws = Family.of(spaces.transfers, quick=80, full=1000)
width_oracles = _family(
    "ntk_width_oracles",
    "100 neurons at the angles pi/2, pi/4 and arctan 2, deviations on either side of the standard one",
    [partial(WidthInstance, first=[1, 0], second=second, width=width, error=error)
     for second in ([0, 1], [1, 1], [1, 2])
     for width, error in ((1, "1/2"), (100, "1/20"), (100, "1/8"), (400, "1/10"))],
)  # fmt: skip
width_draws = Family.of(spaces.widths, quick=40, full=600)
