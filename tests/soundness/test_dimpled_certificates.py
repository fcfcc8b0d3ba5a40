"""Certificates of off-manifold radii: honest ones are accepted, forgeries are not; bounds against exact radii."""

from __future__ import annotations

import json
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

from constructions import strategies_dimpled
from constructions.dimpled_manifold import NetworkInstance, closed_forms, spaces
from constructions.instance import Draw, InvalidInstance, exact_array, fractions_of
from theorems.dimpled_manifold.radii import off_radius
from theorems.statement import judge
from verifiers import certificates, recheck
from verifiers import certificates_dimpled as build
from verifiers.dimpled_manifold import measure
from verifiers.dimpled_manifold.certify import certify, chord_radius
from verifiers.dimpled_manifold.chord import ChordProof, proved
from verifiers.dimpled_manifold.network import OFF
from verifiers.errors import NoCertificate
from verifiers.verdict import Holds, HypothesisFailed, Undecided

F = Fraction
CHECKER = Path(recheck.__file__)


def wide() -> NetworkInstance:
    """More opposite neurons than are enumerated: one half-space for the whole ball, on the second point."""
    return spaces.drawn_networks.build(p=4, l=12, m=60, n=2, steps=5, plane=1, normal=2, delta="1/10", decay=1)


@cache
def honest() -> dict[str, dict[str, Any]]:
    """One certificate of each method: cells and operator of the two neurons by hand, a chord of a wide network."""
    both = (*certify(wide()), *certify(closed_forms.two_neurons()))
    return {certificate["payload"]["proof"]["method"]: certificate for certificate in both}


def vector(*entries: Any) -> dict[str, Any]:
    return certificates.vector_to_json(entries)


def forged(method: str, *edits: Any) -> recheck.Outcome:
    """What the checker says about an honest certificate with these edits and a new digest."""
    return recheck.check(f.forge(honest()[method], f.both(*edits)))


@pytest.mark.parametrize("method", ["cells", "operator", "chord"])
def test_honest_certificates_are_accepted(method) -> None:
    outcome = recheck.check(honest()[method])
    assert outcome.status == "accepted", outcome.sentence
    assert "squared off-manifold radius" in outcome.sentence and outcome.kind == "off_radius"


def test_the_two_neurons_by_hand_are_enclosed_exactly() -> None:
    outcome = recheck.check(honest()["cells"])
    assert outcome.sentence.endswith("is at least 25/16 and at most 25/16")
    assert "orthogonal to the first 1 coordinates" in outcome.sentence


@pytest.mark.parametrize("method", ["cells", "operator", "chord"])
def test_a_millionth_more_is_not_proved(method) -> None:
    """The bound of cells is exact, that of the norm leaves room of 1e-9, a chord is at the end of its bisection."""
    certificate = honest()[method]
    num, den = (int(part, 16) for part in certificate["claim"]["lower_squared"])
    more = F(num, den) * (1 + F(1, 10**3 if method == "chord" else 10**6))
    outcome = forged(method, f.rational("claim/lower_squared", str(more)), f.put("claim/upper_squared", None),
                     f.put("payload/witness", None))  # fmt: skip
    assert outcome.status == "false", outcome.sentence


def test_altered_bytes_are_noticed() -> None:
    certificate = json.loads(json.dumps(honest()["cells"]))
    certificate["claim"]["lower_squared"] = ["0x2", "0x1"]
    assert recheck.check(certificate).status == "altered"


FORGERIES: tuple[tuple[str, str, tuple[Any, ...], str], ...] = (
    ("a nearer witness that flips nothing", "cells", (f.put("payload/witness", vector(0, -1, 0)),), "change the sign"),
    ("a witness within the plane", "cells", (f.put("payload/witness", vector(-2, 0, 0)),), "within the plane"),
    ("a cell less", "cells", (f.drop("payload/proof/cells", 0),), "do not cover"),
    ("a point on the boundary", "cells", (f.put("payload/point", vector(0, 0, 0)),), "N is 0"),
    ("another network", "operator", (f.put("payload/outputs", vector(1, -1)),), "operator norm"),
    ("a smaller norm", "operator", (f.rational("payload/proof/bound", "1/2"),), "not diagonally dominant"),
    ("no proof", "cells", (f.put("payload/proof", None),), "needs a proof"),
)


@pytest.mark.parametrize(("method", "changes", "reason"), [case[1:] for case in FORGERIES],
                         ids=[case[0] for case in FORGERIES])
def test_forgeries_are_false(method, changes, reason) -> None:
    outcome = forged(method, *changes)
    assert outcome.status in ("false", "malformed") and reason in outcome.sentence, outcome.sentence


def test_a_cell_may_not_weigh_neurons_against_their_states() -> None:
    """Leaving out the opposite neuron where it may be on would prove 4, more than the radius 25/16."""
    proof = {"method": "cells", "cells": [{"active": [-1, -1], "kink": None, "shares": vector(1, 0)}]}
    edits = (f.put("payload/proof", proof), f.rational("claim/lower_squared", 4), f.put("claim/upper_squared", None),
             f.put("payload/witness", None))  # fmt: skip
    outcome = forged("cells", *edits)
    assert outcome.status == "false" and "weighs neuron 1" in outcome.sentence


