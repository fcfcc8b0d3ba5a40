"""Proofs checked by the Rocq kernel: definitions and theorems from the standard library of Coq 8.16 alone.

`FILES` are the sources beside this module, in an order in which each needs only those before it; the logical name of
the folder is `Thinmargin`. Everything else in the library works without Rocq.
"""

from __future__ import annotations

import re
from importlib.resources import files

FILES: tuple[str, ...] = (
    "FiniteSum", "ScalarSteps", "KktPoint", "UniversalFlip", "Network", "IntegerData", "FlipWitness", "Supersolution",
    "WeakDuality", "LinearProgram", "RandomDataFlip", "SupportVectors", "FlipParts", "Clusters", "KktIdentities",
    "RobustRadius", "RobustNetwork", "PurifiedCertificate", "PureNetwork", "DenseDirection", "LinearCeiling",
    "Subspace", "OffManifold", "BandLimit", "ConsecutiveBand", "BandPrice", "KernelFeatures", "ArcCosineKernels",
    "KernelDistance", "InnerProduct", "SpectralOrder", "SparseSignals", "ProlateMatrix", "MeasuredQuantities",
    "MeasuredFlip", "SphereData", "MeasuredCertificate",
)  # fmt: skip

SPOKEN_OF: dict[str, tuple[str, ...]] = {
    "FiniteSum": ("sum", "relu"),
    "Network": ("dot", "N", "clarke", "act", "beta", "KKTnet", "K0", "G", "u", "z_at"),
    "KktPoint": ("A",),
    "UniversalFlip": ("nopp", "cnt"),
    "MeasuredQuantities": (
        "greatest", "least", "greatest_between", "class_share", "flip_time", "level_time", "eventual_slope",
    ),
}  # fmt: skip
"""Definitions in which the generated theorems about KKT points are stated, by file."""


def definitions() -> str:
    """The definitions that the generated theorems about KKT points speak of, as they stand in the library.

    Raises `LookupError` if one of them is not there.
    """
    parts = []
    for file, names in SPOKEN_OF.items():
        source = files("theorems.formal").joinpath(f"{file}.v").read_text(encoding="utf-8")
        parts.append(f"(* {file}.v *)")
        for name in names:
            form = rf"^(?:Definition|Fixpoint|Record) {name}\b.*?\.(?=\s*$|\s+\()"
            found = re.search(form, source, re.MULTILINE | re.DOTALL)
            if found is None:
                raise LookupError(f"{file}.v defines no {name}")
            parts.append(found[0])
    return "\n".join(parts)
