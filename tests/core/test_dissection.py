"""Any bytes become a tree that covers them; the pieces of a PDU are named as in the standard."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.diagnosis.dissection import MAXIMUM_NODES, Node, carried_by, dissect
from dicomcfg.core.diagnosis.dump import text_dump
from dicomcfg.core.diagnosis.observation import PduRecord
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.framing import blank_user_identity
from dicomcfg.upper_layer.pdus import (
    AssociateAccept,
    AssociateRequest,
    AsynchronousWindow,
    ClassExtension,
    CommonClassExtension,
    ContextAnswer,
    ProposedContext,
    Role,
    UserIdentity,
    UserInformation,
)

VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
REQUEST = encode(
    AssociateRequest(
        "PACS",
        "CT1",
        (
            ProposedContext(1, VERIFICATION, (IMPLICIT,)),
            ProposedContext(3, CT, (EXPLICIT, "1.2.3")),
        ),
        UserInformation(
            16384,
            "1.2.3.4",
            "VERSION_1",
            AsynchronousWindow(3, 0),
            (Role(CT, True, False),),
            (ClassExtension(CT, b"\x01\x00"),),
            (CommonClassExtension("1.2.5", "1.2.6", ("1.2.7", "1.2.8")),),
            UserIdentity(2, True, b"somebody", b"secret"),
        ),
    )
)
ACCEPT = encode(
    AssociateAccept(
        "PACS",
        "CT1",
        (ContextAnswer(1, 0, IMPLICIT), ContextAnswer(3, 3)),
        UserInformation(0, "1.2.9", "PEER_1", roles=(Role(CT, False, False),)),
    )
)


def _assert_covers(node: Node, start: int, end: int) -> int:
    """The node is exactly these bytes and so are its children together; how many nodes it is."""
    assert (node.start, node.end) == (start, end)
    at, count = start, 1
    for child in node.children:
        assert child.end > child.start
        count += _assert_covers(child, at, child.end)
        at = child.end
    assert not node.children or at == end
    assert (node.label + node.value + node.problem).isprintable()
    return count


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """A PDU that was right before some bytes were changed and the end was cut or grown."""
    raw = bytearray(draw(st.sampled_from([REQUEST, ACCEPT])))
    for _ in range(draw(st.integers(0, 6))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw[: draw(st.integers(0, len(raw)))]) + draw(st.binary(max_size=8))


@given(st.one_of(st.binary(max_size=400), _damaged(), st.binary().map(lambda b: b"\x04\0" + b)))
def test_any_bytes_are_covered_piece_by_piece(data: bytes) -> None:
    root = dissect(data)
    _assert_covers(root, 0, len(data))
    assert text_dump([PduRecord("received", 0.0, len(data), data.hex())])


def test_the_number_of_nodes_is_bounded() -> None:
    empty_items = b"\x40\0\0\0" * 16_000
    data = REQUEST[:74] + b"\x20\0\xff\xff\x01\0\0\0" + empty_items
    began = time.perf_counter()
    root = dissect(data)
    assert time.perf_counter() - began < 2
    assert _assert_covers(root, 0, len(data)) < MAXIMUM_NODES + 50
    assert any("too many" in leaf.problem for leaf in root.leaves())


def _found(data: bytes) -> dict[str, str]:
    """What each item and leaf says, by its label; of several the last."""
    found: dict[str, str] = {}
    waiting = [dissect(data)]
    while waiting:
        node = waiting.pop()
        found[node.label] = node.value
        waiting += reversed(node.children)
    return found


def test_a_request_is_read_as_the_standard_has_it() -> None:
    found = _found(REQUEST)
    assert found["A-ASSOCIATE-RQ"] == "CT1 → PACS, 2 contexts"
    assert found["Application context"].startswith("DICOM Application Context Name")
    assert found["Presentation context"] == f"3: CT Image Storage ({CT}), 2 transfer syntaxes"
    assert found["Asynchronous operations window"] == "3 invoked, no limit performed"
    assert found["Role selection"] == f"CT Image Storage ({CT}): SCU 1 yes, SCP 0 no"
    assert found["Extended negotiation"] == f"CT Image Storage ({CT}): 01 00"
    assert found["Common extended negotiation"] == "1.2.5 as 1.2.6"
    assert found["Related general SOP Class UID"] == "1.2.8"
    assert found["User information"] == "VERSION_1"
    assert not any(leaf.problem for leaf in dissect(REQUEST).leaves())


def test_golden_bytes_of_a_request() -> None:
    """The offsets of PS3.8 Table 9-11, by hand."""
    fixed = [(leaf.label, leaf.start, leaf.end) for leaf in dissect(REQUEST).leaves()][:9]
    assert fixed == [
        ("PDU type", 0, 1),
        ("Reserved", 1, 2),
        ("PDU length", 2, 6),
        ("Protocol version", 6, 8),
        ("Reserved", 8, 10),
        ("Called AE title", 10, 26),
        ("Calling AE title", 26, 42),
        ("Reserved", 42, 74),
        ("Item type", 74, 75),
    ]


def test_an_identity_is_never_spelled_out() -> None:
    for data in (REQUEST, blank_user_identity(REQUEST)):
        record = PduRecord("sent", 0.0, len(data), data.hex())
        said = "\n".join(_found(data).values()) + text_dump([record])
        assert "somebody" not in said
        assert "secret" not in said
    assert "blanked in the record" in _found(blank_user_identity(REQUEST))["User identity"]


@pytest.mark.parametrize(
    ("data", "root", "words"),
    [
        ("03 00 00000004 00 01 01 07", "A-ASSOCIATE-RJ", "called AE title not recognized"),
        ("07 00 00000004 00 00 02 01", "A-ABORT", "service provider: unrecognized PDU"),
        ("05 00 00000004 00000000", "A-RELEASE-RQ", ""),
        ("06 00 00000004 00000000", "A-RELEASE-RP", ""),
        ("04 00 00000008 00000004 01 03 aabb", "P-DATA-TF", "1 data value"),
    ],
)
def test_the_other_pdus(data: str, root: str, words: str) -> None:
    node = dissect(bytes.fromhex(data))
    assert node.label == root
    assert words in node.value
    assert not node.problem


ECHO_RESPONSE = bytes.fromhex(
    "00000000 04000000 42000000"
    "00000200 12000000 312e322e3834302e31303030382e312e3100"
    "00000001 02000000 3080"
    "00002001 02000000 0700"
    "00000008 02000000 0101"
    "00000009 02000000 0000"
)


def _data(control: int, fragment: bytes) -> bytes:
    value = (len(fragment) + 2).to_bytes(4) + bytes([1, control]) + fragment
    return b"\4\0" + len(value).to_bytes(4) + value


def test_a_command_set_is_taken_apart_and_the_message_named() -> None:
    data = _data(3, ECHO_RESPONSE)
    message = "C-ECHO-RSP Verification SOP Class, status 0x0000 (success)"
    assert carried_by(data) == (message,)
    found = _found(data)
    assert found["Command set"] == message
    assert found["Command Field"] == "C-ECHO-RSP"
    assert found["Message ID Being Responded To"] == "7"
    assert found["Command Data Set Type"] == "0101H, none"
    assert message in text_dump([PduRecord("received", 0.0, len(data), data.hex())])


@pytest.mark.parametrize("cut", [*range(len(ECHO_RESPONSE))])
def test_a_command_set_that_ends_too_soon_is_still_covered(cut: int) -> None:
    data = _data(1, ECHO_RESPONSE[:cut])
    assert b"".join(data[leaf.start : leaf.end] for leaf in dissect(data).leaves()) == data


def test_what_no_command_set_begins_is_named_by_its_control_header() -> None:
    (data_set,) = carried_by(_data(2, b"\0" * 40))
    (rest,) = carried_by(_data(3, ECHO_RESPONSE[12:]))
    assert data_set == "context 1, data set, last fragment, 40 bytes"
    assert rest == "context 1, command, last fragment, 66 bytes"
    assert carried_by(REQUEST) == ()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "there are no bytes"),
        (b"HTTP/1.1 400", "begins with 48H, which is no PDU type"),
        (REQUEST[:100], "its length says"),
        (REQUEST + b"\0", "its length says"),
        (bytes.fromhex("03 00 00000002 00 01"), "ends within its Source"),
    ],
)
def test_what_cannot_be_is_said_at_the_root(data: bytes, problem: str) -> None:
    assert problem in dissect(data).problem


def test_a_repeated_context_id_is_a_problem() -> None:
    twice = tuple(ProposedContext(1, VERIFICATION, (IMPLICIT,)) for _ in range(2))
    data = encode(AssociateRequest("PACS", "CT1", twice, UserInformation(16384, "1.2.3")))
    assert "stands there twice" in dissect(data).problem


def test_the_dump_has_the_look_that_engineers_know() -> None:
    pdus = [
        PduRecord("sent", 0.5, len(REQUEST), REQUEST.hex()),
        PduRecord("received", 2.0, len(ACCEPT), ACCEPT.hex()),
        PduRecord("received", 3.0, 4000, "0700000000040000"),
    ]
    dump = text_dump(pdus)
    request, accept, abort = dump.split("\n\n")
    for line in (
        "Our Implementation Version Name:  VERSION_1",
        "Calling AE Title:                 CT1",
        "Called AE Title:                  PACS",
        "  Context ID:        3 (Proposed)",
        "    Abstract Syntax: =CTImageStorage",
        "    Proposed SCP/SCU Role: SCU",
        "      =ExplicitVRLittleEndian",
        "      1.2.3",
    ):
        assert line in request.splitlines()
    for line in (
        "Their Implementation Version Name: PEER_1",
        "Their Maximum Length:             0, no limit",
        "  Context ID:        1 (Accepted)",
        "    Accepted Transfer Syntax: =ImplicitVRLittleEndian",
        "  Context ID:        3 (Abstract Syntax Not Supported)",
        "    Accepted SCP/SCU Role: None",
    ):
        assert line in accept.splitlines()
    assert "Only the first 8 bytes were kept." in abort


def test_nothing_of_a_peer_acts_on_a_terminal() -> None:
    hostile = ACCEPT.replace(b"PEER_1", b"\x1b[31m\x07")
    dump = text_dump([PduRecord("received", 0.0, len(hostile), hostile.hex())])
    assert dump.replace("\n", "").isprintable()
    assert "\\x1b[31m" in dump
