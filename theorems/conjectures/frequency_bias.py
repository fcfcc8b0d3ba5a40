"""Conjectures about frequency bias, by topic."""

from __future__ import annotations

from dataclasses import replace

from theorems.conjectures import frequency_bias_margin
from theorems.statement import Statement
from verifiers.frequency_bias import CATALOGUE

STATEMENTS: tuple[Statement, ...] = tuple(
    replace(statement, catalogue=CATALOGUE) for statement in frequency_bias_margin.STATEMENTS
)
