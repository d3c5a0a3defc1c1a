"""Find and store against our own acceptor, and against peers that do it wrong."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dicomcfg.core.diagnosis.observation import Observation, Outcome, StageName
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.network.demo import DEMO_HOST, serve_demo
from dicomcfg.network.demo_tls import demo_context
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.network.provider import FindAnswers
from dicomcfg.network.requestor import PENDING_TOLERATED
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.objects.encoding import EXPLICIT, IMPLICIT, encode
from dicomcfg.probes.objects.identifiers import FIND_CLASSES
from dicomcfg.probes.objects.making import offered
from dicomcfg.probes.target import FindSettings, Limits, StoreSettings, Target
from dicomcfg.upper_layer import encoding
from dicomcfg.upper_layer.dimse import (
    Command,
    command_pdus,
    find_request,
    message_pdus,
    response_to,
    store_request,
)
from dicomcfg.upper_layer.pdus import (
    AssociateAccept,
    ContextAnswer,
    Data,
    Fragment,
    UserInformation,
)
from tests.probes.conftest import Script, ScriptedPeer

STUDY_ROOT = FIND_CLASSES[0]
CT = "1.2.840.10008.5.1.4.1.1.2"
TOTAL_S = 1.0
SECRET = encode({"PatientName": "SECRET^PATIENT", "PatientID": "SECRET"}, IMPLICIT)
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
SETTINGS = {"find": FindSettings(STUDY_ROOT), "store": StoreSettings(CT, IMPLICIT)}


def target(kind: str, port: int, **changes: object) -> Target:
    return Target("127.0.0.1", port, "PEER", "US", **{kind: SETTINGS[kind], **changes})  # type: ignore[arg-type]


async def probe(kind: str, aimed: Target, total_s: float = 5.0) -> Observation:
    environment = Environment(AddressPolicy.unrestricted(), host="worker")
    return await registry.get(kind)(aimed, Limits(total_s), environment)


def ours(kind: str, policy: AcceptorPolicy) -> Observation:
    async def run() -> Observation:
        async with serve(policy, "127.0.0.1", 0) as port:
            return await probe(kind, target(kind, port))

    return asyncio.run(run())


def assert_no_secret(observation: Observation) -> None:
    """Nothing of the identifier stands in what would be stored, as text or as hex of it."""
    kept = json.dumps(observation.to_json()) + "".join(
        bytes.fromhex(pdu.hex).decode("latin-1") for pdu in observation.pdus
    )
    for part in ("SECRET", "PATIENT", b"SECRET".hex(), b"ATIENT".hex()):
        assert part not in kept


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize("sop_class", FIND_CLASSES)
def test_a_find_that_finds_nothing(sop_class: str, syntax: str) -> None:
    policy = AcceptorPolicy(find=FindAnswers(), transfer_syntaxes=(syntax,))

    async def run() -> Observation:
        async with serve(policy, "127.0.0.1", 0) as port:
            return await probe("find", target("find", port, find=FindSettings(sop_class)))

    seen = asyncio.run(run())
    assert (seen.kind, seen.outcome, seen.status) == ("find", Outcome.SUCCESS, 0)
    assert seen.pending == 0
    names = [stage.name for stage in seen.stages]
    assert names == ["resolve", "connect", "associate", "find", "release"]
    assert seen.contexts[0].accepted == syntax


def test_a_peer_that_matches_is_told_to_stop_at_the_first_answer() -> None:
    answers = FindAnswers(matches=1000, identifier=SECRET, pause_s=0.02)
    seen = ours("find", AcceptorPolicy(find=answers))
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0xFE00)
    assert seen.pending is not None
    assert 1 <= seen.pending < 20
    assert_no_secret(seen)


def test_a_peer_that_ends_before_it_hears_the_cancel_is_as_good() -> None:
    seen = ours("find", AcceptorPolicy(find=FindAnswers(matches=3, identifier=SECRET)))
    assert (seen.outcome, seen.pending) == (Outcome.SUCCESS, 3)
    assert_no_secret(seen)


def test_a_peer_that_ignores_the_cancel_is_aborted() -> None:
    answers = FindAnswers(matches=2 * PENDING_TOLERATED, identifier=SECRET, ignores_cancel=True)
    seen = ours("find", AcceptorPolicy(find=answers))
    assert (seen.outcome, seen.detail) == (Outcome.OPERATION_FAILED, "cancel-ignored")
    assert seen.pending == PENDING_TOLERATED + 1
    assert seen.stage is StageName.FIND
    assert_no_secret(seen)


@pytest.mark.parametrize("status", [0xA700, 0xA900, 0xC001, 0x0122, 0xFE00])
def test_a_find_that_is_refused(status: int) -> None:
    seen = ours("find", AcceptorPolicy(find=FindAnswers(status=status)))
    assert (seen.outcome, seen.status) == (Outcome.OPERATION_FAILED, status)
    assert seen.detail == f"status-0x{status:04x}"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0x0000, Outcome.SUCCESS),
        (0xB000, Outcome.SUCCESS),
        (0xB007, Outcome.SUCCESS),
        (0xA700, Outcome.OPERATION_FAILED),
        (0xA900, Outcome.OPERATION_FAILED),
        (0xC000, Outcome.OPERATION_FAILED),
        (0xFF00, Outcome.OPERATION_FAILED),
        (None, Outcome.OPERATION_FAILED),
    ],
)
def test_a_store_and_its_status(status: int | None, outcome: Outcome) -> None:
    seen = ours("store", AcceptorPolicy(store_status=status))
    assert (seen.outcome, seen.status) == (outcome, 0x0211 if status is None else status)
    assert seen.sent_object is not None
    assert seen.sent_object.sop_class == CT
    assert seen.sent_object.patient_id == "DICOMCFG-TEST"
    assert [stage.name for stage in seen.stages][3:] == (
        ["store", "release"] if outcome is Outcome.SUCCESS else ["store"]
    )


def test_every_object_that_is_offered_can_be_sent() -> None:
    async def run() -> list[Observation]:
        async with serve(AcceptorPolicy(store_status=0), "127.0.0.1", 0) as port:
            settings = [StoreSettings(c, s) for c, many in offered().items() for s in many]
            return [await probe("store", target("store", port, store=one)) for one in settings]

    for seen in asyncio.run(run()):
        assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0)
        assert seen.sent_object is not None
        assert 300 < seen.sent_object.length_bytes < 2000


def test_the_demo_takes_them(tmp_path: Path) -> None:
    tls = demo_context(tmp_path / "demo", tmp_path / "tls", DEMO_HOST)

    async def run() -> list[tuple[int | None, int | None]]:
        async with serve_demo(tls, base_port=0) as ports:
            pacs, ctmr = ports["DEMO_PACS"], ports["DEMO_CTMR"]
            seen = [
                await probe("find", target("find", pacs)),
                await probe("store", target("store", pacs)),
                await probe("store", target("store", ctmr)),
            ]
            return [(each.status, each.pending) for each in seen]

    assert asyncio.run(run()) == [(0, 0), (0, None), (0xB000, None)]


@pytest.mark.parametrize("kind", ["find", "store"])
def test_a_class_that_is_not_accepted_sends_nothing(kind: str) -> None:
    seen = ours(kind, AcceptorPolicy(abstract_syntaxes=frozenset()))
    assert seen.outcome is Outcome.CONTEXT_NOT_ACCEPTED
    assert (seen.sent_object, seen.pending) == (None, None)
    assert not any(pdu.hex.startswith("04") for pdu in seen.pdus)


async def accept(reader: Reader, writer: Writer, maximum_length: int = 16384) -> None:
    """Take the association and the request in it."""
    await reader.read(4096)
    context = ContextAnswer(1, 0, IMPLICIT)
    user = UserInformation(maximum_length, "1.2.3")
    writer.write(encoding.encode(AssociateAccept("PEER", "US", (context,), user)))
    await reader.read(4096)


def script(answer: Callable[[Writer], None], *, maximum_length: int = 16384) -> Script:
    """A peer that accepts, reads the request, answers in its own way, and then is silent."""

    async def run(reader: Reader, writer: Writer) -> None:
        await accept(reader, writer, maximum_length)
        answer(writer)
        await reader.read()

    return run


def endless(first: Sequence[Data], again: Sequence[Data]) -> Script:
    """A peer that never ends its answer and sends as fast as we read."""

    async def run(reader: Reader, writer: Writer) -> None:
        await accept(reader, writer)
        write(writer, *first)
        while True:
            write(writer, *again)
            await writer.drain()
            # Without this the peer has the loop for itself until all buffers are full.
            await asyncio.sleep(0)

    return run


def write(writer: Writer, *pdus: Data) -> None:
    writer.write(b"".join(encoding.encode(pdu) for pdu in pdus))


PENDING = response_to(find_request(1, STUDY_ROOT), 0xFF00, has_data_set=True)
MATCH = message_pdus(1, PENDING, SECRET, 0)
UNENDING = Data((Fragment(1, False, False, SECRET * 50),))
OTHERS = {
    "find": response_to(find_request(7, STUDY_ROOT), 0),
    "store": response_to(store_request(7, CT, "1.2.3"), 0),
}


@pytest.mark.parametrize(
    ("peer", "outcome", "detail"),
    [
        (endless([], MATCH), Outcome.OPERATION_FAILED, "cancel-ignored"),
        (endless(MATCH[:1], [UNENDING]), Outcome.OPERATION_TIMEOUT, None),
        (script(lambda w: write(w, *MATCH)), Outcome.OPERATION_TIMEOUT, None),
        (script(lambda w: write(w, MATCH[0], UNENDING)), Outcome.OPERATION_TIMEOUT, None),
        (script(lambda w: write(w, MATCH[0])), Outcome.OPERATION_TIMEOUT, None),
        (script(lambda w: None), Outcome.OPERATION_TIMEOUT, None),
        (
            script(lambda w: write(w, *command_pdus(1, OTHERS["find"], 0))),
            Outcome.PROTOCOL_ERROR,
            "unexpected-command",
        ),
        (
            script(lambda w: write(w, *message_pdus(1, find_request(1, STUDY_ROOT), SECRET, 0))),
            Outcome.PROTOCOL_ERROR,
            "unexpected-command",
        ),
        (
            script(lambda w: write(w, *command_pdus(1, Command(0x8020, responds_to=1), 0))),
            Outcome.OPERATION_FAILED,
            "no-status",
        ),
        # An identifier that claims to be a command, a data set nobody announced, one too long.
        (
            script(lambda w: write(w, MATCH[0], Data((Fragment(1, True, True, SECRET),)))),
            Outcome.PROTOCOL_ERROR,
            "presentation-data-value-item",
        ),
        (
            script(lambda w: write(w, MATCH[1])),
            Outcome.PROTOCOL_ERROR,
            "presentation-data-value-item",
        ),
        (
            script(lambda w: write(w, MATCH[0], Data((Fragment(1, False, True, SECRET * 500),)))),
            Outcome.PROTOCOL_ERROR,
            "length-over-bound",
        ),
        # What follows a PDU whose length is wrong.
        (script(lambda w: w.write(b"\x09" + SECRET)), Outcome.PROTOCOL_ERROR, "pdu-type"),
        (
            script(lambda w: w.write(b"\x05\0\0\0\0\x40" + SECRET * 2)),
            Outcome.CONNECTION_CLOSED,
            "released-by-peer",
        ),
        (
            script(lambda w: w.write(b"\x02\0\0\0\x02\0" + SECRET * 20)),
            Outcome.PROTOCOL_ERROR,
            None,
        ),
        (
            script(lambda w: w.write(b"\x04\0\0\0\0\x20\0\0\0\xff\x01\x02" + SECRET)),
            Outcome.PROTOCOL_ERROR,
            "presentation-data-value-item",
        ),
    ],
)
def test_a_hostile_find(
    scripted_peer: ScriptedPeer, peer: Script, outcome: Outcome, detail: str | None
) -> None:
    async def check() -> tuple[Observation, float]:
        async with scripted_peer(peer) as port:
            started = time.monotonic()
            return await probe("find", target("find", port), total_s), time.monotonic() - started

    # Only a timeout is to be waited for; the others end sooner, on a busy machine too.
    total_s = TOTAL_S if outcome is Outcome.OPERATION_TIMEOUT else 10 * TOTAL_S
    seen, elapsed = asyncio.run(check())
    assert seen.outcome is outcome
    assert detail in (None, seen.detail)
    assert elapsed < total_s + 0.5
    assert_no_secret(seen)
    assert sum(len(pdu.hex) for pdu in seen.pdus) <= 2 * 65536


@pytest.mark.parametrize("answer", [lambda w: None, lambda w: write(w, UNENDING)])
def test_a_store_that_is_not_answered_says_what_may_be_left(
    scripted_peer: ScriptedPeer, answer: Callable[[Writer], None]
) -> None:
    async def check() -> Observation:
        async with scripted_peer(script(answer)) as port:
            return await probe("store", target("store", port), TOTAL_S)

    seen = asyncio.run(check())
    assert seen.outcome in (Outcome.OPERATION_TIMEOUT, Outcome.PROTOCOL_ERROR)
    assert seen.sent_object is not None
    assert seen.stage is StageName.STORE


def test_a_store_answered_with_another_message_id(scripted_peer: ScriptedPeer) -> None:
    answer = script(lambda w: write(w, *command_pdus(1, OTHERS["store"], 0)))

    async def check() -> Observation:
        async with scripted_peer(answer) as port:
            return await probe("store", target("store", port), TOTAL_S)

    seen = asyncio.run(check())
    assert (seen.outcome, seen.detail) == (Outcome.PROTOCOL_ERROR, "unexpected-command")


@pytest.mark.parametrize("maximum_length", [0, 7, 64, 200])
def test_fragments_follow_the_peers_maximum_length(
    scripted_peer: ScriptedPeer, maximum_length: int
) -> None:
    done = script(
        lambda w: write(w, *command_pdus(1, response_to(store_request(1, CT, "1.2"), 0), 0)),
        maximum_length=maximum_length,
    )

    async def check() -> Observation:
        async with scripted_peer(done) as port:
            return await probe("store", target("store", port), TOTAL_S)

    seen = asyncio.run(check())
    assert seen.status == 0
    sent = [bytes.fromhex(pdu.hex) for pdu in seen.pdus if pdu.direction == "sent"]
    lengths = [int.from_bytes(raw[2:6], "big") for raw in sent if raw[0] == 4]
    assert all(length <= (maximum_length or 1 << 20) for length in lengths)
    assert len(lengths) > 2 or maximum_length == 0
