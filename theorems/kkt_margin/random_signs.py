"""How often data with random signs meet the main theorem's hypothesis: almost always at d = 80 n^2, hardly at 2 n^2."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import partial

import numpy as np
from sympy import Rational

from constructions.kkt_margin.data import sign_data
from constructions.kkt_margin.instance import MarginInstance
from theorems.claim import Claim, constant
from theorems.kkt_margin.vocabulary import nearly_orthogonal
from theorems.statement import Mutant, Source
from theorems.statistical import Chance, Law
from verifiers.kkt_margin import measure


def _signs(size: int, dimension: int, generator: np.random.Generator) -> MarginInstance:
    return sign_data(size, dimension, generator)


def signs(size: int, dimension: int) -> Law:
    """n samples of d independent fair +-1 entries."""
    text = f"{size} samples of {dimension} independent fair +-1 entries"
    return Law(f"signs_{size}_{dimension}", text, partial(_signs, size, dimension))


def in_range(name: str, laws: Iterable[Law]) -> Chance:
    """The probability that data meet the main theorem's hypothesis."""
    return Chance(name, tuple(laws), (nearly_orthogonal,), measure, shown="P((1 + r)^2 < 2)")


wide = in_range("wide_signs", (signs(n, 80 * n**2) for n in (2, 4, 8)))
narrow = in_range("narrow_signs", (signs(n, 2 * n**2) for n in (4, 6)))

wide_level = constant("wide_level", "19/20", "derived", r"p_\mathrm{wide}")
narrow_level = constant("narrow_level", "1/8", "derived", r"p_\mathrm{narrow}")

wide_signs = wide.statement(
    "kkt_margin.wide_signs",
    title="+-1 data of dimension 80 n^2 are in the range of the main theorem with probability at least 19/20",
    # Hoeffding over pairs: 1 - P <= n (n - 1) exp(-(3 - 2 sqrt 2) d / (2 (n - 1)^2)), below 1/100 for these n
    source=Source("Vardi, Yehudai, Shamir 2022 (arXiv 2202.04347)", "random data; level derived", "derived"),
    then=(Claim("at least 19 in 20 data sets", wide.probability >= wide_level),),
    mutants=(Mutant("at most half of them", then=(Claim("at most half", wide.probability <= Rational(1, 2)),)),),
    does_not_claim="Nothing about n above 8: at fixed d / n^2 the probability falls with the number of pairs.",
)

narrow_signs = narrow.statement(
    "kkt_margin.narrow_signs",
    title="+-1 data of dimension 2 n^2 are in the range of the main theorem with probability at most 1/8",
    source=Source("this library", "how wide data must be", "derived"),
    then=(Claim("at most 1 in 8 data sets", narrow.probability <= narrow_level),),
    mutants=(Mutant("never", constants={"narrow_level": Fraction(0)}),),
    does_not_claim="Nothing about n below 4, where few pairs have to be nearly orthogonal.",
)
