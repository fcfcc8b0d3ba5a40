"""Template of a theorem: copy this file, fill it in, and run `thinmargin verify PATH` on it.

**Statement.** Inside the range of the main theorem no KKT point is flipped before a fifth of sqrt(U/n).
**Source.** Write authors, year, item, and whether you saw the text, recall it, or derived it.
**Hypotheses.** One claim each, named so that a reader of the report knows what failed.
**Conclusion.** Claims over measured quantities; the least slack over all entries is reported.
**What is checked.** The families at the bottom, each with the law it declares.
**What is not.** Say it in `does_not_claim`.
"""

from __future__ import annotations

import numpy as np
from sympy import Rational

from constructions import kkt_margin as build
from constructions.instance import Instance
from theorems.claim import Claim, constant, quantities
from theorems.statement import Conjecture, Family, Mutant, Source
from verifiers.kkt_margin import CATALOGUE, measure

# Quantities are measured by the verifier; `thinmargin judge kkt_margin FILE` lists their names, units and meaning.
n, c, q, L, U, Delta, kkt_residual, flip_threshold, direction_norm_sq = quantities(
    "n c q L U Delta kkt_residual flip_threshold direction_norm_sq"
)
# A named constant may be moved by mutants and sharpened later; literals never are.
least = constant("template_least", "1/5", source="guessed")


def _draw(generator: np.random.Generator, index: int) -> Instance | None:
    """One instance per index, small sizes first. Return None when the construction does not succeed."""
    size = 2 + index % 5
    data = build.sign_data(size, 80 * size**2, generator, labels=build.random_labels(size, generator))
    try:
        return build.exact_partition_point(data)
    except build.NoPoint:
        return None


earliest_flip = Conjecture(
    "kkt_margin.template_earliest_flip",
    title="No KKT point in the range of the main theorem is flipped before a fifth of sqrt(U/n)",
    source=Source("this template", "example", "derived"),
    given=(
        Claim("the network is a KKT point", kkt_residual <= Rational(1, 10**6)),
        Claim("both classes are present", c > 0),
        Claim("nearly orthogonal samples", (1 + q * (n - 1) / L) ** 2 < 2),
        Claim("the direction moves every sample against its class", Delta > 0),
    ),
    then=(Claim("|z| >= sqrt(U/n) / 5", flip_threshold**2 * direction_norm_sq * n >= least**2 * U),),
    measure=measure,
    catalogue=CATALOGUE,
    instances=(
        Family("template_signs", "random", "+-1 data, d = 80 n^2; class-merged point", _draw, quick=25, full=250),
    ),
    mutants=(Mutant("ten times the length", constants={"template_least": Rational(2)}),),
    promised=20,
    does_not_claim="Nothing about the best attack, only about this direction.",
)
