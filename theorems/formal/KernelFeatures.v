(* Features of a kernel predictor, in finite dimension. K is the kernel matrix of n points with orthonormal eigenvectors v_i and
   eigenvalues lam_i > 0; f^(i) has coefficients a_i = lam_i^(-1) <v_i, labels> v_i, and <f, g>_H = a^T K b.
   ntk_features.decomposition: f^(i)(x_j) = <v_i, labels> v_ij, <f^(i), f^(k)>_H = 0, |f^(i)|_H^2 = <v_i, labels>^2 / lam_i; the features add
   up to the labels and share the squared norm labels^T K^(-1) labels of the interpolant.
   ntk_features.rkhs_certificate: |f(x) - f(x')| <= |f|_H d_K(x, x') for any positive semidefinite kernel, hence no sign change within
   |f(x)| / |f|_H. ntk_features.feature_radius: f^(i) keeps its sign at kernel distance below sqrt(lam_i) |v_ij| of x_j, in mean square lam_i / n.
   ntk_features.truncation: |f_k|_H grows with k and the residual is the tail's energy. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum.
Open Scope R_scope.

(* positive semidefinite forms: Cauchy-Schwarz *)
Definition form (m : nat) (K : nat -> nat -> R) (a b : nat -> R) : R := sum m (fun j => sum m (fun l => a j * K j l * b l)).
Section Form.
Variables (m : nat) (K : nat -> nat -> R).
Hypothesis symmetric : forall j l, (j < m)%nat -> (l < m)%nat -> K j l = K l j.
Notation form := (form m K).
Lemma form_sym a b : form a b = form b a.
Proof.
unfold KernelFeatures.form. rewrite sum_swap. apply sum_ext; intros j Hj. apply sum_ext; intros l Hl. rewrite (symmetric l j) by easy. ring.
Qed.
Lemma form_lin a b c t : form a (fun l => b l + t * c l) = form a b + t * form a c.
Proof.
unfold KernelFeatures.form. rewrite sum_scal, <- sum_add. apply sum_ext; intros. rewrite sum_scal, <- sum_add. apply sum_ext; intros; ring.
Qed.
Hypothesis semidefinite : forall a, 0 <= form a a.
Theorem form_cauchy a b : form a b ^ 2 <= form a a * form b b.
Proof.
apply discriminant; [apply semidefinite|]. intro t. generalize (semidefinite (fun l => a l + - t * b l)).
rewrite form_lin, (form_sym _ a), (form_sym _ b), !form_lin, (form_sym b a). lra.
Qed.
End Form.

(* the certificate: points 0, ..., m - 1 contain the sample and both points compared; f(x_j) = sum_l K_jl a_l *)
Section Certificate.
Variables (m : nat) (K : nat -> nat -> R) (a : nat -> R).
Hypothesis symmetric : forall j l, (j < m)%nat -> (l < m)%nat -> K j l = K l j.
Hypothesis semidefinite : forall c, 0 <= form m K c c.
Definition value (j : nat) : R := sum m (fun l => K j l * a l).
Definition norm_sq : R := form m K a a.
Definition distance_sq (i j : nat) : R := K i i + K j j - 2 * K i j.
Definition unit (i l : nat) : R := if Nat.eqb l i then 1 else 0.
Lemma sum_unit i f : (i < m)%nat -> sum m (fun l => unit i l * f l) = f i.
Proof.
intro Hi. rewrite (sum_split m i) by easy. unfold unit, sum_but. rewrite Nat.eqb_refl.
rewrite (sum_ext m _ (fun _ => 0)), sum_0; [ring|]. intros l Hl. destruct (Nat.eqb_spec l i); [easy|ring].
Qed.
Lemma form_unit i b : (i < m)%nat -> form m K (unit i) b = sum m (fun l => K i l * b l).
Proof.
intro Hi. unfold form. rewrite (sum_ext m _ (fun j => unit i j * sum m (fun l => K j l * b l))).
- now apply (sum_unit i (fun j => sum m (fun l => K j l * b l))).
- intros; rewrite sum_scal; apply sum_ext; intros; ring.
Qed.
Lemma form_units i j : (i < m)%nat -> (j < m)%nat -> form m K (unit i) (unit j) = K i j.
Proof.
intros Hi Hj. rewrite form_unit by easy. rewrite (sum_ext m _ (fun l => unit j l * K i l)) by (intros; ring). now apply (sum_unit j).
Qed.
Theorem rkhs_certificate i j : (i < m)%nat -> (j < m)%nat -> (value i - value j) ^ 2 <= norm_sq * distance_sq i j.
Proof.
intros Hi Hj. set (b := fun l => unit i l + -1 * unit j l).
assert (C := form_cauchy m K symmetric semidefinite a b).
assert (E1 : form m K a b = value i - value j).
{ unfold b. rewrite form_lin, 2!(form_sym m K symmetric a), 2!form_unit by easy. unfold value. ring. }
assert (E2 : form m K b b = distance_sq i j).
{ unfold b at 2. rewrite form_lin, 2!(form_sym m K symmetric b). unfold b. rewrite 2!form_lin, 4!form_units by easy.
  rewrite (symmetric j i) by easy. unfold distance_sq. ring. }
rewrite E1, E2 in C. exact C.
Qed.
Corollary sign_kept i j : (i < m)%nat -> (j < m)%nat -> norm_sq * distance_sq i j < value i ^ 2 -> 0 < value i * value j.
Proof. intros Hi Hj C. assert (B := rkhs_certificate i j Hi Hj). nra. Qed.
End Certificate.

Section Features.
Variables (n : nat) (K : nat -> nat -> R) (v : nat -> nat -> R) (lam labels : nat -> R).
Hypothesis symmetric : forall j l, (j < n)%nat -> (l < n)%nat -> K j l = K l j.
Hypothesis orthonormal : forall i k, (i < n)%nat -> (k < n)%nat -> sum n (fun j => v i j * v k j) = if Nat.eqb i k then 1 else 0.
Hypothesis complete : forall j l, (j < n)%nat -> (l < n)%nat -> sum n (fun i => v i j * v i l) = if Nat.eqb j l then 1 else 0.
Hypothesis eigen : forall i j, (i < n)%nat -> (j < n)%nat -> sum n (fun l => K j l * v i l) = lam i * v i j.
Hypothesis positive : forall i, (i < n)%nat -> 0 < lam i.

Definition share (i : nat) : R := sum n (fun j => v i j * labels j).
Definition coefficient (i l : nat) : R := / lam i * share i * v i l.
Definition feature (i j : nat) : R := sum n (fun l => K j l * coefficient i l).

Theorem feature_value i j : (i < n)%nat -> (j < n)%nat -> feature i j = share i * v i j.
Proof.
intros Hi Hj. unfold feature, coefficient. rewrite (sum_ext n _ (fun l => / lam i * share i * (K j l * v i l))) by (intros; ring).
rewrite <- sum_scal, eigen by easy. field. generalize (positive i Hi); lra.
Qed.
Theorem features_add_up j : (j < n)%nat -> sum n (fun i => feature i j) = labels j.
Proof.
intro Hj. rewrite (sum_ext n _ (fun i => sum n (fun l => v i j * v i l * labels l))).
2:{ intros i Hi. rewrite feature_value by easy. unfold share. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring. }
rewrite sum_swap. rewrite (sum_ext n _ (fun l => labels l * (if Nat.eqb j l then 1 else 0))).
2:{ intros l Hl. rewrite <- complete by easy. rewrite sum_scal. apply sum_ext; intros; ring. }
rewrite (sum_split n j) by easy. rewrite Nat.eqb_refl. unfold sum_but. rewrite (sum_ext n _ (fun _ => 0)), sum_0; [ring|].
intros l Hl. destruct (Nat.eqb_spec l j); [easy|]. destruct (Nat.eqb_spec j l); [lia|ring].
Qed.
Lemma feature_product i k : (i < n)%nat -> (k < n)%nat ->
  form n K (coefficient i) (coefficient k) = / lam i * share i * share k * (if Nat.eqb i k then 1 else 0).
Proof.
intros Hi Hk. unfold form. rewrite (sum_ext n _ (fun j => / lam i * share i * share k * (v i j * v k j))).
- rewrite <- sum_scal. now rewrite orthonormal.
- intros j Hj. rewrite (sum_ext n _ (fun l => coefficient i j * (K j l * coefficient k l))) by (intros; ring).
  rewrite <- sum_scal. fold (feature k j). rewrite feature_value by easy. unfold coefficient. ring.
Qed.
Theorem features_orthogonal i k : (i < n)%nat -> (k < n)%nat -> i <> k -> form n K (coefficient i) (coefficient k) = 0.
Proof. intros Hi Hk E. rewrite feature_product by easy. destruct (Nat.eqb_spec i k); [easy|ring]. Qed.
Theorem feature_norm i : (i < n)%nat -> form n K (coefficient i) (coefficient i) = share i ^ 2 / lam i.
Proof. intro Hi. rewrite feature_product, Nat.eqb_refl by easy. field. generalize (positive i Hi); lra. Qed.

(* the first k features together: coefficients, norm and residual *)
Definition head (k l : nat) : R := sum k (fun i => coefficient i l).
Lemma form_head k b : (k <= n)%nat -> form n K (head k) b = sum k (fun i => form n K (coefficient i) b).
Proof.
intro Hk. unfold form, head. rewrite (sum_swap k n). apply sum_ext; intros j Hj.
rewrite (sum_ext n _ (fun l => sum k (fun i => coefficient i j * K j l * b l))).
- now rewrite (sum_swap n k).
- intros. rewrite (Rmult_assoc (sum k _)), (Rmult_comm (sum k _)), sum_scal. apply sum_ext; intros; ring.
Qed.
Theorem head_norm k : (k <= n)%nat -> form n K (head k) (head k) = sum k (fun i => share i ^ 2 / lam i).
Proof.
intro Hk. rewrite form_head by easy. apply sum_ext; intros i Hi. rewrite (form_sym n K symmetric), form_head by easy.
rewrite (sum_split k i) by easy. rewrite feature_norm by lia. unfold sum_but. rewrite (sum_ext k _ (fun _ => 0)), sum_0; [ring|].
intros l Hl. destruct (Nat.eqb_spec l i); [easy|]. apply features_orthogonal; lia.
Qed.
Theorem head_norm_grows k : (S k <= n)%nat -> form n K (head k) (head k) <= form n K (head (S k)) (head (S k)).
Proof.
intro Hk. rewrite !head_norm by lia. simpl sum. assert (P := positive k ltac:(lia)).
assert (0 <= share k ^ 2 / lam k); [|lra]. apply Rmult_le_pos; [apply pow2_ge_0|left; now apply Rinv_0_lt_compat].
Qed.
(* |labels|^2 = sum of the shares squared, so the tail's energy is what truncation leaves *)
Lemma energy f : sum n (fun j => sum n (fun i => f i * v i j) ^ 2) = sum n (fun i => f i ^ 2).
Proof.
rewrite (sum_ext n _ (fun j => sum n (fun i => sum n (fun k => f i * f k * (v i j * v k j))))).
2:{ intros j Hj. replace (sum n (fun i => f i * v i j) ^ 2) with (sum n (fun i => f i * v i j) * sum n (fun i => f i * v i j)) by ring.
  rewrite sum_scal. apply sum_ext; intros. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring. }
rewrite sum_swap. apply sum_ext; intros i Hi. rewrite sum_swap.
rewrite (sum_ext n _ (fun k => f i * f k * (if Nat.eqb i k then 1 else 0))) by (intros; rewrite <- sum_scal, orthonormal by easy; easy).
rewrite (sum_split n i) by easy. rewrite Nat.eqb_refl. unfold sum_but. rewrite (sum_ext n _ (fun _ => 0)), sum_0; [ring|].
intros l Hl. destruct (Nat.eqb_spec l i); [easy|]. destruct (Nat.eqb_spec i l); [lia|ring].
Qed.
Definition head_value (k j : nat) : R := sum n (fun i => if Nat.ltb i k then feature i j else 0).
Theorem truncation_residual k : sum n (fun j => (labels j - head_value k j) ^ 2) = sum n (fun i => if Nat.ltb i k then 0 else share i ^ 2).
Proof.
rewrite (sum_ext n _ (fun j => sum n (fun i => (if Nat.ltb i k then 0 else share i) * v i j) ^ 2)).
- rewrite energy. apply sum_ext; intros i Hi. destruct Nat.ltb; ring.
- intros j Hj. f_equal. rewrite <- features_add_up by easy. unfold head_value.
  replace (sum n (fun i => feature i j) - sum n (fun i => if Nat.ltb i k then feature i j else 0))
    with (sum n (fun i => feature i j) + -1 * sum n (fun i => if Nat.ltb i k then feature i j else 0)) by ring.
  rewrite sum_scal, <- sum_add. apply sum_ext; intros i Hi. rewrite feature_value by easy. destruct Nat.ltb; ring.
Qed.
(* certified radius: |f^(i)(x_j)|^2 / |f^(i)|_H^2 = lam_i v_ij^2, in mean lam_i / n *)
Theorem feature_radius i j : (i < n)%nat -> (j < n)%nat -> feature i j ^ 2 = form n K (coefficient i) (coefficient i) * (lam i * v i j ^ 2).
Proof. intros Hi Hj. rewrite feature_value, feature_norm by easy. field. generalize (positive i Hi); lra. Qed.
Theorem mean_square_radius i : (i < n)%nat -> sum n (fun j => lam i * v i j ^ 2) / INR n = lam i / INR n.
Proof.
intro Hi. f_equal. rewrite <- (sum_scal n). rewrite (sum_ext n _ (fun j => v i j * v i j)) by (intros; ring).
rewrite orthonormal, Nat.eqb_refl by easy. ring.
Qed.
End Features.

(* feature_radius away from the sample: extend the kernel by one point n and the coefficients by zero *)
Section Away.
Variables (n : nat) (K : nat -> nat -> R) (v : nat -> nat -> R) (lam labels : nat -> R).
Hypothesis symmetric : forall j l, (j < S n)%nat -> (l < S n)%nat -> K j l = K l j.
Hypothesis semidefinite : forall c, 0 <= form (S n) K c c.
Hypothesis orthonormal : forall i k, (i < n)%nat -> (k < n)%nat -> sum n (fun j => v i j * v k j) = if Nat.eqb i k then 1 else 0.
Hypothesis eigen : forall i j, (i < n)%nat -> (j < n)%nat -> sum n (fun l => K j l * v i l) = lam i * v i j.
Hypothesis positive : forall i, (i < n)%nat -> 0 < lam i.
Notation a i := (fun l => if Nat.ltb l n then coefficient n v lam labels i l else 0).
Lemma extended i b : sum (S n) (fun l => b l * a i l) = sum n (fun l => b l * coefficient n v lam labels i l).
Proof. simpl. rewrite Nat.ltb_irrefl. rewrite (sum_ext n _ (fun l => b l * coefficient n v lam labels i l)); [ring|]. intros l Hl. apply Nat.ltb_lt in Hl. now rewrite Hl. Qed.
Theorem feature_keeps_its_sign i j : (i < n)%nat -> (j < n)%nat -> share n v labels i <> 0 ->
  distance_sq K j n < lam i * v i j ^ 2 -> 0 < value (S n) K (a i) j * value (S n) K (a i) n.
Proof.
intros Hi Hj Hs D. apply (sign_kept (S n) K (a i) symmetric semidefinite j n); [lia|lia|].
assert (V : value (S n) K (a i) j = feature n K v lam labels i j) by apply extended.
assert (Nm : norm_sq (S n) K (a i) = form n K (coefficient n v lam labels i) (coefficient n v lam labels i)).
{ unfold norm_sq, form. transitivity (sum (S n) (fun p => sum (S n) (fun l => K p l * a i l) * a i p)).
  - apply sum_ext; intros p Hp. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring.
  - rewrite (extended i (fun p => sum (S n) (fun l => K p l * a i l))). apply sum_ext; intros p Hp.
    rewrite (extended i (fun l => K p l)), Rmult_comm, sum_scal. apply sum_ext; intros; ring. }
rewrite V, Nm, (feature_radius n K v lam labels orthonormal eigen positive i j Hi Hj).
apply Rmult_lt_compat_l; [|easy].
rewrite (feature_norm n K v lam labels orthonormal eigen positive i Hi). apply Rdiv_lt_0_compat; [|now apply positive].
generalize (Rsqr_pos_lt _ Hs). unfold Rsqr. lra.
Qed.
End Away.
Print Assumptions feature_keeps_its_sign.
