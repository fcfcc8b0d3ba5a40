"""How much of its energy a local filter can have in a narrow band: sharp bounds, their filters, their sizes."""

from __future__ import annotations

from fractions import Fraction

from sympy import Abs, Eq, Max, Min, Rational

from constructions.frequency_bias import spaces
from theorems.claim import Claim
from theorems.frequency_bias import families
from theorems.frequency_bias import proof_steps as steps
from theorems.frequency_bias.vocabulary import (
    TINY,
    K,
    M,
    N,
    asymmetry,
    band_share,
    best_share,
    box_share,
    circle_zeros,
    closed_form,
    commutator,
    commutator_plus,
    consecutive_band,
    derived,
    frobenius_sq,
    half_width,
    lam,
    lam_fewer_taps,
    lam_narrower,
    lam_short,
    lam_swapped,
    lobe,
    not_zero,
    odd_number,
    outside_share,
    positive_taps,
    raw_share,
    reach,
    real_bound,
    room,
    share_factor,
    short_fewer_taps,
    short_narrower,
    sites_outside,
    spectrum_outside,
    trace_factor,
    zeros_beyond,
)
from theorems.statement import Lemma, Mutant, Proposition, Source, Theorem
from verifiers.frequency_bias import measure
from verifiers.frequency_bias.certify import certify

FILTERS = (families.best_filters, families.named_filters, families.random_filters)
SIZES = (families.named_sizes, families.sizes)
MILLIONTH = 1 - Rational(1, 10**6)
several = Claim("two taps or more", reach >= 2)
frequencies = Claim("two frequencies or more", M >= 2)

filter_bound = Theorem(
    "frequency_bias.filter_bound",
    title="K consecutive taps keep at most lambda(N, K, M) of their energy in M consecutive frequencies",
    source=derived(item="localised kernels cannot be frequency limited; sharp constant"),
    given=(consecutive_band, not_zero),
    then=(
        Claim("share in the band", band_share <= share_factor * lam),
        Claim("share outside of it", outside_share >= lam_short),
    ),
    measure=measure,
    instances=FILTERS,
    spaces=(spaces.filters, spaces.pairs),
    proof=steps.SHARE_PROOF,
    promised=60,
    certify=certify,
    mutants=(
        Mutant("lambda shrunk by a millionth", then=(Claim("less", band_share <= MILLIONTH * lam),)),
        Mutant("unitary factor dropped", then=(Claim("no 1/N", raw_share <= lam),)),
        Mutant("a band with one frequency less", then=(Claim("narrower", band_share <= lam_narrower),)),
        Mutant("a filter with one tap less", then=(Claim("shorter", band_share <= lam_fewer_taps),)),
        Mutant("one percent less", constants={"share_factor": Fraction(99, 100)}),
    ),
    does_not_claim="Nothing about the predictor: one local layer with a dense readout realises every linear predictor.",
)

real_bands = Theorem(
    "frequency_bias.real_bands",
    title="For real filters and any band, the largest eigenvalue of the real part is the sharp constant",
    source=derived(item="bands that are not consecutive or not symmetric"),
    given=(not_zero,),
    then=(Claim("share in the band", band_share <= share_factor * real_bound),),
    measure=measure,
    instances=(families.best_real_filters, families.pairs, families.any_bands, families.named_filters),
    spaces=(spaces.pairs, spaces.any_bands),
    proof=steps.REAL_BAND_PROOF,
    promised=40,
    certify=certify,
    mutants=(
        Mutant("shrunk by a millionth", then=(Claim("less", band_share <= MILLIONTH * real_bound),)),
        Mutant("unitary factor dropped", then=(Claim("no 1/N", raw_share <= real_bound),)),
    ),
    does_not_claim="Complex filters reach more where the band is not symmetric.",
)

attained = Theorem(
    "frequency_bias.attained",
    title="Discrete prolate filters attain the bound",
    source=derived(item="equality in the filter bound"),
    given=(consecutive_band, odd_number, room),
    then=(
        Claim("a rational filter comes close", best_share >= lam * (1 - Rational(1, 10**12))),
        Claim("and does not exceed it", best_share <= lam),
    ),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.ATTAINED_PROOF,
    promised=15,
    mutants=(
        Mutant("it stays a millionth below", then=(Claim("below", best_share <= MILLIONTH * lam),)),
        Mutant("a shorter filter would do", then=(Claim("shorter", lam_fewer_taps >= best_share),)),
    ),
    does_not_claim="For an even number of frequencies the best filter is complex unless the band lies around N/2.",
)

