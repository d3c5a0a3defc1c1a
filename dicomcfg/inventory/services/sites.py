"""Creates and changes sites. A site in use is never deleted: checks keep where they ran."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError
from django.db.models import Q
from django.utils.text import slugify

from dicomcfg.core.findings import Severity
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.inventory.models import Site
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.history import (
    Recorder,
    Snapshot,
    changed_fields,
    last_change,
    recording,
)

MODEL = "site"
SLUG_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteData:
    """Everything of a site that people edit; the slug names queues and is fixed once saved."""

    name: str
    calling_ae_title: str = "DICOMCFG"
    description: str = ""

    @classmethod
    def of(cls, site: Site) -> SiteData:
        """The state of a row."""
        return cls(**{field.name: getattr(site, field.name) for field in fields(cls)})

    def normalised(self) -> SiteData:
        """Without the spaces that do not count."""
        return replace(
            self,
            name=self.name.strip(),
            calling_ae_title=normalise_ae_title(self.calling_ae_title),
            description=self.description.strip(),
        )


def create_site(actor: Actor, data: SiteData, slug: str = "") -> Site:
    """Add a site; an empty slug is made from the name. Raises ServiceError for refused fields."""
    data = data.normalised()
    slug = slug or slugify(data.name)[:SLUG_LENGTH].strip("-")
    _refuse(data, None)
    _refuse_slug(slug)
    try:
        with recording(actor, f"Added site {data.name}") as recorder:
            site = Site(slug=slug, **asdict(data))
            insert_site(recorder, site)
            return site
    except IntegrityError:
        raise ServiceError({"name": ["There is such a site already."]}) from None


def update_site(actor: Actor, site: Site, data: SiteData, revision: int) -> Site:
    """Set a site to `data`. Raises ServiceError for refused fields and StaleRevision."""
    data = data.normalised()
    _refuse(data, site.pk)
    try:
        with recording(actor) as recorder:
            row = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
            if row.revision != revision:
                raise StaleRevision(site.name, last_change(MODEL, site.pk))
            before = snapshot(row)
            overwrite_site(recorder, row, data)
            what = changed_fields(before, snapshot(row))
            recorder.summary = f"Changed site {data.name}: {what}"
            return row
    except IntegrityError:
        raise ServiceError({"name": ["There is such a site already."]}) from None


def insert_site(recorder: Recorder, site: Site) -> None:
    """Save a new row; one with an id comes back under it. Raises IntegrityError."""
    site.save(force_insert=True)
    recorder.add(MODEL, site.pk, site.name, None, snapshot(site))


def overwrite_site(recorder: Recorder, row: Site, data: SiteData) -> None:
    """Set a locked row to `data` when it differs. Raises IntegrityError for a taken name."""
    before = snapshot(row)
    for name, value in asdict(data).items():
        setattr(row, name, value)
    if snapshot(row) != before:
        row.revision += 1
        row.save(update_fields=[*asdict(data), "revision"])
        recorder.add(MODEL, row.pk, data.name, before, snapshot(row))


def remove_site(recorder: Recorder, site: Site) -> None:
    """Delete a row that nothing refers to, for taking back its making. Raises ProtectedError."""
    pk, before = site.pk, snapshot(site)
    site.delete()
    recorder.add(MODEL, pk, before["name"], before, None)


def snapshot(site: Site) -> Snapshot:
    """Plain JSON for the history."""
    return {**asdict(SiteData.of(site)), "slug": site.slug}


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
