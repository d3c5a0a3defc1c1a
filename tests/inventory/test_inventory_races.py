"""Two people at once: one saves, the other is told; nothing is half written."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from dicomcfg.inventory.models import AE, Association, ChangeSet, Site
from dicomcfg.inventory.services import aes, associations
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.repoint import Chosen, repoint
from dicomcfg.inventory.services.undo import CannotUndo, undo
from tests.parts.rows import edit_ae

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = Actor(None, "anna")
PEOPLE = 4


def make(title: str) -> AE:
    return aes.create_ae(ACTOR, aes.AeData(site=Site.objects.get(), ae_title=title))


def at_once(act: Callable[[int], object]) -> list[object]:
    """Everybody's answer or refusal, from threads that start together."""
    barrier = Barrier(PEOPLE)

    def one(number: int) -> object:
        barrier.wait(timeout=20)
        try:
            return act(number)
        except (ServiceError, StaleRevision, CannotUndo) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PEOPLE) as pool:
        return list(pool.map(one, range(PEOPLE)))


def test_of_several_edits_of_one_revision_one_is_saved() -> None:
    ae = make("PACS")
    answers = at_once(lambda n: edit_ae(ACTOR, ae, description=f"by {n}"))
    saved = [answer for answer in answers if isinstance(answer, AE)]
    assert len(saved) == 1
    assert sum(isinstance(answer, StaleRevision) for answer in answers) == PEOPLE - 1
    stored = AE.objects.get()
    assert (stored.revision, stored.description) == (2, saved[0].description)
    assert ChangeSet.objects.count() == 2


def test_a_pair_is_saved_once() -> None:
    calling, called = make("CT"), make("PACS")
    answers = at_once(lambda _: associations.create_association(ACTOR, calling, called))
    assert sum(isinstance(answer, Association) for answer in answers) == 1
    assert sum(isinstance(answer, ServiceError) for answer in answers) == PEOPLE - 1
    assert ChangeSet.objects.filter(summary__startswith="Added association").count() == 1


def test_an_act_is_undone_once() -> None:
    make("PACS")
    created = ChangeSet.objects.get()
    answers = at_once(lambda _: undo(ACTOR, created))
    assert sum(isinstance(answer, ChangeSet) for answer in answers) == 1
    assert sum(isinstance(answer, CannotUndo) for answer in answers) == PEOPLE - 1
    assert not AE.objects.exists()
    assert ChangeSet.objects.count() == 2


def test_bulk_edits_of_the_same_rows_wait_for_each_other() -> None:
    rows = [make(f"A{n}") for n in range(20)]
    orders = [rows, rows[::-1], rows[10:] + rows[:10], rows]
    answers = at_once(lambda n: aes.bulk_update(ACTOR, orders[n], add_tags=[f"t{n}"]))
    assert all(isinstance(answer, ChangeSet) for answer in answers)
    for ae in AE.objects.prefetch_related("tags"):
        assert {tag.name for tag in ae.tags.all()} == {f"t{n}" for n in range(PEOPLE)}
        assert ae.revision == PEOPLE + 1


def test_deleting_an_ae_and_pairing_it_leave_no_orphan() -> None:
    calling, called = make("CT"), make("PACS")

    def act(number: int) -> object:
        if number % 2:
            return aes.delete_aes(ACTOR, [called])
        return associations.create_association(ACTOR, calling, called)

    at_once(act)
    assert not AE.objects.filter(pk=called.pk).exists()
    assert not Association.objects.exists()


def _associate(count: int, called: AE) -> list[Association]:
    return [
        associations.create_association(ACTOR, make(f"{called.ae_title}_{n}"), called)
        for n in range(count)
    ]


def test_of_several_repoints_of_the_same_rows_one_counts() -> None:
    old, news = make("PACS"), [make(f"NEW{n}") for n in range(PEOPLE)]
    rows = _associate(8, old)
    orders = [rows, rows[::-1], rows[4:] + rows[:4], rows]

    def act(number: int) -> object:
        chosen = [Chosen((row.pk, row.revision)) for row in orders[number]]
        return repoint(ACTOR, old, news[number], chosen)

    answers = at_once(act)
    assert sum(isinstance(answer, ChangeSet) for answer in answers) == 1
    assert sum(isinstance(answer, StaleRevision) for answer in answers) == PEOPLE - 1
    assert len(set(Association.objects.values_list("called", flat=True))) == 1


def test_repoints_there_and_back_edits_and_deletions_do_not_block_each_other() -> None:
    """Two AEs replace each other while one is deleted and a pair of theirs is added."""
    one, other = make("ONE"), make("OTHER")
    rows = {one: _associate(6, one), other: _associate(6, other)}

    def act(number: int) -> object:
        if number == 2:
            return aes.delete_aes(ACTOR, [other])
        if number == 3:
            return associations.create_association(ACTOR, rows[other][0].calling, one)
        old, new = (one, other) if number else (other, one)
        return repoint(ACTOR, old, new, [Chosen((row.pk, row.revision)) for row in rows[old]])

    answers = at_once(act)
    assert not [answer for answer in answers if answer is None]
    assert not Association.objects.filter(called=other).exists()
    assert ChangeSet.objects.filter(summary__startswith="Deleted AE").count() == 1


def test_a_pair_that_appears_while_repointing_is_never_doubled() -> None:
    old, new = make("PACS"), make("PACS2")
    row = _associate(1, old)[0]

    def act(number: int) -> object:
        if number % 2:
            return associations.create_association(ACTOR, row.calling, new)
        return repoint(ACTOR, old, new, [Chosen((row.pk, row.revision))])

    answers = at_once(act)
    assert Association.objects.filter(calling=row.calling, called=new).count() == 1
    assert sum(isinstance(answer, ServiceError | StaleRevision) for answer in answers) == PEOPLE - 1
