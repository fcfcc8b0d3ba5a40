"""Conjectures about networks on a subspace. A refuted one ships with instances on which it fails exactly."""

from __future__ import annotations

from functools import partial

from sympy import Abs, Eq, Rational

from constructions.dimpled_manifold import closed_forms, spaces
from theorems.claim import Claim
from theorems.dimpled_manifold import families
from theorems.dimpled_manifold.attacks import points_in_plane
from theorems.dimpled_manifold.laws import ROOM
from theorems.dimpled_manifold.vocabulary import (
    agreements,
    attack_product,
    clinging,
    depth_change,
    enough_dimensions,
    full,
    kappa,
    late_chi_level,
    linear,
    naive_bend,
    not_on_the_boundary,
    off,
    on,
    ray,
    seen_active,
    seen_confidence,
    seen_not_zero,
    test_count,
    ties,
    training_in_plane,
    unscaled_defect,
    worst_in_cube,
    wrong_chi_level,
)
from theorems.statement import Conjecture, Source, Statement
from theorems.statistical import Chance
from verifiers.dimpled_manifold import CATALOGUE, measure

_conjecture = partial(
    Conjecture,
    source=Source("posed for this library, after Shamir, Melamed, BenShmuel 2021", "conjecture", "derived"),
    measure=measure,
    catalogue=CATALOGUE,
)

shallow_dimples = _conjecture(
    "dimpled_manifold.conjecture_shallow_dimples",
    title="The boundary keeps clinging: no dimple becomes more than twice as deep as at the start",
    given=(training_in_plane,),
    then=(Claim("at most twice as deep", depth_change >= Rational(1, 4)),),
    instances=(families.deepening_runs,),
    spaces=(spaces.descents,),
    expected="refuted",
    promised=3,
    does_not_claim="Refuted by one neuron under the linear loss, whose dimple is seven times as deep after six steps.",
)

wrong_labels_teach = _conjecture(
    "dimpled_manifold.conjecture_wrong_labels_teach",
    title="A student of points moved off P, with wrong labels, is right on at least half of the test points",
    given=(Claim("a test point", test_count >= 1),),
    then=(Claim("half of them", 2 * agreements >= test_count),),
    instances=(families.student_oracles, families.moved_students),
    spaces=(spaces.students,),
    expected="refuted",
    promised=10,
    does_not_claim="Refuted by every ridge student of points moved along one direction, which is minus the clean one.",
)

cube_attacks_shrink = _conjecture(
    "dimpled_manifold.conjecture_cube_attacks_shrink",
    title="Training against worst l_inf perturbations shrinks the orthogonal weights as well",
    given=(points_in_plane, Claim("worst in the cube", Eq(worst_in_cube, 1))),
    then=(Claim("pushes down", attack_product <= 0),),
    instances=(families.cube_steps,),
    expected="refuted",
    promised=3,
    does_not_claim="Refuted by N = 3 x_1 - x_2 at (2, -1) on the line through it, which pushes up by eps/5.",
)

steady_learners = families.listed("steady_learners", "three points; the median one is deep from the start",
                                  [closed_forms.steady_learner])  # fmt: skip
always_clings = _conjecture(
    "dimpled_manifold.conjecture_always_clings",
    title="Before the points are learned, the median dimple is at some time less than half as deep as at the start",
    given=(training_in_plane,),
    then=(Claim("less than half", clinging <= Rational(1, 4)),),
    instances=(steady_learners, families.deepening_runs),
    spaces=(spaces.descents,),
    expected="refuted",
    promised=1,
    does_not_claim="Refuted by runs whose median dimple deepens from the first step; some runs do cling.",
)

always_harmonic = _conjecture(
    "dimpled_manifold.conjecture_always_harmonic",
    title="1/r^2 adds up over P and its complement within five percent for every network",
    given=(not_on_the_boundary, Claim("no kink at the point", Eq(ties, 0))),
    then=(Claim("within five percent", Abs(full - off - on) <= full / 20),),
    instances=(families.dimple_oracles, families.flat_networks),
    spaces=(spaces.flat_networks,),
    expected="refuted",
    promised=10,
    does_not_claim="Refuted by small networks with a kink on the way; wide ones come close in training runs.",
)

