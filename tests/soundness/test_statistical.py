"""Statements about laws: tallies merge exactly, undecided draws count against, false laws alone are refuted."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache, reduce
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructions.instance import Draw, InvalidInstance
from constructions.kkt_margin.instance import MarginInstance
from constructions.space import Integer, Real, Seed, Space
from constructions.tally import COUNTS, Tally
from reports import records
from theorems.claim import Claim, constant, quantities
from theorems.engine import work
from theorems.engine.library import statements
from theorems.engine.verify import verify
from theorems.kkt_margin.random_signs import narrow, narrow_signs, wide, wide_signs
from theorems.statement import Family, Source, judge
from theorems.statistical import Chance, Law, chance_of, merge
from verifiers.errors import MissingPart, NoCertificate, UsageError
from verifiers.probability import CONFIDENCE, clopper_pearson
from verifiers.quantity import Catalogue, Measurements, enclose, estimate
from verifiers.sequences import anytime_interval
from verifiers.tally import probability_bounds
from verifiers.verdict import Holds, HypothesisFailed, Refuted, Rigor, Undecided, Unsupported

DIGITS = range(10)
digit, weight = quantities("law_digit law_weight")
level = constant("law_level", "1/2", "this test")
limit = constant("law_limit", 5, "this test")
CATALOGUE = Catalogue()


@CATALOGUE.measures("1", "the digit of the instance; what cannot be decided about 7, 8 and 9", name="law_digit")
def _digit(instance):
    value = int(instance.points[0, 0]) - 1
    if value == 7:
        raise NoCertificate("no proof for 7")
    if value == 8:
        raise MissingPart("no digit at all")
    return estimate(value, 0.0) if value == 9 else enclose(value)


@CATALOGUE.measures("1", "1 for odd digits, 0 for even ones, open for 6", name="law_weight")
def _weight(instance):
    value = int(instance.points[0, 0]) - 1
    return estimate(-1.0, 0.0) if value == 6 else enclose(value % 2)


def measure(instance, constants):
    return Measurements(CATALOGUE, instance)


def number(generator) -> int:
    return int(generator.integers(0, 10))


def one_digit(generator):
    """A digit, stored one larger because a sample must not be empty of meaning; None for 0."""
    value = number(generator)
    return MarginInstance(labels=[1], bias=False, points=[[value + 1]]) if value else None


DIGIT_LAW = Law("digits", "a uniform digit, none for 0", one_digit)
SMALL = Chance("small_digit", (DIGIT_LAW,), (Claim("small", digit < limit),), measure, draws=200)
ODD = replace(SMALL, name="small_odd_digit", given=(Claim("odd", weight > 0),))
NEVER = replace(SMALL, name="no_digit", given=(Claim("beyond", weight > 1),))


def digits(seed, start, stop, name="digits"):
    """The digits of these draws, drawn again without the code under test but for its generator."""
    return [number(work.generator(seed, name, index)) for index in range(start, stop)]


def says(chance, *claims, **more):
    return chance.statement(
        f"test.{chance.name}", title="a test", source=Source("this file", "1", "derived"), then=claims,
        does_not_claim="Nothing.", **more,
    )  # fmt: skip


def verdict(statement, tally):
    return judge(statement, Draw(tally, "random", "digits")).verdict


def tally(successes, failures=0, undecided=0, rejected=0, chance=SMALL, seed=0):
    """A tally of our own making."""
    draws = successes + failures + undecided + rejected
    return Tally(chance.about(DIGIT_LAW), [[seed, 0, draws]], successes, failures, undecided, rejected)


# --- counting --------------------------------------------------------------------------------------------------------


def test_every_draw_is_counted_where_it_belongs():
    seen = Counter(digits(3, 5, 405))
    found = SMALL.count(DIGIT_LAW, 3, 5, 405)
    assert int(found.rejected) == seen[0]
    assert int(found.successes) == sum(seen[d] for d in (1, 2, 3, 4))
    assert int(found.failures) == seen[5] + seen[6]
    assert int(found.undecided) == seen[7] + seen[8] + seen[9], "unproved, unmeasured, known to floats alone"
    assert (found.draws, found.trials) == (400, 400 - seen[0]) and min(seen[d] for d in DIGITS) > 0


def test_a_condition_rejects_only_what_certainly_fails_it():
    seen = Counter(digits(3, 0, 400))
    found = ODD.count(DIGIT_LAW, 3, 0, 400)
    assert int(found.rejected) == seen[0] + seen[2] + seen[4] + seen[8]
    assert int(found.successes) == seen[1] + seen[3]
    assert int(found.failures) == seen[5]
    assert int(found.undecided) == seen[6] + seen[7] + seen[9], "6 fails the condition in floats alone"


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.booleans())
def test_undecided_draws_count_against_either_bound(successes, failures, undecided, fixed):
    trials = successes + failures + undecided
    lower, upper = probability_bounds(successes, undecided, trials, fixed)
    assert lower == probability_bounds(successes, 0, trials, fixed)[0], "failures for the lower bound"
    assert upper == probability_bounds(successes + undecided, 0, trials, fixed)[1], "successes for the upper bound"
    if trials:
        assert lower <= successes / trials and (successes + undecided) / trials <= upper
    for decided in range(undecided + 1):
        one = probability_bounds(successes + decided, 0, trials, fixed)
        assert lower <= one[0] and one[1] <= upper


def test_bounds_spend_no_more_than_their_confidence():
    """Each side of each kind has a quarter: planned and watched bounds together err with probability 1e-6."""
    quarter = (1 - CONFIDENCE) / 4
    for s, u, n in ((3, 0, 10), (40, 5, 100), (900, 0, 900)):
        planned = probability_bounds(s, u, n, True)
        level = 1 - 2 * quarter
        assert planned[0] == pytest.approx(clopper_pearson(s, n, level)[0], rel=1e-6)
        assert planned[1] == pytest.approx(clopper_pearson(s + u, n, level)[1], rel=1e-6)
        watched = probability_bounds(s, u, n, False)
        assert watched[0] == pytest.approx(anytime_interval(s, n, 1 - quarter)[0], rel=1e-6)
        assert watched[1] == pytest.approx(anytime_interval(s + u, n, 1 - quarter)[1], rel=1e-6)
    for nonsense in ((-1, 0, 3), (1, -1, 3), (2, 2, 3), (math.nan, 0, 3)):
        with pytest.raises(ValueError, match="undecided in|successes in"):
            probability_bounds(*nonsense, True)


# --- merging ---------------------------------------------------------------------------------------------------------

WHOLE = SMALL.count(DIGIT_LAW, 1, 0, 40)
SINGLES = [SMALL.count(DIGIT_LAW, 1, i, i + 1) for i in range(40)]


@given(st.sets(st.integers(1, 39)), st.randoms(use_true_random=False))
def test_however_a_run_is_cut_its_pieces_merge_to_one_tally(cuts, random):
    ends = [0, *sorted(cuts), 40]
    pieces = [SMALL.count(DIGIT_LAW, 1, a, b) for a, b in itertools.pairwise(ends)]
    while len(pieces) > 1:  # any order, any bracketing
        first = pieces.pop(random.randrange(len(pieces)))
        second = pieces.pop(random.randrange(len(pieces)))
        pieces.append(merge(first, second))
    assert pieces[0].digest == WHOLE.digest and pieces[0].to_json() == WHOLE.to_json()


@given(st.lists(st.integers(0, 39), min_size=3, max_size=12, unique=True))
def test_merging_is_commutative_and_associative_with_gaps(chosen):
    parts = [SINGLES[i] for i in chosen]
    forward, backward = reduce(merge, parts), reduce(merge, parts[::-1])
    nested = merge(parts[0], reduce(merge, parts[1:]))
    assert forward == backward == nested and forward.draws == len(chosen)
    assert sorted(i for _, a, b in forward.ranges.tolist() for i in range(a, b)) == sorted(chosen)


def test_seeds_are_kept_apart_and_add_up():
    other = SMALL.count(DIGIT_LAW, 2, 0, 40)
    both = merge(WHOLE, other)
    assert both.ranges.tolist() == [[1, 0, 40], [2, 0, 40]]
    assert all(int(getattr(both, n)) == int(getattr(WHOLE, n)) + int(getattr(other, n)) for n in COUNTS)


@pytest.mark.parametrize(("start", "stop", "named"), [(0, 40, "0..39"), (39, 41, "39..39"), (10, 11, "10..10")])
def test_draws_are_never_counted_twice(start, stop, named):
    again = SMALL.count(DIGIT_LAW, 1, start, stop)
    for pair in ((WHOLE, again), (again, WHOLE)):
        with pytest.raises(UsageError, match=f"draws {named} of seed 1 are in both"):
            merge(*pair)


def test_other_laws_and_other_events_do_not_merge():
    renamed = replace(DIGIT_LAW, name="others")
    looser = replace(SMALL, event=(Claim("small", digit <= limit),))
    for other in (SMALL.count(renamed, 1, 40, 41), looser.count(DIGIT_LAW, 1, 40, 41), ODD.count(DIGIT_LAW, 1, 40, 41)):
        with pytest.raises(UsageError, match="do not merge"):
            merge(WHOLE, other)
    assert "law_digit < 5" in WHOLE.law and "digits" in WHOLE.law


def test_a_tally_survives_json_and_its_file(tmp_path):
    both = merge(WHOLE, SMALL.count(DIGIT_LAW, 9, 3, 8))
    assert Tally.from_json(json.dumps(both.to_json())) == both == Tally.from_json(both.to_json())
    assert Tally.load(both.save(tmp_path / "tally.npz")) == both


@pytest.mark.parametrize(
    "change",
    [
        {"successes": 7}, {"successes": -1, "failures": 6}, {"successes": math.nan}, {"successes": 2.5},
        {"ranges": [[0, 0, 5], [0, 3, 8]]}, {"ranges": [[0, 5, 5]]}, {"ranges": [[0, 0]]}, {"ranges": [[-1, 0, 5]]},
        {"about": ""}, {"about": None},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_tally_is_refused(change):
    content = {"about": "a law", "ranges": [[0, 0, 5]], "successes": 5, "failures": 0, "undecided": 0, "rejected": 0}
    assert Tally.from_json(content).draws == 5
    with pytest.raises(InvalidInstance):
        Tally.from_json(content | change)
    missing = {key: value for key, value in content.items() if key not in change}
    with pytest.raises(InvalidInstance, match="not a tally"):
        Tally.from_json(missing)


# --- verdicts --------------------------------------------------------------------------------------------------------

AT_LEAST = says(SMALL, Claim("at least", SMALL.probability >= level))
AT_MOST = says(SMALL, Claim("at most", SMALL.probability <= level))


@pytest.mark.parametrize("draws", [200, 300], ids=["planned", "watched"])
def test_a_law_is_supported_or_refuted_by_an_exact_bound(draws):
    often, seldom = tally(draws - 20, 20), tally(20, draws - 20)
    for statement, good, bad in ((AT_LEAST, often, seldom), (AT_MOST, seldom, often)):
        held, refuted = verdict(statement, good), verdict(statement, bad)
        assert isinstance(held, Holds) and held.rigor == Rigor.STATISTICAL
        assert isinstance(refuted, Refuted) and refuted.rigor == Rigor.STATISTICAL and refuted.violation > 0.2
        assert isinstance(verdict(statement, tally(draws // 2, draws - draws // 2)), Undecided)


def test_undecided_draws_neither_support_nor_refute():
    for statement in (AT_LEAST, AT_MOST):
        assert isinstance(verdict(statement, tally(0, 0, 200)), Undecided)
        assert isinstance(verdict(statement, tally(80, 0, 120)), Undecided)
        assert isinstance(verdict(statement, tally(0, 80, 120)), Undecided)
    assert isinstance(verdict(AT_LEAST, tally(180, 0, 20)), Holds)
    assert isinstance(verdict(AT_LEAST, tally(0, 180, 20)), Refuted)


def test_no_statement_but_one_about_a_law_is_refuted_statistically():
    bad = tally(20, 180)
    for basis in ("instance", "dataset", "runs", "all_parameters"):
        found = verdict(replace(AT_LEAST, basis=basis), bad)
        assert isinstance(found, Undecided) and "numerical violation" in found.reason


@pytest.mark.parametrize("rigor", [Rigor.EMPIRICAL, Rigor.NUMERICAL])
def test_not_even_a_law_is_refuted_by_floats(rigor):
    def weaker(instance, constants):
        measured = AT_LEAST.measure(instance, constants)
        return {name: replace(measured[name], rigor=rigor) for name in (SMALL.probability.name, "trials")}

    found = verdict(replace(AT_LEAST, measure=weaker), tally(20, 180))
    assert isinstance(found, Undecided) and "numerical violation" in found.reason
    assert verdict(replace(AT_LEAST, measure=weaker), tally(180, 20)).rigor == rigor


def test_the_planned_sample_size_has_the_narrower_bounds_and_no_other_has():
    def width(draws):
        enclosure = SMALL.measured(tally(draws // 2, draws - draws // 2))[SMALL.probability.name]
        assert enclosure.rigor == Rigor.STATISTICAL and float(enclosure.value) == pytest.approx(0.5, abs=0.01)
        return float(enclosure.upper - enclosure.lower)

    assert width(200) < width(202) < width(198), "one draw more than planned and the plan no longer counts"


def test_a_condition_that_is_never_met_makes_a_statement_vacuous():
    statement = says(NEVER, Claim("at least", NEVER.probability >= level))
    found = NEVER.count(DIGIT_LAW, 0, 0, 3000)
    clear = Tally(NEVER.about(DIGIT_LAW), [[0, 0, 9]], rejected=9)
    assert isinstance(verdict(statement, clear), HypothesisFailed)
    assert int(found.successes) == int(found.failures) == 0 and int(found.undecided) > 0


def test_a_tally_of_another_law_and_an_instance_say_nothing():
    for stranger in (tally(180, 20, chance=ODD), MarginInstance(labels=[1], bias=False, points=[[1]])):
        assert isinstance(verdict(AT_LEAST, stranger), Unsupported)


def test_a_watched_run_may_be_stopped_as_soon_as_it_is_decided():
    """P(small) is 4/9 among nonzero digits, or up to 7/9 with the open ones: two levels beyond, one between."""
    for amount, kind in (("1/10", Holds), ("9/10", Refuted), ("3/5", Undecided)):
        statement = AT_LEAST.variant(constants={"law_level": amount})
        total = SMALL.count(DIGIT_LAW, 77, 0, 25)
        while isinstance(verdict(statement, total), Undecided) and total.draws < 1500:
            total = merge(total, SMALL.count(DIGIT_LAW, 77, total.draws, total.draws + 25))
        assert isinstance(verdict(statement, total), kind)
        assert total.draws == 1500 if kind is Undecided else total.draws < 1000


def test_the_chance_of_a_statement_is_found_again_and_others_have_none():
    assert chance_of(AT_LEAST) is SMALL and chance_of(AT_LEAST.variant(constants={"law_level": "1/3"})) is SMALL
    with pytest.raises(UsageError, match="no draws to count"):
        chance_of(statements("kkt_margin.main")[0])


# --- laws ------------------------------------------------------------------------------------------------------------


def _build(n, x, seed):
    return MarginInstance(labels=[1], bias=False, points=[[n]]) if x < Fraction(9, 10) else None


SPACE = Space("boxes", {"n": Integer(1, 9), "x": Real(0, 1), "seed": Seed()}, _build)


def test_a_space_or_a_random_family_declares_a_law():
    free, fixed = Law.of(SPACE), Law.of(SPACE, n=4, x=Fraction(1, 2))
    assert (free.name, fixed.name) == ("boxes", "boxes(n = 4, x = 1/2)") and "n = 4" in fixed.text
    assert "n uniform on 1..9" in free.text and "n uniform" not in fixed.text
    points = [free.sample(work.generator(0, free.name, i)) for i in range(400)]
    values = Counter(int(p.points[0, 0]) for p in points if p is not None)
    assert set(values) == set(range(1, 10)) and 10 < points.count(None) < 80
    assert {int(fixed.sample(np.random.default_rng(i)).points[0, 0]) for i in range(20)} == {4}
    family = Family("first", "random", "n uniform", lambda g, index: None if index else one_digit(g), 1, 1)
    assert Law.of(family).text == "n uniform"
    assert Law.of(family).sample(np.random.default_rng(3)) == one_digit(np.random.default_rng(3))


def test_what_declares_no_law_is_refused():
    structured = Family("first", "structured", "closed forms", lambda g, index: None, 1, 1)
    for wrong, options in ((structured, {}), (SPACE, {"m": 3})):
        with pytest.raises(UsageError, match="needs a random one|has no parameter m"):
            Law.of(wrong, **options)
    for change in ({"laws": ()}, {"event": ()}, {"draws": 0}, {"name": "no name"}, {"laws": (DIGIT_LAW, DIGIT_LAW)}):
        with pytest.raises(ValueError, match="needs an identifier|two laws of one name"):
            replace(SMALL, **change)


# --- the engine ------------------------------------------------------------------------------------------------------

FILE = '''
from constructions.kkt_margin.data import sign_data
from theorems.claim import Claim, constant
from theorems.kkt_margin.vocabulary import nearly_orthogonal
from theorems.statement import Mutant, Source
from theorems.statistical import Chance, Law
from verifiers.kkt_margin import measure

often = constant("coin_often", "{level}")
coin = Chance("coin_signs", (Law("four_signs", "two samples of 4 signs each", lambda g: sign_data(2, 4, g)),
                             Law("more_signs", "two samples of 16 signs each", lambda g: sign_data(2, 16, g))),
              (nearly_orthogonal,), measure, draws=400)
statement = coin.statement(
    "kkt_margin.coin_signs", title="A statement of the tests", source=Source("the tests", "none", "derived"),
    then=(Claim("sometimes in range", coin.probability >= often),),
    mutants=(Mutant("often", constants={{"coin_often": "9/10"}}),), does_not_claim="Nothing else.",
    promised={promised},
)
'''


@pytest.mark.parametrize(("level", "status"), [("3/5", "refuted"), ("1/10", "supported")])
def test_a_law_of_ones_own_is_verified_and_a_false_one_refuted_with_a_stored_witness(tmp_path, level, status):
    """Two samples of 4 signs are in range if orthogonal, 3 in 8 times; two of 16 signs 12 in 13 times."""
    path = tmp_path / f"coin_{status}.py"
    path.write_text(FILE.format(level=level, promised=2))
    record = verify([str(path)], out=tmp_path / "out", workers=1)
    records.validate(record)
    (entry,) = record["statements"]
    assert entry["status"] == status and entry["basis"] == ["law"] and entry["mutants"]["killed"] == 1
    assert entry["conclusions"][0]["by_rigor"] == {"law/statistical": 2}
    assert (entry["witness"] is not None) == (status == "refuted")
    if entry["witness"]:
        assert entry["witness"]["replayed"] and "statistical" in entry["witness"]["sentence"]
        stored = Tally.load(tmp_path / "out" / entry["witness"]["instance"])
        assert stored.draws == 400 and "four_signs" in stored.law and stored.failures > stored.successes


# --- random signs against formulas -----------------------------------------------------------------------------------


def pair_out_of_range(n: int, d: int) -> Fraction:
    """P(|<x, x'>| >= (sqrt 2 - 1) d / (n - 1)) for two vectors of d fair signs, exactly; r = |<x, x'>| (n - 1) / d."""
    out = [k for k in range(d + 1) if (Fraction(abs(d - 2 * k) * (n - 1), d) + 1) ** 2 >= 2]
    return Fraction(sum(comb(d, k) for k in out), 2**d)


@cache
def four_within(d: int, reach: int) -> Fraction:
    """P(all |<x, x'>| <= reach) for four vectors of d fair signs, exactly.

    A column of signs is, up to its own sign, one of eight triples (a, b, c) of products with the first vector. The
    counts of the triples are the Hadamard transform of d, the six inner products and one triple product.
    """
    triples = list(itertools.product((1, -1), repeat=3))
    characters = np.array([[1, a, b, c, a * b, a * c, b * c, a * b * c] for a, b, c in triples])
    inner = np.array([q for q in range(-reach, reach + 1) if (q - d) % 2 == 0])
    grid = np.stack(np.meshgrid(*[inner] * 6, np.arange(-d, d + 1), indexing="ij"), axis=-1).reshape(-1, 7)
    counts = d + grid @ characters[:, 1:].T
    counts = counts[np.all((counts % 8 == 0) & (counts >= 0), axis=1)] // 8
    orders = Counter(tuple(sorted(row)) for row in counts.tolist())
    factorials = [math.factorial(k) for k in range(d + 1)]
    ways = sum(times * factorials[d] // math.prod(factorials[k] for k in row) for row, times in orders.items())
    return Fraction(ways, 8**d)


def drawn(statement, index):
    (family,) = statement.instances
    return next(work.draws(family, 0, index, index + 1))


def enclosed(statement, index):
    chance = chance_of(statement)
    return chance.measured(drawn(statement, index).instance)[chance.probability.name]


def four_in_range(d: int) -> Fraction:
    """P(r < sqrt 2 - 1) for four vectors of d fair signs, exactly; r = 3 max |<x, x'>| / d."""
    return four_within(d, max(q for q in range(d + 1) if (Fraction(3 * q, d) + 1) ** 2 < 2))


def test_the_hadamard_count_is_that_of_enumeration():
    for d, reach in ((3, 1), (4, 0), (4, 2), (5, 1), (5, 3)):
        rows = np.array(list(itertools.product((1, -1), repeat=3 * d))).reshape(-1, 3, d)
        matrices = np.concatenate([np.ones((len(rows), 1, d), dtype=int), rows], axis=1)
        grams = np.abs(np.einsum("bik,bjk->bij", matrices, matrices)) * (1 - np.eye(4, dtype=int))
        inside = int(np.sum(grams.max(axis=(1, 2)) <= reach))
        assert four_within(d, reach) == Fraction(inside, len(rows)) > 0


def test_wide_signs_are_in_range_as_often_as_formulas_say():
    """Pairs of sign vectors are pairwise independent, so m pairs fail with probability m p up to C(m, 2) p^2."""
    for index, n in enumerate((2, 4, 8)):
        p, m = pair_out_of_range(n, 80 * n**2), n * (n - 1) // 2
        least, most = 1 - m * p, 1 - m * p + comb(m, 2) * p**2
        assert least >= Fraction(99, 100)
        assert 1 - least <= n * (n - 1) * math.exp(-(3 - 2 * math.sqrt(2)) * 80 * n**2 / (2 * (n - 1) ** 2))
        found = enclosed(wide_signs, index)
        assert float(found.lower) <= most and least <= float(found.upper)
        assert wide.laws[index].name == f"signs_{n}_{80 * n**2}"


def test_narrow_signs_are_in_range_as_seldom_as_formulas_say():
    exactly = four_in_range(32)
    assert Fraction(1, 100) < exactly < Fraction(1, 8)
    found = enclosed(narrow_signs, 0)
    assert float(found.lower) <= exactly <= float(found.upper) and float(found.upper - found.lower) < 0.1
    at_most = (1 - pair_out_of_range(6, 72)) ** 5  # products with the first vector alone are independent
    assert at_most < Fraction(1, 8) and float(enclosed(narrow_signs, 1).lower) <= at_most
    assert [law.name for law in narrow.laws] == ["signs_4_32", "signs_6_72"]


def test_shipped_laws_are_refuted_beyond_their_probability_and_not_within():
    """The exact probability at n = 4, d = 32 lies between two levels; only the false one is refuted."""
    draw = drawn(narrow_signs, 0)
    exactly = four_in_range(32)
    for amount, kind in ((exactly / 3, Refuted), (exactly, Undecided), (exactly * 2, Holds)):
        assert isinstance(judge(narrow_signs.variant(constants={"narrow_level": amount}), draw).verdict, kind)
