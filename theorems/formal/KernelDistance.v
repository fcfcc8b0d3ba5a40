(* Distances between kernel matrices in the trace inner product <K, K'> = sum_jl K_jl K'_jl.
   ntk_features.kernel_rotation: <K, K'> >= 0 for K = sum_i lam_i v_i v_i^T with lam_i >= 0 and K' positive semidefinite; sine^2 of the angle is at
   most |K - K'|^2 / |K|^2; 1 - cos(angle) <= angle^2 / 2. ntk_features.saturation: kernels lam V + E and lam' V + E' with <V, V> = 1, E and E'
   orthogonal to V and <E, E'> >= 0 have a similarity of at least ((1 + r^2)(1 + r'^2))^(-1/2), r = |E| / lam, r' = |E'| / lam'. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ArcCosineKernels.
Open Scope R_scope.

Section Matrices.
Variable n : nat.
Definition inner (K K' : nat -> nat -> R) : R := sum n (fun j => sum n (fun l => K j l * K' j l)).
Lemma inner_sym K K' : inner K K' = inner K' K.
Proof. apply sum_ext; intros; apply sum_ext; intros; ring. Qed.
Lemma inner_lin K A B t : inner K (fun j l => A j l + t * B j l) = inner K A + t * inner K B.
Proof.
unfold inner. rewrite sum_scal, <- sum_add. apply sum_ext; intros. rewrite sum_scal, <- sum_add. apply sum_ext; intros; ring.
Qed.
Theorem similarity_nonnegative m (lam : nat -> R) (v : nat -> nat -> R) K' : (forall i, (i < m)%nat -> 0 <= lam i) ->
  (forall c, 0 <= sum n (fun j => sum n (fun l => c j * K' j l * c l))) -> 0 <= inner (fun j l => sum m (fun i => lam i * (v i j * v i l))) K'.
Proof.
intros HL HP.
replace (inner (fun j l => sum m (fun i => lam i * (v i j * v i l))) K') with (sum m (fun i => lam i * sum n (fun j => sum n (fun l => v i j * K' j l * v i l)))).
- apply sum_nn; intros i Hi. apply Rmult_le_pos; auto.
- unfold inner. rewrite (sum_ext m _ (fun i => sum n (fun j => sum n (fun l => lam i * (v i j * v i l) * K' j l)))).
  + rewrite sum_swap. apply sum_ext; intros j _. rewrite sum_swap. apply sum_ext; intros l _. rewrite (Rmult_comm (sum m _)), sum_scal. apply sum_ext; intros; ring.
  + intros. rewrite sum_scal. apply sum_ext; intros. rewrite sum_scal. apply sum_ext; intros; ring.
Qed.
Theorem sine_of_the_angle K K' : let E := fun j l => K' j l + -1 * K j l in
  inner K K * inner K' K' - inner K K' ^ 2 <= inner E E * inner K K.
Proof.
intro E. assert (X : inner E E = inner K' K' - 2 * inner K K' + inner K K).
{ unfold E at 2. rewrite inner_lin, (inner_sym E K'), (inner_sym E K). unfold E. rewrite !inner_lin, (inner_sym K' K). ring. }
rewrite X. generalize (pow2_ge_0 (inner K K - inner K K')). nra.
Qed.
Theorem distance_by_angle angle : 2 * (1 - cos angle) <= angle ^ 2.
Proof. generalize (cos_parabola angle). lra. Qed.
Theorem saturation V E E' lam lam' : inner V V = 1 -> inner V E = 0 -> inner V E' = 0 -> 0 <= inner E E' -> 0 < lam -> 0 < lam' ->
  let K j l := E j l + lam * V j l in let K' j l := E' j l + lam' * V j l in
  inner K K * inner K' K' <= inner K K' ^ 2 * (1 + inner E E / lam ^ 2) * (1 + inner E' E' / lam' ^ 2).
Proof.
intros H1 H2 H3 HP P P' K K'.
assert (Q : forall A B a b, inner (fun j l => A j l + a * V j l) (fun j l => B j l + b * V j l) = inner A B + b * inner V A + a * inner V B + a * b * inner V V).
{ intros. rewrite inner_lin, (inner_sym _ B), (inner_sym _ V), !inner_lin, (inner_sym B A), (inner_sym B V). ring. }
unfold K, K'. rewrite !Q, H1, H2, H3.
set (e := inner E E). set (e' := inner E' E'). set (c := inner E E') in *.
assert (e0 : 0 <= e) by (apply sum_nn; intros; apply sum_nn; intros; nra). assert (e1 : 0 <= e') by (apply sum_nn; intros; apply sum_nn; intros; nra).
replace ((c + lam' * 0 + lam * 0 + lam * lam' * 1) ^ 2 * (1 + e / lam ^ 2) * (1 + e' / lam' ^ 2))
  with ((c + lam * lam') ^ 2 * ((e + lam * lam) * (e' + lam' * lam')) / (lam * lam') ^ 2) by (field; lra).
apply Rmult_le_reg_r with ((lam * lam') ^ 2); [apply pow_lt; nra|].
replace ((c + lam * lam') ^ 2 * ((e + lam * lam) * (e' + lam' * lam')) / (lam * lam') ^ 2 * (lam * lam') ^ 2)
  with ((c + lam * lam') ^ 2 * ((e + lam * lam) * (e' + lam' * lam'))) by (field; lra).
assert (B : (lam * lam') ^ 2 <= (c + lam * lam') ^ 2) by (apply pow_incr; nra).
replace ((e + lam * 0 + lam * 0 + lam * lam * 1) * (e' + lam' * 0 + lam' * 0 + lam' * lam' * 1) * (lam * lam') ^ 2)
  with ((lam * lam') ^ 2 * ((e + lam * lam) * (e' + lam' * lam'))) by ring.
apply Rmult_le_compat_r; [apply Rmult_le_pos; nra|easy].
Qed.
End Matrices.
Print Assumptions saturation.
