(* frequency_bias.filter_bound: a complex filter with K <= N taps keeps at most lambda of its energy in M consecutive frequencies, where
   lambda bounds the Rayleigh quotients of the K x K kernel rho_jk = sin(pi M (j-k)/N) / (N sin(pi (j-k)/N)), rho_jj = M/N.
   frequency_bias.attained: an eigenvector of the kernel, moved to the centre of the band, keeps exactly its eigenvalue's share.
   frequency_bias.mirror: for even N, (-1)^n exchanges frequency d with d + N/2 and takes every realisation of a predictor by a two-layer
   net to one of the mirrored predictor at the same cost. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.BandLimit.
Open Scope R_scope.

(* sums over equally spaced angles *)
Lemma cos_progression al be M : 2 * sin (al / 2) * sum M (fun t => cos (al * INR t + be)) = sin (al * INR M - al / 2 + be) - sin (be - al / 2).
Proof.
induction M as [|M IH].
- simpl. replace (al * 0 - al / 2 + be) with (be - al / 2) by ring. ring.
- simpl sum. rewrite Rmult_plus_distr_l, IH, S_INR.
  replace (al * (INR M + 1) - al / 2 + be) with ((al * INR M + be) + al / 2) by field.
  replace (al * INR M - al / 2 + be) with ((al * INR M + be) - al / 2) by ring. rewrite sin_plus, sin_minus. ring.
Qed.
Lemma sin_progression al be M : 2 * sin (al / 2) * sum M (fun t => sin (al * INR t + be)) = cos (be - al / 2) - cos (al * INR M - al / 2 + be).
Proof.
induction M as [|M IH].
- simpl. replace (al * 0 - al / 2 + be) with (be - al / 2) by ring. ring.
- simpl sum. rewrite Rmult_plus_distr_l, IH, S_INR.
  replace (al * (INR M + 1) - al / 2 + be) with ((al * INR M + be) + al / 2) by field.
  replace (al * INR M - al / 2 + be) with ((al * INR M + be) - al / 2) by ring. rewrite (cos_plus (al * INR M + be)), (cos_minus (al * INR M + be)). ring.
Qed.

Section Band.
Variables (N K M : nat).
Hypothesis HN : (0 < N)%nat.
Hypothesis HK : (K <= N)%nat.
Definition rho (j k : nat) : R :=
  if Nat.eqb j k then INR M / INR N else sin (PI * INR M * (INR j - INR k) / INR N) / (INR N * sin (PI * (INR j - INR k) / INR N)).
(* |sum_k (a_k + i b_k) exp(-i psi k)|^2 *)
Definition power (a b : nat -> R) (psi : R) : R :=
  sum K (fun k => a k * cos (psi * INR k) + b k * sin (psi * INR k)) ^ 2 + sum K (fun k => b k * cos (psi * INR k) - a k * sin (psi * INR k)) ^ 2.
Definition angle (c : R) : R := 2 * PI * c / INR N.      (* of frequency c *)
Definition energy (a b : nat -> R) : R := sum K (fun k => a k ^ 2 + b k ^ 2).
Definition centre (first : nat) : R := INR first + (INR M - 1) / 2.

Lemma Npos : 0 < INR N.  Proof. now apply lt_0_INR. Qed.
Lemma sine_nonzero j k : (j < K)%nat -> (k < K)%nat -> j <> k -> sin (PI * (INR j - INR k) / INR N) <> 0.
Proof.
assert (P : forall j k, (k < j)%nat -> (j < K)%nat -> 0 < sin (PI * (INR j - INR k) / INR N)).
{ intros a b Hab Ha. assert (NP := Npos). assert (PP := PI_RGT_0). rewrite <- minus_INR by lia.
  assert (0 < INR (a - b)) by (apply lt_0_INR; lia). assert (INR (a - b) < INR N) by (apply lt_INR; lia).
  apply sin_gt_0; [apply Rdiv_lt_0_compat; nra|]. apply Rmult_lt_reg_r with (INR N); [easy|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. nra. }
intros Hj Hk E. destruct (Nat.lt_ge_cases k j) as [C|C].
- generalize (P j k C Hj). lra.
- assert (C' : (j < k)%nat) by lia. generalize (P k j C' Hk). intro Q.
  replace (PI * (INR j - INR k) / INR N) with (- (PI * (INR k - INR j) / INR N)) by (field; generalize Npos; lra). rewrite sin_neg. lra.
Qed.
(* the centred band in closed form *)
Definition off_centre (t : nat) : R := angle (INR t - (INR M - 1) / 2).
Lemma off_centre_diff t j k : off_centre t * INR j - off_centre t * INR k = angle (INR j - INR k) * INR t + - (angle (INR j - INR k) * ((INR M - 1) / 2)).
Proof. unfold off_centre, angle. field. generalize Npos; lra. Qed.
Lemma cosines j k : (j < K)%nat -> (k < K)%nat -> sum M (fun t => cos (off_centre t * INR j - off_centre t * INR k)) = INR N * rho j k.
Proof.
intros Hj Hk. assert (NP := Npos). unfold rho. destruct (Nat.eqb_spec j k) as [->|E].
- rewrite (sum_ext M _ (fun _ => 1)) by (intros; rewrite Rminus_diag_eq, cos_0 by easy; easy). rewrite sum_const. field. lra.
- assert (S := sine_nonzero j k Hj Hk E).
  rewrite (sum_ext M _ _ (fun t _ => f_equal cos (off_centre_diff t j k))).
  set (al := angle (INR j - INR k)). assert (C := cos_progression al (- (al * ((INR M - 1) / 2))) M).
  assert (A2 : al / 2 = PI * (INR j - INR k) / INR N) by (unfold al, angle; field; lra).
  replace (al * INR M - al / 2 + - (al * ((INR M - 1) / 2))) with (INR M * (al / 2)) in C by field.
  replace (- (al * ((INR M - 1) / 2)) - al / 2) with (- (INR M * (al / 2))) in C by field. rewrite sin_neg, A2 in C.
  replace (PI * INR M * (INR j - INR k) / INR N) with (INR M * (PI * (INR j - INR k) / INR N)) by (field; lra).
  set (sn := sin (PI * (INR j - INR k) / INR N)) in *. apply Rmult_eq_reg_l with (2 * sn); [|lra]. rewrite C. field. lra.
Qed.
Lemma sines j k : (j < K)%nat -> (k < K)%nat -> sum M (fun t => sin (off_centre t * INR j - off_centre t * INR k)) = 0.
Proof.
intros Hj Hk. assert (NP := Npos). destruct (Nat.eq_dec j k) as [->|E].
- rewrite (sum_ext M _ (fun _ => 0)) by (intros; rewrite Rminus_diag_eq, sin_0 by easy; easy). apply sum_0.
- assert (S := sine_nonzero j k Hj Hk E).
  rewrite (sum_ext M _ _ (fun t _ => f_equal sin (off_centre_diff t j k))).
  set (al := angle (INR j - INR k)). assert (C := sin_progression al (- (al * ((INR M - 1) / 2))) M).
  assert (A2 : al / 2 = PI * (INR j - INR k) / INR N) by (unfold al, angle; field; lra).
  replace (al * INR M - al / 2 + - (al * ((INR M - 1) / 2))) with (INR M * (al / 2)) in C by field.
  replace (- (al * ((INR M - 1) / 2)) - al / 2) with (- (INR M * (al / 2))) in C by field. rewrite cos_neg, A2 in C.
  set (sn := sin (PI * (INR j - INR k) / INR N)) in *. apply Rmult_eq_reg_l with (2 * sn); [|lra]. rewrite C. ring.
Qed.
Lemma square_sum f : sum K f ^ 2 = sum K (fun j => sum K (fun k => f j * f k)).
Proof. replace (sum K f ^ 2) with (sum K f * sum K f) by ring. apply sum_prod. Qed.
Lemma power_form a b psi : power a b psi = sum K (fun j => sum K (fun k =>
  (a j * a k + b j * b k) * cos (psi * INR j - psi * INR k) + (b j * a k - a j * b k) * sin (psi * INR j - psi * INR k))).
Proof.
unfold power. rewrite !square_sum, <- sum_add. apply sum_ext; intros j Hj. rewrite <- sum_add. apply sum_ext; intros k Hk. rewrite cos_minus, sin_minus. ring.
Qed.
(* turning the filter by the centre of the band *)
Definition turned_re (a b : nat -> R) (phi : R) (k : nat) : R := a k * cos (phi * INR k) + b k * sin (phi * INR k).
Definition turned_im (a b : nat -> R) (phi : R) (k : nat) : R := b k * cos (phi * INR k) - a k * sin (phi * INR k).
Lemma power_turned a b phi psi : power a b (phi + psi) = power (turned_re a b phi) (turned_im a b phi) psi.
Proof.
unfold power, turned_re, turned_im. f_equal; f_equal; apply sum_ext; intros k Hk; rewrite Rmult_plus_distr_r, cos_plus, sin_plus; ring.
Qed.
Lemma energy_turned a b phi : energy (turned_re a b phi) (turned_im a b phi) = energy a b.
Proof.
apply sum_ext; intros k Hk. unfold turned_re, turned_im. assert (T := sin2_cos2 (phi * INR k)). unfold Rsqr in T.
replace ((a k * cos (phi * INR k) + b k * sin (phi * INR k)) ^ 2 + (b k * cos (phi * INR k) - a k * sin (phi * INR k)) ^ 2)
  with ((a k ^ 2 + b k ^ 2) * (sin (phi * INR k) * sin (phi * INR k) + cos (phi * INR k) * cos (phi * INR k))) by ring. rewrite T. ring.
Qed.
Definition quadratic (u : nat -> R) : R := sum K (fun j => sum K (fun k => u j * rho j k * u k)).
Lemma centred_energy a b : / INR N * sum M (fun t => power a b (off_centre t)) = quadratic a + quadratic b.
Proof.
assert (NP := Npos). rewrite (sum_ext M _ _ (fun t _ => power_form a b (off_centre t))), sum_swap. unfold quadratic. rewrite <- sum_add, sum_scal.
apply sum_ext; intros j Hj. rewrite sum_swap, <- sum_add, sum_scal. apply sum_ext; intros k Hk.
rewrite sum_add. rewrite <- (sum_scal M (a j * a k + b j * b k)), cosines by easy.
rewrite <- (sum_scal M (b j * a k - a j * b k)), sines by easy. field. lra.
Qed.
(* energy at the frequencies first, ..., first + M - 1, unitary transform *)
Definition band_energy (a b : nat -> R) (first : nat) : R := / INR N * sum M (fun t => power a b (angle (INR (first + t)))).
Lemma band_energy_turned a b first :
  band_energy a b first = quadratic (turned_re a b (angle (centre first))) + quadratic (turned_im a b (angle (centre first))).
Proof.
assert (NP := Npos). rewrite <- centred_energy. unfold band_energy. f_equal. apply sum_ext; intros t Ht. rewrite <- power_turned. f_equal.
unfold off_centre, angle, centre. rewrite plus_INR. field. lra.
Qed.
Theorem filter_bound lambda : (forall u, quadratic u <= lambda * sum K (fun k => u k ^ 2)) ->
  forall a b first, band_energy a b first <= lambda * energy a b.
Proof.
intros H a b first. rewrite band_energy_turned, <- (energy_turned a b (angle (centre first))). unfold energy. rewrite sum_add, Rmult_plus_distr_l.
apply Rplus_le_compat; apply H.
Qed.
Theorem attained lambda v : (forall j, (j < K)%nat -> sum K (fun k => rho j k * v k) = lambda * v j) ->
  forall first, let phi := angle (centre first) in let a k := v k * cos (phi * INR k) in let b k := v k * sin (phi * INR k) in
  band_energy a b first = lambda * energy a b /\ energy a b = sum K (fun k => v k ^ 2).
Proof.
intros E first phi a b. assert (T : forall k, sin (phi * INR k) * sin (phi * INR k) + cos (phi * INR k) * cos (phi * INR k) = 1) by (intro k; apply (sin2_cos2 (phi * INR k))).
assert (En : energy a b = sum K (fun k => v k ^ 2)).
{ apply sum_ext; intros k Hk. unfold a, b. transitivity (v k ^ 2 * (sin (phi * INR k) * sin (phi * INR k) + cos (phi * INR k) * cos (phi * INR k))); [ring|rewrite T; ring]. }
split; [|exact En]. rewrite En, band_energy_turned. fold phi.
assert (Qx : forall u u', (forall k, u k = u' k) -> quadratic u = quadratic u') by (intros u u' X; apply sum_ext; intros; apply sum_ext; intros; now rewrite !X).
rewrite (Qx (turned_re a b phi) v), (Qx (turned_im a b phi) (fun _ => 0)).
- unfold quadratic. rewrite (sum_ext K (fun j => sum K (fun k => 0 * rho j k * 0)) (fun _ => 0)), sum_0, Rplus_0_r.
  2:{ intros. rewrite (sum_ext K _ (fun _ => 0)), sum_0 by (intros; ring). easy. }
  rewrite sum_scal. apply sum_ext; intros j Hj. rewrite (sum_ext K _ (fun k => v j * (rho j k * v k))) by (intros; ring). rewrite <- sum_scal, E by easy. ring.
- intro k. unfold turned_im, a, b. ring.
- intro k. unfold turned_re, a, b. transitivity (v k * (sin (phi * INR k) * sin (phi * INR k) + cos (phi * INR k) * cos (phi * INR k))); [ring|rewrite T; ring].
Qed.
End Band.

(* mirror images *)
Section Mirror.
Variable M' : nat.
Let N := S M'.
Variable h : nat.
Hypothesis even : N = (2 * h)%nat.
Definition alternate (x : nat -> R) (m : nat) : R := (-1) ^ m * x m.
Lemma sign_parity m : (-1) ^ (m mod N) = (-1) ^ m.
Proof.
rewrite (Nat.div_mod_eq m N) at 2. rewrite pow_add. replace (N * (m / N))%nat with (2 * (h * (m / N)))%nat by (rewrite even; ring).
rewrite pow_1_even. ring.
Qed.
Lemma sign_shift m : cos (INR m * PI) = (-1) ^ m /\ sin (INR m * PI) = 0.
Proof.
induction m as [|m [C S]].
- simpl. rewrite Rmult_0_l, cos_0, sin_0. lra.
- rewrite S_INR, Rmult_plus_distr_r, Rmult_1_l, cos_plus, sin_plus, C, S, cos_PI, sin_PI. simpl. split; ring.
Qed.
Theorem mirrored_spectrum x d : pw M' N (alternate x) d = pw M' N x (d + h).
Proof.
assert (E : forall m, th M' (d + h) m = th M' d m + INR m * PI).
{ intro m. unfold th. fold N. rewrite plus_INR. replace (INR N) with (2 * INR h) by (rewrite even, mult_INR; easy).
  assert (0 < INR h) by (apply lt_0_INR; unfold N in even; lia). field. lra. }
unfold pw, tr_, ti_. f_equal; f_equal; [|f_equal]; apply sum_ext; intros m Hm; rewrite E, ?cos_plus, ?sin_plus; destruct (sign_shift m) as [-> ->]; unfold alternate; ring.
Qed.
Theorem mirrored_convolution K u v m : (K <= N)%nat -> conv M' K (alternate u) (alternate v) m = alternate (conv M' K u v) m.
Proof.
intro HK. unfold conv, alternate. fold N. rewrite sum_scal. apply sum_ext; intros k Hk. rewrite sign_parity.
assert (P : (-1) ^ k * (-1) ^ (m + (N - k)) = (-1) ^ m).
{ rewrite <- pow_add. replace (k + (m + (N - k)))%nat with (m + 2 * h)%nat by lia. rewrite pow_add, pow_1_even. ring. }
rewrite <- P. ring.
Qed.
Lemma alternate_norm n x : nrm n (alternate x) = nrm n x.
Proof.
apply sum_ext; intros k _. unfold alternate. replace (((-1) ^ k * x k) ^ 2) with (((-1) ^ k * (-1) ^ k) * x k ^ 2) by ring.
rewrite <- pow_add. replace (k + k)%nat with (2 * k)%nat by lia. rewrite pow_1_even. ring.
Qed.
(* every realisation w = sum_c u_c * v_c turns into one of the mirrored predictor with the same cost *)
Theorem mirror K C us vs : (K <= N)%nat ->
  (forall m, wv M' K C (fun c => alternate (us c)) (fun c => alternate (vs c)) m = alternate (wv M' K C us vs) m) /\
  cost M' K C (fun c => alternate (us c)) (fun c => alternate (vs c)) = cost M' K C us vs.
Proof.
intro HK. split.
- intro m. unfold wv, alternate at 3. rewrite sum_scal. apply sum_ext; intros c _. now rewrite mirrored_convolution.
- unfold cost. do 2 f_equal; apply sum_ext; intros; apply alternate_norm.
Qed.
End Mirror.
Print Assumptions attained.
Print Assumptions mirror.
