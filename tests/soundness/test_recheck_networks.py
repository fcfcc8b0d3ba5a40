"""Certificates about networks over a ball: honest ones are accepted, forgeries with a fitting digest are not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import forgeries as f
import numpy as np
import pytest
from hypothesis import given, settings

from constructions import strategies_purification as strategies
from constructions.feature_purification import PurificationInstance, SparseLaw, spaces
from verifiers import certificates, recheck
from verifiers.feature_purification import measure
from verifiers.feature_purification.certify import certificates_of, certify

CHECKER = Path(recheck.__file__)


@cache
def honest(norm: int = 2) -> dict[str, dict[str, Any]]:
    """A small network with certified and with broken points, in both norms."""
    generator = np.random.default_rng(4)
    law = SparseLaw.of("light", 8, 3)
    sample = law.sample(12, generator)
    weights = np.vstack([np.eye(8)] * 2) * 0.9 + generator.normal(size=(16, 8)) * 0.05
    instance = PurificationInstance(
        weights=weights, biases=np.full(16, 0.125), points=sample.points, labels=sample.labels,
        radius=0.25 if norm == 2 else 0.125, norm=norm,
    )  # fmt: skip
    robust = {c["kind"]: c for c in certify(instance)}
    far = PurificationInstance(**{**instance.arrays(), "radius": 2.0})
    return robust | {c["kind"]: c for c in certify(far)} | {"ball_margin": robust["ball_margin"]}


@cache
def one_neuron() -> dict[str, Any]:
    """phi_{1/5}(x) at x = 1, radius 3/4: the bound is 1/20 at q = 2/3, and exact."""
    instance = spaces.small_network(1, 1, (Fraction(1),), (Fraction(1, 5),), (Fraction(1),), (Fraction(1),),
                                    Fraction(3, 4))  # fmt: skip
    return next(certificates_of(measure(instance).subject, "feature_purification.certificate"))


@pytest.mark.parametrize("norm", [2, 0])
@pytest.mark.parametrize("kind", ["ball_margin", "ball_broken"])
def test_honest_certificates_are_accepted(kind, norm) -> None:
    outcome = recheck.check(honest(norm)[kind])
    assert outcome.status == "accepted", outcome.sentence
    assert ("> 0 for all" if kind == "ball_margin" else "<= 0 for some") in outcome.sentence


def lowered_bound(certificate: dict[str, Any]) -> None:
    num, den = certificate["payload"]["bound"]
    certificate["payload"]["bound"] = [hex(int(num, 16) * 98), hex(int(den, 16) * 100)]


def second_point(certificate: dict[str, Any]) -> None:
    certificate["payload"]["multipliers"]["num"] = certificate["payload"]["multipliers"]["num"][:-1]


FORGERIES = [
    ("bound two percent too small", "ball_margin", lowered_bound, "false", "not diagonally dominant"),
    ("bound zero", "ball_margin", f.rational("payload/bound", 0), "malformed", "not positive"),
    ("bound negative", "ball_margin", f.rational("payload/bound", -1), "malformed", "not positive"),
    ("factor entry", "ball_margin", f.put("payload/factor/num/3/1", f.add(2**36)), "false", "not diagonally dominant"),
    ("factor missing a row", "ball_margin", f.drop("payload/factor/num", 2), "malformed", ""),
    ("weight entry", "ball_margin", f.put("payload/weights/num/2/2", f.scale(3)), "false", "not diagonally dominant"),
    ("radius larger", "ball_margin", f.rational("payload/radius", 1), "false", "only proved"),
    ("radius negative", "ball_margin", f.rational("payload/radius", -1), "malformed", "radius"),
    ("label", "ball_margin", f.put("payload/labels/0", lambda y: -y), "false", "only proved"),
    ("label zero", "ball_margin", f.put("payload/labels/0", 0), "malformed", "labels"),
    ("point", "ball_margin", f.put("payload/points/num/0", lambda row: ["0x0"] * len(row)), "false", "only proved"),
    ("multiplier large", "ball_margin", f.put("payload/multipliers/num/0", f.scale(1000)), "false", "only proved"),
    ("multiplier zero", "ball_margin", f.put("payload/multipliers/num/0", "0x0"), "malformed", "multiplier"),
    ("multiplier negative", "ball_margin", f.put("payload/multipliers/num/0", "-0x1"), "malformed", "multiplier"),
    ("multiplier missing", "ball_margin", second_point, "malformed", ""),
    ("bias larger", "ball_margin", f.put("payload/biases/num", lambda b: [f.scale(6)(v) for v in b]), "false", "only"),
    ("bias negative", "ball_margin", f.put("payload/biases/num/0", "-0x1"), "malformed", "bias"),
    ("output zero", "ball_margin", f.put("payload/outputs/num/0", "0x0"), "malformed", "output"),
    ("output negative", "ball_margin", f.put("payload/outputs/num/0", "-0x1"), "malformed", "output"),
    ("no points", "ball_margin", f.put("payload/labels", []), "malformed", "nothing is claimed"),
    ("unknown norm", "ball_margin", f.put("payload/norm", 1), "malformed", "norm"),
    ("the cube in place of the ball", "ball_margin", f.put("payload/norm", 0), "false", "only proved"),
    ("float weight", "ball_margin", f.put("payload/weights/num/0/0", 0.5), "malformed", ""),
    ("other claim", "ball_margin", f.put("claim/type", "ball_broken"), "malformed", "claim"),
    ("further entry", "ball_margin", f.put("payload/trust", True), "malformed", "trust"),
    ("delta outside", "ball_broken", f.put("payload/deltas/num/0/0", f.scale(1000)), "false", "not in the ball"),
    ("smaller radius", "ball_broken", f.rational("payload/radius", "1/100"), "false", "not in the ball"),
    ("delta zero", "ball_broken", f.put("payload/deltas/num/0", lambda row: ["0x0"] * len(row)), "false", "keeps"),
    ("label turned", "ball_broken", f.put("payload/labels/0", lambda y: -y), "false", "keeps"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "edit", "status", "reason"), [row[1:] for row in FORGERIES],
                         ids=[row[0] for row in FORGERIES])
def test_forgeries_with_a_fitting_digest_are_rejected(kind, edit, status, reason) -> None:
    outcome = recheck.check(f.forge(honest()[kind], edit))
    assert outcome.status == status and reason in outcome.sentence, outcome


def test_a_changed_byte_is_noticed() -> None:
    certificate = dict(honest()["ball_margin"]) | {"version": 2}
    assert recheck.check(certificate).status == "altered"


def test_a_tie_is_not_certified() -> None:
    """At radius 4/5 the least value of the one neuron is 0: no multiplier may be accepted."""
    for q in ("1/10", "1/2", "5/8", "2/3", "3"):
        edits = f.both(f.rational("payload/radius", "4/5"), f.put("payload/multipliers", certificates.vector_to_json(
            [Fraction(q)])))  # fmt: skip
        assert recheck.check(f.forge(one_neuron(), edits)).status == "false"
    assert recheck.check(one_neuron()).status == "accepted"


def every(instance: PurificationInstance) -> Iterator[recheck.Outcome]:
    for certificate in certify(instance):
        yield recheck.check(certificate)


@settings(max_examples=40, deadline=None)
@given(instance=strategies.small_networks(max_dimension=3, max_radius=5))
def test_whatever_is_certified_is_accepted_and_agrees_with_the_exact_bound(instance) -> None:
    outcomes = list(every(instance))
    assert all(outcome.status == "accepted" for outcome in outcomes)
    certified = any(outcome.kind == "ball_margin" for outcome in outcomes)
    assert certified == any(v > 0 for v in measure(instance).subject.dual_bounds)
    assert not (certified and any(outcome.kind == "ball_broken" for outcome in outcomes))


def test_the_checker_runs_alone_with_its_companion_and_says_when_that_is_missing(tmp_path) -> None:
    folder = tmp_path / "certificates"
    for certificate in honest().values():
        certificates.save(certificate, folder)

    def run(script: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", "-I", str(script), str(folder)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd="/", check=False)

    assert run(CHECKER).returncode == 0
    alone = Path(shutil.copy(CHECKER, tmp_path / "checker.py"))
    missing = run(alone)
    assert missing.returncode == 1 and "recheck_networks.py" in missing.stdout
    shutil.copy(CHECKER.with_name("recheck_networks.py"), tmp_path)
    assert run(alone).returncode == 0
