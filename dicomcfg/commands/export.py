"""`dicomcfg export FORMAT`: the inventory, or a part of it, as a file.

The same inventory gives the same bytes, so that the file can be kept under version control. Django
is set up only when the command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import click

from dicomcfg.commands.django_setup import set_up_django
from dicomcfg.commands.sites import site_named
from dicomcfg.commands.writing import format_to_write, write_out, writing_options

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from dicomcfg.exchange.export import Selection
    from dicomcfg.inventory.models import AE, Association, Profile, Site


@click.command("export")
@click.argument("name", metavar="FORMAT")
@click.option("--ae", "titles", metavar="T", multiple=True, help="The AEs of this title.")
@click.option(
    "--association",
    "pairs",
    metavar="CALLING:CALLED",
    multiple=True,
    help="This pair, its AEs too.",
)
@click.option("--profile", "profiles", metavar="P", multiple=True, help="This Profile.")
@click.option(
    "--filter",
    "query",
    metavar="QUERY",
    help="The AEs of a saved filter, by its name, or of an address of the AE table: "
    "`tag=CT&state=live`.",
)
@click.option("--site", "site_name", metavar="S", help="Only what belongs to this site.")
@writing_options
def export(
    name: str,
    titles: tuple[str, ...],
    pairs: tuple[str, ...],
    profiles: tuple[str, ...],
    query: str | None,
    site_name: str | None,
    target: Path | None,
    each: bool,
    as_json: bool,
) -> None:
    """Write the inventory as FORMAT (see `dicomcfg formats`), or what the options name together.

    An association brings its two AEs with it, an AE its Device. What FORMAT cannot carry is told
    on standard error. Exit code 0, also with losses; 2 for usage.
    """
    chosen = format_to_write(name)
    set_up_django()
    from django.db import DatabaseError

    from dicomcfg.exchange.export import document_of

    try:
        site = site_named(site_name) if site_name is not None else None
        document = document_of(_selection(titles, pairs, profiles, query, site))
    except DatabaseError as error:
        raise click.UsageError(f"the database is not ready: {error}") from error
    write_out(document, chosen, target, each=each, as_json=as_json)


def _selection(
    titles: tuple[str, ...],
    pairs: tuple[str, ...],
    profiles: tuple[str, ...],
    query: str | None,
    site: Site | None,
) -> Selection:
    """What is named, together; everything where nothing is."""
    from dicomcfg.exchange.export import Selection

    if not (titles or pairs or profiles or query is not None):
        return Selection.everything() if site is None else Selection.of_site(site)
    within: dict[str, Any] = {} if site is None else {"site": site}
    aes = _titled(titles, within)
    if query is not None:
        aes |= _filtered(query, within)
    return Selection(aes=aes, associations=_paired(pairs, site), profiles=_profiles(profiles))


def _titled(titles: tuple[str, ...], within: dict[str, Any]) -> QuerySet[AE]:
    from dicomcfg.inventory.models import AE

    rows = AE.objects.filter(ae_title__in=titles, **within)
    _none_missing(titles, rows.values_list("ae_title", flat=True), "AE is titled")
    return rows


def _filtered(query: str, within: dict[str, Any]) -> QuerySet[AE]:
    """As the AE table has it; a usage error for what it would leave out."""
    from django.http import QueryDict

    from dicomcfg.inventory.models import AE, SavedFilter
    from dicomcfg.web.aes.filters import AeFilter

    saved = SavedFilter.objects.filter(name__iexact=query).first()
    asked = query if saved is None else saved.query
    unknown = {key for key, _ in parse_qsl(asked)} - AeFilter.base_filters.keys()
    found = AeFilter(QueryDict(asked))
    if unknown or not parse_qsl(asked) or not found.is_valid():
        known = ", ".join(f"{each}=" for each in AeFilter.base_filters)
        raise click.UsageError(f"--filter {query}: no saved filter, and no query of {known}")
    return AE.objects.filter(pk__in=found.qs.order_by().values("pk"), **within)


def _paired(pairs: tuple[str, ...], site: Site | None) -> QuerySet[Association]:
    from django.db.models import CharField, F, Value
    from django.db.models.functions import Concat

    from dicomcfg.inventory.models import Association

    both = Concat(
        F("calling__ae_title"), Value(":"), F("called__ae_title"), output_field=CharField()
    )
    rows = Association.objects.annotate(pair=both).filter(pair__in=pairs)
    if site is not None:
        rows = rows.filter(calling__site=site, called__site=site)
    _none_missing(pairs, rows.values_list("pair", flat=True), "association is")
    return rows


def _profiles(names: tuple[str, ...]) -> QuerySet[Profile]:
    from dicomcfg.inventory.models import Profile

    rows = Profile.objects.filter(name__in=names)
    _none_missing(names, rows.values_list("name", flat=True), "Profile is named")
    return rows


def _none_missing(wanted: tuple[str, ...], found: Any, words: str) -> None:
    missing = sorted(set(wanted) - set(found)) if wanted else []
    if missing:
        raise click.UsageError(f"no {words} {', '.join(missing)}")
