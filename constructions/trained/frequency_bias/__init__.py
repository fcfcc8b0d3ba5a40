"""Trained counterpart of frequency_bias: spectra of trained nets, their mirror images, and linear nets in the limit."""

from constructions.trained.frequency_bias.models import Architecture as Architecture
from constructions.trained.frequency_bias.run import SCALES as SCALES
from constructions.trained.frequency_bias.run import settings as settings
from constructions.trained.frequency_bias.run import train as train
