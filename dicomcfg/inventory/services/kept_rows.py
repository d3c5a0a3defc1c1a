"""Reads and writes the differences that people chose to keep, with their history.

They are subjects of their own in the history, under the id of the AE or association that they
are about: the whole list of it at a time, as for capabilities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dicomcfg.core.negotiation.drift import Key
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import AE, Association, KeptDifference, SyntaxList
from dicomcfg.inventory.services.drift_rows import kept_of, recompute_aes, recompute_associations
from dicomcfg.inventory.services.history import Recorder, Snapshot

Kept = Mapping[Key, tuple[str, ...]]
"""The transfer syntaxes kept of each row of drift, by its key."""


@dataclass(frozen=True, slots=True)
class KeptSubject:
    """What is kept of AEs, or of associations: `column` refers to them, `model` is its name in
    the history.
    """

    model: str
    column: str

    def load(self, ids: Iterable[int]) -> dict[int, Kept]:
        """What is kept of each row that has any, by its id; one query."""
        kept = KeptDifference.objects.filter(among(ids, self.column))
        return dict(kept_of(kept, f"{self.column}_id"))

    def overwrite(
        self, recorder: Recorder, labels: Mapping[int, str], wanted: Mapping[int, Kept]
    ) -> None:
        """Set the whole of what is kept of each of the locked rows, and compare anew."""
        present = self.load(wanted)
        real = {pk: kept for pk, kept in wanted.items() if kept != present.get(pk, {})}
        self._write(real)
        for pk, kept in real.items():
            before = snapshot(present.get(pk, {}))
            recorder.add(self.model, pk, labels[pk], before, snapshot(kept))
        if self.column == "ae":
            recompute_aes(real)
        else:
            recompute_associations(real)

    def forget(self, recorder: Recorder, labels: Mapping[int, str]) -> None:
        """Keep nothing of locked rows any more, by their labels."""
        self.overwrite(recorder, labels, {pk: {} for pk in labels})

    def record_removal(self, recorder: Recorder, labels: Mapping[int, str]) -> None:
        """Note what goes with rows about to be deleted."""
        for pk, kept in self.load(labels).items():
            recorder.add(self.model, pk, labels[pk], snapshot(kept), None)

    def set_back(self, recorder: Recorder, before: Mapping[int, Snapshot]) -> None:
        """Set each row back to a snapshot. Raises LookupError where the row is gone."""
        labels = self.lock(before)
        if len(labels) < len(before):
            what = "An AE" if self.column == "ae" else "An association"
            raise LookupError(f"{what} whose kept differences these were no longer exists.")
        self.overwrite(recorder, labels, {pk: from_snapshot(s) for pk, s in before.items()})

    def lock(self, ids: Iterable[int]) -> dict[int, str]:
        """The labels of the rows that exist, which stay locked."""
        if self.column == "ae":
            aes = AE.objects.filter(pk__in=list(ids)).order_by("pk")
            return {row.pk: row.ae_title for row in aes.select_for_update(no_key=True)}
        rows = Association.objects.filter(pk__in=list(ids)).select_related("calling", "called")
        held = rows.order_by("pk").select_for_update(of=("self",), no_key=True)
        return {row.pk: str(row) for row in held}

    def _write(self, wanted: Mapping[int, Kept]) -> None:
        """The rows are replaced: nothing refers to one by its id."""
        KeptDifference.objects.filter(among(wanted, self.column)).delete()
        lists = SyntaxList.intern(uids for kept in wanted.values() for uids in kept.values())
        KeptDifference.objects.bulk_create(
            KeptDifference(
                kind=kind,
                sop_class=sop_class,
                role=role,
                syntax_list=lists[uids],
                **{f"{self.column}_id": pk},
            )
            for pk, kept in wanted.items()
            for (kind, sop_class, role), uids in kept.items()
        )


OF_AES = KeptSubject("aekept", "ae")
OF_ASSOCIATIONS = KeptSubject("associationkept", "association")


def snapshot(kept: Kept) -> Snapshot:
    """Plain JSON for the history."""
    return {
        "kept_differences": [
            {
                "kind": kind,
                "sop_class": sop_class,
                **({"role": role} if role else {}),
                "transfer_syntaxes": list(uids),
            }
            for (kind, sop_class, role), uids in kept.items()
        ]
    }


def from_snapshot(data: Snapshot) -> Kept:
    """What a snapshot holds."""
    return {
        (each["kind"], each["sop_class"], each.get("role", "")): tuple(each["transfer_syntaxes"])
        for each in data["kept_differences"]
    }
