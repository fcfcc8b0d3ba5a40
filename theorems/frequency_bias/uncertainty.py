"""Uncertainty principles on a circle: supports counted exactly, shares of energy, entropies."""

from __future__ import annotations

from fractions import Fraction

from sympy import Eq, Rational, sqrt

from constructions.frequency_bias import spaces
from theorems.claim import Claim
from theorems.frequency_bias import families
from theorems.frequency_bias import proof_steps as steps
from theorems.frequency_bias.vocabulary import (
    M,
    N,
    angle_factor,
    coset_spectrum,
    coset_support,
    divisor_bound,
    divisor_factor,
    entropy_factor,
    log_sites,
    meshulam_bound,
    meshulam_least,
    minors,
    nonzero_minors,
    off_band,
    off_sites,
    pair_bound,
    prime_extra,
    prime_order,
    real_band,
    signal_share,
    site_count,
    site_entropy,
    site_share,
    sites_off,
    size_factor,
    sparsest,
    sparsest_found,
    spectrum,
    spectrum_entropy,
    spectrum_outside,
    support,
    uncertainty,
    zero_run,
)
from theorems.statement import Mutant, Proposition, Source, Theorem
from verifiers.frequency_bias import measure

SIGNALS = (families.modulated_cosets, families.null_vectors, families.random_signals, families.sparse, families.cosets)
SPACES = (spaces.signals, spaces.sparse, spaces.cosets)
LENGTHS = sqrt(site_share * signal_share) - sqrt(off_sites * off_band)

donoho_stark = Theorem(
    "frequency_bias.donoho_stark",
    title="A signal and its transform cannot both be sparse: |supp x| |supp x^| >= N",
    source=Source("Donoho, Stark 1989", "Theorem 1", "recalled"),
    given=(Claim("the signal is not zero", support >= 1),),
    then=(
        Claim("the product of the supports", support * spectrum >= uncertainty * N),
        Claim("their sum", (support + spectrum) ** 2 >= 4 * N),
        Claim("no run of zeros is as long as the support", zero_run <= support - 1),
    ),
    measure=measure,
    instances=SIGNALS,
    spaces=SPACES,
    proof=steps.SUPPORT_PROOF,
    promised=80,
    mutants=(
        Mutant("strictly more than N", then=(Claim("strict", support * spectrum > N),)),
        Mutant("ten percent more", constants={"uncertainty": Fraction(11, 10)}),
        Mutant("the prime case for every N", then=(Claim("sum", support + spectrum >= N + 1),)),
        Mutant("one zero less in a row", then=(Claim("runs", zero_run <= support - 2),)),
    ),
    does_not_claim="Nothing about energies: a signal may be small outside of few sites and few frequencies at once.",
)

equality = Theorem(
    "frequency_bias.donoho_stark_equality",
    title="Equality holds only where both supports are cosets of subgroups",
    source=Source("Donoho, Stark 1989", "equality in Theorem 1", "recalled"),
    given=(Claim("equality", Eq(support * spectrum, N)),),
    then=(
        Claim("the sites are a coset", Eq(coset_support, 1)),
        Claim("the frequencies are a coset", Eq(coset_spectrum, 1)),
    ),
    measure=measure,
    instances=SIGNALS,
    spaces=SPACES,
    proof=steps.EQUALITY_PROOF,
    expected="proved",
    promised=20,
    mutants=(
        Mutant("near equality suffices", given=(Claim("twice", support * spectrum <= 2 * N),)),
        Mutant("the support is a subgroup's worth of one", then=(Claim("one site", Eq(support, 1)),)),
    ),
    does_not_claim="That the values of the signal are a character on the coset follows as well and is not measured.",
)

tao = Theorem(
    "frequency_bias.tao",
    title="For a prime N the supports have at least N + 1 elements together",
    source=Source("Tao 2005", "An uncertainty principle for cyclic groups of prime order", "seen"),
    given=(prime_order, Claim("the signal is not zero", support >= 1)),
    then=(Claim("the sum of the supports", support + spectrum >= N + prime_extra),),
    measure=measure,
    instances=SIGNALS,
    spaces=SPACES,
    proof=steps.TAO_PROOF,
    promised=20,
    mutants=(
        Mutant("for every N", without="N is a prime"),
        Mutant("one more", then=(Claim("N + 2", support + spectrum >= N + 2),)),
    ),
    does_not_claim="Double precision cannot check it: minors that are not zero come below rounding already at N = 61.",
)

