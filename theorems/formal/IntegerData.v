(* Reflective checker: integer data set -> T1 for every KKT point of every width. *)
Require Import Reals ZArith List Bool Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Import ListNotations.

Section Check.
Variable X : list (list Z).               (* samples, rows *)
Variable Y : list Z.                      (* labels, +-1 *)
Variables d n : nat.
Variable bias : bool.
Local Open Scope Z_scope.

Fixpoint zdot (a c : list Z) : Z :=
  match a, c with s :: a', t :: c' => s * t + zdot a' c' | _, _ => 0 end.
Definition row (i : nat) : list Z := nth i X [].
Definition lab_ (i : nat) : Z := nth i Y 0.
Definition zb : Z := if bias then 1 else 0.
Definition allb (P : nat -> bool) : bool := forallb P (seq 0 n).
Definition opp (i : nat) : Z := fold_right (fun l acc => (if lab_ l =? - lab_ i then 1 else 0) + acc) 0 (seq 0 n).

(* L, U, L0, p, q: claimed bounds; t = a / b *)
Definition check (L U L0 p q a b : Z) : bool :=
  let rr := q * (Z.of_nat n - 1) in
  let D := L0 - p * (Z.of_nat n - 1) in
  let E := L * L - 2 * rr * L - rr * rr in
  (Nat.eqb (length X) n) && (0 <? L) && (0 <=? q) && (0 <? D) && (0 <? b) && (0 <? E) &&
  allb (fun i => (Nat.eqb (length (row i)) d) && ((lab_ i =? 1) || (lab_ i =? -1)) && (0 <? opp i) &&
     (b * (L * U * U + q * opp i * E) <? a * D * (L * U + opp i * E))) &&
  allb (fun i => allb (fun l =>
     let g := zdot (row i) (row l) in
     if Nat.eqb l i then (L <=? g + zb) && (g + zb <=? U) && (L0 <=? g)
     else (Z.abs (g + zb) <=? q) && (Z.abs g <=? p))).

Local Open Scope R_scope.
Definition xr (i k : nat) : R := IZR (nth k (row i) 0%Z).
Definition yr (i : nat) : R := IZR (lab_ i).

Lemma sum_shift m f : sum (S m) f = f 0%nat + sum m (fun k => f (S k)).
Proof. induction m; simpl in *; lra. Qed.
Lemma zdot_dot : forall m a c, length a = m -> length c = m ->
  IZR (zdot a c) = sum m (fun k => IZR (nth k a 0%Z) * IZR (nth k c 0%Z)).
Proof.
induction m; intros [|s a] [|t c] Ha Hc; try discriminate; [easy|].
rewrite sum_shift; simpl. rewrite plus_IZR, mult_IZR, (IHm a c) by (simpl in *; lia). easy.
Qed.
Lemma allb_spec P : allb P = true -> forall i, (i < n)%nat -> P i = true.
Proof. unfold allb; rewrite forallb_forall; intros F i Hi; apply F, in_seq; lia. Qed.
Lemma opp_nopp i : IZR (opp i) = nopp n yr i.
Proof.
unfold opp, nopp. assert (G : forall m o, IZR (fold_right (fun l acc => ((if lab_ l =? - lab_ i then 1 else 0) + acc)%Z) 0%Z (seq o m))
   = sum m (fun l => if Req_EM_T (yr (o + l)) (- yr i) then 1 else 0)).
{ induction m; intros o; [easy|]. rewrite sum_shift; simpl. rewrite plus_IZR, (IHm (S o)).
  f_equal.
  - rewrite Nat.add_0_r. unfold yr. rewrite <- opp_IZR. destruct (Z.eqb_spec (lab_ o) (- lab_ i)) as [E|E], Req_EM_T as [F|F]; try easy.
    + now rewrite E in F.
    + now apply eq_IZR in F.
  - apply sum_ext; intros l _. now replace (o + S l)%nat with (S o + l)%nat by lia. }
apply (G n 0%nat).
Qed.

Theorem check_sound L U L0 p q a b : check L U L0 p q a b = true ->
  forall W w bb v lam s, KKTnet d n W bias xr yr w bb v lam s ->
  forall i t, (i < n)%nat -> IZR a / IZR b <= t ->
  0 < lam i /\ yr i * N d W w bb v (xr i) = 1 /\
  yr i * N d W w bb v (fun k => xr i k - t * yr i * u n xr yr k) < 0.
