"""Proofs checked by the Rocq kernel: definitions and theorems from the standard library of Coq 8.16 alone.

`FILES` are the sources beside this module, in an order in which each needs only those before it; the logical name of
the folder is `Thinmargin`. Everything else in the library works without Rocq.
"""

from __future__ import annotations

FILES: tuple[str, ...] = (
    "FiniteSum", "ScalarSteps", "KktPoint", "UniversalFlip", "Network", "IntegerData", "FlipWitness", "Supersolution",
    "WeakDuality", "LinearProgram", "RandomDataFlip", "SupportVectors", "FlipParts", "Clusters", "KktIdentities",
    "RobustRadius", "RobustNetwork", "PurifiedCertificate", "PureNetwork", "DenseDirection", "LinearCeiling",
    "Subspace", "OffManifold", "BandLimit", "ConsecutiveBand", "BandPrice", "KernelFeatures", "ArcCosineKernels",
    "KernelDistance",
)  # fmt: skip
