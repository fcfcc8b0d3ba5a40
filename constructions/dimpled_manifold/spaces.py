"""Where searches and campaigns look: rational networks on a subspace, runs, attacked steps, students, drawn networks.

Sizes are small enough for rational arithmetic; `turned` rotates everything by a rational reflection, so that P is no
longer spanned by coordinate axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.dimpled_manifold.attacked import AttackedStep
from constructions.dimpled_manifold.deep import DeepInstance, drawn_deep
from constructions.dimpled_manifold.descent import DescentRun
from constructions.dimpled_manifold.init import normal_entries, short
from constructions.dimpled_manifold.instance import NetworkInstance, PlaneInstance
from constructions.dimpled_manifold.mislabelled import MislabelledInstance
from constructions.dimpled_manifold.plane_training import trained_plane
from constructions.dimpled_manifold.tails import TailInstance
from constructions.instance import NoInstance, exact_array
from constructions.space import Integer, Real, Reals, Seed, Space

Numbers = tuple[Fraction, ...]
SWITCH = Integer(0, 1)


def table(entries: Any, rows: int) -> np.ndarray:
    """Fractions in rows, an object array."""
    return np.array(list(entries), dtype=object).reshape(rows, -1)


def reflection(size: int) -> np.ndarray:
    """I - 2 v v^T/|v|^2 for v = (1, 2, ..., size): rational, orthogonal, its own inverse; fractions."""
    v = np.array([Fraction(k + 1) for k in range(size)], dtype=object)
    identity = np.array([[Fraction(int(i == j)) for j in range(size)] for i in range(size)], dtype=object)
    found: np.ndarray = identity - np.outer(v, v) * (2 / (v * v).sum())
    return found


def placed(p: int, l: int, turned: int) -> tuple[np.ndarray, dict[str, Any]]:  # noqa: E741
    """The map of coordinates (p of P, then l) into R^(p + l), and how P is declared there."""
    if not turned:
        return np.array([[Fraction(int(i == j)) for j in range(p + l)] for i in range(p + l)], dtype=object), {
            "codimension": l}  # fmt: skip
    turn = reflection(p + l)
    return turn, {"basis": exact_array(turn[:p])}


def flat_network(p: int, l: int, w: Any, u: Any, x: Any, b: Any = None, turned: int = 0) -> NetworkInstance:  # noqa: E741
    """A rational network at points x (n, p) of P; w (m, p + l) in coordinates of P and then of its complement."""
    turn, where = placed(p, l, turned)
    points = np.hstack([np.array(x, dtype=object), np.full((len(x), l), Fraction(0), dtype=object)])
    return NetworkInstance(weights=exact_array(np.array(w, dtype=object) @ turn), outputs=exact_array(u),
                           points=exact_array(points @ turn), labels=[1] * len(x),
                           biases=None if b is None else exact_array(b), **where)  # fmt: skip


def _flat(m: int, p: int, l: int, biased: int, turned: int, w: Numbers, u: Numbers, x: Numbers, b: Numbers) -> Any:  # noqa: E741
    return flat_network(p, l, table(w, m), u, table(x, 1), b if biased else None, turned)


def _stacked(m: int, p: int, l: int, biased: int, turned: int, w: np.ndarray, u: np.ndarray, x: np.ndarray,  # noqa: E741
             b: np.ndarray) -> dict[str, np.ndarray]:  # fmt: skip
    """Float form of `_flat` in coordinates of P and its complement, which no radius depends on."""
    weights = w.reshape(len(w), m, p + l)
    pre = np.einsum("bmp,bp->bm", weights[:, :, :p], x) + (b if biased else 0.0)
    return {"plane": weights[:, :, :p], "normal": weights[:, :, p:], "outputs": u, "pre": pre}


def _width(p: Mapping[str, Any]) -> int:
    return int(p["m"] * (p["p"] + p["l"]))


def _neurons(p: Mapping[str, Any]) -> int:
    return int(p["m"])


def _plane(p: Mapping[str, Any]) -> int:
    return int(p["p"])


flat_networks = Space(
    "flat_networks",
    {"m": Integer(1, 4), "p": Integer(1, 2), "l": Integer(1, 3), "biased": SWITCH, "turned": SWITCH,
     "w": Reals(-2, 2, _width), "u": Reals(-2, 2, _neurons), "x": Reals(-2, 2, _plane), "b": Reals(-1, 1, _neurons)},
    _flat,
    _stacked,
    note="rational networks with m neurons at one point x of a p-dimensional P in R^(p + l)",
)  # fmt: skip


def _linear(p: int, l: int, w: Numbers, v: Fraction, h: Fraction) -> Any:  # noqa: E741
    """A network that is affine far around the origin, where it is h: both neurons are on, far from their kinks."""
    away = [-v * entry for entry in w]
    return flat_network(p, l, [list(w), away], [1, -1], [[Fraction(0)] * p], [16 + h, 16])


def _linear_stack(p: int, l: int, w: np.ndarray, v: np.ndarray, h: np.ndarray) -> dict[str, np.ndarray]:  # noqa: E741
    weights = np.stack([w, -v[:, None] * w], axis=1)
    outputs = np.broadcast_to(np.array([1.0, -1.0]), (len(w), 2))
    pre = np.stack([16.0 + h, np.full(len(w), 16.0)], axis=1)
    return {"plane": weights[:, :, :p], "normal": weights[:, :, p:], "outputs": outputs, "pre": pre}


linear_networks = Space(
    "linear_networks",
    {"p": Integer(1, 2), "l": Integer(1, 3), "w": Reals("1/4", 1, lambda p: p["p"] + p["l"]), "v": Real(0, 1),
     "h": Real("1/8", 1)},
    _linear,
    _linear_stack,
    note="two neurons far from their kinks, which nearly cancel",
)  # fmt: skip


def _run(
    m: int, p: int, l: int, n: int, rule: int, loss: int, steps: int, turned: int, rate: Fraction,  # noqa: E741
    momentum: Fraction, decay: Fraction, w: Numbers, g: Numbers, u: Numbers, x: Numbers,
) -> DescentRun:  # fmt: skip
    turn, where = placed(p, l, turned)
    start = table(w, m)
    other = np.hstack([start[:, :p], table(g, m)])
    points = np.hstack([table(x, n), np.full((n, l), Fraction(0), dtype=object)])
    return DescentRun(
        start=exact_array(start @ turn), other=exact_array(other @ turn), outputs=exact_array(u),
        points=exact_array(points @ turn), labels=[1 if j % 2 == 0 else -1 for j in range(n)], steps=steps,
        rate=exact_array(rate), momentum=exact_array(momentum), decay=exact_array(decay), loss=loss, rule=rule, **where,
    )  # fmt: skip


descents = Space(
    "descents",
    {"m": Integer(1, 2), "p": Integer(1, 2), "l": Integer(1, 2), "n": Integer(1, 2), "rule": Integer(0, 2),
     "loss": SWITCH, "steps": Integer(0, 3), "turned": SWITCH, "rate": Real("1/16", 1), "momentum": Real(0, 1),
     "decay": Real(0, 1), "w": Reals(-2, 2, _width), "g": Reals(-2, 2, lambda p: p["m"] * p["l"]),
     "u": Reals(-1, 1, _neurons), "x": Reals(-2, 2, lambda p: p["n"] * p["p"])},
    _run,
    note="runs of up to three steps on n points of P, from two starts that differ orthogonally to P",
)  # fmt: skip


def _leaky(m: int, p: int, l: int, moved: int, rate: Fraction, leak: Fraction, w: Numbers, g: Numbers, u: Numbers,  # noqa: E741
           x: Numbers) -> DescentRun:  # fmt: skip
    """Two steps that break one hypothesis: points with a part off P, or (moved) starts that differ on P."""
    start = table(w, m)
    other = np.hstack([start[:, :p] + (leak if moved else 0), table(g, m)])
    point = [*x, *[Fraction(0) if moved else leak] * l]
    return DescentRun(start=exact_array(start), other=exact_array(other), outputs=exact_array(u),
                      points=exact_array([point]), labels=[1], steps=2, rate=exact_array(rate), loss=1,
                      codimension=l)  # fmt: skip


leaky_descents = Space(
    "leaky_descents",
    {"m": Integer(1, 2), "p": Integer(1, 2), "l": Integer(1, 2), "moved": SWITCH, "rate": Real("1/16", 1),
     "leak": Real("1/16", 1), "w": Reals("1/8", 2, _width), "g": Reals("1/8", 2, lambda p: p["m"] * p["l"]),
     "u": Reals("1/8", 1, _neurons), "x": Reals("1/8", 2, _plane)},
    _leaky,
    note="two steps at a point off P, or from starts that differ on P",
)  # fmt: skip


def _attacked(m: int, p: int, l: int, restricted: int, turned: int, t: Fraction, slope: Fraction, w: Numbers,  # noqa: E741
              u: Numbers, x: Numbers) -> AttackedStep:  # fmt: skip
    """z = -t y grad N(x), stationary on its sphere if no neuron changes its state on the way."""
    turn, where = placed(p, l, turned)
    weights, point = table(w, m), np.array([*x, *[Fraction(0)] * l], dtype=object)
    pre = weights @ point
    gradient = (np.array(u, dtype=object) * (pre > 0).astype(int)) @ weights
    if restricted:
        gradient = np.array([*[Fraction(0)] * p, *gradient[p:]], dtype=object)
    if not any(gradient):
        raise NoInstance("the gradient is zero: every perturbation of that length would do")
    shift = -t * gradient
    moved = weights @ (point + shift)
    if any((a > 0) != (b > 0) for a, b in zip(pre, moved, strict=True)):
        raise NoInstance("a neuron changes its state on the way: the perturbation need not be stationary")
    radius = (shift * shift).sum() + 1
    return AttackedStep(
        weights=exact_array(weights @ turn), outputs=exact_array(u), points=exact_array([point @ turn]), labels=[1],
        perturbations=exact_array([shift @ turn]), slopes=exact_array([slope]), radius=exact_array(radius),
        restricted=restricted, **where,
    )  # fmt: skip


attacked_steps = Space(
    "attacked_steps",
    {"m": Integer(1, 3), "p": Integer(1, 2), "l": Integer(1, 2), "restricted": SWITCH, "turned": SWITCH,
     "t": Real("1/64", "1/2"), "slope": Real("1/8", 1), "w": Reals(-2, 2, _width), "u": Reals(-1, 1, _neurons),
     "x": Reals(-2, 2, _plane)},
    _attacked,
    note="the perturbation -t y grad N of a point, where no neuron changes its state on the way",
)  # fmt: skip


def _student(n: int, p: int, ridge: Fraction, epsilon: Fraction, x: Numbers, s: Numbers) -> MislabelledInstance:
    return MislabelledInstance(points=exact_array(table(x, n)), labels=[1 if j % 2 == 0 else -1 for j in range(n)],
                               tests=exact_array(table(s, 2)), ridge=exact_array(ridge),
                               epsilon=exact_array(epsilon))  # fmt: skip


students = Space(
    "students",
    {"n": Integer(1, 4), "p": Integer(1, 3), "ridge": Real(0, 2), "epsilon": Real(0, 8),
     "x": Reals(-2, 2, lambda p: p["n"] * p["p"]), "s": Reals(-2, 2, lambda p: 2 * p["p"])},
    _student,
    note="ridge regression on n mislabelled points of R^p, moved along one orthogonal direction",
)  # fmt: skip

tail_bounds = Space(
    "tail_bounds",
    {"l": Integer(1, 512, log=True), "t": Real("1/64", 16)},
    lambda l, t: TailInstance(l, exact_array(t)),  # noqa: E741
    note="chi-square with l degrees of freedom, bounds e^-t",
)


def _seen(p: int, l: int, m: int, n: int, steps: int, plane: int, delta: Fraction, decay: Fraction) -> PlaneInstance:  # noqa: E741
    """What P sees after training on it; nothing orthogonal to P exists yet."""
    return trained_plane(np.random.default_rng([1, plane]), p, l, m, n, steps, exact_array(delta), exact_array(decay))


def _drawn(p: int, l: int, m: int, n: int, steps: int, plane: int, normal: int, delta: Fraction,  # noqa: E741
           decay: Fraction) -> NetworkInstance:  # fmt: skip
    """The orthogonal weights are drawn from a seed of their own, after what P sees is complete."""
    seen = _seen(p, l, m, n, steps, plane, delta, decay)
    normals = short(normal_entries(np.random.default_rng([2, normal]), (m, l), float(seen.beta)) * float(decay))
    return seen.extended(normals)


SEEN: dict[str, Any] = {"p": Integer(1, 8), "l": Integer(1, 400, log=True), "m": Integer(1, 24, log=True),
                        "n": Integer(1, 6), "steps": Integer(0, 20), "plane": Seed()}  # fmt: skip
LAW: dict[str, Any] = {"delta": Real("1/20", "1/4"), "decay": Real("1/4", 1)}

def _deep(p: int, l: int, m: int, h: int, steps: int, plane: int, normal: int) -> DeepInstance:  # noqa: E741
    return drawn_deep(np.random.default_rng([1, plane]), np.random.default_rng([2, normal]), p, l, m, h, steps)


deep_networks = Space(
    "deep_networks",
    {"p": Integer(1, 4), "l": Integer(1, 40, log=True), "m": Integer(2, 10), "h": Integer(2, 6),
     "steps": Integer(0, 10), "plane": Seed(), "normal": Seed()},
    _deep,
    note="two hidden layers, all trained on six points of P, then orthogonal weights from the normal law",
)  # fmt: skip
planes = Space(
    "seen_planes", SEEN | LAW, _seen, note="what P sees of networks trained on n points of it, before any draw",
)
drawn_networks = Space(
    "drawn_networks",
    SEEN | {"normal": Seed()} | LAW,
    _drawn,
    note="networks trained on n points of P, then their orthogonal weights drawn from the normal law",
)
