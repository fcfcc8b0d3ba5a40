"""Planted false statements and networks: each is refuted by a witness on which the true statement holds.

A verifier that finds nothing wrong is only worth something if it finds what is wrong.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from sympy import Max, Rational, symbols

from constructions import kkt_margin as build
from constructions.instance import Draw, exact_array
from constructions.kkt_margin.instance import MarginInstance
from theorems.claim import Claim
from theorems.engine import library, work
from theorems.statement import judge
from verifiers.verdict import Holds, HypothesisFailed, Refuted, Rigor, Undecided

STATEMENTS = {statement.id: statement for statement in library.statements()}
THEOREMS = [s for s in STATEMENTS.values() if s.kind != "conjecture"]
MUTANTS = [(s.id, m.name) for s in THEOREMS for m in s.mutants if m.known_false]
RANDOM_DRAWS = 12


def statement(name):
    return STATEMENTS[f"kkt_margin.{name}"]


@cache
def draws_of(family):
    """All structured instances, and the first draws of the others: less than the quick profile."""
    count = family.quick if family.source == "structured" else min(family.quick, RANDOM_DRAWS)
    return list(work.draws(family, 0, 0, count))


@cache
def later_draws_of(family):
    """The rest of the quick profile."""
    first = len(draws_of(family))
    return list(work.draws(family, 0, first, family.quick - first)) if first < family.quick else []


def draws_for(target, later=False):
    """Structured first, trained last, family after family; `later` goes on with the rest of the quick profile."""
    order = {"structured": 0, "random": 1, "solved": 2, "searched": 2, "trained": 3}
    families = sorted(target.instances, key=lambda f: order[f.source])
    for family in families:
        yield from draws_of(family)
    for family in families if later else ():
        yield from later_draws_of(family)


def refutation(variant, draws):
    """The first refuted verdict with its draw."""
    for draw in draws:
        verdict = judge(variant, draw).verdict
        if isinstance(verdict, Refuted):
            return verdict, draw
    return None, None


def drawn(*instances):
    return [Draw(instance, "structured", "planted") for instance in instances]


def least_rigor(target):
    """What a refutation must have: a law can be refuted by an exact bound on a probability alone."""
    return Rigor.STATISTICAL if target.basis == "law" else Rigor.CERTIFIED


def assert_refuted(variant, draws, original=None):
    """Refuted with certified rigor (a law by an exact probability bound), and not the statement it was made from."""
    verdict, draw = refutation(variant, draws)
    assert verdict is not None, f"{variant.id} survives"
    assert verdict.rigor >= least_rigor(variant) and verdict.violation >= 0
    if original is not None:
        assert not isinstance(judge(original, draw).verdict, Refuted)
    return draw


def claim(relation):
    return (Claim("planted", relation),)


@pytest.mark.parametrize(("name", "mutant"), MUTANTS, ids=[f"{s.split('.')[1]}: {m}" for s, m in MUTANTS])
def test_every_shipped_mutant_that_is_known_false_is_killed(name, mutant):
    original = STATEMENTS[name]
    variant = next(v for m, v in original.mutations() if m.name == mutant)
    assert_refuted(variant, draws_for(original, later=True), original)


def test_mutants_that_may_be_true_are_not_demanded():
    """tau - q replaced by tau may be true; without its cross term (U) is false, though only by a star."""
    open_ones = {m.name for s in THEOREMS for m in s.mutants if not m.known_false}
    assert "tau - q replaced by tau" in open_ones
    for s in THEOREMS:
        for mutant, variant in s.mutations():
            if not mutant.known_false:
                assert refutation(variant, draws_for(s))[0] is None, "this one is false: say so in the statement"


@pytest.mark.parametrize("s", [s for s in STATEMENTS.values() if s.kind == "conjecture"], ids=lambda s: s.id)
def test_refuted_conjectures_are_refuted_and_the_others_are_not(s):
    verdict, draw = refutation(s, draws_for(s, later=s.expected == "refuted"))
    assert (verdict is not None) == (s.expected == "refuted")
    if verdict is not None:
        assert verdict.rigor >= least_rigor(s) and draw is not None


def orthogonal_family():
    sizes = [(1, 1), (2, 1), (3, 2), (5, 5), (9, 1)]
    for positives, negatives in sizes:
        labels = build.split_labels(positives, negatives)
        yield build.orthogonal_singles(labels, 9)
        yield build.orthogonal_biased(labels, 10**6)


@pytest.mark.parametrize("factor", ["97/100", "999999/1000000"])
def test_the_flip_threshold_of_the_main_theorem_is_sharp_on_orthogonal_data(factor):
    main = statement("main")
    shrunk = main.variant(constants={"flip_factor": factor})
    refuted = 0
    for draw in drawn(*orthogonal_family()):
        assert isinstance(judge(main, draw).verdict, Holds)
        verdict = judge(shrunk, draw).verdict
        refuted += isinstance(verdict, Refuted)
        if isinstance(verdict, Refuted):
            assert (verdict.conclusion, verdict.rigor) == ("the sign flips by t0", Rigor.EXACT)
        if not bool(draw.instance.bias):
            assert isinstance(verdict, Refuted), "one neuron per orthogonal sample attains the threshold"
    assert refuted >= 5


@pytest.mark.parametrize(("r", "false"), [("3/5", True), ("1/2", False), ("53/100", True), ("499/1000", False)])
def test_the_support_property_fails_beyond_one_half(r, false):
    """r < 0.6 in place of r < sqrt(2) - 1; the smallest refuted range found starts at 1/2."""
    limit = (1 + Fraction(r)) ** 2
    supports = tuple(c for c in statement("main").then if c.name == "every sample is a support vector")
    variant = statement("main").variant(constants={"support_limit": limit}, then=supports)
    variant = variant.variant(without="the direction u moves every sample against its class")
    points = [build.support_threshold(k, Fraction(f, 1000) / (2 * k - 3)) for k in (3, 6, 20, 60) for f in (970, 1005)]
    verdict, draw = refutation(variant, drawn(*points))
    assert (verdict is not None) == false
    if false:
        assert verdict.rigor == Rigor.EXACT
        assert isinstance(judge(statement("main"), draw).verdict, HypothesisFailed)


def test_dropping_near_orthogonality_is_refuted_though_some_conclusions_cannot_be_measured():
    main = statement("main")
    bare = main.variant(without="nearly orthogonal samples, r < sqrt(2) - 1").variant(
        without="the direction u moves every sample against its class"
    )
    row = judge(bare, drawn(build.support_threshold(3, "7/20"))[0])
    assert isinstance(row.verdict, Refuted) and row.verdict.rigor == Rigor.EXACT
    said = {outcome.name: outcome.state for outcome in row.conclusions}
    assert said["every sample is a support vector"] == said["every margin is one"] == "fails"
    assert "the value along the flip path stays below the bound" not in said, "Delta < 0 gives the path no scale"


def equicorrelated_and_orthogonal():
    """The instances that are known to kill: r = .05, .2, .4, .8, n = 4, 10, merged and singles, and orthogonal ones."""
    for half in (2, 5):
        for r in ("1/20", "1/5", "2/5", "4/5"):
            q = Fraction(r) / (2 * half - 1)
            yield build.equicorrelated_merged(half, q)
            yield build.equicorrelated_singles(half, q)
    yield build.orthogonal_merged(build.split_labels(3, 2), 9)
    yield build.orthogonal_singles(build.split_labels(3, 2), 9)
    yield build.orthogonal_biased(build.split_labels(5, 2), 100)
    for n in (3, 4, 5):
        yield build.exact_partition_point(build.sign_data(n, 60 * n * n, np.random.default_rng(n)))


# Written out again, in symbols of this file: not one formula is taken from the statements.
(G_ii, own, cross, own_pull, own_push, cross_pressure, cross_attraction, own_unsigned, own_reversed) = symbols(
    "lifted_norm_sq own cross own_pull own_push cross_pressure cross_attraction own_pull_unsigned own_push_reversed",
    real=True,
)
n, m, p, q, L, U, Delta, tau, flip_value = symbols("n opposite p q L U Delta flip_tau flip_value", real=True)
r = q * (n - 1) / L
S, A = 1 / (L * (1 - r - r**2)), (1 - 2 * r - r**2) / ((1 - r - r**2) * U)
PLANTED = {
    "(U) with G for R": ("upper_bound", own_unsigned - cross_pressure <= 1),
    "(U) as D own <= 1": ("upper_bound", G_ii * own <= 1),
    "(X) with R_+": ("cross_bound", G_ii * cross <= cross_attraction),
    "(X) as cross = 0": ("cross_bound", cross <= 0),
    "(L) with -R": ("lower_bound", own_reversed >= 1),
    "(L) as D own >= 1": ("lower_bound", G_ii * own >= 1),
    "main with n for m": ("main", flip_value <= S * Max(U - tau, 0) - (tau - q) * n * A),
    "main without its first term": ("main", flip_value <= -(tau - q) * m * A),
    "main with s1 = a1 = 1": ("main", flip_value <= Max(U - tau, 0) / L - (tau - q) * m / U),
}


@pytest.mark.parametrize("name", PLANTED)
def test_false_inequalities_die_on_the_instances_known_to_kill_them(name):
    target, relation = PLANTED[name]
    original = statement(target)
    draw = assert_refuted(original.variant(then=claim(relation)), drawn(*equicorrelated_and_orthogonal()), original)
    assert judge(original, draw).verdict.rigor >= Rigor.CERTIFIED


def test_the_same_inequalities_as_stated_survive_there():
    true = {
        "upper_bound": own_pull - cross_pressure <= 1,
        "cross_bound": G_ii * cross <= cross_pressure,
        "lower_bound": own_push >= 1,
        "main": flip_value <= S * Max(U - tau, 0) - (tau - q) * m * A,
    }
    for target, relation in true.items():
        variant = statement(target).variant(then=claim(relation))
        verdicts = [judge(variant, draw).verdict for draw in drawn(*equicorrelated_and_orthogonal())]
        assert not any(isinstance(verdict, Refuted) for verdict in verdicts)
        assert sum(isinstance(verdict, Holds) for verdict in verdicts) >= 10


def test_the_upper_bound_without_its_cross_term_is_refuted_by_a_star_alone():
    original = statement("upper_bound")
    variant = original.variant(then=claim(own_pull <= 1))
    assert refutation(variant, drawn(*equicorrelated_and_orthogonal()))[0] is None
    verdict = judge(variant, drawn(build.rational_star(45, 18, "11/2100"))[0]).verdict
    assert isinstance(verdict, Refuted) and verdict.rigor == Rigor.EXACT and verdict.where == "sample 0"


(
    flip,
    level,
    slope,
    radius_sq,
    total,
    speed,
    weight,
    D,
    theta,
    margin,
    lam_sq,
    u_sq,
    c,
    d,
    own_part,
    cross_part,
    bound,
    bound_value,
    mass_sum,
    unseen,
    t_all,
) = symbols(
    "flip_threshold level_threshold final_slope radius_sq multiplier_sum neuron_speed neuron_weight square_norm theta "
    "margin multiplier_sq direction_norm_sq c d own_part opposite_part linear_bound bound_time_value mass_sum "
    "unseen_value all_points_flip",
    real=True,
)
ONE_PERCENT = Rational(101, 100)
SHARP = {  # one percent beyond what equality cases attain
    "robust_half_gap": radius_sq >= ONE_PERCENT * D * (1 - p / D) ** 2 / 4,
    "robust_any_threshold": radius_sq >= ONE_PERCENT * D * (1 - theta) ** 2,
    "robust_orthogonal_optimum": radius_sq <= D / 2 / ONE_PERCENT,
    "robust_quarter_threshold": radius_sq >= ONE_PERCENT * D / 2,
    "main": level <= Max((S * U + 1 + q * m * A) / (S + m * A), q + 1 / (m * A)) / Delta / ONE_PERCENT,
    "weak": slope <= -ONE_PERCENT * Delta / U,
    "universal_flip": flip <= (q + Rational(1, 8) * d / (c * n)) / Delta,
    "unseen": unseen <= -Rational(1, 100),
    "radius_lower_bound": radius_sq * n >= ONE_PERCENT * L,
    "radius_by_multipliers": radius_sq * total**2 >= Rational(161, 100),
    "flip_rate": flip <= U / ((1 + m) * Delta) / ONE_PERCENT,
    "all_points": flip < t_all * Rational(3, 5),
    "multiplier_sum": total >= ONE_PERCENT * mass_sum,
    "cross_bound": G_ii * cross * ONE_PERCENT <= cross_pressure,
    "upper_bound": own_pull - cross_pressure <= 1 / ONE_PERCENT,
    "lower_bound": own_push >= ONE_PERCENT,
    "lower_bound_mixed": own_push >= ONE_PERCENT,
    "flip_bound": bound_value * ONE_PERCENT <= bound,
    "direction_monotone": speed >= ONE_PERCENT * Delta * weight,
    "class_sums": own >= ONE_PERCENT * A,
    "parts": own_part * ONE_PERCENT <= S * Max(U - tau, 0),
}


@pytest.mark.parametrize("name", SHARP)
def test_what_is_sharp_is_refuted_one_percent_further(name):
    original = statement(name)
    assert_refuted(original.variant(then=claim(SHARP[name])), draws_for(original), original)


balance, unit, gradient, merging = symbols("balance_defect unit_defect gradient_norm merge_defect", real=True)
NUMERICAL = {  # identities of networks as trained: floats do not refute, but they must not support the negation either
    "balance": balance <= -Rational(1, 10**6),
    "unit_neurons": unit <= -Rational(1, 10**6),
    "gradient_form": gradient <= total / 100,
    "merging": merging <= -Rational(1, 10**6),
}


@pytest.mark.parametrize("name", NUMERICAL)
def test_false_identities_of_float_networks_are_not_supported(name):
    original = statement(name)
    draws = [draw for draw in draws_for(original) if isinstance(judge(original, draw).verdict, Holds)]
    assert draws
    for draw in draws[:10]:
        verdict = judge(original.variant(then=claim(NUMERICAL[name])), draw).verdict
        assert isinstance(verdict, Undecided) and "numerical violation" in verdict.reason


def test_every_theorem_has_a_planted_variant_here_or_a_shipped_one():
    shipped = {name for name, _ in MUTANTS}
    assert {s.id for s in THEOREMS} <= shipped | {f"kkt_margin.{name}" for name in (*SHARP, *NUMERICAL)}


def planted_network(change):
    """The best network for orthogonal samples with one number changed."""
    good = build.robust_network(build.orthogonal_data(build.split_labels(2, 2), 4, bias=True), "1/4")
    outputs, biases = ([Fraction(v) for v in part.tolist()] for part in (good.outputs, good.biases))
    if change == "weak output":
        outputs[0] /= 100
    elif change == "high threshold":
        biases[0] *= Fraction(19, 10)
    elif change == "wrong sign":
        outputs[0] *= -1
    return MarginInstance(
        labels=good.labels,
        bias=True,
        points=good.points,
        weights=good.weights,
        biases=exact_array(biases),
        outputs=exact_array(outputs),
    )


@pytest.mark.parametrize("change", ["none", "weak output", "high threshold", "wrong sign"])
def test_planted_networks_are_no_robust_networks_and_do_not_satisfy_the_theorem(change):
    optimum = statement("robust_orthogonal_optimum")
    bare = optimum.variant(without="the network is sum_l y_l relu(<x_l, x>/D - theta)").variant(without="theta = 1/4")
    [draw] = drawn(planted_network(change))
    as_it_is, without = judge(optimum, draw).verdict, judge(bare, draw).verdict
    if change == "none":
        assert isinstance(as_it_is, Holds) and isinstance(without, Holds)
    else:
        assert isinstance(as_it_is, HypothesisFailed)
        assert isinstance(without, Refuted) and (without.conclusion, without.where) == (
            "radius >= sqrt(D/2)",
            "sample 0",
        )


def test_networks_that_are_no_kkt_points_refute_only_without_the_hypothesis_that_excludes_them():
    """Three times the mass: every margin is three. Only statements about all networks are refuted by that, exactly."""
    refuted = set()
    for draw in draws_of(statement("main").instances[0])[:6]:
        instance = draw.instance
        wrong = instance.with_point(
            instance.signs, instance.rows, exact_array([Fraction(a) * 3 for a in instance.masses])
        )
        [planted] = drawn(wrong)
        for s in THEOREMS:
            if any(c.name == "the network is a KKT point of the max-margin problem" for c in s.given):
                verdict = judge(s, planted).verdict
                assert isinstance(verdict, HypothesisFailed) and verdict.name.startswith("the network is a KKT point")
                bare = judge(s.variant(without=verdict.name), planted).verdict
                if isinstance(bare, Refuted):
                    assert bare.rigor >= Rigor.CERTIFIED
                    refuted.add((s.id.split(".")[1], bare.conclusion))
    assert {name for name, _ in refuted} >= {"main", "class_sums", "upper_bound", "all_points"}
    assert not {name for name, _ in refuted} & {"lower_bound", "weak", "direction_monotone"}, "more mass keeps these"
