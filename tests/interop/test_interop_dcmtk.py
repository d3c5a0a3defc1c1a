"""DCMTK at both ends: storescp answers us, echoscu and storescu ask us."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ImplicitVRLittleEndian, generate_uid

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.records import PresentationContext
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.probes.target import Target
from tests.interop.conftest import CT, EXPLICIT, IMPLICIT, probe
from tests.parts.programs import program

BIG = "1.2.840.10008.1.2.2"


def test_echo_to_storescp(storescp: int) -> None:
    seen = probe("echo", Target("127.0.0.1", storescp, "ANY-SCP", "DICOMCFG"))
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0)
    assert (seen.peer.implementation_version_name or "").startswith("OFFIS_DCMTK")
    assert seen.peer.maximum_length_received == 16384
    assert seen.notes == ()


def test_storescp_chooses_by_its_own_order(storescp: int) -> None:
    contexts = (
        PresentationContext(CT, (IMPLICIT, EXPLICIT)),
        PresentationContext(CT, (BIG, IMPLICIT)),
        PresentationContext("1.2.840.10008.5.1.4.1.2.2.1", (IMPLICIT,)),
        PresentationContext(CT, ("1.2.3.4",)),
    )
    target = Target("127.0.0.1", storescp, "ANY-SCP", "DICOMCFG", None, contexts)
    seen = probe("negotiate", target)
    assert seen.outcome is Outcome.SUCCESS
    assert [(c.result, c.accepted) for c in seen.contexts] == [
        (0, EXPLICIT),
        (0, BIG),
        (3, None),
        (4, None),
    ]


async def run_program(
    policy: AcceptorPolicy, command: list[str], tls: ssl.SSLContext | None = None
) -> tuple[int, str]:
    """A DCMTK program against our acceptor: its exit code and what it printed."""
    async with serve(policy, "127.0.0.1", 0, tls=tls) as port:
        process = await asyncio.create_subprocess_exec(
            *(str(port) if word == "PORT" else word for word in command),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode is not None
        return process.returncode, output.decode()


@pytest.mark.parametrize(
    ("policy", "code", "says"),
    [
        (AcceptorPolicy(), 0, "Received Echo Response (Success)"),
        (AcceptorPolicy(ae_title="OTHER"), 1, "Called AE Title Not Recognized"),
        (AcceptorPolicy(calling_ae_titles=frozenset()), 1, "Calling AE Title Not Recognized"),
        (AcceptorPolicy(transfer_syntaxes=(EXPLICIT,)), 1, "No Acceptable Presentation Contexts"),
    ],
)
def test_echoscu_to_our_acceptor(policy: AcceptorPolicy, code: int, says: str) -> None:
    command = [program("echoscu"), "-v", "-aec", "PEER", "127.0.0.1", "PORT"]
    returned, printed = asyncio.run(run_program(policy, command))
    assert (returned == 0) is (code == 0), printed
    assert says in printed


def ct_image(path: Path) -> None:
    """The smallest file that storescu sends."""
    data_set = Dataset()
    data_set.SOPClassUID = CTImageStorage
    data_set.SOPInstanceUID = generate_uid()
    data_set.PatientID = "NOBODY"
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.MediaStorageSOPClassUID = data_set.SOPClassUID
    data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    data_set.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    data_set.save_as(path, enforce_file_format=True)


def test_storescu_is_told_that_we_store_nothing(tmp_path: Path) -> None:
    ct_image(tmp_path / "image.dcm")
    command = [
        program("storescu"),
        *("-v", "-aec", "PEER", "127.0.0.1", "PORT", str(tmp_path / "image.dcm")),
    ]
    _, printed = asyncio.run(run_program(AcceptorPolicy(), command))
    assert "Association Accepted" in printed
    assert "Received Store Response (Unknown Status: 0x211)" in printed
    assert "Releasing Association" in printed
