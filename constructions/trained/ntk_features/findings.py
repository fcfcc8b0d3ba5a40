"""One table of what reproduces: every claim with its effect, its test, its size, and the finding computed from them.

Nothing here knows the answer. Numbers of recorded runs come from the verifier, so that a finding and the statement
about the same runs cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from constructions.instance import Instance
from constructions.ntk_features.run_statistics import normal_tail, root, sign_test
from constructions.ntk_features.spectrum import feature_instance
from constructions.trained.ntk_features.results import (
    DISTANCES,
    Json,
    Results,
    draws_of,
    early_instance,
    path_instance,
    transfer_instance,
)
from constructions.trained.ntk_features.tables import LEAST_P, table

Measured = Callable[[Instance], dict[str, Any]]
"""The verifier's numbers of a recorded run by name: fractions, or lists of them."""

LEVEL = 0.01
"""Level of one-sided tests below which a claim counts as reproduced, or its opposite as seen."""
COLUMNS = {"claim": "", "on": "", "effect": "", "value": "1", "test": "", "p": "probability", "size": "",
           "clean_standard": "share", "clean_adversarial": "share", "finding": ""}  # fmt: skip
NONE = float("nan")
DIP = 100
"""Number of features kept where the reference run had its least robust accuracy; chosen before these runs."""


def verdict(for_it: float, against: float = 1.0) -> str:
    """The word for two one-sided p values."""
    if for_it < LEVEL:
        return "reproduced"
    return "contradicted" if against < LEVEL else "not resolved"


def findings_table(results: Results, measured: Measured) -> Json:
    """Claims Q1 to Q7 of the paper, and what was asked beyond them, each on every task or size that was run."""
    rows = [*_transfer(results, measured), *_features(results, measured), *_spaces(results, measured),
            *_order(results, measured), *_paths(results, measured), *_beyond(results)]  # fmt: skip
    return table(
        "findings", "What reproduces: claims about NTK features, with effects and tests", COLUMNS, rows,
        f"Reproduced or contradicted: the one-sided p value for or against the claim is below {LEVEL:g} and the effect "
        f"has the size asked for; p below {LEAST_P:g} is shown as that. Q3 is corrected for the number of features "
        "looked at. Points are independent draws of digits; nets of one task share them in Q1 and Q5, while every pair "
        "of Q6 and Q7 has a split of its own. Q6 "
        "and Q7 are exploratory: read them with the clean accuracies beside them, because training that does not fit "
        "its data leaves the kernel where it was. That a kernel ends more concentrated than that of standard training "
        "may only say that it has moved less far from its start.")  # fmt: skip


def _row(claim: str, on: str, effect: str, value: float, test: str, p: float, size: str, finding: str,
         clean: tuple[float, float] = (NONE, NONE)) -> list[Any]:  # fmt: skip
    shown = max(p, LEAST_P) if p >= 0 else NONE
    return [claim, on, effect, value, test, shown, size, *clean, finding]


def _splits(splits: list[Any]) -> str:
    return "1 split" if len(splits) == 1 else f"{len(splits)} splits"


def _transfer(results: Results, measured: Measured) -> list[list[Any]]:
    rows = []
    for plan, entries in results.transfers:
        found = measured(transfer_instance(entries))
        size = f"{found['fooled_points']} points, {plan.seeds} nets per width"
        rate, p = float(found["transfer_rate"][-1]), float(found["transfer_points_p"])
        trend = root(found["transfer_trend"])
        noise_p = max(
            float(sign_test(int((one & ~other).sum()), int((other & ~one).sum())))
            for one, other in zip(*(np.array(entries[-1][key], dtype=bool) for key in ("fooled", "noise")), strict=True)
        )
        high = "reproduced" if rate >= 0.9 else "contradicted"
        rows += [
            _row("Q1 perturbations made from the kernel fool wide nets", plan.name,
                 f"share of nets fooled where the kernel is, width {entries[-1]['width']}", rate,
                 "at least 0.9", NONE, size, high),
            _row("Q1 the wider the net, the more it is fooled", plan.name, "Cochran-Armitage z in log2 width", trend,
                 "sign test over points, widest against narrowest", p, size, verdict(p)),
            _row("Q1 and the trend over all widths", plan.name, "Cochran-Armitage z in log2 width", trend,
                 "normal, as if nets were independent", normal_tail(trend), size, verdict(normal_tail(trend))),
            _row("control: random signs of the same size do less", plan.name,
                 f"share fooled by random signs, width {entries[-1]['width']}",
                 float(np.mean([np.mean(noise) for noise in entries[-1]["noise"]])),
                 "sign test over points, the worst net", noise_p, size, verdict(noise_p)),
        ]  # fmt: skip
    return rows


