"""Discoveries as pages: watched, compared, exported, gone on with, taken over."""

from __future__ import annotations

import re

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dicomcfg.checks import leases
from dicomcfg.checks.models import Check
from dicomcfg.checks.services import start_discover
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Outcome
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.records import RoleSelection, TransferCapability
from dicomcfg.inventory.models import AE, ChangeSet
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.probes.target import DiscoverSettings, Target
from tests.parts.discovered import SMALL, discover, whole_catalogue
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    make_ae,
)

PRIVATE_SYNTAX = "1.2.840.113619.5.2"


@pytest.fixture
def ae(db: None) -> AE:
    return make_ae("PACS")


def test_the_matrix_shows_every_result(viewer: Person, ae: AE) -> None:
    syntaxes = (IMPLICIT, EXPLICIT, "1.2.840.10008.1.2.5", PRIVATE_SYNTAX)
    check = discover(ae, ["0412", "3333", "?000"], axes=((CT, VERIFICATION, "1.2.3"), syntaxes))
    html = viewer.page("discovery", check.pk)
    assert '<td class="a f">●<td class=t>–<td class="u f">▲<td class="n f">◇' in html
    assert re.search(
        r'data-k="r"><th scope=row title="Verification[^>]*><span>Verification</span>'
        r'<td class="x whole" colspan=4>×',
        html,
    )
    assert "1 class refused" in html
    assert re.search(r"<strong>2</strong> of 3 accepted", html)
    assert "everything offered" not in html


def test_a_discovery_under_way_tells_how_far_it_is(operator: Person, ae: AE) -> None:
    run = start_discover(None, ae, DiscoverSettings(*SMALL))
    check = run.checks.get()
    html = operator.page("discovery", check.pk)
    assert "<strong>0</strong> of 4 pairs decided" in html
    assert "No worker serves" in html
    leases.take([check.pk], "worker-1", "host-1")
    progress = msgspec.to_builtins(DiscoverySeen(Matrix(*SMALL, ("04", "??")), 3))
    Check.objects.filter(pk=check.pk).update(progress=progress)
    fragment = operator.get(f"/poll/?discovery={check.pk}")
    text = fragment.content.decode()
    assert "<strong>2</strong> of 4 pairs decided, <strong>1</strong> accepted, 3 assoc" in text
    assert "04 ??" in text
    assert 'hx-swap-oob="true"' in text


def test_what_ended_takes_the_place_of_the_progress(operator: Person, ae: AE) -> None:
    check = discover(ae, ["04", "33"])
    text = operator.get(f"/poll/?discovery={check.pk}").content.decode()
    assert f'id="discovery-{check.pk}" hx-swap-oob="true"' in text
    assert "data-poll" not in text
    assert "Discovery of PACS: finished" in text


def test_it_is_compared_with_the_one_before_or_another(viewer: Person, ae: AE) -> None:
    first = discover(ae, ["00", "33"])
    discover(ae, ["0?", "33"])
    check = discover(ae, ["04", "03"])
    html = viewer.page("discovery", check.pk)
    assert re.search(r"Came <small.*?CT Image Storage.*?Implicit LE.*?Went <small", html, re.S)
    assert "Nothing that was accepted is refused now." in html
    html = viewer.page("discovery", check.pk, f"?with={first.pk}")
    assert re.search(r"Went <small.*?Verification.*?Explicit LE", html, re.S)
    assert 'class="t went"' in html
    for made_up in ("999", "x", "9" * 40):
        viewer.page("discovery", check.pk, f"?with={made_up}")


def test_only_the_same_calling_title_is_compared_unasked(viewer: Person, ae: AE) -> None:
    discover(ae, ["44", "33"], calling=make_ae("CT1"))
    check = discover(ae, ["00", "33"])
    html = viewer.page("discovery", check.pk)
    assert "None of the earlier ones was asked under this calling title" in html
    assert "came-heading" not in html


def test_nothing_changed_is_said(viewer: Person, ae: AE) -> None:
    discover(ae, ["04", "33"])
    html = viewer.page("discovery", discover(ae, ["04", "33"]).pk)
    assert "Nothing changed" in html
    assert "among the 4 pairs" in html


def test_a_whole_catalogue_takes_as_many_queries_as_a_small_one(viewer: Person, ae: AE) -> None:
    def queries_of(check: Check) -> int:
        with CaptureQueriesContext(connection) as queries:
            viewer.page("discovery", check.pk)
        return len(queries)

    matrix = whole_catalogue(lambda c, _: Cell.ACCEPTED if c.endswith("1") else Cell.NO_REASON)
    axes = (matrix.sop_classes, matrix.transfer_syntaxes)
    small, large = discover(make_ae("A"), ["04", "33"]), discover(ae, matrix.rows, axes=axes)
    assert queries_of(large) <= queries_of(small) <= 14
    assert len(viewer.page("discovery", large.pk)) < 300_000


