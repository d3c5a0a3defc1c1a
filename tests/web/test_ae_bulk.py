"""Many AEs at once: what is selected, echo, edit in one change, delete after being shown."""

from __future__ import annotations

import pytest

from dicomcfg.checks.models import CheckRun
from dicomcfg.inventory.models import AE, Association, ChangeSet, Connection, Device
from tests.parts.people import Person
from tests.parts.rows import make_ae, make_association

pytestmark = pytest.mark.django_db


def _titles() -> list[str]:
    return list(AE.objects.values_list("ae_title", flat=True))


def test_viewers_start_nothing_and_operators_change_nothing(
    viewer: Person, operator: Person
) -> None:
    ae = make_ae("PACS")
    for person, action in ((viewer, "echo"), (operator, "edit"), (operator, "delete")):
        form = {"ae": ae.pk, "action": action, "state": "retired"}
        assert person.post("/aes/bulk/", form).status_code == 403
    assert operator.post("/aes/delete/", {"ae": ae.pk}).status_code == 403
    assert not CheckRun.objects.exists()
    assert AE.objects.get().state == "live"


def test_a_selection_is_echoed_as_one_run_and_the_table_comes_back(operator: Person) -> None:
    chosen = [make_ae(f"CT{n}").pk for n in range(3)]
    make_ae("OTHER")
    form = {"ae": chosen, "action": "echo", "next": "/aes/?q=CT&page=1"}
    answer = operator.post("/aes/bulk/", form)
    assert answer["Location"] == "/aes/?q=CT&page=1"
    run = CheckRun.objects.get()
    assert sorted(run.checks.values_list("ae", flat=True)) == chosen
    assert run.get_absolute_url() in operator.get("/aes/").content.decode()


def test_all_that_match_are_meant_by_their_query(operator: Person) -> None:
    for n in range(60):
        make_ae(f"CT{n}")
    make_ae("OTHER")
    form = {"scope": "all", "query": "q=CT&page=2", "action": "echo"}
    operator.post("/aes/bulk/", form)
    assert CheckRun.objects.get().total == 60


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_nobody_is_sent_to_another_site(operator: Person, target: str) -> None:
    form = {"ae": make_ae("PACS").pk, "action": "echo", "next": target}
    assert operator.post("/aes/bulk/", form)["Location"] == "/aes/"


def test_a_system_that_moved_is_one_change(editor: Person) -> None:
    Device.objects.create(name="PACS 2")
    chosen = [make_ae(f"PACS{n}", f"10.0.0.5:{104 + n}", tags=("old",)).pk for n in range(3)]
    changes = ChangeSet.objects.count()
    form = {
        "ae": chosen[:2],
        "action": "edit",
        "hostname": "10.0.0.9",
        "device": "pacs 2",
        "state": "planned",
        "add_tags": "moved, core",
        "remove_tags": "old",
    }
    assert editor.post("/aes/bulk/", form).status_code == 302
    assert ChangeSet.objects.count() == changes + 1
    assert list(Connection.objects.order_by("ae").values_list("hostname", "port")) == [
        ("10.0.0.9", 104),
        ("10.0.0.9", 105),
        ("10.0.0.5", 106),
    ]
    first = AE.objects.get(pk=chosen[0])
    assert (str(first.device), first.state) == ("PACS 2", "planned")
    assert [tag.name for tag in first.tags.all()] == ["core", "moved"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Nothing is filled in"),
        ({"hostname": "bad host!"}, "is not a host name"),
        ({"port": "70000"}, "less than or equal to 65535"),
        ({"device": "Nowhere"}, "no device of this name"),
    ],
)
def test_a_refused_edit_comes_back_with_the_selection(
    editor: Person, fields: dict[str, str], words: str
) -> None:
    ae = make_ae("PACS")
    answer = editor.post("/aes/bulk/", {"ae": ae.pk, "action": "edit", **fields})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert f'name="ae" value="{ae.pk}"' in page


def test_nothing_selected_is_said(editor: Person) -> None:
    answer = editor.post("/aes/bulk/", {"action": "delete"}, follow=True)
    assert "No AE is selected" in answer.content.decode()


def test_deletion_shows_what_refers_first_and_then_takes_it_along(editor: Person) -> None:
    association = make_association("CT1", "PACS", name="Night")
    form = {"ae": association.called.pk, "action": "delete"}
    page = editor.post("/aes/bulk/", form).content.decode()
    assert "1 association will be deleted too" in page
    assert "CT1 → PACS" in page
    assert AE.objects.count() == 2
    assert editor.post("/aes/delete/", {"ae": association.called.pk})["Location"] == "/aes/"
    assert _titles() == ["CT1"]
    assert not Association.objects.exists()


def test_deleting_all_that_match_takes_no_more_than_was_shown(editor: Person) -> None:
    for n in range(3):
        make_ae(f"CT{n}")
    make_ae("OTHER")
    form = {"scope": "all", "query": "q=CT", "action": "delete"}
    page = editor.post("/aes/bulk/", form).content.decode()
    assert "Delete 3 AEs" in page and '<input type="hidden" name="count" value="3">' in page
    make_ae("CT_NEW")
    again = editor.post("/aes/delete/", form | {"count": "3"}).content.decode()
    assert "The table has changed" in again and "Delete 4 AEs" in again
    assert AE.objects.count() == 5
    editor.post("/aes/delete/", form | {"count": "4"})
    assert _titles() == ["OTHER"]


def test_a_long_confirmation_counts_what_it_does_not_list(editor: Person) -> None:
    for n in range(103):
        make_ae(f"CT{n}")
    page = editor.post("/aes/bulk/", {"scope": "all", "action": "delete"}).content.decode()
    assert "and 3 more" in page
