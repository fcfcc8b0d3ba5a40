"""The independent checker under attack: honest certificates, altered bytes, forgeries with a fitting digest."""

from __future__ import annotations

import ast
import copy
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import forgeries as f
import pytest

from verifiers import certificates as c
from verifiers import recheck

ROOT = Path(recheck.__file__).resolve().parent
HONEST = f.accepted()
BYTES = b'0123456789abcdef-+.[]{}", \nxE\xff'
Edit = Callable[[dict[str, Any]], None]
FREE: dict[str, Any] = {"product": [0], "polynomial": {"den": "0x1", "terms": [[[0], "0x2"]]}}
ITSELF, CONTRACTION, BOUNDED = "not mapped into itself", "no contraction", "only bounded by"
FORGERIES: list[tuple[str, Callable[[], dict[str, Any]], Edit, str]] = [
    # what is forged, honest certificate, edit, a part of the reason
    ("margin sign: t at the boundary", f.orthogonal_merged, f.rational("claim/conclusions/0/t", "1/5"), BOUNDED),
    ("margin sign: level lower", f.orthogonal_merged, f.rational("claim/conclusions/1/level", "-1.0001"), BOUNDED),
    ("mass zero", f.orthogonal_merged, f.put("payload/exact/masses/num/0", "0x0"), "mass"),
    ("mass doubled", f.orthogonal_merged, f.put("payload/exact/masses/num/1", "0x2"), "y N = 2"),
    ("lambda changed", f.orthogonal_merged, f.put("payload/exact/rows/num/0/1", "0x2"), "y N = 2"),
    ("lambda changed at equal margins", f.orthogonal_merged, f.both(
        f.put("payload/exact/rows/num/0/1", "0x2"), f.put("payload/support/1", False)), "lambda sigma' is not lambda"),
    ("row negative", f.orthogonal_merged, f.put("payload/exact/rows/num/0/3", "-0x1"), "negative"),
    ("kink moved to off", f.orthogonal_merged, f.put("payload/pattern/0/3", -1), "strictly off"),
    ("kink moved to on", f.orthogonal_merged, f.put("payload/pattern/0/4", 1), "strictly on"),
    ("on moved to kink", f.two_points, f.put("payload/pattern/0/0", 0), "not a kink"),
    ("support dropped", f.orthogonal_merged, f.put("payload/support/2", False), "lambda sigma' is not lambda"),
    ("support added", f.outside_exact, f.put("payload/support/2", True), "multiplier of support sample 2 is 0"),
    ("label flipped", f.orthogonal_merged, f.put("payload/labels/0", -1), "not strictly on"),
    ("sign flipped", f.orthogonal_merged, f.put("payload/signs/0", -1), "not strictly on"),
    ("sigma' above one", f.two_points, f.put("payload/exact/rows/num/0/1", "0x5"), "not strictly on"),
    ("data entry", f.two_points, f.gram_entry(0, 1, "0x1"), "not a kink"),
    ("impossible data", f.two_points, f.gram_entry(0, 1, "0x5"), "not positive semidefinite"),
    ("multiplier bound", f.orthogonal_singles, f.put("claim/conclusions/2/relation", "<"), "lambda_2"),
    ("value", f.orthogonal_merged, f.rational("claim/conclusions/6/level", "1/3"), "does not prove"),
    ("margin one outside the support", f.outside_exact, f.put("claim/conclusions", [c.margin_one()]),
     "not every sample"),
    ("box: lambda moved", f.box6, f.put("payload/box/lambda/num/2", f.scale(1001, 1000)), ITSELF),
    ("box: mass moved", f.box4, f.put("payload/box/masses/num/0", f.scale(10001, 10000)), ITSELF),
    ("box: mu moved", f.box4, f.put("payload/box/mu/num/3", f.scale(2)), ITSELF),
    ("box: radius too small", f.box6, f.rational("payload/box/radius", "1/100000000000000000000000"), ITSELF),
    ("box: radius too large", f.box6, f.rational("payload/box/radius", 100), CONTRACTION),
    ("box: inverse entry", f.box6, f.put("payload/box/inverse/num/0/3", "0x0"), "Newton-Kantorovich"),
    ("box: inverse is zero", f.box6, f.put("payload/box/inverse/num", f.wipe), CONTRACTION),
    ("box: kink moved to off", f.box6, f.kink_to_off, "Newton-Kantorovich"),
    ("box: off moved to on", f.box6, f.put("payload/pattern/0/0", 1), "Newton-Kantorovich"),
    ("box: support dropped", f.outside_box, f.support_to_outside, ""),
    ("box: data entry", f.box6, f.gram_entry(3, 1, f.add(2)), ITSELF),
    ("box: bias dropped", f.box6, f.put("payload/bias", False), "Newton-Kantorovich"),
    ("box: label flipped", f.box6, f.put("payload/labels/5", 1), "Newton-Kantorovich"),
    ("box: t lowered", f.box6, f.rational("claim/conclusions/0/t", "0.2527629121"), BOUNDED),
    ("box: t lowered to 1/4", f.box4, f.rational("claim/conclusions/0/t", "1/4"), BOUNDED),
    ("box: sum of multipliers", f.box6, f.rational("claim/conclusions/3/level", "0.1298200957"), "sum_i"),
    ("box: margin outside the support", f.outside_box, f.both(
        f.gram_entry(2, 0, "0x2"), f.gram_entry(2, 1, "0x2")), "outside the support"),
    ("all: upper lowered", f.all6, f.put("payload/upper/num/0", f.scale(9, 10)), "own row 0"),
    ("all: upper not positive", f.all6, f.put("payload/upper/num/8", "0x0"), "not positive"),
    ("all: upper cross lowered", f.all6, f.put("payload/upper/num/8", f.scale(1, 10)), "cross row 2"),
    ("all: upper far too large", f.all6, f.put("payload/upper/num", lambda entries: [
        f.scale(90)(entry) for entry in entries]), "not positive"),
    ("all: t lowered", f.all6, f.rational("claim/t", "0.27"), BOUNDED),
    ("all: level lowered", f.all6, f.rational("claim/level", "-0.0250941"), BOUNDED),
    ("all: level minus one", f.all6, f.rational("claim/level", -1), BOUNDED),
    ("all: dual entry", f.all6, f.put("payload/duals/U/num/3", lambda row: [f.scale(2)(v) for v in row]), BOUNDED),
    ("all: dual dropped", f.all6, f.put("payload/duals/L'/num", f.wipe), BOUNDED),
    ("all: dual negative", f.all6, f.put("payload/duals/X/num/0/0", "-0x1"), "negative entry"),
    ("all: label flipped", f.all6, f.put("payload/labels/3", 1), ""),
    ("all: data entry", f.all6, f.gram_entry(4, 1, f.add(-200)), ""),
    ("all: direction", f.all6, f.put("claim/direction", c.vector_to_json([1, 1, 1, -1, 1, 1])), "larger t"),
    ("all: (U) without support", f.all6, f.put("payload/support_proved/4", False), "not proved support"),
    ("all: radius", lambda: f.all6_simple("radius"), f.rational("claim/lower_squared", 200), "gradient"),
    ("radius: both bounds raised", f.radius_merged, f.both(f.rational("claim/lower_squared", "1.81"),
                                                       f.rational("claim/upper_squared", 2)), "squared distance"),
    ("radius: cell omitted", f.radius_merged, f.drop("payload/cells", 2), "not covered"),
    ("radius: cell repeated", f.radius_merged, f.put("payload/cells/0/active", [0, 1]), "squared distance"),
    ("radius: dual zero", f.radius_merged, f.put("payload/cells/3/dual/num", ["0x0"] * 3), "squared distance"),
    ("radius: dual negative", f.radius_merged, f.put("payload/cells/3/dual/num/0", "-0x1"), "nonnegative"),
    ("radius: witness moved", f.radius_merged, f.put("payload/witness/combination/num/4", "0x0"), "does not flip"),
    ("radius: upper lowered", f.radius_merged, f.rational("claim/upper_squared", "1.79999995"), "squared length"),
    ("radius: label flipped", f.radius_merged, f.put("payload/network/labels/0", -1), ""),
    ("radius: other sample", f.radius_merged, f.put("claim/sample", 3), "squared distance"),
    ("radius: Lipschitz", f.radius_raw, f.rational("claim/lower_squared", "2/7"), "Lipschitz"),
    ("values: bound", f.values_merged, f.rational("claim/bounds/0/2", 2), "does not prove == 2"),
    ("values: relation", f.values_raw, f.put("claim/bounds/1/1", ">"), "does not prove > 2"),
    ("values: weight", f.values_raw, f.put("payload/network/weights/num/0/0", "0x3"), "N(p_0)"),
    ("interval: constant", f.interval, f.rational("payload/expression/1/2/1", "3/2"), "prove only"),
    ("interval: pole", f.interval, f.rational("payload/enclosures/d/0", -1), "may be 0"),
    ("polynomial: conclusion", f.implication, f.put("payload/conclusion/terms/0/1", "-0x2"), "left over"),
    ("polynomial: hypothesis", f.implication, f.put("payload/hypotheses/0/polynomial/terms/0/1", "-0x2"), "left over"),
    ("polynomial: negative square", f.implication, f.rational("payload/multipliers/0/squares/0/0", -1), "negative"),
    ("polynomial: strict", f.implication, f.put("claim/relation", ">"), "strictly positive"),
    ("polynomial: free multiplier", f.implication, f.put("payload/multipliers/1", FREE), "no equation"),
    ("polynomial: hypotheses alone", f.contradiction, f.put("payload/multipliers/0/product", [1]), "contradict"),
]


