"""Conjectures about features and kernels of wide networks. A refuted one ships with instances on which it fails."""

from __future__ import annotations

from functools import partial

from sympy import Eq

from constructions.ntk_features import spaces
from theorems.claim import Claim
from theorems.conjectures import ntk_features_runs
from theorems.ntk_features import families
from theorems.ntk_features.vocabulary import (
    PAPER,
    a_basis,
    a_kernel,
    all_present,
    bias_sq,
    centred_distance,
    deeper_radius_sq,
    eigenvalue,
    further_ratio_sq,
    further_square,
    further_value,
    interpolant_norm_sq,
    kept_margin,
    kept_norm_sq,
    kept_value,
    kernel_distance,
    label_margin,
    largest_square,
    least_sine_sq,
    relative_radius_sq,
    sphere_error,
    tangent,
)
from theorems.statement import Conjecture, Source, Statement
from verifiers.ntk_features import CATALOGUE, measure

_conjecture = partial(
    Conjecture,
    source=Source(f"posed for this library, after {PAPER}", "conjecture", "derived"),
    measure=measure,
    catalogue=CATALOGUE,
    expected="refuted",
)

truncation_certifies = _conjecture(
    "ntk_features.conjecture_truncation_certifies",
    title="Dropping features of small eigenvalues never lowers the certified radius while all signs stay right",
    given=(a_basis,),
    then=(Claim("least certified radius", kept_margin**2 * interpolant_norm_sq >= label_margin**2 * kept_norm_sq),),
    instances=(families.rounded_labels, families.spectral_points),
    spaces=(spaces.spectra,),
    does_not_claim="On digits the robust accuracy of truncated predictors is U-shaped in the number of features.",
)

smaller_norm_is_safer = _conjecture(
    "ntk_features.conjecture_smaller_norm_is_safer",
    title="Where the interpolant has the label of the nearest point, so have its truncations with all signs right",
    given=(a_basis, a_kernel, Claim("the interpolant has the label of the nearest point", further_value > 0)),
    then=(Claim("so have its truncations", kept_value > 0),),
    instances=(families.tail_queries, families.spectral_points),
    spaces=(spaces.spectra,),
    does_not_claim="Nothing about how often this happens on natural data.",
)

radius_out_of_sample = _conjecture(
    "ntk_features.conjecture_radius_out_of_sample",
    title="The bound sqrt(lam_i) on certified radii of training points holds at every point of no larger norm",
    given=(a_basis, all_present, a_kernel, Claim("no larger norm", further_square <= largest_square)),
    then=(Claim("ratio at most sqrt(lam)", further_ratio_sq <= eigenvalue),),
    instances=(families.tail_queries, families.spectral_points),
    spaces=(spaces.spectra,),
    does_not_claim="On digits the slope of log radius on log lam is .65 to .78 at test points, measured.",
)

deeper_is_safer = _conjecture(
    "ntk_features.conjecture_deeper_is_safer",
    title="A layer more raises the certified radius of the interpolant, relative to the kernel's own scale",
    given=(
        Claim("unit sphere", Eq(sphere_error, 0)),
        Claim("no bias", Eq(bias_sq, 0)),
        Claim("the NTK", Eq(tangent, 1)),
        Claim("no two points are parallel", least_sine_sq > 0),
    ),
    then=(Claim("deeper is no worse", deeper_radius_sq >= relative_radius_sq),),
    instances=(families.two_angles, families.sphere_points),
    spaces=(spaces.sphere,),
    does_not_claim="At small angles it holds; on digits robust accuracy grew with depth on 3 of 3 tasks, measured.",
)

centring_separates = _conjecture(
    "ntk_features.conjecture_centring_separates",
    title="Centring never lowers the distance of two kernels",
    given=(),
    then=(Claim("centred distance is larger", centred_distance >= kernel_distance),),
    instances=(families.constant_shifts, families.kernel_pairs),
    spaces=(spaces.pairs,),
    does_not_claim="Whether centred distances separate adversarial from standard training is open, and measured.",
)

STATEMENTS: tuple[Statement, ...] = (truncation_certifies, smaller_norm_is_safer, radius_out_of_sample,
                                     deeper_is_safer, centring_separates, *ntk_features_runs.STATEMENTS)  # fmt: skip
