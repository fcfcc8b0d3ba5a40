(* Identities of every KKT point: kkt_margin.balance (|w~_j| = |v_j|), multiplier_sum (sum lambda = sum v_j^2 = |theta|^2 / 2),
   unit_neurons (w~_j = v_j g_j with |g_j| = 1), gradient_form (no Clarke input gradient is longer than sum lambda), merging (neurons
   of one sign and one pattern are parallel and merge without changing the network), radius_by_multipliers. No condition on the data. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Open Scope R_scope.

Section Vectors.
Variable d : nat.
Notation dot := (dot d).
Lemma dot_add a f g : dot a (fun k => f k + g k) = dot a f + dot a g.
Proof. unfold Network.dot; rewrite <- sum_add; apply sum_ext; intros; ring. Qed.
Lemma dot_scal a c f : dot a (fun k => c * f k) = c * dot a f.
Proof. unfold Network.dot; rewrite sum_scal; apply sum_ext; intros; ring. Qed.
Lemma dot_nn a : 0 <= dot a a.
Proof. apply sum_nn; intros; nra. Qed.
Lemma dot_cauchy a b : dot a b ^ 2 <= dot a a * dot b b.
Proof.
apply Rle_trans with (1 := cauchy_schwarz d a b). right. unfold Network.dot. f_equal; apply sum_ext; intros; ring.
Qed.
End Vectors.

(* increments of the rectifier as a share of the increments of its argument *)
Definition share (a b : R) : R := if Req_EM_T a b then 0 else (relu b - relu a) / (b - a).
Lemma share_spec a b : 0 <= share a b <= 1 /\ relu b - relu a = share a b * (b - a).
Proof.
unfold share. destruct Req_EM_T as [->|N]; [lra|]. destruct (relu_increment a b) as (tau & T & E).
rewrite E. replace (tau * (b - a) / (b - a)) with tau by (field; lra). easy.
Qed.

Section Identities.
Variables d n W : nat.
Variable bias : bool.
Variables (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b v lam : nat -> R) (s : nat -> nat -> R).
Hypothesis HK : KKTnet d n W bias x y w b v lam s.
Notation dot := (dot d).
Notation N := (N d W w b v).
Notation act := (act d x w b).

(* g_j, raw part and bias coordinate *)
Definition g (j k : nat) : R := sum n (fun i => lam i * y i * s i j * x i k).
Definition g_bias (j : nat) : R := if bias then sum n (fun i => lam i * y i * s i j) else 0.
(* g_j . z~ *)
Definition along (j : nat) (z : nat -> R) : R := dot (g j) z + g_bias j.

Lemma weights j k : (j < W)%nat -> (k < d)%nat -> w j k = v j * g j k.
Proof. exact (K1 _ _ _ _ _ _ _ _ _ _ _ HK j k). Qed.
Lemma biases j : (j < W)%nat -> b j = v j * g_bias j.
Proof. intro Hj. rewrite (K2 _ _ _ _ _ _ _ _ _ _ _ HK j Hj). unfold g_bias. destruct bias; ring. Qed.
Lemma activation j z : (j < W)%nat -> dot (w j) z + b j = v j * along j z.
Proof.
intro Hj. unfold along. rewrite Rmult_plus_distr_l, <- biases by easy. f_equal.
unfold Network.dot. rewrite sum_scal. apply sum_ext; intros k Hk. rewrite weights by easy. ring.
Qed.
Lemma active i j : (i < n)%nat -> (j < W)%nat -> s i j * act i j = relu (act i j).
Proof.
intros Hi Hj. destruct (ksub _ _ _ _ _ _ _ _ _ _ _ HK i j Hi Hj) as (_ & On & Off).
destruct (Rtotal_order (act i j) 0) as [Z|[Z|Z]].
- rewrite (Off Z), relu_neg by lra. ring.
- rewrite Z, relu_neg by lra. ring.
- rewrite (On Z), relu_pos by lra. ring.
Qed.
(* g_j . g~_j as a sum over samples *)
Lemma along_sum j f : sum n (fun i => lam i * y i * s i j * (dot f (x i))) = dot f (g j).
Proof. unfold g. now rewrite dot_sum. Qed.

Theorem balance j : (j < W)%nat -> dot (w j) (w j) + b j ^ 2 = v j ^ 2.
Proof.
intro Hj. assert (E := K3 _ _ _ _ _ _ _ _ _ _ _ HK j Hj).
rewrite (sum_ext n _ (fun i => lam i * y i * s i j * dot (w j) (x i) + b j * (lam i * y i * s i j))) in E.
2:{ intros i Hi. rewrite <- active by easy. unfold Network.act. ring. }
rewrite sum_add, <- sum_scal, along_sum in E.
assert (B : b j * sum n (fun i => lam i * y i * s i j) = b j * g_bias j).
{ assert (Bj := biases j Hj). unfold g_bias in *. destruct bias; [easy|]. rewrite Bj. ring. }
rewrite B in E.
assert (F : dot (w j) (w j) = v j * dot (w j) (g j)).
{ unfold Network.dot. rewrite sum_scal. apply sum_ext; intros k Hk. rewrite (weights j k Hj Hk) at 2. ring. }
assert (Q : b j ^ 2 = v j * (b j * g_bias j)) by (transitivity (b j * (v j * g_bias j)); [rewrite <- biases by easy|]; ring).
rewrite F, Q, <- Rmult_plus_distr_l, <- E. ring.
Qed.
Theorem multiplier_sum : sum n lam = sum W (fun j => v j ^ 2).
Proof.
rewrite (sum_ext W _ (fun j => sum n (fun i => lam i * y i * (v j * relu (act i j))))).
2:{ intros j Hj. rewrite (sum_ext n _ (fun i => v j * (lam i * y i * relu (act i j)))) by (intros; ring).
  rewrite <- sum_scal. rewrite <- (K3 _ _ _ _ _ _ _ _ _ _ _ HK j Hj). ring. }
rewrite sum_swap. apply sum_ext; intros i Hi. rewrite <- (sum_scal W). change (sum W (fun j => v j * relu (act i j))) with (N (x i)).
generalize (K5 _ _ _ _ _ _ _ _ _ _ _ HK i Hi). lra.
Qed.
Corollary half_parameter_norm : sum n lam = / 2 * sum W (fun j => dot (w j) (w j) + b j ^ 2 + v j ^ 2).
Proof.
rewrite multiplier_sum, sum_scal. apply sum_ext; intros j Hj. rewrite balance by easy. field.
Qed.
Theorem unit_neurons j : (j < W)%nat -> v j <> 0 -> dot (g j) (g j) + g_bias j ^ 2 = 1.
Proof.
intros Hj Hv. assert (B := balance j Hj). rewrite (biases j Hj) in B.
assert (F : dot (w j) (w j) = v j ^ 2 * dot (g j) (g j)).
{ unfold Network.dot. rewrite sum_scal. apply sum_ext; intros k Hk. rewrite (weights j k Hj Hk). ring. }
rewrite F in B. apply Rmult_eq_reg_l with (v j ^ 2); [lra|]. now apply pow_nonzero.
Qed.
Theorem dead_neurons j : (j < W)%nat -> v j = 0 -> b j = 0 /\ forall k, (k < d)%nat -> w j k = 0.
Proof. intros Hj Z. rewrite (biases j Hj), Z. split; [ring|]. intros k Hk. rewrite weights by easy. rewrite Z. ring. Qed.

(* |<w_j, z>| <= |v_j| |z|, squared *)
Lemma weight_bound j z : (j < W)%nat -> dot (w j) z ^ 2 <= v j ^ 2 * dot z z.
Proof.
intro Hj. apply Rle_trans with (1 := dot_cauchy d (w j) z). apply Rmult_le_compat_r; [apply dot_nn|].
generalize (balance j Hj), (pow2_ge_0 (b j)). lra.
Qed.
Lemma square_le a c : 0 <= c -> a ^ 2 <= c ^ 2 -> - c <= a <= c.
Proof. intros Hc H. split; [destruct (Rle_dec (- c) a)|destruct (Rle_dec a c)]; try easy; nra. Qed.
Lemma weighted_bound tau z : (forall j, (j < W)%nat -> 0 <= tau j <= 1) ->
  - (sum n lam * sqrt (dot z z)) <= sum W (fun j => tau j * (v j * dot (w j) z)) <= sum n lam * sqrt (dot z z).
Proof.
intro T. rewrite multiplier_sum. assert (R0 := sqrt_pos (dot z z)). assert (RR := sqrt_sqrt _ (dot_nn d z)). set (rho := sqrt (dot z z)) in *.
assert (B : forall j, (j < W)%nat -> - (v j ^ 2 * rho) <= tau j * (v j * dot (w j) z) <= v j ^ 2 * rho).
{ intros j Hj. assert (P : - (v j ^ 2 * rho) <= v j * dot (w j) z <= v j ^ 2 * rho).
  { apply square_le; [apply Rmult_le_pos; [apply pow2_ge_0|easy]|]. generalize (weight_bound j z Hj), (pow2_ge_0 (v j)); intros H1 H2.
    replace ((v j * dot (w j) z) ^ 2) with (v j ^ 2 * dot (w j) z ^ 2) by ring.
    replace ((v j ^ 2 * rho) ^ 2) with (v j ^ 2 * (v j ^ 2 * (rho * rho))) by ring. rewrite RR. nra. }
  destruct (T j Hj). split; nra. }
replace (- (sum W (fun j => v j ^ 2) * rho)) with (sum W (fun j => - (v j ^ 2 * rho))).
2:{ rewrite (sum_ext W (fun j => - (v j ^ 2 * rho)) (fun j => - rho * v j ^ 2)) by (intros; ring). rewrite <- (sum_scal W). ring. }
rewrite Rmult_comm, sum_scal. split; apply sum_le; intros j Hj; generalize (B j Hj); lra.
Qed.

(* a Clarke input gradient is sum_j tau_j v_j w_j, tau_j in [0, 1] *)
Definition gradient (tau : nat -> R) (k : nat) : R := sum W (fun j => tau j * (v j * w j k)).
Lemma gradient_along tau z : dot z (gradient tau) = sum W (fun j => tau j * (v j * dot (w j) z)).
Proof.
unfold gradient, Network.dot. rewrite (sum_ext d _ (fun k => sum W (fun j => tau j * (v j * (w j k * z k))))).
2:{ intros. rewrite sum_scal. apply sum_ext; intros. ring. }
rewrite sum_swap. apply sum_ext; intros. now rewrite !sum_scal.
Qed.
Theorem gradient_form tau : (forall j, (j < W)%nat -> 0 <= tau j <= 1) -> dot (gradient tau) (gradient tau) <= sum n lam ^ 2.
Proof.
intro T. assert (B := proj2 (weighted_bound tau (gradient tau) T)). rewrite <- gradient_along in B.
assert (Q := sqrt_sqrt _ (dot_nn d (gradient tau))). assert (R0 := sqrt_pos (dot (gradient tau) (gradient tau))).
set (rho := sqrt _) in *. rewrite <- Q in B. rewrite <- Q.
assert (0 <= sum n lam) by (apply sum_nn; intros; now apply (klam _ _ _ _ _ _ _ _ _ _ _ HK)).
destruct (Rle_dec rho (sum n lam)); nra.
Qed.

(* the output changes along a gradient with shares for tau *)
Lemma increment z z' : N z' - N z = sum W (fun j => share (dot (w j) z + b j) (dot (w j) z' + b j) * (v j * dot (w j) (fun k => z' k - z k))).
Proof.
unfold Network.N. replace (sum W (fun j => v j * relu (dot (w j) z' + b j)) - sum W (fun j => v j * relu (dot (w j) z + b j)))
  with (sum W (fun j => v j * relu (dot (w j) z' + b j)) + -1 * sum W (fun j => v j * relu (dot (w j) z + b j))) by ring.
rewrite (sum_scal W), <- sum_add. apply sum_ext; intros j Hj. destruct (share_spec (dot (w j) z + b j) (dot (w j) z' + b j)) as (_ & E).
assert (F : dot (w j) (fun k => z' k - z k) = dot (w j) z' - dot (w j) z).
{ replace (dot (w j) z' - dot (w j) z) with (dot (w j) z' + -1 * dot (w j) z) by ring. unfold Network.dot. rewrite sum_scal, <- sum_add. apply sum_ext; intros; ring. }
rewrite F. replace (share _ _ * (v j * (dot (w j) z' - dot (w j) z))) with (v j * (share (dot (w j) z + b j) (dot (w j) z' + b j) * (dot (w j) z' + b j - (dot (w j) z + b j)))) by ring.
rewrite <- E. ring.
Qed.
Theorem lipschitz z z' : (N z' - N z) ^ 2 <= sum n lam ^ 2 * dot (fun k => z' k - z k) (fun k => z' k - z k).
Proof.
rewrite increment. set (e := fun k => z' k - z k).
assert (B := weighted_bound (fun j => share (dot (w j) z + b j) (dot (w j) z' + b j)) e (fun j _ => proj1 (share_spec _ _))). cbv beta in B.
assert (Q := sqrt_sqrt _ (dot_nn d e)). rewrite <- Q. assert (R0 := sqrt_pos (dot e e)). set (rho := sqrt _) in *. set (I := sum W _) in *. nra.
Qed.
(* radius * sum lambda >= 1 *)
Theorem radius_by_multipliers i e : (i < n)%nat -> y i * N (fun k => x i k + e k) <= 0 -> 1 <= dot e e * sum n lam ^ 2.
Proof.
intros Hi F. assert (M := K4 _ _ _ _ _ _ _ _ _ _ _ HK i Hi). fold (N (x i)) in M.
assert (Lp := lipschitz (x i) (fun k => x i k + e k)). cbv beta in Lp.
replace (dot (fun k => x i k + e k - x i k) (fun k => x i k + e k - x i k)) with (dot e e) in Lp by (apply sum_ext; intros; ring).
assert (1 <= (N (fun k => x i k + e k) - N (x i)) ^ 2); [|rewrite Rmult_comm; lra].
set (P := N (fun k => x i k + e k)) in *. set (Q := N (x i)) in *. clearbody P Q.
assert (D : 1 <= y i * Q - y i * P) by lra.
assert (E : (P - Q) ^ 2 = (y i * Q - y i * P) ^ 2) by (destruct (klab _ _ _ _ _ _ _ _ _ _ _ HK i Hi) as [-> | ->]; ring).
rewrite E. nra.
Qed.

(* merging *)
Theorem neuron_form j z S : (j < W)%nat -> S = 1 \/ S = -1 -> 0 <= S * v j ->
  v j * relu (dot (w j) z + b j) = S * (v j ^ 2 * relu (S * along j z)).
Proof.
intros Hj HS Hv. rewrite activation by easy.
replace (v j * along j z) with ((S * v j) * (S * along j z)) by (destruct HS as [-> | ->]; ring).
rewrite <- relu_scal by easy. destruct HS as [-> | ->]; ring.
Qed.
Definition same_pattern (j j' : nat) : Prop :=
  forall i, (i < n)%nat -> (0 < act i j <-> 0 < act i j') /\ (act i j < 0 <-> act i j' < 0).
Lemma along_zero i j : (i < n)%nat -> (j < W)%nat -> v j <> 0 -> act i j = 0 -> along j (x i) = 0.
Proof.
intros Hi Hj Hv Z. unfold Network.act in Z. rewrite activation in Z by easy. destruct (Rmult_integral _ _ Z); easy.
Qed.
Theorem same_direction j j' : (j < W)%nat -> (j' < W)%nat -> v j <> 0 -> v j' <> 0 -> same_pattern j j' ->
  g_bias j = g_bias j' /\ forall k, (k < d)%nat -> g j k = g j' k.
Proof.
intros Hj Hj' Hv Hv' HP.
assert (Z : forall i, (i < n)%nat -> (s i j - s i j') * (along j (x i) - along j' (x i)) = 0).
{ intros i Hi. destruct (ksub _ _ _ _ _ _ _ _ _ _ _ HK i j Hi Hj) as (_ & On & Off).
  destruct (ksub _ _ _ _ _ _ _ _ _ _ _ HK i j' Hi Hj') as (_ & On' & Off'). destruct (HP i Hi) as [P1 P2].
  destruct (Rtotal_order (act i j) 0) as [C|[C|C]].
  - rewrite (Off C), (Off' (proj1 P2 C)). ring.
  - assert (C' : act i j' = 0) by (destruct (Rtotal_order (act i j') 0) as [D|[D|D]]; [apply P2 in D|easy|apply P1 in D]; lra).
    rewrite (along_zero i j), (along_zero i j') by easy. ring.
  - rewrite (On C), (On' (proj1 P1 C)). ring. }
set (D := fun k => g j k - g j' k). set (DB := g_bias j - g_bias j').
assert (E : dot D D + DB ^ 2 = 0).
{ transitivity (sum n (fun i => lam i * y i * ((s i j - s i j') * (along j (x i) - along j' (x i))))).
  2:{ rewrite (sum_ext n _ (fun _ => 0)) by (intros; rewrite Z by easy; ring). apply sum_0. }
  assert (A1 : forall i, along j (x i) - along j' (x i) = dot D (x i) + DB).
  { intro i. unfold along, DB. replace (dot D (x i)) with (dot (g j) (x i) + -1 * dot (g j') (x i)); [ring|].
    unfold D, Network.dot. rewrite sum_scal, <- sum_add. apply sum_ext; intros; ring. }
  rewrite (sum_ext n _ (fun i => lam i * y i * s i j * dot D (x i) + (-1 * (lam i * y i * s i j' * dot D (x i)) + DB * (lam i * y i * s i j + -1 * (lam i * y i * s i j'))))).
  2:{ intros. rewrite A1. ring. }
  rewrite !sum_add, <- !sum_scal, !along_sum, sum_add, <- sum_scal.
  assert (B : DB * (sum n (fun i => lam i * y i * s i j) + -1 * sum n (fun i => lam i * y i * s i j')) = DB ^ 2).
  { unfold DB, g_bias. destruct bias; ring. }
  rewrite B. replace (dot D D) with (dot D (g j) + -1 * dot D (g j')); [ring|].
  unfold Network.dot. rewrite sum_scal, <- sum_add. apply sum_ext; intros; unfold D; ring. }
assert (N1 := dot_nn d D). assert (N2 := pow2_ge_0 DB).
split; [unfold DB in *; nra|]. intros k Hk.
assert (T : dot D D = 0) by lra. unfold Network.dot in T. rewrite (sum_split d k) in T by easy.
assert (0 <= sum_but k d (fun k => D k * D k)) by (apply but_nn; intros; nra). unfold D in *. nra.
Qed.
(* two neurons of one sign and one pattern act as one of mass v_j^2 + v_j'^2 *)
Theorem merging j j' S z : (j < W)%nat -> (j' < W)%nat -> S = 1 \/ S = -1 -> 0 < S * v j -> 0 < S * v j' -> same_pattern j j' ->
  v j * relu (dot (w j) z + b j) + v j' * relu (dot (w j') z + b j') = S * ((v j ^ 2 + v j' ^ 2) * relu (S * along j z)).
Proof.
intros Hj Hj' HS Hv Hv' HP.
assert (N1 : v j <> 0) by (intro F; rewrite F in Hv; lra). assert (N2 : v j' <> 0) by (intro F; rewrite F in Hv'; lra).
destruct (same_direction j j' Hj Hj' N1 N2 HP) as (EB & EG).
rewrite (neuron_form j z S), (neuron_form j' z S) by (easy || lra).
assert (E : along j' z = along j z).
{ unfold along. rewrite EB. f_equal. apply sum_ext; intros. now rewrite EG. }
rewrite E. ring.
Qed.
End Identities.
Print Assumptions merging.
Print Assumptions radius_by_multipliers.
