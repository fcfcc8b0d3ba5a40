"""What `thinmargin judge` says of the user's predictor, net and data: costs from both sides, forced leakage."""

from __future__ import annotations

from constructions.frequency_bias import FrequencyInstance
from theorems.engine.judge import NOT_MEASURED, Part
from verifiers.quantity import Enclosure, Measurements

COST = ("cost", "cost_floor", "cost_ceiling", "length", "full_cost", "tone_cost")
MARGIN = ("margin_cost", "margin_floor", "margin_ceiling", "own_cost", "own_residual")
LEAK = ("lam_layer", "gain_outside", "energy_inside", "energy_outside", "leak_floor")
RELU = ("gain_used", "open_energy", "readout_energy", "closed_units", "gain_inside")


def parts(instance: FrequencyInstance, measured: Measurements) -> list[Part]:
    """Quantities by what the file gives: a predictor with a kernel, data, a net with points."""
    kernel = instance.kernel_shape is not None
    found = []
    if instance.predictor is not None and kernel:
        found.append(Part("cost of the predictor", measured, COST))
    if instance.points is not None and instance.labels is not None and kernel:
        names = MARGIN if instance.filters is not None else MARGIN[:3]
        found.append(Part("max margin", measured, names + (LEAK if instance.band is not None else ())))
    if instance.filters is not None and instance.readouts is not None and instance.points is not None:
        found.append(Part("as a ReLU net", measured, RELU if instance.band is not None else RELU[:4]))
    return found


def findings(instance: FrequencyInstance, measured: Measurements) -> list[str]:
    """Sentences a reader can quote, each from enclosures."""
    said = []
    taps = " x ".join(str(size) for size in instance.kernel_shape or ())
    cost = _known(measured, "cost")
    if cost is not None:
        said.append(
            f"the predictor costs between {float(cost.lower):.10g} and {float(cost.upper):.10g} in two-layer nets with "
            f"{taps} taps, proved from both sides"
        )
    least = _known(measured, "margin_cost")
    if least is not None:
        said.append(
            f"separating the data with margin 1 costs between {float(least.lower):.10g} and {float(least.upper):.10g}, "
            "proved from both sides"
        )
        own = _known(measured, "own_cost")
        if own is not None:
            ratio = float(own.value / least.lower)
            said.append(f"this net costs {float(own.value):.8g} per margin, {ratio:.6g} times that")
    outside, bound = _known(measured, "gain_outside"), _known(measured, "lam_layer")
    if outside is not None and bound is not None:
        said.append(
            f"max-margin filters have {float(outside.value):.6g} of their gain outside of the band; no filter with "
            f"these taps has less than {1 - float(bound.upper):.6g} there"
        )
    return said


def _known(measured: Measurements, name: str) -> Enclosure | None:
    try:
        return measured[name]
    except NOT_MEASURED:
        return None
