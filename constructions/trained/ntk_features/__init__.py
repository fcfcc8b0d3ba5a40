"""Trained counterpart of ntk_features: features, transfer to finite nets, and kernels through training."""

from constructions.trained.ntk_features.plans import SCALES as SCALES
from constructions.trained.ntk_features.run import settings as settings
from constructions.trained.ntk_features.run import train as train
