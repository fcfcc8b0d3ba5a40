(* kkt_margin.main, weak, unseen, class_sums, parts: their conclusions with all constants as they are measured on the data.
   L, U: least and greatest squared norm of a lifted sample; p, q: greatest correlation, raw and lifted. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Require Import Thinmargin.KktIdentities Thinmargin.MeasuredQuantities.
Open Scope R_scope.

Section Measured.
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
Notation m := (nopp n y).
Notation N := (N d W w b v).
Notation path i := (fun t => y i * N (z_at n x y t i)).
Hypothesis HK : KKTnet d n W bias x y w b v lam s.
Hypothesis n0 : (0 < n)%nat.

Lemma beta_nn : 0 <= beta bias.
Proof. unfold beta; destruct bias; lra. Qed.
Lemma diagonal i : (i < n)%nat -> L <= G i i <= U.
Proof. intro Hi. split; [now apply (least_le n (fun i => G i i))|now apply (greatest_ge n (fun i => G i i))]. Qed.
Lemma lifted i l : (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G i l) <= q.
Proof. apply between_ge. Qed.
Lemma raw i l : (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 i l) <= p.
Proof. apply between_ge. Qed.
Lemma norms i : (i < n)%nat -> least n (fun i => K0 i i) <= K0 i i.
Proof. apply (least_le n (fun i => K0 i i)). Qed.
Lemma q_nn : 0 <= q.      Proof. apply between_nn, n0. Qed.
Lemma p_nn : 0 <= p.      Proof. apply between_nn, n0. Qed.
Lemma sample_nonzero i : (i < n)%nat -> 0 < G i i.
Proof.
intro Hi. assert (B := beta_nn). assert (P := dot_nn d (x i)). assert (E : G i i = dot d (x i) (x i) + beta bias) by easy.
destruct (Rle_lt_dec (G i i) 0) as [Z|]; [exfalso|easy].
assert (Zero : forall l, G i l = 0).
{ intro l. assert (C := dot_cauchy d (x i) (x l)). replace (dot d (x i) (x i)) with 0 in C by lra. rewrite Rmult_0_l in C.
  assert (D : dot d (x i) (x l) = 0) by (assert (S2 := pow2_ge_0 (dot d (x i) (x l))); nra).
  unfold Network.G, Network.K0. lra. }
assert (F := ineq_L n W v lam y s G (abstract d n W bias x y w b v lam s HK) i Hi).
rewrite (sum_ext n _ (fun _ => 0)), sum_0 in F; [lra|].
intros l _. unfold Rr. rewrite Zero, Rmult_0_r, relu_neg by lra. ring.
Qed.
(* (F) along the flip path *)
Theorem along_the_path i t : (i < n)%nat -> y i * N (z_at n x y t i) <=
  sum n (fun l => relu (Rr y G i l - t * h n y K0 l) * KktPoint.A W v lam s (y i) l) +
  sum n (fun l => (Rr y G i l - t * h n y K0 l) * KktPoint.A W v lam s (- y i) l).
Proof.
intro Hi. set (H := abstract d n W bias x y w b v lam s HK).
unfold z_at. rewrite (N_moved d n W bias x y w b v lam s HK) by easy.
apply Rle_trans with (1 := ineq_F _ _ _ _ _ _ _ H (y i) _ (lab _ _ _ _ _ _ _ H i Hi)). right.
f_equal; apply sum_ext; intros l Hl; rewrite (moved_R n W v lam y s G K0 H) by easy; easy.
Qed.
Lemma q_below : q <= p + beta bias.
Proof.
destruct (between_at n G n0) as [->|(i & l & Hi & Hl & E & ->)]; [generalize p_nn, beta_nn; lra|].
unfold Network.G. apply Rle_trans with (1 := Rabs_triang _ _). rewrite (Rabs_right (beta bias)) by (apply Rle_ge, beta_nn).
generalize (raw i l Hi Hl E); lra.
Qed.
Lemma L_shift : L = least n (fun i => K0 i i) + beta bias.
Proof.
destruct (least_at n (fun i => G i i) n0) as (i & Hi & E), (least_at n (fun i => K0 i i) n0) as (k & Hk & F).
generalize (diagonal k Hk), (norms i Hi). unfold Network.G in *. cbv beta in *. lra.
Qed.

Section Range.
Hypothesis HL : 0 < L.
Hypothesis Hr : (1 + r) ^ 2 < 2.
Lemma range : (UniversalFlip.r n L q) ^ 2 + 2 * UniversalFlip.r n L q - 1 < 0.
Proof. unfold UniversalFlip.r. lra. Qed.
Lemma r_nn : 0 <= r.      Proof. exact (r0 n L q HL q_nn n0). Qed.
Lemma den_pos : 0 < 1 - r - r ^ 2.   Proof. generalize r_nn; intro. nra. Qed.
Lemma num_pos : 0 < 1 - 2 * r - r ^ 2.   Proof. lra. Qed.
Lemma U_pos : 0 < U.      Proof. generalize (diagonal 0 n0); lra. Qed.
Lemma S_closed : S = 1 / (L * (1 - r - r ^ 2)).
Proof. unfold Sup, s1, UniversalFlip.r. assert (D := den_pos). set (rr := r) in *. clearbody rr. field. split; lra. Qed.
Lemma A_closed : A = (1 - 2 * r - r ^ 2) / (U * (1 - r - r ^ 2)).
Proof. unfold Alow, a1, UniversalFlip.r. assert (D := den_pos). assert (E := U_pos). set (rr := r) in *. clearbody rr. field. split; lra. Qed.
Lemma S_positive : 0 < S.
Proof. apply S_pos; [exact HL|exact q_nn|exact n0|exact range]. Qed.
Lemma A_positive : 0 < A.
Proof. eapply Alow_pos; [exact HL|exact diagonal|exact q_nn|exact n0|exact range]. Qed.

Theorem support i : (i < n)%nat -> 0 < lam i /\ y i * N (x i) = 1.
Proof. intro Hi. apply (T1_support d n W bias x y w b v lam s HK L U q HL diagonal q_nn lifted range i Hi). Qed.
Lemma gram_point : KKT n W v lam y s G.
Proof. exact (abstract d n W bias x y w b v lam s HK). Qed.
Theorem own_sum i : (i < n)%nat -> KktPoint.A W v lam s (y i) i <= S.
Proof. apply (own_upper n W v lam y s G gram_point L U q HL diagonal q_nn lifted n0 range i). Qed.
Theorem cross_sum i : (i < n)%nat -> KktPoint.A W v lam s (- y i) i <= r * S.
Proof. apply (cross_upper n W v lam y s G gram_point L U q HL diagonal q_nn lifted n0 range i). Qed.
Theorem own_sum_below i : (i < n)%nat -> A <= KktPoint.A W v lam s (y i) i.
Proof. apply (own_lower n W v lam y s G gram_point L U q HL diagonal q_nn lifted n0 range i). Qed.

Hypothesis HD : 0 < De.
Theorem value i t : (i < n)%nat -> q <= t * De -> y i * N (z_at n x y t i) <= S * Rmax (U - t * De) 0 - (t * De - q) * m i * A.
Proof.
intros Hi Ht. rewrite Rmax_comm. apply (T1_bound d n W bias x y w b v lam s HK L U (least n (fun i => K0 i i)) p q HL diagonal q_nn lifted norms raw range i t Hi).
- generalize q_nn; nra.
- exact Ht.
Qed.
Theorem unseen_point y0 z : y0 = 1 \/ y0 = -1 -> (forall l, (l < n)%nat -> Rabs (dot d z (x l)) <= p) ->
  forall t, p + beta bias <= t * De -> y0 * N (fun k => z k - t * y0 * u n x y k) <= - ((t * De - (p + beta bias)) * cnt n y (- y0) * A).
Proof.
intros Hy Hz t Ht. assert (T0 : 0 <= t) by (generalize p_nn, beta_nn; nra).
destruct (T3 d n W bias x y w b v lam s HK L U (least n (fun i => K0 i i)) p q HL diagonal q_nn lifted norms raw n0 range z p t Hz T0) as [B1 B2].
{ unfold Delta. lra. }
assert (X : forall e, N (fun k => z k - t * e * u n x y k) = N (fun k => z k + - (t * e) * u n x y k)).
{ intro e. unfold Network.N; apply sum_ext; intros; do 3 f_equal; apply sum_ext; intros; ring. }
unfold Delta in B1, B2.
destruct Hy as [-> | ->].
- replace (- (1)) with (-1) by lra. rewrite Rmult_1_l. replace (N (fun k => z k - t * 1 * u n x y k)) with (N (fun k => z k - t * u n x y k)); [lra|].
  unfold Network.N; apply sum_ext; intros; do 3 f_equal; apply sum_ext; intros; ring.
- replace (- -1) with 1 by lra. replace (N (fun k => z k - t * -1 * u n x y k)) with (N (fun k => z k + t * u n x y k)); [lra|].
  unfold Network.N; apply sum_ext; intros; do 3 f_equal; apply sum_ext; intros; ring.
Qed.

Hypothesis Hc : 0 < class_share n y.
Lemma m_pos i : (i < n)%nat -> 0 < m i.
Proof. apply opposite_pos; [apply (klab _ _ _ _ _ _ _ _ _ _ _ HK)|exact Hc]. Qed.
Lemma n_two : 2 <= INR n.
Proof. change 2 with (INR 2). apply le_INR. now apply (two n y). Qed.
Lemma q_below_U : q < U.
Proof.
generalize q_below, p_nn, n_two, L_shift, (diagonal 0 n0). intros. nra.
Qed.

Theorem late_slope i sl : (i < n)%nat -> eventual_slope (path i) sl -> sl <= - (De * m i * A).
Proof.
intros Hi Hs. assert (D := U_pos). assert (Q := q_below_U).
apply (slope_le _ _ (U / De) (q * m i * A) _ Hs). intros t Ht.
assert (Ht' : U <= t * De).
{ apply (Rmult_le_compat_r De) in Ht; [|lra]. unfold Rdiv in Ht. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in Ht by lra. exact Ht. }
generalize (value i t Hi ltac:(lra)). rewrite Rmax_right by lra. lra.
Qed.
Theorem flip i t0 : (i < n)%nat -> flip_time (path i) t0 -> t0 <= (S * U + q * m i * A) / (S + m i * A) / De.
Proof.
intros Hi Ht. assert (M := m_pos i Hi). assert (SP := S_positive). assert (AP := A_positive). assert (UP := U_pos).
assert (MA : 0 < m i * A) by nra.
apply (flip_time_le _ _ _ Ht).
- assert (0 <= q * (m i * A)) by (apply Rmult_le_pos; [exact q_nn|lra]). assert (0 < S * U) by nra.
  unfold Rdiv. apply Rmult_le_pos; [apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]|left; apply Rinv_0_lt_compat; lra].
- intros t H. apply (T1_sign d n W bias x y w b v lam s HK L U (least n (fun i => K0 i i)) p q HL diagonal q_nn lifted norms raw range HD i t Hi M H).
Qed.
Theorem level i t1 : (i < n)%nat -> level_time (path i) t1 ->
  t1 <= Rmax ((S * U + 1 + q * m i * A) / (S + m i * A)) (q + 1 / (m i * A)) / De.
Proof.
intros Hi Ht. assert (M := m_pos i Hi). assert (SP := S_positive). assert (AP := A_positive). assert (UP := U_pos).
assert (MA : 0 < m i * A) by nra. assert (QN := q_nn).
set (e := Rmax _ _).
assert (E1 := Rmax_l ((S * U + 1 + q * m i * A) / (S + m i * A)) (q + 1 / (m i * A))).
assert (E2 := Rmax_r ((S * U + 1 + q * m i * A) / (S + m i * A)) (q + 1 / (m i * A))). fold e in E1, E2.
assert (0 < 1 / (m i * A)) by (apply Rdiv_lt_0_compat; lra).
apply (level_time_le _ _ _ Ht).
- unfold Rdiv. apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra].
- intros t H1. apply (Rmult_le_compat_r De) in H1; [|lra].
  replace (e / De * De) with e in H1 by (field; lra).
  apply (T1_minus_one d n W bias x y w b v lam s HK L U (least n (fun i => K0 i i)) p q HL diagonal q_nn lifted norms raw range HD i t Hi M); fold (UniversalFlip.Delta n (least n (fun i => K0 i i)) p); unfold Delta; [lra|left; lra].
