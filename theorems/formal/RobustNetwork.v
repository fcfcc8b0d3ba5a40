(* Robust networks exist for the same data: N(z) = sum_l y_l relu(<x_l, z>/D - theta), width n, samples of squared norm D with
   correlations at most p = c D < D.
   kkt_margin.robust_any_threshold: c < theta < 1. If a perturbation e flips sample i then |e|^2 >= (1 - theta)^2 D, or
   |e|^2 >= D (1 + (k-1) theta - k c)^2 / ((k+1) (1 + k c)) for some number k >= 1 of samples of the other class.
   kkt_margin.robust_half_gap: theta = (1 + c)/2 gives |e|^2 >= ((1 - c)/2)^2 D. kkt_margin.robust_quarter_threshold: theta = 1/4 and
   c <= 18/1000 give |e|^2 >= D (1 - c)^2 / (2 (1 + c)). kkt_margin.robust_orthogonal_optimum: c = 0, theta = 1/4: the radius is
   exactly sqrt(D/2), half the distance of the classes, which no classifier exceeds. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.UniversalFlip Thinmargin.Network Thinmargin.KktIdentities.
Open Scope R_scope.

Section Robust.
Variables d n : nat.
Variables (x : nat -> nat -> R) (y : nat -> R).
Variables D p theta : R.
Notation dot := (dot d).
Notation K0 := (K0 d x).
Hypothesis labels : forall i, (i < n)%nat -> y i = 1 \/ y i = -1.
Hypothesis HD : 0 < D.
Hypothesis norms : forall i, (i < n)%nat -> K0 i i = D.
Hypothesis Hp : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 i l) <= p.
Hypothesis Hp0 : 0 <= p.
Definition robust_net (z : nat -> R) : R := sum n (fun l => y l * relu (dot (x l) z / D - theta)).
Notation c := (p / D).

Section Perturbed.
Variable i : nat.
Variable e : nat -> R.
Hypothesis Hi : (i < n)%nat.
Definition pre_activation (l : nat) : R := dot (x l) (fun k => x i k + e k) / D - theta.
Definition critical (l : nat) : bool := if Req_EM_T (y l) (- y i) then (if Rlt_dec 0 (pre_activation l) then true else false) else false.
Notation kap l := (if critical l then 1 else 0).

Lemma pre_activation_sum l : pre_activation l = K0 l i / D + dot (x l) e / D - theta.
Proof. unfold pre_activation. rewrite dot_add. unfold Network.K0. field. lra. Qed.
Lemma count_nat f m : exists k : nat, sum m (fun l => if f l : bool then 1 else 0) = INR k.
Proof.
induction m as [|m (k & E)]; [now exists 0%nat|]. simpl. rewrite E. destruct (f m).
- exists (S k). now rewrite S_INR.
- exists k. lra.
Qed.
Lemma not_self : critical i = false.
Proof. unfold critical. destruct Req_EM_T as [E|]; [|easy]. exfalso. destruct (labels i Hi) as [F|F]; rewrite F in E; lra. Qed.
Lemma value_below : pre_activation i - sum n (fun l => kap l * pre_activation l) <= y i * robust_net (fun k => x i k + e k).
Proof.
unfold robust_net. rewrite (sum_scal n). rewrite (sum_split n i (fun l => y i * _)), (sum_split n i (fun l => kap l * _)) by easy.
rewrite not_self. fold (pre_activation i).
assert (Y : y i * y i = 1) by (destruct (labels i Hi) as [-> | ->]; ring).
rewrite <- Rmult_assoc, Y. generalize (relu_ge (pre_activation i)); intro.
assert (B : sum_but i n (fun l => -1 * (kap l * pre_activation l)) <= sum_but i n (fun l => y i * (y l * relu (dot (x l) (fun k => x i k + e k) / D - theta)))).
{ apply but_le; intros l Hl E. fold (pre_activation l). rewrite <- (Rmult_assoc (y i) (y l)). unfold critical.
  generalize (relu_nn (pre_activation l)); intro.
  destruct Req_EM_T as [F|F].
  - rewrite F. replace (y i * - y i) with (-1) by lra. destruct (Rlt_dec 0 (pre_activation l)); [rewrite relu_pos by lra; lra|rewrite relu_neg by lra; lra].
  - assert (T : y l = y i) by (destruct (labels i Hi) as [A|A], (labels l Hl) as [B|B]; rewrite A, B in F |- *; lra). rewrite T, Y. lra. }
