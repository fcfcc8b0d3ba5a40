"""Measures and tables of training, and training records that are published and rendered again."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from constructions.feature_purification import PurificationInstance, TrainedRun
from constructions.feature_purification.spaces import purified_pair
from constructions.instance import InvalidInstance
from constructions.trained.feature_purification import reference
from constructions.trained.feature_purification.experiments import STARTS, Collapse, Pairs
from constructions.trained.feature_purification.measures import cosines, purification, relations, spectrum
from constructions.trained.feature_purification.tables import MEASURES, tables_of
from reports import atlas, command_line, training
from reports.records import InvalidRecord, digest
from theorems.testing import exact
from verifiers.errors import MissingPart
from verifiers.feature_purification import measure

PUBLISHED = sorted(atlas.published_file().parent.glob("*-*.json"))

# ------------------------------------------------------------------------------------------------------------ measures


def test_pure_neurons_and_mixtures_have_the_measures_they_must():
    d, alpha, beta = 16, 1.0, 0.05
    pure, mixed = purification(np.eye(d)), purification(alpha * np.eye(d) + beta)
    assert (pure["top_mean"], pure["mixture_median"], pure["residual_mean"], pure["coverage"]) == (1, 0, 0, 1)
    assert pure["dense_mean"] == pytest.approx(1 / 4) and pure["singular_1"] == pytest.approx(1)
    assert mixed["mixture_median"] == pytest.approx(beta / (alpha + beta))
    assert mixed["residual_mean"] == pytest.approx(0, abs=1e-7), "e_j and 1 span it"
    assert mixed["singular_1"] == pytest.approx(alpha + d * beta) and mixed["alignment"] == pytest.approx(1)
    assert mixed["singular_2"] == pytest.approx(alpha)
    zero = np.vstack([np.eye(d), np.zeros((2, d))])
    assert purification(zero)["zero_neurons"] == 2 and purification(zero)["top_mean"] == 1


def test_the_measures_are_those_that_the_verifier_finds_exactly():
    own = np.random.default_rng(0)
    weights, clean = own.integers(-9, 10, (7, 4)), own.integers(-9, 10, (7, 4))
    found = purification(weights.astype(float)) | relations(clean, clean.astype(float), weights.astype(float))
    measured = measure(PurificationInstance(weights=weights, biases=np.zeros(7, dtype=int), clean=clean))

    def floats(name):
        return np.array([float(v) for v in exact(measured[name])])

    assert found["top_mean"] == pytest.approx(np.sqrt(floats("top_sq")).mean())
    assert found["residual_mean"] == pytest.approx(np.sqrt(floats("residual_sq")).mean())
    assert found["mixture_median"] == pytest.approx(np.median(floats("dense_over_pure")))
    assert np.median(np.abs(floats("dense_over_pure"))) == pytest.approx(float(exact(measured["mixture"])))
    assert np.median(floats("top_sq")) == pytest.approx(float(exact(measured["median_top_sq"])))
    assert cosines(clean, weights) ** 2 == pytest.approx(floats("clean_cosine_sq"))
    share = floats("along_sq").sum() / floats("clean_sq").sum()
    assert share == pytest.approx(float(exact(measured["along_share"])))
    assert (found["decomposition_above_one"] * 7) == np.sum(floats("along_sq") > floats("rest_sq"))


def test_shares_and_medians_of_an_instance_small_enough_to_count():
    """d = 4, w_j = e_j + 1/4: the mixture is (1/4)/(5/4); a dense step of length 1/2 takes 1/4 off every coordinate."""
    pair = purified_pair(4, 1, "1/4")
    points = np.array([[2, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]])
    instance = PurificationInstance(
        weights=pair.weights, biases=pair.biases, clean=pair.clean, points=points, labels=np.array([1, 1, -1]),
        radius="1/2",
    )  # fmt: skip
    found = measure(instance)
    assert exact(found["mixture"]) == 0 and exact(found["clean_mixture"]) == Fraction(1, 5)
    assert exact(found["unperturbed_accuracy"]) == Fraction(2, 3) and exact(found["dense_accuracy"]) == Fraction(2, 3)
    with pytest.raises(MissingPart, match="training run"):
        found["trained_radius"]


def test_a_run_needs_its_recipe():
    with pytest.raises(InvalidInstance, match="trained_radius"):
        TrainedRun(weights=np.eye(2), biases=np.zeros(2), sparsity=1, kappa="1/5")
    run = TrainedRun(weights=np.eye(2), biases=np.zeros(2), sparsity=1, kappa="1/5", trained_radius="1/4", ramp="2/5")
    assert [exact(measure(run)[name]) for name in ("sparsity", "kappa", "trained_radius", "ramp")] == [
        1, Fraction(1, 5), Fraction(1, 4), Fraction(2, 5)]  # fmt: skip


def test_the_spectrum_tells_low_rank_from_noise():
    column = np.arange(1.0, 101.0)[:, None]
    assert spectrum(column @ np.ones((1, 70)))[0] == [1, pytest.approx(1)]
    shares = dict(map(tuple, spectrum(np.eye(80))))
    assert shares == pytest.approx({1: 1 / 80, 5: 5 / 80, 20: 20 / 80, 64: 64 / 80})


# -------------------------------------------------------------------------------------------------------------- tables


def entry(seed, clean, hard, status="trained"):
    """What one seed of the reference configuration at d = 64 leaves behind, with these accuracies at radius .2."""
    measured = dict.fromkeys(MEASURES, 0.5)

    def one(value):
        return {"status": "trained", "shrink": 2.0, "accuracies": [[0.0, 1.0, 1.0, 1.0], [0.2, value, value, value]],
                "measures": measured, "spectrum": [[1, 0.1], [5, 0.2]], "weights": [[1]]}  # fmt: skip

    networks = {STARTS[0]: one(clean), STARTS[1]: one(hard), STARTS[2]: {"status": status, "shrink": 0.1} | (
        one(hard) if status == "trained" else {})}  # fmt: skip
    return {"seed": seed, "networks": networks, "initial": [[1]], "paths": {STARTS[0]: [[200, 0.2, 0.9, 0.6, 7.0]]}}


def made():
    pairs = Pairs(64, 5, 0.2, 2)
    cell = {"radius": 0.3, "kappa": 0.1, "ramp": False, "steps": 100, "accuracy": 0.5, "predicted": 0.2}
    ends = (("collapsed", 0.1), ("dead", 1.0), ("trained", 1.3))
    runs = [cell | {"seed": n, "status": status, "shrink": shrink} for n, (status, shrink) in enumerate(ends)]
    entries = [entry(0, 0.30, 1.0), entry(1, 0.34, 0.7, "collapsed")]
    found = {pairs: entries, Collapse(64, 5, 3, 800, (0.3,), (0.1,)): runs}
    return {table["name"]: table for table in tables_of(found)}


def test_every_table_says_its_seeds_and_what_was_expected():
    tables = made()
    assert {"purification_accuracy", "purification_collapse_64", "purification_reproduction"} <= set(tables)
    for table in tables.values():
        assert len(table["columns"]) == len(set(table["columns"])) and table["rows"]
        assert all(len(row) == len(table["columns"]) for row in table["rows"]), table["name"]
        if table["name"] not in ("purification_reproduction", "purification_failures"):
            assert "Expected" in table["note"] and "seed" in table["note"], table["name"]
        training.measurement(table)


def test_failures_are_counted_and_left_out_of_means():
    tables = made()
    failed = tables["purification_failures"]["rows"]
    assert [(row[1], row[2], row[3]) for row in failed] == [(STARTS[2], 1, "collapsed")]
    (cell,) = tables["purification_collapse_64"]["rows"]
    named = dict(zip(tables["purification_collapse_64"]["columns"], cell, strict=True))
    assert (named["failed"], named["collapsed"], named["dead"], named["runs"]) == (pytest.approx(2 / 3), 1, 1, 3)
    warm = [r for r in tables["purification_accuracy"]["rows"] if r[0] == "from clean, d = 64" and r[1] == 0.2]
    assert warm == [["from clean, d = 64", 0.2, 1.0, 1.0, 1.0, 1]]


def test_what_does_not_reproduce_is_a_row_with_its_size():
    """The reference at radius .2 is .322 clean and .999 adversarially trained."""
    rows = {(r[1], r[2]): r for r in made()["purification_reproduction"]["rows"]}
    clean, hard = rows[STARTS[0], "accuracy at 0.2"], rows[STARTS[1], "accuracy at 0.2"]
    assert clean[8] == "yes" and clean[3] == pytest.approx(0.32) and clean[7] == pytest.approx(-0.002)
    assert hard[3:6] == [0.85, 0.7, 1.0] and hard[8] == "yes", "a wide spread agrees with much"
    mixture = rows[STARTS[0], "mixture_median"]
    assert mixture[8] == "no" and mixture[7] == pytest.approx(0.5 - 0.691)


def test_reference_numbers_are_of_configurations_and_networks_that_exist():
    for content in (reference.ACCURACY, reference.MEASURES):
        for name, networks in content.items():
            assert name.startswith("d = ") and set(networks) <= set(STARTS)
    assert all(set(m) <= set(MEASURES) for networks in reference.MEASURES.values() for m in networks.values())


# ---------------------------------------------------------------------------------------------------------- publishing


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """`thinmargin` in an empty folder, with a training that takes no time and a place of its own to publish."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "published" / "feature_purification-small.json"
    monkeypatch.setattr(training, "published_file", lambda slug, scale: place)
    calls = []

    def trained(slug, device, scale, seed, store, progress):
        calls.append(slug)
        return {"statements": [], "measurements": [made()["purification_reproduction"]],
                "environment": {"torch": "2.0"}, "notes": [],
                "training": {"slug": slug, "device": device, "scale": scale, "seconds": float(len(calls))}}  # fmt: skip

    import theorems.engine.train

    monkeypatch.setattr(theorems.engine.train, "train", trained)

    def call(*arguments):
        code = command_line.main([str(argument) for argument in arguments])
        return SimpleNamespace(code=code, **dict(zip(("out", "err"), capsys.readouterr(), strict=True)))

    return SimpleNamespace(call=call, place=place, calls=calls)


