"""The inequalities of the proof as lemmas of their own: they hold at every KKT point, whatever the correlations."""

from __future__ import annotations

from functools import partial

from sympy import Abs, Max, Rational

from theorems.claim import Claim
from theorems.kkt_margin import families
from theorems.kkt_margin import proof_steps as steps
from theorems.kkt_margin.vocabulary import (
    A,
    Delta,
    S,
    U,
    balance_defect,
    both_classes,
    bound_time_value,
    cross,
    cross_activation,
    cross_attraction,
    cross_pair,
    cross_pair_pressure,
    cross_pressure,
    cross_pull,
    cross_weight,
    gradient_norm,
    is_kkt_point,
    lifted_norm_sq,
    linear_bound,
    m,
    mass_sum,
    merge_defect,
    multiplier_sq,
    multiplier_sum,
    nearly_orthogonal,
    network_residual,
    neuron_speed,
    neuron_weight,
    nonzero_samples,
    opposite_part,
    own,
    own_activation,
    own_pair,
    own_part,
    own_pull,
    own_pull_unsigned,
    own_push,
    own_push_reversed,
    positive_delta,
    q,
    r,
    tau,
    unit_defect,
)
from theorems.statement import Lemma, Mutant, Source
from verifiers.kkt_margin import measure

_lemma = partial(
    Lemma,
    source=Source("Vardi, Yehudai, Shamir 2022 (arXiv 2202.04347)", "proof of the main theorem, sharpened", "derived"),
    measure=measure,
    instances=families.ALL_POINTS,
    promised=100,
)

every_sample_supports = Claim("every sample is a support vector", multiplier_sq > 0)

multiplier_identity = _lemma(
    "kkt_margin.multiplier_sum",
    title="The multipliers sum to half the squared parameter norm",
    given=(is_kkt_point,),
    then=(Claim("sum lambda = sum v^2", Abs(multiplier_sum - mass_sum) <= Rational(1, 10**9) * mass_sum),),
    proof=steps.MULTIPLIER_SUM_PROOF,
    mutants=(
        Mutant(
            "half the multipliers",
            then=(Claim("sum", Abs(multiplier_sum / 2 - mass_sum) <= Rational(1, 10**9) * mass_sum),),
        ),
    ),
    does_not_claim="An identity of irrational numbers is shown here to a relative 1e-9, not exactly.",
)

cross_bound = _lemma(
    "kkt_margin.cross_bound",
    title="(X) A sample is pushed into neurons of the other class only by its negative correlations",
    given=(is_kkt_point,),
    then=(Claim("G_ii A_i^cross <= sum (-R_il)_+ A_l^cross", lifted_norm_sq * cross <= cross_pressure),),
    proof=steps.CROSS_BOUND_PROOF,
    mutants=(
        Mutant(
            "positive correlations instead", then=(Claim("X with R_+", lifted_norm_sq * cross <= cross_attraction),)
        ),
        Mutant("no cross activation at all", then=(Claim("X with 0", cross <= 0),)),
    ),
    does_not_claim="Nothing about samples with no bound on their negative correlations.",
)

upper_bound = _lemma(
    "kkt_margin.upper_bound",
    title="(U) The own class sums of a support vector are bounded by its margin",
    given=(is_kkt_point, every_sample_supports),
    then=(Claim("sum R_il A_l^own <= 1 + sum (-R_il)_+ A_l^cross", own_pull - cross_pressure <= 1),),
    proof=steps.UPPER_BOUND_PROOF,
    mutants=(
        Mutant("G in place of R", then=(Claim("U with G", own_pull_unsigned - cross_pressure <= 1),)),
        Mutant("own term alone", then=(Claim("U with own", lifted_norm_sq * own <= 1),)),
        Mutant("cross term dropped", then=(Claim("U without the cross term", own_pull <= 1),)),
    ),
    does_not_claim="Nothing about samples that are not support vectors.",
)

lower_bound = _lemma(
    "kkt_margin.lower_bound",
    title="(L) The own class sums are bounded below, because every margin is at least one",
    given=(is_kkt_point,),
    then=(Claim("sum (R_il)_+ A_l^own >= 1", own_push >= 1),),
    proof=steps.LOWER_BOUND_PROOF,
    mutants=(
        Mutant("negative part instead", then=(Claim("L with -R", own_push_reversed >= 1),)),
        Mutant("own term alone", then=(Claim("L with own", lifted_norm_sq * own >= 1),)),
    ),
    does_not_claim="Nothing about points that violate a margin constraint.",
)

mixed_lower_bound = _lemma(
    "kkt_margin.lower_bound_mixed",
    title="(L') The lower bound with the opposite class kept",
    given=(is_kkt_point,),
    then=(Claim("sum (R_il)_+ A_l^own + sum R_il A_l^cross >= 1", own_push + cross_pull >= 1),),
    proof=steps.LOWER_BOUND_MIXED_PROOF,
    mutants=(Mutant("twice the margin", then=(Claim("L' at 2", own_push + cross_pull >= 2),)),),
    does_not_claim="Nothing about points that violate a margin constraint.",
)

