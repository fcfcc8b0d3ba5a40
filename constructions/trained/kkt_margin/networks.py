"""Gradient ascent for batches of depth-2 ReLU networks, on a CPU or a GPU.

Recipe (after Lyu and Li 2019): small balanced initialisation with both output signs in equal numbers, ascent on the
exponential loss until the least margin exceeds a target (a network that gets there meets their hypothesis; one that
does not is reported as not fitted, which is no failure of any theorem), then ascent of the normalised soft margin.
All of it runs on the data rescaled to mean |x~| = 1, in Gram coordinates or, where n exceeds d + 1, in the points' own.
On a CPU and for small n a compiled kernel trains network by network, elsewhere torch trains the whole batch in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from constructions.instance import InvalidInstance, floats_of
from constructions.kkt_margin.instance import MarginInstance
from constructions.trained.kkt_margin.descent import train_one

Progress = Callable[[int, int, str], None]
T = TypeVar("T")

RANK = 1e-12  # eigenvalues of the Gram matrix below this fraction of the largest are zero
CHECK_EVERY = 32  # steps between looks at whether the whole batch is fitted
KERNEL_SIZE = 160  # the compiled kernel is used on a CPU up to this n


@dataclass(frozen=True)
class Recipe:
    """Width, initial scale, and the two phases: fit (target, step, most steps) and sharpen (betas, steps, rate)."""

    width: int = 50
    scale: float = 1e-2
    target: float = 3.0
    fit_step: float = 0.3
    fit_steps: int = 2000
    betas: tuple[float, ...] = (1.0, 3.0, 10.0)
    steps: tuple[int, ...] = (400, 300, 300)
    rate: float = 0.5

    def __post_init__(self) -> None:
        if self.width < 2 or self.width % 2:
            raise InvalidInstance(f"width is {self.width}; give an even number, so that both output signs are equal")
        if len(self.betas) != len(self.steps):
            raise InvalidInstance(f"{len(self.betas)} values of beta need as many step counts, got {len(self.steps)}")


STANDARD = Recipe()
SHORT = Recipe(betas=(1.0,), steps=(300,))  # enough for the polish: see tests/benchmarks/test_training_speed.py
PATIENT = Recipe(
    fit_step=0.1, fit_steps=4000, betas=(1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4), steps=(1500,) * 9
)


@dataclass(frozen=True)
class Batch:
    """Equal-sized data sets, rescaled by units (B,), the mean diagonal of their lifted Gram matrices.

    labels (B, n); coordinates (B, n, k) of the lifted samples, the rescaled points themselves if `raw`; grams (B, n, n)
    = coordinates coordinates^T, None for large raw data; biased: whether the lift carries a bias coordinate, all alike.
    """

    labels: np.ndarray
    coordinates: np.ndarray
    grams: np.ndarray | None
    units: np.ndarray
    raw: bool
    biased: bool

    @classmethod
    def of(cls, instances: Sequence[MarginInstance]) -> Batch:
        """Batch of instances alike in size and bias; raises `InvalidInstance` otherwise, or when a class is missing."""
        kinds = sorted({(instance.size, bool(instance.bias)) for instance in instances})
        if len(kinds) != 1:
            raise InvalidInstance(f"one batch needs data sets of one size and bias, got {kinds or 'none'}")
        (size, biased), count = kinds[0], len(instances)
        labels = np.array([instance.labels for instance in instances], dtype=np.float64)
        if not np.all(np.abs(labels.sum(axis=1)) < size):
            raise InvalidInstance("training needs both classes in every data set")
        columns = {instance.points.shape[1] + biased for instance in instances if instance.points is not None}
        raw = all(instance.points is not None for instance in instances) and len(columns) == 1 and max(columns) < size
        if raw:
            coordinates = np.ones((count, size, max(columns)))
            for b, instance in enumerate(instances):
                coordinates[b, :, :instance.points.shape[1]] = floats_of(instance.points)
            units = np.sum(coordinates**2, axis=(1, 2)) / size
            coordinates = coordinates / np.sqrt(_positive(units))[:, None, None]
            grams = coordinates @ coordinates.transpose(0, 2, 1) if size <= KERNEL_SIZE else None
        else:
            grams = np.array([instance.float_lifted_gram() for instance in instances])
            units = np.trace(grams, axis1=1, axis2=2) / size
            grams = grams / _positive(units)[:, None, None]
            values, vectors = np.linalg.eigh(grams)
            coordinates = vectors * np.sqrt(np.where(values > RANK * values[:, -1:], values, 0.0))[:, None, :]
        return cls(labels, np.ascontiguousarray(coordinates), grams, units, raw, biased)

    def __len__(self) -> int:
        return len(self.labels)


def _positive(units: np.ndarray) -> np.ndarray:
    if not np.all(units > 0):
        raise InvalidInstance("a data set consists of zero points only, without bias")
    return units


@dataclass(frozen=True)
class Networks:
    """Trained networks in the coordinates of their batch: weights (B, k, W), outputs (B, W), pre-activations
    hidden (B, n, W), steps (B,) of the fit (-1: not fitted), margins (B,) least margin over squared norm."""

    weights: np.ndarray
    outputs: np.ndarray
    hidden: np.ndarray
    steps: np.ndarray
    margins: np.ndarray

    def coefficients(self, batch: Batch, b: int) -> np.ndarray:
        """B (n, W) with pre-activations gram @ B: the weights' part in the span of the samples."""
        return in_span(batch, self.weights[b], b)

    def bias_weights(self, batch: Batch, b: int) -> np.ndarray:
        """Bias of each neuron (W,) in the rescaled data, zero without bias."""
        if not batch.biased:
            return np.zeros(self.outputs.shape[1])
        return self.weights[b, -1] if batch.raw else self.coefficients(batch, b).sum(axis=0) / np.sqrt(batch.units[b])


