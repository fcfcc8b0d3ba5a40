"""The main theorem and its corollaries: one direction flips every sample of every KKT point."""

from __future__ import annotations

from sympy import Eq, Max, Rational

from theorems.claim import Claim
from theorems.kkt_margin import exact_families as exact
from theorems.kkt_margin import families
from theorems.kkt_margin import proof_steps as steps
from theorems.kkt_margin.vocabulary import (
    A,
    C,
    C_sign,
    Delta,
    L,
    S,
    U,
    b,
    both_classes,
    c,
    d,
    direction_norm_sq,
    final_slope,
    flip_factor,
    flip_threshold,
    flip_value,
    is_kkt_point,
    label_opposite,
    late_tau,
    late_value,
    level_threshold,
    m,
    margin,
    multiplier_sq,
    n,
    nearly_orthogonal,
    nonzero_samples,
    norm_sq,
    orthogonality_factor,
    p,
    positive_delta,
    q,
    r,
    tau,
    unseen_slope,
    unseen_value,
)
from theorems.statement import Mutant, Source, Theorem
from verifiers.kkt_margin import measure

PAPER = "Vardi, Yehudai, Shamir 2022 (arXiv 2202.04347)"
tau0 = (S * U + q * m * A) / (S + m * A)
bound = S * Max(U - tau, 0) - (tau - q) * m * A

main = Theorem(
    "kkt_margin.main",
    title="Every KKT point is flipped at every sample by one direction known from the data",
    source=Source(PAPER, "main theorem, uneven norms and explicit constants", "derived"),
    given=(is_kkt_point, nonzero_samples, both_classes, nearly_orthogonal, positive_delta),
    then=(
        Claim("every sample is a support vector", multiplier_sq > 0),
        Claim("every margin is one", Eq(margin, 1)),
        Claim("the value along the flip path stays below the bound", flip_value <= bound),
        Claim("and keeps falling at least as fast as the bound", final_slope <= -Delta * m * A),
        Claim("the sign flips by t0", flip_threshold <= flip_factor * tau0 / Delta),
        Claim(
            "level -1 is reached by t1",
            level_threshold <= Max((S * U + 1 + q * m * A) / (S + m * A), q + 1 / (m * A)) / Delta,
        ),
    ),
    measure=measure,
    instances=(*families.POINTS, exact.sharp_points),
    proof=steps.T1_PROOF,
    promised=100,
    mutants=(
        Mutant("flip threshold 3 percent below its sharp value", constants={"flip_factor": Rational(97, 100)}),
        Mutant(
            "support property for r < 0.6",
            constants={"support_limit": Rational(64, 25)},
            then=(Claim("every sample is a support vector", multiplier_sq > 0),),
        ),
        Mutant("m replaced by n", then=(Claim("bound with n", flip_value <= S * Max(U - tau, 0) - (tau - q) * n * A),)),
        Mutant(
            "own neurons forgotten", then=(Claim("bound without the first term", flip_value <= -(tau - q) * m * A),)
        ),
        Mutant(
            "correlations forgotten, S = 1/L and A = 1/U",
            then=(Claim("bound with s1 = a1 = 1", flip_value <= Max(U - tau, 0) / L - (tau - q) * m / U),),
        ),
        Mutant(
            "tau - q replaced by tau",
            known_false=False,
            then=(Claim("bound with tau", flip_value <= S * Max(U - tau, 0) - tau * m * A),),
        ),
    ),
    does_not_claim="Nothing about networks that are not KKT points, nor about data with r >= sqrt(2) - 1.",
)

weak = Theorem(
    "kkt_margin.weak",
    title="Beyond U/Delta the same direction flips every KKT point, however correlated the samples",
    source=Source(PAPER, "weak form without a condition on r", "derived"),
    given=(is_kkt_point, nonzero_samples, both_classes, positive_delta),
    then=(
        Claim("the value is negative at every tau = t Delta >= U", late_value <= -(late_tau - q) / U),
        Claim("and falls at least as fast as the bound", final_slope <= -Delta / U),
    ),
    measure=measure,
    instances=families.ALL_POINTS,
    proof=steps.T1W_PROOF,
    promised=100,
    mutants=(Mutant("twice the slope", then=(Claim("slope doubled", final_slope <= -2 * Delta / L),)),),
    does_not_claim="Nothing about the size of the perturbation relative to the data.",
)

universal_flip = Theorem(
    "kkt_margin.universal_flip",
    title="The paper's hypothesis: a perturbation of order sqrt(d / (c^2 n)) flips every sample of every KKT point",
    source=Source(PAPER, "main theorem in the paper's hypothesis, constants derived", "derived"),
    given=(
        is_kkt_point,
        Claim("samples on the sphere of radius sqrt(d)", Eq(norm_sq, d)),
        Claim("near-orthogonal data", orthogonality_factor * n * (p + b) <= d),
        Claim("at least two samples", n >= 2),
        both_classes,
    ),
    then=(
        Claim("r < 1/3", r < Rational(1, 3)),
        Claim("S <= 9 / (5 L)", S * L <= Rational(9, 5)),
        Claim("A >= 2 / (5 U)", A * U >= Rational(2, 5)),
        Claim("Delta >= 2d/3", Delta >= 2 * d / 3),
        Claim("|u|^2 <= 4nd/3", direction_norm_sq <= 4 * n * d / 3),
        Claim("level -1 is reached by t", level_threshold <= (q + C * (d + b) / (c * n)) / Delta),
        Claim("the sign flips with the smaller constant", flip_threshold <= (q + C_sign * (d + b) / (c * n)) / Delta),
        Claim(
            "the perturbation z = t u is small",
            ((q + C * (d + b) / (c * n)) / Delta) ** 2 * direction_norm_sq
            <= 3 * (Rational(1, 3) + C * (1 + b / d) / c) ** 2 * d / n,
        ),
    ),
    measure=measure,
    instances=(families.paper_sign, exact.exact_sphere_points),
    proof=steps.T2_PROOF,
    promised=20,
    mutants=(
        Mutant("constant 7 replaced by 1/2", constants={"C": Rational(1, 2)}),
        Mutant("sign constant replaced by 1/8", constants={"C_sign": Rational(1, 8)}),
        Mutant("Delta >= d", then=(Claim("Delta >= d", Delta >= d * (1 + 1 / n)),)),
    ),
    does_not_claim="Nothing about samples off the sphere; floats are never exactly on it.",
)

unseen = Theorem(
    "kkt_margin.unseen",
    title="The same direction decides the sign at every point that is nearly orthogonal to the samples",
    source=Source(PAPER, "unseen points, for all x with correlations at most p", "derived"),
    given=(is_kkt_point, nonzero_samples, both_classes, nearly_orthogonal, positive_delta),
    then=(
        Claim("the sign is decided at t = (p + b)/Delta", unseen_value <= 0),
        Claim("and the value falls at least at the stated rate", unseen_slope <= -Delta * label_opposite * A),
    ),
    measure=measure,
    instances=families.POINTS,
    proof=steps.T3_PROOF,
    promised=50,
    mutants=(Mutant("rate doubled", then=(Claim("twice the rate", unseen_slope <= -2 * label_opposite),)),),
    does_not_claim="Nothing about points whose correlation with some sample exceeds p; fresh random points often do.",
)
