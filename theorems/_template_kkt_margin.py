"""my_conjecture: a conjecture about KKT points of the maximum margin problem, to be replaced part by part.

Objects, quantities and symbols are the library's: `theorems/kkt_margin/vocabulary.py` has the symbols of claims, and
`thinmargin quantities kkt_margin` says what is measured. What you have no use for here may go.
The example: inside the range of the main theorem no KKT point is flipped before a fifth of sqrt(U/n).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions import kkt_margin as library
from constructions.instance import Draw, Instance
from constructions.space import Integer, Seed, Space
from theorems.claim import Claim, constant, quantity
from theorems.kkt_margin.grounds import searchable
from theorems.kkt_margin.vocabulary import U, both_classes, is_kkt_point, n, nearly_orthogonal, positive_delta
from theorems.statement import Conjecture, Family, Mutant, Source, judge
from theorems.testing import assert_as_expected, checks, exact
from verifiers.kkt_margin import CATALOGUE
from verifiers.kkt_margin.certify import certify
from verifiers.quantity import Enclosure
from verifiers.verdict import Holds

# 1. MEASUREMENT: quantities of your own, computed from `subject.data` (verifiers/kkt_margin/data.py) and
#    `subject.point` (point.py) in the arithmetic these come in, exact wherever the point is. `batch` is the same in
#    floats for many instances, from the arrays of other quantities; without it a search sees far fewer instances.

QUANTITIES = CATALOGUE.extended()


@QUANTITIES.measures(
    "squared length",
    "|t_i u|^2, the squared length of the flip of sample i along u",
    axes=("sample",),
    batch=lambda known: known["flip_threshold"] ** 2 * known["direction_norm_sq"][:, None],
)
def flip_length_sq(subject: Any) -> Enclosure:
    point = subject.point
    return point.enclosure(point.threshold(0) ** 2 * point.direction_products.sum(), ("sample",))


# 2. WHERE TO LOOK, beside the spaces of the library: draws, searches and replays follow from the named parameters.


def build(n: int, seed: int) -> Instance:
    """A KKT point of +-1 data; where the construction finds none it raises `NoInstance`, and the draw is skipped."""
    generator = np.random.default_rng(seed)
    labels = library.random_labels(n, generator)
    return library.exact_partition_point(library.sign_data(n, 80 * n**2, generator, labels=labels))


NOTE = "+-1 data, d = 80 n^2; class-merged point"
SPACE = Space("my_conjecture_signs", {"n": Integer(2, 6), "seed": Seed()}, build, note=NOTE)

# 3. STATEMENT: claims have names, so that a report says which one failed; a named constant can be moved and sharpened.

length_sq = quantity("flip_length_sq", r"|t_i u|^2")
least = constant("least", "1/5", source="guessed")  # write "2" here, and an instance refutes the statement

my_conjecture = searchable(
    Conjecture(
        "kkt_margin.my_conjecture",
        title="No KKT point in the range of the main theorem is flipped before a fifth of sqrt(U/n)",
        source=Source("author, year", "item", "derived"),  # or "seen" or "recalled", for a statement of the literature
        given=(is_kkt_point, both_classes, nearly_orthogonal, positive_delta),  # or Claim("name", relation)
        then=(Claim("|t_i u| >= least sqrt(U/n)", length_sq * n >= least**2 * U),),
        measure=QUANTITIES.measure,
        catalogue=QUANTITIES,
        certify=certify,
        spaces=(SPACE,),
        instances=(Family.of(SPACE, quick=40, full=400),),
        mutants=(  # known to be false: if the draws that support the statement do not refute these, they say little
            Mutant("ten times the length", constants={"least": Fraction(2)}),
        ),
        promised=10,  # on so many instances at least, every hypothesis held and the conclusions were decided
        does_not_claim="Nothing about the best attack, only about this direction.",
    )
)

# 4. TESTS: an instance whose numbers are known in closed form, then the statement on its own draws.

# Five orthogonal points with |x_i| = 3, three of one class and two of the other: |u|^2 = 45, flipped at a fifth of u.
ORACLE = library.orthogonal_merged(library.split_labels(3, 2), 9, dimension=9)


def test_the_oracle_has_the_numbers_computed_by_hand() -> None:
    assert exact(QUANTITIES.measure(ORACLE)["flip_length_sq"]) == [Fraction(45, 25)] * 5
    verdict = judge(my_conjecture, Draw(ORACLE, "structured", "by hand")).verdict
    assert isinstance(verdict, Holds) and abs(verdict.slack - (9 - 9 / 25)) < 1e-12


def test_the_statement_is_as_expected_on_its_own_draws() -> None:
    assert_as_expected(checks(my_conjecture))
