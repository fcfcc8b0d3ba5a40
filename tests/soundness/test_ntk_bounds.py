"""Nothing that ntk_features encloses or certifies is ever wrong: attacks, clusters, duplicates, NaN, other routes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from sympy import Rational

from constructions import strategies
from constructions.instance import Draw, InvalidInstance, exact_array
from constructions.ntk_features import (
    CircleInstance,
    KernelInstance,
    SpectralInstance,
    StepInstance,
    TransferInstance,
    WidthInstance,
    features,
    fit,
    kernels,
    projected,
    spaces,
)
from theorems.claim import Claim, quantity
from theorems.engine.library import statements
from theorems.statement import judge
from verifiers.arithmetic import balls, precision
from verifiers.errors import MissingPart, NoCertificate
from verifiers.ntk_features import measure
from verifiers.ntk_features.recursion import BITS
from verifiers.ntk_features.spectrum import spectrum
from verifiers.quantity import between
from verifiers.verdict import Holds, HypothesisFailed, Undecided, Unsupported

BY_ID = {statement.id.split(".")[1]: statement for statement in statements("ntk_features")}
SQUARE = [[1, 0], [0, 1], [-1, 0], [0, -1]]


def verdict(name: str, instance):
    return judge(BY_ID[name], Draw(instance, "user", "test")).verdict


@settings(max_examples=20, deadline=None)
@given(point=strategies.points_of(spaces.data))
def test_enclosures_contain_what_floats_find(point) -> None:
    instance = spaces.data.instance(point)
    if instance is None:
        return
    measured, predictor = measure(instance), None
    try:
        predictor = instance.predictor()
        values = measured["query_value"]
    except (NoCertificate, np.linalg.LinAlgError):
        return
    queries = np.array([[float(Fraction(v)) for v in row] for row in instance.queries])
    scale = 1e-7 * (1 + np.abs(predictor.coefficients).sum())
    found = predictor(queries)
    assert np.all(found >= values.lower - scale) and np.all(found <= values.upper + scale)


@settings(max_examples=8, deadline=None)
@given(point=strategies.points_of(spaces.data))
def test_no_attack_inside_the_certified_radius_flips(point) -> None:
    instance = spaces.data.instance(point)
    if instance is None:
        return
    try:
        radii = measure(instance)["certified_input_radius"].lower
        predictor = instance.predictor()
    except (NoCertificate, np.linalg.LinAlgError):
        return
    points = predictor.points
    signs = np.sign(predictor(points))
    generator = np.random.default_rng(0)
    for j in np.flatnonzero(radii > 1e-6):
        moves = generator.standard_normal((200, points.shape[1]))
        moves *= radii[j] / np.linalg.norm(moves, axis=1, keepdims=True)
        assert np.all(signs[j] * predictor(points[j] + moves) > 0)
        end = projected(predictor, points[j : j + 1], signs[j : j + 1], float(radii[j]), "l2")
        assert signs[j] * predictor(end)[0] > 0


def test_a_degenerate_eigenvalue_is_one_feature_whatever_basis_is_found() -> None:
    """Four points of a square at depth 1: the eigenvalue 4 is double; its feature does not depend on the basis."""
    labels = np.array([1, -1, 1, 1])
    instance = KernelInstance(points=SQUARE, labels=labels, queries=exact_array([["3/5", "4/5"]]))
    measured = measure(instance)
    assert measured["cluster_low"].value.shape == (3,)
    middle = measured.subject.spectrum.parts[1]
    assert [float(part.mid()) for part in middle] == pytest.approx([0.0, -1.0, 0.0, 1.0], abs=1e-12)
    floats = features(kernels(np.array(SQUARE, dtype=float), depth=1, divisor=1).ntk, labels.astype(float))
    assert floats.sizes.tolist() == [1, 2, 1]
    assert float(measured["mean_radius_sq"].value[1]) == pytest.approx(1.0, abs=1e-12)


def test_clusters_that_cannot_be_told_apart_have_no_projector() -> None:
    with precision(BITS):
        matrix = balls(np.diag([Fraction(1), 1 + Fraction(1, 10**5), Fraction(3)]))
        fine = spectrum(matrix, balls(np.array([1, 1, 1])))
        assert len(fine.clusters) == 3
        rough = matrix.copy()
        rough[0, 0] = rough[0, 0] + type(rough[0, 0])(0, 1e-4)
        with pytest.raises(NoCertificate, match="closer than the rounding"):
            spectrum(rough, balls(np.array([1, 1, 1])))
        one = spectrum(balls(np.diag([Fraction(1), 1 + Fraction(1, 10**8), Fraction(3)])), balls(np.array([1, 1, 1])))
        assert [len(own) for own in one.clusters] == [1, 2]


def test_projections_are_enclosed_for_every_matrix_in_the_balls() -> None:
    """Entries known to 1e-6 only: eigenvectors of matrices inside move by more than rounding, and stay enclosed."""
    generator = np.random.default_rng(2)
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])
    labels = np.array([1, -1, 1])
    with precision(BITS):
        wide = balls(matrix)
        wide = wide + type(wide[0, 0])(0, 1e-6)
        found = spectrum(wide, balls(labels))
        moved = 0.0
        for _ in range(20):
            noise = generator.uniform(-1e-6, 1e-6, (3, 3))
            values, vectors = np.linalg.eigh(matrix + (noise + noise.T) / 2)
            for c, own in enumerate(found.clusters):
                v = vectors[:, ::-1][:, own]
                exact = v @ (v.T @ labels)
                for ball, value in zip(found.parts[c], exact, strict=True):
                    assert abs(float(ball.mid()) - value) <= float(ball.rad()) + 1e-13
                    moved = max(moved, abs(float(ball.mid()) - value))
                assert all(abs(float(found.values[i].mid()) - values[::-1][i]) <= float(found.values[i].rad()) + 1e-13
                           for i in own)  # fmt: skip
    assert moved > 1e-7


def test_enclosed_eigenvalues_contain_those_of_a_matrix_known_exactly() -> None:
    generator = np.random.default_rng(1)
    for _ in range(10):
        vectors = spaces.reflected([[Fraction(int(v), 7) for v in generator.integers(-9, 10, 4)] for _ in range(2)], 4)
        values = sorted((Fraction(int(v), 10) for v in generator.integers(1, 100, 4)), reverse=True)
        exact = (vectors * np.array(values, dtype=object)[None, :]) @ vectors.T
        with precision(BITS):
            found = spectrum(balls(exact), balls(np.array([1, 2, 3, 4])))
            for ball, value in zip(found.values, values, strict=True):
                assert abs(ball - balls(value).item()) <= 2 * found.error


def test_singular_kernels_and_duplicates_give_no_numbers() -> None:
    twins = KernelInstance(points=[[1, 0], [1, 0], [0, 1]], labels=[1, -1, 1])
    with pytest.raises(NoCertificate, match="points 0 and 1 are parallel"):
        measure(twins)["function_norm_sq"]
    assert isinstance(verdict("opposite_labels", twins), Undecided)
    assert isinstance(verdict("features_on_data", twins), HypothesisFailed)
    hexagon = CircleInstance(count=6)
    assert float(measure(hexagon)["odd_eigenvalue"].upper[0]) < 1e-10
    apart = KernelInstance(points=[[1, 0], [0, 1]], labels=[1, 1], queries=[[2, 0]])
    assert isinstance(verdict("homogeneous", apart), Undecided)
    assert isinstance(verdict("opposite_labels", apart), HypothesisFailed)


def test_near_duplicates_of_opposite_labels_force_a_large_norm() -> None:
    """G7: |f|_H^2 >= 4/d^2, here with d^2 about (4/pi) t."""
    near = [[1, 0], spaces.at_angle("1/2000"), [0, -1]]
    instance = KernelInstance(points=exact_array(near), labels=[1, -1, 1])
    norm_sq = float(measure(instance)["function_norm_sq"].lower)
    assert norm_sq >= 4 / (4 / np.pi * 1e-3 + 4e-6) - 1e-6
    assert norm_sq > 3000


BAD = {
    "NaN": lambda: KernelInstance(points=[[np.nan, 1]], labels=[1]),
    "infinite": lambda: KernelInstance(points=[[1, 1]], labels=[1], ridge=np.inf),
    "no points": lambda: KernelInstance(points=np.zeros((0, 2)), labels=np.zeros(0)),
    "labels": lambda: KernelInstance(points=SQUARE, labels=[1, -1]),
    "depth": lambda: KernelInstance(points=SQUARE, labels=[1] * 4, depth=1.5),
    "kind": lambda: KernelInstance(points=SQUARE, labels=[1] * 4, kind=2),
    "rising spectrum": lambda: SpectralInstance(vectors=[[1, 0], [0, 1]], eigenvalues=[1, 2], labels=[1, 1]),
    "eigenvalue 0": lambda: SpectralInstance(vectors=[[1]], eigenvalues=[0], labels=[1]),
    "13 entries": lambda: StepInstance(gradient=[1] * 13, radius=1, label=1, others=[[0] * 13]),
    "level 0": lambda: TransferInstance(network=[1], kernel=[1], clean_network=[1], clean_kernel=[1], level=0),
    "a point 0": lambda: WidthInstance(first=[0, 0], second=[1, 0], width=3, error=0),
}


@pytest.mark.parametrize("name", BAD)
def test_arrays_that_are_no_instance_are_refused(name) -> None:
    with pytest.raises(InvalidInstance):
        BAD[name]()


def test_vectors_that_are_no_basis_fail_the_hypothesis() -> None:
    skew = SpectralInstance(vectors=[[1, 1], [0, 1]], eigenvalues=[2, 1], labels=[1, 1])
    for name in ("decomposition", "truncation", "spectral_order", "feature_radius"):
        assert isinstance(verdict(name, skew), HypothesisFailed), name


def test_statements_say_what_an_instance_lacks() -> None:
    circle = CircleInstance(count=5)
    assert isinstance(verdict("rkhs_certificate", circle), Unsupported)
    assert isinstance(verdict("odd_frequencies", circle), Unsupported)
    with pytest.raises(MissingPart, match="not on points on a circle"):
        measure(circle)["net_width"]


def test_a_certificate_of_the_norm_is_sharp_for_a_difference_of_kernels() -> None:
    """f = k(., x_1) - k(., x_2) meets Cauchy and Schwarz with equality, so nothing above the bound is proved."""
    points = np.array([[1.0, 0.0], [0.6, 0.8]])
    predictor = fit(points, np.array([1.0, -1.0]), KernelInstance(points=points, labels=[1, -1]).architecture)
    a = predictor.coefficients
    assert a[0] == pytest.approx(-a[1])
    kernel = predictor.architecture.kernel(points)
    gap = float(np.diff(kernel @ a)[0]) ** 2
    assert gap == pytest.approx((a @ kernel @ a) * (kernel[0, 0] + kernel[1, 1] - 2 * kernel[0, 1]), rel=1e-12)


def test_powers_of_enclosures_around_zero_decide_claims() -> None:
    x, y = quantity("test_x"), quantity("test_y")
    around = {"test_x": between(-0.1, 0.1), "test_y": between(-0.5, 0.25)}
    assert Claim("square", x**2 <= Rational(1, 50)).decide(around).state == "holds"
    assert Claim("cube", x**3 <= Rational(1, 500)).decide(around).state == "holds"
    assert Claim("square above", x**2 >= Rational(1, 50)).decide(around).state == "fails"
    assert Claim("too sharp", x**2 <= Rational(1, 200)).decide(around).state == "undecided"
    assert Claim("inverse", 1 / y**2 <= 10**9).decide(around).state == "undecided"


def test_a_query_on_a_point_is_no_move() -> None:
    instance = KernelInstance(points=[[1, 2], [0, 1]], labels=[1, -1], divisor=2, bias_variance="1/10",
                              queries=[[1, 2], [1, 1]])  # fmt: skip
    measured = measure(instance)
    for name in ("value_gap", "value_gap_sq", "distance_sq", "nngp_distance_sq", "moved_bound_sq"):
        found = measured[name]
        assert float(found.lower[0, 0]) == float(found.upper[0, 0]) == 0.0 < float(found.upper[1, 0]), name
    for name in ("rkhs_certificate", "input_distance"):
        assert isinstance(verdict(name, instance), Holds), name
