"""What the Rocq kernel can prove about every KKT point of one dataset, of every width and in every dimension.

The data enter as their Gram matrix, integers over one denominator, and the kernel itself computes with them: checkers
on integers are proved sound in the library (``IntegerData.v``, ``LinearProgram.v``) and evaluated on the user's
numbers. Floats only propose: the time of the flip, bounds of the class sums, dual vectors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.kkt_margin.instance import MarginInstance
from theorems.engine import kernel
from verifiers.errors import NoCertificate
from verifiers.kkt_margin.all_points import DUAL_BITS, AllPoints, FlipBounds
from verifiers.kkt_margin.sum_bounds import MarginData

Json = dict[str, Any]

DIGITS = 6
"""Decimal digits to which the time of a flip is rounded up."""


@dataclass(frozen=True)
class DataTheorem:
    """One theorem about a dataset: what it says, its name in Rocq, its file, or the reason why there is none."""

    sentence: str
    name: str
    source: str
    reason: str = ""


def theorems(instance: MarginInstance) -> Iterator[DataTheorem]:
    """The theorems to be checked for the data of an instance; its network, if any, plays no part."""
    data = MarginData.from_gram(instance.exact_gram(), instance.labels, bool(instance.bias))
    yield _main(data)
    yield _programs(AllPoints(data))


def check(instance: MarginInstance) -> Json:
    """Have the kernel check every theorem about the data.

    Returns ``compiler, skipped, theorems``; a theorem has ``name, sentence, status`` (proved, rejected, not stated),
    ``detail, seconds, statement``.
    """
    try:
        compiler = kernel.find_compiler()
    except kernel.Unavailable as reason:
        return {"compiler": None, "skipped": str(reason), "theorems": []}
    try:
        library = kernel.library(compiler)
    except kernel.Rejected as reason:
        entry = {"name": "library", "sentence": "the library of formal proofs", "status": "rejected",
                 "detail": str(reason), "seconds": 0.0, "statement": ""}  # fmt: skip
        return {"compiler": compiler.version, "skipped": None, "theorems": [entry]}
    return {"compiler": compiler.version, "skipped": None, "theorems": [_judge(t, library) for t in theorems(instance)]}


def _judge(theorem: DataTheorem, library: kernel.Library) -> Json:
    entry = {"name": theorem.name, "sentence": theorem.sentence, "statement": _statement(theorem.source)}
    if theorem.reason:
        return entry | {"status": "not stated", "detail": theorem.reason, "seconds": 0.0}
    try:
        seconds = kernel.check(library, theorem.source, [theorem.name]).seconds
    except kernel.Rejected as reason:
        return entry | {"status": "rejected", "detail": str(reason), "seconds": 0.0}
    detail = f"accepted by coqc {library.compiler.version}, library {library.digest}"
    return entry | {"status": "proved", "detail": detail, "seconds": round(seconds, 2)}


def _statement(source: str) -> str:
    """The theorem alone, without data and proof."""
    start = source.find("Theorem ")
    return source[start : source.find("Proof.", start)].strip() if start >= 0 else ""


def _main(data: MarginData) -> DataTheorem:
    """kkt_margin.main on these data, with the least t it gives, rounded up."""
    name = "every_KKT_point_is_flipped"
    try:
        t, constants = _main_time(data)
    except NoCertificate as reason:
        return DataTheorem("kkt_margin.main for every KKT point of these data", name, "", str(reason))
    numbers = " ".join(_z(value) for value in (*constants, t.numerator, t.denominator))
    source = f"""{_data(data)}
Lemma computed : main_check gram labels den n bias {numbers} = true.
Proof. vm_cast_no_check (eq_refl true). Qed.
Theorem {name} :
  forall d x, has_gram gram den n d x ->
  forall W w b v lam s, KKTnet d n W bias x (sign labels) w b v lam s ->
  forall i t, (i < n)%nat -> {_real(t)} <= t ->
  0 < lam i /\\ sign labels i * N d W w b v (x i) = 1 /\\
  sign labels i * N d W w b v (z_at n x (sign labels) t i) < 0.
