"""Formal versions of the theorems about the dense direction, and of what they use of the symmetric ReLU."""

from __future__ import annotations

from functools import partial

from theorems.engine.formal import Formal, Term
from theorems.feature_purification.formal_pure import EUCLIDEAN

_DENSE_OBJECTS = (
    "(d m : nat) (w : nat -> nat -> R) (a b_ : nat -> R) (y eta tau : R) (x v : nat -> R) "
    "(ball : (nat -> R) -> Prop)"
)
_dense = partial(
    Formal,
    modules=("FiniteSum", "PurifiedCertificate", "PureNetwork", "DenseDirection"),
    objects=_DENSE_OBJECTS,
    quantities={
        "tau": Term("tau"),
        "margin": Term("y * f d m w a b_ x"),
        "dense_value": Term("y * f d m w a b_ (fun k => x k - y * eta * v k)"),
        "dense_bound": Term(
            "y * f d m w a b_ x - sum m (fun i => a i * fall (b_ i) (y * dot d (w i) x) (eta * dot d (w i) v))"
        ),
        "drift": Term("eta * dot d (w i) v", ("i",)),
    },
    assumptions=(
        "y = 1 \\/ y = -1",
        "(forall i, (i < m)%nat -> 0 < a i)",
        "(forall i, (i < m)%nat -> 0 <= b_ i)",
    ),
    binders={"i": "forall i, (i < m)%nat ->"},
    read_as={
        "gate_changes <= 0": (
            "forall i, (i < m)%nat -> same_side (b_ i) (y * dot d (w i) x) (y * dot d (w i) x - eta * dot d (w i) v)"
        ),
    }
    | EUCLIDEAN,
)
_SIGNS = """\
assert (Hy : y = 1 \\/ y = -1) by assumption.
assert (Ha : forall i, (i < m)%nat -> 0 <= a i) by (intros; left; auto).
assert (Hb : forall i, (i < m)%nat -> 0 <= b_ i) by assumption.
"""
_INCREMENTS = """\
assert (Hb : 0 <= b_ i) by auto. assert (P := phi_increments (b_ i) Hb). set (h := y * dot d (w i) x) in *.
"""

DENSE = (
    _dense(
        "feature_purification.dense_direction",
        scripts={"the value under -y eta v is below the bound": f"""{_SIGNS}\
eapply Rle_trans; [exact (dense_direction d m w a b_ y eta x v Hy Ha Hb)|].
unfold C_drift_factor, height, drift. right. ring."""},
    ),
    _dense(
        "feature_purification.dense_equality",
        scripts={"equality": f"""{_SIGNS}\
etransitivity; [apply (dense_equality d m w a b_ y eta x v Hy Hb); assumption|].
f_equal. apply sum_ext. intros i Hi. unfold height, drift. f_equal.
match goal with S : forall i, (i < m)%nat -> same_side _ _ _ |- _ => generalize (S i Hi) end.
match goal with P : forall i, (i < m)%nat -> _ >= 0 |- _ => generalize (P i Hi) end.
set (h := y * dot d (w i) x). set (t := eta * dot d (w i) v). intros P S. unfold same_side in S.
unfold open_fall, fall. destruct (Rlt_dec t 0); [lra|]. destruct (Rlt_dec (b_ i) h); [|reflexivity].
rewrite Rmin_left; [reflexivity|]. generalize (Hb i Hi). intro. destruct S as [S|[S|S]]; lra."""},
    ),
    _dense(
        "feature_purification.dense_breaks",
        scripts={"the sign is lost": f"""{_SIGNS}\
apply (dense_breaks d m w a b_ y eta x v Hy Ha Hb). unfold height, drift. lra."""},
    ),
    Formal(
        "feature_purification.symmetric_relu",
        ("FiniteSum", "PurifiedCertificate", "PureNetwork"),
        "(d m : nat) (w : nat -> nat -> R) (b_ : nat -> R) (y tau : R) (x : nat -> R)",
        {
            "tau": Term("tau"),
            "activation": Term("phi (b_ i) (y * dot d (w i) x)", ("i",)),
            "mirrored_activation": Term("phi (b_ i) (- (y * dot d (w i) x))", ("i",)),
            "shifted_activation": Term("phi (b_ i) (y * dot d (w i) x + u)", ("i", "u")),
            "shift": Term("u", ("u",)),
        },
        assumptions=("(forall i, (i < m)%nat -> 0 <= b_ i)",),
        binders={"i": "forall i, (i < m)%nat ->", "u": "forall u,"},
        scripts={
            "odd": "rewrite phi_odd. ring.",
            "nondecreasing": f"""{_INCREMENTS}\
destruct (Rle_dec 0 u); [generalize (P h (h + u) ltac:(lra))|generalize (P (h + u) h ltac:(lra))]; intro; nra.""",
            "1-Lipschitz": f"""{_INCREMENTS}\
unfold C_lipschitz, Rabs. destruct (Rle_dec 0 u);
  [generalize (P h (h + u) ltac:(lra))|generalize (P (h + u) h ltac:(lra))]; intro; repeat destruct Rcase_abs; lra.""",
        },
    ),
)
