"""Formal versions of the theorems about pure networks and about the dense direction."""

from __future__ import annotations

from functools import partial

from theorems.engine.formal import Formal, Term

_POINT = "(fun j => y * x j)"
_MOVED = "(fun j => y * x j + y * delta j)"
_ACTIVE = f"active d b_ {_POINT}"


def _dead_zone(name: str, height: str) -> str:
    """`name` is b plus the least of `height` over inactive coordinates; tau + 1 where all are active."""
    inactive = "(j < d)%nat -> Rabs (y * x j) <= b_"
    return (
        f"((forall j, {inactive} -> {name} <= b_ + {height}) /\\ "
        f"((exists j, ((j < d)%nat /\\ Rabs (y * x j) <= b_) /\\ {name} = b_ + {height}) \\/ "
        f"(forall j, (j < d)%nat -> b_ < Rabs (y * x j)) /\\ {name} = tau + 1))"
    )


def _spread(gap: str) -> str:
    """(tau / (2 gap))^2 brought into [A, d]; without a gap d, or A at radius 0."""
    return (
        f"if Req_EM_T {gap} 0 then (if Rlt_dec 0 tau then INR d else {_ACTIVE}) "
        f"else Rmin (Rmax ({_ACTIVE}) ((tau / (2 * {gap})) ^ 2)) (INR d)"
    )


_pure = partial(
    Formal,
    modules=("FiniteSum", "PurifiedCertificate", "PureNetwork"),
    objects="(d : nat) (b_ y tau gap sharp_gap : R) (x : nat -> R) (ball : (nat -> R) -> Prop)",
    quantities={
        "d": Term("INR d"),
        "tau": Term("tau"),
        "gap": Term("gap"),
        "sharp_gap": Term("sharp_gap"),
        "active": Term(_ACTIVE),
        "pure_value": Term(f"pure d b_ {_POINT}"),
        "pure_least": Term(f"pure d b_ {_MOVED}", ("delta",)),
        "spread": Term(_spread("gap"), named=True),
        "sharp_spread": Term(_spread("sharp_gap"), named=True),
    },
    assumptions=(
        "y = 1 \\/ y = -1",
        "0 <= b_",
        "0 <= tau",
        _dead_zone("gap", "- Rabs (y * x j)"),
        _dead_zone("sharp_gap", "y * x j"),
    ),
    binders={"delta": "forall delta, ball delta ->"},
)
_EUCLIDEAN = {"norm": "forall delta, ball delta <-> sum d (fun j => delta j ^ 2) <= tau ^ 2"}
_CUBE = {"norm": "forall delta, ball delta <-> forall j, (j < d)%nat -> Rabs (delta j) <= tau"}

_QUIET = """\
assert (Hb : 0 <= b_) by assumption. assert (Ht : 0 <= tau) by assumption.
assert (Hy : y = 1 \\/ y = -1) by assumption.
assert (GQ : 0 <= gap /\\ forall j, (j < d)%nat -> Rabs (y * x j) <= b_ -> gap - b_ <= y * x j).
{ match goal with Q : _ /\\ (_ \\/ _ /\\ gap = tau + 1) |- _ => destruct Q as [Q1 Q2] end. split.
  - destruct Q2 as [(j & [Hj Bj] & ->)|[_ ->]]; lra.
  - intros j Hj Bj. generalize (Q1 j Hj Bj), (Rle_abs (- (y * x j))). rewrite Rabs_Ropp. lra. }
assert (SQ : 0 <= sharp_gap /\\ forall j, (j < d)%nat -> Rabs (y * x j) <= b_ -> sharp_gap - b_ <= y * x j).
{ match goal with Q : _ /\\ (_ \\/ _ /\\ sharp_gap = tau + 1) |- _ => destruct Q as [Q1 Q2] end. split.
  - destruct Q2 as [(j & [Hj Bj] & ->)|[_ ->]]; [|lra].
    generalize (Rle_abs (- (y * x j))). rewrite Rabs_Ropp. lra.
  - intros j Hj Bj. generalize (Q1 j Hj Bj). lra. }
destruct GQ as [G0 GQ]. destruct SQ as [S0 SQ].
"""
"""Both dead zones keep closed gates from opening on the wrong side."""
_BALL = f"""{_QUIET}\
assert (E2 : sum d (fun j => (y * delta j) ^ 2) <= tau ^ 2).
{{ rewrite (sum_ext d _ (fun j => delta j ^ 2)).
  - match goal with Q : forall delta, ball delta <-> _ |- _ => apply Q end. assumption.
  - intros j _. destruct Hy as [-> | ->]; ring. }}
"""
_SIDES = f"""{_QUIET}\
assert (E1 : forall j, (j < d)%nat -> Rabs (y * delta j) <= tau).
{{ intros j Hj. rewrite Rabs_mult. assert (Y1 : Rabs y = 1).
  {{ unfold Rabs. destruct Hy as [-> | ->]; destruct Rcase_abs; lra. }}
  rewrite Y1, Rmult_1_l. revert j Hj. match goal with Q : forall delta, ball delta <-> _ |- _ => apply Q end.
  assumption. }}
"""
_LOST = """\
apply Rlt_gt, Rnot_le_lt. intro Z.
"""


