"""Distances of kernel matrices (N9) and the student of mislabelled data (N10), in rationals."""

from __future__ import annotations

from sympy import Eq, Rational

from constructions.ntk_features import spaces
from theorems.claim import Claim
from theorems.ntk_features import families
from theorems.ntk_features import proof_steps as steps
from theorems.ntk_features.vocabulary import (
    difference_sq,
    first_leading,
    first_sq,
    inner_product,
    kernel_angle,
    kernel_distance,
    label_energy,
    leading_angle,
    mislabelled_value,
    normal_overlap,
    normal_sq,
    query_overlap,
    ridge_value,
    rotation,
    second_leading,
    second_sq,
    source,
    student_step,
)
from theorems.statement import Mutant, Theorem
from verifiers.ntk_features import measure

kernel_rotation = Theorem(
    "ntk_features.kernel_rotation",
    title="A kernel that changes by E turns by an angle of sine at most |E|/|K|, and its distance is at most angle^2/2",
    source=source(item="kernel distance of an evolving kernel, derived"),
    given=(),
    then=(
        Claim("similarities are not negative", inner_product >= 0),
        Claim("sine of the angle",
              first_sq * second_sq - inner_product**2 <= rotation * difference_sq * second_sq),
        Claim("distance by angle", 2 * kernel_distance <= kernel_angle**2),
    ),
    measure=measure,
    instances=(families.kernel_pair_oracles, families.kernel_pairs),
    spaces=(spaces.pairs,),
    proof=(steps.TRACE, steps.ROTATION, steps.VERSED),
    promised=60,
    mutants=(
        Mutant("half the change", constants={"rotation": Rational(1, 2)}),
        Mutant("distance at most angle^2/4", then=(Claim("1/4", 4 * kernel_distance <= kernel_angle**2),)),
        Mutant("similarity at least 1/2", then=(Claim("1/2", 4 * inner_product**2 >= first_sq * second_sq),)),
    ),
    does_not_claim="Nothing about kernels that are not positive semidefinite.",
)  # fmt: skip

_rest = (first_sq - first_leading**2) / first_leading**2
_other = (second_sq - second_leading**2) / second_leading**2
saturation = Theorem(
    "ntk_features.saturation",
    title="Kernels with a large common part of rank one are similar, whatever else they do: the distance saturates",
    source=source(item="saturation of the kernel distance of data that are not centred, derived"),
    given=(
        Claim("leading vectors are parallel", Eq(leading_angle, 0)),
        Claim("and not zero", first_leading * second_leading > 0),
    ),
    then=(Claim("similarity at least ((1 + r^2)(1 + r'^2))^(-1/2)",
                inner_product**2 * (1 + _rest) * (1 + _other) >= first_sq * second_sq),),
    measure=measure,
    instances=(families.saturated, families.kernel_pair_oracles, families.aligned_pairs),
    spaces=(spaces.aligned,),
    proof=(steps.TRACE, steps.COMMON),
    promised=30,
    mutants=(
        Mutant("any leading vectors", without="leading vectors are parallel"),
        Mutant("similarity above by a tenth",
               then=(Claim("more", 10 * inner_product**2 * (1 + _rest) * (1 + _other) >= 11 * first_sq * second_sq),)),
    ),
    does_not_claim="Without a common part it is false: diag(1, 0) and diag(0, 1) have similarity 0.",
)  # fmt: skip

_shrunk = 1 + student_step**2 * normal_sq * label_energy
distillation = Theorem(
    "ntk_features.distillation",
    title="A student of moved, mislabelled points answers -f(x)/(1 + eps^2 |n|^2 y^T A^(-1) y)",
    source=source(item="linear kernel and a normal of the data; rank-one update, derived"),
    given=(
        Claim("the normal is orthogonal to the data", Eq(normal_overlap, 0)),
        Claim("and to the query", Eq(query_overlap, 0)),
    ),
    then=(Claim("the student", Eq(mislabelled_value * _shrunk, -ridge_value)),),
    measure=measure,
    instances=(families.mislabelled, families.mislabelled_draws),
    spaces=(spaces.distilled,),
    proof=(steps.GRAM, steps.RANK_ONE),
    promised=10,
    mutants=(
        Mutant("data off the subspace", without="the normal is orthogonal to the data"),
        Mutant("a query off the subspace", without="and to the query"),
        Mutant("the factor left out", then=(Claim("-f", Eq(mislabelled_value, -ridge_value)),)),
        Mutant("the sign kept", then=(Claim("f", Eq(mislabelled_value * _shrunk, ridge_value)),)),
    ),
    does_not_claim="Nothing about kernels that are not linear.",
)  # fmt: skip

STATEMENTS = (kernel_rotation, saturation, distillation)
