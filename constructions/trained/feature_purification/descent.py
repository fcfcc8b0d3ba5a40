"""Clean and adversarial training of symmetric-ReLU networks on sparse data in torch, many runs at once.

Recipe (reference experiments): plain SGD on fresh samples, logistic loss, decoupled weight decay; biases
b_i = kappa |w_i| / sqrt(k) are refreshed at every step and never differentiated. Adversarial training takes one step of
the fast gradient method at the current weights, with a radius that grows over the first 40 % of the steps (1000 of
2500): without the ramp a network trained from scratch collapses.

Runs are stacked as (R, m, d). Each has weights, radius, kappa, rates and a stream of samples of its own, so that a run
does not depend on what it is stacked with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch

from constructions.feature_purification import SparseLaw
from constructions.feature_purification.laws import Sample
from constructions.instance import InvalidInstance, NoInstance

COLLAPSED = 0.3
"""Share of the starting norm below which training is given up: the weights have died."""

CHECKED = 100
"""Steps between two looks at the norms."""

RAMP = 0.4
"""Share of the steps over which the radius grows, where a recipe names no number of steps."""

Status = Literal["trained", "collapsed", "dead", "diverged"]
"""collapsed: the norm fell below `COLLAPSED` of its start; dead: no gate is open on the last batch, so that f = 0 there
whatever the norm is (weight decay alone takes 2500 steps to a third); diverged: a weight is not finite."""

Progress = Callable[[int, int], None]
Watch = Callable[[int, torch.Tensor], None]


class Source(Protocol):
    """What training needs of a law: independent samples, and the expected number of nonzeros."""

    def sample(self, count: int, generator: np.random.Generator, /) -> Sample: ...

    @property
    def k(self) -> object: ...


@dataclass(frozen=True)
class Recipe:
    """Sizes and rates of one run; radius 0 is clean training.

    norm 2, or 0 for l_inf (a sign step); `ramp` steps until the full radius, 40 % of all steps where absent, 0 for
    none; `inner` steps of projected gradient instead of one full step where it is above 0; `smoothing` the standard
    deviation of the noise on pre-activations relative to the bias, in its closed form; bias "relative", or
    "absolute": one bias for all neurons that grows with their root mean square norm from start sqrt(2 log(d)/d), the
    paper's schedule as remembered, and stops at kappa/sqrt(k).
    """

    steps: int
    radius: float = 0.0
    kappa: float = 0.2
    rate: float = 2.0
    batch: int = 256
    decay: float = 3e-4
    start: float = 0.1
    norm: int = 2
    ramp: int | None = None
    inner: int = 0
    smoothing: float = 0.0
    bias: Literal["relative", "absolute"] = "relative"

    def radius_at(self, step: int) -> float:
        """The radius of a step, counted from 0."""
        ramp = RAMP * self.steps if self.ramp is None else self.ramp
        return self.radius if step >= ramp else self.radius * step / ramp

    def rate_at(self, step: int) -> float:
        """The learning rate of a step: 0.3 of it after 70 % of the steps, 0.1 after 90 %."""
        done = step / self.steps
        return self.rate * (0.1 if done >= 0.9 else 0.3 if done >= 0.7 else 1.0)


@dataclass(frozen=True)
class Trained:
    """Stacked results (R, m, d), what became of each run, its steps and its norm over that of its start.

    A run that failed keeps the weights at which it was given up.
    """

    weights: torch.Tensor
    status: tuple[Status, ...]
    steps: tuple[int, ...]
    shrink: tuple[float, ...]


def biases_of(weights: torch.Tensor, kappa: float | torch.Tensor, k: float) -> torch.Tensor:
    """kappa |w_i| / sqrt(k) (..., m) for weights (..., m, d), without a gradient; kappa a number or (..., 1)."""
    return kappa * weights.norm(dim=-1).detach() / math.sqrt(k)


def activations(heights: torch.Tensor, biases: torch.Tensor) -> torch.Tensor:
    """phi_b(t) = t - clip(t, -b, b) of heights (..., n, m), biases (..., m)."""
    bias = biases.unsqueeze(-2)
    return heights - torch.minimum(torch.maximum(heights, -bias), bias)


def smoothed(
    heights: torch.Tensor, biases: torch.Tensor, deviations: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(E phi_b(t + rho), its derivative) for rho ~ N(0, s^2), s > 0 (..., m): E max(x + rho, 0) is
    x Phi(x/s) + s phi(x/s), with derivative Phi(x/s)."""
    scale, bias = deviations.unsqueeze(-2), biases.unsqueeze(-2)

    def ramp(gap: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        below = torch.special.ndtr(gap / scale)
        density = torch.exp(-0.5 * (gap / scale) ** 2) / math.sqrt(2 * math.pi)
        return gap * below + scale * density, below

    (rising, opened), (falling, closed) = ramp(heights - bias), ramp(-heights - bias)
    return rising - falling, opened + closed


def outputs_of(weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """f(x) (..., n)."""
    return activations(points @ weights.mT, biases).sum(dim=-1)


def gate_gradient(weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """grad_x f = sum over open gates of w_i (..., n, d); of f, not of the loss, which saturates."""
    return ((points @ weights.mT).abs() > biases.unsqueeze(-2)).to(points.dtype) @ weights


def steepest(gradient: torch.Tensor, norm: int = 2) -> torch.Tensor:
    """The unit step along a gradient (..., d) in the norm 2, or 0 for l_inf; zero where the gradient is."""
    if norm == 0:
        return gradient.sign()
    return gradient / gradient.norm(dim=-1, keepdim=True).clamp_min(1e-12)


def projected(delta: torch.Tensor, radius: float | torch.Tensor, norm: int = 2) -> torch.Tensor:
    """Perturbations (..., d) brought into the ball; the radius is a number, or a tensor (R, 1, 1) of one per run."""
    if norm == 0:
        limit = torch.as_tensor(radius, dtype=delta.dtype, device=delta.device)
        return torch.minimum(torch.maximum(delta, -limit), limit)
    return delta * (radius / delta.norm(dim=-1, keepdim=True).clamp_min(1e-12)).clamp_max(1.0)


def fast_gradient(
    weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor, labels: torch.Tensor,
    radius: float | torch.Tensor, norm: int = 2,
) -> torch.Tensor:  # fmt: skip
    """The fast gradient perturbation (..., n, d): -tau y grad / |grad|, or -tau y sign(grad) in the norm 0."""
    return -radius * labels.unsqueeze(-1) * steepest(gate_gradient(weights, biases, points), norm)


def start_weights(law: SparseLaw, width: int, recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    """Gaussian weights of standard deviation start / sqrt(d)."""
    return recipe.start / math.sqrt(law.d) * torch.randn((width, law.d), generator=generator)


def train_network(
    law: Source, weights: torch.Tensor, recipe: Recipe, own: np.random.Generator, progress: Progress | None = None
) -> torch.Tensor:
    """One run: the trained weights (m, d). Raises `NoInstance` if they collapse."""
    found = train_runs(law, weights[None], [recipe], [own], progress)
    if found.status[0] in ("collapsed", "diverged"):
        shrink = f"norm {found.shrink[0]:.3g} of that of the start"
        raise NoInstance(f"the weights {found.status[0]} at step {found.steps[0]}: {shrink}")
    return found.weights[0]


def train_runs(
    law: Source, weights: torch.Tensor, recipes: Sequence[Recipe], streams: Sequence[np.random.Generator],
    progress: Progress | None = None, watch: Watch | None = None,
) -> Trained:  # fmt: skip
    """R runs at once from weights (R, m, d), a recipe and a stream of samples for each; a run that fails is recorded
    and taken out of the stack, and the others go on. `watch` sees the weights of the runs still going every 100 steps.

    Raises `InvalidInstance` unless the recipes agree in what fixes the shape and the kind of a step.
    """
    kinds = {(r.steps, r.batch, r.norm, r.inner, r.bias, r.smoothing > 0) for r in recipes}
    if not len(kinds) == 1 or not len(recipes) == len(streams) == len(weights):
        raise InvalidInstance(
            f"{len(weights)} runs, {len(recipes)} recipes, {len(streams)} streams; give one of each per run, and "
            "recipes that agree in steps, batch, norm, inner steps, kind of bias and whether they smooth"
        )
    steps, size = recipes[0].steps, recipes[0].batch
    first = weights.flatten(1).norm(dim=1)
    final, current = weights.clone(), weights.clone()
    status: list[Status] = ["trained"] * len(recipes)
    taken, shrink = [steps] * len(recipes), [1.0] * len(recipes)
    going = list(range(len(recipes)))
    descent = _Descent(law, recipes, weights)
    opened = torch.ones(len(recipes), dtype=torch.bool, device=weights.device)
    for step in range(steps):
        samples = [law.sample(size, streams[run]) for run in going]
        points = torch.tensor(np.stack([s.points for s in samples]), dtype=weights.dtype, device=weights.device)
        labels = torch.tensor(np.stack([s.labels for s in samples]), dtype=weights.dtype, device=weights.device)
        current, opened = descent.step(step, current, points, labels)
        if step % CHECKED != CHECKED - 1 and step != steps - 1:
            continue
        left = (current.flatten(1).norm(dim=1) / first[going]).tolist()
        failed: list[int] = []
        for place, run in enumerate(going):
            shrink[run] = left[place]
            if not left[place] > COLLAPSED:
                status[run] = "collapsed" if math.isfinite(left[place]) else "diverged"
                taken[run] = step + 1
                final[run] = current[place]
                failed.append(place)
        if failed:
            kept = [place for place in range(len(going)) if place not in failed]
            current, opened, going = current[kept], opened[kept], [going[place] for place in kept]
            descent.keep(kept)
        if not going:
            break
        if step % CHECKED == CHECKED - 1:
            if watch:
                watch(step + 1, current)
            if progress:
                progress(step + 1, steps)
    for place, run in enumerate(going):
        final[run] = current[place]
        if not bool(opened[place]):
            status[run] = "dead"
    return Trained(final, tuple(status), tuple(taken), tuple(shrink))


class _Descent:
    """The step of all runs that still go, with their parameters as tensors (R, 1, 1)."""

    def __init__(self, law: Source, recipes: Sequence[Recipe], weights: torch.Tensor) -> None:
        self.recipes = list(recipes)
        self.k = float(law.k)  # type: ignore[arg-type]
        self.like = weights
        self.base = (weights**2).mean(dim=(1, 2)).sqrt()
        self.level = torch.zeros(len(recipes), dtype=weights.dtype, device=weights.device)

    def keep(self, places: list[int]) -> None:
        """Leave only the runs at these places."""
        self.recipes = [self.recipes[place] for place in places]
        self.base, self.level = self.base[places], self.level[places]

    def _per_run(self, values: Sequence[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=self.like.dtype, device=self.like.device)[:, None, None]

    def biases(self, weights: torch.Tensor) -> torch.Tensor:
        """Biases (R, m), constants for the gradient."""
        kappa = self._per_run([r.kappa for r in self.recipes])[:, 0]
        if self.recipes[0].bias == "relative":
            return biases_of(weights, kappa, self.k)
        d = weights.shape[-1]
        now = (weights**2).mean(dim=(1, 2)).sqrt()
        first = self._per_run([r.start * math.sqrt(2 * math.log(d) / d) for r in self.recipes])[:, 0, 0]
        ceiling = kappa[:, 0] / math.sqrt(self.k)
        self.level = torch.maximum(self.level, torch.minimum(first * now / self.base, ceiling))
        return self.level[:, None].expand(weights.shape[:2])

    def step(
        self, step: int, weights: torch.Tensor, points: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(weights after the step, whether any gate was open in it), (R, m, d) and (R,)."""
        recipe = self.recipes[0]
        biases = self.biases(weights)
        radius = [r.radius_at(step) for r in self.recipes]
        if any(radius):
            points = points + self._attack(weights, biases, points, labels, self._per_run(radius))
        values, gates = self._forward(weights, biases, points)
        pull = torch.sigmoid(-labels * values.sum(dim=-1)) * labels / recipe.batch
        rate = self._per_run([r.rate_at(step) for r in self.recipes])
        decay = self._per_run([r.decay for r in self.recipes])
        after = weights + rate * ((gates * pull.unsqueeze(-1)).mT @ points - decay * weights)
        return after, values.flatten(1).any(dim=1)

    def _forward(
        self, weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Activations and their derivatives by the pre-activation, (R, n, m) each."""
        heights = points @ weights.mT
        if self.recipes[0].smoothing:
            share = self._per_run([r.smoothing for r in self.recipes])[:, 0]
            return smoothed(heights, biases, share * biases)
        values = activations(heights, biases)
        return values, (values != 0).to(values.dtype)

    def _attack(
        self, weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor, labels: torch.Tensor,
        radius: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """One full step along the gradient of f, or `inner` projected steps of 5/2 radius/inner from zero."""
        recipe, against = self.recipes[0], -labels.unsqueeze(-1)
        if not recipe.inner:
            gradient = self._forward(weights, biases, points)[1] @ weights
            return radius * against * steepest(gradient, recipe.norm)
        delta = torch.zeros_like(points)
        for _ in range(recipe.inner):
            gradient = self._forward(weights, biases, points + delta)[1] @ weights
            move = 2.5 / recipe.inner * radius * against * steepest(gradient, recipe.norm)
            delta = projected(delta + move, radius, recipe.norm)
        return delta


def attacked(
    weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor, labels: torch.Tensor, radius: float,
    steps: int, generator: torch.Generator, norm: int = 2,
) -> torch.Tensor:  # fmt: skip
    """Least y f(x + delta) found (n,): the last of `margins_under`."""
    return margins_under(weights, biases, points, labels, radius, steps, generator, norm)[-1]


def margins_under(
    weights: torch.Tensor, biases: torch.Tensor, points: torch.Tensor, labels: torch.Tensor, radius: float,
    steps: int, generator: torch.Generator, norm: int = 2,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:  # fmt: skip
    """y f (n,) under the dense direction, after one step of the fast gradient method, and the least found by these two
    and projected gradients from zero, dense, support and random starts.

    Closed gates have no gradient, so the starts matter, and the best iterate of every run is kept.
    """
    against = -labels.unsqueeze(-1)
    ones = against * steepest(torch.ones_like(points), norm)
    support = -steepest(points, norm)
    noise = torch.randn(points.shape, generator=generator, dtype=torch.float32).to(points)
    dense = labels * outputs_of(weights, biases, points + radius * ones)
    step_one = fast_gradient(weights, biases, points, labels, radius, norm)
    one_step = labels * outputs_of(weights, biases, points + step_one)
    best = torch.minimum(dense, one_step)
    for begin in (0.0 * ones, 0.9 * ones, 0.9 * support, 0.9 * steepest(noise, norm)):
        delta = radius * begin
        for step in range(steps + 1):
            values = activations((points + delta) @ weights.mT, biases)
            best = torch.minimum(best, labels * values.sum(dim=-1))
            if step < steps:
                length = radius / 4 if step < steps // 2 else radius / 16
                gradient = (values != 0).to(values.dtype) @ weights
                delta = projected(delta + length * against * steepest(gradient, norm), radius, norm)
    return dense, one_step, best
