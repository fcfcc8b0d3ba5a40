"""Figures of the dimpled manifold experiment as tables of a record: radii over time and codimension, sheets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from constructions.trained.dimpled_manifold.adversarial import CLEAN
from constructions.trained.dimpled_manifold.findings import joined_phases, spread
from constructions.trained.dimpled_manifold.plans import STANDARD, Picture, Plan
from constructions.trained.dimpled_manifold.surfaces import REACH, SHEETS, Sheet

Json = dict[str, Any]


def tables(found: Json, chosen: Plan) -> list[Json]:
    """Every table whose units were done."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _tables(found, chosen)


def _tables(found: Json, chosen: Plan) -> list[Json]:
    made: list[Json] = [sheet_table(picture, found[f"picture: {picture.sheet}"]) for picture in chosen.pictures
                        if f"picture: {picture.sheet}" in found]  # fmt: skip
    standard = joined_phases(found, STANDARD)
    if standard is not None:
        share = chosen.phases[STANDARD][0].codimension / chosen.phases[STANDARD][0].d
        made += [_radii(standard), _early(standard), _variants(found, chosen), _energy(standard, share)]
    makers = {"codimension": _codimension, "adversarial training": _deepening, "mislabelled": _mislabelled,
              "late": _late, "identity": _identity, "invariance": _invariance,
              "universality": _universality}  # fmt: skip
    return made + [make(found[unit]) for unit, make in makers.items() if unit in found]


def _banded(series: str, across: list[Any], values: Any) -> list[list[Any]]:
    """Rows [series, x, median, first and third quartile] from values (B, K) over seeds."""
    columns = np.array(values, dtype=np.float64).T
    return [[series, x, *spread(column)] for x, column in zip(across, columns, strict=True)]


def _radii(unit: Json) -> Json:
    rows = [row for name, key in (("off the manifold", "off"), ("on the manifold", "on"), ("free", "full"))
            for row in _banded(name, unit["steps"], unit[key])]  # fmt: skip
    return {
        "name": "dimpled_radius_time", "title": "Least perturbations through training, medians over points",
        "columns": ["direction", "steps", "radius", "low", "high"],
        "units": {"direction": "", "steps": "1", "radius": "length", "low": "length", "high": "length"}, "rows": rows,
        "x": "steps", "y": "radius", "series": "direction", "low": "low", "high": "high", "log": ["x", "y"],
        "note": f"Median over {len(unit['off'])} seeds of the median over the points of a net; bands are quartiles "
                "over seeds. Points have length sqrt(d). Step 0 is in the table, and left of the logarithmic axis.",
    }  # fmt: skip


def _early(unit: Json) -> Json:
    """Off-manifold radius of each seed over its own at the start: dark where the boundary has come close."""
    rows = []
    order = np.argsort([min(row) / row[0] for row in unit["off"]])
    for place, seed in enumerate(order.tolist()):
        for step, radius, right in zip(unit["steps"], unit["off"][seed], unit["accuracy"][seed], strict=True):
            rows.append([place + 1, step, min(radius / unit["off"][seed][0], 10.0), right])
    return {
        "name": "dimpled_clinging", "title": "Off-manifold radius over that at the start, seed by seed",
        "columns": ["seed", "steps", "ratio", "accuracy"],
        "units": {"seed": "sorted", "steps": "1", "ratio": "1", "accuracy": "share"}, "rows": rows,
        "x": "steps", "y": "seed", "value": "ratio", "kind": "heatmap", "log": "value",
        "note": "Seeds in the order of their least ratio; ratios above 10 are shown as 10. A boundary that first comes "
                "close would be below 1/2 in the early columns of every row.",
    }  # fmt: skip


def _variants(found: Json, chosen: Plan) -> Json:
    rows = []
    for name in chosen.phases:
        unit = joined_phases(found, name)
        rows += _banded(name, unit["steps"], unit["off"]) if unit is not None else []
    return {
        "name": "dimpled_variants", "title": "Off-manifold radius through training, by kind of training",
        "columns": ["training", "steps", "radius", "low", "high"],
        "units": {"training": "", "steps": "1", "radius": "length", "low": "length", "high": "length"}, "rows": rows,
        "x": "steps", "y": "radius", "series": "training", "low": "low", "high": "high", "log": ["x", "y"],
        "note": "Medians over points, then over seeds, with quartiles over seeds. A smaller start and decay of the "
                "first layer deepen the dimples: the boundary then crosses P nearly at right angles.",
    }  # fmt: skip


def _energy(unit: Json, share: float) -> Json:
    rows = [row for name, key in (("least perturbation", "energy"), ("gradient", "gradient energy"))
            for row in _banded(name, unit["steps"], unit[key])]  # fmt: skip
    return {
        "name": "dimpled_energy", "title": "Share of energy normal to P through training",
        "columns": ["of", "steps", "share", "low", "high"],
        "units": {"of": "", "steps": "1", "share": "share", "low": "share", "high": "share"}, "rows": rows,
        "x": "steps", "y": "share", "series": "of", "low": "low", "high": "high", "log": "x",
        "note": f"Noise has the share l/d = {share:g}. Medians over points, then over seeds, with quartiles.",
    }  # fmt: skip


