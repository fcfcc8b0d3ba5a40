"""Files that `thinmargin judge kkt_margin` refuses: one clear line, exit code 2, no traceback, nothing written."""

import copy
import json

import numpy as np
import pytest

from constructions import kkt_margin as build
from constructions.kkt_margin.user_file import parse
from reports import command_line

DATA = {"format": 1, "slug": "kkt_margin", "bias": False, "X": [[2, 0], [0, 3]], "y": [1, -1]}
NETWORK = DATA | {"network": {"W": [[1.0, 0.0], [0.0, 1.0]], "v": [0.5, -0.5]}}
BIASED = NETWORK | {"bias": True, "network": NETWORK["network"] | {"b": [0, 0]}}
GRAM = {"format": 1, "slug": "kkt_margin", "bias": False, "gram": [[2, 1], [1, 3]], "y": [1, -1], "dimension": 4}
MERGED = DATA | {"merged": {"signs": [1, -1], "rows": [[1, 0], [0, 1]], "masses": [1, 1]}}


@pytest.fixture
def refused(capsys, tmp_path):
    """Judge a file; assert that it is refused by one line with the given words in it."""

    def check(path, *words):
        before = sorted(tmp_path.iterdir())
        code = command_line.main(["judge", "kkt_margin", str(path)])
        shown = capsys.readouterr()
        assert code == 2 and shown.out == "", shown
        assert shown.err.startswith("thinmargin: ") and shown.err.count("\n") == 1, shown.err
        assert "Traceback" not in shown.err
        for word in words:
            assert word in shown.err, f"{word!r} is missing in: {shown.err}"
        assert sorted(tmp_path.iterdir()) == before

    return check


def changed(content, **changes):
    result = copy.deepcopy(content)
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        target = result[outer] if inner else result
        if value is None:
            del target[inner or outer]
        else:
            target[inner or outer] = value
    return result