_ROOTS = """\
assert (N0 : 0 <= N) by lra. assert (nn := sqrt_sqrt N N0). assert (n0 := sqrt_pos N).
assert (aa := sqrt_sqrt A ltac:(lra)). assert (a0 := sqrt_pos A).
assert (dd := sqrt_sqrt (INR d) ltac:(lra)). assert (d0 := sqrt_pos (INR d)).
assert (an := sqrt_le_1 A N ltac:(lra) N0 ltac:(lra)). assert (nd := sqrt_le_1 N (INR d) N0 ltac:(lra) ltac:(lra)).
"""


def _below(gap: str, quiet: str) -> str:
    return f"""{_BALL}\
assert (B := pure_falls_used d b_ {gap} {_POINT} Hb ltac:(assumption) {quiet} (fun j => y * delta j) tau Ht E2).
assert (UR := used_range d b_ {gap} {_POINT} (fun j => y * delta j)).
assert (AR := active_range d b_ {_POINT}).
set (N := used d b_ {gap} {_POINT} (fun j => y * delta j)) in *. clearbody N.
set (A := {_ACTIVE}) in *. set (Q := pure d b_ {_MOVED}) in *. set (F := pure d b_ {_POINT}) in *.
change (F - (tau * sqrt N - (N - A) * {gap}) <= Q) in B. clearbody A Q F.
"""


def _best(gap: str, spread: str, fall: str) -> str:
    return f"""{_ROOTS}\
assert (X : tau * sqrt N - (N - A) * {gap} <= {fall}).
{{ unfold {fall}, {spread}. destruct (Req_EM_T {gap} 0) as [Z|Z].
  - rewrite Z. destruct (Rlt_dec 0 tau) as [T|T]; [nra|]. replace tau with 0 by lra. lra.
  - assert (GP : 0 < {gap}) by lra.
    assert (Q0 : tau = 2 * {gap} * (tau / (2 * {gap}))) by (field; lra). set (h := tau / (2 * {gap})) in *.
    assert (h0 : 0 <= h) by (unfold h; apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]). clearbody h.
    assert (K : forall s M, s * s = M -> 0 <= (s - sqrt N) * (2 * h - s - sqrt N) ->
      tau * sqrt N - (N - A) * {gap} <= tau * s - {gap} * (M - A)).
    {{ intros s M <- P. rewrite <- nn at 2. rewrite Q0. apply (Rmult_le_compat_l {gap}) in P; lra. }}
    unfold Rmax. destruct (Rle_dec A (h ^ 2)) as [C|C].
    + unfold Rmin. destruct (Rle_dec (h ^ 2) (INR d)) as [C2|C2].
      * rewrite sqrt_pow2 by exact h0. apply K; [ring|]. replace (2 * h - h - sqrt N) with (h - sqrt N) by ring.
        apply Rle_0_sqr.
      * apply K; [exact dd|]. assert (sqrt (INR d) <= h) by nra. apply Rmult_le_pos; lra.
    + rewrite Rmin_left by lra. apply K; [exact aa|]. assert (h <= sqrt A) by nra.
      replace ((sqrt A - sqrt N) * (2 * h - sqrt A - sqrt N)) with ((sqrt N - sqrt A) * (sqrt A + sqrt N - 2 * h))
        by ring. apply Rmult_le_pos; lra. }}
"""


