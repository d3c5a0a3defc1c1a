"""From configured contexts to requests: ids, the split at 128, the size on the wire.

Pure arithmetic over PS3.8 9.3.2; the encoder itself lives in the upper layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.core.standard.uids import APPLICATION_CONTEXT

# Ids are odd and one byte wide (PS3.8 9.3.2.2).
CONTEXTS_PER_REQUEST = 128

_FIXED_BYTES = 74
_ITEM_HEADER_BYTES = 4
_CONTEXT_FIXED_BYTES = 4
_MAXIMUM_LENGTH_ITEM_BYTES = 8
_UID_LENGTH_BYTES = 2
_ROLE_BITS_BYTES = 2


@dataclass(frozen=True, slots=True)
class Proposed:
    """A context with the id it is proposed under."""

    context_id: int
    context: PresentationContext


@dataclass(frozen=True, slots=True)
class Proposal:
    """The contexts of one association; `number` counts from 1."""

    number: int
    contexts: tuple[Proposed, ...]


def split(
    contexts: Sequence[PresentationContext], per_request: int = CONTEXTS_PER_REQUEST
) -> tuple[Proposal, ...]:
    """`contexts` in order under ids 1, 3, 5 ..., as many associations as that takes.

    Raises ValueError unless `per_request` is 1 to 128.
    """
    if not 1 <= per_request <= CONTEXTS_PER_REQUEST:
        raise ValueError(f"a request holds 1 to {CONTEXTS_PER_REQUEST} contexts")
    return tuple(
        Proposal(
            start // per_request + 1,
            tuple(
                Proposed(2 * position + 1, context)
                for position, context in enumerate(contexts[start : start + per_request])
            ),
        )
        for start in range(0, len(contexts), per_request)
    )


def context_bytes(context: PresentationContext) -> int:
    """The encoded presentation context item, its header included (PS3.8 9.3.2.2)."""
    syntaxes = (context.abstract_syntax, *context.transfer_syntaxes)
    return _ITEM_HEADER_BYTES + _CONTEXT_FIXED_BYTES + sum(map(_item_bytes, syntaxes))


def request_bytes(
    contexts: Iterable[PresentationContext],
    *,
    implementation_class_uid: str,
    implementation_version_name: str = "",
    role_selections: Iterable[RoleSelection] = (),
    extended_negotiations: Iterable[ExtendedNegotiation] = (),
) -> int:
    """The whole A-ASSOCIATE-RQ in bytes, its six of PDU header included (PS3.8 9.3.2)."""
    user = _MAXIMUM_LENGTH_ITEM_BYTES + _item_bytes(implementation_class_uid)
    if implementation_version_name:
        user += _item_bytes(implementation_version_name)
    for role in role_selections:
        user += _UID_LENGTH_BYTES + _item_bytes(role.sop_class) + _ROLE_BITS_BYTES
    for extended in extended_negotiations:
        user += _UID_LENGTH_BYTES + _item_bytes(extended.sop_class) + len(extended.information) // 2
    return (
        _FIXED_BYTES
        + _item_bytes(APPLICATION_CONTEXT)
        + sum(map(context_bytes, contexts))
        + _ITEM_HEADER_BYTES
        + user
    )


def _item_bytes(value: str) -> int:
    return _ITEM_HEADER_BYTES + len(value)
