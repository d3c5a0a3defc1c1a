"""The storage SOP Classes of which a test object can be made, each with what its IOD demands.

Attributes of type 1 and 2 (PS3.3 A and C) beyond those that all objects share; the object is one
grey square, one line of a report or one empty page. Objects whose syntaxes all are uncompressed
have no bits allocated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

SIDE_PIXELS: Final = 16
_MARK: Final = "dicomcfg test object, may be deleted"


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """One SOP Class: modality, bits allocated of its image if it has one, own attributes."""

    modality: str
    bits_allocated: int | None
    attributes: dict[str, Any]


def _code(value: str, scheme: str, meaning: str) -> list[dict[str, Any]]:
    return [{"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}]


_IMAGE: Final = {"ImageType": ("DERIVED", "PRIMARY"), "PatientOrientation": "", "Laterality": ""}
_PLANE: Final = {
    "FrameOfReferenceUID": "2.25.241391046264331126905174160284062047186",
    "PositionReferenceIndicator": "",
    "PatientPosition": "",
    "PixelSpacing": (1, 1),
    "ImageOrientationPatient": (1, 0, 0, 0, 1, 0),
    "ImagePositionPatient": (0, 0, 0),
    "SliceThickness": 1,
}
_RESCALE: Final = {"RescaleIntercept": 0, "RescaleSlope": 1}
_DIGITAL_X_RAY: Final = {
    "ImageType": ("DERIVED", "PRIMARY", ""),
    "PresentationIntentType": "FOR PRESENTATION",
    "PatientOrientation": ("L", "F"),
    "AnatomicRegionSequence": _code("43799004", "SCT", "Thoracic cavity"),
    "ViewCodeSequence": _code("399348003", "SCT", "antero-posterior"),
    "AcquisitionContextSequence": [],
    "DetectorType": "DIRECT",
    "PositionerType": "NONE",
    "ImagerPixelSpacing": (1, 1),
    "PixelIntensityRelationship": "LOG",
    "PixelIntensityRelationshipSign": -1,
    **_RESCALE,
    "RescaleType": "US",
    "PresentationLUTShape": "IDENTITY",
    "LossyImageCompression": "00",
    "BurnedInAnnotation": "NO",
    "WindowCenter": 2048,
    "WindowWidth": 4096,
}
_REPORT: Final = {
    "ReferencedPerformedProcedureStepSequence": [],
    "PerformedProcedureCodeSequence": [],
    "CompletionFlag": "PARTIAL",
    "VerificationFlag": "UNVERIFIED",
    "ValueType": "CONTAINER",
    "ConceptNameCodeSequence": _code("18748-4", "LN", "Diagnostic imaging report"),
    "ContinuityOfContent": "SEPARATE",
    "ContentSequence": [
        {
            "RelationshipType": "CONTAINS",
            "ValueType": "TEXT",
            "ConceptNameCodeSequence": _code("121106", "DCM", "Comment"),
            "TextValue": _MARK,
        }
    ],
}
_EMPTY_PAGE: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)

CLASSES: Final[dict[str, ObjectClass]] = {
    "1.2.840.10008.5.1.4.1.1.7": ObjectClass("OT", 8, {**_IMAGE, "ConversionType": "SYN"}),
    "1.2.840.10008.5.1.4.1.1.2": ObjectClass(
        "CT",
        16,
        {
            **_IMAGE,
            "ImageType": ("DERIVED", "PRIMARY", "AXIAL"),
            **_PLANE,
            **_RESCALE,
            "KVP": "",
            "AcquisitionNumber": "",
        },
    ),
    "1.2.840.10008.5.1.4.1.1.4": ObjectClass(
        "MR",
        16,
        {
            **_IMAGE,
            "ImageType": ("DERIVED", "PRIMARY", "OTHER"),
            **_PLANE,
            "ScanningSequence": "RM",
            "SequenceVariant": "NONE",
            "ScanOptions": "",
            "MRAcquisitionType": "",
            "RepetitionTime": "",
            "EchoTime": "",
            "EchoTrainLength": "",
        },
    ),
    "1.2.840.10008.5.1.4.1.1.1": ObjectClass(
        "CR", 16, {**_IMAGE, "BodyPartExamined": "", "ViewPosition": ""}
    ),
    "1.2.840.10008.5.1.4.1.1.1.1": ObjectClass(
        "DX", 16, {**_DIGITAL_X_RAY, "ImageLaterality": "U"}
    ),
    "1.2.840.10008.5.1.4.1.1.1.2": ObjectClass(
        "MG",
        16,
        {
            **_DIGITAL_X_RAY,
            "PatientOrientation": ("A", "R"),
            "ImageLaterality": "L",
            "AnatomicRegionSequence": _code("76752008", "SCT", "Breast"),
            "ViewCodeSequence": [
                {**_code("399162004", "SCT", "cranio-caudal")[0], "ViewModifierCodeSequence": []}
            ],
            "OrganExposed": "BREAST",
        },
    ),
    "1.2.840.10008.5.1.4.1.1.6.1": ObjectClass("US", 8, _IMAGE),
    "1.2.840.10008.5.1.4.1.1.3.1": ObjectClass(
        "US",
        8,
        {
            **_IMAGE,
            "NumberOfFrames": 1,
            "FrameIncrementPointer": 0x00181063,
            "FrameTime": 40,
        },
    ),
    "1.2.840.10008.5.1.4.1.1.12.1": ObjectClass(
        "XA",
        8,
        {
            **_IMAGE,
            "ImageType": ("DERIVED", "PRIMARY", "SINGLE PLANE"),
            "PixelIntensityRelationship": "LIN",
            "RadiationSetting": "GR",
            "KVP": "",
            "ExposureTime": "",
            "XRayTubeCurrent": "",
            "PositionerMotion": "STATIC",
            "PositionerPrimaryAngle": "",
            "PositionerSecondaryAngle": "",
        },
    ),
    "1.2.840.10008.5.1.4.1.1.77.1.4": ObjectClass(
        "XC", 8, {**_IMAGE, "AcquisitionContextSequence": [], "LossyImageCompression": "00"}
    ),
    "1.2.840.10008.5.1.4.1.1.88.11": ObjectClass("SR", None, _REPORT),
    "1.2.840.10008.5.1.4.1.1.88.22": ObjectClass("SR", None, _REPORT),
    "1.2.840.10008.5.1.4.1.1.88.33": ObjectClass("SR", None, _REPORT),
    "1.2.840.10008.5.1.4.1.1.104.1": ObjectClass(
        "DOC",
        None,
        {
            "ConversionType": "SYN",
            "BurnedInAnnotation": "NO",
            "DocumentTitle": _MARK,
            "ConceptNameCodeSequence": [],
            "AcquisitionDateTime": "",
            "MIMETypeOfEncapsulatedDocument": "application/pdf",
            "EncapsulatedDocument": _EMPTY_PAGE,
        },
    ),
}
