"""Requests to Orthanc servers: what was asked, by whom, and what came back. Kept, never changed
once finished."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dicomcfg.inventory.models import OrthancServer


class CallKind(models.TextChoices):
    """What is asked of an Orthanc."""

    FETCH = "fetch", "Compare"
    PUSH = "push", "Push"
    ECHO = "echo", "Echo"


class CallState(models.TextChoices):
    """How far a request is."""

    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    FINISHED = "finished", "finished"


class OrthancCall(models.Model):
    """One request to one server, carried out by a worker of its Site.

    `request` holds the steps of a push ({"steps": [{"name", "body", "expected"}]}) or the names to
    echo ({"names": [...]}). `result` holds what came back ({"system", "modalities", "steps",
    "echoes"}) and its figures ({"held", "tried", "done", "failed", "late"}), `problem` why nothing
    did, in words for people. `fence` grows with each worker that takes it, so that one which was
    believed dead writes nothing.
    """

    server = models.ForeignKey(OrthancServer, models.SET_NULL, null=True, related_name="calls")
    server_name = models.CharField(max_length=64)
    kind = models.CharField(max_length=5, choices=CallKind.choices)
    state = models.CharField(
        max_length=8, choices=CallState.choices, default=CallState.QUEUED.value
    )
    request = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("lease_until",),
                name="orthanc_call_waiting",
                condition=~models.Q(state="finished"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.server_name}"
