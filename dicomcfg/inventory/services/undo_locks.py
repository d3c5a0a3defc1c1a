"""What an undo locks before it looks: Profiles, then AEs, then associations, as every service does.

The changes themselves go the other way round through these rows, and would otherwise lock them in
an order of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q

from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import AE, Change
from dicomcfg.inventory.services import (
    ae_rows,
    association_rows,
    capability_rows,
    kept_rows,
    orthanc_servers,
    profile_rows,
)
from dicomcfg.inventory.services.drift_rows import callers_of, hold_associations

_OF_AES = (ae_rows.MODEL, capability_rows.MODEL, kept_rows.OF_AES.model)
_OF_ASSOCIATIONS = (association_rows.MODEL, kept_rows.OF_ASSOCIATIONS.model)


def hold(changes: Sequence[Change]) -> None:
    """Lock until the end all that taking the changes back may write or refer to."""
    _hold_profiles(changes)
    able = _hold_aes(changes)
    following = Q(profile__in=_ids(changes, profile_rows.MODEL))
    own = Q(pk__in=_ids(changes, *_OF_ASSOCIATIONS))
    hold_associations(own | following | callers_of(able))


def _hold_profiles(changes: Iterable[Change]) -> None:
    """Those that change and those that are or were followed."""
    states = [state for change in changes for state in (change.before, change.after) if state]
    followed = {state["profile"]["id"] for state in states if state.get("profile")}
    profile_rows.load_profiles(followed | _ids(changes, profile_rows.MODEL))


def _hold_aes(changes: Iterable[Change]) -> list[int]:
    """Those that change, those that follow a Profile that does, and both of a pair and those
    managed on an Orthanc that come back, so that nobody deletes them meanwhile. Returns whose
    capabilities may change.
    """
    ids = _ids(changes, *_OF_AES)
    pairs = [change.before for change in changes if change.model == association_rows.MODEL]
    ends = {pair[end]["id"] for pair in pairs if pair for end in ("calling", "called")}
    servers = [change.before for change in changes if change.model == orthanc_servers.MODEL]
    marks = [mark["ae"] for server in servers if server for mark in server["managed"]]
    ends |= {ae["id"] for ae in marks if ae}
    following = Q(profile__in=_ids(changes, profile_rows.MODEL))
    rows = AE.objects.filter(Q(among(ids | ends)) | following).order_by("pk")
    held = rows.select_for_update(no_key=True).values_list("pk", "profile_id")
    return [pk for pk, profile in held if pk in ids or profile]


def _ids(changes: Iterable[Change], *models: str) -> set[int]:
    return {change.object_id for change in changes if change.model in models}
