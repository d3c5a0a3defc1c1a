"""The inventory's tables, one module a subject."""

from dicomcfg.inventory.models.entities import AE, Connection, Tag
from dicomcfg.inventory.models.filters import SavedFilter
from dicomcfg.inventory.models.history import Change, ChangeSet
from dicomcfg.inventory.models.negotiation import (
    Association,
    CapabilityRole,
    ExtendedNegotiation,
    PresentationContext,
    RoleSelection,
    TransferCapability,
)
from dicomcfg.inventory.models.orthanc import ManagedModality, OrthancServer
from dicomcfg.inventory.models.places import Device, Site, State
from dicomcfg.inventory.models.private_uids import PrivateUid, PrivateUidKind
from dicomcfg.inventory.models.profiles import (
    Profile,
    ProfileContext,
    ProfileExtended,
    ProfileRole,
)
from dicomcfg.inventory.models.seen import (
    DifferenceKind,
    KeptDifference,
    SeenCapabilities,
    SeenContexts,
)
from dicomcfg.inventory.models.syntaxes import SyntaxList, SyntaxListEntry

__all__ = [
    "AE",
    "Association",
    "CapabilityRole",
    "Change",
    "ChangeSet",
    "Connection",
    "Device",
    "DifferenceKind",
    "ExtendedNegotiation",
    "KeptDifference",
    "ManagedModality",
    "OrthancServer",
    "PresentationContext",
    "PrivateUid",
    "PrivateUidKind",
    "Profile",
    "ProfileContext",
    "ProfileExtended",
    "ProfileRole",
    "RoleSelection",
    "SavedFilter",
    "SeenCapabilities",
    "SeenContexts",
    "Site",
    "State",
    "SyntaxList",
    "SyntaxListEntry",
    "Tag",
    "TransferCapability",
]
