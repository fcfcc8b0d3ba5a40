"""`thinmargin judge kkt_margin FILE`: data alone, raw networks, merged networks, npz, saved instances, the command."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from constructions import kkt_margin as build
from constructions.instance import exact_array, floats_of, fractions_of
from constructions.kkt_margin.user_file import read_user_file
from constructions.kkt_margin.user_schema import FIELDS
from reports import command_line
from reports.records import dumps
from theorems.engine import judge as engine
from theorems.engine import library
from verifiers import recheck
from verifiers.errors import UsageError
from verifiers.kkt_margin.certify import certify
from verifiers.kkt_margin.nearby import nearby

KKT = {
    "the network is a KKT point of the max-margin problem",
    "the network satisfies the KKT conditions with some multipliers",
}


def write(path, content):
    path.write_text(dumps(content))
    return path


def judged(path, content=None):
    return Judged(engine.judge("kkt_margin", path if content is None else write(path, content)))


class Judged:
    """Answers of a judgement by name, after the round trip through JSON that a reader would see."""

    def __init__(self, result):
        self.result = json.loads(dumps(result))
        self.findings = " ".join(self.result["findings"])
        self.quantities = {(entry["of"], entry["name"]): entry for entry in self.result["quantities"]}
        self.statements = {entry["id"]: entry for entry in self.result["statements"]}

    def value(self, of, name):
        return np.array(self.quantities[of, name]["value"])

    def verdict(self, name):
        return self.statements[f"kkt_margin.{name}"]["verdict"]["verdict"]

    def hypotheses(self, name):
        return {entry["name"]: entry["state"] for entry in self.statements[f"kkt_margin.{name}"]["hypotheses"]}


def as_file(instance, **parts):
    """The data of an instance in the format of a user's file."""
    content = {"format": 1, "slug": "kkt_margin", "bias": bool(instance.bias), "y": instance.labels.tolist()}
    name, array = ("gram", instance.gram) if instance.points is None else ("X", instance.points)
    return content | {name: array.tolist(), "dimension": int(instance.dimension)} | parts


def merged_part(instance):
    return {"merged": {name: getattr(instance, name).tolist() for name in ("signs", "rows", "masses")}}


def network_part(merged, *, copies=1, noise=0.0, scale=1.0, seed=0):
    """A merged point by its weights: neurons split at random, then every weight perturbed, then all multiplied."""
    generator = np.random.default_rng(seed)
    points, bias, signs = floats_of(merged.points), bool(merged.bias), floats_of(merged.signs)
    lifted = np.hstack([points, np.ones((len(points), 1))]) if bias else points
    directions = (floats_of(merged.rows) * merged.labels) @ lifted
    lengths = np.linalg.norm(directions, axis=1)
    shares = generator.dirichlet(np.ones(copies), len(signs))
    sizes = scale * np.sqrt(floats_of(merged.masses)[:, None] * lengths[:, None] * shares)
    weights = (sizes[:, :, None] * (signs[:, None] * directions / lengths[:, None])[:, None, :]).reshape(
        -1, lifted.shape[1]
    )
    weights *= 1 + noise * generator.standard_normal(weights.shape)
    outputs = (sizes * signs[:, None]).reshape(-1)
    network = {"W": (weights[:, :-1] if bias else weights).tolist(), "v": outputs.tolist()}
    return {"network": network | ({"b": weights[:, -1].tolist()} if bias else {})}


SIX = build.linear_congruential_sign_data(6, 1024, bias=True)
SIX_MERGED = build.merged_point(SIX).on(SIX)
SIX_THREE = build.restricted_point(SIX, build.neurons_of([(1, [2]), (1, [0, 4]), (-1, [1, 3, 5])], 6)).on(SIX)


def test_data_alone_gives_published_numbers(tmp_path):
    found = judged(tmp_path / "six.json", as_file(SIX))
    assert found.value("data", "p") == 50 and found.value("data", "d") == 1024
    assert found.value("data", "r") == pytest.approx(0.248780, abs=5e-7)
    assert Fraction(found.quantities["data", "r"]["exact"]) == Fraction(51 * 5, 1025)
    assert found.value("data", "transfer_radius") == pytest.approx(0.10297645, abs=1e-8)
    assert found.value("data", "own_lower").min() * 1025 == pytest.approx(0.98412933, abs=1e-6)
    assert found.value("data", "support_proved") == 6 and found.value("data", "all_points_monotone") == 1
    flip = found.value("data", "all_points_flip")
    assert 0.277087 - 1e-6 <= flip <= 0.277087 + 1e-5
    assert found.value("data", "all_points_level") > flip
    expected = flip * found.value("data", "direction_norm") / np.sqrt(1024 / 6)
    assert found.value("data", "all_points_flip_size") == pytest.approx(expected, rel=1e-9)
    assert "every KKT point of these data" in found.findings and "0.27708" in found.findings


