"""Least perturbations that change the sign of the output, along P, normal to it or free: by attack, in batches.

DeepFool with the gradient restricted to the subspace, then bisection on the segment that was found, then repeated
steps along the gradient at the boundary point. What comes out is a perturbation that does flip the point, so its
length is an upper bound of the radius; how far it is from the least is tested on small nets by enumeration.

The first layer is linear in the perturbation, so along a ray only the layers above it are evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from constructions.trained.dimpled_manifold.nets import Parameters, head, head_slopes, preactivations

OVERSHOOT = 1.02
"""DeepFool aims this far beyond the boundary of the local linear model."""

STEPS, SECANTS, REFINED = 40, 24, 12
"""DeepFool steps, at most so many secant steps on a segment, and steps along the gradient at the boundary."""

NEAR = 1e-9
"""Relative width of the bracket at which a root on a ray is found: its far end, which is flipped, is returned."""

GAIN = 1e-7
"""Relative shortening below which the steps at the boundary end."""

FARTHEST = 2.0**20
"""A direction that does not flip a point within this many times its DeepFool length is given up: radius infinity."""


@dataclass(frozen=True)
class Broken:
    """Perturbations (B, n, k) in the coordinates of the subspace and their lengths (B, n), inf where none was found."""

    perturbations: torch.Tensor
    radii: torch.Tensor


def broken(
    parameters: Parameters, points: torch.Tensor, subspace: slice, starts: Sequence[torch.Tensor] = ()
) -> Broken:
    """The attack from points (B, n, d) with perturbations in the coordinates `subspace` of R^d.

    The reference sign is that of the net's own output, right or wrong. A point with output 0 has radius 0. `starts` are
    directions (B, n, k) in which the attack is begun again, half way out to the radius found so far: training against
    attacks hides the gradient at the point itself.
    """
    weights = parameters["W"][:, :, subspace]
    first = preactivations(parameters, points)
    start = head(parameters, first)
    sign = torch.where(start >= 0, 1.0, -1.0).to(start)
    radius, direction = _attacked(parameters, weights, first, sign, torch.zeros_like(points[..., subspace]))
    for start_direction in starts:
        reach = torch.where(radius.isfinite(), radius, 1.0) / 2
        begun = reach[..., None] * _split(start_direction)[1]
        other, turned = _attacked(parameters, weights, first, sign, begun)
        direction = torch.where((other < radius)[..., None], turned, direction)
        radius = torch.minimum(radius, other)
    radius = torch.where(start == 0, torch.zeros_like(radius), radius)
    return Broken(torch.where(radius.isfinite(), radius, 0.0)[..., None] * direction, radius)


def _attacked(
    parameters: Parameters, weights: torch.Tensor, first: torch.Tensor, sign: torch.Tensor, begun: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Radii (B, n) and directions (B, n, k) found from perturbations `begun`."""
    found = begun + _deepfool(parameters, weights, first + begun @ weights.transpose(1, 2), sign)
    length, direction = _split(found)
    radius = _crossing(parameters, first, direction @ weights.transpose(1, 2), sign, length, length.isfinite())
    going = radius.isfinite()
    for _ in range(REFINED):
        index = _open(going)
        if not index.shape[1]:
            break
        some = (_at(values, index) for values in (first, sign, torch.where(going, radius, 0.0), direction))
        shorter, turned = _refined(parameters, weights, *some)
        shorter = torch.where(_at(going, index), shorter, _at(radius, index))
        going = torch.zeros_like(going).scatter(1, index, shorter < _at(radius, index))
        radius = radius.scatter(1, index, shorter)
        direction = direction.scatter(1, _spread(index, direction.shape[2]), turned)
    return radius, direction


