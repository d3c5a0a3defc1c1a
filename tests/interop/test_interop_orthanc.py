"""Orthanc as acceptor."""

from __future__ import annotations

from dicomcfg.core.diagnosis.observation import Outcome, Rejection
from dicomcfg.core.records import PresentationContext
from dicomcfg.probes.target import Target
from tests.interop.conftest import CT, EXPLICIT, IMPLICIT, probe


def test_echo_to_orthanc(orthanc: int) -> None:
    seen = probe("echo", Target("127.0.0.1", orthanc, "ORTHANC", "DICOMCFG"))
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0)
    assert seen.elapsed_ms < 1000


def test_orthanc_refuses_another_title(orthanc: int) -> None:
    seen = probe("echo", Target("127.0.0.1", orthanc, "SOMEBODY", "DICOMCFG"))
    assert seen.outcome is Outcome.ASSOCIATION_REJECTED
    assert seen.rejection == Rejection(1, 1, 7)


def test_negotiate_with_orthanc(orthanc: int) -> None:
    contexts = (
        PresentationContext("1.2.840.10008.1.1", (IMPLICIT,)),
        PresentationContext(CT, (EXPLICIT,)),
        PresentationContext("1.2.3.4.5", (IMPLICIT,)),
    )
    target = Target("127.0.0.1", orthanc, "ORTHANC", "DICOMCFG", None, contexts)
    seen = probe("negotiate", target)
    assert seen.outcome is Outcome.SUCCESS
    assert seen.contexts[0].accepted == IMPLICIT
    assert seen.contexts[2].result == 3
