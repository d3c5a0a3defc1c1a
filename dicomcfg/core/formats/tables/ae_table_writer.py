"""AEs as the rows of a table; the reader gives back what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.tables.ae_columns import HEADINGS
from dicomcfg.core.formats.tables.ae_rows import DEVICE_COLUMNS, is_yes_or_no, tags_text
from dicomcfg.core.formats.tables.table_columns import roles_text
from dicomcfg.core.formats.tables.table_writer import Rows
from dicomcfg.core.records import Ae, Device, Document

# A modality is a tag among others once it was read.
_FIELDS: Final = tuple(field for field in HEADINGS if field != "modality")
KNOWS: Final = frozenset(
    {
        *("ae.association_acceptor", "ae.association_initiator", "ae.connections"),
        *("ae.connections.tls", "ae.description", "ae.device", "ae.do_not_probe"),
        *("ae.maximum_associations_in", "ae.maximum_associations_out"),
        *("ae.site", "ae.state", "ae.tags", "device.state"),
        *(f"device.{field}" for field in DEVICE_COLUMNS.values()),
    }
)


def _worded(text: str | None, word: str) -> str:
    """A text that would read as yes or no behind a word that says that it does not."""
    return "" if text is None else f"{word} {text}" if is_yes_or_no(text) else text


def _cells(ae: Ae, device: Device | None) -> list[str]:
    connection = ae.connections[0] if ae.connections else None
    values = {
        "ae_title": ae.ae_title,
        "hostname": connection.hostname if connection else "",
        "port": str(connection.port) if connection else "",
        "tls": _worded(connection.tls if connection else None, "TLS"),
        "role": roles_text(ae.association_initiator, ae.association_acceptor),
        "site": ae.site or "",
        "state": ae.state,
        "tags": tags_text(ae.tags),
        "maximum_associations_in": str(ae.maximum_associations_in or ""),
        "maximum_associations_out": str(ae.maximum_associations_out or ""),
        "description": ae.description,
        "do_not_probe": _worded(ae.do_not_probe, "Reason:"),
    }
    if device is not None:
        values |= {"device": device.name, "device_state": device.state}
        values |= {name: getattr(device, field) for name, field in DEVICE_COLUMNS.items()}
    return [values.get(field, "") for field in _FIELDS]


def _lost(document: Document) -> Iterator[Finding]:
    yield from losses(document, KNOWS)
    further = sum(len(ae.connections[1:]) for ae in document.aes)
    if further:
        message = f"A row has one address; {further:,} further connections are left out."
        yield not_carried("ae.connections[1:]", message)
    for place, texts in (
        ("ae.do_not_probe.spelling", {ae.do_not_probe for ae in document.aes}),
        ("ae.connections.tls.spelling", {c.tls for ae in document.aes for c in ae.connections}),
    ):
        odd = sorted(text for text in texts if text is not None and is_yes_or_no(text))
        if odd:
            message = f"{', '.join(map(repr, odd))} would read as yes or no; a word is put before."
            yield not_carried(place, message)
    used = Counter(ae.device for ae in document.aes)
    for device in document.devices:
        if device.key not in used:
            message = f"The device {device.name} has no AE and so no row."
            yield not_carried(f"devices[{device.key}]", message)


def rows_of(document: Document) -> Rows:
    """A header and one AE a row, with its first connection and its Device."""
    devices = {device.key: device for device in document.devices}
    rows = [(f"aes[{ae.key}]", _cells(ae, devices.get(ae.device or ""))) for ae in document.aes]
    headings = [HEADINGS[field][0] for field in _FIELDS]
    return Rows("AEs", headings, rows, tuple(_lost(document)))
