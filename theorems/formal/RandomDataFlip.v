(* T2: the published hypothesis 3 n (p+1) <= d, norms sqrt d, with bias: explicit t, level -1, norm of z. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Open Scope R_scope.

Section T2.
Variables d n W : nat.
Variables (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b v lam : nat -> R) (s : nat -> nat -> R).
Hypothesis HK : KKTnet d n W true x y w b v lam s.
Variables p q M : R.                      (* M = c n: least class size *)
Notation D := (INR d).
Notation n_ := (INR n).
Hypothesis norms : forall i, (i < n)%nat -> K0 d x i i = D.
Hypothesis Hp : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 d x i l) <= p.
Hypothesis Hq : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G d true x i l) <= q.
Hypothesis Hq0 : 0 <= q.
Hypothesis Hqp : q <= p + 1.              (* least such q satisfies it *)
Hypothesis Hp0 : 0 <= p.
Hypothesis HM1 : 1 <= M.
Hypothesis HM : forall i, (i < n)%nat -> M <= nopp n y i.
Hypothesis Hn : (2 <= n)%nat.
Hypothesis hyp : 3 * n_ * (p + 1) <= D.

Let De := Delta n D p.
Definition t2 : R := (q + 7 * (D + 1) / M) / De.
Definition B2 : R := 1 / 3 + 7 * (1 + 1 / D) * (n_ / M).

Lemma n2 : 2 <= n_.  Proof. change 2 with (INR 2); now apply le_INR. Qed.
Lemma d6 : 6 <= D.   Proof. generalize n2; nra. Qed.
Lemma De_ge : 2 * D / 3 <= De.
Proof. unfold De, Delta. generalize n2; intro. assert (n_ * p <= D / 3) by nra. nra. Qed.
Lemma tDe : t2 * De = q + 7 * (D + 1) / M.
Proof. unfold t2. generalize De_ge, d6; intros. field. lra. Qed.

Lemma r3 : 0 <= r n (D + 1) q /\ r n (D + 1) q <= 1 / 3.
Proof.
generalize n2, d6; intros. unfold r. split.
- apply Rmult_le_pos; [nra|]. left; apply Rinv_0_lt_compat; lra.
- apply Rmult_le_reg_r with (D + 1); [lra|]. unfold Rdiv; rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  assert (q * (n_ - 1) <= (p + 1) * n_) by (apply Rmult_le_compat; lra). lra.
Qed.

Theorem T2_flip i : (i < n)%nat -> y i * N d W w b v (z_at n x y t2 i) <= -1.
Proof.
intro Hi. destruct r3 as [R0 R1]. generalize n2, d6, De_ge; intros N2 D6 DG.
assert (Ri : (r n (D + 1) q) ^ 2 + 2 * r n (D + 1) q - 1 < 0) by nra.
assert (HD : 0 < D + 1) by lra.
assert (HG : forall i, (i < n)%nat -> D + 1 <= G d true x i i <= D + 1).
{ intros i' Hi'. unfold G, beta. rewrite norms by easy. lra. }
assert (HL0 : forall i, (i < n)%nat -> D <= K0 d x i i) by (intros; rewrite norms by easy; lra).
assert (T70 : 0 <= 7 * (D + 1) / M) by (apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]).
assert (Tt : 0 <= t2) by (unfold t2; apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]).
generalize (T1_bound d n W true x y w b v lam s HK (D + 1) (D + 1) D p q HD HG Hq0 Hq HL0 Hp Ri i t2 Hi Tt).
fold De. rewrite tDe. intro X. apply Rle_trans with (1 := X ltac:(lra)). clear X.
set (S := Sup n (D + 1) q). set (A := Alow n (D + 1) (D + 1) q).
assert (Hden : 0 < 1 - r n (D + 1) q - r n (D + 1) q ^ 2) by nra.
assert (ES : (D + 1) * S * (1 - r n (D + 1) q - r n (D + 1) q ^ 2) = 1) by (unfold S, Sup, s1; field; lra).
assert (EA : (D + 1) * A * (1 - r n (D + 1) q - r n (D + 1) q ^ 2) = 1 - 2 * r n (D + 1) q - r n (D + 1) q ^ 2) by (unfold A, Alow, a1; field; lra).
assert (S0 : 0 < S) by (apply Rmult_lt_reg_l with ((D + 1) * (1 - r n (D + 1) q - r n (D + 1) q ^ 2)); nra).
assert (A0 : 0 < A) by (apply Rmult_lt_reg_l with ((D + 1) * (1 - r n (D + 1) q - r n (D + 1) q ^ 2)); nra).
assert (E5 : 5 * ((D + 1) * S) <= 9) by (apply S5_third with (r n (D + 1) q); [nra|easy|easy|lra]).
assert (E6 : 5 * ((D + 1) * A) >= 2) by (apply S6_third with (r n (D + 1) q); [nra|easy|easy|lra]).
assert (F := S10_level (D + 1) S A M q (q + 7 * (D + 1) / M) HD ltac:(lra) E5 ltac:(lra) HM1 Hq0 ltac:(field; lra)).
apply Rle_trans with (2 := F). apply Rplus_le_compat_l, Ropp_le_contravar.
apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_l; [lra|now apply HM].
Qed.

