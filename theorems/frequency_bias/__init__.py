"""Frequency bias of local convolutions: what the uncertainty principle proves, and what it does not.

**Statement.** A local filter cannot be limited in frequency: K consecutive taps keep at most lambda(N, K, M) of their
energy in M consecutive frequencies, a sharp constant with its filters (`filter_bounds`), for compositions, gradients of
ReLU nets and two dimensions (`compositions`); a predictor pays for the spread of its filters by its norm (`price`,
`margin`, `optimality`).
**Hypotheses.** Circular convolution, unit stride; real filters need bands with B = -B for equality.
**Conclusions.** Inequalities with both sides proved in balls or rationals, equality cases, and supports counted exactly
(`uncertainty`).
**Constants.** All derived here or classical; the body of the paper could not be read.
**What is checked.** Filters, signals and nets in rational arithmetic; eigenvalues between factors and quotients.
**What is not.** That training convolutional nets leads to high frequencies: the mirror (-1)^n exchanges low and high
ones at no cost (`mirror`), so that locality alone cannot prefer either.
"""

from dataclasses import replace
from types import ModuleType

from theorems.frequency_bias import compositions, filter_bounds, margin, networks, optimality, price, uncertainty
from theorems.statement import Statement
from verifiers.frequency_bias import CATALOGUE

MODULES: tuple[ModuleType, ...] = (uncertainty, filter_bounds, compositions, price, margin, optimality, networks)
"""Each declares `STATEMENTS`; a statement names its own `certify`, if it has certificates."""

STATEMENTS: tuple[Statement, ...] = tuple(
    replace(statement, catalogue=CATALOGUE) for module in MODULES for statement in module.STATEMENTS
)