rewrite <- but_scal in B. lra.
Qed.
Lemma own_on : dot e e < (1 - theta) ^ 2 * D -> theta < 1 -> 0 < pre_activation i.
Proof.
intros He Ht. rewrite pre_activation_sum, norms by easy. assert (CS := dot_cauchy d (x i) e). fold (Network.K0 d x i i) in CS. rewrite norms in CS by easy.
assert (B : dot (x i) e ^ 2 < (D * (1 - theta)) ^ 2).
{ apply Rle_lt_trans with (1 := CS). replace ((D * (1 - theta)) ^ 2) with (D * ((1 - theta) ^ 2 * D)) by ring. now apply Rmult_lt_compat_l. }
assert (0 < D * (1 - theta)) by (apply Rmult_lt_0_compat; lra).
assert (- (D * (1 - theta)) < dot (x i) e) by (destruct (Rlt_dec (- (D * (1 - theta))) (dot (x i) e)); [easy|nra]).
apply Rmult_lt_reg_r with D; [easy|]. replace ((D / D + dot (x i) e / D - theta) * D) with (D + dot (x i) e - theta * D) by (field; lra). lra.
Qed.

Theorem flipped_far : theta < 1 -> c < theta -> y i * robust_net (fun k => x i k + e k) <= 0 ->
  (1 - theta) ^ 2 * D <= dot e e \/
  exists k, (1 <= k)%nat /\ INR k <= nopp n y i /\
    D * (1 + (INR k - 1) * theta - INR k * c) ^ 2 / ((INR k + 1) * (1 + INR k * c)) <= dot e e.
Proof.
intros Ht Hc F. destruct (Rle_lt_dec ((1 - theta) ^ 2 * D) (dot e e)) as [|He]; [now left|right].
assert (On := own_on He Ht). assert (V := value_below).
destruct (count_nat critical n) as (k & Ek).
assert (k1 : (1 <= k)%nat).
{ destruct k as [|k]; [exfalso|lia]. simpl in Ek.
  assert (Z : forall l, (l < n)%nat -> kap l = 0).
  { intros l Hl. rewrite (sum_split n l) in Ek by easy. assert (0 <= sum_but l n (fun l => kap l)) by (apply but_nn; intros m Hm E; destruct (critical m); [left; apply Rlt_0_1|apply Rle_refl]). revert Ek. destruct (critical l); intro; [exfalso; lra|easy]. }
  rewrite (sum_ext n (fun l => kap l * pre_activation l) (fun _ => 0)), sum_0 in V by (intros; rewrite Z by easy; ring). lra. }
exists k. split; [easy|]. split.
{ rewrite <- Ek. unfold nopp. apply sum_le; intros l Hl. unfold critical. destruct Req_EM_T; [destruct Rlt_dec; lra|lra]. }
assert (K1 : 1 <= INR k) by (change 1 with (INR 1); now apply le_INR). set (K := INR k) in *.
set (v := fun m => sum n (fun l => kap l * x l m) + -1 * x i m).
(* <e, v> from below *)
assert (E1 : dot e v = sum n (fun l => kap l * dot (x l) e) - dot (x i) e).
{ unfold v. rewrite dot_add, dot_scal, dot_sum. rewrite (dot_sym d e (x i)).
  rewrite (sum_ext n _ (fun l => kap l * dot (x l) e)) by (intros; rewrite (dot_sym d e); easy). ring. }
