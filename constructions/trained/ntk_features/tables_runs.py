"""Tables and figures of trained nets: transfer by width, the order of learning, kernels through training."""

from __future__ import annotations

from typing import Any

import numpy as np

from constructions.ntk_features.run_statistics import slope
from constructions.trained.ntk_features.evolution import REACHED, arrival
from constructions.trained.ntk_features.paths import ADVERSARIAL, MOVED, STANDARD, Paths
from constructions.trained.ntk_features.results import Json, Results
from constructions.trained.ntk_features.tables import LEAST_P, table
from constructions.trained.ntk_features.transfer import ENERGY


def tables_of(results: Results) -> list[Json]:
    """All tables of trained nets."""
    return [*_transfer(results), *_order(results), *_radii(results), *_kernels(results), _ends(results)]


def _spread(values: list[float]) -> list[float]:
    return [float(np.mean(values)), min(values), max(values)]


def _transfer(results: Results) -> list[Json]:
    curves: dict[str, list[list[Any]]] = {"rate": [], "cosine": [], "gap": []}
    units = {"task": "", "width": "units", "nets": "1", "clean": "share", "kernel_clean": "share",
             "kernel_attacked": "share", "rate": "probability", "by_kernel": "share", "by_own": "share",
             "random_signs": "share", "cosine": "1", "cosine_10%": "1", "gap": "1", "gap_attacked": "1",
             "mcnemar": "probability", "not_centred": "share"}  # fmt: skip
    rows: list[list[Any]] = []
    slopes: list[list[Any]] = []
    for plan, entries in results.transfers:
        for entry in entries:
            fooled, kernel = np.array(entry["fooled"]), np.array(entry["kernel_fooled"], dtype=bool)
            rates = [float(f[kernel].mean()) for f in fooled] if kernel.any() else [float("nan")]
            noise = [1 - float(np.mean(n)) for n in entry["noise"]]
            means = {key: float(np.mean(entry[key])) for key in ("clean", "black", "white", "cosine", "cosine low",
                                                                 "gap", "gap moved", "bare")}  # fmt: skip
            rows.append([
                plan.name, entry["width"], plan.seeds, means["clean"], entry["kernel_clean"], entry["kernel_attacked"],
                float(np.mean(rates)), means["black"], means["white"], float(np.mean(noise)), means["cosine"],
                means["cosine low"], means["gap"], means["gap moved"], max(*entry["mcnemar"], LEAST_P), means["bare"],
            ])  # fmt: skip
            for name, values in (("rate", rates), ("cosine", entry["cosine"]), ("gap", entry["gap moved"])):
                curves[name].append([plan.name, entry["width"], *_spread(values)])
        logs = np.log([entry["width"] for entry in entries])
        if len(entries) > 2:
            for name, column, flip in (("rms gap on clean points", "gap", False), ("1 - cosine", "cosine", True),
                                       ("rms gap on attacked points", "gap moved", False)):  # fmt: skip
                means_of = [float(np.mean(entry[column])) for entry in entries]
                values = np.log([1 - v if flip else v for v in means_of])
                slopes.append([plan.name, name, slope(logs, values), len(entries)])
    note = (
        "Nets of one hidden layer less their start, all parameters trained; the kernel predictor is stopped at the "
        "time of the nets. Mean over nets, band from the lowest to the highest; nets of one task share its points."
    )
    shown = (
        ("rate", "transfer", "Share of nets fooled where the kernel's own perturbation fools the kernel",
         "probability", "x"),
        ("cosine", "cosine", "Cosine of input gradients of nets and kernel, median over test points", "1", "x"),
        ("gap", "gap", "Root mean square difference of nets and kernel at attacked points", "1", "xy"),
    )  # fmt: skip
    made = [
        table(name, title, {"task": "", "width": "units", key: unit, "lowest": unit, "highest": unit}, curves[key],
              note, x="width", y=key, series="task", low="lowest", high="highest", log=list(log))
        for key, name, title, unit, log in shown
    ]  # fmt: skip
    made.append(table(
        "transfer_table", "Transfer of the kernel's one-step perturbation to nets", units, rows,
        f"{note} rate: nets fooled where the kernel is. by_kernel, by_own: accuracy of the nets under the kernel's "
        "perturbation and under their own. random_signs: the control of equal size. mcnemar: p value of kernel "
        "perturbation against random signs, the worst net. not_centred: accuracy of f without its start subtracted, "
        "to which the kernel is no limit."))  # fmt: skip
    made.append(table(
        "transfer_slopes", "How fast nets approach the kernel: slopes in log width",
        {"task": "", "what": "", "slope": "1", "widths": "1"}, slopes,
        "Asymptotically the gap should fall like m^(-1/2); gradients are conjectured to approach more slowly."))
    return made


