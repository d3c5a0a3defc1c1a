"""Our acceptor: its policy, its bounds, and its patience with bad requestors."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.network.acceptor import AcceptorPolicy, accepted, rejected, serve
from dicomcfg.upper_layer.association import Association, Signal
from dicomcfg.upper_layer.dimse import Command, CommandAssembler, command_pdus
from dicomcfg.upper_layer.identity import OURSELVES
from dicomcfg.upper_layer.pdus import (
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    AsynchronousWindow,
    ClassExtension,
    Data,
    Fragment,
    Pdu,
    ProposedContext,
    ReleaseReply,
    ReleaseRequest,
    UserIdentity,
    UserInformation,
)
from dicomcfg.upper_layer.pdus import Role as PdusRole
from dicomcfg.upper_layer.states import Role

VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
REQUEST = AssociateRequest(
    "PEER",
    "US",
    (
        ProposedContext(1, VERIFICATION, (IMPLICIT,)),
        ProposedContext(3, CT, (EXPLICIT, IMPLICIT)),
    ),
    UserInformation(16384, "1.2.3"),
)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (AcceptorPolicy(), None),
        (AcceptorPolicy(ae_title="PEER"), None),
        (AcceptorPolicy(ae_title="peer"), AssociateReject(1, 1, 7)),
        (AcceptorPolicy(calling_ae_titles=frozenset({"US"})), None),
        (AcceptorPolicy(calling_ae_titles=frozenset()), AssociateReject(1, 1, 3)),
        (AcceptorPolicy(rejection=AssociateReject(2, 3, 2)), AssociateReject(2, 3, 2)),
    ],
)
def test_rejections(policy: AcceptorPolicy, expected: AssociateReject | None) -> None:
    assert rejected(policy, REQUEST) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (AcceptorPolicy(), [(0, IMPLICIT), (0, EXPLICIT)]),
        (AcceptorPolicy(transfer_syntaxes=(IMPLICIT,)), [(0, IMPLICIT), (0, IMPLICIT)]),
        (AcceptorPolicy(transfer_syntaxes=(EXPLICIT,)), [(4, None), (0, EXPLICIT)]),
        (AcceptorPolicy(abstract_syntaxes=frozenset({CT})), [(3, None), (0, EXPLICIT)]),
    ],
)
def test_contexts(policy: AcceptorPolicy, expected: list[tuple[int, str | None]]) -> None:
    answer = accepted(policy, REQUEST)
    assert [(c.result, c.transfer_syntax) for c in answer.contexts] == expected


def asking(**user: object) -> AssociateRequest:
    return replace(REQUEST, user=replace(REQUEST.user, **user))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, (PdusRole(CT, True, True), PdusRole(VERIFICATION, True, False))),
        ((), ()),
        ((RoleSelection(CT, True, False),), (PdusRole(CT, True, False),)),
        ((RoleSelection(CT, False, True),), (PdusRole(CT, False, True),)),
        ((RoleSelection(VERIFICATION, True, True),), (PdusRole(VERIFICATION, True, False),)),
        ((RoleSelection("1.2.3", True, True),), ()),
    ],
)
def test_roles(own: tuple[RoleSelection, ...] | None, expected: tuple[PdusRole, ...]) -> None:
    request = asking(roles=(PdusRole(CT, True, True), PdusRole(VERIFICATION, True, False)))
    assert accepted(AcceptorPolicy(role_selections=own), request).user.roles == expected


@pytest.mark.parametrize(
    ("own", "asked", "answered"),
    [
        (None, (5, 5), None),
        ((5, 5), None, None),
        ((2, 5), (5, 3), (2, 3)),
        ((0, 4), (7, 0), (7, 4)),
        ((0, 0), (0, 0), (0, 0)),
    ],
)
def test_window(
    own: tuple[int, int] | None, asked: tuple[int, int] | None, answered: tuple[int, int] | None
) -> None:
    request = asking(asynchronous_window=AsynchronousWindow(*asked) if asked else None)
    window = accepted(AcceptorPolicy(asynchronous_window=own), request).user.asynchronous_window
    assert window == (AsynchronousWindow(*answered) if answered else None)


def test_only_what_was_asked_is_answered() -> None:
    own = (ExtendedNegotiation(CT, "0100"), ExtendedNegotiation("1.2.3", "01"))
    policy = AcceptorPolicy(extended_negotiations=own, identity_response=b"ticket")
    asked = asking(
        extensions=(ClassExtension(CT, b"\1\1"), ClassExtension(VERIFICATION, b"\1")),
        identity=UserIdentity(1, True, b"someone"),
    )
    assert accepted(policy, asked).user.extensions == (ClassExtension(CT, b"\1\0"),)
    assert accepted(policy, asked).user.identity_response == b"ticket"
    silent = replace(asked.user, identity=UserIdentity(1, False, b"someone"))
    assert accepted(policy, replace(asked, user=silent)).user.identity_response is None
    assert accepted(policy, REQUEST).user == replace(OURSELVES, roles=())


@pytest.mark.parametrize("name", ["1.2.3", None])
def test_the_application_context_is_checked_where_the_policy_says_so(name: str | None) -> None:
    request = replace(REQUEST, application_context=name)
    assert rejected(AcceptorPolicy(), request) is None
    checking = AcceptorPolicy(checks_application_context=True)
    assert rejected(checking, request) == AssociateReject(1, 1, 2)
    assert rejected(checking, REQUEST) is None


class Client:
    """A blocking-style requestor over asyncio streams, which may also send what is wrong."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.association = Association(Role.REQUESTOR)

    async def ask(self, pdu: Pdu) -> Pdu | Signal:
        self.writer.write(self.association.send(pdu))
        return await self.answer()

    async def answer(self) -> Pdu | Signal:
        while (event := self.association.next_event()) is Signal.NEED_DATA:
            self.association.receive_data(await self.reader.read(65536))
        return event

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def client(port: int) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", port))


