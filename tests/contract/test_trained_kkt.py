"""Trained points of kkt_margin: conditions K1-K5 by code of this file's own, published values, honest failures."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from constructions import kkt_margin as build
from constructions.instance import InvalidInstance
from constructions.trained import kkt_margin as trained
from constructions.trained.kkt_margin import flips as panel_module
from constructions.trained.kkt_margin import networks as engine
from constructions.trained.kkt_margin import points as point_module
from constructions.trained.kkt_margin import run as run_module
from constructions.trained.kkt_margin.polish import polish
from constructions.trained.kkt_margin.residual import network_residual


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def expanded(instance, copies=2):
    """The merged point as a network in d coordinates, every neuron split into `copies`, with lambda and sigma'."""
    samples = instance.points.astype(np.float64)
    signs, rows, masses = instance.signs.astype(np.float64), instance.rows, instance.masses
    lam = rows.max(axis=0)
    outputs = np.repeat(signs * np.sqrt(masses / copies), copies)
    gradients = np.repeat((rows * instance.labels) @ samples, copies, axis=0)
    offsets = np.repeat((rows * instance.labels).sum(axis=1), copies) * float(bool(instance.bias))
    share = np.repeat(np.divide(rows, lam, out=np.zeros_like(rows), where=lam > 0), copies, axis=0)
    return outputs[:, None] * gradients, outputs * offsets, outputs, lam, share


def kkt_violation(instance):
    """Largest violation of (K1)-(K5), each relative to the size of its terms, at the expanded network."""
    w, b, v, lam, share = expanded(instance)
    x, y = instance.points.astype(np.float64), instance.labels
    a = w @ x.T + b[:, None]
    lengths = np.sqrt((x**2).sum(axis=1) + float(bool(instance.bias)))
    scale = np.sqrt((w**2).sum(axis=1) + b**2)
    relative = a / (scale[:, None] * lengths)
    margins = y * (v @ np.maximum(a, 0.0))
    worst = {
        "K1": np.abs(w - v[:, None] * ((lam * y * share) @ x)).max() / scale.max(),
        "K2": np.abs(b - v * (lam * y * share).sum(axis=1) * float(bool(instance.bias))).max() / scale.max(),
        "K3": np.abs(v - np.maximum(a, 0.0) @ (lam * y)).max() / np.abs(v).max(),
        "K4": max(0.0, float((1.0 - margins).max())),
        "K5": np.abs(lam * (margins - 1.0)).max() / lam.max(),
        "multipliers": max(0.0, -lam.min()) / lam.max(),
        "on": np.where((relative > 1e-9) & (lam > 0), 1.0 - share, 0.0).max(),  # lambda = 0 leaves sigma' free
        "off": np.where(relative < -1e-9, share, 0.0).max(),
        "kinks": max(share.max() - 1.0, -share.min(), 0.0),
    }
    return max(worst.values())


def size_of(result):
    return result.instance.rows.max(axis=0).sum()


def test_reproducible_data_lead_to_the_published_class_merged_point():
    data = build.linear_congruential_sign_data(4, 256)
    results = trained.train_points([data] * 3, trained.Recipe(width=20), generator=generator())
    for result in results:
        assert result.status == "polished"
        assert size_of(result) == pytest.approx(0.172973541140, rel=1e-10)
        assert kkt_violation(result.instance) < 1e-12
        assert result.gain == pytest.approx(1.0, abs=0.02)


def test_a_point_without_fractional_subgradients_is_refused():
    """sigma' := 1[a > 0] is wrong: kinks carry fractional subgradients at the published point."""
    (result,) = trained.train_points([build.linear_congruential_sign_data(4, 256)], generator=generator())
    rows, lam = result.instance.rows, result.instance.rows.max(axis=0)
    rounded = np.where(rows > 0.5 * lam, lam, 0.0)
    assert np.any(rounded != rows)
    assert kkt_violation(result.instance.with_point(result.instance.signs, rounded, result.instance.masses)) > 1e-2


def test_narrow_networks_reach_one_of_the_two_published_points():
    data = build.linear_congruential_sign_data(6, 1024, bias=True)
    recipe = trained.Recipe(width=8, fit_step=0.1, fit_steps=4000)
    results = trained.train_points([data] * 24, recipe, generator=generator())
    known = np.array([0.109514681246, 0.129820095736])
    fitted = [result for result in results if result.status != "not fitted"]
    assert all(result.status == "polished" and kkt_violation(result.instance) < 1e-12 for result in fitted)
    nearest = [np.abs(size_of(result) / known - 1.0).min() < 1e-9 for result in fitted]
    assert sum(nearest) >= len(fitted) // 2 > 0


@pytest.mark.parametrize(("size", "dimension", "bias"), [(2, 3, True), (9, 60, False), (20, 200, True), (30, 12, True)])
def test_every_fitted_network_is_polished_and_satisfies_all_conditions(size, dimension, bias):
    draw = np.random.default_rng(size)
    data = [build.uniform_sphere_data(size, dimension, draw, bias=bias) for _ in range(4)]
    results = trained.train_points(data, trained.Recipe(width=64), generator=generator())
    fitted = [result for result in results if result.status != "not fitted"]
    assert len(fitted) >= 3  # with n > d + 1 a small start can leave a sample without active neurons
    for result in fitted:
        assert result.status == "polished"
        assert result.residual <= 1e-12
        assert kkt_violation(result.instance) < 1e-11


