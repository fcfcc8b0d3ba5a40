"""Every statement of kkt_margin on its own families, its proof steps, and searches by hypothesis."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings

from constructions import strategies
from constructions.instance import Draw
from theorems.engine.library import statements
from theorems.engine.prover import prove
from theorems.kkt_margin import beyond, lemmas, main_theorem, robust_networks
from theorems.statement import Statement, judge
from theorems.testing import assert_as_expected
from verifiers.verdict import Holds, Refuted

ALL = statements("kkt_margin")
STEPS = {step: statement for statement in ALL for step in statement.proof}
UNIVERSAL = (
    main_theorem.main,
    main_theorem.weak,
    main_theorem.unseen,
    beyond.radius_lower_bound,
    beyond.all_points,
    lemmas.cross_bound,
    lemmas.upper_bound,
    lemmas.lower_bound,
    lemmas.flip_bound,
)


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


@settings(max_examples=30)
@given(instance=strategies.merged_points(max_size=6))
def test_no_class_merged_point_refutes_a_statement(instance) -> None:
    verdicts = {
        statement.id: judge(statement, Draw(instance, "searched", "hypothesis")).verdict for statement in UNIVERSAL
    }
    event(type(verdicts["kkt_margin.main"]).__name__)
    assert not [name for name, verdict in verdicts.items() if isinstance(verdict, Refuted)]


@settings(max_examples=30)
@given(instance=strategies.robust_networks(max_size=4))
def test_no_robust_network_falls_short_of_its_radius(instance) -> None:
    verdict = judge(robust_networks.any_threshold, Draw(instance, "searched", "hypothesis")).verdict
    event(type(verdict).__name__)
    assert isinstance(verdict, Holds)


@settings(max_examples=10)
@given(instance=strategies.star_points())
def test_star_points_refute_the_upper_bound_without_its_cross_term_and_nothing_else(instance) -> None:
    draw = Draw(instance, "searched", "hypothesis")
    assert isinstance(judge(lemmas.upper_bound, draw).verdict, Holds)
    variants = {mutant.name: variant for mutant, variant in lemmas.upper_bound.mutations()}
    assert isinstance(judge(variants["cross term dropped"], draw).verdict, Refuted)


@settings(max_examples=10)
@given(instance=strategies.split_networks(max_size=4))
def test_splitting_neurons_keeps_the_identities(instance) -> None:
    for lemma in (lemmas.balance, lemmas.unit_neurons, lemmas.gradient_form, lemmas.merging):
        assert isinstance(judge(lemma, Draw(instance, "searched", "hypothesis")).verdict, Holds), lemma.id


@settings(max_examples=30)
@given(instance=strategies.equicorrelated_points(max_size=5))
def test_no_equicorrelated_point_refutes_a_statement(instance) -> None:
    verdicts = {
        statement.id: judge(statement, Draw(instance, "searched", "hypothesis")).verdict for statement in UNIVERSAL
    }
    event(type(verdicts["kkt_margin.main"]).__name__)
    assert not [name for name, verdict in verdicts.items() if isinstance(verdict, Refuted)]
