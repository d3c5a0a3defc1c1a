"""What an AE is able to: the table of a role, its editor, and what is taken from elsewhere."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dicomcfg.core.records import PresentationContext, TransferCapability
from dicomcfg.inventory.models import AE, ChangeSet
from dicomcfg.inventory.selectors import capabilities_of
from dicomcfg.inventory.services import capability_rows
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae

pytestmark = pytest.mark.django_db
ECHO = TransferCapability(VERIFICATION, "SCP", (IMPLICIT,))
STORE = TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT))
SEND = TransferCapability(CT, "SCU", (IMPLICIT,))
DOCUMENT = {
    "format": "dicomcfg-json",
    "schema": 1,
    "aes": [
        {
            "key": title,
            "ae_title": title,
            "transfer_capabilities": [
                {"sop_class": CT, "role": "SCU", "transfer_syntaxes": [EXPLICIT]}
            ],
        }
        for title in ("FIRST", "SECOND")
    ],
    "profiles": [
        {
            "name": "Set",
            "presentation_contexts": [
                {"abstract_syntax": VERIFICATION, "transfer_syntaxes": [IMPLICIT]}
            ],
        }
    ],
}


@pytest.fixture
def ae(db: None) -> AE:
    return set_capabilities(SHELL, make_ae("PACS"), [ECHO, SEND, STORE], 1)


def at(ae: AE, rest: str) -> str:
    return f"/aes/{ae.pk}/capabilities/{rest}"


def applied(person: Person, html: str) -> str:
    """Press the button of a preview; the page after it."""
    form = html[html.index("/capabilities/apply/") :]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    address = re.search(r'action="([^"]*/apply/)"', html)
    assert address
    fields = {name: unescape(value) for name, value in found}
    return person.post(address[1], fields, follow=True).content.decode()


def test_a_role_is_shown_narrowed_and_in_pages(viewer: Person, ae: AE) -> None:
    html = viewer.get(at(ae, "SCP/")).content.decode()
    assert "CT Image Storage" in html
    assert "Explicit LE, Implicit LE" in html
    assert "Delete selected" not in html
    many = [TransferCapability(f"1.2.{n}", "SCP", (IMPLICIT,)) for n in range(300)]
    set_capabilities(SHELL, ae, many, 2)
    html = viewer.get(at(ae, "SCP/?page=3")).content.decode()
    assert html.count('data-label="No."') == 100
    assert ">300<" in html
    html = viewer.get(at(ae, "SCP/?q=1.2.29")).content.decode()
    assert "11 found" in html
    assert "Nothing fits" in viewer.get(at(ae, "SCP/?q=zzz")).content.decode()
    assert "Nothing is on record" in viewer.get(at(ae, "SCU/")).content.decode()
    assert viewer.get(at(ae, "both/")).status_code == 404


def test_one_is_added_changed_moved_and_deleted(editor: Person, ae: AE) -> None:
    form = {"listed": "1.2.840.10008.5.1.4.1.1.4", "transfer_syntaxes": IMPLICIT, "revision": 2}
    html = editor.post(at(ae, "SCP/add/"), form, follow=True).content.decode()
    assert "Set capabilities of PACS: 1 new" in html
    added = TransferCapability("1.2.840.10008.5.1.4.1.1.4", "SCP", (IMPLICIT,))
    assert capabilities_of(ae) == [ECHO, STORE, added, SEND]
    form = {"listed": CT, "transfer_syntaxes": f"{IMPLICIT}\n{EXPLICIT}", "revision": 3}
    editor.post(at(ae, "SCP/2/"), form)
    assert capabilities_of(ae)[1].transfer_syntaxes == (IMPLICIT, EXPLICIT)
    acts = [{"down": 1}, {"syntax": "1.2"}, {"delete": 3}, {"ticked": 1, "tick": [1, 2]}]
    for revision, act in enumerate(acts, 4):
        answer = editor.post(at(ae, "SCP/arrange/"), {**act, "revision": revision})
        assert answer.status_code == 302
    assert capabilities_of(ae) == [SEND]
    editor.post(reverse("change-set-undo", args=[ChangeSet.objects.latest("pk").pk]))
    assert len(capabilities_of(ae)) == 3


def test_a_class_stands_in_a_role_once(editor: Person, ae: AE) -> None:
    form = {"listed": CT, "transfer_syntaxes": IMPLICIT, "revision": 2}
    html = editor.post(at(ae, "SCP/add/"), form).content.decode()
    assert "stands there twice as SCP" in html
    assert capabilities_of(ae) == [ECHO, SEND, STORE]


def test_an_act_leads_back_to_its_page_and_never_elsewhere(editor: Person, ae: AE) -> None:
    for target, expected in (
        (at(ae, "SCP/?q=ct"), at(ae, "SCP/?q=ct")),
        ("//evil.example/", at(ae, "SCP/")),
    ):
        ae.refresh_from_db()
        form = {"down": 1, "revision": ae.revision, "next": target}
        assert editor.post(at(ae, "SCP/arrange/"), form)["Location"] == expected


def test_many_are_added_from_the_other_role(editor: Person, ae: AE) -> None:
    form = {
        "source": "other-role",
        "sop_class": [VERIFICATION, CT],
        "syntaxes": "source",
        "existing": "add",
        "revision": 2,
        "apply": 1,
    }
    assert "What it supports as SCP" in editor.get(at(ae, "SCU/many/")).content.decode()
    page = editor.get(at(ae, "SCU/many/?source=other-role")).content.decode()
    offered = page.split('name="offered" value="')[1].split('"')[0]
    editor.post(at(ae, "SCU/many/"), form | {"offered": offered})
    assert [each for each in capabilities_of(ae) if each.role == "SCU"] == [
        TransferCapability(CT, "SCU", (IMPLICIT, EXPLICIT)),
        TransferCapability(VERIFICATION, "SCU", (IMPLICIT,)),
    ]


@pytest.mark.parametrize(
    ("mode", "roles", "expected"),
    [
        (
            "merge",
            "both",
            [TransferCapability(CT, "SCP", (IMPLICIT, EXPLICIT)), ECHO, SEND],
        ),
        ("replace", "SCP", [ECHO, STORE]),
        ("replace", "SCU", [TransferCapability(CT, "SCP", (IMPLICIT,)), SEND]),
    ],
)
def test_what_another_ae_is_able_to_is_copied_after_a_preview(
    editor: Person, ae: AE, mode: str, roles: str, expected: list[TransferCapability]
) -> None:
    own = set_capabilities(SHELL, make_ae("NEW"), [TransferCapability(CT, "SCP", (IMPLICIT,))], 1)
    form = {"source_title": "PACS", "source_pk": "", "mode": mode, "roles": roles}
    html = editor.post(at(own, "copy/"), form).content.decode()
    assert "from AE PACS" in html
    assert capabilities_of(own) == [TransferCapability(CT, "SCP", (IMPLICIT,))]
    assert "Set capabilities of NEW" in applied(editor, html)
    assert capabilities_of(own) == expected
    assert "in the meantime" in applied(editor, html)


def test_copying_from_nobody_or_from_nothing_says_so(editor: Person, ae: AE) -> None:
    make_ae("EMPTY")
    for title, words in (("NONE", "No AE is called NONE"), ("EMPTY", "Nothing is on record")):
        form = {"source_title": title, "source_pk": "", "mode": "merge", "roles": "both"}
        answer = editor.post(at(ae, "copy/"), form)
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_a_pasted_association_file_becomes_capabilities_of_a_role(editor: Person) -> None:
    ae = make_ae("NEW")
    text = f"{CT}\\{IMPLICIT}\n{CT}\\{EXPLICIT}\nVerification\n"
    html = editor.post(at(ae, "import/"), {"text": text, "role": "SCU", "mode": "merge"})
    assert "2 new" in html.content.decode()
    assert capabilities_of(ae) == []
    applied(editor, html.content.decode())
    assert capabilities_of(ae) == [
        TransferCapability(CT, "SCU", (IMPLICIT, EXPLICIT)),
        TransferCapability(VERIFICATION, "SCU", (IMPLICIT,)),
    ]


def test_the_part_of_a_document_is_asked_for_without_asking_for_the_file_again(
    editor: Person,
) -> None:
    ae = make_ae("NEW")
    source = json.dumps(DOCUMENT)
    file = SimpleUploadedFile("all.json", source.encode())
    answer = editor.post(at(ae, "import/"), {"file": file, "role": "SCP", "mode": "merge"})
    html = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "Say which is meant: AE FIRST, AE SECOND, Profile Set." in html
    assert '"ae_title": "FIRST"' in html
    form = {"text": source, "role": "SCP", "mode": "merge", "part": "Set"}
    applied(editor, editor.post(at(ae, "import/"), form).content.decode())
    assert capabilities_of(ae) == [ECHO]
    own = make_ae("SECOND")
    applied(editor, editor.post(at(own, "import/"), form | {"part": ""}).content.decode())
    assert capabilities_of(own) == [TransferCapability(CT, "SCU", (EXPLICIT,))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Give a file or paste the lines"),
        ("AE Title,Host,Port\nX,10.0.0.1,104\n", "neither presentation contexts nor"),
        ("1.2.840.10008.1.1\\not-a-syntax\n", "line 1"),
        ("{" * 2_000, ""),
        ("Verification\x00", "Null characters"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(
    editor: Person, ae: AE, text: str, words: str
) -> None:
    answer = editor.post(at(ae, "import/"), {"text": text, "role": "SCP", "mode": "replace"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert capabilities_of(ae) == [ECHO, SEND, STORE]


@pytest.mark.parametrize("sent", ["", "x", "[" * 50_000, '{"transfer_capabilities": [7]}', "9" * 9])
def test_a_preview_that_was_tampered_with_changes_nothing(
    editor: Person, ae: AE, sent: str
) -> None:
    form = {"capabilities": sent, "revision": 2}
    answer = editor.post(at(ae, "apply/"), form, follow=True)
    assert "Start the change again" in answer.content.decode()
    bad = capability_rows.snapshot((TransferCapability("1.2.\x00", "SCP", (IMPLICIT,)),))
    form["capabilities"] = json.dumps(bad)
    answer = editor.post(at(ae, "apply/"), form, follow=True)
    assert "Correct the UID" in answer.content.decode()
    assert capabilities_of(ae) == [ECHO, SEND, STORE]


def test_what_a_profile_governs_is_not_edited_beside_it(editor: Person, ae: AE) -> None:
    held = ProposedSet((PresentationContext(VERIFICATION, (IMPLICIT,)),))
    profile = create_profile(SHELL, ProfileData(name="Basic", proposed=held))
    follow(SHELL, ae, profile, 2, "SCP")
    html = editor.get(at(ae, "SCP/")).content.decode()
    assert "follows the Profile <b>Basic</b>" in html
    assert "Add capability" not in html
    assert "Add capability" in editor.get(at(ae, "SCU/")).content.decode()
    answer = editor.post(at(ae, "SCP/arrange/"), {"delete": 1, "revision": 3}, follow=True)
    assert "PACS follows Profile Basic" in answer.content.decode()
    page = editor.page("ae-detail", ae.pk)
    assert "following Profile" in page
    editor.post(at(ae, "SCU/arrange/"), {"delete": 1, "revision": 3})
    assert capabilities_of(ae) == [ECHO]
