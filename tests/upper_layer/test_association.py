"""The state machine: both ends joined in memory, whole, byte by byte and against the table."""

from __future__ import annotations

from typing import get_args

import pytest

from dicomcfg.upper_layer.association import Association, Direction, Signal
from dicomcfg.upper_layer.dimse import (
    Command,
    CommandAssembler,
    command_pdus,
    echo_request,
    response_to,
)
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.errors import LocalProtocolError, NotDicomError, RemoteProtocolError
from dicomcfg.upper_layer.framing import blank_user_identity
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    ContextAnswer,
    Data,
    Fragment,
    Pdu,
    ProposedContext,
    ReleaseReply,
    ReleaseRequest,
    UserIdentity,
    UserInformation,
)
from dicomcfg.upper_layer.states import RECEIVED, SENT, Role, State, after_receiving

IMPLICIT = "1.2.840.10008.1.2"
USER = UserInformation(16384, "1.2.3", "TEST")
REQUEST = AssociateRequest(
    "CALLED", "CALLING", (ProposedContext(1, "1.2.840.10008.1.1", (IMPLICIT,)),), USER
)
ACCEPT = AssociateAccept("CALLED", "CALLING", (ContextAnswer(1, 0, IMPLICIT),), USER)


def joined(step: int = 1 << 20) -> tuple[Association, Association]:
    """Both ends, associated, with `step` bytes moved at a time."""
    requestor, acceptor = Association(Role.REQUESTOR), Association(Role.ACCEPTOR)
    assert move(requestor.send(REQUEST), acceptor, step) == [REQUEST]
    assert move(acceptor.send(ACCEPT), requestor, step) == [ACCEPT]
    return requestor, acceptor


def move(raw: bytes, to: Association, step: int = 1 << 20) -> list[Pdu | Signal]:
    events = []
    for at in range(0, len(raw), step):
        to.receive_data(raw[at : at + step])
        while (event := to.next_event()) is not Signal.NEED_DATA:
            events.append(event)
            if event is Signal.CLOSED or to.state is State.CLOSED:
                break
    return events


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_echo_in_memory(step: int) -> None:
    requestor, acceptor = joined(step)
    (question,) = command_pdus(1, echo_request(7), 16384)
    (received,) = move(requestor.send(question), acceptor, step)
    assert isinstance(received, Data)
    context_id, command = CommandAssembler().feed(received.fragments[0]) or (0, Command(0))
    assert (context_id, command.message_id) == (1, 7)
    (answer,) = command_pdus(1, response_to(command, 0), 16384)
    assert move(acceptor.send(answer), requestor, step) == [answer]
    assert move(requestor.send(ReleaseRequest()), acceptor, step) == [ReleaseRequest()]
    assert move(acceptor.send(ReleaseReply()), requestor, step) == [ReleaseReply()]
    assert requestor.next_event() is Signal.CLOSED
    acceptor.receive_data(b"")
    assert acceptor.next_event() is Signal.CLOSED


def test_trailing_bytes_wait_for_their_turn() -> None:
    requestor, acceptor = Association(Role.REQUESTOR), Association(Role.ACCEPTOR)
    acceptor.receive_data(requestor.send(REQUEST) + encode(Abort(0, 0)))
    assert acceptor.next_event() == REQUEST
    assert acceptor.next_event() == Abort(0, 0)
    assert acceptor.next_event() is Signal.CLOSED


def test_release_collision_replies_in_the_order_of_the_standard() -> None:
    requestor, acceptor = joined()
    asked_by_requestor = requestor.send(ReleaseRequest())
    asked_by_acceptor = acceptor.send(ReleaseRequest())
    move(asked_by_acceptor, requestor)
    move(asked_by_requestor, acceptor)
    assert requestor.state is State.COLLISION_REQUESTOR_TO_REPLY
    with pytest.raises(LocalProtocolError):
        acceptor.send(ReleaseReply())
    move(requestor.send(ReleaseReply()), acceptor)
    move(acceptor.send(ReleaseReply()), requestor)
    assert requestor.state is State.CLOSED
    assert acceptor.state is State.AWAITING_CLOSE


