"""Builders of certificates, and what the checker makes of content that no builder writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import forgeries as f
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers import certificates as c
from verifiers import recheck

HONEST = f.accepted()
Edit = Callable[[dict[str, Any]], None]


@pytest.mark.parametrize(("value", "written"), [
    (3, ["0x3", "0x1"]), (Fraction(-3, 6), ["-0x1", "0x2"]), (0.375, ["0x3", "0x8"]), ("1/10", ["0x1", "0xa"]),
    ("-0.25", ["-0x1", "0x4"]), (np.int64(-17), ["-0x11", "0x1"]), (np.float64(0.5), ["0x1", "0x2"]),
    (flint.fmpq(-2, 3), ["-0x2", "0x3"]), (flint.fmpz(10)**20, [hex(10**20), "0x1"])])
def test_exact_numbers_of_every_kind_are_written_without_rounding(value, written):
    assert c.rational_to_json(value) == written
    assert recheck._rational(written, "x") == c.exact(value)


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), None, "x", 1j, np.float64("nan")])
def test_numbers_that_are_not_exact_are_refused(value):
    with pytest.raises((TypeError, ValueError, OverflowError)):
        c.rational_to_json(value)


@given(st.lists(st.fractions(-5, 5, max_denominator=60), min_size=1, max_size=6))
def test_vectors_and_matrices_share_one_denominator(values):
    for form in (values, np.array(values, dtype=object), tuple(values)):
        num, den = recheck._array(json.loads(json.dumps(c.vector_to_json(form))), "x", None)
        assert [Fraction(entry, den) for entry in num] == values
    num, den = recheck._array(c.matrix_to_json(np.array([values, values], dtype=object)), "x", 2, len(values))
    assert [[Fraction(entry, den) for entry in row] for row in num] == [values, values]


def test_saving_is_complete_canonical_and_named_by_content(tmp_path):
    certificate = HONEST["acute"]
    path = c.save(certificate, tmp_path / "new" / "folder")
    assert path.name == f"kkt_point-{certificate['digest'][:12]}.json" and c.load(path) == certificate
    assert path.read_bytes() == c.canonical(certificate) + b"\n"
    assert c.save(certificate, path.parent) == path and [item.name for item in path.parent.iterdir()] == [path.name]
    with pytest.raises(ValueError):
        c.save({**certificate, "claim": float("nan")}, path.parent)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_sealing_twice_changes_nothing_and_covers_everything_else():
    certificate = HONEST["all6"]
    assert c.seal(certificate) == certificate
    for key in certificate:
        if key != "digest":
            assert recheck.check({**certificate, key: "x"}).status == "altered"


def test_data_come_as_points_or_as_gram_matrix():
    with pytest.raises(ValueError, match="exactly one"):
        c.data_block([1, -1], False)
    with pytest.raises(ValueError, match="exactly one"):
        c.network_values(c.raw_network([[1]], None, [1]), [(0, "==", 1)], **f.META)
    with pytest.raises(ValueError, match="not an integer"):
        c.data_block([1.5, -1], False, points=np.eye(2))
    points = np.array([[1, 1, 1, 1], [1, 1, 1, -1]])
    rows, bounds = [[2, 1], [1, 2]], [c.flipped("0.5000000001")]
    blocks = c.data_block([1, -1], 0, points=points), c.data_block(np.array([1., -1.]), False, gram=points @ points.T)
    for data in blocks:
        made = c.kkt_point_exact(data, signs=[1, -1], rows=rows, masses=["1/6"] * 2, conclusions=bounds, **f.META)
        assert made["payload"]["pattern"] == [[1, 0], [0, 1]] and recheck.check(made).status == "accepted"


def test_raw_and_merged_forms_of_one_network_have_one_radius():
    points = 3 * np.eye(5, 9, dtype=int)
    merged = c.merged_network(f.ORTHOGONAL, [1, -1], f.MERGED_ROWS, [f.NINTH] * 2)
    weights = np.array(f.MERGED_ROWS) @ points
    raw = c.raw_network(weights, [0, 0], [f.NINTH, -f.NINTH], f.ORTHOGONAL)
    cells = [(cell["active"], [int(v, 16) for v in cell["dual"]["num"]])
             for cell in HONEST["radius_merged"]["payload"]["cells"]]
    step = points.T @ np.array(f.ORTHOGONAL["labels"])
    for network in (merged, raw):
        made = c.robust_radius(network, sample=0, lower_squared="1.7999999", upper_squared="9/5", cells=cells,
                               vector=[Fraction(-int(v), 5) for v in step], **f.META)
        assert recheck.check(made).status == "accepted"


def nested(depth: int) -> list[Any]:
    node: list[Any] = []
    for _ in range(depth):
        node = [node]
    return node


MALFORMED: list[tuple[str, str, Edit]] = [
    ("kind", "acute", f.put("kind", "kkt_points")), ("kind type", "acute", f.put("kind", ["kkt_point"])),
    ("format", "acute", f.put("format", 2)), ("format boolean", "acute", f.put("format", True)),
    ("version", "acute", f.put("version", "1")), ("version boolean", "acute", f.put("version", True)),
    ("statement", "acute", f.put("statement", "")), ("instance", "acute", f.put("instance", 3)),
    ("claim type", "acute", f.put("claim/type", "values")), ("claim list", "acute", f.put("claim", [])),
    ("claim null", "acute", f.put("claim", None)), ("payload text", "acute", f.put("payload", "none")),
    ("missing claim", "acute", lambda item: item.pop("claim")), ("extra key", "acute", f.put("note", "x")),
    ("extra payload", "acute", f.put("payload/note", "x")), ("extra in claim", "all6", f.put("claim/proved", True)),
    ("missing payload key", "acute", lambda item: item["payload"].pop("signs")),
    ("missing data", "acute", lambda item: item["payload"].pop("gram")),
    ("points and gram", "acute", f.put("payload/points", c.matrix_to_json([[1], [2]]))),
    ("exact and box", "acute", f.put("payload/box", {})), ("float", "acute", f.put("payload/gram/num/0/0", 4.0)),
    ("NaN", "acute", f.put("payload/gram/num/0/0", float("nan"))),
    ("infinity", "acute", f.put("payload/bias", float("inf"))),
    ("integer for hex", "acute", f.put("payload/gram/num/0/0", 4)),
    ("decimal text", "acute", f.put("payload/gram/den", "1")),
    ("hex in capitals", "acute", f.put("payload/gram/num/0/0", "0xA")),
    ("empty hex", "acute", f.put("payload/gram/den", "0x")),
    ("zero denominator", "acute", f.put("payload/gram/den", "0x0")),
    ("negative denominator", "acute", f.put("claim/conclusions/0/t", ["0x1", "-0x2"])),
    ("label two", "acute", f.put("payload/labels/0", 2)), ("label boolean", "acute", f.put("payload/labels/0", True)),
    ("bias integer", "acute", f.put("payload/bias", 1)), ("no labels", "acute", f.put("payload/labels", [])),
    ("support integer", "acute", f.put("payload/support/0", 1)),
    ("pattern two", "acute", f.put("payload/pattern/0/0", 2)),
    ("pattern boolean", "acute", f.put("payload/pattern/0/0", True)),
    ("short pattern", "acute", f.drop("payload/pattern", 0)),
    ("short row", "acute", f.drop("payload/exact/rows/num/0", 0)),
    ("short masses", "acute", f.drop("payload/exact/masses/num", 0)),
    ("gram not symmetric", "acute", f.put("payload/gram/num/0/1", "0x1")),
    ("short gram", "acute", f.drop("payload/gram/num", 1)),
    ("no neurons", "acute", f.both(f.put("payload/signs", []), f.put("payload/pattern", []))),
    ("nested gram", "acute", f.put("payload/gram", nested(50))),
    ("deep nesting", "acute", f.put("payload/gram", nested(400))),
    ("huge nesting", "acute", f.put("payload/gram", nested(100_000))),
    ("unknown conclusion", "acute", f.put("claim/conclusions/0/type", "unflipped")),
    ("conclusion list", "acute", f.put("claim/conclusions/0", [])),
    ("conclusions text", "acute", f.put("claim/conclusions", "")),
    ("no samples", "acute", f.put("claim/conclusions/0/samples", [])),
    ("samples repeated", "acute", f.put("claim/conclusions/0/samples", [1, 1])),
    ("sample beyond", "acute", f.put("claim/conclusions/0/samples", [2])),
    ("sample boolean", "acute", f.put("claim/conclusions/0/samples", [True])),
    ("upward flip", "acute", f.put("claim/conclusions/0/relation", ">")),
    ("level above zero", "acute", f.rational("claim/conclusions/0/level", 1)),
    ("closed level zero", "acute", f.put("claim/conclusions/0/relation", "<=")),
    ("negative t", "acute", f.rational("claim/conclusions/0/t", -1)),
    ("bound on nothing", "acute", f.put("claim/conclusions/2/quantity", 2)),
    ("box: short lambda", "box6", f.drop("payload/box/lambda/num", 0)),
    ("box: inverse not square", "box6", f.drop("payload/box/inverse/num", 0)),
    ("box: weight zero", "box6", f.put("payload/box/weights/num/0", "0x0")),
    ("box: radius negative", "box6", f.rational("payload/box/radius", -1)),
    ("box: radius null", "box6", f.put("payload/box/radius", None)),
    ("all: upward", "all6", f.put("claim/relation", ">=")),
    ("all: short upper", "all6", f.drop("payload/upper/num", 0)),
    ("all: no dual X", "all6", lambda item: item["payload"]["duals"].pop("X")),
    ("all: short dual", "all6", f.drop("payload/duals/L/num", 0)),
    ("all: larger t text", "all6", f.put("claim/every_larger_t", "yes")),
    ("radius: bounds crossed", "radius_merged", f.rational("claim/upper_squared", 1)),
    ("radius: negative", "radius_merged", f.rational("claim/lower_squared", -1)),
    ("radius: nothing claimed", "radius_merged", f.both(
        f.rational("claim/lower_squared", 0), f.put("claim/upper_squared", None))),
    ("radius: no witness", "radius_merged", f.put("payload/witness", None)),
    ("radius: two witnesses", "radius_merged", f.put("payload/witness/vector", c.vector_to_json([1] * 9))),
    ("radius: sample beyond", "radius_merged", f.put("claim/sample", 5)),
    ("radius: method", "radius_merged", f.put("payload/method", "x")),
    ("radius: short dual", "radius_merged", f.drop("payload/cells/0/dual/num", 0)),
    ("radius: neuron beyond", "radius_merged", f.put("payload/cells/1/active", [2])),
    ("radius: no form", "radius_merged", lambda item: item["payload"]["network"].pop("form")),
    ("values: nothing claimed", "values_raw", f.put("claim/bounds", [])),
    ("values: relation", "values_raw", f.put("claim/bounds/0/1", "=<")),
    ("values: point beyond", "values_raw", f.put("claim/bounds/0/0", -1)),
    ("values: ragged", "values_raw", f.drop("payload/points/num/1", 0)),
    ("values: weights ragged", "values_raw", f.drop("payload/network/weights/num/1", 0)),
    ("values: short point", "values_raw", f.put("payload/points", c.matrix_to_json([[1], [2]]))),
    ("interval: ends", "interval", f.rational("payload/enclosures/d/0", 4)),
    ("interval: operator", "interval", f.put("payload/expression/0", "@")),
    ("interval: unknown variable", "interval", lambda item: item["payload"]["enclosures"].pop("r")),
    ("interval: no operand", "interval", f.put("payload/expression", ["+"])),
    ("interval: exponent", "interval", f.put("payload/expression/2/2/2", "0x2")),
    ("interval: huge power", "interval", f.put("payload/expression", [
        "**", ["**", ["**", ["var", "d"], 512], 512], 512])),
    ("polynomial: relation", "implication", f.put("claim/relation", "==")),
    ("polynomial: name", "implication", f.put("payload/variables", ["x y"])),
    ("polynomial: exponent", "implication", f.put("payload/conclusion/terms/0/0", [-1])),
    ("polynomial: monomial twice", "implication", f.put("payload/conclusion/terms", [[[0], "0x1"], [[0], "0x1"]])),
    ("polynomial: factor beyond", "implication", f.put("payload/multipliers/0/product", [2])),
    ("polynomial: both multipliers", "implication", f.put(
        "payload/multipliers/0/polynomial", {"den": "0x1", "terms": []})),
]


def seal_anything(body: dict[str, Any]) -> dict[str, Any]:
    """A digest that fits where one can be computed at all; the checker has to refuse the rest on its own."""
    try:
        return c.seal(body)
    except (ValueError, RecursionError):
        return {**body, "digest": "0" * 64}


@pytest.mark.parametrize(("name", "edit"), [entry[1:] for entry in MALFORMED], ids=[entry[0] for entry in MALFORMED])
def test_malformed_certificates_are_named_as_such(name, edit):
    body = json.loads(c.canonical(HONEST[name]))
    edit(body)
    outcome = recheck.check(seal_anything(body))
    assert outcome.status == "malformed" and outcome.sentence, outcome


@pytest.mark.parametrize("rubbish", [
    None, True, 1, 1.5, "x", [], {}, {"digest": "0"}, {"digest": None}, object(), {1: 2}, {"digest": float("nan")},
    nested(100_000), {"digest": "0", "x": nested(100_000)}, {"digest": "0", "x": {1, 2}}], ids=range(15))
def test_rubbish_never_raises(rubbish):
    assert recheck.check(rubbish).status in ("malformed", "altered")


@pytest.mark.parametrize("content", [
    b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"digest":1}', b"[" * 200_000, b"NaN", b"9" * 9000,
    b'{"digest":"\\ud800"}', b'{"digest":"0","\\u001b[2K":1e999}'])
def test_unreadable_files_are_malformed(content, tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert recheck.check_file(path).status in ("malformed", "altered")
    assert recheck.check_file(tmp_path).status == recheck.check_file(tmp_path / "none.json").status == "malformed"


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


JUNK = st.sampled_from([
    None, True, False, 0, 1, -1, 10**30, 1.5, "", "0x0", "-0x1", "0x" + "f" * 60, "all", [], {}, [[]], ["0x1", "0x0"],
    ["0x1", "0x2"], {"den": "0x1", "num": []}, {"den": "0x1", "num": [["0x1"]]}])


@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(sorted(HONEST)), junk=JUNK, data=st.data())
def test_junk_anywhere_never_raises_and_never_proves_more(name, junk, data):
    body = json.loads(c.canonical(HONEST[name]))
    paths = [path for path in places(body) if path and path[0] != "digest"]
    *inner, last = data.draw(st.sampled_from(paths))
    node = body
    for step in inner:
        node = node[step]
    node[last] = junk
    outcome = recheck.check(seal_anything(body))
    assert outcome.status in ("accepted", "false", "malformed") and outcome.sentence
    if outcome.status == "accepted" and inner and inner[0] == "claim":
        assert outcome.sentence != recheck.check(HONEST[name]).sentence or body == HONEST[name]


# Parts of the checker against independent computations


@given(st.integers(1, 5), st.integers(0, 4), st.data())
def test_semidefinite_matrices_are_told_apart(n, rank, data):
    entry = st.integers(-3, 3)
    factor = np.array(data.draw(st.lists(st.lists(entry, min_size=n, max_size=n), min_size=rank, max_size=rank)),
                      dtype=int).reshape(rank, n)
    gram = factor.T @ factor
    assert recheck._semidefinite(gram.tolist())
    lowered = gram - np.diag([1] + [0] * (n - 1))
    expected = np.linalg.eigvalsh(lowered.astype(float)).min()
    if abs(expected) > 1e-9:
        assert recheck._semidefinite(lowered.tolist()) == (expected > 0)


@given(st.fractions(0, 10**12), st.integers(-200, 200))
def test_square_roots_are_enclosed(value, shift):
    value = value * Fraction(2)**shift
    low, high = recheck._sqrt(value)
    assert low**2 <= value <= high**2 and high - low <= low / 2**150
    assert recheck._sqrt(value**2) == (value, value)


def operations(inner: Any) -> Any:
    """Expressions over smaller ones."""
    return st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "max", "min"]), inner, inner),
        st.tuples(st.sampled_from(["-", "abs"]), inner),
        st.tuples(st.just("sqrt"), st.tuples(st.just("abs"), inner)),
        st.tuples(st.just("**"), inner, st.integers(-3, 4)))


LEAVES = st.sampled_from(["a", "b"]) | st.fractions(-3, 3, max_denominator=7)
EXPRESSIONS = st.recursive(LEAVES, operations, max_leaves=8)


def exactly(node: Any, known: dict[str, Fraction]) -> Fraction | None:
    """The value at a point if it is rational and defined."""
    if not isinstance(node, tuple):
        return known[node] if isinstance(node, str) else node
    parts = [exactly(part, known) for part in (node[1:2] if node[0] == "**" else node[1:])]
    if None in parts or node[0] == "sqrt":
        return None
    try:
        return {"+": lambda: parts[0] + parts[1], "-": lambda: parts[0] - parts[1] if len(parts) == 2 else -parts[0],
                "*": lambda: parts[0] * parts[1], "/": lambda: parts[0] / parts[1], "max": lambda: max(parts),
                "min": lambda: min(parts), "abs": lambda: abs(parts[0]), "**": lambda: parts[0]**node[2]}[node[0]]()
    except ZeroDivisionError:
        return None


@given(EXPRESSIONS, st.tuples(*[st.fractions(-2, 2, max_denominator=9)] * 4),
       st.tuples(*[st.fractions(0, 1, max_denominator=5)] * 2))
def test_expressions_are_enclosed(expression, ends, weights):
    known = {"a": tuple(sorted(ends[:2])), "b": tuple(sorted(ends[2:]))}
    point = {name: low + w * (high - low) for w, (name, (low, high)) in zip(weights, known.items(), strict=True)}
    try:
        (low, high), _ = recheck._evaluate(c._expression(expression), known)
    except recheck.Rejected as refused:
        assert refused.args[0] == "false"
        return
    value = exactly(expression, point)
    assert low <= high and (value is None or low <= value <= high)


def test_a_displaced_centre_still_finds_the_same_point():
    points, labels = f.sign_data(4, 256)
    box = HONEST["box4"]["payload"]["box"]
    moved = {key: [Fraction(int(v, 16), int(box[key]["den"], 16)) * (1 + Fraction((-1)**i, 10**6))
                   for i, v in enumerate(box[key]["num"])] for key in ("lambda", "masses", "mu")}
    inverse = [[Fraction(int(v, 16), int(box["inverse"]["den"], 16)) for v in row] for row in box["inverse"]["num"]]

    def certificate(radius: str, *bounds: Any) -> dict[str, Any]:
        return c.kkt_point_box(
            c.data_block(labels, False, points=points), signs=[1, -1], pattern=[[1, 0, 1, 0], [0, 1, 0, 1]],
            support=[True] * 4, multipliers=moved["lambda"], masses=moved["masses"], kinks=moved["mu"], inverse=inverse,
            radius=radius, conclusions=bounds, **f.META)

    assert recheck.check(certificate("1/100000", c.multiplier_sum("<", "0.17298"), c.margin_one())).status == "accepted"
    assert "not mapped" in recheck.check(certificate("1/10000000")).sentence
    assert recheck.check(certificate("1/100000", c.multiplier_sum("<", "0.172973541141"))).status == "false"


def test_an_interval_bound_is_not_claimed_from_an_interval_that_contains_it():
    for relation in ("<", "<=", ">", ">=", "=="):
        conclusion = c.value([1, 0, 0, 0, 0, 0], relation, 1)
        assert recheck.check(f.forge(HONEST["box6"], f.put("claim/conclusions", [conclusion]))).status == "false"
