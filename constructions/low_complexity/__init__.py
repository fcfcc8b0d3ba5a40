"""Models of low complexity on sparse data: linear classifiers, quadratics, odd polynomials, and the laws they meet."""

from constructions.low_complexity.gates import GateInstance as GateInstance
from constructions.low_complexity.gates import drawn_gates as drawn_gates
from constructions.low_complexity.gates import frozen_cutting_planes as frozen_cutting_planes
from constructions.low_complexity.gates import frozen_directions as frozen_directions
from constructions.low_complexity.instance import EUCLIDEAN as EUCLIDEAN
from constructions.low_complexity.instance import MAXIMUM as MAXIMUM
from constructions.low_complexity.instance import LowInstance as LowInstance
from constructions.low_complexity.instance import indicator as indicator
from constructions.low_complexity.instance import light as light
from constructions.low_complexity.instance import simulated as simulated
from constructions.low_complexity.menus import MenuInstance as MenuInstance
from constructions.low_complexity.menus import cutting_planes as cutting_planes
from constructions.low_complexity.polynomials import interpolating as interpolating
from constructions.low_complexity.polynomials import light_magnitude as light_magnitude
from constructions.low_complexity.polynomials import odd_monomials as odd_monomials
from constructions.low_complexity.polynomials import partitions as partitions
from constructions.low_complexity.polynomials import power_sum_features as power_sum_features
from constructions.low_complexity.polynomials import quintic as quintic
from constructions.low_complexity.polynomials import septic as septic
