(* kkt_margin.clusters: samples in k clusters of one label each, products within a cluster in [L, U], between clusters at most q in absolute
   value, r = q (k - 1) / L < sqrt 2 - 1. At every KKT point the class sums of a cluster satisfy own <= S, cross <= r S, own >= A, and along a
   direction u that moves every sample with its class, h_l = y_l <x_l, u> >= Delta,
   y_i N(x_i - t y_i u) <= S (U - tau)_+ - (tau - q (1 + U/L)) k_i A for tau = t Delta >= q (1 + U/L), k_i the number of opposite clusters.
   First in terms of the Gram matrix (`inner_products` are those of x_i - t y_i u with the lifted samples), then for the network with the
   direction u = sum_c y_c nu_c of cluster means: Delta = D - p (k - 1) where <x_l, nu_c> >= D in the own cluster and |.| <= p in all others. *)
Require Import Reals Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.ScalarSteps Thinmargin.KktPoint Thinmargin.Network.
Open Scope R_scope.

Section Clusters.
Variables n W k : nat.
Variables (v lam y : nat -> R) (s G : nat -> nat -> R).
Hypothesis H : KKT n W v lam y s G.
Variable cl : nat -> nat.
Variable yc : nat -> R.                   (* label of a cluster *)
Hypothesis cl_lt : forall l, (l < n)%nat -> (cl l < k)%nat.
Hypothesis one_label : forall l, (l < n)%nat -> y l = yc (cl l).
Hypothesis nonempty : forall c, (c < k)%nat -> exists i, (i < n)%nat /\ cl i = c.
Variables L U q : R.
Hypothesis HL : 0 < L.
Hypothesis within : forall i l, (i < n)%nat -> (l < n)%nat -> cl l = cl i -> L <= G i l <= U.
Hypothesis Hq0 : 0 <= q.
Hypothesis between : forall i l, (i < n)%nat -> (l < n)%nat -> cl l <> cl i -> Rabs (G i l) <= q.
Notation A := (A W v lam s).
Notation R_ := (Rr y G).

(* sums over a cluster, and over all others *)
Definition part (c : nat) (f : nat -> R) : R := sum n (fun l => if Nat.eqb (cl l) c then f l else 0).
Definition rest (c : nat) (f : nat -> R) : R := sum n (fun l => if Nat.eqb (cl l) c then 0 else f l).
Lemma split c f : sum n f = part c f + rest c f.
Proof. unfold part, rest. rewrite <- sum_add. apply sum_ext; intros. destruct Nat.eqb; ring. Qed.
Lemma part_le c f g : (forall l, (l < n)%nat -> cl l = c -> f l <= g l) -> part c f <= part c g.
Proof. intro P. apply sum_le; intros l Hl. destruct (Nat.eqb_spec (cl l) c); [auto|lra]. Qed.
Lemma rest_le c f g : (forall l, (l < n)%nat -> cl l <> c -> f l <= g l) -> rest c f <= rest c g.
Proof. intro P. apply sum_le; intros l Hl. destruct (Nat.eqb_spec (cl l) c); [lra|auto]. Qed.
Lemma part_scal c a f : part c (fun l => a * f l) = a * part c f.
Proof. unfold part. rewrite sum_scal. apply sum_ext; intros. destruct Nat.eqb; ring. Qed.
Lemma rest_scal c a f : rest c (fun l => a * f l) = a * rest c f.
Proof. unfold rest. rewrite sum_scal. apply sum_ext; intros. destruct Nat.eqb; ring. Qed.
Lemma select m c a : (c < m)%nat -> sum m (fun e => if Nat.eqb c e then a else 0) = a.
Proof.
intro Hc. rewrite (sum_split m c), Nat.eqb_refl by easy. unfold sum_but. rewrite (sum_ext m _ (fun _ => 0)), sum_0; [ring|].
intros e _. destruct (Nat.eqb_spec e c); [easy|]. destruct (Nat.eqb_spec c e); [lia|easy].
Qed.
Lemma rest_parts c f : rest c f = sum_but c k (fun e => part e f).
Proof.
unfold rest, part, sum_but. rewrite (sum_ext k (fun e => if Nat.eqb e c then 0 else sum n (fun l => if Nat.eqb (cl l) e then f l else 0))
  (fun e => sum n (fun l => if Nat.eqb (cl l) e then (if Nat.eqb (cl l) c then 0 else f l) else 0))).
