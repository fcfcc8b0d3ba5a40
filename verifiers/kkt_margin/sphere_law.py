"""Quantities of near-orthogonality on the sphere: tails in balls, observed failures with exact bounds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import comb

import numpy as np

from constructions.instance import fractions_of
from constructions.kkt_margin.sphere_law import SphereLaw
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.probability import clopper_pearson
from verifiers.quantity import Catalogue, Enclosure, Measurements, between, enclose
from verifiers.verdict import Rigor

CATALOGUE = Catalogue()
_measures = CATALOGUE.measures


@_measures("coordinates", "dimension of the sphere's space", name="d")
def dimension(law: SphereLaw) -> Enclosure:
    return enclose(int(law.dimension))


@_measures("samples", "number of samples", name="n")
def size(law: SphereLaw) -> Enclosure:
    return enclose(int(law.size))


@_measures("squared length", "correlation s whose tail is asked for", name="s")
def reach(law: SphereLaw) -> Enclosure:
    return enclose(fractions_of(law.reach))


@_measures("1", "allowed failure probability delta", name="failure")
def failure(law: SphereLaw) -> Enclosure:
    return enclose(fractions_of(law.failure))


@_measures("probability", "P(|<x, x'>| >= s) for x uniform on the sqrt(d)-sphere: regularised incomplete beta function")
def sphere_tail(law: SphereLaw) -> Enclosure:
    import flint

    d, s = int(law.dimension), arithmetic.rational(fractions_of(law.reach)[()])
    argument = flint.arb(1 - (s / d) ** 2)
    return enclose(argument.beta_lower(flint.arb(d - 1) / 2, flint.arb(1) / 2, regularized=True))


@_measures("probability", "P(|<x, x'>| >= s) for independent +-1 entries, exactly")
def sign_tail(law: SphereLaw) -> Enclosure:
    d, s = int(law.dimension), arithmetic.rational(fractions_of(law.reach)[()])
    total = sum(comb(d, k) for k in range(d + 1) if abs(d - 2 * k) >= s)
    return enclose(Fraction(total, 2**d))


@_measures("probability", "probability that p exceeds sqrt(2 d ln(n (n - 1) / delta)), from independent data sets")
def failure_rate(law: SphereLaw) -> Enclosure:
    d, n, delta = int(law.dimension), int(law.size), float(fractions_of(law.failure)[()])
    bound = np.sqrt(2 * d * np.log(n * (n - 1) / delta))
    failures = int(np.sum(~(law.maxima <= bound)))
    lower, upper = clopper_pearson(failures, law.maxima.size)
    return between(lower, upper, (), Rigor.STATISTICAL)


@lru_cache(maxsize=64)
def _measurements(law: SphereLaw) -> Measurements:
    return Measurements(CATALOGUE, law)


def measure(law: SphereLaw, constants: Mapping[str, Fraction] | None = None) -> Measurements:
    """Lazy measurements of one setting of the law; no quantity depends on a constant."""
    if not isinstance(law, SphereLaw):
        raise MissingPart("this statement is about the law of random samples, not about one dataset")
    return _measurements(law)
