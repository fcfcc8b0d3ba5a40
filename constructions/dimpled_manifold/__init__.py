"""Constructions for dimpled_manifold: data on subspaces, networks trained on them, and what training cannot see."""

from constructions.dimpled_manifold.data import PlaneData as PlaneData
from constructions.dimpled_manifold.init import normal_entries as normal_entries
from constructions.dimpled_manifold.init import standard_start as standard_start
from constructions.dimpled_manifold.instance import NetworkInstance as NetworkInstance
from constructions.dimpled_manifold.instance import PlaneInstance as PlaneInstance
