"""Builders of certificates about symmetric-ReLU networks over a ball; `recheck_networks.py` reads them.

Payload of both kinds: ``weights`` (m, d), ``biases`` (m), ``outputs`` (m), ``points`` (n, d), ``labels``, ``norm`` (2,
or 0 for l_inf) and ``radius``. ``ball_margin`` adds the spectral ``bound`` t, the lower rows of its ``factor`` L and
one multiplier per point; ``ball_broken`` adds one perturbation per point, ``deltas`` (n, d).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from verifiers.certificates import FORMAT, Json, matrix_to_json, rational_to_json, seal, vector_to_json


def network_block(weights: Any, biases: Any, outputs: Any, points: Any, labels: Any, norm: int, radius: Any) -> Json:
    """What both kinds say about the network, its points and the ball."""
    return {
        "weights": matrix_to_json(weights), "biases": vector_to_json(biases), "outputs": vector_to_json(outputs),
        "points": matrix_to_json(points), "labels": [int(y) for y in labels], "norm": int(norm),
        "radius": rational_to_json(radius),
    }  # fmt: skip


def _sealed(kind: str, payload: Mapping[str, Any], statement: str, version: int, instance: str) -> Json:
    return seal({"format": FORMAT, "kind": kind, "statement": statement, "version": version, "instance": instance,
                 "claim": {"type": kind}, "payload": dict(payload)})  # fmt: skip


def ball_margin(
    block: Json, *, bound: Any, factor: np.ndarray, unit: int, multipliers: Iterable[Any], statement: str,
    version: int = 1, instance: str = "",
) -> Json:  # fmt: skip
    """y f(x + delta) > 0 in the ball at every point of the block. `factor` (d, d) holds integers, L = factor / unit."""
    rows = [[hex(int(factor[j, k])) for k in range(j + 1)] for j in range(len(factor))]
    payload = {**block, "bound": rational_to_json(bound), "factor": {"den": hex(unit), "num": rows},
               "multipliers": vector_to_json(multipliers)}  # fmt: skip
    return _sealed("ball_margin", payload, statement, version, instance)


def ball_broken(block: Json, *, deltas: Any, statement: str, version: int = 1, instance: str = "") -> Json:
    """y f(x + delta) <= 0 for the given perturbation of every point of the block."""
    return _sealed("ball_broken", {**block, "deltas": matrix_to_json(deltas)}, statement, version, instance)
