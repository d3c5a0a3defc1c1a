"""The tests' own ground: the store that was asked for, private to this run."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.db import connection

from dicomcfg.inventory.models import Site
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


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_the_first_site_survives_the_flush_of_a_transactional_test(turn: int) -> None:
    assert [site.slug for site in Site.objects.all()] == ["main"]


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
