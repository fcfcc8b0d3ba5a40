(* KKT points of the max-margin problem min |theta|^2/2 subject to y_i N(x_i) >= 1, in terms of the Gram matrix, and their aggregated
   inequalities: kkt_margin.cross_bound (X), upper_bound (U), lower_bound (L), lower_bound_mixed (L'), flip_bound (F), pairs. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum.
Open Scope R_scope.

Section KKT.
Variables n W : nat.                      (* samples, neurons *)
Variables (v lam y : nat -> R) (s G : nat -> nat -> R).

(* value at a point whose (lifted) inner products with the samples are k *)
Definition pre (k : nat -> R) (j : nat) : R := v j * sum n (fun l => lam l * y l * s l j * k l).
Definition net (k : nat -> R) : R := sum W (fun j => v j * relu (pre k j)).

(* A^+ = A 1, A^- = A (-1); own = A (y i) i, cross = A (- y i) i *)
Definition A (sg : R) (i : nat) : R :=
  sum W (fun j => if Rlt_dec 0 (sg * v j) then v j ^ 2 * lam i * s i j else 0).

Record KKT : Prop := {
  lab : forall i, (i < n)%nat -> y i = 1 \/ y i = -1;
  lam_nn : forall i, (i < n)%nat -> 0 <= lam i;
  s_rng : forall i j, (i < n)%nat -> (j < W)%nat -> 0 <= s i j <= 1;
  s_on : forall i j, (i < n)%nat -> (j < W)%nat -> 0 < pre (G i) j -> s i j = 1;
  s_off : forall i j, (i < n)%nat -> (j < W)%nat -> pre (G i) j < 0 -> s i j = 0;
  feas : forall i, (i < n)%nat -> y i * net (G i) >= 1;
  compl : forall i, (i < n)%nat -> lam i * (y i * net (G i) - 1) = 0
}.

Definition Rr (i l : nat) : R := y i * y l * G i l.

Hypothesis H : KKT.
Hypothesis Gpos : forall i, (i < n)%nat -> 0 < G i i.

Definition msk (sg : R) (j : nat) : R := if Rlt_dec 0 (sg * v j) then v j ^ 2 else 0.

Lemma msk_nn sg j : 0 <= msk sg j.
Proof. unfold msk; destruct Rlt_dec; nra. Qed.
Lemma A_msk sg i : A sg i = sum W (fun j => msk sg j * (lam i * s i j)).
Proof. apply sum_ext; intros; unfold msk; destruct Rlt_dec; lra. Qed.
Lemma mu_nn i j : (i < n)%nat -> (j < W)%nat -> 0 <= lam i * s i j.
Proof. intros Hi Hj; apply Rmult_le_pos; [now apply (lam_nn H)|apply (s_rng H); auto]. Qed.
Lemma A_nn sg i : (i < n)%nat -> 0 <= A sg i.
Proof. intro Hi; rewrite A_msk; apply sum_nn; intros; apply Rmult_le_pos; [apply msk_nn|now apply mu_nn]. Qed.
Lemma A_lam0 sg i : lam i = 0 -> A sg i = 0.
Proof. intro E; rewrite A_msk, E. transitivity (sum W (fun _ => 0)); [apply sum_ext; intros; lra|apply sum_0]. Qed.
Lemma y_sq i : (i < n)%nat -> y i * y i = 1.
Proof. intro Hi; destruct (lab H i Hi) as [-> | ->]; lra. Qed.

(* weighted sums over samples of A = sums over neurons *)
Lemma A_sum sg c : sum n (fun l => c l * A sg l) = sum W (fun j => msk sg j * sum n (fun l => c l * (lam l * s l j))).
Proof.
rewrite (sum_ext W _ (fun j => sum n (fun l => c l * (msk sg j * (lam l * s l j))))).
2:{ intros; rewrite sum_scal; apply sum_ext; intros; lra. }
rewrite <- sum_swap; apply sum_ext; intros; now rewrite A_msk, sum_scal.
Qed.
Lemma A_but sg i c : sum_but i n (fun l => c l * A sg l) = sum W (fun j => msk sg j * sum_but i n (fun l => c l * (lam l * s l j))).
Proof.
rewrite (sum_ext W _ (fun j => sum_but i n (fun l => c l * (msk sg j * (lam l * s l j))))).
2:{ intros; rewrite but_scal; apply sum_ext; intros; destruct Nat.eqb; lra. }
rewrite <- but_swap; apply sum_ext; intros; destruct Nat.eqb; [easy|]; now rewrite A_msk, sum_scal.
Qed.

(* y (v pre) = v^2 sum y y_l k_l lam_l s_lj *)
Lemma vpre y0 k j : y0 * v j * pre k j = v j ^ 2 * sum n (fun l => y0 * y l * k l * (lam l * s l j)).
Proof.
unfold pre. replace (y0 * v j * (v j * sum n (fun l => lam l * y l * s l j * k l)))
  with (v j ^ 2 * (y0 * sum n (fun l => lam l * y l * s l j * k l))) by ring.
f_equal; rewrite sum_scal; apply sum_ext; intros; ring.
Qed.

(* per-neuron form of (X): diagonal term of an opposite neuron, and its two consequences *)
Lemma opp_neuron i j : (i < n)%nat -> (j < W)%nat -> 0 < - y i * v j -> 0 < s i j ->
  sum n (fun l => Rr i l * (lam l * s l j)) <= 0.
Proof.
intros Hi Hj Hv Hs.
assert (0 <= pre (G i) j).
{ destruct (Rle_lt_dec 0 (pre (G i) j)) as [|E]; [easy|]. rewrite (s_off H i j Hi Hj E) in Hs; lra. }
assert (E := vpre (y i) (G i) j). fold (Rr i) in E.
assert (y i * v j * pre (G i) j <= 0) by nra.
assert (0 < v j ^ 2) by (assert (v j <> 0) by (intro F; rewrite F in Hv; lra); nra).
unfold Rr. nra.
Qed.

Theorem ineq_X i : (i < n)%nat ->
  G i i * A (- y i) i <= sum_but i n (fun l => relu (- Rr i l) * A (- y i) l).
Proof.
intro Hi. rewrite A_but, A_msk, sum_scal. apply sum_le; intros j Hj.
unfold msk; destruct Rlt_dec as [Hv|]; [|lra].
assert (HB : 0 <= sum_but i n (fun l => relu (- Rr i l) * (lam l * s l j))).
{ apply but_nn; intros; apply Rmult_le_pos; [apply relu_nn|now apply mu_nn]. }
destruct (Rle_lt_dec (s i j) 0) as [Hs|Hs].
- replace (s i j) with 0 by (generalize (s_rng H i j Hi Hj); lra).
  assert (0 <= v j ^ 2) by nra. nra.
- assert (E := opp_neuron i j Hi Hj Hv Hs). rewrite (sum_split n i) in E by easy.
  assert (D : sum_but i n (fun l => -1 * (Rr i l * (lam l * s l j))) <= sum_but i n (fun l => relu (- Rr i l) * (lam l * s l j))).
  { apply but_le; intros l Hl _. assert (F := mu_nn l j Hl Hj). assert (K := relu_ge (- Rr i l)). nra. }
  rewrite <- but_scal in D.
  assert (F : Rr i i = G i i) by (unfold Rr; rewrite y_sq; [ring|easy]). rewrite F in E.
  assert (0 <= v j ^ 2) by nra. nra.
Qed.

(* the form used for kkt_margin.parts: keeps the sign information of the whole row *)
Theorem ineq_X' q i : (i < n)%nat -> 0 <= q -> (forall l, (l < n)%nat -> l <> i -> Rr i l <= q) ->
  sum n (fun l => Rr i l * A (- y i) l) <= q * sum_but i n (fun l => A (- y i) l).
Proof.
intros Hi Hq HR. rewrite but_scal, A_sum.
rewrite (A_but (- y i) i (fun _ => q)). apply sum_le; intros j Hj.
unfold msk; destruct Rlt_dec as [Hv|]; [|lra].
apply Rmult_le_compat_l; [nra|].
assert (HB : 0 <= sum_but i n (fun l => q * (lam l * s l j))).
{ apply but_nn; intros; apply Rmult_le_pos; [easy|now apply mu_nn]. }
destruct (Rle_lt_dec (s i j) 0) as [Hs|Hs].
- rewrite (sum_split n i) by easy. replace (s i j) with 0 by (generalize (s_rng H i j Hi Hj); lra).
  rewrite Rmult_0_r, Rmult_0_r, Rplus_0_l. apply but_le; intros l Hl E.
  apply Rmult_le_compat_r; [now apply mu_nn|auto].
- generalize (opp_neuron i j Hi Hj Hv Hs); lra.
Qed.

(* bounds of the value at an arbitrary point, y0 = +-1 *)
Lemma own_or_opp y0 j : y0 = 1 \/ y0 = -1 ->
  v j = 0 \/ (0 < y0 * v j /\ ~ 0 < - y0 * v j) \/ (~ 0 < y0 * v j /\ 0 < - y0 * v j).
Proof. intros [-> | ->]; destruct (Rtotal_order (v j) 0) as [|[|]]; [right; right|left|right; left|right; left|left|right; right]; lra. Qed.

Lemma msk_cases y0 j : y0 = 1 \/ y0 = -1 ->
  (v j = 0 /\ msk y0 j = 0 /\ msk (- y0) j = 0) \/
  (0 < y0 * v j /\ msk y0 j = v j ^ 2 /\ msk (- y0) j = 0) \/
  (0 < - y0 * v j /\ msk y0 j = 0 /\ msk (- y0) j = v j ^ 2).
Proof.
intro Hy; unfold msk; destruct (own_or_opp y0 j Hy) as [E|[[E F]|[E F]]].
- left. rewrite E. repeat split; destruct Rlt_dec; lra.
- right; left. destruct (Rlt_dec 0 (y0 * v j)), (Rlt_dec 0 (- y0 * v j)); tauto.
- right; right. destruct (Rlt_dec 0 (y0 * v j)), (Rlt_dec 0 (- y0 * v j)); tauto.
Qed.

(* (F), hence (L'): any point *)
Theorem ineq_F y0 k : y0 = 1 \/ y0 = -1 ->
  y0 * net k <= sum n (fun l => relu (y0 * y l * k l) * A y0 l) + sum n (fun l => y0 * y l * k l * A (- y0) l).
Proof.
intro Hy. rewrite 2!A_sum, <- sum_add. unfold net; rewrite sum_scal. apply sum_le; intros j Hj.
assert (E := vpre y0 k j).
assert (D : sum n (fun l => y0 * y l * k l * (lam l * s l j)) <= sum n (fun l => relu (y0 * y l * k l) * (lam l * s l j))).
{ apply sum_le; intros l Hl. apply Rmult_le_compat_r; [now apply mu_nn|apply relu_ge]. }
assert (P : 0 <= sum n (fun l => relu (y0 * y l * k l) * (lam l * s l j))).
{ apply sum_nn; intros; apply Rmult_le_pos; [apply relu_nn|now apply mu_nn]. }
destruct (msk_cases y0 j Hy) as [(Z & -> & ->)|[(Z & -> & ->)|(Z & -> & ->)]].
- rewrite Z; lra.
- rewrite <- Rmult_assoc, relu_scal by lra. rewrite E.
  rewrite Rmult_0_l, Rplus_0_r. apply relu_lub; [apply Rmult_le_pos; [nra|easy]|]. apply Rmult_le_compat_l; [nra|easy].
- rewrite <- E, Rmult_0_l, Rplus_0_l. generalize (relu_ge (pre k j)); nra.
Qed.

(* (L): any point, opposite neurons dropped *)
Theorem ineq_F0 y0 k : y0 = 1 \/ y0 = -1 ->
  y0 * net k <= sum n (fun l => relu (y0 * y l * k l) * A y0 l).
Proof.
intro Hy. rewrite A_sum. unfold net; rewrite sum_scal. apply sum_le; intros j Hj.
assert (E := vpre y0 k j).
assert (D : sum n (fun l => y0 * y l * k l * (lam l * s l j)) <= sum n (fun l => relu (y0 * y l * k l) * (lam l * s l j))).
{ apply sum_le; intros l Hl. apply Rmult_le_compat_r; [now apply mu_nn|apply relu_ge]. }
assert (P : 0 <= sum n (fun l => relu (y0 * y l * k l) * (lam l * s l j))).
{ apply sum_nn; intros; apply Rmult_le_pos; [apply relu_nn|now apply mu_nn]. }
destruct (msk_cases y0 j Hy) as [(Z & -> & _)|[(Z & -> & _)|(Z & -> & _)]].
- rewrite Z; lra.
- rewrite <- Rmult_assoc, relu_scal by lra. rewrite E.
  apply relu_lub; [apply Rmult_le_pos; [nra|easy]|]. apply Rmult_le_compat_l; [nra|easy].
- rewrite Rmult_0_l. generalize (relu_nn (pre k j)); nra.
Qed.

Theorem ineq_L i : (i < n)%nat -> sum n (fun l => relu (Rr i l) * A (y i) l) >= 1.
Proof. intro Hi. generalize (feas H i Hi), (ineq_F0 (y i) (G i) (lab H i Hi)); unfold Rr; lra. Qed.

Theorem ineq_L' i : (i < n)%nat ->
  sum n (fun l => relu (Rr i l) * A (y i) l) + sum n (fun l => Rr i l * A (- y i) l) >= 1.
Proof. intro Hi. generalize (feas H i Hi), (ineq_F (y i) (G i) (lab H i Hi)); unfold Rr; lra. Qed.

(* (U): support samples *)
Theorem ineq_U i : (i < n)%nat -> 0 < lam i ->
  sum n (fun l => Rr i l * A (y i) l) - sum_but i n (fun l => relu (- Rr i l) * A (- y i) l) <= 1.
Proof.
intros Hi Hl.
assert (N1 : y i * net (G i) = 1) by (destruct (Rmult_integral _ _ (compl H i Hi)); lra).
rewrite <- N1. unfold net; rewrite sum_scal, A_sum, A_but.
apply Rplus_le_reg_r with (sum W (fun j => msk (- y i) j * sum_but i n (fun l => relu (- Rr i l) * (lam l * s l j)))).
rewrite <- sum_add. ring_simplify. apply sum_le; intros j Hj.
assert (E := vpre (y i) (G i) j). fold (Rr i) in E.
assert (Hy := lab H i Hi).
destruct (msk_cases (y i) j Hy) as [(Z & -> & ->)|[(Z & -> & ->)|(Z & -> & ->)]].
- rewrite Z; lra.
- unfold Rr at 1. rewrite <- E. generalize (relu_ge (pre (G i) j)); nra.
- assert (HB : 0 <= sum_but i n (fun l => relu (- Rr i l) * (lam l * s l j))).
  { apply but_nn; intros; apply Rmult_le_pos; [apply relu_nn|now apply mu_nn]. }
  assert (D : sum_but i n (fun l => -1 * (Rr i l * (lam l * s l j))) <= sum_but i n (fun l => relu (- Rr i l) * (lam l * s l j))).
  { apply but_le; intros l Hl' _. assert (F := mu_nn l j Hl' Hj). assert (K := relu_ge (- Rr i l)). nra. }
  rewrite <- but_scal in D.
  unfold Rr in E. change (fun l => y i * y l * G i l * (lam l * s l j)) with (fun l => Rr i l * (lam l * s l j)) in E.
  rewrite (sum_split n i) in E by easy.
  assert (F : Rr i i = G i i) by (unfold Rr; rewrite y_sq; [ring|easy]). rewrite F in E.
  assert (K := mu_nn i j Hi Hj). assert (Gi := Gpos i Hi).
  assert (Q : - y i * v j * relu (pre (G i) j) <= v j ^ 2 * sum_but i n (fun l => relu (- Rr i l) * (lam l * s l j))).
  { rewrite relu_scal by lra. assert (0 <= v j ^ 2) by nra. apply relu_lub; [nra|].
    assert (0 <= G i i * (lam i * s i j)) by nra. nra. }
  lra.
Qed.
End KKT.
