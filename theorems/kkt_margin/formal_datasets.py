"""Formal versions of what holds for one dataset, and of the robust networks that exist for the same data."""

from __future__ import annotations

from functools import partial

from theorems.engine.formal import Formal, Term
from theorems.kkt_margin.formal_terms import (
    BINDERS,
    IS_POINT,
    MODULES,
    NONEMPTY,
    OBJECTS,
    POINT,
    QUANTITIES,
    R,
)

_BA = "ba y bo bc"
_REMAINS = f"1 - sum_but i n (fun l => relu ({R}) * {_BA} (y i) l)"
_SUPERSOLUTION = (
    f"(forall i, (i < n)%nat -> 0 < bo i /\\ 0 < bc i) /\\ "
    f"(forall i, (i < n)%nat -> 1 + sum_but i n (fun l => relu (- {R}) * (bo l + bc l)) <= G d bias x i i * bo i) /\\ "
    f"(forall i, (i < n)%nat -> sum_but i n (fun l => relu (- {R}) * {_BA} (- y i) l) < G d bias x i i * bc i)"
)
"""A strict supersolution (bo, bc) of the transfer matrix: the vector that proves its spectral radius below 1."""

_BOUNDED = f"""\
match goal with Q : (forall i, (i < n)%nat -> 0 < bo i /\\ 0 < bc i) /\\ _ |- _ => destruct Q as (BP & RO & RC) end.
assert (HK : KKTnet {POINT}) by assumption.
assert (H_ : KKT n W v lam y s (G d bias x)) by exact (abstract {POINT} HK).
assert (GP : forall i, (i < n)%nat -> 0 < G d bias x i i) by (intros; eapply sample_nonzero; eassumption).
assert (Hi : (i < n)%nat) by assumption."""

_ALL_POINTS = Formal(
    "kkt_margin.all_points",
    (*MODULES, "Supersolution"),
    f"{OBJECTS} (bo bc : nat -> R)",
    QUANTITIES
    | {
        "own_upper": Term("bo i", ("i",)),
        "cross_upper": Term("bc i", ("i",)),
        "own_lower": Term(f"({_REMAINS}) / G d bias x i i", ("i",)),
        "direction_product": Term("h n y (K0 d x) i", ("i",)),
    },
    assumptions=NONEMPTY,
    binders=BINDERS,
    read_as=IS_POINT | {"transfer_proved": _SUPERSOLUTION},
    scripts={
        "own class sums below their bound": f"{_BOUNDED}\neapply m_matrix; eassumption.",
        "own class sums above their bound": f"""{_BOUNDED}
assert (X : {_REMAINS} <= G d bias x i i * KktPoint.A W v lam s (y i) i) by (eapply own_above; eassumption).
assert (P := GP i Hi). apply Rle_ge, Rmult_le_reg_l with (G d bias x i i); [exact P|].
eapply Rle_trans; [|exact X]. right. field. lra.""",
        "cross class sums below their bound": f"{_BOUNDED}\neapply m_matrix; eassumption.",
    },
)

_robust = partial(
    Formal,
    modules=("FiniteSum", "Network", "MeasuredQuantities", "RobustNetwork"),
    objects="(d n : nat) (x : nat -> nat -> R) (y : nat -> R) (D theta : R) (N_ : (nat -> R) -> R)",
    assumptions=("(0 < n)%nat", "(forall i, (i < n)%nat -> y i = 1 \\/ y i = -1)"),
    quantities={
        "p": Term("greatest_between n (K0 d x)", named=True),
        "c": Term("class_share n y", named=True),
        "square_norm": Term("D"),
        "theta": Term("theta"),
        "norm_sq": Term("K0 d x i i", ("i",)),
        "radius_sq": Term("dot d e e", ("i", "e")),
    },
    binders={
        "i": "forall i, (i < n)%nat ->",
        "e": "forall e, y i * N_ (fun k => x i k + e k) <= 0 ->",
    },
    read_as={"robust_network_defect": "forall z, N_ z = robust_net d n x y D theta z"},
)
_FLIPPED = """\
assert (Hn : (0 < n)%nat) by assumption. assert (Hi : (i < n)%nat) by assumption.
assert (P0 : 0 <= p) by (apply between_nn; exact Hn).
assert (BD : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 d x i l) <= p)
  by (intros; now apply between_ge).
assert (F : y i * robust_net d n x y D theta (fun k => x i k + e k) <= 0).
{ match goal with Q : forall z, N_ z = _ |- _ => rewrite <- Q end. assumption. }"""
"""The perturbed sample is on the other side of the network that the theorem speaks of."""

_ROBUST = (
    _robust(
        "kkt_margin.robust_half_gap",
        scripts={"radius >= (1 - p/D)/2 sqrt(D)": f"""{_FLIPPED}
assert (DP : 0 < D) by lra.
assert (C1 : p / D < 1).
{{ apply Rmult_lt_reg_r with D; [exact DP|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }}
assert (T : theta = (1 + p / D) / 2) by (etransitivity; [eassumption|field; lra]).
assert (X : ((1 - p / D) / 2) ^ 2 * D <= dot d e e) by (eapply half_gap; eassumption).
apply Rle_ge. eapply Rle_trans; [|exact X]. unfold C_half_factor. right. field. lra."""},
    ),
    _robust(
        "kkt_margin.robust_quarter_threshold",
        scripts={"radius^2 >= D (1 - p/D)^2 / (2 (1 + p/D))": f"""{_FLIPPED}
assert (D0 : 0 <= D) by lra.
destruct (Rle_lt_or_eq_dec 0 D D0) as [DP|Z].
- assert (C1 : p / D <= 18 / 1000).
  {{ apply Rmult_le_reg_r with D; [exact DP|]. unfold Rdiv at 1. rewrite Rmult_assoc, Rinv_l by lra. lra. }}
  assert (C0 : 0 <= p / D) by (apply Rmult_le_pos; [exact P0|left; apply Rinv_0_lt_compat; exact DP]).
  assert (X : D * (1 - p / D) ^ 2 / (2 * (1 + p / D)) <= dot d e e) by (eapply quarter_threshold; eassumption).
  apply Rle_ge. eapply Rle_trans; [|exact X]. right. field. lra.
- apply Rle_ge. rewrite <- Z. unfold Rdiv. rewrite !Rmult_0_l. apply sum_nn. intros. apply Rle_0_sqr."""},
    ),
)

DATASETS = (_ALL_POINTS, *_ROBUST)