def test_every_state_can_be_left_by_abort_and_no_pair_leads_nowhere() -> None:
    for state in State:
        for pdu in get_args(Pdu):
            after = after_receiving(Role.REQUESTOR, state, pdu)
            assert after is None or isinstance(after, State)
        assert after_receiving(Role.ACCEPTOR, state, Abort) is State.CLOSED
    reachable = {*SENT.values(), *RECEIVED.values()}
    assert reachable | {
        State.START,
        State.AWAITING_REQUEST,
        State.COLLISION_REQUESTOR_TO_REPLY,
        State.COLLISION_ACCEPTOR_AWAITING,
    } == set(State)


@pytest.mark.parametrize("pdu", [ACCEPT, AssociateReject(1, 1, 1), ReleaseReply(), Data(())])
def test_unexpected_pdu_is_answered_by_an_abort(pdu: Pdu) -> None:
    acceptor = Association(Role.ACCEPTOR)
    acceptor.receive_data(encode(pdu))
    with pytest.raises(RemoteProtocolError) as caught:
        acceptor.next_event()
    assert caught.value.field == "pdu-type"
    assert (caught.value.detail or "").startswith("unexpected-")
    assert acceptor.abort_bytes(caught.value) == encode(Abort(2, 2))
    assert acceptor.abort_bytes(caught.value) == b""


def test_our_own_mistakes_are_local_errors() -> None:
    with pytest.raises(LocalProtocolError):
        Association(Role.REQUESTOR).send(ReleaseRequest())
    with pytest.raises(LocalProtocolError):
        Association(Role.ACCEPTOR).send(ACCEPT)


@pytest.mark.parametrize(
    ("start", "detail"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "http"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "tls-peer"),
        (b"\xff\xfe\xfd", None),
        (b"\x00", None),
    ],
)
def test_other_protocols_are_not_dicom(start: bytes, detail: str | None) -> None:
    association = Association(Role.REQUESTOR)
    association.send(REQUEST)
    association.receive_data(start)
    with pytest.raises(NotDicomError) as caught:
        association.next_event()
    assert caught.value.detail == detail
    assert association.abort_bytes(caught.value) == b""


@pytest.mark.parametrize("kind", range(1, 8))
def test_a_length_of_4_gib_is_refused_by_its_header(kind: int) -> None:
    association = Association(Role.REQUESTOR)
    association.send(REQUEST)
    association.receive_data(bytes([kind, 0]) + b"\xff\xff\xff\xff")
    with pytest.raises(RemoteProtocolError) as caught:
        association.next_event()
    assert (caught.value.field, caught.value.detail) == ("pdu-length", "length-over-bound")


def test_unknown_pdu_type_after_the_first_is_a_protocol_error() -> None:
    requestor, _ = joined()
    requestor.receive_data(b"\x48\x00\x00\x00\x00\x00")
    with pytest.raises(RemoteProtocolError) as caught:
        requestor.next_event()
    assert not isinstance(caught.value, NotDicomError)
    assert requestor.abort_bytes(caught.value) == encode(Abort(2, 1))


@pytest.mark.parametrize(
    ("state", "expected"),
    [("start", b""), ("asked", encode(Abort(0, 0))), ("associated", encode(Abort(0, 0)))],
)
def test_a_timer_ends_the_association(state: str, expected: bytes) -> None:
    association = Association(Role.ACCEPTOR)
    if state == "asked":
        association = Association(Role.REQUESTOR)
        association.send(REQUEST)
    elif state == "associated":
        association, _ = joined()
    assert association.timer_expired() == expected
    assert association.timer_expired() == b""


def with_item(raw: bytes, item: bytes) -> bytes:
    """`raw` with an item more at its end and a true length."""
    longer = raw + item
    return longer[:2] + (len(longer) - 6).to_bytes(4, "big") + longer[6:]