- rewrite <- sum_swap. apply sum_ext; intros l Hl. now rewrite select by now apply cl_lt.
- intros e He. destruct (Nat.eqb_spec e c) as [->|N].
  + rewrite (sum_ext n _ (fun _ => 0)), sum_0; [easy|]. intros l _. now destruct (Nat.eqb (cl l) c).
  + apply sum_ext; intros l _. destruct (Nat.eqb_spec (cl l) e) as [->|]; [|easy]. destruct (Nat.eqb_spec e c); easy.
Qed.
Lemma all_parts f : sum n f = sum k (fun e => part e f).
Proof. unfold part. rewrite <- sum_swap. apply sum_ext; intros l Hl. now rewrite select by now apply cl_lt. Qed.

Definition As (sg : R) (c : nat) : R := part c (A sg).
Notation own c := (As (yc c) c).
Notation cross c := (As (- yc c) c).
Definition r : R := q * (INR k - 1) / L.
Definition S : R := 1 / (L * (1 - r - r ^ 2)).
Definition Al : R := (1 - 2 * r - r ^ 2) / ((1 - r - r ^ 2) * U).

Lemma As_nn sg c : 0 <= As sg c.
Proof. apply sum_nn; intros l Hl. destruct Nat.eqb; [now apply (A_nn _ _ _ _ _ _ _ H)|lra]. Qed.
Lemma rest_As c sg M : (c < k)%nat -> (forall e, (e < k)%nat -> As sg e <= M) -> q * rest c (A sg) <= q * ((INR k - 1) * M).
Proof. intros Hc B. apply Rmult_le_compat_l; [easy|]. rewrite rest_parts, <- (but_const c k M Hc). apply but_le; intros e He _. now apply B. Qed.
Lemma yc_cases c : (c < k)%nat -> yc c = 1 \/ yc c = -1.
Proof. intro Hc. destruct (nonempty c Hc) as (i & Hi & <-). rewrite <- one_label by easy. now apply (lab _ _ _ _ _ _ _ H). Qed.
Lemma R_within i l : (i < n)%nat -> (l < n)%nat -> cl l = cl i -> R_ i l = G i l.
Proof. intros Hi Hl E. unfold Rr. rewrite (one_label l Hl), E, <- (one_label i Hi), (y_sq _ _ _ _ _ _ _ H i Hi). ring. Qed.
Lemma R_between i l : (i < n)%nat -> (l < n)%nat -> cl l <> cl i -> - q <= R_ i l <= q.
Proof.
intros Hi Hl E. assert (B := Rabs_bd _ _ (between i l Hi Hl E)). unfold Rr.
destruct (lab _ _ _ _ _ _ _ H i Hi) as [-> | ->], (lab _ _ _ _ _ _ _ H l Hl) as [-> | ->]; lra.
Qed.
Lemma Gp i : (i < n)%nat -> 0 < G i i.
Proof. intro Hi. generalize (within i i Hi Hi eq_refl). lra. Qed.

(* a positive sum has a positive term *)
Lemma sum_positive m f : 0 < sum m f -> exists l, (l < m)%nat /\ 0 < f l.
Proof.
induction m as [|m IH]; simpl; [lra|]. intro P. destruct (Rlt_dec 0 (f m)) as [F|F]; [exists m; auto|].
destruct IH as (l & Hl & Fl); [lra|exists l; auto].
Qed.
Lemma part_positive c f : 0 < part c f -> exists l, (l < n)%nat /\ cl l = c /\ 0 < f l.
Proof.
intro P. destruct (sum_positive n _ P) as (l & Hl & Fl). cbv beta in Fl. destruct (Nat.eqb_spec (cl l) c) as [E|E]; [exists l; auto|lra].
Qed.
(* (X) for clusters *)
Lemma neuron_cross c j : (c < k)%nat -> (j < W)%nat -> 0 < - yc c * v j ->
  L * part c (fun l => lam l * s l j) <= q * rest c (fun l => lam l * s l j).
