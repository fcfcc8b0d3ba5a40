"""Networks with frozen gates on a sample with a menu of perturbations: the tangent kernel's models at finite width.

f_v(x) = sum_i <v_i, x> g_i(x), g_i(x) = ramp(|<w_i, x>|): 0 up to the bias, 1 from bias + ramp on, linear between, so
that every value is rational; for ramp = 0 the gate is 1 beyond the bias. f_v is linear in v and odd in x.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

import numpy as np

from constructions.feature_purification import SparseLaw
from constructions.instance import Instance, InvalidInstance, exact_array, fractions_of
from constructions.low_complexity.instance import EUCLIDEAN, MAXIMUM
from constructions.low_complexity.menus import attack_form, simple_moves

POINT_GRID, DIRECTION_GRID, MULTIPLIER_GRID = 2**12, 2**9, 2**13
"""Points, directions and multipliers that are found are rounded to multiples of one over these: products of whole
numbers of so few digits are exact in float64 matrix products."""

BIAS, RAMP = "5/128", "13/128"
"""Of gates in unit length: near the normal gate with bias .2/sqrt(5) and standard deviation .03."""


@dataclass(frozen=True, eq=False)
class GateInstance(Instance):
    """Points X (n, d), labels y (n,) of +-1, and a menu: perturbed points (m, d), each with its owner (m,) in 0..n-1.

    directions (r, d), bias >= 0 and ramp >= 0 are those of the gates. multipliers (m,) weigh the menu; values (r, d)
    are the vectors v_i of one model, limit a bound on the norm of all models spoken about. radius and norm (2, or 0
    for l_inf) are those of the ball.
    """

    slug: ClassVar[str] = "low_complexity"

    radius: Any
    points: Any
    labels: Any
    attacked: Any
    owners: Any
    directions: Any
    bias: Any
    ramp: Any
    multipliers: Any
    norm: Any = EUCLIDEAN
    values: Any = None
    limit: Any = None

    def validate(self) -> None:
        points, labels, attacked, owners = self.points, self.labels, self.attacked, self.owners
        if self.tau < 0 or int(self.norm) not in (EUCLIDEAN, MAXIMUM):
            raise InvalidInstance("need a radius of at least 0, and the norm 2 or 0")
        if points.ndim != 2 or not points.size or labels.shape != points.shape[:1] or not np.all(np.abs(labels) == 1):
            raise InvalidInstance("a sample needs points (n, d) and labels (n,) of +1 or -1")
        if attacked.ndim != 2 or attacked.shape[1] != points.shape[1] or owners.shape != attacked.shape[:1]:
            raise InvalidInstance("a menu needs perturbed points (m, d) and their owners (m,)")
        if set(owners.tolist()) != set(range(len(points))):
            raise InvalidInstance(f"owners are numbers of points, 0..{len(points) - 1}, each at least once")
        if self.directions.ndim != 2 or self.directions.shape[1] != points.shape[1] or not len(self.directions):
            raise InvalidInstance(f"directions have shape {self.directions.shape}; need (r, {points.shape[1]})")
        if self.number("bias") < 0 or self.number("ramp") < 0:
            raise InvalidInstance("bias and ramp of the gates must not be negative")
        if self.multipliers.shape != owners.shape:
            raise InvalidInstance(f"multipliers have shape {self.multipliers.shape}; need {owners.shape}")
        if self.values is not None and self.values.shape != self.directions.shape:
            raise InvalidInstance(f"values have shape {self.values.shape}; need {self.directions.shape}")
        if self.limit is not None and self.number("limit") < 0:
            raise InvalidInstance("the limit of the norm must not be negative")

    def number(self, name: str) -> Fraction:
        """A scalar field as the rational it is."""
        value: Any = fractions_of(getattr(self, name))[()]
        return Fraction(value)

    @property
    def tau(self) -> Fraction:
        """The radius."""
        return self.number("radius")


class GateForm:
    """One model with frozen gates, in floats. directions, values (r, d)."""

    def __init__(self, directions: np.ndarray, bias: float, ramp: float, values: np.ndarray) -> None:
        self.directions, self.bias, self.ramp, self.vectors = directions, bias, ramp, values

    def gates(self, points: np.ndarray) -> np.ndarray:
        """Gates (n, r)."""
        return self._gates(points @ self.directions.T)

    def _gates(self, heights: np.ndarray) -> np.ndarray:
        if self.ramp == 0:
            return (np.abs(heights) > self.bias).astype(np.float64)
        return np.clip((np.abs(heights) - self.bias) / self.ramp, 0, 1)

    def values(self, points: np.ndarray) -> np.ndarray:
        """The model (n,)."""
        return np.einsum("ni,ni->n", self.gates(points), points @ self.vectors.T)

    def slopes(self, points: np.ndarray) -> np.ndarray:
        """Gradients (n, d); hard gates count as constant."""
        heights = points @ self.directions.T
        gates = self._gates(heights)
        total = gates @ self.vectors
        if self.ramp:
            rising = (gates > 0) & (gates < 1)
            total = total + (rising * np.sign(heights) * (points @ self.vectors.T)) @ self.directions / self.ramp
        return total


def frozen_directions(width: int, d: int, generator: np.random.Generator) -> np.ndarray:
    """Random directions (width, d) of length one, rounded to the grid."""
    drawn = generator.normal(size=(width, d))
    return np.round(drawn / np.linalg.norm(drawn, axis=1, keepdims=True) * DIRECTION_GRID) / DIRECTION_GRID


def ascend(gram: np.ndarray, owners: np.ndarray, size: int, limit: float, full: bool = False, gap: float = 1e-3,
           epochs: int = 300) -> tuple[np.ndarray, float]:  # fmt: skip
    """(multipliers (m,), relative duality gap) that nearly maximise sum alpha - limit sqrt(alpha^T gram alpha).

    alpha >= 0, sum over the pairs of a point at most 1. `full`: the sums are 1, so that sqrt(...) alone is minimised.
    One point at a time moves towards its best corner (Frank and Wolfe), the curvature limit/sqrt(...) held fixed for
    one pass. The gap is that of the concave problem, from its linearisation.
    """
    blocks = [np.flatnonzero(owners == i) for i in range(size)]
    alpha = np.zeros(len(owners))
    for block in blocks:
        alpha[block] = 1 / len(block)
    share, relative = 0.0 if full else 1.0, np.inf
    for _ in range(epochs):
        product = gram @ alpha
        length = np.sqrt(max(float(alpha @ product), 1e-300))
        bend = 1.0 if full else limit / length
        gain = share - bend * product
        best = np.array([max(gain[block].max(), -np.inf if full else 0.0) for block in blocks])
        scale = length**2 if full else max(float(alpha.sum()) - limit * length, 1e-3 * size)
        relative = float(best.sum() - gain @ alpha) / scale
        if relative <= gap:
            break
        for block in blocks:
            gain = share - bend * product[block]
            target = int(np.argmax(gain))
            step = -alpha[block]
            if full or gain[target] > 0:
                step = step.copy()
                step[target] += 1
            rise, curve = float(gain @ step), bend * float(step @ gram[np.ix_(block, block)] @ step)
            if rise > 0:
                pace = min(1.0, rise / curve) if curve > 0 else 1.0
                alpha[block] += pace * step
                product += (pace * step) @ gram[block]
    return np.maximum(alpha, 0), relative


def on_grid(alpha: np.ndarray, owners: np.ndarray, size: int, full: bool) -> np.ndarray:
    """Multipliers (m,) rounded down to the grid; `full` gives what is missing of 1 to the largest of each point."""
    whole = np.floor(np.clip(alpha, 0, 1) * MULTIPLIER_GRID * (1 - 1e-12)).astype(np.int64)
    if full:
        for i in range(size):
            block = np.flatnonzero(owners == i)
            whole[block[np.argmax(whole[block])]] += MULTIPLIER_GRID - whole[block].sum()
    return whole / MULTIPLIER_GRID


class GateCuts(NamedTuple):
    """A menu with multipliers, the model that was best under attack, and its risk under attack (float64)."""

    instance: GateInstance
    attacked: float
    form: GateForm


def frozen_cutting_planes(
    points: np.ndarray, labels: np.ndarray, directions: np.ndarray, bias: Any, ramp: Any, radius: Any, limit: Any,
    full: bool = False, rounds: int = 8, gap: float = 0.01, epochs: int = 300,
) -> GateCuts:  # fmt: skip
    """A menu for a sample, l2, on which models of norm at most `limit` do badly, and multipliers that show it.

    Alternates between the best multipliers for the menu and an attack on the model that they belong to; stops after
    `rounds`, or once the risk under attack exceeds the one on the menu by at most `gap`. `full` multipliers add up to
    1 at every point. The instance carries the least model on its menu, rounded so that the norm stays within the limit.
    """
    tau, most, size = float(Fraction(radius)) * (1 - 1e-3), float(Fraction(limit)), len(points)
    points = np.round(points * POINT_GRID) / POINT_GRID
    room = max(tau - np.sqrt(points.shape[1]) / POINT_GRID, 0.0)  # rounding moves coordinates by half a step
    menu = [np.round((points + move) * POINT_GRID) / POINT_GRID for move in simple_moves(points, labels, room)]
    form = GateForm(directions, float(Fraction(bias)), float(Fraction(ramp)), np.zeros_like(directions))
    best = (form.vectors, np.full(size, np.inf))
    for last in range(rounds - 1, -1, -1):
        rows, owners = np.concatenate(menu), np.tile(np.arange(size), len(menu))
        signs, gates = labels[owners], form.gates(rows)
        gram = (rows @ rows.T) * (gates @ gates.T) * np.outer(signs, signs)
        alpha, _ = ascend(gram, owners, size, most, full, epochs=epochs)
        moment = (gates * (alpha * signs)[:, None]).T @ rows
        form.vectors = most * (1 - 1e-6) * moment / max(float(np.linalg.norm(moment)), 1e-300)
        menu_risk = np.zeros(size)
        np.maximum.at(menu_risk, owners, 1 - signs * form.values(rows))
        moves, values = attack_form(form, points, labels, room, simple_moves(points, labels, room)[:3])
        losses = np.maximum(menu_risk, 1 - values)
        best = min(best, (form.vectors, losses), key=lambda pair: float(pair[1].mean()))
        if losses.mean() - menu_risk.mean() < gap or not last:
            break
        menu.append(np.round((points + moves) * POINT_GRID) / POINT_GRID)
    least, form.vectors = form.vectors, best[0]
    losses = best[1].copy()
    np.maximum.at(losses, owners, 1 - signs * form.values(rows))  # the menu grew since the best model was attacked
    rounded = on_grid(alpha, owners, size, full)
    used = rounded > 0
    used[:size] = True  # the points themselves stay, so that each has at least one place on the menu
    instance = GateInstance(
        radius=str(Fraction(radius)), points=points, labels=labels, attacked=rows[used], owners=owners[used],
        directions=directions, bias=str(Fraction(bias)), ramp=str(Fraction(ramp)), multipliers=rounded[used],
        values=np.trunc(least * 2.0**20) / 2.0**20, limit=str(Fraction(limit)),
    )  # fmt: skip
    return GateCuts(instance, float(losses.mean()), form)


def drawn_gates(law: SparseLaw, count: int, width: int, seed: int, tau: Any, limit: Any, full: bool = False,
                rounds: int = 4, epochs: int = 60) -> GateCuts:  # fmt: skip
    """Draws of a law, random gates and a menu for them. Bias and ramp are those of a normal gate with bias .2/sqrt(5)
    and width .03: the ramp of equal mean and variance is 2 sqrt(3) .03 wide."""
    generator = np.random.default_rng(np.random.SeedSequence([seed, count, width]))
    drawn, directions = law.sample(count, generator), frozen_directions(width, law.d, generator)
    return frozen_cutting_planes(drawn.points, drawn.labels, directions, BIAS, RAMP, tau, limit, full, rounds,
                                 epochs=epochs)  # fmt: skip


def gates_of(n: int, d: int, width: int, seed: int, tau: Fraction, bias: Fraction, ramp: Fraction,
             v: tuple[Fraction, ...]) -> GateInstance:  # fmt: skip
    """Points with entries -2..2, each with moves by tau against one coordinate, whole directions and any model.

    Multipliers are drawn: they add up to one at every point of an even number, and to less at the others.
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, n, d, width]))
    points = generator.integers(-2, 3, (n, d))
    labels = np.where(points.sum(axis=1) + generator.normal(size=n) > 0, 1, -1)
    exact = fractions_of(points)
    rows, owners, multipliers = [], [], []
    for i, place in itertools.product(range(n), range(d + 1)):
        move = [Fraction(0)] * d
        if place:
            move[place - 1] = -int(labels[i]) * tau
        rows.append([own + step for own, step in zip(exact[i], move, strict=True)])
        owners.append(i)
    for i in range(n):
        places = d + 1 + i % 2
        drawn = generator.multinomial(16, np.ones(places) / places)
        multipliers += [Fraction(int(part), 16) for part in drawn[: d + 1]]
    return GateInstance(
        radius=str(tau), points=points, labels=labels, attacked=exact_array(rows), owners=np.array(owners),
        directions=generator.integers(-2, 3, (width, d)), bias=str(bias), ramp=str(ramp),
        multipliers=exact_array(multipliers), values=exact_array(np.array(v, dtype=object).reshape(width, d)),
    )  # fmt: skip
