"""What Orthanc makes of the files that we write, and of broken ones, against what we say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.bundle import Given, read_files
from dicomcfg.core.formats.orthanc.orthanc_names import KNOWN_SYNTAXES
from dicomcfg.core.formats.orthanc.orthanc_settings import REFUSES
from dicomcfg.core.records import Ae, Association, Connection, Device, Document, TransferCapability
from dicomcfg.probes.target import DiscoverSettings, Target
from dicomcfg.processes import Child
from tests.interop.conftest import CT, EXPLICIT, IMPLICIT, probe, running
from tests.parts.programs import program
from tests.parts.waiting import free_ports, wait_until

JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"


def private_settings(folder: Path, http_port: int) -> dict[str, Any]:
    """What keeps an Orthanc to itself: its ports and its folder."""
    return {
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "Plugins": [],
    }


def put_files(folder: Path, ports: int, files: dict[str, bytes]) -> Path:
    """A folder of configuration: `files` beside the settings that keep it to itself."""
    conf = folder / "conf"
    conf.mkdir(parents=True)
    (conf / "private.json").write_text(json.dumps(private_settings(folder, ports)))
    for name, data in files.items():
        (conf / name).write_bytes(data)
    return conf


def modalities_of(http_port: int) -> dict[str, dict[str, Any]]:
    """What Orthanc lists, when it does: its two servers start one after the other."""

    def ask() -> dict[str, dict[str, Any]] | None:
        try:
            answer = httpx.get(
                f"http://127.0.0.1:{http_port}/modalities?expand", trust_env=False, timeout=10
            )
        except httpx.TransportError as error:
            raise OSError from error
        listed: dict[str, dict[str, Any]] = answer.json()
        return {"": {}} if listed == {} else listed

    return wait_until(ask, f"Orthanc answers on {http_port}")


WRITTEN = Document(
    "test",
    devices=(Device("ct", "ct-one"), Device("r", "Room 3")),
    aes=(
        Ae(
            "OWN${X}",
            "OWN${X}",
            transfer_capabilities=(
                TransferCapability(CT, "SCP", (JPEG_LOSSLESS, IMPLICIT)),
                TransferCapability("1.2.840.10008.5.1.4.1.1.4", "SCP", (IMPLICIT,)),
            ),
        ),
        Ae("CT1", "CT1", device="ct", connections=(Connection("10.0.0.5", 104),)),
        Ae("MR 2", "MR 2", device="r", connections=(Connection("::1", 65534, "ward"),)),
        Ae("PACS", "PACS", connections=(Connection("pacs.example", 11112),)),
    ),
    associations=(Association("CT1", "PACS"),),
)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """An Orthanc with the file that we wrote: its HTTP and its DICOM port."""
    folder, http_port = tmp_path_factory.mktemp("ours"), free_ports(2)
    written = registry.write(WRITTEN, "orthanc-json")
    port = json.dumps({"DicomPort": http_port + 1, "DicomCheckCalledAet": True}).encode()
    conf = put_files(folder, http_port, {"dicomcfg.json": written.data, "port.json": port})
    with running([program("Orthanc"), str(conf)], http_port + 1, folder):
        yield http_port, http_port + 1


def test_orthanc_lists_what_we_wrote(ours: tuple[int, int]) -> None:
    listed = {
        name: (each["AET"], each["Host"], each["Port"], each["UseDicomTls"], each["LocalAet"])
        for name, each in modalities_of(ours[0]).items()
    }
    assert listed == {
        "ct-one": ("CT1", "10.0.0.5", 104, False, ""),
        "Room-3": ("MR 2", "::1", 65534, True, ""),
        "PACS": ("PACS", "pacs.example", 11112, False, "CT1"),
    }


def test_orthanc_accepts_the_syntaxes_that_we_wrote(ours: tuple[int, int]) -> None:
    syntaxes = (IMPLICIT, EXPLICIT, JPEG_LOSSLESS, "1.2.840.10008.1.2.4.90")
    target = Target(
        *("127.0.0.1", ours[1], "OWN${X}", "DICOMCFG"), discover=DiscoverSettings((CT,), syntaxes)
    )
    seen = probe("discover", target)
    assert seen.outcome is Outcome.SUCCESS
    assert seen.discovery is not None
    row = seen.discovery.matrix.rows[0]
    accepted = [uid for uid, cell in zip(syntaxes, row, strict=True) if cell == "0"]
    assert accepted == [IMPLICIT, JPEG_LOSSLESS]


ODD = b"""\xef\xbb\xbf// Starts, and is not what it looks like.
{
  "DicomPort": 4242, "dicomModalities": {"lost": ["LOST", "h", 1]},
  "DicomPort": %d,
  "AcceptedTransferSyntaxes": ["1.2.840.10008.1.2.4.?0", "*.5", "1.2.840.10008.1.2", "1.9.9"],
  "JpegTransferSyntaxAccepted": false,
  "DicomModalities": {
    "a": ["LONGER-THAN-SIXTEEN", "h", "104",],
    "b": ["B", "${NOBODY_SAYS:-10.0.0.1}", 104, "Dcm4Chee"],
    "c": {"AET": "C", "Host": "h", "Port": 104, "allowecho": false},
    "b": ["B2", "h", 105]
  },
}
the rest is not looked at
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, bytes]]:
    """An Orthanc with a file that looks otherwise than it is: its ports, and the file."""
    folder, http_port = tmp_path_factory.mktemp("odd"), free_ports(2)
    data = ODD % (http_port + 1)
    conf = put_files(folder, http_port, {"odd.json": data})
    with running([program("Orthanc"), str(conf)], http_port + 1, folder):
        yield http_port, http_port + 1, data


