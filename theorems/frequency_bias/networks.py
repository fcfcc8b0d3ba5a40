"""Input gradients of ReLU nets with one local layer, and attacks on linear predictors."""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from constructions.frequency_bias import networks
from theorems.claim import Claim
from theorems.frequency_bias import margin_families as families
from theorems.frequency_bias import margin_steps as steps
from theorems.frequency_bias.margin_vocabulary import (
    closed_units,
    derived,
    filter_count,
    gain_bound,
    gain_factor,
    gain_inside,
    gain_used,
    gain_used_unitary,
    least_gain,
    open_energy,
    period,
    predictor_high,
    readout_energy,
    sign_fundamental,
    sign_high,
    square_wave,
)
from theorems.frequency_bias.vocabulary import PAPER, consecutive_band, share_factor
from theorems.statement import Mutant, Statement, Theorem
from verifiers.frequency_bias import measure

_theorem = partial(Theorem, measure=measure)

relu_gain = _theorem(
    "frequency_bias.relu_gain",
    title="The input gradient of a ReLU net with one local layer is bounded by its filters' gain",
    source=derived(PAPER, "gradients of nonlinear nets; inequality derived"),
    given=(Claim("at least one filter", filter_count >= 1),),
    then=(
        Claim("by the open part of the readout", gain_used <= gain_factor * open_energy),
        Claim("by the whole readout", gain_used <= gain_factor * readout_energy),
    ),
    instances=(families.open_nets, families.integer_nets, families.gated_nets),
    spaces=(networks.gated_nets, networks.integer_nets),
    proof=steps.GAIN_PROOF,
    promised=40,
    mutants=(
        Mutant("unitary factor dropped", then=(Claim("q/N", gain_used_unitary <= readout_energy),)),
        Mutant("half of the readout", constants={"gain_factor": Rational(1, 2)}),
    ),
    does_not_claim="The bound speaks of all frequencies together: a net may put its whole gradient at one of them.",
)

open_gates = _theorem(
    "frequency_bias.open_gates",
    title="With one filter and every unit open the gain inequality is an equality",
    source=derived(PAPER, "gradients of nonlinear nets; equality case"),
    given=(
        Claim("one filter", Eq(filter_count, 1)),
        Claim("every unit is open", Eq(closed_units, 0)),
        Claim("no gain vanishes", least_gain > 0),
    ),
    then=(Claim("equality", Eq(gain_used, readout_energy)),),
    instances=(families.open_nets, families.integer_nets, families.open_exceptions),
    spaces=(networks.open_nets, networks.integer_nets),
    proof=steps.OPEN_PROOF,
    promised=8,
    mutants=(
        Mutant("two filters", without="one filter"),
        Mutant("where a gain vanishes", without="no gain vanishes"),
        Mutant("with closed units too", without="every unit is open"),
        Mutant("unitary factor dropped", then=(Claim("q/N", Eq(gain_used_unitary, readout_energy)),)),
    ),
    does_not_claim="Nothing about several filters, where one gradient has many sources.",
)

gain_share = _theorem(
    "frequency_bias.gain_share",
    title="No set of K-tap filters has more than the share lambda of its gain in M consecutive frequencies",
    source=derived(PAPER, "filter bound for several filters; derived"),
    given=(consecutive_band,),
    then=(Claim("share of the gain", gain_inside <= share_factor * gain_bound),),
    instances=(families.integer_nets, families.gated_nets),
    spaces=(networks.integer_nets, networks.gated_nets),
    proof=(steps.SHARE,),
    promised=25,
    mutants=(Mutant("nine tenths of lambda", then=(Claim("share", gain_inside <= Rational(9, 10) * gain_bound),)),),
    does_not_claim="Gradients have this share only if their sources are uncorrelated with equal variance.",
)

sign_attack = _theorem(
    "frequency_bias.sign_attack",
    title="The l_inf attack on a cosine keeps at least 8/pi^2 of its energy at the frequency and moves the rest up",
    source=derived(PAPER, "perturbations of linear predictors; square wave"),
    given=(Claim("an even period of at least four sites", square_wave <= 1),),
    then=(
        Claim("share, from below", sign_fundamental >= square_wave - Rational(1, 10**20)),
        Claim("share, from above", sign_fundamental <= square_wave + Rational(1, 10**20)),
        Claim("more than 0.8105, just below 8/pi^2", sign_fundamental >= Rational(8105, 10000)),
    ),
    instances=(families.even_tones, families.six),
    spaces=(networks.tones,),
    proof=steps.SIGN_PROOF,
    promised=15,
    mutants=(
        Mutant("the spectrum stays", then=(Claim("all energy", sign_fundamental >= 1 - Rational(1, 100)),)),
        Mutant("five sixths", then=(Claim("5/6", sign_fundamental >= Rational(5, 6)),)),
    ),
    does_not_claim="The l2 attack has the predictor's own spectrum: report both.",
)

sign_spreads = _theorem(
    "frequency_bias.sign_spreads",
    title="The cosine of period six has no high frequencies, and a ninth of its l_inf attack's energy is there",
    source=derived(PAPER, "perturbations of linear predictors; rational example"),
    given=(Claim("period six", Eq(period, 6)),),
    then=(
        Claim("none in the predictor", predictor_high <= Rational(1, 10**20)),
        Claim("a ninth in the attack", sign_high >= Rational(1, 9) - Rational(1, 10**20)),
    ),
    instances=(families.six,),
    proof=(steps.SQUARE_WAVE.after(),),
    promised=2,
    mutants=(Mutant("an eighth", then=(Claim("1/8", sign_high >= Rational(1, 8)),)),),
    does_not_claim="Nothing about other periods.",
)

STATEMENTS: tuple[Statement, ...] = (relu_gain, open_gates, gain_share, sign_attack, sign_spreads)
