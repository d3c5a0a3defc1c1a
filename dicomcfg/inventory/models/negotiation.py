"""Configured associations with what they propose, and what AEs are able to."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from dicomcfg.core import records
from dicomcfg.inventory.models.entities import AE
from dicomcfg.inventory.models.latest import Latest
from dicomcfg.inventory.models.syntaxes import SyntaxList


class Association(Latest):
    """The configured pair calling -> called; unique, and fixed once saved."""

    calling = models.ForeignKey(AE, models.PROTECT, related_name="associations_out")
    called = models.ForeignKey(AE, models.PROTECT, related_name="associations_in")
    name = models.CharField(max_length=64, blank=True)
    description = models.CharField(max_length=254, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("calling__ae_title", "called__ae_title", "id")
        constraints = (
            models.UniqueConstraint(fields=["calling", "called"], name="association_pair"),
        )

    def __str__(self) -> str:
        return f"{self.calling.ae_title} → {self.called.ae_title}"

    def get_absolute_url(self) -> str:
        """The association's page."""
        return reverse("association-detail", args=[self.pk])


class PresentationContext(models.Model):
    """An abstract syntax with its ordered transfer syntaxes, at a position from 0."""

    association = models.ForeignKey(
        Association, models.CASCADE, related_name="presentation_contexts"
    )
    position = models.PositiveSmallIntegerField()
    abstract_syntax = models.CharField(max_length=64, db_index=True)
    syntax_list = models.ForeignKey(SyntaxList, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("association_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["association", "position"], name="context_position"),
        )

    def __str__(self) -> str:
        return self.abstract_syntax

    def record(self) -> records.PresentationContext:
        """The same as a value of the core; select `syntax_list` with many."""
        return records.PresentationContext(self.abstract_syntax, self.syntax_list.transfer_syntaxes)


class RoleSelection(models.Model):
    """The SCU and SCP bits that an association proposes for a SOP Class (PS3.7 D.3.3.4).

    A class without a row is proposed without a role selection, which is not the same as 1/0.
    """

    association = models.ForeignKey(Association, models.CASCADE, related_name="role_selections")
    sop_class = models.CharField("SOP Class", max_length=64)
    scu = models.BooleanField("SCU")
    scp = models.BooleanField("SCP")

    class Meta:
        ordering = ("association_id", "id")
        constraints = (
            models.UniqueConstraint(fields=["association", "sop_class"], name="role_by_class"),
        )

    def __str__(self) -> str:
        return self.sop_class

    def record(self) -> records.RoleSelection:
        """The same as a value of the core."""
        return records.RoleSelection(self.sop_class, self.scu, self.scp)


class ExtendedNegotiation(models.Model):
    """The application information proposed for a SOP Class, as hex (PS3.7 D.3.3.5)."""

    association = models.ForeignKey(
        Association, models.CASCADE, related_name="extended_negotiations"
    )
    sop_class = models.CharField("SOP Class", max_length=64)
    information = models.CharField(max_length=512)

    class Meta:
        ordering = ("association_id", "id")
        constraints = (
            models.UniqueConstraint(fields=["association", "sop_class"], name="extended_by_class"),
        )

    def __str__(self) -> str:
        return self.sop_class

    def record(self) -> records.ExtendedNegotiation:
        """The same as a value of the core."""
        return records.ExtendedNegotiation(self.sop_class, self.information)


class CapabilityRole(models.TextChoices):
    """Which side of a service an AE can be (PS3.4 4.1)."""

    SCU = "SCU", "SCU"
    SCP = "SCP", "SCP"


class TransferCapability(models.Model):
    """A SOP Class that an AE supports in one role, with its syntaxes in order (PS3.15 Annex H)."""

    ae = models.ForeignKey(AE, models.CASCADE, related_name="transfer_capabilities")
    position = models.PositiveSmallIntegerField()
    sop_class = models.CharField("SOP Class", max_length=64, db_index=True)
    role = models.CharField(max_length=3, choices=CapabilityRole.choices)
    syntax_list = models.ForeignKey(SyntaxList, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("ae_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["ae", "position"], name="capability_position"),
            models.UniqueConstraint(fields=["ae", "sop_class", "role"], name="capability_by_role"),
        )

    def __str__(self) -> str:
        return f"{self.sop_class} {self.role}"

    def record(self) -> records.TransferCapability:
        """The same as a value of the core; select `syntax_list` with many."""
        return records.TransferCapability(
            self.sop_class, self.role, self.syntax_list.transfer_syntaxes
        )
