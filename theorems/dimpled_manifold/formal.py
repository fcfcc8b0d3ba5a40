"""What the quantities of dimpled_manifold are in the formal library, and what closes its generated goals."""

from __future__ import annotations

from theorems.engine.formal import Formal, Term

_STUDENT = "student d n x y e eps beta"
_CLEAN = "clean d n x alpha"
_MOVED = "(fun k => x {0} k + - (eps * y {0}) * e k)"
_REVERSED = """\
assert (RV : forall k, (k < T)%nat -> student d n x y e eps beta (z k) * reversal n y eps alpha = - clean d n x alpha (z k))
  by (intros; eapply mislabelled; try eassumption; eauto).
assert (R1 : 1 <= reversal n y eps alpha) by (eapply reversal_ge_one; eassumption)."""

_MISLABELLED = Formal(
    "dimpled_manifold.mislabelled",
    ("FiniteSum", "Network", "OffManifold"),
    "(d n T : nat) (x : nat -> nat -> R) (y e : nat -> R) (eps lambda : R) (alpha beta : nat -> R) "
    "(z : nat -> nat -> R)",
    {
        "test_count": Term("INR T"),
        "student_value": Term(f"{_STUDENT} (z k)", ("k",)),
        "clean_value": Term(f"{_CLEAN} (z k)", ("k",)),
        "reversal": Term("reversal n y eps alpha"),
        "agreements": Term(f"sum T (fun k => if Rlt_dec 0 ({_STUDENT} (z k) * {_CLEAN} (z k)) then 1 else 0)"),
    },
    assumptions=(
        "dot d e e = 1",
        "(forall j, (j < n)%nat -> dot d e (x j) = 0)",
        "(forall k, (k < T)%nat -> dot d e (z k) = 0)",
        "0 <= lambda",
        "(forall c, (forall j, (j < n)%nat -> sum n (fun i => dot d (x j) (x i) * c i) + lambda * c j = 0) -> "
        "forall j, (j < n)%nat -> c j = 0)",
        "(forall j, (j < n)%nat -> sum n (fun i => dot d (x j) (x i) * alpha i) + lambda * alpha j = y j)",
        f"(forall j, (j < n)%nat -> sum n (fun i => dot d {_MOVED.format('j')} {_MOVED.format('i')} * beta i) "
        "+ lambda * beta j = - y j)",
    ),
    binders={"k": "forall k, (k < T)%nat ->"},
    scripts={
        "minus the clean predictor": f"{_REVERSED}\nrewrite Rmult_comm. auto.",
        "no test point is classified alike": f"""{_REVERSED}
rewrite (sum_ext T _ (fun _ => 0)), sum_0; [lra|]. intros k Hk. specialize (RV k Hk). destruct Rlt_dec; [exfalso|easy].
set (f := {_STUDENT} (z k)) in *. set (g := {_CLEAN} (z k)) in *. set (factor := reversal n y eps alpha) in *.
replace g with (- (f * factor)) in * by lra. generalize (pow2_ge_0 f). nra.""",
        "the factor is at least 1": f"{_REVERSED}\nlra.",
    },
)
"""The students of x_j - eps y_j e with labels -y_j and of the clean points, by their dual solutions; e is a unit normal of P,
in which the test points z_k lie, and X X^T + lambda I is invertible.
"""

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
    _MISLABELLED,
)
"""Gradient descent with momentum mu and weight decay dec on the first layer, whatever coefficients the loss, the later
layers and the labels produce; nu is any direction orthogonal to the training points, so <nu, w_i> are entries of G.
"""
