"""Asking an Orthanc server: the row first, a worker of its Site afterwards.

What a person confirms is what is done: a push carries the steps that were shown, each with what
the server held when they were, and is refused where it would carry others by now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.utils import timezone

from dicomcfg.core import records
from dicomcfg.exchange.orthanc.models import CallKind, CallState, OrthancCall
from dicomcfg.exchange.orthanc.plan import Compared, Step, Wanted, compare, steps
from dicomcfg.exchange.wake import wake_to_ask
from dicomcfg.inventory.models import ManagedModality, OrthancServer
from dicomcfg.inventory.services.ae_rows import load_aes
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.network.orthanc_modalities import is_name

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

LEASE: Final = timedelta(minutes=3)
MOST_NAMES: Final = 500
_ECHOES_SEEN: Final = 20
_TOLD: Final = Q(
    kind__in=(CallKind.FETCH, CallKind.PUSH),
    state=CallState.FINISHED,
    result__has_key="modalities",
)


def ask(
    user: AbstractUser | None, server: OrthancServer, kind: CallKind, **request: Any
) -> OrthancCall:
    """Have a worker ask the server. One request of a kind waits at a time: asking the same again
    while it does gives that one. Raises ServiceError for another one, and for a server that is
    gone."""
    with transaction.atomic():
        held = OrthancServer.objects.select_for_update(no_key=True).filter(pk=server.pk)
        if not held:
            raise ServiceError.general(f"{server.name} was deleted meanwhile.")
        waiting = unfinished().filter(server=server, kind=kind).first()
        if waiting is not None and waiting.request == request:
            return waiting
        if waiting is not None:
            raise ServiceError.general(f"Another {kind} is under way. Wait until it has ended.")
        call = OrthancCall.objects.create(
            server=server,
            server_name=server.name,
            kind=kind,
            request=request,
            created_by_id=user.pk if user else None,
        )
        transaction.on_commit(lambda: announce(call))
    return call


def announce(call: OrthancCall) -> None:
    """Wake a worker of the server's Site; the row waits where that fails."""
    if call.server is not None:
        wake_to_ask(call.server.site, call.pk)


def unfinished() -> QuerySet[OrthancCall]:
    """Requests without a result."""
    return OrthancCall.objects.exclude(state=CallState.FINISHED)


def latest_fetch(server: OrthancServer) -> OrthancCall | None:
    """The last request that told what the server holds."""
    return server.calls.filter(_TOLD).first()


def latest_answers(servers: Iterable[OrthancServer]) -> QuerySet[OrthancCall, Any]:
    """What each of some servers last told that it holds: (its id, when, modalities)."""
    last = _last(servers, OrthancCall.objects.filter(_TOLD))
    return last.values_list("server_id", "finished_at", "result__modalities")


def compared(server: OrthancServer, held: Mapping[str, Any]) -> list[Compared]:
    """What the server held beside the inventory of now."""
    return compare(held, wanted_of([server])[server.pk])


def wanted_of(servers: Iterable[OrthancServer]) -> dict[int, list[Wanted]]:
    """What each server is to hold, by its id, in a number of queries that does not grow."""
    wanted: dict[int, list[Wanted]] = {server.pk: [] for server in servers}
    managed = list(ManagedModality.objects.filter(server__in=list(wanted)))
    ids = {each.ae_id for each in managed if each.ae_id}
    aes = {row.pk: data for row, data in load_aes(ids, lock=False)}
    for each in managed:
        wanted[each.server_id].append(Wanted(each.name, _record(each, aes)))
    return wanted


def _record(managed: ManagedModality, aes: Mapping[int, Any]) -> records.Ae | None:
    data = aes.get(managed.ae_id or 0)
    if data is None:
        return None
    return records.Ae(data.ae_title, data.ae_title, connections=data.connections)


def planned(server: OrthancServer) -> list[Step]:
    """What a push would do now, after what the server was last known to hold."""
    latest = latest_fetch(server)
    return [] if latest is None else steps(compared(server, latest.result["modalities"]))


