"""Builders of certificates about kernels of wide networks; `recheck_ntk.py` reads them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.linalg import eigh

from constructions.instance import fractions_of
from constructions.ntk_features.instance import AngleInstance, KernelInstance
from verifiers.arithmetic import balls, lower_bounds, nearest, precision, rational, rationals, upper_bounds
from verifiers.certificates import FORMAT, Json, matrix_to_json, rational_to_json, seal, vector_to_json
from verifiers.errors import MissingPart, NoCertificate
from verifiers.ntk_features.angles import BITS, BOUNDS
from verifiers.ntk_features.spectrum import frobenius
from verifiers.ntk_features.subject import KernelSubject

LARGEST = 8
"""Points up to which certificates are written: the checker works in rational intervals."""

DEEPEST = 4
"""The same for layers."""

CONSTANTS = {"cone": Fraction(4), "square": Fraction(4), "nngp": Fraction(2), "slope": Fraction("2.6406737065982")}
END = Fraction(22, 7)


def _sealed(kind: str, payload: Json, statement: str, instance: str) -> Json:
    return seal({"format": FORMAT, "kind": kind, "statement": f"ntk_features.{statement}", "version": 1,
                 "instance": instance, "claim": {"type": kind}, "payload": payload})  # fmt: skip


def kernel_block(instance: KernelInstance) -> Json:
    """Points and parameters of the kernel."""
    return {
        "points": matrix_to_json(fractions_of(instance.points)), "depth": int(instance.depth),
        "weight": rational_to_json(instance.number("weight_variance")),
        "bias": rational_to_json(instance.number("bias_variance")),
        "divisor": rational_to_json(instance.number("divisor")), "kind": "ntk" if int(instance.kind) else "nngp",
    }  # fmt: skip


def _small(instance: KernelInstance) -> bool:
    return len(instance.points) <= LARGEST and 1 <= int(instance.depth) <= DEEPEST


def certify_distance(instance: KernelInstance) -> Iterator[Json]:
    """The coefficients; a ball in kernel distance and a cap on the sphere around the first query of a proved sign.

    The predictor is the one with float64 coefficients nearest to the instance's own: rational numbers.
    """
    if not _small(instance) or instance.queries is None:
        return
    subject = KernelSubject(instance)
    try:
        alpha = fractions_of(nearest(subject.alpha))
    except NoCertificate:
        return
    if instance.coefficients is None and instance.time is None:
        yield from _fitted(subject, alpha)
    stored = KernelInstance(**(instance.arrays() | {"coefficients": np.array([str(a) for a in alpha])}))
    own = KernelSubject(stored)
    value, norm_sq = float(lower_bounds(balls(abs(own.values[0])))), float(upper_bounds(balls(own.norm_sq)))
    if not value > 0 or not norm_sq > 0:
        return
    head = {"kernel": kernel_block(instance), "coefficients": vector_to_json(alpha),
            "point": vector_to_json(fractions_of(instance.queries)[0])}  # fmt: skip
    ratio = _below(value / norm_sq**0.5)
    yield _sealed("kernel_ball", head | {"radius": rational_to_json(ratio)}, "rkhs_certificate", instance.digest)
    unit = (int(instance.depth), *(instance.number(n) for n in ("weight_variance", "bias_variance", "divisor")))
    rows = [*fractions_of(instance.points), fractions_of(instance.queries)[0]]
    if unit != (1, 2, 0, 1) or any(row @ row != 1 for row in rows):
        return
    if int(instance.kind):
        by_norm = ((1 / np.pi**2 + float(ratio) ** 2) ** 0.5 - 1 / np.pi) / 2
        by_slope = value / (float(CONSTANTS["slope"]) * float(sum(map(abs, alpha))))
        method, angle = ("norm", by_norm) if by_norm > by_slope else ("slope", by_slope)
    else:
        method, angle = "norm", float(ratio) / 2**0.5
    found = head | {"angle": rational_to_json(_below(angle)), "method": method}
    yield _sealed("kernel_cap", found, "angle_certificate", instance.digest)


def _fitted(subject: KernelSubject, alpha: np.ndarray) -> Iterator[Json]:
    """The exact solution is near the rational coefficients; nothing where float64 does not invert the kernel."""
    instance = subject.instance
    ridge = instance.number("ridge")
    floats = nearest(subject.kernel) + float(ridge) * np.eye(subject.n)
    try:
        inverse = np.linalg.inv(floats)
    except np.linalg.LinAlgError:
        return
    with precision(BITS):
        matrix = subject.kernel + np.diag([balls(rational(ridge)).item()] * subject.n)
        b = balls(inverse)
        defect = upper_bounds(abs(balls(np.eye(subject.n, dtype=np.int64)) - b @ matrix)).sum(axis=1).max()
        error = upper_bounds(abs(b @ (balls(subject.labels) - matrix @ balls(rationals(alpha))))).max()
    if not (defect < 0.5 and np.isfinite(error)):
        return
    payload = {
        "kernel": kernel_block(instance), "targets": vector_to_json(fractions_of(instance.labels)),
        "ridge": rational_to_json(ridge), "coefficients": vector_to_json(alpha), "inverse": matrix_to_json(inverse),
        "radius": rational_to_json(Fraction(float(error / (1 - defect)) * (1 + 1e-6) + 1e-30)),
    }  # fmt: skip
    yield _sealed("kernel_fit", payload, "rkhs_certificate", instance.digest)


def _below(value: float) -> Fraction:
    """A short rational a little below a positive float: the checker's own roundings fit between."""
    return Fraction(value * (1 - 1e-9)).limit_denominator(10**12)


