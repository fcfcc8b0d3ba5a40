"""Reference numbers of another implementation of the same recipe, one or two seeds each: what a run is compared with.

They were measured elsewhere, before this library, and are no results of it. Attacks there were the dense direction,
one step, and 40 projected steps from three starts on 1000 points.
"""

from __future__ import annotations

ACCURACY: dict[str, dict[str, dict[float, float]]] = {
    "d = 64, k = 5, kappa = 0.2, l2": {
        "clean": {0.1: 0.993, 0.15: 0.654, 0.2: 0.322, 0.25: 0.154},
        "adversarial, from scratch": {0.1: 1.0, 0.15: 1.0, 0.2: 0.999, 0.25: 0.991},
    },
    "d = 128, k = 5, kappa = 0.2, l2": {
        "clean": {0.1: 0.955, 0.15: 0.381, 0.2: 0.096, 0.25: 0.021},
        "adversarial, from scratch": {0.1: 1.0, 0.15: 1.0, 0.2: 0.999, 0.25: 0.994},
    },
    "d = 256, k = 5, kappa = 0.2, l2": {
        "clean": {0.1: 0.7215, 0.15: 0.236, 0.2: 0.036, 0.25: 0.002},
        "adversarial, from scratch": {0.1: 1.0, 0.15: 1.0, 0.2: 0.998, 0.25: 0.965},
        "adversarial, from the clean network": {0.1: 1.0, 0.15: 1.0, 0.2: 0.999, 0.25: 0.957},
    },
    "d = 256, k = 8, kappa = 0.3, l2": {
        "clean": {0.1: 0.513, 0.15: 0.178, 0.2: 0.053, 0.25: 0.005},
        "adversarial, from scratch": {0.1: 1.0, 0.15: 0.996, 0.2: 0.925, 0.25: 0.691},
    },
    "d = 512, k = 5, kappa = 0.2, l2": {
        "clean": {0.1: 0.583, 0.15: 0.262, 0.2: 0.097, 0.25: 0.004},
        "adversarial, from scratch": {0.1: 1.0, 0.15: 1.0, 0.2: 0.983, 0.25: 0.852},
        "adversarial, from the clean network": {0.1: 1.0, 0.15: 1.0, 0.2: 0.949, 0.25: 0.771},
    },
    "d = 512, k = 8, kappa = 0.3, l2": {
        "clean": {0.1: 0.536, 0.15: 0.174, 0.2: 0.066, 0.25: 0.016},
        "adversarial, from scratch": {0.1: 0.995, 0.15: 0.954, 0.2: 0.817, 0.25: 0.628},
    },
    "d = 256, k = 5, kappa = 0.2, l_inf": {
        "clean": {0.005: 0.993, 0.01: 0.163, 0.02: 0.0, 0.04: 0.0},
        "adversarial, from scratch": {0.005: 1.0, 0.01: 1.0, 0.02: 1.0, 0.03: 1.0, 0.04: 0.863},
    },
}
"""Accuracy under the best attack by configuration, network and radius."""

_SCRATCH, _WARM = "adversarial, from scratch", "adversarial, from the clean network"

MEASURES: dict[str, dict[str, dict[str, float]]] = {
    "d = 64, k = 5, kappa = 0.2, l2": {
        "clean": {"top_mean": 0.178, "dense_mean": 0.979, "mixture_median": 0.691, "cos_initial_clean": 0.18},
        _SCRATCH: {"top_mean": 0.781, "top_median": 0.730, "dense_mean": 0.209, "mixture_median": 0.0188,
                   "coverage": 0.97, "cos_initial_trained": 0.37},
        _WARM: {"cos_clean_trained": 0.281},
    },
    "d = 128, k = 5, kappa = 0.2, l2": {
        "clean": {"top_mean": 0.176, "dense_mean": 0.867, "mixture_median": 0.431, "cos_initial_clean": 0.44},
        _SCRATCH: {"top_mean": 0.692, "top_median": 0.699, "dense_mean": 0.121, "mixture_median": 0.0080,
                   "coverage": 0.86, "cos_initial_trained": 0.35},
        _WARM: {"cos_clean_trained": 0.272},
    },
    "d = 256, k = 5, kappa = 0.2, l2": {
        "clean": {"top_mean": 0.238, "dense_mean": 0.694, "mixture_median": 0.178, "cos_initial_clean": 0.55,
                  "singular_1": 16.5, "singular_2": 1.9, "alignment": 0.9998},
        _SCRATCH: {"top_mean": 0.58, "top_median": 0.57, "dense_mean": 0.072, "mixture_median": 0.0041,
                   "coverage": 0.74, "cos_initial_trained": 0.32, "cos_clean_trained": 0.343,
                   "singular_1": 3.6, "singular_median": 3.0},
        _WARM: {"cos_clean_trained": 0.45},
    },
    "d = 256, k = 8, kappa = 0.3, l2": {
        "clean": {"top_mean": 0.416, "dense_mean": 0.572, "mixture_median": 0.081, "cos_initial_clean": 0.52,
                  "singular_1": 18.6, "singular_2": 2.8},
        _SCRATCH: {"top_mean": 0.893, "top_median": 0.964, "dense_mean": 0.084, "mixture_median": 0.0020,
                   "coverage": 1.00, "cos_initial_trained": 0.23, "singular_1": 4.0, "singular_2": 3.5},
        _WARM: {"cos_clean_trained": 0.57},
    },
    "d = 512, k = 5, kappa = 0.2, l2": {
        "clean": {"top_mean": 0.336, "dense_mean": 0.527, "mixture_median": 0.068, "cos_initial_clean": 0.40},
        _SCRATCH: {"top_mean": 0.523, "top_median": 0.509, "dense_mean": 0.045, "mixture_median": 0.0020,
                   "coverage": 0.38, "cos_initial_trained": 0.25},
        _WARM: {"cos_clean_trained": 0.72},
    },
    "d = 512, k = 8, kappa = 0.3, l2": {
        "clean": {"top_mean": 0.544, "dense_mean": 0.517, "mixture_median": 0.041, "cos_initial_clean": 0.29},
        _SCRATCH: {"top_mean": 0.832, "top_median": 0.784, "dense_mean": 0.059, "mixture_median": 0.0013,
                   "coverage": 0.95, "cos_initial_trained": 0.17},
        _WARM: {"cos_clean_trained": 0.74},
    },
}  # fmt: skip
"""Purification measures by configuration and network. Cosines of clean and trained weights from scratch are listed only
where the reference runs had mini-batches of their own."""

SPECTRUM: dict[str, dict[int, float]] = {
    "d = 256, k = 5, kappa = 0.2, l2": {1: 0.10, 5: 0.13, 20: 0.22, 64: 0.45},
}
"""Share of the energy of the change from clean to trained weights (from scratch) in its leading directions."""