def _codimension(unit: Json) -> Json:
    names = (("off the manifold", "off"), ("on the manifold", "on"), ("free", "full"))
    rows = [row for name, key in names for row in _banded(name, unit["codimension"], unit[key])]
    law = [1 / math.sqrt(off**-2 + on**-2) for off, on in
           zip(*(np.median(unit[key], axis=0) for key in ("off", "on")), strict=True)]  # fmt: skip
    rows += [["1/full^2 = 1/on^2 + 1/off^2", l, value, value, value]
             for l, value in zip(unit["codimension"], law, strict=True)]  # noqa: E741  # fmt: skip
    return {
        "name": "dimpled_codimension", "title": "Least perturbations against codimension, classes far apart",
        "columns": ["direction", "codimension", "radius", "low", "high"],
        "units": {"direction": "", "codimension": "dimensions", "radius": "|x|", "low": "|x|", "high": "|x|"},
        "rows": rows, "x": "codimension", "y": "radius", "series": "direction", "low": "low", "high": "high",
        "log": ["x", "y"],
        "note": f"Digits 0 against 1 on {unit['p']} directions, stopped at margin 1/2, {len(unit['off'])} seeds; bands "
                "are quartiles. The last series is computed from the medians of the first two.",
    }  # fmt: skip


def _deepening(unit: Json) -> Json:
    rows = [[name, before, after, on_before, on_after]
            for name in unit if name != CLEAN
            for before, after, on_before, on_after in zip(
                unit[CLEAN]["off"], unit[name]["off"], unit[CLEAN]["on"], unit[name]["on"], strict=True)]  # fmt: skip
    clean = [row[1] for row in rows]
    rows += [["no change", value, value, None, None] for value in np.linspace(min(clean), max(clean), 13).tolist()]
    columns = ["training", "clean", "adversarial", "clean_on", "adversarial_on"]
    return {
        "name": "dimpled_deepening", "title": "Dimple depth after clean and after adversarial training, seed by seed",
        "columns": columns, "units": {c: "" if c == "training" else "length" for c in columns}, "rows": rows,
        "x": "clean", "y": "adversarial", "series": "training", "kind": "points",
        "note": "Median off-manifold radius of each seed, from the same start and data; radii on the manifold are in "
                "the table. Attacks in training have five steps; in l_inf the radius is that of l2 over sqrt(d). "
                "Radii are the least of seven attacks per point.",
    }  # fmt: skip


def _mislabelled(unit: Json) -> Json:
    names = {"on": "moved on the manifold", "off": "moved off the manifold", "full": "moved freely"}
    rows = []
    for key in (key for key in unit if key != CLEAN):
        kind, radius = key.split()
        rows.append([names[kind], float(radius), *spread(unit[key]["test"]), spread(unit[key]["fitted"])[0],
                     spread(unit[key]["fooled"])[0]])  # fmt: skip
        rows.append(["teacher", float(radius), *spread(unit[CLEAN]["test"]), None, None])
    rows = [row for i, row in enumerate(rows) if row not in rows[:i]]
    return {
        "name": "dimpled_mislabelled", "title": "Test accuracy of students of mislabelled adversarial examples",
        "columns": ["examples", "length", "accuracy", "low", "high", "fitted", "teacher_fooled"],
        "units": {"examples": "", "length": "length", **dict.fromkeys(
            ("accuracy", "low", "high", "fitted", "teacher_fooled"), "share")},
        "rows": rows, "x": "length", "y": "accuracy", "series": "examples", "low": "low", "high": "high",
        "note": f"{len(unit[CLEAN]['test'])} seeds, bands are quartiles. Students see wrong labels only. Moved off the "
                "manifold alone they learn the opposite of the truth; what helps is moved on the manifold.",
    }  # fmt: skip


def _late(unit: Json) -> Json:
    names = (("median |N|", "output"), ("off-manifold radius", "off"), ("proved lower bound of it", "bound"))
    rows = [row for name, key in names for row in _banded(name, unit["steps"], unit[key])]
    return {
        "name": "dimpled_late", "title": "Long training: outputs and depth grow with the logarithm of time",
        "columns": ["what", "steps", "value", "low", "high"],
        "units": {"what": "", "steps": "1", "value": "1", "low": "1", "high": "1"}, "rows": rows, "x": "steps",
        "y": "value", "series": "what", "low": "low", "high": "high", "log": "x",
        "note": f"{len(unit['off'])} seeds, bands are quartiles. The bound is |N| over |u| times the norm of G. Summed "
                f"losses at the last step: {max(row[-1] for row in unit['summed']):.3g} at most; below log 2 all "
                "margins are known to grow for good.",
    }  # fmt: skip