ROOT_HALF = [[0.5, 0.5], [0.5, 0.5]]
CASES = {
    "NaN as text": (changed(DATA, X=[[1, "nan"], [0, 1]]), ["X[0][1]", "'nan'", '"1/10"']),
    "infinite decimal": (changed(DATA, X=[[1, float("1e308") * 10], [0, 1]]), ["Infinity", "finite"]),
    "too large": (changed(DATA, X=[[1, 1e200], [0, 1]]), ["X[0][1]", "too large", "rescale"]),
    "too small": (changed(DATA, X=[[1, 1e-300], [0, 1]]), ["X[0][1]", "too small", "rescale"]),
    "too small together": (changed(DATA, X=[[1e-90, 0], [0, 1]]), ["sample 0", "squared norm", "rescale"]),
    "division by zero": (changed(DATA, X=[[1, "1/0"], [0, 1]]), ["X[0][1]", "'1/0'"]),
    "huge exponent": (changed(DATA, X=[[1, "1e999999999"], [0, 1]]), ["X[0][1]", "1e999999999"]),
    "word": (changed(DATA, X=[[1, "one"], [0, 1]]), ["X[0][1]", "'one'"]),
    "boolean entry": (changed(DATA, X=[[1, True], [0, 1]]), ["X[0][1] is true"]),
    "null entry": (changed(DATA, y=[1, [None]]), ["y[1]", "a list"]),
    "ragged rows": (changed(DATA, X=[[1, 0], [0]]), ["X is ragged", "row 1 has 1", "row 0 has 2"]),
    "empty rows": (changed(DATA, X=[[], []]), ["X[0]", "empty list"]),
    "no rows": (changed(DATA, X=[]), ["X", "empty list"]),
    "flat samples": (changed(DATA, X=[1, 2]), ["X[0] is 1", "rows"]),
    "too few labels": (changed(DATA, y=[1]), ["X has 2 rows", "y has 1"]),
    "label zero": (changed(DATA, y=[1, 0]), ["y[1] is 0", "+1 or -1"]),
    "label two": (changed(DATA, y=[1, "2"]), ["y[1] is 2", "+1 or -1"]),
    "boolean labels": (changed(DATA, y=[True, False]), ["y[0] is true"]),
    "one class": (changed(DATA, y=[1, 1]), ["all 2 labels are +1", "both classes"]),
    "no labels": (changed(DATA, y=None), ["no y"]),
    "no samples": (changed(DATA, X=None), ["no X and no gram"]),
    "samples and gram": (changed(DATA, gram=[[1, 0], [0, 1]]), ["both X and gram"]),
    "equal points, opposite labels": (
        changed(BIASED, X=[[1, 2], [1, 2]]), ["samples 0 and 1", "equal points", "opposite labels"]),
    "one ray, opposite labels": (changed(DATA, X=[[1, 2], [2, 4]]), ["samples 0 and 1", "one ray", "bias=true"]),
    "zero row without bias": (changed(DATA, X=[[0, 0], [1, 4]]), ["sample 0", "zero point", "bias=true"]),
    "wrong format": (changed(DATA, format=2), ["format is 2", "format 1"]),
    "boolean format": (changed(DATA, format=True), ["format is True"]),
    "no format": (changed(DATA, format=None), ["format is missing"]),
    "wrong slug": (changed(DATA, slug="low_complexity"), ["slug is 'low_complexity'", "kkt_margin"]),
    "no slug": (changed(DATA, slug=None), ["slug is missing"]),
    "no bias flag": (changed(DATA, bias=None), ["bias is missing"]),
    "numeric bias flag": (changed(DATA, bias=1), ["bias is 1", "true or false"]),
    "unknown key": (changed(DATA, labels=[1, -1]), ["unknown key labels", "known are"]),
    "unknown network key": (changed(NETWORK, network__w=[[1]]), ["unknown key network.w", "W, b, v"]),
    "network as list": (changed(NETWORK, network=[1]), ["network is a list"]),
    "network without W": (changed(NETWORK, network__W=None), ["network has no W"]),
    "network without v": (changed(NETWORK, network__v=None), ["network has no v"]),
    "b without bias": (changed(NETWORK, network__b=[0, 0]), ["network has b but bias is false"]),
    "bias without b": (changed(BIASED, network__b=None), ["bias is true but network has no b"]),
    "W of another width": (changed(NETWORK, network__W=[[1], [1]]), ["rows of 1 numbers", "2 columns"]),
    "v of another length": (changed(NETWORK, network__v=[1]), ["network.v has 1 entries", "need 2"]),
    "b of another length": (changed(BIASED, network__b=[1, 2, 3]), ["network.b has 3 entries", "need 2"]),
    "silent network": (changed(NETWORK, network__v=[0, 0]), ["every output weight", "zero"]),
    "network with gram": (changed(GRAM, network={"W": [[1]], "v": [1]}), ["needs the samples X"]),
    "multipliers without network": (changed(DATA, multipliers=[1, 1]), ["multipliers belong", "no network"]),
    "subgradients without network": (changed(DATA, subgradients=ROOT_HALF), ["subgradients belong", "no network"]),
    "multipliers with merged": (changed(MERGED, multipliers=[1, 1]), ["multipliers belong", "rows"]),
    "negative multiplier": (changed(NETWORK, multipliers=[1, -1]), ["multipliers[1] is -1", "nonnegative"]),
    "too many multipliers": (changed(NETWORK, multipliers=[1, 1, 1]), ["multipliers has 3", "need 2"]),
    "subgradient above one": (
        changed(NETWORK, subgradients=[[1, 0], [0, "5/4"]]), ["subgradients[1][1] is 5/4", "between 0 and 1"]),
    "negative subgradient": (changed(NETWORK, subgradients=[[1, -0.1], [0, 1]]), ["subgradients[0][1]", "between"]),
    "subgradients transposed": (changed(NETWORK, subgradients=[[1, 0]]), ["1 x 2", "need 2 x 2"]),
    "gram of another size": (changed(GRAM, gram=[[1, 0, 0], [0, 1, 0]]), ["gram has shape 2 x 3", "2 x 2"]),
    "gram not symmetric": (changed(GRAM, gram=[[2, 1], ["1/2", 3]]), ["not symmetric", "(0, 1) is 1", "(1, 0) is 1/2"]),
    "gram not semidefinite": (changed(GRAM, gram=[[1, 2], [2, 1]]), ["not positive semidefinite", "no points"]),
    "gram just not semidefinite": (
        changed(GRAM, gram=[["1000000000001/1000000000000", 1], [1, "999999999999/1000000000000"]]),
        ["not positive semidefinite"]),
    "gram of too high a rank": (changed(GRAM, dimension=1), ["dimension is 1", "rank 2"]),
    "dimension too small": (changed(DATA, dimension=1), ["dimension is 1", "2 columns"]),
    "dimension not an integer": (changed(DATA, dimension=2.5), ["dimension is 2.5", "positive integer"]),
    "clusters not integers": (changed(DATA, clusters=[0, 0.5]), ["clusters must be integers"]),
    "clusters of another length": (changed(DATA, clusters=[0]), ["clusters has 1", "need 2"]),
    "network and merged": (changed(NETWORK, merged=MERGED["merged"]), ["both network and merged"]),
    "merged without masses": (changed(MERGED, merged__masses=None), ["merged has no masses"]),
    "merged sign zero": (changed(MERGED, merged__signs=[1, 0]), ["merged.signs[1] is 0"]),
    "merged mass zero": (changed(MERGED, merged__masses=[1, 0]), ["merged.masses[1] is 0", "positive"]),
    "merged row negative": (
        changed(MERGED, merged__rows=[[1, 0], [0, -1]]), ["merged.rows[1][1] is -1", "nonnegative"]),
    "merged rows of another shape": (changed(MERGED, merged__rows=[[1, 0]]), ["merged.rows", "need 2 x 2"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused(refused, tmp_path, name):
    content, words = CASES[name]
    path = tmp_path / "input.json"
    path.write_text(json.dumps(content))
    refused(path, *words)


@pytest.mark.parametrize("content", [DATA, NETWORK, BIASED, GRAM, MERGED])
def test_what_the_cases_start_from_is_accepted(content):
    assert parse(copy.deepcopy(content)).instance.size == 2


RAW = {
    "empty": (b"", ["is empty"]),
    "truncated": (json.dumps(DATA).encode()[:-9], ["readable JSON", "truncated"]),
    "not JSON": (b"\x00\x01\x02", ["readable JSON"]),
    "not UTF-8": (b'{"format": "\xff"}', ["readable JSON"]),
    "a list": (b"[1, 2]", ["holds a list", "one JSON object"]),
    "a number": (b"7", ["holds 7"]),
    "NaN literal": (b'{"X": [[NaN]]}', ["contains NaN", "finite"]),
    "key given twice": (b'{"format": 1, "format": 1}', ["gives format twice"]),
    "nested too deeply": (b"[" * 100_000, ["readable JSON"]),
    "number of ten thousand digits": (b'{"format": ' + b"1" * 10_000 + b"}", ["readable JSON"]),
    "infinite by overflow": (json.dumps(DATA).replace("[2, 0]", "[1e999, 0]").encode(), ["X[0][0] is infinite"]),
}


@pytest.mark.parametrize("name", RAW)
def test_unreadable_text_is_refused(refused, tmp_path, name):
    content, words = RAW[name]
    path = tmp_path / "input.json"
    path.write_bytes(content)
    refused(path, "input.json" if "X[" not in words[0] else "", *words)


def arrays(**changes):
    found = {"format": 1, "slug": "kkt_margin", "bias": True, "X": np.eye(2), "y": np.array([1, -1])} | changes
    return {key: np.asarray(value) for key, value in found.items() if value is not None}


NPZ = {
    "NaN": (arrays(X=np.array([[np.nan, 0], [0, 1.0]])), ["X[0][0] is NaN", "finite"]),
    "infinity": (arrays(X=np.array([[1, 0], [0, -np.inf]])), ["X[1][1] is infinite"]),
    "booleans": (arrays(X=np.eye(2, dtype=bool)), ["X has entries of type bool"]),
    "complex numbers": (arrays(X=np.eye(2) * 1j), ["X has entries of type complex128"]),
    "bytes": (arrays(y=np.array([b"1", b"-1"])), ["y has entries of type"]),
    "extended precision": (arrays(X=np.eye(2, dtype=np.longdouble)), ["X has entries of type"]),
    "three axes": (arrays(X=np.zeros((2, 2, 2))), ["X has 3 axes"]),
    "numeric bias flag": (arrays(bias=1.0), ["bias is 1.0"]),
    "pickled objects": (arrays(X=np.array([[1, None]], dtype=object)), ["readable npz"]),
    "dotted and plain": (arrays(network=np.eye(2), **{"network.W": np.eye(2)}), ["both network and network.W"]),
    "no format": (arrays(format=None), ["format is missing"]),
    "unknown dotted key": (
        arrays(**{"network.W": np.eye(2), "network.v": [1, 1], "network.u": 1}), ["unknown key network.u"]),
}  # fmt: skip


@pytest.mark.parametrize("name", NPZ)
def test_bad_arrays_are_refused(refused, tmp_path, name):
    content, words = NPZ[name]
    path = tmp_path / "input.npz"
    np.savez(path, allow_pickle=True, **content)
    refused(path, *words)


def test_a_truncated_or_foreign_archive_is_refused(refused, tmp_path):
    path = tmp_path / "input.npz"
    np.savez(path, **arrays(X=np.random.default_rng(0).standard_normal((2, 400))))
    whole = path.read_bytes()
    for kept in (4, 100, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:kept])
        refused(path, "input.npz", "readable npz")
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    path.write_bytes(bytes(damaged))
    refused(path, "input.npz")
    np.save(tmp_path / "one.npy", np.eye(2))
    refused(tmp_path / "one.npy", "single npy array")


def test_a_saved_instance_is_asked_the_same_questions(refused, tmp_path):
    path = tmp_path / "saved.npz"

    def saved(**fields):
        stored = {"slug": np.array("kkt_margin"), "labels": np.array([1, -1]), "bias": np.array(False)} | fields
        np.savez(path, **stored)
        return path

    refused(saved(points=np.array([[1.0, 2.0], [2.0, 4.0]])), "one ray")
    refused(saved(points=np.array([[1.0, np.nan], [2.0, 4.0]])), "NaN")
    refused(saved(points=np.eye(2), labels=np.array([1, 1])), "both classes")
    refused(saved(points=np.eye(2), slug=np.array("frequency_bias")), "frequency_bias")
    refused(saved(points=np.eye(2), extra=np.eye(2)), "unknown fields extra")
    refused(saved(points=np.eye(2) * 1e300), "too large")
    refused(saved(gram=np.array([[1.0, 2.0], [2.0, 1.0]])), "semidefinite")
    network = {"points": np.eye(2), "weights": np.eye(2), "outputs": np.array([1.0, -1.0])}
    refused(saved(**network, multipliers=np.array([1.0, -1.0])), "multipliers[1]", "nonnegative")


@pytest.mark.parametrize("name", ["absent.json", "."])
def test_a_file_that_is_not_there_is_refused(refused, tmp_path, name):
    refused(tmp_path / name, "cannot read")


def test_an_unknown_slug_is_refused(capsys, tmp_path):
    (tmp_path / "x.json").write_text(json.dumps(DATA))
    assert command_line.main(["judge", "nope", str(tmp_path / "x.json")]) == 2
    assert "kkt_margin" in capsys.readouterr().err


def test_legal_oddities_are_noted_not_refused():
    twice = changed(DATA, X=[[2, 0], [0, 3], [2, 0]], y=[1, -1, 1])
    assert parse(twice).notes == ("samples 0 and 2 are equal with equal labels",)
    ray = changed(DATA, X=[[2, 0], [0, 3], [4, 0]], y=[1, -1, 1])
    assert parse(ray).notes == ("samples 0 and 2 are on one ray with equal labels",)
    origin = changed(DATA, bias=True, X=[[0, 0], [0, 3]])
    assert parse(origin).notes == ("sample 0 is the zero point",)
    assert "d is taken to be 2" in parse(changed(GRAM, dimension=None)).notes[0]


def test_every_entry_keeps_its_exact_value():
    big = 2**60 + 1
    instance = parse(changed(DATA, X=[["1/10", 0.1], [big, 0.5]])).instance
    assert instance.points.tolist() == [["1/10", "3602879701896397/36028797018963968"], [str(big), "1/2"]]
    assert parse(changed(DATA, X=[[0.1, 1], [2, 0.5]])).instance.points.dtype == np.float64
    assert parse(changed(DATA)).instance.points.dtype == np.int64
    assert build.check_fittable(instance) == []
