"""Data and KKT points for the depth-2 ReLU max-margin problem.

Data: functions named `..._data`. KKT points: closed forms (exact), partition points (least squares, exact on demand),
cone programs over activation patterns, gradient runs, and Newton's polish.
"""

from constructions.kkt_margin.algebra import MergedPoint as MergedPoint
from constructions.kkt_margin.algebra import NoPoint as NoPoint
from constructions.kkt_margin.algebra import patterns_of as patterns_of
from constructions.kkt_margin.closed_forms import equicorrelated_merged as equicorrelated_merged
from constructions.kkt_margin.closed_forms import equicorrelated_singles as equicorrelated_singles
from constructions.kkt_margin.closed_forms import hub as hub
from constructions.kkt_margin.closed_forms import orthogonal_biased as orthogonal_biased
from constructions.kkt_margin.closed_forms import orthogonal_merged as orthogonal_merged
from constructions.kkt_margin.closed_forms import orthogonal_partition as orthogonal_partition
from constructions.kkt_margin.closed_forms import orthogonal_singles as orthogonal_singles
from constructions.kkt_margin.closed_forms import rational_star as rational_star
from constructions.kkt_margin.closed_forms import simplex_merged as simplex_merged
from constructions.kkt_margin.closed_forms import simplex_singles as simplex_singles
from constructions.kkt_margin.closed_forms import star as star
from constructions.kkt_margin.closed_forms import support_threshold as support_threshold
from constructions.kkt_margin.closed_forms import two_points as two_points
from constructions.kkt_margin.cone import reference_program as reference_program
from constructions.kkt_margin.cone import solve_program as solve_program
from constructions.kkt_margin.data import alternating_labels as alternating_labels
from constructions.kkt_margin.data import bartlett_sphere_data as bartlett_sphere_data
from constructions.kkt_margin.data import cluster_data as cluster_data
from constructions.kkt_margin.data import hub_data as hub_data
from constructions.kkt_margin.data import linear_congruential_sign_data as linear_congruential_sign_data
from constructions.kkt_margin.data import orthogonal_data as orthogonal_data
from constructions.kkt_margin.data import random_labels as random_labels
from constructions.kkt_margin.data import sign_data as sign_data
from constructions.kkt_margin.data import signed_autoregressive_data as signed_autoregressive_data
from constructions.kkt_margin.data import signed_block_data as signed_block_data
from constructions.kkt_margin.data import signed_equicorrelated_data as signed_equicorrelated_data
from constructions.kkt_margin.data import signed_gram_data as signed_gram_data
from constructions.kkt_margin.data import simplex_data as simplex_data
from constructions.kkt_margin.data import split_labels as split_labels
from constructions.kkt_margin.data import star_data as star_data
from constructions.kkt_margin.data import support_threshold_data as support_threshold_data
from constructions.kkt_margin.data import two_point_data as two_point_data
from constructions.kkt_margin.data import uneven_norm_data as uneven_norm_data
from constructions.kkt_margin.data import uniform_sphere_data as uniform_sphere_data
from constructions.kkt_margin.data import xor_data as xor_data
from constructions.kkt_margin.fittable import check_fittable as check_fittable
from constructions.kkt_margin.fittable import user_data as user_data
from constructions.kkt_margin.gradient import NotFitted as NotFitted
from constructions.kkt_margin.gradient import gradient_point as gradient_point
from constructions.kkt_margin.gradient import gradient_runs as gradient_runs
from constructions.kkt_margin.instance import MarginInstance as MarginInstance
from constructions.kkt_margin.merged import class_blocks as class_blocks
from constructions.kkt_margin.merged import exact_partition_point as exact_partition_point
from constructions.kkt_margin.merged import fitting_blocks as fitting_blocks
from constructions.kkt_margin.merged import merged_point as merged_point
from constructions.kkt_margin.merged import partition_point as partition_point
from constructions.kkt_margin.merged import random_blocks as random_blocks
from constructions.kkt_margin.merged import single_blocks as single_blocks
from constructions.kkt_margin.newton import polish as polish
from constructions.kkt_margin.newton import settle as settle
from constructions.kkt_margin.pipeline import METHODS as METHODS
from constructions.kkt_margin.pipeline import Method as Method
from constructions.kkt_margin.pipeline import kkt_point as kkt_point
from constructions.kkt_margin.restricted import neurons_of as neurons_of
from constructions.kkt_margin.restricted import random_neurons as random_neurons
from constructions.kkt_margin.restricted import restricted_point as restricted_point
from constructions.kkt_margin.restricted import sampled_neurons as sampled_neurons
from constructions.kkt_margin.robust_network import robust_network as robust_network
from constructions.kkt_margin.splitting import split_network as split_network
