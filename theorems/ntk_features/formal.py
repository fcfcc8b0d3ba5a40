"""Which theorems of the formal library close the generated goals of ntk_features."""

from __future__ import annotations

from theorems.ntk_features.formal_kernels import KERNELS
from theorems.ntk_features.formal_spectra import SPECTRA

FORMAL = (*SPECTRA, *KERNELS)