Proof.
intros C W w bb v lam s HK i t Hi Ht.
unfold check in C. rewrite !andb_true_iff in C.
destruct C as (((((((Hlen & HL) & Hq) & HD) & Hb) & HE) & C1) & C2).
apply Z.ltb_lt in HL, HD, Hb, HE. apply Z.leb_le in Hq.
assert (C1' := allb_spec _ C1). clear C1. cbv beta in C1'.
assert (C2' : forall i l, (i < n)%nat -> (l < n)%nat -> _) by (intros i' l' Hi' Hl'; exact (allb_spec _ (allb_spec _ C2 i' Hi') l' Hl')).
clear C2. cbv beta zeta in C2'.
assert (Gd : forall i l, (i < n)%nat -> (l < n)%nat -> K0 d xr i l = IZR (zdot (row i) (row l))).
{ intros i' l' Hi' Hl'. generalize (C1' i' Hi'), (C1' l' Hl'). rewrite !andb_true_iff, !Nat.eqb_eq. intros (((Ei & _) & _) & _) (((El & _) & _) & _).
  symmetry. now apply zdot_dot. }
assert (Bz : beta bias = IZR zb) by (unfold beta, zb; destruct bias; easy).
assert (Dg : forall i, (i < n)%nat -> IZR L <= G d bias xr i i <= IZR U /\ IZR L0 <= K0 d xr i i).
{ intros i' Hi'. generalize (C2' i' i' Hi' Hi'). rewrite Nat.eqb_refl, !andb_true_iff, !Z.leb_le. intros ((B1 & B2) & B3).
  unfold G. rewrite Gd, Bz, <- plus_IZR by easy. repeat split; now apply IZR_le. }
assert (Od : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G d bias xr i l) <= IZR q /\ Rabs (K0 d xr i l) <= IZR p).
{ intros i' l' Hi' Hl' F. generalize (C2' i' l' Hi' Hl'). apply Nat.eqb_neq in F. rewrite F, !andb_true_iff, !Z.leb_le. intros (B1 & B2).
  unfold G. rewrite Gd, Bz, <- plus_IZR, <- !abs_IZR by easy. split; now apply IZR_le. }
generalize (C1' i Hi). rewrite !andb_true_iff, !Z.ltb_lt. intros (((_ & _) & Hm) & HF).
assert (Nn : IZR (Z.of_nat n) - 1 = INR n - 1) by (now rewrite <- INR_IZR_INZ).
apply IZR_lt in HL, HD, Hb, HE, Hm, HF. apply IZR_le in Hq.
rewrite !minus_IZR, !mult_IZR, !minus_IZR in HE.
rewrite !minus_IZR, !mult_IZR, !minus_IZR in HD.
repeat (rewrite ?minus_IZR, ?plus_IZR, ?mult_IZR in HF).
rewrite Nn in *. rewrite opp_nopp in *.
set (rr := (IZR q * (INR n - 1))%R) in *.
assert (R1 : UniversalFlip.r n (IZR L) (IZR q) = rr / IZR L) by easy.
assert (R2 : (UniversalFlip.r n (IZR L) (IZR q)) ^ 2 + 2 * UniversalFlip.r n (IZR L) (IZR q) - 1 < 0).
{ rewrite R1. apply Rmult_lt_reg_r with (IZR L * IZR L); [nra|].
  replace (((rr / IZR L) ^ 2 + 2 * (rr / IZR L) - 1) * (IZR L * IZR L)) with (rr * rr + 2 * rr * IZR L - IZR L * IZR L) by (field; lra). lra. }
assert (HG := fun i Hi => proj1 (Dg i Hi)). assert (HK0 := fun i Hi => proj2 (Dg i Hi)).
assert (HOq := fun i l Hi Hl E => proj1 (Od i l Hi Hl E)). assert (HOp := fun i l Hi Hl E => proj2 (Od i l Hi Hl E)).
destruct (T1_support d n W bias xr yr w bb v lam s HK (IZR L) (IZR U) (IZR q) HL HG Hq HOq R2 i Hi) as [S1 S2].
split; [easy|split; [easy|]].
apply (T1_sign d n W bias xr yr w bb v lam s HK (IZR L) (IZR U) (IZR L0) (IZR p) (IZR q) HL HG Hq HOq HK0 HOp R2 HD i t Hi Hm).
apply Rlt_le_trans with (2 := Ht).
assert (HU : 0 < IZR U) by (generalize (HG i Hi); lra).
unfold UniversalFlip.Sup, UniversalFlip.Alow, s1, a1, Delta. rewrite R1.
set (D := (IZR L0 - IZR p * (INR n - 1))%R) in *. set (m := nopp n yr i) in *.
assert (rr0 : 0 <= rr) by (unfold rr; apply Rmult_le_pos; [easy|apply n1; lia]).
set (E := (IZR L * IZR L - 2 * rr * IZR L - rr * rr)%R) in *.
set (F := (IZR L * IZR L - rr * IZR L - rr * rr)%R).
assert (HF0 : 0 < F) by (unfold F, E in *; nra).
assert (P : 0 < IZR L * IZR U + m * E) by (assert (0 < m * E) by nra; nra).
match goal with |- ?lhs < _ => replace lhs with ((IZR L * IZR U * IZR U + IZR q * m * E) / (IZR L * IZR U + m * E) / D) end.
2:{ replace (1 - rr / IZR L - (rr / IZR L) ^ 2) with (F / (IZR L * IZR L)) by (unfold F; field; lra).
    replace (1 - 2 * (rr / IZR L) - (rr / IZR L) ^ 2) with (E / (IZR L * IZR L)) by (unfold E; field; lra).
    field. repeat split; try lra. }
apply Rmult_lt_reg_r with (IZR b * (IZR L * IZR U + m * E) * D); [apply Rmult_lt_0_compat; [nra|easy]|].
replace ((IZR L * IZR U * IZR U + IZR q * m * E) / (IZR L * IZR U + m * E) / D * (IZR b * (IZR L * IZR U + m * E) * D))
  with (IZR b * (IZR L * IZR U * IZR U + IZR q * m * E)) by (field; lra).
replace (IZR a / IZR b * (IZR b * (IZR L * IZR U + m * E) * D)) with (IZR a * D * (IZR L * IZR U + m * E)) by (field; lra).
unfold E, D in *. nra.
Qed.
End Check.
