"""The real programs: DCMTK's storescp and Orthanc on private ports and folders."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

READY_S = 20.0
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"


def probe(kind: str, target: Target) -> Observation:
    environment = Environment(AddressPolicy.unrestricted())

    async def run() -> Observation:
        return await registry.get(kind)(target, Limits(), environment)

    return asyncio.run(run())


def program(name: str, package: str) -> str:
    """The path of an installed program; a missing one fails the test and names its package."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        pytest.fail(f"{name} is not installed: apt-get install {package}")
    return path


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the program listens; fail with its log when it ends or takes too long."""
    until = time.monotonic() + READY_S
    pause = threading.Event()
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.05)
    pytest.fail(f"{process.args} does not listen on {port}:\n{log.read_text()}")


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[int]:
    """`command` for as long as the context lasts; gives the port it listens on."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
        try:
            wait_until_open(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="session")
def storescp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of DCMTK's storage SCP with its defaults; it takes any called title."""
    folder, port = tmp_path_factory.mktemp("storescp"), free_port()
    command = [program("storescp", "dcmtk"), str(port), "--output-directory", str(folder)]
    with running(command, port, folder) as port:
        yield port


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The DICOM port of an Orthanc called ORTHANC, which checks its called title."""
    folder, port = tmp_path_factory.mktemp("orthanc"), free_port()
    settings = {
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "DicomCheckCalledAet": True,
        "HttpServerEnabled": False,
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "Plugins": [],
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with running([program("Orthanc", "orthanc"), "orthanc.json"], port, folder) as port:
        yield port
