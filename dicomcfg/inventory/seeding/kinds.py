"""What a made-up network is made of: kinds of AEs, their models, and what these are able to.

AEs of one model have the same capabilities, as in life; nothing here depends on chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from dicomcfg.core.records import TransferCapability
from dicomcfg.core.standard.uid_groups import family_of, stored_kind_of
from dicomcfg.core.standard.uids import ABSTRACT_SYNTAX, VERIFICATION, UidKind, registry

SCU, SCP = "SCU", "SCP"
_EXPLICIT, _IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
MODELS_OF_A_KIND: Final = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of AE; `stores` names kinds of storage classes, `share` is how
    often it occurs, beside the others; hubs have places of their own."""

    code: str
    share: int
    department: str
    maker: str
    model: str
    stores: tuple[str, ...] = ()
    role: str = SCU


MODALITIES: Final = (
    Kind("US", 170, "Ultrasound", "Echolot", "Sonar", ("Ultrasound", "Structured reports")),
    Kind("DX", 140, "Radiology", "Lumen", "Flat", ("X-ray", "Presentation states")),
    Kind("CT", 110, "Radiology", "Lumen", "Helix", ("CT", "Structured reports")),
    Kind("MR", 90, "Radiology", "Tesseract", "Field", ("MR", "Presentation states")),
    Kind("CR", 80, "Emergency", "Lumen", "Plate", ("X-ray",)),
    Kind("XA", 50, "Cardiology", "Pulse", "Arc", ("X-ray", "Waveforms")),
    Kind("MG", 40, "Breast centre", "Lumen", "Tomo", ("Mammography",)),
    Kind("ES", 60, "Endoscopy", "Vista", "Scope", ("Visible light and eye",)),
    Kind("NM", 30, "Nuclear medicine", "Halflife", "Gamma", ("Nuclear medicine and PET",)),
    Kind("OP", 40, "Ophthalmology", "Vista", "Retina", ("Visible light and eye",)),
    Kind("RT", 30, "Radiotherapy", "Beamline", "Gantry", ("Radiotherapy",)),
)
WORKSTATION: Final = Kind("WS", 130, "Radiology", "Lumen", "Reader", ("Presentation states",))
ARCHIVE: Final = Kind("PACS", 0, "IT", "Vaultworks", "Archive", role=SCP)
ROUTER: Final = Kind("ROUTER", 0, "IT", "Vaultworks", "Relay", role=SCP)
WORKLIST: Final = Kind("RIS", 0, "IT", "Planwell", "Schedule", role=SCP)
HUBS: Final = (ARCHIVE, ROUTER, WORKLIST)
KINDS: Final = (*MODALITIES, WORKSTATION, *HUBS)

# In the order of the registry; every list ends in the default transfer syntax (PS3.5 10.1).
_FAMILIES: Final = (
    (),
    ("JPEG",),
    ("JPEG-LS",),
    ("JPEG 2000",),
    ("RLE",),
    ("JPEG", "JPEG 2000"),
    ("JPEG", "RLE"),
    ("HTJ2K",),
    ("JPEG", "JPEG-LS", "JPEG 2000", "RLE"),
    ("JPEG 2000", "HTJ2K", "JPEG XL"),
)
# Worklist, and what a modality tells whoever planned its work.
_WORK: Final = ("Worklist", "Performed procedure step", "Storage commitment")


def capabilities_of(kind: Kind, model: int, count: int) -> tuple[TransferCapability, ...]:
    """The first `count` capabilities of a model, Verification in front, in order."""
    found = [TransferCapability(VERIFICATION, SCP, (_IMPLICIT,))]
    own = dict.fromkeys(_own_classes(kind))
    other = SCP if kind.role == SCU else SCU
    for role, classes in ((kind.role, own), (kind.role, _all_classes()), (other, _all_classes())):
        have = {(each.sop_class, each.role) for each in found}
        found += (
            TransferCapability(uid, role, _syntaxes(kind, model, number))
            for number, uid in enumerate(classes)
            if (uid, role) not in have
        )
    return tuple(found[:count])


def most_capabilities() -> int:
    """How many an AE can be given: each class in both roles, and Verification as SCP."""
    return 1 + 2 * len(_all_classes())


def proposed_to(calling: Kind, called: Kind) -> tuple[str, ...]:
    """The abstract syntaxes that an AE of one kind proposes to one of the other."""
    entries = registry()
    services = {
        WORKLIST.code: ("Worklist", "Performed procedure step"),
        ARCHIVE.code: ("Storage commitment",),
    }.get(called.code, ())
    if calling == WORKSTATION:
        services = ("Query/Retrieve",)
    of_service = [uid for uid in _all_classes() if entries[uid].service in services]
    images = list(_own_classes(calling))[:6] if called != WORKLIST else []
    if calling in HUBS:
        images = [uid for uid in _all_classes() if entries[uid].service == "Storage"][:12]
    return (VERIFICATION, *dict.fromkeys((*images, *of_service[:6])))


def syntax_lists() -> tuple[tuple[str, ...], ...]:
    """The few dozen ordered lists that a whole network shares."""
    lists = dict.fromkeys(_list(number) for number in range(4 * len(_FAMILIES)))
    return ((_IMPLICIT,), *lists)


@cache
def _list(number: int) -> tuple[str, ...]:
    """Compressed before or after uncompressed, explicit before implicit or alone with it."""
    families = _FAMILIES[number % len(_FAMILIES)]
    compressed = [
        entry.uid
        for entry in registry().values()
        if entry.kind == UidKind.TRANSFER_SYNTAX and entry.usable and not entry.retired
        if family_of(entry.uid) in families
    ]
    variant = number // len(_FAMILIES) % 4
    if variant & 1:
        compressed = compressed[:1]
    plain = [_EXPLICIT, _IMPLICIT]
    return tuple((*plain, *compressed) if variant & 2 else (*compressed, *plain))


def _syntaxes(kind: Kind, model: int, number: int) -> tuple[str, ...]:
    """Half the classes of a model take its favourite list, the others one of six."""
    favourite = KINDS.index(kind) + 7 * model
    return _list(favourite + (number % 6 if number % 2 else 0))


@cache
def _all_classes() -> tuple[str, ...]:
    return tuple(
        entry.uid
        for entry in registry().values()
        if entry.kind in ABSTRACT_SYNTAX and entry.usable and not entry.retired
        if entry.uid != VERIFICATION
    )


def _own_classes(kind: Kind) -> Iterator[str]:
    """What the kind is bought for first, then what goes with its work."""
    entries = [registry()[uid] for uid in _all_classes()]
    stored = [each for each in entries if each.service == "Storage"]
    for wanted in kind.stores:
        yield from (each.uid for each in stored if stored_kind_of(each.name) == wanted)
    if kind.role == SCU:
        yield from (each.uid for each in entries if each.service in _WORK)
