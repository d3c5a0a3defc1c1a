"""Reads and writes many AEs at once, with their connections, tags and history.

Every service that touches AEs goes through here, one row or 10,000: the number of statements
grows only with the batches of the database. The fields that the checks write are never touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import F, Model, ProtectedError
from msgspec import structs

from dicomcfg.core import records
from dicomcfg.inventory.bulk import (
    among,
    delete_each,
    insert_each,
    insert_with_ids,
    update_each,
    upsert_each,
)
from dicomcfg.inventory.models import (
    AE,
    Association,
    Connection,
    Device,
    KeptDifference,
    Site,
    Tag,
    TransferCapability,
)
from dicomcfg.inventory.services import kept_rows, orthanc_servers
from dicomcfg.inventory.services.ae_data import PLAIN_FIELDS, AeData
from dicomcfg.inventory.services.capability_rows import record_removal
from dicomcfg.inventory.services.history import Recorder

MODEL = "ae"
EDITED_COLUMNS = ("site_id", "device_id", *PLAIN_FIELDS, "revision")


def load_aes(ids: Iterable[int], *, lock: bool = True) -> list[tuple[AE, AeData]]:
    """The rows with their states, in order of id; rows that are gone are left out.

    Locks as weakly as suffices, so that checks which refer to an AE can be written meanwhile.
    What checks write is left for who asks for it, and so are the rows' site and device, which
    the states have.
    """
    columns = (*EDITED_COLUMNS, "profile_id", "profile_role")
    found = AE.objects.filter(among(ids)).only(*columns).order_by("pk")
    if lock:
        found = found.select_for_update(no_key=True)
    rows = list(found)
    return list(zip(rows, _states_of(rows), strict=True))


def _states_of(rows: Sequence[AE]) -> Iterator[AeData]:
    """Their states out of plain tuples: prefetched, each row would cost several querysets."""
    ids = [row.pk for row in rows]
    sites = Site.objects.in_bulk({row.site_id for row in rows})
    devices = Device.objects.in_bulk({row.device_id for row in rows if row.device_id})
    tags: dict[int, list[str]] = defaultdict(list)
    named = AE.tags.through.objects.filter(among(ids, "ae")).order_by("tag__name")
    for pk, name in named.values_list("ae_id", "tag__name"):
        tags[pk].append(name)
    connections: dict[int, list[records.Connection]] = defaultdict(list)
    placed = Connection.objects.filter(among(ids, "ae")).order_by("ae_id", "position")
    for pk, hostname, port, tls in placed.values_list("ae_id", "hostname", "port", "tls"):
        connections[pk].append(records.Connection(hostname, port, tls or None))
    for pk, row in zip(ids, rows, strict=True):
        site, device = sites[row.site_id], devices.get(row.device_id or 0)
        yield AeData.from_row(row, site, device, tags.get(pk, ()), connections.get(pk, ()))


def insert_aes(
    recorder: Recorder, datas: Sequence[AeData], ids: Sequence[int] | None = None
) -> list[AE]:
    """New rows in the order given; `ids` brings deleted rows back under the ids they had."""
    rows = [
        AE(
            pk=ids[index] if ids else None,
            site=data.site,
            device=data.device,
            **{field: getattr(data, field) for field in PLAIN_FIELDS},
        )
        for index, data in enumerate(datas)
    ]
    insert_with_ids(AE, rows)
    states = {row.pk: data for row, data in zip(rows, datas, strict=True)}
    insert_each(Connection, _connections({pk: data.connections for pk, data in states.items()}))
    _write_tags({pk: data.tags for pk, data in states.items() if data.tags})
    for pk, data in states.items():
        recorder.add(MODEL, pk, data.ae_title, None, data.snapshot())
    return rows


def overwrite_aes(recorder: Recorder, changes: Iterable[tuple[AE, AeData, AeData]]) -> list[AE]:
    """Set rows from the first state to the second; returns the rows that really changed."""
    real = [(row, before, after) for row, before, after in changes if before != after]
    for row, _, after in real:
        row.site, row.device = after.site, after.device
        for field in PLAIN_FIELDS:
            setattr(row, field, getattr(after, field))
        row.revision += 1
    _write_columns(real)
    moved = {r.pk: new.connections for r, old, new in real if old.connections != new.connections}
    _write_connections(moved)
    _drop_surplus(moved)
    tagged = {row.pk: after.tags for row, before, after in real if before.tags != after.tags}
    if tagged:
        AE.tags.through.objects.filter(among(tagged, "ae")).delete()
        _write_tags(tagged)
    for row, before, after in real:
        recorder.add(MODEL, row.pk, after.ae_title, before.snapshot(), after.snapshot())
    return [row for row, _, _ in real]


def remove_aes(recorder: Recorder, loaded: Sequence[tuple[AE, AeData]]) -> None:
    """Delete rows with what they are able to. Raises ProtectedError where an association refers
    to one.

    Kept checks lose only the link. What of them is managed on an Orthanc is to go there, too.
    """
    orthanc_servers.release(recorder, [row for row, _ in loaded])
    record_removal(recorder, [row for row, _ in loaded])
    kept_rows.OF_AES.record_removal(recorder, {row.pk: data.ae_title for row, data in loaded})
    _delete([row.pk for row, _ in loaded])
    for row, data in loaded:
        recorder.add(MODEL, row.pk, data.ae_title, data.snapshot(), None)


def _delete(ids: list[int]) -> None:
    """A statement for each table. Django would load all rows and delete them by the hundred."""
    pairs = Association.objects.filter(among(ids, "calling") | among(ids, "called"))
    referring: set[Model] = set(pairs)
    if referring:
        raise ProtectedError("Associations refer to these AEs.", referring)
    for part in (AE.tags.through, Connection, TransferCapability, KeptDifference):
        part._default_manager.filter(among(ids, "ae")).delete()
    delete_each(AE, ids)


def _write_columns(changes: Iterable[tuple[AE, AeData, AeData]]) -> None:
    """Write the columns of the rows themselves; where only a list changes that is the revision."""
    wide: list[AE] = []
    narrow: list[AE] = []
    for row, before, after in changes:
        plain = structs.replace(after, tags=before.tags, connections=before.connections)
        (narrow if plain == before else wide).append(row)
    if wide:
        columns = ("id", *EDITED_COLUMNS)
        update_each(AE, [{name: getattr(row, name) for name in columns} for row in wide])
    if narrow:
        AE.objects.filter(among(row.pk for row in narrow)).update(revision=F("revision") + 1)


def _connections(wanted: Mapping[int, tuple[records.Connection, ...]]) -> list[dict[str, Any]]:
    return [
        {
            "ae_id": pk,
            "position": position,
            "hostname": c.hostname,
            "port": c.port,
            "tls": c.tls or "",
        }
        for pk, connections in wanted.items()
        for position, c in enumerate(connections)
    ]


def _write_connections(wanted: Mapping[int, tuple[records.Connection, ...]]) -> None:
    """Write each list by position, so that a connection that stays keeps its row."""
    upsert_each(Connection, _connections(wanted), ("ae_id", "position"))


def _drop_surplus(wanted: Mapping[int, tuple[records.Connection, ...]]) -> None:
    by_length: dict[int, list[int]] = {}
    for pk, connections in wanted.items():
        by_length.setdefault(len(connections), []).append(pk)
    for length, pks in by_length.items():
        Connection.objects.filter(among(pks, "ae"), position__gte=length).delete()


def _write_tags(wanted: Mapping[int, tuple[str, ...]]) -> None:
    names = {name for tags in wanted.values() for name in tags}
    if not names:
        return
    Tag.objects.bulk_create((Tag(name=name) for name in sorted(names)), ignore_conflicts=True)
    tags = dict(Tag.objects.filter(name__in=names).values_list("name", "pk"))
    pairs = ((pk, tags[name]) for pk, names in wanted.items() for name in names)
    insert_each(AE.tags.through, [{"ae_id": pk, "tag_id": tag_id} for pk, tag_id in pairs])
