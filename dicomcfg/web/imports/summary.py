"""An import in a few words: how it is taken, how much it writes, why it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from dicomcfg.core.wording import counted
from dicomcfg.exchange.choices import (
    BY_ADDRESS,
    BY_NAME,
    BY_TITLE,
    MERGE,
    NEW,
    ONLY_NEW,
    REPLACE,
    TO_ASSOCIATION,
    Choices,
    chosen_id,
)
from dicomcfg.exchange.models import Action, Import, ImportRow
from dicomcfg.exchange.preview import LEFT_OUT
from dicomcfg.exchange.selectors import blocking
from dicomcfg.inventory.models import AE, Device, Profile, Site

_MODES = {
    MERGE: "merged with what is stored",
    REPLACE: "replaces what the files know",
    ONLY_NEW: "only what is new",
}
_MATCHES = {
    BY_TITLE: "AEs matched by title",
    BY_ADDRESS: "AEs matched by title and address",
    BY_NAME: "AEs matched by the device's name",
}


def said_of(options: Mapping[str, Any]) -> list[str]:
    """The choices as phrases."""
    chosen = Choices.from_options(options)
    site = Site.objects.filter(pk=chosen.site).first() if chosen.site else None
    profile = Profile.objects.filter(pk=chosen.profile).first() if chosen.profile else None
    said = [_MODES[chosen.mode], _MATCHES[chosen.match]]
    said += [f"new ones at {site}"] if site and Site.objects.count() > 1 else []
    said += [f"of {_named(Device, chosen.device)}"] if chosen.device else []
    said += [f"tagged {', '.join(chosen.tags)}"] if chosen.tags else []
    said += [f"following {profile}"] if profile else []
    if chosen.target == TO_ASSOCIATION:
        ends = (_named(AE, end) or "nobody yet" for end in (chosen.calling, chosen.called))
        said.append(f"contexts of {' → '.join(ends)}")
    return said


def _named(model: type[AE] | type[Device], choice: str) -> str:
    """What a choice of a row or of a new one names."""
    pk = chosen_id(choice)
    if pk is None:
        return choice.removeprefix(NEW)
    row = model._default_manager.filter(pk=pk).first()
    return str(row) if row else "one that is gone"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What pressing Apply would come to: how many rows are `taken`, how many rows have `findings`,
    how many errors `in_files` and how many ticked rows with errors (`in_rows`) forbid it."""

    taken: int
    findings: int
    in_files: int
    in_rows: int

    @property
    def obstacle(self) -> str:
        """Why it cannot be applied, in a few words; empty where it can."""
        if self.in_files:
            return f"{counted(self.in_files, 'error', 'errors')} in the files"
        if self.in_rows:
            return f"{counted(self.in_rows, 'ticked row', 'ticked rows')} with errors"
        return "Nothing to write" if self.is_idle else ""

    @property
    def is_idle(self) -> bool:
        """Whether nothing forbids it and nothing would come of it."""
        return not (self.taken or self.in_files or self.in_rows)


def outlook_of(kept: Import) -> Outlook:
    """How an import stands; rows that lack what they need are not counted as taken."""
    is_taken = Q(is_included=True, action__in=(Action.NEW, Action.CHANGED))
    rows = ImportRow.objects.filter(of=kept)
    counts = rows.aggregate(
        taken=Count("pk", filter=is_taken), findings=Count("pk", filter=~Q(findings=[]))
    )
    needy = rows.filter(is_taken).exclude(needs=[]).exclude(findings=[])
    lacking = sum(
        any(each["code"] == LEFT_OUT for each in findings)
        for findings in needy.values_list("findings", flat=True)
    )
    found = blocking(kept)
    return Outlook(counts["taken"] - lacking, counts["findings"], len(found.findings), found.rows)
