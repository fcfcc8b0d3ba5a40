"""The falsifier finds what is false, and nothing else: statements false by a known margin, and their true neighbours.

What is false by a relative margin of `MARGIN` or more is refuted in exact or ball arithmetic within `BUDGET` seconds
(`LONGER` on a machine that is busy with something else); `pytest -m slow` shows margins from 1 to 1e-4. The margins and
the places where the statements fail are closed forms, see `planted_truth`.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import planted_truth
import pytest

from theorems.engine.falsify import falsify
from theorems.engine.origin import Variation, replay
from theorems.statement import Statement
from verifiers.recheck import check_file
from verifiers.verdict import Refuted, Rigor

FILE = planted_truth.__file__
MARGIN = Fraction(1, 1000)
BUDGET, LONGER = 1.5, 12.0
MARGINS = tuple(Fraction(1, 10**k) for k in range(5))

# name: the plainest place that refutes it at MARGIN, as text, where it is known
PLANTED: dict[str, dict[str, str] | None] = {
    "whole_valley": {"a": "37", "b": "11"},
    "one_size": {"n": "73"},
    "one_pair": {"a": "17", "b": "29"},
    "one_seed": None,
    "funnel": {"x": "7/11"},
    "needle_100": {"x": "7/11"},
    "needle_1000": {"x": "7/11"},
    "tangent": {"x": "0"},
    "bowl_6": None,
    "bowl_15": None,
    "bowl_45": None,
    "corner_6": {"x": "-1,1,-1,1,1,-1"},
    "corner_15": None,
    "corner_45": None,
    "valley_6": {"x": "1,1,1,1,1,1"},
    "valley_15": None,
    "wells_6": None,
    "wells_15": None,
    "crease_6": None,
    "crease_15": None,
    "cell_3": {"x": "0,0,1/2"},
    "cell_6": None,
    "slow_bowl": None,
    "slow_corner": {"x": "-1,1,-1,1,1,-1"},
    "ball_6": None,
    "ball_15": None,
    "ball_45": None,
    "ring_7": {"x": ",".join(["1/2"] * 7)},
    "ring_15": None,
    "thin_2": None,
    "plane": {"x": "1/9,2/9,2/9"},
    "equality": {"x": "1,0,0,0,0,0"},
    "any_entry": {"n": "1", "x": "1/3"},
    "last_of_five": {"n": "1", "x": "1/3"},
    "largest_size": {"n": "12", "x": ",".join(["1/3"] * 12)},
    "family_only": {},
}
SLOW = ("bowl_6", "bowl_15", "corner_6", "corner_15", "valley_15", "wells_6", "crease_6", "cell_6", "ball_6", "ball_15",
        "ring_7", "needle_100")  # fmt: skip
"""Left to the slow run, where every statement is tried at every margin: each has a harder sibling here."""

CERTIFIED = {"tangent": Rigor.CERTIFIED}
"""Rigor of what leaves the rational numbers; the others are exact."""


def question(name: str, margin: Fraction | None = None) -> Variation:
    return Variation(f"{FILE}::planted.{name}", constants={} if margin is None else {"factor": 1 + margin})


def search(variation: Variation, folder: Path | None = None, wanted: str = "refuted") -> dict:
    """What the falsifier says within the budget; a machine that is busy gets a longer try."""
    for budget in (BUDGET, LONGER):
        finding = falsify(variation, budget, folder=folder, power=False)
        if finding["status"] in ("refuted", wanted):
            break
    return finding


def record(table: list, name: str, margin: str, finding: dict) -> None:
    rigor = finding["witness"]["rigor"] if finding["witness"] else "-"
    table.append((name, margin, finding["status"], rigor, f"{finding['seconds']:.2f}"))


def assert_refuted(finding: dict, rigor: Rigor, folder: Path | None = None) -> Statement:
    """Refuted at this rigor, by a witness that replays and whose certificates the independent checker accepts."""
    assert finding["status"] == "refuted", f"least slack {finding['least'] and finding['least']['relative_slack']}"
    witness = finding["witness"]
    statement, draw, row = replay(witness["replay"])
    assert isinstance(row.verdict, Refuted) and row.verdict.rigor == rigor == Rigor[witness["rigor"].upper()]
    assert draw.instance.digest == witness["digest"]
    if folder is not None:
        outcomes = [check_file(folder / entry["file"]) for entry in witness["certificates"]]
        assert [outcome.status for outcome in outcomes] == ["accepted"] * len(outcomes)
        assert len(outcomes) == (0 if rigor < Rigor.EXACT else 1 + len(statement.given)), "exp has no certificate"
    return statement


@pytest.mark.parametrize("name", [name for name in PLANTED if name not in SLOW])
def test_what_is_false_by_the_margin_is_found_and_shrunk(name, tmp_path, table) -> None:
    finding = search(question(name, MARGIN), tmp_path)
    record(table, name, "1e-3", finding)
    assert_refuted(finding, CERTIFIED.get(name, Rigor.EXACT), tmp_path)
    plainest = PLANTED[name]
    if plainest is not None:
        assert finding["witness"]["point"] == plainest


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_margins_from_one_to_a_ten_thousandth(name, table) -> None:
    for margin in MARGINS:
        finding = search(question(name, margin))
        record(table, name, f"{float(margin):g}", finding)
        assert_refuted(finding, CERTIFIED.get(name, Rigor.EXACT))


@pytest.mark.parametrize("name", ["whole_valley", "one_seed", "funnel", "tangent", "bowl_15", "crease_15", "ball_15",
                                  "ring_15", "plane", "equality", "largest_size", "family_only"])  # fmt: skip
def test_true_neighbours_that_are_sharp_are_not_refuted(name) -> None:
    finding = falsify(question(name, Fraction(0)), 0.6, power=False)
    assert finding["status"] in ("survived", "vacuous") and finding["witness"] is None
    if finding["least"] is not None:
        assert replay(finding["least"]["replay"])[2].verdict.__class__ is not Refuted


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_no_true_neighbour_is_refuted(name) -> None:
    below = () if name == "equality" else (Fraction(-1, 10**9), Fraction(-1, 10))
    for margin in (Fraction(0), *below):
        finding = falsify(question(name, margin), 3.0, power=False)
        assert finding["status"] in ("survived", "vacuous") and finding["witness"] is None


@pytest.mark.parametrize(("name", "place"), [("strict_tie", "1/3,1/2"), ("edge_tie", "1/2")])
def test_a_tie_refutes_a_strict_claim_at_the_one_place_where_it_is(name, place, tmp_path, table) -> None:
    finding = search(question(name), tmp_path)
    record(table, name, "0 (tie)", finding)
    assert_refuted(finding, Rigor.EXACT, tmp_path)
    assert finding["witness"]["point"] == {"x": place} and finding["witness"]["slack"] == 0


@pytest.mark.parametrize("name", ["weak_tie", "inside_tie"])
def test_the_same_tie_does_not_refute_where_it_is_allowed_or_excluded(name) -> None:
    assert falsify(question(name), BUDGET, power=False)["status"] == "survived"


@pytest.mark.parametrize("margin", [Fraction(1), MARGIN, Fraction(0)])
def test_what_only_floats_measure_is_never_refuted(margin, table) -> None:
    wanted = "numerical" if margin else "survived"
    finding = search(question("numerical_bowl", margin), wanted=wanted)
    record(table, "numerical_bowl", f"{float(margin):g}", finding)
    assert finding["status"] == wanted and finding["witness"] is None


def test_not_a_number_is_no_violation() -> None:
    finding = falsify(question("not_a_number"), BUDGET, power=False)
    assert finding["status"] == "survived" and finding["witness"] is None


KKT = {
    "T1, flip threshold": ("kkt_margin.main", {"flip_factor": -1}, None),
    "R2, neighbour term": ("kkt_margin.robust_any_threshold", {"neighbour_factor": +1}, None),
    "support up to r < 0.6": ("kkt_margin.main", {}, "support property for r < 0.6"),
    "(U) without its cross term": ("kkt_margin.upper_bound", {}, "cross term dropped"),
}
"""Statements of the library with a constant moved by a margin in this direction, and mutants; all known to be false."""


def about_kkt(name: str, margin: Fraction) -> Variation:
    target, constants, mutant = KKT[name]
    return Variation(target, {key: 1 + sign * margin for key, sign in constants.items()}, mutant=mutant)


@pytest.mark.slow
@pytest.mark.parametrize("name", KKT)
def test_planted_variants_of_kkt_margin_are_refuted(name, table) -> None:
    moved = bool(KKT[name][1])
    for margin in MARGINS[1:] if moved else (None,):
        finding = falsify(about_kkt(name, margin or MARGIN), 20.0, power=False)
        record(table, name, f"{float(margin):g}" if margin else "mutant", finding)
        assert_refuted(finding, Rigor.EXACT)


@pytest.mark.parametrize("name", ["T1, flip threshold", "(U) without its cross term"])
def test_planted_variants_of_kkt_margin_are_refuted_quickly(name, table) -> None:
    for budget in (4.0, 16.0):
        finding = falsify(about_kkt(name, MARGIN), budget, power=False)
        if finding["status"] == "refuted":
            break
    record(table, name, "1e-3", finding)
    assert_refuted(finding, Rigor.EXACT)
