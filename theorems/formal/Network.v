(* The network on R^d with the KKT conditions (K1)-(K5), with and without biases: the definitions that every theorem about networks
   speaks of. kkt_margin.main, weak, unseen for it. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.UniversalFlip.
Open Scope R_scope.

Section Net.
Variables d n W : nat.                    (* input dimension, samples, neurons *)
Variable bias : bool.
Variables (x : nat -> nat -> R) (y : nat -> R).                     (* data *)
Variables (w : nat -> nat -> R) (b v : nat -> R).                   (* parameters *)
Variables (lam : nat -> R) (s : nat -> nat -> R).                   (* multipliers, subgradients *)

Definition dot (a c : nat -> R) : R := sum d (fun k => a k * c k).
Definition N (z : nat -> R) : R := sum W (fun j => v j * relu (dot (w j) z + b j)).
Definition clarke (a g : R) : Prop := 0 <= g <= 1 /\ (0 < a -> g = 1) /\ (a < 0 -> g = 0).
Definition act (i j : nat) : R := dot (w j) (x i) + b j.
Definition beta : R := if bias then 1 else 0.

Record KKTnet : Prop := {
  klab : forall i, (i < n)%nat -> y i = 1 \/ y i = -1;
  klam : forall i, (i < n)%nat -> 0 <= lam i;
  ksub : forall i j, (i < n)%nat -> (j < W)%nat -> clarke (act i j) (s i j);
  K1 : forall j k, (j < W)%nat -> (k < d)%nat -> w j k = v j * sum n (fun i => lam i * y i * s i j * x i k);
  K2 : forall j, (j < W)%nat -> b j = if bias then v j * sum n (fun i => lam i * y i * s i j) else 0;
  K3 : forall j, (j < W)%nat -> v j = sum n (fun i => lam i * y i * relu (act i j));
  K4 : forall i, (i < n)%nat -> y i * N (x i) >= 1;
  K5 : forall i, (i < n)%nat -> lam i * (y i * N (x i) - 1) = 0
}.

Definition K0 (i l : nat) : R := dot (x i) (x l).
Definition G (i l : nat) : R := K0 i l + beta.
Definition u (k : nat) : R := sum n (fun l => y l * x l k).

Hypothesis HK : KKTnet.

Lemma dot_sym a c : dot a c = dot c a.
Proof. apply sum_ext; intros; ring. Qed.
Lemma dot_sum a f c : dot a (fun k => sum n (fun i => f i * c i k)) = sum n (fun i => f i * dot a (c i)).
Proof.
unfold dot. rewrite (sum_ext d _ (fun k => sum n (fun i => f i * (a k * c i k)))).
- rewrite sum_swap. apply sum_ext; intros. now rewrite sum_scal.
- intros; rewrite sum_scal; apply sum_ext; intros; ring.
Qed.
Lemma pre_net z j : (j < W)%nat -> dot (w j) z + b j = pre n v lam y s (fun l => dot z (x l) + beta) j.
Proof.
intro Hj. unfold pre. rewrite (K2 HK j Hj).
assert (E : dot (w j) z = v j * sum n (fun l => (lam l * y l * s l j) * dot z (x l))).
{ rewrite <- dot_sum. rewrite (dot_sym (w j)). unfold dot; rewrite sum_scal. apply sum_ext; intros k Hk.
  rewrite (K1 HK j k Hj Hk). ring. }
rewrite E. rewrite (sum_ext n (fun l => lam l * y l * s l j * (dot z (x l) + beta))
  (fun l => lam l * y l * s l j * dot z (x l) + beta * (lam l * y l * s l j))) by (intros; ring).
rewrite sum_add, <- sum_scal. unfold beta; destruct bias; ring.
Qed.
Lemma N_net z : N z = net n W v lam y s (fun l => dot z (x l) + beta).
Proof. unfold N, net. apply sum_ext; intros j Hj. now rewrite pre_net. Qed.
Lemma net_ext k k' : (forall l, (l < n)%nat -> k l = k' l) -> net n W v lam y s k = net n W v lam y s k'.
Proof.
intro E; unfold net, pre. apply sum_ext; intros. do 3 f_equal. apply sum_ext; intros. now rewrite E.
Qed.

