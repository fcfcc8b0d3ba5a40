(* The steps of kkt_margin.main neuron by neuron, and its corollary for equal norms. tau = t Delta, Lambda_j = sum_l lambda_l sigma'_lj.
   kkt_margin.direction_monotone: w_j . u = v_j * (at least Delta Lambda_j). kkt_margin.pairs: for a neuron of the other class
   G_ii v_j^2 lambda_i sigma'_ij <= sum_{l<>i} (-R_il)_+ v_j^2 lambda_l sigma'_lj and |v_j| a_ij >= -q v_j^2 sum_{l<>i} lambda_l sigma'_lj; for one of the
   own class |v_j| times the pre-activation at x_i - t y_i u is at most v_j^2 lambda_i sigma'_ij (U - tau)_+.
   kkt_margin.parts: own part <= S (U - tau)_+, opposite part >= (tau - q) m A. kkt_margin.flip_rate: with equal norms the sign is flipped
   beyond (1/(1 - 2r - r^2) + r m/(n - 1)) U / ((1 + m) Delta). *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Open Scope R_scope.

Section Parts.
Variables d n W : nat.
Variable bias : bool.
Variables (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b v lam : nat -> R) (s : nat -> nat -> R).
Hypothesis HK : KKTnet d n W bias x y w b v lam s.
Notation G := (G d bias x).
Notation K0 := (K0 d x).
Notation R_ := (Rr y G).
Notation A_ := (A W v lam s).
Notation act_at t i j := (dot d (w j) (z_at n x y t i) + b j).
Let H : KKT n W v lam y s G := abstract d n W bias x y w b v lam s HK.
Variables L U L0 p q : R.
Hypothesis HL : 0 < L.
Hypothesis HG : forall i, (i < n)%nat -> L <= G i i <= U.
Hypothesis Hq0 : 0 <= q.
Hypothesis Hq : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G i l) <= q.
Hypothesis HL0 : forall i, (i < n)%nat -> L0 <= K0 i i.
Hypothesis Hp : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 i l) <= p.
Notation De := (Delta n L0 p).
Notation rr := (r n L q).
Notation S := (Sup n L q).
Notation Al := (Alow n L U q).
Notation m := (nopp n y).
Definition weight (j : nat) : R := sum n (fun l => lam l * s l j).

Lemma mass l j : (l < n)%nat -> (j < W)%nat -> 0 <= lam l * s l j.
Proof. apply (mu_nn _ _ _ _ _ _ _ H). Qed.
Lemma speed l : (l < n)%nat -> De <= h n y K0 l.
Proof. apply (h_ge n W v lam y s G K0 H L0 p HL0 Hp). Qed.
Lemma off_diagonal i l : (i < n)%nat -> (l < n)%nat -> l <> i -> - q <= R_ i l <= q.
Proof. apply (R_bd n W v lam y s G H q Hq). Qed.
Lemma along_u z l : (l < n)%nat -> forall e, dot d (fun k => z k - e * u n x y k) (x l) = dot d z (x l) - e * (y l * h n y K0 l).
Proof.
intros Hl e. assert (E : dot d (fun k => z k - e * u n x y k) (x l) = dot d z (x l) + - e * dot d (u n x y) (x l)).
{ unfold dot at 2 3. rewrite (sum_scal d), <- (sum_add d). apply sum_ext; intros; ring. }
rewrite E, (dot_sym d (u n x y)). unfold u; rewrite dot_sum. unfold h, Network.K0.
rewrite (sum_ext n (fun m => y l * y m * dot d (x l) (x m)) (fun m => y l * (y m * dot d (x l) (x m)))) by (intros; ring).
rewrite <- (sum_scal n). replace (y l * (y l * sum n (fun m => y m * dot d (x l) (x m)))) with ((y l * y l) * sum n (fun m => y m * dot d (x l) (x m))) by ring.
rewrite (y_sq _ _ _ _ _ _ _ H l Hl). ring.
Qed.
Lemma act_moved t i j : (i < n)%nat -> (j < W)%nat -> act_at t i j = pre n v lam y s (moved n y G K0 t i) j.
Proof.
intros Hi Hj. rewrite (pre_net d n W bias x y w b v lam s HK) by easy. unfold pre. f_equal. apply sum_ext; intros l Hl. f_equal.
unfold z_at. rewrite (along_u (x i) l Hl (t * y i)). unfold moved, Network.G, Network.K0. ring.
Qed.
Lemma act_own i j : (i < n)%nat -> (j < W)%nat -> act d x w b i j = pre n v lam y s (G i) j.
Proof. intros Hi Hj. unfold act. now rewrite (pre_net d n W bias x y w b v lam s HK). Qed.