assert (E2 : D * (1 + (K - 1) * theta - K * c) <= dot e v).
{ assert (S : sum n (fun l => kap l * pre_activation l) <= sum n (fun l => kap l * dot (x l) e) / D + K * (c - theta)).
  { rewrite <- Ek. unfold Rdiv at 1. rewrite Rmult_comm, sum_scal, (Rmult_comm (sum n _)), sum_scal, <- sum_add. apply sum_le; intros l Hl.
    destruct (critical l) eqn:C; [|lra]. rewrite pre_activation_sum.
    assert (l <> i) by (intros ->; rewrite not_self in C; discriminate).
    assert (K0 l i <= p) by (generalize (Rabs_bd _ _ (Hp l i Hl Hi ltac:(auto))); lra).
    assert (K0 l i / D <= c) by (apply Rmult_le_compat_r; [left; now apply Rinv_0_lt_compat|easy]). unfold Rdiv in *. lra. }
  rewrite pre_activation_sum, norms in V by easy. rewrite E1.
  assert (Q : D / D = 1) by (field; lra). rewrite Q in V.
  set (a := sum n (fun l => kap l * dot (x l) e)) in *.
  assert (T : (1 + dot (x i) e / D - theta) * D <= (a / D + K * (c - theta)) * D) by (apply Rmult_le_compat_r; lra).
  replace ((1 + dot (x i) e / D - theta) * D) with (D + dot (x i) e - theta * D) in T by (field; lra).
  replace ((a / D + K * (c - theta)) * D) with (a + D * (K * (c - theta))) in T by (field; lra). nra. }
(* |v|^2 from above *)
assert (E3 : dot v v <= (K + 1) * (D + K * p)).
{ set (g := fun m => sum n (fun l => kap l * x l m)).
  assert (X1 : dot g g <= K * (D + p * (K - 1))).
  { unfold g at 2. rewrite dot_sum. rewrite <- Ek at 1. rewrite (Rmult_comm (sum n _)), sum_scal. apply sum_le; intros l Hl.
    destruct (critical l) eqn:C; [|lra]. rewrite Rmult_1_l, Rmult_1_r, dot_sym. unfold g. rewrite dot_sum, (sum_split n l) by easy. rewrite C.
    fold (Network.K0 d x l l). rewrite norms by easy.
    assert (B : sum_but l n (fun m => kap m * dot (x l) (x m)) <= sum_but l n (fun m => p * kap m)).
    { apply but_le; intros m Hm E. fold (Network.K0 d x l m). generalize (Rabs_bd _ _ (Hp l m Hl Hm E)). destruct (critical m); lra. }
    rewrite <- but_scal in B. rewrite (sum_split n l) in Ek by easy. rewrite C in Ek.
    assert (Kb : K - 1 = sum_but l n (fun m => kap m)) by lra. rewrite Kb. lra. }
  assert (X2 : - (K * p) <= dot g (x i)).
  { rewrite dot_sym. unfold g. rewrite dot_sum, <- Ek. rewrite (Rmult_comm (sum n _)), sum_scal.
    replace (- sum n (fun l => p * kap l)) with (sum n (fun l => - (p * kap l))).
    2:{ rewrite (sum_ext n _ (fun l => -1 * (p * kap l))) by (intros; ring). rewrite <- (sum_scal n (-1)). ring. }
    apply sum_le; intros l Hl. destruct (critical l) eqn:C; [|lra]. fold (Network.K0 d x i l).
    assert (l <> i) by (intros ->; rewrite not_self in C; discriminate). generalize (Rabs_bd _ _ (Hp i l Hi Hl H)). lra. }
  assert (E : dot v v = dot g g + -2 * dot g (x i) + K0 i i).
  { unfold v. fold g. change (dot (fun m => g m + -1 * x i m) (fun m => g m + -1 * x i m) = dot g g + -2 * dot g (x i) + K0 i i).
    rewrite dot_add, dot_scal, (dot_sym d _ g), (dot_sym d _ (x i)), !dot_add, !dot_scal, (dot_sym d (x i) g). unfold Network.K0. ring. }
  rewrite E, norms by easy. nra. }