Lemma abstract : KKT n W v lam y s G.
Proof.
assert (P : forall i j, (j < W)%nat -> pre n v lam y s (G i) j = act i j) by (intros; unfold act; now rewrite pre_net).
assert (Q : forall i, net n W v lam y s (G i) = N (x i)) by (intros; now rewrite N_net).
constructor; intros.
- now apply (klab HK).
- now apply (klam HK).
- now apply (ksub HK i j).
- rewrite P in H1 by easy. now apply (ksub HK i j).
- rewrite P in H1 by easy. now apply (ksub HK i j).
- rewrite Q. now apply (K4 HK).
- rewrite Q. now apply (K5 HK).
Qed.

Lemma N_moved i t : (i < n)%nat ->
  N (fun k => x i k - t * y i * u k) = net n W v lam y s (moved n y G K0 t i).
Proof.
intro Hi. rewrite N_net. apply net_ext; intros l Hl. unfold moved, G, h, K0.
assert (E : dot (fun k => x i k - t * y i * u k) (x l) = dot (x i) (x l) + - (t * y i) * dot u (x l)).
{ unfold dot at 2 3. rewrite sum_scal, <- sum_add. apply sum_ext; intros; ring. }
rewrite E. rewrite (dot_sym u). unfold u; rewrite dot_sum.
rewrite (sum_ext n (fun m => y l * y m * dot (x l) (x m)) (fun m => y l * (y m * dot (x l) (x m)))) by (intros; ring).
rewrite <- sum_scal. replace (y l * (y l * sum n (fun m => y m * dot (x l) (x m)))) with ((y l * y l) * sum n (fun m => y m * dot (x l) (x m))) by ring.
replace (y l * y l) with 1 by (destruct (klab HK l Hl) as [-> | ->]; ring). ring.
Qed.

(* data constants, as bounds (the least/greatest values are a special case) *)
Variables L U L0 p q : R.
Hypothesis HL : 0 < L.
Hypothesis HG : forall i, (i < n)%nat -> L <= G i i <= U.
Hypothesis Hq0 : 0 <= q.
Hypothesis Hq : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (G i l) <= q.
Hypothesis HL0 : forall i, (i < n)%nat -> L0 <= K0 i i.
Hypothesis Hp : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> Rabs (K0 i l) <= p.

Let r := r n L q.
Let S := Sup n L q.
Let A := Alow n L U q.
Let Delta := Delta n L0 p.
Let m := nopp n y.
Definition z_at (t : R) (i : nat) : nat -> R := fun k => x i k - t * y i * u k.

Theorem T1_support : r ^ 2 + 2 * r - 1 < 0 -> forall i, (i < n)%nat -> 0 < lam i /\ y i * N (x i) = 1.
Proof.
intros Hr i Hi. rewrite N_net. apply (support n W v lam y s G abstract L U q HL HG Hq0 Hq); [lia|easy|easy].
Qed.
Theorem T1_bound : r ^ 2 + 2 * r - 1 < 0 -> forall i t, (i < n)%nat -> 0 <= t -> q <= t * Delta ->
  y i * N (z_at t i) <= S * relu (U - t * Delta) - (t * Delta - q) * m i * A.
Proof. intros Hr i t Hi Ht Hqt. unfold z_at. rewrite N_moved by easy. apply (T1_ineq n W v lam y s G K0 abstract L U L0 p q); easy. Qed.
Theorem T1_sign : r ^ 2 + 2 * r - 1 < 0 -> 0 < Delta -> forall i t, (i < n)%nat -> 0 < m i ->
  (S * U + q * m i * A) / (S + m i * A) / Delta < t -> y i * N (z_at t i) < 0.
Proof. intros Hr HD i t Hi Hm Ht. unfold z_at. rewrite N_moved by easy. apply (T1_flip n W v lam y s G K0 abstract L U L0 p q); easy. Qed.
Theorem T1_minus_one : r ^ 2 + 2 * r - 1 < 0 -> 0 < Delta -> forall i t, (i < n)%nat -> 0 < m i ->
  (S * U + 1 + q * m i * A) / (S + m i * A) <= t * Delta -> q + 1 / (m i * A) <= t * Delta \/ t * Delta <= U ->
  y i * N (z_at t i) <= -1.
