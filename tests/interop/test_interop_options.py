"""pynetdicom's acceptor about everything that a request says beside its contexts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest
from pynetdicom import AE, evt
from pynetdicom.events import Event

from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import Observation, Outcome, Rejection
from dicomcfg.core.negotiation.options import (
    CommonExtendedNegotiation,
    Identity,
    RequestOptions,
)
from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.probes.target import LadderSettings, Negotiation, Target
from tests.interop.conftest import CT, IMPLICIT, probe

VERIFICATION, MR = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.4"
VARIABLE = "DICOMCFG_PASSCODE_INTEROP"
CONTEXTS = (PresentationContext(CT, (IMPLICIT,)), PresentationContext(MR, (IMPLICIT,)))
Handlers = list[tuple[object, Callable[[Event], object]]]


@contextmanager
def pynetdicom(handlers: Handlers | None = None) -> Iterator[tuple[AE, int]]:
    """An acceptor that knows CT in both roles, MR as SCP only, and checks its title."""
    ae = AE("PYNET")
    ae.add_supported_context(VERIFICATION, [IMPLICIT])
    ae.add_supported_context(CT, [IMPLICIT], scu_role=True, scp_role=True)
    ae.add_supported_context(MR, [IMPLICIT], scu_role=True, scp_role=False)
    ae.require_called_aet = True
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers or [])
    assert server is not None
    try:
        yield ae, server.socket.getsockname()[1]
    finally:
        server.shutdown()


def negotiate(
    peer: AbstractContextManager[tuple[AE, int]], options: RequestOptions
) -> tuple[Observation, list[str]]:
    with peer as (_, port):
        target = Target("127.0.0.1", port, "PYNET", "US", None, CONTEXTS, options)
        seen = probe("negotiate", target)
    codes = [finding.code for finding in diagnose(seen, "PYNET", options=options)]
    return seen, codes[1:]


def test_roles_granted_and_denied() -> None:
    options = RequestOptions((RoleSelection(CT, True, True), RoleSelection(MR, True, True)))
    seen, codes = negotiate(pynetdicom(), options)
    assert seen.answer is not None
    assert [context.result for context in seen.contexts] == [0, 0]
    assert seen.answer.role_selections == (
        RoleSelection(CT, True, True),
        RoleSelection(MR, True, False),
    )
    assert codes == ["roles-accepted", "roles-refused"]


def test_roles_that_were_not_proposed_are_not_answered() -> None:
    seen, codes = negotiate(pynetdicom(), RequestOptions())
    assert seen.answer is not None
    assert seen.answer.role_selections == ()
    assert codes == []


def test_extended_negotiation_and_window() -> None:
    heard: list[dict[str, object]] = []

    def extended(event: Event) -> dict[str, bytes]:
        return dict.fromkeys(event.app_info, b"\x01\x00")

    def common(event: Event) -> dict[str, object]:
        heard.append(event.items)
        return dict(event.items)

    handlers: Handlers = [
        (evt.EVT_SOP_EXTENDED, extended),
        (evt.EVT_SOP_COMMON, common),
        (evt.EVT_ASYNC_OPS, lambda event: (1, 2)),
    ]
    options = RequestOptions(
        extended_negotiations=(ExtendedNegotiation(CT, "0101"),),
        common_extended_negotiations=(
            CommonExtendedNegotiation(MR, "1.2.840.10008.4.2", ("1.2.3",)),
        ),
        asynchronous_window=(4, 5),
    )
    seen, codes = negotiate(pynetdicom(handlers), options)
    assert seen.answer is not None
    assert seen.answer.extended_negotiations == (ExtendedNegotiation(CT, "0100"),)
    # It always answers 1/1, as it does one operation at a time.
    assert seen.answer.asynchronous_window == (1, 1)
    assert MR in heard[0]
    assert codes == ["window-narrowed", "extended-negotiation-answered"]


@pytest.mark.parametrize(("variable", "kind"), [(None, 1), (VARIABLE, 2)])
def test_user_identity(variable: str | None, kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "open sesame")
    heard: list[tuple[int, bytes, bytes]] = []

    def verify(event: Event) -> tuple[bool, bytes]:
        heard.append((event.user_id_type, event.primary_field, event.secondary_field))
        return True, b"ticket"

    options = RequestOptions(identity=Identity("someone", variable, response_requested=True))
    seen, codes = negotiate(pynetdicom([(evt.EVT_USER_ID, verify)]), options)
    assert heard == [(kind, b"someone", b"open sesame" if variable else b"")]
    assert seen.answer is not None
    # It verifies names and passcodes, but acknowledges Kerberos, SAML and JWT only.
    assert seen.answer.identity_response_bytes is None
    assert codes == ["identity-not-acknowledged"]


def test_user_identity_that_is_refused_or_unknown() -> None:
    options = RequestOptions(identity=Identity("someone", response_requested=True))
    refusing: Handlers = [(evt.EVT_USER_ID, lambda event: (False, None))]
    seen, _ = negotiate(pynetdicom(refusing), options)
    assert seen.rejection is not None
    seen, codes = negotiate(pynetdicom(), options)
    assert seen.outcome is Outcome.SUCCESS
    assert codes == ["identity-not-acknowledged"]


def test_how_pynetdicom_refuses() -> None:
    with pynetdicom() as (_, port):
        seen = probe("refusal", Target("127.0.0.1", port, "PYNET", "US"))
    _, application, called, calling, abstract, transfer = seen.trials
    assert application.outcome is Outcome.SUCCESS
    assert called.rejection == Rejection(1, 1, 7)
    assert calling.outcome is Outcome.SUCCESS
    assert [context.result for context in abstract.contexts] == [0, 3]
    assert [context.result for context in transfer.contexts] == [0, 4]


def test_ladder_to_pynetdicom() -> None:
    negotiation = Negotiation("US to PYNET", "US", CONTEXTS)
    with pynetdicom() as (_, port):
        target = Target("127.0.0.1", port, "PYNET", "US", ladder=LadderSettings((negotiation,)))
        seen = probe("ladder", target)
        settings = LadderSettings((negotiation,), ("pynet", "PYNET"))
        renamed = probe("ladder", replace(target, called_ae_title="Pynet", ladder=settings))
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0)
    assert [context.result for context in seen.trials[0].contexts] == [0, 0]
    assert [trial.outcome for trial in renamed.trials] == [
        Outcome.ASSOCIATION_REJECTED,
        Outcome.SUCCESS,
    ]


@pytest.mark.parametrize("peer", ["storescp", "orthanc"])
def test_other_peers_take_what_they_do_not_know(peer: str, request: pytest.FixtureRequest) -> None:
    port = request.getfixturevalue(peer)
    options = RequestOptions(
        (RoleSelection(CT, True, True),),
        (ExtendedNegotiation(CT, "0101"),),
        asynchronous_window=(4, 4),
        identity=Identity("someone", response_requested=True),
        maximum_length=0,
    )
    target = Target("127.0.0.1", port, "ORTHANC", "US", None, CONTEXTS, options)
    seen = probe("negotiate", target)
    assert seen.outcome is Outcome.SUCCESS
    assert [context.result for context in seen.contexts] == [0, 0]
    assert seen.answer is not None
    refusal = probe("refusal", replace(target, options=RequestOptions()))
    assert refusal.outcome is Outcome.SUCCESS
    assert len(refusal.trials) == 6
