"""Networks on digits: the split, training against autograd, low-rank updates, attacks inside their ball."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from constructions.trained.feature_purification.digits import (
    Digits,
    DigitsRecipe,
    Networks,
    active,
    attacked_digits,
    energy_shares,
    first_networks,
    outputs,
    robust_accuracy,
    row_cosines,
    split_digits,
    train_digits,
    truncated,
)

SHORT = DigitsRecipe(width=20, epochs=2)


@pytest.fixture(scope="module")
def trained() -> tuple[Networks, Digits]:
    data, fresh = split_digits([0, 1])
    return train_digits(first_networks([0, 1], SHORT), data, SHORT, False, [5, 6]), fresh


def test_each_seed_splits_all_digits_in_two_centred_and_of_mean_length_1():
    found = load_digits()
    for seed in (0, 1):
        parts = split_digits([seed])
        assert [part.points.shape for part in parts] == [(1, 1200, 64), (1, 597, 64)]
        points = torch.cat([part.points[0] for part in parts]).double().numpy()
        labels = torch.cat([part.labels[0] for part in parts]).numpy()
        assert np.allclose(points.mean(axis=0), 0, atol=1e-6)
        assert np.linalg.norm(points, axis=1).mean() == pytest.approx(1, abs=1e-6)
        scale = np.linalg.norm(found.data - found.data.mean(axis=0), axis=1).mean()
        raw = np.rint(points * scale + found.data.mean(axis=0))
        mine = sorted(zip(map(tuple, raw.tolist()), labels.tolist(), strict=True))
        theirs = sorted(zip(map(tuple, found.data.tolist()), (1.0 - 2 * (found.target % 2)).tolist(), strict=True))
        assert mine == theirs, "every digit exactly once, with its parity"


@pytest.mark.parametrize("adversarial", [False, True])
def test_training_is_descent_with_momentum_on_the_logistic_loss(adversarial):
    """The batched formulas against torch's autograd and optimiser, one network at a time."""
    data, _ = split_digits([0, 1])
    recipe, first = DigitsRecipe(width=12, epochs=1), first_networks([0, 1], DigitsRecipe(width=12))
    batched = train_digits(first, data, recipe, adversarial, [5, 6])
    signs = torch.cat([torch.ones(6), -torch.ones(6)])
    for number, seed in ((0, 5), (1, 6)):
        weights, biases = (entry[number].clone().requires_grad_(True) for entry in first)
        optimiser = torch.optim.SGD(
            [{"params": [weights], "weight_decay": 1e-4}, {"params": [biases]}], lr=0.3, momentum=0.9
        )
        order = torch.randperm(1200, generator=torch.Generator().manual_seed(seed))
        for step in range(18):
            chosen = order[64 * step : 64 * step + 64]
            x, y = data.points[number, chosen].clone(), data.labels[number, chosen]
            if adversarial:
                x.requires_grad_(True)
                value = (torch.relu(x @ weights.T + biases) * signs).sum()
                (gradient,) = torch.autograd.grad(value, x)
                radius = 0.25 * min(1.0, step / (0.3 * 18))
                x = x.detach() - radius * y[:, None] * gradient / gradient.norm(dim=1, keepdim=True).clamp_min(1e-12)
            optimiser.zero_grad()
            value = (torch.relu(x @ weights.T + biases) * signs).sum(dim=1)
            torch.nn.functional.softplus(-y * value).mean().backward()
            optimiser.step()
        assert torch.allclose(batched.weights[number], weights, atol=2e-4)
        assert torch.allclose(batched.biases[number], biases, atol=2e-4)


def test_two_epochs_learn_more_than_the_sign_of_the_mean(trained):
    networks, fresh = trained
    assert min(robust_accuracy(networks, fresh, 0.0, 0, [0, 1])) > 0.8


