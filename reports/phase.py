"""Phase diagrams of a campaign as SVG text: one tile per grid point, its area divided by what the draws there showed.

A tile is a stack of bands whose heights are exact shares of the draws, so nothing is thresholded and nothing hidden:
`composition` shows the verdicts of one statement, `regions` for every draw the strongest statement that holds on it.
Colours are those of the page's style sheet; see `reports.figures`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from reports.figures import STYLE, as_text

Json = dict[str, Any]

MOST_TILES = 10_000
"""Beyond so many grid points a page with one tile each would be too large; the tables have them all."""
MOST_PANELS = 6
_GAP = 0.04  # of a tile's width, left free on every side where tiles are few


@dataclass(frozen=True)
class Band:
    """One kind of outcome: its label, its colour on a page and on its own, and whether it is hatched."""

    label: str
    colour: str
    hatched: bool = False


def _tint(share: int) -> str:
    return f"color-mix(in srgb, var(--series-1, #0b6e99) {share}%, var(--paper, #ffffff))"


_GREY = "color-mix(in srgb, var(--quiet, #5c646d) 28%, var(--paper, #ffffff))"
_AMBER, _RED = "var(--series-5, #a87a08)", "var(--refuted, #b3261e)"
NO_INSTANCE = Band("no instance found", "none", hatched=True)
VERDICTS = {
    "Holds": Band("holds", "var(--series-1, #0b6e99)"),
    "Undecided": Band("undecided", _AMBER),
    "Refuted": Band("refuted", _RED, hatched=True),
    "Unsupported": Band("does not apply", _tint(15)),
    "HypothesisFailed": Band("a hypothesis fails", _GREY),
}


def short_names(campaign: Json) -> dict[str, str]:
    """Statement ids, without the slug where all share one."""
    ids = [statement["id"] for statement in campaign["statements"]]
    same = len({name.split(".")[0] for name in ids}) == 1
    return {name: name.split(".", 1)[-1] if same else name for name in ids}


def by_strength(campaign: Json) -> list[str]:
    """Statement ids, the one that holds on the fewest draws first."""
    return [s["id"] for s in sorted(campaign["statements"], key=lambda s: s["verdicts"]["Holds"])]


def strongest(campaign: Json, pattern: str) -> str:
    """Where a draw belongs: the strongest statement that holds on it, or "refuted", "undecided", "failed", "none"."""
    if not pattern:
        return "none"
    said = dict(zip((statement["id"] for statement in campaign["statements"]), pattern, strict=True))
    if "R" in pattern:
        return "refuted"
    holding = [name for name in by_strength(campaign) if said[name] == "H"]
    return holding[0] if holding else "undecided" if "U" in pattern else "failed"


def nesting(campaign: Json) -> tuple[int, int]:
    """Draws on which a statement holds while one that holds more often does not; and all draws with an instance.

    0 of the first means that the regions are nested, draw by draw.
    """
    ids = [statement["id"] for statement in campaign["statements"]]
    order, broken, total = by_strength(campaign), 0, 0
    for place in campaign["points"]:
        for pattern, count in place["patterns"].items():
            if pattern:
                total += count
                held = [pattern[ids.index(name)] == "H" for name in order]
                broken += count * any(inner and not outer for inner, outer in itertools.combinations(held, 2))
    return broken, total


def region_bands(campaign: Json) -> dict[str, Band]:
    """The bands of `regions`, by the keys of `strongest`, strongest statement first."""
    order, names = by_strength(campaign), short_names(campaign)
    tints = [100 - round(72 * k / max(1, len(order) - 1)) for k in range(len(order))]
    return {
        **{name: Band(f"{names[name]} holds", _tint(tint)) for name, tint in zip(order, tints, strict=True)},
        "undecided": Band("none holds, some are undecided", _AMBER),
        "refuted": Band("one is refuted", _RED, hatched=True),
        "failed": Band("a hypothesis of each fails", _GREY),
        "none": NO_INSTANCE,
    }


def composition(campaign: Json, statement: str, prefix: str) -> str | None:
    """The verdicts of one statement over the grid; None where there is no axis to draw, or too many grid points."""
    bands = VERDICTS | {"none": NO_INSTANCE}

    def shares(place: Json) -> dict[str, int]:
        counts = place["statements"][statement]
        return dict(counts["verdicts"]) | {"none": counts["drawn"] - counts["instances"]}

    return _figure(campaign, bands, shares, prefix, f"verdicts of {statement} over the grid")


def regions(campaign: Json, prefix: str) -> str | None:
    """For every draw the strongest statement that holds on it, over the grid; None as in `composition`."""

    def shares(place: Json) -> dict[str, int]:
        found = dict.fromkeys(bands, 0)
        for pattern, count in place["patterns"].items():
            found[strongest(campaign, pattern)] += count
        return found

    bands = region_bands(campaign)
    return _figure(campaign, bands, shares, prefix, "regions in which the statements hold, over the grid")


class _Scale:
    """Positions of the values of one axis: logarithmic, or one step each."""

    def __init__(self, axis: Json) -> None:
        self.name, self.texts = axis["name"], [str(value) for value in axis["values"]]
        self.keys = axis["values"]
        self.log = bool(axis["log"])
        numbers = [float(Fraction(text)) for text in self.texts]
        at = [math.log10(number) for number in numbers] if self.log else [float(k) for k in range(len(numbers))]
        middles = [(a + b) / 2 for a, b in itertools.pairwise(at)]
        self.at = at
        self.edges = [2 * at[0] - middles[0], *middles, 2 * at[-1] - middles[-1]]

    def span(self, value: Any) -> tuple[float, float]:
        place = self.keys.index(value)
        return self.edges[place], self.edges[place + 1]

    def ticks(self, axis: Any, most: int) -> None:
        every = max(1, math.ceil(len(self.at) / most))
        axis.set_ticks(self.at[::every], [text.replace("-", "−") for text in self.texts[::every]])


def _figure(
    campaign: Json, bands: dict[str, Band], shares: Callable[[Json], dict[str, int]], prefix: str, title: str
) -> str | None:
    moving = [axis for axis in campaign["grid"] if len(axis["values"]) > 1]
    if not moving or len(campaign["points"]) > MOST_TILES:
        return None
    chosen = sorted(sorted(moving, key=lambda axis: -len(axis["values"]))[:2], key=moving.index)
    rest = [axis for axis in moving if axis not in chosen]
    panels = list(itertools.product(*(axis["values"] for axis in rest)))
    if len(panels) > MOST_PANELS:
        return None

    import matplotlib as mpl

    with mpl.rc_context(STYLE | {"svg.hashsalt": prefix, "axes.grid": False, "hatch.linewidth": 0.8}):
        drawn, used = _draw(campaign, [_Scale(axis) for axis in chosen], rest, panels, bands, shares)
        text = as_text(drawn, prefix, title)
    for placeholder, band in used.items():
        text = text.replace(placeholder, band.colour if band.colour != "none" else "var(--rule, #d8d8d8)")
    return text


def _draw(
    campaign: Json, scales: Sequence[_Scale], rest: Sequence[Json], panels: Sequence[tuple[Any, ...]],
    bands: dict[str, Band], shares: Callable[[Json], dict[str, int]],
) -> tuple[Any, dict[str, Band]]:  # fmt: skip
    """The figure, and the placeholder colours in it with the bands they stand for."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    columns = min(len(panels), 2 if len(panels) in (2, 4) else 3)
    rows = math.ceil(len(panels) / columns)
    drawn = Figure(figsize=(6.6 if columns == 1 else 3.6 * columns, 0.9 + 3.4 * rows), layout="constrained")
    grid = drawn.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).reshape(-1)
    placeholders = {key: f"#0c0d{index:02x}" for index, key in enumerate(bands)}
    seen: set[str] = set()
    for position, values in enumerate(panels):
        facet = {axis["name"]: value for axis, value in zip(rest, values, strict=True)}
        places = [p for p in campaign["points"] if all(p["parameters"][k] == v for k, v in facet.items())]
        seen |= _tiles(grid[position], places, scales, bands, placeholders, shares)
        grid[position].set_title(", ".join(f"{name} = {value}" for name, value in facet.items()))
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    patches = [
        Patch(label=bands[key].label, **_paint(bands[key], placeholders[key])) for key in bands if key in seen
    ]
    drawn.legend(handles=patches, loc="outside lower center", ncols=min(3, len(patches)), fontsize=8.5)
    return drawn, {placeholders[key]: bands[key] for key in bands}


