"""The names by which dcm4che's tools know UIDs.

They are the keywords of PS3.6, names of its own for two retired SOP Classes without a keyword,
and names for private Storage SOP Classes (dcm4che 5.34). Cases count; a name that dcm4che does
not know ends its tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from dicomcfg.core.standard import uids

ANY: Final = "*"
"""What stands for every SOP Class or every transfer syntax."""

_PHILIPS = "1.3.46.670589."
_OWN: Final = {
    "MRImageStorageZeroPadded": "1.2.840.10008.5.1.4.1.1.40",
    "ZeissOPTFile": "1.2.840.10008.5.1.4.1.1.12.77",
    "PrivateDcm4cheEncapsulatedGenozipStorage": "1.2.40.0.13.1.5.1.4.1.1.104.1",
    "PrivateDcm4cheEncapsulatedBzip2VCFStorage": "1.2.40.0.13.1.5.1.4.1.1.104.2",
    "PrivateDcm4cheEncapsulatedBzip2DocumentStorage": "1.2.40.0.13.1.5.1.4.1.1.104.3",
    "PrivateAgfaBasicAttributePresentationState": "1.2.124.113532.3500.7",
    "PrivateAgfaArrivalTransaction": "1.2.124.113532.3500.8.1",
    "PrivateAgfaDictationTransaction": "1.2.124.113532.3500.8.2",
    "PrivateAgfaReportTranscriptionTransaction": "1.2.124.113532.3500.8.3",
    "PrivateAgfaReportApprovalTransaction": "1.2.124.113532.3500.8.4",
    "PrivateTomTecAnnotationStorage": "1.2.276.0.48.5.1.4.1.1.7",
    "PrivateToshibaUSImageStorage": "1.2.392.200036.9116.7.8.1.1.1",
    "PrivateFujiCRImageStorage": "1.2.392.200036.9125.1.1.2",
    "PrivateGECollageStorage": "1.2.528.1.1001.5.1.1.1",
    "PrivateERADPracticeBuilderReportTextStorage": "1.2.826.0.1.3680043.293.1.0.1",
    "PrivateERADPracticeBuilderReportDictationStorage": "1.2.826.0.1.3680043.293.1.0.2",
    "PrivatePhilipsHPLive3D01Storage": "1.2.840.113543.6.6.1.3.10001",
    "PrivatePhilipsHPLive3D02Storage": "1.2.840.113543.6.6.1.3.10002",
    "PrivateGE3DModelStorage": "1.2.840.113619.4.26",
    "PrivateGEDicomCTImageInfoObject": "1.2.840.113619.4.3",
    "PrivateGEDicomDisplayImageInfoObject": "1.2.840.113619.4.4",
    "PrivateGEDicomMRImageInfoObject": "1.2.840.113619.4.2",
    "PrivateGEeNTEGRAProtocolOrNMGenieStorage": "1.2.840.113619.4.27",
    "PrivateGEPETRawDataStorage": "1.2.840.113619.4.30",
    "PrivateGERTPlanStorage": "1.2.840.113619.4.5.249",
    "PrivatePixelMedLegacyConvertedEnhancedCTImageStorage": "1.3.6.1.4.1.5962.301.1",
    "PrivatePixelMedLegacyConvertedEnhancedMRImageStorage": "1.3.6.1.4.1.5962.301.2",
    "PrivatePixelMedLegacyConvertedEnhancedPETImageStorage": "1.3.6.1.4.1.5962.301.3",
    "PrivatePixelMedFloatingPointImageStorage": "1.3.6.1.4.1.5962.301.9",
    "PrivateSiemensCSANonImageStorage": "1.3.12.2.1107.5.9.1",
    "PrivateSiemensCTMRVolumeStorage": "1.3.12.2.1107.5.99.3.10",
    "PrivateSiemensAXFrameSetsStorage": "1.3.12.2.1107.5.99.3.11",
    "PrivatePhilipsSpecialisedXAStorage": f"{_PHILIPS}2.3.1.1",
    "PrivatePhilipsCXImageStorage": f"{_PHILIPS}2.4.1.1",
    "PrivatePhilips3DPresentationStateStorage": f"{_PHILIPS}2.5.1.1",
    "PrivatePhilipsVRMLStorage": f"{_PHILIPS}2.8.1.1",
    "PrivatePhilipsVolumeSetStorage": f"{_PHILIPS}2.11.1.1",
    "PrivatePhilipsVolumeStorageRetired": f"{_PHILIPS}5.0.1",
    "PrivatePhilipsVolumeStorage": f"{_PHILIPS}5.0.1.1",
    "PrivatePhilips3DObjectStorageRetired": f"{_PHILIPS}5.0.2",
    "PrivatePhilips3DObjectStorage": f"{_PHILIPS}5.0.2.1",
    "PrivatePhilipsSurfaceStorageRetired": f"{_PHILIPS}5.0.3",
    "PrivatePhilipsSurfaceStorage": f"{_PHILIPS}5.0.3.1",
    "PrivatePhilipsCompositeObjectStorage": f"{_PHILIPS}5.0.4",
    "PrivatePhilipsMRCardioProfileStorage": f"{_PHILIPS}5.0.7",
    "PrivatePhilipsMRCardioStorageRetired": f"{_PHILIPS}5.0.8",
    "PrivatePhilipsMRCardioStorage": f"{_PHILIPS}5.0.8.1",
    "PrivatePhilipsCTSyntheticImageStorage": f"{_PHILIPS}5.0.9",
    "PrivatePhilipsMRSyntheticImageStorage": f"{_PHILIPS}5.0.10",
    "PrivatePhilipsMRCardioAnalysisStorageRetired": f"{_PHILIPS}5.0.11",
    "PrivatePhilipsMRCardioAnalysisStorage": f"{_PHILIPS}5.0.11.1",
    "PrivatePhilipsCXSyntheticImageStorage": f"{_PHILIPS}5.0.12",
    "PrivatePhilipsPerfusionStorage": f"{_PHILIPS}5.0.13",
    "PrivatePhilipsPerfusionImageStorage": f"{_PHILIPS}5.0.14",
    "PrivatePhilipsXRayMFStorage": f"{_PHILIPS}7.8.1618510091",
    "PrivatePhilipsLiveRunStorage": f"{_PHILIPS}7.8.1618510092",
    "PrivatePhilipsRunStorage": f"{_PHILIPS}7.8.16185100129",
    "PrivatePhilipsReconstructionStorage": f"{_PHILIPS}7.8.16185100130",
    "PrivatePhilipsMRSpectrumStorage": f"{_PHILIPS}11.0.0.12.1",
    "PrivatePhilipsMRSeriesDataStorage": f"{_PHILIPS}11.0.0.12.2",
    "PrivatePhilipsMRColorImageStorage": f"{_PHILIPS}11.0.0.12.3",
    "PrivatePhilipsMRExamcardStorage": f"{_PHILIPS}11.0.0.12.4",
    "PrivatePMODMultiFrameImageStorage": "2.16.840.1.114033.5.1.4.1.1.130",
}


# Before 5.23 a name was the registered one without spaces, and these were made by hand.
_FORMER: Final = {
    "JPEGBaseline1": "50",
    "JPEGExtended24": "51",
    "JPEGLosslessNonHierarchical14": "57",
    "JPEGLSLossyNearLossless": "81",
    "JPEG2000LosslessOnly": "90",
    "JPEG2000Part2MultiComponentLosslessOnly": "92",
    "JPEG2000Part2MultiComponent": "93",
    "MPEG2": "100",
    "MPEG2MainProfileHighLevel": "101",
}
_NO_LETTERS: Final = str.maketrans(dict.fromkeys("-,.@/()&®", " "))


@cache
def _former() -> Mapping[str, str]:
    found = {name: f"1.2.840.10008.1.2.4.{tail}" for name, tail in _FORMER.items()}
    for uid, entry in uids.registry().items():
        words = entry.name.partition(":")[0].translate(_NO_LETTERS).split()
        name = "".join(word[0].upper() + word[1:] for word in words)
        found.setdefault(name, uid)
        if entry.retired:
            found.setdefault(f"{name}Retired", uid)
            found.setdefault(f"{entry.keyword}Retired", uid)
    return MappingProxyType(found)


def former_uid_of(name: str) -> str | None:
    """The UID of a name that dcm4che had before 5.23, or None."""
    return _former().get(name)


@cache
def _uids() -> Mapping[str, str]:
    keywords = {entry.keyword: uid for uid, entry in uids.registry().items() if entry.keyword}
    return MappingProxyType(keywords | _OWN)


@cache
def _names() -> Mapping[str, str]:
    return MappingProxyType({uid: name for name, uid in _uids().items()})


def uid_of(name: str) -> str | None:
    """The UID of a name of dcm4che's, or None."""
    return _uids().get(name)


def name_of(uid: str) -> str:
    """dcm4che's name of a UID, or the UID itself."""
    return _names().get(uid, uid)


@cache
def usable_transfer_syntaxes() -> tuple[str, ...]:
    """What `*` means among transfer syntaxes: every one that the standard lets be negotiated and
    has not retired, in the registry's order."""
    return tuple(
        uid
        for uid, entry in uids.registry().items()
        if entry.kind is uids.UidKind.TRANSFER_SYNTAX and entry.usable and not entry.retired
    )
