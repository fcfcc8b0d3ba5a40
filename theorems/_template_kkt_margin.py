"""my_conjecture: a conjecture about KKT points of the maximum margin problem, to be replaced part by part.

Objects and quantities are the library's; `thinmargin judge kkt_margin FILE` lists the quantities with unit and meaning.
The example: inside the range of the main theorem no KKT point is flipped before a fifth of sqrt(U/n).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from sympy import Rational

from constructions import kkt_margin as library
from constructions.instance import Draw, Instance
from constructions.space import Integer, Seed, Space
from theorems.claim import Claim, constant, quantities
from theorems.statement import Conjecture, Family, Mutant, Source, judge
from theorems.testing import assert_as_expected, checks, exact
from verifiers.kkt_margin import CATALOGUE, measure
from verifiers.verdict import Holds

# 1. WHERE TO LOOK: every draw, search and replay follows from the named parameters of a space.


def build(n: int, seed: int) -> Instance:
    """A KKT point of +-1 data; where the construction finds none it raises `NoInstance`, and the draw is skipped."""
    generator = np.random.default_rng(seed)
    labels = library.random_labels(n, generator)
    return library.exact_partition_point(library.sign_data(n, 80 * n**2, generator, labels=labels))


NOTE = "+-1 data, d = 80 n^2; class-merged point"
SPACE = Space("my_conjecture_signs", {"n": Integer(2, 6), "seed": Seed()}, build, note=NOTE)

# 2. STATEMENT: claims have names, so that a report says which one failed; a named constant can be moved and sharpened.

n, c, q, L, U, Delta, kkt_residual, flip_threshold, direction_norm_sq = quantities(
    "n c q L U Delta kkt_residual flip_threshold direction_norm_sq"
)
least = constant("least", "1/5", source="guessed")  # write "2" here, and an instance refutes the statement

my_conjecture = Conjecture(
    "kkt_margin.my_conjecture",
    title="No KKT point in the range of the main theorem is flipped before a fifth of sqrt(U/n)",
    source=Source("author, year", "item", "derived"),  # or "seen" or "recalled", for a statement of the literature
    given=(
        Claim("the network is a KKT point", kkt_residual <= Rational(1, 10**6)),
        Claim("both classes are present", c > 0),
        Claim("nearly orthogonal samples", (1 + q * (n - 1) / L) ** 2 < 2),
        Claim("the direction moves every sample against its class", Delta > 0),
    ),
    then=(Claim("|z| >= least sqrt(U/n)", flip_threshold**2 * direction_norm_sq * n >= least**2 * U),),
    measure=measure,
    catalogue=CATALOGUE,
    spaces=(SPACE,),
    instances=(Family.of(SPACE, quick=40, full=400),),
    mutants=(  # known to be false: if the draws that support the statement do not refute these, they say little
        Mutant("ten times the length", constants={"least": Fraction(2)}),
    ),
    promised=10,  # on so many instances at least, every hypothesis held and the conclusions were decided
    does_not_claim="Nothing about the best attack, only about this direction.",
)

# 3. TESTS: an instance whose numbers are known in closed form, then the statement on its own draws.

# Five orthogonal points with |x_i| = 3, three of one class and two of the other: |u|^2 = 45, flipped at a fifth of u.
ORACLE = library.orthogonal_merged(library.split_labels(3, 2), 9, dimension=9)


def test_the_oracle_has_the_numbers_computed_by_hand() -> None:
    measured = measure(ORACLE)
    assert exact(measured["direction_norm_sq"]) == 45 and exact(measured["flip_threshold"]) == [Fraction(1, 5)] * 5
    verdict = judge(my_conjecture, Draw(ORACLE, "structured", "by hand")).verdict
    assert isinstance(verdict, Holds) and abs(verdict.slack - (9 - 9 / 25)) < 1e-12


def test_the_statement_is_as_expected_on_its_own_draws() -> None:
    assert_as_expected(checks(my_conjecture))
