"""The central pair of theorems as one finite instance: broken after clean training, robust after adversarial training.

Both trainings start from one architecture and one law. The networks that ship with the library come with certificates
(`reports/published/finite_pair`); the full profile trains a pair anew.
"""

from __future__ import annotations

from sympy import Eq, Rational

from theorems.claim import Claim, abbreviation, constant, quantity
from theorems.feature_purification import families
from theorems.feature_purification import proof_steps as steps
from theorems.feature_purification.vocabulary import PAPER
from theorems.statement import Mutant, Source, Theorem
from verifiers.feature_purification import measure

dimension, sparsity = quantity("pair_dimension", "d"), quantity("pair_sparsity", "k")
family, radius = quantity("pair_family", r"\mathrm{family}"), quantity("pair_radius", r"\tau")
gap, noise = quantity("pair_gap", r"\gamma"), quantity("pair_noise", r"\sigma_x")
adversarial = quantity("adversarial_accuracy", r"\mathrm{RA}_\tau(f_\mathrm{adversarial})")
clean = quantity("clean_accuracy", r"\mathrm{RA}_\tau(f_\mathrm{clean})")
plain = quantity("plain_accuracy", r"\mathrm{RA}_0(f_\mathrm{clean})")
ceiling = quantity("linear_ceiling", r"\Lambda(\tau)")
degree_two = abbreviation("pair_degree_two", (1 + ceiling) / 2, r"\Lambda_2(\tau)")

robust_floor = constant("robust_floor", "19/20", "target", r"C_r")
clean_ceiling = constant("clean_ceiling", "1/20", "target", r"C_c")

SOURCE = Source(PAPER, "clean training is not robust, adversarial training is; at finite dimension", "derived")
LIMITS = (
    "Nothing about how often training ends like this, about other sizes, radii or laws, nor that the fresh points, "
    "made from a stated seed, are independent draws"
)
LIGHT = (
    Claim("light data", Eq(family, 0)),
    Claim("d = 256", Eq(dimension, 256)),
    Claim("k = 5", Eq(sparsity, 5)),
    Claim("draws with |<w*, z>| >= 99/100", Eq(gap, Rational(99, 100))),
    Claim("noise 1/10", Eq(noise, Rational(1, 10))),
    Claim("radius 1/5", Eq(radius, Rational(1, 5))),
)
SCALES = (
    Claim("scale-free data", Eq(family, 2)),
    Claim("d = 256", Eq(dimension, 256)),
    Claim("k = 20", Eq(sparsity, 20)),
    Claim("draws with |<w*, z>| >= 4/5", Eq(gap, Rational(4, 5))),
    Claim("noise 1/10", Eq(noise, Rational(1, 10))),
    Claim("radius 1/5", Eq(radius, Rational(1, 5))),
)
right_without = Claim("the clean network is right without perturbations", plain >= Rational(99, 100))

finite_pair = Theorem(
    "feature_purification.finite_pair",
    title="At radius 1/5 an adversarially trained network is robust where its clean twin, every linear classifier and "
    "every polynomial of degree two are not",
    source=SOURCE,
    given=LIGHT,
    then=(
        Claim("adversarially trained, from both starts", adversarial >= robust_floor),
        right_without,
        Claim("clean-trained", clean <= clean_ceiling),
        Claim("every linear classifier", ceiling <= Rational(3, 20)),
        Claim("every polynomial of degree two", degree_two <= Rational(29, 50)),
    ),
    measure=measure,
    instances=(families.trained_pairs,),
    proof=steps.PAIR_PROOF,
    basis="law",
    promised=1,
    mutants=(
        Mutant("trainings swapped", then=(Claim("clean-trained is robust", clean >= robust_floor),)),
        Mutant("right at every point", then=(Claim("no point is broken", adversarial >= Rational(9999, 10000)),)),
        Mutant("linear below 0.146", then=(Claim("0.146", ceiling <= Rational(146, 1000)),)),
        Mutant("degree two like linear", then=(Claim("one half", degree_two <= Rational(1, 2)),)),
    ),
    does_not_claim=f"{LIMITS}.",
)

finite_pair_many_scales = Theorem(
    "feature_purification.finite_pair_many_scales",
    title="With magnitudes on all scales an adversarially trained network is more robust than any linear classifier",
    source=SOURCE,
    given=SCALES,
    then=(
        Claim("adversarially trained, from both starts", adversarial >= Rational(3, 5)),
        right_without,
        Claim("clean-trained", clean <= Rational(3, 20)),
        Claim("every linear classifier", ceiling <= Rational(41, 100)),
    ),
    measure=measure,
    instances=(families.trained_pairs,),
    proof=steps.PAIR_PROOF,
    basis="law",
    promised=1,
    mutants=(
        Mutant("trainings swapped", then=(Claim("clean-trained is robust", clean >= Rational(3, 5)),)),
        Mutant("right at every point", then=(Claim("no point is broken", adversarial >= Rational(9999, 10000)),)),
    ),
    does_not_claim=f"{LIMITS}; polynomials of degree three to nine are beaten here in training, not in proof.",
)

STATEMENTS = (finite_pair, finite_pair_many_scales)
