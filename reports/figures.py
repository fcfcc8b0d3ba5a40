"""Figures of a record as SVG text for embedding in a page, drawn from the CSV of a measurement alone.

Text and axes take the colour of the page, and series the colours ``--series-1 ...`` of its style sheet, so one figure
suits a light and a dark page; as a file of its own it falls back to black and the palette below. Equal input gives
equal text.
"""

from __future__ import annotations

import math
import re
from typing import Any

from reports.picture_grid import pictures
from reports.records import Measurement
from reports.surface import surfaces
from reports.tables import csv_columns

PALETTE = ("#0b6e99", "#c8501e", "#2d8a4e", "#8a4fbf", "#b8860b", "#c2367e", "#5b6770", "#1a9c9c")
MARKERS = "osD^vPX*"
DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
INK, RULE = "#010203", "#040506"  # placeholders, replaced in the SVG text
SERIES = tuple(f"#0a0b{index:02x}" for index in range(len(PALETTE)))
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "axes.titlesize": 9,
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.unicode_minus": True,
    "mathtext.default": "regular",
    "axes.formatter.use_mathtext": True,
}


def has_figure(measurement: Measurement) -> bool:
    """Whether the record says how to draw this measurement."""
    return bool(measurement.get("figure"))


def axis_label(column: str, unit: str | None) -> str:
    """Column name with its unit; a number without a unit is said to be dimensionless."""
    return f"{column.replace('_', ' ')} ({unit if unit and unit != '1' else 'dimensionless'})"


def svg(measurement: Measurement, prefix: str = "figure") -> str:
    """The figure of a measurement as one ``<svg>`` element whose ids begin with `prefix`.

    Raises `ValueError` if the measurement has no figure, names a column its table lacks, or has no finite entry.
    """
    figure = measurement.get("figure")
    if not figure:
        raise ValueError(f"measurement {measurement['name']} has no figure")
    columns, rows = csv_columns(measurement["csv"])
    ys = [figure["y"]] if isinstance(figure["y"], str) else list(figure["y"])
    named = [figure["x"], *ys, *(figure.get(key) for key in ("series", "value", "low", "high", "mesh"))]
    named += figure.get("pixels") or []
    for column in named:
        if column is not None and column not in columns:
            raise ValueError(f"measurement {measurement['name']} has no column {column!r}; it has {', '.join(columns)}")
    table = {column: [row[position] for row in rows] for position, column in enumerate(columns)}

    import matplotlib as mpl

    title = measurement.get("title") or measurement["name"]
    with mpl.rc_context(STYLE | {"svg.hashsalt": prefix}):
        if figure.get("kind") == "pictures":
            drawn, seen = pictures(measurement, table)
            return as_text(drawn, prefix, f"{title}. {seen}")
        if figure.get("kind") == "surface":
            drawn, seen = surfaces(measurement, table)
            return as_text(drawn, prefix, f"{title}. {seen}")
        drawn = _heatmap(measurement, table) if figure.get("kind") == "heatmap" else _lines(measurement, table, ys)
        return as_text(drawn, prefix, title)


