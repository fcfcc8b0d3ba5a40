"""The proofs of the kkt_margin statements, step by step: written arguments here, scalar steps in `scalar_steps`.

Every proof is a tuple of steps in an order in which each uses only earlier ones. The written arguments are in
``arguments.md`` beside this module; `argument` returns one by its anchor.
"""

from __future__ import annotations

from theorems.kkt_margin import scalar_steps as z
from theorems.proof import ProofStep, argued, arguments, cited


def argument(anchor: str) -> str:
    """The written argument of a step. Raises `KeyError` for an unknown anchor."""
    return arguments("kkt_margin")[anchor]


E1 = argued("E1", "balance: |w_j|^2 = v_j^2", "E1", ["balance"])
E2 = argued("E2", "sum of multipliers = sum of v_j^2", "E2", ["multiplier_sum"], ["E1"])
E3 = argued("E3", "neurons are v_j times unit vectors", "E3", ["unit_neurons"], ["E1"])
E4 = argued("E4", "gradients are sums of tau_j v_j^2 g_j, at most sum lambda long", "E4", ["gradient_form"],
            ["E2", "E3"])
E5 = argued("E5", "neurons of one sign and pattern merge", "E5", ["merging"], ["E3"])

S1 = argued("S1", "(X): cross class sums are pushed by negative correlations only", "S1", ["cross_bound"])
S2 = argued("S2", "(U): own class sums of a support vector from above", "S2", ["upper_bound"])
S3 = argued("S3", "(L): own class sums from below", "S3", ["lower_bound"])
S3M = argued("S3M", "(L'): the lower bound with the opposite class kept", "S3M", ["lower_bound_mixed"])
FLIP = argued("F", "(F): the value along a direction is below a linear form in the class sums", "F", ["flip_bound"])
S7 = argued("S7", "every neuron moves against its class along u", "S7", ["direction_monotone"])
S8 = argued("S8", "own neurons die along the flip path", "S8", ["parts"], ["S7"])
S9 = argued("S9", "opposite neurons rise along the flip path", "S9", ["parts"], ["S7"])
S12 = argued("S12", "at unseen points own neurons are off and opposite neurons on", "S12", ["unseen"], ["S7"])

_weak = argued("T1W", "one opposite sample makes the opposite class sums at least 1/U", "T1W", ["lower_bound"],
               ["S3", "T1W.q"])
_classes = argued("T2", "the norm of u, and class sizes of at least c n", "T2")
_union = argued("T4", "union bound over pairs of samples", "T4", uses=["T4.cap", "T4.signs"])
_gradient = argued("T5", "the gradient has squared length at most (U + q (n-1)) n ((1 + r) S)^2", "T5",
                   ["gradient_form"], ["E4", "S4", "S5"])
_cluster_cross = argued("T6X", "(X) for cluster sums", "T6X")
_cluster_upper = argued("T6U", "(U) for cluster sums", "T6U")
_cluster_lower = argued("T6L", "(L) for cluster sums", "T6L", uses=["S4"])
_cluster_flip = argued("T6F", "the two parts of the value along the flip path", "T6F", uses=["T6X", "T6.neuron"])
_balls = argued("R1", "pre-activations at a perturbed sample", "R1")
_active = argued("R2", "if the sign fails, active opposite neurons outweigh the own one", "R2")
_midpoint = argued("R3", "midpoints of two classes bound every classifier", "R3", uses=["R2.radius"])
_matrix = argued("MM", "a strict supersolution bounds all class sums", "MM", ["cross_bound", "upper_bound"],
                 ["S1", "S2"])
_programs = argued("LP", "weak duality bounds (F) over the polytope of class sums", "LP",
                   ["lower_bound", "lower_bound_mixed", "flip_bound"], ["MM", "S3", "S3M", "F"])

CAP = cited("T4.cap", "a cap of the sphere: P(|<x, x'>| >= s) <= 2 exp(-s^2/(2d)) on the sphere of radius sqrt(d)",
            "K. Ball, An elementary introduction to modern convex geometry, 1997, Lemma 2.2")
SIGNS = cited("T4.signs", "the same bound for independent signs",
              "W. Hoeffding, Probability inequalities for sums of bounded random variables, 1963, Theorem 2")

_CLASS_SUMS = (S1, S2, S3, z.S6_RANGE, z.S4, z.S5, z.S6, z.S6_SUPPORT, z.S6_BOUNDS, z.S6_SIGNS)
_PARTS = (S7, S8, S9, z.S8_BOUND, z.S9_BOUND)

