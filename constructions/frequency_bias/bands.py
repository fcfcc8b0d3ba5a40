"""Bands: sets of residues modulo N, sorted; the low band of half width W is {|d| <= W}."""

from __future__ import annotations

import numpy as np

from constructions.instance import InvalidInstance


def low_band(length: int, half_width: int) -> np.ndarray:
    """{|d| <= W}, int64 (2W + 1,). Raises `InvalidInstance` unless 2W + 1 <= N."""
    if not 0 <= 2 * half_width < length:
        raise InvalidInstance(f"the low band |d| <= {half_width} does not fit {length} frequencies: need 2W + 1 <= N")
    return consecutive_band(length, -half_width, 2 * half_width + 1)


def consecutive_band(length: int, start: int, size: int) -> np.ndarray:
    """{start, ..., start + M - 1} modulo N, sorted int64 (M,). Raises `InvalidInstance` unless 1 <= M <= N."""
    if not 1 <= size <= length:
        raise InvalidInstance(f"a band of {size} of {length} frequencies: need 1 <= M <= N")
    return np.sort((start + np.arange(size)) % length)


def is_symmetric(length: int, band: np.ndarray) -> bool:
    """Whether B = -B, as the bounds for real filters need."""
    return set(band.tolist()) == {-d % length for d in band.tolist()}


def consecutive_start(length: int, band: np.ndarray) -> int | None:
    """The first residue of a band of consecutive residues, 0 for all of them, None for any other band."""
    members = set(band.tolist())
    if len(members) == length:
        return 0
    starts = [d for d in members if (d - 1) % length not in members]
    return starts[0] if len(starts) == 1 else None


def require_symmetric(length: int, band: np.ndarray) -> None:
    """Raise `InvalidInstance` unless B = -B; the text says which bands are."""
    if not is_symmetric(length, band):
        raise InvalidInstance(
            f"the band is not symmetric: {_alone(length, band)} has no partner; real filters need B = -B, such as "
            "|d| <= W (an odd number of residues around 0), or a band centred at N/2"
        )


def _alone(length: int, band: np.ndarray) -> int:
    members = set(band.tolist())
    return next(d for d in sorted(members) if -d % length not in members)
