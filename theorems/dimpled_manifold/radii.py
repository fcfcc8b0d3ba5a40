"""Radii off the manifold: below by the operator norm, above along the orthogonal gradient, and how they scale."""

from __future__ import annotations

from sympy import Eq, Max, Rational

from constructions.dimpled_manifold import spaces
from theorems.claim import Claim
from theorems.dimpled_manifold import families
from theorems.dimpled_manifold import proof_steps as steps
from theorems.dimpled_manifold.vocabulary import (
    confidence,
    derived,
    full,
    kink,
    linear,
    lipschitz,
    normal_gradient_sq,
    not_on_the_boundary,
    off,
    on,
    operator_sq,
    outputs_sq,
    ray,
    ray_defect,
    stretch,
    stretch_defect,
    stretched_full,
    stretched_off,
    stretched_ray,
    ties,
)
from theorems.statement import Lemma, Mutant, Theorem
from verifiers.dimpled_manifold import measure
from verifiers.dimpled_manifold.batch import measure_batch
from verifiers.dimpled_manifold.certify import certify

ALL = (families.dimple_oracles, families.flat_networks, families.linear_networks)
SPACES = (spaces.flat_networks, spaces.linear_networks)

off_radius = Theorem(
    "dimpled_manifold.off_radius",
    title="No perturbation off the manifold shorter than nu/(|u| |G|) changes the sign",
    source=derived(item="lower bound of the off-manifold radius"),
    given=(not_on_the_boundary,),
    then=(Claim("radius", lipschitz * confidence**2 * off <= outputs_sq * operator_sq),),
    measure=measure,
    measure_batch=measure_batch,
    instances=(*ALL, families.wide_networks),
    spaces=SPACES,
    proof=steps.OFF_PROOF,
    certify=certify,
    promised=40,
    mutants=(
        Mutant("one percent more", constants={"lipschitz": Rational(101, 100)}),
        Mutant("gradient in place of the operator norm",
               then=(Claim("by the gradient", confidence**2 * off <= normal_gradient_sq),)),
        Mutant("perturbations in all directions",
               then=(Claim("full radius", confidence**2 * full <= outputs_sq * operator_sq),)),
    ),
    does_not_claim="Nothing about perturbations with a part within P.",
)  # fmt: skip

along_the_ray = Theorem(
    "dimpled_manifold.along_the_ray",
    title="Along the orthogonal gradient N is its tangent plus one hinge per neuron that changes state",
    source=derived(item="ray identity"),
    given=(not_on_the_boundary,),
    then=(Claim("identity", Eq(ray_defect, 0)), Claim("the first root bounds the radius", ray <= off)),
    measure=measure,
    measure_batch=measure_batch,
    instances=(*ALL, families.wide_networks),
    spaces=SPACES,
    proof=steps.RAY_PROOF,
    promised=40,
    mutants=(
        Mutant("the tangent alone bounds the radius", then=(Claim("first order", linear <= off),)),
        Mutant("the tangent decides the root", then=(Claim("equal", Eq(ray, linear)),)),
        Mutant("the gradient is the best direction", then=(Claim("best", off <= ray),)),
    ),
    does_not_claim="That the orthogonal gradient is the best direction.",
)

scaling = Theorem(
    "dimpled_manifold.scaling",
    title="Orthogonal weights s times as large make every off-manifold radius 1/s times as large, exactly",
    source=derived(item="homogeneity in the scale of initialisation"),
    given=(not_on_the_boundary,),
    then=(
        Claim("one network is the other, seen at s z", Eq(stretch_defect, 0)),
        Claim("roots along the gradient", Eq(stretched_ray, stretch**2 * ray)),
        Claim("radii", Eq(stretched_off, stretch**2 * off)),
    ),
    measure=measure,
    measure_batch=measure_batch,
    instances=(*ALL, families.wide_networks),
    spaces=SPACES,
    proof=steps.SCALING_PROOF,
    promised=40,
    mutants=(
        Mutant("inverse squares", then=(Claim("s^4", Eq(stretched_off, stretch**4 * off)),)),
        Mutant("squared radii", then=(Claim("s", Eq(stretched_off, stretch * off)),)),
        Mutant("the full radius as well", then=(Claim("full", Eq(stretched_full, stretch**2 * full)),)),
    ),
    does_not_claim="Nothing about radii for perturbations with a part within P, which scale otherwise.",
)

nearest_of_three = Lemma(
    "dimpled_manifold.nearest_of_three",
    title="The full radius is at most either of the restricted ones",
    source=derived(item="order of the radii"),
    given=(not_on_the_boundary,),
    then=(Claim("off and on", full >= Max(off, on)),),
    measure=measure,
    measure_batch=measure_batch,
    instances=ALL,
    spaces=SPACES,
    proof=steps.ORDER_PROOF,
    certify=certify,
    promised=40,
    mutants=(Mutant("the other way around", then=(Claim("below", full <= Max(off, on)),)),),
    does_not_claim="By how much it is smaller.",
)

pythagoras = Theorem(
    "dimpled_manifold.pythagoras",
    title="While N is affine as far as both radii reach, 1/r^2 adds up over P and its complement",
    source=derived(item="harmonic Pythagoras"),
    given=(
        not_on_the_boundary,
        Claim("no kink at the point", Eq(ties, 0)),
        Claim("no kink before the off-manifold boundary", kink <= off),
        Claim("no kink before the on-manifold boundary", kink <= on),
    ),
    then=(Claim("inverse squares add up", Eq(full, off + on)),),
    measure=measure,
    measure_batch=measure_batch,
    instances=ALL,
    spaces=SPACES,
    proof=steps.PYTHAGORAS_PROOF,
    promised=10,
    mutants=(
        Mutant("kinks before one of them", without="no kink before the off-manifold boundary"),
        Mutant("the larger one", then=(Claim("larger", Eq(full, Max(off, on))),)),
    ),
    does_not_claim="Nothing about networks with kinks on the way, for which it is off by any factor.",
)

STATEMENTS = (off_radius, along_the_ray, scaling, nearest_of_three, pythagoras)
