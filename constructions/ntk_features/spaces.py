"""Spaces of kernels, spectra, matrices and networks: every point is an exact rational instance."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import exact_array
from constructions.ntk_features.instance import (
    AngleInstance,
    CircleInstance,
    DistillInstance,
    KernelInstance,
    MatrixPair,
    SpectralInstance,
    StepInstance,
    TransferInstance,
    WidthInstance,
)
from constructions.ntk_features.lazy import attacked
from constructions.space import Integer, Parameter, Real, Reals, Seed, Space

Numbers = Sequence[Fraction]


def on_sphere(coordinates: Numbers) -> list[Fraction]:
    """The rational point of the unit sphere over u in R^(d-1), by stereographic projection."""
    square = sum((Fraction(u) ** 2 for u in coordinates), Fraction(0))
    return [2 * Fraction(u) / (square + 1) for u in coordinates] + [(square - 1) / (square + 1)]


def at_angle(tangent: Any) -> list[Fraction]:
    """The rational point of the unit circle at the angle 2 arctan(tangent) from (1, 0)."""
    t = Fraction(tangent)
    return [(1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)]


def rows(numbers: Numbers, width: int) -> list[list[Fraction]]:
    """Consecutive rows of one width."""
    found = [Fraction(value) for value in numbers]
    return [found[i : i + width] for i in range(0, len(found), width)]


def signs(count: int, seed: int) -> list[int]:
    """Labels +-1 of which the first two differ."""
    drawn = np.random.default_rng(seed).integers(0, 2, count)
    return [(-1) ** i if i < 2 else int(2 * bit - 1) for i, bit in enumerate(drawn)]


def reflected(vectors: Iterable[Sequence[Fraction]], count: int) -> np.ndarray:
    """A rational orthogonal matrix: the product of the reflections along the vectors, those that are 0 left out."""
    found = np.array([[Fraction(int(i == j)) for j in range(count)] for i in range(count)], dtype=object)
    for vector in vectors:
        h = np.array([Fraction(value) for value in vector], dtype=object)
        square = h @ h
        if square:
            found = found - np.outer(found @ h, h) * (2 / square)
    return found


# ------------------------------------------------------------------ kernels on data


def _sphere(n: int, d: int, depth: int, tangent: int, labels: int, u: Numbers, q: Numbers, ridge: Fraction
            ) -> KernelInstance:  # fmt: skip
    points, queries = ([on_sphere(row) for row in rows(part, d - 1)] for part in (u, q))
    return KernelInstance(points=exact_array(points), labels=signs(n, labels), depth=depth, kind=tangent,
                          ridge=str(ridge), queries=exact_array(queries))  # fmt: skip


def _data(n: int, d: int, depth: int, tangent: int, labels: int, biased: int, x: Numbers, q: Numbers,
          weight: Fraction, bias: Fraction, time: Fraction) -> KernelInstance:  # fmt: skip
    return KernelInstance(points=exact_array(rows(x, d)), labels=signs(n, labels), depth=depth, kind=tangent,
                          divisor=d, weight_variance=str(weight), bias_variance=str(bias * biased), time=str(time),
                          queries=exact_array(rows(q, d)))  # fmt: skip


def _on_circle(t: Numbers, alpha: Numbers, s: Fraction) -> KernelInstance:
    """Points and one query on the circle, with coefficients: what N4 and N5 are sharp on is in here."""
    return KernelInstance(points=exact_array([at_angle(v) for v in t]), labels=[1] * len(t),
                          coefficients=exact_array(list(alpha)), queries=exact_array([at_angle(s)]))  # fmt: skip


def _nngp_circle(t: Numbers, alpha: Numbers, s: Fraction) -> KernelInstance:
    found = _on_circle(t, alpha, s)
    return KernelInstance(**(found.arrays() | {"kind": 0}))


_WHOLE: dict[str, Parameter] = {
    "n": Integer(2, 5), "d": Integer(2, 4), "depth": Integer(1, 3), "tangent": Integer(0, 1), "labels": Seed(),
}  # fmt: skip
_WIDE: dict[str, Parameter] = {"x": Reals(-2, 2, lambda p: p["n"] * p["d"]), "q": Reals(-2, 2, lambda p: 2 * p["d"]),
         "weight": Real("1/2", 3), "bias": Real(0, 1), "time": Real("1/100", 4)}  # fmt: skip
sphere = Space(
    "ntk_sphere",
    _WHOLE | {"u": Reals(-3, 3, lambda p: p["n"] * (p["d"] - 1)), "q": Reals(-3, 3, lambda p: 2 * (p["d"] - 1)),
              "ridge": Real(0, 1)},
    _sphere,
    note="points and queries on the unit sphere, by stereographic projection; labels of signs",
)  # fmt: skip
data = Space("ntk_data", _WHOLE | {"biased": Integer(0, 1)} | _WIDE, _data, note="points and queries; divisor d")
circle = Space(
    "ntk_on_circle",
    {"t": Reals(-4, 4, lambda p: 3), "alpha": Reals(-2, 2, lambda p: 3), "s": Real(-4, 4)},
    _on_circle,
    note="three points and a query on the unit circle at angles 2 arctan t",
)
nngp_circle = Space("nngp_on_circle", circle.parameters, _nngp_circle, note=circle.note)


# ------------------------------------------------------------------ spectra and matrices


def spectral_instance(n: int, h: Numbers, steps: Numbers, y: Numbers, ridge: Fraction, time: Fraction, b: Numbers,
              extra: Fraction) -> SpectralInstance:  # fmt: skip
    vectors = reflected(rows(h, n), n)
    values = list(itertools.accumulate(Fraction(1, 20) + step for step in steps))[::-1]
    kernel = (vectors * np.array(values, dtype=object)[None, :]) @ vectors.T
    cross = kernel @ np.array(list(b), dtype=object)
    own = sum((value * weight for value, weight in zip(cross, b, strict=True)), Fraction(0)) + extra
    return SpectralInstance(vectors=exact_array(vectors), eigenvalues=exact_array(values), labels=exact_array(list(y)),
                            ridge=str(ridge), time=str(time), cross=exact_array(cross), own=str(own))  # fmt: skip


spectra = Space(
    "ntk_spectra",
    {
        "n": Integer(1, 5), "h": Reals(-1, 1, lambda p: 2 * p["n"]), "steps": Reals(0, 2, lambda p: p["n"]),
        "y": Reals(-2, 2, lambda p: p["n"]), "ridge": Real("1/100", 2), "time": Real(0, 2),
        "b": Reals(-1, 1, lambda p: p["n"]), "extra": Real("-1/10", 1),
    },
    spectral_instance,
    note="eigenvectors by two reflections; the further point has k(x, X) = K b",
)  # fmt: skip


def _pair(n: int, k: int, a: Numbers, b: Numbers) -> MatrixPair:
    return MatrixPair(first=exact_array(rows(a, k)), second=exact_array(rows(b, k)))


def _aligned(n: int, k: int, tilted: int, h: Numbers, a: Numbers, b: Numbers, scale: Fraction, tilt: Fraction
             ) -> MatrixPair:  # fmt: skip
    """Factors in a common basis whose first vector leads both; `tilted` turns one of them away."""
    basis = reflected(rows(h, n), n)
    found = []
    for part, leading in ((a, Fraction(1)), (b, scale)):
        own = np.array(rows(part, k), dtype=object).reshape(n, k)
        own[:, 0] = Fraction(0)
        own[0, 0] = leading
        if tilted and leading is scale:
            own[-1, 0] += tilt
        found.append(exact_array(basis @ own))
    return MatrixPair(first=found[0], second=found[1])


_FACTORS: dict[str, Parameter] = {
    "a": Reals(-1, 1, lambda p: p["n"] * p["k"]), "b": Reals(-1, 1, lambda p: p["n"] * p["k"]),
}  # fmt: skip
_SIZES: dict[str, Parameter] = {"n": Integer(1, 5), "k": Integer(1, 3)}
pairs = Space("kernel_pairs", _SIZES | _FACTORS, _pair,
              note="two kernel matrices A A^T and B B^T")  # fmt: skip
_COMMON: dict[str, Parameter] = {
    "n": Integer(2, 5), "k": Integer(2, 3), "tilted": Integer(0, 1), "h": Reals(-1, 1, lambda p: 2 * p["n"]),
    "scale": Real("1/2", 2), "tilt": Real(-3, 3),
}  # fmt: skip
aligned = Space("aligned_kernels", _COMMON | _FACTORS, _aligned,
                note="two kernel matrices with a common leading vector, or not")  # fmt: skip


def _distilled(n: int, d: int, off: int, x: Numbers, y: Numbers, query: Numbers, normal: Fraction, leak: Fraction,
               step: Fraction, ridge: Fraction) -> DistillInstance:  # fmt: skip
    points = [[*row, leak * (off == 1)] for row in rows(x, d)]
    return DistillInstance(points=exact_array(points), labels=exact_array(list(y)),
                           normal=exact_array([*[Fraction(0)] * d, normal]), step=str(step), ridge=str(ridge),
                           query=exact_array([*query, leak * (off == 2)]))  # fmt: skip


distilled = Space(
    "distilled",
    {
        "n": Integer(1, 5), "d": Integer(1, 4), "off": Integer(0, 2), "x": Reals(-2, 2, lambda p: p["n"] * p["d"]),
        "y": Reals(-1, 1, lambda p: p["n"]), "query": Reals(-2, 2, lambda p: p["d"]), "normal": Real("1/2", 2),
        "leak": Real("1/10", 1), "step": Real(-2, 2), "ridge": Real("1/100", 2),
    },
    _distilled,
    note="a normal of data on a subspace; data (off = 1) or query (off = 2) may leave it",
)  # fmt: skip

# ------------------------------------------------------------------ angles, steps, transfer, width


def _angles(low: Fraction, length: Fraction) -> AngleInstance:
    return AngleInstance(low=str(low), high=str(min(low + length, Fraction(4))))


angles = Space("ntk_angles", {"low": Real(0, 3), "length": Real("1/1000", 4)}, _angles, note="intervals of angles")


def _step(d: int, k: int, label: int, g: Numbers, delta: Numbers, radius: Fraction, stretch: Fraction) -> StepInstance:
    others = [[radius * stretch * entry for entry in row] for row in rows(delta, d)]
    return StepInstance(gradient=exact_array(list(g)), radius=str(radius), label=2 * label - 1,
                        others=exact_array(others))  # fmt: skip


steps = Space(
    "one_steps",
    {"d": Integer(1, 8), "k": Integer(1, 3), "label": Integer(0, 1), "g": Reals(-2, 2, lambda p: p["d"]),
     "delta": Reals(-1, 1, lambda p: p["k"] * p["d"]), "radius": Real(0, 2), "stretch": Real(0, "3/2")},
    _step,
    note="a gradient, and perturbations of up to 3/2 the radius",
)  # fmt: skip


def transfer_instance(m: int, kernel: Numbers, gap: Numbers, clean: Numbers, level: Fraction) -> TransferInstance:
    network = [a + b for a, b in zip(kernel, gap, strict=True)]
    still = [abs(value) for value in kernel]
    return TransferInstance(network=exact_array(network), kernel=exact_array(list(kernel)),
                            clean_network=exact_array([a + b for a, b in zip(still, clean, strict=True)]),
                            clean_kernel=exact_array(still), level=str(level))  # fmt: skip


transfers = Space(
    "transfers",
    {"m": Integer(1, 12), "kernel": Reals(-1, 1, lambda p: p["m"]), "gap": Reals(-1, 1, lambda p: p["m"]),
     "clean": Reals("-1/10", "1/10", lambda p: p["m"]), "level": Real("1/4", 1)},
    transfer_instance,
    note="values on attacked points of a kernel predictor, and of a network that is off by up to 1",
)  # fmt: skip


def _width(m: int, d: int, x: Numbers, z: Numbers, error: Fraction) -> WidthInstance:
    return WidthInstance(first=exact_array(list(x)), second=exact_array(list(z)), width=m, error=str(error))


widths = Space(
    "eNTK_widths",
    {"m": Integer(1, 200, log=True), "d": Integer(2, 4), "x": Reals(-1, 1, lambda p: p["d"]),
     "z": Reals(-1, 1, lambda p: p["d"]), "error": Real(0, "1/2")},
    _width,
    note="two points and a width",
)  # fmt: skip


def _circles(n: int, depth: int, biased: int, bias: Fraction) -> CircleInstance:
    return CircleInstance(count=n, depth=depth, bias_variance=str(bias * biased))


circles = Space(
    "ntk_circles",
    {"n": Integer(1, 24), "depth": Integer(1, 3), "biased": Integer(0, 1), "bias": Real("1/100", 1)},
    _circles,
    note="equispaced points on the unit circle",
)

NEURONS = 100
"""Width of the networks whose neurons are counted at (1, 0) and (1, 1)."""


def _neurons(seed: int) -> WidthInstance:
    drawn = np.random.default_rng(seed).standard_normal((NEURONS, 2))
    return WidthInstance(first=[1, 0], second=[1, 1], width=NEURONS, error=0, directions=drawn)


neurons = Space("drawn_neurons", {"seed": Seed()}, _neurons, note="100 neurons with standard normal weights")

RADIUS = 0.3
"""l2 length of the attacks in `lazy`, on the unit sphere."""


def _lazy(seed: int, width: int) -> TransferInstance:
    return attacked(np.random.default_rng([seed, width]), width, RADIUS)


lazy = Space("lazy_networks", {"seed": Seed(), "width": Integer(8, 1024, log=True)}, _lazy,
             note="12 points and a test point on the sphere in R^4, l2 attack of the NTK predictor at 0.3")  # fmt: skip
