"""What optimal nets look like: gain times dual vector; where one filter is too few; what training does first."""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from constructions.frequency_bias import networks, pairs
from theorems.claim import Claim
from theorems.frequency_bias import margin_families, pair_families
from theorems.frequency_bias import margin_steps as steps
from theorems.frequency_bias.margin_vocabulary import (
    JAGADEESAN,
    cost,
    defect_factor,
    derived,
    dual_feasible,
    dual_gap,
    early_gap,
    filter_energy,
    gain_defect,
    growth_ratio,
    kernel_defect,
    neighbours,
    quotient_growth,
    readout_defect,
    shortfall_after,
    shortfall_before,
    single_ceiling,
    single_floor,
    single_high_one,
    single_high_two,
)
from theorems.frequency_bias.vocabulary import PAPER, TINY, K
from theorems.statement import Mutant, Statement, Theorem
from verifiers.frequency_bias import measure

_theorem = partial(Theorem, measure=measure)

optimal_nets = _theorem(
    "frequency_bias.optimal_nets",
    title="The gap of a net and a dual vector is its distance from w^ = q g^ and from the best filters of g",
    source=derived(JAGADEESAN, "optimality conditions of the convex program; the identity is derived"),
    given=(Claim("a feasible dual vector", Eq(dual_feasible, 1)),),
    then=(
        Claim("the gap is the sum of two defects", Eq(2 * dual_gap, readout_defect + kernel_defect)),
        Claim("filters beside the kernel of I - T", kernel_defect >= 0),
        Claim("w^ = q g^ up to the gap", gain_defect <= defect_factor * K * filter_energy * dual_gap),
    ),
    instances=(
        pair_families.optimal_pairs, pair_families.flat_pairs, pair_families.solved_pairs, pair_families.drawn_pairs,
    ),
    spaces=(pairs.dual_pairs,),
    proof=steps.OPTIMAL_PROOF,
    promised=34,
    mutants=(
        Mutant("any dual vector", without="a feasible dual vector"),
        Mutant("filters do not matter", then=(Claim("readouts only", Eq(2 * dual_gap, readout_defect)),)),
        Mutant("one percent less", constants={"defect_factor": Rational(198, 100)}),
        Mutant("K forgotten", then=(Claim("one tap", gain_defect <= 2 * filter_energy * dual_gap),)),
    ),
    does_not_claim="A small gap does not make the net unique: its filters may be any in the kernel of I - T.",
)  # fmt: skip

torus_needs_two = _theorem(
    "frequency_bias.torus_needs_two",
    title="On a torus one filter can cost strictly more than several: where its floor is above the least cost",
    source=derived(JAGADEESAN, "independence of the number of output channels, which fails in two dimensions"),
    given=(Claim("a box without single filters, above the least cost", cost < single_floor),),
    then=(
        Claim("no single filter costs less than the floor", single_floor <= single_ceiling),
        Claim("so it costs more than several", cost < single_ceiling),
    ),
    instances=(margin_families.torus_oracle, margin_families.torus),
    spaces=(networks.torus_predictors,),
    proof=(steps.SQUARES, steps.BOX),
    promised=10,
    mutants=(
        Mutant("one filter is enough", then=(Claim("equal costs", single_ceiling <= cost),)),
        Mutant("a percent more", then=(Claim("floor", single_ceiling >= Rational(101, 100) * single_floor),)),
    ),
    # F is minimised over correlations whose gains are positive on the grid: they need not be those of any filters, and
    # then the floor can be below the least cost
    does_not_claim="Nothing where the floor is below the least cost, nor about larger kernels or how many are enough.",
)

two_taps_follow = _theorem(
    "frequency_bias.two_taps_follow",
    title="A second tap moves the max-margin predictor of one sample to the side where the sample's energy is",
    source=derived(PAPER, "which frequencies local filters prefer; one sample, two taps"),
    given=(Claim("a single sample with energy", single_high_one >= 0),),
    then=(Claim("lower if neighbours agree", neighbours * (single_high_one - single_high_two) >= -TINY),),
    instances=(margin_families.pink_samples, margin_families.rough_samples, margin_families.single_samples),
    spaces=(networks.single_samples,),
    proof=steps.FOLLOW_PROOF,
    promised=15,
    mutants=(
        Mutant("always lower", then=(Claim("low frequencies", single_high_two <= single_high_one + TINY),)),
        Mutant("always higher", then=(Claim("high frequencies", single_high_two >= single_high_one - TINY),)),
    ),
    does_not_claim="With more taps, or several samples, the share need not move to one side.",
)

early_alignment = _theorem(
    "frequency_bias.early_alignment",
    title="While the loss is linear, the filter turns to the top eigenvector of the correlations of the class mean",
    source=derived(PAPER, "training dynamics from a small start; linearised, derived"),
    given=(Claim("one best filter", early_gap > 0),),
    then=(
        Claim("every step turns to the class mean", quotient_growth >= 0),
        Claim("geometrically", shortfall_after * (early_gap - shortfall_before)
              <= shortfall_before * early_gap * growth_ratio**2),
    ),
    instances=(pair_families.first_filters, pair_families.aligned_filters, pair_families.starting_nets),
    spaces=(pairs.starting_nets,),
    proof=steps.EARLY_PROOF,
    promised=30,
    mutants=(
        Mutant("at once", then=(Claim("no shortfall", shortfall_after <= shortfall_before * growth_ratio**4),)),
        Mutant("twice as fast", then=(Claim("rate", shortfall_after * (early_gap - shortfall_before)
                                            <= shortfall_before * early_gap * growth_ratio**3),)),
        Mutant("away from the class mean", then=(Claim("reversed", quotient_growth <= 0),)),
    ),
    does_not_claim="The best filter of low-frequency data is a low-pass; nothing holds once the loss has moved.",
)  # fmt: skip

STATEMENTS: tuple[Statement, ...] = (optimal_nets, torus_needs_two, two_taps_follow, early_alignment)
