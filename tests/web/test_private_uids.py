"""Private UIDs: named once, shown by that name on every page and in every result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.checks.models import Check
from dicomcfg.checks.services import start_negotiate
from dicomcfg.commands.import_ import import_
from dicomcfg.core.diagnosis.observation import ContextResult
from dicomcfg.core.records import TransferCapability
from dicomcfg.core.standard import uids
from dicomcfg.inventory.models import ChangeSet, PrivateUid
from dicomcfg.inventory.naming import named_uids
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.private_uids import (
    PrivateUidData,
    create_privateuid,
    delete_privateuid,
    update_privateuid,
)
from dicomcfg.inventory.services.undo import CannotUndo, undo
from dicomcfg.inventory.uid_uses import uses_of
from dicomcfg.web.discoveries.forms import askable
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    answer_run,
    make_ae,
    make_association,
    negotiated,
)

pytestmark = pytest.mark.django_db

RAW, WAVELET = "1.2.3.4.5.6", "1.2.3.4.5.7"


def _named(uid: str = RAW, name: str = "Acme Raw Storage", **more: str) -> PrivateUid:
    return create_privateuid(SHELL, PrivateUidData(uid=uid, name=name, **more))


def _refused(uid: str, name: str, **more: str) -> dict[str, list[str]]:
    with pytest.raises(ServiceError) as refusal:
        _named(uid, name, **more)
    return refusal.value.messages


@pytest.mark.parametrize(
    ("uid", "name", "field", "words"),
    [
        (CT, "Ours", "uid", "is registered as CT Image Storage"),
        ("1.02.3", "Ours", "uid", "leading zero"),
        ("1" + ".1" * 40, "Ours", "uid", "64 are allowed"),
        ("1.2.3", "", "name", "letters or digits"),
        ("1.2.3", "···", "name", "letters or digits"),
        ("1.2.3", "x" * 65, "name", "64 are allowed"),
        ("1.2.3", "1.2.3", "name", "is a UID"),
        ("1.2.3", "ct image  STORAGE", "name", "The standard gives this name to"),
        ("1.2.3", "CTImageStorage", "name", "The standard gives this name to"),
        ("1.2.3", "acme-raw storage", "name", "1.2.3.4.5.6 is named Acme Raw Storage already"),
        (RAW, "Another", "uid", "is named Acme Raw Storage already"),
    ],
)
def test_what_cannot_be_named_so_is_refused(uid: str, name: str, field: str, words: str) -> None:
    _named()
    assert words in _refused(uid, name)[field][0]
    assert PrivateUid.objects.count() == 1


def test_an_unknown_kind_is_refused() -> None:
    assert "is no kind" in _refused(RAW, "Ours", kind="Context")["kind"][0]


def test_renaming_and_deleting_can_be_undone_but_not_onto_a_taken_name() -> None:
    row = _named()
    update_privateuid(SHELL, row, PrivateUidData(uid=RAW, name="  Acme   Raw 2 "), 1)
    with pytest.raises(StaleRevision):
        update_privateuid(SHELL, row, PrivateUidData(uid=RAW, name="Late"), 1)
    renaming = ChangeSet.objects.latest("pk")
    assert renaming.summary == "Changed private UID Acme Raw 2: name"
    undo(SHELL, renaming)
    row.refresh_from_db()
    assert (row.name, row.revision) == ("Acme Raw Storage", 3)
    deletion = delete_privateuid(SHELL, row, 3)
    assert deletion is not None
    other = _named(WAVELET, "ACME raw storage")
    with pytest.raises(CannotUndo, match="is named ACME raw storage already"):
        undo(SHELL, deletion)
    delete_privateuid(SHELL, other, 1)
    undo(SHELL, deletion)
    assert PrivateUid.objects.get().pk == row.pk


def test_a_named_uid_is_shown_searched_and_chosen_by_its_name(editor: Person) -> None:
    association = make_association("CT1", "PACS", [RAW, WAVELET, IMPLICIT])
    page = editor.page("association-contexts", association.pk)
    assert "Acme" not in page and "/private-uids/add/?uid=1.2.3.4.5.6" in page
    _named()
    _named(WAVELET, "Acme Wavelet", kind="Transfer Syntax")
    page = editor.page("association-contexts", association.pk)
    linked = re.search(r'href="([^"]+)">Acme Raw Storage</a> <small>1.2.3.4.5.6</small>', page)
    assert linked and "Acme Raw Storage" in editor.get(linked[1]).content.decode()
    assert "Acme Wavelet" in page and "/private-uids/add/" not in page
    found = editor.get("/uids/?q=acme&kind=transfer").json()["results"]
    assert found == [
        {"value": WAVELET, "text": "Acme Wavelet", "detail": f"{WAVELET} · Private or newer"}
    ]
    form = editor.get(f"/associations/{association.pk}/contexts/add/").content.decode()
    assert "<form" in form
    made = ChangeSet.objects.get(changes__model="association")
    assert "Acme Raw Storage (1.2.3.4.5.6)" in editor.page("change-set-detail", made.pk)


def test_names_cost_one_query_and_only_where_one_is_met(viewer: Person) -> None:
    known = make_association("CT1", "PACS", [VERIFICATION, IMPLICIT])
    private = make_association("CT2", "PACS2", *([f"1.2.3.{n}", IMPLICIT] for n in range(30)))
    _named()
    for association, expected in ((known, 0), (private, 1)):
        with CaptureQueriesContext(connection) as queries:
            viewer.page("association-contexts", association.pk)
        asked = [q for q in queries if 'FROM "inventory_privateuid"' in q["sql"]]
        assert len(asked) == expected


def test_viewers_are_not_offered_to_name_a_uid(viewer: Person) -> None:
    association = make_association("CT1", "PACS", [RAW, IMPLICIT])
    page = viewer.page("association-contexts", association.pk)
    assert "not registered" in page and "/private-uids/add/" not in page


def test_findings_of_checks_speak_of_it_by_name(admin: Person) -> None:
    assert admin.user is not None
    _named()
    association = make_association("CT1", "PACS", [RAW, IMPLICIT])
    run = start_negotiate(admin.user, [association])
    answer_run(run, negotiated(ContextResult(1, 1, RAW, (IMPLICIT,), 3, None)))
    findings = Check.objects.get().findings
    assert any("Acme Raw Storage" in each["message"] for each in findings)


def test_a_discovery_can_ask_for_it_before_anything_uses_it() -> None:
    _named()
    _named(WAVELET, "Acme Wavelet", kind="Transfer Syntax")
    assert RAW not in askable().sop_classes
    with named_uids():
        everything = askable()
    assert (everything.private_classes, everything.private_syntaxes) == ((RAW,), (WAVELET,))
    assert everything.sop_classes[-1] == RAW and everything.transfer_syntaxes[-1] == WAVELET


@pytest.mark.django_db(transaction=True)
def test_a_command_reads_a_file_that_names_it(tmp_path: Path) -> None:
    _named()
    file = tmp_path / "pair.txt"
    file.write_text("Acme Raw Storage\\1.2.840.10008.1.2\n")
    options = [str(file), "--calling", "A", "--called", "B", "--format", "intersystems"]
    answer = CliRunner().invoke(import_, [*options, "--dry-run", "--json"])
    assert answer.exit_code == 0, answer.output
    assert uids.lookup(RAW) is None


def test_its_page_tells_where_it_is_used(editor: Person) -> None:
    row = _named()
    assert "Nothing in the inventory uses it" in editor.page("privateuid-detail", row.pk)
    ae = make_ae("SCANNER")
    make_association(ae, "PACS", [RAW, WAVELET], [VERIFICATION, IMPLICIT, WAVELET])
    set_capabilities(SHELL, ae, [TransferCapability(RAW, "SCU", (WAVELET,))], ae.revision)
    uses = uses_of([RAW, WAVELET, "9.9"])
    assert (uses[RAW].contexts, uses[RAW].capabilities) == (1, 1)
    assert (uses[WAVELET].contexts, uses[WAVELET].capabilities) == (2, 1)
    assert uses["9.9"].total == 0
    for name in ("privateuid-detail", "privateuid-delete"):
        page = editor.page(name, row.pk)
        assert "SCANNER → PACS" in page and "Nothing in the inventory" not in page


def test_the_list_offers_what_is_in_use_without_a_name(editor: Person) -> None:
    make_association("CT1", "PACS", [RAW, WAVELET, IMPLICIT])
    _named()
    page = editor.get("/private-uids/?unnamed=1").content.decode()
    assert "?uid=1.2.3.4.5.7&amp;kind=Transfer%20Syntax" in page
    assert "?uid=1.2.3.4.5.6" not in page and CT not in page
    form = editor.get("/private-uids/add/?uid=1.2.3.4.5.7&kind=Transfer%20Syntax").content.decode()
    assert 'value="1.2.3.4.5.7"' in form and '"Transfer Syntax" selected' in form


def test_naming_by_form_and_its_refusals(editor: Person) -> None:
    asked = {"uid": RAW, "name": "Acme Raw Storage", "kind": "SOP Class"}
    answer = editor.post("/private-uids/add/", asked)
    row = PrivateUid.objects.get()
    assert answer["Location"] == f"/private-uids/{row.pk}/"
    again = editor.post("/private-uids/add/", asked)
    assert again.status_code == 422 and "already" in again.content.decode()
    odd = {"uid": "\x00", "name": "x" * 9000, "kind": "?", "revision": "9" * 5000}
    assert editor.post("/private-uids/add/", odd).status_code == 422
    stale = editor.post(f"/private-uids/{row.pk}/edit/", asked | {"name": "New", "revision": 9})
    assert stale.status_code == 422
    saved = editor.post(f"/private-uids/{row.pk}/edit/", asked | {"name": "New", "revision": 1})
    assert saved.status_code == 302
    gone = editor.post(f"/private-uids/{row.pk}/delete/", follow=True).content.decode()
    assert "Undo" in gone and not PrivateUid.objects.exists()


def test_the_list_costs_the_same_for_many(viewer: Person) -> None:
    counts = []
    for start in (1, 10):
        for number in range(start, start * 3):
            _named(f"1.2.9.{number}", f"Acme {number}")
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get("/private-uids/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
