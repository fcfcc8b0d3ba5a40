"""How `thinmargin judge dimpled_manifold FILE` looks at data and a network of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from constructions.dimpled_manifold.user_file import EXAMPLE, FIELDS, read_user_file
from constructions.instance import Instance
from constructions.kkt_margin.user_schema import FILES, NUMBERS
from theorems.engine.judge import NOT_MEASURED, Case, Part
from theorems.statement import Statement
from verifiers.dimpled_manifold import measure
from verifiers.dimpled_manifold.hypotheses import hypotheses
from verifiers.dimpled_manifold.network import WIDEST
from verifiers.quantity import Enclosure, Measurements

SCHEMA: dict[str, Any] = {"fields": list(FIELDS), "numbers": NUMBERS, "files": FILES, "example": EXAMPLE}

Names = tuple[str, ...]
SPACE: Names = ("codimension", "off_plane")
POINTS: Names = tuple("margin active ties normal_gradient_sq normal_share".split())
RADII: Names = tuple("off_proved off_attack on_attack full_attack".split())
EXACT: Names = tuple("off_closeness on_closeness full_closeness ray_closeness".split())
LAW: Names = tuple("law_p_value kappa flip_distance bend rise flip_value".split())


def case(path: Path, seed: int) -> Case:
    """The user's file as a network with its subspace; the seed changes nothing."""
    file = read_user_file(path)
    instance, measured = file.instance, measure(file.instance)
    parts = [Part("subspace", measured, SPACE), Part("points", measured, POINTS), Part("radii", measured, RADII)]
    if instance.width <= WIDEST:
        parts.append(Part("radii, proved", measured, EXACT))
    if instance.initial is not None:
        parts.append(Part("training", measured, ("normal_drift",)))
    if instance.beta is not None:
        parts.append(Part("law", measured, LAW if instance.codimension is not None else LAW[:1]))
    about = (_about_subspace, _about_hypotheses, _about_gradient, _about_radii, _about_law, _about_flip)
    said = [tell(measured) for tell in about]
    return Case(instance, file.notes, tuple(text for text in said if text), tuple(parts), _subject(instance))


def _known(measured: Measurements, name: str) -> Enclosure | None:
    try:
        return measured[name]
    except NOT_MEASURED:
        return None


def _about_subspace(measured: Measurements) -> str:
    left, off = measured["codimension"], measured["off_plane"]
    subject = measured.subject
    where = "every point lies in P exactly" if float(off.value) == 0 else (
        f"a point is {float(off.value) ** 0.5:.3g} away from P: theorems about training on P do not apply")  # fmt: skip
    return f"P has dimension {subject.rank}, and leaves {int(left.value)} of {subject.instance.dimension}; {where}"


def _about_hypotheses(measured: Measurements) -> str:
    return "hypotheses: " + "; ".join(f"{h.name} ({h.says}): {h.state}, {h.evidence}" for h in hypotheses(measured))


def _about_gradient(measured: Measurements) -> str:
    share, left = _known(measured, "normal_share"), measured["codimension"]
    if share is None:
        return ""
    blank = float(left.value) / measured.subject.instance.dimension
    return (f"the median share of the squared gradient orthogonal to P is {np.median(share.value):.3g}; a direction "
            f"without preference would have l/d = {blank:.3g}")  # fmt: skip


def _about_radii(measured: Measurements) -> str:
    off, on, proved = (_known(measured, name) for name in ("off_attack", "on_attack", "off_proved"))
    if off is None or on is None:
        return ""
    least = "" if proved is None else f"; none below {proved.lower.min():.3g} off P is possible, which is proved"
    return (f"median perturbation that changes the sign: {np.median(off.value):.3g} off P, {np.median(on.value):.3g} "
            f"within P, by attack{least}")  # fmt: skip


def _about_law(measured: Measurements) -> str:
    found = _known(measured, "law_p_value")
    if found is None:
        return ""
    return (f"the least p-value of the chi-square law among {found.value.size} points is {found.value.min():.3g}; each "
            f"is valid by itself, for a point chosen before looking")  # fmt: skip


def _about_flip(measured: Measurements) -> str:
    names = ("kappa", "seen_confidence", "bend", "rise", "flip_distance", "delta", "declared_codimension",
             "least_codimension")  # fmt: skip
    known = {name: _known(measured, name) for name in names}
    if any(value is None for value in known.values()):
        return ""
    v = {name: float(value.value) for name, value in known.items() if value is not None}
    if v["declared_codimension"] <= v["least_codimension"] or (v["kappa"] - 1) * v["seen_confidence"] < (
            v["bend"] + v["rise"]):  # fmt: skip
        return "the flip theorem does not apply at the first point: what P sees leaves no room for the kinks"
    return (f"at the first point what P sees promises a flip within {v['flip_distance']:.4g} off P, with probability "
            f"at least {1 - 3 * v['delta']:.3g} over the start")  # fmt: skip


def _subject(instance: Instance) -> Any:
    """Every statement is judged on the network of the file; statements about runs and tails say what they lack."""

    def choose(statement: Statement) -> tuple[Instance | None, str]:
        return instance, "your network"

    return choose
