"""Who acts: passed to every service, so that history never guesses from a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or the shell. `name` stays in the history when the person's row is gone."""

    user: AbstractUser | None
    name: str

    @classmethod
    def of(cls, user: AbstractUser) -> Actor:
        """The person who is logged in."""
        return cls(user, user.get_username())

    @classmethod
    def command_line(cls) -> Actor:
        """Whoever sits at the shell; the database knows no user for it."""
        return cls(None, "command line")
