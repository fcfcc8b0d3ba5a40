"""Builders of certificates about costs of two-layer convolutional nets; `recheck_margins.py` reads them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.frequency_bias import FrequencyInstance
from constructions.instance import fractions_of
from verifiers.certificates import FORMAT, Json, matrix_to_json, rational_to_json, seal, vector_to_json
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias.margin_parts import cost_bounds, margin_bounds, shape_of
from verifiers.frequency_bias.solvers_exact import Sandwich
from verifiers.frequency_bias.subject import Subject


def _sealed(kind: str, payload: Json, statement: str, instance: str) -> Json:
    return seal({"format": FORMAT, "kind": kind, "statement": statement, "version": 1, "instance": instance,
                 "claim": {"type": kind}, "payload": payload})  # fmt: skip


def _scaled(values: Any, bits: int) -> Any:
    """Integers over 2^bits as fractions."""
    return np.frompyfunc(lambda value: Fraction(int(value), 2**bits), 1, 1)(np.asarray(values, dtype=object))


def _net(found: Sandwich) -> Json:
    return {"filters": matrix_to_json(_scaled(found.filters[:, 0], found.bits)),
            "readouts": matrix_to_json(_scaled(found.readouts, found.bits))}  # fmt: skip


def certify_cost(instance: FrequencyInstance) -> Iterator[Json]:
    """Both bounds on the cost of the predictor of an instance on a circle, if it has one."""
    subject, statement = Subject(instance), "frequency_bias.norm_duality"
    try:
        subject.sites  # noqa: B018 - raises on a torus
        found = cost_bounds(instance, "predictor", shape_of(subject))
    except (MissingPart, NoCertificate):
        return
    head = {"predictor": vector_to_json(subject.part("predictor")), "kernel": subject.kernel}
    dual = {"dual": vector_to_json(_scaled(found.dual[0], found.bits)),
            "threshold": rational_to_json(found.threshold), "floor": rational_to_json(found.lower)}  # fmt: skip
    yield _sealed("cost_above", head | dual, statement, instance.digest)
    yield _sealed("cost_below", head | _net(found) | {"ceiling": rational_to_json(found.upper)}, statement,
                  instance.digest)  # fmt: skip


def certify_margin(instance: FrequencyInstance) -> Iterator[Json]:
    """Both bounds on the least cost of separating the data of an instance on a circle, if it has some."""
    subject, statement = Subject(instance), "frequency_bias.margin_duality"
    try:
        subject.sites  # noqa: B018 - raises on a torus
        found = margin_bounds(instance, shape_of(subject))
    except (MissingPart, NoCertificate):
        return
    labels = [int(y) for y in fractions_of(instance.labels)]
    head = {"points": matrix_to_json(subject.part("points")), "labels": labels, "kernel": subject.kernel}
    dual = {"multipliers": vector_to_json(_scaled(found.dual, found.bits)),
            "threshold": rational_to_json(found.threshold), "floor": rational_to_json(found.lower)}  # fmt: skip
    yield _sealed("margin_above", head | dual, statement, instance.digest)
    yield _sealed("margin_below", head | _net(found) | {"ceiling": rational_to_json(found.upper)}, statement,
                  instance.digest)  # fmt: skip