def test_data_alone_tells_which_hypotheses_hold(tmp_path):
    found = judged(tmp_path / "six.json", as_file(SIX))
    assert {found.verdict(name) for name in ("main", "universal_flip", "all_points")} == {"Unsupported"}
    for name in ("main", "universal_flip"):
        states = found.hypotheses(name)
        assert states.pop("the network is a KKT point of the max-margin problem") == "unmeasured"
        assert set(states.values()) == {"holds"}
        assert f"kkt_margin.{name} applies to every KKT point of these data" in found.findings
    tight = build.linear_congruential_sign_data(16, 1024, bias=True)
    found = judged(tmp_path / "tight.json", as_file(tight))
    assert found.hypotheses("main")["nearly orthogonal samples, r < sqrt(2) - 1"] == "fails"
    assert found.hypotheses("universal_flip")["near-orthogonal data"] == "fails"
    assert "kkt_margin.main does not apply to these data: nearly orthogonal" in found.findings
    assert "kkt_margin.universal_flip does not apply to these data: near-orthogonal data fails" in found.findings
    assert 0.172905 - 1e-6 <= found.value("data", "all_points_flip") <= 0.172905 + 1e-5


def test_nothing_proved_for_all_points_is_said_so(tmp_path):
    crowded = build.sign_data(12, 6, np.random.default_rng(0), labels=build.alternating_labels(12))
    found = judged(tmp_path / "crowded.json", as_file(crowded, X=floats_of(crowded.points).tolist(), bias=True))
    entry = found.quantities["data", "all_points_flip"]
    assert "spectral radius" in entry["reason"] and "value" not in entry
    assert "nothing is proved here for all KKT points" in found.findings


@pytest.mark.parametrize("merged, sums, flip", [
    (SIX_MERGED, 0.109514681246, 0.177630111276), (SIX_THREE, 0.129820095736, 0.2527629122)])  # fmt: skip
def test_a_network_as_training_leaves_it(tmp_path, merged, sums, flip):
    found = judged(tmp_path / "net.json", as_file(SIX, **network_part(merged, copies=4, noise=1e-4, scale=3.0)))
    assert "multiplied by 0.3333" in found.findings and "an exact KKT point lies within" in found.findings
    assert "what follows holds for that point" in found.findings
    assert 1e-6 < found.value("network", "network_residual") < 1e-3
    assert found.value("network", "strict_residual") > 5e-3
    assert 1e-6 < found.quantities["network", "point_distance"]["upper"] < 1e-3
    assert found.value("network", "network_margin") == pytest.approx(9.0, rel=1e-2)
    assert found.quantities["point", "kkt_residual"] | {"doc": ""} == {
        "name": "kkt_residual", "of": "point", "unit": "1", "axes": [], "doc": "", "rigor": "exact", "lower": 0,
        "value": 0, "upper": 0, "exact": "0"}  # fmt: skip
    assert found.value("point", "multiplier_sum") == pytest.approx(sums, rel=1e-9)
    assert found.value("point", "flip_threshold").max() == pytest.approx(flip, rel=1e-8)
    assert found.quantities["point", "flip_threshold"]["rigor"] == "certified"
    assert found.value("network", "network_flip_time").max() == pytest.approx(flip, rel=1e-2)
    assert found.value("network", "network_radius") == pytest.approx(found.value("point", "radius"), rel=1e-2)
    for name in ("main", "universal_flip", "all_points", "class_sums", "parts", "multiplier_sum", "radius_lower_bound"):
        verdict = found.statements[f"kkt_margin.{name}"]
        assert verdict["verdict"]["verdict"] == "Holds" and verdict["of"] == "point", name
        assert verdict["verdict"]["rigor"] == "certified"
    assert found.verdict("robust_half_gap") == "HypothesisFailed"  # judged on the network, which is not that one


def test_what_is_said_about_a_trained_network_survives_the_independent_checker(tmp_path):
    path = write(tmp_path / "net.json", as_file(SIX, **network_part(SIX_THREE, copies=4, noise=1e-4, scale=3.0)))
    found = nearby(read_user_file(path).instance)
    outcomes = [recheck.check(certificate) for certificate in certify(found.instance)]
    assert len(outcomes) >= 2 and {outcome.status for outcome in outcomes} == {"accepted"}
    assert any("KKT point" in outcome.sentence for outcome in outcomes)


