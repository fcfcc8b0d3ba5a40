"""Feature purification: adversarial training makes networks robust by removing dense mixtures (Allen-Zhu, Li 2020).

**Statement.** One gradient step mixes a small dense part into every neuron (`laws`); a network with such parts is
broken by one perturbation per class (`dense`), a pure one is robust at radii of order 1/sqrt(k) (`pure`), and any
network of the form can be certified point by point (`certificates`).
**Hypotheses.** Sparse sign data with a margin, orthonormal features, symmetric ReLUs with fixed positive outputs.
**Conclusions.** Exact one-step gradients, exact radii of pure networks, a certificate valid for every perturbation.
**Constants.** All derived here for finite dimension; what the paper states could not be read, except its abstract.
**What is checked.** Closed forms and small networks in rational arithmetic; larger ones with proved rounding margins.
**What is not.** That training reaches purified weights: it is measured on trained networks (`trained`), not proved.
"""

from dataclasses import replace

from theorems.feature_purification import certificates, dense, laws, pairs, pure, purity, trained
from theorems.statement import Statement
from verifiers.feature_purification import CATALOGUE
from verifiers.feature_purification.certify import certify

CERTIFIED = ("certificate", "certified_points")
"""Statements whose instances come with files for the independent checker."""

STATEMENTS: tuple[Statement, ...] = tuple(
    replace(statement, catalogue=CATALOGUE, certify=certify if statement.id.split(".")[1] in CERTIFIED else None)
    for module in (pairs, certificates, pure, dense, laws, purity, trained)
    for statement in module.STATEMENTS
)