LINE = ("train", "feature_purification", "--scale", "small")


def test_nothing_is_published_unless_asked_for(run):
    assert run.call(*LINE).code == 0 and not run.place.exists()


def test_a_published_record_says_what_was_run_and_is_rendered_again(run, tmp_path):
    result = run.call(*LINE, "--publish")
    assert result.code == 0 and str(run.place) in result.err
    record = json.loads(run.place.read_text())
    assert (record["schema"], record["profile"], record["seed"]) == (1, "train", 0)
    assert record["training"]["device"] == "cpu" and record["environment"]["torch"] == "2.0" and record["thinmargin"]
    assert [path.name for path in run.place.parent.iterdir()] == [run.place.name], "written whole"
    first = run.place.read_bytes()
    assert run.call(*LINE, "--publish").code == 0
    again = json.loads(run.place.read_text())
    assert again["digest"] == record["digest"] and again["training"]["seconds"] != record["training"]["seconds"]
    run.place.write_bytes(first)
    result = run.call("report", run.place)
    page = (tmp_path / "thinmargin-report" / "index.html").read_text()
    assert result.code == 0 and "Against the reference numbers" in page
    assert run.call("report", run.place, "--out", "else").code == 0 and Path("else/tables.tex").is_file()
    assert [path.name for path in run.place.parent.iterdir()] == [run.place.name], "no page beside it"


