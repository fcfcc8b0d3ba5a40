"""Builders of certificates about filters and signals on a circle; `recheck_frequency.py` reads them.

``band_bound``: ``sites`` N, ``band``, ``taps`` K and the lower rows of a ``factor`` L; ``band_share``: ``sites``,
``band`` and rational ``taps``; ``supports``: the ``table`` (N, N) of a signal in powers of zeta, a ``prime`` and a
``root`` of order N modulo it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from verifiers.certificates import FORMAT, Json, matrix_to_json, rational_to_json, seal, vector_to_json


def _sealed(claim: Json, payload: Mapping[str, Any], statement: str, version: int, instance: str) -> Json:
    return seal({"format": FORMAT, "kind": claim["type"], "statement": statement, "version": version,
                 "instance": instance, "claim": claim, "payload": dict(payload)})  # fmt: skip


def band_bound(
    sites: int, band: Sequence[int], factor: Sequence[Sequence[int]], unit: int, bound: Fraction, *, statement: str,
    version: int = 1, instance: str = "",
) -> Json:  # fmt: skip
    """Real filters with as many taps as the factor has rows have at most `bound` of their energy in the band."""
    rows = [[hex(int(entry)) for entry in row] for row in factor]
    payload = {"sites": int(sites), "band": [int(d) for d in band], "taps": len(rows),
               "factor": {"den": hex(unit), "num": rows}}  # fmt: skip
    return _sealed({"type": "band_bound", "bound": rational_to_json(bound)}, payload, statement, version, instance)


def band_share(
    sites: int, band: Sequence[int], taps: Sequence[Fraction], relation: str, level: Fraction, *, statement: str,
    version: int = 1, instance: str = "",
) -> Json:  # fmt: skip
    """The share of a rational filter in the band, compared with a number."""
    payload = {"sites": int(sites), "band": [int(d) for d in band], "taps": vector_to_json(taps)}
    claim = {"type": "band_share", "relation": relation, "level": rational_to_json(level)}
    return _sealed(claim, payload, statement, version, instance)


def supports(
    table: Any, prime: int, root: int, counts: tuple[int, int], *, statement: str, version: int = 1, instance: str = ""
) -> Json:
    """A signal has exactly these many nonzero values and nonzero Fourier coefficients."""
    payload = {"table": matrix_to_json(table), "prime": int(prime), "root": int(root)}
    claim = {"type": "supports", "support": int(counts[0]), "spectrum": int(counts[1])}
    return _sealed(claim, payload, statement, version, instance)
