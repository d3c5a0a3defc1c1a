"""One row of an AE table: its cells by field, checked by the standard's rules.

Nothing is guessed that would be sent on the wire: a missing port is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.ae_table_writer import unescape_formula
from dicomcfg.core.formats.table_columns import Column, letter_of
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

_LENGTHS = {"description": 1024, "do_not_probe": 254, "tags": 1024}
_DEFAULT_LENGTH = 128
_YES = {"yes", "y", "true", "1", "x", "on", "ja", "oui", "si"}
_NO = {"", "no", "n", "false", "0", "-", "off", "none", "nein", "non"}
_STATES = {
    "planned": ("planned", "new", "ordered", "test", "testing"),
    "live": ("live", "active", "production", "in use", "in service", "online", "enabled", "up"),
    "retired": ("retired", "inactive", "decommissioned", "removed", "disabled", "old", "offline"),
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words}
# What a row says of its device, beside the name and the state.
DEVICE_FIELDS = (
    "manufacturer",
    "model_name",
    "software_version",
    "station_name",
    "department",
    "location",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table as the preview shows it.

    `number` is the spreadsheet's row and `line` the line of the text where it begins. `ae` is
    None for the header, blank rows, exact repeats and rows without a usable AE title; a row with
    error findings may still carry what could be read. `device` is the Device the row speaks of.
    """

    number: int
    line: int
    cells: tuple[str, ...]
    ae: Ae | None
    device: Device | None
    findings: tuple[Finding, ...]


class _RowReader:
    """Reads the cells of one row by field and gathers findings with their cells."""

    def __init__(self, columns: Sequence[Column], number: int, line: int, cells: Sequence[str]):
        self.findings: list[Finding] = []
        self._number, self._line = number, line
        self._columns = {
            column.field: index for index, column in enumerate(columns) if column.field
        }
        self._cells = cells

    def text(self, field: str) -> str:
        """The cell of a field without surrounding blanks; empty where the table has none."""
        index = self._columns.get(field)
        if index is None or index >= len(self._cells):
            return ""
        text = unescape_formula(self._cells[index].strip())
        limit = _LENGTHS.get(field, _DEFAULT_LENGTH)
        if len(text) > limit and field not in ("ae_title", "hostname", "port"):
            message = f"The cell has {len(text):,} characters; the first {limit} are kept."
            self.say("cell-too-long", Severity.WARNING, field, clip(text), message)
            text = text[:limit]
        return text

    def place(self, field: str, findings: Sequence[Finding]) -> None:
        """Keep findings of the standard's checks, at the field's cell."""
        index = self._columns.get(field)
        cell = None if index is None else f"{letter_of(index)}{self._number}"
        self.findings += [replace(finding, line=self._line, cell=cell) for finding in findings]

    def say(
        self,
        code: str,
        severity: Severity,
        field: str,
        subject: str,
        message: str,
        remedy: str = "",
    ) -> None:
        """Keep one finding of our own at the field's cell."""
        self.place(field, [Finding(code, severity, clip(subject), message, remedy)])

    def connection(self) -> Connection | None:
        """The Connection of host, port and TLS; None for an AE that only initiates."""
        host, port_text = self.text("hostname"), self.text("port")
        split = split_host_port(host) if not port_text else None
        if split:
            message = f"Host and port stand in one cell; read as {split[0]} and {split[1]}."
            self.say("host-and-port-in-one-cell", Severity.INFO, "hostname", host, message)
            host, port_text = split[0], str(split[1])
        if not host and not port_text:
            return None
        hostname = normalise_hostname(host)
        problems = check_hostname(hostname)
        self.place("hostname", problems)
        self.place("port", check_port(port_text))
        port = parse_port(port_text)
        if port is None or has_errors(problems):
            return None
        return Connection(hostname, port, self._tls())

    def _tls(self) -> str | None:
        text = self.text("tls")
        if text.casefold() in _NO:
            return None
        return "default" if text.casefold() in _YES else text

    def state(self) -> str:
        """The state in our words; an unknown one is live, with a warning."""
        text = self.text("state")
        state = _STATE_OF.get(text.casefold(), "")
        if text and not state:
            message = f"{clip(text)!r} is no known state; the AE is taken as live."
            remedy = "Use planned, live or retired."
            self.say("state-unknown", Severity.WARNING, "state", text, message, remedy)
        return state or "live"

    def do_not_probe(self) -> str | None:
        """The reason not to probe, or None."""
        text = self.text("do_not_probe")
        if text.casefold() in _NO:
            return None
        return "Marked in the imported table" if text.casefold() in _YES else text

    def device(self, title: str, state: str) -> Device | None:
        """The Device the row names, or that its other cells describe."""
        about = {field: self.text(field) for field in DEVICE_FIELDS}
        name = self.text("device") or about["station_name"]
        if not name and any(about.values()):
            name = title
        return Device(key=name, name=name, state=state, **about) if name else None


def read_row(columns: Sequence[Column], number: int, line: int, cells: Sequence[str]) -> Row:
    """Read one data row; what only shows beside other rows is left to the table."""
    reader = _RowReader(columns, number, line, cells)
    title = reader.text("ae_title")
    problems = check_ae_title(title)
    reader.place("ae_title", problems)
    connection = reader.connection()
    state = reader.state()
    title = normalise_ae_title(title)
    device = reader.device(title, state)
    tags = reader.text("tags").replace(";", ",").replace("|", ",").split(",")
    ae = Ae(
        key=title,
        ae_title=title,
        site=reader.text("site") or None,
        device=device.key if device else None,
        description=reader.text("description"),
        state=state,
        tags=tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip())),
        do_not_probe=reader.do_not_probe(),
        association_acceptor=connection is not None,
        connections=(connection,) if connection else (),
    )
    bad_title = has_errors(problems)
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        message = f"The row has {len(cells)} cells where the table has {len(columns)} columns."
        remedy = "Quote cells that hold the delimiter."
        reader.say("row-too-wide", Severity.WARNING, "", title, message, remedy)
    return Row(
        number,
        line,
        tuple(cells),
        None if bad_title else ae,
        None if bad_title else device,
        tuple(reader.findings),
    )
