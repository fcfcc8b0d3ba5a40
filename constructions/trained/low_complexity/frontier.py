"""Tables and figures of the frontier: what is proved is told apart from what was only measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
Row = list[Any]
"""[model, degree, tau, accuracy]; degree 0 is a network with frozen gates or features."""

RIGHT = 0.9
"""Robust accuracy that counts as success on the maps."""

DEGREES = (3, 5, 7, 9)


def law_tables(name: str, title: str, law: str, rows: list[Row], radii: Sequence[float]) -> list[Json]:
    """The frontier of one law by radius, and the map of its degrees."""
    units = {"model": "", "degree": "1", "tau": "length", "accuracy": "1"}
    note = (
        f"{law}. Proved: ceilings hold for every model of the class, floors for one polynomial by hand. Measured: "
        "accuracies under attack on fresh points, which only bound one trained model from above."
    )
    common = {"columns": list(units), "units": units, "x": "tau", "y": "accuracy", "series": "model", "note": note}
    proved = [row for row in rows if "proved" in row[0]]
    frontier = [
        {"name": f"low_complexity_{kind}_{name}", "title": f"{said}, {title}", "rows": chosen, **common}
        for kind, said, chosen in (
            ("proved", "Proved: robust accuracy by degree and radius", proved),
            ("measured", "Measured: robust accuracy by degree and radius", [row for row in rows if row not in proved]),
        )
        if chosen
    ]
    places = sorted({(row[1], row[2]) for row in rows if row[1] and row[2] in radii})
    cells = [[degree, tau, level([r for r in rows if r[2] == tau], degree)] for degree, tau in places]
    chart = {
        "name": f"low_complexity_map_{name}", "title": f"Which degrees (at most) are robust, {title}",
        "columns": ["degree", "tau", "level"], "units": {"degree": "1", "tau": "length", "level": ""}, "rows": cells,
        "kind": "heatmap", "x": "tau", "y": "degree", "value": "level",
        "levels": {
            "3": f"proved: a polynomial by hand is right on {RIGHT:g}",
            "2": f"measured: a trained one is right on {RIGHT:g}",
            "1": "measured: none found is",
            "0": "proved: none is",
        },
        "note": note,
    }  # fmt: skip
    return [chart, *frontier]


def level(rows: list[Row], degree: int) -> int:
    """What is known of polynomials of degree at most `degree`: what one of lower degree does counts."""
    ceilings = [row[3] for row in rows if row[0].endswith("proved ceiling") and row[1] == degree]
    below = [row for row in rows if 0 < row[1] <= degree]
    if any(row[3] >= RIGHT for row in below if row[0].endswith("proved floor")):
        return 3
    if any(value < RIGHT for value in ceilings):
        return 0
    return 2 if any(row[3] >= RIGHT for row in below if row[0].endswith("under attack")) else 1


def overview(rows_of: Mapping[int, list[Row]], radii: Sequence[float]) -> Json:
    """One picture of all laws, by number of magnitudes (3 stands for magnitudes of all sizes) and radius: the least
    degree that is robust."""
    meanings = {0: "measured: no degree up to 9; proved: not degree 2", 1: "measured: no degree up to 9"}
    meanings |= {2 + i: f"measured: degree {degree}" for i, degree in enumerate(reversed(DEGREES))}
    meanings |= {6 + i: f"proved: degree {degree}" for i, degree in enumerate(reversed(DEGREES))}
    meanings[10] = "measured: degree 1"
    cells: list[Row] = []
    for magnitudes, rows in rows_of.items():
        for tau in radii:
            here = [row for row in rows if row[2] == tau]
            if here:
                cells.append([float(magnitudes), tau, _least_degree(here)])
    used = sorted({int(cell[2]) for cell in cells})
    return {
        "name": "low_complexity_frontier", "title": "The least degree that is robust, by magnitudes and radius",
        "columns": ["magnitudes", "tau", "level"], "units": {"magnitudes": "1, 2, 3 = all sizes", "tau": "length",
                                                             "level": ""},
        "rows": cells, "kind": "heatmap", "x": "tau", "y": "magnitudes", "value": "level",
        "levels": {str(key): meanings[key] for key in used},
        "note": f"Robust: right on {RIGHT:g} of the points. Proved degrees are polynomials by hand on noise-free laws; "
                "measured ones are right under attack, and where none was found, none is proved not to exist.",
    }  # fmt: skip


def _least_degree(rows: list[Row]) -> int:
    for first, ending in ((6, "proved floor"), (2, "under attack")):
        right = [row[1] for row in rows if row[1] and row[3] >= RIGHT and row[0].endswith(ending)]
        if right and min(right) == 1:
            return 10
        if right:
            return first + list(reversed(DEGREES)).index(min(right))
    return 0 if any(row[1] == 2 and row[3] < RIGHT for row in rows) else 1


def surrogate_table(name: str, title: str, law: str, rows: list[Row], points: int) -> Json:
    """[kind, degree, tau, hinge risk]: what multipliers prove, and what polynomials that were found suffer."""
    return {
        "name": f"low_complexity_surrogate_{name}", "title": f"Least robust hinge risk by degree, {title}",
        "columns": ["bound", "degree", "tau", "risk"],
        "units": {"bound": "", "degree": "1", "tau": "length", "risk": "1"}, "rows": rows,
        "x": "tau", "y": "risk", "series": "bound",
        "note": f"{law}; {points} draws. Proved: no polynomial of the degree, symmetric or not, has less risk on these "
                "draws averaged over permutations and mirror images. Measured: risk under attack on the same draws of "
                "the least symmetric polynomial found by cutting planes, and of one trained with the logistic loss, "
                "its scale chosen best.",
    }  # fmt: skip


def frozen_table(name: str, title: str, law: str, rows: list[Row], points: int, width: int) -> Json:
    """[kind, norm, tau, hinge risk]: what multipliers prove of frozen gates, and what the best model found suffers."""
    return {
        "name": f"low_complexity_frozen_{name}", "title": f"Least robust hinge risk of frozen gates by norm, {title}",
        "columns": ["bound", "norm", "tau", "risk"],
        "units": {"bound": "", "norm": "1", "tau": "length", "risk": "1"}, "rows": rows,
        "x": "tau", "y": "risk", "series": "bound",
        "note": f"{law}; {points} draws and {width} random gates, linear from closed to open. Proved: no model of the "
                "norm on these gates has less risk on these draws. Measured: risk under attack on the same draws of "
                "the best model of the norm that cutting planes found.",
    }  # fmt: skip
