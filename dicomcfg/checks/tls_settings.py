"""Which named TLS settings the workers have, as their heartbeats say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dicomcfg.checks.models import WorkerHeartbeat
from dicomcfg.checks.selectors import workers, workers_for
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.records import Connection
from dicomcfg.inventory.models import Site
from dicomcfg.network.tls import DEFAULT, SettingsSummary


@dataclass(frozen=True, slots=True)
class InstalledSettings:
    """The same settings on one or more hosts."""

    summary: SettingsSummary
    hosts: tuple[str, ...]


def installed_settings() -> list[InstalledSettings]:
    """All settings of the live workers by name; those that differ between hosts stand apart."""
    hosts: dict[SettingsSummary, set[str]] = {}
    for worker in workers():
        for summary in summaries_of(worker):
            hosts.setdefault(summary, set()).add(worker.host)
    ordered = sorted(hosts.items(), key=lambda item: (item[0].name, sorted(item[1])))
    return [InstalledSettings(summary, tuple(sorted(where))) for summary, where in ordered]


def summaries_of(worker: WorkerHeartbeat) -> list[SettingsSummary]:
    """What one worker has."""
    return [
        SettingsSummary(
            each["name"],
            tuple(each["problems"]),
            tuple(each["authorities"]),
            each["certificate"],
            each["days_left"],
        )
        for each in worker.tls
    ]


def settings_names() -> list[str]:
    """What can be typed for a connection, the system's own trust first."""
    return [DEFAULT, *sorted({each.summary.name for each in installed_settings()} - {DEFAULT})]


def missing_settings(site: Site, connections: Iterable[Connection]) -> list[Finding]:
    """A warning for each connection whose settings no live worker of the site has.

    Nothing without a live worker, which is a matter of its own.
    """
    alive = workers_for(site)
    known = {each.name for worker in alive for each in summaries_of(worker)} | {DEFAULT}
    return [
        Finding(
            "tls-settings-not-on-site",
            Severity.WARNING,
            connection.tls,
            f"No worker of {site.name} has TLS settings called {connection.tls}.",
            "Install them on the worker, or choose others; Sites lists what there is.",
            path=f"connections.{index}.tls",
        )
        for index, connection in enumerate(connections)
        if alive and connection.tls and connection.tls not in known
    ]
