"""The acceptors that benchmarks talk to, each a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.waiting import wait_until
from tests.parts.waiting import free_port

ROOT = Path(__file__).resolve().parent.parent
READY_S = 10.0


@contextmanager
def canned_acceptor() -> Iterator[int]:
    """The canned acceptor's port."""
    command = [sys.executable, "-m", "benchmarks.canned_acceptor"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def storescp(*options: str) -> Iterator[int]:
    """The port of DCMTK's storage SCP."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["storescp", *options, "--output-directory", folder, str(port)]
        with _listening(command, port, folder):
            yield port


@contextmanager
def orthanc() -> Iterator[int]:
    """The port of an Orthanc that takes any title, with its defaults otherwise."""
    port = free_port()
    with _orthanc(port, DicomPort=port, HttpServerEnabled=False):
        yield port


@contextmanager
def orthanc_rest(modalities: Mapping[str, tuple[str, int]]) -> Iterator[int]:
    """The port of the REST interface of an Orthanc that knows modalities by host and port."""
    port = free_port()
    with _orthanc(
        port,
        DicomPort=free_port(),
        HttpPort=port,
        AuthenticationEnabled=False,
        RemoteAccessAllowed=False,
        DicomModalities={name: ["CANNED", *where] for name, where in modalities.items()},
    ):
        yield port


@contextmanager
def _orthanc(port: int, **settings: Any) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        places = {"StorageDirectory": folder, "IndexDirectory": folder, "Plugins": []}
        Path(folder, "orthanc.json").write_text(json.dumps(places | settings))
        with _listening(["Orthanc", "orthanc.json"], port, folder):
            yield


def _is_open(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _listening(command: list[str], port: int, folder: str) -> Iterator[None]:
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: _is_open(port), look_s=0.05, within_s=READY_S)
            yield
        finally:
            process.kill()