Qed.

End Range.

Section Weak.
Hypothesis HD : 0 < De.
Hypothesis Hc : 0 < class_share n y.
Lemma weak_m_pos i : (i < n)%nat -> 0 < m i.
Proof. apply opposite_pos; [apply (klab _ _ _ _ _ _ _ _ _ _ _ HK)|exact Hc]. Qed.
Lemma weak_n_two : 2 <= INR n.
Proof. change 2 with (INR 2). apply le_INR. now apply (two n y). Qed.
Lemma weak_q_below_U : q < U.
Proof.
generalize q_below, p_nn, weak_n_two, L_shift, (diagonal 0 n0). intros. nra.
Qed.

Theorem weak_value i t : (i < n)%nat -> U <= t * De -> y i * N (z_at n x y t i) <= - (t * De - q) / U.
Proof.
intros Hi Ht. assert (Q := weak_q_below_U). assert (QN := q_nn).
apply (T1_weak d n W bias x y w b v lam s HK L U (least n (fun i => K0 i i)) p q diagonal q_nn lifted norms raw Q i t Hi (weak_m_pos i Hi)); [nra|exact Ht].
Qed.
Theorem weak_slope i sl : (i < n)%nat -> eventual_slope (path i) sl -> sl <= - (De / U).
Proof.
intros Hi Hs. assert (Q := weak_q_below_U). assert (QN := q_nn).
apply (slope_le _ _ (U / De) (q / U) _ Hs). intros t Ht.
assert (Ht' : U <= t * De).
{ apply (Rmult_le_compat_r De) in Ht; [|lra]. unfold Rdiv in Ht. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in Ht by lra. exact Ht. }
apply Rle_trans with (1 := weak_value i t Hi Ht'). right. field. lra.
Qed.
End Weak.
End Measured.
