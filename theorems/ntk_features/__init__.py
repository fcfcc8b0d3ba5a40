"""Attacks, features and certificates of the neural tangent kernel (after Tsilivis and Kempe 2022).

**Statement.** The predictor of an NTK splits into features along the eigenspaces of the kernel; those of large
eigenvalues are robust in mean square and are learned first, and attacks on the kernel transfer to wide networks.
**Hypotheses.** Any kernel and labels for what is said of spectra; one hidden layer, unit sphere, no bias for angles.
**Conclusions.** Certified radii in kernel distance and in angle, exact features, exact laws at finite width.
**Constants.** 4/pi and 4 of the NTK distance, 2 of the NNGP's, 2.6406737... of its slope: derived here.
**What is checked.** Kernels, predictors and eigenspaces of rational data in balls; spectra, matrices, transfer and
single steps in rationals; all angles by bisection.
**What is not.** The paper's claims on trained networks are measured, not proved: they are stated in `trained`.
"""

from dataclasses import replace

from theorems.ntk_features import attacks, certificates, kernels, matrices, spectra, trained
from theorems.statement import Statement
from verifiers.ntk_features import CATALOGUE


def _complete(statement: Statement) -> Statement:
    return replace(statement, catalogue=statement.catalogue or CATALOGUE)


STATEMENTS: tuple[Statement, ...] = tuple(
    _complete(statement)
    for statement in (
        *kernels.STATEMENTS,
        *spectra.STATEMENTS,
        *certificates.STATEMENTS,
        *attacks.STATEMENTS,
        *matrices.STATEMENTS,
        *trained.STATEMENTS,
    )
)
