"""The five people every page is seen by: four roles, and an outsider who is signed out."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from dicomcfg.accounts.models import Role, User


class Person(Client):
    """A browser in somebody's hands; `user` is None for the outsider."""

    def __init__(self, user: User | None = None) -> None:
        super().__init__()
        self.user = user
        if user is not None:
            self.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def page(self, name: str, pk: int, query: str = "") -> str:
        """The HTML of a page about one row, by the name of its address."""
        answer = self.get(reverse(name, args=[pk]) + query)
        assert answer.status_code == 200
        return str(answer.content.decode())


def _person(role: Role) -> Person:
    user = User.objects.create(username=role.value, role=role)
    user.set_unusable_password()
    user.save()
    return Person(user)


@pytest.fixture(scope="session")
def static_files() -> None:
    """The collected static files: pages refer to them by their hashed names."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def admin(db: None, static_files: None) -> Person:
    return _person(Role.ADMIN)


@pytest.fixture
def editor(db: None, static_files: None) -> Person:
    return _person(Role.EDITOR)


@pytest.fixture
def operator(db: None, static_files: None) -> Person:
    return _person(Role.OPERATOR)


@pytest.fixture
def viewer(db: None, static_files: None) -> Person:
    return _person(Role.VIEWER)


@pytest.fixture
def outsider(db: None, static_files: None) -> Person:
    return Person()
