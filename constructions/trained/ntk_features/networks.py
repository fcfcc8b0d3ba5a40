"""Fully connected ReLU nets in NTK parametrisation, many seeds at once, with their gradients written out.

    z^1 = s_w/sqrt(D) W^1 x + s_b b^1,   z^(l+1) = s_w/sqrt(m_l) W^(l+1) relu(z^l) + s_b b^(l+1),   f = z^(L+1)

with all entries of W and b standard normal at the start: the kernels of `constructions.ntk_features` are the limits of
infinite width. Tensors have the seed as first axis, S; nets of different seeds never meet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

Parameters = list[torch.Tensor]
"""W^1, b^1, W^2, b^2, ...: (S, m_out, m_in) and (S, m_out) in turn."""


@dataclass(frozen=True)
class Network:
    """Sizes and variances of a net. `divisor` is D, the number of inputs by default; `scale` shrinks the start."""

    inputs: int
    hidden: tuple[int, ...]
    weight_variance: float = 2.0
    bias_variance: float = 0.01
    divisor: float | None = None
    scale: float = 1.0

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of units from input to output."""
        return (self.inputs, *self.hidden, 1)

    @property
    def gains(self) -> list[float]:
        """Factors on the weights of each layer."""
        fans = (self.divisor or self.inputs, *self.hidden)
        return [math.sqrt(self.weight_variance / fan) for fan in fans]

    @property
    def bias_gain(self) -> float:
        return math.sqrt(self.bias_variance)

    @property
    def parameter_count(self) -> int:
        return sum((a + 1) * b for a, b in zip(self.sizes, self.sizes[1:], strict=False))


@dataclass(frozen=True)
class Pass:
    """A forward pass: outputs (S, n), inputs of every layer (S, n, m_l), the first of them the points."""

    values: torch.Tensor
    inputs: list[torch.Tensor]


def start(
    network: Network, seeds: Sequence[int], place: torch.device | str = "cpu", dtype: torch.dtype = torch.float64
) -> Parameters:
    """Initial parameters; those of a seed do not depend on the other seeds."""
    nets = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        own = []
        for fan, units in zip(network.sizes, network.sizes[1:], strict=False):
            own.append(torch.randn((units, fan), generator=generator, dtype=torch.float64) * network.scale)
            own.append(torch.randn(units, generator=generator, dtype=torch.float64) * network.scale)
        nets.append(own)
    return [torch.stack(group).to(place, dtype) for group in zip(*nets, strict=True)]


def forward(network: Network, parameters: Parameters, points: torch.Tensor) -> Pass:
    """Outputs at points (n, d), shared by all seeds, or (S, n, d)."""
    seeds = parameters[0].shape[0]
    hidden = points.expand(seeds, *points.shape) if points.dim() == 2 else points
    inputs = []
    for layer, gain in enumerate(network.gains):
        if layer:
            hidden = hidden.relu_()
        inputs.append(hidden)
        weights, biases = parameters[2 * layer], parameters[2 * layer + 1]
        hidden = torch.baddbmm(
            biases[:, None, :], hidden, weights.transpose(1, 2), beta=network.bias_gain, alpha=gain
        )  # fmt: skip
    return Pass(hidden[..., 0], inputs)


def backward(
    network: Network, parameters: Parameters, passed: Pass, slopes: torch.Tensor, wanted: str
) -> Parameters | torch.Tensor:
    """The gradient of sum_j slopes[s, j] f_s(x_j): with respect to the "parameters" or the "points" (S, n, d).

    A unit whose pre-activation is zero or less counts as off.
    """
    found: Parameters = []
    flow = slopes[..., None]
    for layer in reversed(range(len(network.gains))):
        gain, hidden = network.gains[layer], passed.inputs[layer]
        if wanted == "parameters":
            found = [gain * flow.transpose(1, 2) @ hidden, network.bias_gain * flow.sum(dim=1), *found]
            if layer == 0:
                return found
        flow = gain * (flow @ parameters[2 * layer])
        if layer:
            flow = flow * (hidden > 0)
    return flow


def outputs(network: Network, parameters: Parameters, points: torch.Tensor) -> torch.Tensor:
    """f (S, n) at points (n, d) or (S, n, d)."""
    return forward(network, parameters, points).values


def parameter_gradient(
    network: Network, parameters: Parameters, passed: Pass, slopes: torch.Tensor
) -> Parameters:
    """The gradient of sum_j slopes[s, j] f_s(x_j) with respect to the parameters."""
    found = backward(network, parameters, passed, slopes, "parameters")
    assert isinstance(found, list)
    return found


@dataclass(frozen=True)
class Centred:
    """Nets less their frozen start, f - f_0: what the kernel predictor is the limit of. Without a start, f itself."""

    network: Network
    parameters: Parameters
    initial: Parameters | None = None

    def values(self, points: torch.Tensor) -> torch.Tensor:
        """f - f_0 (S, n)."""
        found = outputs(self.network, self.parameters, points)
        return found if self.initial is None else found - outputs(self.network, self.initial, points)

    def slopes(self, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(f - f_0 (S, n), its gradient with respect to the points (S, n, d))."""
        values, gradient = self._one(self.parameters, points)
        if self.initial is None:
            return values, gradient
        first, first_gradient = self._one(self.initial, points)
        return values - first, gradient - first_gradient

    def _one(self, parameters: Parameters, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        passed = forward(self.network, parameters, points)
        gradient = backward(self.network, parameters, passed, torch.ones_like(passed.values), "points")
        assert isinstance(gradient, torch.Tensor)
        return passed.values, gradient
