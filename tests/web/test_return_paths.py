"""Return paths on an association's page: step by step, until the inventory has all of one."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.negotiation.return_paths import MPPS, STORAGE_COMMITMENT
from dicomcfg.core.records import PresentationContext, RoleSelection
from dicomcfg.inventory.models import Association
from dicomcfg.inventory.services.associations import set_contexts, set_negotiation
from tests.parts.people import Person
from tests.parts.rows import CT, IMPLICIT, SHELL, edit_ae, make_ae, make_association

pytestmark = pytest.mark.django_db

MOVE = "1.2.840.10008.5.1.4.1.2.2.2"


def _button(page: str) -> tuple[str, str] | None:
    """Address and label of the first thing that a return path offers."""
    section = page.partition('id="return-heading"')[2].partition("</section>")[0]
    found = re.search(r'<a class="button small" href="([^"]+)">([^<]+)</a>', section)
    return (found[1].replace("&amp;", "&"), found[2]) if found else None


def test_storage_commitment_step_by_step(editor: Person) -> None:
    scanner, pacs = make_ae("CT1", None), make_ae("PACS")
    there = make_association(scanner, pacs, [STORAGE_COMMITMENT, IMPLICIT])
    assert _button(editor.page("association-detail", there.pk)) == (
        f"/aes/{scanner.pk}/edit/",
        "Add an address of CT1",
    )
    addressed = make_ae("OTHER", "10.0.0.9:104")
    edit_ae(SHELL, scanner, connections=tuple(c.record() for c in addressed.connections.all()))
    address, label = _button(editor.page("association-detail", there.pk)) or ("", "")
    assert label == "Add association PACS → CT1"
    form = editor.get(address).content.decode()
    assert "PACS" in form and "CT1" in form
    back = make_association(pacs, scanner)
    assert _button(editor.page("association-detail", there.pk)) == (
        f"/associations/{back.pk}/contexts/add/",
        "Add a context to PACS → CT1",
    )
    set_contexts(SHELL, back, [PresentationContext(STORAGE_COMMITMENT, (IMPLICIT,))], back.revision)
    assert _button(editor.page("association-detail", there.pk)) == (
        f"/associations/{back.pk}/roles/",
        "Propose roles in PACS → CT1",
    )
    back.refresh_from_db()
    roles = RequestOptions(role_selections=(RoleSelection(STORAGE_COMMITMENT, False, True),))
    set_negotiation(SHELL, back, roles.role_selections, (), back.revision)
    page = editor.page("association-detail", there.pk)
    assert _button(page) is None
    assert "The association PACS → CT1 can bring the result of storage commitment" in page
    assert "return-heading" not in editor.page("association-detail", back.pk)


def test_viewers_read_what_is_missing_without_the_button(viewer: Person) -> None:
    there = make_association("WS", "PACS", [MOVE, IMPLICIT])
    page = viewer.page("association-detail", there.pk)
    assert "as a move destination" in page and _button(page) is None


def test_a_refused_form_still_tells(editor: Person) -> None:
    there = make_association("WS", "PACS", [MOVE, IMPLICIT])
    answer = editor.post(f"/associations/{there.pk}/edit/", {"name": "x" * 500, "revision": 1})
    assert "as a move destination" in answer.content.decode()


def test_they_cost_the_same_for_many_associations(viewer: Person) -> None:
    pacs = make_ae("PACS")
    there = make_association("WS", pacs, [MOVE, IMPLICIT], [MPPS, IMPLICIT])
    make_association(pacs, Association.objects.get(pk=there.pk).calling, [CT, IMPLICIT])
    counts = []
    for start in (0, 10):
        for number in range(start, start * 2 + 2):
            make_association(pacs, f"AE{number}", [CT, IMPLICIT], [MPPS, IMPLICIT])
        with CaptureQueriesContext(connection) as queries:
            page = viewer.page("association-detail", there.pk)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "passes it on to AE0, AE1" in page
