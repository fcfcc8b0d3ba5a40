"""Batches of ReLU nets with a dense first layer, in coordinates whose first p axes span the data subspace P.

Every tensor has a leading axis B, one net each with its own seed: weights W (B, m, d), readouts u (B, m), optional
biases b (B, m), and square hidden layers V1, V2, ... (B, m, m) of deeper nets. The normal block G is W[:, :, p:].
Everything is float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from constructions.instance import InvalidInstance

Parameters = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Architecture:
    """Width m, number of layers with weights (2: one hidden layer), and whether the first layer has biases.

    At the start w_i ~ N(0, (scale^2/d) I), hidden layers are N(0, 2/m), biases like an entry of w_i, and
    u_i = +-1/sqrt(m) in random signs, which stays fixed.
    """

    width: int
    depth: int = 2
    bias: bool = False
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 2:
            raise InvalidInstance(f"width {self.width}, depth {self.depth}: need at least one neuron and two layers")


def started(
    net: Architecture, p: int, d: int, generators: list[np.random.Generator], place: torch.device
) -> Parameters:
    """Initial parameters, net b from its own generator: a net is the same whatever it is trained beside.

    The normal block is drawn after the block on P.
    """
    drawn: dict[str, list[np.ndarray]] = {}
    for own in generators:
        parts = {"u": own.choice([-1.0, 1.0], size=net.width) / math.sqrt(net.width)}
        for layer in range(1, net.depth - 1):
            parts[f"V{layer}"] = own.standard_normal((net.width, net.width)) * math.sqrt(2 / net.width)
        along = own.standard_normal((net.width, p))
        normal = own.standard_normal((net.width, d - p))
        parts["W"] = net.scale / math.sqrt(d) * np.concatenate([along, normal], axis=1)
        if net.bias:
            parts["b"] = net.scale / math.sqrt(d) * own.standard_normal(net.width)
        for name, array in parts.items():
            drawn.setdefault(name, []).append(array)
    return {name: torch.tensor(np.stack(arrays), device=place) for name, arrays in drawn.items()}


def trained_names(parameters: Parameters) -> list[str]:
    """What gradient methods move: all but the readouts."""
    return [name for name in parameters if name != "u"]


def preactivations(parameters: Parameters, points: torch.Tensor) -> torch.Tensor:
    """z (B, n, m) of the first layer at points (B, n, d)."""
    linear = points @ parameters["W"].transpose(1, 2)
    return linear + parameters["b"][:, None] if "b" in parameters else linear


def head(parameters: Parameters, first: torch.Tensor) -> torch.Tensor:
    """Outputs (B, n) from first pre-activations (B, n, m)."""
    hidden = torch.relu(first)
    layer = 1
    while f"V{layer}" in parameters:
        hidden = torch.relu(hidden @ parameters[f"V{layer}"].transpose(1, 2))
        layer += 1
    return (hidden @ parameters["u"][:, :, None])[..., 0]


def scores(parameters: Parameters, points: torch.Tensor) -> torch.Tensor:
    """Outputs N(x) (B, n)."""
    return head(parameters, preactivations(parameters, points))


def head_slopes(parameters: Parameters, first: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(outputs (B, n), c = dN/dz (B, n, m)) at first pre-activations; a neuron at exactly 0 counts as inactive."""
    gates, hidden, layer = [(first > 0).to(first.dtype)], torch.relu(first), 1
    while f"V{layer}" in parameters:
        inner = hidden @ parameters[f"V{layer}"].transpose(1, 2)
        gates.append((inner > 0).to(first.dtype))
        hidden = torch.relu(inner)
        layer += 1
    slopes = gates[-1] * parameters["u"][:, None]
    for below in range(layer - 1, 0, -1):
        slopes = (slopes @ parameters[f"V{below}"]) * gates[below - 1]
    return (hidden @ parameters["u"][:, :, None])[..., 0], slopes


def input_slopes(parameters: Parameters, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(outputs (B, n), input gradients (B, n, d)) at points (B, n, d)."""
    values, slopes = head_slopes(parameters, preactivations(parameters, points))
    return values, slopes @ parameters["W"]


def padded(points: torch.Tensor, d: int) -> torch.Tensor:
    """Points (B, n, p) of P as points of R^d: zeros in the normal coordinates."""
    return torch.nn.functional.pad(points, (0, d - points.shape[2]))
