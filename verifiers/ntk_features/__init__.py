"""Verifier of ntk_features: kernels in balls, enclosed spectra, exact spectra, angles, finite width, transfer."""

from verifiers.ntk_features import quantities_attacks as quantities_attacks
from verifiers.ntk_features import quantities_kernel as quantities_kernel
from verifiers.ntk_features import quantities_matrices as quantities_matrices
from verifiers.ntk_features import quantities_runs as quantities_runs
from verifiers.ntk_features import quantities_spectrum as quantities_spectrum
from verifiers.ntk_features import radius as radius
from verifiers.ntk_features.subject import CATALOGUE as CATALOGUE
from verifiers.ntk_features.subject import measure as measure

certifies_all = quantities_runs.numbers
"""What a training run is given from here: every number of a recorded run."""