(* every neuron moves against its class *)
Theorem direction_monotone j : (j < W)%nat -> v j <> 0 -> De * weight j <= dot d (w j) (u n x y) / v j.
Proof.
intros Hj Hv. assert (E : dot d (w j) (u n x y) = v j * sum n (fun l => h n y K0 l * (lam l * s l j))).
{ rewrite (dot_sym d (w j)). transitivity (v j * dot d (u n x y) (fun k => sum n (fun l => (lam l * y l * s l j) * x l k))).
  - unfold dot. rewrite sum_scal. apply sum_ext; intros k Hk. rewrite (K1 _ _ _ _ _ _ _ _ _ _ _ HK j k Hj Hk). ring.
  - rewrite dot_sum. f_equal. apply sum_ext; intros l Hl.
    assert (Z := along_u (fun _ => 0) l Hl (-1)). cbv beta in Z.
    replace (dot d (fun k => 0 - -1 * u n x y k) (x l)) with (dot d (u n x y) (x l)) in Z by (apply sum_ext; intros; ring).
    replace (dot d (fun _ => 0) (x l)) with 0 in Z by (unfold dot; rewrite (sum_ext d _ (fun _ => 0)), sum_0 by (intros; ring); easy).
    rewrite Z. transitivity (lam l * s l j * (y l * y l) * h n y K0 l); [ring|]. rewrite (y_sq _ _ _ _ _ _ _ H l Hl). ring. }
rewrite E. replace (v j * sum n (fun l => h n y K0 l * (lam l * s l j)) / v j) with (sum n (fun l => h n y K0 l * (lam l * s l j))) by (field; easy).
unfold weight. rewrite (sum_scal n). apply sum_le; intros l Hl. apply Rmult_le_compat_r; [now apply mass|now apply speed].
Qed.

(* a pair of a sample and a neuron of the other class *)
Theorem cross_pair i j : (i < n)%nat -> (j < W)%nat -> 0 < - y i * v j ->
  G i i * (v j ^ 2 * (lam i * s i j)) <= sum_but i n (fun l => relu (- R_ i l) * (v j ^ 2 * (lam l * s l j))).
Proof.
intros Hi Hj Hv. assert (V := pow2_ge_0 (v j)).
assert (B : 0 <= sum_but i n (fun l => relu (- R_ i l) * (v j ^ 2 * (lam l * s l j)))).
{ apply but_nn; intros l Hl _. apply Rmult_le_pos; [apply relu_nn|apply Rmult_le_pos; [easy|now apply mass]]. }
destruct (Rle_lt_dec (s i j) 0) as [Z|P].
- replace (s i j) with 0 by (generalize (s_rng _ _ _ _ _ _ _ H i j Hi Hj); lra). rewrite !Rmult_0_r. exact B.
- assert (O := opp_neuron _ _ _ _ _ _ _ H i j Hi Hj Hv P). rewrite (sum_split n i) in O by easy.
  rewrite (R_ii n W v lam y s G H i Hi) in O.
  assert (Q : sum_but i n (fun l => - v j ^ 2 * (R_ i l * (lam l * s l j))) <= sum_but i n (fun l => relu (- R_ i l) * (v j ^ 2 * (lam l * s l j)))).
  { apply but_le; intros l Hl _. assert (M := mass l j Hl Hj).
    replace (- v j ^ 2 * (R_ i l * (lam l * s l j))) with (- R_ i l * (v j ^ 2 * (lam l * s l j))) by ring.
    apply Rmult_le_compat_r; [now apply Rmult_le_pos|apply relu_ge]. }
  rewrite <- but_scal in Q. nra.
