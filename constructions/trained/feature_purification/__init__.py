"""Trained counterpart of feature_purification: clean and FGM-adversarial training on sparse data."""

from constructions.trained.feature_purification.descent import Recipe as Recipe
from constructions.trained.feature_purification.descent import attacked as attacked
from constructions.trained.feature_purification.descent import train_network as train_network
from constructions.trained.feature_purification.descent import train_runs as train_runs
from constructions.trained.feature_purification.run import SCALES as SCALES
from constructions.trained.feature_purification.run import settings as settings
from constructions.trained.feature_purification.run import train as train