def _features(results: Results, measured: Measured) -> list[list[Any]]:
    rows = []
    for kind, entries in (("", results.spectra), (", random labels", results.shuffled)):
        for plan, entry in entries:
            found = measured(feature_instance(entry))
            correlation, p = root(found["robustness_order"]), float(found["robustness_order_p"])
            size = f"{found['ranked_features']} features, {entry['test']} points"
            claim = "Q2 features of larger eigenvalues are more robust"
            if kind:
                claim = "control: the same holds for random labels, whose features are of no use"
            finding = verdict(p) if correlation > 0.7 else "not resolved"
            rows.append(_row(claim, plan.name + kind, "rank correlation of eigenvalue and robust rate", correlation,
                             "Student's t", p, size, finding))  # fmt: skip
            if not kind:
                useful = float(found["non_robust_useful_p"])
                best = max((float(u) for u, r in zip(found["useful_rate"], found["robust_rate"], strict=True)
                            if r < 0.05), default=NONE)  # fmt: skip
                rows.append(_row("Q3 some non-robust feature is useful", plan.name,
                                 "best accuracy of a feature with robust rate below 0.05", best,
                                 "binomial against the majority label, times features", useful,
                                 f"{len(entry['ranks'])} features, {entry['test']} points",
                                 verdict(useful)))  # fmt: skip
    return rows


def _spaces(results: Results, measured: Measured) -> list[list[Any]]:
    rows = []
    for draw in draws_of(Results(spaces=results.spaces), 0):
        found = measured(draw.instance)
        least, p = min(float(entry) for entry in found["eigenspace_overlap"]), float(found["eigenspace_p"])
        rows.append(_row("Q4 features agree between architectures", draw.law.removeprefix("eigenspaces of "),
                         "least overlap of the first 2, 5, 10, 20 eigenvectors", least,
                         "permutations of the points", p, f"{found['kernel_points']} points",
                         "contradicted" if least < 0.9 else verdict(p)))  # fmt: skip
    return rows


def _order(results: Results, measured: Measured) -> list[list[Any]]:
    rows = []
    for plan, entries in results.early:
        for entry in entries:
            found = measured(early_instance(entry))
            least = min(root(value) for value in found["learning_order"])
            rows.append(_row(
                "Q5 nets learn features in the order of eigenvalues", f"{plan.task}, width {entry['width']}",
                f"rank correlation with the law after {entry['times'][-1]} steps, the least net", least,
                "at least 0.8", NONE, f"{found['followed_features']} features, {plan.seeds} nets",
                "reproduced" if least >= 0.8 else "not reproduced"))  # fmt: skip
    return rows