Qed.
Lemma cross_row i j : (i < n)%nat -> (j < W)%nat -> 0 < - y i * v j ->
  sum n (fun l => R_ i l * (lam l * s l j)) <= q * sum_but i n (fun l => lam l * s l j).
Proof.
intros Hi Hj Hv. assert (B : 0 <= q * sum_but i n (fun l => lam l * s l j)) by (apply Rmult_le_pos; [easy|apply but_nn; intros; now apply mass]).
destruct (Rle_lt_dec (s i j) 0) as [Z|P].
- rewrite (sum_split n i) by easy. replace (s i j) with 0 by (generalize (s_rng _ _ _ _ _ _ _ H i j Hi Hj); lra).
  rewrite !Rmult_0_r, Rplus_0_l, but_scal. apply but_le; intros l Hl E. apply Rmult_le_compat_r; [now apply mass|apply off_diagonal; easy].
- generalize (opp_neuron _ _ _ _ _ _ _ H i j Hi Hj Hv P). lra.
Qed.
Theorem cross_activation i j : (i < n)%nat -> (j < W)%nat -> 0 < - y i * v j ->
  - q * (v j ^ 2 * sum_but i n (fun l => lam l * s l j)) <= - y i * v j * act d x w b i j.
Proof.
intros Hi Hj Hv. rewrite act_own by easy. replace (- y i * v j * pre n v lam y s (G i) j) with (- (y i * v j * pre n v lam y s (G i) j)) by ring.
rewrite (vpre n v lam y s). change (fun l => y i * y l * G i l * (lam l * s l j)) with (fun l => R_ i l * (lam l * s l j)).
generalize (cross_row i j Hi Hj Hv), (pow2_ge_0 (v j)). nra.
Qed.
(* a neuron of the own class along the path *)
Theorem own_activation i j t : (i < n)%nat -> (j < W)%nat -> 0 < y i * v j -> 0 <= t -> q <= t * De ->
  y i * v j * act_at t i j <= v j ^ 2 * (lam i * s i j) * relu (U - t * De).
Proof.
intros Hi Hj Hv Ht HqD. rewrite act_moved, (vpre n v lam y s) by easy. rewrite Rmult_assoc. apply Rmult_le_compat_l; [apply pow2_ge_0|].
rewrite (sum_split n i) by easy. rewrite (moved_R n W v lam y s G K0 H t i i Hi Hi), (R_ii n W v lam y s G H i Hi).
assert (B : sum_but i n (fun l => y i * y l * moved n y G K0 t i l * (lam l * s l j)) <= sum_but i n (fun _ => 0)).
{ apply but_le; intros l Hl E. rewrite (moved_R n W v lam y s G K0 H t i l Hi Hl). assert (M := mass l j Hl Hj).
  assert (D := speed l Hl). assert (O := off_diagonal i l Hi Hl E). assert (t * De <= t * h n y K0 l) by (apply Rmult_le_compat_l; easy). nra. }
rewrite but_const in B by easy. assert (M := mass i j Hi Hj). assert (D := speed i Hi). destruct (HG i Hi).
assert (t * De <= t * h n y K0 i) by (apply Rmult_le_compat_l; easy). assert (R1 := relu_ge (U - t * De)). nra.
Qed.

