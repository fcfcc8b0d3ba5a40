"""What holds for any kernel matrix and any labels, decided in rationals: N1, N3, N6 and N11."""

from __future__ import annotations

from functools import partial

from sympy import Eq, Rational

from constructions.ntk_features import spaces
from theorems.claim import Claim
from theorems.ntk_features import families
from theorems.ntk_features import proof_steps as steps
from theorems.ntk_features.vocabulary import (
    a_basis,
    a_kernel,
    all_present,
    descent_factor,
    descent_share,
    eigenvalue,
    flow_factor,
    flow_order,
    interpolant_norm_sq,
    norm_factor,
    norm_growth,
    part_distance_sq,
    part_energy,
    part_error,
    part_gap_sq,
    part_norm_sq,
    part_norm_sum,
    part_overlap,
    part_radius_sq,
    reversed_energy,
    ridge_factor,
    ridge_share,
    source,
    spectral_samples,
    step_ratio,
    sum_error,
    tail_energy,
    truncated_residual_sq,
)
from theorems.statement import Mutant, Theorem
from verifiers.ntk_features import measure

_theorem = partial(
    Theorem,
    measure=measure,
    instances=(families.spectrum_oracles, families.spectral_points),
    spaces=(spaces.spectra,),
)

decomposition = _theorem(
    "ntk_features.decomposition",
    title="Features are orthogonal in H, add up to the labels, and share the norm of the interpolant",
    source=source(item="features: the predictor restricted to an eigenvector, derived"),
    given=(a_basis,),
    then=(
        Claim("values at the points", Eq(part_error, 0)),
        Claim("they add up to the labels", Eq(sum_error, 0)),
        Claim("orthogonal", Eq(part_overlap, 0)),
        Claim("norm of a feature", Eq(part_norm_sq, part_energy)),
        Claim("norm of the interpolant", Eq(part_norm_sum, interpolant_norm_sq)),
    ),
    proof=(steps.DECOMPOSITION, steps.ENERGY),
    promised=60,
    mutants=(
        Mutant("features in the wrong order", then=(Claim("reversed", Eq(part_norm_sq, reversed_energy)),)),
        Mutant("smaller norm", then=(Claim("less", part_norm_sum < interpolant_norm_sq),)),
    ),
    does_not_claim="Degenerate eigenvalues have features per eigenspace only; a basis of one is a choice.",
)

feature_radius = _theorem(
    "ntk_features.feature_radius",
    title="Around x_j feature i keeps its sign within sqrt(lam_i) |v_ij| of kernel distance, in mean square lam_i/n",
    source=source(item="robust features are those of large eigenvalues: for any kernel and any labels, derived"),
    given=(a_basis, all_present, a_kernel),
    then=(
        Claim("a move costs distance", part_gap_sq <= norm_factor * part_norm_sq * part_distance_sq),
        Claim("mean squared radius", Eq(spectral_samples * part_radius_sq, eigenvalue)),
    ),
    proof=(steps.DECOMPOSITION, steps.REPRODUCING, steps.RADIUS, steps.SIGN),
    promised=40,
    mutants=(
        Mutant("any further point", without="the further point belongs to a kernel"),
        Mutant("nine tenths", constants={"norm_factor": Rational(9, 10)}),
        Mutant("without 1/n", then=(Claim("lam", Eq(part_radius_sq, eigenvalue)),)),
    ),
    does_not_claim="In mean square over the points, not at each of them; nothing about usefulness.",
)

spectral_order = _theorem(
    "ntk_features.spectral_order",
    title="Features are learned in the order of their eigenvalues: by descent, by flow and by ridge alike",
    source=source(item="spectral order of gradient flow; classical, derived"),
    given=(a_basis, all_present, Claim("a stable step", step_ratio <= 1)),
    then=(
        Claim("descent in closed form", Eq(descent_share, descent_factor)),
        Claim("ridge in closed form", Eq(ridge_share, ridge_factor)),
        Claim("descent is not slower than flow", descent_share <= flow_factor),
        Claim("larger eigenvalues are fitted no later", flow_order >= 1),
    ),
    proof=(steps.FLOW, steps.STABLE, steps.ORDER, steps.RIDGE_ORDER),
    promised=40,
    mutants=(
        Mutant("any step", given=(a_basis, all_present)),
        Mutant("the wrong order", then=(Claim("reversed", flow_order < 1),)),
        Mutant("flow is not slower than descent", then=(Claim("reversed", descent_share >= flow_factor),)),
    ),
    does_not_claim="Linearised networks; a trained net of finite width learns features faster.",
)

truncation = _theorem(
    "ntk_features.truncation",
    title="Truncating to the first k features lowers the norm, leaves the tail's energy, and nothing else follows",
    source=source(item="truncated predictors, derived"),
    given=(a_basis,),
    then=(
        Claim("the norm grows with k", norm_growth >= 0),
        Claim("what is left at the points", Eq(truncated_residual_sq, tail_energy)),
    ),
    proof=(steps.DECOMPOSITION, steps.TAIL),
    promised=60,
    mutants=(
        Mutant("each feature adds one tenth", then=(Claim("1/10", norm_growth >= Rational(1, 10)),)),
        Mutant("nothing is left", then=(Claim("0", Eq(truncated_residual_sq, 0)),)),
    ),
    does_not_claim="Nothing about robust accuracy, which is not monotone in k.",
)

STATEMENTS = (decomposition, feature_radius, spectral_order, truncation)
