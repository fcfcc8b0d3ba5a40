(* kkt_margin.universal_flip: samples of equal norm sqrt d with 3 n (p + b) <= d, both bias variants, constants as measured:
   r < 1/3, S <= 9/(5L), A >= 2/(5U), Delta >= 2d/3, |u|^2 <= 4nd/3, level -1 with 7, sign with 9/2, size of z = t u. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Require Import Thinmargin.MeasuredQuantities Thinmargin.MeasuredFlip.
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
Lemma rL_lt : 3 * (q * (INR n - 1)) < D + be.
Proof.
generalize D1, be_cases, p0, q0, q_le; intros.
assert (q * (INR n - 1) <= (p + be) * (INR n - 1)) by (apply Rmult_le_compat_r; lra).
destruct (Rle_lt_dec (p + be) 0); nra.
Qed.
Theorem r_third : r < 1 / 3.
Proof.
apply Rmult_lt_reg_r with L; [exact L_pos|]. unfold Rdiv at 1. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by (generalize L_pos; lra).
generalize rL_lt. rewrite L_eq. lra.
Qed.
Lemma r_nonneg : 0 <= r.
Proof.
apply Rmult_le_pos; [apply Rmult_le_pos; [exact q0|lra]|left; apply Rinv_0_lt_compat, L_pos].
Qed.
Lemma r_range : (1 + r) ^ 2 < 2.
Proof. generalize r_third, r_nonneg. intros. nra. Qed.
Lemma dd : 0 < 1 - r - r ^ 2.
Proof. generalize r_third, r_nonneg. intros. nra. Qed.
Lemma S_exact : L * S * (1 - r - r ^ 2) = 1.
Proof.
rewrite (S_closed d n bias x samples0 L_pos r_range). assert (X := dd). assert (Y := L_pos).
set (rr := r) in *. clearbody rr. field. split; lra.
Qed.
Lemma A_exact : U * A * (1 - r - r ^ 2) = 1 - 2 * r - r ^ 2.
Proof.
rewrite (A_closed d n bias x samples0 L_pos r_range). assert (X := dd). assert (Y := L_pos). rewrite L_eq in Y. rewrite U_eq.
set (rr := r) in *. clearbody rr. field. split; lra.
Qed.
Lemma S0 : 0 < S.   Proof. apply S_positive; [exact samples0|exact L_pos|exact r_range]. Qed.
Lemma A0 : 0 < A.   Proof. apply A_positive; [exact samples0|exact L_pos|exact r_range]. Qed.
Theorem S_nine_fifths : L * S <= 9 / 5.
Proof.
assert (X : 5 * (L * S) <= 9).
{ apply S5_third with r; [|exact r_nonneg|generalize r_third; lra|right; exact S_exact]. generalize L_pos, S0; nra. }
lra.
Qed.
Theorem A_two_fifths : 2 / 5 <= U * A.
Proof.
assert (X : 5 * (U * A) >= 2).
{ apply S6_third with r; [|exact r_nonneg|generalize r_third; lra|right; exact A_exact].
  apply Rmult_le_pos; left; [|exact A0]. rewrite U_eq. generalize D1, be_cases; lra. }
lra.
Qed.
Theorem Delta_two_thirds : 2 * D / 3 <= De.
Proof. rewrite L0_eq. generalize p0, be_cases, D1; intros. assert (INR n * p <= D / 3) by nra. nra. Qed.
Theorem direction_norm : dot d u u <= 4 * INR n * D / 3.
Proof.
unfold Network.u at 2. rewrite dot_sum.
apply Rle_trans with (sum n (fun _ => 4 * D / 3)); [|rewrite sum_const; lra].
apply sum_le; intros l Hl. rewrite (dot_sym d). unfold Network.u; rewrite dot_sum, (sum_split n l) by easy.
assert (Ey : y l * y l = 1) by (destruct (klab _ _ _ _ _ _ _ _ _ _ _ HK l Hl) as [-> | ->]; ring).
assert (E : sum_but l n (fun m => y l * y m * dot d (x l) (x m)) <= sum_but l n (fun _ => p)).
{ apply but_le; intros m Hm F. assert (Bd := Rabs_bd _ _ (raw d n x l m Hl Hm F)). change (K0 l m) with (dot d (x l) (x m)) in Bd.
  destruct (klab _ _ _ _ _ _ _ _ _ _ _ HK l Hl) as [-> | ->], (klab _ _ _ _ _ _ _ _ _ _ _ HK m Hm) as [-> | ->]; lra. }
rewrite but_const in E by easy.
rewrite Rmult_plus_distr_l, but_scal.
replace (sum_but l n (fun l0 => y l * (y l0 * dot d (x l) (x l0)))) with (sum_but l n (fun m => y l * y m * dot d (x l) (x m)))
  by (apply sum_ext; intros; destruct Nat.eqb; ring).
replace (y l * (y l * dot d (x l) (x l))) with (y l * y l * K0 l l) by (unfold Network.K0; ring). rewrite Ey, norms by easy.
generalize p0, be_cases; intros. assert (INR n * p <= D / 3) by nra. lra.
Qed.

Lemma cn1 : 1 <= c * INR n.   Proof. exact (smaller_one n y Hc). Qed.
Lemma De_pos : 0 < De.        Proof. generalize Delta_two_thirds, D1; lra. Qed.
Lemma step_nonneg C : 0 <= C -> 0 <= (q + C * (D + be) / (c * INR n)) / De.
Proof.
intro HC. generalize q0, cn1, De_pos, D1, be_cases; intros.
assert (0 <= C * (D + be) / (c * INR n)) by (apply Rmult_le_pos; [nra|left; apply Rinv_0_lt_compat; lra]).
apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra].
Qed.
(* beyond the step, the bound along the path is below its value at the step with the smaller class *)
Lemma beyond C i t : 0 <= C -> (i < n)%nat -> (q + C * (D + be) / (c * INR n)) / De <= t ->
  let tau := q + C * (D + be) / (c * INR n) in
  y i * N d W w b v (z_at n x y t i) <= S * relu (D + be - t * De) - (t * De - q) * (c * INR n) * A /\ tau <= t * De.
