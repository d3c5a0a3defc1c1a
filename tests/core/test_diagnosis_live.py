"""Observations to findings: every outcome, the peer's codes, and what the inventory adds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.diagnosis.hints import AnsweredBefore, Hints, KnownListener
from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import (
    Abort,
    ContextResult,
    Layer,
    Observation,
    Outcome,
    Rejection,
    StageName,
)
from dicomcfg.core.diagnosis.words import Tone, headline, layer_words, stage_words, tone
from dicomcfg.core.standard.endpoint import endpoint
from tests.parts.observations import SEEN, negotiated, observed

TARGET = Hints(hostname="10.0.0.5", port=11112)


def _rejected(result, source, reason, **more):
    return observed(
        Outcome.ASSOCIATION_REJECTED, rejection=Rejection(result, source, reason), **more
    )


@pytest.mark.parametrize(
    ("observation", "code", "severity", "words", "tone_expected"),
    [
        (observed(Outcome.SUCCESS, status=0), "echo-answered", "info", "Accepted", "ok"),
        (
            observed(Outcome.NAME_NOT_RESOLVED),
            "name-not-resolved",
            "error",
            "Name not found",
            "bad",
        ),
        (
            observed(Outcome.ADDRESS_NOT_ALLOWED, detail="cloud-metadata"),
            "address-not-allowed",
            "error",
            "Address not allowed",
            "idle",
        ),
        (
            observed(Outcome.CONNECTION_REFUSED),
            "connection-refused",
            "error",
            "Nothing listens",
            "bad",
        ),
        (observed(Outcome.CONNECTION_TIMEOUT), "connection-timeout", "error", "No answer", "bad"),
        (
            observed(Outcome.HOST_UNREACHABLE, detail="enetunreach"),
            "host-unreachable",
            "error",
            "Host unreachable",
            "bad",
        ),
        (
            observed(Outcome.TLS_FAILURE, detail="expired"),
            "tls-certificate-expired",
            "error",
            "Certificate expired",
            "bad",
        ),
        (
            observed(Outcome.TLS_FAILURE, detail="settings-missing"),
            "tls-settings-missing",
            "error",
            "TLS failed",
            "bad",
        ),
        (_rejected(1, 1, 7), "called-ae-title-refused", "error", "Called title refused", "bad"),
        (_rejected(1, 1, 3), "calling-ae-title-refused", "error", "Calling title refused", "bad"),
        (_rejected(1, 1, 1), "rejected-without-reason", "error", "Association refused", "bad"),
        (
            _rejected(1, 1, 2),
            "application-context-not-supported",
            "error",
            "Application context refused",
            "bad",
        ),
        (_rejected(1, 2, 1), "rejected-without-reason", "error", "Association refused", "bad"),
        (
            _rejected(1, 2, 2),
            "protocol-version-not-supported",
            "error",
            "Protocol version refused",
            "bad",
        ),
        (_rejected(2, 3, 1), "peer-congested", "warning", "Busy", "warn"),
        (_rejected(2, 3, 2), "peer-limit-exceeded", "warning", "Limit reached", "warn"),
        (_rejected(7, 7, 7), "association-rejected", "error", "Association refused", "bad"),
        (
            observed(Outcome.ASSOCIATION_REJECTED),
            "association-rejected",
            "error",
            "Association refused",
            "bad",
        ),
        (
            observed(Outcome.ASSOCIATION_ABORTED, abort=Abort(2, 2)),
            "association-aborted",
            "error",
            "Aborted",
            "bad",
        ),
        (
            observed(Outcome.ASSOCIATION_TIMEOUT),
            "association-timeout",
            "error",
            "Connects, then silent",
            "bad",
        ),
        (
            observed(Outcome.ASSOCIATION_TIMEOUT, detail="incomplete-pdu"),
            "answer-incomplete",
            "error",
            "Connects, then silent",
            "bad",
        ),
        (
            observed(Outcome.CONNECTION_CLOSED, detail="reset"),
            "connection-closed",
            "error",
            "Connection closed",
            "bad",
        ),
        (observed(Outcome.NOT_DICOM, detail="http"), "not-dicom", "error", "Not DICOM", "bad"),
        (
            observed(Outcome.PROTOCOL_ERROR, detail="pdu-type"),
            "protocol-error",
            "error",
            "Malformed answer",
            "bad",
        ),
        (
            observed(Outcome.PROTOCOL_ERROR, detail="request-not-encodable"),
            "request-not-encodable",
            "error",
            "Not proposable",
            "bad",
        ),
        (
            negotiated(3, outcome=Outcome.CONTEXT_NOT_ACCEPTED, kind="echo"),
            "context-not-accepted",
            "error",
            "Verification refused",
            "warn",
        ),
        (
            negotiated(3, outcome=Outcome.CONTEXT_NOT_ACCEPTED),
            "context-not-accepted",
            "error",
            "No context accepted",
            "warn",
        ),
        (
            observed(Outcome.ECHO_FAILED, status=0x0122),
            "echo-failed",
            "error",
            "Echo failed",
            "bad",
        ),
        (
            observed(Outcome.ECHO_FAILED, status=0xB000),
            "echo-failed",
            "warning",
            "Echo failed",
            "warn",
        ),
        (observed(Outcome.ECHO_FAILED), "echo-failed", "error", "Echo failed", "bad"),
        (observed(Outcome.ECHO_TIMEOUT), "echo-timeout", "error", "Echo not answered", "bad"),
        (observed(Outcome.SKIPPED), "check-skipped", "info", "Skipped", "idle"),
        (observed(Outcome.CANCELLED), "check-cancelled", "info", "Cancelled", "idle"),
        (observed(Outcome.NO_ADDRESS), "no-address", "info", "No address", "idle"),
    ],
)
def test_every_outcome(observation, code, severity, words, tone_expected):
    first = diagnose(observation, "PACS", TARGET)[0]
    assert (first.code, first.severity, first.subject) == (code, severity, "PACS")
    assert first.message.endswith(".")
    assert first.remedy or first.severity == "info"
    assert headline(observation) == words
    assert tone(observation) == tone_expected


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("kind", ["echo", "negotiate"])
def test_a_bare_observation_is_enough(outcome, kind):
    observation = Observation(kind=kind, outcome=outcome)
    assert diagnose(observation, "")[0].message
    assert 0 < len(headline(observation)) <= 64
    assert tone(observation) in Tone


def test_rejections_are_decoded_in_the_standards_words():
    message = diagnose(_rejected(1, 1, 7), "PACS", TARGET)[0].message
    assert "rejected, permanent, service user: called AE title not recognized" in message


def test_what_to_tell_the_peers_administrator():
    remedy = diagnose(_rejected(1, 1, 3), "PACS", TARGET)[0].remedy
    assert "DICOMCFG" in remedy
    assert "10.0.0.9" in remedy


def test_another_port_of_the_device_is_named():
    hints = Hints("10.0.0.5", 11112, other_connections=(KnownListener("CT2", "10.0.0.5", 104),))
    remedy = diagnose(observed(Outcome.CONNECTION_REFUSED), "CT1", hints)[0].remedy
    assert "Another AE of this Device listens on port 104: CT2." in remedy
    same = Hints("10.0.0.5", 104, other_connections=(KnownListener("CT2", "10.0.0.5", 104),))
    assert "Another" not in diagnose(observed(Outcome.CONNECTION_REFUSED), "CT1", same)[0].remedy


def test_titles_known_at_the_address_are_named():
    hints = Hints(
        "10.0.0.5",
        104,
        listeners_at_address=(KnownListener("ARCHIVE", "10.0.0.5", 104),),
        answered_before_as=AnsweredBefore("OLDPACS", "on 3 May"),
    )
    remedy = diagnose(_rejected(1, 1, 7), "PACS", hints)[0].remedy
    assert "answered to OLDPACS on 3 May" in remedy
    assert "ARCHIVE" in remedy


def test_what_the_device_may_call_itself_and_whom_to_ask():
    known = {"device": "CT 2", "contact": "radiology office"}
    hints = Hints("10.0.0.5", 104, station_name="CT_ER", **known)
    remedy = diagnose(_rejected(1, 1, 7), "CT2", hints)[0].remedy
    assert "The station name of CT 2 is CT_ER" in remedy
    assert "The contact for CT 2 is radiology office." in remedy
    assert "station name" not in diagnose(_rejected(1, 1, 7), "CT_ER", hints)[0].remedy


def test_place_shows_the_name_and_its_address():
    observation = observed(Outcome.CONNECTION_REFUSED, address="10.0.0.5")
    assert "pacs:104 (10.0.0.5)" in diagnose(observation, "P", Hints("pacs", 104))[0].message
    assert "10.0.0.5:104;" in diagnose(observation, "P", Hints("10.0.0.5", 104))[0].message
    assert endpoint("::1", 104) == "[::1]:104"


@pytest.mark.parametrize(
    ("hints", "observation", "told"),
    [
        (
            Hints(calling_is_borrowed=True, borrowed_expected_host="10.0.0.7"),
            _rejected(1, 1, 3),
            True,
        ),
        (
            Hints(calling_is_borrowed=True, borrowed_expected_host="10.0.0.7"),
            observed(Outcome.SUCCESS),
            True,
        ),
        (
            Hints(calling_is_borrowed=True, borrowed_expected_host="10.0.0.9"),
            _rejected(1, 1, 3),
            False,
        ),
        (Hints(calling_is_borrowed=True), observed(Outcome.CONNECTION_REFUSED), False),
        (Hints(), _rejected(1, 1, 3), False),
    ],
)
def test_borrowed_titles(hints, observation, told):
    codes = [finding.code for finding in diagnose(observation, "PACS", hints)]
    assert ("calling-ae-title-borrowed" in codes) is told


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("abort-after-success", "aborted-after-success"),
        ("called-ae-title-changed", "titles-not-echoed"),
        ("calling-ae-title-changed", "titles-not-echoed"),
        ("malformed-uid", "irregular-answer"),
        ("missing-application-context", "irregular-answer"),
        ("unproposed-context-answered", "irregular-answer"),
        ("protocol-version-2", "irregular-answer"),
        ("unknown-item-0x5a", "unknown-items"),
        ("release-association-timeout", "release-failed"),
    ],
)
def test_notes(note, code):
    observation = observed(Outcome.SUCCESS, notes=(note, note))
    assert [f.code for f in diagnose(observation, "PACS")] == ["echo-answered", code]


def test_words_for_every_layer_and_stage():
    assert len({layer_words(layer) for layer in Layer}) == len(Layer)
    assert len({stage_words(stage) for stage in StageName}) == len(StageName)


CODES = st.integers(-1, 300)
CONTEXTS = st.lists(
    st.builds(
        ContextResult,
        st.just(1),
        st.integers(0, 255),
        st.text(max_size=70),
        st.lists(st.text(max_size=70), max_size=4).map(tuple),
        st.none() | CODES,
        st.none() | st.text(max_size=70),
    ),
    max_size=8,
).map(tuple)


@given(
    st.builds(
        Observation,
        kind=st.sampled_from(["echo", "negotiate", "discover"]),
        outcome=st.sampled_from(list(Outcome)),
        detail=st.none() | st.text(max_size=40),
        status=st.none() | st.integers(0, 0xFFFF),
        rejection=st.none() | st.builds(Rejection, CODES, CODES, CODES),
        abort=st.none() | st.builds(Abort, CODES, CODES),
        contexts=CONTEXTS,
        notes=st.lists(st.text(max_size=30), max_size=4).map(tuple),
        seen_from=st.none() | st.just(SEEN),
    ),
    st.text(max_size=20),
)
def test_nothing_that_a_peer_says_raises(observation, called):
    assert diagnose(observation, called)
    assert headline(observation)
    assert tone(observation) in Tone
