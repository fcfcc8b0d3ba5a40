"""What the Rocq kernel said, on the console: theorems of statements and of a user's data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from reports.console import plain_table, steps
from reports.tables import seconds


def kernel(found: dict[str, Any], rows: Sequence[dict[str, Any]], out: Console) -> None:
    """`thinmargin prove --kernel`: the steps, the theorem of every claim, and what every statement rests on."""
    steps([row for row in rows if row.get("by") != "rocq"], out)
    said = found["kernel"]
    if said["skipped"]:
        out.print(Text(f"formal proofs skipped: {said['skipped']}"))
        return
    proved = [row for row in rows if row.get("by") == "rocq"]
    columns = ("statement", "conclusion", "Rocq theorem", "time")
    table = plain_table(*columns, right=("time",), title="Proved by the kernel")
    for row in proved:
        table.add_row(row["statement"], row["title"], row["step"], seconds(row.get("seconds")))
    out.print(table)
    table = plain_table("statement", "rests on", "by the kernel", "written proof", title="What conclusions rest on")
    for row in found["coverage"]:
        share = f"{row['kernel']} of {row['conclusions']}" if row["kernel"] else "–"
        table.add_row(row["statement"], row["by"], share, row["written_proof"])
    out.print(table)
    axioms = ", ".join(name.split(".")[1] for name in said["axioms"])
    library = said["library"] or "not built"
    out.print(Text(f"coqc {said['compiler']}, library {library}; the only axioms are those of the reals: {axioms}",
                   style="dim"))  # fmt: skip
    out.print(Text("A hypothesis that measures a residual or a flag is assumed as the exact definition behind it: "
                   "nothing is proved of what only comes close.", style="dim"))  # fmt: skip
    for name in said["rejected"]:
        out.print(Text(f"rejected: {name}", style="bold red"))


def data_theorems(found: dict[str, Any], out: Console) -> None:
    """What the kernel proved about the data of `thinmargin judge --kernel`."""
    if found["skipped"]:
        out.print(Text(f"kernel skipped: {found['skipped']}"))
    for theorem in found["theorems"]:
        style = {"proved": "cyan", "rejected": "bold red"}.get(theorem["status"], "dim")
        out.print()
        out.print(Text(f"{theorem['status']} by the kernel: " if theorem["status"] != "not stated" else "not stated: ",
                       style=style) + Text(theorem["sentence"]))  # fmt: skip
        out.print(Text(f"{theorem['detail']}, {seconds(theorem['seconds'])}", style="dim"))
        if theorem["status"] == "proved":
            out.print(Text(theorem["statement"], style="dim"))
