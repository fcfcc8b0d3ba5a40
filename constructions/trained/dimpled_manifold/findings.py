"""What reproduces: each claim of the paper and each law behind it, with effect size, seeds and a test.

Thresholds were fixed before the runs. Every finding is computed from the runs; nothing here knows the answer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from constructions.dimpled_manifold.runs import EVENTS, clinging, growth, log_slope, rate
from constructions.trained.dimpled_manifold import panels
from constructions.trained.dimpled_manifold.adversarial import CLEAN, CUBE, FREE, NORMAL
from constructions.trained.dimpled_manifold.plans import STANDARD, Plan

Json = dict[str, Any]
Row = list[Any]

LEVEL = 0.01
"""Level of a one-sided test below which a claim counts as reproduced, or as contradicted."""

TYPICAL = 0.8
"""Share of the seeds in which an effect is claimed."""

COLUMNS = ["claim", "measured", "seeds", "met", "effect", "low", "high", "test", "p", "finding"]


def tables(found: Json, chosen: Plan) -> list[Json]:
    """The table of findings from the units that were done."""
    makers = ((_phases, "phases"), (_codimension, "codimension"), (_deepened, "adversarial training"),
              (_mislabelled, "mislabelled"), (_late, "late"), (_bits, "invariance"), (_pairs, "universality"),
              (_identity, "identity"))  # fmt: skip
    joined = found | {"phases": joined_phases(found, STANDARD)}
    with np.errstate(divide="ignore", invalid="ignore"):  # radii may be 0 or infinite; what is undefined is NaN
        rows = [row for make, unit in makers if joined.get(unit) for row in make(joined[unit], chosen)]
    texts = {"claim", "measured", "test", "finding"}
    return [{
        "name": "dimpled_findings", "title": "What reproduces, with effect sizes, seeds and tests", "columns": COLUMNS,
        "units": {column: "" if column in texts else "1" for column in COLUMNS}, "rows": rows,
        "note": f"One-sided tests at level {LEVEL:g}, thresholds fixed before the runs. met: seeds in which the event "
                "occurred, where the claim is about seeds; effect: the median over seeds, with quartiles. Radii are "
                "those that the attack finds.",
    }] if rows else []  # fmt: skip


def joined_phases(found: Json, name: str) -> Json | None:
    """The units of one kind of training as one, seeds behind each other; None where there is none."""
    parts = [unit for key, unit in found.items() if key.startswith(f"phases: {name}, ")]
    if not parts:
        return None
    return {key: parts[0][key] if key == "steps" else [row for part in parts for row in part[key]] for key in parts[0]}


def spread(values: Any) -> tuple[float, float, float]:
    """Median, first and third quartile, without what is undefined."""
    values = np.asarray(values, dtype=np.float64)
    if np.isnan(values).all():
        return math.nan, math.nan, math.nan
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    return float(middle), float(low), float(high)


def typical(claim: str, measured: str, met: Any, effect: Any, level: float = TYPICAL) -> Row:
    """A claim that an event occurs in more than a share `level` of the seeds, by the exact binomial test."""
    count, seeds = int(np.sum(met)), len(met)
    above = float(stats.binomtest(count, seeds, level, alternative="greater").pvalue)
    below = float(stats.binomtest(count, seeds, level, alternative="less").pvalue)
    finding = "reproduced" if above < LEVEL else "not reproduced" if below < LEVEL else "not resolved"
    return [claim, measured, seeds, count, *spread(effect), f"binomial against {level:g}", min(above, below), finding]


def paired(claim: str, measured: str, differences: Any, effect: Any) -> Row:
    """A claim that paired differences are positive, by Wilcoxon's signed ranks."""
    differences = np.asarray(differences)
    above, below = (float(stats.wilcoxon(differences, alternative=side).pvalue) for side in ("greater", "less"))
    finding = "reproduced" if above < LEVEL else "contradicted" if below < LEVEL else "not resolved"
    count = int((differences > 0).sum())
    return [claim, measured, len(differences), count, *spread(effect), "Wilcoxon", min(above, below), finding]


