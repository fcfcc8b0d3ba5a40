"""Networks with frozen gates, the tangent kernel's models at finite width: one vector bounds all on a sample."""

from __future__ import annotations

from functools import partial

from sympy import Eq, Max, Rational

from constructions.low_complexity import spaces
from theorems.claim import Claim
from theorems.low_complexity import families
from theorems.low_complexity import proof_steps as steps
from theorems.low_complexity.vocabulary import (
    any_norm_bound,
    coordinates,
    excess,
    frozen_least_risk,
    frozen_limit,
    frozen_mass,
    frozen_norm_sq,
    frozen_risk,
    gate_count,
    largest_total,
    least_multiplier,
    menu_factor,
    menu_radius,
    moment_factor,
    moment_sq,
    smallest_total,
    still_moment_sq,
    worst_margin,
)
from theorems.statement import Mutant, Proposition, Source, Theorem
from verifiers.low_complexity import measure

source = partial(Source, "Allen-Zhu, Li 2020 (arXiv 2005.10190)", provenance="derived")

_inside = Claim("perturbations inside the ball", excess <= 0)
_positive = Claim("no multiplier is negative", least_multiplier >= 0)
_at_most_one = Claim("multipliers of a point add up to at most one", largest_total <= 1)
_one = (_at_most_one, Claim("and to no less", smallest_total >= 1))

frozen_margins = Theorem(
    "low_complexity.frozen_margins",
    title="Averaged features bound the mean worst margin of every model with the same frozen gates",
    source=source(item="tangent kernel and random features; moments under a mixture of attacks, derived"),
    given=(_inside, _positive, *_one),
    then=(
        Claim("every model", Max(0, worst_margin) ** 2 <= moment_factor * frozen_norm_sq * moment_sq),
    ),
    measure=measure,
    instances=(families.gate_lines, families.solved_gates, families.gates),
    spaces=(spaces.gates,),
    proof=steps.FROZEN_MARGIN_PROOF,
    promised=10,
    mutants=(
        Mutant("one in a thousand less", constants={"moment_factor": Rational(999, 1000)}),
        Mutant("features of the points as they are",
               then=(Claim("not moved", Max(0, worst_margin) ** 2 <= frozen_norm_sq * still_moment_sq),)),
    ),
    does_not_claim="Nothing about the law: z is that of this sample, these gates and this menu.",
)  # fmt: skip

every_frozen = Theorem(
    "low_complexity.every_frozen",
    title="Multipliers bound the robust hinge risk of every model with the same frozen gates from below",
    source=source(item="tangent kernel and random features, convex surrogate; duality, derived"),
    given=(_inside, _positive, _at_most_one),
    then=(
        Claim("risk of every model",
              Max(0, frozen_mass - frozen_risk) ** 2 <= moment_factor * frozen_norm_sq * moment_sq),
    ),
    measure=measure,
    instances=(families.gate_lines, families.solved_gates, families.gates),
    spaces=(spaces.gates,),
    proof=steps.FROZEN_RISK_PROOF,
    promised=30,
    mutants=(
        Mutant("one in a thousand less", constants={"moment_factor": Rational(999, 1000)}),
        Mutant("features of the points as they are",
               then=(Claim("not moved", Max(0, frozen_mass - frozen_risk) ** 2 <= frozen_norm_sq * still_moment_sq),)),
        Mutant("negative multipliers", without="no multiplier is negative"),
        Mutant("multipliers of any sum", without="multipliers of a point add up to at most one"),
    ),
    does_not_claim="Nothing about the law's own risk, nor about other widths or other gates.",
)  # fmt: skip

frozen_of_any_norm = Theorem(
    "low_complexity.frozen_of_any_norm",
    title="Balanced multipliers bound the robust hinge risk of every model of few frozen gates, of whatever norm",
    source=source(item="tangent kernel and random features, convex surrogate; duality, derived"),
    given=(_inside,),
    then=(Claim("risk of every model", frozen_risk >= menu_factor * any_norm_bound),),
    measure=measure,
    instances=(families.gate_lines, families.crowded_gates, families.gates),
    spaces=(spaces.gates,),
    proof=steps.FROZEN_RISK_PROOF,
    promised=30,
    mutants=(Mutant("one in a thousand more", constants={"menu_factor": Rational(1001, 1000)}),),
    does_not_claim="Nothing where features are as many as points, which some model then fits: the bound is 0 there.",
)

frozen_gates_fail = Proposition(
    "low_complexity.frozen_gates_fail",
    title="On draws of light data models of norm one on 64 frozen gates have robust hinge risk at least three fifths",
    source=source(item="tangent kernel of finite width, convex surrogate; derived"),
    given=(
        _inside,
        _positive,
        _at_most_one,
        Claim("64 coordinates", Eq(coordinates, 64)),
        Claim("64 gates", Eq(gate_count, 64)),
        Claim("norm at most one", Eq(frozen_limit, 1)),
        Claim("radius at least 1/4", menu_radius >= Rational(1, 4)),
    ),
    then=(
        Claim("every model of the norm", frozen_least_risk >= Rational(3, 5)),
    ),
    measure=measure,
    instances=(families.gate_pairs,),
    spaces=(spaces.gate_pairs,),
    proof=steps.FROZEN_RISK_PROOF,
    basis="law",
    promised=2,
    mutants=(
        Mutant("at least nine tenths", then=(Claim("9/10", frozen_least_risk >= Rational(9, 10)),)),
        Mutant("at most one half", then=(Claim("1/2", frozen_least_risk <= Rational(1, 2)),)),
    ),
    does_not_claim="Each bound is proved for its 100 draws of one law, its 64 gates and norm one; larger ones can fit.",
)

STATEMENTS = (frozen_margins, every_frozen, frozen_of_any_norm, frozen_gates_fail)
