"""Every statement of feature_purification on its own families, its proof steps, and searches by hypothesis."""

from __future__ import annotations

import pytest

from theorems.engine.library import statements
from theorems.engine.prover import prove
from theorems.statement import Statement
from theorems.testing import assert_as_expected

ALL = statements("feature_purification")
STEPS = {step: statement for statement in ALL for step in statement.proof}


@pytest.mark.parametrize("statement", ALL, ids=lambda statement: statement.id)
def test_statement_has_its_expected_status(statement: Statement, check) -> None:
    assert_as_expected(check(statement))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{STEPS[step].id}-{step.id}")
def test_proof_step_rests_on_what_it_says(step) -> None:
    result = prove(step, certificates=False)
    expected = {"scalar": "proved", "argued": "argued", "cited": "cited", "open": "open"}[step.kind]
    assert result.status == expected, result.detail


def test_the_checks_of_argued_steps_are_statements_of_the_library() -> None:
    known = {statement.id.split(".")[1] for statement in ALL}
    assert {check for step in STEPS for check in step.checks} <= known
