"""Requests that no page of ours sends: each is answered in words, and changes nothing."""

from __future__ import annotations

from contextlib import closing
from io import BytesIO

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client
from django.urls import reverse

from dicomcfg.inventory.models import AE
from dicomcfg.web.urls import urlpatterns
from tests.parts.people import Person
from tests.parts.rows import make_ae

pytestmark = pytest.mark.django_db
GARBAGE = (
    *("a%00b", "%ED%A0%80", "%E2%80%AE%07", "'%3B--", "-1", "NaN"),
    *("%D9%A3", "9" * 30, "9" * 3900, "a+" * 1900),
)
PARAMETERS = ("q", "page", "sort", "tag", "device", "state", "outcome", "actor", "kind", "ae")
PARAMETERS += ("by", "in", "open", "size", "find", "calling", "called", "cols", "status")
PARAMETERS += ("group", "vr", "uid")
CALM = (200, 400, 404)


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda text: text[:12])
def test_garbage_in_an_address_never_breaks_a_page(admin: Person, garbage: str) -> None:
    make_ae("CT1")
    plain = [p.name for p in urlpatterns if not p.pattern.converters]
    for name in set(plain) - {"logout", "login"}:
        query = "&".join(f"{parameter}={garbage}" for parameter in PARAMETERS)
        # All at once, and each alone: what refuses the first must not hide the others.
        for wanted in (query, *query.split("&")) if name.endswith("list") else (query,):
            answer = admin.get(f"{reverse(name)}?{wanted}")
            led_on = answer.status_code == 302 and answer.url.startswith(f"{reverse(name)}?")
            assert led_on or answer.status_code in (*CALM, 405, 422), (name, wanted[:40])


def test_a_nul_is_refused_in_words(viewer: Person) -> None:
    answer = viewer.get("/devices/?q=a%00b")
    assert answer.status_code == 400
    assert "holds a character" in answer.text


@pytest.mark.parametrize(
    ("name", "megabytes"), [("import-create", 39), ("capability-import", 6), ("forecast-file", 6)]
)
def test_an_upload_is_refused_by_its_size_before_it_is_read(
    editor: Person, name: str, megabytes: int
) -> None:
    class Unread(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

    needs_row = any(p.name == name and p.pattern.converters for p in urlpatterns)
    answer = editor.generic(
        "POST",
        reverse(name, args=[make_ae("CT1").pk] if needs_row else []),
        content_type="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str((megabytes + 1) * 2**20),
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert f"At most {megabytes} MB" in answer.text


def test_too_many_fields_are_refused_in_words(editor: Person) -> None:
    body = "&".join(f"a{i}=" for i in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    kind = "application/x-www-form-urlencoded"
    answer = editor.post("/aes/bulk/", body, content_type=kind)
    assert answer.status_code == 400
    assert "too many fields" in answer.text


@pytest.mark.parametrize("query", ["state=gone", "tag=vanished", "q=" + "x" * 300])
def test_all_that_match_a_filter_that_cannot_be_read_are_none(editor: Person, query: str) -> None:
    make_ae("CT1")
    editor.post("/aes/delete/", {"scope": "all", "query": query})
    assert AE.objects.filter(ae_title="CT1").exists()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "\\\\evil", "x", ""])
def test_after_a_bulk_act_nobody_is_led_elsewhere(editor: Person, target: str) -> None:
    answer = editor.post("/aes/bulk/", {"action": "edit", "next": target})
    assert answer.status_code == 302
    assert "evil" not in answer.url


def test_after_the_log_in_nobody_is_led_elsewhere(editor: Person) -> None:
    answer = editor.get("/login/?next=https://evil.example/")
    assert (answer.status_code, answer.url) == (302, "/")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/nothing/", 404), ("/aes/", 200), ("/aes/bulk/", 403), ("/login/", 302)],
)
def test_every_answer_carries_the_policies(viewer: Person, path: str, status: int) -> None:
    answer = viewer.get(path)
    assert answer.status_code == status
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_static_file_carries_the_policies(viewer: Person) -> None:
    with closing(viewer.get(staticfiles_storage.url("icon.svg"))) as answer:
        assert answer.status_code == 200
        assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_foreign_host_is_refused_with_the_policies(db: None) -> None:
    answer = Client().get("/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_forms_need_their_token(editor: Person) -> None:
    assert editor.user is not None
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor.user, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/demo/load/", "/aes/delete/", "/logout/", "/profile/"):
        assert strict.post(path).status_code == 403