def test_attacks_stay_in_their_ball_and_are_what_they_say(trained):
    networks, fresh = trained
    clean = (fresh.labels * outputs(networks, fresh.points)).double()
    for radius in (0.0, 0.1, 0.3):
        margin, delta = attacked_digits(networks, fresh, radius, 10, [0, 1])
        assert float(delta.norm(dim=-1).max()) <= radius * (1 + 1e-5)
        weights, biases = (entry.double().numpy() for entry in networks)
        moved = fresh.points.double().numpy() + delta.double().numpy()
        heights = np.einsum("rnd,rmd->rnm", moved, weights) + biases[:, None]
        values = np.maximum(heights, 0) @ np.repeat([1.0, -1.0], 10)
        assert np.allclose(margin.numpy(), fresh.labels.numpy() * values, atol=1e-9)
        assert torch.all(margin <= clean + 1e-5)
        assert (radius == 0) == torch.allclose(margin, clean, atol=1e-5)


def test_dead_networks_and_networks_that_diverged_are_never_right(trained):
    networks, fresh = trained
    dead = Networks(torch.zeros_like(networks.weights), torch.zeros_like(networks.biases))
    diverged = Networks(networks.weights * torch.nan, networks.biases)
    assert robust_accuracy(dead, fresh, 0.1, 4, [0, 1]) == [0, 0] == robust_accuracy(diverged, fresh, 0.1, 4, [0, 1])
    assert not active(dead, fresh).any() and active(networks, fresh).any()


@pytest.mark.parametrize("rank", [1, 4, 64])
def test_updates_of_a_rank_have_that_rank_and_move(trained, rank):
    networks, _ = trained
    data, _ = split_digits([0, 1])
    after = train_digits(networks, data, SHORT, True, [7, 8], rank=rank)
    singular = torch.linalg.svdvals((after.weights - networks.weights).double())
    assert torch.all(singular[:, 0] > 1e-2)
    assert torch.all(singular[:, min(rank, 20) :] < 1e-5)


def test_a_cut_update_is_the_best_of_its_rank_and_shares_add_up():
    generator = torch.Generator().manual_seed(0)
    before, after = (torch.randn((2, 9, 6), generator=generator, dtype=torch.float64) for _ in range(2))
    squares = torch.linalg.svdvals(after - before) ** 2
    for rank in (1, 3):
        rest = ((truncated(before, after, rank) - after) ** 2).sum(dim=(1, 2))
        assert torch.allclose(rest, squares[:, rank:].sum(dim=1))
        assert torch.allclose(energy_shares(after - before)[:, rank - 1], 1 - rest / squares.sum(dim=1))
    assert torch.allclose(truncated(before, after, 6), after)


@pytest.mark.slow
def test_the_digits_reference_is_reproduced():
    """Reference of one seed on 500 points: its own standard error is .01 to .02, the spread over seeds .01 to .05."""
    recipe, seeds = DigitsRecipe(), list(range(5))
    data, fresh = split_digits(seeds)
    first = first_networks(seeds, recipe)
    clean = train_digits(first, data, recipe, False, [10_000 + s for s in seeds])
    hard = train_digits(clean, data, recipe, True, [20_000 + s for s in seeds])
    pairs = ((0.984, 0.994), (0.904, 0.976), (0.678, 0.894), (0.458, 0.812), (0.302, 0.696))
    for radius, expected in zip((0.0, 0.1, 0.2, 0.25, 0.3), pairs, strict=True):
        for networks, value, room in ((clean, expected[0], 0.12), (hard, expected[1], 0.04)):
            assert abs(np.mean(robust_accuracy(networks, fresh, radius, 40, seeds)) - value) <= room
    both = ((clean, hard), (first, clean), (first, hard))
    cosines = [float(row_cosines(one.weights, other.weights).mean()) for one, other in both]
    assert np.allclose(cosines, (0.877, 0.195, 0.181), rtol=0, atol=(0.1, 0.03, 0.03))