assert (CS := dot_cauchy d e v). assert (c0 : 0 <= c) by (apply Rmult_le_pos; [easy|left; now apply Rinv_0_lt_compat]).
assert (P : 0 < 1 + (K - 1) * theta - K * c) by nra.
assert (E0 := dot_nn d e).
assert (Q : (D * (1 + (K - 1) * theta - K * c)) ^ 2 <= dot e e * ((K + 1) * (D + K * p))).
{ apply Rle_trans with (dot e v ^ 2); [apply pow_incr; split; [apply Rmult_le_pos; lra|easy]|].
  apply Rle_trans with (1 := CS). apply Rmult_le_compat_l; easy. }
assert (M : 0 < (K + 1) * (1 + K * c)) by nra.
apply Rmult_le_reg_r with ((K + 1) * (1 + K * c) * D); [now apply Rmult_lt_0_compat|].
replace (D * (1 + (K - 1) * theta - K * c) ^ 2 / ((K + 1) * (1 + K * c)) * ((K + 1) * (1 + K * c) * D)) with ((D * (1 + (K - 1) * theta - K * c)) ^ 2).
2:{ set (cc := p / D) in *. clearbody cc. field. split; nra. }
replace (dot e e * ((K + 1) * (1 + K * c) * D)) with (dot e e * ((K + 1) * (D + K * p))) by (field; lra). exact Q.
Qed.

Lemma c_nn : 0 <= c.
Proof. apply Rmult_le_pos; [easy|left; now apply Rinv_0_lt_compat]. Qed.
Theorem half_gap : c < 1 -> theta = (1 + c) / 2 -> y i * robust_net (fun k => x i k + e k) <= 0 -> ((1 - c) / 2) ^ 2 * D <= dot e e.
Proof.
intros Hc Ht F. assert (C0 := c_nn). destruct (flipped_far ltac:(lra) ltac:(lra) F) as [B|(k & K1 & _ & B)].
- rewrite Ht in B. replace (1 - (1 + c) / 2) with ((1 - c) / 2) in B by (field; lra). lra.
- apply le_INR in K1. simpl in K1. apply Rle_trans with (2 := B). set (K := INR k) in *.
  replace (1 + (K - 1) * theta - K * c) with ((1 - c) / 2 * (K + 1)) by (rewrite Ht; field; lra).
  set (cc := p / D) in *. clearbody cc K.
  assert (M : 0 < (K + 1) * (1 + K * cc)) by nra.
  apply Rmult_le_reg_r with ((K + 1) * (1 + K * cc)); [easy|].
  replace (D * ((1 - cc) / 2 * (K + 1)) ^ 2 / ((K + 1) * (1 + K * cc)) * ((K + 1) * (1 + K * cc))) with (D * ((1 - cc) / 2) ^ 2 * ((K + 1) * (K + 1))) by (field; nra).
  replace (((1 - cc) / 2) ^ 2 * D * ((K + 1) * (1 + K * cc))) with (D * ((1 - cc) / 2) ^ 2 * ((K + 1) * (1 + K * cc))) by ring.
  apply Rmult_le_compat_l; [apply Rmult_le_pos; [lra|apply pow2_ge_0]|]. apply Rmult_le_compat_l; nra.
Qed.
Theorem quarter_threshold : theta = 1 / 4 -> c <= 18 / 1000 -> y i * robust_net (fun k => x i k + e k) <= 0 ->
  D * (1 - c) ^ 2 / (2 * (1 + c)) <= dot e e.