def test_orthanc_starts_with_an_odd_file_as_our_findings_say(odd: tuple[int, int, bytes]) -> None:
    listed = modalities_of(odd[0])
    assert {name: (each["AET"], each["Host"], each["Port"]) for name, each in listed.items()} == {
        "a": ("LONGER-THAN-SIXTEEN", "h", 104),
        "b": ("B2", "h", 105),
        "c": ("C", "h", 104),
    }
    assert listed["c"]["AllowEcho"] is True
    document = registry.read(odd[2], format="orthanc-json")
    assert not any(REFUSES in finding.message for finding in document.findings)
    assert [(ae.ae_title, ae.device) for ae in document.aes] == [("C", "c"), ("B2", "b")]
    assert {(finding.code, finding.line) for finding in document.findings} >= {
        ("orthanc-key-ignored", 3),
        ("json-name-repeated", 4),
        ("orthanc-uid-ignored", 5),
        ("ae-title-too-long", 8),
        ("orthanc-key-ignored", 10),
        ("json-name-repeated", 11),
    }


def test_patterns_and_groups_mean_to_us_what_they_mean_to_orthanc(
    odd: tuple[int, int, bytes],
) -> None:
    of_own = odd[2].replace(b'"dicomModalities"', f'"AcceptedSopClasses": ["{CT}"], "x"'.encode())
    own = registry.read(of_own, format="orthanc-json").aes[0]
    settings = DiscoverSettings((CT,), KNOWN_SYNTAXES)
    seen = probe("discover", Target("127.0.0.1", odd[1], "ANY", "DICOMCFG", discover=settings))
    assert seen.discovery is not None
    row = seen.discovery.matrix.rows[0]
    accepted = {uid for uid, cell in zip(KNOWN_SYNTAXES, row, strict=True) if cell == "0"}
    # Ours has what the file says and Orthanc ignores, with a finding.
    assert accepted | {"1.9.9"} == set(own.transfer_capabilities[0].transfer_syntaxes)


def _modality(entry: str) -> dict[str, bytes]:
    return {"a.json": f'{{"DicomModalities": {{"a": {entry}}}}}'.encode()}


BROKEN = {
    "no comma": {"a.json": b'{"DicomAet": "A"\n"DicomModalities": {}}'},
    "hash comment": {"a.json": b'# note\n{"DicomModalities": {}}'},
    "utf-16": {"a.json": '{"DicomModalities": {}}'.encode("utf-16")},
    "section twice": {"a.json": b'{"DicomModalities": {}}', "b.json": b'{"DicomModalities": {}}'},
    "name with a space": {"a.json": b'{"DicomModalities": {"a b": ["A", "h", 104]}}'},
    "port 65535": _modality('["A", "h", 65535]'),
    "port as a fraction": _modality('["A", "h", 104.0]'),
    "manufacturer": _modality('["A", "h", 104, "Acme"]'),
    "truth as a text": _modality('{"AET": "A", "Host": "h", "Port": 104, "AllowEcho": "true"}'),
    "no host": _modality('{"AET": "A", "Port": 104}'),
    "own title too long": {"a.json": b'{"DicomAet": "LONGER-THAN-SIXTEEN"}'},
    "group as a text": {"a.json": b'{"JpegTransferSyntaxAccepted": "false"}'},
    "nested too deep": {"a.json": b'{"DicomModalities": {}, "X": ' + b"[" * 1_200 + b"]" * 1_200},
}


def _exit_code(folder: Path, ports: int, files: dict[str, bytes]) -> int:
    folder.mkdir()
    conf = put_files(folder, ports, {**files, "port.json": b'{"DicomPort": %d}' % (ports + 1)})
    with (folder / "log").open("wb") as output:
        child = Child("Orthanc", [program("Orthanc"), str(conf)], folder=folder, output=output)
        child.start()
        try:
            wait_until(lambda: child.ended() is not None, "Orthanc refuses to start")
        finally:
            child.stop()
    code = child.ended()
    assert code is not None
    return code


@pytest.fixture(scope="module")
def exit_codes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How Orthanc ended with each broken folder; two at a time."""
    folder = tmp_path_factory.mktemp("broken")
    ports = [free_ports(2) for _ in BROKEN]
    with ThreadPoolExecutor(2) as pool:
        codes = pool.map(
            lambda each: _exit_code(folder / each[0], each[1], BROKEN[each[0]]),
            zip(BROKEN, ports, strict=True),
        )
        return dict(zip(BROKEN, codes, strict=True))


@pytest.mark.parametrize("name", BROKEN)
def test_orthanc_refuses_what_we_say_it_refuses(name: str, exit_codes: dict[str, int]) -> None:
    assert exit_codes[name] != 0
    files = [Given(file, data, "orthanc-json") for file, data in BROKEN[name].items()]
    document = read_files(files).document
    assert any(finding.message.startswith(REFUSES) for finding in document.findings)
