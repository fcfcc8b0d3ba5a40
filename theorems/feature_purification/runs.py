"""Streams of trained networks: clean, adversarially trained, projected and collapsed ones, from runs of their own.

Weights are rounded to multiples of 2^-20 and biases are doubles, so that what is asked of them is decided in rational
arithmetic. The first draw of every stream is a short run at d = 64, the others the reference recipe at d = 128 and 256.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from constructions.feature_purification import SparseLaw, TrainedRun, relative_biases
from constructions.instance import Instance, NoInstance
from theorems.statement import Family

K = 5
"""Sparsity of the data of every run."""

PAIRS = 19_000
"""Points times neurons: few enough for rational arithmetic."""


@dataclass(frozen=True)
class _Size:
    """Dimension, steps of clean and adversarial training, and batch."""

    d: int
    clean: int
    adversarial: int
    batch: int


SIZES = (_Size(64, 400, 1000, 128), _Size(128, 1500, 2500, 256), _Size(256, 1500, 2500, 256))


@lru_cache(maxsize=16)
def _trained(
    index: int, seed: int, kappa: str, radius: float = 0.0, ramp: int | None = None, steps: int = 0, warm: bool = False
) -> np.ndarray | None:
    """Weights (2d, d) of one run from scratch, or from the clean weights of its seed if `warm`, cut off after `steps`
    unless that is 0; None if they diverged.

    A run that collapses keeps the weights at which it was given up. The start depends on the seed alone.
    """
    import torch

    from constructions.trained.feature_purification.descent import Recipe, start_weights, train_runs
    from constructions.trained.feature_purification.experiments import rounded
    from constructions.trained.kkt_margin.run import one_torch_thread

    size = SIZES[index]
    law = SparseLaw.of("light", size.d, K)
    recipe = Recipe(
        size.adversarial if radius else size.clean, radius, float(Fraction(kappa)), batch=size.batch, ramp=ramp
    )
    kept: dict[int, torch.Tensor] = {}
    with one_torch_thread():
        first = start_weights(law, 2 * size.d, recipe, torch.Generator().manual_seed(seed))
        own = np.random.default_rng(np.random.SeedSequence([seed, int(radius > 0) + int(warm)]))
        if warm:
            first = torch.tensor(_found(index, seed, kappa), dtype=torch.float32)
        found = train_runs(law, first[None], [recipe], [own], watch=lambda step, weights: kept.update({step: weights}))
    weights = rounded(kept[steps][0] if steps else found.weights[0])
    return weights if np.isfinite(weights).all() and weights.any() else None


def _network(
    weights: Any, kappa: str, size: _Size, own: np.random.Generator, radius: str, count: int, **more: Any
) -> TrainedRun:
    """The network with relative biases at fresh points."""
    sample = SparseLaw.of("light", size.d, K).sample(min(count, PAIRS // (2 * size.d)), own)
    return TrainedRun(
        weights=weights, biases=relative_biases(weights, float(Fraction(kappa)), K), points=sample.points,
        labels=sample.labels, radius=radius, sparsity=K, kappa=kappa, **more,
    )  # fmt: skip


def _family(name: str, law: str, make: Callable[[np.random.Generator, int, int], Instance], counts: int = 3) -> Family:
    def draw(generator: np.random.Generator, index: int) -> Instance | None:
        try:
            return make(generator, index, int(generator.integers(2**62)))
        except NoInstance:
            return None

    text = f"light(d, k = {K}), margin 99/100, noise 1/10; d = 64 by a short run, then 128, 256; {law}"
    return Family(name, "trained", text, draw, quick=1, full=counts)


def _found(*run: Any, **more: Any) -> np.ndarray:
    weights = _trained(*run, **more)
    if weights is None:
        raise NoInstance("the run diverged")
    return weights


def _clean(kappa: str) -> Callable[[np.random.Generator, int, int], Instance]:
    def make(own: np.random.Generator, index: int, seed: int) -> Instance:
        weights = _found(index, seed, kappa)
        return _network(weights, kappa, SIZES[index], own, "1/4", 150, clean=weights, trained_radius=0)

    return make


def _along(own: np.random.Generator, index: int, seed: int) -> Instance:
    """Clean weights on the way, and at the end, in turn."""
    place = index // 2
    weights = _found(place, seed, "1/5", steps=(SIZES[place].clean // 400 * 100, 0)[index % 2])
    return _network(weights, "1/5", SIZES[place], own, "1/4", 1, clean=weights, trained_radius=0)


def _purified(own: np.random.Generator, index: int, seed: int) -> Instance:
    clean, weights = _found(index, seed, "1/5"), _found(index, seed, "1/5", 0.25)
    recipe = {"trained_radius": "1/4", "ramp": "2/5", "rival": _found(index, seed, "1/5", 0.25, warm=True)}
    return _network(weights, "1/5", SIZES[index], own, "1/5", 30, clean=clean, **recipe)


def _projected(own: np.random.Generator, index: int, seed: int) -> Instance:
    """Clean weights less their dense part, exactly: d is a power of two, so that the means are dyadic."""
    clean = _found(index, seed, "1/2")
    weights = clean - clean.mean(axis=1, keepdims=True)
    return _network(weights, "1/2", SIZES[index], own, "1/5", 150, clean=clean, trained_radius=0)


def _at_once(own: np.random.Generator, index: int, seed: int) -> Instance:
    weights = _found(index, seed, "1/10", 0.3, 0)
    return _network(weights, "1/10", SIZES[index], own, "1/5", 30, trained_radius="3/10", ramp=0)


clean_runs = _family("clean_runs", "clean training, kappa = 1/5", _clean("1/5"))
purer_clean_runs = _family("purer_clean_runs", "clean training, kappa = 1/2", _clean("1/2"), 2)
clean_paths = _family("clean_paths", "clean training, kappa = 1/5, on the way and at the end", _along, 4)
purified_runs = _family(
    "purified_runs", "FGM training from scratch at radius 1/4 with a ramp, beside clean training from the same start, "
    "and FGM training from the clean weights; kappa = 1/5", _purified)  # fmt: skip
projected_runs = _family(
    "projected_runs", "clean training, kappa = 1/2, then w_i less its part along the dense direction", _projected, 2
)
runs_at_once = _family(
    "runs_at_once", "FGM training from scratch at radius 3/10 without a ramp, kappa = 1/10, until given up", _at_once, 2
)
