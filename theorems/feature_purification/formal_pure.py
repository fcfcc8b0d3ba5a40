"""Formal versions of the theorems about pure networks."""

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


_QUANTITIES = {
    "d": Term("INR d"),
    "tau": Term("tau"),
    "gap": Term("gap"),
    "sharp_gap": Term("sharp_gap"),
    "active": Term(_ACTIVE),
    "pure_value": Term(f"pure d b_ {_POINT}"),
    "pure_least": Term(f"pure d b_ {_MOVED}", ("delta",)),
    "spread": Term(_spread("gap"), named=True),
    "sharp_spread": Term(_spread("sharp_gap"), named=True),
}
_NATURE = (
    "y = 1 \\/ y = -1",
    "0 <= b_",
    "0 <= tau",
    _dead_zone("gap", "- Rabs (y * x j)"),
    _dead_zone("sharp_gap", "y * x j"),
)
_pure = partial(
    Formal,
    modules=("FiniteSum", "PurifiedCertificate", "PureNetwork"),
    objects="(d : nat) (b_ y tau gap sharp_gap : R) (x : nat -> R) (ball : (nat -> R) -> Prop)",
    quantities=_QUANTITIES,
    assumptions=_NATURE,
    binders={"delta": "forall delta, ball delta ->"},
)
EUCLIDEAN = {"norm = 2": "forall delta, ball delta <-> sum d (fun j => delta j ^ 2) <= tau ^ 2"}
_CUBE = {"norm = 0": "forall delta, ball delta <-> forall j, (j < d)%nat -> Rabs (delta j) <= tau"}

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
_EUCLIDEAN_BALL = """\
assert (E2 : sum d (fun j => (y * delta j) ^ 2) <= tau ^ 2).
{ rewrite (sum_ext d _ (fun j => delta j ^ 2)).
  - match goal with Q : forall delta, ball delta <-> _ |- _ => apply Q end. assumption.
  - intros j _. destruct Hy as [-> | ->]; ring. }
"""
_BALL = f"{_QUIET}{_EUCLIDEAN_BALL}"
_SIDES_OF = """\
assert (E1 : forall j, (j < d)%nat -> Rabs (y * delta j) <= tau).
{ intros j Hj. rewrite Rabs_mult. assert (Y1 : Rabs y = 1).
  { unfold Rabs. destruct Hy as [-> | ->]; destruct Rcase_abs; lra. }
  rewrite Y1, Rmult_1_l. revert j Hj. match goal with Q : forall delta, ball delta <-> _ |- _ => apply Q end.
  assumption. }
"""
_SIDES = f"{_QUIET}{_SIDES_OF}"
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


_HEIGHT = (
    "((forall j, (j < d)%nat -> - b_ <= y * x j) /\\ "
    "(exists j, ((j < d)%nat /\\ b_ < y * x j) /\\ height = y * x j - b_) /\\ "
    "(forall j, (j < d)%nat -> b_ < y * x j -> height <= y * x j - b_) \\/ "
    "((exists j, (j < d)%nat /\\ y * x j < - b_) \\/ (forall j, (j < d)%nat -> y * x j <= b_)) /\\ height = 0)"
)
"""The least y x_j - b over open gates; 0 where some y x_j < -b, or no gate is open."""
_exact = partial(
    _pure,
    objects="(d : nat) (b_ y tau gap sharp_gap height : R) (x : nat -> R) (ball : (nat -> R) -> Prop)",
    quantities=_QUANTITIES
    | {
        "pure_least": Term("low", ("least",)),
        "least_active_height": Term("height"),
        "largest_noise": Term("greatest d (fun j => if Rlt_dec b_ (Rabs (y * x j)) then 0 else Rabs (y * x j))"),
    },
    assumptions=(*_NATURE, _HEIGHT),
    modules=("FiniteSum", "PurifiedCertificate", "PureNetwork", "MeasuredQuantities"),
    binders={
        "least": (
            f"forall low, (forall delta, ball delta -> low <= pure d b_ {_MOVED}) -> "
            f"(forall a, (forall delta, ball delta -> a <= pure d b_ {_MOVED}) -> a <= low) ->"
        ),
    },
)
"""`pure_least` is the greatest lower bound over the ball, which attacks approach from above."""
_LEAST = """\
match goal with Q : forall a, (forall delta, ball delta -> a <= _) -> a <= low |- _ => rename Q into GLB end.
match goal with Q : forall delta, ball delta -> low <= _ |- _ => rename Q into LOW end.
"""
_GATES = """\
intros j Hj Oj.
match goal with K : _ \\/ _ /\\ height = 0 |- _ => destruct K as [(_ & _ & K1)|[_ K1]]; [generalize (K1 j Hj Oj)|]; lra
end."""

