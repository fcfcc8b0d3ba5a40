(* kkt_margin.main for one data set given by integers, by computation in the kernel.

   `main_check` takes the raw Gram matrix (integers over one positive denominator), the labels, bounds L, U, L0, p, q of
   its entries and a rational t = a / b. When it answers true, every KKT point of every width, on every data set with
   this Gram matrix in any dimension, has all samples as support vectors, all margins equal to one, and is flipped at
   every sample by every step from t on (`main_check_sound`). *)
Require Import Reals ZArith List Bool Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Import ListNotations.

Section Data.
Variable gram : list (list Z).            (* rows of the raw Gram matrix, times den *)
Variable labels : list Z.                 (* +-1 *)
Variable den : Z.
Variable n : nat.
Variable bias : bool.
Local Open Scope Z_scope.

Definition entry (i l : nat) : Z := nth l (nth i gram []) 0.
Definition label (i : nat) : Z := nth i labels 0.
Definition lift : Z := if bias then den else 0.
Definition lifted (i l : nat) : Z := entry i l + lift.
Definition all (P : nat -> bool) : bool := forallb P (seq 0 n).
Definition zsum (f : nat -> Z) : Z := fold_right (fun l acc => f l + acc) 0 (seq 0 n).
Definition opposite (i : nat) : Z := zsum (fun l => if label l =? - label i then 1 else 0).
Definition labelled : bool := all (fun i => (label i =? 1) || (label i =? -1)).

(* L, U bound the lifted squared norms, L0 the raw ones from below; p, q bound raw and lifted correlations *)
Definition main_check (L U L0 p q a b : Z) : bool :=
  let rr := q * (Z.of_nat n - 1) in
  let D := L0 - p * (Z.of_nat n - 1) in
  let E := L * L - 2 * rr * L - rr * rr in
  (0 <? den) && (0 <? L) && (0 <=? q) && (0 <? D) && (0 <? b) && (0 <? E) && labelled &&
  all (fun i => (0 <? opposite i) && (b * (L * U * U + q * opposite i * E) <? a * D * (L * U + opposite i * E))) &&
  all (fun i => all (fun l =>
     if Nat.eqb l i then (L <=? lifted i i) && (lifted i i <=? U) && (L0 <=? entry i i)
     else (Z.abs (lifted i l) <=? q) && (Z.abs (entry i l) <=? p))).

Local Open Scope R_scope.
Definition sign (i : nat) : R := IZR (label i).
(* the samples x have this Gram matrix *)
Definition has_gram (d : nat) (x : nat -> nat -> R) : Prop :=
  forall i l, (i < n)%nat -> (l < n)%nat -> IZR den * K0 d x i l = IZR (entry i l).

Lemma sum_first m f : sum (S m) f = f 0%nat + sum m (fun k => f (S k)).
Proof. induction m; simpl in *; lra. Qed.
Lemma all_spec P : all P = true -> forall i, (i < n)%nat -> P i = true.
Proof. unfold all; rewrite forallb_forall; intros F i Hi; apply F, in_seq; lia. Qed.
Lemma zsum_sum f : IZR (zsum f) = sum n (fun l => IZR (f l)).
Proof.
unfold zsum. assert (G : forall m o, IZR (fold_right (fun l acc => (f l + acc)%Z) 0%Z (seq o m)) = sum m (fun l => IZR (f (o + l)%nat))).
{ induction m; intros o; [easy|]. rewrite sum_first; simpl. rewrite plus_IZR, (IHm (S o)). f_equal.
  - now rewrite Nat.add_0_r.
  - apply sum_ext; intros l _. now replace (o + S l)%nat with (S o + l)%nat by lia. }
apply (G n 0%nat).
Qed.
Lemma opposite_nopp i : IZR (opposite i) = nopp n sign i.
Proof.
unfold opposite. rewrite zsum_sum. unfold nopp. apply sum_ext; intros l _. unfold sign. rewrite <- opp_IZR.
destruct (Z.eqb_spec (label l) (- label i)) as [E|E], Req_EM_T as [F|F]; try easy.
- now rewrite E in F.
- now apply eq_IZR in F.
Qed.
Lemma lifted_gram d x : (0 < den)%Z -> has_gram d x ->
  forall i l, (i < n)%nat -> (l < n)%nat -> IZR den * G d bias x i l = IZR (lifted i l).
