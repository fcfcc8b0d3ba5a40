"""Attacks that need no training: the best single step, what transfers to a network, and how wide it must be."""

from __future__ import annotations

from sympy import Eq, Rational, exp

from constructions.ntk_features import spaces
from theorems.claim import Claim
from theorems.ntk_features import families
from theorems.ntk_features import proof_steps as steps
from theorems.ntk_features.vocabulary import (
    FEATURE,
    best_change,
    binomial_tail,
    both_fooled,
    both_on,
    deviation,
    dual_drop,
    gradient_sq,
    hidden_part,
    hoeffding,
    kernel_beyond,
    kernel_beyond_clean,
    kernel_fooled,
    l2_change_sq,
    level,
    mean_error,
    mean_kernel,
    net_width,
    network_fooled,
    other_change,
    other_length_sq,
    other_size,
    sign_change,
    source,
    step_radius,
)
from theorems.statement import Mutant, Theorem
from theorems.statistical import Chance, Law
from verifiers.ntk_features import measure

one_step = Theorem(
    "ntk_features.one_step",
    title="To first order no perturbation of the radius lowers y f more than -eps y sign(g), or -eps y g/|g| in l2",
    source=source(item="training-free attack, optimality of one step, derived"),
    given=(Claim("inside the ball", other_size <= step_radius),),
    then=(
        Claim("the dual norm, by enumeration", Eq(best_change, -dual_drop)),
        Claim("the step attains it", Eq(sign_change, -dual_drop)),
        Claim("no other perturbation beats it", other_change >= -dual_drop),
        Claim("l2: the step attains radius |g|", Eq(l2_change_sq, step_radius**2 * gradient_sq)),
        Claim("l2: Cauchy and Schwarz", other_change**2 <= other_length_sq * gradient_sq),
    ),
    measure=measure,
    instances=(families.step_oracles, families.step_draws),
    spaces=(spaces.steps,),
    proof=(steps.HOELDER, steps.ENTRY),
    promised=30,
    mutants=(
        Mutant("any perturbation", without="inside the ball"),
        Mutant("three quarters of the drop", then=(Claim("3/4", 4 * best_change >= -3 * dual_drop),)),
    ),
    does_not_claim="Nothing beyond first order, nor about clipping to a box.",
)

transfer = Theorem(
    "ntk_features.transfer",
    title="Points beyond the q-quantile of the discrepancy fool the network as well, but for a share of 1 - q",
    source=source(item="transfer of kernel attacks, an implication on each sample, derived"),
    given=(),
    then=(
        Claim("both are fooled", both_fooled >= kernel_beyond - (1 - level)),
        Claim("no more than either", both_fooled <= kernel_fooled),
    ),
    measure=measure,
    instances=(families.transfer_oracles, families.transfer_draws),
    spaces=(spaces.transfers,),
    proof=(steps.FOOLED, steps.QUANTILE),
    promised=60,
    mutants=(
        Mutant("quantile at the clean points",
               then=(Claim("clean", both_fooled >= kernel_beyond_clean - (1 - level)),)),
        Mutant("without the share 1 - q", then=(Claim("all", both_fooled >= kernel_beyond),)),
        Mutant("whatever fools the kernel", then=(Claim("all", both_fooled >= kernel_fooled),)),
    ),
    does_not_claim="For the rate among fooled points divide by the share that fools the kernel.",
)  # fmt: skip

_mean = exp(-hoeffding * net_width * deviation**2)
finite_width = Theorem(
    "ntk_features.finite_width",
    title="Neurons on at two points follow a binomial law; four times the mean kernel is the NTK's hidden part",
    source=source(item="finite width of the hidden-layer eNTK, exact law and Hoeffding's bound, derived"),
    given=(),
    then=(
        Claim("tail of the share of neurons", binomial_tail <= 2 * _mean),
        Claim("four times the mean", mean_error <= 1),
    ),
    measure=measure,
    instances=(families.width_oracles, families.width_draws),
    spaces=(spaces.widths,),
    proof=(steps.HALFSPACES, steps.HOEFFDING),
    promised=30,
    mutants=(
        Mutant("twice the exponent", constants={"hoeffding": Rational(4)}),
        Mutant("the mean kernel is the NTK", then=(Claim("1", mean_kernel - hidden_part >= -FEATURE),)),
        Mutant("one sided", then=(Claim("half", 16 * binomial_tail <= _mean),)),
    ),
    does_not_claim="Nothing about the kernel after training.",
)  # fmt: skip

_CHANCE_OF_NEURONS = Chance(
    "neurons_on_at_both",
    laws=(Law.of(spaces.neurons),),
    event=(Claim("29 neurons at most", both_on <= 29),),
    measure=measure,
    draws=1500,
)
neuron_law = _CHANCE_OF_NEURONS.statement(
    "ntk_features.neuron_law",
    title="Of 100 random neurons at most 29 are on at two points pi/4 apart as often as the binomial law says, 0.047",
    source=source(item="exact binomial law of the hidden-layer eNTK, p = 3/8, derived"),
    then=(
        Claim("not less often", _CHANCE_OF_NEURONS.probability >= Rational(1, 50)),
        Claim("not more often", _CHANCE_OF_NEURONS.probability <= Rational(9, 100)),
    ),
    proof=(steps.HALFSPACES,),
    mutants=(
        Mutant("p = 1/4", then=(Claim("0.85", _CHANCE_OF_NEURONS.probability >= Rational(3, 5)),)),
        Mutant("p = 3/4", then=(Claim("never", _CHANCE_OF_NEURONS.probability <= Rational(1, 100)),)),
    ),
    does_not_claim="Two points in the plane; weights drawn in float64, their signs decided exactly.",
)


def _fooled(width: int, draws: int) -> Chance:
    return Chance(
        f"lazy_fooled_{width}",
        laws=(Law.of(spaces.lazy, width=width),),
        event=(Claim("the network is fooled", Eq(network_fooled, 1)),),
        given=(Claim("the kernel predictor is fooled", Eq(kernel_fooled, 1)),),
        measure=measure,
        draws=draws,
        shown=rf"P_{{{width}}}(\mathrm{{net fooled | kernel fooled}})",
    )


_WIDE, _NARROW = _fooled(1024, 2500), _fooled(16, 1200)
wide_transfer = _WIDE.statement(
    "ntk_features.wide_transfer",
    title="At width 1024 at least 19 of 20 points that fool the NTK predictor fool the lazy network",
    source=source(item="transfer rate of kernel attacks to lazy networks; measured on the law stated"),
    then=(Claim("at least 19/20", _WIDE.probability >= Rational(19, 20)),),
    mutants=(Mutant("at most 9/10", then=(Claim("9/10", _WIDE.probability <= Rational(9, 10)),)),),
    does_not_claim="One law of data on a sphere in R^4, networks at their initial kernel, values in float64.",
)
narrow_transfer = _NARROW.statement(
    "ntk_features.narrow_transfer",
    title="At width 16 fewer than 19 of 20 do: transfer grows with the width",
    source=source(item="transfer rate of kernel attacks to lazy networks; measured on the law stated"),
    then=(
        Claim("at most 19/20", _NARROW.probability <= Rational(19, 20)),
        Claim("at least 3/4", _NARROW.probability >= Rational(3, 4)),
    ),
    mutants=(Mutant("at least 19/20", then=(Claim("19/20", _NARROW.probability >= Rational(19, 20)),)),),
    does_not_claim="One law of data on a sphere in R^4, networks at their initial kernel, values in float64.",
)

STATEMENTS = (one_step, transfer, finite_width, neuron_law, wide_transfer, narrow_transfer)
