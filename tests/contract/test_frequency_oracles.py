"""Reference values of frequency_bias: shares, boundaries, supports, minors, prices; independent second methods."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from constructions.frequency_bias import FrequencyInstance, bands, consecutive_band, filters, low_band, signals, spaces
from constructions.frequency_bias import cyclotomic as exact_signals
from constructions.frequency_bias.transform import band_share, centroid, convolve, high_share, mirrored, unitary
from constructions.instance import InvalidInstance, fractions_of
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.frequency_bias import measure
from verifiers.frequency_bias.cyclotomic import coefficient_table, nonzero_frequencies, nonzero_sites
from verifiers.frequency_bias.minors import minors_to_check, proved_minors, sparsest
from verifiers.frequency_bias.prolate import concentration, prolate
from verifiers.frequency_bias.quantities_signal import meshulam
from verifiers.frequency_bias.shares import band_share_bound, plane_share_bound, prolate_share, value_of
from verifiers.frequency_bias.top_filter import commutator, top_filter

SHARES = {
    (32, 2, 9): 0.527702575400, (32, 3, 9): 0.717081046498, (32, 5, 9): 0.921853963351, (16, 3, 5): 0.772133296231,
    (64, 5, 9): 0.622080204303, (64, 9, 9): 0.882594811647, (128, 9, 17): 0.860034265319,
    (1024, 9, 65): 0.524629092301,
}  # fmt: skip
LEAST = {
    6: (6, 3, 2, 2, 2, 1),
    8: (8, 4, 4, 2, 2, 2, 2, 1),
    9: (9, 6, 3, 3, 3, 2, 2, 2, 1),
    10: (10, 5, 5, 4, 2, 2, 2, 2, 2, 1),
}
MINORS = {5: 17, 7: 262, 11: 60_626}


def number(value) -> float:
    return float(value.mid()) if hasattr(value, "mid") else float(value)


def dense(sites: int, taps: int, band: np.ndarray) -> float:
    """The largest eigenvalue of the complex band matrix in float64: a second way to lambda."""
    difference = np.subtract.outer(np.arange(taps), np.arange(taps))
    matrix = np.exp(2j * np.pi * difference[..., None] * np.asarray(band) / sites).sum(axis=-1) / sites
    return float(np.linalg.eigvalsh(matrix)[-1])


@pytest.mark.parametrize(("sizes", "value"), SHARES.items())
def test_largest_shares(sizes, value) -> None:
    found = prolate(*sizes)
    assert number(found.value) == pytest.approx(value, abs=5e-13)
    assert found.lower <= found.upper and float((found.upper - found.lower).upper()) < 1e-18
    assert found.short + found.lower >= 1 - arithmetic.balls(1e-18)[()]
    inside, outside = concentration(*sizes)
    assert inside == pytest.approx(value, abs=5e-13) and inside + outside == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("sites", [5, 8, 11])
def test_shares_agree_with_dense_eigenvalues(sites) -> None:
    for taps, size in product(range(1, sites + 1), repeat=2):
        start = (taps * size) % sites
        expected = dense(sites, taps, consecutive_band(sites, start, size))
        assert number(value_of(prolate_share(sites, taps, size))) == pytest.approx(expected, abs=1e-12)


def test_boundary() -> None:
    assert number(value_of(prolate_share(12, 5, 7))) == pytest.approx(0.99991255, abs=5e-9)
    assert prolate_share(12, 6, 7) == 1 == prolate_share(12, 5, 8)
    found = spaces.zeros.build(n=12, k=6, m=7, start=0)
    table = coefficient_table(fractions_of(found.signal))
    assert set(np.flatnonzero(nonzero_frequencies(table)).tolist()) == set(range(7))
    assert np.flatnonzero(nonzero_sites(table)).tolist() == list(range(6))


def test_one_minus_lambda_keeps_its_relative_accuracy() -> None:
    """Summed outside of the band in float64, against balls; the formula of Fuchs is near and no bound."""
    for sizes in ((4096, 65, 257), (300, 40, 41), (64, 9, 25)):
        assert concentration(*sizes)[1] == pytest.approx(number(prolate(*sizes).short), rel=1e-11)
    assert concentration(4096, 65, 257)[1] == pytest.approx(4.4454e-5, abs=5e-10)
    assert number(prolate(64, 20, 40).short) == pytest.approx(4.92814158e-22, rel=1e-8)


def test_a_hundred_thousand_taps() -> None:
    """Against 256 times fewer taps and sites: 1 - lambda depends on K M/N up to the order of the square of M/N."""
    small, large = concentration(4096, 1024, 21), concentration(400_000, 100_000, 21)
    assert 0 < large[1] < 1e-5 and large[1] == pytest.approx(small[1], rel=1e-2)
    assert small[1] == pytest.approx(number(prolate(4096, 21, 1024).short), rel=1e-10)


@pytest.mark.parametrize(("centre", "value"), [(8, 0.7074217340), (16, 0.7170810465), (0, 0.6220802043),
                                               (32, 0.6220802043)])  # fmt: skip
def test_pairs_of_bands(centre, value) -> None:
    band = tuple(sorted({(sign * centre + d) % 64 for sign in (1, -1) for d in range(-4, 5)}))
    assert number(value_of(band_share_bound(64, 5, band))) == pytest.approx(value, abs=5e-11)


def test_bands_that_are_not_symmetric_are_worth_less_to_real_filters() -> None:
    assert number(band_share_bound(32, 3, (1, 2, 3)).value) == pytest.approx(0.250161155, abs=1e-9)
    assert number(prolate(32, 3, 3).value) == pytest.approx(0.276487255, abs=1e-9)
    with pytest.raises(InvalidInstance, match="need B = -B"):
        FrequencyInstance(length=32, band=[1, 2, 3]).require_real_band()


@pytest.mark.parametrize(("radius", "taps", "value"), [(4, 3, 0.353690), (4, 5, 0.692337), (8, 3, 0.839474),
                                                        (8, 5, 0.988225)])  # fmt: skip
def test_discs_on_a_torus(radius, taps, value) -> None:
    sizes = np.minimum(np.arange(32), 32 - np.arange(32))
    band = tuple((a, b) for a in range(32) for b in range(32) if sizes[a] ** 2 + sizes[b] ** 2 <= radius**2)
    assert number(plane_share_bound((32, 32), (taps, taps), band).value) == pytest.approx(value, abs=5e-7)


@pytest.mark.parametrize("sites", LEAST)
def test_sparsest_pairs(sites) -> None:
    """Lower bounds by ranks modulo a prime; every value is attained by a signal counted exactly."""
    for k, value in enumerate(LEAST[sites], start=1):
        found, places, zeros = sparsest(sites, k)
        assert found == value
        table = coefficient_table(fractions_of(exact_signals.null_vector(sites, places, zeros)))
        assert nonzero_sites(table).sum() <= k and nonzero_frequencies(table).sum() == value
        least = min(meshulam(sites, j) for j in range(1, k + 1))
        gap = value - -(-least.numerator // least.denominator)
        assert gap == ((sites, k) in {(8, 3), (10, 3), (10, 4)})


def test_the_witness_on_ten_sites() -> None:
    table = coefficient_table(fractions_of(exact_signals.null_vector(10, [0, 1, 5, 6], [0, 1, 2, 4, 6, 8])))
    assert np.flatnonzero(~nonzero_frequencies(table)).tolist() == [0, 1, 2, 4, 6, 8]


@pytest.mark.parametrize("p", MINORS)
def test_no_minor_of_prime_order_vanishes(p) -> None:
    assert proved_minors(p) == (MINORS[p], None) and minors_to_check(p) == MINORS[p]


@pytest.mark.slow
def test_no_minor_of_order_thirteen_vanishes_and_twelve_sites() -> None:
    assert proved_minors(13) == (925_190, None)
    assert [sparsest(12, k)[0] for k in range(1, 13)] == [12, 6, 4, 3, 3, 2, 2, 2, 2, 2, 2, 1]


def test_composite_orders_have_vanishing_minors() -> None:
    """Rows {0, 2} and columns {0, 2} of order 4 are two equal rows: the count must notice."""
    assert proved_minors(4) == (minors_to_check(4) - 1, ((0, 2), (0, 2)))
    assert float(measure(FrequencyInstance(length=4))["nonzero_minors"].value) == minors_to_check(4) - 1


def test_modular_and_float_zeros_agree() -> None:
    generator = np.random.default_rng(0)
    for sites in (4, 6, 9, 12):
        for _ in range(30):
            signal = generator.integers(-1, 2, sites)
            table = coefficient_table(fractions_of(signal))
            assert np.array_equal(nonzero_frequencies(table), np.abs(np.fft.fft(signal)) > 1e-9)


def test_tight_pairs_for_prime_orders() -> None:
    """Every k sites and k - 1 zeros: the null vector is unique, and its supports add up to p + 1."""
    for p in (5, 7):
        for k in range(1, p):
            for places in list(combinations(range(p), k))[:6]:
                table = coefficient_table(fractions_of(exact_signals.null_vector(p, places, range(k - 1))))
                assert nonzero_sites(table).sum() + nonzero_frequencies(table).sum() == p + 1


@pytest.mark.parametrize(("sizes", "value"), [((32, 3, 2), 1.49809442), ((32, 5, 2), 1.21710730),
                                              ((32, 9, 4), 1.00140208)])  # fmt: skip
def test_price_of_band_limitation(sizes, value) -> None:
    sites, taps, half_width = sizes
    band = low_band(sites, half_width)
    own, readouts = filters.cheapest_net(filters.prolate_taps(sites, taps, len(band)), sites, band)
    found = measure(FrequencyInstance(length=sites, filters=own, readouts=readouts, band=band))
    full_width = float(found["full_sum"].value) / np.sqrt(sites)
    assert float(found["net_cost"].value) / full_width == pytest.approx(value, abs=5e-9)
    assert float(found["kernel_bound"].value) ** -0.5 == pytest.approx(value, abs=5e-9)


def test_compositions_reach_what_layers_cannot() -> None:
    for taps, depth in ((3, 4), (5, 2)):
        found = measure(FrequencyInstance(length=64, kernel=taps, depth=depth, band=low_band(64, 4)))
        assert float(found["composition_share"].value) == pytest.approx(0.8825948116, abs=5e-11)
    power = measure(FrequencyInstance(length=64, taps=[[1, 1], [1, 1]], band=low_band(64, 4)))
    assert float(power["band_share"].value) == pytest.approx(0.36323334, abs=5e-9)
    assert float(power["lam"].value) == pytest.approx(0.40440058, abs=5e-9)


def test_the_sign_of_the_tridiagonal_matters() -> None:
    for sizes in ((32, 5, 9), (15, 4, 4)):
        plus, minus = (max(abs(float(x)) for row in commutator(*sizes, sign) for x in row) for sign in (1, -1))
        assert minus < 1e-30 and plus > 1e-3


def test_the_top_filter_is_the_top_eigenvector_of_the_band_matrix() -> None:
    for sites, taps, size in ((12, 5, 7), (31, 6, 4), (20, 3, 17), (9, 4, 5)):
        lags = np.array([size / sites, *(np.sin(np.pi * size * m / sites) / (sites * np.sin(np.pi * m / sites))
                                         for m in range(1, taps))])  # fmt: skip
        rows = np.arange(taps)
        vector = np.linalg.eigh(lags[np.abs(rows[:, None] - rows)])[1][:, -1]
        own = np.array([float(x.mid()) for x in top_filter(sites, taps, size).taps])
        assert own / np.linalg.norm(own) == pytest.approx(np.abs(vector), abs=1e-9)


def test_comb_has_the_entropy_of_twelve() -> None:
    found = measure(FrequencyInstance(length=12, signal=signals.comb(12, 3)))
    assert float(found["site_entropy"].value + found["spectrum_entropy"].value) == pytest.approx(2.48490665, abs=5e-9)
    with pytest.raises(InvalidInstance, match="does not divide"):
        signals.comb(12, 5)


def test_one_convention_of_the_transform() -> None:
    generator = np.random.default_rng(1)
    taps, signal = generator.normal(size=4), generator.normal(size=16)
    assert np.sum(np.abs(unitary(signal)) ** 2) == pytest.approx(np.sum(signal**2))
    direct = [sum(taps[k] * signal[(m - k) % 16] for k in range(4)) for m in range(16)]
    assert convolve(taps, signal) == pytest.approx(direct)
    assert filters.circulant(taps, 16) @ signal == pytest.approx(direct)
    assert float(high_share(signal) + high_share(mirrored(signal))) == pytest.approx(1)
    assert float(high_share(signals.tone(16, 4))) == pytest.approx(0.5)
    assert float(centroid(signals.tone(16, 3))) == pytest.approx(3 / 8)
    padded = signals.padded(taps, 16)
    band = low_band(16, 2)
    exact = FrequencyInstance(length=16, taps=taps, band=band)
    assert float(measure(exact)["band_share"].value) == pytest.approx(float(band_share(padded, band)), abs=1e-14)


def test_bands() -> None:
    assert low_band(8, 1).tolist() == [0, 1, 7] and consecutive_band(8, 6, 4).tolist() == [0, 1, 6, 7]
    assert bands.is_symmetric(8, low_band(8, 1)) and not bands.is_symmetric(8, consecutive_band(8, 6, 4))
    assert bands.consecutive_start(8, consecutive_band(8, 6, 4)) == 6
    assert bands.consecutive_start(8, np.array([0, 2])) is None
    with pytest.raises(InvalidInstance, match="does not fit"):
        low_band(8, 4)


@pytest.mark.parametrize(("parts", "text"), [
    ({"taps": [1] * 9}, "need K <= N"),
    ({"band": []}, "the band is empty"),
    ({"band": [1, 1]}, "must increase"),
    ({"taps": [1, 2j]}, "complex entries"),
    ({"taps": [1, float("nan")]}, "must be finite"),
    ({"points": np.ones((2, 8)), "labels": [1, 0]}, "must be \\+1 or -1"),
    ({"points": np.ones((2, 8)), "labels": [1]}, "need one point each"),
    ({"signal": [1, 2]}, "has shape"),
    ({"kernel": 0}, "positive integer"),
])  # fmt: skip
def test_what_is_no_instance(parts, text) -> None:
    with pytest.raises(InvalidInstance, match=text):
        FrequencyInstance(length=8, **parts)


def test_zero_filters_and_signals_have_no_shares() -> None:
    found = measure(FrequencyInstance(length=8, taps=[0, 0], band=[0], signal=[0] * 8))
    assert float(found["support"].value) == 0 == float(found["spectrum"].value)
    for name in ("band_share", "meshulam_bound", "site_entropy", "half_width"):
        with pytest.raises(MissingPart):
            found[name]


def test_gradients_of_relu_nets_against_differences() -> None:
    """Exact gradient at a point off the kinks, against a rational difference quotient of the same net."""
    generator = np.random.default_rng(3)
    instance = FrequencyInstance(
        length=10, weights=generator.integers(-4, 5, (2, 2, 2, 3)), signal=generator.integers(-4, 5, 10) * 7 + 1
    )

    def value(signal: list[Fraction]) -> Fraction:
        state = [signal, [Fraction(0)] * 10]
        for layer, weights in enumerate(fractions_of(instance.weights)):
            state = [[sum((weights[c, b, k] * state[b][(m + k) % 10] for b in range(2) for k in range(3)), Fraction(0))
                      for m in range(10)] for c in range(2)]  # fmt: skip
            if layer == 0:
                state = [[max(z, Fraction(0)) for z in row] for row in state]
        return state[0][0]

    from verifiers.frequency_bias.quantities_price import input_gradient

    point = list(fractions_of(instance.signal))
    gradient, step = input_gradient(measure(instance).subject), Fraction(1, 10**6)
    for n in range(10):
        moved = [x + step * (m == n) for m, x in enumerate(point)]
        assert (value(moved) - value(point)) / step == gradient[n]