Proof.
intros HC Hi Ht tau. generalize q0, cn1, De_pos, D1, be_cases, A0; intros Q M DP D0 B AP.
assert (T : tau <= t * De).
{ apply (Rmult_le_compat_r De) in Ht; [|lra]. unfold Rdiv at 1 in Ht. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in Ht by lra. exact Ht. }
assert (T0 : 0 <= C * (D + be) / (c * INR n)) by (apply Rmult_le_pos; [nra|left; apply Rinv_0_lt_compat; lra]).
split; [|exact T].
eapply Rle_trans; [apply (value d n W bias x y w b v lam s HK samples0 L_pos r_range De_pos i t Hi); unfold tau in T; lra|].
rewrite Rmax_comm. assert (EU := U_eq). replace (U - t * De) with (D + be - t * De) by lra. fold (relu (D + be - t * De)).
assert (c * INR n <= nopp n y i) by (apply opposite_ge; [apply (klab _ _ _ _ _ _ _ _ _ _ _ HK)|exact Hc|exact Hi]).
assert ((t * De - q) * (c * INR n) * A <= (t * De - q) * nopp n y i * A).
{ apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_l; [unfold tau in T; lra|easy]. }
lra.
Qed.
Lemma relu_mono a e : a <= e -> relu a <= relu e.
Proof. intro H. apply relu_lub; [apply relu_nn|]. apply Rle_trans with (1 := H), relu_ge. Qed.
Lemma lower_step tau0 tau M : tau0 <= tau -> 0 < M ->
  S * relu (D + be - tau) - (tau - q) * M * A <= S * relu (D + be - tau0) - (tau0 - q) * M * A.