def test_identities_of_a_raw_network(tmp_path):
    exact = judged(tmp_path / "net.json", as_file(SIX, **network_part(SIX_MERGED, copies=3)))
    assert exact.value("network", "network_scale") == 1
    for name in ("network_residual", "balance_defect", "multiplier_sum_defect", "unit_defect"):
        assert exact.value("network", name).max() <= 1e-12
    part = network_part(SIX_MERGED)
    part["network"]["v"] = (1.1 * np.array(part["network"]["v"])).tolist()
    unbalanced = judged(tmp_path / "net.json", as_file(SIX, **part))
    assert unbalanced.value("network", "balance_defect").sum() == pytest.approx((1.21 - 1) / (2.21 / 2), rel=1e-6)


def test_a_network_that_is_no_kkt_point(tmp_path):
    generator = np.random.default_rng(0)
    network = {"W": generator.standard_normal((5, 1024)).tolist(), "b": [0.0] * 5, "v": [1, 1, -1, -1, 0.5]}
    found = judged(tmp_path / "net.json", as_file(SIX, network=network))
    assert "is not a KKT point" in found.findings
    assert not any(of == "point" for of, _ in found.quantities)
    assert found.value("network", "network_residual") > 0.1
    assert len(found.value("network", "network_margin")) == 6
    about_points = [e for e in found.result["statements"] if KKT & {h["name"] for h in e["hypotheses"]}]
    assert len(about_points) > 20
    for entry in about_points:
        assert entry["verdict"]["verdict"] == "HypothesisFailed" and entry["verdict"]["name"] in KKT


def test_merged_rationals_are_decided_exactly(tmp_path):
    point = build.orthogonal_biased(build.split_labels(5, 2), 100)
    found = judged(tmp_path / "net.json", as_file(point, **merged_part(point)))
    assert "this network is an exact KKT point" in found.findings
    assert found.value("point", "flip_threshold").max() == pytest.approx(107 / 740, rel=1e-15)
    assert found.quantities["point", "flip_threshold"]["rigor"] == "exact"
    assert found.value("point", "level_threshold").max() == pytest.approx(0.486363636364, rel=1e-11)
    assert found.value("point", "multiplier_sum") == pytest.approx(0.358413264169, rel=1e-11)
    assert found.statements["kkt_margin.main"]["verdict"] | {"slack": 0, "relative_slack": 0} == {
        "verdict": "Holds", "slack": 0, "relative_slack": 0, "rigor": "exact"}  # fmt: skip


def test_merged_floats_are_polished_first(tmp_path):
    rows = floats_of(SIX_MERGED.rows) * (1 + 1e-5 * np.random.default_rng(0).standard_normal(SIX_MERGED.rows.shape))
    moved = SIX.with_point(SIX_MERGED.signs, rows, SIX_MERGED.masses)
    found = judged(tmp_path / "net.json", as_file(moved, **merged_part(moved)))
    assert "an exact KKT point lies within" in found.findings and found.verdict("main") == "Holds"
    assert 1e-7 < found.quantities["network", "point_distance"]["upper"] < 1e-3


def test_degenerate_closed_forms_with_irrational_weights(tmp_path):
    """Kinks with sigma' = 0 defeat a box; the same patterns carry an exact rational point."""
    point = build.orthogonal_merged(build.split_labels(3, 2), 9)
    found = judged(tmp_path / "net.json", as_file(point, **network_part(point, copies=2)))
    assert "an exact KKT point lies within" in found.findings
    assert found.quantities["point", "flip_threshold"]["rigor"] == "exact"
    assert found.value("point", "flip_threshold") == pytest.approx([0.2] * 5, rel=1e-15)
    assert found.value("network", "network_radius") == pytest.approx([1.3416407865] * 5, rel=1e-9)


def test_where_no_proof_succeeds_the_verdicts_are_numerical(tmp_path):
    point = build.rational_star(6, 6, "3/40")
    points = build.cone.coordinates(point.float_gram())
    data = build.MarginInstance(labels=point.labels, bias=False, points=points)
    part = network_part(data.with_point(point.signs, floats_of(point.rows), floats_of(point.masses)))
    found = judged(tmp_path / "net.json", as_file(data, **part))
    assert "no exact KKT point is proved near this network (a kink has" in found.findings
    entry = found.statements["kkt_margin.lower_bound"]
    assert entry["of"] == "point (numerical)"
    assert entry["verdict"]["verdict"] in ("Holds", "Undecided") and entry["verdict"].get("rigor") != "certified"
    assert found.verdict("radius_by_multipliers") == "Holds"


