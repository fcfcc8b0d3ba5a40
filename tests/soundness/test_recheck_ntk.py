"""Certificates about kernels: honest ones are accepted, forgeries with a fitting digest are not, nothing raises."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings

from constructions import strategies
from constructions.instance import exact_array
from constructions.ntk_features import AngleInstance, KernelInstance, spaces
from theorems.engine.prover import prove
from theorems.proof import StepResult, checked
from verifiers import certificates, recheck, recheck_ntk
from verifiers.certificates import rational_to_json, vector_to_json
from verifiers.errors import MissingPart
from verifiers.ntk_features.certify import certify_angles, certify_distance, certify_features, intervals

Json = dict[str, Any]
CHECKER = Path(recheck.__file__)
SPHERE = KernelInstance(points=exact_array([["3/5", "4/5"], [1, 0], [0, 1], ["-5/13", "12/13"]]), labels=[1, -1, 1, -1],
                        queries=exact_array([["12/13", "5/13"]]))  # fmt: skip
DEEP = KernelInstance(points=[[1, 2, 3], [-1, 0, 2], [2, 4, 6], [-1, -2, -3]], labels=[1, -1, 1, 1], depth=3, divisor=3,
                      bias_variance="1/100", queries=[[1, 1, 0]])  # fmt: skip


@cache
def honest() -> dict[str, Json]:
    """One certificate per kind and method."""
    found = {c["kind"]: c for c in (*certify_distance(SPHERE), *certify_features(SPHERE))}
    angles = {f"angle_{c['payload']['bound']}": c for c in certify_angles(AngleInstance(low=0, high=4))}
    deep = {f"deep_{c['kind']}": c for c in (*certify_distance(DEEP), *certify_features(DEEP))}
    return found | angles | deep


KINDS = ("kernel_ball kernel_cap kernel_fit kernel_spectrum angle_cone angle_square angle_nngp angle_slope "
         "deep_kernel_ball deep_kernel_fit deep_kernel_spectrum").split()  # fmt: skip


def test_every_kind_is_there() -> None:
    assert set(honest()) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_honest_certificates_are_accepted_and_altered_ones_noticed(name) -> None:
    outcome = recheck.check(honest()[name])
    assert outcome.status == "accepted", outcome.sentence
    changed = copy.deepcopy(honest()[name]) | {"statement": "ntk_features.other"}
    assert recheck.check(changed).status == "altered"


def forged(name: str, edit: Callable[[Json], None]) -> recheck.Outcome:
    """The answer for a certificate whose payload was edited and whose digest fits again."""
    certificate = copy.deepcopy(honest()[name])
    edit(certificate["payload"])
    return recheck.check(certificates.seal({k: v for k, v in certificate.items() if k != "digest"}))


def grown(key: str, factor: Fraction) -> Callable[[Json], None]:
    def edit(payload: Json) -> None:
        num, den = (int(part, 16) for part in payload[key])
        payload[key] = rational_to_json(Fraction(num, den) * factor)

    return edit


def replaced(**entries: Any) -> Callable[[Json], None]:
    return lambda payload: payload.update(entries)


def in_kernel(**entries: Any) -> Callable[[Json], None]:
    return lambda payload: payload["kernel"].update(entries)


def swapped_vectors(payload: Json) -> None:
    for row in payload["vectors"]["num"]:
        row[0], row[1] = row[1], row[0]


def same_vector_twice(payload: Json) -> None:
    for row in payload["vectors"]["num"]:
        row[1] = row[0]


def longer_vectors(payload: Json) -> None:
    """Eigenvectors all the same, but no longer orthonormal."""
    payload["vectors"]["num"] = [[hex(1001 * int(v, 16)) for v in row] for row in payload["vectors"]["num"]]
    payload["vectors"]["den"] = hex(1000 * int(payload["vectors"]["den"], 16))


def poor_inverse(payload: Json) -> None:
    """A third of the inverse, and half of the radius: |B r| is small enough, |B r|/(1 - |R|) is not."""
    payload["inverse"]["den"] = hex(3 * int(payload["inverse"]["den"], 16))
    grown("radius", Fraction(1, 2))(payload)


def missing_interval(payload: Json) -> None:
    del payload["ends"]["num"][1:-1]


def rising_values(payload: Json) -> None:
    payload["values"]["num"].reverse()


LESS, MORE = Fraction(999, 1000), Fraction(1001, 1000)
FORGERIES: dict[str, tuple[str, Callable[[Json], None]]] = {
    "larger ball": ("kernel_ball", grown("radius", MORE)),
    "larger cap": ("kernel_cap", grown("angle", MORE)),
    "the weaker method": ("kernel_cap", lambda p: p.update(method="slope" if p["method"] == "norm" else "norm")),
    "smaller weights": ("kernel_ball", in_kernel(weight=rational_to_json(1))),
    "depth of a cap": ("kernel_cap", in_kernel(depth=2)),
    "divisor of a cap": ("kernel_cap", in_kernel(divisor=rational_to_json(2))),
    "bias of a cap": ("kernel_cap", in_kernel(bias=rational_to_json(Fraction(1, 100)))),
    "off the sphere": ("kernel_cap", replaced(point=vector_to_json([2, 1]))),
    "smaller radius of the spectrum": ("kernel_spectrum", grown("radius", Fraction(1, 10**6))),
    "swapped vectors": ("kernel_spectrum", swapped_vectors),
    "not a basis": ("kernel_spectrum", same_vector_twice),
    "longer vectors": ("kernel_spectrum", longer_vectors),
    "wrong order": ("kernel_spectrum", rising_values),
    "kernel of the spectrum": ("kernel_spectrum", in_kernel(kind="nngp")),
    "deep divisor": ("deep_kernel_spectrum", in_kernel(divisor=rational_to_json(1))),
    "coefficients closer than they are": ("kernel_fit", grown("radius", Fraction(1, 10**6))),
    "other coefficients": ("kernel_fit", replaced(coefficients=vector_to_json([1, 0, 0, 0]))),
    "other targets": ("kernel_fit", replaced(targets=vector_to_json([1, 1, 1, -1]))),
    "no inverse": ("kernel_fit", lambda p: p["inverse"].update(num=[["0x0"] * 4] * 4)),
    "a poor inverse": ("kernel_fit", poor_inverse),
    "another ridge": ("kernel_fit", replaced(ridge=rational_to_json(Fraction(1, 1000)))),
    "kernel of the fit": ("kernel_fit", in_kernel(kind="nngp")),
    "cone below 4": ("angle_cone", grown("value", LESS)),
    "square below 4": ("angle_square", grown("value", LESS)),
    "nngp below 2": ("angle_nngp", grown("value", LESS)),
    "slope 2.64": ("angle_slope", replaced(value=rational_to_json(Fraction("2.64")))),
    "one interval for the slope": ("angle_slope", missing_interval),
    "angles beyond pi": ("angle_cone", replaced(ends=vector_to_json([0, 5]))),
    "ends that fall": ("angle_cone", replaced(ends=vector_to_json([0, 2, 1, 3]))),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_with_a_fitting_digest_are_false(name) -> None:
    outcome = forged(*FORGERIES[name])
    assert outcome.status == "false", outcome


MALFORMED: dict[str, tuple[str, Callable[[Json], None]]] = {
    "no points": ("kernel_ball", in_kernel(points={"den": "0x1", "num": []})),
    "depth 0": ("kernel_ball", in_kernel(depth=0)),
    "depth True": ("kernel_ball", in_kernel(depth=True)),
    "a float": ("kernel_ball", replaced(radius=0.1)),
    "NaN": ("kernel_ball", replaced(radius=["nan", "0x1"])),
    "denominator 0": ("kernel_ball", replaced(radius=["0x1", "0x0"])),
    "too few coefficients": ("kernel_ball", replaced(coefficients=vector_to_json([1, 1]))),
    "other kernel": ("kernel_ball", in_kernel(kind="rbf")),
    "negative variance": ("kernel_ball", in_kernel(weight=rational_to_json(-2))),
    "divisor 0": ("kernel_ball", in_kernel(divisor=rational_to_json(0))),
    "other method": ("kernel_cap", replaced(method="luck")),
    "other bound": ("angle_cone", replaced(bound="sharp")),
    "one end": ("angle_cone", replaced(ends=vector_to_json([0]))),
    "more entries": ("kernel_ball", replaced(more=1)),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_certificate_is_malformed(name) -> None:
    outcome = forged(*MALFORMED[name])
    assert outcome.status == "malformed", outcome


def test_a_claim_with_more_in_it_is_refused() -> None:
    certificate = copy.deepcopy(honest()["angle_cone"])
    certificate["claim"]["everywhere"] = True
    sealed = certificates.seal({k: v for k, v in certificate.items() if k != "digest"})
    assert recheck.check(sealed).status == "malformed"


def test_intervals_of_the_checker_contain_fifty_digits() -> None:
    generator = np.random.default_rng(0)
    with mpmath.workdps(60):
        low, high = recheck_ntk._pi()
        assert low - Fraction(1, 10**50) < Fraction(mpmath.nstr(mpmath.pi, 55)) < high + Fraction(1, 10**50)
        assert high - low < Fraction(1, 10**55)
        for _ in range(200):
            c = Fraction(int(generator.integers(-(10**6), 10**6 + 1)), 10**6)
            low, high = recheck_ntk._arccos((c, c))
            exact = Fraction(mpmath.nstr(mpmath.acos(mpmath.mpf(c.numerator) / c.denominator), 55))
            assert low <= exact + Fraction(1, 10**50) and exact - Fraction(1, 10**50) <= high
            assert high - low < Fraction(1, 10**25)
        for t in (Fraction(1, 1000), Fraction(1), Fraction(22, 7)):
            x = mpmath.mpf(t.numerator) / t.denominator
            exact = ((1 - mpmath.cos(x)) / x**2, (mpmath.sin(x) - x * mpmath.cos(x)) / x**3,
                     (x**2 / 2 - 1 + mpmath.cos(x)) / x**4)  # fmt: skip
            for (low, high), value in zip(recheck_ntk._shapes(t), exact, strict=True):
                assert low - Fraction(1, 10**40) <= Fraction(mpmath.nstr(value, 50)) <= high + Fraction(1, 10**40)


def test_the_checker_and_the_finder_agree_on_kernels() -> None:
    """Two implementations that share no code, at parallel, antiparallel and ordinary pairs."""
    from verifiers.ntk_features import measure

    block = honest()["deep_kernel_ball"]["payload"]["kernel"]
    kernel = recheck_ntk._Kernel(recheck_ntk.SimpleNamespace(**vars(recheck)), block)
    found = measure(DEEP).subject.kernel
    for i, x in enumerate(kernel.points):
        for j, z in enumerate(kernel.points):
            low, high = kernel(x, z)
            assert high - low < Fraction(1, 10**40)
            assert abs(float(found[i, j].mid()) - float(low)) < 1e-13 * abs(float(low))


def test_constants_that_are_too_small_have_no_intervals() -> None:
    with pytest.raises(MissingPart, match="fails near the angle"):
        intervals("slope", Fraction("2.64"))
    with pytest.raises(MissingPart, match="fails near the angle"):
        intervals("cone", Fraction("3.99"))
    assert len(intervals("slope", Fraction("2.6406737065982"))) < 400


def test_a_checked_step_is_proved_only_by_certificates_that_are_accepted() -> None:
    def step(*found: Json) -> StepResult:
        return prove(checked("T", "a bound at all angles", "SLOPE", lambda: found))

    good = honest()["angle_slope"]
    wrong = copy.deepcopy(good)
    wrong["payload"]["value"] = rational_to_json(Fraction("2.64"))
    sealed = certificates.seal({k: v for k, v in wrong.items() if k != "digest"})
    assert step(good).status == "proved" and step(good).by == "certificate"
    assert step(good, sealed).status == "open" and step(good, sealed).detail.startswith("false")
    assert step(good, wrong).detail.startswith("altered")
    assert step().status == "open" and "no certificate" in step().detail
    with pytest.raises(ValueError, match="rests on"):
        checked("T", "no argument", "", lambda: (good,))


def test_the_checker_runs_alone(tmp_path) -> None:
    for name in ("recheck.py", "recheck_ntk.py"):
        (tmp_path / name).write_text(CHECKER.with_name(name).read_text())
    text = json.dumps(honest()["kernel_cap"], sort_keys=True, separators=(",", ":"))
    (tmp_path / "cap.json").write_text(text)
    run = subprocess.run([sys.executable, "-S", "-I", str(tmp_path / "recheck.py"), str(tmp_path)],
                         capture_output=True, text=True, check=False)  # fmt: skip
    assert run.returncode == 0 and "accepted" in run.stdout, run.stdout + run.stderr


@settings(max_examples=15, deadline=None)
@given(point=strategies.points_of(spaces.sphere))
def test_whatever_is_certified_is_accepted_and_true(point) -> None:
    instance = spaces.sphere.instance(point)
    if instance is None:
        return
    for certificate in (*certify_distance(instance), *certify_features(instance)):
        outcome = recheck.check(json.loads(json.dumps(certificate)))
        assert outcome.status == "accepted", outcome.sentence
        if certificate["kind"] == "kernel_cap" and len(certificate["payload"]["point"]["num"]) == 2:
            _no_flip(instance, certificate["payload"])


def _no_flip(instance: KernelInstance, payload: Json) -> None:
    """On the circle: no angle of a grid within the certified one changes the sign."""
    predictor = instance.predictor()
    x = np.array([int(v, 16) / int(payload["point"]["den"], 16) for v in payload["point"]["num"]])
    t = int(payload["angle"][0], 16) / int(payload["angle"][1], 16)
    at = math.atan2(x[1], x[0]) + np.linspace(-t, t, 101)
    values = predictor(np.column_stack([np.cos(at), np.sin(at)]))
    assert np.all(values * values[50] > 0)
