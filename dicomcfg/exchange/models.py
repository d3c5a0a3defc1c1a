"""Kept imports: the files as they came, bounded, what was chosen about them, their preview, and
what became of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from dicomcfg.exchange.orthanc.models import OrthancCall as OrthancCall
from dicomcfg.inventory.models import ChangeSet


class ImportState(models.TextChoices):
    """How far an import is. Only `applied` has changed anything."""

    KEPT = "kept", "waits to be read"
    READING = "reading", "being read"
    PREVIEWED = "previewed", "preview"
    APPLYING = "applying", "being applied"
    APPLIED = "applied", "applied"


class RowKind(models.TextChoices):
    """What a row of a preview is about."""

    DEVICE = "device", "device"
    AE = "ae", "AE"
    PROFILE = "profile", "Profile"
    ASSOCIATION = "association", "association"


class Action(models.TextChoices):
    """What applying does with a row. A conflicting row is never written."""

    NEW = "new", "new"
    CHANGED = "changed", "changed"
    SAME = "same", "the same"
    CONFLICT = "conflict", "conflicting"
    LEFT = "left", "left alone"


class Import(models.Model):
    """Files or a paste that came together, from preview to apply.

    `options` holds what the person chose (exchange.choices). `noticed` are the findings of keeping
    the files (archives, encodings, blanked secrets); `findings` are those and what reading said of
    the files as a whole and of their lines. `counts` is {kind: {action: rows}}. While it waits for
    a worker or one has it, `stage`, `done` and `total` tell how far it is and `lease_until` until
    when the worker is believed. `problem` is why the last try came to nothing. `change_set` is set
    by the apply, `applied_by` when it was asked for.
    """

    name = models.CharField(max_length=254, blank=True)
    options = models.JSONField(default=dict)
    state = models.CharField(
        max_length=9, choices=ImportState.choices, default=ImportState.KEPT.value
    )
    stage = models.CharField(max_length=64, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    noticed = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    change_set = models.ForeignKey(ChangeSet, models.SET_NULL, null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name or "a paste"

    def get_absolute_url(self) -> str:
        """The preview's page."""
        return reverse("import-detail", args=[self.pk])


class ImportFile(models.Model):
    """One file of an import, its secrets blanked before it was kept.

    `format` is the one it is read as; `is_chosen` where a person overrode the detection. `columns`
    is what a person said the headings of a table mean: [[heading, field or null], ...] in their
    order, empty where nobody did.
    """

    of = models.ForeignKey(Import, models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=254, blank=True)
    format = models.CharField(max_length=32, blank=True)
    is_chosen = models.BooleanField(default=False)
    data = models.BinaryField()
    columns = models.JSONField(default=list)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("of", "position"), name="import_file_position"),
        )

    def __str__(self) -> str:
        return self.name or "pasted text"


class ImportRow(models.Model):
    """One row of a preview: a record of the files beside what is stored.

    `changes` lists [field, before, after] with values as the history's snapshots hold them, long
    lists cut to what differs; `digest` stands for all of it. `findings` are those of this row,
    `needs` the keys (`kind:key`) of new or changed rows without which it is not written.
    `stored_id` and `revision` are the row that it means and the state in which it was seen. A row
    that is not `is_included` is not applied.
    """

    # Both of its indexes below begin with the import.
    of = models.ForeignKey(Import, models.CASCADE, related_name="rows", db_index=False)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=11, choices=RowKind.choices)
    key = models.CharField(max_length=600)
    label = models.CharField(max_length=254)
    action = models.CharField(max_length=8, choices=Action.choices)
    is_included = models.BooleanField(default=True)
    has_errors = models.BooleanField(default=False)
    file = models.CharField(max_length=254, blank=True)
    line = models.PositiveIntegerField(null=True)
    changes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)
    needs = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    stored_id = models.BigIntegerField(null=True)
    revision = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("position",)
        indexes = (models.Index(fields=("of", "kind", "action"), name="import_row_action"),)
        constraints = (
            models.UniqueConstraint(fields=("of", "position"), name="import_row_position"),
        )

    def __str__(self) -> str:
        return self.label


class KnownColumns(models.Model):
    """What a person said the headings of a table mean, remembered for the next such header.

    `header` is the SHA-256 of the folded headings in their order, with the format's name.
    """

    header = models.CharField(max_length=64, unique=True)
    format = models.CharField(max_length=32)
    columns = models.JSONField()
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)

    def __str__(self) -> str:
        return ", ".join(heading for heading, _ in self.columns)
