"""The Merge DICOM Toolkit's names for transfer syntaxes, as its application files write them."""

from __future__ import annotations

from typing import Final

_JPEG: Final = "1.2.840.10008.1.2.4."

SYNTAXES: Final = {
    "IMPLICIT_LITTLE_ENDIAN": "1.2.840.10008.1.2",
    "EXPLICIT_LITTLE_ENDIAN": "1.2.840.10008.1.2.1",
    "EXPLICIT_BIG_ENDIAN": "1.2.840.10008.1.2.2",
    "DEFLATED_EXPLICIT_LITTLE_ENDIAN": "1.2.840.10008.1.2.1.99",
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG_BASELINE": f"{_JPEG}50",
    "JPEG_EXTENDED_2_4": f"{_JPEG}51",
    "JPEG_EXTENDED_3_5": f"{_JPEG}52",
    "JPEG_SPEC_NON_HIER_6_8": f"{_JPEG}53",
    "JPEG_SPEC_NON_HIER_7_9": f"{_JPEG}54",
    "JPEG_FULL_PROG_NON_HIER_10_12": f"{_JPEG}55",
    "JPEG_FULL_PROG_NON_HIER_11_13": f"{_JPEG}56",
    "JPEG_LOSSLESS_NON_HIER_14": f"{_JPEG}57",
    "JPEG_LOSSLESS_NON_HIER_15": f"{_JPEG}58",
    "JPEG_EXTENDED_HIER_16_18": f"{_JPEG}59",
    "JPEG_EXTENDED_HIER_17_19": f"{_JPEG}60",
    "JPEG_SPEC_HIER_20_22": f"{_JPEG}61",
    "JPEG_SPEC_HIER_21_23": f"{_JPEG}62",
    "JPEG_FULL_PROG_HIER_24_26": f"{_JPEG}63",
    "JPEG_FULL_PROG_HIER_25_27": f"{_JPEG}64",
    "JPEG_LOSSLESS_HIER_28": f"{_JPEG}65",
    "JPEG_LOSSLESS_HIER_29": f"{_JPEG}66",
    "JPEG_LOSSLESS_HIER_14": f"{_JPEG}70",
    "JPEG_LS_LOSSLESS": f"{_JPEG}80",
    "JPEG_LS_LOSSY": f"{_JPEG}81",
    "JPEG_2000_LOSSLESS_ONLY": f"{_JPEG}90",
    "JPEG_2000": f"{_JPEG}91",
    "MPEG2_MPML": f"{_JPEG}100",
}
DEFAULT: Final = tuple(
    SYNTAXES[name]
    for name in ("IMPLICIT_LITTLE_ENDIAN", "EXPLICIT_LITTLE_ENDIAN", "EXPLICIT_BIG_ENDIAN")
)
"""What the toolkit proposes for a service without a list of syntaxes."""
