"""The cost of realising a linear predictor by local convolutions, and of separating data with it."""

from __future__ import annotations

from functools import partial

from sympy import Rational, sqrt

from constructions.frequency_bias import networks
from theorems.claim import Claim
from theorems.frequency_bias import margin_families as families
from theorems.frequency_bias import margin_steps as steps
from theorems.frequency_bias.margin_vocabulary import (
    JAGADEESAN,
    cost,
    cost_ceiling,
    cost_fewer,
    cost_floor,
    cost_signal,
    cost_sum,
    derived,
    dual_signal,
    dual_signal_fewer,
    energy_factor,
    energy_inside,
    energy_outside,
    full_cost,
    gain_bound,
    gain_outside,
    inputs_apart,
    inputs_cost,
    inputs_full,
    inputs_nuclear,
    leak_factor,
    leak_floor,
    length,
    length_factor,
    margin_ceiling,
    margin_cost,
    margin_cost_fewer,
    margin_floor,
    met,
    on_a_circle,
    one_filter_cost,
    own_cost,
    pairing,
    plain_floor,
    sum_factor,
    tone_cost,
)
from theorems.frequency_bias.vocabulary import PAPER, K, N, consecutive_band
from theorems.statement import Mutant, Proposition, Statement, Theorem
from verifiers.certificates_margins import certify_cost, certify_margin
from verifiers.frequency_bias import measure

_theorem, _proposition = partial(Theorem, measure=measure), partial(Proposition, measure=measure)

norm_duality = _theorem(
    "frequency_bias.norm_duality",
    title="On a circle the cost is a norm of the predictor that one filter already attains",
    source=derived(JAGADEESAN, "single input channel: independent of the number of output channels"),
    given=(on_a_circle,),
    certify=certify_cost,
    then=(
        Claim("no net beats a dual vector", cost_floor <= cost_ceiling),
        Claim("one filter is enough", one_filter_cost <= met * cost),
    ),
    instances=(families.oracle_predictors, families.pure_cosines, families.two_predictors, families.torus_oracle),
    spaces=(networks.two_predictors, networks.torus_predictors),
    proof=steps.DUALITY_PROOF,
    promised=45,
    mutants=(
        Mutant("on a torus too", without="on a circle"),
        Mutant("the dual vector beats every net", then=(Claim("reversed", cost_ceiling <= cost_floor / met),)),
    ),
    does_not_claim="Nothing about two dimensions, where one filter of 2 x 2 taps can cost strictly more.",
)

norm_axioms = _theorem(
    "frequency_bias.norm_axioms",
    title="The cost obeys the triangle inequality and the duality with its operator norm",
    source=derived(JAGADEESAN, "R is a norm"),
    given=(on_a_circle,),
    then=(
        Claim("triangle inequality", cost_sum <= sum_factor * met * (cost + cost_signal)),
        Claim("duality", pairing <= met * cost * dual_signal),
    ),
    instances=(families.aligned_pairs, families.parallel_pairs, families.two_predictors),
    spaces=(networks.two_predictors,),
    proof=steps.AXIOMS_PROOF,
    promised=40,
    mutants=(
        Mutant("squares add", then=(Claim("Pythagoras", cost_sum**2 <= met * (cost**2 + cost_signal**2)),)),
        Mutant("a dual norm with one tap less", then=(Claim("duality", pairing <= met * cost * dual_signal_fewer),)),
        Mutant("nine tenths of the sum", constants={"sum_factor": Rational(9, 10)}),
    ),
    does_not_claim="The norm is not strictly convex: its balls have faces for two taps and more.",
)

norm_ends = _theorem(
    "frequency_bias.norm_ends",
    title="Between the Euclidean norm with one tap and the l1 norm of the spectrum with filters of full width",
    source=derived(JAGADEESAN, "end points K = 1 and K = N; monotone in K"),
    given=(on_a_circle,),
    then=(
        Claim("at least the full-width cost", full_cost <= met * cost),
        Claim("at most the length", cost <= met * length),
        Claim("at least the length over sqrt(K)", length <= length_factor * met * sqrt(K) * cost),
    ),
    instances=(families.oracle_predictors, families.pure_cosines, families.two_predictors),
    spaces=(networks.two_predictors,),
    proof=steps.ENDS_PROOF,
    promised=45,
    mutants=(
        Mutant("unitary factor dropped", then=(Claim("|w^|_1", sqrt(N) * full_cost <= met * cost),)),
        Mutant("sqrt(K) too small", constants={"length_factor": Rational(99, 100)}),
        Mutant("full width costs more", then=(Claim("reversed", cost <= full_cost),)),
    ),
    does_not_claim="Nothing about frequencies: these bounds are the same for a predictor and its mirror image.",
)

taps_help = _theorem(
    "frequency_bias.taps_help",
    title="One more tap never makes a predictor, or the separation of data, more expensive",
    source=derived(JAGADEESAN, "monotone in K"),
    given=(on_a_circle,),
    then=(Claim("cheaper with more taps", cost <= met * cost_fewer),),
    instances=(families.oracle_predictors, families.two_predictors),
    spaces=(networks.two_predictors,),
    proof=steps.ENDS_PROOF,
    promised=30,
    mutants=(Mutant("more expensive with more taps", then=(Claim("reversed", cost_fewer <= met * cost),)),),
    does_not_claim="The cost need not fall strictly, and what becomes cheap need not be of high or low frequency.",
)

