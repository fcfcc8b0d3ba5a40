"""Train the pairs that ship with the library, and write them with their certificates.

    python -m theorems.feature_purification.ship [NAME ...] [--seed N] [--keep]

With --keep the networks that are there stay, and are certified anew at the radius of their recipe. An explicit step in
a checkout: it replaces reports/published/finite_pair. Every run is on one core; the shares of the certificates are
tuned on points of another seed than those that are counted.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

from constructions.feature_purification.pairs import PUBLISHED, PairInstance
from constructions.feature_purification.streams import stream
from constructions.files import write_whole
from constructions.threads import limit_threads

STATEMENTS = {"light": "feature_purification.finite_pair", "scale": "feature_purification.finite_pair_many_scales"}

TUNING_SEED, TUNING_POINTS = 11, 300


def tuned(pair: PairInstance) -> PairInstance:
    """The pair with shares for its certificates, tuned on points of another seed."""
    import numpy as np

    from verifiers.feature_purification.shares import tuned_shares

    sample = stream(pair.law, TUNING_SEED, TUNING_POINTS)
    rows = zip(pair.adversarial_weights, pair.adversarial_biases, strict=True)
    shares = [tuned_shares(w, b, sample.points, sample.labels, float(pair.tau)) for w, b in rows]
    return replace(pair, shares=np.stack(shares))


def ship(name: str, seed: int, keep: bool) -> None:
    """Train (or keep), certify and write one pair."""
    import torch

    from constructions.trained.feature_purification.pair import REFERENCE, train_pair
    from verifiers import recheck
    from verifiers.certificates_laws import pair_certificates

    torch.set_num_threads(1)
    if keep:
        pair = replace(PairInstance.load(PUBLISHED / f"{name}.npz"), radius=REFERENCE[name].radius, shares=None)
    else:
        pair = train_pair(REFERENCE[name], seed, lambda what, done, total: print(f"{name}: {what} {done}/{total}"))
    pair = tuned(pair)
    certificates = pair_certificates(pair, STATEMENTS[pair.law.name])
    for part, certificate in certificates.items():
        outcome = recheck.check(certificate)
        print(f"{name}: {part}: {outcome.status}: {outcome.sentence}")
        if outcome.status != "accepted":
            raise SystemExit(1)
    for part, certificate in certificates.items():
        text = json.dumps(certificate, sort_keys=True, separators=(",", ":"))
        write_whole(PUBLISHED / "certificates" / f"{name}-{part}.json", text + "\n")
    pair.save(PUBLISHED / f"{name}.npz")


def main() -> None:
    limit_threads()
    from constructions.trained.feature_purification.pair import REFERENCE

    parser = argparse.ArgumentParser(description="Train the pairs that ship with the library and certify them.")
    parser.add_argument("names", nargs="*", choices=[*REFERENCE, []], metavar="NAME", help=", ".join(REFERENCE))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help="certify the networks that are there")
    options = parser.parse_args()
    (PUBLISHED / "certificates").mkdir(parents=True, exist_ok=True)
    for name in options.names or REFERENCE:
        ship(name, options.seed, options.keep)


if __name__ == "__main__":
    main()
