"""One row of an AE table: its cells by field, checked by the standard's rules.

Nothing is guessed that would be sent on the wire: a missing port is an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.tables.table_cells import RowCells
from dicomcfg.core.formats.tables.table_columns import roles_in
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Connection, Device
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.endpoint import (
    check_hostname,
    check_port,
    normalise_hostname,
    parse_port,
    split_host_port,
)

_YES: Final = {"yes", "y", "true", "1", "x", "on", "ja", "oui", "si", "sí", "sì"}
_NO: Final = {"", "no", "n", "false", "0", "-", "off", "none", "nein", "non", "nee"}
_STATES: Final = {
    "planned": ("planned", "new", "ordered", "test", "testing"),
    "live": ("live", "active", "production", "in use", "in service", "online", "enabled", "up"),
    "retired": ("retired", "inactive", "decommissioned", "removed", "disabled", "old", "offline"),
}
_STATE_OF: Final = {word: state for state, words in _STATES.items() for word in words}
_PARTS: Final = re.compile(r"[,;|\n]")
_QUOTED: Final = re.compile(r'[,;|\n"]')
_TAG: Final = re.compile(r'\s*"((?:[^"]|"")+)"\s*(?=[,;|\n]|$)|([^,;|\n]+)')
_MOST_ASSOCIATIONS: Final = 32_767
# What a row says of its device, beside the name and the state: column -> field of the Device.
DEVICE_COLUMNS: Final = {
    "manufacturer": "manufacturer",
    "model_name": "model_name",
    "software_version": "software_version",
    "station_name": "station_name",
    "department": "department",
    "location": "location",
    "device_description": "description",
    "contact": "contact",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read: where it stands, its AE, the Device that it speaks of, its findings.

    `ae` is None without a usable AE title; a row with error findings may still carry what could
    be read. `cells` tell repeats; `at` is the name of its first cell.
    """

    number: int
    at: str
    line: int | None
    cells: tuple[str, ...]
    ae: Ae | None
    device: Device | None
    findings: tuple[Finding, ...]


_check_ports = lru_cache(maxsize=256)(check_port)


def _connection(cells: RowCells) -> Connection | None:
    """The Connection of host, port and TLS; None for an AE that only initiates."""
    host, port_text = cells.text("hostname"), cells.text("port")
    split = split_host_port(host) if not port_text else None
    if split:
        message = f"Host and port stand in one cell; read as {split[0]} and {split[1]}."
        cells.say("host-and-port-in-one-cell", Severity.INFO, "hostname", host, message)
        host, port_text = split[0], str(split[1])
    if not host and not port_text:
        return None
    hostname = normalise_hostname(host)
    problems = check_hostname(hostname)
    cells.place("hostname", problems)
    cells.place("port", _check_ports(port_text[:64]))
    port = parse_port(port_text)
    if port is None or has_errors(problems):
        return None
    return Connection(hostname, port, _tls(cells.text("tls")))


def _tls(text: str) -> str | None:
    if text.casefold() in _NO:
        return None
    return "default" if text.casefold() in _YES else text


def _state(cells: RowCells, field: str, otherwise: str) -> str:
    """The state in our words; an unknown one is live, with a warning."""
    text = cells.text(field)
    if not text:
        return otherwise
    state = _STATE_OF.get(text.casefold())
    if state is None:
        message = f"{clip(text)!r} is no known state; live is taken."
        remedy = "Use planned, live or retired."
        cells.say("state-unknown", Severity.WARNING, field, text, message, remedy)
    return state or "live"


def _do_not_probe(text: str) -> str | None:
    """The reason not to probe, or None."""
    if text.casefold() in _NO:
        return None
    return "Marked in the imported table" if text.casefold() in _YES else text


def is_yes_or_no(text: str) -> bool:
    """Whether a cell that may hold a reason or a name says no more than yes or no."""
    return text.casefold() in _YES | _NO


def _roles(cells: RowCells, accepts: bool) -> tuple[bool, bool]:
    """Whether the AE initiates, and whether it accepts: what listens does, if nothing is said."""
    text = cells.text("role")
    roles = roles_in(text) if text else None
    if text and roles is None:
        message = f"{clip(text)!r} is no role; it is left out."
        remedy = "Use SCU, SCP or SCU/SCP."
        cells.say("role-unknown", Severity.WARNING, "role", text, message, remedy)
    return roles or (True, accepts)


def _count(cells: RowCells, field: str) -> int | None:
    """A maximum of associations, or None with a warning where it is none."""
    text = cells.text(field)
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= _MOST_ASSOCIATIONS:
        return int(text)
    message = f"{clip(text)!r} is no number of associations; it is left out."
    remedy = f"Give a number from 1 to {_MOST_ASSOCIATIONS:,}, or leave the cell empty."
    cells.say("association-count-invalid", Severity.WARNING, field, text, message, remedy)
    return None


def _tags(cells: RowCells) -> tuple[str, ...]:
    """The tags, then the modalities."""
    texts = [*cells.texts("tags"), *cells.texts("modality")]
    if not texts:
        return ()
    tags = [tag for text in texts for tag in tags_in(text)]
    return tuple(dict.fromkeys(tags))


def tags_in(text: str) -> list[str]:
    """The tags of a cell, parted by commas, semicolons, bars or lines; quoted ones hold those."""
    if '"' in text:
        found = ((a.replace('""', '"') if a else b.strip()) for a, b in _TAG.findall(text))
    else:
        found = (part.strip() for part in _PARTS.split(text))
    return [tag for tag in found if tag]


def tags_text(tags: Sequence[str]) -> str:
    """What `tags_in` reads back."""
    return ", ".join(
        '"' + tag.replace('"', '""') + '"' if _QUOTED.search(tag) else tag for tag in tags
    )


def _device(cells: RowCells, title: str, state: str) -> Device | None:
    """The Device the row names, or that its other cells describe."""
    about = {field: cells.text(column) for column, field in DEVICE_COLUMNS.items()}
    name = cells.text("device") or about["station_name"]
    if not name and any(about.values()):
        name = title
    if not name:
        return None
    return Device(key=name, name=name, state=_state(cells, "device_state", state), **about)


def read_row(cells: RowCells) -> Row:
    """Read the row that was taken; what only shows beside other rows is left to the table."""
    title = cells.text("ae_title")
    problems = check_ae_title(title)
    cells.place("ae_title", problems)
    if has_errors(problems):
        return Row(cells.number, cells.at, cells.line, (), None, None, tuple(cells.findings))
    connection = _connection(cells)
    state = _state(cells, "state", "live")
    title = normalise_ae_title(title)
    device = _device(cells, title, state)
    initiates, accepts = _roles(cells, connection is not None)
    ae = Ae(
        key=title,
        ae_title=title,
        site=cells.text("site") or None,
        device=device.key if device else None,
        description=cells.text("description"),
        state=state,
        tags=_tags(cells),
        do_not_probe=_do_not_probe(cells.text("do_not_probe")),
        association_initiator=initiates,
        association_acceptor=accepts,
        connections=(connection,) if connection else (),
        maximum_associations_in=_count(cells, "maximum_associations_in"),
        maximum_associations_out=_count(cells, "maximum_associations_out"),
    )
    return Row(
        cells.number, cells.at, cells.line, cells.stripped(), ae, device, tuple(cells.findings)
    )
