"""What the quantities of ntk_features are in the formal library, and what closes its generated goals.

K is a kernel matrix of n points with eigenvalues lam_i > 0 and eigenvectors v_i; that V is orthogonal means V^T V = I and
V V^T = I. Feature i has the coefficients lam_i^(-1) (v_i^T y) v_i. A further point has the index n: row n of K holds its
kernel values, and that these belong to a kernel means that K of all n + 1 points is positive semidefinite.
"""

from __future__ import annotations

from theorems.engine.formal import Formal, Term

_ORTHOGONAL = (
    "(forall i k, (i < n)%nat -> (k < n)%nat -> sum n (fun j => v i j * v k j) = (if Nat.eqb i k then 1 else 0)) /\\ "
    "(forall j l, (j < n)%nat -> (l < n)%nat -> sum n (fun i => v i j * v i l) = (if Nat.eqb j l then 1 else 0))"
)
_OBJECTS = "(n : nat) (K v : nat -> nat -> R) (lam labels : nat -> R)"
_EIGEN = (
    "(forall i j, (i < n)%nat -> (j < n)%nat -> sum n (fun l => K j l * v i l) = lam i * v i j)",
    "(forall i, (i < n)%nat -> 0 < lam i)",
)
_SYMMETRIC = "(forall j l, (j < n)%nat -> (l < n)%nat -> K j l = K l j)"
_BINDERS = {
    "i": "forall i, (i < n)%nat ->",
    "other": "forall k, (k < n)%nat -> i <> k ->",
    "j": "forall j, (j < n)%nat ->",
    "solution": "forall b, (forall j, (j < n)%nat -> sum n (fun l => K j l * b l) = labels j) ->",
}
_COEFFICIENT = "coefficient n v lam labels"
_FEATURE = "feature n K v lam labels"
_NORM = f"form n K ({_COEFFICIENT} i) ({_COEFFICIENT} i)"
_BASIS = "match goal with Q : (forall i k, _) /\\ _ |- _ => destruct Q as [ON CO] end."
_MODULES = ("FiniteSum", "KernelFeatures")

_DECOMPOSITION = Formal(
    "ntk_features.decomposition",
    _MODULES,
    _OBJECTS,
    {
        "part_error": Term(f"{_FEATURE} i j - share n v labels i * v i j", ("i", "j")),
        "sum_error": Term(f"sum n (fun i => {_FEATURE} i j) - labels j", ("j",)),
        "part_overlap": Term(f"form n K ({_COEFFICIENT} i) ({_COEFFICIENT} k)", ("i", "other")),
        "part_norm_sq": Term(_NORM, ("i",)),
        "part_energy": Term("share n v labels i ^ 2 / lam i", ("i",)),
        "part_norm_sum": Term(f"sum n (fun i => {_NORM})"),
        "interpolant_norm_sq": Term("sum n (fun j => labels j * b j)", ("solution",)),
    },
    assumptions=(_SYMMETRIC, *_EIGEN),
    binders=_BINDERS,
    read_as={"orthonormality": _ORTHOGONAL},
    scripts={
        "values at the points": f"""{_BASIS}
assert (X : {_FEATURE} i j = share n v labels i * v i j) by (eapply feature_value; eassumption). lra.""",
        "they add up to the labels": f"""{_BASIS}
assert (X : sum n (fun i => {_FEATURE} i j) = labels j) by (eapply features_add_up; eassumption). lra.""",
        "orthogonal": f"{_BASIS}\neapply features_orthogonal; eassumption.",
        "norm of a feature": f"{_BASIS}\neapply feature_norm; eassumption.",
        "norm of the interpolant": f"""{_BASIS}
rewrite (sum_ext n _ (fun i => share n v labels i ^ 2 / lam i)) by (intros; eapply feature_norm; eassumption).
assert (S : forall i, (i < n)%nat -> share n v labels i = lam i * sum n (fun l => v i l * b l)).
{{ intros i Hi. unfold share. rewrite (sum_ext n _ (fun j => sum n (fun l => b l * (K l j * v i j)))).
  - rewrite sum_swap, sum_scal. apply sum_ext; intros l Hl. rewrite <- sum_scal, H0 by easy. ring.
  - intros j Hj. rewrite <- H3, sum_scal by easy. apply sum_ext; intros l Hl. rewrite (H j l) by easy. ring. }}
rewrite (sum_ext n (fun i => share n v labels i ^ 2 / lam i) (fun i => sum n (fun l => b l * (share n v labels i * v i l)))).
- rewrite sum_swap. apply sum_ext; intros l Hl. rewrite <- sum_scal, Rmult_comm. f_equal.
  rewrite <- (features_add_up n K v lam labels CO H0 H1 l Hl). apply sum_ext; intros i Hi. symmetry.
  eapply feature_value; eassumption.
- intros i Hi. rewrite (sum_ext n _ (fun l => share n v labels i * (v i l * b l))) by (intros; ring).
  rewrite <- sum_scal. replace (sum n (fun l => v i l * b l)) with (share n v labels i / lam i); [unfold Rdiv; ring|].
  rewrite S by easy. field. generalize (H1 i Hi). lra.""",
    },
)

