"""TLS by the name of its settings, against real servers with certificates made for the test."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import Observation, Outcome, StageName
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.network.names import Resolver
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.network.provider import FindAnswers
from dicomcfg.network.tls import server_context
from dicomcfg.probes import registry
from dicomcfg.probes.echo import VERIFICATION_CONTEXT
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import (
    DiscoverSettings,
    FindSettings,
    Limits,
    StoreSettings,
    Target,
)
from tests.parts.certificates import Pair, authority, issue
from tests.probes.conftest import Script, ScriptedPeer

TlsPeer: TypeAlias = Callable[[ssl.SSLContext], int]
HOST = "archive.example"
CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
CA = authority()
MIDDLE = issue(CA, "Middle CA", is_authority=True)
PEERS = {
    "peer": issue(CA, HOST),
    "peer-below-middle": issue(MIDDLE, HOST),
    "peer-ends-soon": issue(CA, HOST, days=12),
    "peer-expired": issue(CA, HOST, days=-4),
    "peer-of-tomorrow": issue(CA, HOST, begins_in_days=3),
    "peer-by-address": issue(CA, HOST, names=("127.0.0.1",)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings of both ends: a peer's by the name of its certificate, ours as below."""
    folder = tmp_path_factory.mktemp("tls")
    for name, pair in PEERS.items():
        (pair.write(folder / name) / "ca.pem").write_bytes(CA.pem)
    ours: dict[str, Pair | None] = {
        "plain": None,
        "with-certificate": issue(CA, "worker.example"),
        "with-foreign-certificate": issue(authority("Elsewhere CA"), "worker.example"),
        "strict": None,
        "renamed": None,
        "nameless": None,
    }
    for name, own in ours.items():
        (folder / name).mkdir()
        if own is not None:
            own.write(folder / name)
        (folder / name / "ca.pem").write_bytes(CA.pem)
    (folder / "strict" / "settings.toml").write_text('profile = "bcp195-nd"')
    (folder / "renamed" / "settings.toml").write_text(f'server_name = "{HOST}"')
    (folder / "nameless" / "settings.toml").write_text("check_name = false")
    (folder / "locked").mkdir()
    (folder / "locked" / "ca.pem").write_bytes(CA.pem)
    (folder / "locked" / "certificate.pem").write_bytes(PEERS["peer"].pem)
    (folder / "locked" / "key.pem").write_bytes(PEERS["peer"].key_pem(b"secret"))
    return folder


@pytest.fixture
def tls_peer() -> Iterator[TlsPeer]:
    """A port on which OpenSSL's own blocking server shakes hands and reads until it is left.

    asyncio's server would close without the alert that tells why.
    """
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def listen(context: ssl.SSLContext) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(10)
        listeners.append(listener)

        def body() -> None:
            sock, _ = listener.accept()
            sock.settimeout(10)
            with sock, suppress(OSError), context.wrap_socket(sock, server_side=True) as connection:
                while connection.recv(4096):
                    pass

        threads.append(threading.Thread(target=body))
        threads[-1].start()
        port: int = listener.getsockname()[1]
        return port

    yield listen
    for thread in threads:
        thread.join(10)
    for listener in listeners:
        listener.close()


def environment_of(folder: Path | None) -> Environment:
    return Environment(
        AddressPolicy.unrestricted(), Resolver(lambda name, port: ["127.0.0.1"]), folder
    )


async def ask(
    folder: Path | None,
    port: int,
    tls: str | None = "plain",
    hostname: str = HOST,
    total_s: float = 5.0,
) -> Observation:
    target = Target(hostname, port, "PEER", "US", tls)
    return await registry.get("echo")(target, Limits(total_s=total_s), environment_of(folder))


def echo(
    folder: Path,
    tls: str | None = "plain",
    *,
    peer: str | None = "peer",
    hostname: str = HOST,
    wants: bool = False,
    shape: Callable[[ssl.SSLContext], None] = lambda context: None,
) -> Observation:
    """One echo of our own acceptor, in clear if `peer` is None."""
    context = None
    if peer is not None:
        context = server_context(peer, folder, wants_client_certificate=wants)
        shape(context)

    async def run() -> Observation:
        async with serve(AcceptorPolicy(), "127.0.0.1", 0, tls=context) as port:
            return await ask(folder, port, tls, hostname)

    return asyncio.run(run())


