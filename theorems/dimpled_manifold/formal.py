"""What the quantities of dimpled_manifold are in the formal library, and what closes its generated goals."""

from __future__ import annotations

from theorems.engine.formal import Formal, Term

_STUDENT = "student d n x y e eps beta"
_CLEAN = "clean d n x alpha"
_MOVED = "(fun k => x {0} k + - (eps * y {0}) * e k)"
_REVERSED = """\
assert (RV : forall k, (k < T)%nat -> student d n x y e eps beta (z k) * reversal n y eps alpha = - clean d n x alpha
  (z k))
  by (intros; eapply mislabelled; try eassumption; eauto).
assert (R1 : 1 <= reversal n y eps alpha) by (eapply reversal_ge_one; eassumption)."""

_MISLABELLED = Formal(
    "dimpled_manifold.mislabelled",
    ("FiniteSum", "Network", "OffManifold"),
    "(d n T : nat) (x : nat -> nat -> R) (y e : nat -> R) (eps lambda : R) (alpha beta : nat -> R) "
    "(z : nat -> nat -> R)",
    {
        "test_count": Term("INR T"),
        "student_value": Term(f"{_STUDENT} (z k)", ("k",)),
        "clean_value": Term(f"{_CLEAN} (z k)", ("k",)),
        "reversal": Term("reversal n y eps alpha"),
        "agreements": Term(f"sum T (fun k => if Rlt_dec 0 ({_STUDENT} (z k) * {_CLEAN} (z k)) then 1 else 0)"),
    },
    assumptions=(
        "dot d e e = 1",
        "(forall j, (j < n)%nat -> dot d e (x j) = 0)",
        "(forall k, (k < T)%nat -> dot d e (z k) = 0)",
        "0 <= lambda",
        "(forall c, (forall j, (j < n)%nat -> sum n (fun i => dot d (x j) (x i) * c i) + lambda * c j = 0) -> "
        "forall j, (j < n)%nat -> c j = 0)",
        "(forall j, (j < n)%nat -> sum n (fun i => dot d (x j) (x i) * alpha i) + lambda * alpha j = y j)",
        f"(forall j, (j < n)%nat -> sum n (fun i => dot d {_MOVED.format('j')} {_MOVED.format('i')} * beta i) "
        "+ lambda * beta j = - y j)",
    ),
    binders={"k": "forall k, (k < T)%nat ->"},
    scripts={
        "minus the clean predictor": f"{_REVERSED}\nrewrite Rmult_comm. auto.",
        "no test point is classified alike": f"""{_REVERSED}
rewrite (sum_ext T _ (fun _ => 0)), sum_0; [lra|]. intros k Hk. specialize (RV k Hk). destruct Rlt_dec; [exfalso|easy].
set (f := {_STUDENT} (z k)) in *. set (g := {_CLEAN} (z k)) in *. set (factor := reversal n y eps alpha) in *.
replace g with (- (f * factor)) in * by lra. generalize (pow2_ge_0 f). nra.""",
        "the factor is at least 1": f"{_REVERSED}\nlra.",
    },
)
"""The students of x_j - eps y_j e with labels -y_j and of the clean points, by their dual solutions; e is a unit
normal of P,
in which the test points z_k lie, and X X^T + lambda I is invertible.
"""

_TRAINED = (
    "(d n T : nat) (x : nat -> nat -> R) (nu : nat -> R) (eta mu dec : nat -> R) (w vel coef : nat -> nat -> nat -> R)"
)
_DESCENT = (
    "(forall i k, vel 0%nat i k = 0)",
    "(forall t i k, vel (S t) i k = mu t * vel t i k + (sum n (fun j => coef t i j * x j k) + dec t * w t i k))",
    "(forall t i k, w (S t) i k = w t i k - eta t * vel (S t) i k)",
)
_KEPT = Formal(
    "dimpled_manifold.kept",
    ("FiniteSum", "Subspace"),
    _TRAINED,
    {"normal_drift": Term("dot d nu (w T i) - fst (sv eta mu dec T) * dot d nu (w 0%nat i)", ("i",))},
    assumptions=_DESCENT,
    binders={"i": "forall i,"},
    read_as={"off_plane = 0": "forall j, (j < n)%nat -> dot d nu (x j) = 0"},
    scripts={
        "G is s G(0)": """\
assert (X : dot d nu (w T i) = fst (sv eta mu dec T) * dot d nu (w 0%nat i)) by (eapply normal_block; eassumption).
lra.""",
    },
)
"""The stored network is the one after T steps at its points; the declared decay is the factor of those steps."""

