"""What a preview sends back in a hidden field, changed on the way, and files that hold the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dicomcfg.inventory.models import ChangeSet, Profile
from dicomcfg.inventory.selectors import capabilities_of
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from tests.parts.people import Person
from tests.parts.rows import CT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
HALF = "\ud800"
MANY = [f"1.2.{n}" for n in range(40_000)]


def capability(**fields: Any) -> dict[str, Any]:
    return {"sop_class": CT, "role": "SCP", "transfer_syntaxes": [IMPLICIT], **fields}


CAPABILITIES = {
    "half a character": [capability(sop_class=HALF)] * 2,
    "half a role": [capability(role=HALF)],
    "half a syntax": [capability(transfer_syntaxes=[HALF])],
    "more syntaxes than there are positions": [capability(transfer_syntaxes=MANY)],
    "thousands that are wrong": [capability(sop_class=f"x{n}") for n in range(9_000)],
    "a role of numbers": [capability(role=1)],
    "twice": [capability(), capability()],
}


@pytest.mark.parametrize("wrong", CAPABILITIES)
def test_capabilities_that_were_never_shown_are_refused(editor: Person, wrong: str) -> None:
    ae = make_ae("PACS")
    sent = json.dumps({"transfer_capabilities": CAPABILITIES[wrong]})
    form = {"capabilities": sent, "revision": 1}
    answer = editor.post(f"/aes/{ae.pk}/capabilities/apply/", form, follow=True)
    assert answer.status_code == 200
    assert len(answer.content) < 200_000
    assert "Nothing was changed" in answer.text or "did not arrive" in answer.text
    assert capabilities_of(ae) == []


def proposed(**fields: Any) -> dict[str, Any]:
    context = {"abstract_syntax": CT, "transfer_syntaxes": [IMPLICIT]}
    whole = {"presentation_contexts": [context], "role_selections": []}
    return {**whole, "extended_negotiations": [], **fields}


ROLES = [{"sop_class": f"1.2.{n}", "scu": True, "scp": True} for n in range(60_000)]
PROPOSED = {
    "a context of half a character": proposed(
        presentation_contexts=[{"abstract_syntax": HALF, "transfer_syntaxes": [IMPLICIT]}]
    ),
    "extended negotiation of half a character": proposed(
        extended_negotiations=[{"sop_class": HALF, "information": "x"}]
    ),
    "more syntaxes than there are positions": proposed(
        presentation_contexts=[{"abstract_syntax": CT, "transfer_syntaxes": MANY}]
    ),
    "more contexts than are kept": proposed(
        presentation_contexts=[{"abstract_syntax": CT, "transfer_syntaxes": ["1.2"]}] * 30_000
    ),
    "a class that is too long": proposed(
        role_selections=[{"sop_class": "1." + "2" * 80, "scu": True, "scp": True}]
    ),
    "more roles than are kept": proposed(role_selections=ROLES),
}


@pytest.mark.parametrize("wrong", PROPOSED)
def test_a_change_of_a_profile_that_was_never_shown_is_refused(editor: Person, wrong: str) -> None:
    profile = create_profile(SHELL, ProfileData(name="Basic"))
    follow(SHELL, make_association(), profile, 1)
    acts = ChangeSet.objects.count()
    form = {"proposed": json.dumps(PROPOSED[wrong]), "revision": 1, "seen": "x"}
    answer = editor.post(f"/profiles/{profile.pk}/save/", form, follow=True)
    assert answer.status_code == 200
    assert len(answer.content) < 200_000
    assert "Nothing was saved" in answer.text or "did not arrive" in answer.text
    assert (ChangeSet.objects.count(), Profile.objects.get().revision) == (acts, 1)


@pytest.mark.parametrize("title", [HALF, "<script>alert(1)</script>", "\x00", "x" * 5000])
def test_a_document_with_such_names_is_answered(editor: Person, title: str) -> None:
    ae = make_ae("PACS")
    able = [capability()]
    aes = [{"key": f"{n}", "ae_title": title, "transfer_capabilities": able} for n in range(2)]
    profiles = [{"name": title, "presentation_contexts": proposed()["presentation_contexts"]}]
    document = {"format": "dicomcfg-json", "schema": 1, "aes": aes, "profiles": profiles}
    file = SimpleUploadedFile("a.json", json.dumps(document).encode())
    sent = {"file": file, "mode": "merge", "role": "SCP", "part": ""}
    answer = editor.post(f"/aes/{ae.pk}/capabilities/import/", sent)
    assert answer.status_code in (200, 422)
    assert "<script>alert" not in answer.text


def test_thousands_of_lines_that_are_no_transfer_syntax_are_not_all_shown(editor: Person) -> None:
    row = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT))
    lines = "\n".join(f"wrong {n}" for n in range(5_000))
    sent = {"abstract_syntax": VERIFICATION, "transfer_syntaxes": lines, "revision": 1}
    answer = editor.post(f"/associations/{row.pk}/contexts/add/", sent)
    assert "And 4,980 more lines." in answer.text
    assert answer.text.count("is no transfer syntax.") <= 40