def in_span(batch: Batch, weights: np.ndarray, b: int) -> np.ndarray:
    """Least-norm B (n, W) with coordinates^T B = weights (k, W)."""
    points = batch.coordinates[b]
    if batch.raw:
        return np.linalg.lstsq(points.T, weights, rcond=None)[0]
    squares = np.sum(points**2, axis=0)  # orthogonal columns
    return points @ np.divide(weights, squares[:, None], out=np.zeros_like(weights), where=squares[:, None] > 0)


def initial(batch: Batch, recipe: Recipe, generator: torch.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Weights (B, k, W) with independent normal entries of size scale / sqrt(rank), outputs +-|w_j| alternating."""
    count, _, columns = batch.coordinates.shape
    weights = torch.randn((count, columns, recipe.width), dtype=torch.float64, generator=generator).numpy()
    present = np.any(batch.coordinates != 0.0, axis=1)
    weights *= (recipe.scale * present / np.sqrt(present.sum(axis=1, keepdims=True)))[:, :, None]
    signs = np.where(np.arange(recipe.width) % 2 == 0, 1.0, -1.0)
    return weights, np.linalg.norm(weights, axis=1) * signs


def train_networks(
    batch: Batch, recipe: Recipe, generator: torch.Generator, *, device: str = "cpu", engine: str = "auto",
    workers: int = 1, progress: Progress | None = None,
) -> Networks:
    """Train one network per data set. `engine` is "kernel" (compiled, CPU), "torch", or "auto"."""
    place = resolve_device(device)
    weights, outputs = initial(batch, recipe, generator)
    if engine == "auto":
        engine = "kernel" if place.type == "cpu" and batch.labels.shape[1] <= KERNEL_SIZE else "torch"
    if engine == "kernel":
        return _train_with_kernel(batch, recipe, weights, outputs, workers, progress)
    return _train_with_torch(batch, recipe, weights, outputs, place, progress)


def resolve_device(device: str) -> torch.device:
    """The torch device, or a clear error where CUDA is asked for and absent."""
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InvalidInstance("device cuda was asked for, but torch sees no CUDA device here; use --device cpu")
    if not device.startswith("cuda") and device != "cpu":
        raise InvalidInstance(f"device {device!r} is unknown; use cpu or cuda")
    return torch.device(device)


def _train_with_kernel(batch, recipe, weights, outputs, workers, progress) -> Networks:
    if batch.grams is None:
        raise InvalidInstance(f"the compiled kernel needs Gram matrices, kept up to n = {KERNEL_SIZE}")
    betas, steps = np.array(recipe.betas), np.array(recipe.steps, dtype=np.int64)
    hidden, taken, margins = batch.coordinates @ weights, np.empty(len(batch), dtype=np.int64), np.empty(len(batch))

    def one(b: int) -> None:
        points, span = batch.coordinates[b], np.ascontiguousarray(in_span(batch, weights[b], b))
        taken[b], margins[b] = train_one(
            batch.grams[b], batch.labels[b], hidden[b], span, outputs[b], recipe.target, recipe.fit_step,
            recipe.fit_steps, betas, steps, recipe.rate,
        )
        weights[b] = points.T @ span

    for done, _ in enumerate(in_threads(one, range(len(batch)), workers), 1):
        if progress:
            progress(done, len(batch), "networks trained")
    return Networks(weights, outputs, hidden, taken, margins)


def _train_with_torch(batch, recipe, weights, outputs, device, progress) -> Networks:
    def put(array):
        return torch.as_tensor(array, dtype=torch.float64, device=device)

    points, labels, w, v = put(batch.coordinates), put(batch.labels), put(weights), put(outputs)
    back = points.transpose(1, 2).contiguous()
    hidden = torch.bmm(points, w)
    taken = torch.full((len(batch),), -1, dtype=torch.int64, device=device)

    def ascend(relu, shares, length, relative):
        """One step along sum_i shares_i N(x_i) for every network, of the given lengths, over |gradient| if relative."""
        nonlocal w, v
        rise = torch.bmm(shares[:, None, :], relu)[:, 0]
        change = torch.bmm(back * shares[:, None, :], relu.sign()) * v[:, None, :]
        if relative:
            length = length / torch.sqrt((rise**2).sum(1) + (change**2).sum((1, 2)))
        change = change * length[:, None, None]
        w, v = w + change, v + length[:, None] * rise
        hidden.baddbmm_(points, change)

    def margins(relu):
        return labels * torch.bmm(relu, v[:, :, None])[:, :, 0]

    def normalise():
        nonlocal w, v, hidden
        factor = torch.rsqrt((v**2).sum(1) + (w**2).sum((1, 2)))
        w, v, hidden = w * factor[:, None, None], v * factor[:, None], hidden * factor[:, None, None]
        return margins(hidden.clamp_min(0.0)).min(1).values

    for step in range(recipe.fit_steps + 1):
        relu = hidden.clamp_min(0.0)
        current = margins(relu)
        taken = torch.where((current.min(1).values > recipe.target) & (taken < 0), step, taken)
        if step % CHECK_EVERY == 0:
            if progress:
                progress(int((taken >= 0).sum()), len(batch), "networks fitted")
            if bool((taken >= 0).all()):
                break
        ascend(relu, labels * torch.softmax(-current, 1), (taken < 0).to(v) * recipe.fit_step, False)
    reference = normalise().clamp_min(1e-30)
    total, done = sum(recipe.steps), 0
    for beta, steps in zip(recipe.betas, recipe.steps, strict=True):
        for _ in range(steps):
            relu = hidden.clamp_min(0.0)
            square = (v**2).sum(1) + (w**2).sum((1, 2))
            shares = labels * torch.softmax(-beta * margins(relu) / (square * reference)[:, None], 1)
            ascend(relu, shares, (taken >= 0).to(v) * recipe.rate * torch.sqrt(square) / (1.0 + beta), True)
            done += 1
            if progress and done % 100 == 0:
                progress(done, total, "steps at growing sharpness")
    least = torch.where(taken >= 0, normalise(), torch.nan)
    return Networks(w.cpu().numpy(), v.cpu().numpy(), hidden.cpu().numpy(), taken.cpu().numpy(), least.cpu().numpy())


def in_threads(work: Callable[[int], T], items: Iterable[int], workers: int) -> Iterator[T]:
    """Results in order; compiled code releases the interpreter lock, so threads suffice."""
    if workers <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, items)
