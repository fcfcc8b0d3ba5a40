(* kkt_margin.class_sums, direction_monotone, parts, main, weak and unseen in terms of the Gram matrix: the class sums of every KKT
   point are pinned between constants of the data, so one direction known from the data flips every sample. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint.
Open Scope R_scope.

Section T1.
Variables n W : nat.
Variables (v lam y : nat -> R) (s G K0 : nat -> nat -> R).
Hypothesis H : KKT n W v lam y s G.
Variables L U L0 p q : R.
Hypothesis HL : 0 < L.
Hypothesis HG : forall i, (i < n)%nat -> L <= G i i <= U.
Hypothesis Hq0 : 0 <= q.
Hypothesis Hq : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G i l) <= q.
Hypothesis HK : forall i, (i < n)%nat -> L0 <= K0 i i.
Hypothesis Hp : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 i l) <= p.

Notation A := (A W v lam s).
Notation own i := (A (y i) i).
Notation cross i := (A (- y i) i).
Notation R_ := (Rr y G).
Definition r : R := q * (INR n - 1) / L.
Definition s1 : R := 1 / (1 - r - r ^ 2).
Definition a1 : R := (1 - 2 * r - r ^ 2) / (1 - r - r ^ 2).
Definition Sup : R := s1 / L.
Definition Alow : R := a1 / U.
Definition Delta : R := L0 - p * (INR n - 1).
Definition nopp (i : nat) : R := sum n (fun l => if Req_EM_T (y l) (- y i) then 1 else 0).
(* h_l = y_l <x_l, u>, u = sum_m y_m x_m *)
Definition h (l : nat) : R := sum n (fun m => y l * y m * K0 l m).
(* inner products of x_i - t y_i u with the lifted samples *)
Definition moved (t : R) (i l : nat) : R := G i l - t * y i * (y l * h l).

Lemma Gp i : (i < n)%nat -> 0 < G i i.
Proof. intro Hi; generalize (HG i Hi); lra. Qed.
Lemma pm i l : (i < n)%nat -> (l < n)%nat -> y i * y l = 1 \/ y i * y l = -1.
Proof. intros Hi Hl; destruct (lab _ _ _ _ _ _ _ H i Hi) as [-> | ->], (lab _ _ _ _ _ _ _ H l Hl) as [-> | ->]; lra. Qed.
Lemma R_bd i l : (i < n)%nat -> (l < n)%nat -> l <> i -> - q <= R_ i l <= q.
Proof.
intros Hi Hl E; generalize (Hq i l Hi Hl E); unfold Rr; intro B; apply Rabs_bd in B.
destruct (pm i l Hi Hl) as [-> | ->]; lra.
Qed.
Lemma R_ii i : (i < n)%nat -> R_ i i = G i i.
Proof. intro Hi; unfold Rr; rewrite (y_sq _ _ _ _ _ _ _ H); [ring|easy]. Qed.
Lemma A0 sg l : (l < n)%nat -> 0 <= A sg l.
Proof. apply (A_nn _ _ _ _ _ _ _ H). Qed.
Lemma A_cases i l : (i < n)%nat -> (l < n)%nat ->
  (y l = y i /\ A (y i) l = own l /\ A (- y i) l = cross l) \/
  (y l = - y i /\ A (y i) l = cross l /\ A (- y i) l = own l).
Proof.
intros Hi Hl; destruct (lab _ _ _ _ _ _ _ H i Hi) as [E | E], (lab _ _ _ _ _ _ _ H l Hl) as [F | F]; rewrite E, F;
  [left|right|right|left]; repeat split; try lra; f_equal; lra.
Qed.
Lemma rL : r * L = q * (INR n - 1).
Proof. unfold r; field; lra. Qed.

(* r^2 + r < 1 suffices for the bounds from above *)
Section Wide.
Hypothesis Hn : (0 < n)%nat.
Hypothesis den : 0 < 1 - r - r ^ 2.

