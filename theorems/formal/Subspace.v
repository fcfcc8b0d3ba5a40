(* dimpled_manifold.frozen, kept: training on a subspace P multiplies the part of the weights orthogonal to P by the scalar of weight
   decay and does nothing else. dimpled_manifold.scaling: orthogonal weights c times as large make off-manifold radii 1/c as large. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum.
Open Scope R_scope.

(* T1: first-layer rows w_i; gradients at inputs in P are combinations of the samples x_j, each orthogonal to nu *)
Section T1.
Variables d n m : nat.
Variable x : nat -> nat -> R.
Variable nu : nat -> R.
Definition dot (a c : nat -> R) : R := sum d (fun k => a k * c k).
Hypothesis inP : forall j, (j < n)%nat -> dot nu (x j) = 0.
Variables (eta mu dec : nat -> R).         (* step sizes, heavy-ball momentum, L2 coefficient *)
Variable w : nat -> nat -> nat -> R.       (* w t i k *)
Variable vel : nat -> nat -> nat -> R.
Variable coef : nat -> nat -> nat -> R.    (* coef t i j: whatever the loss, depth and labels produce *)
Hypothesis vel0 : forall i k, vel 0%nat i k = 0.
Hypothesis vstep : forall t i k, vel (S t) i k = mu t * vel t i k + (sum n (fun j => coef t i j * x j k) + dec t * w t i k).
Hypothesis wstep : forall t i k, w (S t) i k = w t i k - eta t * vel (S t) i k.
Fixpoint sv (t : nat) : R * R :=           (* scalar recursion (s, v) *)
  match t with
  | O => (1, 0)
  | S t' => let v' := mu t' * snd (sv t') + dec t' * fst (sv t') in (fst (sv t') - eta t' * v', v')
  end.

Lemma dot_add a f g : dot a (fun k => f k + g k) = dot a f + dot a g.
Proof. unfold dot; rewrite <- sum_add; apply sum_ext; intros; ring. Qed.
Lemma dot_scal a c f : dot a (fun k => c * f k) = c * dot a f.
Proof. unfold dot; rewrite sum_scal; apply sum_ext; intros; ring. Qed.
Lemma dot_ext a f g : (forall k, f k = g k) -> dot a f = dot a g.
Proof. intro E; apply sum_ext; intros; now rewrite E. Qed.
Lemma dot_comb a f c : dot a (fun k => sum n (fun j => f j * c j k)) = sum n (fun j => f j * dot a (c j)).
Proof.
unfold dot. rewrite (sum_ext d _ (fun k => sum n (fun i => f i * (a k * c i k)))).
- rewrite sum_swap. apply sum_ext; intros. now rewrite sum_scal.
- intros; rewrite sum_scal; apply sum_ext; intros; ring.
Qed.

Theorem normal_block t i : dot nu (w t i) = fst (sv t) * dot nu (w 0%nat i) /\ dot nu (vel t i) = snd (sv t) * dot nu (w 0%nat i).
Proof.
induction t as [|t [IHw IHv]]; simpl.
- split; [ring|]. rewrite (dot_ext nu _ (fun k => 0 * nu k)) by (intro; rewrite vel0; ring). rewrite dot_scal; ring.
- assert (V : dot nu (vel (S t) i) = (mu t * snd (sv t) + dec t * fst (sv t)) * dot nu (w 0%nat i)).
  { rewrite (dot_ext nu _ _ (vstep t i)), dot_add, dot_add, dot_scal, dot_scal, dot_comb, IHw, IHv.
    rewrite (sum_ext n _ (fun _ => 0)) by (intros j Hj; rewrite inP by easy; ring). rewrite sum_0. ring. }
  split; [|exact V].
  rewrite (dot_ext nu _ (fun k => w t i k + - eta t * vel (S t) i k)) by (intro; rewrite wstep; ring).
  rewrite dot_add, dot_scal, IHw, V. ring.
Qed.

Corollary frozen : (forall t, dec t = 0) -> forall t i, dot nu (w t i) = dot nu (w 0%nat i).
Proof.
intros Z t i. destruct (normal_block t i) as [-> _].
assert (E : sv t = (1, 0)).
{ clear - Z. induction t as [|t IH]; simpl; [easy|]. rewrite IH, Z; simpl. f_equal; ring. }
rewrite E; simpl; ring.
Qed.
End T1.

(* T6: N_G(p + z) with p in P: pre-activation = a_i + <g_i, z>; scaling all g_i by c is scaling z by c *)
Section T6.
Variables d m : nat.
Variables (F : (nat -> R) -> R).           (* everything after the first layer *)
Variables (a : nat -> R) (g : nat -> nat -> R).
Hypothesis Fext : forall z z', (forall i, (i < m)%nat -> z i = z' i) -> F z = F z'.
Definition Nz (c : R) (z : nat -> R) : R := F (fun i => a i + sum d (fun k => c * g i k * z k)).
Theorem homogeneity c z : Nz c z = Nz 1 (fun k => c * z k).
Proof. apply Fext; intros; f_equal; apply sum_ext; intros; ring. Qed.
(* hence flips correspond exactly: r_off scales as 1/c in any norm *)
Corollary flips c y z : c <> 0 -> (y * Nz 1 z < 0 <-> y * Nz c (fun k => / c * z k) < 0).
Proof.
intro Hc. assert (E : Nz c (fun k => / c * z k) = Nz 1 z).
{ rewrite homogeneity. apply Fext; intros; f_equal; apply sum_ext; intros; field; easy. }
rewrite E; tauto.
Qed.
End T6.
