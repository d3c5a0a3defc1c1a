"""Many SOP Classes at once: by service, by what they store, out of capabilities.

What the registry calls retired is left out unless asked for. Nothing here says whether the classes
should be proposed: the fewer, the better (see `advice`).
"""

from __future__ import annotations

from collections.abc import Iterable

from dicomcfg.core.records import PresentationContext, TransferCapability
from dicomcfg.core.standard.uid_groups import stored_kind_of
from dicomcfg.core.standard.uids import ABSTRACT_SYNTAX, UidEntry, search

STORAGE = "Storage"
_EVERY = 10_000
_USUAL = ("Verification", "Query/Retrieve", "Worklist", "Performed procedure step", STORAGE)


def every_class(*, include_retired: bool = False) -> list[UidEntry]:
    """Every known SOP Class and Meta SOP Class, by service and name, retired ones last.

    Usual services come first, for a device may propose no more than the first 128.
    """
    found = search("", ABSTRACT_SYNTAX, _EVERY)
    kept = (entry for entry in found if include_retired or not entry.retired)
    place = {service: number for number, service in enumerate(_USUAL)}
    return sorted(
        kept,
        key=lambda e: (e.retired, place.get(e.service, len(place)), e.service, e.name),
    )


def services() -> list[str]:
    """The groups under which SOP Classes are listed."""
    return sorted({entry.service for entry in every_class(include_retired=True)} - {""})


def classes_of_service(service: str, *, include_retired: bool = False) -> list[UidEntry]:
    """The SOP Classes of one group."""
    found = every_class(include_retired=include_retired)
    return [entry for entry in found if entry.service == service]


def stored_kinds() -> list[str]:
    """Modalities and kinds of object that have storage SOP Classes."""
    return sorted({stored_kind_of(entry.name) for entry in classes_of_service(STORAGE)})


def classes_of_kind(kind: str, *, include_retired: bool = False) -> list[UidEntry]:
    """The storage SOP Classes of one modality or kind of object."""
    found = classes_of_service(STORAGE, include_retired=include_retired)
    return [entry for entry in found if stored_kind_of(entry.name) == kind]


def by_class(contexts: Iterable[PresentationContext]) -> list[PresentationContext]:
    """Each abstract syntax once, with the transfer syntaxes of all its contexts in their order."""
    lists: dict[str, dict[str, None]] = {}
    for context in contexts:
        lists.setdefault(context.abstract_syntax, {}).update(
            dict.fromkeys(context.transfer_syntaxes)
        )
    return [PresentationContext(uid, tuple(syntaxes)) for uid, syntaxes in lists.items()]


def contexts_in(capabilities: Iterable[TransferCapability], role: str) -> list[PresentationContext]:
    """What an AE is able to in one role, as contexts."""
    return [
        PresentationContext(each.sop_class, each.transfer_syntaxes)
        for each in capabilities
        if each.role == role
    ]


def in_common(
    proposed: Iterable[PresentationContext], acceptable: Iterable[PresentationContext]
) -> list[PresentationContext]:
    """What both sides are able to, in the order of the side that proposes."""
    able = {each.abstract_syntax: each.transfer_syntaxes for each in by_class(acceptable)}
    both = (
        PresentationContext(
            each.abstract_syntax,
            tuple(
                uid for uid in each.transfer_syntaxes if uid in able.get(each.abstract_syntax, ())
            ),
        )
        for each in by_class(proposed)
    )
    return [each for each in both if each.transfer_syntaxes]
