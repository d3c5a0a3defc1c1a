"""Return paths: what the called AE must know, told from plain values."""

from __future__ import annotations

import pytest

from dicomcfg.core.findings import Severity
from dicomcfg.core.negotiation.return_paths import (
    MPPS,
    MPPS_NOTIFICATION,
    STORAGE_COMMITMENT,
    UPS_EVENT,
    UPS_WATCH,
    End,
    Known,
    Need,
    Offer,
    ReturnPath,
    is_stored,
    return_paths,
    storage_classes,
)
from dicomcfg.core.records import Connection, PresentationContext, RoleSelection

MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
HANGING = "1.2.840.10008.5.1.4.38.1"

LISTENS = End("WS1", True, Connection("10.0.0.7", 11112))
PACS = End("PACS", True, Connection("10.0.0.1", 104))


def _offer(*classes: str, scp: tuple[str, ...] = ()) -> Offer:
    contexts = [PresentationContext(uid, ("1.2.840.10008.1.2",)) for uid in classes]
    return Offer(contexts, [RoleSelection(uid, False, True) for uid in scp])


def _known(
    offer: Offer, *, calling: End = LISTENS, back: Offer | None = None, **more: tuple[str, ...]
) -> Known:
    return Known(calling, PACS, offer, back, **more)


def _only(known: Known) -> ReturnPath:
    (path,) = return_paths(known)
    return path


def test_plain_services_have_no_way_back() -> None:
    assert return_paths(_known(_offer(CT, MR, FIND, "1.2.840.10008.1.1", "1.2.3"))) == ()


@pytest.mark.parametrize(
    ("calling", "back", "need"),
    [
        (End("WS1", False, None), None, Need.ACCEPTING),
        (End("WS1", False, Connection("10.0.0.7", 104)), _offer(CT), Need.ACCEPTING),
        (End("WS1", True, None), _offer(CT), Need.ADDRESS),
        (LISTENS, None, Need.ASSOCIATION),
        (LISTENS, _offer(FIND), Need.CONTEXT_BACK),
        (LISTENS, _offer(CT, MR), None),
    ],
)
def test_a_move_needs_its_destination(calling: End, back: Offer | None, need: Need | None) -> None:
    path = _only(_known(_offer(FIND, MOVE), calling=calling, back=back))
    assert (path.finding.code, path.need) == ("return-path-move", need)
    assert path.finding.severity is (Severity.INFO if need is None else Severity.WARNING)
    assert (path.finding.subject, path.finding.clause) == ("PACS", "PS3.4 C.4.2")
    if need in (Need.ASSOCIATION, Need.CONTEXT_BACK, None):
        assert "register WS1 at 10.0.0.7:11112 as a move destination" in path.finding.remedy
    if need is None:
        assert "2 storage SOP Classes" in path.finding.message


def test_a_caller_that_does_not_listen_moves_to_others() -> None:
    deaf = End("RIS", False)
    path = _only(_known(_offer(MOVE), calling=deaf, destinations=("A", "B", "C", "D")))
    assert path.need is None and "A, B, C and 1 more" in path.finding.message


def test_a_get_needs_the_scp_role_of_what_comes() -> None:
    assert _only(_known(_offer(GET))).need is Need.CONTEXT
    half = _only(_known(_offer(GET, CT, MR, scp=(CT,))))
    assert half.need is Need.ROLE
    assert "MR Image Storage" in half.finding.message and "CT Image" not in half.finding.message
    whole = _only(_known(_offer(GET, CT, MR, scp=(CT, MR))))
    assert (whole.need, whole.finding.clause) == (None, "PS3.4 C.5.3")


@pytest.mark.parametrize(
    ("asked", "reported", "code"),
    [
        (STORAGE_COMMITMENT, STORAGE_COMMITMENT, "return-path-commitment"),
        (UPS_WATCH, UPS_EVENT, "return-path-ups"),
        (UPS_EVENT, UPS_EVENT, "return-path-ups"),
        (MPPS_NOTIFICATION, MPPS_NOTIFICATION, "return-path-notification"),
    ],
)
def test_reports_come_on_an_association_with_the_scp_role(
    asked: str, reported: str, code: str
) -> None:
    steps = (
        (End("WS1", False), None, Need.ACCEPTING),
        (End("WS1"), None, Need.ADDRESS),
        (LISTENS, None, Need.ASSOCIATION),
        (LISTENS, _offer(CT), Need.CONTEXT_BACK),
        (LISTENS, _offer(reported), Need.ROLE_BACK),
        (LISTENS, _offer(reported, scp=(reported,)), None),
    )
    for calling, back, need in steps:
        path = _only(_known(_offer(asked), calling=calling, back=back))
        assert (path.finding.code, path.need) == (code, need)


def test_an_association_that_is_a_way_back_asks_for_none() -> None:
    own = _offer(STORAGE_COMMITMENT, scp=(STORAGE_COMMITMENT,))
    assert return_paths(_known(own, back=_offer(STORAGE_COMMITMENT))) == ()


def test_performed_procedure_steps_are_passed_on_or_not() -> None:
    alone = _only(_known(_offer(MPPS)))
    assert (alone.finding.severity, alone.need) == (Severity.INFO, None)
    assert "PACS alone" in alone.finding.message and "forward" in alone.finding.remedy
    passed = _only(_known(_offer(MPPS), forwards=("RIS",)))
    assert "passes it on to RIS" in passed.finding.message


def test_what_is_missing_stands_first() -> None:
    known = _known(_offer(MPPS, MOVE, STORAGE_COMMITMENT), back=_offer(CT))
    paths = return_paths(known)
    assert [path.need for path in paths] == [Need.CONTEXT_BACK, None, None]


def test_what_stores_objects() -> None:
    assert {CT, MR, HANGING} < storage_classes()
    assert not {MOVE, GET, STORAGE_COMMITMENT, "1.2.840.10008.1.3.10"} & storage_classes()
    assert is_stored(CT) and not is_stored("1.2.3")
