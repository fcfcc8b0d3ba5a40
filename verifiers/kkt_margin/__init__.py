"""Verifier of kkt_margin: measures data, KKT points and robust radii, each number as an enclosure with a rigor."""

from verifiers.kkt_margin.subject import CATALOGUE as CATALOGUE
from verifiers.kkt_margin.subject import measure as measure
