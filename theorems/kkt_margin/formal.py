"""Which theorems of the formal library close the generated goals of the main theorems of kkt_margin."""

from __future__ import annotations

from theorems.engine.formal import Formal, Term
from theorems.kkt_margin.formal_clusters import CLUSTERS
from theorems.kkt_margin.formal_datasets import DATASETS
from theorems.kkt_margin.formal_lemmas import LEMMAS
from theorems.kkt_margin.formal_terms import (
    BINDERS,
    IS_POINT,
    MODULES,
    NONEMPTY,
    OBJECTS,
    POINT,
    QUANTITIES,
    UNSEEN,
    VALUE,
)

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

_FALLING = """\
assert (HD : 0 < Delta) by assumption. assert (Hc : 0 < c) by assumption."""

_WEAK = Formal(
    "kkt_margin.weak",
    MODULES,
    OBJECTS,
    QUANTITIES,
    assumptions=NONEMPTY,
    binders=BINDERS,
    read_as=IS_POINT,
    scripts={
        "the value is negative at every tau = t Delta >= U": f"""{_FALLING}
assert (X : {VALUE} <= - (t * Delta - q) / U) by (eapply weak_value; eassumption).
eapply Rle_trans; [exact X|]. right. f_equal; ring.""",
        "and falls at least as fast as the bound": f"""{_FALLING}
assert (X : sl <= - (Delta / U)) by (eapply weak_slope; eassumption).
eapply Rle_trans; [exact X|]. right. unfold Rdiv; ring.""",
    },
)

_SPHERE = """\
assert (Hd : (0 < d)%nat) by assumption. assert (Hn : INR n >= 2) by assumption. assert (Hc : 0 < c) by assumption.
assert (HN : forall i, (i < n)%nat -> K0 d x i i = INR d) by assumption.
assert (HO : 3 * INR n * (p + beta bias) <= INR d) by (unfold C_orthogonality_factor in *; lra).
assert (M : 1 <= c * INR n) by exact (smaller_one n y Hc).
assert (D1 : 1 <= INR d) by exact (D1 d Hd).
"""
_REGULAR = """\
assert (HL : 0 < L) by (eapply L_pos; eassumption).
assert (Hr : (1 + r) ^ 2 < 2) by (eapply r_range; eassumption).
"""
_UNIVERSAL = Formal(
    "kkt_margin.universal_flip",
    (*MODULES, "SphereData"),
    OBJECTS,
    QUANTITIES,
    assumptions=NONEMPTY,
    binders=BINDERS,
    read_as=IS_POINT,
    scripts={
        "r < 1/3": f"{_SPHERE}eapply r_third; eassumption.",
        "S <= 9 / (5 L)": f"""{_SPHERE}{_REGULAR}
assert (ES : Sup n L q = S) by (apply S_closed; assumption).
rewrite <- ES. eapply S_nine_fifths; eassumption.""",
        "A >= 2 / (5 U)": f"""{_SPHERE}{_REGULAR}
assert (EA : Alow n L U q = A) by (apply A_closed; assumption).
rewrite <- EA. apply Rle_ge. eapply A_two_fifths; eassumption.""",
        "Delta >= 2d/3": f"{_SPHERE}apply Rle_ge. eapply Delta_two_thirds; eassumption.",
        "|u|^2 <= 4nd/3": f"""{_SPHERE}
assert (X : direction_norm_sq <= 4 * INR n * INR d / 3) by (eapply direction_norm; eassumption). lra.""",
        "level -1 is reached by t": f"""{_SPHERE}
assert (X : t1 <= (q + 7 * (INR d + beta bias) / (c * INR n)) / Delta) by (eapply level_seven; eassumption).
eapply Rle_trans; [exact X|]. unfold C_C. right. f_equal; ring.""",
        "the sign flips with the smaller constant": f"""{_SPHERE}
assert (X : t0 <= (q + 9 / 2 * (INR d + beta bias) / (c * INR n)) / Delta) by (eapply flip_nine_halves; eassumption).
eapply Rle_trans; [exact X|]. unfold C_C_sign. right. f_equal; ring.""",
        "the perturbation z = t u is small": f"""{_SPHERE}
assert (DP : 0 < Delta) by (eapply De_pos; eassumption).
assert (X : ((q + 7 * (INR d + beta bias) / (c * INR n)) / Delta) ^ 2 * direction_norm_sq
  <= 3 * (1 / 3 + 7 * (1 + beta bias / INR d) / c) ^ 2 * INR d / INR n) by (eapply size_of_step; eassumption).
unfold C_C. eapply Rle_trans; [|eapply Rle_trans; [exact X|]]; right; field; lra.""",
    },
)

_UNSEEN = Formal(
    "kkt_margin.unseen",
    MODULES,
    OBJECTS,
    QUANTITIES
    | {
        "unseen_value": Term(UNSEEN.replace("t * y0", "((p + beta bias) / Delta) * y0"), ("label", "z")),
        "unseen_slope": Term("sl", ("label", "largest", "rate")),
    },
    assumptions=NONEMPTY,
    binders=BINDERS
    | {
        "largest": (
            "forall g, (forall t, p + beta bias <= t * Delta -> is_lub (fun a => exists z, "
            f"(forall l, (l < n)%nat -> Rabs (dot d z (x l)) <= p) /\\ a = {UNSEEN}) (g t)) ->"
        ),
        "rate": "forall sl, eventual_slope g sl ->",
    },
    read_as=IS_POINT,
    scripts={
        "the sign is decided at t = (p + b)/Delta": f"""{_LOWER.split("assert (EA")[0]}
assert (HD : 0 < Delta) by assumption.
assert (Hy : y0 = 1 \\/ y0 = -1) by assumption.
assert (T : p + beta bias <= (p + beta bias) / Delta * Delta) by (right; field; lra).
assert (X : y0 * N d W w b_ v (fun k => z k - (p + beta bias) / Delta * y0 * u n x y k)
  <= - (((p + beta bias) / Delta * Delta - (p + beta bias)) * cnt n y (- y0) * Alow n L
    (greatest n (fun i => G d bias x i i)) q)) by (eapply unseen_point; eassumption).
eapply Rle_trans; [exact X|]. right. field. lra.""",
        "and the value falls at least at the stated rate": f"""{_LOWER}
assert (HD : 0 < Delta) by assumption.
assert (Hy : y0 = 1 \\/ y0 = -1) by assumption.
assert (X : sl <= - (Delta * cnt n y (- y0) * A)); [|lra].
apply (slope_le g sl ((p + beta bias) / Delta) ((p + beta bias) * cnt n y (- y0) * A) (Delta * cnt n y (- y0) * A));
  [assumption|].
intros t Ht.
assert (T : p + beta bias <= t * Delta).
{{ apply (Rmult_le_compat_r Delta) in Ht; [|lra].
  replace ((p + beta bias) / Delta * Delta) with (p + beta bias) in Ht by (field; lra). exact Ht. }}
assert (B : is_lub (fun a => exists z, (forall l, (l < n)%nat -> Rabs (dot d z (x l)) <= p) /\\ a = {UNSEEN}) (g t))
  by auto.
apply (proj2 B). intros a (z & Hz & ->).
assert (X : {UNSEEN} <= - ((t * Delta - (p + beta bias)) * cnt n y (- y0) * A))
  by (rewrite <- EA; eapply unseen_point; eassumption).
lra.""",
    },
)

FORMAL = (_MAIN, _WEAK, _UNIVERSAL, _UNSEEN, *LEMMAS, *DATASETS, CLUSTERS)
