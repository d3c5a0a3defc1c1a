"""`dicomcfg create-association`: a pair that proposes every known SOP Class, or what is needed.

The superset has a price, which is always told; `--only-needed` takes what both AEs are able to
instead. Django is set up only when the command runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from dicomcfg.commands import output
from dicomcfg.commands.django_setup import set_up_django
from dicomcfg.commands.sites import site_named
from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.negotiation import selection
from dicomcfg.core.negotiation.advice import advise
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.uids import IMPLICIT_VR_LITTLE_ENDIAN, TRANSFER_SYNTAX, resolve

if TYPE_CHECKING:
    from dicomcfg.inventory.models import Site
    from dicomcfg.inventory.services.pairs import Side


@click.command("create-association")
@click.argument("calling")
@click.argument("called")
@click.option(
    "--transfer-syntax",
    "syntaxes",
    metavar="UID",
    multiple=True,
    help="UID, name or keyword; again for the next. Implicit VR Little Endian unless given.",
)
@click.option("--overwrite", is_flag=True, help="Replace the contexts of an existing pair.")
@click.option("--include-retired", is_flag=True, help="Retired SOP Classes too.")
@click.option("--only-needed", is_flag=True, help="What both AEs are able to, and no more.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--site", "site_name", metavar="S", help="Name or short name of the site.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def create_association(
    calling: str,
    called: str,
    syntaxes: tuple[str, ...],
    overwrite: bool,
    include_retired: bool,
    only_needed: bool,
    dry_run: bool,
    site_name: str | None,
    as_json: bool,
) -> None:
    """Make the association CALLING -> CALLED, of every known SOP Class with the same transfer
    syntaxes, as one act that can be undone.

    An AE title that the site does not have yet is added. With --only-needed the contexts are what
    CALLING is able to as SCU and CALLED as SCP, in the order of CALLING, of the given transfer
    syntaxes where some are given. Exit code 0 when it is written (or would be), 1 when an error
    blocks it, 2 when a title is borne by several AEs or a transfer syntax is unknown.
    """
    if only_needed and include_retired:
        raise click.UsageError("--only-needed takes what both AEs are able to, retired or not")
    set_up_django()
    # Only now do private transfer syntaxes bear their names.
    uids = [_transfer_syntax(text) for text in syntaxes]
    site = site_named(site_name)
    sides = _side(calling, "calling", site), _side(called, "called", site)
    if only_needed:
        contexts = _needed(*sides, uids)
    else:
        chosen = tuple(dict.fromkeys(uids)) or (IMPLICIT_VR_LITTLE_ENDIAN,)
        classes = selection.every_class(include_retired=include_retired)
        contexts = [PresentationContext(entry.uid, chosen) for entry in classes]
    result = _write(*sides, contexts, overwrite=overwrite, dry_run=dry_run)
    _report(result, as_json, dry_run)


def _transfer_syntax(text: str) -> str:
    uid = resolve(text, TRANSFER_SYNTAX)
    if uid is None:
        raise click.UsageError(f"--transfer-syntax {text}: no UID, name or keyword of one")
    return uid


def _side(title: str, role: str, site: Site) -> Side:
    """The AE of the site that bears the title, or a new one."""
    from dicomcfg.inventory.models import AE
    from dicomcfg.inventory.services.pairs import Side, new_side

    bearers = list(AE.objects.filter(site=site, ae_title=title.strip())[:2])
    if len(bearers) > 1:
        raise click.UsageError(f"several AEs of {site} bear the title {title}")
    return Side(bearers[0], None, ()) if bearers else new_side(title, role, site)


def _needed(calling: Side, called: Side, uids: Sequence[str]) -> list[PresentationContext]:
    """What both are able to, of `uids` alone where there are some."""
    from dicomcfg.core.negotiation.capabilities import SCP, SCU
    from dicomcfg.inventory.selectors import capabilities_of

    proposed = selection.contexts_in(capabilities_of(calling.ae), SCU) if calling.ae else []
    acceptable = selection.contexts_in(capabilities_of(called.ae), SCP) if called.ae else []
    if uids:
        wanted = [PresentationContext(each.abstract_syntax, tuple(uids)) for each in acceptable]
        acceptable = selection.in_common(acceptable, wanted)
    return selection.in_common(proposed, acceptable)


def _write(
    calling: Side,
    called: Side,
    contexts: list[PresentationContext],
    *,
    overwrite: bool,
    dry_run: bool,
) -> dict[str, Any]:
    from dicomcfg.inventory.services.actor import Actor
    from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
    from dicomcfg.inventory.services.history import recording
    from dicomcfg.inventory.services.pairs import existing_of, pair_exists, write_pair
    from dicomcfg.probes.cost import budget_of

    existing = existing_of(calling, called)
    findings = [*calling.findings, *called.findings]
    if existing is not None and not overwrite:
        findings.append(pair_exists(existing))
    if not contexts:
        findings.append(_nothing_in_common(calling, called))
    sizes = budget_of(contexts).requests
    change_set = None
    if not has_errors(findings) and not dry_run:
        label = f"{calling.ae_title} → {called.ae_title}"
        try:
            with recording(Actor.command_line(), f"Created association {label}") as recorder:
                write_pair(recorder, calling, called, existing, contexts)
            change_set = recorder.change_set
        except (ServiceError, StaleRevision) as error:
            findings.append(Finding("association-refused", Severity.ERROR, label, f"{error}"))
    return {
        "calling": calling.ae_title,
        "called": called.ae_title,
        "existing": existing.pk if existing else None,
        "presentation_contexts": contexts,
        "request_bytes": list(sizes),
        "findings": [*findings, *advise(contexts, sizes)],
        "change_set": change_set.pk if change_set else None,
    }


def _nothing_in_common(calling: Side, called: Side) -> Finding:
    return Finding(
        "nothing-in-common",
        Severity.ERROR,
        f"{calling.ae_title} → {called.ae_title}",
        "There is no SOP Class with a transfer syntax that both AEs are able to.",
        "Give both AEs their Transfer Capabilities, or leave --only-needed out.",
    )


def _report(result: dict[str, Any], as_json: bool, dry_run: bool) -> None:
    findings: Sequence[Finding] = result["findings"]
    contexts: Sequence[PresentationContext] = result["presentation_contexts"]
    blocked = has_errors(findings)
    if as_json:
        told = [
            {"abstract_syntax": c.abstract_syntax, "transfer_syntaxes": list(c.transfer_syntaxes)}
            for c in contexts
        ]
        plain = [finding.to_json() for finding in findings]
        output.print_json(
            {
                **result,
                "presentation_contexts": told,
                "findings": plain,
                "applied": not (blocked or dry_run),
            }
        )
    else:
        sizes = result["request_bytes"]
        bytes_each = " + ".join(f"{size:,}" for size in sizes) or "0"
        click.echo(f"{result['calling']} -> {result['called']}")
        output.print_table(
            (
                ("  contexts", f"{len(contexts):,}"),
                ("  associations", f"{len(sizes)}"),
                ("  A-ASSOCIATE-RQ", f"{bytes_each} bytes"),
            )
        )
        output.print_findings(findings)
        said = "Nothing is written" if blocked or dry_run else "Written"
        click.echo(f"\n{said}{' (dry run)' if dry_run else ''}.")
    sys.exit(1 if blocked else 0)
