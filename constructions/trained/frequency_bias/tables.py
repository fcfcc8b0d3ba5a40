"""Tables of the frequency experiment: numbers with standard errors, paired comparisons, spectra, slacks.

Every sentence about what reproduces is computed from the runs; nothing here knows the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from constructions.trained.frequency_bias.models import Architecture

Json = dict[str, Any]
Results = dict[tuple[str, str, bool], Json]
"""(task, model, mirrored) -> what `measured` returned."""

LEVEL = 0.01
"""Two-sided level of a paired test below which a difference counts as resolved."""
ROUNDING = 1e-9
"""Differences of shares, and spreads of differences, up to this size are rounding of float32 training."""
FITTED = 0.25
"""Share of the way from chance to 1 that a net's clean accuracy must have come for the net to be compared."""


@dataclass(frozen=True)
class Comparison:
    """A published or derived claim: on `task`, the HF share of `higher` exceeds that of `lower`.

    `lower` may be "mirrored": then the claim is that the architecture prefers high frequencies by itself.
    """

    claim: str
    task: str
    higher: str
    lower: str


def summary(values: list[float]) -> tuple[float, float, float]:
    """(mean, standard deviation, standard error) of one number per net."""
    array = np.array(values)
    spread = float(array.std(ddof=1)) if len(array) > 1 else float("nan")
    return float(array.mean()), spread, spread / np.sqrt(len(array))


def numbers_table(results: Results, data: dict[str, float], exact: set[str]) -> Json:
    """One row per model and task, its mirrored run beside it; models in `exact` need no second run."""
    rows = []
    for (task, name, mirror), found in results.items():
        if mirror:
            continue
        high, spread, error = summary(found["high gradient"])
        control = results.get((task, name, True))
        mirrored_high, mirrored_error = (high, error) if name in exact else (float("nan"), float("nan"))
        if control is not None:
            mirrored_high, _, mirrored_error = summary(control["high gradient"])
        low, top = (float(f([*found["accuracy l2"], *found["accuracy linf"]])) for f in (min, max))
        rows.append([
            task, name, len(found["accuracy"]), summary(found["accuracy"])[0], data[task], high, error, spread,
            summary(found["high l2"])[0], summary(found["high linf"])[0], summary(found["centroid gradient"])[0],
            mirrored_high, mirrored_error, summary(found["radius l2"])[0], summary(found["radius linf"])[0], low, top,
        ])  # fmt: skip
    columns = ["task", "model", "nets", "accuracy", "data_HF", "gradient_HF", "standard_error", "deviation", "l2_HF",
               "linf_HF", "centroid", "mirrored_HF", "mirrored_error", "radius_l2", "radius_linf", "attacked_least",
               "attacked_most"]  # fmt: skip
    return {
        "name": "frequency_numbers", "title": "High-frequency share of gradients and perturbations, by model and task",
        "columns": columns, "units": {c: "" if c in ("task", "model") else "1" for c in columns}, "rows": rows,
        "note": (
            "Each net has its own seed and data; HF is the share of energy above a quarter of the side, per sample "
            "scaled to unit energy. mirrored_HF: the net is trained on data times (-1)^n from mirrored weights and "
            "read back; for fully connected, linear, locally connected and attention nets both runs agree bit by bit, "
            "so the number is repeated. Radii are those at which about half of the points are still right; "
            "attacked_least and attacked_most bound the attacked accuracies over nets and norms."
        ),
    }  # fmt: skip


def usable(found: Json, chance: float) -> np.ndarray:
    """Which nets learned their task."""
    return np.array(found["accuracy"]) >= chance + FITTED * (1 - chance)


