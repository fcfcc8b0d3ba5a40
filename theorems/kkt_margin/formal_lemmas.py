"""Which theorems of the formal library close the generated goals of the lemmas of kkt_margin and of its radius."""

from __future__ import annotations

from functools import partial

from theorems.engine.formal import Formal
from theorems.kkt_margin.formal_terms import BINDERS, IS_POINT, MODULES, NONEMPTY, OBJECTS, POINT, QUANTITIES

_lemma = partial(
    Formal,
    modules=(*MODULES, "KktIdentities", "RobustRadius", "FlipParts"),
    objects=OBJECTS,
    quantities=QUANTITIES,
    assumptions=NONEMPTY,
    binders=BINDERS,
    read_as=IS_POINT,
)

_POINT = f"""\
assert (HK : KKTnet {POINT}) by assumption.
assert (H_ : KKT n W v lam y s (G d bias x)) by exact (abstract {POINT} HK)."""
_RANGE = f"""\
{_POINT}
assert (HL : 0 < L) by assumption."""
_NEAR = f"""\
{_RANGE}
assert (Hr : (1 + r) ^ 2 < 2) by (unfold C_support_limit in *; assumption)."""

_DATA = (
    "exact (diagonal d n bias x) | exact (lifted d n bias x) | exact (norms d n x) | exact (raw d n x) "
    "| apply (q_nn d n bias x); assumption"
)
"""The measured constants bound the data."""

