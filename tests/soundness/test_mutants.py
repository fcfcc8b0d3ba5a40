"""Generated mutants: what each operator makes of claims written by hand; witnesses that count only if they replay."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
import sympy
from sympy import Abs, Eq, Rational

from constructions.instance import Instance
from constructions.space import Integer, Space
from reports.summary import problems
from theorems.claim import Claim, abbreviation, constant, quantity
from theorems.engine import aggregate, ledger, library, replayed, verify
from theorems.engine.mutate import generated, mutants
from theorems.engine.origin import Origin, Variation, parse, replay_text
from theorems.statement import Mutant, Source, Statement, Theorem, judge
from verifiers.quantity import Catalogue, enclose
from verifiers.verdict import Refuted

CATALOGUE = Catalogue()
ALL = [s for s in library.statements() if s.kind != "conjecture"]


@dataclass(frozen=True, eq=False)
class Pair(Instance):
    """Two whole numbers."""

    slug: ClassVar[str] = "mutants"
    a: Any
    b: Any


@CATALOGUE.measures("1", "a", name="mutant_a")
def _a(pair: Pair) -> Any:
    return enclose(int(pair.a))


@CATALOGUE.measures("samples", "b", name="mutant_b")
def _b(pair: Pair) -> Any:
    return enclose(int(pair.b))


a, b = quantity("mutant_a"), quantity("mutant_b")
C = constant("mutant_C", 2)
hidden = abbreviation("mutant_r", a / (b + 1))
PAIRS = Space("pairs", {"a": Integer(-5, 5), "b": Integer(0, 5)}, Pair)
SOURCE = Source("this file", "by hand", "derived")


def statement(*then: Claim, given: tuple[Claim, ...] = (), **more: Any) -> Statement:
    fields = {"measure": CATALOGUE.measure, "catalogue": CATALOGUE, "spaces": (PAIRS,)} | more
    return Theorem("mutants.by_hand", title="t", source=SOURCE, given=given, then=then, does_not_claim="x", **fields)


def made(*then: Claim, given: tuple[Claim, ...] = (), **more: Any) -> dict[str, Mutant]:
    return {mutant.name: mutant for mutant in mutants(statement(*then, given=given, **more))}


def relations(*then: Claim, given: tuple[Claim, ...] = ()) -> dict[str, Any]:
    return {name: m.then[0].relation for name, m in made(*then, given=given).items() if m.then and not m.constants}


def at(relation: Any, x: int, y: int) -> bool:
    return bool(relation.subs({a: x, b: y}))


def test_a_conclusion_without_a_constant_is_scaled_made_strict_and_turned_around() -> None:
    assert relations(Claim("c", a <= 5)) == {
        "c: 1 percent stronger": a <= Rational(99, 20),
        "c: 3 percent stronger": a <= Rational(97, 20),
        "c: 10 percent stronger": a <= Rational(9, 2),
        "c: strict": a < 5,
        "c: turned around": a >= 5,
    }


def test_of_a_lower_bound_the_larger_side_is_the_left_one() -> None:
    found = relations(Claim("c", a >= 5))
    assert found["c: 10 percent stronger"] == (a - Abs(a) / 10 >= 5)
    assert (found["c: strict"], found["c: turned around"]) == (a > 5, a <= 5)


def test_a_side_of_unknown_sign_is_scaled_by_its_size() -> None:
    """a <= b for negative b gets stronger by going down, too."""
    found = relations(Claim("c", b <= a))["c: 10 percent stronger"]
    assert (at(found, 10, 9), at(found, 10, 10)) == (True, False)
    assert (at(found, -10, -11), at(found, -10, -10)) == (True, False)


def test_against_zero_nothing_is_scaled() -> None:
    assert set(relations(Claim("c", a <= 0))) == {"c: strict", "c: turned around"}
    assert set(relations(Claim("c", a > 0))) == {"c: turned around"}


def test_an_equality_is_moved_to_the_right() -> None:
    assert relations(Claim("c", Eq(a, 1))) == {
        f"c: right side raised by {percent} percent": Eq(a, 1 + Rational(percent, 100)) for percent in (1, 3, 10)
    }


@pytest.mark.parametrize(
    ("claim", "word"),
    [(Claim("c", a <= C), "lowered"), (Claim("c", a >= C), "raised"), (Claim("c", a * C <= 1), "raised"),
     (Claim("c", a <= b / C), "raised"), (Claim("c", C > a), "lowered")],
)  # fmt: skip
def test_a_constant_moves_where_that_claims_more(claim, word) -> None:
    found = made(claim)
    sign = 1 if word == "raised" else -1
    moved = {m.name: m.constants for m in found.values() if m.constants}
    assert moved == {
        f"mutant_C {word} by {p} percent": {"mutant_C": Fraction(2) * (1 + Fraction(sign * p, 100))} for p in (1, 3, 10)
    }
    assert not [name for name in found if "stronger" in name], "the constant is the scale already"


def test_a_constant_of_a_hypothesis_moves_where_less_is_excluded_and_keeps_every_conclusion() -> None:
    found = made(Claim("c", a <= 5), Claim("d", b >= 0), given=(Claim("h", a < C),))
    moved = found["mutant_C raised by 3 percent"]
    assert moved.then is None and "mutant_C lowered by 3 percent" not in found


def test_a_constant_of_two_conclusions_that_disagree_moves_both_ways_and_takes_both_along() -> None:
    claims = Claim("c", a <= C), Claim("d", a >= -1 + C / 2), Claim("e", b >= 0)
    found = made(*claims)
    for word in ("lowered", "raised"):
        assert found[f"mutant_C {word} by 1 percent"].then == claims[:2]


def test_a_size_is_off_by_one_in_the_direction_that_claims_more() -> None:
    found = relations(Claim("c", a <= b))
    assert found["c: mutant_b replaced by mutant_b - 1"] == (a <= b - 1)
    assert "c: mutant_b replaced by mutant_b + 1" not in found, "that claims less everywhere"


def test_a_size_is_off_by_one_within_abbreviations_too() -> None:
    found = relations(Claim("c", hidden + b <= 9))
    assert found["c: mutant_b replaced by mutant_b + 1"].lhs == a / (b + 2) + b + 1
    assert found["c: mutant_b replaced by mutant_b - 1"].lhs == a / b + b - 1


def test_quantities_that_do_not_count_are_no_sizes() -> None:
    assert not [name for name in relations(Claim("c", a <= 5)) if "replaced" in name]


def test_a_strict_hypothesis_allows_equality_and_a_weak_one_stays() -> None:
    found = made(Claim("c", a <= 5), given=(Claim("strict", a < b), Claim("weak", b >= 0)))
    allowed = found["strict: equality allowed"]
    assert [claim.relation for claim in allowed.given] == [a <= b, b >= 0]
    assert "weak: equality allowed" not in found
    varied = statement(Claim("c", a <= 5), given=(Claim("strict", a < b), Claim("weak", b >= 0))).mutated(allowed)
    assert varied.given == allowed.given and varied.then == (Claim("c", a <= 5),)


def test_what_is_declared_is_not_made_again() -> None:
    lower = Mutant("lower", constants={"mutant_C": Fraction(97, 50)})
    declared = Mutant("c: strict", then=(Claim("x", a < 1),))
    names = [m.name for m in mutants(statement(Claim("c", a <= C), mutants=(lower, declared)))]
    assert names[:2] == ["lower", "c: strict"] and names.count("c: strict") == 1
    assert "mutant_C lowered by 3 percent" not in names and "mutant_C lowered by 1 percent" in names


def test_a_moved_statement_has_its_mutants_about_where_it_is() -> None:
    moved = statement(Claim("c", a <= C)).variant(constants={"mutant_C": 10})
    [m] = [m for m in generated(moved) if m.name == "mutant_C lowered by 10 percent"]
    assert m.constants == {"mutant_C": 9}


def test_nothing_is_measured_to_make_mutants() -> None:
    def measure(*_: Any) -> Any:
        raise AssertionError("measured")

    assert len(made(Claim("c", a <= b), measure=measure)) == 6


@pytest.mark.parametrize("s", ALL, ids=lambda s: s.id)
def test_names_are_unique_and_no_mutant_is_the_statement_itself(s) -> None:
    found = mutants(s)
    names = [m.name for m in found]
    assert len(set(names)) == len(names)
    for m in found[len(s.mutants) :]:
        varied = s.mutated(m)
        assert (varied.given, varied.then, varied.constants) != (s.given, s.then, s.constants)
        assert all(claim.latex() for claim in (*varied.given, *varied.then))


CONCLUSIONS = {claim: s for s in ALL for claim in s.then}


@pytest.mark.parametrize("claim", CONCLUSIONS, ids=lambda claim: claim.name)
def test_what_claims_more_fails_wherever_the_conclusion_fails(claim) -> None:
    """On random values of both signs, whatever the quantities mean: less slack, never more."""
    s = CONCLUSIONS[claim]
    generator = np.random.default_rng(5)
    names = {name for c in s.then for name in c.symbols}
    arrays = {name: generator.normal(size=1000) * 10 ** generator.uniform(-2, 2, 1000) for name in sorted(names)}
    arrays |= {own: np.full(1000, float(c.value)) for own, c in claim.constant_symbols.items()}
    before = claim.slack(arrays)
    seen = 0
    for m in generated(s):
        if m.then and m.then[0].name == claim.name and m.name.endswith(("percent stronger", ": strict")):
            after = m.then[0].slack(arrays)
            usual = np.isfinite(before) & np.isfinite(after)
            assert np.all(after[usual] <= before[usual] + 1e-9 * np.abs(before[usual]))
            assert m.then[0].strict or np.any(after[usual] < before[usual])
            seen += 1
    assert seen or claim.constants or isinstance(claim.relation, Eq) or 0 in (claim.relation.lhs, claim.relation.rhs)


def test_a_strong_mutant_is_refuted_by_every_instance_that_refutes_the_statement() -> None:
    base = statement(Claim("c", 2 * a <= 3 * b), given=(Claim("h", a < 5),))
    count = 0
    for x in range(-5, 6):
        for y in range(6):
            draw = Origin("pairs", {"a": x, "b": y}).draw(base)
            original = isinstance(judge(base, draw).verdict, Refuted)
            for m in generated(base):
                if "turned around" not in m.name:
                    now = isinstance(judge(base.mutated(m), draw).verdict, Refuted)
                    assert now or not original, m.name
                    count += now and not original
    assert count > 0, "and some by instances that do not"


def test_mutants_are_found_by_name_and_come_back_from_replay_strings() -> None:
    """Names with the characters that mean something in a replay string."""
    odd = Claim("x + y & z = 'w' #1/2 ≤ é", a <= b)
    base = statement(odd)
    for m in mutants(base):
        variation = Variation("mutants.by_hand", mutant=m.name)
        assert variation.of(base).then == (m.then or base.then)
        text = replay_text(variation, Origin("pairs", {"a": 1, "b": 2}), "0" * 64)
        assert "\n" not in text and text.count("#") == 1
    name = "kkt_margin.upper_bound"
    for m in mutants(library.statements(name)[0]):
        origin = Origin("two_points", {"square": 4, "bias": 0, "cosine": Fraction(-1, 3)})
        assert parse(replay_text(Variation(name, mutant=m.name), origin, "0" * 64))[0] == Variation(name, mutant=m.name)


# ---------------------------------------------------------------- the ledger

LIBRARY = [(s, name) for s in ALL for name in ledger.stored(s.slug).get(s.id, {})]


def test_every_stored_witness_is_about_a_mutant_that_exists() -> None:
    for slug in library.slugs():
        known = {s.id: s for s in library.statements(slug)}
        for name, entries in ledger.stored(slug).items():
            assert {m.name for m in generated(known[name])} >= set(entries), name
            assert {entry["version"] for entry in entries.values()} <= {known[name].source.version}
            for mutant, entry in entries.items():
                variation, origin, _ = parse(entry["replay"])
                assert variation == Variation(name, mutant=mutant) and entry["violation"] >= 0
                assert entry["rigor"] in ("exact", "certified") or known[name].basis == "law"
                assert origin.space or origin.family


@pytest.mark.parametrize("s", [s for s in ALL if ledger.known(s)], ids=lambda s: s.id)
def test_every_stored_witness_refutes_its_mutant_and_not_the_statement(s) -> None:
    unit = replayed.Stored(s.id, s.id, None)
    rows = replayed.run(unit)["mutants"]
    assert [row["name"] for row in rows if row["status"] == "survivor"] == []
    assert sum(row["status"] == "killed" for row in rows) == len(ledger.known(s))
    for text in {entry["replay"] for entry in ledger.known(s).values()}:
        draw = parse(text)[1].draw(s)
        assert draw is not None and not isinstance(judge(s, draw).verdict, Refuted)


def test_known_mutants_are_marked_and_the_others_are_open() -> None:
    [s] = library.statements("kkt_margin.cross_bound")
    known = ledger.known(s)
    assert known
    assert {m.name for m in mutants(s)[len(s.mutants) :] if m.known_false} == set(known)
    assert not any(m.known_false for m in generated(s))


def test_witnesses_are_of_the_library_alone_and_of_one_version() -> None:
    [s] = library.statements("kkt_margin.cross_bound")
    assert ledger.known(replace(s, then=(Claim("c", a <= 1),))) == {}, "another statement under the same name"
    assert ledger.known(replace(s, id="kkt_margin.other")) == {}
    assert ledger.known(replace(s, source=replace(s.source, version=s.source.version + 1))) == {}
    assert ledger.known(statement(Claim("c", a <= 1))) == {} == ledger.stored("../elsewhere")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "path_of", lambda slug: tmp_path / "witnesses" / f"{slug}.json")
    ledger.stored.cache_clear()
    yield tmp_path
    ledger.stored.cache_clear()


def entry(text: str) -> dict:
    return {"replay": text, "version": 1, "rigor": "exact", "violation": 1.0}


def test_witnesses_are_added_replaced_and_forgotten(folder) -> None:
    ledger.add("s", {"s.b": {"n": entry("1"), "m": entry("2")}, "s.a": {"x": entry("3")}})
    path = ledger.add("s", {"s.b": {"n": entry("4")}}, {"s.b": {"m"}, "s.a": {"x"}, "s.c": {"y"}})
    assert json.loads(path.read_text()) == {"s.b": {"n": entry("4")}} == ledger.stored("s")
    assert [p.name for p in path.parent.iterdir()] == ["s.json"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"), "construction has changed"),
        (lambda text: text.replace("x.r=", "x.q="), "no parameter q"),
        (lambda text: text.replace("kkt_margin.cross_bound?", "kkt_margin.lower_bound?"), "has no mutant"),
        (lambda text: "nonsense", "looks like"),
        (lambda text: text.replace("strict", "turned around"), "about something else"),
    ],
)
def test_a_witness_that_no_longer_refutes_is_a_survivor_and_ends_a_run_with_one(change, reason, folder) -> None:
    [s] = library.statements("kkt_margin.cross_bound")
    name = f"{s.then[0].name}: strict"
    origin = Origin("equicorrelated", {"half": 1, "singles": 0, "r": Fraction(1, 4)})
    good = replay_text(Variation(s.id, mutant=name), origin, origin.draw(s).instance.digest)
    for text, status in ((good, "killed"), (change(good), "survivor")):
        ledger.add("kkt_margin", {s.id: {name: entry(text)}})
        rows = replayed.run(replayed.Stored(s.id, s.id, None))["mutants"]
        [row] = [row for row in rows if row["name"] == name]
        assert row["status"] == status and row["known_false"]
        record = aggregate.record(s, [], [], set(), rows)
        said = [sentence for _, sentence in problems({"statements": [record]}) if "mutant" in sentence]
        assert bool(said) == (status == "survivor") == bool(record["mutants"]["stored"]["killed"] == 0)
        assert record["mutants"]["open"] == len(rows) - 1
    assert reason in row["witness"] and reason in said[0]


def test_a_bounded_run_leaves_the_longest_witnesses_and_says_so(folder) -> None:
    [s] = library.statements("kkt_margin.cross_bound")
    names = [m.name for m in generated(s)][:3]
    origin = Origin("equicorrelated", {"half": 1, "singles": 0, "r": Fraction(1, 4)})
    texts = {n: replay_text(Variation(s.id, mutant=n), origin, origin.draw(s).instance.digest) for n in names}
    ledger.add("kkt_margin", {s.id: {n: entry(text) for n, text in texts.items()}})
    rows = replayed.run(replayed.Stored(s.id, s.id, 2))["mutants"]
    left = [row["name"] for row in rows if row["status"] == "stored"]
    assert left == [max(names, key=lambda n: len(texts[n]))]
    found = aggregate.record(s, [], [], set(), rows)["mutants"]
    assert found["stored"] == {"planted": 2, "killed": 2, "left": 1} and found["killed"] == 2
    assert found["planted"] == 2 + sum(m.known_false for m in s.mutants)


@pytest.mark.slow
def test_a_run_counts_stored_witnesses_and_lists_what_is_open(tmp_path) -> None:
    [s] = library.statements("kkt_margin.cross_bound")
    record = verify.verify([s.id], out=tmp_path)["statements"][0]["mutants"]
    assert record["stored"] == {"planted": len(ledger.known(s)), "killed": len(ledger.known(s)), "left": 0}
    assert record["open"] == len(generated(s)) - len(ledger.known(s)) + sum(not m.known_false for m in s.mutants)
    assert sympy.Integer(record["killed"]) == record["planted"]
