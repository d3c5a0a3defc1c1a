"""Sets what an AE is able to, as a whole list at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.capabilities import difference
from dicomcfg.core.records import TransferCapability
from dicomcfg.core.standard.uids import uid_problem
from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, CapabilityRole
from dicomcfg.inventory.services import ae_rows
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_findings import MOST_SYNTAXES
from dicomcfg.inventory.services.capability_rows import (
    Capabilities,
    followed_by,
    load_capabilities,
    overwrite_capabilities,
)
from dicomcfg.inventory.services.errors import StaleRevision, refuse_errors
from dicomcfg.inventory.services.followers import refuse_governed_capabilities
from dicomcfg.inventory.services.history import last_change, recording

MOST = 10_000


def set_capabilities(
    actor: Actor, ae: AE, capabilities: Sequence[TransferCapability], revision: int
) -> AE:
    """Set the ordered list of an AE's capabilities, if the AE still stands at `revision`.

    Each SOP Class stands there once in each role. Nothing is written if nothing differs. Raises
    ServiceError for refused values, under `capabilities.3.role` and so on, and for a change of
    what the Profile governs that the AE follows, and StaleRevision.
    """
    wanted = tuple(_normalised(each) for each in capabilities)
    refuse_errors(check_capabilities(wanted))
    with recording(actor) as recorder:
        row = AE.objects.select_for_update(no_key=True).filter(pk=ae.pk).first()
        if row is None or row.revision != revision:
            raise StaleRevision(ae.ae_title, last_change(ae_rows.MODEL, ae.pk))
        before = load_capabilities([row.pk]).get(row.pk, ())
        followed = followed_by([row]).get(row.pk)
        refuse_governed_capabilities(row, followed, before, wanted)
        recorder.summary = f"Set capabilities of {row.ae_title}: {_summary(before, wanted)}"
        overwrite_capabilities(recorder, [row], {row.pk: wanted})
    return row


def _normalised(capability: TransferCapability) -> TransferCapability:
    """Without outer spaces; a transfer syntax named twice counts once."""
    return TransferCapability(
        capability.sop_class.strip(),
        capability.role,
        tuple(dict.fromkeys(uid.strip() for uid in capability.transfer_syntaxes)),
    )


def _summary(before: Capabilities, after: Capabilities) -> str:
    found = difference(before, after)
    counts = ((found.new, "new"), (found.changed, "changed"), (found.gone, "gone"))
    words = [f"{len(each):,} {word}" for each, word in counts if each]
    return ", ".join(words) or f"{counted(len(after), 'capability', 'capabilities')} reordered"


def check_capabilities(capabilities: Capabilities) -> Iterator[Finding]:
    """What forbids saving."""
    if len(capabilities) > MOST:
        message = f"{len(capabilities):,} capabilities are more than an AE can have here."
        remedy = f"Keep to {MOST:,}."
        yield _refusal("capabilities-too-many", "capabilities", "capabilities", message, remedy)
    seen: set[tuple[str, str]] = set()
    for index, each in enumerate(capabilities):
        path = f"capabilities.{index}"
        yield from _uids((each.sop_class,), f"{path}.sop_class", "SOP Class")
        yield from _uids(each.transfer_syntaxes, f"{path}.transfer_syntaxes", "transfer syntax")
        if len(each.transfer_syntaxes) > MOST_SYNTAXES:
            message = f"{len(each.transfer_syntaxes):,} transfer syntaxes are more than are kept."
            remedy = f"Keep to {MOST_SYNTAXES:,} for a SOP Class."
            yield _refusal(
                "transfer-syntaxes-too-many",
                f"{path}.transfer_syntaxes",
                each.sop_class,
                message,
                remedy,
            )
        if each.role not in CapabilityRole.values:
            message = f"{each.role[:64]!r} is neither SCU nor SCP."
            remedy = "Say which side of the service the AE is."
            yield _refusal("capability-role-unknown", f"{path}.role", each.role, message, remedy)
        if not each.transfer_syntaxes:
            message = "A Transfer Capability needs at least one transfer syntax."
            remedy = "Add Implicit VR Little Endian, which every AE supports."
            yield _refusal(
                "capability-without-transfer-syntax",
                f"{path}.transfer_syntaxes",
                each.sop_class,
                message,
                remedy,
            )
        if (each.sop_class, each.role) in seen and not uid_problem(each.sop_class):
            message = f"{each.sop_class[:64]} stands there twice as {each.role}."
            remedy = "Put all its transfer syntaxes into one."
            yield _refusal(
                "capability-repeated", f"{path}.sop_class", each.sop_class, message, remedy
            )
        seen.add((each.sop_class, each.role))


def _uids(uids: Iterable[str], path: str, what: str) -> Iterator[Finding]:
    for uid in uids:
        if problem := uid_problem(uid):
            message = f"The {what} {uid[:64]!r} {problem}."
            yield _refusal("uid-invalid", path, uid, message, "Correct the UID.")


def _refusal(code: str, path: str, subject: str, message: str, remedy: str) -> Finding:
    return Finding(code, Severity.ERROR, subject[:64], message, remedy, "PS3.15 Annex H", path=path)
