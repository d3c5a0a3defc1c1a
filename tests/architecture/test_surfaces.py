"""Every model that people edit is on every surface: services, pages, history, undo.

A model of the inventory is edited by itself or as part of one that is. Whoever adds one says which
here, and a model of its own is done when all of this holds for it.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from dicomcfg.inventory import services
from dicomcfg.inventory.models import Change, Site
from dicomcfg.inventory.services.devices import DeviceData, create_device
from dicomcfg.inventory.services.orthanc_servers import OrthancServerData, create_orthancserver
from dicomcfg.inventory.services.private_uids import PrivateUidData, create_privateuid
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.savedfilters import SavedFilterData, create_savedfilter
from dicomcfg.inventory.services.sites import SiteData, create_site
from dicomcfg.inventory.services.undo import SUBJECTS, undo
from tests.parts.people import Person
from tests.parts.rows import SHELL, make_ae, make_association

pytestmark = pytest.mark.django_db

MODELS = {model.__name__.lower() for model in apps.get_app_config("inventory").get_models()}
# The model's name in addresses and in the history: one of it, through its service, and its label.
EDITABLE: dict[str, tuple[Callable[[], Model], str]] = {
    "ae": (lambda: make_ae("ARCHIVE"), "ARCHIVE"),
    "association": (lambda: make_association("CT1", "ARCHIVE"), "ARCHIVE"),
    "device": (lambda: create_device(SHELL, DeviceData(name="Scanner 7")), "Scanner 7"),
    "orthancserver": (
        lambda: create_orthancserver(
            SHELL,
            OrthancServerData(
                site=Site.objects.order_by("pk")[0],
                name="Radiology Orthanc",
                url="http://orthanc.example:8042",
            ),
        ),
        "Radiology Orthanc",
    ),
    "privateuid": (
        lambda: create_privateuid(SHELL, PrivateUidData(uid="1.2.3.4", name="Acme Raw Storage")),
        "Acme Raw Storage",
    ),
    "profile": (lambda: create_profile(SHELL, ProfileData(name="Storage")), "Storage"),
    "savedfilter": (
        lambda: create_savedfilter(SHELL, SavedFilterData(name="Unreachable", query="q=CT")),
        "Unreachable",
    ),
    "site": (lambda: create_site(SHELL, SiteData(name="North wing")), "North wing"),
}
PARTS_OF_AE = {"connection", "keptdifference", "tag", "transfercapability"}
PARTS_OF_ASSOCIATION = {
    "extendednegotiation",
    "presentationcontext",
    "roleselection",
    "syntaxlist",
    "syntaxlistentry",
}
PARTS_OF_PROFILE = {"profilecontext", "profileextended", "profilerole"}
PARTS_OF_ORTHANCSERVER = {"managedmodality"}
HISTORY = {"change", "changeset"}
# Written for the checks, which no person edits.
SEEN = {"seencapabilities", "seencontexts"}


@pytest.fixture(params=EDITABLE)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _own_page(name: str, pk: int) -> str:
    """Where one of the model is seen: a page of its own, or its form."""
    edit = reverse(f"{name}-edit", args=[pk])
    try:
        return reverse(f"{name}-detail", args=[pk])
    except NoReverseMatch:
        return edit


def test_every_model_is_edited_by_itself_or_with_another() -> None:
    parts = PARTS_OF_AE | PARTS_OF_ASSOCIATION | PARTS_OF_ORTHANCSERVER | PARTS_OF_PROFILE
    assert set(EDITABLE) | parts | HISTORY | SEEN == MODELS


def test_only_services_change_it(name: str) -> None:
    modules = [
        import_module(f"{services.__name__}.{found.name}")
        for found in pkgutil.iter_modules(services.__path__)
    ]
    for act in ("create", "update"):
        found = [getattr(module, f"{act}_{name}", None) for module in modules]
        acts = [function for function in found if function is not None]
        assert acts, f"no service {act}_{name}"
        assert all(next(iter(inspect.signature(act).parameters)) == "actor" for act in acts)


def test_it_has_its_pages(name: str, admin: Person) -> None:
    make, label = EDITABLE[name]
    for address in (reverse(f"{name}-list"), _own_page(name, make().pk)):
        answer = admin.get(address)
        assert answer.status_code == 200, address
        assert label in answer.content.decode(), address
    assert "<form" in admin.get(reverse(f"{name}-create")).content.decode()


def test_its_making_is_in_the_history_and_can_be_undone(name: str, admin: Person) -> None:
    make, label = EDITABLE[name]
    row = make()
    change = Change.objects.get(model=name, object_id=row.pk)
    page = admin.get(reverse("change-set-detail", args=[change.change_set_id]))
    assert label in page.content.decode()
    assert name in SUBJECTS
    undo(SHELL, change.change_set)
    assert not type(row)._default_manager.filter(pk=row.pk).exists()
    actions = [c.action for c in Change.objects.filter(model=name, object_id=row.pk)]
    assert actions == ["created", "deleted"]
