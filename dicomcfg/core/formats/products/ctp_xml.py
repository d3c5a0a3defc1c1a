"""RSNA CTP's `config.xml`: what its DICOM import and export services speak with.

An export service has a `url` of the form `dicom://CALLED:CALLING@host:port`, which is an
association from CTP to another AE. An import service listens on a port under any title, unless
`accept` elements name what it takes. Other stages are none of our business.
"""

from __future__ import annotations

import re
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering
from dicomcfg.core.formats.syntax.xml_text import Element, parse, root_name
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document, PresentationContext, Profile
from dicomcfg.core.standard import uids

NAME: Final = "ctp-xml"
KNOWS: Final = frozenset(
    {
        *("ae.connections", "ae.association_initiator", "ae.association_acceptor"),
        *("association.name", "profile.presentation_contexts"),
    }
)
_URL: Final = re.compile(r"dicom://([^:@/]*)(?::([^@/]*))?@([^/\s]+?)(?::([0-9]*))?/?")
_BY_OBJECT: Final = ("hostTag", "portTag", "calledAETTag", "callingAETTag")
_NATIVE: Final = ("1.2.840.10008.1.2.1", uids.IMPLICIT_VR_LITTLE_ENDIAN)


class _Reader:
    def __init__(self) -> None:
        self.found = Gathering()
        self.profiles: dict[str, Profile] = {}

    def stages(self, root: Element) -> None:
        """Every DICOM service of the pipelines that run."""
        for pipeline in root.children:
            if pipeline.name != "Pipeline":
                continue
            stages = [each for each in pipeline.children if _service(each)]
            if pipeline.get("enabled") == "no" and stages:
                message = "The pipeline is switched off, so its services are left out."
                place = Place(line=pipeline.line)
                name = pipeline.get("name")
                self.found.say("ctp-pipeline-off", Severity.INFO, name, message, at=place)
                continue
            for stage in stages:
                if _service(stage) == "DicomExportService":
                    self._export(stage)
                else:
                    self._import(stage)

    def _export(self, stage: Element) -> None:
        place, url = Place(line=stage.line), stage.get("url")
        name = stage.get("name") or "DicomExportService"
        match = _URL.fullmatch(url)
        if match is None or not match[1]:
            message = f"{clip(url)!r} is no address of the form dicom://CALLED:CALLING@host:port."
            self.found.say("ctp-url-invalid", Severity.ERROR, name, message, "Correct it.", place)
            return
        tags = [tag for tag in _BY_OBJECT if stage.get(tag)]
        if tags:
            message = f"CTP takes the destination from each object where {', '.join(tags)} points "
            message += "to a value; the address is only what it falls back to."
            self.found.warn("ctp-address-by-object", name, message, at=place)
        called = self.found.add_or_find(Entry(match[1], match[3], match[4] or "", place))
        if not match[2]:
            message = "The address names no calling title, so no association is made of it."
            self.found.warn("ctp-no-calling-title", name, message, "Add it.", place)
            return
        calling = self.found.add_or_find(Entry(match[2], None, "", place, acceptor=False))
        self.found.pair(calling, called, name)

    def _import(self, stage: Element) -> None:
        place = Place(line=stage.line)
        name, port = stage.get("name") or "DicomImportService", stage.get("port") or "104"
        accepts = [each for each in stage.children if each.name == "accept"]
        titles = [each for each in accepts if each.get("calledAET")]
        message = f"{clip(name)} listens on port {clip(port)} of its host, which the file does not "
        message += "name, under " + (
            "the titles that it accepts." if titles else "any title: no AE is made of it."
        )
        remedy = "Add the AE by hand with its host and that port."
        self.found.say("ctp-own-address", Severity.INFO, name, message, remedy, place)
        for each in titles:
            self._titled(each, "calledAET", initiator=False, acceptor=True)
        for each in accepts:
            if each.get("callingAET"):
                self._titled(each, "callingAET", initiator=True, acceptor=False)
        for each in stage.children:
            if each.name == "reject" or (each.name == "accept" and each.get("ip")):
                what = f"what {each.name} says of addresses or titles"
                self.found.unkept(what, Place(line=each.line))
        self._classes(name, [each for each in accepts if each.get("sopClass")])

    def _titled(self, element: Element, name: str, *, initiator: bool, acceptor: bool) -> None:
        place = Place(line=element.line)
        entry = Entry(element.get(name), None, "", place, initiator=initiator, acceptor=acceptor)
        self.found.add_or_find(entry)

    def _classes(self, name: str, accepts: list[Element]) -> None:
        """A Profile of the SOP Classes that are accepted, where they are named at all."""
        contexts: dict[str, PresentationContext] = {}
        for each in accepts:
            text = each.get("sopClass")
            uid = uids.resolve(text, uids.ABSTRACT_SYNTAX)
            if uid is None:
                message = f"{clip(text)!r} is neither the UID nor the name of a SOP Class."
                remedy = "Write its UID."
                self.found.say(
                    "uid-name-unknown", Severity.ERROR, text, message, remedy, Place(line=each.line)
                )
                continue
            contexts[uid] = PresentationContext(uid, _NATIVE)
        if not contexts:
            return
        place = Place(line=accepts[0].line)
        message = "CTP has the transfer syntaxes of each SOP Class in its own table; the two "
        message += "uncompressed ones are kept, which it always accepts."
        self.found.say("ctp-own-syntaxes", Severity.INFO, name, message, at=place)
        if uids.VERIFICATION not in contexts:
            message = "CTP accepts only what is listed, and Verification is not: it refuses C-ECHO."
            remedy = 'Add <accept sopClass="1.2.840.10008.1.1"/>.'
            self.found.warn("ctp-no-echo", name, message, remedy, place)
        key = name if name not in self.profiles else f"{name} #{len(self.profiles) + 1}"
        self.profiles[key] = Profile(key, tuple(contexts.values()))


def _service(stage: Element) -> str:
    """The name of the DICOM service that a stage is; empty for another stage."""
    kind = stage.get("class").rpartition(".")[2]
    return kind if kind in ("DicomExportService", "DicomImportService") else ""


def read(source: Source) -> Document:
    """AEs and associations of the export services, titles and SOP Classes of the import ones."""
    reader = _Reader()
    root, problems = parse(source.text)
    reader.found.keep(problems)
    if root is not None:
        reader.stages(root)
    return reader.found.document(NAME, tuple(reader.profiles.values()))


def detect(source: Source) -> float:
    """Sure of a Configuration with pipelines."""
    if root_name(source.text) != "Configuration":
        return 0.0
    head = source.text[:200_000]
    return 0.95 if "org.rsna.ctp" in head else 0.6 if "<Pipeline" in head else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="RSNA CTP config.xml",
    detect=detect,
    read=read,
    suffix=".xml",
    knows=KNOWS,
)
