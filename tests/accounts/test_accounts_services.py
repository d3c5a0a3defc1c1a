"""Set-up happens once, and an administrator always remains."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from dicomcfg.accounts import services
from dicomcfg.accounts.models import Role, SetupLink, User

PASSWORD = "correct horse battery"


def _token(path: str | None) -> str:
    assert path is not None
    return path.removeprefix("/setup/").removesuffix("/")


def _user(name: str, role: Role = Role.ADMIN) -> User:
    return services.create_user(name, PASSWORD, role)


def _both(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at one moment, each on its own database connection; what each gave."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index: int, act: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            results[index] = act()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


@pytest.mark.django_db
def test_the_link_makes_one_administrator() -> None:
    token = _token(services.issue_setup_link())
    assert services.setup_is_open(token)
    user = services.create_first_administrator(token, "ada", PASSWORD)
    assert user.may(Role.ADMIN)
    assert user.password.startswith("argon2")
    assert not services.setup_is_open(token)
    with pytest.raises(services.SetupClosed):
        services.create_first_administrator(token, "eve", PASSWORD)
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_no_link_is_given_once_an_administrator_exists() -> None:
    earlier = _token(services.issue_setup_link())
    _user("ada")
    assert services.issue_setup_link() is None
    assert not services.setup_is_open(earlier)
    with pytest.raises(services.SetupClosed):
        services.create_first_administrator(earlier, "eve", PASSWORD)
    assert SetupLink.objects.get().used_at is None, "a refused act is undone as a whole"


@pytest.mark.django_db
def test_a_new_link_ends_the_earlier_one() -> None:
    first, second = (_token(services.issue_setup_link()) for _ in range(2))
    assert not services.setup_is_open(first)
    assert services.setup_is_open(second)


@pytest.mark.django_db
def test_the_token_is_kept_nowhere() -> None:
    token = _token(services.issue_setup_link())
    assert token not in str(SetupLink.objects.values())


@pytest.mark.django_db(transaction=True)
def test_of_two_posts_at_once_one_wins() -> None:
    token = _token(services.issue_setup_link())
    results = _both(
        lambda: services.create_first_administrator(token, "ada", PASSWORD),
        lambda: services.create_first_administrator(token, "eve", PASSWORD),
    )
    assert sorted(type(result).__name__ for result in results) == ["SetupClosed", "User"]
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_the_command_prints_a_path_until_an_administrator_exists(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("setup_link")
    assert services.setup_is_open(_token(capsys.readouterr().out.strip()))
    _user("ada")
    with pytest.raises(CommandError, match="administrator exists"):
        call_command("setup_link")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "is_active"), [(Role.EDITOR, True), (Role.ADMIN, False), (Role.VIEWER, False)]
)
def test_the_last_administrator_stays(role: Role, is_active: bool) -> None:
    ada = _user("ada")
    _user("bob", Role.EDITOR)
    services.update_user(_user("gone"), role=Role.ADMIN, is_active=False)
    with pytest.raises(services.LastAdministrator):
        services.update_user(ada, role=role, is_active=is_active)
    ada.refresh_from_db()
    assert ada.may(Role.ADMIN)


@pytest.mark.django_db
def test_with_a_second_administrator_the_first_may_go() -> None:
    ada = _user("ada")
    _user("bob")
    services.update_user(ada, role=Role.VIEWER, is_active=True)
    assert not ada.may(Role.OPERATOR)


@pytest.mark.django_db(transaction=True)
def test_two_who_demote_each_other_at_once_leave_one() -> None:
    ada, bob = _user("ada"), _user("bob")
    results = _both(
        lambda: services.update_user(ada, role=Role.VIEWER, is_active=True),
        lambda: services.update_user(bob, role=Role.VIEWER, is_active=True),
    )
    assert sorted(type(result).__name__ for result in results) == ["LastAdministrator", "User"]
    assert User.objects.filter(role=Role.ADMIN).count() == 1
