"""Exact algebra of one step of adversarial training: stationarity of the inner problem, and what the step does to G."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property

import numpy as np

from constructions.dimpled_manifold import AttackedStep
from constructions.instance import fractions_of
from verifiers.dimpled_manifold.network import NetworkSubject, Table


class AttackedSubject:
    """An attacked step; gradients use the stored gates, or 1[z > 0] where there are none."""

    def __init__(self, step: AttackedStep) -> None:
        self.step = step
        self.network = NetworkSubject(step.network())

    @cached_property
    def slopes(self) -> list[Fraction]:
        return list(fractions_of(self.step.slopes))

    @cached_property
    def labels(self) -> list[int]:
        return [int(y) for y in self.step.labels]

    @cached_property
    def perturbations(self) -> np.ndarray:
        return fractions_of(self.step.perturbations)

    @cached_property
    def weights(self) -> np.ndarray:
        return fractions_of(self.step.weights)

    @cached_property
    def pre(self) -> np.ndarray:
        """Pre-activations at the perturbed points (n, m)."""
        moved = fractions_of(self.step.points) + self.perturbations
        return (Table.of(moved) @ Table.of(self.step.weights).transposed).fractions() + np.array(
            self.network.biases, dtype=object)  # fmt: skip

    @cached_property
    def gates(self) -> np.ndarray:
        if self.step.gates is not None:
            return fractions_of(self.step.gates)
        return fractions_of((self.pre > 0).astype(int))

    @cached_property
    def misplaced_gates(self) -> int:
        """Gates that are not 1 where a neuron is on, or not 0 where it is off; kinks may have any in [0, 1]."""
        wrong = ((self.pre > 0) & (self.gates != 1)) | ((self.pre < 0) & (self.gates != 0))
        return int(wrong.sum())

    @cached_property
    def combination(self) -> np.ndarray:
        """dN/dz_i at the perturbed points, (n, m)."""
        return self.gates * np.array(self.network.outputs, dtype=object)

    @cached_property
    def gradients(self) -> np.ndarray:
        """grad N at the perturbed points (n, d)."""
        return self.combination @ self.weights

    @cached_property
    def orthogonal_gradients(self) -> np.ndarray:
        """Their part orthogonal to P, (n, d) or (n, l): only inner products are used."""
        return self.network.normal_part(Table.of(self.gradients)).fractions()

    @cached_property
    def orthogonal_perturbations(self) -> np.ndarray:
        return self.network.normal_part(Table.of(self.perturbations)).fractions()

    @cached_property
    def multipliers(self) -> list[Fraction]:
        """mu_j = -y <grad N, z>/|z|^2, 0 where z = 0: what stationarity on a sphere needs."""
        found = []
        for y, g, z in zip(self.labels, *self._inner, strict=True):
            square = (z * z).sum()
            found.append(-y * (g * z).sum() / square if square else Fraction(0))
        return found

    @cached_property
    def _inner(self) -> tuple[np.ndarray, np.ndarray]:
        """Gradients and perturbations in the space over which the inner problem minimises."""
        if int(self.step.restricted):
            return self.orthogonal_gradients, self.orthogonal_perturbations
        return self.gradients, self.perturbations

    @cached_property
    def stationarity(self) -> list[Fraction]:
        """|y grad N + mu z|^2 per point; 0 at a stationary point on its sphere."""
        found = []
        for y, mu, g, z in zip(self.labels, self.multipliers, *self._inner, strict=True):
            rest = y * g + mu * z
            found.append((rest * rest).sum())
        return found

    @cached_property
    def outside(self) -> list[Fraction]:
        """Squared part of a perturbation in P where it must stay orthogonal to P, else 0."""
        if not int(self.step.restricted):
            return [Fraction(0)] * len(self.labels)
        whole = [(z * z).sum() for z in self.perturbations]
        return [w - (z * z).sum() for w, z in zip(whole, self.orthogonal_perturbations, strict=True)]

    @cached_property
    def products(self) -> list[Fraction]:
        """y <Pi grad N, Pi z> per point."""
        rows = zip(self.labels, self.orthogonal_gradients, self.orthogonal_perturbations, strict=True)
        return [y * (g * z).sum() for y, g, z in rows]

    @cached_property
    def energy_rate(self) -> Fraction:
        """d/dt |G|^2/2 along the gradient flow of the weights: sum_i <G_i, dG_i/dt>, neuron by neuron."""
        normal = self.network.normal_weights.fractions()
        total = Fraction(0)
        for i, own in enumerate(normal):
            for j, y in enumerate(self.labels):
                push = self.slopes[j] * y * self.combination[j, i]
                total += push * (own * self.orthogonal_perturbations[j]).sum()
        return total / len(self.labels)

    @cached_property
    def predicted_rate(self) -> Fraction:
        """-(1/n) sum_j |loss'_j| mu_j |Pi z_j|^2."""
        terms = [s * mu * (z * z).sum() for s, mu, z in
                 zip(self.slopes, self.multipliers, self.orthogonal_perturbations, strict=True)]  # fmt: skip
        return -sum(terms, Fraction(0)) / len(self.labels)
