"""TLS by the name of its settings, against a real server with a certificate made for the test."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from dicomcfg.core.diagnosis.observation import Observation, Outcome, StageName
from dicomcfg.network.acceptor import Acceptor, AcceptorPolicy
from dicomcfg.network.names import Resolver
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target
from tests.probes.conftest import ScriptedPeer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`key.pem` and `hospital.pem`, a self-signed certificate for archive.example."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=archive.example -addext subjectAltName=DNS:archive.example"
        " -keyout key.pem -out hospital.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


def echo(folder: Path, tls: str, hostname: str) -> Observation:
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(folder / "hospital.pem", folder / "key.pem")

    async def run() -> Observation:
        acceptor = Acceptor(AcceptorPolicy())
        server = await asyncio.get_running_loop().create_server(
            acceptor.channel, "127.0.0.1", 0, ssl=server_context
        )
        port = server.sockets[0].getsockname()[1]
        environment = Environment(
            AddressPolicy.unrestricted(), Resolver(lambda name, port: ["127.0.0.1"]), folder
        )
        try:
            target = Target(hostname, port, "PEER", "US", tls)
            return await registry.get("echo")(target, Limits(total_s=5.0), environment)
        finally:
            server.close()
            await acceptor.close()
            await server.wait_closed()

    return asyncio.run(run())


def test_an_echo_over_tls(folder: Path) -> None:
    seen = echo(folder, "hospital", "archive.example")
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0)
    assert [stage.name for stage in seen.stages][:3] == ["resolve", "connect", "tls"]


@pytest.mark.parametrize(
    ("tls", "hostname", "detail"),
    [
        ("hospital", "other.example", "name-mismatch"),
        ("default", "archive.example", "unknown-ca"),
        ("key", "archive.example", "settings-missing"),
    ],
)
def test_tls_failures(folder: Path, tls: str, hostname: str, detail: str) -> None:
    seen = echo(folder, tls, hostname)
    assert (seen.outcome, seen.detail) == (Outcome.TLS_FAILURE, detail)
    assert seen.stage is StageName.TLS


def test_a_peer_that_never_shakes_hands(
    scripted_peer: ScriptedPeer, caplog: pytest.LogCaptureFixture
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def run() -> Observation:
        async with scripted_peer(silent) as port:
            environment = Environment(AddressPolicy.unrestricted())
            target = Target("127.0.0.1", port, "PEER", "US", "default")
            return await registry.get("echo")(target, Limits(total_s=0.3), environment)

    seen = asyncio.run(run())
    assert (seen.outcome, seen.detail) == (Outcome.TLS_FAILURE, "timeout")
    assert caplog.records == []
