(* What linear and quadratic classifiers can reach (feature_purification.finite_pair, finite_pair_many_scales), for a finite law: points omega
   below S with weights P, inputs x and labels y.
   Cantelli: P(t > tau) <= V / (V + (tau - m)^2) for tau > m, m the mean and V the variance of t. `linear_ceiling`: with mean y x = mu 1 and
   second moments A on the diagonal part and B along 1, every unit w, c = <w, 1>/sqrt(d), is robustly right at radius tau with probability at
   most V / (V + (tau - m)^2), m = mu sqrt(d) c, V = A (1 - c^2) + B c^2 - m^2. `mirror`: for a law invariant under (x, y) -> (-x, -y) and a
   symmetric set of perturbations, the robust accuracy of f is at most (1 + that of its odd part) / 2; so no polynomial of degree two exceeds
   (1 + p) / 2 where no linear classifier exceeds p (`degree_two`). *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.Network Thinmargin.KktIdentities.
Open Scope R_scope.

Section Law.
Variable S : nat.
Variable P : nat -> R.
Hypothesis P0 : forall o, (o < S)%nat -> 0 <= P o.
Hypothesis P1 : sum S P = 1.
Definition mean (t : nat -> R) : R := sum S (fun o => P o * t o).
Definition chance (A : nat -> bool) : R := mean (fun o => if A o then 1 else 0).
Lemma mean_le s t : (forall o, (o < S)%nat -> s o <= t o) -> mean s <= mean t.
Proof. intro H. apply sum_le; intros o Ho. apply Rmult_le_compat_l; auto. Qed.
Lemma mean_add s t : mean (fun o => s o + t o) = mean s + mean t.
Proof. unfold mean. rewrite <- sum_add. apply sum_ext; intros; ring. Qed.
Lemma mean_scal c t : mean (fun o => c * t o) = c * mean t.
Proof. unfold mean. rewrite sum_scal. apply sum_ext; intros; ring. Qed.
Lemma mean_const c : mean (fun _ => c) = c.
Proof. unfold mean. rewrite (sum_ext S _ (fun o => c * P o)) by (intros; ring). rewrite <- sum_scal, P1. ring. Qed.
Lemma mean_ext s t : (forall o, (o < S)%nat -> s o = t o) -> mean s = mean t.
Proof. intro H. apply sum_ext; intros. now rewrite H. Qed.

Definition variance (t : nat -> R) : R := mean (fun o => t o ^ 2) - mean t ^ 2.
Lemma variance_centred t c : mean (fun o => (t o - mean t + c) ^ 2) = variance t + c ^ 2.
Proof.
rewrite (mean_ext _ (fun o => t o ^ 2 + (2 * (c - mean t) * t o + (c - mean t) ^ 2))) by (intros; ring).
rewrite mean_add, mean_add, mean_scal, mean_const. unfold variance. ring.
Qed.
Lemma variance_nn t : 0 <= variance t.
Proof.
assert (E := variance_centred t 0). replace (variance t) with (mean (fun o => (t o - mean t + 0) ^ 2)) by (rewrite E; ring).
apply sum_nn; intros o Ho. apply Rmult_le_pos; [auto|apply pow2_ge_0].
Qed.
Theorem cantelli t A tau : mean t < tau -> (forall o, (o < S)%nat -> A o = true -> tau <= t o) ->
  chance A <= variance t / (variance t + (tau - mean t) ^ 2).
Proof.
intros Ht HA. set (a := tau - mean t). assert (a0 : 0 < a) by (unfold a; lra). assert (V0 := variance_nn t). set (V := variance t) in *.
assert (c0 : 0 <= V / a) by (apply Rmult_le_pos; [easy|left; now apply Rinv_0_lt_compat]).
set (k := / (a + V / a)). assert (k0 : 0 < k) by (apply Rinv_0_lt_compat; lra).
assert (B : chance A <= mean (fun o => k ^ 2 * (t o - mean t + V / a) ^ 2)).
{ apply mean_le; intros o Ho. destruct (A o) eqn:E.
  - assert (T := HA o Ho E). assert (1 <= k * (t o - mean t + V / a)).
    { apply Rmult_le_reg_l with (a + V / a); [lra|]. rewrite <- Rmult_assoc. unfold k. rewrite Rinv_r by lra. unfold a in *. lra. }
    replace (k ^ 2 * (t o - mean t + V / a) ^ 2) with ((k * (t o - mean t + V / a)) ^ 2) by ring. nra.
  - replace (k ^ 2 * (t o - mean t + V / a) ^ 2) with ((k * (t o - mean t + V / a)) ^ 2) by ring. apply pow2_ge_0. }
rewrite mean_scal, variance_centred in B. fold V in B. apply Rle_trans with (1 := B). right. unfold k. field. repeat split; nra.
Qed.

(* linear classifiers *)
Section Linear.
Variables (d : nat) (x : nat -> nat -> R) (y : nat -> R).
Notation dot := (dot d).
Hypothesis labels : forall o, (o < S)%nat -> y o = 1 \/ y o = -1.
(* right on the whole ball of radius tau is a margin of tau |w|: one direction of it suffices here *)
Lemma robust_margin w tau o : dot w w = 1 -> 0 <= tau -> (forall e, dot e e <= tau ^ 2 -> 0 < y o * dot w (fun k => x o k + e k)) ->
  (o < S)%nat -> tau <= y o * dot w (x o).
Proof.
intros Hw Ht H Ho. set (e := fun k => - (tau * y o) * w k).
assert (Y : y o * y o = 1) by (destruct (labels o Ho) as [-> | ->]; ring).
assert (E1 : dot e e = tau ^ 2).
{ unfold e. rewrite dot_scal, (dot_sym d _ w), dot_scal, Hw. transitivity (tau ^ 2 * (y o * y o)); [ring|rewrite Y; ring]. }
assert (E2 : dot w (fun k => x o k + e k) = dot w (x o) - tau * y o) by (unfold e; rewrite dot_add, dot_scal, Hw; ring).
assert (E := H e ltac:(lra)). rewrite E2 in E.
replace (y o * (dot w (x o) - tau * y o)) with (y o * dot w (x o) - tau * (y o * y o)) in E by ring. rewrite Y in E. lra.
Qed.
Variables mu A B : R.
Hypothesis first_moment : forall k, (k < d)%nat -> mean (fun o => y o * x o k) = mu.
Hypothesis second_moment : forall k j, (k < d)%nat -> (j < d)%nat ->
  mean (fun o => x o k * x o j) = (if Nat.eqb j k then A else 0) + (B - A) / INR d.
Hypothesis d0 : (0 < d)%nat.
Lemma margin_mean w : mean (fun o => y o * dot w (x o)) = mu * sum d w.
Proof.
unfold mean, Network.dot. rewrite (sum_ext S _ (fun o => sum d (fun k => w k * (P o * (y o * x o k))))).
- rewrite sum_swap, sum_scal. apply sum_ext; intros k Hk. rewrite <- (sum_scal S). change (w k * mean (fun o => y o * x o k) = mu * w k). rewrite first_moment by easy. ring.
- intros. rewrite sum_scal, sum_scal. apply sum_ext; intros; ring.
Qed.
Lemma margin_square w : mean (fun o => (y o * dot w (x o)) ^ 2) = A * dot w w + (B - A) / INR d * sum d w ^ 2.
Proof.
transitivity (sum d (fun k => sum d (fun j => w k * w j * mean (fun o => x o k * x o j)))).
- unfold mean. rewrite (sum_ext S _ (fun o => sum d (fun k => sum d (fun j => w k * w j * (P o * (x o k * x o j)))))).
  + rewrite sum_swap. apply sum_ext; intros k Hk. rewrite sum_swap. apply sum_ext; intros j Hj. now rewrite <- (sum_scal S).
  + intros o Ho. transitivity (P o * (dot w (x o) * dot w (x o))).
    * replace ((y o * dot w (x o)) ^ 2) with ((y o * y o) * (dot w (x o) * dot w (x o))) by ring. destruct (labels o Ho) as [-> | ->]; ring.
    * unfold Network.dot at 1. rewrite (Rmult_comm (sum d _)), sum_scal, sum_scal. apply sum_ext; intros k Hk.
      unfold Network.dot. rewrite (Rmult_comm (sum d _)), sum_scal, sum_scal. apply sum_ext; intros; ring.
- rewrite (sum_ext d _ (fun k => A * (w k * w k) + (B - A) / INR d * (sum d w * w k))).
  + rewrite sum_add, <- !sum_scal. unfold Network.dot. ring.
  + intros k Hk. rewrite (sum_ext d _ (fun j => (if Nat.eqb j k then A * (w k * w k) else 0) + (B - A) / INR d * w k * w j)).
    * rewrite sum_add, <- sum_scal, (sum_split d k), Nat.eqb_refl by easy. unfold sum_but. rewrite (sum_ext d _ (fun _ => 0)), sum_0; [ring|].
      intros l _. now destruct (Nat.eqb l k).
    * intros j Hj. rewrite second_moment by easy. destruct (Nat.eqb_spec j k) as [->|]; ring.
Qed.
Theorem linear_ceiling w c tau right : dot w w = 1 -> sum d w = sqrt (INR d) * c -> 0 <= tau -> mu * sqrt (INR d) * c < tau ->
  (forall o, (o < S)%nat -> right o = true -> forall e, dot e e <= tau ^ 2 -> 0 < y o * dot w (fun k => x o k + e k)) ->
  let m := mu * sqrt (INR d) * c in let V := A * (1 - c ^ 2) + B * c ^ 2 - m ^ 2 in chance right <= V / (V + (tau - m) ^ 2).
Proof.
intros Hw Hc Ht Hm HR m V. set (t := fun o => y o * dot w (x o)).
assert (Em : mean t = m) by (unfold t; rewrite margin_mean, Hc; unfold m; ring).
assert (D := sqrt_sqrt (INR d) (pos_INR d)). assert (Dp : 0 < INR d) by now apply lt_0_INR.
assert (EV : variance t = V).
{ unfold variance. rewrite Em. unfold t. rewrite margin_square, Hw, Hc. unfold V.
  replace ((sqrt (INR d) * c) ^ 2) with (sqrt (INR d) * sqrt (INR d) * c ^ 2) by ring. rewrite D. field. lra. }
rewrite <- EV, <- Em. apply cantelli; [now rewrite Em|]. intros o Ho E. apply robust_margin; auto.
Qed.
End Linear.

(* mirror images *)
Section Mirror.
Variables (d : nat) (x : nat -> nat -> R) (y : nat -> R) (flip : nat -> nat).
Hypothesis mirrored : forall o, (o < S)%nat -> (flip o < S)%nat /\ y (flip o) = - y o /\ forall k, x (flip o) k = - x o k.
Hypothesis invariant : forall F, mean (fun o => F (flip o)) = mean F.
Variable allowed : (nat -> R) -> Prop.
Hypothesis symmetric : forall e, allowed e -> allowed (fun k => - e k).
Definition robustly_right (f : (nat -> R) -> R) (o : nat) : Prop := forall e, allowed e -> 0 < y o * f (fun k => x o k + e k).
Definition odd_part (f : (nat -> R) -> R) (z : nat -> R) : R := (f z - f (fun k => - z k)) / 2.
Theorem mirror f right odd_right : (forall z z', (forall k, z k = z' k) -> f z = f z') ->
  (forall o, (o < S)%nat -> right o = true -> robustly_right f o) ->
  (forall o, (o < S)%nat -> robustly_right (odd_part f) o -> odd_right o = true) ->
  chance right <= (1 + chance odd_right) / 2.
Proof.
intros Ext HR HO.
assert (B : mean (fun o => (if right o then 1 else 0) + (if right (flip o) then 1 else 0)) <= mean (fun o => 1 + (if odd_right o then 1 else 0))).
{ apply mean_le; intros o Ho. destruct (mirrored o Ho) as (Hf & Ey & Ex).
  destruct (right o) eqn:E1, (right (flip o)) eqn:E2; try (destruct (odd_right o); lra).
  rewrite (HO o Ho); [lra|]. intros e He. unfold odd_part.
  assert (R1 := HR o Ho E1 e He). assert (R2 := HR (flip o) Hf E2 (fun k => - e k) (symmetric e He)). rewrite Ey in R2.
  rewrite (Ext (fun k => x (flip o) k + - e k) (fun k => - (x o k + e k))) in R2 by (intro; rewrite Ex; ring). lra. }
rewrite !mean_add, mean_const in B. rewrite (invariant (fun o => if right o then 1 else 0)) in B. unfold chance. lra.
Qed.
(* degree two: the odd part is linear *)
Variables (c : R) (w : nat -> R) (Q : nat -> nat -> R).
Definition quadratic (z : nat -> R) : R := c + dot d w z + sum d (fun k => sum d (fun j => Q k j * (z k * z j))).
Lemma quadratic_odd z : odd_part quadratic z = dot d w z.
Proof.
unfold odd_part, quadratic.
rewrite (sum_ext d (fun k => sum d (fun j => Q k j * (- z k * - z j))) (fun k => sum d (fun j => Q k j * (z k * z j)))) by (intros; apply sum_ext; intros; ring).
replace (dot d w (fun k => - z k)) with (-1 * dot d w z) by (rewrite <- dot_scal; apply sum_ext; intros; ring). field.
Qed.
Corollary degree_two right linear_right :
  (forall o, (o < S)%nat -> right o = true -> robustly_right quadratic o) ->
  (forall o, (o < S)%nat -> robustly_right (dot d w) o -> linear_right o = true) ->
  chance right <= (1 + chance linear_right) / 2.
Proof.
intros HR HL. apply (mirror quadratic right linear_right).
- intros z z' E. unfold quadratic, dot. f_equal; [f_equal|]; apply sum_ext; intros; [now rewrite E|]. apply sum_ext; intros. now rewrite !E.
- exact HR.
- intros o Ho R. apply HL; [easy|]. intros e He. generalize (R e He). now rewrite quadratic_odd.
Qed.
End Mirror.
End Law.
Print Assumptions linear_ceiling.
Print Assumptions degree_two.
