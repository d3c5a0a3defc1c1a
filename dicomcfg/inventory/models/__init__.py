"""The inventory's tables, one module a subject."""

from dicomcfg.inventory.models.entities import AE, Connection, Tag
from dicomcfg.inventory.models.history import Change, ChangeSet
from dicomcfg.inventory.models.negotiation import Association, PresentationContext
from dicomcfg.inventory.models.places import Device, Site, State
from dicomcfg.inventory.models.syntaxes import SyntaxList, SyntaxListEntry

__all__ = [
    "AE",
    "Association",
    "Change",
    "ChangeSet",
    "Connection",
    "Device",
    "PresentationContext",
    "Site",
    "State",
    "SyntaxList",
    "SyntaxListEntry",
    "Tag",
]
