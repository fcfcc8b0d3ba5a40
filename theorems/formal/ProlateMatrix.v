(* The tridiagonal matrix that commutes with the band matrix of K taps and M consecutive frequencies (periodic prolate sequences).
   frequency_bias.commuting. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.InnerProduct.
Open Scope R_scope.

Lemma sin_sum_difference a c : sin (a + c) * sin (a - c) = sin a * sin a - sin c * sin c.
Proof.
rewrite sin_plus, sin_minus. assert (A := sin2_cos2 a). assert (C := sin2_cos2 c). unfold Rsqr in *.
replace (cos a * cos a) with (1 - sin a * sin a) in * by lra.
replace ((sin a * cos c + cos a * sin c) * (sin a * cos c - cos a * sin c)) with (sin a * sin a * (cos c * cos c) - cos a * cos a * (sin c * sin c)) by ring.
replace (cos a * cos a) with (1 - sin a * sin a) by (generalize (sin2_cos2 a); unfold Rsqr; lra).
replace (cos c * cos c) with (1 - sin c * sin c) by lra. ring.
Qed.
Lemma cos_sum_sin_difference a c : cos (a + c) * sin (a - c) = sin a * cos a - sin c * cos c.
Proof.
rewrite cos_plus, sin_minus.
replace ((cos a * cos c - sin a * sin c) * (sin a * cos c - cos a * sin c))
  with (sin a * cos a * (cos c * cos c + sin c * sin c) - sin c * cos c * (cos a * cos a + sin a * sin a)) by ring.
generalize (sin2_cos2 a) (sin2_cos2 c); unfold Rsqr; intros A C.
replace (cos c * cos c + sin c * sin c) with 1 by lra. replace (cos a * cos a + sin a * sin a) with 1 by lra. ring.
Qed.

Section Prolate.
Variables N K : nat.
Variable size : nat.                       (* number of frequencies *)
Hypothesis room : (K <= N)%nat.
Hypothesis sites : (0 < N)%nat.
Notation M := (INR size).
Definition turn (a : R) : R := PI * a / INR N.
Definition band (j k : nat) : R :=
  if Nat.eqb j k then M / INR N else sin (turn (M * (INR j - INR k))) / (INR N * sin (turn (INR j - INR k))).
Definition link (j : nat) : R := sin (turn (INR j)) * sin (turn (INR K - INR j)).       (* between taps j - 1 and j *)
Definition diagonal (j : nat) : R := - (cos (turn M) * cos (turn (2 * INR j - INR K + 1))).
Definition tridiagonal (j l : nat) : R :=
  delta l j * diagonal j + (delta l (S j) * link (S j) + delta (S l) j * link j).

Lemma N_pos : 0 < INR N.
Proof. apply lt_0_INR; lia. Qed.
Lemma turn_add a c : turn (a + c) = turn a + turn c.
Proof. unfold turn; field. generalize N_pos; lra. Qed.
Lemma turn_sub a c : turn (a - c) = turn a - turn c.
Proof. unfold turn; field. generalize N_pos; lra. Qed.
Lemma link_0 : link 0 = 0.
Proof. unfold link, turn; simpl. rewrite Rmult_0_r; unfold Rdiv; rewrite Rmult_0_l, sin_0; ring. Qed.
Lemma link_K : link K = 0.
Proof. unfold link, turn. rewrite Rminus_diag_eq by easy. rewrite Rmult_0_r; unfold Rdiv; rewrite (Rmult_0_l (/ INR N)), sin_0; ring. Qed.

Lemma sin_turn_nonzero j k : (j < N + k)%nat -> (k < N + j)%nat -> j <> k -> sin (turn (INR j - INR k)) <> 0.
Proof.
assert (W : forall j k, (k < j)%nat -> (j < N + k)%nat -> 0 < sin (turn (INR j - INR k))).
{ intros a c L H. apply lt_INR in L, H. rewrite plus_INR in H. assert (NP := N_pos). assert (PP := PI_RGT_0).
  apply sin_gt_0; unfold turn.
  - unfold Rdiv; apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; lra|now apply Rinv_0_lt_compat].
  - apply Rmult_lt_reg_r with (INR N); [easy|]. unfold Rdiv; rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra. nra. }
intros Hj Hk D. destruct (Nat.lt_ge_cases k j) as [L|L].
- specialize (W j k L Hj); lra.
- replace (turn (INR j - INR k)) with (- turn (INR k - INR j)) by (unfold turn; field; generalize N_pos; lra).
  rewrite sin_neg. specialize (W k j ltac:(lia) Hk); lra.
