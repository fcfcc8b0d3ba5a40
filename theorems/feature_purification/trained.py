"""Purification as measured on trained networks: what a run showed, decided in rational arithmetic on its weights.

Thresholds leave room for the spread between seeds; a run that missed them would refute the proposition, not the paper.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from sympy import Eq, Rational

from theorems.claim import Claim, constant, quantity
from theorems.feature_purification import runs
from theorems.feature_purification.vocabulary import (
    PAPER,
    adversarial_recipe,
    clean_recipe,
    on_the_euclidean_ball,
    robust_accuracy,
    tau,
)
from theorems.statement import Mutant, Proposition, Source
from verifiers.feature_purification import measure

mixture = quantity("mixture", r"(\beta/\alpha)")
clean_mixture = quantity("clean_mixture", r"(\beta/\alpha)_\mathrm{clean}")
dense_accuracy = quantity("dense_accuracy", r"P(y f(x - y \eta v) > 0)")
unperturbed_accuracy = quantity("unperturbed_accuracy", r"P(y f(x) > 0)")
certificate_gap = quantity("certificate_gap", r"\mathrm{gap}")

fall = constant("fall", 10, "measured", "C_f")
"""Least factor by which the mixture falls; runs showed 25 to 54."""

_proposition = partial(Proposition, measure=measure, basis="runs")

dense_part_falls = _proposition(
    "feature_purification.dense_part_falls",
    title="Adversarial training makes the dense mixture of the median neuron ten times smaller",
    source=Source(PAPER, "feature purification, measured on trained networks", "derived"),
    given=(*adversarial_recipe, Claim("clean training left a mixture", clean_mixture > 0)),
    then=(Claim("ten times smaller", clean_mixture >= fall * mixture),),
    instances=(runs.purified_runs,),
    mutants=(Mutant("a thousand times smaller", constants={"fall": Fraction(1000)}),),
    does_not_claim="Nothing about other recipes, dimensions beyond those trained, or training without a radius ramp.",
)

clean_training_breaks = _proposition(
    "feature_purification.clean_training_breaks",
    title="A clean-trained network is right on its points and loses two thirds of them along the dense direction",
    source=Source(PAPER, "clean training is non-robust, measured on trained networks", "derived"),
    given=(*clean_recipe, on_the_euclidean_ball, Claim("radius 1/4", tau >= Rational(1, 4))),
    then=(
        Claim("right without a perturbation", unperturbed_accuracy >= Rational(19, 20)),
        Claim("broken along the dense direction", dense_accuracy <= Rational(1, 3)),
    ),
    instances=(runs.clean_runs,),
    mutants=(
        Mutant("without the perturbation", then=(Claim("broken as it is", unperturbed_accuracy <= Rational(1, 3)),)),
    ),
    does_not_claim="Nothing about the population beyond the fresh points drawn, nor about larger kappa.",
)

purified_is_certified = _proposition(
    "feature_purification.purified_is_certified",
    title="An adversarially trained network is certified at radius 1/5 on three quarters of fresh points",
    source=Source(PAPER, "robust training, by the certificate on trained networks", "derived"),
    given=(*adversarial_recipe, on_the_euclidean_ball, Claim("radius 1/5", Eq(tau, Rational(1, 5)))),
    then=(Claim("certified robust accuracy", robust_accuracy >= Rational(3, 4)),),
    instances=(runs.purified_runs,),
    mutants=(Mutant("the certificate is exact", then=(Claim("no gap", certificate_gap <= 0),)),),
    does_not_claim="Nothing about the population: for that see bounds on many fresh points.",
)

STATEMENTS = (dense_part_falls, clean_training_breaks, purified_is_certified)
