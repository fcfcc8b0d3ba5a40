"""Certificates about filters and signals on a circle: honest ones are accepted, forgeries are not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import forgeries as f
import numpy as np
import pytest
from hypothesis import given, settings

from constructions import strategies
from constructions.frequency_bias import FrequencyInstance, low_band, signals, spaces
from verifiers import certificates, recheck, recheck_frequency
from verifiers import certificates_frequency as build
from verifiers.errors import NoCertificate
from verifiers.frequency_bias import certify as certifier
from verifiers.frequency_bias.prolate import prolate

CHECKER = Path(recheck.__file__)


@cache
def honest() -> dict[str, dict[str, Any]]:
    """A bound, a share and counted supports, one certificate of each kind."""
    own = FrequencyInstance(length=16, taps=[1, 2, 1], band=low_band(16, 2), signal=signals.comb(16, 4))
    return {certificate["kind"]: certificate for certificate in certifier.certify(own)}


def upper_bound(certificate: dict[str, Any]) -> Fraction:
    num, den = certificate["claim"]["bound"]
    return Fraction(int(num, 16), int(den, 16))


@pytest.mark.parametrize("kind", ["band_bound", "band_share", "supports"])
def test_honest_certificates_are_accepted(kind) -> None:
    outcome = recheck.check(honest()[kind])
    assert outcome.status == "accepted", outcome.sentence
    said = {"band_bound": "every real filter with 3", "band_share": "a share >=", "supports": "product 16"}[kind]
    assert said in outcome.sentence


def test_the_bound_is_close_to_lambda_and_a_millionth_less_is_refused() -> None:
    found = upper_bound(honest()["band_bound"])
    exact = prolate(16, 3, 5)
    assert exact.upper <= float(found) <= float(exact.upper) * (1 + 1e-9)
    less = found * (1 - Fraction(1, 10**6))
    with pytest.raises(NoCertificate):
        certifier.band_bound(16, 3, (0, 1, 2, 14, 15), less, Fraction(1, 2**60), statement="x")
    forged = f.forge(honest()["band_bound"], f.rational("claim/bound", less))
    assert recheck.check(forged).status == "false"


FORGERIES = [
    ("bound a millionth too small", "band_bound", f.rational("claim/bound", "77213/100000"), "false", "dominant"),
    ("bound zero", "band_bound", f.rational("claim/bound", 0), "false", "dominant"),
    ("one tap more than rows", "band_bound", f.put("payload/taps", 4), "malformed", ""),
    ("more taps than sites", "band_bound", f.put("payload/taps", 17), "malformed", "more taps than sites"),
    ("a wider band", "band_bound", f.put("payload/band", [0, 1, 2, 3, 14, 15]), "false", "dominant"),
    ("fewer sites", "band_bound", f.put("payload/sites", 15), "malformed", "band"),
    ("other sites", "band_bound", f.put("payload/sites", 17), "false", "dominant"),
    ("empty band", "band_bound", f.put("payload/band", []), "malformed", "empty"),
    ("band not sorted", "band_bound", f.put("payload/band", [1, 0]), "malformed", "increasing"),
    ("factor entry", "band_bound", f.put("payload/factor/num/1/0", f.scale(2)), "false", "dominant"),
    ("factor zero", "band_bound", f.put("payload/factor/num/2", ["0x0", "0x0", "0x0"]), "false", "dominant"),
    ("factor negative unit", "band_bound", f.put("payload/factor/den", "-0x1"), "malformed", "denominator"),
    ("float in the factor", "band_bound", f.put("payload/factor/num/0/0", 0.5), "malformed", ""),
    ("further entry", "band_bound", f.put("payload/trust", True), "malformed", "trust"),
    ("share level", "band_share", f.rational("claim/level", "9/10"), "false", "does not prove"),
    ("share relation", "band_share", f.put("claim/relation", "<="), "false", "does not prove"),
    ("strict relation", "band_share", f.put("claim/relation", "<"), "malformed", "relation"),
    ("share taps", "band_share", f.put("payload/taps/num/1", "-0x2"), "false", "does not prove"),
    ("zero filter", "band_share", f.put("payload/taps/num", ["0x0"] * 3), "false", "zero"),
    ("no taps", "band_share", f.put("payload/taps/num", []), "malformed", ""),
    ("support", "supports", f.put("claim/support", 5), "false", "4 nonzero values"),
    ("spectrum", "supports", f.put("claim/spectrum", 3), "false", "4 nonzero coefficients"),
    ("spectrum zero", "supports", f.put("claim/spectrum", 0), "malformed", "support"),
    ("another signal", "supports", f.put("payload/table/num/1/0", "0x1"), "false", "nonzero"),
    ("not a prime", "supports", f.put("payload/prime", 2**30), "malformed", ""),
    ("not a root", "supports", f.put("payload/root", 1), "malformed", "order 16"),
    ("not square", "supports", f.drop("payload/table/num", 0), "malformed", "square"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "edit", "status", "reason"), [row[1:] for row in FORGERIES],
                         ids=[row[0] for row in FORGERIES])
def test_forgeries_with_a_fitting_digest_are_rejected(kind, edit, status, reason) -> None:
    outcome = recheck.check(f.forge(honest()[kind], edit))
    assert outcome.status == status and reason in outcome.sentence, outcome


@pytest.mark.parametrize("kind", ["band_bound", "band_share", "supports"])
def test_a_changed_byte_is_noticed(kind) -> None:
    assert recheck.check(dict(honest()[kind]) | {"version": 2}).status == "altered"


def test_a_zero_modulo_the_prime_is_not_taken_for_zero() -> None:
    """x = (q, 1, 0, ...) has two nonzero values, one of which is zero modulo q: claiming one is no proof."""
    prime, root = honest()["supports"]["payload"]["prime"], honest()["supports"]["payload"]["root"]
    table = np.zeros((16, 16), dtype=np.int64)
    table[0, 0], table[1, 0] = prime, 1
    for counts in ((1, 16), (2, 16)):
        outcome = recheck.check(build.supports(table, prime, root, counts, statement="x"))
        assert outcome.status == "false" and "vanishes modulo the prime, but is not zero" in outcome.sentence


def test_cosines_of_the_checker_enclose_those_of_floats() -> None:
    for sites in (1, 2, 3, 7, 8, 16, 100):
        for m, (low, high) in enumerate(recheck_frequency._circle(sites, 200)):
            assert high - low <= 3
            assert low / 2**200 - 1e-15 <= np.cos(2 * np.pi * m / sites) <= high / 2**200 + 1e-15
    import mpmath

    with mpmath.workprec(320):
        for sites in (5, 12, 31):
            for m, (low, high) in enumerate(recheck_frequency._circle(sites, 256)):
                exact = mpmath.cospi(mpmath.mpf(2 * m) / sites) * mpmath.mpf(2) ** 256
                assert low <= exact <= high


@pytest.mark.parametrize("space", [spaces.filters, spaces.pairs, spaces.sparse], ids=lambda space: space.name)
def test_whatever_is_certified_is_accepted(space) -> None:
    @settings(max_examples=15, deadline=None)
    @given(point=strategies.points_of(space))
    def search(point) -> None:
        instance = space.instance(point)
        if instance is not None:
            outcomes = [recheck.check(certificate) for certificate in certifier.certify(instance)]
            assert all(outcome.status == "accepted" for outcome in outcomes), outcomes

    search()


def test_the_checker_runs_alone_with_its_companion_and_says_when_that_is_missing(tmp_path) -> None:
    folder = tmp_path / "certificates"
    for certificate in honest().values():
        certificates.save(certificate, folder)

    def run(script: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", "-I", str(script), str(folder), "--json"]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd="/", check=False)

    assert run(CHECKER).returncode == 0 and json.loads(run(CHECKER).stdout)["accepted"] == 3
    alone = Path(shutil.copy(CHECKER, tmp_path / "checker.py"))
    missing = run(alone)
    assert missing.returncode == 1 and "recheck_frequency.py" in missing.stdout
    shutil.copy(CHECKER.with_name("recheck_frequency.py"), tmp_path)
    assert run(alone).returncode == 0
