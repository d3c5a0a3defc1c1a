"""The real programs: DCMTK's storescp and Orthanc on private ports and folders."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target
from dicomcfg.processes import Child
from tests.parts.programs import program
from tests.parts.waiting import free_port, wait_until

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"


def probe(kind: str, target: Target) -> Observation:
    environment = Environment(AddressPolicy.unrestricted())

    async def run() -> Observation:
        return await registry.get(kind)(target, Limits(), environment)

    return asyncio.run(run())


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[int]:
    """`command` for as long as the context lasts; gives the port it listens on."""
    log = folder / "log"
    with log.open("wb") as output:
        child = Child(command[0], command, folder=folder, output=output)
        child.start()

        def listens() -> bool:
            assert child.ended() is None, log.read_text()
            with socket.socket() as sock:
                return sock.connect_ex(("127.0.0.1", port)) == 0

        try:
            wait_until(listens, f"{command[0]} listens on {port}")
            yield port
        finally:
            child.stop()


@pytest.fixture(scope="session")
def storescp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of DCMTK's storage SCP with its defaults; it takes any called title."""
    folder, port = tmp_path_factory.mktemp("storescp"), free_port()
    command = [program("storescp"), str(port), "--output-directory", str(folder)]
    with running(command, port, folder) as port:
        yield port


@contextmanager
def orthanc_with(folder: Path, **settings: object) -> Iterator[int]:
    """An Orthanc called ORTHANC, which checks its called title, with these settings beside."""
    port = free_port()
    usual = {
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowFind": True,
        "HttpServerEnabled": False,
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "Plugins": [],
    }
    (folder / "orthanc.json").write_text(json.dumps(usual | settings))
    with running([program("Orthanc"), "orthanc.json"], port, folder) as port:
        yield port


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The DICOM port of `orthanc_with` no other settings."""
    with orthanc_with(tmp_path_factory.mktemp("orthanc")) as port:
        yield port
