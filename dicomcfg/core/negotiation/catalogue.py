"""Everything that may be asked of a peer: the registry's SOP Classes and transfer syntaxes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dicomcfg.core.standard.uids import ABSTRACT_SYNTAX, TRANSFER_SYNTAX, registry


class Catalogue(NamedTuple):
    """UIDs in the registry's order, Implicit VR Little Endian first; private ones at the end."""

    sop_classes: tuple[str, ...]
    transfer_syntaxes: tuple[str, ...]


def catalogue(
    private_sop_classes: Iterable[str] = (), private_transfer_syntaxes: Iterable[str] = ()
) -> Catalogue:
    """Every SOP Class and Meta SOP Class, retired ones included, and every transfer syntax that
    can stand in an association, with those that only the caller knows; each UID once.
    """
    usable = [entry for entry in registry().values() if entry.usable]
    classes = [entry.uid for entry in usable if entry.kind in ABSTRACT_SYNTAX]
    syntaxes = [entry.uid for entry in usable if entry.kind in TRANSFER_SYNTAX]
    return Catalogue(
        tuple(dict.fromkeys((*classes, *private_sop_classes))),
        tuple(dict.fromkeys((*syntaxes, *private_transfer_syntaxes))),
    )
