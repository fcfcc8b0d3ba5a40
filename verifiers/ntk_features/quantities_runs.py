"""What is asked of recorded runs: rates, trends and tests over seeds, features and points, exact on what was recorded.

Statistics with a square root are compared by their signed square z |z|. The tests themselves are in
`constructions.ntk_features.run_statistics`; here they are applied to one table of outcomes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.ntk_features import run_statistics as statistics
from constructions.ntk_features.runs import (
    EarlyRuns,
    EigenspacePair,
    FeatureRuns,
    KernelPaths,
    TransferRuns,
)
from verifiers import arithmetic, tolerances
from verifiers.errors import MissingPart
from verifiers.ntk_features.subject import KINDS, NAMES, measure, measures_on
from verifiers.quantity import Enclosure, enclose, estimate

WIDE = 1024
"""Least width that counts as wide."""
LEADING = 40
"""Features, from the largest eigenvalue down, whose robustness is ranked; far behind them all are broken alike."""
NON_ROBUST = Fraction(1, 20)
"""Share of points that keep their sign below which a feature counts as non-robust."""
ENERGY = Fraction(4, 10000)
"""Least |v_i.y|^2/|y|^2 of a feature whose learning is followed; ratios of tiny numbers mean nothing."""
RANKS = (2, 5, 10, 20)
"""Dimensions of the eigenspaces that are compared."""
PERMUTATIONS = 199
ARRIVED = Fraction(4, 5)
"""Share of its last distance from the first kernel at which a kernel counts as arrived."""


NAMES.update({
    TransferRuns: "nets attacked by a kernel's perturbations", FeatureRuns: "features on test points",
    EigenspacePair: "eigenvectors of two kernels", EarlyRuns: "what nets have still to learn",
    KernelPaths: "kernels followed through training",
})  # fmt: skip

_on_transfer, _on_features, _on_eigenspaces, _on_early, _on_paths = map(
    measures_on, (TransferRuns, FeatureRuns, EigenspacePair, EarlyRuns, KernelPaths)
)

# ------------------------------------------------------------------ transfer


def _counts(runs: TransferRuns) -> tuple[list[int], int]:
    """(pairs of a net and a point fooled by the kernel at which the net is fooled too, all such pairs), per width."""
    points = int(runs.kernel_fooled.sum())
    if points == 0:
        raise MissingPart("the kernel predictor is fooled nowhere, so there is nothing to transfer")
    fooled = runs.net_fooled[:, :, runs.kernel_fooled]
    return fooled.sum(axis=(1, 2)).tolist(), fooled.shape[1] * points


@_on_transfer("points", "test points at which the kernel predictor is fooled by its own perturbation")
def fooled_points(runs: TransferRuns) -> Enclosure:
    return enclose(int(runs.kernel_fooled.sum()))


@_on_transfer("units", "units per hidden layer", axes=("width",))
def trained_width(runs: TransferRuns) -> Enclosure:
    return enclose(runs.widths, ("width",))


@_on_transfer("probability", "share of nets fooled where the kernel is, over seeds and points",
           axes=("width",))  # fmt: skip
def transfer_rate(runs: TransferRuns) -> Enclosure:
    counts, total = _counts(runs)
    return enclose([Fraction(count, total) for count in counts], ("width",))


@_on_transfer("probability", f"the least of these shares among widths from {WIDE} up")
def wide_transfer_rate(runs: TransferRuns) -> Enclosure:
    counts, total = _counts(runs)
    wide = [Fraction(count, total) for count, width in zip(counts, runs.widths.tolist(), strict=True) if width >= WIDE]
    if not wide:
        raise MissingPart(f"no net has {WIDE} units or more")
    return enclose(min(wide))


@_on_transfer("probability", f"share of nets of width {WIDE} or more that random signs of the same size "
           "fool, at the points that fool the kernel; the largest over widths")  # fmt: skip
def wide_noise_rate(runs: TransferRuns) -> Enclosure:
    total = _counts(runs)[1]
    counts = runs.noise_fooled[:, :, runs.kernel_fooled].sum(axis=(1, 2)).tolist()
    wide = [Fraction(count, total) for count, width in zip(counts, runs.widths.tolist(), strict=True) if width >= WIDE]
    if not wide:
        raise MissingPart(f"no net has {WIDE} units or more")
    return enclose(max(wide))


@_on_transfer("1", "signed square of the Cochran-Armitage trend of these shares in log2 of the width")
def transfer_trend(runs: TransferRuns) -> Enclosure:
    counts, total = _counts(runs)
    scores = [width.bit_length() - 1 for width in runs.widths.tolist()]
    return enclose(statistics.cochran_armitage(counts, [total] * len(counts), scores))


@_on_transfer("probability", "p value of the sign test over points that more of them fool more of the "
           "widest nets than of the narrowest, than the other way round")  # fmt: skip
def transfer_points_p(runs: TransferRuns) -> Enclosure:
    _counts(runs)
    narrow, wide = (runs.net_fooled[w][:, runs.kernel_fooled].sum(axis=0) for w in (0, -1))
    return enclose(statistics.sign_test(int((wide > narrow).sum()), int((wide < narrow).sum())))


# ------------------------------------------------------------------ features


def _rates(hits: np.ndarray) -> list[Fraction]:
    return [Fraction(int(count), hits.shape[1]) for count in hits.sum(axis=1)]


def _constant_sign(runs: FeatureRuns) -> np.ndarray:
    """Whether a feature has one sign on all test points: then it is right and robust for no reason."""
    signs = np.where(runs.right, runs.labels, -runs.labels)
    return np.asarray((signs == signs[:, :1]).all(axis=1))


@_on_features("probability", "share of test points at which the sign of a feature is the label",
           axes=("feature",))  # fmt: skip
def useful_rate(runs: FeatureRuns) -> Enclosure:
    return enclose(_rates(runs.right), ("feature",))


@_on_features("probability", "share of test points at which it still is under the attack on this feature",
           axes=("feature",))  # fmt: skip
def robust_rate(runs: FeatureRuns) -> Enclosure:
    return enclose(_rates(runs.robust), ("feature",))


@_on_features("points", "test points of the record")
def test_points(runs: FeatureRuns) -> Enclosure:
    return enclose(len(runs.labels))


@_on_features("1", "1 if the labels are coins that know nothing of the points, 0 if they are those of the task")
def random_labels(runs: FeatureRuns) -> Enclosure:
    return enclose(int(runs.random_labels))


@_on_features("features", f"features among the first {LEADING} that have no constant sign")
def ranked_features(runs: FeatureRuns) -> Enclosure:
    return enclose(len(_ranked(runs)))


def _ranked(runs: FeatureRuns) -> np.ndarray:
    return np.flatnonzero(~_constant_sign(runs)[:LEADING])


@_on_features("1", f"signed square of the rank correlation of eigenvalue and robust rate among the first "
           f"{LEADING} features, those of constant sign left out")  # fmt: skip
def robustness_order(runs: FeatureRuns) -> Enclosure:
    return enclose(_robustness_order(runs))


def _robustness_order(runs: FeatureRuns) -> Fraction:
    chosen = _ranked(runs)
    return statistics.spearman(runs.eigenvalues[chosen], runs.robust[chosen].sum(axis=1))


@_on_features("probability", "one-sided p value of that rank correlation, by Student's t")
def robustness_order_p(runs: FeatureRuns) -> Enclosure:
    value = statistics.spearman_p(statistics.root(_robustness_order(runs)), len(_ranked(runs)))
    return estimate(value, tolerances.ROUNDING * value)


@_on_features("probability", "least p value among non-robust features for being right more often than the "
           "majority label, times the number of features; 1 if no feature is non-robust")  # fmt: skip
def non_robust_useful_p(runs: FeatureRuns) -> Enclosure:
    count = len(runs.labels)
    positive = int((runs.labels > 0).sum())
    majority = Fraction(max(positive, count - positive), count)
    least = [
        statistics.binomial_tail(int(right.sum()), count, majority)
        for right, robust in zip(runs.right, _rates(runs.robust), strict=True) if robust < NON_ROBUST
    ]  # fmt: skip
    return enclose(min([Fraction(1), *(p * len(runs.right) for p in least)]))


# ------------------------------------------------------------------ eigenspaces


def _ranks(pair: EigenspacePair) -> list[int]:
    found = [rank for rank in RANKS if rank <= pair.first_vectors.shape[1]]
    if not found:
        raise MissingPart(f"eigenspaces of {RANKS[0]} vectors or more are compared")
    return found


@_on_eigenspaces("samples", "points that both kernels are evaluated on")
def kernel_points(pair: EigenspacePair) -> Enclosure:
    return enclose(len(pair.first_vectors))


@_on_eigenspaces("1", "(1/k) sum of squared inner products of the k leading eigenvectors of both kernels, "
           f"k = {', '.join(map(str, RANKS))}", axes=("rank",))  # fmt: skip
def eigenspace_overlap(pair: EigenspacePair) -> Enclosure:
    ranks = _ranks(pair)
    columns = slice(ranks[-1])
    first, second = (fractions_of(vectors[:, columns]) for vectors in (pair.first_vectors, pair.second_vectors))
    squares = _integer_product(first, second)
    return enclose([sum((squares[i][j] for i in range(k) for j in range(k)), Fraction(0)) / k for k in ranks],
                   ("rank",))  # fmt: skip


def _integer_product(first: np.ndarray, second: np.ndarray) -> list[list[Fraction]]:
    """Squared entries of A^T B for dyadic A and B, by whole numbers over one power of two."""
    scales, wholes = [], []
    for array in (first, second):
        bits = max(int(entry.denominator).bit_length() - 1 for entry in array.flat)
        scales.append(bits)
        wholes.append(np.array([int(entry * 2**bits) for entry in array.flat], dtype=object).reshape(array.shape))
    product = wholes[0].T @ wholes[1]
    return [[Fraction(int(entry) ** 2, 4 ** sum(scales)) for entry in row] for row in product]


@_on_eigenspaces("probability", f"p value of the overlap at the largest k among {PERMUTATIONS} permutations "
           "of the points of one kernel")  # fmt: skip
def eigenspace_p(pair: EigenspacePair) -> Enclosure:
    rank = _ranks(pair)[-1]
    first, second = pair.first_vectors[:, :rank], pair.second_vectors[:, :rank]
    generator = np.random.default_rng(int(pair.digest[:15], 16))
    null = statistics.permuted_overlaps(first, second, generator, PERMUTATIONS)
    return enclose(Fraction(1 + int((null >= statistics.overlap(first, second)).sum()), 1 + PERMUTATIONS))


# ------------------------------------------------------------------ early learning


@_on_early("units", "units per hidden layer of the nets")
def early_width(runs: EarlyRuns) -> Enclosure:
    return enclose(int(runs.width))


def _followed(runs: EarlyRuns) -> np.ndarray:
    return np.array([i for i, energy in enumerate(fractions_of(runs.energies)) if energy > ENERGY], dtype=np.int64)


@_on_early("features", "features with enough of the labels' energy to be followed")
def followed_features(runs: EarlyRuns) -> Enclosure:
    return enclose(len(_followed(runs)))


@_on_early("1", "signed square of the rank correlation over features of what nets have still to learn with "
           "the law of the linearised net, at the last time", axes=("run",))  # fmt: skip
def learning_order(runs: EarlyRuns) -> Enclosure:
    chosen = _followed(runs)
    law = np.abs(runs.law[-1, chosen])
    return enclose([statistics.spearman(law, np.abs(left[chosen])) for left in runs.measured[-1]], ("run",))


# ------------------------------------------------------------------ kernels through training


def _arrivals(paths: KernelPaths, distances: np.ndarray) -> list[int]:
    """The first recorded step of each run at which 4/5 of the last distance is reached, compared exactly."""
    exact = fractions_of(distances)
    return [
        next(int(step) for step, row in zip(paths.steps, exact, strict=True) if row[run] >= ARRIVED * exact[-1, run])
        for run in range(distances.shape[1])
    ]


def _wins(first: Any, second: Any) -> tuple[int, int]:
    pairs = list(zip(first, second, strict=True))
    return sum(bool(a > b) for a, b in pairs), sum(bool(a < b) for a, b in pairs)


def _earlier(paths: KernelPaths) -> tuple[int, int]:
    return _wins(_arrivals(paths, paths.standard_distance), _arrivals(paths, paths.adversarial_distance))


@_on_paths("runs", "pairs of a standard and an adversarial training from one start")
def paired_runs(paths: KernelPaths) -> Enclosure:
    return enclose(paths.standard_distance.shape[1])


@_on_paths("probability", "the lower of the mean clean accuracies of both trainings")
def fitted_accuracy(paths: KernelPaths) -> Enclosure:
    means = [sum(fractions_of(found), Fraction(0)) / len(found)
             for found in (paths.standard_accuracy, paths.adversarial_accuracy)]  # fmt: skip
    return enclose(min(means))


@_on_paths("runs", "pairs in which the kernel of adversarial training arrives earlier at 4/5 of its way")
def earlier_pairs(paths: KernelPaths) -> Enclosure:
    return enclose(_earlier(paths)[0])


@_on_paths("runs", "pairs in which it arrives later")
def later_pairs(paths: KernelPaths) -> Enclosure:
    return enclose(_earlier(paths)[1])


@_on_paths("probability", "p value of the sign test for earlier against later")
def earlier_p(paths: KernelPaths) -> Enclosure:
    return enclose(statistics.sign_test(*_earlier(paths)))


@_on_paths("runs", "pairs in which c_20 at the end is larger after adversarial training")
def concentrated_pairs(paths: KernelPaths) -> Enclosure:
    return enclose(_wins(paths.adversarial_concentration[-1], paths.standard_concentration[-1])[0])


@_on_paths("probability", "p value of the sign test for a larger c_20 after adversarial training")
def concentrated_p(paths: KernelPaths) -> Enclosure:
    return enclose(statistics.sign_test(*_wins(paths.adversarial_concentration[-1], paths.standard_concentration[-1])))


@_on_paths("probability", "p value of the sign test for a larger top-10 share of the trace")
def trace_share_p(paths: KernelPaths) -> Enclosure:
    return enclose(statistics.sign_test(*_wins(paths.adversarial_trace_share[-1], paths.standard_trace_share[-1])))


@_on_paths("runs", "adversarial trainings that end with a larger top-10 share of the trace than they "
           "began with")  # fmt: skip
def risen_runs(paths: KernelPaths) -> Enclosure:
    return enclose(_wins(paths.adversarial_trace_share[-1], paths.adversarial_trace_share[0])[0])


def numbers(instance: Any) -> dict[str, Any]:
    """Every quantity of one recorded run by name, fractions or lists of them; what cannot be measured is left out."""
    measured, found = measure(instance), {}
    for name, kind in KINDS.items():
        if kind is type(instance):
            try:
                enclosure = measured[name]
            except MissingPart:
                continue
            exact = enclosure.entries
            values: Any = enclosure.value.tolist() if exact is None else arithmetic.fractions(exact).tolist()
            found[name] = values
    return found
