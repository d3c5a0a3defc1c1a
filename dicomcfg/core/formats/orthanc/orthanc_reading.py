"""Orthanc's settings to a Document: its own AE, its modalities, and the titles it borrows.

What Orthanc does is told where it differs from what the settings look like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from dicomcfg.core.formats.keys import unique_keys
from dicomcfg.core.formats.orthanc.orthanc_accepted import capabilities
from dicomcfg.core.formats.orthanc.orthanc_modality import Modality, read_modality
from dicomcfg.core.formats.orthanc.orthanc_names import (
    ABOUT_ASSOCIATIONS,
    BOOLEANS,
    CLASSES,
    DEFAULT_TITLE,
    IN_DATABASE,
    MODALITIES,
    NUMBERS,
    PORT,
    TEXTS,
    TITLE,
)
from dicomcfg.core.formats.orthanc.orthanc_settings import REFUSES, Report, Setting, shown
from dicomcfg.core.formats.syntax.json_text import UNSET, Missing, Node
from dicomcfg.core.records import Ae, Association, Device, Document
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.endpoint import endpoint, is_address
from dicomcfg.core.wording import listed

MAXIMUM_ENTRIES: Final = 20_000
# `ae.transfer_capabilities` are those of Orthanc's own AE alone.
KNOWS: Final = frozenset(
    {
        "ae.connections",
        "ae.connections.tls",
        "ae.device",
        "ae.transfer_capabilities",
        "device.name",
        "association.calling",
    }
)


def document_of(name: str, settings: Mapping[str, Setting], report: Report) -> Document:
    """The Document of one Orthanc; its findings are the report's."""
    _check_types(settings, report)
    own = _own(settings, report)
    _tell_address(own, settings, report)
    modalities = _without_repeats(_modalities(settings, report), report)
    _tell_options(settings, modalities, report)
    report.file = None
    aes = [*([own] if own else []), *(_ae_of(each) for each in modalities)]
    known = callers(own, aes)
    borrowed = dict.fromkeys(each.local_title for each in modalities if each.local_title)
    aes += [Ae("", title) for title in borrowed if title not in known]
    by_title = callers(own, aes)
    keyed = unique_keys(aes)
    keys = {id(before): after.key for before, after in zip(aes, keyed, strict=True)}
    pairs = [
        Association(keys[id(by_title[modality.local_title])], keys[id(ae)])
        for modality, ae in zip(modalities, aes[1 if own else 0 :], strict=False)
        if modality.local_title is not None
    ]
    devices = dict.fromkeys(ae.device for ae in keyed if ae.device is not None)
    lines = [settings[TITLE].node.line if TITLE in settings else None] if own else []
    lines += [modality.line for modality in modalities]
    # Titles that are only borrowed come last and stand nowhere by themselves.
    places = {ae.key: line for ae, line in zip(keyed, lines, strict=False) if line}
    return Document(
        name,
        devices=tuple(Device(each, each) for each in devices),
        aes=keyed,
        associations=tuple(pairs),
        findings=report.all(),
        places=places,
    )


def callers(own: Ae | None, aes: Iterable[Ae]) -> dict[str, Ae]:
    """Which of the AEs a LocalAet means, by title: Orthanc's own, else the only one of the title
    with an address, else the one without."""
    placed: dict[str, list[Ae]] = {}
    meant: dict[str, Ae] = {}
    for ae in aes:
        if ae.connections:
            placed.setdefault(ae.ae_title, []).append(ae)
        else:
            meant.setdefault(ae.ae_title, ae)
    meant |= {title: those[0] for title, those in placed.items() if len(those) == 1}
    return meant | ({own.ae_title: own} if own is not None else {})


def _ae_of(modality: Modality) -> Ae:
    device = modality.name if modality.name != modality.title else None
    return Ae("", modality.title, device=device, connections=(modality.connection,))


def _check_types(settings: Mapping[str, Setting], report: Report) -> None:
    """What ends Orthanc's start whatever the value is used for."""
    kinds = ((TEXTS, str, "a text"), (NUMBERS, int, "a whole number"), (BOOLEANS, bool, "a truth"))
    for names, kind, words in kinds:
        for name in names:
            setting = settings.get(name)
            if setting is None or type(setting.node.data) in (kind, Missing):
                continue
            report.file = setting.file
            words = "true or false" if kind is bool else words
            why = f"{name} must be {words}, without quotation marks."
            why = why.replace(", without", " in") if kind is str else why
            report.refused(name, setting.node.line, why, is_sure=name not in (TITLE, IN_DATABASE))


def _own(settings: Mapping[str, Setting], report: Report) -> Ae | None:
    """Orthanc's own AE where the settings speak of it."""
    setting = settings.get(TITLE)
    title: str | None = None
    if setting is not None:
        report.file = setting.file
        title = _own_title(setting.node, report)
        if title is None:
            return None
    accepted = capabilities(settings, report)
    if title is None:
        if not accepted:
            return None
        title = DEFAULT_TITLE
        setting = settings[CLASSES]
        message = f"The file says what Orthanc accepts and no {TITLE}: its title is {title}."
        report.info("orthanc-title-default", title, setting.node.line, message)
    name = settings.get("Name")
    device = name.node.data if name else None
    known = isinstance(device, str) and device.strip() and UNSET not in device
    if not known or device == title or not isinstance(device, str) or not device.isprintable():
        device = None
    return Ae("", title, device=device, transfer_capabilities=accepted)


