"""The names that people gave to private UIDs, for the look-ups of the core.

Pages, workers and commands with a database wrap what they do in `named_uids`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from dicomcfg.core.standard.uids import UidEntry, UidKind, naming, private_entry
from dicomcfg.inventory.models import PrivateUid


def named_uids() -> AbstractContextManager[None]:
    """Look-ups within it know the private UIDs of this moment; one query when one is met."""
    return naming(_load)


def _load() -> list[UidEntry]:
    rows = PrivateUid.objects.order_by("name").values_list("uid", "name", "kind")
    return [private_entry(uid, name, UidKind(kind)) for uid, name, kind in rows]
