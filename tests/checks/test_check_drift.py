"""Discoveries and negotiations that end: what becomes of the drift on their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.checks import leases, results, services
from dicomcfg.checks.models import Check
from dicomcfg.core.diagnosis.observation import ContextResult, Observation, Outcome
from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.records import TransferCapability
from dicomcfg.inventory.models import AE, Association, SeenCapabilities, SeenContexts
from dicomcfg.inventory.services.aes import delete_aes
from dicomcfg.inventory.services.drift import adopt, drift_of
from dicomcfg.inventory.services.undo import undo
from dicomcfg.network.acceptor import AcceptorPolicy
from dicomcfg.probes.target import DiscoverSettings
from tests.parts.discovered import SMALL, discover, seen_of
from tests.parts.drifting import ECHO, STORE, able, drifting_ae, negotiate, tokens
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    make_ae,
    make_association,
    negotiated,
)

ECHO_TOO = TransferCapability(VERIFICATION, "SCP", (IMPLICIT, EXPLICIT))
RunIds = Callable[[Sequence[int]], None]
pytestmark = pytest.mark.django_db


def taken(ae: AE, axes: tuple[tuple[str, ...], tuple[str, ...]] = SMALL) -> leases.Lease:
    """A discovery that a worker is making."""
    check = services.start_discover(None, ae, DiscoverSettings(*axes)).checks.get()
    return leases.take([check.pk], "w", "host")[0]


def found(*rows: str, outcome: Outcome = Outcome.SUCCESS) -> Observation:
    return seen_of(Matrix(*SMALL, rows), outcome)


def kinds(row: AE | Association) -> list[tuple[str, str]]:
    return [(each.kind.value, each.sop_class) for each in drift_of(row) or ()]


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.CONNECTION_CLOSED])
def test_what_was_answered_before_the_end_counts(outcome: Outcome) -> None:
    ae = drifting_ae(rows=("??", "?3"))
    assert kinds(ae) == [("missing", CT)]
    discover(ae, ("??", "3?"), outcome=outcome)
    (row,) = drift_of(ae) or ()
    assert row.transfer_syntaxes == (IMPLICIT, EXPLICIT)


def test_a_limited_discovery_leaves_the_rest_as_it_was() -> None:
    ae = drifting_ae()
    first = SeenCapabilities.objects.get()
    check = discover(ae, ("00",), axes=((CT,), SMALL[1]))
    assert kinds(ae) == [("extra", VERIFICATION)]
    seen = SeenCapabilities.objects.get()
    assert (seen.check_id, seen.at) == (check.pk, Check.objects.get(pk=check.pk).finished_at)
    assert seen.earlier == {VERIFICATION: [first.check_id, first.at.isoformat()]}


def test_an_older_discovery_that_ends_later_takes_nothing_from_a_newer() -> None:
    ae = able(make_ae("PACS"), STORE)
    older, newer = taken(ae), taken(ae, ((CT,), SMALL[1]))
    results.record([(newer, seen_of(Matrix((CT,), SMALL[1], ("00",))))])
    results.record([(older, found("04", "33"))])
    assert kinds(ae) == [("extra", VERIFICATION)]
    seen = SeenCapabilities.objects.get()
    assert seen.check_id == newer.check_id
    assert list(seen.earlier) == [VERIFICATION]


def test_a_borrowed_title_finds_out_too_and_an_unsaved_ae_has_no_drift() -> None:
    ae, modality = able(make_ae("PACS"), ECHO), make_ae("CT1")
    discover(ae, ("34", "33"), calling=modality)
    assert kinds(ae) == [("missing", VERIFICATION)]


def test_an_ae_that_is_deleted_meanwhile_is_passed_over_and_one_brought_back_compared() -> None:
    ae = drifting_ae()
    lease = taken(ae)
    deleted = delete_aes(SHELL, [ae])
    results.record([(lease, found("00", "00"))])
    assert deleted
    undo(SHELL, deleted)
    ae.refresh_from_db()
    assert ae.drift_count == 2


def test_a_negotiation_that_was_refused_or_cancelled_says_nothing_of_contexts() -> None:
    association = make_association("CT1", "PACS", (CT, IMPLICIT))
    for outcome in (Outcome.ASSOCIATION_REJECTED, Outcome.CANCELLED):
        run = services.start_negotiate(None, [association])
        (lease,) = leases.take(list(run.checks.values_list("pk", flat=True)), "w", "host")
        answered = ContextResult(1, 1, CT, (IMPLICIT,), 3, None)
        contexts = (answered,) if outcome is Outcome.CANCELLED else ()
        seen = Observation(kind="negotiate", outcome=outcome, contexts=contexts)
        results.record([(lease, seen)])
    association.refresh_from_db()
    assert association.drift_count is None
    assert not SeenContexts.objects.exists()


def test_a_negotiation_of_the_pair_before_says_nothing_of_the_new_one() -> None:
    association = make_association("CT1", "PACS", (CT, IMPLICIT))
    check = services.start_negotiate(None, [association]).checks.get()
    (lease,) = leases.take([check.pk], "w", "host")
    Association.objects.update(repointed_at=timezone.now())
    results.record([(lease, negotiated(ContextResult(1, 1, CT, (IMPLICIT,), 3, None)))])
    association.refresh_from_db()
    assert association.drift_count is None
    assert not SeenContexts.objects.exists()


def test_an_older_negotiation_that_ends_later_changes_nothing() -> None:
    association = make_association("CT1", "PACS", (CT, IMPLICIT))
    older, newer = (services.start_negotiate(None, [association]).checks.get() for _ in "12")
    for check, result in ((newer, 0), (older, 3)):
        answer = ContextResult(1, 1, CT, (IMPLICIT,), result, None if result else IMPLICIT)
        (lease,) = leases.take([check.pk], "w", "host")
        results.record([(lease, negotiated(answer))])
    association.refresh_from_db()
    assert association.drift_count == 0


@pytest.mark.parametrize("accepted", ["1.2\x00", "x" * 70_000, "\ud800"])
def test_a_syntax_that_was_not_proposed_is_not_kept(accepted: str) -> None:
    association = make_association("CT1", "PACS", (CT, IMPLICIT))
    negotiate(association, accepted)
    assert SeenContexts.objects.get().contexts == [[CT, [IMPLICIT], 0, None]]
    assert association.drift_count == 0


def counted_queries(pairs: list[tuple[leases.Lease, Observation]]) -> int:
    with CaptureQueriesContext(connection) as spent:
        results.record(pairs)
    return len(spent)


def test_the_queries_of_a_batch_do_not_grow_with_it_and_echoes_pay_nothing() -> None:
    def batch(title: str, size: int) -> int:
        pacs = able(make_ae(title), STORE)
        rows = [
            make_association(f"{title}{n}", pacs, (CT, IMPLICIT, EXPLICIT)) for n in range(size)
        ]
        run = services.start_negotiate(None, rows)
        held = leases.take(list(run.checks.values_list("pk", flat=True)), "w", "host")
        answer = ContextResult(1, 1, CT, (IMPLICIT, EXPLICIT), 0, EXPLICIT)
        spent = counted_queries([(lease, negotiated(answer)) for lease in held])
        assert set(pacs.associations_in.values_list("drift_count", flat=True)) == {1}
        return spent

    assert batch("A", 1) == batch("B", 40)
    ae = make_ae("ECHOED")
    held = leases.take([services.start_echo(None, [ae]).checks.get().pk], "w", "host")
    with CaptureQueriesContext(connection) as spent:
        results.record([(held[0], Observation(kind="echo", outcome=Outcome.SUCCESS))])
    text = " ".join(query["sql"] for query in spent)
    assert "seen" not in text
    assert "drift" not in text


@pytest.mark.django_db(transaction=True)
def test_a_peer_that_is_configured_anew_drifts_until_that_is_adopted(
    peer: Callable[[AcceptorPolicy], int], run_ids: RunIds
) -> None:
    before = AcceptorPolicy(abstract_syntaxes=frozenset(SMALL[0]), transfer_syntaxes=SMALL[1])
    ae = able(make_ae("PACS", f"127.0.0.1:{peer(before)}"), ECHO_TOO, STORE)
    settings = DiscoverSettings(*SMALL)

    def discover_it() -> list[tuple[str, str]]:
        run_ids([services.start_discover(None, ae, settings).checks.get().pk])
        ae.refresh_from_db()
        return kinds(ae)

    assert discover_it() == []
    after = AcceptorPolicy(abstract_syntaxes=frozenset({CT}), transfer_syntaxes=(EXPLICIT,))
    ae.connections.update(port=peer(after))
    assert discover_it() == [("gone", VERIFICATION), ("gone", CT)]
    assert ae.drift_since
    adopt(SHELL, ae, tokens(ae), ae.revision)
    ae.refresh_from_db()
    assert (ae.drift_count, ae.drift_since) == (0, None)
    assert discover_it() == []
