"""The orders of a connection sheet: complete for both sides, with gaps where nothing is known."""

from __future__ import annotations

from dicomcfg.core.negotiation.return_paths import STORAGE_COMMITMENT, End, Known, Offer
from dicomcfg.core.negotiation.sheet import Step, steps_for
from dicomcfg.core.records import Connection, PresentationContext

CT = "1.2.840.10008.5.1.4.1.1.2"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
PLAIN = Connection("10.0.0.1", 104)
SECURE = Connection("pacs.example.org", 2762, "clinic")
SCANNER = End("CT1", True, Connection("10.0.0.7", 11112))


def _known(*classes: str, calling: End = SCANNER) -> Known:
    offer = Offer([PresentationContext(uid, ("1.2.840.10008.1.2",)) for uid in classes])
    return Known(calling, End("PACS", True, PLAIN), offer)


def _texts(steps: tuple[Step, ...]) -> str:
    return "\n".join(step.text for step in steps)


def test_storage_tells_titles_addresses_and_contexts() -> None:
    steps = steps_for(_known(CT), [PLAIN, SECURE], at_once=4)
    assert [step.text for step in steps.calling] == [
        "Use the AE title CT1 as its own; capitals and spaces count.",
        "Enter PACS as a destination: host 10.0.0.1, port 104.",
        "Where it takes more than one address, add in this order: "
        "pacs.example.org, port 2762, over TLS (clinic).",
        "Propose the 1 presentation context listed on this sheet.",
    ]
    assert [step.text for step in steps.called] == [
        "Listen as PACS at 10.0.0.1, port 104; pacs.example.org, port 2762, over TLS (clinic).",
        "Allow the calling AE title CT1 from 10.0.0.7.",
        "Allow 4 associations of CT1 at once.",
        "Accept the presentation contexts listed on this sheet.",
    ]
    assert not any(step.is_gap for step in (*steps.calling, *steps.called))


def test_ways_back_are_ordered_on_both_sides() -> None:
    steps = steps_for(_known(MOVE, STORAGE_COMMITMENT), [PLAIN])
    assert (
        "Accept associations from PACS, which brings retrieved objects and the result of storage "
        "commitment: listen at 10.0.0.7, port 11112."
    ) in _texts(steps.calling)
    assert "Register CT1 at 10.0.0.7:11112 as a move destination." in _texts(steps.called)
    assert "propose the SCP role for Storage Commitment" in _texts(steps.called)


def test_a_get_asks_for_roles() -> None:
    assert "Propose the SCP role" in _texts(steps_for(_known(GET, CT), [PLAIN]).calling)


def test_what_is_not_known_is_left_to_fill_in() -> None:
    steps = steps_for(_known(STORAGE_COMMITMENT, calling=End("CT1")), [])
    assert [step.text for step in steps.calling if step.is_gap] == [
        "Enter PACS as a destination at the host and port below.",
        "Accept associations from PACS, which brings the result of storage commitment, at the "
        "host and port below.",
    ]
    assert len([step for step in steps.called if step.is_gap]) == 3
    assert any(step.is_gap for step in steps_for(_known(), [PLAIN]).calling)


def test_a_caller_that_never_listens_is_no_move_destination() -> None:
    steps = steps_for(_known(MOVE, calling=End("CT1", False)), [PLAIN])
    assert "move destination" not in _texts(steps.called)
    assert "Accept associations" not in _texts(steps.calling)
