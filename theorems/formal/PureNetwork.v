(* Pure networks f(x) = sum_j phi_b(x_j), phi_b(t) = (t - b)_+ - (-t - b)_+, at a point with F = f(x) and A active coordinates |x_j| > b,
   all others at least b' - b (so with b' = b - max |x_j| or the sharper b + min x_j; y = +1: phi is odd, so y = -1 is the point -x).
   feature_purification.pure_bound: f(x + delta) >= F - D(tau) for |delta|_2 <= tau; drop_is_a_maximum: D(tau) is the greatest
   tau sqrt(N) - (N - A) b' over real N in [A, d]; pure_radius: no sign change below F/sqrt(A) if F <= 2 A b'; pure_radius_beyond: none below
   2 sqrt(b' (F - A b')); pure_exact: the common shift by tau/sqrt(A) makes f fall by exactly tau sqrt(A) as long as no active gate
   closes; pure_cube: f(x + delta) >= F - A eps - (d - A)(eps - b')_+ for |delta|_inf <= eps, pure_cube_exact: F - A eps is attained.
   feature_purification.symmetric_relu: phi_b is odd, nondecreasing and 1-Lipschitz. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.PurifiedCertificate.
Open Scope R_scope.

Section SymmetricRelu.
Variable b : R.
Hypothesis Hb : 0 <= b.
Theorem phi_increments z z' : z <= z' -> 0 <= phi b z' - phi b z <= z' - z.
Proof.
intro H. destruct (phi_cases b z Hb) as [[A ->]|[[A ->]|[A ->]]], (phi_cases b z' Hb) as [[B ->]|[[B ->]|[B ->]]]; lra.
Qed.
Corollary phi_falls z e : phi b z - Rabs e <= phi b (z + e).
Proof.
generalize (Rle_abs (- e)), (Rle_abs e). rewrite Rabs_Ropp. intros E1 E2.
destruct (Rle_dec 0 e).
- generalize (phi_increments z (z + e) ltac:(lra)), (Rabs_pos e). lra.
- generalize (phi_increments (z + e) z ltac:(lra)). lra.
Qed.
Lemma phi_gap gap z e : 0 <= gap -> gap - b <= z -> - relu (Rabs e - gap) <= phi b (z + e).
Proof.
intros Hg Hz. generalize (Rle_abs (- e)). rewrite Rabs_Ropp. intro E.
generalize (relu_nn (Rabs e - gap)), (relu_ge (Rabs e - gap)). intros.
destruct (phi_cases b (z + e) Hb) as [[A ->]|[[A ->]|[A ->]]]; lra.
Qed.
End SymmetricRelu.

(* the greatest fall over numbers of coordinates used *)
Definition greatest_fall (tau A d gap : R) : R :=
  if Rle_dec tau (2 * gap * sqrt A) then tau * sqrt A
  else if Rle_dec tau (2 * gap * sqrt d) then tau ^ 2 / (4 * gap) + A * gap else tau * sqrt d - (d - A) * gap.
Section Fall.
Variables tau A d gap : R.
Hypothesis HA : 0 <= A <= d.
Hypothesis Hgap : 0 <= gap.
Hypothesis Htau : 0 <= tau.
Theorem drop_is_an_upper_bound N : A <= N <= d -> tau * sqrt N - (N - A) * gap <= greatest_fall tau A d gap.
Proof.
intros [HN HNd]. assert (N0 : 0 <= N) by lra. assert (d0 : 0 <= d) by lra.
assert (a0 := sqrt_pos A). assert (n0 := sqrt_pos N). assert (d1 := sqrt_pos d).
assert (aa := sqrt_sqrt A ltac:(lra)). assert (nn := sqrt_sqrt N N0). assert (dd := sqrt_sqrt d d0).
assert (an := sqrt_le_1 A N ltac:(lra) N0 HN). assert (nd := sqrt_le_1 N d N0 d0 HNd).
unfold greatest_fall. set (a := sqrt A) in *. set (m := sqrt N) in *. set (e := sqrt d) in *. rewrite <- aa, <- nn, <- dd.
destruct (Rle_dec tau (2 * gap * a)) as [C|C].
- assert (tau * (m - a) <= 2 * gap * a * (m - a)) by (apply Rmult_le_compat_r; lra).
  assert (0 <= gap * ((m - a) * (m - a))) by (apply Rmult_le_pos; [easy|nra]). nra.
- destruct (Rle_dec tau (2 * gap * e)) as [C2|C2].
  + assert (G : 0 < gap) by nra. apply Rmult_le_reg_r with (4 * gap); [lra|].
    replace ((tau ^ 2 / (4 * gap) + a * a * gap) * (4 * gap)) with (tau ^ 2 + a * a * gap * (4 * gap)) by (field; lra).
    generalize (pow2_ge_0 (tau - 2 * gap * m)). nra.
  + assert (0 <= (e - m) * (tau - gap * (e + m))) by (apply Rmult_le_pos; nra). nra.
Qed.
Theorem drop_is_attained : exists N, A <= N <= d /\ tau * sqrt N - (N - A) * gap = greatest_fall tau A d gap.
Proof.
assert (a0 := sqrt_pos A). assert (d1 := sqrt_pos d). assert (aa := sqrt_sqrt A ltac:(lra)). assert (dd := sqrt_sqrt d ltac:(lra)).
unfold greatest_fall. destruct (Rle_dec tau (2 * gap * sqrt A)) as [C|C]; [exists A; split; [lra|ring]|].
destruct (Rle_dec tau (2 * gap * sqrt d)) as [C2|C2]; [|exists d; split; [lra|ring]].
assert (G : 0 < gap) by nra. exists ((tau / (2 * gap)) ^ 2).
assert (Q : tau = 2 * gap * (tau / (2 * gap))) by (field; lra). set (h := tau / (2 * gap)) in *.
assert (h0 : 0 <= h) by (unfold h; apply Rmult_le_pos; [easy|left; apply Rinv_0_lt_compat; lra]).
assert (sqrt A <= h) by nra. assert (h <= sqrt d) by nra.
split; [split; nra|]. rewrite sqrt_pow2 by easy. rewrite Q. field. lra.
Qed.
End Fall.

Section Pure.
Variables (d : nat) (b gap : R) (x : nat -> R).
Hypothesis Hb : 0 <= b.
Hypothesis Hgap : 0 <= gap.
Definition is_active (j : nat) : bool := if Rlt_dec b (Rabs (x j)) then true else false.
(* gap = b - max |x_j| over inactive j satisfies this, and so does the larger b + min x_j *)
Hypothesis quiet : forall j, (j < d)%nat -> Rabs (x j) <= b -> gap - b <= x j.
Definition pure (z : nat -> R) : R := sum d (fun j => phi b (z j)).
Definition active : R := sum d (fun j => if is_active j then 1 else 0).
Notation F := (pure x).

Lemma coordinate j e : (j < d)%nat -> phi b (x j) - (if is_active j then Rabs e else relu (Rabs e - gap)) <= phi b (x j + e).
Proof.
intro Hj. unfold is_active. destruct Rlt_dec as [A|A]; [now apply phi_falls|].
assert (Q := quiet j Hj ltac:(lra)). generalize (phi_gap b Hb gap (x j) e Hgap Q). intro P.
assert (Z : phi b (x j) = 0); [|lra]. apply Rnot_lt_le, Rabs_bd in A.
destruct (phi_cases b (x j) Hb) as [[B ->]|[[B ->]|[B ->]]]; lra.
Qed.
Theorem pure_falls e : F - sum d (fun j => if is_active j then Rabs (e j) else relu (Rabs (e j) - gap)) <= pure (fun j => x j + e j).
Proof.
unfold pure. apply Rle_trans with (sum d (fun j => phi b (x j) + -1 * (if is_active j then Rabs (e j) else relu (Rabs (e j) - gap)))).
- rewrite sum_add, <- sum_scal. lra.
- apply sum_le; intros j Hj. generalize (coordinate j (e j) Hj). lra.
Qed.
Lemma active_range : 0 <= active <= INR d.
Proof.
unfold active. split; [apply sum_nn; intros; destruct is_active; lra|].
rewrite <- (Rmult_1_r (INR d)), <- sum_const. apply sum_le; intros; destruct is_active; lra.
Qed.
(* cube *)
Theorem pure_cube eps e : (forall j, (j < d)%nat -> Rabs (e j) <= eps) ->
  F - active * eps - (INR d - active) * relu (eps - gap) <= pure (fun j => x j + e j).
Proof.
intro He. apply Rle_trans with (2 := pure_falls e).
assert (B : sum d (fun j => if is_active j then Rabs (e j) else relu (Rabs (e j) - gap)) <=
  sum d (fun j => (eps - relu (eps - gap)) * (if is_active j then 1 else 0) + relu (eps - gap))).
{ apply sum_le; intros j Hj. generalize (He j Hj); intro. destruct is_active; [lra|].
  assert (relu (Rabs (e j) - gap) <= relu (eps - gap)) by (apply relu_lub; [apply relu_nn|apply Rle_trans with (2 := relu_ge _); lra]). lra. }
rewrite sum_add, <- sum_scal, sum_const in B. fold active in B. lra.
Qed.
(* ball: only the coordinates that count *)
Definition counts (e : nat -> R) (j : nat) : bool := if is_active j then true else if Rlt_dec gap (Rabs (e j)) then true else false.
Definition used (e : nat -> R) : R := sum d (fun j => if counts e j then 1 else 0).
Lemma used_range e : active <= used e <= INR d.
Proof.
unfold active, used. split.
- apply sum_le; intros j _. unfold counts. destruct is_active; [lra|]. destruct Rlt_dec; lra.
- rewrite <- (Rmult_1_r (INR d)), <- sum_const. apply sum_le; intros; destruct counts; lra.
Qed.
Theorem pure_falls_used e tau : 0 <= tau -> sum d (fun j => e j ^ 2) <= tau ^ 2 ->
  F - (tau * sqrt (used e) - (used e - active) * gap) <= pure (fun j => x j + e j).
Proof.
intros Ht He. apply Rle_trans with (2 := pure_falls e).
assert (B : sum d (fun j => if is_active j then Rabs (e j) else relu (Rabs (e j) - gap)) =
  sum d (fun j => (if counts e j then 1 else 0) * Rabs (e j)) - (used e - active) * gap).
{ unfold used, active. replace (sum d (fun j => (if counts e j then 1 else 0) * Rabs (e j)) - (sum d (fun j => if counts e j then 1 else 0) - sum d (fun j => if is_active j then 1 else 0)) * gap)
    with (sum d (fun j => (if counts e j then 1 else 0) * Rabs (e j)) + (- gap * sum d (fun j => if counts e j then 1 else 0) + gap * sum d (fun j => if is_active j then 1 else 0))) by ring.
  rewrite !sum_scal, <- !sum_add. apply sum_ext; intros j _. unfold counts. destruct is_active; [ring|].
  destruct Rlt_dec; [rewrite relu_pos by lra; ring|rewrite relu_neg by lra; ring]. }
rewrite B. assert (U := used_range e). assert (A0 := active_range).
assert (C : sum d (fun j => (if counts e j then 1 else 0) * Rabs (e j)) <= tau * sqrt (used e)).
{ assert (CS := cauchy_schwarz d (fun j => if counts e j then 1 else 0) (fun j => Rabs (e j))). cbv beta in CS.
  rewrite (sum_ext d (fun j => (if counts e j then 1 else 0) ^ 2) (fun j => if counts e j then 1 else 0)) in CS by (intros; destruct counts; ring).
  rewrite (sum_ext d (fun j => Rabs (e j) ^ 2) (fun j => e j ^ 2)) in CS by (intros; apply pow2_abs). fold (used e) in CS.
  assert (Q := sqrt_sqrt (used e) ltac:(lra)). assert (Q0 := sqrt_pos (used e)). set (h := sqrt (used e)) in *.
  set (s := sum d (fun j => (if counts e j then 1 else 0) * Rabs (e j))) in *.
  assert (s ^ 2 <= (tau * h) ^ 2).
  { apply Rle_trans with (1 := CS). replace ((tau * h) ^ 2) with ((h * h) * tau ^ 2) by ring. rewrite Q. apply Rmult_le_compat_l; lra. }
  assert (0 <= tau * h) by now apply Rmult_le_pos. destruct (Rle_dec s (tau * h)); [easy|nra]. }
lra.
Qed.
Theorem pure_bound e tau : 0 <= tau -> sum d (fun j => e j ^ 2) <= tau ^ 2 ->
  F - greatest_fall tau active (INR d) gap <= pure (fun j => x j + e j).
Proof.
intros Ht He. apply Rle_trans with (2 := pure_falls_used e tau Ht He).
generalize (drop_is_an_upper_bound tau active (INR d) gap active_range Hgap (used e) (used_range e)). lra.
Qed.

(* certified radii: |delta|^2 of any delta that takes the value to zero or below *)
Theorem pure_radius e : 0 < active -> 0 <= F -> F <= 2 * active * gap -> pure (fun j => x j + e j) <= 0 -> F ^ 2 / active <= sum d (fun j => e j ^ 2).
Proof.
intros HA HF HG P. set (E := sum d (fun j => e j ^ 2)). assert (E0 : 0 <= E) by (apply sum_nn; intros; apply pow2_ge_0).
assert (Q := sqrt_sqrt E E0). assert (Q0 := sqrt_pos E). set (tau := sqrt E) in *.
assert (a0 := sqrt_lt_R0 _ HA). assert (aa := sqrt_sqrt active ltac:(lra)). set (a := sqrt active) in *.
apply Rmult_le_reg_r with active; [easy|]. replace (F ^ 2 / active * active) with (F ^ 2) by (field; lra).
assert (B := pure_bound e tau Q0 ltac:(fold E; lra)).
destruct (Rle_dec F (tau * a)) as [|C].
- rewrite <- Q, <- aa. nra.
- exfalso. assert (T : tau <= 2 * gap * a) by nra. unfold greatest_fall in B. fold a in B. destruct (Rle_dec tau (2 * gap * a)); [lra|easy].
Qed.
Theorem pure_radius_beyond e : 0 < gap -> pure (fun j => x j + e j) <= 0 -> 4 * (gap * (F - active * gap)) <= sum d (fun j => e j ^ 2).
Proof.
intros HG P. set (E := sum d (fun j => e j ^ 2)). assert (E0 : 0 <= E) by (apply sum_nn; intros; apply pow2_ge_0).
assert (Q := sqrt_sqrt E E0). assert (Q0 := sqrt_pos E). set (tau := sqrt E) in *.
assert (B := pure_falls_used e tau Q0 ltac:(fold E; lra)).
assert (U := used_range e). assert (A0 := active_range).
assert (M := sqrt_sqrt (used e) ltac:(lra)). set (m := sqrt (used e)) in *. rewrite <- M in B. rewrite <- Q.
assert (K : F - active * gap <= tau * m - m * m * gap) by lra. generalize (pow2_ge_0 (tau - 2 * gap * m)). nra.
Qed.

(* the common shift of the active coordinates, as long as it closes no gate *)
Definition shift (h : R) (j : nat) : R := if is_active j then - h else 0.
Theorem common_shift h : 0 <= h -> (forall j, (j < d)%nat -> b < x j -> h <= x j - b) ->
  pure (fun j => x j + shift h j) = F - active * h /\ sum d (fun j => shift h j ^ 2) = active * h ^ 2.
Proof.
intros Hh Op. split.
- unfold pure, active. rewrite (Rmult_comm (sum d _) h). replace (sum d (fun j => phi b (x j)) - h * sum d (fun j => if is_active j then 1 else 0))
    with (sum d (fun j => phi b (x j)) + - h * sum d (fun j => if is_active j then 1 else 0)) by ring.
  rewrite sum_scal, <- sum_add. apply sum_ext; intros j Hj. unfold shift, is_active. destruct Rlt_dec as [A|A]; [|rewrite Rplus_0_r; ring].
  unfold Rabs in A. destruct (Rcase_abs (x j)) as [N|N].
  + rewrite !phi_left by lra. ring.
  + generalize (Op j Hj ltac:(lra)); intro. rewrite !phi_right by lra. ring.
- unfold active. rewrite Rmult_comm, sum_scal. apply sum_ext; intros j _. unfold shift. destruct is_active; ring.
Qed.
Theorem pure_exact : 0 < active -> 0 <= F -> F <= 2 * active * gap -> (forall j, (j < d)%nat -> b < x j -> F / active <= x j - b) ->
  exists e, pure (fun j => x j + e j) <= 0 /\ sum d (fun j => e j ^ 2) = F ^ 2 / active.
Proof.
intros HA HF HG Op. exists (shift (F / active)).
destruct (common_shift (F / active) ltac:(apply Rmult_le_pos; [easy|left; now apply Rinv_0_lt_compat]) Op) as [-> ->].
split; [right|]; field; lra.
Qed.
Theorem pure_cube_exact eps : 0 <= eps -> eps <= gap -> (forall j, (j < d)%nat -> b < x j -> eps <= x j - b) ->
  (exists e, (forall j, (j < d)%nat -> Rabs (e j) <= eps) /\ pure (fun j => x j + e j) = F - active * eps) /\
  forall e, (forall j, (j < d)%nat -> Rabs (e j) <= eps) -> F - active * eps <= pure (fun j => x j + e j).
Proof.
intros He Hg Op. split.
- exists (shift eps). split; [|now apply common_shift].
  intros j _. unfold shift. destruct is_active; [rewrite Rabs_Ropp, Rabs_right|rewrite Rabs_R0]; lra.
- intros e B. generalize (pure_cube eps e B). rewrite relu_neg by lra. lra.
Qed.
End Pure.
Print Assumptions pure_exact.
