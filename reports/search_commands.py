"""Commands for a conjecture of one's own: `new` writes the file that the others take, `quantities` says of what.

Numerical libraries are imported inside the functions.
"""

from __future__ import annotations

import ast
import importlib.util
import keyword
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from constructions.files import write_whole
from reports.command_support import json_option, out_console, print_json, resolve

PLACEHOLDER = "my_conjecture"
"""What NAME stands for in the templates."""


@click.command(short_help="Write a file for your own conjecture.")
@click.argument("name")
@click.option("--from-slug", "slug", metavar="SLUG", help="Speak about the objects of this slug, not about your own.")
@json_option
@click.pass_context
def new(context: click.Context, name: str, slug: str | None, as_json: bool) -> int:
    """Write NAME.py in the current folder: construction, measurement, statement and tests, ready to be replaced.

    The example in it is true and passes; no registration is needed.
    """
    path = Path(f"{name}.py")
    if name.isidentifier() and (path.exists() or path.is_symlink()):
        raise click.ClickException(f"{path} exists and is left as it is; choose another name or remove it")
    template = _template(slug)
    _check_name(name, template, slug)
    text = template.replace(PLACEHOLDER, name)
    write_whole(path, text)
    commands = _next(context, path, name, text)
    if as_json:
        print_json({"path": path, "next": commands})
        return 0
    click.echo(f"{path} is written; it passes as it stands. Next:")
    for command in commands:
        click.echo(f"  {command}")
    return 0


def _template(slug: str | None) -> str:
    """The template of conjectures with objects of their own, or of those about the objects of a slug."""
    folder = files("theorems")
    source = folder.joinpath(f"_template_{slug}.py" if slug else "_template.py")
    if not source.is_file():
        names = [entry.name for entry in folder.iterdir() if entry.name.startswith("_template_")]
        known = ", ".join(sorted(name.removeprefix("_template_").removesuffix(".py") for name in names))
        raise click.ClickException(f"there is no template for {slug!r}; the slugs that have one are {known}")
    return source.read_text(encoding="utf-8")


def _check_name(name: str, template: str, slug: str | None) -> None:
    """Refuse names that Python, pytest, the library or the rest of the file would take for something else."""
    reason = None
    if not name.isidentifier() or keyword.iskeyword(name):
        reason = "is no Python name; use letters, digits and underscores, and no folder"
    elif name.startswith("test_") or name == "conftest":
        reason = "has a meaning for pytest"
    elif name in _names(template):
        reason = "is used for something else in the file"
    elif importlib.util.find_spec(f"theorems.{name}") is not None:
        reason = "is a name of the library"
    elif _importable(name):
        reason = "is the name of an installed module, which the file would hide"
    elif slug is not None and _known(f"{slug}.{name}"):
        reason = f"is a statement of the library, {slug}.{name}"
    if reason:
        raise click.ClickException(f"{name!r} {reason}; choose another name")


def _names(template: str) -> set[str]:
    """Every identifier of the template but the placeholder."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(template)):
        values: list[Any] = [getattr(node, field, None) for field in ("id", "name", "asname", "attr", "arg", "module")]
        found |= {part for value in values if isinstance(value, str) for part in value.split(".")}
    return found - {PLACEHOLDER}


def _importable(name: str) -> bool:
    """Whether `import name` finds a module; a plain folder of that name is none."""
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # a module without a spec, such as __main__
        return True
    return spec is not None and spec.origin is not None


def _known(identifier: str) -> bool:
    from theorems.engine import library

    return any(statement.id == identifier for statement in library.statements())


def _next(context: click.Context, path: Path, name: str, text: str) -> list[str]:
    """What to run next, of the commands that there are."""
    space = re.search(r'Space\(\s*"(\w+)"', text)
    group = context.find_root().command
    known = group.commands if isinstance(group, click.Group) else {}
    statement = f"{path}::{name}"
    place = f" --space {space[1]}" if space else ""
    targets = {"verify": f"{path}", "falsify": statement, "sharpen": statement,
               "sweep": f"{statement}{place} --grid n=2:4"}  # fmt: skip
    return [f"pytest {path}", *(f"thinmargin {command} {targets[command]}" for command in targets if command in known)]


@click.command(short_help="What is measured, of which claims can be made.")
@click.argument("targets", nargs=-1, metavar="TARGET...", required=True)
@json_option
def quantities(targets: tuple[str, ...], as_json: bool) -> int:
    """Every quantity that statements of a TARGET can speak about: name, unit, meaning, and what it has an entry for."""
    from rich.text import Text

    from reports.console import plain_table

    catalogues = [statement.catalogue for statement in resolve(targets)]
    found = {name: declared for catalogue in catalogues for name, declared in catalogue.items()}
    if as_json:
        print_json([vars(declared) for declared in found.values()])
        return 0
    table = plain_table("quantity", "unit", "one per", "meaning")
    for declared in found.values():
        table.add_row(declared.name, declared.unit, " x ".join(declared.axes) or "instance", Text(declared.doc))
    out_console().print(table)
    return 0


COMMANDS: tuple[click.Command, ...] = (new, quantities)
