"""Descent repeated in rational arithmetic, step by step, and the scalar recursion that predicts its orthogonal part."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from constructions.dimpled_manifold import DescentRun, number_of
from constructions.instance import exact_array, fractions_of
from verifiers.dimpled_manifold.network import NetworkSubject, Table
from verifiers.errors import MissingPart


class DescentSubject:
    """A run from its start, a run from the other start, and the networks along the way."""

    def __init__(self, run: DescentRun) -> None:
        self.run = run

    @cached_property
    def points(self) -> np.ndarray:
        return fractions_of(self.run.points)

    def _number(self, name: str) -> Fraction:
        return number_of(getattr(self.run, name))

    def _gradient(self, weights: np.ndarray) -> np.ndarray:
        """Gradient of the mean loss plus lambda |W|^2/2 with respect to the first layer, (m, d)."""
        outputs = fractions_of(self.run.outputs)
        total = self._number("decay") * weights
        for x, y in zip(self.points, self.run.labels.tolist(), strict=True):
            z = weights @ x
            value = sum((u * v for u, v in zip(outputs, z, strict=True) if v > 0), Fraction(0))
            slope = Fraction(-y) if int(self.run.loss) == 0 else value - y
            gates = (z > 0).astype(int) * outputs
            total = total + np.outer(gates * slope, x) / len(self.points)
        return total

    def _weights(self, start: Any) -> list[np.ndarray]:
        rate, momentum = self._number("rate"), self._number("momentum")
        rule, weights = int(self.run.rule), fractions_of(start)
        velocity, found = weights * Fraction(0), [weights]
        for _ in range(int(self.run.steps)):
            if rule == 3:
                gradient = self._gradient(weights)
                weights = weights - rate * ((gradient > 0).astype(int) - (gradient < 0).astype(int))
            elif rule == 0:
                weights = weights - rate * self._gradient(weights)
            else:
                at = weights - rate * momentum * velocity if rule == 2 else weights
                velocity = momentum * velocity + self._gradient(at)
                weights = weights - rate * velocity
            found.append(weights)
        return found

    @cached_property
    def weights(self) -> list[np.ndarray]:
        """W(0), ..., W(T) as fractions (m, d)."""
        return self._weights(self.run.start)

    @cached_property
    def other_weights(self) -> list[np.ndarray]:
        if self.run.other is None:
            raise MissingPart("this compares two starts, and the instance gives one")
        return self._weights(self.run.other)

    @cached_property
    def factors(self) -> list[Fraction]:
        """s_0, ..., s_T: what the scalar recursion of the rule makes of 1 under weight decay alone."""
        rate, momentum, decay = (self._number(name) for name in ("rate", "momentum", "decay"))
        rule = int(self.run.rule)
        if rule == 3:
            raise MissingPart("a step by signs multiplies the orthogonal part by no common factor")
        s, v, found = Fraction(1), Fraction(0), [Fraction(1)]
        for _ in range(int(self.run.steps)):
            if rule == 0:
                s = (1 - rate * decay) * s
            else:
                v = momentum * v + decay * (s - rate * momentum * v if rule == 2 else s)
                s = s - rate * v
            found.append(s)
        return found

    @cached_property
    def networks(self) -> list[NetworkSubject]:
        """The networks at times 0..T."""
        return [NetworkSubject(self.run.network(exact_array(weights))) for weights in self.weights]

    def normal(self, weights: np.ndarray) -> np.ndarray:
        """The part of weights (m, d) orthogonal to P, fractions."""
        return self.networks[0].normal_part(Table.of(weights)).fractions()

    def plane(self, weights: np.ndarray) -> np.ndarray:
        """Inner products of weights with rows that span P: what P sees."""
        rows = self.networks[0].rows
        return weights @ rows.T

    @cached_property
    def off_plane(self) -> Fraction:
        return self.networks[0].off_plane
