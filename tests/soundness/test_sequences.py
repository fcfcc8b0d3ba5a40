"""Bounds on probabilities: exact where formulas are known, valid under adversarial stopping, refusing nonsense."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from math import comb

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import betaln
from scipy.stats import binom

from verifiers.probability import CONFIDENCE, clopper_pearson
from verifiers.sequences import JEFFREYS, anytime_interval

UNIFORM = (Fraction(1), Fraction(1))
SPACING = 2.0**-52
"""float64 numbers below 1 lie half this far apart, so no end of an interval can be closer to what it should be."""
EXTREME = [(0, 10**9), (1, 10**9), (10**9 // 2, 10**9), (10**9 - 1, 10**9), (10**9, 10**9), (123, 10**12)]


@st.composite
def counts(draw, largest=10**6):
    trials = draw(st.integers(1, largest))
    return draw(st.integers(0, trials)), trials


def uniform_mixture(s: int, n: int, p: Fraction) -> Fraction:
    """The mixture with uniform prior, exactly: integrating the likelihood gives 1/((n + 1) C(n, s))."""
    return 1 / ((n + 1) * comb(n, s) * p**s * (1 - p) ** (n - s))


@given(counts(largest=60), st.sampled_from([0.5, 0.9, 0.99, CONFIDENCE]))
@example((0, 1), CONFIDENCE)
@example((60, 60), 0.9)
def test_ends_are_outside_and_just_inside_them_is_inside_in_exact_arithmetic(pair, confidence):
    s, n = pair
    limit = 1 / (1 - Fraction(confidence))
    lower, upper = anytime_interval(s, n, confidence, UNIFORM)
    assert (lower == 0) == (s == 0) and (upper == 1) == (s == n)
    if s > 0:
        assert uniform_mixture(s, n, Fraction(lower)) >= limit
        assert uniform_mixture(s, n, Fraction(lower) * (1 + Fraction(1, 10**9))) < limit
    if s < n:
        assert uniform_mixture(s, n, Fraction(upper)) >= limit
        assert uniform_mixture(s, n, Fraction(upper) - max((1 - Fraction(upper)) / 10**9, Fraction(SPACING))) < limit


@pytest.mark.parametrize(("s", "n"), [*EXTREME, (3, 7), (999, 1000), (5, 10**5)])
@pytest.mark.parametrize("prior", [JEFFREYS, (2, 5)])
def test_ends_agree_with_beta_functions_in_high_precision(s, n, prior):
    a, b = (mpmath.mpf(Fraction(x).numerator) / Fraction(x).denominator for x in prior)
    with mpmath.workdps(80):

        def log_mixture(p):
            f = n - s
            beta = mpmath.loggamma(a + s) + mpmath.loggamma(b + f) - mpmath.loggamma(a + b + n)
            beta -= mpmath.log(mpmath.beta(a, b))
            return beta - (s * mpmath.log(p) if s else 0) - (f * mpmath.log1p(-p) if f else 0)

        limit = -mpmath.log(1 - mpmath.mpf(CONFIDENCE))
        lower, upper = anytime_interval(s, n, prior=prior)
        assert lower <= s / n <= upper
        if s > 0:
            p = mpmath.mpf(lower)
            assert log_mixture(p) >= limit > log_mixture(p + max(min(p, 1 - p) / 10**6, p * SPACING))
        if s < n and upper < 1:
            p = mpmath.mpf(upper)
            assert log_mixture(p) >= limit > log_mixture(p - max(min(p, 1 - p) / 10**6, SPACING))


def test_without_trials_nothing_is_known():
    assert anytime_interval(0, 0) == (0.0, 1.0)


@given(counts())
def test_a_success_raises_both_ends_and_a_failure_lowers_them(pair):
    s, n = pair
    lower, upper = anytime_interval(s, n)
    assert 0 <= lower <= s / n <= upper <= 1
    better, worse = anytime_interval(s + 1, n + 1), anytime_interval(s, n + 1)
    assert better[0] >= lower and better[1] >= upper
    assert worse[0] <= lower and worse[1] <= upper


@given(counts(largest=10**9))
def test_exchanging_successes_and_failures_mirrors_the_interval(pair):
    s, n = pair
    lower, upper = anytime_interval(s, n)
    mirrored = anytime_interval(n - s, n)
    assert mirrored == pytest.approx((1 - upper, 1 - lower), rel=1e-6, abs=1e-15)


@given(counts(), st.floats(0.5, 0.999999))
def test_more_confidence_is_wider(pair, confidence):
    narrow = anytime_interval(*pair, confidence)
    wide = anytime_interval(*pair, 1 - (1 - confidence) / 2)
    assert wide[0] <= narrow[0] and narrow[1] <= wide[1]


@pytest.mark.parametrize(
    ("successes", "trials"), [(-1, 5), (6, 5), (0, -1), (math.nan, 5), (2, math.nan), (2.0, 5), (2, 5.5), ("2", 5)]
)
def test_what_are_no_counts_is_refused(successes, trials):
    with pytest.raises(ValueError, match="successes in"):
        anytime_interval(successes, trials)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_what_is_no_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence is"):
        anytime_interval(1, 2, confidence)


@pytest.mark.parametrize("prior", [(0, 1), (1, -1), (math.nan, 1), (math.inf, 1)])
def test_what_is_no_prior_is_refused(prior):
    with pytest.raises(ValueError, match="prior is"):
        anytime_interval(1, 2, prior=prior)


def test_an_interval_takes_less_than_a_millisecond():
    anytime_interval(1, 3)
    times = []
    for s, n in [*EXTREME, *((k * 37, 2000) for k in range(50))]:
        start = time.perf_counter()
        anytime_interval(s, n)
        times.append(time.perf_counter() - start)
    assert sorted(times)[len(times) // 2] < 1e-3


@given(counts(largest=200), st.sampled_from([0.9, CONFIDENCE]))
@example((1, 1), CONFIDENCE)
def test_clopper_pearson_spends_at_most_its_tails_exactly(pair, confidence):
    s, n = pair
    tail = (1 - Fraction(confidence)) / 2
    lower, upper = (Fraction(end) for end in clopper_pearson(s, n, confidence))

    def probability(p, values):
        return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in values)

    if s > 0:
        assert tail * (1 - Fraction(1, 10**5)) < probability(lower, range(s, n + 1)) <= tail
    if s < n:
        assert probability(upper, range(s + 1)) <= tail


@pytest.mark.parametrize(("s", "n"), EXTREME)
def test_clopper_pearson_stays_outside_at_extreme_counts(s, n):
    lower, upper = clopper_pearson(s, n)
    with_bits, flint.ctx.prec = flint.ctx.prec, 256
    try:
        tail = flint.arb(1 - CONFIDENCE) / 2
        one = flint.arb(1)
        if s > 0:
            assert flint.arb(lower).beta_lower(flint.arb(s), flint.arb(n - s + 1), regularized=True) <= tail
        if s < n:
            assert (one - flint.arb(upper)).beta_lower(flint.arb(n - s), flint.arb(s + 1), regularized=True) <= tail
    finally:
        flint.ctx.prec = with_bits
    assert 0 <= lower <= s / n <= upper <= 1


# --- coverage under adversarial stopping -----------------------------------------------------------------------------

ALPHA, PATHS, STEPS = 0.05, 2000, 2000
TRUTHS = (0.001, 0.01, 0.05, 0.1, 0.15, 0.2, 0.24, 0.3, 0.4, 0.45)
TRUTHS += tuple(round(1 - p, 3) for p in TRUTHS)
SLACK = binom.isf(1e-6, PATHS, ALPHA)
"""More exclusions than this among `PATHS` occur with probability 1e-6 if each has probability at most `ALPHA`."""


@pytest.fixture(scope="module")
def mixture():
    """log of the Jeffreys mixture over the binomial likelihood's p-part, (n, s), -inf where s > n."""
    n, s = np.mgrid[0 : STEPS + 1, 0 : STEPS + 1]
    with np.errstate(invalid="ignore"):
        value = betaln(0.5 + s, 0.5 + n - s) - betaln(0.5, 0.5)
    return np.where(s <= n, value, -np.inf)


