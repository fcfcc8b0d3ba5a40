"""What must not change: kernels under rotation, padding and order; features under scaling; verdicts under renaming."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings

from constructions import strategies_ntk as strategies
from constructions.instance import exact_array, fractions_of
from constructions.ntk_features import Architecture, KernelInstance, SpectralInstance, fit, spaces
from verifiers.errors import NoCertificate
from verifiers.ntk_features import measure

RIDGE = Fraction(1, 8)


def changed(instance: KernelInstance, **fields) -> KernelInstance:
    return KernelInstance(**(instance.arrays() | fields))


def norm_and_values(instance: KernelInstance) -> list[float]:
    measured = measure(instance)
    return [float(measured["function_norm_sq"].value), *measured["query_value"].value.tolist()]


@settings(max_examples=25, deadline=None)
@given(instance=strategies.kernel_instances(min_ridge=RIDGE))
def test_rotations_padding_and_order_change_nothing(instance) -> None:
    points, queries = fractions_of(instance.points), fractions_of(instance.queries)
    d = points.shape[1]
    turn = spaces.reflected([[Fraction(k + 1) for k in range(d)], [Fraction(1)] * d], d)
    base = norm_and_values(instance)
    rotated = changed(instance, points=exact_array(points @ turn), queries=exact_array(queries @ turn))
    assert norm_and_values(rotated) == pytest.approx(base, rel=1e-12, abs=1e-12)
    pad = [exact_array([[*row, 0] for row in part]) for part in (points.tolist(), queries.tolist())]
    assert norm_and_values(changed(instance, points=pad[0], queries=pad[1])) == pytest.approx(base, abs=1e-12)
    back = changed(instance, points=exact_array(points[::-1]), labels=instance.labels[::-1].copy())
    assert norm_and_values(back) == pytest.approx(base, rel=1e-12, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(instance=strategies.kernel_instances(min_ridge=RIDGE))
def test_other_labels_change_only_the_sign_and_a_divisor_is_a_scale_of_the_data(instance) -> None:
    base = norm_and_values(instance)
    mirrored = norm_and_values(changed(instance, labels=-instance.labels))
    assert mirrored == pytest.approx([base[0], *(-value for value in base[1:])], abs=1e-12)
    points, queries = fractions_of(instance.points), fractions_of(instance.queries)
    scaled = changed(instance, points=exact_array(3 * points), queries=exact_array(3 * queries),
                     divisor=str(9 * instance.number("divisor")))  # fmt: skip
    assert norm_and_values(scaled) == pytest.approx(base, rel=1e-12, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(instance=strategies.kernel_instances(max_depth=2))
def test_without_a_bias_scaling_the_data_scales_kernel_and_squared_radii(instance) -> None:
    bare = changed(instance, bias_variance=0, ridge=0, queries=None)
    try:
        base = measure(bare)["cluster_low"].value
        scaled = measure(changed(bare, points=exact_array(2 * fractions_of(bare.points))))["cluster_low"].value
    except NoCertificate:
        assume(False)
    assert scaled == pytest.approx(4 * base, rel=1e-10, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(instance=strategies.spectral_instances())
def test_signs_of_eigenvectors_change_nothing(instance) -> None:
    other = SpectralInstance(**(instance.arrays() | {"vectors": exact_array(-fractions_of(instance.vectors))}))
    for name in ("part_norm_sq", "norm_growth", "truncated_residual_sq", "interpolant_norm_sq", "part_energy"):
        assert np.array_equal(measure(other)[name].value, measure(instance)[name].value), name


def test_a_bias_is_a_coordinate_of_the_first_layer() -> None:
    """Depth 0: sigma_w^2 x.x'/D + sigma_b^2 is the linear kernel of (x sigma_w/sqrt(D), sigma_b)."""
    generator = np.random.default_rng(0)
    points, y = generator.standard_normal((6, 3)), np.sign(generator.standard_normal(6))
    biased = fit(points, y, Architecture(0, 2.0, 1.5, 0.49), amount=0.1)
    lifted = np.column_stack([points * np.sqrt(0.75), np.full(6, 0.7)])
    plain = fit(lifted, y, Architecture(0, 1.0, 1.0, 0.0), amount=0.1)
    assert biased(points) == pytest.approx(plain(lifted), abs=1e-12)
