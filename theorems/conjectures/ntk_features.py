"""Conjectures about features of the neural tangent kernel."""

from theorems.conjectures import ntk_features_runs

STATEMENTS = ntk_features_runs.STATEMENTS
