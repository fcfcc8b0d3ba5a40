"""What the laws say before any training: one gradient step makes a dense part, lottery sets are empty at small d."""

from __future__ import annotations

from sympy import Eq, Rational

from constructions.feature_purification import spaces
from theorems.claim import Claim
from theorems.feature_purification import families
from theorems.feature_purification import proof_steps as steps
from theorems.feature_purification.vocabulary import (
    PAPER,
    acceptance,
    closed_dense,
    closed_pure,
    dense_factor,
    density,
    gradient_dense,
    gradient_pure,
    initial_width,
    law_dimension,
    mean_margin,
    mean_support,
    potential_chance,
    sure_chance,
    sure_empty,
    sure_expected,
    sure_somewhere,
)
from theorems.statement import Lemma, Mutant, Proposition, Source, Theorem
from verifiers.feature_purification import measure

one_step_gradient = Theorem(
    "feature_purification.one_step_gradient",
    title="One gradient step of a pure neuron adds the same positive amount to every other feature",
    source=Source(PAPER, "how clean training accumulates dense mixtures, for light data", "derived"),
    given=(
        Claim("two coordinates at least", law_dimension >= 2),
        Claim("the margin can be reached", acceptance > 0),
        Claim("coordinates are sometimes not zero", density > 0),
    ),
    then=(
        Claim("pure part in closed form", Eq(gradient_pure, closed_pure)),
        Claim("dense part in closed form", Eq(gradient_dense, dense_factor * closed_dense)),
        Claim("the dense part is positive", gradient_dense > 0),
        Claim("the pure part is positive", gradient_pure > 0),
    ),
    measure=measure,
    instances=(families.light_oracles, families.light_laws),
    spaces=(spaces.light_laws,),
    proof=steps.G_PROOF,
    promised=30,
    mutants=(
        Mutant("dense part 1 percent larger", constants={"dense_factor": Rational(101, 100)}),
        Mutant(
            "dense part counted once per sign",
            then=(Claim("dense part halved", Eq(2 * gradient_dense, closed_dense)),),
        ),
        Mutant(
            "dense part as large as p times the pure one",
            then=(Claim("dense part p times the pure one", gradient_dense >= density * gradient_pure),),
        ),
    ),
    does_not_claim="Nothing about gates other than 1[z_1 != 0], nor about later steps of training.",
)

gradient_identity = Lemma(
    "feature_purification.gradient_moments",
    title="The pure parts of all features add up to the mean margin, and a whole gradient to at most the mean support",
    source=Source(PAPER, "moments of light data under the margin condition", "derived"),
    given=(
        Claim("two coordinates at least", law_dimension >= 2),
        Claim("the margin can be reached", acceptance > 0),
    ),
    then=(
        Claim("d g_alpha is the mean margin", Eq(law_dimension * gradient_pure, mean_margin)),
        Claim("the margin is at most the support", mean_margin <= mean_support),
        Claim(
            "pure and dense parts of one neuron are at most the support",
            gradient_pure + (law_dimension - 1) * gradient_dense <= mean_support,
        ),
    ),
    measure=measure,
    instances=(families.light_oracles, families.light_laws),
    spaces=(spaces.light_laws,),
    proof=steps.G_MOMENTS_PROOF,
    promised=30,
    mutants=(
        Mutant(
            "margin of the product law",
            then=(Claim("support of the product law", mean_support <= density * law_dimension),),
        ),
    ),
    does_not_claim="Nothing about laws with unequal magnitudes.",
)

lottery_sets = Lemma(
    "feature_purification.lottery_sets",
    title="Sure neurons of an initialisation: at most half the potential ones, each for one feature only",
    source=Source(PAPER, "lottery sets at initialisation, exact law", "recalled"),
    given=(Claim("a neuron at least", initial_width >= 1),),
    then=(
        Claim("sure neurons are potential, of one sign", sure_chance <= potential_chance / 2),
        Claim("no neuron is sure twice", sure_somewhere <= 1),
        Claim("a set is empty at least this often", sure_empty >= 1 - sure_expected),
        Claim("and at most this often", sure_empty * (1 + sure_expected) <= 1),
    ),
    measure=measure,
    instances=(families.lotteries, families.initial_laws),
    spaces=(spaces.initial_laws,),
    proof=steps.LOTTERY_PROOF,
    promised=30,
    mutants=(
        Mutant(
            "empty half as often",
            then=(Claim("empty half as often", sure_empty <= 1 - 2 * sure_expected / (1 + sure_expected)),),
        ),
    ),
    does_not_claim="Nothing about what training makes of these neurons.",
)

lottery_is_empty = Proposition(
    "feature_purification.lottery_is_empty",
    title="With m = 2d neurons and d <= 1000 most features have no sure neuron",
    source=Source(PAPER, "size of the lottery sets at finite dimension", "derived"),
    given=(Claim("a neuron at least", initial_width >= 1),),
    then=(Claim("a feature has no sure neuron with probability above 4/5", sure_empty > Rational(4, 5)),),
    measure=measure,
    instances=(families.lotteries,),
    spaces=(spaces.double_widths,),
    promised=10,
    mutants=(Mutant("above 99/100", then=(Claim("above 99/100", sure_empty > Rational(99, 100)),)),),
    does_not_claim="Nothing about dimensions large enough for the asymptotic lottery.",
)

STATEMENTS = (one_step_gradient, gradient_identity, lottery_sets, lottery_is_empty)
