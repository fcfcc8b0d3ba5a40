"""Conjectures about kernels through adversarial training, on recorded pairs of runs; two fail as they were put."""

from __future__ import annotations

from functools import partial

from sympy import Rational

from theorems.claim import Claim, quantity
from theorems.ntk_features import run_families
from theorems.ntk_features.trained import PAPER
from theorems.statement import Conjecture, Source
from verifiers.ntk_features import CATALOGUE, measure

fitted_accuracy = quantity("fitted_accuracy", r"\mathrm{clean accuracy}")
earlier_pairs = quantity("earlier_pairs", r"n_\mathrm{earlier}")
later_pairs = quantity("later_pairs", r"n_\mathrm{later}")
concentrated_pairs = quantity("concentrated_pairs", r"n_\mathrm{concentrated}")
paired_runs = quantity("paired_runs", r"n_\mathrm{pairs}")
risen_runs = quantity("risen_runs", r"n_\mathrm{risen}")

_conjecture = partial(Conjecture, measure=measure, catalogue=CATALOGUE, basis="runs")
_enough_pairs = Claim("ten pairs of runs", paired_runs >= 10)
_fitted = Claim("both trainings fit", fitted_accuracy >= Rational(17, 20))

lazy_earlier = _conjecture(
    "ntk_features.conjecture_lazy_earlier",
    title="The kernel of adversarial training arrives earlier at four fifths of its way than that of standard training",
    source=Source(PAPER, "claim Q6, adversarial training becomes lazy earlier", "recalled"),
    given=(_enough_pairs, _fitted),
    then=(Claim("earlier in more pairs", earlier_pairs > later_pairs),),
    instances=(run_families.kernel_paths,),
    expected="refuted",
    does_not_claim="Not seen in nets of width 64 on digits that fit their data, by the centred distance; the raw one "
    "is saturated, and larger nets and other data may differ.",
)

spectrum_concentrates = _conjecture(
    "ntk_features.conjecture_spectrum_concentrates",
    title="The ten largest eigenvalues hold a larger share of the trace after adversarial training than before it",
    source=Source(PAPER, "claim Q7, adversarial training concentrates the spectrum", "recalled"),
    given=(_enough_pairs, _fitted),
    then=(Claim("in more than half of the runs", 2 * risen_runs > paired_runs),),
    instances=(run_families.kernel_paths,),
    expected="refuted",
    does_not_claim="The share rises at first and then falls below its start, in adversarial training less than in "
    "standard training; training that does not fit stops while it is high.",
)

less_spread = _conjecture(
    "ntk_features.conjecture_less_spread",
    title="c_20 is larger after adversarial than after standard training",
    source=Source(PAPER, "claim Q7, compared with standard training", "recalled"),
    given=(_enough_pairs, _fitted),
    then=(Claim("in more than half of the pairs", 2 * concentrated_pairs > paired_runs),),
    instances=(run_families.kernel_paths,),
    does_not_claim="Nothing beyond nets of width 64 at this radius: at width 256 the difference is gone, and c_20 is "
    "so near one that it lies in the fourth digit.",
)

STATEMENTS = (lazy_earlier, spectrum_concentrates, less_spread)
