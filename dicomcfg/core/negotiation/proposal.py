"""From configured contexts to requests: ids, the split at 128, the size on the wire.

Pure arithmetic over PS3.8 9.3.2; the encoder itself lives in the upper layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dicomcfg.core.negotiation.options import PLAIN, Identity, RequestOptions
from dicomcfg.core.records import PresentationContext

# Ids are odd and one byte wide (PS3.8 9.3.2.2).
CONTEXTS_PER_REQUEST = 128
# Some acceptors read no more than this of a request (facts measured on real ones).
SAFE_REQUEST_BYTES = 32_768

_FIXED_BYTES = 74
_ITEM_HEADER_BYTES = 4
_CONTEXT_FIXED_BYTES = 4
_MAXIMUM_LENGTH_ITEM_BYTES = 8
_WINDOW_ITEM_BYTES = 8
_LENGTH_BYTES = 2
_ROLE_BITS_BYTES = 2
# Header, type, whether a response is wanted, and the lengths of the two fields.
_IDENTITY_FIXED_BYTES = 10


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
    options: RequestOptions = PLAIN,
    passcode_bytes: int = 0,
) -> int:
    """The whole A-ASSOCIATE-RQ in bytes, its six of PDU header included (PS3.8 9.3.2).

    `options` are those of this request (see RequestOptions.among); the passcode is known by its
    length alone.
    """
    user = _MAXIMUM_LENGTH_ITEM_BYTES + _item_bytes(implementation_class_uid)
    if implementation_version_name:
        user += _item_bytes(implementation_version_name)
    return (
        _FIXED_BYTES
        + _item_bytes(options.application_context)
        + sum(map(context_bytes, contexts))
        + _ITEM_HEADER_BYTES
        + user
        + _negotiation_bytes(options)
        + _identity_bytes(options.identity, passcode_bytes)
    )


@dataclass(frozen=True, slots=True)
class Budget:
    """What proposing contexts takes: how many they are, and the bytes of each request.

    `requests` has one size for each association that the split at 128 needs.
    """

    count: int
    requests: tuple[int, ...]
    per_request: int = CONTEXTS_PER_REQUEST

    @property
    def largest(self) -> int:
        """Bytes of the largest request; 0 without contexts."""
        return max(self.requests, default=0)

    @property
    def too_large(self) -> bool:
        """Whether weak acceptors may not read the largest request."""
        return self.largest > SAFE_REQUEST_BYTES


def budget(
    contexts: Sequence[PresentationContext],
    *,
    implementation_class_uid: str,
    implementation_version_name: str = "",
    options: RequestOptions = PLAIN,
) -> Budget:
    """What a requestor of this implementation needs to propose all of `contexts`.

    A role or an extended negotiation goes with the contexts of its class.
    """
    requests = tuple(
        request_bytes(
            among,
            implementation_class_uid=implementation_class_uid,
            implementation_version_name=implementation_version_name,
            options=options.among({context.abstract_syntax for context in among}),
        )
        for among in ([each.context for each in part.contexts] for part in split(contexts))
    )
    return Budget(len(contexts), requests)


def _negotiation_bytes(options: RequestOptions) -> int:
    """The sub-items of PS3.7 D.3.3.3 to D.3.3.6."""
    size = 0 if options.asynchronous_window is None else _WINDOW_ITEM_BYTES
    for role in options.role_selections:
        size += _LENGTH_BYTES + _item_bytes(role.sop_class) + _ROLE_BITS_BYTES
    for extended in options.extended_negotiations:
        size += _LENGTH_BYTES + _item_bytes(extended.sop_class) + len(extended.information) // 2
    for common in options.common_extended_negotiations:
        size += _ITEM_HEADER_BYTES + _LENGTH_BYTES
        uids = common.sop_class, common.service_class, *common.related_general
        size += sum(_LENGTH_BYTES + len(uid) for uid in uids)
    return size


def _identity_bytes(identity: Identity | None, passcode_bytes: int) -> int:
    """The user identity sub-item (PS3.7 D.3.3.7.1)."""
    if identity is None:
        return 0
    return _IDENTITY_FIXED_BYTES + len(identity.username.encode()) + passcode_bytes


def _item_bytes(value: str) -> int:
    return _ITEM_HEADER_BYTES + len(value)
