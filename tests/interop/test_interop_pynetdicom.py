"""pynetdicom at both ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from pynetdicom import AE, build_role, evt

from dicomcfg.core.diagnosis.observation import Outcome, Rejection
from dicomcfg.core.records import PresentationContext
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.probes.target import Target
from tests.interop.conftest import CT, EXPLICIT, IMPLICIT, probe

VERIFICATION = "1.2.840.10008.1.1"
STATUS = 0x0122


@pytest.fixture
def peer() -> Iterator[tuple[AE, int]]:
    """pynetdicom's acceptor of Verification and CT."""
    ae = AE("PYNET")
    ae.add_supported_context(VERIFICATION, [IMPLICIT])
    ae.add_supported_context(CT, [EXPLICIT, IMPLICIT])
    ae.require_called_aet = True
    server = ae.start_server(("127.0.0.1", 0), block=False)
    assert server is not None
    yield ae, server.socket.getsockname()[1]
    server.shutdown()


def test_echo_to_pynetdicom(peer: tuple[AE, int]) -> None:
    seen = probe("echo", Target("127.0.0.1", peer[1], "PYNET", "DICOMCFG"))
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0)
    assert (seen.peer.implementation_version_name or "").startswith("PYNETDICOM")


def test_pynetdicom_takes_its_own_order(peer: tuple[AE, int]) -> None:
    contexts = (
        PresentationContext(CT, (IMPLICIT, EXPLICIT)),
        PresentationContext(CT, ("1.2.3",)),
        PresentationContext("1.2.3.4", (IMPLICIT,)),
    )
    seen = probe("negotiate", Target("127.0.0.1", peer[1], "PYNET", "US", None, contexts))
    assert [(c.result, c.accepted) for c in seen.contexts] == [
        (0, EXPLICIT),
        (4, None),
        (3, None),
    ]


def test_pynetdicom_refuses_another_title(peer: tuple[AE, int]) -> None:
    seen = probe("echo", Target("127.0.0.1", peer[1], "OTHER", "DICOMCFG"))
    assert seen.rejection == Rejection(1, 1, 7)


def test_a_status_that_is_not_success() -> None:
    ae = AE("PYNET")
    ae.add_supported_context(VERIFICATION)
    server = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_ECHO, lambda event: STATUS)]
    )
    assert server is not None
    try:
        port = server.socket.getsockname()[1]
        seen = probe("echo", Target("127.0.0.1", port, "PYNET", "DICOMCFG"))
    finally:
        server.shutdown()
    assert (seen.outcome, seen.status) == (Outcome.ECHO_FAILED, STATUS)


def test_pynetdicom_to_our_acceptor() -> None:
    def ask(port: int) -> tuple[int, list[str], bool]:
        ae = AE("US")
        ae.add_requested_context(VERIFICATION)
        ae.add_requested_context(CT)
        roles = [build_role(CT, scu_role=True, scp_role=True)]
        association = ae.associate("127.0.0.1", port, ae_title="PEER", ext_neg=roles)
        assert association.is_established
        status = association.send_c_echo().Status
        accepted = [context.abstract_syntax for context in association.accepted_contexts]
        is_scp = association.accepted_contexts[1].as_scp
        association.release()
        assert association.is_released
        return status, accepted, bool(is_scp)

    async def run() -> tuple[int, list[str], bool]:
        async with serve(AcceptorPolicy(ae_title="PEER"), "127.0.0.1", 0) as port:
            return await asyncio.to_thread(ask, port)

    assert asyncio.run(run()) == (0, [VERIFICATION, CT], True)
