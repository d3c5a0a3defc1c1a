"""Orthanc's own names: options, transfer syntaxes and groups of them, dialects of modalities."""

from __future__ import annotations

import re
from difflib import get_close_matches
from fnmatch import translate
from typing import Final

DEFAULT_TITLE: Final = "ORTHANC"
MODALITIES: Final = "DicomModalities"
IN_DATABASE: Final = "DicomModalitiesInDatabase"
TITLE: Final = "DicomAet"
PORT: Final = "DicomPort"
SYNTAXES: Final = "AcceptedTransferSyntaxes"
CLASSES: Final = "AcceptedSopClasses"
REJECTED: Final = "RejectedSopClasses"
# How Orthanc 1.12.6 and 1.12.7 spelt it.
REJECTED_ONCE: Final = "RejectSopClasses"
LARGEST_PORT: Final = 65_534

_IMPLICIT: Final = "1.2.840.10008.1.2"


def _syntaxes(*endings: str) -> tuple[str, ...]:
    return tuple(_IMPLICIT + ending for ending in endings)


_JPEG: Final = _syntaxes(*(f".4.{n}" for n in (*range(50, 67), 70)))
_JPEG_LS: Final = _syntaxes(".4.80", ".4.81")
_JPEG_2000: Final = _syntaxes(".4.90", ".4.91", ".4.92", ".4.93")
_JPIP: Final = _syntaxes(".4.94", ".4.95")
_MPEG2: Final = _syntaxes(".4.100", ".4.101")
_MPEG4: Final = _syntaxes(".4.102", ".4.103", ".4.104", ".4.105", ".4.106")
_H265: Final = _syntaxes(".4.107", ".4.108")
_RLE: Final = _syntaxes(".5")
_DEFLATED: Final = _syntaxes(".1.99")
# MIME encapsulation and XML are known to Orthanc too, but to no association.
KNOWN_SYNTAXES: Final = (
    *_syntaxes("", ".1"),
    *_DEFLATED,
    *_syntaxes(".2"),
    *(*_JPEG, *_JPEG_LS, *_JPEG_2000, *_JPIP, *_MPEG2, *_MPEG4, *_H265, *_RLE),
)
UNCOMPRESSED: Final = _syntaxes(".1", ".2", "")
# `JpegLosslessTransferSyntaxAccepted` is about JPEG-LS; JPEG Lossless belongs to `Jpeg...`.
GROUPS: Final = {
    "DeflatedTransferSyntaxAccepted": _DEFLATED,
    "JpegTransferSyntaxAccepted": _JPEG,
    "Jpeg2000TransferSyntaxAccepted": _JPEG_2000,
    "JpegLosslessTransferSyntaxAccepted": _JPEG_LS,
    "JpipTransferSyntaxAccepted": _JPIP,
    "Mpeg2TransferSyntaxAccepted": _MPEG2,
    "Mpeg4TransferSyntaxAccepted": _MPEG4,
    "RleTransferSyntaxAccepted": _RLE,
    "H265TransferSyntaxAccepted": _H265,
}

MANUFACTURERS: Final = {
    *("Generic", "GenericNoWildcardInDates", "GenericNoUniversalWildcard", "Vitrea", "GE"),
}
# What Orthanc still takes and what it takes it for.
OBSOLETE_MANUFACTURERS: Final = {
    "AgfaImpax": "GenericNoWildcardInDates",
    "SyngoVia": "GenericNoWildcardInDates",
    **dict.fromkeys(("EFilm2", "MedInria", "ClearCanvas", "Dcm4Chee"), "Generic"),
}

# Options of one modality with the type that Orthanc asks for and what they are without being said.
SWITCHES: Final = {
    **dict.fromkeys(
        (
            *("AllowEcho", "AllowFind", "AllowFindWorklist", "AllowGet", "AllowMove"),
            *("AllowStore", "AllowNAction", "AllowEventReport", "AllowStorageCommitment"),
            "AllowTranscoding",
        ),
        True,
    ),
    "UseDicomTls": False,
}
MODALITY_KEYS: Final = (
    *("AET", "Host", "Port", "Manufacturer", "LocalAet", "Timeout", "RetrieveMethod"),
    *SWITCHES,
)

# Top-level options whose type Orthanc looks at as soon as it starts.
TEXTS: Final = ("Name", TITLE, "DicomScuPreferredTransferSyntax")
NUMBERS: Final = (PORT, "DicomScuTimeout", "DicomScpTimeout", "DicomThreadsCount")
BOOLEANS: Final = (IN_DATABASE, "DicomServerEnabled", "DicomCheckCalledAet", *GROUPS)