def answered(raw: bytes) -> Association:
    association = Association(Role.REQUESTOR)
    association.send(REQUEST)
    association.receive_data(raw)
    return association


def test_unknown_items_are_noted_and_skipped() -> None:
    association = answered(with_item(encode(ACCEPT), b"\x5a\x00\x00\x02hi"))
    assert association.next_event() == ACCEPT
    assert list(association.notes) == ["unknown-item-0x5a"]


@pytest.mark.parametrize(
    ("title", "note"),
    [
        (b"CALLED\x1b[31m\x07    ", "malformed-called-ae-title"),
        (b"called          ", "called-ae-title-changed"),
        (b"\xff" * 16, "malformed-called-ae-title"),
        (b"\0" * 16, "malformed-called-ae-title"),
    ],
)
def test_odd_titles_in_an_answer_are_tolerated(title: bytes, note: str) -> None:
    raw = encode(ACCEPT)
    association = answered(raw[:10] + title[:16].ljust(16) + raw[26:])
    event = association.next_event()
    assert isinstance(event, AssociateAccept)
    assert event.called_ae_title.isprintable()
    assert note in list(association.notes)


def test_bad_uids_are_noted_without_a_warning() -> None:
    bad = AssociateAccept("CALLED", "CALLING", (ContextAnswer(1, 0, "1.2.x"),), USER)
    association = answered(encode(bad))
    assert association.next_event() == bad
    assert list(association.notes) == ["malformed-uid"]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (b"\x21\x00\x00\x02\x01\x00", "presentation-context-item"),
        (b"\x21\x00\xff\xff\x01\x00", "presentation-context-item"),
        (b"\x50\x00\x00\x06\x51\x00\x00\x02\x00\x00", "maximum-length-sub-item"),
        (b"\x10\x00\x00\x41" + b"1" * 65, "application-context-item"),
        (b"\x50\x00", "variable-items"),
    ],
)
def test_malformed_items_are_named(item: bytes, field: str) -> None:
    head = encode(AssociateAccept("CALLED", "CALLING", (), USER, None))[:74]
    association = answered(with_item(head, item))
    with pytest.raises(RemoteProtocolError) as caught:
        association.next_event()
    assert caught.value.field == field


def test_user_identity_is_blanked_in_what_is_recorded() -> None:
    identity = UserIdentity(2, False, b"somebody", b"hunter2")
    request = AssociateRequest(
        "CALLED", "CALLING", REQUEST.contexts, UserInformation(16384, "1.2.3", identity=identity)
    )
    recorded: list[tuple[Direction, bytes]] = []
    association = Association(
        Role.REQUESTOR, record=lambda direction, raw: recorded.append((direction, raw))
    )
    raw = association.send(request)
    assert b"hunter2" in raw
    assert recorded == [(Direction.SENT, blank_user_identity(raw))]
    assert len(recorded[0][1]) == len(raw)
    for cut in range(len(raw)):
        blanked = blank_user_identity(raw[:cut])
        assert b"s" not in blanked[100:]
        assert b"hunter" not in blanked
    assert "hunter2" not in repr(request)
    assert "somebody" not in repr(request)


def test_half_a_pdu_is_recorded_when_the_transport_closes() -> None:
    recorded: list[bytes] = []
    association = Association(Role.REQUESTOR, record=lambda _, raw: recorded.append(raw))
    association.send(REQUEST)
    association.receive_data(encode(ACCEPT)[:40])
    assert association.next_event() is Signal.NEED_DATA
    assert association.has_incomplete_pdu
    association.receive_data(b"")
    assert association.next_event() is Signal.CLOSED
    assert recorded[1] == encode(ACCEPT)[:40]


def test_fragment_over_our_maximum_length_is_refused() -> None:
    requestor, _ = joined()
    requestor.receive_data(encode(Data((Fragment(1, False, True, bytes(17000)),)))[:6])
    with pytest.raises(RemoteProtocolError, match="pdu-length"):
        requestor.next_event()
