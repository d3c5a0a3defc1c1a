"""`manage.py seed_inventory`: a made-up network for measuring; never beside a real one."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dicomcfg.inventory.seeding.load import CannotSeed, Size, seed_inventory


class Command(BaseCommand):
    """Fills an empty inventory; prints how far it is."""

    help = "Fill an empty inventory with a made-up network; it leaves no history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The numbers to make, and what makes them fall otherwise."""
        parser.add_argument("--aes", type=int, default=10_000)
        parser.add_argument("--associations", type=int, help="half as many as AEs unless given")
        parser.add_argument("--capabilities", type=int, help="100 an AE unless given")
        parser.add_argument("--seed", type=int, default=1, help="another seed, another network")
        parser.add_argument("--at", type=datetime.fromisoformat, help="the time of the last checks")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where the inventory is not empty or the numbers cannot be."""
        aes, at = options["aes"], options["at"] or timezone.now()
        size = Size(
            aes=aes,
            associations=_given(options["associations"], aes // 2),
            capabilities=_given(options["capabilities"], 100 * aes),
        )
        self._told: dict[str, int] = {}
        try:
            moment = at if timezone.is_aware(at) else timezone.make_aware(at)
            seed_inventory(size, options["seed"], moment, self._tell)
        except CannotSeed as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(self.style.SUCCESS("Done."))

    def _tell(self, what: str, done: int, total: int) -> None:
        """A line at each tenth of a kind of row."""
        tenth = 10 * done // max(total, 1)
        if self._told.get(what) != tenth:
            self._told[what] = tenth
            self.stdout.write(f"{what}: {done:,} of {total:,}")
            self.stdout.flush()


def _given(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number
