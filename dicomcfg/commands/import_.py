"""`dicomcfg import FILE...`: files of every format that is read, into the database.

The same preview and apply as the page. Django is set up only when the command runs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dicomcfg.commands import output
from dicomcfg.commands.django_setup import set_up_django
from dicomcfg.commands.sites import site_named
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.bundle import Given

if TYPE_CHECKING:
    from dicomcfg.exchange.models import Import
    from dicomcfg.inventory.models import Site

_ACTIONS = ("new", "changed", "same", "conflict", "left")


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
@click.option(
    "--mode",
    type=click.Choice(("merge", "replace", "new")),
    help="What becomes of "
    "what is stored: lay over it, set all that the files know, or leave it alone.",
)
@click.option(
    "--match",
    type=click.Choice(("title", "address", "name")),
    default="title",
    show_default=True,
    help="What tells which stored AE is meant.",
)
@click.option("--site", "site_name", metavar="S", help="Name or short name of the site.")
@click.option("--device", metavar="D", help="Device of new AEs for which the files name none.")
@click.option("--profile", metavar="P", help="Profile that what is new follows.")
@click.option("--role", type=click.Choice(("SCU", "SCP")), help="New AEs follow it as this.")
@click.option("--tag", "tags", metavar="T", multiple=True, help="Tag of new AEs; repeatable.")
@click.option("--calling", metavar="A", help="Calling AE title for contexts without a pair.")
@click.option("--called", metavar="B", help="Called AE title for contexts without a pair.")
@click.option("--overwrite", is_flag=True, help="Replace the contexts of that pair if it exists.")
@click.option("--partly", is_flag=True, help="Leave out what conflicts or has errors.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--format", "format_name", metavar="F", help="The format, where detection errs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(files: tuple[Path, ...], **options: Any) -> None:
    """Import FILES (tables, configuration files, archives of them) as one act that can be undone.

    Contexts that name no pair become a Profile, or those of --calling and --called; an AE title
    that the site does not have yet is added. Exit code 0 when all is written (or would be), 1 when
    an error or a conflict blocks it, 2 when the files cannot be used at all.
    """
    if bool(options["calling"]) != bool(options["called"]):
        raise click.UsageError("--calling and --called are given together")
    set_up_django()
    givens = [_given(file, options["format_name"]) for file in files]
    kept = _keep(givens, _choices(options, site_named(options["site_name"])))
    dry_run: bool = options["dry_run"]
    try:
        result = _run(kept, dry_run, options["partly"])
    finally:
        if dry_run:
            kept.delete()
    _report(result, options["as_json"], dry_run)


def _given(file: Path, format_name: str | None) -> Given:
    try:
        return Given(file.name, file.read_bytes(), format_name)
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from error


def _choices(options: dict[str, Any], site: Site) -> dict[str, Any]:
    from dicomcfg.inventory.models import Profile

    chosen: dict[str, Any] = {
        "mode": options["mode"] or "merge",
        "match": options["match"],
        "site": site.pk,
        "device": f"new:{options['device']}" if options["device"] else "",
        "tags": list(options["tags"]),
        "profile_role": options["role"] or "",
    }
    if options["profile"]:
        profile = Profile.objects.filter(name=options["profile"]).first()
        if profile is None:
            raise click.UsageError(f"there is no Profile {options['profile']}")
        chosen["profile"] = profile.pk
    if options["calling"]:
        chosen |= {
            "target": "association",
            "calling": _end(options["calling"], site),
            "called": _end(options["called"], site),
            # Without a word about what exists, an existing pair is not touched.
            "overwrite": True if options["overwrite"] else None if options["mode"] else False,
        }
    return chosen


def _end(title: str, site: Site) -> str:
    """The AE of the site that bears the title, or a new one."""
    from dicomcfg.inventory.models import AE

    bearers = list(AE.objects.filter(site=site, ae_title=title).values_list("pk", flat=True))
    if len(bearers) > 1:
        raise click.UsageError(f"{len(bearers)} AEs of {site} bear the title {title}")
    return str(bearers[0]) if bearers else f"new:{title}"


def _keep(givens: list[Given], choices: dict[str, Any]) -> Import:
    from dicomcfg.exchange.imports import keep
    from dicomcfg.inventory.services.errors import ServiceError

    try:
        kept = keep(None, givens, **choices)
    except ServiceError as error:
        raise click.UsageError(str(error)) from error
    if not any(kept.files.values_list("format", flat=True)):
        kept.delete()
        raise click.UsageError("the format of none of the files is recognised; say --format")
    return kept


def _run(kept: Import, dry_run: bool, partly: bool) -> dict[str, Any]:
    from dicomcfg.exchange.applying import apply
    from dicomcfg.exchange.including import include
    from dicomcfg.exchange.preview import prepare
    from dicomcfg.exchange.selectors import blocking
    from dicomcfg.inventory.services.actor import Actor

    prepare(kept)
    rows = kept.rows.order_by("position")
    if partly:
        include(kept, rows.filter(has_errors=True).values_list("position", flat=True), False)
    of_rows = rows.exclude(findings=[]).values_list("findings", flat=True)
    plain = [*kept.findings, *(each for findings in of_rows for each in findings)]
    findings = list(dict.fromkeys(Finding.from_json(each) for each in plain))
    conflicts = rows.filter(action="conflict", is_included=True).exists() and not partly
    blocked = bool(blocking(kept)) or conflicts
    result: dict[str, Any] = {
        "counts": kept.counts,
        "findings": findings,
        "blocked": blocked,
        "change_set": None,
    }
    if not blocked and not dry_run:
        change_set = apply(Actor.command_line(), kept)
        result["change_set"] = change_set.pk if change_set else None
    return result


def _report(result: dict[str, Any], as_json: bool, dry_run: bool) -> None:
    findings: list[Finding] = result["findings"]
    blocked = result["blocked"]
    if as_json:
        printable = {**result, "findings": [finding.to_json() for finding in findings]}
        output.print_json({**printable, "applied": not (blocked or dry_run)})
    else:
        table = [("", *_ACTIONS)]
        for kind, counts in result["counts"].items():
            table.append((kind, *(f"{counts.get(action, 0):,}" for action in _ACTIONS)))
        output.print_table(table)
        output.print_findings(sorted(findings, key=lambda f: f.severity is not Severity.ERROR))
        said = "Nothing is written" if blocked or dry_run else "Imported"
        click.echo(f"\n{said}{' (dry run)' if dry_run else ''}.")
    sys.exit(1 if blocked else 0)
