"""Trained counterpart of dimpled_manifold: the boundary through training, on and off the subspace of the data."""

from constructions.trained.dimpled_manifold.run import SCALES as SCALES
from constructions.trained.dimpled_manifold.run import settings as settings
from constructions.trained.dimpled_manifold.run import train as train