Proof.
intros H HM. assert (X := relu_mono (D + be - tau) (D + be - tau0) ltac:(lra)). generalize S0, A0; intros.
assert (S * relu (D + be - tau) <= S * relu (D + be - tau0)) by (apply Rmult_le_compat_l; lra).
assert ((tau0 - q) * M * A <= (tau - q) * M * A) by (apply Rmult_le_compat_r; [lra|apply Rmult_le_compat_r; lra]). lra.
Qed.
Theorem level_seven i t1 : (i < n)%nat -> level_time (fun t => y i * N d W w b v (z_at n x y t i)) t1 ->
  t1 <= (q + 7 * (D + be) / (c * INR n)) / De.
Proof.
intros Hi Ht. apply (level_time_le _ _ _ Ht); [apply step_nonneg; lra|]. intros t H.
destruct (beyond 7 i t ltac:(lra) Hi H) as [V T]. apply Rle_trans with (1 := V).
eapply Rle_trans; [apply (lower_step _ _ _ T); generalize cn1; lra|].
generalize L_pos, S0, S_nine_fifths, A_two_fifths, cn1, q0. rewrite L_eq, U_eq. intros.
apply S10_level; try lra. field. lra.
Qed.
Theorem flip_nine_halves i t0 : (i < n)%nat -> flip_time (fun t => y i * N d W w b v (z_at n x y t i)) t0 ->
  t0 <= (q + 9 / 2 * (D + be) / (c * INR n)) / De.
Proof.
intros Hi Ht. apply (flip_time_le _ _ _ Ht); [apply step_nonneg; lra|]. intros t H.
destruct (beyond (9 / 2) i t ltac:(lra) Hi ltac:(lra)) as [V T]. apply Rle_lt_trans with (1 := V).
eapply Rle_lt_trans; [apply (lower_step _ _ _ T); generalize cn1; lra|].
generalize L_pos, S0, S_nine_fifths, A_two_fifths, cn1, q0. rewrite L_eq, U_eq. intros.
apply S10_sign; try lra. field. lra.
Qed.
Theorem size_of_step : ((q + 7 * (D + be) / (c * INR n)) / De) ^ 2 * dot d u u <= 3 * (1 / 3 + 7 * (1 + be / D) / c) ^ 2 * D / INR n.
Proof.
assert (T0 := step_nonneg 7 ltac:(lra)). generalize D1, be_cases, q0, q_le, p0, Delta_two_thirds, De_pos, direction_norm; intros D0 B Q QL P DT DP UN.
set (t := (q + 7 * (D + be) / (c * INR n)) / De) in *. set (B2 := 1 / 3 + 7 * (1 + be / D) / c).
assert (TB : t <= 3 / 2 * B2 / INR n).
{ assert (E : t * De = q + 7 * (D + be) / (c * INR n)) by (unfold t; field; split; [lra|split; lra]).
  assert (X : t * (2 * D / 3) <= t * De) by (apply Rmult_le_compat_l; lra).
  assert (QN : q <= D / 3 / INR n).
  { apply Rmult_le_reg_r with (INR n); [lra|]. replace (D / 3 / INR n * INR n) with (D / 3) by (field; lra). nra. }
  apply Rmult_le_reg_r with (2 * D / 3); [lra|].
  replace (3 / 2 * B2 / INR n * (2 * D / 3)) with (D / 3 / INR n + 7 * (D + be) / (c * INR n)) by (unfold B2; field; repeat split; lra).
  lra. }
assert (t ^ 2 <= (3 / 2 * B2 / INR n) ^ 2) by (apply pow_incr; lra).
assert (0 <= t ^ 2) by apply pow2_ge_0.
apply Rle_trans with (t ^ 2 * (4 * INR n * D / 3)); [apply Rmult_le_compat_l; lra|].
apply Rle_trans with ((3 / 2 * B2 / INR n) ^ 2 * (4 * INR n * D / 3)); [apply Rmult_le_compat_r; [|easy]; nra|].
right. field. lra.
Qed.
End Sphere.
