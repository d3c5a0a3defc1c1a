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
from dicomcfg.inventory.models.places import Device, Site, State
from dicomcfg.inventory.models.syntaxes import SyntaxList, SyntaxListEntry

__all__ = [
    "AE",
    "Association",
    "CapabilityRole",
    "Change",
    "ChangeSet",
    "Connection",
    "Device",
    "ExtendedNegotiation",
    "PresentationContext",
    "RoleSelection",
    "SavedFilter",
    "Site",
    "State",
    "SyntaxList",
    "SyntaxListEntry",
    "Tag",
    "TransferCapability",
]