tao_attained = Theorem(
    "frequency_bias.tao_attained",
    title="For a prime N any two sets with N + 1 elements together are the supports of a signal and its transform",
    source=Source("Tao 2005", "every pair of sets occurs", "seen"),
    given=(
        prime_order,
        Claim("sets of N + 1 elements together", Eq(site_count + M, N + 1)),
        Claim("the signal is not zero", support >= 1),
        Claim("it lives on T", Eq(sites_off, 0)),
        Claim("its transform lives in B", Eq(spectrum_outside, 0)),
    ),
    then=(
        Claim("its support is all of T", Eq(support, site_count)),
        Claim("the nonzero frequencies are all of B", Eq(spectrum, M)),
    ),
    measure=measure,
    instances=(families.limited_signals, families.supported),
    spaces=(spaces.supported,),
    proof=steps.ATTAINED_SUPPORTS_PROOF,
    promised=10,
    mutants=(
        Mutant("for every N", without="N is a prime"),
        Mutant("for larger sets", without="sets of N + 1 elements together"),
        Mutant("one site is enough", then=(Claim("one", Eq(support, 1)),)),
    ),
    does_not_claim="Larger pairs of sets are supports of other signals, which are not built here.",
)

chebotarev = Theorem(
    "frequency_bias.chebotarev",
    title="No minor of a Fourier matrix of prime order vanishes",
    source=Source("Chebotarev 1926, after Tao 2005", "minors of the Fourier matrix", "recalled"),
    given=(prime_order,),
    then=(Claim("all minors up to shifts and complements", Eq(nonzero_minors, minors)),),
    measure=measure,
    instances=(families.prime_orders, families.next_prime),
    spaces=(spaces.orders,),
    proof=steps.MINORS_PROOF,
    basis="all_parameters",
    promised=5,
    mutants=(Mutant("one of them vanishes", then=(Claim("one less", nonzero_minors <= minors - 1),)),),
    does_not_claim="For composite orders a minor that is not proved to be nonzero need not be zero.",
)

meshulam = Theorem(
    "frequency_bias.meshulam",
    title="Meshulam's bound: between divisors of N the least spectrum falls at most linearly",
    source=Source("Meshulam 2006", "An uncertainty inequality for finite abelian groups", "recalled"),
    given=(Claim("the signal is not zero", support >= 1),),
    then=(Claim("nonzero frequencies", spectrum >= divisor_factor * meshulam_bound),),
    measure=measure,
    instances=SIGNALS,
    spaces=SPACES,
    proof=steps.MESHULAM_PROOF,
    expected="proved",
    promised=80,
    mutants=(
        Mutant("rounded up to a divisor", then=(Claim("divisors only", spectrum >= divisor_bound),)),
        Mutant("one more", then=(Claim("one more", spectrum >= meshulam_bound + 1),)),
    ),
    does_not_claim="The bound is not attained for every size, see `sparsest_pairs`.",
)

sparsest_pairs = Proposition(
    "frequency_bias.sparsest_pairs",
    title="The least number of nonzero frequencies of a signal on k sites, exactly",
    source=Source("derived for this library", "all choices of sites; ranks modulo a prime, exact witnesses", "derived"),
    given=(Claim("small N", N <= 12),),
    then=(
        Claim("a signal attains the bound", Eq(sparsest_found, sparsest)),
        Claim("Meshulam's bound, rounded up, is below", sparsest >= meshulam_least),
    ),
    measure=measure,
    instances=(families.support_tables,),
    spaces=(spaces.supports,),
    proof=steps.PAIRS_PROOF,
    promised=30,
    mutants=(Mutant("Meshulam's bound is attained", then=(Claim("attained", sparsest <= meshulam_least),)),),
    does_not_claim="Only N up to 12 are gone through.",
)

