"""Formal versions of what is certified by kernel distance and by angle, and of distances between kernel matrices."""

from __future__ import annotations

from functools import partial

from theorems.engine.formal import Formal, Term

_CERTIFICATE = Formal(
    "ntk_features.rkhs_certificate",
    ("FiniteSum", "KernelFeatures"),
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

_WIDE = (
    "(m d L : nat) (weight bias divisor kind : R) (x : nat -> nat -> R) (q big turn : nat -> nat -> nat -> R) "
    "(theta K : nat -> nat -> R) (a : nat -> R)"
)
_RECURSION = (
    "(forall i j, q 0%nat i j = weight * dot d (x i) (x j) / divisor + bias)",
    "(forall l i j, q (S l) i j = weight / 2 * (sqrt (q l i i * q l j j) * kappa (turn l i j)) + bias)",
    "(forall l i j, (i < m)%nat -> (j < m)%nat -> "
    "0 <= turn l i j <= PI /\\ cos (turn l i j) * sqrt (q l i i * q l j j) = q l i j)",
    "(forall i j, (i < m)%nat -> (j < m)%nat -> "
    "0 <= theta i j <= PI /\\ cos (theta i j) * sqrt (dot d (x i) (x i) * dot d (x j) (x j)) = dot d (x i) (x j))",
    "(forall i j, big 0%nat i j = q 0%nat i j)",
    "(forall l i j, big (S l) i j = q (S l) i j + weight / 2 * (big l i j * (1 - turn l i j / PI)))",
    "(kind = 0 -> forall i j, K i j = q L i j)",
    "(kind = 1 -> forall i j, K i j = big L i j)",
    "(forall j l, (j < m)%nat -> (l < m)%nat -> K j l = K l j)",
    "(forall c, 0 <= form m K c c)",
)
"""q l are NNGP kernels before layer l + 1, turn l their angles, big l the NTKs, theta the angles of the inputs. K is
the kernel of that kind with L hidden layers; that kernels are positive semidefinite is taken for granted. The m points
contain those of the sample and the queries.
"""
_ON_THE_SPHERE = """\
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
"""
_wide = partial(
    Formal,
    modules=("FiniteSum", "Network", "KernelFeatures", "ArcCosineKernels"),
    objects=_WIDE,
    quantities={
        "depth": Term("INR L"),
        "weight_sq": Term("weight"),
        "bias_sq": Term("bias"),
        "divisor": Term("divisor"),
        "tangent": Term("kind"),
        "pi": Term("PI"),
        "value_gap_sq": Term("(value m K a i - value m K a j) ^ 2", ("i", "j")),
        "function_norm_sq": Term("norm_sq m K a"),
        "angle": Term("theta i j", ("i", "j")),
    },
    assumptions=_RECURSION,
    binders={"i": "forall i, (i < m)%nat ->", "j": "forall j, (j < m)%nat ->"},
    read_as={"sphere_error = 0": "forall i, (i < m)%nat -> dot d (x i) (x i) = 1"},
)
_NNGP = _wide(
    "ntk_features.nngp_certificate",
    scripts={
        "the move is bounded": f"""{_ON_THE_SPHERE}\
assert (entry : forall i j, (i < m)%nat -> (j < m)%nat -> K i j = nngp (turn 0%nat i j)).
{{ intros p r Hp Hr. rewrite H5, H0, !Q0, 2!N1, R4 by easy. unfold nngp. field. }}
assert (X : (value m K a i - value m K a j) ^ 2 <= norm_sq m K a * distance_sq K i j) by (apply rkhs_certificate; easy).
assert (D : distance_sq K i j <= 2 * theta i j ^ 2).
{{ unfold distance_sq. rewrite !entry, !own, angles by easy. destruct (H2 i j Hi Hj) as [T _].
  generalize (nngp_distance (theta i j) T). lra. }}
assert (P : 0 <= norm_sq m K a) by (unfold norm_sq; auto).
apply (Rmult_le_compat_l _ _ _ P) in D. unfold C_nngp. lra.""",
    },
)
_NTK = _wide(
    "ntk_features.angle_certificate",
    scripts={
        "by the norm": f"""{_ON_THE_SPHERE}\
assert (entry : forall i j, (i < m)%nat -> (j < m)%nat -> K i j = ntk (turn 0%nat i j)).
{{ intros p r Hp Hr. rewrite H6, H4, H3, H0, !Q0, 2!N1, R4, <- cosine by easy. unfold ntk. field. exact PI_neq0. }}
assert (X : (value m K a i - value m K a j) ^ 2 <= norm_sq m K a * distance_sq K i j) by (apply rkhs_certificate; easy).
assert (D : distance_sq K i j <= 4 / PI * theta i j + 4 * theta i j ^ 2).
{{ unfold distance_sq. rewrite !entry, !own, angles by easy. destruct (H2 i j Hi Hj) as [T _].
  generalize (ntk_distance (theta i j) T). lra. }}
assert (P : 0 <= norm_sq m K a) by (unfold norm_sq; auto).
apply (Rmult_le_compat_l _ _ _ P) in D. unfold C_cone, C_square. assert (PP := PI_RGT_0).
apply Rle_trans with (PI * (norm_sq m K a * (4 / PI * theta i j + 4 * theta i j ^ 2))).
- apply Rmult_le_compat_l; lra.
- right. field. lra.""",
    },
)

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
        "difference_sq": Term(f"inner n (fun j i => {_OTHER} j i - {_K} j i) (fun j i => {_OTHER} j i - {_K} j i)"),
        "kernel_distance": Term(f"1 - inner n {_K} {_OTHER} / {_LENGTHS}"),
        "kernel_angle": Term("theta", ("angle",)),
    },
    assumptions=_NONZERO,
    binders={
        "angle": f"forall theta, 0 <= theta <= PI -> cos theta * {_LENGTHS} = inner n {_K} {_OTHER} ->",
    },
    scripts={
        "similarities are not negative": """\
assert (X : 0 <= inner n (fun j i => sum (S k) (fun p => (fun _ => 1) p * ((fun p j => A j p) p j * (fun p j => A j p)
  p i)))
  (fun j i => sum (S l) (fun p => B j p * B i p))).
{ apply similarity_nonnegative; [intros; lra|]. intro c.
  replace (sum n _) with (sum (S l) (fun p => sum n (fun j => c j * B j p) ^ 2)); [apply sum_nn; intros; apply
    pow2_ge_0|].
  rewrite (sum_ext (S l) _ (fun p => sum n (fun j => sum n (fun i => c j * (B j p * B i p) * c i)))).
  - rewrite sum_swap. apply sum_ext; intros j Hj. rewrite sum_swap. apply sum_ext; intros i Hi.
    rewrite (Rmult_comm (c j)), Rmult_assoc, Rmult_comm, sum_scal. apply sum_ext; intros; ring.
  - intros p Hp. replace (sum n (fun j => c j * B j p) ^ 2) with (sum n (fun j => c j * B j p) * sum n (fun j => c j *
    B j p)) by ring.
    rewrite sum_scal. apply sum_ext; intros j Hj. rewrite Rmult_comm, sum_scal.
    apply sum_ext; intros; ring. }
apply Rle_ge. eapply Rle_trans; [exact X|]. right. unfold inner. apply sum_ext; intros; apply sum_ext; intros. f_equal.
apply sum_ext; intros; ring.""",
        "sine of the angle": f"""\
assert (X := sine_of_the_angle n {_OTHER} {_K}). cbv zeta in X. unfold C_rotation. rewrite (inner_sym n {_OTHER} {_K})
  in X.
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
    transitivity (sum (S k) (fun p => sum (S l) (fun q => sum n (fun j => sum n (fun i => A j p * A i p * (B j q * B i
      q)))))).
    - symmetry. rewrite (sum_ext (S k) _ (fun p => sum n (fun j => sum (S l) (fun q => sum n (fun i => A j p * A i p *
      (B j q * B i q))))))
        by (intros; apply sum_swap).
      rewrite sum_swap. apply sum_ext; intros j Hj.
      rewrite (sum_ext (S k) _ (fun p => sum n (fun i => sum (S l) (fun q => A j p * A i p * (B j q * B i q)))))
        by (intros; apply sum_swap).
      rewrite sum_swap. apply sum_ext; intros i Hi. symmetry. rewrite Rmult_comm, sum_scal. apply sum_ext; intros p Hp.
      rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring.
    - apply sum_ext; intros p Hp. apply sum_ext; intros q Hq.
      replace (sum n (fun j => A j p * B j q) ^ 2) with (sum n (fun j => A j p * B j q) * sum n (fun j => A j p * B j
        q)) by ring.
      rewrite sum_scal. apply sum_ext; intros j Hj. rewrite Rmult_comm, sum_scal. apply sum_ext; intros; ring. }}
  rewrite Q, (sum_split (S k) 0) by lia. rewrite (sum_split (S l) 0) by lia.
  assert (0 <= sum_but 0 (S l) (fun q => sum n (fun j => A j 0%nat * B j q) ^ 2)) by (apply but_nn; intros; apply
    pow2_ge_0).
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

KERNELS = (_CERTIFICATE, _NNGP, _NTK, _BY_ANGLE, _ROTATION, _SATURATION)