# Top-level options that say something about associations and have no place in a Document.
ABOUT_ASSOCIATIONS: Final = (
    *("DicomServerEnabled", "DicomCheckCalledAet", "DicomCheckModalityHost"),
    *("DicomAlwaysAllowEcho", "DicomAlwaysAllowStore", "DicomAlwaysAllowFind"),
    *("DicomAlwaysAllowFindWorklist", "DicomAlwaysAllowGet", "DicomAlwaysAllowMove"),
    *("DicomScuTimeout", "DicomScpTimeout", "DicomAssociationCloseDelay", "StrictAetComparison"),
    *("DicomTlsEnabled", "DicomTlsRemoteCertificateRequired", "DicomThreadsCount"),
    *("DicomScuPreferredTransferSyntax", "MaximumPduLength", "DicomEchoChecksFind"),
    *("DicomDefaultRetrieveMethod", "UnknownSopClassAccepted"),
)
# The rest of the options of Orthanc itself.
_OTHERS: Final = """
AuthenticationEnabled BuiltinDecoderTranscoderOrder CaseSensitivePN CheckRevisions ConcurrentJobs
DatabaseServerIdentifier DefaultEncoding DefaultPrivateCreator DeidentifyLogs
DeidentifyLogsDicomVersion DicomLossyTranscodingQuality DicomTlsCertificate DicomTlsCiphersAccepted
DicomTlsMinimumProtocolVersion DicomTlsPrivateKey DicomTlsTrustedCertificates Dictionary
ExecuteLuaEnabled ExternalDictionaries ExtraMainDicomTags HttpBindAddresses HttpCompressionEnabled
HttpDescribeErrors HttpPort HttpProxy HttpRequestTimeout HttpServerEnabled HttpThreadsCount
HttpTimeout HttpVerbose HttpsCACertificates HttpsVerifyPeers IndexDirectory IngestTranscoding
IngestTranscodingOfCompressed IngestTranscodingOfUncompressed JobsEngineThreadsCount
JobsHistorySize KeepAlive KeepAliveTimeout LimitFindInstances LimitFindResults
LoadPrivateDictionary LoaderThreads Locale LogExportedResources LuaHeartBeatPeriod LuaScripts
MallocArenaMax MaximumConcurrentDcmtkTranscoder MaximumPatientCount MaximumStorageCacheSize
MaximumStorageMode MaximumStorageSize MediaArchiveSize MetricsEnabled OrthancExplorerEnabled
OrthancPeers OrthancPeersInDatabase OverwriteInstances Pkcs11 Plugins QueryRetrieveSize ReadOnly
RegisteredUsers RemoteAccessAllowed RestApiWriteToFileSystemEnabled SaveJobs
SslCertificate SslCiphersAccepted SslEnabled SslMinimumProtocolVersion
SslTrustedClientCertificates SslVerifyPeers StableAge StorageAccessOnFind
StorageCommitmentReportsSize StorageCompression StorageDirectory StoreDicom StoreMD5ForAttachments
SyncStorageArea SynchronousCMove SynchronousZipStream TcpNoDelay TemporaryDirectory
TranscodeDicomProtocol UserContentType UserMetadata Warnings WebDavDeleteAllowed WebDavEnabled
WebDavUploadAllowed ZipLoaderThreads
"""
OPTIONS: Final = (
    *(MODALITIES, IN_DATABASE, TITLE, PORT, SYNTAXES, CLASSES, REJECTED, REJECTED_ONCE, "Name"),
    *(*GROUPS, *ABOUT_ASSOCIATIONS, *_OTHERS.split()),
)


def meant(name: str, known: tuple[str, ...]) -> str | None:
    """The known name that another one is mistyped from, None where it is like none of them."""
    folded = {each.casefold(): each for each in known}
    close = get_close_matches(name[:80].casefold(), folded, n=1, cutoff=0.86)
    return folded[close[0]] if close else None


def matching(pattern: str, among: tuple[str, ...]) -> tuple[str, ...]:
    """What a pattern with `*` and `?` stands for, in order."""
    # Brackets stand for themselves here, and no UID holds one.
    if "[" in pattern:
        return ()
    # A run of stars is one: what a matcher makes of many takes ever longer.
    expression = re.compile(translate(re.sub(r"\*+", "*", pattern[:200])))
    return tuple(each for each in among if expression.fullmatch(each))
