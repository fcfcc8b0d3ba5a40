"""Dimpled manifolds: networks trained on a linear subspace P, and perturbations orthogonal to it.

**Statement.** Training on P leaves the orthogonal weights as they started (`training`), so that the orthogonal
gradient has an exact chi-square law and short off-manifold perturbations flip the sign, at a distance that is
promised before those weights are drawn (`laws`); radii off the manifold scale with the start and are bounded below by
an operator norm (`radii`); adversarial training shrinks the orthogonal weights, and mislabelled points off P teach the
opposite (`attacks`).
**Hypotheses.** Data in a linear subspace, a dense unshared first layer, updates that are combinations of gradients.
**Conclusions.** Exact identities in rationals, laws at statistical rigor beside exact tails in balls, proved radii.
**Constants.** Derived here; those recalled from the papers are proved again, their wording is not asserted.
**What is checked.** Rational networks and runs of descent, steps of adversarial training, students, drawn networks.
**What is not.** Curved manifolds, which have no exact theorem here, and what training does on P itself.
"""

from dataclasses import replace
from types import ModuleType

from theorems.dimpled_manifold import attacks, laws, radii, trained, training
from theorems.statement import Statement
from verifiers.dimpled_manifold import CATALOGUE

MODULES: tuple[ModuleType, ...] = (training, laws, radii, attacks, trained)
"""Each declares `STATEMENTS`; statements about laws bring the catalogue of their tallies."""

STATEMENTS: tuple[Statement, ...] = tuple(
    statement if statement.basis == "law" else replace(statement, catalogue=CATALOGUE)
    for module in MODULES
    for statement in module.STATEMENTS
)