def test_a_robust_network_is_judged_as_given(tmp_path):
    data = build.orthogonal_data(build.split_labels(2, 2), 16)
    robust = build.robust_network(data, "1/4")
    network = {"W": robust.weights.tolist(), "b": robust.biases.tolist(), "v": robust.outputs.tolist()}
    found = judged(tmp_path / "net.json", as_file(robust, network=network))
    entry = found.statements["kkt_margin.robust_orthogonal_optimum"]
    assert entry["verdict"]["verdict"] == "Holds" and entry["of"] == "network"
    assert found.value("network", "network_radius") == pytest.approx([np.sqrt(8)] * 4, rel=1e-12)
    assert found.verdict("main") == "HypothesisFailed"


def test_own_multipliers_are_judged_beside_the_best(tmp_path):
    part = network_part(SIX_MERGED)
    found = judged(tmp_path / "net.json", as_file(SIX, **part, multipliers=[0.01] * 6))
    assert found.value("network", "given_multipliers_residual") > 0.1
    assert found.value("network", "network_residual") <= 1e-12
    found = judged(tmp_path / "net.json", as_file(SIX, **part))
    assert ("network", "given_multipliers_residual") not in found.quantities


def test_wide_networks_get_an_enclosure_of_their_radius(tmp_path):
    found = judged(tmp_path / "net.json", as_file(SIX, **network_part(SIX_MERGED, copies=12)))
    entry = found.quantities["network", "network_radius"]
    assert entry["rigor"] == "numerical"
    assert np.all(np.array(entry["lower"]) <= np.array(entry["upper"]))
    exact = found.value("point", "radius")
    assert np.all(np.array(entry["lower"]) <= exact * (1 + 1e-9))
    assert np.all(exact <= np.array(entry["upper"]) * (1 + 1e-9))


def test_clusters_add_their_quantities(tmp_path):
    data = build.cluster_data([1, -1], 2, 200, np.random.default_rng(0))
    point = build.merged_point(data).on(data)
    content = as_file(data, clusters=data.clusters.tolist(), **network_part(point))
    found = judged(tmp_path / "net.json", content)
    assert found.value("data", "clusters") == 2 and found.verdict("clusters") == "Holds"


def test_npz_says_the_same_as_json(tmp_path):
    content = as_file(SIX, **network_part(SIX_MERGED), multipliers=[0.02] * 6)
    judged(tmp_path / "net.json", content)
    network = {f"network.{key}": np.array(value) for key, value in content.pop("network").items()}
    np.savez(tmp_path / "net.npz", **{key: np.array(value) for key, value in content.items()}, **network)
    assert read_user_file(tmp_path / "net.npz").instance == read_user_file(tmp_path / "net.json").instance
    exact = build.two_points("1/2", 4)
    part = {f"merged.{key}": np.array(value) for key, value in merged_part(exact)["merged"].items()}
    flat = {key: np.array(value) for key, value in as_file(exact).items()}
    np.savez(tmp_path / "exact.npz", **flat, **part)
    assert read_user_file(tmp_path / "exact.npz").instance == exact


@pytest.mark.parametrize("instance", [SIX_MERGED, build.equicorrelated_singles(3, "1/20"), SIX.without_network()])
def test_instances_saved_by_the_product_are_judged(tmp_path, instance):
    path = instance.save(tmp_path / "saved.npz")
    found = judged(path)
    assert found.result["instance"] == instance.digest
    assert found.verdict("main") == ("Holds" if instance.has_network else "Unsupported")


def test_a_saved_network_in_both_forms_is_judged(tmp_path):
    raw = read_user_file(write(tmp_path / "raw.json", as_file(SIX, **network_part(SIX_MERGED)))).instance
    both = replace(SIX_MERGED, weights=raw.weights, biases=raw.biases, outputs=raw.outputs)
    found = judged(both.save(tmp_path / "both.npz"))
    assert found.verdict("main") == "Holds" and found.verdict("merging") == "Holds"
    assert found.value("network", "network_residual") <= 1e-12


def test_large_rationals_of_a_saved_instance_are_welcome(tmp_path):
    data = build.sign_data(10, 400, np.random.default_rng(1), labels=build.alternating_labels(10), bias=True)
    exact = build.exact_partition_point(data)
    large = exact.with_point(exact.signs, exact_array(fractions_of(exact.rows) * 10**80),
                             exact_array(fractions_of(exact.masses) / 10**80))  # fmt: skip
    assert judged(large.save(tmp_path / "large.npz")).quantities["point", "margin"]["rigor"] == "exact"
    assert judged(exact.save(tmp_path / "saved.npz")).quantities["point", "margin"]["rigor"] == "exact"


