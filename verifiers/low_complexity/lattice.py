"""Laws of sparse data whose sums are whole numbers times a unit: light data, and two magnitudes with a square k.

Coordinates are unit times a whole step; <w*, z> = unit * T, T the sum of d independent steps, and a draw is kept if
|T| >= t. All probabilities are finite sums of rationals.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isqrt, lcm

from constructions.feature_purification import SparseLaw
from verifiers.errors import MissingPart


@lru_cache(maxsize=256)
def _power(steps: tuple[tuple[int, Fraction], ...], count: int) -> tuple[int, tuple[int, ...]]:
    from flint import fmpz_poly

    reach = max(step for step, _ in steps)
    denominator = lcm(*(chance.denominator for _, chance in steps))
    coefficients = [0] * (2 * reach + 1)
    for step, chance in steps:
        coefficients[step + reach] = chance.numerator * (denominator // chance.denominator)
    power = fmpz_poly(coefficients) ** count
    return denominator**count, tuple(int(power[s]) for s in range(2 * reach * count + 1))


@dataclass(frozen=True)
class Lattice:
    """Independent symmetric steps with their probabilities, `count` of them; unit_sq the squared unit; t >= 1."""

    steps: tuple[tuple[int, Fraction], ...]
    count: int
    unit_sq: Fraction
    least: int
    noise: Fraction

    @property
    def reach(self) -> int:
        """The largest step."""
        return max(step for step, _ in self.steps)

    def sums(self, count: int) -> tuple[int, tuple[int, ...]]:
        """(denominator, numerators) of P(sum of `count` steps = s) for s = -reach count .. reach count."""
        return _power(self.steps, count)

    def expected(self, power: int = 0) -> Fraction:
        """E[|T|^power; |T| >= t], not divided by the probability of acceptance."""
        denominator, numerators = self.sums(self.count)
        middle = len(numerators) // 2
        pairs = zip(range(-middle, middle + 1), numerators, strict=True)
        return Fraction(sum(abs(s) ** power * v for s, v in pairs if abs(s) >= self.least), denominator)

    def acceptance(self) -> Fraction:
        """P(|T| >= t). Raises `MissingPart` if it is zero: the conditional law does not exist."""
        share = self.expected()
        if share == 0:
            raise MissingPart("no draw meets the condition on the margin; lower the gap")
        return share

    def square_mean(self) -> Fraction:
        """E[step_1^2; |T| >= t], not divided by the probability of acceptance."""
        denominator, numerators = self.sums(self.count - 1)
        middle = len(numerators) // 2
        total = Fraction(0)
        for step, chance in self.steps:
            if step and chance:
                pairs = zip(range(-middle, middle + 1), numerators, strict=True)
                kept = sum(v for s, v in pairs if abs(s + step) >= self.least)
                total += step**2 * chance * Fraction(kept, denominator)
        return total


@lru_cache(maxsize=256)
def lattice_of(law: SparseLaw) -> Lattice:
    """The lattice of a law with M = I and w* = 1. Raises `MissingPart` for laws without one."""
    if law.dictionary is not None or law.direction is not None:
        raise MissingPart("exact sums need the identity as dictionary and w* = (1, ..., 1); turn the data first")
    p, k = law.probability, law.k
    if law.name == "light":
        return Lattice(_symmetric({1: p}), law.d, 1 / k, law.least_count, law.exact("noise"))
    if law.name == "two" and k.denominator == 1 and isqrt(int(k)) ** 2 == k:
        root, heavy = isqrt(int(k)), law.exact("heavy") / law.codes
        chances = {1: p + heavy} if root == 1 else {1: p, root: heavy}
        return Lattice(_symmetric(chances), law.d, 1 / k, law.least_count, law.exact("noise"))
    raise MissingPart(f"exact sums are known for light data and for two magnitudes with a square k, not for {law.text}")


def _symmetric(chances: dict[int, Fraction]) -> tuple[tuple[int, Fraction], ...]:
    signed = {sign * step: chance / 2 for step, chance in chances.items() for sign in (-1, 1)}
    signed[0] = 1 - sum(chances.values(), Fraction(0))
    return tuple(sorted(signed.items()))
