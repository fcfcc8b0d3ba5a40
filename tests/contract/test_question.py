"""Questioning statements whose answers are known in closed form: f(x) = x^2 - x + 1 >= 3/4, with equality at 1/2."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import parabola
import pytest

from theorems.engine.falsify import falsify
from theorems.engine.necessity import necessity
from theorems.engine.objective import NOTHING, OUTSIDE, Falsify, axes_of, score_vectors
from theorems.engine.origin import Origin, Variation, parse, replay, replay_text
from theorems.engine.sharpen import Moving, decimal_between, sharpen
from verifiers.errors import UsageError
from verifiers.recheck import check_file
from verifiers.verdict import HypothesisFailed, Refuted, Rigor

FILE = str(Path(parabola.__file__))
SECONDS = 2.0


def question(name: str, **change) -> Variation:
    return Variation(f"{FILE}::{name}", **change)


def test_a_true_bound_that_is_attained_survives_with_slack_zero() -> None:
    finding = falsify(question("minimum"), SECONDS)
    assert finding["status"] == "survived" and finding["witness"] is None
    assert finding["least"]["slack"] == pytest.approx(0, abs=1e-8)
    assert finding["power"] == {"planted": 1, "killed": 1, "survivors": []}
    assert replay(finding["least"]["replay"])[2].verdict.slack >= 0


@pytest.mark.parametrize("more", ["301/400", "7500075/10000000"])
def test_a_false_bound_is_refuted_at_the_simplest_place(more, tmp_path) -> None:
    finding = falsify(question("minimum", constants={"C": Fraction(more)}), SECONDS, folder=tmp_path)
    witness = finding["witness"]
    assert (finding["status"], witness["rigor"]) == ("refuted", "exact")
    assert witness["worst"]["left"] == pytest.approx(0.75, abs=1e-9), "the search goes for the worst, not the first"
    statement, draw, row = replay(witness["replay"])
    assert isinstance(row.verdict, Refuted) and row.verdict.rigor == Rigor.EXACT
    assert draw.instance.digest == witness["digest"] and (tmp_path / witness["file"]).is_file()
    assert [entry.denominator for entry in map(Fraction, draw.instance.x.tolist())] == [2], "one entry, x = 1/2"
    kinds = [entry["status"] for entry in witness["certificates"]]
    assert kinds == ["accepted"], "no hypothesis, one failing conclusion"
    path = tmp_path / witness["certificates"][0]["file"]
    forged = json.loads(path.read_text())
    forged["payload"]["enclosures"] = {name: [["0x1", "0x1"]] * 2 for name in forged["payload"]["enclosures"]}
    path.write_text(json.dumps(forged))
    assert check_file(path).status == "altered"


def test_each_hypothesis_is_needed_or_not_shown_to_be() -> None:
    rows = {row["hypothesis"]: row for row in necessity(question("right_half"), 3 * SECONDS)}
    assert rows["x >= 1"]["status"] == "needed"
    witness = rows["x >= 1"]["finding"]["witness"]
    assert witness["point"] == {"x": "1/2"} and witness["left"] == 0.75
    assert rows["x <= 9"]["status"] == "not shown to be needed" and rows["x <= 9"]["violating"] > 100
    assert rows["at least one entry"]["violating"] == 0, "nothing in these spaces violates it, and the row says so"


def test_a_constant_moves_exactly_to_the_minimum() -> None:
    [row] = sharpen(question("minimum"), 2 * SECONDS)
    assert row["stronger"] == "larger" and row["in"] == "conclusion"
    assert row["critical"] == pytest.approx(0.75, rel=1e-6)
    assert Fraction(3, 4) < Fraction(row["refuted"]) <= Fraction(3, 4) * (1 + Fraction(1, 10**5))
    assert Fraction(row["not_refuted"]) <= Fraction(3, 4)
    assert isinstance(replay(row["witness"]["replay"])[2].verdict, Refuted)


def test_a_threshold_of_a_hypothesis_moves_until_a_conclusion_fails() -> None:
    """x >= edge implies f >= 1 exactly for edge >= 1, since f < 1 on (0, 1)."""
    [row] = sharpen(question("right_half"), 2 * SECONDS)
    assert (row["constant"], row["stronger"], row["in"]) == ("edge", "smaller", "hypothesis")
    assert row["critical"] == pytest.approx(1, abs=0.05) and Fraction(row["refuted"]) < 1
    verdict = replay(row["worst"]["replay"])[2].verdict
    assert isinstance(verdict, HypothesisFailed), "one step back the hypothesis excludes the witness"


def test_what_floats_alone_violate_is_numerical_only() -> None:
    finding = falsify(question("rough_only"), SECONDS, power=False)
    assert finding["status"] == "numerical" and finding["witness"] is None
    assert finding["least"]["verdict"] == "Undecided" and "no refutation" in finding["does_not_claim"]


@pytest.mark.parametrize("name", ["not_a_number", "without_part", "never"])
def test_nan_missing_parts_and_empty_hypotheses_are_vacuous_not_refuted(name) -> None:
    finding = falsify(question(name), SECONDS, power=False)
    assert finding["status"] == "vacuous" and finding["witness"] is None and finding["least"] is None
    assert finding["does_not_claim"] == "No instance met the hypotheses, so the search says nothing."


def test_batches_and_single_instances_get_the_same_scores() -> None:
    statement = question("right_half").statement()
    axes, vectors = axes_of(statement), np.linspace(0, 10, 41)[:, None]
    fast, slow = (score_vectors(Falsify(statement), space, {}, vectors, axes) for space in statement.spaces)
    assert fast == pytest.approx(slow, rel=1e-12)
    inside = (vectors[:, 0] >= 1) & (vectors[:, 0] <= 9)
    assert np.array_equal(fast < OUTSIDE, inside) and np.all(fast < NOTHING)


def test_movements_are_where_the_instance_starts_to_refute() -> None:
    statement = question("minimum").statement()
    moving = Moving(statement, "C", +1)
    xs = np.array([0.5, 0.75, 1.0, 2.0])
    scores = score_vectors(moving, parabola.line, {}, xs[:, None], axes_of(statement))
    assert np.exp(scores) * 0.75 == pytest.approx(xs**2 - xs + 1, rel=1e-8)


def test_a_draw_of_a_family_is_shrunk_through_its_simpler_instances() -> None:
    origin = Origin(family="noisy", seed=0, index=19)
    variation = question("minimum", constants={"C": Fraction(9, 10)})
    from theorems.engine.falsify import Decided
    from theorems.engine.shrink import shrink

    decided = Decided(variation.statement())
    assert decided.refuted(origin)
    smallest = shrink(Falsify(variation.statement()), origin, decided.refuted, 5.0)
    draw, row = decided(smallest)
    assert draw.instance.x.tolist() == ["1/2"] and isinstance(row.verdict, Refuted)
    text = replay_text(variation, smallest, draw.instance.digest)
    assert replay(text)[1].instance == draw.instance


def test_replay_strings_name_everything_and_come_back() -> None:
    variation = question("right_half", constants={"edge": Fraction(1, 2)}, drop=("x <= 9",))
    origin = Origin("line", {"x": Fraction(3, 4)})
    draw = origin.draw(variation.statement())
    text = replay_text(variation, origin, draw.instance.digest)
    assert parse(text) == (variation, origin, draw.instance.digest[:12])
    assert isinstance(replay(text)[2].verdict, Refuted)


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("nonsense", "looks like"),
        ("{}?space=line&x.x=1", "looks like"),
        ("{}?space=plane&x.x=1#00", "no space plane"),
        ("{}?space=line&x.y=1#00", "no parameter y"),
        ("{}?space=line&x.x=11#00", "outside"),
        ("{}?space=line#00", "takes x"),
        ("{}?family=noise&seed=0&index=1#00", "no family noise"),
        ("{}?family=noisy&seed=0#00", "names space=NAME"),
        ("{}?space=line&x.x=1&colour=red#00", "no part 'colour'"),
        ("{}?set.C=one&space=line&x.x=1#00", "not a number"),
        ("{}?set.D=1&space=line&x.x=1#00", "no constant D"),
        ("{}?drop=x&space=line&x.x=1#00", "no hypothesis"),
        ("{}?then=bigger&space=line&x.x=1#00", "no mutant"),
        ("{}?space=line&x.x=1#0123456789ab", "has changed since"),
    ],
)
def test_strings_that_replay_nothing_are_refused_in_one_line(text, needle) -> None:
    from constructions.instance import InvalidInstance

    with pytest.raises((UsageError, InvalidInstance), match=needle) as caught:
        replay(text.format(f"{FILE}::minimum"))
    assert "\n" not in str(caught.value)


def test_statements_without_ground_and_names_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UsageError, match="name one of"):
        falsify(Variation("kkt_margin"), 1.0)
    with pytest.raises(UsageError, match="no constant D"):
        sharpen(question("minimum"), 1.0, names=["D"])
    with pytest.raises(UsageError, match="no hypothesis"):
        falsify(question("minimum", drop=("x >= 1",)), 1.0)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [("1/3", "1/2", "2/5"), ("17/100", "173/1000", "17/100"), ("-1/3", "1/7", "0"), ("99/100", "101/100", "1")],
)
def test_decimals_have_the_fewest_places(low, high, expected) -> None:
    assert decimal_between(Fraction(low), Fraction(high)) == Fraction(expected)
