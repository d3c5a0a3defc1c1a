"""Where AEs live: sites (scope of titles, place of workers) and devices (PS3.15 Annex H)."""

from __future__ import annotations

from django.db import models
from django.urls import reverse


class State(models.TextChoices):
    """The life of a device or an AE."""

    PLANNED = "planned", "Planned"
    LIVE = "live", "Live"
    RETIRED = "retired", "Retired"


class Site(models.Model):
    """The scope in which an AE title should be unique and from which its checks run.

    `slug` names the Celery queues (`<slug>.interactive`, `<slug>.bulk`).
    """

    name = models.CharField(max_length=64, unique=True)
    slug = models.SlugField(max_length=32, unique=True)
    calling_ae_title = models.CharField(
        "our AE title",
        max_length=16,
        default="DICOMCFG",
        help_text="What dicomcfg calls itself when it checks an AE of this site.",
    )
    description = models.CharField(max_length=254, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def queue(self, lane: str) -> str:
        """The name of the site's queue for `interactive` or `bulk` work."""
        return f"{self.slug}.{lane}"


class Device(models.Model):
    """A box or system with one or more AEs."""

    name = models.CharField(max_length=64, unique=True)
    manufacturer = models.CharField(max_length=64, blank=True)
    model_name = models.CharField("model", max_length=64, blank=True)
    software_version = models.CharField(max_length=64, blank=True)
    station_name = models.CharField(max_length=64, blank=True)
    department = models.CharField(max_length=64, blank=True)
    location = models.CharField(max_length=64, blank=True)
    contact = models.CharField("vendor contact", max_length=254, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LIVE)
    description = models.CharField(max_length=254, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The device's page."""
        return reverse("device-detail", args=[self.pk])