PURE = (
    _pure(
        "feature_purification.pure_bound",
        read_as=_EUCLIDEAN,
        scripts={
            "no perturbation gains more than D(tau)": (
                f"{_below('gap', 'GQ')}{_best('gap', 'spread', 'D')}unfold C_drop_factor. lra."
            ),
            "nor than the sharper form with b + min x_j": (
                f"{_below('sharp_gap', 'SQ')}{_best('sharp_gap', 'sharp_spread', 'D_sharp')}lra."
            ),
        },
    ),
    _pure(
        "feature_purification.pure_radius",
        read_as=_EUCLIDEAN,
        scripts={"no perturbation changes the sign": f"""{_BALL}{_LOST}\
assert (AR := active_range d b_ {_POINT}).
assert (A0 : 0 < {_ACTIVE}) by (destruct (Rle_lt_or_eq_dec _ _ (proj1 AR)) as [P|P]; [exact P|nra]).
assert (X : pure d b_ {_POINT} ^ 2 / {_ACTIVE} <= sum d (fun j => (y * delta j) ^ 2)).
{{ apply (pure_radius d b_ gap {_POINT} Hb G0 GQ (fun j => y * delta j)); [exact A0|lra|lra|exact Z]. }}
assert (Y : pure d b_ {_POINT} ^ 2 / {_ACTIVE} <= tau ^ 2) by lra.
apply (Rmult_le_compat_r ({_ACTIVE})) in Y; [|lra]. unfold Rdiv in Y. rewrite Rmult_assoc, Rinv_l in Y by lra. lra."""},
    ),
    _pure(
        "feature_purification.pure_radius_beyond",
        read_as=_EUCLIDEAN,
        scripts={"no perturbation changes the sign": f"""{_below('gap', 'GQ')}{_ROOTS}\
apply Rlt_gt. eapply Rlt_le_trans; [|exact B].
match goal with K : Rmax ?a ?b > 0 |- _ => rename K into M; destruct (Rle_lt_dec b a) as [C|C];
  [rewrite (Rmax_left a b C) in M|rewrite (Rmax_right a b (Rlt_le _ _ C)) in M] end.
- unfold Rmax in M. destruct (Rle_dec (tau - 2 * gap * sqrt (INR d)) 0) as [T|T]; [lra|].
  assert (X : 0 < F + gap * (INR d - A) - tau * sqrt (INR d)) by nra.
  assert (P : 0 <= (sqrt (INR d) - sqrt N) * (tau - gap * (sqrt (INR d) + sqrt N)))
    by (apply Rmult_le_pos; nra).
  assert (E : (sqrt (INR d) - sqrt N) * (tau - gap * (sqrt (INR d) + sqrt N))
    = tau * sqrt (INR d) - tau * sqrt N - gap * (sqrt (INR d) * sqrt (INR d) - sqrt N * sqrt N)) by ring.
  rewrite dd, nn in E. lra.
- destruct (Rle_lt_or_eq_dec 0 gap G0) as [GP|Z]; [|rewrite <- Z in M; nra].
  assert (P : 0 <= (tau - 2 * gap * sqrt N) ^ 2) by apply pow2_ge_0.
  assert (E : (tau - 2 * gap * sqrt N) ^ 2
    = tau ^ 2 - 4 * gap * (tau * sqrt N) + 4 * gap * gap * (sqrt N * sqrt N)) by ring.
  rewrite nn in E.
  apply (Rmult_lt_reg_l (4 * gap)); [lra|]. lra."""},
    ),
    _pure(
        "feature_purification.pure_cube",
        read_as=_CUBE,
        scripts={
            "no perturbation gains more": f"""{_SIDES}\
assert (X := pure_cube d b_ gap {_POINT} Hb G0 GQ tau (fun j => y * delta j) E1). unfold relu in X.
rewrite Rmax_comm in X. lra.""",
            "nor than with b + min x_j": f"""{_SIDES}\
assert (X := pure_cube d b_ sharp_gap {_POINT} Hb S0 SQ tau (fun j => y * delta j) E1). unfold relu in X.
rewrite Rmax_comm in X. lra.""",
        },
    ),
)

