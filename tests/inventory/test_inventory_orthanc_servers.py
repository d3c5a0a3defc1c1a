"""Orthanc servers and their marks: refused fields, history, undo, AEs that go."""

import pytest
from django.db.models import ProtectedError

from dicomcfg.inventory.models import AE, ChangeSet, ManagedModality, OrthancServer, Site
from dicomcfg.inventory.services.aes import delete_aes
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.orthanc_servers import (
    ROWS,
    OrthancServerData,
    create_orthancserver,
    delete_orthancserver,
    manage,
    stop_managing,
    update_orthancserver,
)
from dicomcfg.inventory.services.undo import undo
from tests.parts.rows import SHELL, make_ae

pytestmark = pytest.mark.django_db

URL = "http://orthanc.example:8042"


def data(**fields):
    site = Site.objects.order_by("pk")[0]
    return OrthancServerData(**{"site": site, "name": "Radiology", "url": URL} | fields)


@pytest.fixture
def server():
    return create_orthancserver(SHELL, data())


def marks(server):
    return {m.name: m.ae.ae_title if m.ae else None for m in ROWS.data_of(server).managed}


def current(server):
    return OrthancServer.objects.get(pk=server.pk)


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"url": ""}, "url"),
        ({"url": "orthanc.example:8042"}, "url"),
        ({"url": "ftp://orthanc.example"}, "url"),
        ({"url": "http://alice:hunter2@orthanc.example"}, "url"),
        ({"url": "http://orthanc.example/?a=b"}, "url"),
        ({"url": "http://orthanc.example:99999"}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"url": "http://bad host/"}, "url"),
        ({"url": f"http://{'x' * 300}"}, "url"),
        (
            {"username_variable": "SECRET_KEY", "password_variable": "DATABASE_URL"},
            "username_variable",
        ),
        ({"username_variable": "DICOMCFG_ORTHANC_USER"}, "password_variable"),
        ({"password_variable": "DICOMCFG_ORTHANC_x"}, "password_variable"),
    ],
)
def test_refused(fields, refused):
    with pytest.raises(ServiceError) as error:
        create_orthancserver(SHELL, data(**fields))
    assert refused in error.value.messages
    assert "hunter2" not in str(error.value)
    assert not OrthancServer.objects.exists()


def test_a_name_is_taken_once(server):
    with pytest.raises(ServiceError) as error:
        create_orthancserver(SHELL, data())
    assert "name" in error.value.messages


def test_changing_keeps_the_marks(server):
    manage(SHELL, server, {"ct": make_ae("CT1")}, 1)
    changed = update_orthancserver(SHELL, server, data(url=f"{URL}/x/"), 2)
    assert changed.url == f"{URL}/x"
    assert marks(changed) == {"ct": "CT1"}
    with pytest.raises(StaleRevision):
        update_orthancserver(SHELL, server, data(url=URL), 2)


def test_marks_come_and_go(server):
    first, second = make_ae("CT1"), make_ae("CT2", "10.0.0.6:104")
    manage(SHELL, server, {"ct-1": first, "ct-2": second}, 1)
    assert marks(server) == {"ct-1": "CT1", "ct-2": "CT2"}
    # One AE has one modality of a server, so the former name goes.
    manage(SHELL, server, {"scanner": first}, 2)
    assert marks(server) == {"ct-2": "CT2", "scanner": "CT1"}
    stop_managing(SHELL, server, ["ct-2"], 3)
    assert marks(server) == {"scanner": "CT1"}
    undo(SHELL, ChangeSet.objects.latest("pk"))
    assert marks(server) == {"ct-2": "CT2", "scanner": "CT1"}


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65, "a/b", "a.b"])
def test_names_that_orthanc_refuses(server, name):
    with pytest.raises(ServiceError):
        manage(SHELL, server, {name: make_ae("CT1")}, 1)
    assert not ManagedModality.objects.exists()


def test_of_two_names_for_one_ae_the_last_counts(server):
    ae = make_ae("CT1")
    manage(SHELL, server, {"ct": ae, "scanner": ae}, 1)
    assert marks(server) == {"scanner": "CT1"}


def test_an_ae_that_is_gone_is_not_marked(server):
    ae = make_ae("CT1")
    delete_aes(SHELL, [AE.objects.get(pk=ae.pk)])
    with pytest.raises(ServiceError):
        manage(SHELL, server, {"ct": ae}, 1)
    assert not ManagedModality.objects.exists()


def test_marks_that_stay_keep_their_rows(server):
    manage(SHELL, server, {"ct": make_ae("CT1")}, 1)
    row = ManagedModality.objects.get()
    manage(SHELL, server, {"mr": make_ae("MR1", "10.0.0.6:104")}, 2)
    stop_managing(SHELL, server, ["mr", "nowhere"], 3)
    assert ManagedModality.objects.get() == row
    assert ChangeSet.objects.latest("pk").summary == "Stopped managing modality mr on Radiology"


def test_an_ae_that_goes_leaves_its_modality_to_be_deleted_and_comes_back_with_it(server):
    ae = make_ae("CT1")
    manage(SHELL, server, {"ct": ae}, 1)
    delete_aes(SHELL, [ae])
    assert marks(server) == {"ct": None}
    undo(SHELL, ChangeSet.objects.latest("pk"))
    assert marks(server) == {"ct": "CT1"}


def test_deleting_can_be_undone_with_the_marks(server):
    manage(SHELL, server, {"ct": make_ae("CT1")}, 1)
    delete_orthancserver(SHELL, server, 2)
    assert not ManagedModality.objects.exists()
    undo(SHELL, ChangeSet.objects.latest("pk"))
    assert marks(current(server)) == {"ct": "CT1"}


def test_a_site_with_a_server_stays(server):
    with pytest.raises(ProtectedError):
        server.site.delete()
