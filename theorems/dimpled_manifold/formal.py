"""What the quantities of dimpled_manifold are in the formal library, and what closes its generated goals."""

from __future__ import annotations

from theorems.engine.formal import Formal, Term

FORMAL = (
    Formal(
        "dimpled_manifold.frozen",
        ("FiniteSum", "Subspace"),
        "(d n : nat) (x : nat -> nat -> R) (nu : nat -> R) (eta mu dec : nat -> R) "
        "(w vel coef : nat -> nat -> nat -> R)",
        {"frozen_defect": Term("dot d nu (w t i) - fst (sv eta mu dec t) * dot d nu (w 0%nat i)", ("t", "i"))},
        assumptions=(
            "(forall i k, vel 0%nat i k = 0)",
            "(forall t i k, vel (S t) i k = "
            "mu t * vel t i k + (sum n (fun j => coef t i j * x j k) + dec t * w t i k))",
            "(forall t i k, w (S t) i k = w t i k - eta t * vel (S t) i k)",
        ),
        binders={"t": "forall t,", "i": "forall i,"},
        read_as={"training_off_plane": "forall j, (j < n)%nat -> dot d nu (x j) = 0"},
        scripts={
            "G(t) is s_t G(0)": """\
assert (X : dot d nu (w t i) = fst (sv eta mu dec t) * dot d nu (w 0%nat i))
  by (eapply normal_block; eassumption).
lra.""",
        },
    ),
)
"""Gradient descent with momentum mu and weight decay dec on the first layer, whatever coefficients the loss, the later
layers and the labels produce; nu is any direction orthogonal to the training points, so <nu, w_i> are entries of G.
"""
