"""The probes against our own acceptor and the demo network."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dicomcfg.core.diagnosis.observation import Observation, Outcome, Rejection, StageName
from dicomcfg.core.records import PresentationContext
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.network.demo import DEMO_AES, DEMO_HOST, demo_ports, serve_demo
from dicomcfg.network.demo_tls import demo_context
from dicomcfg.network.names import Resolver
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target
from dicomcfg.upper_layer.identity import IMPLEMENTATION_CLASS_UID

VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
LIMITS = Limits(total_s=5.0)


def probe(
    kind: str, target: Target, environment: Environment, policy: AcceptorPolicy
) -> Observation:
    async def run() -> Observation:
        async with serve(policy, "127.0.0.1", 0) as port:
            aimed = Target(**{**vars_of(target), "port": port})
            return await registry.get(kind)(aimed, LIMITS, environment)

    return asyncio.run(run())


def vars_of(target: Target) -> dict[str, object]:
    return {name: getattr(target, name) for name in target.__slots__}


def environment(**given: object) -> Environment:
    return Environment(**{"policy": AddressPolicy.unrestricted(), "host": "worker", **given})


def target(*contexts: PresentationContext, tls: str | None = None) -> Target:
    return Target("127.0.0.1", 0, "PEER", "US", tls, contexts)


def test_echo_tells_everything_of_a_success() -> None:
    seen = probe("echo", target(), environment(), AcceptorPolicy())
    assert (seen.kind, seen.outcome, seen.status) == ("echo", Outcome.SUCCESS, 0)
    names = [stage.name for stage in seen.stages]
    assert names == ["resolve", "connect", "associate", "echo", "release"]
    assert all(stage.outcome == "success" and stage.elapsed_ms >= 0 for stage in seen.stages)
    assert seen.peer.implementation_class_uid == IMPLEMENTATION_CLASS_UID
    assert seen.peer.maximum_length_received == 16384
    assert seen.seen_from is not None
    assert (seen.seen_from.host, seen.seen_from.address) == ("worker", "127.0.0.1")
    assert seen.seen_from.calling_ae_title == "US"
    assert [pdu.direction for pdu in seen.pdus] == ["sent", "received"] * 3
    assert seen.notes == ()


def test_echo_where_verification_is_not_accepted() -> None:
    policy = AcceptorPolicy(abstract_syntaxes=frozenset({CT}))
    seen = probe("echo", target(), environment(), policy)
    assert seen.outcome is Outcome.CONTEXT_NOT_ACCEPTED
    assert [(c.context_id, c.result, c.accepted) for c in seen.contexts] == [(1, 3, None)]
    assert seen.stages[-1].name is StageName.RELEASE


def test_negotiate_proposes_exactly_the_contexts() -> None:
    policy = AcceptorPolicy(
        abstract_syntaxes=frozenset({VERIFICATION, CT}), transfer_syntaxes=(IMPLICIT,)
    )
    contexts = (
        PresentationContext(VERIFICATION, (IMPLICIT,)),
        PresentationContext(CT, (EXPLICIT, IMPLICIT)),
        PresentationContext(CT, (EXPLICIT,)),
        PresentationContext("1.2.3.4", (IMPLICIT,)),
    )
    seen = probe("negotiate", target(*contexts), environment(), policy)
    assert seen.outcome is Outcome.SUCCESS
    assert [(c.request, c.context_id, c.result, c.accepted) for c in seen.contexts] == [
        (1, 1, 0, IMPLICIT),
        (1, 3, 0, IMPLICIT),
        (1, 5, 4, None),
        (1, 7, 3, None),
    ]
    assert [PresentationContext(c.abstract_syntax, c.proposed) for c in seen.contexts] == list(
        contexts
    )


def test_negotiate_splits_at_128() -> None:
    contexts = [PresentationContext(f"1.2.{n}", (IMPLICIT,)) for n in range(130)]
    seen = probe("negotiate", target(*contexts), environment(), AcceptorPolicy())
    assert [c.request for c in seen.contexts] == [1] * 128 + [2] * 2
    assert all(c.result == 0 for c in seen.contexts)
    assert [stage.name for stage in seen.stages].count(StageName.ASSOCIATE) == 1


def test_negotiate_keeps_the_contexts_of_a_refused_association() -> None:
    policy = AcceptorPolicy(ae_title="OTHER")
    seen = probe("negotiate", target(PresentationContext(CT, (IMPLICIT,))), environment(), policy)
    assert seen.outcome is Outcome.ASSOCIATION_REJECTED
    assert seen.rejection == Rejection(1, 1, 7)
    assert [c.result for c in seen.contexts] == [None]


def test_address_policy_is_asked_about_the_resolved_address() -> None:
    given = environment(
        policy=AddressPolicy(), resolver=Resolver(lambda name, port: ["169.254.169.254", "::1"])
    )
    aimed = Target("innocent.example", 104, "PEER", "US")
    seen = asyncio.run(registry.get("echo")(aimed, LIMITS, given))
    assert (seen.outcome, seen.detail) == (Outcome.ADDRESS_NOT_ALLOWED, "cloud-metadata")
    assert seen.address == "169.254.169.254"
    assert seen.pdus == ()


def test_an_allowed_address_is_tried_after_one_that_is_closed() -> None:
    given = environment(resolver=Resolver(lambda name, port: ["127.0.0.2", "127.0.0.1"]))
    aimed = Target("two.example", 0, "PEER", "US")
    seen = probe("echo", aimed, given, AcceptorPolicy())
    assert (seen.outcome, seen.address) == (Outcome.SUCCESS, "127.0.0.1")


@pytest.mark.parametrize("name", ["nowhere", "../../etc/passwd", ""])
def test_tls_settings_that_do_not_exist(name: str, tmp_path: Path) -> None:
    seen = probe("echo", target(tls=name), environment(tls_folder=tmp_path), AcceptorPolicy())
    assert (seen.outcome, seen.detail) == (Outcome.TLS_FAILURE, "settings-missing")


def test_tls_to_a_plaintext_peer() -> None:
    seen = probe("echo", target(tls="default"), environment(), AcceptorPolicy(ae_title="X"))
    assert seen.outcome is Outcome.TLS_FAILURE
    assert seen.detail == "plaintext-peer"
    assert seen.stage is StageName.TLS


def test_the_record_of_pdus_is_bounded() -> None:
    given = environment(pdu_record_bound_bytes=300)
    seen = probe("echo", target(), given, AcceptorPolicy())
    assert sum(len(pdu.hex) // 2 for pdu in seen.pdus) == 300
    assert seen.pdus[-1].length_bytes > len(seen.pdus[-1].hex) // 2


def test_a_title_that_cannot_be_encoded_is_told_not_raised() -> None:
    aimed = Target("127.0.0.1", 0, "T" * 17, "US")
    seen = probe("echo", aimed, environment(), AcceptorPolicy())
    assert (seen.outcome, seen.detail) == (Outcome.PROTOCOL_ERROR, "request-not-encodable")


def test_the_demo_network_shows_each_outcome(tmp_path: Path) -> None:
    published = tmp_path / "tls"
    tls = demo_context(tmp_path / "demo", published, DEMO_HOST)

    async def run() -> dict[str, Observation]:
        async with serve_demo(tls, base_port=0) as ports:
            limits = Limits(total_s=0.5)
            return {
                ae.ae_title: await registry.get("echo")(
                    Target("127.0.0.1", ports[ae.ae_title], ae.ae_title, "US", ae.tls),
                    limits,
                    environment(tls_folder=published),
                )
                for ae in DEMO_AES
            }

    seen = asyncio.run(run())
    assert {title: observation.outcome for title, observation in seen.items()} == {
        "DEMO_PACS": Outcome.SUCCESS,
        "DEMO_STRICT": Outcome.ASSOCIATION_REJECTED,
        "DEMO_RENAMED": Outcome.ASSOCIATION_REJECTED,
        "DEMO_BUSY": Outcome.ASSOCIATION_REJECTED,
        "DEMO_CTMR": Outcome.SUCCESS,
        "DEMO_SILENT": Outcome.ASSOCIATION_TIMEOUT,
        "DEMO_CLOSED": Outcome.CONNECTION_REFUSED,
        "DEMO_HTTP": Outcome.NOT_DICOM,
        "DEMO_TLS": Outcome.SUCCESS,
    }
    assert seen["DEMO_BUSY"].rejection == Rejection(2, 3, 1)
    assert seen["DEMO_STRICT"].rejection == Rejection(1, 1, 3)
    assert seen["DEMO_PACS"].abort is None
    assert list(seen) == [ae.ae_title for ae in DEMO_AES]
    assert sorted(demo_ports(1000).values()) == list(range(1000, 1009))
