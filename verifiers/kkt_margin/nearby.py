"""From a network to the KKT point near it: read patterns, merge, polish, prove, and measure how far away it is.

A float network is never itself an exact KKT point. What can be said is that an exact KKT point lies within delta of it,
in relative distance of parameters, and that whatever is proved holds for that point. Constructions propose points;
`verifiers.kkt_margin.exact` decides each in rationals or in a box, and the distance is measured here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from constructions.instance import exact_array, floats_of, fractions_of
from constructions.kkt_margin import NoPoint, exact_partition_point, restricted_point, settle
from constructions.kkt_margin.algebra import MergedPoint
from constructions.kkt_margin.cone import coordinates
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.newton import patterned
from verifiers import arithmetic, tolerances
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.box import enclose_point
from verifiers.kkt_margin.exact import float_point
from verifiers.kkt_margin.point import Point
from verifiers.kkt_margin.residual import Network, Residual, exactly, given_residual, residual
from verifiers.kkt_margin.subject import Subject, measure

LARGEST_SYSTEM = 600
"""Unknowns (multipliers, masses, kinks) up to which a point is polished and proved; cost grows with the cube."""

LARGEST_EXACT = 40
"""Samples up to which a degenerate point is also tried in exact rationals."""


@dataclass(frozen=True, eq=False)
class Nearby:
    """The data with a KKT point in merged form, how it is known, and a bound of its relative distance to the network.

    `scale` is the factor by which the network was multiplied first, so that its least margin is one. If the point is
    known in floats only, `reason` says which proof failed.
    """

    instance: MarginInstance
    point: Point
    distance: float
    scale: float
    reason: str

    @property
    def proved(self) -> bool:
        """An exact KKT point exists there."""
        return self.point.proved

    def sentence(self) -> str:
        """What may be said about the network, and with what rigor."""
        if self.distance == 0:
            return "this network is an exact KKT point, and what follows holds for it"
        if self.proved:
            return (
                f"an exact KKT point lies within {self.distance:.2g} of this network (relative distance in parameter "
                "space), and what follows holds for that point"
            )
        return (
            f"no exact KKT point is proved near this network ({self.reason}); what follows is numerical and holds for "
            f"a point within {self.distance:.2g} of it that satisfies the KKT conditions to {self.point.residual:.2g}"
        )


def normalised(instance: MarginInstance) -> tuple[MarginInstance, float]:
    """The raw network multiplied by the factor that makes its least margin one, rounded to float64, and that factor.

    The KKT conditions of the max-margin problem are about the direction of theta. A network that misclassifies a
    sample, or whose least margin is one up to `tolerances.KKT_RESIDUAL`, is left as it is.
    """
    least = float(Network.of(instance).margins.min())
    if not 0 < least < np.inf or abs(least - 1) <= tolerances.KKT_RESIDUAL:
        return instance, 1.0
    scale = least**-0.5
    biases = None if instance.biases is None else floats_of(instance.biases) * scale
    scaled = replace(
        instance,
        weights=floats_of(instance.weights) * scale,
        biases=biases,
        outputs=floats_of(instance.outputs) * scale,
    )
    return scaled, scale


@lru_cache(maxsize=64)
def raw_residual(instance: MarginInstance) -> Residual:
    """Least KKT residual found for the raw network, scaled to least margin one."""
    return residual(Network.of(normalised(instance)[0]))


@lru_cache(maxsize=64)
def nearby(instance: MarginInstance) -> Nearby:
    """The KKT point near the network of an instance, proved if possible.

    Raises `NoCertificate` with the best distance or residual reached if there is none, and `MissingPart` without a
    network.
    """
    scale = 1.0
    if instance.signs is None:
        instance, scale = normalised(instance)
    network = _network(instance)
    fallback, nearest = None, np.inf
    for candidate, itself in _candidates(instance, network):
        distance = relative_distance(network, float_point(Subject(candidate).data))
        nearest = min(nearest, distance)
        if not distance <= tolerances.NEARBY:
            continue
        point = _resolved(candidate)
        stated = itself and point.kind == "rational"
        distance = 0.0 if stated and point.proved else relative_distance(network, point)
        if point.proved and distance <= tolerances.NEARBY:
            return Nearby(candidate, point, distance, scale, "")
        if point.residual <= tolerances.KKT_RESIDUAL and (fallback is None or point.residual < fallback.point.residual):
            fallback = Nearby(candidate, point, distance, scale, "")
    if fallback is not None:
        return replace(fallback, reason=_why_not(fallback))
    found = f"the nearest one found is {nearest:.2g} away" if np.isfinite(nearest) else "none was found"
    raise NoCertificate(
        f"no KKT point was found within {tolerances.NEARBY:g} of this network from its activation patterns: {found}"
    )


def _network(instance: MarginInstance) -> Network:
    """The network in float64 coordinates; a merged one in coordinates of the Gram matrix."""
    if instance.signs is None:
        return Network.of(instance)
    point = float_point(Subject(instance).data)
    samples = coordinates(instance.float_lifted_gram())
    return Network(samples, *_neurons(point, samples), instance.labels)


def _neurons(point: Point, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Balanced weights (K, r) and outputs (K,) of a merged point: |w~_k|^2 = v_k^2 = c_k."""
    directions = arithmetic.nearest(point.coefficients) @ samples
    lengths = np.linalg.norm(directions, axis=1)
    with np.errstate(all="ignore"):
        sizes = np.sqrt(arithmetic.nearest(point.masses) * lengths)
        return (point.signs * sizes / lengths)[:, None] * directions, point.signs * sizes


