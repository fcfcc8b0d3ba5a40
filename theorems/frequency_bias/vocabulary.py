"""The symbols in which the statements of frequency_bias are written; quantities are documented where measured.

Signals live on Z_N; x^ is the unitary transform, u~ that of a filter without a factor. lambda(N, K, M) is the largest
share of energy that K consecutive sites leave in M consecutive frequencies.
"""

from __future__ import annotations

from sympy import Eq

from theorems.claim import Claim, quantity

N, K, M, L = quantity("N"), quantity("K"), quantity("M"), quantity("L")
symmetric_band, consecutive = quantity("symmetric_band", r"[B=-B]"), quantity("consecutive", r"\mathrm{consecutive}(B)")

real_band = Claim("a band with B = -B", Eq(symmetric_band, 1))
consecutive_band = Claim("a band of consecutive frequencies", Eq(consecutive, 1))

SOURCE = "Ortega Caro, Ju, Pyle, Dey, Brendel, Anselmi, Patel 2020 (arXiv 2006.11440)"
"""The paper this subject is about; only its abstract could be read."""