best_filter = Theorem(
    "frequency_bias.best_filter",
    title="The best filter is positive and palindromic, and all its zeros lie on the circle beyond the band",
    source=derived(item="the top eigenvector, through a tridiagonal matrix that commutes"),
    given=(consecutive_band, room),
    then=(
        Claim("all taps are positive", Eq(positive_taps, reach)),
        Claim("K - 1 zeros on the unit circle", Eq(circle_zeros, reach - 1)),
        Claim("all beyond the first frequency outside", Eq(zeros_beyond, reach - 1)),
        Claim("palindromic", Abs(asymmetry) <= TINY),
    ),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.TOP_PROOF,
    promised=30,
    mutants=(
        Mutant("one zero lies elsewhere", then=(Claim("K - 2", Eq(circle_zeros, reach - 2)),)),
        Mutant("no zero beyond the band", then=(Claim("none", Eq(zeros_beyond, 0)),)),
    ),
    does_not_claim="Where K + M > N the best filter is not unique.",
)

size_bounds = Theorem(
    "frequency_bias.size_bounds",
    title="max(M/(N - K + 1), K/(N - M + 1)) <= lambda <= K M/N, and lambda is at most the Frobenius norm",
    source=derived(item="zeros in a row; trace and Frobenius norm of the band matrix"),
    given=(consecutive_band,),
    then=(
        Claim("K - 1 zeros in a row", lam >= Min(1, M / Max(1, N - reach + 1))),
        Claim("taps and frequencies exchanged", lam >= Min(1, reach / Max(1, N - M + 1))),
        Claim("at most the trace", lam <= trace_factor * reach * M / N),
        Claim("at most the Frobenius norm", lam**2 <= frobenius_sq),
    ),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.SIZE_PROOF,
    promised=30,
    mutants=(
        Mutant("one percent below the trace", constants={"trace_factor": Fraction(99, 100)}),
        Mutant("half of the trace", then=(Claim("half", lam <= reach * M / (2 * N)),)),
        Mutant("one frequency more", then=(Claim("more", lam >= Min(1, (M + 1) / (N - reach + 1))),)),
        Mutant("the trace is a lower bound", then=(Claim("lower", lam >= reach * M / N),)),
    ),
    does_not_claim="For K M of the order of N neither side is close.",
)

box_filter = Proposition(
    "frequency_bias.box_filter",
    title="The box filter stays below the bound for three taps and two frequencies or more",
    source=derived(item="box filter"),
    given=(consecutive_band, room, Claim("three taps or more", reach >= 3), frequencies),
    then=(Claim("the box filter is not best", box_share < lam),),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.BOX_PROOF,
    promised=12,
    mutants=(
        Mutant("it loses less than a millionth", then=(Claim("close", box_share >= lam * MILLIONTH),)),
    ),
    does_not_claim="How much it loses is a conjecture, `conjecture_box_is_close`.",
)  # fmt: skip

exchange = Theorem(
    "frequency_bias.exchange",
    title="lambda(N, K, M) = lambda(N, M, K)",
    source=derived(item="singular values of a block of the Fourier matrix"),
    given=(consecutive_band,),
    then=(Claim("equal up to rounding", Abs(lam - lam_swapped) <= TINY),),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.EXCHANGE_PROOF,
    promised=30,
    mutants=(
        Mutant("one tap is lost", then=(Claim("shorter", Abs(lam_fewer_taps - lam_swapped) <= TINY),)),
    ),
    does_not_claim="The filters of the two problems differ.",
)  # fmt: skip

below_one = Theorem(
    "frequency_bias.below_one",
    title="With K + M <= N some energy always leaks out of the band",
    source=derived(item="lambda = 1 iff K + M > N"),
    given=(consecutive_band, room),
    then=(Claim("a positive share outside", lam_short > 0),),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.BELOW_ONE_PROOF,
    promised=30,
    certify=certify,
    mutants=(
        Mutant("boundary off by one", given=(consecutive_band, Claim("K + M <= N + 1", reach + M <= N + 1))),
        Mutant("one percent leaks", then=(Claim("a percent", lam_short >= Rational(1, 100)),)),
    ),
    does_not_claim="The share can be tiny: it falls exponentially in K M/N.",
)

