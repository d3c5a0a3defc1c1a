"""Configured associations and their presentation contexts."""

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
