"""Certificates of costs and margins: honest ones are accepted, forgeries with a fitting digest are not."""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from constructions.frequency_bias import networks
from theorems.frequency_bias import margin_families as families
from verifiers import certificates, recheck
from verifiers.certificates_margins import certify_cost, certify_margin

KINDS = ("cost_above", "cost_below", "margin_above", "margin_below")


@cache
def honest(kernel: int = 3) -> dict[str, dict[str, Any]]:
    """The integer oracles: R_3 = 7.606521449, R*_3 = .31946016."""
    made = [*certify_cost(networks.predictor(np.array(families.ORACLE), kernel)),
            *certify_margin(networks.labelled(np.array(families.MARGIN_POINTS), [1, -1, 1], kernel))]  # fmt: skip
    return {certificate["kind"]: certificate for certificate in made}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kernel", [1, 3, 8])
def test_honest_certificates_are_accepted(kind, kernel) -> None:
    outcome = recheck.check(honest(kernel)[kind])
    assert outcome.status == "accepted", outcome.sentence
    assert ("at least" if kind.endswith("above") else "at most") in outcome.sentence
    number = float(outcome.sentence.rsplit("~", 1)[1])
    values = {1: (7.745966692, 0.35662931), 3: (7.606521449, 0.31946016), 8: (6.438311756, 0.29563543)}
    assert number == pytest.approx(values[kernel][kind.startswith("margin")], rel=1e-7)


def forged(kind: str, change) -> str:
    body = copy.deepcopy(honest()[kind])
    change(body["payload"])
    return recheck.check(certificates.seal(body)).status


def moved(pair: list[str], factor: float) -> list[str]:
    return [hex(int(int(pair[0], 16) * factor)), pair[1]]


@pytest.mark.parametrize(("kind", "name", "factor"), [
    ("cost_above", "floor", 1.000001), ("margin_above", "floor", 1.000001), ("cost_below", "ceiling", 0.999999),
    ("margin_below", "ceiling", 0.999999), ("cost_above", "threshold", 0.999999), ("margin_above", "threshold", 0.9),
    ("margin_above", "threshold", 0.0), ("cost_below", "ceiling", -1.0),
])  # fmt: skip
def test_numbers_moved_to_the_wrong_side_are_false(kind, name, factor) -> None:
    assert forged(kind, lambda payload: payload.update({name: moved(payload[name], factor)})) == "false"


def negative_multiplier(payload: dict[str, Any]) -> None:
    payload["multipliers"]["num"][0] = "-" + payload["multipliers"]["num"][0]


def other_label(payload: dict[str, Any]) -> None:
    payload["labels"][0] = -payload["labels"][0]


def longer_points(payload: dict[str, Any]) -> None:
    """Twice as long points are separated at half the cost."""
    payload["points"]["num"] = [[hex(2 * int(entry, 16)) for entry in row] for row in payload["points"]["num"]]


def other_filter(payload: dict[str, Any]) -> None:
    payload["filters"]["num"][0][0] = "0x0"


def other_predictor(payload: dict[str, Any]) -> None:
    payload["predictor"]["num"][0] = "0x5"


def fewer_taps(payload: dict[str, Any]) -> None:
    """The same numbers claimed for one tap would be the Euclidean bound."""
    payload["kernel"] = 1


@pytest.mark.parametrize(("kind", "change", "status"), [
    ("margin_above", negative_multiplier, "false"), ("margin_above", longer_points, "false"),
    ("margin_below", other_label, "false"), ("margin_below", other_filter, "false"),
    ("cost_below", other_filter, "false"), ("cost_below", other_predictor, "false"),
    ("cost_below", fewer_taps, "malformed"), ("margin_below", fewer_taps, "malformed"),
])  # fmt: skip
def test_forgeries_are_refused(kind, change, status) -> None:
    assert forged(kind, change) == status


def test_a_negative_multiplier_would_prove_too_much() -> None:
    """Points 2 and 1 on one site cost 1; multipliers -1 and 3 combine them to 1 and add up to 2."""
    payload = {
        "points": certificates.matrix_to_json([[2], [1]]), "labels": [1, 1], "kernel": 1,
        "multipliers": certificates.vector_to_json([-1, 3]), "threshold": certificates.rational_to_json("1001/1000"),
        "floor": certificates.rational_to_json("19/10"),
    }  # fmt: skip
    body = honest()["margin_above"] | {"payload": payload}
    outcome = recheck.check(certificates.seal(body))
    assert outcome.status == "false" and "negative" in outcome.sentence
    payload["multipliers"] = certificates.vector_to_json([0, 1])
    payload["floor"] = certificates.rational_to_json("9/10")
    assert recheck.check(certificates.seal(body)).status == "accepted"


def test_a_floor_for_more_taps_than_proved_is_false() -> None:
    assert forged("cost_above", lambda payload: payload.update(kernel=8)) == "false"
    assert forged("margin_above", lambda payload: payload.update(kernel=8)) == "false"


@pytest.mark.parametrize(("kind", "name", "value"), [
    ("cost_above", "kernel", 0), ("cost_above", "kernel", 9), ("cost_above", "kernel", "3"),
    ("margin_above", "labels", [1, 2, 1]), ("margin_above", "labels", []), ("margin_below", "readouts", []),
    ("cost_above", "predictor", {"den": "0x0", "num": ["0x1"] * 8}),
    ("cost_above", "predictor", {"den": "0x1", "num": []}),
    ("margin_above", "points", {"den": "0x1", "num": []}), ("cost_above", "floor", ["0x1"]),
    ("margin_below", "filters", {"den": "0x1", "num": [["0x1"]]}),
])  # fmt: skip
def test_unreadable_payloads_are_malformed(kind, name, value) -> None:
    assert forged(kind, lambda payload: payload.update({name: value})) == "malformed"


def test_altered_bytes_are_noticed() -> None:
    body = copy.deepcopy(honest()["cost_above"])
    body["payload"]["floor"] = moved(body["payload"]["floor"], 0.5)
    assert recheck.check(body).status == "altered"


def test_the_checker_runs_isolated_and_needs_its_file_beside_it(tmp_path) -> None:
    folder = tmp_path / "certificates"
    for certificate in honest().values():
        certificates.save(certificate, folder)
    source = Path(recheck.__file__)
    run = [sys.executable, "-S", "-I", str(source), str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0 and "4 accepted" in done.stdout, done.stdout + done.stderr
    alone = Path(shutil.copy(source, tmp_path / "recheck.py"))
    done = subprocess.run([sys.executable, "-S", "-I", str(alone), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1 and "not beside the checker" in done.stdout


def test_instances_without_parts_have_no_certificates() -> None:
    torus = networks.predictor(np.array(families.TORUS), 2)
    assert not [*certify_cost(torus), *certify_margin(torus)]
