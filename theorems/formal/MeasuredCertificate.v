(* feature_purification.certificate: Theorem C with outputs a_i, one multiplier q > 0, psi_i as the minimum it is measured as,
   and any set of perturbations whose energy |W delta|^2 is at most E. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.PurifiedCertificate.
Open Scope R_scope.

(* m is the least value of f *)
Definition minimum (f : R -> R) (m : R) : Prop := (exists u, f u = m) /\ forall u, m <= f u.

Section Certificate.
Variables d m : nat.
Variables (w : nat -> nat -> R) (a b : nat -> R) (x : nat -> R) (y q E : R) (psis : nat -> R).
Definition output (z : nat -> R) : R := sum m (fun i => a i * phi (b i) (dot d (w i) z)).
Hypothesis Hy : y = 1 \/ y = -1.
Hypothesis Hq : 0 < q.
Hypothesis least : forall i, (i < m)%nat -> minimum (fun u => a i * phi (b i) (y * dot d (w i) x + u) + q * u ^ 2) (psis i).

Theorem below_every_attack delta : sum m (fun i => dot d (w i) delta ^ 2) <= E ->
  sum m psis - q * E <= y * output (fun k => x k + delta k).
Proof.
intro HE. assert (Y2 : y * y = 1) by (destruct Hy as [-> | ->]; lra).
assert (B : sum m psis <= sum m (fun i => y * (a i * phi (b i) (dot d (w i) (fun k => x k + delta k)))) + q * sum m (fun i => dot d (w i) delta ^ 2)).
{ rewrite sum_scal, <- sum_add. apply sum_le; intros i Hi.
  apply Rle_trans with (1 := proj2 (least i Hi) (y * dot d (w i) delta)). right.
  assert (L : dot d (w i) (fun k => x k + delta k) = dot d (w i) x + dot d (w i) delta) by (unfold dot; rewrite <- sum_add; apply sum_ext; intros; ring).
  rewrite L. replace ((y * dot d (w i) delta) ^ 2) with ((y * y) * dot d (w i) delta ^ 2) by ring. rewrite Y2.
  destruct Hy as [-> | ->]; [rewrite !Rmult_1_l; ring|].
  replace (-1 * dot d (w i) x + -1 * dot d (w i) delta) with (- (dot d (w i) x + dot d (w i) delta)) by ring. rewrite phi_odd. ring. }
unfold output. rewrite sum_scal. nra.
Qed.
Theorem below_the_margin : 0 <= E -> sum m psis - q * E <= y * output x.
Proof.
intro HE. apply Rle_trans with (1 := below_every_attack (fun _ => 0) ltac:(
  apply Rle_trans with (2 := HE); right; transitivity (sum m (fun _ => 0)); [apply sum_ext; intros; unfold dot; rewrite (sum_ext d _ (fun _ => 0)) by (intros; ring); rewrite sum_0; ring|apply sum_0])).
right. unfold output. apply (f_equal (Rmult y)). apply sum_ext; intros i _. do 2 apply f_equal. apply sum_ext; intros. ring.
Qed.
End Certificate.