_VALUE, _START = "value l m c u a g", "value l m c u a g (fun _ => 0)"
_POINT = "(l m : nat) (c : R) (u a : nat -> R) (g : nat -> nat -> R)"
_STRETCHED = "value l m c u a (fun i k => s * g i k)"
_GRADIENT = "(fun k => sum m (fun i => u i * (if Rlt_dec 0 (a i) then 1 else 0) * {} k))"
_H, _SH = _GRADIENT.format("g i"), _GRADIENT.format("(fun k => s * g i k)")


def _closeness(flipping: str) -> str:
    """Range of 1/r^2: the least upper bound of the inverse squared lengths of these perturbations, and of 0."""
    return (
        f"forall close, is_lub (fun e => e = 0 \\/ exists z, 0 < dot l z z /\\ {flipping} /\\ e = / dot l z z) close ->"
    )


def _ray(value: str, gradient: str) -> str:
    """The same along the orthogonal gradient, against the sign of the network at the point."""
    along = f"(fun k => - (t * (if Rlt_dec 0 ({_START}) then 1 else -1)) * {gradient} k)"
    return (
        f"is_lub (fun e => e = 0 \\/ exists t, 0 < t /\\ 0 < dot l {gradient} {gradient} /\\ "
        f"{value} (fun _ => 0) * {value} {along} <= 0 /\\ e = / (t ^ 2 * dot l {gradient} {gradient}))"
    )


_FLIPS = f"{_START} * {_VALUE} z <= 0"
_OFF_RADIUS = Formal(
    "dimpled_manifold.off_radius",
    ("FiniteSum", "Network", "OffManifold"),
    _POINT,
    {
        "confidence": Term(f"Rabs ({_START})"),
        "off_closeness": Term("close", ("closeness",)),
        "outputs_sq": Term("sum m (fun i => u i ^ 2)"),
        "operator_sq": Term("norm", ("norm",)),
    },
    binders={
        "closeness": _closeness(_FLIPS),
        "norm": (
            "forall norm, is_lub (fun e => e = 0 \\/ exists z, 0 < dot l z z /\\ "
            "e = sum m (fun i => dot l (g i) z ^ 2) / dot l z z) norm ->"
        ),
    },
    scripts={
        "radius": f"""\
match goal with Q : is_lub _ norm |- _ => destruct Q as [largest _] end.
match goal with Q : is_lub _ close |- _ => destruct Q as [_ least] end.
assert (N0 : 0 <= norm) by (apply largest; now left).
assert (SQ : sqrt norm ^ 2 = norm) by (simpl; rewrite Rmult_1_r; now apply sqrt_sqrt).
assert (OP : forall z, sum m (fun i => dot l (g i) z ^ 2) <= sqrt norm ^ 2 * dot l z z).
{{ intro z. rewrite SQ. assert (Z0 : 0 <= dot l z z) by (apply sum_nn; intros; nra).
  destruct (Req_dec (dot l z z) 0) as [Z|Z].
  - rewrite Z, Rmult_0_r. right. transitivity (sum m (fun _ => 0)); [|apply sum_0]. apply sum_ext; intros i Hi.
    assert (C := KktIdentities.dot_cauchy l (g i) z). rewrite Z, Rmult_0_r in C. generalize (pow2_ge_0 (dot l (g i)
      z)). lra.
  - assert (L : sum m (fun i => dot l (g i) z ^ 2) / dot l z z <= norm)
      by (apply largest; right; exists z; repeat split; lra).
    apply (Rmult_le_compat_r (dot l z z)) in L; [|lra]. unfold Rdiv in L. rewrite Rmult_assoc, Rinv_l in L by easy.
      lra. }}
assert (NP : 0 < Rabs ({_START})) by assumption.
set (nu := Rabs ({_START})) in *. assert (NS : nu ^ 2 = ({_START}) ^ 2) by (unfold nu; now rewrite pow2_abs).
assert (U0 : 0 <= sum m (fun i => u i ^ 2)) by (apply sum_nn; intros; apply pow2_ge_0).
assert (N2 : 0 < nu ^ 2) by now apply pow_lt.
assert (X : close <= sum m (fun i => u i ^ 2) * norm / nu ^ 2).
{{ apply least. intros e [->|(z & Z & F & ->)].
  - apply Rmult_le_pos; [now apply Rmult_le_pos|left; now apply Rinv_0_lt_compat].
  - assert (O := off_radius l m c u a g (sqrt norm) OP z F). rewrite SQ, <- NS in O.
    apply Rmult_le_reg_r with (dot l z z); [easy|]. rewrite Rinv_l by lra.
    apply Rmult_le_reg_r with (nu ^ 2); [easy|]. unfold Rdiv.
    replace (sum m (fun i => u i ^ 2) * norm * / nu ^ 2 * dot l z z * nu ^ 2)
      with (sum m (fun i => u i ^ 2) * (norm * dot l z z)) by (field; unfold nu in *; lra). lra. }}
unfold C_lipschitz. apply (Rmult_le_compat_l (nu ^ 2)) in X; [|lra].
replace (nu ^ 2 * (sum m (fun i => u i ^ 2) * norm / nu ^ 2)) with (sum m (fun i => u i ^ 2) * norm) in X
  by (field; unfold nu in *; lra).
lra.""",
    },
)
"""In coordinates orthogonal to P around one point: a_i are its pre-activations, g_i the rows of G, c + sum_i u_i
relu(a_i + <g_i, z>)
the network. A perturbation changes the sign if it takes the network to 0 or beyond.
"""

