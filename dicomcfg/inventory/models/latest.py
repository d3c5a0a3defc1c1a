"""What lists show of a row beside its settings, kept on it so that they need no join."""

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


class Drifting(models.Model):
    """How far a row's settings and what was seen of it are apart; written by services of drift.

    `drift_count` counts the differences that nobody chose to keep and is null where nothing was
    seen or nothing is configured, so that there is nothing to compare.
    """

    drift_count = models.PositiveIntegerField(null=True, editable=False)
    drift_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
