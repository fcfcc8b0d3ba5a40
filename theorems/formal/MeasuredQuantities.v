(* Quantities as they are measured: extremes over finite families, class shares, thresholds and slopes along a path.
   Generated theorems state their hypotheses and conclusions with these definitions. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.UniversalFlip.
Open Scope R_scope.

(* greatest and least of f 0, ..., f (n-1); greatest absolute value off the diagonal *)
Fixpoint greatest (n : nat) (f : nat -> R) : R :=
  match n with O => f 0%nat | S k => Rmax (greatest k f) (f k) end.
Definition least (n : nat) (f : nat -> R) : R := - greatest n (fun i => - f i).
Definition greatest_between (n : nat) (f : nat -> nat -> R) : R :=
  greatest n (fun i => greatest n (fun l => if Nat.eqb l i then 0 else Rabs (f i l))).

(* share of the smaller class *)
Definition class_share (n : nat) (y : nat -> R) : R := Rmin (cnt n y 1) (cnt n y (-1)) / INR n.

(* the least t >= 0 beyond which f < 0, and the least t >= 0 from which f <= -1 *)
Definition flip_time (f : R -> R) (t0 : R) : Prop :=
  (0 <= t0 /\ forall t, t0 < t -> f t < 0) /\ forall T, 0 <= T -> (forall t, T < t -> f t < 0) -> t0 <= T.
Definition level_time (f : R -> R) (t1 : R) : Prop :=
  (0 <= t1 /\ forall t, t1 <= t -> f t <= -1) /\ forall T, 0 <= T -> (forall t, T <= t -> f t <= -1) -> t1 <= T.
(* slope of f beyond its last breakpoint *)
Definition eventual_slope (f : R -> R) (sl : R) : Prop := exists T a, forall t, T <= t -> f t = a + sl * t.

Lemma greatest_ge n f i : (i < n)%nat -> f i <= greatest n f.
Proof.
induction n as [|n IH]; intro Hi; [lia|]. simpl. destruct (Nat.eq_dec i n) as [->|E]; [apply Rmax_r|].
apply Rle_trans with (2 := Rmax_l _ _). apply IH; lia.
Qed.
Lemma greatest_at n f : (0 < n)%nat -> exists i, (i < n)%nat /\ greatest n f = f i.
Proof.
assert (G : forall k, exists i, (i < Nat.max 1 k)%nat /\ greatest k f = f i).
{ induction k as [|k (i & Hi & IH)]; simpl; [exists 0%nat; split; [lia|easy]|].
  unfold Rmax; destruct (Rle_dec (greatest k f) (f k)); [exists k; split; [lia|easy]|].
  exists i; split; [|easy]. destruct k; simpl in Hi |- *; lia. }
intro Hn. destruct (G n) as (i & Hi & E). exists i; split; [lia|easy].
Qed.
Lemma least_le n f i : (i < n)%nat -> least n f <= f i.
Proof. intro Hi. unfold least. generalize (greatest_ge n (fun i => - f i) i Hi). lra. Qed.
Lemma least_at n f : (0 < n)%nat -> exists i, (i < n)%nat /\ least n f = f i.
Proof. intro Hn. destruct (greatest_at n (fun i => - f i) Hn) as (i & Hi & E). exists i; split; [easy|]. unfold least. lra. Qed.
Lemma between_ge n f i l : (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (f i l) <= greatest_between n f.
Proof.
intros Hi Hl E. unfold greatest_between.
apply Rle_trans with (2 := greatest_ge n (fun i => greatest n (fun l => if Nat.eqb l i then 0 else Rabs (f i l))) i Hi).
assert (B := greatest_ge n (fun l => if Nat.eqb l i then 0 else Rabs (f i l)) l Hl).
simpl in B. apply Nat.eqb_neq in E. now rewrite E in B.
Qed.
Lemma between_at n f : (0 < n)%nat -> greatest_between n f = 0 \/
  exists i l, (i < n)%nat /\ (l < n)%nat /\ l <> i /\ greatest_between n f = Rabs (f i l).
Proof.
intro Hn. unfold greatest_between.
destruct (greatest_at n (fun i => greatest n (fun l => if Nat.eqb l i then 0 else Rabs (f i l))) Hn) as (i & Hi & ->).
destruct (greatest_at n (fun l => if Nat.eqb l i then 0 else Rabs (f i l)) Hn) as (l & Hl & ->).
destruct (Nat.eqb_spec l i); [now left|right; now exists i, l].
Qed.
Lemma between_nn n f : (0 < n)%nat -> 0 <= greatest_between n f.
Proof. intro Hn. destruct (between_at n f Hn) as [->|(i & l & _ & _ & _ & ->)]; [lra|apply Rabs_pos]. Qed.

Lemma cnt_nn n y s : 0 <= cnt n y s.
Proof. apply sum_nn; intros; destruct Req_EM_T; lra. Qed.
Lemma cnt_one n y s : 0 < cnt n y s -> 1 <= cnt n y s.
Proof.
unfold cnt. induction n as [|n IH]; simpl; [lra|]. generalize (cnt_nn n y s); unfold cnt; intro P.
destruct Req_EM_T; intro Q; lra.
Qed.
Section Classes.
Variables (n : nat) (y : nat -> R).
Hypothesis labels : forall i, (i < n)%nat -> y i = 1 \/ y i = -1.
Hypothesis share : 0 < class_share n y.
Lemma samples : (0 < n)%nat.
Proof.
clear labels. destruct n; [exfalso|lia]. unfold class_share, cnt in share; simpl in share. rewrite Rmin_left in share by lra.
unfold Rdiv in share. rewrite Rmult_0_l in share. lra.
Qed.
Lemma INR_samples : 0 < INR n.
Proof. apply lt_0_INR, samples. Qed.
Lemma smaller : class_share n y * INR n = Rmin (cnt n y 1) (cnt n y (-1)).
Proof. unfold class_share. field. generalize INR_samples; lra. Qed.
Lemma smaller_pos : 0 < Rmin (cnt n y 1) (cnt n y (-1)).
Proof. rewrite <- smaller. apply Rmult_lt_0_compat; [easy|apply INR_samples]. Qed.
Lemma smaller_one : 1 <= class_share n y * INR n.
Proof. rewrite smaller. generalize smaller_pos. unfold Rmin; destruct Rle_dec; intro; now apply cnt_one. Qed.
Lemma opposite_ge i : (i < n)%nat -> class_share n y * INR n <= nopp n y i.
Proof.
intro Hi. rewrite smaller. change (nopp n y i) with (cnt n y (- y i)).
destruct (labels i Hi) as [-> | ->]; [replace (- (1)) with (-1) by lra; apply Rmin_r|replace (- -1) with 1 by lra; apply Rmin_l].
Qed.
Lemma opposite_pos i : (i < n)%nat -> 0 < nopp n y i.
Proof. intro Hi. generalize (opposite_ge i Hi), smaller_one. lra. Qed.
Lemma two : (2 <= n)%nat.
Proof.
clear labels. assert (P := smaller_pos). assert (H0 := samples).
destruct (Nat.eq_dec n 1) as [E|E]; [exfalso|lia].
rewrite E in P. unfold cnt in P; simpl in P.
destruct (Req_EM_T (y 0%nat) 1) as [F|F], (Req_EM_T (y 0%nat) (-1)) as [F2|F2]; unfold Rmin in P; destruct Rle_dec; lra.
Qed.
End Classes.

(* a bound that falls linearly bounds the eventual slope *)
Lemma slope_le f sl T a k : eventual_slope f sl -> (forall t, T <= t -> f t <= a - k * t) -> sl <= - k.
Proof.
intros (T' & b & E) B. destruct (Rle_lt_dec sl (- k)) as [|F]; [easy|exfalso].
set (t := Rmax (Rmax T T') ((a - b) / (sl + k) + 1)).
assert (T <= t /\ T' <= t) by (split; unfold t; [apply Rle_trans with (2 := Rmax_l _ _), Rmax_l|apply Rle_trans with (2 := Rmax_l _ _), Rmax_r]).
assert (G : (a - b) / (sl + k) < t) by (apply Rlt_le_trans with (2 := Rmax_r _ _); lra).
assert (C := B t ltac:(lra)). rewrite E in C by lra.
apply (Rmult_lt_compat_r (sl + k)) in G; [|lra]. unfold Rdiv in G. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in G by lra. lra.
Qed.
Lemma flip_time_le f t0 E : flip_time f t0 -> 0 <= E -> (forall t, E < t -> f t < 0) -> t0 <= E.
Proof. intros (_ & M) H; auto. Qed.
Lemma level_time_le f t1 E : level_time f t1 -> 0 <= E -> (forall t, E <= t -> f t <= -1) -> t1 <= E.
Proof. intros (_ & M) H; auto. Qed.
