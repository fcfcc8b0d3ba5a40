"""The flip theorem before anything orthogonal to P is drawn: what follows from the part of a network that P sees.

Every function here takes a `PlaneInstance`, which has no orthogonal weights. With z the pre-activations at the first
point, y the sign of N there, nu = |N|, c_i = y u_i where z_i > 0, and beta the deviation of the orthogonal weights
(after decay), the orthogonal gradient has length rho with rho^2/(beta |c|)^2 of chi-square law, l degrees of freedom.
Along it y N(x - a g/rho) = nu - a rho + R(a), and given rho, R(a) exceeds its mean

    M(a, rho) = sum_i y u_i Psi(a c_i rho/|c|^2 - |z_i|, a beta sqrt(1 - c_i^2/|c|^2))

by a beta |u| sqrt(2 ln(1/delta)) with probability at most delta. a = kappa nu/rho_-.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtr

from constructions.dimpled_manifold import PlaneInstance, number_of
from constructions.instance import fractions_of
from verifiers import arithmetic
from verifiers.dimpled_manifold.tails import ball, chi_lower_quantile, chi_upper_quantile, positive_part_mean
from verifiers.errors import MissingPart

KAPPAS = np.concatenate([1 + np.geomspace(0.01, 0.99, 50), np.geomspace(2.0, 16.0, 40)])
"""Factors that are scanned, in floats; the one that is used is decided in balls."""

WINDOWS = ("Laurent-Massart", "exact")
"""How rho_- and rho_+ are chosen: by the tail bound of that name, or by quantiles proved in balls."""


@dataclass(frozen=True, eq=False)
class Window:
    """rho_-^2 and rho_+^2 as balls; they miss rho^2 with probability at most delta on either side."""

    low_sq: Any
    high_sq: Any


class Seen:
    """What P sees at the first point of a network, and what it implies about the flip."""

    def __init__(self, plane: PlaneInstance, exact_window: bool = False) -> None:
        self.plane = plane
        self.exact_window = exact_window

    @cached_property
    def outputs(self) -> list[Fraction]:
        return list(fractions_of(self.plane.outputs))

    @cached_property
    def pre(self) -> list[Fraction]:
        weights, point = fractions_of(self.plane.weights), fractions_of(self.plane.points[0])
        biases = [Fraction(0)] * len(weights) if self.plane.biases is None else list(fractions_of(self.plane.biases))
        return [(row * point).sum() + b for row, b in zip(weights, biases, strict=True)]

    @cached_property
    def value(self) -> Fraction:
        return sum((u * max(z, Fraction(0)) for u, z in zip(self.outputs, self.pre, strict=True)), Fraction(0))

    @property
    def sign(self) -> int:
        return 1 if self.value >= 0 else -1

    @cached_property
    def coefficients(self) -> list[Fraction]:
        """c: sign times output where a neuron is on, else 0."""
        return [self.sign * u if z > 0 else Fraction(0) for u, z in zip(self.outputs, self.pre, strict=True)]

    @cached_property
    def coefficients_sq(self) -> Fraction:
        return sum((c * c for c in self.coefficients), Fraction(0))

    @cached_property
    def outputs_sq(self) -> Fraction:
        return sum((u * u for u in self.outputs), Fraction(0))

    @property
    def codimension(self) -> int:
        return int(self.plane.codimension)

    @cached_property
    def deviation_sq(self) -> Fraction:
        """Squared deviation of the orthogonal weights: (beta times decay)^2."""
        beta, decay = (number_of(part) for part in (self.plane.beta, self.plane.decay))
        return (beta * decay) ** 2

    @cached_property
    def delta(self) -> Fraction:
        return number_of(self.plane.delta)

    @property
    def exponent(self) -> Any:
        """ln(1/delta) as a ball."""
        return -ball(self.delta).log()

    @cached_property
    def window(self) -> Window:
        """rho_-^2 and rho_+^2. Raises `MissingPart` where rho_- would not be positive."""
        l, t = self.codimension, self.exponent  # noqa: E741 - the letter of the theorem
        scale = ball(self.deviation_sq * self.coefficients_sq)
        if l < 1 or not scale > 0:
            raise MissingPart("the orthogonal gradient is zero with certainty: l = 0, no active neuron, or decay to 0")
        if self.exact_window:
            low, high = (ball(q(l, self.delta)) for q in (chi_lower_quantile, chi_upper_quantile))
        else:
            middle = (ball(l) * t).sqrt()
            low, high = ball(l) - 2 * middle, ball(l) + 2 * middle + 2 * t
        if not low > 0:
            raise MissingPart("l <= 4 ln(1/delta): rho has no positive lower bound at this probability")
        return Window(scale * low, scale * high)

    @cached_property
    def kappa(self) -> Fraction:
        """The least scanned factor at which floats see the hypothesis met, else the one that comes closest."""
        window = self.window
        low, high = (float(part.mid()) ** 0.5 for part in (window.low_sq, window.high_sq))
        rooms = self._float_rooms(low, high)
        met = np.flatnonzero(rooms > 1e-9 * float(abs(self.value)))
        chosen = int(met[0]) if len(met) else int(np.argmax(rooms))
        return Fraction(round(float(KAPPAS[chosen]) * 2**20), 2**20)

    def _float_rooms(self, low: float, high: float) -> np.ndarray:
        z, c, u = (np.array([float(v) for v in part]) for part in (self.pre, self.coefficients, self.outputs))
        nu, square, beta = abs(float(self.value)), float(self.coefficients_sq), float(self.deviation_sq) ** 0.5
        a = KAPPAS[:, None] * nu / low
        mean = a * c * high / square - np.abs(z)
        spread = a * beta * np.sqrt(np.maximum(0.0, 1 - c * c / square))
        safe = np.where(spread > 0, spread, 1.0)
        ratio = mean / safe
        psi = np.where(spread > 0, mean * ndtr(ratio) + safe * np.exp(-0.5 * ratio**2) / np.sqrt(2 * np.pi),
                       np.maximum(mean, 0.0))  # fmt: skip
        bend = (self.sign * u * psi).sum(axis=1)
        rise = a[:, 0] * beta * np.sqrt(u @ u) * np.sqrt(2 * -np.log(float(self.delta)))
        return (KAPPAS - 1) * nu - bend - rise

    @property
    def distance(self) -> Any:
        """a = kappa nu/rho_- as a ball."""
        return ball(self.kappa * abs(self.value)) / self.window.low_sq.sqrt()

    @property
    def bend(self) -> Any:
        """M(a, rho_+) as a ball."""
        return self.mean_bend(self.distance, self.window.high_sq.sqrt())

    def mean_bend(self, distance: Any, rho: Any, active: bool = False) -> Any:
        """M(a, rho) as a ball, for balls a and rho; `active`: only the neurons that depend on rho, those with z > 0."""
        total, beta = ball(0), ball(self.deviation_sq).sqrt()
        for u, z, c in zip(self.outputs, self.pre, self.coefficients, strict=True):
            if active and z <= 0:
                continue
            mean = distance * rho * ball(c / self.coefficients_sq) - ball(abs(z))
            spread = distance * beta * ball(1 - c * c / self.coefficients_sq).sqrt()
            total += ball(self.sign * u) * positive_part_mean(mean, spread)
        return total

    @property
    def rise(self) -> Any:
        """a beta |u| sqrt(2 ln(1/delta)) as a ball: what R exceeds M by with probability at most delta."""
        return self.distance * (ball(2 * self.deviation_sq * self.outputs_sq) * self.exponent).sqrt()


def as_ball(value: Any) -> np.ndarray:
    """A ball in the array form of an enclosure."""
    return arithmetic.balls(value)
