"""Quantities of ReLU nets with one local layer, f(x) = sum_c <v_c, relu(u_c corr x)>, in rationals; attacks on tones.

The gradient at x is sum_c u_c * h_c with h_c = v_c where the unit is open, 0 elsewhere. sum_d |grad^_d|^2/q_d is the
least |h|^2 of all h with that gradient, which is a rational number: grad^T A^{-1} grad for the circulant A of
correlations of the filters.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from constructions.frequency_bias import FrequencyInstance
from verifiers import arithmetic
from verifiers.errors import MissingPart, NoCertificate
from verifiers.frequency_bias.margin_spectra import ball_energies, total_energies
from verifiers.frequency_bias.quantities_margin import high_of, on_circle
from verifiers.frequency_bias.subject import CATALOGUE, Subject
from verifiers.quantity import Enclosure, enclose

_measures = CATALOGUE.measures


@lru_cache(maxsize=256)
def open_parts(instance: FrequencyInstance) -> np.ndarray:
    """h (n, C, N) as fractions: readouts where the unit's input is positive. Points on a kink count as closed there."""
    subject = Subject(instance)
    filters, readouts, points = (subject.part(name) for name in ("filters", "readouts", "points"))
    if filters.ndim != 2:
        raise MissingPart("this is measured on a circle, and the instance has a width")
    rows = []
    for x in points:
        before = np.stack([sum(u[k] * np.roll(x, -k) for k in range(len(u))) for u in filters])
        rows.append(readouts * (before > 0).astype(np.int64).astype(object))
    return np.stack(rows)


def gradients(subject: Subject) -> np.ndarray:
    """grad f at every point, fractions (n, N)."""
    filters = subject.part("filters")
    return np.stack([
        sum(filters[c, k] * np.roll(h[c], k) for c in range(len(filters)) for k in range(filters.shape[1]))
        for h in open_parts(subject.instance)
    ])  # fmt: skip


def circulant(filters: np.ndarray, sites: int) -> np.ndarray:
    """A_(m, n) = sum over filters of their correlations at lag m - n: fractions (N, N), eigenvalues q_d."""
    correlations = np.array([Fraction(0)] * sites, dtype=object)
    for u in filters:
        for j, a in enumerate(u):
            for k, b in enumerate(u):
                correlations[(j - k) % sites] += a * b
    index = (np.arange(sites)[:, None] - np.arange(sites)[None, :]) % sites
    return correlations[index]


def least_square(matrix: np.ndarray, vectors: np.ndarray) -> list[Fraction]:
    """g^T A^+ g for the rows g of `vectors`, all in the range of the matrix A >= 0, by elimination in rationals.

    Raises `NoCertificate` if a row is not in the range.
    """
    import flint

    size, count = len(matrix), len(vectors)
    exact = arithmetic.rationals(np.concatenate([matrix, np.stack(list(vectors), axis=1)], axis=1))
    table = exact.tolist()
    reduced, rank = flint.fmpq_mat(table).rref()
    rows = reduced.tolist()
    if any(rows[i][size + s] != 0 for i in range(rank, size) for s in range(count)):
        raise NoCertificate("a gradient is not in the range of the filters, which cannot be")
    out = []
    for s, g in enumerate(vectors):
        solution = [Fraction(0)] * size
        for i in range(rank):
            pivot = next(j for j, entry in enumerate(rows[i]) if entry != 0)
            if pivot >= size:
                raise NoCertificate("a gradient is not in the range of the filters, which cannot be")
            solution[pivot] = arithmetic.to_fraction(rows[i][size + s])
        out.append(sum((Fraction(a) * b for a, b in zip(g, solution, strict=True)), Fraction(0)))
    return out


def _used(subject: Subject) -> list[Fraction]:
    return least_square(circulant(subject.part("filters"), subject.sites), gradients(subject))


@_measures("1", "sum_d |grad^_d|^2/q_d: the least energy of a readout with this gradient", axes=("sample",))
def gain_used(subject: Subject) -> Enclosure:
    return enclose(np.array(_used(subject), dtype=object), ("sample",))


@_measures("1", "the same with unitary transforms of the filters, a factor N too large", axes=("sample",))
def gain_used_unitary(subject: Subject) -> Enclosure:
    return enclose(np.array([subject.sites * used for used in _used(subject)], dtype=object), ("sample",))


