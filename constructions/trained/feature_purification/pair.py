"""Two trainings of one architecture on one law: clean, and adversarial from the same start and from the clean network.

Reference recipes (measured elsewhere first, reproduced here): light data d = 256, k = 5, radius 1/5; scale-free data
d = 256, k = 20, radius 1/5. Every run has batches of its own; weights are rounded to multiples of 2^-12, biases to
2^-20, so that certificates about the networks as stored stay short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from constructions.feature_purification import SparseLaw
from constructions.feature_purification.networks import relative_biases
from constructions.feature_purification.pairs import PairInstance
from constructions.trained.feature_purification.descent import Recipe, start_weights, train_network

FRESH = 5000
"""Fresh points on which a pair is judged."""

FRESH_SEED = 2026

WEIGHT_BITS, BIAS_BITS = 12, 20


@dataclass(frozen=True)
class PairRecipe:
    """A law, the radius at which the pair is judged, and how its networks are trained; width 2 d."""

    law: SparseLaw
    radius: str
    clean: Recipe
    adversarial: Recipe


REFERENCE: dict[str, PairRecipe] = {
    "light_256_5": PairRecipe(
        SparseLaw.of("light", 256, 5), "1/5", Recipe(1500, kappa=0.2), Recipe(2500, radius=0.25, kappa=0.2)
    ),
    "scale_256_20": PairRecipe(
        SparseLaw.of("scale", 256, 20, "4/5"), "1/5", Recipe(1500, kappa=0.3), Recipe(6000, radius=0.2, kappa=0.3)
    ),
}


def train_pair(
    recipe: PairRecipe, seed: int, progress: Callable[[str, int, int], None] | None = None, count: int = FRESH,
    fresh_seed: int = FRESH_SEED,
) -> PairInstance:  # fmt: skip
    """The pair of one seed, three runs on one core. Raises `NoInstance` if one of them collapses."""
    law = recipe.law
    initial = start_weights(law, 2 * law.d, recipe.clean, torch.Generator().manual_seed(seed))
    streams = [np.random.default_rng(np.random.SeedSequence([seed, number])) for number in range(3)]

    def run(name: str, begin: torch.Tensor, how: Recipe, stream: np.random.Generator) -> torch.Tensor:
        return train_network(law, begin, how, stream, lambda done, total: progress and progress(name, done, total))

    clean = run("clean", initial, recipe.clean, streams[0])
    same = run("adversarial, same start", initial, recipe.adversarial, streams[1])
    warm = run("adversarial, from the clean network", clean, recipe.adversarial, streams[2])
    weights = [np.round(w.double().cpu().numpy() * 2.0**WEIGHT_BITS) / 2.0**WEIGHT_BITS for w in (clean, same, warm)]
    k = float(law.k)
    biases = [_rounded(relative_biases(w, h.kappa, k), BIAS_BITS) for w, h in zip(
        weights, (recipe.clean, recipe.adversarial, recipe.adversarial), strict=True)]  # fmt: skip
    own: dict[str, Any] = {n: getattr(law, n) for n in ("family", "dimension", "sparsity", "gap", "noise")}
    return PairInstance(
        **own, radius=recipe.radius, seed=fresh_seed, count=count, clean_weights=weights[0], clean_biases=biases[0],
        adversarial_weights=np.stack(weights[1:]), adversarial_biases=np.stack(biases[1:]),
    )  # fmt: skip


def _rounded(values: np.ndarray, bits: int) -> np.ndarray:
    return np.round(values * 2.0**bits) / 2.0**bits
