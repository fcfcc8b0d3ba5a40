"""Laws over the draw of the orthogonal weights: chi-square gradients, flips promised before the draw, distances."""

from __future__ import annotations

from fractions import Fraction

from sympy import Abs, Eq, Rational, exp, sqrt

from constructions.dimpled_manifold import spaces
from theorems.claim import Claim
from theorems.dimpled_manifold import families
from theorems.dimpled_manifold import proof_steps as steps
from theorems.dimpled_manifold.vocabulary import (
    active_bend,
    bend,
    budget,
    chi_level,
    chi_ratio,
    declared_l,
    deep_active,
    deep_chi_level,
    delta,
    derived,
    double_tail,
    enough_dimensions,
    exponent,
    flip_value,
    freedom,
    gradient_cosine,
    half_tail,
    inactive_points,
    kappa,
    least_bend,
    lower_miss,
    lower_tail,
    naive_bend,
    no_bend,
    normal_median,
    rate_share,
    recalled,
    rise,
    rise_factor,
    seen_active,
    seen_confidence,
    seen_cosine,
    seen_not_zero,
    sharp_bend,
    sharp_flip_value,
    sharp_kappa,
    sharp_lower_miss,
    sharp_rise,
    sharp_upper_miss,
    student_gap,
    student_median,
    tail_rate,
    upper_miss,
    upper_tail,
    upper_tail_short,
)
from theorems.statement import Lemma, Mutant, Proposition
from theorems.statistical import Chance, Law
from verifiers.dimpled_manifold import measure

RESOLUTION = Rational(1, 6)
"""How far from 1/2 a probability that is 1/2 may seem; enough draws are made to tell it from the mutants' laws."""

median_level = Chance(
    "dimple_median_level",
    laws=(families.law(1), families.law(40), families.law(3, steps=20, decay=Fraction(1, 2))),
    given=(seen_active,),
    event=(Claim("below the median of chi-square", chi_level <= Rational(1, 2)),),
    measure=measure,
    draws=500,
)
gradient_law = median_level.statement(
    "dimpled_manifold.gradient_law",
    kind="theorem",
    title="At every time rho^2/(s_t beta |c|)^2 is chi-square with l degrees of freedom: half lies below its median",
    source=derived(item="exact law of the orthogonal gradient"),
    then=(
        Claim("not less than half", median_level.probability >= Rational(1, 2) - RESOLUTION),
        Claim("not more than half", median_level.probability <= Rational(1, 2) + RESOLUTION),
    ),
    proof=steps.LAW_PROOF,
    mutants=(
        Mutant("the median of one degree less", then=(
            Claim("as for 2 of 3 degrees", median_level.probability <= Rational(1, 3)),)),
        Mutant("the median of one degree more", then=(
            Claim("as for 3 of 2 degrees", median_level.probability >= Rational(2, 3)),)),
    ),
    promised=2,
    does_not_claim="Sampling alone proves no law; the proof does, and the draws are a check of the code and the model.",
)  # fmt: skip

deep_level = Chance(
    "dimple_deep_level",
    laws=tuple(Law.of(spaces.deep_networks, p=3, l=l, m=8, h=4, steps=6) for l in (1, 12)),  # noqa: E741
    given=(Claim("the network is active", deep_active >= 1),),
    event=(Claim("below the median of chi-square", deep_chi_level <= Rational(1, 2)),),
    measure=measure,
    draws=500,
)
deep_gradient_law = deep_level.statement(
    "dimpled_manifold.deep_gradient_law",
    kind="theorem",
    title="The law is the same with a second hidden layer, all layers trained on P",
    source=derived(item="exact law of the orthogonal gradient, any depth"),
    then=(
        Claim("not less than half", deep_level.probability >= Rational(1, 2) - RESOLUTION),
        Claim("not more than half", deep_level.probability <= Rational(1, 2) + RESOLUTION),
    ),
    proof=steps.LAW_PROOF,
    promised=1,
    mutants=(Mutant("a quarter", then=(Claim("quarter", deep_level.probability <= Rational(1, 4)),)),),
    does_not_claim="Nothing about first layers that share weights, such as convolutions.",
)

