"""Sheets in three dimensions from a table of mesh points, with labelled points among them: boundaries over a manifold.

Rows with a line number are mesh points, line by line in order; rows without one are labelled points, coloured by the
sign of their value. Sheet and points are one collection of polygons, so that each hides what lies behind it. A cell
is left open where a corner is missing, so that there is no sheet, or where its corners differ by more than a share of
the whole range, so that the sheet has jumped.
"""

from __future__ import annotations

import math
from typing import Any

from reports.records import Measurement

POINT = ("#e0218a", "#2f6bff")
"""Faces of points with positive and with other values."""

COLOURS = "BrBG"
"""Of values from the least to the largest, neutral at 0."""

JUMP = 0.25
"""Share of the range of all values above which a cell is open."""

MARK = 0.022
"""Half width of a labelled point, in widths of the picture."""


def surfaces(measurement: Measurement, table: dict[str, list[Any]]) -> tuple[Any, str]:
    """The drawn figure, one panel per series, and in words what it shows.

    Raises `ValueError` where no mesh point is finite, or lines of one panel differ in length.
    """
    import numpy as np
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    figure, name = measurement["figure"], measurement["name"]
    assert figure is not None and not isinstance(figure["y"], str)
    panels = _collected(measurement, table)
    values = np.concatenate([panel[1][..., 3].reshape(-1) for panel in panels])
    if not np.isfinite(values).any():
        raise ValueError(f"measurement {name} has no finite entry to draw")
    most = float(np.nanmax(np.abs(values))) or 1.0
    norm = Normalize(-most, most)
    extent = np.concatenate([part[..., :3].reshape(-1, 3) for _, *parts in panels for part in parts])
    low, high = np.nanmin(extent, axis=0), np.nanmax(extent, axis=0)
    across = min(len(panels), 2)
    down = math.ceil(len(panels) / across)
    drawn = Figure(figsize=(6.6, 2.9 * down + 0.5), dpi=130)
    for index, (title, mesh, points) in enumerate(panels):
        axes: Any = drawn.add_subplot(down, across, index + 1, projection="3d")
        axes.set_axis_off()
        axes.set_title(title, y=0.98)
        polygons, colours = _cells(mesh, most, norm)
        marks, faces = _marks(points, MARK * float((high - low).max()))
        if polygons or marks:
            sheet = Poly3DCollection(polygons + marks, facecolors=colours + faces, edgecolors=(0, 0, 0, 0.25),
                                     linewidths=0.15)  # fmt: skip
            sheet.set_rasterized(True)
            axes.add_collection3d(sheet)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
        axes.set_box_aspect(high - low, zoom=1.22)
        axes.view_init(elev=28, azim=-62)
    drawn.subplots_adjust(left=0, right=1, bottom=0.12, top=0.95, wspace=0, hspace=0.02)
    _bar(drawn, norm, figure["value"], measurement["units"])
    return drawn, _said(panels, figure["value"])


def _bar(drawn: Any, norm: Any, value: Any, units: dict[str, str]) -> None:
    from matplotlib.cm import ScalarMappable

    place = drawn.add_axes((0.3, 0.095, 0.4, 0.016))
    bar = drawn.colorbar(ScalarMappable(norm, COLOURS), cax=place, orientation="horizontal")
    unit = units.get(value)
    bar.set_label(f"{value.replace('_', ' ')} ({unit if unit and unit != '1' else 'dimensionless'})")
    bar.outline.set_visible(False)


def _collected(measurement: Measurement, table: dict[str, list[Any]]) -> list[tuple[str, Any, Any]]:
    """(title, mesh (lines, per line, 4), points (k, 4)) of each panel: x, y, z and the value."""
    import numpy as np

    figure, name = measurement["figure"], measurement["name"]
    assert figure is not None
    columns = [figure["x"], *figure["y"], figure.get("value")]
    series, mesh = figure.get("series"), figure.get("mesh")
    rows: dict[str, dict[float, list[list[float]]]] = {}
    for i, line in enumerate(table[str(mesh)]):
        entry = [table[str(column)][i] for column in columns]
        if not all(isinstance(value, float) for value in (*entry, line)):
            raise ValueError(f"measurement {name} has an entry that is no number in row {i + 1}")
        key = -1.0 if math.isnan(line) else line
        rows.setdefault(str(table[series][i]) if series else "", {}).setdefault(key, []).append(entry)
    found = []
    for title, lines in rows.items():
        points = np.array(lines.pop(-1.0, []), dtype=float).reshape(-1, 4)
        lengths = {len(line) for line in lines.values()}
        if len(lengths) != 1:
            raise ValueError(f"measurement {name}: lines of the mesh have {sorted(lengths)} points; give all the same")
        found.append((title, np.array([lines[key] for key in sorted(lines)], dtype=float), points))
    if not found:
        raise ValueError(f"measurement {name} has no finite entry to draw")
    return found


def _cells(mesh: Any, most: float, norm: Any) -> tuple[list[Any], list[Any]]:
    """Quadrilaterals of the sheet and their colours by the mean value, darker where they are steep."""
    import numpy as np
    from matplotlib import colormaps

    corners = np.stack([mesh[:-1, :-1], mesh[:-1, 1:], mesh[1:, 1:], mesh[1:, :-1]], axis=2).reshape(-1, 4, 4)
    value = corners[..., 3]
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(corners).all(axis=(1, 2)) & (np.ptp(value, axis=1) <= JUMP * 2 * most)
    kept = corners[whole]
    normal = np.cross(kept[:, 2, :3] - kept[:, 0, :3], kept[:, 3, :3] - kept[:, 1, :3])
    size = np.linalg.norm(normal, axis=1, keepdims=True)
    light = np.abs(normal / np.where(size > 0, size, 1) @ np.array([0.35, -0.45, 0.82]))
    colour = colormaps[COLOURS](norm(kept[..., 3].mean(axis=1)))
    colour[:, :3] *= (0.55 + 0.45 * light)[:, None]
    return list(kept[..., :3]), list(colour)


def _marks(points: Any, half: float) -> tuple[list[Any], list[Any]]:
    """Octahedra at the labelled points, and the colours of their faces."""
    import itertools

    import numpy as np

    polygons, colours = [], []
    for *place, value in points:
        for signs in itertools.product((-1, 1), repeat=3):
            corners = np.array(place) + half * np.diag(signs)
            polygons.append(corners)
            colours.append(POINT[int(value <= 0)])
    return polygons, colours


def _said(panels: list[tuple[str, Any, Any]], value: Any) -> str:
    """The same in words: how much of each panel has a sheet, and how far it is from 0 there."""
    import numpy as np

    parts, what = [f"{len(panels)} panels"], value.replace("_", " ")
    for title, mesh, _ in panels:
        own = mesh[..., 3]
        there = np.isfinite(own)
        away = f"{np.median(np.abs(own[there])):.2f}" if there.any() else "–"
        parts.append(f"{title}: a sheet over {100 * there.mean():.0f} % of the mesh, median absolute {what} {away}")
    return "; ".join(parts) + "."
