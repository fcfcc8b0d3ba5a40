"""One call from data to data with a KKT point, by any of the methods."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from constructions.kkt_margin.gradient import gradient_point
from constructions.kkt_margin.instance import MarginInstance
from constructions.kkt_margin.merged import exact_partition_point, fitting_blocks, partition_point, single_blocks
from constructions.kkt_margin.restricted import random_neurons, restricted_point, sampled_neurons

Method = Literal["merged", "exact", "singles", "partition", "cone", "hyperplanes", "gradient"]
METHODS: tuple[Method, ...] = get_args(Method)


def kkt_point(
    instance: MarginInstance, method: Method = "merged", generator: np.random.Generator | None = None, *,
    neurons: int = 2, width: int = 50,
) -> MarginInstance:
    """The data of `instance` with a KKT point, or `NoPoint` with the violating rows.

    * merged: one neuron per class, least squares; exact: the same in exact rationals; singles: one per sample;
    * partition: each class split at random into at most `neurons` blocks, one neuron each, until a split fits;
    * cone: program over `neurons` random patterns per sign, repaired; hyperplanes: over the patterns of
      `neurons` random hyperplanes per sample, both signs;
    * gradient: one run of `width` neurons from a small random start.

    All but merged, exact and singles need a generator. Only `exact` is exact; the others are float64 points with a
    relative residual of at most 1e-9.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    if method == "exact":
        return exact_partition_point(instance)
    if method == "merged":
        return partition_point(instance).on(instance)
    if method == "singles":
        return partition_point(instance, single_blocks(instance.labels)).on(instance)
    if generator is None:
        raise ValueError(f"method {method!r} is random; pass a numpy Generator")
    match method:
        case "partition":
            return partition_point(instance, fitting_blocks(instance, generator, parts=neurons)).on(instance)
        case "cone":
            family = random_neurons(instance.labels, generator, each=neurons)
        case "hyperplanes":
            family = sampled_neurons(instance.float_lifted_gram(), generator, neurons * instance.size)
        case "gradient":
            return gradient_point(instance, width, generator).on(instance)
    return restricted_point(instance, family).on(instance)
