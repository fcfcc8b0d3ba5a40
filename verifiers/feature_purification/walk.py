"""Exact sums of sparse signs: the law of S_n, n independent steps -1 (p/2), 0 (1-p), +1 (p/2), in rationals.

For `light` data <w*, z> = S_d / sqrt(k) with p = k/d, so accuracies, moments and gradients are finite sums over S_n.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from constructions.feature_purification import SparseLaw
from verifiers.errors import MissingPart


@lru_cache(maxsize=64)
def law_of_sum(steps: int, probability: Fraction) -> tuple[int, tuple[int, ...]]:
    """(denominator, numerators) of P(S_n = s) for s = -n..n: coefficients of (a + 2(b - a) x + a x^2)^n, p = a/b."""
    from flint import fmpz_poly

    a, b = probability.numerator, probability.denominator
    power = fmpz_poly([a, 2 * (b - a), a]) ** steps
    return (2 * b) ** steps, tuple(int(power[s]) for s in range(2 * steps + 1))


def chance(steps: int, probability: Fraction, keep: Callable[[int], bool]) -> Fraction:
    """P(keep(S_n))."""
    denominator, numerators = law_of_sum(steps, probability)
    return Fraction(sum(v for s, v in zip(range(-steps, steps + 1), numerators, strict=True) if keep(s)), denominator)


def mass(steps: int, probability: Fraction, *sums: int) -> Fraction:
    """P(S_n is one of these numbers)."""
    denominator, numerators = law_of_sum(steps, probability)
    return Fraction(sum(numerators[s + steps] for s in set(sums) if abs(s) <= steps), denominator)


def require_light(law: SparseLaw) -> SparseLaw:
    """The law itself if it is `light` with M = I; raises `MissingPart` otherwise."""
    if law.name != "light" or law.dictionary is not None:
        raise MissingPart(f"exact sums are known for light data with the identity as dictionary, not for {law.text}")
    return law


def acceptance(law: SparseLaw) -> Fraction:
    """P(|S_d| >= t): the share of proposals that the condition on the margin keeps."""
    t = require_light(law).least_count
    return chance(law.d, law.probability, lambda s: abs(s) >= t)


def margin_moment(law: SparseLaw, power: int) -> Fraction:
    """E |S_d|^power given acceptance; the margin |<w*, z>| is |S_d| / sqrt(k)."""
    t = require_light(law).least_count
    denominator, numerators = law_of_sum(law.d, law.probability)
    pairs = zip(range(-law.d, law.d + 1), numerators, strict=True)
    return Fraction(sum(abs(s) ** power * v for s, v in pairs if abs(s) >= t), denominator) / acceptance(law)


def support_mean(law: SparseLaw) -> Fraction:
    """E N given acceptance, N the number of nonzero coordinates: d P(z_1 != 0 | accepted)."""
    t = require_light(law).least_count
    p, d = law.probability, law.d
    return d * p * chance(d - 1, p, lambda s: abs(s + 1) >= t) / acceptance(law)


def gradient_parts(law: SparseLaw) -> tuple[Fraction, Fraction]:
    """sqrt(k) times (g_alpha, g_beta): the pure and the dense part of one gradient step of a pure neuron (Theorem G).

    g_alpha = E[y z_1; z_1 != 0] goes to coordinate 1, and the same g_beta = E[y z_2; z_1 != 0] to every other one.
    In one dimension there is no other one, and g_beta is 0.
    """
    t, p, d = require_light(law).least_count, law.probability, law.d
    accepted = acceptance(law)
    pure = p * mass(d - 1, p, t - 1, t) / accepted
    if d < 2:
        return pure, Fraction(0)
    dense = p**2 / 2 * sum((mass(d - 2, p, s) for s in range(t - 2, t + 2)), Fraction(0)) / accepted
    return pure, dense
