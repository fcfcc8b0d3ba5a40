"""Training for feature purification: steps against other methods, stacked runs, invariances, failures, the recipe."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from constructions.feature_purification import SparseLaw, haar_orthogonal, initial_bias, smoothed_relu
from constructions.feature_purification.laws import Sample
from constructions.instance import InvalidInstance, NoInstance
from constructions.trained.feature_purification import Recipe, attacked, train, train_network, train_runs
from constructions.trained.feature_purification import descent as descents
from constructions.trained.feature_purification.descent import (
    biases_of,
    fast_gradient,
    gate_gradient,
    margins_under,
    outputs_of,
    projected,
    smoothed,
    start_weights,
    steepest,
)
from constructions.trained.feature_purification.experiments import (
    KEPT,
    STARTS,
    Collapse,
    Pairs,
    predicted_radius,
    run_collapse,
    run_pairs,
    stream,
)
from constructions.trained.feature_purification.run import plan, settings

LAW = SparseLaw.of("light", 24, 5)
CPU = torch.device("cpu")


def network(seed=0, width=12):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn((width, LAW.d), generator=generator, dtype=torch.float64)
    sample = LAW.sample(16, np.random.default_rng(seed))
    return weights, torch.tensor(sample.points), torch.tensor(sample.labels, dtype=torch.float64), generator


def begin(runs, width=10, law=LAW, size=0.1):
    generator = torch.Generator().manual_seed(5)
    return size * torch.randn((runs, width, law.d), generator=generator, dtype=torch.float64)


def streams(count):
    return [np.random.default_rng(100 + number) for number in range(count)]


# ------------------------------------------------------------------------------------------------------------ one step


def test_the_gate_gradient_is_the_gradient_of_the_network():
    weights, points, _, _ = network()
    biases = biases_of(weights, 0.2, 5.0)
    points.requires_grad_(True)
    (expected,) = torch.autograd.grad(outputs_of(weights, biases, points).sum(), points)
    assert torch.allclose(gate_gradient(weights, biases, points.detach()), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_one_step_of_training_is_the_gradient_of_the_logistic_loss_with_the_bias_held(smoothing):
    weights, _, _, _ = network()
    recipe = Recipe(steps=1, rate=0.5, batch=16, smoothing=smoothing)
    after = train_network(LAW, weights, recipe, np.random.default_rng(3))
    sample = LAW.sample(16, np.random.default_rng(3))
    points, labels = torch.tensor(sample.points), torch.tensor(sample.labels, dtype=torch.float64)
    free, biases = weights.clone().requires_grad_(True), biases_of(weights, 0.2, 5.0)
    if smoothing:
        normal, deviation = torch.distributions.Normal(0.0, 1.0), smoothing * biases
        outputs = torch.zeros(16, dtype=torch.float64)
        for sign in (1, -1):
            gap = sign * points @ free.T - biases
            outputs = outputs + sign * (gap * normal.cdf(gap / deviation)
                                        + deviation * normal.log_prob(gap / deviation).exp()).sum(dim=1)  # fmt: skip
    else:
        outputs = outputs_of(free, biases, points)
    loss = torch.nn.functional.softplus(-labels * outputs).mean()
    (gradient,) = torch.autograd.grad(loss, free)
    assert torch.allclose(after, weights - 0.5 * (gradient + recipe.decay * weights))


def test_the_closed_form_of_the_noise_is_its_mean():
    """Against the same formula in numpy, and against the average over drawn noise."""
    heights = torch.linspace(-1, 1, 9, dtype=torch.float64)[:, None]
    biases, deviations = torch.tensor([0.3], dtype=torch.float64), torch.tensor([0.2], dtype=torch.float64)
    value, slope = smoothed(heights, biases, deviations)
    closed = smoothed_relu(heights.numpy(), 0.3, 0.2) - smoothed_relu(-heights.numpy(), 0.3, 0.2)
    assert np.allclose(value.numpy(), closed)
    noise = 0.2 * np.random.default_rng(0).normal(size=400_000)
    for height, found in zip(heights[:, 0].tolist(), value[:, 0].tolist(), strict=True):
        shifted = height + noise, -height + noise
        drawn = np.mean(np.maximum(shifted[0] - 0.3, 0)) - np.mean(np.maximum(shifted[1] - 0.3, 0))
        assert found == pytest.approx(drawn, abs=2e-3)
    step = 1e-6
    numeric = (smoothed(heights + step, biases, deviations)[0] - smoothed(heights - step, biases, deviations)[0]) / 2
    assert torch.allclose(slope, numeric / step, atol=1e-6)


def by_hand(law, weights, recipe, own, k=5.0):
    """The recipe in numpy, one sample at a time: FGM in l2 or l_inf, ramp, decay, held biases."""
    weights, size = weights.copy(), recipe.batch
    for step in range(recipe.steps):
        sample = law.sample(size, own)
        biases = [recipe.kappa * math.sqrt(sum(w * w)) / math.sqrt(k) for w in weights]
        radius = recipe.radius * min(1.0, step / (0.4 * recipe.steps))
        change = np.zeros_like(weights)
        for x, y in zip(sample.points, sample.labels, strict=True):
            gradient = sum((w for w, b in zip(weights, biases, strict=True) if abs(w @ x) > b), np.zeros(law.d))
            along = np.sign(gradient) if recipe.norm == 0 else gradient / max(np.linalg.norm(gradient), 1e-12)
            x = x - radius * y * along
            value = sum(max(w @ x - b, 0) - max(-(w @ x) - b, 0) for w, b in zip(weights, biases, strict=True))
            pull = y / (1 + math.exp(y * value)) / size
            for row, (w, b) in enumerate(zip(weights, biases, strict=True)):
                change[row] += pull * x * (abs(w @ x) > b)
        done = step / recipe.steps
        rate = recipe.rate * (0.1 if done >= 0.9 else 0.3 if done >= 0.7 else 1)
        weights = weights + rate * (change - recipe.decay * weights)
    return weights


@pytest.mark.parametrize("norm, radius", [(2, 0.0), (2, 0.4), (0, 0.05)])
def test_a_run_is_the_recipe_written_out(norm, radius):
    recipe = Recipe(steps=10, radius=radius, batch=8, norm=norm)
    start = begin(1)[0]
    found = train_network(LAW, start, recipe, np.random.default_rng(1))
    expected = by_hand(LAW, start.numpy(), recipe, np.random.default_rng(1))
    assert np.allclose(found.numpy(), expected, atol=1e-12)
    assert not np.allclose(expected, start.numpy(), atol=1e-3), "the test moves the weights"


# ------------------------------------------------------------------------------------------------------------- stacks


@pytest.mark.parametrize(
    "common",
    [{}, {"norm": 0}, {"inner": 3}, {"smoothing": 0.4}, {"bias": "absolute"}],
    ids=["l2", "l_inf", "projected", "smoothed", "absolute"],
)
def test_stacked_runs_are_the_runs_one_by_one(common):
    """Each with a radius, kappa, ramp and rate of its own, and not in the order of the single runs."""
    base = Recipe(steps=30, batch=16, **common)
    own = [{"kappa": 0.1}, {"radius": 0.2, "kappa": 0.3}, {"radius": 0.1, "ramp": 0, "rate": 0.5}]
    recipes = [replace(base, **change) for change in own]
    start = begin(3)
    stacked = train_runs(LAW, start, recipes, streams(3)).weights
    for run in (2, 0, 1):
        single = train_runs(LAW, start[run : run + 1], [recipes[run]], [streams(3)[run]]).weights[0]
        assert torch.allclose(stacked[run], single, atol=1e-12)
    assert not torch.allclose(stacked[0], stacked[1], atol=1e-3)


def test_recipes_that_do_not_stack_are_refused():
    for other in (Recipe(20), Recipe(10, batch=8), Recipe(10, norm=0), Recipe(10, inner=1), Recipe(10, smoothing=0.1)):
        with pytest.raises(InvalidInstance, match="agree in steps"):
            train_runs(LAW, begin(2), [Recipe(10), other], streams(2))
    with pytest.raises(InvalidInstance, match="1 streams"):
        train_runs(LAW, begin(2), [Recipe(10)] * 2, streams(1))


def test_the_radius_grows_over_a_thousand_steps_of_the_reference_recipe_and_rates_fall():
    recipe = Recipe(steps=2500, radius=0.25)
    assert [recipe.radius_at(step) for step in (0, 500, 1000, 2499)] == pytest.approx([0, 0.125, 0.25, 0.25])
    assert replace(recipe, ramp=0).radius_at(0) == 0.25 and replace(recipe, ramp=2).radius_at(1) == 0.125
    assert [recipe.rate_at(step) for step in (0, 1749, 1750, 2250)] == pytest.approx([2, 2, 0.6, 0.2])


def test_projected_gradients_stay_in_the_ball_and_raise_the_loss_that_one_step_raises():
    weights, points, labels, _ = network()
    for norm, radius in ((2, 0.3), (0, 0.05)):
        biases = biases_of(weights, 0.2, 5.0)
        one = fast_gradient(weights, biases, points, labels, radius, norm)
        sizes = one.abs().amax(dim=1) if norm == 0 else one.norm(dim=1)
        assert torch.allclose(sizes, torch.full((16,), radius, dtype=torch.float64))
        far = projected(10 * one, radius, norm)
        sizes = far.abs().amax(dim=1) if norm == 0 else far.norm(dim=1)
        assert torch.all(sizes <= radius * (1 + 1e-12))
        recipe = Recipe(1, radius=radius, norm=norm, inner=4)
        machine = descents._Descent(LAW, [recipe], weights[None])
        at = (weights[None], biases[None], points[None], labels[None])
        delta = machine._attack(*at, torch.tensor(radius, dtype=torch.float64))[0]
        sizes = delta.abs().amax(dim=1) if norm == 0 else delta.norm(dim=1)
        assert torch.all(sizes <= radius * (1 + 1e-12)) and torch.all(sizes > 0)
        clean, under = (labels * outputs_of(weights, biases, points + move) for move in (0 * delta, delta))
        assert under.mean() < clean.mean()


def test_absolute_biases_start_at_the_schedule_of_the_paper_grow_with_the_weights_and_stop():
    start = begin(1, width=4000, size=0.1 / math.sqrt(LAW.d))
    machine = descents._Descent(LAW, [Recipe(1, bias="absolute")], start)
    first = float(machine.biases(start)[0, 0])
    assert first == pytest.approx(initial_bias(LAW.d, 0.1 / math.sqrt(LAW.d), 0.5, 1.0))
    assert float(machine.biases(1.5 * start)[0, 0]) == pytest.approx(1.5 * first)
    assert float(machine.biases(start)[0, 0]) == pytest.approx(1.5 * first), "it never falls"
    assert float(machine.biases(100 * start)[0, 0]) == pytest.approx(0.2 / math.sqrt(5))


# --------------------------------------------------------------------------------------------------------- invariance


class Turned:
    """Rows x D M^T of the rows x of a law, labels unchanged."""

    def __init__(self, law, matrix):
        self.law, self.matrix, self.k = law, matrix, law.k

    def sample(self, count, generator):
        found = self.law.sample(count, generator)
        return Sample(found.points @ self.matrix, found.labels, found.codes)


def turned_apart(norm, steps=50):
    """Largest difference of W M D and the run with M = I, w* = 1 for a Haar M and random signs D."""
    own = np.random.default_rng(2)
    matrix, signs = haar_orthogonal(LAW.d, own), np.diag(np.where(own.random(LAW.d) < 0.5, -1.0, 1.0))
    start = begin(1)[0].float()
    recipe = Recipe(steps, radius=0.2 if norm == 2 else 0.04, batch=64, norm=norm)
    there = torch.tensor(signs @ matrix.T, dtype=torch.float32)
    turned = train_network(Turned(LAW, signs @ matrix.T), start @ there, recipe, np.random.default_rng(4))
    plain = train_network(LAW, start, recipe, np.random.default_rng(4))
    assert float((plain - start).abs().max()) > 0.1
    return float((turned @ there.T - plain).abs().max())


def test_neither_the_dictionary_nor_the_direction_matters_in_l2():
    assert turned_apart(2) < 1e-4


def test_the_dictionary_matters_in_l_inf():
    assert turned_apart(0) > 1e-2


# ----------------------------------------------------------------------------------------------------------- failures


def shut(rate, share, steps=200):
    """A recipe whose gates are all closed, so that weight decay alone leaves `share` of the norm."""
    decay = (1 - share ** (1 / steps)) / rate
    return Recipe(steps, kappa=50.0, rate=rate, decay=decay, batch=4)


@pytest.fixture
def level(monkeypatch):
    """Rates without a schedule, so that the norm that decay leaves is known exactly."""
    monkeypatch.setattr(Recipe, "rate_at", lambda self, step: self.rate)


def test_weights_collapse_below_three_tenths_of_their_start_and_not_above(level):
    found = train_runs(LAW, begin(2), [shut(1.0, 0.29), shut(1.0, 0.31)], streams(2))
    assert found.status == ("collapsed", "dead") and found.steps == (200, 200)
    assert found.shrink == pytest.approx((0.29, 0.31), rel=1e-6)


def test_a_run_that_fails_leaves_the_others_as_they_are(level):
    healthy = replace(shut(1.0, 0.5), kappa=0.2)
    broken = shut(1.0, 0.01)
    start = begin(3)
    found = train_runs(LAW, start, [broken, healthy, replace(healthy, rate=math.inf)], streams(3))
    assert found.status == ("collapsed", "trained", "diverged") and found.steps == (100, 200, 100)
    alone = train_runs(LAW, start[1:2], [healthy], [streams(3)[1]])
    assert torch.equal(found.weights[1], alone.weights[0])
    assert torch.allclose(found.weights[0], start[0] * 0.1, rtol=1e-6), "as it was when it was given up"


def test_dead_weights_are_given_up():
    """A bias above every height closes all gates, and weight decay alone is left."""
    with pytest.raises(NoInstance, match="collapsed"):
        train_network(LAW, torch.randn((8, LAW.d)), Recipe(steps=200, kappa=50.0, decay=0.05), np.random.default_rng(0))


def test_a_warm_start_is_measured_against_itself():
    """Norms that fall from a large start to an ordinary size are no collapse."""
    start = 3 * begin(1)
    found = train_runs(LAW, start, [Recipe(100, radius=0.2, batch=32)], streams(1))
    assert found.status == ("trained",)


def test_unknown_scales_are_refused():
    with pytest.raises(InvalidInstance, match="small, paper or frontier"):
        train("huge")


# -------------------------------------------------------------------------------------------------- attacks, and parts


def test_attacks_use_their_radius_and_only_help_the_attacker():
    weights, points, labels, generator = network()
    biases = biases_of(weights, 0.2, 5.0)
    clean = labels * outputs_of(weights, biases, points)
    margins = [attacked(weights, biases, points, labels, radius, 20, generator) for radius in (0.0, 0.1, 0.3)]
    assert torch.allclose(margins[0], clean) and torch.all(margins[1] <= clean)
    assert margins[2].mean() < margins[1].mean()
    lipschitz = torch.linalg.matrix_norm(weights, 2) * len(weights) ** 0.5
    assert torch.all(margins[2] >= clean - 0.3 * lipschitz), "no attack leaves the ball"


def test_the_best_attack_is_no_worse_than_the_dense_direction_and_one_step():
    weights, points, labels, generator = network()
    biases = biases_of(weights, 0.2, 5.0)
    for norm, radius in ((2, 0.3), (0, 0.05)):
        dense, one_step, best = margins_under(weights, biases, points, labels, radius, 10, generator, norm)
        along = radius * labels[:, None] * steepest(torch.ones_like(points), norm)
        assert torch.allclose(dense, labels * outputs_of(weights, biases, points - along))
        assert torch.all(best <= torch.minimum(dense, one_step))


def test_starting_weights_have_the_stated_size():
    weights = start_weights(LAW, 4000, Recipe(1), torch.Generator().manual_seed(0))
    assert float(weights.std()) == pytest.approx(0.1 / LAW.d**0.5, rel=0.02)


def test_the_predicted_radius_of_open_gates_is_the_mean_margin_along_the_dense_direction():
    """E|sum z|/sqrt(d), with E|S|/sqrt(k) = 1.65923 at d = 256, k = 5, margin .99."""
    law = SparseLaw.of("light", 256, 5)
    sample = law.sample(15_000, np.random.default_rng(0))
    points, labels = torch.tensor(sample.points), torch.tensor(sample.labels, dtype=torch.float64)
    weights = start_weights(law, 64, Recipe(1), torch.Generator().manual_seed(0)).double()
    assert predicted_radius(weights, 0.0, 5.0, points, labels) == pytest.approx(1.65923 / 16, rel=0.02)


# --------------------------------------------------------------------------------------------------------- experiments

TINY = Pairs(16, 3, 0.2, 2, clean=60, adversarial=60, radius=0.1, radii=(0.1,), points=50, attack=4)


def test_pairs_do_not_depend_on_what_they_are_stacked_with():
    together = run_pairs(TINY, [0, 1], CPU, lambda _: None)
    alone = run_pairs(TINY, [1], CPU, lambda _: None)
    assert list(together[1]["networks"]) == list(STARTS)
    for name in STARTS:
        first, second = (np.array(entry["networks"][name]["weights"]) * KEPT for entry in (together[1], alone[0]))
        assert np.allclose(first, second, atol=1e-4)
        assert together[1]["networks"][name]["accuracies"][0][0] == 0.0
    cube = run_pairs(replace(TINY, norm=0, radius=0.02), [0], CPU, lambda _: None)
    assert list(cube[0]["networks"]) == list(STARTS[:2])


def test_no_two_parts_of_an_experiment_share_a_stream():
    parts = [("a", STARTS[0]), ("a", STARTS[1]), ("a", "evaluation"), ("b", STARTS[0])]
    drawn = [stream(seed, *part).random() for seed in (0, 1) for part in parts]
    assert len(set(drawn)) == len(drawn) and stream(0, *parts[0]).random() == drawn[0]


def test_the_grid_of_failures_has_every_cell_and_a_collapse_in_it():
    """At a radius far above what is predicted, from scratch and without a ramp, nothing is gained."""
    grid = Collapse(64, 5, 1, 100, (0.05, 0.3), (0.1,))
    found = run_collapse(grid, [0], CPU, lambda _: None, stack=3)
    assert [(e["radius"], e["ramp"]) for e in found] == [(0.05, False), (0.05, True), (0.3, False), (0.3, True)]
    status = {(e["radius"], e["ramp"]): e["status"] for e in found}
    assert status[0.05, False] == status[0.05, True] == "trained" and status[0.3, False] == "collapsed"
    assert all(0 < e["predicted"] < 1 for e in found)


def test_the_plan_of_a_gpu_has_more_seeds_and_larger_dimensions():
    small, paper = plan("small", CPU), plan("paper", CPU)
    large = plan("paper", torch.device("cuda"))
    assert {p.d for p in paper.pairs} == {64, 128, 256} and max(p.d for p in large.pairs) == 512
    assert large.pairs[0].seeds == 8 * paper.pairs[0].seeds and max(p.d for p in small.pairs) == 64
    told = settings("paper", "cpu", 3)
    assert "d = 128, k = 5, kappa = 0.2, l2: 3 seeds from 3" in told["configuration"] and "0.0003" in told["recipe"]


@pytest.mark.slow
def test_the_recipe_breaks_the_clean_network_and_not_the_adversarially_trained_ones():
    """Reference run at d = 64: clean .32 at radius .2, adversarially trained .999; mixtures .691 and .0188."""
    result = train("small")
    tables = {table["name"]: table for table in result.tables}
    best = {(row[1], row[3]): row[-1] for row in tables["purification_attacks"]["rows"] if "l2" in row[0]}
    assert best["clean", 0.0] >= 0.99 and 0.2 <= best["clean", 0.2] <= 0.45
    assert best["adversarial, from scratch", 0.2] >= 0.97 and len(result.draws) == 5
    mixture = {row[1]: row[4] for row in tables["purification_measures"]["rows"]
               if row[2] == "mixture_median" and "l2" in row[0]}  # fmt: skip
    assert mixture["clean"] == pytest.approx(0.691, rel=0.05)
    assert mixture["adversarial, from scratch"] == pytest.approx(0.0188, rel=0.15)
    assert {draw.instance.trained_radius[()] for draw in result.draws} <= {"0", "1/4", "1/25"}
    assert Fraction(str(result.draws[1].instance.kappa)) == Fraction(1, 5)