_AWAY = (
    "(forall j l, (j < S n)%nat -> (l < S n)%nat -> K j l = K l j)",
    *_EIGEN,
)
_AT_POINT = f"sum n (fun l => K n l * {_COEFFICIENT} i l)"
_FEATURE_RADIUS = Formal(
    "ntk_features.feature_radius",
    _MODULES,
    _OBJECTS,
    {
        "part_gap_sq": Term(f"({_AT_POINT} - {_FEATURE} i j) ^ 2", ("i", "j")),
        "part_norm_sq": Term(_NORM, ("i",)),
        "part_distance_sq": Term("distance_sq K n j", ("j",)),
        "spectral_samples": Term("INR n"),
        "part_radius_sq": Term(f"sum n (fun j => {_FEATURE} i j ^ 2 / {_NORM}) / INR n", ("i",)),
        "eigenvalue": Term("lam i", ("i",)),
    },
    assumptions=_AWAY,
    binders=_BINDERS,
    read_as={
        "orthonormality": _ORTHOGONAL,
        "least_energy": "forall i, (i < n)%nat -> share n v labels i <> 0",
        "schur_complement": "forall c, 0 <= form (S n) K c c",
    },
    scripts={
        "a move costs distance": f"""{_BASIS}
set (a := fun l => if Nat.ltb l n then {_COEFFICIENT} i l else 0).
assert (X : (value (S n) K a n - value (S n) K a j) ^ 2 <= norm_sq (S n) K a * distance_sq K n j)
  by (apply rkhs_certificate; (easy || lia)).
assert (Ex : forall f, sum (S n) (fun l => f l * a l) = sum n (fun l => f l * {_COEFFICIENT} i l))
  by (intro f; exact (extended n v lam labels i f)).
assert (Nm : norm_sq (S n) K a = {_NORM}).
{{ unfold norm_sq, form. transitivity (sum (S n) (fun p => sum (S n) (fun l => K p l * a l) * a p)).
  - apply sum_ext; intros p Hp. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring.
  - rewrite (Ex (fun p => sum (S n) (fun l => K p l * a l))). apply sum_ext; intros p Hp.
    rewrite (Ex (fun l => K p l)), Rmult_comm, sum_scal. apply sum_ext; intros; ring. }}
rewrite Nm in X. unfold value in X. rewrite 2!Ex in X. unfold C_norm_factor. unfold feature. lra.""",
        "mean squared radius": f"""{_BASIS}
assert (P : 0 < lam i) by auto. assert (Z : share n v labels i <> 0) by auto.
assert (Hn : INR n <> 0) by (apply not_0_INR; lia).
assert (E : sum n (fun j => {_FEATURE} i j ^ 2 / {_NORM}) = lam i); [|rewrite E; field; easy].
rewrite (sum_ext n _ (fun j => lam i * v i j ^ 2)).
- assert (M : sum n (fun j => lam i * v i j ^ 2) / INR n = lam i / INR n) by (eapply mean_square_radius; eassumption).
  apply (Rmult_eq_compat_r (INR n)) in M. unfold Rdiv in M. rewrite 2!Rmult_assoc, Rinv_l in M by easy. lra.
- intros j Hj. rewrite (feature_norm n K v lam labels) by easy. rewrite (feature_value n K v lam labels) by easy.
  field. repeat split; (easy || lra).""",
    },
)

