"""Find and store through a worker: what stands in the database afterwards, and what does not."""

from __future__ import annotations

import json

import pytest

from dicomcfg.checks import services
from dicomcfg.checks.models import Attempt, Check
from dicomcfg.network.acceptor import AcceptorPolicy
from dicomcfg.network.provider import FindAnswers
from dicomcfg.network.requestor import PENDING_TOLERATED
from dicomcfg.probes.objects.encoding import EXPLICIT, IMPLICIT, encode
from dicomcfg.probes.objects.identifiers import FIND_CLASSES
from dicomcfg.probes.target import StoreSettings
from tests.checks.conftest import MakeAe, Peer, RunIds

pytestmark = pytest.mark.django_db(transaction=True)
CT = "1.2.840.10008.5.1.4.1.1.2"
IDENTIFIER = encode({"PatientName": "SECRET^PATIENT", "PatientID": "SECRET-4711"}, IMPLICIT)


@pytest.mark.parametrize("ignores_cancel", [False, True])
def test_nothing_that_a_peer_finds_reaches_the_database(
    make_ae: MakeAe, peer: Peer, run_ids: RunIds, ignores_cancel: bool
) -> None:
    answers = FindAnswers(
        matches=2 * PENDING_TOLERATED,
        identifier=IDENTIFIER,
        pause_s=0 if ignores_cancel else 0.01,
        ignores_cancel=ignores_cancel,
    )
    policy = AcceptorPolicy(find=answers, transfer_syntaxes=(IMPLICIT,))
    ae = make_ae("PACS", peer(policy), allows_find=True)
    run = services.start_find(None, ae, FIND_CLASSES[0])
    check = run.checks.get()
    run_ids([check.pk])
    check = Check.objects.get()
    assert check.outcome == ("operation-failed" if ignores_cancel else "success")
    attempt = Attempt.objects.get()
    assert attempt.observation is not None
    assert attempt.observation["pending"] > 0
    kept = json.dumps([attempt.observation, check.findings, check.target, check.headline])
    raw = b"".join(bytes.fromhex(pdu["hex"]) for pdu in attempt.observation["pdus"])
    for secret in (b"SECRET", b"PATIENT", b"4711"):
        assert secret not in raw
        assert secret.decode() not in kept
        assert secret.hex() not in kept


def test_a_store_says_where_the_object_is(make_ae: MakeAe, peer: Peer, run_ids: RunIds) -> None:
    ae = make_ae("PACS", peer(AcceptorPolicy(store_status=0xB000)), allows_store=True)
    run = services.start_store(None, ae, StoreSettings(CT, EXPLICIT))
    run_ids(list(run.checks.values_list("pk", flat=True)))
    check = Check.objects.get()
    assert (check.outcome, check.tone) == ("success", "warn")
    observation = Attempt.objects.get().observation
    assert observation is not None
    instance = observation["sent_object"]["sop_instance"]
    assert any(instance in finding["message"] for finding in check.findings)


@pytest.mark.parametrize("kind", ["find", "store"])
def test_an_ae_that_does_not_allow_it_is_left_alone(make_ae: MakeAe, kind: str) -> None:
    ae = make_ae("PACS", 104)
    with pytest.raises(services.NotAllowed):
        if kind == "find":
            services.start_find(None, ae, FIND_CLASSES[0])
        else:
            services.start_store(None, ae, StoreSettings(CT, EXPLICIT))
    assert not Check.objects.exists()
