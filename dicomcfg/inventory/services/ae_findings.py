"""What is wrong or unwise about AEs, before they are saved.

Errors are what the standard or the database forbids; everything that real networks carry is a
warning. `path` names the field: `ae_title`, `connections.0.hostname` ...
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.db.models import Model
from django.db.models.functions import Lower

from dicomcfg.core import records
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.standard.ae_title import check_ae_title
from dicomcfg.core.standard.endpoint import check_hostname, check_port, endpoint
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import AE, Connection, State, Tag
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.fields import length_of, too_long

LARGEST_ASSOCIATION_COUNT = 32_767
_STATES = frozenset(State.values)


def check_ae(data: AeData, exclude_pk: int | None = None) -> list[Finding]:
    """Refusals and warnings for one AE; `exclude_pk` is its own row when it has one."""
    return field_findings(data) + neighbour_findings([(exclude_pk, data)])[0]


def neighbour_findings(states: Sequence[tuple[int | None, AeData]]) -> list[list[Finding]]:
    """What can only be said by looking at other AEs: warnings, a list for each state.

    A constant number of queries; the states are looked at beside each other too.
    """
    titles = _titles_in_use(states)
    addresses = _devices_by_address(states)
    found = []
    for _, data in states:
        findings = []
        count = titles[data.site.pk, data.ae_title]
        if count > 1:
            findings.append(_duplicate_title(data, count - 1))
        for index, connection in enumerate(data.connections):
            others = addresses.get((connection.hostname.lower(), connection.port), {})
            if data.device and len(others) > 1:
                findings.append(_shared_address(data, index, others))
        found.append(findings)
    return found


def field_findings(data: AeData) -> list[Finding]:
    """What can be said without looking at other AEs."""
    name = data.ae_title or "This AE"
    found = [replace(finding, path="ae_title") for finding in check_ae_title(data.ae_title)]
    for index, connection in enumerate(data.connections):
        found += _connection_findings(f"connections.{index}", connection)
    for field in ("description", "do_not_probe_reason"):
        found += _too_long(AE, field, getattr(data, field), field)
    for tag in data.tags:
        found += _too_long(Tag, "name", tag, "tags")
    if data.state not in _STATES:
        message = f"{data.state!r} is not a state."
        remedy = "Use " + ", ".join(State.values) + "."
        found.append(
            Finding("state-unknown", Severity.ERROR, data.state[:64], message, remedy, path="state")
        )
    for field in ("maximum_associations_in", "maximum_associations_out"):
        value = getattr(data, field)
        if value is not None and not 1 <= value <= LARGEST_ASSOCIATION_COUNT:
            message = f"{value} is not a number of associations."
            remedy = f"Give a number from 1 to {LARGEST_ASSOCIATION_COUNT:,}, or leave it empty."
            found.append(
                Finding(
                    "association-count-invalid",
                    Severity.ERROR,
                    data.ae_title,
                    message,
                    remedy,
                    path=field,
                )
            )
    if not (data.association_initiator or data.association_acceptor):
        message = f"{name} neither initiates nor accepts associations."
        remedy = "Tick at least one of the two."
        found.append(Finding("ae-without-role", Severity.WARNING, data.ae_title, message, remedy))
    if data.association_acceptor and not data.connections and data.state != State.RETIRED:
        message = f"{name} accepts associations but has no address."
        remedy = "Add its host and port, or say that it only initiates."
        found.append(
            Finding("acceptor-without-address", Severity.INFO, data.ae_title, message, remedy)
        )
    return found


def _connection_findings(path: str, connection: records.Connection) -> Iterator[Finding]:
    for finding in check_hostname(connection.hostname):
        yield replace(finding, path=f"{path}.hostname")
    for finding in check_port(connection.port):
        yield replace(finding, path=f"{path}.port")
    if connection.tls:
        yield from _too_long(Connection, "tls", connection.tls, f"{path}.tls")


def _too_long(model: type[Model], field: str, text: str, path: str) -> list[Finding]:
    if len(text) <= (length_of(model, field) or 0):
        return []
    return [
        Finding("text-too-long", Severity.ERROR, text[:64], message, "Shorten it.", path=path)
        for messages in too_long(model, {field: text}).values()
        for message in messages
    ]


def _titles_in_use(
    states: Sequence[tuple[int | None, AeData]],
) -> defaultdict[tuple[int, str], int]:
    """How often each title occurs in each site once `states` are saved."""
    own = {pk for pk, _ in states if pk is not None}
    counts: defaultdict[tuple[int, str], int] = defaultdict(int)
    for _, data in states:
        counts[data.site.pk, data.ae_title] += 1
    titles = {data.ae_title for _, data in states}
    sites = {data.site.pk for _, data in states}
    stored = AE.objects.filter(among(titles, "ae_title"), site__in=sites)
    for pk, site_id, title in stored.order_by().values_list("pk", "site_id", "ae_title"):
        if pk not in own:
            counts[site_id, title] += 1
    return counts


def _devices_by_address(
    states: Sequence[tuple[int | None, AeData]],
) -> dict[tuple[str, int], dict[str, str]]:
    """For each (host, port): the devices on it by name, each with one AE title."""
    own = {pk for pk, _ in states if pk is not None}
    found: dict[tuple[str, int], dict[str, str]] = {}
    hosts = {c.hostname.lower() for _, data in states for c in data.connections}
    here = among(hosts, Lower("hostname"))
    stored = Connection.objects.filter(here, ae__device__isnull=False)
    for pk, host, port, name, title in stored.order_by().values_list(
        "ae_id", "hostname", "port", "ae__device__name", "ae__ae_title"
    ):
        if pk not in own:
            found.setdefault((host.lower(), port), {}).setdefault(name, title)
    for _, data in states:
        if data.device:
            for c in data.connections:
                by_name = found.setdefault((c.hostname.lower(), c.port), {})
                by_name.setdefault(data.device.name, data.ae_title)
    return found


def _duplicate_title(data: AeData, others: int) -> Finding:
    message = (
        f"{others} other AE{'s' if others > 1 else ''} of {data.site.name} "
        f"{'bear' if others > 1 else 'bears'} the title {data.ae_title}."
    )
    return Finding(
        "ae-title-duplicate",
        Severity.WARNING,
        data.ae_title,
        message,
        "Titles should be unique in a site: peers tell AEs apart by nothing else.",
        "PS3.15 Annex H",
        path="ae_title",
    )


def _shared_address(data: AeData, index: int, devices: dict[str, str]) -> Finding:
    connection = data.connections[index]
    place = endpoint(connection.hostname, connection.port)
    others = [
        f"{name} ({title})"
        for name, title in devices.items()
        if data.device and name != data.device.name
    ]
    return Finding(
        "address-under-two-devices",
        Severity.WARNING,
        place,
        f"{place} is also the address of {', '.join(others[:3])}.",
        "One of the two is out of date, or both are one device.",
        path=f"connections.{index}.hostname",
    )