_TWO_SETS = """\
assert (scaled : forall (E F : R -> Prop) e f k, 0 < k -> (forall r, E r -> F (k * r)) -> (forall r, F r -> E (/ k *
  r)) ->
  is_lub E e -> is_lub F f -> f = k * e).
{ intros E F e f k K EF FE [ue le] [uf lf]. apply Rle_antisym.
  - apply lf. intros r Q. apply FE, ue in Q. apply (Rmult_le_compat_l k) in Q; [|lra].
    rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l in Q by lra. exact Q.
  - assert (least : e <= / k * f).
    { apply le. intros r Q. apply EF, uf in Q. apply (Rmult_le_compat_l (/ k)) in Q;
        [|left; now apply Rinv_0_lt_compat]. rewrite <- Rmult_assoc, Rinv_l, Rmult_1_l in Q by lra. exact Q. }
    apply (Rmult_le_compat_l k) in least; [|lra]. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l in least by lra. exact
      least. }"""
_SAME = f"""\
assert (same : forall z, {_STRETCHED} z = {_VALUE} (fun k => s * z k)).
{{ intro p. unfold value. f_equal. apply sum_ext; intros i Hi. do 3 f_equal. unfold dot. apply sum_ext; intros; ring.
  }}"""
_SCALING = Formal(
    "dimpled_manifold.scaling",
    ("FiniteSum", "Network", "OffManifold"),
    f"{_POINT} (s : R)",
    {
        "confidence": Term(f"Rabs ({_START})"),
        "stretch": Term("s"),
        "stretch_defect": Term(f"{_STRETCHED} z - {_VALUE} (fun k => s * z k)", ("z",)),
        "ray_closeness": Term("along", ("ray",)),
        "stretched_ray_closeness": Term("stretched", ("stretched_ray",)),
        "off_closeness": Term("close", ("closeness",)),
        "stretched_off_closeness": Term("stretched", ("stretched",)),
    },
    assumptions=("0 < s",),
    binders={
        "z": "forall z,",
        "ray": f"forall along, {_ray(_VALUE, _H)} along ->",
        "stretched_ray": f"forall stretched, {_ray(_STRETCHED, _SH)} stretched ->",
        "closeness": _closeness(_FLIPS),
        "stretched": _closeness(f"{_STRETCHED} (fun _ => 0) * {_STRETCHED} z <= 0").replace("close", "stretched"),
    },
    scripts={
        "one network is the other, seen at s z": f"{_SAME}\nrewrite same. ring.",
        "roots along the gradient": f"""{_SAME}
{_TWO_SETS}
assert (zero : {_STRETCHED} (fun _ => 0) = {_START})
  by (rewrite same; unfold value; f_equal; apply sum_ext; intros; do 3 f_equal; unfold dot; apply sum_ext; intros;
    ring).
assert (grown : forall k, {_SH} k = s * {_H} k) by (intro; cbv beta; rewrite sum_scal; apply sum_ext; intros; ring).
set (h := {_H}) in *. set (hs := {_SH}) in *.
assert (long : dot l hs hs = s ^ 2 * dot l h h).
{{ unfold dot. rewrite sum_scal. apply sum_ext; intros. rewrite grown. ring. }}
set (y := if Rlt_dec 0 ({_START}) then 1 else -1) in *.
transitivity (s ^ 2 * along); [|ring].
match goal with E : is_lub ?A along, F : is_lub ?B stretched |- _ =>
  apply (scaled A B along stretched (s ^ 2)); [now apply pow_lt| | |exact E|exact F] end.
- intros r [->|(t & T & P & F & ->)]; [left; ring|right]. exists (t / s ^ 2). repeat split.
  + apply Rdiv_lt_0_compat; [easy|now apply pow_lt].
  + rewrite long. apply Rmult_lt_0_compat; [now apply pow_lt|easy].
  + rewrite zero, same. eapply Rle_trans; [right|exact F]. f_equal. unfold value. f_equal. apply sum_ext; intros. do 3
    f_equal.
    unfold dot. apply sum_ext; intros. rewrite grown. field. lra.
  + rewrite long. field. repeat split; lra.
- intros r [->|(t & T & P & F & ->)]; [left; ring|right]. rewrite long in P.
  assert (P' : 0 < dot l h h) by (apply Rmult_lt_reg_l with (s ^ 2); [now apply pow_lt|lra]).
  exists (t * s ^ 2). repeat split.
  + apply Rmult_lt_0_compat; [easy|now apply pow_lt].
  + exact P'.
  + rewrite zero, same in F. eapply Rle_trans; [right|exact F]. f_equal. unfold value. f_equal. apply sum_ext; intros.
    do 3 f_equal. unfold dot. apply sum_ext; intros. rewrite grown. ring.
  + rewrite long. field. repeat split; lra.""",
        "radii": f"""{_SAME}
{_TWO_SETS}
assert (zero : {_STRETCHED} (fun _ => 0) = {_START})
  by (rewrite same; unfold value; f_equal; apply sum_ext; intros; do 3 f_equal; unfold dot; apply sum_ext; intros;
    ring).
assert (long : forall r z, dot l (fun k => r * z k) (fun k => r * z k) = r ^ 2 * dot l z z)
  by (intros; unfold dot; rewrite sum_scal; apply sum_ext; intros; ring).
transitivity (s ^ 2 * close); [|ring].
match goal with E : is_lub ?A close, F : is_lub ?B stretched |- _ =>
  apply (scaled A B close stretched (s ^ 2)); [now apply pow_lt| | |exact E|exact F] end.
- intros r [->|(z & Z & F & ->)]; [left; ring|right]. exists (fun k => / s * z k). rewrite long. repeat split.
  + apply Rmult_lt_0_compat; [apply pow_lt; now apply Rinv_0_lt_compat|easy].
  + rewrite zero, same. eapply Rle_trans; [right|exact F]. f_equal. unfold value. f_equal. apply sum_ext; intros. do 3
    f_equal.
    unfold dot. apply sum_ext; intros. field. lra.
  + field. split; lra.
- intros r [->|(z & Z & F & ->)]; [left; ring|right]. exists (fun k => s * z k). rewrite long. repeat split.
  + apply Rmult_lt_0_compat; [now apply pow_lt|easy].
  + rewrite zero, same in F. exact F.
  + field. split; lra.""",
    },
)

