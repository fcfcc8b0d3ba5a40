"""What must not change a verdict: coordinates, names, order, ways to write one network, units of bias-free data."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from constructions import kkt_margin as build
from constructions.instance import Draw, exact_array, fractions_of
from constructions.kkt_margin.instance import MarginInstance
from theorems.engine import library
from theorems.statement import judge
from verifiers.kkt_margin import measure
from verifiers.kkt_margin.exact import float_point
from verifiers.verdict import Holds, Refuted, Rigor

STATEMENTS = [s for s in library.statements() if s.id != "kkt_margin.sphere_correlations"]
PER_SAMPLE = ("flip_threshold", "level_threshold", "multiplier_sq", "own", "cross", "radius_sq", "margin")


def _signs(n, d, bias, seed=0):
    return build.sign_data(n, d, np.random.default_rng(seed), bias=bias)


INSTANCES = {
    "exact signs": lambda: build.exact_partition_point(_signs(4, 1280, False)),
    "exact signs, bias": lambda: build.exact_partition_point(_signs(5, 2000, True)),
    "exact signs, split classes": lambda: build.exact_partition_point(_signs(4, 1280, False, 2), [[0], [2], [1, 3]]),
    "orthogonal": lambda: build.orthogonal_merged(build.split_labels(3, 2), 9),
    "orthogonal, bias": lambda: build.orthogonal_biased(build.split_labels(3, 2), 100),
    "correlated": lambda: build.equicorrelated_singles(2, "1/5"),
    "boxed signs": lambda: _floats(_signs(4, 1280, False)),
    "boxed signs, bias": lambda: _floats(_signs(5, 2000, True)),
    "boxed uneven": lambda: _floats(build.uneven_norm_data(4, 3000, np.random.default_rng(1), bias=True)),
    "floats only": lambda: _split(_floats(_signs(4, 1280, False)), Fraction(1, 4)),
    "not a KKT point": lambda: _wrong(build.exact_partition_point(_signs(4, 1280, False))),
}


def _split(instance, share):
    """The first neuron written as two copies that share its mass."""
    masses = numbers(instance.masses)
    share = share if is_exact(instance) else float(share)
    masses = np.concatenate([[masses[0] * share, masses[0] * (1 - share)], masses[1:]])
    copies = np.r_[0, np.arange(len(instance.signs))]
    return stored(instance, signs=instance.signs[copies], rows=numbers(instance.rows)[copies], masses=masses)


def _floats(data):
    return build.merged_point(data).on(data)


def _wrong(instance):
    return instance.with_point(instance.signs, instance.rows, exact_array(fractions_of(instance.masses) * 2))


def is_exact(instance):
    return instance.rows.dtype.kind != "f"


def stored(instance, **parts):
    """The same kind of numbers again: rationals as text, doubles as doubles, integers as integers."""
    numbers = {
        name: exact_array(value) if is_exact(instance) else np.array(value, dtype=np.float64)
        for name, value in parts.items()
        if name in ("rows", "masses")
    }
    return replace(instance, **(parts | numbers))


def numbers(array):
    return (
        fractions_of(array) if array.dtype.kind == "U" else array.astype(object) if array.dtype.kind == "i" else array
    )


def every(condition=lambda instance: True):
    """The instances that meet a condition, as a parameter of the test."""
    chosen = {name: built for name, make in INSTANCES.items() if condition(built := make())}
    return pytest.mark.parametrize("instance", chosen.values(), ids=chosen.keys())


def judged(instance, chosen=STATEMENTS):
    return {s.id: judge(s, Draw(instance, "user", "metamorphic")).verdict for s in chosen}


def assert_same_verdicts(before, after, chosen=STATEMENTS, unsized=()):
    """Same word, same rigor, same slack: exactly in rationals, to rounding otherwise."""
    first, second = judged(before, chosen), judged(after, chosen)
    for name, verdict in first.items():
        other = second[name]
        assert type(other) is type(verdict), f"{name}: {verdict} became {other}"
        if isinstance(verdict, (Holds, Refuted)):
            assert other.rigor == verdict.rigor
            if name in unsized:
                continue
            size = "slack" if isinstance(verdict, Holds) else "violation"
            old, new = getattr(verdict, size), getattr(other, size)
            exact = verdict.rigor == other.rigor == Rigor.EXACT
            assert new == (old if exact else pytest.approx(old, rel=1e-6, abs=1e-8)), name


def values(instance, name):
    return np.asarray(measure(instance)[name].value, dtype=np.float64)


def assert_same_numbers(before, after, order=slice(None), names=PER_SAMPLE, factors=None):
    for name in names:
        try:
            old = values(before, name)
        except Exception as failure:  # whatever cannot be measured before cannot be measured after
            with pytest.raises(type(failure)):
                values(after, name)
            continue
        factor = (factors or {}).get(name, 1.0)
        assert values(after, name) == pytest.approx(old[order] * factor, rel=1e-7, abs=1e-12), name


@every(lambda instance: instance.points is not None)
def test_only_the_gram_matrix_matters(instance):
    """Points replaced by their Gram matrix: every rotation at once."""
    gram = replace(instance, points=None, gram=exact_array(instance.exact_gram()))
    assert_same_verdicts(instance, gram)
    assert_same_numbers(instance, gram)


def test_a_rational_rotation_changes_nothing():
    """Two reflections at rational vectors: the rotated points are other rationals with the same Gram matrix."""
    data = build.orthogonal_data(build.split_labels(2, 1), 25)
    rotation = np.eye(3, dtype=object) * Fraction(1)
    for mirror in ([1, 2, 2], [3, -1, 1]):
        v = np.array([Fraction(c) for c in mirror], dtype=object)
        rotation = rotation - 2 * np.outer(rotation @ v, v) / (v @ v)
    turned = MarginInstance(labels=data.labels, bias=False, points=exact_array(data.points.astype(object) @ rotation))
    assert turned.digest != data.digest and np.array_equal(turned.exact_gram(), data.exact_gram())
    first, second = (build.exact_partition_point(d) for d in (data, turned))
    assert_same_verdicts(first, second)
    assert_same_numbers(first, second)


def test_a_float_rotation_changes_nothing_but_rounding():
    data = _signs(4, 1280, True)
    points = data.points.astype(np.float64)
    for mirror in np.random.default_rng(5).standard_normal((2, 1280)):
        points = points - 2 * np.outer(points @ mirror, mirror) / (mirror @ mirror)
    turned = MarginInstance(labels=data.labels, bias=True, points=points)
    chosen = [s for s in STATEMENTS if all(c.relation.rel_op != "==" for c in s.given)]  # floats never meet equalities
    assert_same_verdicts(_floats(data), _floats(turned), chosen)
    assert_same_numbers(_floats(data), _floats(turned))


def _named(s):
    return {name for c in (*s.given, *s.then) for name in c.symbols}


@every()
def test_renaming_the_classes_changes_nothing(instance):
    renamed = replace(instance, labels=-instance.labels, signs=-np.array(instance.signs))
    assert_same_verdicts(instance, renamed)
    assert_same_numbers(instance, renamed)


@every()
def test_renumbering_the_samples_changes_nothing(instance):
    order = np.random.default_rng(2).permutation(instance.size)
    if instance.points is None:
        data = {"gram": instance.gram[np.ix_(order, order)]}
    else:
        data = {"points": instance.points[order]}
    renumbered = replace(instance, labels=instance.labels[order], rows=instance.rows[:, order], **data)
    assert_same_verdicts(instance, renumbered)
    assert_same_numbers(instance, renumbered, order)


@every()
def test_renumbering_the_neurons_changes_nothing(instance):
    back = slice(None, None, -1)
    renumbered = instance.with_point(instance.signs[back], instance.rows[back], instance.masses[back])
    assert_same_verdicts(instance, renumbered)
    assert_same_numbers(instance, renumbered)


@every(is_exact)  # copies make the equations of a box singular; see the next test
@pytest.mark.parametrize("share", [Fraction(1, 2), Fraction(1, 8)])
def test_splitting_a_neuron_changes_nothing_exact(instance, share):
    """Written neurons are counted in two conjectures, left out, and weighed by their masses in two lemmas."""
    counted = {"fractional_pairs", "strict_cross_pairs"}
    chosen = [s for s in STATEMENTS if not counted & _named(s)]
    weighed = [s.id for s in STATEMENTS if any("neuron" in q.axes for q in s.quantities())]
    assert_same_verdicts(instance, _split(instance, share), chosen, weighed)
    assert_same_numbers(instance, _split(instance, share))


def test_splitting_a_neuron_of_floats_loses_rigor_and_nothing_else():
    point = _floats(_signs(5, 2000, True))
    split = _split(point, Fraction(1, 2))
    assert measure(point).subject.point.kind == "ball" and measure(split).subject.point.kind == "float"
    assert float_point(measure(split).subject.data).residual < 1e-12
    for s in STATEMENTS:
        verdict = judge(s, Draw(split, "user", "copies")).verdict
        assert not isinstance(verdict, Refuted), s.id
        if isinstance(verdict, Holds) and "kkt_residual" in _named(s):
            assert verdict.rigor == Rigor.NUMERICAL, s.id
    assert_same_numbers(point, split, names=("flip_threshold", "level_threshold", "own", "cross", "margin"))


@every()
@pytest.mark.parametrize("factor", [Fraction(1, 1024), Fraction(3), Fraction(2) ** 40])
def test_the_scale_of_a_neuron_changes_nothing(instance, factor):
    factor = factor if is_exact(instance) else float(factor)
    factors = np.array([factor if k % 2 == 0 else 1 / factor for k in range(len(instance.signs))], dtype=object)
    rows, masses = numbers(instance.rows), numbers(instance.masses)
    if not is_exact(instance):
        factors = factors.astype(np.float64)
    rescaled = stored(instance, rows=rows * factors[:, None], masses=masses / factors)
    assert_same_verdicts(instance, rescaled)
    assert_same_numbers(instance, rescaled)


@every(lambda instance: not bool(instance.bias))  # with a bias the lifted coordinate has a unit
@pytest.mark.parametrize("factor", [2, 16])
def test_units_of_bias_free_data_do_not_matter(instance, factor):
    """x -> s x with g -> s g and a -> a / s^2; statements that compare norms with the dimension are left out."""
    masses = numbers(instance.masses) / (Fraction(factor**2) if is_exact(instance) else float(factor**2))
    if instance.points is None:
        data = {"gram": exact_array(fractions_of(instance.gram) * factor**2)}
    else:
        data = {"points": instance.points * factor}
    scaled = stored(instance, masses=masses, **data)
    chosen = [s for s in STATEMENTS if "d" not in _named(s)]
    before, after = judged(instance, chosen), judged(scaled, chosen)
    for name, verdict in before.items():
        assert type(after[name]) is type(verdict), f"{name}: {verdict} became {after[name]}"
        if isinstance(verdict, Holds) and verdict.rigor == Rigor.EXACT:
            assert after[name].relative_slack == pytest.approx(verdict.relative_slack, rel=1e-12, abs=1e-300)
    area = 1.0 / factor**2
    assert_same_numbers(
        instance, scaled, factors={"multiplier_sq": area, "own": area, "cross": area, "radius_sq": 1 / area}
    )


def test_a_dead_neuron_changes_no_function():
    """Merged networks have no dead neurons; a raw one may, and is then no longer the robust network by the letter."""
    net = build.robust_network(build.orthogonal_data(build.split_labels(2, 2), 4, bias=True), "1/4")
    width = net.points.shape[1]
    dead = replace(
        net,
        weights=np.vstack([net.weights, np.zeros((1, width), dtype=np.int64)]),
        biases=exact_array([*net.biases.tolist(), "0"]),
        outputs=exact_array([*net.outputs.tolist(), "0"]),
    )
    assert values(dead, "radius_sq").tolist() == values(net, "radius_sq").tolist() == [2.0] * 4
    assert measure(dead)["radius_sq"].rigor == Rigor.EXACT
    assert measure(dead)["robust_network_defect"].value == 1


def test_the_instances_cover_exact_boxed_and_float_points():
    points = [measure(make()).subject.point for make in INSTANCES.values()]
    kinds = [(point.kind, point.proved) for point in points]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        ("rational", True): 6,
        ("rational", False): 1,
        ("ball", True): 3,
        ("float", False): 1,
    }
    words = {type(v).__name__ for make in INSTANCES.values() for v in judged(make()).values()}
    assert words == {"Holds", "Refuted", "HypothesisFailed", "Undecided", "Unsupported"}