Lemma n1 : 0 <= INR n - 1.
Proof. assert (1 <= INR n) by (change 1 with (INR 1); apply le_INR; lia). lra. Qed.
Lemma r0 : 0 <= r.
Proof. unfold r; apply Rmult_le_pos; [apply Rmult_le_pos; [easy|apply n1]|left; now apply Rinv_0_lt_compat]. Qed.
Lemma below_one : r < 1.          Proof. generalize r0; nra. Qed.

(* bounds of the class sums *)
Lemma own_cross : exists Sm, 0 <= Sm /\ L * Sm * (1 - r - r ^ 2) <= 1 /\
  (forall i, (i < n)%nat -> own i <= Sm /\ cross i <= r * Sm) /\
  (forall i, (i < n)%nat -> U * own i >= 1 - r * L * Sm).
Proof.
destruct (sum_max n (fun i => own i) Hn) as (Sm & ks & Hks & ES & BS).
destruct (sum_max n (fun i => cross i) Hn) as (Cm & kc & Hkc & EC & BC).
simpl in *.
assert (S0 : 0 <= Sm) by (rewrite <- ES; now apply A0).
assert (X : L * Cm <= r * L * Rmax Sm Cm).
{ generalize (ineq_X _ _ _ _ _ _ _ H kc Hkc). rewrite EC. intro X.
  assert (C0 : 0 <= Cm) by (rewrite <- EC; now apply A0).
  assert (X2 : sum_but kc n (fun l => relu (- R_ kc l) * A (- y kc) l) <= sum_but kc n (fun _ => q * Rmax Sm Cm)).
  { apply but_le; intros l Hl E. apply Rmult_le_compat; [apply relu_nn|now apply A0| |].
    - apply relu_lub; [easy|]. generalize (R_bd kc l Hkc Hl E); lra.
    - destruct (A_cases kc l Hkc Hl) as [(_ & _ & ->)|(_ & _ & ->)].
      + apply Rle_trans with Cm; [now apply BC|apply Rmax_r].
      + apply Rle_trans with Sm; [now apply BS|apply Rmax_l]. }
  rewrite but_const in X2 by easy. rewrite rL. generalize (HG kc Hkc); nra. }
assert (C1 : Cm <= r * Sm).
{ apply S4 with L; [easy|split; [apply r0|apply below_one]|easy|exact X]. }
assert (CS : Cm <= Sm) by (generalize r0, below_one; nra).
assert (U5 : L * Sm <= 1 + r * L * (Sm + Cm)).
{ destruct (Rle_lt_or_eq_dec 0 (lam ks)) as [Hl|Hl]; [now apply (lam_nn _ _ _ _ _ _ _ H)| |].
  - generalize (ineq_U _ _ _ _ _ _ _ H Gp ks Hks Hl). rewrite (sum_split n ks), ES, R_ii by easy. intro X0.
    assert (X2 : sum_but ks n (fun l => relu (- R_ ks l) * A (- y ks) l) + -1 * sum_but ks n (fun l => R_ ks l * A (y ks) l)
                 <= sum_but ks n (fun _ => q * (Sm + Cm))).
    { rewrite but_scal. unfold sum_but; rewrite <- sum_add; apply sum_le; intros l Hll.
      destruct (Nat.eqb_spec l ks) as [|E]; [lra|].
      assert (B := R_bd ks l Hks Hll E).
      assert (B2 : relu (- R_ ks l) <= q) by (apply relu_lub; lra).
      assert (P1 := A0 (y ks) l Hll). assert (P2 := A0 (- y ks) l Hll).
      assert (A (y ks) l + A (- y ks) l <= Sm + Cm).
      { generalize (BS l Hll), (BC l Hll). destruct (A_cases ks l Hks Hll) as [(_ & -> & ->)|(_ & -> & ->)]; lra. }
      nra. }
    rewrite but_const in X2 by easy. rewrite rL. generalize (HG ks Hks); nra.
  - assert (Z : Sm = 0) by (rewrite <- ES; now apply A_lam0). rewrite Z in *.
    assert (0 <= r * L) by (generalize r0; nra). assert (0 <= Cm) by (rewrite <- EC; now apply A0). nra. }
