(* The hypotheses of kkt_margin.main are not contradictory: a KKT point (two orthogonal samples, two neurons, no bias) that meets all of them. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Open Scope R_scope.
Definition e (i k : nat) : R := if Nat.eqb i k then 1 else 0.
Definition sg (i : nat) : R := if Nat.eqb i 0 then 1 else -1.
Ltac two i := destruct i as [|[|i]]; [| |exfalso; lia].
Ltac ev := unfold N, act, dot, clarke, e, sg in *; simpl in *;
  rewrite ?Rmult_0_l, ?Rmult_0_r, ?Rmult_1_l, ?Rmult_1_r, ?Rplus_0_l, ?Rplus_0_r;
  rewrite ?(relu_pos 1), ?(relu_pos 0) by lra.
Theorem witness : KKTnet 2 2 2 false e sg e (fun _ => 0) sg (fun _ => 1) e.
Proof.
constructor; intros; repeat match goal with H : (?a < 2)%nat |- _ => two a; clear H end; ev; try lra.
Qed.
Theorem witness_flip : sg 0 * N 2 2 e (fun _ => 0) sg (z_at 2 e sg 2 0) < 0.
Proof.
apply (T1_sign 2 2 2 false e sg e (fun _ => 0) sg (fun _ => 1) e witness 1 1 1 0 0); try lra; try lia.
- intros i Hi; unfold G, K0, beta; two i; ev; lra.
- intros i l Hi Hl E; unfold G, K0, beta; two i; two l; try lia; ev; rewrite Rabs_R0; lra.
- intros i Hi; unfold K0; two i; ev; lra.
- intros i l Hi Hl E; unfold K0; two i; two l; try lia; ev; rewrite Rabs_R0; lra.
- unfold r; simpl; lra.
- unfold Delta; lra.
- unfold nopp, sg; simpl; repeat destruct Req_EM_T; lra.
- assert (M : nopp 2 sg 0 = 1) by (unfold nopp, sg; simpl; repeat destruct Req_EM_T; lra).
  rewrite M. unfold Sup, Alow, s1, a1, Delta, r; simpl. lra.
Qed.
