(* kkt_margin.universal_flip: the published hypothesis 3 n (p + b) <= d on the sphere of radius sqrt d, with bias (b = 1) and
   without (b = 0): r <= 1/3, S <= 9/(5L), A >= 2/(5U), Delta >= 2d/3, |u|^2 <= 4nd/3; level -1 from t = (q + 7 (d + b)/M)/Delta
   on and the sign from (q + 9/2 (d + b)/M)/Delta on, M the size of the smaller class; |t u|^2 <= 3 (1/3 + 7 (1 + b/d) n/M)^2 d/n. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Open Scope R_scope.

Section T2.
Variables d n W : nat.
Variable bias : bool.
Variables (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b v lam : nat -> R) (s : nat -> nat -> R).
Hypothesis HK : KKTnet d n W bias x y w b v lam s.
Variables p q M : R.                      (* M: size of the smaller class, or any smaller number from 1 on *)
Notation D := (INR d).
Notation n_ := (INR n).
Notation e := (beta bias).
Hypothesis HD : 0 < D.
Hypothesis norms : forall i, (i < n)%nat -> K0 d x i i = D.
Hypothesis Hp : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 d x i l) <= p.
Hypothesis Hq : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G d bias x i l) <= q.
Hypothesis Hq0 : 0 <= q.
Hypothesis Hqp : q <= p + e.              (* the least such q satisfies it *)
Hypothesis Hp0 : 0 <= p.
Hypothesis HM1 : 1 <= M.
Hypothesis HM : forall i, (i < n)%nat -> M <= nopp n y i.
Hypothesis Hn : (2 <= n)%nat.
Hypothesis hyp : 3 * n_ * (p + e) <= D.

Notation De := (Delta n D p).
Notation rho := (r n (D + e) q).
Notation S := (Sup n (D + e) q).
Notation A := (Alow n (D + e) (D + e) q).
Definition t2 : R := (q + 7 * (D + e) / M) / De.
Definition B2 : R := 1 / 3 + 7 * (1 + e / D) * (n_ / M).

Lemma n2 : 2 <= n_.  Proof. change 2 with (INR 2); now apply le_INR. Qed.
Lemma e_cases : e = 0 \/ e = 1.  Proof. unfold beta; destruct bias; auto. Qed.
Theorem Delta_ge : 2 * D / 3 <= De.
Proof. unfold Delta. generalize n2, e_cases; intros. assert (n_ * p <= D / 3) by nra. nra. Qed.
Lemma per_class_nn c : 0 <= c -> 0 <= c * (D + e) / M.
Proof. intro. generalize e_cases; intro. apply Rmult_le_pos; [nra|left; apply Rinv_0_lt_compat; lra]. Qed.

Theorem r_third : 0 <= rho /\ rho <= 1 / 3.
Proof.
generalize n2, e_cases; intros. unfold r. split.
- apply Rmult_le_pos; [nra|]. left; apply Rinv_0_lt_compat; lra.
- apply Rmult_le_reg_r with (D + e); [lra|]. unfold Rdiv; rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  assert (q * (n_ - 1) <= (p + e) * n_) by (apply Rmult_le_compat; lra). lra.
Qed.
(* strict with a positive q: q (n - 1) < q n *)
Theorem r_below_third : rho < 1 / 3.
Proof.
destruct r_third as [_ [R|R]]; [easy|exfalso]. generalize n2, e_cases; intros N2 E.
assert (F : rho * (D + e) = q * (n_ - 1)) by (unfold r; field; lra). rewrite R in F.
assert (q * (n_ - 1) <= (p + e) * (n_ - 1)) by (apply Rmult_le_compat_r; lra). nra.
Qed.
Lemma range : rho ^ 2 + 2 * rho - 1 < 0.  Proof. destruct r_third; nra. Qed.
Lemma den_pos : 0 < 1 - rho - rho ^ 2.  Proof. destruct r_third; nra. Qed.
Lemma e_nn : 0 <= e.  Proof. generalize e_cases; lra. Qed.
Lemma SA_pos : 0 < S /\ 0 < A.
Proof.
generalize den_pos, e_nn; destruct r_third; intros P E. unfold Sup, Alow, s1, a1.
split; apply Rdiv_lt_0_compat; try lra; apply Rdiv_lt_0_compat; nra.
Qed.
Theorem S_le : 5 * ((D + e) * S) <= 9.
Proof.
generalize den_pos, e_nn, (proj1 SA_pos); destruct r_third; intros P E SP. apply S5_third with rho; [nra|easy|easy|].
right. unfold Sup, s1. set (g := rho) in *. clearbody g. field. lra.
Qed.
Theorem A_ge : 5 * ((D + e) * A) >= 2.
Proof.
generalize den_pos, e_nn, (proj2 SA_pos); destruct r_third; intros P E AP. apply S6_third with rho; [nra|easy|easy|].
right. unfold Alow, a1. set (g := rho) in *. clearbody g. field. lra.
Qed.

