"""Signals: combs, tones, sparse ones, coset indicators; all exact as stored."""

from __future__ import annotations

import numpy as np

from constructions.instance import InvalidInstance


def comb(sites: int, step: int, shift: int = 0) -> np.ndarray:
    """1 on n = shift modulo `step`, a divisor of N; int64 (N,). Equality in the principle of Donoho and Stark."""
    if step < 1 or sites % step:
        raise InvalidInstance(f"step {step} does not divide N = {sites}: the sites are no coset of a subgroup")
    return ((np.arange(sites) - shift) % step == 0).astype(np.int64)


def tone(sites: int, frequency: int, phase: float = 0.0) -> np.ndarray:
    """cos(2 pi d n/N + phase), float64 (N,)."""
    return np.cos(2 * np.pi * frequency * np.arange(sites) / sites + phase)


def padded(taps: np.ndarray, sites: int) -> np.ndarray:
    """A filter as a signal: zeros after the taps, (N,)."""
    if len(taps) > sites:
        raise InvalidInstance(f"a filter with K = {len(taps)} taps on N = {sites} sites: need K <= N")
    out = np.zeros(sites, dtype=taps.dtype)
    out[: len(taps)] = taps
    return out


def two_step(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """x_(a + step b) = inner_a outer_b on N = len(inner) len(outer): sparse in a coset and in its dual."""
    return np.outer(outer, inner).reshape(-1)