Lemma u_norm : dot d (u n x y) (u n x y) <= 4 * n_ * D / 3.
Proof.
unfold u at 2. rewrite dot_sum. generalize n2; intro N2.
apply Rle_trans with (sum n (fun _ => 4 * D / 3)); [|rewrite sum_const; lra].
apply sum_le; intros l Hl. rewrite (dot_sym d). unfold u; rewrite dot_sum, (sum_split n l) by easy.
assert (Ey : y l * y l = 1) by (destruct (klab _ _ _ _ _ _ _ _ _ _ _ HK l Hl) as [-> | ->]; ring).
assert (E : sum_but l n (fun m => y l * y m * dot d (x l) (x m)) <= sum_but l n (fun _ => p)).
{ apply but_le; intros m Hm F. assert (Bd := Rabs_bd _ _ (Hp l m Hl Hm F)). unfold K0 in Bd.
  destruct (klab _ _ _ _ _ _ _ _ _ _ _ HK l Hl) as [-> | ->], (klab _ _ _ _ _ _ _ _ _ _ _ HK m Hm) as [-> | ->]; lra. }
rewrite but_const in E by easy.
rewrite Rmult_plus_distr_l, but_scal.
replace (sum_but l n (fun l0 => y l * (y l0 * dot d (x l) (x l0)))) with (sum_but l n (fun m => y l * y m * dot d (x l) (x m)))
  by (apply sum_ext; intros; destruct Nat.eqb; ring).
replace (y l * (y l * dot d (x l) (x l))) with (y l * y l * K0 d x l l) by (unfold K0; ring). rewrite Ey, norms by easy. nra.
Qed.

(* |z|^2 n <= 3 B^2 d, z = t u *)
Theorem T2_norm : dot d (fun k => t2 * u n x y k) (fun k => t2 * u n x y k) * n_ <= 3 * B2 ^ 2 * D.
Proof.
generalize n2, d6, De_ge, u_norm; intros N2 D6 DG UN.
assert (E : dot d (fun k => t2 * u n x y k) (fun k => t2 * u n x y k) = t2 ^ 2 * dot d (u n x y) (u n x y)).
{ unfold dot; rewrite sum_scal; apply sum_ext; intros; ring. }
rewrite E. assert (T70 : 0 <= 7 * (D + 1) / M) by (apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]).
assert (Tt : 0 <= t2) by (unfold t2; apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]).
assert (TB : 2 * (t2 * n_) <= 3 * B2).
{ assert (X : t2 * (2 * D / 3) <= q + 7 * (D + 1) / M) by (rewrite <- tDe; apply Rmult_le_compat_l; lra).
  apply Rmult_le_reg_r with (D / 3); [lra|].
  replace (3 * B2 * (D / 3)) with (D / 3 + 7 * (D + 1) / M * n_) by (unfold B2; field; lra).
  replace (2 * (t2 * n_) * (D / 3)) with (t2 * (2 * D / 3) * n_) by field.
  assert (t2 * (2 * D / 3) * n_ <= (q + 7 * (D + 1) / M) * n_) by (apply Rmult_le_compat_r; lra).
  assert (q * n_ <= D / 3) by nra. lra. }
assert (t2 ^ 2 * dot d (u n x y) (u n x y) <= t2 ^ 2 * (4 * n_ * D / 3)) by (apply Rmult_le_compat_l; [apply pow2_ge_0|easy]).
assert (T0 : 0 <= t2 * n_) by (apply Rmult_le_pos; lra).
assert (Q : (2 * (t2 * n_)) ^ 2 <= (3 * B2) ^ 2) by (apply pow_incr; lra).
apply Rle_trans with (t2 ^ 2 * (4 * n_ * D / 3) * n_); [apply Rmult_le_compat_r; lra|].
replace (t2 ^ 2 * (4 * n_ * D / 3) * n_) with ((2 * (t2 * n_)) ^ 2 * (D / 3)) by field.
replace (3 * B2 ^ 2 * D) with ((3 * B2) ^ 2 * (D / 3)) by field.
apply Rmult_le_compat_r; lra.
Qed.
End T2.
Print Assumptions T2_norm.
Print Assumptions T2_flip.
