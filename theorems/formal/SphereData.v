(* kkt_margin.universal_flip: samples of equal norm sqrt d with 3 n (p + b) <= d, both bias variants, constants as measured:
   r < 1/3, S <= 9/(5L), A >= 2/(5U), Delta >= 2d/3, |u|^2 <= 4nd/3, level -1 with 7, sign with 9/2, size of z = t u. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Require Import Thinmargin.RandomDataFlip Thinmargin.MeasuredQuantities Thinmargin.MeasuredFlip.
Open Scope R_scope.

Section Sphere.
Variables d n W : nat.
Variable bias : bool.
Variables (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b v lam : nat -> R) (s : nat -> nat -> R).
Notation G := (G d bias x).
Notation K0 := (K0 d x).
Notation L := (least n (fun i => G i i)).
Notation U := (greatest n (fun i => G i i)).
Notation p := (greatest_between n K0).
Notation q := (greatest_between n G).
Notation De := (least n (fun i => K0 i i) - p * (INR n - 1)).
Notation r := (q * (INR n - 1) / L).
Notation S := (Sup n L q).
Notation A := (Alow n L U q).
Notation be := (beta bias).
Notation D := (INR d).
Notation c := (class_share n y).
Notation u := (u n x y).
Hypothesis HK : KKTnet d n W bias x y w b v lam s.
Hypothesis Hd : (0 < d)%nat.
Hypothesis norms : forall i, (i < n)%nat -> K0 i i = D.
Hypothesis hyp : 3 * INR n * (p + be) <= D.
Hypothesis n2 : INR n >= 2.
Hypothesis Hc : 0 < c.

Lemma samples0 : (0 < n)%nat.
Proof. apply INR_lt. simpl. lra. Qed.
Lemma D1 : 1 <= D.
Proof. change 1 with (INR 1). now apply le_INR. Qed.
Lemma be_cases : be = 0 \/ be = 1.
Proof. unfold beta; destruct bias; lra. Qed.
Lemma L_eq : L = D + be.
Proof.
destruct (least_at n (fun i => G i i) samples0) as (i & Hi & ->). unfold Network.G. now rewrite norms.
Qed.
Lemma U_eq : U = D + be.
Proof.
destruct (greatest_at n (fun i => G i i) samples0) as (i & Hi & ->). unfold Network.G. now rewrite norms.
Qed.
Lemma L0_eq : least n (fun i => K0 i i) = D.
Proof. destruct (least_at n (fun i => K0 i i) samples0) as (i & Hi & ->). now apply norms. Qed.
Lemma p0 : 0 <= p.   Proof. apply between_nn, samples0. Qed.
Lemma q0 : 0 <= q.   Proof. apply between_nn, samples0. Qed.
Lemma q_le : q <= p + be.   Proof. eapply q_below; [exact HK|exact samples0]. Qed.
Lemma L_pos : 0 < L.
Proof. rewrite L_eq. generalize D1, be_cases. lra. Qed.
Lemma two_samples : (2 <= n)%nat.
Proof. apply INR_le. simpl. lra. Qed.
Lemma D_pos : 0 < D.   Proof. generalize D1; lra. Qed.
Lemma cn1 : 1 <= c * INR n.   Proof. exact (smaller_one n y Hc). Qed.
Lemma cn_le i : (i < n)%nat -> c * INR n <= nopp n y i.
Proof. intro Hi. apply opposite_ge; [apply (klab _ _ _ _ _ _ _ _ _ _ _ HK)|exact Hc|exact Hi]. Qed.
Ltac known := first [eassumption | exact D_pos | exact norms | exact (raw d n x) | exact (lifted d n bias x) | exact q0
  | exact q_le | exact p0 | exact cn1 | exact cn_le | exact two_samples | exact hyp].

Theorem r_third : r < 1 / 3.
Proof. rewrite L_eq. eapply r_below_third; known. Qed.
Lemma r_nonneg : 0 <= r.
Proof. apply Rmult_le_pos; [apply Rmult_le_pos; [exact q0|lra]|left; apply Rinv_0_lt_compat, L_pos]. Qed.
Lemma r_range : (1 + r) ^ 2 < 2.
Proof. generalize r_third, r_nonneg. intros. nra. Qed.
Theorem S_nine_fifths : L * S <= 9 / 5.
Proof. rewrite L_eq. assert (X : 5 * ((D + be) * Sup n (D + be) q) <= 9) by (eapply S_le; known). lra. Qed.
Theorem A_two_fifths : 2 / 5 <= U * A.
Proof. rewrite L_eq, U_eq. assert (X : 5 * ((D + be) * Alow n (D + be) (D + be) q) >= 2) by (eapply A_ge; known). lra. Qed.
Theorem Delta_two_thirds : 2 * D / 3 <= De.
Proof. rewrite L0_eq. eapply Delta_ge; known. Qed.
Lemma De_pos : 0 < De.
Proof. generalize Delta_two_thirds, D1; lra. Qed.
Theorem direction_norm : dot d u u <= 4 * INR n * D / 3.
Proof. eapply u_norm; known. Qed.
Lemma step_nonneg k : 0 <= k -> 0 <= (q + k * (D + be) / (c * INR n)) / De.
Proof.
intro Hk. generalize q0, cn1, De_pos, D1, be_cases; intros.
assert (0 <= k * (D + be) / (c * INR n)) by (apply Rmult_le_pos; [nra|left; apply Rinv_0_lt_compat; lra]).
apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra].
Qed.
Theorem level_seven i t1 : (i < n)%nat -> level_time (fun t => y i * N d W w b v (z_at n x y t i)) t1 ->
  t1 <= (q + 7 * (D + be) / (c * INR n)) / De.
Proof.
intros Hi Ht. apply (level_time_le _ _ _ Ht); [apply step_nonneg; lra|]. rewrite L0_eq. intros t H.
eapply T2_flip; known.
Qed.
Theorem flip_nine_halves i t0 : (i < n)%nat -> flip_time (fun t => y i * N d W w b v (z_at n x y t i)) t0 ->
  t0 <= (q + 9 / 2 * (D + be) / (c * INR n)) / De.
Proof.
intros Hi Ht. apply (flip_time_le _ _ _ Ht); [apply step_nonneg; lra|]. rewrite L0_eq. intros t H.
eapply T2_sign; first [known | left; exact H].
Qed.
Theorem size_of_step : ((q + 7 * (D + be) / (c * INR n)) / De) ^ 2 * dot d u u <= 3 * (1 / 3 + 7 * (1 + be / D) / c) ^ 2 * D / INR n.
Proof.
assert (X : dot d (fun k => t2 d n bias p q (c * INR n) * u k) (fun k => t2 d n bias p q (c * INR n) * u k) * INR n
  <= 3 * B2 d n bias (c * INR n) ^ 2 * D) by (eapply T2_norm; known).
replace (dot d (fun k => t2 d n bias p q (c * INR n) * u k) (fun k => t2 d n bias p q (c * INR n) * u k))
  with (t2 d n bias p q (c * INR n) ^ 2 * dot d u u) in X by (unfold dot; rewrite sum_scal; apply sum_ext; intros; ring).
replace (B2 d n bias (c * INR n)) with (1 / 3 + 7 * (1 + be / D) / c) in X
  by (unfold B2; assert (DP := D_pos); field; repeat split; lra).
rewrite L0_eq. unfold t2, Delta in X.
apply Rmult_le_reg_r with (INR n); [lra|]. apply Rle_trans with (1 := X). right.
assert (DP := D_pos). field. repeat split; lra.
Qed.
End Sphere.
