"""`manage.py setup_link`: print the path of a fresh one-time set-up page."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dicomcfg.accounts.services import issue_setup_link


class Command(BaseCommand):
    """Prints the path alone, so that scripts can put the host before it."""

    help = "Print the path of the page that makes the first administrator."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exits with an error once an administrator exists."""
        path = issue_setup_link()
        if path is None:
            raise CommandError("An administrator exists already: log in, or ask them.")
        self.stdout.write(path)
