"""The rendered report: equal to the committed page, self-contained, safe, and readable figures.

After a deliberate change of the page run ``THINMARGIN_UPDATE_SNAPSHOTS=1 pytest tests/snapshots`` and read the diff.
"""

from __future__ import annotations

import base64
import copy
import json
import math
import os
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from reports import compare, console, figures, html, records, tables
from reports.mathml import UnsafeMathML, clean
from reports.training import measurement

HERE = Path(__file__).parent
VOID = {"meta", "br", "input", "link", "img", "hr"}


@pytest.fixture
def record() -> records.Record:
    return records.read(HERE / "record.json")


def changed(record):
    """An earlier run, worse in some ways and better in others."""
    old = copy.deepcopy(record)
    old["seed"] = 1
    old["statements"][0] |= {"status": "undecided"}
    old["statements"][1] |= {"status": "supported", "version": 1}
    old["statements"][2]["acceptance"]["accepted"] = 60
    old["statements"][2]["proof"][1]["status"] = "argued"
    old["statements"][2]["conclusions"][0]["least_slack"] = "-Infinity"
    del old["statements"][4]
    del old["summary"]
    return old


class Page(HTMLParser):
    """Balanced tags, ids, links and external references of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self._look(tag, dict(attributes))

    def handle_startendtag(self, tag, attributes):
        self._look(tag, dict(attributes))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def _look(self, tag, attributes):
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])
        self.loads += [
            value
            for key, value in attributes.items()
            if key in ("src", "srcset", "data", "action", "poster") or (key == "href" and tag != "a")
        ]
        self.loads += [value for key, value in attributes.items() if key.startswith("on")]


def compare_with_committed(text: str, name: str) -> None:
    path = HERE / name
    if os.environ.get("THINMARGIN_UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_the_page_equals_the_committed_one(record):
    """Figures are left out: their text depends on the version of matplotlib."""
    compare_with_committed(html.render(record, compare.changes(changed(record), record), draw=False), "report.html")


def test_the_latex_tables_equal_the_committed_ones(record):
    compare_with_committed(tables.latex(record), "tables.tex")


def test_the_page_is_well_formed_and_loads_nothing(record):
    text = html.render(record, compare.changes(changed(record), record))
    page = Page(text)
    assert [] == page.open
    assert len(page.ids) == len(set(page.ids))
    assert [] == page.loads
    assert "@import" not in text and set(re.findall(r"url\(([^)]{1,3})", text)) <= {"#st", "#ru"}
    for link in page.links:
        assert not link.startswith("#") or link[1:] in page.ids, link
        assert re.match(r"#|data:text/csv;base64,|certificates/|instances/|verification\.json$", link), link
    assert {"svg", "math", "details", "caption"} <= set(page.tags)
    assert page.tags.count("script") == 1 == page.tags.count("h1")


def test_rendering_twice_gives_the_same_page(record):
    assert html.render(record) == html.render(record)


def test_the_headline_has_denominators_rigor_and_the_limit_of_finite_checks(record):
    head = html.render(record, draw=False).split('id="index"')[0]
    for words in (
        "3 matters need attention",
        "numerical",
        "303",
        "of 387",
        "78.3",
        "of 7, 2 open",
        "vacuous",
        "What a finite check does not show",
        "seed <strong>0</strong>",
    ):
        assert words in head
    assert not re.search(r"\bverified\b", head, re.IGNORECASE)


def test_a_page_without_problems_says_so(record):
    record["statements"], record["certificates"] = record["statements"][:4], record["certificates"][:2]
    del record["summary"]
    text = html.render(record, draw=False)
    assert "Every statement has its expected status" in text and "attention.</strong>" not in text


def test_an_empty_record_renders():
    empty = {
        "schema": 1,
        "thinmargin": "0",
        "profile": "quick",
        "seed": 0,
        "environment": {},
        "seconds": 0.0,
        "statements": [],
    }
    assert "0 statements" in html.render(empty)
    assert [] == Page(html.render(empty)).open


def test_text_of_a_record_cannot_become_markup(record):
    attack = '<script>alert(1)</script><img src=x onerror="y">\'&'
    statement = record["statements"][0]
    statement["title"] = statement["does_not_claim"] = statement["power"] = statement["latex"] = attack
    statement["given"][0] |= {"name": attack, "latex": attack, "mathml": f"<math><mi>{attack}</mi></math>"}
    statement["proof"][0]["argument"] = statement["mutants"]["detail"][0]["name"] = attack
    statement["measurements"][0] |= {"title": attack, "note": attack}
    statement["measurements"][0]["csv"] = statement["measurements"][0]["csv"].replace("dimension", "<script>")
    statement["measurements"][0]["figure"]["x"] = "<script>"
    statement["conclusions"][0]["worst_instance"]["at"] = attack
    record["environment"]["python"] = record["notes"] = attack
    record["notes"] = [attack]
    del record["summary"]
    page = Page(html.render(record))
    assert 1 == page.tags.count("script") and "img" not in page.tags and [] == page.loads and [] == page.open


@pytest.mark.parametrize(("text", "words"), [
    ("<math><mi>x</mi></math>", "<mi>x</mi>"),
    ('<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow><mi>x</mi></mrow></math>', "<mrow><mi>x</mi></mrow>"),
    ("<mrow><mn>2</mn><mo>&InvisibleTimes;</mo><mi>x</mi></mrow>", "<mo>\N{INVISIBLE TIMES}</mo>"),
    ("<mrow><mo><</mo></mrow>", "<mo>&lt;</mo>"),
    ("<mo>&lt;</mo>", "<mo>&lt;</mo>"),
    ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "<mrow><mo>(</mo><mi>a</mi><mo>,</mo><mi>b</mi><mo>)</mo></mrow>"),
    ("<mn>-1</mn>", "<mn>\N{MINUS SIGN}1</mn>"),
    ('<mi mathvariant="normal">x</mi>', '<mi mathvariant="normal">x</mi>'),
])  # fmt: skip
def test_good_mathml_is_kept(text, words):
    assert words in clean(text)
    ElementTree.fromstring(clean(text))


@pytest.mark.parametrize("text", [
    "", "x", "<math>", "<math><mi>x</math>", "<script>alert(1)</script>", "<math><script/></math>",
    '<math><mi onclick="x">x</mi></math>', '<math><mi href="javascript:x">x</mi></math>', '<mi style="x">x</mi>',
    "<math><mi>x</mi></math><math><mi>y</mi></math>", "<math><math><mi>x</mi></math></math>",
    '<!DOCTYPE math [<!ENTITY a "b">]><math><mi>&a;</mi></math>', "<math><!-- x --><mi>x</mi></math>",
    "<math><annotation-xml><svg/></annotation-xml></math>", "<math><mi>&nosuchentity;</mi></math>",
    '<svg xmlns="http://www.w3.org/2000/svg"/>', "<math><mrow><mi>x</mi>stray</mrow></math>", "</math><math>",
    "<mrow/></mrow><mrow>", '<math><maction actiontype="x"><mi>x</mi></maction></math>',
])  # fmt: skip
def test_anything_else_is_refused_and_shown_as_latex(text):
    with pytest.raises(UnsafeMathML):
        clean(text)
    assert '<code class="tex">x &lt; y</code>' == html.formula({"name": "n", "latex": "x < y", "mathml": text})


def test_what_sympy_writes_is_accepted():
    import sympy

    x, y = sympy.symbols("x_1 y")
    for relation in (
        x < y,
        sympy.Ge(sympy.Max(x, -y), sympy.sqrt(x / y)),
        sympy.Abs(x) ** 2 <= sympy.exp(-y) + sympy.log(x),
    ):
        clean(sympy.mathml(relation, printer="presentation"))


TABLE = {
    "name": "t",
    "title": "Title",
    "columns": ["n", "d", "size", "low", "high"],
    "units": {"n": "count", "size": "sqrt(d/n)"},
    "x": "d",
    "y": "size",
    "series": "n",
    "rows": [(n, d, 1 / d, 0.9 / d, 1.1 / d) for n in (8, 20) for d in (100, 200, 400)],
}


def drawn(**changes):
    return figures.svg(measurement(TABLE | changes), "p")


@pytest.mark.parametrize("changes", [
    {}, {"series": None}, {"log": ["x", "y"]}, {"kind": "points"}, {"low": "low", "high": "high"},
    {"y": ["size", "low"]},
    {"kind": "heatmap", "y": "n", "value": "size", "series": None},
    {"kind": "heatmap", "y": "n", "value": "size", "series": None, "log": ["value"]},
    {"rows": [*TABLE["rows"], (8, 800, math.nan, math.inf, None)]}, {"rows": TABLE["rows"][:1]},
    {"rows": [("merged", *row[1:]) for row in TABLE["rows"]]},
    {"rows": [(0, d, 10.0**-d, 0.0, 0.0) for d in range(1, 30)], "log": ["x", "y"]},
])  # fmt: skip
def test_figures_are_svg_with_labelled_axes(changes):
    text = drawn(**changes)
    ElementTree.fromstring(text)
    assert "d (dimensionless)" in text and text.startswith("<svg") and "Title" in text
    assert "currentColor" in text and "#0102" not in text and "#0a0b" not in text and "<style" not in text
    assert all(identity.startswith("p-") for identity in re.findall(r'\bid="([^"]+)"', text))
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(re.findall(r'\bid="([^"]+)"', text))


def test_axis_labels_carry_units():
    assert "size (sqrt(d/n))" in drawn() and "n (count)" in drawn(kind="heatmap", y="n", value="size", series=None)
    assert "n = 8" in drawn() and "n = 20" in drawn()


def test_the_legend_stands_above_the_axes_and_never_on_data():
    text = drawn(rows=[(n, d, float(d * n), 0.0, 0.0) for n in range(12) for d in (1, 2, 3)])
    axes_top = min(
        float(y) for y in re.findall(r"M [\d.]+ ([\d.]+) \nL [\d.]+ \1", text.split("matplotlib.axis_2")[1])[:6]
    )
    legend = text.split("p-legend_1")[1]
    assert all(float(y) < axes_top for y in re.findall(r'<text [^>]*\by="([\d.]+)"', legend) if float(y) > 0)


@pytest.mark.parametrize("changes", [
    {"x": "absent"}, {"series": "absent"}, {"rows": []}, {"rows": [(1, 2, math.nan, 0, 0)]},
    {"kind": "heatmap"}, {"rows": [(1, 2, "text", 0, 0)]},
])  # fmt: skip
def test_a_figure_that_cannot_be_drawn_is_refused_and_the_page_says_why(record, changes):
    entry = measurement(TABLE | changes)
    with pytest.raises(ValueError, match="measurement t"):
        figures.svg(entry)
    record["statements"][0]["measurements"] = [entry]
    assert "No figure: measurement t" in html.render(record)


def test_the_numbers_of_a_figure_can_be_downloaded_from_the_page(record):
    entry = record["statements"][0]["measurements"][0]
    links = Page(html.render(record, draw=False)).links
    stored = [base64.b64decode(link.split(",")[1]).decode() for link in links if link.startswith("data:")]
    assert entry["csv"] in stored and tables.index_csv(record) in stored


def test_of_many_certificates_the_rejected_ones_are_shown_first_and_the_rest_counted(record):
    good, bad = record["certificates"][0], record["certificates"][2]
    record["certificates"] = [good | {"file": f"certificates/kkt_point-{i}.json"} for i in range(100)]
    record["certificates"].append(bad | {"kind": "kkt_point"})
    del record["summary"]
    section = html.render(record, draw=False).split('id="certificates"')[1]
    assert "100 accepted" in section and "1 not" in section and "and 61 more" in section
    assert (
        section.index(bad["file"]) < section.index("kkt_point-0.json")
        and 'href="certificates/kkt_point-0.json"' in section
    )


def test_changes_have_a_direction(record):
    found = {
        (change.statement.split(".")[-1], change.what): (change.before, change.after, change.direction)
        for change in compare.changes(changed(record), record)
    }
    assert {
        ("run", "seed"): ("1", "0", "changed"),
        ("universal_flip", "status"): ("undecided", "supported", "better"),
        ("balance", "version"): ("1", "2", "changed"),
        ("all_kkt_points", "instances accepted"): ("60", "52", "worse"),
        ("all_kkt_points", "least slack"): ("−∞", "0.0023", "better"),
        ("all_kkt_points", "proof step F"): ("argued", "open", "worse"),
        ("dense_mixture", "statement"): ("absent", "vacuous", "changed"),
    } == found
    assert [] == compare.changes(record, record)
    gone = compare.changes(record, changed(record))
    assert ("feature_purification.dense_mixture", "absent", "worse") in [
        (c.statement, c.after, c.direction) for c in gone
    ]


@pytest.mark.parametrize(("value", "shown"), [
    (None, "–"), (0, "0"), (0.0, "0"), (-0.0, "0"), (3.0, "3"), (-1, "−1"), (0.03125, "0.0312"), (1.72e-5, "1.72·10⁻⁵"),
    (-2.5e12, "−2.5·10¹²"), ("Infinity", "∞"), ("-Infinity", "−∞"), ("NaN", "NaN"), (math.inf, "∞"),
    (123456.0, "123456"),
])  # fmt: skip
def test_numbers_as_people_read_them(value, shown):
    assert shown == tables.number(value)


@pytest.mark.parametrize(("part", "whole", "shown"), [
    (0, 0, "–"), (0, 5, "0 %"), (5, 5, "100 %"), (9999, 10000, "99.9 %"), (1, 100000, "0.1 %"), (1, 3, "33.3 %"),
])  # fmt: skip
def test_shares_are_never_rounded_to_all_or_nothing(part, whole, shown):
    assert shown == tables.share(part, whole).replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_latex_escapes_what_would_break_it():
    assert r"50\% of a\_b \& \{c\} \textbackslash{} \textasciicircum{}" == tables.latex_escape("50% of a_b & {c} \\ ^")


def test_csv_reads_back_exactly():
    rows = [[0.1, 1, "a,b", None], [1 / 3, 2**60, 'say "x"', math.inf]]
    columns, back = tables.csv_columns(tables.csv_text(["a", "b", "c", "d"], rows))
    assert ["a", "b", "c", "d"] == columns and 0.1 == back[0][0] and 1 / 3 == back[1][0] and math.inf == back[1][3]
    assert "a,b" == back[0][2] and math.isnan(back[0][3])
    with pytest.raises(ValueError, match="3 columns"):
        tables.csv_text(["a", "b", "c"], [[1, 2]])


def summary_lines(statements, width=180):
    """The end-of-run table as plain text lines."""
    plain = Console(width=width, highlight=False, color_system=None, force_terminal=False)
    with plain.capture() as captured:
        plain.print(console.summary_table(statements, width))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_the_console_table_is_plain_text_with_every_statement(record):
    lines = summary_lines(record["statements"])
    assert 2 + len(record["statements"]) == len(lines) and "\x1b" not in "".join(lines)
    assert "vacuous" in lines[5] and "0 of 20" in lines[5] and "expected supported" in lines[6]


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_the_console_table_never_cuts_a_number(record, width):
    text = "\n".join(summary_lines(record["statements"], width))
    for cell in ("210 / 236", "1.72·10⁻⁵", "4 / 5 (+2 open)", "0 of 20", "−0.943"):
        assert cell in text
    assert all(len(line) <= width for line in text.splitlines())


def test_progress_is_silent_unless_on_a_terminal(capsys):
    with console.Display() as progress:
        progress("verify", 0, 0, "start")
        progress("verify", 3, 9, "x" * 500)
    assert ("", "") == capsys.readouterr()


def test_reports_render_from_records_alone():
    """No module but those of the command line may import a layer that computes; writing files is no computing."""
    for path in Path(html.__file__).parent.glob("*.py"):
        if "command" not in path.name:
            computing = r"^\s*(from|import) (theorems|verifiers|constructions(?!\.files import))\b"
            assert not re.search(computing, path.read_text(), re.MULTILINE), path


def test_the_committed_record_is_written_the_way_records_are_written(record):
    assert records.dumps(json.loads((HERE / "record.json").read_text())) == (HERE / "record.json").read_text()
