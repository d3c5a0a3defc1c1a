"""Who may take an act back: undoing a change asks the role that making it asked.

Of what only administrators edit each act carries its changes as `guarded`, one query for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db.models import Prefetch, QuerySet

from dicomcfg.accounts.models import Role
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import Change, ChangeSet
from dicomcfg.inventory.services import orthanc_servers, sites

ADMINS_OWN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {sites.MODEL: frozenset(), orthanc_servers.MODEL: frozenset({"managed"})}
)
"""What only administrators edit, with the fields of it that editors may change."""


def acts() -> QuerySet[ChangeSet]:
    """The history, latest first, as `role_to_undo` takes it."""
    return selectors.history_list().prefetch_related(guarded("changes"))


def guarded(path: str) -> Prefetch[str]:
    """Fetches the changes of acts that `path` leads to, those of what only administrators edit."""
    return Prefetch(path, Change.objects.filter(model__in=ADMINS_OWN), to_attr="guarded")


def role_to_undo(act: ChangeSet) -> Role:
    """The least role that may undo an act of `acts`."""
    changes: list[Change] = act.guarded  # type: ignore[attr-defined]
    return Role.ADMIN if any(map(_is_admins, changes)) else Role.EDITOR


def _is_admins(change: Change) -> bool:
    before, after = change.before, change.after
    if before is None or after is None:
        return True
    asked = {*before, *after} - ADMINS_OWN[change.model]
    return any(before.get(name) != after.get(name) for name in asked)