def _phases(unit: Json, chosen: Plan) -> list[Row]:
    task, _ = chosen.phases[STANDARD]
    panel = panels.phases_panel(task, unit)
    early, rise, share = clinging(panel), growth(panel), task.codimension / task.d
    energy = np.array(unit["energy"])
    first, last = energy[:, 0] / share, energy[:, -1] / share
    offset = np.array(unit["offset"])[:, 0] > 1
    agree = (early < 0.5) == offset
    test = stats.ttest_1samp(energy[:, -1], share)
    away = "not reproduced" if test.pvalue < LEVEL and last.mean() < 1 else "not resolved"
    return [
        typical("the boundary first comes close", "least median r_off before accuracy 0.9, over that at the start",
                EVENTS["clings"][2](panel), early),
        typical("then it moves away", "Spearman of median depth and time after the least", EVENTS["dimples"][2](panel),
                rise),
        typical("it comes close where the mean output at the start exceeds its spread (our variant)",
                "ratio as above; met: the two agree", agree, early),
        ["least perturbations look like noise, at the start", "normal share of energy over l/d", len(first),
         None, *spread(first), "t against l/d", float(stats.ttest_1samp(energy[:, 0], share).pvalue),
         "reproduced" if 0.9 <= np.median(first) <= 1.1 else "not reproduced"],
        ["least perturbations look like noise, after training", "normal share of energy over l/d", len(last), None,
         *spread(last), "t against l/d", float(test.pvalue), away],
    ]  # fmt: skip