def digest_of(steps: Sequence[Step]) -> str:
    """Names what was shown before a push, 64 hexadecimal digits."""
    plain = json.dumps([asdict(step) for step in steps], sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def push(user: AbstractUser | None, server: OrthancServer, shown: str) -> OrthancCall:
    """Bring the managed modalities in step with the inventory by the steps whose digest is `shown`.

    Raises ServiceError when nothing differs, and when other steps would by now.
    """
    wanted = planned(server)
    if not wanted:
        raise ServiceError.general("Every managed modality is in step already.")
    if digest_of(wanted) != shown:
        raise ServiceError.general(
            "The server or the inventory has changed since it was shown. Look once more."
        )
    return ask(user, server, CallKind.PUSH, steps=[asdict(step) for step in wanted])


def echo(user: AbstractUser | None, server: OrthancServer, names: Iterable[str]) -> OrthancCall:
    """Have the server send a C-ECHO to some of its modalities. Raises ServiceError for none that
    Orthanc could hold."""
    wanted = [name for name in dict.fromkeys(names) if is_name(name)][:MOST_NAMES]
    if not wanted:
        raise ServiceError.general("Choose the modalities that the server is to echo.")
    return ask(user, server, CallKind.ECHO, names=wanted)


def steps_of(call: OrthancCall) -> list[Step]:
    """The steps that a push was asked for."""
    return [Step(**step) for step in call.request.get("steps", ())]


def take(pk: int) -> OrthancCall | None:
    """Lease a request for this worker; None when it is done or another one has it."""
    now = timezone.now()
    free = Q(state=CallState.QUEUED) | Q(state=CallState.RUNNING, lease_until__lt=now)
    taken = OrthancCall.objects.filter(free, pk=pk).update(
        state=CallState.RUNNING, lease_until=now + LEASE, fence=F("fence") + 1
    )
    if not taken:
        return None
    return OrthancCall.objects.select_related("server__site").get(pk=pk)


def finish(call: OrthancCall, result: Mapping[str, Any], problem: str = "") -> bool:
    """Write what came back; False when the lease was lost meanwhile, and nothing is written."""
    mine = OrthancCall.objects.filter(pk=call.pk, fence=call.fence, state=CallState.RUNNING)
    return bool(
        mine.update(
            state=CallState.FINISHED,
            result=dict(result),
            problem=problem,
            finished_at=timezone.now(),
            lease_until=None,
        )
    )


def next_waiting(slugs: Iterable[str]) -> OrthancCall | None:
    """Lease the oldest request to a server of these sites that waits, or whose worker is gone."""
    lost = Q(state=CallState.RUNNING, lease_until__lt=timezone.now())
    waiting = unfinished().filter(lost | Q(state=CallState.QUEUED), server__site__slug__in=slugs)
    for pk in waiting.order_by("pk").values_list("pk", flat=True)[:20]:
        call = take(pk)
        if call is not None:
            return call
    return None


def latest_calls(servers: Iterable[OrthancServer]) -> dict[int, OrthancCall]:
    """The last request to each of some servers, by the server's id; one query."""
    found = _outlined(_last(servers, OrthancCall.objects.all()))
    return {call.server_id: call for call in found if call.server_id is not None}


def _last(servers: Iterable[OrthancServer], calls: QuerySet[OrthancCall]) -> QuerySet[OrthancCall]:
    """The last one of `calls` of each server."""
    last = calls.filter(server=OuterRef("pk")).values("pk")[:1]
    ids = OrthancServer.objects.filter(pk__in=[s.pk for s in servers]).values_list(Subquery(last))
    return OrthancCall.objects.filter(pk__in=ids)


def recent(server: OrthancServer) -> QuerySet[OrthancCall]:
    """The requests to a server, the last first, without what it held: that may be long."""
    return _outlined(server.calls.select_related("created_by"))


def _outlined(calls: QuerySet[OrthancCall]) -> QuerySet[OrthancCall]:
    """With `held`, `failed`, `done`, `tried` and `late` of the result, None where it has none."""
    names = ("held", "failed", "done", "tried", "late")
    told = {name: KT(f"result__{name}") for name in names}
    return calls.defer("request", "result").annotate(**told)


def latest_echoes(server: OrthancServer) -> dict[str, dict[str, Any]]:
    """The last echo of each modality, {"ok", "message"}, among the last requests; one query."""
    calls = server.calls.filter(state=CallState.FINISHED, result__has_key="echoes")
    found: dict[str, dict[str, Any]] = {}
    for echoes in calls.values_list("result__echoes", flat=True)[:_ECHOES_SEEN]:
        for name, echo in echoes.items():
            found.setdefault(name, echo)
    return found
