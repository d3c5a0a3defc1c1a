"""The upper layer's states and the transitions between them, as data.

PS3.8 9.2 describes one machine for both ends in thirteen states. The requestor asks (Sta5),
the acceptor waits for a question (Sta2) and answers it (Sta3); both then exchange data (Sta6)
until one of them asks for release (Sta7) and the other, having been asked (Sta8), replies.
When both ask at once they collide: the requestor of the association replies first (Sta9, then
Sta11), its acceptor waits for that reply before giving its own (Sta10, then Sta12). Whoever
has said the last word waits for the transport to close (Sta13) under the ARTIM timer, deaf to
everything else (AA-6). The two states that only wait for a transport to open (Sta4
and the moment before it) are not here: a machine without I/O starts when bytes can flow.

An input is a PDU sent, a PDU received, the transport closing or a timer running out. Table 9-10
gives each state's answer; here a missing pair is the error that the table calls AA-8 for a
received PDU (abort with reason "unexpected PDU"), and a mistake of the caller for a sent one.
Two inputs hold in every state and so stand outside the table: the transport closing leads to
CLOSED, and an A-ABORT received ends the association at once (AA-3).
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    Data,
    Pdu,
    ReleaseReply,
    ReleaseRequest,
)


class Role(Enum):
    """Which end of the association this is, for its whole life."""

    REQUESTOR = "requestor"
    ACCEPTOR = "acceptor"


class State(Enum):
    """PS3.8 Table 9-1 to 9-5, by the names of what is awaited."""

    START = "start"
    AWAITING_REQUEST = "Sta2"
    AWAITING_LOCAL_ANSWER = "Sta3"
    AWAITING_ANSWER = "Sta5"
    ESTABLISHED = "Sta6"
    AWAITING_REPLY = "Sta7"
    AWAITING_LOCAL_REPLY = "Sta8"
    COLLISION_REQUESTOR_TO_REPLY = "Sta9"
    COLLISION_ACCEPTOR_AWAITING = "Sta10"
    COLLISION_REQUESTOR_AWAITING = "Sta11"
    COLLISION_ACCEPTOR_TO_REPLY = "Sta12"
    AWAITING_CLOSE = "Sta13"
    CLOSED = "Sta1"


Transitions: TypeAlias = dict[tuple[State, type[Pdu]], State]

INITIAL = {Role.REQUESTOR: State.START, Role.ACCEPTOR: State.AWAITING_REQUEST}

# What we may send in each state, and where that leads.
SENT: Transitions = {
    (State.START, AssociateRequest): State.AWAITING_ANSWER,
    (State.START, Abort): State.AWAITING_CLOSE,
    (State.AWAITING_REQUEST, Abort): State.AWAITING_CLOSE,
    (State.AWAITING_LOCAL_ANSWER, AssociateAccept): State.ESTABLISHED,
    (State.AWAITING_LOCAL_ANSWER, AssociateReject): State.AWAITING_CLOSE,
    (State.AWAITING_LOCAL_ANSWER, Abort): State.AWAITING_CLOSE,
    (State.AWAITING_ANSWER, Abort): State.AWAITING_CLOSE,
    (State.ESTABLISHED, Data): State.ESTABLISHED,
    (State.ESTABLISHED, ReleaseRequest): State.AWAITING_REPLY,
    (State.ESTABLISHED, Abort): State.AWAITING_CLOSE,
    (State.AWAITING_REPLY, Abort): State.AWAITING_CLOSE,
    (State.AWAITING_LOCAL_REPLY, Data): State.AWAITING_LOCAL_REPLY,
    (State.AWAITING_LOCAL_REPLY, ReleaseReply): State.AWAITING_CLOSE,
    (State.AWAITING_LOCAL_REPLY, Abort): State.AWAITING_CLOSE,
    (State.COLLISION_REQUESTOR_TO_REPLY, ReleaseReply): State.COLLISION_REQUESTOR_AWAITING,
    (State.COLLISION_REQUESTOR_TO_REPLY, Abort): State.AWAITING_CLOSE,
    (State.COLLISION_ACCEPTOR_AWAITING, Abort): State.AWAITING_CLOSE,
    (State.COLLISION_REQUESTOR_AWAITING, Abort): State.AWAITING_CLOSE,
    (State.COLLISION_ACCEPTOR_TO_REPLY, ReleaseReply): State.AWAITING_CLOSE,
    (State.COLLISION_ACCEPTOR_TO_REPLY, Abort): State.AWAITING_CLOSE,
}

# What the peer may send in each state, and where that leads.
RECEIVED: Transitions = {
    (State.AWAITING_REQUEST, AssociateRequest): State.AWAITING_LOCAL_ANSWER,
    (State.AWAITING_ANSWER, AssociateAccept): State.ESTABLISHED,
    (State.AWAITING_ANSWER, AssociateReject): State.CLOSED,
    (State.ESTABLISHED, Data): State.ESTABLISHED,
    (State.ESTABLISHED, ReleaseRequest): State.AWAITING_LOCAL_REPLY,
    (State.AWAITING_REPLY, Data): State.AWAITING_REPLY,
    (State.AWAITING_REPLY, ReleaseReply): State.CLOSED,
    (State.COLLISION_ACCEPTOR_AWAITING, ReleaseReply): State.COLLISION_ACCEPTOR_TO_REPLY,
    (State.COLLISION_REQUESTOR_AWAITING, ReleaseReply): State.CLOSED,
}

# The one transition that depends on the role (AR-8).
COLLISION = {
    Role.REQUESTOR: State.COLLISION_REQUESTOR_TO_REPLY,
    Role.ACCEPTOR: State.COLLISION_ACCEPTOR_AWAITING,
}


def after_sending(state: State, pdu: type[Pdu]) -> State | None:
    """The next state, or None where PS3.8 does not let us send this."""
    return SENT.get((state, pdu))


def after_receiving(role: Role, state: State, pdu: type[Pdu]) -> State | None:
    """The next state, or None where the peer may not send this."""
    if pdu is Abort:
        return State.CLOSED
    if (state, pdu) == (State.AWAITING_REPLY, ReleaseRequest):
        return COLLISION[role]
    return RECEIVED.get((state, pdu))
