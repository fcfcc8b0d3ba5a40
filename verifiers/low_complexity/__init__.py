"""Verifier of low_complexity: robust accuracies of linear, quadratic and polynomial models, and bounds over classes."""

from verifiers.low_complexity import quantities_kernel as quantities_kernel
from verifiers.low_complexity import quantities_law as quantities_law
from verifiers.low_complexity import quantities_menu as quantities_menu
from verifiers.low_complexity import quantities_model as quantities_model
from verifiers.low_complexity.frontier import certifies_all as certifies_all
from verifiers.low_complexity.subject import CATALOGUE as CATALOGUE
from verifiers.low_complexity.subject import measure as measure
