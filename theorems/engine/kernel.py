"""The Rocq kernel as a judge: find the compiler, build the library once, and accept a theorem only with its axioms.

A theorem is accepted if the compiler's exit status is 0 and `Print Assumptions` names no axiom beyond the three on
which the standard library builds the real numbers. An Admitted lemma shows there by its own name, so it is rejected
like any other axiom; an answer that is not understood is rejected too.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from constructions.files import write_whole
from theorems.formal import FILES

LOGICAL_NAME = "Thinmargin"
OLDEST = (8, 16)
AXIOMS = frozenset(
    {
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
    }
)
"""What the standard library's real numbers rest on: two weak forms of excluded middle, and extensionality."""

INSTALL = "install it with `apt-get install -y --no-install-recommends coq` (about 1 GB)"
SECONDS_PER_FILE = 300.0
BUILT = "built"
"""Written last into the folder of a library: it is complete and every theorem in it was audited."""

_DECLARED = re.compile(r"^\s*(?:Theorem|Lemma|Corollary|Axiom|Parameter|Conjecture)\s+([\w']+)", re.MULTILINE)

Progress = Callable[[str, int, int, str], None]


class Unavailable(Exception):
    """There is no compiler that could judge; the text says why and how to install one. A reason to skip."""


class Rejected(Exception):
    """The kernel, or what it rests on, did not accept a file; the text says which and why. Never a reason to skip."""


@dataclass(frozen=True)
class Compiler:
    """A compiler that is new enough: its path and its version such as ``8.16.1``."""

    path: str
    version: str


@dataclass(frozen=True)
class Library:
    """The library compiled by one compiler: its folder, and the digest of its sources and of the compiler's version."""

    compiler: Compiler
    folder: Path
    digest: str


@dataclass(frozen=True)
class Checked:
    """Theorems of one source that the kernel accepted: the axioms all of them rest on, and the seconds it took."""

    axioms: tuple[str, ...]
    seconds: float


