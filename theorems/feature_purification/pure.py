"""Pure networks: the exact price of a perturbation, the radius that follows, and both norms (Theorem P)."""

from __future__ import annotations

from sympy import Max, Rational, sqrt

from constructions.feature_purification import spaces
from theorems.claim import Claim
from theorems.feature_purification import families
from theorems.feature_purification import proof_steps as steps
from theorems.feature_purification.vocabulary import (
    PAPER,
    A,
    D,
    D_sharp,
    F,
    N,
    d,
    drop_factor,
    gap,
    largest_noise,
    least_active_height,
    on_the_cube,
    on_the_euclidean_ball,
    positive_radius,
    pure_dual,
    pure_least,
    right_side,
    rounding,
    sharp_gap,
    spread,
    tau,
)
from theorems.statement import Lemma, Mutant, Source, Theorem
from verifiers.feature_purification import measure

BALLS = (families.pure_oracles, families.pure_points, families.light_points)
CUBES = (families.cube_oracles, families.pure_cubes)
SPACES = (spaces.pure_points, spaces.light_points)

pure_bound = Theorem(
    "feature_purification.pure_bound",
    title="A pure network falls by at most D(tau) on the Euclidean ball",
    source=Source(PAPER, "robustness of purified networks, exact radius of the pure one", "derived"),
    given=(on_the_euclidean_ball, positive_radius, right_side),
    then=(
        Claim("no perturbation gains more than D(tau)", pure_least >= F - drop_factor * D),
        Claim("nor than the sharper form with b + min x_j", pure_least >= F - D_sharp),
        Claim("the certificate proves as much", pure_dual >= F - D - rounding),
        Claim("the sharper form is hardly larger anywhere", D_sharp <= D + rounding),
    ),
    measure=measure,
    instances=BALLS,
    spaces=SPACES,
    proof=steps.P_PROOF,
    promised=80,
    mutants=(
        Mutant("D(tau) two percent smaller", constants={"drop_factor": Rational(98, 100)}),
        Mutant(
            "first branch outside its range",
            then=(Claim("tau sqrt(A) at every radius", pure_least >= F - tau * sqrt(A)),),
        ),
        Mutant(
            "inactive coordinates forgotten",
            then=(Claim("branch 2 without A b'", pure_least >= F - Max(tau * sqrt(A), tau**2 / (4 * (gap + 1)))),),
        ),
    ),
    does_not_claim="Nothing about dictionaries that are not orthonormal, where coordinates interact.",
)

drop_is_a_maximum = Lemma(
    "feature_purification.drop_is_a_maximum",
    title="D(tau) is the largest tau sqrt(N) - (N - A) b' over numbers N of coordinates from A to d",
    source=Source(PAPER, "the three branches of D", "derived"),
    given=(on_the_euclidean_ball, right_side),
    then=(
        Claim(
            "no whole N does better",
            (spread - Max(N, A)) * (tau - gap * (sqrt(spread) + sqrt(Max(N, A)))) >= 0,
        ),
        Claim("N_0 is at least A", spread >= A),
        Claim("and at most d", spread <= d),
        Claim(
            "D is at most the middle branch, in squares",
            16 * gap**2 * tau**2 * spread <= (tau**2 + 4 * gap**2 * spread) ** 2,
        ),
    ),
    measure=measure,
    instances=BALLS,
    spaces=SPACES,
    proof=steps.P_DROP_PROOF,
    promised=80,
    mutants=(
        Mutant(
            "N counted from 0",
            then=(Claim("no N from 1", (spread - N) * (tau - gap * (sqrt(spread) + sqrt(N))) >= 0),),
        ),
    ),
    does_not_claim="D is an upper bound of the fall, attained only under the conditions of `pure_exact`.",
)

pure_exact = Theorem(
    "feature_purification.pure_exact",
    title="At noise-free points the common shift tau/sqrt(A) attains D(tau), so the radius is exactly F/sqrt(A)",
    source=Source(PAPER, "tightness of the first branch", "derived"),
    given=(
        on_the_euclidean_ball,
        positive_radius,
        right_side,
        Claim("no noise", largest_noise <= 0),
        Claim("first branch", tau**2 <= 4 * gap**2 * A),
        Claim("the shift closes no gate", tau**2 <= least_active_height**2 * A),
    ),
    then=(
        Claim("some perturbation gains tau sqrt(A)", pure_least <= F - tau * sqrt(A) + rounding),
        Claim("none gains more", pure_least >= F - tau * sqrt(A)),
    ),
    measure=measure,
    instances=(families.shallow_pure, families.light_points),
    spaces=(spaces.light_points,),
    proof=steps.P_EXACT_PROOF,
    promised=8,
    mutants=(
        Mutant("beyond the first branch", without="first branch"),
        Mutant("gates that close", without="the shift closes no gate"),
    ),
    does_not_claim="Nothing about points with noise, where D is a bound only.",
)

