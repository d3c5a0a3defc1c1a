"""Every address against every person and both methods: who gets in, and that looking changes
nothing. A new page fails here until the table says whose it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dicomcfg.accounts.models import Role
from dicomcfg.checks.services import start_negotiate
from dicomcfg.core.formats.bundle import Given
from dicomcfg.core.records import PresentationContext, TransferCapability
from dicomcfg.exchange.imports import keep
from dicomcfg.exchange.jobs import start_reading
from dicomcfg.inventory.models import ChangeSet, Site
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.devices import DeviceData, create_device
from dicomcfg.inventory.services.orthanc_servers import OrthancServerData, create_orthancserver
from dicomcfg.inventory.services.private_uids import PrivateUidData, create_privateuid
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.savedfilters import SavedFilterData, create_savedfilter
from dicomcfg.web.urls import urlpatterns
from tests.parts.discovered import discover
from tests.parts.people import Person
from tests.parts.rows import (
    IMPLICIT,
    SHELL,
    VERIFICATION,
    answer_run,
    make_association,
    negotiated,
)

pytestmark = pytest.mark.django_db

VIEWER, OPERATOR, EDITOR, ADMIN = Role
# The least role that may look, and the least that may send; None where the method is refused.
WHOSE: dict[str, tuple[Role | None, Role | None]] = {
    "abstract-syntax-detail": (VIEWER, None),
    "abstract-syntax-list": (VIEWER, None),
    "accepts": (VIEWER, None),
    "ae-bulk": (None, OPERATOR),
    "ae-cell": (EDITOR, EDITOR),
    "ae-create": (EDITOR, EDITOR),
    "ae-delete": (None, EDITOR),
    "ae-detail": (VIEWER, None),
    "ae-diagnose": (None, OPERATOR),
    "ae-discover": (OPERATOR, OPERATOR),
    "ae-drift": (VIEWER, None),
    "ae-drift-adopt": (EDITOR, EDITOR),
    "ae-drift-keep": (None, EDITOR),
    "ae-drift-stop": (None, EDITOR),
    "ae-duplicate": (None, EDITOR),
    "ae-edit": (EDITOR, EDITOR),
    "ae-find": (OPERATOR, OPERATOR),
    "ae-findings": (None, EDITOR),
    "ae-follow": (EDITOR, EDITOR),
    "ae-list": (VIEWER, None),
    "ae-refusal": (None, OPERATOR),
    "ae-search": (VIEWER, None),
    "ae-sheet": (VIEWER, None),
    "ae-store": (OPERATOR, OPERATOR),
    "ae-titles": (VIEWER, None),
    "association-bulk": (None, OPERATOR),
    "ae-unfollow": (None, EDITOR),
    "association-checks": (VIEWER, None),
    "association-contexts": (VIEWER, None),
    "association-create": (EDITOR, EDITOR),
    "association-delete": (EDITOR, EDITOR),
    "association-delete-many": (None, EDITOR),
    "association-detail": (VIEWER, None),
    "association-drift": (VIEWER, None),
    "association-drift-adopt": (EDITOR, EDITOR),
    "association-drift-keep": (None, EDITOR),
    "association-drift-stop": (None, EDITOR),
    "association-duplicate": (EDITOR, EDITOR),
    "association-edit": (None, EDITOR),
    "association-forecast": (VIEWER, None),
    "association-follow-many": (None, EDITOR),
    "association-follow": (EDITOR, EDITOR),
    "association-history": (VIEWER, None),
    "association-list": (VIEWER, None),
    "association-repoint": (EDITOR, EDITOR),
    "association-reverse": (EDITOR, EDITOR),
    "association-roles": (EDITOR, EDITOR),
    "association-sheet": (VIEWER, None),
    "association-unfollow": (None, EDITOR),
    "board": (VIEWER, None),
    "capability-add": (EDITOR, EDITOR),
    "capability-apply": (None, EDITOR),
    "capability-arrange": (None, EDITOR),
    "capability-copy": (EDITOR, EDITOR),
    "capability-edit": (EDITOR, EDITOR),
    "capability-import": (EDITOR, EDITOR),
    "capability-list": (VIEWER, None),
    "capability-many": (EDITOR, EDITOR),
    "change-set-detail": (VIEWER, None),
    "change-set-undo": (None, EDITOR),
    "check-detail": (VIEWER, None),
    "check-dump": (VIEWER, None),
    "check-pdu": (VIEWER, None),
    "context-add": (EDITOR, EDITOR),
    "context-arrange": (None, EDITOR),
    "context-edit": (EDITOR, EDITOR),
    "context-many": (EDITOR, EDITOR),
    "demo-load": (None, EDITOR),
    "device-create": (EDITOR, EDITOR),
    "device-delete": (EDITOR, EDITOR),
    "device-detail": (VIEWER, None),
    "device-echo": (None, OPERATOR),
    "device-edit": (EDITOR, EDITOR),
    "device-list": (VIEWER, None),
    "device-names": (VIEWER, None),
    "device-sheet": (VIEWER, None),
    "discovery": (VIEWER, None),
    "discovery-adopt": (EDITOR, EDITOR),
    "discovery-csv": (VIEWER, None),
    "discovery-json": (VIEWER, None),
    "discovery-resume": (None, OPERATOR),
    "discovery-txt": (VIEWER, None),
    "drift": (VIEWER, None),
    "drift-associations": (VIEWER, None),
    "drift-discover": (None, OPERATOR),
    "echo-start": (None, OPERATOR),
    "echo-unsaved": (None, OPERATOR),
    "export": (VIEWER, None),
    "export-file": (VIEWER, None),
    "forecast": (VIEWER, None),
    "forecast-file": (VIEWER, VIEWER),
    "element-codes": (VIEWER, None),
    "element-detail": (VIEWER, None),
    "element-list": (VIEWER, None),
    "history": (VIEWER, None),
    "import-apply": (None, EDITOR),
    "import-choose": (None, EDITOR),
    "import-columns": (EDITOR, EDITOR),
    "import-create": (EDITOR, EDITOR),
    "import-detail": (EDITOR, None),
    "import-file": (EDITOR, None),
    "import-format": (None, EDITOR),
    "import-include": (None, EDITOR),
    "import-list": (EDITOR, None),
    "import-source": (EDITOR, None),
    "map": (VIEWER, None),
    "map-matrix": (VIEWER, None),
    "negotiate-options": (OPERATOR, OPERATOR),
    "negotiate-start": (None, OPERATOR),
    "orthancserver-add-ae": (None, EDITOR),
    "orthancserver-create": (ADMIN, ADMIN),
    "orthancserver-delete": (ADMIN, ADMIN),
    "orthancserver-detail": (VIEWER, None),
    "orthancserver-echo": (None, OPERATOR),
    "orthancserver-edit": (ADMIN, ADMIN),
    "orthancserver-fetch": (None, OPERATOR),
    "orthancserver-import": (None, EDITOR),
    "orthancserver-list": (VIEWER, None),
    "orthancserver-manage": (None, EDITOR),
    "orthancserver-push": (EDITOR, EDITOR),
    "orthancserver-unmanage": (None, EDITOR),
    "poll": (VIEWER, None),
    "privateuid-create": (EDITOR, EDITOR),
    "privateuid-delete": (EDITOR, EDITOR),
    "privateuid-detail": (VIEWER, None),
    "privateuid-edit": (EDITOR, EDITOR),
    "privateuid-list": (VIEWER, None),
    "profile": (VIEWER, VIEWER),
    "profile-context-add": (EDITOR, EDITOR),
    "profile-context-arrange": (None, EDITOR),
    "profile-context-edit": (EDITOR, EDITOR),
    "profile-context-many": (EDITOR, EDITOR),
    "profile-create": (EDITOR, EDITOR),
    "profile-delete": (EDITOR, EDITOR),
    "profile-detail": (VIEWER, None),
    "profile-duplicate": (None, EDITOR),
    "profile-edit": (EDITOR, EDITOR),
    "profile-followers": (VIEWER, None),
    "profile-history": (VIEWER, None),
    "profile-list": (VIEWER, None),
    "profile-roles": (EDITOR, EDITOR),
    "profile-save": (None, EDITOR),
    "run-again": (None, OPERATOR),
    "run-cancel": (None, OPERATOR),
    "run-detail": (VIEWER, None),
    "run-list": (VIEWER, None),
    "run-results": (VIEWER, None),
    "savedfilter-create": (EDITOR, EDITOR),
    "savedfilter-delete": (None, EDITOR),
    "savedfilter-edit": (EDITOR, EDITOR),
    "savedfilter-list": (VIEWER, None),
    "search": (VIEWER, None),
    "site-create": (ADMIN, ADMIN),
    "site-edit": (ADMIN, ADMIN),
    "site-list": (ADMIN, None),
    "sweep": (OPERATOR, OPERATOR),
    "tls-names": (VIEWER, None),
    "transfer-syntax-detail": (VIEWER, None),
    "transfer-syntax-list": (VIEWER, None),
    "uid-search": (VIEWER, None),
    "user-create": (ADMIN, ADMIN),
    "user-edit": (ADMIN, ADMIN),
    "user-list": (ADMIN, None),
    "user-password": (None, ADMIN),
}
# The way in: its own rules, tested with the account pages.
OPEN = {"login", "logout", "setup"}
FORBIDDEN, NOT_ALLOWED = 403, 405
WRITES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def address(admin: Person) -> Callable[[str], str]:
    """The address of a page by its name, about rows that exist."""
    assert admin.user is not None
    association = make_association("CT1", "PACS", [VERIFICATION, IMPLICIT])
    device = create_device(SHELL, DeviceData(name="Archive"))
    run = start_negotiate(admin.user, [association])
    answer_run(run, negotiated())
    table = keep(None, [Given("", b"AE Title,Host\nX,10.0.0.1\n")])
    start_reading(table)
    held = ProposedSet((PresentationContext(VERIFICATION, (IMPLICIT,)),))
    profile = create_profile(SHELL, ProfileData(name="Basic", proposed=held))
    echo = TransferCapability(VERIFICATION, "SCP", (IMPLICIT,))
    set_capabilities(SHELL, association.calling, [echo], 1)
    saved = create_savedfilter(SHELL, SavedFilterData(name="Live", query="state=live"))
    private = create_privateuid(SHELL, PrivateUidData(uid="1.2.3.4", name="Acme Raw Storage"))
    rows = {
        "orthancserver": _orthanc_server(),
        "privateuid": private.pk,
        "ae": association.calling_id,
        "echo": association.calling_id,
        "negotiate": association.pk,
        "association": association.pk,
        "context": association.pk,
        "import": table.pk,
        "capability": association.calling_id,
        "device": device.pk,
        "profile": profile.pk,
        "discovery": discover(association.called, ["04", "33"]).pk,
        "run": run.pk,
        "check": run.checks.get().pk,
        "change-set": ChangeSet.objects.order_by("pk")[0].pk,
        "savedfilter": saved.pk,
        "site": Site.objects.get().pk,
        "user": admin.user.pk,
    }

    def of(name: str) -> str:
        pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
        longest = max((r for r in rows if name.startswith(r)), key=len, default="ae")
        uid = IMPLICIT if name.startswith("transfer") else VERIFICATION
        values = {
            "pk": rows[longest],
            "number": 1,
            "role": "SCP",
            "token": "unknown",
            "uid": uid,
            "tag": "00080060",
        }
        return reverse(name, kwargs={key: values[key] for key in pattern.pattern.converters})

    return of


def _orthanc_server() -> int:
    place = Site.objects.order_by("pk")[0]
    data = OrthancServerData(site=place, name="Radiology", url="http://orthanc.example:8042")
    return create_orthancserver(SHELL, data).pk


def test_the_table_knows_every_address() -> None:
    assert {pattern.name for pattern in urlpatterns} == WHOSE.keys() | OPEN


def test_an_outsider_is_led_to_the_log_in(outsider: Person, address: Callable[[str], str]) -> None:
    for name in WHOSE:
        for method in ("get", "post"):
            answer = getattr(outsider, method)(address(name))
            assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/login/"), name


@pytest.mark.parametrize("role", list(Role))
def test_each_address_asks_for_its_role(
    role: Role, request: pytest.FixtureRequest, address: Callable[[str], str]
) -> None:
    somebody: Person = request.getfixturevalue(role.value)
    wrong = []
    for name, whose in WHOSE.items():
        for method, least in zip(("get", "post"), whose, strict=True):
            url = address(name)
            if method == "post" and least is not None and role.rank >= least.rank:
                continue  # what it does is tested with its page
            with CaptureQueriesContext(connection) as queries:
                answer = getattr(somebody, method)(url)
            wrote = [q["sql"][:60] for q in queries if q["sql"].startswith(WRITES)]
            allowed = least is not None and role.rank >= least.rank
            expected = {200} if allowed else {FORBIDDEN} if least else {FORBIDDEN, NOT_ALLOWED}
            if answer.status_code not in expected or wrote:
                wrong.append((name, method, answer.status_code, wrote))
    assert wrong == []
