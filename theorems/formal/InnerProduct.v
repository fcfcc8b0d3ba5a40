(* Inner products of finite vectors and quadratic forms of symmetric matrices: bilinearity, discriminants, Cauchy-Schwarz. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum.
Open Scope R_scope.

Definition inner (n : nat) (a c : nat -> R) : R := sum n (fun k => a k * c k).
Definition form (n : nat) (M : nat -> nat -> R) (a c : nat -> R) : R := sum n (fun i => sum n (fun j => a i * M i j * c j)).
Definition symmetric (n : nat) (M : nat -> nat -> R) : Prop := forall i j, (i < n)%nat -> (j < n)%nat -> M i j = M j i.
Definition semidefinite (n : nat) (M : nat -> nat -> R) : Prop := forall c, 0 <= form n M c c.

Lemma inner_ext n a a' c c' : (forall k, (k < n)%nat -> a k = a' k) -> (forall k, (k < n)%nat -> c k = c' k) -> inner n a c = inner n a' c'.
Proof. intros E F; apply sum_ext; intros k Hk; now rewrite E, F. Qed.
Lemma inner_sym n a c : inner n a c = inner n c a.
Proof. apply sum_ext; intros; ring. Qed.
Lemma inner_add n a f g : inner n a (fun k => f k + g k) = inner n a f + inner n a g.
Proof. unfold inner; rewrite <- sum_add; apply sum_ext; intros; ring. Qed.
Lemma inner_scal n a c f : inner n a (fun k => c * f k) = c * inner n a f.
Proof. unfold inner; rewrite sum_scal; apply sum_ext; intros; ring. Qed.
Lemma inner_add_l n a f g : inner n (fun k => f k + g k) a = inner n f a + inner n g a.
Proof. rewrite !(inner_sym n _ a); apply inner_add. Qed.
Lemma inner_scal_l n a c f : inner n (fun k => c * f k) a = c * inner n f a.
Proof. rewrite !(inner_sym n _ a); apply inner_scal. Qed.
Lemma inner_sum n m a f : inner n a (fun k => sum m (fun i => f i k)) = sum m (fun i => inner n a (f i)).
Proof.
unfold inner; rewrite <- sum_swap; apply sum_ext; intros; now rewrite sum_scal.
Qed.
Lemma inner_sum_l n m a f : inner n (fun k => sum m (fun i => f i k)) a = sum m (fun i => inner n (f i) a).
Proof. rewrite inner_sym, inner_sum; apply sum_ext; intros; apply inner_sym. Qed.
Lemma inner_nn n a : 0 <= inner n a a.
Proof. apply sum_nn; intros; nra. Qed.

Lemma discriminant a b c : 0 <= c -> (forall t, 0 <= a + 2 * b * t + c * t ^ 2) -> b ^ 2 <= a * c.
Proof.
intros Hc H. destruct (Req_dec c 0) as [->|Nc].
- destruct (Req_dec b 0) as [->|Nb]; [lra|].
  specialize (H (- (a + 1) / (2 * b))). replace (a + 2 * b * (- (a + 1) / (2 * b)) + 0 * (- (a + 1) / (2 * b)) ^ 2) with (- 1) in H by (field; easy). lra.
- assert (Pc : 0 < c) by lra. specialize (H (- b / c)).
  replace (a + 2 * b * (- b / c) + c * (- b / c) ^ 2) with ((a * c - b ^ 2) / c) in H by (field; easy).
  assert (E : a * c - b ^ 2 = (a * c - b ^ 2) / c * c) by (field; easy).
  assert (0 <= (a * c - b ^ 2) / c * c) by (apply Rmult_le_pos; lra). lra.
Qed.

Theorem cauchy_schwarz n a c : inner n a c ^ 2 <= inner n a a * inner n c c.
Proof.
apply discriminant; [apply inner_nn|]. intro t.
replace (inner n a a + 2 * inner n a c * t + inner n c c * t ^ 2) with (inner n (fun k => a k + t * c k) (fun k => a k + t * c k)).
- apply inner_nn.
- rewrite inner_add, !inner_add_l, !inner_scal, !inner_scal_l, (inner_sym n c a); ring.
Qed.

Definition delta (i j : nat) : R := if Nat.eqb i j then 1 else 0.
Lemma sum_delta n j f : (j < n)%nat -> sum n (fun i => delta i j * f i) = f j.
Proof.
intro H. rewrite (sum_split n j _ H). unfold delta at 1; rewrite Nat.eqb_refl.
unfold sum_but. rewrite (sum_ext n _ (fun _ => 0)); [rewrite sum_0; ring|].
intros l _; unfold delta; destruct (Nat.eqb l j); ring.
Qed.

Lemma form_inner n M a c : form n M a c = inner n a (fun i => sum n (fun j => M i j * c j)).
Proof. apply sum_ext; intros; rewrite sum_scal; apply sum_ext; intros; ring. Qed.
Lemma form_sym n M a c : symmetric n M -> form n M a c = form n M c a.
Proof.
intro S; unfold form; rewrite sum_swap; apply sum_ext; intros; apply sum_ext; intros. rewrite S by easy; ring.
Qed.
Lemma form_add n M a f g : form n M a (fun k => f k + g k) = form n M a f + form n M a g.
Proof. unfold form; rewrite <- sum_add; apply sum_ext; intros; rewrite <- sum_add; apply sum_ext; intros; ring. Qed.
Lemma form_scal n M a c f : form n M a (fun k => c * f k) = c * form n M a f.
Proof. unfold form; rewrite sum_scal; apply sum_ext; intros; rewrite sum_scal; apply sum_ext; intros; ring. Qed.
Lemma form_add_l n M a f g : form n M (fun k => f k + g k) a = form n M f a + form n M g a.
Proof. unfold form; rewrite <- sum_add; apply sum_ext; intros; rewrite <- sum_add; apply sum_ext; intros; ring. Qed.
Lemma form_scal_l n M a c f : form n M (fun k => c * f k) a = c * form n M f a.
Proof. unfold form; rewrite sum_scal; apply sum_ext; intros; rewrite sum_scal; apply sum_ext; intros; ring. Qed.
Lemma form_ext n M a a' c c' : (forall k, (k < n)%nat -> a k = a' k) -> (forall k, (k < n)%nat -> c k = c' k) -> form n M a c = form n M a' c'.
Proof. intros E F; apply sum_ext; intros i Hi; apply sum_ext; intros j Hj; now rewrite E, F. Qed.
Lemma form_square n M a c t : symmetric n M ->
  form n M (fun k => a k + t * c k) (fun k => a k + t * c k) = form n M a a + 2 * form n M a c * t + form n M c c * t ^ 2.
Proof. intro S; rewrite form_add, !form_add_l, !form_scal, !form_scal_l, (form_sym n M c a S); ring. Qed.