def relative_distance(network: Network, point: Point) -> float:
    """Bound of |theta - theta*| / |theta*| for the nearest way to write the point with the network's neurons.

    Each neuron joins the merged neuron of its sign that it is most aligned with, and the mass c_k is split among them
    as suits best; neurons that join nothing are compared with zero. Infinite if a merged neuron is left without one.
    """
    weights, outputs = _neurons(point, network.points)
    sizes = np.abs(outputs)
    with np.errstate(all="ignore"):
        units = weights / sizes[:, None]
        alignment = network.weights @ units.T
        alignment[np.sign(network.outputs)[:, None] != point.signs[None, :]] = -np.inf
        joined = np.argmax(alignment, axis=1)
        shares = np.maximum(alignment[np.arange(len(joined)), joined] + np.abs(network.outputs), 0.0)
        totals = np.sqrt(np.bincount(joined, weights=shares**2, minlength=len(sizes)))
        if not np.all(totals > 0):
            return np.inf
        split = sizes[joined] * shares / totals[joined]
        off = network.weights - split[:, None] * units[joined]
        rest = np.abs(network.outputs) - split
        distance = np.sqrt((off**2).sum() + (rest**2).sum()) + _uncertainty(network, point)
        rounding = tolerances.ROUNDING * (1 + len(network.points) / 64)  # sums over samples
        distance = distance / np.sqrt(2 * (sizes**2).sum()) + rounding
    return float(distance) if np.isfinite(distance) else np.inf


def _uncertainty(network: Network, point: Point) -> float:
    """How far the parameters of an exact point in a box can be from those of the centre; 0 for other points."""
    if point.kind != "ball":
        return 0.0
    radii = arithmetic.upper_bounds(point.rows) - arithmetic.nearest(point.rows)
    turned = radii @ np.sqrt(network.point_squares)
    least, most = arithmetic.lower_bounds(point.masses), arithmetic.upper_bounds(point.masses)
    longer = (most - least) / np.sqrt(least)
    return float(np.sqrt(((np.sqrt(most) * turned + longer) ** 2 + longer**2).sum()))


def _resolved(candidate: MarginInstance) -> Point:
    if int(np.count_nonzero(floats_of(candidate.rows))) + len(candidate.signs) + candidate.size > LARGEST_SYSTEM:
        return float_point(Subject(candidate).data)
    return measure(candidate).subject.point


def _why_not(found: Nearby) -> str:
    """Which inequality kept the box from being proved."""
    instance = found.instance
    try:
        enclose_point(Subject(instance).data, found.point.signs, floats_of(instance.rows), floats_of(instance.masses))
    except NoCertificate as failure:
        return str(failure)
    return "the system is too large for a proof"


