"""What the quantities of kkt_margin are in the formal library, and which of its theorems close the generated goals."""

from __future__ import annotations

from theorems.engine.formal import Formal, Term

OBJECTS = (
    "(d n W : nat) (bias : bool) (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b_ v lam : nat -> R) "
    "(s : nat -> nat -> R)"
)
"""Input dimension, samples, neurons; data; first layer, biases, outputs; multipliers; subgradients."""
NONEMPTY = ("(0 < d)%nat", "(0 < n)%nat")
POINT = "d n W bias x y w b_ v lam s"
IS_POINT = {"kkt_residual": f"KKTnet {POINT}"}

VALUE = "y i * N d W w b_ v (z_at n x y t i)"
PATH = f"(fun t => {VALUE})"
UNSEEN = "y0 * N d W w b_ v (fun k => z k - t * y0 * u n x y k)"

BINDERS = {
    "i": "forall i, (i < n)%nat ->",
    "late": "forall t, U <= t * Delta ->",
    "t": "forall t, q <= t * Delta ->",
    "t0": f"forall t0, flip_time {PATH} t0 ->",
    "t1": f"forall t1, level_time {PATH} t1 ->",
    "slope": f"forall sl, eventual_slope {PATH} sl ->",
    "label": "forall y0, y0 = 1 \\/ y0 = -1 ->",
    "z": "forall z, (forall l, (l < n)%nat -> Rabs (dot d z (x l)) <= p) ->",
}

QUANTITIES = {
    "n": Term("INR n"),
    "d": Term("INR d"),
    "b": Term("beta bias"),
    "c": Term("class_share n y", named=True),
    "p": Term("greatest_between n (K0 d x)", named=True),
    "q": Term("greatest_between n (G d bias x)", named=True),
    "L": Term("least n (fun i => G d bias x i i)", named=True),
    "U": Term("greatest n (fun i => G d bias x i i)", named=True),
    "Delta": Term("least n (fun i => K0 d x i i) - greatest_between n (K0 d x) * (INR n - 1)", named=True),
    "opposite": Term("nopp n y i", ("i",)),
    "label_opposite": Term("cnt n y (- y0)", ("label",)),
    "norm_sq": Term("K0 d x i i", ("i",)),
    "direction_norm_sq": Term("dot d (u n x y) (u n x y)", named=True),
    "multiplier_sq": Term("lam i ^ 2", ("i",)),
    "margin": Term("y i * N d W w b_ v (x i)", ("i",)),
    "own": Term("KktPoint.A W v lam s (y i) i", ("i",)),
    "cross": Term("KktPoint.A W v lam s (- y i) i", ("i",)),
    "flip_tau": Term("t * Delta", ("i", "t")),
    "flip_value": Term(VALUE, ("i", "t")),
    "late_tau": Term("t * Delta", ("i", "late")),
    "late_value": Term(VALUE, ("i", "late")),
    "final_slope": Term("sl", ("i", "slope")),
    "flip_threshold": Term("t0", ("i", "t0")),
    "level_threshold": Term("t1", ("i", "t1")),
}
"""Greatest and least values are those of the data themselves, not any bounds of them."""

MODULES = ("FiniteSum", "KktPoint", "UniversalFlip", "Network", "MeasuredQuantities", "MeasuredFlip")

_RANGE = f"""\
assert (HK : KKTnet {POINT}) by assumption.
assert (Hn : (0 < n)%nat) by assumption.
assert (HL : 0 < L) by assumption.
assert (Hr : (1 + r) ^ 2 < 2) by (unfold C_support_limit in *; assumption)."""
_UPPER = f"""{_RANGE}
assert (ES : Sup n L q = S) by (apply S_closed; assumption).
assert (SP : 0 < S) by (rewrite <- ES; apply S_positive; assumption)."""
"""The bound S of class sums as the library writes it."""
_LOWER = f"""{_RANGE}
assert (EA : Alow n L U q = A) by (apply A_closed; assumption).
assert (AP : 0 < A) by (rewrite <- EA; apply A_positive; assumption)."""
_BOTH = f"{_UPPER}\n{_LOWER.removeprefix(_RANGE)[1:]}"

_MAIN = Formal(
    "kkt_margin.main",
    MODULES,
    OBJECTS,
    QUANTITIES,
    assumptions=NONEMPTY,
    binders=BINDERS,
    read_as=IS_POINT,
    scripts={
        "every sample is a support vector": (
            f"{_RANGE}\nassert (X : 0 < lam i) by (eapply support; eassumption).\napply pow_lt; exact X."
        ),
        "every margin is one": f"{_RANGE}\neapply support; eassumption.",
        "the value along the flip path stays below the bound": f"""{_BOTH}
assert (X : {VALUE} <= S * Rmax (U - t * Delta) 0 - (t * Delta - q) * nopp n y i * A)
  by (rewrite <- ES, <- EA; eapply value; eassumption).
eapply Rle_trans; [exact X|]. right; ring.""",
        "and keeps falling at least as fast as the bound": f"""{_LOWER}
assert (X : sl <= - (Delta * nopp n y i * A)) by (rewrite <- EA; eapply late_slope; eassumption).
eapply Rle_trans; [exact X|]. right; ring.""",
        "the sign flips by t0": f"""{_BOTH}
assert (HD : 0 < Delta) by assumption. assert (Hc : 0 < c) by assumption.
assert (M : 0 < nopp n y i) by (eapply m_pos; eassumption).
assert (MA : 0 < nopp n y i * A) by (apply Rmult_lt_0_compat; assumption).
assert (X : t0 <= (S * U + q * nopp n y i * A) / (S + nopp n y i * A) / Delta)
  by (rewrite <- ES, <- EA; eapply flip; eassumption).
eapply Rle_trans; [exact X|]. unfold C_flip_factor. right; field. lra.""",
        "level -1 is reached by t1": f"""{_BOTH}
assert (HD : 0 < Delta) by assumption. assert (Hc : 0 < c) by assumption.
assert (X : t1 <= Rmax ((S * U + 1 + q * nopp n y i * A) / (S + nopp n y i * A)) (q + 1 / (nopp n y i * A)) / Delta)
  by (rewrite <- ES, <- EA; eapply level; eassumption).
eapply Rle_trans; [exact X|]. right. f_equal. f_equal; [f_equal|]; ring.""",
    },
)

FORMAL = (_MAIN,)
