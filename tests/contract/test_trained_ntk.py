"""Finite nets and their kernels against closed forms, autograd and differences; statistics against planted effects."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import stats

from constructions.instance import Draw, InvalidInstance
from constructions.ntk_features import Architecture, KernelPredictor, TransferInstance, descended, spectrum, tasks
from constructions.ntk_features import run_statistics as statistics
from constructions.ntk_features.runs import EarlyRuns, EigenspacePair, FeatureRuns, KernelPaths, TransferRuns
from constructions.trained.ntk_features import paths, plans, results, run, transfer
from constructions.trained.ntk_features.descent import Attack, attacked, descend
from constructions.trained.ntk_features.empirical import (
    as_function,
    as_parameters,
    empirical_kernel,
    jacobian_bytes,
    one_layer_kernel,
)
from constructions.trained.ntk_features.evolution import Follower, arrival
from constructions.trained.ntk_features.networks import (
    Centred,
    Network,
    backward,
    forward,
    outputs,
    parameter_gradient,
    start,
)
from theorems.conjectures import ntk_features_runs
from theorems.ntk_features import trained
from theorems.statement import judge
from verifiers.ntk_features import measure
from verifiers.ntk_features.quantities_runs import numbers
from verifiers.verdict import Holds, HypothesisFailed, Refuted, Unsupported

CPU = torch.device("cpu")
FLOAT = torch.float64


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def some_points(count: int, inputs: int, seed: int = 0) -> torch.Tensor:
    return torch.rand((count, inputs), dtype=FLOAT, generator=torch.Generator().manual_seed(seed))


# ------------------------------------------------------------------ networks


@pytest.mark.parametrize("hidden", [(), (5,), (6, 4)])
def test_gradients_are_those_of_autograd(hidden):
    network = Network(3, hidden, divisor=2.0, bias_variance=0.3)
    parameters = [p.requires_grad_(True) for p in start(network, [4, 9])]
    points = some_points(7, 3).expand(2, 7, 3).clone().requires_grad_(True)
    slopes = torch.linspace(-1, 1, 14, dtype=FLOAT).reshape(2, 7)
    expected = torch.autograd.grad((slopes * outputs(network, parameters, points)).sum(), [*parameters, points])
    with torch.no_grad():
        passed = forward(network, parameters, points)
        found = [*parameter_gradient(network, parameters, passed, slopes),
                 backward(network, parameters, passed, slopes, "points")]  # fmt: skip
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-14)


def test_a_net_is_the_formula_written_out():
    network = Network(2, (3,), weight_variance=1.5, bias_variance=0.25, divisor=4.0)
    parameters = start(network, [0])
    (W, b, u, c), x = [p[0].numpy() for p in parameters], np.array([0.3, -0.7])
    hidden = np.maximum(math.sqrt(1.5 / 4) * W @ x + 0.5 * b, 0)
    expected = math.sqrt(1.5 / 3) * u @ hidden + 0.5 * c
    assert outputs(network, parameters, torch.tensor(x)[None])[0, 0].item() == pytest.approx(expected[0], rel=1e-14)


def test_the_net_of_a_seed_does_not_depend_on_the_others():
    network = Network(3, (5,), scale=0.5)
    alone, among = start(network, [7]), start(network, [1, 7, 2])
    assert all(torch.equal(a[0], b[1]) for a, b in zip(alone, among, strict=True))
    assert torch.equal(start(replace(network, scale=1.0), [7])[0] / 2, alone[0])


# ------------------------------------------------------------------ empirical kernels


def test_three_ways_to_the_empirical_kernel_agree():
    """Closed form, Jacobians in blocks of one point, and central differences in every parameter."""
    network = Network(3, (4,), bias_variance=0.2)
    parameters, points = start(network, [0, 5]), some_points(6, 3)
    closed = one_layer_kernel(network, parameters, points)[1].numpy()
    memory = 2 * jacobian_bytes(1, network.parameter_count)
    blocks = empirical_kernel(as_function(network), as_parameters(parameters, 1), points, memory=memory).numpy()
    columns, step = [], 1e-6
    for position, entry in enumerate(parameters):
        for index in range(entry[1].numel()):
            values = []
            for sign in (1, -1):
                moved = [p.clone() for p in parameters]
                moved[position][1].reshape(-1)[index] += sign * step
                values.append(outputs(network, moved, points)[1])
            columns.append((values[0] - values[1]) / (2 * step))
    jacobian = torch.stack(columns, dim=1).numpy()
    assert len(columns) == network.parameter_count
    assert np.allclose(closed, jacobian @ jacobian.T, rtol=0, atol=1e-8)
    assert np.allclose(closed, blocks, rtol=0, atol=1e-13)


def test_blocks_do_not_change_the_kernel_of_a_deeper_net_with_several_outputs():
    def function(parameters, point):
        return torch.stack([torch.tanh(parameters["a"] @ point).sum(), (parameters["b"] * point).prod()])

    own = {"a": some_points(4, 3, 1), "b": some_points(1, 3, 2)[0]}
    first, second = some_points(5, 3), some_points(3, 3, 3)
    whole = empirical_kernel(function, own, first, second)
    assert whole.shape == (10, 6)
    assert torch.allclose(whole, empirical_kernel(function, own, first, second, memory=700), rtol=0, atol=1e-14)
    square = empirical_kernel(function, own, first, memory=700)
    assert torch.allclose(square, empirical_kernel(function, own, first, first), rtol=0, atol=1e-14)
    with pytest.raises(InvalidInstance, match="takes 240 bytes, twice"):
        empirical_kernel(function, own, first, memory=100)


def test_the_empirical_kernel_is_the_ntk_on_average():
    """Exact in the mean but for the share of the hidden layer: E over starts at any width equals the limit at L = 1."""
    network, points = Network(3, (64,), bias_variance=0.1), some_points(4, 3) - 0.5
    kernels = one_layer_kernel(network, start(network, range(2000)), points).numpy()
    limit = Architecture(1, 3.0, 2.0, 0.1).kernel(points.numpy())
    error = kernels.std(axis=0, ddof=1) / math.sqrt(len(kernels))
    assert (np.abs(kernels.mean(axis=0) - limit) < 4.5 * error).all() and (error < 0.02 * np.abs(limit).max()).all()


# ------------------------------------------------------------------ descent


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_heavy_ball_on_a_linear_net_is_the_law_of_the_kernel(momentum):
    """A net without hidden layers is linear in its parameters: the time-matched predictor is exact, at new points as
    well, and without momentum the residual along v_i is (1 - rate lam_i)^t."""
    network, points = Network(3, (), bias_variance=0.2), some_points(5, 3)
    labels, steps, rate = torch.tensor([1.0, -1, -1, 1, 1], dtype=FLOAT), 40, 0.05
    initial = start(network, [2, 3])
    nets = Centred(network, descend(network, initial, points, labels, steps, rate, momentum), initial)
    architecture = Architecture(0, 3.0, 2.0, 0.2)
    kernel = architecture.kernel(points.numpy())
    alpha = descended(kernel, labels.numpy(), rate, steps, momentum)
    new = some_points(4, 3, 8)
    expected = KernelPredictor(points.numpy(), alpha, architecture)(new.numpy())
    assert np.allclose(nets.values(new).numpy(), expected, rtol=0, atol=1e-12)
    if momentum == 0:
        values, vectors = np.linalg.eigh(kernel)
        left = (labels - nets.values(points)).numpy() @ vectors
        assert np.allclose(left, (1 - rate * values) ** steps * (labels.numpy() @ vectors), rtol=0, atol=1e-12)


def test_wide_nets_approach_the_predictor_of_their_time_and_not_the_interpolant():
    points = some_points(8, 4)
    labels = torch.sign(points[:, 0] - points[:, 1])
    architecture = Architecture(1, 4.0, 2.0, 0.01)
    kernel = architecture.kernel(points.numpy())
    rate, new = 0.3 / np.linalg.eigvalsh(kernel)[-1], some_points(20, 4, 5)
    alpha = descended(kernel, labels.numpy(), rate, 60, 0.9)
    timed, full = (KernelPredictor(points.numpy(), a, architecture)(new.numpy())
                   for a in (alpha, np.linalg.solve(kernel, labels.numpy())))  # fmt: skip
    gaps = []
    for width in (64, 4096):
        network = Network(4, (width,))
        initial = start(network, range(4))
        nets = Centred(network, descend(network, initial, points, labels, 60, rate, 0.9), initial)
        gaps.append([float(np.sqrt(np.mean((nets.values(new).numpy() - model) ** 2))) for model in (timed, full)])
    assert gaps[1][0] < 0.35 * gaps[0][0], "64 times the width: the gap falls about eightfold"
    assert gaps[1][0] < 0.6 * gaps[1][1], "the interpolant is not where a net of this time is"


def test_an_attack_on_a_linear_net_takes_the_dual_norm_and_stays_in_its_box():
    network = Network(3, (), bias_variance=0.2)
    model = Centred(network, start(network, [0, 1]))
    points, labels = some_points(6, 3), torch.tensor([1.0, -1, 1, -1, 1, -1], dtype=FLOAT)
    values, slopes = model.slopes(points)
    for attack in (Attack(0.2), Attack(0.2, 8)):
        moved = attacked(model, points, labels, attack)
        drop = labels * (values - model.values(moved))
        assert torch.allclose(drop, 0.2 * slopes.abs().sum(dim=2), rtol=0, atol=1e-14)
    boxed = attacked(model, points, labels, Attack(0.9, 8, (0.0, 1.0)))
    assert boxed.min() >= 0 and boxed.max() <= 1 and (boxed - points).abs().max() <= 0.9 + 1e-15
    assert (labels * model.values(boxed) <= labels * values).all()


def test_adversarial_descent_trains_on_the_attacked_points():
    """One step on a linear net, by hand: the gradient of the loss at the perturbed points."""
    network, points = Network(2, (), bias_variance=0.5), some_points(3, 2) * 0.4 + 0.3
    labels, initial = torch.tensor([1.0, -1, 1], dtype=FLOAT), start(network, [3])
    found = descend(network, initial, points, labels, 1, 0.1, centred=False, attack=Attack(0.05))
    weights, bias = initial[0][0, 0].numpy(), initial[1][0, 0].item()
    moved = points.numpy() - 0.05 * labels.numpy()[:, None] * np.sign(weights)
    residual = moved @ weights + math.sqrt(0.5) * bias - labels.numpy()
    assert np.allclose(found[0][0, 0].numpy(), weights - 0.1 * residual @ moved, rtol=0, atol=1e-14)


# ------------------------------------------------------------------ kernels through training


def test_a_follower_measures_what_a_direct_computation_does():
    generator = np.random.default_rng(0)
    factors = generator.standard_normal((3, 2, 30, 25))
    kernels = factors @ factors.transpose(0, 1, 3, 2)
    follower = Follower()
    for step, kernel in enumerate(kernels):
        follower.see(10 * step, torch.tensor(kernel))
    table = follower.table()
    columns = {name: np.array(column) for name, column in table["columns"].items()}
    projector = np.eye(30) - 1 / 30
    first, last = kernels[0, 1], kernels[2, 1]

    def distance(one, other):
        return 1 - np.sum(one * other) / np.linalg.norm(one) / np.linalg.norm(other)

    def top(kernel):
        values, vectors = np.linalg.eigh(kernel)
        return vectors[:, -20:] @ np.diag(values[-20:]) @ vectors[:, -20:].T

    assert columns["distance raw"][2, 1] == pytest.approx(distance(first, last), rel=1e-12)
    assert columns["distance top"][2, 1] == pytest.approx(distance(top(first), top(last)), rel=1e-12)
    assert columns["distance centred"][2, 1] == pytest.approx(
        distance(projector @ first @ projector, projector @ last @ projector), rel=1e-12)
    assert columns["radius"][1, 1] == pytest.approx(
        np.linalg.norm(kernels[1, 1] - first) / np.linalg.norm(last - first), rel=1e-12)
    values = np.linalg.eigvalsh(last)
    assert columns["concentration 10"][2, 1] == pytest.approx((values[-10:] ** 2).sum() / (values**2).sum(), rel=1e-12)
    assert columns["trace share 10"][2, 1] == pytest.approx(values[-10:].sum() / np.trace(last), rel=1e-12)
    assert columns["angle"][2, 1] == pytest.approx(math.acos(1 - distance(first, last)), rel=1e-9)
    assert columns["growth"][2, 1] == pytest.approx(np.linalg.norm(last) / np.linalg.norm(first), rel=1e-12)
    assert table["steps"] == [0, 10, 20] and (columns["distance raw"][0] == pytest.approx(0, abs=1e-14))


def test_arrival_is_the_first_time_at_four_fifths():
    distances = np.array([[0, 0, 0], [0.7, 0.9, 0], [0.8, 0.85, 0], [1, 1, 0]])
    assert arrival([0, 5, 10, 15], distances).tolist() == [10, 5, 0]


# ------------------------------------------------------------------ statistics


def test_exact_tests_are_those_of_scipy():
    assert float(statistics.binomial_tail(9, 12, Fraction(1, 3))) == pytest.approx(stats.binom.sf(8, 12, 1 / 3))
    assert float(statistics.sign_test(9, 1)) == pytest.approx(stats.binomtest(9, 10, alternative="greater").pvalue)
    assert float(statistics.mcnemar(2, 9)) == pytest.approx(stats.binomtest(2, 11).pvalue)
    assert statistics.sign_test(0, 0) == 1 and statistics.mcnemar(3, 3) == 1
    generator = np.random.default_rng(1)
    for count in (5, 40):
        first, second = generator.integers(0, 6, count), generator.integers(0, 6, count)
        expected = stats.spearmanr(first, second, alternative="greater")
        found = statistics.root(statistics.spearman(first, second))
        assert found == pytest.approx(expected.statistic, rel=1e-12)
        assert statistics.spearman_p(found, count) == pytest.approx(expected.pvalue, rel=1e-9)


def test_the_trend_is_the_correlation_of_single_trials():
    """z^2 of Cochran and Armitage is N r^2, r the correlation of scores and outcomes over all N trials."""
    successes, trials, scores = [3, 5, 9], [10, 12, 11], [4, 6, 8]
    outcome = np.concatenate([np.arange(n) < s for s, n in zip(successes, trials, strict=True)]).astype(float)
    score = np.repeat(scores, trials)
    expected = 33 * np.corrcoef(outcome, score)[0, 1] ** 2
    assert float(statistics.cochran_armitage(successes, trials, scores)) == pytest.approx(expected, rel=1e-12)
    assert float(statistics.cochran_armitage(successes[::-1], trials[::-1], scores)) < 0
    assert statistics.cochran_armitage([10, 12, 11], trials, scores) == 0
    with pytest.raises(ValueError, match="successes"):
        statistics.cochran_armitage([11], [10], [1])


def test_a_rank_needs_a_number():
    with pytest.raises(ValueError, match="NaN has no rank"):
        statistics.spearman([1.0, float("nan")], [1.0, 2.0])


# ------------------------------------------------------------------ statements on planted records


def said(statement, instance):
    return judge(statement, Draw(instance, "trained", "planted")).verdict


def transfer_record(shares, points=150, nets=3, noise=0.05):
    """Nets fooled at the given share of points by width."""
    generator = np.random.default_rng(0)
    fooled = np.array([generator.random((nets, points)) < share for share in shares])
    return TransferRuns(widths=[16 * 4**i for i in range(len(shares))], kernel_fooled=np.ones(points, dtype=bool),
                        net_fooled=fooled, noise_fooled=generator.random(fooled.shape) < noise)  # fmt: skip


def test_transfer_holds_where_it_is_planted_and_fails_where_it_is_not():
    statement = trained.perturbations_transfer
    assert isinstance(said(statement, transfer_record([0.8, 0.9, 0.96, 0.99])), Holds)
    flat = said(statement, transfer_record([0.95, 0.95, 0.95, 0.95]))
    assert isinstance(flat, Refuted) and flat.conclusion in ("a trend in the width, z = 2", "point by point")
    falling = said(statement, transfer_record([0.99, 0.97, 0.94, 0.8]))
    assert isinstance(falling, Refuted)
    noisy = said(statement, transfer_record([0.8, 0.9, 0.96, 0.99], noise=0.9))
    assert isinstance(noisy, Refuted) and noisy.conclusion == "more than by random signs"
    assert isinstance(said(statement, transfer_record([0.8, 0.9, 0.99], points=20)), HypothesisFailed)
    nowhere = replace(transfer_record([0.8, 0.9]), kernel_fooled=np.zeros(150, dtype=bool))
    assert isinstance(said(statement, nowhere), HypothesisFailed)
    assert isinstance(said(statement, transfer_record([0.8, 0.9, 0.99])), Unsupported), "no width of 1024"


def test_transfer_rates_count_the_points_that_fool_the_kernel_alone():
    fooled = np.array([[[1, 0, 1, 0]], [[1, 1, 0, 1]]], dtype=bool)
    record = TransferRuns(widths=[16, 1024], kernel_fooled=[True, True, False, False], net_fooled=fooled,
                          noise_fooled=~fooled)  # fmt: skip
    found = numbers(record)
    assert found["transfer_rate"] == [Fraction(1, 2), 1] and found["wide_noise_rate"] == 0
    assert found["transfer_points_p"] == Fraction(1, 2) and found["fooled_points"] == 2


def feature_record(order=1, count=40, points=400, best=0.5):
    """Robust rates that fall (order 1) or rise (order -1) with the rank; the last is right at share `best`."""
    generator = np.random.default_rng(3)
    labels = np.where(np.arange(points) % 2, 1, -1)
    right = np.array([(np.arange(points) + generator.integers(2)) % 4 < 2 for _ in range(count)])
    right[-1] = np.arange(points) < best * points
    kept = np.linspace(0.9, 0.02, count)[:: order]
    robust = right & (np.array([generator.permutation(points) for _ in range(count)]) < kept[:, None] * points)
    robust[-1] = False
    return FeatureRuns(eigenvalues=np.linspace(2, 1, count), right=right, robust=robust, labels=labels)


def test_the_order_of_robustness_is_seen_and_its_reverse_refuted():
    statement = trained.robust_features_first
    assert isinstance(said(statement, feature_record()), Holds)
    assert isinstance(said(statement, feature_record(order=-1)), Refuted)
    assert isinstance(said(statement, feature_record(count=20)), HypothesisFailed)


def test_useful_non_robust_features_need_more_than_chance_and_random_labels_have_none():
    statement, control = trained.non_robust_features_are_useful, trained.random_labels_have_no_useful_feature
    for best, useful in ((0.51, False), (0.9, True)):
        record = feature_record(best=best, points=1200)
        coins = replace(record, random_labels=True)
        assert isinstance(said(statement, record), Holds if useful else Refuted)
        assert isinstance(said(control, coins), Refuted if useful else Holds)
        for other, wrong in ((statement, coins), (control, record), (statement, feature_record(best=best))):
            assert isinstance(said(other, wrong), HypothesisFailed)
    tail = stats.binom.sf(359, 400, 0.5)
    assert float(numbers(feature_record(best=0.9))["non_robust_useful_p"]) == pytest.approx(40 * tail, rel=1e-9, abs=0)


def test_features_of_constant_sign_are_left_out_of_the_ranking():
    record = feature_record()
    right = record.right.copy()
    right[0] = record.labels > 0
    assert numbers(replace(record, right=right))["ranked_features"] == numbers(record)["ranked_features"] - 1


def test_eigenspaces_agree_with_themselves_and_not_with_random_ones():
    generator = np.random.default_rng(0)
    first, second = (np.linalg.qr(generator.standard_normal((120, 20)))[0] for _ in range(2))
    same, other = EigenspacePair(first, first[:, np.arange(20)] * -1), EigenspacePair(first, second)
    assert isinstance(said(trained.features_agree, same), Holds)
    assert isinstance(said(trained.features_agree, other), Refuted)
    found = numbers(other)["eigenspace_overlap"]
    expected = [((first[:, :k].T @ second[:, :k]) ** 2).sum() / k for k in (2, 5, 10, 20)]
    assert [float(entry) for entry in found] == pytest.approx(expected, rel=1e-12)
    assert numbers(other)["eigenspace_p"] > Fraction(1, 50)


def test_an_order_of_learning_that_is_shuffled_is_refuted():
    generator = np.random.default_rng(0)
    law = np.linspace(0, 1, 80)[None]
    noisy = law + 0.05 * generator.standard_normal((1, 80))
    record = EarlyRuns(width=1024, energies=np.full(80, 1 / 80), law=law, measured=noisy[:, None])
    assert isinstance(said(trained.learned_in_order, record), Holds)
    shuffled = replace(record, measured=generator.permutation(noisy[0])[None, None])
    assert isinstance(said(trained.learned_in_order, shuffled), Refuted)
    assert isinstance(said(trained.learned_in_order, replace(record, width=256)), HypothesisFailed)
    assert numbers(replace(record, energies=np.r_[np.full(40, 1e-5), np.full(40, 0.02)]))["followed_features"] == 40


def path_record(earlier=8, up=True, accuracy=0.9):
    """Kernels of adversarial training that arrive earlier than those of standard training in so many of ten pairs."""
    steps = np.arange(0, 50, 10)
    early, late = np.array([0, 0.9, 0.95, 1, 1]), np.array([0, 0.1, 0.2, 0.9, 1])
    middle = np.array([0, 0.3, 0.9, 1, 1])
    adversarial = np.array([early if pair < earlier else late for pair in range(10)]).T
    flat, rising = np.full((5, 10), 0.5), np.linspace(0.5, 0.6, 5)[:, None].repeat(10, axis=1)
    return KernelPaths(
        attack_radius=0.1, steps=steps, standard_distance=middle[:, None].repeat(10, axis=1),
        adversarial_distance=adversarial, standard_concentration=flat,
        adversarial_concentration=rising if up else flat - np.arange(5)[:, None] / 100,
        standard_trace_share=flat, adversarial_trace_share=rising if up else flat - np.arange(5)[:, None] / 100,
        standard_accuracy=np.full(10, accuracy), adversarial_accuracy=np.full(10, accuracy))  # fmt: skip


def test_planted_laziness_and_concentration_are_seen_and_their_absence_refuted():
    found = numbers(path_record(earlier=9))
    assert (found["earlier_pairs"], found["later_pairs"]) == (9, 1)
    assert float(found["earlier_p"]) == pytest.approx(stats.binomtest(9, 10, alternative="greater").pvalue)
    assert isinstance(said(ntk_features_runs.lazy_earlier, path_record(earlier=9)), Holds)
    assert isinstance(said(ntk_features_runs.lazy_earlier, path_record(earlier=2)), Refuted)
    assert isinstance(said(ntk_features_runs.lazy_earlier, path_record(accuracy=0.7)), HypothesisFailed)
    for statement in (ntk_features_runs.spectrum_concentrates, ntk_features_runs.less_spread):
        assert isinstance(said(statement, path_record()), Holds)
        assert isinstance(said(statement, path_record(up=False)), Refuted)


def test_arrivals_in_rationals_are_those_in_floats():
    record = path_record(earlier=4)
    floats = arrival(record.steps.tolist(), record.adversarial_distance)
    standard = arrival(record.steps.tolist(), record.standard_distance)
    found = numbers(record)
    assert (found["earlier_pairs"], found["later_pairs"]) == ((floats < standard).sum(), (floats > standard).sum())


@pytest.mark.parametrize(("record", "change"), [
    (transfer_record([0.8, 0.9]), {"widths": [16, 48]}),
    (transfer_record([0.8, 0.9]), {"widths": [64, 16]}),
    (transfer_record([0.8, 0.9]), {"kernel_fooled": np.ones(7, dtype=bool)}),
    (feature_record(), {"eigenvalues": np.linspace(1, 2, 40)}),
    (feature_record(), {"labels": np.zeros(400, dtype=int)}),
    (path_record(), {"steps": np.zeros(5, dtype=int)}),
    (path_record(), {"standard_distance": np.full((5, 10), np.nan)}),
    (path_record(), {"adversarial_accuracy": np.ones(3)}),
])  # fmt: skip
def test_records_that_describe_no_run_are_refused(record, change):
    with pytest.raises(InvalidInstance):
        replace(record, **change)


def test_a_record_is_measured_for_what_it_is():
    verdict = said(trained.learned_in_order, path_record())
    assert isinstance(verdict, Unsupported) and "still to learn" in verdict.reason
    with pytest.raises(KeyError):
        measure(path_record())["no_such_quantity"]


# ------------------------------------------------------------------ tasks and the run


def test_tasks_have_their_labels_and_disjoint_splits():
    task = tasks.load(tasks.THREES, 3, 250)
    assert len(task.points) == 250 and len(task.test_points) == 107 and task.points.max() == 1
    assert set(np.unique(task.labels)) == {-1.0, 1.0}
    seen = {tuple(row) for row in task.points}
    assert not any(tuple(row) in seen for row in task.test_points)
    again, other = tasks.load(tasks.THREES, 3, 250), tasks.load(tasks.THREES, 4, 250)
    assert np.array_equal(task.points, again.points) and not np.array_equal(task.points, other.points)
    with pytest.raises(InvalidInstance, match="357 digits; train on fewer"):
        tasks.load(tasks.THREES, 0, 400)
    with pytest.raises(InvalidInstance, match="no task 'cats'"):
        tasks.load("cats", 0, 10)


def test_aeroplanes_and_cars_come_from_the_users_files(tmp_path, monkeypatch):
    generator = np.random.default_rng(0)
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        rows = generator.integers(0, 256, (20, 3073), dtype=np.uint8)
        rows[:, 0] = np.arange(20) % 10
        (tmp_path / f"{name}.bin").write_bytes(rows.tobytes())
    monkeypatch.setenv("THINMARGIN_CIFAR10", str(tmp_path))
    task = tasks.load(tasks.CARS, 0, 12, 4)
    assert task.points.shape == (12, 3072) and len(task.test_labels) == 4 and 0 <= task.points.min() <= 1
    assert set(np.unique(task.labels)) == {-1.0, 1.0}
    assert any(k.task == tasks.CARS for k in plans.plan("paper", CPU).spectra)
    found = spectrum.spectrum(tasks.CARS, 12, 4, 1, 0, radius=8 / 255, clip=True)
    assert len(found["ranks"]) == 12 and len(found["labels"]) == 4
    monkeypatch.delenv("THINMARGIN_CIFAR10")
    with pytest.raises(InvalidInstance, match="set THINMARGIN_CIFAR10"):
        tasks.load(tasks.CARS, 0, 12)


def test_the_attack_on_a_feature_is_on_this_feature():
    """Robust rates of a feature by hand: its own gradient, its own sign."""
    found = spectrum.spectrum(tasks.THREES, 60, 50, 1, 0)
    task = tasks.load(tasks.THREES, 0, 60, 50)
    architecture = spectrum.kernel_of(task.points, 1)
    values, vectors = np.linalg.eigh(architecture.kernel(task.points))
    feature = KernelPredictor(task.points, vectors[:, -3] * (vectors[:, -3] @ task.labels) / values[-3], architecture)
    step = 1e-6 * np.eye(64)
    slopes = np.array([(feature(task.test_points + e) - feature(task.test_points - e)) / 2e-6 for e in step]).T
    moved = task.test_points - 0.1 * task.test_labels[:, None] * np.sign(np.where(np.abs(slopes) < 1e-9, 0, slopes))
    right = feature(task.test_points) * task.test_labels > 0
    assert found["right"][2] == right.astype(int).tolist()
    robust = right & (feature(moved) * task.test_labels > 0)
    assert np.mean(found["robust"][2]) == pytest.approx(np.mean(robust), abs=0.02)


TINY = plans.Plan(
    spectra=(plans.Kernels(tasks.THREES, 60, 40, 1),), truncated=(plans.Kernels(tasks.THREES, 40, 30, 1, splits=2),),
    deep=(plans.Kernels(tasks.THREES, 40, 30, 3, splits=2),), spaces=(plans.Kernels(tasks.THREES, 60, 1, 1),),
    transfers=(transfer.Transfer(tasks.THREES, 40, 30, (4, 16, 64), 2, 20),),
    early=(transfer.Early(tasks.THREES, 40, (8,), 2, (5, 20)),),
    paths=(paths.Paths(tasks.THREES, 30, 30, 8, 3, 20, 0.05, records=5),
           paths.Paths(tasks.THREES, 30, 30, 4, 2, 10, 0.05, depth=2, records=2)),
)  # fmt: skip


def test_a_run_gives_tables_figures_and_records_and_resumes(tmp_path, monkeypatch):
    from reports.figures import svg
    from reports.training import measurement

    monkeypatch.setattr(plans, "SMALL", TINY)
    state = tmp_path / "checkpoint.json"
    partial = run.train("small", budget=0.0, certified=numbers, state=state)
    assert len(partial.skipped) > 10 and not partial.draws
    result = run.train("small", certified=numbers, state=state)
    assert not result.skipped and {type(draw.instance) for draw in result.draws} == {
        TransferRuns, FeatureRuns, EigenspacePair, EarlyRuns, KernelPaths, TransferInstance}  # fmt: skip
    names = [table["name"] for table in result.tables]
    assert len(set(names)) == len(names) and names[0] == "ntk_findings"
    claims = {row[0].split()[0] for row in result.tables[0]["rows"]}
    assert {f"Q{number}" for number in range(1, 8)} <= claims
    drawn = [svg(found, found["name"]) for table in result.tables if (found := measurement(table))["figure"]]
    assert len(drawn) > 10

    def never(*_, **__):
        raise AssertionError("done before")

    for module, name in ((spectrum, "spectrum"), (transfer, "run_width"), (paths, "run_adversarial")):
        monkeypatch.setattr(module, name, never)
    again = run.train("small", certified=numbers, state=state)
    assert repr(again.tables) == repr(result.tables)
    assert [d.instance for d in again.draws] == [d.instance for d in result.draws]
    assert "findings" not in run.train("small", state=state).tables[0]["name"], "nothing is found without a verifier"
    assert "radius 0.05" in run.settings("small", "cpu", 0)["configuration"]
    with pytest.raises(InvalidInstance, match="scale 'huge' is unknown"):
        run.train("huge")


def test_pairs_of_runs_have_their_own_data_and_equal_starts():
    plan = TINY.paths[0]
    standard, adversarial = paths.run_standard(plan, 0, CPU), paths.run_adversarial(plan, 0, CPU)
    shares = [np.array(entry["clean"]["columns"]["trace share 10"])[0] for entry in (standard, adversarial)]
    assert np.array_equal(*shares) and len(set(shares[0])) == 3
    assert standard["moved"] is None and standard["clean"]["steps"] == [0, 4, 8, 12, 16, 20]
    alone = paths.run_standard(replace(plan, seeds=1), 0, CPU)
    assert np.array(alone["clean"]["columns"]["distance raw"])[-1, 0] == pytest.approx(
        np.array(standard["clean"]["columns"]["distance raw"])[-1, 0], rel=1e-9)


# ------------------------------------------------------------------ reference numbers


@pytest.mark.slow
def test_truncation_dips_between_few_features_and_all_of_them():
    """Reference (one split): k = 2, 50, 100, 250 gave .748, .542, .505, .636 at l_inf .1; splits of 107 points scatter
    by .05 each."""
    rows = [spectrum.truncation(tasks.THREES, 250, None, 1, seed) for seed in range(7)]
    robust = np.mean([[row[3] for row in split if row[0] == "first k features"] for split in rows], axis=0)
    clean = np.mean([[row[2] for row in split if row[0] == "first k features"] for split in rows], axis=0)
    for position, expected in ((0, 0.748), (4, 0.542), (5, 0.505), (6, 0.636)):
        assert robust[position] == pytest.approx(expected, abs=0.1)
    assert robust[6] - robust[5] > 0.05 and clean[-1] > 0.98


@pytest.mark.slow
def test_transfer_and_gradients_come_with_width_as_in_the_reference_run():
    """Reference: cosines .629, .865, .932 and rates .941, .993, .997 at widths 16, 256, 1024, 1500 steps;
    three narrow nets scatter by a tenth."""
    plan = transfer.Transfer(tasks.THREES, 250, None, (16, 256, 1024), 3, 1500)
    for width, cosine, rate in ((16, 0.629, 0.941), (256, 0.865, 0.993), (1024, 0.932, 0.997)):
        found = transfer.run_width(plan, width, 0, CPU)
        fooled = np.array(found["fooled"], dtype=bool)[:, np.array(found["kernel_fooled"], dtype=bool)]
        assert np.mean(found["cosine"]) == pytest.approx(cosine, abs=0.12 if width == 16 else 0.04)
        assert fooled.mean() == pytest.approx(rate, abs=0.1 if width == 16 else 0.03)
        assert max(found["mcnemar"]) < 1e-6 and min(found["clean"]) > 0.95


@pytest.mark.slow
def test_adversarial_training_that_fits_arrives_later_and_ends_less_spread():
    """Thirty pairs at radius .08: centred arrival 0 earlier, 29 later; c_20 and the trace share larger in 30."""
    plan = paths.Paths(tasks.HALVES, 200, None, 64, 30, 400, 0.08, records=20)
    found = numbers(results.path_instance(
        plan, paths.run_standard(plan, 0, CPU), paths.run_adversarial(plan, 0, CPU), "centred"))
    assert found["later_pairs"] >= 25 and found["concentrated_pairs"] >= 27 and found["risen_runs"] <= 3
    assert found["fitted_accuracy"] > Fraction(9, 10)
