"""Tables and figures of the kernel side: spectra of features, truncation, depth, eigenspaces, pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from constructions.ntk_features.run_statistics import overlap
from constructions.ntk_features.spectrum import PROJECTED, RADIUS, RADIUS_L2
from constructions.trained.ntk_features.results import Json, Results

NONE = float("nan")
LEAST_P = 1e-300
"""Smaller p values are shown as this, because a float would call them zero."""
OVERLAP_RANKS = (2, 5, 10, 20, 50)


def table(name: str, title: str, units: dict[str, str], rows: list[list[Any]], note: str, **figure: Any) -> Json:
    """A measurement table in the form of `reports.training.measurement`; floats to six digits."""
    short = [[float(f"{entry:.6g}") if isinstance(entry, float) else entry for entry in row] for row in rows]
    return {"name": f"ntk_{name}", "title": title, "columns": list(units), "units": units, "rows": short,
            "note": note} | figure  # fmt: skip


def tables_of(results: Results) -> list[Json]:
    """All tables of the kernel side."""
    return [*_pictures(results), *_features(results), _predictors(results), *_truncation(results), _depths(results),
            _overlaps(results)]  # fmt: skip


def _features(results: Results) -> list[Json]:
    units = {"rank": "1", "what": "", "share": "probability"}
    made = []
    for number, (plan, entry) in enumerate(results.spectra):
        rows = []
        for index, rank in enumerate(entry["ranks"]):
            rows += [[rank, "right on clean points", float(np.mean(entry["right"][index]))],
                     [rank, "right under attack", float(np.mean(entry["robust"][index]))],
                     [rank, "majority label", entry["majority"]]]  # fmt: skip
        clipped = " and clipped to [0, 1]" if plan.clip else ""
        made.append(table(
            f"features_{number}", f"Useful and robust: features by rank, {plan.name}", units, rows,
            f"{entry['test']} test points, one split. Each feature is attacked by itself, in one step of l_inf radius "
            f"{entry['radius']:.3g}{clipped}. A feature of constant sign, as the first mostly is, is right and robust "
            "for no reason. Few single features beyond the first ones are right more often than the majority label: "
            "see the findings for the test.",
            x="rank", y="share", series="what", log="x"))  # fmt: skip
    units = {"task": "", "rank": "1", "eigenvalue": "1", "energy": "share", "right": "probability",
             "robust": "probability", "rms_radius": "kernel distance"}  # fmt: skip
    rows = [
        [plan.name + (", random labels" if entry["shuffled"] else ""), rank, entry["eigenvalues"][i],
         entry["shares"][i], float(np.mean(entry["right"][i])), float(np.mean(entry["robust"][i])),
         float(np.sqrt(entry["eigenvalues"][i] / entry["train"]))]
        for plan, entry in [*results.spectra, *results.shuffled] for i, rank in enumerate(entry["ranks"])
    ]  # fmt: skip
    made.append(table(
        "feature_list", "Every feature that was looked at", units, rows,
        "energy: (v_i.y)^2/|y|^2. rms_radius: sqrt(lam_i/n), the root mean square over training points of the kernel "
        "distance within which the sign of the feature provably stays; it knows nothing of the labels."))  # fmt: skip
    return made


def _predictors(results: Results) -> Json:
    units = {"task": "", "majority": "share", "clean": "share", "one_step": "share",
             "projected": "share", "projected_in_box": "share", "radius": "pixel range",
             "linear_radius": "pixel range", "norm": "1", "condition": "1", "slope": "1"}  # fmt: skip
    rows = [
        [plan.name + (", random labels" if entry["shuffled"] else ""), entry["majority"], entry["clean"],
         entry["one step"], entry["projected"], entry["projected in the box"], entry["radius"],
         entry["linear radius"], entry["norm"], entry["condition"], entry["slope"]]
        for plan, entry in [*results.spectra, *results.shuffled]
    ]  # fmt: skip
    return table(
        "predictors", "The interpolants: accuracy, attacks, norm", units, rows,
        f"projected: {PROJECTED} steps of projected gradient; that it does hardly better than one step says that "
        "nothing is masked. linear_radius: median |f|/|grad f|_1. slope: of log rms of f_i/|f_i|_H at test points "
        "against log eigenvalue; on training points it is exactly 1/2.")  # fmt: skip


def _truncation(results: Results) -> list[Json]:
    made = []
    for number, (plan, splits) in enumerate(results.truncated):
        for kind, axis, words in (("first k features", "k", "the first k features"), ("ridge", "ridge", "ridge")):
            rows = []
            units = {"what": "", axis: "1", "accuracy": "share", "lowest": "share", "highest": "share"}
            chosen = [[row for row in split if row[0] == kind] for split in splits]
            for position, what in ((2, "clean"), (3, "l_inf"), (4, "l2"), (5, "l_inf within [0, 1]")):
                for at in zip(*chosen, strict=True):
                    values = [row[position] for row in at]
                    rows.append([what, at[0][1], float(np.mean(values)), min(values), max(values)])
            made.append(table(
                f"{'truncation' if axis == 'k' else 'ridge'}_{number}",
                f"Accuracy and robustness by {words}, {plan.name}", units, rows,
                f"Means over {len(splits)} {'split' if len(splits) == 1 else 'splits'}, bands from the lowest to the "
                f"highest. Attacks: {PROJECTED} steps of projected gradient, radius {RADIUS:g} in l_inf, "
                f"{RADIUS_L2:g} in l2. Robustness need not be monotone in k: dropping non-robust features does not "
                "make a predictor robust.",
                x=axis, y="accuracy", series="what", low="lowest", high="highest", log="x"))  # fmt: skip
    units = {"task": "", "filter": "", "amount": "1", "clean": "share", "l_inf": "share", "l2": "share",
             "l_inf_in_box": "share", "norm": "1", "splits": "1"}  # fmt: skip
    rows = [
        [plan.name, *at[0][:2], *(float(np.mean([row[i] for row in at])) for i in range(2, 7)), len(splits)]
        for plan, splits in results.truncated for at in zip(*splits, strict=True)
    ]  # fmt: skip
    made.append(table("filters", "The same in numbers, with norms", units, rows,
                      "Means over splits. norm: |f|_H, which grows with k while robustness falls and rises again."))
    return made


def _depths(results: Results) -> Json:
    units = {"task": "", "hidden_layers": "1", "robust": "share", "lowest": "share", "highest": "share",
             "clean": "share"}  # fmt: skip
    rows = []
    for plan, splits in results.deep:
        for at in zip(*splits, strict=True):
            robust = [row[2] for row in at]
            rows.append([f"{plan.task}, n = {plan.train}", at[0][0], float(np.mean(robust)), min(robust), max(robust),
                         float(np.mean([row[1] for row in at]))])  # fmt: skip
    return table(
        "depth", "Robust accuracy of the interpolant by the depth of its kernel", units, rows,
        f"NTK, {PROJECTED // 2} steps of projected gradient at l_inf radius {RADIUS:g}; bands over splits.",
        x="hidden_layers", y="robust", series="task", low="lowest", high="highest", log="x")  # fmt: skip


def _overlaps(results: Results) -> Json:
    units = {"pair": "", "k": "eigenvectors", "overlap": "1", "task": "", "chance": "1"}
    rows = []
    for plan, entry in results.spaces:
        first, *others = entry
        for other in others:
            one, two = np.array(entry[first]), np.array(entry[other])
            for k in OVERLAP_RANKS:
                rows.append([f"{other}, {plan.task}", k, overlap(one[:, :k], two[:, :k]), plan.name, k / len(one)])
    return table(
        "overlap", "Eigenspaces of other kernels against those of the NTK with one hidden layer", units, rows,
        "(1/k) |V_k^T V'_k|_F^2 on the training points; chance is k/n.",
        x="k", y="overlap", series="pair", log="x")  # fmt: skip


def _pictures(results: Results) -> list[Json]:
    if results.pictures is None:
        return []
    found = results.pictures
    side = int(np.sqrt(len(found["digits"][0])))
    names = [f"p{column}" for column in range(side)]
    grid = [("the digit", found["digits"], [NONE] * len(found["digits"]))]
    grid += [(f"feature {rank}, lam = {value:.3g}", images, radii) for rank, value, images, radii in zip(
        found["ranks"], found["eigenvalues"], found["images"], found["radii"], strict=True)]  # fmt: skip
    rows = [
        [f"{words[0]} {number}", name, radius, *line]
        for name, images, radii in grid
        for number, (words, image, radius) in enumerate(zip(found["labels"], images, radii, strict=True))
        for line in np.array(image).reshape(side, side).tolist()
    ]
    units = {"digit": "", "feature": "", "radius": "pixel range"} | dict.fromkeys(names, "1")
    return [table(
        "pictures", "What turns a feature: gradients of robust and of non-robust features at test digits", units, rows,
        "3 v 8, one hidden layer. First row: test digits, grey levels less one half. Below, by rank of the eigenvalue: "
        "the direction in pixels along which the feature loses its sign at that digit, and the l_inf radius at which "
        "its linearisation does. Every picture has its own scale. Low ranks show strokes and need large radii; high "
        "ranks show patterns of no shape and turn at radii that nobody sees.",
        kind="pictures", x="digit", y="feature", value="radius", pixels=names)]  # fmt: skip
