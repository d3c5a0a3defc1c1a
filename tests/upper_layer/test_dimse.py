"""Command sets: the same bytes as pynetdicom's, and bounded assembly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.dimse_messages import C_ECHO_RQ, C_ECHO_RSP
from pynetdicom.dimse_primitives import C_ECHO
from pynetdicom.dsutils import encode as encode_data_set

from dicomcfg.core.standard.uids import VERIFICATION
from dicomcfg.upper_layer.dimse import (
    COMMAND_BOUND_BYTES,
    Command,
    CommandAssembler,
    command_pdus,
    decode_command,
    echo_request,
    encode_command,
    response_to,
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
