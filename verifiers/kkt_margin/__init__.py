"""Verifier of kkt_margin: measures data, KKT points and robust radii, each number as an enclosure with a rigor."""

from verifiers.kkt_margin import quantities_compare as quantities_compare
from verifiers.kkt_margin import quantities_data as quantities_data
from verifiers.kkt_margin import quantities_flip as quantities_flip
from verifiers.kkt_margin import quantities_network as quantities_network
from verifiers.kkt_margin import quantities_pairs as quantities_pairs
from verifiers.kkt_margin import quantities_point as quantities_point
from verifiers.kkt_margin import quantities_raw as quantities_raw
from verifiers.kkt_margin import quantities_size as quantities_size
from verifiers.kkt_margin import quantities_split as quantities_split
from verifiers.kkt_margin.all_points import certifies_all as certifies_all
from verifiers.kkt_margin.subject import CATALOGUE as CATALOGUE
from verifiers.kkt_margin.subject import measure as measure