Proof.
intros Hc Hj Hv. assert (M : forall l, (l < n)%nat -> 0 <= lam l * s l j) by (intros; now apply (mu_nn _ _ _ _ _ _ _ H)).
assert (Q0 : 0 <= q * rest c (fun l => lam l * s l j)) by (apply Rmult_le_pos; [easy|apply sum_nn; intros; destruct Nat.eqb; [lra|auto]]).
destruct (Rle_lt_dec (part c (fun l => lam l * s l j)) 0) as [Z|P]; [nra|].
destruct (part_positive c _ P) as (i & Hi & Ei & Pi).
assert (Si : 0 < s i j).
{ destruct (s_rng _ _ _ _ _ _ _ H i j Hi Hj) as [[S0|S0] _]; [easy|]. rewrite <- S0, Rmult_0_r in Pi. lra. }
assert (O := opp_neuron _ _ _ _ _ _ _ H i j Hi Hj ltac:(rewrite one_label, Ei by easy; exact Hv) Si). rewrite (split c) in O.
assert (B1 : part c (fun l => L * (lam l * s l j)) <= part c (fun l => R_ i l * (lam l * s l j))).
{ apply part_le; intros l Hl E. rewrite R_within by (easy || congruence). apply Rmult_le_compat_r; [auto|]. apply within; congruence. }
assert (B2 : rest c (fun l => - q * (lam l * s l j)) <= rest c (fun l => R_ i l * (lam l * s l j))).
{ apply rest_le; intros l Hl E. apply Rmult_le_compat_r; [auto|]. apply R_between; congruence. }
rewrite part_scal in B1. rewrite rest_scal in B2. lra.
Qed.
Lemma part_neurons c sg : part c (A sg) = sum W (fun j => msk v sg j * part c (fun l => lam l * s l j)).
Proof.
unfold part. rewrite (sum_ext n _ (fun l => (if Nat.eqb (cl l) c then 1 else 0) * A sg l)) by (intros; destruct Nat.eqb; ring).
rewrite (A_sum n W v lam s). apply sum_ext; intros j _. f_equal. apply sum_ext; intros l _. destruct Nat.eqb; ring.
Qed.
Lemma rest_neurons c sg : rest c (A sg) = sum W (fun j => msk v sg j * rest c (fun l => lam l * s l j)).
Proof.
unfold rest. rewrite (sum_ext n _ (fun l => (if Nat.eqb (cl l) c then 0 else 1) * A sg l)) by (intros; destruct Nat.eqb; ring).
rewrite (A_sum n W v lam s). apply sum_ext; intros j _. f_equal. apply sum_ext; intros l _. destruct Nat.eqb; ring.
Qed.
Lemma cluster_cross c : (c < k)%nat -> L * cross c <= q * rest c (A (- yc c)).
Proof.
intro Hc. unfold As. rewrite part_neurons, rest_neurons, !sum_scal. apply sum_le; intros j Hj. unfold msk. destruct Rlt_dec as [P|]; [|lra].
generalize (neuron_cross c j Hc Hj P), (pow2_ge_0 (v j)). nra.
Qed.
Lemma two_classes sg e : sg = 1 \/ sg = -1 -> (e < k)%nat -> (As sg e = own e /\ As (- sg) e = cross e) \/ (As sg e = cross e /\ As (- sg) e = own e).
Proof. intros Hs He. destruct (yc_cases e He) as [-> | ->], Hs as [-> | ->]; [left|right|right|left]; split; f_equal; lra. Qed.

