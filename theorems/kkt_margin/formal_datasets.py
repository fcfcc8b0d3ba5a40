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
    read_as=IS_POINT | {"transfer_proved >= 1": _SUPERSOLUTION},
    scripts={
        "own class sums below their bound": f"{_BOUNDED}\neapply m_matrix; eassumption.",
        "own class sums above their bound": f"""{_BOUNDED}
assert (X : {_REMAINS} <= G d bias x i i * KktPoint.A W v lam s (y i) i) by (eapply own_above; eassumption).
assert (P := GP i Hi). apply Rle_ge, Rmult_le_reg_l with (G d bias x i i); [exact P|].
eapply Rle_trans; [|exact X]. right. field. lra.""",
        "cross class sums below their bound": f"{_BOUNDED}\neapply m_matrix; eassumption.",
    },
)

_NEIGHBOURS = "(1 + (INR # - 1) * theta - INR # * (p / D)) ^ 2 / ((INR # + 1) * (1 + INR # * (p / D)))"
"""What # opposite neurons allow, the square of the radius in units of D."""

_ROBUST_QUANTITIES = {
    "p": Term("greatest_between n (K0 d x)", named=True),
    "c": Term("class_share n y", named=True),
    "square_norm": Term("D"),
    "theta": Term("theta"),
    "norm_sq": Term("K0 d x i i", ("i",)),
    "radius_sq": Term("dot d e e", ("i", "e")),
    "critical_count": Term("INR k", ("i", "worst")),
}
_APART = "dot d (fun k => x b k - x a k) (fun k => x b k - x a k)"
_FLIPS = "y i * N_ (fun k => x i k + e k) <= 0"

_robust = partial(
    Formal,
    modules=("FiniteSum", "UniversalFlip", "Network", "KktIdentities", "MeasuredQuantities", "RobustNetwork"),
    objects="(d n : nat) (x : nat -> nat -> R) (y : nat -> R) (D theta : R) (N_ : (nat -> R) -> R)",
    assumptions=("(0 < n)%nat", "(forall i, (i < n)%nat -> y i = 1 \\/ y i = -1)"),
    quantities=_ROBUST_QUANTITIES,
    binders={
        "i": "forall i, (i < n)%nat ->",
        "e": f"forall e, {_FLIPS} ->",
        "worst": (
            "forall k, (1 <= k)%nat -> INR k <= nopp n y i -> (forall m, (1 <= m)%nat -> INR m <= nopp n y i -> "
            f"{_NEIGHBOURS.replace('#', 'k')} <= {_NEIGHBOURS.replace('#', 'm')}) ->"
        ),
        "radius": (
            f"forall rho, (forall e, {_FLIPS} -> rho <= dot d e e) -> "
            f"(forall a, (forall e, {_FLIPS} -> a <= dot d e e) -> a <= rho) ->"
        ),
        "distance": (
            "forall distance, (exists a b, (a < n)%nat /\\ (b < n)%nat /\\ y a = 1 /\\ y b = -1 /\\ "
            f"distance = {_APART}) -> (forall a b, (a < n)%nat -> (b < n)%nat -> y a = 1 -> y b = -1 -> "
            f"distance <= {_APART}) ->"
        ),
    },
    read_as={"robust_network_defect = 0": "forall z, N_ z = robust_net d n x y D theta z"},
)
_FLIPPED = """\
assert (Hn : (0 < n)%nat) by assumption. assert (Hi : (i < n)%nat) by assumption.
assert (P0 : 0 <= p) by (apply between_nn; exact Hn).
assert (BD : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 d x i l) <= p)
  by (intros; now apply between_ge).
assert (F : y i * robust_net d n x y D theta (fun k => x i k + e k) <= 0).
{ match goal with Q : forall z, N_ z = _ |- _ => rewrite <- Q end. assumption. }"""
"""The perturbed sample is on the other side of the network that the theorem speaks of."""