_DENSE_OBJECTS = (
    "(d m : nat) (w : nat -> nat -> R) (a b_ : nat -> R) (y eta tau : R) (x v : nat -> R) "
    "(ball : (nat -> R) -> Prop)"
)
_dense = partial(
    Formal,
    modules=("FiniteSum", "PurifiedCertificate", "PureNetwork", "DenseDirection"),
    objects=_DENSE_OBJECTS,
    quantities={
        "tau": Term("tau"),
        "margin": Term("y * f d m w a b_ x"),
        "dense_value": Term("y * f d m w a b_ (fun k => x k - y * eta * v k)"),
        "dense_bound": Term(
            "y * f d m w a b_ x - sum m (fun i => a i * fall (b_ i) (y * dot d (w i) x) (eta * dot d (w i) v))"
        ),
        "drift": Term("eta * dot d (w i) v", ("i",)),
    },
    assumptions=(
        "y = 1 \\/ y = -1",
        "(forall i, (i < m)%nat -> 0 < a i)",
        "(forall i, (i < m)%nat -> 0 <= b_ i)",
    ),
    binders={"i": "forall i, (i < m)%nat ->"},
    read_as={
        "gate_changes": (
            "forall i, (i < m)%nat -> same_side (b_ i) (y * dot d (w i) x) (y * dot d (w i) x - eta * dot d (w i) v)"
        ),
    }
    | _EUCLIDEAN,
)
_SIGNS = """\
assert (Hy : y = 1 \\/ y = -1) by assumption.
assert (Ha : forall i, (i < m)%nat -> 0 <= a i) by (intros; left; auto).
assert (Hb : forall i, (i < m)%nat -> 0 <= b_ i) by assumption.
"""

DENSE = (
    _dense(
        "feature_purification.dense_direction",
        scripts={"the value under -y eta v is below the bound": f"""{_SIGNS}\
eapply Rle_trans; [exact (dense_direction d m w a b_ y eta x v Hy Ha Hb)|].
unfold C_drift_factor, height, drift. right. ring."""},
    ),
    _dense(
        "feature_purification.dense_equality",
        scripts={"equality": f"""{_SIGNS}\
etransitivity; [apply (dense_equality d m w a b_ y eta x v Hy Hb); assumption|].
f_equal. apply sum_ext. intros i Hi. unfold height, drift. f_equal.
match goal with S : forall i, (i < m)%nat -> same_side _ _ _ |- _ => generalize (S i Hi) end.
match goal with P : forall i, (i < m)%nat -> _ >= 0 |- _ => generalize (P i Hi) end.
set (h := y * dot d (w i) x). set (t := eta * dot d (w i) v). intros P S. unfold same_side in S.
unfold open_fall, fall. destruct (Rlt_dec t 0); [lra|]. destruct (Rlt_dec (b_ i) h); [|reflexivity].
rewrite Rmin_left; [reflexivity|]. generalize (Hb i Hi). intro. destruct S as [S|[S|S]]; lra."""},
    ),
    _dense(
        "feature_purification.dense_breaks",
        scripts={"the sign is lost": f"""{_SIGNS}\
apply (dense_breaks d m w a b_ y eta x v Hy Ha Hb). unfold height, drift. lra."""},
    ),
)
