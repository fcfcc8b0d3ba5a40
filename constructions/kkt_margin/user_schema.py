"""What a user's kkt_margin file may contain: the fields and examples that `thinmargin judge --schema` shows."""

from __future__ import annotations

from typing import Any

FORMAT = 1

FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "format", "type": "1", "required": True, "meaning": "version of this format"},
    {"name": "slug", "type": '"kkt_margin"', "required": True, "meaning": "which theory the file is for"},
    {"name": "bias", "type": "true or false", "required": True, "meaning": "whether neurons have biases"},
    {"name": "X", "type": "n rows of d numbers", "required": "X or gram", "meaning": "the samples x_i"},
    {"name": "gram", "type": "n rows of n numbers", "required": "X or gram",
     "meaning": "the products <x_i, x_l> (no bias added) when the samples themselves do not matter"},
    {"name": "y", "type": "n entries of +1 or -1", "required": True, "meaning": "the labels, both present"},
    {"name": "dimension", "type": "integer", "required": False,
     "meaning": "ambient dimension d of the samples, if larger than the columns of X or known beside gram"},
    {"name": "clusters", "type": "n integers", "required": False,
     "meaning": "cluster of each sample, for statements about clustered data"},
    {"name": "network", "type": "{W, b, v}", "required": False,
     "meaning": "N(x) = sum_j v_j relu(<W_j, x> + b_j): W has m rows of d numbers, b (only and always with bias) and "
                "v have m numbers; needs X"},
    {"name": "multipliers", "type": "n numbers >= 0", "required": False,
     "meaning": "your multipliers lambda_i, whose residual is then reported beside the best one; needs network"},
    {"name": "subgradients", "type": "m rows of n numbers in [0, 1]", "required": False,
     "meaning": "your subgradients sigma'_ji of neuron j at sample i; needs network"},
    {"name": "merged", "type": "{signs, rows, masses}", "required": False,
     "meaning": "instead of network: N(x) = sum_k S_k a_k relu(S_k <g_k, x~>) with g_k = sum_l P_kl y_l x~_l, x~ = "
                "(x, 1) with bias; signs S of +-1, rows P >= 0 (K, n), masses a > 0. All KKT points have this form, "
                "and (P_k s, a_k / s) is the same network, so closed forms stay rational"},
)  # fmt: skip

NUMBERS = 'numbers are integers (exact), decimals (nearest double) or texts such as "1/10" (exact)'
FILES = (
    "a JSON object, an npz with the same keys (network.W, network.b, network.v, merged.signs, ...; numbers or texts, "
    "never pickle), or an instance file saved by thinmargin"
)

EXAMPLE: dict[str, Any] = {
    "format": 1,
    "slug": "kkt_margin",
    "bias": False,
    "X": [[1, 0], [0, 1]],
    "y": [1, -1],
    "network": {"W": [[1, 0], [0, 1]], "v": [1, -1]},
    "multipliers": [1, 1],
    "subgradients": [[1, 0], [0, 1]],
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "data alone": {
        "format": 1, "slug": "kkt_margin", "bias": True, "dimension": 256, "y": [1, 1, -1, -1],
        "gram": [[256, 12, -6, 0], [12, 256, 4, "-5/2"], [-6, 4, 256, 8.5], [0, "-5/2", 8.5, 256]],
    },
    "network with biases": {
        "format": 1, "slug": "kkt_margin", "bias": True, "X": [[2, 0], [-2, 0]], "y": [1, -1],
        "network": {"W": [[0.59814, 0.0], [-0.59814, 0.0]], "b": [0.29907, 0.29907], "v": [0.66874, -0.66874]},
    },
    "exact KKT point in merged form": {
        "format": 1, "slug": "kkt_margin", "bias": False, "gram": [[1, "1/4"], ["1/4", 1]], "y": [1, -1],
        "merged": {"signs": [1, -1], "rows": [[1, "1/4"], ["1/4", 1]], "masses": ["16/15", "16/15"]},
    },
}  # fmt: skip
