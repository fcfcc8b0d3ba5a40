"""Purification measures: identities that the measures satisfy, and the decomposition w = beta w' + v."""

from __future__ import annotations

from sympy import Eq, Rational

from constructions.feature_purification import spaces
from theorems.claim import Claim
from theorems.feature_purification import families
from theorems.feature_purification import proof_steps as steps
from theorems.feature_purification.vocabulary import (
    PAPER,
    along_sq,
    clean_cosine_sq,
    clean_sq,
    dense_sq,
    features,
    projected_residual_sq,
    residual_sq,
    rest_sq,
    top_sq,
)
from theorems.statement import Lemma, Mutant, Proposition, Source
from verifiers.feature_purification import measure

residual = Lemma(
    "feature_purification.residual",
    title="The residual of a neuron is its squared distance from its feature and the dense direction, never negative",
    source=Source(PAPER, "purification measures per neuron", "derived"),
    given=(Claim("features", features >= 1),),
    then=(
        Claim("the formula is the distance", Eq(residual_sq, projected_residual_sq)),
        Claim("not negative", residual_sq >= 0),
        Claim("below what the top feature leaves", residual_sq <= 1 - top_sq),
        Claim("the top feature has an even share at least", features * top_sq >= 1),
    ),
    measure=measure,
    instances=(families.weight_pairs, families.mixture_oracles, families.purified_pairs),
    spaces=(spaces.weight_pairs, spaces.mixtures),
    proof=steps.RESIDUAL_PROOF,
    promised=60,
    mutants=(
        Mutant("below what the dense direction leaves of the top", then=(
            Claim("1 - top^2 - dense^2", residual_sq <= 1 - top_sq - dense_sq),)),
    ),
    does_not_claim="Nothing about neurons with w_i = 0, which are counted apart.",
)  # fmt: skip

decomposition = Lemma(
    "feature_purification.decomposition",
    title="w_i = beta_i w'_i + v_i splits the length of clean weights at a right angle",
    source=Source(PAPER, "decomposition of neurons along purified ones", "seen"),
    given=(Claim("features", features >= 1),),
    then=(
        Claim("Pythagoras", Eq(along_sq + rest_sq, clean_sq)),
        Claim("the share along w' is the squared cosine", Eq(along_sq, clean_cosine_sq * clean_sq)),
    ),
    measure=measure,
    instances=(families.weight_pairs, families.purified_pairs),
    spaces=(spaces.weight_pairs, spaces.purified_pairs),
    proof=steps.DECOMPOSITION_PROOF,
    promised=60,
    mutants=(
        Mutant("beta_i w'_i dominates in any pair of networks",
               then=(Claim("|beta w'| > |v|", along_sq > rest_sq),)),
    ),
    does_not_claim="Nothing about how large beta_i is after training.",
)  # fmt: skip

mixtures_are_mostly_pure = Proposition(
    "feature_purification.mixtures_are_mostly_pure",
    title="If clean weights are nearer than 45 degrees to the purified ones, |beta_i w'_i| > |v_i|",
    source=Source(PAPER, "the authors' talk: clean weights are purified ones plus a small mixture", "seen"),
    given=(Claim("the cosine is above 1/sqrt(2)", clean_cosine_sq > Rational(1, 2)),),
    then=(Claim("|beta w'| > |v|", along_sq > rest_sq),),
    measure=measure,
    instances=(families.purified_pairs, families.weight_pairs),
    spaces=(spaces.purified_pairs,),
    proof=steps.MOSTLY_PURE_PROOF,
    promised=10,
    mutants=(Mutant("at any angle", without="the cosine is above 1/sqrt(2)"),),
    does_not_claim="That trained networks meet the hypothesis is measured on them, not proved.",
)

STATEMENTS = (residual, decomposition, mixtures_are_mostly_pure)