_TRUNCATION = Formal(
    "ntk_features.truncation",
    _MODULES,
    _OBJECTS,
    {
        "norm_growth": Term(
            "form n K (head n v lam labels (S k)) (head n v lam labels (S k)) "
            "- form n K (head n v lam labels k) (head n v lam labels k)",
            ("rank",),
        ),
        "truncated_residual_sq": Term(
            "sum n (fun j => (labels j - sum n (fun l => K j l * head n v lam labels (S k) l)) ^ 2)", ("rank",)
        ),
        "tail_energy": Term("sum n (fun i => if Nat.ltb i (S k) then 0 else share n v labels i ^ 2)", ("rank",)),
    },
    assumptions=(_SYMMETRIC, *_EIGEN),
    binders={"rank": "forall k, (k < n)%nat ->"},
    read_as={"orthonormality": _ORTHOGONAL},
    scripts={
        "the norm grows with k": f"""{_BASIS}
assert (X : form n K (head n v lam labels k) (head n v lam labels k)
  <= form n K (head n v lam labels (S k)) (head n v lam labels (S k))) by (eapply head_norm_grows; eassumption).
lra.""",
        "what is left at the points": f"""{_BASIS}
assert (X := truncation_residual n K v lam labels ON CO H0 H1 (S k)). rewrite <- X. apply sum_ext; intros j Hj.
apply (f_equal (fun r => (labels j - r) ^ 2)).
unfold head_value, head. rewrite (sum_ext n _ (fun l => sum (S k) (fun i => K j l * {_COEFFICIENT} i l)))
  by (intros; apply sum_scal).
rewrite sum_swap. unfold feature.
assert (E : forall p f m, (m <= p)%nat -> sum m f = sum p (fun i => if Nat.ltb i m then f i else 0)).
{{ clear. intros q f m Hm. induction Hm as [|p Hm IH].
  - apply sum_ext; intros i Hi. apply Nat.ltb_lt in Hi. now rewrite Hi.
  - simpl. destruct (Nat.ltb_spec p m); [lia|]. rewrite <- IH. ring. }}
apply (E n (fun i => sum n (fun l => K j l * {_COEFFICIENT} i l))). lia.""",
    },
)

_CERTIFICATE = Formal(
    "ntk_features.rkhs_certificate",
    _MODULES,
    "(m : nat) (K : nat -> nat -> R) (a : nat -> R)",
    {
        "value_gap_sq": Term("(value m K a i - value m K a j) ^ 2", ("i", "j")),
        "function_norm_sq": Term("norm_sq m K a"),
        "distance_sq": Term("distance_sq K i j", ("i", "j")),
    },
    assumptions=(
        "(forall j l, (j < m)%nat -> (l < m)%nat -> K j l = K l j)",
        "(forall c, 0 <= form m K c c)",
    ),
    binders={"i": "forall i, (i < m)%nat ->", "j": "forall j, (j < m)%nat ->"},
    scripts={
        "the move is bounded": """\
assert (X : (value m K a i - value m K a j) ^ 2 <= norm_sq m K a * distance_sq K i j) by (apply rkhs_certificate; easy).
unfold C_norm_factor. lra.""",
    },
)
"""The m points contain those of the sample and the queries; coefficients of queries are 0."""

