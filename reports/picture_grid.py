"""A grid of small pictures from a table whose rows are lines of pixels, for instance neurons before and after training.

Each picture has a symmetric colour scale of its own, from minus to plus its largest absolute entry, so that 0 is the
neutral colour everywhere and a faint picture is as visible as a strong one; pixels are squares, never interpolated.
"""

from __future__ import annotations

import math
from typing import Any

from reports.records import Measurement

_TITLE, _CAPTION, _GAP = 2.6, 0.3, 0.12
"""Room for row titles, for the number under a picture, and between pictures, in sides of a picture."""


def pictures(measurement: Measurement, table: dict[str, list[Any]]) -> tuple[Any, str]:
    """The drawn figure, and in words what it shows, for readers who do not see it.

    Raises `ValueError` where the lines of a picture are missing or an entry is no finite number.
    """
    from matplotlib.figure import Figure

    figure, name = measurement["figure"], measurement["name"]
    assert figure is not None
    grid = _collected(measurement, table)
    if not grid:
        raise ValueError(f"measurement {name} has no picture to draw")
    titles = list(dict.fromkeys(row for row, _ in grid))
    across = list(dict.fromkeys(column for _, column in grid))
    value = figure.get("value")
    step, drop = 1 + _GAP, 1 + _GAP + (_CAPTION if value else 0.0)
    width, height = _TITLE + len(across) * step, len(titles) * drop + _GAP
    drawn = Figure(figsize=(6.6, max(6.6 * height / width, 0.4)))
    axes = drawn.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    for down, title in enumerate(titles):
        top = -down * drop
        axes.text(0, top - 0.5, _wrapped(title), va="center", ha="left")
        for along, column in enumerate(across):
            if (title, column) not in grid:
                continue
            lines, shown = grid[title, column]
            left = _TITLE + along * step
            scale = max(abs(entry) for line in lines for entry in line) or 1.0
            place = (left, left + 1, top - 1, top)
            axes.imshow(lines, cmap="RdBu_r", vmin=-scale, vmax=scale, interpolation="none", extent=place)
            if value:
                axes.text(left + 0.5, top - 1 - 0.06, _short(shown), va="top", ha="center", fontsize=7)
    axes.set_xlim(0, width)
    axes.set_ylim(_GAP - height, _GAP)
    return drawn, _said(titles, across, grid, value)


def _collected(measurement: Measurement, table: dict[str, list[Any]]) -> dict[tuple[str, str], tuple[list[Any], Any]]:
    """Lines of pixels and the number beside them, by row and column of the grid."""
    figure = measurement["figure"]
    assert figure is not None and isinstance(figure["y"], str)
    pixels, value = figure.get("pixels") or [], figure.get("value")
    grid: dict[tuple[str, str], tuple[list[Any], Any]] = {}
    for i, (row, column) in enumerate(zip(table[figure["y"]], table[figure["x"]], strict=True)):
        line = [table[name][i] for name in pixels]
        if not all(isinstance(entry, float) and math.isfinite(entry) for entry in line):
            where = f"measurement {measurement['name']}: picture {row}, {column}"
            raise ValueError(f"{where} has an entry that is no number")
        grid.setdefault((row, column), ([], table[value][i] if value else None))[0].append(line)
    heights = {len(lines) for lines, _ in grid.values()}
    if len(heights) > 1:
        raise ValueError(f"measurement {measurement['name']}: pictures have {sorted(heights)} lines; give all the same")
    return grid


def _short(shown: Any) -> str:
    return f"{shown:.2f}" if isinstance(shown, float) and math.isfinite(shown) else "–"


def _wrapped(title: Any, most: int = 20) -> str:
    """A title broken at spaces into lines of at most `most` letters."""
    import textwrap

    return "\n".join(textwrap.wrap(str(title), most))


def _said(titles: list[str], across: list[str], grid: dict[tuple[str, str], tuple[list[Any], Any]], value: Any) -> str:
    """The same in words: what each row is, and the numbers under its pictures."""
    lines = next(iter(grid.values()))[0]
    parts = [f"{len(titles)} rows of {len(across)} pictures, {len(lines[0])} by {len(lines)} pixels each"]
    for title in titles:
        shown = [_short(grid[title, column][1]) for column in across if (title, column) in grid]
        parts.append(f"{title}: {value.replace('_', ' ')} {', '.join(shown)}" if value else str(title))
    return "; ".join(parts) + "."
