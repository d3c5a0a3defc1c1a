"""Adding, editing in the row and on a page, copying: values, refusals at the field, conflicts."""

from __future__ import annotations

import pytest

from dicomcfg.inventory.models import AE, ChangeSet, Device, Site
from dicomcfg.inventory.services.aes import AeData, update_ae
from tests.parts.people import Person
from tests.parts.rows import SHELL, make_ae, make_association

pytestmark = pytest.mark.django_db


def _form(*connections: tuple[str, object, str], **fields: object) -> dict[str, object]:
    """What the AE's page posts."""
    site = Site.objects.order_by("pk")[0]
    form: dict[str, object] = {
        "ae_title": "CT1",
        "site": site.pk,
        "state": "live",
        "association_acceptor": "on",
        "connections-TOTAL_FORMS": len(connections),
        "connections-INITIAL_FORMS": 0,
        **fields,
    }
    for index, (host, port, tls) in enumerate(connections):
        form |= {
            f"connections-{index}-hostname": host,
            f"connections-{index}-port": port,
            f"connections-{index}-tls": tls,
            f"connections-{index}-ORDER": index + 1,
        }
    return form


def _row(ae: AE, **fields: object) -> dict[str, object]:
    """What the table's row posts."""
    return {
        "ae_title": ae.ae_title,
        "hostname": "10.0.0.5",
        "port": 104,
        "tls": "",
        "device": "",
        "state": "live",
        "revision": ae.revision,
        **fields,
    }


def _connections(ae: AE) -> list[tuple[str, int, str]]:
    return list(ae.connections.values_list("hostname", "port", "tls"))


