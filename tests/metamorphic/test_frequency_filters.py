"""What must not change what is measured on a circle: scale, reversal, shifts, modulation, units of Z_N; verdicts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from constructions.frequency_bias import FrequencyInstance, consecutive_band, low_band
from constructions.instance import Draw, exact_array, fractions_of
from theorems.engine.library import statements
from theorems.statement import judge
from verifiers.frequency_bias import measure
from verifiers.verdict import Holds, HypothesisFailed, Refuted, Undecided, Unsupported

TAPS = [3, -1, 4, 1, -5]
BY_NAME = {statement.id.split(".")[1]: statement for statement in statements("frequency_bias")}


def share(name: str = "band_share", **parts) -> float:
    return float(measure(FrequencyInstance(**parts))[name].value)


def test_shares_do_not_depend_on_scale_reversal_or_sign() -> None:
    base = share(length=20, taps=TAPS, band=low_band(20, 3))
    scaled = exact_array([Fraction(x, 7) for x in TAPS])
    for taps in (scaled, TAPS[::-1], [-x for x in TAPS], [0, *TAPS]):
        assert share(length=20, taps=taps, band=low_band(20, 3)) == pytest.approx(base, abs=1e-15)


def test_signs_move_the_band_by_half_of_the_circle() -> None:
    moved = [x * (-1) ** k for k, x in enumerate(TAPS)]
    band = np.sort((low_band(20, 3) + 10) % 20)
    parts = {"length": 20, "taps": moved, "band": band}
    assert share(**parts) == pytest.approx(share(length=20, taps=TAPS, band=low_band(20, 3)), abs=1e-15)
    for name in ("lam", "real_bound"):
        assert share(name, **parts) == pytest.approx(share(name, length=20, taps=TAPS, band=low_band(20, 3)), abs=1e-15)


def test_band_and_complement_share_all_energy() -> None:
    band = low_band(20, 3)
    outside = [d for d in range(20) if d not in set(band.tolist())]
    parts = {"length": 20, "taps": TAPS}
    assert share(band=band, **parts) + share(band=outside, **parts) == pytest.approx(1, abs=1e-15)
    assert share("outside_share", band=band, **parts) == pytest.approx(share(band=outside, **parts), abs=1e-15)


def test_lambda_does_not_depend_on_where_the_band_starts() -> None:
    values = {share("lam", length=21, kernel=4, band=consecutive_band(21, start, 6)) for start in range(21)}
    assert len(values) == 1


@pytest.mark.parametrize("unit", [5, 7, 11])
def test_supports_do_not_depend_on_shift_or_unit(unit) -> None:
    signal = np.array([1, 0, 2, 0, 0, -1, 0, 0, 1, 0, 0, 0])
    moved = np.roll(signal[unit * np.arange(12) % 12], 5)
    for name in ("support", "spectrum", "meshulam_bound"):
        assert share(name, length=12, signal=signal) == share(name, length=12, signal=moved)


def test_half_width_does_not_depend_on_scale_or_mirror() -> None:
    base = share("half_width", length=20, taps=TAPS, band=[0])
    for taps in ([2 * x for x in TAPS], TAPS[::-1], [x * (-1) ** k for k, x in enumerate(TAPS)]):
        assert share("half_width", length=20, taps=taps, band=[0]) == pytest.approx(base, abs=1e-12)


def test_half_width_against_a_fine_grid() -> None:
    angles = np.linspace(0, np.pi, 200_001)
    gain = np.abs(np.polyval(TAPS[::-1], np.exp(-1j * angles))) ** 2
    peak = angles[np.argmax(gain)]
    distance = np.min(np.abs(angles[gain <= gain.max() / 2] - peak))
    assert share("half_width", length=20, taps=TAPS, band=[0]) == pytest.approx(distance / (2 * np.pi), abs=1e-5)


@pytest.mark.parametrize(("name", "parts", "verdict"), [
    ("filter_bound", {"length": 16, "taps": [1, 2, 1], "band": low_band(16, 2)}, Holds),
    ("filter_bound", {"length": 16, "taps": [1, 1], "band": low_band(16, 2)}, Undecided),
    ("filter_bound", {"length": 16, "taps": [0, 0], "band": low_band(16, 2)}, HypothesisFailed),
    ("filter_bound", {"length": 16, "taps": [1, 1], "band": [1, 3]}, HypothesisFailed),
    ("filter_bound", {"length": 16, "signal": [1] * 16}, Unsupported),
    ("conjecture_layers_obey_one", {"length": 64, "taps": [[1, 1]] * 4, "band": low_band(64, 4)}, Refuted),
    ("donoho_stark", {"length": 6, "signal": [0] * 6}, HypothesisFailed),
    ("meshulam", {"length": 6, "signal": [0, 1, 0, 0, 1, 0]}, Holds),
    ("limited", {"length": 8, "kernel": 3, "band": [0, 1], "signal": [1] * 8}, HypothesisFailed),
    ("half_power", {"length": 8, "taps": [1, 0, 1]}, Undecided),
    ("half_power", {"length": 8, "taps": [1, 0, 2]}, Holds),
])  # fmt: skip
def test_every_kind_of_verdict(name, parts, verdict) -> None:
    row = judge(BY_NAME[name], Draw(FrequencyInstance(**parts), "structured", "by hand"))
    assert isinstance(row.verdict, verdict), row.verdict


def test_false_claims_about_limits_fail_exactly() -> None:
    """A signal that is not limited to the band must be seen, tap by tap and frequency by frequency."""
    table = np.zeros((8, 8), dtype=np.int64)
    table[0, 0] = table[4, 0] = 1
    instance = FrequencyInstance(length=8, kernel=4, band=consecutive_band(8, 0, 5), signal=table)
    found = measure(instance)
    assert int(found["sites_outside"].value) == 1 and int(found["spectrum_outside"].value) == 1
    assert isinstance(judge(BY_NAME["limited"], Draw(instance, "structured", "by hand")).verdict, Refuted)


def test_exact_parts_are_read_exactly() -> None:
    instance = FrequencyInstance(length=9, taps=exact_array(["1/3", "1/7"]), band=[0])
    assert fractions_of(instance.taps).tolist() == [Fraction(1, 3), Fraction(1, 7)]
    assert float(measure(instance)["energy"].value) == float(Fraction(1, 9) + Fraction(1, 49))
