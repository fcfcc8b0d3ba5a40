(* Weak duality for integer linear programs, by computation: integer rows against a vector of reals, nonnegative integer multipliers, and
   what they lack in dual feasibility charged against upper bounds of the variables (used for kkt_margin.all_points). *)
Require Import Reals ZArith List Bool Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.IntegerData.
Import ListNotations.

Section Duality.
Local Open Scope Z_scope.
Fixpoint axpy (d : Z) (r acc : list Z) : list Z :=          (* d r + acc; the longer one decides the length *)
  match r, acc with
  | x :: r', a :: acc' => (x * d + a) :: axpy d r' acc'
  | x :: r', [] => x * d :: axpy d r' []
  | [], _ => acc
  end.
Fixpoint combination (ds : list Z) (rows : list (list Z)) : list Z :=
  match ds, rows with
  | d :: ds', r :: rows' => if d =? 0 then combination ds' rows' else axpy d r (combination ds' rows')
  | _, _ => []
  end.
Fixpoint charge (r a : list Z) : Z :=
  match r, a with x :: r', c :: a' => Z.max x 0 * c + charge r' a' | _, _ => 0 end.

Local Open Scope R_scope.
Fixpoint ev (r : list Z) (V : list R) : R :=
  match r, V with z :: r', x :: V' => IZR z * x + ev r' V' | _, _ => 0 end.
Lemma ev_axpy d r : forall acc V, ev (axpy d r acc) V = IZR d * ev r V + ev acc V.
Proof.
induction r as [|x r IH]; intros acc V; simpl; [ring|].
destruct acc as [|a acc], V as [|z V]; simpl; rewrite ?IH, ?plus_IZR, ?mult_IZR; simpl; ring.
Qed.
Lemma ev_combination V rows : Forall (fun r => ev r V <= 0) rows ->
  forall ds, Forall (fun d => (0 <= d)%Z) ds -> ev (combination ds rows) V <= 0.
Proof.
induction 1 as [|r rows Hr _ IH]; intros ds Hd.
- destruct ds; simpl; lra.
- destruct Hd as [|d ds Hd Hds]; simpl; [lra|]. generalize (IH ds Hds); intro. destruct (Z.eqb_spec d 0); [easy|].
  rewrite ev_axpy. apply IZR_le in Hd. nra.
Qed.
Lemma ev_charge unit V a : 0 <= IZR unit -> Forall2 (fun v c => 0 <= v /\ IZR unit * v <= IZR c) V a ->
  forall r, IZR unit * ev r V <= IZR (charge r a).
Proof.
intro U. induction 1 as [|v c V a [H0 H1] _ IH]; intros r; destruct r as [|z r]; simpl; try lra.
rewrite plus_IZR, mult_IZR. generalize (IH r); intro.
assert (B : IZR z <= IZR (Z.max z 0)) by (apply IZR_le; lia). assert (C : 0 <= IZR (Z.max z 0)) by (apply IZR_le; lia).
assert (IZR unit * (IZR z * v) <= IZR unit * (IZR (Z.max z 0) * v)) by (apply Rmult_le_compat_l; [easy|apply Rmult_le_compat_r; easy]).
assert (IZR (Z.max z 0) * (IZR unit * v) <= IZR (Z.max z 0) * IZR c) by (apply Rmult_le_compat_l; easy). lra.
Qed.
Lemma ev_map m f g : forall o, ev (map f (seq o m)) (map g (seq o m)) = sum m (fun l => IZR (f (o + l)%nat) * g (o + l)%nat).
Proof.
induction m; intros o; [easy|]. rewrite sum_first; simpl. rewrite IHm, Nat.add_0_r. f_equal.
apply sum_ext; intros l _. now replace (o + S l)%nat with (S o + l)%nat by lia.
Qed.
Lemma ev_app r1 r2 V1 V2 : length r1 = length V1 -> ev (r1 ++ r2) (V1 ++ V2) = ev r1 V1 + ev r2 V2.
Proof.
revert V1; induction r1 as [|z r IH]; intros [|x V] E; try discriminate; simpl; [lra|].
injection E as E. rewrite IH by easy. lra.
Qed.
End Duality.
