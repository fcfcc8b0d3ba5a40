"""Proved robust radius of a depth-2 ReLU network at one sample, for exact rationals and for balls.

Same three arrays as `verifiers.relu_radius`. Write o for the outputs times the label, c = label * offset - level and
f(delta) = c + sum_k o_k relu(z_k), z_k = p_k + <g_k, delta>; the radius is the least |delta| with f(delta) <= 0.

Lower bound. Cover the activation patterns {0, 1}^K by cells, and give each cell (nu, w) with nu >= 0, w_k >= 0 where
the cell allows neuron k to be off, and w_k <= nu o_k where it allows it to be on. On the cell nu c + sum_k w_k z_k <=
nu f(delta) <= 0, a half-space at distance A / |sum_k w_k g_k| with A = nu c + sum_k w_k p_k, if A > 0. Own neurons
(o_k > 0) never need to be decided, so cells number at most 2 to the number of opposite neurons. By convex duality the
best half-space of a cell is as far away as the cell, so the bound is sharp. Upper bound: a point with f <= 0.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from verifiers import arithmetic
from verifiers.relu_attack import check_finite, first_crossing, square_lipschitz_bound
from verifiers.relu_radius import robust_radius

ON, OFF, EITHER = 1, 0, -1
ROUNDED = 40
"""Bits of a rounded share. Near the best half-space the loss is of second order in the rounding, about 2^-80."""
OVERSHOOT = (100, 90, 80, 70, 60, 55, 50, 45, 40, 30, 20, 10)
"""A witness in balls is moved outward by 2^-b of its length for the first b that decides it."""


@dataclass(frozen=True)
class HalfSpace:
    """A cell, `active` (K,) of ON, OFF, EITHER, and the half-space that contains its points with f <= 0.

    nu = 1 and w = shares * o, or, if `kink` is a neuron, nu = 0 and w = +1 or -1 there: the cell lies beyond its kink.
    """

    active: tuple[int, ...]
    shares: tuple[Fraction, ...] = ()
    kink: int | None = None

    def dual(self, outputs: np.ndarray) -> list[Any]:
        """(nu, w_1, ..., w_K) for the outputs times the label, as flint rationals or balls like the outputs."""
        if self.kink is None:
            return [1, *(arithmetic.rationals(np.array(self.shares, dtype=object)) * outputs)]
        sign = 1 if self.active[self.kink] == OFF else -1
        return [0, *(sign if k == self.kink else 0 for k in range(len(self.active)))]


@dataclass(frozen=True)
class CertifiedRadius:
    """lower_squared <= radius^2 <= upper_squared, for every network in the balls if the entries were balls.

    `displacement` (K,) are the coefficients in the g_k of a point with f <= 0 (None if none was found, upper_squared is
    then infinite). `cells` cover all patterns; empty if the margin is not positive or the bound is only Lipschitz.
    """

    lower_squared: Fraction | float
    upper_squared: Fraction | float
    displacement: tuple[Fraction, ...] | None
    cells: tuple[HalfSpace, ...]

    @property
    def lower(self) -> float:
        """Lower bound of the radius in float64, rounded down."""
        return _root(self.lower_squared, 0.0)

    @property
    def upper(self) -> float:
        """Upper bound of the radius in float64, rounded up."""
        return _root(self.upper_squared, math.inf)


def certify_radius(outputs: Any, gram: Any, pre_activations: Any, label: int, *, offset: Any = 0, level: Any = 0,
                   limit: int = 10) -> CertifiedRadius:
    """Proved enclosure at one sample: outputs (K,), gram (K, K), pre_activations (K,) as exact numbers or balls.

    Floats are taken as the rationals they are, so the Gram matrix of float weights has to be formed exactly. Up to
    `limit` opposite neurons within reach are enumerated (2^limit cells); beyond that the lower bound is margin /
    Lipschitz constant. Raises `ValueError` on non-finite entries, on a matrix that is seen not to be a Gram matrix, and
    on balls that leave the sign of an output open.
    """
    network = _Network(outputs, gram, pre_activations, int(label), offset, level)
    size, margin = len(network.outputs), network.margin()
    if margin <= 0:
        return CertifiedRadius(Fraction(0), Fraction(0), (Fraction(0),) * size, ())
    float_outputs, float_gram, float_pre = network.floats
    found = robust_radius(float_outputs, float_gram, float_pre, int(label), level=-float(arithmetic.nearest(
        network.constant)))
    radius = float(found.upper[0])
    best = _Best(math.inf, None)
    if math.isfinite(radius):
        network.improve(best, found.displacements[0])
    if not margin > 0:
        return CertifiedRadius(Fraction(0), best.square, best.point, ())
    far: list[HalfSpace] = []
    decided: dict[int, int] = {}
    for k in network.opposite:
        cell = network.kink(k)
        if math.isfinite(best.square) and network.square_distance(cell) >= best.square:
            far.append(cell)
            decided[k] = OFF if cell.active[k] == ON else ON
    near = [k for k in network.opposite if k not in decided]
    if len(near) > limit:
        bound = network.quotient(margin, square_lipschitz_bound(network.outputs, network.gram))
        return CertifiedRadius(min(bound, best.square), best.square, best.point, ())
    cells, cuts = [], []
    for states in itertools.product((ON, OFF), repeat=len(near)):
        active = [EITHER] * size
        for k, state in [*zip(near, states, strict=True), *decided.items()]:
            active[k] = state
        cell, combined = network.best_half_space(active, radius, best)
        cells.append(cell)
        cuts.append(combined)
    bounds = [network.square_distance(cell) for cell in cells]
    for index in sorted(range(len(cells)), key=lambda index: bounds[index]) if network.exact else ():
        if bounds[index] < best.square:
            cells[index] = network.sharpen(cells[index], cuts[index], best)
            bounds[index] = network.square_distance(cells[index])
    return CertifiedRadius(min([best.square, *bounds]), best.square, best.point, (*far, *cells))


@dataclass
class _Best:
    """Best point so far: its squared norm (infinite if none) and its coefficients."""

    square: Fraction | float
    point: tuple[Fraction, ...] | None


class _Network:
    """c + sum_k o_k relu(z_k) in flint rationals or balls, beside its float64 values before folding in the label."""

    def __init__(self, outputs: Any, gram: Any, pre: Any, label: int, offset: Any, level: Any) -> None:
        names = ("outputs", "gram", "pre_activations", "offset", "level")
        parts = dict(zip(names, (np.asarray(part) for part in (outputs, gram, pre, offset, level)), strict=True))
        check_finite(**parts)
        self.exact = all(arithmetic.kind_of(part) != "ball" for part in parts.values() if part.size)
        convert = arithmetic.rationals if self.exact else arithmetic.balls
        values = {name: convert(part) for name, part in parts.items()}
        if not self.exact and not all(entry.is_finite() for part in values.values() for entry in part.reshape(-1)):
            raise ValueError("an entry is a ball without finite bounds; no radius can be given")
        self.outputs, self.gram, self.pre = values["outputs"] * label, values["gram"], values["pre_activations"]
        self.constant = values["offset"][()] * label - values["level"][()]
        self.floats = tuple(arithmetic.nearest(values[name]) for name in names[:3])
        if not all(bool(o > 0) or bool(o <= 0) for o in self.outputs):
            raise ValueError("a ball leaves the sign of an output weight open; no radius can be given")
        self.opposite = [k for k, o in enumerate(self.outputs) if o < 0]
        self.label = label

    def margin(self) -> Any:
        """f at the sample."""
        return self.constant + (self.outputs * arithmetic.relu(self.pre)).sum()

    def quotient(self, numerator: Any, square: Any) -> Fraction | float:
        """Lower bound of numerator^2 / square for numerator > 0; infinite if the square is 0."""
        if square < 0:
            raise ValueError("gram is not positive semidefinite; compute it exactly from the weight vectors")
        if self.exact:
            return math.inf if square == 0 else arithmetic.to_fraction(numerator * numerator / square)
        return _lower_end(numerator.lower() ** 2 / square.upper())

    def square_distance(self, cell: HalfSpace) -> Fraction | float:
        """Bound on |delta|^2 that the half-space of the cell proves; 0 if it proves nothing."""
        nu, *rest = cell.dual(self.outputs)
        weights = np.array(rest, dtype=object)
        advance = self.constant * nu + (weights * self.pre).sum()
        return self.quotient(advance, weights @ self.gram @ weights) if advance > 0 else Fraction(0)

    def kink(self, k: int) -> HalfSpace:
        """The cell in which neuron k has changed its state."""
        active = [EITHER] * len(self.outputs)
        active[k] = OFF if self.pre[k] > 0 else ON
        return HalfSpace(tuple(active), kink=k)

    def best_half_space(self, active: list[int], radius: float, best: _Best) -> tuple[HalfSpace, np.ndarray]:
        """Numerically best half-space of a cell, its shares rounded, and the cuts (m, K) that it combines."""
        from verifiers.relu_kernel import SOLVED, nearest_anywhere

        outputs, gram, pre = self.floats
        outputs = outputs * self.label
        length = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
        unit = np.where(length > 0, length, 1.0)
        counted = np.array([state == ON for state in active])
        scale = radius if math.isfinite(radius) else 1.0 + np.abs(pre / unit).max()
        status, square, point, cuts, weights = nearest_anywhere(
            float(arithmetic.nearest(self.constant)), np.where(counted, outputs * unit, 0.0),
            np.where(outputs > 0, outputs * unit, 0.0), gram / unit / unit[:, None], pre / unit, scale,
            radius * (1.0 + 1e-6))
        total = weights.sum()
        mixed = weights @ cuts / total if total > 0 else np.zeros(len(outputs))
        shares = [Fraction(1) if on else Fraction(round(float(share) * 2**ROUNDED), 2**ROUNDED)
                  for on, share in zip(counted, mixed, strict=True)]
        if status == SOLVED and square <= best.square:
            self.improve(best, point / unit)
        return HalfSpace(tuple(active), tuple(shares)), cuts

    def sharpen(self, cell: HalfSpace, cuts: np.ndarray, best: _Best) -> HalfSpace:
        """The exactly best half-space of a cell, or one beyond the best point; its nearest point is tried as well.

        The cutting planes of `relu_kernel.nearest` in rationals, from the given cuts if they combine with positive
        weights. Few steps are needed; were they not enough, the half-space reached is a valid one all the same.
        """
        own = np.array([o > 0 for o in self.outputs])
        counted = np.array([state == ON for state in cell.active])
        chosen = [np.array(cut, dtype=bool) for cut in cuts]
        weights = self._combine(chosen, counted)
        if weights is None or not all(weight > 0 for weight in weights):
            chosen, weights = [], []
        for _ in range(20 * len(own) + 50):
            rows = self.outputs * np.array([cut | counted for cut in chosen], dtype=object).reshape(-1, len(own))
            combined = np.array(weights, dtype=object) @ rows
            rest = 1 - (self.constant * sum(weights) + (combined * self.pre).sum())
            if rest <= 0:
                break
            point = -combined / rest
            if arithmetic.to_fraction(point @ self.gram @ point) >= best.square:
                break
            z = self.pre + self.gram @ point
            entering = own & np.array([entry > 0 for entry in z])
            if self.constant + (self.outputs * (entering | counted) * z).sum() <= 0:
                self.improve(best, point, exact=True)
                break
            entered = self._enter([*chosen, entering], [*weights, arithmetic.rational(0)], counted)
            if entered is None:
                break
            chosen, weights = entered
        if not weights:
            return cell
        shares = weights @ np.array([cut | counted for cut in chosen], dtype=object) / sum(weights)
        sharpened = HalfSpace(cell.active, tuple(arithmetic.fractions(arithmetic.rationals(shares))))
        return max(cell, sharpened, key=self.square_distance)

    def _enter(self, chosen: list[np.ndarray], weights: list[Any], counted: np.ndarray) -> tuple[list, list] | None:
        """Lawson-Hanson step: positive weights that solve the enlarged system, less the cuts that would turn negative.

        None if the last cut cannot enter, which does not happen for arrays that are those of a network.
        """
        while (solution := self._combine(chosen, counted)) is not None and solution[-1] > 0:
            if all(entry > 0 for entry in solution):
                return chosen, solution
            step = min(w / (w - s) for w, s in zip(weights, solution, strict=True) if s <= 0)
            weights = [w + step * (s - w) for w, s in zip(weights, solution, strict=True)]
            chosen = [cut for cut, w in zip(chosen, weights, strict=True) if w > 0]
            weights = [w for w in weights if w > 0]
        return None

    def _combine(self, chosen: list[np.ndarray], counted: np.ndarray) -> list[Any] | None:
        """Solution u of (B B' + a a') u = a over the chosen cuts; None if there are none or they are dependent."""
        from flint import fmpq_mat

        if not chosen:
            return None
        rows = self.outputs * np.array([cut | counted for cut in chosen], dtype=object)
        advances = self.constant + rows @ self.pre
        system = rows @ self.gram @ rows.T + advances[:, None] * advances[None, :]
        try:
            return fmpq_mat(len(rows), len(rows), list(system.reshape(-1))).solve(
                fmpq_mat(len(rows), 1, list(advances))).entries()
        except ZeroDivisionError:
            return None

    def improve(self, best: _Best, point: np.ndarray, exact: bool = False) -> None:
        """Replace the best point if this one, moved outward along its ray where it is only rounded, is nearer."""
        point = arithmetic.rationals(point)
        moved = self.gram @ point
        if not self.exact:
            factors = [1 + Fraction(1, 2**bits) for bits in OVERSHOOT]
        elif exact:
            factors = [Fraction(1)]
        else:
            time = first_crossing(self.outputs, self.pre, moved, -self.constant)
            factors = [time] if math.isfinite(time) else []
        for factor in factors:
            factor = arithmetic.rational(factor)
            if self._upper_value(moved * factor) <= 0:
                square = point @ moved * factor * factor
                square = arithmetic.to_fraction(square) if self.exact else -_lower_end(-square)
                if square < best.square:
                    best.square = square
                    best.point = tuple(arithmetic.to_fraction(entry * factor) for entry in point)
                return

    def _upper_value(self, moved: np.ndarray) -> Any:
        """Upper bound of f: neurons certainly off are left out, opposite ones are counted only if certainly on."""
        z = self.pre + moved
        value = self.constant
        for o, entry in zip(self.outputs, z, strict=True):
            if entry > 0 or (o > 0 and not entry <= 0):
                value = value + o * arithmetic.relu(entry)[()]
        return value


def activation_cells(certified: CertifiedRadius, outputs: Any, label: int) -> list[tuple[list[int], list[Fraction]]]:
    """The same proof spelled out for all 2^K sets of active neurons, as `certificates.robust_radius` stores it.

    Each entry is (active neurons, K + 1 multipliers >= 0): of the sign conditions, then of label * N <= level. The
    outputs (K,) are those of the rational network, without the label. Without cells (see `CertifiedRadius`) the list is
    empty. Raises `ValueError` beyond 16 neurons, where the list would be useless.
    """
    if len(outputs) > 16:
        raise ValueError(f"{len(outputs)} neurons have too many activation cells to be listed")
    outputs = arithmetic.rationals(outputs) * label
    duals = [(cell.active, cell.dual(outputs)) for cell in certified.cells]
    entries = []
    for states in itertools.product((OFF, ON), repeat=len(outputs)) if duals else ():
        nu, *weights = next(dual for active, dual in duals
                            if all(cell in (EITHER, state) for cell, state in zip(active, states, strict=True)))
        multipliers = [nu * o - w if state == ON else w for o, w, state in zip(outputs, weights, states, strict=True)]
        entries.append(([k for k, state in enumerate(states) if state == ON],
                        [arithmetic.to_fraction(entry) for entry in (*multipliers, nu)]))
    return entries


def _lower_end(value: Any) -> Fraction:
    """Lower end of a ball, a dyadic rational; 0 if the ball is not finite."""
    if not value.is_finite():
        return Fraction(0)
    mantissa, exponent = value.lower().mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _root(square: Fraction | float, towards: float) -> float:
    """Square root rounded to the next float64 in the given direction."""
    if square == math.inf or square == 0:
        return float(square)
    root = math.sqrt(square)
    while Fraction(root) ** 2 > square if towards == 0.0 else Fraction(root) ** 2 < square:
        root = math.nextafter(root, towards)
    return root