@_measures("1", "energy of the open part of the readout at every point", axes=("sample",))
def open_energy(subject: Subject) -> Enclosure:
    parts = open_parts(subject.instance)
    energies = [sum((entry**2 for entry in h.reshape(-1)), Fraction(0)) for h in parts]
    return enclose(np.array(energies, dtype=object), ("sample",))


@_measures("1", "energy of the readout, |V|^2")
def readout_energy(subject: Subject) -> Enclosure:
    return enclose(sum((entry**2 for entry in subject.part("readouts").reshape(-1)), Fraction(0)))


@_measures("units", "number of closed units at every point", axes=("sample",))
def closed_units(subject: Subject) -> Enclosure:
    parts, readouts = open_parts(subject.instance), subject.part("readouts")
    if np.any(readouts == 0):
        raise MissingPart("a readout entry is zero, so open and closed units cannot be told apart")
    return enclose(np.sum(parts == 0, axis=(1, 2)), ("sample",))


@_measures("filters", "number C of filters of the net", name="C")
def filter_count(subject: Subject) -> Enclosure:
    return enclose(len(subject.part("filters")))


@_measures("1", "smallest gain q_d of the filters over all frequencies")
def least_gain(subject: Subject) -> Enclosure:
    return enclose(reduce_minimum(_filter_gains(subject)))


def reduce_minimum(balls: np.ndarray) -> Any:
    """Minimum of an array of balls."""
    best = balls[0]
    for ball in balls[1:]:
        best = arithmetic.minimum(best, ball)[()]
    return best


def _filter_gains(subject: Subject) -> np.ndarray:
    filters, sites = subject.part("filters"), subject.sites
    padded = np.array([[*u, *[Fraction(0)] * (sites - len(u))] for u in filters], dtype=object)
    return total_energies(padded) * sites


@_measures("1", "share of the filters' gain inside of the band: sum_B q_d/sum_d q_d")
def gain_inside(subject: Subject) -> Enclosure:
    if subject.kernel == 1 or len(subject.band) == subject.sites:
        return enclose(Fraction(len(subject.band), subject.sites))
    gains = _filter_gains(subject)
    return enclose(gains[list(subject.band)].sum() / gains.sum())


def _signs(subject: Subject) -> np.ndarray:
    return np.array([Fraction((x > 0) - (x < 0)) for x in on_circle(subject, "predictor")], dtype=object)


@_measures("1", "high-frequency share of the sign pattern of the predictor, the l_inf attack on it")
def sign_high(subject: Subject) -> Enclosure:
    return high_of(_signs(subject))


@_measures("1", "share of the sign pattern's energy at the frequency where the predictor has most")
def sign_fundamental(subject: Subject) -> Enclosure:
    signs = _signs(subject)
    d = int(np.argmax(np.abs(np.fft.rfft(subject.floats("predictor")))))
    energies = ball_energies(signs)
    chosen: Any = sum((energies[e] for e in {d, -d % subject.sites}), arithmetic.balls(0)[()])
    return enclose(chosen / arithmetic.balls(sum((s**2 for s in signs), Fraction(0)))[()])


@_measures("sites", "period of the predictor if it is a cosine that changes sign between sites: N/d, a whole number")
def period(subject: Subject) -> Enclosure:
    sites = subject.sites
    spectrum = np.abs(np.fft.rfft(subject.floats("predictor")))
    d = int(np.argmax(spectrum))
    alone = float(np.delete(spectrum, d).max(initial=0.0)) <= 1e-12 * spectrum[d]
    if d == 0 or sites % d or not alone or np.any(_signs(subject) == 0):
        raise MissingPart("this predictor is not a cosine of a whole period without zeros")
    return enclose(sites // d)


@_measures("1", "8/(P sin(pi/P))^2: the share at its frequency of a square wave of even period P")
def square_wave(subject: Subject) -> Enclosure:
    sites = int(period(subject).value)
    if sites % 2 or sites < 4:
        raise MissingPart("a square wave needs an even period of at least four sites")
    if sites == 4:
        return enclose(1)
    ball: Any = arithmetic.balls(0)[()]
    sine = ball.sin_pi_fmpq(arithmetic.rational(Fraction(1, sites)))
    return enclose(8 / (sites * sine) ** 2)
