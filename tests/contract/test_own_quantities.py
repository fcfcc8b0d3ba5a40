"""A catalogue of one's own on top of a slug's: what is measured once, in batches or one by one, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from constructions.instance import Draw, Instance
from constructions.kkt_margin import hub, spaces
from theorems.claim import Claim, quantities
from theorems.engine.objective import Falsify, batched
from theorems.kkt_margin.grounds import searchable
from theorems.kkt_margin.vocabulary import is_kkt_point
from theorems.statement import Conjecture, Source, judge
from theorems.testing import exact
from verifiers.arithmetic import reduce_maximum
from verifiers.kkt_margin import CATALOGUE, measure
from verifiers.quantity import enclose
from verifiers.verdict import Unsupported

OWN = CATALOGUE.extended()


@OWN.measures("1/squared length", "max lambda_j^2", batch=lambda known: known["multiplier_sq"].max(axis=1))
def largest_sq(subject):
    return subject.point.enclosure(reduce_maximum(subject.point.square_multipliers), ())


@OWN.measures("1/length^4", "its square, by an own quantity", batch=lambda known: known["largest_sq"] ** 2)
def largest_fourth(subject):
    return subject.point.enclosure(reduce_maximum(subject.point.square_multipliers) ** 2, ())


@OWN.measures("neurons", "number of neurons, without a form for batches")
def width(subject):
    return enclose(len(subject.point.signs))


largest, fourth, neurons, multiplier_sq = quantities("largest_sq largest_fourth width multiplier_sq")


def about(*then, **options):
    claims = tuple(Claim(f"claim {number}", relation) for number, relation in enumerate(then))
    return Conjecture("kkt_margin.own", title="own", source=Source("here", "test", "derived"), given=(is_kkt_point,),
                      then=claims, measure=OWN.measure, catalogue=OWN, does_not_claim="All.", **options)  # fmt: skip


def test_an_own_quantity_stands_beside_those_of_the_slug_and_leaves_them_alone():
    point = hub(3, 1, 0)  # lambda_0^2 = 1/10, lambda_s^2 = 9/10, and 1 for the negative
    measured = OWN.measure(point)
    assert exact(measured["largest_sq"]) == 1 and exact(measured["width"]) == 4
    assert [str(square) for square in exact(measured["multiplier_sq"])] == ["1/10", *["9/10"] * 3, "1"]
    assert "largest_sq" not in CATALOGUE and "largest_sq" not in CATALOGUE.functions and not CATALOGUE.batches
    assert set(OWN) - set(CATALOGUE) == {"largest_sq", "largest_fourth", "width"} == set(OWN.functions)
    assert (OWN["largest_sq"].unit, OWN["largest_sq"].axes) == ("1/squared length", ())


def test_what_both_catalogues_measure_is_measured_once():
    point = hub(4, 2, 0)
    own, slug = OWN.measure(point), measure(point)
    assert own["multiplier_sq"] is slug["multiplier_sq"] is CATALOGUE.measure(point)["multiplier_sq"]
    assert own.subject is slug.subject and own is OWN.measure(point)
    second = OWN.extended()
    second.measures("1", "on top of that")(lambda subject: enclose(1))
    assert second.measure(point)["largest_sq"] is OWN.measure(point)["largest_sq"]


def test_a_name_of_the_slug_or_a_name_used_twice_is_refused():
    for name in ("multiplier_sq", "largest_sq"):
        with pytest.raises(ValueError, match=f"quantity {name} is declared twice"):
            OWN.measures("1", "again", name=name)(lambda subject: enclose(1))


def test_an_instance_of_another_slug_is_unsupported_not_an_error():
    class Other(Instance):
        slug = "other"

    verdict = judge(about(multiplier_sq <= largest), Draw(Other(), "structured", "by hand")).verdict
    assert isinstance(verdict, Unsupported) and "labelled data" in verdict.reason


@pytest.mark.parametrize("space", [s for s in spaces.POINTS if s.stack is not None], ids=lambda space: space.name)
def test_batches_measure_what_is_measured_one_by_one(space):
    statement = searchable(about(multiplier_sq <= largest, fourth >= 0))
    generator, compared = np.random.default_rng(3), 0
    for _ in range(20):
        point = space.draw(generator)
        arrays = space.stack(**space.batch(point, space.vector(point)[None]))
        found, instance = statement.measure_batch(arrays), space.instance(point)
        for name in ("largest_sq", "largest_fourth"):
            if instance is None:
                assert np.all(np.isnan(found[name]))
            else:
                assert found[name].shape == (1,)
                assert found[name][0] == pytest.approx(float(OWN.measure(instance)[name].value), rel=1e-9)
                compared += 1
    assert compared >= 10
    assert batched(Falsify(statement), space)


def test_without_a_form_for_batches_instances_are_measured_one_by_one():
    statement = searchable(about(neurons >= 1))
    assert statement.measure_batch is None and not batched(Falsify(statement), spaces.hub)
    assert "width" not in searchable(about(multiplier_sq <= largest)).measure_batch({"ok": np.array([False])})


def test_own_spaces_come_first_and_once():
    statement = searchable(about(multiplier_sq <= largest, spaces=(spaces.cluster_points, spaces.hub)))
    names = [space.name for space in statement.spaces]
    assert names[:2] == ["cluster_points", "hub"] and len(names) == len(set(names)) == 2 + len(spaces.POINTS)
    assert [space.name for space in searchable(statement).spaces] == names
    replaced = searchable(replace(statement, spaces=()))
    assert replaced.spaces == (*spaces.POINTS, *spaces.NO_POINTS)
