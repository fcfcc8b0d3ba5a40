"""Builders of certificates about laws of sparse data; `recheck_laws.py` reads them and says what each kind proves.

``law_robust``: weights (m, d), biases (m,), law, seed, count, radius, accuracy, confidence; shares (m,), the spectral
``bound`` t with its ``factor``, and a multiplier per point, 0 where nothing is claimed. ``law_broken``: the same head
with a ``direction`` (d,) and the number ``broken``. ``linear_ceiling``: law, radius, ceiling.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

from constructions.feature_purification import SparseLaw
from constructions.feature_purification.pairs import PairInstance
from constructions.instance import fractions_of
from verifiers.certificates import FORMAT, Json, matrix_to_json, rational_to_json, seal, vector_to_json
from verifiers.errors import NoCertificate
from verifiers.feature_purification.pair import PairSubject, TrainedNetwork
from verifiers.low_complexity.bounds import linear_bound
from verifiers.low_complexity.lattice import lattice_of
from verifiers.probability import clopper_pearson

CONFIDENCE = Fraction(39, 40)
"""One-sided confidence of the accuracies that certificates state."""

DECIMALS = 10_000
"""Accuracies and ceilings are rounded to multiples of 1/DECIMALS, to the safe side."""

CLEAR = 1e-6
"""Bounds below this are left out: multipliers are stored in single precision, which moves a bound by less."""


def law_block(law: SparseLaw) -> Json:
    """The law, as certificates state it."""
    gap, noise = (rational_to_json(law.exact(name)) for name in ("gap", "noise"))
    return {"family": law.name, "dimension": law.d, "sparsity": int(law.k), "gap": gap, "noise": noise}


def _sealed(kind: str, payload: Json, statement: str, instance: str) -> Json:
    return seal({"format": FORMAT, "kind": kind, "statement": statement, "version": 1, "instance": instance,
                 "claim": {"type": kind}, "payload": payload})  # fmt: skip


def _head(network: TrainedNetwork, accuracy: Fraction) -> Json:
    pair = network.pair
    return {
        "weights": matrix_to_json(network.weights), "biases": vector_to_json(network.biases),
        "law": law_block(pair.law), "seed": int(pair.seed), "count": int(pair.count),
        "radius": rational_to_json(pair.tau), "accuracy": rational_to_json(accuracy),
        "confidence": rational_to_json(CONFIDENCE),
    }  # fmt: skip


def _interval(seen: int, count: int) -> tuple[float, float]:
    """Clopper-Pearson bounds, each with the one-sided confidence."""
    return clopper_pearson(seen, count, float(1 - 2 * (1 - CONFIDENCE)))


def law_robust(network: TrainedNetwork, statement: str) -> Json:
    """Certified fresh points, and the robust accuracy that follows. Raises `NoCertificate` if no point is certified."""
    bounds, multipliers = network.certificates(np.arange(int(network.pair.count)))
    chosen = [Fraction(float(np.float32(q))) if v > CLEAR else Fraction(0)
              for v, q in zip(bounds, multipliers, strict=True)]  # fmt: skip
    count = sum(q > 0 for q in chosen)
    if not count:
        raise NoCertificate("no fresh point is certified at this radius")
    accuracy = Fraction(floor(_interval(count, len(chosen))[0] * DECIMALS), DECIMALS)
    spectrum = network.spectrum
    rows = [[hex(int(spectrum.factor[j, k])) for k in range(j + 1)] for j in range(len(spectrum.factor))]
    payload = _head(network, accuracy) | {
        "shares": vector_to_json(network.shares), "bound": rational_to_json(spectrum.bound),
        "factor": {"den": hex(spectrum.unit), "num": rows}, "multipliers": vector_to_json(chosen),
    }  # fmt: skip
    return _sealed("law_robust", payload, statement, network.pair.digest)


def law_broken(network: TrainedNetwork, statement: str) -> Json:
    """Fresh points that the dense perturbation breaks. Raises `NoCertificate` if there are none."""
    pair, broken = network.pair, int(network.dense_broken.sum())
    if not broken:
        raise NoCertificate("the dense perturbation breaks no fresh point at this radius")
    accuracy = Fraction(ceil(_interval(int(pair.count) - broken, int(pair.count))[1] * DECIMALS), DECIMALS)
    payload = _head(network, accuracy) | {"direction": vector_to_json(network.dense), "broken": broken}
    return _sealed("law_broken", payload, statement, pair.digest)


def linear_ceiling(law: SparseLaw, radius: Any, statement: str, instance: str = "") -> Json:
    """Cantelli's bound for every linear classifier. Raises `MissingPart` for laws without exact sums, `NoCertificate`
    where the bound is 1 or its maximum lies at an end, which the checker does not look at."""
    exact: Any = fractions_of(radius)[()] if not isinstance(radius, Fraction) else radius
    bound = linear_bound(lattice_of(law), exact)
    if not isinstance(bound, Fraction) or bound >= 1:
        raise NoCertificate("the bound over all linear classifiers is 1, or irrational, at this radius")
    ceiling = Fraction(ceil(bound * DECIMALS), DECIMALS)
    payload = {"law": law_block(law), "radius": rational_to_json(exact), "ceiling": rational_to_json(ceiling)}
    return _sealed("linear_ceiling", payload, statement, instance)


def pair_certificates(pair: PairInstance, statement: str) -> dict[str, Json]:
    """What can be proved about a pair, by the name of its file; no ceiling where the law or radius has none below 1."""
    subject = PairSubject(pair)
    found = {f"adversarial-{number}": law_robust(net, statement) for number, net in enumerate(subject.adversarial)}
    found["clean"] = law_broken(subject.clean, statement)
    if pair.law.name == "light" and linear_bound(lattice_of(pair.law), pair.tau) < 1:
        found["linear"] = linear_ceiling(pair.law, pair.tau, statement, pair.digest)
    return found
