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

Lemma cos_parabola t : 1 - t ^ 2 / 2 <= cos t.
Proof.
assert (E : cos t = 1 - 2 * sin (t / 2) ^ 2).
{ replace t with (2 * (t / 2)) at 1 by field. rewrite cos_2a_sin. ring. }
assert (B : sin (t / 2) ^ 2 <= (t / 2) ^ 2).
{ assert (S : forall x, 0 < x -> sin x ^ 2 <= x ^ 2).
  { intros x Hx. assert (U := sin_lt_x x Hx). assert (L : - x < sin x).
    { destruct (Rle_lt_dec x PI) as [C|C]; [assert (0 <= sin x) by (apply sin_ge_0; lra); lra|]. generalize (SIN_bound x), PI2_1, PI_RGT_0. lra. }
    nra. }
  destruct (Rtotal_order (t / 2) 0) as [C|[C|C]].
  - generalize (S (- (t / 2)) ltac:(lra)). rewrite sin_neg. nra.
  - rewrite C, sin_0. lra.
  - now apply S. }
rewrite E. lra.
Qed.
Lemma chord_below_arc t : 0 <= t <= PI -> 0 <= sin t - t * cos t.
Proof.
intros [H0 H1]. destruct (Req_dec t 0) as [->|N]; [rewrite sin_0; lra|].
destruct (MVT_cor2 (fun x => sin x - x * cos x) (fun x => x * sin x) 0 t ltac:(lra)) as (c & E & C0 & C1).
- intros c _. replace (c * sin c) with (cos c - (1 * cos c + c * - sin c)) by ring.
  apply derivable_pt_lim_minus; [apply derivable_pt_lim_sin|].
  apply (derivable_pt_lim_mult id cos); [apply derivable_pt_lim_id|apply derivable_pt_lim_cos].
- rewrite sin_0 in E. assert (0 <= sin c) by (apply sin_ge_0; lra).
  assert (0 <= c * sin c * (t - 0)) by (apply Rmult_le_pos; [apply Rmult_le_pos|]; lra). lra.
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
