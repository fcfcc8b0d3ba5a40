"""Pictures in records: the table, the schema both ways, the drawn grid and its words; the panels that make them."""

from __future__ import annotations

import base64
import copy
import html as html_text
import io
import json
import re
from functools import partial

import numpy as np
import pytest
import torch

from constructions.feature_purification.dictionaries import learned_dictionary
from constructions.trained.feature_purification import pictures
from constructions.trained.feature_purification.digits import DigitsRecipe
from constructions.trained.feature_purification.pictures import Size, panels
from reports import figures, html, records
from reports.records import InvalidRecord
from reports.training import measurement, training_record

CHECK = np.array([[1.0, 0.0, -1.0], [0.5, 0.0, -0.5]])


def table(images, pixels=3, **more):
    """Pictures by row and column of the grid, each a list of lines."""
    names = [f"pixel_{i}" for i in range(pixels)]
    return {
        "name": "neurons", "title": "Neurons & columns", "columns": ["row", "neuron", "cosine", *names],
        "rows": [[row, column, 0.25 * column, *line] for (row, column), lines in images.items() for line in lines],
        "units": {"cosine": "1"}, "kind": "pictures", "x": "neuron", "y": "row", "value": "cosine", "pixels": names,
    } | more  # fmt: skip


GRID = {(row, column): (column * CHECK).tolist() for row in ("before", "after") for column in (1, 2, 3)}


def record_of(*tables):
    return training_record({"measurements": list(tables)}, thinmargin="0", seed=0, seconds=1.0, environment={})


def embedded(text):
    """Pixels (height, width, 4) of the pictures inside an SVG."""
    from PIL import Image

    sources = re.findall(r'xlink:href="data:image/png;base64,\s*([^"]+)"', text)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(source))).convert("RGBA")) for source in sources]


def test_pictures_go_through_record_schema_and_page_with_words_for_those_who_do_not_see_them(tmp_path):
    record = record_of(table(GRID))
    path = records.write(record, tmp_path)
    assert records.read(path) == record
    entry = record["measurements"][0]
    assert entry["axes"] == ["neuron", "row"] and entry["figure"]["kind"] == "pictures"
    page = html.render(record)
    label = re.search(r'<svg [^>]*role="img" aria-label="([^"]+)"', page)
    assert label is not None
    assert html_text.unescape(label[1]) == (
        "Neurons & columns. 2 rows of 3 pictures, 3 by 2 pixels each; before: cosine 0.25, 0.50, 0.75; "
        "after: cosine 0.25, 0.50, 0.75."
    )
    assert len(embedded(page)) == 6 and "image-rendering:pixelated" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) and page == html.render(record)
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page), "nothing is loaded"


def test_each_picture_has_one_colour_per_pixel_on_a_symmetric_scale_of_its_own():
    first, second, *_ = embedded(figures.svg(measurement(table(GRID))))
    assert first.shape == (2, 3, 4) and np.array_equal(first, second), "a picture twice as strong looks the same"
    plus, zero, minus = first[0, :, :3].astype(int)
    assert plus[0] > plus[2] + 60 and minus[2] > minus[0] + 60, "red above 0, blue below"
    assert zero.min() > 230 and np.ptp(zero) < 8, "0 is neutral"
    assert not np.array_equal(first[0], first[1])
    lopsided = {("a", 1): [[4.0, 1.0, 0.0]]}
    shown = embedded(figures.svg(measurement(table(lopsided))))[0]
    assert np.ptp(shown[0, 2, :3].astype(int)) < 8, "0 stays neutral where nothing is below it"
    nothing = embedded(figures.svg(measurement(table({("a", 1): [[0.0, 0.0, 0.0]]}))))[0]
    assert np.ptp(nothing[..., :3].astype(int)) < 8


@pytest.mark.parametrize(("images", "said"), [
    ({("a", 1): [[1.0, np.nan, 0.0]]}, "a, 1.0 has an entry that is no number"),
    ({("a", 1): [[1.0, np.inf, 0.0]]}, "a, 1.0 has an entry that is no number"),
    ({("a", 1): [[1.0, 1.0, 0.0]], ("a", 2): [[1.0, 1.0, 0.0]] * 2}, r"pictures have \[1, 2\] lines"),
    ({}, "no picture to draw"),
])  # fmt: skip
def test_a_picture_that_cannot_be_drawn_is_named(images, said):
    entry = measurement(table(images))
    with pytest.raises(ValueError, match=said):
        figures.svg(entry)
    assert "No figure: measurement neurons" in html.render(record_of(table(images)))


def test_a_missing_column_of_pixels_is_named():
    with pytest.raises(ValueError, match="has no column 'pixel_9'"):
        figures.svg(measurement(table(GRID, pixels=3) | {"pixels": ["pixel_0", "pixel_9"]}))