_RANGE = f"""{_QUIET}\
assert (AR := active_range d b_ {_POINT}). set (A := {_ACTIVE}) in *. clearbody A.
assert (SP : A <= spread <= INR d).
{{ unfold spread. destruct Req_EM_T; [destruct Rlt_dec; lra|]. unfold Rmin, Rmax.
  repeat destruct Rle_dec; lra. }}
"""
_WIDER = """\
assert (WIDER : gap <= sharp_gap).
{ match goal with Q : _ /\\ (_ \\/ _ /\\ sharp_gap = tau + 1) |- _ => destruct Q as [_ R2] end.
  match goal with Q : _ /\\ (_ \\/ _ /\\ gap = tau + 1) |- _ => destruct Q as [Q1 Q2] end.
  destruct R2 as [(j & [Hj Bj] & ->)|[All ->]].
  - generalize (Q1 j Hj Bj), (Rle_abs (- (y * x j))). rewrite Rabs_Ropp. lra.
  - destruct Q2 as [(j & [Hj Bj] & _)|[_ ->]]; [generalize (All j Hj)|]; lra. }
"""

PURE = (
    _pure(
        "feature_purification.pure_bound",
        read_as=EUCLIDEAN,
        scripts={
            "no perturbation gains more than D(tau)": (
                f"{_below('gap', 'GQ')}{_best('gap', 'spread', 'D')}unfold C_drop_factor. lra."
            ),
            "nor than the sharper form with b + min x_j": (
                f"{_below('sharp_gap', 'SQ')}{_best('sharp_gap', 'sharp_spread', 'D_sharp')}lra."
            ),
            "the sharper form is hardly larger anywhere": f"""{_WIDER}{_QUIET}\
assert (AR := active_range d b_ {_POINT}). set (A := {_ACTIVE}) in *. clearbody A.
assert (UR : A <= sharp_spread <= INR d).
{{ unfold sharp_spread. clear - AR. destruct Req_EM_T; [destruct Rlt_dec; lra|]. unfold Rmin, Rmax.
  repeat destruct Rle_dec; lra. }}
assert (ED : D_sharp = tau * sqrt sharp_spread - sharp_gap * (sharp_spread - A)) by reflexivity.
clearbody D_sharp. set (N := sharp_spread) in *. clearbody N.
{_best('gap', 'spread', 'D')}\
assert (P : 0 <= (sharp_gap - gap) * (N - A)) by (apply Rmult_le_pos; lra).
assert (R0 : 0 < C_rounding) by (unfold C_rounding; lra). lra.""",
        },
    ),
    _pure(
        "feature_purification.drop_is_a_maximum",
        read_as=EUCLIDEAN,
        quantities=_QUANTITIES | {"coordinates": Term("INR N", ("N",))},
        binders={"N": "forall N, (1 <= N <= d)%nat ->"},
        scripts={
            "no whole N does better": f"""{_RANGE}\
assert (ND : INR N <= INR d) by (apply le_INR; lia). assert (NN := pos_INR N).
set (M := Rmax A (INR N)) in *.
assert (M1 : A <= M <= INR d) by (unfold M, Rmax; destruct Rle_dec; lra). clearbody M.
assert (mm := sqrt_sqrt M ltac:(lra)). assert (m0 := sqrt_pos M). assert (ss := sqrt_sqrt spread ltac:(lra)).
assert (s0 := sqrt_pos spread).
assert (K : 0 <= (sqrt spread - sqrt M) * (tau - gap * (sqrt spread + sqrt M))).
{{ assert (am := sqrt_le_1 A M ltac:(lra) ltac:(lra) ltac:(lra)).
  assert (md := sqrt_le_1 M (INR d) ltac:(lra) ltac:(lra) ltac:(lra)).
  assert (aa := sqrt_sqrt A ltac:(lra)). assert (a0 := sqrt_pos A).
  assert (dd := sqrt_sqrt (INR d) ltac:(lra)). assert (d0 := sqrt_pos (INR d)). clear ss s0 SP.
  unfold spread. destruct (Req_EM_T gap 0) as [Z|Z].
  - rewrite Z. destruct (Rlt_dec 0 tau) as [T|T]; [apply Rmult_le_pos; lra|].
    replace tau with 0 by lra. right. ring.
  - assert (GP : 0 < gap) by lra.
    assert (Q0 : tau = 2 * gap * (tau / (2 * gap))) by (field; lra). set (h := tau / (2 * gap)) in *.
    assert (h0 : 0 <= h) by (unfold h; apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]). clearbody h.
    assert (E : forall s, (s - sqrt M) * (tau - gap * (s + sqrt M)) = gap * ((s - sqrt M) * (2 * h - s - sqrt M)))
      by (intro; rewrite Q0; ring).
    rewrite E. apply Rmult_le_pos; [lra|].
    unfold Rmax. destruct (Rle_dec A (h ^ 2)) as [C|C].
    + unfold Rmin. destruct (Rle_dec (h ^ 2) (INR d)) as [C2|C2].
      * rewrite sqrt_pow2 by exact h0. replace (2 * h - h - sqrt M) with (h - sqrt M) by ring. apply Rle_0_sqr.
      * assert (sqrt (INR d) <= h) by nra. apply Rmult_le_pos; lra.
    + rewrite Rmin_left by lra. assert (h <= sqrt A) by nra.
      replace ((sqrt A - sqrt M) * (2 * h - sqrt A - sqrt M)) with ((sqrt M - sqrt A) * (sqrt A + sqrt M - 2 * h))
        by ring. apply Rmult_le_pos; lra. }}
assert (E : (spread - M) * (tau - gap * (sqrt spread + sqrt M))
  = (sqrt spread + sqrt M) * ((sqrt spread - sqrt M) * (tau - gap * (sqrt spread + sqrt M)))).
{{ replace (spread - M) with (sqrt spread * sqrt spread - sqrt M * sqrt M) by (rewrite ss, mm; reflexivity). ring. }}
assert (P : 0 <= (sqrt spread + sqrt M) * ((sqrt spread - sqrt M) * (tau - gap * (sqrt spread + sqrt M))))
  by (apply Rmult_le_pos; [lra|exact K]).
rewrite <- E in P. apply Rle_ge. eapply Rle_trans; [exact P|]. right. ring.""",
            "N_0 is at least A": f"{_RANGE}lra.",
            "and at most d": f"{_RANGE}lra.",
            "D is at most the middle branch, in squares": """\
assert (P := pow2_ge_0 (tau ^ 2 - 4 * gap ^ 2 * spread)).
replace ((tau ^ 2 - 4 * gap ^ 2 * spread) ^ 2) with
  ((tau ^ 2 + 4 * gap ^ 2 * spread) ^ 2 - 16 * gap ^ 2 * tau ^ 2 * spread) in P by ring.
lra.""",
        },
    ),
    _pure(
        "feature_purification.pure_radius",
        read_as=EUCLIDEAN,
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
        read_as=EUCLIDEAN,
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
    _exact(
        "feature_purification.pure_exact",
        read_as=EUCLIDEAN,
        scripts={
            "some perturbation gains tau sqrt(A)": f"""{_QUIET}{_LEAST}\
assert (A0 := proj1 (active_range d b_ {_POINT})).
assert (S2 := sqrt_sqrt _ A0). assert (S1 := sqrt_pos ({_ACTIVE})). set (s := sqrt ({_ACTIVE})) in *.
assert (R0 : 0 < C_rounding) by (unfold C_rounding; lra).
assert (H0_ : 0 <= height) by (match goal with K : _ \\/ _ /\\ height = 0 |- _ =>
  destruct K as [(_ & (j & [_ P] & K1) & _)|[_ K1]]; lra end).
assert (X : low <= pure d b_ {_POINT} - tau * s); [|lra].
destruct (Rle_lt_or_eq_dec 0 s S1) as [SP|Z].
- assert (D0 : 0 <= tau / s) by (apply Rmult_le_pos; [exact Ht|left; apply Rinv_0_lt_compat; exact SP]).
  assert (DS : tau / s * s = tau) by (field; lra).
  assert (DH : tau / s <= height).
  {{ assert (P : (tau / s * s) ^ 2 <= (height * s) ^ 2).
    {{ rewrite DS. replace ((height * s) ^ 2) with (height ^ 2 * (s * s)) by ring. rewrite S2. lra. }}
    apply (Rmult_le_reg_r s); [exact SP|]. assert (0 <= height * s) by (apply Rmult_le_pos; lra). nra. }}
  assert (OPEN : forall j, (j < d)%nat -> b_ < y * x j -> tau / s <= y * x j - b_).
  {{ {_GATES} }}
  destruct (common_shift d b_ {_POINT} Hb (tau / s) D0 OPEN) as [V V2].
  eapply Rle_trans; [apply (LOW (fun j => y * shift b_ {_POINT} (tau / s) j))|].
  + match goal with Q : forall delta, ball delta <-> _ |- _ => apply Q end.
    rewrite (sum_ext d _ (fun j => shift b_ {_POINT} (tau / s) j ^ 2))
      by (intros; destruct Hy as [-> | ->]; ring).
    rewrite V2, <- S2. right. replace (s * s * (tau / s) ^ 2) with ((tau / s * s) ^ 2) by ring. rewrite DS. ring.
  + replace (pure d b_ _) with (pure d b_ (fun j => y * x j + shift b_ {_POINT} (tau / s) j)).
    * rewrite V, <- S2. right. replace (s * s * (tau / s)) with (tau / s * s * s) by ring. rewrite DS. ring.
    * apply sum_ext. intros j _. f_equal. destruct Hy as [-> | ->]; ring.
- rewrite <- Z. eapply Rle_trans; [apply (LOW (fun _ => 0))|].
  + match goal with Q : forall delta, ball delta <-> _ |- _ => apply Q end.
    rewrite (sum_ext d _ (fun _ => 0)), sum_0 by (intros; ring). apply pow2_ge_0.
  + right. transitivity (pure d b_ {_POINT}); [apply sum_ext; intros j _; f_equal; ring|ring].""",
            "none gains more": f"""{_QUIET}{_LEAST}\
apply Rle_ge, GLB. intros delta Hd. {_EUCLIDEAN_BALL}\
assert (B := pure_bound d b_ gap {_POINT} Hb G0 GQ (fun j => y * delta j) tau Ht E2).
assert (A0 := proj1 (active_range d b_ {_POINT})).
assert (S2 := sqrt_sqrt _ A0). assert (S1 := sqrt_pos ({_ACTIVE})).
unfold greatest_fall in B. destruct (Rle_dec tau (2 * gap * sqrt ({_ACTIVE}))) as [C|C]; [lra|exfalso].
apply C. assert (P : 0 <= 2 * gap * sqrt ({_ACTIVE})) by (apply Rmult_le_pos; lra).
assert (P2 : tau ^ 2 <= (2 * gap * sqrt ({_ACTIVE})) ^ 2).
{{ replace ((2 * gap * sqrt ({_ACTIVE})) ^ 2) with (4 * gap ^ 2 * (sqrt ({_ACTIVE}) * sqrt ({_ACTIVE}))) by ring.
  rewrite S2. lra. }}
nra.""",
        },
    ),
    _exact(
        "feature_purification.pure_cube_exact",
        read_as=_CUBE,
        scripts={
            "the least value found is F - A eps": f"""{_QUIET}{_LEAST}\
assert (OPEN : forall j, (j < d)%nat -> b_ < y * x j -> tau <= y * x j - b_).
{{ {_GATES} }}
destruct (common_shift d b_ {_POINT} Hb tau Ht OPEN) as [V _].
eapply Rle_trans; [apply (LOW (fun j => y * shift b_ {_POINT} tau j))|].
- match goal with Q : forall delta, ball delta <-> _ |- _ => apply Q end. intros j _. unfold shift.
  unfold Rabs. destruct Hy as [-> | ->], is_active; destruct Rcase_abs; lra.
- replace (pure d b_ _) with (pure d b_ (fun j => y * x j + shift b_ {_POINT} tau j)); [rewrite V; right; ring|].
  apply sum_ext. intros j _. f_equal. destruct Hy as [-> | ->]; ring.""",
            "and no perturbation gains more": f"""{_QUIET}{_LEAST}\
apply Rle_ge, GLB. intros delta Hd. {_SIDES_OF}\
assert (X := pure_cube d b_ gap {_POINT} Hb G0 GQ tau (fun j => y * delta j) E1).
rewrite relu_neg in X by lra. lra.""",
        },
    ),
)
