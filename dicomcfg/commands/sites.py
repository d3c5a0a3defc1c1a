"""Which site a command is about: the one that is named, or the only one. Set up Django first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dicomcfg.inventory.models import Site


def site_named(name: str | None) -> Site:
    """The site of this name or short name. Raises a usage error that lists what can be named."""
    from django.db import DatabaseError
    from django.db.models import Q

    from dicomcfg.inventory.models import Site

    sites = Site.objects.order_by("pk")
    if name is not None:
        sites = sites.filter(Q(name__iexact=name) | Q(slug__iexact=name))
    try:
        found = list(sites)
    except DatabaseError as error:
        raise click.UsageError(f"the database is not ready: {error}") from error
    if len(found) != 1:
        known = ", ".join(Site.objects.values_list("slug", flat=True))
        raise click.UsageError(f"say which site: --site with one of {known}")
    return found[0]
