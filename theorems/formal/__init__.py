"""Proofs checked by the Rocq kernel: definitions and theorems from the standard library of Coq 8.16 alone.

FILES: tuple[str, ...] = (
    "FiniteSum", "ScalarSteps", "KktPoint", "UniversalFlip", "Network", "IntegerData", "FlipWitness", "Supersolution",
    "LinearProgram", "RandomDataFlip", "SupportVectors", "KktIdentities", "RobustRadius", "RobustNetwork",
    "PurifiedCertificate", "PureNetwork", "LinearCeiling", "Subspace", "OffManifold", "BandLimit", "ConsecutiveBand", "KernelFeatures",
)  # fmt: skip