exists Sm; repeat split.
- easy.
- apply S5 with Cm; [easy|apply r0|easy|easy].
- now apply BS.
- apply Rle_trans with Cm; [now apply BC|easy].
- intros i Hi. generalize (ineq_L _ _ _ _ _ _ _ H i Hi). rewrite (sum_split n i), R_ii by easy. intro X0.
  rewrite relu_pos in X0 by (generalize (Gp i Hi); lra).
  assert (X2 : sum_but i n (fun l => relu (R_ i l) * A (y i) l) <= sum_but i n (fun _ => q * Sm)).
  { apply but_le; intros l Hl E. apply Rmult_le_compat; [apply relu_nn|now apply A0| |].
    - apply relu_lub; [easy|]. generalize (R_bd i l Hi Hl E); lra.
    - generalize (BS l Hl), (BC l Hl). destruct (A_cases i l Hi Hl) as [(_ & -> & _)|(_ & -> & _)]; lra. }
  rewrite but_const in X2 by easy. rewrite rL. generalize (HG i Hi), (A0 (y i) i Hi); nra.
Qed.

Lemma Sup_pos : 0 < Sup.
Proof. unfold Sup, s1; generalize den; intro D. apply Rdiv_lt_0_compat; [apply Rdiv_lt_0_compat|]; lra. Qed.
Lemma U_pos : 0 < U.
Proof. generalize (HG 0 Hn); lra. Qed.
Theorem own_upper_wide i : (i < n)%nat -> own i <= Sup.
Proof.
intro Hi; destruct own_cross as (Sm & _ & B & C & _). apply Rle_trans with Sm; [now apply C|].
generalize den; intro D. unfold Sup, s1. apply Rmult_le_reg_r with (L * (1 - r - r ^ 2)); [nra|].
replace (1 / (1 - r - r ^ 2) / L * (L * (1 - r - r ^ 2))) with 1 by (field; lra). lra.
Qed.
Theorem cross_upper_wide i : (i < n)%nat -> cross i <= r * Sup.
Proof.
intro Hi; destruct own_cross as (Sm & _ & B & C & _). apply Rle_trans with (r * Sm); [now apply C|].
generalize den; intro D. apply Rmult_le_compat_l; [apply r0|]. unfold Sup, s1. apply Rmult_le_reg_r with (L * (1 - r - r ^ 2)); [nra|].
replace (1 / (1 - r - r ^ 2) / L * (L * (1 - r - r ^ 2))) with 1 by (field; lra). lra.
Qed.
Theorem own_lower_wide i : (i < n)%nat -> Alow <= own i.
Proof.
intro Hi; destruct own_cross as (Sm & _ & B & _ & C). generalize den, U_pos; intros D HU.
generalize (S6 L U r (own i) Sm r0 D B (C i Hi)); intro E. unfold Alow, a1.
apply Rmult_le_reg_r with (U * (1 - r - r ^ 2)); [nra|].
replace ((1 - 2 * r - r ^ 2) / (1 - r - r ^ 2) / U * (U * (1 - r - r ^ 2))) with (1 - 2 * r - r ^ 2) by (field; lra). lra.
Qed.
End Wide.

Section Bounds.
Hypothesis Hn : (0 < n)%nat.
Hypothesis Hr : r ^ 2 + 2 * r - 1 < 0.
Lemma den : 0 < 1 - r - r ^ 2.   Proof. generalize (r0 Hn); lra. Qed.
Lemma r_lt1 : r < 1.             Proof. exact (below_one Hn den). Qed.
Lemma S_pos : 0 < Sup.           Proof. exact (Sup_pos den). Qed.
Lemma Alow_pos : 0 < Alow.
Proof. unfold Alow, a1; generalize den, (U_pos Hn); intros. apply Rdiv_lt_0_compat; [apply Rdiv_lt_0_compat|]; lra. Qed.

