(* How features are fitted: in the direction of an eigenvector, descent leaves (1 - eta lam)^t of the labels, the flow e^(-eta lam t),
   a ridge mu leaves mu/(lam + mu); larger eigenvalues are fitted no later. ntk_features.spectral_order. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.InnerProduct.
Open Scope R_scope.

Section Descent.
Variables (n : nat) (K : nat -> nat -> R) (y v : nat -> R) (lam eta : R).
Hypothesis sym : symmetric n K.
Hypothesis eigen : forall j, (j < n)%nat -> sum n (fun k => K j k * v k) = lam * v j.
Variable f : nat -> nat -> R.              (* f t j: predictions at the samples after t steps on |f - y|^2 / 2 *)
Hypothesis start : forall j, f 0%nat j = 0.
Hypothesis step : forall t j, (j < n)%nat -> f (S t) j = f t j - eta * sum n (fun k => K j k * (f t k - y k)).
Definition left (g : nat -> R) : R := inner n v (fun j => y j - g j).

Lemma eigen_form a : inner n v (fun j => sum n (fun k => K j k * a k)) = lam * inner n v a.
Proof.
rewrite <- form_inner, (form_sym n K v a sym), form_inner.
rewrite (inner_ext n a a _ (fun j => lam * v j)); [|easy|exact eigen]. rewrite inner_scal, inner_sym; ring.
Qed.
Theorem descent_share t : left (f t) = (1 - eta * lam) ^ t * inner n v y.
Proof.
induction t as [|t IH]; simpl.
- unfold left. rewrite Rmult_1_l. apply inner_ext; intros; [easy|]. rewrite start; ring.
- replace (left (f (S t))) with ((1 - eta * lam) * left (f t)); [rewrite IH; ring|].
  unfold left. rewrite (inner_ext n v v (fun j => y j - f (S t) j) (fun j => (y j - f t j) + - eta * sum n (fun k => K j k * (y k - f t k)))); [|easy|].
  + rewrite inner_add, inner_scal, eigen_form; ring.
  + intros j Hj. rewrite step by easy.
    rewrite (sum_ext n (fun k => K j k * (f t k - y k)) (fun k => -1 * (K j k * (y k - f t k)))) by (intros; ring).
    rewrite <- sum_scal; ring.
Qed.
(* ridge: predictions g = K a with (K + mu) a = y *)
Theorem ridge_share mu a : lam + mu <> 0 -> (forall j, (j < n)%nat -> sum n (fun k => K j k * a k) + mu * a j = y j) ->
  left (fun j => sum n (fun k => K j k * a k)) = mu / (lam + mu) * inner n v y.
Proof.
intros N F. unfold left.
rewrite (inner_ext n v v _ (fun j => mu * a j)); [|easy|intros j Hj; rewrite <- F by easy; ring].
rewrite (inner_ext n v v y (fun j => sum n (fun k => K j k * a k) + mu * a j)); [|easy|intros j Hj; now rewrite F].
rewrite inner_add, eigen_form, !inner_scal. field; easy.
Qed.
End Descent.

(* by the series of exp: no axiom beyond those of the reals *)
Lemma exp_partial x : Un_cv (fun n => sum_f_R0 (fun i => / INR (fact i) * x ^ i) n) (exp x).
Proof. unfold exp; destruct (exist_exp x) as [e E]; exact E. Qed.
Lemma exp_at_least_one x : 0 <= x -> 1 <= exp x.
Proof.
intro H. replace 1 with (sum_f_R0 (fun i => / INR (fact i) * x ^ i) 0) by (simpl; field).
apply sum_incr; [apply exp_partial|]. intro k.
apply Rmult_le_pos; [left; apply Rinv_0_lt_compat, INR_fact_lt_0|now apply pow_le].
Qed.
Lemma exp_monotone a b : a <= b -> exp a <= exp b.
Proof.
intro H. replace b with (a + (b - a)) by ring. rewrite exp_plus.
generalize (exp_at_least_one (b - a) ltac:(lra)), (exp_pos a); nra.
Qed.
Lemma exp_above x : 0 <= x <= 1 -> 1 - x <= exp (- x).
Proof.
intro H. set (U := fun k => x ^ k / INR (fact k)).
assert (D : Un_decreasing U).
{ intro k. unfold U, Rdiv. simpl (x ^ S k). rewrite fact_simpl, mult_INR, Rinv_mult.
  assert (P : 0 <= x ^ k * / INR (fact k)) by (apply Rmult_le_pos; [apply pow_le; lra|left; apply Rinv_0_lt_compat, INR_fact_lt_0]).
  assert (Q : / INR (S k) <= 1).
  { rewrite <- Rinv_1. apply Rinv_le_contravar; [lra|]. rewrite S_INR; generalize (pos_INR k); lra. }
  assert (R0 : 0 <= / INR (S k)) by (left; apply Rinv_0_lt_compat, lt_0_INR; lia).
  replace (x * x ^ k * (/ INR (S k) * / INR (fact k))) with ((x * / INR (S k)) * (x ^ k * / INR (fact k))) by ring.
  assert (x * / INR (S k) <= 1) by nra. nra. }
assert (C : Un_cv (fun n => sum_f_R0 (tg_alt U) n) (exp (- x))).
{ intros eps E. destruct (exp_partial (- x) eps E) as [N HN]. exists N; intros k Hk. specialize (HN k Hk).
  rewrite (sum_eq (tg_alt U) (fun i => / INR (fact i) * (- x) ^ i)); [exact HN|].
  intros i _. unfold tg_alt, U. replace (- x) with (-1 * x) by ring. rewrite Rpow_mult_distr. unfold Rdiv; ring. }
destruct (alternated_series_ineq U (exp (- x)) 0 D (cv_speed_pow_fact x) C) as [B _].
unfold tg_alt, U in B; simpl in B. lra.
Qed.
Theorem descent_not_slower_than_flow x t : 0 <= x <= 1 -> (1 - x) ^ t <= exp (- (x * INR t)).
Proof.
intro H. induction t as [|t IH].
- simpl. rewrite Rmult_0_r, Ropp_0, exp_0; lra.
- rewrite S_INR. replace (- (x * (INR t + 1))) with (- x + - (x * INR t)) by ring. rewrite exp_plus.
  simpl. apply Rmult_le_compat; [lra|apply pow_le; lra|apply exp_above; lra|exact IH].
Qed.
Theorem larger_no_later_descent eta small large t : 0 <= eta -> small <= large -> eta * large <= 1 ->
  (1 - eta * large) ^ t <= (1 - eta * small) ^ t.
Proof. intros E L S; apply pow_incr; nra. Qed.
Theorem larger_no_later_flow eta small large t : 0 <= eta -> 0 <= t -> small <= large -> exp (- (eta * large * t)) <= exp (- (eta * small * t)).
Proof.
intros E T L. apply exp_monotone, Ropp_le_contravar, Rmult_le_compat_r; [easy|now apply Rmult_le_compat_l].
Qed.
Theorem larger_no_later_ridge mu small large : 0 < mu -> 0 <= small -> small <= large -> mu / (large + mu) <= mu / (small + mu).
Proof. intros M S L. unfold Rdiv. apply Rmult_le_compat_l; [lra|]. apply Rinv_le_contravar; lra. Qed.
