"""Observations to findings: the answers to presentation contexts."""

from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import (
    ContextResult,
    Outcome,
)
from dicomcfg.core.diagnosis.words import Tone, headline, tone
from tests.parts.observations import CT, ELE, ILE, negotiated, observed

J2K = "1.2.840.10008.1.2.4.90"


def test_a_negotiation_accepted_whole():
    observation = negotiated(0, 0)
    assert [f.code for f in diagnose(observation, "PACS")] == ["contexts-accepted"]
    assert headline(observation) == "Accepted"


def test_refused_contexts_are_grouped():
    observation = negotiated(0, 3, 3, 4, 1, 2, None, 9)
    found = diagnose(observation, "PACS")
    assert [f.code for f in found] == [
        "contexts-accepted",
        "abstract-syntax-not-supported",
        "transfer-syntaxes-not-supported",
        "context-user-rejection",
        "context-provider-rejection",
        "context-not-answered",
        "context-result-unknown",
    ]
    assert "2 of 8 contexts were not accepted" in found[1].message
    assert "CT Image Storage" in found[1].message
    assert headline(observation) == "1 of 8 accepted"
    assert tone(observation) is Tone.WARN


def test_a_second_request_that_was_refused():
    observation = negotiated(0, None, outcome=Outcome.ASSOCIATION_REJECTED)
    codes = [f.code for f in diagnose(observation, "PACS")]
    assert codes == ["association-rejected", "contexts-accepted", "contexts-not-reached"]


def test_implicit_vr_is_advised_where_it_is_missing():
    found = diagnose(negotiated(4, proposed=(J2K,)), "PACS")
    assert [f.code for f in found] == ["transfer-syntaxes-not-supported"]
    assert "Add Implicit VR Little Endian" in found[0].remedy
    assert "JPEG 2000 Image Compression (Lossless Only)" in found[0].message
    found = diagnose(negotiated(0, proposed=(J2K,)), "PACS")
    assert [f.code for f in found] == ["contexts-accepted", "implicit-vr-not-proposed"]


def test_a_syntax_that_was_not_proposed():
    context = ContextResult(1, 1, CT, (ILE,), 0, ELE)
    observation = observed(Outcome.SUCCESS, kind="negotiate", contexts=(context,))
    assert "accepted-syntax-not-proposed" in [f.code for f in diagnose(observation, "PACS")]


def test_too_many_syntaxes_explain_a_silent_peer():
    context = ContextResult(1, 1, CT, tuple(f"1.2.3.{n}" for n in range(51)), None, None)
    observation = observed(Outcome.ASSOCIATION_TIMEOUT, kind="negotiate", contexts=(context,))
    assert "propose fewer" in diagnose(observation, "PACS")[0].remedy
