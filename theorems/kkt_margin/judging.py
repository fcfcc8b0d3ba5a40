"""How `thinmargin judge kkt_margin FILE` looks at a user's data and network.

Three objects may be measured. The *data*: everything that holds for all KKT points of them. The *network* as given: its
residual, identities, flips and radii. The *point*: the exact KKT point near the network, if there is one; statements
about KKT points are judged on it, because a float network never is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from constructions.instance import Instance
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.user_file import read_user_file
from constructions.kkt_margin.user_schema import EXAMPLE, EXAMPLES, FIELDS, FILES, NUMBERS
from theorems.engine.judge import Case, Part
from theorems.kkt_margin.main_theorem import main, universal_flip
from theorems.statement import Statement
from verifiers.errors import MissingPart, NoCertificate
from verifiers.kkt_margin import CATALOGUE, measure
from verifiers.kkt_margin.nearby import Nearby, nearby, normalised
from verifiers.quantity import Measurements

SCHEMA: dict[str, Any] = {
    "fields": list(FIELDS),
    "numbers": NUMBERS,
    "files": FILES,
    "example": EXAMPLE,
    "more_examples": EXAMPLES,
}

DATA = tuple(
    "n d b c p q L U Delta r direction_norm direction_product class_distance_sq transfer_radius transfer_proved "
    "support_proved own_lower own_upper cross_upper all_points_flip all_points_flip_size all_points_monotone "
    "all_points_level all_points_level_size all_points_radius".split()
)
CLUSTERS = tuple("clusters mixed_clusters cluster_least cluster_greatest cluster_cross cluster_delta".split())
NETWORK = tuple(
    "network_scale network_residual residual_part strict_residual given_multipliers_residual balance_defect "
    "multiplier_sum_defect unit_defect network_margin network_flip_time network_level_time network_radius".split()
)
POINT = tuple(
    "kkt_residual multiplier multiplier_sum mass_sum margin own cross fractional_pairs strict_cross_pairs "
    "flip_threshold flip_size level_threshold level_size gradient_bound radius".split()
)


def case(path: Path, seed: int) -> Case:
    """The user's file as data, network and KKT point. Nothing is drawn at random, so the seed changes nothing."""
    file = read_user_file(path)
    instance = file.instance
    data = measure(instance.without_network())
    parts = [Part("data", data, DATA + (CLUSTERS if instance.clusters is not None else ()))]
    findings = [*(_about_hypotheses(statement, data) for statement in (main, universal_flip)), _about_all_points(data)]
    if instance.weights is not None:
        names = NETWORK if _has_own_multipliers(instance) else tuple(n for n in NETWORK if n[:5] != "given")
        parts.append(Part("network", measure(instance), names))
    point, of = instance, "data"
    if instance.has_network:
        found, sentence = _near(instance)
        findings.append(sentence)
        of = "network"
        if found is not None:
            parts.append(Part("network", measure(instance), ("point_distance",)))
            point, of = found.instance, "point" if found.proved else "point (numerical)"
        if found is not None or instance.signs is not None:
            parts.append(Part(of, measure(point), POINT))
    return Case(instance, file.notes, tuple(findings), tuple(parts), _subject(instance, point, of))


def _with_weights(point: MarginInstance, network: MarginInstance) -> MarginInstance:
    """The point in merged form beside the network's weights, scaled as for its residual."""
    if network.weights is None:
        return point
    scaled = normalised(network)[0]
    return replace(point, weights=scaled.weights, biases=scaled.biases, outputs=scaled.outputs)


def _has_own_multipliers(instance: MarginInstance) -> bool:
    return instance.multipliers is not None or instance.subgradients is not None


def _near(instance: MarginInstance) -> tuple[Nearby | None, str]:
    """The KKT point near the network, and the sentence that says what speaks for what."""
    try:
        found = nearby(instance)
    except NoCertificate as failure:
        residual = measure(instance)["kkt_residual"].value
        return None, (
            f"this network is not a KKT point, its residual is {float(residual):.2g}; {failure}. Statements about KKT "
            "points say nothing about it"
        )
    if found.scale != 1.0:
        return found, f"multiplied by {found.scale:.9g} so that its least margin is one, {found.sentence()}"
    return found, found.sentence()


def _subject(instance: MarginInstance, point: MarginInstance, of: str) -> Callable:
    """Statements about KKT points are judged on the point, those about other networks on the network as given.

    Identities of a network that solves the KKT conditions approximately are judged on its weights, with the point
    beside them.
    """

    def choose(statement: Statement) -> tuple[Instance | None, str]:
        symbols = {name for claim in statement.given for name in claim.symbols}
        if statement.catalogue is not CATALOGUE:
            return None, "the statement is not about data with a network"
        if "kkt_residual" in symbols:
            return point, of
        if "network_residual" in symbols and of.startswith("point"):
            return _with_weights(point, instance), "network"
        return instance, "network" if instance.has_network else "data"

    return choose


def _about_hypotheses(statement: Statement, data: Measurements) -> str:
    """Whether the hypotheses that speak of the data alone hold, so that the theorem covers every KKT point of them."""
    claims = [claim for claim in statement.given if "kkt_residual" not in claim.symbols]
    failing = [claim.name for claim in claims if claim.decide(data, statement.constants).state != "holds"]
    if failing:
        return f"{statement.id} does not apply to these data: {'; '.join(failing)} fails"
    return f"{statement.id} applies to every KKT point of these data: its {len(claims)} hypotheses about them hold"


def _about_all_points(data: Measurements) -> str:
    """What is proved for every KKT point of the data, in one sentence."""
    try:
        t, size = data["all_points_flip"], data["all_points_flip_size"]
        later = "every t >= " if data["all_points_monotone"].value == 1 else "t = "
        return (
            f"every KKT point of these data, of every width, is flipped at every sample by t u for {later}"
            f"{float(t.value):.6g}, a perturbation of {float(size.upper):.4g} sqrt(D/n)"
        )
    except (NoCertificate, MissingPart) as failure:
        return f"nothing is proved here for all KKT points of these data at once: {failure}"
