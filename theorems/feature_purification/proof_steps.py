"""The proofs of the feature_purification statements: written arguments in ``arguments.md``, the rest by machine."""

from __future__ import annotations

from theorems.feature_purification import scalar_steps as z
from theorems.proof import ProofStep, argued

PHI = (z.PHI_ODD, z.PHI_MONOTONE, z.PHI_LIPSCHITZ)

_spread = argued("P.spread", "the fall is at most tau r - (r^2 - A) b' for some r between sqrt(A) and sqrt(d)", "P1",
                 ["drop_is_a_maximum"], ["P.active", "P.inactive", "P.distance"])
_maximum = argued("P.maximum", "D is the maximum of tau r - (r^2 - A) b' over that range", "P2",
                  ["drop_is_a_maximum"], ["P.first", "P.middle", "P.last"])
_dual = argued("P.certificate", "Theorem C at q = sqrt(N)/(2 tau) proves F - D(tau)", "P3", ["pure_bound"], ["P.dual"])
_attained = argued("P.attained", "the common shift tau/sqrt(A) attains D", "P4", ["pure_exact"],
                   ["P.shift", "P.quiet"])
_cube = argued("P.cube", "coordinates are independent in the cube", "P5", ["pure_cube", "pure_cube_exact"],
               ["P.active", "P.inactive", "P.distance"])
_along = argued("N.sum", "drifts add up neuron by neuron", "N1", ["dense_direction", "dense_equality"],
                ["N.active", "N.below", "N.closed", "N.against"])
_broken = argued("N.broken", "a bound that is not positive is a broken point", "N2", ["dense_breaks"], ["N.sum"])
_candidates = argued("C.candidates", "psi is one of four numbers", "C1", ["certificate"],
                     ["C.vertex", "C.bend", "C.flat_above", "C.flat_below", "C.flat_inside", "C.below",
                      "C.below_bend"])
_duality = argued("C.duality", "weak duality", "C2", ["certificate", "certified_points"], ["C.candidates", "C.energy"])
_dominance = argued("C.dominance", "a diagonally dominant matrix is semidefinite", "C3", ["spectrum"])
_schur = argued("C.schur", "1/q_i = sum_j |<w_i, w_j>| gives W^T diag(q) W <= I", "C4", ["scaled_certificate"],
                ["C.dominance"])
_closed = argued("G.closed", "the signs of the coordinates seen cancel but for the sums next to the threshold", "G1",
                 ["one_step_gradient"])
_moments = argued("G.moments", "exchangeability", "G2", ["gradient_moments"])
_lottery = argued("I.events", "independent Gaussian coordinates, and Bernoulli's inequality", "I1", ["lottery_sets"],
                  ["I.half"])
_distance = argued("R.distance", "distance from the span of e_j and 1", "R1", ["residual"], ["R.residual"])
_pythagoras = argued("R.pythagoras", "beta_i w'_i is the orthogonal projection", "R2", ["decomposition"])
_count = argued("PAIR.count", "certified and broken fresh points bound the robust accuracy", "PAIR1",
                ["finite_pair", "finite_pair_many_scales"], ["C.duality", "C.dominance"])
_ceiling = argued("PAIR.ceiling", "Cantelli's bound for every direction, and the mirror image for degree two", "PAIR2",
                  ["finite_pair", "finite_pair_many_scales"])

PHI_PROOF: tuple[ProofStep, ...] = PHI
_FALL = (z.P_ACTIVE, z.P_INACTIVE, z.P_DISTANCE)
P_DROP_PROOF: tuple[ProofStep, ...] = (*_FALL, _spread, z.P_FIRST, z.P_MIDDLE, z.P_LAST, _maximum)
_candidate_steps = (z.C_VERTEX, z.C_BEND, z.C_FLAT_ABOVE, z.C_FLAT_BELOW, z.C_FLAT_INSIDE, z.C_BELOW, z.C_BELOW_BEND,
                    _candidates)
P_PROOF: tuple[ProofStep, ...] = (z.PHI_MONOTONE, *P_DROP_PROOF, z.P_DUAL, _dual)
P_EXACT_PROOF: tuple[ProofStep, ...] = (*P_DROP_PROOF, z.P_SHIFT, z.P_QUIET, _attained)
P_RADIUS_PROOF: tuple[ProofStep, ...] = (*P_DROP_PROOF, z.P_RADIUS)
P_BEYOND_PROOF: tuple[ProofStep, ...] = (*P_DROP_PROOF, z.P_BEYOND, z.P_BEYOND_LAST)
P_CUBE_PROOF: tuple[ProofStep, ...] = (z.PHI_MONOTONE, *_FALL, z.P_SHIFT, z.P_QUIET, _cube)
N_PROOF: tuple[ProofStep, ...] = (z.N_ACTIVE, z.N_BELOW, z.N_CLOSED, z.N_AGAINST, _along)
N_BREAKS_PROOF: tuple[ProofStep, ...] = (*N_PROOF, _broken)
C_PROOF: tuple[ProofStep, ...] = (*_candidate_steps, z.C_ENERGY, _duality, z.C_MARGIN)
SPECTRUM_PROOF: tuple[ProofStep, ...] = (_dominance,)
SCHUR_PROOF: tuple[ProofStep, ...] = (*C_PROOF, _dominance, _schur)
G_PROOF: tuple[ProofStep, ...] = (_closed, z.G_POSITIVE)
G_MOMENTS_PROOF: tuple[ProofStep, ...] = (_moments,)
LOTTERY_PROOF: tuple[ProofStep, ...] = (z.LOTTERY, _lottery)
RESIDUAL_PROOF: tuple[ProofStep, ...] = (z.RESIDUAL, _distance)
DECOMPOSITION_PROOF: tuple[ProofStep, ...] = (_pythagoras,)
MOSTLY_PURE_PROOF: tuple[ProofStep, ...] = (_pythagoras, z.MOSTLY.after("R.pythagoras"))
PAIR_PROOF: tuple[ProofStep, ...] = (*C_PROOF, _dominance, _count, _ceiling)
