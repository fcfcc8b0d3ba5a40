"""What the recursion of wide networks gives before any label is looked at: diagonal, homogeneity, definiteness."""

from __future__ import annotations

from sympy import Eq, Rational

from constructions.ntk_features import spaces
from theorems.claim import Claim
from theorems.ntk_features import families
from theorems.ntk_features import proof_steps as steps
from theorems.ntk_features.vocabulary import (
    IDENTITY,
    bias_sq,
    circle_bias,
    circle_depth,
    circle_eigenvalue,
    closed_diagonal,
    depth,
    euler_error,
    least_pivot,
    least_sine_sq,
    ntk_diagonal,
    odd_eigenvalue,
    plain_diagonal,
    scaling_error,
    source,
    transform_error,
    undivided_diagonal,
)
from theorems.statement import Lemma, Mutant, Proposition
from verifiers.ntk_features import measure

exact_diagonal = Lemma(
    "ntk_features.exact_diagonal",
    title="The diagonal of an NTK is a rational number: the sum of (sigma_w^2/2)^(L-l) q_l over the layers",
    source=source(item="kernel recursion at angle 0, derived"),
    given=(Claim("one hidden layer at least", depth >= 1),),
    then=(Claim("closed form", Eq(ntk_diagonal, closed_diagonal)),),
    measure=measure,
    instances=(families.kernel_oracles, families.rounded_points, families.data_points),
    spaces=(spaces.data,),
    proof=(steps.DIAGONAL, steps.LAYER),
    promised=60,
    mutants=(
        Mutant("the plain recursion in float64", then=(Claim("plain", Eq(plain_diagonal, closed_diagonal)),)),
        Mutant("divisor 1 for divisor D", then=(Claim("D = 1", Eq(undivided_diagonal, closed_diagonal)),)),
        Mutant("a layer too many", then=(Claim("L + 2 for L + 1",
               Eq(ntk_diagonal * (depth + 1), closed_diagonal * (depth + 2))),)),
    ),
    does_not_claim="Nothing off the diagonal.",
)  # fmt: skip

homogeneous = Lemma(
    "ntk_features.homogeneous",
    title="Without biases kernels and their predictors are homogeneous of degree one: grad f(x).x = f(x)",
    source=source(item="input gradient of a kernel predictor and Euler's identity, derived"),
    given=(Claim("no bias", Eq(bias_sq, 0)),),
    then=(
        Claim("Euler's identity", euler_error <= 1),
        Claim("k(2x, x') = 2 k(x, x')", scaling_error <= 1),
    ),
    measure=measure,
    instances=(families.data_points, families.sphere_points),
    spaces=(spaces.data, spaces.sphere),
    proof=(steps.HOMOGENEOUS,),
    promised=40,
    mutants=(Mutant("with biases as well", without="no bias"),),
    does_not_claim="Up to the rounding of balls of 192 bits; on training directions an NTK has no gradient.",
)

definite = Lemma(
    "ntk_features.definite",
    title="Kernels of points of which no two are parallel are positive definite",
    source=source(item="positive definiteness of arc-cosine kernels, derived; compare Du and others 2019"),
    given=(
        Claim("one hidden layer at least", depth >= 1),
        Claim("no two points are parallel", least_sine_sq > 0),
    ),
    then=(Claim("every pivot is positive", least_pivot > 0),),
    measure=measure,
    instances=(families.kernel_oracles, families.near_opposites, families.sphere_points, families.data_points),
    spaces=(spaces.sphere, spaces.data),
    proof=(steps.DEFINITE,),
    promised=40,
    mutants=(Mutant("no pivot below one tenth", then=(Claim("1/10", least_pivot >= Rational(1, 10)),)),),
    does_not_claim="No rate: pivots fall with the distance of the points.",
)

circle_spectrum = Proposition(
    "ntk_features.circle_spectrum",
    title="On n equispaced points the eigenvectors are cosines, and no eigenvalue is negative",
    source=source(item="circulant kernels, derived"),
    given=(),
    then=(
        Claim("cosines are eigenvectors", transform_error <= 1),
        Claim("no negative eigenvalue", circle_eigenvalue >= -IDENTITY),
    ),
    measure=measure,
    instances=(families.circles, families.circle_draws),
    spaces=(spaces.circles,),
    proof=(steps.CIRCULANT,),
    promised=20,
    mutants=(Mutant("eigenvalues at least one", then=(Claim("1", circle_eigenvalue >= 1),)),),
    does_not_claim="Up to the rounding of balls of 192 bits.",
)

odd_frequencies = Proposition(
    "ntk_features.odd_frequencies",
    title="Without a bias the NTK of one hidden layer sees no odd frequency above one: its kernel is singular",
    source=source(item="Fourier series of the bias-free NTK on the circle; known for the sphere, derived here"),
    given=(Claim("one hidden layer", Eq(circle_depth, 1)), Claim("no bias", Eq(circle_bias, 0))),
    then=(Claim("odd eigenvalues vanish", odd_eigenvalue <= 1),),
    measure=measure,
    instances=(families.circles, families.circle_draws),
    spaces=(spaces.circles,),
    proof=(steps.CIRCULANT, steps.PARITY),
    promised=4,
    mutants=(
        Mutant("with a bias", without="no bias"),
        Mutant("two layers as well", without="one hidden layer"),
    ),
    does_not_claim="Nothing about an odd number of points, where odd frequencies alias to even ones.",
)

STATEMENTS = (exact_diagonal, homogeneous, definite, circle_spectrum, odd_frequencies)