_K, _OTHER = "(fun j i => sum (S k) (fun p => A j p * A i p))", "(fun j i => sum (S l) (fun p => B j p * B i p))"
_PAIR = "(n k l : nat) (A B : nat -> nat -> R)"
_NONZERO = (f"0 < inner n {_K} {_K}", f"0 < inner n {_OTHER} {_OTHER}")
_PRODUCTS = {
    "inner_product": Term(f"inner n {_K} {_OTHER}"),
    "first_sq": Term(f"inner n {_K} {_K}"),
    "second_sq": Term(f"inner n {_OTHER} {_OTHER}"),
}
_LENGTHS = f"sqrt (inner n {_K} {_K} * inner n {_OTHER} {_OTHER})"
_ROTATION = Formal(
    "ntk_features.kernel_rotation",
    ("FiniteSum", "KernelDistance"),
    _PAIR,
    _PRODUCTS
    | {
        "difference_sq": Term(
            f"inner n (fun j i => {_OTHER} j i - {_K} j i) (fun j i => {_OTHER} j i - {_K} j i)"
        ),
        "kernel_distance": Term(f"1 - inner n {_K} {_OTHER} / {_LENGTHS}"),
        "kernel_angle": Term("theta", ("angle",)),
    },
    assumptions=_NONZERO,
    binders={
        "angle": f"forall theta, 0 <= theta <= PI -> cos theta * {_LENGTHS} = inner n {_K} {_OTHER} ->",
    },
    scripts={
        "similarities are not negative": """\
assert (X : 0 <= inner n (fun j i => sum (S k) (fun p => (fun _ => 1) p * ((fun p j => A j p) p j * (fun p j => A j p) p i)))
  (fun j i => sum (S l) (fun p => B j p * B i p))).
{ apply similarity_nonnegative; [intros; lra|]. intro c.
  replace (sum n _) with (sum (S l) (fun p => sum n (fun j => c j * B j p) ^ 2)); [apply sum_nn; intros; apply pow2_ge_0|].
  rewrite (sum_ext (S l) _ (fun p => sum n (fun j => sum n (fun i => c j * (B j p * B i p) * c i)))).
  - rewrite sum_swap. apply sum_ext; intros j Hj. rewrite sum_swap. apply sum_ext; intros i Hi.
    rewrite (Rmult_comm (c j)), Rmult_assoc, Rmult_comm, sum_scal. apply sum_ext; intros; ring.
  - intros p Hp. replace (sum n (fun j => c j * B j p) ^ 2) with (sum n (fun j => c j * B j p) * sum n (fun j => c j * B j p)) by ring.
    rewrite sum_scal. apply sum_ext; intros j Hj. rewrite Rmult_comm, sum_scal.
    apply sum_ext; intros; ring. }
apply Rle_ge. eapply Rle_trans; [exact X|]. right. unfold inner. apply sum_ext; intros; apply sum_ext; intros. f_equal.
apply sum_ext; intros; ring.""",
        "sine of the angle": f"""\
assert (X := sine_of_the_angle n {_OTHER} {_K}). cbv zeta in X. unfold C_rotation. rewrite (inner_sym n {_OTHER} {_K}) in X.
set (D := inner n (fun j i => {_OTHER} j i - {_K} j i) (fun j i => {_OTHER} j i - {_K} j i)).
assert (E : inner n (fun j i => {_K} j i + -1 * {_OTHER} j i) (fun j i => {_K} j i + -1 * {_OTHER} j i) = D)
  by (unfold D, inner; apply sum_ext; intros; apply sum_ext; intros; ring).
rewrite E in X. lra.""",
        "distance by angle": f"""\
set (len := {_LENGTHS}) in *.
assert (P : 0 < len) by (apply sqrt_lt_R0; apply Rmult_lt_0_compat; assumption).
assert (X := distance_by_angle theta).
assert (E : inner n {_K} {_OTHER} / len = cos theta).
{{ apply Rmult_eq_reg_r with len; [|lra]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }}
rewrite E. lra.""",
    },
)
"""K = A A^T and K' = B B^T for factors of n rows, neither of them 0; the angle is that of the trace inner product."""

