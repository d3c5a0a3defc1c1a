"""Who changed what: written by services with an explicit actor, never by signals.

A ChangeSet is one person's one act and the unit of undo; its Changes hold each object before
and after as plain JSON (UIDs and names, not row ids of interned lists).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ChangeSet(models.Model):
    """One act: a form saved, a bulk edit, an import, an undo."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    actor_name = models.CharField(max_length=150)
    summary = models.CharField(max_length=254)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.summary


class Change(models.Model):
    """One object of one act; `before` is null for a creation, `after` for a deletion."""

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="changes")
    model = models.CharField(max_length=16)
    object_id = models.BigIntegerField()
    label = models.CharField(max_length=160)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["model", "object_id", "-id"], name="change_by_object"),)

    def __str__(self) -> str:
        return self.label

    @property
    def action(self) -> str:
        """`created`, `deleted` or `changed`."""
        if self.before is None:
            return "created"
        return "deleted" if self.after is None else "changed"
