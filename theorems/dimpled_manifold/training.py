"""What training on P does to the orthogonal weights: nothing, and nothing can be learned about them."""

from __future__ import annotations

from sympy import Eq

from constructions.dimpled_manifold import spaces
from theorems.claim import Claim
from theorems.dimpled_manifold import families
from theorems.dimpled_manifold import proof_steps as steps
from theorems.dimpled_manifold.vocabulary import (
    blind_defect,
    decay_factor,
    derived,
    frozen_defect,
    in_plane,
    normal_drift,
    run_closeness,
    run_confidence,
    start_slope_sq,
    starts_apart,
    starts_differ,
    training_in_plane,
    unscaled_defect,
)
from theorems.statement import Lemma, Mutant, Theorem
from verifiers.dimpled_manifold import measure

frozen = Theorem(
    "dimpled_manifold.frozen",
    title="Training on P multiplies the orthogonal weights by the scalar of weight decay and does nothing else",
    source=derived(item="invariance of the orthogonal weights"),
    given=(training_in_plane,),
    then=(Claim("G(t) is s_t G(0)", Eq(frozen_defect, 0)),),
    measure=measure,
    instances=(families.short_descents, families.deepening_runs, families.leaky_descents),
    spaces=(spaces.descents, spaces.leaky_descents),
    proof=steps.FROZEN_PROOF,
    promised=40,
    mutants=(
        Mutant("weight decay forgotten", then=(Claim("G(t) is G(0)", Eq(unscaled_defect, 0)),)),
        Mutant("points may leave P", without="training points lie in P"),
    ),
    does_not_claim="Nothing about rules that act on single coordinates, such as Adam or signs, nor about noise off P.",
)

kept = Lemma(
    "dimpled_manifold.kept",
    title="A network trained on P has the orthogonal weights it started with, times the declared decay",
    source=derived(item="invariance, checked on a stored network"),
    given=(in_plane,),
    then=(Claim("G is s G(0)", Eq(normal_drift, 0)),),
    measure=measure,
    instances=(families.frozen_networks,),
    proof=steps.FROZEN_PROOF,
    promised=3,
    mutants=(Mutant("twice the decay", then=(Claim("twice", normal_drift >= 1),)),),
    does_not_claim="Nothing about networks whose training used anything but gradients at points of P.",
)

blind = Theorem(
    "dimpled_manifold.blind",
    title="What P sees of training does not depend on the orthogonal weights",
    source=derived(item="blindness"),
    given=(training_in_plane, Claim("the starts agree on P", Eq(starts_differ, 0))),
    then=(Claim("the runs agree on P", Eq(blind_defect, 0)),),
    measure=measure,
    instances=(families.short_descents, families.leaky_descents),
    spaces=(spaces.descents, spaces.leaky_descents),
    proof=steps.BLIND_PROOF,
    promised=40,
    mutants=(
        Mutant("points may leave P", without="training points lie in P"),
        Mutant("any two starts", without="the starts agree on P"),
        Mutant("then the starts are equal", then=(Claim("equal starts", Eq(starts_apart, 0)),)),
    ),
    does_not_claim="Nothing about stopping times that look at what happens off P.",
)

depth = Theorem(
    "dimpled_manifold.depth",
    title="Dimples are at least as deep as the margin over the Lipschitz constant that the start fixed off P",
    source=derived(item="depth of dimples through training"),
    given=(training_in_plane, Claim("no point meets the boundary", run_confidence > 0)),
    then=(Claim("depth", run_confidence**2 * run_closeness <= decay_factor**2 * start_slope_sq),),
    measure=measure,
    instances=(families.short_descents, families.deepening_runs, families.leaky_descents),
    spaces=(spaces.descents,),
    proof=steps.DEPTH_PROOF,
    promised=20,
    mutants=(
        Mutant("a hundredth less", then=(
            Claim("less", 100 * run_confidence**2 * run_closeness <= 99 * decay_factor**2 * start_slope_sq),)),
        Mutant("decay counted twice", then=(
            Claim("twice", run_confidence**2 * run_closeness <= decay_factor**4 * start_slope_sq),)),
    ),
    does_not_claim="That margins grow: under exponential losses they do once the summed loss is below one sample's "
                   "value at margin 0, which is a theorem of Lyu and Li.",
)  # fmt: skip

STATEMENTS = (frozen, kept, blind, depth)
