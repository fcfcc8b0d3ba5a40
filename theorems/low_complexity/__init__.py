"""Models of low complexity cannot be robust where a purified network is (after Allen-Zhu and Li 2020), and where not.

**Statement.** On sparse data x with labels sign <w*, z>, conditioned on |<w*, z>| >= gamma, no linear classifier and no
polynomial of degree two is robust at the radius of a purified network: explicit bounds at finite dimension.
**Hypotheses.** Laws that permutations and the mirror (x, y) -> (-x, -y) leave unchanged; exact moments for light data
and for two magnitudes with a square k, certified ones for magnitudes of all sizes.
**Conclusions.** The largest of Cantelli's bounds over all directions in closed form, a rational number; half of one
plus it with intercepts and for degree two; a maximum-norm version; dual bounds on robust hinge risk of any sample, for
linear classifiers, polynomials of a degree, and networks with frozen gates of bounded norm.
**Constants.** All derived here; none is the paper's, whose body could not be read.
**What is checked.** Accuracies of arbitrary classifiers in rationals (noise-free, small d), of sets of coordinates in
balls at any d, and of draws at a stated confidence.
**What is not.** The claim that every constant degree fails is refuted, not stated: degree five on one magnitude and
degree seven on two are robust, with certificates (`quintic_survives`, `conjecture_constant_degree_fails`).
"""

from dataclasses import replace

from theorems.low_complexity import kernel, linear, polynomials, symmetric
from theorems.statement import Statement
from verifiers.low_complexity import CATALOGUE


def _complete(statement: Statement) -> Statement:
    return replace(statement, catalogue=CATALOGUE)


STATEMENTS: tuple[Statement, ...] = tuple(
    _complete(statement)
    for statement in (
        linear.linear_formula,
        linear.linear_draws,
        linear.every_linear,
        linear.every_linear_draws,
        linear.largest_cantelli,
        linear.maximum_norm,
        linear.intercept,
        linear.degree_two,
        linear.reference_numbers,
        linear.scale_free_numbers,
        polynomials.quintic_survives,
        polynomials.hermite_quintic,
        polynomials.hermite_septic,
        polynomials.hermite_scales,
        polynomials.heavy_sign,
        polynomials.hinge,
        *symmetric.STATEMENTS,
        *kernel.STATEMENTS,
    )
)
