"""What is certified around a point: N2 to N5 and G7, for kernels in balls."""

from __future__ import annotations

from sympy import Eq, Rational

from constructions.ntk_features import spaces
from theorems.claim import Claim
from theorems.ntk_features import families
from theorems.ntk_features import proof_steps as steps
from theorems.ntk_features.vocabulary import (
    FEATURE,
    an_nngp,
    an_ntk,
    angle,
    certified_angle,
    certified_input_radius,
    cluster_high,
    cluster_low,
    coefficient_norm_sq,
    coefficient_sum,
    cone,
    cone_ratio,
    distance_sq,
    feature_gap_sq,
    feature_norm_sq,
    feature_overlap,
    feature_sum_error,
    flip_angle,
    flip_length,
    function_norm_sq,
    input_distance_sq,
    interpolates,
    label_error,
    largest_slope,
    least_sine_sq,
    lipschitz,
    mean_radius_sq,
    moved_bound_sq,
    nngp,
    nngp_distance_sq,
    nngp_lipschitz_sq,
    nngp_ratio,
    norm_factor,
    opposite_distance_sq,
    pi,
    samples,
    slope,
    source,
    square,
    square_ratio,
    unit_kernel,
    value_gap,
    value_gap_sq,
)
from theorems.statement import Lemma, Mutant, Theorem
from verifiers.ntk_features import measure
from verifiers.ntk_features.certify import certify_angles, certify_distance, certify_features

rkhs_certificate = Theorem(
    "ntk_features.rkhs_certificate",
    title="A kernel predictor moves at most by its norm times the kernel distance: within |f(x)|/|f|_H no sign changes",
    source=source(item="certificate of the RKHS norm, derived"),
    given=(),
    then=(Claim("the move is bounded", value_gap_sq <= norm_factor * function_norm_sq * distance_sq),),
    measure=measure,
    instances=(families.nearly_equal, families.kernel_oracles, families.data_points, families.sphere_points),
    spaces=(spaces.data, spaces.sphere),
    proof=(steps.REPRODUCING, steps.SIGN),
    promised=60,
    certify=certify_distance,
    mutants=(
        Mutant("one in a hundred less", constants={"norm_factor": Rational(99, 100)}),
        Mutant("norm of the coefficients", then=(Claim("|alpha|", value_gap_sq <= coefficient_norm_sq * distance_sq),)),
    ),
    does_not_claim="Nothing about input distances; those need a bound on the kernel distance.",
)

features_on_data = Theorem(
    "ntk_features.features_on_data",
    title="The features of an NTK are orthogonal, add up to the labels, and have certified radii of mean square lam/n",
    source=source(item="features by eigendecomposition, robust features are top eigenvalues, derived"),
    given=(Claim("no two points are parallel", least_sine_sq > 0),),
    then=(
        Claim("they add up to the labels", feature_sum_error <= FEATURE),
        Claim("they are orthogonal", feature_overlap <= FEATURE),
        Claim("a move costs distance", feature_gap_sq <= norm_factor * feature_norm_sq * distance_sq),
        Claim("mean squared radius at least", samples * mean_radius_sq >= (1 - FEATURE) * cluster_low),
        Claim("mean squared radius at most", samples * mean_radius_sq <= (1 + FEATURE) * cluster_high),
    ),
    measure=measure,
    instances=(families.kernel_oracles, families.near_opposites, families.sphere_points, families.data_points),
    spaces=(spaces.sphere, spaces.data),
    proof=(steps.DECOMPOSITION, steps.REPRODUCING, steps.RADIUS),
    promised=30,
    certify=certify_features,
    mutants=(
        Mutant("one in ten less", then=(Claim("9/10", 10 * feature_gap_sq <= feature_norm_sq * distance_sq),)),
        Mutant("radius twice as large", then=(Claim("2", samples * mean_radius_sq >= 2 * cluster_low),)),
        Mutant("radius half as large", then=(Claim("1/2", 2 * samples * mean_radius_sq <= cluster_high),)),
    ),
    does_not_claim="Radii are in kernel distance and in mean square over training points, not pointwise.",
)  # fmt: skip

