"""Transfer Capabilities out of contexts or of what a peer showed, and how two lists differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability

SCU, SCP = "SCU", "SCP"


@dataclass(frozen=True, slots=True)
class Changed:
    """A capability that stays with other syntaxes; `reordered` when only their order differs."""

    capability: TransferCapability
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def reordered(self) -> bool:
        """Whether the same syntaxes stand in another order."""
        return not (self.gained or self.lost)


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of one list of capabilities to make it another, each in its own order."""

    new: tuple[TransferCapability, ...]
    changed: tuple[Changed, ...]
    gone: tuple[TransferCapability, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both lists hold the same capabilities, in whatever order."""
        return not (self.new or self.changed or self.gone)


def difference(
    before: Iterable[TransferCapability], after: Iterable[TransferCapability]
) -> Difference:
    """Compare by SOP Class and role, each of which stands in a list once."""
    old = {(each.sop_class, each.role): each for each in before}
    wanted = {(each.sop_class, each.role): each for each in after}
    return Difference(
        new=tuple(each for key, each in wanted.items() if key not in old),
        changed=tuple(
            Changed(
                each,
                tuple(uid for uid in each.transfer_syntaxes if uid not in was.transfer_syntaxes),
                tuple(uid for uid in was.transfer_syntaxes if uid not in each.transfer_syntaxes),
            )
            for key, each in wanted.items()
            if (was := old.get(key)) is not None and was != each
        ),
        gone=tuple(each for key, each in old.items() if key not in wanted),
    )


def capabilities_of_contexts(
    contexts: Iterable[PresentationContext], role: str
) -> tuple[TransferCapability, ...]:
    """What an AE is able to that proposes (SCU) or accepts (SCP) these contexts.

    A class stands in a list of capabilities once: its contexts are merged where the first one
    stands, with the syntaxes in the order in which they are named first.
    """
    merged: dict[str, dict[str, None]] = {}
    for context in contexts:
        syntaxes = merged.setdefault(context.abstract_syntax, {})
        syntaxes |= dict.fromkeys(context.transfer_syntaxes)
    return tuple(
        TransferCapability(sop_class, role, tuple(syntaxes))
        for sop_class, syntaxes in merged.items()
    )


def merged(
    present: Sequence[TransferCapability], more: Iterable[TransferCapability]
) -> tuple[TransferCapability, ...]:
    """`present` with `more` beside it: a capability of both gets what it lacks at its end."""
    lists = {(each.sop_class, each.role): each.transfer_syntaxes for each in present}
    for each in more:
        had = lists.get((each.sop_class, each.role), ())
        lists[each.sop_class, each.role] = tuple(dict.fromkeys((*had, *each.transfer_syntaxes)))
    return tuple(
        TransferCapability(sop_class, role, syntaxes)
        for (sop_class, role), syntaxes in lists.items()
    )


def with_role(
    present: Sequence[TransferCapability], wanted: Iterable[TransferCapability], role: str
) -> tuple[TransferCapability, ...]:
    """`present` with `wanted` in place of all in `role`, where the first of them stands."""
    place = next((i for i, each in enumerate(present) if each.role == role), len(present))
    others = [each for each in present[place:] if each.role != role]
    return (*present[:place], *wanted, *others)


def adopted(
    present: Sequence[TransferCapability], matrix: Matrix, roles: Iterable[RoleSelection] = ()
) -> tuple[TransferCapability, ...]:
    """The capabilities as they are once a discovery is believed.

    A peer that accepts a class of a plain request is its SCP. `roles` are its answers to a
    selection of both roles (PS3.7 D.3.3.4): the bit for our SCP role makes it an SCU, and a
    refused bit for our SCU role takes it out of the SCPs. Present capabilities come first in
    their own order, syntaxes too; what is new follows in the order of the matrix, for a
    discovery does not show what a peer prefers. What the discovery has no answer to stays, and
    so does every SCU capability: that an AE requests nothing cannot be seen by asking it.
    """
    answers = {role.sop_class: role for role in roles}
    lists = {(each.sop_class, each.role): each.transfer_syntaxes for each in present}
    for sop_class, row in zip(matrix.sop_classes, matrix.rows, strict=True):
        cells = dict(zip(matrix.transfer_syntaxes, row, strict=True))
        accepted = [uid for uid, cell in cells.items() if cell == Cell.ACCEPTED]
        answer = answers.get(sop_class)
        if answer is not None and not answer.scu and accepted:
            lists.pop((sop_class, SCP), None)
        else:
            kept = _unless_refused(lists.get((sop_class, SCP), ()), cells)
            lists[sop_class, SCP] = tuple(dict.fromkeys((*kept, *accepted)))
        if answer is not None and answer.scp:
            kept = iter(lists.get((sop_class, SCU), ()))
            lists[sop_class, SCU] = tuple(dict.fromkeys((*kept, *accepted)))
    return tuple(
        TransferCapability(sop_class, role, syntaxes)
        for (sop_class, role), syntaxes in lists.items()
        if syntaxes
    )


def _unless_refused(syntaxes: Iterable[str], cells: dict[str, str]) -> Iterator[str]:
    unanswered = (Cell.ACCEPTED, Cell.UNKNOWN)
    return (uid for uid in syntaxes if cells.get(uid, Cell.UNKNOWN) in unanswered)
