"""Depth and dimension: compositions of local filters, gradients of local ReLU nets, filters on a torus."""

from __future__ import annotations

from sympy import Eq, Rational

from constructions.frequency_bias import spaces
from theorems.claim import Claim
from theorems.frequency_bias import families
from theorems.frequency_bias import proof_steps as steps
from theorems.frequency_bias.vocabulary import (
    L,
    band_share,
    binomial_share,
    composition_share,
    consecutive_band,
    derived,
    gradient_share,
    gradient_sites,
    lam,
    lam_layer,
    missing_corners,
    not_zero,
    odd_number,
    odd_taps,
    plane_bound,
    plane_share,
    plane_symmetric,
    reach,
    real_band,
    real_roots,
    rectangle_bound,
    room,
    share_factor,
)
from theorems.statement import Mutant, Theorem
from verifiers.frequency_bias import measure

MILLIONTH = 1 - Rational(1, 10**6)
symmetric = Claim("a band of the torus with B = -B", Eq(plane_symmetric, 1))

composition = Theorem(
    "frequency_bias.composition",
    title="L layers of K taps obey the bound of one filter with L (K - 1) + 1 taps",
    source=derived(item="depth"),
    given=(consecutive_band, not_zero),
    then=(Claim("share in the band", band_share <= share_factor * lam),),
    measure=measure,
    instances=(families.named_compositions, families.compositions),
    spaces=(spaces.compositions,),
    proof=steps.COMPOSITION_PROOF,
    promised=25,
    mutants=(
        Mutant("the bound of one layer", then=(Claim("one layer", band_share <= lam_layer),)),
        Mutant("shrunk by a millionth", then=(Claim("less", band_share <= MILLIONTH * lam),)),
    ),
    does_not_claim="Depth widens what can be represented; it does not push energy to high frequencies by itself.",
)

odd_layers = Theorem(
    "frequency_bias.odd_layers",
    title="With an odd number of real taps a composition attains the bound",
    source=derived(item="depth, equality"),
    given=(consecutive_band, odd_number, room, Claim("an odd number of taps", Eq(odd_taps, 1))),
    then=(
        Claim("a rational composition comes close", composition_share >= lam * (1 - Rational(1, 10**12))),
        Claim("and does not exceed it", composition_share <= lam),
    ),
    measure=measure,
    instances=(families.named_depths, families.depths),
    spaces=(spaces.depths,),
    proof=steps.ODD_PROOF,
    promised=6,
    mutants=(
        Mutant("no better than the best layer", then=(Claim("one layer", composition_share <= lam_layer),)),
        Mutant("a millionth below", then=(Claim("below", composition_share <= MILLIONTH * lam),)),
    ),
    does_not_claim="The layers found are real and symmetric; which ones training finds is another question.",
)

even_layers = Theorem(
    "frequency_bias.even_layers",
    title="With an even number of real taps and two layers or more the bound is missed",
    source=derived(item="depth, strict gap"),
    given=(
        consecutive_band, real_band, not_zero, odd_number, room, Claim("an even number of taps", Eq(odd_taps, 0)),
        Claim("two layers or more", L >= 2),
    ),
    then=(
        Claim("every layer leaves a real root", real_roots >= L),
        Claim("so the share stays below", band_share < lam),
    ),
    measure=measure,
    instances=(families.named_compositions, families.compositions),
    spaces=(spaces.compositions,),
    proof=steps.EVEN_PROOF,
    promised=4,
    mutants=(
        Mutant("one root more", then=(Claim("more roots", real_roots >= L + 1),)),
        Mutant("powers of 1 + z attain it", then=(Claim("binomial", binomial_share >= MILLIONTH * lam),)),
    ),
    does_not_claim="How large the gap is at best is a conjecture for K = 2, `conjecture_binomial`.",
)  # fmt: skip

gradient_rows = Theorem(
    "frequency_bias.gradient_rows",
    title="The input gradient of a unit of a local ReLU net is a filter with L (K - 1) + 1 taps",
    source=derived(item="gradients of deep nets, for every input"),
    given=(consecutive_band,),
    then=(
        Claim("its support", gradient_sites <= reach),
        Claim("share in the band", gradient_share <= share_factor * lam),
    ),
    measure=measure,
    instances=(families.box_nets, families.relu_nets),
    spaces=(spaces.relu_nets,),
    proof=steps.GRADIENT_PROOF,
    promised=8,
    mutants=(
        Mutant("the bound of one layer", then=(Claim("one layer", gradient_share <= lam_layer),)),
        Mutant("one site less", then=(Claim("less", gradient_sites <= reach - 1),)),
    ),
    does_not_claim="The gradient of a dense readout sums many units and may be band-limited.",
)

plane_filters = Theorem(
    "frequency_bias.plane_filters",
    title="On a torus the share is at most lambda1 lambda2 of the rectangle around the band",
    source=derived(item="two dimensions"),
    given=(symmetric,),
    then=(
        Claim("below the bound of this band", plane_share <= share_factor * plane_bound),
        Claim("below that of the rectangle", plane_share <= rectangle_bound),
    ),
    measure=measure,
    instances=(families.discs, families.squares, families.planes),
    spaces=(spaces.planes,),
    proof=steps.PLANE_PROOF,
    promised=10,
    mutants=(
        Mutant("shrunk by a millionth", then=(Claim("less", plane_share <= MILLIONTH * rectangle_bound),)),
        Mutant("one side alone", then=(Claim("squared", plane_share <= rectangle_bound**2),)),
    ),
    does_not_claim="Bands that are not symmetric have a smaller constant for real filters.",
)

rectangles = Theorem(
    "frequency_bias.rectangles",
    title="For rectangles the bound is lambda1 lambda2, for smaller bands it is smaller",
    source=derived(item="two dimensions, Kronecker products"),
    given=(symmetric,),
    then=(
        Claim("at most the product", plane_bound <= rectangle_bound + Rational(1, 10**12)),
        Claim("equal for whole rectangles",
              plane_bound + missing_corners >= rectangle_bound - Rational(1, 10**12)),
    ),
    measure=measure,
    instances=(families.discs, families.squares, families.planes),
    spaces=(spaces.planes,),
    proof=steps.KRONECKER_PROOF,
    promised=10,
    mutants=(
        Mutant("a disc loses nothing", then=(Claim("disc", plane_bound >= rectangle_bound - Rational(1, 10**12)),)),
    ),
    does_not_claim="How much a disc loses is not said.",
)  # fmt: skip

STATEMENTS = (composition, odd_layers, even_layers, gradient_rows, plane_filters, rectangles)