gradient_is_best = _conjecture(
    "dimpled_manifold.conjecture_gradient_is_best",
    title="The orthogonal gradient is within a factor of two the best direction off the manifold",
    given=(not_on_the_boundary,),
    then=(Claim("within two", off <= 4 * ray),),
    instances=(families.flat_networks, families.dimple_oracles),
    spaces=(spaces.flat_networks,),
    expected="refuted",
    promised=10,
    does_not_claim="Refuted by points at which the gradient leads to no sign change and another direction does.",
)

first_order_is_safe = _conjecture(
    "dimpled_manifold.conjecture_first_order_is_safe",
    title="No perturbation off the manifold shorter than the first-order distance nu/rho changes the sign",
    given=(not_on_the_boundary,),
    then=(Claim("first order", off <= linear),),
    instances=(families.flat_networks, families.dimple_oracles),
    spaces=(spaces.flat_networks,),
    expected="refuted",
    promised=10,
    does_not_claim="Refuted by networks in which neurons of the other class open on the way.",
)

naive_bound_suffices = _conjecture(
    "dimpled_manifold.conjecture_naive_bound_suffices",
    title="Wherever the flip theorem applies, bounding every velocity by the largest one suffices as well",
    given=(enough_dimensions, seen_not_zero, seen_active, ROOM),
    then=(Claim("naive room", (kappa - 1) * seen_confidence >= naive_bend),),
    instances=(families.flat_planes, families.planes),
    spaces=(spaces.planes,),
    expected="refuted",
    promised=5,
    does_not_claim="Refuted by nearly every network to which the theorem applies.",
)

signs_keep_still = _conjecture(
    "dimpled_manifold.conjecture_signs_keep_still",
    title="Descent by signs of the gradient leaves the orthogonal weights alone, too",
    given=(training_in_plane,),
    then=(Claim("G(t) is G(0)", Eq(unscaled_defect, 0)),),
    instances=(families.listed("sign_runs", "one step by signs on the line through (1, 1/2)",
                               [closed_forms.sign_descent]),),
    expected="refuted",
    does_not_claim="Refuted by one step on a line that is no coordinate axis, as for Adam, which acts by coordinates.",
)  # fmt: skip

one_more = Chance(
    "dimple_one_degree_more", laws=(families.law(1),), given=(seen_active,),
    event=(Claim("below the median of l + 1 degrees", wrong_chi_level <= Rational(1, 2)),), measure=measure, draws=300,
)  # fmt: skip
one_degree_more = one_more.statement(
    "dimpled_manifold.conjecture_one_degree_more",
    kind="conjecture",
    title="The orthogonal gradient is of chi-square law with l + 1 degrees of freedom",
    source=Source("posed for this library", "wrong codimension", "derived"),
    then=(Claim("half below the median", one_more.probability <= Rational(3, 5)),),
    expected="refuted",
    does_not_claim="Refuted in codimension 1, where three of four draws lie below the median for two degrees.",
)

after_looking = Chance(
    "dimple_after_looking", laws=(families.law(4, n=6),), given=(seen_active,),
    event=(Claim("below the median", late_chi_level <= Rational(1, 2)),), measure=measure, draws=300,
)  # fmt: skip
chosen_after_looking = after_looking.statement(
    "dimpled_manifold.conjecture_chosen_after_looking",
    kind="conjecture",
    title="The law holds at a point that is chosen after the orthogonal weights were seen",
    source=Source("posed for this library", "a point chosen by its gradient", "derived"),
    then=(Claim("half below the median", after_looking.probability >= Rational(2, 5)),),
    expected="refuted",
    does_not_claim="Refuted at the point with the largest gradient of six.",
)

STATEMENTS: tuple[Statement, ...] = (
    shallow_dimples, wrong_labels_teach, cube_attacks_shrink, always_clings, always_harmonic, gradient_is_best,
    first_order_is_safe, naive_bound_suffices, signs_keep_still,
    one_degree_more, chosen_after_looking,
)  # fmt: skip