_PRE = "dot p (wp i) (fun k => xp j k + zp j k) + dot l (g i) (fun k => xo j k + zo j k) + b_ i"
_GATE = "(fun j i => slope j i * u i)"
_ATTACK = Formal(
    "dimpled_manifold.attack_shrinks",
    ("FiniteSum", "Network", "OffManifold"),
    "(p l m n : nat) (wp g : nat -> nat -> R) (b_ u : nat -> R) (xp xo zp zo : nat -> nat -> R) "
    "(slope : nat -> nat -> R) (y weight mu : nat -> R) (restricted : Prop)",
    {
        "multiplier": Term("mu j", ("j",)),
        "attack_product": Term(f"dot l (fun k => y j * normal_gradient m g {_GATE} j k) (zo j)", ("j",)),
        "energy_rate": Term(f"sum m (fun i => dot l (g i) (velocity n {_GATE} y weight zo i))"),
        "predicted_rate": Term("- (/ INR n * sum n (fun j => weight j * mu j * dot l (zo j) (zo j)))"),
    },
    assumptions=("(forall j, (j < n)%nat -> 0 < weight j)",),
    binders={"j": "forall j, (j < n)%nat ->"},
    read_as={
        "step_off_plane = 0": "forall j k, (j < n)%nat -> (k < l)%nat -> xo j k = 0",
        "misplaced_gates = 0": (
            f"forall j i, (j < n)%nat -> (i < m)%nat -> (0 < {_PRE} -> slope j i = 1) /\\ ({_PRE} < 0 -> slope j i = 0)"
        ),
        "strays = 0": "restricted -> forall j k, (j < n)%nat -> (k < p)%nat -> zp j k = 0",
        "stationarity = 0": (
            "forall j, (j < n)%nat -> (restricted \\/ forall k, (k < p)%nat -> "
            "y j * sum m (fun i => slope j i * u i * wp i k) = - mu j * zp j k) /\\ "
            f"(forall k, (k < l)%nat -> y j * normal_gradient m g {_GATE} j k = - mu j * zo j k)"
        ),
    },
    scripts={
        "rate of |G|^2/2": """\
eapply energy_rate. intros j k Hj Hk.
match goal with Q : forall j, (j < n)%nat -> _ /\\ _ |- _ => exact (proj2 (Q j Hj) k Hk) end.""",
        "every point pushes down": f"""\
assert (S : forall k, (k < l)%nat -> y j * normal_gradient m g {_GATE} j k = - mu j * zo j k).
{{ match goal with Q : forall j, (j < n)%nat -> _ /\\ _ |- _ => apply Q; assumption end. }}
assert (P : mu j >= 0) by auto.
replace (dot l _ (zo j)) with (- mu j * dot l (zo j) (zo j)).
- assert (0 <= dot l (zo j) (zo j)) by (apply sum_nn; intros; nra). nra.
- unfold dot. rewrite sum_scal. apply sum_ext; intros k Hk. rewrite S by easy. ring.""",
        "it never grows": """\
eapply attack_shrinks with (mu := mu).
- intros j k Hj Hk. match goal with Q : forall j, (j < n)%nat -> _ /\\ _ |- _ => exact (proj2 (Q j Hj) k Hk) end.
- intros j Hj. split; [left; auto|apply Rge_le; auto].""",
    },
)
"""Coordinates are those of P (weights wp, points xp, perturbations zp) and those orthogonal to it (g, xo, zo).
Perturbations are
stationary in all of them or, where they are restricted, in those orthogonal to P; slopes are the gates, weights
|loss'_j|.
"""