def _identity(unit: Json) -> Json:
    steps = range(1, len(unit["left"][0]) + 1)
    rows = [[net + 1, step, -unit["left"][net][step - 1], -unit["right"][net][step - 1], unit["kinks"][net][step - 1]]
            for net in range(len(unit["left"])) for step in steps]  # fmt: skip
    return {
        "name": "dimpled_identity", "title": "Fall of |G|^2/2 under adversarial training: measured, and by the formula",
        "columns": ["net", "step", "gradient_of_parameters", "gradient_of_inputs", "left_out"],
        "units": {"net": "", "step": "1", "gradient_of_parameters": "1/time", "gradient_of_inputs": "1/time",
                  "left_out": "samples"}, "rows": rows, "x": "gradient_of_inputs",
        "y": "gradient_of_parameters", "series": "net", "kind": "points", "log": ["x", "y"],
        "note": "Over samples whose attack ended at a stationary point; the others, on a kink of the net or in a "
                "cycle, are counted as left out. The two columns agree to rounding.",
    }  # fmt: skip


def _invariance(unit: Json) -> Json:
    return {
        "name": "dimpled_invariance", "title": "What training on P does to the normal block",
        "columns": ["method", "axes", "layers", "change", "beyond_factor", "blind"],
        "units": {"method": "", "axes": "", "layers": "1", "change": "|G(0)|", "beyond_factor": "|G(0)|", "blind": ""},
        "rows": [[*row[:5], {True: "yes", False: "NO", None: ""}[row[5]]] for row in unit["rows"]],
        "note": "change: |G(T) - G(0)| over |G(0)|; beyond_factor: after the factor that decay gives. blind: a run "
                "from -10 G(0) agrees on P to the last bit. Adam with rotated axes is the control that must fail.",
    }  # fmt: skip


def _universality(unit: Json) -> Json:
    columns = ["time", "codimension", "cosine", "predicted", "largest_deviation", "one_over_sqrt_l", "flipped"]
    return {
        "name": "dimpled_universality", "title": "Normal gradients of different points share a direction",
        "columns": columns, "units": {c: "" if c == "time" else "dimensions" if c == "codimension" else "1"
                                      for c in columns}, "rows": unit["rows"],
        "note": "Mean cosine of pairs; predicted from the gates alone. flipped: share of points that the mean "
                "direction flips at 1.3 times their own linear distance.",
    }  # fmt: skip


def sheet_table(picture: Picture, unit: Json) -> Json:
    """The boundary over a manifold at several times, with the labelled points: in 3-D, or over a line in the plane."""
    sheet = SHEETS[picture.sheet](picture.side)
    return _line_table(sheet, unit) if sheet.mesh.shape[2] == 2 else _surface_table(sheet, unit)


def _titled(panel: Json) -> str:
    return f"step {panel['steps']}, accuracy {panel['accuracy']:.2f}"


def _surface_table(sheet: Sheet, unit: Json) -> Json:
    rows: list[list[Any]] = []
    for panel in unit["panels"]:
        lifted = np.array(panel["heights"], dtype=np.float64)
        places = sheet.mesh + lifted[..., None] * sheet.normals
        for line, row in enumerate(places):
            rows += [[_titled(panel), line, *(round(float(v), 3) for v in place), round(float(height), 3)]
                     for place, height in zip(row, lifted[line], strict=True)]  # fmt: skip
        rows += [[_titled(panel), None, *(round(float(v), 3) for v in point), int(label)]
                 for point, label in zip(sheet.points, sheet.labels, strict=True)]  # fmt: skip
    return {
        "name": f"dimpled_surface_{sheet.name}", "title": f"The boundary near the {sheet.name} through training",
        "columns": ["time", "line", "x", "y", "z", "height"],
        "units": {"time": "", "line": "", "x": "1", "y": "1", "z": "1", "height": "1"}, "rows": rows,
        "kind": "surface", "x": "x", "y": ["y", "z"], "value": "height", "series": "time", "mesh": "line",
        "note": f"Over each point of the manifold the nearest crossing along its normal, up to {REACH:g}; where "
                "there is none, nothing is shown. Rows without a line number are the labelled points.",
    }  # fmt: skip


def _line_table(sheet: Sheet, unit: Json) -> Json:
    rows = [[_titled(panel), round(float(place[0]), 3), round(float(height), 3)]
            for panel in unit["panels"]
            for place, height in zip(sheet.mesh[0], panel["heights"][0], strict=True)]  # fmt: skip
    for label, name in ((1, "points of class +1"), (-1, "points of class -1")):
        rows += [[name, round(float(point[0]), 3), 0.0]
                 for point in sheet.points[sheet.labels == label]]  # fmt: skip
    return {
        "name": f"dimpled_line_{sheet.name}", "title": "The boundary along a line of alternating points",
        "columns": ["time", "along", "height"], "units": {"time": "", "along": "1", "height": "1"}, "rows": rows,
        "kind": "points", "x": "along", "y": "height", "series": "time",
        "note": f"Nearest crossing along the normal of the line, up to {REACH:g}. Points lie at height 0.",
    }  # fmt: skip
