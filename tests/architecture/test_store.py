"""The tests' own ground: the store that was asked for, private to this run."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.db import connection

from tests.parts.people import Person


@pytest.mark.django_db
def test_the_store_is_the_one_asked_for(pytestconfig: pytest.Config) -> None:
    assert connection.vendor == pytestconfig.getoption("--store")


@pytest.mark.django_db
def test_embedded_writers_do_not_lock_readers_out() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
    else:
        assert settings.CELERY_BROKER_URL.startswith("redis://")


def test_the_home_folder_is_temporary() -> None:
    assert os.environ["DICOMCFG_HOME"].startswith(os.environ["DICOMCFG_TEST_ROOT"])


def test_everyone_is_who_he_is(
    admin: Person, editor: Person, operator: Person, viewer: Person, outsider: Person
) -> None:
    people = [admin, editor, operator, viewer]
    assert [person.user and person.user.role for person in people] == [
        "admin",
        "editor",
        "operator",
        "viewer",
    ]
    assert outsider.user is None
    assert "sessionid" not in outsider.cookies