BALANCE_PROOF: tuple[ProofStep, ...] = (E1,)
MULTIPLIER_SUM_PROOF: tuple[ProofStep, ...] = (E1, E2)
UNIT_NEURONS_PROOF: tuple[ProofStep, ...] = (E1, E3)
GRADIENT_FORM_PROOF: tuple[ProofStep, ...] = (E1, E2, E3, E4)
MERGING_PROOF: tuple[ProofStep, ...] = (E1, E3, E5)
CROSS_BOUND_PROOF: tuple[ProofStep, ...] = (S1,)
UPPER_BOUND_PROOF: tuple[ProofStep, ...] = (S2,)
LOWER_BOUND_PROOF: tuple[ProofStep, ...] = (S3,)
LOWER_BOUND_MIXED_PROOF: tuple[ProofStep, ...] = (S3M,)
FLIP_BOUND_PROOF: tuple[ProofStep, ...] = (FLIP,)
PAIRS_PROOF: tuple[ProofStep, ...] = (S1, S7, S8, S9)
DIRECTION_PROOF: tuple[ProofStep, ...] = (S7,)
UNSEEN_BOUND_PROOF: tuple[ProofStep, ...] = (S7, S12)
CLASS_SUM_PROOF: tuple[ProofStep, ...] = _CLASS_SUMS
PARTS_PROOF: tuple[ProofStep, ...] = _CLASS_SUMS + _PARTS

T1_PROOF: tuple[ProofStep, ...] = (
    *PARTS_PROOF, z.T1_SUM, z.T1_SLOPE, z.T1_Q, z.T1_THRESHOLD, z.T1_SIGN, z.T1_LEVEL, z.T1_LATE)
T1W_PROOF: tuple[ProofStep, ...] = (S3, S7, S8, S9, z.T1W_Q, _weak, z.T1W_VALUE, z.T1W_SLOPE)
_HYPOTHESIS = (_classes, z.S11_SCALES, z.S11_RANGE, z.S11_CONSTANTS)
_CONSTANTS = (S1, S2, S3, z.S4, z.S5_THIRD, z.S6_THIRD, z.S6_SUPPORT)
T2_PROOF: tuple[ProofStep, ...] = (
    *_HYPOTHESIS, *_CONSTANTS, *_PARTS, z.T1_SUM, z.S10_LEVEL, z.S10_SIGN, z.T2_COUNT, z.S11_STEP, z.S11_NORM)
T2_WIDER_PROOF: tuple[ProofStep, ...] = (
    _classes, z.S11_WIDER, *_CONSTANTS, *_PARTS, z.T1_SUM, z.S10_LEVEL, z.S10_SIGN, z.T2_COUNT, z.S11_WIDER_STEP)
T3_PROOF: tuple[ProofStep, ...] = (*_CLASS_SUMS, S7, S12, z.T3_VALUE)
T4_PROOF: tuple[ProofStep, ...] = (CAP, SIGNS, _union, z.T4_HYPOTHESIS)
THRESHOLD_PROOF: tuple[ProofStep, ...] = (*T1_PROOF, z.C9_FORM, z.C9, z.C9_SCALE)
RADIUS_BY_MULTIPLIERS_PROOF: tuple[ProofStep, ...] = (E1, E2, E3, E4, z.LIPSCHITZ)
T5_PROOF: tuple[ProofStep, ...] = (
    *RADIUS_BY_MULTIPLIERS_PROOF, z.T5_RANGE, S1, S2, z.S4, z.S5, _gradient, z.T5_COMPARE, z.T5_RADIUS, z.T5_EQUAL,
    z.T5_THIRD)
T6_PROOF: tuple[ProofStep, ...] = (
    _cluster_cross, z.S6_RANGE, z.S4.after("T6X"), _cluster_upper, z.S5.after("T6U", "S4"), _cluster_lower,
    z.S6.after("T6L", "S5"), z.S6_SUPPORT, z.S6_BOUNDS, z.S6_SIGNS, z.T6_NEURON, _cluster_flip, z.T6_SUM)
R1_PROOF: tuple[ProofStep, ...] = (_balls, z.R1_SIGNS)
R2_PROOF: tuple[ProofStep, ...] = (_active, z.R2_POSITIVE, z.R2_REACH, z.R2_NORM, z.R2_RADIUS)
R3_PROOF: tuple[ProofStep, ...] = (*R2_PROOF, z.R3_RADIUS, _midpoint, z.R3_DISTANCE)
R3_WINDOW_PROOF: tuple[ProofStep, ...] = (*R2_PROOF, z.R3_WINDOW)
NEAR_OPTIMAL_PROOF: tuple[ProofStep, ...] = (*R2_PROOF, z.C10, z.C10_OPTIMAL)
ALL_POINTS_PROOF: tuple[ProofStep, ...] = (
    S1, S2, S3, S3M, FLIP, S7, _matrix, z.MM_OWN, z.MM_CROSS, z.S6_SUPPORT, _programs)

PROOFS: dict[str, tuple[ProofStep, ...]] = {
    name.removesuffix("_PROOF"): proof for name, proof in list(globals().items()) if name.endswith("_PROOF")}
"""Every proof by name: "T1", "T2", "ALL_POINTS", ..., and the lemmas, "CROSS_BOUND", ..."""
