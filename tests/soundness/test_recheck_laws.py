"""Certificates about laws: accepted, and rejected where a number is forged; the points are made in two ways."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from math import comb
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import kstest

from constructions.feature_purification import FAMILIES, SparseLaw, pure_network
from constructions.feature_purification.pairs import PairInstance, published_pairs
from constructions.feature_purification.streams import UNIT, stream
from constructions.instance import InvalidInstance, floats_of
from verifiers import recheck, recheck_laws
from verifiers.certificates import seal
from verifiers.certificates_laws import linear_ceiling, pair_certificates
from verifiers.feature_purification import measure
from verifiers.feature_purification.pair import PairSubject
from verifiers.low_complexity.lattice import lattice_of
from verifiers.low_complexity.linear import affine_accuracy, groups_of

STATEMENT = "feature_purification.finite_pair"
LIGHT = SparseLaw.of("light", 48, 3, "1/2", "1/20")
SCALE = SparseLaw.of("scale", 48, 4, "1/2", "1/20")


def pair(law=LIGHT, radius="1/4", count=60, **more):
    """Unit vectors against the same with a dense part: robust and broken by construction, nothing trained."""
    pure = pure_network(law.d, "1/10")
    weights, biases = floats_of(pure.weights), floats_of(pure.biases)
    dense = weights + 0.125
    return PairInstance(
        family=law.family, dimension=law.d, sparsity=law.sparsity, gap=law.gap, noise=law.noise, radius=radius, seed=3,
        count=count, clean_weights=dense, clean_biases=biases, adversarial_weights=weights[None],
        adversarial_biases=biases[None], **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def certificates():
    return pair_certificates(pair(), STATEMENT)


def forged(certificate, change):
    """The certificate with a changed payload and a digest that fits."""
    content = copy.deepcopy(certificate)
    change(content["payload"])
    return seal({key: value for key, value in content.items() if key != "digest"})


@pytest.mark.parametrize("law", [LIGHT, SCALE, SparseLaw.of("light", 40, 5)], ids=["light", "scale", "reference"])
def test_the_checker_makes_the_points_of_the_stream(law):
    read = SimpleNamespace(**vars(recheck))
    own = recheck_laws._Law(read, {
        "family": law.name, "dimension": law.d, "sparsity": int(law.k),
        "gap": [hex(law.exact("gap").numerator), hex(law.exact("gap").denominator)],
        "noise": [hex(law.exact("noise").numerator), hex(law.exact("noise").denominator)]})  # fmt: skip
    sample = stream(law, 9, 200)
    rows, labels = zip(*own.points(9, 200), strict=True)
    assert list(labels) == sample.labels.tolist()
    difference = np.abs(np.array(rows, dtype=float) * UNIT - sample.points)
    assert difference.max() <= UNIT and (difference > 0).mean() < 1e-3, "libraries differ in the last bit at most"


@pytest.mark.parametrize("law", [SparseLaw.of("light", 30, 4, "1/2"), SparseLaw.of("scale", 30, 6, "3/10")])
def test_streams_follow_the_law_of_the_sampler(law):
    """Against `SparseLaw.sample`, which shares nothing but the definition."""
    streamed, sampled = stream(law, 5, 4000), law.sample(4000, np.random.default_rng(5))
    for first, second in ((streamed.codes.sum(axis=1), sampled.codes.sum(axis=1)),
                          (np.abs(streamed.codes).max(axis=1), np.abs(sampled.codes).max(axis=1)),
                          ((streamed.codes != 0).sum(axis=1), (sampled.codes != 0).sum(axis=1))):  # fmt: skip
        assert abs(first.mean() - second.mean()) < 5 * np.hypot(first.std(), second.std()) / 4000**0.5 + 1e-6
    noise = (streamed.points - streamed.codes) * law.d**0.5 / float(law.exact("noise"))
    assert kstest(noise.reshape(-1)[:20_000], "norm").pvalue > 1e-4
    assert np.array_equal(streamed.labels, np.sign(streamed.codes.sum(axis=1)))
    assert np.abs(streamed.codes.sum(axis=1)).min() >= float(law.exact("gap")) - 2.0**-19


def test_streams_are_prefixes_and_differ_by_seed():
    long, short = stream(LIGHT, 4, 50), stream(LIGHT, 4, 20)
    assert np.array_equal(long.points[:20], short.points)
    assert not np.array_equal(stream(LIGHT, 5, 20).points, short.points)


def test_laws_without_numbered_points_are_refused():
    with pytest.raises(InvalidInstance, match="light and scale"):
        stream(SparseLaw.of("fixed", 8, 3), 0, 5)
    with pytest.raises(InvalidInstance, match="seed"):
        stream(LIGHT, -1, 5)


def test_every_certificate_of_a_pair_is_accepted_and_says_what_was_proved(certificates):
    assert set(certificates) == {"adversarial-0", "clean", "linear"}
    for certificate in certificates.values():
        outcome = recheck.check(json.loads(json.dumps(certificate)))
        assert outcome.status == "accepted", outcome.sentence
    sentences = {name: recheck.check(c).sentence for name, c in certificates.items()}
    robust = sentences["adversarial-0"]
    assert "of the 60 points that seed 3 gives" in robust and "at least" in robust
    assert "at most" in sentences["clean"] and "no polynomial of degree at most 2" in sentences["linear"]


def test_accuracies_follow_from_the_counts_by_whole_numbers(certificates):
    """The stated accuracy is the Clopper-Pearson bound to four decimals, from binomial sums of our own."""
    payload = certificates["adversarial-0"]["payload"]
    seen = sum(int(entry, 16) > 0 for entry in payload["multipliers"]["num"])
    stated = Fraction(int(payload["accuracy"][0], 16), int(payload["accuracy"][1], 16))

    def tail(p):
        return sum(comb(60, k) * p**k * (1 - p) ** (60 - k) for k in range(seen, 61))

    assert tail(stated) <= Fraction(1, 40) < tail(stated + Fraction(2, 10_000))


FORGERIES = {
    "more accuracy": ("adversarial-0", lambda p: p.update(accuracy=["0x3e7", "0x3e8"]), "do not prove"),
    "more confidence": ("adversarial-0", lambda p: p.update(confidence=["0x270f", "0x2710"]), "do not prove"),
    "larger radius": ("adversarial-0", lambda p: p.update(radius=["0x3", "0x1"]), "not proved to be robust"),
    "smaller bound": ("adversarial-0", lambda p: p.update(bound=["0x1", "0x2"]), "not diagonally dominant"),
    "no factor": ("adversarial-0", lambda p: p.update(bound=["0xff", "0x100"], factor={"den": "0x1", "num": [
        ["0x0"] * (j + 1) for j in range(48)]}), "not diagonally dominant"),
    "larger shares": ("adversarial-0", lambda p: p.update(shares={"den": "0x1", "num": ["0x2"] * 48}),
                      "not diagonally dominant"),
    "wild multipliers": ("adversarial-0", lambda p: p.update(multipliers={"den": "0x1", "num": ["0xfffff"] * 60}),
                         "not proved to be robust"),
    "a dense part": ("adversarial-0", lambda p: p["weights"]["num"][0].__setitem__(1, "0x40"), "not "),
    "a clean network with fewer errors": ("clean", lambda p: p.update(accuracy=["0x1", "0x3e8"]), "do not prove"),
    "a longer direction": ("clean", lambda p: p["direction"]["num"].__setitem__(0, p["direction"]["den"]),
                           "not in the ball"),
    "one more broken point": ("clean", lambda p: p.update(broken=60), "breaks"),
    "a lower ceiling": ("linear", lambda p: p.update(ceiling=["0x1", "0x64"]), "exceeds"),
    "a smaller radius": ("linear", lambda p: p.update(radius=["0x1", "0x64"]), "reaches the radius"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_false(certificates, name):
    part, change, reason = FORGERIES[name]
    if part == "linear":
        law = SparseLaw.of("light", 256, 5)
        certificate = forged(linear_ceiling(law, Fraction(1, 5), STATEMENT), change)
    else:
        certificate = forged(certificates[part], change)
    outcome = recheck.check(certificate)
    assert (outcome.status, reason in outcome.sentence) == ("false", True), outcome


MALFORMED = {
    "negative share": ("adversarial-0", lambda p: p["shares"]["num"].__setitem__(0, "-0x1")),
    "negative multiplier": ("adversarial-0", lambda p: p["multipliers"]["num"].__setitem__(0, "-0x1")),
    "no multiplier at all": ("adversarial-0", lambda p: p.update(multipliers={"den": "0x1", "num": ["0x0"] * 60})),
    "negative bias": ("adversarial-0", lambda p: p["biases"]["num"].__setitem__(0, "-0x1")),
    "certainty": ("adversarial-0", lambda p: p.update(confidence=["0x1", "0x1"])),
    "another family": ("clean", lambda p: p["law"].update(family="fixed")),
    "no points": ("clean", lambda p: p.update(count=0)),
    "a float": ("clean", lambda p: p.update(seed=3.0)),
    "an extra entry": ("linear", lambda p: p.update(note="x")),
    "ceiling one": ("linear", lambda p: p.update(ceiling=["0x1", "0x1"])),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_certificate_is_malformed(certificates, name):
    part, change = MALFORMED[name]
    assert recheck.check(forged(certificates[part], change)).status == "malformed"


def test_altered_bytes_are_noticed(certificates):
    content = copy.deepcopy(certificates["clean"])
    content["payload"]["broken"] = 1
    assert recheck.check(content).status == "altered"


@pytest.mark.parametrize("tau", ["3/5", "4/5", "1"])
def test_the_ceiling_is_never_below_an_exact_accuracy(tau):
    """Of small laws, for weights of every kind: the checker accepts no ceiling that some classifier exceeds."""
    law = SparseLaw.of("light", 6, 2, "1/2", 0)
    lattice, generator = lattice_of(law), np.random.default_rng(4)
    best = Fraction(0)
    for _ in range(60):
        weights = [Fraction(int(v)) for v in generator.integers(-2, 4, 6)]
        best = max(best, affine_accuracy(lattice, groups_of(weights), Fraction(tau)))
    certificate = linear_ceiling(law, Fraction(tau), STATEMENT)
    assert recheck.check(certificate).status == "accepted"
    payload = certificate["payload"]
    ceiling = Fraction(int(payload["ceiling"][0], 16), int(payload["ceiling"][1], 16))
    assert best <= ceiling
    if best > 0:
        lower = best - Fraction(1, 10**6)
        false = forged(certificate, lambda p: p.update(ceiling=[hex(lower.numerator), hex(lower.denominator)]))
        assert recheck.check(false).status in ("false", "malformed")


def test_a_scale_free_pair_is_proved_too():
    found = pair_certificates(pair(SCALE, "1/4"), STATEMENT)
    assert set(found) == {"adversarial-0", "clean"}
    assert all(recheck.check(c).status == "accepted" for c in found.values())


def test_tuned_shares_are_an_allowed_choice():
    shares = np.linspace(0.25, 1, 48)[None]
    found = pair_certificates(pair(shares=shares), STATEMENT)["adversarial-0"]
    assert recheck.check(found).status == "accepted"
    with pytest.raises(InvalidInstance, match="share"):
        pair(shares=np.zeros((1, 48)))


def test_a_pair_is_measured_as_its_certificates_say(certificates):
    measured = measure(pair())
    robust, clean = measured["adversarial_accuracy"], measured["clean_accuracy"]
    assert robust.rigor.name == clean.rigor.name == "STATISTICAL"
    assert 0 < robust.lower[0] <= robust.value[0] <= robust.upper[0] <= 1 and clean.value < robust.lower[0]
    subject = PairSubject(pair())
    counted = subject.adversarial[0].counted
    assert not np.any(counted.certified & counted.broken)


def test_dead_networks_are_certified_nowhere():
    """f = 0 counts as wrong: no gate opens, every margin is a tie."""
    alive = pair()
    dead = PairInstance(**(alive.arrays() | {"adversarial_biases": np.full((1, 48), 9.0)}))
    measured = measure(dead)["adversarial_accuracy"]
    assert measured.lower[0] == 0 and measured.upper[0] < 1
    with pytest.raises(Exception, match="no fresh point is certified"):
        pair_certificates(dead, STATEMENT)


def test_shipped_certificates_are_about_the_shipped_pairs():
    paths = published_pairs()
    assert [path.stem for path in paths] == ["light_256_5", "scale_256_20"]
    for path in paths:
        digest = PairInstance.load(path).digest
        files = sorted((path.parent / "certificates").glob(f"{path.stem}-*.json"))
        assert {"adversarial-0", "adversarial-1", "clean"} <= {f.stem.removeprefix(f"{path.stem}-") for f in files}
        for file in files:
            content = json.loads(file.read_text())
            assert content["instance"] == digest and recheck_digest(content)


def recheck_digest(content):
    """Whether the digest fits; the proofs themselves are rechecked by a slow test."""
    return seal({key: value for key, value in content.items() if key != "digest"})["digest"] == content["digest"]


@pytest.mark.slow
def test_shipped_certificates_are_accepted():
    for file in sorted((published_pairs()[0].parent / "certificates").glob("*.json")):
        outcome = recheck.check_file(file)
        assert outcome.status == "accepted", f"{file.name}: {outcome.sentence}"


def test_families_of_laws_keep_their_places():
    """Statements name families by position."""
    assert (FAMILIES[0], FAMILIES[2]) == ("light", "scale")
