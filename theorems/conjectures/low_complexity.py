"""Conjectures about models of low complexity. A refuted one ships with laws on which it fails in rationals or balls."""

from __future__ import annotations

from functools import partial

from sympy import Rational

from constructions.low_complexity import spaces
from theorems.claim import Claim
from theorems.low_complexity import families
from theorems.low_complexity.vocabulary import (
    accuracy,
    best_set_accuracy,
    class_degree,
    degree,
    degree_two_bound,
    direction_accuracy,
    euclidean,
    excess,
    k,
    least_risk,
    log_sparsity,
    menu_radius,
    menu_sparsity,
    octave_factor,
    odd_accuracy,
    tau,
)
from theorems.statement import Conjecture, Mutant, Source, Statement
from verifiers.low_complexity import CATALOGUE, measure

_conjecture = partial(
    Conjecture,
    source=Source("posed for this library, after Allen-Zhu and Li 2020", "conjecture", "derived"),
    measure=measure,
    catalogue=CATALOGUE,
)

direction_is_best = _conjecture(
    "low_complexity.conjecture_direction_is_best",
    title="w* is the most robust linear classifier at every radius",
    given=(euclidean,),
    then=(Claim("no set of coordinates is better", best_set_accuracy <= direction_accuracy),),
    instances=(families.directions,),
    spaces=(spaces.laws,),
    expected="refuted",
    does_not_claim="For convex losses w* is optimal by symmetry; for the share of errors it is at small radii at best.",
)

set_is_best = _conjecture(
    "low_complexity.conjecture_set_is_best",
    title="Some set of coordinates is the most robust linear classifier",
    given=(euclidean,),
    then=(Claim("no weights are better", odd_accuracy <= best_set_accuracy),),
    instances=(families.doubled_weights, families.linears),
    spaces=(spaces.linear,),
    expected="refuted",
    promised=4,
    does_not_claim="Refuted by weights of two sizes in three dimensions; which weights are best is open.",
)

constant_degree_fails = _conjecture(
    "low_complexity.conjecture_constant_degree_fails",
    title="No polynomial of degree at most seven is more robust than the bound for degree two",
    given=(
        euclidean,
        Claim("degree at most seven", degree <= 7),
        Claim("the radius of a pure network, tau^2 k <= 1/4", 4 * tau**2 * k <= 1),
    ),
    then=(Claim("the polynomial fails like degree two", accuracy <= degree_two_bound),),
    instances=(families.low_degrees,),
    spaces=(spaces.odd,),
    expected="refuted",
    does_not_claim="Laws with a number of magnitudes that grows with d are not spoken about.",
)

degrees_lose = _conjecture(
    "low_complexity.conjecture_degree_per_octave",
    title="A polynomial of degree q is lost on scale-free data with log_2 k >= C q: an eighth of hinge risk remains",
    given=(
        Claim("perturbations inside the ball", excess <= 0),
        Claim("two thirds of the light magnitude, up to rounding", 5 * menu_radius**2 * menu_sparsity >= 2),
        Claim("enough octaves for the degree", log_sparsity >= octave_factor * class_degree),
    ),
    then=(Claim("the risk stays away from 0", least_risk >= Rational(1, 8)),),
    instances=(families.wide_menus,),
    spaces=(spaces.wide_menus,),
    basis="law",
    expected="supported",
    promised=4,
    mutants=(Mutant("four fifths remain", then=(Claim("4/5", least_risk >= Rational(4, 5)),)),),
    does_not_claim="Only rows are proved, each for its 100 draws, symmetrised; C and 1/8 are measured, "
    "and 1/4 is too much at k = 64.",
)

STATEMENTS: tuple[Statement, ...] = (direction_is_best, set_is_best, constant_degree_fails, degrees_lose)
