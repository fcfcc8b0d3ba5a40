"""Verifier of feature_purification: laws of sparse data, symmetric-ReLU networks, certificates and attacks."""

from verifiers.feature_purification import quantities_dense as quantities_dense
from verifiers.feature_purification import quantities_law as quantities_law
from verifiers.feature_purification import quantities_network as quantities_network
from verifiers.feature_purification import quantities_pair as quantities_pair
from verifiers.feature_purification import quantities_pure as quantities_pure
from verifiers.feature_purification import quantities_purity as quantities_purity
from verifiers.feature_purification import quantities_training as quantities_training
from verifiers.feature_purification.pair import certifies_all as certifies_all
from verifiers.feature_purification.subject import CATALOGUE as CATALOGUE
from verifiers.feature_purification.subject import measure as measure
