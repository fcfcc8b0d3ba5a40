"""Proof steps of dimpled_manifold: scalar ones for all values, argued ones with a text in `arguments.md`."""

from __future__ import annotations

from sympy import Eq, symbols

from theorems.proof import ProofStep, argued, cited, scalar, unproved

g, eta, lam, grad, new = symbols("g eta lambda h g_new", real=True)
nu, rho, rho_minus, a, kappa, R, M, M_plus, dev, value = symbols(
    "nu rho rho_minus a kappa R M M_plus D N", real=True
)
u, c, c_sq, phi, slope = symbols("u c C Phi M_rho", real=True)

# Training

SPAN = argued("T1.span", "the gradient of every weight vector is a combination of points, hence in P", "SPAN",
              checks=["frozen"])  # fmt: skip
STEP = scalar("T1.step", "a coordinate orthogonal to P sees weight decay alone", [Eq(grad, 0),
              Eq(new, g - eta * (grad + lam * g))], [Eq(new, (1 - eta * lam) * g)], uses=["T1.span"])  # fmt: skip
RECURSION = argued("T1.recursion", "so every rule that is linear in past gradients acts on it by one scalar recursion",
                   "RECURSION", checks=["frozen", "kept"], uses=["T1.step"])  # fmt: skip
BLIND = argued("T2", "N on P, and its gradients there, do not contain the orthogonal weights", "BLIND",
               checks=["blind"], uses=["T1.span"])  # fmt: skip

# Radii

slopes, r, bound = symbols("L r B", real=True)
LIPSCHITZ = argued("T5.gradient", "z -> N(x + z) has gradients G^T (u o s) with s in [0, 1]^m", "LIPSCHITZ",
                   checks=["off_radius"])  # fmt: skip
REACH = scalar("T5.reach", "a sign change at distance r needs a slope of nu/r", [nu > 0, r > 0, slopes >= 0,
               value >= nu - slopes * r, value <= 0], [slopes * r >= nu], uses=["T5.gradient"])  # fmt: skip
FROZEN_SLOPE = argued("T7.slope", "|G(t)| is |s_t| |G(0)| at every step", "SLOPE", checks=["depth"],
                      uses=["T1.recursion", "T5.gradient"])  # fmt: skip
z, h, t = symbols("z h t", real=True)
HINGE_ON = argued("T4.hinge", "a ReLU minus its tangent is the hinge of the other side", "HINGE",
                  checks=["along_the_ray"])  # fmt: skip
HOMOGENEOUS = argued("T6", "s G z is G (s z)", "HOMOGENEOUS", checks=["scaling"])
SUBSETS = argued("ORDER", "a smaller set of perturbations has a larger infimum", "ORDER", checks=["nearest_of_three"])
g_on, g_off, q_on, q_off, q = symbols("g_on g_off q_on q_off q", real=True)
PYTHAGORAS = scalar(
    "T10.sum", "squared gradients add up, and 1/r^2 is the squared gradient over nu^2 (q = 1/r^2)",
    [nu > 0, Eq(q_on * nu**2, g_on), Eq(q_off * nu**2, g_off), Eq(q * nu**2, g_on + g_off)], [Eq(q, q_on + q_off)],
)  # fmt: skip
AFFINE = argued("T10.affine", "where no neuron changes state within both radii, all three are first-order distances",
                "AFFINE", checks=["pythagoras"])  # fmt: skip

# The law of the gradient and the flip

GAUSS = argued("T3", "given what P sees, the orthogonal gradient is a fixed combination of independent normal rows",
               "GAUSS", checks=["gradient_law", "gradient_tail"], uses=["T1.recursion", "T2"])  # fmt: skip
SPREAD = unproved("T3.spread", "a correlation of l independent pairs is within 3/sqrt(l) at least four times of five",
                  "its deviation is (1 - c^2)/sqrt(l) in the limit; a bound for every l is not derived here")
LAURENT_MASSART = cited("T3.tails", "chi-square tails", "Laurent and Massart 2000, Lemma 1")
ell, root, exponent = symbols("l w t", real=True)
HALF = scalar("T3.half", "at t = l/16, w = sqrt(l t): l - 2 w = l/2", [ell >= 1, exponent * 16 <= ell,
              exponent * 16 >= ell, Eq(root**2, ell * exponent), root >= 0], [ell - 2 * root >= ell / 2],
              uses=["T3.tails"])  # fmt: skip
DOUBLE = scalar("T3.double", "and l + 2 w + 2 t = (1 + 1/2 + 1/8) l is at most 2 l", [ell >= 1,
                Eq(exponent * 16, ell), Eq(root**2, ell * exponent), root >= 0],
                [ell + 2 * root + 2 * exponent <= 2 * ell], uses=["T3.tails"])  # fmt: skip
CONDITIONED = argued("T4.conditioned", "given rho the velocities are a multiple of c plus independent noise",
                     "CONDITIONED", checks=["flip"], uses=["T3"])  # fmt: skip
