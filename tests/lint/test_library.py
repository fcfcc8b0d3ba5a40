"""What every statement and module of the library must have; each check names the offender and the cure."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports.mathml import clean
from theorems.claim import definition_formula
from theorems.engine.library import collect, slugs, statements
from theorems.engine.work import draws, families

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("constructions", "verifiers", "theorems", "reports")
ALL = statements()
MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
CHECKERS = tuple(sorted(path.name for path in (ROOT / "verifiers").glob("recheck*.py")))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
named = pytest.mark.parametrize("statement", ALL, ids=lambda statement: statement.id)
modules = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))


def imports(path: Path) -> set[str]:
    """Top-level packages imported when the module itself is imported, not inside functions or for typing only."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@named
def test_a_statement_says_where_it_comes_from_and_what_it_does_not_claim(statement) -> None:
    assert statement.id.startswith(f"{statement.slug}.") and statement.slug in slugs()
    assert statement.source.paper and statement.source.item
    assert statement.source.provenance in ("seen", "recalled", "derived")
    assert statement.title and not statement.title.endswith(".")
    assert statement.does_not_claim.endswith(".") and statement.does_not_claim.count(". ") == 0, "one sentence"
    assert statement.kind in ("theorem", "lemma", "proposition", "conjecture")


@named
def test_claims_are_named_once_and_speak_about_declared_quantities(statement) -> None:
    claims = (*statement.given, *statement.then)
    assert statement.then and statement.instances
    assert len({claim.name for claim in claims}) == len(claims)
    for claim in claims:
        for name in claim.quantities:
            assert name in statement.catalogue, f"{name} is not measured by the verifier of {statement.slug}"
            declared = statement.catalogue[name]
            assert declared.unit and declared.doc


@named
def test_mutants_change_what_exists_and_speak_about_declared_quantities(statement) -> None:
    assert len({mutant.name for mutant in statement.mutants}) == len(statement.mutants)
    for mutant, variant in statement.mutations():  # raises KeyError for a constant or hypothesis that does not exist
        assert mutant.then or mutant.given or mutant.constants or mutant.without, f"{mutant.name} changes nothing"
        for claim in variant.then:
            for name in claim.quantities:
                assert name in statement.catalogue, f"mutant {mutant.name} names {name}, which nothing measures"


@named
def test_families_say_what_they_draw(statement) -> None:
    for family in statement.instances:
        assert family.law and family.name.isidentifier() and 0 < family.quick <= family.full
    assert statement.promised <= sum(family.quick for family in statement.instances)


@pytest.mark.parametrize("statement", [s for s in ALL if s.proof], ids=lambda statement: statement.id)
def test_proof_steps_use_only_earlier_ones(statement) -> None:
    known: set[str] = set()
    for step in statement.proof:
        assert set(step.uses) <= known, f"{step.id} uses {set(step.uses) - known}, which come later or not at all"
        assert step.id not in known
        known.add(step.id)


@named
def test_formulas_render(statement) -> None:
    assert statement.latex()
    for claim in (*statement.given, *statement.then):
        ElementTree.fromstring(clean(claim.mathml()))
    for name, expression in statement.abbreviations.items():
        ElementTree.fromstring(clean(definition_formula(name, expression)["mathml"]))


@named
def test_the_smallest_instance_of_some_family_exists(statement) -> None:
    assert any(next(draws(family, 0, 0, 2), None) is not None for family in statement.instances)


def test_ids_are_unique() -> None:
    assert len({statement.id for statement in ALL}) == len(ALL)


@pytest.mark.parametrize("slug", slugs())
def test_a_slug_has_its_place_in_every_layer(slug) -> None:
    for layer in ("constructions", "constructions/trained", "verifiers", "theorems"):
        assert (ROOT / layer / slug).exists() or (ROOT / layer / f"{slug}.py").exists(), f"{layer} lacks {slug}"
    assert (ROOT / "theorems" / f"test_{slug}.py").exists()


def test_all_statements_can_be_verified_together() -> None:
    """`thinmargin verify` without a target takes every slug at once: families of one name would be the same draws."""
    together = collect([])
    assert set(families(together)) == {family.name for statement in together for family in statement.instances}


@modules
def test_a_module_is_short_and_says_what_it_is(path) -> None:
    text = path.read_text()
    limit = 700 if path.name in CHECKERS else 400
    assert text.count("\n") <= limit, f"{path.name} has more than {limit} lines; split it by topic"
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{path.name} has no docstring"


@modules
def test_a_layer_imports_only_layers_to_its_left(path) -> None:
    """Imports inside functions included."""
    layer = LAYERS.index(path.relative_to(ROOT).parts[0])
    nodes = list(ast.walk(ast.parse(path.read_text())))
    found = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {(node.module or "").split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not found & set(LAYERS[layer + 1 :])
    assert all(node.level == 0 for node in nodes if isinstance(node, ast.ImportFrom)), "write absolute imports"


@modules
def test_heavy_packages_are_imported_where_they_are_used(path) -> None:
    heavy = {"cvxpy", "flint", "z3"} | (set() if "trained" in path.parts else {"torch"})
    assert not imports(path) & heavy, "import it inside the function that needs it"


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_path_of_one_machine_and_no_changed_import_path(path) -> None:
    text = path.read_text()
    for word in ("/" + "work/", "/" + "root/", "/" + "home/", "sys.path" + ".insert", "sys.path" + ".append"):
        assert word not in text, f"{path.name} contains {word}"


@pytest.mark.parametrize("name", CHECKERS)
def test_the_checker_imports_the_standard_library_alone(name) -> None:
    tree = ast.parse((ROOT / "verifiers" / name).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(("layers", "heavy"), [
    (("constructions", "verifiers"), {"torch", "cvxpy", "z3", "flint", "sympy"}),
    (LAYERS, {"torch", "cvxpy", "z3"}),  # sympy brings flint along where it finds it
])
def test_modules_outside_trained_import_without_solvers_or_torch(layers, heavy) -> None:
    paths = [path.relative_to(ROOT) for path in MODULES if path.relative_to(ROOT).parts[0] in layers]
    names = [".".join(path.with_suffix("").parts) for path in paths
             if "trained" not in path.parts and not path.name.startswith(("test_", "conftest"))]
    code = (f"import importlib, sys; [importlib.import_module(name) for name in {names!r}];"
            f"print(sorted({heavy!r} & set(sys.modules)))")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout.strip() == "[]"


def test_the_checker_runs_isolated_from_everything_installed() -> None:
    code = "import sys; sys.argv = ['recheck', '--help']; import runpy; runpy.run_path('verifiers/recheck.py')"
    subprocess.run([sys.executable, "-S", "-I", "-c", code], capture_output=True, cwd=ROOT, check=True)
