"""What the checks leave on a row, so that lists need no join over a million of them."""

from __future__ import annotations

from django.db import models


class Latest(models.Model):
    """The outcome of a row's newest check: written by dicomcfg.checks alone, never by services.

    `latest_check_id` is no foreign key: this room knows nothing of checks.
    """

    latest_check_id = models.BigIntegerField(null=True, editable=False)
    latest_outcome = models.CharField(max_length=24, blank=True, default="", editable=False)
    latest_headline = models.CharField(max_length=64, blank=True, default="", editable=False)
    latest_tone = models.CharField(max_length=8, blank=True, default="", editable=False)
    latest_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
