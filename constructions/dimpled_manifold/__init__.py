"""Constructions for dimpled_manifold: data on subspaces, networks trained on them, and what training cannot see."""

from constructions.dimpled_manifold.attacked import AttackedStep as AttackedStep
from constructions.dimpled_manifold.data import PlaneData as PlaneData
from constructions.dimpled_manifold.deep import DeepInstance as DeepInstance
from constructions.dimpled_manifold.descent import DescentRun as DescentRun
from constructions.dimpled_manifold.init import normal_entries as normal_entries
from constructions.dimpled_manifold.init import standard_start as standard_start
from constructions.dimpled_manifold.instance import NetworkInstance as NetworkInstance
from constructions.dimpled_manifold.instance import PlaneInstance as PlaneInstance
from constructions.dimpled_manifold.instance import number_of as number_of
from constructions.dimpled_manifold.mislabelled import MislabelledInstance as MislabelledInstance
from constructions.dimpled_manifold.tails import TailInstance as TailInstance
