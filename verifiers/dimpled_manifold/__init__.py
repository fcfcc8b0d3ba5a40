"""Verifier for dimpled_manifold: exact algebra orthogonal to a subspace, radii, laws in balls, descent in rationals."""

from verifiers.dimpled_manifold import quantities_law as quantities_law
from verifiers.dimpled_manifold import quantities_network as quantities_network
from verifiers.dimpled_manifold import quantities_radius as quantities_radius
from verifiers.dimpled_manifold import quantities_runs as quantities_runs
from verifiers.dimpled_manifold import quantities_training as quantities_training
from verifiers.dimpled_manifold.subject import CATALOGUE as CATALOGUE
from verifiers.dimpled_manifold.subject import measure as measure