_SATURATION = Formal(
    "ntk_features.saturation",
    ("FiniteSum", "KernelDistance"),
    _PAIR,
    _PRODUCTS
    | {
        "leading_angle": Term(
            "sum n (fun j => A j 0%nat ^ 2) * sum n (fun j => B j 0%nat ^ 2) "
            "- sum n (fun j => A j 0%nat * B j 0%nat) ^ 2"
        ),
        "first_leading": Term("sum n (fun j => A j 0%nat ^ 2)"),
        "second_leading": Term("sum n (fun j => B j 0%nat ^ 2)"),
    },
    assumptions=_NONZERO,
    scripts={
        "similarity at least ((1 + r^2)(1 + r'^2))^(-1/2)": f"""\
set (a := sum n (fun j => A j 0%nat ^ 2)) in *. set (b := sum n (fun j => B j 0%nat ^ 2)) in *.
assert (a0 : 0 <= a) by (apply sum_nn; intros; apply pow2_ge_0).
assert (b0 : 0 <= b) by (apply sum_nn; intros; apply pow2_ge_0).
assert (ab : a * b > 0) by assumption.
assert (ap : 0 < a) by (destruct (Req_dec a 0) as [Z|]; [rewrite Z in ab; lra|lra]).
assert (bp : 0 < b) by (destruct (Req_dec b 0) as [Z|]; [rewrite Z in ab; lra|lra]).
set (pp := inner n {_K} {_OTHER}) in *. set (s1 := inner n {_K} {_K}) in *. set (s2 := inner n {_OTHER} {_OTHER}) in *.
assert (L : a * b <= pp).
{{ assert (Q : pp = sum (S k) (fun p => sum (S l) (fun q => sum n (fun j => A j p * B j q) ^ 2))).
  {{ unfold pp, inner.
    transitivity (sum (S k) (fun p => sum (S l) (fun q => sum n (fun j => sum n (fun i => A j p * A i p * (B j q * B i q)))))).
    - symmetry. rewrite (sum_ext (S k) _ (fun p => sum n (fun j => sum (S l) (fun q => sum n (fun i => A j p * A i p * (B j q * B i q))))))
        by (intros; apply sum_swap).
      rewrite sum_swap. apply sum_ext; intros j Hj.
      rewrite (sum_ext (S k) _ (fun p => sum n (fun i => sum (S l) (fun q => A j p * A i p * (B j q * B i q)))))
        by (intros; apply sum_swap).
      rewrite sum_swap. apply sum_ext; intros i Hi. symmetry. rewrite Rmult_comm, sum_scal. apply sum_ext; intros p Hp.
      rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring.
    - apply sum_ext; intros p Hp. apply sum_ext; intros q Hq.
      replace (sum n (fun j => A j p * B j q) ^ 2) with (sum n (fun j => A j p * B j q) * sum n (fun j => A j p * B j q)) by ring.
      rewrite sum_scal. apply sum_ext; intros j Hj. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring. }}
  rewrite Q, (sum_split (S k) 0) by lia. rewrite (sum_split (S l) 0) by lia.
  assert (0 <= sum_but 0 (S l) (fun q => sum n (fun j => A j 0%nat * B j q) ^ 2)) by (apply but_nn; intros; apply pow2_ge_0).
  assert (0 <= sum_but 0 (S k) (fun p => sum (S l) (fun q => sum n (fun j => A j p * B j q) ^ 2)))
    by (apply but_nn; intros; apply sum_nn; intros; apply pow2_ge_0).
  lra. }}
assert (s1p : 0 < s1) by assumption. assert (s2p : 0 < s2) by assumption.
assert (Sq : (a * b) ^ 2 <= pp ^ 2) by (apply pow_incr; lra).
apply Rle_ge. apply Rle_trans with (pp ^ 2 * (s1 * s2 / (a * b) ^ 2)).
- apply Rmult_le_reg_r with ((a * b) ^ 2); [apply pow_lt; lra|].
  replace (pp ^ 2 * (s1 * s2 / (a * b) ^ 2) * (a * b) ^ 2) with (s1 * s2 * pp ^ 2) by (field; lra).
  apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|exact Sq].
- right. field. lra.""",
    },
)
"""The leading columns of the factors are those with index 0."""

