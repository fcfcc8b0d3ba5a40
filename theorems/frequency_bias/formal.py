"""What the quantities of frequency_bias are in the formal library, and the theorems that close its generated goals.

Filters of `filter_bound` are complex, a + i b, and its band consists of the frequencies first, ..., first + M - 1.
Elsewhere a circle has N = S M' sites, a band is any set B of frequencies, and filters are real. In both, lambda bounds
the Rayleigh quotients of the band matrix from above, as its largest eigenvalue does: the sine kernel rho of consecutive
bands, A_jk = sum_B cos(2 pi d (j - k)/N) / N otherwise. `commuting` takes rho for A and any number of frequencies M.
"""

from __future__ import annotations

from theorems.engine.formal import Formal, Term

_RAYLEIGH = "(forall f, sum K (fun j => sum K (fun k => f j * AB M' B j k * f k)) <= lam * nrm K f)"
_MODULES = ("FiniteSum", "BandLimit")

FORMAL = (
    Formal(
        "frequency_bias.filter_bound",
        ("FiniteSum", "BandLimit", "ConsecutiveBand"),
        "(N K M first : nat) (lam : R) (a b_ : nat -> R)",
        {
            "energy": Term("energy K a b_"),
            "band_share": Term("band_energy N K M a b_ first / energy K a b_"),
            "lam": Term("lam"),
        },
        assumptions=(
            "(0 < N)%nat",
            "(K <= N)%nat",
            "(forall f, quadratic N K M f <= lam * sum K (fun k => f k ^ 2))",
        ),
        read_as={"consecutive = 1": "(0 < M)%nat"},
        scripts={
            "share in the band": """\
assert (P : 0 < energy K a b_) by assumption.
assert (X : band_energy N K M a b_ first <= lam * energy K a b_) by (eapply filter_bound; eassumption).
unfold C_share_factor. apply Rmult_le_reg_r with (energy K a b_); [exact P|].
unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.""",
        },
    ),
    Formal(
        "frequency_bias.real_bands",
        _MODULES,
        "(M' : nat) (B : nat -> bool) (K : nat) (lam : R) (u : nat -> R)",
        {
            "energy": Term("nrm K u"),
            "band_share": Term("/ INR (S M') * sumB M' B (pw M' K u) / nrm K u"),
            "real_bound": Term("lam"),
        },
        assumptions=(_RAYLEIGH,),
        scripts={
            "share in the band": """\
assert (P : 0 < nrm K u) by assumption.
assert (X : / INR (S M') * sumB M' B (pw M' K u) <= lam * nrm K u) by (eapply F1; eassumption).
unfold C_share_factor. apply Rmult_le_reg_r with (nrm K u); [exact P|].
unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.""",
        },
    ),
    Formal(
        "frequency_bias.band_price",
        _MODULES,
        "(M' : nat) (B : nat -> bool) (K : nat) (lam : R) (C : nat) (us vs : nat -> nat -> R)",
        {
            "N": Term("INR (S M')"),
            "net_cost": Term("cost M' K C us vs"),
            "band_sum": Term("sumB M' B (whabs M' K C us vs)"),
            "kernel_bound": Term("lam"),
        },
        assumptions=("(K <= S M')%nat", "0 < lam", _RAYLEIGH),
        read_as={"symmetric_band = 1": "forall k, (k < S M')%nat -> B (Nat.modulo (S M' - k) (S M')) = B k"},
        scripts={
            "cost of the net": """\
assert (X : sumB M' B (whabs M' K C us vs) / sqrt (INR (S M') * lam) <= cost M' K C us vs)
  by (eapply F8_lower; eassumption).
unfold C_price. unfold Rdiv in *. lra.""",
        },
    ),
    Formal(
        "frequency_bias.commuting",
        ("FiniteSum", "ProlateMatrix"),
        "(N K M : nat)",
        {
            "commutator": Term(
                "sum K (fun l => tridiagonal N K M j l * band N M l k) - "
                "sum K (fun l => band N M j l * tridiagonal N K M l k)",
                ("j", "k"),
            ),
        },
        assumptions=("(0 < N)%nat", "(K <= N)%nat"),
        binders={"j": "forall j, (j < K)%nat ->", "k": "forall k, (k < K)%nat ->"},
        read_as={"consecutive = 1": "(0 < M)%nat"},
        scripts={
            "every entry of T A - A T": """\
assert (X : sum K (fun l => tridiagonal N K M j l * band N M l k) = sum K (fun l => band N M j l * tridiagonal N K M l
  k))
  by (apply commute; assumption).
rewrite X, Rminus_diag_eq, Rabs_R0 by easy. lra.""",
        },
    ),
)
