(* feature_purification.certificate, certified_points, scaled_certificate: over the ball y f(x + delta) >= sum_i psi_i(q_i) - lambda tau^2
   whenever W^T diag(q) W <= lambda I, with the closed form of psi. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum.
Open Scope R_scope.

Definition phi (b z : R) : R := relu (z - b) - relu (- z - b).
Definition obj (b h q a : R) : R := phi b (h + a) + q * a ^ 2.
Definition psi (b h q : R) : R :=
  Rmin (Rmin (obj b h q 0) (obj b h q (- (1 / (2 * q))))) (Rmin (obj b h q (b - h)) (obj b h q (- b - h))).

Lemma phi_cases b z : 0 <= b -> (z <= - b /\ phi b z = z + b) \/ (- b <= z <= b /\ phi b z = 0) \/ (b <= z /\ phi b z = z - b).
Proof.
intro Hb; unfold phi. destruct (Rle_dec z (- b)); [left|destruct (Rle_dec z b); right; [left|right]]; split; try lra.
- rewrite (relu_neg (z - b)), relu_pos by lra; lra.
- rewrite !relu_neg by lra; lra.
- rewrite relu_pos, relu_neg by lra; lra.
Qed.
Lemma phi_odd b z : phi b (- z) = - phi b z.
Proof. unfold phi. rewrite Ropp_involutive. lra. Qed.

Lemma phi_left b z : 0 <= b -> z <= - b -> phi b z = z + b.
Proof. intros Hb H; unfold phi; rewrite (relu_neg (z - b)), relu_pos by lra; lra. Qed.
Lemma phi_right b z : 0 <= b -> b <= z -> phi b z = z - b.
Proof. intros Hb H; unfold phi; rewrite relu_pos, relu_neg by lra; lra. Qed.

(* each linear piece: completing the square, with the two ends of the piece *)
Theorem psi_min b h q a : 0 <= b -> 0 < q -> psi b h q <= obj b h q a.
Proof.
intros Hb Hq. unfold psi. set (m := - (1 / (2 * q))).
assert (Em : 2 * q * m = -1) by (unfold m; field; lra).
assert (O1 := Rmin_l (Rmin (obj b h q 0) (obj b h q m)) (Rmin (obj b h q (b - h)) (obj b h q (- b - h)))).
assert (O2 := Rmin_r (Rmin (obj b h q 0) (obj b h q m)) (Rmin (obj b h q (b - h)) (obj b h q (- b - h)))).
assert (P1 := Rmin_l (obj b h q 0) (obj b h q m)). assert (P2 := Rmin_r (obj b h q 0) (obj b h q m)).
assert (P3 := Rmin_l (obj b h q (b - h)) (obj b h q (- b - h))). assert (P4 := Rmin_r (obj b h q (b - h)) (obj b h q (- b - h))).
set (p := Rmin (Rmin _ _) _) in *.
assert (C1 : p <= obj b h q 0) by lra. assert (C2 : p <= obj b h q m) by lra.
assert (C3 : p <= obj b h q (b - h)) by lra. assert (C4 : p <= obj b h q (- b - h)) by lra.
clearbody p. clear O1 O2 P1 P2 P3 P4. unfold obj in *.
replace (h + (b - h)) with b in C3 by ring. replace (h + (- b - h)) with (- b) in C4 by ring.
assert (F3 : phi b b = 0) by (unfold phi; rewrite !relu_neg by lra; lra).
assert (F4 : phi b (- b) = 0) by (unfold phi; rewrite !relu_neg by lra; lra).
rewrite F3 in C3. rewrite F4 in C4. clear F3 F4. rewrite Rplus_0_r in C1.
assert (Q1 : q * m * m = - m / 2) by (replace (q * m * m) with (2 * q * m * (m / 2)) by field; rewrite Em; field).
assert (Q2 : q * a * m = - a / 2) by (replace (q * a * m) with (2 * q * m * (a / 2)) by field; rewrite Em; field).
assert (K : 0 <= q * (a - m) ^ 2) by (apply Rmult_le_pos; [lra|apply pow2_ge_0]).
replace (q * (a - m) ^ 2) with (q * a ^ 2 - 2 * (q * a * m) + q * m * m) in K by ring. rewrite Q2, Q1 in K.
replace (q * m ^ 2) with (q * m * m) in C2 by ring. rewrite Q1 in C2.
destruct (phi_cases b (h + a) Hb) as [[A ->]|[[A ->]|[A ->]]].
- (* left piece *) destruct (Rle_dec (h + m) (- b)) as [B|B].
  + rewrite phi_left in C2 by easy. lra.
  + assert (T : 0 <= (- b - h - a) * (- (q * (a + (- b - h)) + 1))) by (apply Rmult_le_pos; nra). nra.
- (* flat piece *) destruct (phi_cases b h Hb) as [[B E]|[[B E]|[B E]]]; rewrite E in C1.
  + assert (a ^ 2 >= (- b - h) ^ 2) by nra. nra.
  + assert (0 <= q * a ^ 2) by (apply Rmult_le_pos; [lra|apply pow2_ge_0]). lra.
  + assert (a ^ 2 >= (b - h) ^ 2) by nra. nra.
- (* right piece *) destruct (Rle_dec b (h + m)) as [B|B].
  + rewrite phi_right in C2 by easy. lra.
  + assert (T : 0 <= (a - (b - h)) * (q * (a + (b - h)) + 1)) by (apply Rmult_le_pos; nra). nra.
Qed.

Section C.
Variables d m : nat.
Variables (w : nat -> nat -> R) (b q : nat -> R) (lam tau y : R) (x : nat -> R).
Definition dot (a c : nat -> R) : R := sum d (fun k => a k * c k).
Definition f (z : nat -> R) : R := sum m (fun i => phi (b i) (dot (w i) z)).
Hypothesis Hy : y = 1 \/ y = -1.
Hypothesis Hb : forall i, (i < m)%nat -> 0 <= b i.
Hypothesis Hq : forall i, (i < m)%nat -> 0 < q i.
Hypothesis Hl : 0 <= lam.
(* W^T diag(q) W <= lam I *)
Hypothesis PSD : forall z, sum m (fun i => q i * dot (w i) z ^ 2) <= lam * dot z z.

Theorem certificate delta : dot delta delta <= tau ^ 2 ->
  sum m (fun i => psi (b i) (y * dot (w i) x) (q i)) - lam * tau ^ 2 <= y * f (fun k => x k + delta k).
Proof.
intro HD. assert (P := PSD delta). assert (L : lam * dot delta delta <= lam * tau ^ 2) by (apply Rmult_le_compat_l; easy).
assert (Y2 : y * y = 1) by (destruct Hy as [-> | ->]; lra).
assert (B : sum m (fun i => psi (b i) (y * dot (w i) x) (q i)) <=
  sum m (fun i => y * phi (b i) (dot (w i) (fun k => x k + delta k))) + sum m (fun i => q i * dot (w i) delta ^ 2)).
{ rewrite <- sum_add. apply sum_le; intros i Hi.
  apply Rle_trans with (1 := psi_min (b i) (y * dot (w i) x) (q i) (y * dot (w i) delta) (Hb i Hi) (Hq i Hi)). right. unfold obj.
  assert (E : dot (w i) (fun k => x k + delta k) = dot (w i) x + dot (w i) delta) by (unfold dot; rewrite <- sum_add; apply sum_ext; intros; ring).
  rewrite E. f_equal.
  - destruct Hy as [-> | ->]; [rewrite !Rmult_1_l; easy|].
    replace (-1 * dot (w i) x + -1 * dot (w i) delta) with (- (dot (w i) x + dot (w i) delta)) by ring. rewrite phi_odd; ring.
  - replace ((y * dot (w i) delta) ^ 2) with ((y * y) * dot (w i) delta ^ 2) by ring. rewrite Y2; ring. }
unfold f. rewrite sum_scal. lra.
Qed.
End C.