_SQUARE = """(assert (E : K0 d x 0%nat 0%nat = D) by auto; rewrite <- E; apply dot_nn)"""
_GREATEST = "match goal with Q : forall a, (forall e, _ -> a <= _) -> a <= rho |- _ => rename Q into Q_ end."
_LEAST = "match goal with Q : forall e, _ -> rho <= _ |- _ => rename Q into Q_ end."
_ORTHOGONAL = f"""\
assert (Hn : (0 < n)%nat) by assumption.
assert (BD : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 d x i l) <= p)
  by (intros; now apply between_ge).
assert (EN : forall z, N_ z = robust_net d n x y D theta z) by assumption.
assert (D0 : 0 <= D) by {_SQUARE}."""
_OPPOSITE = """\
assert (Hi : (i < n)%nat) by assumption.
assert (M : 0 < nopp n y i) by (apply opposite_pos; assumption).
assert (POS : forall m f, 0 < sum m f -> exists l, (l < m)%nat /\\ 0 < f l).
{ induction m as [|m IH]; simpl; intros f P; [lra|]. destruct (Rlt_dec 0 (f m)) as [Fm|Fm]; [exists m; auto|].
  destruct (IH f) as (l & Hl & Fl); [lra|exists l; auto]. }
destruct (POS n _ M) as (l & Hl & Fl).
assert (Ey : y l = - y i) by (revert Fl; destruct Req_EM_T as [E|E]; intro; [exact E|lra])."""
"""A sample of the other class."""

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
        "kkt_margin.robust_any_threshold",
        scripts={"radius >= sqrt(D) min(1 - theta, worst k opposite neurons)": f"""{_FLIPPED}
assert (DP : 0 < D) by lra.
assert (T1 : theta < 1) by (unfold C_theta_ceiling in *; assumption).
assert (C1 : p / D < theta) by (unfold C_theta_floor in *; lra).
apply Rle_ge.
assert (Y : (1 - theta) ^ 2 * D <= dot d e e \\/ exists m, (1 <= m)%nat /\\ INR m <= nopp n y i /\\
  D * (1 + (INR m - 1) * theta - INR m * (p / D)) ^ 2 / ((INR m + 1) * (1 + INR m * (p / D))) <= dot d e e)
  by (eapply flipped_far; eassumption).
destruct Y as [Y|(m & M1 & M2 & Y)].
- eapply Rle_trans; [|exact Y]. rewrite Rmult_comm. apply Rmult_le_compat_r; [lra|apply Rmin_r].
- eapply Rle_trans; [|exact Y]. eapply Rle_trans; [|right; symmetry; apply Rmult_assoc].
  apply Rmult_le_compat_l; [lra|].
  assert (B : (1 + (INR k - 1) * theta - INR k * (p / D)) ^ 2 / ((INR k + 1) * (1 + INR k * (p / D)))
    <= (1 + (INR m - 1) * theta - INR m * (p / D)) ^ 2 / ((INR m + 1) * (1 + INR m * (p / D)))) by auto.
  eapply Rle_trans; [apply Rmin_l|]. eapply Rle_trans; [|exact B].
  unfold C_neighbour_factor. right. unfold Rdiv. f_equal; [ring|f_equal; ring]."""},
    ),
    _robust(
        "kkt_margin.robust_orthogonal_optimum",
        quantities=_ROBUST_QUANTITIES
        | {"radius_sq": Term("rho", ("i", "radius")), "class_distance_sq": Term("distance", ("distance",))},
        scripts={
            "radius >= sqrt(D/2)": f"""\
apply Rle_ge. {_GREATEST}
apply Q_. intros e Fe. {_FLIPPED}
assert (D0 : 0 <= D) by {_SQUARE}.
destruct (Rle_lt_or_eq_dec 0 D D0) as [DP|Z].
- eapply orthogonal_radius; eassumption.
- rewrite <- Z. unfold Rdiv. rewrite Rmult_0_l. apply dot_nn.""",
            "radius <= sqrt(D/2)": f"""\
{_ORTHOGONAL}
{_OPPOSITE}
{_LEAST}
destruct (Rle_lt_or_eq_dec 0 D D0) as [DP|Z].
- assert (X : y i * robust_net d n x y D theta (fun k => x i k + halfway x i l k) <= 0
    /\\ dot d (halfway x i l) (halfway x i l) = D / 2) by (eapply orthogonal_attained; eassumption).
  destruct X as [X1 X2]. rewrite <- X2. apply Q_. rewrite EN. exact X1.
- assert (V : forall z, robust_net d n x y D theta z = 0).
  {{ intro z. unfold robust_net. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_0|]. intros m Hm.
    assert (CS := dot_cauchy d (x m) z). assert (Nl : dot d (x m) (x m) = D) by (change (K0 d x m m = D); auto).
    rewrite Nl, <- Z, Rmult_0_l in CS.
    assert (O : dot d (x m) z = 0) by (assert (S2 := pow2_ge_0 (dot d (x m) z)); nra).
    rewrite O, relu_neg; [ring|]. unfold Rdiv. rewrite Rmult_0_l. lra. }}
  assert (E0 : dot d (fun _ => 0) (fun _ => 0) = D / 2).
  {{ rewrite <- Z. unfold dot. rewrite (sum_ext d _ (fun _ => 0)) by (intros; ring). rewrite sum_0. lra. }}
  rewrite <- E0. apply Q_. rewrite EN, V. lra.""",
            "that is half the least distance between the classes": f"""\
{_ORTHOGONAL}
match goal with Q : exists a b, _ |- _ => destruct Q as (a & b & Ha & Hb & Ya & Yb & Ed) end.
assert (AB : b <> a) by (intros ->; lra).
assert (X : dot d (fun k => x b k - x a k) (fun k => x b k - x a k) = 2 * D
  /\\ dot d (halfway x a b) (halfway x a b) = D / 2) by (eapply class_distance; eassumption).
rewrite Ed, (proj1 X). lra.""",
        },
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