Section Range.
Hypothesis k0 : (0 < k)%nat.
Hypothesis range : r ^ 2 + 2 * r - 1 < 0.
Lemma k1 : 0 <= INR k - 1.
Proof. assert (1 <= INR k) by (change 1 with (INR 1); apply le_INR; lia). lra. Qed.
Lemma r_nn : 0 <= r.
Proof. unfold r. generalize k1; intro. apply Rmult_le_pos; [now apply Rmult_le_pos|left; now apply Rinv_0_lt_compat]. Qed.
Lemma r_below : r < 1 /\ 0 < 1 - r - r ^ 2.
Proof. generalize r_nn. nra. Qed.
Lemma rL : r * L = q * (INR k - 1).
Proof. unfold r. field. lra. Qed.
Lemma U_pos : 0 < U.
Proof. destruct (nonempty 0 k0) as (i & Hi & _). generalize (within i i Hi Hi eq_refl). lra. Qed.
Lemma sums : exists Sm, 0 <= Sm /\ L * Sm * (1 - r - r ^ 2) <= 1 /\
  (forall c, (c < k)%nat -> own c <= Sm /\ cross c <= r * Sm) /\ (forall c, (c < k)%nat -> U * own c >= 1 - r * L * Sm).
Proof.
destruct (sum_max k (fun c => own c) k0) as (Sm & ks & Hks & ES & BS). destruct (sum_max k (fun c => cross c) k0) as (Cm & kc & Hkc & EC & BC).
cbv beta in *. destruct r_below as [R1 D]. assert (R0 := r_nn). assert (K1 := k1).
assert (S0 : 0 <= Sm) by (rewrite <- ES; apply As_nn). assert (C0 : 0 <= Cm) by (rewrite <- EC; apply As_nn).
assert (X : L * Cm <= r * L * Rmax Sm Cm).
{ assert (X := cluster_cross kc Hkc). rewrite EC in X. rewrite rL.
  assert (B : q * rest kc (A (- yc kc)) <= q * ((INR k - 1) * Rmax Sm Cm)).
  { apply rest_As; [easy|]. intros e He. generalize (BS e He), (BC e He), (Rmax_l Sm Cm), (Rmax_r Sm Cm).
    destruct (two_classes (yc kc) e (yc_cases kc Hkc) He) as [[_ ->]|[_ ->]]; lra. }
  lra. }
