"""`dicomcfg import FILE`: AE tables and association files into the database.

The same preview and apply as the pages. Django is set up only when the command runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dicomcfg.commands import output
from dicomcfg.commands.django_setup import set_up_django
from dicomcfg.commands.sites import site_named
from dicomcfg.core.findings import Finding, has_errors
from dicomcfg.core.formats import ae_table, intersystems, registry

if TYPE_CHECKING:
    from dicomcfg.exchange.models import Import
    from dicomcfg.inventory.models import Site


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--calling", metavar="A", help="Calling AE title of an association file.")
@click.option("--called", metavar="B", help="Called AE title of an association file.")
@click.option("--overwrite", is_flag=True, help="Replace the contexts of an existing pair.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--site", "site_name", metavar="S", help="Name or short name of the site.")
@click.option("--format", "format_name", metavar="F", help="The format, where detection errs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(
    file: Path,
    calling: str | None,
    called: str | None,
    overwrite: bool,
    dry_run: bool,
    site_name: str | None,
    format_name: str | None,
    as_json: bool,
) -> None:
    """Import FILE, an AE table or an association file, as one act that can be undone.

    An AE title that the site does not have yet is added. Exit code 0 when all is written (or
    would be), 1 when an error blocks it, 2 when the file cannot be used at all.
    """
    data = file.read_bytes()
    format_name = format_name or _detected(data, file)
    if format_name == intersystems.NAME and not (calling and called):
        raise click.UsageError("an association file needs --calling and --called")
    set_up_django()
    kept = _keep(data, file.name, format_name, site_named(site_name))
    try:
        if format_name == ae_table.NAME:
            result = _table(kept, dry_run)
        else:
            result = _association(kept, calling or "", called or "", overwrite, dry_run)
    finally:
        if dry_run:
            kept.delete()
    _report(result, as_json, dry_run)


def _detected(data: bytes, file: Path) -> str:
    found = registry.detect(data)
    importable = (ae_table.NAME, intersystems.NAME)
    if found is None or found.name not in importable:
        what = f"it reads as {found.name}" if found else "its format is not recognised"
        raise click.UsageError(f"{file}: {what}; this imports {' and '.join(importable)}")
    return found.name


def _keep(data: bytes, file_name: str, format_name: str, site: Site) -> Import:
    from dicomcfg.exchange.imports import keep_import
    from dicomcfg.inventory.services.errors import ServiceError

    try:
        return keep_import(None, data, file_name, format_name, site=site.pk)
    except ServiceError as error:
        raise click.UsageError(str(error)) from error


def _table(kept: Import, dry_run: bool) -> dict[str, Any]:
    from dicomcfg.exchange.tables import Action, apply_table, preview_table
    from dicomcfg.inventory.services.actor import Actor

    preview = preview_table(kept)
    result: dict[str, Any] = {
        **{action.value: preview.count(action) for action in Action},
        "left_out": preview.count(None),
        "findings": preview.all_findings,
        "change_set": None,
    }
    if not preview.blocked and not dry_run:
        change_set = apply_table(Actor.command_line(), kept)
        result["change_set"] = change_set.pk if change_set else None
    return result


def _association(
    kept: Import, calling: str, called: str, overwrite: bool, dry_run: bool
) -> dict[str, Any]:
    from dicomcfg.exchange.associations import apply_association, preview_association
    from dicomcfg.exchange.imports import site_of
    from dicomcfg.inventory.services.actor import Actor

    site = site_of(kept)
    pair = _choice(calling, site), _choice(called, site)
    preview = preview_association(kept, *pair, overwrite=overwrite)
    result: dict[str, Any] = {
        "calling": calling,
        "called": called,
        "presentation_contexts": [
            {"abstract_syntax": c.abstract_syntax, "transfer_syntaxes": list(c.transfer_syntaxes)}
            for c in preview.contexts
        ],
        "existing": preview.existing.pk if preview.existing else None,
        "findings": preview.all_findings,
        "change_set": None,
    }
    if not preview.blocked and not dry_run:
        apply_association(Actor.command_line(), kept, *pair, overwrite=overwrite)
        result["change_set"] = kept.change_set_id
    return result


def _choice(title: str, site: Site) -> str:
    """The AE of the site that bears the title, or a new one."""
    from dicomcfg.exchange.associations import NEW
    from dicomcfg.inventory.models import AE

    bearers = list(AE.objects.filter(site=site, ae_title=title).values_list("pk", flat=True))
    if len(bearers) > 1:
        raise click.UsageError(f"{len(bearers)} AEs of {site} bear the title {title}")
    return str(bearers[0]) if bearers else f"{NEW}{title}"


def _report(result: dict[str, Any], as_json: bool, dry_run: bool) -> None:
    findings: Sequence[Finding] = result["findings"]
    blocked = has_errors(findings)
    if as_json:
        printable = {**result, "findings": [finding.to_json() for finding in findings]}
        output.print_json({**printable, "applied": not (blocked or dry_run)})
    else:
        for name in ("new", "changed", "same", "left_out"):
            if name in result:
                click.echo(f"{name.replace('_', ' '):>10}  {result[name]:,}")
        for context in result.get("presentation_contexts", ()):
            click.echo(context["abstract_syntax"])
            for uid in context["transfer_syntaxes"]:
                click.echo(f"  {uid}")
        output.print_findings(findings)
        said = "Nothing is written" if blocked or dry_run else "Imported"
        click.echo(f"\n{said}{' (dry run)' if dry_run else ''}.")
    sys.exit(1 if blocked else 0)
