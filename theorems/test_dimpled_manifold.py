"""Every statement of dimpled_manifold on its own families, its proof steps, and searches by hypothesis."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings

from constructions import strategies
from constructions.dimpled_manifold import spaces
from constructions.instance import Draw
from theorems.engine.library import statements
from theorems.engine.prover import prove
from theorems.statement import Statement, judge
from theorems.testing import assert_as_expected
from verifiers.verdict import Refuted

ALL = statements("dimpled_manifold")
STEPS = {step: statement for statement in ALL for step in statement.proof}
TRUE = [statement for statement in ALL if statement.kind != "conjecture"]


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


@pytest.mark.parametrize(
    "space",
    [spaces.flat_networks, spaces.linear_networks, spaces.descents, spaces.leaky_descents, spaces.attacked_steps,
     spaces.students, spaces.tail_bounds, spaces.planes],
    ids=lambda space: space.name,
)  # fmt: skip
def test_no_point_of_a_space_refutes_a_theorem(space) -> None:
    concerned = [statement for statement in TRUE if space in statement.spaces]

    @settings(max_examples=15, deadline=None)
    @given(point=strategies.points_of(space))
    def search(point) -> None:
        instance = space.instance(point)
        if instance is None:
            return
        verdicts = {s.id: judge(s, Draw(instance, "searched", "hypothesis")).verdict for s in concerned}
        event(", ".join(sorted({type(v).__name__ for v in verdicts.values()})))
        assert not [name for name, verdict in verdicts.items() if isinstance(verdict, Refuted)]

    search()