Theorem own_upper i : (i < n)%nat -> own i <= Sup.          Proof. exact (own_upper_wide Hn den i). Qed.
Theorem cross_upper i : (i < n)%nat -> cross i <= r * Sup.  Proof. exact (cross_upper_wide Hn den i). Qed.
Theorem own_lower i : (i < n)%nat -> Alow <= own i.         Proof. exact (own_lower_wide Hn den i). Qed.
Theorem support i : (i < n)%nat -> 0 < lam i /\ y i * net n W v lam y s (G i) = 1.
Proof.
intro Hi. assert (P : 0 < lam i).
{ destruct (Rle_lt_or_eq_dec 0 (lam i)) as [Hl|Hl]; [now apply (lam_nn _ _ _ _ _ _ _ H)|easy|].
  generalize (own_lower i Hi), Alow_pos. rewrite A_lam0 by easy. lra. }
split; [easy|]. destruct (Rmult_integral _ _ (compl _ _ _ _ _ _ _ H i Hi)); lra.
Qed.
End Bounds.

(* kkt_margin.direction_monotone *)
Lemma h_ge l : (l < n)%nat -> Delta <= h l.
Proof.
intro Hl. unfold h. rewrite (sum_split n l) by easy.
assert (D : sum_but l n (fun _ => - p) <= sum_but l n (fun m => y l * y m * K0 l m)).
{ apply but_le; intros m Hm E. generalize (Hp l m Hl Hm E); intro B. apply Rabs_bd in B.
  destruct (pm l m Hl Hm) as [-> | ->]; lra. }
rewrite but_const in D by easy. rewrite (y_sq _ _ _ _ _ _ _ H) by easy. unfold Delta. generalize (HK l Hl); lra.
Qed.

Lemma moved_R t i l : (i < n)%nat -> (l < n)%nat -> y i * y l * moved t i l = R_ i l - t * h l.
Proof.
intros Hi Hl. unfold moved, Rr.
replace (y i * y l * (G i l - t * y i * (y l * h l))) with (y i * y l * G i l - t * (y i * y i) * (y l * y l) * h l) by ring.
rewrite 2!(y_sq _ _ _ _ _ _ _ H) by easy. ring.
Qed.

(* kkt_margin.parts, before the bounds on own and cross *)
Theorem flip_raw i t : (i < n)%nat -> 0 <= t -> q <= t * Delta ->
  y i * net n W v lam y s (moved t i) <= own i * relu (U - t * Delta) - (t * Delta - q) * sum n (fun l => A (- y i) l).
Proof.
intros Hi Ht Hqt.
assert (Hh : forall l, (l < n)%nat -> t * Delta <= t * h l) by (intros; apply Rmult_le_compat_l; [easy|now apply h_ge]).
apply Rle_trans with (1 := ineq_F _ _ _ _ _ _ _ H (y i) (moved t i) (lab _ _ _ _ _ _ _ H i Hi)).
apply Rplus_le_compat.
- rewrite (sum_split n i), moved_R, R_ii by easy.
  assert (B : sum_but i n (fun l => relu (y i * y l * moved t i l) * A (y i) l) <= sum_but i n (fun _ => 0)).
  { apply but_le; intros l Hl E. rewrite moved_R, relu_neg; [lra| |easy|easy].
    generalize (R_bd i l Hi Hl E), (Hh l Hl); lra. }
  rewrite but_const in B by easy.
  assert (relu (G i i - t * h i) <= relu (U - t * Delta)).
  { apply relu_lub; [apply relu_nn|]. apply Rle_trans with (2 := relu_ge _). generalize (HG i Hi), (Hh i Hi); lra. }
  generalize (A0 (y i) i Hi); nra.