def _lines(measurement: Measurement, table: dict[str, list[Any]], ys: list[str]) -> Any:
    from matplotlib.figure import Figure

    figure, units = measurement["figure"], measurement["units"]
    assert figure is not None
    drawn = Figure(figsize=(6.6, 3.8), layout="constrained")
    axes = drawn.subplots()
    x, series, log = figure["x"], figure.get("series"), figure.get("log") or []
    low_column, high_column = figure.get("low"), figure.get("high")
    keys = list(dict.fromkeys(table[series])) if series else [None]
    if all(isinstance(key, float) for key in keys):
        keys.sort()
    style, finite = 0, 0
    for key in keys:
        chosen = [i for i in range(len(table[x])) if key is None or table[series][i] == key]  # type: ignore[index]
        for y in ys:
            points = sorted((table[x][i], i) for i in chosen if _finite(table[x][i]) and _finite(table[y][i]))
            finite += len(points)
            colour, marker = SERIES[style % len(SERIES)], MARKERS[style % len(MARKERS)]
            dash = "none" if figure.get("kind") == "points" else DASHES[(style // len(SERIES)) % len(DASHES)]
            order = [i for _, i in points]
            across = [point for point, _ in points]
            axes.plot(
                across,
                [table[y][i] for i in order],
                color=colour,
                marker=marker,
                linestyle=dash,
                label=_legend(series, key, y if len(ys) > 1 else None, units),
            )
            if low_column and high_column and len(ys) == 1:
                low, high = ([table[column][i] for i in order] for column in (low_column, high_column))
                axes.fill_between(across, low, high, color=colour, alpha=0.15, linewidth=0)
            style += 1
    if not finite:
        raise ValueError(f"measurement {measurement['name']} has no finite entry to draw")
    for name, columns in (("x", [x]), ("y", ys)):
        if name in log:
            entries = [entry for column in columns for entry in table[column] if _finite(entry)]
            _log_axis(axes, name, [entry for entry in entries if entry > 0])
    axes.set_xlabel(axis_label(x, units.get(x)))
    shared = {units.get(y) for y in ys}
    axes.set_ylabel(axis_label(ys[0] if len(ys) == 1 else "value", shared.pop() if len(shared) == 1 else "see legend"))
    if style > 1:  # above the axes, so that it never covers data
        longest = max(len(text) for text in axes.get_legend_handles_labels()[1])
        drawn.legend(loc="outside upper center", ncols=min(style, max(1, 80 // (longest + 8))), fontsize=8.5)
    return drawn


def _log_axis(axes: Any, name: str, positive: list[float]) -> None:
    """A logarithmic axis with readable ticks: the values themselves when there are few, else 1, 2, 5 per decade."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

    getattr(axes, f"set_{name}scale")("log", nonpositive="mask")
    axis, values = getattr(axes, f"{name}axis"), sorted(set(positive))
    if not values:
        return
    spread = math.log10(values[-1] / values[0])
    if name == "x" and len(values) <= 8 and all(b > 1.2 * a for a, b in zip(values, values[1:], strict=False)):
        axis.set_major_locator(FixedLocator(values))
    elif spread <= 3:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if spread > 0.7 else (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)))
    else:
        return
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _heatmap(measurement: Measurement, table: dict[str, list[Any]]) -> Any:
    import numpy as np
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure, units = measurement["figure"], measurement["units"]
    assert figure is not None
    x, y, value = figure["x"], figure["y"], figure.get("value")
    if value is None or not isinstance(y, str):
        raise ValueError(f"measurement {measurement['name']}: a heatmap needs one y column and a value column")
    across, up = (sorted({entry for entry in table[column] if _finite(entry)}) for column in (x, y))
    grid = np.full((len(up), len(across)), np.nan)
    for a, b, shown in zip(table[x], table[y], table[value], strict=True):
        if _finite(a) and _finite(b) and _finite(shown):
            grid[up.index(b), across.index(a)] = shown
    if not np.isfinite(grid).any():
        raise ValueError(f"measurement {measurement['name']} has no finite entry to draw")
    drawn = Figure(figsize=(6.6, 4.0), layout="constrained")
    axes = drawn.subplots()
    levels = {int(level): meaning for level, meaning in (figure.get("levels") or {}).items()}
    norm: Any = LogNorm() if "value" in (figure.get("log") or []) else None
    if levels:
        norm = Normalize(min(levels), max(levels))
    image = axes.pcolormesh(np.ma.masked_invalid(grid), cmap="cividis", norm=norm, edgecolors="face", linewidth=0.3)
    for axis, labels in ((axes.xaxis, across), (axes.yaxis, up)):
        every = max(1, math.ceil(len(labels) / 12))
        axis.set_ticks(np.arange(len(labels))[::every] + 0.5, [f"{label:g}" for label in labels[::every]])
    axes.grid(False)
    axes.set_xlabel(axis_label(x, units.get(x)))
    axes.set_ylabel(axis_label(y, units.get(y)))
    if levels:
        falling = sorted(levels, reverse=True)
        patches = [Patch(facecolor=image.cmap(norm(level)), label=levels[level]) for level in falling]
        drawn.legend(handles=patches, loc="outside lower center", frameon=False)
        return drawn
    bar = drawn.colorbar(image, ax=axes, label=axis_label(value, units.get(value)))
    bar.outline.set_visible(False)
    return drawn


def _finite(entry: Any) -> bool:
    return isinstance(entry, float) and math.isfinite(entry)


def _legend(series: str | None, key: Any, column: str | None, units: dict[str, str]) -> str:
    parts = []
    if series is not None:
        parts.append(f"{series.replace('_', ' ')} = {key:g}" if isinstance(key, float) else str(key))
    if column is not None:
        unit = units.get(column)
        parts.append(column.replace("_", " ") + (f" ({unit})" if unit and unit != "1" else ""))
    return ", ".join(parts)


def as_text(drawn: Any, prefix: str, title: str) -> str:
    """Matplotlib's SVG without its preamble and metadata, with page colours, own ids and a text for screen readers."""
    import io
    from html import escape

    stream = io.StringIO()
    drawn.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", text, count=1, flags=re.DOTALL)  # it would leak
    text = re.sub(r'(<image [^>]*?) id="[^"]*"', r"\1", text)  # its hash: equal pictures would share an id
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{prefix}-", text)
    text = text.replace(INK, "currentColor").replace(RULE, "var(--rule, #d8d8d8)")
    for index, placeholder in enumerate(SERIES):
        text = text.replace(placeholder, f"var(--series-{index + 1}, {PALETTE[index]})")
    text = text.replace("'DejaVu Sans'", "'DejaVu Sans', system-ui, sans-serif")
    width, height = drawn.get_size_inches() * 96
    opening = text[: text.index(">") + 1]
    view = re.search(r'viewBox="[^"]+"', opening)
    assert view is not None
    begin = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-label="{escape(title, quote=True)}" stroke-linejoin="round" '
        f'width="{width:.0f}" height="{height:.0f}" {view[0]}>'
    )
    return (begin + text[len(opening) :]).strip()
