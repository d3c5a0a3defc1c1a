"""A table pasted or uploaded: the preview by cell, one change, nothing before it is applied."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dicomcfg.exchange.models import Import
from dicomcfg.inventory.models import AE, ChangeSet, Site
from tests.parts.people import Person
from tests.parts.rows import make_ae

pytestmark = pytest.mark.django_db

GOOD = "AE Title\tHost\tPort\tDevice\nCT1\t10.0.0.1\t104\tScanner\nMR1\t10.0.0.2\t11112\t\n"


def _paste(person: Person, text: str = GOOD, **fields: object) -> str:
    """Keep a table; the address of its preview."""
    site = Site.objects.order_by("pk")[0].pk
    answer = person.post("/import/aes/", {"text": text, "site": site, **fields})
    assert answer.status_code == 302
    return str(answer["Location"])


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_only_editors_import(who: str, request: pytest.FixtureRequest, editor: Person) -> None:
    person: Person = request.getfixturevalue(who)
    preview = _paste(editor)
    assert person.get("/import/aes/").status_code == 403
    assert person.post("/import/aes/", {"text": GOOD}).status_code == 403
    assert person.get(preview).status_code == 403
    assert person.post(f"{preview}apply/").status_code == 403
    assert not AE.objects.exists()


def test_a_paste_is_previewed_and_then_applied_as_one_change(editor: Person) -> None:
    make_ae("MR1", "10.0.0.2:104")
    changes = ChangeSet.objects.count()
    preview = _paste(editor)
    page = editor.get(preview).content.decode()
    assert "<b>1</b><span>new</span>" in page
    assert "<b>1</b><span>changed</span>" in page
    assert AE.objects.count() == 1
    assert editor.post(f"{preview}apply/")["Location"] == "/aes/"
    assert ChangeSet.objects.count() == changes + 1
    assert str(AE.objects.get(ae_title="CT1").device) == "Scanner"
    assert AE.objects.get(ae_title="MR1").connections.get().port == 11112
    assert "Applied" in editor.get(preview).content.decode()
    again = editor.post(f"{preview}apply/", follow=True).content.decode()
    assert "applied already" in again
    assert ChangeSet.objects.count() == changes + 1


def test_a_file_is_taken_by_its_name(editor: Person) -> None:
    file = SimpleUploadedFile("aes.csv", GOOD.replace("\t", ";").encode())
    page = editor.get(_paste(editor, "", source=file)).content.decode()
    assert "aes.csv" in page
    assert "<b>2</b><span>new</span>" in page


def test_findings_stand_at_their_cells_and_errors_block(editor: Person) -> None:
    text = "AET,IP,Port\n<i>CT,10.0.0.1,99999\nANY-SCP,10.0.0.2,104\n"
    preview = _paste(editor, text)
    page = editor.get(preview).content.decode()
    assert '<td class="error" data-label="Port">' in page
    assert '<td class="warning" data-label="AET">' in page
    assert "Errors keep this table from being applied" in page
    assert "<i>CT" not in page
    answer = editor.post(f"{preview}apply/", follow=True).content.decode()
    assert "cell C2" in answer
    assert not AE.objects.exists()


def test_nothing_pasted_is_refused(editor: Person) -> None:
    answer = editor.post("/import/aes/", {"text": " \n", "site": Site.objects.first().pk})
    assert answer.status_code == 422
    assert "Paste a table or choose a file" in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize("text", ["\x01\x02", "just words", "a\n" * 5000, '"' * 999, "\ufeff"])
def test_nonsense_becomes_findings(editor: Person, text: str) -> None:
    page = editor.get(_paste(editor, text)).content.decode()
    assert "finding-message" in page
