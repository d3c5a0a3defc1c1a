"""Application Entities, where they listen, and their tags.

Identity is the row: two AEs may bear one title.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from dicomcfg.core import records
from dicomcfg.core.standard.endpoint import endpoint
from dicomcfg.inventory.models.latest import Drifting, Latest
from dicomcfg.inventory.models.places import Device, Site, State
from dicomcfg.inventory.models.profiles import Profile


class Tag(models.Model):
    """A word for grouping AEs."""

    name = models.CharField(max_length=32, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class AE(Latest, Drifting):
    """An Application Entity (PS3.15 Annex H Network AE)."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="aes")
    device = models.ForeignKey(Device, models.PROTECT, related_name="aes", null=True, blank=True)
    ae_title = models.CharField("AE title", max_length=16)
    description = models.CharField(max_length=254, blank=True)
    association_initiator = models.BooleanField("initiates associations", default=True)
    association_acceptor = models.BooleanField("accepts associations", default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LIVE)
    tags = models.ManyToManyField(Tag, related_name="aes", blank=True)
    maximum_associations_in = models.PositiveSmallIntegerField(null=True, blank=True)
    maximum_associations_out = models.PositiveSmallIntegerField(null=True, blank=True)
    do_not_probe = models.BooleanField(
        default=False, help_text="Never send anything to this AE; checks are listed as skipped."
    )
    do_not_probe_reason = models.CharField(max_length=254, blank=True)
    allows_find = models.BooleanField(
        "allows find",
        default=False,
        help_text="A C-FIND that matches nothing may be sent to this AE.",
    )
    allows_store = models.BooleanField(
        "allows store",
        default=False,
        help_text="A marked test object may be sent to this AE, which then keeps it.",
    )
    # Its capabilities in that role are those of the Profile; services keep the copy in step.
    profile = models.ForeignKey(
        Profile, models.PROTECT, related_name="aes", null=True, blank=True, editable=False
    )
    profile_role = models.CharField(max_length=3, blank=True, default="", editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    # Written by dicomcfg.checks only, as all of Latest. `latest_stages` is
    # [[name, outcome, ms], ...]; `recent` holds up to 20 [tone, ms] pairs, oldest first;
    # `borrowed_latest` is the last outcome under a title borrowed from another AE, which never
    # replaces the row's own.
    latest_elapsed_ms = models.FloatField(null=True, editable=False)
    latest_stages = models.JSONField(default=list, editable=False)
    recent = models.JSONField(default=list, editable=False)
    borrowed_latest = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = "AE"
        verbose_name_plural = "AEs"
        ordering = ("ae_title", "id")
        indexes = (
            # Whoever looks for words or counts tones reads these instead of the wide rows.
            models.Index(fields=["ae_title", "id", "description", "device"], name="ae_by_words"),
            models.Index(fields=["site", "latest_tone"], name="ae_by_site_tone"),
            models.Index(fields=["site", "ae_title"], name="ae_by_site_title"),
            models.Index(fields=["latest_outcome"], name="ae_by_outcome"),
            models.Index(fields=["latest_at", "id"], name="ae_by_latest_at"),
            models.Index(fields=["drift_count", "id"], name="ae_by_drift"),
            models.Index(fields=["drift_since", "id"], name="ae_by_drift_since"),
        )

    def __str__(self) -> str:
        return self.ae_title

    def get_absolute_url(self) -> str:
        """The AE's page."""
        return reverse("ae-detail", args=[self.pk])


class Connection(models.Model):
    """Where an AE listens; position 0 is the one that tables show and checks use by default."""

    ae = models.ForeignKey(AE, models.CASCADE, related_name="connections")
    position = models.PositiveSmallIntegerField(default=0)
    hostname = models.CharField("host", max_length=253)
    port = models.PositiveIntegerField(default=104)
    tls = models.CharField(
        "TLS settings", max_length=64, blank=True, help_text="Name of TLS settings, or empty."
    )

    class Meta:
        ordering = ("ae_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["ae", "position"], name="connection_position"),
        )
        # Host names compare without case (RFC 4343): look addresses up by Lower("hostname").
        indexes = (models.Index(Lower("hostname"), "port", name="connection_by_address"),)

    def __str__(self) -> str:
        return endpoint(self.hostname, self.port)

    def record(self) -> records.Connection:
        """The same as a value of the core."""
        return records.Connection(self.hostname, self.port, self.tls or None)
