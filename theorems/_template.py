"""my_conjecture: objects, measurements, statement and tests in one file, to be replaced part by part.

The example is small and true. Points x_i with labels y_i, written z_i = y_i x_i, are classified by the sign of <w, x>.
If every <z_i, z_j> is at least a quarter of the largest squared length, then the direction of the class means,
w = mean z_i, is at least a quarter as robust as the best linear classifier (robust: every point far from the boundary).
Proof: <w, z_i> >= max |z|^2 / 4, |w| <= max |z|, and no w is more robust than the shortest z_i is long.

To speak about KKT points instead of objects of your own: `thinmargin new NAME --from-slug kkt_margin`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from constructions.instance import Draw, Instance, InvalidInstance, fractions_of
from constructions.space import Integer, Reals, Space
from theorems.claim import Claim, constant, quantities
from theorems.statement import Conjecture, Family, Mutant, Source, judge
from theorems.testing import assert_as_expected, checks, exact
from verifiers import arithmetic
from verifiers.quantity import Catalogue, Enclosure, enclose
from verifiers.verdict import Holds

# 1. CONSTRUCTION: the object the statement speaks about, kept exactly as stored (integers, floats or fractions).


@dataclass(frozen=True, eq=False)
class Points(Instance):
    """Points X (n, d) and labels y (n,) of 1 and -1."""

    slug: ClassVar[str] = "my_conjecture"
    X: Any
    y: Any

    def validate(self) -> None:
        if self.X.ndim != 2 or self.y.shape != self.X.shape[:1] or not set(self.y.tolist()) <= {1, -1}:
            raise InvalidInstance(f"X {self.X.shape} needs one label 1 or -1 per point, got y = {self.y.tolist()}")


# 2. MEASUREMENT: quantities with unit and axes; `enclose` takes exact numbers or balls, `estimate` floats and an error.

CATALOGUE = Catalogue()


def signed(points: Points) -> Any:
    """z_i = y_i x_i as an object array (n, d) of exact rationals."""
    return arithmetic.rationals(fractions_of(points.X)) * points.y[:, None]


@CATALOGUE.measures("length^2", "<z_i, z_j>", axes=("point", "other"))
def inner(points: Points) -> Enclosure:
    return enclose(signed(points) @ signed(points).T, ("point", "other"))


@CATALOGUE.measures("length^2", "<w, z_i> with w the mean of the z_i", axes=("point",))
def margin(points: Points) -> Enclosure:
    return enclose(signed(points) @ signed(points).mean(axis=0), ("point",))


@CATALOGUE.measures("length^2", "|w|^2")
def mean_sq(points: Points) -> Enclosure:
    return enclose((signed(points).mean(axis=0) ** 2).sum())


@CATALOGUE.measures("length^2", "max |z_i|^2")
def largest_sq(points: Points) -> Enclosure:
    return enclose(max((signed(points) ** 2).sum(axis=1)))


@CATALOGUE.measures("length^2", "min |z_i|^2, which no squared distance to a boundary exceeds")
def smallest_sq(points: Points) -> Enclosure:
    return enclose(min((signed(points) ** 2).sum(axis=1)))


# 3. WHERE TO LOOK: every draw, search and replay follows from the named parameters of a space.


def build(n: int, d: int, z: tuple[Fraction, ...]) -> Points:
    """Points whose z_i are the rows of z, labels 1, -1, 1, ...; where a build has no instance, it returns None."""
    y = [(-1) ** i for i in range(n)]
    return Points([[y[i] * entry for entry in z[i * d : (i + 1) * d]] for i in range(n)], y)


ENTRIES = Reals("-1/4", 1, count=lambda sizes: sizes["n"] * sizes["d"])
SIZES = {"n": Integer(1, 4), "d": Integer(1, 3)}
SPACE = Space("my_conjecture_points", SIZES | {"z": ENTRIES}, build)

# 4. STATEMENT: claims have names, so that a report says which one failed; a named constant can be moved and sharpened.

inner_products, margins, mean, largest, smallest = quantities("inner margin mean_sq largest_sq smallest_sq")
least = constant("least", "1/4", source="derived")  # write "1" here, and an instance refutes the statement

my_conjecture = Conjecture(
    "my_conjecture.class_means",
    title="The direction of the class means is a quarter as robust as the best linear classifier",
    source=Source("author, year", "item", "derived"),  # or "seen" or "recalled", for a statement of the literature
    given=(Claim("aligned points", inner_products >= largest / 4),),
    then=(
        Claim("the class means classify every point", margins >= 0),
        Claim("<w, z_i> / |w| >= least * min |z_i|", margins**2 >= least**2 * smallest * mean),
    ),
    measure=CATALOGUE.measure,
    catalogue=CATALOGUE,
    spaces=(SPACE,),
    instances=(Family.of(SPACE, quick=100, full=2000),),
    mutants=(  # known to be false: if the draws that support the statement do not refute these, they say little
        Mutant("as robust as any", constants={"least": Fraction(1)}),
        Mutant("points in any position", without="aligned points"),
    ),
    promised=10,  # on so many instances at least, every hypothesis held and the conclusions were decided
    does_not_claim="Nothing about classifiers that are not linear, or about other norms.",
)

# 5. TESTS: an instance whose numbers are known in closed form, then the statement on its own draws.

ORACLE = Points([[1, 0], ["-1/2", "-1/2"]], [1, -1])  # z = (1, 0), (1/2, 1/2), so w = (3/4, 1/4)


def test_the_oracle_has_the_numbers_computed_by_hand() -> None:
    measured = CATALOGUE.measure(ORACLE)
    assert exact(measured["margin"]) == [Fraction(3, 4), Fraction(1, 2)]
    assert (exact(measured["mean_sq"]), exact(measured["smallest_sq"])) == (Fraction(5, 8), Fraction(1, 2))
    verdict = judge(my_conjecture, Draw(ORACLE, "structured", "by hand")).verdict
    assert isinstance(verdict, Holds) and verdict.slack == 1 / 4 - 1 / 16 * 1 / 2 * 5 / 8


def test_the_statement_is_as_expected_on_its_own_draws() -> None:
    assert_as_expected(checks(my_conjecture))
