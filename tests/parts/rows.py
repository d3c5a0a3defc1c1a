"""Rows for tests, made through the services that make them in production."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from dicomcfg.checks import leases, results
from dicomcfg.checks.models import CheckRun
from dicomcfg.core.diagnosis.observation import (
    ContextResult,
    Observation,
    Outcome,
    PduRecord,
    SeenFrom,
    Stage,
    StageName,
)
from dicomcfg.core.records import Connection, PresentationContext
from dicomcfg.inventory.models import AE, Association, Site
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.aes import create_ae, update_ae
from dicomcfg.inventory.services.associations import create_association

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
SHELL = Actor.command_line()


def make_ae(title: str, address: str | None = "10.0.0.5:104", **fields: Any) -> AE:
    """An AE of the first site, listening at `address` unless that is None."""
    connections: tuple[Connection, ...] = ()
    if address is not None:
        host, _, port = address.rpartition(":")
        connections = (Connection(host, int(port)),)
    site = fields.pop("site", None) or Site.objects.order_by("pk")[0]
    data = AeData(ae_title=title, connections=connections, site=site, **fields)
    return create_ae(SHELL, data)


def edit_ae(actor: Actor, ae: AE, *, revision: int = 1, **fields: Any) -> AE:
    """Change some fields, as a form does that holds them all."""
    return update_ae(actor, ae, structs.replace(AeData.of(ae), **fields), revision)


def make_association(
    calling: AE | str = "CT1", called: AE | str = "PACS", *contexts: Sequence[str], name: str = ""
) -> Association:
    """A pair, its AEs made where only a title is given; a context is (abstract, *transfer)."""
    proposed = [PresentationContext(abstract, tuple(rest)) for abstract, *rest in contexts]
    first, second = (end if isinstance(end, AE) else make_ae(end) for end in (calling, called))
    return create_association(SHELL, first, second, name, "", proposed)


def answer_run(run: CheckRun, observation: Observation) -> None:
    """Let a worker take every waiting check of a run and see `observation`."""
    ids = list(run.checks.values_list("pk", flat=True))
    taken = leases.take(ids, "worker-1", "host-1")
    results.record([(lease, observation) for lease in taken])


def negotiated(*contexts: ContextResult) -> Observation:
    """An association that the peer accepted, with these answers; one PDU looks like markup."""
    return Observation(
        kind="negotiate",
        outcome=Outcome.SUCCESS,
        stage=StageName.RELEASE,
        stages=(
            Stage(StageName.CONNECT, "success", 0.4),
            Stage(StageName.ASSOCIATE, "success", 4.1),
        ),
        address="10.0.0.5",
        contexts=contexts,
        pdus=(PduRecord("sent", 0.5, 300, b"\x01\x00<script>".hex()),),
        seen_from=SeenFrom("host-1", "10.0.0.9", "CT1"),
    )
