"""Interned syntax lists: one immutable row for each ordered list of transfer syntax UIDs.

10,000 AEs share a few hundred lists, and "who accepts this syntax?" is one indexed query over
the entries. Rows are never changed or deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from django.db import models


class SyntaxList(models.Model):
    """An ordered list of UIDs; `uids` repeats the entries, space-separated, to spare a join."""

    digest = models.CharField(max_length=64, unique=True)
    uids = models.TextField()

    def __str__(self) -> str:
        return self.uids

    @property
    def transfer_syntaxes(self) -> tuple[str, ...]:
        """The UIDs in order of preference."""
        return tuple(self.uids.split())

    @classmethod
    def intern(cls, lists: Iterable[Sequence[str]]) -> dict[tuple[str, ...], SyntaxList]:
        """The rows for `lists`, made where missing, in a constant number of queries.

        Call inside a transaction: a list and its entries appear together.
        """
        wanted = {cls.digest_of(uids): tuple(uids) for uids in lists}
        found = SyntaxList.objects.in_bulk(list(wanted), field_name="digest")
        missing = [d for d in wanted if d not in found]
        if missing:
            SyntaxList.objects.bulk_create(
                (SyntaxList(digest=d, uids=" ".join(wanted[d])) for d in missing),
                ignore_conflicts=True,
            )
            made = SyntaxList.objects.in_bulk(missing, field_name="digest")
            SyntaxListEntry.objects.bulk_create(
                (
                    SyntaxListEntry(syntax_list=row, position=position, uid=uid)
                    for row in made.values()
                    for position, uid in enumerate(row.transfer_syntaxes)
                ),
                ignore_conflicts=True,
            )
            found |= made
        return {uids: found[digest] for digest, uids in wanted.items()}

    @staticmethod
    def digest_of(uids: Sequence[str]) -> str:
        """SHA-256 of the space-joined UIDs, as hex."""
        return hashlib.sha256(" ".join(uids).encode()).hexdigest()


class SyntaxListEntry(models.Model):
    """One UID of a list at its position."""

    syntax_list = models.ForeignKey(SyntaxList, models.CASCADE, related_name="entries")
    position = models.PositiveSmallIntegerField()
    uid = models.CharField(max_length=64, db_index=True)

    class Meta:
        ordering = ("syntax_list_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["syntax_list", "position"], name="syntax_position"),
        )

    def __str__(self) -> str:
        return self.uid
