"""A worker's results against people's acts: both lock associations in the order of their ids.

A worker holds the first of two associations when somebody begins an act that writes the second and
then the first. The act has to wait before it holds anything that the worker wants next.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, connections, transaction

from dicomcfg.core.records import PresentationContext, TransferCapability
from dicomcfg.inventory.models import AE, Association, ChangeSet
from dicomcfg.inventory.services.aes import delete_aes
from dicomcfg.inventory.services.capability_rows import load_capabilities
from dicomcfg.inventory.services.drift import adopt
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile, update_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.repoint import Chosen, repoint
from dicomcfg.inventory.services.undo import CannotUndo, undo
from tests.parts.drifting import STORE, able, negotiate, tokens
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, make_ae, make_association
from tests.parts.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
BOTH, TURNED = (CT, IMPLICIT, EXPLICIT), TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT))


def lock(row: Association | AE) -> None:
    """As results lock it: without the rows that its ordering would join."""
    rows = type(row).objects.select_for_update().filter(pk=row.pk)
    list(rows.order_by("pk").values_list("pk"))


def beside_a_worker(
    first: Association | AE, second: Association | AE, act: Callable[[], object]
) -> None:
    """Do `act` while a worker holds `first` and then takes `second`, as when it writes results."""
    held = Event()

    def worker() -> None:
        try:
            with transaction.atomic():
                lock(first)
                held.set()
                wait_until(waits_or_ended, "the act waits for the worker")
                lock(second)
        finally:
            held.set()
            connections.close_all()

    def waits_or_ended() -> bool:
        if connection.vendor != "postgresql":
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return ended.is_set() or cursor.fetchone()[0] > 0

    def person() -> None:
        held.wait(20)
        try:
            act()
        finally:
            ended.set()
            connections.close_all()

    ended = Event()
    with ThreadPoolExecutor(2) as pool:
        for done in (pool.submit(worker), pool.submit(person)):
            done.result()


def callers() -> tuple[AE, Association, Association]:
    """An AE and two associations that call it, negotiated with the other order than it has."""
    pacs = able(make_ae("PACS"), STORE)
    first, second = (make_association(title, pacs, BOTH) for title in ("CT1", "CT2"))
    for each in (first, second):
        negotiate(each, EXPLICIT)
    return pacs, first, second


def test_adopting_an_order_that_concerns_other_callers() -> None:
    pacs, first, second = callers()
    chosen = tokens(second)
    beside_a_worker(first, second, lambda: adopt(SHELL, second, chosen, second.revision))
    assert load_capabilities([pacs.pk])[pacs.pk] == (TURNED,)


def test_taking_such_an_adoption_back() -> None:
    pacs, first, second = callers()
    able(pacs, TransferCapability(CT, "SCP", (IMPLICIT, EXPLICIT)))
    change = adopt(SHELL, second, tokens(second), second.revision)
    assert change is not None
    beside_a_worker(first, second, lambda: undo(SHELL, change))
    assert load_capabilities([pacs.pk])[pacs.pk] == (STORE,)


@pytest.mark.parametrize("back", [False, True])
def test_a_profile_that_is_followed_by_an_association_and_by_an_ae_that_others_call(
    back: bool,
) -> None:
    profile = create_profile(SHELL, ProfileData(name="Basic"))
    follower = make_association("US1", "OTHER", BOTH)
    pacs, _, caller = callers()
    pacs.refresh_from_db()
    follow(SHELL, pacs, profile, pacs.revision, "SCP")
    follow(SHELL, follower, profile, follower.revision)
    held = ProposedSet((PresentationContext(CT, (EXPLICIT, IMPLICIT)),))

    def change() -> object:
        return update_profile(SHELL, profile, ProfileData(name="Basic", proposed=held), 1)

    if back:
        change()
        made = ChangeSet.objects.order_by("-id")[0]
        beside_a_worker(follower, caller, lambda: undo(SHELL, made))
    else:
        beside_a_worker(follower, caller, change)
    assert load_capabilities([pacs.pk]).get(pacs.pk, ()) == (() if back else (TURNED,))


def test_a_repoint_taken_back_while_a_worker_holds_the_ae() -> None:
    """The row of an AE is asked for at the end, when an association comes to refer to it."""
    old, new = make_ae("PACS"), make_ae("PACS2")
    row = make_association("CT1", old, BOTH)
    change = repoint(SHELL, old, new, [Chosen((row.pk, row.revision))])
    assert change is not None
    beside_a_worker(old, row, lambda: undo(SHELL, change))
    assert Association.objects.get().called_id == old.pk


def test_an_ae_that_is_deleted_while_a_repoint_to_it_is_taken_back() -> None:
    old, new = make_ae("PACS"), make_ae("PACS2")
    row = make_association("CT1", old, BOTH)
    change = repoint(SHELL, old, new, [Chosen((row.pk, row.revision))])
    assert change is not None

    def take_back() -> None:
        try:
            undo(SHELL, change)
        except CannotUndo as refusal:
            assert "no longer exists" in str(refusal)

    def closing(act: Callable[[], object]) -> None:
        try:
            act()
        finally:
            connections.close_all()

    acts = (take_back, lambda: delete_aes(SHELL, [old]))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(closing, acts))
    assert not Association.objects.filter(called=old.pk).exists()
