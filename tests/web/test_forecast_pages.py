"""The Forecast tab, the page for any two AEs, and the one for a file and an AE."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.checks.services import start_negotiate
from dicomcfg.core.diagnosis.observation import ContextResult
from dicomcfg.core.negotiation.catalogue import catalogue
from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.services.associations import set_contexts, set_negotiation
from dicomcfg.inventory.services.capabilities import set_capabilities
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    answer_run,
    make_ae,
    make_association,
    negotiated,
)

pytestmark = pytest.mark.django_db
MR, JPEG = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.2.4.70"
CONTEXTS = ((VERIFICATION, IMPLICIT), (CT, IMPLICIT, EXPLICIT), (MR, JPEG))


def able(ae: AE, *capabilities: tuple[str, str, tuple[str, ...]]) -> AE:
    ae.refresh_from_db()
    records = [TransferCapability(*each) for each in capabilities]
    set_capabilities(SHELL, ae, records, ae.revision)
    return ae


@pytest.fixture
def pair() -> Association:
    """MR has no transfer syntax in common, and the order decides about CT."""
    row = make_association("CT1", "PACS", *CONTEXTS)
    able(
        row.called,
        (VERIFICATION, "SCP", (IMPLICIT,)),
        (CT, "SCP", (EXPLICIT, IMPLICIT)),
        (MR, "SCP", (IMPLICIT,)),
    )
    return row


@pytest.fixture
def negotiate(editor: Person) -> Callable[..., None]:
    """Let the peer answer every context of an association: (result, accepted) each."""

    def run(association: Association, *answers: tuple[int, str | None]) -> None:
        contexts = association.presentation_contexts.select_related("syntax_list")
        records = [row.record() for row in contexts.order_by("position")]
        live = [
            ContextResult(
                1, 2 * n + 1, each.abstract_syntax, each.transfer_syntaxes, result, accepted
            )
            for n, (each, (result, accepted)) in enumerate(zip(records, answers, strict=True))
        ]
        assert editor.user is not None
        answer_run(start_negotiate(editor.user, [association]), negotiated(*live))

    return run


def page(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def rows_of(text: str) -> list[str]:
    return text.split("<tbody>")[1].split("</tbody>")[0].split("<tr")[1:]


def test_the_tab_says_what_fails_and_where_the_order_decides(
    viewer: Person, pair: Association
) -> None:
    text = page(viewer, f"/associations/{pair.pk}/forecast/")
    assert "1 of 3 contexts will be refused (result 4)" in text
    assert "Whose order PACS follows decides the transfer syntax of 1 context" in text
    assert f'href="/associations/{pair.pk}/contexts/"' in text
    echo, ct, mr = rows_of(text)
    assert "by the requestor's order" not in echo
    assert 'Implicit LE</span></strong> <span class="dim">by the requestor\'s order' in ct
    assert 'Explicit LE</span></strong> <span class="dim">by the acceptor\'s order' in ct
    assert "transfer syntaxes not supported" in mr
    assert "proposed JPEG lossless SV1; the acceptor takes Implicit LE" in mr
    assert "No live negotiation to compare with yet" in text
    assert ">Negotiate</button>" not in text


def test_a_preferred_list_is_the_third_policy(viewer: Person, pair: Association) -> None:
    address = f"/associations/{pair.pk}/forecast/"
    text = page(viewer, f"{address}?prefer=Explicit+VR+Little+Endian")
    assert "by the acceptor's order and the preferred list" in text
    text = page(viewer, f"{address}?prefer=gibberish")
    assert "gibberish is no transfer syntax" in text
    assert "the preferred list</span>" not in text


def test_live_answers_stand_beside_and_differences_are_marked(
    operator: Person, pair: Association, negotiate: Callable[..., None]
) -> None:
    address = f"/associations/{pair.pk}/forecast/"
    assert ">Negotiate</button>" in page(operator, address)
    negotiate(pair, (0, IMPLICIT), (0, EXPLICIT), (4, None))
    text = page(operator, address)
    assert "The live answers agree with the acceptor's order in all 3 contexts." in text
    assert "as by the acceptor's order" in rows_of(text)[1]
    assert "answer-differs" not in text
    negotiate(pair, (3, None), (0, EXPLICIT), (0, JPEG))
    text = page(operator, address)
    assert "agree with the acceptor's order in 1 of 3 contexts, and in the others with no" in text
    assert "1 context was accepted on paper and refused live" in text
    assert [("answer-differs" in row) for row in rows_of(text)] == [True, False, True]
    assert len(rows_of(page(operator, f"{address}?show=differing"))) == 2
    negotiate(pair, (0, IMPLICIT), (0, EXPLICIT), (4, None))
    assert "No context is so" in page(operator, f"{address}?show=differing")


def test_contexts_changed_since_the_negotiation(
    viewer: Person, pair: Association, negotiate: Callable[..., None]
) -> None:
    negotiate(pair, (0, IMPLICIT), (0, EXPLICIT), (4, None))
    pair.refresh_from_db()
    set_contexts(SHELL, pair, [PresentationContext(CT, (JPEG,))], pair.revision)
    assert "every context has changed" in page(viewer, f"/associations/{pair.pk}/forecast/")


def test_roles_that_the_called_ae_would_grant(viewer: Person, pair: Association) -> None:
    pair.refresh_from_db()
    set_negotiation(SHELL, pair, [RoleSelection(CT, True, True)], [], pair.revision)
    text = page(viewer, f"/associations/{pair.pk}/forecast/")
    assert "PACS will not grant every role proposed for: CT Image Storage" in text
    assert "the requestor is SCU (1/0)" in text


@pytest.mark.parametrize(("role", "offered"), [("viewer", False), ("operator", True)])
def test_empty_states_say_what_to_do(
    role: str, offered: bool, request: pytest.FixtureRequest
) -> None:
    person: Person = request.getfixturevalue(role)
    bare = make_association("CT1", "PACS")
    assert "Nothing is proposed yet" in page(person, f"/associations/{bare.pk}/forecast/")
    unknown = make_association("MR1", "OLD", (CT, IMPLICIT))
    text = page(person, f"/associations/{unknown.pk}/forecast/")
    assert "Nothing is on record of what OLD accepts" in text
    assert (f"/aes/{unknown.called_id}/discover/" in text) is offered


def ends(calling: str, called: str, **more: str) -> str:
    fields = {"calling_title": calling, "called_title": called, **more}
    return "/forecast/?" + "&".join(f"{name}={value}" for name, value in fields.items())


def test_any_two_aes_by_their_association_or_their_capabilities(
    viewer: Person, pair: Association
) -> None:
    able(pair.calling, (CT, "SCU", (JPEG, IMPLICIT)), (VERIFICATION, "SCP", (IMPLICIT,)))
    assert "Forecast</button>" in page(viewer, "/forecast/")
    text = page(viewer, ends("CT1", "PACS"))
    assert "What the association" in text
    assert len(rows_of(text)) == 3
    assert rows_of(page(viewer, f"/forecast/?calling={pair.calling_id}&called={pair.called_id}"))
    text = page(viewer, ends("CT1", "PACS", proposal="capabilities"))
    assert "is SCU of" in text
    assert len(rows_of(text)) == 1
    text = page(viewer, ends("PACS", "CT1"))
    assert "PACS proposes nothing" in text
    text = page(viewer, ends("", "PACS"))
    assert "Choose who calls, or a Profile to propose." in text
    assert "No AE is called NOBODY" in page(viewer, ends("CT1", "NOBODY"))
    assert "Select a valid choice" in page(viewer, ends("CT1", "PACS", proposal="profile-9"))


def test_a_profile_against_an_ae(viewer: Person, pair: Association) -> None:
    from dicomcfg.inventory.models import Profile, ProfileContext, ProfileRole, SyntaxList

    profile = Profile.objects.create(name="Images")
    syntaxes = SyntaxList.objects.get(pk=pair.presentation_contexts.last().syntax_list_id)
    ProfileContext.objects.create(
        profile=profile, position=0, abstract_syntax=MR, syntax_list=syntaxes
    )
    ProfileRole.objects.create(profile=profile, sop_class=MR, scu=True, scp=True)
    text = page(viewer, ends("", "PACS", proposal=f"profile-{profile.pk}"))
    assert "What the Profile Images proposes" in text
    assert len(rows_of(text)) == 1


def document(**content: Any) -> str:
    return json.dumps({"format": "dicomcfg", "schema": 1, **content})


def profile(name: str, *contexts: tuple[str, list[str]]) -> dict[str, Any]:
    proposed = [{"abstract_syntax": uid, "transfer_syntaxes": uids} for uid, uids in contexts]
    return {"name": name, "presentation_contexts": proposed}


def test_a_file_against_an_ae_in_both_directions(viewer: Person, pair: Association) -> None:
    able(pair.calling, (CT, "SCU", (JPEG, IMPLICIT)))
    two = document(profiles=[profile("A", (CT, [IMPLICIT])), profile("B", (MR, [JPEG]))])

    def post(**fields: Any) -> tuple[int, str]:
        sent = {"direction": "proposes", "ae_title": "PACS"} | fields
        answer = viewer.post("/forecast/file/", sent)
        return answer.status_code, " ".join(unescape(answer.content.decode()).split())

    status, text = post(text=two)
    assert (status, "Say which. The file has: profile A, profile B." in text) == (422, True)
    status, text = post(text=two, part="profile B")
    assert (status, len(rows_of(text))) == (200, 1)
    assert "What the profile B of the file proposes" in text
    status, text = post(text=two, part="profile C")
    assert "There is no profile C." in text
    upload = SimpleUploadedFile("a.json", document(profiles=[profile("A", (CT, [JPEG]))]).encode())
    status, text = post(file=upload, direction="accepts", ae_title="CT1")
    assert status == 200
    assert "against the profile A of the file" in text
    assert "Accepted" not in rows_of(text)[0]
    assert "JPEG lossless SV1" in rows_of(text)[0]
    status, text = post(text=document(aes=[{"key": "X", "ae_title": "X"}]))
    assert (status, "The file proposes nothing." in text) == (422, True)
    status, text = post(text="{ nonsense")
    assert (status, "Found in the file" in text) == (422, True)
    status, text = post()
    assert (status, "Give a file or paste it" in text) == (422, True)
    status, text = post(text="x\x00", direction="up", part="y" * 300)
    assert status == 422


@pytest.mark.parametrize("address", ["tab", "pair"])
def test_queries_do_not_grow_with_contexts(
    viewer: Person, pair: Association, negotiate: Callable[..., None], address: str
) -> None:
    negotiate(pair, (0, IMPLICIT), (0, EXPLICIT), (4, None))
    where = f"/associations/{pair.pk}/forecast/" if address == "tab" else ends("CT1", "PACS")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(viewer, where)
        return len(captured)

    page(viewer, where)
    few = queries()
    pair.refresh_from_db()
    many = [PresentationContext(uid, (IMPLICIT, JPEG)) for uid in catalogue().sop_classes[:300]]
    set_contexts(SHELL, pair, many, pair.revision)
    able(pair.called, *((each.abstract_syntax, "SCP", (IMPLICIT,)) for each in many))
    make_ae("OTHER")
    assert queries() == few
    text = page(viewer, where)
    assert len(rows_of(text)) == 200
    assert "3 associations, since a request holds at most 128 contexts" in text
    assert len(rows_of(page(viewer, f"{where}{'&' if '?' in where else '?'}page=2"))) == 100
