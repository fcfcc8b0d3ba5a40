"""Simpler instances are exact, valid, of the same kind and really simpler; taking them again and again ends."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions import kkt_margin as build
from constructions.instance import Draw, exact_array
from constructions.kkt_margin import spaces
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.simpler import complexity, is_gram_matrix, simpler
from theorems.engine import work
from theorems.engine.library import statements
from theorems.statement import judge
from verifiers.kkt_margin import measure
from verifiers.verdict import Holds, Refuted

FAMILIES = {
    name: family
    for name, family in work.families(statements("kkt_margin")).items()
    if family.simpler is not None and family.source != "trained"
}
named = pytest.mark.parametrize("name", FAMILIES)
LARGEST = 12
STEPS = 48


def instances(family, count=3):
    """Draws from all over the quick profile, none with many samples."""
    indices = sorted({round(share * (family.quick - 1)) for share in np.linspace(0.2, 1, count)})
    for index in indices:
        for draw in work.draws(family, 0, index, index + 1):
            if draw.instance.size <= LARGEST:
                yield draw.instance


def statement(name):
    return statements(f"kkt_margin.{name}")[0]


def test_every_family_of_points_and_of_robust_networks_can_be_shrunk():
    written_out = {"split_networks"}
    for name, family in work.families(statements("kkt_margin")).items():
        for draw in work.draws(family, 0, 0, 1):
            if isinstance(draw.instance, MarginInstance):
                assert (family.simpler is None) == (name in written_out), name


@named
def test_simpler_instances_are_exact_valid_and_of_the_same_kind(name):
    seen = 0
    for instance in instances(FAMILIES[name]):
        found = list(islice(simpler(instance), STEPS))
        assert [other.digest for other in islice(simpler(instance), STEPS)] == [other.digest for other in found]
        assert len({other.digest for other in found}) == len(found)
        for other in found:
            seen += 1
            assert complexity(other) < complexity(instance)
            assert set(other.labels.tolist()) == set(instance.labels.tolist()), "no class is lost"
            assert int(other.bias) <= int(instance.bias)
            measured = measure(other)
            if instance.weights is None:
                assert all(array.dtype.kind in "biU" for array in other.arrays().values())
                assert measured.subject.point.kind == "rational" and measured.subject.point.proved
                assert len(other.signs) <= len(instance.signs)
            else:
                assert measured["robust_network_defect"].value == 0
    assert seen or name == "star_points", "its only instance has 64 samples"


@named
def test_taking_the_first_simpler_instance_ends_at_one_of_few_samples(name):
    for instance in instances(FAMILIES[name], 2):
        steps = 0
        while (found := next(simpler(instance), None)) is not None:
            instance, steps = found, steps + 1
            assert steps <= 40
        assert instance.size == 2


def refuting(variant, instance):
    return isinstance(judge(variant, Draw(instance, "searched", "")).verdict, Refuted)


@pytest.mark.parametrize(("target", "mutant", "family", "samples"), [
    ("main", "own neurons forgotten", "sign_merged", 2),
    ("lower_bound", "own term alone", "uneven_merged", 3),
    ("robust_any_threshold", "only the first term", "robust_random", 2),
    ("universal_flip", "constant 7 replaced by 1/2", "paper_sign", 2),
])
def test_a_refutation_shrinks_to_few_samples_of_small_numbers(target, mutant, family, samples):
    """Greedy descent, every step decided again; the statement itself holds wherever its hypotheses do."""
    original = statement(target)
    variant = next(v for m, v in original.mutations() if m.name == mutant)
    draws = [d.instance for d in work.draws(FAMILIES[family], 0, 0, FAMILIES[family].quick) if d.instance.size >= 4]
    instance = next(i for i in draws if refuting(variant, i))
    while (found := next((o for o in islice(simpler(instance), STEPS) if refuting(variant, o)), None)) is not None:
        instance = found
        assert isinstance(judge(original, Draw(instance, "searched", "")).verdict, Holds)
    assert instance.size == samples
    assert complexity(instance)[-1] <= 120


def test_networks_of_no_known_kind_have_no_simpler_form():
    wrong = spaces.rescaled_points.instance(next(
        p for p in spaces.rescaled_points.corners() if not p["zero"] and p["masses"][:1] == (Fraction(1, 2),)))
    assert list(simpler(wrong)) == []
    data = build.sign_data(3, 200, np.random.default_rng(0), labels=[1, -1, 1])
    split = build.split_network(build.exact_partition_point(data), np.random.default_rng(0))
    assert list(simpler(split)) == []
    network = build.robust_network(data, "1/2")
    changed = MarginInstance(labels=network.labels, bias=True, points=network.points, weights=network.weights,
                             biases=exact_array(network.biases), outputs=exact_array([1, -1, 1]))
    assert list(simpler(changed)) == []


def test_clusters_are_kept_with_their_samples():
    labels = build.alternating_labels(3)
    data = build.cluster_data(labels, 2, 1080, np.random.default_rng(0))
    point = build.exact_partition_point(data)
    for other in islice(simpler(point), 12):
        assert other.clusters is not None and other.clusters.shape == other.labels.shape
        assert measure(other)["mixed_clusters"].value == 0


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 4), st.lists(st.integers(-3, 3), min_size=16, max_size=16), st.booleans())
def test_gram_matrices_are_recognised(size, entries, squared):
    matrix = np.array(entries).reshape(4, 4)[:size, :size]
    matrix = matrix @ matrix.T if squared else matrix + matrix.T
    least = np.linalg.eigvalsh(matrix).min()
    if abs(least) > 1e-9 or squared:
        assert is_gram_matrix(matrix.astype(object)) == (least > -1e-9)
