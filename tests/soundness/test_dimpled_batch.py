"""Quantities measured in batches agree with those measured exactly, to rounding."""

from __future__ import annotations

import numpy as np
import pytest

from constructions.dimpled_manifold import spaces
from verifiers.dimpled_manifold import measure
from verifiers.dimpled_manifold.batch import QUANTITIES, measure_batch
from verifiers.errors import MissingPart


@pytest.mark.parametrize("space", [spaces.flat_networks, spaces.linear_networks], ids=lambda space: space.name)
def test_batches_agree_with_exact_measurements(space) -> None:
    generator = np.random.default_rng(11)
    compared = dict.fromkeys(QUANTITIES, 0)
    for _ in range(12):
        sizes = {n: p.draw(generator) for n, p in space.whole.items()}
        points = [space.draw(generator, sizes) for _ in range(4)]
        stacked = space.stack(**space.batch(sizes, np.array([space.vector(point) for point in points])))
        batch = measure_batch(stacked)
        for index, point in enumerate(points):
            measured = measure(space.instance(point))
            for name in QUANTITIES:
                try:
                    exact = measured[name]
                except MissingPart:
                    continue
                assert batch[name][index] == pytest.approx(exact.value, rel=1e-6, abs=1e-9), name
                compared[name] += 1
    assert min(compared.values()) >= 15