def _split(vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(lengths, unit vectors); the unit vector of 0 is 0."""
    length = vectors.norm(dim=-1)
    return length, vectors / length.clamp_min(torch.finfo(vectors.dtype).tiny)[..., None]


def _open(mask: torch.Tensor) -> torch.Tensor:
    """Indices (B, k) of the points of each net where `mask` (B, n) holds, filled up with others to the most of any net.

    What is still open is a few points soon, so that all steps work on those alone.
    """
    return mask.to(torch.uint8).topk(int(mask.sum(1).max()), dim=1).indices


def _at(values: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Rows `index` (B, k) of values (B, n) or (B, n, m)."""
    return values.gather(1, index) if values.dim() == 2 else values.gather(1, _spread(index, values.shape[2]))


def _spread(index: torch.Tensor, size: int) -> torch.Tensor:
    return index[..., None].expand(-1, -1, size)


def _deepfool(
    parameters: Parameters, weights: torch.Tensor, first: torch.Tensor, sign: torch.Tensor
) -> torch.Tensor:
    """Perturbations (B, n, k), each moved by steps of the local linear model until its point is flipped."""
    found = first.new_zeros((*first.shape[:2], weights.shape[2]))
    going = torch.ones_like(sign, dtype=torch.bool)
    for _ in range(STEPS):
        index = _open(going)
        if not index.shape[1]:
            break
        place, side = _at(found, index), _at(sign, index)
        values, slopes = head_slopes(parameters, _at(first, index) + place @ weights.transpose(1, 2))
        values = side * values
        gradient = side[..., None] * (slopes @ weights)
        squared = gradient.square().sum(-1)
        step = torch.where((values > 0) & (squared > 0), OVERSHOOT * values / squared.clamp_min(1e-300), 0.0)
        found = found.scatter(1, _spread(index, found.shape[2]), place - step[..., None] * gradient)
        going = torch.zeros_like(going).scatter(1, index, step > 0)
    return found


def _values(
    parameters: Parameters, first: torch.Tensor, along: torch.Tensor, sign: torch.Tensor, t: torch.Tensor
) -> torch.Tensor:
    """sign * N on the ray (B, n): at most 0 where the point is flipped."""
    return sign * head(parameters, first + t[..., None] * along)


def _crossing(
    parameters: Parameters, first: torch.Tensor, along: torch.Tensor, sign: torch.Tensor, reach: torch.Tensor,
    wanted: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """A radius (B, n) at which the ray first + t along (B, n, m) has flipped its point, just after a change of sign.

    `reach` is doubled until the point is flipped, up to `FARTHEST` times; inf where it never is, or the point is not
    `wanted`. Secant steps with the Illinois rule: on a ray the output is piecewise linear, so that they end exactly in
    the last piece.
    """
    high, stretch = reach.clone(), 1.0
    above = _values(parameters, first, along, sign, high)
    while bool((wanted & (above > 0)).any()) and stretch < FARTHEST:
        stretch *= 2
        high = torch.where(wanted & (above > 0), 2 * high, high)
        above = _values(parameters, first, along, sign, high)
    flipped = wanted & (above <= 0)
    low, below = torch.zeros_like(high), sign * head(parameters, first)
    before = torch.zeros_like(high)
    for step in range(SECANTS):
        if bool((high - low <= NEAR * high)[flipped].all()):
            break
        share = below / (below - above).clamp_min(torch.finfo(high.dtype).tiny)
        share = torch.where(above == 0, 0.5, share.clamp(0, 1))  # the far end may lie where the output is 0 throughout
        place = low + (high - low) * (0.5 if step % 6 == 5 else share)
        place = torch.maximum(place, low + 0.5 * NEAR * high)  # a root hit from below must still be crossed
        value = _values(parameters, first, along, sign, place)
        down = value <= 0
        high, low = torch.where(down, place, high), torch.where(down, low, place)
        above = torch.where(down, value, torch.where(before < 0, above / 2, above))
        below = torch.where(down, torch.where(before > 0, below / 2, below), value)
        before = torch.where(down, 1.0, -1.0)
    return torch.where(flipped, high, torch.inf)


def _refined(
    parameters: Parameters, weights: torch.Tensor, first: torch.Tensor, sign: torch.Tensor,
    radius: torch.Tensor, direction: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Shorter perturbations where the gradient at the boundary, or half way to it, gives a better direction.

    An entry that comes back as it was has no shorter one here, and has none later: steps depend on it alone.
    """
    _, slopes = head_slopes(parameters, first + radius[..., None] * (direction @ weights.transpose(1, 2)))
    _, steepest = _split(-sign[..., None] * (slopes @ weights))
    old = radius
    for candidate in (steepest, _split(steepest + direction)[1]):
        along = candidate @ weights.transpose(1, 2)
        better = (_values(parameters, first, along, sign, old * (1 - GAIN)) <= 0) & (radius == old)
        index = _open(better)
        if index.shape[1]:
            wanted, reach = _at(better, index), _at(radius, index)
            shorter = _crossing(parameters, _at(first, index), _at(along, index), _at(sign, index), reach, wanted)
            kept = wanted & (shorter < reach)
            radius = radius.scatter(1, index, torch.where(kept, shorter, reach))
            turned = torch.where(kept[..., None], _at(candidate, index), _at(direction, index))
            direction = direction.scatter(1, _spread(index, direction.shape[2]), turned)
    return radius, direction