_RATIOS = {
    "cone_ratio": "PI * ((2 * ntk 0 - 2 * ntk t) - 4 * t ^ 2) / t",
    "square_ratio": "((2 * ntk 0 - 2 * ntk t) - 4 * t / PI) / t ^ 2",
    "nngp_ratio": "(2 * nngp 0 - 2 * nngp t) / t ^ 2",
}
_BY_ANGLE = Formal(
    "ntk_features.distance_by_angle",
    ("ArcCosineKernels",),
    "(low high : R)",
    {name: Term("s", (name,)) for name in _RATIOS},
    assumptions=("0 <= low <= high",),
    binders={
        name: f"forall s, is_lub (fun r => exists t, low <= t <= high /\\ 0 < t <= PI /\\ r = {ratio}) s ->"
        for name, ratio in _RATIOS.items()
    },
    scripts={
        name: f"""\
match goal with Q : is_lub _ _ |- _ => destruct Q as [_ least]; apply least end. intros r (t & _ & T & ->).
assert (X := {bound} t ltac:(lra)). assert (P := PI_RGT_0). unfold {constant}.
apply Rmult_le_reg_r with ({scale}); [{positive}|].
replace ({ratio} * ({scale})) with ({value}) by (field; lra). {close}"""
        for name, bound, constant, ratio, scale, positive, value, close in (
            ("factor of the angle", "ntk_distance", "C_cone", _RATIOS["cone_ratio"], "t / PI",
             "apply Rdiv_lt_0_compat; lra", "(2 * ntk 0 - 2 * ntk t) - 4 * t ^ 2",
             "replace (4 / PI * t) with (4 * (t / PI)) in X by (field; lra). lra."),
            ("factor of its square", "ntk_distance", "C_square", _RATIOS["square_ratio"], "t ^ 2",
             "apply pow_lt; lra", "(2 * ntk 0 - 2 * ntk t) - 4 * t / PI",
             "replace (4 / PI * t) with (4 * t / PI) in X by (field; lra). lra."),
            ("NNGP", "nngp_distance", "C_nngp", _RATIOS["nngp_ratio"], "t ^ 2",
             "apply pow_lt; lra", "2 * nngp 0 - 2 * nngp t", "lra."),
        )
    },
)  # fmt: skip
"""Suprema over the angles between low and high that are angles: positive and at most pi."""