def test_gram_only_degenerate_data_lead_to_the_closed_forms():
    simplex = build.simplex_data([1, 1, 1, -1, -1, -1], 12)
    orthogonal = build.orthogonal_data([1] * 5 + [-1] * 5, 100, bias=True)
    (first,) = trained.train_points([simplex], generator=generator())
    (second,) = trained.train_points([orthogonal], generator=generator())
    assert size_of(first) == pytest.approx(1.290994448736, rel=1e-9)
    assert size_of(second) == pytest.approx(0.436931448753, rel=1e-9)


def test_same_class_duplicates_and_xor_are_legal():
    points = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.2], [-0.3, -1.0]])
    duplicate = build.MarginInstance(labels=[1, 1, -1, -1], bias=True, points=points)
    for data in (duplicate, build.xor_data(bias=True)):
        (result,) = trained.train_points([data], generator=generator())
        assert result.status == "polished"
        assert kkt_violation(result.instance) < 1e-11


@pytest.mark.parametrize(("correlation", "expected"), [("1/5", 4.21637), ("4/15", 4.45529)])
def test_polish_keeps_the_activations_of_the_network(correlation, expected):
    """Signed equicorrelated samples, one neuron per sample: the published singles, not the class-merged point."""
    data = build.signed_equicorrelated_data(2, correlation)
    gram, labels = data.float_lifted_gram(), data.labels.astype(np.float64)
    singles = np.where(np.eye(4) > 0, 1.0, -1.0)  # pre-activations: each neuron is on at its own sample alone
    point = polish(gram, labels, singles, labels)
    assert point.residual < 1e-12
    assert point.rows.max(axis=0).sum() == pytest.approx(expected, rel=1e-5)


