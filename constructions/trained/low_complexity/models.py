"""Models of low complexity in torch: odd symmetric polynomials, linear classifiers, networks with frozen soft gates.

Each is a function of points (n, d) that is linear in its parameters, so that training it is a convex problem apart from
the attack.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from constructions.low_complexity import odd_monomials

Model = Callable[[torch.Tensor], torch.Tensor]


@dataclass
class SymmetricPolynomial:
    """Odd symmetric polynomial of a degree: all products of power sums of odd weight, or the power sums alone.

    Coordinates are read in units of 1/sqrt(k), and a power sum is divided by the expected number of nonzeros. The
    parameters are coefficients of `basis`, combinations of the products: each product alone at first, uncorrelated
    ones of size one after `calibrate`.
    """

    degree: int
    sparsity: float
    additive: bool = False

    def __post_init__(self) -> None:
        monomials = odd_monomials(self.degree)
        self.monomials = [m for m in monomials if len(m) == 1] if self.additive else monomials
        self.basis = torch.eye(len(self.monomials), dtype=torch.float64)
        self.parameters = torch.zeros(len(self.monomials), dtype=torch.float64)
        self.parameters[0] = 1.0

    def to(self, place: torch.device) -> None:
        """Move the parameters to a device."""
        self.parameters, self.basis = self.parameters.to(place), self.basis.to(place)

    def features(self, points: torch.Tensor) -> torch.Tensor:
        """The products (n, p)."""
        scaled = points * math.sqrt(self.sparsity)
        sums: dict[int, torch.Tensor] = {}
        power = torch.ones_like(scaled)
        for part in range(1, self.degree + 1):
            power = power * scaled
            sums[part] = power.sum(dim=1) / self.sparsity
        return torch.stack([math.prod(sums[part] for part in parts) for parts in self.monomials], dim=1)  # type: ignore

    def calibrate(self, points: torch.Tensor) -> None:
        """Make the basis uncorrelated on points (n, d), starting from a multiple of p_1."""
        with torch.no_grad():
            products = self.features(points)
            sizes = products.square().mean(dim=0).sqrt().clamp_min(1e-12)
            moments = (products / sizes).T @ (products / sizes) / len(products)
            unit = torch.eye(len(sizes), dtype=moments.dtype, device=moments.device)
            factor = torch.linalg.cholesky(moments + 1e-6 * unit)
            self.basis = torch.linalg.inv(factor) / sizes
            self.parameters = factor[0].clone()

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        return self.features(points) @ (self.parameters @ self.basis).to(points.dtype)


@dataclass
class SoftGates:
    """f(x) = sum_i <v_i, x> g_i(x), gates g_i of a symmetric ReLU network at its random start, smoothed by Phi.

    The tangent kernel's model of that network. `width` neurons, bias `bias` and smoothing `smooth` relative to |w|.
    """

    dimension: int
    width: int
    generator: torch.Generator
    bias: float = 0.1
    smooth: float = 0.03

    def __post_init__(self) -> None:
        drawn = torch.randn(self.width, self.dimension, generator=self.generator)
        self.directions = drawn / drawn.norm(dim=1, keepdim=True)
        self.parameters = torch.zeros(self.width, self.dimension)

    def to(self, place: torch.device) -> None:
        """Move parameters and gates to a device."""
        self.parameters, self.directions = self.parameters.to(place), self.directions.to(place)

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        height = points @ self.directions.T
        normal = torch.special.ndtr
        gates = normal((height - self.bias) / self.smooth) + normal((-height - self.bias) / self.smooth)
        return ((points @ self.parameters.T) * gates).sum(dim=1) * math.sqrt(self.dimension) / self.width


@dataclass
class RandomFeatures:
    """f(x) = sum_i a_i [relu(<w_i, x> - b) - relu(-<w_i, x> - b)], w_i of length one frozen at their random start."""

    dimension: int
    width: int
    generator: torch.Generator
    bias: float = 0.1

    def __post_init__(self) -> None:
        drawn = torch.randn(self.width, self.dimension, generator=self.generator)
        self.directions = drawn / drawn.norm(dim=1, keepdim=True)
        self.parameters = torch.zeros(self.width)

    def to(self, place: torch.device) -> None:
        """Move parameters and directions to a device."""
        self.parameters, self.directions = self.parameters.to(place), self.directions.to(place)

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        height = points @ self.directions.T
        units = torch.relu(height - self.bias) - torch.relu(-height - self.bias)
        return units @ self.parameters * (self.dimension / math.sqrt(self.width))


Trainable = SymmetricPolynomial | SoftGates | RandomFeatures


def attacked(
    model: Model, points: torch.Tensor, labels: torch.Tensor, tau: float, steps: int, generator: torch.Generator,
    restarts: int = 1,
) -> torch.Tensor:  # fmt: skip
    """Perturbations (n, d) of length at most tau that make y f(x + delta) small: projected gradient, best iterate kept.

    Starts: 0, then against the largest coordinate in favour of the label, the dense direction, and random ones.
    """
    half = steps // 2
    long = max(1 / 4, 3 / 4 / max(half, 1))  # few steps are longer, so that together they reach the radius
    short = max(1 / 12, (1 / 4 if half else 1) / (steps - half))
    best = torch.zeros_like(points)
    with torch.no_grad():
        least = labels * model(points)
    for start in range(restarts):
        if start == 0:
            delta = torch.zeros_like(points)
        elif start == 1:
            largest = (labels[:, None] * points).argmax(dim=1, keepdim=True)
            delta = torch.zeros_like(points).scatter_(1, largest, -0.9 * tau * labels[:, None])
        elif start == 2:
            delta = -0.9 * tau * labels[:, None] * torch.ones_like(points) / math.sqrt(points.shape[1])
        else:
            drawn = torch.randn(points.shape, generator=generator, dtype=points.dtype).to(points.device)
            delta = 0.9 * tau * drawn / drawn.norm(dim=1, keepdim=True)
        for step in range(steps):
            delta.requires_grad_(True)
            (slope,) = torch.autograd.grad((labels * model(points + delta)).sum(), delta)
            length = tau * (long if step < half else short)
            with torch.no_grad():
                delta = delta - length * slope / slope.norm(dim=1, keepdim=True).clamp_min(1e-12)
                delta = delta * (tau / delta.norm(dim=1, keepdim=True).clamp_min(1e-12)).clamp_max(1.0)
                value = labels * model(points + delta)
                lower = value < least
                best[lower], least = delta[lower], torch.minimum(least, value)
    return best


def fit(
    model: Trainable, sample: Callable[[], tuple[torch.Tensor, torch.Tensor]], tau: float,
    steps: int, rate: float, generator: torch.Generator, inner: int = 6,
    restarts: int = 1,
) -> None:  # fmt: skip
    """Adversarial training on fresh batches with the logistic loss, Adam, and a radius that grows over 40% of them.

    `inner` steps of projected gradient from each of `restarts` starts make the attack.
    """
    model.parameters.requires_grad_(True)
    optimiser = torch.optim.Adam([model.parameters], lr=rate)
    falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(1.0 - step / steps, 0.02) ** 0.5)
    for step in range(steps):
        points, labels = sample()
        radius = tau * min(1.0, (step + 1) / (0.4 * steps))
        delta = attacked(model, points, labels, radius, inner, generator, restarts)
        optimiser.zero_grad()
        torch.nn.functional.softplus(-4 * labels * model(points + delta.detach())).mean().backward()
        optimiser.step()
        falling.step()
    model.parameters.requires_grad_(False)