Qed.
Lemma sin_whole m : sin (PI * INR m) = 0.
Proof.
induction m as [|m IH]; [simpl; now rewrite Rmult_0_r, sin_0|].
rewrite S_INR. replace (PI * (INR m + 1)) with (PI * INR m + PI) by ring. rewrite neg_sin, IH; ring.
Qed.
Lemma band_sine j k : (j <= N)%nat -> (k <= N)%nat -> band j k * sin (turn (INR j - INR k)) = sin (turn (M * (INR j - INR k))) / INR N.
Proof.
intros Hj Hk. assert (NP := N_pos). unfold band. destruct (Nat.eqb_spec j k) as [->|D].
- rewrite Rminus_diag_eq by easy. unfold turn. rewrite !Rmult_0_r. unfold Rdiv; rewrite !Rmult_0_l, sin_0; ring.
- destruct (Nat.eq_dec j (N + k)) as [E|A]; [|destruct (Nat.eq_dec k (N + j)) as [E|C]].
  + replace k with 0%nat by lia. replace j with N by lia. simpl (INR 0). rewrite Rminus_0_r.
    replace (turn (INR N)) with (PI * INR 1) by (unfold turn; simpl; field; lra).
    replace (turn (M * INR N)) with (PI * M) by (unfold turn; field; lra). rewrite !sin_whole. unfold Rdiv; ring.
  + replace j with 0%nat by lia. replace k with N by lia. simpl (INR 0).
    replace (turn (0 - INR N)) with (- (PI * INR 1)) by (unfold turn; simpl; field; lra).
    replace (turn (M * (0 - INR N))) with (- (PI * M)) by (unfold turn; field; lra). rewrite !sin_neg, !sin_whole. unfold Rdiv; ring.
  + generalize (sin_turn_nonzero j k ltac:(lia) ltac:(lia) D); intro. field. split; lra.
Qed.
Lemma band_shift j k : band (S j) (S k) = band j k.
Proof. unfold band; simpl Nat.eqb. rewrite !S_INR. now replace (INR j + 1 - (INR k + 1)) with (INR j - INR k) by ring. Qed.
Lemma band_sym j k : (j < N)%nat -> (k < N)%nat -> band j k = band k j.
Proof.
intros Hj Hk. unfold band. rewrite Nat.eqb_sym. destruct (Nat.eqb_spec k j) as [->|D]; [easy|].
replace (turn (INR k - INR j)) with (- turn (INR j - INR k)) by (unfold turn; field; generalize N_pos; lra).
replace (turn (M * (INR k - INR j))) with (- turn (M * (INR j - INR k))) by (unfold turn; field; generalize N_pos; lra).
rewrite !sin_neg. generalize (sin_turn_nonzero j k ltac:(lia) ltac:(lia) ltac:(auto)), N_pos; intros; field; split; lra.
Qed.
Lemma row f j : (j < K)%nat ->
  sum K (fun l => tridiagonal j l * f l) = link j * f (pred j) + diagonal j * f j + link (S j) * f (S j).
Proof.
intro Hj. unfold tridiagonal.
rewrite (sum_ext K _ (fun l => delta l j * (diagonal j * f l) + (delta l (S j) * (link (S j) * f l) + delta (S l) j * (link j * f l)))) by (intros; ring).
rewrite !sum_add, sum_delta by easy.
assert (R1 : sum K (fun l => delta l (S j) * (link (S j) * f l)) = link (S j) * f (S j)).
{ destruct (Nat.eq_dec (S j) K) as [E|E].
  - rewrite E, link_K, Rmult_0_l. rewrite (sum_ext K _ (fun _ => 0)); [apply sum_0|]. intros; ring.
  - rewrite (sum_delta K (S j) (fun l => link (S j) * f l)) by lia. reflexivity. }
assert (R2 : sum K (fun l => delta (S l) j * (link j * f l)) = link j * f (pred j)).
{ destruct j as [|i].
  - rewrite link_0, Rmult_0_l. rewrite (sum_ext K _ (fun _ => 0)); [apply sum_0|]. intros; ring.
  - change (sum K (fun l => delta l i * (link (S i) * f l)) = link (S i) * f i).
    rewrite (sum_delta K i (fun l => link (S i) * f l)) by lia. reflexivity. }
