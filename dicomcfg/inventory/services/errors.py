"""How services refuse: by field, or because someone else saved in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.core.exceptions import NON_FIELD_ERRORS

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.inventory.models import Change
from dicomcfg.inventory.services.history import changed_fields

SHOWN_REFUSALS = 20


class ServiceError(Exception):
    """Refused fields with their messages; the key `__all__` holds what belongs to no field.

    Fields of an AE's connections are named `connections.0.hostname` and so on.
    """

    def __init__(self, messages: Mapping[str, list[str]]) -> None:
        self.messages = dict(messages)
        super().__init__("; ".join(text for texts in messages.values() for text in texts))

    @classmethod
    def general(cls, message: str) -> ServiceError:
        """A refusal that belongs to no field."""
        return cls({NON_FIELD_ERRORS: [message]})


class StaleRevision(Exception):
    """Someone else saved the object after it was read; `change` is their latest, if on record."""

    def __init__(self, label: str, change: Change | None) -> None:
        self.label = label
        self.change = change
        super().__init__(f"{label} was {self.what} by {self.who} in the meantime")

    @property
    def who(self) -> str:
        """The name of the person who saved in between."""
        return self.change.change_set.actor_name if self.change else "someone else"

    @property
    def when(self) -> datetime | None:
        """When they saved."""
        return self.change.change_set.at if self.change else None

    @property
    def what(self) -> str:
        """`changed` or `deleted`, with the fields that a change touched."""
        if self.change is None:
            return "changed"
        before, after = self.change.before, self.change.after
        if before is None or after is None:
            return self.change.action
        return f"changed ({changed_fields(before, after)})"


def refuse_errors(findings: Iterable[Finding]) -> None:
    """Raise ServiceError when any finding is an error; `path` names its field.

    The first SHOWN_REFUSALS are told: a message is kept in a session and shown on one page.
    """
    messages: dict[str, list[str]] = {}
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    for finding in errors[:SHOWN_REFUSALS]:
        text = f"{finding.message} {finding.remedy}".strip()
        messages.setdefault(finding.path or NON_FIELD_ERRORS, []).append(text)
    if len(errors) > SHOWN_REFUSALS:
        rest = f"And {len(errors) - SHOWN_REFUSALS:,} more errors."
        messages.setdefault(NON_FIELD_ERRORS, []).append(rest)
    if messages:
        raise ServiceError(messages)
