"""Two people at once: an import is applied once, and nothing is written that nobody was shown."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from dicomcfg.exchange.applying import apply
from dicomcfg.exchange.models import Import
from dicomcfg.exchange.preview import prepare
from dicomcfg.inventory.models import AE, ChangeSet
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.undo import CannotUndo, undo
from tests.parts.imports import ACTOR, previewed
from tests.parts.rows import edit_ae, make_ae

pytestmark = pytest.mark.django_db(transaction=True)
TABLE = "AE Title,Host,Port,Description\n" + "".join(
    f"A{n},10.0.0.{n},104,said\n" for n in range(30)
)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """The refusals of acts that start together; anything else that is raised fails."""
    barrier = Barrier(len(acts))

    def one(act: Callable[[], object]) -> str:
        barrier.wait(timeout=20)
        try:
            act()
            return ""
        except (ServiceError, StaleRevision, CannotUndo) as refused:
            return str(refused)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [text for text in pool.map(one, acts) if text]


def test_two_people_apply_one_import_once() -> None:
    kept = previewed(TABLE)
    refusals = at_once(*(lambda: apply(ACTOR, Import.objects.get(pk=kept.pk)) for _ in range(3)))
    assert len(refusals) == 2
    assert all("applied already" in text for text in refusals)
    assert (AE.objects.count(), ChangeSet.objects.count()) == (30, 1)


def test_the_same_file_twice_makes_no_ae_twice() -> None:
    first, second = previewed(TABLE), previewed(TABLE)
    refusals = at_once(lambda: apply(ACTOR, first), lambda: apply(ACTOR, second))
    assert AE.objects.count() == 30, refusals
    assert len(refusals) == 1


def test_changes_and_imports_at_once_leave_one_or_the_other() -> None:
    aes = [make_ae(f"A{n}", f"10.0.0.{n}:104") for n in range(30)]
    kept = previewed(TABLE)
    refusals = at_once(
        lambda: apply(ACTOR, kept),
        lambda: edit_ae(ACTOR, aes[7], description="by another"),
        lambda: edit_ae(ACTOR, aes[20], description="by another"),
    )
    descriptions = [*AE.objects.values_list("description", flat=True)]
    if refusals and any("since the preview" in text for text in refusals):
        assert "said" not in descriptions
        again = Import.objects.get(pk=kept.pk)
        prepare(again)
        apply(ACTOR, again)
    assert {*AE.objects.values_list("description", flat=True)} <= {"said", "by another"}


def test_undo_and_another_import_do_not_wait_in_a_circle() -> None:
    change_set = apply(ACTOR, previewed(TABLE))
    assert change_set is not None
    other = previewed(TABLE.replace("said", "other"), match="address")
    at_once(lambda: undo(ACTOR, change_set), lambda: apply(ACTOR, other))
    states = [{ae.description for ae in AE.objects.all()}]
    assert states in ([{"other"}], [set()])