def _paths(results: Results, measured: Measured) -> list[list[Any]]:
    rows = []
    for plan, standard, adversarial in results.paths:
        clean = float(np.mean(standard["accuracy"])), float(np.mean(adversarial["accuracy"]))
        size = f"{plan.seeds} pairs"
        for kind in DISTANCES:
            found = measured(path_instance(plan, standard, adversarial, kind))
            earlier, later = int(found["earlier_pairs"]), int(found["later_pairs"])
            p = float(found["earlier_p"])
            rows.append(_row(
                f"Q6 adversarial training makes the kernel lazy earlier, {kind} distance", plan.name,
                "pairs in which its kernel arrives earlier, less those in which later", earlier - later, "sign test",
                p, size, verdict(p, float(sign_test(later, earlier))), clean))  # fmt: skip
        for name, column in (("c_20", "concentration 20"), ("top-10 share of the trace", "trace share 10")):
            ends = [np.array(entry["clean"]["columns"][column]) for entry in (standard, adversarial)]
            wins, losses = int((ends[1][-1] > ends[0][-1]).sum()), int((ends[1][-1] < ends[0][-1]).sum())
            rows.append(_row(
                f"Q7 {name} ends higher after adversarial training", plan.name, "mean difference",
                float(np.mean(ends[1][-1] - ends[0][-1])), "sign test", float(sign_test(wins, losses)),
                size, verdict(float(sign_test(wins, losses)), float(sign_test(losses, wins))), clean,
            ))  # fmt: skip
            up, down = int((ends[1][-1] > ends[1][0]).sum()), int((ends[1][-1] < ends[1][0]).sum())
            rows.append(_row(
                f"Q7 {name} rises during adversarial training", plan.name, "mean rise",
                float(np.mean(ends[1][-1] - ends[1][0])), "sign test", float(sign_test(up, down)), size,
                verdict(float(sign_test(up, down)), float(sign_test(down, up))), clean))  # fmt: skip
    return rows


def _beyond(results: Results) -> list[list[Any]]:
    """Truncation, depth, and how feature sizes scale: what was asked beyond the paper."""
    rows = []
    for plan, splits in results.truncated:
        cubes = np.array([[row[3] for row in split if row[0] == "first k features"] for split in splits])
        ranks = [row[1] for row in splits[0] if row[0] == "first k features"]
        if DIP not in ranks:
            continue
        rise = cubes[:, -1] - cubes[:, ranks.index(DIP)]
        fall, above = int((rise < 0).sum()), int((rise > 0).sum())
        rows.append(_row(
            "C1 keeping fewer features makes the predictor more robust", plan.name,
            f"robust accuracy of the first {DIP} features less that of all", float(-rise.mean()),
            "sign test over splits", float(sign_test(fall, above)), _splits(splits),
            verdict(float(sign_test(fall, above)), float(sign_test(above, fall)))))  # fmt: skip
    for plan, splits in results.deep:
        robust = np.array([[row[2] for row in split] for split in splits])
        gain = robust[:, -1] - robust[:, 0]
        p = float(sign_test(int((gain > 0).sum()), int((gain < 0).sum())))
        rows.append(_row("C5 deeper kernels are more robust", f"{plan.task}, n = {plan.train}",
                         "robust accuracy at three hidden layers less one", float(gain.mean()), "sign test over splits",
                         p, _splits(splits), verdict(p)))  # fmt: skip
    for plan, entry in results.spectra:
        rows.append(_row("C7 off the training points |f_i|/|f_i|_H ~ lam^(1/2)", plan.name,
                         "slope of log rms against log eigenvalue (1/2 on training points)", entry["slope"],
                         "within 0.05 of 1/2", NONE, f"{entry['test']} points",
                         "reproduced" if abs(entry["slope"] - 0.5) < 0.05 else "contradicted"))  # fmt: skip
    for path, standard, adversarial in results.paths:
        ends = [np.array(entry["clean"]["columns"]["distance centred"])[-1] for entry in (standard, adversarial)]
        more, less = int((ends[1] > ends[0]).sum()), int((ends[1] < ends[0]).sum())
        p = min(1.0, 2 * float(sign_test(max(more, less), min(more, less))))
        clean = float(np.mean(standard["accuracy"])), float(np.mean(adversarial["accuracy"]))
        rows.append(_row(
            "C8 the centred distance tells adversarial from standard training", path.name,
            "mean difference of centred distances at the end", float(np.mean(ends[1] - ends[0])),
            "two-sided sign test", p, f"{path.seeds} pairs", "resolved" if p < LEVEL else "not resolved", clean,
        ))  # fmt: skip
    return rows
