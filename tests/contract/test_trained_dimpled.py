"""The dimpled manifold experiment: first steps in closed form, invariance bit by bit, radii against enumeration,
attacks in closed form, events against planted runs, pictures of known boundaries, a whole run in small."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import stats

from constructions.dimpled_manifold import NetworkInstance, runs
from constructions.image_files import MNIST_FOLDER
from constructions.instance import InvalidInstance, NoInstance
from constructions.trained.dimpled_manifold import checks, data, findings, panels, plans, run, surfaces, tables, train
from constructions.trained.dimpled_manifold.adversarial import Versions, deepened, identity, mislabelled
from constructions.trained.dimpled_manifold.descent import Inner, Recipe, attacked, fit, gradients, normal_factor
from constructions.trained.dimpled_manifold.nets import (
    Architecture,
    head_slopes,
    input_slopes,
    padded,
    preactivations,
    scores,
    started,
)
from constructions.trained.dimpled_manifold.phases import (
    completed,
    late,
    log_spaced,
    looked_at,
    off_phases,
    phases,
    start,
    until_margin,
)
from constructions.trained.dimpled_manifold.radii import broken
from verifiers.dimpled_manifold import measure
from verifiers.dimpled_manifold.radii import attack_radius

CPU = torch.device("cpu")


def net_of(weights, outputs, biases=None):
    """One net as a batch."""
    arrays = {"W": weights, "u": outputs} | ({} if biases is None else {"b": biases})
    return {name: torch.tensor(array, dtype=torch.float64)[None] for name, array in arrays.items()}


def batch(points):
    return torch.tensor(points, dtype=torch.float64)[None]


def small(steps=60, width=24, codimension=8, count=16, **more):
    task = plans.three_eight(4, codimension, count, width, steps)
    return replace(task, measured=8, recipe=replace(task.recipe, **more))


# training


def test_the_first_step_is_the_closed_form():
    """dL/dw_i = -(1/n) sum_j sigma(-y_j N_j) y_j u_i 1{z_ij > 0} x_j, by loops."""
    own = np.random.default_rng(0)
    weights, outputs = own.standard_normal((5, 3)), own.choice([-1.0, 1.0], 5)
    points, labels = own.standard_normal((4, 3)), own.choice([-1.0, 1.0], 4)
    found = fit(net_of(weights, outputs), batch(points), batch(labels), Recipe(1, 0.3))["W"][0].numpy()
    expected = weights.copy()
    for x, y in zip(points, labels, strict=True):
        value = sum(u * max(w @ x, 0.0) for u, w in zip(outputs, weights, strict=True))
        for i in range(5):
            if weights[i] @ x > 0:
                expected[i] += 0.3 / 4 * y * outputs[i] * x / (1 + math.exp(y * value))
    assert found == pytest.approx(expected, abs=1e-14)


def test_slopes_of_deep_nets_are_those_of_automatic_differentiation():
    begun = start(replace(small(), net=Architecture(9, depth=4, bias=True)), 0, 0, 2, 0, CPU)
    points = padded(begun.points, 12).requires_grad_(True)
    value = scores(begun.whole, points)
    (expected,) = torch.autograd.grad(value.sum(), points)
    values, slopes = input_slopes(begun.whole, points.detach())
    assert torch.allclose(values, value) and torch.allclose(slopes, expected, atol=1e-12)


def test_a_net_does_not_depend_on_what_it_is_trained_beside():
    task = small()
    together = start(task, 5, 1, 4, 0, CPU)
    alone = start(task, 5, 1, 1, 2, CPU)
    assert torch.equal(alone.whole["W"][0], together.whole["W"][2]) and torch.equal(alone.points[0], together.points[2])
    both = fit(together.plane, together.points, together.labels, task.recipe)["W"][2]
    own = fit(alone.plane, alone.points, alone.labels, task.recipe)["W"][0]
    assert torch.allclose(both, own, atol=1e-10)


def test_the_factor_of_the_normal_block_is_that_of_the_method():
    assert normal_factor(Recipe(500, 0.1, decay=0.01)) == pytest.approx(0.606378944861, abs=1e-12)  # 0.999^500
    assert normal_factor(Recipe(1000, 0.05, decay=0.01)) == pytest.approx(0.606454822840, abs=1e-12)  # 0.9995^1000
    assert normal_factor(Recipe(7, 0.1, method="nesterov")) == 1.0
    step = np.array([[1 - 0.1 * 0.3, 0.9], [-0.1 * 0.3, 0.9]])  # heavy ball as a linear map of (place, speed)
    expected = (np.linalg.matrix_power(step, 20) @ [1.0, 0.0])[0]
    assert normal_factor(Recipe(20, 0.1, "heavy ball", decay=0.3)) == pytest.approx(expected, abs=1e-14)
    with pytest.raises(InvalidInstance, match="Adam does not scale"):
        normal_factor(Recipe(1, 0.1, "adam"))


def test_training_on_the_plane_keeps_the_normal_block_and_does_not_see_it():
    rows = checks.invariance(small(steps=25, count=10), 0, 6, 2, CPU)
    aligned = [row for row in rows if row[1] == "aligned" and row[5] is not None]
    assert {row[2] for row in aligned} == {2, 3} and len(aligned) == 12
    for method, _, _, drift, beyond, blind in aligned:
        assert blind is True, method
        assert drift == 0.0 if "decay" not in method else beyond < 1e-12 < drift
    rotated = {row[0]: row[3] for row in rows if row[1] == "rotated"}
    assert rotated["gd"] < 1e-12 and rotated["heavy ball"] < 1e-12 and rotated["adam"] > 1e-2
    assert [row[3] for row in rows if row[0] == "adam" and row[1] == "aligned"] == [0.0]


def test_points_that_leave_the_plane_are_seen_by_the_check():
    task = small(steps=5)
    begun = start(task, 0, 6, 1, 0, CPU)
    points = padded(begun.points, task.d)
    points[0, 0, -1] = 1e-3
    after = fit(begun.whole, points, begun.labels, task.recipe)
    assert checks.drift(begun.whole, after, task.p, 1.0) > 0


def test_training_that_diverges_is_refused():
    begun = start(small(), 0, 1, 1, 0, CPU)
    with pytest.raises(InvalidInstance, match="smaller one"):
        fit(begun.plane, begun.points, begun.labels, Recipe(500, 1e4, decay=1.0))


def test_positive_margins_can_be_lost_again_on_the_way():
    """Gradient flow of two neurons, in small steps written out: all margins start positive, one is lost for a while,
    and is won again; descent follows the flow."""
    angle = 0.3
    points = np.array([[1.0, 0.0]] * 10 + [[math.cos(angle), math.sin(angle)]])
    labels = np.array([1.0] * 10 + [-1.0])
    second = np.array([-0.3, 1.5])
    weights = np.array([[0.05, 0.0], 0.06 / (second @ points[-1]) * second])
    outputs = np.array([1.0, -1.0])

    own, expected = weights.copy(), []
    for step in range(1, 5001):
        pre = points @ own.T
        pull = labels / (1 + np.exp(labels * (np.maximum(pre, 0) @ outputs)))
        own += 2e-4 * outputs[:, None] * (((pre > 0) * pull[:, None]).T @ points)
        if step in (100, 5000):
            expected.append(labels[-1] * (np.maximum(points @ own.T, 0) @ outputs)[-1])
    begun = net_of(weights, outputs)
    found = []

    def last(_, net):
        found.append(float(labels[-1] * scores(net, batch(points))[0, -1]))

    on_the_way = fit(begun, batch(points), batch(labels), Recipe(100, 0.11), last, (2, 100))
    fit(on_the_way, batch(points), batch(labels), Recipe(500, 1.1), last, (500,))
    assert float((batch(labels) * scores(begun, batch(points))).min()) > 0
    assert found[:2] == pytest.approx(expected, abs=0.02)
    assert found[1] < -0.1 and found[2] > 0


# radii

ORACLE = ([[1.0, 0.3, 0.4], [0.5, -0.6, 0.8]], [1.0, -0.5])


def test_the_radius_of_a_net_solved_by_hand():
    """N(e_1) = 3/4, normal gradient (3/5, 0), r_off = 5/4; dividing the normal block by 4 multiplies it by 4."""
    weights, outputs = np.array(ORACLE[0]), ORACLE[1]
    point = batch([[1.0, 0.0, 0.0]])
    found = broken(net_of(weights, outputs), point, slice(1, 3))
    assert float(found.radii) == pytest.approx(1.25, rel=1e-7)
    assert found.perturbations[0, 0].tolist() == pytest.approx([-1.25, 0.0], abs=1e-5)
    weights[:, 1:] /= 4
    assert float(broken(net_of(weights, outputs), point, slice(1, 3)).radii) == pytest.approx(5.0, rel=1e-7)


def test_every_perturbation_flips_and_is_no_shorter_than_the_exact_radius():
    task = small(steps=200, width=8, codimension=5, count=12)
    begun = start(task, 3, 1, 2, 0, CPU)
    whole = completed(fit(begun.plane, begun.points, begun.labels, task.recipe), begun, 1.0)
    points = padded(begun.points, task.d)[:, :6]
    sign = scores(whole, points).sign()
    for part, name in ((slice(4, 9), "off"), (slice(0, 4), "on"), (slice(0, 9), "full")):
        found = broken(whole, points, part)
        moved = points.clone()
        moved[:, :, part] += found.perturbations
        finite = found.radii.isfinite()
        assert bool((sign * scores(whole, moved) <= 1e-9)[finite].all())
        assert found.perturbations.norm(dim=2)[finite].tolist() == pytest.approx(found.radii[finite].tolist())
        ratios = []
        for b in range(2):
            instance = NetworkInstance(
                weights=whole["W"][b].numpy(), outputs=whole["u"][b].numpy(), points=points[b].numpy(),
                labels=sign[b].numpy(), codimension=5,
            )  # fmt: skip
            closeness = measure(instance)[f"{name}_closeness"]  # 1/r^2, enclosed by enumeration of activation patterns
            crossed = closeness.upper > 0  # elsewhere no perturbation changes the sign
            own, exact = found.radii[b].numpy(), 1 / np.sqrt(closeness.upper[crossed])
            assert np.all(np.isinf(own[~crossed])) and np.all(own[crossed] >= exact * (1 - 1e-8))
            ratios += (own[crossed] / exact).tolist()
        assert len(ratios) >= 10 and np.median(ratios) < 1.02 and np.quantile(ratios, 0.8) < 1.1, (name, ratios)


def test_radii_agree_with_the_attack_of_the_verifier():
    task = small(steps=150, width=48, codimension=20, count=30)
    begun = start(task, 1, 1, 1, 0, CPU)
    whole = completed(fit(begun.plane, begun.points, begun.labels, task.recipe), begun, 1.0)
    points = padded(begun.points, task.d)
    own = broken(whole, points, slice(4, 24)).radii[0].numpy()
    other = attack_radius(np.eye(24)[:, 4:], whole["W"][0].numpy(), np.zeros(48), whole["u"][0].numpy(),
                          points[0].numpy(), scores(whole, points)[0].sign().numpy())  # fmt: skip
    assert np.median(own / other) == pytest.approx(1, abs=0.03)


def test_attacks_that_begin_again_see_what_the_gradient_at_the_point_hides():
    """N = 1 - relu(z - 1): at z = 0 the gradient is 0, and the boundary is at z = 2."""
    net = net_of([[0.0, 0.0], [0.0, 1.0]], [1.0, -1.0], [1.0, -1.0])
    point, one = batch([[1.0, 0.0]]), torch.ones((1, 1, 1), dtype=torch.float64)
    assert float(broken(net, point, slice(1, 2)).radii) == math.inf
    assert float(broken(net, point, slice(1, 2), (-one,)).radii) == math.inf
    found = broken(net, point, slice(1, 2), (-one, 3 * one))
    assert float(found.radii) == pytest.approx(2, rel=1e-6) and float(found.perturbations) > 0


def test_points_without_a_boundary_are_infinitely_far_and_points_on_it_not_at_all():
    point = batch([[1.0, 0.0], [-1.0, 0.0]])
    found = broken(net_of([[1.0, 0.0]], [1.0]), point, slice(1, 2))
    assert found.radii[0].tolist() == [math.inf, 0.0] and float(found.perturbations.abs().sum()) == 0
    assert float(broken(net_of([[1.0, 1.0]], [1.0]), point[:, :1], slice(1, 2)).radii) == pytest.approx(1, rel=1e-6)


# attacks in training


def test_a_step_against_the_cube_may_enlarge_the_normal_block_and_one_against_the_ball_may_not():
    """N = w.x, w = (3, -1), P along (2, -1): z = -eps (1, -1) has <normal gradient, z> = eps/5 > 0."""
    net, x, eps = net_of([[3.0, -1.0]], [1.0]), batch([[2.0, -1.0]]), 0.25
    normal = torch.tensor([1.0, 2.0], dtype=torch.float64) / math.sqrt(5)
    slope = input_slopes(net, x)[1][0, 0]
    for norm, expected in (("linf", eps / 5), ("l2", -eps * (1 / 5) / math.sqrt(10))):
        for steps in (1, 5, *([0] if norm == "l2" else [])):
            z = attacked(net, x, torch.ones((1, 1), dtype=torch.float64), Inner(eps, steps, norm))[0, 0]
            assert float(slope @ normal) * float(z @ normal) == pytest.approx(expected, abs=1e-12)


def test_attacks_keep_to_their_ball_and_subspace():
    begun = start(small(), 2, 1, 2, 0, CPU)
    points = padded(begun.points, 12)
    for inner in (Inner(0.7, 6), Inner(0.7, 6, start=4), Inner(0.2, 4, "linf"), Inner(0.7, 0), Inner(0.7, 0, start=4)):
        z = attacked(begun.whole, points, begun.labels, inner)
        size = z.abs().amax(2) if inner.norm == "linf" else z.norm(dim=2)
        assert float(size.max()) <= inner.radius + 1e-12 and float(size.max()) > 0.9 * inner.radius
        assert float(z[..., : inner.start].abs().sum()) == 0
        before, after = (begun.labels * scores(begun.whole, p) for p in (points, points + z))
        assert float((after - before).mean()) < 0
    assert float(attacked(begun.whole, points, begun.labels, Inner(0.0)).abs().sum()) == 0


def test_the_rate_of_the_normal_block_follows_the_formula_where_attacks_are_stationary():
    task = small(width=12, count=10)
    begun = start(task, 4, 4, 1, 0, CPU)
    points = padded(begun.points, task.d)
    for inner in (Inner(0.3, 0), Inner(0.3, 0, start=task.p)):
        step = identity(begun.whole, points, begun.labels, inner, task.p, 0.05)
        assert step.kinks < 10 and step.right < 0
        assert step.left == pytest.approx(step.right, rel=1e-10)
        z = attacked(begun.whole, points, begun.labels, inner)
        flow = -gradients(begun.whole, points + z, begun.labels)["W"]
        normal = begun.whole["W"][:, :, task.p :]
        expected = 0.05 * float((normal * flow[:, :, task.p :]).sum()) + step.second
        assert step.change == pytest.approx(expected, rel=1e-9)


def test_an_attack_that_ends_on_a_kink_is_told_apart():
    """N = relu(z_1) + relu(-z_1) + relu(5 + z_2): the least point of the ball is (0, -eps), on the kink z_1 = 0."""
    net = net_of([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], [1.0, 1.0, 1.0], [0.0, 0.0, 5.0])
    step = identity(net, batch([[0.05, 0.0]]), batch([1.0]), Inner(0.5, 0), 1, 0.1)
    assert step.kinks == 1 and step.right == 0


def test_adversarial_training_deepens_and_mislabelled_training_turns_round():
    task = replace(plans.three_eight(8, 24, 24, 48, 120), measured=12)
    found = deepened(Versions(task, 0.6), 0, 3, 3, CPU)
    for name in ("l2", "l2 normal to P", "l_inf"):
        assert min(a / b for a, b in zip(found[name]["off"], found["clean"]["off"], strict=True)) > 1
        assert max(found[name]["aligned"]) < 1 and min(found[name]["normal"]) > 0.9
    assert found["clean"]["normal"] == [1.0] * 3
    students = mislabelled(plans.three_eight(8, 24, 48, 48, 120), 48, (2.0,), 0, 5, 2, CPU)
    assert min(students["on 2"]["test"]) > 0.7 and max(students["off 2"]["test"]) < 0.3
    assert min(students["off 2"]["fitted"]) > 0.9, "the wrong labels were learned"


# phases


def test_what_is_watched_is_what_whole_nets_show():
    """Training the block on P and appending the scaled normal block gives the net that whole training gives."""
    task = small(steps=40, decay=0.05)
    found = phases(task, 2, 1, 2, 0, CPU, 2)
    begun = start(task, 2, 1, 2, 0, CPU)
    whole = fit(begun.whole, padded(begun.points, task.d), begun.labels, task.recipe)
    expected = looked_at(whole, begun, task.measured)
    for name, values in expected.items():
        assert [row[-1] for row in found[name]] == pytest.approx(values, rel=1e-5), name
    quick = off_phases(task, 2, 1, 2, CPU, 2)
    assert quick["steps"] == found["steps"] and np.allclose(quick["off"], found["off"])
    assert np.allclose(quick["depth"], found["depth"]) and np.allclose(quick["accuracy"], found["accuracy"])
    assert [row[0] for row in quick["energy"]] == pytest.approx([row[-1] for row in found["energy"]])


def test_steps_are_log_spaced_and_training_stops_at_the_margin():
    assert log_spaced(1000, 3) == (0, 1, 2, 5, 10, 22, 46, 100, 215, 464, 1000)
    task = plans.zero_one(16, 32)
    begun = start(task, 0, 1, 3, 0, CPU)
    plane, stopped = until_margin(task, begun, 0.3, 5)
    least = (begun.labels * scores(plane, begun.points)).amin(1)
    assert min(stopped) > 0 and float(least.min()) >= 0.3
    for b, steps in enumerate(stopped):
        earlier = fit(begun.plane, begun.points, begun.labels, replace(task.recipe, steps=steps - 5))
        assert float((begun.labels * scores(earlier, begun.points)).amin(1)[b]) < 0.3


def test_late_radii_keep_above_the_proved_bound():
    found = late(small(steps=300, width=16, count=10), 0, 2, 3, CPU, 30)
    assert found["steps"][0] >= 30 and np.array(found["violations"]).sum() == 0
    assert np.all(np.array(found["off"]) > np.array(found["bound"]) * 0.99)


def test_normal_gradients_of_two_points_at_sixty_degrees():
    """Gates at the start: cosine 1 - theta/pi = 2/3 in the limit of width; the drawn block follows its gates."""
    own = [np.random.default_rng(1)]
    net = started(Architecture(20_000), 2, 3, own, CPU)
    points = padded(batch([[1.0, 0.0], [0.5, math.sqrt(0.75)]]), 3)
    _, gates = head_slopes(net, preactivations(net, points))
    a, b = gates[0]
    assert float(a @ b / (a.norm() * b.norm())) == pytest.approx(2 / 3, abs=0.02)
    rows = checks.universality(small(width=64, count=10), (4000,), 0, 8, CPU)["rows"]
    for _, codimension, found, predicted, most, unit, flipped in rows:
        assert abs(found - predicted) < 2 * unit and most < 6 * unit and codimension == 4000
        assert flipped >= 0.8


# data


def test_images_keep_their_inner_products_on_the_leading_directions():
    images = np.random.default_rng(0).uniform(0, 1, (20, 12)) @ np.diag(np.arange(1.0, 13))
    left, values, _ = np.linalg.svd(images, full_matrices=False)
    found = data.leading(images, 5)
    expected = left[:, :5] * values[:5]
    assert found @ found.T == pytest.approx(expected @ expected.T, abs=1e-9), "not centred"
    assert data.leading(images, 12) @ data.leading(images, 12).T == pytest.approx(images @ images.T)
    with pytest.raises(NoInstance, match="p is 13"):
        data.leading(images, 13)


def test_samples_have_one_length_and_each_net_its_own():
    images = data.digits((3, 8), 6)
    assert set(images.labels.tolist()) == {1.0, -1.0} and len(images.points) == 357
    points, labels = data.samples(images, 20, data.generators(0, 1, 3), 4.0, CPU)
    assert points.shape == (3, 20, 6) and labels.shape == (3, 20)
    assert points.norm(dim=2).flatten().tolist() == pytest.approx([4.0] * 60)
    assert not torch.equal(points[0], points[1])
    again, _ = data.samples(images, 20, data.generators(0, 1, 1, 2), 4.0, CPU)
    assert torch.equal(again[0], points[2])
    with pytest.raises(NoInstance, match="asked for 400"):
        images.sample(400, np.random.default_rng(0), 1.0)
    assert data.patches(4, 20).points.shape == (20, 4)


def test_mnist_of_the_user_becomes_two_classes(tmp_path, monkeypatch):
    assert data.user_images(3) == []
    own = np.random.default_rng(0)
    images, labels = own.integers(0, 256, (12, 28, 28), dtype=np.uint8), np.array([3, 8, 1] * 4, dtype=np.uint8)
    for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
        sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
        (tmp_path / f"train-{kind}-ubyte").write_bytes(b"\0\0\x08" + bytes([array.ndim]) + sizes + array.tobytes())
    monkeypatch.setenv(MNIST_FOLDER, str(tmp_path))
    (found,) = data.user_images(3)
    assert found.points.shape == (8, 3) and found.labels.tolist() == [1.0, -1.0] * 4 and "MNIST 3 v 8" in found.name


# events and findings


def phases_of(off, accuracy=None, depth=None, energy=None):
    off = np.array(off, dtype=float)
    full = np.ones_like(off)
    return runs.Phases(np.arange(off.shape[1]), full if accuracy is None else accuracy, off,
                       off if depth is None else depth, full if energy is None else energy, 0.75)  # fmt: skip


def test_clinging_ends_where_the_classes_are_learned():
    accuracy = np.array([[0.5, 0.8, 0.95, 1.0]] * 3 + [[0.5, 0.6, 0.7, 0.8]])
    panel = phases_of([[4, 3, 1.9, 9], [4, 3, 2.1, 1], [4, 2, 5, 6], [4, 4, 4, 1]], accuracy)
    assert runs.clinging(panel).tolist() == pytest.approx([1.9 / 4, 2.1 / 4, 0.5, 0.25])
    assert runs.EVENTS["clings"][2](panel).tolist() == [True, False, False, True], "half is not below half"


def test_growth_is_the_rank_correlation_after_the_least_radius():
    own = np.random.default_rng(0)
    values = own.standard_normal((5, 12)).round(1) + 3
    panel = phases_of(values)
    for b, found in enumerate(runs.growth(panel)):
        rest = values[b, values[b].argmin() :]
        expected = stats.spearmanr(np.arange(len(rest)), rest).statistic if len(rest) >= 3 else np.nan
        assert found == pytest.approx(expected, nan_ok=True)
    assert runs.EVENTS["dimples"][2](phases_of([[2, 1, 2, 3, 4], [1, 2, 3, 2, 1], [3, 2, 1, 0.5, 0.4]])).tolist() == [
        True, False, False]  # fmt: skip


def test_slopes_are_those_of_least_squares():
    sizes, values = np.array([3.0, 8.0, 50.0]), np.random.default_rng(1).uniform(1, 2, (4, 3))
    for row, slope, rate in zip(values, runs.log_slope(sizes, values), runs.rate(sizes, values), strict=True):
        assert slope == pytest.approx(np.polyfit(np.log(sizes), np.log(row), 1)[0])
        assert rate == pytest.approx(np.polyfit(np.log(sizes), row, 1)[0])


def test_undefined_numbers_meet_no_event():
    nothing = np.zeros((3, 4))
    steps = np.array([0, 1, 2, 3])
    shown = {
        runs.Phases: runs.Phases(steps, nothing, nothing, nothing, nothing, 0.75),
        runs.Codimensions: runs.Codimensions(steps + 1, nothing, nothing + 9),
        runs.Deepened: runs.Deepened(*[nothing[:, 0]] * 4),
        runs.Mislabelled: runs.Mislabelled(*[nothing[:, 0]] * 4),
        runs.Late: runs.Late(steps + 1, nothing, nothing),
    }
    with np.errstate(all="ignore"):
        for name, (kind, _, decide) in runs.EVENTS.items():
            assert not np.any(decide(shown[kind])) or name == "doubles", name


def test_panels_refuse_what_is_no_panel():
    good = np.ones((2, 3))
    with pytest.raises(InvalidInstance, match="increase from 0"):
        runs.Phases([1, 2, 3], good, good, good, good)
    with pytest.raises(InvalidInstance, match="2 seeds need"):
        runs.Phases([0, 1, 2], good, good[:, :2], good, good)
    with pytest.raises(InvalidInstance, match="NaN"):
        runs.Late([1, 2, 3], good * np.nan, good)
    with pytest.raises(InvalidInstance, match="three of them"):
        runs.Late([1, 2], good[:, :2], good[:, :2])
    assert runs.Deepened(*[np.ones(5)] * 4).seeds == 5


def test_probabilities_are_binomial_bounds_of_the_seeds():
    panel = runs.Deepened(np.ones(96), np.full(96, 2.0), np.ones(96), np.ones(96))
    found = measure(panel)["probability_deepens"]
    assert float(found.upper) == 1 and float(found.lower) == pytest.approx(0.25e-6 ** (1 / 96), rel=1e-4)
    assert measure(panel)["seeds"].entries[()] == 96
    half = runs.Deepened(np.ones(96), np.where(np.arange(96) < 48, 2.0, 0.5), np.ones(96), np.ones(96))
    found = measure(half)["probability_deepens"]
    assert float(found.lower) < 0.3 and 0.7 < float(found.upper) < 0.8


def test_findings_say_what_the_numbers_say():
    row = findings.typical("a", "b", [True] * 30, [0.1] * 30)
    assert row[3] == 30 and row[8] == pytest.approx(float(Fraction(4, 5) ** 30)) and row[-1] == "reproduced"
    assert findings.typical("a", "b", [True] * 8, [0.1] * 8)[-1] == "not resolved"
    assert findings.typical("a", "b", [False] * 8, [0.1] * 8)[-1] == "not reproduced"
    noise = np.random.default_rng(0).standard_normal(24)
    assert [findings.paired("a", "b", noise * 0.1 + shift, noise)[-1] for shift in (1, -1, 0)] == [
        "reproduced", "contradicted", "not resolved"]  # fmt: skip


# pictures


def sheet_net(slope, offset):
    """N = z - slope x - offset wherever it is looked at: relu(t) - relu(-t)."""
    return net_of([[-slope, 0.0, 1.0], [slope, 0.0, -1.0]], [1.0, -1.0], [-offset, offset])


def test_heights_of_a_known_boundary():
    sheet = surfaces.chessboard(7)
    found = surfaces.heights(sheet_net(0.3, 0.1), sheet)
    assert found == pytest.approx(0.3 * sheet.mesh[..., 0] + 0.1, abs=1e-12)
    assert np.isnan(surfaces.heights(sheet_net(0.0, 5.0), sheet)).all(), "out of reach"
    ball = surfaces.sphere(5)
    assert ball.normals == pytest.approx(ball.mesh) and np.linalg.norm(ball.mesh, axis=2) == pytest.approx(1)
    radial = surfaces.heights(sheet_net(0.0, 0.5), ball)  # the plane z = 1/2 along rays: (1 + h) z = 1/2
    seen = np.isfinite(radial)
    assert ((1 + radial) * ball.mesh[..., 2])[seen] == pytest.approx(0.5, abs=1e-9) and seen.any()


@pytest.mark.parametrize("name", sorted(surfaces.SHEETS))
def test_sheets_are_watched_and_become_tables(name):
    picture = plans.Picture(name, 5, Architecture(12, bias=True, scale=4.0), Recipe(4, 0.02, "heavy ball"), (0, 4))
    found = surfaces.watched(surfaces.SHEETS[name](5), picture.net, picture.recipe, picture.times, 0, 20, CPU)
    assert [panel["steps"] for panel in found["panels"]] == [0, 4]
    table = tables.sheet_table(picture, json.loads(json.dumps(found)))
    assert all(len(row) == len(table["columns"]) for row in table["rows"])


# the whole


def tiny(scale):
    task = small(steps=6, width=6, codimension=3, count=8)
    versions = Versions(task, 0.3)
    picture = plans.Picture("diagonal", 4, Architecture(8, bias=True), Recipe(3, 0.02), (0, 3))
    return plans.Plan(
        phases={plans.STANDARD: (task, 3), "three layers": (replace(task, net=Architecture(6, depth=3)), 2)},
        codimension=(replace(plans.zero_one(8, 8), recipe=Recipe(40, 0.02), measured=4), (2, 6, 20), 3), margin=0.1,
        versions=(versions, 2), identity=(task, 0.2, 2), errors=(task, 10, (1.0,), 2), bits=(task, 2),
        pairs=(task, (30,)), late=(small(steps=60, width=6, count=8), 2), pictures=(picture,), judged=versions,
        seen=task,
    )  # fmt: skip


def test_train_returns_tables_and_draws_and_resumes(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "plan", tiny)
    state = tmp_path / "state.json"
    told = []
    result = train("small", state=state, progress=lambda *steps: told.append(steps))
    names = [table["name"] for table in result.tables]
    assert names[0] == "dimpled_findings" and len(names) == len(set(names)) == 13
    for table in result.tables:
        assert all(len(row) == len(table["columns"]) for row in table["rows"]), table["name"]
        assert set(table["units"]) == set(table["columns"]), table["name"]
    claims = [row[0] for row in result.tables[0]["rows"]]
    assert len(claims) == len(set(claims)) and not any("VIOLATED" in str(row[-1]) for row in result.tables[0]["rows"])
    assert [draw.source for draw in result.draws] == ["trained"] * 3 and len(told) == 10
    monkeypatch.setattr(run.phases, "phases", lambda *_: pytest.fail("trained again"))
    again = train("small", state=state)
    assert json.dumps(again.tables) == json.dumps(result.tables), "a finished run resumes to the same tables"
    assert [draw.instance for draw in again.draws] == [draw.instance for draw in result.draws]
    assert train("small", state=tmp_path / "other.json", budget=0).skipped
    with pytest.raises(InvalidInstance, match="small or paper"):
        train("huge")


def test_plans_of_both_scales_can_be_described(monkeypatch):
    monkeypatch.delenv(MNIST_FOLDER, raising=False)
    for scale in run.SCALES:
        assert "standard: " in run.settings(scale, "cpu", 0)["configuration"]
        assert len(run._units(plans.plan(scale), CPU, 0)) > 10


def test_a_panel_is_the_same_from_the_same_seed(monkeypatch):
    monkeypatch.setattr(panels, "SEEDS", 2)
    assert panels.mislabelled_students(3) == panels.mislabelled_students(3)
    assert panels.adversarially_deepened(3) != panels.adversarially_deepened(4)


@pytest.mark.slow
def test_the_small_experiment_finds_what_was_found_before():
    """Growth of depth, deeper dimples, and the turn of mislabelled training reproduce; clinging does not."""
    result = train("small")
    found = {row[0]: row for row in result.tables[0]["rows"]}
    assert found["then it moves away"][-1] == "reproduced"
    assert found["the boundary first comes close"][-1] == "not reproduced"
    assert found["least perturbations look like noise, after training"][-1] == "not reproduced"
    assert found["adversarial training (l2, normal to P) deepens the dimples"][-1] == "reproduced"
    assert not any("VIOLATED" in str(row[-1]) for row in result.tables[0]["rows"])
