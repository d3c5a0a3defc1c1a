"""Filters of the AE table that people keep under a name."""

from __future__ import annotations

from django.db import models


class SavedFilter(models.Model):
    """A query string of the AE table, as `site=1&outcome=unreachable`; every person sees all."""

    name = models.CharField(max_length=64, unique=True)
    query = models.CharField(max_length=1000)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
