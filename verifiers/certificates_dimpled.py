"""Builder of certificates about off-manifold radii; `recheck_dimpled.py` reads them.

Payload of ``off_radius``: ``weights`` (m, d), ``biases`` (m), ``outputs`` (m), the ``plane`` ({"leading": p}: the first
p coordinates, or {"rows": (p, d)}), the ``point`` (d), a ``proof`` of the lower bound (null if none is claimed) and a
``witness`` (d) orthogonal to the plane (null if no upper bound is claimed). A proof is one of

* ``cells``: [{"active": (m) of 1 on, 0 off, -1 either, "kink": neuron or null, "shares": (m) or null}]
* ``chord``: {"heights": (m), "shares": (m)}
* ``operator``: {"bound": t, "factor": lower rows of L and their denominator}: t I - G G^T - L L^T dominant
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verifiers.certificates import FORMAT, Json, matrix_to_json, rational_to_json, seal, vector_to_json


def network_block(weights: Any, biases: Any, outputs: Any, plane: Json, point: Any) -> Json:
    """What every certificate says about the network, its subspace and the point."""
    return {"weights": matrix_to_json(weights), "biases": vector_to_json(biases), "outputs": vector_to_json(outputs),
            "plane": plane, "point": vector_to_json(point)}  # fmt: skip


def leading(count: int) -> Json:
    """The subspace of the first coordinates."""
    return {"leading": int(count)}


def spanned(rows: Any) -> Json:
    """The row space of a table."""
    return {"rows": matrix_to_json(rows)}


def cells_proof(cells: Any) -> Json:
    """Half-spaces of cells as `relu_certificate.HalfSpace` holds them."""
    listed = [{"active": [int(state) for state in cell.active], "kink": cell.kink,
               "shares": None if cell.kink is not None else vector_to_json(cell.shares)} for cell in cells]  # fmt: skip
    return {"method": "cells", "cells": listed}


def chord_proof(heights: Any, shares: Any) -> Json:
    return {"method": "chord", "heights": vector_to_json(heights), "shares": vector_to_json(shares)}


def operator_proof(bound: Any, factor: np.ndarray, unit: int) -> Json:
    """`factor` (m, m) holds integers, L = factor / unit."""
    rows = [[hex(int(factor[j, k])) for k in range(j + 1)] for j in range(len(factor))]
    return {"method": "operator", "bound": rational_to_json(bound), "factor": {"den": hex(unit), "num": rows}}


def off_radius(block: Json, *, lower_squared: Any = 0, upper_squared: Any = None, proof: Json | None = None,
               witness: Any = None, statement: str, version: int = 1, instance: str = "") -> Json:  # fmt: skip
    """lower_squared <= r_off^2 <= upper_squared at the point, one of them or both."""
    claim = {"type": "off_radius", "lower_squared": rational_to_json(lower_squared),
             "upper_squared": None if upper_squared is None else rational_to_json(upper_squared)}  # fmt: skip
    payload = {**block, "proof": proof, "witness": None if witness is None else vector_to_json(witness)}
    return seal({"format": FORMAT, "kind": "off_radius", "statement": statement, "version": version,
                 "instance": instance, "claim": claim, "payload": payload})  # fmt: skip
