"""What is proved at one law and radius, as plain numbers: ceilings of classes of models, a floor of one polynomial."""

from __future__ import annotations

from constructions.low_complexity import LowInstance
from verifiers.low_complexity.bounds import upper_float, with_intercept
from verifiers.low_complexity.subject import measure


def certifies_all(instance: LowInstance) -> dict[str, float]:
    """Ceilings "linear" and "degree_two" of their classes; "floor" and "ceiling" of the instance's polynomial, if any.

    All are rounded outward. Raises `MissingPart` for laws without exact sums.
    """
    measured = measure(instance)
    bound = measured["linear_bound"]
    assert bound.entries is not None
    found = {"linear": upper_float(bound.entries), "degree_two": upper_float(with_intercept(bound.entries[()]))}
    if instance.coefficients is not None:
        accuracy = measured["accuracy"]
        found |= {"floor": float(accuracy.lower), "ceiling": float(accuracy.upper)}
    return found
