"""How `thinmargin judge low_complexity FILE` looks at a user's model: under its law, on its sample, among its class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import Instance, InvalidInstance, NoInstance, floats_of
from constructions.kkt_margin.user_schema import FILES, NUMBERS
from constructions.low_complexity import LowInstance, MenuInstance, cutting_planes, simulated
from constructions.low_complexity.user_file import EXAMPLE, FIELDS, read_user_file
from theorems.engine.judge import Case, Part
from theorems.statement import Statement
from verifiers.errors import MissingPart, NoCertificate
from verifiers.low_complexity import CATALOGUE, measure
from verifiers.low_complexity.ceilings import degree_two_bound_of, linear_bound_of
from verifiers.low_complexity.kernel import GateSubject
from verifiers.low_complexity.menu import MenuSubject
from verifiers.low_complexity.subject import KINDS

SCHEMA: dict[str, Any] = {"fields": list(FIELDS), "numbers": NUMBERS, "files": FILES, "example": EXAMPLE}

DRAWS = 20_000
"""Fresh draws from the law on which a linear classifier is counted."""

LAW = tuple("d k tau margin_gap noise acceptance mean_sq across variance_fall linear_bound maximum_bound".split())
LINEAR = tuple("accuracy odd_accuracy sampled_accuracy direction_accuracy best_set_accuracy".split())
POLYNOMIAL = tuple("degree accuracy light_ratio light_slope".split())
CLASS = tuple("class_degree menu_points excess menu_bound symmetrised_risk".split())


def case(path: Path, seed: int) -> Case:
    """The user's file as law, model and sample. Draws come from the file, so the seed changes nothing."""
    file = read_user_file(path)
    instance, menu = file.instance, None
    findings, parts = [], []
    if instance.family is not None:
        instance = _counted(instance)
        parts.append(Part("law", measure(instance), LAW))
        findings += _about_class(instance)
        names = POLYNOMIAL if instance.coefficients is not None else LINEAR if instance.weights is not None else ()
        parts += [Part("model", measure(instance), names)] if names else []
    if instance.points is not None:
        names = ("points", "robust_share", *(("hinge_risk",) if _linear(instance) else ()), "hinge_bound")
        parts.append(Part("sample", measure(instance), names))
        findings += _about_sample(instance)
    if file.degree is not None:
        menu = _menu(instance, file.degree)
        parts.append(Part(f"degree {file.degree}", measure(menu), CLASS))
        least = float(measure(menu)["menu_bound"].lower)
        findings.append(
            f"polynomials of degree {file.degree} have robust hinge risk at least {least:.4f} on the sample, averaged "
            "over permutations of the coordinates and mirror images"
        )
    return Case(file.instance, file.notes, tuple(findings), tuple(parts), _subject(instance, menu))


def _linear(instance: LowInstance) -> bool:
    return instance.weights is not None and instance.quadratic is None and instance.intercept is None


def _counted(instance: LowInstance) -> LowInstance:
    """With fresh draws, where the model is a linear classifier."""
    if instance.weights is None or instance.quadratic is not None:
        return instance
    try:
        return simulated(instance, DRAWS, np.random.default_rng(int(instance.digest[:15], 16)))
    except NoInstance:
        return instance


def _about_class(instance: LowInstance) -> list[str]:
    law, tau, maximum = instance.law, instance.tau, int(instance.norm) == 0
    try:
        linear, two = linear_bound_of(law, tau, maximum), degree_two_bound_of(law, tau, maximum)
    except (MissingPart, NoCertificate) as missing:
        return [f"no ceiling for classes of models: {missing}"]
    return [
        f"under {law.text} every linear classifier without intercept has robust accuracy at most "
        f"{float(linear.upper):.4f} at this radius ({linear.rigor}); with an intercept, and for every polynomial of "
        f"degree two, at most {float(two.upper):.4f}"
    ]


def _about_sample(instance: LowInstance) -> list[str]:
    measured, found = measure(instance), []
    try:
        share = measured["robust_share"]
        count = len(instance.labels)
        low, high = round(float(share.lower) * count), round(float(share.upper) * count)
        found.append(f"{low if low == high else f'{low} to {high}'} of {count} points are classified robustly")
    except (MissingPart, NoCertificate) as missing:
        found.append(f"points are not counted: {missing}")
    bound = float(measured["hinge_bound"].lower)
    return [*found, f"every linear classifier without intercept has a robust hinge risk of {bound:.4f} or more on it"]


def _menu(instance: LowInstance, degree: int) -> MenuInstance:
    """The menu on which polynomials of the degree do worst, in units of the root mean square of nonzero coordinates."""
    points = floats_of(instance.points)
    used = points[points != 0]
    scale = 1 / float(np.sqrt(np.mean(used**2))) if used.size else 1.0
    try:
        return cutting_planes(points, instance.labels, degree, instance.tau, scale).instance
    except NoInstance as failure:
        raise InvalidInstance(f"no bound for degree {degree}: {failure}; rescale the points") from None


def _subject(instance: LowInstance, menu: MenuInstance | None) -> Callable[[Statement], tuple[Instance | None, str]]:
    """Statements about whole classes of polynomials are judged on the menu, all others on law, model and sample."""

    def choose(statement: Statement) -> tuple[Instance | None, str]:
        if statement.catalogue is not CATALOGUE:
            return None, "the statement is not about models of low complexity"
        kinds = {KINDS[name] for claim in (*statement.given, *statement.then) for name in claim.quantities}
        if GateSubject in kinds:
            return None, "the statement needs gates and a menu, which no file of this format holds"
        if MenuSubject in kinds:
            return menu, "sample with perturbations" if menu else "the statement needs a sample, and a degree"
        return instance, "law, model and sample"

    return choose