shared = Chance(
    "dimple_shared_direction",
    laws=(families.law(100),),
    given=(Claim("some neuron is active at every point", Eq(inactive_points, 0)),),
    event=(Claim("cosine", Abs(gradient_cosine - seen_cosine) <= 3 / sqrt(declared_l)),),
    measure=measure,
    draws=300,
)
shared_direction = shared.statement(
    "dimpled_manifold.shared_direction",
    title="Two orthogonal gradients have the angle of two vectors that P sees, up to 3/sqrt(l) in the cosine",
    source=derived(item="universality of the off-manifold direction"),
    then=(Claim("four of five", shared.probability >= Rational(4, 5)),),
    proof=(*steps.LAW_PROOF, steps.SPREAD),
    mutants=(Mutant("half of them", then=(Claim("half", shared.probability <= Rational(1, 2)),)),),
    does_not_claim="A bound for every l: the spread of a Wishart matrix is used as its limit.",
)

upper_level = Chance(
    "dimple_upper_level",
    laws=(families.law(1), families.law(20, steps=12)),
    given=(seen_active,),
    event=(Claim("above the quantile of 9/10", chi_level >= Rational(9, 10)),),
    measure=measure,
    draws=500,
)
gradient_tail = upper_level.statement(
    "dimpled_manifold.gradient_tail",
    kind="theorem",
    title="A tenth of the draws lies above the quantile 9/10 of chi-square",
    source=derived(item="exact law of the orthogonal gradient, upper tail"),
    then=(
        Claim("not less", upper_level.probability >= Rational(1, 50)),
        Claim("not more", upper_level.probability <= Rational(1, 5)),
    ),
    proof=steps.LAW_PROOF,
    mutants=(Mutant("a third", then=(Claim("third", upper_level.probability >= Rational(1, 3)),)),),
    promised=1,
    does_not_claim="Sampling alone proves no law; the proof does, and the draws are a check of the code and the model.",
)

half_level = Chance(
    "dimple_half_level",
    laws=(families.law(16),),
    given=(seen_active,),
    event=(Claim("rho is at least s_t beta |c| sqrt(l/2)", chi_ratio >= declared_l / 2),),
    measure=measure,
    draws=500,
)
gradient_floor = half_level.statement(
    "dimpled_manifold.gradient_floor",
    kind="theorem",
    title="In codimension 16 the orthogonal gradient is at least beta |c| sqrt(l/2) with probability 1 - 1/e",
    source=recalled(item="lower bound of the orthogonal gradient"),
    then=(Claim("often enough", half_level.probability >= 1 - exp(-16 * rate_share)),),
    proof=steps.FLOOR_PROOF,
    mutants=(Mutant("almost never", then=(Claim("rare", half_level.probability <= Rational(1, 2)),)),),
    does_not_claim="The constants 1/2 and 1/16 are proved here; that the paper states them is recalled, not read.",
)

chi_square_tails = Lemma(
    "dimpled_manifold.chi_square_tails",
    title="Tails of chi-square beyond l - 2 sqrt(l t) and l + 2 sqrt(l t) + 2 t are at most e^-t",
    source=derived(item="Laurent-Massart bounds"),
    given=(Claim("a degree of freedom", freedom >= 1),),
    then=(
        Claim("lower tail", lower_tail <= exp(-tail_rate * exponent)),
        Claim("upper tail", upper_tail <= exp(-tail_rate * exponent)),
    ),
    measure=measure,
    instances=(families.tail_corners, families.tail_bounds),
    spaces=(spaces.tail_bounds,),
    proof=(steps.LAURENT_MASSART,),
    promised=60,
    mutants=(
        Mutant("without the linear term", then=(Claim("short", upper_tail_short <= exp(-exponent)),)),
        Mutant("twice the rate", constants={"tail_rate": Fraction(2)}),
    ),
    does_not_claim="That the bounds are sharp: at l near 100 exact quantiles are closer by some percent.",
)

