"""Set-up, users and roles.

Pages and commands act through these functions, each one transaction. At least one active
administrator remains at any time, also when two administrators demote each other at once.
"""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dicomcfg.accounts.models import Role, SetupLink, User


class SetupClosed(Exception):
    """The set-up link is unknown or used, or there is an administrator already."""


class LastAdministrator(Exception):
    """The change would leave nobody who can manage users."""


def administrator_exists() -> bool:
    """Whether set-up is over, for good: a deactivated administrator counts too."""
    return User.objects.filter(role=Role.ADMIN).exists()


def issue_setup_link() -> str | None:
    """The path of a fresh set-up page, or None once an administrator exists.

    Earlier links that nobody used stop working.
    """
    return None if administrator_exists() else reverse("setup", args=[SetupLink.issue()])


def setup_is_open(token: str) -> bool:
    """Whether the link may still make the first administrator."""
    link = SetupLink.objects.filter(token_hash=SetupLink.hash(token), used_at=None)
    return link.exists() and not administrator_exists()


@transaction.atomic
def create_first_administrator(token: str, username: str, password: str) -> User:
    """Use up the link and make the administrator. Raises SetupClosed.

    Marking the link is a conditional update, so that of two simultaneous posts one wins.
    """
    link = SetupLink.objects.filter(token_hash=SetupLink.hash(token), used_at=None)
    if not link.update(used_at=timezone.now()) or administrator_exists():
        raise SetupClosed
    return User.objects.create_user(username, password=password, role=Role.ADMIN)


def create_user(username: str, password: str, role: str) -> User:
    """A new active user; the caller has validated name and password."""
    return User.objects.create_user(username, password=password, role=Role(role))


@transaction.atomic
def update_user(user: User, *, role: str, is_active: bool) -> User:
    """Change what someone may do, or shut them out. Raises LastAdministrator.

    Their sessions follow at once: every request reads the row.
    """
    # Locked, so that of two who demote each other at once the second sees the first's change.
    administrators = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True)
    others = set(administrators.order_by("pk").values_list("pk", flat=True)) - {user.pk}
    if not others and not (role == Role.ADMIN and is_active):
        raise LastAdministrator
    user.role, user.is_active = Role(role), is_active
    user.save(update_fields=["role", "is_active"])
    return user


def set_password(user: User, password: str) -> None:
    """Replace the password; every other session of this user ends."""
    user.set_password(password)
    user.save(update_fields=["password"])