@pytest.mark.parametrize("name", HONEST)
def test_honest_certificates_are_accepted(name):
    outcome = recheck.check(HONEST[name])
    assert outcome.status == "accepted", outcome.sentence
    assert outcome.kind == HONEST[name]["kind"]


@pytest.mark.parametrize(("name", "words"), [
    ("orthogonal_merged", ["exact KKT point", "2 merged neurons", "5 support samples", "is a support vector"]),
    ("box6", ["exact KKT point", "within", "3 merged neurons", "labels +-+-+-, with bias"]),
    ("all6", ["every KKT point, of every width", "17/60", "<= -25093/1000000", "at every larger t", "sum_l y_l x_l"]),
    ("all6_unsigned", ["every KKT point, of every width", "< 0", "t = 17/60"]),
    ("radius_merged", ["min |delta|^2", "at least 17999999/10000000", "at most 9/5", "sample 0"]),
    ("values_merged", ["N(p_0) == 1", "N(p_1) == -1/2"]),
    ("interval", ["sqrt(max(d, 2)) - 7/5", "> 0 whenever d in [1/2, 3]"]),
    ("implication_equation", ["x*y - 1 == 0, x > 0 imply y > 0"]),
])
def test_the_sentence_says_what_was_proved(name, words):
    sentence = recheck.check(HONEST[name]).sentence
    for word in words:
        assert word in sentence
    if name == "all6_unsigned":
        assert "larger" not in sentence


