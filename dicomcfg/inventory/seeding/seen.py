"""What checks of a made-up network would have shown: outcomes, discoveries, negotiations. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dicomcfg.core.negotiation.matrix import Cell
from dicomcfg.core.records import TransferCapability
from dicomcfg.inventory.seeding.network import draw

EVERY_AE: Final = 8
"""A discovery was made of one AE in so many."""
_NEVER: Final = ("", "", "")
_ECHOES: Final = (
    *(("success", "Accepted", "ok"),) * 15,
    ("association-rejected", "Calling title refused", "bad"),
    ("connection-refused", "Nothing listens", "bad"),
    ("connection-timeout", "No answer", "bad"),
    _NEVER,
    _NEVER,
)
_NEGOTIATIONS: Final = (
    *(("success", "Accepted", "ok", 0),) * 13,
    ("success", "", "warn", 1),
    ("success", "", "warn", 2),
    ("association-rejected", "Calling title refused", "bad", None),
    ("connection-timeout", "No answer", "bad", None),
    *((*_NEVER, None),) * 3,
)
_CLASSES_SEEN: Final = 12
Proposal = list[tuple[str, tuple[str, ...]]]


def echo_of(seed: int, number: int) -> tuple[str, str, str]:
    """The last outcome of an AE, its headline and tone; three empty texts for never."""
    return _ECHOES[draw(seed, "echo", number, len(_ECHOES))]


def negotiation_outcome(seed: int, number: int, contexts: int) -> tuple[str, str, str, int | None]:
    """The same of an association, and how many contexts were refused: None without an answer."""
    drawn = _NEGOTIATIONS[draw(seed, "negotiation", number, len(_NEGOTIATIONS))]
    outcome, _, tone, refused = drawn
    if not refused:
        return drawn
    # Verification, the first, is never refused.
    if refused >= contexts:
        return _NEGOTIATIONS[0]
    return outcome, f"{contexts - refused} of {contexts} accepted", tone, refused


def discovery_of(
    capabilities: Sequence[TransferCapability], wish: int
) -> tuple[dict[str, Any], int]:
    """The matrix, as plain JSON, of a peer that refuses up to `wish` of its classes as SCP.

    It was asked for what is configured and for nothing else, so that there is nothing extra.
    """
    asked = [each for each in capabilities if each.role == "SCP"][:_CLASSES_SEEN]
    refused = {each.sop_class for each in asked[1 : 1 + wish]}
    syntaxes = list(dict.fromkeys(uid for each in asked for uid in each.transfer_syntaxes))
    rows = [
        "".join(
            Cell.UNKNOWN
            if uid not in each.transfer_syntaxes
            else Cell.ABSTRACT_SYNTAX_REFUSED
            if each.sop_class in refused
            else Cell.ACCEPTED
            for uid in syntaxes
        )
        for each in asked
    ]
    matrix = {
        "sop_classes": [each.sop_class for each in asked],
        "transfer_syntaxes": syntaxes,
        "rows": rows,
    }
    return matrix, len(refused)


def proposal(classes: Sequence[str], lists: Sequence[tuple[str, ...]], model: int) -> Proposal:
    """The contexts that a model proposes: Verification with the default transfer syntax alone."""
    rest = lists[1:]
    return [
        (uid, rest[(7 * model + position % 3) % len(rest)] if position else lists[0])
        for position, uid in enumerate(classes)
    ]


def negotiation_of(proposed: Proposal, refused: int) -> list[list[Any]]:
    """What was answered to each context, the last `refused` of them refused."""
    accepted = len(proposed) - refused
    return [
        [uid, list(uids), 0, uids[0]] if number < accepted else [uid, list(uids), 3, None]
        for number, (uid, uids) in enumerate(proposed)
    ]
