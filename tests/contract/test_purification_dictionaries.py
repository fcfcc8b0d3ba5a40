"""A dictionary of photographs: unit columns, codes, regions, labels; measures of neurons against such a dictionary."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from constructions.feature_purification import dictionaries, incoherent_dictionary
from constructions.feature_purification.dictionaries import (
    PHOTOGRAPHS,
    coherence_floor,
    dictionary_law,
    gaussian_twin,
    inner_products,
    labelled,
    learned_dictionary,
    photograph,
    random_signs,
    random_twin,
    sparse_codes,
)
from constructions.instance import InvalidInstance
from constructions.trained.feature_purification.descent import attacked, outputs_of
from constructions.trained.feature_purification.picture_measures import dictionary_measures, kurtosis, roughness, turned


@pytest.fixture(scope="module")
def learned() -> dictionaries.PatchDictionary:
    return learned_dictionary(6, 40, 3, count=1200)


def test_columns_have_length_1_and_no_mean(learned):
    assert learned.matrix.shape == (36, 40)
    assert np.allclose((learned.matrix**2).sum(axis=0), 1, rtol=0, atol=1e-12)
    assert np.allclose(learned.matrix.mean(axis=0), 0, atol=1e-9)


def test_a_seed_gives_the_same_dictionary_and_another_seed_another():
    first, again, other = (learned_dictionary.__wrapped__(4, 12, seed, count=200).matrix for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_codes_reproduce_each_patch_to_the_stated_energy_by_least_squares_on_few_columns(learned):
    patches = learned.patches.testing[:200]
    z = sparse_codes(learned.matrix, patches)
    rest = patches - z @ learned.matrix.T
    assert np.all((rest**2).sum(axis=1) <= (1 - dictionaries.ENERGY) * (patches**2).sum(axis=1) + 1e-9)
    for code, left in zip(z, rest, strict=True):
        assert np.allclose(learned.matrix[:, code != 0].T @ left, 0, atol=1e-8), "no better code on these columns"
    assert (z != 0).sum(axis=1).mean() < 25
    scaled = sparse_codes(learned.matrix, 7 * patches[:5])
    assert np.allclose(scaled, 7 * z[:5]), "energy is relative to each patch"


def test_a_planted_code_is_found():
    matrix = np.eye(9)[:, :7]
    planted = np.zeros((2, 7))
    planted[0, 2], planted[1, [0, 5]] = -3.0, (2.0, 1.0)
    assert np.allclose(sparse_codes(matrix, planted @ matrix.T, energy=0.99), planted)
    assert np.allclose(sparse_codes(matrix, planted @ matrix.T, energy=0.75)[1], [2, 0, 0, 0, 0, 0, 0])


def test_no_pixel_is_in_a_learning_and_in_a_testing_patch(learned):
    patches, side = learned.patches, learned.size
    for number, name in enumerate(PHOTOGRAPHS):
        covered = []
        for corners in (patches.learning_corners, patches.testing_corners):
            mask = np.zeros(photograph(name).shape, dtype=bool)
            for _, row, column in corners[corners[:, 0] == number]:
                mask[row : row + side, column : column + side] = True
                assert row + side <= mask.shape[0] and column + side <= mask.shape[1]
            covered.append(mask)
        cut = int(0.7 * photograph(name).shape[1])
        assert not covered[0][:, cut:].any() and not covered[1][:, :cut].any()
        assert covered[0].any() and covered[1].any() and not (covered[0] & covered[1]).any()


def test_patches_are_the_pixels_at_their_corners_whitened_by_the_learning_part(learned):
    patches, side = learned.patches, learned.size

    def raw(corners):
        cut = [photograph(PHOTOGRAPHS[n])[r : r + side, c : c + side].ravel() for n, r, c in corners]
        return np.array([entry - entry.mean() for entry in cut])

    base = raw(patches.learning_corners)
    _, singular, right = np.linalg.svd(base, full_matrices=False)
    values, axes = singular[:-1] ** 2 / len(base), right[:-1]
    for found, corners in ((patches.learning, patches.learning_corners), (patches.testing, patches.testing_corners)):
        white = raw(corners) @ axes.T / np.sqrt(values + dictionaries.RIDGE * values.mean()) @ axes
        assert np.allclose(found, white / np.linalg.norm(white, axis=1, keepdims=True), atol=1e-7)


def test_labels_are_the_sign_of_the_random_direction_on_the_code(learned):
    law = dictionary_law(learned, noise=0)
    sample = law.sample(300, np.random.default_rng(0))
    assert set(law.direction.tolist()) == {-1, 1}
    sums = [sum(Fraction(a) * int(s) for a, s in zip(z, law.direction, strict=True)) for z in sample.codes.tolist()]
    assert [1 if total > 0 else -1 for total in sums] == sample.labels.tolist() and all(abs(t) >= 0.98 for t in sums)
    assert np.allclose(sample.points, sample.codes @ learned.matrix.T, rtol=0, atol=1e-14)
    noisy = dictionary_law(learned).sample(2000, np.random.default_rng(0))
    rest = noisy.points - noisy.codes @ learned.matrix.T
    assert rest.std() == pytest.approx(0.1 / 6, rel=0.02)


def test_codes_of_real_patches_are_labelled_and_a_tie_has_no_label(learned):
    signs = random_signs(40, 3)
    z = sparse_codes(learned.matrix, learned.patches.testing[:50])
    labels, decided = labelled(z, signs)
    assert decided.all() and np.array_equal(labels, np.sign(z @ signs))
    tie = np.zeros((1, 40))
    tie[0, :2] = signs[:2] * (1.0, -1.0)
    assert not labelled(tie, signs)[1].any()


def test_inner_products_and_their_floor_on_three_vectors_of_a_plane():
    """Three unit vectors at 120 degrees attain the bound of Welch: coherence 1/2."""
    turns = 2 * np.pi * np.arange(3) / 3
    matrix = np.array([np.cos(turns), np.sin(turns)])
    assert np.allclose(inner_products(matrix), 0.5) and coherence_floor(2, 3) == pytest.approx(0.5)
    assert coherence_floor(5, 5) == 0 and np.allclose(inner_products(np.eye(4)), 0)


def test_controls_have_the_moments_and_lengths_they_claim(learned):
    generator = np.random.default_rng(1)
    patches = np.repeat(learned.patches.learning, 20, axis=0)
    twin = gaussian_twin(patches, generator)
    assert np.allclose((twin**2).sum(axis=1), 1)
    assert np.abs(twin.T @ twin - patches.T @ patches).max() / len(twin) < 0.01
    columns = random_twin(learned.matrix, generator)
    assert np.allclose((columns**2).sum(axis=0), 1) and np.allclose(columns.mean(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize("call", [
    lambda: dictionaries.photograph_patches(1, 100, 0), lambda: dictionaries.photograph_patches(500, 100, 0),
    lambda: dictionaries.photograph_patches(6, 1, 0), lambda: learned_dictionary(6, 10_000, 0, count=100),
    lambda: sparse_codes(np.eye(3), np.ones((1, 3)), energy=1.0), lambda: sparse_codes(np.eye(3), np.zeros((1, 3))),
    lambda: sparse_codes(np.eye(3), np.full((1, 3), np.nan)),
])  # fmt: skip
def test_sizes_and_energies_that_make_no_sense_are_refused(call):
    with pytest.raises(InvalidInstance):
        call()


def test_pure_neurons_and_mixtures_are_measured_as_what_they_are():
    generator = np.random.default_rng(0)
    matrix, signs = incoherent_dictionary(30, 20, generator), random_signs(20, 0)
    dense = matrix @ signs
    pure = dictionary_measures(np.vstack([3 * matrix.T, np.zeros((1, 30))]), matrix, signs)
    assert pure["top_median"] == pytest.approx(1) and pure["coverage"] == 1 and pure["dead"] == 1
    assert pure["residual_median"] == pytest.approx(0, abs=1e-6) == pure["distance_median"]
    mixed = dictionary_measures(matrix.T + 0.2 * dense, matrix, signs)
    assert mixed["residual_median"] == pytest.approx(0, abs=1e-6) and mixed["top_median"] < 0.99
    assert mixed["spike"] > 0.95 and mixed["dense_mean"] > pure["dense_mean"]
    readers = np.linalg.inv(matrix.T @ matrix) @ matrix.T
    assert dictionary_measures(readers, matrix, signs)["dual_median"] == pytest.approx(1)
    noise = dictionary_measures(generator.normal(size=(500, 30)), matrix, signs)
    assert noise["top_median"] < 0.6 and noise["residual_median"] > 0.7 and noise["dense_mean"] < 0.05


def test_kurtosis_and_roughness_of_known_pictures():
    spike = np.zeros((1, 16))
    spike[0, 3] = 2.0
    board = np.indices((4, 4)).sum(axis=0).ravel() % 2 * 2.0 - 1
    assert kurtosis(spike)[0] == pytest.approx(16) and kurtosis(board[None])[0] == pytest.approx(1)
    assert roughness(np.ones((1, 16)), 4)[0] == 0 and roughness(board[None], 4)[0] == pytest.approx(2)
    noise = np.random.default_rng(0).normal(size=(2000, 64))
    assert roughness(noise, 8).mean() == pytest.approx(1, abs=0.02) and np.isnan(roughness(np.zeros((1, 4)), 2)[0])


def test_turning_the_dense_direction_to_the_vector_of_ones_leaves_the_attack_as_it_is():
    generator = np.random.default_rng(2)
    u = generator.normal(size=12)
    mirror = turned(u)
    assert np.allclose(mirror @ mirror, np.eye(12)) and np.allclose(mirror, mirror.T)
    assert np.allclose(u / np.linalg.norm(u) @ mirror, 1 / np.sqrt(12)) and np.allclose(turned(np.ones(12)), np.eye(12))
    weights, points = (torch.tensor(generator.normal(size=(n, 12))) for n in (7, 30))
    labels, biases = torch.tensor(np.sign(generator.normal(size=30))), torch.full((7,), 0.3, dtype=torch.float64)
    q, direction = torch.tensor(mirror), torch.tensor(u / np.linalg.norm(u))
    found = attacked(weights @ q, biases, points @ q, labels, 0.4, 4, torch.Generator().manual_seed(0))
    along = labels * outputs_of(weights, biases, points - 0.4 * labels[:, None] * direction)
    assert torch.all(found <= along + 1e-12), "the attack tries the dense direction of the dictionary"


@pytest.mark.slow
def test_photographs_need_fewer_columns_than_their_controls():
    """Fewer than a normal law of the same moments, and than columns without learning, by over 10 standard errors."""
    dictionary = learned_dictionary(8, 128, 0)
    generator, patches = np.random.default_rng(0), dictionary.patches.testing[:1000]
    untrained = random_twin(dictionary.matrix, generator)
    runs = [(dictionary.matrix, patches), (dictionary.matrix, gaussian_twin(patches, generator)), (untrained, patches)]
    counts = [(sparse_codes(columns, rows) != 0).sum(axis=1) for columns, rows in runs]
    for control in counts[1:]:
        error = np.sqrt((counts[0].var() + control.var()) / len(control))
        assert counts[0].mean() < control.mean() - 10 * error
