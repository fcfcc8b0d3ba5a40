"""The figure of the atlas: one line per constant on a logarithmic axis of value divided by stated value."""

from __future__ import annotations

import math
from typing import Any

from reports.figures import INK, SERIES, STYLE, as_text

Json = dict[str, Any]

NARROWEST = math.log(1.3)
"""Half-width of the axis, at least: constants that are sharp to a millionth must not look as if they were not."""

WIDEST = math.log(1000)
"""How far constants are moved; the axis never shows more."""

ROOM = 1.12
"""Half-width of the axis over the largest movement shown."""


def draw(rows: list[Json], prefix: str = "atlas") -> str:
    """One SVG from rows ``label, text, stronger (+1 or -1), refuted, critical``: the last two as ratios or None.

    Shaded is what an instance refutes; the dotted line is what is not known; the diamond is the critical value.
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLE | {"svg.hashsalt": prefix}):
        return as_text(_drawn(rows), prefix, "How far each constant can move, relative to its stated value")


def half_width(rows: list[Json]) -> float:
    """Half the width of the axis in units of the natural logarithm."""
    moved = [abs(math.log(row[key])) for row in rows for key in ("refuted", "critical") if row[key] is not None]
    return min(max([NARROWEST, *(ROOM * entry for entry in moved)]), WIDEST)


def _drawn(rows: list[Json]) -> Any:
    from matplotlib.figure import Figure

    height = 0.5 * len(rows) + 1.35
    drawn = Figure(figsize=(9.2, height), layout="constrained")
    axes = drawn.subplots()
    half = half_width(rows)
    low, high = math.exp(-half), math.exp(half)
    for position, row in enumerate(rows):
        end = high if row["stronger"] > 0 else low
        edge = end if row["refuted"] is None else min(max(row["refuted"], low), high)
        as_stated = row["refuted"] is not None and row["stronger"] * (row["refuted"] - 1) <= 0
        weaker = (low if row["stronger"] > 0 else high) if as_stated else 1.0
        axes.plot(sorted((weaker, edge)), [position] * 2, color=INK, linestyle=(0, (1, 2)), linewidth=1.4)
        if row["refuted"] is not None:
            left, right = sorted((edge, end))
            axes.barh(position, right - left, left=left, height=0.46, color=SERIES[1], alpha=0.4, linewidth=0)
        if row["critical"] is not None:
            axes.plot([row["critical"]], [position], marker="D", color=SERIES[1], markersize=5, linestyle="none")
    axes.axvline(1, color=SERIES[0], linewidth=1.6)
    _axes(axes, rows, low, high)
    _legend(drawn)
    return drawn


def _axes(axes: Any, rows: list[Json], low: float, high: float) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.set_major_locator(FixedLocator(ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_yticks(range(len(rows)), [row["label"] for row in rows])
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(rows)), [row["text"] for row in rows])
    right.tick_params(axis="y", length=0)
    right.spines["right"].set_visible(False)
    axes.set_xlabel("value / stated value (dimensionless)")


def ticks(low: float, high: float) -> list[float]:
    """Round ratios inside an axis, 1 among them, few enough to be read."""
    spread = math.log10(high / low)
    if spread <= 0.35:
        inner = [0.8, 0.9, 1, 1.1, 1.2, 1.3]
    elif spread <= 2:
        inner = [f * 10.0**k for k in (-1, 0) for f in (1, 2, 5)] + [0.7, 1.5, 3, 10]
    else:
        inner = [10.0**k for k in range(-3, 4)]
    return sorted({round(tick, 6) for tick in inner if low <= tick <= high} | {1.0})


def _legend(drawn: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=SERIES[0], linewidth=1.6, label="stated"),
        Patch(facecolor=SERIES[1], alpha=0.4, linewidth=0, label="refuted"),
        Line2D([], [], color=INK, linestyle=(0, (1, 2)), linewidth=1.4, label="not known"),
        Line2D([], [], color=SERIES[1], marker="D", linestyle="none", markersize=5, label="critical, in floats"),
    ]
    drawn.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=8.5)