pure_radius = Theorem(
    "feature_purification.pure_radius",
    title="A pure network keeps its sign within F/sqrt(A), if F <= 2 A b'",
    source=Source(PAPER, "robust radius of purified networks, of order 1/sqrt(k)", "derived"),
    given=(
        on_the_euclidean_ball,
        right_side,
        Claim("F <= 2 A b'", F <= 2 * A * gap),
        Claim("tau < F/sqrt(A)", tau**2 * A < F**2),
    ),
    then=(Claim("no perturbation changes the sign", pure_least > 0),),
    measure=measure,
    instances=BALLS,
    spaces=SPACES,
    proof=steps.P_RADIUS_PROOF,
    promised=8,
    mutants=(Mutant("without F <= 2 A b'", without="F <= 2 A b'"),),
    does_not_claim="The radius is attained at noise-free points only.",
)

pure_radius_beyond = Theorem(
    "feature_purification.pure_radius_beyond",
    title="If F > 2 A b', a pure network keeps its sign within 2 sqrt(b' (F - A b'))",
    source=Source(PAPER, "robust radius of purified networks, second and third branch", "derived"),
    given=(
        on_the_euclidean_ball,
        right_side,
        Claim("F > 2 A b'", F > 2 * A * gap),
        Claim("tau < 2 sqrt(b' (F - A b')), or below the last branch",
              Max(4 * gap * (F - A * gap) - tau**2,
                  Max(tau - 2 * gap * sqrt(d), 0) * (F + (d - A) * gap - tau * sqrt(d))) > 0),
    ),
    then=(Claim("no perturbation changes the sign", pure_least > 0),),
    measure=measure,
    instances=BALLS,
    spaces=SPACES,
    proof=steps.P_BEYOND_PROOF,
    promised=10,
    mutants=(
        Mutant(
            "radius F/sqrt(A) instead",
            given=(on_the_euclidean_ball, right_side, Claim("F > 2 A b'", F > 2 * A * gap),
                   Claim("tau < F/sqrt(A)", tau**2 * A < F**2)),
            then=(Claim("no perturbation changes the sign", pure_least > 0),),
        ),
    ),
    does_not_claim="A lower bound of the radius, not the radius.",
)  # fmt: skip

pure_cube = Theorem(
    "feature_purification.pure_cube",
    title="In the largest-coordinate norm a pure network falls by at most A eps + (d - A) (eps - b')_+",
    source=Source(PAPER, "the l_inf counterpart", "derived"),
    given=(on_the_cube, right_side),
    then=(
        Claim("no perturbation gains more", pure_least >= F - A * tau - (d - A) * Max(tau - gap, 0)),
        Claim("nor than with b + min x_j", pure_least >= F - A * tau - (d - A) * Max(tau - sharp_gap, 0)),
    ),
    measure=measure,
    instances=CUBES,
    spaces=(spaces.pure_points,),
    proof=steps.P_CUBE_PROOF,
    promised=20,
    mutants=(
        Mutant("inactive coordinates give nothing", then=(Claim("F - A eps", pure_least >= F - A * tau),)),
        Mutant("one active coordinate forgotten",
               then=(Claim("A - 1", pure_least >= F - (A - 1) * tau - (d - A) * Max(tau - gap, 0)),)),
    ),
    does_not_claim="Nothing about general dictionaries, where eps is multiplied by the largest column sum.",
)  # fmt: skip

pure_cube_exact = Theorem(
    "feature_purification.pure_cube_exact",
    title="Below the dead zone F - A eps is the exact minimum over the cube",
    source=Source(PAPER, "the l_inf counterpart, tightness", "derived"),
    given=(
        on_the_cube,
        right_side,
        Claim("eps <= b'", tau <= gap),
        Claim("no active gate closes", tau <= least_active_height),
    ),
    then=(
        Claim("the least value found is F - A eps", pure_least <= F - A * tau),
        Claim("and no perturbation gains more", pure_least >= F - A * tau),
    ),
    measure=measure,
    instances=(families.shallow_cube, families.pure_cubes),
    spaces=(spaces.pure_points,),
    proof=steps.P_CUBE_PROOF,
    promised=4,
    mutants=(
        Mutant("beyond the dead zone", without="eps <= b'"),
        Mutant("with gates that close", without="no active gate closes"),
        Mutant("one percent less", then=(Claim("0.99 A eps",
                                               pure_least >= F - Rational(99, 100) * A * tau),)),
    ),
    does_not_claim="Nothing about radii beyond the dead zone.",
)  # fmt: skip

STATEMENTS = (
    pure_bound, drop_is_a_maximum, pure_exact, pure_radius, pure_radius_beyond, pure_cube, pure_cube_exact,
)  # fmt: skip
