"""Results as the first release kept them, without any of the fields that came since."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dicomcfg.checks import leases
from dicomcfg.checks.models import Attempt, Check, CheckRun, CheckState, Ending
from dicomcfg.checks.services import cancel_run
from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.inventory.models import AE, Association
from dicomcfg.probes.target import Target
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
CONTEXTS = [{"abstract_syntax": CT, "transfer_syntaxes": [IMPLICIT, EXPLICIT]}]
TARGET: dict[str, Any] = {
    "hostname": "10.0.0.5",
    "port": 104,
    "called_ae_title": "PACS",
    "calling_ae_title": "DICOMCFG",
    "tls": None,
    "contexts": [],
}
REJECTED: dict[str, Any] = {
    "kind": "echo",
    "outcome": "association-rejected",
    "stage": "associate",
    "detail": None,
    "status": None,
    "stages": [
        {"name": "connect", "outcome": "success", "elapsed_ms": 1.0},
        {"name": "associate", "outcome": "failed", "elapsed_ms": 2},
    ],
    "address": "10.0.0.5",
    "peer": {
        "implementation_class_uid": None,
        "implementation_version_name": None,
        "maximum_length_received": None,
    },
    "rejection": {"result": 1, "source": 1, "reason": 7},
    "abort": None,
    "contexts": [],
    "notes": ["unknown-item-0x5a"],
    "pdus": [
        {"direction": "sent", "at_ms": 0.5, "length_bytes": 300, "hex": "0100"},
        {"direction": "received", "at_ms": 2, "length_bytes": 10, "hex": "03000000000400010107"},
    ],
    "seen_from": {"host": "host-1", "address": "10.0.0.9", "calling_ae_title": "DICOMCFG"},
}
NEGOTIATED = REJECTED | {
    "kind": "negotiate",
    "outcome": "success",
    "stage": "release",
    "rejection": None,
    "contexts": [
        {
            "request": 1,
            "context_id": 1,
            "abstract_syntax": VERIFICATION,
            "proposed": [IMPLICIT],
            "result": 0,
            "accepted": IMPLICIT,
        }
    ],
}


def keep(of: AE | Association, kind: str, observation: dict[str, Any] | None) -> Check:
    """A check of an AE or an association, and its attempt if it had one, as rows."""
    called, field = (of, "ae") if isinstance(of, AE) else (of.called, "association")
    run = CheckRun.objects.create(
        kind=kind, lane="interactive", requested_by_name="admin", label=f"{kind} PACS", total=1
    )
    contexts = CONTEXTS if kind == "negotiate" else []
    target = TARGET | {"contexts": contexts}
    row = {"run": run, "kind": kind, "site": called.site, "lane": run.lane, "target": target}
    row[field] = of
    if observation is None:
        return Check.objects.create(**row)
    now = timezone.now()
    ended = {"state": CheckState.FINISHED, "outcome": observation["outcome"], "finished_at": now}
    check = Check.objects.create(**row | ended, headline="x", tone="bad")
    Attempt.objects.create(
        check_row=check,
        fence=1,
        worker="w",
        worker_host="host-1",
        started_at=now,
        ended_at=now,
        ending=Ending.RESULT,
        observation=observation,
    )
    return check


def test_every_page_of_an_old_result_opens(viewer: Person, operator: Person) -> None:
    association = make_association("CT1", "PACS", (CT, IMPLICIT, EXPLICIT))
    echo = keep(association.called, "echo", REJECTED)
    negotiated = keep(association, "negotiate", NEGOTIATED)
    for check in (echo, negotiated):
        html = viewer.get(check.get_absolute_url()).content.decode()
        assert "host-1" in html
        for number in (1, 2):
            assert viewer.get(reverse("check-pdu", args=[check.pk, number])).status_code == 200
        assert "A-ASSOCIATE" in viewer.get(reverse("check-dump", args=[check.pk])).text
        assert viewer.get(check.run.get_absolute_url()).status_code == 200
        lines = b"".join(viewer.get(reverse("run-results", args=[check.run_id])))
        assert b"PACS,10.0.0.5,104,,DICOMCFG" in lines
    for page in (association.called.get_absolute_url(), association.get_absolute_url()):
        assert viewer.get(page).status_code == 200
    again = operator.post(reverse("run-again", args=[echo.run_id]))
    assert CheckRun.objects.latest("pk").get_absolute_url() == again["Location"]


def test_what_an_old_release_left_waiting_is_worked_off_or_cancelled(db: None) -> None:
    ae = make_ae("PACS")
    waiting, unwanted = keep(ae, "echo", None), keep(ae, "negotiate", None)
    assert cancel_run(None, unwanted.run) == 1
    (lease,) = leases.take([waiting.pk, unwanted.pk], "w", "h")
    assert lease.target == Target("10.0.0.5", 104, "PACS", "DICOMCFG")


def test_old_and_new_read_alike() -> None:
    old = Observation.from_json(REJECTED)
    assert (old.discovery, old.tls, old.trials, old.pending) == (None, None, (), None)
    assert Observation.from_json(old.to_json()) == old