flip_bound = _lemma(
    "kkt_margin.flip_bound",
    title="(F) Along the flip direction the output is below a linear form in the class sums",
    given=(is_kkt_point, positive_delta),
    then=(Claim("y_i N(x_i - t y_i u) <= F_i(t) for all t >= 0", bound_time_value <= linear_bound),),
    proof=steps.FLIP_BOUND_PROOF,
    mutants=(Mutant("a tenth less", then=(Claim("F reduced", bound_time_value <= linear_bound - Rational(1, 10)),)),),
    does_not_claim="Checked for the label sum u only; the inequality holds for every direction.",
)

direction_monotone = _lemma(
    "kkt_margin.direction_monotone",
    title="(S7) Every neuron moves against its class along u, at least at the rate Delta",
    given=(is_kkt_point, positive_delta),
    then=(Claim("w_k . u / v_k >= Delta Lambda_k", neuron_speed >= Delta * neuron_weight),),
    proof=steps.DIRECTION_PROOF,
    mutants=(Mutant("three times the rate", then=(Claim("rate tripled", neuron_speed >= 3 * Delta * neuron_weight),)),),
    does_not_claim="Nothing when Delta <= 0.",
)

class_sums = _lemma(
    "kkt_margin.class_sums",
    title="(S4-S6) Own and cross class sums in the range of the main theorem",
    given=(is_kkt_point, nonzero_samples, nearly_orthogonal),
    then=(
        Claim("own <= S", own <= S),
        Claim("cross <= r S", cross <= r * S),
        Claim("own >= A", own >= A),
    ),
    proof=steps.CLASS_SUM_PROOF,
    mutants=(
        Mutant("own <= 1/U", then=(Claim("own <= 1/U", own <= 1 / U),)),
        Mutant("own >= 1/L", then=(Claim("own >= 1/U", own >= 1 / U),)),
    ),
    does_not_claim="Nothing for r >= sqrt(2) - 1.",
)

parts = _lemma(
    "kkt_margin.parts",
    title="(S8, S9) Own neurons die and opposite neurons rise along the flip path",
    given=(is_kkt_point, nonzero_samples, nearly_orthogonal, positive_delta, both_classes),
    then=(
        Claim("own part <= S (U - tau)_+", own_part <= S * Max(U - tau, 0)),
        Claim("opposite part >= (tau - q) m A", opposite_part >= (tau - q) * m * A),
    ),
    proof=steps.PARTS_PROOF,
    mutants=(
        Mutant("own part gone at once", then=(Claim("own part <= 0", own_part <= 0),)),
        Mutant("opposite part with S", then=(Claim("with 2S", opposite_part >= (tau - q) * m * 2 * S),)),
    ),
    does_not_claim="Nothing for t below q / Delta.",
)

pairs = _lemma(
    "kkt_margin.pairs",
    title="(S1, S8, S9) The same inequalities for every single pair of a sample and a neuron",
    given=(is_kkt_point, nonzero_samples, both_classes, positive_delta),
    then=(
        Claim(
            "S1: a sample meets a neuron of the other class only where negative correlations push it",
            cross_pair <= cross_pair_pressure,
        ),
        Claim("S9: no neuron of the other class is far below its threshold", cross_activation >= -q * cross_weight),
        Claim(
            "S8: a neuron of the own class falls at least as fast as the bound",
            own_activation <= own_pair * Max(U - tau, 0),
        ),
    ),
    proof=steps.PAIRS_PROOF,
    mutants=(
        Mutant("no cross pair at all", then=(Claim("S1 with 0", cross_pair <= 0),)),
        Mutant("never below the threshold", then=(Claim("S9 with 0", cross_activation >= 0),)),
        Mutant("own neurons off at once", then=(Claim("S8 with 0", own_activation <= 0),)),
    ),
    does_not_claim="Nothing about sums over neurons; those are lemmas of their own.",
)

_TINY = Rational(1, 10**6)
_is_network = Claim("the network satisfies the KKT conditions with some multipliers", network_residual <= _TINY)
_network_lemma = partial(_lemma, given=(_is_network,), instances=(families.split_networks,), promised=15)
_NUMERICAL = "A float network is not an exact KKT point: the identity is shown to the size of its residual."

balance = _network_lemma(
    "kkt_margin.balance",
    title="(E1) Every neuron is balanced: |w~_j| = |v_j|",
    then=(Claim("| |w~_j|^2 - v_j^2 | vanishes", balance_defect <= _TINY),),
    proof=steps.BALANCE_PROOF,
    does_not_claim=_NUMERICAL,
)

unit_neurons = _network_lemma(
    "kkt_margin.unit_neurons",
    title="(E3) Every neuron is v_j times a unit vector spanned by the samples",
    then=(Claim("w~_j = v_j g_j with |g_j| = 1", unit_defect <= _TINY),),
    proof=steps.UNIT_NEURONS_PROOF,
    does_not_claim=_NUMERICAL,
)

gradient_form = _network_lemma(
    "kkt_margin.gradient_form",
    title="(E4) No input gradient is longer than the sum of the multipliers",
    then=(Claim("|grad N(x_i)| <= sum lambda", gradient_norm <= multiplier_sum),),
    proof=steps.GRADIENT_FORM_PROOF,
    does_not_claim="Checked at the samples; the bound holds at every point.",
)

merging = _network_lemma(
    "kkt_margin.merging",
    title="(E5) Neurons of one sign and one pattern merge without changing the network",
    then=(Claim("both forms agree", merge_defect <= _TINY),),
    proof=steps.MERGING_PROOF,
    does_not_claim="Checked at samples and along the flip path.",
)
