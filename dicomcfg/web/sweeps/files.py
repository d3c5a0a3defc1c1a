"""The AEs of a file as targets of a sweep that leaves the inventory as it is.

A file says whom to probe and never more than a person may: what the inventory forbids to probe
stays forbidden, whatever the file calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from dicomcfg.checks.outlook import Skipped
from dicomcfg.checks.skipping import Skip, skip_words
from dicomcfg.core import records
from dicomcfg.core.findings import Finding, has_errors
from dicomcfg.core.formats import registry
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.endpoint import (
    check_hostname,
    check_port,
    normalise_hostname,
    one_spelling,
)
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Site, State
from dicomcfg.probes.target import Target

MOST_TARGETS = 20_000


@dataclass(frozen=True, slots=True)
class FileTargets:
    """Whom a file lets us probe, whom not and why, and what was found in reading it."""

    targets: tuple[Target, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    findings: tuple[Finding, ...] = ()
    problem: str = ""


def read_targets(data: bytes, name: str, site: Site) -> FileTargets:
    """Read a file of any known format; `problem` says why nothing of it can be swept.

    An AE with a title, host or port that cannot be is skipped, and the others go on; one that
    stands there many times is probed once.
    """
    document = registry.read(data, name=name)
    aes = document.aes
    if not aes:
        return FileTargets(findings=document.findings, problem="No AE can be read from this.")
    if len(aes) > MOST_TARGETS:
        problem = f"This has {len(aes):,} AEs; at most {MOST_TARGETS:,} are swept from a file."
        return FileTargets(findings=document.findings, problem=problem)
    forbidden = selectors.addresses_not_to_probe()
    targets: dict[Target, None] = {}
    skipped: list[Skipped] = []
    for ae in aes:
        reason = _reason(ae, forbidden)
        target = None if reason else _target(ae, site)
        if target is None or target in targets:
            skipped.append(Skipped(ae.ae_title[:64], reason or "Listed before"))
        else:
            targets[target] = None
    problem = "" if targets else "None of its AEs can be probed."
    return FileTargets(tuple(targets), tuple(skipped), document.findings, problem)


def _target(ae: records.Ae, site: Site) -> Target:
    first = ae.connections[0]
    return Target(
        hostname=normalise_hostname(first.hostname),
        port=first.port,
        called_ae_title=normalise_ae_title(ae.ae_title),
        calling_ae_title=site.calling_ae_title,
        tls=first.tls,
    )


def _reason(ae: records.Ae, forbidden: Mapping[tuple[str, int], AE]) -> str:
    """Why an AE of the file is not probed; empty where it is."""
    if ae.do_not_probe is not None:
        return skip_words(Skip.DO_NOT_PROBE, ae.do_not_probe)
    if ae.state == State.RETIRED:
        return Skip.RETIRED.label
    if not ae.connections:
        return Skip.NO_ADDRESS.label
    first = ae.connections[0]
    for finding in chain(
        check_ae_title(ae.ae_title), check_hostname(first.hostname), check_port(first.port)
    ):
        if has_errors([finding]):
            return finding.message
    marked = forbidden.get((one_spelling(first.hostname), first.port))
    if marked is not None:
        return f"Do not probe: {marked.do_not_probe_reason or 'so marked'} ({marked.ae_title})"
    return ""
