"""What a find and a store mean: status, matches, and what is left in the peer."""

from __future__ import annotations

import pytest

from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import (
    ContextResult,
    Observation,
    Outcome,
    SeenFrom,
    SentObject,
    StageName,
)
from dicomcfg.core.diagnosis.words import headline, tone

STUDY_ROOT, CT = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
SENT = SentObject(CT, EXPLICIT, "2.25.11", "2.25.22", "DICOMCFG-TEST", 1412)


def _seen(kind: str, outcome: Outcome, **more: object) -> Observation:
    return Observation(
        kind=kind,
        outcome=outcome,
        seen_from=SeenFrom("worker-1", "10.0.0.9", "DICOMCFG"),
        **more,  # type: ignore[arg-type]
    )


def _find(outcome: Outcome = Outcome.SUCCESS, **more: object) -> Observation:
    return _seen("find", outcome, **{"pending": 0, **more})


def _store(outcome: Outcome = Outcome.SUCCESS, **more: object) -> Observation:
    return _seen("store", outcome, **{"sent_object": SENT, **more})


def _failed(kind: str, status: int) -> Observation:
    make = _find if kind == "find" else _store
    return make(Outcome.OPERATION_FAILED, status=status, detail=f"status-0x{status:04x}")


@pytest.mark.parametrize(
    ("observation", "codes", "words", "tone_expected"),
    [
        (_find(status=0), ["find-answered"], "Found nothing, as it should", "ok"),
        (_find(status=0xFE00, pending=1), ["find-matched-wrongly"], "Matched wrongly", "warn"),
        (_find(status=0, pending=3), ["find-matched-wrongly"], "Matched wrongly", "warn"),
        (_failed("find", 0xA700), ["operation-failed"], "Find failed", "bad"),
        (
            _find(Outcome.OPERATION_FAILED, status=0xFF00, detail="cancel-ignored", pending=257),
            ["find-not-stoppable"],
            "Find failed",
            "bad",
        ),
        (_find(Outcome.OPERATION_TIMEOUT), ["operation-timeout"], "Find not answered", "bad"),
        (_find(Outcome.CONNECTION_REFUSED), ["connection-refused"], "Nothing listens", "bad"),
        (_store(status=0), ["object-stored", "test-object-left"], "Stored", "ok"),
        (
            _store(status=0xB000),
            ["stored-with-warning", "test-object-left"],
            "Stored with a warning",
            "warn",
        ),
        (_failed("store", 0xC000), ["operation-failed"], "Store failed", "bad"),
        (
            _store(Outcome.OPERATION_FAILED, detail="no-status"),
            ["operation-failed", "test-object-left"],
            "Store failed",
            "bad",
        ),
        (
            _store(Outcome.OPERATION_TIMEOUT),
            ["operation-timeout", "test-object-left"],
            "Store not answered",
            "bad",
        ),
        (
            _store(Outcome.ASSOCIATION_ABORTED),
            ["association-aborted", "test-object-left"],
            "Aborted",
            "bad",
        ),
        (
            _store(Outcome.CONNECTION_TIMEOUT, sent_object=None),
            ["connection-timeout"],
            "No answer",
            "bad",
        ),
    ],
)
def test_each_end_is_told(
    observation: Observation, codes: list[str], words: str, tone_expected: str
) -> None:
    assert [finding.code for finding in diagnose(observation, "PACS")] == codes
    assert headline(observation) == words
    assert tone(observation) == tone_expected


@pytest.mark.parametrize(
    ("kind", "status", "said", "remedy"),
    [
        ("find", 0xA700, "0xA700 (failure: refused: out of resources)", "missing list"),
        ("find", 0xA900, "0xA900 (failure: data set does not match SOP class)", "conformance"),
        ("find", 0xC001, "0xC001 (failure: cannot be understood", "its log"),
        ("find", 0x0124, "not authorized", "allow our calling AE title to query"),
        ("find", 0x0107, "0x0107 (warning)", "the peer's log"),
        ("store", 0xA701, "0xA701 (failure: refused: out of resources)", "full disk"),
        ("store", 0xA9FF, "data set does not match SOP class", "Its log names the attribute"),
        ("store", 0xC000, "cannot be understood", "another transfer syntax"),
        ("store", 0x0111, "duplicate SOP instance", "fresh UID"),
        ("store", 0x0122, "SOP class not supported", "storage of this SOP Class"),
        ("store", 0x0105, "0x0105 (failure)", "the peer's log"),
    ],
)
def test_a_status_is_decoded_and_has_a_remedy(
    kind: str, status: int, said: str, remedy: str
) -> None:
    (finding,) = diagnose(_failed(kind, status), "PACS")
    assert said in finding.message
    assert remedy in finding.remedy
    assert finding.severity == "error"


def test_what_is_left_is_named() -> None:
    _, left = diagnose(_store(status=0), "PACS")
    for name in ("DICOMCFG-TEST", "2.25.11", "2.25.22", "CT Image Storage", "Explicit VR Little"):
        assert name in left.message
    assert "is in PACS" in left.message
    _, left = diagnose(_store(Outcome.OPERATION_TIMEOUT, stage=StageName.STORE), "PACS")
    assert "may be in PACS" in left.message


def test_a_count_of_matches_is_told_and_no_more() -> None:
    (one,) = diagnose(_find(status=0xFE00, pending=1), "PACS")
    (many,) = diagnose(_find(status=0, pending=1200), "PACS")
    assert "one answer" in one.message
    assert "1,200 answers" in many.message


@pytest.mark.parametrize(("result", "words"), [(3, "SOP Class refused"), (4, "Context refused")])
def test_a_refused_context_is_no_failure_of_the_network(result: int, words: str) -> None:
    context = ContextResult(1, 1, CT, (EXPLICIT,), result, None)
    seen = _store(Outcome.CONTEXT_NOT_ACCEPTED, sent_object=None, contexts=(context,))
    found = [finding.code for finding in diagnose(seen, "PACS")]
    assert found[0] == "context-not-accepted"
    assert headline(seen) == words
