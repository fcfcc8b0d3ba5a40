"""Formal versions of what holds for any kernel matrix given by its spectrum.

K is a kernel matrix of n points with eigenvalues lam_i > 0 and eigenvectors v_i; that V is orthogonal means V^T V = I
and
V V^T = I. Feature i has the coefficients lam_i^(-1) (v_i^T y) v_i. A further point has the index n: row n of K holds
its
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
    read_as={"orthonormality = 0": _ORTHOGONAL},
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
rewrite (sum_ext n (fun i => share n v labels i ^ 2 / lam i) (fun i => sum n (fun l => b l * (share n v labels i * v i
  l)))).
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
        "orthonormality = 0": _ORTHOGONAL,
        "least_energy > 0": "forall i, (i < n)%nat -> share n v labels i <> 0",
        "schur_complement >= 0": "forall c, 0 <= form (S n) K c c",
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
    read_as={"orthonormality = 0": _ORTHOGONAL},
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
        "orthonormality = 0": _ORTHOGONAL,
        "least_energy > 0": "forall i, (i < n)%nat -> inner n (v i) labels <> 0",
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
rewrite X. replace ((1 - time / 8 * lam i) ^ 8 * inner n (v i) labels / inner n (v i) labels) with ((1 - time / 8 *
  lam i) ^ 8)
  by (field; exact Z).
assert (Top : lam i <= lam 0%nat) by (match goal with Q : forall i k, (i <= k)%nat -> _ |- _ => apply Q;
  [lia|assumption] end).
assert (time * lam i <= time * lam 0%nat) by (apply Rmult_le_compat_l; assumption).
assert (0 <= time * lam i) by (apply Rmult_le_pos; lra).
assert (Y := descent_not_slower_than_flow (time / 8 * lam i) 8 ltac:(lra)).
replace (time / 8 * lam i * INR 8) with (time * lam i) in Y by (simpl; field). exact Y.""",
        "larger eigenvalues are fitted no later": """\
assert (Top : lam (S i) <= lam i) by (match goal with Q : forall i k, (i <= k)%nat -> _ |- _ => apply Q;
  [lia|assumption] end).
assert (X : exp (- (time * lam i)) <= exp (- (time * lam (S i))))
  by (apply exp_monotone, Ropp_le_contravar, Rmult_le_compat_l; assumption).
assert (P := exp_pos (- (time * lam i))).
apply Rle_ge, Rmult_le_reg_r with (exp (- (time * lam i))); [exact P|].
unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.""",
    },
)
"""f are the predictions of gradient descent on |f - y|^2 / 2 with eight steps up to the time, a the dual solution of
ridge."""

SPECTRA = (_DECOMPOSITION, _FEATURE_RADIUS, _TRUNCATION, _ORDER)