MONOTONE_ON = scalar("T4.monotone.on", "d/drho of an active neuron's term is u~ Phi a c/|c|^2, c = u~: not negative",
                     [c_sq > 0, a >= 0, phi >= 0, Eq(c, u), Eq(slope * c_sq, u * phi * a * c)], [slope >= 0],
                     uses=["T4.conditioned"])  # fmt: skip
MONOTONE_OFF = scalar("T4.monotone.off", "that of an inactive one is zero, as c = 0", [c_sq > 0, a >= 0, phi >= 0,
                      Eq(c, 0), Eq(slope * c_sq, -u * phi * a * c)], [Eq(slope, 0)],
                      uses=["T4.conditioned"])  # fmt: skip
CONCENTRATION = cited("T4.concentration", "a Lipschitz function of normal noise exceeds its mean by L sqrt(2 ln(1/d)) "
                      "with probability at most d", "Borell 1975; Tsirelson, Ibragimov, Sudakov 1976")
LIPSCHITZ_R = argued("T4.lipschitz", "R is a beta |u|-Lipschitz in the noise", "NOISE", checks=["flip"],
                     uses=["T4.conditioned"])  # fmt: skip
FLIP = scalar(
    "T4.flip", "then y N is at most 0 at a = kappa nu/rho_-",
    [nu > 0, rho_minus > 0, Eq(a * rho_minus, kappa * nu), a >= 0, rho >= rho_minus, R <= M + dev, M <= M_plus,
     (kappa - 1) * nu >= M_plus + dev, Eq(value, nu - a * rho + R)],
    [value <= 0],
    uses=["T4.monotone.on", "T4.monotone.off", "T4.concentration", "T4.lipschitz"],
)  # fmt: skip
STUDENT_LAW = argued("T11.law", "wide networks at random: N and rho are independent, and N/rho is Student's t",
                     "STUDENT", uses=["T3"])  # fmt: skip
JENSEN = argued("T11.jensen", "P(|t_l| <= x) is at most P(|Z| <= x), as erf(x sqrt(w)) is concave in w", "JENSEN",
                checks=["start_distance"], uses=["T11.law"])  # fmt: skip
GAP = unproved("T11.gap", "the upper bound for every l",
               "compared in balls for l up to 512; for larger l only the expansion of quantiles is known here")

# Attacks and students

mu, zz, product = symbols("mu Z p", real=True)
FLOW = argued("T8.flow", "contracting the flow of G with G gives y |loss'| <Pi grad N, Pi z>", "FLOW",
              checks=["attack_shrinks"])  # fmt: skip
KKT = scalar("T8.kkt", "stationarity on a sphere makes the product -mu |Pi z|^2", [mu >= 0, zz >= 0,
             Eq(product, -mu * zz)], [product <= 0], uses=["T8.flow"])  # fmt: skip
eps, form, factor = symbols("epsilon Q f", real=True)
INVERSE = argued("T9.inverse", "(A + eps^2 y y^T)^-1 y is A^-1 y times a number", "INVERSE", checks=["mislabelled"])
SHERMAN = scalar(
    "T9.sherman", "the number is 1/(1 + eps^2 y^T A^-1 y)",
    [form >= 0, Eq(factor * (1 + eps**2 * form), 1)], [Eq(1 - eps**2 * form * factor, factor), factor <= 1, factor > 0],
    uses=["T9.inverse"],
)  # fmt: skip

FROZEN_PROOF: tuple[ProofStep, ...] = (SPAN, STEP, RECURSION)
BLIND_PROOF: tuple[ProofStep, ...] = (SPAN, BLIND)
OFF_PROOF: tuple[ProofStep, ...] = (LIPSCHITZ, REACH)
DEPTH_PROOF: tuple[ProofStep, ...] = (SPAN, STEP, RECURSION, LIPSCHITZ, REACH, FROZEN_SLOPE)
RAY_PROOF: tuple[ProofStep, ...] = (HINGE_ON,)
SCALING_PROOF: tuple[ProofStep, ...] = (HOMOGENEOUS,)
ORDER_PROOF: tuple[ProofStep, ...] = (SUBSETS,)
PYTHAGORAS_PROOF: tuple[ProofStep, ...] = (AFFINE, PYTHAGORAS.after("T10.affine"))
LAW_PROOF: tuple[ProofStep, ...] = (SPAN, STEP, RECURSION, BLIND, GAUSS)
FLOOR_PROOF: tuple[ProofStep, ...] = (*LAW_PROOF, LAURENT_MASSART, HALF)
FLIP_PROOF: tuple[ProofStep, ...] = (
    *LAW_PROOF, LAURENT_MASSART, HINGE_ON, CONDITIONED, MONOTONE_ON, MONOTONE_OFF, CONCENTRATION, LIPSCHITZ_R, FLIP,
)  # fmt: skip
START_PROOF: tuple[ProofStep, ...] = (*LAW_PROOF, STUDENT_LAW, JENSEN, GAP)
ATTACK_PROOF: tuple[ProofStep, ...] = (FLOW, KKT)
STUDENT_PROOF: tuple[ProofStep, ...] = (INVERSE, SHERMAN)