def test_a_chord_with_a_height_too_small_or_a_share_too_large_is_false() -> None:
    heights = honest()["chord"]["payload"]["proof"]["heights"]
    low = {"den": heights["den"], "num": [hex(int(entry, 16) // 2) for entry in heights["num"]]}
    outcome = forged("chord", f.put("payload/proof/heights", low))
    assert outcome.status == "false" and "more than its height" in outcome.sentence
    outcome = forged("chord", f.put("payload/proof/shares", vector(*[2] * 60)))
    assert outcome.status == "false" and "not in [0, 1]" in outcome.sentence


def test_the_checker_runs_alone(tmp_path) -> None:
    for certificate in honest().values():
        certificates.save(certificate, tmp_path)
    done = subprocess.run([sys.executable, "-S", "-I", str(CHECKER), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0 and "0 false" in done.stdout


@settings(max_examples=25, deadline=None)
@given(instance=strategies_dimpled.flat_networks(max_width=3))
def test_every_certificate_of_a_small_network_is_accepted(instance) -> None:
    for certificate in certify(instance):
        outcome = recheck.check(certificate)
        assert outcome.status == "accepted", outcome.sentence


@settings(max_examples=25, deadline=None)
@given(instance=strategies_dimpled.flat_networks(max_width=4))
def test_one_half_space_never_proves_more_than_the_exact_radius(instance) -> None:
    subject = measure(instance).subject
    if subject.values[0] == 0:
        return
    try:
        found = chord_radius(subject, 0)
    except NoCertificate:
        return
    assert found.radius_sq <= subject.radius(OFF, 0).upper_squared


@pytest.mark.parametrize("space", [spaces.linear_networks, spaces.flat_networks], ids=lambda space: space.name)
def test_the_checker_agrees_with_every_half_space(space) -> None:
    """Opposite neurons that are on, off or at a kink within the ball; the checker forms its half-space by itself."""
    generator, accepted = np.random.default_rng(2), 0
    for _ in range(12):
        instance = space.instance(space.draw(generator, {"turned": 0} if "turned" in space.parameters else {}))
        subject = measure(instance).subject
        if subject.values[0] == 0:
            continue
        try:
            found = chord_radius(subject, 0)
        except NoCertificate:
            continue
        block = build.network_block(fractions_of(instance.weights), subject.biases, subject.outputs,
                                    build.leading(subject.rank), fractions_of(instance.points[0]))  # fmt: skip
        proof = build.chord_proof(found.heights, found.shares)
        certificate = build.off_radius(block, lower_squared=found.radius_sq, proof=proof, statement="x")
        assert recheck.check(certificate).status == "accepted"
        accepted += 1
    assert accepted >= 5


def test_one_half_space_is_exact_for_linear_networks() -> None:
    instance = spaces.linear_networks.build(p=1, l=2, w=(F(1), F(1, 2), F(1)), v=F(1, 2), h=F(1, 2))
    subject = measure(instance).subject
    exact, found = subject.radius(OFF, 0).upper_squared, chord_radius(subject, 0).radius_sq
    assert 0.99 * float(exact) <= float(found) <= float(exact)


def test_a_half_space_with_a_wrong_height_is_not_proved() -> None:
    subject = measure(closed_forms.two_neurons()).subject
    outputs, gram, pre = subject.signed_outputs(0), subject.gram(OFF), list(subject.pre[0])
    good = chord_radius(subject, 0)
    assert proved(outputs, gram, pre, good)
    low = tuple(h / 2 for h in good.heights)
    assert not proved(outputs, gram, pre, ChordProof(good.radius_sq, low, good.shares))
    assert not proved(outputs, gram, pre, ChordProof(good.radius_sq, good.heights, (F(2), F(0))))


# Accepted, rejected, undecided


def test_the_three_answers_of_the_radius() -> None:
    def verdict(instance: NetworkInstance) -> Any:
        return judge(off_radius, Draw(instance, "structured", "by hand")).verdict

    assert isinstance(verdict(closed_forms.two_neurons()), Holds)
    zero = NetworkInstance(weights=[[1, 1]], outputs=[1], points=[[-1, 0]], labels=[1], codimension=1)
    assert isinstance(verdict(zero), HypothesisFailed)
    irrational = NetworkInstance(weights=exact_array([[1, 1, 2], [1, 2, -1], [2, 1, 1]]), outputs=[1, 1, 1],
                                 points=[[1, 0, 0]], labels=[1], codimension=2)  # fmt: skip
    tight = judge(off_radius.variant(constants={"lipschitz": measured_quotient(irrational)}), Draw(
        irrational, "structured", "by hand")).verdict  # fmt: skip
    assert isinstance(tight, Undecided)


def measured_quotient(instance: NetworkInstance) -> Fraction:
    """The factor at which the bound of this instance falls between the ends of the operator norm's enclosure."""
    measured = measure(instance)
    closeness = F(float(measured["off_closeness"].value[0]))
    middle = F(float(measured["operator_sq"].lower) + float(measured["operator_sq"].upper)) / 2
    confidence = F(float(measured["confidence"].value[0]))
    return F(float(measured["outputs_sq"].value)) * middle / (confidence**2 * closeness)


def test_nan_and_wrong_shapes_are_refused() -> None:
    good: dict[str, Any] = {"weights": np.eye(2), "outputs": [1, 1], "points": [[1, 0]], "labels": [1]}
    NetworkInstance(**good)
    for change in ({"weights": [[float("nan"), 0], [0, 1]]}, {"outputs": [1]}, {"labels": [2]}, {"points": [[1]]},
                   {"codimension": 3}, {"basis": [[1, 0, 0]]}, {"beta": 0}, {"delta": 2}):  # fmt: skip
        with pytest.raises(InvalidInstance):
            NetworkInstance(**good | change)