def _order(results: Results) -> list[Json]:
    made = []
    for number, (plan, entries) in enumerate(results.early):
        rows: list[list[Any]] = []
        time = len(plan.times) // 2
        energies = np.array(entries[0]["energies"])
        followed = np.flatnonzero(np.sqrt(energies) > ENERGY)
        edges = np.unique(np.geomspace(1, followed[-1] + 1, 16).astype(int))
        for low, high in zip(edges, edges[1:], strict=False):
            own = followed[(followed + 1 >= low) & (followed + 1 < high)]
            if not len(own):
                continue
            rank = float(np.exp(np.mean(np.log(own + 1))))
            laws = np.abs(np.array(entries[0]["law"]))[time, own]
            rows.append(["the law of the kernel", rank, *_spread(laws.tolist())])
            for entry in entries:
                left = np.median(np.abs(np.array(entry["measured"]))[time][:, own], axis=0)
                rows.append([f"nets of width {entry['width']}", rank, float(np.median(left)),
                             *np.quantile(left, (0.25, 0.75)).tolist()])  # fmt: skip
        units = {"what": "", "rank": "1", "left": "share", "low": "share", "high": "share"}
        made.append(table(
            f"order_{number}", f"What is still to be learned of a feature after {plan.times[time]} steps, {plan.task}, "
            f"n = {plan.train}", units, rows,
            f"Plain gradient descent at rate 1/lam_1. |v_i.(y - f_t)|/|v_i.y| of features with |v_i.y| > {ENERGY:g} "
            f"|y|, in groups of neighbouring ranks: median and quartiles over features, {plan.seeds} nets.",
            x="rank", y="left", series="what", low="low", high="high", log="x"))  # fmt: skip
    return made


MEANS = ("distance raw", "distance centred", "radius", "angle", "moved", "concentration 10", "concentration 20",
         "distance top")  # fmt: skip
"""Columns of a followed kernel that are averaged over nets; truncated kernels are not followed on attacked images."""


def _series(plan: Paths, standard: Json, adversarial: Json) -> list[tuple[str, Json]]:
    return [(STANDARD, standard["clean"]), (ADVERSARIAL, adversarial["clean"]), (MOVED, adversarial["moved"])]


def _kernels(results: Results) -> list[Json]:
    """Paths of the kernels of every size: three distances, polar coordinates, trace shares."""
    made = []
    for number, (plan, standard, adversarial) in enumerate(results.paths):
        rows: list[list[Any]] = []
        for name, entry in _series(plan, standard, adversarial):
            columns = {key: np.array(value) for key, value in entry["columns"].items()}
            missing = np.full((len(entry["steps"]), 1), np.nan)
            for position, step in enumerate(entry["steps"]):
                trace = columns["trace share 10"][position]
                means = (float(columns.get(key, missing)[position].mean()) for key in MEANS)
                rows.append([name, step, *means, *_spread(trace.tolist()),
                             *_spread(columns["distance centred"][position].tolist())[1:]])  # fmt: skip
        units = {"training": "", "step": "steps", "distance": "1", "centred": "1", "polar_radius": "1",
                 "polar_angle": "radians", "moved": "1", "c_10": "1", "c_20": "1", "top_20": "1",
                 "trace_share": "share",
                 "trace_low": "share", "trace_high": "share", "centred_low": "1", "centred_high": "1"}  # fmt: skip
        accuracies = (f"clean accuracy {np.mean(standard['accuracy']):.3f} standard, "
                      f"{np.mean(adversarial['accuracy']):.3f} adversarial")
        note = (
            f"{plan.seeds} pairs of nets from the same starts; {accuracies}. distance: 1 - <K_t, K_0>/(|K_t| |K_0|), "
            "centred with H K H, top_20 of the kernels cut to 20 eigenpairs; moved: distance to the record before. "
            "The raw distance stays small because all kernels share a nearly constant first eigenvector."
        )
        shared = {"x": "step", "series": "training"}
        made += [
            table(f"kernel_centred_{number}", f"Centred distance of the kernel to its start, {plan.name}", units, rows,
                  note, y="centred", low="centred_low", high="centred_high", **shared),
            table(f"kernel_trace_{number}", f"Share of the ten largest eigenvalues in the trace, {plan.name}",
                  {key: units[key] for key in ("training", "step", "trace_share", "trace_low", "trace_high")},
                  [[row[0], row[1], *row[10:13]] for row in rows], note, y="trace_share", low="trace_low",
                  high="trace_high", **shared),
        ]  # fmt: skip
        if number == 0:
            made.append(table(
                f"kernel_polar_{number}", f"Kernels through training in polar coordinates, {plan.name}",
                {"training": "", "polar_angle": "radians", "polar_radius": "1"}, [[r[0], r[5], r[4]] for r in rows],
                f"Angle between K_t and K_0, radius |K_t - K_0| over its last value; means. {note}",
                x="polar_angle", y="polar_radius", series="training", kind="points"))  # fmt: skip
    return made


