"""Streams of recorded runs: features on digits, nets of growing width, kernels through training, made on the spot.

Data splits and starts of nets come from the generator of the draw. Sizes are small: `thinmargin train ntk_features`
makes the same records at larger ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from constructions.instance import Instance, Source
from constructions.ntk_features import spectrum
from constructions.ntk_features.runs import EigenspacePair
from constructions.ntk_features.tasks import HALVES, PARITY, THREES, load
from theorems.statement import Family

FEATURES = ((THREES, 250, 107, 1), (HALVES, 250, 400, 3), (PARITY, 250, 400, 1), (THREES, 250, 107, 3),
            (HALVES, 250, 400, 1), (PARITY, 250, 400, 3))  # fmt: skip
"""Task, training points, test points, hidden layers of the kernel: taken in turn."""

Make = Callable[[int, int], Instance]
"""(seed, index of the draw) -> recorded run."""


def _family(name: str, source: Source, law: str, make: Make, quick: int, full: int) -> Family:
    def draw(generator: np.random.Generator, index: int) -> Instance:
        return make(int(generator.integers(2**31)), index)

    return Family(name, source, law, draw, quick=quick, full=full)


def _features(seed: int, index: int) -> Instance:
    task, train, test, depth = FEATURES[index % len(FEATURES)]
    return spectrum.feature_instance(spectrum.spectrum(task, train, test, depth, seed))


def _many_points(seed: int, index: int) -> Instance:
    return spectrum.feature_instance(spectrum.spectrum(HALVES, 500, None, 1, seed))


def _random_labels(seed: int, index: int) -> Instance:
    task, train, test, depth = FEATURES[index % len(FEATURES)]
    return spectrum.feature_instance(spectrum.spectrum(task, train, test, depth, seed, shuffled=True))


def _eigenspaces(seed: int, index: int) -> Instance:
    points = load((THREES, HALVES, PARITY)[index % 3], seed, 250, 1).points
    kinds: Any = ((1, "ntk"), spectrum.OTHERS[index % len(spectrum.OTHERS)])
    return EigenspacePair(*(spectrum.leading_vectors(spectrum.kernel_of(points, *kind), points, 20) for kind in kinds))


def _transfer(seed: int, index: int) -> Instance:
    import torch

    from constructions.trained.kkt_margin.run import one_torch_thread
    from constructions.trained.ntk_features import results, transfer

    plan = transfer.Transfer(HALVES, 200, 400, (16, 64, 256, 1024), 3, 300)
    with one_torch_thread():
        rows = [transfer.run_width(plan, width, seed, torch.device("cpu")) for width in plan.widths]
    return results.transfer_instance(rows)


def _early(seed: int, index: int) -> Instance:
    import torch

    from constructions.trained.kkt_margin.run import one_torch_thread
    from constructions.trained.ntk_features import results, transfer

    with one_torch_thread():
        plan = transfer.Early(HALVES, 300, (1024,), 1, (600,))
        return results.early_instance(transfer.run_early(plan, 1024, seed, torch.device("cpu")))


def _paths(seed: int, index: int) -> Instance:
    import torch

    from constructions.trained.kkt_margin.run import one_torch_thread
    from constructions.trained.ntk_features import paths, results

    plan = paths.Paths(HALVES, 150, 400, 64, 10, 300, 0.08, records=16)
    with one_torch_thread():
        standard, adversarial = (run(plan, seed, torch.device("cpu"))
                                 for run in (paths.run_standard, paths.run_adversarial))  # fmt: skip
    return results.path_instance(plan, standard, adversarial, "centred")


_DIGITS = "8 x 8 digits over 16, split by the draw"
_KERNEL = "weight variance 2, bias variance 1/100, inputs over their number"

feature_runs = _family(
    "feature_runs", "solved",
    f"{_DIGITS}; features of the NTK with one or three hidden layers, {_KERNEL}, each attacked in one step of l_inf "
    "radius 1/10", _features, 3, 12)  # fmt: skip
many_point_features = _family(
    "many_point_features", "solved",
    f"{_DIGITS}, 0-4 against 5-9, n = 500, all others test points; features of the NTK with one hidden layer, "
    f"{_KERNEL}, each attacked in one step of l_inf radius 1/10", _many_points, 1, 3)  # fmt: skip
random_label_features = _family(
    "random_label_features", "solved",
    f"{_DIGITS}, n = 250, all labels replaced by fair coins; features as in feature_runs",
    _random_labels, 2, 6)  # fmt: skip
eigenspace_pairs = _family(
    "eigenspace_pairs", "solved",
    f"{_DIGITS}, n = 250; twenty leading eigenvectors of the NTK with one hidden layer and of another NTK or NNGP "
    f"kernel, {_KERNEL}", _eigenspaces, 4, 24)  # fmt: skip
transfer_runs = _family(
    "transfer_runs", "trained",
    f"{_DIGITS}, 0-4 against 5-9, n = 200; three nets of one hidden layer per width, {_KERNEL}, heavy ball for 300 "
    "steps, less their start; the kernel predictor of the same time, attacked in one step of l_inf radius 3/20",
    _transfer, 1, 3)  # fmt: skip
early_runs = _family(
    "early_runs", "trained",
    f"{_DIGITS}, 0-4 against 5-9, n = 300; a net of width 1024 less its start, {_KERNEL}, gradient descent for 600 "
    "steps at 1/lam_1", _early, 1, 3)  # fmt: skip
kernel_paths = _family(
    "kernel_paths", "trained",
    f"{_DIGITS}, 0-4 against 5-9, n = 150; ten pairs of nets of width 64 from starts times 0.3, standard and "
    "l_inf-adversarial training at radius 2/25 for 300 steps of heavy ball; centred distances of empirical kernels on "
    "clean images", _paths, 1, 3)  # fmt: skip
