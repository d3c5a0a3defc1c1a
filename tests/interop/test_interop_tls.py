"""TLS with DCMTK at both ends, with and without a certificate of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.network.acceptor import AcceptorPolicy
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.network.tls import server_context
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target
from tests.interop.conftest import running
from tests.interop.test_interop_dcmtk import run_program
from tests.parts.certificates import authority, issue
from tests.parts.programs import program
from tests.parts.waiting import free_port

CA = authority()
Storescp: TypeAlias = Callable[..., int]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings `peer` for the programs, and ours: `plain`, `own` with a certificate, `foreign`."""
    folder = tmp_path_factory.mktemp("tls")
    issue(CA, "localhost", names=("localhost", "127.0.0.1")).write(folder / "peer")
    issue(CA, "worker.example").write(folder / "own")
    issue(authority("Elsewhere"), "worker.example").write(folder / "foreign")
    (folder / "plain").mkdir()
    for name in ("peer", "own", "foreign", "plain"):
        (folder / name / "ca.pem").write_bytes(CA.pem)
    return folder


@pytest.fixture
def storescp(folder: Path, tmp_path: Path) -> Iterator[Storescp]:
    """Starts DCMTK's storage SCP over TLS with more options, and gives its port."""
    with ExitStack() as stack:

        def start(*options: str) -> int:
            port, peer = free_port(), folder / "peer"
            files = [str(peer / "key.pem"), str(peer / "certificate.pem")]
            command = [program("storescp"), "+tls", *files, "+cf", str(peer / "ca.pem"), *options]
            return stack.enter_context(running([*command, str(port)], port, tmp_path))

        yield start


def echo(port: int, folder: Path, tls: str | None) -> Observation:
    environment = Environment(AddressPolicy.unrestricted(), tls_folder=folder)
    target = Target("127.0.0.1", port, "ANY-SCP", "DICOMCFG", tls)

    async def run() -> Observation:
        return await registry.get("echo")(target, Limits(), environment)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("options", "tls", "outcome", "detail"),
    [
        (["-ic"], "plain", Outcome.SUCCESS, None),
        (["-vc"], "plain", Outcome.SUCCESS, None),
        (["-rc"], "own", Outcome.SUCCESS, None),
        (["-rc", "+px"], "own", Outcome.SUCCESS, None),
        (["-rc"], "plain", Outcome.TLS_FAILURE, "client-certificate-required"),
        (["-rc"], "foreign", Outcome.TLS_FAILURE, "client-certificate-refused"),
        (["-ic"], "default", Outcome.TLS_FAILURE, "unknown-ca"),
        (["-ic"], None, Outcome.NOT_DICOM, "tls-peer"),
    ],
)
def test_echo_to_storescp_over_tls(
    storescp: Storescp,
    folder: Path,
    options: list[str],
    tls: str | None,
    outcome: Outcome,
    detail: str | None,
) -> None:
    seen = echo(storescp(*options), folder, tls)
    assert (seen.outcome, seen.detail) == (outcome, detail)
    assert seen.tls is not None
    assert [each.subject for each in seen.tls.chain] == ["CN=localhost", "CN=Hospital CA"]
    if tls in ("plain", "own", "foreign"):
        assert seen.tls.client_certificate_requested is (options[0] != "-ic")


def test_tls_to_a_storescp_in_clear(tmp_path: Path, folder: Path) -> None:
    port = free_port()
    with running([program("storescp"), str(port)], port, tmp_path):
        seen = echo(port, folder, "plain")
    assert (seen.outcome, seen.detail) == (Outcome.TLS_FAILURE, "plaintext-peer")


@pytest.mark.parametrize(
    ("wants", "ours", "works"),
    [(False, "own", True), (True, "own", True), (True, "foreign", False)],
)
def test_echoscu_to_our_acceptor_over_tls(
    folder: Path, wants: bool, ours: str, works: bool
) -> None:
    tls = server_context("peer", folder, wants_client_certificate=wants)
    files = [str(folder / ours / name) for name in ("key.pem", "certificate.pem")]
    command = [program("echoscu"), "-v", "+tls", *files, "+cf", str(folder / "own" / "ca.pem")]
    code, printed = asyncio.run(run_program(AcceptorPolicy(), [*command, "127.0.0.1", "PORT"], tls))
    assert (code == 0) is works, printed
    assert ("Received Echo Response (Success)" in printed) is works


def test_echoscu_in_clear_to_our_acceptor_over_tls(folder: Path) -> None:
    tls = server_context("peer", folder, wants_client_certificate=False)
    command = [program("echoscu"), "127.0.0.1", "PORT"]
    code, printed = asyncio.run(run_program(AcceptorPolicy(), command, tls))
    assert code != 0
    assert "Association Request Failed" in printed