def _paint(band: Band, placeholder: str) -> Json:
    if band.colour == "none":
        return {"facecolor": "none", "edgecolor": placeholder, "hatch": "////", "linewidth": 0.6}
    hatch = {"hatch": "xx", "edgecolor": "#ffffff", "linewidth": 0.0} if band.hatched else {"linewidth": 0.0}
    return {"facecolor": placeholder, **hatch}


def _tiles(
    axes: Any, places: Sequence[Json], scales: Sequence[_Scale], bands: dict[str, Band], placeholders: dict[str, str],
    shares: Callable[[Json], dict[str, int]],
) -> set[str]:  # fmt: skip
    from matplotlib.collections import PolyCollection

    corners: dict[str, list[Any]] = {key: [] for key in bands}
    gap = _GAP if len(places) <= 400 else 0.0
    for place in places:
        left, right = scales[0].span(place["parameters"][scales[0].name])
        bottom, top = scales[1].span(place["parameters"][scales[1].name]) if len(scales) > 1 else (0.0, 1.0)
        left, right = left + gap * (right - left), right - gap * (right - left)
        if len(scales) > 1:
            bottom, top = bottom + gap * (top - bottom), top - gap * (top - bottom)
        found = shares(place)
        total, below = sum(found.values()), 0
        for key in bands:
            if found.get(key):
                low, high = (bottom + (top - bottom) * part / total for part in (below, below + found[key]))
                corners[key].append([(left, low), (right, low), (right, high), (left, high)])
                below += found[key]
    for key, polygons in corners.items():
        if polygons:
            axes.add_collection(PolyCollection(polygons, **_paint(bands[key], placeholders[key])))
    axes.set_xlim(scales[0].edges[0], scales[0].edges[-1])
    scales[0].ticks(axes.xaxis, 12)
    axes.set_xlabel(scales[0].name)
    if len(scales) > 1:
        axes.set_ylim(scales[1].edges[0], scales[1].edges[-1])
        scales[1].ticks(axes.yaxis, 14)
        axes.set_ylabel(scales[1].name)
    else:
        axes.set_ylim(0, 1)
        axes.set_ylabel("share of draws")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    axes.label_outer()
    return {key for key, polygons in corners.items() if polygons}