Lemma value i t : (i < n)%nat -> q <= t * De -> y i * N d W w b v (z_at n x y t i) <= S * relu (D + e - t * De) - (t * De - q) * M * A.
Proof.
intros Hi Ht. generalize n2, e_nn, Delta_ge, SA_pos; intros N2 E DG [S0 A0].
assert (HDe : 0 < D + e) by lra.
assert (HG : forall i, (i < n)%nat -> D + e <= G d bias x i i <= D + e) by (intros i' Hi'; unfold G; rewrite norms by easy; lra).
assert (HL0 : forall i, (i < n)%nat -> D <= K0 d x i i) by (intros; rewrite norms by easy; lra).
assert (Tt : 0 <= t) by nra.
apply Rle_trans with (1 := T1_bound d n W bias x y w b v lam s HK (D + e) (D + e) D p q HDe HG Hq0 Hq HL0 Hp range i t Hi Tt Ht).
apply Rplus_le_compat_l, Ropp_le_contravar.
apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_l; [lra|now apply HM].
Qed.
Lemma reaches c t : 0 <= c -> (q + c * (D + e) / M) / De <= t -> q + c * (D + e) / M <= t * De.
Proof.
intros Hc Ht. generalize Delta_ge; intro. apply (Rmult_le_compat_r De) in Ht; [|lra].
unfold Rdiv in Ht at 1. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in Ht by lra. exact Ht.
Qed.
Lemma per_class c tau : q + c * (D + e) / M <= tau -> q * M + c * (D + e) <= tau * M.
Proof.
intro H. apply (Rmult_le_compat_r M) in H; [|lra]. rewrite Rmult_plus_distr_r in H.
unfold Rdiv in H. rewrite Rmult_assoc, Rinv_l in H by lra. lra.
Qed.

Theorem T2_flip i t : (i < n)%nat -> t2 <= t -> y i * N d W w b v (z_at n x y t i) <= -1.
Proof.
intros Hi Ht. generalize (reaches 7 t ltac:(lra) Ht), (per_class_nn 7 ltac:(lra)), e_nn, SA_pos; intros T P E [S0 A0].
apply Rle_trans with (1 := value i t Hi ltac:(lra)).
apply S10_level; [lra|lra|exact S_le|exact A_ge|easy|easy|now apply per_class].
Qed.
Theorem T2_sign i t : (i < n)%nat -> (q + 9 / 2 * (D + e) / M) / De <= t -> y i * N d W w b v (z_at n x y t i) < 0.
Proof.
intros Hi Ht. generalize (reaches (9 / 2) t ltac:(lra) Ht), (per_class_nn (9 / 2) ltac:(lra)), e_nn, SA_pos; intros T P E [S0 A0].
apply Rle_lt_trans with (1 := value i t Hi ltac:(lra)).
apply S10_sign; [lra|lra|exact S_le|exact A_ge|easy|easy|now apply per_class].
Qed.

Theorem u_norm : dot d (u n x y) (u n x y) <= 4 * n_ * D / 3.
Proof.
unfold u at 2. rewrite dot_sum. generalize n2, e_nn; intros N2 E0.
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
generalize n2, e_nn, Delta_ge, u_norm, (per_class_nn 7 ltac:(lra)); intros N2 E0 DG UN P7.
assert (E : dot d (fun k => t2 * u n x y k) (fun k => t2 * u n x y k) = t2 ^ 2 * dot d (u n x y) (u n x y)).
{ unfold dot; rewrite sum_scal; apply sum_ext; intros; ring. }
rewrite E. assert (Tt : 0 <= t2) by (unfold t2; apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]).
assert (tDe : t2 * De = q + 7 * (D + e) / M) by (unfold t2; field; lra).
assert (TB : 2 * (t2 * n_) <= 3 * B2).
{ assert (X : t2 * (2 * D / 3) <= q + 7 * (D + e) / M) by (rewrite <- tDe; apply Rmult_le_compat_l; lra).
  apply Rmult_le_reg_r with (D / 3); [lra|].
  replace (3 * B2 * (D / 3)) with (D / 3 + 7 * (D + e) / M * n_) by (unfold B2; field; lra).
  replace (2 * (t2 * n_) * (D / 3)) with (t2 * (2 * D / 3) * n_) by field.
  assert (t2 * (2 * D / 3) * n_ <= (q + 7 * (D + e) / M) * n_) by (apply Rmult_le_compat_r; lra).
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
