"""Reads and writes the Transfer Capabilities of many AEs at once, with their history.

They are a subject of their own in the history, under the id of their AE, so that whoever edits
the AEs themselves loads none of them: an archive has some hundreds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import F

from dicomcfg.core import records
from dicomcfg.inventory.models import AE, SyntaxList, TransferCapability
from dicomcfg.inventory.services.history import Recorder, Snapshot

MODEL = "capabilities"
Capabilities = tuple[records.TransferCapability, ...]


def load_capabilities(ae_ids: Iterable[int]) -> dict[int, Capabilities]:
    """The capabilities in order of each AE that has any, by its id; two queries."""
    rows = list(
        TransferCapability.objects.filter(ae__in=list(ae_ids))
        .order_by("ae_id", "position")
        .values_list("ae_id", "sop_class", "role", "syntax_list_id")
    )
    lists = SyntaxList.objects.in_bulk({list_id for *_, list_id in rows})
    syntaxes = {pk: row.transfer_syntaxes for pk, row in lists.items()}
    found: dict[int, list[records.TransferCapability]] = {}
    for ae_id, sop_class, role, list_id in rows:
        capability = records.TransferCapability(sop_class, role, syntaxes[list_id])
        found.setdefault(ae_id, []).append(capability)
    return {ae_id: tuple(capabilities) for ae_id, capabilities in found.items()}


def overwrite_capabilities(
    recorder: Recorder, aes: Sequence[AE], wanted: Mapping[int, Capabilities]
) -> None:
    """Set the whole list of each of the locked AEs, by its id; counts up the revision of those
    whose list really changes."""
    present = load_capabilities(wanted)
    real = [ae for ae in aes if wanted[ae.pk] != present.get(ae.pk, ())]
    if not real:
        return
    for ae in real:
        ae.revision += 1
    AE.objects.filter(pk__in=[ae.pk for ae in real]).update(revision=F("revision") + 1)
    _write({ae.pk: wanted[ae.pk] for ae in real})
    for ae in real:
        before, after = present.get(ae.pk, ()), wanted[ae.pk]
        recorder.add(MODEL, ae.pk, ae.ae_title, snapshot(before), snapshot(after))


def record_removal(recorder: Recorder, aes: Iterable[AE]) -> None:
    """Note the capabilities that go with AEs about to be deleted."""
    titles = {ae.pk: ae.ae_title for ae in aes}
    for pk, capabilities in load_capabilities(titles).items():
        recorder.add(MODEL, pk, titles[pk], snapshot(capabilities), None)


def snapshot(capabilities: Capabilities) -> Snapshot:
    """Plain JSON for the history."""
    return {
        "transfer_capabilities": [
            {
                "sop_class": each.sop_class,
                "role": each.role,
                "transfer_syntaxes": list(each.transfer_syntaxes),
            }
            for each in capabilities
        ]
    }


def from_snapshot(data: Snapshot) -> Capabilities:
    """The capabilities that a snapshot holds."""
    return tuple(
        records.TransferCapability(
            each["sop_class"], each["role"], tuple(each["transfer_syntaxes"])
        )
        for each in data["transfer_capabilities"]
    )


def _write(wanted: Mapping[int, Capabilities]) -> None:
    """The rows are replaced: nothing refers to a capability by its id."""
    TransferCapability.objects.filter(ae__in=list(wanted)).delete()
    lists = SyntaxList.intern(
        each.transfer_syntaxes for capabilities in wanted.values() for each in capabilities
    )
    TransferCapability.objects.bulk_create(
        TransferCapability(
            ae_id=pk,
            position=position,
            sop_class=each.sop_class,
            role=each.role,
            syntax_list=lists[each.transfer_syntaxes],
        )
        for pk, capabilities in wanted.items()
        for position, each in enumerate(capabilities)
    )
