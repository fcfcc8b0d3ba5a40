(* kkt_margin.radius_lower_bound: whenever r^2 + r < 1, no KKT point is flipped at a sample by a perturbation shorter than
   L (1 - r - r^2) / ((1 + r) sqrt(n (U + q (n - 1)))); and for any bounds B_l of own_l + cross_l (kkt_margin.all_points), no
   input gradient is longer than sqrt(B^T max(y y^T * K0, 0) B), so no perturbation shorter than its reciprocal flips. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network Thinmargin.KktIdentities.
Open Scope R_scope.

Section Radius.
Variables d n W : nat.
Variable bias : bool.
Variables (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b v lam : nat -> R) (s : nat -> nat -> R).
Hypothesis HK : KKTnet d n W bias x y w b v lam s.
Notation dot := (dot d).
Notation N := (N d W w b v).
Notation A := (A W v lam s).
Notation G := (G d bias x).
Notation K0 := (K0 d x).
Let H : KKT n W v lam y s G := abstract d n W bias x y w b v lam s HK.

(* beta_l: how much sample l contributes to a gradient with gates tau *)
Definition mass (tau : nat -> R) (l : nat) : R := sum W (fun j => tau j * v j ^ 2 * (lam l * s l j)).
Lemma mass_range tau l : (forall j, (j < W)%nat -> 0 <= tau j <= 1) -> (l < n)%nat -> 0 <= mass tau l <= A (y l) l + A (- y l) l.
Proof.
intros T Hl. unfold mass. rewrite !A_msk, <- sum_add.
assert (P : forall j, (j < W)%nat -> 0 <= lam l * s l j) by (intros; apply (mu_nn _ _ _ _ _ _ _ H); easy).
split.
- apply sum_nn; intros j Hj. apply Rmult_le_pos; [apply Rmult_le_pos; [apply T, Hj|apply pow2_ge_0]|auto].
- apply sum_le; intros j Hj. rewrite <- Rmult_plus_distr_r. apply Rmult_le_compat_r; [auto|]. destruct (T j Hj).
  assert (Q := pow2_ge_0 (v j)).
  destruct (msk_cases v (y l) j (lab _ _ _ _ _ _ _ H l Hl)) as [(E & -> & ->)|[(E & -> & ->)|(E & -> & ->)]]; [rewrite E; lra|nra|nra].
Qed.
Lemma gradient_samples tau z : sum W (fun j => tau j * (v j * dot (w j) z)) = dot z (fun k => sum n (fun l => y l * mass tau l * x l k)).
Proof.
rewrite dot_sum. rewrite (sum_ext W _ (fun j => sum n (fun l => tau j * v j ^ 2 * (lam l * s l j) * (y l * dot z (x l))))).
- rewrite sum_swap. apply sum_ext; intros l Hl. unfold mass.
  rewrite (sum_ext W _ (fun j => y l * dot z (x l) * (tau j * v j ^ 2 * (lam l * s l j)))) by (intros; ring). rewrite <- (sum_scal W). ring.
- intros j Hj. replace (dot (w j) z) with (v j * dot z (g n x y lam s j)).
  + rewrite <- along_sum. rewrite !sum_scal. apply sum_ext; intros; ring.
  + unfold Network.dot. rewrite sum_scal. apply sum_ext; intros k Hk. rewrite (weights d n W bias x y w b v lam s HK j k Hj Hk). ring.
Qed.

Section Bounded.
Variable C : R.                           (* squared length of every gradient with masses up to own + cross *)
Hypothesis HC : forall be, (forall l, (l < n)%nat -> 0 <= be l <= A (y l) l + A (- y l) l) ->
  sum n (fun l => sum n (fun m => y l * y m * (be l * be m) * K0 l m)) <= C.
Theorem gradient_length tau : (forall j, (j < W)%nat -> 0 <= tau j <= 1) ->
  dot (gradient W w v tau) (gradient W w v tau) <= C.
Proof.
intro T. rewrite (gradient_along d W w v), gradient_samples. set (S := fun k => sum n (fun l => y l * mass tau l * x l k)).
assert (E : forall z, dot z (gradient W w v tau) = dot z S) by (intro z; rewrite (gradient_along d W w v); apply gradient_samples).
rewrite dot_sym, E. unfold S at 1. rewrite dot_sym. unfold S. rewrite dot_sum.
apply Rle_trans with (2 := HC (mass tau) (fun l Hl => mass_range tau l T Hl)). right.
apply sum_ext; intros l Hl. rewrite dot_sym, dot_sum, sum_scal. apply sum_ext; intros m Hm. unfold Network.K0. ring.
Qed.
Theorem radius_by_gradient i e : (i < n)%nat -> y i * N (fun k => x i k + e k) <= 0 -> 1 <= dot e e * C.
Proof.
intros Hi F. assert (M := K4 _ _ _ _ _ _ _ _ _ _ _ HK i Hi).
assert (I := increment d W w b v (x i) (fun k => x i k + e k)).
set (tau := fun j => share (dot (w j) (x i) + b j) (dot (w j) (fun k => x i k + e k) + b j)).
assert (T : forall j, (j < W)%nat -> 0 <= tau j <= 1) by (intros; apply share_spec).
assert (I2 : N (fun k => x i k + e k) - N (x i) = dot e (gradient W w v tau)).
{ rewrite (gradient_along d W w v). rewrite I. apply sum_ext; intros j Hj. unfold tau.
  replace (dot (w j) (fun k => x i k + e k - x i k)) with (dot (w j) e) by (apply sum_ext; intros; ring). reflexivity. }
assert (CS := dot_cauchy d e (gradient W w v tau)). rewrite <- I2 in CS.
assert (L := gradient_length tau T). assert (E0 := dot_nn d e).
apply Rle_trans with (dot e e * dot (gradient W w v tau) (gradient W w v tau)); [|apply Rmult_le_compat_l; easy].
apply Rle_trans with (2 := CS).
set (P := N (fun k => x i k + e k)) in *. set (Q := N (x i)) in *. clearbody P Q.
assert (D : 1 <= y i * Q - y i * P) by lra.
assert (E : (P - Q) ^ 2 = (y i * Q - y i * P) ^ 2) by (destruct (klab _ _ _ _ _ _ _ _ _ _ _ HK i Hi) as [-> | ->]; ring).
rewrite E. nra.
Qed.
End Bounded.

(* instance form *)
Theorem radius_by_sums B : (forall l, (l < n)%nat -> A (y l) l + A (- y l) l <= B l) -> forall i e, (i < n)%nat ->
  y i * N (fun k => x i k + e k) <= 0 -> 1 <= dot e e * sum n (fun l => sum n (fun m => B l * B m * relu (y l * y m * K0 l m))).
Proof.
intros HB i e Hi F. apply radius_by_gradient with i; [|easy|easy]. intros be Hbe.
apply sum_le; intros l Hl. apply sum_le; intros m Hm.
destruct (Hbe l Hl) as [P1 P2], (Hbe m Hm) as [Q1 Q2]. assert (BL := HB l Hl). assert (BM := HB m Hm).
assert (R0 := relu_nn (y l * y m * K0 l m)). assert (R1 := relu_ge (y l * y m * K0 l m)).
replace (y l * y m * (be l * be m) * K0 l m) with (be l * be m * (y l * y m * K0 l m)) by ring.
apply Rle_trans with (be l * be m * relu (y l * y m * K0 l m)); [apply Rmult_le_compat_l; [now apply Rmult_le_pos|easy]|].
apply Rmult_le_compat_r; [easy|]. apply Rmult_le_compat; lra.
Qed.

(* closed form *)
Variables L U q : R.
Hypothesis HL : 0 < L.
Hypothesis HG : forall i, (i < n)%nat -> L <= G i i <= U.
Hypothesis Hq0 : 0 <= q.
Hypothesis Hq : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G i l) <= q.
Notation r := (r n L q).
Theorem radius_lower_bound : r ^ 2 + r < 1 -> forall i e, (i < n)%nat -> y i * N (fun k => x i k + e k) <= 0 ->
  (L * (1 - r - r ^ 2)) ^ 2 / ((U + q * (INR n - 1)) * INR n * (1 + r) ^ 2) <= dot e e.
