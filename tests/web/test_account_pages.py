"""The way in: the set-up link once, sign-in throttled, one's own password."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from dicomcfg.accounts import services
from dicomcfg.accounts.models import Role, User
from tests.parts.people import Person

PASSWORD = "correct horse battery"
NEW = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def ada(outsider: Person) -> User:
    return services.create_user("ada", PASSWORD, Role.ADMIN)


def test_every_page_sends_an_outsider_to_sign_in_and_back(outsider: Person) -> None:
    for page in ("/", "/users/", "/profile/", "/uids/"):
        assert outsider.get(page)["Location"] == f"/login/?next={page}"


def test_without_an_administrator_the_sign_in_page_names_the_link(outsider: Person) -> None:
    page = outsider.get("/login/").content.decode()
    assert "manage.py setup_link" in page
    assert "<form" not in page


def test_the_link_makes_an_administrator_and_signs_them_in(outsider: Person) -> None:
    link = services.issue_setup_link()
    assert outsider.get(link).status_code == 200
    assert outsider.post(link, NEW)["Location"] == "/"
    assert outsider.get("/users/").status_code == 200
    second = Person().post(link, NEW | {"username": "eve"})
    assert second.status_code == 410
    assert list(User.objects.values_list("username", "role")) == [("ada", "admin")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password2": "something else entirely"}, "match"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "password1234", "password2": "password1234"}, "too common"),
        ({"username": "a b"}, "valid username"),
    ],
)
def test_a_refused_form_does_not_use_up_the_link(
    outsider: Person, fields: dict[str, str], words: str
) -> None:
    link = services.issue_setup_link()
    answer = outsider.post(link, NEW | fields)
    assert words in answer.content.decode()
    assert not User.objects.exists()
    assert outsider.post(link, NEW).status_code == 302


def test_a_made_up_link_is_closed(outsider: Person) -> None:
    services.issue_setup_link()
    assert outsider.get("/setup/guess/").status_code == 410
    assert outsider.post("/setup/guess/", NEW).status_code == 410
    assert not User.objects.exists()


def test_signing_in_leads_where_the_person_wanted_to_go(outsider: Person, ada: User) -> None:
    answer = outsider.post(
        "/login/", {"username": "ada", "password": PASSWORD, "next": "/profile/"}
    )
    assert answer["Location"] == "/profile/"


def test_signing_in_never_leads_off_the_site(outsider: Person, ada: User) -> None:
    answer = outsider.post(
        "/login/", {"username": "ada", "password": PASSWORD, "next": "https://example.org/"}
    )
    assert answer["Location"] == "/"


def test_five_wrong_passwords_lock_the_name_out(outsider: Person, ada: User) -> None:
    guess = {"username": "ada", "password": "wrong"}
    answers = [outsider.post("/login/", guess) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    right = outsider.post("/login/", {"username": "ada", "password": PASSWORD})
    assert right.status_code == 429
    assert "Wait 15 minutes" in right.content.decode()
    assert outsider.get("/profile/").status_code == 302


def test_an_open_session_cannot_guess_the_password_either(outsider: Person, ada: User) -> None:
    new = "another long passphrase"
    form = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    here = Person(ada)
    answers = [here.post("/profile/", form).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert here.post("/profile/", form | {"old_password": PASSWORD}).status_code == 429
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("behind_proxy", "locked"),
    [(False, [429, 429]), (True, [429, 200])],
    ids=["the header is anybody's", "the last address is the proxy's word"],
)
def test_wrong_passwords_are_counted_by_where_they_come_from(
    outsider: Person,
    ada: User,
    settings: Any,
    behind_proxy: bool,
    locked: list[int],
) -> None:
    if behind_proxy:
        settings.AXES_CLIENT_IP_CALLABLE = "dicomcfg.web.accounts.address_behind_proxy"
    guess = {"username": "ada", "password": "wrong"}

    def guess_from(address: str, invented: str) -> int:
        seen = {"X-Forwarded-For": f"{invented}, {address}"}
        return outsider.post("/login/", guess, headers=seen).status_code

    answers = [guess_from("192.0.2.7", f"10.0.0.{n}") for n in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert [guess_from("192.0.2.7", "10.0.0.9"), guess_from("192.0.2.8", "10.0.0.9")] == locked


def test_a_tried_name_is_escaped_on_the_locked_out_page(outsider: Person, ada: User) -> None:
    guess = {"username": "<script>x</script>", "password": "wrong"}
    last = [outsider.post("/login/", guess) for _ in range(5)][-1]
    assert "&lt;script&gt;x" in last.content.decode()
    assert "<script>x" not in last.content.decode()


def test_signing_out_takes_a_post(viewer: Person) -> None:
    assert viewer.get("/logout/").status_code == 405
    assert viewer.post("/logout/")["Location"] == "/login/"
    assert viewer.get("/profile/").status_code == 302


def test_a_new_password_of_ones_own_ends_the_other_sessions(outsider: Person) -> None:
    user = User.objects.create(username="bob", password=make_password(PASSWORD))
    here, elsewhere = Person(user), Person(user)
    new = "another long passphrase"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/profile/", form | {"old_password": "wrong"}).status_code == 200
    assert elsewhere.get("/profile/").status_code == 200
    assert here.post("/profile/", form).status_code == 302
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
