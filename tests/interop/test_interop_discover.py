"""Discovery against the real programs: cell for cell what asking for each pair alone finds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pynetdicom import AE

from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.negotiation.catalogue import catalogue
from dicomcfg.core.negotiation.matrix import Cell
from dicomcfg.core.records import PresentationContext, RoleSelection
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import DiscoverSettings, Limits, Target
from tests.interop.conftest import CT, EXPLICIT, IMPLICIT, probe, running
from tests.parts.programs import program
from tests.parts.waiting import free_port

MR, VERIFICATION = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.1"
EVERY = DiscoverSettings(*catalogue(["1.2.3.4.5"], ["1.2.3.4.6"]))
# A profile whose classes accept different syntaxes, one of them no uncompressed one.
PROFILE = """
[[TransferSyntaxes]]
[Uncompressed]
TransferSyntax1 = LittleEndianExplicit
TransferSyntax2 = LittleEndianImplicit
[Lossless]
TransferSyntax1 = JPEGLossless:Non-hierarchical-1stOrderPrediction
TransferSyntax2 = JPEGLSLossless
[[PresentationContexts]]
[Mixed]
PresentationContext1 = VerificationSOPClass\\Uncompressed
PresentationContext2 = CTImageStorage\\Uncompressed
PresentationContext3 = MRImageStorage\\Lossless
[[Profiles]]
[Mixed]
PresentationContexts = Mixed
"""


def asked_one_by_one(target: Target, settings: DiscoverSettings) -> tuple[str, ...]:
    """The rows of the matrix, by one context of one transfer syntax for each pair."""
    contexts = tuple(
        PresentationContext(sop_class, (transfer_syntax,))
        for sop_class in settings.sop_classes
        for transfer_syntax in settings.transfer_syntaxes
    )
    aimed = Target(
        target.hostname,
        target.port,
        target.called_ae_title,
        target.calling_ae_title,
        contexts=contexts,
    )
    environment = Environment(AddressPolicy.unrestricted())

    async def run() -> Observation:
        return await registry.get("negotiate")(aimed, Limits.within(50), environment)

    seen = asyncio.run(run())
    assert seen.outcome is Outcome.SUCCESS
    cells = "".join(str(context.result) for context in seen.contexts)
    width = len(settings.transfer_syntaxes)
    return tuple(cells[start : start + width] for start in range(0, len(cells), width))


def assert_equal_to_the_oracle(port: int, called: str) -> Observation:
    target = Target("127.0.0.1", port, called, "DICOMCFG", discover=EVERY)
    seen = probe("discover", target)
    assert seen.outcome is Outcome.SUCCESS
    assert seen.discovery is not None
    oracle = asked_one_by_one(target, EVERY)
    matrix = seen.discovery.matrix
    assert dict(zip(matrix.sop_classes, matrix.rows, strict=True)) == dict(
        zip(EVERY.sop_classes, oracle, strict=True)
    )
    assert matrix.count(Cell.ACCEPTED) > 0
    return seen


@pytest.mark.parametrize("option", ["+x=", "+xi", "+xs", "+xa"])
def test_storescp_with_its_transfer_syntax_options(option: str, tmp_path: Path) -> None:
    port = free_port()
    command = [program("storescp"), option, "--output-directory", str(tmp_path), str(port)]
    with running(command, port, tmp_path) as port:
        assert_equal_to_the_oracle(port, "ANY-SCP")


def test_storescp_with_a_profile(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "mixed.cfg").write_text(PROFILE)
    command = [program("storescp"), "-xf", "mixed.cfg", "Mixed", "--output-directory", "."]
    with running([*command, str(port)], port, tmp_path) as port:
        seen = assert_equal_to_the_oracle(port, "ANY-SCP")
    assert seen.discovery is not None
    accepted = seen.discovery.matrix.accepted()
    assert set(accepted) == {VERIFICATION, CT, MR}
    assert IMPLICIT not in accepted[MR]


def test_orthanc(orthanc: int) -> None:
    seen = assert_equal_to_the_oracle(orthanc, "ORTHANC")
    assert "result-3-for-transfer-syntaxes" in seen.notes


@pytest.fixture
def pynetdicom_peer() -> Iterator[int]:
    """pynetdicom's acceptor of three classes, of which it takes two in the other role too."""
    ae = AE("PYNET")
    ae.add_supported_context(VERIFICATION, [IMPLICIT])
    ae.add_supported_context(CT, [EXPLICIT, IMPLICIT], scu_role=True, scp_role=True)
    ae.add_supported_context(MR, list(catalogue().transfer_syntaxes), scu_role=True, scp_role=False)
    server = ae.start_server(("127.0.0.1", 0), block=False)
    assert server is not None
    yield server.socket.getsockname()[1]
    server.shutdown()


def test_pynetdicom_with_roles(pynetdicom_peer: int) -> None:
    classes = (VERIFICATION, CT, MR, *catalogue().sop_classes[60:80])
    settings = DiscoverSettings(classes, catalogue().transfer_syntaxes, with_roles=True)
    target = Target("127.0.0.1", pynetdicom_peer, "PYNET", "DICOMCFG", discover=settings)
    seen = probe("discover", target)
    assert seen.discovery is not None
    oracle = asked_one_by_one(target, settings)
    assert seen.discovery.matrix.rows == oracle
    assert set(seen.discovery.roles) == {
        RoleSelection(CT, scu=True, scp=True),
        RoleSelection(MR, scu=True, scp=False),
    }
    assert seen.discovery.silent_roles == (VERIFICATION,)
