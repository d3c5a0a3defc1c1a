"""Check runs, checks, attempts and the workers that make them.

The rows are the record and the broker only a wake-up. A check has exactly one terminal result,
written under a fencing token; every attempt stays on record, also those that lost.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from dicomcfg.inventory.models import AE, Association, Site


class Kind(models.TextChoices):
    """What is tested; each has its probe in dicomcfg.probes."""

    ECHO = "echo", "Echo"
    NEGOTIATE = "negotiate", "Negotiate"
    DISCOVER = "discover", "Discover"
    REFUSAL = "refusal", "Refusal"
    LADDER = "ladder", "Diagnose"
    FIND = "find", "Find"
    STORE = "store", "Store"


class Lane(models.TextChoices):
    """A site's two queues: a press of a button never waits behind a sweep."""

    INTERACTIVE = "interactive", "Interactive"
    BULK = "bulk", "Bulk"


class CheckState(models.TextChoices):
    """A check is `finished` when it has its terminal result, whatever the outcome."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"


class Ending(models.TextChoices):
    """How an attempt ended; an attempt still under way has none."""

    RESULT = "result", "Gave the result"
    CANCELLED = "cancelled", "Cancelled"
    SUPERSEDED = "superseded", "Came too late"
    LOST = "lost", "Lost with its worker"


class CheckRun(models.Model):
    """The checks that one person started together.

    A sweep's pace: at most `rate_per_s` checks begin a second, each up to `jitter_s` later than
    it could; null and 0 let them begin as fast as they can.
    """

    kind = models.CharField(max_length=12, choices=Kind.choices)
    lane = models.CharField(max_length=12, choices=Lane.choices)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    requested_by_name = models.CharField(max_length=150)
    label = models.CharField(max_length=160)
    total = models.PositiveIntegerField(default=0)
    rate_per_s = models.FloatField(null=True)
    jitter_s = models.FloatField(default=0)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        """The run's page."""
        return reverse("run-detail", args=[self.pk])


class Check(models.Model):
    """One live test of one target.

    `target` is a probes.target.Target as JSON: the snapshot that makes the check independent of
    later edits. `fence` counts leases; a result is accepted only from the lease that holds it.
    `woken_at` is when workers were last told of it, empty where that failed.
    `finished_at` is null exactly until the terminal result. `ae` and `association` say whose
    status the outcome is, and are null for an unsaved form. Their ids stay when the rows are
    deleted, so that an undo finds its kept results again; read them by `select_related`, which
    gives None for a row that is gone. `progress` is what a long check has seen so far, a
    DiscoverySeen as JSON; whoever takes the check over goes on from there.
    """

    # Keys that an index below begins with need none of their own: each costs at every write.
    run = models.ForeignKey(CheckRun, models.CASCADE, related_name="checks", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    lane = models.CharField(max_length=12, choices=Lane.choices)
    ae = models.ForeignKey(
        AE,
        models.DO_NOTHING,
        null=True,
        related_name="checks",
        db_constraint=False,
        db_index=False,
    )
    association = models.ForeignKey(
        Association,
        models.DO_NOTHING,
        null=True,
        related_name="checks",
        db_constraint=False,
        db_index=False,
    )
    target = models.JSONField()
    borrowed = models.BooleanField(default=False)

    state = models.CharField(max_length=10, choices=CheckState.choices, default=CheckState.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    woken_at = models.DateTimeField(null=True)

    outcome = models.CharField(max_length=24, blank=True, default="")
    headline = models.CharField(max_length=64, blank=True, default="")
    tone = models.CharField(max_length=8, blank=True, default="")
    elapsed_ms = models.FloatField(null=True)
    finished_at = models.DateTimeField(null=True)
    progress = models.JSONField(null=True)
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["ae", "-id"], name="check_by_ae"),
            models.Index(fields=["association", "-id"], name="check_by_association"),
            models.Index(fields=["run", "state", "tone"], name="check_by_run"),
            # SQLite takes a partial index only for a condition without parameters, which
            # "finished_at IS NULL" is and a comparison with a state is not.
            models.Index(
                fields=["site", "lane", "id"],
                condition=models.Q(finished_at=None),
                name="check_in_flight",
            ),
            models.Index(
                fields=["ae"], condition=models.Q(finished_at=None), name="check_in_flight_by_ae"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.target['called_ae_title']}"

    def get_absolute_url(self) -> str:
        """The check's page."""
        return reverse("check-detail", args=[self.pk])


class Attempt(models.Model):
    """One try of a check by one worker.

    `ending` says how it ended: `result` (it gave the terminal result), `cancelled` (it was
    stopped on request, which is a terminal result too), `superseded` (it came back after its
    lease was lost), `lost` (its lease ran out or was given back); empty while it runs.
    `observation` is core.diagnosis.Observation as JSON.
    """

    check_row = models.ForeignKey(Check, models.CASCADE, related_name="attempts", db_index=False)
    fence = models.PositiveIntegerField()
    worker = models.CharField(max_length=128)
    worker_host = models.CharField(max_length=128)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=12, choices=Ending.choices, blank=True, default="")
    observation = models.JSONField(null=True)

    class Meta:
        ordering = ("check_row", "fence")
        constraints = (
            models.UniqueConstraint(fields=["check_row", "fence"], name="attempt_fence"),
            models.UniqueConstraint(
                fields=["check_row"],
                condition=models.Q(ending__in=("result", "cancelled")),
                name="attempt_one_result",
            ),
        )
        indexes = (
            models.Index(
                fields=["worker_host", "worker"],
                condition=models.Q(ending=""),
                name="attempt_under_way",
            ),
        )

    def __str__(self) -> str:
        return f"attempt {self.fence} of check {self.check_row_id}"


class WorkerHeartbeat(models.Model):
    """A worker that was seen alive; `queues` lists the queue names that it serves.

    `tls` holds a network.tls.SettingsSummary as JSON for each of its named TLS settings.
    """

    name = models.CharField(max_length=128, unique=True)
    host = models.CharField(max_length=128)
    queues = models.JSONField(default=list)
    tls = models.JSONField(default=list)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