def verdicts_table(results: Results, comparisons: list[Comparison], chances: dict[str, float]) -> Json:
    """Paired tests over nets that share their seed and data: what reproduces, what does not, what is not resolved."""
    rows = []
    for item in comparisons:
        control = item.lower == "mirrored"
        first = results.get((item.task, item.higher, False))
        second = results.get((item.task, item.higher if control else item.lower, control))
        if first is None or second is None:
            continue
        pairs = min(len(first["accuracy"]), len(second["accuracy"]))
        learned = [usable(found, chances[item.task])[:pairs] for found in (first, second)]
        shares = [np.array(found["high gradient"][:pairs]) for found in (first, second)]
        difference = (shares[0] - shares[1])[learned[0] & learned[1]]
        rows.append([item.claim, item.task, item.higher, item.lower, *tested(difference)])
    columns = ["claim", "task", "higher", "lower", "pairs", "difference", "standard_error", "p_t", "p_wilcoxon",
               "finding"]  # fmt: skip
    texts = {"claim", "task", "higher", "lower", "finding"}
    return {
        "name": "frequency_findings", "title": "What reproduces: paired differences of high-frequency shares",
        "columns": columns, "units": {c: "" if c in texts else "1" for c in columns}, "rows": rows,
        "note": (
            f"Reproduced or contradicted: both two-sided p values (paired t, Wilcoxon) below {LEVEL:g}; else not "
            "resolved, with the number of pairs used. Nets that did not learn are left out of both sides. Locality "
            "alone cannot prefer high frequencies: mirroring the data is an isometry of all linear convolutional nets, "
            "and it turns every low-frequency preference into a high-frequency one."
        ),
    }  # fmt: skip


def tested(difference: np.ndarray) -> list[Any]:
    """[pairs, mean, standard error, p of the paired t test, p of Wilcoxon's signed ranks, finding]."""
    count = len(difference)
    if count < 2:
        return [count, float("nan"), float("nan"), float("nan"), float("nan"), "too few nets learned the task"]
    mean, spread, error = summary(difference.tolist())
    if not spread > ROUNDING:
        exact = "no difference" if abs(mean) <= ROUNDING else "equal differences, no test"
        return [count, mean, error, float("nan"), float("nan"), exact]
    student, ranks = float(stats.ttest_1samp(difference, 0.0).pvalue), float(stats.wilcoxon(difference).pvalue)
    resolved = student < LEVEL and ranks < LEVEL
    finding = ("reproduced" if mean > 0 else "contradicted") if resolved else "not resolved"
    return [count, mean, error, student, ranks, finding]


def spectra_table(results: Results, task: str, kind: str, names: list[str], data: list[float]) -> Json:
    """Mean energy per frequency by model, with two standard errors over nets."""
    rows: list[list[Any]] = [["data", d, share, share, share] for d, share in enumerate(data)]
    for name in names:
        found = results.get((task, name, False))
        if found is None:
            continue
        profiles = np.array(found[f"profile {kind}"])
        mean = profiles.mean(0)
        error = profiles.std(0, ddof=1) / np.sqrt(len(profiles)) if len(profiles) > 1 else 0 * mean
        rows += [[name, d, m, max(m - 2 * e, 0.0), m + 2 * e] for d, (m, e) in enumerate(zip(mean, error, strict=True))]
    what = {"gradient": "input gradients", "l2": "l2 perturbations", "linf": "l_inf perturbations"}[kind]
    return {
        "name": f"frequency_spectra_{kind}_{slug(task)}", "title": f"Spectra of {what} by architecture, {task}",
        "columns": ["model", "frequency", "energy", "low", "high"],
        "units": {"model": "", "frequency": "1/side", "energy": "share", "low": "share", "high": "share"},
        "rows": rows, "x": "frequency", "y": "energy", "series": "model", "low": "low", "high": "high", "log": "y",
        "note": "Bands: two standard errors over nets. Energy at +d and -d (in rings, in two dimensions) is added.",
    }  # fmt: skip


def slug(task: str) -> str:
    """A task's name as part of a file name."""
    return "".join(letter if letter.isalnum() else "_" for letter in task)