@pytest.mark.parametrize("who", ["viewer", "operator", "outsider"])
def test_others_than_editors_change_nothing(who: str, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    ae = make_ae("PACS")
    addresses = ("/aes/add/", *(f"/aes/{ae.pk}/{act}/" for act in ("edit", "row", "duplicate")))
    for address in addresses:
        answer = person.post(address, {**_form(), **_row(ae, ae_title="HACKED")})
        assert answer.status_code == (302 if who == "outsider" else 403)
    assert list(AE.objects.values_list("ae_title", flat=True)) == ["PACS"]


def test_an_ae_is_added_with_all_its_connections_in_order(editor: Person) -> None:
    Device.objects.create(name="Scanner")
    form = _form(
        ("10.0.0.2", 11112, ""),
        ("", 104, ""),
        ("10.0.0.1", 104, "default"),
        device="scanner",
        tags="night,  wards , ",
        maximum_associations_in=4,
    )
    form |= {"connections-0-ORDER": 9}
    answer = editor.post("/aes/add/", form)
    ae = AE.objects.get()
    assert answer["Location"] == ae.get_absolute_url()
    assert _connections(ae) == [("10.0.0.1", 104, "default"), ("10.0.0.2", 11112, "")]
    assert str(ae.device) == "Scanner"
    assert [tag.name for tag in ae.tags.all()] == ["night", "wards"]
    assert (ae.association_initiator, ae.maximum_associations_in) == (False, 4)


@pytest.mark.parametrize(
    ("connection", "fields", "words"),
    [
        (("10.0.0.1", 104, ""), {"ae_title": "Our Dot Net Test Client"}, "23 bytes; at most 16"),
        (("10.0.0.1", 104, ""), {"ae_title": "A\\B"}, "backslash"),
        (("10.0.0.1", 104, ""), {"ae_title": ""}, "The AE title is empty"),
        (("10.0.0.1", 0, ""), {}, "greater than or equal to 1"),
        (("not a host!", 104, ""), {}, "is not a host name"),
        (("10.0.0.1", 104, ""), {"device": "Nowhere"}, "no device of this name"),
        (("10.0.0.1", 104, ""), {"maximum_associations_in": 99_999}, "not a number of associ"),
    ],
)
def test_what_is_forbidden_is_refused_at_its_field(
    editor: Person, connection: tuple[str, int, str], fields: dict[str, object], words: str
) -> None:
    answer = editor.post("/aes/add/", _form(connection, **fields))
    assert answer.status_code == 422
    page = answer.content.decode()
    error = page[page.index('<ul class="errorlist"') :]
    assert words in error
    assert 'aria-invalid="true"' in page
    assert not AE.objects.exists()


def test_warnings_are_shown_and_do_not_keep_from_saving(editor: Person) -> None:
    form = _form(("10.0.0.1", 104, ""), ae_title="STORESCP")
    assert "is a default title" in editor.post("/aes/findings/", form).content.decode()
    assert not AE.objects.exists()
    assert editor.post("/aes/add/", form).status_code == 302
    assert "is a default title" in editor.get(AE.objects.get().get_absolute_url()).content.decode()


def test_a_form_that_nobody_touched_has_no_findings(editor: Person) -> None:
    untouched = _form(("", 104, ""), ae_title="", association_initiator="on")
    assert editor.post("/aes/findings/", untouched).content.decode().strip() == ""
    begun = editor.post("/aes/findings/", untouched | {"description": "new CT"}).content.decode()
    assert "This AE accepts associations but has no address" in begun
    assert "title is empty" not in begun
    assert "title is empty" in editor.post("/aes/add/", untouched).content.decode()


def test_an_ae_added_to_a_device_has_its_name_filled_in(editor: Person) -> None:
    assert 'value="CT 2"' in editor.get("/aes/add/?device=CT+2").content.decode()


def test_the_edit_page_shows_what_is_stored_and_saves_one_change(editor: Person) -> None:
    ae = make_ae("PACS", "10.0.0.5:104", description="Archive")
    page = editor.get(f"/aes/{ae.pk}/edit/").content.decode()
    assert 'value="10.0.0.5"' in page
    assert 'value="Archive"' in page
    changes = ChangeSet.objects.count()
    form = _form(("10.0.0.6", 104, ""), ae_title="PACS", description="", revision=ae.revision)
    assert editor.post(f"/aes/{ae.pk}/edit/", form)["Location"] == ae.get_absolute_url()
    assert _connections(ae) == [("10.0.0.6", 104, "")]
    assert ChangeSet.objects.count() == changes + 1
    assert ChangeSet.objects.first().actor_name == "editor"


def test_a_removed_connection_is_gone(editor: Person) -> None:
    ae = make_ae("PACS", "10.0.0.5:104")
    form = _form(("10.0.0.5", 104, ""), ae_title="PACS", revision=ae.revision)
    form |= {"connections-INITIAL_FORMS": 1, "connections-0-DELETE": "on"}
    assert editor.post(f"/aes/{ae.pk}/edit/", form).status_code == 302
    assert _connections(ae) == []


@pytest.mark.parametrize("where", ["edit", "row"])
def test_whoever_saves_second_is_told_who_was_first(editor: Person, where: str) -> None:
    ae = make_ae("PACS")
    stale = ae.revision
    update_ae(SHELL, ae, AeData(site=ae.site, ae_title="PACS", description="new"), stale)
    form = {**_form(("10.9.9.9", 1, "")), **_row(ae, ae_title="MINE", revision=stale)}
    answer = editor.post(f"/aes/{ae.pk}/{where}/", form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "command line" in page
    assert "in the meantime" in page
    ae.refresh_from_db()
    assert (ae.ae_title, ae.description) == ("PACS", "new")


def test_the_row_opens_saves_and_closes(editor: Person) -> None:
    Device.objects.create(name="Scanner")
    ae = make_ae("PACS", "10.0.0.5:104")
    address = f"/aes/{ae.pk}/row/"
    assert 'value="10.0.0.5"' in editor.get(address).content.decode()
    form = _row(ae, hostname="10.0.0.7", port=11112, tls="default", device="Scanner")
    row = editor.post(address, {**form, "state": "retired"}).content.decode()
    assert f'<tr id="ae-{ae.pk}"' in row
    assert '11112<span class="under">TLS</span>' in row
    ae.refresh_from_db()
    assert (_connections(ae), ae.state, str(ae.device)) == (
        [("10.0.0.7", 11112, "default")],
        "retired",
        "Scanner",
    )
    assert f'<tr id="ae-{ae.pk}"' in editor.get(f"{address}?show").content.decode()


def test_the_row_keeps_further_connections_and_what_it_does_not_show(editor: Person) -> None:
    ae = make_ae("PACS", "10.0.0.5:104", tags=("night",), description="Archive")
    ae.connections.create(position=1, hostname="10.0.0.6", port=2104)
    editor.post(f"/aes/{ae.pk}/row/", _row(ae, port=105))
    assert _connections(ae) == [("10.0.0.5", 105, ""), ("10.0.0.6", 2104, "")]
    ae.refresh_from_db()
    assert (ae.description, [tag.name for tag in ae.tags.all()]) == ("Archive", ["night"])


def test_a_refused_row_stays_open_with_the_error_at_its_field(editor: Person) -> None:
    ae = make_ae("PACS")
    answer = editor.post(f"/aes/{ae.pk}/row/", _row(ae, hostname="bad host!"))
    assert answer.status_code == 422
    assert f'id="row_{ae.pk}_hostname_error"' in answer.content.decode()


def test_a_copy_takes_the_next_title_and_opens_for_editing(editor: Person) -> None:
    ae = make_ae("PACS")
    answer = editor.post(f"/aes/{ae.pk}/duplicate/")
    copy = AE.objects.get(ae_title="PACS_2")
    assert answer["Location"] == f"/aes/{copy.pk}/edit/"


def test_the_page_of_an_ae_names_its_associations_and_history(viewer: Person) -> None:
    association = make_association("CT1", "PACS")
    page = viewer.get(association.called.get_absolute_url()).content.decode()
    assert association.get_absolute_url() in page
    assert "Added AE PACS" in page
