(* kkt_margin.all_points: one certificate for every KKT point of one data set, of every width.

   With own_l = A_l^{y_l} and cross_l = A_l^{-y_l} the sums of v_j^2 lambda_l sigma'_lj over the neurons of the sample's
   own and of the other class, R = y y^T * G and h_l = y_l <x_l, u>, every KKT point satisfies (kkt_margin.upper_bound,
   lower_bound, lower_bound_mixed, cross_bound, flip_bound)
     (U)  sum_l R_il A_l^{y_i} - sum_{l<>i} (-R_il)_+ A_l^{-y_i} <= 1             for every support vector i
     (L)  sum_l (R_il)_+ A_l^{y_i} >= 1
     (L') sum_l (R_il)_+ A_l^{y_i} + sum_l R_il A_l^{-y_i} >= 1
     (X)  G_ii A_i^{-y_i} <= sum_{l<>i} (-R_il)_+ A_l^{-y_i}
     (F)  y_i N(x_i - t y_i u) <= sum_l (R_il - t h_l)_+ A_l^{y_i} + sum_l (R_il - t h_l) A_l^{-y_i}
   The certificate consists of integers: a vector `upper` over the denominator `unit` that is a strict supersolution, hence
   bounds (own, cross), and per sample one nonnegative vector of multipliers of (U), (L), (L'), (X) over `scale`. What the
   multipliers lack in dual feasibility is charged against `upper`. `flip_check` decides by integer arithmetic that the
   resulting bound of (F) is below the level; `flip_check_sound` concludes about every KKT point. *)
Require Import Reals ZArith List Bool Lra Psatz Lia Arith.
Require Import Thinmargin.FiniteSum Thinmargin.KktPoint Thinmargin.UniversalFlip Thinmargin.Network.
Require Import Thinmargin.IntegerData Thinmargin.Supersolution Thinmargin.WeakDuality.
Import ListNotations.

Section Program.
Variable gram : list (list Z).
Variable labels : list Z.
Variable den : Z.
Variable n : nat.
Variable bias : bool.
Local Open Scope Z_scope.
Notation lifted := (lifted gram den bias).
Notation entry := (entry gram).
Notation label := (label labels).
Notation all := (all n).
Notation zsum := (zsum n).

Definition positive (z : Z) : Z := Z.max z 0.
Definition same (i l : nat) : bool := label i =? label l.
Definition signed (i l : nat) : Z := label i * label l * lifted i l.
Definition direction (l : nat) : Z := zsum (fun m => label l * label m * entry l m).
Definition but (i : nat) (f : nat -> Z) (l : nat) : Z := if Nat.eqb l i then 0 else f l.

(* coefficients f on A_l^{y_i} and g on A_l^{-y_i}, over (1, own, cross) after the constant c *)
Definition over (i : nat) (c : Z) (f g : nat -> Z) : list Z :=
  c :: map (fun l => if same i l then f l else g l) (seq 0 n) ++ map (fun l => if same i l then g l else f l) (seq 0 n).
(* (U), (L), (L'), (X), each as row <= 0, times den *)
Definition row_U (i : nat) : list Z := over i (- den) (signed i) (but i (fun l => - positive (- signed i l))).
Definition row_L (i : nat) : list Z := over i den (fun l => - positive (signed i l)) (fun _ => 0).
Definition row_L' (i : nat) : list Z := over i den (fun l => - positive (signed i l)) (fun l => - signed i l).
Definition row_X (i : nat) : list Z :=
  over i 0 (fun _ => 0) (fun l => if Nat.eqb l i then signed i i else - positive (- signed i l)).
(* (F) at t = tn / td, times den td *)
Definition row_F (hs : list Z) (tn td : Z) (i : nat) : list Z :=
  over i 0 (fun l => positive (td * signed i l - tn * nth l hs 0)) (fun l => td * signed i l - tn * nth l hs 0).

Section Upper.
Variables (own cross : list Z) (unit : Z).        (* upper bounds of own and cross, times unit *)
Definition own_at (l : nat) : Z := nth l own 0.
Definition cross_at (l : nat) : Z := nth l cross 0.
Definition own_row (i : nat) : bool :=
  den * unit + zsum (but i (fun l => positive (- signed i l) * (own_at l + cross_at l))) <=? signed i i * own_at i.
Definition cross_row (i : nat) : bool :=
  zsum (but i (fun l => positive (- signed i l) * (if same i l then cross_at l else own_at l))) <? signed i i * cross_at i.
Definition upper_check : bool :=
  (0 <? den) && (0 <? unit) && labelled labels n &&
  all (fun i => (0 <? lifted i i) && (0 <? own_at i) && (0 <? cross_at i) && own_row i && cross_row i).
(* what (L) leaves for own_i, times den G_ii unit; where it is positive sample i is a support vector *)
Definition own_least (i : nat) : Z :=
  den * unit - zsum (but i (fun l => positive (signed i l) * (if same i l then own_at l else cross_at l))).
Definition supports (i : nat) : bool := 0 <? own_least i.

Definition program : list (list Z) :=
  map (fun i => if supports i then row_U i else []) (seq 0 n) ++ map row_L (seq 0 n) ++ map row_L' (seq 0 n) ++ map row_X (seq 0 n).
Definition bounds : list Z := map own_at (seq 0 n) ++ map cross_at (seq 0 n).

(* sample i is below level = ln / ld at t = tn / td, by the multipliers ds over scale *)
Definition below (rows : list (list Z)) (hs : list Z) (upper : list Z) (tn td ln ld scale : Z) (i : nat) (ds : list Z) : bool :=
  forallb (fun d => 0 <=? d) ds &&
  match axpy (- td) (combination ds rows) (axpy scale (row_F hs tn td i) []) with
  | c :: rest => ld * (c * unit + charge rest upper) <? ln * (scale * den * td * unit)
  | [] => false
  end.
Definition directions : list Z := map direction (seq 0 n).
Definition flip_check (tn td ln ld scale : Z) (duals : list (nat * list Z)) : bool :=
  upper_check && (0 <=? tn) && (0 <? td) && (0 <? ld) && (0 <? scale) &&
  (let rows := program in let hs := directions in let upper := bounds in
   forallb (fun e => Nat.ltb (fst e) n && below rows hs upper tn td ln ld scale (fst e) (snd e)) duals).
Definition direction_check : bool := all (fun l => 0 <=? direction l).
End Upper.

Local Open Scope R_scope.
Notation sign := (sign labels).
Variables (d : nat) (x : nat -> nat -> R).
Hypothesis Hx : has_gram gram den n d x.
Variables (W : nat) (w : nat -> nat -> R) (c v lam : nat -> R) (s : nat -> nat -> R).
Hypothesis HK : KKTnet d n W bias x sign w c v lam s.
Notation A := (A W v lam s).
Notation R_ := (Rr sign (G d bias x)).
Let e := IZR den.
Hypothesis den_pos : (0 < den)%Z.

Lemma e_pos : 0 < e.   Proof. now apply IZR_lt in den_pos. Qed.
Lemma H : KKT n W v lam sign s (G d bias x).
Proof. exact (abstract d n W bias x sign w c v lam s HK). Qed.
Lemma sign_cases i : (i < n)%nat -> (label i = 1%Z /\ sign i = 1) \/ (label i = (-1)%Z /\ sign i = -1).
Proof.
intro Hi. unfold IntegerData.sign. destruct (klab _ _ _ _ _ _ _ _ _ _ _ HK i Hi) as [E|E]; unfold IntegerData.sign in E; rewrite E; [left|right];
  split; auto; now apply eq_IZR in E.
Qed.
Lemma signed_R i l : (i < n)%nat -> (l < n)%nat -> IZR (signed i l) = e * R_ i l.
Proof. intros Hi Hl. unfold signed, Rr. rewrite !mult_IZR, <- (lifted_gram gram den n bias d x den_pos Hx) by easy. fold e. unfold IntegerData.sign. ring. Qed.
Lemma positive_relu z : IZR (positive z) = relu (IZR z).
Proof.
unfold positive. destruct (Z.max_spec z 0) as [[E ->]|[E ->]].
- apply IZR_lt in E. rewrite relu_neg; lra.
- apply IZR_le in E. now rewrite relu_pos.
Qed.
Lemma positive_R i l : (i < n)%nat -> (l < n)%nat -> IZR (positive (signed i l)) = e * relu (R_ i l).
Proof. intros. rewrite positive_relu, signed_R by easy. generalize e_pos; intro. now rewrite relu_scal by lra. Qed.
Lemma negative_R i l : (i < n)%nat -> (l < n)%nat -> IZR (positive (- signed i l)) = e * relu (- R_ i l).
Proof.
intros. rewrite positive_relu, opp_IZR, signed_R by easy. generalize e_pos; intro. rewrite relu_scal by lra. f_equal; ring.
Qed.
Lemma signed_diagonal i : (i < n)%nat -> signed i i = lifted i i.
Proof. intro Hi. unfold signed. destruct (sign_cases i Hi) as [[-> _]|[-> _]]; lia. Qed.
Lemma but_sum i f : IZR (zsum (but i f)) = sum_but i n (fun l => IZR (f l)).
Proof. rewrite zsum_sum. unfold sum_but, but. apply sum_ext; intros. now destruct Nat.eqb. Qed.
Lemma direction_h l : (l < n)%nat -> IZR (direction l) = e * h n sign (K0 d x) l.
Proof.
intro Hl. unfold direction, h. rewrite zsum_sum, sum_scal. apply sum_ext; intros m Hm.
rewrite !mult_IZR, <- (Hx l m Hl Hm). fold e. unfold IntegerData.sign. ring.
Qed.

(* the vector (1, own, cross) *)
Definition sums : list R := 1 :: map (fun l => A (sign l) l) (seq 0 n) ++ map (fun l => A (- sign l) l) (seq 0 n).
Lemma ev_over i k f g : (i < n)%nat ->
  ev (over i k f g) sums = IZR k + (sum n (fun l => IZR (f l) * A (sign i) l) + sum n (fun l => IZR (g l) * A (- sign i) l)).
Proof.
intro Hi. unfold over, sums; simpl. rewrite Rmult_1_r. f_equal.
rewrite ev_app by now rewrite !map_length. rewrite !ev_map, <- !sum_add. apply sum_ext; intros l Hl; simpl. unfold same.
destruct (sign_cases i Hi) as [[-> ->]|[-> ->]], (sign_cases l Hl) as [[-> ->]|[-> ->]]; simpl;
  try replace (- -1) with 1 by lra; try replace (- (1)) with (-1) by lra; lra.
Qed.

Section Certified.
Variables (own cross : list Z) (unit : Z).
Hypothesis UC : upper_check own cross unit = true.
Let un := IZR unit.
Let bo l := IZR (own_at own l) / un.
Let bc l := IZR (cross_at cross l) / un.

Lemma unit_pos : 0 < un.
Proof. unfold upper_check in UC. rewrite !andb_true_iff in UC. destruct UC as (((_ & E) & _) & _). apply Z.ltb_lt in E. now apply IZR_lt in E. Qed.
Lemma upper_rows i : (i < n)%nat ->
  (0 < lifted i i)%Z /\ (0 < own_at own i)%Z /\ (0 < cross_at cross i)%Z /\ own_row own cross unit i = true /\ cross_row own cross i = true.
Proof.
intro Hi. unfold upper_check in UC. rewrite !andb_true_iff in UC. destruct UC as (_ & E).
generalize (all_spec n _ E i Hi). rewrite !andb_true_iff, !Z.ltb_lt. tauto.
Qed.
Lemma gram_pos i : (i < n)%nat -> 0 < G d bias x i i.
Proof.
intro Hi. destruct (upper_rows i Hi) as (E & _). apply IZR_lt in E. rewrite <- (lifted_gram gram den n bias d x den_pos Hx i i Hi Hi) in E.
fold e in E. generalize e_pos; nra.
Qed.
Lemma bounds_pos i : (i < n)%nat -> 0 < bo i /\ 0 < bc i.
Proof.
intro Hi. destruct (upper_rows i Hi) as (_ & E & F & _). apply IZR_lt in E, F. generalize unit_pos; intro.
split; now apply Rdiv_lt_0_compat.
Qed.
Lemma un_bo l : un * bo l = IZR (own_at own l).
Proof. unfold bo. generalize unit_pos; intro. field; lra. Qed.
Lemma un_bc l : un * bc l = IZR (cross_at cross l).
Proof. unfold bc. generalize unit_pos; intro. field; lra. Qed.
Lemma diagonal_R i : (i < n)%nat -> IZR (signed i i) = e * G d bias x i i.
Proof. intro Hi. rewrite signed_diagonal by easy. symmetry. now apply (lifted_gram gram den n bias d x den_pos Hx). Qed.
Lemma supersolution_own i : (i < n)%nat -> 1 + sum_but i n (fun l => relu (- R_ i l) * (bo l + bc l)) <= G d bias x i i * bo i.
Proof.
intro Hi. destruct (upper_rows i Hi) as (_ & _ & _ & E & _). apply Z.leb_le, IZR_le in E.
rewrite plus_IZR, !mult_IZR, but_sum, diagonal_R in E by easy. fold e un in E.
assert (P := e_pos). assert (Q := unit_pos). apply Rmult_le_reg_l with (e * un); [nra|].
replace (e * un * (G d bias x i i * bo i)) with (e * G d bias x i i * (un * bo i)) by ring. rewrite un_bo.
apply Rle_trans with (2 := E). right. rewrite Rmult_plus_distr_l, Rmult_1_r, but_scal. f_equal.
unfold sum_but. apply sum_ext; intros l Hl. destruct Nat.eqb; [easy|]. rewrite mult_IZR, plus_IZR, negative_R, <- un_bo, <- un_bc by easy. ring.
Qed.
Lemma choose_bound sg i l : (i < n)%nat -> (l < n)%nat -> sg = 1 \/ sg = -1 ->
  un * ba sign bo bc (sg * sign i) l =
  IZR (if same i l then (if Req_EM_T sg 1 then own_at own l else cross_at cross l) else (if Req_EM_T sg 1 then cross_at cross l else own_at own l)).
Proof.
intros Hi Hl Hs. unfold ba, same.
destruct Hs as [-> | ->], (sign_cases i Hi) as [[-> ->]|[-> ->]], (sign_cases l Hl) as [[-> ->]|[-> ->]]; simpl;
  repeat destruct Req_EM_T; try lra; rewrite ?un_bo, ?un_bc; easy.
Qed.
Lemma supersolution_cross i : (i < n)%nat -> sum_but i n (fun l => relu (- R_ i l) * ba sign bo bc (- sign i) l) < G d bias x i i * bc i.
Proof.
intro Hi. destruct (upper_rows i Hi) as (_ & _ & _ & _ & E). apply Z.ltb_lt, IZR_lt in E.
rewrite !mult_IZR, but_sum, diagonal_R in E by easy.
assert (P := e_pos). assert (Q := unit_pos). apply Rmult_lt_reg_l with (e * un); [nra|].
replace (e * un * (G d bias x i i * bc i)) with (e * G d bias x i i * (un * bc i)) by ring. rewrite un_bc.
apply Rle_lt_trans with (2 := E). right. rewrite but_scal.
unfold sum_but. apply sum_ext; intros l Hl. destruct Nat.eqb; [easy|]. rewrite mult_IZR, negative_R by easy.
replace (- sign i) with (-1 * sign i) by ring.
replace (e * un * (relu (- R_ i l) * ba sign bo bc (-1 * sign i) l)) with (e * relu (- R_ i l) * (un * ba sign bo bc (-1 * sign i) l)) by ring.
rewrite choose_bound by auto. f_equal. f_equal. destruct Req_EM_T; [lra|easy].
Qed.

(* bounds of the neuron sums *)
Theorem sums_below i : (i < n)%nat -> A (sign i) i <= bo i /\ A (- sign i) i <= bc i.
Proof.
intro Hi. exact (m_matrix n W v lam sign s (G d bias x) H gram_pos bo bc bounds_pos supersolution_own supersolution_cross i Hi).
Qed.
Lemma support_sum i : (i < n)%nat -> e * un * sum_but i n (fun l => relu (R_ i l) * ba sign bo bc (sign i) l) =
  IZR (zsum (but i (fun l => (positive (signed i l) * (if same i l then own_at own l else cross_at cross l))%Z))).
Proof.
intro Hi. rewrite but_sum, but_scal. unfold sum_but. apply sum_ext; intros l Hl. destruct Nat.eqb; [easy|]. rewrite mult_IZR, positive_R by easy.
replace (ba sign bo bc (sign i) l) with (ba sign bo bc (1 * sign i) l) by (f_equal; ring).
replace (e * un * (relu (R_ i l) * ba sign bo bc (1 * sign i) l)) with (e * relu (R_ i l) * (un * ba sign bo bc (1 * sign i) l)) by ring.
rewrite choose_bound by auto. f_equal. f_equal. destruct Req_EM_T; [easy|lra].
Qed.
Theorem sums_above i : (i < n)%nat -> IZR (own_least own cross unit i) / (IZR (lifted i i) * un) <= A (sign i) i.
Proof.
intro Hi. assert (B := own_above n W v lam sign s (G d bias x) H gram_pos bo bc bounds_pos supersolution_own supersolution_cross i Hi).
assert (P := e_pos). assert (Q := unit_pos). assert (GP := gram_pos i Hi).
rewrite <- (lifted_gram gram den n bias d x den_pos Hx i i Hi Hi). fold e.
unfold own_least. rewrite minus_IZR, mult_IZR, <- support_sum by easy. fold e un.
apply Rmult_le_reg_r with (e * G d bias x i i * un); [repeat apply Rmult_lt_0_compat; easy|].
unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by (apply Rgt_not_eq; repeat apply Rmult_lt_0_compat; easy).
assert (M := Rmult_le_compat_l (e * un) _ _ ltac:(apply Rmult_le_pos; lra) B). lra.
Qed.
Theorem supports_sound i : (i < n)%nat -> supports own cross unit i = true -> 0 < lam i /\ sign i * N d W w c v (x i) = 1.
Proof.
intros Hi E. rewrite (N_net d n W bias x sign w c v lam s HK).
apply (sample_support n W v lam sign s (G d bias x) H gram_pos bo bc bounds_pos supersolution_own supersolution_cross i Hi).
apply Z.ltb_lt, IZR_lt in E. unfold own_least in E. rewrite minus_IZR, mult_IZR, <- support_sum in E by easy. fold e un in E.
assert (P := e_pos). assert (Q := unit_pos). apply Rmult_lt_reg_l with (e * un); [nra|]. lra.
Qed.

Lemma program_valid : Forall (fun r => ev r sums <= 0) (program own cross unit).
Proof.
assert (P := e_pos).
assert (S : forall f g : nat -> R, forall a, sum n (fun l => e * f l * A a l) + sum n (fun l => e * g l * A (- a) l) =
  e * (sum n (fun l => f l * A a l) + sum n (fun l => g l * A (- a) l))).
{ intros f g a. rewrite Rmult_plus_distr_l, !sum_scal. f_equal; apply sum_ext; intros; ring. }
unfold program. rewrite !Forall_app. repeat split; apply Forall_forall; intros r Hr; apply in_map_iff in Hr; destruct Hr as (i & <- & Hi);
  apply in_seq in Hi; assert (Hi' : (i < n)%nat) by lia; clear Hi.
- destruct (supports own cross unit i) eqn:E; [|simpl; lra].
  destruct (supports_sound i Hi' E) as (Hl & _). assert (U := ineq_U _ _ _ _ _ _ _ H gram_pos i Hi' Hl).
  unfold row_U. rewrite ev_over by easy. rewrite opp_IZR. fold e.
  rewrite (sum_ext n (fun l => IZR (signed i l) * A (sign i) l) (fun l => e * R_ i l * A (sign i) l)) by (intros; now rewrite signed_R).
  rewrite (sum_ext n (fun l => IZR (but i (fun l => (- positive (- signed i l))%Z) l) * A (- sign i) l)
    (fun l => e * (if Nat.eqb l i then 0 else - relu (- R_ i l)) * A (- sign i) l)).
  2:{ intros. unfold but. destruct Nat.eqb; [ring|]. rewrite opp_IZR, negative_R by easy. ring. }
  rewrite S. unfold sum_but in U.
  assert (V : sum n (fun l => (if Nat.eqb l i then 0 else - relu (- R_ i l)) * A (- sign i) l) =
    -1 * sum n (fun l => if Nat.eqb l i then 0 else relu (- R_ i l) * A (- sign i) l)).
  { rewrite sum_scal. apply sum_ext; intros. destruct Nat.eqb; ring. }
  rewrite V. nra.
- assert (L := ineq_L _ _ _ _ _ _ _ H i Hi'). unfold row_L. rewrite ev_over by easy. fold e.
  rewrite (sum_ext n _ (fun l => e * (-1 * relu (R_ i l)) * A (sign i) l)) by (intros; rewrite opp_IZR, positive_R by easy; ring).
  rewrite (sum_ext n (fun l => 0 * A (- sign i) l) (fun l => e * 0 * A (- sign i) l)) by (intros; ring).
  rewrite S. rewrite (sum_ext n (fun l => 0 * A (- sign i) l) (fun _ => 0)), sum_0 by (intros; ring).
  rewrite (sum_ext n _ (fun l => -1 * (relu (R_ i l) * A (sign i) l))), <- sum_scal by (intros; ring). nra.
- assert (L := ineq_L' _ _ _ _ _ _ _ H i Hi'). unfold row_L'. rewrite ev_over by easy. fold e.
  rewrite (sum_ext n _ (fun l => e * (-1 * relu (R_ i l)) * A (sign i) l)) by (intros; rewrite opp_IZR, positive_R by easy; ring).
  rewrite (sum_ext n (fun l => IZR (- signed i l) * A (- sign i) l) (fun l => e * (-1 * R_ i l) * A (- sign i) l)) by (intros; rewrite opp_IZR, signed_R by easy; ring).
  rewrite S. rewrite (sum_ext n _ (fun l => -1 * (relu (R_ i l) * A (sign i) l))), <- sum_scal by (intros; ring).
  rewrite (sum_ext n (fun l => -1 * R_ i l * A (- sign i) l) (fun l => -1 * (R_ i l * A (- sign i) l))), <- (sum_scal n (-1) (fun l => R_ i l * A (- sign i) l)) by (intros; ring). nra.
- assert (X := ineq_X _ _ _ _ _ _ _ H i Hi'). unfold row_X. rewrite ev_over by easy.
  rewrite (sum_ext n (fun l => 0 * A (sign i) l) (fun l => e * 0 * A (sign i) l)) by (intros; ring).
  rewrite (sum_ext n (fun l => IZR (if Nat.eqb l i then signed i i else (- positive (- signed i l))%Z) * A (- sign i) l)
    (fun l => e * (if Nat.eqb l i then G d bias x i i else - relu (- R_ i l)) * A (- sign i) l)).
  2:{ intros. destruct Nat.eqb; [now rewrite diagonal_R|]. rewrite opp_IZR, negative_R by easy. ring. }
  rewrite S. rewrite (sum_ext n (fun l => 0 * A (sign i) l) (fun _ => 0)), sum_0 by (intros; ring).
  rewrite (sum_split n i (fun l => (if Nat.eqb l i then _ else _) * _)), Nat.eqb_refl by easy.
  assert (V : sum_but i n (fun l => (if Nat.eqb l i then G d bias x i i else - relu (- R_ i l)) * A (- sign i) l) =
    -1 * sum_but i n (fun l => relu (- R_ i l) * A (- sign i) l)).
  { rewrite but_scal. unfold sum_but. apply sum_ext; intros. destruct Nat.eqb; ring. }
  rewrite V. nra.
Qed.

Lemma bounds_valid : Forall2 (fun a b => 0 <= a /\ un * a <= IZR b)
  (map (fun l => A (sign l) l) (seq 0 n) ++ map (fun l => A (- sign l) l) (seq 0 n)) (bounds own cross).
Proof.
assert (M : forall m o (f : nat -> R) (g : nat -> Z), (forall l, (o <= l < o + m)%nat -> 0 <= f l /\ un * f l <= IZR (g l)) ->
  Forall2 (fun a b => 0 <= a /\ un * a <= IZR b) (map f (seq o m)) (map g (seq o m))).
{ induction m; intros o f g B; simpl; constructor; [apply B; lia|]. apply IHm; intros; apply B; lia. }
assert (Q := unit_pos). unfold bounds. apply Forall2_app; apply M; intros l Hl; destruct (sums_below l ltac:(lia)) as (B1 & B2).
- split; [apply (A_nn _ _ _ _ _ _ _ H); lia|]. rewrite <- un_bo. apply Rmult_le_compat_l; lra.
- split; [apply (A_nn _ _ _ _ _ _ _ H); lia|]. rewrite <- un_bc. apply Rmult_le_compat_l; lra.
Qed.

(* the right-hand side of (F) *)
Definition flip_bound (t : R) (i : nat) : R :=
  sum n (fun l => relu (R_ i l - t * h n sign (K0 d x) l) * A (sign i) l) + sum n (fun l => (R_ i l - t * h n sign (K0 d x) l) * A (- sign i) l).
Lemma flip_bound_valid t i : (i < n)%nat -> sign i * N d W w c v (z_at n x sign t i) <= flip_bound t i.
Proof.
intro Hi. unfold z_at. rewrite (N_moved d n W bias x sign w c v lam s HK) by easy.
apply Rle_trans with (1 := ineq_F _ _ _ _ _ _ _ H (sign i) _ (lab _ _ _ _ _ _ _ H i Hi)).
right. unfold flip_bound.
f_equal; apply sum_ext; intros l Hl; rewrite (moved_R n W v lam sign s (G d bias x) (K0 d x) H) by easy; easy.
Qed.
Lemma flip_bound_falls t t' i : (i < n)%nat -> (forall l, (l < n)%nat -> 0 <= h n sign (K0 d x) l) -> t <= t' -> flip_bound t' i <= flip_bound t i.
Proof.
intros Hi Hh Ht. unfold flip_bound. apply Rplus_le_compat; apply sum_le; intros l Hl; apply Rmult_le_compat_r;
  try (now apply (A_nn _ _ _ _ _ _ _ H)); generalize (Hh l Hl); intro.
- apply relu_lub; [apply relu_nn|]. apply Rle_trans with (2 := relu_ge _). nra.
- nra.
Qed.
Lemma row_F_value tn td i : (0 < td)%Z -> (i < n)%nat ->
  ev (row_F directions tn td i) sums = e * IZR td * flip_bound (IZR tn / IZR td) i.
Proof.
intros Htd Hi. assert (P := e_pos). apply IZR_lt in Htd. unfold row_F. rewrite ev_over by easy. rewrite Rplus_0_l.
assert (E : forall l, (l < n)%nat -> IZR (td * signed i l - tn * nth l directions 0%Z) = e * IZR td * (R_ i l - IZR tn / IZR td * h n sign (K0 d x) l)).
{ intros l Hl. unfold directions. rewrite (nth_indep _ 0%Z (direction 0%nat)) by (rewrite map_length, seq_length; easy).
  rewrite map_nth, seq_nth, Nat.add_0_l by easy. rewrite minus_IZR, !mult_IZR, signed_R, direction_h by easy. field. lra. }
unfold flip_bound. rewrite Rmult_plus_distr_l, !sum_scal. f_equal; apply sum_ext; intros l Hl.
- rewrite positive_relu, E by easy. rewrite <- relu_scal by nra. ring.
- rewrite E by easy. ring.
Qed.

Theorem below_sound tn td ln ld scale i ds : (0 < td)%Z -> (0 < ld)%Z -> (0 < scale)%Z -> (i < n)%nat ->
  below unit (program own cross unit) directions (bounds own cross) tn td ln ld scale i ds = true ->
  flip_bound (IZR tn / IZR td) i < IZR ln / IZR ld.
Proof.
intros Htd Hld Hsc Hi C. unfold below in C. rewrite andb_true_iff in C. destruct C as (Cd & C).
assert (Dn : Forall (fun z => (0 <= z)%Z) ds) by (rewrite forallb_forall in Cd; apply Forall_forall; intros z Hz; apply Z.leb_le; auto).
assert (DU := ev_combination sums _ program_valid ds Dn).
assert (Ev : ev (axpy (- td) (combination ds (program own cross unit)) (axpy scale (row_F directions tn td i) [])) sums
  = IZR (- td) * ev (combination ds (program own cross unit)) sums + IZR scale * (e * IZR td * flip_bound (IZR tn / IZR td) i)).
{ rewrite !ev_axpy, row_F_value by easy. simpl. ring. }
destruct (axpy (- td) _ _) as [|c0 rest]; [discriminate|].
apply Z.ltb_lt, IZR_lt in C. rewrite !mult_IZR, plus_IZR, mult_IZR in C. fold e un in C.
unfold sums in Ev at 1. simpl ev in Ev at 1. rewrite Rmult_1_r in Ev.
assert (Ch := ev_charge unit _ _ (Rlt_le _ _ unit_pos) bounds_valid rest). fold un in Ch.
apply IZR_lt in Htd, Hld, Hsc. assert (P := e_pos). assert (Q := unit_pos). rewrite opp_IZR in Ev.
set (F := flip_bound _ i) in *. set (D := ev (combination ds _) sums) in *.
assert (B : IZR scale * (e * IZR td * F) <= IZR c0 + ev rest (map (fun l => A (sign l) l) (seq 0 n) ++ map (fun l => A (- sign l) l) (seq 0 n))) by nra.
assert (B2 : un * (IZR scale * (e * IZR td * F)) <= IZR c0 * un + IZR (charge rest (bounds own cross))).
{ apply Rle_trans with (un * (IZR c0 + ev rest (map (fun l => A (sign l) l) (seq 0 n) ++ map (fun l => A (- sign l) l) (seq 0 n)))); [apply Rmult_le_compat_l; lra|lra]. }
assert (T : 0 < IZR scale * e * IZR td * un) by (repeat apply Rmult_lt_0_compat; easy).
apply Rmult_lt_reg_r with (IZR ld * (IZR scale * e * IZR td * un)); [now apply Rmult_lt_0_compat|].
replace (IZR ln / IZR ld * (IZR ld * (IZR scale * e * IZR td * un))) with (IZR ln * (IZR scale * e * IZR td * un)) by (field; lra).
apply Rle_lt_trans with (2 := C).
replace (F * (IZR ld * (IZR scale * e * IZR td * un))) with (IZR ld * (un * (IZR scale * (e * IZR td * F)))) by ring.
apply Rmult_le_compat_l; lra.
Qed.
End Certified.
End Program.

Open Scope R_scope.
(* the listed samples are below the level at t, at every KKT point of every width; with all h_l >= 0 at every later t too *)
Theorem flip_check_sound gram labels den n bias own cross unit tn td ln ld scale duals :
  flip_check gram labels den n bias own cross unit tn td ln ld scale duals = true ->
  forall d x, has_gram gram den n d x ->
  forall W w c v lam s, KKTnet d n W bias x (sign labels) w c v lam s ->
  forall i, In i (map fst duals) ->
  sign labels i * N d W w c v (z_at n x (sign labels) (IZR tn / IZR td) i) < IZR ln / IZR ld /\
  (direction_check gram labels n = true -> forall t, IZR tn / IZR td <= t ->
   sign labels i * N d W w c v (z_at n x (sign labels) t i) < IZR ln / IZR ld).
Proof.
intros C d x Hx W w c v lam s HK i Hi. unfold flip_check in C. rewrite !andb_true_iff in C.
destruct C as (((((UC & Htn) & Htd) & Hld) & Hsc) & C). apply Z.leb_le in Htn. apply Z.ltb_lt in Htd, Hld, Hsc.
cbv zeta in C. rewrite forallb_forall in C. apply in_map_iff in Hi. destruct Hi as ([i' ds] & E & Hin). simpl in E. subst i'.
apply C in Hin. rewrite andb_true_iff in Hin. simpl in Hin. destruct Hin as (Hi & B). apply Nat.ltb_lt in Hi.
assert (den_pos : (0 < den)%Z) by (unfold upper_check in UC; rewrite !andb_true_iff in UC; apply Z.ltb_lt; tauto).
assert (F := below_sound gram labels den n bias d x Hx W w c v lam s HK den_pos own cross unit UC tn td ln ld scale i ds Htd Hld Hsc Hi B).
assert (V : forall t, sign labels i * N d W w c v (z_at n x (sign labels) t i) <= flip_bound labels n bias d x W v lam s t i)
  by (intro t; eapply flip_bound_valid; eassumption).
split; [eapply Rle_lt_trans; [apply V|exact F]|].
intros DC t Ht. eapply Rle_lt_trans; [apply V|]. eapply Rle_lt_trans; [|exact F].
eapply flip_bound_falls; try eassumption. intros l Hl. unfold direction_check in DC.
assert (Z := all_spec n _ DC l Hl). cbv beta in Z. apply Z.leb_le, IZR_le in Z. rewrite (direction_h gram labels den n d x Hx) in Z by easy.
apply IZR_lt in den_pos. nra.
Qed.

(* bounds of the class sums, and which samples are support vectors *)
Theorem upper_check_sound gram labels den n bias own cross unit : upper_check gram labels den n bias own cross unit = true ->
  forall d x, has_gram gram den n d x ->
  forall W w c v lam s, KKTnet d n W bias x (sign labels) w c v lam s ->
  forall i, (i < n)%nat ->
  A W v lam s (sign labels i) i <= IZR (own_at own i) / IZR unit /\
  A W v lam s (- sign labels i) i <= IZR (cross_at cross i) / IZR unit /\
  IZR (own_least gram labels den n bias own cross unit i) / (IZR (lifted gram den bias i i) * IZR unit) <= A W v lam s (sign labels i) i /\
  (supports gram labels den n bias own cross unit i = true -> 0 < lam i /\ sign labels i * N d W w c v (x i) = 1).
Proof.
intros UC d x Hx W w c v lam s HK i Hi.
assert (den_pos : (0 < den)%Z) by (unfold upper_check in UC; rewrite !andb_true_iff in UC; apply Z.ltb_lt; tauto).
destruct (sums_below gram labels den n bias d x Hx W w c v lam s HK den_pos own cross unit UC i Hi) as (B1 & B2).
repeat split; try assumption.
- eapply sums_above; eassumption.
- eapply supports_sound; eassumption.
- eapply supports_sound; eassumption.
Qed.
Print Assumptions flip_check_sound.
