(* frequency_bias.band_price is sharp (with BandLimit.F8_lower): for a band B = -B and a filter u with A_B u = lambda u there is a real
   predictor w = u * v whose spectrum vanishes off B and is proportional to |u^|^2 on B, realised by one channel at the cost
   sum_B |w^| / sqrt(N lambda), which no net with K taps beats. So among predictors limited to B the least ratio of the K-tap cost to the
   full-width cost |w^|_1 / sqrt(N) is lambda^(-1/2) (frequency_bias.norm_ends). *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.BandLimit Thinmargin.ConsecutiveBand.
Open Scope R_scope.

Section Attain.
Variable M' : nat.
Let N := S M'.
Variables (B : nat -> bool) (K : nat) (lam : R) (u : nat -> R).
Notation th := (th M').
Notation tr := (tr_ M').
Notation ti := (ti_ M').
Notation pw := (pw M').
Notation sumB := (sumB M' B).
Definition neg (d : nat) : nat := ((N - d) mod N)%nat.
Hypothesis symmetric : forall d, (d < N)%nat -> B (neg d) = B d.
Hypothesis HKN : (K <= N)%nat.

Lemma N_pos : 0 < INR N.  Proof. apply lt_0_INR. unfold N. lia. Qed.
Lemma neg_lt d : (neg d < N)%nat.  Proof. apply Nat.mod_upper_bound. unfold N. lia. Qed.
Lemma th_neg d m : (d < N)%nat -> cos (th (neg d) m) = cos (th d m) /\ sin (th (neg d) m) = - sin (th d m).
Proof.
intro Hd. assert (NP := N_pos). destruct (Nat.eq_dec d 0) as [->|E].
- unfold neg. rewrite Nat.sub_0_r, Nat.mod_same by (unfold N; lia).
  assert (Z : th 0 m = 0) by (unfold BandLimit.th; simpl INR; unfold Rdiv; ring). rewrite Z, sin_0. split; [easy|ring].
- unfold neg. rewrite Nat.mod_small by lia.
  replace (th (N - d) m) with (- th d m + 2 * INR m * PI) by (unfold BandLimit.th; fold N; rewrite minus_INR by lia; field; lra).
  now rewrite cos_period, sin_period, cos_neg, sin_neg.
Qed.
Lemma tr_neg n x d : (d < N)%nat -> tr n x (neg d) = tr n x d.
Proof. intro Hd. unfold tr_. apply sum_ext; intros m _. now destruct (th_neg d m Hd) as [-> _]. Qed.
Lemma ti_neg n x d : (d < N)%nat -> ti n x (neg d) = - ti n x d.
Proof.
intro Hd. unfold ti_. replace (- - sum n (fun k => x k * sin (th d k))) with (-1 * (-1 * sum n (fun k => x k * sin (th d k)))) by ring.
replace (- sum n (fun k => x k * sin (th (neg d) k))) with (-1 * sum n (fun k => x k * sin (th (neg d) k))) by ring. f_equal. rewrite sum_scal.
apply sum_ext; intros m _. destruct (th_neg d m Hd) as [_ ->]. ring.
Qed.
Lemma th_sym d m : th d m = th m d.
Proof. unfold BandLimit.th. unfold Rdiv. ring. Qed.

(* orthogonality over the sites *)
Lemma cos_sum d e : (d < N)%nat -> (e < N)%nat -> sum N (fun m => cos (th d m - th e m)) = if Nat.eqb d e then INR N else 0.
Proof.
intros Hd He. destruct (Nat.eqb_spec d e) as [->|E].
- rewrite (sum_ext N _ (fun _ => 1)) by (intros; rewrite Rminus_diag_eq, cos_0 by easy; easy). rewrite sum_const. ring.
- rewrite <- (sum_cos M' d e Hd He E). apply sum_ext; intros m _. now rewrite (th_sym d m), (th_sym e m).
Qed.
Lemma sin_sum d e : (d < N)%nat -> (e < N)%nat -> sum N (fun m => sin (th d m - th e m)) = 0.
Proof.
assert (NP := N_pos).
assert (W : forall d e, (e < d)%nat -> (d < N)%nat -> sum N (fun m => sin (th d m - th e m)) = 0).
{ intros a b Hab Ha. set (al := 2 * PI * (INR a - INR b) / INR N).
  rewrite (sum_ext N _ (fun m => sin (al * INR m + 0))) by (intros; f_equal; unfold BandLimit.th, al; fold N; field; lra).
  assert (C := sin_progression al 0 N).
  replace (al * INR N - al / 2 + 0) with (- (al / 2) + 2 * INR (a - b) * PI) in C by (rewrite minus_INR by lia; unfold al; field; lra).
  rewrite cos_period, cos_neg in C. replace (0 - al / 2) with (- (al / 2)) in C by ring. rewrite cos_neg in C.
  assert (S : sin (al / 2) <> 0).
  { replace (al / 2) with (PI * (INR a - INR b) / INR N) by (unfold al; field; lra). apply (sine_nonzero N N); lia. }
  apply Rmult_eq_reg_l with (2 * sin (al / 2)); [lra|]. nra. }
intros Hd He. destruct (Nat.lt_total d e) as [C|[->|C]].
- transitivity (-1 * sum N (fun m => sin (th e m - th d m))); [|rewrite W by easy; ring].
  rewrite sum_scal. apply sum_ext; intros m _. replace (th d m - th e m) with (- (th e m - th d m)) by ring. rewrite sin_neg. ring.
- rewrite (sum_ext N _ (fun _ => 0)) by (intros; rewrite Rminus_diag_eq, sin_0 by easy; easy). apply sum_0.
- now apply W.
Qed.
Notation one d e := (if Nat.eqb d e then INR N else 0).
Lemma products d e : (d < N)%nat -> (e < N)%nat ->
  sum N (fun m => cos (th d m) * cos (th e m)) = / 2 * (one d e + one d (neg e)) /\
  sum N (fun m => sin (th d m) * sin (th e m)) = / 2 * (one d e - one d (neg e)) /\
  sum N (fun m => sin (th d m) * cos (th e m)) = 0 /\ sum N (fun m => cos (th d m) * sin (th e m)) = 0.
Proof.
intros Hd He. assert (Hn := neg_lt e).
rewrite <- (cos_sum d e), <- (cos_sum d (neg e)) by easy. assert (Z1 := sin_sum d e Hd He). assert (Z2 := sin_sum d (neg e) Hd Hn).
assert (X : forall m, cos (th d m - th (neg e) m) = cos (th d m) * cos (th e m) - sin (th d m) * sin (th e m)).
{ intro m. destruct (th_neg e m He) as [C S]. rewrite cos_minus, C, S. ring. }
assert (Y : forall m, sin (th d m - th (neg e) m) = sin (th d m) * cos (th e m) + cos (th d m) * sin (th e m)).
{ intro m. destruct (th_neg e m He) as [C S]. rewrite sin_minus, C, S. ring. }
rewrite (sum_ext N _ _ (fun m _ => X m)). rewrite (sum_ext N _ _ (fun m _ => Y m)) in Z2.
rewrite (sum_ext N (fun m => cos (th d m - th e m)) (fun m => cos (th d m) * cos (th e m) + sin (th d m) * sin (th e m))) by (intros; apply cos_minus).
rewrite (sum_ext N (fun m => sin (th d m - th e m)) (fun m => sin (th d m) * cos (th e m) + -1 * (cos (th d m) * sin (th e m)))) in Z1 by (intros; rewrite sin_minus; ring).
rewrite (sum_ext N (fun m => cos (th d m) * cos (th e m) - sin (th d m) * sin (th e m)) (fun m => cos (th d m) * cos (th e m) + -1 * (sin (th d m) * sin (th e m)))) by (intros; ring).
rewrite !sum_add, <- !sum_scal. rewrite sum_add in Z2. rewrite sum_add, <- sum_scal in Z1. repeat split; lra.
Qed.

(* v: the band-limited reflection of u *)
Definition reflected (s : R) (m : nat) : R := s / INR N * sumB (fun d => tr K u d * cos (th d m) + ti K u d * sin (th d m)).
Lemma select f e : (e < N)%nat -> sum N (fun d => f d * one d e) = INR N * f e.
Proof.
intro He. rewrite (sum_split N e), Nat.eqb_refl by easy. unfold sum_but. rewrite (sum_ext N _ (fun _ => 0)), sum_0; [ring|].
intros d _. destruct (Nat.eqb_spec d e); [easy|ring].
Qed.
Lemma reflected_re s e : (e < N)%nat -> tr N (reflected s) e = if B e then s * tr K u e else 0.
Proof.
intro He. assert (NP := N_pos). unfold tr_ at 1, reflected.
rewrite (sum_ext N _ (fun m => s / INR N * sum N (fun d => (if B d then tr K u d else 0) * (cos (th d m) * cos (th e m)) + (if B d then ti K u d else 0) * (sin (th d m) * cos (th e m))))).
2:{ intros m _. rewrite Rmult_assoc. f_equal. unfold BandLimit.sumB. fold N. rewrite Rmult_comm, sum_scal. apply sum_ext; intros d _. destruct (B d); ring. }
rewrite <- (sum_scal N). rewrite sum_swap.
rewrite (sum_ext N _ (fun d => / 2 * ((if B d then tr K u d else 0) * one d e + (if B d then tr K u d else 0) * one d (neg e)))).
2:{ intros d Hd. rewrite sum_add, <- !(sum_scal N). destruct (products d e Hd He) as (-> & _ & -> & _). ring. }
rewrite <- (sum_scal N), sum_add, (select (fun d => if B d then tr K u d else 0) e), (select (fun d => if B d then tr K u d else 0) (neg e)) by (easy || apply neg_lt).
rewrite symmetric, tr_neg by easy. destruct (B e); field; lra.
Qed.
Lemma reflected_im s e : (e < N)%nat -> ti N (reflected s) e = if B e then - (s * ti K u e) else 0.
Proof.
intro He. assert (NP := N_pos). unfold ti_ at 1, reflected.
rewrite (sum_ext N _ (fun m => s / INR N * sum N (fun d => (if B d then tr K u d else 0) * (cos (th d m) * sin (th e m)) + (if B d then ti K u d else 0) * (sin (th d m) * sin (th e m))))).
2:{ intros m _. rewrite Rmult_assoc. f_equal. unfold BandLimit.sumB. fold N. rewrite Rmult_comm, sum_scal. apply sum_ext; intros d _. destruct (B d); ring. }
rewrite <- (sum_scal N). rewrite sum_swap.
rewrite (sum_ext N _ (fun d => / 2 * ((if B d then ti K u d else 0) * one d e + -1 * ((if B d then ti K u d else 0) * one d (neg e))))).
2:{ intros d Hd. rewrite sum_add, <- !(sum_scal N). destruct (products d e Hd He) as (_ & -> & _ & ->). ring. }
rewrite <- (sum_scal N (/ 2)), sum_add, <- (sum_scal N (-1)), (select (fun d => if B d then ti K u d else 0) e), (select (fun d => if B d then ti K u d else 0) (neg e)) by (easy || apply neg_lt).
rewrite symmetric, ti_neg by easy. destruct (B e); field; lra.
Qed.

Hypothesis lam_pos : 0 < lam.
Hypothesis eigen : forall j, (j < K)%nat -> sum K (fun k => AB M' B j k * u k) = lam * u j.
Let s := / sqrt lam.
Notation us := (fun _ : nat => u).
Notation vs := (fun _ : nat => reflected s).
Notation w := (wv M' K 1 us vs).
Lemma s_pos : 0 < s.  Proof. apply Rinv_0_lt_compat, sqrt_lt_R0, lam_pos. Qed.
Lemma s_sq : s * s * lam = 1.
Proof. assert (Q := sqrt_sqrt lam ltac:(lra)). assert (P := sqrt_lt_R0 lam lam_pos). unfold s. rewrite <- Q at 3. field. lra. Qed.
Theorem spectrum e : (e < N)%nat -> tr N w e = (if B e then s * pw K u e else 0) /\ ti N w e = 0.
Proof.
intro He. assert (E : forall m, w m = conv M' K u (reflected s) m) by (intro; unfold wv; simpl; ring).
assert (T : tr N w e = tr N (conv M' K u (reflected s)) e) by (apply sum_ext; intros; now rewrite E).
assert (T2 : ti N w e = ti N (conv M' K u (reflected s)) e) by (unfold ti_; f_equal; apply sum_ext; intros; now rewrite E).
rewrite T, T2. unfold N. rewrite conv_r, conv_i by exact HKN. fold N. rewrite reflected_re, reflected_im by easy.
unfold BandLimit.pw. destruct (B e); split; ring.
Qed.
Lemma amplitude e : (e < N)%nat -> whabs M' K 1 us vs e = / sqrt (INR N) * (if B e then s * pw K u e else 0).
Proof.
intro He. unfold whabs. fold N. unfold BandLimit.pw at 1. destruct (spectrum e He) as [-> ->].
replace (((if B e then s * pw K u e else 0)) ^ 2 + 0 ^ 2) with ((if B e then s * pw K u e else 0) ^ 2) by ring.
rewrite sqrt_pow2; [unfold Rdiv; ring|]. destruct (B e); [|lra]. assert (P := s_pos). apply Rmult_le_pos; [lra|unfold BandLimit.pw; nra].
Qed.
Lemma band_sum : sumB (pw K u) = INR N * lam * nrm K u.
Proof.
assert (E := F1_eq M' B K lam u eigen). fold N in E. assert (NP := N_pos).
apply Rmult_eq_reg_l with (/ INR N); [|apply Rinv_neq_0_compat; lra]. rewrite E. field. lra.
Qed.
Lemma reflected_norm : nrm N (reflected s) = nrm K u.
Proof.
assert (NP := N_pos). apply Rmult_eq_reg_l with (INR N); [|lra]. unfold N at 1 2. rewrite <- parseval. fold N.
rewrite (sum_ext N _ (fun e => s * s * (if B e then pw K u e else 0))).
2:{ intros e He. unfold BandLimit.pw at 1. rewrite reflected_re, reflected_im by easy. unfold BandLimit.pw. destruct (B e); ring. }
rewrite <- (sum_scal N). change (s * s * sumB (pw K u) = INR N * nrm K u). rewrite band_sum.
transitivity (INR N * nrm K u * (s * s * lam)); [ring|rewrite s_sq; ring].
Qed.
Theorem price_attained : cost M' K 1 us vs = sumB (whabs M' K 1 us vs) / sqrt (INR N * lam) /\
  forall e, (e < N)%nat -> B e = false -> pw N w e = 0.
Proof.
assert (NP := N_pos). assert (SN := sqrt_lt_R0 _ NP). assert (SL := sqrt_lt_R0 _ lam_pos). assert (QN := sqrt_sqrt (INR N) ltac:(lra)).
split.
- unfold cost. fold N. simpl sum at 1 2. rewrite reflected_norm, sqrt_mult by lra.
  assert (E : sumB (whabs M' K 1 us vs) = / sqrt (INR N) * s * sumB (pw K u)).
  { unfold BandLimit.sumB. fold N. rewrite sum_scal. apply sum_ext; intros e He. rewrite amplitude by easy. destruct (B e); ring. }
  rewrite E, band_sum. assert (QL := sqrt_sqrt lam ltac:(lra)). unfold s. rewrite <- QN at 2. rewrite <- QL at 2. field. lra.
- intros e He Z. unfold BandLimit.pw. destruct (spectrum e He) as [-> ->]. rewrite Z. ring.
Qed.
(* against the cost with full width: |w^|_1 / sqrt N *)
Corollary price_ratio : cost M' K 1 us vs = / sqrt lam * (sum N (whabs M' K 1 us vs) / sqrt (INR N)).
Proof.
assert (NP := N_pos). assert (SN := sqrt_lt_R0 _ NP). assert (SL := sqrt_lt_R0 _ lam_pos).
destruct price_attained as [-> _]. rewrite sqrt_mult by lra.
replace (sumB (whabs M' K 1 us vs)) with (sum N (whabs M' K 1 us vs)); [field; lra|].
unfold BandLimit.sumB. fold N. apply sum_ext; intros e He. rewrite amplitude by easy. destruct (B e); [easy|ring].
Qed.
End Attain.
Print Assumptions price_ratio.
