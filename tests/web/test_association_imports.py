"""Importing a file in InterSystems' form: preview, pair, overwrite, apply, undo."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dicomcfg.exchange.models import Import
from dicomcfg.inventory.models import AE, Association, ChangeSet
from dicomcfg.inventory.selectors import contexts_of
from tests.parts.people import Person
from tests.parts.rows import CT, IMPLICIT, VERIFICATION, make_ae, make_association

WORKLIST = "1.2.840.10008.5.1.4.31"
# The sample of the vendor's page.
SAMPLE = f"""{VERIFICATION}
{WORKLIST}\\1.2.840.10008.1.2
{WORKLIST}\\1.2.840.10008.1.2.1
{WORKLIST}\\1.2.840.10008.1.2.2
"""


def _form(**fields: object) -> dict[str, object]:
    return {"calling_title": "", "called_title": "", "text": ""} | fields


def _preview(editor: Person, **fields: object) -> tuple[str, str]:
    """Hand a source in; the preview's address and text."""
    address = editor.post("/import/association/", _form(**fields))["Location"]
    return address, editor.get(address).content.decode()


def test_the_vendors_sample_imports_exactly(editor: Person) -> None:
    make_ae("ENS-SCU")
    make_ae("MWL-SCP")
    file = SimpleUploadedFile("MyAssociations.txt", SAMPLE.encode())
    pair = {"calling_title": "ENS-SCU", "called_title": "MWL-SCP"}
    address, page = _preview(editor, file=file, **pair)
    assert "Verification SOP Class" in page
    assert "Modality Worklist Information Model - FIND" in page
    assert "Explicit VR Big Endian" in page
    assert "make 2 presentation contexts" in page
    assert not Association.objects.exists()
    answer = editor.post(f"{address}apply/")
    made = Association.objects.get()
    assert answer["Location"] == f"/associations/{made.pk}/contexts/"
    assert str(made) == "ENS-SCU → MWL-SCP"
    assert [(c.abstract_syntax, c.transfer_syntaxes) for c in contexts_of(made)] == [
        (VERIFICATION, (IMPLICIT,)),
        (WORKLIST, (IMPLICIT, "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")),
    ]
    assert "applied" in editor.get(address).content.decode()


def test_a_paste_with_new_aes_is_one_act_that_can_be_undone(editor: Person) -> None:
    pair = {"calling_title": "NEW-SCU", "called_title": "NEW-SCP"}
    address, page = _preview(editor, text=SAMPLE, **pair)
    assert "is made as calling AE" in page
    before = ChangeSet.objects.count()
    editor.post(f"{address}apply/")
    assert Association.objects.count() == 1
    assert ChangeSet.objects.count() == before + 1
    act = ChangeSet.objects.latest("id")
    editor.post(f"/history/{act.pk}/undo/")
    assert not Association.objects.exists()
    assert not AE.objects.filter(ae_title__startswith="NEW").exists()


def test_an_existing_pair_is_an_error_with_a_link_unless_overwritten(editor: Person) -> None:
    old = make_association("CT1", "PACS", (CT, IMPLICIT), name="kept")
    pair = {"calling_title": "CT1", "called_title": "PACS"}
    address, page = _preview(editor, text=SAMPLE, **pair)
    assert f'<a href="/associations/{old.pk}/">CT1 → PACS</a>' in page
    assert "disabled>Apply" in page
    refused = editor.post(f"{address}apply/", follow=True).content.decode()
    assert "Nothing was imported" in refused
    assert [c.abstract_syntax for c in contexts_of(old)] == [CT]
    editor.post(f"{address}choose/", pair | {"overwrite": "on"})
    assert "disabled>Apply" not in editor.get(address).content.decode()
    editor.post(f"{address}apply/")
    assert [c.abstract_syntax for c in contexts_of(old)] == [VERIFICATION, WORKLIST]
    assert Association.objects.get().name == "kept"


def test_the_pair_may_be_chosen_on_the_preview(editor: Person) -> None:
    ct, pacs = make_ae("CT1"), make_ae("PACS")
    address, page = _preview(editor, text=SAMPLE)
    assert "No AE is chosen" in page
    chosen = {
        "calling_title": "CT1",
        "calling_pk": str(ct.pk),
        "called_title": "PACS",
        "called_pk": str(pacs.pk),
    }
    editor.post(f"{address}choose/", chosen)
    page = editor.get(address).content.decode()
    assert 'value="CT1"' in page
    editor.post(f"{address}apply/")
    assert str(Association.objects.get()) == "CT1 → PACS"


def test_errors_of_a_line_stand_beside_it_and_block(editor: Person) -> None:
    make_ae("CT1")
    make_ae("PACS")
    source = f"# ours\n\n{CT}\\{IMPLICIT}\n1.2.03\\{IMPLICIT}\n<script>x</script>\n"
    address, page = _preview(editor, text=source, calling_title="CT1", called_title="PACS")
    assert "2 errors in the lines below, first in line 4" in page
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    editor.post(f"{address}apply/")
    assert not Association.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "one of the two"),
        ({"text": "x", "file": SimpleUploadedFile("a.txt", b"y")}, "one of the two"),
    ],
)
def test_one_source_is_needed(editor: Person, fields: dict[str, object], words: str) -> None:
    page = editor.post("/import/association/", _form(**fields)).content.decode()
    assert words in page
    assert not Import.objects.exists()


def test_it_is_applied_once(editor: Person) -> None:
    address, _ = _preview(editor, text=SAMPLE, calling_title="A", called_title="B")
    editor.post(f"{address}apply/")
    again = editor.post(f"{address}apply/", follow=True).content.decode()
    assert "applied already" in again
    assert Association.objects.count() == 1
    assert editor.post(f"{address}choose/", {}).status_code == 404


def test_only_editors_apply(editor: Person, operator: Person) -> None:
    address, _ = _preview(editor, text=SAMPLE, calling_title="A", called_title="B")
    for page in (address, "/import/association/"):
        assert operator.get(page).status_code == 403
    for page in (f"{address}apply/", f"{address}choose/", "/import/association/"):
        assert operator.post(page).status_code == 403
    assert not Association.objects.exists()


def test_random_bytes_make_findings(editor: Person) -> None:
    file = SimpleUploadedFile("x.bin", bytes(range(256)) * 20)
    _, page = _preview(editor, file=file, calling_title="A", called_title="B")
    assert "disabled>Apply" in page
