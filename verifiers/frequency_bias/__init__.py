"""Verifier of frequency_bias: uncertainty principles, filter bounds, the cost of local convolutions."""

from verifiers.frequency_bias import quantities_best as quantities_best
from verifiers.frequency_bias import quantities_early as quantities_early
from verifiers.frequency_bias import quantities_filter as quantities_filter
from verifiers.frequency_bias import quantities_margin as quantities_margin
from verifiers.frequency_bias import quantities_network as quantities_network
from verifiers.frequency_bias import quantities_optimal as quantities_optimal
from verifiers.frequency_bias import quantities_plane as quantities_plane
from verifiers.frequency_bias import quantities_price as quantities_price
from verifiers.frequency_bias import quantities_shape as quantities_shape
from verifiers.frequency_bias import quantities_signal as quantities_signal
from verifiers.frequency_bias.certify_margin import certifies_all as certifies_all
from verifiers.frequency_bias.subject import CATALOGUE as CATALOGUE
from verifiers.frequency_bias.subject import measure as measure
