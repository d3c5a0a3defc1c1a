"""What an AE title may be (VR AE, PS3.5 6.2; PS3.8 9.3.2) and what is unwise though legal.

The standard's prohibitions are errors. Real networks carry lower case, inner spaces and vendors'
default titles, so those are warnings.
"""

from __future__ import annotations

import re
from typing import Final

from dicomcfg.core.findings import Finding, Severity

MAXIMUM_LENGTH_BYTES: Final = 16
CLAUSE: Final = "PS3.5 6.2"
# Most titles of a large table: unless it is a default, there is nothing to be said of one.
_CAPITALS: Final = re.compile(r"[!-\[\]-`{-~]{1,16}")

# Titles that products ship with: two boxes left at their default look like one.
VENDOR_DEFAULTS: Final = {
    "ANY-SCP": "DCMTK",
    "ANYSCP": "several products",
    "STORESCP": "DCMTK storescp",
    "STORESCU": "DCMTK storescu",
    "ECHOSCU": "DCMTK echoscu",
    "FINDSCU": "DCMTK findscu",
    "MOVESCU": "DCMTK movescu",
    "GETSCU": "DCMTK getscu",
    "DCMQRSCP": "DCMTK dcmqrscp",
    "COMMON": "DCMTK dcmqrscp",
    "QRSCP": "pynetdicom qrscp",
    "PYNETDICOM": "pynetdicom",
    "ORTHANC": "Orthanc",
    "DCM4CHEE": "dcm4chee-arc",
    "DCMRCV": "dcm4che 2",
    "DCMSND": "dcm4che 2",
    "CONQUESTSRV1": "Conquest",
    "HOROS": "Horos",
    "OSIRIX": "OsiriX",
    "WEASIS-SCU": "Weasis",
    "WEASIS_AE": "Weasis",
    "DICOOGLE-STORAGE": "Dicoogle",
    "MERGE_STORE_SCP": "Merge toolkit",
    "MERGE_STORE_SCU": "Merge toolkit",
    "RADIANT": "RadiAnt",
    "MICRODICOM": "MicroDicom",
    "ENS-SCP": "InterSystems' samples",
    "ENS-SCU": "InterSystems' samples",
    "AE_TITLE": "a placeholder",
    "AETITLE": "a placeholder",
    "TEST": "a placeholder",
}


# The titles under which makers' products answer until someone changes them.
_ACCEPTORS: Final = {
    "dcmtk": ("ANY-SCP", "STORESCP", "DCMQRSCP", "COMMON"),
    "offis": ("ANY-SCP", "STORESCP", "DCMQRSCP", "COMMON"),
    "orthanc": ("ORTHANC",),
    "dcm4che": ("DCM4CHEE", "DCMRCV"),
    "pynetdicom": ("PYNETDICOM", "QRSCP"),
    "conquest": ("CONQUESTSRV1",),
    "horos": ("HOROS",),
    "osirix": ("OSIRIX",),
    "weasis": ("WEASIS_AE",),
    "dicoogle": ("DICOOGLE-STORAGE",),
    "merge": ("MERGE_STORE_SCP",),
    "radiant": ("RADIANT",),
    "microdicom": ("MICRODICOM",),
    "intersystems": ("ENS-SCP",),
}
_ANYBODYS: Final = ("ANY-SCP", "ORTHANC", "DCM4CHEE")


def normalise_ae_title(text: str) -> str:
    """Without leading and trailing spaces, which are not significant; nothing else changes."""
    return text.strip(" ")


def _errors(title: str) -> list[tuple[str, str, str]]:
    found = []
    if not title:
        found.append(
            (
                "ae-title-empty",
                "The AE title is empty; spaces alone are not a title.",
                "Give 1 to 16 characters.",
            )
        )
    length = len(title.encode("utf-8", "surrogatepass"))
    if length > MAXIMUM_LENGTH_BYTES:
        found.append(
            (
                "ae-title-too-long",
                f"The AE title has {length} bytes; at most {MAXIMUM_LENGTH_BYTES} are allowed.",
                "Ask the device's administrator for the title it really uses: a longer one "
                "cannot be sent.",
            )
        )
    if "\\" in title:
        found.append(
            (
                "ae-title-backslash",
                "The AE title holds a backslash, which separates values in DICOM.",
                "Remove the backslash.",
            )
        )
    if any(ord(character) < 32 or ord(character) == 127 for character in title):
        found.append(
            (
                "ae-title-control-character",
                "The AE title holds a control character, for example a tab or a line break.",
                "Type the title by hand instead of pasting it.",
            )
        )
    if not title.isascii():
        foreign = sorted({character for character in title if not character.isascii()})[:5]
        found.append(
            (
                "ae-title-not-ascii",
                "The AE title holds characters outside the default repertoire: "
                + ", ".join(f"{ascii(c)[1:-1]}" for c in foreign)
                + ".",
                "Use letters without accents, digits and - _ . only.",
            )
        )
    return found


def _warnings(text: str, title: str) -> list[tuple[str, str, str]]:
    found = []
    if text != title:
        found.append(
            (
                "ae-title-outer-space",
                "Spaces before or after an AE title do not count; they are removed.",
                "",
            )
        )
    if " " in title:
        found.append(
            (
                "ae-title-inner-space",
                "The AE title holds a space. That is legal, but some systems cut the title there.",
                "Use - or _ instead where you can choose.",
            )
        )
    if any(character.islower() for character in title):
        found.append(
            (
                "ae-title-lower-case",
                "The AE title holds lower-case letters. That is legal and the case counts, but "
                "many systems turn titles into capitals.",
                "Check that both ends write it the same way.",
            )
        )
    product = VENDOR_DEFAULTS.get(title.upper())
    if product:
        found.append(
            (
                "ae-title-vendor-default",
                f"{title} is a default title ({product}); a second box with the same title is "
                "only a matter of time.",
                "Give each AE a title of its own.",
            )
        )
    return found


def check_ae_title(text: str) -> list[Finding]:
    """Errors for what the standard forbids, warnings for what is unwise; empty when all is well."""
    if _CAPITALS.fullmatch(text) and text not in VENDOR_DEFAULTS:
        return []
    title = normalise_ae_title(text)
    subject = title[:64]
    return [
        Finding(code, severity, subject, message, remedy, CLAUSE)
        for severity, problems in (
            (Severity.ERROR, _errors(title)),
            (Severity.WARNING, _warnings(text, title)),
        )
        for code, message, remedy in problems
    ]


def variants(title: str, manufacturer: str = "", station_name: str = "") -> tuple[str, ...]:
    """Titles that a peer may really have where `title` is refused, the likeliest first.

    What typing and other systems make of a title, the device's station name, then the titles
    that its manufacturer's products ship with, or the commonest ones of an unknown maker. Each
    once, without `title` itself, and only what can be sent.
    """
    trimmed = normalise_ae_title(title)
    maker = manufacturer.casefold()
    known = [default for name, titles in _ACCEPTORS.items() if name in maker for default in titles]
    candidates = (
        trimmed.upper(),
        trimmed.lower(),
        trimmed.replace(" ", ""),
        trimmed.partition(" ")[0],
        trimmed[:MAXIMUM_LENGTH_BYTES],
        normalise_ae_title(station_name),
        normalise_ae_title(station_name).upper(),
        *(known or _ANYBODYS),
    )
    return tuple(
        dict.fromkeys(found for found in candidates if found != trimmed and not _errors(found))
    )
