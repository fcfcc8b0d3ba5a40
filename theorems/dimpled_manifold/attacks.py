"""Adversarial training shrinks the orthogonal weights; points moved off P with wrong labels teach the opposite."""

from __future__ import annotations

from sympy import Eq

from constructions.dimpled_manifold import spaces
from theorems.claim import Claim
from theorems.dimpled_manifold import families
from theorems.dimpled_manifold import proof_steps as steps
from theorems.dimpled_manifold.vocabulary import (
    agreements,
    attack_product,
    clean,
    derived,
    energy_rate,
    misplaced_gates,
    multiplier,
    predicted_rate,
    reversal,
    stationarity,
    step_off_plane,
    strays,
    student,
    test_count,
    worst_in_cube,
)
from theorems.statement import Mutant, Theorem
from verifiers.dimpled_manifold import measure

points_in_plane = Claim("unperturbed points lie in P", Eq(step_off_plane, 0))
fitting_gates = Claim("gates fit the pre-activations", Eq(misplaced_gates, 0))
stays_off = Claim("restricted perturbations stay off P", Eq(strays, 0))
stationary = Claim("perturbations are stationary on their spheres", Eq(stationarity, 0))
outward = Claim("the ball pushes back", multiplier >= 0)

attack_shrinks = Theorem(
    "dimpled_manifold.attack_shrinks",
    title="A step against l2 attacks shrinks the orthogonal weights, by the part of the attack orthogonal to P",
    source=derived(item="monotone orthogonal weights under adversarial training"),
    given=(points_in_plane, fitting_gates, stays_off, stationary, outward),
    then=(
        Claim("rate of |G|^2/2", Eq(energy_rate, predicted_rate)),
        Claim("every point pushes down", attack_product <= 0),
        Claim("it never grows", energy_rate <= 0),
    ),
    measure=measure,
    instances=(families.attacked_oracles, families.attacked_steps, families.cube_steps),
    spaces=(spaces.attacked_steps,),
    proof=steps.ATTACK_PROOF,
    promised=35,
    mutants=(
        Mutant("any perturbation", without="perturbations are stationary on their spheres"),
        Mutant("worst perturbations of a cube", given=(
            points_in_plane, fitting_gates, Claim("worst in the cube", Eq(worst_in_cube, 1)))),
        Mutant("it always shrinks", then=(Claim("strictly", energy_rate < 0),)),
        Mutant("twice the rate", then=(Claim("doubled", Eq(energy_rate, 2 * predicted_rate)),)),
    ),
    does_not_claim="Nothing about l_inf balls, for which it is false, nor that inner solvers reach stationarity.",
)  # fmt: skip

mislabelled = Theorem(
    "dimpled_manifold.mislabelled",
    title="A ridge student of points moved off P by -eps y_j, with wrong labels, is minus the clean predictor, scaled",
    source=derived(item="off-manifold mislabelled training"),
    given=(Claim("a test point", test_count >= 1),),
    then=(
        Claim("minus the clean predictor", Eq(student * reversal, -clean)),
        Claim("no test point is classified alike", agreements <= 0),
        Claim("the factor is at least 1", reversal >= 1),
    ),
    measure=measure,
    instances=(families.student_oracles, families.moved_students),
    spaces=(spaces.students,),
    proof=steps.STUDENT_PROOF,
    promised=40,
    mutants=(
        Mutant("the factor left out", then=(Claim("no factor", Eq(student, -clean)),)),
        Mutant("the clean sign", then=(Claim("same sign", student * clean >= 0),)),
        Mutant("larger than the clean predictor", then=(Claim("larger", student**2 >= clean**2),)),
    ),
    does_not_claim="Nothing about perturbations with a part within P, which carry the teacher's answers.",
)

STATEMENTS = (attack_shrinks, mislabelled)
