"""Names Orthanc servers and says which of their modalities are ours to write.

Nothing here asks a server anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.db import IntegrityError
from django.db.models import Q

from dicomcfg.core.findings import has_errors
from dicomcfg.core.standard.endpoint import check_hostname
from dicomcfg.core.wording import counted
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import AE, ChangeSet, ManagedModality, OrthancServer, Site
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.history import Recorder, Snapshot, changed_fields, recording
from dicomcfg.inventory.services.plain_rows import PlainRows

MODEL = "orthancserver"
VARIABLE_PREFIX: Final = "DICOMCFG_ORTHANC_"
"""What a variable with credentials begins with: no other secret of a worker can be sent away."""

_VARIABLE: Final = re.compile(r"DICOMCFG_ORTHANC_[A-Z0-9_]{1,40}")
_MODALITY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Managed:
    """A modality that is ours: what Orthanc calls it, and the AE that it is to hold.

    `ae` is None where that AE is gone, so that the modality is to go too.
    """

    name: str
    ae: AE | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrthancServerData:
    """Everything of an Orthanc server that people edit."""

    site: Site
    name: str
    url: str
    username_variable: str = ""
    password_variable: str = ""
    tls: str = ""
    managed: tuple[Managed, ...] = ()

    def normalised(self) -> OrthancServerData:
        """Without outer spaces; the address without a slash at its end."""
        return replace(
            self,
            name=self.name.strip(),
            url=self.url.strip().rstrip("/"),
            username_variable=self.username_variable.strip(),
            password_variable=self.password_variable.strip(),
            tls=self.tls.strip(),
        )


class _OrthancServers(PlainRows[OrthancServer, OrthancServerData]):
    def data_of(self, row: OrthancServer) -> OrthancServerData:
        """The state of a row with its managed modalities in the order of their names."""
        managed = row.managed.select_related("ae").order_by("name")
        return OrthancServerData(
            **{name: getattr(row, name) for name in _FIELDS},
            managed=tuple(Managed(each.name, each.ae) for each in managed),
        )

    def values(self, data: OrthancServerData) -> Mapping[str, Any]:
        """The row's own fields."""
        return {name: getattr(data, name) for name in _FIELDS}

    def snapshot(self, data: OrthancServerData) -> Snapshot:
        """Plain JSON for the history."""
        plain = {name: getattr(data, name) for name in _FIELDS if name != "site"}
        managed = [
            {"name": m.name, "ae": {"id": m.ae.pk, "name": m.ae.ae_title} if m.ae else None}
            for m in data.managed
        ]
        site = {"id": data.site.pk, "name": data.site.name}
        return {**plain, "site": site, "managed": managed}

    def from_snapshot(self, pk: int, snapshot: Snapshot) -> OrthancServerData:
        """With the AEs of today; one that is gone leaves its modality without an AE."""
        site = Site.objects.filter(pk=snapshot["site"]["id"]).first()
        if site is None:
            raise LookupError(f"The site {snapshot['site']['name']} no longer exists.")
        said = snapshot["managed"]
        aes = AE.objects.in_bulk([m["ae"]["id"] for m in said if m["ae"]])
        managed = (Managed(m["name"], aes.get(m["ae"]["id"]) if m["ae"] else None) for m in said)
        plain = {k: v for k, v in snapshot.items() if k not in ("site", "managed")}
        return OrthancServerData(site=site, managed=tuple(managed), **plain)

    def save(self, row: OrthancServer, data: OrthancServerData, *, is_new: bool) -> None:
        """Write a row and what differs of its marks: those that stay must not lock their AEs."""
        super().save(row, data, is_new=is_new)
        wanted = {(mark.name, mark.ae.pk if mark.ae else None): mark for mark in data.managed}
        held = {(mark.name, mark.ae_id): mark.pk for mark in row.managed.all()}
        row.managed.filter(pk__in=[pk for key, pk in held.items() if key not in wanted]).delete()
        ManagedModality.objects.bulk_create(
            ManagedModality(server=row, name=mark.name, ae=mark.ae)
            for key, mark in wanted.items()
            if key not in held
        )


_FIELDS = ("site", "name", "url", "username_variable", "password_variable", "tls")
ROWS = _OrthancServers(MODEL, OrthancServer, OrthancServerData)


def create_orthancserver(actor: Actor, data: OrthancServerData) -> OrthancServer:
    """Name a server. Raises ServiceError for refused fields, also a name that is taken."""
    data = data.normalised()
    _refuse(data, None)
    try:
        with recording(actor, f"Added Orthanc server {data.name}") as recorder:
            return ROWS.insert(recorder, data)
    except IntegrityError:
        raise _name_taken(data.name) from None


def update_orthancserver(
    actor: Actor, server: OrthancServer, data: OrthancServerData, revision: int
) -> OrthancServer:
    """Set a server to `data`, but for what is managed on it. Raises ServiceError for refused
    fields and StaleRevision."""
    data = data.normalised()
    _refuse(data, server.pk)
    try:
        with recording(actor) as recorder:
            row = ROWS.load_at(server, revision)
            before = ROWS.data_of(row)
            data = replace(data, managed=before.managed)
            changed = changed_fields(ROWS.snapshot(before), ROWS.snapshot(data))
            recorder.summary = f"Changed Orthanc server {data.name}: {changed}"
            ROWS.overwrite(recorder, row, data)
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def delete_orthancserver(actor: Actor, server: OrthancServer, revision: int) -> ChangeSet | None:
    """Forget a server; what it holds stays as it is. Raises StaleRevision."""
    with recording(actor, f"Deleted Orthanc server {server.name}") as recorder:
        ROWS.remove(recorder, ROWS.load_at(server, revision))
    return recorder.change_set


