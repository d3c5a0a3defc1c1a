"""What a discovery means, and its headline."""

from __future__ import annotations

import pytest

from dicomcfg.core.diagnosis import words
from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import Abort, DiscoverySeen, Observation, Outcome
from dicomcfg.core.diagnosis.words import Tone
from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.records import RoleSelection

VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"


def seen(
    *rows: str,
    outcome: Outcome = Outcome.SUCCESS,
    detail: str | None = None,
    notes: tuple[str, ...] = (),
    roles: tuple[RoleSelection, ...] = (),
) -> Observation:
    matrix = Matrix((VERIFICATION, CT, "1.2.3")[: len(rows)], (IMPLICIT, EXPLICIT), rows)
    return Observation(
        "discover",
        outcome,
        detail=detail,
        notes=notes,
        abort=Abort(0, 0) if outcome is Outcome.ASSOCIATION_ABORTED else None,
        discovery=DiscoverySeen(matrix, 3, 900, 0.1, roles),
    )


@pytest.mark.parametrize(
    ("observation", "codes", "headline", "tone"),
    [
        (seen("04", "00", "33"), ["discovered"], "2 SOP Classes accepted", Tone.OK),
        (seen("04"), ["discovered"], "1 SOP Class accepted", Tone.OK),
        (
            seen("00", "00"),
            ["discovered", "accepts-everything"],
            "2 SOP Classes accepted",
            Tone.OK,
        ),
        (
            seen("33", "40"),
            ["discovered", "verification-not-accepted", "implicit-vr-not-accepted"],
            "1 SOP Class accepted",
            Tone.OK,
        ),
        (
            seen("33", "44"),
            ["discovered-nothing", "verification-not-accepted"],
            "Nothing accepted",
            Tone.WARN,
        ),
        (
            seen("0?", "00", outcome=Outcome.ASSOCIATION_ABORTED),
            ["association-aborted", "discovered", "pairs-unknown"],
            "2 SOP Classes accepted so far",
            Tone.WARN,
        ),
        (
            seen("0?", "??", outcome=Outcome.ASSOCIATION_TIMEOUT, detail="deadline"),
            ["discovered", "pairs-unknown"],
            "1 SOP Class accepted so far",
            Tone.WARN,
        ),
        (
            seen("0?", "??", outcome=Outcome.CANCELLED),
            ["discovered", "pairs-unknown"],
            "1 SOP Class accepted so far",
            Tone.WARN,
        ),
        (
            seen("??", "??", outcome=Outcome.ASSOCIATION_ABORTED),
            ["association-aborted"],
            "Aborted",
            Tone.BAD,
        ),
        (
            seen("??", "??"),
            ["discovered-nothing", "pairs-unknown"],
            "Nothing accepted",
            Tone.WARN,
        ),
        (
            seen(
                "04",
                "03",
                notes=(
                    "result-3-for-transfer-syntaxes",
                    "requests-made-smaller",
                    "changed-its-mind",
                    "answers-slowed-down",
                    "context-not-answered",
                    "unproposed-transfer-syntax-accepted",
                ),
            ),
            [
                "discovered",
                "peer-changed-its-mind",
                "context-not-answered",
                "accepted-syntax-not-proposed",
                "class-refused-for-its-syntaxes",
                "requests-made-smaller",
                "answers-slowed-down",
            ],
            "2 SOP Classes accepted",
            Tone.OK,
        ),
        (
            seen("04", "04", roles=(RoleSelection(CT, True, True),)),
            ["discovered", "scp-role-accepted"],
            "2 SOP Classes accepted",
            Tone.OK,
        ),
    ],
)
def test_what_a_discovery_means(
    observation: Observation, codes: list[str], headline: str, tone: Tone
) -> None:
    findings = diagnose(observation, "PACS")
    assert [finding.code for finding in findings] == codes
    assert all("PACS" in finding.message or "pairs" in finding.message for finding in findings)
    assert words.headline(observation) == headline
    assert words.tone(observation) is tone


def test_the_count_is_told_in_numbers() -> None:
    first, *_ = diagnose(seen("04", "00", "33"), "PACS")
    assert "2 of 3 SOP Classes" in first.message
    assert "3 of 6 pairs" in first.message