def test_a_same_class_sample_wrongly_off_is_repaired():
    points = np.array([[1.0, 0.3], [1.0, -0.3], [-1.0, 0.1]])
    data = build.MarginInstance(labels=[1, 1, -1], bias=False, points=points)
    gram, labels = data.float_lifted_gram(), data.labels.astype(np.float64)
    hidden = np.array([[1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])  # says: one neuron per sample
    point = polish(gram, labels, hidden, labels)
    assert point.repairs > 0
    assert point.residual < 1e-12
    assert kkt_violation(data.with_point(point.signs, point.rows, point.masses)) < 1e-11


def test_both_engines_take_the_same_steps():
    draw = np.random.default_rng(3)
    batch = trained.Batch.of([build.uniform_sphere_data(6, 40, draw, bias=True) for _ in range(5)])
    recipe = trained.Recipe(width=16, betas=(1.0,), steps=(20,))
    kernel = trained.train_networks(batch, recipe, generator(), engine="kernel")
    torch_run = trained.train_networks(batch, recipe, generator(), engine="torch")
    np.testing.assert_array_equal(kernel.steps, torch_run.steps)
    np.testing.assert_allclose(kernel.hidden, torch_run.hidden, rtol=0, atol=1e-11)
    np.testing.assert_allclose(kernel.margins, torch_run.margins, rtol=1e-8)


def test_two_workers_and_one_give_the_same_networks():
    draw = np.random.default_rng(4)
    data = [build.uniform_sphere_data(8, 50, draw, bias=True) for _ in range(6)]
    one = trained.train_points(data, generator=generator())
    two = trained.train_points(data, generator=generator(), workers=2)
    assert [a.instance.digest for a in one] == [b.instance.digest for b in two]


def test_a_network_that_cannot_fit_is_no_failure_of_the_theorem():
    data = build.xor_data(bias=False)
    results = trained.train_points([data] * 4, trained.Recipe(width=2, fit_steps=300), generator=generator())
    assert [result.status for result in results] == ["not fitted"] * 4
    assert not any(result.instance.has_network for result in results)


def test_an_unpolished_network_is_handed_out_with_its_own_residual(monkeypatch):
    monkeypatch.setattr(point_module, "POLISH_SIZE", 0)
    draw = np.random.default_rng(5)
    data = [build.uniform_sphere_data(n, 40, draw, bias=True) for n in (10, 60)]
    for instance, largest in zip(data, (0.05, 0.3), strict=True):
        (result,) = trained.train_points([instance], trained.Recipe(width=64), generator=generator())
        assert result.status == "gradient only"
        w, b, v = result.instance.weights, result.instance.biases, result.instance.outputs
        margins = instance.labels * (np.maximum(instance.points @ w.T + b, 0.0) @ v)
        assert margins.min() == pytest.approx(1.0, rel=1e-9)
        assert 0.0 < result.residual < largest


def test_the_residual_of_a_network_vanishes_at_a_kkt_point_only():
    data = build.linear_congruential_sign_data(4, 256)
    (result,) = trained.train_points([data], generator=generator())
    point, labels, gram = result.instance, data.labels.astype(np.float64), data.float_lifted_gram()
    roots = np.sqrt(point.masses) * point.signs
    span = (point.rows * labels).T * roots
    assert network_residual(gram, labels, gram @ span, span, roots) < 1e-12
    moved = span * np.array([[1.02], [1.0], [1.0], [1.0]])
    assert network_residual(gram, labels, gram @ moved, moved, roots) > 1e-3
    assert network_residual(gram, labels, gram @ span, span, -roots) == np.inf


def test_flip_sizes_of_closed_forms():
    """Orthogonal data: merged points flip at t = 1/n, singles with three of five positive at 1/3 (|u| = 3 sqrt 5)."""
    unit = 3.0 * np.sqrt(5.0)
    merged, singles = build.orthogonal_merged([1, 1, 1, -1, -1], 9), build.orthogonal_singles([1, 1, 1, -1, -1], 9)
    for instance, expected in ((merged, 1 / 5), (singles, 1 / 3)):
        floats = instance.with_point(instance.signs, *(build_floats(part) for part in (instance.rows, instance.masses)))
        assert panel_module.point_flip(floats, unit) == pytest.approx(expected, rel=1e-6)
    assert np.isnan(panel_module.point_flip(xor_point(), 1.0))


def build_floats(array):
    from constructions.instance import floats_of

    return floats_of(array)


def xor_point():
    (result,) = trained.train_points([build.xor_data(bias=True)], generator=generator())
    return result.instance


TINY = panel_module.Scale((8, 12, 16), 16, 10, (16, 32, 64), 2, (2, 4), (16, 64), 3, 2, 16, "tiny")


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(panel_module.SCALES, "tiny", TINY)
    laws = [replace(law, draws={"tiny": 2}) for law in run_module.LAWS[:2]]
    monkeypatch.setattr(run_module, "LAWS", laws)
    monkeypatch.setattr(panel_module, "PANEL", trained.Recipe(betas=(1.0,), steps=(50,)))


def test_a_run_can_be_interrupted_and_resumed(tiny, tmp_path):
    state, seen = tmp_path / "state.json", []

    def interrupt(done, total, what):
        seen.append(what)
        if len(seen) > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained.train("tiny", progress=interrupt, state=state)
    finished = set(json.loads(state.read_text())["done"])
    resumed = trained.train("tiny", state=state, certified=None)
    whole = trained.train("tiny", workers=1)
    assert finished
    assert resumed.tables == whole.tables
    assert [draw.instance.digest for draw in resumed.draws] == [draw.instance.digest for draw in whole.draws]
    assert {draw.source for draw in whole.draws} == {"trained"}
    assert sum(whole.counts.values()) == sum(row[1] for row in whole.tables[0]["rows"])
    state.write_text("{")
    with pytest.raises(InvalidInstance, match="not a training checkpoint"):
        trained.train("tiny", state=state)


def test_tables_carry_units_and_honest_denominators(tiny):
    asked = []
    result = trained.train("tiny", certified=lambda instance: asked.append(instance.size) or True)
    names = [table["name"] for table in result.tables]
    assert len(names) == len(set(names))
    for table in result.tables:
        assert set(table["units"]) == set(table["columns"])
        assert table["rows"] and all(len(row) == len(table["columns"]) for row in table["rows"])
        assert {table[key] for key in ("x", "y", "value") if key in table} <= set(table["columns"])
    panel = next(table for table in result.tables if table["name"] == "kkt_margin_flip_against_dimension")
    for row in (dict(zip(panel["columns"], entry, strict=True)) for entry in panel["rows"]):
        assert row["networks"] == TINY.seeds >= row["fitted"] >= max(row["polished"], row["flipped"])
    phase = next(table for table in result.tables if table["name"] == "kkt_margin_phase")
    assert len(asked) == len(phase["rows"]) * TINY.proof_draws
    assert all(dict(zip(phase["columns"], row, strict=True))["all_points_certified"] == 1.0 for row in phase["rows"])


def test_a_spent_budget_leaves_units_out_and_names_them(tiny):
    result = trained.train("tiny", budget=0.0)
    assert result.draws == []
    assert len(result.skipped) > 10
    assert all(table["rows"] == [] for table in result.tables)


def test_bad_requests_are_refused(monkeypatch):
    data = build.linear_congruential_sign_data(4, 256)
    monkeypatch.setattr(engine.torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidInstance, match="no CUDA device"):
        trained.train("small", device="cuda")
    with pytest.raises(InvalidInstance, match="use cpu or cuda"):
        trained.train_points([data], generator=generator(), device="tpu")
    with pytest.raises(InvalidInstance, match="use small or paper"):
        trained.train("huge")
    with pytest.raises(InvalidInstance, match="even number"):
        trained.Recipe(width=7)
    with pytest.raises(InvalidInstance, match="one size and bias"):
        trained.train_points([data, build.linear_congruential_sign_data(6, 256)], generator=generator())
    with pytest.raises(InvalidInstance, match="both classes"):
        one_class = build.MarginInstance(labels=[1, 1], bias=True, points=np.eye(2))
        trained.train_points([one_class], generator=generator())
