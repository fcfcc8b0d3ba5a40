"""What the quantities of Theorem C are in the formal library, and the theorems that close its generated goals."""

from __future__ import annotations

from theorems.engine.formal import Formal, Term
from theorems.feature_purification.formal_dense import DENSE
from theorems.feature_purification.formal_pure import PURE

_ATTACK = "y * output d m w a b_ (fun k => x k + delta k)"

FORMAL = (
    Formal(
        "feature_purification.certificate",
        ("FiniteSum", "PurifiedCertificate", "MeasuredCertificate"),
        "(d m : nat) (w : nat -> nat -> R) (a b_ x : nat -> R) (y q E : R) (psis : nat -> R) "
        "(ball : (nat -> R) -> Prop)",
        {
            "multiplier": Term("q"),
            "energy": Term("E"),
            "psi_sum": Term("sum m psis"),
            "attack_value": Term(_ATTACK, ("delta",)),
            "margin": Term("y * output d m w a b_ x"),
        },
        assumptions=(
            "y = 1 \\/ y = -1",
            "(forall i, (i < m)%nat -> "
            "minimum (fun u => a i * phi (b_ i) (y * dot d (w i) x + u) + q * u ^ 2) (psis i))",
            "(forall delta, ball delta -> sum m (fun i => dot d (w i) delta ^ 2) <= E)",
            "0 <= E",
        ),
        binders={"delta": "forall delta, ball delta ->"},
        scripts={
            "no attack goes below the certificate": f"""\
assert (Hq : 0 < q) by assumption.
assert (X : sum m psis - q * E <= {_ATTACK}) by (eapply below_every_attack; eauto).
unfold C_energy_factor. lra.""",
            "the certificate is below the margin": """\
assert (Hq : 0 < q) by assumption.
assert (X : sum m psis - q * E <= y * output d m w a b_ x)
  by (eapply below_the_margin; first [exact Hq | eassumption]).
lra.""",
        },
    ),
    *PURE,
    *DENSE,
)
"""Psi_i is the minimum that is measured, the energy any upper bound of |W delta|^2 over the perturbations allowed."""
