"""A user's file for campaigns: one parameter that decides the verdict, one that is random, one that takes time.

With `pause` a cell takes that many milliseconds. Where the environment names a file ``THINMARGIN_TEST_CRASH`` that does
not exist yet, the next cell creates it and kills its process; pause = 999 kills its process always.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sympy import Rational

from constructions.instance import Instance, NoInstance, exact_array
from constructions.space import Integer, Real, Reals, Seed, Space
from theorems.claim import Claim, constant, quantities
from theorems.statement import Conjecture, Source
from verifiers.errors import NoCertificate
from verifiers.quantity import Catalogue, Enclosure, Measurements, enclose


@dataclass(frozen=True, eq=False)
class Pair(Instance):
    slug: ClassVar[str] = "pairs"
    n: Any
    x: Any
    seed: Any


CATALOGUE = Catalogue()


@CATALOGUE.measures("1", "the whole number")
def n(pair: Pair) -> Enclosure:
    return enclose(int(pair.n))


@CATALOGUE.measures("1", "the real number")
def x(pair: Pair) -> Enclosure:
    return enclose(np.array(Fraction(str(pair.x)), dtype=object)[()])


@CATALOGUE.measures("1", "the real number, where the whole one is not 7")
def shy(pair: Pair) -> Enclosure:
    if int(pair.n) == 7:
        raise NoCertificate("7 is never measured")
    return x(pair)


def build(n: int, x: Fraction, pause: int, seed: int) -> Pair:
    crash = os.environ.get("THINMARGIN_TEST_CRASH")
    if pause == 999 or (crash and not Path(crash).exists()):
        if crash:
            Path(crash).touch()
        os._exit(1)
    until = time.perf_counter() + pause / 1000
    while time.perf_counter() < until:
        pass
    if seed % 4 == 0:
        raise NoInstance("a quarter of the seeds has no instance")
    return Pair(n=n, x=exact_array(x), seed=seed)


SPACE = Space(
    "pairs", {"n": Integer(1, 100), "x": Real(0, 1), "pause": Integer(0, 1000), "seed": Seed()}, build, note="a pair"
)
VECTORS = Space(
    "vectors", {"n": Integer(1, 9), "v": Reals(0, 1, lambda p: p["n"])}, lambda n, v: Pair(n=n, x="1/2", seed=1)
)
N, X, SHY = quantities("n x shy")
limit = constant("campaign_limit", 5, source="chosen")


def measure(pair: Pair, constants: Any) -> Measurements:
    return Measurements(CATALOGUE, pair)


def conjecture(name: str, given: tuple[Claim, ...], then: Claim, **more: Any) -> Conjecture:
    return Conjecture(
        f"pairs.{name}",
        title=f"the {name} conjecture",
        source=Source("a test", name, "derived"),
        given=given,
        then=(then,),
        measure=measure,
        catalogue=CATALOGUE,
        does_not_claim="Nothing.",
        **({"spaces": (SPACE, VECTORS)} | more),
    )


product = conjecture("product", (Claim("x >= 1/4", X >= Rational(1, 4)),), Claim("n x <= 5", N * X <= limit))
always = conjecture("always", (), Claim("x <= 1", X <= 1))
open_at_seven = conjecture("open_at_seven", (), Claim("shy <= 1", SHY <= 1))
homeless = conjecture("homeless", (), Claim("x <= 1", X <= 1), spaces=())
