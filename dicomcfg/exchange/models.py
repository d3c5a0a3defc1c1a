"""Kept imports: the source as it came, bounded, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.inventory.models import ChangeSet


class Import(models.Model):
    """One file or paste, from preview to apply.

    `options` holds what the person chose on the preview (site, calling and called AE,
    overwrite ...). `change_set` is set by the apply; until then nothing has changed.
    """

    format = models.CharField(max_length=32)
    file_name = models.CharField(max_length=254, blank=True)
    source = models.BinaryField(max_length=MAXIMUM_BYTES)
    options = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    applied_at = models.DateTimeField(null=True)
    change_set = models.ForeignKey(ChangeSet, models.SET_NULL, null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.file_name or f"pasted {self.format}"

    def get_absolute_url(self) -> str:
        """The preview's page."""
        return reverse("import-detail", args=[self.pk])
