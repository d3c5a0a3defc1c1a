"""Command sets: the same bytes as pynetdicom's, and bounded assembly."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.dimse_messages import (
    C_CANCEL_RQ,
    C_ECHO_RQ,
    C_ECHO_RSP,
    C_FIND_RQ,
    C_FIND_RSP,
    C_STORE_RQ,
    C_STORE_RSP,
    DIMSEMessage,
)
from pynetdicom.dimse_primitives import C_CANCEL, C_ECHO, C_FIND, C_STORE
from pynetdicom.dsutils import encode as encode_data_set

from dicomcfg.core.standard.uids import VERIFICATION
from dicomcfg.upper_layer.dimse import (
    COMMAND_BOUND_BYTES,
    Command,
    CommandAssembler,
    cancel_request,
    command_pdus,
    decode_command,
    echo_request,
    encode_command,
    find_request,
    message_pdus,
    response_to,
    store_request,
)
from dicomcfg.upper_layer.errors import RemoteProtocolError
from dicomcfg.upper_layer.pdus import Fragment


@given(st.integers(0, 0xFFFF))
def test_echo_request_is_pynetdicoms(message_id: int) -> None:
    primitive = C_ECHO()
    primitive.MessageID = message_id
    primitive.AffectedSOPClassUID = VERIFICATION
    message = C_ECHO_RQ()
    message.primitive_to_message(primitive)
    assert encode_command(echo_request(message_id)) == encode_data_set(
        message.command_set, True, True
    )


@given(st.integers(0, 0xFFFF), st.sampled_from([0x0000, 0x0122, 0x0210, 0x0211, 0x0212]))
def test_echo_response_is_pynetdicoms(message_id: int, status: int) -> None:
    primitive = C_ECHO()
    primitive.MessageIDBeingRespondedTo = message_id
    primitive.AffectedSOPClassUID = VERIFICATION
    primitive.Status = status
    message = C_ECHO_RSP()
    message.primitive_to_message(primitive)
    assert encode_command(response_to(echo_request(message_id), status)) == encode_data_set(
        message.command_set, True, True
    )


STUDY_ROOT, CT = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.1.2"
FIND, STORE = find_request(9, STUDY_ROOT), store_request(9, CT, "2.25.123")


def theirs(message: DIMSEMessage, primitive: object, **values: object) -> bytes:
    """The same command set as pynetdicom builds it."""
    for name, value in values.items():
        setattr(primitive, name, value)
    message.primitive_to_message(primitive)
    encoded = encode_data_set(message.command_set, True, True)
    assert encoded is not None
    return encoded


@pytest.mark.parametrize(
    ("command", "message", "primitive", "values"),
    [
        (
            FIND,
            C_FIND_RQ,
            C_FIND,
            {"MessageID": 9, "AffectedSOPClassUID": STUDY_ROOT, "Priority": 0},
        ),
        (
            response_to(FIND, 0xA700),
            C_FIND_RSP,
            C_FIND,
            {"MessageIDBeingRespondedTo": 9, "AffectedSOPClassUID": STUDY_ROOT, "Status": 0xA700},
        ),
        (
            STORE,
            C_STORE_RQ,
            C_STORE,
            {
                "MessageID": 9,
                "AffectedSOPClassUID": CT,
                "AffectedSOPInstanceUID": "2.25.123",
                "Priority": 0,
            },
        ),
        (
            response_to(STORE, 0xB000),
            C_STORE_RSP,
            C_STORE,
            {
                "MessageIDBeingRespondedTo": 9,
                "AffectedSOPClassUID": CT,
                "AffectedSOPInstanceUID": "2.25.123",
                "Status": 0xB000,
            },
        ),
        (cancel_request(9), C_CANCEL_RQ, C_CANCEL, {"MessageIDBeingRespondedTo": 9}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_find_and_store_are_pynetdicoms(
    command: Command,
    message: type[DIMSEMessage],
    primitive: type[object],
    values: dict[str, object],
) -> None:
    data_set = {C_FIND_RQ: "Identifier", C_STORE_RQ: "DataSet"}.get(message)
    if data_set:
        values = {**values, data_set: BytesIO(b"\0\0")}
    assert encode_command(command) == theirs(message(), primitive(), **values)
    assert decode_command(encode_command(command)) == command


@given(st.binary(max_size=300), st.sampled_from([0, 7, 8, 15, 64, 16384]))
def test_a_data_set_follows_its_command_in_even_fragments(raw: bytes, maximum: int) -> None:
    fragments = [f for pdu in message_pdus(5, STORE, raw, maximum) for f in pdu.fragments]
    assembler = CommandAssembler()
    *early, last = [assembler.feed(fragment) for fragment in fragments]
    assert early == [None] * (len(fragments) - 1)
    assert last == (5, STORE)
    assert b"".join(f.data for f in fragments if not f.is_command) == raw
    assert [f.is_last for f in fragments if not f.is_command][-1]
    sizes = [len(fragment.data) for fragment in fragments]
    assert not maximum or max(sizes) + 6 <= maximum
    if maximum > 7:
        assert all(len(f.data) % 2 == 0 for f in fragments if not f.is_last)


@given(st.integers(0, 0xFFFF), st.integers(7, 200))
def test_commands_survive_any_fragmentation(message_id: int, maximum_length: int) -> None:
    pdus = command_pdus(5, echo_request(message_id), maximum_length)
    assembler = CommandAssembler()
    *early, last = [assembler.feed(fragment) for pdu in pdus for fragment in pdu.fragments]
    assert early == [None] * (len(pdus) - 1)
    assert last == (5, echo_request(message_id))
    assert all(len(f.data) + 6 <= maximum_length for pdu in pdus for f in pdu.fragments)


def test_data_sets_pass_by() -> None:
    command = Command(0x0001, message_id=3, sop_class="1.2.3", has_data_set=True)
    assembler = CommandAssembler()
    assert assembler.feed(Fragment(1, True, True, encode_command(command))) is None
    for _ in range(50):
        assert assembler.feed(Fragment(1, False, False, bytes(16000))) is None
    assert assembler.feed(Fragment(1, False, True, b"")) == (1, command)
    assert assembler.feed(Fragment(1, True, True, encode_command(echo_request(4)))) is not None


@pytest.mark.parametrize(
    ("fragments", "field"),
    [
        ([Fragment(1, False, True, b"x")], "presentation-data-value-item"),
        (
            [Fragment(1, True, False, b"x"), Fragment(3, True, False, b"x")],
            "presentation-data-value-item",
        ),
        ([Fragment(1, True, False, bytes(COMMAND_BOUND_BYTES + 1))], "command-set"),
        ([Fragment(1, True, True, b"\0\0\0")], "command-set"),
        ([Fragment(1, True, True, b"\x08\0\x05\0\0\0\0\0")], "command-set"),
        ([Fragment(1, True, True, b"\0\0\0\x01\xff\xff\xff\xff")], "command-set"),
        ([Fragment(1, True, True, b"\0\0\0\x01\x01\0\0\0\x30")], "command-field"),
        ([Fragment(1, True, True, b"")], "command-field"),
    ],
)
def test_what_no_command_can_be(fragments: list[Fragment], field: str) -> None:
    assembler = CommandAssembler()
    with pytest.raises(RemoteProtocolError) as caught:
        for fragment in fragments:
            assembler.feed(fragment)
    assert caught.value.field == field


def test_a_response_without_status_says_so() -> None:
    assert decode_command(encode_command(Command(0x8030, responds_to=1))).status is None