Proof.
intros Hd Hx i l Hi Hl. unfold G, lifted, lift, beta. rewrite Rmult_plus_distr_l, Hx, plus_IZR by easy. destruct bias; ring.
Qed.

Theorem main_check_sound L U L0 p q a b : main_check L U L0 p q a b = true ->
  forall d x, has_gram d x -> forall W w c v lam s, KKTnet d n W bias x sign w c v lam s ->
  forall i t, (i < n)%nat -> IZR a / IZR b <= t ->
  0 < lam i /\ sign i * N d W w c v (x i) = 1 /\ sign i * N d W w c v (z_at n x sign t i) < 0.
Proof.
intros C d x Hx W w c v lam s HK i t Hi Ht.
unfold main_check in C. rewrite !andb_true_iff in C.
destruct C as ((((((((Hd & HL) & Hq) & HD) & Hb) & HE) & _) & C1) & C2).
apply Z.ltb_lt in Hd, HL, HD, Hb, HE. apply Z.leb_le in Hq.
assert (C2' : forall i l, (i < n)%nat -> (l < n)%nat -> _) by (intros i' l' Hi' Hl'; exact (all_spec _ (all_spec _ C2 i' Hi') l' Hl')).
clear C2. cbv beta zeta in C2'.
assert (LG := lifted_gram d x Hd Hx).
assert (Hd' := IZR_lt _ _ Hd). set (e := IZR den) in *.
assert (Up : forall z r, IZR z <= e * r -> IZR z / e <= r) by (intros; apply Rmult_le_reg_l with e; [easy|]; replace (e * (IZR z / e)) with (IZR z) by (field; lra); easy).
assert (Dn : forall z r, e * r <= IZR z -> r <= IZR z / e) by (intros; apply Rmult_le_reg_l with e; [easy|]; replace (e * (IZR z / e)) with (IZR z) by (field; lra); easy).
assert (Ab : forall z k r, e * r = IZR k -> (Z.abs k <= z)%Z -> Rabs r <= IZR z / e).
{ intros z k r Er Hz. apply Dn. rewrite <- (Rabs_right e) by lra. rewrite <- Rabs_mult, Er, <- abs_IZR. now apply IZR_le. }
assert (Dg : forall i, (i < n)%nat -> IZR L / e <= G d bias x i i <= IZR U / e /\ IZR L0 / e <= K0 d x i i).
{ intros i' Hi'. generalize (C2' i' i' Hi' Hi'). rewrite Nat.eqb_refl, !andb_true_iff, !Z.leb_le. intros ((B1 & B2) & B3).
  repeat split; [apply Up|apply Dn|apply Up]; rewrite ?LG, ?Hx by easy; now apply IZR_le. }
assert (Od : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G d bias x i l) <= IZR q / e /\ Rabs (K0 d x i l) <= IZR p / e).
{ intros i' l' Hi' Hl' F. generalize (C2' i' l' Hi' Hl'). apply Nat.eqb_neq in F. rewrite F, !andb_true_iff, !Z.leb_le. intros (B1 & B2).
  split; [apply Ab with (lifted i' l'); [now apply LG|easy]|apply Ab with (entry i' l'); [now apply Hx|easy]]. }
generalize (all_spec _ C1 i Hi). rewrite !andb_true_iff, !Z.ltb_lt. intros (Hm & HF).
assert (Nn : IZR (Z.of_nat n) - 1 = INR n - 1) by (now rewrite <- INR_IZR_INZ).
apply IZR_lt in HL, HD, Hb, HE, Hm, HF. apply IZR_le in Hq.
rewrite !minus_IZR, !mult_IZR, !minus_IZR in HE.
rewrite !minus_IZR, !mult_IZR, !minus_IZR in HD.
repeat (rewrite ?minus_IZR, ?plus_IZR, ?mult_IZR in HF).
rewrite Nn in *. rewrite opposite_nopp in *.
set (rr := (IZR q * (INR n - 1))%R) in *.
assert (He : 0 < / e) by now apply Rinv_0_lt_compat.
assert (HLe : 0 < IZR L / e) by (unfold Rdiv; nra).
assert (Hqe : 0 <= IZR q / e) by (unfold Rdiv; nra).
assert (R1 : UniversalFlip.r n (IZR L / e) (IZR q / e) = rr / IZR L) by (unfold UniversalFlip.r, rr; field; lra).
assert (R2 : (UniversalFlip.r n (IZR L / e) (IZR q / e)) ^ 2 + 2 * UniversalFlip.r n (IZR L / e) (IZR q / e) - 1 < 0).
{ rewrite R1. apply Rmult_lt_reg_r with (IZR L * IZR L); [nra|].
  replace (((rr / IZR L) ^ 2 + 2 * (rr / IZR L) - 1) * (IZR L * IZR L)) with (rr * rr + 2 * rr * IZR L - IZR L * IZR L) by (field; lra). lra. }
assert (HG := fun i Hi => proj1 (Dg i Hi)). assert (HK0 := fun i Hi => proj2 (Dg i Hi)).
assert (HOq := fun i l Hi Hl E => proj1 (Od i l Hi Hl E)). assert (HOp := fun i l Hi Hl E => proj2 (Od i l Hi Hl E)).
destruct (T1_support d n W bias x sign w c v lam s HK (IZR L / e) (IZR U / e) (IZR q / e) HLe HG Hqe HOq R2 i Hi) as [S1 S2].
split; [easy|split; [easy|]].
set (D := (IZR L0 - IZR p * (INR n - 1))%R) in *.
assert (DE : Delta n (IZR L0 / e) (IZR p / e) = D / e) by (unfold Delta, D; field; lra).
apply (T1_sign d n W bias x sign w c v lam s HK (IZR L / e) (IZR U / e) (IZR L0 / e) (IZR p / e) (IZR q / e) HLe HG Hqe HOq HK0 HOp R2); try easy.
{ rewrite DE. unfold Rdiv; nra. }
apply Rlt_le_trans with (2 := Ht).
assert (HU : 0 < IZR U).
{ assert (B := HG i Hi). assert (0 < IZR U / e) by lra. apply Rmult_lt_reg_r with (/ e); [easy|]. unfold Rdiv in H. lra. }
rewrite DE. unfold Sup, Alow, s1, a1. rewrite R1.
set (m := nopp n sign i) in *.
assert (rr0 : 0 <= rr) by (unfold rr; apply Rmult_le_pos; [easy|apply n1; lia]).
set (E := (IZR L * IZR L - 2 * rr * IZR L - rr * rr)%R) in *.
set (F := (IZR L * IZR L - rr * IZR L - rr * rr)%R).
assert (HF0 : 0 < F) by (unfold F, E in *; nra).
assert (P : 0 < IZR L * IZR U + m * E) by (assert (0 < m * E) by nra; nra).
match goal with |- ?lhs < _ => replace lhs with ((IZR L * IZR U * IZR U + IZR q * m * E) / (IZR L * IZR U + m * E) / D) end.
2:{ replace (1 - rr / IZR L - (rr / IZR L) ^ 2) with (F / (IZR L * IZR L)) by (unfold F; field; lra).
    replace (1 - 2 * (rr / IZR L) - (rr / IZR L) ^ 2) with (E / (IZR L * IZR L)) by (unfold E; field; lra).
    clearbody E F D. field. repeat split; try lra.
    replace (IZR L * e * IZR U + m * (E * e)) with (e * (IZR L * IZR U + m * E)) by ring. nra. }
apply Rmult_lt_reg_r with (IZR b * (IZR L * IZR U + m * E) * D); [apply Rmult_lt_0_compat; [nra|easy]|].
replace ((IZR L * IZR U * IZR U + IZR q * m * E) / (IZR L * IZR U + m * E) / D * (IZR b * (IZR L * IZR U + m * E) * D))
  with (IZR b * (IZR L * IZR U * IZR U + IZR q * m * E)) by (field; lra).
replace (IZR a / IZR b * (IZR b * (IZR L * IZR U + m * E) * D)) with (IZR a * D * (IZR L * IZR U + m * E)) by (field; lra).
unfold E, D in *. nra.
Qed.
End Data.
