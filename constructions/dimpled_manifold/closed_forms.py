"""Instances whose numbers are known by hand, all rational."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.dimpled_manifold.attacked import AttackedStep
from constructions.dimpled_manifold.descent import DescentRun
from constructions.dimpled_manifold.instance import NetworkInstance
from constructions.dimpled_manifold.mislabelled import MislabelledInstance
from constructions.instance import exact_array


def two_neurons() -> NetworkInstance:
    """m = 2, d = 3, P the first axis: N = 3/4, orthogonal gradient (3/5, 0), r_off = 5/4 exactly."""
    return NetworkInstance(weights=exact_array([[1, "3/10", "4/10"], ["1/2", "-6/10", "8/10"]]),
                           outputs=exact_array([1, "-1/2"]), points=[[1, 0, 0]], labels=[1], codimension=2)  # fmt: skip


def three_planes() -> list[NetworkInstance]:
    """N = 2 x_1 + x_2 + 3, everywhere linear, with P the first axis, both axes, and a line between."""
    weights, outputs = exact_array([[2, 1], [-2, -1]]), exact_array([1, -1])
    biases, more = exact_array([8, 2]), {"points": [[0, 0]], "labels": [1]}
    bases: list[dict[str, Any]] = [{"codimension": 1}, {"basis": [[1, 0], [0, 1]]}, {"basis": [[1, 1]]}]
    return [NetworkInstance(weights=weights, outputs=outputs, biases=biases, **more, **basis) for basis in bases]


def dead_network() -> NetworkInstance:
    """No active neuron at the point but one that P alone drives: the orthogonal gradient is zero, r_off infinite."""
    return NetworkInstance(weights=exact_array([[1, 0], [-1, 1]]), outputs=exact_array([1, 1]), points=[[1, 0]],
                           labels=[1], codimension=1)  # fmt: skip


def tied_network() -> NetworkInstance:
    """A pre-activation that is exactly 0 at the point; its neuron counts as off."""
    return NetworkInstance(weights=exact_array([[1, 1], [0, -2]]), outputs=exact_array([1, -1]), points=[[1, 0]],
                           labels=[1], codimension=1)  # fmt: skip


def kinked_network() -> NetworkInstance:
    """N = relu(16 + x_1) - relu(x_2 - 2) - 15: r_on = r_full = 1, and r_off = 3 lies beyond a kink."""
    return NetworkInstance(weights=[[1, 0], [0, 1], [0, 0]], outputs=[1, -1, -1], biases=[16, -2, 15],
                           points=[[0, 0]], labels=[1], codimension=1)  # fmt: skip


def kept_network(decay: Any = 1) -> NetworkInstance:
    """A network whose orthogonal weights are `decay` times those at the start; what P sees has moved."""
    factor = Fraction(decay)
    start = np.array([[Fraction(1), Fraction(2)], [Fraction(-1), Fraction(1, 2)]], dtype=object)
    weights = start * np.array([Fraction(3), factor], dtype=object)
    return NetworkInstance(weights=exact_array(weights), outputs=[1, 1], points=[[1, 0]], labels=[1], codimension=1,
                           decay=exact_array(factor), initial=exact_array(start))  # fmt: skip


def linear_in_cube(epsilon: Any = "1/4") -> AttackedStep:
    """N = 3 x_1 - x_2 at (2, -1) on P = span(2, -1), under its worst l_inf perturbation -eps (1, -1)."""
    eps = Fraction(epsilon)
    return AttackedStep(weights=exact_array([[3, -1], [-3, 1]]), outputs=exact_array([1, -1]), points=[[2, -1]],
                        labels=[1], perturbations=exact_array([[-eps, eps]]), slopes=[1], radius=exact_array(eps),
                        basis=[[2, -1]], norm=0)  # fmt: skip


def kink_step(epsilon: Any = 2) -> AttackedStep:
    """N = relu(z_1) + relu(-z_1) + relu(5 + z_2) at the origin: the inner minimiser (0, -eps) lies on a kink.

    P is the first axis; the gates 1/2, 1/2 of the two neurons at their kink make it stationary.
    """
    eps = Fraction(epsilon)
    return AttackedStep(weights=exact_array([[1, 0], [-1, 0], [0, 1]]), outputs=[1, 1, 1], biases=[0, 0, 5],
                        points=[[0, 0]], labels=[1], perturbations=exact_array([[0, -eps]]), slopes=[1],
                        radius=exact_array(eps), codimension=1, gates=exact_array([["1/2", "1/2", 1]]))  # fmt: skip


def linear_step(weight: Sequence[Any], point: Sequence[Any], codimension: int, radius: Any) -> AttackedStep:
    """A linear network under its worst l2 perturbation -eps w/|w|; |w| must be rational."""
    w = [Fraction(entry) for entry in weight]
    square = sum(entry * entry for entry in w)
    length = Fraction(int(np.rint(float(square.numerator) ** 0.5)), int(np.rint(float(square.denominator) ** 0.5)))
    assert length * length == square, "choose a weight vector of rational length"
    eps = Fraction(radius)
    z = [-eps * entry / length for entry in w]
    return AttackedStep(weights=exact_array([w, [-entry for entry in w]]), outputs=exact_array([1, -1]),
                        points=exact_array([list(point)]), labels=[1], perturbations=exact_array([z]), slopes=[1],
                        radius=exact_array(eps), codimension=codimension)  # fmt: skip


def two_point_student(epsilon: Any = 1, ridge: Any = 0) -> MislabelledInstance:
    """X = I, y = (1, -1): the student is minus the clean predictor over 1 + 2 eps^2/(1 + lambda)."""
    return MislabelledInstance(points=[[1, 0], [0, 1]], labels=[1, -1], tests=exact_array([[1, 0], [3, 1], [-1, 2]]),
                               epsilon=exact_array(Fraction(epsilon)), ridge=exact_array(Fraction(ridge)))  # fmt: skip


def deepening(steps: int = 6) -> DescentRun:
    """One neuron on a ray, linear loss: its value grows without bound while its orthogonal weight stays."""
    return DescentRun(start=exact_array([[1, 1]]), outputs=[1], points=[[1, 0]], labels=[1], steps=steps, rate=1,
                      codimension=1)  # fmt: skip


def steady_learner() -> DescentRun:
    """Three points on two rays of P: two are right from the start and deep, the third is put right at step 1."""
    return DescentRun(start=exact_array([[4, -1, "1/4"], [-1, 1, "1/4"], [-1, 2, "1/8"]]), outputs=[1, 1, -1],
                      points=[[1, 0, 0], [2, 0, 0], [0, 1, 0]], labels=[1, 1, 1], steps=3, rate=2, codimension=1)


def sign_descent() -> DescentRun:
    """A step by signs on P = span(1, 1/2): what is orthogonal to P moves, although no gradient has such a part."""
    return DescentRun(start=exact_array([[1, 0]]), outputs=[1], points=exact_array([[1, "1/2"]]), labels=[-1], steps=1,
                      rate=exact_array("1/4"), basis=exact_array([[1, "1/2"]]), rule=3)  # fmt: skip
