"""What a record may hold of a peer's PDUs: command elements and lengths, never a data set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.upper_layer.dimse import encode_command, find_request, message_pdus, response_to
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.framing import blank_data_sets
from dicomcfg.upper_layer.pdus import Abort, Data, Fragment, ReleaseReply, ReleaseRequest

SECRET = b"SECRET^PATIENT"
COMMAND = response_to(find_request(1, "1.2.3"), 0xFF00, has_data_set=True)
MATCH = Data(tuple(f for pdu in message_pdus(1, COMMAND, SECRET, 0) for f in pdu.fragments))


def test_of_an_answer_the_command_and_the_lengths_stay() -> None:
    raw = encode(MATCH)
    kept = blank_data_sets(raw)
    assert len(kept) == len(raw)
    assert kept == raw.replace(SECRET, bytes(len(SECRET)))
    assert encode_command(COMMAND) in kept


@pytest.mark.parametrize("pdu", [Abort(2, 6), ReleaseRequest(), ReleaseReply()])
def test_other_pdus_stay(pdu: Abort | ReleaseRequest | ReleaseReply) -> None:
    assert blank_data_sets(encode(pdu)) == encode(pdu)


@given(st.integers(0, 200))
def test_nothing_leaks_from_what_is_cut_short(cut: int) -> None:
    raw = encode(MATCH)[:cut]
    kept = blank_data_sets(raw)
    assert len(kept) == len(raw)
    assert not any(part in kept for part in (b"SECR", b"PATI", b"^"))


@pytest.mark.parametrize(
    "raw",
    [
        SECRET,
        b"\x04" + SECRET,
        b"\x05\0\0\0\0\x20" + SECRET,
        b"\x02\0\0\0\x01\0" + SECRET * 10,
        b"\x04\0\0\0\0\x20\0\0\0\x04\x01\x02SESECRET^PATIENT",
        b"\x04\0\0\0\0\x20\0\0\0\xff\x01\x02" + SECRET,
        b"\x04\0\0\0\0\x20\0\0\0\0\x01\x02" + SECRET,
        b"\x04\0\0\0\0\x20\0\0\0\x10\x02\x02" + SECRET,
        encode(Data((Fragment(1, True, True, b"\x10\0\x10\0\x0e\0\0\0" + SECRET),))),
        encode(Data((Fragment(1, True, True, b"\0\0\0\0\x04\0\0\0\x10\0\0\0" + SECRET),))),
        encode(Data((Fragment(1, True, False, SECRET),))),
    ],
)
def test_nothing_stays_that_only_looks_like_a_command_or_a_pdu(raw: bytes) -> None:
    kept = blank_data_sets(raw)
    assert len(kept) == len(raw)
    assert not any(part in kept for part in (b"SECR", b"CRET", b"PATI"))
