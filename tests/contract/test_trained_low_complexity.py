"""Trained counterpart of low_complexity: attacks against exact accuracies, the frontier's tables, resumed runs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from constructions.instance import InvalidInstance
from constructions.low_complexity import light
from constructions.trained.low_complexity import RandomFeatures, SoftGates, SymmetricPolynomial, attacked, frontier, run
from constructions.trained.low_complexity.run import Scale, train
from reports.figures import svg
from reports.training import measurement
from verifiers.low_complexity import certifies_all

TINY = Scale(24, 4, 16, 40, 4, 8, 12, 3, 1)


@pytest.fixture
def tiny(monkeypatch) -> None:
    monkeypatch.setitem(run.SCALES, "small", TINY)
    monkeypatch.setattr(run, "RADII", ("1/5", "1/2"))
    monkeypatch.setattr(run, "LAWS", {"light": run.LAWS["light"]})


def test_attack_on_a_linear_model_finds_the_exact_margin() -> None:
    law, tau = light(32, 5, 0).law, 0.2
    sample = law.sample(300, np.random.default_rng(0))
    model = SymmetricPolynomial(1, 5.0)
    points, labels = torch.tensor(sample.points, dtype=torch.float32), torch.tensor(sample.labels, dtype=torch.float32)
    delta = attacked(model, points, labels, tau, 20, torch.Generator().manual_seed(0))
    right = (labels * model(points + delta) > 0).numpy()
    margins = sample.labels * sample.points.sum(axis=1) - tau * np.sqrt(32)
    clear = np.abs(margins) > 1e-3
    assert np.array_equal(right[clear], margins[clear] > 0)
    assert float(delta.norm(dim=1).max()) <= tau * (1 + 1e-5)


@pytest.mark.parametrize("steps", [1, 2, 3, 6])
def test_an_attack_of_few_steps_reaches_the_radius(steps) -> None:
    """On a linear model every step has the same direction, so what is reached is the sum of the steps."""
    model = SymmetricPolynomial(1, 5.0)
    points, labels = torch.ones(3, 16, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    delta = attacked(model, points, labels, 0.3, steps, torch.Generator().manual_seed(0))
    assert bool((delta.norm(dim=1) >= 0.3 * (1 - 1e-9)).all())


def test_symmetric_polynomials_are_odd_and_invariant_under_permutations() -> None:
    model = SymmetricPolynomial(5, 3.0)
    points = torch.randn(7, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    model.calibrate(torch.randn(500, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64))
    ratios = model(points) / points.sum(dim=1)
    assert ratios.min() > 0 and torch.allclose(ratios, ratios[0].expand(7), rtol=1e-4)  # starts from a multiple of p_1
    count = len(model.parameters)
    model.parameters = torch.randn(count, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.allclose(model(-points), -model(points), rtol=1e-4)
    assert torch.allclose(model(points[:, torch.randperm(6)]), model(points), rtol=1e-4)


def test_calibrated_products_are_uncorrelated() -> None:
    model = SymmetricPolynomial(3, 2.0)
    points = torch.randn(800, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    model.calibrate(points)
    basis = model.features(points) @ model.basis.T
    assert torch.allclose(basis.T @ basis / 800, torch.eye(4, dtype=torch.float64), atol=1e-3)


@pytest.mark.parametrize("kind", [SoftGates, RandomFeatures])
def test_frozen_networks_are_odd(kind) -> None:
    model = kind(5, 9, torch.Generator().manual_seed(0))
    shape = model.parameters.shape
    model.parameters = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    points = torch.randn(4, 5, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(model(-points), -model(points), atol=1e-6)


def test_the_frontier_tells_what_is_proved_from_what_is_measured(tiny, tmp_path) -> None:
    result = train(certified=certifies_all, state=tmp_path / "state.json")
    whole, chart, proved, measured, surrogate, frozen = result.tables
    series = {row[0] for row in proved["rows"]}
    assert {"degree 1: proved ceiling", "degree 2: proved ceiling", "degree 5, by hand: proved floor"} <= series
    assert {row[0].endswith("under attack") for row in measured["rows"]} == {True}
    assert {"floor" in name or "ceiling" in name for name in series} == {True}
    cells = {(row[0], row[1]): row[2] for row in chart["rows"]}
    ceilings = {row[2]: row[3] for row in proved["rows"] if row[0] == "degree 1: proved ceiling"}
    assert len(ceilings) == 3 and {tau for _, tau in cells} == {0.2, 0.5}
    assert all((cells[1, tau] == 0) == (ceilings[tau] < frontier.RIGHT) for tau in (0.2, 0.5))
    assert [row[:2] for row in whole["rows"]] == [[1.0, 0.2], [1.0, 0.5]]
    risks = {(row[0], row[2]): row[3] for row in surrogate["rows"]}
    for degree in (1, 3):
        proved_risk = risks[f"degree {degree}: proved bound", 0.5]
        assert 0 < proved_risk <= risks[f"degree {degree}, cutting planes, under attack", 0.5] + 1e-9
        assert proved_risk <= risks[f"degree {degree}, trained, under attack", 0.5] + 0.02
    risks = {(row[0], row[2]): row[3] for row in frozen["rows"]}
    for norm in ("1/2", "1", "2"):
        assert 0 <= risks[f"norm {norm}: proved bound", 0.5] <= risks[f"norm {norm}, cutting planes, under attack", 0.5]
    assert risks["norm 1/2: proved bound", 0.5] > max(0.1, risks["norm 1/2: proved bound", 0.0])
    for table in result.tables:
        entry = measurement(table)
        assert entry["figure"] is not None and svg(entry).startswith("<svg")
    again = train(certified=certifies_all, state=tmp_path / "state.json")
    assert [t["rows"] for t in again.tables] == [t["rows"] for t in result.tables]
    assert result.draws[0].source == "trained" and int(result.draws[0].instance.draws) == 20_000


def test_measured_rows_alone_without_a_verifier(tiny) -> None:
    names = [table["name"] for table in train().tables]
    kinds = ("frontier", "map_light", "measured_light", "surrogate_light", "frozen_light")
    assert names == [f"low_complexity_{kind}" for kind in kinds]


def test_the_least_degree_of_the_overview() -> None:
    """What is proved comes before what was measured, and no degree at all says whether degree two is refuted."""
    rows = [["degree 7, by hand: proved floor", 7, 0.1, 0.95], ["degree 3, trained, under attack", 3, 0.1, 0.99],
            ["degree 3, trained, under attack", 3, 0.2, 0.91], ["degree 3, trained, under attack", 3, 0.3, 0.2],
            ["degree 2: proved ceiling", 2, 0.3, 0.6]]  # fmt: skip
    table = frontier.overview({1: rows}, [0.1, 0.2, 0.3, 0.4])
    said = {row[1]: table["levels"][str(row[2])] for row in table["rows"]}
    assert said == {0.1: "proved: degree 7", 0.2: "measured: degree 3",
                    0.3: "measured: no degree up to 9; proved: not degree 2"}  # fmt: skip


def test_the_best_scale_of_a_hinge() -> None:
    """Values 1, 2, -1: at scale s the mean of (1 - s)_+ + (1 - 2s)_+ + 1 + s is least on s in [1/2, 1], 2/3."""
    assert run._best_hinge(np.array([1.0, 2.0, -1.0])) == pytest.approx(2 / 3)
    assert run._best_hinge(np.array([-1.0])) == 1.0


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(InvalidInstance, match="unknown"):
        train("huge")


def test_floors_never_exceed_ceilings_of_the_same_polynomial() -> None:
    for radius in ("1/10", "1/4", "1/2"):
        found = certifies_all(light(24, 5, radius, noise=0, coefficients=[0, 1]))
        assert 0 <= found["floor"] <= found["ceiling"] <= 1
        assert found["degree_two"] == pytest.approx((1 + found["linear"]) / 2, abs=1e-12)
        assert Fraction(found["linear"]) <= 1
