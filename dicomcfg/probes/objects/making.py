"""Test objects: small, synthetic, and plainly marked as what may be deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dicomcfg.core.diagnosis.observation import SentObject
from dicomcfg.probes.objects.classes import CLASSES, SIDE_PIXELS, ObjectClass
from dicomcfg.probes.objects.encoding import BIG_ENDIAN, UNCOMPRESSED, encode
from dicomcfg.probes.objects.frames import FRAMES, LOSSY_METHODS
from dicomcfg.probes.objects.identifiers import fresh_uid

PATIENT_ID: Final = "DICOMCFG-TEST"
PATIENT_NAME: Final = "DICOMCFG^TEST"
_MARK: Final = "dicomcfg test object, may be deleted"
_STORED_BITS: Final = {8: 8, 16: 12}


@dataclass(frozen=True, slots=True)
class MadeObject:
    """An object ready to be sent, and what is kept of it."""

    sent: SentObject
    encoded: bytes


def offered() -> dict[str, tuple[str, ...]]:
    """The SOP Classes that can be stored, each with the transfer syntaxes it can have."""
    return {
        uid: (*UNCOMPRESSED, *(syntax for syntax, bits in FRAMES if bits == kind.bits_allocated))
        for uid, kind in CLASSES.items()
    }


def make(sop_class: str, transfer_syntax: str) -> MadeObject:
    """A new object with UIDs of its own. Raises LookupError for what is not offered."""
    if transfer_syntax not in offered().get(sop_class, ()):
        raise LookupError(f"{sop_class} cannot be made in {transfer_syntax}")
    kind = CLASSES[sop_class]
    attributes = _common(sop_class, kind.modality) | kind.attributes
    if kind.bits_allocated:
        attributes |= _image(kind.bits_allocated)
    frame = FRAMES.get((transfer_syntax, kind.bits_allocated or 0), b"")
    if transfer_syntax in LOSSY_METHODS:
        attributes |= _lossy(kind, frame, LOSSY_METHODS[transfer_syntax])
    pixels = b"" if frame else _pixels(kind, transfer_syntax)
    encoded = encode(attributes, transfer_syntax, pixels=pixels, frame=frame)
    sent = SentObject(
        sop_class,
        transfer_syntax,
        attributes["SOPInstanceUID"],
        attributes["StudyInstanceUID"],
        PATIENT_ID,
        len(encoded),
    )
    return MadeObject(sent, encoded)


def _common(sop_class: str, modality: str) -> dict[str, Any]:
    """Patient, study, series, equipment and SOP common modules (PS3.3 C.7, C.12.1)."""
    now = datetime.now().astimezone()
    date, time = f"{now:%Y%m%d}", f"{now:%H%M%S}"
    return {
        "SOPClassUID": sop_class,
        "SOPInstanceUID": fresh_uid(),
        "StudyDate": date,
        "ContentDate": date,
        "StudyTime": time,
        "ContentTime": time,
        "AccessionNumber": "",
        "Modality": modality,
        "Manufacturer": "dicomcfg",
        "ReferringPhysicianName": "",
        "StudyDescription": _MARK,
        "SeriesDescription": _MARK,
        "PatientName": PATIENT_NAME,
        "PatientID": PATIENT_ID,
        "PatientBirthDate": "",
        "PatientSex": "",
        "PatientComments": _MARK,
        "StudyInstanceUID": fresh_uid(),
        "SeriesInstanceUID": fresh_uid(),
        "StudyID": "DICOMCFG",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
    }


def _image(bits_allocated: int) -> dict[str, Any]:
    """Image pixel module (PS3.3 C.7.6.3): one grey square."""
    stored = _STORED_BITS[bits_allocated]
    return {
        "ImageComments": _MARK,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": SIDE_PIXELS,
        "Columns": SIDE_PIXELS,
        "BitsAllocated": bits_allocated,
        "BitsStored": stored,
        "HighBit": stored - 1,
        "PixelRepresentation": 0,
    }


def _pixels(kind: ObjectClass, transfer_syntax: str) -> bytes:
    if kind.bits_allocated is None:
        return b""
    grey = 1 << (_STORED_BITS[kind.bits_allocated] - 1)
    is_big = transfer_syntax == BIG_ENDIAN
    return grey.to_bytes(kind.bits_allocated // 8, "big" if is_big else "little") * SIDE_PIXELS**2


def _lossy(kind: ObjectClass, frame: bytes, method: str) -> dict[str, Any]:
    """What has been lost stays on record (PS3.3 C.7.6.1.1.5)."""
    native_bytes = SIDE_PIXELS**2 * (kind.bits_allocated or 0) // 8
    return {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": f"{native_bytes / len(frame):.2f}",
        "LossyImageCompressionMethod": method,
    }
