"""The universal dense direction breaks networks with dense parts (Theorem N)."""

from __future__ import annotations

from fractions import Fraction

from sympy import Eq, Rational

from constructions.feature_purification import spaces
from theorems.claim import Claim
from theorems.feature_purification import families
from theorems.feature_purification import proof_steps as steps
from theorems.feature_purification.vocabulary import (
    PAPER,
    attack_value,
    dense_bound,
    dense_bound_open,
    dense_direction_sq,
    dense_step,
    dense_value,
    drift,
    drift_factor,
    gate_changes,
    margin,
    on_the_euclidean_ball,
    tau,
)
from theorems.statement import Lemma, Mutant, Source, Theorem
from verifiers.feature_purification import measure

ALL = (families.mixture_oracles, families.dense_mixtures, families.mixtures, families.small_networks)
SPACES = (spaces.mixtures, spaces.small_networks)

dense_direction = Theorem(
    "feature_purification.dense_direction",
    title="Along the dense direction the value falls at least by the open gates' drifts",
    source=Source(PAPER, "clean training is non-robust along the dense mixture", "derived"),
    given=(Claim("a radius", tau >= 0),),
    then=(
        Claim("the value under -y eta v is below the bound",
              dense_value <= margin - drift_factor * (margin - dense_bound)),
    ),
    measure=measure,
    instances=ALL,
    spaces=SPACES,
    proof=steps.N_PROOF,
    promised=120,
    mutants=(
        Mutant("closing gates charged in full, without the min",
               then=(Claim("t_i in place of min(t_i, h_i - b_i)", dense_value <= dense_bound_open),)),
        Mutant("two percent more", constants={"drift_factor": Fraction(51, 50)}),
    ),
    does_not_claim="Nothing about perturbations that depend on the point by more than its label.",
)  # fmt: skip

dense_equality = Lemma(
    "feature_purification.dense_equality",
    title="While no gate opens or closes, the fall along the dense direction is exactly the sum of drifts",
    source=Source(PAPER, "tightness along the dense direction", "derived"),
    given=(Claim("no gate changes", gate_changes <= 0), Claim("no neuron drifts the other way", drift >= 0)),
    then=(Claim("equality", Eq(dense_value, dense_bound)),),
    measure=measure,
    instances=ALL,
    spaces=SPACES,
    proof=steps.N_PROOF,
    promised=15,
    mutants=(
        Mutant("gates that change", without="no gate changes"),
        Mutant("drifts of both signs", without="no neuron drifts the other way"),
    ),
    does_not_claim="Nothing once a gate changes.",
)

dense_breaks = Theorem(
    "feature_purification.dense_breaks",
    title="Where the bound is not positive, one perturbation per class breaks every such point",
    source=Source(PAPER, "sufficient condition for a broken point", "derived"),
    given=(on_the_euclidean_ball, Claim("the bound is not positive", dense_bound <= 0)),
    then=(
        Claim("the sign is lost", dense_value <= 0),
        Claim("the perturbation lies in the ball", dense_step**2 * dense_direction_sq <= tau**2),
        Claim("no attack needs to do better", attack_value <= Rational(1, 10**9)),
    ),
    measure=measure,
    instances=(families.dense_mixtures, families.mixtures),
    spaces=(spaces.mixtures,),
    proof=steps.N_BREAKS_PROOF,
    promised=5,
    mutants=(Mutant("without the condition", without="the bound is not positive"),),
    does_not_claim="A point that does not meet the condition may be broken all the same.",
)

STATEMENTS = (dense_direction, dense_equality, dense_breaks)
