"""Moments of laws whose sums are no whole numbers of steps, enclosed: convolution on a grid, in integers.

Every magnitude is rounded to the nearest multiple of a step h, its sign kept. The sum T of the coordinates then moves
by sum_j s_j e_j with |e_j| <= h/2, where the signs s_j are independent of all magnitudes; so it moves by more than
n h/2 never, and by more than `slack` with a probability that Hoeffding's inequality bounds. The law of the rounded sum
is a power of a polynomial. Its coefficients are integers rounded down: they are lower bounds, and what is missing from
one bounds what they lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import accumulate
from math import ceil, floor, isqrt
from typing import Any

from constructions.feature_purification import SparseLaw
from verifiers import arithmetic
from verifiers.errors import MissingPart
from verifiers.low_complexity.bounds import Moments
from verifiers.low_complexity.linear import ball

BITS = 80
"""Probabilities are multiples of 2^-BITS, rounded down."""

FINENESS = 2**12
"""Steps per unit: the slack is then a few thousandths of a unit, and the moments are known to a few parts in 1000."""

REACH = 7
"""Sums beyond so many standard deviations are cut off, and counted as missing."""

MOST = 5000
"""Most coordinates that are looked at."""


@dataclass(frozen=True)
class Cell:
    """Magnitudes that are rounded to `place` steps: their probability, and bounds on the mean of their squares."""

    place: int
    chance: Fraction
    least_sq: Fraction
    most_sq: Fraction


def cells(law: SparseLaw) -> Iterator[Cell]:
    """The magnitudes of a coordinate that is not zero, in units of sqrt(`unit_sq_of(law)`)."""
    half = Fraction(1, 2 * FINENESS)
    if law.name == "two":
        light, heavy = law.k / (law.k + law.exact("heavy")), law.exact("heavy") / (law.k + law.exact("heavy"))
        yield Cell(floor(_root_below(1 / law.k) * FINENESS + Fraction(1, 2)), light, 1 / law.k, 1 / law.k)
        yield Cell(FINENESS, heavy, Fraction(1), Fraction(1))
        return
    if law.name == "unif":
        for place in range(FINENESS, 2 * FINENESS + 1):
            a, b = max(Fraction(1), place * 2 * half - half), min(Fraction(2), place * 2 * half + half)
            square = (a**2 + a * b + b**2) / 3
            yield Cell(place, b - a, square, square)
        return
    first = floor(_root_below(1 / law.k) * FINENESS + Fraction(1, 2))
    for place in range(max(first - 1, 0), FINENESS + 1):
        end = place * 2 * half
        a_sq, b_sq = max(1 / law.k, max(end - half, Fraction(0)) ** 2), min(Fraction(1), (end + half) ** 2)
        if a_sq < b_sq:
            # the mean square is a^2 b^2 over a logarithmic mean of a^2 and b^2
            chance = (1 / a_sq - 1 / b_sq) / (law.k - 1)
            yield Cell(place, chance, 2 * a_sq * b_sq / (a_sq + b_sq), (a_sq + b_sq) / 2)


def unit_sq_of(law: SparseLaw) -> Fraction:
    """Square of the unit of magnitudes: 1, or 1/k where they are multiples of 1/sqrt(k)."""
    return 1 / law.k if law.name == "unif" else Fraction(1)


def _root_below(square: Fraction) -> Fraction:
    return Fraction(isqrt(floor(square * 4**40)), 2**40)


def _fraction(value: Any, up: bool) -> Fraction:
    end = arithmetic.upper_bounds(value) if up else arithmetic.lower_bounds(value)
    return Fraction(float(end[()]))


@dataclass(frozen=True)
class Span:
    """A number between two rationals."""

    low: Fraction
    high: Fraction

    def minus(self, other: Span) -> Span:
        return Span(self.low - other.high, self.high - other.low)

    def over(self, other: Span) -> Span:
        """Quotient of two numbers that are not negative; the other one is positive."""
        return Span(max(self.low, Fraction(0)) / other.high, max(self.high, Fraction(0)) / other.low)

    def times(self, factor: Fraction) -> Span:
        return Span(self.low * factor, self.high * factor)


class Grid:
    """The rounded sums of one law with independent coordinates, and what they say of the true ones."""

    def __init__(self, law: SparseLaw) -> None:
        if law.name not in ("scale", "unif", "two"):
            raise MissingPart(f"moments on a grid are for independent magnitudes, not for {law.text}")
        if law.name == "two" and law.exact("gap") == 0:
            raise MissingPart("two magnitudes with sums that nearly cancel need a gap above 0")
        if law.dictionary is not None or law.direction is not None:
            raise MissingPart("these moments need the identity as dictionary and w* = (1, ..., 1); turn the data first")
        if law.d > MOST:
            raise MissingPart(f"moments on a grid are taken up to dimension {MOST}, not {law.d}")
        self.law, self.count = law, law.d
        self.p = law.probability + (law.exact("heavy") / law.d if law.name == "two" else 0)
        self.cells = tuple(cells(law))
        self.unit_sq = unit_sq_of(law)
        deviation = float(self.p * self.count * self.cells[-1].most_sq) ** 0.5
        self.edge = min(self.count * self.cells[-1].place, ceil(REACH * deviation + 2) * FINENESS)
        """Sums of more steps are missing."""

    @cached_property
    def square_mean(self) -> Span:
        """E V^2 of the magnitude V of a coordinate that is not zero."""
        if self.law.name == "unif":
            return Span(Fraction(7, 3), Fraction(7, 3))
        if self.law.name == "two":
            value = sum((cell.chance * cell.most_sq for cell in self.cells), Fraction(0))
            return Span(value, value)
        log = ball(self.law.k).log() / ball(self.law.k - 1)
        return Span(_fraction(log, up=False), _fraction(log, up=True))

    @cached_property
    def supports(self) -> list[Any]:
        """P(N = n) of the number N of nonzero coordinates, as balls."""
        from flint import arb

        p, out = ball(self.p), []
        for n in range(self.count + 1):
            out.append(arb.bin_uiui(self.count, n) * p**n * (1 - p) ** (self.count - n))
        return out

    def beyond(self, steps: Fraction) -> tuple[Fraction, Fraction]:
        """(P(the sum moves by more than `steps` steps), E[N; it does]), both from above."""
        chance, weighted = ball(0), ball(0)
        for n, own in enumerate(self.supports):
            if n > 2 * steps:
                tail = own * (2 * (-2 * ball(steps) ** 2 / n).exp()).min(1)
                chance, weighted = chance + tail, weighted + n * tail
        return _fraction(chance, up=True), _fraction(weighted, up=True)

    @cached_property
    def slack(self) -> Fraction:
        """Steps that the sum moves by at most, but for a probability far below one step."""
        limit = Fraction(1, 16 * FINENESS)
        steps = Fraction(1, 2)
        while self.beyond(steps)[0] > limit:
            steps += Fraction(1, 2)
        return steps

    @cached_property
    def powers(self) -> tuple[list[int], list[int]]:
        """Lower bounds on P(rounded sum of d - 1, of d coordinates = s), s = -edge..edge, as multiples of 2^-BITS."""
        one = [0] * (2 * self.cells[-1].place + 1)
        middle = self.cells[-1].place
        for cell in self.cells:
            share = floor(cell.chance * self.p / 2 * 2**BITS)
            one[middle + cell.place] += share
            one[middle - cell.place] += share
        one[middle] += floor((1 - self.p) * 2**BITS)
        rest, square, left = [2**BITS], one, self.count - 1
        while left:
            rest = self._product(rest, square) if left & 1 else rest
            left >>= 1
            square = self._product(square, square) if left else square
        return self._padded(rest), self._padded(self._product(rest, one))

    def _product(self, a: list[int], b: list[int]) -> list[int]:
        from flint import fmpz_poly

        product = fmpz_poly(a) * fmpz_poly(b)
        size = len(a) + len(b) - 1
        cut = max(size // 2 - self.edge, 0)
        return [int(product[i]) >> BITS for i in range(cut, size - cut)]

    def _padded(self, entries: list[int]) -> list[int]:
        zeros = [0] * (self.edge - len(entries) // 2)
        return zeros + entries + zeros

    def moments(self) -> tuple[Moments, Moments]:
        """Moments below and above: mean, variance across and variance along are between those of the two."""
        d, noise = self.count, self.law.exact("noise") ** 2 / self.count
        kept, mean, square, each = self.conditioned
        mean_sq = Span(mean.low**2, mean.high**2).times(self.unit_sq / d)
        second, each = square.over(kept).times(self.unit_sq / d), each.over(kept).times(self.unit_sq)
        along = second.minus(mean_sq)
        across = each.minus(second.minus(each).times(Fraction(1, d - 1))) if d > 1 else along
        ends = []
        for own_sq, own, other in ((mean_sq.low, across.low, along.low), (mean_sq.high, across.high, along.high)):
            other = max(other, Fraction(0)) + noise
            ends.append(Moments(own_sq, max(own, Fraction(0)) + noise, other + own_sq))
        return ends[0], ends[1]

    @property
    def acceptance(self) -> Span:
        """P(|<w*, z>| >= gap)."""
        return self.conditioned[0]

    @cached_property
    def conditioned(self) -> tuple[Span, Span, Span, Span]:
        """P(kept), E[|T| given kept], E[T^2; kept], E[z_1^2; kept] in units; T is the true sum, kept |T| >= gap."""
        second = self.square_mean.times(self.p * self.count)
        inside = self._inside()
        kept = Span(Fraction(1), Fraction(1)).minus(inside[0])
        if kept.low <= 0:
            raise MissingPart("next to no draw meets the condition on the margin; lower the gap")
        excess = self._excess().over(kept)
        low, high = self._gap()
        return (kept, Span(low + excess.low, high + excess.high), second.minus(inside[1]),
                self.square_mean.times(self.p).minus(inside[2]))  # fmt: skip

    def _gap(self) -> tuple[Fraction, Fraction]:
        """The gap in units, from below and above."""
        if self.law.exact("gap") == 0:
            return Fraction(0), Fraction(0)
        below = _root_below(self.law.exact("gap") ** 2 / self.unit_sq)
        return below, below + Fraction(1, 2**40)

    def _excess(self) -> Span:
        """E(|T| - gap)_+: rounding moves it by at most sqrt(E N)/2 steps, missing mass by Cauchy and Schwarz."""
        entries, (gap, above) = self.powers[1], self._gap()
        inner = ceil(above * FINENESS)
        sums = (2 * sum(s * v for s, v in enumerate(entries[self.edge :]) if s >= inner),
                2 * sum(entries[self.edge + inner :]))  # fmt: skip
        low = Fraction(sums[0], 2**BITS * FINENESS) - above * Fraction(sums[1], 2**BITS)
        moved = _fraction(ball(self.p * self.count).sqrt() / (2 * FINENESS), up=True) + 2 * (above - gap)
        missing = 1 - Fraction(sum(entries), 2**BITS)
        step = Fraction(1, FINENESS)
        rounded_sq = self.p * self.count * (self.square_mean.high + step * 2 * self.cells[-1].place * step + step**2)
        tail = _fraction(ball(missing * rounded_sq).sqrt(), up=True)
        return Span(low - moved, low + moved + tail)

    def _inside(self) -> tuple[Span, Span, Span]:
        """P(rejected), E[T^2; rejected], E[z_1^2; rejected]: |T| < gap, or T = 0."""
        gap, above = (g * FINENESS for g in self._gap())
        if gap == 0:
            share, zero = (1 - self.p) ** self.count, Span(Fraction(0), Fraction(0))
            return Span(share, share), zero, zero
        inner, outer = ceil(gap - self.slack) - 1, floor(above + self.slack)
        failure, weighted = self.beyond(self.slack)
        entries = self.powers[1]
        missing = failure + 1 - Fraction(sum(entries), 2**BITS)
        moved, top = int(2 * self.slack), ceil(2 * above)  # half steps
        spans = []
        for power in (0, 2):
            low = high = 0
            for s in range(-min(outer, self.edge), min(outer, self.edge) + 1):
                own = entries[s + self.edge]
                if abs(s) <= inner:
                    low += max(2 * abs(s) - moved, 0) ** power * own
                high += min(2 * abs(s) + moved, top) ** power * own
            unit, size = Fraction(1, (2 * FINENESS) ** power), Fraction(top**power)
            spans.append(Span(max(Fraction(low, 2**BITS) - size * failure, Fraction(0)) * unit,
                              (Fraction(high, 2**BITS) + size * missing) * unit))  # fmt: skip
        return spans[0], spans[1], self._square_inside(inner, outer, weighted / self.count)

    def _square_inside(self, inner: int, outer: int, failure: Fraction) -> Span:
        """E[z_1^2; rejected]: the magnitude of the first coordinate against the sum of the others."""
        entries, edge = self.powers[0], self.edge
        ends = [0, *accumulate(entries)]
        scale = Fraction(1, 2**BITS)
        missing = 1 - ends[-1] * scale

        def mass(centre: int, reach: int) -> Fraction:
            if reach < 0:
                return Fraction(0)
            first, last = max(-centre - reach, -edge), min(-centre + reach, edge)
            return (ends[last + edge + 1] - ends[first + edge]) * scale if first <= last else Fraction(0)

        low = high = Fraction(0)
        for cell in self.cells:
            low += cell.chance * cell.least_sq * mass(cell.place, inner)
            high += cell.chance * cell.most_sq * (mass(cell.place, outer) + missing)
        most = self.cells[-1].most_sq
        return Span(max(self.p * low - most * failure, Fraction(0)), self.p * high + most * failure)


@lru_cache(maxsize=16)
def grid_of(law: SparseLaw) -> Grid:
    """The grid of a law. Raises `MissingPart` for laws with dependent coordinates."""
    return Grid(law)