Proof.
intros Ht Hc F. assert (C0 := c_nn). destruct (flipped_far ltac:(lra) ltac:(lra) F) as [B|(k & K1 & _ & B)]; apply Rle_trans with (2 := B); rewrite Ht in *.
- set (cc := p / D) in *. clearbody cc. apply Rmult_le_reg_r with (2 * (1 + cc)); [lra|].
  replace (D * (1 - cc) ^ 2 / (2 * (1 + cc)) * (2 * (1 + cc))) with (D * (1 - cc) ^ 2) by (field; lra).
  replace ((1 - 1 / 4) ^ 2 * D * (2 * (1 + cc))) with (D * (9 / 8 * (1 + cc))) by field. apply Rmult_le_compat_l; nra.
- assert (KK : k = 1%nat \/ (2 <= k)%nat) by lia.
  set (cc := p / D) in *. clearbody cc.
  assert (P := pos_INR k). assert (P1 : 0 < 1 + INR k * cc) by nra. assert (P2 : 0 < INR k + 1) by lra.
  assert (M : 0 < (INR k + 1) * (1 + INR k * cc)) by now apply Rmult_lt_0_compat.
  apply Rmult_le_reg_r with (2 * (1 + cc) * ((INR k + 1) * (1 + INR k * cc))); [nra|].
  replace (D * (1 - cc) ^ 2 / (2 * (1 + cc)) * (2 * (1 + cc) * ((INR k + 1) * (1 + INR k * cc)))) with (D * ((1 - cc) ^ 2 * ((INR k + 1) * (1 + INR k * cc)))) by (field; repeat split; lra).
  replace (D * (1 + (INR k - 1) * (1 / 4) - INR k * cc) ^ 2 / ((INR k + 1) * (1 + INR k * cc)) * (2 * (1 + cc) * ((INR k + 1) * (1 + INR k * cc))))
    with (D * (2 * (1 + cc) * (1 + (INR k - 1) * (1 / 4) - INR k * cc) ^ 2)) by (field; repeat split; lra).
  apply Rmult_le_compat_l; [lra|].
  destruct KK as [->|K2].
  + simpl INR. right. ring.
  + apply le_INR in K2. simpl in K2. set (K := INR k) in *. clearbody K.
    set (al := 2 * (1 + cc) * (1 / 4 - cc) ^ 2 - (1 - cc) ^ 2 * cc). set (ga := 9 / 8 * (1 + cc) - (1 - cc) ^ 2).
    assert (E : 2 * (1 + cc) * (1 + (K - 1) * (1 / 4) - K * cc) ^ 2 - (1 - cc) ^ 2 * ((K + 1) * (1 + K * cc)) = (K - 1) * (al * K - ga)) by (unfold al, ga; field).
    assert (A0 : 0 <= al) by (unfold al; nra). assert (A2 : ga <= 2 * al) by (unfold al, ga; nra).
    assert (0 <= (K - 1) * (al * K - ga)) by (apply Rmult_le_pos; nra). lra.
Qed.
Theorem orthogonal_radius : theta = 1 / 4 -> p = 0 -> y i * robust_net (fun k => x i k + e k) <= 0 -> D / 2 <= dot e e.
Proof.
intros Ht Z F. assert (C : c = 0) by (rewrite Z; field; lra).
apply Rle_trans with (2 := quarter_threshold Ht ltac:(lra) F). rewrite C. right. field.
Qed.
End Perturbed.

(* attained, and the best of all classifiers: at the midpoint of two samples of different classes one of them is lost *)
Definition halfway (i l k : nat) : R := / 2 * (x l k - x i k).
Lemma halfway_norm i l : (i < n)%nat -> (l < n)%nat -> dot (halfway i l) (halfway i l) = / 2 * (D - K0 i l).
Proof.
intros Hi Hl. transitivity (/ 4 * (K0 l l - 2 * K0 i l + K0 i i)); [|rewrite !norms by easy; field].
unfold Network.K0, Network.dot. replace (/ 4 * (sum d (fun k => x l k * x l k) - 2 * sum d (fun k => x i k * x l k) + sum d (fun k => x i k * x i k)))
  with (/ 4 * (sum d (fun k => x l k * x l k) + (-2 * sum d (fun k => x i k * x l k) + sum d (fun k => x i k * x i k)))) by ring.