_LEFT = "left n labels (v i)"
_ORDER = Formal(
    "ntk_features.spectral_order",
    ("FiniteSum", "InnerProduct", "SpectralOrder"),
    f"{_OBJECTS} (time ridge : R) (f : nat -> nat -> R) (a : nat -> R)",
    {
        "step_ratio": Term("time * lam 0%nat / 8"),
        "descent_share": Term(f"{_LEFT} (f 8%nat) / inner n (v i) labels", ("i",)),
        "descent_factor": Term("(1 - time / 8 * lam i) ^ 8", ("i",)),
        "flow_factor": Term("exp (- (time * lam i))", ("i",)),
        "flow_order": Term("exp (- (time * lam (S i))) / exp (- (time * lam i))", ("pair",)),
        "ridge_share": Term(f"{_LEFT} (fun j => sum n (fun l => K j l * a l)) / inner n (v i) labels", ("i",)),
        "ridge_factor": Term("ridge / (lam i + ridge)", ("i",)),
    },
    assumptions=(
        "symmetric n K",
        *_EIGEN,
        "(forall i k, (i <= k)%nat -> (k < n)%nat -> lam k <= lam i)",
        "0 <= time",
        "0 <= ridge",
        "(forall j, f 0%nat j = 0)",
        "(forall t j, (j < n)%nat -> f (S t) j = f t j - time / 8 * sum n (fun l => K j l * (f t l - labels l)))",
        "(forall j, (j < n)%nat -> sum n (fun l => K j l * a l) + ridge * a j = labels j)",
    ),
    binders={"i": "forall i, (i < n)%nat ->", "pair": "forall i, (S i < n)%nat ->"},
    read_as={
        "orthonormality": _ORTHOGONAL,
        "least_energy": "forall i, (i < n)%nat -> inner n (v i) labels <> 0",
    },
    scripts={
        "descent in closed form": f"""\
assert (Z : inner n (v i) labels <> 0) by auto.
assert (X : {_LEFT} (f 8%nat) = (1 - time / 8 * lam i) ^ 8 * inner n (v i) labels) by (eapply descent_share; eauto).
rewrite X. field. exact Z.""",
        "ridge in closed form": f"""\
assert (Z : inner n (v i) labels <> 0) by auto. assert (P : 0 < lam i) by auto.
assert (X : {_LEFT} (fun j => sum n (fun l => K j l * a l)) = ridge / (lam i + ridge) * inner n (v i) labels)
  by (eapply ridge_share; eauto; lra).
rewrite X. field. split; [lra|exact Z].""",
        "descent is not slower than flow": f"""\
assert (Z : inner n (v i) labels <> 0) by auto. assert (P : 0 < lam i) by auto.
assert (X : {_LEFT} (f 8%nat) = (1 - time / 8 * lam i) ^ 8 * inner n (v i) labels) by (eapply descent_share; eauto).
rewrite X. replace ((1 - time / 8 * lam i) ^ 8 * inner n (v i) labels / inner n (v i) labels) with ((1 - time / 8 * lam i) ^ 8)
  by (field; exact Z).
assert (Top : lam i <= lam 0%nat) by (match goal with Q : forall i k, (i <= k)%nat -> _ |- _ => apply Q; [lia|assumption] end).
assert (time * lam i <= time * lam 0%nat) by (apply Rmult_le_compat_l; assumption).
assert (0 <= time * lam i) by (apply Rmult_le_pos; lra).
assert (Y := descent_not_slower_than_flow (time / 8 * lam i) 8 ltac:(lra)).
replace (time / 8 * lam i * INR 8) with (time * lam i) in Y by (simpl; field). exact Y.""",
        "larger eigenvalues are fitted no later": """\
assert (Top : lam (S i) <= lam i) by (match goal with Q : forall i k, (i <= k)%nat -> _ |- _ => apply Q; [lia|assumption] end).
assert (X : exp (- (time * lam i)) <= exp (- (time * lam (S i))))
  by (apply exp_monotone, Ropp_le_contravar, Rmult_le_compat_l; assumption).
assert (P := exp_pos (- (time * lam i))).
apply Rle_ge, Rmult_le_reg_r with (exp (- (time * lam i))); [exact P|].
unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.""",
    },
)
"""f are the predictions of gradient descent on |f - y|^2 / 2 with eight steps up to the time, a the dual solution of ridge."""