Proof. intros Hr HD i t Hi Hm Ht Hc. unfold z_at. rewrite N_moved by easy. apply (T1_level n W v lam y s G K0 abstract L U L0 p q); easy. Qed.
Theorem T1_weak : q < U -> forall i t, (i < n)%nat -> 0 < m i -> 0 <= t -> U <= t * Delta ->
  y i * N (z_at t i) <= - (t * Delta - q) / U.
Proof. intros HqU i t Hi Hm Ht Hc. unfold z_at. rewrite N_moved by easy. apply (T1w n W v lam y s G K0 abstract L U L0 p q); easy. Qed.

(* kkt_margin.unseen: unseen points *)
Theorem T3 : (0 < n)%nat -> r ^ 2 + 2 * r - 1 < 0 -> forall z c t,
  (forall l, (l < n)%nat -> Rabs (dot z (x l)) <= c) -> 0 <= t -> c + beta <= t * Delta ->
  N (fun k => z k - t * u k) <= - ((t * Delta - c - beta) * cnt n y (-1) * A) /\
  (t * Delta - c - beta) * cnt n y 1 * A <= N (fun k => z k + t * u k).
Proof.
intros Hn Hr z c t Hz Ht Hc.
assert (E : forall e l, (l < n)%nat -> dot (fun k => z k + e * t * u k) (x l) = dot z (x l) + e * t * (y l * h n y K0 l)).
{ intros e l Hl.
  assert (E : dot (fun k => z k + e * t * u k) (x l) = dot z (x l) + e * t * dot u (x l)).
  { unfold dot at 2 3. rewrite sum_scal, <- sum_add. apply sum_ext; intros; ring. }
  rewrite E. rewrite (dot_sym u). unfold u; rewrite dot_sum. unfold h, K0.
  rewrite (sum_ext n (fun m => y l * y m * dot (x l) (x m)) (fun m => y l * (y m * dot (x l) (x m)))) by (intros; ring).
  rewrite <- sum_scal. replace (y l * (y l * sum n (fun m => y m * dot (x l) (x m)))) with ((y l * y l) * sum n (fun m => y m * dot (x l) (x m))) by ring.
  replace (y l * y l) with 1 by (destruct (klab HK l Hl) as [-> | ->]; ring). ring. }
assert (B : forall y0, y0 = 1 \/ y0 = -1 -> y0 * N (fun k => z k + - y0 * t * u k) <= - ((t * Delta - c - beta) * cnt n y (- y0) * A)).
{ intros y0 Hy. rewrite N_net. apply (T3_gen n W v lam y s G abstract L U q HL HG Hq0 Hq); try easy; [lra|].
  intros l Hl. rewrite E by easy.
  assert (D := h_ge n W v lam y s G K0 abstract L0 p HL0 Hp l Hl). fold Delta in D.
  assert (t * Delta <= t * h n y K0 l) by nra.
  assert (Zb := Rabs_bd _ _ (Hz l Hl)). assert (0 <= beta) by (unfold beta; destruct bias; lra).
  destruct Hy as [-> | ->], (klab HK l Hl) as [-> | ->]; lra. }
split.
- generalize (B 1 (or_introl eq_refl)). rewrite Rmult_1_l.
  replace (-(1)) with (-1) by lra. intro F. apply Rle_trans with (2 := F). right.
  unfold N; apply sum_ext; intros; do 3 f_equal; apply sum_ext; intros; ring.
- generalize (B (-1) (or_intror eq_refl)). replace (- -1) with 1 by lra. intro F.
  replace (N (fun k => z k + t * u k)) with (N (fun k => z k + 1 * t * u k)); [lra|].
  unfold N; apply sum_ext; intros; do 3 f_equal; apply sum_ext; intros; ring.
Qed.
End Net.

Print Assumptions T1_sign.
