"""All polynomials of a degree at once: by symmetry few coefficients matter, and multipliers bound their risk."""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from constructions.low_complexity import spaces
from theorems.claim import Claim
from theorems.low_complexity import families
from theorems.low_complexity import proof_steps as steps
from theorems.low_complexity.vocabulary import (
    averaged_rank,
    class_degree,
    class_rank,
    coordinates,
    excess,
    free_partitions,
    least_risk,
    menu_bound,
    menu_factor,
    menu_radius,
    menu_risk,
    odd_partitions,
    symmetrised_risk,
)
from theorems.statement import Mutant, Proposition, Source, Theorem
from verifiers.low_complexity import measure

source = partial(Source, "Allen-Zhu, Li 2020 (arXiv 2005.10190)", provenance="derived")

symmetric_class = Theorem(
    "low_complexity.symmetric_class",
    title="Averaged over the symmetries, polynomials of degree 1, 3, 5, 7, 9 have 1, 4, 11, 26, 56 terms",
    source=source(item="symmetrisation; the class of polynomials that matters, derived"),
    given=(Claim("degree at most nine", class_degree <= 9), Claim("as many points as needed", class_rank >= 1)),
    then=(
        Claim("as many products of power sums as partitions", Eq(class_rank, odd_partitions)),
        Claim("averages of monomials add nothing", Eq(averaged_rank, class_rank)),
    ),
    measure=measure,
    instances=(families.symmetric_classes, families.classes),
    spaces=(spaces.classes,),
    proof=(steps.CLASS,),
    promised=20,
    mutants=(
        Mutant("partitions into any number of parts", then=(Claim("any parts", Eq(class_rank, free_partitions)),)),
        Mutant("averages add something", then=(Claim("one more", averaged_rank >= class_rank + 1),)),
    ),
    does_not_claim="Nothing about risks; ranks are taken at 64 points, where they cannot be too large.",
)

_inside = Claim("perturbations inside the ball", excess <= 0)

every_polynomial = Theorem(
    "low_complexity.every_polynomial",
    title="Multipliers bound the robust hinge risk of every polynomial of a degree on a symmetrised sample",
    source=source(item="low-degree polynomials, convex surrogate; symmetrisation and duality, derived"),
    given=(_inside,),
    then=(Claim("risk of every polynomial", symmetrised_risk >= menu_factor * menu_bound),),
    measure=measure,
    instances=(families.overfitted, families.solved_menus, families.menus),
    spaces=(spaces.menus,),
    proof=steps.SYMMETRY_PROOF,
    promised=30,
    mutants=(
        Mutant("one in a thousand more", constants={"menu_factor": Rational(1001, 1000)}),
        Mutant("the sample as it is", then=(Claim("not symmetrised", menu_risk >= menu_bound),)),
    ),
    does_not_claim="Nothing about the law's own risk, nor about shares of errors, as hinge risk is a surrogate.",
)

low_degrees_fail = Proposition(
    "low_complexity.low_degrees_fail",
    title="On draws of scale-free data polynomials of degree up to five have robust hinge risk of at least two fifths",
    source=source(item="low-degree polynomials on magnitudes of all sizes, convex surrogate; derived"),
    given=(
        _inside,
        Claim("d = 256", Eq(coordinates, 256)),
        Claim("degree at most five", class_degree <= 5),
        Claim("radius at least 3/20", menu_radius >= Rational(3, 20)),
    ),
    then=(
        Claim("every polynomial of the degree", least_risk >= Rational(2, 5)),
    ),
    measure=measure,
    instances=(families.scale_menus,),
    spaces=(spaces.scale_menus,),
    proof=steps.SYMMETRY_PROOF,
    basis="law",
    promised=3,
    mutants=(
        Mutant("at least four fifths", then=(Claim("4/5", least_risk >= Rational(4, 5)),)),
        Mutant("at most one third", then=(Claim("1/3", least_risk <= Rational(1, 3)),)),
    ),
    does_not_claim="Each bound is proved for its 120 draws, symmetrised; the law's least risk is larger on average.",
)

STATEMENTS = (symmetric_class, every_polynomial, low_degrees_fail)