half_and_double = Lemma(
    "dimpled_manifold.half_and_double",
    title="Chi-square with l degrees of freedom leaves [l/2, 2 l] on either side with probability at most e^(-l/16)",
    source=recalled(item="constants of the gradient theorems"),
    given=(Claim("a degree of freedom", freedom >= 1),),
    then=(
        Claim("below half", half_tail <= exp(-rate_share * freedom)),
        Claim("above double", double_tail <= exp(-rate_share * freedom)),
    ),
    measure=measure,
    instances=(families.every_freedom,),
    spaces=(spaces.tail_bounds,),
    proof=(steps.LAURENT_MASSART, steps.HALF, steps.DOUBLE),
    promised=512,
    mutants=(Mutant("twice the exponent", constants={"rate_share": Fraction(1, 8)}),),
    does_not_claim="Nothing about larger l beyond what the proof gives; up to 512 both sides are compared in balls.",
)

seen_window = Lemma(
    "dimpled_manifold.seen_window",
    title="What P sees decides where the flip is promised, before anything orthogonal to P exists",
    source=derived(item="flip theorem, the part before the draw"),
    given=(
        enough_dimensions, seen_not_zero, seen_active,
        Claim("the kinks leave room", (kappa - 1) * seen_confidence >= bend + rise_factor * rise),
    ),
    then=(
        Claim("the gradient is rarely short", lower_miss <= delta),
        Claim("the gradient is rarely long", upper_miss <= delta),
        Claim("a longer gradient bends more", active_bend >= least_bend),
        Claim("any gradient bends more than none", least_bend >= no_bend),
    ),
    measure=measure,
    instances=(families.flat_planes, families.planes),
    spaces=(spaces.planes,),
    proof=steps.FLIP_PROOF,
    promised=10,
    mutants=(
        Mutant("a longer gradient bends less", then=(Claim("less", active_bend <= least_bend),)),
        Mutant("it bends nothing", then=(Claim("nothing", bend <= 0),)),
        Mutant("the naive bound leaves room too", then=(
            Claim("naive", (kappa - 1) * seen_confidence >= naive_bend),)),
    ),
    does_not_claim="How often the hypotheses hold is counted, not claimed: accepted of drawn is how often it applies.",
)  # fmt: skip

sharp_window = Lemma(
    "dimpled_manifold.sharp_window",
    title="Quantiles of chi-square that balls prove serve as well, and give a shorter distance",
    source=derived(item="flip theorem with exact quantiles"),
    given=(
        seen_not_zero, seen_active,
        Claim("the kinks leave room", (sharp_kappa - 1) * seen_confidence >= sharp_bend + rise_factor * sharp_rise),
    ),
    then=(Claim("rarely short", sharp_lower_miss <= delta), Claim("rarely long", sharp_upper_miss <= delta)),
    measure=measure,
    instances=(families.flat_planes, families.planes),
    spaces=(spaces.planes,),
    proof=steps.FLIP_PROOF,
    promised=10,
    mutants=(Mutant("half of delta", then=(Claim("half", 2 * sharp_lower_miss <= delta),)),),
    does_not_claim="How often the hypotheses hold is counted, not claimed: accepted of drawn is how often it applies.",
)  # fmt: skip

APPLICABLE = 6
"""Seed of a plane to which the flip theorem applies."""

FLIP_LAWS = (
    families.law(300, p=4, m=10, steps=0, delta=Fraction(1, 10)),
    families.law(300, p=4, m=10, steps=6, delta=Fraction(1, 10), plane=APPLICABLE),
)
"""Any plane, and many draws for one plane, as the theorem speaks about each plane by itself."""
ROOM = Claim("the kinks leave room", (kappa - 1) * seen_confidence >= bend + rise)
SHARP_ROOM = Claim("the kinks leave room", (sharp_kappa - 1) * seen_confidence >= sharp_bend + sharp_rise)

flips = Chance(
    "dimple_flips", laws=FLIP_LAWS, given=(enough_dimensions, seen_not_zero, seen_active, ROOM),
    event=(Claim("flipped at the promised distance", flip_value <= 0),), measure=measure, draws=300,
)  # fmt: skip
flip = flips.statement(
    "dimpled_manifold.flip",
    kind="theorem",
    title="Where what P sees leaves room, the orthogonal gradient flips the sign at kappa nu/rho_- but for 3 delta",
    source=derived(item="flip at the predicted size, explicit constants"),
    then=(Claim("probability of a flip, delta = 1/10", flips.probability >= 1 - budget / 10),),
    proof=steps.FLIP_PROOF,
    mutants=(
        Mutant("the whole budget is used", then=(Claim("used", flips.probability <= Rational(7, 10)),)),
        Mutant("one draw in two", then=(Claim("half", flips.probability <= Rational(1, 2)),)),
    ),
    does_not_claim="Nothing where the hypotheses fail: few dimensions off P, or a network that is nearly certain.",
)