@pytest.mark.parametrize(("honest", "edit", "reason"), [e[1:] for e in FORGERIES], ids=[e[0] for e in FORGERIES])
def test_forgeries_with_a_fitting_digest_are_false(honest, edit, reason):
    original = honest()
    before = copy.deepcopy(original)
    assert recheck.check(original).status == "accepted"
    outcome = recheck.check(f.forge(original, edit))
    assert (outcome.status, reason in outcome.sentence) == ("false", True), outcome
    assert outcome.sentence and original == before


def test_forgeries_cover_every_kind_and_more_than_twenty():
    assert {honest()["kind"] for _, honest, _, _ in FORGERIES} == {item["kind"] for item in HONEST.values()}
    assert len(FORGERIES) >= 20 and len(HONEST) >= 20


@pytest.mark.parametrize("name", HONEST)
def test_one_changed_byte_is_noticed(name, tmp_path):
    path = c.save(HONEST[name], tmp_path)
    assert recheck.check_file(path).status == "accepted"
    content = path.read_bytes()
    rng = random.Random(name)
    for _ in range(60):
        position = rng.randrange(len(content))
        changed = bytearray(content)
        changed[position] = rng.choice([value for value in BYTES if value != content[position]])
        path.write_bytes(changed)
        outcome = recheck.check_file(path)
        if outcome.status != "altered":
            assert outcome.status == "malformed", (position, outcome)
            try:
                still_sealed = "digest" in json.loads(changed.decode())
            except ValueError:
                continue
            assert not still_sealed, (position, outcome)


