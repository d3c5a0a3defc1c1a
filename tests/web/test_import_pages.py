"""Files or a paste are taken in, previewed, applied as one change and kept."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from dicomcfg.exchange.models import Import, ImportFile, ImportState
from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile, Site
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.sites import SiteData, create_site
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    edit_ae,
    make_ae,
    make_association,
)

pytestmark = pytest.mark.django_db

WORKLIST = "1.2.840.10008.5.1.4.31"
# The sample of the vendor's page.
PAIRS = f"""{VERIFICATION}
{WORKLIST}\\1.2.840.10008.1.2
{WORKLIST}\\1.2.840.10008.1.2.1
{WORKLIST}\\1.2.840.10008.1.2.2
"""
TABLE = "AE Title\tHost\tPort\tDevice\nCT1\t10.0.0.1\t104\tScanner\nMR1\t10.0.0.2\t11112\t\n"


def give(person: Person, text: str = "", *files: tuple[str, bytes], **fields: str) -> HttpResponse:
    """Send the import page's form."""
    sent: dict[str, object] = {"text": text, "calling_title": "", "called_title": "", **fields}
    if files:
        sent["given"] = [SimpleUploadedFile(name, data) for name, data in files]
    return person.post("/import/", sent)


def preview(person: Person, text: str = "", *files: tuple[str, bytes], **fields: str) -> str:
    """Take something in; the address of its preview."""
    answer = give(person, text, *files, **fields)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def page_of(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_lists_what_can_be_read(editor: Person) -> None:
    page = page_of(editor, "/import/")
    assert "InterSystems association file" in page
    assert "dicomcfg JSON" in page
    assert 'data-drop="given"' in page
    assert "multiple" in page


def test_a_paste_is_previewed_and_then_applied_as_one_change(editor: Person) -> None:
    make_ae("MR1", "10.0.0.2:104")
    acts = ChangeSet.objects.count()
    address = preview(editor, TABLE)
    page = page_of(editor, address)
    assert "<b>2</b><span>new</span><small>1 device, 1 AE</small>" in page
    assert "<b>1</b><span>changed</span><small>1 AE</small>" in page
    assert "10.0.0.2:104" in page
    assert "Apply 3 rows" in page
    assert AE.objects.count() == 1
    assert editor.post(f"{address}apply/")["Location"] == address
    assert ChangeSet.objects.count() == acts + 1
    assert str(AE.objects.get(ae_title="CT1").device) == "Scanner"
    assert AE.objects.get(ae_title="MR1").connections.get().port == 11112
    page = page_of(editor, address)
    assert "Below is the preview that was applied" in page
    assert AE.objects.get(ae_title="CT1").get_absolute_url() in page
    assert f'action="/history/{ChangeSet.objects.latest("id").pk}/undo/"' in page
    again = editor.post(f"{address}apply/", follow=True).content.decode()
    assert "applied already" in again
    assert ChangeSet.objects.count() == acts + 1


def test_what_was_applied_can_be_taken_back_and_says_so(editor: Person) -> None:
    address = preview(editor, TABLE)
    editor.post(f"{address}apply/")
    editor.post(f"/history/{ChangeSet.objects.latest('id').pk}/undo/")
    assert not AE.objects.exists()
    page = page_of(editor, address)
    undoing = ChangeSet.objects.latest("id").pk
    assert f'This import was <a href="/history/{undoing}/">taken back</a>' in page
    assert "by editor, so that nothing of it is in force" in page
    assert "/undo/" not in page
    assert '<th class="action">Was</th>' in page
    assert "Taken back" in page_of(editor, "/imports/")


def test_an_undo_that_is_refused_leads_back_to_the_import(editor: Person) -> None:
    address = preview(editor, TABLE)
    editor.post(f"{address}apply/")
    assert f'name="next" value="{address}"' in page_of(editor, address)
    act = ChangeSet.objects.latest("id")
    edit_ae(SHELL, AE.objects.get(ae_title="CT1"), description="later")
    refused = editor.post(f"/history/{act.pk}/undo/", {"next": address})
    assert refused.status_code == 409
    assert f'href="{address}">Back to' in refused.content.decode()


def test_the_vendors_sample_makes_an_association_of_two_new_aes(editor: Person) -> None:
    address = preview(
        editor,
        "",
        ("MyAssociations.txt", PAIRS.encode()),
        calling_title="ENS-SCU",
        called_title="MWL-SCP",
    )
    page = page_of(editor, address)
    assert "Preview of MyAssociations.txt" in page
    assert "ENS-SCU → MWL-SCP" in page
    assert "Modality Worklist Information Model - FIND" in page
    editor.post(f"{address}apply/")
    made = Association.objects.get()
    assert [(c.abstract_syntax, c.transfer_syntaxes) for c in contexts_of(made)] == [
        (VERIFICATION, (IMPLICIT,)),
        (WORKLIST, (IMPLICIT, "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")),
    ]
    assert made.get_absolute_url() in page_of(editor, address)


def test_the_ends_named_in_the_address_fill_the_form(editor: Person) -> None:
    pair = make_association("CT1", "PACS", (CT, IMPLICIT))
    page = page_of(editor, f"/import/?calling={pair.calling_id}&called={pair.called_id}")
    assert 'value="CT1"' in page
    assert 'value="PACS"' in page


def test_an_existing_pair_conflicts_until_it_is_to_be_overwritten(editor: Person) -> None:
    old = make_association("CT1", "PACS", (CT, IMPLICIT), name="kept")
    pair = {"calling_title": "CT1", "called_title": "PACS"}
    address = preview(editor, PAIRS, **pair)
    page = page_of(editor, address)
    assert "exists already" in page
    assert "Nothing to write" in page
    editor.post(f"{address}apply/")
    assert [c.abstract_syntax for c in contexts_of(old)] == [CT]
    chosen = _choices(**pair, target="association", overwrite="True")
    assert editor.post(f"{address}choose/", chosen)["Location"] == address
    editor.post(f"{address}apply/")
    assert [c.abstract_syntax for c in contexts_of(old)] == [VERIFICATION, WORKLIST]
    assert Association.objects.get().name == "kept"


def test_contexts_without_a_pair_become_a_profile(editor: Person) -> None:
    address = preview(editor, "", ("worklist.txt", PAIRS.encode()))
    editor.post(f"{address}apply/")
    assert Profile.objects.get().name == "worklist"


def _choices(**fields: str) -> dict[str, str]:
    site = str(Site.objects.order_by("pk")[0].pk)
    ends = {"calling_title": "", "called_title": ""}
    first = {"mode": "merge", "match": "title", "site": site, "target": "profile"}
    return first | ends | fields


def test_what_is_new_gets_what_was_chosen(editor: Person) -> None:
    north = create_site(SHELL, SiteData(name="North"))
    address = preview(editor, TABLE, site=str(north.pk))
    chosen = _choices(site=str(north.pk), tags="new, ct", device="Box")
    assert editor.post(f"{address}choose/", chosen).status_code == 302
    page = page_of(editor, address)
    assert "new ones at North" in page
    assert "of Box" in page
    assert "tagged new, ct" in page
    editor.post(f"{address}apply/")
    made = AE.objects.get(ae_title="MR1")
    assert (str(made.site), str(made.device)) == ("North", "Box")
    assert sorted(tag.name for tag in made.tags.all()) == ["ct", "new"]


def test_only_new_leaves_alone_what_is_stored(editor: Person) -> None:
    make_ae("MR1", "10.0.0.2:104")
    address = preview(editor, TABLE)
    editor.post(f"{address}choose/", _choices(mode="new"))
    assert "<b>1</b><span>left alone</span>" in page_of(editor, address)
    editor.post(f"{address}apply/")
    assert AE.objects.get(ae_title="MR1").connections.get().port == 104


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "no such"},
        {"match": ""},
        {"site": "9" * 5000},
        {"device": "x" * 65},
        {"tags": ",".join(f"t{i}" for i in range(60))},
        {"profile": "x"},
        {"calling_title": "A\x00B"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_choices_are_refused_in_words(editor: Person, wrong: dict[str, str]) -> None:
    address = preview(editor, TABLE)
    before = Import.objects.get().options
    answer = editor.post(f"{address}choose/", _choices(**wrong))
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert Import.objects.get().options == before


def test_several_files_and_an_archive_are_read_together(editor: Person) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("conf/pairs.txt", PAIRS)
        archive.writestr("nothing.txt", "just words\n")
    files = ("aes.csv", TABLE.replace("\t", ",").encode()), ("more.zip", packed.getvalue())
    address = preview(editor, "", *files)
    page = page_of(editor, address)
    for name in ("aes.csv", "conf/pairs.txt", "nothing.txt"):
        assert f">{name}</a>" in page
    assert "No format fits" in page
    assert "<b>4</b><span>new</span>" in page
    editor.post(f"{address}include/", {"all": "errors"})
    editor.post(f"{address}apply/")
    assert AE.objects.count() == 2
    assert Profile.objects.get().name == "pairs"


@pytest.mark.parametrize(
    ("text", "files", "words"),
    [
        (" \n", (), "one of the two"),
        ("x", (("a.txt", b"y"),), "one of the two"),
        ("a\x00b", (), "Null characters"),
    ],
    ids=["nothing", "both", "nul"],
)
def test_one_source_is_needed(
    editor: Person, text: str, files: tuple[tuple[str, bytes], ...], words: str
) -> None:
    answer = give(editor, text, *files)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Import.objects.exists()


def test_an_unknown_format_is_refused(editor: Person) -> None:
    assert give(editor, TABLE, format="word").status_code == 422
    assert not Import.objects.exists()


def test_the_detection_can_be_overridden(editor: Person) -> None:
    address = preview(editor, PAIRS)
    assert ImportFile.objects.get().format == "intersystems"
    editor.post(f"{address}format/1/", {"format": "ae-table"})
    file = ImportFile.objects.get()
    assert (file.format, file.is_chosen) == ("ae-table", True)
    editor.post(f"{address}format/1/", {"format": ""})
    assert ImportFile.objects.get().format == "intersystems"
    editor.post(f"{address}format/1/", {"format": "word"})
    assert ImportFile.objects.get().format == "intersystems"


@pytest.mark.parametrize("text", ["\x01\x02", "just words", "a\n" * 5000, '"' * 999, "\ufeff"])
def test_nonsense_becomes_findings(editor: Person, text: str) -> None:
    address = preview(editor, "", ("odd.txt", text.encode()))
    page = page_of(editor, address)
    assert "finding-message" in page
    assert "disabled aria-describedby" in page
    editor.post(f"{address}apply/")
    assert not AE.objects.exists()


def test_random_bytes_make_findings(editor: Person) -> None:
    address = preview(editor, "", ("x.bin", bytes(range(256)) * 20))
    assert "disabled aria-describedby" in page_of(editor, address)
    assert "No lines to show" in page_of(editor, f"{address}source/1/")


def test_the_list_shows_every_import_and_what_it_changed(editor: Person) -> None:
    assert "Nothing was imported yet" in page_of(editor, "/imports/")
    preview(editor, TABLE)
    address = preview(editor, "", ("aes.csv", TABLE.encode()))
    editor.post(f"{address}apply/")
    page = page_of(editor, "/imports/")
    assert "2 kept" in page
    assert "devices: 1 new; AEs: 2 new" in page
    assert "errors" not in page
    assert f"/history/{ChangeSet.objects.latest('id').pk}/" in page
    assert "AE table" in page


def test_the_list_says_which_previews_cannot_be_applied(editor: Person) -> None:
    preview(editor, "no table, and nothing else that could be read")
    page = page_of(editor, "/imports/")
    assert "Nothing read</span>" in page
    assert "no record in the files could be read" in page
    address = preview(editor, "AE Title,Host,Port\nCT1,a,104\nCT2,b,99999\n")
    assert "Preview, errors</span>" in page_of(editor, "/imports/")
    assert "AEs: 2 new; 1 row with errors" in page_of(editor, "/imports/")
    editor.post(f"{address}include/", {"all": "errors"})
    assert "Preview, errors" not in page_of(editor, "/imports/")


def test_the_queries_of_the_list_do_not_grow(
    editor: Person, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        editor.post(f"{preview(editor, '', (name, TABLE.encode()))}apply/")
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        page_of(editor, "/imports/")


def test_a_large_one_waits_for_a_worker_and_is_polled(editor: Person) -> None:
    rows = "".join(f"AE{i},10.0.{i // 250}.{i % 250},104,{'x' * 60}\n" for i in range(7000))
    address = preview(editor, "", ("big.csv", f"AE Title,Host,Port,Description\n{rows}".encode()))
    kept = Import.objects.get()
    assert kept.state == ImportState.READING
    page = page_of(editor, address)
    assert f'data-poll="import:{kept.pk}"' in page
    assert "No worker is running" in page
    Import.objects.update(stage="Comparing", done=1, total=3)
    polled = editor.get(f"/poll/?import={kept.pk}").content.decode()
    assert "Comparing" in polled
    assert 'value="1"' in polled
    assert "step 2 of 3" in polled
    Import.objects.update(state=ImportState.PREVIEWED)
    polled = editor.get(f"/poll/?import={kept.pk}").content.decode()
    assert "data-poll" not in polled
    assert f'hx-get="{address}"' in polled


def test_the_progress_is_told_to_editors_alone(editor: Person, viewer: Person) -> None:
    preview(editor, TABLE)
    Import.objects.update(state=ImportState.READING, stage="Comparing")
    assert viewer.get(f"/poll/?import={Import.objects.get().pk}").content == b""


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_only_editors_import(who: str, request: pytest.FixtureRequest, editor: Person) -> None:
    person: Person = request.getfixturevalue(who)
    address = preview(editor, TABLE)
    for page in ("/import/", "/imports/", address, f"{address}source/1/", f"{address}files/1/"):
        assert person.get(page).status_code == 403
    for page in ("/import/", f"{address}apply/", f"{address}include/", f"{address}choose/"):
        assert person.post(page, {"text": TABLE}).status_code == 403
    assert not AE.objects.exists()
