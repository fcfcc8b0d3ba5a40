(* frequency_bias.real_bands (upper half), attained (eigenvectors reach the bound), band_price (lower bound of the cost of a two-layer
   net): real filters with K taps, any number of channels, any band. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum.
Open Scope R_scope.

Section Fourier.
Variable M' : nat.
Let N := S M'.                            (* signal length, at least 1 *)
Definition th (d m : nat) : R := 2 * PI * INR d * INR m / INR N.
Lemma Npos : 0 < INR N.  Proof. apply lt_0_INR; unfold N; lia. Qed.

(* unnormalised transform of a K-tap real filter, unitary transform = /sqrt N *)
Definition tr_ (K : nat) (u : nat -> R) (d : nat) : R := sum K (fun k => u k * cos (th d k)).
Definition ti_ (K : nat) (u : nat -> R) (d : nat) : R := - sum K (fun k => u k * sin (th d k)).
Definition pw (K : nat) (u : nat -> R) (d : nat) : R := tr_ K u d ^ 2 + ti_ K u d ^ 2.   (* |ut_d|^2 = N |uh_d|^2 *)

Lemma sum_prod n f g : sum n f * sum n g = sum n (fun j => sum n (fun k => f j * g k)).
Proof. rewrite Rmult_comm, sum_scal. apply sum_ext; intros. rewrite Rmult_comm, sum_scal. easy. Qed.
Lemma pw_quad K u d : pw K u d = sum K (fun j => sum K (fun k => u j * u k * cos (th d j - th d k))).
Proof.
unfold pw, tr_, ti_.
replace ((- sum K (fun k => u k * sin (th d k))) ^ 2) with (sum K (fun k => u k * sin (th d k)) * sum K (fun k => u k * sin (th d k))) by ring.
replace (sum K (fun k => u k * cos (th d k)) ^ 2) with (sum K (fun k => u k * cos (th d k)) * sum K (fun k => u k * cos (th d k))) by ring.
rewrite !sum_prod, <- sum_add. apply sum_ext; intros. rewrite <- sum_add. apply sum_ext; intros. rewrite cos_minus. ring.
Qed.

(* F1: A'_{jk} = (1/N) sum_{d in B} cos(2 pi d (j-k)/N) *)
Variable B : nat -> bool.
Definition sumB (f : nat -> R) : R := sum N (fun d => if B d then f d else 0).
Definition AB (j k : nat) : R := / INR N * sumB (fun d => cos (th d j - th d k)).
Definition nrm (n : nat) (u : nat -> R) : R := sum n (fun k => u k ^ 2).

Lemma sumB_le f g : (forall d, f d <= g d) -> sumB f <= sumB g.
Proof. intro H; apply sum_le; intros; destruct B; [auto|lra]. Qed.
Lemma sumB_scal c f : c * sumB f = sumB (fun d => c * f d).
Proof. unfold sumB; rewrite sum_scal; apply sum_ext; intros; destruct B; lra. Qed.
Lemma sumB_add f g : sumB (fun d => f d + g d) = sumB f + sumB g.
Proof. unfold sumB; rewrite <- sum_add; apply sum_ext; intros; destruct B; lra. Qed.
Lemma sumB_swap n f : sumB (fun d => sum n (fun j => f d j)) = sum n (fun j => sumB (fun d => f d j)).
Proof. unfold sumB; rewrite <- sum_swap; apply sum_ext; intros; destruct B; [easy|now rewrite sum_0]. Qed.
Lemma sumB_ext f g : (forall d, f d = g d) -> sumB f = sumB g.
Proof. intro H; apply sum_ext; intros; destruct B; [auto|easy]. Qed.

Lemma band_quad K u : / INR N * sumB (pw K u) = sum K (fun j => sum K (fun k => u j * AB j k * u k)).
Proof.
rewrite (sumB_ext _ _ (pw_quad K u)), sumB_swap, sum_scal. apply sum_ext; intros.
rewrite sumB_swap, sum_scal. apply sum_ext; intros. unfold AB.
replace (u l * (/ INR N * sumB (fun d => cos (th d l - th d l0))) * u l0) with (/ INR N * (u l * u l0 * sumB (fun d => cos (th d l - th d l0)))) by ring.
rewrite (sumB_scal (u l * u l0)). f_equal.
Qed.

Variables (K : nat) (lam : R).
Hypothesis Hlam : forall u, sum K (fun j => sum K (fun k => u j * AB j k * u k)) <= lam * nrm K u.

Theorem F1 u : / INR N * sumB (pw K u) <= lam * nrm K u.
Proof. rewrite band_quad; apply Hlam. Qed.
(* equality at an eigenvector *)
Theorem F1_eq u : (forall j, (j < K)%nat -> sum K (fun k => AB j k * u k) = lam * u j) -> / INR N * sumB (pw K u) = lam * nrm K u.
Proof.
intro E. rewrite band_quad. unfold nrm. rewrite sum_scal. apply sum_ext; intros j Hj.
rewrite (sum_ext K _ (fun k => u j * (AB j k * u k))) by (intros; ring). rewrite <- sum_scal, E by easy. ring.
Qed.

(* orthogonality of the characters *)
Lemma cos_tele a n : 2 * sin (a / 2) * sum n (fun d => cos (INR d * a)) = sin ((INR n - 1 / 2) * a) + sin (a / 2).
Proof.
induction n as [|n IH].
- simpl. replace ((0 - 1 / 2) * a) with (- (a / 2)) by field. rewrite sin_neg. ring.
- simpl sum. rewrite Rmult_plus_distr_l, IH, S_INR.
  replace ((INR n - 1 / 2) * a) with (INR n * a - a / 2) by field.
  replace ((INR n + 1 - 1 / 2) * a) with (INR n * a + a / 2) by field.
  rewrite sin_plus, sin_minus. ring.
Qed.
Lemma sum_cos j k : (j < N)%nat -> (k < N)%nat -> j <> k -> sum N (fun d => cos (th d j - th d k)) = 0.
Proof.
intros Hj Hk E. assert (NP := Npos).
assert (W : forall a b, (a < b)%nat -> (b < N)%nat -> sum N (fun d => cos (th d b - th d a)) = 0).
{ intros a b Hab Hb. set (al := 2 * PI * INR (b - a) / INR N).
  rewrite (sum_ext N _ (fun d => cos (INR d * al))).
  2:{ intros; f_equal; unfold th, al. rewrite minus_INR by lia. field; lra. }
  assert (T := cos_tele al N).
  replace ((INR N - 1 / 2) * al) with (- (al / 2) + 2 * INR (b - a) * PI) in T by (unfold al; field; lra).
  rewrite sin_period, sin_neg in T.
  assert (0 < sin (al / 2)).
  { apply lt_INR in Hb as Hb'. assert (0 < INR (b - a)) by (apply lt_0_INR; lia).
    assert (INR (b - a) < INR N) by (apply lt_INR; lia). assert (PP := PI_RGT_0).
    replace (al / 2) with (PI * (INR (b - a) / INR N)) by (unfold al; field; lra).
    assert (0 < INR (b - a) / INR N) by (apply Rdiv_lt_0_compat; lra).
    assert (INR (b - a) / INR N < 1) by (apply Rmult_lt_reg_r with (INR N); [lra|]; unfold Rdiv; rewrite Rmult_assoc, Rinv_l; lra).
    apply sin_gt_0; nra. }
  nra. }
destruct (Nat.lt_ge_cases j k).
- rewrite <- (W j k) by easy. apply sum_ext; intros. rewrite <- cos_neg. f_equal; ring.
- apply W; lia.
Qed.
Theorem parseval v : sum N (pw N v) = INR N * nrm N v.
Proof.
rewrite (sum_ext N _ _ (fun d _ => pw_quad N v d)), sum_swap. unfold nrm; rewrite sum_scal. apply sum_ext; intros j Hj.
rewrite sum_swap, (sum_split N j) by easy.
rewrite (sum_ext N _ (fun _ => v j ^ 2)) by (intros; rewrite Rminus_diag_eq, cos_0 by easy; ring).
rewrite sum_const.
assert (Z : sum_but j N (fun k => sum N (fun d => v j * v k * cos (th d j - th d k))) = 0).
{ unfold sum_but. transitivity (sum N (fun _ => 0)); [|apply sum_0]. apply sum_ext; intros k Hk. destruct (Nat.eqb_spec k j); [easy|].
  rewrite <- sum_scal, sum_cos by auto. ring. }
rewrite Z; ring.
Qed.
Lemma bessel v : sumB (pw N v) <= INR N * nrm N v.
Proof.
rewrite <- parseval. apply sum_le; intros; destruct B; [lra|]. unfold pw; nra.
Qed.

(* circular convolution theorem *)
Lemma sum_first n f : sum (S n) f = f 0%nat + sum n (fun k => f (S k)).
Proof. induction n; simpl in *; lra. Qed.
Lemma rot1 g : sum N (fun m => g (Nat.modulo (m + 1) N)) = sum N g.
Proof.
transitivity (sum M' (fun m => g (Nat.modulo (m + 1) N)) + g (Nat.modulo (M' + 1) N)); [easy|].
transitivity (g 0%nat + sum M' (fun k => g (S k))); [|symmetry; apply sum_first].
rewrite Rplus_comm. f_equal.
- f_equal. replace (M' + 1)%nat with N by (unfold N; lia). apply Nat.mod_same; unfold N; lia.
- apply sum_ext; intros l Hl; f_equal. rewrite Nat.mod_small; unfold N; lia.
Qed.
Lemma rot a g : sum N (fun m => g (Nat.modulo (m + a) N)) = sum N g.
Proof.
induction a.
- apply sum_ext; intros; f_equal. rewrite Nat.add_0_r. now apply Nat.mod_small.
- rewrite <- IHa, <- (rot1 (fun m => g (Nat.modulo (m + a) N))). apply sum_ext; intros; f_equal.
  rewrite Nat.add_mod_idemp_l by (unfold N; lia). f_equal; lia.
Qed.
Lemma th_per (F : R -> R) d m : (forall x k, F (x + 2 * INR k * PI) = F x) -> F (th d (Nat.modulo m N)) = F (th d m).
Proof.
intro P. rewrite (Nat.div_mod_eq m N) at 2.
replace (th d (N * (m / N) + m mod N)) with (th d (m mod N) + 2 * INR (d * (m / N)) * PI); [now rewrite P|].
unfold th. rewrite plus_INR, !mult_INR. field. apply Rgt_not_eq, Npos.
Qed.
Definition conv (u v : nat -> R) (m : nat) : R := sum K (fun k => u k * v (Nat.modulo (m + (N - k)) N)).
Hypothesis HKN : (K <= N)%nat.
Lemma conv_gen (F : R -> R) u v d : (forall x k, F (x + 2 * INR k * PI) = F x) ->
  sum N (fun m => conv u v m * F (th d m)) = sum K (fun k => u k * sum N (fun m => v m * F (th d k + th d m))).
Proof.
intro P. rewrite (sum_ext N _ (fun m => sum K (fun k => u k * (v (Nat.modulo (m + (N - k)) N) * F (th d m))))).
2:{ intros; unfold conv. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring. }
rewrite sum_swap. apply sum_ext; intros k Hk. rewrite <- sum_scal. f_equal.
rewrite <- (rot (N - k) (fun m => v m * F (th d k + th d m))). apply sum_ext; intros m Hm. f_equal.
rewrite <- (th_per F) by easy.
replace (Nat.modulo m N) with (Nat.modulo (k + Nat.modulo (m + (N - k)) N) N).
2:{ rewrite Nat.add_mod_idemp_r by (unfold N; lia). replace (k + (m + (N - k)))%nat with (m + 1 * N)%nat by lia. apply Nat.mod_add; unfold N; lia. }
rewrite (th_per F) by easy. f_equal. unfold th; rewrite plus_INR; field. apply Rgt_not_eq, Npos.
Qed.
Lemma cos_shift v d a : sum N (fun m => v m * cos (a + th d m)) = cos a * sum N (fun m => v m * cos (th d m)) + - sin a * sum N (fun m => v m * sin (th d m)).
Proof. rewrite !sum_scal, <- sum_add. apply sum_ext; intros. rewrite cos_plus; ring. Qed.
Lemma sin_shift v d a : sum N (fun m => v m * sin (a + th d m)) = sin a * sum N (fun m => v m * cos (th d m)) + cos a * sum N (fun m => v m * sin (th d m)).
Proof. rewrite !sum_scal, <- sum_add. apply sum_ext; intros. rewrite sin_plus; ring. Qed.
Lemma lin2 u f g a b : sum K (fun k => u k * (f k * a + g k * b)) = a * sum K (fun k => u k * f k) + b * sum K (fun k => u k * g k).
Proof. rewrite !sum_scal, <- sum_add. apply sum_ext; intros; ring. Qed.
Lemma sum_opp n f : sum n (fun k => - f k) = - sum n f.
Proof. induction n; simpl; lra. Qed.
Lemma conv_r u v d : tr_ N (conv u v) d = tr_ K u d * tr_ N v d - ti_ K u d * ti_ N v d.
Proof.
unfold tr_ at 1. rewrite (conv_gen cos) by apply cos_period.
rewrite (sum_ext K _ _ (fun k _ => f_equal (Rmult (u k)) (cos_shift v d (th d k)))).
rewrite (lin2 u (fun k => cos (th d k)) (fun k => - sin (th d k))).
rewrite (sum_ext K (fun k => u k * - sin (th d k)) (fun k => - (u k * sin (th d k)))) by (intros; ring).
rewrite sum_opp. unfold tr_, ti_. ring.
Qed.
Lemma conv_i u v d : ti_ N (conv u v) d = tr_ K u d * ti_ N v d + ti_ K u d * tr_ N v d.
Proof.
unfold ti_ at 1. rewrite (conv_gen sin) by apply sin_period.
rewrite (sum_ext K _ _ (fun k _ => f_equal (Rmult (u k)) (sin_shift v d (th d k)))).
rewrite (lin2 u (fun k => sin (th d k)) (fun k => cos (th d k))).
unfold tr_, ti_. ring.
Qed.

(* F8, lower bound: every realisation w = sum_c u_c * v_c costs at least ||wh_B||_1 / sqrt(N lam) *)
Variable C : nat.
Variables (us vs : nat -> nat -> R).
Definition wv (m : nat) : R := sum C (fun c => conv (us c) (vs c) m).
Definition cost : R := / 2 * (sum C (fun c => nrm K (us c)) + sum C (fun c => nrm N (vs c))).
Definition whabs (d : nat) : R := sqrt (pw N wv d) / sqrt (INR N).

Lemma two_ab s a b : 0 < s -> 2 * (a * b) <= s * a ^ 2 + / s * b ^ 2.
Proof.
intro Hs. apply Rmult_le_reg_l with s; [easy|].
replace (s * (s * a ^ 2 + / s * b ^ 2)) with (s ^ 2 * a ^ 2 + b ^ 2) by (field; lra).
generalize (pow2_ge_0 (s * a - b)); nra.
Qed.
Lemma per_freq s d : 0 < s ->
  2 * sqrt (pw N wv d) <= s * sum C (fun c => pw K (us c) d) + / s * sum C (fun c => pw N (vs c) d).
Proof.
intro Hs.
assert (Er : tr_ N wv d = sum C (fun c => tr_ K (us c) d * tr_ N (vs c) d - ti_ K (us c) d * ti_ N (vs c) d)).
{ transitivity (sum C (fun c => tr_ N (conv (us c) (vs c)) d)); [|apply sum_ext; intros; apply conv_r].
  unfold tr_ at 1 2; unfold wv. rewrite sum_swap. apply sum_ext; intros. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring. }
assert (Ei : ti_ N wv d = sum C (fun c => tr_ K (us c) d * ti_ N (vs c) d + ti_ K (us c) d * tr_ N (vs c) d)).
{ transitivity (sum C (fun c => ti_ N (conv (us c) (vs c)) d)); [|apply sum_ext; intros; apply conv_i].
  unfold ti_ at 1 2; unfold wv.
  rewrite (sum_opp C), sum_swap. f_equal. apply sum_ext; intros. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring. }
assert (G : forall al be, al ^ 2 + be ^ 2 = 1 -> 2 * (al * tr_ N wv d + be * ti_ N wv d) <=
   s * sum C (fun c => pw K (us c) d) + / s * sum C (fun c => pw N (vs c) d)).
{ intros al be E. rewrite Er, Ei, !sum_scal, <- !sum_add, sum_scal. apply sum_le; intros c _.
  set (ur := tr_ K (us c) d). set (ui := ti_ K (us c) d). set (vr := tr_ N (vs c) d). set (vi := ti_ N (vs c) d).
  generalize (two_ab s ur (al * vr + be * vi) Hs), (two_ab s ui (be * vr - al * vi) Hs). intros T1 T2.
  unfold pw. fold ur ui vr vi.
  replace (/ s * (vr ^ 2 + vi ^ 2)) with (/ s * (al * vr + be * vi) ^ 2 + / s * (be * vr - al * vi) ^ 2).
  2:{ replace (vr ^ 2 + vi ^ 2) with ((al ^ 2 + be ^ 2) * (vr ^ 2 + vi ^ 2)) by (rewrite E; ring). ring. }
  lra. }
set (P := pw N wv d) in *. assert (P0 : 0 <= P) by (unfold P, pw; nra).
destruct (Rle_lt_or_eq_dec 0 P P0) as [PP|PZ].
- assert (SP := sqrt_lt_R0 P PP). assert (SS := sqrt_sqrt P P0).
  apply Rle_trans with (2 := G (tr_ N wv d / sqrt P) (ti_ N wv d / sqrt P) ltac:(
    replace ((tr_ N wv d / sqrt P) ^ 2 + (ti_ N wv d / sqrt P) ^ 2) with ((tr_ N wv d ^ 2 + ti_ N wv d ^ 2) / (sqrt P * sqrt P)) by (field; lra);
    rewrite SS; unfold P, pw; field; unfold P, pw in PP; lra)).
  right. replace (tr_ N wv d / sqrt P * tr_ N wv d + ti_ N wv d / sqrt P * ti_ N wv d) with (P / sqrt P) by (unfold P at 1, pw; field; lra).
  rewrite <- SS at 2. field; lra.
- rewrite <- PZ, sqrt_0, Rmult_0_r. apply Rplus_le_le_0_compat; apply Rmult_le_pos; try (left; assumption); try (left; now apply Rinv_0_lt_compat);
    apply sum_nn; intros; unfold pw; nra.
Qed.

Theorem F8_lower : 0 < lam -> sumB whabs / sqrt (INR N * lam) <= cost.
Proof.
intro HL. assert (NP := Npos). assert (HNL : 0 < INR N * lam) by nra.
assert (SQ := sqrt_lt_R0 _ HNL). assert (SN := sqrt_lt_R0 _ NP). assert (SS := sqrt_sqrt (INR N * lam) ltac:(lra)). assert (SSN := sqrt_sqrt (INR N) ltac:(lra)).
set (g := sqrt (INR N * lam)) in *. set (sn := sqrt (INR N)) in *.
(* s = sn / g : 2 sum |w~| <= (sn/g) N lam |U|^2 + (g/sn) N |V|^2 *)
assert (Hs : 0 < sn / g) by (now apply Rdiv_lt_0_compat).
assert (H1 := sumB_le _ _ (fun d => per_freq (sn / g) d Hs)).
rewrite sumB_add, <- !sumB_scal, !sumB_swap in H1.
assert (H2 : sum C (fun c => sumB (pw K (us c))) <= INR N * lam * sum C (fun c => nrm K (us c))).
{ rewrite sum_scal. apply sum_le; intros c _. generalize (F1 (us c)); intro F. apply Rmult_le_reg_l with (/ INR N); [now apply Rinv_0_lt_compat|].
  replace (/ INR N * (INR N * lam * nrm K (us c))) with (lam * nrm K (us c)) by (field; lra). exact F. }
assert (H3 : sum C (fun c => sumB (pw N (vs c))) <= INR N * sum C (fun c => nrm N (vs c))).
{ rewrite sum_scal. apply sum_le; intros c _. apply bessel. }
unfold cost. set (U2 := sum C (fun c => nrm K (us c))) in *. set (V2 := sum C (fun c => nrm N (vs c))) in *.
assert (E : sumB whabs = / sn * sumB (fun d => sqrt (pw N wv d))).
{ rewrite sumB_scal. apply sumB_ext; intro; unfold whabs; fold sn; field; lra. }
rewrite E. set (T := sumB (fun d => sqrt (pw N wv d))) in *.
apply Rmult_le_reg_l with (2 * sn * g); [nra|].
replace (2 * sn * g * (/ sn * T / g)) with (2 * T) by (field; lra).
apply Rle_trans with (1 := H1). clear H1.
replace (2 * sn * g * (/ 2 * (U2 + V2))) with (sn / g * (g * g * U2) + / (sn / g) * (sn * sn * V2)) by (field; lra).
rewrite SS, SSN. apply Rplus_le_compat; apply Rmult_le_compat_l; try easy; left; [easy|now apply Rinv_0_lt_compat].
Qed.
End Fourier.
Print Assumptions F8_lower.
