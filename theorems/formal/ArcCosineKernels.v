(* Kernels of one infinitely wide hidden layer on the unit sphere as functions of the angle t in [0, pi] (sigma_w^2 = 2, no bias):
   NNGP 2 kappa(t) with kappa(t) = (sin t + (pi - t) cos t) / pi, NTK 2 kappa(t) + 2 (1 - t/pi) cos t.
   ntk_features.distance_by_angle: d_K^2 <= 2 t^2 for the NNGP kernel and (4/pi) t + 4 t^2 for the NTK.
   ntk_features.nngp_certificate, angle_certificate (the part by distance): a predictor with |f(x)| = c |f|_H keeps its sign within the angle
   c / sqrt 2, respectively (sqrt(1/pi^2 + c^2) - 1/pi) / 2. *)
Require Import Reals Lra Psatz Lia.
Open Scope R_scope.

Definition kappa (t : R) : R := (sin t + (PI - t) * cos t) / PI.
Definition nngp (t : R) : R := 2 * kappa t.
Definition ntk (t : R) : R := 2 * kappa t + 2 * (1 - t / PI) * cos t.

(* polynomial bounds of sine and cosine by their alternating series; derivatives would bring in the axiom of excluded middle *)
Lemma sin_between a : 0 <= a <= PI -> a - a ^ 3 / 6 <= sin a <= a - a ^ 3 / 6 + a ^ 5 / 120.
Proof.
intros [H0 H1]. destruct (sin_bound a 0 H0 H1) as [B C]. unfold sin_approx, sin_term in B, C. simpl in B, C. split; lra.
Qed.
Lemma cos_between a : - PI / 2 <= a <= PI / 2 -> 1 - a ^ 2 / 2 <= cos a <= 1 - a ^ 2 / 2 + a ^ 4 / 24.
Proof.
intros [H0 H1]. destruct (cos_bound a 0 H0 H1) as [B C]. unfold cos_approx, cos_term in B, C. simpl in B, C. split; lra.
Qed.
Lemma PI_over_one : 1 < PI.
Proof.
assert (P := PI_RGT_0). destruct (sin_between PI ltac:(lra)) as [B _]. rewrite sin_PI in B.
destruct (Rle_lt_dec PI 1); [exfalso|easy]. assert (0 < PI * (1 - PI ^ 2 / 6)) by (apply Rmult_lt_0_compat; nra). lra.
Qed.
Lemma sin_below a : 0 <= a -> sin a ^ 2 <= a ^ 2.
Proof.
intro H. assert (Q := PI_over_one). destruct (Rle_lt_dec a PI) as [C|C].
- destruct (sin_between a ltac:(lra)) as [_ B]. assert (0 <= sin a) by (apply sin_ge_0; lra). assert (F := PI_4).
  assert (0 <= a ^ 3) by (apply pow_le; lra). assert (a ^ 2 <= 16) by nra.
  assert (a ^ 5 <= 16 * a ^ 3) by (replace (a ^ 5) with (a ^ 2 * a ^ 3) by ring; now apply Rmult_le_compat_r).
  apply pow_incr. lra.
- generalize (SIN_bound a). intro. nra.
Qed.
Lemma cos_parabola t : 1 - t ^ 2 / 2 <= cos t.
Proof.
assert (E : cos t = 1 - 2 * sin (t / 2) ^ 2).
{ replace t with (2 * (t / 2)) at 1 by field. rewrite cos_2a_sin. ring. }
assert (B : sin (t / 2) ^ 2 <= (t / 2) ^ 2).
{ destruct (Rle_lt_dec 0 (t / 2)) as [C|C]; [now apply sin_below|].
  generalize (sin_below (- (t / 2)) ltac:(lra)). rewrite sin_neg. intro. replace (sin (t / 2) ^ 2) with ((- sin (t / 2)) ^ 2) by ring. lra. }
