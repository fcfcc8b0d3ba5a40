"""Empirical neural tangent kernels: in closed form for one hidden layer, from Jacobians in blocks for any function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from constructions.instance import InvalidInstance
from constructions.trained.ntk_features.networks import Network, Parameters, forward

MEMORY = 2**28
"""Bytes that Jacobians may take by default."""


def one_layer_kernel(network: Network, parameters: Parameters, points: torch.Tensor) -> torch.Tensor:
    """Kernels (S, n, n) of nets with one hidden layer, all parameters counted, points (n, d) or (S, n, d).

        s_w^2/m [ (s_w^2/D x.x' + s_b^2) sum_i u_i^2 1{z_i > 0, z'_i > 0} + relu(z).relu(z') ] + s_b^2
    """
    if len(network.hidden) != 1:
        raise InvalidInstance(f"the closed form is for one hidden layer; this net has {len(network.hidden)}")
    passed = forward(network, parameters, points)
    first, hidden = passed.inputs
    gates = (hidden > 0) * parameters[2].squeeze(1)[:, None, :]
    outer, inner = network.gains[1] ** 2, network.gains[0] ** 2
    data = inner * (first @ first.transpose(1, 2)) + network.bias_variance
    active = gates @ gates.transpose(1, 2)
    return outer * (data * active + hidden @ hidden.transpose(1, 2)) + network.bias_variance


def jacobian_bytes(count: int, parameters: int, outputs: int = 1, size: int = 8) -> int:
    """Bytes of the Jacobian of so many points: what `empirical_kernel` holds twice, for the rows and the columns."""
    return count * parameters * outputs * size


def empirical_kernel(
    function: Callable[[dict[str, torch.Tensor], torch.Tensor], torch.Tensor], parameters: dict[str, torch.Tensor],
    first: torch.Tensor, second: torch.Tensor | None = None, memory: int = MEMORY,
) -> torch.Tensor:  # fmt: skip
    """Kernel (n C, k C) of function(parameters, point) -> (C,): sums over parameters of products of derivatives.

    Entry (j C + c, j' C + c') belongs to output c at point j. Points are taken in blocks, so that the Jacobians of the
    rows and of the columns fit into `memory` bytes. Raises `InvalidInstance`, saying how much is needed, if those of
    one point do not.
    """
    columns = first if second is None else second
    count = sum(entry.numel() for entry in parameters.values())
    sample = function(parameters, first[0])
    outputs, size = sample.numel(), sample.element_size()
    one = jacobian_bytes(1, count, outputs, size)
    block = memory // (2 * one)
    if block < 1:
        raise InvalidInstance(f"the Jacobian of one point takes {one} bytes, twice; raise the limit of {memory} bytes")
    jacobian: Any = torch.func.vmap(torch.func.jacrev(function), in_dims=(None, 0))

    def rows(points: torch.Tensor) -> list[torch.Tensor]:
        return [entry.reshape(len(points) * outputs, -1) for entry in jacobian(parameters, points).values()]

    kernel = sample.new_empty((len(first) * outputs, len(columns) * outputs))
    for start in range(0, len(first), block):
        left = rows(first[start : start + block])
        here = slice(start * outputs, (start + block) * outputs)
        # a symmetric kernel needs the blocks on and above the diagonal only
        for begin in range(start if second is None else 0, len(columns), block):
            right = left if second is None and begin == start else rows(columns[begin : begin + block])
            there = slice(begin * outputs, (begin + block) * outputs)
            kernel[here, there] = sum(a @ b.T for a, b in zip(left, right, strict=True))
            if second is None and begin != start:
                kernel[there, here] = kernel[here, there].T
    return kernel


def as_function(network: Network) -> Callable[[dict[str, torch.Tensor], torch.Tensor], torch.Tensor]:
    """A net of one seed as function(parameters, point (d,)) -> (1,), parameters named by `as_parameters`."""

    def function(parameters: dict[str, torch.Tensor], point: torch.Tensor) -> torch.Tensor:
        hidden = point
        for layer, gain in enumerate(network.gains):
            hidden = torch.relu(hidden) if layer else hidden
            hidden = gain * parameters[f"W{layer}"] @ hidden + network.bias_gain * parameters[f"b{layer}"]
        return hidden

    return function


def as_parameters(parameters: Parameters, seed: int) -> dict[str, torch.Tensor]:
    """The parameters of the net at position `seed` by name."""
    return {f"{'Wb'[i % 2]}{i // 2}": entry[seed] for i, entry in enumerate(parameters)}