_NNGP = Formal(
    "ntk_features.nngp_certificate",
    ("FiniteSum", "Network", "KernelFeatures", "ArcCosineKernels"),
    "(m d L : nat) (weight bias divisor kind : R) (x : nat -> nat -> R) (q turn : nat -> nat -> nat -> R) "
    "(theta K : nat -> nat -> R) (a : nat -> R)",
    {
        "depth": Term("INR L"),
        "weight_sq": Term("weight"),
        "bias_sq": Term("bias"),
        "divisor": Term("divisor"),
        "tangent": Term("kind"),
        "value_gap_sq": Term("(value m K a i - value m K a j) ^ 2", ("i", "j")),
        "function_norm_sq": Term("norm_sq m K a"),
        "angle": Term("theta i j", ("i", "j")),
    },
    assumptions=(
        "(forall i j, q 0%nat i j = weight * dot d (x i) (x j) / divisor + bias)",
        "(forall l i j, q (S l) i j = weight / 2 * (sqrt (q l i i * q l j j) * kappa (turn l i j)) + bias)",
        "(forall l i j, (i < m)%nat -> (j < m)%nat -> "
        "0 <= turn l i j <= PI /\\ cos (turn l i j) * sqrt (q l i i * q l j j) = q l i j)",
        "(forall i j, (i < m)%nat -> (j < m)%nat -> "
        "0 <= theta i j <= PI /\\ cos (theta i j) * sqrt (dot d (x i) (x i) * dot d (x j) (x j)) = dot d (x i) (x j))",
        "(kind = 0 -> forall i j, K i j = q L i j)",
        "(forall j l, (j < m)%nat -> (l < m)%nat -> K j l = K l j)",
        "(forall c, 0 <= form m K c c)",
    ),
    binders={"i": "forall i, (i < m)%nat ->", "j": "forall j, (j < m)%nat ->"},
    read_as={"sphere_error": "forall i, (i < m)%nat -> dot d (x i) (x i) = 1"},
    scripts={
        "the move is bounded": """\
assert (one : L = 1%nat) by (apply INR_eq; assumption). subst L weight bias divisor.
assert (Hi : (i < m)%nat) by assumption. assert (Hj : (j < m)%nat) by assumption.
assert (N1 : forall i, (i < m)%nat -> dot d (x i) (x i) = 1) by assumption.
assert (Q0 : forall i j, q 0%nat i j = 2 * dot d (x i) (x j)) by (intros; rewrite H; field).
assert (R4 : sqrt (2 * 1 * (2 * 1)) = 2) by (replace (2 * 1 * (2 * 1)) with (2 * 2) by ring; apply sqrt_square; lra).
assert (same : forall s t, 0 <= s <= PI -> 0 <= t <= PI -> cos s = cos t -> s = t).
{ intros s t Hs Ht E. destruct (Rtotal_order s t) as [C|[C|C]]; [exfalso|easy|exfalso].
  - generalize (cos_decreasing_1 s t ltac:(lra) ltac:(lra) ltac:(lra) ltac:(lra) C). lra.
  - generalize (cos_decreasing_1 t s ltac:(lra) ltac:(lra) ltac:(lra) ltac:(lra) C). lra. }
assert (cosine : forall i j, (i < m)%nat -> (j < m)%nat -> cos (turn 0%nat i j) = dot d (x i) (x j)).
{ intros p r Hp Hr. destruct (H1 0%nat p r Hp Hr) as [_ E]. rewrite !Q0, 2!N1, R4 in E by easy. lra. }
assert (angles : forall i j, (i < m)%nat -> (j < m)%nat -> turn 0%nat i j = theta i j).
{ intros p r Hp Hr. destruct (H2 p r Hp Hr) as [T E]. destruct (H1 0%nat p r Hp Hr) as [T0 _]. apply same; [easy|easy|].
  rewrite cosine by easy. rewrite 2!N1, Rmult_1_r, sqrt_1 in E by easy. lra. }
assert (own : forall i, (i < m)%nat -> turn 0%nat i i = 0).
{ intros p Hp. destruct (H1 0%nat p p Hp Hp) as [T0 _]. apply same; [easy|generalize PI_RGT_0; lra|].
  rewrite cosine, N1, cos_0 by easy. reflexivity. }
assert (entry : forall i j, (i < m)%nat -> (j < m)%nat -> K i j = nngp (turn 0%nat i j)).
{ intros p r Hp Hr. rewrite H3, H0, !Q0, 2!N1, R4 by easy. unfold nngp. field. }
assert (X : (value m K a i - value m K a j) ^ 2 <= norm_sq m K a * distance_sq K i j) by (apply rkhs_certificate; easy).
assert (D : distance_sq K i j <= 2 * theta i j ^ 2).
{ unfold distance_sq. rewrite !entry, !own, angles by easy. destruct (H2 i j Hi Hj) as [T _].
  generalize (nngp_distance (theta i j) T). lra. }
assert (P : 0 <= norm_sq m K a) by (unfold norm_sq; auto).
apply (Rmult_le_compat_l _ _ _ P) in D. unfold C_nngp. lra.""",
    },
)
"""q l are the kernels before layer l + 1, turn l their angles, theta those of the inputs; the kernel with kind 0 is q L. That kernels
are positive semidefinite is taken for granted. The m points contain those of the sample and the queries.
"""

FORMAL = (_DECOMPOSITION, _FEATURE_RADIUS, _TRUNCATION, _CERTIFICATE, _ROTATION, _SATURATION, _BY_ANGLE, _ORDER, _NNGP)
