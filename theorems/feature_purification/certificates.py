"""The certificate for any network of this form (Theorem C), and what it rests on."""

from __future__ import annotations

from fractions import Fraction

from sympy import Abs, Eq, Rational

from constructions.feature_purification import spaces
from theorems.claim import Claim
from theorems.feature_purification import families
from theorems.feature_purification import proof_steps as steps
from theorems.feature_purification.vocabulary import (
    PAPER,
    activation,
    attack_value,
    dual_bound,
    energy,
    energy_factor,
    lipschitz,
    margin,
    mirrored_activation,
    multiplier,
    on_the_euclidean_ball,
    program_dual_bound,
    psi_sum,
    psi_sum_smooth,
    rayleigh,
    rounding,
    schur_dual_bound,
    shift,
    shifted_activation,
    spectral_bound,
    tau,
)
from theorems.statement import Lemma, Mutant, Proposition, Source, Theorem
from verifiers.feature_purification import measure

NETWORKS = (families.small_networks, families.mixtures)
TIGHT = (families.pure_oracles, families.kink_networks, families.cube_oracles, families.dead_networks)
SPACES = (spaces.small_networks, spaces.mixtures, spaces.pure_points)

certificate = Theorem(
    "feature_purification.certificate",
    title="Over the whole ball y f(x + delta) >= sum_i psi_i(q) - q E, for every multiplier q > 0",
    source=Source(PAPER, "certified robustness of any network of the form studied", "derived"),
    given=(Claim("positive multipliers", multiplier > 0),),
    then=(
        Claim("no attack goes below the certificate", attack_value >= psi_sum - energy_factor * multiplier * energy),
        Claim("the certificate is below the margin", psi_sum - multiplier * energy <= margin),
    ),
    measure=measure,
    instances=(*TIGHT, *NETWORKS, families.light_points),
    spaces=SPACES,
    proof=steps.C_PROOF,
    promised=200,
    mutants=(
        Mutant(
            "psi without its kinks",
            then=(Claim("candidates 0 and -a/(2q) only", attack_value >= psi_sum_smooth - multiplier * energy),),
        ),
        Mutant("lambda two percent too small", constants={"energy_factor": Fraction(98, 100)}),
    ),
    does_not_claim="A bound that is not positive proves nothing about the point.",
)

certified_points = Theorem(
    "feature_purification.certified_points",
    title="A positive certificate means that no perturbation in the ball changes the sign",
    source=Source(PAPER, "certified points; a value of 0 counts as wrong", "derived"),
    given=(Claim("positive radius", tau > 0), Claim("the certificate is positive", dual_bound > 0)),
    then=(
        Claim("no attack succeeds", attack_value > 0),
        Claim("the point is on its side", margin > 0),
    ),
    measure=measure,
    instances=(*TIGHT, *NETWORKS),
    spaces=SPACES,
    proof=steps.C_PROOF,
    promised=15,
    mutants=(Mutant("without a positive certificate", without="the certificate is positive"),),
    does_not_claim="Nothing about points without a certificate.",
)

scaled_certificate = Theorem(
    "feature_purification.scaled_certificate",
    title="Unequal multipliers certify as well: q_i proportional to 1 / sum_j |<w_i, w_j>|, or from a program",
    source=Source(PAPER, "the certificate with a diagonal of multipliers", "derived"),
    given=(Claim("positive radius", tau > 0),),
    then=(
        Claim("Schur's shares stay below every attack", schur_dual_bound <= attack_value),
        Claim("and below the margin", schur_dual_bound <= margin),
    ),
    measure=measure,
    instances=(*TIGHT, *NETWORKS),
    spaces=SPACES,
    proof=steps.SCHUR_PROOF,
    promised=150,
    mutants=(Mutant("Schur's shares are exact", then=(Claim("exact", schur_dual_bound >= attack_value),)),),
    does_not_claim="Neither choice of shares is better at every point.",
)

program_certificate = Proposition(
    "feature_purification.program_certificate",
    title="The best diagonal, found by a semidefinite program, certifies at least as much as equal multipliers",
    source=Source(PAPER, "best multipliers by a convex program", "derived"),
    given=(on_the_euclidean_ball, Claim("positive radius", tau > 0)),
    then=(
        Claim("below every attack", program_dual_bound <= attack_value),
        Claim("at least the bound with equal multipliers", program_dual_bound >= dual_bound - Rational(1, 100)),
    ),
    measure=measure,
    instances=(families.program_networks,),
    spaces=(spaces.solved_networks,),
    proof=steps.C_PROOF,
    promised=8,
    mutants=(Mutant("it is exact", then=(Claim("exact", program_dual_bound >= attack_value - rounding),)),),
    does_not_claim="What the program proposes is proved anew; its optimality is not.",
)

spectrum = Lemma(
    "feature_purification.spectrum",
    title="t bounds the squared operator norm, proved in integers",
    source=Source(PAPER, "W^T W <= t I by a rounded Cholesky factor and diagonal dominance", "derived"),
    given=(Claim("a nonzero network", spectral_bound > 0),),
    then=(
        Claim("t is at least every quotient |W v|^2/|v|^2 found", spectral_bound >= rayleigh),
        Claim("and hardly larger", spectral_bound <= rayleigh * (1 + Rational(1, 10**6)) + rounding),
    ),
    measure=measure,
    instances=(*NETWORKS, families.mixture_oracles),
    spaces=SPACES,
    proof=steps.SPECTRUM_PROOF,
    promised=100,
    mutants=(
        Mutant("two percent too small",
               then=(Claim("0.98 t", spectral_bound * Rational(98, 100) >= rayleigh),)),
    ),
    does_not_claim="Nothing about the next singular values.",
)  # fmt: skip

symmetric_relu = Lemma(
    "feature_purification.symmetric_relu",
    title="The symmetric ReLU is odd, nondecreasing and 1-Lipschitz",
    source=Source(PAPER, "the activation of the paper's network", "recalled"),
    given=(Claim("a radius", tau >= 0),),
    then=(
        Claim("odd", Eq(activation, -mirrored_activation)),
        Claim("nondecreasing", shift * (shifted_activation - activation) >= 0),
        Claim("1-Lipschitz", Abs(shifted_activation - activation) <= lipschitz * Abs(shift)),
    ),
    measure=measure,
    instances=(families.small_networks, families.pure_oracles),
    spaces=SPACES,
    proof=steps.PHI_PROOF,
    promised=100,
    mutants=(
        Mutant("slope two percent smaller", constants={"lipschitz": Fraction(98, 100)}),
        Mutant("strictly increasing",
               then=(Claim("strictly increasing", shift * (shifted_activation - activation) > 0),)),
    ),
    does_not_claim="Nothing about the smoothed activation used in training.",
)  # fmt: skip

STATEMENTS = (certificate, certified_points, scaled_certificate, program_certificate, spectrum, symmetric_relu)
