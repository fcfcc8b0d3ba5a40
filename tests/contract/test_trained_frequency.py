"""The frequency experiment: layers against direct sums, symmetries bit by bit, attacks, spectra, tables, user files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from constructions.frequency_bias import networks
from constructions.frequency_bias.transform import high_share as high_share_of
from constructions.image_files import CIFAR_FOLDER
from constructions.instance import Draw, InvalidInstance
from constructions.trained.frequency_bias import Architecture, plans, tables, train
from constructions.trained.frequency_bias.data import digits, noise_profile, photographs, tones
from constructions.trained.frequency_bias.descent import (
    attacked,
    breaking_radius,
    centroid,
    energy,
    fit,
    high_share,
    margins,
    profile,
    slopes,
)
from constructions.trained.frequency_bias.experiment import (
    Recipe,
    concentration,
    equivariant,
    layer_slack,
    measured,
    trained,
)
from constructions.trained.frequency_bias.limit import descend, early_alignment
from constructions.trained.frequency_bias.models import alternating, circular, mirrored, scores, started
from theorems.engine.library import statements
from theorems.engine.train import _judged
from verifiers.frequency_bias.margin import max_margin
from verifiers.frequency_bias.solvers import Shape

CPU = torch.device("cpu")
QUICK = Recipe(steps=20, rate=1e-2, batch=64, attack=5, points=16)
ZOO = [
    Architecture("dense", "dense", 1, 3, 8), Architecture("linear 3", "linear", 3, 2, 1),
    Architecture("linear 3, depth 3", "linear", 3, 3, 2), Architecture("conv 3", "conv", 3, 2, 4),
    Architecture("conv 5, depth 3", "conv", 5, 3, 4), Architecture("conv 8", "conv", 8, 2, 4),
    Architecture("local 3", "local", 3, 2, 4), Architecture("attention", "attention", 4, 4, 8),
]  # fmt: skip
named = pytest.mark.parametrize("model", ZOO, ids=lambda model: model.name)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def direct(signal, filters):
    """(u corr x)_m = sum_k u_k x_(m+k), by loops: (I, *grid) and (O, I, *kernel) to (O, *grid)."""
    out = np.zeros((filters.shape[0], *signal.shape[1:]))
    for o, i in np.ndindex(filters.shape[:2]):
        for tap in np.ndindex(*filters.shape[2:]):
            out[o] += filters[(o, i, *tap)] * np.roll(signal[i], tuple(-k for k in tap), tuple(range(len(tap))))
    return out


@pytest.mark.parametrize(("grid", "kernel", "inputs"), [
    ((8,), (3,), 1), ((8,), (8,), 1), ((8,), (5,), 1), ((8,), (3,), 2), ((4, 6), (2, 2), 1), ((4, 6), (4, 4), 1),
    ((4, 6), (3, 3), 2),
])  # fmt: skip
def test_convolutions_are_circular_correlations_net_by_net(grid, kernel, inputs):
    own = np.random.default_rng(0)
    signals, filters = own.standard_normal((2, 3, inputs, *grid)), own.standard_normal((2, 4, inputs, *kernel))
    found = circular(torch.tensor(signals), torch.tensor(filters)).numpy()
    for b, n in np.ndindex(2, 3):
        assert found[b, n] == pytest.approx(direct(signals[b, n], filters[b]), abs=1e-12)


@named
@pytest.mark.parametrize("grid", [(8,), (8, 8)])
def test_the_mirror_maps_scores_to_scores_where_it_should(model, grid):
    parameters = started(model, grid, 1, 2, 3, generator(), CPU)
    points = torch.randn((3, 5, 1, *grid), generator=generator(1))
    image = scores(model, mirrored(model, parameters, grid), points * alternating(grid))
    difference = float((image - scores(model, parameters, points)).abs().max())
    assert (difference < 1e-6) == (model.kind != "conv"), "only ReLU after shared filters breaks the symmetry"


def test_training_commutes_with_the_mirror_up_to_rounding_of_signs():
    """Trajectories of equivariant nets are mapped onto each other; those of ReLU convolutions are not."""
    task = tones(1.0, 2, 0, train=32, test=8)
    for model in (ZOO[0], ZOO[1], ZOO[6], ZOO[7]):
        assert equivariant(model)
        plain, image = (trained(model, task, QUICK, 5, CPU, mirror) for mirror in (False, True))
        back = mirrored(model, image, task.grid)
        for name in plain:
            assert torch.allclose(plain[name], back[name], atol=1e-5), (model.name, name)
    conv = ZOO[3]
    plain, image = (trained(conv, task, QUICK, 5, CPU, mirror) for mirror in (False, True))
    assert not torch.allclose(plain["u0"], mirrored(conv, image, task.grid)["u0"], atol=1e-3)


@named
def test_nets_of_a_batch_do_not_influence_each_other(model):
    task = tones(0.5, 3, 1, train=24, test=4)
    start = started(model, task.grid, 1, 1, 3, generator(2), CPU)
    together = fit(model, start, *task.train, 10, 1e-2, 64, generator())
    for b in range(3):
        alone = {name: value[b : b + 1] for name, value in start.items()}
        points, labels = (part[b : b + 1] for part in task.train)
        found = fit(model, alone, points, labels, 10, 1e-2, 64, generator())
        for name in found:
            assert torch.allclose(found[name][0], together[name][b], atol=1e-4)


def test_tones_have_the_stated_spectrum_and_ratio():
    task = tones(1.0, 4, 0, train=2000, test=10)
    labels = task.train[1]
    mean = (task.train[0][:, :, 0] * labels[..., None]).mean(1)
    power = torch.fft.fft(mean.double(), norm="ortho").abs().square().mean(0)
    sigma = noise_profile(1.0)
    assert sigma @ sigma / 32 == pytest.approx(1)
    for d in (2, 3, 13, 14):
        assert float(power[d]) == pytest.approx(32 * 0.55**2 / 2 * sigma[d] ** 2, rel=0.15)
    assert float(power[[0, 7, 10, 16]].max()) < 0.01
    again = tones(1.0, 2, 0, train=2000, test=10)
    assert torch.equal(again.train[0], task.train[0][:2]), "net b has the same data in every batch"
    assert float(high_share(energy(task.train[0]), (32,)).mean()) == pytest.approx(0.058, abs=0.006)


def test_digits_and_photographs_are_centred_and_split():
    own = digits(2, 0, train=100)
    assert own.train[0].shape == (2, 100, 1, 8, 8) and own.test[0].shape == (2, 1697, 1, 8, 8) and own.outputs == 10
    assert float(own.train[0].mean(1).abs().max()) < 1e-5
    pictures = photographs(1, 0, train=60, test=40, size=8)
    assert float(pictures.train[0].mean((3, 4)).abs().max()) < 1e-6 and pictures.test[0].shape == (1, 40, 1, 8, 8)


def test_spectra_sum_to_one_and_follow_the_common_convention():
    signals = torch.randn((2, 5, 1, 16), generator=generator())
    power = energy(signals)
    for part in (power, profile(power, (16,))):
        assert part.sum(1).tolist() == pytest.approx([1, 1])
    direct_share = high_share_of(signals[:, :, 0].double().numpy()).mean(1)
    assert high_share(power, (16,)).tolist() == pytest.approx(direct_share.tolist())
    wave = torch.cos(2 * torch.pi * 3 * torch.arange(16) / 16)[None, None, None]
    assert float(centroid(energy(wave), (16,))) == pytest.approx(3 / 8, abs=1e-6)
    mirror = energy(wave * alternating((16,)))
    assert float(high_share(mirror, (16,))) == pytest.approx(1 - float(high_share(energy(wave), (16,))), abs=1e-6)
    assert energy(torch.zeros((1, 2, 1, 8))).sum() == 0


def test_attacks_stay_within_their_radius_and_reach_the_closed_form_on_linear_nets():
    model = Architecture("linear", "linear", 1, 2, 1)
    parameters = started(model, (16,), 1, 1, 3, generator(), CPU)
    points = torch.randn((3, 40, 1, 16), generator=generator(1))
    labels = scores(model, parameters, points)[..., 0].sign()
    values, gradient = slopes(model, parameters, points, labels)
    radius = torch.full((3,), 0.3)
    for norm, dual in (("l2", gradient[:, :, 0].norm(dim=2)), ("linf", gradient[:, :, 0].abs().sum(2))):
        delta, worst = attacked(model, parameters, points, labels, radius, norm, 10)
        size = delta[:, :, 0].norm(dim=2) if norm == "l2" else delta.abs().amax((2, 3))
        assert float(size.max()) <= 0.3 + 1e-6
        assert torch.allclose(worst, values - 0.3 * dual, atol=1e-5)
        found = breaking_radius(model, parameters, points, labels, norm)
        _, broken = attacked(model, parameters, points, labels, found, norm, 10)
        assert all(0.4 <= share <= 0.6 for share in (broken > 0).float().mean(1).tolist())


def test_margins_of_several_classes_subtract_the_best_other_score():
    values = torch.tensor([[[1.0, 3.0, 2.0], [1.0, 3.0, 2.0]]])
    assert margins(values, torch.tensor([[1, 0]])).tolist() == [[1.0, -2.0]]


def test_gain_inequality_and_reach_bound_hold_in_every_layer():
    model = Architecture("conv 3, depth 3", "conv", 3, 3, 4)
    parameters = started(model, (16,), 1, 1, 2, generator(3), CPU)
    points, labels = torch.randn((2, 6, 1, 16), generator=generator(4)), torch.ones((2, 6))
    rows = layer_slack(model, parameters, points, labels)
    assert [row["reach"] for row in rows] == [3, 5]
    for row in rows:
        assert 0 < row["gain mean"] <= row["gain most"] <= 1 + 1e-6
        assert 0 < row["unit"] <= row["bound"] + 1e-9
    linear = Architecture("linear", "linear", 3, 2, 1)
    (row,) = layer_slack(linear, started(linear, (16,), 1, 1, 2, generator(), CPU), points, labels)
    assert row["gain mean"] == pytest.approx(1, abs=1e-6), "one filter without gates: equality"


def test_concentration_matches_reference_numbers():
    for entry, value in (((32, 3, 9), 0.717081046498), ((64, 9, 9), 0.882594811647), ((32, 5, 3), 0.445576)):
        assert concentration(*entry) == pytest.approx(value, abs=1e-6)
    assert concentration(32, 1, 5) == pytest.approx(5 / 32)


def test_descent_of_linear_nets_approaches_the_certified_optimum():
    own = np.random.default_rng(1)
    points, labels = own.standard_normal((10, 32)), np.sign(own.standard_normal(10))
    taps = [1, 3, 32]
    signed = np.repeat((points * labels[:, None])[None], 3, axis=0)
    path = descend(signed, taps, 2, 2, (100, 1000, 3000), generator())
    for b, kernel in enumerate(taps):
        best = max_margin(points, labels, Shape.of(32, kernel))
        ratios = path.costs[:, b] / best.lower
        assert ratios.min() >= 1 - 1e-9 and ratios[-1] < 1.04 and ratios[-1] < ratios[0]
        assert path.predictors[-1, b] @ best.predictor[0] / np.linalg.norm(best.predictor[0]) > 0.9
    assert np.all(path.filters[1, :, 0, 3:] == 0) and np.all(path.filters[0, :, 0, 1:] == 0)


def test_early_alignment_of_a_local_net():
    """At vanishing init the first filter aligns with the top eigenvector of the correlations of the class mean."""
    own = np.random.default_rng(2)
    signed = own.standard_normal((20, 32)) * np.sign(own.standard_normal(20))[:, None]
    large, small, tiny = early_alignment(signed, 5, (1e-1, 1e-2, 1e-4), generator(1))
    assert large[0] < small[0] < tiny[0] and tiny[0] > 0.995 and tiny[1] > 0.995


def test_a_unit_is_complete_and_its_net_is_an_instance(tmp_path):
    task = tones(1.0, 2, 0, train=32, test=24)
    found = measured(ZOO[3], task, QUICK, 0, CPU)
    assert len(found["high gradient"]) == 2 and np.array(found["profile l2"]).shape == (2, 17)
    assert found["layers"][0]["layer"] == 1 and np.array(found["net"]["filters"]).shape == (4, 3)
    control = measured(ZOO[3], task, QUICK, 0, CPU, mirror=True)
    assert "layers" not in control and len(control["high gradient"]) == 2


def test_paired_tests_resolve_and_do_not_resolve():
    own = np.random.default_rng(0)
    noise = own.standard_normal(24)
    assert tables.tested(noise * 0.1 + 1)[-1] == "reproduced" and tables.tested(noise * 0.1 - 1)[-1] == "contradicted"
    assert tables.tested(noise)[-1] == "not resolved" and tables.tested(np.array([1.0]))[-1].startswith("too few")
    assert tables.tested(np.zeros(5))[-1] == "no difference"
    assert np.isnan(tables.tested(np.array([]))[1])


def fake(high, accuracy=1.0, nets=12):
    values = [high + 0.001 * i for i in range(nets)]
    names = ("high gradient", "high l2", "high linf", "centroid gradient", "accuracy l2", "accuracy linf", "radius l2",
             "radius linf")  # fmt: skip
    return {name: values for name in names} | {"accuracy": [accuracy] * nets, "profile gradient": [[0.5, 0.5]] * nets}


def test_findings_are_computed_from_the_runs():
    results = {("t", "a", False): fake(0.3), ("t", "b", False): fake(0.1), ("t", "a", True): fake(0.3),
               ("t", "c", False): fake(0.2, accuracy=0.5)}  # fmt: skip
    asked = [tables.Comparison("x", "t", "a", "b"), tables.Comparison("x", "t", "b", "a"),
             tables.Comparison("x", "t", "a", "mirrored"), tables.Comparison("x", "t", "a", "c"),
             tables.Comparison("x", "t", "a", "absent")]  # fmt: skip
    rows = tables.verdicts_table(results, asked, {"t": 0.5})["rows"]
    assert len(rows) == 4 and rows[0][5] == pytest.approx(0.2) and rows[1][5] == pytest.approx(-0.2)
    assert rows[2][-1] == "no difference" and rows[3][4] == 0, "nets that learned nothing are left out"
    numbers = tables.numbers_table(results, {"t": 0.1}, set())
    assert len(numbers["rows"]) == 3 and numbers["rows"][0][11] == pytest.approx(np.mean(fake(0.3)["high gradient"]))


def tiny(monkeypatch):
    recipe = Recipe(steps=6, rate=1e-2, batch=16, attack=2, points=8)
    small = (Architecture("fully connected", "dense", 1, 3, 4), Architecture("convolution K=3", "conv", 3, 2, 3))
    part = plans.Part(plans.PINK, lambda nets, seed: tones(1.0, nets, seed, train=16, test=12), 3, small, recipe)
    monkeypatch.setattr(plans, "parts", lambda scale: (part,))
    monkeypatch.setattr(plans, "LIMIT_STEPS", {"small": (50, 100)})
    monkeypatch.setattr(plans, "LIMIT_SETS", {"small": 1})
    monkeypatch.setattr(plans, "LIMIT_TAPS", (1, 3))
    monkeypatch.setattr(plans, "SOLVED", {"small": 2})
    monkeypatch.setattr(plans, "SOLVED_TAPS", (1,))


def test_train_returns_tables_and_draws_and_resumes(monkeypatch, tmp_path):
    from verifiers.frequency_bias import certifies_all

    tiny(monkeypatch)
    state = tmp_path / "state.json"
    result = train("small", certified=certifies_all, state=state)
    by_name = {table["name"]: table for table in result.tables}
    assert {"frequency_findings", "frequency_kernel", "frequency_gain", "frequency_limit"} <= set(by_name)
    for table in result.tables:
        assert all(len(row) == len(table["columns"]) for row in table["rows"]), table["name"]
    assert all(row[3] >= 1 - 1e-9 for row in by_name["frequency_limit_runs"]["rows"] if np.isfinite(row[3]))
    assert [draw.source for draw in result.draws] == ["trained"] and result.draws[0].instance.filters.shape == (3, 3)
    again = train("small", certified=certifies_all, state=state)
    assert json.dumps(again.tables) == json.dumps(result.tables), "a finished run resumes to the same tables"
    with pytest.raises(InvalidInstance, match="small or paper"):
        train("huge")


def test_what_is_proved_elsewhere_is_expected_to_be_supported_by_trained_nets():
    """A record of training has no proof steps; `commuting` is proved for all parameters."""
    net = networks.integer_net(8, 3, 2, 4, np.random.default_rng(0), band=np.array([0, 1, 7]))
    (statement,) = statements("frequency_bias.commuting")
    record = _judged(statement, [Draw(net, "trained", "by hand")], lambda *_: None)
    assert statement.expected == "proved" and record["status"] == record["expected"] == "supported"


def test_plans_name_models_that_exist(monkeypatch, tmp_path):
    monkeypatch.setenv(CIFAR_FOLDER, str(tmp_path))
    for scale in ("small", "paper"):
        known = {(part.task, model.name) for part in plans.parts(scale) for model in part.models}
        for item in plans.comparisons(scale):
            assert (item.task, item.higher) in known
            assert item.lower == "mirrored" or (item.task, item.lower) in known
    assert plans.CIFAR in {part.task for part in plans.parts("paper")}
    monkeypatch.delenv(CIFAR_FOLDER)
    assert plans.CIFAR not in {part.task for part in plans.parts("paper")}


@pytest.mark.slow
def test_the_small_experiment_reproduces_the_kernel_size_effect():
    """On 1/f data: smaller kernels are higher (paired), attention is not lower, and no architecture prefers high."""
    result = train("small")
    findings = {(row[0], row[1], row[2], row[3]): row for row in result.tables[0]["rows"]}
    kernel = findings["smaller kernels give higher frequencies", plans.PINK, "convolution K=3", "convolution K=9"]
    assert kernel[-1] == "reproduced" and kernel[5] > 0.03
    attention = [row for row in findings.values() if row[0].startswith("attention")][0]
    assert attention[-1] == "contradicted"
    for row in findings.values():
        if row[0].startswith("the architecture by itself"):
            assert row[-1] != "reproduced"