def test_an_unknown_operation_is_refused_and_the_association_lives() -> None:
    store = Command(0x0001, message_id=9, sop_class=CT, has_data_set=True)

    async def check() -> Command:
        async with serve(AcceptorPolicy(), "127.0.0.1", 0) as port:
            peer = await client(port)
            assert isinstance(await peer.ask(REQUEST), AssociateAccept)
            for pdu in command_pdus(3, store, 64):
                peer.writer.write(peer.association.send(pdu))
            data_set = Data((Fragment(3, False, True, bytes(1000)),))
            response = await peer.ask(data_set)
            assert isinstance(response, Data)
            whole = CommandAssembler().feed(response.fragments[0])
            assert isinstance(await peer.ask(ReleaseRequest()), ReleaseReply)
            await peer.close()
            assert whole is not None
            return whole[1]

    response = asyncio.run(check())
    assert (response.field, response.responds_to, response.status) == (0x8001, 9, 0x0211)


def test_connections_over_the_bound_are_congestion() -> None:
    async def check() -> list[Pdu | Signal]:
        policy = AcceptorPolicy(connections_bound=2)
        async with serve(policy, "127.0.0.1", 0) as port:
            peers = [await client(port) for _ in range(3)]
            answers = [await peer.ask(REQUEST) for peer in peers]
            for peer in peers:
                await peer.close()
            return answers

    *kept, refused = asyncio.run(check())
    assert all(isinstance(answer, AssociateAccept) for answer in kept)
    assert refused == AssociateReject(2, 3, 1)


@pytest.mark.parametrize("says", [b"", b"\x01\x00\x00"])
def test_an_idle_connection_is_closed(says: bytes) -> None:
    async def check() -> bytes:
        async with serve(AcceptorPolicy(idle_s=0.1), "127.0.0.1", 0) as port:
            peer = await client(port)
            peer.writer.write(says)
            read = await asyncio.wait_for(peer.reader.read(), 5)
            await peer.close()
            return read

    assert asyncio.run(check()) == b""


@pytest.mark.parametrize(
    "says",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x01\x00\xff\xff\xff\xff",
        b"\x07\x00\x00\x00\x00\x04\0\0\0\0",
        b"\x01\x00\x00\x00\x00\x04\0\0\0\0",
    ],
)
def test_a_bad_requestor_is_closed_and_the_next_one_served(says: bytes) -> None:
    async def check() -> Pdu | Signal:
        async with serve(AcceptorPolicy(), "127.0.0.1", 0) as port:
            bad = await client(port)
            bad.writer.write(says)
            await asyncio.wait_for(bad.reader.read(), 5)
            await bad.close()
            good = await client(port)
            answer = await good.ask(REQUEST)
            await good.close()
            return answer

    assert isinstance(asyncio.run(check()), AssociateAccept)


def test_silence_is_kept_until_the_peer_leaves() -> None:
    async def check() -> None:
        async with serve(AcceptorPolicy(is_silent=True), "127.0.0.1", 0) as port:
            peer = await client(port)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await peer.ask(REQUEST)
            await peer.close()

    asyncio.run(check())