tone_costs = _theorem(
    "frequency_bias.tone_costs",
    title="A cosine costs |w| sqrt(2/(K + |sin(K w)/sin w|)), the same for low frequencies and their mirror images",
    source=derived(PAPER, "cost of a single frequency, closed form"),
    given=(on_a_circle,),
    then=(
        Claim("not less", tone_cost <= met * cost),
        Claim("not more", cost <= met * tone_cost),
    ),
    instances=(families.pure_cosines, families.even_tones),
    spaces=(networks.tones,),
    proof=steps.TONE_PROOF,
    promised=20,
    mutants=(
        Mutant("every tone costs |w|/sqrt(K)", then=(Claim("cheapest", cost * sqrt(K) <= met * length),)),
        Mutant("every tone costs |w| sqrt(2/K)", then=(Claim("dearest", cost**2 * K >= 2 * length**2 / met),)),
    ),
    does_not_claim="The cost of a sum of tones is not a function of their costs.",
)

input_channels = _theorem(
    "frequency_bias.input_channels",
    title="With two input channels the cost lies between a group norm of the spectrum and the nuclear norm",
    source=derived(JAGADEESAN, "several input channels: K = 1 nuclear norm, K = D group norm of Fourier coefficients"),
    given=(Claim("at least one tap", K >= 1),),
    then=(
        Claim("at least the group norm", inputs_full <= met * inputs_cost),
        Claim("at most the nuclear norm", inputs_cost <= met * inputs_nuclear),
        Claim("at most the channels one by one", inputs_cost <= met * inputs_apart),
    ),
    instances=(families.shared_channels, families.channels),
    spaces=(networks.channel_predictors,),
    proof=steps.CHANNELS_PROOF,
    promised=14,
    mutants=(
        Mutant("channels do not share", then=(Claim("sum of their costs", inputs_apart <= met * inputs_cost),)),
        Mutant("one tap for all", then=(Claim("nuclear norm", inputs_nuclear <= met * inputs_cost),)),
    ),
    does_not_claim="Nothing about fewer output channels than input channels, with which some predictors have no net.",
)

margin_duality = _theorem(
    "frequency_bias.margin_duality",
    title="Multipliers bound the cost over margin of every net from below, with the dual norm of their combination",
    source=derived(JAGADEESAN, "max margin under R; duality certificate"),
    given=(Claim("a kernel", K >= 1),),
    certify=certify_margin,
    then=(
        Claim("no net beats multipliers", margin_floor <= margin_ceiling),
    ),
    instances=(families.oracle_data, families.gaussians, families.data),
    spaces=(networks.margin_data,),
    proof=steps.MARGIN_PROOF,
    promised=20,
    mutants=(Mutant("Euclidean dual norm", then=(Claim("sum(alpha)/|g|", plain_floor <= margin_ceiling),)),),
    does_not_claim="A predictor of nearly least cost may point elsewhere: the optimum need not be unique.",
)

net_costs = _theorem(
    "frequency_bias.net_costs",
    title="No net, trained or not, has less cost over margin than the multipliers prove",
    source=derived(JAGADEESAN, "max margin under R; any network bounds it from above"),
    given=(Claim("a kernel", K >= 1),),
    then=(Claim("cost over margin", margin_floor <= own_cost),),
    instances=(families.rounded_nets,),
    proof=steps.MARGIN_PROOF,
    promised=6,
    mutants=(
        Mutant("a thousandth less", then=(Claim("ratio", own_cost >= Rational(1001, 1000) * margin_floor),)),
        Mutant("Euclidean dual norm", then=(Claim("sum(alpha)/|g|", plain_floor <= own_cost),)),
    ),
    does_not_claim="A ratio near one does not say that descent has converged, nor that predictors agree.",
)

margin_falls = _theorem(
    "frequency_bias.margin_falls",
    title="Local filters pay more for the same margin: the least cost of separating data falls with the kernel size",
    source=derived(PAPER, "monotone in K"),
    given=(Claim("at least two taps", K >= 2),),
    then=(Claim("cheaper with more taps", margin_cost <= met * margin_cost_fewer),),
    instances=(families.oracle_data, families.gaussians, families.data),
    spaces=(networks.margin_data,),
    proof=(*steps.MARGIN_PROOF, steps.CONVEX.after("R2"), steps.ENDS),
    promised=15,
    mutants=(Mutant("dearer with more taps", then=(Claim("reversed", margin_cost_fewer <= met * margin_cost),)),),
    does_not_claim="Nothing about the frequencies of the cheaper predictor.",
)

margin_leakage = _theorem(
    "frequency_bias.margin_leakage",
    title="What the uncertainty principle forces on max-margin filters: gain, and some energy, outside of every band",
    source=derived(PAPER, "limited support in space forces spread in frequency; constants derived"),
    given=(consecutive_band,),
    then=(
        Claim("gain outside", gain_outside >= leak_factor * (1 - gain_bound)),
        Claim("energy inside", energy_inside <= K * margin_ceiling**2),
        Claim("energy outside", energy_outside >= energy_factor * leak_floor),
    ),
    instances=(
        families.unit_sample, families.oracle_data, families.gaussians, families.constant_sample, families.tight_data,
    ),
    spaces=(networks.margin_data,),
    proof=steps.LEAK_PROOF,
    promised=15,
    mutants=(
        Mutant("all of the gain is outside", then=(Claim("no share inside", gain_outside >= 1 - gain_bound / 2),)),
        Mutant("a tenth more gain outside", constants={"leak_factor": Rational(11, 10)}),
        Mutant("one percent more energy outside", constants={"energy_factor": Rational(101, 100)}),
        Mutant("K forgotten", then=(Claim("energy inside", energy_inside <= margin_ceiling**2),)),
    ),
    does_not_claim="The forced energy is tiny where the data are: it does not prefer high frequencies to low ones.",
)  # fmt: skip

STATEMENTS: tuple[Statement, ...] = (
    norm_duality,
    norm_axioms,
    norm_ends,
    taps_help,
    tone_costs,
    input_channels,
    margin_duality,
    net_costs,
    margin_falls,
    margin_leakage,
)
