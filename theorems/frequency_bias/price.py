"""What band-limitation costs a local net, and the mirror that rules out a preference for high frequencies by itself."""

from __future__ import annotations

from fractions import Fraction

from sympy import Abs, Eq, Rational, sqrt

from constructions.frequency_bias import spaces
from theorems.claim import Claim
from theorems.frequency_bias import families
from theorems.frequency_bias import proof_steps as steps
from theorems.frequency_bias.vocabulary import (
    TINY,
    N,
    band_sum,
    derived,
    even_sites,
    full_sum,
    high_frequency,
    kernel_bound,
    mirror_defect,
    mirrored_high_frequency,
    net_cost,
    price,
    real_band,
)
from theorems.statement import Mutant, Theorem
from verifiers.frequency_bias import measure

band_price = Theorem(
    "frequency_bias.band_price",
    title="Every two-layer net pays at least sum_B |beta^|/sqrt(N lambda_B) for its predictor",
    source=derived(item="price of band-limitation"),
    given=(real_band,),
    then=(Claim("cost of the net", net_cost >= price * band_sum / sqrt(N * kernel_bound)),),
    measure=measure,
    instances=(families.cheapest_nets, families.nets),
    spaces=(spaces.nets,),
    proof=steps.PRICE_PROOF,
    promised=15,
    mutants=(
        Mutant("unitary factor dropped", then=(Claim("no 1/N", net_cost >= band_sum / sqrt(kernel_bound)),)),
        Mutant("lambda shrunk by a millionth",
               then=(Claim("less", net_cost >= band_sum / sqrt(N * kernel_bound * (1 - Rational(1, 10**6)))),)),
        Mutant("one percent more", constants={"price": Fraction(101, 100)}),
        Mutant("all frequencies at the price of the band",
               then=(Claim("sum over all", net_cost >= full_sum / sqrt(N * kernel_bound)),)),
    ),
    does_not_claim="The cost is that of the given net; the cheapest net of a predictor is measured elsewhere.",
)  # fmt: skip

mirror = Theorem(
    "frequency_bias.mirror",
    title="(-1)^n exchanges low and high frequencies and leaves every cost of local nets as it is",
    source=derived(item="locality alone cannot prefer high frequencies"),
    given=(Claim("N is even", Eq(even_sites, 1)),),
    then=(
        Claim("correlations change by signs alone", Eq(mirror_defect, 0)),
        Claim("HF becomes 1 - HF", Abs(high_frequency + mirrored_high_frequency - 1) <= TINY),
    ),
    measure=measure,
    instances=(families.predictors,),
    spaces=(spaces.predictors,),
    proof=steps.MIRROR_PROOF,
    promised=8,
    mutants=(
        Mutant("for every N", without="N is even"),
        Mutant("HF stays", then=(Claim("stays", Abs(high_frequency - mirrored_high_frequency) <= TINY),)),
    ),
    does_not_claim="Data that are not symmetric under the mirror, as natural ones, break the symmetry.",
)

STATEMENTS = (band_price, mirror)
