"""Frequency bias of local convolutions: what the uncertainty principle proves, and what it does not."""

from dataclasses import replace
from types import ModuleType

from theorems.frequency_bias import compositions, filter_bounds, margin, networks, price, uncertainty
from theorems.statement import Statement
from verifiers.frequency_bias import CATALOGUE

MODULES: tuple[ModuleType, ...] = (uncertainty, filter_bounds, compositions, price, margin, networks)
"""Each declares `STATEMENTS`; a statement names its own `certify`, if it has certificates."""

STATEMENTS: tuple[Statement, ...] = tuple(
    replace(statement, catalogue=CATALOGUE) for module in MODULES for statement in module.STATEMENTS
)
