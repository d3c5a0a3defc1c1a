"""What dcm4che's storescu and getscu propose: `SOPClass:a,b;c`.

Semicolons part presentation contexts, commas the transfer syntaxes within one.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.dcm4che.dcm4che_tools import (
    KNOWS,
    SAID,
    Contexts,
    kind_said,
    line_of,
    one_list,
    rest_lost,
    share_understood,
)
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.formats.syntax.properties import MAXIMUM_BYTES
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.core.records import Document, PresentationContext

NAME: Final = "dcm4che-store-tcs"


def read(source: Source) -> Document:
    """The contexts as one Profile named after the file."""
    reader = Contexts(source)
    for entry in reader.entries:
        sop_class = reader.sop_class(entry)
        for part in entry.value.split(";") if sop_class else ():
            syntaxes = reader.transfer_syntaxes(part, entry.line)
            if sop_class and syntaxes:
                reader.contexts.append(PresentationContext(sop_class, syntaxes))
    number = len(reader.contexts)
    if len(reader.entries) > 1:
        message = "dcm4che proposes the SOP Classes in an order of its own, not in the file's."
        reader.found.say("properties-order", Severity.INFO, "file", message)
    if number > CONTEXTS_PER_REQUEST:
        message = f"{number:,} presentation contexts: dcm4che numbers them on beyond the "
        message += f"{CONTEXTS_PER_REQUEST} that a request can hold."
        remedy = "Remove SOP Classes, or write commas for semicolons."
        reader.found.say("contexts-beyond-request", Severity.WARNING, "file", message, remedy)
    return reader.document(NAME, source.stem)


def write(document: Document) -> Written:
    """One line a SOP Class with all its contexts."""
    contexts, findings = one_list(document)
    order = list(dict.fromkeys(each.abstract_syntax for each in contexts))
    runs = [uid for uid, _ in groupby(each.abstract_syntax for each in contexts)]
    if len(runs) > len(order):
        message = "Contexts of one SOP Class stand in one line, next to each other."
        findings.append(not_carried("profile.presentation_contexts.order", message))
    lists: dict[str, list[tuple[str, ...]]] = {}
    for each in contexts:
        lists.setdefault(each.abstract_syntax, []).append(each.transfer_syntaxes)
    head = f"# Storage {SAID['store-tcs']} of dcm4che's storescu and getscu\n"
    lines = (line_of(uid, of_it) for uid, of_it in lists.items())
    return Written.of("".join([head, *lines]), (*findings, *rest_lost(document)))


def detect(source: Source) -> float:
    """Sure where a semicolon parts contexts or a comment says so; else it may be an acceptor's."""
    share, known, parted, _ = share_understood(source)
    if not known:
        return 0.0
    return share * (0.97 if parted or kind_said(source) == "store-tcs" else 0.6)


FORMAT: Final = Format(
    name=NAME,
    title="dcm4che transfer capabilities of storescu and getscu (properties)",
    detect=detect,
    read=read,
    write=write,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".properties",
    knows=KNOWS,
)
