"""Users are for administrators alone, and one administrator stays."""

from __future__ import annotations

import pytest

from dicomcfg.accounts.models import Role, User
from tests.parts.people import Person

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.mark.parametrize("who", ["viewer", "operator", "editor"])
def test_only_administrators_see_and_change_users(who: str, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    own = f"/users/{person.user.pk}/"
    for page in ("/users/", "/users/add/", own):
        assert person.get(page).status_code == 403
    assert person.post(own, {"role": "admin", "is_active": "on"}).status_code == 403
    assert person.post(f"{own}password/", {}).status_code == 403
    person.user.refresh_from_db()
    assert person.user.role == who


def test_an_administrator_adds_a_user_who_can_sign_in(admin: Person) -> None:
    form = {"username": "bob", "role": "operator", "password1": PASSWORD, "password2": PASSWORD}
    assert admin.post("/users/add/", form)["Location"] == "/users/"
    assert "bob" in admin.get("/users/").content.decode()
    person = Person()
    person.post("/login/", {"username": "bob", "password": PASSWORD})
    assert person.get("/profile/").status_code == 200


def test_a_second_user_of_one_name_is_refused(admin: Person, viewer: Person) -> None:
    form = {"username": "viewer", "role": "viewer", "password1": PASSWORD, "password2": PASSWORD}
    assert "already exists" in admin.post("/users/add/", form).content.decode()


def test_shutting_out_ends_the_session_at_once(admin: Person, editor: Person) -> None:
    assert editor.get("/profile/").status_code == 200
    admin.post(f"/users/{editor.user.pk}/", {"role": "editor"})
    assert editor.get("/profile/").status_code == 302


@pytest.mark.parametrize("form", [{"role": "viewer", "is_active": "on"}, {"role": "admin"}])
def test_the_last_administrator_cannot_go(admin: Person, form: dict[str, str]) -> None:
    answer = admin.post(f"/users/{admin.user.pk}/", form)
    assert "last administrator" in answer.content.decode()
    assert User.objects.get(pk=admin.user.pk).may(Role.ADMIN)


def test_a_new_password_from_the_administrator(admin: Person, editor: Person) -> None:
    page = f"/users/{editor.user.pk}/password/"
    short = {"new_password1": "short", "new_password2": "short"}
    assert "too short" in admin.post(page, short).content.decode()
    assert editor.get("/profile/").status_code == 200
    admin.post(page, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert editor.get("/profile/").status_code == 302
    person = Person()
    person.post("/login/", {"username": "editor", "password": PASSWORD})
    assert person.get("/profile/").status_code == 200