(* what the own and the opposite neurons contribute to y_i N(x_i - t y_i u) = own part - opposite part *)
Definition own_part (t : R) (i : nat) : R := sum W (fun j => if Rlt_dec 0 (y i * v j) then y i * v j * relu (act_at t i j) else 0).
Definition opposite_part (t : R) (i : nat) : R := sum W (fun j => if Rlt_dec 0 (- y i * v j) then - y i * v j * relu (act_at t i j) else 0).
Theorem value_by_parts t i : (i < n)%nat -> y i * N d W w b v (z_at n x y t i) = own_part t i - opposite_part t i.
Proof.
intro Hi. unfold own_part, opposite_part, Network.N. rewrite (sum_scal W).
replace (sum W (fun j => if Rlt_dec 0 (y i * v j) then y i * v j * relu (act_at t i j) else 0) - sum W (fun j => if Rlt_dec 0 (- y i * v j) then - y i * v j * relu (act_at t i j) else 0))
  with (sum W (fun j => if Rlt_dec 0 (y i * v j) then y i * v j * relu (act_at t i j) else 0) + -1 * sum W (fun j => if Rlt_dec 0 (- y i * v j) then - y i * v j * relu (act_at t i j) else 0)) by ring.
rewrite (sum_scal W), <- (sum_add W). apply sum_ext; intros j Hj.
destruct (own_or_opp v (y i) j (lab _ _ _ _ _ _ _ H i Hi)) as [E|[[E F]|[E F]]]; destruct (Rlt_dec 0 (y i * v j)), (Rlt_dec 0 (- y i * v j)); try tauto;
  try (rewrite E; ring); try (exfalso; rewrite E in *; lra); ring.
Qed.
Theorem own_part_below t i : (i < n)%nat -> rr ^ 2 + 2 * rr - 1 < 0 -> 0 <= t -> q <= t * De -> own_part t i <= S * relu (U - t * De).
Proof.
intros Hi Hr Ht HqD. assert (Hn : (0 < n)%nat) by lia.
apply Rle_trans with (relu (U - t * De) * A_ (y i) i).
- unfold own_part, A. rewrite (sum_scal W). apply sum_le; intros j Hj. destruct Rlt_dec as [P|]; [|lra].
  rewrite relu_scal by lra. apply relu_lub; [apply Rmult_le_pos; [apply relu_nn|]; rewrite Rmult_assoc; apply Rmult_le_pos; [apply pow2_ge_0|now apply mass]|].
  generalize (own_activation i j t Hi Hj P Ht HqD). lra.
- rewrite Rmult_comm. apply Rmult_le_compat_r; [apply relu_nn|]. exact (own_upper n W v lam y s G H L U q HL HG Hq0 Hq Hn Hr i Hi).
Qed.
Theorem opposite_part_above t i : (i < n)%nat -> rr ^ 2 + 2 * rr - 1 < 0 -> 0 <= t -> q <= t * De -> (t * De - q) * m i * Al <= opposite_part t i.
Proof.
intros Hi Hr Ht HqD. assert (Hn : (0 < n)%nat) by lia.
apply Rle_trans with ((t * De - q) * sum n (fun l => A_ (- y i) l)).
- rewrite Rmult_assoc. apply Rmult_le_compat_l; [lra|].
  apply (opp_sum n W v lam y s G H Al i Hi); [left; exact (Alow_pos n G L U q HL HG Hq0 Hn Hr)|].
  intros l Hl. exact (own_lower n W v lam y s G H L U q HL HG Hq0 Hq Hn Hr l Hl).
