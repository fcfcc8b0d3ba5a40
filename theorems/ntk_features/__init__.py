"""Features of the neural tangent kernel and what they say of adversarial examples (Tsilivis, Kempe 2022)."""

from theorems.ntk_features import trained

STATEMENTS = trained.STATEMENTS