def test_an_altered_published_record_is_refused(run):
    run.call(*LINE, "--publish")
    run.place.write_text(run.place.read_text().replace("0.85", "0.95", 1))
    result = run.call("report", run.place)
    assert (result.code, result.out) == (2, "") and "it was altered" in result.err


def test_publishing_needs_a_checkout_before_anything_is_trained(run, monkeypatch):
    monkeypatch.setattr(atlas, "checkout", lambda: None)
    result = run.call(*LINE, "--publish")
    assert result.code == 2 and "--publish writes into a checkout" in result.err and not run.calls


def test_only_records_of_training_are_published(tmp_path):
    record = training.training_record({"statements": [], "measurements": [], "training": {}}, thinmargin="0", seed=0,
                                      environment={}, seconds=1.0)  # fmt: skip
    path = training.write_published(record, tmp_path / "new" / "a-small.json")
    assert training.read_published(path)["digest"] == digest(record)
    with pytest.raises(InvalidRecord, match="only records of training"):
        training.write_published(record | {"profile": "quick"}, tmp_path / "b-small.json")


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_training_records_are_whole_and_their_names_say_what_they_are(path):
    record = training.read_published(path)
    assert path.stem == f"{record['training']['slug']}-{record['training']['scale']}"
    assert record["training"]["seconds"] > 0 and record["environment"]["torch"] and record["measurements"]
    for table in record["measurements"]:
        assert table["csv"].count("\n") >= 2, table["name"]
