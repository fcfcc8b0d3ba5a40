"""Kernels of infinitely wide networks, their predictors and features, and attacks that need no training."""

from constructions.ntk_features.features import GAP as GAP
from constructions.ntk_features.features import Features as Features
from constructions.ntk_features.features import features as features
from constructions.ntk_features.instance import KINDS as KINDS
from constructions.ntk_features.instance import AngleInstance as AngleInstance
from constructions.ntk_features.instance import DistillInstance as DistillInstance
from constructions.ntk_features.instance import KernelInstance as KernelInstance
from constructions.ntk_features.instance import MatrixPair as MatrixPair
from constructions.ntk_features.instance import NtkInstance as NtkInstance
from constructions.ntk_features.instance import SpectralInstance as SpectralInstance
from constructions.ntk_features.instance import StepInstance as StepInstance
from constructions.ntk_features.instance import TransferInstance as TransferInstance
from constructions.ntk_features.instance import WidthInstance as WidthInstance
from constructions.ntk_features.kernels import Kernels as Kernels
from constructions.ntk_features.kernels import derivatives as derivatives
from constructions.ntk_features.kernels import diagonal as diagonal
from constructions.ntk_features.kernels import kernels as kernels
from constructions.ntk_features.kernels import kernels_numpy as kernels_numpy
from constructions.ntk_features.predictor import Architecture as Architecture
from constructions.ntk_features.predictor import KernelPredictor as KernelPredictor
from constructions.ntk_features.predictor import descended as descended
from constructions.ntk_features.predictor import early_stopped as early_stopped
from constructions.ntk_features.predictor import fit as fit
from constructions.ntk_features.predictor import one_step as one_step
from constructions.ntk_features.predictor import projected as projected
from constructions.ntk_features.predictor import ridge as ridge
