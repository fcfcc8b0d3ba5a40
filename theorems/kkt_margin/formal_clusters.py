"""The formal version of what holds for clustered data: samples in k clusters of one label each."""

from __future__ import annotations

from theorems.engine.formal import Formal, Term
from theorems.kkt_margin.formal_terms import BINDERS, IS_POINT, MODULES, NONEMPTY, OBJECTS, POINT, QUANTITIES

_SAME = "Nat.eqb (cl l) (cl i)"
_INSIDE = f"(fun l => if {_SAME} then G d bias x i l else G d bias x i i)"
_BETWEEN = f"(fun l => if {_SAME} then 0 else Rabs (G d bias x i l))"
_TOWARDS = "least n (fun l => dot d (x l) (nu (cl l)))"
_ACROSS = "greatest n (fun l => greatest k (fun c => if Nat.eqb c (cl l) then 0 else Rabs (dot d (x l) (nu c))))"
_VALUE = "y i * N d W w b_ v (fun j => x i j - t * y i * Clusters.direction k yc nu j)"

_UPPER = "1 / (cluster_least * (1 - r_clusters - r_clusters ^ 2))"
_LOWER = "(1 - 2 * r_clusters - r_clusters ^ 2) / (cluster_greatest * (1 - r_clusters - r_clusters ^ 2))"

_FACTS = f"""\
assert (HK : KKTnet {POINT}) by assumption.
assert (H_ : KKT n W v lam y s (G d bias x)) by exact (abstract {POINT} HK).
assert (Hi : (i < n)%nat) by assumption. assert (Hn : (0 < n)%nat) by assumption.
assert (HL : 0 < cluster_least) by assumption.
assert (CL : forall l, (l < n)%nat -> (cl l < k)%nat) by assumption.
assert (ONE : forall l, (l < n)%nat -> y l = yc (cl l)) by assumption.
assert (FULL : forall c, (c < k)%nat -> exists i, (i < n)%nat /\\ cl i = c) by assumption.
assert (IN : forall i l, (i < n)%nat -> (l < n)%nat -> cl l = cl i ->
  cluster_least <= G d bias x i l <= cluster_greatest).
{{ intros a m Ha Hm E.
  assert (X := least_le n (fun i => least n {_INSIDE}) a Ha). cbv beta in X.
  assert (X2 := least_le n (fun l => if Nat.eqb (cl l) (cl a) then G d bias x a l else G d bias x a a) m Hm).
  assert (Y := greatest_ge n (fun i => greatest n {_INSIDE}) a Ha). cbv beta in Y.
  assert (Y2 := greatest_ge n (fun l => if Nat.eqb (cl l) (cl a) then G d bias x a l else G d bias x a a) m Hm).
  cbv beta in X2, Y2. rewrite E, Nat.eqb_refl in X2, Y2.
  split; [eapply Rle_trans; [exact X|exact X2]|eapply Rle_trans; [exact Y2|exact Y]]. }}
assert (OUT : forall i l, (i < n)%nat -> (l < n)%nat -> cl l <> cl i -> Rabs (G d bias x i l) <= cluster_cross).
{{ intros a m Ha Hm E.
  assert (Y := greatest_ge n (fun i => greatest n {_BETWEEN}) a Ha). cbv beta in Y.
  assert (Y2 := greatest_ge n (fun l => if Nat.eqb (cl l) (cl a) then 0 else Rabs (G d bias x a l)) m Hm).
  cbv beta in Y2. apply Nat.eqb_neq in E. rewrite E in Y2. eapply Rle_trans; [exact Y2|exact Y]. }}
assert (Q0 : 0 <= cluster_cross).
{{ destruct (greatest_at n (fun i => greatest n {_BETWEEN}) Hn) as (a & Ha & Ea).
  destruct (greatest_at n (fun l => if Nat.eqb (cl l) (cl a) then 0 else Rabs (G d bias x a l)) Hn) as (m & Hm & Em).
  unfold cluster_cross. rewrite Ea, Em. destruct Nat.eqb; [lra|apply Rabs_pos]. }}
assert (UP : 0 < cluster_greatest) by (generalize (IN i i Hi Hi eq_refl); lra).
assert (Hk : (0 < k)%nat) by (generalize (CL i Hi); lia).
assert (ER : Clusters.r k cluster_least cluster_cross = r_clusters) by reflexivity.
assert (RR : Clusters.r k cluster_least cluster_cross ^ 2 + 2 * Clusters.r k cluster_least cluster_cross - 1 < 0)
  by (rewrite ER; lra).
assert (RP : 0 < 1 - r_clusters - r_clusters ^ 2)
  by (rewrite <- ER; apply Clusters.r_below; first [assumption | eassumption]).
assert (ES : Clusters.S k cluster_least cluster_cross = {_UPPER}) by (unfold Clusters.S; rewrite ER; reflexivity).
assert (EA : Clusters.Al k cluster_least cluster_greatest cluster_cross = {_LOWER})
  by (unfold Clusters.Al; rewrite ER; field; split; lra).
"""
_SUMS = f"""{_FACTS}\
assert (X : Clusters.As n W v lam s cl (yc (cl i)) (cl i) <= Clusters.S k cluster_least cluster_cross /\\
  Clusters.As n W v lam s cl (- yc (cl i)) (cl i)
    <= Clusters.r k cluster_least cluster_cross * Clusters.S k cluster_least cluster_cross /\\
  Clusters.Al k cluster_least cluster_greatest cluster_cross <= Clusters.As n W v lam s cl (yc (cl i)) (cl i))
  by (eapply Clusters.cluster_own; first [eassumption | exact (CL i Hi)]).
rewrite <- (ONE i Hi), ER, ES, EA in X. destruct X as (X1 & X2 & X3).
"""
_POSED = f"pose (cluster_greatest := greatest n (fun i => greatest n {_INSIDE})).\n"
"""For conclusions that do not speak of U."""