def find_compiler() -> Compiler:
    """The coqc on the path. Raises `Unavailable` if there is none, if it does not run or is older than 8.16."""
    path = shutil.which("coqc")
    if path is None:
        raise Unavailable(f"coqc was not found; {INSTALL}")
    try:
        shown = subprocess.run([path, "--print-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Unavailable(f"{path} does not run ({failure}); {INSTALL}") from None
    found = re.match(r"\s*((\d+)\.(\d+)\S*)", shown.stdout)
    if shown.returncode != 0 or found is None:
        raise Unavailable(f"{path} does not tell its version; {INSTALL}")
    if (int(found[2]), int(found[3])) < OLDEST:
        raise Unavailable(f"{path} is version {found[1]}, older than 8.16; {INSTALL}")
    return Compiler(path, found[1])


def library_sources() -> dict[str, str]:
    """The sources of the library by name, in an order in which each needs only those before it."""
    folder = files("theorems.formal")
    return {name: folder.joinpath(f"{name}.v").read_text(encoding="utf-8") for name in FILES}


def library(
    compiler: Compiler,
    sources: dict[str, str] | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Library:
    """The compiled library, built and audited on first use in a folder named by its digest.

    Several processes may build at once: each works in a folder of its own, and the first to finish gives it its name.
    Raises `Rejected` if a file fails, or if anything it proves rests on more than the axioms of the reals.
    """
    sources = library_sources() if sources is None else sources
    state = hashlib.sha256(compiler.version.encode())
    for name, source in sources.items():
        state.update(f"\0{name}\0{source}".encode())
    digest = state.hexdigest()[:16]
    root = cache_folder() if cache is None else cache
    built = Library(compiler, root / f"rocq-{digest}", digest)
    if not (built.folder / BUILT).is_file():
        _build(compiler, sources, built.folder, progress or (lambda *_: None))
    return built


def cache_folder() -> Path:
    """Where compiled libraries are kept: a folder of the user's cache, made if needed."""
    base = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(base) if base else Path.home() / ".cache") / "thinmargin"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _build(compiler: Compiler, sources: dict[str, str], target: Path, progress: Progress) -> None:
    work = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        for number, (name, source) in enumerate(sources.items()):
            progress("build the Rocq library", number, len(sources) + 1, name)
            write_whole(work / f"{name}.v", source)
            _compile(compiler, work, work, name)
        progress("build the Rocq library", len(sources), len(sources) + 1, "axioms")
        _audit(compiler, sources, work)
        write_whole(work / BUILT, f"{compiler.version}\n")
        try:
            work.rename(target)
        except OSError:
            if not (target / BUILT).is_file():
                shutil.rmtree(target, ignore_errors=True)  # what an interrupted removal left
                work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    progress("build the Rocq library", len(sources) + 1, len(sources) + 1, "")


def _audit(compiler: Compiler, sources: dict[str, str], work: Path) -> None:
    """Everything the library declares as proved rests on the axioms of the reals alone."""
    declared = {name: tuple(_DECLARED.findall(_without_comments(source))) for name, source in sources.items()}
    names = [f"{LOGICAL_NAME}.{file}.{name}" for file, found in declared.items() for name in found]
    required = "\n".join(f"Require {LOGICAL_NAME}.{file}." for file in sources)
    with tempfile.TemporaryDirectory() as temporary:
        _accept(_run(compiler, work, Path(temporary), "Audit", f"{required}\n{question(names)}"), "the library")


def _without_comments(source: str) -> str:
    while (shorter := re.sub(r"\(\*(?:(?!\(\*|\*\)).)*\*\)", " ", source, flags=re.DOTALL)) != source:
        source = shorter
    return source


def question(names: Sequence[str]) -> str:
    """Rocq text that asks once for the axioms of all theorems together: one walk through what they rest on."""
    uses = "".join(f"let _ := @{name} in\n" for name in names)
    return f"Definition everything_asked_about : True :=\n{uses}I.\nPrint Assumptions everything_asked_about.\n"


def check(library: Library, source: str, names: Sequence[str], seconds: float = SECONDS_PER_FILE) -> Checked:
    """Compile a source against the library and ask for the axioms of the theorems `names`, which must be in it.

    Raises `Rejected` with what the compiler said, or with the axioms that are too many.
    """
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        text = f"{source}\n{question(names)}"
        said = _run(library.compiler, library.folder, Path(temporary), "Statement", text, seconds)
    axioms = _accept(said, ", ".join(names))
    return Checked(axioms, time.perf_counter() - start)


def _run(
    compiler: Compiler, folder: Path, work: Path, name: str, source: str, seconds: float = SECONDS_PER_FILE
) -> str:
    write_whole(work / f"{name}.v", source)
    return _compile(compiler, folder, work, name, seconds)


def _compile(compiler: Compiler, folder: Path, work: Path, name: str, seconds: float = SECONDS_PER_FILE) -> str:
    """Standard output of compiling ``work/name.v`` against the library in `folder`."""
    command = [compiler.path, "-q", "-w", "none", "-Q", str(folder), LOGICAL_NAME, f"{name}.v"]
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Rejected(f"{name}.v: not accepted within {seconds:g} s") from None
    except OSError as failure:
        raise Rejected(f"{name}.v: {compiler.path} does not run: {failure}") from None
    if done.returncode != 0:
        raise Rejected(f"{name}.v: {' '.join(done.stderr.split())[:600] or 'the compiler failed without a word'}")
    return done.stdout


def _accept(said: str, what: str) -> tuple[str, ...]:
    """The axioms in the compiler's one answer, all of them allowed; `Rejected` for anything else."""
    first, *lines = said.strip().splitlines() or [""]
    axioms = sorted({line.split()[0] for line in lines if line.strip() and not line[0].isspace()})
    if not (first == "Axioms:" and axioms or first == "Closed under the global context" and not lines):
        raise Rejected(f"{what}: the compiler's answer about axioms is not understood: {first[:200]!r}")
    if extra := sorted(set(axioms) - AXIOMS):
        raise Rejected(f"{what}: it rests on {', '.join(extra)}, beyond the axioms of the real numbers")
    return tuple(axioms)
