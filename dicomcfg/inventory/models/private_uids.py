"""UIDs that the standard does not register, or not yet, with the names that people give them."""

from __future__ import annotations

from django.db import models


class PrivateUidKind(models.TextChoices):
    """What a private UID is, in the registry's words."""

    SOP_CLASS = "SOP Class", "SOP Class"
    TRANSFER_SYNTAX = "Transfer Syntax", "Transfer syntax"


class PrivateUid(models.Model):
    """A private or newer SOP Class or transfer syntax."""

    uid = models.CharField("UID", max_length=64, unique=True)
    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16, choices=PrivateUidKind.choices)
    description = models.CharField(max_length=254, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "private UID"
        verbose_name_plural = "private UIDs"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