Proof. exact (main_check_sound gram labels den n bias {numbers} computed). Qed.
"""
    sentence = (
        "every KKT point of these data, of every width, has every sample as a support vector with margin one and is "
        f"flipped at every sample by t u for every t >= {float(t):.6g}"
    )
    return DataTheorem(sentence, name, source)


def _main_time(data: MarginData) -> tuple[Fraction, tuple[int, ...]]:
    """Least t of kkt_margin.main, rounded up, and L, U, L0, p, q as integers over the data's denominator.

    Raises `NoCertificate` if a hypothesis of the theorem fails.
    """
    n = data.size
    diagonal = [int(v) for v in np.diag(data.lifted)]
    L, U, L0 = min(diagonal), max(diagonal), min(int(v) for v in np.diag(data.raw))
    between = ~np.eye(n, dtype=bool)
    q, p = (max((abs(int(v)) for v in part[between]), default=0) for part in (data.lifted, data.raw))
    r, D = q * (n - 1), L0 - p * (n - 1)
    E = L * L - 2 * r * L - r * r
    opposite = [int(np.sum(data.labels == -label)) for label in data.labels]
    if min(opposite) == 0:
        raise NoCertificate("kkt_margin.main needs both classes, and only one is present")
    if E <= 0:
        raise NoCertificate(f"kkt_margin.main needs r < sqrt(2) - 1, and r = {r / L:.4g}")
    if D <= 0:
        raise NoCertificate(f"kkt_margin.main needs Delta > 0, and Delta = {D / data.denominator:.6g}")
    least = max(Fraction(L * U * U + q * m * E, (L * U + m * E) * D) for m in set(opposite))
    step = Fraction(10) ** (math.floor(math.log10(least)) - DIGITS + 1)
    return (math.floor(least / step) + 1) * step, (L, U, L0, p, q)


def _programs(points: AllPoints) -> DataTheorem:
    """kkt_margin.all_points: the flip that linear programs prove, through their dual vectors."""
    name = "every_KKT_point_is_flipped_by_dual_vectors"
    found = points.threshold(0)
    if found.t is None:
        return DataTheorem("a flip of every KKT point of these data by linear programs", name, "", found.reason)
    return flip_theorem(points.data, points.sums.upper, found.bounds, name)


def flip_theorem(data: MarginData, upper: Sequence[Fraction], bounds: FlipBounds, name: str) -> DataTheorem:
    """The theorem that these dual vectors prove about all samples at ``bounds.t``, and later where u is monotone."""
    n, t = data.size, bounds.t
    unit = math.lcm(*(value.denominator for value in upper))
    own, cross = ([int(v * unit) for v in part] for part in (upper[:n], upper[n:]))
    duals = ";\n".join(f"({i}%nat, {_list(row)})" for i, row in enumerate(bounds.dual_numerators.tolist()))
    level = " ".join(_z(v) for v in (t.numerator, t.denominator, bounds.level.numerator, bounds.level.denominator))
    numbers = f"{level} {_z(2**DUAL_BITS)}"
    when = f"forall t, {_real(t)} <= t ->" if bounds.monotone else f"forall t, t = {_real(t)} ->"
    later = """assert (M : direction_check gram labels n = true) by (vm_cast_no_check (eq_refl true)).
exact (proj2 F M t Ht).""" if bounds.monotone else "rewrite Ht. exact (proj1 F)."  # fmt: skip
    source = f"""{_data(data)}
Definition own : list Z := {_list(own)}%Z.
Definition cross : list Z := {_list(cross)}%Z.
Definition duals : list (nat * list Z) := ([{duals}])%Z.
Lemma computed : flip_check gram labels den n bias own cross {_z(unit)} {numbers} duals = true.
Proof. vm_cast_no_check (eq_refl true). Qed.
Theorem {name} :
  forall d x, has_gram gram den n d x ->
  forall W w b v lam s, KKTnet d n W bias x (sign labels) w b v lam s ->
  forall i, (i < n)%nat -> {when}
  sign labels i * N d W w b v (z_at n x (sign labels) t i) < {_real(bounds.level)}.
Proof.
intros d x Hx W w b v lam s HK i Hi t Ht.
assert (E : map fst duals = seq 0 n) by (vm_cast_no_check (eq_refl (seq 0 n))).
assert (I : In i (map fst duals)) by (rewrite E; apply in_seq; lia).
assert (F := flip_check_sound gram labels den n bias own cross {_z(unit)} {numbers} duals computed d x Hx W w b v lam s
  HK i I).
{later}
Qed.
"""
    later_too = "every t >=" if bounds.monotone else "t ="
    sentence = (
        f"every KKT point of these data, of every width, goes below {bounds.level} at every sample along t u for "
        f"{later_too} {float(t):.6g}, by linear programs"
    )
    return DataTheorem(sentence, name, source)


def _data(data: MarginData) -> str:
    signed = data.raw * np.outer(data.labels, data.labels)
    rows = ";\n".join(_list(row) for row in signed.tolist())
    return f"""Require Import Reals ZArith List Lia.
Require Import Thinmargin.Network Thinmargin.IntegerData Thinmargin.LinearProgram.
Import ListNotations.
Open Scope R_scope.
Definition n : nat := {data.size}.
Definition den : Z := {data.denominator}%Z.
Definition bias : bool := {str(data.bias).lower()}.
Definition gram : list (list Z) := ([{rows}])%Z.
Definition labels : list Z := {_list(data.labels.tolist())}%Z."""


def _list(values: Sequence[int]) -> str:
    return "[" + ";".join(str(int(v)) for v in values) + "]"


def _z(value: int) -> str:
    return f"({int(value)})%Z" if value < 0 else f"{int(value)}%Z"


def _real(value: Fraction) -> str:
    return f"IZR {_z(value.numerator)} / IZR {_z(value.denominator)}"