distance_by_angle = Theorem(
    "ntk_features.distance_by_angle",
    title="On the unit sphere d_K^2 <= (4/pi) t + 4 t^2 for the NTK and 2 t^2 for the NNGP kernel, at all angles t",
    source=source(item="kernel distance by angle; a Hoelder bound is in Bietti and Mairal 2019, recalled"),
    given=(),
    then=(
        Claim("factor of the angle", cone_ratio <= cone),
        Claim("factor of its square", square_ratio <= square),
        Claim("NNGP", nngp_ratio <= nngp),
    ),
    measure=measure,
    instances=(families.all_angles, families.angle_draws),
    spaces=(spaces.angles,),
    proof=(steps.COSINE, steps.KAPPA, steps.PRODUCT, steps.NTK_DISTANCE, steps.NNGP_DISTANCE, steps.BISECTED),
    basis="all_parameters",
    promised=10,
    certify=certify_angles,
    mutants=(
        Mutant("4/pi replaced by 1", constants={"cone": Rational(22, 7)}),
        Mutant("399/100 for the square", constants={"square": Rational(399, 100)}),
        Mutant("199/100 for the NNGP", constants={"nngp": Rational(199, 100)}),
    ),
    does_not_claim="One hidden layer, sigma_w^2 = 2, no bias, divisor 1; nothing off the sphere.",
)

steepest_angle = Theorem(
    "ntk_features.steepest_angle",
    title="The NTK of one hidden layer changes by at most 2.6406737065982 per radian",
    source=source(item="direct Lipschitz certificate, derived"),
    given=(),
    then=(Claim("slope", largest_slope <= slope),),
    measure=measure,
    instances=(families.all_angles, families.angle_draws),
    spaces=(spaces.angles,),
    proof=(steps.SLOPE,),
    basis="all_parameters",
    promised=10,
    certify=certify_angles,
    mutants=(Mutant("2.64", constants={"slope": Rational(264, 100)}),),
    does_not_claim="Nothing about the NNGP kernel or other depths.",
)

angle_certificate = Theorem(
    "ntk_features.angle_certificate",
    title="No NTK predictor on the sphere changes its sign within the larger one of two certified angles",
    source=source(item="certified angles, the larger of N4 and N5, derived"),
    given=(*unit_kernel, an_ntk),
    then=(
        Claim("by the norm", pi * value_gap_sq <= function_norm_sq * (cone * angle + square * pi * angle**2)),
        Claim("by the coefficients", value_gap <= slope * coefficient_sum * angle),
        Claim("no query flips within the certified angle", certified_angle <= flip_angle),
    ),
    measure=measure,
    instances=(families.sharp_angles, families.circle_points, families.kernel_oracles, families.sphere_points),
    spaces=(spaces.circle, spaces.sphere),
    proof=(steps.REPRODUCING, steps.NTK_DISTANCE.after("N2"), steps.SLOPE.after(), steps.PATH, steps.SIGN),
    promised=40,
    mutants=(
        Mutant("4/pi replaced by 1", constants={"cone": Rational(22, 7)}),
        Mutant("slope 2.6", constants={"slope": Rational(26, 10)}),
        Mutant("divided by the number of points",
               then=(Claim("one coefficient", value_gap * samples <= slope * coefficient_sum * angle),)),
    ),
    does_not_claim="Nothing about points off the sphere, where the norm of the point counts as well.",
)  # fmt: skip

