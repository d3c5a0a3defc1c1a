"""Profiles: named, reusable sets of what associations propose, and the fields both have."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from dicomcfg.core import records
from dicomcfg.inventory.models.syntaxes import SyntaxList


class ContextFields(models.Model):
    """An abstract syntax with its ordered transfer syntaxes, at a position from 0."""

    position = models.PositiveSmallIntegerField()
    abstract_syntax = models.CharField(max_length=64, db_index=True)
    syntax_list = models.ForeignKey(SyntaxList, models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.abstract_syntax

    def record(self) -> records.PresentationContext:
        """The same as a value of the core; select `syntax_list` with many."""
        return records.PresentationContext(self.abstract_syntax, self.syntax_list.transfer_syntaxes)


class RoleFields(models.Model):
    """The SCU and SCP bits that are proposed for a SOP Class (PS3.7 D.3.3.4).

    A class without a row is proposed without a role selection, which is not the same as 1/0.
    """

    sop_class = models.CharField("SOP Class", max_length=64)
    scu = models.BooleanField("SCU")
    scp = models.BooleanField("SCP")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.sop_class

    def record(self) -> records.RoleSelection:
        """The same as a value of the core."""
        return records.RoleSelection(self.sop_class, self.scu, self.scp)


class ExtendedFields(models.Model):
    """The application information proposed for a SOP Class, as hex (PS3.7 D.3.3.5)."""

    sop_class = models.CharField("SOP Class", max_length=64)
    information = models.CharField(max_length=512)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.sop_class

    def record(self) -> records.ExtendedNegotiation:
        """The same as a value of the core."""
        return records.ExtendedNegotiation(self.sop_class, self.information)


class Profile(models.Model):
    """A named set of contexts, roles and extended negotiations that associations and AEs follow."""

    name = models.CharField(max_length=64, unique=True)
    description = models.CharField(max_length=254, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The profile's page."""
        return reverse("profile-detail", args=[self.pk])


class ProfileContext(ContextFields):
    """One presentation context of a Profile."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="presentation_contexts")

    class Meta:
        ordering = ("profile_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["profile", "position"], name="profile_position"),
        )


class ProfileRole(RoleFields):
    """What a Profile proposes for a SOP Class as its roles."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="role_selections")

    class Meta:
        ordering = ("profile_id", "id")
        constraints = (
            models.UniqueConstraint(fields=["profile", "sop_class"], name="profile_role_by_class"),
        )


class ProfileExtended(ExtendedFields):
    """What a Profile proposes for a SOP Class as extended negotiation."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="extended_negotiations")

    class Meta:
        ordering = ("profile_id", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["profile", "sop_class"], name="profile_extended_by_class"
            ),
        )