def _radii(results: Results) -> list[Json]:
    """Arrival and trace share at the end by the radius of adversarial training, for the size with most radii."""
    sizes: dict[tuple[int, int, int], list[tuple[Paths, Json, Json]]] = {}
    for found in results.paths:
        sizes.setdefault((found[0].width, found[0].depth, found[0].steps), []).append(found)
    chosen = max(sizes.values(), key=len, default=[])
    rows: dict[str, list[list[Any]]] = {"arrival": [], "trace": []}
    for plan, standard, adversarial in chosen:
        clean = float(np.mean(adversarial["accuracy"]))
        for name, entry in _series(plan, standard, adversarial)[:2]:
            columns = {key: np.array(value) for key, value in entry["columns"].items()}
            steps = arrival(entry["steps"], columns["distance centred"])
            share = columns["trace share 10"][-1]
            for kind, values in (("arrival", steps), ("trace", share)):
                rows[kind].append([name, plan.radius, *np.quantile(values, (0.5, 0.25, 0.75)).tolist(), clean])
    if len(chosen) < 3:
        return []
    made = []
    for kind, title, unit in (("arrival", "When the kernel arrives at 4/5 of its centred way, by radius", "steps"),
                              ("trace", "Top-10 share of the trace at the end, by radius", "share")):
        units = {"training": "", "radius": "pixel range", kind: unit, "low": unit, "high": unit, "clean": "share"}
        made.append(table(
            f"radius_{kind}", f"{title}, {chosen[0][0].name.rpartition(',')[0]}", units, rows[kind],
            f"Median and quartiles over {chosen[0][0].seeds} pairs. clean: mean accuracy of adversarial training on "
            "clean test points; where it falls, training does not fit and nothing follows about lazy kernels.",
            x="radius", y=kind, series="training", low="low", high="high"))  # fmt: skip
    return made


def _ends(results: Results) -> Json:
    """Where all of it ends, by size and radius."""
    units = {"size": "", "radius": "pixel range", "training": "", "pairs": "1", "train": "share",
             "clean": "share", "robust": "share", "distance": "1", "centred": "1", "t80": "steps",
             "t80_centred": "steps", "t80_top_20": "steps", "growth": "1", "c_20_start": "1", "c_20": "1",
             "trace_start": "share", "trace": "share"}  # fmt: skip
    rows = []
    for plan, standard, adversarial in results.paths:
        for name, entry in _series(plan, standard, adversarial):
            columns = {key: np.array(value) for key, value in entry["columns"].items()}
            own = standard if name == STANDARD else adversarial
            arrivals = [float(np.median(arrival(entry["steps"], columns[key]))) if key in columns else float("nan")
                        for key in ("distance raw", "distance centred", "distance top")]  # fmt: skip
            ends = [float(columns[key][at].mean()) for key, at in (
                ("growth", -1), ("concentration 20", 0), ("concentration 20", -1), ("trace share 10", 0),
                ("trace share 10", -1))]  # fmt: skip
            rows.append([
                plan.name, plan.radius, name, plan.seeds, *(float(np.mean(own[key])) for key in (
                    "train", "accuracy", "robust")), float(columns["distance raw"][-1].mean()),
                float(columns["distance centred"][-1].mean()), *arrivals, *ends,
            ])  # fmt: skip
    return table(
        "kernel_ends", "Kernels after standard and adversarial training, with the accuracies beside them", units, rows,
        f"Means over pairs; t80: median over nets of the first recorded step at which the distance to K_0 reaches "
        f"{REACHED:g} of its last value. robust: 20 projected steps of this radius within [0, 1]. growth: |K_T|/|K_0|.")
