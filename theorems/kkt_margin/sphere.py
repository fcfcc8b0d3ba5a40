"""Random samples are nearly orthogonal: the law under which the main theorem's hypothesis holds."""

from __future__ import annotations

import numpy as np
from sympy import Rational, exp

from constructions.kkt_margin.sphere_law import SphereLaw, draw_sphere_law
from theorems.claim import Claim, constant, quantities, quantity
from theorems.kkt_margin import proof_steps as steps
from theorems.statement import Family, Mutant, Proposition, Source
from verifiers.kkt_margin.sphere_law import CATALOGUE, measure

d, n, s = quantities("d n s")
failure, failure_rate = quantity("failure", r"\delta"), quantity("failure_rate", r"P(p > \mathrm{bound})")
sphere_tail, sign_tail = quantity("sphere_tail", r"P_\mathrm{sphere}"), quantity("sign_tail", r"P_\mathrm{signs}")
tail_rate = constant("tail_rate", "1/2", "derived", "C_4")

_SETTINGS = [(d, n, k) for d, n in ((2, 2), (20, 3), (100, 4), (400, 6), (2000, 10)) for k in (1, 2, 3)]


def _draw(generator: np.random.Generator, index: int) -> SphereLaw:
    dimension, size, multiple = _SETTINGS[index % len(_SETTINGS)]
    reach = min(int(multiple * dimension**0.5) + 1, dimension)
    return draw_sphere_law(dimension, size, reach, 300, generator)


sphere_correlations = Proposition(
    "kkt_margin.sphere_correlations",
    title="Samples from the sphere have correlations of order sqrt(d log n)",
    source=Source("Vardi, Yehudai, Shamir 2022 (arXiv 2202.04347)", "random data; tail constants derived", "derived"),
    given=(Claim("a correlation is asked for", s > 0),),
    then=(
        Claim("tail on the sphere", sphere_tail <= 2 * exp(-tail_rate * s**2 / d)),
        Claim("the same tail for +-1 entries", sign_tail <= 2 * exp(-tail_rate * s**2 / d)),
        Claim("p <= sqrt(2 d ln(n (n - 1)/delta)) with probability at least 1 - delta", failure_rate <= failure),
    ),
    measure=measure,
    catalogue=CATALOGUE,
    instances=(
        Family(
            "sphere_law",
            "random",
            "300 independent data sets, uniform on the sphere (Gram factor)",
            _draw,
            quick=len(_SETTINGS),
            full=20 * len(_SETTINGS),
        ),
    ),
    proof=steps.T4_PROOF,
    basis="law",
    promised=15,
    mutants=(Mutant("rate doubled", constants={"tail_rate": Rational(1)}),),
    does_not_claim="Nothing about data that are not independent and uniform; the last conclusion holds at confidence "
    "1 - 1e-6 per setting.",
)