rewrite (sum_scal d (-2)), <- !sum_add, sum_scal. apply sum_ext; intros. unfold halfway. field.
Qed.
Theorem class_distance i l : (i < n)%nat -> (l < n)%nat -> l <> i -> p = 0 ->
  dot (fun k => x l k - x i k) (fun k => x l k - x i k) = 2 * D /\ dot (halfway i l) (halfway i l) = D / 2.
Proof.
intros Hi Hl E Z. assert (O : K0 i l = 0) by (generalize (Rabs_bd _ _ (Hp i l Hi Hl E)); lra).
assert (H := halfway_norm i l Hi Hl). rewrite O in H. split; [|lra].
transitivity (4 * dot (halfway i l) (halfway i l)); [|lra]. unfold Network.dot. rewrite sum_scal. apply sum_ext; intros; unfold halfway; field.
Qed.
Theorem no_classifier_does_better (f : (nat -> R) -> R) i l : (forall z z', (forall k, z k = z' k) -> f z = f z') -> y l = - y i ->
  y i * f (fun k => x i k + halfway i l k) <= 0 \/ y l * f (fun k => x l k + halfway l i k) <= 0.
Proof.
intros Ext E. rewrite (Ext (fun k => x l k + halfway l i k) (fun k => x i k + halfway i l k)) by (intro; unfold halfway; field). rewrite E.
destruct (Rle_dec (y i * f (fun k => x i k + halfway i l k)) 0); [left|right]; lra.
Qed.
Theorem orthogonal_attained i l : theta = 1 / 4 -> p = 0 -> (i < n)%nat -> (l < n)%nat -> y l = - y i ->
  y i * robust_net (fun k => x i k + halfway i l k) <= 0 /\ dot (halfway i l) (halfway i l) = D / 2.
Proof.
intros Ht Z Hi Hl Ey. assert (Eil : l <> i) by (intros ->; destruct (labels i Hi) as [F|F]; rewrite F in Ey; lra).
split; [|now apply (class_distance i l)].
assert (O : forall a b, (a < n)%nat -> (b < n)%nat -> b <> a -> K0 a b = 0) by (intros a b0 Ha Hb E; generalize (Rabs_bd _ _ (Hp a b0 Ha Hb E)); lra).
assert (M : forall m, dot (x m) (fun k => x i k + halfway i l k) = / 2 * K0 m i + / 2 * K0 m l).
{ intro m. unfold Network.K0, Network.dot. rewrite !sum_scal, <- sum_add. apply sum_ext; intros; unfold halfway; field. }
unfold robust_net. rewrite (sum_split n i) by easy. unfold sum_but.
rewrite (sum_split n l) by easy. destruct (Nat.eqb_spec l i); [easy|]. unfold sum_but.
rewrite (sum_ext n _ (fun _ => 0)), sum_0.
- rewrite !M, (O i l), (O l i), !norms by auto. rewrite Ey.
  replace ((/ 2 * 0 + / 2 * D) / D - theta) with ((/ 2 * D + / 2 * 0) / D - theta) by (field; lra). lra.
- intros m Hm. destruct (Nat.eqb_spec m l); [easy|]. destruct (Nat.eqb_spec m i); [easy|].
  rewrite M, (O m i), (O m l) by auto. rewrite relu_neg; [ring|]. replace ((/ 2 * 0 + / 2 * 0) / D) with 0 by (field; lra). lra.
Qed.
End Robust.
Print Assumptions orthogonal_attained.
