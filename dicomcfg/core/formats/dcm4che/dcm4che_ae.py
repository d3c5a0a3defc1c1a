"""Where dcm4che's dcmqrscp finds its peers: `AETITLE=host:port[:cipher suite ...]`.

Colons part everything, so that an IPv6 address cannot stand there; one entry that dcm4che cannot
read ends the tool.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.core.formats.dcm4che.annex_h_writer import CIPHER_SUITES
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.syntax.properties import (
    MAXIMUM_BYTES,
    Entry,
    entries,
    escaped_key,
    escaped_value,
    kept,
)
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Connection, Document
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.endpoint import check_hostname, check_port, parse_port

NAME: Final = "dcm4che-ae"
KNOWS: Final = frozenset({"ae.connections", "ae.connections.tls"})
_VALUE: Final = re.compile(r"[A-Za-z0-9_.\-]+:[0-9]{1,5}(?::[A-Za-z0-9_]+)*\s*")


def read(source: Source) -> Document:
    """The AEs with one connection each."""
    found, said = kept(source.text)
    findings = Findings()
    findings.keep(said)
    aes: dict[str, Ae] = {}
    for entry in found:
        ae, said = _ae(entry)
        findings.keep(said, entry.line)
        if ae is not None:
            aes[ae.key] = ae
    if not found:
        message = "No line names an AE."
        remedy = "Write AETITLE=host:port."
        findings.say("no-aes", Severity.WARNING, "file", message, remedy)
    return Document(NAME, aes=tuple(aes.values()), findings=findings.all())


def _ae(entry: Entry) -> tuple[Ae | None, list[Finding]]:
    title = normalise_ae_title(entry.key)
    findings = check_ae_title(entry.key)
    parts = entry.value.split(":")
    if len(parts) < 2 or (len(parts) > 2 and not parts[1].strip()):
        message = f"{clip(title)} is not followed by host:port; dcm4che does not start with such "
        message += "an entry, nor with an IPv6 address."
        remedy = "Write AETITLE=host:port."
        findings.append(Finding("dcm4che-ae-invalid", Severity.ERROR, clip(title), message, remedy))
        return None, findings
    if any(part != part.strip() for part in parts[:2]):
        message = f"{clip(title)} has spaces around its host or port; dcm4che takes them for a "
        message += "part of it and does not start. They are read as nothing."
        warning = Severity.WARNING
        findings.append(
            Finding("dcm4che-ae-space", warning, clip(title), message, "Remove the spaces.")
        )
    hostname, port_text = parts[0].strip(), parts[1].strip()
    findings += check_hostname(hostname) + check_port(port_text)
    port = parse_port(port_text)
    if port is None or has_errors(findings):
        return None, findings
    secured = any(part.strip() for part in parts[2:])
    connection = Connection(hostname, port, "default" if secured else None)
    return Ae(title, title, connections=(connection,)), findings


def write(document: Document) -> Written:
    """One line an AE, with its first connection."""
    findings = list(losses(document, KNOWS))
    lines: dict[str, str] = {}
    kept_aes: list[Ae] = []
    for ae in document.aes:
        problem = _problem(ae, lines)
        if problem:
            findings.append(not_carried(f"aes[{ae.key}]", f"{clip(ae.ae_title)} {problem}"))
            continue
        lines[ae.ae_title] = _line(ae)
        kept_aes.append(ae)
    findings += _cut(kept_aes)
    head = "# AE title = host:port[:cipher suite...]\n"
    return Written.of("".join([head, *lines.values()]), tuple(findings))


def _problem(ae: Ae, taken: dict[str, str]) -> str:
    """Why an AE cannot be written, as the end of a sentence; empty where it can."""
    if not ae.connections:
        return "has no address, which a line must have."
    if ":" in ae.connections[0].hostname:
        return "has an IPv6 address, which cannot stand between colons."
    if ae.ae_title in taken:
        return "stands there already: a title can stand once."
    return ""


def _line(ae: Ae) -> str:
    first = ae.connections[0]
    parts = [first.hostname, str(first.port), *(CIPHER_SUITES if first.tls else ())]
    return f"{escaped_key(ae.ae_title)}={escaped_value(':'.join(parts))}\n"


def _cut(aes: Sequence[Ae]) -> list[Finding]:
    findings = []
    number = sum(len(ae.connections) > 1 for ae in aes)
    if number:
        message = f"Of {number:,} AE{'s' if number > 1 else ''} only the first connection fits."
        findings.append(not_carried("ae.connections[1:]", message))
    if {ae.connections[0].tls for ae in aes} - {None, "default"}:
        message = "That a connection is secured is written, by which settings is not."
        findings.append(not_carried("ae.connections.tls.spelling", message))
    return findings


def detect(source: Source) -> float:
    """The share of the first entries that look like an AE title with host and port."""
    found = list(entries(source.text[:20_000]))[:200]
    good = sum(
        bool(_VALUE.fullmatch(entry.value))
        and parse_port(entry.value.split(":")[1]) is not None
        and not has_errors(check_ae_title(entry.key))
        for entry in found
    )
    return 0.85 * good / len(found) if good else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="dcm4che peers of dcmqrscp (properties)",
    detect=detect,
    read=read,
    write=write,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".properties",
    knows=KNOWS,
)
