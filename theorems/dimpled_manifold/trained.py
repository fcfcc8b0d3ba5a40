"""What training showed, as statements about the law of a run: each seed is a draw, with data and start of its own.

Events were fixed before the runs and are decided seed by seed; what is claimed is a bound of their probability, by the
exact binomial interval. Off-manifold radii are those an attack finds. Claims that do not reproduce here are shipped as
conjectures that are refuted: that the boundary first comes close in nearly every training, that least perturbations
look like noise after long training, that adversarial training doubles the depth in nearly every seed, and that students
learn from mislabelled examples moved off the manifold alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from sympy import Rational

from constructions.dimpled_manifold.runs import Panel
from theorems.claim import Claim, constant, quantity
from theorems.statement import Conjecture, Family, Mutant, Proposition, Source, Statement
from verifiers.dimpled_manifold import CATALOGUE, measure

PAPER = "Shamir, Melamed, BenShmuel 2021"

seeds = quantity("seeds", r"\mathrm{seeds}")
often = constant("often", "4/5", "derived", r"p_0")
"""Probability from which on an event of a run counts as typical; fixed before the runs."""


def _panel(name: str) -> Callable[[np.random.Generator, int], Panel]:
    def draw(generator: np.random.Generator, index: int) -> Panel:
        from constructions.trained.dimpled_manifold import panels

        return getattr(panels, name)(int(generator.integers(2**62)))

    return draw


def _family(name: str, law: str) -> Family:
    return Family(name, "trained", f"96 seeds; {law}; two layers, |x| = sqrt(d)", _panel(name), quick=1, full=2)


watched_phases = _family("watched_phases", "digits 3 v 8 on 8 directions in R^32, n = 40, m = 64, 600 steps of descent")
by_codimensions = _family(
    "by_codimensions", "digits 0 v 1 on 8 directions in R^32 and R^256, n = 30, m = 64, until margin 1/2"
)
adversarially_deepened = _family(
    "adversarially_deepened", "digits 3 v 8 on 8 directions in R^32, n = 32, m = 64, 150 steps with and without an l2 "
    "attack normal to P of radius 2/5 from one start")  # fmt: skip
mislabelled_students = _family(
    "mislabelled_students", "digits 3 v 8 on 8 directions in R^32, n = 48, m = 64; a teacher, its attacks of length 2 "
    "with the other label, students of those")  # fmt: skip
long_training = _family("long_training", "digits 3 v 8 on 4 directions in R^16, n = 20, m = 32, steps 100 to 2000")

_basis = {"measure": measure, "catalogue": CATALOGUE, "basis": "law", "given": (Claim("there are runs", seeds >= 1),)}
_proposition, _conjecture = partial(Proposition, **_basis), partial(Conjecture, **_basis)


def _probability(event: str, shown: str):  # type: ignore[no-untyped-def]
    return quantity(f"probability_{event}", rf"P(\mathrm{{{shown}}})")


clings, dimples = _probability("clings", "clings"), _probability("dimples", "dimples")
noise_like, harmonic = _probability("noise_like", "noise\\ like"), _probability("harmonic", "harmonic")
nearer_off, deepens = _probability("nearer_off", "nearer\\ off"), _probability("deepens", "deepens")
learns_on, learns_off = _probability("learns_on", "learns\\ on"), _probability("learns_off", "learns\\ off")
doubles = _probability("doubles", "doubles")
learns_full, deepens_late = _probability("learns_full", "learns\\ full"), _probability("deepens_late", "deepens\\ late")

_rarely = partial(Claim, "at most half the seeds")

boundary_clings = _conjecture(
    "dimpled_manifold.conjecture_boundary_clings",
    title="In four of five trainings the median off-manifold radius halves before the net has learned its classes",
    source=Source(PAPER, "clinging phase", "seen"),
    then=(Claim("in four of five seeds", clings >= often),),
    instances=(watched_phases,),
    expected="refuted",
    mutants=(Mutant("in hardly any", then=(Claim("in one of twenty", clings <= Rational(1, 20)),)),),
    does_not_claim="Nothing about deep convolutional nets or curved image manifolds, where the paper saw it.",
)

boundary_dimples = _proposition(
    "dimpled_manifold.boundary_dimples",
    title="After its nearest approach the boundary moves away: median depth grows over log-spaced steps",
    source=Source(PAPER, "dimpling phase", "seen"),
    then=(Claim("in four of five seeds", dimples >= often),),
    instances=(watched_phases,),
    mutants=(Mutant("seldom", then=(_rarely(dimples <= Rational(1, 2)),)),),
    does_not_claim="Nothing about each point by itself: the median over the points of a net is followed.",
)

perturbations_are_noise = _conjecture(
    "dimpled_manifold.conjecture_perturbations_are_noise",
    title="After training the normal share of a least perturbation's energy is still at least half of l/d",
    source=Source(PAPER, "perturbations look like noise", "seen"),
    then=(Claim("in four of five seeds", noise_like >= often),),
    instances=(watched_phases,),
    expected="refuted",
    mutants=(Mutant("sometimes", then=(Claim("in half the seeds", noise_like >= Rational(1, 2)),)),),
    does_not_claim="Nothing about short training: at the start the share is close to l/d.",
)

off_is_nearer = _proposition(
    "dimpled_manifold.off_is_nearer",
    title="For classes far apart off-manifold radii fall below those on the manifold as the codimension grows",
    source=Source(PAPER, "off-manifold attacks are smaller", "seen"),
    then=(Claim("in four of five seeds", nearer_off >= often),),
    instances=(by_codimensions,),
    mutants=(Mutant("seldom", then=(_rarely(nearer_off <= Rational(1, 2)),)),),
    does_not_claim="Nothing about classes that lie close together on the manifold, where it fails.",
)

radii_are_harmonic = _proposition(
    "dimpled_manifold.radii_are_harmonic",
    title="Median free radii follow 1/full^2 = 1/on^2 + 1/off^2 up to five percent in more than half of the trainings",
    source=Source(PAPER, "harmonic law of radii, beyond local linearity", "derived"),
    then=(Claim("in half the seeds", harmonic >= Rational(1, 2)),),
    instances=(by_codimensions,),
    mutants=(Mutant("seldom", then=(Claim("at most a third", harmonic <= Rational(1, 3)),)),),
    does_not_claim="The law is exact for nets that are affine around a point, and approximate otherwise.",
)

training_deepens = _proposition(
    "dimpled_manifold.adversarial_training_deepens",
    title="Attacks normal to P during training enlarge off-manifold radii and leave those on the manifold within 10 %",
    source=Source(PAPER, "adversarial training deepens the dimples", "seen"),
    then=(Claim("in four of five seeds", deepens >= often),),
    instances=(adversarially_deepened,),
    mutants=(Mutant("seldom", then=(_rarely(deepens <= Rational(1, 2)),)),),
    does_not_claim="Nothing about free attacks, which also move on-manifold radii by more than 10 % in some seeds.",
)

training_doubles = _conjecture(
    "dimpled_manifold.conjecture_adversarial_training_doubles",
    title="The same attacks double off-manifold radii and leave those on the manifold within 10 %",
    source=Source(PAPER, "adversarial training deepens the dimples, by a factor", "derived"),
    then=(Claim("in four of five seeds", doubles >= often),),
    instances=(adversarially_deepened,),
    expected="refuted",
    mutants=(Mutant("always", then=(Claim("in nine of ten", doubles >= Rational(9, 10)),)),),
    does_not_claim="The factor grows with the radius of the attack and falls with the strength of what measures it.",
)

errors_teach = _proposition(
    "dimpled_manifold.errors_teach",
    title="Students of mislabelled adversarial examples classify clean points, if the examples leave on the manifold",
    source=Source(PAPER, "adversarially trained with incorrect labels", "seen"),
    then=(Claim("moved on the manifold", learns_on >= often), Claim("moved freely", learns_full >= often)),
    instances=(mislabelled_students,),
    mutants=(Mutant("moved off the manifold", then=(Claim("moved off the manifold", learns_off >= often),)),),
    does_not_claim="Nothing about data sets with more classes, or students of another architecture.",
)

errors_teach_off = _conjecture(
    "dimpled_manifold.conjecture_errors_teach_off",
    title="Students of mislabelled examples moved off the manifold alone still classify clean points",
    source=Source(PAPER, "adversarially trained with incorrect labels, off the manifold", "derived"),
    then=(Claim("in four of five seeds", learns_off >= often),),
    instances=(mislabelled_students,),
    expected="refuted",
    mutants=(Mutant("sometimes", then=(Claim("in half the seeds", learns_off >= Rational(1, 2)),)),),
    does_not_claim="Nothing about curved manifolds, where a normal step changes what the tangent sees.",
)

late_depth = _proposition(
    "dimpled_manifold.late_depth_grows",
    title="Long after the classes are learned, outputs and off-manifold radii keep growing with the logarithm of time",
    source=Source(PAPER, "depth is bounded at finite time alone; margins grow (Lyu, Li 2020)", "derived"),
    then=(Claim("in four of five seeds", deepens_late >= often),),
    instances=(long_training,),
    mutants=(Mutant("seldom", then=(_rarely(deepens_late <= Rational(1, 2)),)),),
    does_not_claim="Nothing about the limit: runs end.",
)

STATEMENTS: tuple[Statement, ...] = (
    boundary_clings, boundary_dimples, perturbations_are_noise, off_is_nearer, radii_are_harmonic, training_deepens,
    training_doubles, errors_teach, errors_teach_off, late_depth,
)  # fmt: skip
