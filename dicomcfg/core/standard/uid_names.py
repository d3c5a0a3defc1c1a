"""Names that PS3.6 does not give: short ones for dense tables, aliases people type, services."""

from __future__ import annotations

import re
from typing import Final

PRIVATE: Final = "Private or newer"
"""The group of UIDs that the standard does not register."""

_JPEG = "1.2.840.10008.1.2.4."
_SHORT = {
    "1.2.840.10008.1.2": "Implicit LE",
    "1.2.840.10008.1.2.1": "Explicit LE",
    "1.2.840.10008.1.2.1.98": "Encapsulated uncompressed",
    "1.2.840.10008.1.2.1.99": "Deflated LE",
    "1.2.840.10008.1.2.2": "Explicit BE",
    "1.2.840.10008.1.2.5": "RLE lossless",
    "1.2.840.10008.1.2.8.1": "Deflated frames",
    "1.2.840.10008.1.20": "Papyrus 3",
    f"{_JPEG}50": "JPEG baseline",
    f"{_JPEG}51": "JPEG extended",
    f"{_JPEG}52": "JPEG P3+5",
    f"{_JPEG}53": "JPEG P6+8",
    f"{_JPEG}54": "JPEG P7+9",
    f"{_JPEG}55": "JPEG P10+12",
    f"{_JPEG}56": "JPEG P11+13",
    f"{_JPEG}58": "JPEG lossless P15",
    f"{_JPEG}59": "JPEG P16+18",
    f"{_JPEG}60": "JPEG P17+19",
    f"{_JPEG}61": "JPEG P20+22",
    f"{_JPEG}62": "JPEG P21+23",
    f"{_JPEG}63": "JPEG P24+26",
    f"{_JPEG}64": "JPEG P25+27",
    f"{_JPEG}65": "JPEG lossless P28",
    f"{_JPEG}66": "JPEG lossless P29",
    f"{_JPEG}57": "JPEG lossless P14",
    f"{_JPEG}70": "JPEG lossless SV1",
    f"{_JPEG}80": "JPEG-LS lossless",
    f"{_JPEG}81": "JPEG-LS near-lossless",
    f"{_JPEG}90": "JPEG 2000 lossless",
    f"{_JPEG}91": "JPEG 2000",
    f"{_JPEG}92": "JPEG 2000 MC lossless",
    f"{_JPEG}93": "JPEG 2000 MC",
    f"{_JPEG}94": "JPIP",
    f"{_JPEG}95": "JPIP deflate",
    f"{_JPEG}100": "MPEG2 main",
    f"{_JPEG}100.1": "MPEG2 main, parts",
    f"{_JPEG}101": "MPEG2 high",
    f"{_JPEG}101.1": "MPEG2 high, parts",
    f"{_JPEG}102": "H.264 4.1",
    f"{_JPEG}102.1": "H.264 4.1, parts",
    f"{_JPEG}103": "H.264 4.1 BD",
    f"{_JPEG}103.1": "H.264 4.1 BD, parts",
    f"{_JPEG}104": "H.264 4.2 2D",
    f"{_JPEG}104.1": "H.264 4.2 2D, parts",
    f"{_JPEG}105": "H.264 4.2 3D",
    f"{_JPEG}105.1": "H.264 4.2 3D, parts",
    f"{_JPEG}106": "H.264 4.2 stereo",
    f"{_JPEG}106.1": "H.264 4.2 stereo, parts",
    f"{_JPEG}107": "HEVC 5.1",
    f"{_JPEG}108": "HEVC 5.1 10 bit",
    f"{_JPEG}110": "JPEG XL lossless",
    f"{_JPEG}111": "JPEG XL recompressed",
    f"{_JPEG}112": "JPEG XL",
    f"{_JPEG}201": "HTJ2K lossless",
    f"{_JPEG}202": "HTJ2K lossless RPCL",
    f"{_JPEG}203": "HTJ2K",
    f"{_JPEG}204": "JPIP HTJ2K",
    f"{_JPEG}205": "JPIP HTJ2K deflate",
}

_ALIASES = {
    "1.2.840.10008.1.1": ("C-ECHO", "echo", "ping"),
    "1.2.840.10008.1.20.1": ("STGCMT",),
    "1.2.840.10008.3.1.2.3.3": ("MPPS",),
    "1.2.840.10008.5.1.4.31": ("MWL", "worklist"),
    "1.2.840.10008.5.1.4.1.1.2": ("tomography",),
    "1.2.840.10008.5.1.4.1.1.4": ("magnetic resonance",),
    "1.2.840.10008.5.1.4.1.1.1.1": ("DX",),
    "1.2.840.10008.5.1.4.1.1.1.2": ("MG",),
    "1.2.840.10008.5.1.4.1.1.20": ("NM",),
    "1.2.840.10008.5.1.4.1.1.128": ("PET",),
    "1.2.840.10008.5.1.4.1.1.88.67": ("RDSR", "dose"),
    "1.2.840.10008.5.1.4.1.1.11.1": ("GSPS", "presentation state"),
    "1.2.840.10008.5.1.4.1.1.88.59": ("KOS",),
    "1.2.840.10008.5.1.4.1.2.1.1": ("C-FIND",),
    "1.2.840.10008.5.1.4.1.2.1.2": ("C-MOVE",),
    "1.2.840.10008.5.1.4.1.2.1.3": ("C-GET",),
    "1.2.840.10008.5.1.4.1.2.2.1": ("C-FIND",),
    "1.2.840.10008.5.1.4.1.2.2.2": ("C-MOVE",),
    "1.2.840.10008.5.1.4.1.2.2.3": ("C-GET",),
    "1.2.840.10008.1.2": ("ILE", "default"),
    "1.2.840.10008.1.2.1": ("ELE",),
    "1.2.840.10008.1.2.2": ("EBE",),
}

# The first rule that fits names the service; PS3.4 has a service class for most of them.
_SERVICES = tuple(
    (re.compile(pattern), service)
    for pattern, service in (
        (r"^1\.2\.840\.10008\.1\.1 ", "Verification"),
        (r"Storage Commitment", "Storage commitment"),
        (r"Query/Retrieve Information Model|Composite Instance", "Query/Retrieve"),
        (r"Worklist|General Purpose", "Worklist"),
        (r"Unified Procedure Step|Machine Verification", "Unified procedure step"),
        (r"Performed Procedure Step", "Performed procedure step"),
        (r"Media (Storage Directory|Creation)", "Media"),
        (r"Display System", "Display system"),
        (r"^1\.2\.840\.10008\.5\.1\.1\.", "Print"),
        (r"Real-Time Communication", "Real-time communication"),
        (r"^1\.2\.840\.10008\.5\.1\.4\.1\.1\.", "Storage"),
        (r"Delivery Instruction Storage", "Storage"),
        (r"Relevant Patient Information", "Relevant patient information"),
        (r" Storage$|Information Model - |Query$|Query SOP Class$", "Non-patient objects"),
        (r"Detached|Study (Component|Content)", "Study management"),
        (r"Logging|Availability", "Notification and logging"),
    )
)


def short_name_of(uid: str, name: str) -> str:
    """A name of about 20 characters for the usual transfer syntaxes, otherwise the name."""
    return _SHORT.get(uid) or name.removesuffix(" SOP Class")


def aliases_of(uid: str) -> tuple[str, ...]:
    """What people type for a UID besides its name."""
    return _ALIASES.get(uid, ())


def service_of(uid: str, name: str) -> str:
    """The group under which a SOP Class is listed."""
    line = f"{uid} {name}"
    return next((service for rule, service in _SERVICES if rule.search(line)), "Other")