def code(seen: Observation) -> str:
    return diagnose(seen, "PEER")[0].code


@pytest.mark.parametrize(
    ("peer", "tls", "hostname"),
    [
        ("peer", "plain", HOST),
        ("peer", "strict", HOST),
        ("peer", "renamed", "127.0.0.1"),
        ("peer", "nameless", "127.0.0.1"),
        ("peer-below-middle", "plain", HOST),
        ("peer-by-address", "plain", "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_echo_over_tls(
    folder: Path, peer: str, tls: str, hostname: str, newest: ssl.TLSVersion
) -> None:
    def shape(context: ssl.SSLContext) -> None:
        context.maximum_version = newest

    seen = echo(folder, tls, peer=peer, hostname=hostname, shape=shape)
    assert (seen.outcome, seen.status, seen.detail) == (Outcome.SUCCESS, 0, None)
    assert [stage.name for stage in seen.stages][:3] == ["resolve", "connect", "tls"]
    assert seen.tls is not None
    assert seen.tls.version == ("TLSv1.3" if newest is ssl.TLSVersion.TLSv1_3 else "TLSv1.2")
    assert (seen.tls.bits or 0) >= 128
    assert seen.tls.cipher
    assert seen.tls.client_certificate_requested is False
    subjects = [each.subject for each in seen.tls.chain]
    middle = ["CN=Middle CA"] if peer == "peer-below-middle" else []
    assert subjects == [f"CN={HOST}", *middle]
    assert seen.tls.chain[0].days_left == 90
    assert code(seen) == "echo-answered"


def test_our_certificate_is_shown_where_it_is_asked_for(folder: Path) -> None:
    seen = echo(folder, "with-certificate", wants=True)
    assert seen.outcome is Outcome.SUCCESS
    assert seen.tls is not None
    assert seen.tls.client_certificate_requested is True


def test_a_certificate_that_ends_soon_is_told_on_success(folder: Path) -> None:
    first, second = diagnose(echo(folder, peer="peer-ends-soon"), "PEER")
    assert (first.code, second.code) == ("echo-answered", "tls-certificate-ends-soon")
    assert f"CN={HOST}, issued by CN=Hospital CA" in second.message
    assert "in 12 days" in second.message


@pytest.mark.parametrize(
    ("peer", "tls", "hostname", "detail", "finding", "chain"),
    [
        ("peer", "plain", "other.example", "name-mismatch", "tls-name-mismatch", 1),
        ("peer", "plain", "127.0.0.1", "name-mismatch", "tls-name-mismatch", 1),
        ("peer", "default", HOST, "unknown-ca", "tls-unknown-authority", 1),
        ("peer-below-middle", "default", HOST, "unknown-ca", "tls-unknown-authority", 2),
        ("peer-expired", "plain", HOST, "expired", "tls-certificate-expired", 1),
        (
            "peer-of-tomorrow",
            "plain",
            HOST,
            "not-yet-valid",
            "tls-certificate-not-yet-valid",
            1,
        ),
        ("peer", "nowhere", HOST, "settings-missing", "tls-settings-missing", None),
        ("peer", "locked", HOST, "key-unusable", "tls-key-unusable", None),
        (None, "plain", HOST, "plaintext-peer", "tls-plaintext-peer", 0),
        ("peer", None, HOST, "tls-peer", "tls-peer", 1),
    ],
)
def test_failures_are_told_apart(
    folder: Path,
    peer: str | None,
    tls: str | None,
    hostname: str,
    detail: str,
    finding: str,
    chain: int | None,
) -> None:
    seen = echo(folder, tls, peer=peer, hostname=hostname)
    assert seen.outcome is (Outcome.NOT_DICOM if tls is None else Outcome.TLS_FAILURE)
    assert (seen.detail, code(seen)) == (detail, finding)
    assert (len(seen.tls.chain) if seen.tls else None) == chain
    assert seen.status is None
    if tls is not None:
        assert seen.stage is StageName.TLS
        assert seen.pdus == ()


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("tls", "detail"),
    [
        ("plain", "client-certificate-required"),
        ("with-foreign-certificate", "client-certificate-refused"),
    ],
)
def test_peers_that_want_a_certificate(
    folder: Path, tls: str, detail: str, newest: ssl.TLSVersion, tls_peer: TlsPeer
) -> None:
    context = server_context("peer", folder, wants_client_certificate=True)
    context.maximum_version = newest
    seen = asyncio.run(ask(folder, tls_peer(context), tls))
    assert (seen.outcome, seen.detail) == (Outcome.TLS_FAILURE, detail)
    assert seen.tls is not None
    assert seen.tls.client_certificate_requested is True
    assert code(seen) == f"tls-{detail}"


def test_no_version_in_common(folder: Path, tls_peer: TlsPeer) -> None:
    context = server_context("peer", folder, wants_client_certificate=False)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    seen = asyncio.run(ask(folder, tls_peer(context)))
    assert (seen.detail, code(seen)) == ("no-common-version", "tls-no-common-version")


def test_no_cipher_in_common(folder: Path, tls_peer: TlsPeer) -> None:
    context = server_context("peer", folder, wants_client_certificate=False)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA")
    seen = asyncio.run(ask(folder, tls_peer(context)))
    assert (seen.detail, code(seen)) == ("no-common-cipher", "tls-no-common-cipher")


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def half_a_record(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x03\x00\x7a\x02\x00")
    await reader.read()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A ServerHello that announces 16 MB, in whole records, for as long as anybody reads."""
    writer.write(b"\x16\x03\x03\x40\x00\x0b\xff\xff\xff" + bytes(0x4000 - 4))
    while True:
        writer.write(b"\x16\x03\x03\x40\x00" + bytes(0x4000))
        await writer.drain()


async def oversized(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x03\xff\xff" + bytes(0xFFFF))
    await reader.read()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(range(200, 256)) * 100)
    await reader.read()


async def alert_of_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x15\x03\x03\x00\x02\x02\xee")


async def close_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        (hang, "timeout"),
        (half_a_record, "timeout"),
        (drip, "handshake-failed"),
        (oversized, "handshake-failed"),
        (garbage, "plaintext-peer"),
        (alert_of_nothing, "handshake-failed"),
        (close_after_hello, "connection-closed"),
    ],
)
def test_hostile_handshakes_end_in_time(
    scripted_peer: ScriptedPeer,
    script: Script,
    detail: str,
    caplog: pytest.LogCaptureFixture,
    folder: Path,
) -> None:
    async def run() -> tuple[Observation, float]:
        async with scripted_peer(script) as port:
            loop = asyncio.get_running_loop()
            before = loop.time()
            return await ask(folder, port, total_s=0.5), loop.time() - before

    seen, elapsed = asyncio.run(run())
    assert (seen.outcome, seen.detail) == (Outcome.TLS_FAILURE, detail)
    assert seen.stage is StageName.TLS
    assert elapsed < 3
    assert caplog.records == []


def test_a_peer_in_clear_that_only_closes_is_not_taken_for_tls(
    scripted_peer: ScriptedPeer, folder: Path
) -> None:
    async def run() -> Observation:
        async with scripted_peer(close_after_hello) as port:
            return await ask(folder, port, None)

    seen = asyncio.run(run())
    assert seen.outcome is Outcome.CONNECTION_CLOSED
    assert seen.tls is None


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_kind_over_tls(folder: Path, kind: str) -> None:
    tls = server_context("peer", folder, wants_client_certificate=True)
    policy = AcceptorPolicy(find=FindAnswers(), store_status=0)

    async def run() -> Observation:
        async with serve(policy, "127.0.0.1", 0, tls=tls) as port:
            target = Target(
                HOST,
                port,
                "PEER",
                "US",
                "with-certificate",
                (VERIFICATION_CONTEXT,),
                discover=DiscoverSettings((CT, "1.2.3"), (EXPLICIT,)),
                find=FindSettings(STUDY_ROOT),
                store=StoreSettings(CT, EXPLICIT),
            )
            return await registry.get(kind)(target, Limits(total_s=10.0), environment_of(folder))

    seen = asyncio.run(run())
    assert seen.outcome is Outcome.SUCCESS
    assert seen.tls is not None
    assert seen.tls.chain[0].subject == f"CN={HOST}"
    assert seen.tls.client_certificate_requested
