"""What the quantities of kkt_margin are in the formal library: objects, terms, ranges of indices and times."""

from __future__ import annotations

from theorems.engine.formal import Term

OBJECTS = (
    "(d n W : nat) (bias : bool) (x : nat -> nat -> R) (y : nat -> R) (w : nat -> nat -> R) (b_ v lam : nat -> R) "
    "(s : nat -> nat -> R)"
)
"""Input dimension, samples, neurons; data; first layer, biases, outputs; multipliers; subgradients."""
NONEMPTY = ("(0 < d)%nat", "(0 < n)%nat")
POINT = "d n W bias x y w b_ v lam s"
IS_POINT = {"kkt_residual <= 1/1000000": f"KKTnet {POINT}"}

VALUE = "y i * N d W w b_ v (z_at n x y t i)"
PATH = f"(fun t => {VALUE})"
R, H = "Rr y (G d bias x) i l", "h n y (K0 d x) l"
OWN_L, CROSS_L = "KktPoint.A W v lam s (y i) l", "KktPoint.A W v lam s (- y i) l"
UNSEEN = "y0 * N d W w b_ v (fun k => z k - t * y0 * u n x y k)"

BINDERS = {
    "i": "forall i, (i < n)%nat ->",
    "late": "forall t, U <= t * Delta ->",
    "t": "forall t, q <= t * Delta ->",
    "t0": f"forall t0, flip_time {PATH} t0 ->",
    "t1": f"forall t1, level_time {PATH} t1 ->",
    "slope": f"forall sl, eventual_slope {PATH} sl ->",
    "label": "forall y0, y0 = 1 \\/ y0 = -1 ->",
    "j": "forall j, (j < W)%nat ->",
    "other": "forall j, (j < W)%nat -> 0 < - y i * v j ->",
    "same": "forall j, (j < W)%nat -> 0 < y i * v j ->",
    "nonnegative": "forall t, 0 <= t ->",
    "e": "forall e, y i * N d W w b_ v (fun k => x i k + e k) <= 0 ->",
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
    "lifted_norm_sq": Term("G d bias x i i", ("i",)),
    "cross_pressure": Term(f"sum_but i n (fun l => relu (- {R}) * {CROSS_L})", ("i",)),
    "own_pull": Term(f"sum n (fun l => {R} * {OWN_L})", ("i",)),
    "own_push": Term(f"sum n (fun l => relu ({R}) * {OWN_L})", ("i",)),
    "cross_pull": Term(f"sum n (fun l => {R} * {CROSS_L})", ("i",)),
    "bound_time_value": Term(VALUE, ("i", "nonnegative")),
    "linear_bound": Term(
        f"sum n (fun l => relu ({R} - t * {H}) * {OWN_L}) + sum n (fun l => ({R} - t * {H}) * {CROSS_L})",
        ("i", "nonnegative"),
    ),
    "neuron_speed": Term("v j * dot d (w j) (u n x y)", ("j",)),
    "neuron_weight": Term("v j ^ 2 * weight n lam s j", ("j",)),
    "cross_pair": Term("G d bias x i i * (v j ^ 2 * (lam i * s i j))", ("i", "other")),
    "cross_pair_pressure": Term(f"sum_but i n (fun l => relu (- {R}) * (v j ^ 2 * (lam l * s l j)))", ("i", "other")),
    "cross_activation": Term("- y i * v j * act d x w b_ i j", ("i", "other")),
    "cross_weight": Term("v j ^ 2 * sum_but i n (fun l => lam l * s l j)", ("i", "other")),
    "own_pair": Term("v j ^ 2 * (lam i * s i j)", ("i", "same")),
    "own_activation": Term("y i * v j * (dot d (w j) (z_at n x y t i) + b_ j)", ("i", "same", "t")),
    "own_part": Term("own_part d n W x y w b_ v t i", ("i", "t")),
    "opposite_part": Term("opposite_part d n W x y w b_ v t i", ("i", "t")),
    "multiplier_sum": Term("sum n lam", named=True),
    "mass_sum": Term("sum W (fun j => v j ^ 2)", named=True),
    "radius_sq": Term("dot d e e", ("i", "e")),
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
