"""What the units of work returned, and the recorded runs that are handed to the verifier."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from constructions.instance import Draw, Instance
from constructions.ntk_features.instance import TransferInstance
from constructions.ntk_features.runs import EarlyRuns, EigenspacePair, KernelPaths, TransferRuns
from constructions.ntk_features.spectrum import feature_instance
from constructions.trained.ntk_features.paths import Paths
from constructions.trained.ntk_features.plans import Kernels
from constructions.trained.ntk_features.transfer import Early, Transfer

Json = dict[str, Any]
Splits = list[list[list[Any]]]
"""Rows of a table by split."""


@dataclass
class Results:
    """Results by experiment; what the time budget left out is missing."""

    spectra: list[tuple[Kernels, Json]] = field(default_factory=list)
    shuffled: list[tuple[Kernels, Json]] = field(default_factory=list)
    truncated: list[tuple[Kernels, Splits]] = field(default_factory=list)
    deep: list[tuple[Kernels, Splits]] = field(default_factory=list)
    spaces: list[tuple[Kernels, Json]] = field(default_factory=list)
    transfers: list[tuple[Transfer, list[Json]]] = field(default_factory=list)
    early: list[tuple[Early, list[Json]]] = field(default_factory=list)
    paths: list[tuple[Paths, Json, Json]] = field(default_factory=list)
    pictures: Json | None = None



def transfer_instance(rows: list[Json]) -> TransferRuns:
    """The outcomes of all widths of one task."""
    return TransferRuns(
        widths=[row["width"] for row in rows], kernel_fooled=np.array(rows[0]["kernel_fooled"], dtype=bool),
        net_fooled=np.array([row["fooled"] for row in rows], dtype=bool),
        noise_fooled=np.array([row["noise"] for row in rows], dtype=bool),
    )  # fmt: skip


def early_instance(entry: Json) -> EarlyRuns:
    """The residuals along eigenvectors of nets of one width."""
    return EarlyRuns(width=entry["width"], energies=np.array(entry["energies"]), law=np.array(entry["law"]),
                     measured=np.array(entry["measured"]))  # fmt: skip


DISTANCES = ("raw", "centred")
"""Distances of kernels to their start of which recorded runs are made."""


def path_instance(plan: Paths, standard: Json, adversarial: Json, distance: str) -> KernelPaths:
    """One of the distances, concentrations and shares of the kernels of both trainings, on clean images."""
    parts: dict[str, Any] = {}
    for kind, entry in (("standard", standard), ("adversarial", adversarial)):
        columns = entry["clean"]["columns"]
        parts[f"{kind}_distance"] = np.array(columns[f"distance {distance}"])
        parts[f"{kind}_concentration"] = np.array(columns["concentration 20"])
        parts[f"{kind}_trace_share"] = np.array(columns["trace share 10"])
        parts[f"{kind}_accuracy"] = np.array(entry["accuracy"])
    return KernelPaths(attack_radius=plan.radius, steps=standard["clean"]["steps"], **parts)


def draws_of(results: Results, seed: int) -> list[Draw]:
    """Every recorded run with the law it is a draw from."""
    found: list[tuple[str, Instance]] = []
    found += [(f"features of the kernel, {k.name}", feature_instance(e)) for k, e in results.spectra]
    found += [(f"features of the kernel, {k.name}, random labels", feature_instance(e)) for k, e in results.shuffled]
    for k, entry in results.spaces:
        first, *others = entry
        found += [
            (f"eigenspaces of {first} and {other}, {k.name}",
             EigenspacePair(np.array(entry[first])[:, :20], np.array(entry[other])[:, :20])) for other in others
        ]  # fmt: skip
    found += [(f"transfer, {t.name}", transfer_instance(rows)) for t, rows in results.transfers]
    found += [(f"the first net of width {row['width']} beside its kernel, {t.name}",
               TransferInstance(**row["margins"], level="9/10")) for t, rows in results.transfers for row in rows]
    found += [(f"order of learning, {e.task}, n = {e.train}", early_instance(row)) for e, rows in results.early
              for row in rows]  # fmt: skip
    found += [(f"{kind} distances of kernels through training, {p.name}", path_instance(p, a, b, kind))
              for p, a, b in results.paths for kind in DISTANCES]  # fmt: skip
    return [Draw(instance, "trained", law, seed, index) for index, (law, instance) in enumerate(found)]
