"""Trained counterpart of low_complexity: attacks against exact accuracies, the frontier's tables, resumed runs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from constructions.instance import InvalidInstance
from constructions.low_complexity import light
from constructions.trained.low_complexity import SymmetricPolynomial, attacked, run
from constructions.trained.low_complexity.models import SoftGates
from constructions.trained.low_complexity.run import Scale, train
from reports.figures import svg
from reports.training import measurement
from verifiers.low_complexity import certifies_all

TINY = Scale(24, 4, 40, 4, 8)


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


def test_symmetric_polynomials_are_odd_and_invariant_under_permutations() -> None:
    model = SymmetricPolynomial(5, 3.0)
    model.parameters = torch.randn(len(model.parameters), generator=torch.Generator().manual_seed(1))
    points = torch.randn(7, 6, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(model(-points), -model(points), rtol=1e-4)
    assert torch.allclose(model(points[:, torch.randperm(6)]), model(points), rtol=1e-4)


def test_frozen_gates_are_odd() -> None:
    model = SoftGates(5, 9, torch.Generator().manual_seed(0))
    model.parameters = torch.randn(9, 5, generator=torch.Generator().manual_seed(1))
    points = torch.randn(4, 5, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(model(-points), -model(points), atol=1e-6)


def test_the_frontier_tells_what_is_proved_from_what_is_measured(tiny, tmp_path) -> None:
    result = train(certified=certifies_all, state=tmp_path / "state.json")
    chart, proved, measured = result.tables
    series = {row[0] for row in proved["rows"]}
    assert {"degree 1: proved ceiling", "degree 2: proved ceiling", "degree 5, by hand: proved floor"} <= series
    assert {row[0].endswith("under attack") for row in measured["rows"]} == {True}
    assert {"floor" in name or "ceiling" in name for name in series} == {True}
    cells = {(row[0], row[1]): row[2] for row in chart["rows"]}
    ceilings = {row[2]: row[3] for row in proved["rows"] if row[0] == "degree 1: proved ceiling"}
    assert len(ceilings) == 3 and {tau for _, tau in cells} == {0.2, 0.5}
    assert all((cells[1, tau] == 0) == (ceilings[tau] < run.RIGHT) for tau in (0.2, 0.5))
    for table in result.tables:
        entry = measurement(table)
        assert entry["figure"] is not None and svg(entry).startswith("<svg")
    again = train(certified=certifies_all, state=tmp_path / "state.json")
    assert [t["rows"] for t in again.tables] == [t["rows"] for t in result.tables]
    assert result.draws[0].source == "trained" and int(result.draws[0].instance.draws) == 20_000


def test_measured_rows_alone_without_a_verifier(tiny) -> None:
    chart, measured = train().tables
    assert chart["name"].startswith("low_complexity_map") and measured["name"].startswith("low_complexity_measured")


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(InvalidInstance, match="unknown"):
        train("huge")


def test_floors_never_exceed_ceilings_of_the_same_polynomial() -> None:
    for radius in ("1/10", "1/4", "1/2"):
        found = certifies_all(light(24, 5, radius, noise=0, coefficients=[0, 1]))
        assert 0 <= found["floor"] <= found["ceiling"] <= 1
        assert found["degree_two"] == pytest.approx((1 + found["linear"]) / 2, abs=1e-12)
        assert Fraction(found["linear"]) <= 1
