(* kkt_margin.all_points, first half: any strict supersolution of the transfer matrix bounds the own and cross class sums at every KKT
   point, from which lower bounds of the own sums and support vectors follow. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.KktPoint.
Open Scope R_scope.

Section MM.
Variables n W : nat.
Variables (v lam y : nat -> R) (s G : nat -> nat -> R).
Hypothesis H : KKT n W v lam y s G.
Hypothesis Gp : forall i, (i < n)%nat -> 0 < G i i.
Notation A := (A W v lam s).
Notation own i := (A (y i) i).
Notation cross i := (A (- y i) i).
Notation R_ := (Rr y G).

Variables bo bc : nat -> R.               (* candidate bounds on own and cross *)
Definition ba (sg : R) (l : nat) : R := if Req_EM_T (y l) sg then bo l else bc l.
Hypothesis bpos : forall i, (i < n)%nat -> 0 < bo i /\ 0 < bc i.
Hypothesis row_own : forall i, (i < n)%nat -> 1 + sum_but i n (fun l => relu (- R_ i l) * (bo l + bc l)) <= G i i * bo i.
Hypothesis row_cross : forall i, (i < n)%nat -> sum_but i n (fun l => relu (- R_ i l) * ba (- y i) l) < G i i * bc i.

Lemma A_sel sg l : sg = 1 \/ sg = -1 -> (l < n)%nat -> A sg l = if Req_EM_T (y l) sg then own l else cross l.
Proof.
intros Hs Hl. destruct Req_EM_T as [E|E]; [now rewrite E|]. f_equal.
destruct (lab _ _ _ _ _ _ _ H l Hl) as [F|F], Hs as [K|K]; rewrite F, K in *; lra.
Qed.
Lemma A_cases i l : (i < n)%nat -> (l < n)%nat ->
  (A (y i) l = own l /\ A (- y i) l = cross l) \/ (A (y i) l = cross l /\ A (- y i) l = own l).
Proof.
intros Hi Hl; destruct (lab _ _ _ _ _ _ _ H i Hi) as [E | E], (lab _ _ _ _ _ _ _ H l Hl) as [F | F]; rewrite E, F;
  [left|right|right|left]; split; f_equal; lra.
Qed.
Lemma own_nn l : (l < n)%nat -> 0 <= own l.   Proof. apply (A_nn _ _ _ _ _ _ _ H). Qed.
Lemma cross_nn l : (l < n)%nat -> 0 <= cross l. Proof. apply (A_nn _ _ _ _ _ _ _ H). Qed.

Theorem m_matrix i : (i < n)%nat -> own i <= bo i /\ cross i <= bc i.
Proof.
intro Hi. assert (Hn : (0 < n)%nat) by lia.
destruct (sum_max n (fun l => own l / bo l) Hn) as (to & ko & Hko & Eo & Bo).
destruct (sum_max n (fun l => cross l / bc l) Hn) as (tc & kc & Hkc & Ec & Bc). simpl in *.
set (th := Rmax to tc).
assert (Do : forall l, (l < n)%nat -> own l <= th * bo l).
{ intros l Hl. destruct (bpos l Hl). apply Rle_trans with (to * bo l); [|apply Rmult_le_compat_r; [lra|apply Rmax_l]].
  generalize (Bo l Hl); intro. replace (own l) with (own l / bo l * bo l) by (field; lra). apply Rmult_le_compat_r; lra. }
assert (Dc : forall l, (l < n)%nat -> cross l <= th * bc l).
{ intros l Hl. destruct (bpos l Hl). apply Rle_trans with (tc * bc l); [|apply Rmult_le_compat_r; [lra|apply Rmax_r]].
  generalize (Bc l Hl); intro. replace (cross l) with (cross l / bc l * bc l) by (field; lra). apply Rmult_le_compat_r; lra. }
cut (th <= 1).
{ intro T. destruct (bpos i Hi). split; [apply Rle_trans with (1 := Do i Hi)|apply Rle_trans with (1 := Dc i Hi)]; nra. }
destruct (Rle_lt_dec th 1) as [|T]; [easy|exfalso].
unfold th in T. destruct (Rle_dec tc to) as [C|C].
- (* attained at an own row *)
  assert (Et : th = to) by (unfold th; now rewrite Rmax_left).
  fold th in T. destruct (bpos ko Hko).
  assert (Eko : own ko = th * bo ko) by (rewrite Et, <- Eo; field; lra).
  assert (Hl : 0 < lam ko).
  { destruct (Rle_lt_or_eq_dec 0 (lam ko)) as [|Z]; [now apply (lam_nn _ _ _ _ _ _ _ H)|easy|].
    assert (Z2 : own ko = 0) by now apply A_lam0. rewrite Z2 in Eko. assert (0 < th * bo ko) by (apply Rmult_lt_0_compat; lra). lra. }
  generalize (ineq_U _ _ _ _ _ _ _ H Gp ko Hko Hl). rewrite (sum_split n ko) by easy.
  assert (F : R_ ko ko = G ko ko) by (unfold Rr; rewrite (y_sq _ _ _ _ _ _ _ H) by easy; ring). rewrite F. intro X.
  assert (X2 : sum_but ko n (fun l => relu (- R_ ko l) * A (- y ko) l) + -1 * sum_but ko n (fun l => R_ ko l * A (y ko) l)
             <= th * sum_but ko n (fun l => relu (- R_ ko l) * (bo l + bc l))).
  { rewrite 2!but_scal. unfold sum_but; rewrite <- sum_add; apply sum_le; intros l Hll.
    destruct (Nat.eqb_spec l ko) as [|E]; [lra|].
    assert (S : A (y ko) l + A (- y ko) l <= th * (bo l + bc l)).
    { generalize (Do l Hll), (Dc l Hll), (A_cases ko l Hko Hll). intros ? ? [[-> ->]|[-> ->]]; lra. }
    assert (P1 := A_nn _ _ _ _ _ _ _ H (y ko) l Hll). generalize (relu_nn (- R_ ko l)), (relu_ge (- R_ ko l)). nra. }
  generalize (row_own ko Hko). nra.
- assert (Et : th = tc) by (unfold th; rewrite Rmax_right; lra).
  fold th in T. destruct (bpos kc Hkc).
  assert (Ekc : cross kc = th * bc kc) by (rewrite Et, <- Ec; field; lra).
  generalize (ineq_X _ _ _ _ _ _ _ H kc Hkc). intro X.
  assert (X2 : sum_but kc n (fun l => relu (- R_ kc l) * A (- y kc) l) <= th * sum_but kc n (fun l => relu (- R_ kc l) * ba (- y kc) l)).
  { rewrite but_scal. apply but_le; intros l Hl E.
    assert (A (- y kc) l <= th * ba (- y kc) l).
    { rewrite A_sel; [|destruct (lab _ _ _ _ _ _ _ H kc Hkc) as [-> | ->]; lra|easy]. unfold ba. destruct Req_EM_T; auto. }
    generalize (relu_nn (- R_ kc l)). nra. }
  generalize (row_cross kc Hkc). nra.
Qed.

(* the lower bound of own_i that (L) leaves, and one sample whose lower bound is positive *)
Theorem own_above i : (i < n)%nat -> 1 - sum_but i n (fun l => relu (R_ i l) * ba (y i) l) <= G i i * own i.
Proof.
intro Hi. generalize (ineq_L _ _ _ _ _ _ _ H i Hi). rewrite (sum_split n i) by easy.
assert (F : R_ i i = G i i) by (unfold Rr; rewrite (y_sq _ _ _ _ _ _ _ H) by easy; ring). rewrite F, relu_pos by (generalize (Gp i Hi); lra). intro X.
assert (X2 : sum_but i n (fun l => relu (R_ i l) * A (y i) l) <= sum_but i n (fun l => relu (R_ i l) * ba (y i) l)).
{ apply but_le; intros l Hll E. apply Rmult_le_compat_l; [apply relu_nn|].
  rewrite A_sel; [|now apply (lab _ _ _ _ _ _ _ H)|easy]. unfold ba. destruct (m_matrix l Hll). destruct Req_EM_T; auto. }
lra.
Qed.
Theorem sample_support i : (i < n)%nat -> sum_but i n (fun l => relu (R_ i l) * ba (y i) l) < 1 ->
  0 < lam i /\ y i * net n W v lam y s (G i) = 1.
Proof.
intros Hi Q. assert (P : 0 < lam i).
{ destruct (Rle_lt_or_eq_dec 0 (lam i)) as [Hl|Hl]; [now apply (lam_nn _ _ _ _ _ _ _ H)|easy|exfalso].
  generalize (own_above i Hi). rewrite A_lam0 by easy. lra. }
split; [easy|]. destruct (Rmult_integral _ _ (compl _ _ _ _ _ _ _ H i Hi)); lra.
Qed.

Corollary all_support : (forall i, (i < n)%nat -> sum_but i n (fun l => relu (R_ i l) * ba (y i) l) < 1) ->
  forall i, (i < n)%nat -> 0 < lam i /\ y i * net n W v lam y s (G i) = 1.
Proof. intros Q i Hi. now apply sample_support, Q. Qed.
End MM.
