"""Sparse data, symmetric-ReLU networks and dictionaries for feature purification and its lower bound."""

from constructions.feature_purification.instance import PurificationInstance as PurificationInstance
from constructions.feature_purification.laws import FAMILIES as FAMILIES
from constructions.feature_purification.laws import Sample as Sample
from constructions.feature_purification.laws import SparseLaw as SparseLaw
from constructions.feature_purification.lottery import InitialLaw as InitialLaw
from constructions.feature_purification.networks import forward as forward
from constructions.feature_purification.networks import haar_orthogonal as haar_orthogonal
from constructions.feature_purification.networks import incoherent_dictionary as incoherent_dictionary
from constructions.feature_purification.networks import initial_bias as initial_bias
from constructions.feature_purification.networks import mixture_network as mixture_network
from constructions.feature_purification.networks import pure_network as pure_network
from constructions.feature_purification.networks import relative_biases as relative_biases
from constructions.feature_purification.networks import rotated as rotated
from constructions.feature_purification.networks import smoothed_relu as smoothed_relu
from constructions.feature_purification.networks import symmetric_relu as symmetric_relu
from constructions.feature_purification.trained_run import TrainedRun as TrainedRun
