"""What checks saw of AEs and associations last, kept here so that it can be compared with the
settings in the transaction that changes either; and the differences that people chose to keep.

What was seen is no setting: it is written by `services.drift` for dicomcfg.checks, without
history. It outlives the row that it is about, which an undo may bring back under its id.
"""

from __future__ import annotations

from django.db import models

from dicomcfg.inventory.models.entities import AE
from dicomcfg.inventory.models.negotiation import Association, CapabilityRole
from dicomcfg.inventory.models.syntaxes import SyntaxList


class SeenCapabilities(models.Model):
    """What the discoveries of an AE showed, each pair as the newest of them answered it.

    `check_id` and `at` are the newest discovery. `matrix` and `roles` are plain JSON of core's
    Matrix and RoleSelections. `earlier` says of the SOP Classes that the newest has no answer to
    which discovery had: {SOP Class: [check id, ISO time]}. `gone` holds what an earlier discovery
    found and a later one no longer: {SOP Class: {transfer syntax: the ISO time at which it was
    seen last}}.
    """

    ae = models.OneToOneField(
        AE, models.DO_NOTHING, primary_key=True, related_name="seen", db_constraint=False
    )
    check_id = models.BigIntegerField()
    at = models.DateTimeField()
    matrix = models.JSONField()
    roles = models.JSONField(default=list)
    earlier = models.JSONField(default=dict)
    gone = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "seen capabilities"

    def __str__(self) -> str:
        return f"AE {self.ae_id} at {self.at}"


class SeenContexts(models.Model):
    """The newest negotiation of an association that was accepted as such.

    `contexts` is [[abstract syntax, [proposed ...], result, accepted or null], ...]; `gone` is
    {abstract syntax: the ISO time at which a context of it was accepted last}.
    """

    association = models.OneToOneField(
        Association, models.DO_NOTHING, primary_key=True, related_name="seen", db_constraint=False
    )
    check_id = models.BigIntegerField()
    at = models.DateTimeField()
    contexts = models.JSONField()
    gone = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "seen contexts"

    def __str__(self) -> str:
        return f"association {self.association_id} at {self.at}"


class DifferenceKind(models.TextChoices):
    """How what is configured and what was seen differ."""

    MISSING = "missing", "Missing"
    GONE = "gone", "Gone since"
    EXTRA = "extra", "Extra"
    ORDER = "order", "Another order"


class KeptDifference(models.Model):
    """Transfer syntaxes of a SOP Class whose difference somebody chose to keep.

    It is an AE's, with a role, or an association's, without one.
    """

    ae = models.ForeignKey(AE, models.CASCADE, related_name="kept_differences", null=True)
    association = models.ForeignKey(
        Association, models.CASCADE, related_name="kept_differences", null=True
    )
    kind = models.CharField(max_length=7, choices=DifferenceKind.choices)
    sop_class = models.CharField("SOP Class", max_length=64)
    role = models.CharField(max_length=3, choices=CapabilityRole.choices, blank=True)
    syntax_list = models.ForeignKey(SyntaxList, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ae=None) ^ models.Q(association=None), name="kept_of_one"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.sop_class}"
