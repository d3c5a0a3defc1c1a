"""AEs as CSV for a spreadsheet, without formulas; the reader gives back what was written."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Written
from dicomcfg.core.formats.table_columns import HEADINGS
from dicomcfg.core.records import Ae, Device, Document

# A spreadsheet runs cells that begin so; an apostrophe in front makes them text.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_FIELDS: Final = tuple(HEADINGS)


def escape_formula(text: str) -> str:
    """Disarm what a spreadsheet would run."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _cells(ae: Ae, device: Device | None) -> list[str]:
    connection = ae.connections[0] if ae.connections else None
    values = {
        "ae_title": ae.ae_title,
        "hostname": connection.hostname if connection else "",
        "port": str(connection.port) if connection else "",
        "tls": (connection.tls or "") if connection else "",
        "device": device.name if device else "",
        "site": ae.site or "",
        "state": ae.state,
        "tags": ", ".join(ae.tags),
        "description": ae.description,
        "do_not_probe": ae.do_not_probe or "",
    }
    return [
        escape_formula(values[field] if field in values else str(getattr(device, field, "")))
        for field in _FIELDS
    ]


def _lost(document: Document) -> tuple[Finding, ...]:
    aes = document.aes
    used = {ae.device for ae in aes}
    counts = {
        "further connections": sum(len(ae.connections[1:]) for ae in aes),
        "transfer capabilities": sum(len(ae.transfer_capabilities) for ae in aes),
        "associations": len(document.associations),
        "profiles": len(document.profiles),
        "devices without an AE": sum(device.key not in used for device in document.devices),
    }
    return tuple(
        Finding(
            "not-carried",
            Severity.WARNING,
            what,
            f"A table has no place for {count} {what}; they are left out.",
            "Write dicomcfg-json to keep everything.",
        )
        for what, count in counts.items()
        if count
    )


def write(document: Document) -> Written:
    """Comma-separated text with a header, one AE a row, its first connection, its Device."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([HEADINGS[field][0] for field in _FIELDS])
    devices = {device.key: device for device in document.devices}
    for ae in document.aes:
        writer.writerow(_cells(ae, devices.get(ae.device or "")))
    return Written.of(out.getvalue(), _lost(document))