FORMAL = (
    Formal(
        "dimpled_manifold.frozen",
        ("FiniteSum", "Subspace"),
        "(d n : nat) (x : nat -> nat -> R) (nu : nat -> R) (eta mu dec : nat -> R) "
        "(w vel coef : nat -> nat -> nat -> R)",
        {"frozen_defect": Term("dot d nu (w t i) - fst (sv eta mu dec t) * dot d nu (w 0%nat i)", ("t", "i"))},
        assumptions=(
            "(forall i k, vel 0%nat i k = 0)",
            "(forall t i k, vel (S t) i k = "
            "mu t * vel t i k + (sum n (fun j => coef t i j * x j k) + dec t * w t i k))",
            "(forall t i k, w (S t) i k = w t i k - eta t * vel (S t) i k)",
        ),
        binders={"t": "forall t,", "i": "forall i,"},
        read_as={"training_off_plane = 0": "forall j, (j < n)%nat -> dot d nu (x j) = 0"},
        scripts={
            "G(t) is s_t G(0)": """\
assert (X : dot d nu (w t i) = fst (sv eta mu dec t) * dot d nu (w 0%nat i))
  by (eapply normal_block; eassumption).
lra.""",
        },
    ),
    _MISLABELLED,
    _KEPT,
    _OFF_RADIUS,
    _SCALING,
    _ATTACK,
)
"""Gradient descent with momentum mu and weight decay dec on the first layer, whatever coefficients the loss, the later
layers and the labels produce; nu is any direction orthogonal to the training points, so <nu, w_i> are entries of G.
"""