def test_going_on_asks_for_what_stayed_unknown(operator: Person, ae: AE) -> None:
    check = discover(ae, ["04", "??"], outcome=Outcome.ASSOCIATION_ABORTED)
    assert ">Resume</button>" in operator.page("discovery", check.pk)
    operator.post(reverse("discovery-resume", args=[check.pk]))
    asked = Target.from_json(Check.objects.latest("pk").target).discover
    assert asked == DiscoverSettings(*SMALL, known=Matrix(*SMALL, ("04", "??")))
    operator.post(reverse("discovery-resume", args=[check.pk]), {"again": "1"})
    asked = Target.from_json(Check.objects.latest("pk").target).discover
    assert asked == DiscoverSettings(*SMALL)


def test_going_on_needs_the_ae_whose_title_was_borrowed(operator: Person, ae: AE) -> None:
    borrowed = make_ae("CT1")
    check = discover(ae, ["04", "??"], calling=borrowed)
    operator.post(reverse("discovery-resume", args=[check.pk]))
    assert Check.objects.latest("pk").target["calling_ae_title"] == "CT1"
    borrowed.delete()
    before = Check.objects.count()
    answer = operator.post(reverse("discovery-resume", args=[check.pk]), follow=True)
    assert "No AE is called CT1 any more" in answer.content.decode()
    assert Check.objects.count() == before


def test_pages_of_what_found_nothing_or_lost_its_ae(editor: Person, ae: AE) -> None:
    skipped = start_discover(None, make_ae("X", do_not_probe=True), DiscoverSettings(*SMALL))
    pk = skipped.checks.get().pk
    assert "No pair has an answer" in editor.page("discovery", pk)
    for name in ("discovery-csv", "discovery-json", "discovery-txt", "discovery-adopt"):
        assert editor.get(reverse(name, args=[pk])).status_code == 404
    check = discover(ae, ["04", "33"])
    ae.delete()
    assert "Discover again" not in editor.page("discovery", check.pk)
    assert editor.post(reverse("discovery-resume", args=[check.pk])).status_code == 404
    assert editor.get(reverse("discovery-adopt", args=[check.pk])).status_code == 404
    assert editor.get(reverse("discovery-txt", args=[check.pk])).status_code == 200


def test_what_answered_nothing_leads_to_the_reason(editor: Person, ae: AE) -> None:
    check = discover(ae, ["??", "??"], outcome=Outcome.ASSOCIATION_REJECTED)
    html = editor.page("discovery", check.pk)
    assert "No pair has an answer" in html
    assert f'action="/aes/{ae.pk}/diagnose/"' in html
    for useless in ("data-matrix", ">Resume<", "matrix.csv", "Take over"):
        assert useless not in html


def test_the_legend_has_what_occurs_and_roles_are_marked(viewer: Person, ae: AE) -> None:
    roles = [RoleSelection(CT, scu=True, scp=True), RoleSelection(VERIFICATION, True, False)]
    html = viewer.page("discovery", discover(ae, ["04", "0?"], roles=roles).pk)
    assert re.findall(r'data-cell="(.)"', html) == ["0", "4", "?"]
    assert re.findall(r'data-scu><th scope=row title="([^"]*) \S+"', html) == ["CT Image Storage"]
    assert "also SCU" in html
    assert "would also be the SCU" in html


def test_hostile_names_are_escaped_everywhere(editor: Person) -> None:
    ae = make_ae("<b>'&\"x", description="<script>")
    check = discover(ae, ["04", "33"])
    pages = [("discovery", check.pk), ("discovery-adopt", check.pk), ("ae-discover", ae.pk)]
    for name, pk in (*pages, ("ae-detail", ae.pk)):
        html = editor.page(name, pk)
        assert "<b>'" not in html
        assert "&lt;b&gt;" in html


def test_the_ae_page_shows_what_it_is_able_to(viewer: Person, operator: Person, ae: AE) -> None:
    assert "Nothing is on record of what PACS supports" in viewer.page("ae-detail", ae.pk)
    assert reverse("ae-discover", args=[ae.pk]) not in viewer.page("ae-detail", ae.pk)
    many = tuple(f"1.2.{n}" for n in range(9))
    set_capabilities(SHELL, ae, [TransferCapability(CT, "SCP", (IMPLICIT, *many))], 1)
    html = operator.page("ae-detail", ae.pk)
    assert "Implicit LE, 1.2.0, 1.2.1 and 7 more" in html
    assert reverse("ae-discover", args=[ae.pk]) in html


def test_300_changed_capabilities_read_as_what_changed(viewer: Person, ae: AE) -> None:
    many = [TransferCapability(f"1.2.{n}", "SCP", (IMPLICIT,)) for n in range(300)]
    set_capabilities(SHELL, ae, many, 1)
    many[150] = TransferCapability("1.2.150", "SCP", (IMPLICIT, EXPLICIT))
    set_capabilities(SHELL, ae, many, 2)
    html = viewer.page("change-set-detail", ChangeSet.objects.latest("pk").pk)
    assert "… 150 as before" in html
    assert "1.2.150 as SCP: Implicit LE, Explicit LE" in html
    assert len(html) < 8_000
