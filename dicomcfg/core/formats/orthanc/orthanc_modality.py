"""One modality of Orthanc: a list of three or four values, or an object."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from dicomcfg.core.formats.orthanc.orthanc_names import (
    LARGEST_PORT,
    MANUFACTURERS,
    MODALITY_KEYS,
    OBSOLETE_MANUFACTURERS,
    SWITCHES,
)
from dicomcfg.core.formats.orthanc.orthanc_settings import Report, shown
from dicomcfg.core.formats.syntax.json_text import UNSET, Missing, Node
from dicomcfg.core.records import Connection
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.endpoint import check_hostname, check_port, normalise_hostname

NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLACES: Final = ("AET", "Host", "Port", "Manufacturer")
_WHOLE: Final = re.compile(r"\s*[+-]?[0-9]{1,9}\s*")


@dataclass(slots=True)
class Modality:
    """What one entry says. `options` are those that a Document has no place for."""

    name: str
    line: int
    title: str
    connection: Connection
    local_title: str | None = None
    options: list[str] = field(default_factory=list)


def read_modality(name: str, node: Node, report: Report) -> Modality | None:
    """The entry, or None after saying why it is left out."""
    if NAME.fullmatch(name) is None:
        why = f"the name {shown(name)!r} of a modality may hold letters, digits, - and _ only."
        report.refused(name, node.line, why, is_sure=True)
    fields = _fields(name, node, report)
    if fields is None:
        return None
    if any(_is_unset(each) for key, each in fields.items() if key in _PLACES[:3]):
        message = f"{shown(name)} depends on a variable whose value is not known here, "
        message += "so it is left out."
        remedy = "Put the value in the variable's place, or give it a default: ${NAME:-value}."
        report.error("variable-unset", name, node.line, message, remedy)
        return None
    title = _text(name, "AET", fields, report, node.line)
    host = _text(name, "Host", fields, report, node.line)
    port = _port(name, fields, report, node.line)
    if title is None or host is None or port is None:
        return None
    line = fields["AET"].line
    if not report.checked(check_ae_title(title), line):
        return None
    if not report.checked(check_hostname(host), fields["Host"].line):
        return None
    modality = Modality(name, node.line, normalise_ae_title(title), _at(host, port, fields))
    _read_options(modality, fields, report)
    return modality


def _at(host: str, port: int, fields: dict[str, Node]) -> Connection:
    tls = "default" if "UseDicomTls" in fields and fields["UseDicomTls"].data is True else None
    return Connection(normalise_hostname(host), port, tls)


def _fields(name: str, node: Node, report: Report) -> dict[str, Node] | None:
    if isinstance(node.data, list):
        count = len(node.data)
        if not 3 <= count <= 4:
            why = f"the list of {shown(name)} has {count} values, not title, host, port and at "
            why += "most a manufacturer."
            report.refused(name, node.line, why, is_sure=count > 4)
        return dict(zip(_PLACES, node.data, strict=False)) if count >= 3 else None
    if not isinstance(node.data, dict):
        report.refused(name, node.line, f"{shown(name)} is no list and no object.", is_sure=False)
        return None
    for key, each in node.data.items():
        if key not in MODALITY_KEYS:
            likely = report.meant(key, MODALITY_KEYS)
            message = f"Orthanc knows no {shown(key)} in a modality, and ignores it without a word."
            remedy = f"If {likely} is meant, write it so: capitals count." if likely else ""
            report.warning("orthanc-key-ignored", name, each.line, message, remedy)
    return node.data


def _is_unset(node: Node) -> bool:
    data = node.data
    return data is Missing.VALUE or (isinstance(data, str) and UNSET in data)


def _text(name: str, key: str, fields: dict[str, Node], report: Report, line: int) -> str | None:
    value = fields.get(key)
    if value is None or not isinstance(value.data, str):
        why = f"{shown(name)} has no {key} in quotation marks."
        report.refused(name, value.line if value else line, why, is_sure=False)
        return None
    return value.data


def _port(name: str, fields: dict[str, Node], report: Report, line: int) -> int | None:
    value = fields.get("Port")
    data = value.data if value else None
    line = value.line if value else line
    number, is_taken = _whole(data)
    if number is None or not 1 <= number <= 65_535:
        if found := check_port(data if isinstance(data, int | str) else ""):
            why = f"{report.refuses}the port of {shown(name)} must be 1 to {LARGEST_PORT:,}. "
            report.error(found[0].code, name, line, why + found[0].message, found[0].remedy)
        return None
    if not is_taken or number > LARGEST_PORT:
        why = f"the port of {shown(name)} must be a whole number from 1 to {LARGEST_PORT:,}, in "
        why += "quotation marks or not, without spaces."
        report.refused(name, line, why, is_sure=True)
    report.checked(check_port(number), line)
    return number


def _whole(data: object) -> tuple[int | None, bool]:
    """The number that is meant, and whether Orthanc takes it in this shape."""
    if isinstance(data, bool):
        return None, False
    if isinstance(data, int):
        return data, True
    if isinstance(data, float) and data.is_integer():
        return int(data), False
    if isinstance(data, str) and _WHOLE.fullmatch(data):
        return int(data), data == data.strip()
    return None, False


def _read_options(modality: Modality, fields: dict[str, Node], report: Report) -> None:
    readers: dict[str, Callable[[Modality, Node, Report], bool]] = {
        "Manufacturer": _manufacturer,
        "LocalAet": _local_title,
        "Timeout": _timeout,
        "RetrieveMethod": _retrieve_method,
    }
    for key, default in SWITCHES.items():
        value = fields.get(key)
        if value is None or value.data is default:
            continue
        if not isinstance(value.data, bool) and (key == "UseDicomTls" or not _is_unset(value)):
            why = f"{key} of {shown(modality.name)} must be true or false, without quotation marks."
            report.refused(modality.name, value.line, why, is_sure=key != "UseDicomTls")
        if key != "UseDicomTls":
            modality.options.append(key)
    for key, read in readers.items():
        value = fields.get(key)
        if value is None:
            continue
        is_unknown = _is_unset(value) and key != "LocalAet"
        if is_unknown or read(modality, value, report):
            modality.options.append(key)


def _manufacturer(modality: Modality, value: Node, report: Report) -> bool:
    maker = value.data
    if not isinstance(maker, str) or maker not in MANUFACTURERS | OBSOLETE_MANUFACTURERS.keys():
        why = f"the manufacturer of {shown(modality.name)} must be one of "
        why += f"{', '.join(sorted(MANUFACTURERS))}."
        report.refused(modality.name, value.line, why, is_sure=True)
    elif maker in OBSOLETE_MANUFACTURERS:
        new = OBSOLETE_MANUFACTURERS[maker]
        message = f"Orthanc takes the manufacturer {maker} for {new}, and will not for ever."
        report.info("orthanc-obsolete", modality.name, value.line, message, f"Write {new}.")
    return maker != "Generic"


def _local_title(modality: Modality, value: Node, report: Report) -> bool:
    if not isinstance(value.data, str):
        why = f"LocalAet of {shown(modality.name)} must be a text."
        report.refused(modality.name, value.line, why, is_sure=False)
    elif _is_unset(value):
        message = f"The title under which Orthanc calls {shown(modality.name)} comes from a "
        message += "variable whose value is not known here; the association is left out."
        report.warning("variable-unset", modality.name, value.line, message)
    elif value.data and report.checked(check_ae_title(value.data), value.line):
        modality.local_title = normalise_ae_title(value.data)
    return False


def _timeout(modality: Modality, value: Node, report: Report) -> bool:
    data = value.data
    if isinstance(data, bool) or not isinstance(data, int) or data < 0:
        why = f"Timeout of {shown(modality.name)} must be a whole number of seconds, not negative."
        report.refused(modality.name, value.line, why, is_sure=True)
    return data != 0


def _retrieve_method(modality: Modality, value: Node, report: Report) -> bool:
    if value.data not in ("C-MOVE", "C-GET", "SystemDefault"):
        message = f"RetrieveMethod of {shown(modality.name)} is C-MOVE, C-GET or SystemDefault; "
        message += "Orthanc before 1.12.6 ignores it, later ones refuse another word."
        report.warning("orthanc-key-ignored", modality.name, value.line, message)
    return value.data != "SystemDefault"