def test_twenty_digits_changed_are_altered_not_malformed(tmp_path):
    statuses = []
    for name, certificate in HONEST.items():
        text = c.canonical(certificate).decode()
        position = text.index("0x", text.index('"payload"')) + 2
        path = tmp_path / f"{name}.json"
        path.write_text(text[:position] + ("2" if text[position] == "1" else "1") + text[position + 1:])
        statuses.append(recheck.check_file(path).status)
    assert len(statuses) >= 20 and set(statuses) == {"altered"}


@pytest.mark.parametrize("rewrite", [
    lambda text: json.dumps(json.loads(text), indent=1), lambda text: text + "\n\n", lambda text: " " + text,
    lambda text: text.replace('"format":1', '"format":2,"format":1'),
    lambda text: text.replace("kkt_point", "kkt\\u005fpoint"),
], ids=["indented", "newlines", "space", "repeated key", "escape"])
def test_only_the_canonical_bytes_are_accepted(rewrite, tmp_path):
    path = tmp_path / "one.json"
    path.write_text(rewrite(c.canonical(HONEST["acute"]).decode()))
    assert recheck.check_file(path).status == "altered"
    path.write_bytes(c.canonical(HONEST["acute"]))
    assert recheck.check_file(path).status == "accepted"


# The command, and what the file may contain


def run(*arguments: str, script: Path = ROOT / "recheck.py", flags: tuple[str, ...] = ("-S", "-I")) -> Any:
    command = [sys.executable, *flags, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd="/", check=False)


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    for certificate in HONEST.values():
        c.save(certificate, folder / "certificates")
    (folder / "verification.json").write_text("{}")
    return folder


def test_the_command_runs_alone_without_site_packages(stored, tmp_path):
    alone = shutil.copy(ROOT / "recheck.py", tmp_path / "checker.py")
    for folder in (stored, stored / "certificates"):
        done = run(str(folder), script=Path(alone))
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("accepted  ") == len(HONEST) and f"{len(HONEST)} certificates: " in done.stdout
    assert run(str(stored), flags=()).returncode == 0


def test_the_command_counts_what_it_rejects(stored, tmp_path):
    folder = tmp_path / "certificates"
    shutil.copytree(stored / "certificates", folder)
    c.save(f.forge(HONEST["all6"], f.rational("claim/t", "1/100")), folder)
    (folder / "broken.json").write_text("{")
    (folder / "\x1b[2K.json").write_text("{}")
    done = run(str(tmp_path), "--json")
    summary = json.loads(done.stdout)
    assert done.returncode == 1 and summary["ok"] is False
    assert (summary["accepted"], summary["false"], summary["malformed"]) == (len(HONEST), 1, 2)
    assert {row["status"] for row in summary["certificates"]} == {"accepted", "false", "malformed"}
    assert all(row["sentence"] for row in summary["certificates"])
    plain = run(str(tmp_path))
    assert plain.returncode == 1 and "\x1b" not in plain.stdout and "1 false" in plain.stdout


def test_nothing_to_check_is_bad_usage(tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "absent"):
        assert recheck.main([str(folder)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    one = c.save(HONEST["acute"], tmp_path / "one")
    assert recheck.main([str(one)]) == 0 and recheck.main([str(one.parent), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.split("\n", 2)[2])["ok"] is True


def functions(path: Path) -> dict[str, str]:
    tree = ast.parse(path.read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {ast.dump(ast.Module(node.body, [])): node.name for node in found if len(ast.unparse(node).splitlines()) > 3}


def test_the_checker_imports_only_the_standard_library_and_shares_no_code():
    path = ROOT / "recheck.py"
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add((node.module or "").split(".")[0])
    assert names <= sys.stdlib_module_names
    assert len(path.read_text().splitlines()) <= 700
    own = functions(path)
    for other in ROOT.rglob("*.py"):
        if other != path:
            shared = own.keys() & functions(other).keys()
            assert not shared, (other.name, [own[body] for body in shared])
            assert "import recheck" not in other.read_text() and "verifiers.recheck" not in other.read_text()
    assert (ROOT / "__init__.py").read_text() == ""


def test_no_module_beside_the_checker_shadows_a_standard_one():
    shadows = sorted({path.stem for path in ROOT.iterdir()} & sys.stdlib_module_names)
    assert not shadows, f"`python verifiers/recheck.py` would import {shadows} instead of the standard modules"
