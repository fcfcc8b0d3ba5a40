"""How `thinmargin judge feature_purification FILE` looks at a user's network: its points, its neurons, its law."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.feature_purification import SparseLaw
from constructions.feature_purification.user_file import EXAMPLE, FIELDS, UserFile, read_user_file
from constructions.instance import Instance, fractions_of
from constructions.kkt_margin.user_schema import FILES, NUMBERS
from theorems.engine.judge import Case, Part
from theorems.statement import Statement
from verifiers.errors import MissingPart, NoCertificate
from verifiers.feature_purification import CATALOGUE, measure
from verifiers.feature_purification.subject import KINDS, InitialSubject, LawSubject
from verifiers.low_complexity.ceilings import degree_two_bound_of, linear_bound_of
from verifiers.probability import clopper_pearson

SCHEMA: dict[str, Any] = {"fields": list(FIELDS), "numbers": NUMBERS, "files": FILES, "example": EXAMPLE}

TWO_SIDED = 0.95
"""Confidence of a two-sided interval; each of its ends holds with 97.5%."""

NETWORK = tuple(
    "d width spectral_bound alignment zero_neurons coverage top_sq dense_sq dense_over_pure residual_sq".split()
)
PAIRS = {"clean": tuple("clean_cosine_sq beta along_sq rest_sq".split()), "initial": ("initial_cosine_sq",)}
POINTS = tuple(
    "tau margin energy dual_bound robust_margin robust_accuracy zero_gradients dense_value dense_bound".split()
)
LAW = tuple("acceptance least_count gradient_pure gradient_dense mean_margin mean_support".split())


def case(path: Path, seed: int) -> Case:
    """The user's file as network, points and law. Random starts come from the file, so the seed changes nothing."""
    file = read_user_file(path)
    instance = file.instance
    network = measure(instance)
    given = tuple(name for part, names in PAIRS.items() if getattr(instance, part) is not None for name in names)
    parts = [Part("network", network, NETWORK + given)]
    findings: list[str] = []
    if instance.points is not None and instance.radius is not None:
        parts.append(Part("points", network, POINTS))
        findings += _about_points(network, len(instance.labels))
    if file.law is not None:
        parts.append(Part("law", measure(file.law), LAW))
        findings += _about_law(file)
    return Case(instance, file.notes, tuple(findings), tuple(parts), _subject(instance, file.law))


def _about_points(network: Any, count: int) -> list[str]:
    """Certified and broken points, and what they say about fresh ones."""
    try:
        found = network["robust_margin"]
    except (MissingPart, NoCertificate) as failure:
        return [f"no point is certified: {failure}"]
    certified, broken = int((found.lower > 0).sum()), int((found.upper <= 0).sum())
    low = clopper_pearson(certified, count, TWO_SIDED)[0]
    high = 1 - clopper_pearson(broken, count, TWO_SIDED)[0]
    share = f"{50 * (1 + TWO_SIDED):.3g}%"
    return [
        f"{certified} of {count} points are certified, {broken} are broken by an attack, "
        f"{count - certified - broken} are undecided",
        "if the points are independent draws that nothing was tuned on, the robust accuracy of the network is at least "
        f"{low:.4f} with confidence {share}, and at most {high:.4f} with confidence {share}",
    ]


def _about_law(file: UserFile) -> list[str]:
    """What every linear classifier and every polynomial of degree two can reach under the law, at the same radius."""
    law, radius = file.law, file.instance.radius
    if law is None or radius is None:
        return []
    exact: Any = fractions_of(radius)[()]
    try:
        maximum = int(file.instance.norm) == 0
        most = float(linear_bound_of(law, Fraction(exact), maximum).upper)
        even = float(degree_two_bound_of(law, Fraction(exact), maximum).upper)
    except (MissingPart, NoCertificate) as missing:
        return [f"no bound on linear classifiers: {missing}"]
    return [
        f"under {law.text} every linear classifier without intercept has robust accuracy at most {most:.4f} at this "
        f"radius, and every polynomial of degree two at most {even:.4f}"
    ]


def _subject(instance: Instance, law: SparseLaw | None) -> Callable[[Statement], tuple[Instance | None, str]]:
    """Statements about laws are judged on the law of the file, all others on the network."""

    def choose(statement: Statement) -> tuple[Instance | None, str]:
        if statement.catalogue is not CATALOGUE:
            return None, "the statement is not about a network with symmetric ReLUs"
        kinds = {KINDS[name] for claim in (*statement.given, *statement.then) for name in claim.quantities}
        if InitialSubject in kinds:
            return None, "the statement is about random initialisations, which a file does not describe"
        if LawSubject in kinds:
            return law, "law" if law is not None else "the statement is about a law, and the file names none"
        return instance, "network"

    return choose
