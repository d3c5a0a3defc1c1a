"""Refusals and ladders: how a peer took each trial, and the words for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.diagnosis.hints import Hints, KnownListener
from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import (
    Abort,
    ContextResult,
    Observation,
    Outcome,
    Rejection,
    Stage,
    StageName,
    Trial,
    TrialName,
)
from dicomcfg.core.diagnosis.words import Tone, headline, tone

VERIFICATION, ILE = "1.2.840.10008.1.1", "1.2.840.10008.1.2"
HINTS = Hints(
    hostname="10.0.0.5", port=104, other_connections=(KnownListener("MWL", "10.0.0.5", 11112),)
)
REJECTED = Outcome.ASSOCIATION_REJECTED


def _contexts(*results):
    return tuple(
        ContextResult(1, 2 * n + 1, VERIFICATION, (ILE,), result, ILE if result == 0 else None)
        for n, result in enumerate(results)
    )


def _trial(name, outcome=Outcome.SUCCESS, *results, **more):
    return Trial(name, "PACS", "US", outcome, contexts=_contexts(*results), **more)


def _refusal(*trials, outcome=Outcome.SUCCESS):
    baseline = _trial(TrialName.BASELINE, Outcome.SUCCESS, 0)
    return Observation("refusal", outcome, trials=(baseline, *trials))


@pytest.mark.parametrize(
    ("trial", "code", "severity", "words", "tone_expected"),
    [
        (
            _trial("unknown-called-title", REJECTED, rejection=Rejection(1, 1, 7)),
            *("refused-properly", "info", "Refuses properly", "ok"),
        ),
        (
            _trial("unknown-called-title", REJECTED, rejection=Rejection(1, 1, 3)),
            *("refused-for-another-reason", "info", "Gives other reasons", "ok"),
        ),
        (
            _trial("unknown-called-title", Outcome.SUCCESS, 0),
            *("called-title-not-checked", "info", "Does not check all", "ok"),
        ),
        (
            _trial("unknown-calling-title", Outcome.ASSOCIATION_ABORTED, abort=Abort(2, 0)),
            *("refused-abruptly", "warning", "Refuses abruptly", "warn"),
        ),
        (
            _trial("unknown-calling-title", Outcome.ASSOCIATION_TIMEOUT),
            *("refused-abruptly", "warning", "Refuses abruptly", "warn"),
        ),
        (
            _trial("meaningless-abstract-syntax", Outcome.SUCCESS, 0, 3),
            *("refused-properly", "info", "Refuses properly", "ok"),
        ),
        (
            _trial("meaningless-abstract-syntax", Outcome.SUCCESS, 0, 4),
            *("refused-for-another-reason", "info", "Gives other reasons", "ok"),
        ),
        (
            _trial("meaningless-abstract-syntax", Outcome.SUCCESS, 0, 0),
            *("abstract-syntax-not-checked", "info", "Does not check all", "ok"),
        ),
        (
            _trial("unsupported-transfer-syntax", Outcome.SUCCESS, 0, 4),
            *("refused-properly", "info", "Refuses properly", "ok"),
        ),
        (
            _trial("unsupported-transfer-syntax", Outcome.SUCCESS, 0, None),
            *("refused-for-another-reason", "info", "Gives other reasons", "ok"),
        ),
    ],
)
def test_each_manner(trial, code, severity, words, tone_expected):
    observation = _refusal(trial)
    first, found = diagnose(observation, "PACS")
    assert first.code == "correct-request-accepted"
    assert (found.code, found.severity) == (code, severity)
    assert found.message.endswith(".")
    assert (headline(observation), tone(observation)) == (words, tone_expected)


def test_a_refused_association_for_a_wrong_context_names_what_was_lost():
    trial = _trial("meaningless-abstract-syntax", REJECTED, None, rejection=Rejection(1, 1, 1))
    found = diagnose(_refusal(trial), "PACS")[-1]
    assert found.code == "refused-for-another-reason"
    assert "correct context" in found.message


def _ladder(broken, outcome, *trials, rejection=None):
    names = [StageName.RESOLVE, StageName.CONNECT, StageName.ASSOCIATE, StageName.ECHO]
    reached = names[: names.index(broken) + 1] if broken else names
    stages = tuple(Stage(n, "failed" if n is broken else "success", 1.0) for n in reached)
    return Observation(
        "ladder", outcome, reached[-1], stages=stages, trials=trials, rejection=rejection
    )


@pytest.mark.parametrize(
    ("broken", "outcome", "says", "holds"),
    [
        (StageName.RESOLVE, Outcome.NAME_NOT_RESOLVED, "name look-up", []),
        (StageName.CONNECT, Outcome.CONNECTION_REFUSED, "TCP connection", ["name look-up"]),
        (
            StageName.ASSOCIATE,
            Outcome.NOT_DICOM,
            "association",
            ["name look-up", "TCP connection"],
        ),
        (
            StageName.ECHO,
            Outcome.ECHO_TIMEOUT,
            "C-ECHO",
            ["name look-up", "TCP connection", "association"],
        ),
    ],
)
def test_the_first_broken_rung_is_named(broken, outcome, says, holds):
    first, rung = diagnose(_ladder(broken, outcome), "PACS", HINTS)[:2]
    assert first.severity == "error"
    assert rung.code == "ladder-broken"
    assert f"The first rung that breaks is: {says}." in rung.message
    held = f"These hold: {', '.join(holds)}."
    assert (held in rung.message) is bool(holds)


@pytest.mark.parametrize(
    ("broken", "outcome"),
    [
        (StageName.CONNECT, Outcome.CONNECTION_REFUSED),
        (StageName.ASSOCIATE, Outcome.NOT_DICOM),
        (StageName.ASSOCIATE, Outcome.CONNECTION_CLOSED),
    ],
)
def test_the_right_host_with_the_wrong_port(broken, outcome):
    remedies = " ".join(f.remedy for f in diagnose(_ladder(broken, outcome), "PACS", HINTS))
    assert remedies.count("11112") >= 1
    assert "MWL" in remedies


@pytest.mark.parametrize(
    ("trials", "codes", "words", "tone_expected"),
    [
        ((), [], "Accepted", "ok"),
        ((_trial("A", Outcome.SUCCESS, 0, 0),), ["association-works"], "Everything works", "ok"),
        (
            (_trial("A", Outcome.SUCCESS, 0), _trial("B", Outcome.SUCCESS, 0, 3)),
            ["association-works", "association-works-in-part"],
            "1 of 2 associations work",
            "warn",
        ),
        (
            (_trial("A", REJECTED, None, rejection=Rejection(1, 1, 3)),),
            ["association-does-not-work"],
            "0 of 1 associations work",
            "warn",
        ),
    ],
)
def test_negotiations(trials, codes, words, tone_expected):
    observation = _ladder(None, Outcome.SUCCESS, *trials)
    found = diagnose(observation, "PACS", HINTS)
    assert [each.code for each in found] == ["ladder-climbed", *codes]
    assert (headline(observation), tone(observation)) == (words, tone_expected)


NAMES = st.sampled_from([*TrialName, "A to B"])
CODES = st.integers(0, 9)
TRIALS = st.lists(
    st.builds(
        Trial,
        NAMES,
        st.text(max_size=16),
        st.text(max_size=16),
        st.sampled_from(Outcome),
        rejection=st.none() | st.builds(Rejection, CODES, CODES, CODES),
        abort=st.none() | st.builds(Abort, CODES, CODES),
        contexts=st.lists(st.none() | CODES, max_size=3).map(lambda r: _contexts(*r)),
    ),
    max_size=7,
).map(tuple)


@given(st.sampled_from(["refusal", "ladder"]), st.sampled_from(Outcome), TRIALS, st.booleans())
def test_no_trials_raise(kind, outcome, trials, is_climbed):
    stages = (Stage(StageName.CONNECT, "failed", 1.0),) if is_climbed else ()
    observation = Observation(kind, outcome, trials=trials, stages=stages)
    assert diagnose(observation, "", HINTS)
    assert 0 < len(headline(observation)) <= 64
    assert tone(observation) in Tone
