(* Uncertainty of real signals on N sites: a signal and its transform cannot both be sparse; K taps keep at most K |B|/N of their energy
   in a band; (-1)^n exchanges low and high frequencies and leaves every local net's cost as it is.
   frequency_bias.donoho_stark (product and sum), size_bounds (the trace), mirror. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.InnerProduct Thinmargin.BandLimit.
Open Scope R_scope.

Definition nonzero (a : R) : R := if Req_EM_T a 0 then 0 else 1.
Definition support (n : nat) (v : nat -> R) : R := sum n (fun k => nonzero (v k)).

(* (sum |v|)^2 <= |supp v| |v|^2 *)
Lemma one_norm_support n v : sum n (fun k => Rabs (v k)) ^ 2 <= support n v * nrm n v.
Proof.
replace (sum n (fun k => Rabs (v k))) with (inner n (fun k => nonzero (v k)) (fun k => Rabs (v k))).
- apply Rle_trans with (1 := cauchy_schwarz n _ _). right. f_equal.
  + apply sum_ext; intros; unfold nonzero; destruct Req_EM_T; ring.
  + apply sum_ext; intros. rewrite <- Rabs_mult, Rabs_pos_eq by nra. ring.
- apply sum_ext; intros; unfold nonzero; destruct Req_EM_T as [->|]; [rewrite Rabs_R0|]; ring.
Qed.
Lemma support_nn n v : 0 <= support n v.
Proof. apply sum_nn; intros; unfold nonzero; destruct Req_EM_T; lra. Qed.
Lemma support_le n v : support n v <= INR n.
Proof. replace (INR n) with (sum n (fun _ => 1)) by (rewrite sum_const; ring). apply sum_le; intros; unfold nonzero; destruct Req_EM_T; lra. Qed.

Section Signals.
Variable M' : nat.
Let N := S M'.
Lemma gain_by_taps K u d : pw M' K u d <= sum K (fun k => Rabs (u k)) ^ 2.
Proof.
rewrite pw_quad. replace (sum K (fun k => Rabs (u k)) ^ 2) with (sum K (fun k => Rabs (u k)) * sum K (fun k => Rabs (u k))) by ring.
rewrite sum_prod. apply sum_le; intros j _; apply sum_le; intros k _.
rewrite <- Rabs_mult. apply Rle_trans with (1 := Rle_abs _). rewrite Rabs_mult.
rewrite <- (Rmult_1_r (Rabs (u j * u k))) at 2. apply Rmult_le_compat_l; [apply Rabs_pos|]. apply Rabs_le, COS_bound.
Qed.
Lemma pw_nn K u d : 0 <= pw M' K u d.
Proof. unfold pw; nra. Qed.

(* spectrum: the number of frequencies at which the transform is not zero *)
Definition spectrum (v : nat -> R) : R := support N (pw M' N v).
Theorem donoho_stark v : 0 < nrm N v -> INR N <= support N v * spectrum v.
Proof.
intro P. set (F := support N v * nrm N v).
assert (E : INR N * nrm N v <= spectrum v * F).
{ assert (PV := parseval M' v). fold N in PV. rewrite <- PV. unfold spectrum, support at 1. rewrite Rmult_comm, sum_scal. apply sum_le; intros d _.
  unfold nonzero; destruct Req_EM_T as [->|]; [lra|]. rewrite Rmult_1_r.
  apply Rle_trans with (1 := gain_by_taps N v d). apply one_norm_support. }
unfold F in E. apply Rmult_le_reg_r with (nrm N v); [easy|]. rewrite Rmult_comm, (Rmult_comm _ (nrm N v)) in *. lra.
Qed.
Corollary sum_of_supports v : 0 < nrm N v -> 4 * INR N <= (support N v + spectrum v) ^ 2.
Proof. intro P; generalize (donoho_stark v P), (pow2_ge_0 (support N v - spectrum v)); lra. Qed.

(* the share of a band B in the energy of K taps is at most K |B| / N *)
Theorem share_by_sizes B K u : / INR N * sumB M' B (pw M' K u) <= INR K * sumB M' B (fun _ => 1) / INR N * nrm K u.
Proof.
assert (NP : 0 < INR N) by apply Npos.
replace (INR K * sumB M' B (fun _ => 1) / INR N * nrm K u) with (/ INR N * (INR K * nrm K u * sumB M' B (fun _ => 1))) by (field; lra).
apply Rmult_le_compat_l; [left; now apply Rinv_0_lt_compat|]. rewrite sumB_scal. apply sumB_le; intro d.
apply Rle_trans with (1 := gain_by_taps K u d). rewrite Rmult_1_r.
apply Rle_trans with (1 := one_norm_support K u). apply Rmult_le_compat_r; [|apply support_le].
apply sum_nn; intros; apply pow2_ge_0.
Qed.

(* the mirror (-1)^n *)
Definition alternate (m : nat) : R := if Nat.even m then 1 else -1.
Definition mirrored (v : nat -> R) (m : nat) : R := alternate m * v m.
Lemma alternate_sq m : alternate m * alternate m = 1.
Proof. unfold alternate; destruct Nat.even; ring. Qed.
Lemma alternate_S m : alternate (S m) = - alternate m.
Proof. unfold alternate. rewrite Nat.even_succ, <- Nat.negb_even. destruct (Nat.even m); simpl; ring. Qed.
Lemma alternate_add a c : alternate (a + c) = alternate a * alternate c.
Proof. unfold alternate. rewrite Nat.even_add. destruct (Nat.even a), (Nat.even c); simpl; ring. Qed.
Lemma cos_half_turns t m : cos (t + INR m * PI) = alternate m * cos t.
Proof.
induction m as [|m IH]; [unfold alternate; simpl; rewrite Rmult_0_l, Rplus_0_r; ring|].
rewrite S_INR, alternate_S. replace (t + (INR m + 1) * PI) with (t + INR m * PI + PI) by ring. rewrite neg_cos, IH; ring.
Qed.
Lemma sin_half_turns t m : sin (t + INR m * PI) = alternate m * sin t.
Proof.
induction m as [|m IH]; [unfold alternate; simpl; rewrite Rmult_0_l, Rplus_0_r; ring|].
rewrite S_INR, alternate_S. replace (t + (INR m + 1) * PI) with (t + INR m * PI + PI) by ring. rewrite neg_sin, IH; ring.
Qed.
Theorem mirror_keeps_norm n v : nrm n (mirrored v) = nrm n v.
Proof.
apply sum_ext; intros; unfold mirrored. replace ((alternate l * v l) ^ 2) with (alternate l * alternate l * v l ^ 2) by ring.
rewrite alternate_sq; ring.
Qed.
Variable half : nat.
Hypothesis even_sites : N = (half + half)%nat.
Lemma alternate_N : alternate N = 1.
Proof. rewrite even_sites, alternate_add; apply alternate_sq. Qed.
Lemma alternate_mod a : alternate (Nat.modulo a N) = alternate a.
Proof.
rewrite (Nat.div_mod_eq a N) at 2. rewrite alternate_add.
assert (E : forall q, alternate (N * q) = 1).
{ induction q as [|q IH]; [rewrite Nat.mul_0_r; easy|]. rewrite Nat.mul_succ_r, alternate_add, IH, alternate_N; ring. }
rewrite E; ring.
Qed.
(* frequencies move by N/2: low ones become high *)
Theorem mirror_shifts_spectrum K v d : pw M' K (mirrored v) d = pw M' K v (d + half).
Proof.
assert (T : forall m, th M' (d + half) m = th M' d m + INR m * PI).
{ intro m; unfold th. fold N. assert (NP := Npos M'). fold N in NP. rewrite plus_INR.
  assert (H : INR N = INR half + INR half) by (rewrite even_sites, plus_INR; easy).
  rewrite H in *. field. lra. }
unfold pw, tr_, ti_. f_equal; f_equal.
- apply sum_ext; intros. rewrite T, cos_half_turns. unfold mirrored; ring.
- f_equal. apply sum_ext; intros. rewrite T, sin_half_turns. unfold mirrored; ring.
Qed.
(* and a net of mirrored filters and mirrored readouts computes the mirrored predictor, at the same cost *)
Theorem mirror_of_convolution K u v m : (K <= N)%nat -> conv M' K (mirrored u) (mirrored v) m = alternate m * conv M' K u v m.
Proof.
intro HK. unfold conv. rewrite sum_scal. apply sum_ext; intros k Hk. unfold mirrored. fold N. rewrite alternate_mod, alternate_add.
assert (A : alternate (N - k) = alternate k).
{ generalize alternate_N. replace N with (N - k + k)%nat at 1 by lia. rewrite alternate_add. unfold alternate.
  destruct (Nat.even (N - k)), (Nat.even k); lra. }
rewrite A. replace (alternate k * u k * (alternate m * alternate k * v (Nat.modulo (m + (N - k)) N)))
  with (alternate k * alternate k * (alternate m * (u k * v (Nat.modulo (m + (N - k)) N)))) by ring.
rewrite alternate_sq; ring.
Qed.
Theorem mirror_of_net K C us vs m : (K <= N)%nat ->
  wv M' K C (fun c => mirrored (us c)) (fun c => mirrored (vs c)) m = alternate m * wv M' K C us vs m
  /\ cost M' K C (fun c => mirrored (us c)) (fun c => mirrored (vs c)) = cost M' K C us vs.
Proof.
intro HK; split.
- unfold wv. rewrite sum_scal. apply sum_ext; intros; now apply mirror_of_convolution.
- unfold cost. f_equal. f_equal; apply sum_ext; intros; apply mirror_keeps_norm.
Qed.
End Signals.