CLUSTERS = Formal(
    "kkt_margin.clusters",
    ("Clusters", *MODULES),
    f"{OBJECTS} (k : nat) (cl : nat -> nat) (yc : nat -> R) (nu : nat -> nat -> R) (t : R)",
    QUANTITIES
    | {
        "clusters": Term("INR k"),
        "cluster_least": Term(f"least n (fun i => least n {_INSIDE})", named=True),
        "cluster_greatest": Term(f"greatest n (fun i => greatest n {_INSIDE})", named=True),
        "cluster_cross": Term(f"greatest n (fun i => greatest n {_BETWEEN})", named=True),
        "cluster_delta": Term(f"{_TOWARDS} - {_ACROSS} * (INR k - 1)", named=True),
        "cluster_time": Term("t"),
        "opposite_clusters": Term("Clusters.opposite k y yc i", ("i",)),
        "cluster_own": Term("Clusters.part n cl (cl i) (KktPoint.A W v lam s (y i))", ("i",)),
        "cluster_cross_sum": Term("Clusters.part n cl (cl i) (KktPoint.A W v lam s (- y i))", ("i",)),
        "cluster_value": Term(_VALUE, ("i", "reached")),
    },
    assumptions=(
        *NONEMPTY,
        "(forall l, (l < n)%nat -> (cl l < k)%nat)",
        "(forall c, (c < k)%nat -> exists i, (i < n)%nat /\\ cl i = c)",
        "(forall c j, (c < k)%nat -> nu c j = sum n (fun l => if Nat.eqb (cl l) c then x l j else 0) / "
        "sum n (fun l => if Nat.eqb (cl l) c then 1 else 0))",
    ),
    binders=BINDERS
    | {"reached": "cluster_cross * (1 + cluster_greatest / cluster_least) <= t * cluster_delta ->"},
    read_as=IS_POINT | {"mixed_clusters <= 0": "forall l, (l < n)%nat -> y l = yc (cl l)"},
    scripts={
        "own class sums of a cluster <= S": f"{_POSED}{_SUMS}exact X1.",
        "cross class sums of a cluster <= r S": f"""{_POSED}{_SUMS}\
eapply Rle_trans; [exact X2|]. right. unfold S_clusters. ring.""",
        "own class sums of a cluster >= A": f"{_SUMS}apply Rle_ge. exact X3.",
        "the value along the flip path stays below the bound": f"""{_FACTS}\
assert (HD : 0 < cluster_delta) by assumption.
assert (HT : cluster_cross * (1 + cluster_greatest / cluster_least) <= t * cluster_delta) by assumption.
assert (Z : 0 <= cluster_cross * (1 + cluster_greatest / cluster_least)).
{{ apply Rmult_le_pos; [exact Q0|]. assert (P : 0 < cluster_greatest / cluster_least)
    by (apply Rdiv_lt_0_compat; assumption). lra. }}
assert (T0 : 0 <= t) by nra.
assert (X : {_VALUE} <= Clusters.S k cluster_least cluster_cross * relu (cluster_greatest - t * cluster_delta)
  - (t * cluster_delta - cluster_cross * (1 + cluster_greatest / cluster_least)) * Clusters.opposite k y yc i
    * Clusters.Al k cluster_least cluster_greatest cluster_cross).
{{ eapply Clusters.clusters with (Dw := {_TOWARDS}) (p := {_ACROSS}) (bias := bias) (x := x) (lam := lam) (s := s)
    (cl := cl); try eassumption.
  - intros l Hl. exact (least_le n (fun l => dot d (x l) (nu (cl l))) l Hl).
  - intros l a Hl Ha E. apply Nat.eqb_neq in E.
    assert (Y := greatest_ge n
      (fun l => greatest k (fun c => if Nat.eqb c (cl l) then 0 else Rabs (dot d (x l) (nu c)))) l Hl). cbv beta in Y.
    assert (Y2 := greatest_ge k (fun c => if Nat.eqb c (cl l) then 0 else Rabs (dot d (x l) (nu c))) a Ha).
    cbv beta in Y2. rewrite E in Y2. eapply Rle_trans; [exact Y2|exact Y]. }}
replace (t * cluster_delta) with tau_clusters in X by (unfold tau_clusters; ring).
rewrite ES, EA in X. unfold relu in X. rewrite Rmax_comm in X. eapply Rle_trans; [exact X|].
right. unfold S_clusters, A_clusters. ring.""",
    },
)
"""A sample's cluster is cl l < k; nu c is the mean of cluster c, and t any time at which the bound holds."""
