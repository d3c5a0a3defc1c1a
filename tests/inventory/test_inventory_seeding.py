"""A made-up network: as large as asked for, alike every time, and never beside a real one."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count

from dicomcfg.core.standard.ae_title import check_ae_title
from dicomcfg.core.standard.uids import lookup
from dicomcfg.inventory.models import (
    AE,
    Association,
    ChangeSet,
    Device,
    PresentationContext,
    SeenCapabilities,
    SeenContexts,
    Site,
    SyntaxList,
    TransferCapability,
)
from dicomcfg.inventory.seeding.kinds import KINDS, most_capabilities
from dicomcfg.inventory.seeding.network import planned_aes, planned_pairs
from tests.parts.rows import make_ae

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)


def seed(**options: Any) -> str:
    told = StringIO()
    call_command("seed_inventory", stdout=told, **{"at": AT, **options})
    return told.getvalue()


def everything() -> list[list[tuple[Any, ...]]]:
    """All rows without their own ids, which a store never gives twice."""
    first = AE.objects.earliest("pk").pk
    aes = AE.objects.order_by("pk").values_list(
        "ae_title", "device__name", "site__name", "latest_outcome", "latest_at", "drift_count"
    )
    capabilities = TransferCapability.objects.order_by("ae_id", "position").values_list(
        "ae_id", "sop_class", "role", "syntax_list__uids"
    )
    pairs = Association.objects.order_by("pk").values_list(
        "calling__ae_title", "called__ae_title", "latest_tone", "drift_count"
    )
    return [list(aes), [(row[0] - first, *row[1:]) for row in capabilities], list(pairs)]


def test_it_makes_what_was_asked_for() -> None:
    told = seed(aes=600, associations=701, capabilities=12_345)
    assert AE.objects.count() == 600
    assert Association.objects.count() == 701
    assert TransferCapability.objects.count() == 12_345
    assert "capabilities: 12,345 of 12,345" in told
    assert told.endswith("Done.\n")
    assert Site.objects.count() == 2
    assert not ChangeSet.objects.exists()
    of_one = AE.objects.annotate(n=Count("transfer_capabilities")).values_list("n", flat=True)
    assert set(of_one) == {20, 21}


def test_half_as_many_associations_and_a_hundred_capabilities_an_ae_unless_told() -> None:
    seed(aes=20)
    assert Association.objects.count() == 10
    assert TransferCapability.objects.count() == 2000


def test_it_looks_like_a_network() -> None:
    seed(aes=300, associations=400, capabilities=30_000)
    titles = list(AE.objects.values_list("ae_title", flat=True))
    assert len(set(titles)) == 300
    assert not [title for title in titles if check_ae_title(title)]
    assert SyntaxList.objects.count() < 60
    assert Device.objects.filter(department="Radiology").exists()
    assert all(lookup(uid) for uid in _distinct(TransferCapability, "sop_class"))
    assert all(lookup(uid) for uid in _distinct(PresentationContext, "abstract_syntax"))
    busiest = AE.objects.annotate(n=Count("associations_in")).latest("n")
    assert busiest.n > 30
    assert len(_distinct(Association, "latest_tone")) == 4


def test_drift_is_told_as_it_was_seen() -> None:
    seed(aes=300, associations=200, capabilities=30_000)
    for pk, count in SeenCapabilities.objects.values_list("ae__pk", "ae__drift_count"):
        rows = SeenCapabilities.objects.get(pk=pk).matrix["rows"]
        assert count == sum("3" in row for row in rows)
    for each in SeenContexts.objects.select_related("association"):
        refused = sum(accepted is None for *_, accepted in each.contexts)
        assert each.association.drift_count == refused
    for model in (AE, Association):
        drifting = model.objects.filter(drift_count__gt=0)
        assert drifting.exists()
        assert set(drifting) == set(model.objects.exclude(drift_since=None))


def test_the_same_seed_makes_the_same_network_and_another_another() -> None:
    seed(aes=30)
    one = everything()
    _clear()
    seed(aes=30)
    same = everything()
    _clear()
    seed(aes=30, seed=2)
    assert same == one
    assert everything() != one


def test_an_inventory_that_holds_anything_is_left_alone() -> None:
    make_ae("CT1")
    with pytest.raises(CommandError, match="not empty"):
        seed(aes=10)
    assert AE.objects.count() == 1
    AE.objects.all().delete()
    Site.objects.create(name="Another", slug="another")
    with pytest.raises(CommandError, match="not empty"):
        seed(aes=10)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"aes": 0}, "At least one AE"),
        ({"aes": 5, "associations": -1}, "no negative number"),
        ({"aes": 5, "associations": 21}, "no more than 20 pairs"),
        ({"aes": 5, "capabilities": 5 * most_capabilities() + 1}, "hold at most"),
    ],
)
def test_numbers_that_cannot_be_change_nothing(options: dict[str, int], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        seed(**options)
    assert not AE.objects.exists()
    assert not SyntaxList.objects.exists()


def test_every_pair_and_every_capability_can_be_had() -> None:
    seed(aes=5, associations=20, capabilities=5 * most_capabilities())
    assert Association.objects.count() == 20
    assert TransferCapability.objects.count() == 5 * most_capabilities()


def test_every_kind_occurs_and_hubs_are_few() -> None:
    plan = planned_aes(2000, 1)
    found = [ae.kind for ae in plan]
    assert set(found) == set(KINDS)
    assert sum(kind.role == "SCP" for kind in found) < 120
    pairs = planned_pairs(plan, 1000, 1)
    assert len({plan[calling].site for calling, _ in pairs}) == 4


def _distinct(model: Any, field: str) -> set[str]:
    return set(model.objects.order_by().values_list(field, flat=True).distinct())


def _clear() -> None:
    SeenCapabilities.objects.all().delete()
    SeenContexts.objects.all().delete()
    Association.objects.all().delete()
    AE.objects.all().delete()
    Device.objects.all().delete()
