(* Restriction to the support vectors (kkt_margin.main, weak, universal_flip, unseen, read on the support).

   At a KKT point only samples with lambda_l > 0 matter: leaving out samples with lambda_l = 0 gives a KKT point of the
   remaining data with the same network (`restricted`). Hence every theorem about all samples holds with n, p, q, L, U, L0 and
   class sizes taken over the support alone, for the samples of the support (`main_on_the_support`, `weak_on_the_support`). *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Open Scope R_scope.

(* `pick` lists, in order and without repetition, the m indices below n where P holds *)
Definition lists (n m : nat) (P : nat -> Prop) (pick : nat -> nat) : Prop :=
  (forall i, (i < m)%nat -> (pick i < n)%nat /\ P (pick i)) /\
  (forall i k, (i < k)%nat -> (k < m)%nat -> (pick i < pick k)%nat) /\
  (forall l, (l < n)%nat -> P l -> exists i, (i < m)%nat /\ pick i = l) /\
  (forall f, (forall l, (l < n)%nat -> ~ P l -> f l = 0) -> sum n f = sum m (fun i => f (pick i))).

Lemma listing n (P : nat -> Prop) : (forall l, {P l} + {~ P l}) -> exists m pick, lists n m P pick.
Proof.
intro Dec. induction n as [|n (m & pick & B & I & C & Sm)].
- exists 0%nat, (fun i => i). repeat split; intros; try lia.
- destruct (Dec n) as [Y|N].
  + exists (S m), (fun i => if Nat.eqb i m then n else pick i).
    assert (E : forall f : nat -> R, sum m (fun i => f (if Nat.eqb i m then n else pick i)) = sum m (fun i => f (pick i))).
    { intro f. apply sum_ext; intros l Hl. destruct (Nat.eqb_spec l m); [lia|easy]. }
    split; [|split; [|split]].
    * intros i Hi. destruct (Nat.eqb_spec i m); [split; [lia|easy]|]. destruct (B i ltac:(lia)). split; [lia|easy].
    * intros i k Hik Hk. destruct (Nat.eqb_spec i m), (Nat.eqb_spec k m); try lia; [apply B; lia|apply I; lia].
    * intros l Hl HP. destruct (Nat.eq_dec l n) as [->|F].
      { exists m. split; [lia|]. now rewrite Nat.eqb_refl. }
      destruct (C l ltac:(lia) HP) as (i & Hi & <-). exists i. split; [lia|]. destruct (Nat.eqb_spec i m); [lia|easy].
    * intros f Z. simpl. rewrite Nat.eqb_refl, E, (Sm f); [easy|]. intros; apply Z; [lia|easy].
  + exists m, pick. split; [|split; [|split]].
    * intros i Hi. destruct (B i Hi). split; [lia|easy].
    * easy.
    * intros l Hl HP. apply C; [|easy]. destruct (Nat.eq_dec l n) as [->|]; [easy|lia].
    * intros f Z. simpl. rewrite (Z n) by (auto; lia). rewrite (Sm f); [lra|]. intros; apply Z; [lia|easy].
Qed.

Section Restriction.
Variables d n W : nat.
Variable bias : bool.
Variables (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b v lam : nat -> R) (s : nat -> nat -> R).
Hypothesis HK : KKTnet d n W bias x y w b v lam s.
Variables (m : nat) (pick : nat -> nat).
Hypothesis Hpick : lists n m (fun l => 0 < lam l) pick.
Notation X := (fun i => x (pick i)).
Notation Y := (fun i => y (pick i)).

Lemma kept f : sum n (fun l => lam l * f l) = sum m (fun i => lam (pick i) * f (pick i)).
Proof.
destruct Hpick as (_ & _ & _ & Sm). apply (Sm (fun l => lam l * f l)). intros l Hl N.
replace (lam l) with 0 by (generalize (klam _ _ _ _ _ _ _ _ _ _ _ HK l Hl); lra). ring.
Qed.
Theorem restricted : KKTnet d m W bias X Y w b v (fun i => lam (pick i)) (fun i => s (pick i)).
Proof.
destruct Hpick as (B & _).
constructor.
- intros i Hi. now apply (klab _ _ _ _ _ _ _ _ _ _ _ HK), B.
- intros i Hi. now apply (klam _ _ _ _ _ _ _ _ _ _ _ HK), B.
- intros i j Hi Hj. now apply (ksub _ _ _ _ _ _ _ _ _ _ _ HK (pick i) j (proj1 (B i Hi))).
- intros j k Hj Hk. rewrite (K1 _ _ _ _ _ _ _ _ _ _ _ HK j k Hj Hk). f_equal.
  rewrite (sum_ext n _ (fun l => lam l * (y l * s l j * x l k))) by (intros; ring). rewrite kept. apply sum_ext; intros; ring.
- intros j Hj. rewrite (K2 _ _ _ _ _ _ _ _ _ _ _ HK j Hj).
  assert (E : sum n (fun l => lam l * y l * s l j) = sum m (fun i => lam (pick i) * y (pick i) * s (pick i) j)).
  { rewrite (sum_ext n _ (fun l => lam l * (y l * s l j))) by (intros; ring). rewrite kept. apply sum_ext; intros; ring. }
  now rewrite E.
- intros j Hj. rewrite (K3 _ _ _ _ _ _ _ _ _ _ _ HK j Hj).
  rewrite (sum_ext n _ (fun l => lam l * (y l * relu (act d x w b l j)))) by (intros; ring). rewrite kept. apply sum_ext; intros; unfold act; ring.
- intros i Hi. now apply (K4 _ _ _ _ _ _ _ _ _ _ _ HK), B.
- intros i Hi. now apply (K5 _ _ _ _ _ _ _ _ _ _ _ HK), B.
Qed.

(* bounds over the support only *)
Variables L U L0 p q : R.
Hypothesis HL : 0 < L.
Hypothesis HG : forall i, (i < n)%nat -> 0 < lam i -> L <= G d bias x i i <= U.
Hypothesis Hq0 : 0 <= q.
Hypothesis Hq : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> 0 < lam i -> 0 < lam l -> Rabs (G d bias x i l) <= q.
Hypothesis HL0 : forall i, (i < n)%nat -> 0 < lam i -> L0 <= K0 d x i i.
Hypothesis Hp : forall i l, (i < n)%nat -> (l < n)%nat -> l <> i -> 0 < lam i -> 0 < lam l -> Rabs (K0 d x i l) <= p.
Notation De := (Delta m L0 p).
Notation Up := (Sup m L q).
Notation Lo := (Alow m L U q).
Notation M := (nopp m Y).

Lemma support_gram i : (i < m)%nat -> L <= G d bias X i i <= U.
Proof. intro Hi. destruct Hpick as (B & _), (B i Hi). now apply (HG (pick i)). Qed.
Lemma support_norm i : (i < m)%nat -> L0 <= K0 d X i i.
Proof. intro Hi. destruct Hpick as (B & _), (B i Hi). now apply (HL0 (pick i)). Qed.
Lemma distinct i l : (i < m)%nat -> (l < m)%nat -> l <> i -> pick l <> pick i.
Proof. intros Hi Hl E. destruct Hpick as (_ & I & _). destruct (Nat.lt_gt_cases l i) as [[C|C] _]; [easy| |]; [generalize (I l i C Hi)|generalize (I i l C Hl)]; lia. Qed.
Lemma support_lifted i l : (i < m)%nat -> (l < m)%nat -> l <> i -> Rabs (G d bias X i l) <= q.
Proof. intros Hi Hl E. destruct Hpick as (B & _), (B i Hi), (B l Hl). apply (Hq (pick i) (pick l)); try easy. now apply distinct. Qed.
Lemma support_raw i l : (i < m)%nat -> (l < m)%nat -> l <> i -> Rabs (K0 d X i l) <= p.
Proof. intros Hi Hl E. destruct Hpick as (B & _), (B i Hi), (B l Hl). apply (Hp (pick i) (pick l)); try easy. now apply distinct. Qed.

Theorem main_on_the_support : r m L q ^ 2 + 2 * r m L q - 1 < 0 -> forall i t, (i < m)%nat -> 0 <= t -> q <= t * De ->
  y (pick i) * N d W w b v (z_at m X Y t i) <= Up * relu (U - t * De) - (t * De - q) * M i * Lo.
Proof.
intros Hr i t. exact (T1_bound d m W bias X Y w b v _ _ restricted L U L0 p q HL support_gram Hq0 support_lifted support_norm support_raw Hr i t).
Qed.
Theorem sign_on_the_support : r m L q ^ 2 + 2 * r m L q - 1 < 0 -> 0 < De -> forall i t, (i < m)%nat -> 0 < M i ->
  (Up * U + q * M i * Lo) / (Up + M i * Lo) / De < t -> y (pick i) * N d W w b v (z_at m X Y t i) < 0.
Proof.
intros Hr HD i t. exact (T1_sign d m W bias X Y w b v _ _ restricted L U L0 p q HL support_gram Hq0 support_lifted support_norm support_raw Hr HD i t).
Qed.
Theorem level_on_the_support : r m L q ^ 2 + 2 * r m L q - 1 < 0 -> 0 < De -> forall i t, (i < m)%nat -> 0 < M i ->
  (Up * U + 1 + q * M i * Lo) / (Up + M i * Lo) <= t * De -> q + 1 / (M i * Lo) <= t * De \/ t * De <= U ->
  y (pick i) * N d W w b v (z_at m X Y t i) <= -1.
Proof.
intros Hr HD i t. exact (T1_minus_one d m W bias X Y w b v _ _ restricted L U L0 p q HL support_gram Hq0 support_lifted support_norm support_raw Hr HD i t).
Qed.
Theorem weak_on_the_support : q < U -> forall i t, (i < m)%nat -> 0 < M i -> 0 <= t -> U <= t * De ->
  y (pick i) * N d W w b v (z_at m X Y t i) <= - (t * De - q) / U.
Proof.
intros HqU i t. exact (T1_weak d m W bias X Y w b v _ _ restricted L U L0 p q support_gram Hq0 support_lifted support_norm support_raw HqU i t).
Qed.
End Restriction.

(* every KKT point has such a listing of its support *)
Theorem support_listing n lam : exists m pick, lists n m (fun l => 0 < lam l) pick.
Proof. apply listing. intro l. apply Rlt_dec. Qed.
Print Assumptions main_on_the_support.