assert (C1 : Cm <= r * Sm) by (apply S4 with L; [easy|lra|easy|exact X]).
assert (CS : Cm <= Sm) by nra.
assert (U5 : L * Sm <= 1 + r * L * (Sm + Cm)).
{ destruct (Req_dec Sm 0) as [Z|Z]; [rewrite Z; assert (0 <= r * L) by nra; nra|].
  destruct (part_positive ks (A (yc ks))) as (i & Hi & Ei & Pi); [fold (As (yc ks) ks); lra|].
  assert (Hl : 0 < lam i).
  { destruct (Rle_lt_or_eq_dec 0 (lam i)) as [P|P]; [now apply (lam_nn _ _ _ _ _ _ _ H)|easy|].
    rewrite (A_lam0 W v lam s (yc ks) i (eq_sym P)) in Pi || rewrite (A_lam0 _ _ _ _ (yc ks) i (eq_sym P)) in Pi. lra. }
  assert (Y : y i = yc ks) by (rewrite one_label, Ei by easy; easy).
  assert (V := ineq_U _ _ _ _ _ _ _ H Gp i Hi Hl). rewrite Y in V.
  assert (B1 : L * own ks + - q * rest ks (A (yc ks)) <= sum n (fun l => R_ i l * A (yc ks) l)).
  { rewrite (split ks). unfold As. rewrite <- part_scal, <- rest_scal. apply Rplus_le_compat.
    - apply part_le; intros l Hl' E. rewrite R_within by (easy || congruence). apply Rmult_le_compat_r; [now apply (A_nn _ _ _ _ _ _ _ H)|apply within; congruence].
    - apply rest_le; intros l Hl' E. apply Rmult_le_compat_r; [now apply (A_nn _ _ _ _ _ _ _ H)|apply R_between; congruence]. }
  assert (B2 : sum_but i n (fun l => relu (- R_ i l) * A (- yc ks) l) <= rest ks (fun l => q * A (- yc ks) l)).
  { unfold sum_but, rest. apply sum_le; intros l Hl'. assert (P := A_nn _ _ _ _ _ _ _ H (- yc ks) l Hl').
    destruct (Nat.eqb_spec (cl l) ks) as [E|E].
    - destruct (Nat.eqb_spec l i); [lra|]. rewrite relu_neg; [lra|]. rewrite R_within by (easy || congruence). destruct (within i l); (easy || congruence || lra).
    - destruct (Nat.eqb_spec l i) as [->|]; [congruence|]. apply Rmult_le_compat_r; [easy|]. apply relu_lub; [easy|].
      destruct (R_between i l Hi Hl' ltac:(congruence)). lra. }
  rewrite rest_scal in B2. rewrite ES in B1.
  assert (B3 : q * (rest ks (A (yc ks)) + rest ks (A (- yc ks))) <= q * ((INR k - 1) * (Sm + Cm))).
  { apply Rmult_le_compat_l; [easy|]. rewrite 2!rest_parts. rewrite <- (but_const ks k (Sm + Cm) Hks).
    unfold sum_but at 1 2. rewrite <- sum_add. unfold sum_but. apply sum_le; intros e He. destruct (Nat.eqb_spec e ks); [lra|].
    fold (As (yc ks) e) (As (- yc ks) e). generalize (BS e He), (BC e He).
    destruct (two_classes (yc ks) e (yc_cases ks Hks) He) as [[-> ->]|[-> ->]]; lra. }
  rewrite rL. lra. }
exists Sm. split; [easy|]. split; [|split].
- apply S5 with Cm; easy.
- intros c Hc. split; [now apply BS|]. apply Rle_trans with Cm; [now apply BC|easy].
- intros c Hc. destruct (nonempty c Hc) as (i & Hi & Ei). assert (Y : y i = yc c) by (rewrite one_label, Ei by easy; easy).
  assert (V := ineq_L _ _ _ _ _ _ _ H i Hi). rewrite Y in V. rewrite (split c) in V.
  assert (B1 : part c (fun l => relu (R_ i l) * A (yc c) l) <= part c (fun l => U * A (yc c) l)).
  { apply part_le; intros l Hl E. rewrite R_within by (easy || congruence). destruct (within i l Hi Hl ltac:(congruence)).
    rewrite relu_pos by lra. apply Rmult_le_compat_r; [now apply (A_nn _ _ _ _ _ _ _ H)|easy]. }
  assert (B2 : rest c (fun l => relu (R_ i l) * A (yc c) l) <= rest c (fun l => q * A (yc c) l)).
  { apply rest_le; intros l Hl E. apply Rmult_le_compat_r; [now apply (A_nn _ _ _ _ _ _ _ H)|]. apply relu_lub; [easy|].
    destruct (R_between i l Hi Hl ltac:(congruence)). lra. }
  rewrite part_scal in B1. rewrite rest_scal in B2. fold (As (yc c) c) in B1.
  assert (B3 : q * rest c (A (yc c)) <= q * ((INR k - 1) * Sm)).
  { apply rest_As; [easy|]. intros e He. generalize (BS e He), (BC e He). destruct (two_classes (yc c) e (yc_cases c Hc) He) as [[-> _]|[-> _]]; lra. }
  rewrite rL. lra.
Qed.
Lemma S_pos : 0 < S.
Proof. destruct r_below. unfold S. apply Rdiv_lt_0_compat; [lra|]. now apply Rmult_lt_0_compat. Qed.
Lemma Al_pos : 0 < Al.
Proof. destruct r_below. assert (P := U_pos). unfold Al. apply Rdiv_lt_0_compat; [lra|]. now apply Rmult_lt_0_compat. Qed.
Theorem cluster_own c : (c < k)%nat -> own c <= S /\ cross c <= r * S /\ Al <= own c.
Proof.
intro Hc. destruct sums as (Sm & S0 & B & C & D). destruct r_below as [R1 Dn]. assert (R0 := r_nn). assert (UP := U_pos).
assert (E : Sm <= S).
{ unfold S. apply Rmult_le_reg_r with (L * (1 - r - r ^ 2)); [now apply Rmult_lt_0_compat|].
  replace (1 / (L * (1 - r - r ^ 2)) * (L * (1 - r - r ^ 2))) with 1 by (field; split; lra). lra. }
destruct (C c Hc) as [C1 C2]. split; [lra|split].
- apply Rle_trans with (1 := C2). now apply Rmult_le_compat_l.
- assert (F := S6 L U r (own c) Sm R0 Dn B (D c Hc)). unfold Al. apply Rmult_le_reg_r with ((1 - r - r ^ 2) * U); [now apply Rmult_lt_0_compat|].
  replace ((1 - 2 * r - r ^ 2) / ((1 - r - r ^ 2) * U) * ((1 - r - r ^ 2) * U)) with (1 - 2 * r - r ^ 2) by (field; split; lra). lra.
Qed.

(* along a direction that moves every sample with its class *)
Variables (h : nat -> R) (De : R).
Hypothesis speed : forall l, (l < n)%nat -> De <= h l.
Definition inner_products (t : R) (i l : nat) : R := G i l - t * y i * (y l * h l).
Definition opposite (i : nat) : R := sum k (fun c => if Req_EM_T (yc c) (- y i) then 1 else 0).
Theorem cluster_value i t : (i < n)%nat -> 0 <= t -> q * (1 + U / L) <= t * De ->
  y i * net n W v lam y s (inner_products t i) <= S * relu (U - t * De) - (t * De - q * (1 + U / L)) * opposite i * Al.
Proof.
intros Hi Ht Hq. assert (UP := U_pos). assert (UL : 0 < U / L) by now apply Rdiv_lt_0_compat.
assert (Y : y i = yc (cl i)) by now apply one_label. assert (Hc := cl_lt i Hi).
assert (Hh : forall l, (l < n)%nat -> t * De <= t * h l) by (intros; apply Rmult_le_compat_l; auto).
assert (Y2 : forall l, (l < n)%nat -> y l * y l = 1) by (intros; now apply (y_sq _ _ _ _ _ _ _ H)).
assert (Mv : forall l, (l < n)%nat -> y i * y l * inner_products t i l = R_ i l - t * h l).
{ intros l Hl. unfold inner_products, Rr. transitivity (y i * y l * G i l - t * (y i * y i) * (y l * y l) * h l); [ring|]. rewrite !Y2 by easy. ring. }
apply Rle_trans with (1 := ineq_F _ _ _ _ _ _ _ H (y i) (inner_products t i) (lab _ _ _ _ _ _ _ H i Hi)).
assert (qq : q <= q * (1 + U / L)) by nra.
assert (P1 : sum n (fun l => relu (y i * y l * inner_products t i l) * A (y i) l) <= S * relu (U - t * De)).
{ rewrite (split (cl i)).
  assert (B1 : part (cl i) (fun l => relu (y i * y l * inner_products t i l) * A (y i) l) <= part (cl i) (fun l => relu (U - t * De) * A (y i) l)).
  { apply part_le; intros l Hl E. apply Rmult_le_compat_r; [now apply (A_nn _ _ _ _ _ _ _ H)|]. rewrite Mv, R_within by easy.
    apply relu_lub; [apply relu_nn|]. apply Rle_trans with (2 := relu_ge _). destruct (within i l Hi Hl E). generalize (Hh l Hl). lra. }
  assert (B2 : rest (cl i) (fun l => relu (y i * y l * inner_products t i l) * A (y i) l) <= rest (cl i) (fun l => 0 * A (y i) l)).
  { apply rest_le; intros l Hl E. apply Rmult_le_compat_r; [now apply (A_nn _ _ _ _ _ _ _ H)|]. rewrite Mv by easy. apply relu_lub; [lra|].
    destruct (R_between i l Hi Hl E). generalize (Hh l Hl). lra. }
  rewrite part_scal in B1. rewrite rest_scal in B2. assert (E : part (cl i) (A (y i)) = own (cl i)) by (unfold As; now rewrite Y). rewrite E in B1.
  destruct (cluster_own (cl i) Hc) as [B3 _]. generalize (relu_nn (U - t * De)). nra. }
set (T := sum n (fun l => A (- y i) l)).
assert (P2 : sum n (fun l => y i * y l * inner_products t i l * A (- y i) l) <= q * (1 + U / L) * T - t * De * T).
{ assert (B1 : sum n (fun l => y i * y l * inner_products t i l * A (- y i) l) <= sum n (fun l => R_ i l * A (- y i) l) + - (t * De) * T).
  { unfold T. rewrite sum_scal, <- sum_add. apply sum_le; intros l Hl. rewrite Mv by easy. generalize (A_nn _ _ _ _ _ _ _ H (- y i) l Hl), (Hh l Hl). nra. }
  assert (B2 : sum n (fun l => R_ i l * A (- y i) l) <= U * part (cl i) (A (- y i)) + q * rest (cl i) (A (- y i))).
  { rewrite (split (cl i)), <- part_scal, <- rest_scal. apply Rplus_le_compat.
    - apply part_le; intros l Hl E. rewrite R_within by easy. apply Rmult_le_compat_r; [now apply (A_nn _ _ _ _ _ _ _ H)|now apply within].
    - apply rest_le; intros l Hl E. apply Rmult_le_compat_r; [now apply (A_nn _ _ _ _ _ _ _ H)|now apply R_between]. }
  assert (X := cluster_cross (cl i) Hc). unfold As in X. rewrite <- Y in X.
  assert (X2 : U * part (cl i) (A (- y i)) <= U / L * (q * rest (cl i) (A (- y i)))).
  { replace (U * part (cl i) (A (- y i))) with (U / L * (L * part (cl i) (A (- y i)))) by (field; lra). apply Rmult_le_compat_l; lra. }
  assert (RT : rest (cl i) (A (- y i)) <= T).
  { assert (E := split (cl i) (A (- y i))). assert (P := As_nn (- y i) (cl i)). unfold As in P.
    change (sum n (A (- y i))) with T in E. lra. }
 
  assert (q * (1 + U / L) * rest (cl i) (A (- y i)) <= q * (1 + U / L) * T) by (apply Rmult_le_compat_l; [apply Rmult_le_pos|]; lra). lra. }
assert (P3 : opposite i * Al <= T).
{ assert (E : T = sum k (fun e => part e (A (- y i)))) by exact (all_parts (A (- y i))). rewrite E. unfold opposite. rewrite Rmult_comm, sum_scal. apply sum_le; intros c Hc'. fold (As (- y i) c).
  destruct Req_EM_T as [F|]; [rewrite <- F; destruct (cluster_own c Hc') as (_ & _ & B); lra|generalize (As_nn (- y i) c); lra]. }
assert ((t * De - q * (1 + U / L)) * (opposite i * Al) <= (t * De - q * (1 + U / L)) * T) by (apply Rmult_le_compat_l; lra). lra.
Qed.
End Range.
End Clusters.

Section NetworkClusters.
Variables d n W k : nat.
Variable bias : bool.
Variables (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b v lam : nat -> R) (s : nat -> nat -> R).
Hypothesis HK : KKTnet d n W bias x y w b v lam s.
Variables (cl : nat -> nat) (yc : nat -> R) (nu : nat -> nat -> R) (Dw p : R).
Hypothesis cl_lt : forall l, (l < n)%nat -> (cl l < k)%nat.
Hypothesis one_label : forall l, (l < n)%nat -> y l = yc (cl l).
Hypothesis nonempty : forall c, (c < k)%nat -> exists i, (i < n)%nat /\ cl i = c.
Definition direction (j : nat) : R := sum k (fun c => yc c * nu c j).
Hypothesis towards : forall l, (l < n)%nat -> Dw <= dot d (x l) (nu (cl l)).
Hypothesis across : forall l c, (l < n)%nat -> (c < k)%nat -> c <> cl l -> Rabs (dot d (x l) (nu c)) <= p.
Let H : KKT n W v lam y s (G d bias x) := abstract d n W bias x y w b v lam s HK.

Lemma direction_speed l : (l < n)%nat -> Dw - p * (INR k - 1) <= y l * dot d (x l) direction.
Proof.
intro Hl. unfold direction. rewrite dot_sum, sum_scal, (sum_split k (cl l)) by (now apply cl_lt).
assert (B : sum_but (cl l) k (fun _ => - p) <= sum_but (cl l) k (fun c => y l * (yc c * dot d (x l) (nu c)))).
{ apply but_le; intros c Hc E. assert (P := Rabs_bd _ _ (across l c Hl Hc E)).
  destruct (nonempty c Hc) as (i & Hi & Ei). assert (Yc : yc c = y i) by (rewrite <- Ei; symmetry; now apply one_label). rewrite Yc.
  destruct (lab _ _ _ _ _ _ _ H l Hl) as [-> | ->], (lab _ _ _ _ _ _ _ H i Hi) as [-> | ->]; lra. }
rewrite but_const in B by now apply cl_lt. rewrite <- one_label by easy.
rewrite <- Rmult_assoc, (y_sq _ _ _ _ _ _ _ H l Hl). generalize (towards l Hl). lra.
Qed.
Variables L U q : R.
Hypothesis HL : 0 < L.
Hypothesis within : forall i l, (i < n)%nat -> (l < n)%nat -> cl l = cl i -> L <= G d bias x i l <= U.
Hypothesis Hq0 : 0 <= q.
Hypothesis between : forall i l, (i < n)%nat -> (l < n)%nat -> cl l <> cl i -> Rabs (G d bias x i l) <= q.
Notation rc := (r k L q).
Theorem clusters i t : (i < n)%nat -> rc ^ 2 + 2 * rc - 1 < 0 -> 0 <= t -> q * (1 + U / L) <= t * (Dw - p * (INR k - 1)) ->
  y i * N d W w b v (fun j => x i j - t * y i * direction j) <=
  S k L q * relu (U - t * (Dw - p * (INR k - 1))) - (t * (Dw - p * (INR k - 1)) - q * (1 + U / L)) * opposite k y yc i * Al k L U q.
Proof.
intros Hi Hr Ht Hq. assert (k0 : (0 < k)%nat) by (generalize (cl_lt i Hi); lia).
assert (E : N d W w b v (fun j => x i j - t * y i * direction j) = net n W v lam y s (inner_products y (G d bias x) (fun l => y l * dot d (x l) direction) t i)).
{ rewrite (N_net d n W bias x y w b v lam s HK). apply (net_ext n W y v lam s) || apply net_ext. intros l Hl. unfold inner_products.
  rewrite <- (Rmult_assoc (y l) (y l)), (y_sq _ _ _ _ _ _ _ H l Hl). unfold G, K0, dot. rewrite Rmult_1_l.
  rewrite (sum_ext d _ (fun j => x i j * x l j + - (t * y i) * (x l j * direction j))) by (intros; ring). rewrite sum_add, <- sum_scal. ring. }
rewrite E. apply (cluster_value n W k v lam y s (G d bias x) H cl yc cl_lt one_label nonempty L U q HL within Hq0 between k0 Hr _ _ direction_speed i t Hi Ht Hq).
Qed.
End NetworkClusters.
Print Assumptions clusters.
