"""Roles, windows, extended negotiation and identity: what was proposed beside its answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import Answer, ContextResult, Observation, Outcome
from dicomcfg.core.diagnosis.words import Tone, headline, tone
from dicomcfg.core.negotiation.options import Identity, RequestOptions
from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.core.standard.uids import APPLICATION_CONTEXT

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
ILE = "1.2.840.10008.1.2"
BOTH, SCU, SCP, NONE = (True, True), (True, False), (False, True), (False, False)
ASKED = Identity("someone", response_requested=True)


def _seen(answer, results=(0, 0)):
    contexts = tuple(
        ContextResult(1, 2 * n + 1, uid, (ILE,), result, ILE if result == 0 else None)
        for n, (uid, result) in enumerate(zip((CT, MR), results, strict=True))
    )
    return Observation("negotiate", Outcome.SUCCESS, contexts=contexts, answer=answer)


def _told(answer, options, results=(0, 0)):
    """(code, severity) of what is said beside the contexts."""
    codes = [
        (f.code, f.severity.value) for f in diagnose(_seen(answer, results), "P", options=options)
    ]
    return [code for code in codes if not code[0].startswith(("contexts-", "abstract-"))]


@pytest.mark.parametrize(
    ("proposed", "answered", "expected"),
    [
        (None, None, []),
        (BOTH, BOTH, [("roles-accepted", "info")]),
        (NONE, NONE, [("roles-accepted", "info")]),
        (BOTH, SCU, [("roles-refused", "warning")]),
        (SCP, NONE, [("roles-refused", "warning")]),
        (BOTH, None, [("roles-not-answered", "warning")]),
        (SCP, None, [("roles-not-answered", "warning")]),
        (NONE, None, [("roles-not-answered", "warning")]),
        (SCU, None, [("roles-not-answered", "info")]),
        (SCU, BOTH, [("roles-not-proposed", "warning")]),
        (SCU, SCP, [("roles-not-proposed", "warning")]),
        (None, BOTH, [("roles-not-proposed", "warning")]),
    ],
)
def test_roles(proposed, answered, expected):
    options = RequestOptions((RoleSelection(CT, *proposed),) if proposed else ())
    answer = Answer(role_selections=(RoleSelection(CT, *answered),) if answered else ())
    assert _told(answer, options) == expected


def test_roles_of_a_refused_class_are_no_matter():
    options = RequestOptions((RoleSelection(CT, *BOTH),), (ExtendedNegotiation(CT, "01"),))
    assert _told(Answer(), options, results=(3, 0)) == []


def test_a_role_that_was_not_sent_is_told():
    options = RequestOptions((RoleSelection("1.2.3", *BOTH),))
    assert _told(Answer(), options) == [("role-without-context", "info")]


def test_the_roles_are_named():
    options = RequestOptions((RoleSelection(CT, *BOTH), RoleSelection(MR, *BOTH)))
    answer = Answer(role_selections=(RoleSelection(CT, *SCU), RoleSelection(MR, *NONE)))
    (_, refused) = diagnose(_seen(answer), "P", options=options)
    assert "CT Image Storage: SCU and SCP proposed, SCU accepted" in refused.message
    assert "MR Image Storage: SCU and SCP proposed, no role accepted" in refused.message


@pytest.mark.parametrize(
    ("proposed", "answered", "code"),
    [
        (None, None, None),
        ((5, 1), (5, 1), "window-accepted"),
        ((0, 0), (0, 0), "window-accepted"),
        ((5, 5), (1, 5), "window-narrowed"),
        ((0, 1), (7, 1), "window-narrowed"),
        ((5, 1), None, "window-not-answered"),
        ((5, 1), (6, 1), "window-not-proposed"),
        ((5, 1), (0, 1), "window-not-proposed"),
        (None, (1, 1), "window-accepted"),
        (None, (2, 1), "window-not-proposed"),
    ],
)
def test_window(proposed, answered, code):
    told = _told(Answer(asynchronous_window=answered), RequestOptions(asynchronous_window=proposed))
    assert [found for found, _ in told] == ([code] if code else [])


@pytest.mark.parametrize(
    ("proposed", "answered", "expected"),
    [
        ((), (), []),
        ((CT,), (CT,), ["extended-negotiation-answered"]),
        ((CT,), (), ["extended-negotiation-ignored"]),
        ((), (CT,), ["extended-negotiation-not-proposed"]),
        (
            (CT,),
            (MR,),
            ["extended-negotiation-ignored", "extended-negotiation-not-proposed"],
        ),
    ],
)
def test_extended_negotiation(proposed, answered, expected):
    options = RequestOptions((), tuple(ExtendedNegotiation(uid, "01") for uid in proposed))
    answer = Answer(
        extended_negotiations=tuple(ExtendedNegotiation(uid, "00" * 999) for uid in answered)
    )
    assert [code for code, _ in _told(answer, options)] == expected
    assert all(len(found.message) < 500 for found in diagnose(_seen(answer), "P", options=options))


@pytest.mark.parametrize(
    ("identity", "response_bytes", "expected"),
    [
        (None, None, []),
        (Identity("someone"), None, []),
        (ASKED, 0, [("identity-acknowledged", "info")]),
        (ASKED, None, [("identity-not-acknowledged", "warning")]),
    ],
)
def test_identity(identity, response_bytes, expected):
    answer = Answer(identity_response_bytes=response_bytes)
    assert _told(answer, RequestOptions(identity=identity)) == expected


@pytest.mark.parametrize(
    ("asked", "answered", "expected"),
    [
        (APPLICATION_CONTEXT, APPLICATION_CONTEXT, []),
        (APPLICATION_CONTEXT, None, []),
        ("1.2.3", "1.2.3", []),
        (APPLICATION_CONTEXT, "1.2.3", [("application-context-changed", "warning")]),
        ("1.2.3", APPLICATION_CONTEXT, [("application-context-changed", "warning")]),
    ],
)
def test_application_context(asked, answered, expected):
    options = RequestOptions(application_context=asked)
    assert _told(Answer(application_context=answered), options) == expected


@pytest.mark.parametrize("kind", ["negotiate", "echo", "ladder"])
@pytest.mark.parametrize("detail", ["passcode-missing", "passcode-variable-not-allowed"])
def test_a_passcode_that_is_missing(kind, detail):
    observation = Observation(kind, Outcome.SKIPPED, detail=detail)
    options = RequestOptions(identity=Identity("someone", "DICOMCFG_PASSCODE_X"))
    (found,) = diagnose(observation, "P", options=options)
    assert (found.code, found.severity) == (detail, "error")
    assert "DICOMCFG_PASSCODE_X" in found.message
    assert (headline(observation), tone(observation)) == ("Passcode missing", Tone.IDLE)


UIDS = st.sampled_from([CT, MR, "1.2.3"]) | st.text(max_size=9)
ROLES = st.lists(st.builds(RoleSelection, UIDS, st.booleans(), st.booleans()), max_size=4)
EXTENDED = st.lists(st.builds(ExtendedNegotiation, UIDS, st.text(max_size=9)), max_size=4)
WINDOWS = st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3))


@given(
    st.builds(
        Answer,
        st.none() | UIDS,
        ROLES.map(tuple),
        EXTENDED.map(tuple),
        WINDOWS,
        st.none() | st.integers(0, 9),
    ),
    st.builds(
        RequestOptions,
        ROLES.map(tuple),
        EXTENDED.map(tuple),
        asynchronous_window=WINDOWS,
        identity=st.none() | st.just(ASKED),
    ),
)
def test_nothing_that_is_answered_raises(answer, options):
    found = diagnose(_seen(answer), "P", options=options)
    assert found
    assert all(each.message.endswith(".") for each in found)
    assert "someone" not in str(found)