applies = Chance(
    "dimple_applies", laws=(families.seen_law(300),), given=(seen_not_zero, seen_active), event=(ROOM,),
    measure=measure, draws=200,
)  # fmt: skip
applicability = applies.statement(
    "dimpled_manifold.applicability",
    title="In codimension 300 the flip theorem speaks about at least one random network of ten neurons in ten",
    source=derived(item="how often the flip theorem applies"),
    then=(Claim("one in ten", applies.probability >= Rational(1, 10)),),
    mutants=(Mutant("nine in ten", then=(Claim("nine", applies.probability >= Rational(9, 10)),)),),
    does_not_claim="A count on random planes, decided before anything off P is drawn; no law of it is derived.",
)

applies_rarely = Chance(
    "dimple_applies_rarely", laws=(families.seen_law(30),), given=(seen_not_zero, seen_active), event=(ROOM,),
    measure=measure, draws=200,
)  # fmt: skip
rare_applicability = applies_rarely.statement(
    "dimpled_manifold.rare_applicability",
    title="In codimension 30 the flip theorem is silent about nine random networks of ten neurons in ten",
    source=derived(item="how often the flip theorem applies"),
    then=(Claim("one in ten", applies_rarely.probability <= Rational(1, 10)),),
    mutants=(Mutant("one in two", then=(Claim("half", applies_rarely.probability >= Rational(1, 2)),)),),
    does_not_claim="That nothing flips there, but only that nothing is promised before the draw.",
)

sharp_flips = Chance(
    "dimple_sharp_flips", laws=FLIP_LAWS[:1], given=(seen_not_zero, seen_active, SHARP_ROOM),
    event=(Claim("flipped at the promised distance", sharp_flip_value <= 0),), measure=measure, draws=200,
)  # fmt: skip
sharp_flip = sharp_flips.statement(
    "dimpled_manifold.sharp_flip",
    kind="theorem",
    title="The same at the shorter distance that proved quantiles of chi-square give",
    source=derived(item="flip theorem with exact quantiles"),
    then=(Claim("probability of a flip, delta = 1/10", sharp_flips.probability >= 1 - budget / 10),),
    proof=steps.FLIP_PROOF,
    mutants=(Mutant("one draw in two", then=(Claim("half", sharp_flips.probability <= Rational(1, 2)),)),),
    does_not_claim="Nothing where the hypotheses fail: few dimensions off P, or a network that is nearly certain.",
)

start_distance = Proposition(
    "dimpled_manifold.start_distance",
    title="At a wide random start the median of nu/rho is |x| med|t_l|/sqrt(l), close to 0.674 |x|/sqrt(l)",
    source=derived(item="distance at random initialisation"),
    given=(Claim("a degree of freedom", freedom >= 1),),
    then=(
        Claim("not closer than normal", student_median >= normal_median),
        Claim("not much farther", student_median <= normal_median * (1 + student_gap / freedom)),
    ),
    measure=measure,
    instances=(families.every_freedom,),
    spaces=(spaces.tail_bounds,),
    proof=steps.START_PROOF,
    promised=512,
    mutants=(
        Mutant("the normal median itself", then=(Claim("equal", student_median <= normal_median),)),
        Mutant("half the gap", constants={"student_gap": Fraction(1, 4)}),
    ),
    does_not_claim="The upper bound is compared for every l up to 512; the limit of wide networks is argued.",
)

STATEMENTS = (
    gradient_law, deep_gradient_law, shared_direction, gradient_tail, gradient_floor, chi_square_tails, half_and_double,
    seen_window, applicability, rare_applicability, flip, sharp_window, sharp_flip, start_distance,
)  # fmt: skip
