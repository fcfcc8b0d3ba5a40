"""How `thinmargin judge ntk_features FILE` looks at a user's data and kernel predictor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import Instance, InvalidInstance
from constructions.kkt_margin.user_schema import FILES, NUMBERS
from constructions.ntk_features.user_file import EXAMPLE, FIELDS, read_user_file
from theorems.engine.judge import Case, Part
from theorems.statement import Statement
from verifiers.errors import MissingPart, NoCertificate
from verifiers.ntk_features import CATALOGUE, measure
from verifiers.ntk_features.subject import KINDS, NAMES, KernelSubject
from verifiers.quantity import Measurements

SCHEMA: dict[str, Any] = {"fields": list(FIELDS), "numbers": NUMBERS, "files": FILES, "example": EXAMPLE}

KERNEL = tuple("samples depth weight_sq bias_sq divisor least_sine_sq least_pivot ntk_diagonal".split())
FEATURES = tuple("cluster_low cluster_high feature_norm_sq mean_radius_sq feature_sum_error feature_overlap".split())
PREDICTOR = tuple("function_norm_sq coefficient_sum kernel_radius certified_input_radius flip_length".split())
SPHERE = ("certified_angle",)
QUERIES = tuple("query_value value_gap distance_sq moved_bound_sq angle".split())
UNDECIDED = (MissingPart, NoCertificate, np.linalg.LinAlgError)


def case(path: Path, seed: int) -> Case:
    """The user's file as data, kernel, features and predictor. Nothing is drawn, so the seed changes nothing.

    Raises `InvalidInstance` where the kernel is singular and no ridge is given.
    """
    file = read_user_file(path)
    instance, measured = file.instance, measure(file.instance)
    try:
        measured["function_norm_sq"]
    except NoCertificate as failure:
        raise InvalidInstance(str(failure)) from None
    parts = [Part("kernel", measured, KERNEL), Part("features", measured, FEATURES),
             Part("predictor", measured, PREDICTOR)]  # fmt: skip
    if _on_sphere(measured):
        parts.append(Part("sphere", measured, SPHERE))
    if instance.queries is not None:
        parts.append(Part("queries", measured, QUERIES))
    return Case(instance, file.notes, tuple(_findings(measured)), tuple(parts), lambda s: _subject(s, instance))


def _on_sphere(measured: Measurements) -> bool:
    """Whether certified angles apply: NTK, one hidden layer, sigma_w^2 = 2, no bias, divisor 1, unit points."""
    names = ("tangent", "depth", "weight_sq", "bias_sq", "divisor", "sphere_error")
    return [float(measured[name].value) for name in names] == [1, 1, 2, 0, 1, 0]


def _findings(measured: Measurements) -> list[str]:
    found = []
    norm = float(measured["function_norm_sq"].value) ** 0.5
    found.append(f"|f|_H = {norm:.6g}: a sign cannot change within |f(x)| over it in kernel distance")
    try:
        lower, upper = measured["certified_input_radius"].lower, measured["flip_length"].upper
        found.append(
            f"l2 radii of the points are certified from {lower.min():.4g} to {lower.max():.4g}, median "
            f"{np.median(lower):.4g}; attacks that flip them are as short as {upper.min():.4g}, median "
            f"{np.median(upper):.4g}"
        )
    except UNDECIDED as missing:
        found.append(f"input radii are not measured: {missing}")
    try:
        high, radius = measured["cluster_high"].upper, measured["mean_radius_sq"].value
        found.append(
            f"{len(high)} features, eigenvalues {high[0]:.4g} to {high[-1]:.4g}; root mean square radii in kernel "
            f"distance {radius[0] ** 0.5:.4g} to {radius[-1] ** 0.5:.4g}"
        )
    except UNDECIDED as missing:
        found.append(f"features are not told apart: {missing}")
    try:
        least = 2 / float(np.sqrt(measured["opposite_distance_sq"].upper.min()))
        found.append(f"the closest two points of opposite labels force |f|_H >= {least:.4g} on whatever fits both")
    except UNDECIDED:
        pass
    return found


def _subject(statement: Statement, instance: Instance) -> tuple[Instance | None, str]:
    if statement.catalogue is not CATALOGUE:
        return None, "the statement is not about data with a kernel"
    kinds = {KINDS[name] for claim in (*statement.given, *statement.then) for name in claim.quantities}
    if kinds != {KernelSubject}:
        other = next((NAMES[kind] for kind in kinds if kind is not KernelSubject), "something else")
        return None, f"the statement is about {other}, not about data with a predictor"
    return instance, "data and predictor"