Proof.
intros Hr i e Hi F. assert (Hn : (0 < n)%nat) by lia. assert (D : 0 < 1 - r - r ^ 2) by lra.
assert (R0 := r0 n L q HL Hq0 Hn). assert (N1 := n1 n Hn). assert (U0 : 0 < U) by (generalize (HG i Hi); lra).
set (B := (1 + r) * Sup n L q).
assert (HB : forall l, (l < n)%nat -> A (y l) l + A (- y l) l <= B).
{ intros l Hl. generalize (own_upper_wide n W v lam y s G H L U q HL HG Hq0 Hq Hn D l Hl), (cross_upper_wide n W v lam y s G H L U q HL HG Hq0 Hq Hn D l Hl).
  unfold B. lra. }
assert (SP : 0 < Sup n L q) by (unfold Sup, s1; apply Rdiv_lt_0_compat; [apply Rdiv_lt_0_compat|]; lra).
assert (BP : 0 < B) by (unfold B; nra).
set (V := U + q * (INR n - 1)). assert (VP : 0 < V) by (unfold V; nra).
assert (K : 1 <= dot e e * (INR n * (B ^ 2 * V))).
{ apply radius_by_gradient with i; [|easy|easy]. intros be Hbe.
  assert (Raw : sum n (fun l => sum n (fun m => y l * y m * (be l * be m) * K0 l m)) <= sum n (fun l => sum n (fun m => y l * y m * (be l * be m) * G l m))).
  { rewrite (sum_ext n (fun l => sum n (fun m => y l * y m * (be l * be m) * G l m))
      (fun l => sum n (fun m => y l * y m * (be l * be m) * K0 l m) + beta bias * sum n (fun m => y m * be m) * (y l * be l))).
    2:{ intros l Hl. rewrite Rmult_assoc, (Rmult_comm (sum n _)), sum_scal, sum_scal, <- sum_add. apply sum_ext; intros; unfold Network.G; ring. }
    rewrite sum_add, <- sum_scal. assert (0 <= beta bias) by (unfold beta; destruct bias; lra). set (T := sum n (fun m => y m * be m)). nra. }
  apply Rle_trans with (1 := Raw). rewrite <- sum_const. apply sum_le; intros l Hl.
  destruct (Hbe l Hl) as [P1 P2]. assert (BL := HB l Hl). rewrite (sum_split n l) by easy.
  assert (Y2 : y l * y l = 1) by (destruct (lab _ _ _ _ _ _ _ H l Hl) as [-> | ->]; ring). rewrite Y2, Rmult_1_l.
  assert (E1 : be l * be l * G l l <= B * B * U).
  { destruct (HG l Hl). apply Rmult_le_compat; [nra|lra| |easy]. apply Rmult_le_compat; lra. }
  assert (E2 : sum_but l n (fun m => y l * y m * (be l * be m) * G l m) <= sum_but l n (fun _ => B * B * q)).
  { apply but_le; intros m Hm E. destruct (Hbe m Hm) as [Q1 Q2]. assert (BM := HB m Hm). assert (Bd := Rabs_bd _ _ (Hq l m Hl Hm E)).
    replace (y l * y m * (be l * be m) * G l m) with (be l * be m * (y l * y m * G l m)) by ring.
    apply Rle_trans with (be l * be m * q).
    - apply Rmult_le_compat_l; [now apply Rmult_le_pos|]. destruct (lab _ _ _ _ _ _ _ H l Hl) as [-> | ->], (lab _ _ _ _ _ _ _ H m Hm) as [-> | ->]; lra.
    - apply Rmult_le_compat_r; [easy|]. apply Rmult_le_compat; lra. }
  rewrite but_const in E2 by easy. unfold V. lra. }
assert (NP : 0 < INR n) by (apply lt_0_INR; lia).
set (Q := V * INR n * (1 + r) ^ 2). assert (QP : 0 < Q) by (unfold Q; repeat apply Rmult_lt_0_compat; nra).
apply Rmult_le_reg_r with (Q / (L * (1 - r - r ^ 2)) ^ 2).
{ apply Rdiv_lt_0_compat; [easy|]. apply pow_lt. nra. }
replace ((L * (1 - r - r ^ 2)) ^ 2 / Q * (Q / (L * (1 - r - r ^ 2)) ^ 2)) with 1 by (field; repeat split; lra).
apply Rle_trans with (1 := K). right. f_equal. unfold Q, B, Sup, s1. set (rr := r) in *. clearbody rr. field. repeat split; lra.
Qed.
End Radius.
Print Assumptions radius_lower_bound.
