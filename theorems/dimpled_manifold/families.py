"""The streams of instances that feed the statements of dimpled_manifold: closed forms first, then random ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from constructions.dimpled_manifold import TailInstance, closed_forms, spaces
from constructions.instance import Instance, exact_array
from constructions.space import Space
from theorems.statement import Family
from theorems.statistical import Law

Make = Callable[[], Any]


def listed(name: str, law: str, makers: Sequence[Make]) -> Family:
    """A structured family of these instances, in order."""

    def draw(_: np.random.Generator, index: int) -> Instance:
        made: Instance = makers[index]()
        return made

    return Family(name, "structured", law, draw, quick=len(makers), full=len(makers))


def fixed(space: Space, name: str, law: str, quick: int, full: int, **values: Any) -> Family:
    """Draws from a space with some parameters fixed."""

    def draw(generator: np.random.Generator, _: int) -> Instance | None:
        return space.instance(space.draw(generator, values))

    return Family(name, "random", f"{law}; {space.law}", draw, quick, full)


dimple_oracles = listed(
    "dimple_oracles",
    "networks with two neurons whose radii are known by hand; one whose orthogonal gradient is zero, one with a tie",
    [closed_forms.two_neurons, closed_forms.dead_network, closed_forms.tied_network,
     closed_forms.kinked_network,      lambda: closed_forms.three_planes()[0], lambda: closed_forms.three_planes()[2]],
)  # fmt: skip
flat_networks = Family.of(spaces.flat_networks, quick=60, full=600)
linear_networks = Family.of(spaces.linear_networks, quick=20, full=200)
wide_networks = fixed(spaces.drawn_networks, "wide_networks", "trained on P, then drawn; twelve neurons in R^9", 4, 60,
                      p=3, l=6, m=12, n=2, steps=6)  # fmt: skip
frozen_networks = listed(
    "frozen_networks", "networks that kept their orthogonal weights, and one with decay", [
        partial(closed_forms.kept_network, decay) for decay in ("1", "1/2", "7/8")
    ],
)  # fmt: skip

short_descents = Family.of(spaces.descents, quick=50, full=600)
leaky_descents = Family.of(spaces.leaky_descents, quick=20, full=200)
deepening_runs = listed("deepening_runs", "one neuron on a ray under the linear loss, up to six steps",
                        [partial(closed_forms.deepening, steps) for steps in (1, 3, 6)])  # fmt: skip

attacked_steps = Family.of(spaces.attacked_steps, quick=60, full=600)
attacked_oracles = listed(
    "attacked_oracles", "linear networks under their worst perturbation, and a minimiser that lies on a kink", [
        closed_forms.kink_step, partial(closed_forms.kink_step, 4),
        *[partial(closed_forms.linear_step, w, x, codimension, eps) for w, x, codimension, eps in (
            ((3, 4), (1, 0), 1, 2), ((5, 0), (1, 0), 1, 1), ((1, 2, 2), (1, 1, 0), 1, "1/2"),
            ((2, 3, 6), (1, 0, 0), 2, 1))],
    ],
)  # fmt: skip
cube_steps = listed("cube_steps", "a linear network under its worst perturbation in the cube",
                    [partial(closed_forms.linear_in_cube, eps) for eps in ("1/4", "1", "3")])  # fmt: skip

student_oracles = listed(
    "student_oracles", "two orthogonal points, moved by 0, 1, 2 and 7, with and without ridge",
    [partial(closed_forms.two_point_student, eps, ridge) for eps in (0, 1, 2, 7) for ridge in (0, "1/3")],
)  # fmt: skip
moved_students = Family.of(spaces.students, quick=60, full=600)

every_freedom = listed(
    "every_freedom", "1 to 512 degrees of freedom, exponent a sixteenth of them",
    [partial(TailInstance, l, f"{l}/16") for l in range(1, 513)],  # noqa: E741
)
tail_bounds = Family.of(spaces.tail_bounds, quick=60, full=1000)
tail_corners = listed(
    "tail_corners", "few and many degrees of freedom at small and large exponents",
    [partial(TailInstance, l, exact_array(t)) for l in (1, 2, 3, 16, 512) for t in ("1/64", 1, 16)],  # noqa: E741
)

planes = Family.of(spaces.planes, quick=40, full=400)
flat_planes = fixed(spaces.planes, "seen_flat_planes", "many dimensions off P, ten neurons", 40, 400, p=4, l=300, m=10)


def seen_law(l: int, **values: Any) -> Law:  # noqa: E741
    """What P sees of such networks: nothing is drawn beyond it."""
    plain: dict[str, Any] = {"p": 4, "l": l, "m": 10, "n": 2, "steps": 4, "delta": Fraction(1, 10)}
    return Law.of(spaces.planes, **(plain | values))


def law(l: int, **values: Any) -> Law:  # noqa: E741
    """Networks of codimension l: trained on P and then drawn."""
    return Law.of(spaces.drawn_networks, **({"p": 3, "l": l, "m": 8, "n": 2, "steps": 4} | values))