- assert (X := ineq_X' _ _ _ _ _ _ _ H q i Hi Hq0 (fun l Hl E => proj2 (R_bd i l Hi Hl E))).
  assert (B : sum_but i n (fun l => A (- y i) l) <= sum n (fun l => A (- y i) l)).
  { rewrite (sum_split n i (fun l => A (- y i) l)) by easy. generalize (A0 (- y i) i Hi); lra. }
  assert (D : sum n (fun l => y i * y l * moved t i l * A (- y i) l) <=
              sum n (fun l => R_ i l * A (- y i) l) + - (t * Delta) * sum n (fun l => A (- y i) l)).
  { rewrite sum_scal, <- sum_add. apply sum_le; intros l Hl. rewrite moved_R by easy.
    generalize (A0 (- y i) l Hl), (Hh l Hl); nra. }
  nra.
Qed.

Lemma opp_sum c i : (i < n)%nat -> 0 <= c -> (forall l, (l < n)%nat -> c <= own l) -> nopp i * c <= sum n (fun l => A (- y i) l).
Proof.
intros Hi Hc B. unfold nopp. rewrite Rmult_comm, sum_scal. apply sum_le; intros l Hl.
destruct Req_EM_T as [E|_].
- rewrite <- E. generalize (B l Hl); lra.
- generalize (A0 (- y i) l Hl); lra.
Qed.
Lemma nopp_nn i : 0 <= nopp i.
Proof. apply sum_nn; intros; destruct Req_EM_T; lra. Qed.

Lemma two_samples i : (i < n)%nat -> 0 < nopp i -> (1 < n)%nat.
Proof.
intros Hi Hm. destruct (le_lt_dec n 1) as [Hn|]; [exfalso|easy].
unfold nopp in Hm. rewrite (sum_split n i) in Hm by easy.
assert (B : sum_but i n (fun l => if Req_EM_T (y l) (- y i) then 1 else 0) <= sum_but i n (fun _ => 0)) by (apply but_le; lia).
rewrite but_const in B by easy. destruct Req_EM_T as [E|]; [|lra].
destruct (lab _ _ _ _ _ _ _ H i Hi); lra.
Qed.

(* kkt_margin.main, inequality *)
Theorem T1_ineq i t : (i < n)%nat -> r ^ 2 + 2 * r - 1 < 0 -> 0 <= t -> q <= t * Delta ->
  y i * net n W v lam y s (moved t i) <= Sup * relu (U - t * Delta) - (t * Delta - q) * nopp i * Alow.
Proof.
intros Hi Hr Ht Hqt. assert (Hn : (0 < n)%nat) by lia.
apply Rle_trans with (1 := flip_raw i t Hi Ht Hqt).
assert (B := own_upper Hn Hr i Hi). assert (C := relu_nn (U - t * Delta)).
assert (D : nopp i * Alow <= sum n (fun l => A (- y i) l)).
{ apply opp_sum; [easy|left; now apply Alow_pos|]. intros; now apply own_lower. }
nra.
Qed.

(* q <= U is automatic as soon as there are two samples and r < 1 *)
Lemma q_le_U : (1 < n)%nat -> r ^ 2 + 2 * r - 1 < 0 -> q <= U.
Proof.
intros Hn Hr. assert (0 < n)%nat by lia. generalize (r_lt1 ltac:(easy) Hr), rL; intros.
assert (2 <= INR n) by (change 2 with (INR 2); apply le_INR; lia). generalize (HG 0%nat ltac:(lia)); nra.
Qed.

(* kkt_margin.main, sign flip beyond tau0 / Delta *)
Theorem T1_flip i t : (i < n)%nat -> r ^ 2 + 2 * r - 1 < 0 -> 0 < Delta -> 0 < nopp i ->
  (Sup * U + q * nopp i * Alow) / (Sup + nopp i * Alow) / Delta < t ->
  y i * net n W v lam y s (moved t i) < 0.
Proof.
intros Hi Hr HD Hm Ht. assert (Hn : (0 < n)%nat) by lia.
assert (Hn1 := two_samples i Hi Hm).
assert (Ht' : (Sup * U + q * nopp i * Alow) / (Sup + nopp i * Alow) < t * Delta).
{ apply Rmult_lt_reg_r with (/ Delta); [now apply Rinv_0_lt_compat|].
  replace (t * Delta * / Delta) with t by (field; lra). exact Ht. }
destruct (tau0_flip Sup Alow (nopp i) q U (t * Delta)) as [Q F]; try easy.
{ now apply S_pos. } { now apply Alow_pos. } { now apply q_le_U. }
apply Rle_lt_trans with (2 := F). apply T1_ineq; try easy; [|lra]. nra.
Qed.

(* kkt_margin.main, level -1 from tau1 *)
Theorem T1_level i t : (i < n)%nat -> r ^ 2 + 2 * r - 1 < 0 -> 0 < Delta -> 0 < nopp i ->
  (Sup * U + 1 + q * nopp i * Alow) / (Sup + nopp i * Alow) <= t * Delta ->
  q + 1 / (nopp i * Alow) <= t * Delta \/ t * Delta <= U ->
  y i * net n W v lam y s (moved t i) <= -1.
Proof.
intros Hi Hr HD Hm Ht Hc. assert (Hn : (0 < n)%nat) by lia.
assert (Hn1 := two_samples i Hi Hm).
destruct (tau1_level Sup Alow (nopp i) q U (t * Delta)) as [Q F]; try easy.
{ now apply S_pos. } { now apply Alow_pos. } { now apply q_le_U. }
apply Rle_trans with (2 := F). apply T1_ineq; try easy; [|lra]. nra.
Qed.

(* kkt_margin.weak: no condition on r *)
Theorem T1w i t : (i < n)%nat -> q < U -> 0 < nopp i -> 0 <= t -> U <= t * Delta ->
  y i * net n W v lam y s (moved t i) <= - (t * Delta - q) / U.
Proof.
intros Hi HqU Hm Ht HU.
apply Rle_trans with (1 := flip_raw i t Hi Ht ltac:(lra)).
rewrite relu_neg, Rmult_0_r by lra.
assert (B : 1 <= U * sum n (fun l => A (- y i) l)).
{ assert (E : exists o, (o < n)%nat /\ y o = - y i).
  { destruct (Rle_lt_dec (sum n (fun l => A (- y i) l) * 0 + nopp i) 0); [lra|].
    clear - Hm. unfold nopp in Hm. revert Hm. induction n; simpl; [lra|].
    destruct Req_EM_T as [E|]; intro F; [exists n0; auto|].
    destruct IHn0 as (o & Ho & E); [lra|exists o; auto]. }
  destruct E as (o & Ho & E). generalize (ineq_L _ _ _ _ _ _ _ H o Ho). rewrite E. intro X.
  apply Rle_trans with (1 := Rge_le _ _ X). rewrite sum_scal. apply sum_le; intros l Hl.
  apply Rmult_le_compat_r; [now apply A0|]. apply relu_lub; [lra|].
  destruct (Nat.eq_dec l o) as [->|F]; [rewrite R_ii by easy; now apply HG|].
  generalize (R_bd o l Ho Hl F); lra. }
apply Rmult_le_reg_r with U; [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. nra.
Qed.

(* kkt_margin.unseen: a point whose signed inner products are all at most -c *)
Definition cnt (y0 : R) : R := sum n (fun l => if Req_EM_T (y l) y0 then 1 else 0).
Theorem T3_gen y0 k c : y0 = 1 \/ y0 = -1 -> (0 < n)%nat -> r ^ 2 + 2 * r - 1 < 0 -> 0 <= c ->
  (forall l, (l < n)%nat -> y0 * y l * k l <= - c) ->
  y0 * net n W v lam y s k <= - (c * cnt (- y0) * Alow).
Proof.
intros Hy Hn Hr Hc B. apply Rle_trans with (1 := ineq_F _ _ _ _ _ _ _ H y0 k Hy).
assert (E1 : sum n (fun l => relu (y0 * y l * k l) * A y0 l) <= sum n (fun _ => 0)).
{ apply sum_le; intros l Hl. rewrite relu_neg; [lra|]. generalize (B l Hl); lra. }
rewrite sum_const in E1.
assert (E2 : sum n (fun l => y0 * y l * k l * A (- y0) l) <= sum n (fun l => - (c * Alow) * (if Req_EM_T (y l) (- y0) then 1 else 0))).
{ apply sum_le; intros l Hl. generalize (B l Hl), (A0 (- y0) l Hl). destruct Req_EM_T as [E|_]; intros; [|nra].
  assert (P := own_lower Hn Hr l Hl). rewrite E in P.
  assert (P2 : c * Alow <= c * A (- y0) l) by (apply Rmult_le_compat_l; easy).
  assert (P3 : (y0 * y l * k l) * A (- y0) l <= - c * A (- y0) l) by (apply Rmult_le_compat_r; easy). lra. }
rewrite <- sum_scal in E2. fold (cnt (- y0)) in E2. lra.
Qed.
End T1.
