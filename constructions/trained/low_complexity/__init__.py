"""Trained counterpart of low_complexity: adversarially trained polynomials and frozen gates beside what is proved."""

from constructions.trained.low_complexity.models import RandomFeatures as RandomFeatures
from constructions.trained.low_complexity.models import SoftGates as SoftGates
from constructions.trained.low_complexity.models import SymmetricPolynomial as SymmetricPolynomial
from constructions.trained.low_complexity.models import attacked as attacked
from constructions.trained.low_complexity.models import fit as fit
from constructions.trained.low_complexity.run import SCALES as SCALES
from constructions.trained.low_complexity.run import train as train
