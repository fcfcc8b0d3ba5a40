(* One fixed direction u against f(z) = sum_i a_i phi_{b_i}(<w_i, z>), a_i >= 0: t_i = eta <w_i, u>, h_i = y <w_i, x>.
   feature_purification.dense_direction: y f(x - y eta u) <= y f(x) - sum_i a_i fall_i with fall_i = min(t_i, h_i - b_i) for an open gate h_i > b_i,
   t_i for h_i < -b_i, 0 for a closed gate, and t_i itself where t_i < 0. feature_purification.dense_equality: equality with t_i at open
   gates while none opens or closes. feature_purification.dense_breaks: where the bound is not positive the sign is lost, at the distance eta |u|. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.PurifiedCertificate Thinmargin.PureNetwork.
Open Scope R_scope.

Definition fall (b h t : R) : R :=
  if Rlt_dec t 0 then t else if Rlt_dec b h then Rmin t (h - b) else if Rlt_dec h (- b) then t else 0.
Lemma phi_below b h t : 0 <= b -> phi b (h - t) <= phi b h - fall b h t.
Proof.
intro Hb. unfold fall. destruct (Rlt_dec t 0) as [T|T].
- generalize (phi_increments b Hb h (h - t) ltac:(lra)). lra.
- assert (M := phi_increments b Hb (h - t) h ltac:(lra)). destruct (Rlt_dec b h) as [B|B].
  + unfold Rmin. destruct (Rle_dec t (h - b)) as [C|C]; rewrite (phi_right b h) by lra.
    * rewrite phi_right by lra. lra.
    * assert (P := phi_increments b Hb (h - t) b ltac:(lra)). rewrite (phi_right b b) in P by lra. lra.
  + destruct (Rlt_dec h (- b)) as [C|C]; [rewrite !phi_left by lra|]; lra.
Qed.
(* the same side of the gate before and after *)
Definition same_side (b h h' : R) : Prop := (b < h /\ b < h') \/ (h < - b /\ h' < - b) \/ (- b <= h <= b /\ - b <= h' <= b).
Definition open_fall (b h t : R) : R := if Rlt_dec b h then t else if Rlt_dec h (- b) then t else 0.
Lemma phi_same_side b h t : 0 <= b -> same_side b h (h - t) -> phi b (h - t) = phi b h - open_fall b h t.
Proof.
intros Hb S. unfold open_fall. destruct S as [[A B]|[[A B]|[A B]]].
- destruct (Rlt_dec b h); [|lra]. rewrite !phi_right by lra. ring.
- destruct (Rlt_dec b h); [lra|]. destruct (Rlt_dec h (- b)); [|lra]. rewrite !phi_left by lra. ring.
- destruct (Rlt_dec b h); [lra|]. destruct (Rlt_dec h (- b)); [lra|].
  assert (Z : forall z, - b <= z <= b -> phi b z = 0) by (intros z Hz; destruct (phi_cases b z Hb) as [[C ->]|[[C ->]|[C ->]]]; lra).
  rewrite !Z by easy. ring.
Qed.

Section Direction.
Variables d m : nat.
Variables (w : nat -> nat -> R) (a b : nat -> R) (y eta : R) (x u : nat -> R).
Notation dot := (dot d).
Definition f (z : nat -> R) : R := sum m (fun i => a i * phi (b i) (dot (w i) z)).
Hypothesis Hy : y = 1 \/ y = -1.
Hypothesis Ha : forall i, (i < m)%nat -> 0 <= a i.
Hypothesis Hb : forall i, (i < m)%nat -> 0 <= b i.
Definition drift (i : nat) : R := eta * dot (w i) u.
Definition height (i : nat) : R := y * dot (w i) x.
Definition moved (k : nat) : R := x k - y * eta * u k.
Lemma signed_value z : y * f z = sum m (fun i => a i * phi (b i) (y * dot (w i) z)).
Proof.
unfold f. rewrite sum_scal. apply sum_ext; intros i _. destruct Hy as [-> | ->]; [now rewrite Rmult_1_l, Rmult_1_l|].
replace (-1 * dot (w i) z) with (- dot (w i) z) by ring. rewrite phi_odd. ring.
Qed.
Lemma moved_height i : y * dot (w i) moved = height i - drift i.
Proof.
assert (E : dot (w i) moved = dot (w i) x + - (y * eta) * dot (w i) u).
{ unfold PurifiedCertificate.dot, moved. rewrite sum_scal, <- sum_add. apply sum_ext; intros; ring. }
rewrite E. unfold height, drift. destruct Hy as [-> | ->]; ring.
Qed.
Theorem dense_direction : y * f moved <= y * f x - sum m (fun i => a i * fall (b i) (height i) (drift i)).
Proof.
rewrite !signed_value. apply Rle_trans with (sum m (fun i => a i * phi (b i) (height i) + -1 * (a i * fall (b i) (height i) (drift i)))).
- apply sum_le; intros i Hi. rewrite moved_height. generalize (Rmult_le_compat_l _ _ _ (Ha i Hi) (phi_below (b i) (height i) (drift i) (Hb i Hi))). lra.
- rewrite sum_add, <- sum_scal. unfold height. lra.
Qed.
Theorem dense_equality : (forall i, (i < m)%nat -> same_side (b i) (height i) (height i - drift i)) ->
  y * f moved = y * f x - sum m (fun i => a i * open_fall (b i) (height i) (drift i)).
Proof.
intro S. rewrite !signed_value. transitivity (sum m (fun i => a i * phi (b i) (height i) + -1 * (a i * open_fall (b i) (height i) (drift i)))).
- apply sum_ext; intros i Hi. rewrite moved_height, phi_same_side by auto. ring.
- rewrite sum_add, <- sum_scal. unfold height. ring.
Qed.
Theorem dense_breaks : y * f x <= sum m (fun i => a i * fall (b i) (height i) (drift i)) ->
  y * f moved <= 0 /\ sum d (fun k => (moved k - x k) ^ 2) = eta ^ 2 * sum d (fun k => u k ^ 2).
Proof.
intro H. split; [generalize dense_direction; lra|]. rewrite sum_scal. apply sum_ext; intros k _. unfold moved.
destruct Hy as [-> | ->]; ring.
Qed.
End Direction.
Print Assumptions dense_breaks.
