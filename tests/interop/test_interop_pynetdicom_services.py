"""Find and store against pynetdicom's acceptor, whose answers a test can choose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.probes.objects.identifiers import FIND_CLASSES
from dicomcfg.probes.target import FindSettings, StoreSettings, Target
from tests.interop.conftest import CT, EXPLICIT, probe

STUDY_ROOT, PATIENT_ROOT, WORKLIST, _ = FIND_CLASSES
Answers = Iterator[tuple[int, Dataset | None]]


@contextmanager
def acceptor(event: Any, handler: Callable[[Any], Any]) -> Iterator[int]:
    """pynetdicom's acceptor of find and CT storage with one handler."""
    ae = AE("PYNET")
    for uid in (CT, *FIND_CLASSES):
        ae.add_supported_context(uid)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(event, handler)])
    assert server is not None
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()


def find(handler: Callable[[Any], Answers], sop_class: str = STUDY_ROOT) -> Observation:
    with acceptor(evt.EVT_C_FIND, handler) as port:
        settings = FindSettings(sop_class)
        return probe("find", Target("127.0.0.1", port, "PYNET", "DICOMCFG", find=settings))


def store(handler: Callable[[Any], int]) -> Observation:
    with acceptor(evt.EVT_C_STORE, handler) as port:
        settings = StoreSettings(CT, EXPLICIT)
        return probe("store", Target("127.0.0.1", port, "PYNET", "DICOMCFG", store=settings))


def patient() -> Dataset:
    found = Dataset()
    found.QueryRetrieveLevel = "STUDY"
    found.PatientName, found.PatientID = "SECRET^PATIENT", "SECRET-4711"
    found.StudyInstanceUID = "1.2.3.4.5.6.7.8.9"
    return found


def assert_nothing_is_kept(seen: Observation) -> None:
    text = json.dumps(seen.to_json())
    raw = b"".join(bytes.fromhex(pdu.hex) for pdu in seen.pdus)
    for secret in (b"SECRET", b"4711", b"1.2.3.4.5.6.7.8.9"):
        assert secret not in raw
        assert secret.decode() not in text
        assert secret.hex() not in text


@pytest.mark.parametrize("sop_class", FIND_CLASSES)
def test_the_identifier_is_understood(sop_class: str) -> None:
    asked: list[Dataset] = []

    def handler(event: Any) -> Answers:
        asked.append(event.identifier)
        yield 0x0000, None

    seen = find(handler, sop_class)
    assert (seen.outcome, seen.status, seen.pending) == (Outcome.SUCCESS, 0, 0)
    (identifier,) = asked
    if sop_class == WORKLIST:
        (step,) = identifier.ScheduledProcedureStepSequence
        assert len(step.ScheduledStationAETitle) == 16
    else:
        assert identifier.QueryRetrieveLevel == "STUDY"
        assert identifier.StudyInstanceUID.startswith("2.25.")
        assert ("PatientID" in identifier) is (sop_class != STUDY_ROOT)


def test_matches_despite_the_key_are_cancelled() -> None:
    def handler(event: Any) -> Answers:
        while not event.is_cancelled:
            yield 0xFF00, patient()
        yield 0xFE00, None

    seen = find(handler)
    assert (seen.outcome, seen.status) == (Outcome.SUCCESS, 0xFE00)
    assert seen.pending
    assert_nothing_is_kept(seen)


@pytest.mark.parametrize("status", [0xA700, 0xA900, 0xC000])
def test_a_find_that_fails(status: int) -> None:
    def handler(event: Any) -> Answers:
        yield status, None

    seen = find(handler)
    assert (seen.outcome, seen.status) == (Outcome.OPERATION_FAILED, status)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0x0000, Outcome.SUCCESS),
        (0xB000, Outcome.SUCCESS),
        (0xA700, Outcome.OPERATION_FAILED),
        (0xC000, Outcome.OPERATION_FAILED),
    ],
)
def test_a_store_and_its_status(status: int, outcome: Outcome) -> None:
    stored: list[Dataset] = []

    def handler(event: Any) -> int:
        stored.append(event.dataset)
        return status

    seen = store(handler)
    assert (seen.outcome, seen.status) == (outcome, status)
    (data_set,) = stored
    assert data_set.PatientID == "DICOMCFG-TEST"
    assert seen.sent_object is not None
    assert data_set.SOPInstanceUID == seen.sent_object.sop_instance
    assert len(data_set.PixelData) == 512