- rewrite (sum_ext n (fun l => A_ (- y i) l) (fun l => 1 * A_ (- y i) l)) by (intros; ring). rewrite (A_sum n W v lam s), (sum_scal W).
  apply sum_le; intros j Hj. unfold msk. destruct Rlt_dec as [P|]; [|lra].
  apply Rle_trans with (- y i * v j * act_at t i j); [|apply Rmult_le_compat_l; [lra|apply relu_ge]].
  rewrite act_moved by easy. replace (- y i * v j * pre n v lam y s (moved n y G K0 t i) j) with (- (y i * v j * pre n v lam y s (moved n y G K0 t i) j)) by ring.
  rewrite (vpre n v lam y s). assert (C := cross_row i j Hi Hj P). assert (V := pow2_ge_0 (v j)).
  assert (E : sum n (fun l => y i * y l * moved n y G K0 t i l * (lam l * s l j)) <= sum n (fun l => R_ i l * (lam l * s l j)) + - (t * De) * sum n (fun l => 1 * (lam l * s l j))).
  { rewrite (sum_scal n), <- (sum_add n). apply sum_le; intros l Hl. rewrite (moved_R n W v lam y s G K0 H t i l Hi Hl).
    assert (M := mass l j Hl Hj). assert (D := speed l Hl). assert (t * De <= t * h n y K0 l) by (apply Rmult_le_compat_l; easy). nra. }
  assert (F : sum_but i n (fun l => lam l * s l j) <= sum n (fun l => 1 * (lam l * s l j))).
  { rewrite (sum_split n i (fun l => 1 * _)) by easy.
    assert (Z : sum_but i n (fun l => 1 * (lam l * s l j)) = sum_but i n (fun l => lam l * s l j)) by (rewrite <- but_scal; ring).
    rewrite Z. generalize (mass i j Hi Hj). lra. }
  set (T := sum n (fun l => 1 * (lam l * s l j))) in *. assert (q * sum_but i n (fun l => lam l * s l j) <= q * T) by (apply Rmult_le_compat_l; easy).
  nra.
Qed.

(* equal norms *)
Theorem flip_rate i t : (i < n)%nat -> (2 <= n)%nat -> L = U -> rr ^ 2 + 2 * rr - 1 < 0 -> 0 < De -> 0 < m i ->
  (1 / (1 - 2 * rr - rr ^ 2) + rr * m i / (INR n - 1)) * U / ((1 + m i) * De) < t -> y i * N d W w b v (z_at n x y t i) < 0.
Proof.
intros Hi Hn E Hr HD Hm Ht. assert (Hn0 : (0 < n)%nat) by lia.
apply (T1_sign d n W bias x y w b v lam s HK L U L0 p q HL HG Hq0 Hq HL0 Hp Hr HD i t Hi Hm).
apply Rle_lt_trans with (2 := Ht). assert (R0 := r0 n L q HL Hq0 Hn0).
assert (N1 : 1 <= INR n - 1) by (assert (2 <= INR n) by (change 2 with (INR 2); now apply le_INR); lra).
assert (Eq : q = rr * L / (INR n - 1)) by (unfold r; field; lra).
unfold Sup, Alow, s1, a1. rewrite <- E. set (g := rr) in *. set (M := m i) in *. set (k := INR n - 1) in *.
assert (A0 : 0 < 1 - 2 * g - g ^ 2) by lra. assert (D0 : 0 < 1 - g - g ^ 2) by nra. set (a := 1 - 2 * g - g ^ 2) in *. set (dn := 1 - g - g ^ 2) in *.
assert (A1 : a <= 1) by (unfold a; nra). clearbody g M k a dn. rewrite Eq.
assert (P : 0 < 1 + M * a) by nra.
replace ((1 / dn / L * L + g * L / k * M * (a / dn / L)) / (1 / dn / L + M * (a / dn / L)) / De) with ((1 + g * M * a / k) * L / (1 + M * a) / De).
2:{ field. repeat split; try lra; nra. }
replace ((1 / a + g * M / k) * L / ((1 + M) * De)) with ((1 + g * M * a / k) * L / (a * (1 + M)) / De) by (field; repeat split; lra).
assert (Y : 0 <= (1 + g * M * a / k) * L).
{ apply Rmult_le_pos; [|lra]. assert (0 <= g * M * a / k); [|lra]. apply Rmult_le_pos; [apply Rmult_le_pos; [apply Rmult_le_pos|]|left; apply Rinv_0_lt_compat]; lra. }
assert (I : / (1 + M * a) <= / (a * (1 + M))) by (apply Rinv_le_contravar; nra).
assert (C := Rmult_le_compat_l _ _ _ Y I). assert (J : 0 <= / De) by (left; now apply Rinv_0_lt_compat).
exact (Rmult_le_compat_r _ _ _ J C).
Qed.
End Parts.
Print Assumptions flip_rate.
