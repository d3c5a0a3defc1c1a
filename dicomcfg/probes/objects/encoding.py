"""Attributes by keyword to the bytes of a data set, in every uncompressed or encapsulated syntax.

pydicom writes them. It is imported when the first data set is made: it costs a tenth of a second,
and most workers never store or query.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

IMPLICIT: Final = "1.2.840.10008.1.2"
EXPLICIT: Final = "1.2.840.10008.1.2.1"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
UNCOMPRESSED: Final = (EXPLICIT, IMPLICIT, DEFLATED, BIG_ENDIAN)

Attributes: TypeAlias = Mapping[str, Any]
"""Values by keyword (PS3.6), several in a tuple; a sequence is a list of such mappings."""


def encode(
    attributes: Attributes,
    transfer_syntax: str,
    *,
    pixels: bytes = b"",
    frame: bytes = b"",
) -> bytes:
    """The encoded data set.

    `pixels` are native and in the byte order of the syntax; `frame` is one compressed frame,
    whose data set is Explicit VR Little Endian (PS3.5 A.4).
    """
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    data_set = _data_set(attributes)
    if pixels or frame:
        _add_pixels(data_set, pixels, frame)
    buffer = DicomBytesIO()
    buffer.is_little_endian = transfer_syntax != BIG_ENDIAN
    buffer.is_implicit_VR = transfer_syntax == IMPLICIT
    write_dataset(buffer, data_set)
    raw = buffer.getvalue()
    return _deflated(raw) if transfer_syntax == DEFLATED else raw


def _data_set(attributes: Attributes) -> Dataset:
    from pydicom.dataset import Dataset

    data_set = Dataset()
    for keyword, value in attributes.items():
        if isinstance(value, list):
            value = [_data_set(item) for item in value]
        elif isinstance(value, tuple):
            value = list(value)
        setattr(data_set, keyword, value)
    return data_set


def _add_pixels(data_set: Dataset, pixels: bytes, frame: bytes) -> None:
    from pydicom.encaps import encapsulate

    # PS3.5 8.2 and A.4: OB for what is encapsulated and for bytes, OW for words.
    is_bytes = bool(frame) or data_set.BitsAllocated == 8
    data_set.add_new("PixelData", "OB" if is_bytes else "OW", pixels or encapsulate([frame]))
    data_set["PixelData"].is_undefined_length = bool(frame)


def _deflated(raw: bytes) -> bytes:
    """RFC 1951 without a header, padded to an even length (PS3.5 A.5)."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = compressor.compress(raw) + compressor.flush()
    return deflated + bytes(len(deflated) % 2)