limited = Theorem(
    "frequency_bias.limited",
    title="With K + M > N some filter has all of its energy in the band",
    source=derived(item="lambda = 1 iff K + M > N"),
    given=(Claim("K + M > N", K + M > N),),
    then=(
        Claim("no frequency outside of the band", Eq(spectrum_outside, 0)),
        Claim("no tap beyond the first K", Eq(sites_outside, 0)),
    ),
    measure=measure,
    instances=(families.annihilators, families.zeros),
    spaces=(spaces.zeros,),
    proof=steps.LIMITED_PROOF,
    promised=10,
    mutants=(Mutant("boundary off by one", given=(Claim("K + M >= N", K + M >= N),)),),
    does_not_claim="Such filters are far from unique.",
)

monotone = Theorem(
    "frequency_bias.monotone",
    title="lambda grows strictly with every tap and every frequency until it is 1",
    source=derived(item="strict monotonicity"),
    given=(consecutive_band, room, several, frequencies),
    then=(
        Claim("one tap more leaks less", lam_short < short_fewer_taps),
        Claim("one frequency more leaks less", lam_short < short_narrower),
    ),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.MONOTONE_PROOF,
    promised=25,
    mutants=(
        Mutant("beyond the boundary as well",
               given=(consecutive_band, several, frequencies, Claim("K + M <= N + 2", reach + M <= N + 2))),
        Mutant("each tap halves the leak", then=(Claim("half", 2 * lam_short <= short_fewer_taps),)),
    ),
    does_not_claim="By how much it grows is not said.",
)  # fmt: skip

closed_forms = Theorem(
    "frequency_bias.closed_forms",
    title="lambda in closed form for up to three taps",
    source=derived(item="eigenvalues of two by two and three by three matrices"),
    given=(consecutive_band, room, Claim("at most three taps", reach <= 3)),
    then=(Claim("equal up to rounding", Abs(lam - closed_form) <= TINY),),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.CLOSED_PROOF,
    promised=8,
    mutants=(Mutant("a narrower band", then=(Claim("narrower", Abs(lam_narrower - closed_form) <= TINY),)),),
    does_not_claim="Four taps or more have roots of higher degree.",
)

commuting = Lemma(
    "frequency_bias.commuting",
    title="The tridiagonal matrix T commutes with the band matrix A",
    source=Source("Gruenbaum 1981; Xu, Chamzas 1984", "periodic discrete prolate sequences", "recalled"),
    given=(consecutive_band,),
    then=(Claim("every entry of T A - A T", Abs(commutator) <= TINY),),
    measure=measure,
    instances=SIZES,
    spaces=(spaces.sizes,),
    proof=steps.COMMUTING_PROOF,
    expected="proved",
    promised=30,
    mutants=(
        Mutant("the other sign in the diagonal", then=(Claim("plus", Abs(commutator_plus) <= TINY),)),
    ),
    does_not_claim="Which eigenvector is which is said by `best_filter`.",
)

half_power = Theorem(
    "frequency_bias.half_power",
    title="A gain with K taps does not fall to half its peak within 1/(4 (K - 1)) turns",
    source=derived(item="lobes of nonnegative trigonometric polynomials, by M. Riesz' lemma"),
    given=(not_zero, several),
    then=(Claim("half width in turns", half_width >= lobe / (reach - 1)),),
    measure=measure,
    instances=(families.near_two_ends, families.named_filters, families.random_filters),
    spaces=(spaces.filters, spaces.pairs),
    proof=steps.LOBE_PROOF,
    promised=50,
    mutants=(
        Mutant("one percent wider", constants={"lobe": Fraction(101, 400)}),
        Mutant("K taps instead of K - 1", then=(Claim("half of one", half_width >= 1 / (2 * reach)),)),
    ),
    does_not_claim="Gains of several channels obey the same bound, which is not measured here.",
)

STATEMENTS = (
    filter_bound, real_bands, attained, best_filter, size_bounds, box_filter, exchange, below_one, limited, monotone,
    closed_forms, commuting, half_power,
)  # fmt: skip
