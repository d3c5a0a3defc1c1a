"""What a discovery found, taken over as Transfer Capabilities: previewed, undone, refused."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dicomcfg.core.records import RoleSelection, TransferCapability
from dicomcfg.inventory.models import AE, ChangeSet
from dicomcfg.inventory.selectors import capabilities_of
from dicomcfg.inventory.services.capabilities import set_capabilities
from tests.parts.discovered import discover
from tests.parts.people import Person
from tests.parts.rows import CT, IMPLICIT, SHELL, VERIFICATION, make_ae


@pytest.fixture
def ae(db: None) -> AE:
    return make_ae("PACS")


def _page(person: Person, name: str, pk: int) -> str:
    answer = person.get(reverse(name, args=[pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_taking_over_after_a_preview_and_taking_it_back(editor: Person, ae: AE) -> None:
    old = [TransferCapability(CT, "SCP", (IMPLICIT,)), TransferCapability(CT, "SCU", (IMPLICIT,))]
    ae = set_capabilities(SHELL, ae, old, ae.revision)
    roles = [RoleSelection(VERIFICATION, scu=True, scp=True)]
    check = discover(ae, ["04", "33"], roles=roles)
    html = _page(editor, "discovery-adopt", check.pk)
    for words in ("2 new", "1 gone", "3 in all afterwards"):
        assert words in html
    assert "0 changed" not in html
    address = reverse("discovery-adopt", args=[check.pk])
    answer = editor.post(address, {"revision": ae.revision}, follow=True)
    assert "Set capabilities of PACS: 2 new, 1 gone" in answer.content.decode()
    assert capabilities_of(ae) == [
        TransferCapability(CT, "SCU", (IMPLICIT,)),
        TransferCapability(VERIFICATION, "SCP", (IMPLICIT,)),
        TransferCapability(VERIFICATION, "SCU", (IMPLICIT,)),
    ]
    act = ChangeSet.objects.latest("pk")
    history = _page(editor, "change-set-detail", act.pk)
    assert "as SCP: Implicit LE" in history
    editor.post(reverse("change-set-undo", args=[act.pk]))
    assert capabilities_of(ae) == old


def test_taking_over_what_someone_changed_meanwhile_is_refused(editor: Person, ae: AE) -> None:
    check = discover(ae, ["00", "33"])
    set_capabilities(SHELL, ae, [TransferCapability(CT, "SCU", (IMPLICIT,))], ae.revision)
    for revision in ("1", "x", ""):
        answer = editor.post(
            reverse("discovery-adopt", args=[check.pk]), {"revision": revision}, follow=True
        )
        assert "Look at the preview again" in answer.content.decode()
    assert len(capabilities_of(ae)) == 1


def test_taking_over_twice_changes_nothing(editor: Person, ae: AE) -> None:
    check = discover(ae, ["00", "33"])
    editor.post(reverse("discovery-adopt", args=[check.pk]), {"revision": 1})
    assert "Nothing differs" in _page(editor, "discovery-adopt", check.pk)
    address = reverse("discovery-adopt", args=[check.pk])
    answer = editor.post(address, {"revision": 2}, follow=True)
    assert "had these Transfer Capabilities already" in answer.content.decode()