def kernel_table(results: Results, models: dict[str, Architecture]) -> Json:
    """HF share against kernel size, ReLU convolution of depth two, one series per task and for its mirror image."""
    rows = []
    for (task, name, mirror), found in results.items():
        model = models[name]
        if model.kind != "conv" or model.depth != 2:
            continue
        mean, _, error = summary(found["high gradient"])
        rows.append([task + (", mirrored" if mirror else ""), model.taps, mean, mean - 2 * error, mean + 2 * error])
    return {
        "name": "frequency_kernel", "title": "High-frequency share of gradients against kernel size",
        "columns": ["task", "kernel", "gradient_HF", "low", "high"],
        "units": {"task": "", "kernel": "taps", "gradient_HF": "share", "low": "share", "high": "share"}, "rows": rows,
        "x": "kernel", "y": "gradient_HF", "series": "task", "low": "low", "high": "high", "log": "x",
        "note": "ReLU convolution and a dense readout. Mirrored nets are read back. Bands: two standard errors.",
    }  # fmt: skip


def slack_table(results: Results, models: dict[str, Architecture]) -> list[Json]:
    """The gain inequality and the reach bound layer by layer: both are inequalities that every net must obey."""
    gains, reach = [], []
    for (task, name, mirror), found in results.items():
        model = models[name]
        for row in [] if mirror else found.get("layers", []):
            if model.kind == "conv":  # linear nets with one filter use all of it
                series = f"layer {row['layer']} of {model.depth - 1}, {task}"
                gains.append([series, model.taps, row["gain mean"], row["gain most"]])
            if "reach" in row:
                slack = row["bound"] - row["unit"]
                reach.append([task, name, row["layer"], row["reach"], row["unit"], row["bound"], slack])
    return [
        {
            "name": "frequency_gain", "title": "Gain inequality sum_d |g_d|^2/q_d <= |h|^2, per layer: used share",
            "columns": ["layer", "kernel", "mean", "most"],
            "units": {"layer": "", "kernel": "taps", "mean": "share", "most": "share"}, "rows": gains,
            "x": "kernel", "y": "mean", "series": "layer", "low": "mean", "high": "most", "kind": "points", "log": "x",
            "note": "One is the bound. Mean, and band up to the largest, over nets and 32 test points each. Layers "
                    "with as many input as output channels use all of it.",
        },
        {
            "name": "frequency_reach", "title": "Low-band energy of hidden units' gradients against the reach bound",
            "columns": ["task", "model", "layer", "reach", "largest", "bound", "slack"],
            "units": {"task": "", "model": "", "layer": "1", "reach": "taps", "largest": "share", "bound": "share",
                      "slack": "share"}, "rows": reach, "x": "reach", "y": ["largest", "bound"], "kind": "points",
            "note": "Band |d| <= 2. The bound lambda(N, K_eff, 5) holds for every unit of every net of that reach.",
        },
    ]  # fmt: skip


def limit_table(rows: list[list[Any]], units: list[str], note: str) -> list[Json]:
    """Means over data sets for the figure, and every run."""
    columns = ["net", "data_set", "steps", "ratio", "cosine", "drift", "gap"]
    groups: dict[tuple[str, int], list[list[Any]]] = {}
    for row in rows:
        groups.setdefault((row[0], row[2]), []).append(row)
    means = [[net, steps, *(float(np.mean([row[i] for row in found])) for i in (3, 4))]
             for (net, steps), found in groups.items()]  # fmt: skip
    return [
        {"name": "frequency_limit", "title": "Linear nets of depth two towards the max margin of the induced norm",
         "columns": ["net", "steps", "ratio", "cosine"], "units": ["", "1", "1", "1"], "rows": means, "x": "steps",
         "y": "ratio", "series": "net", "log": "x", "note": f"Means over data sets. {note}"},
        {"name": "frequency_limit_runs", "title": "The same, every run", "columns": columns, "units": units,
         "rows": rows, "note": note},
    ]  # fmt: skip