rewrite E. lra.
Qed.
Lemma chord_below_arc t : 0 <= t <= PI -> 0 <= sin t - t * cos t.
Proof.
intros [H0 H1]. assert (P := PI_RGT_0). destruct (Rle_lt_dec t (PI / 2)) as [C|C].
- destruct (sin_between t ltac:(lra)) as [S _]. destruct (cos_between t ltac:(lra)) as [_ K]. assert (F := PI_4).
  assert (t * cos t <= t * (1 - t ^ 2 / 2 + t ^ 4 / 24)) by (apply Rmult_le_compat_l; lra).
  assert (0 <= t ^ 3 * (8 - t ^ 2)) by (apply Rmult_le_pos; [apply pow_le; lra|nra]). lra.
- assert (0 <= sin t) by (apply sin_ge_0; lra). assert (cos t <= 0) by (apply cos_le_0; lra). nra.
Qed.
Lemma kappa_ge_cos t : 0 <= t <= PI -> cos t <= kappa t.
Proof.
intro H. assert (P := PI_RGT_0). assert (C := chord_below_arc t H). unfold kappa. apply Rmult_le_reg_r with PI; [easy|].
replace ((sin t + (PI - t) * cos t) / PI * PI) with (sin t + (PI - t) * cos t) by (field; lra). lra.
Qed.
Lemma kappa_zero : kappa 0 = 1.
Proof. unfold kappa. rewrite sin_0, cos_0. field. generalize PI_RGT_0; lra. Qed.

(* d_K^2 between points at angle t *)
Theorem nngp_distance t : 0 <= t <= PI -> 2 * nngp 0 - 2 * nngp t <= 2 * t ^ 2.
Proof. intro H. unfold nngp. rewrite kappa_zero. generalize (kappa_ge_cos t H), (cos_parabola t). lra. Qed.
Theorem ntk_distance t : 0 <= t <= PI -> 2 * ntk 0 - 2 * ntk t <= 4 / PI * t + 4 * t ^ 2.
Proof.
intro H. assert (P := PI_RGT_0). unfold ntk. rewrite kappa_zero, cos_0. assert (K := kappa_ge_cos t H). assert (C := cos_parabola t).
assert (S : 0 <= t / PI <= 1).
{ split; [apply Rmult_le_pos; [lra|left; now apply Rinv_0_lt_compat]|].
  apply Rmult_le_reg_r with PI; [easy|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
replace (0 / PI) with 0 by (field; lra). replace (4 / PI * t) with (4 * (t / PI)) by (field; lra). set (s := t / PI) in *.
assert ((1 - s) * (1 - t ^ 2 / 2) <= (1 - s) * cos t) by (apply Rmult_le_compat_l; lra).
assert (0 <= s * t ^ 2) by (apply Rmult_le_pos; [easy|apply pow2_ge_0]). lra.
Qed.

(* a sign change needs c <= d_K *)
Theorem nngp_certificate c t : 0 <= c -> 0 <= t <= PI -> c ^ 2 <= 2 * nngp 0 - 2 * nngp t -> c / sqrt 2 <= t.
Proof.
intros Hc Ht H. assert (B := nngp_distance t Ht). assert (S0 := sqrt_lt_R0 2 ltac:(lra)). assert (S := sqrt_sqrt 2 ltac:(lra)).
apply Rmult_le_reg_r with (sqrt 2); [easy|]. replace (c / sqrt 2 * sqrt 2) with c by (field; lra).
set (r := sqrt 2) in *. destruct (Rle_dec c (t * r)); [easy|]. assert (0 <= t * r) by (apply Rmult_le_pos; lra). nra.
Qed.
Theorem ntk_certificate c t : 0 <= c -> 0 <= t <= PI -> c ^ 2 <= 2 * ntk 0 - 2 * ntk t -> (sqrt (1 / PI ^ 2 + c ^ 2) - 1 / PI) / 2 <= t.
Proof.
intros Hc Ht H. assert (B := ntk_distance t Ht). assert (P := PI_RGT_0).
assert (I : 0 < 1 / PI) by (apply Rdiv_lt_0_compat; lra).
replace (1 / PI ^ 2) with ((1 / PI) ^ 2) by (field; lra). replace (4 / PI) with (4 * (1 / PI)) in B by (field; lra). set (a := 1 / PI) in *.
assert (Q : sqrt (a ^ 2 + c ^ 2) <= 2 * t + a); [|lra].
rewrite <- (sqrt_pow2 (2 * t + a)) by lra. apply sqrt_le_1; nra.
Qed.
Print Assumptions ntk_certificate.
