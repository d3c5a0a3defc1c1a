"""Workers and people who write at once: nobody waits in a circle, and the last word is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from dicomcfg.checks import leases, results, services
from dicomcfg.core.diagnosis.observation import ContextResult, Observation
from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.records import TransferCapability
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.services.drift import adopt, drift_of, keep
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.undo import CannotUndo, undo
from dicomcfg.probes.target import DiscoverSettings
from tests.parts.discovered import SMALL, seen_of
from tests.parts.drifting import STORE, able, negotiate, tokens
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, make_ae, make_association, negotiated

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, PAIRS = 4, 6
ANSWER = ContextResult(1, 1, CT, (IMPLICIT, EXPLICIT), 0, EXPLICIT)
Result = tuple[leases.Lease, Observation]


def at_once(*acts: Callable[[], object]) -> None:
    """All acts from threads that start together; refusals are answers, anything else fails."""
    barrier = Barrier(len(acts))

    def one(act: Callable[[], object]) -> None:
        barrier.wait(timeout=20)
        try:
            act()
        except (ServiceError, StaleRevision, CannotUndo):
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(one, acts))


def batch(aes: Sequence[AE], pairs: Sequence[Association], rows: tuple[str, str]) -> list[Result]:
    """What a worker brings back: discoveries of the AEs, negotiations of the pairs, echoes."""
    held: list[Result] = []
    for ae in aes:
        found = seen_of(Matrix(*SMALL, rows))
        discovery = services.start_discover(None, ae, DiscoverSettings(*SMALL))
        held += [(lease, found) for lease in taken(discovery.checks.values_list("pk", flat=True))]
    run = services.start_negotiate(None, pairs)
    negotiation = negotiated(ANSWER)
    held += [(lease, negotiation) for lease in taken(run.checks.values_list("pk", flat=True))]
    echoes = services.start_echo(None, aes)
    echoed = Observation(kind="echo", outcome=negotiation.outcome)
    held += [(lease, echoed) for lease in taken(echoes.checks.values_list("pk", flat=True))]
    return held


def taken(ids: Sequence[int]) -> list[leases.Lease]:
    return leases.take(list(ids), "w", "host")


def test_workers_and_people_agree_in_the_end() -> None:
    aes = [able(make_ae(f"PACS{n}"), STORE) for n in range(3)]
    pairs = [make_association(f"CT{n}", aes[n % 3], (CT, IMPLICIT, EXPLICIT)) for n in range(PAIRS)]
    for pair in pairs:
        negotiate(pair, EXPLICIT)
    turned = TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT))
    for number in range(ROUNDS):
        pair = pairs[number]
        pair.refresh_from_db()
        first = batch(aes, pairs, ("00", "03"))
        second = batch(aes[::-1], pairs[::-1], ("33", "00"))
        adopted = adopt(SHELL, pair, tokens(pair), pair.revision) if tokens(pair) else None
        at_once(
            lambda given=first: results.record(given),
            lambda given=second: results.record(given),
            lambda: able(aes[0], turned),
            lambda one=pair: keep(SHELL, one, tokens(one)),
            lambda given=adopted: given and undo(SHELL, given),
            lambda: able(aes[0], STORE),
        )
        for row in (*aes, *pairs):
            row.refresh_from_db()
            rows = drift_of(row)
            assert row.drift_count == (None if rows is None else len(rows))
            assert (row.drift_since is not None) is bool(rows)
