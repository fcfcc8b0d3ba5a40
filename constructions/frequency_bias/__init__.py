"""Constructions for frequency_bias: signals, filters, bands and data on a circle or a torus."""

from constructions.frequency_bias.bands import consecutive_band as consecutive_band
from constructions.frequency_bias.bands import low_band as low_band
from constructions.frequency_bias.instance import FrequencyInstance as FrequencyInstance
