"""Find and store against the real programs: Orthanc, storescp, dcmqrscp, wlmscpfs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.probes.objects.frames import HTJ2K_LOSSLESS
from dicomcfg.probes.objects.identifiers import FIND_CLASSES
from dicomcfg.probes.objects.making import offered
from dicomcfg.probes.target import FindSettings, StoreSettings, Target
from tests.interop.conftest import CT, EXPLICIT, IMPLICIT, probe, running
from tests.parts.programs import program
from tests.parts.waiting import free_port

STUDY_ROOT, PATIENT_ROOT, WORKLIST, PATIENT_STUDY_ONLY = FIND_CLASSES
PAIRS = [(uid, syntax) for uid, syntaxes in offered().items() for syntax in syntaxes]


def find(port: int, called: str, sop_class: str) -> Observation:
    settings = FindSettings(sop_class)
    return probe("find", Target("127.0.0.1", port, called, "DICOMCFG", find=settings))


def store(port: int, called: str, sop_class: str, transfer_syntax: str) -> Observation:
    settings = StoreSettings(sop_class, transfer_syntax)
    return probe("store", Target("127.0.0.1", port, called, "DICOMCFG", store=settings))


@pytest.fixture(scope="session")
def storescp_of_everything(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[int, Path]]:
    """The port of a storescp that takes every transfer syntax it knows, and its folder."""
    folder, port = tmp_path_factory.mktemp("storescp-all"), free_port()
    received = folder / "received"
    received.mkdir()
    command = [program("storescp"), "+xa", str(port), "--output-directory", str(received)]
    with running(command, port, folder) as port:
        yield port, received


@pytest.fixture(scope="session")
def dcmqrscp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of DCMTK's archive, called QR, which lets everybody in."""
    folder, port = tmp_path_factory.mktemp("dcmqrscp"), free_port()
    (folder / "store").mkdir()
    (folder / "qr.cfg").write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nQR {folder / 'store'} RW (200, 1024mb) ANY\nAETable END\n"
    )
    with running([program("dcmqrscp"), "--config", "qr.cfg"], port, folder) as port:
        yield port


@pytest.fixture(scope="session")
def wlmscpfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of DCMTK's worklist, which holds one step for the title WORKLIST."""
    folder, port = tmp_path_factory.mktemp("wlmscpfs"), free_port()
    lists = folder / "lists" / "WORKLIST"
    lists.mkdir(parents=True)
    (lists / "lockfile").touch()
    (folder / "step.dump").write_text(
        "(0010,0010) PN [SECRET^PATIENT]\n(0010,0020) LO [SECRET]\n(0020,000d) UI [1.2.3]\n"
        "(0032,1060) LO [X]\n(0040,1001) SH [1]\n(0040,0100) SQ\n(fffe,e000) -\n"
        "(0008,0060) CS [CT]\n(0040,0001) AE [CT1]\n(0040,0002) DA [20260101]\n"
        "(0040,0003) TM [1200]\n(0040,0009) SH [1]\n(fffe,e00d) -\n(fffe,e0dd) -\n"
    )
    subprocess.run(
        [program("dump2dcm"), folder / "step.dump", lists / "step.wl"], check=True, timeout=20
    )
    command = [program("wlmscpfs"), "-dfp", str(folder / "lists"), str(port)]
    with running(command, port, folder) as port:
        yield port


@pytest.mark.parametrize("sop_class", [STUDY_ROOT, PATIENT_ROOT, PATIENT_STUDY_ONLY])
@pytest.mark.parametrize(("peer", "called"), [("orthanc", "ORTHANC"), ("dcmqrscp", "QR")])
def test_archives_find_nothing(
    peer: str, called: str, sop_class: str, request: pytest.FixtureRequest
) -> None:
    port = request.getfixturevalue(peer)
    store(port, called, CT, EXPLICIT)
    seen = find(port, called, sop_class)
    if sop_class == PATIENT_STUDY_ONLY and peer == "orthanc":
        assert seen.outcome is Outcome.CONTEXT_NOT_ACCEPTED
        return
    assert (seen.outcome, seen.status, seen.pending) == (Outcome.SUCCESS, 0, 0)


def test_a_worklist_finds_nothing(wlmscpfs: int) -> None:
    seen = find(wlmscpfs, "WORKLIST", WORKLIST)
    assert (seen.outcome, seen.status, seen.pending) == (Outcome.SUCCESS, 0, 0)


@pytest.mark.parametrize(("sop_class", "transfer_syntax"), PAIRS)
def test_orthanc_stores_each_object(orthanc: int, sop_class: str, transfer_syntax: str) -> None:
    seen = store(orthanc, "ORTHANC", sop_class, transfer_syntax)
    if transfer_syntax == HTJ2K_LOSSLESS:  # newer than this Orthanc
        assert seen.outcome is Outcome.CONTEXT_NOT_ACCEPTED
        return
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0)


@pytest.mark.parametrize(("sop_class", "transfer_syntax"), PAIRS)
def test_storescp_stores_each_object(
    storescp_of_everything: tuple[int, Path], sop_class: str, transfer_syntax: str
) -> None:
    port, folder = storescp_of_everything
    seen = store(port, "ANY-SCP", sop_class, transfer_syntax)
    if transfer_syntax == HTJ2K_LOSSLESS:
        assert seen.outcome is Outcome.CONTEXT_NOT_ACCEPTED
        return
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0)
    assert seen.sent_object is not None
    (file,) = folder.glob(f"*{seen.sent_object.sop_instance}*")
    dump = subprocess.run(
        [program("dcmdump"), "-M", file], capture_output=True, text=True, check=True, timeout=20
    )
    assert dump.stderr == ""
    assert "[DICOMCFG^TEST]" in dump.stdout
    assert "[dicomcfg test object, may be deleted]" in dump.stdout


def test_what_was_stored_would_be_found(dcmqrscp: int) -> None:
    """The archive does answer a query that matches: ours matched nothing for good reason."""
    seen = store(dcmqrscp, "QR", CT, IMPLICIT)
    assert seen.sent_object is not None
    command = [program("findscu"), "-S", "-aec", "QR", "127.0.0.1", str(dcmqrscp)]
    keys = ["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={seen.sent_object.study_instance}"]
    for key in (*keys, "PatientID"):
        command += ["-k", key]
    found = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert "DICOMCFG-TEST" in found.stdout + found.stderr