nngp_certificate = Theorem(
    "ntk_features.nngp_certificate",
    title="An NNGP predictor on the sphere is Lipschitz in the angle with constant sqrt(2) |f|_H",
    source=source(item="kernel distance of the NNGP by angle, derived"),
    given=(*unit_kernel, an_nngp),
    then=(Claim("the move is bounded", value_gap_sq <= nngp * function_norm_sq * angle**2),),
    measure=measure,
    instances=(families.sharp_nngp, families.nngp_points),
    spaces=(spaces.nngp_circle,),
    proof=(steps.REPRODUCING, steps.NNGP_DISTANCE.after("N2")),
    promised=30,
    mutants=(Mutant("199/100", constants={"nngp": Rational(199, 100)}),),
    does_not_claim="The NTK has no such constant: its predictors are only Hoelder continuous with exponent 1/2.",
)

input_distance = Theorem(
    "ntk_features.input_distance",
    title="At any depth and bias the NNGP distance is Lipschitz in l2, and the NTK's square grows linearly at most",
    source=source(item="kernel distance by input distance, layer by layer; derived, see Bietti, Mairal 2019"),
    given=(),
    then=(
        Claim("NNGP", nngp_distance_sq <= lipschitz * nngp_lipschitz_sq * input_distance_sq),
        Claim("the kernel itself", distance_sq <= moved_bound_sq),
    ),
    measure=measure,
    instances=(families.near_queries, families.kernel_oracles, families.data_points, families.sphere_points),
    spaces=(spaces.data, spaces.sphere),
    proof=(steps.LAYER_MOVE, steps.CONTRACTION, steps.NTK_MOVE),
    promised=60,
    mutants=(
        Mutant("one in twenty less", constants={"lipschitz": Rational(19, 20)}),
        Mutant("nine tenths of the bound", then=(Claim("9/10", 10 * distance_sq <= 9 * moved_bound_sq),)),
    ),
    does_not_claim="The NTK has no Lipschitz constant; its bound grows like the root of the distance.",
)

input_radius = Theorem(
    "ntk_features.input_radius",
    title="No perturbation shorter than the certified l2 radius changes the sign of a kernel predictor at its points",
    source=source(item="certified input radii against attacks, derived"),
    given=(),
    then=(Claim("flips are longer", certified_input_radius <= flip_length),),
    measure=measure,
    instances=(families.kernel_oracles, families.near_opposites),
    spaces=(spaces.data,),
    proof=(steps.REPRODUCING, steps.LAYER_MOVE.after(), steps.CONTRACTION, steps.NTK_MOVE, steps.SIGN),
    promised=8,
    mutants=(Mutant("fifty times the radius", then=(Claim("50", 50 * certified_input_radius <= flip_length),)),),
    does_not_claim="The gap to the attack's length is not explained: either may be far from the truth.",
)

opposite_labels = Lemma(
    "ntk_features.opposite_labels",
    title="A predictor that is 1 and -1 at two points has norm at least 2 over their kernel distance",
    source=source(item="two-point certificate of non-robustness, derived"),
    given=(
        Claim("labels of signs", Eq(label_error, 0)),
        Claim("the labels are fitted", Eq(interpolates, 1)),
        Claim("three points at least", samples >= 3),
    ),
    then=(Claim("the norm is at least 2/d", norm_factor * function_norm_sq * opposite_distance_sq >= 4),),
    measure=measure,
    instances=(families.near_opposites, families.kernel_oracles),
    spaces=(spaces.sphere,),
    proof=(steps.REPRODUCING, steps.TWO_POINTS),
    promised=6,
    mutants=(
        Mutant("one in ten less", constants={"norm_factor": Rational(9, 10)}),
        Mutant("norm at least 3/d", then=(Claim("9", function_norm_sq * opposite_distance_sq >= 9),)),
    ),
    does_not_claim="Nothing about predictors that do not fit both labels.",
)

STATEMENTS = (rkhs_certificate, features_on_data, input_distance, input_radius, distance_by_angle, steepest_angle,
              angle_certificate, nngp_certificate, opposite_labels)  # fmt: skip
