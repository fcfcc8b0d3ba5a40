"""Sheets in three dimensions: the table, the schema both ways, what is drawn and hidden, and the words for it."""

from __future__ import annotations

import base64
import copy
import io
import math
import re

import numpy as np
import pytest

from reports import figures, html, records, surface
from reports.records import InvalidRecord
from reports.tables import csv_columns
from reports.training import measurement, training_record

SIDE = np.linspace(-1, 1, 9)


def table(heights, points=((0.0, 0.0, 0.0, 1.0), (0.5, 0.5, 0.0, -1.0)), **more):
    """Sheets z = heights[title](x, y) over a square, with labelled points."""
    rows = []
    for title, height in heights.items():
        rows += [[title, i, x, y, height(x, y), height(x, y)] for i, y in enumerate(SIDE) for x in SIDE]
        rows += [[title, None, *point] for point in points]
    return {
        "name": "sheet", "title": "A sheet", "columns": ["time", "line", "x", "y", "z", "height"], "rows": rows,
        "units": {"height": "1"}, "kind": "surface", "x": "x", "y": ["y", "z"], "value": "height", "series": "time",
        "mesh": "line",
    } | more  # fmt: skip


def record_of(entry):
    return training_record({"measurements": [entry]}, thinmargin="0", seed=0, seconds=1.0, environment={})


def parts_of(entry):
    made = measurement(entry)
    columns, rows = csv_columns(made["csv"])
    return made, {column: [row[i] for row in rows] for i, column in enumerate(columns)}


WAVE = {"early": lambda x, y: 0.2 * x, "late": lambda x, y: 0.5 * math.sin(3 * x) + 0.1 * y}


def test_a_sheet_goes_through_record_schema_and_page_with_words(tmp_path):
    record = record_of(table(WAVE))
    path = records.write(record, tmp_path)
    assert records.read(path) == record and record["measurements"][0]["figure"]["mesh"] == "line"
    page = html.render(record)
    label = re.search(r'<svg [^>]*role="img" aria-label="([^"]+)"', page)
    assert label is not None and label[1].startswith("A sheet. 2 panels; early: a sheet over 100 % of the mesh")
    assert page == html.render(record), "equal records give equal pages"
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page), "nothing is loaded"
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def pixels(text):
    from PIL import Image

    sources = re.findall(r'xlink:href="data:image/png;base64,\s*([^"]+)"', text)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(source))).convert("RGBA")) for source in sources]


def colour_count(text, colour):
    """Pixels of all embedded pictures near a colour, shading aside."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return sum(
        int(((np.abs(shown[..., :3].astype(int) - wanted).max(axis=2) < 25) & (shown[..., 3] > 200)).sum())
        for shown in pixels(text)
    )


def test_points_are_drawn_by_class_and_hidden_behind_the_sheet():
    def shown(height, label):
        return figures.svg(measurement(table({"a": height}, ((0.0, 0.0, -0.5, label),))))

    def strip(x, y):
        return 0.0 if y > 0.7 else math.nan

    seen, hidden = shown(strip, 1.0), shown(lambda x, y: 0.0, 1.0)
    assert colour_count(seen, surface.POINT[0]) > 20 and colour_count(seen, surface.POINT[1]) == 0
    assert colour_count(hidden, surface.POINT[0]) < colour_count(seen, surface.POINT[0]) / 2
    other = shown(strip, -1.0)
    assert colour_count(other, surface.POINT[1]) > 20 and colour_count(other, surface.POINT[0]) == 0


def test_cells_that_jump_or_lack_a_corner_are_left_open():
    mesh = np.zeros((5, 5, 4))
    mesh[..., 0], mesh[..., 1] = np.meshgrid(range(5), range(5))
    from matplotlib.colors import Normalize

    def count(values):
        own = mesh.copy()
        own[..., 2] = own[..., 3] = values
        return len(surface._cells(own, 1.0, Normalize(-1, 1))[0])

    flat = np.zeros((5, 5))
    assert count(flat) == 16
    jump = np.where(np.arange(5) < 2, 0.8, -0.8) * np.ones((5, 1))
    assert count(jump) == 12, "the column of cells across the jump is open"
    flat[2, 2] = np.nan
    assert count(flat) == 12, "the four cells around a missing corner are open"


@pytest.mark.parametrize(("change", "said"), [
    (lambda t: [row for i, row in enumerate(t["rows"]) if i != 3], "lines of the mesh have"),
    (lambda t: [[*row[:5], None] if row[1] is not None else row for row in t["rows"]], "no finite entry"),
    (lambda t: [[*row[:4], "high", row[5]] for row in t["rows"]], "is no number in row 1"),
    (lambda t: [row for row in t["rows"] if row[1] is None], "lines of the mesh have"),
    (lambda t: [], "no finite entry"),
])  # fmt: skip
def test_a_sheet_that_cannot_be_drawn_is_named(change, said):
    entry = table({"a": lambda x, y: 0.0})
    entry["rows"] = change(entry)
    with pytest.raises(ValueError, match=said) as raised:
        figures.svg(measurement(entry))
    assert "measurement sheet" in str(raised.value) and "\n" not in str(raised.value)
    assert "No figure: measurement sheet" in html.render(record_of(entry))


def test_a_missing_mesh_column_is_named():
    with pytest.raises(ValueError, match="has no column 'row'"):
        figures.svg(measurement(table(WAVE, mesh="row")))


@pytest.mark.parametrize(("key", "value"), [
    ("mesh", None), ("mesh", 3), ("value", None), ("y", "y"), ("y", ["y"]), ("kind", "lines"), ("kind", None),
])  # fmt: skip
def test_the_schema_refuses_sheets_without_a_mesh_and_meshes_without_a_sheet(key, value):
    record = record_of(table(WAVE))
    records.validate(record)
    wrong = copy.deepcopy(record)
    figure = wrong["measurements"][0]["figure"]
    if value is None:
        del figure[key]
    else:
        figure[key] = value
    with pytest.raises(InvalidRecord):
        records.validate(wrong)


def test_words_say_how_far_the_sheet_is():
    entry = table({"half": lambda x, y: 0.25 if x > 0.01 else math.nan, "none": lambda x, y: math.nan})
    _, said = surface.surfaces(*parts_of(entry))
    assert said == ("2 panels; half: a sheet over 44 % of the mesh, median absolute height 0.25; "
                    "none: a sheet over 0 % of the mesh, median absolute height –.")  # fmt: skip
