(* Scalar inequalities behind kkt_margin.class_sums (S4, S5, S6), main (the thresholds tau0, tau1) and universal_flip (level -1 with
   the constant 7, the sign with 9/2). *)
Require Import Reals Lra Psatz.
Require Import Thinmargin.FiniteSum.
Open Scope R_scope.

(* S4 *)
Lemma S4 L r C S : 0 < L -> 0 <= r < 1 -> 0 <= S -> L * C <= r * L * Rmax S C -> C <= r * S.
Proof.
intros HL [Hr Hr1] HS H. apply Rmult_le_reg_l with L; [easy|].
unfold Rmax in H. destruct (Rle_dec S C) as [D|D].
- assert (C <= 0) by (apply Rmult_le_reg_l with (L * (1 - r)); nra). assert (C = S) by lra. nra.
- lra.
Qed.
(* S5, both forms *)
Lemma S5 L r C S : 0 < L -> 0 <= r -> C <= r * S -> L * S <= 1 + r * L * (S + C) ->
  L * S * (1 - r - r ^ 2) <= 1.
Proof. intros. assert (0 <= r * L) by nra. nra. Qed.
Lemma S5_third L r S : 0 <= L * S -> 0 <= r -> r <= 1 / 3 -> L * S * (1 - r - r ^ 2) <= 1 -> 5 * (L * S) <= 9.
Proof. intros. assert (5 / 9 <= 1 - r - r ^ 2) by nra. nra. Qed.
(* S6, both forms *)
Lemma S6 L U r A S : 0 <= r -> 0 < 1 - r - r ^ 2 -> L * S * (1 - r - r ^ 2) <= 1 -> U * A >= 1 - r * L * S ->
  U * A * (1 - r - r ^ 2) >= 1 - 2 * r - r ^ 2.
Proof. intros. nra. Qed.
Lemma S6_third U r A : 0 <= U * A -> 0 <= r -> r <= 1 / 3 -> U * A * (1 - r - r ^ 2) >= 1 - 2 * r - r ^ 2 -> 5 * (U * A) >= 2.
Proof.
intros H0 Hr0 Hr H. assert (E : 5 * (1 - 2 * r - r ^ 2) >= 2 * (1 - r - r ^ 2)) by nra.
assert (0 < 1 - r - r ^ 2) by nra. apply Rle_ge, Rmult_le_reg_r with (1 - r - r ^ 2); nra.
Qed.
(* S10: level -1 with 7, sign with 9/2 *)
Lemma S10_level D S A m q tau : 0 < D -> 0 <= S -> 5 * (D * S) <= 9 -> 5 * (D * A) >= 2 -> 1 <= m -> 0 <= q ->
  q * m + 7 * D <= tau * m -> S * relu (D - tau) - (tau - q) * m * A <= -1.
Proof.
intros. assert (E : 7 * D <= (tau - q) * m) by lra.
assert (Ht : 0 <= tau) by nra. assert (HA : 0 < A) by nra.
assert (S * relu (D - tau) <= S * D) by (apply Rmult_le_compat_l; [easy|apply relu_lub; lra]).
assert (7 * D * A <= (tau - q) * m * A) by (apply Rmult_le_compat_r; lra). lra.
Qed.
Lemma S10_sign D S A m q tau : 0 < D -> 0 <= S -> 5 * (D * S) <= 9 -> 5 * (D * A) >= 2 -> 1 <= m -> 0 <= q ->
  q * m + 9 / 2 * D <= tau * m -> S * relu (D - tau) - (tau - q) * m * A < 0.
Proof.
intros. assert (E : 9 / 2 * D <= (tau - q) * m) by lra.
assert (Ht : 0 < tau) by nra. assert (HA : 0 < A) by nra.
assert (9 / 2 * D * A <= (tau - q) * m * A) by (apply Rmult_le_compat_r; lra).
destruct (Rle_dec (D - tau) 0).
- rewrite relu_neg by easy. nra.
- rewrite relu_pos by lra. nra.
Qed.
(* threshold tau0 *)
Lemma tau0_flip S A m q U tau : 0 < S -> 0 < A -> 0 < m -> q <= U ->
  (S * U + q * m * A) / (S + m * A) < tau ->
  q < tau /\ S * relu (U - tau) - (tau - q) * m * A < 0.
Proof.
intros HS HA Hm HqU H.
assert (HmA : 0 < m * A) by nra.
assert (E : S * U + q * m * A < tau * (S + m * A)).
{ apply Rmult_lt_reg_r with (/ (S + m * A)). apply Rinv_0_lt_compat; lra.
  replace (tau * (S + m * A) * / (S + m * A)) with tau by (field; lra). exact H. }
assert (q < tau) by nra. split; [easy|].
destruct (Rle_dec (U - tau) 0).
- rewrite relu_neg by easy. nra.
- rewrite relu_pos by lra. nra.
Qed.
(* threshold tau1: level -1 *)
Lemma tau1_level S A m q U tau : 0 < S -> 0 < A -> 0 < m -> q <= U ->
  (S * U + 1 + q * m * A) / (S + m * A) <= tau -> q + 1 / (m * A) <= tau \/ tau <= U ->
  q < tau /\ S * relu (U - tau) - (tau - q) * m * A <= -1.
Proof.
intros HS HA Hm HqU H D.
assert (HmA : 0 < m * A) by nra.
assert (E : S * U + 1 + q * m * A <= tau * (S + m * A)).
{ apply Rmult_le_reg_r with (/ (S + m * A)). apply Rinv_0_lt_compat; lra.
  replace (tau * (S + m * A) * / (S + m * A)) with tau by (field; lra). exact H. }
assert (q < tau) by nra. split; [easy|].
destruct (Rle_dec (U - tau) 0).
- rewrite relu_neg by easy. destruct D as [D|D].
  + assert (1 <= (tau - q) * (m * A)).
    { replace 1 with (1 / (m * A) * (m * A)) by (field; lra). apply Rmult_le_compat_r; lra. }
    lra.
  + nra.
- rewrite relu_pos by lra. nra.
Qed.