@pytest.mark.parametrize(("key", "value"), [
    ("pixels", None), ("pixels", []), ("pixels", "pixel_0"), ("pixels", ["a", "a"]), ("pixels", [1]),
    ("kind", "lines"), ("kind", None), ("kind", "mosaic"), ("y", ["row"]),
])  # fmt: skip
def test_the_schema_refuses_pictures_without_pixels_and_pixels_without_pictures(key, value):
    record = record_of(table(GRID))
    records.validate(record)
    wrong = copy.deepcopy(record)
    figure = wrong["measurements"][0]["figure"]
    if value is None:
        del figure[key]
    else:
        figure[key] = value
    with pytest.raises(InvalidRecord):
        records.validate(wrong)


def test_neurons_are_chosen_by_their_change_and_not_by_hand():
    first = np.random.default_rng(0).normal(size=(40, 64))
    after = first.copy()
    after[[7, 31, 2]] += np.array([[3.0], [9.0], [5.0]])
    rows = pictures._shown_digits({pictures.START: first, pictures.CLEAN: first, pictures.WARM: after}, 8)
    assert rows[0]["neurons"][:3] == [31, 2, 7] and len(rows) == 4
    assert np.allclose(rows[3]["images"][0], 9.0) and rows[3]["values"][0] == pytest.approx(0, abs=1e-12)


def test_neurons_of_patches_are_the_longest_one_per_nearest_column():
    dictionary = learned_dictionary(4, 12, 0, count=300)
    after = np.vstack([2 * dictionary.matrix.T, -5 * dictionary.matrix.T[:3], 9 * dictionary.matrix.T[:1]])
    networks = {name: after for name in (pictures.START, pictures.CLEAN, pictures.WARM)}
    rows = pictures._shown_patches(networks, dictionary)
    assert rows[0]["neurons"][:3] in ([14 + 1, 12 + 1, 12 + 2], [14 + 1, 12 + 2, 12 + 1])
    assert np.allclose(rows[2]["values"], 1)
    assert np.allclose(rows[-1]["images"][1], -dictionary.matrix[:, rows[0]["neurons"][1] - 12]), "the neuron's sign"


@pytest.fixture
def tiny(monkeypatch):
    size = Size(((4, 16), (4, 24)), ((4, 16),), 12, 20, 2, 40, 4, 2)
    monkeypatch.setitem(pictures.SIZES, "small", size)
    monkeypatch.setattr(pictures, "RANKS", (1, 4))
    monkeypatch.setattr(pictures, "learned_dictionary", partial(learned_dictionary, count=300))
    monkeypatch.setattr(pictures.digits, "DigitsRecipe", lambda: DigitsRecipe(width=16, epochs=2))


def test_panels_make_a_page_resume_and_leave_out_what_the_time_did_not_allow(tiny):
    done, worked = {}, []

    def recall(name, work):
        if name not in done:
            worked.append(name)
            done[name] = json.loads(json.dumps(work()))
        return done[name]

    told = []
    tables = panels("small", torch.device("cpu"), 0, recall, lambda *steps: told.append(steps))
    assert len(worked) == 5 == len(told) and told[0][:2] == (0, 5)
    names = [entry["name"] for entry in tables]
    assert len(names) == len(set(names)) == 11
    record = json.loads(json.dumps(record_of(*tables)))
    records.validate(record)
    page = html.render(record)
    assert page.count("No figure") == 0 and page.count('role="img"') == 7
    for entry in tables:
        if entry.get("kind") == "pictures":
            assert len(embedded(figures.svg(measurement(entry)))) == len({tuple(row[:2]) for row in entry["rows"]})
    again = panels("small", torch.device("cpu"), 0, recall)
    assert again == tables and len(worked) == 5
    ranks = next(entry for entry in tables if entry["name"] == "purification_digits_rank")
    assert {row[1] for row in ranks["rows"]} == {1, 4} and len(ranks["rows"]) == 8
    cut_short = panels("small", torch.device("cpu"), 0, lambda name, _: done[name] if "digits" in name else None)
    assert [entry["name"] for entry in cut_short] == ["purification_update_spectrum"] + names[-5:]
    assert panels("small", torch.device("cpu"), 0, lambda *_: None) == []


def test_training_of_feature_purification_shows_the_panels(tiny, monkeypatch, tmp_path):
    from constructions.trained.feature_purification import run

    monkeypatch.setitem(run.SCALES, "small", run.Scale((), ()))
    result = run.train("small", state=tmp_path / "state.json")
    names = [entry["name"] for entry in result.tables]
    assert {"purification_patches_pictures_4x4_16", "purification_digits_pictures"} <= set(names)
    monkeypatch.setattr(pictures, "_digits", lambda *_: pytest.fail("trained again"))
    assert run.train("small", state=tmp_path / "state.json").tables == result.tables, "nothing is trained again"
    assert run.train("small", state=tmp_path / "new.json", budget=0).skipped
