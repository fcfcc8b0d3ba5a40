"""Architectures of the frequency experiment in torch, a batch of nets with different seeds in one tensor each.

Points are (B, n, I, *grid): B nets with data of their own, n samples, I input channels, a cyclic grid of one or
two dimensions. Scores are (B, n, O). Only attention has biases; all other nets are homogeneous.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import torch

from constructions.instance import InvalidInstance

Parameters = dict[str, torch.Tensor]
Kind = Literal["dense", "linear", "conv", "local", "attention"]


@dataclass(frozen=True)
class Architecture:
    """A kind of net: `depth` counts layers of weights, the dense readout included; `taps` per dimension of the grid.

    dense: ReLU layers of `channels` neurons. linear: circular convolutions without ReLU, then a dense readout; one tap
    is a fully connected linear net. conv: the same with ReLU. local: one layer of local filters that are not shared.
    attention: patches of `taps` sites as tokens of `channels` entries, depth - 2 blocks, mean over tokens.
    """

    name: str
    kind: Kind
    taps: int = 1
    depth: int = 2
    channels: int = 16

    def layers(self, grid: tuple[int, ...], inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the parameters of one net by name. Raises `InvalidInstance` if the kernel does not fit the grid."""
        sites, kernel = math.prod(grid), (self.taps,) * len(grid)
        if not 1 <= self.taps <= min(grid):
            raise InvalidInstance(f"{self.name}: a kernel of {self.taps} taps does not fit the grid {grid}")
        if self.kind == "dense":
            widths = [inputs * sites, *(self.channels,) * (self.depth - 1), outputs]
            return {f"w{i}": (b, a) for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False))}
        if self.kind in ("linear", "conv"):
            before = [inputs, *(self.channels,) * (self.depth - 2)]
            shapes = {f"u{i}": (self.channels, a, *kernel) for i, a in enumerate(before)}
            return shapes | {"v": (outputs, self.channels, *grid)}
        if self.kind == "local":
            return {"u0": (self.channels, inputs, *kernel, *grid), "v": (outputs, self.channels, *grid)}
        if any(size % self.taps for size in grid):
            raise InvalidInstance(f"{self.name}: patches of {self.taps} do not tile the grid {grid}")
        tokens, c = math.prod(size // self.taps for size in grid), self.channels
        shapes = {"embed": (c, inputs, *kernel), "place": (tokens, c), "v": (outputs, c)}
        for i in range(self.depth - 2):
            shapes |= {f"{n}{i}": (c, c) for n in ("query", "key", "value", "out")}
            shapes |= {f"up{i}": (2 * c, c), f"bias{i}": (2 * c,), f"down{i}": (c, 2 * c)}
        return shapes


def started(
    model: Architecture, grid: tuple[int, ...], inputs: int, outputs: int, nets: int, generator: torch.Generator,
    place: torch.device, scale: float = 1.0,
) -> Parameters:  # fmt: skip
    """Initial parameters (B, ...): uniform on +- scale/sqrt(number of inputs of a neuron), the default of torch."""
    parameters = {}
    for name, shape in model.layers(grid, inputs, outputs).items():
        fan = math.prod(shape[1:]) if len(shape) > 1 else model.channels
        if model.kind == "local" and name == "u0":
            fan = inputs * model.taps ** len(grid)
        drawn = 2 * torch.rand((nets, *shape), generator=generator) - 1
        parameters[name] = (drawn * scale / math.sqrt(fan)).to(place)
    return parameters


def circular(signals: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """Circular correlation, (B, n, I, *grid) with filters (B, O, I, *kernel) to (B, n, O, *grid), net by net.

    Wide filters on one input channel are a product with circulant matrices; others one grouped convolution.
    """
    nets, count, inputs, *grid = signals.shape
    outputs, kernel = filters.shape[1], filters.shape[3:]
    if inputs == 1 and 2 * math.prod(kernel) > math.prod(grid):
        return _by_matrix(signals, filters)
    for axis, taps in enumerate(kernel, start=3):
        signals = torch.cat([signals, signals.narrow(axis, 0, taps - 1)], axis)
    flat = signals.transpose(0, 1).reshape(count, nets * inputs, *signals.shape[3:])
    correlate = torch.nn.functional.conv1d if len(grid) == 1 else torch.nn.functional.conv2d
    out = correlate(flat, filters.reshape(nets * outputs, inputs, *kernel), groups=nets)
    return out.reshape(count, nets, outputs, *grid).transpose(0, 1)


def _by_matrix(signals: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    nets, count, _, *grid = signals.shape
    outputs, kernel = filters.shape[1], filters.shape[3:]
    padding = [side for size, taps in zip(reversed(grid), reversed(kernel), strict=True) for side in (0, size - taps)]
    matrix = torch.nn.functional.pad(filters[:, :, 0], padding)
    for axis, size in enumerate(grid):  # tap k = n - m of output m reads input n
        sites = torch.arange(size, device=signals.device)
        index = (sites[:, None] - sites[None, :]) % size
        matrix = matrix.index_select(2 + 2 * axis, index.reshape(-1))
        matrix = matrix.unflatten(2 + 2 * axis, (size, size))
    dimensions = len(grid)
    rows, columns = [2 + 2 * a for a in range(dimensions)], [3 + 2 * a for a in range(dimensions)]
    sites_count = math.prod(grid)
    matrix = matrix.permute(0, *rows, 1, *columns).reshape(nets, sites_count, outputs * sites_count)
    return torch.bmm(signals.reshape(nets, count, sites_count), matrix).reshape(nets, count, outputs, *grid)


def scores(model: Architecture, parameters: Parameters, points: torch.Tensor) -> torch.Tensor:
    """Scores (B, n, O) of points (B, n, I, *grid)."""
    nets, count = points.shape[:2]
    if model.kind == "dense":
        hidden = points.reshape(nets, count, -1)
        for layer in range(model.depth):
            hidden = hidden if layer == 0 else torch.relu(hidden)
            hidden = torch.bmm(hidden, parameters[f"w{layer}"].transpose(1, 2))
        return hidden
    if model.kind == "attention":
        return _attention(model, parameters, points)
    if model.kind == "local":
        hidden = torch.relu(_local(points, parameters["u0"]))
    else:
        hidden = points
        for layer in range(model.depth - 1):
            hidden = circular(hidden, parameters[f"u{layer}"])
            hidden = torch.relu(hidden) if model.kind == "conv" else hidden
    flat = parameters["v"].flatten(2)
    return torch.bmm(hidden.reshape(nets, count, -1), flat.transpose(1, 2))


def _local(points: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """Filters of their own at every site: (B, n, I, *grid) with (B, O, I, *kernel, *grid) to (B, n, O, *grid)."""
    dimensions = points.dim() - 3
    kernel = filters.shape[3 : 3 + dimensions]
    axes = tuple(range(3, 3 + dimensions))
    shifted = [torch.roll(points, tuple(-k for k in tap), axes) for tap in _taps(kernel)]
    windows = torch.stack(shifted, 3).flatten(4).flatten(2, 3)  # (B, n, I K, N)
    weights = filters.flatten(3, 2 + dimensions).flatten(4).flatten(2, 3)  # (B, O, I K, N)
    out = torch.einsum("bnks,boks->bnos", windows, weights)
    return out.reshape(*out.shape[:3], *points.shape[3:])


def _taps(kernel: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(itertools.product(*map(range, kernel)))


def _attention(model: Architecture, parameters: Parameters, points: torch.Tensor) -> torch.Tensor:
    nets, count, inputs, *grid = points.shape
    patch = model.taps
    pieces = points
    for axis, size in enumerate(grid):  # (.., N) -> (.., N/P, P), tokens first, then what is inside a patch
        pieces = pieces.unflatten(3 + 2 * axis, (size // patch, patch))
    dimensions = len(grid)
    outer, inner = [3 + 2 * a for a in range(dimensions)], [4 + 2 * a for a in range(dimensions)]
    pieces = pieces.permute(0, 1, *outer, 2, *inner).reshape(nets, count, -1, inputs * patch**dimensions)
    tokens = torch.einsum("bntp,bcp->bntc", pieces, parameters["embed"].flatten(2)) + parameters["place"][:, None]
    for i in range(model.depth - 2):
        scaled = _normed(tokens)
        query, key, value = (
            torch.einsum("bntc,boc->bnto", scaled, parameters[f"{name}{i}"]) for name in ("query", "key", "value")
        )
        weights = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(model.channels), -1)
        tokens = tokens + torch.einsum("bntc,boc->bnto", weights @ value, parameters[f"out{i}"])
        up = torch.einsum("bntc,boc->bnto", _normed(tokens), parameters[f"up{i}"])
        up = up + parameters[f"bias{i}"][:, None, None]
        tokens = tokens + torch.einsum("bntc,boc->bnto", torch.relu(up), parameters[f"down{i}"])
    return torch.einsum("bnc,boc->bno", _normed(tokens).mean(2), parameters["v"])


def _normed(tokens: torch.Tensor) -> torch.Tensor:
    return tokens / torch.sqrt(tokens.square().mean(-1, keepdim=True) + 1e-6)


def alternating(grid: tuple[int, ...], place: torch.device | str = "cpu") -> torch.Tensor:
    """(-1)^(n_1 + n_2) on a grid: multiplication by it moves every frequency d to N/2 - d. Sizes must be even."""
    if any(size % 2 for size in grid):
        raise InvalidInstance(f"the mirror needs even sizes, not {grid}")
    sites = torch.stack(torch.meshgrid(*(torch.arange(size) for size in grid), indexing="ij")).sum(0)
    return (1.0 - 2.0 * (sites % 2)).to(place)


def mirrored(model: Architecture, parameters: Parameters, grid: tuple[int, ...]) -> Parameters:
    """The parameters that a net of mirrored points should start from: the mirror acts on filters and readouts.

    For dense, linear, locally connected and (even patches) attention nets the mirrored net has the same score on
    mirrored points; with ReLU after shared filters it has not, which is what the mirrored control looks at.
    """
    place = next(iter(parameters.values())).device
    dimensions = len(grid)
    full, taps = alternating(grid, place), _signs((model.taps,) * dimensions, place)
    out = dict(parameters)
    if model.kind == "dense":
        out["w0"] = (parameters["w0"].unflatten(-1, (-1, full.numel())) * full.reshape(-1)).flatten(2)
    elif model.kind in ("linear", "conv"):
        for layer in range(model.depth - 1):
            out[f"u{layer}"] = parameters[f"u{layer}"] * taps
        out["v"] = parameters["v"] * full
    elif model.kind == "local":
        out["u0"] = parameters["u0"] * taps.reshape(*taps.shape, *(1,) * dimensions) * full
    else:
        out["embed"] = parameters["embed"] * taps
    return out


def _signs(shape: tuple[int, ...], place: torch.device) -> torch.Tensor:
    sites = torch.stack(torch.meshgrid(*(torch.arange(size) for size in shape), indexing="ij")).sum(0)
    return (1.0 - 2.0 * (sites % 2)).to(place)
