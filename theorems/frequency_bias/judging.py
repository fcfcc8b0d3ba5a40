"""How `thinmargin judge frequency_bias FILE` looks at a filter, a signal, a predictor or a net of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from constructions.frequency_bias.user_file import EXAMPLE, FIELDS, read_user_file
from constructions.instance import Instance, InvalidInstance
from constructions.kkt_margin.user_schema import FILES, NUMBERS
from theorems.engine.judge import NOT_MEASURED, Case, Part
from theorems.statement import Statement
from verifiers.frequency_bias import measure
from verifiers.frequency_bias.margin import separates
from verifiers.quantity import Enclosure, Measurements

SCHEMA: dict[str, Any] = {"fields": list(FIELDS), "numbers": NUMBERS, "files": FILES, "example": EXAMPLE}

Names = tuple[str, ...]
SIZES: Names = ("N", "M", "symmetric_band", "consecutive")
FILTER: Names = tuple(
    "K L reach energy band_share outside_share lam lam_short real_bound box_share half_width real_roots".split()
)
SIGNAL: Names = tuple(
    "support spectrum zero_run meshulam_bound site_entropy spectrum_entropy site_share signal_share off_sites off_band "
    "pair_bound".split()
)
NET: Names = tuple("net_cost band_sum full_sum kernel_bound high_frequency mirrored_high_frequency".split())
MORE = "theorems.frequency_bias.judging_margin"
"""A module beside this one that looks at data and predictors: ``parts(instance, measured)`` and ``findings(...)``."""


def case(path: Path, seed: int) -> Case:
    """The user's file as filter, signal, predictor and data; the seed changes nothing.

    Raises `InvalidInstance` where no linear predictor separates the data: every statement about them is empty then.
    """
    file = read_user_file(path)
    instance, measured = file.instance, measure(file.instance)
    if instance.points is not None and instance.labels is not None and not separates(instance.points, instance.labels):
        raise InvalidInstance("no linear predictor separates X by y with a positive margin; remove contradicting rows")
    parts = [Part("grid", measured, SIZES[:1] if instance.band is None else SIZES)]
    if instance.taps is not None:
        parts.append(Part("filter", measured, FILTER))
    if instance.signal is not None:
        parts.append(Part("signal", measured, SIGNAL if instance.sites is not None else SIGNAL[:6]))
    if instance.filters is not None or instance.predictor is not None:
        parts.append(Part("predictor", measured, NET))
    findings = [text for text in (_about_filter(measured), _about_signal(measured)) if text]
    if find_spec(MORE) is not None:
        more = import_module(MORE)
        parts += more.parts(instance, measured)
        findings += more.findings(instance, measured)
    return Case(instance, file.notes, tuple(findings), tuple(parts), _subject(instance))


def _known(measured: Measurements, name: str) -> Enclosure | None:
    try:
        return measured[name]
    except NOT_MEASURED:
        return None


def _about_filter(measured: Measurements) -> str:
    """The share of the filter in the band beside the largest one of any filter of its size."""
    share, bound, short = (_known(measured, name) for name in ("band_share", "real_bound", "outside_share"))
    if share is None or bound is None or short is None:
        return ""
    left = float(bound.value - share.value)
    return (
        f"the filter has {float(share.value):.6g} of its energy in the band and {float(short.value):.6g} outside; no "
        f"real filter with {int(measured['reach'].value)} taps has more than {float(bound.upper):.6g} in it, "
        f"{left:.3g} above this one"
    )


def _about_signal(measured: Measurements) -> str:
    support, spectrum, sites = (_known(measured, name) for name in ("support", "spectrum", "N"))
    if support is None or spectrum is None or sites is None:
        return ""
    product = int(support.value) * int(spectrum.value)
    return (
        f"the signal has {int(support.value)} nonzero values and {int(spectrum.value)} nonzero Fourier coefficients, "
        f"counted exactly: their product {product} is at least N = {int(sites.value)}"
        f"{', with equality' if product == int(sites.value) else ''}"
    )


def _subject(instance: Instance) -> Callable[[Statement], tuple[Instance | None, str]]:
    """Every statement is judged on the instance of the file; quantities it does not carry say so."""

    def choose(statement: Statement) -> tuple[Instance | None, str]:
        return instance, "your file"

    return choose
