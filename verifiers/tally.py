"""What the counts of a tally prove about a probability.

The event is declared on draws that meet a condition. Let n be the draws that meet it or may, s those on which the event
certainly holds, u those left open. P(event | condition) is at least the probability of "certainly holds" and at most
that of "holds or is open", both among draws that are not certainly rejected; so the lower bound comes from s of n and
the upper bound from s + u of n: what is undecided counts against whatever is concluded.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from constructions.tally import Tally
from verifiers.probability import CONFIDENCE, clopper_pearson
from verifiers.quantity import Enclosure
from verifiers.sequences import anytime_interval
from verifiers.verdict import Rigor

FIXED_SHARE = Fraction(1, 2)
"""Share of the error probability kept for the sample size fixed in advance; the rest covers all other ones together.

A planned run that is extended after its result was seen, or stopped early, thus stays within the stated confidence.
"""


def probability_bounds(
    successes: int, undecided: int, trials: int, fixed: bool, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Bounds (lower, upper) on a success probability when `undecided` of the trials count against either of them.

    `fixed` says that the number of draws was fixed in advance (Clopper-Pearson); otherwise the bounds hold at every
    stopping time. Without trials they are (0, 1). Raises `ValueError` unless 0 <= successes + undecided <= trials.
    """
    if min(successes, undecided) < 0 or successes + undecided > trials:
        raise ValueError(f"{successes} successes and {undecided} undecided in {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    error = 1 - Fraction(confidence)
    if fixed:
        level = _confidence(error * FIXED_SHARE)  # two-sided: a half of it on either side
        return (
            clopper_pearson(successes, trials, level)[0],
            clopper_pearson(successes + undecided, trials, level)[1],
        )
    level = _confidence(error * (1 - FIXED_SHARE) / 2)  # one mixture for each of the two counts
    return (
        anytime_interval(successes, trials, level)[0],
        anytime_interval(successes + undecided, trials, level)[1],
    )


def _confidence(error: Fraction) -> float:
    return math.nextafter(float(1 - error), 1.0)


def probability(tally: Tally, planned: int | None) -> Enclosure:
    """Enclosure of P(event | condition), rigor statistical; `planned` is the number of draws fixed in advance."""
    successes, undecided = int(tally.successes), int(tally.undecided)
    lower, upper = probability_bounds(successes, undecided, tally.trials, fixed=tally.draws == planned)
    decided = successes + int(tally.failures)
    middle = successes / decided if decided else 0.5
    bounds = np.array([lower, min(max(middle, lower), upper), upper])
    return Enclosure((), bounds[0, ...], bounds[1, ...], bounds[2, ...], Rigor.STATISTICAL)
