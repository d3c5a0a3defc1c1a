"""Creates and changes sites. A site in use is never deleted: checks keep where they ran."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError
from django.db.models import Q
from django.utils.text import slugify

from dicomcfg.core.findings import Severity
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.inventory.models import Site
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.history import changed_fields, recording
from dicomcfg.inventory.services.plain_rows import PlainRows

MODEL = "site"
SLUG_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteData:
    """Everything of a site that people give; the slug names queues and is fixed once saved."""

    name: str
    calling_ae_title: str = "DICOMCFG"
    description: str = ""
    slug: str = ""

    def normalised(self) -> SiteData:
        """Without the spaces that do not count."""
        return replace(
            self,
            name=self.name.strip(),
            calling_ae_title=normalise_ae_title(self.calling_ae_title),
            description=self.description.strip(),
        )


ROWS = PlainRows(MODEL, Site, SiteData)


def create_site(actor: Actor, data: SiteData) -> Site:
    """Add a site; an empty slug is made from the name. Raises ServiceError for refused fields."""
    data = data.normalised()
    data = replace(data, slug=data.slug or slugify(data.name)[:SLUG_LENGTH].strip("-"))
    _refuse(data, None)
    _refuse_slug(data.slug)
    try:
        with recording(actor, f"Added site {data.name}") as recorder:
            return ROWS.insert(recorder, data)
    except IntegrityError:
        raise ServiceError({"name": ["There is such a site already."]}) from None


def update_site(actor: Actor, site: Site, data: SiteData, revision: int) -> Site:
    """Set a site to `data`, whose slug stays. Raises ServiceError for refused fields and
    StaleRevision."""
    data = replace(data.normalised(), slug=site.slug)
    _refuse(data, site.pk)
    try:
        with recording(actor) as recorder:
            row = ROWS.load_at(site, revision, no_key=True)
            changed = changed_fields(ROWS.snapshot(ROWS.data_of(row)), ROWS.snapshot(data))
            recorder.summary = f"Changed site {data.name}: {changed}"
            ROWS.overwrite(recorder, row, data)
            return row
    except IntegrityError:
        raise ServiceError({"name": ["There is such a site already."]}) from None


def _refuse(data: SiteData, own_pk: int | None) -> None:
    messages: dict[str, list[str]] = {}
    if not data.name:
        messages["name"] = ["Give the site a name."]
    elif Site.objects.filter(~Q(pk=own_pk), name=data.name).exists():
        messages["name"] = [f"There is a site named {data.name} already."]
    messages |= too_long(Site, {"name": data.name, "description": data.description})
    refused = [
        f"{finding.message} {finding.remedy}"
        for finding in check_ae_title(data.calling_ae_title)
        if finding.severity is Severity.ERROR
    ]
    if refused:
        messages["calling_ae_title"] = refused
    if messages:
        raise ServiceError(messages)


def _refuse_slug(slug: str) -> None:
    try:
        validate_slug(slug)
    except ValidationError:
        message = "Use letters, digits, hyphens and underscores: it names the site's queues."
        raise ServiceError({"slug": [message]}) from None
    if messages := too_long(Site, {"slug": slug}):
        raise ServiceError(messages)
    if Site.objects.filter(slug=slug).exists():
        raise ServiceError({"slug": [f"There is a site with the short name {slug} already."]})