def manage(
    actor: Actor, server: OrthancServer, wanted: Mapping[str, AE], revision: int
) -> ChangeSet | None:
    """Mark modalities as ours, by name, each to hold an AE; one that is marked already holds the
    new AE from now on. Of two names for one AE the last counts. Raises ServiceError for names that
    Orthanc refuses and for an AE that is gone, StaleRevision."""
    refused = [name for name in wanted if not _MODALITY.fullmatch(name)]
    if refused:
        raise ServiceError.general(
            f"Orthanc does not take {refused[0][:64]!r} as a modality's name: "
            "use letters, digits, hyphens and underscores."
        )
    wanted = {name: ae for ae, name in {ae: name for name, ae in wanted.items()}.items()}
    summary = f"Marked {_modalities(wanted)} as managed on {server.name}"
    with recording(actor, summary) as recorder:
        # AEs before the server, as where they are deleted.
        hold_aes({ae.pk for ae in wanted.values()})
        row = ROWS.load_at(server, revision)
        before = ROWS.data_of(row)
        aes = {ae.pk for ae in wanted.values()}
        kept = [m for m in before.managed if m.name not in wanted and not (m.ae and m.ae.pk in aes)]
        added = [Managed(name, ae) for name, ae in wanted.items()]
        managed = tuple(sorted((*kept, *added), key=lambda m: m.name))
        ROWS.overwrite(recorder, row, replace(before, managed=managed))
    return recorder.change_set


def stop_managing(
    actor: Actor, server: OrthancServer, names: Iterable[str], revision: int
) -> ChangeSet | None:
    """Take marks away; the modalities stay as they are on the server. Raises StaleRevision."""
    names = set(names)
    with recording(actor) as recorder:
        row = ROWS.load_at(server, revision)
        before = ROWS.data_of(row)
        managed = tuple(m for m in before.managed if m.name not in names)
        gone = [m.name for m in before.managed if m.name in names]
        recorder.summary = f"Stopped managing {_modalities(gone)} on {server.name}"
        ROWS.overwrite(recorder, row, replace(before, managed=managed))
    return recorder.change_set


def release(recorder: Recorder, aes: Sequence[AE]) -> None:
    """Before AEs are deleted: their modalities stay marked, to be deleted with the next push."""
    gone = {ae.pk for ae in aes}
    ids = ManagedModality.objects.filter(among(gone, "ae")).values_list("server", flat=True)
    rows = OrthancServer.objects.filter(pk__in=set(ids)).order_by("pk")
    for row in rows.select_for_update():
        before = ROWS.data_of(row)
        managed = (
            replace(m, ae=None) if m.ae is not None and m.ae.pk in gone else m
            for m in before.managed
        )
        ROWS.overwrite(recorder, row, replace(before, managed=tuple(managed)))


def hold_aes(ids: Collection[int]) -> None:
    """Lock AEs until the end, so that nobody deletes them. Raises ServiceError for one gone."""
    held = AE.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    if len(held.values_list("pk")) < len(ids):
        raise ServiceError.general("An AE of these was deleted meanwhile.")


def _modalities(names: Iterable[str]) -> str:
    names = list(names)
    return (
        f"modality {names[0]}" if len(names) == 1 else counted(len(names), "modality", "modalities")
    )


def _name_taken(name: str) -> ServiceError:
    return ServiceError({"name": [f"There is an Orthanc server named {name} already."]})


def _refuse(data: OrthancServerData, own_pk: int | None) -> None:
    values = {name: getattr(data, name) for name in _FIELDS if name != "site"}
    messages = too_long(OrthancServer, values)
    if not data.name:
        messages["name"] = ["Give the server a name."]
    elif OrthancServer.objects.filter(~Q(pk=own_pk), name=data.name).exists():
        raise _name_taken(data.name)
    if "url" not in messages and (problem := _url_problem(data.url)):
        messages["url"] = [problem]
    for name in ("username_variable", "password_variable"):
        if values[name] and not _VARIABLE.fullmatch(values[name]):
            messages[name] = [
                f"Name a variable of the worker's environment that begins with {VARIABLE_PREFIX}, "
                "in capitals, digits and underscores."
            ]
    if bool(data.username_variable) is not bool(data.password_variable):
        messages.setdefault("password_variable", ["Give both variables, or neither."])
    if messages:
        raise ServiceError(messages)


def _url_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is not an address such as http://orthanc.example:8042."
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "Give an address such as http://orthanc.example:8042."
    if parts.username is not None or parts.password is not None:
        return "Keep credentials out of the address: name environment variables for them."
    if _has_more(parts):
        return "Give the address of Orthanc's root, without ? and #."
    if has_errors(check_hostname(parts.hostname)):
        return f"{parts.hostname[:64]} is no host name or address."
    return None


def _has_more(parts: SplitResult) -> bool:
    return bool(parts.query or parts.fragment) or any(c <= " " for c in parts.geturl())
