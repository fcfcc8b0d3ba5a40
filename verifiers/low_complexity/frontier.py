"""What is proved at one law and radius, as plain numbers: ceilings of classes of models, a floor of one polynomial."""

from __future__ import annotations

from constructions.low_complexity import MAXIMUM, GateInstance, LowInstance, MenuInstance
from verifiers.low_complexity.ceilings import degree_two_bound_of, linear_bound_of
from verifiers.low_complexity.subject import measure


def certifies_all(instance: LowInstance | MenuInstance | GateInstance) -> dict[str, float]:
    """Ceilings "linear" and "degree_two" of their classes; "floor" and "ceiling" of the instance's polynomial, if any.

    Of a sample with a menu the "risk_bound" of all polynomials of its degree, or of all models of the limited norm on
    its frozen gates; 0 if the menu leaves the ball. All are rounded outward. Raises
    `MissingPart` for laws without moments, and for polynomials on laws without exact sums.
    """
    if isinstance(instance, MenuInstance):
        return {"risk_bound": float(measure(instance)["menu_bound"].lower)}
    if isinstance(instance, GateInstance):
        measured = measure(instance)
        inside = measured["excess"].upper <= 0
        return {"risk_bound": float(measured["frozen_bound"].lower) if inside else 0.0}
    law, tau, maximum = instance.law, instance.tau, int(instance.norm) == MAXIMUM
    found = {
        "linear": float(linear_bound_of(law, tau, maximum).upper),
        "degree_two": float(degree_two_bound_of(law, tau, maximum).upper),
    }
    if instance.coefficients is not None:
        accuracy = measure(instance)["accuracy"]
        found |= {"floor": float(accuracy.lower), "ceiling": float(accuracy.upper)}
    return found