rewrite R1, R2; ring.
Qed.
Lemma tridiagonal_sym j l : tridiagonal j l = tridiagonal l j.
Proof.
unfold tridiagonal, delta. rewrite (Nat.eqb_sym j l), (Nat.eqb_sym l (S j)), (Nat.eqb_sym j (S l)).
destruct (Nat.eqb_spec l j) as [E|D]; [subst l; destruct (Nat.eqb_spec (S j) j); [lia|ring]|].
destruct (Nat.eqb_spec (S j) l) as [E|A], (Nat.eqb_spec (S l) j) as [F|C]; try lia; [subst l|subst j|]; ring.
Qed.
Lemma link_difference a c : sin (turn a) * sin (turn (INR K - a)) - sin (turn c) * sin (turn (INR K - c)) = - (sin (turn (a + c - INR K)) * sin (turn (a - c))).
Proof.
rewrite !turn_sub, turn_add. set (x := turn a). set (z := turn c). set (q := turn (INR K)).
rewrite (sin_minus (x + z) q), (sin_minus q x), (sin_minus q z).
replace (- ((sin (x + z) * cos q - cos (x + z) * sin q) * sin (x - z)))
  with (- (cos q * (sin (x + z) * sin (x - z))) + sin q * (cos (x + z) * sin (x - z))) by ring.
rewrite sin_sum_difference, cos_sum_sin_difference; ring.
Qed.

(* every entry of T A - A T *)
Theorem commute j k : (j < K)%nat -> (k < K)%nat ->
  sum K (fun l => tridiagonal j l * band l k) = sum K (fun l => band j l * tridiagonal l k).
Proof.
intros Hj Hk. rewrite (row (fun l => band l k) j Hj).
rewrite (sum_ext K (fun l => band j l * tridiagonal l k) (fun l => tridiagonal k l * band j l)) by (intros; rewrite tridiagonal_sym; ring).
rewrite (row (fun l => band j l) k Hk).
assert (B1 : link j * band (pred j) k = link j * band j (S k)).
{ destruct j as [|i]; [rewrite link_0; ring|]. simpl pred. now rewrite band_shift. }
assert (B2 : link k * band j (pred k) = link k * band (S j) k).
{ destruct k as [|i]; [rewrite link_0; ring|]. simpl pred. now rewrite band_shift. }
rewrite B1, B2.
assert (NP := N_pos).
set (s := sin (turn (INR j + INR k + 1 - INR K))).
assert (L1 : link j - link (S k) = - (s * sin (turn (INR j - INR (S k))))).
{ unfold link. rewrite (link_difference (INR j) (INR (S k))), !S_INR. unfold s. now replace (INR j + (INR k + 1) - INR K) with (INR j + INR k + 1 - INR K) by ring. }
assert (L2 : link (S j) - link k = - (s * sin (turn (INR (S j) - INR k)))).
{ unfold link. rewrite (link_difference (INR (S j)) (INR k)), !S_INR. unfold s. now replace (INR j + 1 + INR k - INR K) with (INR j + INR k + 1 - INR K) by ring. }
assert (L3 : diagonal j - diagonal k = 2 * cos (turn M) * (s * sin (turn (INR j - INR k)))).
{ unfold diagonal. replace (turn (2 * INR j - INR K + 1)) with (turn (INR j + INR k + 1 - INR K) + turn (INR j - INR k)) by (unfold turn; field; lra).
  replace (turn (2 * INR k - INR K + 1)) with (turn (INR j + INR k + 1 - INR K) - turn (INR j - INR k)) by (unfold turn; field; lra).
  rewrite cos_plus, cos_minus. unfold s; ring. }
assert (S1 := band_sine j (S k) ltac:(lia) ltac:(lia)). assert (S2 := band_sine (S j) k ltac:(lia) ltac:(lia)). assert (S3 := band_sine j k ltac:(lia) ltac:(lia)).
assert (E : (link j - link (S k)) * band j (S k) + (link (S j) - link k) * band (S j) k + (diagonal j - diagonal k) * band j k = 0); [|lra].
rewrite L1, L2, L3.
replace (- (s * sin (turn (INR j - INR (S k)))) * band j (S k) + - (s * sin (turn (INR (S j) - INR k))) * band (S j) k + 2 * cos (turn M) * (s * sin (turn (INR j - INR k))) * band j k)
  with (s * (2 * cos (turn M) * (band j k * sin (turn (INR j - INR k))) - band j (S k) * sin (turn (INR j - INR (S k))) - band (S j) k * sin (turn (INR (S j) - INR k)))) by ring.
rewrite S1, S2, S3, !S_INR.
replace (turn (M * (INR j - (INR k + 1)))) with (turn (M * (INR j - INR k)) - turn M) by (unfold turn; field; lra).
replace (turn (M * (INR j + 1 - INR k))) with (turn (M * (INR j - INR k)) + turn M) by (unfold turn; field; lra).
rewrite sin_plus, sin_minus. field; lra.
Qed.
End Prolate.
