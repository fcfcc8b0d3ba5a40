"""Verdicts: no truth value, no loss in JSON, and `judge` and `status` never say more than what was decided."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructions.instance import Draw
from constructions.kkt_margin.instance import MarginInstance
from theorems.claim import Claim, constant, quantities
from theorems.engine import aggregate, work
from theorems.statement import Conjecture, Mutant, Source, Statement, evaluate, judge
from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate
from verifiers.quantity import Catalogue, Measurements, between, enclose, estimate
from verifiers.verdict import (
    Holds,
    HypothesisFailed,
    Refuted,
    Rigor,
    Undecided,
    Unsupported,
    Verdict,
    verdict_from_json,
)

a, b, c = quantities("verdict_a verdict_b verdict_c")
limit = constant("verdict_limit", 1, "this test")
DRAW = Draw(MarginInstance(labels=[1, -1], bias=False, points=[[1, 0], [0, 1]]), "user", "two unit vectors")

texts, floats = st.text(max_size=5), st.floats(allow_nan=False)
verdicts = st.one_of(
    st.builds(Holds, floats, floats, st.sampled_from(Rigor)),
    st.builds(Refuted, texts, floats, texts, st.sampled_from(Rigor)),
    st.builds(HypothesisFailed, texts, floats, floats, texts),
    st.builds(Undecided, texts),
    st.builds(Unsupported, texts),
)


AT_MOST_ONE = (Claim("a <= 1", a <= 1),)


def statement(given=(), then=AT_MOST_ONE, **measured):
    """A statement about quantities with fixed values; a value may be an exception, then measuring raises it."""
    catalogue = Catalogue()
    for name, value in measured.items():

        def function(_, value=value):
            if isinstance(value, Exception):
                raise value
            return value if hasattr(value, "rigor") else enclose(value)

        catalogue.measures("1", name, getattr(value, "axes", ()), name=f"verdict_{name}")(function)
    return Statement(
        "test.statement",
        "a test",
        Source("this file", "1", "derived"),
        tuple(given),
        tuple(then),
        lambda instance, constants: Measurements(catalogue, instance),
        "Nothing.",
        catalogue=catalogue,
    )


def verdict_of(*args, **measured) -> Verdict:
    return judge(statement(*args, **measured), DRAW).verdict


@given(verdicts)
def test_a_verdict_has_no_truth_value(verdict):
    for use in (bool, lambda v: not v, lambda v: v and True, lambda v: 1 if v else 0, lambda v: any([v])):
        with pytest.raises(TypeError, match="no truth value"):
            use(verdict)


@given(verdicts)
def test_a_verdict_survives_json(verdict):
    content = json.loads(json.dumps(verdict.to_json()))
    assert content["verdict"] == type(verdict).__name__
    again = verdict_from_json(content)
    assert again == verdict and type(again) is type(verdict)
    if hasattr(verdict, "rigor"):
        assert again.rigor is verdict.rigor


def test_verdicts_are_frozen_and_unknown_ones_are_refused():
    with pytest.raises(AttributeError):
        Undecided("x").reason = "y"
    for content in ({"verdict": "Proved"}, {"verdict": "Undecided", "reason": "x", "rigor": "sure"}, {}):
        with pytest.raises((KeyError, TypeError)):
            verdict_from_json(content)


def test_rigor_is_ordered_and_named():
    assert [str(r) for r in sorted(Rigor)] == ["empirical", "numerical", "statistical", "certified", "exact"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 2), Holds(0.5, 0.5, Rigor.EXACT)),
        (1, Holds(0.0, 0.0, Rigor.EXACT)),
        (3, Refuted("a <= 1", 2.0, "", Rigor.EXACT)),
        (between(2.0, 2.0), Refuted("a <= 1", 1.0, "", Rigor.CERTIFIED)),
        (estimate(0.5, 0.0), Holds(0.5, 0.5, Rigor.NUMERICAL)),
    ],
)
def test_one_claim_decides_with_its_own_rigor(value, expected):
    assert verdict_of(a=value) == expected


def test_a_failed_hypothesis_is_all_that_is_said():
    """Whatever the conclusion would be: refuted, unmeasurable, undecided."""
    condition = Claim("b > 0", b > 0)
    for conclusion in (7, MissingPart("no a"), NoCertificate("no proof"), estimate(math.nan, 0.0)):
        row = judge(statement([condition], a=conclusion, b=Fraction(-1, 4)), DRAW)
        assert row.verdict == HypothesisFailed("b > 0", -0.25, 0.0, "", ">")
        assert row.conclusions == () and [o.state for o in row.hypotheses] == ["fails"]


def test_a_hypothesis_that_floats_violate_is_a_failed_hypothesis():
    assert isinstance(verdict_of([Claim("b > 0", b > 0)], a=7, b=estimate(-1.0, 1e-9)), HypothesisFailed)


def test_an_undecided_hypothesis_leaves_everything_undecided():
    verdict = verdict_of([Claim("b > 0", b > 0)], a=7, b=estimate(0.0, 1e-9))
    assert isinstance(verdict, Undecided) and "'b > 0'" in verdict.reason
    assert isinstance(verdict_of([Claim("b > 0", b > 0)], a=7, b=estimate(math.nan, 0.0)), Undecided)


@pytest.mark.parametrize("where", ["hypothesis", "conclusion"])
def test_a_missing_part_is_unsupported_and_a_missing_proof_undecided(where):
    for error, kind in (
        (MissingPart("no network"), Unsupported),
        (NoCertificate("no proof"), Undecided),
        (np.linalg.LinAlgError("singular"), Undecided),
    ):
        values = {"a": error, "b": 1} if where == "conclusion" else {"a": 0, "b": error}
        verdict = verdict_of([Claim("b > 0", b > 0)], **values)
        assert verdict == kind(str(error))


def test_measuring_may_fail_before_any_quantity():
    broken = statement(a=0)
    for error, kind in ((MissingPart("nothing"), Unsupported), (NoCertificate("nothing"), Undecided)):

        def measure(*_, error=error):
            raise error

        replaced = Statement("test.broken", "t", broken.source, (), broken.then, measure, "Nothing.")
        assert judge(replaced, DRAW).verdict == kind("nothing")


@pytest.mark.parametrize("weak", [Rigor.EMPIRICAL, Rigor.NUMERICAL, Rigor.STATISTICAL])
def test_a_refutation_needs_certified_hypotheses_and_a_certified_conclusion(weak):
    condition = [Claim("b > 0", b > 0)]
    soft = between(1.0, 2.0, (), weak)
    firm = between(2.0, 2.0)
    assert isinstance(verdict_of(condition, a=firm, b=1), Refuted)
    assert verdict_of(condition, a=firm, b=firm).rigor == Rigor.CERTIFIED
    row = judge(statement(condition, a=7, b=soft), DRAW)
    assert isinstance(row.verdict, Undecided) and f"{weak} rigor" in row.verdict.reason
    assert [o.state for o in row.conclusions] == ["undecided"], "the record counts no refutation either"
    assert isinstance(verdict_of(condition, a=between(2.0, 3.0, (), weak), b=1), Undecided)
    assert verdict_of(condition, a=0, b=soft) == Holds(1.0, 1.0, weak)


TWO = (Claim("a <= 1", a <= 1), Claim("c <= 1", c <= 1))


def test_the_worst_certified_failure_is_named():
    verdict = verdict_of(then=TWO, a=2, c=Fraction(7, 2))
    assert verdict == Refuted("c <= 1", 2.5, "", Rigor.EXACT)
    assert verdict_of(then=TWO, a=2, c=estimate(100.0, 0.0)) == Refuted("a <= 1", 1.0, "", Rigor.EXACT)


def test_what_cannot_be_measured_does_not_hide_a_refutation():
    for order in (TWO, TWO[::-1]):
        for error in (MissingPart("no c"), NoCertificate("no proof of c")):
            assert verdict_of(then=order, a=2, c=error) == Refuted("a <= 1", 1.0, "", Rigor.EXACT)
            assert not isinstance(verdict_of(then=order, a=0, c=error), (Holds, Refuted))
            assert not isinstance(verdict_of(then=order, a=estimate(9.0, 0.0), c=error), (Holds, Refuted))


def test_all_conclusions_must_hold_for_a_statement_to_hold():
    assert verdict_of(then=TWO, a=0, c=Fraction(1, 4)) == Holds(0.75, 0.75, Rigor.EXACT)
    assert verdict_of(then=TWO, a=0, c=estimate(0.5, 1e-9)).rigor == Rigor.NUMERICAL
    verdict = verdict_of(then=TWO, a=0, c=estimate(1.0, 1e-9))
    assert isinstance(verdict, Undecided) and verdict.reason.startswith("c <= 1")


def test_constants_reach_claims_and_measurement():
    claim = Claim("a <= limit", a <= limit)
    seen = []
    base = statement(then=[claim], a=Fraction(3, 2))

    def measure(instance, constants):
        seen.append(dict(constants))
        return base.measure(instance, constants)

    spying = Statement("test.constant", "t", base.source, (), base.then, measure, "Nothing.")
    assert isinstance(judge(spying, DRAW).verdict, Refuted)
    moved = spying.variant(name="moved", constants={"verdict_limit": "8/5"})
    assert moved.id == "test.constant~moved" and isinstance(judge(moved, DRAW).verdict, Holds)
    assert seen == [{}, {"verdict_limit": Fraction(8, 5)}]
    assert isinstance(judge(spying, DRAW).verdict, Refuted), "a variant leaves its statement alone"


def test_variants_ask_for_what_exists():
    base = statement([Claim("b > 0", b > 0)], a=2, b=-1)
    assert isinstance(judge(base, DRAW).verdict, HypothesisFailed)
    assert isinstance(judge(base.variant(without="b > 0"), DRAW).verdict, Refuted)
    replaced = base.variant(without="b > 0", then=(Claim("a <= 3", a <= 3),))
    assert isinstance(judge(replaced, DRAW).verdict, Holds)
    for wrong in ({"without": "c > 0"}, {"constants": {"verdict_limit": 2}}):
        with pytest.raises(KeyError, match="has no"):
            base.variant(**wrong)


def test_a_statement_must_conclude_something_and_name_its_claims_apart():
    with pytest.raises(ValueError, match="concludes nothing"):
        statement(then=())
    twice = Claim("same", a <= 1)
    for part in ({"given": [twice, Claim("same", b <= 1)]}, {"then": [twice, Claim("same", b <= 1)]}):
        with pytest.raises(ValueError, match="one name twice"):
            statement(**part)
    with pytest.raises(ValueError, match="one name twice"):
        Conjecture(
            "t.m",
            "t",
            Source("p", "i", "derived"),
            (),
            (twice,),
            lambda *_: {},
            "No.",
            mutants=(Mutant("m"), Mutant("m")),
        )


def test_batches_are_judged_in_order_and_rows_become_plain_json():
    other = Draw(MarginInstance(labels=[1, -1], bias=False, points=[[2, 0], [0, 2]]), "searched", "longer")
    rows = evaluate(statement(a=enclose(np.zeros(0, dtype=int), ("sample",))), [DRAW, other])
    assert [(row.instance, row.source) for row in rows] == [
        (DRAW.instance.digest, "user"),
        (other.instance.digest, "searched"),
    ]
    content = json.loads(json.dumps(work.row_to_json(rows[0], 4, ["x.json"]), allow_nan=False))
    assert (content["index"], content["verdict"]["rigor"], content["certificates"]) == (4, "exact", ["x.json"])
    assert content["verdict"]["slack"] is None and content["conclusions"][0]["note"] == "no entry to check"


PROVED, CITED, ARGUED, OPEN, FALSE = ({"status": s} for s in ("proved", "cited", "argued", "open", "refuted"))
ROW = {"verdict": {"verdict": "any"}}


@pytest.mark.parametrize(
    ("rows", "reached", "decided", "refuted", "proof", "word"),
    [
        ([], [], [], [], [], "undecided"),
        ([], [], [], [], [PROVED], "undecided"),
        ([ROW], [], [], [], [PROVED], "vacuous"),
        ([ROW, ROW], [ROW], [], [], [PROVED], "undecided"),
        ([ROW], [ROW], [ROW], [], [], "supported"),
        ([ROW], [ROW], [ROW], [], [PROVED, CITED], "proved"),
        ([ROW], [ROW], [ROW], [], [PROVED, ARGUED], "supported"),
        ([ROW], [ROW], [ROW], [], [PROVED, OPEN], "supported"),
        ([ROW], [ROW], [ROW], [], [PROVED, FALSE], "supported"),
        ([ROW, ROW], [ROW], [ROW], [ROW], [PROVED], "refuted"),
        ([ROW], [], [], [ROW], [], "refuted"),
    ],
)
def test_the_word_for_a_statement_follows_from_what_was_found(rows, reached, decided, refuted, proof, word):
    assert aggregate.status(rows, reached, decided, refuted, proof) == word


def _formal(*titles, status="proved"):
    return [{"status": status, "by": "rocq", "title": title} for title in titles]


@pytest.mark.parametrize(
    ("proof", "word"),
    [
        (_formal("one", "two") + [ARGUED], "proved"),
        (_formal("one") + [ARGUED], "supported"),
        (_formal("one") + _formal("two", status="refuted") + [ARGUED], "supported"),
        ([ARGUED, {"status": "proved", "by": "z3", "title": "one"}, *_formal("two")], "supported"),
        ([ARGUED], "supported"),
    ],
)
def test_a_statement_is_proved_where_the_kernel_proved_every_conclusion(proof, word):
    assert aggregate.status([ROW], [ROW], [ROW], [], proof, ["one", "two"]) == word


def _unit(rows):
    content = [
        work.row_to_json(row, i, []) | {"family": "f", "law": "l", "source": row.source} for i, row in enumerate(rows)
    ]
    return {"family": "f", "law": "l", "source": "user", "drawn": len(rows), "rows": content, "kills": {}, "start": 0}


@pytest.mark.parametrize(
    ("values", "word", "counts"),
    [
        ([(0, 1), (2, 1)], "refuted", (2, 1, 1, 0)),
        ([(0, 1), (2, -1)], "supported", (1, 1, 0, 0)),
        ([(2, -1), (2, -1)], "vacuous", (0, 0, 0, 0)),
        ([(estimate(2.0, 0.0), 1)], "undecided", (1, 0, 0, 1)),
        ([(7, estimate(1.0, 0.0))], "undecided", (1, 0, 0, 1)),
        ([(0, 1), (estimate(2.0, 0.0), 1)], "supported", (2, 1, 0, 1)),
        ([(MissingPart("none"), 1)], "vacuous", (0, 0, 0, 0)),
        ([(NoCertificate("not measured"), 1)], "undecided", (1, 0, 0, 1)),
        ([], "undecided", (0, 0, 0, 0)),
    ],
)
def test_a_record_counts_what_was_decided(values, word, counts):
    condition = [Claim("b > 0", b > 0)]
    rows = [judge(statement(condition, a=x, b=y), DRAW) for x, y in values]
    record = aggregate.record(statement(condition, a=0, b=0), [_unit(rows)] if rows else [], [], set())
    claim = record["conclusions"][0]
    assert record["status"] == word
    assert (claim["checked"], claim["held"], claim["refuted"], claim["undecided"]) == counts
    assert sum(record["instances"].values()) == claim["checked"]
    assert record["mutants"]["planted"] == 0 and "silence" in record["power"]


def test_a_survivor_is_named_and_an_open_mutant_is_not_counted():
    base = statement(a=0)
    mutants = (Mutant("dead"), Mutant("alive"), Mutant("who knows", known_false=False))
    planted = Statement("test.m", "t", base.source, (), base.then, base.measure, "Nothing.", mutants=mutants)
    unit = _unit([judge(planted, DRAW)])
    unit["kills"] = {"test.m|dead": {"instance": "0" * 64, "conclusion": "a", "violation": 1.0, "rigor": "exact"}}
    found = aggregate.record(planted, [unit], [], set())["mutants"]
    assert (found["planted"], found["killed"], found["open"], found["survivors"]) == (2, 1, 1, ["alive"])


def test_exact_balls_and_floats_of_one_number_give_one_verdict_in_three_rigors():
    for number in (Fraction(1, 3), Fraction(5, 2)):
        exact, ball = verdict_of(a=number), verdict_of(a=enclose(arithmetic.balls(number)[()]))
        assert type(exact) is type(ball) and (exact.rigor, ball.rigor) == (Rigor.EXACT, Rigor.CERTIFIED)