def paths(p, seed=0):
    """Numbers of successes (PATHS, STEPS) after 1, 2, ... trials of success probability p."""
    generator = np.random.default_rng([seed, int(p * 1000)])
    return np.cumsum(generator.random((PATHS, STEPS)) < p, axis=1)


def mixture_range(mixture, p):
    """Smallest and largest number of successes after n = 1, 2, ... trials at which the mixture keeps p."""
    n, s = np.mgrid[0 : STEPS + 1, 0 : STEPS + 1]
    kept = (mixture - s * math.log(p) - (n - s) * math.log1p(-p) < -math.log(ALPHA)) & (s <= n)
    return kept.argmax(axis=1)[1:], STEPS - kept[:, ::-1].argmax(axis=1)[1:]


def clopper_range(p):
    """The same for Clopper and Pearson: p is kept where neither binomial tail is below ALPHA / 2."""
    n = np.arange(1, STEPS + 1)
    return binom.ppf(ALPHA / 2, n, p).astype(int), binom.ppf(1 - ALPHA / 2, n, p).astype(int)


def ever_excluded(counts, low, high):
    """How many paths ever leave the range: whoever may stop when the interval excludes the truth stops there."""
    return int(np.any((counts < low) | (counts > high), axis=1).sum())


@pytest.mark.parametrize("p", TRUTHS)
def test_the_truth_is_excluded_at_some_time_in_at_most_alpha_of_all_runs(mixture, p):
    low, high = mixture_range(mixture, p)
    assert ever_excluded(paths(p), low, high) <= SLACK
    for n in (1, 2, 3, 10, 57, 300, 1999):  # the formula above is the interval of the library
        for s in {low[n - 1] - 1, low[n - 1], high[n - 1], high[n - 1] + 1} & set(range(n + 1)):
            lower, upper = anytime_interval(int(s), n, 1 - ALPHA)
            assert (lower < p < upper) == (low[n - 1] <= s <= high[n - 1]), (n, s)


@pytest.mark.parametrize("p", [p for p in TRUTHS if 0.01 <= p <= 0.99])
def test_clopper_pearson_excludes_the_truth_far_too_often_under_the_same_stopping(p):
    """So the test above tells a sequence from an interval; at one fixed sample size Clopper and Pearson are right."""
    low, high = clopper_range(p)
    counts = paths(p)
    assert ever_excluded(counts, low, high) > 3 * SLACK
    assert np.sum((counts[:, -1] < low[-1]) | (counts[:, -1] > high[-1])) <= SLACK
    for s in {low[-1] - 1, low[-1], high[-1], high[-1] + 1} & set(range(STEPS + 1)):
        lower, upper = clopper_pearson(int(s), STEPS, 1 - ALPHA)
        assert (lower < p < upper) == (low[-1] <= s <= high[-1])


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.02, 0.3, 0.5, 0.97]))
def test_a_single_watched_run_keeps_the_truth(seed, p):
    """At the library's confidence, with its own function, one run of 300 looks: excluded once in a million."""
    counts = np.cumsum(np.random.default_rng(seed).random(300) < p)
    for n in range(1, 301, 13):
        lower, upper = anytime_interval(int(counts[n - 1]), n)
        assert lower < p < upper