LEMMAS = (
    _lemma(
        "kkt_margin.cross_bound",
        scripts={"G_ii A_i^cross <= sum (-R_il)_+ A_l^cross": f"""{_POINT}
rewrite Rmult_comm. eapply ineq_X; eassumption."""},
    ),
    _lemma(
        "kkt_margin.upper_bound",
        scripts={"sum R_il A_l^own <= 1 + sum (-R_il)_+ A_l^cross": f"""{_POINT}
assert (S_ : forall i, (i < n)%nat -> lam i ^ 2 > 0) by assumption.
assert (P : 0 < lam i).
{{ destruct (lam_nn _ _ _ _ _ _ _ H_ i ltac:(assumption)) as [P|P]; [exact P|]. exfalso.
  assert (Q := S_ i ltac:(assumption)). rewrite <- P in Q. simpl in Q. lra. }}
eapply ineq_U; first [eassumption | intros; eapply sample_nonzero; eassumption]."""},
    ),
    _lemma(
        "kkt_margin.lower_bound",
        scripts={"sum (R_il)_+ A_l^own >= 1": f"{_POINT}\neapply ineq_L; eassumption."},
    ),
    _lemma(
        "kkt_margin.lower_bound_mixed",
        scripts={"sum (R_il)_+ A_l^own + sum R_il A_l^cross >= 1": f"""{_POINT}
eapply ineq_L'; eassumption."""},
    ),
    _lemma(
        "kkt_margin.flip_bound",
        scripts={"y_i N(x_i - t y_i u) <= F_i(t) for all t >= 0": f"{_POINT}\neapply along_the_path; eassumption."},
    ),
    _lemma(
        "kkt_margin.direction_monotone",
        scripts={"w_k . u / v_k >= Delta Lambda_k": f"""{_POINT}
apply Rle_ge. destruct (Req_dec (v j) 0) as [Z|Z]; [rewrite Z; right; ring|].
assert (X : Delta * weight n lam s j <= dot d (w j) (u n x y) / v j)
  by (eapply FlipParts.direction_monotone; first [eassumption | {_DATA}]).
apply (Rmult_le_compat_l (v j ^ 2)) in X; [|apply pow2_ge_0].
replace (v j ^ 2 * (dot d (w j) (u n x y) / v j)) with (v j * dot d (w j) (u n x y)) in X by (field; exact Z).
eapply Rle_trans; [|exact X]. right; ring."""},
    ),
    _lemma(
        "kkt_margin.pairs",
        scripts={
            "S1: a sample meets a neuron of the other class only where negative correlations push it": (
                f"{_POINT}\neapply FlipParts.cross_pair; eassumption."
            ),
            "S9: no neuron of the other class is far below its threshold": f"""{_POINT}
assert (X : - q * (v j ^ 2 * sum_but i n (fun l => lam l * s l j)) <= - y i * v j * act d x w b_ i j)
  by (eapply FlipParts.cross_activation; first [eassumption | {_DATA}]).
lra.""",
            "S8: a neuron of the own class falls at least as fast as the bound": f"""{_POINT}
assert (HD : 0 < Delta) by assumption. assert (Hn : (0 < n)%nat) by assumption.
assert (Q0 : 0 <= q) by (apply (q_nn d n bias x Hn)).
assert (T0 : 0 <= t) by (assert (q <= t * Delta) by assumption; nra).
rewrite Rmax_comm. eapply FlipParts.own_activation; first [eassumption | {_DATA}].""",
        },
    ),
    _lemma(
        "kkt_margin.parts",
        scripts={
            "own part <= S (U - tau)_+": f"""{_NEAR}
assert (ES : Sup n L q = S) by (apply S_closed; assumption).
assert (HD : 0 < Delta) by assumption. assert (Hn : (0 < n)%nat) by assumption.
assert (Q0 : 0 <= q) by (apply (q_nn d n bias x Hn)).
assert (T0 : 0 <= t) by (assert (q <= t * Delta) by assumption; nra).
assert (RR : UniversalFlip.r n L q ^ 2 + 2 * UniversalFlip.r n L q - 1 < 0)
  by (change (UniversalFlip.r n L q) with r; lra).
rewrite Rmax_comm, <- ES. eapply FlipParts.own_part_below; first [eassumption | {_DATA}].""",
            "opposite part >= (tau - q) m A": f"""{_NEAR}
assert (EA : Alow n L U q = A) by (apply A_closed; assumption).
assert (HD : 0 < Delta) by assumption. assert (Hn : (0 < n)%nat) by assumption.
assert (Q0 : 0 <= q) by (apply (q_nn d n bias x Hn)).
assert (T0 : 0 <= t) by (assert (q <= t * Delta) by assumption; nra).
assert (RR : UniversalFlip.r n L q ^ 2 + 2 * UniversalFlip.r n L q - 1 < 0)
  by (change (UniversalFlip.r n L q) with r; lra).
assert (X : (t * Delta - q) * nopp n y i * A <= opposite_part d n W x y w b_ v t i)
  by (rewrite <- EA; eapply FlipParts.opposite_part_above; first [eassumption | {_DATA}]).
lra.""",
        },
    ),
    _lemma(
        "kkt_margin.class_sums",
        scripts={
            "own <= S": f"""{_NEAR}
assert (ES : Sup n L q = S) by (apply S_closed; assumption).
rewrite <- ES. eapply own_sum; eassumption.""",
            "cross <= r S": f"""{_NEAR}
assert (ES : Sup n L q = S) by (apply S_closed; assumption).
rewrite <- ES, Rmult_comm. eapply cross_sum; eassumption.""",
            "own >= A": f"""{_NEAR}
assert (EA : Alow n L U q = A) by (apply A_closed; assumption).
rewrite <- EA. apply Rle_ge. eapply own_sum_below; eassumption.""",
        },
    ),
    _lemma(
        "kkt_margin.multiplier_sum",
        scripts={"sum lambda = sum v^2": f"""{_POINT}
assert (E : multiplier_sum = mass_sum) by (eapply KktIdentities.multiplier_sum; eassumption).
assert (P : 0 <= mass_sum) by (apply sum_nn; intros; apply pow2_ge_0).
rewrite E. unfold Rminus. rewrite Rplus_opp_r, Rabs_R0. lra."""},
    ),
    _lemma(
        "kkt_margin.radius_by_multipliers",
        scripts={"radius * sum lambda >= 1": f"""{_POINT}
assert (X : 1 <= dot d e e * multiplier_sum ^ 2) by (eapply radius_by_multipliers; eassumption). lra."""},
    ),
    _lemma(
        "kkt_margin.radius_lower_bound",
        scripts={"radius^2 >= L^2 (1 - r - r^2)^2 / ((U + q (n - 1)) n (1 + r)^2)": f"""{_RANGE}
assert (Hn : (0 < n)%nat) by assumption.
assert (Hr : r ^ 2 + r < 1) by (unfold C_radius_limit in *; lra).
assert (X : (L * (1 - r - r ^ 2)) ^ 2 / ((U + q * (INR n - 1)) * INR n * (1 + r) ^ 2) <= dot d e e).
{{ eapply RobustRadius.radius_lower_bound with (i := i);
  first [eassumption | exact (diagonal d n bias x) | exact (lifted d n bias x) | apply (q_nn d n bias x Hn)]. }}
assert (Q : 0 <= q) by (apply (q_nn d n bias x Hn)).
assert (N1 : 1 <= INR n) by (change 1 with (INR 1); apply le_INR; lia).
assert (UP : 0 < U) by (generalize (diagonal d n bias x 0%nat Hn); intro B_; fold L U in B_; lra).
assert (R0 : 0 <= r).
{{ unfold r. apply Rmult_le_pos; [apply Rmult_le_pos; lra|left; apply Rinv_0_lt_compat; lra]. }}
assert (V : 0 < U + q * (INR n - 1)) by nra.
apply Rle_ge. eapply Rle_trans; [|exact X]. unfold C_radius_factor. right. field. repeat split; lra."""},
    ),
    _lemma(
        "kkt_margin.flip_rate",
        scripts={"t0 <= (1/(1 - 2r - r^2) + r m/(n - 1)) U / ((1 + m) Delta)": f"""{_NEAR}
assert (HD : 0 < Delta) by assumption. assert (Hn : (0 < n)%nat) by assumption.
assert (RR : UniversalFlip.r n L q ^ 2 + 2 * UniversalFlip.r n L q - 1 < 0)
  by (change (UniversalFlip.r n L q) with r; lra).
assert (HI : (i < n)%nat) by assumption.
assert (M : 0 < nopp n y i) by (eapply m_pos; eassumption).
assert (N1 : 2 <= INR n) by lra.
assert (N2 : (2 <= n)%nat) by (apply INR_le; simpl; lra).
assert (R0 : 0 <= r) by (eapply r_nn; eassumption).
assert (UP : 0 < U) by lra.
assert (A0 : 0 < 1 - 2 * r - r ^ 2) by lra.
assert (I1 : 0 < / (1 - 2 * r - r ^ 2)) by (apply Rinv_0_lt_compat; exact A0).
assert (I2 : 0 < / (INR n - 1)) by (apply Rinv_0_lt_compat; lra).
assert (I3 : 0 < / ((1 + nopp n y i) * Delta)) by (apply Rinv_0_lt_compat, Rmult_lt_0_compat; lra).
assert (P : 0 <= r * nopp n y i / (INR n - 1))
  by (apply Rmult_le_pos; [apply Rmult_le_pos; lra|lra]).
assert (X : t0 <= (1 / (1 - 2 * r - r ^ 2) + r * nopp n y i / (INR n - 1)) * U / ((1 + nopp n y i) * Delta)).
{{ eapply flip_time_le; [eassumption| |].
  - apply Rmult_le_pos; [apply Rmult_le_pos; [apply Rplus_le_le_0_compat; [unfold Rdiv; lra|exact P]|lra]|lra].
  - intros t Ht. eapply FlipParts.flip_rate with (L := L) (U := U) (q := q) (p := greatest_between n (K0 d x))
      (L0 := least n (fun i => K0 d x i i)); first [eassumption | exact RR | exact HD | exact Ht | {_DATA}]. }}
eapply Rle_trans; [exact X|]. right. field. repeat split; lra."""},
    ),
)