def _codimension(unit: Json, chosen: Plan) -> list[Row]:
    panel = panels.codimension_panel(unit)
    last, first = panel.codimension[-1], panel.codimension[0]
    wide = panel.codimension >= panel.codimension[len(panel.codimension) // 3]
    ratios = log_slope(panel.codimension[wide] + unit["p"], panel.ratio[:, wide])
    mean, error = float(ratios.mean()), float(stats.sem(ratios))
    on = np.array(unit["on"])
    test = stats.ttest_1samp(ratios, 0.0, alternative="less")
    half = abs(mean + 0.5) + 2 * error <= 0.1
    return [
        paired("off-manifold radii are smaller than those on it, classes far apart",
               f"r_off / r_on at l = {last}", 1 - panel.ratio[:, -1], panel.ratio[:, -1]),
        paired("... but not at low codimension", f"r_off / r_on at l = {first}", panel.ratio[:, 0] - 1,
               panel.ratio[:, 0]),
        ["the ratio falls with the dimension", "slope of log r_off/r_on against log d, large l", len(ratios),
         int((ratios < 0).sum()), *spread(ratios), "t against 0", float(test.pvalue),
         "reproduced" if test.pvalue < LEVEL else "not resolved"],
        ["... like d^-1/2, within 0.1", "the same slope, mean -+ 2 standard errors", len(ratios), None, mean,
         mean - 2 * error, mean + 2 * error, "interval", None, "reproduced" if half else "not resolved"],
        typical("1/full^2 = 1/on^2 + 1/off^2 within 5 %", "largest median relative error over codimensions",
                EVENTS["harmonic"][2](panel), panel.harmonic.max(axis=1)),
        ["radii on the manifold do not depend on l", "slope of log r_on/|x| against log l", len(on), None,
         *spread(log_slope(panel.codimension, on)), "none", None, "measured"],
    ]  # fmt: skip


def _deepened(unit: Json, chosen: Plan) -> list[Row]:
    rows = []
    for name in (FREE, NORMAL, CUBE):
        if name not in unit:
            continue
        panel = panels.deepened_panel(unit, name)
        moved = np.abs(panel.on / panel.clean_on - 1)
        kind = {FREE: "free l2", NORMAL: "l2, normal to P", CUBE: "l_inf"}[name]
        rows += [
            paired(f"adversarial training ({kind}) deepens the dimples", "r_off after over before",
                   panel.off - panel.clean_off, panel.off / panel.clean_off),
            typical(f"... by a factor of two, r_on within 10 % ({kind})", "|r_on after / before - 1|",
                    EVENTS["doubles"][2](panel), moved),
            [f"... while |G|_F hardly changes and the aligned part falls ({kind})", "|G^T c| after over before",
             panel.seeds, None, *spread(unit[name]["aligned"]), "none", None,
             f"|G|_F ratio {np.median(unit[name]['normal']):.4f}"],
        ]  # fmt: skip
    return rows


def _mislabelled(unit: Json, chosen: Plan) -> list[Row]:
    where = {"on": "moved on the manifold", "full": "moved freely", "off": "moved off the manifold alone"}
    rows = []
    for kind, text in where.items():
        for key in (key for key in unit if key.startswith(f"{kind} ")):
            accuracy = np.array(unit[key]["test"])
            rows.append(typical(f"wrong labels teach the right ones, {text} by {key.split()[1]}",
                                "test accuracy of the student", accuracy > 0.5, accuracy, 0.5))  # fmt: skip
            if kind == "off":
                rows.append(typical(f"... they teach the opposite, {text} by {key.split()[1]}",
                                    "(1 - test accuracy of the student) - test accuracy of the teacher", accuracy < 0.5,
                                    1 - accuracy - np.array(unit[CLEAN]["test"]), 0.5))  # fmt: skip
    return rows


def _late(unit: Json, chosen: Plan) -> list[Row]:
    panel = panels.late_panel(unit)
    slopes = rate(panel.steps, panel.output)
    test = stats.ttest_1samp(slopes, 0.0, alternative="greater")
    broken = int(np.sum(unit["violations"]))
    return [
        ["outputs grow with the logarithm of time", "slope of median |N| against log t", len(slopes),
         int((slopes > 0).sum()), *spread(slopes), "t against 0", float(test.pvalue),
         "reproduced" if test.pvalue < LEVEL else "not resolved"],
        typical("so depth grows without a sign of ending", "median r_off at the last step over that at the first",
                np.array(panel.off)[:, -1] > np.array(panel.off)[:, 0], panel.off[:, -1] / panel.off[:, 0]),
        ["r_off is at least |N| / (|u| |G|)", "violations over all points, steps and seeds", len(slopes), broken,
         float(np.median(np.array(unit["off"]) / np.array(unit["bound"]))), None, None, "none", None,
         "no violation" if broken == 0 else "VIOLATED"],
    ]  # fmt: skip


def _bits(unit: Json, chosen: Plan) -> list[Row]:
    plain = [row for row in unit["rows"] if row[1] == "aligned" and row[5] is not None]
    free, decayed = ([row for row in plain if ("decay" in row[0]) == kind] for kind in (False, True))
    blind = sum(bool(row[5]) for row in plain)
    adam = [row for row in unit["rows"] if row[0] == "adam" and row[1] == "rotated"]
    return [
        ["training on P leaves the normal block as it was", "largest relative change, P axis-aligned", len(free), None,
         max(row[3] for row in free), None, None, "equality of bits", None,
         "exact" if all(row[3] == 0 for row in free) else "VIOLATED"],
        ["decay multiplies it by a known factor", "largest relative distance from that factor", len(decayed), None,
         max(row[4] for row in decayed), None, None, "up to 1e-12", None,
         "holds" if all(row[4] <= 1e-12 for row in decayed) else "VIOLATED"],
        ["training on P does not see the normal block", "runs that agree on P with one from -10 G(0)", len(plain),
         blind, None, None, None, "equality of bits", None, "exact" if blind == len(plain) else "VIOLATED"],
        ["Adam does change it where P is rotated (control)", "relative change", len(adam), None,
         max(row[3] for row in adam), None, None, "above 1e-2", None,
         "as expected" if all(row[3] > 1e-2 for row in adam) else "NOT SEEN"],
    ]  # fmt: skip


def _pairs(unit: Json, chosen: Plan) -> list[Row]:
    rows = []
    for time, codimension, mean, predicted, most, unit_size, flipped in unit["rows"]:
        rows.append([f"normal gradients of pairs align as their gates do ({time}, l = {int(codimension)})",
                     f"mean cosine; predicted {predicted:.4f}; largest deviation {most:.3f} = {most / unit_size:.1f} "
                     "/ sqrt(l)", None, None, mean, None, None, "none", None, "measured"])  # fmt: skip
        rows.append([f"one direction flips nearly all points ({time}, l = {int(codimension)})",
                     "share flipped at 1.3 times their own linear distance", None, None, flipped, None, None,
                     "at least 0.8", None, "reproduced" if flipped >= 0.8 else "not reproduced"])  # fmt: skip
    return rows


def _identity(unit: Json, chosen: Plan) -> list[Row]:
    left, right = np.array(unit["left"]), np.array(unit["right"])
    task, _, _ = chosen.identity
    error = np.abs(left - right) / np.maximum(np.abs(right), np.finfo(float).tiny)
    change, second = np.array(unit["change"]), np.array(unit["second"])
    unsettled = np.array(unit["kinks"]) / task.count
    return [
        ["d/dt |G|^2/2 = -mean |loss'| mu |Pi z|^2 at stationary attacks", "largest relative difference over all steps",
         len(left), None, float(error[right != 0].max()), None, None, "up to 1e-10", None,
         "holds" if (np.abs(left - right) <= 1e-10 * np.abs(right)).all() else "VIOLATED"],
        ["share of attacks on a kink or in a cycle, left out there", "per step", len(left), None, *spread(unsettled),
         "none", None, "measured"],
        ["|G|_F falls in every step, with those left out", "steps in which it rises beyond the second-order term",
         change.size, int((change > second).sum()), float(np.median(change)), None, None, "none", None,
         "holds" if (change <= second).all() else "VIOLATED"],
    ]  # fmt: skip
