"""Groups of UIDs for people who choose or read many: families of syntaxes, kinds of storage.

The standard names neither; what fits no rule is grouped as other.
"""

from __future__ import annotations

import re
from typing import Final

from dicomcfg.core.standard.uid_names import PRIVATE
from dicomcfg.core.standard.uids import TRANSFER_SYNTAX, is_registered, search

__all__ = ["FAMILIES", "OTHER", "PRIVATE", "families", "family_of", "stored_kind_of"]

OTHER: Final = "Other"
_EVERY: Final = 10_000

# One pattern for the end of the UID a family; in the order in which tables show them.
_FAMILIES: Final = (
    ("Uncompressed", r"|\.1|\.1\.98|\.2"),
    ("JPEG", r"\.4\.[567]\d"),
    ("JPEG-LS", r"\.4\.8\d"),
    ("JPEG 2000", r"\.4\.9\d"),
    ("HTJ2K", r"\.4\.20\d"),
    ("MPEG, HEVC", r"\.4\.10\d(\.1)?"),
    ("RLE", r"\.5"),
    ("Deflated", r"\.1\.99|\.8\.1"),
    ("JPEG XL", r"\.4\.11\d"),
)
FAMILIES: Final = (*(name for name, _ in _FAMILIES), OTHER, PRIVATE)
_FAMILY: Final = tuple(
    (re.compile(rf"1\.2\.840\.10008\.1\.2(?:{pattern})"), name) for name, pattern in _FAMILIES
)

# JPEG's lossy processes, JPEG-LS near-lossless, the irreversible ones of JPEG 2000 and its
# successors, JPIP, MPEG and HEVC, JPEG XL; those of them that may also be reversible included.
_LOSSY: Final = re.compile(
    r"1\.2\.840\.10008\.1\.2\.4\."
    r"(5[0-6]|59|6[0-4]|81|9[1345]|10\d(\.1)?|11[12]|20[345])"
)

# The first rule that a name fits decides.
_STORED: Final = tuple(
    (re.compile(pattern), name)
    for name, pattern in (
        ("Security and material testing", r"DICOS|Eddy Current"),
        ("Presentation states", r"Presentation State|Structured Display|LUT|Overlay|Curve"),
        ("Structured reports", r"\bSR\b|Key Object|Log|Report|Assessment|Annotations"),
        ("Waveforms", r"Waveform"),
        ("Radiotherapy", r"\bRT\b|Radiation"),
        ("CT", r"\bCT\b"),
        ("MR", r"\bMR\b"),
        ("Ultrasound", r"Ultrasound|\bUS\b|Photoacoustic"),
        ("Nuclear medicine and PET", r"Nuclear|\bPET\b|Positron"),
        ("Mammography", r"Mammography|Breast"),
        ("X-ray", r"Computed Radiography|X-Ray|\bXA\b|\bXRF\b"),
        (
            "Visible light and eye",
            r"VL|Video|Ophthalmic|Microscop|Photography|Coherence|Measurements|Refraction"
            r"|Spectacle|Intraocular|Macular|Corneal",
        ),
        ("Captures and documents", r"Secondary Capture|Encapsulated"),
    )
)


def family_of(uid: str) -> str:
    """The family of a transfer syntax, one of FAMILIES; PRIVATE for one that is not registered."""
    if not is_registered(uid):
        return PRIVATE
    return next((name for pattern, name in _FAMILY if pattern.fullmatch(uid)), OTHER)


def families() -> dict[str, tuple[str, ...]]:
    """Every family that has a transfer syntax, with all of them: retired and private ones too."""
    members: dict[str, tuple[str, ...]] = {}
    for entry in search("", TRANSFER_SYNTAX, _EVERY):
        if entry.usable:
            family = family_of(entry.uid)
            members[family] = (*members.get(family, ()), entry.uid)
    return {family: members[family] for family in FAMILIES if family in members}


def stored_kind_of(name: str) -> str:
    """What a storage SOP Class of this name stores, as a modality or a kind of object."""
    return next((kind for pattern, kind in _STORED if pattern.search(name)), OTHER)


def may_be_lossy(uid: str) -> bool:
    """Whether what is encoded in this transfer syntax may have lost something (PS3.5 A.4)."""
    return _LOSSY.fullmatch(uid) is not None
