"""Configured associations and Profiles with what they propose, and what AEs are able to."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from dicomcfg.core import records
from dicomcfg.inventory.models.entities import AE
from dicomcfg.inventory.models.latest import Drifting, Latest
from dicomcfg.inventory.models.profiles import (
    ContextFields,
    ExtendedFields,
    Profile,
    RoleFields,
)
from dicomcfg.inventory.models.syntaxes import SyntaxList


class Association(Latest, Drifting):
    """The configured pair calling -> called; unique, and fixed once saved but for a repoint.

    One that follows a Profile holds a copy of what the Profile proposes, which services keep in
    step, so that nobody who reads contexts has to know of Profiles.
    """

    calling = models.ForeignKey(AE, models.PROTECT, related_name="associations_out")
    called = models.ForeignKey(AE, models.PROTECT, related_name="associations_in")
    name = models.CharField(max_length=64, blank=True)
    description = models.CharField(max_length=254, blank=True)
    profile = models.ForeignKey(
        Profile, models.PROTECT, related_name="associations", null=True, blank=True
    )
    associations_at_once = models.PositiveSmallIntegerField(
        "associations at once",
        default=1,
        help_text="How many the calling AE opens to the called one at the same time.",
    )
    # When the pair became another one: what was checked before says nothing about this one.
    repointed_at = models.DateTimeField(null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("calling__ae_title", "called__ae_title", "id")
        constraints = (
            models.UniqueConstraint(fields=["calling", "called"], name="association_pair"),
        )
        indexes = (
            models.Index(fields=["drift_count", "id"], name="association_by_drift"),
            models.Index(fields=["drift_since", "id"], name="association_by_drift_since"),
            models.Index(fields=["latest_tone"], name="association_by_tone"),
        )

    def __str__(self) -> str:
        return f"{self.calling.ae_title} → {self.called.ae_title}"

    def get_absolute_url(self) -> str:
        """The association's page."""
        return reverse("association-detail", args=[self.pk])


class PresentationContext(ContextFields):
    """An abstract syntax with its ordered transfer syntaxes, at a position from 0."""

    association = models.ForeignKey(
        Association, models.CASCADE, related_name="presentation_contexts"
    )

    class Meta:
        ordering = ("association_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["association", "position"], name="context_position"),
        )


class RoleSelection(RoleFields):
    """What an association proposes for a SOP Class as its roles."""

    association = models.ForeignKey(Association, models.CASCADE, related_name="role_selections")

    class Meta:
        ordering = ("association_id", "id")
        constraints = (
            models.UniqueConstraint(fields=["association", "sop_class"], name="role_by_class"),
        )


class ExtendedNegotiation(ExtendedFields):
    """What an association proposes for a SOP Class as extended negotiation."""

    association = models.ForeignKey(
        Association, models.CASCADE, related_name="extended_negotiations"
    )

    class Meta:
        ordering = ("association_id", "id")
        constraints = (
            models.UniqueConstraint(fields=["association", "sop_class"], name="extended_by_class"),
        )


class CapabilityRole(models.TextChoices):
    """Which side of a service an AE can be (PS3.4 4.1)."""

    SCU = "SCU", "SCU"
    SCP = "SCP", "SCP"


class TransferCapability(models.Model):
    """A SOP Class that an AE supports in one role, with its syntaxes in order (PS3.15 Annex H)."""

    ae = models.ForeignKey(AE, models.CASCADE, related_name="transfer_capabilities")
    position = models.PositiveSmallIntegerField()
    sop_class = models.CharField("SOP Class", max_length=64)
    role = models.CharField(max_length=3, choices=CapabilityRole.choices)
    syntax_list = models.ForeignKey(SyntaxList, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("ae_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["ae", "position"], name="capability_position"),
            models.UniqueConstraint(fields=["ae", "sop_class", "role"], name="capability_by_role"),
        )
        # Whoever asks which AEs accept a class or a syntax is answered from these alone.
        indexes = (
            models.Index(fields=["sop_class", "role", "ae"], name="capability_by_class"),
            models.Index(fields=["syntax_list", "role", "ae"], name="capability_by_syntaxes"),
        )

    def __str__(self) -> str:
        return f"{self.sop_class} {self.role}"

    def record(self) -> records.TransferCapability:
        """The same as a value of the core; select `syntax_list` with many."""
        return records.TransferCapability(
            self.sop_class, self.role, self.syntax_list.transfer_syntaxes
        )