def _candidates(instance: MarginInstance, network: Network) -> Iterator[tuple[MarginInstance, bool]]:
    """Instances with a merged point that may be a KKT point near the network, likeliest first.

    The flag says that the network itself is written there, without rounding.
    """
    data = instance.without_network()
    gram, labels = data.float_lifted_gram(), data.labels
    own = _given_point(instance)
    if own is not None:
        yield own, True
    if instance.signs is not None:
        yield instance, True
    fit = residual(network)
    drafts = list(_drafts(network, fit))
    seen = set()
    for draft in drafts:
        key = (draft.signs.tobytes(), draft.pattern.tobytes())
        if key in seen:
            continue
        seen.add(key)
        if draft.pattern.size and int((draft.pattern == 0).sum()) + sum(draft.pattern.shape) <= LARGEST_SYSTEM:
            try:
                yield settle(draft, gram, labels).on(data), False
            except (NoPoint, np.linalg.LinAlgError):
                pass
            yield from ((exact, False) for exact in _exact_partition(data, draft))
    for draft in drafts[1:3]:
        try:
            yield restricted_point(data, (draft.signs, (draft.pattern == 1).astype(np.float64))).on(data), False
        except (NoPoint, np.linalg.LinAlgError):
            pass
    if fit.value <= tolerances.KKT_RESIDUAL:
        yield drafts[0].on(data), False


def _given_point(instance: MarginInstance) -> MarginInstance | None:
    """The network with its own multipliers, if these solve the KKT conditions exactly in rationals."""
    if instance.multipliers is None or instance.subgradients is None or not exactly(instance):
        return None
    if any(square != 0 for square in given_residual(instance).squares.values()):
        return None
    outputs, sigma = fractions_of(instance.outputs), fractions_of(instance.subgradients)
    live = outputs != 0
    rows = sigma[live] * fractions_of(instance.multipliers)
    signs = np.where(outputs[live] > 0, 1, -1).astype(np.int64)
    return instance.with_point(signs, exact_array(rows), exact_array(outputs[live] ** 2))


def _drafts(network: Network, fit: Residual) -> Iterator[MergedPoint]:
    """Merged starting points from the patterns of the neurons, read at several tolerances."""
    relative, sizes = network.relative_activations, np.abs(network.outputs)
    none, few, some = tolerances.PRESENT
    for tolerance, present in (
        (tolerances.ON_PATTERN, none),
        (tolerances.ON_PATTERN, few),
        (tolerances.ON_PATTERN, some),
        (tolerances.KINK_READINGS[0], few),
        (tolerances.KINK_READINGS[2], none),
    ):
        kept = sizes > present * sizes.max()
        pattern = (relative[kept] > tolerance).astype(np.int8) - (relative[kept] < -tolerance)
        signs = np.sign(network.outputs[kept]).astype(np.int64)
        keys, group = np.unique(np.column_stack([signs, pattern]), axis=0, return_inverse=True)
        group, squares = group.reshape(-1), network.outputs[kept] ** 2
        masses = np.bincount(group, weights=squares)
        rows = np.zeros((len(keys), relative.shape[1]))
        np.add.at(rows, group, fit.rows[kept] * squares[:, None])
        used = (keys[:, 1:] == 1).any(axis=1)
        yield patterned(keys[used, 0], keys[used, 1:], fit.multipliers, (rows / masses[:, None])[used], masses[used])


def _exact_partition(data: MarginInstance, draft: MergedPoint) -> Iterator[MarginInstance]:
    """The exact point in which every sample is on at one neuron, if the draft's patterns say so."""
    if data.size > LARGEST_EXACT:
        return
    blocks = {tuple(np.flatnonzero((row == 1) & (data.labels == sign)).tolist())
              for sign, row in zip(draft.signs, draft.pattern, strict=True)}  # fmt: skip
    blocks.discard(())
    if sorted(i for block in blocks for i in block) == list(range(data.size)):
        try:
            yield exact_partition_point(data, sorted(blocks))
        except NoPoint:
            pass
