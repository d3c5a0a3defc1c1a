"""Find and store: allowed by an editor for one AE, started by an operator, who is told what
they do."""

from __future__ import annotations

import re

import pytest

from dicomcfg.checks.models import Check, Kind
from dicomcfg.core.diagnosis.observation import Observation, Outcome, SentObject, Stage, StageName
from dicomcfg.inventory.models import AE, ChangeSet
from dicomcfg.inventory.services.undo import undo
from dicomcfg.probes.objects.frames import JPEG_BASELINE
from dicomcfg.probes.objects.identifiers import FIND_CLASSES
from dicomcfg.probes.objects.making import offered
from dicomcfg.probes.target import FindSettings, StoreSettings, Target
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, SHELL, answer_run, make_ae

pytestmark = pytest.mark.django_db

KINDS = ("find", "store")
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
POSTED = {
    "find": {"sop_class": FIND_CLASSES[1]},
    "store": {"sop_class": CT, "transfer_syntax": EXPLICIT},
}


def _page(person: Person, ae: AE, kind: str, query: str = "") -> str:
    answer = person.get(f"/aes/{ae.pk}/{kind}/{query}")
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def _options(page: str, name: str) -> list[str]:
    (select,) = re.findall(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    return re.findall(r'value="([^"]+)"', select)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_off_until_an_editor_allows_it(kind: str, operator: Person, editor: Person) -> None:
    ae = make_ae("PACS")
    assert "does not allow" in _page(operator, ae, kind)
    assert f"/aes/{ae.pk}/edit/" not in _page(operator, ae, kind)
    assert f"/aes/{ae.pk}/edit/" in _page(editor, ae, kind)
    refused = operator.post(f"/aes/{ae.pk}/{kind}/", POSTED[kind])
    assert refused.status_code == 409
    assert not Check.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_an_editor_allows_it_in_the_form_and_can_undo_that(kind: str, editor: Person) -> None:
    ae = make_ae("PACS")
    form = {
        "ae_title": "PACS",
        "site": ae.site_id,
        "state": "live",
        "association_acceptor": "on",
        "revision": ae.revision,
        "connections-TOTAL_FORMS": 1,
        "connections-INITIAL_FORMS": 1,
        "connections-0-hostname": "10.0.0.5",
        "connections-0-port": 104,
        "connections-0-ORDER": 1,
        f"allows_{kind}": "on",
    }
    page = editor.get(f"/aes/{ae.pk}/edit/").content.decode()
    assert f'name="allows_{kind}"' in page
    assert editor.post(f"/aes/{ae.pk}/edit/", form).status_code == 302
    ae.refresh_from_db()
    assert (ae.allows_find, ae.allows_store) == (kind == "find", kind == "store")
    assert f"{kind} allowed" in editor.get(ae.get_absolute_url()).content.decode()
    change = ChangeSet.objects.latest("pk")
    seen = editor.get(f"/history/{change.pk}/").content.decode()
    assert f"allows {kind}" in seen
    undo(SHELL, change)
    ae.refresh_from_db()
    assert not (ae.allows_find or ae.allows_store)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_started_and_shown_on_the_checks_page(kind: str, operator: Person) -> None:
    ae = make_ae("PACS", allows_find=True, allows_store=True)
    page = _page(operator, ae, kind)
    assert "10.0.0.5:104" in page
    assert "What is sent, and what it does" in page
    answer = operator.post(f"/aes/{ae.pk}/{kind}/", POSTED[kind])
    check = Check.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, check.get_absolute_url())
    assert check.kind == Kind(kind)
    target = Target.from_json(check.target)
    assert target.find == (FindSettings(FIND_CLASSES[1]) if kind == "find" else None)
    assert target.store == (StoreSettings(CT, EXPLICIT) if kind == "store" else None)


def test_an_ae_not_to_be_probed_is_skipped(operator: Person) -> None:
    ae = make_ae("PACS", allows_find=True, do_not_probe=True, do_not_probe_reason="fragile")
    assert "Nothing will be sent" in _page(operator, ae, "find")
    operator.post(f"/aes/{ae.pk}/find/", POSTED["find"])
    assert Check.objects.get().outcome == "skipped"


def test_the_syntaxes_are_those_of_the_chosen_class(operator: Person) -> None:
    ae = make_ae("PACS", allows_store=True)
    for uid in (CT, SECONDARY_CAPTURE):
        page = _page(operator, ae, "store", f"?sop_class={uid}")
        assert _options(page, "transfer_syntax") == list(offered()[uid])
        assert f'value="{uid}" selected' in page
    assert _options(_page(operator, ae, "store", "?sop_class=1.2.3"), "sop_class") == list(
        offered()
    )


@pytest.mark.parametrize(
    ("kind", "posted"),
    [
        ("find", {"sop_class": CT}),
        ("store", {"sop_class": CT, "transfer_syntax": JPEG_BASELINE}),
        ("store", {"sop_class": "1.2.3", "transfer_syntax": EXPLICIT}),
        ("store", {"sop_class": CT}),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field(
    kind: str, posted: dict[str, str], operator: Person
) -> None:
    ae = make_ae("PACS", allows_find=True, allows_store=True)
    answer = operator.post(f"/aes/{ae.pk}/{kind}/", posted)
    assert answer.status_code == 422
    assert 'class="errorlist"' in answer.content.decode()
    assert not Check.objects.exists()


def test_the_result_says_what_is_left_in_the_peer(operator: Person) -> None:
    ae = make_ae("PACS", allows_store=True)
    operator.post(f"/aes/{ae.pk}/store/", POSTED["store"])
    check = Check.objects.get()
    sent = SentObject(CT, EXPLICIT, "2.25.1", "2.25.2", "DICOMCFG-TEST", 900)
    seen = Observation(
        kind="store",
        outcome=Outcome.SUCCESS,
        status=0xB000,
        stages=(Stage(StageName.STORE, "success", 4.0),),
        sent_object=sent,
    )
    answer_run(check.run, seen)
    page = operator.get(check.get_absolute_url()).content.decode()
    for words in ("Stored with a warning", "C-STORE-RSP: 0xB000", "DICOMCFG-TEST", "2.25.2"):
        assert words in page
    ae.refresh_from_db()
    assert ae.latest_outcome == "", "an echo is an AE's status, a store is not"