def certify_features(instance: KernelInstance) -> Iterator[Json]:
    """Enclosures of all eigenvalues of the kernel matrix."""
    if not _small(instance):
        return
    subject = KernelSubject(instance)
    kernel = subject.kernel
    floats = nearest(kernel)
    values, vectors = eigh((floats + floats.T) / 2)
    values, vectors = values[::-1].copy(), vectors[:, ::-1].copy()
    with precision(BITS):
        v, d = balls(vectors), balls(values)
        e = frobenius(v.T @ v - balls(np.eye(len(values), dtype=np.int64)))
        rho = frobenius(kernel @ v - v * d[None, :]) + e * (frobenius(kernel) + balls(np.abs(values).max()).item())
    bound = float(upper_bounds(balls(rho)))
    if not np.isfinite(bound):
        return
    radius = Fraction(bound * (1 + 1e-6) + 1e-30)
    payload = {"kernel": kernel_block(instance), "vectors": matrix_to_json(vectors), "values": vector_to_json(values),
               "radius": rational_to_json(radius)}  # fmt: skip
    yield _sealed("kernel_spectrum", payload, "features_on_data", instance.digest)


def certify_angles(instance: AngleInstance) -> Iterator[Json]:
    """Intervals that prove the four bounds at all angles, for the instance that spans them all."""
    if instance.number("low") != 0 or instance.number("high") < 4:
        return
    for name in CONSTANTS:
        yield angle_certificate(name, instance.digest)


def angle_certificates(*names: str) -> Iterator[Json]:
    """The certificates of these bounds at all angles, about no instance."""
    return map(angle_certificate, names)


def angle_certificate(name: str, instance: str = "") -> Json:
    """The stated constant bounds a supremum at all angles."""
    value = CONSTANTS[name]
    payload = {"bound": name, "ends": vector_to_json(intervals(name, value)), "value": rational_to_json(value)}
    return _sealed("angle_bound", payload, "steepest_angle" if name == "slope" else "distance_by_angle", instance)


def intervals(name: str, value: Fraction) -> list[Fraction]:
    """Ends of intervals from 0 to 22/7 on each of which a bound is at most `value`, by bisection.

    Raises `MissingPart` where the value is too small to be proved.
    """
    found: list[Fraction] = [Fraction(0)]
    waiting: list[tuple[Fraction, Fraction]] = [(Fraction(0), END)]
    goal: Any = balls(rational(value)).item()
    with precision(BITS):
        while waiting:
            low, high = waiting.pop()
            above, _ = BOUNDS[name](balls(rational(low)).item(), balls(rational(high)).item())
            if above <= goal:
                found.append(high)
            elif high - low < Fraction(1, 10**12):
                raise MissingPart(f"the {name} bound {float(value):.15g} fails near the angle {float(low):.9g}")
            else:
                waiting += [((low + high) / 2, high), (low, (low + high) / 2)]
    return found