def test_the_schema_describes_the_format_and_its_examples_are_judged(tmp_path):
    schema = engine.schema("kkt_margin")
    names = {field["name"] for field in schema["fields"]}
    assert names == {field["name"] for field in FIELDS}
    examples = [schema["example"], *schema["more_examples"].values()]
    assert names - {"clusters"} == {key for example in examples for key in example}
    found = judged(tmp_path / "example.json", schema["example"])
    assert "this network is an exact KKT point" in found.findings
    assert found.quantities["network", "given_multipliers_residual"]["exact"] == "0"
    assert found.statements["kkt_margin.main"]["verdict"]["rigor"] == "exact"
    alone, biased, merged = (judged(tmp_path / "more.json", example) for example in schema["more_examples"].values())
    assert alone.value("data", "all_points_flip_size") < 2
    assert "an exact KKT point lies within" in biased.findings
    assert merged.verdict("main") == "Holds" and "exact KKT point" in merged.findings


def test_statements_about_runs_or_laws_are_not_judged_on_a_file(tmp_path):
    found = judged(tmp_path / "net.json", as_file(SIX, **network_part(SIX_THREE)))
    for entry in found.result["statements"]:
        if entry["basis"] in ("runs", "law"):
            assert entry["verdict"]["verdict"] == "Unsupported" and "about" in entry["verdict"]["reason"]
    assert found.verdict("conjecture_wide_global_optimum") == "Unsupported"


def test_identities_are_lemmas_on_the_weights(tmp_path):
    found = judged(tmp_path / "net.json", as_file(SIX, **network_part(SIX_THREE, copies=3, noise=1e-9)))
    for name in ("balance", "unit_neurons", "gradient_form", "merging"):
        entry = found.statements[f"kkt_margin.{name}"]
        assert entry["verdict"]["verdict"] == "Holds" and entry["of"] == "network", name


def test_every_entry_has_what_readers_rely_on(tmp_path):
    found = judged(tmp_path / "net.json", as_file(SIX, **network_part(SIX_MERGED)))
    assert {entry["id"] for entry in found.result["statements"]} == {s.id for s in library.statements("kkt_margin")}
    assert {"slug", "file", "instance", "notes", "findings", "quantities", "statements"} == set(found.result)
    for entry in found.result["quantities"]:
        assert {"name", "of", "unit", "axes", "doc"} <= set(entry)
        assert ("reason" in entry) != {"rigor", "lower", "value", "upper"}.issubset(entry)
        if "reason" not in entry:
            lower, value, upper = (np.array(entry[key], dtype=float) for key in ("lower", "value", "upper"))
            assert lower.ndim == len(entry["axes"])
            assert np.all(lower <= value) and np.all(value <= upper), entry["name"]
    for entry in found.result["statements"]:
        assert {"id", "kind", "title", "expected", "basis", "of", "verdict", "hypotheses", "conclusions"} == set(entry)


def test_the_engine_knows_no_slug():
    source = Path(engine.__file__).read_text()
    assert not any(slug in source for slug in library.slugs())
    with pytest.raises(UsageError, match="unknown slug 'nothing'"):
        engine.judge("nothing", "x.json")
    with pytest.raises(UsageError, match="unknown slug"):
        engine.schema("nothing")


def test_the_command(tmp_path, capsys):
    path = tmp_path / "net.json"
    path.write_text(dumps(as_file(SIX, **network_part(SIX_THREE, noise=1e-6))))
    assert command_line.main(["judge", "kkt_margin", str(path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {entry["id"] for entry in shown["statements"]} == {s.id for s in library.statements("kkt_margin")}
    assert command_line.main(["judge", "kkt_margin", str(path)]) == 0
    text = capsys.readouterr().out
    for words in (
        *("an exact KKT point lies within", ": data", ": network", ": point", "flip_threshold", "0.2528"),
        *("sigma' := 1[a > 0]", "kkt_margin.universal_flip", "Holds", "HypothesisFailed", "--json"),
    ):
        assert words in text, words
    assert command_line.main(["judge", "kkt_margin", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["example"]["slug"] == "kkt_margin"


def test_the_command_on_data_alone_says_which_hypotheses_fail(tmp_path, capsys):
    path = tmp_path / "data.json"
    path.write_text(dumps(as_file(build.linear_congruential_sign_data(16, 1024, bias=True))))
    assert command_line.main(["judge", "kkt_margin", str(path)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Unsupported" in text and "hypotheses 4 can be decided on these data" in text
    assert "'near-orthogonal data' fails" in text and "0.1729" in text
