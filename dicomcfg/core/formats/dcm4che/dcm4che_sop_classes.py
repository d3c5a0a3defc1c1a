"""What dcm4che's acceptors accept: `SOPClass:TransferSyntax,...` or `SOPClass:*`.

The same grammar goes by two names: `dcm4che-storescp` is what storescp takes, which answers
Storage and Verification only; `dcm4che-sop-classes` what the other tools take.
"""

from __future__ import annotations

from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.dcm4che.dcm4che_tools import (
    KNOWS,
    SAID,
    Contexts,
    kind_said,
    line_of,
    merged,
    one_list,
    rest_lost,
    share_understood,
)
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.formats.syntax.properties import MAXIMUM_BYTES
from dicomcfg.core.records import Document, PresentationContext
from dicomcfg.core.standard import uids

NAME: Final = "dcm4che-sop-classes"
STORESCP: Final = "dcm4che-storescp"
_ANSWERED: Final = frozenset({"Storage", "Verification"})


def _read(source: Source, name: str) -> Document:
    reader = Contexts(source)
    found = []
    for entry in reader.entries:
        sop_class = reader.sop_class(entry)
        if ";" in entry.value:
            message = "A semicolon parts contexts in another file of dcm4che's; this tool takes it "
            message += "for a part of a name and does not start. It is read as a comma."
            remedy = "Write commas."
            warning = Severity.WARNING
            reader.found.say("semicolon", warning, entry.value, message, remedy, entry.line)
        value = entry.value.replace(";", ",")
        syntaxes = reader.transfer_syntaxes(value, entry.line) if sop_class else ()
        if sop_class and syntaxes:
            found.append(PresentationContext(sop_class, syntaxes))
    reader.contexts += merged(found)
    if name == STORESCP:
        reader.found.keep(_unanswered(reader.contexts))
    return reader.document(name, source.stem)


def _unanswered(contexts: list[PresentationContext]) -> list[Finding]:
    """Contexts that storescp accepts without ever answering a request on them."""
    known = [each for c in contexts if (each := uids.lookup(c.abstract_syntax)) is not None]
    strange = [each for each in known if each.service and each.service not in _ANSWERED]
    if not strange:
        return []
    message = f"storescp accepts contexts of {strange[0].name}"
    message += f" and {len(strange) - 1:,} more SOP Classes" if len(strange) > 1 else ""
    message += ", but it answers nothing there: it knows C-STORE and C-ECHO only."
    remedy = "Keep Storage SOP Classes and Verification in its file."
    return [Finding("storescp-without-service", Severity.WARNING, strange[0].uid, message, remedy)]


def _write(document: Document, name: str) -> Written:
    contexts, findings = one_list(document)
    distinct = merged(contexts)
    if len(distinct) < len(contexts):
        message = "Contexts of one abstract syntax are merged into one."
        findings.append(not_carried("profile.presentation_contexts.merged", message))
    head = f"# SOP Classes {SAID['storescp' if name == STORESCP else 'sop-classes']} of dcm4che\n"
    lines = (line_of(c.abstract_syntax, [c.transfer_syntaxes]) for c in distinct)
    said = _unanswered(list(distinct)) if name == STORESCP else []
    return Written.of("".join([head, *lines]), (*findings, *said, *rest_lost(document)))


def read(source: Source) -> Document:
    """The SOP Classes as one Profile named after the file."""
    return _read(source, NAME)


def write(document: Document) -> Written:
    """One line a SOP Class, by dcm4che's names."""
    return _write(document, NAME)


def read_storescp(source: Source) -> Document:
    """The same, and a word about what storescp does not answer."""
    return _read(source, STORESCP)


def write_storescp(document: Document) -> Written:
    """The same, and a word about what storescp does not answer."""
    return _write(document, STORESCP)


def _confidence(source: Source, name: str) -> float:
    """The share of entries that are understood, much less where the file seems another's: by what
    its comments say, else by whether more lines are of the Storage service than not."""
    share, known, parted, leaning = share_understood(source)
    if not known or parted:
        return 0.0
    seems = kind_said(source) or ("storescp" if leaning > 0 else "sop-classes")
    return share * (0.96 if name.endswith(seems) else 0.7)


def detect(source: Source) -> float:
    """How much it looks like the file of another acceptor than storescp."""
    return _confidence(source, NAME)


def detect_storescp(source: Source) -> float:
    """How much it looks like storescp's file."""
    return _confidence(source, STORESCP)


FORMAT: Final = Format(
    name=NAME,
    title="dcm4che SOP classes (properties)",
    detect=detect,
    read=read,
    write=write,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".properties",
    knows=KNOWS,
)
STORESCP_FORMAT: Final = Format(
    name=STORESCP,
    title="dcm4che storescp SOP classes (properties)",
    detect=detect_storescp,
    read=read_storescp,
    write=write_storescp,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".properties",
    knows=KNOWS,
)