concentration = Theorem(
    "frequency_bias.concentration",
    title="Signals nearly limited to T and to B need |T| |B| >= N (1 - e_T - e_B)^2",
    source=Source("Donoho, Stark 1989", "Theorem 3", "recalled"),
    given=(Claim("little energy outside", sqrt(off_sites) + sqrt(off_band) <= 1),),
    then=(
        Claim("sizes", site_count * M >= size_factor * N * (1 - sqrt(off_sites) - sqrt(off_band)) ** 2),
    ),
    measure=measure,
    instances=(families.windows, families.shares),
    spaces=(spaces.shares,),
    proof=steps.CONCENTRATION_PROOF,
    promised=10,
    mutants=(
        Mutant("without the square root of N",
               then=(Claim("N^2", site_count * M >= N**2 * (1 - sqrt(off_sites) - sqrt(off_band)) ** 2),)),
        Mutant("energies instead of lengths",
               then=(Claim("squares", site_count * M >= 4 * N * (1 - off_sites - off_band) ** 2),)),
    ),
    does_not_claim="The bound is far from sharp; `slepian` is sharp.",
)  # fmt: skip

slepian = Theorem(
    "frequency_bias.slepian",
    title="arccos a + arccos b >= arccos |P_B P_T|: shares on T and in B exclude each other",
    source=Source("Landau, Pollak 1961; Slepian 1978", "finite form", "recalled"),
    given=(real_band,),
    then=(Claim("a b - sqrt((1 - a^2)(1 - b^2)) <= |P_B P_T|", LENGTHS <= angle_factor * sqrt(pair_bound)),),
    measure=measure,
    instances=(families.windows, families.shares),
    spaces=(spaces.shares,),
    proof=steps.SLEPIAN_PROOF,
    promised=30,
    mutants=(
        Mutant("the eigenvalue instead of its root", then=(Claim("lambda", LENGTHS <= pair_bound),)),
        Mutant("one part in a million less",
               then=(Claim("less", LENGTHS <= sqrt(pair_bound * (1 - Rational(1, 10**6)))),)),
    ),
    does_not_claim="Bands that are not symmetric have a smaller constant for real signals.",
)  # fmt: skip

entropy = Theorem(
    "frequency_bias.entropy",
    title="The entropies of |x|^2 and |x^|^2 add up to at least log N",
    source=Source("Maassen, Uffink 1988", "finite Fourier transform", "recalled"),
    given=(Claim("the signal is not zero", support >= 1),),
    then=(Claim("sum of entropies", site_entropy + spectrum_entropy >= entropy_factor * log_sites),),
    measure=measure,
    instances=(families.null_vectors, families.random_signals, families.sparse),
    spaces=SPACES,
    proof=steps.ENTROPY_PROOF,
    expected="proved",
    promised=50,
    mutants=(
        Mutant("half more", then=(Claim("3/2", site_entropy + spectrum_entropy >= log_sites * Rational(3, 2)),)),
        Mutant("one entropy is enough", then=(Claim("sites alone", site_entropy >= log_sites),)),
    ),
    does_not_claim="At equality, on cosets, balls cannot decide; `entropy_of_cosets` checks that to fifteen digits.",
)

entropy_of_cosets = Proposition(
    "frequency_bias.entropy_of_cosets",
    title="On modulated cosets the entropies add up to log N",
    source=Source("Maassen, Uffink 1988", "equality", "recalled"),
    given=(Claim("equality of supports", Eq(support * spectrum, N)),),
    then=(
        Claim("not more", site_entropy + spectrum_entropy <= log_sites + Rational(1, 10**15)),
        Claim("not less", site_entropy + spectrum_entropy >= log_sites - Rational(1, 10**15)),
    ),
    measure=measure,
    instances=(families.modulated_cosets, families.cosets),
    spaces=(spaces.cosets,),
    proof=steps.COSET_ENTROPY_PROOF,
    promised=10,
    mutants=(Mutant("for all signals", without="equality of supports", known_false=False),
             Mutant("half of it", then=(Claim("half", site_entropy + spectrum_entropy <= log_sites / 2),))),
    does_not_claim="That no other signals reach log N is known and not checked.",
)  # fmt: skip

STATEMENTS = (
    donoho_stark, equality, tao, tao_attained, chebotarev, meshulam, sparsest_pairs, concentration, slepian, entropy,
    entropy_of_cosets,
)  # fmt: skip