def _own_title(node: Node, report: Report) -> str | None:
    title = node.data
    if title is Missing.VALUE or (isinstance(title, str) and UNSET in title):
        message = "Orthanc's own title comes from a variable whose value is not known here."
        remedy = "Put the title in the variable's place, or give it a default: ${NAME:-value}."
        report.error("variable-unset", TITLE, node.line, message, remedy)
        return None
    if not isinstance(title, str):
        return None
    if not 1 <= len(title.encode("utf-8", "replace")) <= 16:
        why = f"{TITLE} must have 1 to 16 characters."
        report.refused(TITLE, node.line, why, is_sure=True)
    is_good = report.checked(check_ae_title(title), node.line)
    return normalise_ae_title(title) if is_good else None


def _tell_address(own: Ae | None, settings: Mapping[str, Setting], report: Report) -> None:
    setting = settings.get(PORT)
    port = setting.node.data if setting else None
    if setting is None or not isinstance(port, int) or isinstance(port, bool):
        return
    report.file, line = setting.file, setting.node.line
    if not 1 <= port <= 65_535:
        real = "any port that is free" if port % 65_536 == 0 else f"port {port % 65_536}"
        message = f"{shown(str(port))} is no TCP port; Orthanc starts and listens on {real}."
        report.warning("orthanc-own-port", PORT, line, message, "Give 1 to 65535.")
    elif own is not None:
        message = f"{own.ae_title} is Orthanc itself and listens on port {port} of a host that the "
        message += "file does not name, so it gets no connection."
        remedy = "Add the connection on its page."
        report.info("orthanc-own-address", own.ae_title, line, message, remedy)


def _modalities(settings: Mapping[str, Setting], report: Report) -> list[Modality]:
    setting = settings.get(MODALITIES)
    if setting is None:
        return []
    report.file, node = setting.file, setting.node
    in_database = settings.get(IN_DATABASE)
    if in_database is not None and in_database.node.data is True:
        message = f"{IN_DATABASE} is true: Orthanc does not look at this list, and keeps its "
        message += "modalities in its database."
        remedy = "Ask the running Orthanc for its modalities."
        report.warning("orthanc-list-ignored", MODALITIES, node.line, message, remedy)
        report.refuses = "Orthanc would refuse to start if it looked at this list: "
    if node.data is Missing.VALUE:
        message = f"{MODALITIES} comes from a variable whose value is not known here."
        report.error("variable-unset", MODALITIES, node.line, message)
        return []
    if not isinstance(node.data, dict):
        why = f"{MODALITIES} must be an object."
        report.refused(MODALITIES, node.line, why, is_sure=False)
        return []
    if len(node.data) > MAXIMUM_ENTRIES:
        message = f"Only the first {MAXIMUM_ENTRIES:,} entries were read."
        report.error("too-many-entries", MODALITIES, node.line, message, "Split the file.")
    named = islice(node.data.items(), MAXIMUM_ENTRIES)
    found = (read_modality(name, each, report) for name, each in named)
    modalities = [each for each in found if each is not None]
    report.refuses = REFUSES
    compares = settings.get("DicomCheckModalityHost")
    if compares is not None and compares.node.data is True:
        _tell_names(modalities, report)
    return modalities


def _tell_names(modalities: list[Modality], report: Report) -> None:
    """Orthanc compares texts: a caller's address never is a name."""
    named = [each for each in modalities if not is_address(each.connection.hostname)]
    if named:
        message = "DicomCheckModalityHost is true and Orthanc compares a caller's address with "
        message += "Host as it is written, so it refuses every call of "
        message += f"{listed([each.name for each in named])}."
        remedy = "Write addresses instead of names."
        report.warning("orthanc-host-compared", named[0].name, named[0].line, message, remedy)


def _without_repeats(modalities: list[Modality], report: Report) -> list[Modality]:
    kept: dict[tuple[str, str, int], Modality] = {}
    for each in modalities:
        place = (each.title, each.connection.hostname, each.connection.port)
        first = kept.setdefault(place, each)
        if first is not each:
            message = (
                f"{each.title} at {endpoint(*place[1:])} stands in line {first.line} already, "
            )
            message += f"as {shown(first.name)}; {shown(each.name)} is left out."
            report.warning("ae-repeated", each.title, each.line, message, "Keep one of the two.")
    return list(kept.values())


def _tell_options(
    settings: Mapping[str, Setting], modalities: list[Modality], report: Report
) -> None:
    """What has no place in a Document: one finding an option."""
    bearers: dict[str, list[Modality]] = {}
    for modality in modalities:
        for option in modality.options:
            bearers.setdefault(option, []).append(modality)
    for option, those in bearers.items():
        message = f"{option} of {listed([each.name for each in those])} is not kept: dicomcfg has "
        message += "no place for it."
        report.info("orthanc-option-not-kept", option, those[0].line, message)
    for name in ABOUT_ASSOCIATIONS:
        setting = settings.get(name)
        if setting is not None:
            report.file = setting.file
            message = f"{name} is not kept: dicomcfg has no place for it."
            report.info("orthanc-option-not-kept", name, setting.node.line, message)
