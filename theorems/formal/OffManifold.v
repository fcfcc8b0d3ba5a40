(* Off the data manifold P.
   dimpled_manifold.off_radius: N(p + z) = c + sum_i u_i relu(a_i + <g_i, z>) for z orthogonal to P; if sum_i <g_i, z>^2 <= B^2 |z|^2 for all z,
   no z with |u| B |z| < |N(p)| changes the sign (depth: the same with the margin for |N(p)|).
   dimpled_manifold.attack_shrinks: one descent step on points moved by z_j that are stationary on their spheres changes |G|^2 / 2 at the
   rate -(1/n) sum_j |loss'_j| mu_j |z_j off P|^2 <= 0, up to (eta^2 / 2) |dG|^2.
   dimpled_manifold.mislabelled, ntk_features.distillation: a ridge student of x_j - eps y_j e with labels -y_j answers, on P,
   minus the clean predictor over 1 + eps^2 y^T (X X^T + lambda I)^(-1) y >= 1.
   dimpled_manifold.pythagoras: for an affine function 1/r^2 adds up over P and its complement. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.Network Thinmargin.KktIdentities.
Open Scope R_scope.

Section OffRadius.
Variables l m : nat.                      (* codimension, neurons *)
Variables (c : R) (u a : nat -> R) (g : nat -> nat -> R) (B : R).
Notation dot := (dot l).
Definition value (z : nat -> R) : R := c + sum m (fun i => u i * relu (a i + dot (g i) z)).
Hypothesis operator_norm : forall z, sum m (fun i => dot (g i) z ^ 2) <= B ^ 2 * dot z z.
Lemma value_lipschitz z : (value z - value (fun _ => 0)) ^ 2 <= sum m (fun i => u i ^ 2) * (B ^ 2 * dot z z).
Proof.
set (t := fun i => share (a i) (a i + dot (g i) z)).
assert (E : value z - value (fun _ => 0) = sum m (fun i => u i * (t i * dot (g i) z))).
{ unfold value. replace (c + sum m (fun i => u i * relu (a i + dot (g i) z)) - (c + sum m (fun i => u i * relu (a i + dot (g i) (fun _ => 0)))))
    with (sum m (fun i => u i * relu (a i + dot (g i) z)) + -1 * sum m (fun i => u i * relu (a i + dot (g i) (fun _ => 0)))) by ring.
  rewrite sum_scal, <- sum_add. apply sum_ext; intros i Hi.
  assert (Z : dot (g i) (fun _ => 0) = 0) by (unfold Network.dot; rewrite (sum_ext l _ (fun _ => 0)), sum_0 by (intros; ring); easy).
  rewrite Z, Rplus_0_r. destruct (share_spec (a i) (a i + dot (g i) z)) as (_ & F). fold (t i) in F.
  replace (a i + dot (g i) z - a i) with (dot (g i) z) in F by ring. rewrite <- F. ring. }
rewrite E. apply Rle_trans with (1 := cauchy_schwarz m u (fun i => t i * dot (g i) z)).
apply Rmult_le_compat_l; [apply sum_nn; intros; apply pow2_ge_0|]. apply Rle_trans with (2 := operator_norm z).
apply sum_le; intros i Hi. destruct (share_spec (a i) (a i + dot (g i) z)) as (T & _). fold (t i) in T.
replace ((t i * dot (g i) z) ^ 2) with (t i ^ 2 * dot (g i) z ^ 2) by ring. assert (t i ^ 2 <= 1) by nra. generalize (pow2_ge_0 (dot (g i) z)). nra.
Qed.
Theorem off_radius z : value (fun _ => 0) * value z <= 0 -> value (fun _ => 0) ^ 2 <= sum m (fun i => u i ^ 2) * (B ^ 2 * dot z z).
Proof. intro F. apply Rle_trans with (2 := value_lipschitz z). generalize (pow2_ge_0 (value z)). nra. Qed.
End OffRadius.

Section Attack.
Variables l m n : nat.                    (* codimension, neurons, samples *)
Variables (g : nat -> nat -> R).          (* orthogonal part of first-layer row i *)
Variables (gate : nat -> nat -> R).       (* gate j i: derivative of N in pre-activation i at moved point j *)
Variables (y weight mu : nat -> R).       (* labels, |loss'_j|, multipliers of the spheres *)
Variable z : nat -> nat -> R.             (* part of perturbation j orthogonal to P *)
Notation dot := (dot l).
(* the gradient flow of g_i, and the part of the input gradient orthogonal to P *)
Definition velocity (i k : nat) : R := / INR n * sum n (fun j => weight j * (y j * gate j i * z j k)).
Definition normal_gradient (j k : nat) : R := sum m (fun i => gate j i * g i k).
Hypothesis stationary : forall j k, (j < n)%nat -> (k < l)%nat -> y j * normal_gradient j k = - mu j * z j k.
Theorem energy_rate : sum m (fun i => dot (g i) (velocity i)) = - (/ INR n * sum n (fun j => weight j * mu j * dot (z j) (z j))).
Proof.
transitivity (/ INR n * sum n (fun j => weight j * dot (fun k => y j * normal_gradient j k) (z j))).
- rewrite (sum_ext m _ (fun i => / INR n * sum n (fun j => weight j * (y j * gate j i * dot (g i) (z j))))).
  + rewrite <- (sum_scal m). f_equal. rewrite sum_swap. apply sum_ext; intros j Hj. rewrite <- (sum_scal m). f_equal.
    unfold Network.dot, normal_gradient. rewrite (sum_ext l _ (fun k => sum m (fun i => y j * gate j i * (g i k * z j k)))).
    * rewrite (sum_swap l m). apply sum_ext; intros. now rewrite sum_scal.
    * intros. rewrite (sum_scal m), (Rmult_comm (sum m _)), (sum_scal m). apply sum_ext; intros; ring.
  + intros i Hi. unfold velocity. rewrite dot_scal. f_equal. unfold Network.dot.
    rewrite (sum_ext l _ (fun k => sum n (fun j => weight j * (y j * gate j i * (g i k * z j k))))) by (intros; rewrite sum_scal; apply sum_ext; intros; ring).
    rewrite (sum_swap l n). apply sum_ext; intros. now rewrite <- !sum_scal.
- replace (- (/ INR n * sum n (fun j => weight j * mu j * dot (z j) (z j)))) with (/ INR n * (-1 * sum n (fun j => weight j * mu j * dot (z j) (z j)))) by ring.
  f_equal. rewrite sum_scal. apply sum_ext; intros j Hj.
  assert (E : dot (fun k => y j * normal_gradient j k) (z j) = - mu j * dot (z j) (z j)).
  { unfold Network.dot. rewrite sum_scal. apply sum_ext; intros k Hk. rewrite stationary by easy. ring. }
  rewrite E. ring.
Qed.
Corollary attack_shrinks : (forall j, (j < n)%nat -> 0 <= weight j /\ 0 <= mu j) -> sum m (fun i => dot (g i) (velocity i)) <= 0.
Proof.
intro P. rewrite energy_rate. assert (I : 0 <= / INR n).
{ destruct n; [simpl; rewrite Rinv_0; lra|left; apply Rinv_0_lt_compat, lt_0_INR; lia]. }
assert (0 <= sum n (fun j => weight j * mu j * dot (z j) (z j))).
{ apply sum_nn; intros j Hj. destruct (P j Hj). apply Rmult_le_pos; [now apply Rmult_le_pos|apply dot_nn]. }
generalize (Rmult_le_pos _ _ I H). lra.
Qed.
Theorem one_step eta : sum m (fun i => dot (fun k => g i k + eta * velocity i k) (fun k => g i k + eta * velocity i k)) =
  sum m (fun i => dot (g i) (g i)) + 2 * eta * sum m (fun i => dot (g i) (velocity i)) + eta ^ 2 * sum m (fun i => dot (velocity i) (velocity i)).
Proof.
rewrite !(sum_scal m), <- !(sum_add m). apply sum_ext; intros i Hi. unfold Network.dot. rewrite !sum_scal, <- !sum_add. apply sum_ext; intros; ring.
Qed.
End Attack.

Section Student.
Variables d n : nat.
Variables (x : nat -> nat -> R) (y : nat -> R) (e : nat -> R) (eps lambda : R).
Notation dot := (dot d).
Hypothesis unit_normal : dot e e = 1.
Hypothesis off : forall j, (j < n)%nat -> dot e (x j) = 0.
Hypothesis Hl : 0 <= lambda.
Hypothesis regular : forall c, (forall j, (j < n)%nat -> sum n (fun i => dot (x j) (x i) * c i) + lambda * c j = 0) ->
  forall j, (j < n)%nat -> c j = 0.       (* X X^T + lambda I is invertible, as it is for lambda > 0 *)
Notation moved j := (fun k => x j k + - (eps * y j) * e k).
Variables alpha beta : nat -> R.          (* dual solutions of the clean and of the mislabelled ridge problem *)
Hypothesis clean_solution : forall j, (j < n)%nat -> sum n (fun i => dot (x j) (x i) * alpha i) + lambda * alpha j = y j.
Hypothesis student_solution : forall j, (j < n)%nat -> sum n (fun i => dot (moved j) (moved i) * beta i) + lambda * beta j = - y j.
Definition clean (z : nat -> R) : R := sum n (fun i => alpha i * dot (x i) z).
Definition student (z : nat -> R) : R := sum n (fun i => beta i * dot (moved i) z).
Definition reversal : R := 1 + eps ^ 2 * sum n (fun i => y i * alpha i).

Lemma moved_product j i : (j < n)%nat -> (i < n)%nat -> dot (moved j) (moved i) = dot (x j) (x i) + eps ^ 2 * (y j * y i).
Proof.
intros Hj Hi. rewrite dot_add, dot_scal, (dot_sym d _ (x i)), (dot_sym d _ e), !dot_add, !dot_scal, (dot_sym d (x i) e), off, off, unit_normal, (dot_sym d (x i)) by easy. ring.
Qed.
(* c^T (X X^T + lambda I) c = |X^T c|^2 + lambda |c|^2 *)
Lemma ridge_form c : sum n (fun j => c j * (sum n (fun i => dot (x j) (x i) * c i) + lambda * c j)) =
  dot (fun k => sum n (fun i => c i * x i k)) (fun k => sum n (fun i => c i * x i k)) + lambda * sum n (fun j => c j ^ 2).
Proof.
rewrite dot_sum. rewrite (sum_scal n lambda), <- sum_add. apply sum_ext; intros j Hj. rewrite (dot_sym d _ (x j)), dot_sum.
rewrite (sum_ext n (fun i => c i * dot (x j) (x i)) (fun i => dot (x j) (x i) * c i)) by (intros; ring). ring.
Qed.
Lemma dual_energy : 0 <= sum n (fun i => y i * alpha i).
Proof.
rewrite (sum_ext n _ (fun j => alpha j * (sum n (fun i => dot (x j) (x i) * alpha i) + lambda * alpha j))).
- rewrite ridge_form. apply Rplus_le_le_0_compat; [apply dot_nn|]. apply Rmult_le_pos; [lra|apply sum_nn; intros; apply pow2_ge_0].
- intros j Hj. rewrite clean_solution by easy. ring.
Qed.
Theorem reversal_ge_one : 1 <= reversal.
Proof. unfold reversal. generalize dual_energy, (pow2_ge_0 eps). intros. nra. Qed.
Lemma student_dual j : (j < n)%nat -> beta j = - (alpha j / reversal).
Proof.
assert (R1 := reversal_ge_one). set (gap := fun j => beta j + alpha j / reversal).
assert (Z : forall j, (j < n)%nat -> sum n (fun i => dot (x j) (x i) * gap i) + lambda * gap j + eps ^ 2 * y j * sum n (fun i => y i * gap i) = 0).
{ intros i Hi. assert (S := student_solution i Hi). assert (C := clean_solution i Hi).
  rewrite (sum_ext n _ (fun k => dot (x i) (x k) * beta k + eps ^ 2 * y i * (y k * beta k))) in S by (intros k Hk; rewrite moved_product by easy; ring).
  rewrite sum_add, <- sum_scal in S. unfold gap.
  rewrite (sum_ext n (fun k => dot (x i) (x k) * (beta k + alpha k / reversal)) (fun k => dot (x i) (x k) * beta k + / reversal * (dot (x i) (x k) * alpha k))) by (intros; unfold Rdiv; ring).
  rewrite (sum_ext n (fun k => y k * (beta k + alpha k / reversal)) (fun k => y k * beta k + / reversal * (y k * alpha k))) by (intros; unfold Rdiv; ring).
  rewrite !sum_add, <- !sum_scal.
  set (P := sum n (fun k => dot (x i) (x k) * alpha k)) in *. set (Q := sum n (fun k => dot (x i) (x k) * beta k)) in *.
  set (T := sum n (fun k => y k * beta k)) in *. set (s := sum n (fun k => y k * alpha k)).
  assert (Es : eps ^ 2 * s = reversal - 1) by (unfold reversal, s; ring).
  replace (Q + / reversal * P + lambda * (beta i + alpha i / reversal) + eps ^ 2 * y i * (T + / reversal * s))
    with ((Q + eps ^ 2 * y i * T + lambda * beta i) + / reversal * (P + lambda * alpha i) + y i * / reversal * (eps ^ 2 * s)) by (unfold Rdiv; ring).
  rewrite S, C, Es. field. lra. }
assert (E : sum n (fun j => gap j * (sum n (fun i => dot (x j) (x i) * gap i) + lambda * gap j)) + eps ^ 2 * sum n (fun i => y i * gap i) ^ 2 = 0).
{ replace (eps ^ 2 * sum n (fun i => y i * gap i) ^ 2) with (eps ^ 2 * sum n (fun i => y i * gap i) * sum n (fun i => y i * gap i)) by ring.
  rewrite (sum_scal n (eps ^ 2 * _)), <- sum_add. transitivity (sum n (fun _ => 0)); [|apply sum_0]. apply sum_ext; intros i Hi.
  transitivity (gap i * (sum n (fun k => dot (x i) (x k) * gap k) + lambda * gap i + eps ^ 2 * y i * sum n (fun k => y k * gap k))); [ring|].
  rewrite Z by easy. ring. }
rewrite ridge_form in E.
assert (E1 := dot_nn d (fun k => sum n (fun i => gap i * x i k))). assert (E2 := pow2_ge_0 (eps * sum n (fun i => y i * gap i))).
assert (E3 : 0 <= lambda * sum n (fun j => gap j ^ 2)) by (apply Rmult_le_pos; [easy|apply sum_nn; intros; apply pow2_ge_0]).
assert (E4 : (eps * sum n (fun i => y i * gap i)) ^ 2 = 0) by lra.
assert (E5 : eps * sum n (fun i => y i * gap i) = 0) by (destruct (Req_dec (eps * sum n (fun i => y i * gap i)) 0); [easy|nra]).
intro Hj. assert (gap j = 0); [|unfold gap in *; lra].
apply (regular gap); [|easy]. intros i Hi. assert (Zi := Z i Hi).
replace (eps ^ 2 * y i * sum n (fun i => y i * gap i)) with (eps * y i * (eps * sum n (fun i => y i * gap i))) in Zi by ring.
rewrite E5 in Zi. lra.
Qed.
Theorem mislabelled z : dot e z = 0 -> student z * reversal = - clean z.
Proof.
intro Hz. assert (R1 := reversal_ge_one). unfold student, clean. rewrite Rmult_comm, sum_scal.
replace (- sum n (fun i => alpha i * dot (x i) z)) with (-1 * sum n (fun i => alpha i * dot (x i) z)) by ring. rewrite sum_scal. apply sum_ext; intros i Hi.
rewrite (dot_sym d _ z), dot_add, dot_scal, (dot_sym d z e), Hz, (dot_sym d z), student_dual by easy. field. lra.
Qed.
End Student.

(* least zero of an affine function, and the sum of squares over complementary subspaces *)
Section Pythagoras.
Variables (l k : nat) (c : R) (g h : nat -> R).       (* gradient on P and off P *)
Theorem affine_radius m (b : R) (f z : nat -> R) : b + dot m f z = 0 -> b ^ 2 <= dot m f f * dot m z z.
Proof. intro E. apply Rle_trans with (2 := dot_cauchy m f z). nra. Qed.
Theorem affine_attained m (b : R) (f : nat -> R) : 0 < dot m f f -> exists z, b + dot m f z = 0 /\ dot m z z = b ^ 2 / dot m f f.
Proof.
intro P. exists (fun i => - (b / dot m f f) * f i). split.
- rewrite dot_scal. field. lra.
- rewrite dot_scal, (dot_sym m (fun i => _ * f i) f), dot_scal. field. lra.
Qed.
Theorem harmonic : 0 < dot l g g -> 0 < dot k h h -> c <> 0 ->
  1 / (c ^ 2 / (dot l g g + dot k h h)) = 1 / (c ^ 2 / dot l g g) + 1 / (c ^ 2 / dot k h h).
Proof. intros. field. repeat split; (easy || lra). Qed.
End Pythagoras.
Print Assumptions mislabelled.
